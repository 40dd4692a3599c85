/* Records that come to tallies and leave them (store/tally-notes.h), beside counts kept in memory, on both databases: also where savepoints and transactions
 * are undone, and read in between; and that a transaction writes a tally once. */
#include "store-place.h"
#include "store/tally-notes-inside.h"
#include "store/tally-notes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <stdlib.h>

#define OK(call) assert_int_equal((call), 0)
#define AUDIENCES 3
#define STATES 2
#define TALLIES (AUDIENCES * STATES)

static struct store *fresh(void **state)
{
    const char *db = place_fresh(*state);
    struct store *s = NULL;

    assert_non_null(db);
    OK(store_create(db, &s, NULL));
    return s;
}

struct counted {
    int64_t n, seq, changed_us, opened_us;
    char first_id[32];
};

/* Tally `at` as a statement reads it. */
static struct counted read_one(struct store *s, int at)
{
    struct counted c = {0};
    ROWS_AUTO *rows = NULL;
    int r;

    OK(STORE_QUERY(s, &rows, STMT_TALLY_SINCE, V_TEXT("papers"), V_INT(0)));
    while ((r = rows_next(rows)) > 0) {
        if (rows_int(rows, 0) != 1 + at / STATES || strcmp(rows_text(rows, 1), at % STATES ? "open" : "closed") != 0)
            continue;
        c = (struct counted){rows_int(rows, 2), rows_int(rows, 3), rows_int(rows, 4), rows_int(rows, 5), ""};
        snprintf(c.first_id, sizeof(c.first_id), "%s", rows_text(rows, 6));
    }
    assert_int_equal(r, 0);
    return c;
}

static void note(struct store *s, int at, bool comes, int64_t us)
{
    char id[32];
    const struct tally_note n = {.reg = "papers", .state = at % STATES ? "open" : "closed", .audience = 1 + at / STATES, .comes = comes,
                                 .changed_us = us, .opened_us = us / 2, .id = id};

    snprintf(id, sizeof(id), "P-%04lld", (long long)us);
    OK(store_tally(s, &n));
}

static void a_transaction_writes_a_tally_once(void **state)
{
    STORE_AUTO *s = fresh(state);
    struct counted c;

    OK(store_begin(s));
    for (int64_t i = 0; i < 1000; i++)
        note(s, 0, true, 2000 - i);
    note(s, 0, false, 0);
    note(s, 1, true, 7);
    OK(store_commit(s));
    c = read_one(s, 0);
    assert_int_equal(c.n, 999);
    assert_int_equal(c.changed_us, 2000);
    assert_int_equal(c.opened_us, 1000);
    assert_string_equal(c.first_id, "P-1001");
    assert_int_equal(c.seq + read_one(s, 1).seq, 1 + 2);

    OK(store_begin(s));
    for (int i = 0; i < 500; i++)
        note(s, 0, false, 0);
    OK(store_commit(s));
    assert_int_equal(read_one(s, 0).n, 499);
    assert_int_equal(read_one(s, 0).changed_us, 2000);
    assert_int_equal(read_one(s, 0).seq, 3);
    assert_int_equal(read_one(s, 1).seq + read_one(s, 1).n, 2 + 1);
}

static void what_left_altogether_bounds_nothing(void **state)
{
    STORE_AUTO *s = fresh(state);

    OK(store_begin(s));
    note(s, 0, true, 900);
    OK(store_commit(s));
    OK(store_begin(s));
    note(s, 0, false, 0);
    OK(store_commit(s));
    OK(store_begin(s));
    note(s, 0, true, 500);
    note(s, 0, true, 600);
    OK(store_commit(s));
    assert_int_equal(read_one(s, 0).n, 2);
    assert_int_equal(read_one(s, 0).changed_us, 600);
    assert_string_equal(read_one(s, 0).first_id, "P-0500");
}

/* ---- any order ---- */

struct model {
    int64_t n[STORE_SAVEPOINTS_MAX + 2][TALLIES]; /* as committed, at the begin, and since each savepoint */
    int depth;                                    /* 0: no transaction */
    uint32_t random;
    int n_undone, n_read;
};

static uint32_t draw(struct model *m, uint32_t n)
{
    m->random = m->random * 1664525u + 1013904223u;
    return (m->random >> 8) % n;
}

static void check(struct store *s, struct model *m)
{
    for (int i = 0; i < TALLIES; i++)
        assert_int_equal(read_one(s, i).n, m->n[m->depth][i]);
    m->n_read++;
}

static void keep(struct model *m)
{
    memcpy(m->n[m->depth - 1], m->n[m->depth], sizeof(m->n[0]));
    m->depth--;
}

static void deepen(struct model *m)
{
    memcpy(m->n[m->depth + 1], m->n[m->depth], sizeof(m->n[0]));
    m->depth++;
}

static void note_some(struct store *s, struct model *m, int64_t i)
{
    int at = (int)draw(m, TALLIES);
    bool comes = !m->n[m->depth][at] || draw(m, 3) > 0;

    note(s, at, comes, i);
    m->n[m->depth][at] += comes ? 1 : -1;
}

static void undo(struct store *s, struct model *m)
{
    if (m->depth > 1)
        OK(store_back_to(s));
    else
        store_rollback(s);
    m->depth--;
    m->n_undone++;
}

static void end(struct store *s, struct model *m)
{
    OK(m->depth > 1 ? store_release(s) : store_commit(s));
    keep(m);
}

static void step(struct store *s, struct model *m, int64_t i)
{
    uint32_t what = draw(m, 16);

    if (!m->depth || (what == 0 && m->depth <= (int)STORE_SAVEPOINTS_MAX)) {
        OK(m->depth ? store_savepoint(s) : store_begin(s));
        deepen(m);
    } else if (what == 1)
        undo(s, m);
    else if (what == 2)
        end(s, m);
    else if (what == 3)
        check(s, m);
    else
        note_some(s, m, i);
}

static void counts_are_right_after_whatever_is_undone(void **state)
{
    STORE_AUTO *s = fresh(state);
    struct model m = {.random = 7};

    for (int64_t i = 1; i < 4000; i++)
        step(s, &m, i);
    while (m.depth)
        end(s, &m);
    check(s, &m);
    assert_true(m.n_undone > 50 && m.n_read > 50);
}

static void every_statement_that_reads_tallies_is_known(void **state)
{
    (void)state;
    for (unsigned id = 0; id < STMT_ALL; id++) {
        const struct statement *st = statement_of(id);
        const char *sql = st->sql[STORE_SQLITE];
        bool reads = st->who == STORE_READ && sql && (strstr(sql, "FROM tally") || strstr(sql, "JOIN tally"));

        if (reads != tally_is_read(id))
            fail_msg("%s", st->name);
    }
}

static struct place places[2];

static int start_all(void **state)
{
    return place_start(&places[0], PLACE_DIR) || place_start(&places[1], PLACE_POSTGRES) ? -1 : 0;
}

static int stop_all(void **state)
{
    place_stop(&places[0]);
    place_stop(&places[1]);
    return 0;
}

#define BOTH(test) {"sqlite: " #test, test, NULL, NULL, &places[0]}, {"postgresql: " #test, test, NULL, NULL, &places[1]}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(a_transaction_writes_a_tally_once),
        BOTH(what_left_altogether_bounds_nothing),
        BOTH(counts_are_right_after_whatever_is_undone),
        cmocka_unit_test(every_statement_that_reads_tallies_is_known),
    };

    return cmocka_run_group_tests(tests, start_all, stop_all);
}
