/* How long indicators are good for, when memory runs out or the disk does: it is said, and never that one is current that was called back, or that nothing was
 * said of it. Ends that are written anew stay or are all written. */
#include "intel/stock-lives.h"
#include "store/intel-lives.h"
#include "loop.h"
#include "stock-bench.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <zstd.h>

#define OK(call) assert_int_equal((call), 0)
#define DAY_US (INT64_C(86400) * 1000000)
#define NOW_US (20 * DAY_US)
#define N_SIGHTINGS 20 /* more than a list of reports has places at first */
#define ID_(digit) "indicator--00000000-0000-4000-8000-00000000000" digit
#define N_INDICATORS 4u
#define ENDS_MAX 200u

static const char *const ids[N_INDICATORS] = {ID_("1"), ID_("2"), ID_("3"), ID_("4")};
static const struct decay ten_days = {.of = {[DECAY_ADDRESS] = {10, DECAY_STEADY}}};

struct bench {
    struct stock_bench in;
    struct segment_writer *writer;
    struct stock_ref refs[N_INDICATORS];
    struct buf before; /* the ends as they were, of writing them anew */
    int64_t days;      /* … the life that comes next */
};

/* ---- what there is ---- */

/* A report, or, with `of` NULL, the indicator itself. */
static void add(struct bench *b, const char *own, enum segment_life life, const char *of, int64_t day, int64_t until_us)
{
    struct segment_object o = {.type = str_of(of ? "sighting" : "indicator"), .id = str_of(own), .version = STR("2026-04-10T09:00:00"), .life = life,
                               .decay_class = DECAY_ADDRESS, .at_us = day * DAY_US, .until_us = until_us, .n = 1};
    char text[200], packed[300];

    o.of = of ? str_of(of) : STR_NONE;
    snprintf(text, sizeof(text), "{\"id\": \"%s\", \"day\": %d}", own, (int)day);
    o.length = (uint32_t)strlen(text);
    o.packed = (struct str){packed, ZSTD_compress(packed, sizeof(packed), text, o.length, 3)};
    o.sum = o.digest = sha256(str_of(text));
    OK(segment_writer_add(b->writer, &o));
}

static void merge(struct bench *b, int64_t run)
{
    bool more = true;

    while (more)
        OK(intel_merge(b->in.intel, run, true, &more));
}

static void have_indicators(struct bench *b)
{
    add(b, ids[0], SEGMENT_INDICATOR, NULL, 5, 100 * DAY_US);
    add(b, ids[1], SEGMENT_INDICATOR, NULL, 15, 0);
    add(b, ids[2], SEGMENT_INDICATOR, NULL, 15, DECAY_NEVER);
    add(b, ids[3], SEGMENT_INDICATOR, NULL, 15, DECAY_NEVER);
    stock_bench_take(&b->in, b->writer, &ten_days);
    merge(b, 1);
}

/* In a run that is not merged: one that is seen, one that is withdrawn and one that was no good. */
static void have_reports(struct bench *b)
{
    char own[60];

    for (int i = 0; i < N_SIGHTINGS; i++) {
        snprintf(own, sizeof(own), "sighting--00000000-0000-4000-8000-%012d", i);
        add(b, own, SEGMENT_SIGHTING, ids[0], 18 + i % 2, 0);
    }
    add(b, "opinion--00000000-0000-4000-8000-000000000001", SEGMENT_WITHDRAWAL, ids[2], 17, 0);
    add(b, "opinion--00000000-0000-4000-8000-000000000002", SEGMENT_FALSE, ID_("9") " " ID_("4"), 16, 0);
    stock_bench_take(&b->in, b->writer, &ten_days);
}

static int take_ref(const struct stock_version *v, void *context)
{
    *(struct stock_ref *)context = v->ref;
    return 0;
}

static void begin(struct bench *b)
{
    *b = (struct bench){.writer = segment_writer_new(), .days = 5};
    buf_init(&b->before, 1 << 20);
    assert_non_null(b->writer);
    stock_bench_begin(&b->in);
    have_indicators(b);
    have_reports(b);
    for (unsigned i = 0; i < N_INDICATORS; i++)
        OK(stock_versions(b->in.stock, b->in.sight, str_of(ids[i]), take_ref, &b->refs[i]));
}

static void end(struct bench *b)
{
    segment_writer_free(b->writer);
    buf_done(&b->before);
    stock_bench_end(&b->in);
}

/* ---- reading ---- */

static void loop(const char *name, int (*run)(void *), const char *want)
{
    struct bench b;

    begin(&b);
    stock_bench_loop(&b.in, name, run, &b);
    assert_string_equal(b.in.want.at, want);
    end(&b);
}

static int day_of(int64_t us)
{
    return us == DECAY_NEVER ? -1 : (int)(us / DAY_US);
}

static int run_life(void *user)
{
    struct bench *b = user;
    struct stock_life life;
    int r = 0;

    for (unsigned i = 0; !r && i < N_INDICATORS; i++) {
        r = store_errno(stock_life(b->in.stock, b->in.sight, b->refs[i], str_of(ids[i]), &life));
        if (!r)
            r = buf_printf(&b->in.is, "%d %d, %d of %d; ", day_of(life.end_us), (int)life.why, (int)life.n_seen, (int)life.n_reports);
    }
    return r;
}

static void one_life_is_told(void **state)
{
    char want[100];

    snprintf(want, sizeof(want), "29 %d, 20 of 20; 0 %d, 0 of 0; 17 %d, 0 of 0; 16 %d, 0 of 0; ", STOCK_WHY_SEEN, STOCK_WHY_REVOKED, STOCK_WHY_WITHDRAWN,
             STOCK_WHY_FALSE);
    loop("stock_life", run_life, want);
}

static int run_current(void *user)
{
    CLEANUP(stock_current_freep) struct stock_current *current = NULL;
    struct bench *b = user;
    int r = store_errno(stock_current(b->in.stock, b->in.sight, NOW_US, &current));

    for (unsigned i = 0; !r && i < N_INDICATORS; i++)
        r = buf_printf(&b->in.is, "%d ", day_of(stock_current_end(current, b->refs[i])));
    return r;
}

static void all_that_are_current_are_told(void **state)
{
    loop("stock_current", run_current, "29 0 0 0 ");
}

static int print_end(struct stock_ref ref, int64_t end_us, void *context)
{
    return buf_printf(context, "%d ", day_of(end_us));
}

static int run_ends(void *user)
{
    struct bench *b = user;

    return store_errno(stock_ends(b->in.stock, b->in.sight, 1, INT64_MAX, print_end, &b->in.is) ?:
                       stock_revoked(b->in.stock, b->in.sight, 10, print_end, &b->in.is));
}

/* Of indicators that live so many days from when they came or were seen, and of one that was revoked. */
static const char *print_ends(int64_t days, char text[ENDS_MAX])
{
    int n = snprintf(text, ENDS_MAX, "%d %d %d ", 5 + (int)days, 15 + (int)days, 15 + (int)days);

    for (int i = 0; i < N_SIGHTINGS; i++)
        n += snprintf(text + n, ENDS_MAX - (size_t)n, "%d ", (i < N_SIGHTINGS / 2 ? 18 : 19) + (int)days);
    snprintf(text + n, ENDS_MAX - (size_t)n, "0 ");
    return text;
}

static void ends_are_told(void **state)
{
    char text[ENDS_MAX];

    loop("stock_ends", run_ends, print_ends(10, text));
}

static int print_report(const struct stock_report *r, void *context)
{
    return buf_printf(context, "%.*s %d\n", STR_ARG(r->id), day_of(r->at_us));
}

static int run_reports(void *user)
{
    struct bench *b = user;

    return store_errno(stock_reports(b->in.stock, b->in.sight, SEGMENT_FALSE, print_report, &b->in.is) ?:
                       stock_reports(b->in.stock, b->in.sight, SEGMENT_WITHDRAWAL, print_report, &b->in.is));
}

static void reports_are_told(void **state)
{
    loop("stock_reports", run_reports, ID_("9") " 16\n" ID_("4") " 16\n" ID_("3") " 17\n");
}

/* ---- lives that are others ---- */

static int run_renew(void *user)
{
    struct bench *b = user;
    const struct decay decay = {.of = {[DECAY_ADDRESS] = {b->days, DECAY_STEADY}}};
    struct intel_renewal at = {.number = 0};
    bool more = true;
    int r = 0;

    while (!r && more)
        r = intel_lives_renew(b->in.intel, &decay, &at, &more);
    return store_errno(r);
}

/* The ends are those of before or the ones that follow from the life that was asked for, whatever failed; with success these. */
static void check_renewed(void *user, int r)
{
    struct bench *b = user;
    char want[ENDS_MAX];
    bool is_new;

    OK(run_ends(b));
    is_new = str_eq(buf_str(&b->in.is), str_of(print_ends(b->days, want)));
    if (!is_new && (r == 0 || !str_eq(buf_str(&b->in.is), buf_str(&b->before))))
        fail_msg("%d, and the ends are \"%.*s\"", r, STR_ARG(buf_str(&b->in.is)));
    if (is_new) {
        buf_clear(&b->before);
        OK(buf_add_str(&b->before, buf_str(&b->in.is)));
        b->days = b->days == 5 ? 7 : 5;
    }
    buf_clear(&b->in.is);
}

static void ends_are_written_anew(void **state)
{
    const struct fail_operation memory = {"intel_lives_renew", run_renew, check_renewed, FAIL_ALLOC, fail_no_memory, 60};
    const struct fail_operation disk = {"intel_lives_renew", run_renew, check_renewed, FAIL_WRITE, fail_io, 20};
    struct bench b;

    begin(&b);
    merge(&b, 2); /* what is not merged keeps the ends of its run */
    fail_loop(&memory, &b);
    fail_loop(&disk, &b);
    end(&b);
}

/* ---- decay ---- */

static int run_print(void *user)
{
    struct bench *b = user;
    struct decay d = {.threshold = 30};

    for (unsigned c = 0; c < DECAY_N_CLASSES; c++)
        d.of[c] = (struct decay_of){DECAY_DAYS_MAX, DECAY_STEADY};
    return decay_print(&d, &b->in.is);
}

static void decay_is_written(void **state)
{
    struct decay again;
    struct bench b;

    begin(&b);
    stock_bench_loop(&b.in, "decay_print", run_print, &b);
    assert_true(decay_read(buf_str(&b.in.want), &again));
    assert_int_equal(again.of[DECAY_N_CLASSES - 1].days, DECAY_DAYS_MAX);
    end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_life_is_told),      cmocka_unit_test(all_that_are_current_are_told),
        cmocka_unit_test(ends_are_told),         cmocka_unit_test(reports_are_told),
        cmocka_unit_test(ends_are_written_anew), cmocka_unit_test(decay_is_written),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
