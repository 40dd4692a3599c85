/* Messages between workers and the keeper: frames as bytes, and what an operation's message may hold. */
#include "keeper/frame.h"
#include "keeper/operation.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)

struct ends {
    struct frame_conn here;
    int there;
};

static void ends_open(struct ends *e)
{
    int pair[2];

    OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    frame_conn_init(&e->here, pair[0]);
    e->there = pair[1];
}

static void ends_close(struct ends *e)
{
    frame_conn_done(&e->here);
    if (e->there >= 0)
        close(e->there);
}

static void put_bytes(struct ends *e, const char *bytes, size_t len)
{
    assert_int_equal(send(e->there, bytes, len, MSG_NOSIGNAL), len);
    assert_int_equal(frame_fill(&e->here), 1);
}

static void test_a_message_comes_in_pieces(void **state)
{
    static const char bytes[] = "\0\0\0\7{\"a\":1}\0\0\0\7{\"a\":2}";
    struct ends e;
    json_t *v = NULL;

    ends_open(&e);
    assert_int_equal(frame_fill(&e.here), 0); /* nothing yet, and no waiting */
    for (size_t i = 0; i < 10; i++) {
        put_bytes(&e, bytes + i, 1);
        assert_false(frame_is_whole(&e.here));
        assert_int_equal(frame_next(&e.here, &v), 0);
    }
    put_bytes(&e, bytes + 10, sizeof(bytes) - 1 - 10);
    assert_true(frame_is_whole(&e.here));
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(frame_next(&e.here, &v), 1);
        assert_int_equal(json_int(v, "a"), i);
        json_decref(v);
    }
    assert_false(frame_is_whole(&e.here));
    close(e.there);
    e.there = -1;
    assert_int_equal(frame_fill(&e.here), -EPIPE);
    ends_close(&e);
}

static void test_what_is_no_message(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } rows[] = {
        {"\0\0\0\0", 4},                     /* empty */
        {"\0\0\0\1{", 5},                    /* too short for an object */
        {"\0\x80\0\1", 4},                   /* one byte over FRAME_MAX */
        {"\xff\xff\xff\xff", 4},             /* far beyond it */
        {"\0\0\0\2[]", 6},                   /* no object */
        {"\0\0\0\3{} ", 7},                  /* white space behind it belongs to JSON: the one that is fine */
        {"\0\0\0\3{}}", 7},                  /* does not end at its last byte */
        {"\0\0\0\15{\"a\":1,\"a\":2}", 17},  /* the same member twice */
        {"\0\0\0\11{\"a\":\"\xff\"}", 13},   /* not UTF-8 */
        {"\0\0\0\2\"\"", 6},                 /* a text */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct ends e;
        json_t *v = NULL;
        int r;

        ends_open(&e);
        put_bytes(&e, rows[i].bytes, rows[i].len);
        assert_true(frame_is_whole(&e.here));
        r = frame_next(&e.here, &v);
        if (i == 5)
            json_decref(v);
        assert_int_equal(r, i == 5 ? 1 : -EPROTO);
        ends_close(&e);
    }
}

static void test_depth_has_an_end(void **state)
{
    struct ends e;
    char bytes[4 + 64] = {0};
    json_t *v = NULL;
    size_t n = 0;

    ends_open(&e);
    memcpy(bytes + 4, "{\"a\":", 5);
    n = 5;
    for (int i = 0; i < 17; i++) /* one more than a message may have */
        bytes[4 + n++] = '[';
    for (int i = 0; i < 17; i++)
        bytes[4 + n++] = ']';
    bytes[4 + n++] = '}';
    bytes[3] = (char)n;
    put_bytes(&e, bytes, 4 + n);
    assert_int_equal(frame_next(&e.here, &v), -EPROTO);
    ends_close(&e);
}

/* The other end of a call: reads one message, answers it, or goes. */
struct peer {
    int fd;
    enum { PEER_ANSWERS, PEER_GOES, PEER_SLEEPS } kind;
};

static void *peer_run(void *user)
{
    struct peer *p = user;
    struct frame_conn c;
    json_t *v = NULL;

    frame_conn_init(&c, p->fd);
    while (!frame_next(&c, &v)) {
        usleep(1000);
        if (frame_fill(&c) < 0)
            break;
    }
    if (v && p->kind == PEER_ANSWERS && !frame_put(&c, v))
        while (frame_flush(&c) == 1)
            usleep(1000);
    if (p->kind == PEER_SLEEPS)
        usleep(300000);
    json_decref(v);
    frame_conn_done(&c);
    return NULL;
}

static int call(int kind, json_t *message, json_t **ret)
{
    struct ends e;
    struct peer p = {.kind = kind};
    pthread_t thread;
    int r;

    ends_open(&e);
    p.fd = e.there;
    e.there = -1;
    OK(pthread_create(&thread, NULL, peer_run, &p));
    r = frame_call(&e.here, message, kind == PEER_SLEEPS ? 100 : 20000, ret);
    OK(pthread_join(thread, NULL));
    ends_close(&e);
    return r;
}

static void test_calls(void **state)
{
    JSON_AUTO *message = json_pack("{s:s}", "op", "status");
    JSON_AUTO *answer = NULL;
    JSON_AUTO *none = NULL;
    JSON_AUTO *large = json_object(), *back = NULL;
    char *text = calloc(1, 2000001);

    OK(call(PEER_ANSWERS, message, &answer));
    assert_true(json_equal(message, answer));
    assert_int_equal(call(PEER_GOES, message, &none), -EPIPE);
    assert_int_equal(call(PEER_SLEEPS, message, &none), -ETIMEDOUT);
    assert_non_null(text);
    for (size_t i = 0; i < 2000000; i++)
        text[i] = 'x';
    OK(json_put_str(large, "text", text)); /* more than a socket takes at once */
    OK(call(PEER_ANSWERS, large, &back));
    assert_true(json_equal(large, back));
    free(text);
}

/* Who is gone before he had the whole message has not done it: another answer than -EPIPE. */
static void test_a_message_that_cannot_be_sent(void **state)
{
    JSON_AUTO *message = json_pack("{s:s}", "op", "status");
    struct ends e;
    json_t *none = NULL;

    ends_open(&e);
    close(e.there);
    e.there = -1;
    assert_int_equal(frame_call(&e.here, message, 1000, &none), -ECONNRESET);
    ends_close(&e);
}

static void test_too_much_is_not_queued(void **state)
{
    struct ends e;
    JSON_AUTO *message = json_object();
    char *text = calloc(1, FRAME_MAX + 1);

    assert_non_null(text);
    for (size_t i = 0; i < FRAME_MAX; i++)
        text[i] = 'x';
    ends_open(&e);
    OK(json_put_str(message, "text", text));
    assert_int_equal(frame_put(&e.here, message), -ENOSPC);
    ends_close(&e);
    free(text);
}

/* ---- operations ---- */

static void test_members_of_operations(void **state)
{
    static const struct {
        const char *op, *message;
        bool is_ok;
    } rows[] = {
        {"status", "{\"op\":\"status\"}", true},
        {"status", "{\"op\":\"status\",\"token\":\"x\"}", true},
        {"status", "{\"op\":\"status\",\"token\":1}", false},
        {"status", "{\"op\":\"status\",\"more\":\"x\"}", false},
        {"act", "{\"op\":\"act\",\"reg\":\"a\",\"step\":\"b\"}", true},
        {"act", "{\"op\":\"act\",\"reg\":\"a\",\"step\":\"b\",\"record\":\"c\",\"with\":{},\"seen\":1,\"signs\":\"d\"}", true},
        {"act", "{\"op\":\"act\",\"reg\":\"a\"}", false},
        {"act", "{\"op\":\"act\",\"reg\":\"a\",\"step\":1}", false},
        {"act", "{\"op\":\"act\",\"reg\":\"a\",\"step\":\"b\",\"with\":[]}", false},
        {"act", "{\"op\":\"act\",\"reg\":\"a\",\"step\":\"b\",\"seen\":\"1\"}", false},
        {"act", "{\"op\":\"act\",\"reg\":\"a\",\"step\":\"b\",\"seen\":1.5}", false},
        {"act", "{\"op\":\"act\",\"reg\":\"a\",\"step\":\"b\",\"re\":\"x\"}", false}, /* the beginning of a name */
        {"act", "{\"op\":\"act\",\"reg\":\"a\",\"step\":\"b\",\"step*\":\"x\"}", false},
        {"act", "{\"op\":\"act\",\"reg\":\"a\",\"step\":\"b\",\"\":\"x\"}", false},
        {"sign-in", "{\"op\":\"sign-in\",\"login\":\"a\",\"password\":\"b\"}", true},
        {"sign-in", "{\"op\":\"sign-in\",\"login\":\"a\",\"password\":\"b\",\"verified\":true}", false},
        {"notice-read", "{\"op\":\"notice-read\",\"shard\":1,\"seq\":2,\"n\":3}", true},
        {"notice-read", "{\"op\":\"notice-read\",\"shard\":1,\"seq\":2}", false},
        {"notice-read", "{\"op\":\"notice-read\",\"shard\":1,\"seq\":2,\"n\":\"3\"}", false},
        {"checkpoint", "{\"op\":\"checkpoint\"}", true},
        {"checkpoint", "{\"op\":\"checkpoint\",\"shard\":2026,\"size\":3}", true},
        {"checkpoint", "{\"op\":\"checkpoint\",\"shard\":true}", false},
        {"force-import", "{\"op\":\"force-import\",\"files\":{}}", true},
        {"force-import", "{\"op\":\"force-import\",\"files\":\"x\"}", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct operation *op = operation_find(rows[i].op);
        JSON_AUTO *message = NULL;
        struct diag diag;

        assert_non_null(op);
        OK(json_parse(str_of(rows[i].message), (struct json_limits){4096, 16}, &message, NULL));
        diag_init(&diag);
        if (operation_message_ok(op, message, &diag) != rows[i].is_ok)
            fail_msg("%s: %s", rows[i].message, diag_first(&diag));
        assert_int_equal(diag.n_errors != 0, !rows[i].is_ok);
        diag_done(&diag);
    }
    assert_null(operation_find(""));
    assert_null(operation_find("ac"));
}

/* ---- what stays in memory ---- */

#define SECRET_LEN 64
#define VEIL 0x5a /* over the only copy that may be found */
#define REGION_MAX ((uint64_t)256 << 20)

/* Its second half: the allocator itself writes over where a block began. */
static bool is_secret(const uint8_t *at, const uint8_t veiled[SECRET_LEN])
{
    for (size_t i = SECRET_LEN / 2; i < SECRET_LEN; i++)
        if (at[i] != (uint8_t)(veiled[i] ^ VEIL))
            return false;
    return true;
}

static size_t n_found(int fd, uint64_t from, uint64_t to, uint8_t *room, const uint8_t veiled[SECRET_LEN])
{
    ssize_t n = pread(fd, room, to - from, (off_t)from);
    size_t found = 0;

    for (ssize_t i = 0; i + SECRET_LEN <= n; i++)
        found += is_secret(room + i, veiled);
    if (n > 0)
        explicit_bzero(room, (size_t)n);
    return found;
}

/* How often the process holds it where it can write; the reader's own room, mapped here, is passed over. */
static size_t n_in_memory(const uint8_t veiled[SECRET_LEN])
{
    uint8_t *room = mmap(NULL, REGION_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    FILE *maps = fopen("/proc/self/maps", "re");
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512], *at;
    size_t found = 0;

    assert_true(room != MAP_FAILED && maps && fd >= 0);
    while (fgets(line, sizeof(line), maps)) { /* 7f0012340000-7f0012350000 rw-p … */
        uint64_t from = strtoull(line, &at, 16), to = strtoull(at + 1, &at, 16);

        if (at[2] == 'w' && to - from < REGION_MAX)
            found += n_found(fd, from, to, room, veiled);
    }
    fclose(maps);
    close(fd);
    munmap(room, REGION_MAX);
    return found;
}

/* An answer of the keeper's with a key in it, however much stands before and behind. */
static json_t *with_key(const uint8_t veiled[SECRET_LEN], size_t before, size_t behind)
{
    char key[SECRET_LEN + 1] = "", *pad = malloc(MAX_OF(before, behind) + 1);
    json_t *v;

    assert_non_null(pad);
    memset(pad, 'x', MAX_OF(before, behind));
    for (size_t i = 0; i < SECRET_LEN; i++)
        key[i] = (char)(veiled[i] ^ VEIL);
    v = json_pack("{s:s%, s:s, s:s%}", "a", pad, before, "key", key, "z", pad, behind);
    explicit_bzero(key, sizeof(key));
    free(pad);
    assert_non_null(v);
    return v;
}

#if defined(__SANITIZE_ADDRESS__)
#define IS_WATCHED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_WATCHED true
#endif
#endif
#ifndef IS_WATCHED
#define IS_WATCHED false
#endif

static void passes_on(const uint8_t veiled[SECRET_LEN], size_t before, size_t behind)
{
    struct frame_conn from, to;
    int pair[2], r;
    json_t *v = with_key(veiled, before, behind);

    assert_true(n_in_memory(veiled) > 0); /* or the search finds nothing whatever is there */
    OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    frame_conn_init(&from, pair[0]);
    frame_conn_init(&to, pair[1]);
    OK(frame_put(&from, v));
    json_decref(v);
    v = NULL;
    while (!(r = frame_next(&to, &v))) {
        assert_true(frame_flush(&from) >= 0);
        assert_true(frame_fill(&to) >= 0);
    }
    assert_int_equal(r, 1);
    assert_int_equal(strlen(json_str(v, "key")), SECRET_LEN);
    json_decref(v);
    if (!IS_WATCHED) /* a sanitizer keeps what was freed, and its allocator moves whatever grows */
        assert_int_equal(n_in_memory(veiled), 0); /* while both connections stay open */
    frame_conn_done(&from);
    frame_conn_done(&to);
}

static void test_no_key_stays_in_memory(void **state)
{
    uint8_t veiled[SECRET_LEN];

    for (size_t i = 0; i < SECRET_LEN; i++)
        veiled[i] = (uint8_t)("0123456789abcdef"[(i * 7 + i / 5) % 16] ^ VEIL);
    passes_on(veiled, 0, 0);
    passes_on(veiled, 3, 300000);
    passes_on(veiled, 300000, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_comes_in_pieces), cmocka_unit_test(test_what_is_no_message),
        cmocka_unit_test(test_depth_has_an_end),          cmocka_unit_test(test_calls),
        cmocka_unit_test(test_a_message_that_cannot_be_sent), cmocka_unit_test(test_too_much_is_not_queued),
        cmocka_unit_test(test_members_of_operations), cmocka_unit_test(test_no_key_stays_in_memory),
    };

    return cmocka_run_group_tests_name("keeper-frame", tests, NULL, NULL);
}
