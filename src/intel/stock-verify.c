#include "intel/stock-verify.h"

#include "base/codec.h"
#include "base/tell.h"
#include "engine/intel.h"
#include "intel/pack.h"
#include "store/intel.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define PAGE 256
#define STATE_FINISHED 1 /* of a row of intel.run, with what is merged behind it */
#define STATE_MERGED 2

struct verifying {
    struct store *store, *place; /* place NULL: there is none */
    struct engine *engine;
    struct unpacker *unpacker;
    struct buf bytes;
    struct diag *diag;
    uint64_t n_objects;
};

/* The objects of one run under one audience, in their order. */
struct lane {
    int64_t audience, no;
    struct rows *rows;
    unsigned n_read;
    bool is_over;
};

struct run {
    struct verifying *v;
    int64_t run;
    char record[96];
    struct lane lanes[STORE_INTEL_LEVELS];
    size_t n_lanes;
    struct sha256_state *root;
};

static int find_fault(struct run *x, enum message_key what)
{
    diag_tell(x->v->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_INTEL_FAULT_STOCK_IMPORT, {"record", str_of(x->record)}, MESSAGE_WORD("what", what));
    return 1;
}

/* ---- objects in the order of their numbers ---- */

static int lane_next(struct run *x, struct lane *l)
{
    int r = 0;

    if (!l->rows || l->n_read == PAGE) {
        rows_done(l->rows);
        l->rows = NULL;
        l->n_read = 0;
        r = STORE_QUERY(x->v->place, &l->rows, STMT_INTEL_OBJECT_LIST, V_INT(l->audience), V_INT(x->run), V_INT(l->no), V_INT(PAGE));
    }
    if (!r)
        r = rows_next(l->rows);
    l->n_read++;
    l->is_over = r != 1;
    if (r == 1)
        l->no = rows_int(l->rows, 0);
    return r == 1 ? 0 : store_errno(r);
}

static struct lane *least_of(struct run *x)
{
    struct lane *least = NULL;

    for (size_t i = 0; i < x->n_lanes; i++)
        if (!x->lanes[i].is_over && (!least || x->lanes[i].no < least->no))
            least = &x->lanes[i];
    return least;
}

/* Of what was taken out the bytes may be cleared; its digests stand. */
static bool is_cleared(const struct run *x, const struct lane *l)
{
    ROWS_AUTO *row = NULL;

    return !rows_blob(l->rows, 8).len && !STORE_ONE(x->v->store, &row, STMT_INTEL_REMOVED_GET, V_INT(x->run << 32 | l->no));
}

/* The bytes come to that sum. 1: they do not, and it is told. */
static int check_bytes(struct run *x, const struct lane *l, struct str sum)
{
    struct verifying *v = x->v;
    struct str packed = rows_blob(l->rows, 8);
    int64_t length = rows_int(l->rows, 7);
    struct digest is;
    char *at = NULL;

    if (is_cleared(x, l))
        return 0;
    buf_clear(&v->bytes);
    if (length > 0 && length <= SEGMENT_UNPACKED_MAX && !(at = buf_grow(&v->bytes, (size_t)length)))
        return -ENOMEM;
    if (!at || !unpacker_get(v->unpacker, packed, (size_t)length, at))
        return find_fault(x, MSG_FINDING_AN_OBJECT_OF_IT_CANNOT_BE_UNPACKED);
    is = sha256(buf_str(&v->bytes));
    return str_eq(sum, (struct str){(const char *)is.bytes, sizeof(is.bytes)}) ? 0 : find_fault(x, MSG_FINDING_AN_OBJECT_OF_IT_WAS_ALTERED);
}

/* Row of a lane: no, id, type, version, tlp, digest, sum, length, packed. 1: it is told. */
static int hash_object(struct run *x, struct lane *l, struct sha256_state *segment)
{
    struct str digest = rows_blob(l->rows, 5), sum = rows_blob(l->rows, 6);
    uint64_t head[3] = {htobe64((uint64_t)l->no), htobe64((uint64_t)l->audience), htobe64((uint64_t)rows_int(l->rows, 4))};
    int r;

    x->v->n_objects++;
    if ((r = check_bytes(x, l, sum)))
        return r;
    sha256_add(segment, (struct str){(const char *)head, sizeof(head)});
    sha256_add(segment, sum);
    sha256_add(segment, digest);
    return 0;
}

/* 1: it is told. */
static int check_segment(struct run *x, int64_t n, struct str digest)
{
    struct sha256_state *sum = sha256_new();
    ROWS_AUTO *row = NULL;
    struct digest is;
    int r = sum ? store_errno(STORE_ONE(x->v->place, &row, STMT_INTEL_SEGMENT_GET, V_INT(x->run), V_INT(n))) : -ENOMEM;

    for (int64_t i = 0; !r && i < rows_int(row, 0); i++) {
        struct lane *l = least_of(x);

        r = l ? hash_object(x, l, sum) : find_fault(x, MSG_FINDING_OBJECTS_OF_IT_ARE_MISSING);
        if (!r)
            r = lane_next(x, l);
    }
    if (!sum)
        return r;
    is = sha256_end(sum);
    if (!r && !str_eq(digest, (struct str){(const char *)is.bytes, sizeof(is.bytes)}))
        r = find_fault(x, MSG_FINDING_AN_OBJECT_OF_IT_WAS_ALTERED_OR_IS_ANOTHE);
    sha256_add(x->root, digest);
    return r;
}

static int check_segments(struct run *x)
{
    int64_t n = -1, before;
    int r = 0;

    do {
        ROWS_AUTO *rows = NULL;

        before = n;
        r = store_errno(STORE_QUERY(x->v->place, &rows, STMT_INTEL_SEGMENT_DIGESTS, V_INT(x->run), V_INT(n)));
        while (!r && (r = rows_next(rows)) == 1) {
            n = rows_int(rows, 0);
            r = check_segment(x, n, rows_blob(rows, 1));
        }
    } while (!r && n != before);
    return !r && least_of(x) ? find_fault(x, MSG_FINDING_IT_HAS_OBJECTS_THAT_ARE_IN_NO_SEGMENT) : r;
}

/* ---- a run ---- */

static int check_root(struct run *x, struct str stored, struct str opened)
{
    CLEANUP(buf_done) struct buf is;
    CLEANUP(buf_done) struct buf cited;
    struct digest d = sha256_end(x->root);
    int r;

    x->root = NULL;
    buf_init(&is, 2 * SHA256_SIZE);
    buf_init(&cited, 4096);
    r = hex_print(d.bytes, sizeof(d.bytes), &is) ?: engine_import_root(x->v->engine, x->record, &cited);
    if (r)
        return r < 0 ? r : find_fault(x, MSG_FINDING_ITS_RECORD_IS_MISSING);
    if (!str_eq(stored, (struct str){(const char *)d.bytes, sizeof(d.bytes)}) || !str_eq(opened, buf_str(&is)))
        return find_fault(x, MSG_FINDING_ITS_SEGMENTS_ARE_OTHERS_THAN_THOSE_THAT);
    return str_eq(buf_str(&cited), buf_str(&is)) ? 0 : find_fault(x, MSG_FINDING_ITS_SEGMENTS_ARE_OTHERS_THAN_THOSE_THAT_X);
}

static int begin_lanes(struct run *x, struct rows *row)
{
    int r = 0;

    for (int i = 0; !r && i < (int)STORE_INTEL_LEVELS; i++) {
        bool is_first = true;

        for (size_t k = 0; k < x->n_lanes; k++)
            is_first = is_first && x->lanes[k].audience != rows_int(row, 6 + i);
        if (!is_first)
            continue;
        x->lanes[x->n_lanes] = (struct lane){.audience = rows_int(row, 6 + i), .no = -1};
        r = lane_next(x, &x->lanes[x->n_lanes++]);
    }
    return r;
}

/* `opened`: the root in its row of the store. */
static int check_run(struct run *x, struct str opened)
{
    ROWS_AUTO *row = NULL;
    int r = x->v->place ? STORE_ONE(x->v->place, &row, STMT_INTEL_RUN_GET, V_INT(x->run)) : STORE_E_NONE;

    if (r)
        return r == STORE_E_NONE ? find_fault(x, MSG_FINDING_ITS_OBJECTS_ARE_MISSING) : store_errno(r);
    if (rows_int(row, 0) != STATE_FINISHED && rows_int(row, 0) != STATE_MERGED)
        return find_fault(x, MSG_FINDING_IT_IS_OPEN_AND_WAS_NOT_FINISHED);
    x->root = sha256_new();
    r = x->root ? begin_lanes(x, row) ?: check_segments(x) : -ENOMEM;
    if (!r)
        return check_root(x, rows_blob(row, 9), opened);
    if (x->root)
        sha256_end(x->root);
    return r;
}

static int read_run(struct verifying *v, int64_t run)
{
    struct run x = {.v = v, .run = run};
    ROWS_AUTO *row = NULL;
    int r = store_errno(STORE_ONE(v->store, &row, STMT_INTEL_RUN_READ, V_INT(run)));

    if (r)
        return r;
    snprintf(x.record, sizeof(x.record), "%s", rows_text(row, 0));
    r = check_run(&x, rows_str(row, 12));
    for (size_t i = 0; i < x.n_lanes; i++)
        rows_done(x.lanes[i].rows);
    return MIN_OF(r, 0);
}

static int check_all(struct verifying *v)
{
    int64_t opening = 0, before;
    int r = 0;

    do {
        ROWS_AUTO *rows = NULL;

        before = opening;
        r = store_errno(STORE_QUERY(v->store, &rows, STMT_INTEL_OPENINGS, V_INT(opening)));
        while (!r && (r = rows_next(rows)) == 1) {
            opening = rows_int(rows, 0);
            r = read_run(v, rows_int(rows, 1));
        }
    } while (!r && opening != before);
    return r;
}

int stock_verify(const char *db, struct store *store, uint64_t *ret_objects, struct diag *diag)
{
    struct verifying v = {.store = store, .diag = diag, .unpacker = unpacker_new()};
    int r = v.unpacker ? intel_open(db, STORE_READ, &v.place, diag) : -ENOMEM;

    buf_init(&v.bytes, SEGMENT_UNPACKED_MAX);
    r = r == STORE_E_NONE ? 0 : store_errno(r);
    if (!r)
        r = ERR_FOLD(engine_open(store, &v.engine, diag));
    if (!r)
        r = check_all(&v);
    *ret_objects = v.n_objects;
    engine_close(v.engine);
    store_close(v.place);
    unpacker_free(v.unpacker);
    buf_done(&v.bytes);
    return r;
}
