#include "engine/second.h"

#include "engine/inside.h"
#include "engine/restored.h"
#include "engine/whole-copy.h"

#include <stdio.h>

struct code_count {
    struct store *store;
    struct account_actor by;
    const char *login;
    size_t n;
};

static int count_code(void *arg, const struct reset *reset)
{
    struct code_count *c = arg;
    struct account of;
    int r = account_get(c->store, reset->login, &of);

    if (r)
        return r < 0 ? r : 0;
    c->n += !*reset->approved_by && strcmp(reset->proposed_by, c->by.person) != 0 && strcmp(reset->login, c->login) != 0 &&
            reset_is_for(c->by, &of);
    return 0;
}

/* Rows in that state which another than `person` made. */
static int count_rows(struct rows *rows, int state_col, const char *state, int maker_col,
                      const char *person, size_t *ret)
{
    int r;

    while ((r = rows_next(rows)) == 1)
        *ret += !strcmp(rows_text(rows, state_col), state) &&
                strcmp(rows_text(rows, maker_col), person) != 0;
    return r;
}

static int count_takeovers(struct store *s, const char *person, size_t *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(
        STORE_QUERY(s, &rows, STMT_TAKEOVER_LIST, V_TEXT("~"), V_INT(SECOND_LOOKED_AT)));

    return r ? r : count_rows(rows, 2, "proposed", 6, person, ret);
}

static int count_plans(struct store *s, const char *person, size_t *ret)
{
    ROWS_AUTO *rows = NULL;
    int r =
        store_failed(STORE_QUERY(s, &rows, STMT_PLAN_LIST, V_TEXT("PLAN-~"), V_INT(SECOND_LOOKED_AT)));

    return r ? r : count_rows(rows, 2, "draft", 4, person, ret);
}

/* The text of a directive that was proposed last: one before it has been replaced, whether it was adopted or not. */
struct last_text {
    char id[128];
    int64_t proposed_us;
    bool waits; /* for somebody else than it is counted for */
};

static void see_text(struct last_text *last, struct rows *rows, const char *person, size_t *ret)
{
    bool is_other = strcmp(last->id, rows_text(rows, 1)) != 0;

    if (is_other) {
        *ret += last->waits;
        (void)snprintf(last->id, sizeof(last->id), "%s", rows_text(rows, 1));
    }
    if (!is_other && rows_int(rows, 4) < last->proposed_us)
        return;
    last->proposed_us = rows_int(rows, 4);
    last->waits = rows_is_null(rows, 6) && strcmp(rows_text(rows, 5), person) != 0;
}

static int count_packs(struct store *s, const char *person, size_t *ret)
{
    ROWS_AUTO *rows = NULL;
    struct last_text last = {0};
    int r =
        store_failed(STORE_QUERY(s, &rows, STMT_PACK_LIST)); /* texts of one directive together */

    while (!r && (r = rows_next(rows)) == 1) {
        see_text(&last, rows, person, ret);
        r = 0;
    }
    *ret += last.waits;
    return r;
}

static int count_copies(struct store *s, const char *person, uint64_t now_us, size_t *ret)
{
    struct whole_copy all[WHOLE_COPY_LIST_MAX];
    size_t n;
    int r = whole_copy_list(s, all, ARRAY_LEN(all), &n);

    for (size_t i = 0; !r && i < n; i++)
        *ret += !strcmp(all[i].state, "asked") && whole_copy_is_open(&all[i], now_us) && strcmp(all[i].asked_by, person) != 0;
    return r;
}

static int count_restored(struct store *s, const char *person, size_t *ret)
{
    struct restored restored;
    int r = restored_get(s, &restored);

    if (r)
        return r == RESTORED_E_NONE ? 0 : r;
    *ret = restored.n_looks < RESTORED_LOOKS;
    for (unsigned i = 0; i < restored.n_looks; i++)
        if (!strcmp(restored.looks[i].person, person))
            *ret = 0;
    return 0;
}

int second_wanted(struct store *s, struct account_actor by, const char *login, uint64_t real_us,
                  uint64_t now_us, struct second_wanted *ret)
{
    struct code_count codes = {s, by, login, 0};
    int r = 0;

    *ret = (struct second_wanted){0};
    if (by.rights & (RIGHT_ADMINISTRATOR | RIGHT_ACCOUNT_RESET))
        r = reset_each(s, real_us, count_code, &codes);
    ret->codes = codes.n;
    if (r || !(by.rights & RIGHT_ADMINISTRATOR))
        return r;
    if (!(r = count_takeovers(s, by.person, &ret->takeovers)) &&
        !(r = count_plans(s, by.person, &ret->plans)) &&
        !(r = count_copies(s, by.person, now_us, &ret->copies)) && !(r = count_restored(s, by.person, &ret->restored)))
        r = count_packs(s, by.person, &ret->packs);
    return r;
}
