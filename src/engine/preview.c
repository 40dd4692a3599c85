#include "engine/preview.h"

#include "engine/obligation.h"
#include "engine/ref.h"
#include "engine/seat.h"

#include <stdio.h>
#include <stdlib.h>

#define PAGE 256
#define APPOINTMENTS_MAX 64
#define TOUCHED_MAX 2000 /* roles of units that somebody loses or gains on one day */

struct touched {
    const struct reg *at; /* of the role's text */
    const struct role *role;
    const struct unit *unit;
    bool is_lost, is_gained;
};

struct gone { /* a seat that ends that day */
    const struct role *role;
    const struct unit *unit;
    const char *person;
};

struct preview {
    const struct plan *plan;
    struct engine *shadow; /* of the caller's engine, with the force and the clock of the day looked at */
    struct sight *sight;   /* of the viewer, today */
    struct stage eve, day; /* the last instant before, and the first one */
    struct touched touched[TOUCHED_MAX];
    size_t n_touched;
    struct gone gone[TOUCHED_MAX];
    size_t n_gone;
    json_t *vacant, *second, *changes, *stuck, *ends, *records; /* borrowed from what is answered */
    bool more;
};

/* Takes `o`. */
static int push(struct preview *v, json_t *list, json_t *o)
{
    if (json_array_size(list) >= PREVIEW_LIST_MAX) {
        v->more = true;
        json_decref(o);
        return 0;
    }
    return o && !json_array_append_new(list, o) ? 0 : -ENOMEM;
}

/* The next audience that he may see and that has some; 0 behind the last. */
static int walk(struct preview *v, enum store_stmt id, struct value *of, size_t n, int64_t *audience)
{
    return store_failed(sight_walk(v->sight, v->shadow->store, id, of, n, audience));
}

/* One more of those that he may see is looked at; false: no more of them, which is told. What is out of sight is not counted, so
 * that what is told does not depend on it. */
static bool has_turn(struct preview *v, size_t *n)
{
    if (*n == PREVIEW_CHECKS_MAX) {
        v->more = true;
        return false;
    }
    ++*n;
    return true;
}

/* ---- roles ---- */

/* The role of "pack/role" in the text in force that day. */
static const struct role *role_of_key(struct preview *v, const char *key, const struct reg **ret_at)
{
    const struct pack *packs[ENGINE_PACKS_MAX];
    size_t n = engine_packs(v->shadow, packs, ARRAY_LEN(packs));

    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(packs[i]->id);

        if (strncmp(packs[i]->id, key, len) != 0 || key[len] != '/' || !packs[i]->n_regs)
            continue;
        *ret_at = &packs[i]->regs[0];
        for (size_t k = 0; k < packs[i]->n_roles; k++)
            if (!strcmp(packs[i]->roles[k].id, key + len + 1))
                return &packs[i]->roles[k];
    }
    return NULL;
}

static int touch(struct preview *v, const struct reg *at, const struct role *role, const struct unit *unit, bool is_lost)
{
    size_t i = 0;

    while (i < v->n_touched && (v->touched[i].role != role || v->touched[i].unit != unit))
        i++;
    if (i == TOUCHED_MAX) {
        v->more = true;
        return 0;
    }
    if (i == v->n_touched)
        v->touched[v->n_touched++] = (struct touched){.at = at, .role = role, .unit = unit};
    v->touched[i].is_lost = v->touched[i].is_lost || is_lost;
    v->touched[i].is_gained = v->touched[i].is_gained || !is_lost;
    return 0;
}

static bool is_in(const json_t *roles, const json_t *one)
{
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *o = json_array_get(roles, i);

        if (!strcmp(json_str(o, "role"), json_str(one, "role")) && !strcmp(json_str(o, "unit"), json_str(one, "unit")))
            return true;
    }
    return false;
}

/* What is in `roles` and not in `others`. */
static int add_missing(struct preview *v, const json_t *roles, const json_t *others, bool is_lost, json_t *list)
{
    int r = 0;

    for (size_t i = 0; !r && i < json_array_size(roles); i++) {
        json_t *one = json_array_get(roles, i);
        const struct reg *at;
        const struct role *role;

        if (is_in(others, one) || !(role = role_of_key(v, json_str(one, "role"), &at)))
            continue;
        /* Whom a parameter names is told by the role that it names. */
        r = role->source != ROLE_BY_PARAMETER && json_array_append(list, one) ? -ENOMEM : touch(v, at, role, force_unit(v->shadow->force, json_str(one, "unit")), is_lost);
    }
    return r;
}

static json_t *role_json(struct preview *v, const struct touched *t)
{
    char *key = role_key(v->day.arena, t->at, t->role);
    json_t *clauses = json_array();

    for (size_t i = 0; clauses && i < t->role->clauses.n; i++)
        if (json_array_append_new(clauses, json_string(t->role->clauses.at[i]->id))) {
            json_decref(clauses);
            return NULL;
        }
    return json_pack("{s:s, s:o, s:s, s:o, s:o}", "role", key ? key : "", "title", text2_json(t->role->title), "unit",
                     t->unit ? t->unit->id : "", "unit_name",
                     text2_json(t->unit ? (struct text2){t->unit->name_ja, t->unit->name_en} : (struct text2){"", ""}),
                     "clauses", clauses);
}

struct seat_walk {
    struct preview *v;
    const char *person;
    json_t *lost;
};

/* Role, unit and person only, so that who cannot see the record knows whom to look for a successor of. */
static int add_seat(void *arg, const struct reg *at, const struct role *role, const struct unit *unit)
{
    struct seat_walk *w = arg;
    struct preview *v = w->v;
    JSON_AUTO *one = role_json(v, &(struct touched){.at = at, .role = role, .unit = unit});

    if (!one)
        return -ENOMEM;
    if (is_in(w->lost, one))
        return 0;
    if (v->n_gone == TOUCHED_MAX) {
        v->more = true;
        return 0;
    }
    v->gone[v->n_gone++] = (struct gone){role, unit, w->person};
    return json_array_append(w->lost, one) ? -ENOMEM : touch(v, at, role, unit, true);
}

static int compare_person(struct preview *v, const struct person *p)
{
    JSON_AUTO *before = NULL;
    JSON_AUTO *after = NULL;
    JSON_AUTO *lost = json_array();
    JSON_AUTO *gained = json_array();
    int r = lost && gained ? roles_of(&v->eve, person_serves(p, v->eve.today) ? p : NULL, &before) : -ENOMEM;

    if (!r)
        r = roles_of(&v->day, person_serves(p, v->day.today) ? p : NULL, &after);
    if (!r)
        r = add_missing(v, before, after, true, lost);
    if (!r)
        r = seats_ending(&v->eve, &v->day, p, add_seat, &(struct seat_walk){v, p->id, lost});
    if (!r)
        r = add_missing(v, after, before, false, gained);
    if (r || (!json_array_size(lost) && !json_array_size(gained)))
        return r;
    return push(v, v->changes, json_pack("{s:s, s:O, s:O}", "person", p->id, "lost", lost, "gained", gained));
}

/* Of the many whom a plan names most change on one of its days only. */
static bool changes_that_day(const struct preview *v, const struct person *p)
{
    const struct appointment *before[APPOINTMENTS_MAX], *after[APPOINTMENTS_MAX];
    size_t n = force_appointments(v->shadow->force, p, v->eve.today, before, ARRAY_LEN(before));

    if (n != force_appointments(v->shadow->force, p, v->day.today, after, ARRAY_LEN(after)) || n > APPOINTMENTS_MAX)
        return true;
    for (size_t i = 0; i < n; i++)
        if (before[i] != after[i])
            return true;
    return person_serves(p, v->eve.today) != person_serves(p, v->day.today);
}

static bool is_gone(const struct preview *v, const struct role *role, const struct unit *unit, const char *person)
{
    for (size_t i = 0; i < v->n_gone; i++)
        if (v->gone[i].role == role && v->gone[i].unit == unit && !strcmp(v->gone[i].person, person))
            return true;
    return false;
}

/* Who holds it on the day, once the daily checks have been made. */
static int holders_after(struct preview *v, const struct reg *at, const struct role *role, const struct unit *unit, json_t **ret)
{
    int r = role_holders(&v->day, at, role, unit, ret);

    for (size_t i = r ? 0 : json_array_size(*ret); i-- > 0;)
        if (is_gone(v, role, unit, json_string_value(json_array_get(*ret, i))))
            json_array_remove(*ret, i);
    return r;
}

static int compare_holders(struct preview *v, const struct touched *t)
{
    JSON_AUTO *before = NULL;
    JSON_AUTO *after = NULL;
    JSON_AUTO *one = NULL;
    bool by_post = t->role->source == ROLE_BY_POST, by_record = t->role->source == ROLE_BY_REGISTER;
    size_t was, is;
    int r = t->role->source == ROLE_BY_PARAMETER ? 0 : role_holders(&v->eve, t->at, t->role, t->unit, &before);

    if (!r && !before)
        return 0;
    if (!r)
        r = holders_after(v, t->at, t->role, t->unit, &after);
    if (r)
        return r;
    was = json_array_size(before);
    is = json_array_size(after);
    if (!(t->is_lost && was && !is) && !(t->is_gained && by_post && was <= 1 && is >= 2))
        return 0;
    one = role_json(v, t);
    if (!one || json_put(one, is ? "after" : "before", by_post || by_record ? json_incref(is ? after : before) : json_array()))
        return -ENOMEM;
    if (by_record && json_put(one, "reg_title", text2_json(t->role->reg->title)))
        return -ENOMEM;
    return push(v, is ? v->second : v->vacant, json_incref(one));
}

/* ---- what nobody could do any more ---- */

/* Somebody of `persons` who may do it; 1 yes. */
static int any_can(struct preview *v, const json_t *persons, const char *step)
{
    int r = 0;

    for (size_t i = 0; !r && i < json_array_size(persons); i++) {
        v->day.actor = force_person(v->shadow->force, json_string_value(json_array_get(persons, i)));
        r = *step == '!' ? 1 : step_is_barred(&v->day, step);
        r = *step == '!' || r < 0 ? r : !r;
    }
    v->day.actor = NULL;
    return r;
}

/* Who holds the role by a delegation. */
static int add_delegates(struct preview *v, const struct reg *at, const struct role *role, const struct unit *unit, json_t *list)
{
    const struct delegation *d[APPOINTMENTS_MAX];
    int e = role_meant(&v->day, role, &role);
    char *key = e || !role ? NULL : role_key(v->day.arena, at, role);
    size_t n = key ? force_delegations(v->shadow->force, key, role->per_unit ? unit : NULL, v->day.today, d, ARRAY_LEN(d)) : 0;

    for (size_t i = 0; i < MIN_OF(n, ARRAY_LEN(d)); i++) {
        const struct appointment *held[APPOINTMENTS_MAX];
        size_t n_held = force_holders(v->shadow->force, d[i]->to_post, d[i]->to_unit, v->day.today, held, ARRAY_LEN(held));

        for (size_t k = 0; k < MIN_OF(n_held, ARRAY_LEN(held)); k++) {
            int r = role_holds(&v->day, held[k]->person, at, role, unit, NULL, NULL);

            if (r < 0 || (r && json_array_append_new(list, json_string(held[k]->person->id))))
                return r < 0 ? r : -ENOMEM;
        }
    }
    return key || e || !role ? e : -ENOMEM;
}

/* Can the step of the record at hand be done by anybody for whom it waits? */
static int can_be_done(struct preview *v, const char *record, const char *step)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(v->shadow->store, &rows, STMT_WAITING_LIST, V_TEXT(record)));

    while (!r && (r = rows_next(rows)) > 0) {
        JSON_AUTO *persons = NULL;
        const struct reg *at;
        const struct role *role;
        const struct unit *unit = force_unit(v->shadow->force, rows_text(rows, 2));

        r = 0;
        if (strcmp(rows_text(rows, 0), step) || !(role = role_of_key(v, rows_text(rows, 1), &at)))
            continue;
        if (!(r = holders_after(v, at, role, unit, &persons)) && !(r = add_delegates(v, at, role, unit, persons)))
            r = any_can(v, persons, step);
    }
    return r;
}

static struct text2 step_title(const struct record *r, const char *step)
{
    const struct obligation *o = *step == '!' ? obligation_named(r->reg, step + 1) : NULL;
    const struct step *st = *step == '!' ? NULL : procedure_step(r->reg->procedure, step, 0);

    return o ? o->title : st ? st->title : (struct text2){step, step};
}

static bool is_told(const json_t *list, const char *record, const char *step)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);

        if (!strcmp(json_str(o, "record"), record) && !strcmp(json_str(o, "step"), step))
            return true;
    }
    return false;
}

static int check_waiting(struct preview *v, const char *record, const char *step)
{
    struct record *r;
    int e = stage_record(&v->day, record, &v->day.hand);

    if (e || is_told(v->stuck, record, step))
        return MIN_OF(e, 0);
    r = v->day.hand;
    v->day.procedure = r->reg->procedure;
    if ((e = can_be_done(v, record, step)))
        return MIN_OF(e, 0);
    return push(v, v->stuck,
                json_pack("{s:s, s:s, s:o, s:s, s:s, s:o}", "record", r->id, "reg", r->reg->id, "reg_title",
                          text2_json(r->reg->title), "name", record_name(&v->day, r), "step", step, "title",
                          text2_json(step_title(r, step))));
}

static int stuck_of_audience(struct preview *v, const struct value of[], int64_t audience, size_t *n)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(v->shadow->store, &rows, STMT_WAITING_FOR, of[0], of[1], V_INT(audience), V_INT(PREVIEW_CHECKS_MAX + 1)));

    while (!r && (r = rows_next(rows)) > 0) {
        if (!has_turn(v, n))
            return 1;
        r = check_waiting(v, rows_text(rows, 0), rows_text(rows, 1));
    }
    return r;
}

static int find_stuck(struct preview *v, const struct touched *t)
{
    char *key = role_key(v->day.arena, t->at, t->role);
    struct value of[] = {V_TEXT(key), V_TEXT(t->role->per_unit && t->unit ? t->unit->id : ""), V_INT(0)};
    int64_t audience = 0;
    size_t n = 0;
    int r = key ? 0 : -ENOMEM;

    while (!r && !(r = walk(v, STMT_WAITING_AUDIENCE, of, ARRAY_LEN(of), &audience)) && audience)
        r = stuck_of_audience(v, of, audience, &n);
    v->day.hand = NULL;
    return MIN_OF(r, 0);
}

/* ---- daily checks ---- */

static int check_one(struct preview *v, const char *record, const struct obligation *current)
{
    struct record *r = NULL;
    const struct obligation *o;
    json_t *clauses;
    int e = stage_record(&v->day, record, &r);

    /* The record's own text says what is checked. */
    if (e || !(o = obligation_named(r->reg, current->id)))
        return MIN_OF(e, 0);
    if ((e = check_ends(&v->eve, &v->day, record, o)) <= 0)
        return e;
    if (!(clauses = json_array()))
        return -ENOMEM;
    for (size_t i = 0; i < o->clauses.n; i++)
        if (json_array_append_new(clauses, json_string(o->clauses.at[i]->id))) {
            json_decref(clauses);
            return -ENOMEM;
        }
    return push(v, v->ends,
                json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o}", "record", r->id, "reg", r->reg->id, "reg_title",
                          text2_json(r->reg->title), "name", record_name(&v->day, r), "obligation", o->id, "title", text2_json(o->title),
                          "clauses", clauses));
}

static int open_day(struct preview *v, int32_t day)
{
    uint64_t at = instant_of_day(day);
    int r;

    v->shadow->clock = (struct clock_setting){CLOCK_DEMONSTRATION, at, clock_real_us()};
    r = stage_open(&v->eve, v->shadow, "", at - 1);
    return r ? r : stage_open(&v->day, v->shadow, "", at);
}

static void close_day(struct preview *v)
{
    stage_done(&v->eve);
    stage_done(&v->day);
}

/* 1: no more are looked at. */
static int check_of_audience(struct preview *v, const struct obligation *o, const char *state, int64_t audience, size_t *seen)
{
    char behind[128] = "";
    int32_t day = v->day.today;
    int64_t at = INT64_MIN;
    size_t n = PAGE;
    int r = 0;

    while (!r && n == PAGE) {
        ROWS_AUTO *rows = NULL;
        int closed;

        r = store_failed(STORE_QUERY(v->shadow->store, &rows, STMT_RECORD_SEEN_IN_STATE, V_TEXT(o->procedure->reg->id), V_TEXT(state),
                                     V_INT(audience), V_INT(at), V_TEXT(behind), V_INT(PAGE)));
        for (n = 0; !r && (r = rows_next(rows)) > 0; n++) {
            snprintf(behind, sizeof(behind), "%s", rows_text(rows, 0));
            at = rows_int(rows, 1);
            r = has_turn(v, seen) ? check_one(v, behind, o) : 1;
        }
        /* What was loaded is let go a page at a time. */
        close_day(v);
        if ((closed = open_day(v, day)))
            r = closed;
    }
    return r;
}

static int check_state(struct preview *v, const struct obligation *o, const char *state)
{
    struct value of[] = {V_TEXT(o->procedure->reg->id), V_INT(0)};
    int64_t audience = 0;
    size_t seen = 0;
    int r;

    while (!(r = walk(v, STMT_RECORD_AUDIENCE, of, ARRAY_LEN(of), &audience)) && audience)
        if ((r = check_of_audience(v, o, state, audience, &seen)))
            break;
    return MIN_OF(r, 0);
}

static int find_ends(struct preview *v)
{
    const struct pack *packs[ENGINE_PACKS_MAX];
    size_t n = engine_packs(v->shadow, packs, ARRAY_LEN(packs));
    int r = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < packs[i]->n_procedures; k++)
            for (size_t m = 0; m < packs[i]->procedures[k].n_obligations; m++) {
                const struct obligation *o = &packs[i]->procedures[k].obligations[m];

                for (size_t s = 0; !r && o->kind == OBLIGE_DAILY && s < o->n_while; s++)
                    r = check_state(v, o, o->while_states[s]);
            }
    return r;
}

/* ---- records that name people ---- */

static bool names_persons(const struct field *f)
{
    return field_is_indexed(f) && (f->type == FIELD_PERSON || (f->type == FIELD_LIST && f->fields[0].type == FIELD_PERSON));
}

static int add_record(struct preview *v, const struct plan_row *row, int32_t day, const struct field *f, const char *id)
{
    struct record *r;
    const struct state *s;
    int e = stage_record(&v->day, id, &r);

    if (e || !(s = procedure_state(r->reg->procedure, r->state)) || s->is_end)
        return MIN_OF(e, 0);
    return push(v, v->records,
                json_pack("{s:s, s:o, s:b, s:s, s:s, s:o, s:s, s:o, s:o}", "person", row->person->id, "day", day_json(day),
                          "leaves", row->deed == PLAN_LEAVE, "record", r->id, "reg", r->reg->id, "reg_title",
                          text2_json(r->reg->title), "name", record_name(&v->day, r), "state_title", text2_json(s->title), "field_title",
                          text2_json(f->title)));
}

static int naming_of_audience(struct preview *v, const struct plan_row *row, int32_t day, const struct reg *reg, const struct field *f, const struct value of[],
                              int64_t audience, size_t *seen)
{
    char behind[128] = "";
    size_t n = PAGE;
    int r = 0;

    while (!r && n == PAGE) {
        ROWS_AUTO *rows = NULL;

        r = store_failed(STORE_QUERY(v->shadow->store, &rows, STMT_INDEX_OF_AUDIENCE, of[0], of[1], of[2], V_INT(audience), V_TEXT(behind), V_INT(PAGE)));
        for (n = 0; !r && (r = rows_next(rows)) > 0; n++) {
            const struct state *s = procedure_state(reg->procedure, rows_text(rows, 1));

            snprintf(behind, sizeof(behind), "%s", rows_text(rows, 0));
            r = 0;
            if (!s || !s->is_end)
                r = has_turn(v, seen) ? add_record(v, row, day, f, behind) : 1;
        }
    }
    return r;
}

static int find_naming(struct preview *v, const struct plan_row *row, int32_t day, const struct reg *reg, const struct field *f)
{
    struct value of[] = {V_TEXT(reg->id), V_TEXT(f->id), V_TEXT(row->person->id), V_INT(0)};
    int64_t audience = 0;
    size_t seen = 0;
    int r;

    while (!(r = walk(v, STMT_INDEX_AUDIENCE, of, ARRAY_LEN(of), &audience)) && audience)
        if ((r = naming_of_audience(v, row, day, reg, f, of, audience, &seen)))
            break;
    return MIN_OF(r, 0);
}

/* Each person once: on his first move, or when he leaves. */
static bool is_first_move(const struct plan *p, size_t i)
{
    const struct plan_row *row = &p->rows[i];

    if (row->is_new || row->kind != APPOINT_REGULAR)
        return false;
    for (size_t k = 0; k < p->n_rows; k++)
        if (k != i && p->rows[k].person == row->person && p->rows[k].kind == APPOINT_REGULAR &&
            (p->rows[k].deed == PLAN_LEAVE || (row->deed != PLAN_LEAVE && k < i)))
            return false;
    return true;
}

static int find_records(struct preview *v)
{
    const struct pack *packs[ENGINE_PACKS_MAX];
    size_t n = engine_packs(v->shadow, packs, ARRAY_LEN(packs));
    const struct plan *p = v->plan;
    int r = 0;

    for (size_t i = 0; !r && i < p->n_rows; i++) {
        const struct plan_row *row = &p->rows[i];
        int32_t day = row->deed == PLAN_APPOINT ? row->from_day : row->to_day + 1;

        if (!is_first_move(p, i))
            continue;
        for (size_t k = 0; k < n; k++)
            for (size_t m = 0; m < packs[k]->n_regs; m++)
                for (size_t f = 0; !r && f < packs[k]->regs[m].n_fields; f++)
                    if (names_persons(&packs[k]->regs[m].fields[f]))
                        r = find_naming(v, row, day, &packs[k]->regs[m], &packs[k]->regs[m].fields[f]);
    }
    return r;
}

/* ---- all of it ---- */

static json_t *list_in(json_t *o, const char *name)
{
    json_t *list = json_array();

    return list && !json_put(o, name, list) ? list : NULL;
}

static int look_at_day(struct preview *v, int32_t day, json_t *days)
{
    json_t *o = json_pack("{s:o}", "day", day_json(day));
    int r;

    if (!o || json_array_append_new(days, o))
        return -ENOMEM;
    v->vacant = list_in(o, "vacant");
    v->second = list_in(o, "second");
    v->changes = list_in(o, "changes");
    v->stuck = list_in(o, "stuck");
    v->ends = list_in(o, "ends");
    if (!v->vacant || !v->second || !v->changes || !v->stuck || !v->ends)
        return -ENOMEM;
    v->n_touched = v->n_gone = 0;
    r = open_day(v, day);
    for (size_t i = 0; !r && i < v->plan->n_persons; i++) {
        if (changes_that_day(v, v->plan->persons[i]))
            r = compare_person(v, v->plan->persons[i]);
        if (!r && i % PAGE == PAGE - 1) { /* what was loaded for them is let go */
            close_day(v);
            r = open_day(v, day);
        }
    }
    for (size_t i = 0; !r && i < v->n_touched; i++)
        r = compare_holders(v, &v->touched[i]);
    for (size_t i = 0; !r && i < v->n_touched; i++)
        if (v->touched[i].is_lost)
            r = find_stuck(v, &v->touched[i]);
    if (!r)
        r = find_ends(v);
    close_day(v);
    return r;
}

static int look(struct preview *v, json_t *out)
{
    json_t *days = list_in(out, "days");
    int r = days ? 0 : -ENOMEM;

    v->records = list_in(out, "records");
    for (size_t i = 0; !r && i < v->plan->n_days; i++)
        r = look_at_day(v, v->plan->days[i], days);
    if (!r && !(r = open_day(v, v->plan->days[0])))
        r = v->records ? find_records(v) : -ENOMEM;
    close_day(v);
    return r ? r : json_put_flag(out, "more", v->more);
}

static int sight_of_viewer(struct engine *e, const char *viewer, uint64_t now_us, struct sight **ret)
{
    struct stage sc;
    int r = stage_open(&sc, e, viewer, now_us);

    if (!r)
        r = sight_of_person(&sc, sc.actor, ret);
    stage_done(&sc);
    return r;
}

int engine_preview(struct engine *e, const struct plan *plan, const char *viewer, uint64_t now_us, json_t **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    JSON_AUTO *out = json_object();
    struct preview *v = calloc(1, sizeof(*v));
    struct engine *shadow = calloc(1, sizeof(*shadow));
    int r = v && shadow && out ? sight_of_viewer(e, viewer, now_us, &sight) : -ENOMEM;

    if (!r) {
        /* Borrowed whole: nothing of it is given up here. */
        *shadow = *e;
        shadow->force = plan->after;
        v->shadow = shadow;
        v->plan = plan;
        v->sight = sight;
        r = look(v, out);
    }
    free(shadow);
    free(v);
    if (r)
        return ERR_FOLD(r);
    *ret = TAKE(out);
    return 0;
}
