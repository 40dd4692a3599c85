#include "engine/apply.h"

#include "engine/disposal.h"
#include "engine/holding.h"
#include "engine/input.h"
#include "engine/manifest.h"
#include "engine/obligation.h"
#include "engine/ref.h"
#include "engine/suspend.h"

#include <stdio.h>

#define FIND_PAGE 256

int deed_open(struct deed *d, struct stage *sc, struct log *log)
{
    *d = (struct deed){.sc = sc, .log = log, .act = "", .rule = "", .result = "allowed"};
    d->in = json_object();
    d->made = json_array();
    d->told = json_array();
    d->did = json_array();
    d->pending = arena_alloc_n(sc->arena, DEED_PENDING_MAX, sizeof(*d->pending));
    return d->in && d->made && d->told && d->did && d->pending ? 0 : -ENOMEM;
}

void deed_done(struct deed *d)
{
    json_decref(d->in);
    json_decref(d->made);
    json_decref(d->told);
    json_decref(d->did);
    *d = (struct deed){0};
}

static int pend(struct deed *d, struct pending p)
{
    if (d->n_pending == DEED_PENDING_MAX)
        return -E2BIG;
    d->pending[d->n_pending++] = p;
    return 0;
}

/* ---- values ---- */

/* The commitment that the replayed entry gives for a personal field; NULL. */
static const char *given_commit(const struct deed *d, const struct record *r, const struct field *f)
{
    for (size_t i = 0; i < json_array_size(d->given_pii); i++) {
        const json_t *o = json_array_get(d->given_pii, i);
        const char *record = json_str(o, "record");

        if (strcmp(json_str(o, "field"), f->id) != 0)
            continue;
        if (*record ? !strcmp(record, r->id) : r == d->sc->hand)
            return json_str(o, "commit");
    }
    return NULL;
}

static int assign(struct deed *d, struct record *r, const struct field *f, const json_t *value)
{
    if (d->given_in && field_is_personal(f)) {
        const char *commit = given_commit(d, r, f);

        return record_set(r, f, NULL, commit);
    }
    return record_set(r, f, value, NULL);
}

static int number(struct deed *d, struct record *r)
{
    const char *given = d->given_in ? json_string_value(json_array_get(json_arr(d->given_in, "made"), d->made_at++)) : NULL;
    /* -EBADMSG: the entries are not all there, or not in order. */
    int e = d->given_in && !given ? -EBADMSG : record_number(d->sc->e->store, d->sc->arena, r, d->sc->today, given);

    if (e)
        return e;
    return json_array_append_new(d->made, json_string(r->id)) ? -ENOMEM : 0;
}

static int set_inputs(struct deed *d, const json_t *values)
{
    struct stage *sc = d->sc;
    JSON_AUTO *with = json_object();
    JSON_AUTO *cleared = json_array();
    const char *key;
    json_t *v;
    int e = with && cleared ? 0 : -ENOMEM;

    json_object_foreach((json_t *)(uintptr_t)values, key, v) {
        const struct field *f = reg_field(sc->hand->reg, key);

        if (e || !f)
            continue;
        e = d->step && d->step->is_correction ? record_keep_old(sc->e->store, sc->arena, sc->hand, f) : 0;
        if (!e)
            e = assign(d, sc->hand, f, json_is_null(v) ? NULL : v);
        if (!e && json_is_null(v))
            e = json_array_append_new(cleared, json_string(key)) ? -ENOMEM : 0;
        else if (!e && !field_is_personal(f))
            e = json_object_set(with, key, v) ? -ENOMEM : 0;
    }
    if (!e && json_object_size(with))
        e = json_object_set(d->in, "with", with) ? -ENOMEM : 0;
    if (!e && json_array_size(cleared))
        e = json_object_set(d->in, "cleared", cleared) ? -ENOMEM : 0;
    return e;
}

/* Who decides by delegation does so in the name of its holder: both have acted. An acting appointment gives the office itself.
 * Who corrects has acted, too, and takes nobody's place. */
static int note_party(const struct stage *sc, const struct proc_role *as, bool is_correction)
{
    const struct standing *s = &sc->standing;
    int e = 0;

    if (s->authority == STANDING_SENKETSU || s->authority == STANDING_DAIKETSU)
        e = record_add_party(sc->hand, as->id, s->for_person);
    if (!e && is_correction)
        return record_add_party(sc->hand, as->id, sc->actor->id);
    return e ? e : record_set_party(sc->hand, as->id, sc->actor->id);
}

static int note_reason(struct deed *d, const json_t *values)
{
    const struct field *f = record_reason_field(d->sc->arena, d->sc->hand->version);

    return f ? assign(d, d->sc->hand, f, json_object_get(values, INPUT_REASON)) : -ENOMEM;
}

static int sign(struct deed *d, const struct step *st)
{
    struct digest digest;
    int e;

    if (!st->n_signs)
        return 0;
    e = record_signed_digest(d->sc->hand, (const struct field *const *)st->signs, st->n_signs, &digest);
    if (!e)
        e = record_note_signed(d->sc->hand, st->act, digest_text(&digest).at);
    return e ? e : manifest_note(d->sc, st);
}

/* ---- effects ---- */

/* Nothing touches what was disposed of. */
static bool is_gone(const struct record *r)
{
    return r->disposed_us || r->is_leaving;
}

static int to_state(struct deed *d, struct record *r, const char *state)
{
    if (is_gone(r) || !strcmp(r->state, state))
        return 0;
    record_touch(r);
    r->state = state;
    return 0;
}

int deed_make(struct deed *d, const struct effect *f, struct record **ret)
{
    struct record *r;
    int e = stage_new_record(d->sc, f->reg, &r);

    if (e)
        return e;
    record_touch(r);
    r->state = f->state;
    if ((e = number(d, r)))
        return e;
    for (size_t i = 0; i < f->n_sets; i++) {
        JSON_AUTO *v = NULL;
        JSON_AUTO *typed = NULL;

        if ((e = ref_eval(d->sc, &f->sets[i].value, &v)) || (e = input_coerce(f->sets[i].field, v, &typed)) ||
            (e = assign(d, r, f->sets[i].field, typed)))
            return e;
    }
    for (size_t i = 0; i < f->reg->n_fields; i++)
        if ((e = input_default(d->sc, r, &f->reg->fields[i])))
            return e;
    *ret = r;
    return 0;
}

static int link_to(struct deed *d, const struct field *link, const struct record *r)
{
    struct record *hand = d->sc->hand;
    JSON_AUTO *list = NULL;
    JSON_AUTO *id = json_string(r->id);

    if (!id)
        return -ENOMEM;
    record_touch(hand);
    if (link->type != FIELD_LIST)
        return record_set(hand, link, id, NULL);
    list = json_object_get(hand->values, link->id) ? json_copied_deep(json_object_get(hand->values, link->id))
                                                   : json_array();
    if (!list || json_array_append(list, id))
        return -ENOMEM;
    return record_set(hand, link, list, NULL);
}

static int create_one(struct deed *d, const struct effect *f)
{
    struct record *r;
    int e = deed_make(d, f, &r);

    return e || !f->link ? e : link_to(d, f->link, r);
}

/* One, or one for each row as it stands now; the reader sees to it that there are few. */
static int do_create(struct deed *d, const struct effect *f)
{
    JSON_AUTO *rows = NULL;
    int e;

    if (f->for_each.kind == REF_NONE)
        return create_one(d, f);
    e = ref_eval(d->sc, &f->for_each, &rows);
    for (size_t i = 0; !e && i < json_array_size(rows); i++) {
        d->sc->row = json_array_get(rows, i);
        e = create_one(d, f);
    }
    d->sc->row = NULL;
    return e;
}

static int do_copy(struct deed *d, const struct effect *f)
{
    const struct field *source = reg_field(f->reg, "source"), *digest = reg_field(f->reg, "digest");
    struct digest of_hand;
    struct record *r;
    JSON_AUTO *id = json_string(d->sc->hand->id);
    JSON_AUTO *text = NULL;
    int e = deed_make(d, f, &r);

    if (e || !source || !digest || !id)
        return e ? e : -EINVAL;
    if ((e = record_digest(d->sc->hand, &of_hand)))
        return e;
    text = json_string(digest_text(&of_hand).at);
    if (!text || (e = record_set(r, source, id, NULL)))
        return text ? e : -ENOMEM;
    return record_set(r, digest, text, NULL);
}

static int do_set(struct deed *d, const struct effect *f)
{
    struct record *r;
    int e = ref_record(d->sc, &f->of, &r);

    if (e || is_gone(r))
        return e < 0 ? e : 0; /* nothing is named */
    for (size_t i = 0; i < f->n_sets; i++) {
        JSON_AUTO *v = NULL;
        JSON_AUTO *typed = NULL;

        if ((e = ref_eval(d->sc, &f->sets[i].value, &v)) || (e = input_coerce(f->sets[i].field, v, &typed)))
            return e;
        record_touch(r);
        if ((e = assign(d, r, f->sets[i].field, typed)))
            return e;
    }
    return 0;
}

/* Ids that a reference names: one or several. */
static int each_named(struct deed *d, const struct ref *ref, int (*act)(struct deed *d, struct record *r, const void *arg),
                      const void *arg)
{
    JSON_AUTO *v = NULL;
    size_t n;
    int e;

    if (ref->kind == REF_NONE || (ref->kind == REF_THIS && ref->property <= PROP_ID))
        return d->sc->hand ? act(d, d->sc->hand, arg) : 0;
    if ((e = ref_eval(d->sc, ref, &v)))
        return e;
    n = json_is_array(v) ? json_array_size(v) : v ? 1 : 0;
    for (size_t i = 0; !e && i < n; i++) {
        struct record *r;

        e = stage_record(d->sc, json_string_value(json_is_array(v) ? json_array_get(v, i) : v), &r);
        if (!e)
            e = act(d, r, arg);
        else if (e > 0)
            e = 0;
    }
    return e;
}

static int move_one(struct deed *d, struct record *r, const void *state)
{
    return to_state(d, r, state);
}

struct found_list {
    struct stage *sc;
    struct record **at;
    size_t n;
};

static int keep_found(void *user, struct record *r)
{
    struct found_list *l = user;

    if (l->n == STAGE_RECORDS_MAX)
        return -E2BIG;
    l->at[l->n++] = r;
    return 0;
}

/* Records as they were found in the store, with what this act has changed in memory so far: an effect before this one may
 * have moved one in or out. */
static int do_move_all(struct deed *d, const struct effect *f)
{
    struct record_search q = {f->reg, f->wheres, f->n_wheres, f->in_states, f->n_in_states, NULL};
    struct found_list found = {d->sc, arena_alloc_n(d->sc->arena, STAGE_RECORDS_MAX, sizeof(struct record *)), 0};
    int e = found.at ? search_records(d->sc, &q, keep_found, &found) : -ENOMEM;

    for (size_t i = 0; !e && i < found.n; i++)
        e = to_state(d, found.at[i], f->state);
    return e;
}

static int lock_one(struct deed *d, struct record *r, const void *arg)
{
    const struct effect *f = arg;
    char *source = arena_printf(d->sc->arena, "%s %s", f->rule, d->sc->hand ? d->sc->hand->id : "");

    if (!source)
        return -ENOMEM;
    if (is_gone(r))
        return 0;
    record_touch(r);
    return pend(d, (struct pending){.kind = f->kind == EFFECT_LOCK ? PENDING_LOCK : PENDING_UNLOCK, .record = r,
                                    .name = f->lock, .source = source, .text = f->text, .clauses = &f->clauses});
}

/* The row of what stays, before nothing is left to make it of. */
static int keep_row(struct deed *d, const struct field *into, const struct record *r)
{
    struct record *hand = d->sc->hand;
    const json_t *have = json_object_get(hand->values, into->id);
    JSON_AUTO *rows = have ? json_copied_deep(have) : json_array();
    json_t *row = NULL;
    int e = rows ? disposal_row(d->sc, into, r, &row) : -ENOMEM;

    if (e || json_array_append_new(rows, row))
        return e ? e : -ENOMEM;
    record_touch(hand);
    return record_set(hand, into, rows, NULL);
}

static int dispose_one(struct deed *d, struct record *r, const void *arg)
{
    const struct effect *f = arg;
    int e;

    if (is_gone(r))
        return 0;
    if (f->link && (e = keep_row(d, f->link, r)))
        return e;
    record_touch(r);
    r->is_leaving = true;
    r->state = STATE_DISPOSED;
    json_object_clear(r->values);
    return pend(d, (struct pending){.kind = PENDING_DISPOSE, .record = r});
}

/* ---- telling ---- */

static int add_names(json_t *list, const json_t *more)
{
    for (size_t i = 0; i < json_array_size(more); i++) {
        bool known = false;

        for (size_t k = 0; k < json_array_size(list); k++)
            known |= json_equal(json_array_get(list, k), json_array_get(more, i));
        if (!known && json_array_append(list, json_array_get(more, i)))
            return -ENOMEM;
    }
    return 0;
}

static int told_holders(struct deed *d, const struct told *t, const struct unit *u, json_t *list)
{
    JSON_AUTO *who = NULL;
    int e = role_holders(d->sc, d->sc->procedure->reg, t->role, u, &who);

    return e ? e : add_names(list, who);
}

/* What is about no record is of no unit: the holders in every one. */
static int told_role(struct deed *d, const struct told *t, json_t *list)
{
    const struct unit *of, *const *units;
    size_t n;
    int e = ref_unit(d->sc, &t->of, &of);

    if (e || d->sc->hand || !t->role->per_unit)
        return e ? e : told_holders(d, t, of, list);
    units = force_units(d->sc->e->force, &n);
    for (size_t i = 0; !e && i < n; i++)
        e = told_holders(d, t, units[i], list);
    return e;
}

static int told_persons(struct deed *d, const struct told *t, json_t *list)
{
    JSON_AUTO *who = NULL;
    JSON_AUTO *one = NULL;
    int e;

    if (t->role)
        return told_role(d, t, list);
    if ((e = ref_eval(d->sc, &t->person, &one)) || !one)
        return e;
    if (json_is_array(one))
        return add_names(list, one);
    who = json_pack("[O]", one);
    return who ? add_names(list, who) : -ENOMEM;
}

static int pend_notices(struct deed *d, const json_t *list, const struct telling *t)
{
    int e = 0;

    for (size_t i = 0; !e && i < json_array_size(list); i++) {
        char *person = arena_strdup(d->sc->arena, str_of(json_string_value(json_array_get(list, i))));

        e = person ? pend(d, (struct pending){.kind = PENDING_NOTICE, .record = d->sc->hand, .name = t->about,
                                              .source = person, .text = t->text, .todo = t->todo,
                                              .urgent = t->urgent})
                   : -ENOMEM;
    }
    return e;
}

int deed_tell(struct deed *d, const struct told *tolds, size_t n, const struct telling *t)
{
    JSON_AUTO *list = NULL;
    int e = 0;

    if (d->given_in) {
        list = json_incref(json_array_get(json_arr(d->given_in, "told"), d->told_at++));
    } else {
        list = json_array();
        for (size_t i = 0; list && !e && i < n; i++)
            e = told_persons(d, &tolds[i], list);
    }
    if (e || !list)
        return e ? e : d->given_in ? -EBADMSG : -ENOMEM;
    if (json_array_append(d->told, list))
        return -ENOMEM;
    return pend_notices(d, list, t);
}

static int do_effect(struct deed *d, const struct effect *f)
{
    switch (f->kind) {
    case EFFECT_SET:
        return do_set(d, f);
    case EFFECT_MOVE:
        return each_named(d, &f->of, move_one, f->state);
    case EFFECT_MOVE_ALL:
        return do_move_all(d, f);
    case EFFECT_CREATE:
        return do_create(d, f);
    case EFFECT_COPY:
        return do_copy(d, f);
    case EFFECT_LOCK:
    case EFFECT_UNLOCK:
        return each_named(d, &f->of, lock_one, f);
    case EFFECT_TELL:
        return deed_tell(d, f->tolds, f->n_tolds,
                         &(struct telling){d->step ? d->act : d->rule, f->text, f->todo, f->urgent});
    case EFFECT_DISPOSE:
        return each_named(d, &f->of, dispose_one, f);
    }
    return -EINVAL;
}

static bool was_done(const struct deed *d, size_t n)
{
    const json_t *did = json_arr(d->given_in, "did");

    for (size_t i = 0; i < json_array_size(did); i++)
        if (json_integer_value(json_array_get(did, i)) == (json_int_t)n)
            return true;
    return false;
}

int deed_effects(struct deed *d, const struct effect *effects, size_t n, const uint8_t *truth)
{
    int e = 0;

    for (size_t i = 0; !e && i < n; i++) {
        const struct effect *f = &effects[i];

        if (f->only_if) {
            if (truth ? !cond_true(f->only_if, truth) : !was_done(d, i))
                continue;
            if (json_array_append_new(d->did, json_integer((json_int_t)i)))
                return -ENOMEM;
        }
        e = do_effect(d, f);
    }
    return e;
}

static bool gives_file(const struct reg *reg, const json_t *values)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)values, key, v) {
        const struct field *f = reg_field(reg, key);

        if (f && f->type == FIELD_FILE && !json_is_null(v))
            return true;
    }
    return false;
}

/* What a file's bytes are held as elsewhere was joined when the act was judged; the entry says it, for the files are not there when it is
 * done again. */
static int note_held(struct deed *d, const json_t *values)
{
    struct record *hand = d->sc->hand;
    json_t *held = d->given_in ? json_obj(d->given_in, "held") : gives_file(hand->reg, values) ? json_obj(hand->values, RECORD_HELD) : NULL;

    if (!held)
        return 0;
    if (json_object_set(hand->values, RECORD_HELD, held) || json_object_set(d->in, "held", held))
        return -ENOMEM;
    return 0;
}

int deed_step(struct deed *d, const struct step *st, const struct proc_role *as, const json_t *values,
              const uint8_t *truth)
{
    struct record *hand = d->sc->hand;
    int e = 0;

    d->step = st;
    d->clauses = &st->clauses;
    record_touch(hand);
    if (hand->is_new && !*hand->id)
        e = number(d, hand);
    if (!e)
        e = set_inputs(d, values);
    if (!e)
        e = note_held(d, values);
    if (!e && st->is_correction)
        e = note_reason(d, values);
    if (!e && st->to)
        e = to_state(d, hand, st->to);
    if (!e && as && d->sc->actor)
        e = note_party(d->sc, as, st->is_correction);
    if (!e)
        e = sign(d, st);
    if (!e && as)
        e = json_put_str(d->in, "role", as->id);
    if (!e)
        e = json_put_int(d->in, "nth", st->no);
    if (!e)
        e = deed_effects(d, st->effects, st->n_effects, truth);
    for (size_t i = 0; !e && st->lowers && i < d->sc->n_records; i++)
        if (d->sc->records[i]->is_touched)
            holding_release(d->sc->records[i]);
    return e ? e : suspend_leave(d, d->under);
}

int deed_take_over(struct deed *d, const struct taken_over *t)
{
    struct record *hand = d->sc->hand;
    const char *role;
    json_t *person;
    int e;

    d->clauses = &hand->reg->clauses;
    record_touch(hand);
    if (!(e = number(d, hand)))
        e = set_inputs(d, t->values);
    if (!e)
        e = to_state(d, hand, t->state->id);
    json_object_foreach((json_t *)(uintptr_t)t->parties, role, person) {
        if (!e)
            e = record_set_party(hand, role, json_string_value(person));
    }
    if (!e && json_object_size(t->parties))
        e = json_object_set(d->in, "parties", (json_t *)(uintptr_t)t->parties) ? -ENOMEM : 0;
    if (!e && *t->former && !(e = json_put_str(hand->values, RECORD_FORMER, t->former)))
        e = json_put_str(d->in, "former", t->former);
    return e ? e : json_put_str(d->in, "table", t->table);
}

/* ---- uniqueness ---- */

/* Does it name the same unit as the other, where a value is unique within one? */
static bool is_within(const struct record *r, const struct record *other, const struct field *f)
{
    return !f->within || json_equal(json_object_get(r->values, f->within->id), json_object_get(other->values, f->within->id));
}

/* Does that record hold a value of that key so that `r` may not? */
static int holds(const struct record *r, const struct record *other, const struct field *f, struct str key)
{
    const struct state *s = procedure_state(other->reg->procedure, other->state);
    const json_t *value = json_object_get(other->values, f->id);
    CLEANUP(buf_done) struct buf own = {0};
    int e;

    if (other->disposed_us || other->is_leaving || !value || !is_within(r, other, f) ||
        (f->unique == UNIQUE_OPEN && (!s || s->is_end)))
        return 0;
    buf_init(&own, 4096);
    e = index_key(f, value, &own);
    return e ? MIN_OF(e, 0) : str_eq(buf_str(&own), key);
}

/* From its row, where that is enough. */
static int row_holds(struct deed *d, const struct record *r, const struct field *f, struct str key,
                     const char *id, const char *state, struct record **ret)
{
    const struct state *s = procedure_state(r->reg->procedure, state);
    int e;

    if (f->unique == UNIQUE_OPEN && s && s->is_end)
        return 0;
    if ((e = stage_record(d->sc, id, ret)))
        return MIN_OF(e, 0);
    return *ret == r ? 0 : holds(r, *ret, f, key);
}

/* Among what this act holds in memory, and among the rows. */
static int is_taken(struct deed *d, struct record *r, const struct field *f, const json_t *value,
                    struct record **ret)
{
    CLEANUP(buf_done) struct buf key = {0};
    char behind[128] = "";
    size_t n;
    int e;

    buf_init(&key, 4096);
    if ((e = index_key(f, value, &key)))
        return e < 0 ? e : 0;
    for (size_t i = 0; i < d->sc->n_records; i++) {
        struct record *other = d->sc->records[i];

        if (other != r && other->is_touched && !strcmp(other->reg->id, r->reg->id) &&
            (e = holds(r, other, f, buf_str(&key)))) {
            *ret = other;
            return e;
        }
    }
    do {
        ROWS_AUTO *rows = NULL;

        e = STORE_QUERY(d->sc->e->store, &rows, STMT_INDEX_STATES, V_TEXT(r->reg->id), V_TEXT(f->id), V_STR(buf_str(&key)),
                        V_TEXT(behind), V_INT(FIND_PAGE));
        if (e)
            return store_failed(e);
        for (n = 0; (e = rows_next(rows)) > 0; n++) {
            snprintf(behind, sizeof(behind), "%s", rows_text(rows, 0));
            if ((e = row_holds(d, r, f, buf_str(&key), behind, rows_text(rows, 2), ret)))
                return e;
        }
    } while (!e && n == FIND_PAGE);
    return e;
}

static int check_unique(struct deed *d, struct record *r, struct taken *ret)
{
    const struct state *s = procedure_state(r->reg->procedure, r->state);

    for (size_t i = 0; i < r->reg->n_fields; i++) {
        const struct field *f = &r->reg->fields[i];
        const json_t *v = json_object_get(r->values, f->id);
        int e;

        if (f->unique == UNIQUE_NO || !v || (f->unique == UNIQUE_OPEN && s && s->is_end))
            continue;
        if ((e = is_taken(d, r, f, v, &ret->by))) {
            ret->field = f;
            ret->record = r;
            return e;
        }
    }
    return 0;
}

int deed_unique(struct deed *d, struct taken *ret)
{
    *ret = (struct taken){0};
    for (size_t i = 0; i < d->sc->n_records; i++) {
        struct record *r = d->sc->records[i];
        int e = r->is_touched && !r->is_leaving ? check_unique(d, r, ret) : 0;

        if (e)
            return MIN_OF(e, 0);
    }
    return 0;
}
