/* Ends of indicators written anew (store/intel-lives.h). */
#include "store/intel-lives.h"

#include "store/driver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LIVES_PAGE 100u /* what one statement gives at most */
#define RENEWED_MAX 2000u /* indicators in one transaction */

/* An indicator as its row says. */
struct lives_row {
    int64_t audience, number, from_us, until_us;
    enum decay_class class;
};

static int add_end(struct store *s, int64_t audience, const struct lives_row *of, int64_t end_us, int64_t told)
{
    return STORE_RUN(s, STMT_INTEL_ENDING_ADD, V_INT(audience), V_INT(0), V_INT(end_us), V_INT(of->number), V_INT(of->audience), V_INT(told));
}

/* One that was seen before its source vouched for it lives no longer by that. */
static int add_seen(struct store *s, const struct decay *d, int64_t audience, const struct lives_row *of, int64_t at_us, int64_t told)
{
    int64_t end_us = decay_end_us(d, of->class, at_us, of->until_us);

    return at_us > of->from_us && end_us > decay_end_us(d, of->class, of->from_us, of->until_us) ? add_end(s, audience, of, end_us, told) : 0;
}

/* In the audience's own rows, and in those of the reports that lengthen it. */
static int forget(struct store *s, int64_t audience, const struct lives_row *of)
{
    return STORE_RUN(s, STMT_INTEL_ENDING_FORGET, V_INT(audience), V_INT(of->number), V_INT(of->audience));
}

struct reports {
    struct report {
        int64_t audience, number, at_us;
    } *at;
    size_t n, size;
};

static int read_reports(struct store *s, struct str id, struct reports *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(s, &rows, STMT_INTEL_SIGHTINGS_MERGED, V_STR(id), V_INT(SEGMENT_SIGHTING));

    ret->n = 0;
    while (!r && (r = rows_next(rows)) == 1) {
        if (ret->n == ret->size) {
            struct report *more = reallocarray(ret->at, ret->size ? 2 * ret->size : 16, sizeof(*more));

            if (!more)
                return -ENOMEM;
            ret->at = more;
            ret->size = ret->size ? 2 * ret->size : 16;
        }
        ret->at[ret->n++] = (struct report){rows_int(rows, 0), rows_int(rows, 1), rows_int(rows, 2)};
        r = 0;
    }
    return r;
}

static int renew_one(struct store *s, const struct decay *d, struct str id, const struct lives_row *of, struct reports *reports)
{
    int r = read_reports(s, id, reports) ?: forget(s, of->audience, of);

    for (size_t i = 0; !r && i < reports->n; i++)
        r = forget(s, reports->at[i].audience, of);
    if (!r)
        r = add_end(s, of->audience, of, decay_end_us(d, of->class, of->from_us, of->until_us), of->number);
    for (size_t i = 0; !r && i < reports->n; i++)
        r = add_seen(s, d, reports->at[i].audience, of, reports->at[i].at_us, reports->at[i].number);
    return r;
}

/* One page of the walk; its rows are read before any is written. */
static int renew_page(struct store *s, const struct decay *d, struct intel_renewal *at, struct reports *reports, size_t *ret_n)
{
    struct lives_row of[LIVES_PAGE];
    char ids[LIVES_PAGE][SEGMENT_WORD_MAX + 1];
    ROWS_AUTO *rows = NULL;
    size_t n = 0;
    int r = STORE_QUERY(s, &rows, STMT_INTEL_LIFE_WALK, V_TEXT(at->id), V_INT(at->number));

    while (!r && n < LIVES_PAGE && (r = rows_next(rows)) == 1) {
        snprintf(ids[n], sizeof(ids[n]), "%s", rows_text(rows, 1));
        of[n++] = (struct lives_row){rows_int(rows, 0), rows_int(rows, 2), rows_int(rows, 4), rows_int(rows, 5), (enum decay_class)rows_int(rows, 3)};
        r = 0;
    }
    rows_done(TAKE(rows));
    for (size_t i = 0; !r && i < n; i++)
        r = renew_one(s, d, str_of(ids[i]), &of[i], reports);
    if (!r && n) {
        at->number = of[n - 1].number;
        snprintf(at->id, sizeof(at->id), "%s", ids[n - 1]);
    }
    *ret_n = n;
    return r;
}

int intel_lives_renew(struct store *s, const struct decay *d, struct intel_renewal *at, bool *ret_more)
{
    struct intel_renewal next = *at;
    struct reports reports = {.n = 0};
    size_t n = LIVES_PAGE, all = 0;
    int r = store_begin_by(s, CONTROL_BEGIN_OWN);

    if (r)
        return r;
    while (!r && n == LIVES_PAGE && all < RENEWED_MAX) {
        r = renew_page(s, d, &next, &reports, &n);
        all += n;
    }
    free(reports.at);
    if (r) {
        store_rollback(s);
        return r;
    }
    r = store_commit(s);
    if (!r) {
        *at = next;
        *ret_more = n == LIVES_PAGE;
    }
    return r;
}
