#include "label/label.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* after the four above */
#include <cmocka.h>

static struct arena *arena(void)
{
    struct arena *a = arena_new(256u << 20);

    assert_non_null(a);
    return a;
}

static struct label_set set(struct arena *a, const char *words)
{
    const char *at[16];
    struct str rest = str_of(words), piece;
    struct label_set s;
    size_t n = 0;

    while (rest.len > 0 && str_split(&rest, ' ', &piece))
        at[n++] = arena_strdup(a, piece);
    assert_int_equal(label_set_make(a, at, n, &s), 0);
    return s;
}

/* Every label over two restrictions, all ranges over two readers, and one originator. */
#define RANGES 6
struct universe {
    struct label at[3 * 2 * 2 * 4 * RANGES * 2];
    size_t n;
};

static void fill(struct arena *a, struct universe *u, int c_max, int i_max)
{
    static const char *const restrictions[] = {"", "x", "y", "x y"};
    const struct label_set p = set(a, "p"), q = set(a, "q"), pq = set(a, "p q"), none = set(a, "");
    const struct label_set all[RANGES][2] = {{p, p}, {p, p}, {q, q}, {pq, pq}, {p, q}, {none, p}};

    u->n = 0;
    for (int c = 1; c <= c_max; c++)
        for (int i = 1; i <= i_max; i++)
            for (int v = 1; v <= i_max; v++)
                for (size_t r = 0; r < 4; r++)
                    for (size_t g = 0; g < 2 * RANGES; g++) {
                        struct label *l = &u->at[u->n++];

                        assert_int_equal(label_make(a, c, i, v, set(a, restrictions[r]), all[g / 2],
                                                    g < 2 ? 0 : 2, l),
                                         0);
                        l->originators = set(a, g % 2 ? "unit:u" : "");
                    }
}

static struct label join(struct arena *a, const struct label *x, const struct label *y)
{
    struct label l;

    assert_int_equal(label_join(a, x, y, &l), 0);
    return l;
}

/* Commutative, idempotent, an upper bound, the least one among all; le agrees with join and is a partial order. */
static void test_laws_of_pairs(void **state)
{
    static struct universe u; /* too large for the stack */
    CLEANUP(arena_freep) struct arena *a = arena();

    (void)state;
    fill(a, &u, 3, 2);
    assert_int_equal(u.n, 576);
    for (size_t x = 0; x < u.n; x++) {
        CLEANUP(arena_freep) struct arena *scratch = arena();

        for (size_t y = 0; y < u.n; y++) {
            struct label xy = join(scratch, &u.at[x], &u.at[y]),
                         yx = join(scratch, &u.at[y], &u.at[x]);

            assert_true(label_eq(&xy, &yx));
            assert_true(label_le(&u.at[x], &xy));
            assert_int_equal(label_le(&u.at[x], &u.at[y]), label_eq(&xy, &u.at[y]));
            assert_int_equal(label_le(&u.at[x], &u.at[y]) && label_le(&u.at[y], &u.at[x]), x == y);
            /* what asks for no less is marked no looser */
            assert_true(!label_le(&u.at[x], &u.at[y]) || tlp_default(&u.at[x]) <= tlp_default(&u.at[y]));
        }
    }
}

static void test_laws_of_triples(void **state)
{
    static struct universe u;
    CLEANUP(arena_freep) struct arena *a = arena();

    (void)state;
    fill(a, &u, 2, 1);
    for (size_t x = 0; x < u.n; x++) {
        for (size_t y = 0; y < u.n; y++) {
            CLEANUP(arena_freep) struct arena *scratch = arena();
            struct label xy = join(scratch, &u.at[x], &u.at[y]);

            for (size_t z = 0; z < u.n; z++) {
                struct label yz = join(scratch, &u.at[y], &u.at[z]);
                struct label left = join(scratch, &xy, &u.at[z]),
                             right = join(scratch, &u.at[x], &yz);

                assert_true(label_eq(&left, &right));
                /* the least of all upper bounds */
                if (label_le(&u.at[x], &u.at[z]) && label_le(&u.at[y], &u.at[z]))
                    assert_true(label_le(&xy, &u.at[z]));
                if (label_le(&u.at[x], &u.at[y]) && label_le(&u.at[y], &u.at[z]))
                    assert_true(label_le(&u.at[x], &u.at[z]));
            }
        }
    }
}

static void test_ranges(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena();
    struct label_set ranges[] = {set(a, "p q r"), set(a, "q p p"), set(a, "* s"), set(a, "s"),
                                 set(a, "s")};
    struct label l;

    (void)state;
    assert_int_equal(label_make(a, 2, 2, 2, set(a, ""), ranges, 5, &l), 0);
    assert_int_equal(l.n_ranges, 2); /* the larger, the everyone and the double are gone */
    assert_int_equal(l.ranges[0].n, 2);
    assert_string_equal(l.ranges[0].at[0], "p");
    assert_string_equal(l.ranges[1].at[0], "s");
}

static void test_bounds(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena();
    const char *words[LABEL_SET_MAX + 1];
    char texts[LABEL_SET_MAX + 1][8];
    struct label_set s, many;
    struct label x, y;

    (void)state;
    assert_int_equal(label_make(a, 0, 1, 1, set(a, ""), NULL, 0, &x), LABEL_E_LEVEL);
    assert_int_equal(label_make(a, 4, 1, 1, set(a, ""), NULL, 0, &x), LABEL_E_LEVEL);
    assert_int_equal(label_make(a, 1, 3, 1, set(a, ""), NULL, 0, &x), LABEL_E_LEVEL);
    assert_int_equal(label_make(a, 1, 1, 0, set(a, ""), NULL, 0, &x), LABEL_E_LEVEL);
    for (size_t i = 0; i <= LABEL_SET_MAX; i++) {
        (void)snprintf(texts[i], sizeof(texts[i]), "w%zu", i);
        words[i] = texts[i];
    }
    assert_int_equal(label_set_make(a, words, LABEL_SET_MAX + 1, &s), LABEL_E_LIMIT);
    assert_int_equal(label_set_make(a, words, LABEL_SET_MAX, &many), 0);
    assert_int_equal(label_make(a, 1, 1, 1, many, NULL, 0, &x), 0);
    assert_int_equal(label_make(a, 1, 1, 1, set(a, "x"), NULL, 0, &y), 0);
    assert_int_equal(label_join(a, &x, &y, &y), LABEL_E_LIMIT);
}

static void test_words(void **state)
{
    CLEANUP(arena_freep) struct arena *a = arena();
    struct label_set range = set(a, "p");
    struct tlp_map stricter = tlp_map_default;
    struct label l, high;
    struct buf out;
    enum tlp t;

    (void)state;
    buf_init(&out, 1000);
    assert_int_equal(label_make(a, 2, 2, 2, set(a, ""), NULL, 0, &l), 0);
    assert_int_equal(label_print_ja(&l, &out), 0);
    assert_string_equal(out.at, "機密性2（中）・完全性2（高）・可用性2（高）");
    buf_clear(&out);
    assert_int_equal(label_print_short(&l, &out), 0);
    assert_string_equal(out.at, "C2I2A2");
    assert_int_equal(tlp_default(&l), TLP_AMBER);
    assert_int_equal(label_make(a, 2, 1, 1, set(a, ""), &range, 1, &l), 0);
    assert_int_equal(tlp_default(&l), TLP_AMBER_STRICT);
    assert_int_equal(label_make(a, 1, 1, 1, set(a, ""), NULL, 0, &l), 0);
    assert_int_equal(tlp_default(&l), TLP_GREEN);
    assert_int_equal(label_make(a, 3, 1, 1, set(a, ""), NULL, 0, &high), 0);
    buf_clear(&out);
    assert_int_equal(label_print_ja(&high, &out), 0);
    assert_string_equal(out.at, "機密性3（高）・完全性1（低）・可用性1（低）");
    assert_string_equal(tlp_name(tlp_default(&high)), "TLP:RED");
    stricter.mark[1][0] = TLP_AMBER_STRICT;
    assert_int_equal(label_make(a, 2, 2, 2, set(a, ""), NULL, 0, &l), 0);
    assert_int_equal(tlp_of(&stricter, &l), TLP_AMBER_STRICT);
    assert_int_equal(label_make(a, 2, 2, 2, set(a, "no-copy"), NULL, 0, &l), 0);
    assert_int_equal(tlp_of(&tlp_map_default, &l), TLP_AMBER_STRICT);
    assert_true(tlp_parse(STR("tlp:amber+strict"), &t));
    assert_int_equal(t, TLP_AMBER_STRICT);
    assert_true(tlp_parse(STR("CLEAR"), &t));
    assert_int_equal(t, TLP_CLEAR);
    assert_false(tlp_parse(STR("WHITE"), &t)); /* gone with version 2.0 */
    assert_false(tlp_parse(STR(""), &t));
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_laws_of_pairs), cmocka_unit_test(test_laws_of_triples),
        cmocka_unit_test(test_ranges),        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests_name("label", tests, NULL, NULL);
}
