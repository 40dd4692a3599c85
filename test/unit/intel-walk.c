/* The fast half of matching against the slow matcher, on texts that are made to be hard: values cut, joined, doubled and misspelt, at every place of
 * a block of 64 bytes, across the edges of pieces, in lines of any length, among NUL and bytes that are no UTF-8. */
#include "intel/match-classify.h"
#include "intel/match.h"
#include "match-slow.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define N_TEXTS 240u
#define TEXT_MAX 260u
#define OUT_MAX ((size_t)1 << 28)

static uint64_t state;

static uint32_t below(uint32_t n)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(((z ^ z >> 31) >> 32) * n >> 32);
}

/* ---- bits ---- */

#define STRIP_SIZE (CLASSIFY_STRIP * CLASSIFY_BLOCK)

static bool is_one_of(int c, const char *all)
{
    return c > 0 && strchr(all, c);
}

static bool is_plain(int c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_number(int c)
{
    return c >= '0' && c <= '9';
}

/* Whether four numbers of one to three digits end before `i`; of the first, only its last digit counts. */
static bool ends_address(const char *text, size_t i)
{
    for (unsigned k = 0; k < 4; k++) {
        size_t n = 0;

        while (n < i && is_number(text[i - n - 1]))
            n++;
        if (!n || (k < 3 && n > 3))
            return false;
        i -= n;
        if (k < 3 && (!i || text[--i] != '.'))
            return false;
    }
    return true;
}

static bool ends_scheme(const char *text, size_t i)
{
    return i >= 3 && !memcmp(text + i - 3, "://", 3);
}

/* Each bit by the words of the header; `at` counts from the beginning of all. */
static void right_bits(const struct classified *c, const char *text, size_t at)
{
    for (size_t i = 0; i < STRIP_SIZE; i++) {
        size_t b = 1 + i / 64, k = at + i;
        int x = (unsigned char)text[k], before = k ? (unsigned char)text[k - 1] : 0;
        bool is_token = is_plain(x) || is_one_of(x, ".-");
        struct {
            const uint64_t *is;
            bool want;
        } bits[] = {
            {c->token, is_token},
            {c->dot, x == '.'},
            {c->joint, is_one_of(x, ".-")},
            {c->digit, is_number(x)},
            {c->hex, is_one_of(x, "0123456789abcdefABCDEF")},
            {c->colon, x == ':'},
            {c->slash, x == '/'},
            {c->at, x == '@'},
            {c->edge, !is_token || x == '.'},
            {c->unnumber, !is_number(x) && x != '.'},
            {c->lettered, before == '.' && is_plain(x) && !is_number(x)},
            {c->address, !is_plain(x) && ends_address(text, k)},
            {c->host, ends_scheme(text, k) && is_plain(x)},
            {c->odd_host, ends_scheme(text, k) && !is_plain(x)},
            {c->path, x == '/' && !is_one_of(before, ".-")},
        };

        for (size_t n = 0; n < ARRAY_LEN(bits); n++)
            if ((bits[n].is[b] >> i % 64 & 1) != bits[n].want)
                fail_msg("bit %zu of \"%.20s\" at byte %zu is wrong", n, text + k, k);
    }
}

/* A byte that is often one of those that matter. */
static char any_byte(void)
{
    static const char usual[] = "....--//::0123456789012345aF_g@";

    return below(8) ? usual[below(sizeof(usual) - 1)] : (char)below(256);
}

static void every_way_gives_the_right_bits(void **unused)
{
    static struct classified c;
    static char text[4 * STRIP_SIZE];
    struct classify_way ways[CLASSIFY_WAYS_MAX];
    size_t n = classify_ways(ways);

    assert_true(n >= 1);
    state = 1;
    for (unsigned round = 0; round < 16; round++) {
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = round ? any_byte() : (char)i; /* every byte, first */
        for (size_t w = 0; w < n; w++) {
            classify_begin(&c);
            for (size_t at = 0; at < sizeof(text); at += STRIP_SIZE) {
                size_t part = below(CLASSIFY_STRIP); /* strips may be shorter */

                if (round % 2 && part) {
                    struct classified first = c;

                    ways[w].run(text + at, part, &first);
                    classify_go_on(&first, &first, part);
                    ways[w].run(text + at + part * CLASSIFY_BLOCK, CLASSIFY_STRIP - part, &first);
                    ways[w].run(text + at, CLASSIFY_STRIP, &c);
                    assert_memory_equal(first.address + 1, c.address + 1 + part,
                                        (CLASSIFY_STRIP - part) * sizeof(uint64_t));
                    assert_memory_equal(first.host + 1, c.host + 1 + part,
                                        (CLASSIFY_STRIP - part) * sizeof(uint64_t));
                } else {
                    ways[w].run(text + at, CLASSIFY_STRIP, &c);
                }
                right_bits(&c, text, at);
                classify_go_on(&c, &c, CLASSIFY_STRIP);
            }
        }
    }
}

static void lines_are_counted(void **unused)
{
    static char text[70000];

    state = 7;
    for (unsigned round = 0; round < 300; round++) {
        size_t from = below(20), len = round ? below(sizeof(text) - 20) : sizeof(text) - 20;
        uint64_t n = 0;

        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = round % 3 && below(3) ? (char)below(256) : '\n';
        for (size_t i = from; i < from + len; i++)
            n += text[i] == '\n';
        assert_int_equal(classify_count_lines((struct str){text + from, len}), n);
    }
    assert_int_equal(classify_count_lines(STR_NONE), 0);
}

/* ---- texts ---- */

static const char *const values[] = {
    "192.0.2.1",
    "198.51.100.0/24",
    "198.51.0.0/16",
    "0.0.0.0/1",
    "2001:db8::1",
    "2001:db8:1::/48",
    "2001:db8:0:0:0:0:0:2",
    "example.jp",
    "www.example.jp",
    "a.b.c.d.e.f.g.example.com",
    "xn--r8jz45g.jp",
    "_dmarc.example.net",
    "a-label-of-more-than-sixteen-bytes.with-another-one-that-is-long.example.org",
    "a.b.a-label-of-fifty-bytes-so-that-dots-before-it-are-far-away.example.org",
    "http://example.net/a",
    "http://192.0.2.9/x",
    "https://user@www.example.jp:8443/a?b=c#d",
    "ftp://[2001:db8::1]/",
    "http://localhost/",
    "taro@example.org",
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
};
static const char *const more[] = {
    "192.0.2.",
    "::ffff:192.0.2.1",
    ".jp",
    "www.",
    "http://",
    "HTTP://EXAMPLE.NET:80/./a",
    "hxxp://",
    "://",
    "//",
    "::",
    ":",
    "@",
    ".",
    "-",
    "_",
    "..",
    "1",
    "f",
    "%2e",
    "[",
    "]",
    ",",
    "\xe3\x81\x82",
    "\xff",
    " ",
    "\"",
    "/",
    "?u=",
    "0192.0.2.1",
    "300.0.2.1",
    "192.0.2.10",
    "a.5com",
    "5com",
    "example",
    ".example.jp",
    "16:01:40",
    "2001:db8:1:2:3:4:5:6",
    "TARO@EXAMPLE.ORG",
    "D41D8CD98F00B204E9800998ECF8427E",
    "ffffffffffffffffffffffffffffffff",
    "\n",
    "user:1@",
    ":80",
    ":8443/a?b=c#d",
    "--------------------------------------------------------------------------------", /* a block of its own and more */
};

static void add(struct buf *out, struct str s)
{
    assert_int_equal(buf_add_str(out, s), 0);
}

/* A value or a part of one, in either case, with a byte changed now and then. */
static void add_piece(struct buf *out)
{
    struct str s =
        below(2) ? str_of(values[below(ARRAY_LEN(values))]) : str_of(more[below(ARRAY_LEN(more))]);
    size_t from = below(6) ? 0 : below((uint32_t)s.len), start = out->len;

    add(out, (struct str){s.at + from, s.len - from});
    if (!below(8))
        out->at[start + below((uint32_t)(out->len - start))] = (char)below(256);
    if (!below(4))
        for (size_t i = start; i < out->len; i++)
            if (out->at[i] >= 'a' && out->at[i] <= 'z')
                out->at[i] = (char)(out->at[i] - 32);
}

static void make_text(struct buf *out)
{
    uint32_t len = 1 + below(TEXT_MAX);

    while (out->len < len) {
        add_piece(out);
        if (below(3))
            add(out, below(8) ? STR(" ") : (struct str){"\0", 1});
    }
}

/* ---- the same by both ---- */

struct text {
    struct buf bytes;
    struct hit_row {
        size_t offset;
        char *rest; /* of the row of slow_match() */
    } hits[4096];
    size_t n_hits;
};
static struct text texts[N_TEXTS];
static struct slow_list list;
static struct set *set;
static struct buf file;

static int keep(const struct match_hit *hit, void *context)
{
    slow_match_print((size_t)hit->offset, hit->written.len, hit->entry->type, hit->entry->bytes,
                     hit->entry->indicator, context);
    return 0;
}

static void take_hits(struct text *t, size_t from, const struct buf *rows)
{
    struct str rest = buf_str(rows), row;
    uint64_t offset;

    while (str_split(&rest, '\n', &row)) {
        size_t space;

        if (!row.len)
            continue;
        space = (size_t)((const char *)memchr(row.at, ' ', row.len) - row.at);
        assert_int_equal(str_to_u64((struct str){row.at, space}, 0, SIZE_MAX, &offset), 0);
        assert_true(t->n_hits < ARRAY_LEN(t->hits));
        t->hits[t->n_hits].offset = (size_t)offset + from;
        t->hits[t->n_hits++].rest = strndup(row.at + space, row.len - space);
    }
}

static void look_slowly(struct text *t)
{
    struct str all = buf_str(&t->bytes);
    struct buf rows;

    buf_init(&rows, OUT_MAX);
    for (size_t at = 0; at < all.len;) {
        const char *end = memchr(all.at + at, '\n', all.len - at);
        size_t len = end ? (size_t)(end - all.at) - at : all.len - at;

        buf_clear(&rows);
        slow_match(&list, (struct str){all.at + at, len}, &rows);
        take_hits(t, at, &rows);
        at += len + 1;
    }
    buf_done(&rows);
}

static bool (*made)(enum clue_type type); /* which set there is */

static int free_all(void **unused)
{
    if (!made)
        return 0;
    made = NULL;
    for (size_t i = 0; i < N_TEXTS; i++) {
        for (size_t h = 0; h < texts[i].n_hits; h++)
            free(texts[i].hits[h].rest);
        buf_done(&texts[i].bytes);
    }
    for (size_t i = 0; i < list.n; i++) {
        clue_done(&list.values[i]);
        buf_done(&list.names[i]);
    }
    set_free(set);
    buf_done(&file);
    return 0;
}

/* Of the values, those that stay. */
static int make_set(bool (*stays)(enum clue_type type), const char *odd)
{
    struct set_builder *b;

    if (made == stays)
        return 0;
    free_all(NULL);
    made = stays;
    b = set_builder_new(&(struct set_mark){.flags = SET_BELOW}, NULL);
    list.below = true;
    list.n = 0;
    for (size_t i = 0; i < ARRAY_LEN(values) + (odd != NULL); i++) {
        struct clue *v = &list.values[list.n];
        struct buf *name = &list.names[list.n];

        clue_init(v);
        assert_int_equal(clue_read(str_of(i < ARRAY_LEN(values) ? values[i] : odd), v), 0);
        if (!stays(v->type)) {
            clue_done(v);
            continue;
        }
        buf_init(name, 16);
        assert_int_equal(buf_printf(name, "i%zu", i), 0);
        assert_int_equal(set_builder_add(b, v, buf_str(name), 0), 0);
        list.n++;
    }
    buf_init(&file, OUT_MAX);
    assert_int_equal(set_builder_print(b, &file), 0);
    assert_int_equal(set_of(buf_str(&file), &set), 0);
    set_builder_free(b);
    state = 20261129;
    for (size_t i = 0; i < N_TEXTS; i++) {
        buf_init(&texts[i].bytes, OUT_MAX);
        texts[i].n_hits = 0;
        make_text(&texts[i].bytes);
        look_slowly(&texts[i]);
    }
    return 0;
}

static bool any_type(enum clue_type type)
{
    return true;
}

static bool is_no_net(enum clue_type type)
{
    return type != CLUE_IPV4_NET && type != CLUE_IPV6_NET;
}

static bool is_no_net_again(enum clue_type type)
{
    return is_no_net(type);
}

static bool is_name(enum clue_type type)
{
    return type == CLUE_DOMAIN;
}

static int make_all(void **unused)
{
    return make_set(any_type, NULL);
}

/* Without networks, an address that is not in the set is dropped by its text. */
static int make_without_nets(void **unused)
{
    return make_set(is_no_net, NULL);
}

/* A name without a letter behind its dots, for which every token with a dot is looked at. */
static int make_with_an_odd_name(void **unused)
{
    return make_set(is_no_net_again, "a.5com");
}

static int make_names(void **unused)
{
    return make_set(is_name, NULL);
}

static void match(struct str text, size_t piece, struct buf *out)
{
    struct matcher *m = matcher_new(set, NULL, keep, out);

    assert_non_null(m);
    for (size_t at = 0; at < text.len; at += piece)
        assert_int_equal(matcher_add(m, (struct str){text.at + at, MIN_OF(piece, text.len - at)}),
                         0);
    assert_int_equal(matcher_end(m), 0);
    matcher_free(m);
}

static char *sorted(struct buf *rows)
{
    char *text;

    assert_int_equal(buf_add(rows, "", 0), 0);
    text = slow_match_sorted(rows);
    assert_non_null(text);
    return text;
}

static void same(struct str text, size_t piece, const char *want)
{
    struct buf found;
    char *is;

    buf_init(&found, OUT_MAX);
    match(text, piece, &found);
    is = sorted(&found);
    if (strcmp(is, want)) {
        size_t i = 0;

        while (is[i] && is[i] == want[i])
            i++;
        while (i && is[i - 1] != '\n')
            i--;
        fail_msg("in pieces of %zu, found\n%.200s\nslowly\n%.200s", piece, is + i, want + i);
    }
    free(is);
    buf_done(&found);
}

static void add_wanted(const struct text *t, size_t from, struct buf *want)
{
    for (size_t h = 0; h < t->n_hits; h++)
        assert_int_equal(buf_printf(want, "%zu%s\n", t->hits[h].offset + from, t->hits[h].rest), 0);
}

static void each_text_alone(void **unused)
{
    size_t n_hits = 0;

    for (size_t i = 0; i < N_TEXTS; i++) {
        struct buf want;
        char *rows;

        buf_init(&want, OUT_MAX);
        add_wanted(&texts[i], 0, &want);
        rows = sorted(&want);
        same(buf_str(&texts[i].bytes), SIZE_MAX / 2, rows);
        same(buf_str(&texts[i].bytes), 1 + below(9), rows);
        n_hits += texts[i].n_hits;
        free(rows);
        buf_done(&want);
    }
    assert_true(n_hits > 100);
}

/* Texts behind each other with a blank or a line's end between, which ends every value, so that each stands at many places of a block. */
static void many_texts(size_t size, uint32_t line_ends, size_t piece)
{
    struct buf text, want;
    char *rows;

    buf_init(&text, OUT_MAX);
    buf_init(&want, OUT_MAX);
    while (text.len < size) {
        const struct text *t = &texts[below(N_TEXTS)];

        add_wanted(t, text.len, &want);
        add(&text, buf_str(&t->bytes));
        add(&text, below(line_ends) ? STR(" ") : STR("\n"));
    }
    rows = sorted(&want);
    same(buf_str(&text), piece, rows);
    free(rows);
    buf_done(&text);
    buf_done(&want);
}

static void many_lines(void **unused)
{
    for (unsigned i = 0; i < 8; i++)
        many_texts(40000, 2, 1 + below(20000));
    many_texts(600000, 2, (size_t)256 << 10);
}

static void long_lines(void **unused)
{
    for (unsigned i = 0; i < 10; i++)
        many_texts(40000, 1000, 1 + below(20000));
    many_texts(600000, 1u << 31, (size_t)256 << 10);
}

/* At each place of a block, alone and behind what is no part of any value. */
static void a_value_across_each_edge(void **unused)
{
    for (size_t v = 0; v < ARRAY_LEN(values); v++)
        for (size_t at = 0; at < 130; at++) {
            struct buf text, found, alone;

            buf_init(&text, 4096);
            buf_init(&found, OUT_MAX);
            buf_init(&alone, OUT_MAX);
            for (size_t i = 0; i < at; i++)
                add(&text, STR("\""));
            add(&text, str_of(values[v]));
            match(buf_str(&text), SIZE_MAX / 2, &found);
            match(str_of(values[v]), SIZE_MAX / 2, &alone);
            if (!strchr(values[v], '/') || strstr(values[v], "://"))
                assert_true(alone.len > 0);
            assert_int_equal(memchr(found.at ? found.at : "", ' ', found.len) != NULL,
                             alone.len > 0);
            buf_done(&text);
            buf_done(&found);
            buf_done(&alone);
        }
}

/* A run of more than a block behind the last dot of a name, and behind the last colon of an address, that goes on with what is no part of them. */
static void joints_behind_a_value(void **unused)
{
    static const char *const rows[][2] = {
        {"example.jp", "-"},           {"192.0.2.1", "."},
        {"2001:db8::1", "."},          {"2001:db8:0:0:0:0:0:2", "."},
        {"2001:db8:0:0:0:0:0:2", ":"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows) * 130; i++) {
        const char *value = rows[i / 130][0], *joint = rows[i / 130][1];
        struct buf text, found;

        buf_init(&text, 4096);
        buf_init(&found, OUT_MAX);
        for (size_t at = 0; at < i % 130; at++)
            add(&text, STR("\""));
        add(&text, str_of(value));
        for (size_t n = 0; n < 130 && !(n && joint[0] == ':'); n++)
            add(&text, str_of(joint));
        match(buf_str(&text), SIZE_MAX / 2, &found);
        if (!found.len)
            fail_msg("%s with %s behind it is not found behind %zu bytes", value, joint, i % 130);
        buf_done(&text);
        buf_done(&found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_gives_the_right_bits),
        cmocka_unit_test(lines_are_counted),
        cmocka_unit_test_setup(each_text_alone, make_all),
        cmocka_unit_test_setup(many_lines, make_all),
        cmocka_unit_test_setup(long_lines, make_all),
        cmocka_unit_test_setup(a_value_across_each_edge, make_all),
        cmocka_unit_test_setup(joints_behind_a_value, make_all),
        cmocka_unit_test_setup(each_text_alone, make_without_nets),
        cmocka_unit_test_setup(many_lines, make_without_nets),
        cmocka_unit_test_setup(each_text_alone, make_with_an_odd_name),
        cmocka_unit_test_setup(many_lines, make_with_an_odd_name),
        cmocka_unit_test_setup(each_text_alone, make_names),
    };

    return cmocka_run_group_tests(tests, NULL, free_all);
}
