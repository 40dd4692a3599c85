/* One record as a person may see it, and what can be done with it. */
#include "engine/label-of.h"
#include "engine/applies.h"
#include "engine/apply.h"
#include "engine/digest.h"
#include "engine/disposal.h"
#include "engine/due.h"
#include "engine/fallen.h"
#include "engine/input.h"
#include "engine/judge.h"
#include "engine/offer.h"
#include "engine/originators.h"
#include "engine/paper.h"
#include "engine/reading.h"
#include "engine/same.h"
#include "engine/suspend.h"
#include "engine/takeover.h"
#include "engine/view-link.h"
#include "engine/way.h"

#include <stdlib.h>

/* ---- one record ---- */

static int put_when(json_t *o, const char *key, uint64_t t_us)
{
    json_t *t = instant_json(t_us);

    return t ? json_put(o, key, t) : -ENOMEM;
}

static int put_values(struct stage *sc, struct record *r, json_t *o)
{
    JSON_AUTO *values = json_object();
    JSON_AUTO *personal = json_object();

    if (!values || !personal)
        return -ENOMEM;
    for (size_t i = 0; i < r->reg->n_fields; i++) {
        const struct field *f = &r->reg->fields[i];
        bool is_personal = field_is_personal(f);
        JSON_AUTO *shown = NULL;
        json_t *v;
        int e = record_value(sc->e->store, r, f, &v);

        if (e)
            return e;
        if (v && ((e = digest_show(sc, false, r, f, v, &shown)) || json_object_set(is_personal ? personal : values, f->id, shown)))
            return e ? e : -ENOMEM;
        if (!v && is_personal && record_has(r, f) &&
            json_object_set_new(personal, f->id, json_pack("{s:b}", "erased", 1)))
            return -ENOMEM;
    }
    if (json_object_set(o, "values", values) || json_object_set(o, "personal", personal))
        return -ENOMEM;
    return json_put(o, "parties", json_obj(r->values, "_parties") ? json_incref(json_obj(r->values, "_parties"))
                                                                  : json_object());
}

static json_t *parsed(struct str text)
{
    json_t *v = NULL;

    if (json_parse(text, JSON_LIMITS_DEFAULT, &v, NULL))
        return json_object();
    return v;
}

static int put_locks(struct stage *sc, const struct record *r, json_t *o)
{
    ROWS_AUTO *rows = NULL;
    JSON_AUTO *list = json_array();
    int e = list ? store_failed(STORE_QUERY(sc->e->store, &rows, STMT_LOCK_LIST, V_TEXT(r->id))) : -ENOMEM;

    if (e)
        return e;
    while ((e = rows_next(rows)) > 0) {
        json_t *one = json_pack("{s:s, s:o, s:o, s:o}", "name", rows_text(rows, 0), "why", parsed(rows_str(rows, 3)),
                                "since", instant_json((uint64_t)rows_int(rows, 2)), "clauses",
                                parsed(rows_str(rows, 4)));

        if (!one || json_array_append_new(list, one))
            return -ENOMEM;
    }
    return e ? e : json_put(o, "locks", json_incref(list));
}

/* The obligation of a timer's act, whichever register it belongs to: it may have moved or made this record. */
static const struct obligation *obligation_of_act(const struct pack *pack, const char *act)
{
    for (size_t i = 0; i < pack->n_procedures; i++)
        for (size_t k = 0; k < pack->procedures[i].n_obligations; k++)
            if (!strcmp(pack->procedures[i].obligations[k].rule, act + strlen("timer/")))
                return &pack->procedures[i].obligations[k];
    return NULL;
}

/* "take-outs/permit" as people call it; of a timer, its obligation. */
static struct text2 act_title(const struct record *r, const char *act)
{
    const char *slash = strrchr(act, '/'), *bang = strrchr(act, '!');
    const struct obligation *ob = NULL;
    const struct step *st;

    if (bang && bang > act && bang[-1] == '!')
        return (struct text2){"改正後の規程への引継ぎ", "Passed over to the new text"};
    if (bang) {
        ob = strncmp(act, "timer/", strlen("timer/")) ? NULL : obligation_of_act(r->reg->pack, act);
        return ob ? ob->title : (struct text2){act, act};
    }
    for (size_t i = 0; slash && i < r->reg->pack->n_procedures; i++) {
        const struct procedure *p = &r->reg->pack->procedures[i];

        if (strlen(p->reg->id) == (size_t)(slash - act) && !strncmp(p->reg->id, act, (size_t)(slash - act)) &&
            (st = procedure_step(p, slash + 1, 0)))
            return st->title;
    }
    if (slash && !strcmp(slash + 1, TAKEOVER_ACT))
        return (struct text2){"引継ぎ（紙台帳から）", "Taken over (from paper)"};
    return (struct text2){act, act};
}

static int put_history(struct stage *sc, const struct record *r, json_t *o)
{
    ROWS_AUTO *rows = NULL;
    JSON_AUTO *list = json_array();
    int e = list ? store_failed(STORE_QUERY(sc->e->store, &rows, STMT_HISTORY_LIST, V_TEXT(r->id))) : -ENOMEM;

    if (e)
        return e;
    while ((e = rows_next(rows)) > 0) {
        json_t *one = json_pack("{s:I, s:o, s:s, s:o, s:s, s:s, s:s, s:s, s:I, s:I}", "version",
                                (json_int_t)rows_int(rows, 0), "t", instant_json((uint64_t)rows_int(rows, 3)), "act",
                                rows_text(rows, 4), "title", text2_json(act_title(r, rows_text(rows, 4))), "actor",
                                rows_text(rows, 5), "post", rows_text(rows, 6), "from", rows_text(rows, 7), "to",
                                rows_text(rows, 8), "shard", (json_int_t)rows_int(rows, 1), "seq",
                                (json_int_t)rows_int(rows, 2));
        uint64_t paper_us = paper_of_note(rows_str(rows, 9));
        JSON_AUTO *under = suspended_of_note(rows_str(rows, 9));

        if (!one || (paper_us && put_when(one, "paper", paper_us)) ||
            (under && json_object_set(one, "under", under)) || json_array_append_new(list, one))
            return -ENOMEM;
    }
    return e ? e : json_put(o, "history", json_incref(list));
}

/* What a field of that name holds; `erased` for a personal one that is gone. NULL: nothing. */
static int open_named(struct stage *sc, struct record *r, const char *name, json_t **ret)
{
    const struct field *f = record_field(sc->arena, r->reg, name);
    json_t *v = NULL;
    int e = f ? record_value(sc->e->store, r, f, &v) : 0;

    *ret = NULL;
    if (e || !f || (!v && !record_has(r, f)))
        return e;
    if (v)
        return digest_show(sc, false, r, f, v, ret);
    *ret = json_pack("{s:b}", "erased", 1);
    return *ret ? 0 : -ENOMEM;
}

static int open_told(struct stage *sc, struct record *r, bool is_told, const char *name, json_t **ret)
{
    int e = open_named(sc, r, name, ret);

    if (e || is_told || !*ret)
        return e;
    json_decref(*ret);
    *ret = json_pack("{s:b}", "hidden", 1);
    return *ret ? 0 : -ENOMEM;
}

static int corrected_field(struct stage *sc, struct record *r, bool is_told, const char *field,
                           const char *version, json_t *list)
{
    json_t *one = json_pack("{s:s}", "field", field), *was = NULL;
    char *name = arena_printf(sc->arena, "%s@%s", field, version);
    int e = one && name ? open_told(sc, r, is_told, name, &was) : -ENOMEM;

    if (!e && was)
        e = json_put(one, "was", was);
    if (e) {
        json_decref(one);
        return e;
    }
    return json_array_append_new(list, one) ? -ENOMEM : 0;
}

static int correction_json(struct stage *sc, const struct sight *sight, struct record *r, const json_t *fallen, const char *version,
                           const json_t *fields, json_t *list)
{
    json_t *one = json_pack("{s:s, s:[]}", "version", version, "fields"), *reason = NULL;
    char *name = arena_printf(sc->arena, "%s@%s", INPUT_REASON, version);
    int64_t n = 0;
    int is_told = 0, e = one && name ? 0 : -ENOMEM;

    if (!e && (e = json_array_append_new(list, one) ? -ENOMEM : 0))
        return e;
    if (!e && !str_to_i64(str_of(version), 1, INT64_MAX, &n))
        e = json_put_int(one, "version", n);
    if (!e && (is_told = fallen_tells_version(sc, sight, r, fallen, n)) < 0)
        e = is_told;
    if (!e)
        e = open_told(sc, r, is_told, name, &reason);
    if (!e && reason)
        e = json_put(one, "reason", reason);
    for (size_t i = 0; !e && i < json_array_size(fields); i++)
        e = corrected_field(sc, r, is_told, str_of(json_string_value(json_array_get(fields, i))).at, version,
                            json_arr(one, "fields"));
    return e;
}

static int by_version(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    size_t m = strlen(*x), n = strlen(*y);

    return m != n ? (m > n) - (m < n) : strcmp(*x, *y);
}

static int put_corrections(struct stage *sc, const struct sight *sight, struct record *r, json_t *o)
{
    json_t *corrected = json_obj(r->values, "_corrected"), *fields;
    const char **versions =
                   arena_alloc_n(sc->arena, json_object_size(corrected) + 1, sizeof(*versions)),
               *version;
    JSON_AUTO *list = json_array();
    JSON_AUTO *fallen = NULL;
    size_t n = 0;
    int e = list && versions ? 0 : -ENOMEM;

    if (!e && json_object_size(corrected))
        e = fallen_list(sc, r, &fallen);
    if (e)
        return e;
    json_object_foreach (corrected, version, fields)
        versions[n++] = version;
    qsort(versions, n, sizeof(*versions), by_version);
    for (size_t i = 0; !e && i < n; i++)
        e = correction_json(sc, sight, r, fallen, versions[i], json_arr(corrected, versions[i]), list);
    return e ? e : json_put(o, "corrections", json_incref(list));
}

static int put_digest(const struct record *r, json_t *o)
{
    struct digest d;
    int e = record_digest(r, &d);

    return e ? e : json_put_str(o, "digest", digest_text(&d).at);
}

static int put_head(struct stage *sc, struct record *r, json_t *o)
{
    const struct pack_slot *slot = engine_slot(sc->e, r->reg->pack);
    const struct unit *u = *r->unit ? force_unit(sc->e->force, r->unit) : NULL;
    uint64_t done_us = r->changed_us;
    const char *name;
    int e = paper_last_act(sc, r, &done_us);

    if (e || !(name = record_name_in_full(sc, r)))
        return e ? e : -ENOMEM;
    if (json_put_str(o, "id", r->id) || json_put_str(o, "reg", r->reg->id) ||
        json_put_str(o, "state", r->state) ||
        json_put(o, "state_title", text2_json(state_title(r->reg, r->state))) ||
        json_put_int(o, "version", r->version) || json_put_str(o, "unit", r->unit) ||
        json_put_str(o, "former", json_str(r->values, RECORD_FORMER)) ||
        json_put(o, "unit_name",
                 text2_json(u ? (struct text2){u->name_ja, u->name_en} : (struct text2){"", ""})) ||
        json_put_str(o, "name", name) || json_put_str(o, "pack", r->pack) ||
        json_put_str(o, "label", r->reg->label ? r->reg->label->id : "") ||
        json_put(o, "label_in_force", label_json(sc, r)) ||
        json_put_flag(o, "expired_rule", slot && day_of_instant(done_us) > slot->to_day) ||
        json_put_flag(o, "disposed", r->disposed_us != 0) || put_when(o, "opened", r->opened_us) ||
        put_when(o, "changed", r->changed_us))
        return -ENOMEM;
    if (r->keep_until_day != DAY_NONE) {
        json_t *day = day_json((int32_t)r->keep_until_day);

        e = day ? json_put(o, "keep_until", day) : -ENOMEM;
    }
    return e ? e : put_digest(r, o);
}

/* The record in the person's sight, in the stage's hand. 1: none. */
static int find_seen(struct stage *sc, const char *record, struct sight **ret_sight)
{
    int e = stage_seen(sc, record, ret_sight);

    if (!e)
        sc->procedure = sc->hand->reg->procedure;
    return e;
}

static int put_readings(struct stage *sc, const struct sight *sight, json_t *o)
{
    json_t *list = NULL;
    int e = reading_list(sc, sight, sc->hand, &list);

    return e ? e : json_put(o, "readings", list);
}

static int view(struct stage *sc, const char *record, json_t **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    JSON_AUTO *o = json_object();
    int e = o ? find_seen(sc, record, &sight) : -ENOMEM;

    if (!e)
        e = put_head(sc, sc->hand, o);
    if (!e)
        e = applies_put(sc, sc->hand, o);
    if (!e)
        e = put_values(sc, sc->hand, o);
    if (!e)
        e = put_locks(sc, sc->hand, o);
    if (!e)
        e = put_corrections(sc, sight, sc->hand, o);
    if (!e)
        e = put_history(sc, sc->hand, o);
    if (!e)
        e = view_put_links(sc, sight, sc->hand, o);
    if (!e && sc->hand->reg->reads)
        e = put_readings(sc, sight, o);
    if (!e)
        e = originators_put(sc, sight, sc->hand, o);
    if (!e)
        e = view_put_named(sc, sight, sc->hand->reg, o);
    if (!e)
        e = due_put(sc, o);
    if (!e)
        e = disposal_put(sc, sight, o);
    if (!e)
        *ret = TAKE(o);
    return e;
}

int engine_view(struct engine *e, const char *person, const char *record, uint64_t now_us, json_t **ret)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    *ret = NULL;
    if (!r)
        r = view(&sc, record, ret);
    stage_done(&sc);
    return r;
}

/* ---- steps ---- */

static json_t *field_ids(const struct field *const *fields, size_t n)
{
    json_t *a = json_array();

    for (size_t i = 0; a && i < n; i++)
        if (json_array_append_new(a, json_string(fields[i]->id))) {
            json_decref(a);
            return NULL;
        }
    return a;
}

static int put_signs(const struct stage *sc, const struct step *st, json_t *o)
{
    struct digest d;
    int e;

    if (!st->n_signs)
        return json_put_str(o, "signs", "");
    e = record_signed_digest(sc->hand, (const struct field *const *)st->signs, st->n_signs, &d);
    return e ? e : json_put_str(o, "signs", digest_text(&d).at);
}

static const char *result_text(const struct judged *j, bool open)
{
    if (j->result == VERDICT_FORBIDDEN)
        return "forbidden";
    if (j->result == VERDICT_NOT_YET)
        return "not-yet";
    return open ? "open" : "allowed";
}

/* Values that the form begins with: what the record has, and the defaults of what it lacks. */
static int put_initial(struct stage *sc, const struct step *st, json_t *o)
{
    JSON_AUTO *initial = json_object();

    for (size_t i = 0; initial && i < st->n_asks; i++) {
        JSON_AUTO *shown = NULL;
        json_t *v;
        int e = record_value(sc->e->store, sc->hand, st->asks[i], &v);

        if (!e && v)
            e = digest_show(sc, false, sc->hand, st->asks[i], v, &shown);
        if (e)
            return e;
        if (v && json_object_set(initial, st->asks[i]->id, shown))
            return -ENOMEM;
    }
    return initial ? json_put(o, "initial", json_incref(initial)) : -ENOMEM;
}

/* The form begins with the defaults; what is signed is the record as it stands, so it is told when they are taken back. */
static int step_json(struct stage *sc, const struct step *st, const struct judged *j, bool open, json_t **ret)
{
    json_t *o = json_pack("{s:s, s:I, s:o, s:s, s:s, s:O, s:O, s:o, s:o}", "step", st->act, "no", (json_int_t)st->no, "title", text2_json(st->title), "to",
                          st->to ? st->to : sc->hand->state, "result", result_text(j, open), "clauses", j->clauses, "unmet",
                          j->unmet, "asks", field_ids((const struct field *const *)st->asks, st->n_asks), "clauses_of_step",
                          clauses_json(&st->clauses));

    if (o && j->under && json_object_set(o, "under", j->under)) {
        json_decref(o);
        return -ENOMEM;
    }
    *ret = o;
    return o ? put_initial(sc, st, o) : -ENOMEM;
}

static int put_wanted(struct stage *sc, const struct step *st, json_t *o)
{
    json_t *wanted = NULL;
    int e = same_wanted(sc, st, &wanted);

    return e ? e : json_put(o, "wanted", wanted);
}

static bool named_before(const struct procedure *p, const struct step *st, const char *state)
{
    for (const struct step *s = p->steps; s < st; s++)
        if (!strcmp(s->act, st->act) && word_in(state, s->from, s->n_from))
            return true;
    return false;
}

/* Which fields of the record at hand have no value; in the stage's arena. */
static int empty_fields(struct stage *sc, bool **ret)
{
    const struct reg *reg = sc->hand->reg;
    bool *empty = arena_alloc_n(sc->arena, reg->n_fields + 1, sizeof(*empty));

    for (size_t i = 0; empty && i < reg->n_fields; i++)
        empty[i] = !record_has(sc->hand, &reg->fields[i]);
    *ret = empty;
    return empty ? 0 : -ENOMEM;
}

static int take_back(struct stage *sc, const bool *empty)
{
    const struct reg *reg = sc->hand->reg;
    int e = 0;

    for (size_t i = 0; !e && i < reg->n_fields; i++)
        if (empty[i] && record_has(sc->hand, &reg->fields[i]))
            e = record_set(sc->hand, &reg->fields[i], NULL, NULL);
    return e;
}

static int judge_filled(struct stage *sc, const struct step *st, const struct step **ret, json_t **ret_o)
{
    json_t *before = NULL;
    struct judged j = {0};
    bool open = false;
    int e = input_defaults(sc, st->act);

    if (!e)
        e = judge_act(sc, st->act, true, &j, &open);
    if (!e && !open && j.result == VERDICT_ALLOWED)
        for (size_t i = 0; i < j.step->n_asks; i++)
            open |= j.step->asks[i]->required && !record_has(sc->hand, j.step->asks[i]);
    *ret = j.step ? j.step : st;
    if (!e)
        e = step_json(sc, *ret, &j, open, ret_o);
    if (!e && j.result != VERDICT_ALLOWED && !(e = ways_of_judged(sc, &j, &before)))
        e = json_put(*ret_o, "before", before);
    judged_done(&j);
    return e;
}

/* Each step by itself: what one fills in by default is not there for the next. */
static int judge_step(struct stage *sc, const struct step *st, json_t *list)
{
    JSON_AUTO *o = NULL;
    const struct step *nearest = st;
    bool *empty;
    int e = empty_fields(sc, &empty);

    sc->standing = (struct standing){0};
    sc->act_name = arena_printf(sc->arena, "%s/%s", sc->procedure->reg->id, st->act);
    if (e || !sc->act_name)
        return -ENOMEM;
    if ((e = judge_filled(sc, st, &nearest, &o)) || (e = take_back(sc, empty)) || (e = put_signs(sc, nearest, o)) ||
        (e = put_wanted(sc, nearest, o)))
        return e;
    return json_array_append(list, o) ? -ENOMEM : 0;
}

static int steps(struct stage *sc, const char *reg_id, const char *record, json_t **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    JSON_AUTO *list = json_array();
    const struct reg *reg = engine_reg_on(sc->e, reg_id, sc->today);
    int e = list ? 0 : -ENOMEM;

    if (!e && *record)
        e = find_seen(sc, record, &sight);
    else if (!e)
        e = reg && sc->actor ? stage_new_record(sc, reg, &sc->hand) : 1;
    if (e > 0 || (!e && sc->hand->disposed_us)) {
        *ret = TAKE(list); /* nothing in sight: nothing to do */
        return 0;
    }
    if (!e)
        e = stage_tell(sc);
    if (!e)
        sc->procedure = sc->hand->reg->procedure;
    for (size_t i = 0; !e && sc->procedure && i < sc->procedure->n_steps; i++) {
        const struct step *st = &sc->procedure->steps[i];

        if (!word_in(sc->hand->state, st->from, st->n_from) || named_before(sc->procedure, st, sc->hand->state) || step_is_gates(st))
            continue;
        e = judge_step(sc, st, list);
    }
    if (!e)
        *ret = TAKE(list);
    return e;
}

int engine_steps(struct engine *e, const char *person, const char *reg, const char *record, uint64_t now_us,
                 json_t **ret)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    if (!r)
        r = steps(&sc, reg, record, ret);
    stage_done(&sc);
    return r;
}
