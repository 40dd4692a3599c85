/* Writing into the place of threat intelligence. A segment is one transaction: its objects get numbers, its values theirs, and each value's postings
 * grow at the end of its last block in the run. */
#include "store/intel.h"

#include "store/driver.h"
#include "store/intel-lives.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define SHUFFLED 1000u /* TX5 */
#define MERGED_ROWS 2000
#define SWEPT_OBJECTS 500

enum run_state { RUN_WRITTEN, RUN_FINISHED, RUN_MERGED, RUN_SWEPT };

int intel_open(const char *db, enum store_role role, struct store **ret, struct diag *diag)
{
    return store_open_beside(db, BESIDE_INTEL, role, ret, diag);
}

/* ---- runs ---- */

struct run_row {
    enum run_state state;
    int64_t n_segments, n_objects, levels[STORE_INTEL_LEVELS], audiences[STORE_INTEL_LEVELS];
    struct digest root;
};

static int run_get(struct store *s, int64_t run, struct run_row *ret)
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

/* Ends the transaction, whatever `r` says. */
static int settle(struct store *s, int r)
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
        r = STORE_RUN(s, STMT_INTEL_RUN_TAKE, V_INT(run)) ?: run_get(s, run, ret);
    if (!r && ret->state != state)
        r = STORE_E_NONE;
    if (r)
        store_rollback(s);
    return r;
}

/* ---- postings ---- */

bool intel_block_next(struct str *block, int64_t *number)
{
    uint64_t difference = 0;
    size_t i = 0;

    for (; i < block->len && i < 9; i++) {
        difference |= (uint64_t)((uint8_t)block->at[i] & 0x7f) << (7 * i);
        if (!((uint8_t)block->at[i] & 0x80))
            break;
    }
    if (i >= block->len || i == 9 || !difference || difference > (uint64_t)(INT64_MAX - *number))
        return false;
    *number += (int64_t)difference;
    block->at += i + 1;
    block->len -= i + 1;
    return true;
}

static size_t varint(uint64_t v, char ret[10])
{
    size_t n = 0;

    for (; v >= 0x80; v >>= 7)
        ret[n++] = (char)(v | 0x80);
    ret[n++] = (char)v;
    return n;
}

/* Whose postings are written. */
struct posted {
    int64_t audience, run, value;
};

/* The block that is written at. */
struct block {
    int64_t first, last, n;
    size_t len;
    bool is_stored;
    char bytes[STORE_INTEL_BLOCK];
};

static int block_last(struct store *s, const struct posted *p, struct block *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_POSTING_LAST, V_INT(p->audience), V_INT(p->run), V_INT(p->value));
    struct str bytes;

    if (r)
        return r == STORE_E_NONE ? 0 : r;
    ret->first = ret->last = rows_int(row, 0);
    ret->n = rows_int(row, 1);
    bytes = rows_blob(row, 2);
    if (bytes.len > sizeof(ret->bytes))
        return -EIO;
    memcpy(ret->bytes, bytes.at, bytes.len);
    ret->len = bytes.len;
    while (bytes.len)
        if (!intel_block_next(&bytes, &ret->last))
            return -EIO;
    ret->is_stored = true;
    return 0;
}

static int block_put(struct store *s, const struct posted *p, const struct block *b)
{
    if (!b->n)
        return 0;
    return STORE_RUN(s, b->is_stored ? STMT_INTEL_POSTING_SET : STMT_INTEL_POSTING_ADD, V_INT(p->audience), V_INT(p->run), V_INT(p->value), V_INT(b->first),
                     V_INT(b->n), V_BLOB(b->bytes, b->len));
}

/* Numbers in order, behind those that are there. `may_be_there`: the run may have postings of it already. */
static int post(struct store *s, const struct posted *p, const int64_t *numbers, size_t n, bool may_be_there)
{
    struct block b;
    char bytes[10];
    int r = 0;

    b.n = 0;
    b.len = 0;
    b.is_stored = false;
    if (may_be_there)
        r = block_last(s, p, &b);
    for (size_t i = 0; !r && i < n; i++) {
        size_t len = b.n ? varint((uint64_t)(numbers[i] - b.last), bytes) : 0;

        if (b.n && b.len + len > sizeof(b.bytes)) {
            r = block_put(s, p, &b);
            b.n = 0;
            b.is_stored = false;
        }
        if (b.n) {
            memcpy(b.bytes + b.len, bytes, len);
            b.len += len;
        } else {
            b.first = numbers[i];
            b.len = 0;
        }
        b.last = numbers[i];
        b.n++;
    }
    return r ? r : block_put(s, p, &b);
}

/* ---- a segment ---- */

struct writing {
    struct store *s;
    const struct intel_writing *w;
    const struct segment *segment;
    struct run_row row;
    int64_t *waiting; /* runs whose ids are not in run 0 */
    size_t n_waiting;
    int64_t n_added, levels[STORE_INTEL_LEVELS];
    uint64_t n_known;
    int64_t *numbers; /* of each object; -1: it is known */
    struct digest digest;
};

static unsigned level_of(uint8_t tlp)
{
    return tlp <= 1 ? 0 : tlp <= 3 ? 1 : 2;
}

static int64_t audience_of(const struct writing *x, const struct segment_object *o)
{
    return x->w->audiences[level_of(o->tlp)];
}

static struct value blob_of(const struct digest *d)
{
    return V_BLOB(d->bytes, sizeof(d->bytes));
}

/* In run 0 the caller says which runs count; in the run at hand all do. */
static int is_known_in(struct writing *x, int64_t run, const struct segment_object *o, bool *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(x->s, &rows, STMT_INTEL_IDENT_OF_CONTENT, V_INT(audience_of(x, o)), V_INT(run), V_STR(o->id), V_STR(o->version),
                        blob_of(&o->digest));

    while (!r && !*ret && (r = rows_next(rows)) == 1) {
        int64_t number = rows_int(rows, 0);

        *ret = number >> 32 == x->w->run || (x->w->is_known && x->w->is_known(x->w->context, number));
        r = 0;
    }
    return r;
}

static int is_known(struct writing *x, const struct segment_object *o, bool *ret)
{
    int r;

    *ret = false;
    r = is_known_in(x, x->w->run, o, ret);
    if (x->w->is_known && !r && !*ret)
        r = is_known_in(x, 0, o, ret);
    for (size_t i = 0; x->w->is_known && !r && !*ret && i < x->n_waiting; i++)
        if (x->waiting[i] != x->w->run)
            r = is_known_in(x, x->waiting[i], o, ret);
    return r;
}

static int waiting_read(struct writing *x)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(x->s, &rows, STMT_INTEL_RUNS_WAITING);

    while (!r && (r = rows_next(rows)) == 1) {
        int64_t *more = reallocarray(x->waiting, x->n_waiting + 1, sizeof(*more));

        if (!more)
            return -ENOMEM;
        x->waiting = more;
        x->waiting[x->n_waiting++] = rows_int(rows, 0);
        r = 0;
    }
    return r;
}

static int add_life(struct writing *x, const struct segment_object *o, int64_t number)
{
    static const struct decay none = {0};
    const struct intel_life life = {x->w->decay ? x->w->decay : &none, audience_of(x, o), x->w->run, x->w->run, number};
    struct segment_object told = *o;

    if (o->life != SEGMENT_INDICATOR && x->w->now_us)
        told.at_us = MIN_OF(o->at_us, x->w->now_us);
    return intel_life_add(x->s, &life, &told);
}

static int add_object(struct writing *x, const struct segment_object *o, int64_t no)
{
    int64_t audience = audience_of(x, o), run = x->w->run, number = run << 32 | no;
    int r = STORE_RUN(x->s, STMT_INTEL_OBJECT_ADD, V_INT(audience), V_INT(run), V_INT(no), V_STR(o->id), V_STR(o->type), V_STR(o->version),
                      V_INT(o->tlp), blob_of(&o->digest), blob_of(&o->sum), V_INT(o->length), V_BLOB(o->packed.at, o->packed.len));

    if (!r)
        r = STORE_RUN(x->s, STMT_INTEL_IDENT_ADD, V_INT(audience), V_INT(run), V_STR(o->id), V_STR(o->version), V_INT(number), blob_of(&o->digest));
    return r ? r : add_life(x, o, number);
}

static void digest_object(const struct writing *x, struct sha256_state *sum, const struct segment_object *o, int64_t no)
{
    uint64_t head[3] = {htobe64((uint64_t)no), htobe64((uint64_t)audience_of(x, o)), htobe64(o->tlp)};

    sha256_add(sum, (struct str){(const char *)head, sizeof(head)});
    sha256_add(sum, (struct str){(const char *)o->sum.bytes, sizeof(o->sum.bytes)});
    sha256_add(sum, (struct str){(const char *)o->digest.bytes, sizeof(o->digest.bytes)});
}

/* A random order within pieces. */
static void shuffle(uint32_t *order, size_t n)
{
    uint32_t random[SHUFFLED];

    for (size_t from = 0; from < n; from += SHUFFLED) {
        size_t piece = MIN_OF(n - from, SHUFFLED);

        random_fill(random, sizeof(random));
        for (size_t i = piece; i-- > 1;) {
            size_t k = random[i] % (i + 1);
            uint32_t kept = order[from + i];

            order[from + i] = order[from + k];
            order[from + k] = kept;
        }
    }
}

static int add_objects(struct writing *x, const uint32_t *order)
{
    struct sha256_state *sum = sha256_new();
    int r = sum ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < x->segment->n_objects; i++) {
        const struct segment_object *o = &x->segment->objects[order[i]];
        int64_t no = x->row.n_objects + x->n_added;
        bool known;

        r = is_known(x, o, &known);
        x->numbers[order[i]] = known ? -1 : x->w->run << 32 | no;
        x->n_known += known;
        if (r || known)
            continue;
        r = no > UINT32_MAX ? -E2BIG : add_object(x, o, no);
        digest_object(x, sum, o, no);
        x->n_added++;
        x->levels[level_of(o->tlp)]++;
    }
    if (sum)
        x->digest = sha256_end(sum);
    return r;
}

/* A value of the segment that objects which were added have. */
struct numbered {
    int64_t number;
    uint32_t place;
    bool is_new; /* just made, so that nothing has it yet */
};

/* The dictionary's number, made when there is none. */
static int value_number(struct store *s, const struct segment_value *v, struct numbered *ret)
{
    const struct value values[] = {V_INT(v->type), V_INT(v->is_derived), V_BLOB(v->bytes.at, v->bytes.len)};
    ROWS_AUTO *row = NULL;
    int r = store_one(s, &row, STMT_INTEL_VALUE_GET, values, ARRAY_LEN(values));

    ret->is_new = false;
    if (r == STORE_E_NONE) {
        r = store_run(s, STMT_INTEL_VALUE_ADD, values, ARRAY_LEN(values));
        ret->is_new = !r && store_changed(s); /* else another node made it meanwhile */
        r = r ? r : store_one(s, &row, STMT_INTEL_VALUE_GET, values, ARRAY_LEN(values));
    }
    if (!r)
        ret->number = rows_int(row, 0);
    return r == STORE_E_NONE ? -EIO : r;
}

static int numbered_cmp(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;

    return x->number < y->number ? -1 : x->number > y->number;
}

/* The least level with the same audience: what is written together. */
static unsigned lane_of(const struct writing *x, const struct segment_object *o)
{
    unsigned level = level_of(o->tlp), lane = 0;

    while (x->w->audiences[lane] != x->w->audiences[level])
        lane++;
    return lane;
}

/* Objects by value and lane: of value `place` in `lane` those from ends[place * LEVELS + lane] (of the one before) up to its own. */
struct sorted {
    size_t *ends;
    int64_t *numbers;
};

static int sort_by_value(const struct writing *x, const uint32_t *order, struct sorted *ret)
{
    const struct segment *g = x->segment;
    size_t n_slots = g->n_values * STORE_INTEL_LEVELS, all = 0;

    ret->numbers = NULL;
    ret->ends = calloc(n_slots + 1, sizeof(*ret->ends));
    if (!ret->ends)
        return -ENOMEM;
    for (size_t i = 0; i < g->n_objects; i++)
        for (size_t k = 0; x->numbers[i] >= 0 && k < g->objects[i].n_values; k++, all++)
            ret->ends[segment_place(&g->objects[i], k) * STORE_INTEL_LEVELS + lane_of(x, &g->objects[i])]++;
    ret->numbers = reallocarray(NULL, all ? all : 1, sizeof(*ret->numbers));
    if (!ret->numbers)
        return -ENOMEM;
    for (size_t i = 0, sum = 0; i <= n_slots; i++) {
        size_t n = ret->ends[i];

        ret->ends[i] = sum; /* its beginning, until it is filled */
        sum += n;
    }
    for (size_t i = 0; i < g->n_objects; i++) {
        const struct segment_object *o = &g->objects[order[i]];

        for (size_t k = 0; x->numbers[order[i]] >= 0 && k < o->n_values; k++)
            ret->numbers[ret->ends[segment_place(o, k) * STORE_INTEL_LEVELS + lane_of(x, o)]++] = x->numbers[order[i]];
    }
    return 0;
}

static size_t begin_of(const struct sorted *m, size_t slot)
{
    return slot ? m->ends[slot - 1] : 0;
}

/* Values that are had; they come in the order of their index, and are written in that of their numbers. */
static int number_values(struct writing *x, const struct sorted *m, struct numbered *ret, size_t *ret_n)
{
    int r = 0;

    *ret_n = 0;
    for (size_t i = 0; !r && i < x->segment->n_values; i++) {
        size_t slot = i * STORE_INTEL_LEVELS;

        if (begin_of(m, slot) == m->ends[slot + STORE_INTEL_LEVELS - 1])
            continue;
        ret[*ret_n].place = (uint32_t)i;
        r = value_number(x->s, &x->segment->values[i], &ret[(*ret_n)++]);
    }
    if (!r && *ret_n)
        qsort(ret, *ret_n, sizeof(*ret), numbered_cmp);
    return r;
}

static int post_value(struct writing *x, const struct sorted *m, const struct numbered *v)
{
    int r = 0;

    for (unsigned lane = 0; !r && lane < STORE_INTEL_LEVELS; lane++) {
        size_t slot = v->place * STORE_INTEL_LEVELS + lane, from = begin_of(m, slot);
        const struct posted p = {x->w->audiences[lane], x->w->run, v->number};

        if (m->ends[slot] > from)
            r = post(x->s, &p, m->numbers + from, m->ends[slot] - from, x->row.n_segments > 0 && !v->is_new);
    }
    return r;
}

static int add_postings(struct writing *x, const uint32_t *order)
{
    struct numbered *values = calloc(x->segment->n_values ? x->segment->n_values : 1, sizeof(*values));
    struct sorted m;
    size_t n;
    int r = sort_by_value(x, order, &m);

    if (!r)
        r = values ? number_values(x, &m, values, &n) : -ENOMEM;
    for (size_t i = 0; !r && i < n; i++)
        r = post_value(x, &m, &values[i]);
    free(m.numbers);
    free(m.ends);
    free(values);
    return r;
}

static int write_rows(struct writing *x, int64_t n, const struct digest *message)
{
    size_t n_objects = x->segment->n_objects;
    uint32_t *order = calloc(n_objects, sizeof(*order));
    int r;

    x->numbers = calloc(n_objects, sizeof(*x->numbers));
    r = order && x->numbers ? (x->w->is_known ? waiting_read(x) : 0) : -ENOMEM;
    for (size_t i = 0; !r && i < n_objects; i++)
        order[i] = (uint32_t)i;
    if (!r) {
        shuffle(order, n_objects);
        r = add_objects(x, order) ?: add_postings(x, order);
    }
    if (!r)
        r = STORE_RUN(x->s, STMT_INTEL_SEGMENT_ADD, V_INT(x->w->run), V_INT(n), V_INT(x->n_added), V_INT(x->n_known), blob_of(message),
                      blob_of(&x->digest));
    if (!r)
        r = STORE_RUN(x->s, STMT_INTEL_RUN_GROW, V_INT(x->w->run), V_INT(x->n_added), V_INT(x->levels[0]), V_INT(x->levels[1]), V_INT(x->levels[2]));
    free(order);
    free(x->numbers);
    free(x->waiting);
    return r;
}

/* It was written already, and its answer was lost? */
static int written_before(struct store *s, int64_t run, int64_t n, const struct digest *message, uint64_t *ret_known)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_SEGMENT_GET, V_INT(run), V_INT(n));

    if (r)
        return r == STORE_E_NONE ? STORE_E_EXISTS : r;
    if (!str_eq(rows_blob(row, 2), (struct str){(const char *)message->bytes, sizeof(message->bytes)}))
        return STORE_E_EXISTS;
    *ret_known = (uint64_t)rows_int(row, 1);
    return 0;
}

/* The run's row, made by its first segment. */
static int take_run(struct store *s, const struct intel_writing *w, struct run_row *ret)
{
    int r = STORE_RUN(s, STMT_INTEL_RUN_ADD, V_INT(w->run), V_INT(w->audiences[0]), V_INT(w->audiences[1]), V_INT(w->audiences[2]), V_BLOB("", 0));

    r = r ? r : run_get(s, w->run, ret);
    if (!r && ret->state != RUN_WRITTEN)
        return STORE_E_NONE;
    return r ? r : memcmp(ret->audiences, w->audiences, sizeof(ret->audiences)) ? -EINVAL : 0;
}

int intel_write(struct store *s, const struct intel_writing *w, int64_t n, const struct segment *segment, const struct digest *message,
                uint64_t *ret_known)
{
    struct writing x = {.s = s, .w = w, .segment = segment};
    int r;

    if (w->run < 1 || w->run > STORE_INTEL_RUN_MAX || n < 0)
        return -EINVAL;
    r = store_begin_by(s, CONTROL_BEGIN_OWN);
    if (!r)
        r = take_run(s, w, &x.row);
    if (!r && n != x.row.n_segments) {
        r = n < x.row.n_segments ? written_before(s, w->run, n, message, ret_known) : STORE_E_EXISTS;
        store_rollback(s);
        return r;
    }
    if (!r)
        r = write_rows(&x, n, message);
    *ret_known = x.n_known;
    return settle(s, r);
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
        r = run_get(s, w->run, &row);
    if (!r && row.state == RUN_SWEPT)
        r = STORE_E_NONE;
    if (!r && row.state == RUN_WRITTEN) {
        r = root_of(s, w->run, &row.root);
        if (!r)
            r = STORE_RUN(s, STMT_INTEL_RUN_FINISH, V_INT(w->run), blob_of(&row.root));
    }
    if (!r)
        totals_of(&row, ret);
    return settle(s, r);
}

int intel_totals(struct store *s, int64_t run, struct intel_totals *ret)
{
    struct run_row row;
    int r = run_get(s, run, &row);

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
};
static const struct moved moved[] = {
    {STMT_INTEL_IDENT_BOUND, STMT_INTEL_IDENT_MERGE, STMT_INTEL_IDENT_DROP, 1},
    {STMT_INTEL_POSTING_BOUND, STMT_INTEL_POSTING_MERGE, STMT_INTEL_POSTING_DROP, 1},
    {STMT_INTEL_LIFE_BOUND, STMT_INTEL_LIFE_MERGE, STMT_INTEL_LIFE_DROP, 1},
    {STMT_INTEL_SIGHTING_BOUND, STMT_INTEL_SIGHTING_MERGE, STMT_INTEL_SIGHTING_DROP, 1},
    {STMT_INTEL_ENDING_BOUND, STMT_INTEL_ENDING_MERGE, STMT_INTEL_ENDING_DROP, 2},
};

/* One piece, or what is left of it. *ret_any: there was something. */
static int move_piece(struct store *s, const struct moved *m, int64_t audience, int64_t run, bool keeps, bool *ret_any)
{
    struct value values[5] = {V_INT(audience), V_INT(run)};
    ROWS_AUTO *row = NULL;
    CLEANUP(buf_done) struct buf id;
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
        values[2] = V_INT(rows_int(row, 0));
        if (m->n_keys == 2) {
            values[3] = V_INT(rows_int(row, 1));
            values[4] = V_INT(0);
        }
    }
    rows_done(TAKE(row));
    if (keeps)
        r = store_run(s, m->merge, values, m->n_keys == 2 ? 5 : 3);
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
static int move_some(struct store *s, int64_t run, const struct run_row *row, bool keeps, bool *ret_any)
{
    int r = 0;

    *ret_any = false;
    for (unsigned level = 0; !r && !*ret_any && level < STORE_INTEL_LEVELS; level++)
        for (size_t i = 0; is_first(row, level) && !r && !*ret_any && i < ARRAY_LEN(moved); i++)
            r = move_piece(s, &moved[i], row->audiences[level], run, keeps, ret_any);
    return r;
}

int intel_merge(struct store *s, int64_t run, bool *ret_more)
{
    struct run_row row;
    int r = begin_run(s, run, RUN_FINISHED, &row);

    if (r) {
        *ret_more = false;
        return r == STORE_E_NONE ? 0 : r; /* another node was quicker */
    }
    r = move_some(s, run, &row, true, ret_more);
    if (!r && !*ret_more)
        r = STORE_RUN(s, STMT_INTEL_RUN_STATE, V_INT(run), V_INT(RUN_MERGED));
    return settle(s, r);
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
        r = STORE_RUN(s, STMT_INTEL_RUN_ADD, V_INT(run), V_INT(0), V_INT(0), V_INT(0), V_BLOB("", 0)) ?: run_get(s, run, &row);
    if (!r && row.state != RUN_MERGED)
        r = STORE_RUN(s, STMT_INTEL_RUN_STATE, V_INT(run), V_INT(RUN_SWEPT));
    if (!r && row.state != RUN_MERGED)
        r = move_some(s, run, &row, false, ret_more);
    if (!r && row.state != RUN_MERGED && !*ret_more)
        r = sweep_objects(s, run, &row, ret_more);
    if (!r && row.state != RUN_MERGED && !*ret_more)
        r = STORE_RUN(s, STMT_INTEL_SEGMENT_DROP, V_INT(run));
    return settle(s, r);
}

int intel_clear(struct store *s, int64_t audience, int64_t number)
{
    int r = store_begin_by(s, CONTROL_BEGIN_OWN);

    if (!r)
        r = STORE_RUN(s, STMT_INTEL_OBJECT_CLEAR, V_INT(audience), V_INT(number >> 32), V_INT(number & UINT32_MAX), V_BLOB("", 0));
    return settle(s, r);
}
