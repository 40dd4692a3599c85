/* Questions asked together and answered from memory (store/recall.h): the same answers as the database gives, on SQLite, which is asked each time, and on
 * PostgreSQL; and nothing that was written since is missed. */
#include "store-place.h"
#include "store/recall.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <stdlib.h>

#define OK(call) assert_int_equal((call), 0)
#define KEYS 300 /* more than go at once */

static struct store *fresh(void **state)
{
    const char *db = place_fresh(*state);
    struct store *s = NULL;

    assert_non_null(db);
    OK(store_create(db, &s, NULL));
    OK(store_begin(s));
    return s;
}

static void set(struct store *s, const char *key, const char *value)
{
    OK(STORE_RUN(s, STMT_META_SET, V_TEXT(key), V_TEXT(value)));
}

/* What a query of it answers; *ret (may be NULL) is the value of 0. */
static int get(struct store *s, const char *key, char ret[16])
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_META_GET, V_TEXT(key));

    if (!r && ret)
        snprintf(ret, 16, "%s", rows_text(row, 0));
    return r;
}

static void expect(struct store *s, const char *key, const char *value)
{
    char is[16] = "";

    OK(get(s, key, is));
    assert_string_equal(is, value);
}

/* What is not known is noted, but by a store that asks each time. */
static int noted(const struct store *s)
{
    return store_kind(s) == STORE_POSTGRES ? STORE_NOTED : 0;
}

static void know(struct store *s, const char *key)
{
    store_recall(s, RECALL_TOGETHER);
    assert_int_equal(get(s, key, NULL), noted(s));
    store_recall(s, RECALL_NOT);
    OK(store_recall_ask(s));
}

static void many_are_asked_at_once(void **state)
{
    STORE_AUTO *s = fresh(state);
    char key[16];

    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        set(s, key, key + 1);
    }
    store_recall(s, RECALL_TOGETHER);
    for (int turn = 0; turn < 2; turn++) /* who is noted twice is asked for once */
        for (int i = 0; i < KEYS; i++) {
            snprintf(key, sizeof(key), "k%d", i);
            assert_int_equal(get(s, key, NULL), noted(s));
        }
    assert_int_equal(get(s, "none", NULL), store_kind(s) == STORE_POSTGRES ? STORE_NOTED : STORE_E_NONE);
    store_recall(s, RECALL_NOT);
    OK(store_recall_ask(s));
    store_recall(s, RECALL_TOGETHER);
    for (int i = 0; i < KEYS; i++) {
        snprintf(key, sizeof(key), "k%d", i);
        expect(s, key, key + 1);
    }
    assert_int_equal(get(s, "none", NULL), STORE_E_NONE);
    store_recall(s, RECALL_NOT);
    expect(s, "k7", "7");
    OK(store_commit(s)); /* that there were answers to give later has spoiled nothing */
}

/* Numbers, texts, bytes and nothing, in rows inside each other. */
static void answers_are_as_of_the_database(void **state)
{
    STORE_AUTO *s = fresh(state);

    OK(STORE_RUN(s, STMT_AUDIENCE_ADD, V_INT(1), V_TEXT("一")));
    OK(STORE_RUN(s, STMT_AUDIENCE_ADD, V_INT(2), V_TEXT("")));
    OK(STORE_RUN(s, STMT_PERSONAL_SET, V_TEXT("R"), V_TEXT("f"), V_BLOB("a\0b", 3)));
    for (int turn = 0; turn < 2; turn++) {
        ROWS_AUTO *outer = NULL;
        ROWS_AUTO *inner = NULL;
        ROWS_AUTO *bytes = NULL;

        store_recall(s, RECALL_ALONE);
        OK(STORE_QUERY(s, &outer, STMT_AUDIENCE_AFTER, V_INT(0)));
        assert_int_equal(rows_next(outer), 1);
        OK(STORE_QUERY(s, &inner, STMT_AUDIENCE_AFTER, V_INT(0)));
        for (int i = 1; i <= 2; i++) {
            assert_int_equal(rows_next(inner), 1);
            assert_int_equal(rows_int(inner, 0), i);
        }
        assert_int_equal(rows_next(inner), 0);
        assert_int_equal(rows_next(inner), 0);
        assert_int_equal(rows_int(outer, 0), 1);
        assert_string_equal(rows_text(outer, 1), "一");
        assert_int_equal(rows_next(outer), 1);
        assert_string_equal(rows_text(outer, 1), "");
        OK(STORE_QUERY(s, &bytes, STMT_PERSONAL_LIST, V_TEXT("R")));
        assert_int_equal(rows_next(bytes), 1);
        assert_int_equal(rows_blob(bytes, 1).len, 3);
        assert_memory_equal(rows_blob(bytes, 1).at, "a\0b", 3);
        store_recall(s, RECALL_NOT);
    }
    OK(store_commit(s));
}

static void what_is_written_is_not_missed(void **state)
{
    STORE_AUTO *s = fresh(state);
    uint64_t before;

    set(s, "a", "1");
    know(s, "a");
    set(s, "a", "2");
    store_recall(s, RECALL_TOGETHER);
    assert_int_equal(get(s, "a", NULL), noted(s));
    store_recall(s, RECALL_NOT);
    OK(store_recall_ask(s));
    store_recall(s, RECALL_TOGETHER);
    expect(s, "a", "2");
    store_recall(s, RECALL_NOT);
    /* what nobody asks about may pass, */
    before = store_n_writes(s);
    set(s, "b", "1");
    store_recall_holds(s, before);
    store_recall(s, RECALL_TOGETHER);
    expect(s, "a", "2");
    store_recall(s, RECALL_NOT);
    /* but not together with what was written before it */
    set(s, "a", "3");
    before = store_n_writes(s);
    set(s, "b", "2");
    store_recall_holds(s, before);
    store_recall(s, RECALL_ALONE);
    expect(s, "a", "3");
    store_recall(s, RECALL_NOT);
    OK(store_commit(s));
}

static void what_is_undone_is_not_remembered(void **state)
{
    STORE_AUTO *s = fresh(state);

    set(s, "a", "1");
    OK(store_savepoint(s));
    set(s, "a", "2");
    know(s, "a");
    OK(store_back_to(s));
    store_recall(s, RECALL_ALONE);
    expect(s, "a", "1");
    store_recall(s, RECALL_NOT);
    OK(store_commit(s));
    /* and nothing outlives its transaction */
    OK(store_begin(s));
    store_recall(s, RECALL_TOGETHER);
    assert_int_equal(get(s, "a", NULL), noted(s));
    store_rollback(s);
    expect(s, "a", "1");
}

/* What does not fit any more is answered by the database, and what comes after it, too. */
static void memory_has_an_end(void **state)
{
    STORE_AUTO *s = fresh(state);
    size_t len = (size_t)1 << 20;
    char *text = malloc(len + 1), key[16];

    assert_non_null(text);
    memset(text, 'x', len);
    text[len] = '\0';
    for (size_t i = 0; i * len <= RECALL_BYTES_MAX + len; i++) {
        snprintf(key, sizeof(key), "k%zu", i);
        set(s, key, text);
    }
    set(s, "a", "1");
    for (int turn = 0; turn < 2; turn++) {
        store_recall(s, RECALL_ALONE);
        for (size_t i = 0; i * len <= RECALL_BYTES_MAX + len; i++) {
            snprintf(key, sizeof(key), "k%zu", i);
            expect(s, key, "xxxxxxxxxxxxxxx");
        }
        store_recall(s, RECALL_NOT);
    }
    store_recall(s, RECALL_TOGETHER);
    assert_int_equal(get(s, "a", NULL), noted(s)); /* what was kept was given up, and there is room again */
    store_recall(s, RECALL_NOT);
    OK(store_recall_ask(s));
    free(text);
    OK(store_commit(s));
}

static struct place places[] = {{.kind = PLACE_DIR}, {.kind = PLACE_POSTGRES}};

static int start_all(void **state)
{
    return places_start(places, ARRAY_LEN(places));
}

static int stop_all(void **state)
{
    places_stop(places, ARRAY_LEN(places));
    return 0;
}

#define BOTH(test) {"sqlite: " #test, test, NULL, NULL, &places[0]}, {"postgresql: " #test, test, NULL, NULL, &places[1]}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(many_are_asked_at_once), BOTH(answers_are_as_of_the_database), BOTH(what_is_written_is_not_missed),
        BOTH(what_is_undone_is_not_remembered), BOTH(memory_has_an_end),
    };

    return cmocka_run_group_tests(tests, start_all, stop_all);
}
