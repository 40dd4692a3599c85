/* Objects of our own when memory runs out: whoever writes one says so, and none leaves half written; whoever brings them in opens all of them as one import, or
 * nothing: what could not be gone on with is dropped, and never told as brought in. The keeper is one that answers and remembers. */
#include "intel/own.h"
#include "intel/stix-rules.h"
#include "keeper/frame.h"
#include "keeper/socket.h"
#include "loop.h"
#include "store/segment.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define INDICATOR "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd01"
#define MALWARE "malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd02"
#define APRIL_US UINT64_C(1775001600000000) /* 2026-04-01T00:00:00Z */
#define N_OBJECTS 2

/* ---- a keeper that answers and remembers ---- */

struct keeper {
    char dir[40];
    int fd;
    pthread_t thread;
    char refused[20]; /* the operation to which it says no */
    char lost[20];    /* the operation at which it goes away, once: when it is done, before it answers; with ! in front: before it is done */
    int n_begun, n_objects, n_opened, n_dropped;
};

static int take_segment(struct keeper *k, const json_t *m)
{
    CLEANUP(buf_done) struct buf bytes;
    struct segment g;

    buf_init(&bytes, SEGMENT_SIZE_MAX);
    if (base64_parse(str_of(json_str(m, "data")), &bytes) || segment_read(buf_str(&bytes), &g))
        return 1;
    k->n_objects += (int)g.n_objects;
    segment_done(&g);
    return 0;
}

/* What there was since it was asked for last. */
static json_t *look(struct keeper *k, const json_t *m)
{
    json_t *answer = json_pack("{s:b, s:i, s:i, s:i, s:i}", "ok", 1, "begun", k->n_begun, "objects", k->n_objects, "opened", k->n_opened, "dropped", k->n_dropped);

    k->n_begun = k->n_objects = k->n_opened = k->n_dropped = 0;
    snprintf(k->refused, sizeof(k->refused), "%s", json_str(m, "refuse"));
    snprintf(k->lost, sizeof(k->lost), "%s", json_str(m, "lose"));
    return answer;
}

/* NULL: it goes away. */
static json_t *answer_to(struct keeper *k, const json_t *m)
{
    const char *op = json_str(m, "op");
    bool is_undone = k->lost[0] == '!', is_lost = !strcmp(op, k->lost + is_undone);

    if (!strcmp(op, "look"))
        return look(k, m);
    if (is_lost)
        k->lost[0] = '\0';
    if (is_lost && is_undone)
        return NULL;
    if (!strcmp(op, k->refused) || (!strcmp(op, "intel-drop") && k->n_opened) || (!strcmp(op, "intel-segment") && take_segment(k, m)))
        return json_pack("{s:b, s:s}", "ok", 0, "error", "over");
    k->n_begun += !strcmp(op, "intel-begin");
    k->n_opened += !strcmp(op, "intel-open");
    k->n_dropped += !strcmp(op, "intel-drop");
    return is_lost ? NULL : json_pack("{s:b, s:i, s:s, s:i, s:i}", "ok", 1, "run", 7, "record", "II-2026-0001", "tlp", (int)TLP_AMBER, "known", 0);
}

static void serve(struct keeper *k, int fd)
{
    struct frame_conn c;
    int r = 1;

    frame_conn_init(&c, fd);
    while (r >= 0) {
        JSON_AUTO *message = NULL;
        JSON_AUTO *answer = NULL;

        r = frame_next(&c, &message);
        if (r == 1) {
            answer = answer_to(k, message);
            r = !answer || frame_put(&c, answer) || frame_flush(&c) ? -EIO : 1; /* answers are short */
        } else if (!r) {
            r = poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1) < 0 ? -errno : frame_fill(&c);
        }
    }
    frame_conn_done(&c);
}

/* One connection after the other: what is asked over a later one finds all that came over the earlier ones. */
static void *live(void *user)
{
    struct keeper *k = user;
    int fd;

    while ((fd = accept(k->fd, NULL, NULL)) >= 0)
        serve(k, fd);
    return NULL;
}

static void keeper_start(struct keeper *k)
{
    struct sockaddr_un address;
    int dir;

    *k = (struct keeper){.dir = "/tmp/fail-own-XXXXXX"};
    assert_non_null(mkdtemp(k->dir));
    k->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(k->fd >= 0);
    OK(keeper_socket_address(k->dir, KEEPER_SOCKET, &address, &dir));
    OK(bind(k->fd, (struct sockaddr *)&address, sizeof(address)));
    OK(listen(k->fd, 5));
    close(dir);
    OK(pthread_create(&k->thread, NULL, live, k));
}

/* Nobody is connected to it any more. */
static void keeper_stop(struct keeper *k)
{
    char path[80];

    shutdown(k->fd, SHUT_RDWR);
    OK(pthread_join(k->thread, NULL));
    close(k->fd);
    snprintf(path, sizeof(path), "%s/" KEEPER_SOCKET, k->dir);
    OK(unlink(path));
    OK(rmdir(k->dir));
}

/* ---- objects ---- */

static int print_report(bool is_false, struct buf *out)
{
    const struct own_report o = {.is_false = is_false, .of = STR(INDICATOR), .tlp = TLP_AMBER, .at_us = APRIL_US, .now_us = APRIL_US + 5000000, .n = 3,
                                 .text = STR("社内のプロキシで確認")};

    return own_print(&o, out);
}

static int print_link(struct buf *out)
{
    const struct own_link l = {"IL-2026-0001", STR(INDICATOR), STR(MALWARE), TLP_AMBER, APRIL_US};

    return own_relation(&l, out);
}

static int print_revoked(struct buf *out)
{
    return own_revoke(STR("{\"type\":\"indicator\",\"id\":\"" INDICATOR "\",\"modified\":\"2026-04-01T00:00:00.000Z\",\"x\":[1,\"二\"]}"), APRIL_US, out);
}

/* ---- what an object comes to ---- */

struct objects {
    struct buf is, want;
};

static void clear(struct buf *b)
{
    buf_done(b);
    buf_init(b, 1 << 20);
}

static int fault_found(const struct stix_finding *f, void *context)
{
    fail_msg("%s at %.*s", stix_fault_name(f->fault), STR_ARG(f->path));
    return 0;
}

static int check_object(const struct stix_object *o, void *context)
{
    unsigned n_errors;

    return stix_check(context, o, fault_found, NULL, &n_errors);
}

/* Whole objects of STIX without a fault; empty: none. */
static void check_stix(struct str objects)
{
    const struct stix_reader_calls calls = {check_object, fault_found};
    CLEANUP(stix_rules_freep) struct stix_rules *rules = stix_rules_new();
    CLEANUP(stix_reader_freep) struct stix_reader *reader = stix_reader_new(&calls, rules);

    OK(stix_reader_add(reader, STR("{\"type\":\"bundle\",\"id\":\"bundle--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd03\",\"objects\":[")));
    OK(stix_reader_add(reader, objects));
    OK(stix_reader_add(reader, STR("]}")));
    OK(stix_reader_end(reader));
}

/* Its id is by chance, and of one length: the same but for that. */
static void check_report(void *user, int r)
{
    struct objects *o = user;

    if (r == 0) {
        check_stix(buf_str(&o->is));
        if (o->want.len && o->want.len != o->is.len)
            fail_msg("success, but it wrote \"%.*s\"", STR_ARG(buf_str(&o->is)));
        clear(&o->want);
        OK(buf_add_str(&o->want, buf_str(&o->is)));
    }
    clear(&o->is);
}

static void check_same(void *user, int r)
{
    struct objects *o = user;

    if (r == 0 && o->want.len && !str_eq(buf_str(&o->is), buf_str(&o->want)))
        fail_msg("success, but it wrote \"%.*s\"", STR_ARG(buf_str(&o->is)));
    if (r == 0 && !o->want.len)
        OK(buf_add_str(&o->want, buf_str(&o->is)));
    clear(&o->is);
}

static void loop(const char *name, int (*run)(void *), void (*check)(void *, int), const char *holds)
{
    const struct fail_operation op = {name, run, check, FAIL_ALLOC, fail_no_memory, 0};
    struct objects o;

    buf_init(&o.is, 1 << 20);
    buf_init(&o.want, 1 << 20);
    fail_loop(&op, &o);
    assert_non_null(strstr(o.want.at, holds));
    buf_done(&o.is);
    buf_done(&o.want);
}

static int run_sighting(void *user)
{
    return print_report(false, &((struct objects *)user)->is);
}

static int run_opinion(void *user)
{
    return print_report(true, &((struct objects *)user)->is);
}

static int run_relation(void *user)
{
    return print_link(&((struct objects *)user)->is);
}

static int run_revoke(void *user)
{
    struct objects *o = user;

    return print_revoked(&o->is) ?: print_revoked(&o->is); /* as all do, it separates itself from what stands before */
}

static void reports_are_written(void **state)
{
    loop("own_print of a sighting", run_sighting, check_report, "\"sighting_of_ref\":\"" INDICATOR "\"");
    loop("own_print of an opinion", run_opinion, check_report, "\"opinion\":\"strongly-disagree\"");
}

static void links_are_written(void **state)
{
    loop("own_relation", run_relation, check_same, "\"relationship_type\":\"related-to\"");
}

static void objects_are_revoked(void **state)
{
    loop("own_revoke", run_revoke, check_same, "\"revoked\":true},{");
}

/* ---- bringing them in ---- */

struct bringing {
    struct keeper keeper;
    struct keeper_link *link;
    struct buf objects;
    const char *refused; /* the operation to which the keeper says no; "" none */
    int want;            /* what comes of it without faults */
    bool is_once;        /* memory comes back: what was begun is dropped */
};

static int run_bring(void *user)
{
    struct bringing *b = user;
    const struct run_setting s = {.link = b->link, .token = STR("t"), .collection = "IC-2026-0001", .channel = "IH-2026-0001", .name = "reports"};
    struct own_brought brought = {.added = 99};
    JSON_AUTO *answer = NULL;
    int r = own_bring(&s, buf_str(&b->objects), &brought, &answer);

    if (r == 0 && (strcmp(brought.record, "II-2026-0001") != 0 || brought.added != N_OBJECTS))
        fail_msg("%s with %d objects", brought.record, (int)brought.added);
    if (r == RUN_E_REFUSED && strcmp(json_str(answer, "error"), "over") != 0)
        fail_msg("refused, and nobody knows why");
    return r == b->want ? 0 : r;
}

static json_t *look_back(const struct bringing *b)
{
    JSON_AUTO *message = json_pack("{s:s, s:s}", "op", "look", "refuse", b->refused);
    json_t *answer = NULL;

    OK(keeper_ask(b->link, message, &answer));
    return answer;
}

/* Nothing is open but what was told as brought in; where the keeper's last word was lost it may be. */
static void check_brought(void *user, int r)
{
    struct bringing *b = user;
    JSON_AUTO *answer = look_back(b);
    bool is_begun, is_open, is_dropped;

    is_begun = json_int(answer, "begun") > 0;
    is_open = json_int(answer, "opened") > 0;
    is_dropped = json_int(answer, "dropped") > 0;
    if (json_int(answer, "begun") > 1 || json_int(answer, "opened") > 1 || (is_open && is_dropped))
        fail_msg("begun %d, opened %d, dropped %d", is_begun, is_open, is_dropped);
    if (r != -EPIPE && is_open != (r == 0 && b->want == 0))
        fail_msg("%d, and it is %sopen", r, is_open ? "" : "not ");
    if (is_open && json_int(answer, "objects") != N_OBJECTS)
        fail_msg("it is open with %d objects", (int)json_int(answer, "objects"));
    if (b->is_once && r == -ENOMEM && is_begun && !is_dropped)
        fail_msg("what was begun was left");
}

static void bring(const char *name, const char *refused, struct str objects, int want)
{
    static const int answers[] = {-ENOMEM, -EPIPE, 0};
    struct bringing b = {.refused = refused, .want = want, .is_once = true};
    JSON_AUTO *seen = NULL;
    const struct fail_operation once = {name, run_bring, check_brought, 1u << FAULT_ALLOC, answers, 0};
    const struct fail_operation since = {name, run_bring, check_brought, 1u << FAULT_ALLOC_SINCE, answers, 0};

    keeper_start(&b.keeper);
    OK(keeper_link_open_courier(b.keeper.dir, 1000, &b.link, NULL));
    buf_init(&b.objects, 1 << 20);
    OK(print_report(false, &b.objects));
    OK(objects.len ? buf_add_str(&b.objects, objects) : print_link(&b.objects));
    json_decref(look_back(&b)); /* the keeper knows now what to refuse */
    OK(run_bring(&b));
    seen = look_back(&b);
    assert_int_equal(json_int(seen, "dropped"), want != 0);
    fail_loop(&once, &b);
    b.is_once = false;
    fail_loop(&since, &b);
    keeper_link_close(b.link);
    keeper_stop(&b.keeper);
    buf_done(&b.objects);
}

static void they_come_in_as_one(void **state)
{
    bring("own_bring", "", STR_NONE, 0);
}

static void what_is_refused_is_dropped(void **state)
{
    bring("own_bring, no segment", "intel-segment", STR_NONE, RUN_E_REFUSED);
    bring("own_bring, not open", "intel-open", STR_NONE, RUN_E_REFUSED);
}

static void what_is_wrong_is_dropped(void **state)
{
    bring("own_bring of what is wrong", "", STR(",{\"type\":\"sighting\",\"id\":\"sighting--1\"}"), OWN_E_WRONG);
}

/* The keeper goes away at an operation: what is not open is dropped over the next connection, and what is open stays. */
static void lose(const char *lost, bool is_open)
{
    struct bringing b = {.refused = "", .want = -EPIPE};
    JSON_AUTO *message = json_pack("{s:s, s:s}", "op", "look", "lose", lost);
    JSON_AUTO *answer = NULL;
    JSON_AUTO *seen = NULL;

    keeper_start(&b.keeper);
    OK(keeper_link_open_courier(b.keeper.dir, 1000, &b.link, NULL));
    buf_init(&b.objects, 1 << 20);
    OK(print_report(false, &b.objects));
    OK(print_link(&b.objects));
    OK(keeper_ask(b.link, message, &answer));
    OK(run_bring(&b));
    seen = look_back(&b);
    assert_int_equal(json_int(seen, "begun"), 1);
    assert_int_equal(json_int(seen, "opened"), is_open);
    assert_int_equal(json_int(seen, "dropped"), !is_open);
    keeper_link_close(b.link);
    keeper_stop(&b.keeper);
    buf_done(&b.objects);
}

static void what_is_lost_is_dropped(void **state)
{
    lose("intel-segment", false);
    lose("!intel-segment", false);
    lose("!intel-open", false);
    lose("intel-open", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_are_written),        cmocka_unit_test(links_are_written),        cmocka_unit_test(objects_are_revoked),
        cmocka_unit_test(they_come_in_as_one),        cmocka_unit_test(what_is_refused_is_dropped), cmocka_unit_test(what_is_wrong_is_dropped),
        cmocka_unit_test(what_is_lost_is_dropped),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
