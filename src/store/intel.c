/* The place of threat intelligence: its runs, from their first segment (intel-write.c) to their end. */
#include "store/intel.h"

#include "store/driver.h"
#include "store/intel-inside.h"
#include "store/intel-join.h"

#include <stdlib.h>
#include <string.h>

#define MERGED_ROWS 2000
#define SWEPT_OBJECTS 500

int intel_open(const char *db, enum store_role role, struct store **ret, struct diag *diag)
{
    return store_open_beside(db, BESIDE_INTEL, role, ret, diag);
}

/* ---- runs ---- */

int intel_run_get(struct store *s, int64_t run, struct run_row *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_RUN_GET, V_INT(run));
    struct str root;

    if (r)
        return r;
    ret->state = (enum run_state)rows_int(row, 0);
    ret->n_segments = rows_int(row, 1);
    ret->n_objects = rows_int(row, 2);
    for (unsigned i = 0; i < STORE_INTEL_LEVELS; i++) {
        ret->levels[i] = rows_int(row, 3 + (int)i);
        ret->audiences[i] = rows_int(row, 6 + (int)i);
    }
    root = rows_blob(row, 9);
    ret->root = (struct digest){0};
    if (root.len == sizeof(ret->root.bytes))
        memcpy(ret->root.bytes, root.at, root.len);
    return 0;
}

int intel_settle(struct store *s, int r)
{
    if (!r)
        return store_commit(s);
    store_rollback(s);
    return r;
}

/* Of `run` there is a row, locked; its state is `state`. */
static int begin_run(struct store *s, int64_t run, enum run_state state, struct run_row *ret)
{
    int r = store_begin_by(s, CONTROL_BEGIN_OWN);

    if (!r)
        r = STORE_RUN(s, STMT_INTEL_RUN_TAKE, V_INT(run)) ?: intel_run_get(s, run, ret);
    if (!r && ret->state != state)
        r = STORE_E_NONE;
    if (r)
        store_rollback(s);
    return r;
}

/* ---- the end of a run ---- */

static int root_of(struct store *s, int64_t run, struct digest *ret)
{
    struct sha256_state *sum = sha256_new();
    int64_t n = -1, before;
    int r = sum ? 0 : -ENOMEM;

    do {
        ROWS_AUTO *rows = NULL;

        before = n;
        if (!r)
            r = STORE_QUERY(s, &rows, STMT_INTEL_SEGMENT_DIGESTS, V_INT(run), V_INT(n));
        while (!r && (r = rows_next(rows)) == 1) {
            n = rows_int(rows, 0);
            sha256_add(sum, rows_blob(rows, 1));
            r = 0;
        }
    } while (!r && n != before);
    if (sum)
        *ret = sha256_end(sum);
    return r;
}

static void totals_of(const struct run_row *row, struct intel_totals *ret)
{
    *ret = (struct intel_totals){.n_segments = row->n_segments, .n_objects = row->n_objects, .root = row->root};
    memcpy(ret->levels, row->levels, sizeof(ret->levels));
}

int intel_finish(struct store *s, const struct intel_writing *w, struct intel_totals *ret)
{
    struct run_row row;
    int r = store_begin_by(s, CONTROL_BEGIN_OWN);

    if (!r)
        r = STORE_RUN(s, STMT_INTEL_RUN_ADD, V_INT(w->run), V_INT(w->audiences[0]), V_INT(w->audiences[1]), V_INT(w->audiences[2]), V_BLOB("", 0));
    if (!r)
        r = intel_run_get(s, w->run, &row);
    if (!r && row.state == RUN_SWEPT)
        r = STORE_E_NONE;
    if (!r && row.state == RUN_WRITTEN)
        r = intel_index(s, w, row.n_segments);
    if (!r && row.state == RUN_WRITTEN) {
        r = root_of(s, w->run, &row.root);
        if (!r)
            r = STORE_RUN(s, STMT_INTEL_RUN_FINISH, V_INT(w->run), V_BLOB(row.root.bytes, sizeof(row.root.bytes)));
    }
    if (!r)
        totals_of(&row, ret);
    return intel_settle(s, r);
}

int intel_totals(struct store *s, int64_t run, struct intel_totals *ret)
{
    struct run_row row;
    int r = intel_run_get(s, run, &row);

    if (!r && row.state != RUN_FINISHED && row.state != RUN_MERGED)
        r = STORE_E_NONE;
    if (!r)
        totals_of(&row, ret);
    return r;
}

/* ---- behind the opening ---- */

/* Rows that are looked up by key, of one audience: the key of the last of a piece. */
struct moved {
    enum store_stmt bound, merge, drop;
    int n_keys;
    enum store_stmt sweep; /* what goes with them when they are dropped; STMT_COUNT: nothing */
};
static const struct moved moved[] = {
    {STMT_INTEL_IDENT_BOUND, STMT_INTEL_IDENT_MERGE, STMT_INTEL_IDENT_DROP, 1, STMT_INTEL_LIFE_SWEEP},
    {STMT_INTEL_POSTING_BOUND, STMT_INTEL_POSTING_MERGE, STMT_INTEL_POSTING_DROP, 1, STMT_COUNT},
    {STMT_INTEL_SIGHTING_BOUND, STMT_INTEL_SIGHTING_MERGE, STMT_INTEL_SIGHTING_DROP, 1, STMT_COUNT},
    {STMT_INTEL_ENDING_BOUND, STMT_INTEL_ENDING_MERGE, STMT_INTEL_ENDING_DROP, 2, STMT_COUNT},
};

enum moving { MOVE_AWAY, MOVE_AS_IT_IS, MOVE_AND_JOIN };

/* One piece, or what is left of it. *ret_any: there was something. */
static int move_piece(struct store *s, const struct moved *m, int64_t audience, int64_t run, enum moving how, bool *ret_any)
{
    struct value values[5] = {V_INT(audience), V_INT(run)};
    ROWS_AUTO *row = NULL;
    CLEANUP(buf_done) struct buf id;
    int64_t bound = 0;
    int r = STORE_ONE(s, &row, m->bound, V_INT(audience), V_INT(run), V_INT(MERGED_ROWS));

    buf_init(&id, 4096);
    if (r) {
        *ret_any = false;
        return r == STORE_E_NONE ? 0 : r;
    }
    *ret_any = true;
    if (m->bound != STMT_INTEL_POSTING_BOUND && m->n_keys == 1) {
        if ((r = buf_add_str(&id, rows_str(row, 0))))
            return r;
        values[2] = V_STR(buf_str(&id));
    } else {
        bound = rows_int(row, 0);
        values[2] = V_INT(bound);
        if (m->n_keys == 2) {
            values[3] = V_INT(rows_int(row, 1));
            values[4] = V_INT(0);
        }
    }
    rows_done(TAKE(row));
    if (how != MOVE_AWAY)
        r = store_run(s, m->merge, values, m->n_keys == 2 ? 5 : 3);
    else if (m->sweep != STMT_COUNT)
        r = store_run(s, m->sweep, values, 3);
    if (!r && how == MOVE_AND_JOIN && m->merge == STMT_INTEL_POSTING_MERGE)
        r = intel_join(s, audience, run, bound);
    return r ? r : store_run(s, m->drop, values, 2 + (size_t)m->n_keys);
}

/* Of each audience once. */
static bool is_first(const struct run_row *row, unsigned level)
{
    for (unsigned i = 0; i < level; i++)
        if (row->audiences[i] == row->audiences[level])
            return false;
    return true;
}

/* A piece of what is left. */
static int move_some(struct store *s, int64_t run, const struct run_row *row, enum moving how, bool *ret_any)
{
    int r = 0;

    *ret_any = false;
    for (unsigned level = 0; !r && !*ret_any && level < STORE_INTEL_LEVELS; level++)
        for (size_t i = 0; is_first(row, level) && !r && !*ret_any && i < ARRAY_LEN(moved); i++)
            r = move_piece(s, &moved[i], row->audiences[level], run, how, ret_any);
    return r;
}

/* Whatever the caller says: another node may be at a run before it. */
static int is_any_below(struct store *s, int64_t run, bool *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_RUN_BELOW, V_INT(run));

    *ret = !r;
    return r == STORE_E_NONE ? 0 : r;
}

int intel_merge(struct store *s, int64_t run, bool is_next, bool *ret_more)
{
    bool below = false;
    struct run_row row;
    int r = begin_run(s, run, RUN_FINISHED, &row);

    if (r) {
        *ret_more = false;
        return r == STORE_E_NONE ? 0 : r; /* another node was quicker */
    }
    r = is_any_below(s, run, &below);
    if (!r)
        r = move_some(s, run, &row, is_next && !below ? MOVE_AND_JOIN : MOVE_AS_IT_IS, ret_more);
    if (!r && !*ret_more)
        r = STORE_RUN(s, STMT_INTEL_RUN_STATE, V_INT(run), V_INT(RUN_MERGED));
    return intel_settle(s, r);
}

static int sweep_objects(struct store *s, int64_t run, const struct run_row *row, bool *ret_any)
{
    int r = 0;

    for (unsigned level = 0; !r && !*ret_any && level < STORE_INTEL_LEVELS; level++) {
        r = STORE_RUN(s, STMT_INTEL_OBJECT_SWEEP, V_INT(row->audiences[level]), V_INT(run), V_INT(SWEPT_OBJECTS));
        *ret_any = !r && store_changed(s) > 0;
    }
    return r;
}

int intel_sweep(struct store *s, int64_t run, bool *ret_more)
{
    struct run_row row;
    int r = store_begin_by(s, CONTROL_BEGIN_OWN);

    *ret_more = false;
    if (!r) /* one that has no row gets one, so that nothing of it comes later */
        r = STORE_RUN(s, STMT_INTEL_RUN_ADD, V_INT(run), V_INT(0), V_INT(0), V_INT(0), V_BLOB("", 0)) ?: intel_run_get(s, run, &row);
    if (!r && row.state != RUN_MERGED)
        r = STORE_RUN(s, STMT_INTEL_RUN_STATE, V_INT(run), V_INT(RUN_SWEPT));
    if (!r && row.state != RUN_MERGED)
        r = move_some(s, run, &row, MOVE_AWAY, ret_more);
    if (!r && row.state != RUN_MERGED && !*ret_more)
        r = sweep_objects(s, run, &row, ret_more);
    if (!r && row.state != RUN_MERGED && !*ret_more)
        r = STORE_RUN(s, STMT_INTEL_SEGMENT_DROP, V_INT(run)) ?: STORE_RUN(s, STMT_INTEL_PENDING_DROP, V_INT(run));
    return intel_settle(s, r);
}

int intel_clear(struct store *s, int64_t audience, int64_t number)
{
    int r = store_begin_by(s, CONTROL_BEGIN_OWN);

    if (!r)
        r = STORE_RUN(s, STMT_INTEL_OBJECT_CLEAR, V_INT(audience), V_INT(number >> 32), V_INT(number & UINT32_MAX), V_BLOB("", 0));
    return intel_settle(s, r);
}
