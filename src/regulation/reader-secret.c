/* Fields of type `secret` (section 6): by what one is judged, and where it may stand. It is given in the act that sets it and goes nowhere else, so
 * that whatever would show, copy, find or sign it is refused here. */
#include "regulation/reader.h"
#include "regulation/walk.h"

/* Keys that would show, find or fill what nobody is shown. */
static const char *const senseless[] = {"required", "personal", "plain", "unique", "index", "default", "max", "measured"};

static void ids_of(struct reading *rd, const struct words *w, const char *key, const char **ret, size_t *ret_n)
{
    words_unique(&rd->src, w, MSG_PACK_WORD_FIELD);
    if (w->n > SECRET_FIELDS_MAX)
        problem(&rd->src, w->node->at, MSG_PACK_SECRET_NAMES, {"key", str_of(key)}, {"n", NUMBER(w->n)}, {"max", NUMBER(SECRET_FIELDS_MAX)});
    for (size_t i = 0; i < MIN_OF(w->n, (size_t)SECRET_FIELDS_MAX); i++)
        ret[(*ret_n)++] = w->at[i].text;
}

/* {pairing: sso} */
static void joined_of(struct reading *rd, const struct node *n, struct secret_rule *rule)
{
    if (n->kind == NODE_MAP && n->n == 1 && n->first->kind == NODE_TEXT) {
        rule->joined_id = n->first->key;
        rule->joined_choice = n->first->text;
        return;
    }
    problem(&rd->src, n->at, MSG_PACK_SECRET_JOINED);
}

void secret_field_read(struct reading *rd, const struct node *n, const struct words *known_to, const struct words *made_of, const struct node *joined, struct field *f)
{
    struct secret_rule *rule = source_alloc(&rd->src, 1, sizeof(*rule));

    if (rule == NULL)
        return;
    *rule = (struct secret_rule){.joined_id = "", .joined_choice = ""};
    f->secret = rule;
    for (size_t i = 0; i < ARRAY_LEN(senseless); i++) {
        const struct node *m = node_get(n, senseless[i]);

        if (m != NULL)
            problem(&rd->src, m->key_at, MSG_PACK_SECRET_KEY, {"key", str_of(senseless[i])});
    }
    if (known_to->node != NULL && known_to->n == 0)
        problem(&rd->src, known_to->node->at, MSG_PACK_KNOWN_TO);
    ids_of(rd, known_to, "known_to", rule->known_ids, &rule->n_known);
    ids_of(rd, made_of, "made_of", rule->made_ids, &rule->n_made);
    if (joined != NULL)
        joined_of(rd, joined, rule);
}

/* ---- behind the last field ---- */

static const struct field *field_called(const struct reg *reg, const char *id)
{
    for (size_t i = 0; i < reg->n_fields; i++)
        if (reg->fields[i].id != NULL && strcmp(reg->fields[i].id, id) == 0)
            return &reg->fields[i];
    return NULL;
}

/* Where the key or one of its words stands. */
static struct place at_of(const struct reading *rd, const struct reg *reg, const struct field *f, const char *key)
{
    const struct node *list = NULL;

    for (size_t i = 0; i < reader_count(rd, FILE_REGISTER) && list == NULL; i++)
        if (&rd->pack->regs[i] == reg)
            list = node_get(reader_file(rd, FILE_REGISTER, i)->root, "fields");
    for (const struct node *n = list != NULL ? list->first : NULL; n != NULL; n = n->next)
        if (n->at.line == f->at.line && n->at.col == f->at.col && node_get(n, key) != NULL)
            return node_get(n, key)->at;
    return f->at;
}

static void resolve_known(struct reading *rd, const struct reg *reg, const struct field *f, struct secret_rule *rule)
{
    for (size_t i = 0; i < rule->n_known; i++) {
        const struct field *known = field_called(reg, rule->known_ids[i]);

        if (known == NULL || (known->type == FIELD_LIST && known->n_fields > 0 ? known->fields[0].type : known->type) != FIELD_PERSON)
            problem(&rd->src, at_of(rd, reg, f, "known_to"), MSG_PACK_KNOWN_FIELD, {"field", str_head(rule->known_ids[i], 80)},
                    {"register", str_of(reg->id)});
        else if (!known->indexed)
            problem(&rd->src, at_of(rd, reg, f, "known_to"), MSG_PACK_KNOWN_INDEX, {"field", str_of(known->id)});
        rule->known_to[i] = known;
    }
}

static void resolve_made(struct reading *rd, const struct reg *reg, const struct field *f, struct secret_rule *rule)
{
    for (size_t i = 0; i < rule->n_made; i++) {
        const struct field *made = field_called(reg, rule->made_ids[i]);

        if (made == NULL || made->personal || field_is_keyed(made) ||
            (made->type != FIELD_TEXT && made->type != FIELD_PERSON && made->type != FIELD_UNIT && made->type != FIELD_RECORD))
            problem(&rd->src, at_of(rd, reg, f, "made_of"), MSG_PACK_MADE_OF, {"field", str_head(rule->made_ids[i], 80)},
                    {"register", str_of(reg->id)});
        rule->made_of[i] = made;
    }
}

static void resolve_joined(struct reading *rd, const struct reg *reg, const struct field *f, struct secret_rule *rule)
{
    const struct field *joined = rule->joined_id[0] != '\0' ? field_called(reg, rule->joined_id) : NULL;
    bool has = false;

    if (rule->joined_id[0] == '\0')
        return;
    for (size_t i = 0; joined != NULL && i < joined->n_choices; i++)
        has = has || strcmp(joined->choices[i].id, rule->joined_choice) == 0;
    if (joined == NULL || joined->type != FIELD_CHOICE || !has)
        problem(&rd->src, at_of(rd, reg, f, "joined"), MSG_PACK_JOINED_CHOICE, {"field", str_head(rule->joined_id, 80)},
                {"choice", str_head(rule->joined_choice, 80)}, {"register", str_of(reg->id)});
    else
        rule->joined = joined;
}

void secrets_resolve(struct reading *rd, const struct reg *reg)
{
    for (size_t i = 0; i < reg->n_fields; i++) {
        const struct field *f = &reg->fields[i];
        struct secret_rule *rule = (struct secret_rule *)(uintptr_t)f->secret;

        if (f->id == NULL || rule == NULL)
            continue;
        resolve_known(rd, reg, f, rule);
        resolve_made(rd, reg, f, rule);
        resolve_joined(rd, reg, f, rule);
    }
}

/* ---- steps ---- */

static struct place at_word(const struct words *w, const char *id, struct place otherwise)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->at[i].text, id) == 0)
            return w->at[i].at;
    return otherwise;
}

const struct field *step_secret(const struct step *s)
{
    for (size_t i = 0; i < s->n_asks; i++)
        if (s->asks[i]->type == FIELD_SECRET)
            return s->asks[i];
    return NULL;
}

void secrets_asked(struct reading *rd, const struct words *asks, const struct words *signs, const struct step *s)
{
    const struct field *first = step_secret(s);

    for (size_t i = 0; i < s->n_signs; i++)
        if (s->signs[i]->type == FIELD_SECRET)
            problem(&rd->src, at_word(signs, s->signs[i]->id, s->at), MSG_PACK_SECRET_SIGNED, {"field", str_of(s->signs[i]->id)});
    if (first == NULL)
        return;
    for (size_t i = 0; i < s->n_asks; i++)
        if (s->asks[i]->type == FIELD_SECRET && s->asks[i] != first)
            problem(&rd->src, at_word(asks, s->asks[i]->id, s->at), MSG_PACK_SECRETS_TWO, {"step", str_of(s->act)}, {"one", str_of(first->id)},
                    {"other", str_of(s->asks[i]->id)});
    if (s->is_correction)
        problem(&rd->src, at_word(asks, first->id, s->at), MSG_PACK_SECRET_CORRECTED, {"field", str_of(first->id)});
    if (s->confirm || s->has_manifest)
        problem(&rd->src, at_word(asks, first->id, s->at), MSG_PACK_SECRET_TWICE, {"step", str_of(s->act)});
}

/* ---- what is asked of it ---- */

struct judging {
    struct reading *rd;
    const struct step *step; /* NULL: outside the conditions of a step */
    const struct ref **fit;  /* found in the conditions of a step that sets it */
    size_t n_fit, n_max;
};

static bool is_of_secret(const struct ref *r)
{
    return r->property >= PROP_LENGTH && r->property <= PROP_FORMER;
}

static void count_one(void *user, const struct procedure *p, const struct ref *r)
{
    struct judging *j = user;

    (void)p;
    j->n_max += is_of_secret(r);
}

static void note_fit(void *user, const struct procedure *p, const struct ref *r)
{
    struct judging *j = user;

    (void)p;
    if (is_of_secret(r) && step_secret(j->step) == r->hops[0] && j->n_fit < j->n_max)
        j->fit[j->n_fit++] = r;
}

static void refuse_unfit(void *user, const struct procedure *p, const struct ref *r)
{
    struct judging *j = user;
    bool is_fit = !is_of_secret(r);

    (void)p;
    for (size_t i = 0; !is_fit && i < j->n_fit; i++)
        is_fit = j->fit[i] == r;
    if (!is_fit)
        problem(&j->rd->src, r->at, MSG_PACK_SECRET_JUDGED, {"given", str_of(r->text)});
}

void secrets_judged(struct reading *rd)
{
    struct judging j = {.rd = rd};
    const struct pack *pack = rd->pack;

    pack_walk(pack, &(struct walk){.user = &j, .ref = count_one});
    if (j.n_max == 0 || (j.fit = source_alloc(&rd->src, j.n_max, sizeof(const struct ref *))) == NULL)
        return;
    for (size_t i = 0; i < pack->n_procedures; i++)
        for (size_t k = 0; k < pack->procedures[i].n_steps; k++) {
            j.step = &pack->procedures[i].steps[k];
            for (size_t c = 0; c < j.step->n_conds; c++)
                cond_walk(&pack->procedures[i], j.step->conds[c], &(struct walk){.user = &j, .ref = note_fit});
        }
    pack_walk(pack, &(struct walk){.user = &j, .ref = refuse_unfit});
}
