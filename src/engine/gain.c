#include "engine/gain.h"

#include "engine/inside.h"
#include "engine/label-of.h"
#include "force/account.h"

#include <stdlib.h>

/* Records of 3: an audience of a register, and how many it has. */
struct held {
    const char *reg;
    int64_t audience, n;
};

/* When somebody may begin to hold something; NULL: everybody. */
struct moment {
    const struct person *person;
    uint64_t at_us;
};

struct gaining {
    struct engine *e;
    struct force *before, *after;
    struct arena *arena; /* of `held` */
    struct held *held;
    size_t n_held;
    struct moment *moments; /* of everybody first, then by person and instant */
    size_t n_moments, max_moments, n_shared;
    int64_t *most; /* of who is looked at, one for each of `held` */
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

static int add_moment(void *arg, const struct person *person, uint64_t at_us)
{
    struct gaining *g = arg;

    if (g->n_moments == g->max_moments) {
        size_t more = g->max_moments ? 2 * g->max_moments : 256;
        struct moment *all = arena_alloc_n(g->arena, more, sizeof(*all));

        if (!all)
            return -ENOMEM;
        if (g->n_moments)
            memcpy(all, g->moments, g->n_moments * sizeof(*all));
        g->moments = all;
        g->max_moments = more;
    }
    g->moments[g->n_moments++] = (struct moment){person, at_us};
    return 0;
}

/* Of the force of before; who is no person of the new one gains nothing as a person. */
static int add_end(void *arg, const struct person *person, uint64_t at_us)
{
    struct gaining *g = arg;
    const struct person *same = person ? force_person(g->after, person->id) : NULL;

    return person && !same ? 0 : add_moment(g, same, at_us);
}

/* Persons lie in the order of their file. */
static int moment_order(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;

    if (x->person != y->person)
        return x->person < y->person ? -1 : 1;
    return x->at_us == y->at_us ? 0 : x->at_us < y->at_us ? -1 : 1;
}

static int find_moments(struct gaining *g)
{
    size_t n = 0;
    int r = add_moment(g, NULL, g->now_us) ?: force_instants(g->after, g->now_us, add_moment, g) ?: force_ends(g->before, g->now_us, add_end, g);

    if (r)
        return r;
    qsort(g->moments, g->n_moments, sizeof(*g->moments), moment_order);
    for (size_t i = 0; i < g->n_moments; i++)
        if (!n || moment_order(&g->moments[n - 1], &g->moments[i]))
            g->moments[n++] = g->moments[i];
    g->n_moments = n;
    while (g->n_shared < n && !g->moments[g->n_shared].person)
        g->n_shared++;
    return 0;
}

/* The first of the person's own, or where they would stand; *ret_n: how many. */
static size_t moments_of(const struct gaining *g, const struct person *who, size_t *ret_n)
{
    size_t low = g->n_shared, high = g->n_moments, end;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (g->moments[mid].person < who)
            low = mid + 1;
        else
            high = mid;
    }
    for (end = low; end < g->n_moments && g->moments[end].person == who; end++)
        ;
    *ret_n = end - low;
    return low;
}

/* As that force has it at that instant. */
static int open_at(struct gaining *g, struct stage *sc, struct force *force, const char *person, uint64_t at_us)
{
    int r;

    g->e->force = force;
    r = stage_open(sc, g->e, person, g->now_us);
    if (!r && at_us > g->now_us) {
        sc->today = day_of_instant(at_us);
        sc->now_us = at_us;
    }
    return r;
}

static void close_at(struct gaining *g, struct stage *sc)
{
    stage_done(sc);
    g->e->force = g->before;
}

/* A person who is not in it sees nothing. */
static int sight_at(struct gaining *g, struct force *force, const char *person, uint64_t at_us, struct sight **ret)
{
    struct stage sc;
    int r = open_at(g, &sc, force, person, at_us);

    if (!r)
        r = sight_of_person(&sc, force_person(force, person), ret);
    close_at(g, &sc);
    return r;
}

/* How many of one register he gains that day; those of one register stand together. */
static int64_t gained_of(const struct gaining *g, size_t first, size_t end, const struct sight *was, const struct sight *is)
{
    int64_t n = 0;

    for (size_t i = first; i < end; i++)
        n += (!is || sight_may_see(is, g->held[i].audience)) && !sight_may_see(was, g->held[i].audience) ? g->held[i].n : 0;
    return n;
}

static size_t end_of_register(const struct gaining *g, size_t first)
{
    size_t end = first;

    while (end < g->n_held && !strcmp(g->held[end].reg, g->held[first].reg))
        end++;
    return end;
}

/* Whose sight it is about: a person's, or what comes to a mail address. */
struct looked_at {
    const struct person *person;             /* of the new force; of an address whose it is there, or NULL */
    const struct mailbox *was, *is;          /* of an address; both NULL else */
    const char *id, *name;                   /* as it is told */
};

static int mail_at(struct gaining *g, struct force *force, const struct mailbox *box, uint64_t at_us, struct sight **ret)
{
    struct stage sc;
    int r = open_at(g, &sc, force, "", at_us);

    if (!r)
        r = sight_of_mailbox(&sc, box, ret);
    close_at(g, &sc);
    return r;
}

static int keys_at(struct gaining *g, struct force *force, const struct looked_at *who, const struct mailbox *box, uint64_t at_us, struct arena *a,
                   struct keys *ret)
{
    struct keys k;
    struct stage sc;
    int r = open_at(g, &sc, force, who->is ? "" : who->id, at_us);

    if (!r)
        r = keys_open(&sc, &k) ?: who->is ? keys_of_mailbox(&sc, box, &k) : keys_of_person(&sc, force_person(force, who->id), &k);
    if (!r && !(ret->at = arena_alloc_n(a, k.n + 1, sizeof(*ret->at))))
        r = -ENOMEM;
    for (ret->n = 0; !r && ret->n < k.n; ret->n++)
        if (!(ret->at[ret->n] = arena_strdup(a, str_of(k.at[ret->n]))))
            r = -ENOMEM;
    close_at(g, &sc);
    return r;
}

static bool has_key(const struct keys *k, const char *key)
{
    for (size_t i = 0; i < k->n; i++)
        if (!strcmp(k->at[i], key))
            return true;
    return false;
}

static int compare_keys(struct gaining *g, const struct looked_at *who, uint64_t at_us, bool *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(STAGE_ARENA_MAX);
    struct keys was = {0}, is = {0};
    int r = a ? keys_at(g, g->before, who, who->was, at_us, a, &was) : -ENOMEM;

    if (!r)
        r = keys_at(g, g->after, who, who->is, at_us, a, &is);
    for (size_t i = 0; !r && i < is.n && !*ret; i++)
        *ret = !has_key(&was, is.at[i]);
    return r;
}

/* The most of any instant, by the place of each register's first row. `is` NULL: he sees everything. */
static int look_at_moment(struct gaining *g, const struct looked_at *who, uint64_t at_us, bool sees_all, int64_t *most)
{
    CLEANUP(sight_freep) struct sight *was = NULL, *is = NULL;
    int r = who->is ? mail_at(g, g->before, who->was, at_us, &was) : sight_at(g, g->before, who->id, at_us, &was);

    if (!r && !sees_all)
        r = who->is ? mail_at(g, g->after, who->is, at_us, &is) : sight_at(g, g->after, who->id, at_us, &is);
    for (size_t i = 0; !r && i < g->n_held; i = end_of_register(g, i))
        most[i] = MAX_OF(most[i], gained_of(g, i, end_of_register(g, i), was, is));
    return r;
}

/* Who has no key that he had not sees nothing more. Most addresses are such: no sight is read for them. */
static int look_at_instant(struct gaining *g, const struct looked_at *who, uint64_t at_us, int64_t *most)
{
    bool gains = !who->is;
    int r = gains ? 0 : compare_keys(g, who, at_us, &gains);

    return r ? r : gains ? look_at_moment(g, who, at_us, false, most) : 0;
}

static int look_at(struct gaining *g, const struct looked_at *who, int64_t *most)
{
    size_t n, first = moments_of(g, who->person, &n);
    bool is_much = n + g->n_shared > GAIN_INSTANTS_MAX;
    int r = 0;

    memset(most, 0, g->n_held * sizeof(*most));
    if (is_much)
        r = look_at_moment(g, who, g->now_us, true, most);
    for (size_t i = 0; !r && !is_much && i < g->n_shared; i++)
        r = look_at_instant(g, who, g->moments[i].at_us, most);
    for (size_t i = first; !r && !is_much && i < first + n; i++)
        r = look_at_instant(g, who, g->moments[i].at_us, most);
    for (size_t i = 0; !r && i < g->n_held && json_array_size(g->list) < GAIN_SHOWN_MAX; i++)
        if (most[i] && json_array_append_new(g->list, json_pack("{s:s, s:s, s:s, s:I}", "person", who->id, "name", who->name, "register", g->held[i].reg,
                                                                "records", (json_int_t)most[i])))
            r = -ENOMEM;
    return r;
}

/* A person's own sight was looked at already, and he is sent no more than that; unless by the force of before his mailbox is closed some day while he keeps something. */
static bool is_looked_at_with_its_person(const struct gaining *g, const struct mailbox *was, const struct mailbox *is)
{
    return was && was->person && is->person && !strcmp(was->person->id, is->person->id) && !force_has_left(g->before, was->person->id, FORCE_OPEN - 1);
}

/* By what each could be sent by either force, not by whose it is: a unit has what its place and kinds give it, in its days. */
static int look_at_mailboxes(struct gaining *g)
{
    size_t n;
    const struct mailbox *all = force_mailboxes(g->after, &n);
    int r = 0;

    for (size_t i = 0; !r && i < n && json_array_size(g->list) < GAIN_SHOWN_MAX; i++) {
        const struct mailbox *is = &all[i], *was = force_mailbox(g->before, str_of(is->address));

        if (!is_looked_at_with_its_person(g, was, is))
            r = look_at(g, &(struct looked_at){is->person, was, is, is->person ? is->person->id : is->unit->id, is->address}, g->most);
    }
    return r;
}

static int look_at_all(struct gaining *g)
{
    const struct person *const *all;
    size_t n;
    int r = (g->most = arena_alloc_n(g->arena, g->n_held + 1, sizeof(*g->most))) ? find_moments(g) : -ENOMEM;

    all = force_persons(g->after, &n);
    for (size_t i = 0; !r && i < n && json_array_size(g->list) < GAIN_SHOWN_MAX; i++)
        r = look_at(g, &(struct looked_at){all[i], NULL, NULL, all[i]->id, all[i]->name}, g->most);
    return r ? r : look_at_mailboxes(g);
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

/* ---- what one person holds ---- */

static int look_at_keys(struct gaining *g, const char *person, bool *ret)
{
    const struct person *who = force_person(g->after, person);
    size_t n = 0, first = who ? moments_of(g, who, &n) : 0;
    int r = 0;

    *ret = who && n + g->n_shared > GAIN_INSTANTS_MAX;
    for (size_t i = 0; !r && who && !*ret && i < g->n_shared; i++)
        r = compare_keys(g, &(struct looked_at){.id = person}, g->moments[i].at_us, ret);
    for (size_t i = first; !r && !*ret && i < first + n; i++)
        r = compare_keys(g, &(struct looked_at){.id = person}, g->moments[i].at_us, ret);
    return r;
}

#define HELD_BY_AN_ACCOUNT 1

static int look_at_account(void *arg, const struct account *a)
{
    bool gains = false;
    int r = a->state == ACCOUNT_CLOSED ? 0 : look_at_keys(arg, a->person, &gains);

    return r ? r : gains ? HELD_BY_AN_ACCOUNT : 0;
}

int engine_gains_himself(struct engine *e, struct force *after, const char *person, uint64_t now_us, bool *ret)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(STAGE_ARENA_MAX);
    struct gaining g = {.e = e, .before = e->force, .after = after, .arena = arena, .now_us = now_us};
    int r = arena ? find_moments(&g) : -ENOMEM;

    *ret = false;
    if (r)
        return r;
    if (*person && force_person(g.before, person))
        return look_at_keys(&g, person, ret);
    r = account_each(e->store, look_at_account, &g);
    *ret = r == HELD_BY_AN_ACCOUNT;
    return r == HELD_BY_AN_ACCOUNT ? 0 : r;
}
