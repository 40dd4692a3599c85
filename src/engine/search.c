/* Finding records for conditions and effects: by index rows where a field has them, else through the states. */
#include "engine/input.h"
#include "engine/ref.h"

#define FIND_PAGE 256

struct search {
    struct stage *sc;
    const struct record_search *q;
    json_t **wanted; /* value of each `where`, NULL: nothing can match */
    struct when at;  /* with q->during */
    record_found_fn *found; /* NULL: they are counted only, and not loaded where their rows tell enough */
    void *user;
    int64_t n, enough; /* counted; stop there, 0: never */
};

static bool same_value(const json_t *a, const json_t *b)
{
    return a && b && json_equal(a, b);
}

static bool shares(const json_t *have, const json_t *wanted)
{
    if (json_is_array(have) && !json_is_array(wanted)) {
        for (size_t i = 0; i < json_array_size(have); i++)
            if (same_value(json_array_get(have, i), wanted))
                return true;
        return false;
    }
    if (json_is_array(wanted) && !json_is_array(have)) {
        for (size_t i = 0; i < json_array_size(wanted); i++)
            if (same_value(have, json_array_get(wanted, i)))
                return true;
        return false;
    }
    return same_value(have, wanted);
}

static int point_of(struct search *s, struct record *r, const struct field *f, struct when *ret)
{
    json_t *v;
    int e = record_value(s->sc->e->store, r, f, &v);

    if (!e)
        *ret = when_of(v);
    return e;
}

/* Does the record's period hold the point in time? A day and an instant meet by day, but for the end: a day has nothing of a period that is over
 * when it begins. */
static int holds_point(struct search *s, struct record *r)
{
    const struct during *d = s->q->during;
    struct when from, to;
    int e = point_of(s, r, d->from, &from);

    if (e || from.kind == WHEN_NONE)
        return e;
    if (s->at.kind == WHEN_INSTANT && from.kind == WHEN_INSTANT ? s->at.us < from.us : s->at.day < from.day)
        return 0;
    if (!d->to)
        return 1;
    if ((e = point_of(s, r, d->to, &to)) || to.kind == WHEN_NONE)
        return e ? e : 1;
    return to.kind == WHEN_INSTANT ? s->at.us < to.us : s->at.day <= to.day;
}

/* A month meets the period where a day of it does. */
static bool lies_in_span(const struct search *s, const struct where *w, const json_t *have)
{
    int32_t first = calendar_period_first(w->value.every, s->sc->judged), next = calendar_period_next(w->value.every, s->sc->judged);
    struct when t = when_of(have);

    if (t.kind == WHEN_MONTH)
        return t.day < next && month_first_day(month_of_day(t.day) + 1) > first;
    return t.kind != WHEN_NONE && t.day >= first && t.day < next;
}

static int matches(struct search *s, struct record *r)
{
    if (r->disposed_us || r->is_leaving || r == s->sc->hand || strcmp(r->reg->id, s->q->reg->id) != 0)
        return 0;
    if (s->q->n_states && !word_in(r->state, s->q->states, s->q->n_states))
        return 0;
    for (size_t i = 0; i < s->q->n_wheres; i++) {
        json_t *have;
        int e = record_value(s->sc->e->store, r, s->q->wheres[i].field, &have);

        if (e)
            return e;
        if (where_is_span(&s->q->wheres[i]) ? !lies_in_span(s, &s->q->wheres[i], have) : !shares(have, s->wanted[i]))
            return 0;
    }
    return s->q->during ? holds_point(s, r) : 1;
}

static bool is_loaded(const struct stage *sc, const char *id)
{
    for (size_t i = 0; i < sc->n_records; i++)
        if (!strcmp(sc->records[i]->id, id))
            return true;
    return false;
}

/* What the index rows tell of one `where`. 1: it holds. 0: it does not. 2: they cannot tell. */
static int where_by_rows(struct search *s, size_t i, const char *id)
{
    const struct field *f = s->q->wheres[i].field;
    CLEANUP(buf_done) struct buf key = {0};
    ROWS_AUTO *row = NULL;
    int e;

    if (!field_is_indexed(f) || json_is_array(s->wanted[i]) || where_is_span(&s->q->wheres[i]))
        return 2;
    buf_init(&key, 4096);
    if ((e = index_key(f, s->wanted[i], &key)))
        return e < 0 ? e : 0;
    e = STORE_ONE(s->sc->e->store, &row, STMT_INDEX_HAS, V_TEXT(s->q->reg->id), V_TEXT(f->id), V_STR(buf_str(&key)), V_TEXT(id));
    return e == STORE_E_NONE ? 0 : e ? store_failed(e) : field_key_is_folded(f) ? 2 : 1;
}

/* The same of all, from the rows of a record that nobody has loaded yet. */
static int match_by_rows(struct search *s, const char *id, const char *state)
{
    int told = s->q->during ? 2 : 1;

    if (s->q->n_states && !word_in(state, s->q->states, s->q->n_states))
        return 0;
    for (size_t i = 0; i < s->q->n_wheres; i++) {
        int e = where_by_rows(s, i, id);

        if (e <= 0)
            return e;
        told = MAX_OF(told, e);
    }
    return told;
}

static int count(struct search *s)
{
    return ++s->n == s->enough;
}

static int try_record(struct search *s, const char *id, const char *state)
{
    struct record *r;
    int e = s->q->is_against ? stage_row_is_unseen(s->sc, id) : 0;

    if (e)
        return MIN_OF(e, 0);
    e = is_loaded(s->sc, id) ? 2 : match_by_rows(s, id, state);
    if (e <= 0)
        return e;
    if (e == 1 && !s->found)
        return count(s);
    if ((e = stage_record(s->sc, id, &r)))
        return e < 0 ? e : 0;
    e = matches(s, r);
    if (e <= 0)
        return e;
    return s->found ? s->found(s->user, r) : count(s);
}

/* One page of a query whose first column is the record's id; `state`: of all, NULL: in the third column. *behind moves on;
 * *ret_full: there may be more. */
static int try_rows(struct search *s, struct rows *rows, const char *state, struct buf *behind, bool *ret_full)
{
    size_t n = 0;
    int e;

    while ((e = rows_next(rows)) > 0) {
        n++;
        buf_clear(behind);
        if ((e = buf_add_str(behind, rows_str(rows, 0))) || (e = try_record(s, behind->at, state ? state : rows_text(rows, 2))))
            return e;
    }
    *ret_full = n == FIND_PAGE;
    return e;
}

static int by_index(struct search *s, const struct field *f, const json_t *value)
{
    CLEANUP(buf_done) struct buf behind = {0};
    CLEANUP(buf_done) struct buf key = {0};
    bool more = true;
    int e;

    buf_init(&behind, 512);
    buf_init(&key, 4096);
    if ((e = index_key(f, value, &key)))
        return e < 0 ? e : 0;
    while (more) {
        ROWS_AUTO *rows = NULL;

        e = STORE_QUERY(s->sc->e->store, &rows, STMT_INDEX_STATES, V_TEXT(s->q->reg->id), V_TEXT(f->id),
                        V_STR(buf_str(&key)), V_TEXT(behind.at ? behind.at : ""), V_INT(FIND_PAGE));
        if (e)
            return store_failed(e);
        if ((e = try_rows(s, rows, NULL, &behind, &more)))
            return e;
    }
    return 0;
}

static int by_state(struct search *s, const char *state)
{
    CLEANUP(buf_done) struct buf behind = {0};
    bool more = true;
    int e;

    buf_init(&behind, 512);
    while (more) {
        ROWS_AUTO *rows = NULL;

        e = STORE_QUERY(s->sc->e->store, &rows, STMT_RECORD_IN_STATE, V_TEXT(s->q->reg->id), V_TEXT(state),
                        V_TEXT(behind.at ? behind.at : ""), V_INT(FIND_PAGE));
        if (e)
            return store_failed(e);
        if ((e = try_rows(s, rows, state, &behind, &more)))
            return e;
    }
    return 0;
}

/* A value that a list holds twice finds its records once. */
static bool stands_before(const json_t *list, size_t k)
{
    for (size_t i = 0; i < k; i++)
        if (json_equal(json_array_get(list, i), json_array_get(list, k)))
            return true;
    return false;
}

/* How few records a field of that type is likely to lead to; 0: no rows at all. */
static int selectivity(const struct field *f)
{
    if (!field_is_indexed(f))
        return 0;
    switch (f->type) {
    case FIELD_CHOICE:
    case FIELD_FLAG:
        return 1;
    case FIELD_UNIT:
    case FIELD_POST:
        return 2;
    case FIELD_DAY:
    case FIELD_MONTH:
    case FIELD_PERSON:
        return 3;
    default:
        return 4;
    }
}

static int run(struct search *s)
{
    const struct procedure *p = s->q->reg->procedure;
    int best = -1, e = 0;

    if (s->q->during && s->at.kind == WHEN_NONE)
        return 0;
    for (size_t i = 0; i < s->q->n_wheres; i++) {
        if (where_is_span(&s->q->wheres[i]))
            continue;
        if (!s->wanted[i])
            return 0;
        if (selectivity(s->q->wheres[i].field) > (best < 0 ? 0 : selectivity(s->q->wheres[best].field)))
            best = (int)i;
    }
    if (best >= 0 && json_is_array(s->wanted[best])) {
        for (size_t k = 0; !e && k < json_array_size(s->wanted[best]); k++)
            if (!stands_before(s->wanted[best], k))
                e = by_index(s, s->q->wheres[best].field, json_array_get(s->wanted[best], k));
        return e;
    }
    if (best >= 0)
        return by_index(s, s->q->wheres[best].field, s->wanted[best]);
    for (size_t i = 0; !e && i < s->q->n_states; i++)
        e = by_state(s, s->q->states[i]);
    for (size_t i = 0; !e && !s->q->n_states && p && i < p->n_states; i++)
        e = by_state(s, p->states[i].id);
    return e;
}

/* A literal is written as text; a flag or a number is none in a record. */
static int wanted_of(struct search *s, const struct where *w, json_t **ret)
{
    JSON_AUTO *v = NULL;
    int e = ref_eval(s->sc, &w->value, &v);

    if (e || !v || w->value.kind != REF_LITERAL || field_is_text(w->field) || w->field->type == FIELD_LIST || w->field->type == FIELD_CHECKLIST) {
        *ret = json_incref(v);
        return e;
    }
    return input_coerce(w->field, v, ret);
}

static int search(struct search *s)
{
    struct stage *sc = s->sc;
    const struct record_search *q = s->q;
    int e = 0;

    if (!(s->wanted = arena_alloc_n(sc->arena, q->n_wheres + 1, sizeof(*s->wanted))))
        return -ENOMEM;
    for (size_t i = 0; !e && i < q->n_wheres; i++)
        e = wanted_of(s, &q->wheres[i], &s->wanted[i]);
    if (!e && q->during) {
        JSON_AUTO *at = NULL;

        e = ref_eval(sc, &q->during->at, &at);
        s->at = when_of(at);
    }
    if (!e)
        e = run(s);
    for (size_t i = 0; i < q->n_wheres; i++)
        json_decref(s->wanted[i]);
    return e;
}

int search_records(struct stage *sc, const struct record_search *q, record_found_fn *found, void *user)
{
    struct search s = {.sc = sc, .q = q, .found = found, .user = user};

    return search(&s);
}

int search_count(struct stage *sc, const struct record_search *q, int64_t enough, int64_t *ret)
{
    struct search s = {.sc = sc, .q = q, .enough = enough};
    int e = search(&s);

    *ret = s.n;
    return MIN_OF(e, 0);
}
