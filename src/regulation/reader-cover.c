/* `cover` of a register (section 6): what stands on the sheet that goes with what leaves. */
#include "regulation/reader.h"

#define BIT(t) (1u << (t))

struct raw_cover {
    struct word of, notes;
    struct words to;
};

static const struct key cover_keys[] = {
    {"of", KEY_ID, offsetof(struct raw_cover, of), 0, "The field that names what goes; default: the record itself."},
    {"notes", KEY_ID, offsetof(struct raw_cover, notes), 0, "The field with what its receiver is to heed, beside what class and restrictions ask."},
    {"to", KEY_IDS, offsetof(struct raw_cover, to), 0, "Fields that name who receives it; the first that is filled counts."},
};
const struct shape cover_shape = SHAPE(COVER, cover_keys);

static const struct field *cover_field(struct reading *rd, const struct reg *reg, struct word w, unsigned types, enum message_key what)
{
    const struct field *f = w.text != NULL ? want_field(rd, reg, w) : NULL;

    if (f == NULL || (types & BIT(f->type)))
        return f;
    problem(&rd->src, w.at, MSG_PACK_COVER_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(f->type))}, MESSAGE_WORD("what", what));
    return NULL;
}

void cover_read(struct reading *rd, const struct node *n, struct reg *reg)
{
    struct cover_of *c = &reg->cover;
    struct raw_cover raw = {0};

    if (!shape_read(&rd->src, n, &cover_shape, &raw))
        return;
    if (rd->pack->n_heeds == 0)
        problem(&rd->src, n->at, MSG_PACK_COVER_HEED);
    c->is_any = true;
    c->of = cover_field(rd, reg, raw.of, BIT(FIELD_RECORD), MSG_PACK_WORD_A_RECORD);
    c->notes = cover_field(rd, reg, raw.notes, BIT(FIELD_TEXT) | BIT(FIELD_LONG_TEXT), MSG_PACK_WORD_A_TEXT);
    c->to = source_alloc(&rd->src, raw.to.n, sizeof(*c->to));
    for (size_t i = 0; c->to != NULL && i < raw.to.n; i++) {
        const struct field *f = cover_field(rd, reg, raw.to.at[i], BIT(FIELD_PERSON) | BIT(FIELD_RECORD) | BIT(FIELD_TEXT), MSG_PACK_WORD_A_PERSON);

        if (f != NULL)
            c->to[c->n_to++] = f;
    }
}
