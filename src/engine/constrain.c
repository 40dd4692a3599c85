#include "engine/constrain.h"

#include "engine/apply.h"
#include "engine/ref.h"

struct constrained_run {
    struct stage *sc;
    struct judged *j;
    const struct procedure *procedure; /* of the constraint */
    const struct constraint *c;
    struct record *at[CONSTRAINED_MAX];
    size_t n;
};

/* The value at the path in the record. 1: a piece of it is no field of that record. 0 with NULL: it is empty. */
static int value_at(struct stage *sc, struct record *r, const char *path, json_t **ret)
{
    struct str rest = str_of(path), piece = STR_NONE;

    *ret = NULL;
    while (str_split(&rest, '.', &piece)) {
        char *id = arena_strdup(sc->arena, piece);
        const struct field *f = id ? reg_field(r->reg, id) : NULL;
        json_t *v = NULL;
        int e;

        if (!id)
            return -ENOMEM;
        if (!f && !strcmp(id, "id") && !rest.at) {
            *ret = *r->id ? json_string(r->id) : NULL;
            return *ret || !*r->id ? 0 : -ENOMEM;
        }
        if (!f)
            return 1;
        if ((e = record_value(sc->e->store, r, f, &v)) || !v)
            return e;
        if (!rest.at) {
            *ret = json_incref(v);
            return 0;
        }
        if (!json_is_string(v) || (e = stage_record(sc, json_string_value(v), &r)))
            return MIN_OF(e, 0);
        if (stage_is_unseen(sc, r))
            return 0;
    }
    return 0;
}

static int collect(void *user, struct record *r)
{
    struct constrained_run *run = user;

    if (stage_is_unseen(run->sc, r))
        return 0;
    if (run->n == CONSTRAINED_MAX)
        return -E2BIG;
    run->at[run->n++] = r;
    return 0;
}

static int add_unmet(struct constrained_run *run)
{
    struct stage *sc = run->sc;
    uint8_t *truth = arena_alloc(sc->arena, run->procedure->n_leaves + 1);
    int e = truth ? 0 : -ENOMEM;

    if (truth)
        memset(truth, TRUTH_UNASKED, run->procedure->n_leaves + 1);
    for (size_t i = 0; !e && i < run->c->n_conds; i++) {
        const struct cond *c = run->c->conds[i];

        e = gather_cond(sc, c, truth);
        if (!e && !cond_true(c, truth))
            e = judged_cond(sc, run->j, c);
    }
    return e;
}

/* With each record of the constraint's register in the stage's hand in turn. */
static int judge_each(struct constrained_run *run)
{
    struct stage *sc = run->sc;
    struct record *hand = sc->hand;
    const struct procedure *procedure = sc->procedure;
    struct standing standing = sc->standing;
    int e = 0;

    sc->procedure = run->procedure;
    for (size_t i = 0; !e && i < run->n; i++) {
        sc->hand = run->at[i];
        e = add_unmet(run);
    }
    sc->hand = hand;
    sc->procedure = procedure;
    sc->standing = standing;
    return e;
}

static int add_unknown(struct constrained_run *run, const struct match *m)
{
    struct text2 why = {arena_printf(run->sc->arena, "他の規程の記録に項目「%s」がなく、照合できない。規程の管理者に確認する", m->path),
                        arena_printf(run->sc->arena, "the record of the other directive has no field \"%s\" to match; ask who keeps the rules", m->path)};

    if (!why.ja || !why.en)
        return -ENOMEM;
    return judged_add(run->j, run->c->rule, true, clauses_json(&run->c->clauses), text2_json(why), "constraint");
}

/* Is it a field that the step asks and that nobody has filled in? */
static bool is_open(const struct stage *sc, const struct step *st, const char *path)
{
    size_t n = strcspn(path, ".");

    for (size_t i = 0; i < st->n_asks; i++)
        if (strlen(st->asks[i]->id) == n && !strncmp(st->asks[i]->id, path, n) && !record_has(sc->hand, st->asks[i]))
            return true;
    return false;
}

static int judge_one(struct constrained_run *run, bool open_fields, bool *ret_open)
{
    const struct constraint *c = run->c;
    struct stage *sc = run->sc;
    struct where *wheres = arena_alloc_n(sc->arena, c->n_matches, sizeof(*wheres));
    struct record_search q = {run->procedure->reg, wheres, c->n_matches, c->in_states, c->n_in_states, NULL};
    int e;

    if (!wheres)
        return -ENOMEM;
    for (size_t i = 0; i < c->n_matches; i++) {
        JSON_AUTO *v = NULL;
        CLEANUP(buf_done) struct buf key = {0};

        buf_init(&key, 65536);
        if ((e = value_at(sc, sc->hand, c->matches[i].path, &v)))
            return e < 0 ? e : add_unknown(run, &c->matches[i]);
        if (!v && open_fields && is_open(sc, run->j->step, c->matches[i].path))
            *ret_open = true;
        if (!v || index_key(c->matches[i].field, v, &key))
            return 0;
        wheres[i] = (struct where){.field = c->matches[i].field,
                                   .value = {.kind = REF_LITERAL, .text = arena_strdup(sc->arena, json_is_string(v) ? (struct str){json_string_value(v), json_string_length(v)} : buf_str(&key))}};
        if (!wheres[i].value.text)
            return -ENOMEM;
    }
    e = search_records(sc, &q, collect, run);
    return e < 0 ? e : judge_each(run);
}

int constrained(struct stage *sc, bool open_fields, struct judged *j, bool *ret_open)
{
    const struct reg *own = sc->procedure->reg;
    char *act = arena_printf(sc->arena, "%s/%s", own->id, j->step->act);
    int e = act ? 0 : -ENOMEM;

    for (size_t i = 0; !e && i < sc->e->n_packs; i++) {
        const struct pack *pack = sc->e->packs[i].pack;

        for (size_t k = 0; !e && strcmp(pack->id, own->pack->id) != 0 && k < pack->n_procedures; k++) {
            const struct procedure *p = &pack->procedures[k];

            for (size_t n = 0; !e && n < p->n_constrains; n++) {
                struct constrained_run run = {.sc = sc, .j = j, .procedure = p, .c = &p->constrains[n]};

                if (!strcmp(run.c->directive, own->pack->id) && word_in(act, run.c->acts, run.c->n_acts) &&
                    engine_reg_on(sc->e, p->reg->id, sc->today) == p->reg)
                    e = judge_one(&run, open_fields, ret_open);
            }
        }
    }
    return e;
}
