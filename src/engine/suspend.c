#include "engine/suspend.h"

#include "base/utf8.h"
#include "engine/paper.h"
#include "engine/ref.h"
#include "regulation/rules.h"

struct finding {
    struct stage *sc;
    const struct suspension *by;
    const struct pack *pack;
    uint8_t *lifted;                 /* NULL: not wanted */
    const struct cond *const *conds; /* for `under` */
    size_t n_conds;
    json_t *under; /* NULL: not wanted */
};

static bool has_item(const json_t *items, const char *id)
{
    for (size_t i = 0; i < json_array_size(items); i++)
        if (!strcmp(json_string_value(json_array_get(items, i)), id))
            return true;
    return false;
}

static bool is_cited(const struct finding *f, const struct clause *c)
{
    for (size_t i = 0; i < f->n_conds; i++)
        if (clauses_have(&f->conds[i]->clauses, c))
            return true;
    return false;
}

/* The record with those clauses that it lifts of what is cited; nothing where it lifts none of them. */
static int add_under(struct finding *f, const struct record *r, const json_t *items)
{
    JSON_AUTO *clauses = json_array();
    json_t *one;

    for (size_t i = 0; clauses && i < f->by->n_lifts; i++) {
        const struct lift *l = &f->by->lifts[i];

        for (size_t k = 0; has_item(items, l->item) && k < l->clauses.n; k++)
            if (is_cited(f, l->clauses.at[k]) &&
                json_array_append_new(clauses, json_string(l->clauses.at[k]->id)))
                return -ENOMEM;
    }
    if (!clauses || !json_array_size(clauses))
        return clauses ? 0 : -ENOMEM;
    one = json_pack("{s:s, s:O}", "id", r->id, "clauses", clauses);
    return !one || json_array_append_new(f->under, one) ? -ENOMEM : 0;
}

/* What is keyed in from paper is judged by the state that the suspending record had then; what was done to it on paper counts from the instant
 * on its paper, too. Its fields count as they are now. */
static int was_suspending(const struct finding *f, const struct record *r, bool *ret)
{
    ROWS_AUTO *rows = NULL;
    int e = store_failed(STORE_QUERY(f->sc->e->store, &rows, STMT_HISTORY_LIST, V_TEXT(r->id)));

    *ret = false;
    while (!e && (e = rows_next(rows)) > 0) {
        uint64_t at = paper_of_note(rows_str(rows, 9));

        if (!at)
            at = (uint64_t)rows_int(rows, 3);
        if (at > f->sc->now_us)
            return 0;
        *ret = word_in(rows_text(rows, 8), f->by->in_states, f->by->n_in_states);
        e = 0;
    }
    return e;
}

static int take(void *user, struct record *r)
{
    struct finding *f = user;
    json_t *items = NULL;
    bool counts = true;
    int e = f->sc->is_paper ? was_suspending(f, r, &counts) : 0;

    if (e || !counts)
        return e;
    e = record_value(f->sc->e->store, r, f->by->scope, &items);
    for (size_t i = 0; !e && f->lifted && i < f->by->n_lifts; i++)
        for (size_t k = 0; has_item(items, f->by->lifts[i].item) && k < f->by->lifts[i].clauses.n;
             k++)
            f->lifted[f->by->lifts[i].clauses.at[k]->no] = 1;
    return e || !f->under ? e : add_under(f, r, items);
}

/* The records of all suspensions of the text that hold now for the actor's unit. */
static int find_all(struct finding *f)
{
    const struct unit *u = f->sc->actor ? stage_actor_unit(f->sc) : NULL;
    int e = 0;

    for (size_t i = 0; u && !e && i < f->pack->n_procedures; i++) {
        const struct suspension *s = f->pack->procedures[i].suspends;
        struct where of_unit = {.value = {.kind = REF_LITERAL, .text = u->id}};
        struct record_search q = {.wheres = &of_unit, .n_wheres = 1};

        if (!s)
            continue;
        of_unit.field = s->unit;
        q.reg = f->pack->procedures[i].reg;
        q.states = f->sc->is_paper ? NULL : s->in_states;
        q.n_states = f->sc->is_paper ? 0 : s->n_in_states;
        q.during = s->during;
        f->by = s;
        e = search_records(f->sc, &q, take, f);
    }
    return e;
}

static bool suspends(const struct pack *pack)
{
    for (size_t i = 0; i < pack->n_procedures; i++)
        if (pack->procedures[i].suspends)
            return true;
    return false;
}

int suspended_now(struct stage *sc, const uint8_t **ret)
{
    struct finding f = {.sc = sc, .pack = sc->procedure->reg->pack};
    int e;

    *ret = NULL;
    if (!suspends(f.pack))
        return 0;
    f.lifted = arena_alloc_n(sc->arena, f.pack->n_clauses + 1, sizeof(*f.lifted));
    if (!f.lifted)
        return -ENOMEM;
    if ((e = find_all(&f)))
        return e;
    if (memchr(f.lifted, 1, f.pack->n_clauses + 1))
        *ret = f.lifted;
    return 0;
}

int suspended_by(struct stage *sc, const struct cond *const *lifted, size_t n, json_t **ret)
{
    struct finding f = {.sc = sc, .pack = sc->procedure->reg->pack, .conds = lifted, .n_conds = n};
    int e;

    f.under = json_array();
    if (!f.under)
        return -ENOMEM;
    if ((e = find_all(&f)))
        json_decref(f.under);
    else
        *ret = f.under;
    return e;
}

/* ---- what an act leaves behind ---- */

static const char *where_of(const struct pack *pack, const char *id)
{
    const struct clause *c = pack_clause(pack, id);

    return c ? c->where : id;
}

/* The step's title, and the places of the clauses, cut to the field's length: 「媒体に出力する（第6の3(2)）」. */
static int act_words(struct stage *sc, const struct step *st, const json_t *clauses,
                     const struct field *f, json_t **ret)
{
    CLEANUP(buf_done) struct buf b;
    size_t at = 0, chars = 0;
    int e;

    buf_init(&b, 65536);
    e = buf_add_text(&b, st->title.ja);
    for (size_t i = 0; !e && i < json_array_size(clauses); i++)
        e = buf_printf(&b, "%s%s", i ? "、" : "（",
                       where_of(sc->procedure->reg->pack,
                                json_string_value(json_array_get(clauses, i))));
    if (!e && json_array_size(clauses))
        e = buf_add_text(&b, "）");
    while (!e && at < b.len && chars++ < f->max)
        (void)utf8_next(buf_str(&b), &at);
    *ret = e ? NULL : json_stringn(b.at, at);
    return e ? e : *ret ? 0 : -ENOMEM;
}

static const struct suspension *suspension_of(const struct pack *pack, const char *reg)
{
    const struct reg *r = pack_reg(pack, reg);

    return r && r->procedure ? r->procedure->suspends : NULL;
}

static int leave_one(struct deed *d, const json_t *one)
{
    struct stage *sc = d->sc;
    struct record *hand = sc->hand, *under, *made = NULL;
    const struct suspension *s;
    struct effect f = {.kind = EFFECT_CREATE};
    JSON_AUTO *id = json_string(hand->id);
    JSON_AUTO *words = NULL;
    int e = id ? stage_record(sc, json_str(one, "id"), &under) : -ENOMEM;

    if (e)
        return e < 0 ? e : -EBADMSG;
    s = suspension_of(sc->procedure->reg->pack, under->reg->id);
    if (!s)
        return -EBADMSG;
    f.reg = s->reviewed;
    f.state = s->state;
    f.sets = s->sets;
    f.n_sets = s->n_sets;
    sc->hand = under;
    e = deed_make(d, &f, &made);
    sc->hand = hand;
    if (!e)
        e = act_words(sc, d->step, json_arr(one, "clauses"), s->act_field, &words);
    if (!e)
        e = record_set(made, s->act_field, words, NULL);
    return e ? e : record_set(made, s->case_field, id, NULL);
}

int suspend_leave(struct deed *d, const json_t *under)
{
    int e = 0;

    for (size_t i = 0; !e && i < json_array_size(under); i++)
        e = leave_one(d, json_array_get(under, i));
    return e;
}

json_t *suspended_of_note(struct str note)
{
    JSON_AUTO *o = NULL;

    return json_parse(note, JSON_LIMITS_DEFAULT, &o, NULL)
               ? NULL
               : json_incref(json_object_get(o, "under"));
}
