/* Messages between workers and the keeper: frames as bytes, and what an operation's message may hold. */
#include "keeper/frame.h"
#include "keeper/operation.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_comes_in_pieces), cmocka_unit_test(test_what_is_no_message),
        cmocka_unit_test(test_depth_has_an_end),          cmocka_unit_test(test_calls),
        cmocka_unit_test(test_a_message_that_cannot_be_sent), cmocka_unit_test(test_too_much_is_not_queued),
        cmocka_unit_test(test_members_of_operations),
    };

    return cmocka_run_group_tests_name("keeper-frame", tests, NULL, NULL);
}
