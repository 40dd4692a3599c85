#include "engine/ref.h"

#include "base/mail-address.h"
#include "base/url-host.h"
#include "engine/digest.h"
#include "engine/secret.h"

/* ---- time ---- */

json_t *day_json(int32_t day)
{
    CLEANUP(buf_done) struct buf b = {0};

    buf_init(&b, 32);
    return day_print_iso(day, &b) ? NULL : json_string(b.at);
}

json_t *month_json(int32_t month)
{
    CLEANUP(buf_done) struct buf b = {0};

    buf_init(&b, 32);
    return month_print_iso(month, &b) ? NULL : json_string(b.at);
}

json_t *instant_json(uint64_t t_us)
{
    CLEANUP(buf_done) struct buf b = {0};

    buf_init(&b, 64);
    return instant_print_utc(t_us, &b) ? NULL : json_string(b.at);
}

struct when when_of(const json_t *value)
{
    struct str s = {json_string_value(value), json_string_length(value)};
    struct when w = {WHEN_NONE, 0, 0};
    int32_t month;

    if (!json_is_string(value))
        return w;
    if (!month_parse_iso(s, &month)) {
        w.kind = WHEN_MONTH;
        w.day = month_first_day(month);
    } else if (s.len == 10 && !day_parse_iso(s, &w.day)) {
        w.kind = WHEN_DAY;
    } else if (s.len > 10 && !instant_parse(s, &w.us)) {
        w.kind = WHEN_INSTANT;
        w.day = day_of_instant(w.us);
        return w;
    }
    if (w.kind != WHEN_NONE)
        w.us = instant_of_day(w.day);
    return w;
}

bool is_off_hours(const struct stage *sc, const struct param *hours, uint64_t t_us)
{
    int32_t day = day_of_instant(t_us);
    uint64_t at = (t_us - instant_of_day(day)) / (60 * US_PER_SECOND);
    int opens, closes;

    if (!hours->is_set || !office_hours_of(hours->value, &opens, &closes))
        return false;
    return force_is_holiday(sc->e->force, day) || at < (uint64_t)opens || at >= (uint64_t)closes;
}

bool night_of(const struct param *hours, int32_t day, uint64_t *ret_from_us, uint64_t *ret_to_us)
{
    int opens, closes;

    if (!hours->is_set || !office_hours_of(hours->value, &opens, &closes))
        return false;
    *ret_from_us = instant_of_day(day) + (uint64_t)closes * 60 * US_PER_SECOND;
    *ret_to_us = instant_of_day(day + 1) + (uint64_t)opens * 60 * US_PER_SECOND;
    return true;
}

/* So many working days on, or back; of none the day itself, or the first one behind (before) it. Saturdays and Sundays are none, so that a
 * calendar without any is nobody's: the walk ends all the same. */
static int32_t working_day(const struct force *f, int32_t day, int32_t n, int sign)
{
    for (int32_t walked = 0; walked < 10 * (n + 40) && (n > 0 || force_is_holiday(f, day)); walked++) {
        day += sign;
        n -= !force_is_holiday(f, day);
    }
    return day;
}

static int shift(struct stage *sc, const struct ref *ref, json_t **value)
{
    struct when w = when_of(*value);
    json_t *moved;

    if ((!ref->has_shift && !ref->has_clock) || !*value || (w.kind != WHEN_DAY && w.kind != WHEN_INSTANT))
        return 0;
    if (ref->in_working_days)
        w.day = working_day(sc->e->force, w.day, ref->shift.days, ref->shift_sign);
    else if (ref->has_shift && w.kind == WHEN_INSTANT)
        w.day = day_of_instant(w.us = instant_add(w.us, ref->shift, ref->shift_sign));
    else if (ref->has_shift)
        w.day = day_add(w.day, ref->shift, ref->shift_sign);
    if (ref->has_clock)
        moved = instant_json(instant_of_day(w.day) + (uint64_t)ref->clock_minutes * 60 * US_PER_SECOND);
    else if (w.kind == WHEN_INSTANT && !ref->in_working_days)
        moved = instant_json(w.us);
    else
        moved = day_json(w.day);
    json_decref(*value);
    *value = moved;
    return moved ? 0 : -ENOMEM;
}

/* ---- records and their properties ---- */

/* Without opening anything: what acts may write elsewhere. */
static const char *open_name(const struct record *r)
{
    const struct field *f = r->reg->name_field;
    const char *name = f && !field_is_keyed(f) ? json_str(r->values, f->id) : "";

    return *name ? name : r->id;
}

#define NAMELESS 3 /* confidentiality from which on a sealed name is told on the record's own page alone */

int name_stays_sealed(struct stage *sc, int64_t audience)
{
    struct audience au;
    int e = audience ? ERR_FOLD(audience_get(sc->e->store, audience, sc->arena, &au, NULL)) : 0;

    return e ? e : !audience || au.label.confidentiality >= NAMELESS;
}

const char *record_name_in_full(struct stage *sc, struct record *r)
{
    const struct field *f = r->reg->name_field;
    json_t *v;

    if (!f || !field_is_personal(f))
        return open_name(r);
    if (record_value(sc->e->store, r, f, &v))
        return NULL;
    return json_is_string(v) && json_string_length(v) ? json_string_value(v) : r->id;
}

const char *record_name(struct stage *sc, struct record *r)
{
    int e = r->reg->name_field && field_is_personal(r->reg->name_field) ? name_stays_sealed(sc, r->audience) : 0;

    return e < 0 ? NULL : e ? r->id : record_name_in_full(sc, r);
}

/* A value that is there: NULL is a lack of memory, and must not be taken for an empty one. */
static int given(json_t *v, json_t **ret)
{
    *ret = v;
    return v ? 0 : -ENOMEM;
}

static int text_or_none(const char *text, json_t **ret)
{
    *ret = NULL;
    return *text ? given(json_string(text), ret) : 0;
}

static int property(const struct stage *sc, const struct record *r, enum ref_property p, json_t **ret)
{
    switch (p) {
    case PROP_STATE:
        return given(json_string(r->state), ret);
    case PROP_UNIT:
        return text_or_none(r->unit, ret);
    case PROP_OPENED_ON:
        return given(day_json(r->opened_us ? day_of_instant(r->opened_us) : sc->today), ret);
    case PROP_NAME:
        return text_or_none(open_name(r), ret);
    case PROP_ID:
    case PROP_NONE:
    case PROP_FIRST:
    case PROP_LAST:
    case PROP_DIGEST:
    case PROP_HOST:
    case PROP_MAIL:
    case PROP_HOSTS:
    case PROP_LENGTH:
    case PROP_COMMON:
    case PROP_NAMED:
    case PROP_OTHER:
    case PROP_FORMER:
        break;
    }
    return text_or_none(r->id, ret);
}

/* Of a mail address, itself in small letters. */
static int mail_of(const json_t *v, json_t **ret)
{
    struct str s = {json_string_value(v), json_string_length(v)};
    char small[MAIL_ADDRESS_MAX + 1];

    if (!mail_address_ok(s))
        return 0;
    mail_address_small(s, small);
    return given(json_string(small), ret);
}

/* The host, or with it each name above it that has a dot in it: what is of example.jp is of www.example.jp, too. */
static int hosts_of(const json_t *v, bool all, json_t **ret)
{
    struct str s = {json_string_value(v), json_string_length(v)};
    char host[URL_HOST_MAX];
    JSON_AUTO *list = json_array();
    json_t *own = NULL;
    int e;

    if (!list)
        return -ENOMEM;
    url_host(s, host);
    if (!*host) {
        mail_host(s, host);
        if (*host && all && (e = mail_of(v, &own)))
            return e;
    }
    if (own && json_array_append_new(list, own))
        return -ENOMEM;
    if (!all)
        return text_or_none(host, ret);
    for (const char *at = host; strchr(at, '.'); at = strchr(at, '.') + 1)
        if (json_array_append_new(list, json_string(at)))
            return -ENOMEM;
    *ret = json_array_size(list) ? TAKE(list) : NULL;
    return 0;
}

/* Step from value `v` of hop k to what comes next; `v` may be a list of records. */
static int follow(struct stage *sc, const struct ref *ref, unsigned k, json_t *v, json_t **ret);

static int follow_record(struct stage *sc, const struct ref *ref, unsigned k, const char *id, json_t **ret)
{
    struct record *r;
    json_t *v;
    int e = stage_record(sc, id, &r);

    *ret = NULL;
    if (e)
        return e < 0 ? e : 0;
    (void)stage_is_unseen(sc, r);
    if (k == ref->n_hops)
        return property(sc, r, ref->property, ret);
    /* The reader names hops without knowing which register an `any` leads to; ask by id. */
    const struct field *f = reg_field(r->reg, ref->hops[k]->id);

    if (!f)
        return 0;
    if ((e = record_value(sc->e->store, r, f, &v)))
        return e;
    return follow(sc, ref, k + 1, v, ret);
}

static int follow_list(struct stage *sc, const struct ref *ref, unsigned k, const json_t *list, json_t **ret)
{
    JSON_AUTO *all = json_array();
    int e = all ? 0 : -ENOMEM;

    for (size_t i = 0; !e && i < json_array_size(list); i++) {
        json_t *one = NULL;
        const json_t *item = json_array_get(list, i);

        if (json_is_object(item)) /* a column of a group */
            e = k < ref->n_hops ? follow(sc, ref, k + 1, json_object_get(item, ref->hops[k]->id), &one) : 0;
        else if (json_is_string(item))
            e = follow_record(sc, ref, k, json_string_value(item), &one);
        if (!e && one && json_array_append_new(all, one))
            e = -ENOMEM;
    }
    if (!e)
        *ret = json_array_size(all) ? TAKE(all) : NULL;
    return e;
}

static int follow(struct stage *sc, const struct ref *ref, unsigned k, json_t *v, json_t **ret)
{
    *ret = NULL;
    if (!v)
        return 0;
    if (k == ref->n_hops && ref->property == PROP_NONE) {
        *ret = json_incref(v);
        return 0;
    }
    if (k == ref->n_hops && ref->property == PROP_DIGEST)
        return *json_str(v, "sha256") ? MIN_OF(digest_value(sc, str_of(json_str(v, "sha256")), ret), 0) : 0;
    if (k == ref->n_hops && (ref->property == PROP_HOST || ref->property == PROP_HOSTS))
        return json_is_string(v) ? hosts_of(v, ref->property == PROP_HOSTS, ret) : 0;
    if (k == ref->n_hops && ref->property == PROP_MAIL)
        return json_is_string(v) ? mail_of(v, ret) : 0;
    if (json_is_array(v))
        return follow_list(sc, ref, k, v, ret);
    return json_is_string(v) ? follow_record(sc, ref, k, json_string_value(v), ret) : 0;
}

static int eval_field(struct stage *sc, const struct ref *ref, json_t **ret)
{
    json_t *v;
    int e;

    if (!sc->hand || !ref->n_hops)
        return 0;
    if (ref->property >= PROP_LENGTH && ref->property <= PROP_FORMER)
        return secret_property(sc, ref->hops[0], ref->property, ret);
    if ((e = record_value(sc->e->store, sc->hand, ref->hops[0], &v)))
        return e;
    return follow(sc, ref, 1, v, ret);
}

/* A cell of the row at hand, or the element of a list. */
static int eval_row(struct stage *sc, const struct ref *ref, json_t **ret)
{
    const json_t *v = json_is_object(sc->row) && ref->n_hops ? json_object_get(sc->row, ref->hops[0]->id) : sc->row;

    return follow(sc, ref, 1, (json_t *)(uintptr_t)v, ret);
}

/* ---- the rest ---- */

const struct unit *stage_actor_unit(const struct stage *sc)
{
    const struct unit *u = sc->actor_unit;

    if (!u && sc->standing.unit)
        u = unit_up_to(sc->standing.unit, "shozoku");
    if (u || !sc->actor)
        return u;
    return force_home(sc->e->force, sc->actor, sc->today);
}

struct in_force {
    struct stage *sc;
    const struct field *from;
    struct record *best;
    uint64_t since_us;
};

/* Of several that are in force, the one that began last; of one instant, the later number. */
static int keep_latest(void *user, struct record *r)
{
    struct in_force *f = user;
    json_t *v;
    uint64_t us;
    int e = record_value(f->sc->e->store, r, f->from, &v);

    if (e)
        return e;
    us = when_of(v).us;
    if (!f->best || us > f->since_us || (us == f->since_us && strcmp(r->id, f->best->id) > 0)) {
        f->best = r;
        f->since_us = us;
    }
    return 0;
}

/* False: the value is none of the parameter's. */
static bool take_value(struct stage *sc, struct param *p, const json_t *v)
{
    const char *text = json_string_value(v);
    int32_t day;

    switch (p->type) {
    case PARAM_NUMBER:
        p->number = json_integer_value(v);
        p->value = arena_printf(sc->arena, "%lld", (long long)p->number);
        return json_is_integer(v) && p->value;
    case PARAM_FLAG:
        p->number = !v || json_is_true(v);
        p->value = p->number ? "yes" : "no";
        return true;
    default:
        break;
    }
    p->value = text ? arena_strdup(sc->arena, str_of(text)) : NULL;
    if (!p->value)
        return false;
    if (p->type == PARAM_DURATION)
        return !duration_parse(str_of(p->value), &p->duration);
    if (p->type == PARAM_CHOICE)
        return word_in(p->value, p->choices, p->n_choices);
    if (p->type == PARAM_DAY) {
        if (day_parse_iso(str_of(p->value), &day))
            return false;
        p->number = day;
    }
    return true;
}

int param_now(struct stage *sc, const struct param *p, const struct param **ret)
{
    const struct param_source *s = p ? p->from : NULL;
    struct record_search q = {0};
    struct in_force f = {.sc = sc};
    struct record *hand = sc->hand;
    struct param *now;
    json_t *v = NULL;
    int e;

    *ret = p;
    if (!s)
        return 0;
    q = (struct record_search){s->reg, s->wheres, s->n_wheres, s->in_states, s->n_in_states, s->during};
    f.from = s->during->from;
    now = arena_alloc(sc->arena, sizeof(*now));
    if (!now)
        return -ENOMEM;
    sc->hand = NULL; /* which may be that rule, and a search leaves the record at hand out */
    e = search_records(sc, &q, keep_latest, &f);
    sc->hand = hand;
    if (e || (f.best && s->value && (e = record_value(sc->e->store, f.best, s->value, &v))))
        return e;
    *now = *p;
    now->is_set = f.best && (!s->value || v) && take_value(sc, now, v);
    *ret = now;
    return 0;
}

static int param_value(struct stage *sc, const struct param *p, json_t **ret)
{
    int e = param_now(sc, p, &p);

    if (e || !p || !p->is_set)
        return e;
    switch (p->type) {
    case PARAM_NUMBER:
        return given(json_integer(p->number), ret);
    case PARAM_FLAG:
        return given(json_boolean(p->number != 0), ret);
    case PARAM_DAY:
        return given(day_json((int32_t)p->number), ret);
    default:
        return given(json_string(p->value), ret);
    }
}

static int record_digest_value(const struct record *r, json_t **ret)
{
    struct digest d;
    int e;

    if (!r || (e = record_digest(r, &d)))
        return r ? e : 0;
    return given(json_string(digest_text(&d).at), ret);
}

/* Of the whole period there is no value: a search compares with its days. */
static int period_day(const struct stage *sc, const struct ref *ref, json_t **ret)
{
    if (ref->property == PROP_NONE)
        return 0;
    return given(day_json(ref->property == PROP_FIRST ? calendar_period_first(ref->every, sc->judged) : calendar_period_next(ref->every, sc->judged) - 1), ret);
}

static int eval_plain(struct stage *sc, const struct ref *ref, json_t **ret)
{
    const struct unit *u;

    switch (ref->kind) {
    case REF_NONE:
        return 0;
    case REF_LITERAL:
        return given(json_string(ref->text), ret);
    case REF_PARAM:
        return param_value(sc, ref->param, ret);
    case REF_UNIT_KIND:
        u = force_unit_of_kind(sc->e->force, ref->text, sc->today);
        return u ? given(json_string(u->id), ret) : 0;
    case REF_FIELD:
        return eval_field(sc, ref, ret);
    case REF_ROW:
        return eval_row(sc, ref, ret);
    case REF_THIS:
        return sc->hand ? property(sc, sc->hand, ref->property, ret) : 0;
    case REF_ACTOR:
        return sc->actor ? given(json_string(sc->actor->id), ret) : 0;
    case REF_ACTOR_UNIT:
        u = stage_actor_unit(sc);
        return u ? given(json_string(u->id), ret) : 0;
    case REF_TODAY:
        return given(day_json(sc->today), ret);
    case REF_NOW:
        return given(instant_json(sc->now_us), ret);
    case REF_MONTH:
        return given(month_json(sc->month), ret);
    case REF_PERIOD:
        return period_day(sc, ref, ret);
    case REF_PARTY:
        return sc->hand ? text_or_none(record_party(sc->hand, ref->text), ret) : 0;
    case REF_DIGEST:
        return record_digest_value(sc->hand, ret);
    }
    return -EINVAL;
}

/* The unit above that has the kind; nothing where none has. */
static int go_up(struct stage *sc, const struct ref *ref, json_t **value)
{
    const struct unit *u = json_is_string(*value) ? force_unit(sc->e->force, json_string_value(*value)) : NULL;
    json_t *up = NULL;
    int e = 0;

    if (u)
        u = unit_up_to(u, ref->up_to);
    if (u)
        e = given(json_string(u->id), &up);
    json_decref(*value);
    *value = up;
    return e;
}

int ref_eval(struct stage *sc, const struct ref *ref, json_t **ret)
{
    json_t *v = NULL;
    int e = eval_plain(sc, ref, &v);

    if (!e && ref->up_to)
        e = go_up(sc, ref, &v);
    if (!e)
        e = shift(sc, ref, &v);
    if (e) {
        json_decref(v);
        return ERR(e);
    }
    *ret = v;
    return 0;
}

int ref_text(struct stage *sc, const struct ref *ref, const char **ret)
{
    JSON_AUTO *v = NULL;
    int e = ref_eval(sc, ref, &v);

    if (e)
        return e;
    if (json_is_integer(v))
        *ret = arena_printf(sc->arena, "%lld", (long long)json_integer_value(v));
    else
        *ret = arena_strdup(sc->arena, str_of(json_is_string(v) ? json_string_value(v) : ""));
    return *ret ? 0 : -ENOMEM;
}

int ref_unit(struct stage *sc, const struct ref *ref, const struct unit **ret)
{
    const struct reg *reg = sc->hand ? sc->hand->reg : NULL;
    const char *id = "";
    int e;

    if (ref->kind != REF_NONE) {
        if ((e = ref_text(sc, ref, &id)))
            return e;
    } else if (reg && reg->unit_field) {
        id = json_str(sc->hand->values, reg->unit_field->id);
    }
    *ret = *id ? force_unit(sc->e->force, id) : NULL;
    return 0;
}

int ref_record(struct stage *sc, const struct ref *ref, struct record **ret)
{
    const char *id;
    int e;

    if (ref->kind == REF_NONE || (ref->kind == REF_THIS && ref->property <= PROP_ID)) {
        *ret = sc->hand;
        return sc->hand ? 0 : 1;
    }
    if ((e = ref_text(sc, ref, &id)))
        return e;
    return stage_record(sc, id, ret);
}
