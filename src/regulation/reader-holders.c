/* `holders` of a register (section 6): which of its fields say who holds which version of what, by whose approval. */
#include "regulation/reader.h"

struct raw_holders {
    struct word of, content, version, form, number;
    struct words holder, approval;
};

#define KEY(name, type, member, flags, help)                          \
    {                                                                 \
        name, type, offsetof(struct raw_holders, member), flags, help \
    }
static const struct key holders_keys[] = {
    KEY("of", KEY_ID, of, KEY_REQUIRED, "Of what: a record of one register."),
    KEY("content", KEY_ID, content, 0, "The field of that register with the digest of its content."),
    KEY("version", KEY_ID, version, 0, "Which version: a digest."),
    KEY("form", KEY_ID, form, 0, "As what: a choice."),
    KEY("number", KEY_ID, number, 0, "Which of several."),
    KEY("holder", KEY_IDS, holder, KEY_REQUIRED, "Who: persons, lists of them, records; the first that is filled counts."),
    KEY("approval", KEY_IDS, approval, 0, "By whom, or by which record, it was approved."),
};
#undef KEY
const struct shape holders_shape = SHAPE(LIST_OF_HOLDERS, holders_keys);

#define BIT(t) (1u << (t))

/* A field of one of the types (of a list that of its elements), which is not sealed; or reported. */
static const struct field *holders_field(struct reading *rd, const struct reg *reg, struct word w, unsigned types, bool is_found_by)
{
    const struct field *f = w.text != NULL ? want_field(rd, reg, w) : NULL;
    enum field_type type;

    if (f == NULL)
        return NULL;
    type = f->type == FIELD_LIST && f->n_fields > 0 ? f->fields[0].type : f->type;
    if ((BIT(type) & types) == 0 || field_is_sealed(f)) {
        problem(&rd->src, w.at, MSG_PACK_HOLDERS_TYPE, {"field", str_of(f->id)}, {.name = "sealed", .is_word = field_is_sealed(f), .word = MSG_PACK_PART_SEALED},
                {"type", str_of(field_type_name(type))});
        return NULL;
    }
    if (is_found_by && f->type == FIELD_DIGEST && !f->indexed)
        problem(&rd->src, w.at, MSG_PACK_HOLDERS_INDEX, {"field", str_of(f->id)});
    return f;
}

static void holders_fields(struct reading *rd, const struct reg *reg, const struct words *w, const struct field ***ret, size_t *ret_n)
{
    words_unique(&rd->src, w, MSG_PACK_WORD_FIELD);
    *ret = source_alloc(&rd->src, w->n, sizeof(**ret));
    for (size_t i = 0; *ret != NULL && i < w->n; i++) {
        const struct field *f = holders_field(rd, reg, w->at[i], BIT(FIELD_PERSON) | BIT(FIELD_RECORD), false);

        if (f != NULL)
            (*ret)[(*ret_n)++] = f;
    }
}

void holders_read(struct reading *rd, const struct node *n, struct reg *reg)
{
    struct held_by *h = &reg->held_by;
    struct raw_holders raw = {0};

    if (n == NULL || !shape_read(&rd->src, n, &holders_shape, &raw))
        return;
    h->of = holders_field(rd, reg, raw.of, BIT(FIELD_RECORD), false);
    if (h->of != NULL && (h->of->type != FIELD_RECORD || h->of->reg == NULL)) {
        problem(&rd->src, raw.of.at, MSG_PACK_HOLDERS_RECORD, {"field", str_of(h->of->id)});
        h->of = NULL;
    }
    if (h->of == NULL)
        return;
    h->content = holders_field(rd, h->of->reg, raw.content, BIT(FIELD_DIGEST), true);
    h->version = holders_field(rd, reg, raw.version, BIT(FIELD_DIGEST), false);
    h->form = holders_field(rd, reg, raw.form, BIT(FIELD_CHOICE), false);
    h->number = holders_field(rd, reg, raw.number, BIT(FIELD_NUMBER), false);
    holders_fields(rd, reg, &raw.holder, &h->holder, &h->n_holder);
    holders_fields(rd, reg, &raw.approval, &h->approval, &h->n_approval);
    if (raw.holder.n == 0)
        problem(&rd->src, raw.holder.node->at, MSG_PACK_HOLDERS_NOBODY);
}
