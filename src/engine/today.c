/* 本日の仕事: what waits for a person, what is due, what he was told; and the roles that he holds. */
#include "engine/due.h"
#include "engine/first.h"
#include "engine/next.h"
#include "engine/notice.h"
#include "engine/over.h"
#include "engine/ref.h"
#include "engine/task.h"

#include <stdio.h>

#define WAITING_MAX 200        /* rows shown for one role and unit */
#define TODAY_RECORDS_MAX \
    1000 /* records looked at for all roles together: a stage has room for them and what they name */
#define NOTICES_MAX 100
#define TODO_MAX 50 /* answers of what is to be done: beyond, from the newest unread notice on, it is not told */

/* ---- what waits ---- */

int step_is_barred(struct stage *sc, const char *act)
{
    const struct procedure *p = sc->procedure;

    for (size_t i = 0; i < p->n_steps; i++) {
        const struct step *st = &p->steps[i];

        if (strcmp(st->act, act) != 0 || !word_in(sc->hand->state, st->from, st->n_from))
            continue;
        for (size_t k = 0; k < st->n_conds; k++) {
            int r = st->conds[k]->kind == COND_SEPARATE ? leaf_true(sc, st->conds[k]) : 1;

            if (r <= 0)
                return r < 0 ? r : 1;
        }
    }
    return 0;
}

static bool is_listed(const json_t *list, const char *record, const char *key, const char *what)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *o = json_array_get(list, i);

        if (!strcmp(json_str(o, "record"), record) && !strcmp(json_str(o, key), what))
            return true;
    }
    return false;
}

static int add_waiting(struct stage *sc, const char *act, uint64_t since_us, const char *unit,
                       json_t *list)
{
    struct record *r = sc->hand;
    const struct step *st = procedure_step(sc->procedure, act, 0);
    const char *result;
    json_t *o;
    int urgent, e = st ? step_is_barred(sc, act) : 1;

    if (e || is_listed(list, r->id, "step", act))
        return MIN_OF(e, 0);
    for (size_t n = 0; !word_in(r->state, st->from, st->n_from);)
        if (!(st = procedure_step(sc->procedure, act, ++n)))
            return 0;
    if ((e = task_result(sc, act, &result)) || !*result)
        return e;
    if ((urgent = task_is_urgent(sc)) < 0)
        return urgent;
    o = json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:b, s:o}", "record", r->id,
                  "reg", r->reg->id, "reg_title", text2_json(r->reg->title), "name", record_name(sc, r),
                  "step", act, "title", text2_json(st->title), "since", instant_json(since_us),
                  "unit", unit, "of_unit", r->unit, "result", result, "urgent", urgent, "about",
                  task_about(r));
    return o && !json_array_append_new(list, o) ? 0 : -ENOMEM;
}

static int add_due(struct stage *sc, const char *obligation, json_t *list)
{
    const struct obligation *o = obligation_named(sc->hand->reg, obligation);
    json_t *one = NULL;
    int e =
        o && !is_listed(list, sc->hand->id, "obligation", obligation) ? due_row(sc, o, &one) : 1;

    if (e)
        return MIN_OF(e, 0);
    return json_array_append_new(list, one) ? -ENOMEM : 0;
}

/* Those that he may see, longest first; what is out of sight is not even read. */
static int find_waiting(struct stage *sc, const struct sight *sight, const char *role, const char *unit, struct first *found)
{
    struct value of[] = {V_TEXT(role), V_TEXT(unit), V_INT(0)};
    int64_t audience = 0;
    int e = first_init(found, sc->arena);

    while (!e && !(e = sight_walk(sight, sc->e->store, STMT_WAITING_AUDIENCE, of, ARRAY_LEN(of), &audience)) && audience) {
        ROWS_AUTO *rows = NULL;

        e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_WAITING_FOR, of[0], of[1], V_INT(audience), V_INT((int64_t)found->max + 1)));
        while (!e && (e = rows_next(rows)) > 0)
            e = first_put(found, rows_int(rows, 2), rows_text(rows, 0), rows_text(rows, 1));
    }
    first_sort(found);
    return e;
}

/* *ret_more: some were not looked at. */
static int waiting_for_role(struct stage *sc, const struct sight *sight, const char *role,
                            const char *unit, json_t *waiting, json_t *due, bool *ret_more)
{
    struct first found = {.max = WAITING_MAX};
    int e = find_waiting(sc, sight, role, unit, &found);

    *ret_more = *ret_more || found.is_cut;
    for (size_t i = 0; !e && i < found.n; i++) {
        const char *step = found.rows[i].what;

        if (sc->n_records >= TODAY_RECORDS_MAX) {
            *ret_more = true;
            return 0;
        }
        if ((e = stage_record(sc, found.rows[i].id, &sc->hand)) > 0) {
            e = 0;
            continue;
        }
        if (e)
            return e;
        sc->procedure = sc->hand->reg->procedure;
        e = *step == '!' ? add_due(sc, step + 1, due)
                         : add_waiting(sc, step, (uint64_t)found.rows[i].at, unit, waiting);
    }
    return e;
}

/* ---- what was told ---- */

/* The record that a notice is about, as long as he may see it. */
static int seen_record(struct stage *sc, const struct sight *sight, const char *id,
                       struct record **ret)
{
    struct record *r;
    int e = *id ? stage_record(sc, id, &r) : 1;

    *ret = !e && sight_of_record(sc, sight, r) ? r : NULL;
    return MIN_OF(e, 0);
}

/* What an obligation's notices ask is the same for all of them: it is looked at once for each record. */
struct told_todo {
    const struct record *about;
    const char *kind, *todo;
    struct notice_todo answer;
};
struct told_todos {
    struct told_todo at[TODO_MAX];
    size_t n;
};

static const struct told_todo *told_before(const struct told_todos *l, const struct record *about,
                                           const struct notice_asked *asked)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->at[i].about == about && !strcmp(l->at[i].kind, asked->kind) &&
            !strcmp(l->at[i].todo, asked->todo))
            return &l->at[i];
    return NULL;
}

static int find_todo(struct stage *sc, const json_t *roles, struct record *about,
                     const struct notice_asked *asked, struct told_todos *l, struct notice_todo *ret)
{
    bool is_timer = about && strchr(asked->kind, '!');
    const struct told_todo *before = is_timer ? told_before(l, about, asked) : NULL;
    struct told_todo *one = &l->at[l->n];
    int e;

    if (before) {
        *ret = before->answer;
        return 0;
    }
    if (l->n == TODO_MAX)
        return 0;
    if ((e = next_todo(sc, roles, about, asked, ret)))
        return e;
    *one = (struct told_todo){is_timer ? about : NULL, arena_strdup(sc->arena, str_of(asked->kind)),
                              arena_strdup(sc->arena, str_of(asked->todo)), *ret};
    l->n++;
    return one->kind && one->todo ? 0 : -ENOMEM;
}

static int add_notices(struct stage *sc, const struct sight *sight, const json_t *roles, int64_t n,
                       int64_t before, json_t *list)
{
    const struct notice_reader who = {.sight = sight}, alone = {.sight = sight, .is_alone = true};
    ROWS_AUTO *rows = NULL;
    struct told_todos todos = {.n = 0};
    int e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_NOTICE_PAGE, V_TEXT(sc->actor->id),
                                     V_INT(n), V_INT(before)));

    if (e)
        return e;
    while ((e = rows_next(rows)) > 0) {
        JSON_AUTO *text = NULL;
        JSON_AUTO *title = NULL;
        JSON_AUTO *own = NULL;
        struct text2 words;
        struct record *record;
        struct notice_asked asked;
        struct notice_todo todo = {.todo = ""};
        json_t *o;

        if ((e = json_parse(rows_str(rows, 7), JSON_LIMITS_DEFAULT, &text, NULL)))
            return e < 0 ? e : -EBADMSG;
        if ((e = seen_record(sc, sight, rows_text(rows, 4), &record)))
            return e;
        words = (struct text2){json_str(text, "ja"), json_str(text, "en")};
        if ((e = notice_words(sc, &who, words, record, &title)) ||
            (e = notice_words(sc, &alone, words, record, &own)))
            return e;
        asked = (struct notice_asked){json_str(text, "do"), rows_text(rows, 5),
                                      (uint64_t)rows_int(rows, 3)};
        if (rows_is_null(rows, 8) &&
            (e = find_todo(sc, roles, record, &asked, &todos, &todo)))
            return e;
        o = json_pack("{s:I, s:I, s:I, s:o, s:s, s:s, s:s, s:O, s:s, s:s, s:O, s:I, s:b, s:b, s:b}",
                      "shard", (json_int_t)rows_int(rows, 0), "seq", (json_int_t)rows_int(rows, 1),
                      "n", (json_int_t)rows_int(rows, 2), "t",
                      instant_json((uint64_t)rows_int(rows, 3)), "record", record ? record->id : "",
                      "reg", record ? record->reg->id : "", "about", rows_text(rows, 5), "title",
                      title, "do", todo.todo, "since", json_str(text, "since"), "own_title", own,
                      "times", MAX_OF((json_int_t)json_int(text, "times"), 1), "urgent",
                      rows_int(rows, 6) != 0, "read", !rows_is_null(rows, 8), "done",
                      todo.is_done);
        if (!o || json_array_append_new(list, o))
            return -ENOMEM;
    }
    return e;
}

static int put_named(struct stage *sc, const json_t *waiting, const json_t *due, json_t *o)
{
    const json_t *const lists[] = {waiting, due};
    json_t *named = NULL;
    int e = task_named(sc->e, sc->actor ? sc->actor->id : "", sc->now_us, lists, ARRAY_LEN(lists),
                       &named);

    return e ? e : json_put(o, "named", named);
}

static int today(struct stage *sc, json_t **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    JSON_AUTO *roles = NULL;
    JSON_AUTO *waiting = json_array();
    JSON_AUTO *due = json_array();
    JSON_AUTO *notices = json_array();
    JSON_AUTO *over = NULL;
    JSON_AUTO *all = NULL;
    bool more = false;
    int e = waiting && due && notices ? 0 : -ENOMEM;

    if (!e && sc->actor)
        e = roles_of(sc, sc->actor, &roles);
    if (!e && sc->actor)
        e = sight_of_person(sc, sc->actor, &sight);
    for (size_t i = 0; !e && i < json_array_size(roles); i++)
        e = waiting_for_role(sc, sight, json_str(json_array_get(roles, i), "role"),
                             json_str(json_array_get(roles, i), "unit"), waiting, due, &more);
    if (!e && sc->actor)
        e = add_notices(sc, sight, roles, NOTICES_MAX, 0, notices);
    if (!e)
        e = over_counts(sc, sight, &over);
    if (!e)
        e = task_sort(sc, false, waiting);
    if (!e)
        e = task_sort(sc, true, due);
    if (e)
        return e;
    all = json_pack("{s:O, s:O, s:O, s:O, s:b}", "waiting", waiting, "due", due, "over", over,
                    "notices", notices, "more", more);
    e = all ? put_named(sc, waiting, due, all) : -ENOMEM;
    if (!e)
        *ret = TAKE(all);
    return e;
}

int engine_today(struct engine *e, const char *person, uint64_t now_us, json_t **ret)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    if (!r)
        r = today(&sc, ret);
    stage_done(&sc);
    return r;
}

int engine_roles(struct engine *e, const char *person, uint64_t now_us, json_t **ret)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    if (!r)
        r = roles_of(&sc, sc.actor, ret);
    stage_done(&sc);
    return r;
}

/* ---- all that was told ---- */

static int count_notices(struct store *s, const char *person, int64_t *ret)
{
    ROWS_AUTO *row = NULL;
    int e = STORE_ONE(s, &row, STMT_NOTICE_COUNT, V_TEXT(person));

    if (!e)
        *ret = rows_int(row, 0);
    return store_failed(e);
}

static int notices_page(struct stage *sc, const char *person, unsigned page, unsigned size,
                        json_t **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    JSON_AUTO *roles = NULL;
    JSON_AUTO *list = json_array();
    int64_t total = 0, pages, at;
    int e = list ? count_notices(sc->e->store, person, &total) : -ENOMEM;

    pages = MAX_OF((total + size - 1) / size, 1);
    at = MIN_OF((int64_t)MAX_OF(page, 1u), pages);
    if (!e && sc->actor)
        e = sight_of_person(sc, sc->actor, &sight);
    if (!e && sc->actor)
        e = roles_of(sc, sc->actor, &roles);
    if (!e && sc->actor)
        e = add_notices(sc, sight, roles, size, (at - 1) * size, list);
    if (e)
        return e;
    *ret = json_pack("{s:O, s:I, s:I, s:I}", "rows", list, "total", (json_int_t)total, "page",
                     (json_int_t)at, "pages", (json_int_t)pages);
    return *ret ? 0 : -ENOMEM;
}

int engine_notices(struct engine *e, const char *person, unsigned page, unsigned page_size,
                   uint64_t now_us, json_t **ret)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    if (!r)
        r = notices_page(&sc, person, page, page_size, ret);
    stage_done(&sc);
    return r;
}
