#include "keeper/stocking.h"

#include "base/codec.h"
#include "base/time.h"
#include "engine/holding.h"
#include "engine/intel.h"
#include "keeper/asker.h"
#include "keeper/filing.h"
#include "keeper/intake-operation.h"
#include "keeper/operation.h"
#include "keeper/poll-operation.h"
#include "store/intel-lives.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIDY_US UINT64_C(100000) /* of work in one go, so that a segment waits no longer */

/* A thread's: the store, to be read, and the fourth place, to be written. */
struct places {
    struct store *store, *intel;
    int64_t swept; /* the dropped run that was swept last */
    int64_t cleared_us, cleared; /* the object that was cleared last: when it was due, its number */
    char decay[DECAY_TEXT_MAX + 1]; /* by which ends are being written anew */
    struct intel_renewal renewal;
    struct intel_seen *seen; /* of the run that was written to last */
};

static bool wants(const char *op)
{
    return !strcmp(op, "intel-segment") || !strcmp(op, "intake-segment") || !strcmp(op, "intel-open") || !strcmp(op, "poll-segment") ||
           !strcmp(op, "poll-end") || !strcmp(op, "intel-remove");
}

/* ---- answers ---- */

static int tell(json_t *m, const char *code, const char *ja, const char *en)
{
    return aside_tell(m, answer_error(code, ja, en));
}

static int tell_gone(json_t *m, int r)
{
    if (r < 0)
        return r;
    if (r == ENGINE_INTEL_E_OVER)
        return tell(m, "over", "この取込みは、すでに公開されたか、取りやめられています。", "This import is open or dropped already.");
    return tell(m, "none", "その取込みはありません。", "There is no such import.");
}

static int tell_full(json_t *m)
{
    return tell(m, "full", "記憶装置の空きが少ないため、取り込めません。管理者に知らせてください。",
                "Too little space is left on the storage. Tell the administrator.");
}

/* ---- a segment ---- */

struct known {
    struct places *p;
    const char *collection;
    int64_t run; /* asked about last */
    bool is_so;
};

/* Of the same collection, and open. */
static bool is_of_collection(struct known *k, int64_t run)
{
    ROWS_AUTO *row = NULL;

    if (run == k->run)
        return k->is_so;
    k->run = run;
    k->is_so = !STORE_ONE(k->p->store, &row, STMT_INTEL_RUN_READ, V_INT(run)) && !strcmp(rows_text(row, 3), "open") &&
               !strcmp(rows_text(row, 1), k->collection);
    return k->is_so;
}

/* What was taken out may come again. */
static bool is_known(void *context, int64_t number)
{
    struct known *k = context;
    ROWS_AUTO *row = NULL;

    return is_of_collection(k, number >> 32) && STORE_ONE(k->p->store, &row, STMT_INTEL_REMOVED_GET, V_INT(number)) == STORE_E_NONE;
}

static void writing_of(const struct engine_import *i, struct intel_writing *ret)
{
    *ret = (struct intel_writing){.run = i->run, .decay = &i->decay, .now_us = i->begun_us};
    memcpy(ret->audiences, i->audiences, sizeof(ret->audiences));
}

/* ---- what a record of 3 holds ---- */

static bool has_high(const struct segment *s, const struct segment_object *o, const bool *is_high)
{
    for (size_t i = 0; i < o->n_contents; i++)
        if (is_high[segment_place(o, o->n_values + i) - s->n_values])
            return true;
    return false;
}

/* For whoever sees the record: its entries name the same hash. */
static int print_held(struct places *p, const struct digest *contents, const bool *is_high, size_t n, size_t n_objects, json_t **ret)
{
    JSON_AUTO *list = json_array();
    int r = list ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < n && json_array_size(list) < STOCKING_HELD_TOLD; i++) {
        char hash[HOLDING_HASH_SIZE];

        if (!is_high[i])
            continue;
        r = holding_hash(p->store, &contents[i], hash);
        if (!r && json_array_append_new(list, json_string(hash)))
            r = -ENOMEM;
    }
    if (!r && !(*ret = json_pack("{s:I, s:O}", "n", (json_int_t)n_objects, "contents", list)))
        r = -ENOMEM;
    return r > 0 ? -EIO : r;
}

/* Takes the objects that carry it out of the segment. *ret_held NULL: there are none; else yours. */
static int part_held(struct places *p, struct segment *s, json_t **ret_held)
{
    struct digest *contents = calloc(s->n_contents + 1, sizeof(*contents));
    bool *is_high = calloc(s->n_contents + 1, sizeof(*is_high)), *is_left_out = calloc(s->n_objects, sizeof(*is_left_out));
    size_t n_high = 0, n_objects = 0;
    int r = contents && is_high && is_left_out ? 0 : -ENOMEM;

    *ret_held = NULL;
    for (size_t i = 0; !r && i < s->n_contents; i++)
        memcpy(contents[i].bytes, s->contents[i].bytes.at, sizeof(contents[i].bytes));
    if (!r)
        r = holding_are_high(p->store, contents, s->n_contents, is_high, &n_high);
    for (size_t i = 0; !r && n_high && i < s->n_objects; i++)
        n_objects += is_left_out[i] = has_high(s, &s->objects[i], is_high);
    if (!r && n_objects && !(r = print_held(p, contents, is_high, s->n_contents, n_objects, ret_held)))
        segment_leave_out(s, is_left_out);
    free(contents);
    free(is_high);
    free(is_left_out);
    return r;
}

/* It is entered before it is answered so. `held` and `answer` are taken, the latter NULL: the batch knows what. */
static int tell_held(json_t *m, json_t *held, json_t *answer)
{
    JSON_AUTO *h = held;
    int r = answer ? json_put(h, "answer", answer) : 0;

    return r ? r : json_put(m, STOCKING_HELD, TAKE(h));
}

/* Nobody waits for what is fetched, and who sends it knows nothing of our records: the rest of it comes in. */
static bool is_fetched(const json_t *m)
{
    return str_starts(str_of(json_str(m, "op")), STR("poll-"));
}

static int answer_written(json_t *m, json_t *held, uint64_t n_known)
{
    json_t *answer = json_pack("{s:b, s:I, s:I}", "ok", 1, "known", (json_int_t)n_known, "held", (json_int_t)json_int(held, "n"));

    if (!answer)
        return -ENOMEM;
    return held ? tell_held(m, json_incref(held), answer) : aside_tell(m, answer);
}

static int write_segment(struct places *p, json_t *m, const struct engine_import *i, struct str message)
{
    struct known known = {.p = p, .collection = i->collection};
    JSON_AUTO *held = NULL;
    struct intel_writing w;
    struct segment segment;
    struct digest digest = sha256(message);
    uint64_t n_known = 0;
    int r = segment_read(message, &segment);

    if (r)
        return r < 0 ? r : tell(m, "invalid", "送られた内容の形式が正しくありません。", "What was sent is no segment.");
    r = part_held(p, &segment, &held);
    if (r || (held && !is_fetched(m))) {
        segment_done(&segment);
        return r ? r : tell_held(m, TAKE(held), NULL);
    }
    writing_of(i, &w);
    w.is_known = is_known;
    w.context = &known;
    w.seen = p->seen;
    r = intel_write(p->intel, &w, json_int(m, "n"), &segment, &digest, &n_known);
    segment_done(&segment);
    switch (r) {
    case 0:
        return answer_written(m, held, n_known);
    case STORE_E_EXISTS:
        return tell(m, "order", "取込みの続きの番号が違います。", "Another segment comes next.");
    case STORE_E_NONE:
        return tell_gone(m, ENGINE_INTEL_E_OVER);
    case STORE_E_FULL:
        return tell_full(m);
    default:
        return store_errno(r);
    }
}

static int take_segment(struct places *p, const char *db, json_t *m, const struct engine_import *i)
{
    CLEANUP(buf_done) struct buf message;
    int r;

    buf_init(&message, SEGMENT_SIZE_MAX);
    if (!filing_has_room(db, SEGMENT_SIZE_MAX))
        return tell_full(m);
    r = base64_parse(str_of(json_str(m, "data")), &message);
    if (r == -ENOMEM)
        return r;
    return write_segment(p, m, i, r ? STR("") : buf_str(&message));
}

/* ---- its opening: the batch adds the rest ---- */

static int waiting(struct store *intel, unsigned *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(intel, &rows, STMT_INTEL_RUNS_WAITING);

    *ret = 0;
    while (!r && (r = rows_next(rows)) == 1) {
        ++*ret;
        r = 0;
    }
    return r;
}

static int put_totals(json_t *m, const struct intel_totals *t)
{
    json_t *o = json_pack("{s:I, s:I, s:[I, I, I], s:s}", "segments", (json_int_t)t->n_segments, "objects", (json_int_t)t->n_objects, "levels",
                          (json_int_t)t->levels[0], (json_int_t)t->levels[1], (json_int_t)t->levels[2], "root", digest_text(&t->root).at);

    return o ? json_put(m, STOCKING_TOTALS, o) : -ENOMEM;
}

int stocking_totals(const json_t *message, struct intel_totals *ret)
{
    const json_t *o = json_obj(message, STOCKING_TOTALS), *levels = json_object_get(o, "levels");

    if (!o)
        return -EIO;
    ret->n_segments = json_int(o, "segments");
    ret->n_objects = json_int(o, "objects");
    for (size_t i = 0; i < STORE_INTEL_LEVELS; i++)
        ret->levels[i] = json_integer_value(json_array_get(levels, i));
    return hex_parse(str_of(json_str(o, "root")), ret->root.bytes, sizeof(ret->root.bytes)) ? -EIO : 0;
}

/* Finished runs that are about to be opened count among those that wait: a few more or less are as good. */
static int take_end(struct places *p, json_t *m, const struct engine_import *i)
{
    struct intel_writing w;
    struct intel_totals totals;
    unsigned n;
    int r = waiting(p->intel, &n);

    if (r)
        return store_errno(r);
    if (n >= STORE_INTEL_WAITING)
        return tell(m, "waits", "先に取り込んだものを整理しています。少し待ってから、もう一度公開してください。",
                    "Earlier imports are still being put in order. Wait a little and open it again.");
    writing_of(i, &w);
    r = intel_finish(p->intel, &w, &totals);
    if (r == STORE_E_NONE)
        return tell_gone(m, ENGINE_INTEL_E_OVER);
    return r ? store_errno(r) : put_totals(m, &totals);
}

/* Of a file that the examiner's process reads: whose the run is was found out when it was begun. */
static int take_read(struct places *p, const char *db, json_t *m)
{
    struct engine_import i;
    bool is_begun;
    int r = intake_is_begun(p->store, json_int(m, "run"), json_int(m, "tries"), &is_begun);

    if (!r)
        r = is_begun ? engine_import_find(p->store, json_int(m, "run"), NULL, &i) : ENGINE_INTEL_E_OVER;
    return r ? tell_gone(m, r) : take_segment(p, db, m, &i);
}

/* The run is finished when it is opened, and not before all of its file was read. */
static int take_whole(struct places *p, json_t *m, const struct engine_import *i)
{
    int64_t left;
    bool is_checked;
    int r = intake_is_checked(p->store, i->run, &is_checked, &left);

    if (r)
        return r;
    return is_checked ? take_end(p, m, i) : tell(m, "not-ready", "ファイルの読取りが終わっていません。", "Its file has not been read yet.");
}

/* ---- what is taken out ---- */

/* Is that number a version of the object, on that shelf? In its own run, or where it was merged to. */
static int is_version(struct places *p, const char *id, int64_t shelf, int64_t number, bool *ret)
{
    const int64_t runs[] = {0, number >> 32};
    int r = 0;

    *ret = false;
    for (size_t i = 0; !r && !*ret && i < ARRAY_LEN(runs); i++) {
        ROWS_AUTO *rows = NULL;

        r = STORE_QUERY(p->intel, &rows, STMT_INTEL_IDENT_OF_ID, V_INT(shelf), V_INT(runs[i]), V_TEXT(id));
        while (!r && (r = rows_next(rows)) == 1) {
            *ret = *ret || rows_int(rows, 1) == number;
            r = 0;
        }
    }
    return store_errno(r);
}

/* The record says which object is taken out: each number has to be one of its versions. Whose they are the batch looks at. */
static int take_removal(struct places *p, json_t *m)
{
    const char *key;
    json_t *value;

    json_object_foreach (json_obj(m, "at"), key, value) {
        bool is_one = false;
        int64_t number;
        int r = str_to_i64(str_of(key), 1, INT64_MAX, &number) ? 0 : is_version(p, json_str(m, "object"), json_integer_value(value), number, &is_one);

        if (r || !is_one)
            return r ? r : tell(m, "none", "その情報集、取込元又は取込みはありません。", "There is no such collection, channel or import.");
    }
    return 0;
}

/* ---- what is fetched ---- */

/* `held` is taken. */
static int answer_looked(json_t *m, json_t *held, bool is_new)
{
    JSON_AUTO *h = held;
    json_t *answer = json_pack("{s:b, s:b, s:I}", "ok", 1, is_new ? "wants" : "idle", 1, "held", (json_int_t)(is_new ? 0 : json_int(h, "n")));

    if (!answer)
        return -ENOMEM;
    return h && !is_new ? tell_held(m, TAKE(h), answer) : aside_tell(m, answer);
}

/* Is anything in it new for that collection? What it would be written as: no shelf, nothing that lies there. */
static int look_at_segment(struct places *p, json_t *m, const char *collection)
{
    CLEANUP(buf_done) struct buf message;
    struct known known = {.p = p, .collection = collection};
    struct intel_writing w = {.run = -1, .is_known = is_known, .context = &known};
    JSON_AUTO *held = NULL;
    struct segment segment;
    bool is_new = true;
    int r;

    buf_init(&message, SEGMENT_SIZE_MAX);
    r = base64_parse(str_of(json_str(m, "data")), &message);
    if (r == -ENOMEM)
        return r;
    r = segment_read(r ? STR("") : buf_str(&message), &segment);
    if (r)
        return r < 0 ? r : tell(m, "invalid", "送られた内容の形式が正しくありません。", "What was sent is no segment.");
    r = part_held(p, &segment, &held);
    for (int level = 1; !r && level <= (int)STORE_INTEL_LEVELS; level++) {
        ROWS_AUTO *row = NULL;

        r = STORE_ONE(p->store, &row, STMT_INTEL_SHELF_OF, V_TEXT(collection), V_INT(level));
        w.audiences[level - 1] = r ? 0 : rows_int(row, 0);
        r = r == STORE_E_NONE ? 0 : r;
    }
    if (!r && !(is_new = segment.n_objects > 0) && held) /* what is new beside it is sent again, and entered then */
        r = 0;
    else if (!r)
        r = intel_has_new(p->intel, &w, &segment, &is_new);
    segment_done(&segment);
    return r ? store_errno(r) : answer_looked(m, TAKE(held), is_new);
}

static int take_polled(struct places *p, const char *db, json_t *m)
{
    bool is_segment = !strcmp(json_str(m, "op"), "poll-segment");
    struct engine_import i;
    char collection[96];
    int64_t run;
    int r = poll_find(p->store, json_str(m, "channel"), json_int(m, "tries"), &run, collection);

    if (r)
        return r < 0 ? r : tell_gone(m, ENGINE_INTEL_E_OVER);
    if (!run)
        return is_segment ? look_at_segment(p, m, collection) : 0;
    r = engine_import_find(p->store, run, NULL, &i);
    if (r) /* somebody dropped it: its end says so */
        return is_segment || r < 0 ? tell_gone(m, r) : put_totals(m, &(struct intel_totals){.n_segments = 0});
    if (is_segment)
        return take_segment(p, db, m, &i);
    return take_end(p, m, &i);
}

static int take(struct places *p, const char *db, json_t *m)
{
    struct engine_import i;
    struct asker asker;
    int r;

    if (!strcmp(json_str(m, "op"), "intake-segment"))
        return take_read(p, db, m);
    if (str_starts(str_of(json_str(m, "op")), STR("poll-")))
        return take_polled(p, db, m);
    r = asker_find(p->store, m, true, &asker);
    if (r)
        return MIN_OF(r, 0);
    if (!strcmp(json_str(m, "op"), "intel-remove"))
        return take_removal(p, m);
    r = engine_import_find(p->store, json_int(m, "run"), asker.person, &i);
    if (r)
        return tell_gone(m, r);
    return strcmp(json_str(m, "op"), "intel-open") ? take_segment(p, db, m, &i) : take_whole(p, m, &i);
}

/* ---- behind openings and drops ---- */

/* No import that was begun before that run can still be opened. */
static int is_next(struct places *p, int64_t run, bool *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(p->store, &row, STMT_INTEL_RUNS_OF_STATE, V_TEXT("coming"), V_INT(INT64_MAX), V_INT(0));

    *ret = r == STORE_E_NONE || (!r && rows_int(row, 0) > run);
    return r == STORE_E_NONE ? 0 : r;
}

/* Runs that are finished, and open: others may be dropped yet. */
static int merge_one(struct places *p, bool *ret_more)
{
    ROWS_AUTO *rows = NULL;
    int64_t run = 0;
    bool next = false;
    int r = STORE_QUERY(p->intel, &rows, STMT_INTEL_RUNS_WAITING);

    while (!r && !run && (r = rows_next(rows)) == 1) {
        struct engine_import i;

        r = engine_import_find(p->store, rows_int(rows, 0), NULL, &i);
        if (r == ENGINE_INTEL_E_OVER)
            run = rows_int(rows, 0);
        r = MIN_OF(r, 0);
    }
    rows_done(TAKE(rows));
    if (r || !run)
        return store_errno(r);
    r = is_next(p, run, &next);
    if (!r)
        r = intel_merge(p->intel, run, next, ret_more);
    *ret_more = true; /* another one may wait */
    return store_errno(r);
}

static int sweep_one(struct places *p, bool *ret_more)
{
    ROWS_AUTO *row = NULL;
    bool more = false;
    int64_t run;
    int r = STORE_ONE(p->store, &row, STMT_INTEL_RUNS_OF_STATE, V_TEXT("dropped"), V_INT(INT64_MAX), V_INT(p->swept));

    if (r)
        return r == STORE_E_NONE ? 0 : store_errno(r);
    run = rows_int(row, 0);
    rows_done(TAKE(row));
    r = intel_sweep(p->intel, run, &more);
    if (!r && !more)
        p->swept = run;
    *ret_more = !r;
    return store_errno(r);
}

/* Of what was taken out the one that is due next. */
static int clear_one(struct places *p, int64_t now_us, bool *ret_more)
{
    ROWS_AUTO *row = NULL;
    int64_t number, shelf, due_us;
    int r = STORE_ONE(p->store, &row, STMT_INTEL_REMOVED_DUE, V_INT(p->cleared_us), V_INT(p->cleared), V_INT(now_us));

    if (r)
        return r == STORE_E_NONE ? 0 : store_errno(r);
    number = rows_int(row, 0);
    shelf = rows_int(row, 1);
    due_us = rows_int(row, 2);
    rows_done(TAKE(row));
    r = intel_clear(p->intel, shelf, number);
    if (!r) {
        p->cleared_us = due_us;
        p->cleared = number;
    }
    *ret_more = !r;
    return store_errno(r);
}

/* Ends by another decay, when nothing waits to be merged, which would pass the walk. */
static int renew_some(struct places *p, json_t *m, bool *ret_more)
{
    const char *text = json_str(m, "decay");
    struct decay decay;
    int r;

    if (!*text)
        return 0;
    if (strcmp(p->decay, text) != 0) {
        snprintf(p->decay, sizeof(p->decay), "%s", text);
        p->renewal = (struct intel_renewal){.number = 0};
    }
    r = decay_read(str_of(text), &decay) ? intel_lives_renew(p->intel, &decay, &p->renewal, ret_more) : -EIO;
    if (r || *ret_more)
        return store_errno(r);
    p->decay[0] = '\0';
    json_object_del(m, "decay");
    return json_put_flag(m, "renewed", true);
}

static int tidy(struct places *p, json_t *m)
{
    uint64_t until_us = clock_monotonic_us() + TIDY_US;
    bool more = true;
    int r = 0;

    while (!r && more && clock_monotonic_us() < until_us) {
        more = false;
        r = merge_one(p, &more);
        if (!r && !more)
            r = sweep_one(p, &more);
        if (!r && !more)
            r = clear_one(p, json_int(m, "now"), &more);
        if (!r && !more)
            r = renew_some(p, m, &more);
    }
    return r || !more ? r : json_put_flag(m, "more", true);
}

int stocking_sweep(struct store *s, uint64_t now_us, bool *ret_due)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_RUN_NEXT);

    if (r || rows_int(row, 0) == 1)
        return r;
    *ret_due = true;
    return STORE_RUN(s, STMT_INTEL_RUN_DROP_OLD, V_INT(now_us - MIN_OF(now_us, STOCKING_LONGEST_US)));
}

/* ---- the thread's ---- */

static void end(void *things)
{
    struct places *p = things;

    if (!p)
        return;
    store_close(p->store);
    store_close(p->intel);
    intel_seen_free(p->seen);
    free(p);
}

static int open_places(const char *db, void **ret)
{
    struct places *p = calloc(1, sizeof(*p));
    int r = p ? store_open(db, STORE_READ, &p->store, NULL) : -ENOMEM;

    if (!r)
        r = intel_open(db, STORE_WRITE, &p->intel, NULL);
    if (!r && !(p->seen = intel_seen_new()))
        r = -ENOMEM;
    if (r)
        end(p);
    else
        *ret = p;
    return store_errno(r);
}

static int work(void *things, const char *db, json_t *m)
{
    return wants(json_str(m, "op")) ? take(things, db, m) : tidy(things, m);
}

static bool run(const char *db, void **things, json_t *m)
{
    static const struct aside_handles handles = {open_places, end, work};

    return aside_try(&handles, db, things, m);
}

static void wipe(json_t *m)
{
    json_object_del(m, "data");
}

const struct aside_work stocking_work = {wants, run, end, wipe};
