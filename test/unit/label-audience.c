#include "label/audience-quick.h"
#include "label/release.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* after the four above */
#include <cmocka.h>

static const char patrol[] =
    "{\"a\":2,\"c\":2,\"i\":2,\"label\":\"patrol/patrol\","
    "\"range\":[{\"unit_kind\":\"station\"},{\"person\":\"p1\"},{\"role\":\"patrol/"
    "general-manager\"},"
    "{\"role\":\"patrol/unit-manager\",\"unit\":\"chuo\"},{\"unit\":\"cyber\"}],"
    "\"restrictions\":[\"role-holders-only\"]}";
static const char open_to_all[] =
    "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"patrol/"
    "open\",\"range\":[{\"everyone\":true}],\"restrictions\":[]}";
static const char nobody[] =
    "{\"a\":1,\"c\":3,\"i\":1,\"label\":\"\",\"range\":[],\"restrictions\":[]}";
static const char both[] =
    "{\"a\":1,\"also\":[[{\"unit\":\"cyber\"}],[{\"unit\":\"hq\"},{\"unit\":\"yard\"}]],\"c\":1,"
    "\"i\":1,\"label\":\"l\","
    "\"range\":[{\"person\":\"p1\"},{\"person\":\"p2\"}],\"restrictions\":[]}";

static struct audience parsed(struct arena *a, const char *body)
{
    struct audience au;
    struct diag diag;

    diag_init(&diag);
    if (audience_parse(str_of(body), a, &au, &diag) != 0)
        fail_msg("%s: %s", body, diag_first(&diag));
    diag_done(&diag);
    return au;
}

static void test_canonical(void **state)
{
    const char *const bodies[] = {patrol, open_to_all, nobody, both};
    CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
    struct audience au;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct buf out;

        buf_init(&out, AUDIENCE_BODY_MAX);
        au = parsed(a, bodies[i]);
        assert_int_equal(audience_print(&au, &out), 0);
        assert_string_equal(out.at, bodies[i]);
        buf_done(&out);
    }
    assert_int_equal(parsed(a, open_to_all).label.n_ranges, 0);
    assert_int_equal(parsed(a, both).label.n_ranges, 3);
    assert_int_equal(parsed(a, patrol).label.confidentiality, 2);
}

static bool prints_as(const struct audience *au, struct str body)
{
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, AUDIENCE_BODY_MAX);
    assert_int_equal(audience_print(au, &out), 0);
    return str_eq(buf_str(&out), body);
}

/* Read in one pass or by way of JSON, the same is taken: each byte of each form is exchanged, left out and doubled. */
static void test_quick(void **state)
{
    static const char *const bodies[] = {patrol, open_to_all, nobody, both}, swaps[] = "\"\\,:[]{}0149 az@\x7f\x01";
    size_t n_taken = 0, n_quick = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        size_t len = strlen(bodies[i]);

        for (size_t at = 0; at < len; at++) {
            for (size_t k = 0; k < sizeof(swaps) + 1; k++) {
                CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
                bool is_cut = k == sizeof(swaps) - 1, is_double = k == sizeof(swaps);
                char *text = arena_alloc(a, len + 2);
                struct str body = {text, is_cut ? len - 1 : is_double ? len + 1 : len};
                struct audience au, quick;

                memcpy(text, bodies[i], at);
                memcpy(text + at + (is_cut ? 0 : is_double ? 2 : 1), bodies[i] + at + 1, len - at - 1);
                if (!is_cut)
                    text[at] = is_double ? bodies[i][at] : swaps[k];
                if (is_double)
                    text[at + 1] = bodies[i][at];
                if (!audience_read_quick(body, a, &quick)) {
                    assert_true(prints_as(&quick, body));
                    n_quick++;
                }
                if (!audience_parse(body, a, &au, NULL)) {
                    assert_true(prints_as(&au, body));
                    n_taken++;
                }
            }
        }
    }
    assert_true(n_quick > 500 && n_taken > n_quick);
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
        struct audience au;

        assert_int_equal(audience_read_quick(str_of(bodies[i]), a, &au), bodies[i] == both ? AUDIENCE_QUICK_E_OTHER : 0);
        if (bodies[i] != both)
            assert_true(prints_as(&au, str_of(bodies[i])));
    }
}

static void test_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{}",
        "null",
        "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"l\",\"range\":[],\"restrictions\":[]} ",
        /* a level out of bounds; a member that is unknown; a reader that is none; two ways in one; order; doubles */
        "{\"a\":1,\"c\":4,\"i\":1,\"label\":\"l\",\"range\":[],\"restrictions\":[]}",
        "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"l\",\"more\":1,\"range\":[],\"restrictions\":[]}",
        "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"l\",\"range\":[{\"rank\":\"x\"}],\"restrictions\":[]"
        "}",
        "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"l\",\"range\":[{\"person\":\"p\",\"unit\":\"u\"}],"
        "\"restrictions\":[]}",
        "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"l\",\"range\":[{\"unit\":\"u\"},{\"person\":\"p\"}],"
        "\"restrictions\":[]}",
        "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"l\",\"range\":[{\"unit\":\"u\"},{\"unit\":\"u\"}],"
        "\"restrictions\":[]}",
        "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"l\",\"range\":[{\"everyone\":false}],"
        "\"restrictions\":[]}",
        "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"l\",\"range\":[{\"everyone\":true},{\"unit\":\"u\"}],"
        "\"restrictions\":[]}",
        "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"l\",\"range\":[{\"role\":\"a@b\"}],\"restrictions\":["
        "]}",
        "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"l\",\"range\":[],\"restrictions\":[\"y\",\"x\"]}",
        "{\"a\":1,\"c\":1,\"i\":1,\"label\":\"l\",\"range\":[],\"restrictions\":[1]}",
        "{\"a\":1,\"also\":[],\"c\":1,\"i\":1,\"label\":\"l\",\"range\":[],\"restrictions\":[]}",
    };
    CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
    struct audience au;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct diag diag;

        diag_init(&diag);
        if (audience_parse(str_of(bodies[i]), a, &au, &diag) != AUDIENCE_E_INVALID)
            fail_msg("taken: %s", bodies[i]);
        assert_true(diag.n > 0);
        diag_done(&diag);
    }
}

static struct store *new_store(void)
{
    struct store *s = NULL;

    assert_int_equal(store_open(":memory:", STORE_WRITE, &s, NULL), 0);
    return s;
}

static int64_t intern(struct store *s, struct arena *a, const char *body)
{
    struct audience au = parsed(a, body);
    int64_t id = 0;

    assert_int_equal(audience_intern(s, &au, &id), 0);
    return id;
}

static void test_intern(void **state)
{
    STORE_AUTO *s = new_store();
    CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
    struct audience au;
    struct diag diag;
    int64_t first, second;

    (void)state;
    diag_init(&diag);
    assert_int_equal(store_begin(s), 0);
    first = intern(s, a, patrol);
    second = intern(s, a, open_to_all);
    assert_int_not_equal(first, second);
    assert_int_equal(intern(s, a, patrol), first);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(audience_get(s, first, a, &au, &diag), 0);
    assert_string_equal(au.label_id, "patrol/patrol");
    assert_int_equal(audience_get(s, 99, a, &au, &diag), AUDIENCE_E_INVALID);
    assert_string_equal(diag_first(&diag), "there is no audience 99");
    diag_done(&diag);
}

static bool sees(struct audience_table *t, int64_t id, const char *const *grants, size_t n)
{
    CLEANUP(sight_freep) struct sight *g = NULL;

    assert_int_equal(sight_new(t, grants, n, &g), 0);
    return sight_may_see(g, id);
}
#define SEES(t, id, ...)                                \
    sees((t), (id), (const char *const[]){__VA_ARGS__}, \
         ARRAY_LEN(((const char *const[]){__VA_ARGS__})))

static void test_sight(void **state)
{
    STORE_AUTO *s = new_store();
    CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
    CLEANUP(audience_table_freep) struct audience_table *t = audience_table_new();
    int64_t p, all, none, two;
    bool grown;

    (void)state;
    assert_int_equal(store_begin(s), 0);
    p = intern(s, a, patrol);
    all = intern(s, a, open_to_all);
    none = intern(s, a, nobody);
    two = intern(s, a, both);
    assert_int_equal(store_commit(s), 0);
    assert_false(SEES(t, all, "p:p1")); /* nothing is read yet */
    assert_int_equal(audience_table_refresh(t, s, &grown, NULL), 0);
    assert_true(grown);
    assert_int_equal(audience_table_refresh(t, s, &grown, NULL), 0);
    assert_false(grown);
    assert_true(SEES(t, p, admit_person(a, "p1")));
    assert_false(SEES(t, p, admit_person(a, "p2")));
    assert_true(SEES(t, p, admit_role(a, "patrol/unit-manager", "chuo")));
    assert_false(SEES(t, p, admit_role(a, "patrol/unit-manager", "minami")));
    assert_false(SEES(t, p, admit_role(a, "patrol/unit-manager", "")));
    assert_true(SEES(t, p, admit_role(a, "patrol/general-manager", "")));
    assert_true(SEES(t, p, admit_unit(a, "nowhere"), admit_unit(a, "cyber")));
    assert_true(SEES(t, p, admit_unit_kind(a, "station")));
    assert_false(SEES(t, p, LABEL_EVERYONE));
    assert_true(SEES(t, all, admit_person(a, "p9")));
    assert_false(SEES(t, none, admit_person(a, "p1"), LABEL_EVERYONE));
    assert_false(SEES(t, two, admit_person(a, "p1")));
    assert_false(SEES(t, two, admit_person(a, "p1"), admit_unit(a, "cyber")));
    assert_true(SEES(t, two, admit_person(a, "p1"), admit_unit(a, "cyber"), admit_unit(a, "yard")));
    assert_false(SEES(t, 0, admit_person(a, "p1")));
    assert_false(SEES(t, 99, admit_person(a, "p1")));
}

/* A number that is rolled back is given again with another meaning; what was read of it must be forgotten. */
static void test_rolled_back(void **state)
{
    STORE_AUTO *s = new_store();
    CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
    CLEANUP(audience_table_freep) struct audience_table *t = audience_table_new();
    int64_t first, second;
    bool grown;

    (void)state;
    assert_int_equal(store_begin(s), 0);
    first = intern(s, a, open_to_all);
    assert_int_equal(audience_table_refresh(t, s, NULL, NULL), 0);
    assert_true(SEES(t, first, admit_person(a, "p9")));
    store_rollback(s);
    assert_int_equal(store_begin(s), 0);
    second = intern(s, a, nobody);
    assert_int_equal(second, first);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(audience_table_refresh(t, s, &grown, NULL), 0);
    assert_true(grown);
    assert_false(SEES(t, second, admit_person(a, "p9")));
}

static void test_many(void **state)
{
    STORE_AUTO *s = new_store();
    CLEANUP(arena_freep) struct arena *a = arena_new(64u << 20);
    CLEANUP(audience_table_freep) struct audience_table *t = audience_table_new();
    CLEANUP(sight_freep) struct sight *g = NULL, *again = NULL, *more = NULL, *low = NULL, *lower = NULL, *lower_too = NULL, *same = NULL, *all = NULL;
    const char *grants[2] = {admit_person(a, "p7"), admit_unit(a, "u500")};
    struct audience au = {.label_id = "l"};
    struct label_set range;
    int64_t id;

    (void)state;
    assert_int_equal(store_begin(s), 0);
    for (int i = 0; i < 1000; i++) {
        const char *keys[2] = {admit_person(a, arena_printf(a, "p%d", i)),
                               admit_unit(a, arena_printf(a, "u%d", i))};

        assert_int_equal(label_set_make(a, keys, 2, &range), 0);
        assert_int_equal(label_make(a, 1, 1, 1, (struct label_set){NULL, 0}, &range, 1, &au.label),
                         0);
        assert_int_equal(audience_intern(s, &au, &id), 0);
        assert_int_equal(id, i + 1);
    }
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(audience_table_refresh(t, s, NULL, NULL), 0);
    assert_int_equal(sight_new(t, grants, 2, &g), 0);
    assert_int_equal(sight_count(g), 2);
    assert_int_equal(sight_next(g, 0), 8);
    assert_int_equal(sight_next(g, 8), 501);
    assert_int_equal(sight_next(g, 501), 0);
    assert_int_equal(sight_next(g, 1000000), 0);

    /* The same keys again see what was added since; who holds the former sight keeps it as it was. */
    assert_int_equal(sight_new(t, grants, 2, &again), 0);
    assert_true(sight_serial(again) == sight_serial(g));
    assert_int_equal(store_begin(s), 0);
    assert_int_equal(label_set_make(a, grants, 1, &range), 0);
    assert_int_equal(label_make(a, 2, 2, 2, (struct label_set){NULL, 0}, &range, 1, &au.label), 0);
    assert_int_equal(audience_intern(s, &au, &id), 0);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(audience_table_refresh(t, s, NULL, NULL), 0);
    assert_int_equal(sight_new(t, grants, 2, &more), 0);
    assert_true(sight_serial(more) != sight_serial(g));
    assert_int_equal(sight_count(more), 3);
    assert_true(sight_may_see(more, id));
    assert_true(sight_may_see(more, 8));
    assert_false(sight_may_see(g, id));
    assert_int_equal(sight_count(g), 2);

    /* By a channel that carries 1, the one of 2 is not there. */
    assert_int_equal(sight_at_most(t, more, 1, &low), 0);
    assert_true(sight_serial(low) != sight_serial(more));
    assert_int_equal(sight_count(low), 2);
    assert_false(sight_may_see(low, id));
    assert_true(sight_may_see(low, 8));
    assert_int_equal(sight_next(low, 501), 0);
    assert_int_equal(sight_at_most(t, more, 3, &all), 0);
    assert_int_equal(sight_count(all), 3);
    assert_int_equal(sight_next(all, 501), id);

    /* With what is lower, whoever reads it. */
    assert_int_equal(sight_and_lower(t, low, 1, &lower), 0);
    assert_true(sight_count(lower) > sight_count(low));
    assert_true(sight_may_see(lower, 9));
    assert_false(sight_may_see(lower, id));
    assert_int_equal(sight_and_lower(t, more, 1, &lower_too), 0);
    assert_int_equal(sight_count(lower_too), sight_count(lower) + 1);
    assert_true(sight_may_see(lower_too, id));
    assert_int_equal(sight_and_lower(t, more, 0, &same), 0);
    assert_int_equal(sight_count(same), sight_count(more));
}

static void test_release(void **state)
{
    STORE_AUTO *s = new_store();
    CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
    CLEANUP(audience_table_freep) struct audience_table *t = audience_table_new();
    CLEANUP(sight_freep) struct sight *in = NULL, *outside = NULL;
    struct audience au = parsed(a, patrol);
    const char *grant = admit_person(a, "p1");
    struct release_question q = {.label = &au.label, .channel = RELEASE_PAGE};
    const struct label *was;
    enum release_channel c;
    struct label high;

    (void)state;
    assert_int_equal(store_begin(s), 0);
    q.audience = intern(s, a, patrol);
    assert_int_equal(store_commit(s), 0);
    assert_int_equal(audience_table_refresh(t, s, NULL, NULL), 0);
    assert_int_equal(sight_new(t, &grant, 1, &in), 0);
    assert_int_equal(sight_new(t, NULL, 0, &outside), 0);

    assert_int_equal(release_decide(&q), RELEASE_NOT_DECIDED); /* nobody's eyes */
    q.sight = in;
    assert_int_equal(release_decide(&q), RELEASE_ALLOWED);
    q.channel_at_most = 2;
    assert_int_equal(release_decide(&q), RELEASE_ALLOWED);
    q.channel_at_most = 1;
    assert_int_equal(release_decide(&q), RELEASE_TOO_HIGH);
    q.sight = outside; /* hidden comes before too high */
    assert_int_equal(release_decide(&q), RELEASE_UNSEEN);
    q.sight = in;
    q.channel = RELEASE_NOTICE;
    q.channel_at_most = 3; /* no pack lifts the program's own cap */
    assert_int_equal(release_decide(&q), RELEASE_TOO_HIGH);
    q.channel = RELEASE_EXPORT;
    assert_int_equal(release_decide(&q), RELEASE_ALLOWED);
    q.is_shut = true; /* nothing but pages and notices, before the cap is looked at */
    for (c = 0; c < RELEASE_CHANNELS; c++) {
        if (release_channel_is_whole(c))
            continue;
        q.channel = c;
        assert_int_equal(release_decide(&q) == RELEASE_SHUT, c != RELEASE_PAGE && c != RELEASE_NOTICE);
    }
    high = *q.label; /* what two have to look at first is on no page either */
    high.confidentiality = 3;
    was = q.label;
    q.label = &high;
    q.channel = RELEASE_PAGE;
    assert_int_equal(release_decide(&q), RELEASE_SHUT);
    q.label = was;
    q.sight = outside;
    q.channel = RELEASE_EXPORT;
    assert_int_equal(release_decide(&q), RELEASE_UNSEEN);
    q.sight = in;
    q.is_shut = false;
    q.channel_at_most = 4;
    assert_int_equal(release_decide(&q), RELEASE_NOT_DECIDED);
    q.channel_at_most = 0;
    q.channel = RELEASE_CHANNELS;
    assert_int_equal(release_decide(&q), RELEASE_NOT_DECIDED);
    q.channel = RELEASE_BACKUP; /* for no reader, so it is asked of none */
    assert_int_equal(release_decide(&q), RELEASE_NOT_DECIDED);
    q.sight = NULL;
    assert_int_equal(release_decide(&q), RELEASE_ALLOWED);
    au.label.confidentiality = 3;
    assert_int_equal(release_decide(&q), RELEASE_SECOND);
    q.persons = 1;
    assert_int_equal(release_decide(&q), RELEASE_SECOND);
    q.persons = 2;
    assert_int_equal(release_decide(&q), RELEASE_ALLOWED);
    q.channel_at_most = 2; /* two persons lift no pack's cap */
    assert_int_equal(release_decide(&q), RELEASE_TOO_HIGH);
    q = (struct release_question){.label = &au.label, .channel = RELEASE_PROVIDE, .seen = RELEASE_BY_LIST};
    assert_int_equal(release_decide(&q), RELEASE_NOT_DECIDED); /* to no party */
    q.party = "";
    assert_int_equal(release_decide(&q), RELEASE_NOT_DECIDED);
    q.party = "GU-2026-0002";
    assert_int_equal(release_decide(&q), RELEASE_UNSEEN);
    assert_int_equal(label_set_make(a, &q.party, 1, &q.parties), 0);
    assert_int_equal(release_decide(&q), RELEASE_ALLOWED);
    q.party = "GU-2026-0003";
    assert_int_equal(release_decide(&q), RELEASE_UNSEEN);
    q.sight = in; /* what staff see lets in no party */
    assert_int_equal(release_decide(&q), RELEASE_UNSEEN);
    q.party = "GU-2026-0002";
    q.channel = RELEASE_EXPORT;
    assert_int_equal(release_decide(&q), RELEASE_TOO_HIGH);
    q.channel = RELEASE_BACKUP;
    assert_int_equal(release_decide(&q), RELEASE_NOT_DECIDED);
    assert_true(release_channel_parse(STR("notice"), &c));
    assert_int_equal(c, RELEASE_NOTICE);
    assert_string_equal(release_channel_name(c), "notice");
    assert_false(release_channel_parse(STR("pigeon"), &c));
}

/* R3 of doc/design/information.md, one by one; whoever reads this file reads all of it. */
static void test_ceilings(void **state)
{
    static const struct {
        const char *name;
        int at_most;
        bool is_gated, is_whole;
    } ways[] = {
        {"page", 3, false},        {"print", 3, false},        {"file", 3, false},
        {"provide", 3, false},     {"export", 2, false},       {"api", 2, false},
        {"notice", 1, false},      {"publish", 1, false},      {"medium-sealed", 3, true},
        {"medium-plain", 2, true}, {"mail-internal", 3, true}, {"mail-sealed", 2, true},
        {"mail-inside", 2, true},  {"mail-open", 1, true},     {"backup", 3, false, true},    {"ledger-files", 3, false, true},
    };

    (void)state;
    assert_int_equal(ARRAY_LEN(ways), RELEASE_CHANNELS);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        enum release_channel c;

        assert_true(release_channel_parse(str_of(ways[i].name), &c));
        assert_int_equal(release_cap(c, 0), ways[i].at_most);
        assert_int_equal(release_cap(c, 3), ways[i].at_most);
        assert_int_equal(release_cap(c, 1), 1);
        assert_int_equal(release_channel_is_gated(c), ways[i].is_gated);
        assert_int_equal(release_channel_is_whole(c), ways[i].is_whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_quick),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_intern),      cmocka_unit_test(test_sight),
        cmocka_unit_test(test_rolled_back), cmocka_unit_test(test_many),
        cmocka_unit_test(test_release),     cmocka_unit_test(test_ceilings),
    };

    return cmocka_run_group_tests_name("label-audience", tests, NULL, NULL);
}
