/* The third place: pieces of files beside the store, on both databases, under no lock of the store's head. */
#include "base/codec.h"
#include "store-place.h"
#include "store/blobs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)

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

/* A store that is there, and its third place; the store's own handle is the caller's, too. */
static void fresh(void **state, struct store **ret_store, struct store **ret_blobs)
{
    struct place *place = *state;

    OK(store_create(place_fresh(place), ret_store, NULL));
    OK(blobs_open(place->db, STORE_WRITE, ret_blobs, NULL));
}

static int64_t count(struct store *b, const char *file)
{
    int64_t n = -1;

    OK(blobs_count(b, file, &n));
    return n;
}

static void pieces_come_back(void **state)
{
    struct store *s, *b;
    CLEANUP(buf_done) struct buf big, out;
    char next[BLOBS_FILE_MAX + 1];

    buf_init(&big, BLOBS_PIECE_MAX);
    buf_init(&out, BLOBS_PIECE_MAX);
    random_fill(buf_grow(&big, BLOBS_PIECE_MAX), BLOBS_PIECE_MAX);
    fresh(state, &s, &b);
    assert_int_equal(count(b, "a"), 0);
    OK(blobs_add(b, "a", 0, buf_str(&big)));
    OK(blobs_add(b, "a", 1, STR("end\n")));
    OK(blobs_add(b, "b", 0, STR("x")));
    assert_int_equal(blobs_add(b, "a", 1, STR("again")), STORE_E_EXISTS);
    assert_int_equal(count(b, "a"), 2);
    OK(blobs_get(b, "a", 0, &out));
    assert_int_equal(out.len, big.len);
    assert_memory_equal(out.at, big.at, big.len);
    buf_clear(&out);
    OK(blobs_get(b, "a", 1, &out));
    assert_string_equal(out.at, "end\n");
    assert_int_equal(blobs_get(b, "a", 2, &out), STORE_E_NONE);
    OK(blobs_next(b, "", next));
    assert_string_equal(next, "a");
    OK(blobs_next(b, "a", next));
    assert_string_equal(next, "b");
    assert_int_equal(blobs_next(b, "b", next), STORE_E_NONE);
    OK(blobs_drop(b, "a"));
    assert_int_equal(count(b, "a"), 0);
    assert_int_equal(count(b, "b"), 1);
    OK(blobs_drop(b, "none"));
    store_close(b);
    store_close(s);
}

static void too_large_ones_are_refused(void **state)
{
    struct store *s, *b;
    char name[BLOBS_FILE_MAX + 2];
    CLEANUP(buf_done) struct buf big;

    buf_init(&big, BLOBS_PIECE_MAX + 1);
    random_fill(buf_grow(&big, BLOBS_PIECE_MAX + 1), BLOBS_PIECE_MAX + 1);
    fresh(state, &s, &b);
    assert_int_equal(blobs_add(b, "a", 0, buf_str(&big)), -EINVAL);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(blobs_add(b, name, 0, STR("x")), -EINVAL);
    store_close(b);
    store_close(s);
}

/* A batch is under way, and the piece is durable all the same. */
static void a_batch_is_in_nobodys_way(void **state)
{
    struct store *s, *b, *reader;
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, BLOBS_PIECE_MAX);
    fresh(state, &s, &b);
    OK(store_begin(s));
    OK(STORE_RUN(s, STMT_META_SET, V_TEXT("k"), V_TEXT("v")));
    OK(blobs_add(b, "a", 0, STR("meanwhile")));
    OK(blobs_open(((struct place *)*state)->db, STORE_READ, &reader, NULL));
    OK(blobs_get(reader, "a", 0, &out));
    assert_string_equal(out.at, "meanwhile");
    assert_int_equal(blobs_add(reader, "a", 1, STR("x")), -EPERM);
    store_rollback(s);
    assert_int_equal(count(b, "a"), 1);
    store_close(reader);
    store_close(b);
    store_close(s);
}

static void the_place_is_made_once(void **state)
{
    struct place *place = *state;
    struct store *s, *b = NULL;
    struct diag diag;
    char path[200];
    struct stat st;
    FILE *f;

    diag_init(&diag);
    OK(store_create(place_fresh(place), &s, NULL));
    assert_int_equal(blobs_open(place->db, STORE_READ, &b, NULL), STORE_E_NONE);
    snprintf(path, sizeof(path), "%s/blobs.db", place->db);
    assert_non_null(f = fopen(path, "w")); /* as one that was killed leaves it */
    fclose(f);
    OK(blobs_open(place->db, STORE_WRITE, &b, NULL));
    OK(blobs_add(b, "a", 0, STR("x")));
    store_close(b);
    OK(stat(path, &st));
    OK(blobs_open(place->db, STORE_WRITE, &b, NULL));
    assert_int_equal(count(b, "a"), 1);
    store_close(b);
    assert_non_null(f = fopen(path, "w"));
    fputs("something else of somebody else's, and longer than any head of a file", f);
    fclose(f);
    snprintf(path, sizeof(path), "%s/blobs.db-wal", place->db);
    unlink(path);
    assert_int_equal(blobs_open(place->db, STORE_WRITE, &b, &diag), STORE_E_SCHEMA);
    assert_int_equal(diag.n_errors, 1);
    diag_done(&diag);
    store_close(s);
}

static void key_is(struct store *s, const char *name, bool is_there)
{
    uint8_t key[VAULT_KEY_SIZE];

    assert_int_equal(vault_get(s, str_of(name), key), is_there ? 0 : STORE_E_NONE);
}

/* Keys that a crash between a commit and its removals left behind. */
static void sweeping_removes_keys_of_files(void **state)
{
    static const char *const keys[] = {"named", "R-1#1", "gone", "R-1#2", "coming"};
    const uint8_t key[VAULT_KEY_SIZE] = {7};
    struct place *place = *state;
    uint64_t n;
    struct store *s;

    OK(store_create(place_fresh(place), &s, NULL));
    OK(store_begin(s));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        OK(vault_put(s, str_of(keys[i]), key));
    for (size_t i = 0; i < ARRAY_LEN(keys); i += 2)
        OK(STORE_RUN(s, STMT_ATTACHMENT_ADD, V_TEXT(keys[i]), V_TEXT("p"), V_INT(1), V_TEXT("clean"), V_INT(1), V_BLOB("", 0)));
    OK(STORE_RUN(s, STMT_ATTACHMENT_NAME, V_TEXT("named"), V_TEXT("R-1"), V_INT(1)));
    OK(STORE_RUN(s, STMT_ATTACHMENT_NAME, V_TEXT("gone"), V_TEXT("R-1"), V_INT(2)));
    OK(STORE_RUN(s, STMT_ATTACHMENT_GONE, V_TEXT("gone"), V_BLOB("", 0)));
    OK(store_commit(s));
    OK(vault_sweep(s, &n));
    assert_int_equal(n, 3);
    key_is(s, "named", false);
    key_is(s, "R-1#1", true);
    key_is(s, "gone", false);
    key_is(s, "R-1#2", false);
    key_is(s, "coming", true);
    store_close(s);
}

#define READERS 6
#define ROUNDS 40

static void *reads(void *user)
{
    struct blobs_pool *pool = user;

    for (int64_t i = 0; i < ROUNDS; i++) {
        CLEANUP(buf_done) struct buf got;

        buf_init(&got, 100);
        OK(blobs_pool_get(pool, "a", i % 3, &got));
        assert_int_equal(got.len, 1);
        assert_int_equal(got.at[0], 'x' + i % 3);
    }
    return NULL;
}

/* Of the place's file, or to the server: what this process has open. */
static size_t n_open(const struct place *place)
{
    char at[64], to[300];
    size_t n = 0;

    for (int fd = 3; fd < 256; fd++) {
        ssize_t len;

        snprintf(at, sizeof(at), "/proc/self/fd/%d", fd);
        len = readlink(at, to, sizeof(to) - 1);
        to[MAX_OF(len, 0)] = '\0';
        n += place->kind == PLACE_DIR ? str_ends(str_of(to), STR("/blobs.db")) : str_starts(str_of(to), STR("socket:"));
    }
    return n;
}

/* Many readers side by side, whatever each is slow with, have but a few handles between them. */
static void readers_share_a_few_handles(void **state)
{
    struct blobs_pool *pool;
    struct store *s, *b;
    pthread_t threads[READERS];
    size_t before;

    fresh(state, &s, &b);
    OK(blobs_add(b, "a", 0, STR("x")));
    OK(blobs_add(b, "a", 1, STR("y")));
    OK(blobs_add(b, "a", 2, STR("z")));
    before = n_open(*state);
    OK(blobs_pool_new(((struct place *)*state)->db, &pool));
    for (int64_t i = 0; i < READERS; i++) { /* one after the other: one handle */
        CLEANUP(buf_done) struct buf got;

        buf_init(&got, 100);
        OK(blobs_pool_get(pool, "a", i % 3, &got));
        assert_int_equal(blobs_pool_get(pool, "b", 0, &got), STORE_E_NONE);
    }
    assert_true(n_open(*state) <= before + 2); /* SQLite closes the descriptor by which it looked whether there is a place later */
    for (size_t i = 0; i < READERS; i++)
        OK(pthread_create(&threads[i], NULL, reads, pool));
    for (size_t i = 0; i < READERS; i++)
        OK(pthread_join(threads[i], NULL));
    assert_true(n_open(*state) <= before + BLOBS_IDLE_MAX + READERS); /* likewise */
    blobs_pool_free(pool);
    store_close(b);
    store_close(s);
}

#define EVERYWHERE(test)                                        \
    {"sqlite: " #test, test, NULL, NULL, &places[0]},           \
    {                                                           \
        "postgresql: " #test, test, NULL, NULL, &places[1]      \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVERYWHERE(pieces_come_back),
        EVERYWHERE(too_large_ones_are_refused),
        EVERYWHERE(a_batch_is_in_nobodys_way),
        {"sqlite: the_place_is_made_once", the_place_is_made_once, NULL, NULL, &places[0]},
        EVERYWHERE(sweeping_removes_keys_of_files),
        EVERYWHERE(readers_share_a_few_handles),
    };

    if (crypto_start())
        return 99;
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("blobs", tests, start_all, stop_all);
}
