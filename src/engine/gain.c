#include "engine/gain.h"

#include "engine/inside.h"

/* Records of 3: an audience of a register, and how many it has. */
struct held {
    const char *reg;
    int64_t audience, n;
};

struct gaining {
    struct engine *e;
    struct force *before, *after;
    struct arena *arena; /* of `held` */
    struct held *held;
    size_t n_held;
    int32_t days[GAIN_DAYS_MAX];
    size_t n_days;
    uint64_t now_us;
    json_t *list;
};

static int read_held(struct gaining *g)
{
    ROWS_AUTO *rows = NULL;
    size_t max = 0;
    int r = store_failed(STORE_QUERY(g->e->store, &rows, STMT_HELD_COUNTS));

    while (!r && (r = rows_next(rows)) == 1) {
        if (g->n_held == max) {
            size_t more = max ? 2 * max : 64;
            struct held *all = arena_alloc_n(g->arena, more, sizeof(*all));

            if (!all)
                return -ENOMEM;
            if (max)
                memcpy(all, g->held, max * sizeof(*all));
            g->held = all;
            max = more;
        }
        g->held[g->n_held] = (struct held){arena_strdup(g->arena, rows_str(rows, 0)), rows_int(rows, 1), rows_int(rows, 2)};
        if (!g->held[g->n_held++].reg)
            return -ENOMEM;
        r = 0;
    }
    return r;
}

static void add_day(struct gaining *g, int32_t day)
{
    for (size_t i = 0; i < g->n_days; i++)
        if (g->days[i] == day)
            return;
    if (g->n_days < GAIN_DAYS_MAX)
        g->days[g->n_days++] = day;
}

static void find_days(struct gaining *g)
{
    int32_t today = day_of_instant(g->now_us);
    const struct appointment *const *all;
    size_t n;

    add_day(g, today);
    all = force_all_appointments(g->after, &n);
    for (size_t i = 0; i < n; i++)
        if (all[i]->from_day > today)
            add_day(g, all[i]->from_day);
}

/* By that force on that day. A person who is not in it sees nothing. */
static int sight_on(struct gaining *g, struct force *force, const char *person, int32_t day, struct sight **ret)
{
    struct stage sc;
    int r;

    g->e->force = force;
    r = stage_open(&sc, g->e, person, g->now_us);
    if (!r && day > sc.today) {
        sc.today = day;
        sc.now_us = instant_of_day(day);
    }
    if (!r)
        r = sight_of_person(&sc, force_person(force, person), ret);
    stage_done(&sc);
    g->e->force = g->before;
    return r;
}

/* How many of one register he gains that day; those of one register stand together. */
static int64_t gained_of(const struct gaining *g, size_t first, size_t end, const struct sight *was, const struct sight *is)
{
    int64_t n = 0;

    for (size_t i = first; i < end; i++)
        n += sight_may_see(is, g->held[i].audience) && !sight_may_see(was, g->held[i].audience) ? g->held[i].n : 0;
    return n;
}

static size_t end_of_register(const struct gaining *g, size_t first)
{
    size_t end = first;

    while (end < g->n_held && !strcmp(g->held[end].reg, g->held[first].reg))
        end++;
    return end;
}

/* The most of any day, by the place of each register's first row. */
static int look_at_day(struct gaining *g, const struct person *who, int32_t day, int64_t *most)
{
    CLEANUP(sight_freep) struct sight *was = NULL, *is = NULL;
    int r = sight_on(g, g->before, who->id, day, &was);

    if (!r)
        r = sight_on(g, g->after, who->id, day, &is);
    for (size_t i = 0; !r && i < g->n_held; i = end_of_register(g, i))
        most[i] = MAX_OF(most[i], gained_of(g, i, end_of_register(g, i), was, is));
    return r;
}

static int look_at(struct gaining *g, const struct person *who, int64_t *most)
{
    int r = 0;

    memset(most, 0, g->n_held * sizeof(*most));
    for (size_t d = 0; !r && d < g->n_days; d++)
        r = look_at_day(g, who, g->days[d], most);
    for (size_t i = 0; !r && i < g->n_held && json_array_size(g->list) < GAIN_SHOWN_MAX; i++)
        if (most[i] && json_array_append_new(g->list, json_pack("{s:s, s:s, s:s, s:I}", "person", who->id, "name", who->name, "register", g->held[i].reg,
                                                                "records", (json_int_t)most[i])))
            r = -ENOMEM;
    return r;
}

static int look_at_all(struct gaining *g)
{
    const struct person *const *all;
    int64_t *most = arena_alloc_n(g->arena, g->n_held + 1, sizeof(*most));
    size_t n;
    int r = most ? 0 : -ENOMEM;

    all = force_persons(g->after, &n);
    find_days(g);
    for (size_t i = 0; !r && i < n && json_array_size(g->list) < GAIN_SHOWN_MAX; i++)
        r = look_at(g, all[i], most);
    return r;
}

int engine_gains(struct engine *e, struct force *after, uint64_t now_us, json_t **ret)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(STAGE_ARENA_MAX);
    JSON_AUTO *list = json_array();
    struct gaining g = {.e = e, .before = e->force, .after = after, .arena = arena, .now_us = now_us, .list = list};
    int r = arena && list ? read_held(&g) : -ENOMEM;

    if (!r && g.n_held)
        r = look_at_all(&g);
    if (!r)
        *ret = TAKE(list);
    return r;
}
