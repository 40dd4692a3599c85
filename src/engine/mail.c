#include "engine/mail.h"

#include "engine/inside.h"
#include "engine/notice.h"

unsigned engine_mail_timeout_s(const struct engine *e)
{
    uint64_t s;

    return str_to_u64(str_of(engine_setting(e, "mail.timeout")), 1, MAIL_TIMEOUT_MAX_S, &s)
               ? MAIL_TIMEOUT_S
               : (unsigned)s;
}

/* ---- queueing ---- */

static bool has_left(const struct engine *e, const char *person, uint64_t now_us)
{
    return force_has_left(engine_force(e), person, day_of_instant(now_us));
}

/* 1: no server, or no address, or he has left. *ret_urgent: urgent ones go at once. */
static int may_queue(struct engine *e, const char *person, uint64_t now_us, bool *ret_urgent)
{
    ROWS_AUTO *row = NULL;
    int r;

    if (!*engine_setting(e, "mail.server") || has_left(e, person, now_us))
        return 1;
    r = STORE_ONE(e->store, &row, STMT_CONTACT_GET, V_TEXT(person));
    if (r == STORE_E_NONE)
        return 1;
    if (r)
        return store_failed(r);
    *ret_urgent = rows_int(row, 3) != 0;
    return *rows_text(row, 0) ? 0 : 1;
}

static int next_id(struct store *s, int64_t *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_RUN(s, STMT_COUNTER_NEXT, V_TEXT("outbox"));

    if (!r)
        r = STORE_ONE(s, &row, STMT_COUNTER_GET, V_TEXT("outbox"));
    if (!r)
        *ret = rows_int(row, 0);
    return store_failed(r);
}

/* `body` is taken. */
static int queue(struct store *s, const char *person, const char *kind, json_t *body,
                 uint64_t now_us, int64_t *ret_id)
{
    CLEANUP(buf_done) struct buf text = {0};
    JSON_AUTO *owned = body;
    int r;

    buf_init(&text, 1024);
    if (!owned)
        return -ENOMEM;
    if ((r = ERR_FOLD(json_canonical(owned, &text, NULL))) || (r = next_id(s, ret_id)))
        return r;
    return store_failed(STORE_RUN(s, STMT_OUTBOX_ADD, V_INT(*ret_id), V_TEXT(person), V_TEXT(kind),
                                  V_INT(now_us), V_INT(clock_real_us()), V_STR(buf_str(&text))));
}

int mail_queue_urgent(struct engine *e, const char *person, int64_t shard, int64_t seq, int64_t n,
                      uint64_t now_us)
{
    bool at_once = false;
    int64_t id;
    int r = may_queue(e, person, now_us, &at_once);

    if (r || !at_once)
        return MIN_OF(r, 0);
    return queue(e->store, person, "urgent",
                 json_pack("{s:I, s:I, s:I}", "shard", (json_int_t)shard, "seq", (json_int_t)seq,
                           "n", (json_int_t)n),
                 now_us, &id);
}

int mail_queue_test(struct engine *e, const char *person, uint64_t now_us, int64_t *ret_id)
{
    bool at_once;
    int r = may_queue(e, person, now_us, &at_once);

    return r ? r : queue(e->store, person, "test", json_object(), now_us, ret_id);
}

/* ---- digests ---- */

static int is_anything(struct store *s, const char *person, int64_t from_us, uint64_t until_us,
                       bool all)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(s, &rows, STMT_NOTICE_DIGEST, V_TEXT(person), V_INT(from_us),
                                     V_INT(until_us), V_INT(all), V_INT(1)));

    return r ? r : rows_next(rows);
}

static int gather(struct engine *e, const char *person, int64_t from_us, uint64_t until_us, bool all)
{
    struct store *s = e->store;
    int64_t id;
    int r = has_left(e, person, until_us) ? 0 : is_anything(s, person, from_us, until_us, all);

    if (r < 0)
        return r;
    if (r > 0 && (r = queue(s, person, "digest",
                            json_pack("{s:I, s:I, s:b}", "from", (json_int_t)from_us, "until",
                                      (json_int_t)until_us, "all", all),
                            until_us, &id)))
        return r;
    return store_failed(STORE_RUN(s, STMT_CONTACT_GATHERED, V_TEXT(person), V_INT(until_us)));
}

int engine_mail_digests(struct engine *e, uint64_t now_us, size_t max, bool *ret_more)
{
    uint64_t midnight_us = instant_of_day(day_of_instant(now_us));
    ROWS_AUTO *rows = NULL;
    size_t n = 0;
    int r;

    *ret_more = false;
    if (!*engine_setting(e, "mail.server"))
        return 0;
    r = store_failed(STORE_QUERY(e->store, &rows, STMT_CONTACT_DUE,
                                 V_INT((now_us - midnight_us) / (60 * US_PER_SECOND)),
                                 V_INT(midnight_us), V_INT(max)));
    while (!r && (r = rows_next(rows)) > 0) {
        r = gather(e, rows_text(rows, 0), rows_int(rows, 2), now_us, !rows_int(rows, 1));
        n++;
    }
    *ret_more = n == max;
    return r;
}

/* ---- what may be said ---- */

/* *ret NULL: nothing may be said of it. */
static int may_leave(struct stage *sc, const struct sight *sight, const char *id, struct record **ret)
{
    enum release_answer answer;
    struct record *r;
    int e = *id && sight ? stage_record(sc, id, &r) : 1;

    *ret = NULL;
    if (e || r->disposed_us)
        return MIN_OF(e, 0);
    if ((e = release_record(sc, sight, RELEASE_NOTICE, r, &answer)))
        return e;
    *ret = answer == RELEASE_ALLOWED ? r : NULL;
    return 0;
}

static int add_item(struct stage *sc, const struct sight *sight, struct rows *rows, json_t *list)
{
    const struct notice_reader who = {.sight = sight, .is_mail = true};
    JSON_AUTO *text = NULL;
    JSON_AUTO *title = NULL;
    struct record *record;
    json_t *one;
    int e = may_leave(sc, sight, rows_text(rows, 4), &record);

    if (e)
        return e;
    if ((e = json_parse(rows_str(rows, 7), JSON_LIMITS_DEFAULT, &text, NULL)))
        return e < 0 ? e : -EBADMSG;
    if (record && (e = notice_words(sc, &who, (struct text2){json_str(text, "ja"), json_str(text, "en")}, record, &title)))
        return e;
    one = record ? json_pack("{s:O, s:s, s:I, s:b}", "title", title, "record", rows_text(rows, 4), "t",
                             (json_int_t)rows_int(rows, 3), "urgent", rows_int(rows, 6) != 0)
                 : json_object();
    return !one || json_array_append_new(list, one) ? -ENOMEM : 0;
}

static int open_rows(struct stage *sc, const char *person, const json_t *body, struct rows **ret)
{
    struct store *s = sc->e->store;

    if (json_object_get(body, "until"))
        return STORE_QUERY(s, ret, STMT_NOTICE_DIGEST, V_TEXT(person),
                           V_INT(json_int(body, "from")), V_INT(json_int(body, "until")),
                           V_INT(json_flag(body, "all")), V_INT(MAIL_ITEMS_MAX));
    return STORE_QUERY(s, ret, STMT_NOTICE_ONE_UNREAD, V_INT(json_int(body, "shard")),
                       V_INT(json_int(body, "seq")), V_INT(json_int(body, "n")), V_TEXT(person));
}

static int collect(struct stage *sc, const char *person, const json_t *body, json_t *list)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    ROWS_AUTO *rows = NULL;
    int e = sc->actor ? sight_of_person(sc, sc->actor, &sight) : 0;

    if (!e)
        e = store_failed(open_rows(sc, person, body, &rows));
    while (!e && (e = rows_next(rows)) > 0)
        e = add_item(sc, sight, rows, list);
    return e;
}

int engine_mail_items(struct engine *e, const char *person, const json_t *body, uint64_t now_us,
                      json_t **ret)
{
    JSON_AUTO *list = json_array();
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    if (!r && !list)
        r = -ENOMEM;
    if (!r && !has_left(e, person, now_us))
        r = collect(&sc, person, body, list);
    stage_done(&sc);
    if (!r)
        *ret = TAKE(list);
    return r;
}
