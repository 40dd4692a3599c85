/* Many threads find what one finds, in the same order, whatever the sizes of reading; and stop when they are told to. */
#include "intel/match-crew.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#define OUT_MAX ((size_t)1 << 30)

static uint64_t state = 3;

static uint32_t below(uint32_t n)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(((z ^ z >> 31) >> 32) * n >> 32);
}

static void add(struct buf *out, struct str s)
{
    assert_int_equal(buf_add_str(out, s), 0);
}

static struct set *make_set(struct buf *file)
{
    struct set_builder *b = set_builder_new(&(struct set_mark){.flags = SET_BELOW}, NULL);
    struct set *set;
    struct clue v;

    clue_init(&v);
    assert_int_equal(clue_read(STR("example.jp"), &v), 0);
    assert_int_equal(set_builder_add(b, &v, STR("name"), 0), 0);
    assert_int_equal(clue_read(STR("192.0.2.0/24"), &v), 0);
    assert_int_equal(set_builder_add(b, &v, STR("net"), 0), 0);
    clue_done(&v);
    buf_init(file, OUT_MAX);
    assert_int_equal(set_builder_print(b, file), 0);
    assert_int_equal(set_of(buf_str(file), &set), 0);
    set_builder_free(b);
    return set;
}

/* Lines of many lengths, some longer than a line may be, with hits here and there; the last one has no end. */
static void make_log(struct buf *out, size_t size)
{
    buf_init(out, OUT_MAX);
    while (out->len < size) {
        uint32_t n = below(300) ? below(200) : below(3) ? below(300000) : 1500000 + below(1000000);
        char *at = buf_grow(out, n);

        assert_non_null(at);
        memset(at, 'x', n);
        if (!below(4))
            add(out, STR(" www.example.jp 192.0.2.7 "));
        add(out, STR("\n"));
    }
    add(out, STR("example.jp"));
}

static int put(const struct match_hit *hit, const void *file, void *context, struct buf *out)
{
    return buf_printf(out, "%s %d %d %.*s\n", (const char *)file, (int)hit->line, (int)hit->offset,
                      STR_ARG(hit->entry->indicator));
}

static int put_alone(const struct match_hit *hit, void *context)
{
    return put(hit, "a", NULL, context);
}

struct written {
    struct buf text;
    size_t n, n_max; /* calls; then it fails */
};

static int write_words(struct str words, void *context)
{
    struct written *w = context;

    return ++w->n > w->n_max ? -ENOSPC : buf_add_str(&w->text, words);
}

/* One file, read in pieces of at most `most`. */
static int feed(struct match_crew *c, const char *file, struct str text, uint32_t most)
{
    size_t size;
    int r = 0;

    match_crew_begin(c, file);
    while (text.len && !r) {
        char *at = match_crew_room(c, &size);
        size_t wanted = 1 + below(most);

        assert_true(size > 0);
        size = MIN_OF(MIN_OF(size, wanted), text.len);
        memcpy(at, text.at, size);
        text = (struct str){text.at + size, text.len - size};
        r = match_crew_filled(c, size);
    }
    return r ? r : match_crew_end(c);
}

static void one_finds(const struct set *set, struct str text, struct buf *out)
{
    struct matcher *m = matcher_new(set, NULL, put_alone, out);

    buf_init(out, OUT_MAX);
    assert_int_equal(matcher_add(m, text), 0);
    assert_int_equal(matcher_end(m), 0);
    matcher_free(m);
}

static void as_one_does(void **unused)
{
    struct buf file, log, alone;
    struct set *set = make_set(&file);

    make_log(&log, (size_t)24 << 20);
    one_finds(set, buf_str(&log), &alone);
    assert_true(alone.len > 10000);
    for (unsigned n = 1; n <= 8; n *= 2) {
        struct written w = {.n_max = SIZE_MAX};
        struct match_crew_work work = {set, {0}, put, write_words, &w};
        struct match_crew *c;

        buf_init(&w.text, OUT_MAX);
        assert_int_equal(match_crew_new(&work, n, &c), 0);
        assert_int_equal(feed(c, "a", buf_str(&log), n == 2 ? 5000 : 1u << 20), 0);
        assert_int_equal(feed(c, "b", STR("\n192.0.2.1"), 100), 0);
        assert_int_equal(feed(c, "c", STR_NONE, 100), 0);
        assert_int_equal(match_crew_finish(c), 0);
        assert_true(str_starts(buf_str(&w.text), buf_str(&alone)));
        assert_true(str_eq((struct str){w.text.at + alone.len, w.text.len - alone.len},
                           STR("b 2 1 net\n")));
        match_crew_free(c);
        buf_done(&w.text);
    }
    buf_done(&alone);
    buf_done(&log);
    set_free(set);
    buf_done(&file);
}

/* More to say than is kept: whoever says it waits for his turn, and the order stays. */
static void much_to_say(void **unused)
{
    struct buf file, log, alone;
    struct set *set = make_set(&file);
    struct written w = {.n_max = SIZE_MAX};
    struct match_crew_work work = {set, {0}, put, write_words, &w};
    struct match_crew *c;

    buf_init(&log, OUT_MAX);
    while (log.len < ((size_t)3 << 20))
        add(&log, STR("192.0.2.1\n"));
    one_finds(set, buf_str(&log), &alone);
    assert_true(alone.len > 4 * CREW_WORDS_MAX);
    buf_init(&w.text, OUT_MAX);
    assert_int_equal(match_crew_new(&work, 4, &c), 0);
    assert_int_equal(feed(c, "a", buf_str(&log), 1u << 20), 0);
    assert_int_equal(match_crew_finish(c), 0);
    assert_true(str_eq(buf_str(&w.text), buf_str(&alone)));
    match_crew_free(c);
    buf_done(&w.text);
    buf_done(&alone);
    buf_done(&log);
    set_free(set);
    buf_done(&file);
}

/* The first failure of writing is answered, nothing is written behind it, and nobody waits for ever. */
static void writing_fails(void **unused)
{
    struct buf file, log;
    struct set *set = make_set(&file);

    make_log(&log, (size_t)8 << 20);
    for (size_t n_max = 0; n_max < 8; n_max++) {
        struct written w = {.n_max = n_max};
        struct match_crew_work work = {set, {0}, put, write_words, &w};
        struct match_crew *c;
        int r;

        buf_init(&w.text, OUT_MAX);
        assert_int_equal(match_crew_new(&work, 3, &c), 0);
        r = feed(c, "a", buf_str(&log), 1u << 20);
        assert_true(r == 0 || r == -ENOSPC);
        assert_int_equal(match_crew_finish(c), -ENOSPC);
        assert_int_equal(w.n, n_max + 1);
        match_crew_free(c);
        buf_done(&w.text);
    }
    buf_done(&log);
    set_free(set);
    buf_done(&file);
}

/* Given up in the middle. */
static void left_alone(void **unused)
{
    struct buf file, log;
    struct set *set = make_set(&file);
    struct written w = {.n_max = SIZE_MAX};
    struct match_crew_work work = {set, {0}, put, write_words, &w};
    struct match_crew *c;

    make_log(&log, (size_t)2 << 20);
    buf_init(&w.text, OUT_MAX);
    assert_int_equal(match_crew_new(&work, 3, &c), 0);
    match_crew_free(c);
    assert_int_equal(match_crew_new(&work, 3, &c), 0);
    assert_int_equal(feed(c, "a", buf_str(&log), 1u << 20), 0);
    match_crew_free(c);
    buf_done(&w.text);
    buf_done(&log);
    set_free(set);
    buf_done(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_one_does),
        cmocka_unit_test(much_to_say),
        cmocka_unit_test(writing_fails),
        cmocka_unit_test(left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
