#include "engine/whole-copy.h"

#include "base/time.h"
#include "engine/inside.h"

#include <stdio.h>

static int next_id(struct store *s, uint64_t now_us, char ret[WHOLE_COPY_ID_SIZE])
{
    int year = civil_from_day(day_of_instant(now_us)).year;
    ROWS_AUTO *row = NULL;
    char name[40];
    int r;

    snprintf(name, sizeof(name), "whole-copy/%04d", year);
    if ((r = STORE_RUN(s, STMT_COUNTER_NEXT, V_TEXT(name))) || (r = STORE_ONE(s, &row, STMT_COUNTER_GET, V_TEXT(name))))
        return store_failed(r);
    snprintf(ret, WHOLE_COPY_ID_SIZE, "COPY-%04d-%04lld", year, (long long)rows_int(row, 0));
    return 0;
}

int whole_copy_ask(struct store *s, const char *channel, bool is_standing, uint64_t until_us, const char *by, uint64_t now_us,
                   char ret_id[WHOLE_COPY_ID_SIZE])
{
    int r = next_id(s, now_us, ret_id);

    return r ? r
             : store_failed(STORE_RUN(s, STMT_WHOLE_COPY_ADD, V_TEXT(ret_id), V_TEXT(channel), V_INT(is_standing), V_INT(until_us), V_TEXT(by),
                                      V_INT(now_us)));
}

static void read_row(struct rows *rows, struct whole_copy *ret)
{
    *ret = (struct whole_copy){.is_standing = rows_int(rows, 3) != 0,
                               .until_us = (uint64_t)rows_int(rows, 4),
                               .asked_us = (uint64_t)rows_int(rows, 6),
                               .decided_us = (uint64_t)rows_int(rows, 8)};
    snprintf(ret->id, sizeof(ret->id), "%s", rows_text(rows, 0));
    snprintf(ret->channel, sizeof(ret->channel), "%s", rows_text(rows, 1));
    snprintf(ret->state, sizeof(ret->state), "%s", rows_text(rows, 2));
    snprintf(ret->asked_by, sizeof(ret->asked_by), "%s", rows_text(rows, 5));
    snprintf(ret->decided_by, sizeof(ret->decided_by), "%s", rows_text(rows, 7));
}

static int one_row(int r, struct rows *row, struct whole_copy *ret)
{
    if (r)
        return r == STORE_E_NONE ? WHOLE_COPY_E_NONE : store_failed(r);
    read_row(row, ret);
    return 0;
}

int whole_copy_get(struct store *s, const char *id, struct whole_copy *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_WHOLE_COPY_GET, V_TEXT(id));

    return one_row(r, row, ret);
}

int whole_copy_good(struct store *s, const char *channel, const char *state, bool is_standing, uint64_t now_us, struct whole_copy *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_WHOLE_COPY_GOOD, V_TEXT(channel), V_TEXT(state), V_INT(is_standing), V_INT(now_us));

    return one_row(r, row, ret);
}

int whole_copy_decide(struct store *s, const struct whole_copy *w, const char *to, const char *by, uint64_t now_us)
{
    int r = store_failed(STORE_RUN(s, STMT_WHOLE_COPY_DECIDE, V_TEXT(w->id), V_TEXT(to), V_TEXT(by), V_INT(now_us), V_TEXT(w->state)));

    return r ? r : store_changed(s) == 1 ? 0 : WHOLE_COPY_E_OVER;
}

int whole_copy_list(struct store *s, struct whole_copy *ret, size_t max, size_t *ret_n)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(s, &rows, STMT_WHOLE_COPY_LIST, V_TEXT("COPY-~"), V_INT(max)));

    *ret_n = 0;
    while (!r && *ret_n < max && (r = rows_next(rows)) == 1) {
        read_row(rows, &ret[(*ret_n)++]);
        r = 0;
    }
    return r;
}

bool whole_copy_is_open(const struct whole_copy *w, uint64_t now_us)
{
    return now_us < w->until_us && (!strcmp(w->state, "asked") || !strcmp(w->state, "approved"));
}
