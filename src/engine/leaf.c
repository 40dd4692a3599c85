/* Truth of the leaf conditions, one small function for each kind. */
#include "engine/label-of.h"
#include "engine/manifest.h"
#include "engine/rows.h"
#include "engine/same.h"
#include "regulation/walk.h"

#include "base/url-host.h"

#define APPOINTMENTS_MAX 64

typedef int leaf_fn(struct stage *sc, const struct cond *c);

/* ---- persons ---- */

/* Ask `test` of each person the subject names; all must hold, and there must be one. */
static int each_person(struct stage *sc, const struct cond *c,
                       int (*test)(struct stage *sc, const struct cond *c, const struct person *p))
{
    JSON_AUTO *v = NULL;
    int e = ref_eval(sc, &c->subject, &v);
    size_t n = json_is_array(v) ? json_array_size(v) : v ? 1 : 0;

    if (e || !n)
        return e;
    for (size_t i = 0; i < n; i++) {
        const char *id = json_string_value(json_is_array(v) ? json_array_get(v, i) : v);
        const struct person *p = id ? force_person(sc->e->force, id) : NULL;

        e = p ? test(sc, c, p) : 0;
        if (e <= 0)
            return e;
    }
    return 1;
}

static int person_holds(struct stage *sc, const struct cond *c, const struct person *p)
{
    const struct unit *u;
    int e = ref_unit(sc, &c->other, &u);

    return e ? e : role_holds(sc, p, sc->procedure->reg, c->role, u, sc->act_name, NULL);
}

static int leaf_holds(struct stage *sc, const struct cond *c)
{
    return each_person(sc, c, person_holds);
}

static bool kind_fits(const struct unit *u, const struct cond *c)
{
    for (size_t i = 0; i < c->n_kinds; i++)
        if (unit_has_kind(u, c->kinds[i]))
            return true;
    return !c->n_kinds;
}

static int person_in_post(struct stage *sc, const struct cond *c, const struct person *p)
{
    const struct appointment *held[APPOINTMENTS_MAX];
    size_t n = force_appointments(sc->e->force, p, sc->today, held, ARRAY_LEN(held));
    const struct unit *under = NULL;
    int e = c->other.kind == REF_NONE ? 0 : ref_unit(sc, &c->other, &under);

    if (e || (c->other.kind != REF_NONE && !under))
        return e;
    n = MIN_OF(n, ARRAY_LEN(held));
    for (size_t i = 0; i < n; i++)
        if ((!c->n_words || word_in(held[i]->post->id, c->words, c->n_words)) && kind_fits(held[i]->unit, c) &&
            (!under || unit_within(held[i]->unit, under)))
            return 1;
    return 0;
}

static int leaf_post(struct stage *sc, const struct cond *c)
{
    return each_person(sc, c, person_in_post);
}

/* Of one of the kinds, and within the unit that is named. */
static int leaf_unit(struct stage *sc, const struct cond *c)
{
    const struct unit *u, *under = NULL;
    int e = ref_unit(sc, &c->subject, &u);

    if (!e && c->other.kind != REF_NONE)
        e = ref_unit(sc, &c->other, &under);
    if (e || !u || (c->other.kind != REF_NONE && !under))
        return e;
    return kind_fits(u, c) && (!under || unit_within(u, under));
}

static int compare_texts(struct stage *sc, const struct cond *c, bool *ret_any, bool *ret_same)
{
    const char *a, *b;
    int e = ref_text(sc, &c->subject, &a);

    if (e || (e = ref_text(sc, &c->other, &b)))
        return e;
    *ret_any = *a && *b;
    *ret_same = !strcmp(a, b);
    return 0;
}

static int leaf_same_person(struct stage *sc, const struct cond *c)
{
    bool any = false, same = false;
    int e = compare_texts(sc, c, &any, &same);

    return e ? e : any && same;
}

static int leaf_other_person(struct stage *sc, const struct cond *c)
{
    bool any = false, same = false;
    int e = compare_texts(sc, c, &any, &same);

    return e ? e : !any || !same;
}

static int person_has_rank(struct stage *sc, const struct cond *c, const struct person *p)
{
    const struct rank *least = force_rank(sc->e->force, c->name);

    return least && p->rank && p->rank->level >= least->level;
}

/* Heads a unit in which the other has an appointment today that is not to head it. */
static bool heads_over(struct stage *sc, const struct person *p, const struct person *other)
{
    const struct appointment *held[APPOINTMENTS_MAX], *his[APPOINTMENTS_MAX];
    size_t n = force_appointments(sc->e->force, p, sc->today, held, ARRAY_LEN(held));
    size_t n_his = force_appointments(sc->e->force, other, sc->today, his, ARRAY_LEN(his));

    n = MIN_OF(n, ARRAY_LEN(held));
    n_his = MIN_OF(n_his, ARRAY_LEN(his));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; held[i]->post->is_head && k < n_his; k++)
            if (unit_within(his[k]->unit, held[i]->unit) && !(his[k]->post->is_head && his[k]->unit == held[i]->unit))
                return true;
    return false;
}

static int person_is_superior(struct stage *sc, const struct cond *c, const struct person *p)
{
    const struct person *other;
    const char *id;
    int e = ref_text(sc, &c->other, &id);

    if (e)
        return e;
    other = *id ? force_person(sc->e->force, id) : NULL;
    if (!other || !p->rank || !other->rank || p == other)
        return 0;
    return p->rank->level > other->rank->level || (p->rank->level == other->rank->level && heads_over(sc, p, other));
}

static int leaf_superior(struct stage *sc, const struct cond *c)
{
    return each_person(sc, c, person_is_superior);
}

static bool holds_post(const struct force *f, const struct post *post, const struct unit *unit, const struct person *p, int32_t day)
{
    const struct appointment *held[APPOINTMENTS_MAX];
    size_t n = MIN_OF(force_appointments(f, p, day, held, ARRAY_LEN(held)), ARRAY_LEN(held));

    for (size_t i = 0; i < n; i++)
        if (held[i]->post == post && held[i]->unit == unit)
            return true;
    return false;
}

/* One person held it that day, whoever acted for him. */
static bool has_one_holder(const struct force *f, const struct post *post, const struct unit *unit, int32_t day)
{
    const struct appointment *held[2];
    size_t n = force_holders(f, post, unit, day, held, ARRAY_LEN(held));

    return n && held[0]->kind != APPOINT_ACTING && (n == 1 || held[1]->kind == APPOINT_ACTING);
}

/* Of each post that the other alone held that day and holds no more, who has come into it since stands in for him. Of several in one post
 * none is the successor of another: who takes over from him is named in a field. */
static bool has_succeeded(const struct stage *sc, const struct person *p, const struct person *other, int32_t day)
{
    const struct appointment *held[APPOINTMENTS_MAX];
    size_t n = MIN_OF(force_appointments(sc->e->force, other, day, held, ARRAY_LEN(held)), ARRAY_LEN(held));

    for (size_t i = 0; i < n; i++) {
        const struct post *post = held[i]->post;
        const struct unit *unit = held[i]->unit;

        if (held[i]->kind != APPOINT_ACTING && has_one_holder(sc->e->force, post, unit, day) &&
            !holds_post(sc->e->force, post, unit, other, sc->today) && !holds_post(sc->e->force, post, unit, p, day) &&
            holds_post(sc->e->force, post, unit, p, sc->today))
            return true;
    }
    return false;
}

static int person_is_or_succeeds(struct stage *sc, const struct cond *c, const struct person *p)
{
    JSON_AUTO *at = NULL;
    const struct person *other;
    const char *id;
    struct when w;
    int e = ref_text(sc, &c->other, &id);

    if (!e)
        e = ref_eval(sc, &c->since, &at);
    if (e)
        return e;
    other = *id ? force_person(sc->e->force, id) : NULL;
    w = when_of(at);
    return other && (p == other || (w.kind != WHEN_NONE && has_succeeded(sc, p, other, w.day)));
}

static int leaf_successor(struct stage *sc, const struct cond *c)
{
    return each_person(sc, c, person_is_or_succeeds);
}

static int leaf_rank(struct stage *sc, const struct cond *c)
{
    return each_person(sc, c, person_has_rank);
}

static int person_on_duty(struct stage *sc, const struct cond *c, const struct person *p)
{
    const struct unit *u;
    int e = ref_unit(sc, &c->other, &u);

    if (e || (c->param && !is_off_hours(sc, c->param, sc->now_us)))
        return e;
    return u && force_on_duty(sc->e->force, c->name, u, p, sc->now_us);
}

static int leaf_on_duty(struct stage *sc, const struct cond *c)
{
    return each_person(sc, c, person_on_duty);
}

static int person_acted_as(struct stage *sc, const struct cond *c, const struct person *p)
{
    for (size_t i = 0; sc->hand && i < c->n_by; i++)
        if (record_has_acted(sc->hand, c->by[i]->id, p->id))
            return 1;
    return 0;
}

static int leaf_acted_as(struct stage *sc, const struct cond *c)
{
    return each_person(sc, c, person_acted_as);
}

/* ---- the step itself ---- */

static int leaf_state(struct stage *sc, const struct cond *c)
{
    return sc->hand && word_in(sc->hand->state, c->words, c->n_words);
}

static int leaf_by(struct stage *sc, const struct cond *c)
{
    if (!sc->actor)
        return 0;
    for (size_t i = 0; i < c->n_by; i++) {
        const struct unit *u;
        int e = ref_unit(sc, &c->by[i]->of, &u);

        if (e || (e = role_holds(sc, sc->actor, sc->procedure->reg, c->by[i]->role, u, sc->act_name, NULL)))
            return e;
    }
    return !c->n_by;
}

/* Neither he himself nor, where he would decide by delegation, the one in whose name. */
static int leaf_separate(struct stage *sc, const struct cond *c)
{
    const struct proc_role *mine = c->n_by == 2 ? c->by[0] : NULL, *other = mine ? c->by[1] : NULL;
    const struct role *role = NULL;
    const struct unit *u;
    struct standing s;
    int e;

    if (!sc->hand || !sc->actor || !mine)
        return 1;
    if (record_has_acted(sc->hand, other->id, sc->actor->id))
        return 0;
    if ((e = role_meant(sc, mine->role, &role)) || !role || (!role->senketsu && !role->daiketsu))
        return e ? e : 1;
    if ((e = ref_unit(sc, &mine->of, &u)) ||
        (e = role_holds(sc, sc->actor, sc->procedure->reg, role, u, sc->act_name, &s)) <= 0)
        return e < 0 ? e : 1;
    if (s.authority != STANDING_SENKETSU && s.authority != STANDING_DAIKETSU)
        return 1;
    return !record_has_acted(sc->hand, other->id, s.for_person);
}

/* ---- fields ---- */

static bool is_filled(const json_t *v)
{
    if (json_is_array(v))
        return json_array_size(v) > 0;
    return v && !json_is_null(v) && !(json_is_string(v) && !json_string_length(v));
}

static int leaf_filled(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *v = NULL;
    int e;

    if (c->subject.kind == REF_FIELD && c->subject.n_hops == 1 && (c->subject.property == PROP_NONE || c->subject.property == PROP_DIGEST) && sc->hand)
        return record_has(sc->hand, c->subject.hops[0]) == c->wanted;
    e = ref_eval(sc, &c->subject, &v);
    return e ? e : is_filled(v) == c->wanted;
}

static bool is_one_of(const json_t *v, const struct cond *c)
{
    if (json_is_string(v))
        return word_in(json_string_value(v), c->words, c->n_words);
    if (json_is_boolean(v))
        return word_in(json_is_true(v) ? "yes" : "no", c->words, c->n_words);
    if (json_is_integer(v))
        for (size_t i = 0; i < c->n_words; i++) {
            int64_t n;

            if (!str_to_i64(str_of(c->words[i]), INT64_MIN, INT64_MAX, &n) && n == json_integer_value(v))
                return true;
        }
    return false;
}

static int leaf_one_of(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *v = NULL;
    int e = ref_eval(sc, &c->subject, &v);

    if (e || !json_is_array(v))
        return e ? e : is_one_of(v, c);
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!is_one_of(json_array_get(v, i), c))
            return 0;
    return json_array_size(v) > 0;
}

static int leaf_none_of(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *v = NULL;
    int e = ref_eval(sc, &c->subject, &v);

    if (e || !json_is_array(v))
        return e ? e : !is_one_of(v, c);
    for (size_t i = 0; i < json_array_size(v); i++)
        if (is_one_of(json_array_get(v, i), c))
            return 0;
    return 1;
}

static bool within_set(const json_t *a, const json_t *b)
{
    for (size_t i = 0; i < json_array_size(a); i++)
        if (!same_holds(b, json_array_get(a, i)))
            return false;
    return true;
}

/* As it is compared. */
static int comparable(struct stage *sc, const struct ref *ref, bool is_text, json_t **ret)
{
    JSON_AUTO *v = NULL;
    int e = ref_eval(sc, ref, is_text ? &v : ret);

    return e || !v ? e : same_folded(v, ret);
}

static int same_values(struct stage *sc, const struct cond *c)
{
    bool is_text = same_takes_texts(&c->subject);
    JSON_AUTO *a = NULL;
    JSON_AUTO *b = NULL;
    int e = comparable(sc, &c->subject, is_text, &a);

    if (e || (e = comparable(sc, &c->other, is_text, &b)))
        return e;
    if (!is_filled(a) || !is_filled(b))
        return is_filled(a) == is_filled(b);
    if (json_is_array(a) && json_is_array(b))
        return within_set(a, b) && within_set(b, a);
    return json_equal(a, b);
}

static int leaf_other(struct stage *sc, const struct cond *c)
{
    int e = same_values(sc, c);

    return e < 0 ? e : !e;
}

/* A number, or how many rows. 1: there is none. */
static int amount(const json_t *v, int64_t *ret)
{
    if (json_is_integer(v))
        *ret = json_integer_value(v);
    else if (json_is_array(v))
        *ret = (int64_t)json_array_size(v);
    else if (!json_is_string(v) || str_to_i64(str_of(json_string_value(v)), INT64_MIN, INT64_MAX, ret))
        return 1;
    return 0;
}

static bool counts_rows(const struct ref *r)
{
    const struct field *f = r->kind == REF_FIELD && r->n_hops ? r->hops[r->n_hops - 1] : NULL;

    return f && (f->type == FIELD_GROUP || f->type == FIELD_LIST || f->type == FIELD_CHECKLIST);
}

/* -1 less, 0 equal, 1 more; 2: the field is empty; 3: there is no bound. Negative below -1: fatal. */
static int against_bound(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *v = NULL;
    JSON_AUTO *w = NULL;
    int64_t have = 0, bound = c->number;
    int e = ref_eval(sc, &c->subject, &v);

    if (!e && c->other.kind != REF_NONE)
        e = ref_eval(sc, &c->other, &w);
    if (e)
        return e == -1 ? -EIO : e;
    if (c->param) {
        const struct param *now;

        if ((e = param_now(sc, c->param, &now)))
            return e == -1 ? -EIO : e;
        if (!now->is_set)
            return 3;
        bound = now->number;
    } else if (c->other.kind != REF_NONE && amount(w, &bound)) {
        if (!counts_rows(&c->other))
            return 3;
        bound = 0;
    }
    if (amount(v, &have)) {
        if (!counts_rows(&c->subject))
            return 2;
        have = 0;
    }
    return (have > bound) - (have < bound);
}

static int leaf_at_least(struct stage *sc, const struct cond *c)
{
    int e = against_bound(sc, c);

    return e < -1 ? e : e == 0 || e == 1;
}

static int leaf_at_most(struct stage *sc, const struct cond *c)
{
    int e = against_bound(sc, c);

    return e < -1 ? e : e == 0 || e == -1 || e == 2;
}

static bool row_confirmed(const struct field *f, const struct ref *subject, const json_t *row)
{
    if (subject->n_hops > 1)
        return json_is_true(json_object_get(row, subject->hops[1]->id));
    for (size_t i = 0; i < f->n_fields; i++)
        if (f->fields[i].type == FIELD_FLAG && !json_is_true(json_object_get(row, f->fields[i].id)))
            return false;
    return true;
}

static int cell_confirmed(struct stage *sc, const struct ref *r)
{
    JSON_AUTO *v = NULL;
    int e = ref_eval(sc, r, &v);
    const struct field *f = r->hops[r->n_hops - 1];

    if (e)
        return e;
    return f->type == FIELD_CHECKLIST ? json_array_size(v) == f->n_choices : json_is_true(v);
}

static int leaf_confirmed(struct stage *sc, const struct cond *c)
{
    const struct field *f = c->subject.n_hops ? c->subject.hops[0] : NULL;
    json_t *v;
    int e;

    if (c->subject.kind == REF_ROW)
        return cell_confirmed(sc, &c->subject);
    if (!f || !sc->hand)
        return 0;
    if ((e = record_value(sc->e->store, sc->hand, f, &v)))
        return e;
    if (f->type == FIELD_FLAG)
        return json_is_true(v);
    if (f->type == FIELD_CHECKLIST)
        return json_array_size(v) == f->n_choices;
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!row_confirmed(f, &c->subject, json_array_get(v, i)))
            return 0;
    return 1;
}

/* ---- time ---- */

/* -1, 0, 1 as a is before, at, after b. */
static int compare_times(struct when a, struct when b)
{
    if (a.kind == WHEN_MONTH || b.kind == WHEN_MONTH) {
        int32_t m = month_of_day(a.day), n = month_of_day(b.day);

        return (m > n) - (m < n);
    }
    if (a.kind == WHEN_INSTANT && b.kind == WHEN_INSTANT)
        return (a.us > b.us) - (a.us < b.us);
    return (a.day > b.day) - (a.day < b.day);
}

static bool holds_in_time(enum cond_kind kind, struct when a, struct when b)
{
    int order;

    if (a.kind == WHEN_NONE || b.kind == WHEN_NONE)
        return false;
    order = compare_times(a, b);
    switch (kind) {
    case COND_TIME_IS:
        return order == 0;
    case COND_TIME_NOT_BEFORE:
        return order >= 0;
    case COND_TIME_NOT_AFTER:
        return order <= 0;
    case COND_TIME_BEFORE:
        return order < 0;
    default:
        return order > 0;
    }
}

/* How many rows the group has whose column is named; 0 for anything else. */
static int count_rows(struct stage *sc, const struct ref *r, size_t *ret)
{
    const struct field *f = r->kind == REF_FIELD && r->n_hops == 2 ? r->hops[0] : NULL;
    json_t *rows;
    int e;

    *ret = 0;
    if (!f || f->type != FIELD_GROUP || !sc->hand)
        return 0;
    if (!(e = record_value(sc->e->store, sc->hand, f, &rows)))
        *ret = json_array_size(rows);
    return e;
}

/* A column of a group holds when it does in every row: an empty cell no more than an empty field. */
static int leaf_time(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *v = NULL;
    JSON_AUTO *w = NULL;
    size_t n;
    int e = ref_eval(sc, &c->subject, &v);

    if (e || (e = ref_eval(sc, &c->other, &w)))
        return e == -1 ? -EIO : e;
    if (!json_is_array(v))
        return holds_in_time(c->kind, when_of(v), when_of(w));
    if ((e = count_rows(sc, &c->subject, &n)) || json_array_size(v) < n)
        return e;
    for (size_t i = 0; i < json_array_size(v); i++)
        if (!holds_in_time(c->kind, when_of(json_array_get(v, i)), when_of(w)))
            return 0;
    return 1;
}

static int leaf_off_hours(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *v = NULL;
    int e = ref_eval(sc, &c->subject, &v);
    struct when t = when_of(v);

    return e ? e : t.kind == WHEN_INSTANT && is_off_hours(sc, c->param, t.us);
}

/* Is it one of those that `text` lists, with spaces between them: hosts, and addresses, whose host stands for itself alone? */
static bool host_is_listed(const char *host, const char *text)
{
    char one[URL_HOST_MAX], own[URL_HOST_MAX];

    for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        bool is_url;

        (void)snprintf(one, sizeof(one), "%.*s", (int)MIN_OF(n, sizeof(one) - 1), at);
        is_url = strstr(one, "://") != NULL;
        if (is_url)
            url_host((struct str){at, n}, own);
        if (is_url ? !strcmp(host, own) : host_lies_in(host, one))
            return true;
        at += n;
    }
    return false;
}

static int leaf_host_in(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *v = NULL;
    JSON_AUTO *list = NULL;
    char host[URL_HOST_MAX];
    int e = ref_eval(sc, &c->subject, &v);

    if (e || !json_is_string(v))
        return e;
    url_host(str_of(json_string_value(v)), host);
    if (!*host)
        return 0;
    for (size_t i = 0; i < c->n_words; i++)
        if (host_lies_in(host, c->words[i]))
            return 1;
    if (c->n_words || (e = ref_eval(sc, &c->other, &list)))
        return e == -1 ? -EIO : e;
    return json_is_string(list) && host_is_listed(host, json_string_value(list));
}

static int leaf_roster(struct stage *sc, const struct cond *c)
{
    const struct unit *u;
    JSON_AUTO *v = NULL;
    struct when t;
    uint64_t from_us, to_us;
    int e = ref_eval(sc, &c->subject, &v);

    if (e || (e = ref_unit(sc, &c->other, &u)))
        return e;
    t = when_of(v);
    return u && t.kind == WHEN_DAY && night_of(c->param, t.day, &from_us, &to_us) &&
           force_has_duty(sc->e->force, c->name, u, from_us, to_us);
}

static int leaf_period(struct stage *sc, const struct cond *c)
{
    const struct period *p = c->period;
    struct duration cap = p->at_most;
    JSON_AUTO *v = NULL;
    JSON_AUTO *w = NULL;
    struct when from, to;
    int e = ref_eval(sc, &p->from, &v);

    if (e || (e = ref_eval(sc, &p->to, &w)))
        return e;
    from = when_of(v);
    to = when_of(w);
    if (from.kind == WHEN_NONE || to.kind == WHEN_NONE || to.day < from.day)
        return 0;
    if (p->by_param) {
        const struct param *now;

        if ((e = param_now(sc, p->param, &now)) || !now || !now->is_set)
            return e;
        cap = now->duration;
    }
    return to.day <= period_last_day(from.day, cap);
}

/* ---- records ---- */

/* How many there must be, at least or exactly: a number, a parameter, or what a field holds. 1: the parameter is unset. */
static int wanted_count(struct stage *sc, const struct cond *c, int64_t *ret)
{
    JSON_AUTO *v = NULL;
    int e;

    *ret = c->number;
    if (c->param) {
        const struct param *now;

        if ((e = param_now(sc, c->param, &now)))
            return e;
        *ret = now->number;
        return !now->is_set;
    }
    if (c->other.kind == REF_NONE)
        return 0;
    e = ref_eval(sc, &c->other, &v);
    if (!e && amount(v, ret))
        *ret = 0;
    return e;
}

static int leaf_record(struct stage *sc, const struct cond *c)
{
    struct record_search q = {c->reg, c->wheres, c->n_wheres, c->words, c->n_words, c->during,
                              (c->count == COUNT_NONE || c->count == COUNT_FEWER_THAN) != sc->speaks_against};
    int64_t wanted = 0, n = 0;
    int e;

    if (c->count == COUNT_COVERS)
        return covers_holds(sc, c);
    e = c->count == COUNT_NONE ? 0 : wanted_count(sc, c, &wanted);

    if (e)
        return MIN_OF(e, 0);
    if ((c->count == COUNT_AT_LEAST || c->count == COUNT_FEWER_THAN) && wanted <= 0)
        return c->count == COUNT_AT_LEAST;
    if ((e = search_count(sc, &q, c->count == COUNT_NONE ? 1 : c->count == COUNT_AS_MANY_AS ? 0 : wanted, &n)))
        return e;
    switch (c->count) {
    case COUNT_NONE:
        return n == 0;
    case COUNT_AT_LEAST:
        return n >= wanted;
    case COUNT_FEWER_THAN:
        return n < wanted;
    case COUNT_AS_MANY_AS:
        return n == wanted;
    case COUNT_COVERS:
        break;
    }
    return -EINVAL;
}

/* Ask `test` of each record that the subject names; all must hold; `none` is the answer when it names none. */
static int each_record(struct stage *sc, const struct ref *ref, int none, const struct cond *c,
                       int (*test)(struct stage *sc, const struct cond *c, struct record *r))
{
    JSON_AUTO *v = NULL;
    size_t n;
    int e;

    if (ref->kind == REF_NONE || (ref->kind == REF_THIS && ref->property <= PROP_ID))
        return sc->hand ? test(sc, c, sc->hand) : none;
    if ((e = ref_eval(sc, ref, &v)))
        return e;
    n = json_is_array(v) ? json_array_size(v) : v ? 1 : 0;
    for (size_t i = 0; i < n; i++) {
        struct record *r;

        e = stage_record(sc, json_string_value(json_is_array(v) ? json_array_get(v, i) : v), &r);
        if (e)
            return e < 0 ? e : 0;
        if (stage_is_unseen(sc, r)) /* nor are those behind it: what is told does not depend on this one */
            return 0;
        if ((e = test(sc, c, r)) <= 0)
            return e;
    }
    return n ? 1 : none;
}

static int is_in_state(struct stage *sc, const struct cond *c, struct record *r)
{
    return word_in(r->state, c->words, c->n_words);
}

static int leaf_state_of(struct stage *sc, const struct cond *c)
{
    return each_record(sc, &c->subject, 0, c, is_in_state);
}

static const struct ref *subject_or_other(const struct cond *c)
{
    return c->subject.kind != REF_NONE ? &c->subject : &c->other;
}

static int is_unlocked(struct stage *sc, const struct cond *c, struct record *r)
{
    ROWS_AUTO *rows = NULL;
    int e;

    if (!*r->id)
        return 1;
    if ((e = STORE_QUERY(sc->e->store, &rows, STMT_LOCK_LIST, V_TEXT(r->id))))
        return store_failed(e);
    while ((e = rows_next(rows)) > 0)
        if (!strcmp(rows_text(rows, 0), c->name))
            return 0;
    return e < 0 ? e : 1;
}

static int leaf_unlocked(struct stage *sc, const struct cond *c)
{
    return each_record(sc, subject_or_other(c), 1, c, is_unlocked);
}

static int label_fits(struct stage *sc, const struct cond *c, struct record *r)
{
    struct label now;
    int e = label_of(sc, r, &now);

    return e ? e : now.confidentiality <= c->number;
}

/* A field that holds a label is judged by that label; an empty one by none, so it does not fit. */
static int named_label_fits(struct stage *sc, const struct cond *c, const struct ref *ref)
{
    const struct pack *p = sc->procedure->reg->pack;
    const char *id;
    int e = ref_text(sc, ref, &id);

    for (size_t i = 0; !e && i < p->n_labels; i++)
        if (!strcmp(p->labels[i].id, id))
            return p->labels[i].confidentiality <= c->number;
    return e;
}

static int leaf_label(struct stage *sc, const struct cond *c)
{
    const struct ref *ref = subject_or_other(c);

    if ((ref->kind == REF_FIELD || ref->kind == REF_ROW) && ref->n_hops && ref->property == PROP_NONE &&
        ref->hops[ref->n_hops - 1]->type == FIELD_LABEL)
        return named_label_fits(sc, c, ref);
    return each_record(sc, subject_or_other(c), 0, c, label_fits);
}

static int asks_no_more(struct stage *sc, const struct cond *c, struct record *r)
{
    return sc->hand ? label_inherits(sc, sc->hand, r) : 0;
}

static int leaf_inherits(struct stage *sc, const struct cond *c)
{
    return each_record(sc, &c->subject, 1, c, asks_no_more);
}

/* How its examination had ended, and what was seen in it beside what it shows, when the act named it. What an older version kept says nothing of that,
 * which is none of what may be asked. */
static int leaf_scan(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *v = NULL;
    int e = ref_eval(sc, &c->subject, &v);
    const char *state = json_str(v, "state");

    if (e)
        return e;
    return (c->n_words ? word_in(state, c->words, c->n_words) : !strcmp(state, FILE_CLEAN)) &&
           (!c->n_tells || word_in(json_str(v, "tells"), c->tells, c->n_tells));
}

static bool names_register(const struct field *f, const struct reg *reg)
{
    if (f->type == FIELD_LIST && f->n_fields == 1)
        f = &f->fields[0];
    return f->type == FIELD_RECORD && (!f->reg || f->reg == reg);
}

/* Records in the states of the obligation that name it in that field. */
static int is_awaited_by(struct stage *sc, const struct obligation *o, const struct field *f,
                         const struct record *r)
{
    const struct where named = {.field = f, .value = {.kind = REF_LITERAL, .text = r->id}};
    const struct record_search q = {.reg = o->procedure->reg,
                                    .wheres = &named,
                                    .n_wheres = 1,
                                    .states = o->while_states,
                                    .n_states = o->n_while};
    int64_t n;
    int e = search_count(sc, &q, 1, &n);

    return e ? e : n > 0;
}

int record_is_awaited(struct stage *sc, const struct record *r)
{
    const struct pack *pack = r->reg->pack;

    for (size_t i = 0; i < pack->n_procedures; i++) {
        const struct procedure *p = &pack->procedures[i];

        for (size_t k = 0; k < p->n_obligations; k++)
            for (size_t m = 0; m < p->reg->n_fields; m++) {
                const struct field *f = &p->reg->fields[m];
                int e = names_register(f, r->reg) && obligation_reads(&p->obligations[k], f)
                            ? is_awaited_by(sc, &p->obligations[k], f, r)
                            : 0;

                if (e)
                    return e;
            }
    }
    return 0;
}

static int retention_is_over(struct stage *sc, const struct cond *c, struct record *r)
{
    int e;

    if (r->disposed_us || r->keep_until_day == DAY_NONE || r->keep_until_day >= sc->today)
        return 0;
    e = record_is_awaited(sc, r);
    return e < 0 ? e : !e;
}

static int leaf_retention(struct stage *sc, const struct cond *c)
{
    return each_record(sc, &c->subject, 0, c, retention_is_over);
}

static int leaf_param(struct stage *sc, const struct cond *c)
{
    const struct param *now;
    int e = param_now(sc, c->param, &now);

    return e ? e : now && now->is_set && (!c->name || !*c->name || !strcmp(now->value, c->name));
}

static int leaf_unchanged(struct stage *sc, const struct cond *c)
{
    const struct step *step = procedure_step(sc->procedure, c->name, 0);
    struct digest d;
    const char *was;
    int e;

    if (!step || !sc->hand)
        return 0;
    was = json_str(json_obj(sc->hand->values, "_signed"), c->name);
    if ((e = record_signed_digest(sc->hand, (const struct field *const *)step->signs, step->n_signs, &d)))
        return e;
    return strcmp(was, digest_text(&d).at) ? 0 : manifest_holds(sc, step);
}

static int leaf_leaves(struct stage *sc, const struct cond *c)
{
    return release_leaves(sc, c);
}

static int leaf_never(struct stage *sc, const struct cond *c)
{
    return 0;
}

static int leaf_each(struct stage *sc, const struct cond *c)
{
    return each_holds(sc, c, true);
}

static leaf_fn *const leaf_fns[COND_KINDS] = {
    [COND_STATE] = leaf_state, [COND_BY] = leaf_by, [COND_SEPARATE] = leaf_separate,
    [COND_HOLDS] = leaf_holds, [COND_POST] = leaf_post, [COND_SAME_PERSON] = leaf_same_person,
    [COND_OTHER_PERSON] = leaf_other_person, [COND_SUCCESSOR] = leaf_successor, [COND_SUPERIOR] = leaf_superior, [COND_RANK] = leaf_rank, [COND_ON_DUTY] = leaf_on_duty,
    [COND_ACTED_AS] = leaf_acted_as, [COND_UNIT] = leaf_unit, [COND_FILLED] = leaf_filled, [COND_ONE_OF] = leaf_one_of,
    [COND_NONE_OF] = leaf_none_of, [COND_SAME] = same_values, [COND_OTHER] = leaf_other,
    [COND_AT_LEAST] = leaf_at_least, [COND_AT_MOST] = leaf_at_most, [COND_CONFIRMED] = leaf_confirmed,
    [COND_TIME_IS] = leaf_time, [COND_TIME_NOT_BEFORE] = leaf_time, [COND_TIME_NOT_AFTER] = leaf_time,
    [COND_TIME_BEFORE] = leaf_time, [COND_TIME_AFTER] = leaf_time, [COND_PERIOD] = leaf_period, [COND_OFF_HOURS] = leaf_off_hours, [COND_ROSTER] = leaf_roster,
    [COND_RECORD] = leaf_record, [COND_STATE_OF] = leaf_state_of, [COND_UNLOCKED] = leaf_unlocked,
    [COND_LABEL] = leaf_label, [COND_INHERITS] = leaf_inherits, [COND_SCAN] = leaf_scan, [COND_RETENTION] = leaf_retention,
    [COND_PARAM] = leaf_param, [COND_UNCHANGED] = leaf_unchanged, [COND_LEAVES] = leaf_leaves, [COND_NEVER] = leaf_never, [COND_EACH] = leaf_each, [COND_WITHIN] = within_holds, [COND_COVERS] = covers_holds, [COND_HOST_IN] = leaf_host_in,
};

int leaf_true(struct stage *sc, const struct cond *c)
{
    bool met = sc->met_unseen;
    int e;

    sc->met_unseen = false;
    e = leaf_fns[c->kind] ? leaf_fns[c->kind](sc, c) : -EINVAL;
    if (e >= 0 && sc->met_unseen)
        e = !sc->speaks_against;
    sc->met_unseen = met;
    return e;
}
