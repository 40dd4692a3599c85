#include "engine/scenario.h"

#include "engine/attachment.h"
#include "engine/digest.h"
#include "engine/holding.h"
#include "engine/scenario-play.h"
#include "engine/secret.h"
#include "base/csv.h"
#include "base/tell.h"
#include "engine/shared.h"
#include "engine/ticket-inside.h"

#include <sodium.h>
#include <stdio.h>

#include <stdlib.h>

#define MESSAGE_MAX ((size_t)64 << 10)
#define TICK_MAX 1000 /* in one transaction */
#define ORIGIN "scenario/play"

/* ---- the place ---- */

static int set_meta(struct store *s, const char *key, const char *value)
{
    return store_failed(STORE_RUN(s, STMT_META_SET, V_TEXT(key), V_TEXT(value)));
}

static int bump_generation(struct store *s)
{
    ROWS_AUTO *row = NULL;
    char text[32];
    int64_t n = 0;
    int r = STORE_ONE(s, &row, STMT_META_GET, V_TEXT("generation"));

    if (r && r != STORE_E_NONE)
        return store_failed(r);
    if (!r && str_to_i64(rows_str(row, 0), 0, INT64_MAX - 1, &n))
        n = 0;
    snprintf(text, sizeof(text), "%lld", (long long)n + 1);
    return set_meta(s, "generation", text);
}

static int adopt(struct store *s, const struct pack *pack, struct buf *hashes)
{
    struct digest_text hash = digest_text(&pack->hash);
    int r = STORE_RUN(s, STMT_PACK_ADD, V_TEXT(hash.at), V_TEXT(pack->id), V_INT(pack->from_day),
                      V_INT(pack->to_day), V_STR(pack->canonical), V_INT(1), V_TEXT("operator"), V_INT(1),
                      V_TEXT("operator"));

    if (!r && hashes->len)
        r = buf_add_char(hashes, ' ');
    return r ? store_failed(r) : buf_add_text(hashes, hash.at);
}

static int adopt_all(struct store *s, const struct pack *pack, const struct scenario *of)
{
    CLEANUP(buf_done) struct buf hashes = {0};
    int r;

    buf_init(&hashes, 4096);
    r = adopt(s, pack, &hashes);
    for (size_t i = 0; !r && of && i < of->n_beside; i++)
        r = adopt(s, of->beside[i], &hashes);
    return r ? r : set_meta(s, "packs", hashes.at);
}

static int furnish(struct scenario_play *p, const struct pack *pack, const struct scenario *of, const struct force *force, struct diag *diag)
{
    int r = store_failed(store_begin(p->store));

    if (!r)
        r = set_meta(p->store, "origin", ORIGIN);
    if (!r)
        r = adopt_all(p->store, pack, of);
    if (!r)
        r = store_failed(force_save_store(force, p->store, diag));
    if (!r)
        r = bump_generation(p->store);
    if (!r)
        return store_failed(store_commit(p->store));
    store_rollback(p->store);
    return r;
}

static struct scenario_play *play_new(const struct pack *pack)
{
    struct scenario_play *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    buf_init(&p->message, MESSAGE_MAX);
    p->lang = MESSAGE_EN;
    p->pack = pack;
    p->now_us = instant_of_day(pack->from_day);
    p->names = json_object();
    p->tickets = json_object();
    if (!p->names || !p->tickets) {
        scenario_play_close(p);
        return NULL;
    }
    return p;
}

int scenario_play_open(const char *db, const struct pack *pack, const struct force *force, struct scenario_play **ret,
                       struct diag *diag)
{
    return scenario_play_open_for(db, pack, NULL, force, ret, diag);
}

int scenario_play_open_for(const char *db, const struct pack *pack, const struct scenario *s, const struct force *force, struct scenario_play **ret,
                           struct diag *diag)
{
    CLEANUP(scenario_play_closep) struct scenario_play *p = play_new(pack);
    uint8_t seed[LOG_SEED_SIZE];
    int r;

    if (!p)
        return -ENOMEM;
    p->owns = true;
    if (!strcmp(db, ":memory:"))
        r = store_open(db, STORE_WRITE, &p->store, diag);
    else
        r = store_create(db, &p->store, diag);
    if (!r)
        r = furnish(p, pack, s, force, diag);
    random_fill(seed, sizeof(seed));
    if (!r)
        r = log_open(p->store, seed, &p->log, diag);
    if (!r)
        r = engine_open(p->store, &p->engine, diag);
    if (r)
        return store_failed(r);
    *ret = TAKE(p);
    return 0;
}

int scenario_play_over(struct store *store, struct log *log, struct engine *engine, const struct pack *pack,
                       struct scenario_play **ret)
{
    struct scenario_play *p = play_new(pack);

    if (!p)
        return -ENOMEM;
    p->store = store;
    p->log = log;
    p->engine = engine;
    *ret = p;
    return 0;
}

void scenario_play_close(struct scenario_play *p)
{
    if (!p)
        return;
    if (p->engine)
        p->engine->draws = DRAWS_BY_ROOT;
    if (p->owns) {
        engine_close(p->engine);
        engine_shared_free(p->shared);
        log_close(p->log);
        store_close(p->store);
    }
    json_decref(p->names);
    json_decref(p->tickets);
    buf_done(&p->message);
    free(p);
}

int scenario_play_swap(struct scenario_play *p, struct pack *pack, struct diag *diag)
{
    int r;

    assert(p->owns && !p->shared);
    engine_close(p->engine);
    p->engine = NULL;
    r = engine_shared_new(&p->shared);
    if (!r)
        r = shared_text_put(p->shared, digest_text(&p->pack->hash).at, pack);
    return r ? r : engine_open_shared(p->store, p->shared, &p->engine, diag);
}

struct engine *scenario_play_engine(struct scenario_play *p)
{
    return p->engine;
}

struct store *scenario_play_store(struct scenario_play *p)
{
    return p->store;
}

struct log *scenario_play_log(struct scenario_play *p)
{
    return p->log;
}

uint64_t scenario_play_now(const struct scenario_play *p)
{
    return p->now_us;
}

const char *scenario_play_record(const struct scenario_play *p, const char *name)
{
    return json_str(p->names, *name == '$' ? name + 1 : name);
}

/* ---- transactions ---- */

static int begin(struct scenario_play *p)
{
    int r = store_failed(store_begin(p->store));

    if (r)
        return r;
    r = store_failed(log_begin(p->log));
    if (r)
        store_rollback(p->store);
    return r;
}

static int end(struct scenario_play *p, int r)
{
    if (!r)
        r = store_failed(log_end(p->log));
    if (!r)
        r = store_failed(store_commit(p->store));
    if (r) {
        store_rollback(p->store);
        log_forget(p->log);
    }
    return r;
}

/* In a transaction of its own what is due up to `to_us`, or TICK_MAX of it; the play's time goes along. */
static int tick_through(struct scenario_play *p, uint64_t to_us, bool *ret_more)
{
    struct diag failed;
    int r = begin(p);

    if (r)
        return r;
    diag_init(&failed);
    p->engine->draws = p->draws;
    r = engine_tick_through(p->engine, p->log, &p->now_us, to_us, TICK_MAX, ret_more, &failed);
    if (!r && failed.n_errors) {
        play_fail(p, MSG_PLAY_WHY, diag_why(&failed));
        r = -EBADMSG;
    }
    diag_done(&failed);
    return end(p, r);
}

int scenario_play_clock(struct scenario_play *p, uint64_t to_us)
{
    bool more = true;
    int r = 0;

    to_us = MAX_OF(to_us, p->now_us);
    while (!r && more)
        r = tick_through(p, to_us, &more);
    p->now_us = to_us;
    return r;
}

/* ---- names ---- */

void play_fail_args(struct scenario_play *p, enum message_key key, const struct message_arg *args, size_t n)
{
    if (p->message.len)
        IGNORE(buf_add_text(&p->message, "; "), "a message that is too long is cut");
    IGNORE(message_print_args(&p->message, p->lang, key, args, n), "a message that is too long is cut");
}

void scenario_play_in(struct scenario_play *p, enum message_lang lang)
{
    p->lang = lang;
}

static int field_of_record(struct scenario_play *p, const char *id, const char *field, struct buf *out)
{
    struct stage sc;
    struct record *rec;
    const struct field *f;
    json_t *v = NULL;
    int r = stage_open(&sc, p->engine, "", p->now_us);

    if (!r)
        r = stage_record(&sc, id, &rec);
    if (!r) {
        f = reg_field(rec->reg, field);
        r = f ? record_value(p->store, rec, f, &v) : 1;
    }
    if (!r && json_is_array(v))
        v = json_array_get(v, 0);
    if (!r)
        r = json_is_string(v) ? buf_add_text(out, json_string_value(v)) : 1;
    stage_done(&sc);
    return r;
}

int play_resolve(struct scenario_play *p, const char *text, struct buf *out)
{
    const char *dot = strchr(text, '.');
    char name[128];
    const char *id;
    int r;

    if (*text != '$')
        return buf_add_text(out, text);
    snprintf(name, sizeof(name), "%.*s", dot ? (int)(dot - text - 1) : (int)strlen(text + 1), text + 1);
    id = json_str(p->names, name);
    if (!*id) {
        play_fail(p, MSG_PLAY_NAME, {"name", str_of(name)});
        return 1;
    }
    if (!dot)
        return buf_add_text(out, id);
    r = field_of_record(p, id, dot + 1, out);
    if (r > 0)
        play_fail(p, MSG_PLAY_UNNAMED, {"record", str_of(id)}, {"field", str_of(dot + 1)});
    return r;
}

int play_resolve_json(struct scenario_play *p, const json_t *v, json_t **ret)
{
    CLEANUP(buf_done) struct buf text = {0};
    const char *key;
    json_t *item, *one;
    size_t i;
    int r = 0;

    buf_init(&text, MESSAGE_MAX);
    if (json_is_object(v)) {
        *ret = json_object();
        json_object_foreach((json_t *)(uintptr_t)v, key, item) {
            if (!r && !(r = play_resolve_json(p, item, &one)))
                r = json_object_set_new(*ret, key, one) ? -ENOMEM : 0;
        }
    } else if (json_is_array(v)) {
        *ret = json_array();
        json_array_foreach(v, i, item) {
            if (!r && !(r = play_resolve_json(p, item, &one)))
                r = json_array_append_new(*ret, one) ? -ENOMEM : 0;
        }
    } else if (json_is_string(v) && *json_string_value(v) == '$') {
        r = play_resolve(p, json_string_value(v), &text);
        *ret = r ? NULL : json_string(text.at);
        if (r > 0 && (*ret = json_string(json_string_value(v)))) /* it has been said */
            r = 0;
    } else {
        *ret = json_copied_deep(v);
    }
    if (!r && !*ret)
        r = -ENOMEM;
    if (r) {
        json_decref(*ret);
        *ret = NULL;
    }
    return r;
}

/* ---- answers ---- */

static bool has_text(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_string_value(json_array_get(list, i)), text))
            return true;
    return false;
}

static bool same_words(const struct scene_words *w, const json_t *list)
{
    for (size_t i = 0; i < w->n; i++)
        if (!has_text(list, w->at[i]))
            return false;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!word_in(json_string_value(json_array_get(list, i)), w->at, w->n))
            return false;
    return true;
}

static const char *answer_name(enum scene_answer a)
{
    static const char *const names[] = {"allowed", "forbidden", "not-yet", "invalid", "unknown"};

    return names[a];
}

static void say_words(struct buf *out, const struct scene_words *w)
{
    for (size_t i = 0; i < w->n; i++)
        IGNORE(buf_printf(out, "%s%s", i ? ", " : "", w->at[i]), "a message that is too long is cut");
}

/* "forbidden [P-1, P-2] by take-outs/permit#2, …" */
static void say_got(struct buf *out, const json_t *outcome)
{
    static const char *const members[] = {"clauses", "fields", "unmet"};

    IGNORE(buf_add_text(out, json_str(outcome, "result")), "a message that is too long is cut");
    for (size_t m = 0; m < ARRAY_LEN(members); m++) {
        const json_t *list = json_arr(outcome, members[m]);

        if (!list)
            continue;
        IGNORE(buf_add_text(out, m == 2 ? " by [" : " ["), "a message that is too long is cut");
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *v = json_array_get(list, i);
            const char *text = json_is_string(v) ? json_string_value(v) : json_str(v, m == 1 ? "field" : "rule");

            IGNORE(buf_printf(out, "%s%s", i ? ", " : "", text), "a message that is too long is cut");
        }
        IGNORE(buf_add_text(out, "]"), "a message that is too long is cut");
    }
}

/* "_paper" and "_reason" are no fields, and are called without the mark. */
static const char *plain_name(const char *field)
{
    return field + (*field == '_');
}

static bool answers_as_expected(const struct scene *a, const json_t *outcome)
{
    const char *result = !strcmp(json_str(outcome, "result"), "asks") ? "not-yet" : json_str(outcome, "result");
    JSON_AUTO *fields = NULL;

    if (a->answer == SCENE_ALLOWED)
        return !strcmp(result, "allowed") || !strcmp(result, "recorded") || !strcmp(result, "quiet");
    if (strcmp(result, answer_name(a->answer)) != 0)
        return false;
    if (a->answer == SCENE_UNKNOWN)
        return true;
    if (a->answer != SCENE_INVALID)
        return same_words(&a->expected, json_arr(outcome, "clauses"));
    fields = json_array();
    for (size_t i = 0; i < json_array_size(json_arr(outcome, "fields")); i++)
        IGNORE(json_array_append_new(
                   fields, json_string(plain_name(
                               json_str(json_array_get(json_arr(outcome, "fields"), i), "field")))),
               "a list that is short fails the test, as it must");
    return same_words(&a->expected, fields);
}

static void check_answer(struct scenario_play *p, const struct scene *a, const json_t *outcome)
{
    CLEANUP(buf_done) struct buf expected = {0};
    CLEANUP(buf_done) struct buf got = {0};
    CLEANUP(buf_done) struct buf clauses = {0};

    if (answers_as_expected(a, outcome))
        return;
    buf_init(&expected, MESSAGE_MAX);
    buf_init(&got, MESSAGE_MAX);
    buf_init(&clauses, MESSAGE_MAX + 8);
    say_words(&expected, &a->expected);
    say_got(&got, outcome);
    if (a->expected.n)
        IGNORE(buf_add_text(&clauses, " [") || buf_add_str(&clauses, buf_str(&expected)) || buf_add_text(&clauses, "]"), "a message that is too long is cut");
    play_fail(p, MSG_PLAY_ANSWER, {"want", str_of(answer_name(a->answer))}, {"clauses", buf_str(&clauses)}, {"have", buf_str(&got)});
}

/* ---- acts ---- */

#define FILE_SIZE_PLAYED 1000 /* bytes, where the scenario says none */

/* ---- digests ---- */

static int digest_of_word(const struct field *f, json_t *v, json_t **ret);

static int digests_of_row(const struct field *f, json_t *row)
{
    int r = 0;

    for (size_t i = 0; !r && i < f->n_fields; i++) {
        json_t *one = NULL;

        if (!(r = digest_of_word(&f->fields[i], json_object_get(row, f->fields[i].id), &one)) && one)
            r = json_put(row, f->fields[i].id, one);
    }
    return r;
}

/* *ret NULL: it stays. */
static int digest_of_word(const struct field *f, json_t *v, json_t **ret)
{
    char hex[2 * SHA256_SIZE + 1];
    struct digest d;
    int r = 0;

    for (size_t i = 0; !r && i < json_array_size(v); i++) {
        json_t *one = NULL;

        if (f->type == FIELD_GROUP)
            r = digests_of_row(f, json_array_get(v, i));
        else if (f->type == FIELD_LIST && !(r = digest_of_word(&f->fields[0], json_array_get(v, i), &one)) && one)
            r = json_array_set_new(v, i, one) ? -ENOMEM : 0;
    }
    if (r || f->type != FIELD_DIGEST || !json_is_string(v) || !json_string_length(v))
        return r;
    if (digest_is_keyed(json_string_value(v)) || (r = digest_read(str_of(json_string_value(v)), &d)) <= 0)
        return r; /* another record's, or one as it is */
    d = sha256(str_of(json_string_value(v)));
    sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
    *ret = json_string(hex);
    return *ret ? 0 : -ENOMEM;
}

/* What its examination saw: nothing beside what it shows, unless the story says which of file_tells; or "unseen": as an older version kept it. */
static int put_seen(json_t *head, const char *name, const char *tells)
{
    static const struct {
        const char *tells, *member;
    } kinds[] = {{"", "{\"type\": \"empty\"}"}, {FILE_TELLS_NOTHING, "{\"type\": \"empty\"}"},
                 {FILE_TELLS_MACROS, "{\"type\": \"pdf\", \"hidden\": [{\"kind\": \"script\", \"value\": \"\"}]}"},
                 {FILE_TELLS_UNKNOWN, "{\"type\": \"other\"}"},
                 {FILE_TELLS_ATTRIBUTES, "{\"type\": \"png\", \"metadata\": [{\"kind\": \"author\", \"value\": \"\"}]}"},
                 {FILE_TELLS_HIDDEN, "{\"type\": \"zip\", \"hidden\": [{\"kind\": \"sheet\", \"value\": \"\"}]}"}};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        JSON_AUTO *m = NULL;
        int r;

        if (strcmp(kinds[i].tells, tells) != 0)
            continue;
        if ((r = json_parse(str_of(kinds[i].member), (struct json_limits){1024, 8}, &m, NULL)) || (r = json_put_str(m, "name", name)))
            return ERR_FOLD(r);
        return json_put(head, "seen", json_pack("{s:[O]}", "members", m));
    }
    return 0;
}

/* A file that the actor has sent and that was examined: "x.pdf", or {name: x.pdf, state: infected, tells: attributes, size: 30000000, digest: d7}.
 * Two of one name, or of one digest, hold the same bytes; `digest` is what the examiner says of them. */
static int send_file(struct scenario_play *p, const struct scene *a, const json_t *said, json_t **ret)
{
    CLEANUP(attachment_done) struct attachment file = {0};
    const char *name = json_is_string(said) ? json_string_value(said) : json_str(said, "name"), *state = json_str(said, "state");
    uint64_t size = FILE_SIZE_PLAYED;
    char id[ATTACHMENT_ID_SIZE];
    static const struct field digest = {.id = "digest", .type = FIELD_DIGEST};
    JSON_AUTO *word = NULL;
    struct digest contents;
    JSON_AUTO *head = NULL;
    int r;

    IGNORE(str_to_u64(str_of(json_str(said, "size")), 1, FILE_BYTES_MAX, &size), "then it is a small one");
    r = attachment_new(p->store, a->as, "", name, size, p->now_us, id);
    if (!r)
        r = attachment_get(p->store, id, &file);
    if (!r)
        r = attachment_head(p->store, &file, &head);
    if (r)
        return r > 0 ? -EBADMSG : r;
    snprintf(file.state, sizeof(file.state), "%s", *state ? state : FILE_CLEAN);
    if ((r = digest_of_word(&digest, json_object_get(said, "digest"), &word)))
        return r;
    if ((r = json_put_str(head, "type", "other")) || (r = put_seen(head, name, json_str(said, "tells"))) || (r = json_put_str(head, "sha256", word ? json_string_value(word) : json_str(said, "digest"))) || (r = attachment_save(p->store, &file, head)))
        return r;
    if (!word || digest_read(str_of(json_string_value(word)), &contents))
        contents = sha256(str_of(name));
    if ((r = holding_add(p->store, "", id, HOLDING_TAKEN_IN, &contents, size)))
        return r;
    *ret = json_string(id);
    return *ret ? 0 : -ENOMEM;
}

static int send_files(struct scenario_play *p, const struct scene *a, json_t *with)
{
    const struct reg *reg = engine_reg(p->engine, a->reg);
    int r = 0;

    for (size_t i = 0; reg && !r && i < reg->n_fields; i++) {
        const char *id = reg->fields[i].id;
        const json_t *said = reg->fields[i].type == FIELD_FILE ? json_object_get(with, id) : NULL;
        json_t *sent = NULL;

        if (!said || (json_is_string(said) && !json_string_length(said)))
            continue;
        if (!(r = send_file(p, a, said, &sent)) && json_object_set_new(with, id, sent))
            r = -ENOMEM;
    }
    return r;
}

int play_digests(const struct reg *reg, json_t *values)
{
    int r = 0;

    for (size_t i = 0; reg && !r && i < reg->n_fields; i++) {
        json_t *one = NULL;

        if (!(r = digest_of_word(&reg->fields[i], json_object_get(values, reg->fields[i].id), &one)) && one)
            r = json_put(values, reg->fields[i].id, one);
    }
    return r;
}

/* The secret among what is typed goes the way of one that somebody types: it is judged, and out of `with`. In a story nothing is secret, so that the hash
 * need not be slow. *ret_judged NULL: there is none. */
static int judge_secret(struct scenario_play *p, const struct act *act, json_t *with, json_t **ret_judged)
{
    const struct reg *reg = engine_reg(p->engine, act->reg);
    const struct field *f = NULL;
    JSON_AUTO *typed = NULL;

    for (size_t i = 0; reg && i < reg->n_fields; i++)
        if (reg->fields[i].type == FIELD_SECRET && json_is_string(json_object_get(with, reg->fields[i].id)))
            f = &reg->fields[i];
    if (!f)
        return 0;
    typed = json_incref(json_object_get(with, f->id));
    json_object_del(with, f->id);
    return json_string_length(typed) ? engine_secret_judge(p->engine, act, json_string_value(typed), PASSWORD_PLAYED, ret_judged) : 0;
}

/* In a story the bytes go just before it is told that they went, exactly as they were allowed. */
static int play_use_ticket(struct scenario_play *p, const struct act *act)
{
    const struct reg *reg = engine_reg(p->engine, act->reg);
    const struct step *st = reg ? procedure_step(reg->procedure, act->step, 0) : NULL;

    return st && st->closes == CLOSES_DONE ? ticket_use_unchanged(p->engine, p->log, act) : 0;
}

static int act_do(struct scenario_play *p, const struct scene *a, const char *on, json_t **ret)
{
    char ticket[TICKET_SIZE] = "";
    JSON_AUTO *with = NULL;
    JSON_AUTO *judged = NULL;
    struct act act = {.person = a->as,
                      .reg = a->reg,
                      .step = a->act,
                      .record = on,
                      .signs = "",
                      .reason = a->reason,
                      .paper = a->paper,
                      .measured = a->measured,
                      .now_us = p->now_us};
    int r = play_resolve_json(p, a->with, &with);

    if (!r && with)
        r = play_digests(engine_reg(p->engine, a->reg), with);
    if (r)
        return r;
    act.with = with;
    act.ticket = json_str(p->tickets, on);
    act.ret_ticket = ticket;
    if ((r = begin(p)))
        return r;
    if (*act.ticket)
        r = play_use_ticket(p, &act);
    if (r)
        return end(p, r);
    r = store_failed(store_savepoint(p->store));
    if (!r && with)
        r = send_files(p, a, with);
    if (!r && with)
        r = judge_secret(p, &act, with, &judged);
    act.secret_judged = judged;
    if (!r)
        r = engine_act(p->engine, p->log, &act, ret);
    if (!r)
        r = store_failed(store_release(p->store));
    r = end(p, r);
    if (!r && *a->name && *json_str(*ret, "record"))
        r = json_put_str(p->names, a->name, json_str(*ret, "record"));
    return !r && *ticket ? json_put_str(p->tickets, json_str(*ret, "record"), ticket) : r;
}

static int act_read(struct scenario_play *p, const struct scene *a, const char *on, json_t **ret)
{
    const json_t *purpose = json_object_get(a->with, "purpose");
    struct opening o = {.person = a->as, .record = on, .channel = RELEASE_PAGE, .purpose = json_string_value(purpose), .case_ref = json_str(a->with, "case"),
                        .now_us = p->now_us};
    int r = begin(p);

    for (int64_t i = 0; !r && i < MAX_OF(a->count, 1); i++) {
        json_decref(*ret);
        *ret = NULL;
        r = engine_read(p->engine, p->log, &o, ret);
    }
    return end(p, r);
}

static int play_act(struct scenario_play *p, const struct scene *a)
{
    CLEANUP(buf_done) struct buf on = {0};
    JSON_AUTO *outcome = NULL;
    int r;

    buf_init(&on, MESSAGE_MAX);
    r = play_resolve(p, a->on, &on);
    if (r)
        return MIN_OF(r, 0);
    if (a->kind == SCENE_DO)
        r = act_do(p, a, on.at ? on.at : "", &outcome);
    else
        r = act_read(p, a, on.at ? on.at : "", &outcome);
    if (!r)
        check_answer(p, a, outcome);
    return r;
}

/* ---- transfers: the table of appointments written anew ---- */

static bool ends_by(const struct str *cells, const struct scene *a, const char *from)
{
    return str_eq(cells[1], str_of(a->person)) && str_eq(cells[4], STR("regular")) &&
           (!cells[6].len || str_cmp(cells[6], str_of(from)) >= 0);
}

static int move_rows(const struct csv_table *t, const struct scene *a, struct buf *out, const char *from,
                     const char *eve)
{
    int r = 0;

    for (size_t i = 0; !r && i < t->n_rows; i++) {
        struct str cells[7];

        for (size_t k = 0; k < 7; k++)
            cells[k] = t->cells[i * t->n_cols + k].text;
        if (ends_by(cells, a, from)) {
            if (str_cmp(cells[5], str_of(from)) >= 0)
                continue;
            cells[6] = str_of(eve);
        }
        r = csv_put_row(out, cells, 7, false);
    }
    return r;
}

static int transfer_table(struct scenario_play *p, const struct scene *a, struct str table, struct buf *out)
{
    static const char *const names[] = {"id", "person", "post", "unit", "kind", "from", "to"};
    CLEANUP(arena_freep) struct arena *arena = arena_new((size_t)64 << 20);
    CLEANUP(buf_done) struct buf from = {0};
    CLEANUP(buf_done) struct buf eve = {0};
    struct csv_table t;
    struct str cells[7];
    char id[64];
    int r = arena ? csv_parse("appointments.csv", table, arena, &t, NULL) : -ENOMEM;

    buf_init(&from, 32);
    buf_init(&eve, 32);
    if (!r)
        r = day_print_iso(a->from_day, &from);
    if (!r)
        r = day_print_iso(a->from_day - 1, &eve);
    for (size_t i = 0; i < 7; i++)
        cells[i] = str_of(names[i]);
    if (r || t.n_cols != 7)
        return r ? ERR_FOLD(r) : -EBADMSG;
    snprintf(id, sizeof(id), "transfer-%u", ++p->n_transfers);
    if ((r = csv_put_row(out, cells, 7, false)) || (r = move_rows(&t, a, out, from.at, eve.at)))
        return r;
    cells[0] = str_of(id);
    cells[1] = str_of(a->person);
    cells[2] = str_of(a->post);
    cells[3] = str_of(a->unit);
    cells[4] = STR("regular");
    cells[5] = buf_str(&from);
    cells[6] = STR("");
    return csv_put_row(out, cells, 7, false);
}

static int change_force(struct scenario_play *p, const struct scene *a, struct diag *diag)
{
    struct buf tables[FORCE_FILES];
    struct str texts[FORCE_FILES];
    CLEANUP(buf_done) struct buf moved = {0};
    CLEANUP(force_unrefp) struct force *changed = NULL;
    int r = 0;

    buf_init(&moved, CSV_MAX_BYTES);
    for (size_t i = 0; i < FORCE_FILES; i++) {
        buf_init(&tables[i], CSV_MAX_BYTES);
        if (!r)
            r = force_export(engine_force(p->engine), (enum force_file)i, &tables[i]);
        texts[i] = buf_str(&tables[i]);
    }
    if (!r)
        r = transfer_table(p, a, texts[FORCE_APPOINTMENTS], &moved);
    texts[FORCE_APPOINTMENTS] = buf_str(&moved);
    if (!r)
        r = force_load_texts(texts, &changed, diag);
    if (!r)
        r = store_failed(force_save_store(changed, p->store, diag));
    for (size_t i = 0; i < FORCE_FILES; i++)
        buf_done(&tables[i]);
    return r;
}

static int play_transfer(struct scenario_play *p, const struct scene *a, struct diag *diag)
{
    int r = begin(p);

    if (r)
        return r;
    r = change_force(p, a, diag);
    if (r > 0) {
        play_fail(p, MSG_PLAY_TRANSFER, diag_why(diag));
        r = 0;
    } else if (!r) {
        r = bump_generation(p->store);
        if (!r)
            r = engine_refresh(p->engine, diag);
        if (!r)
            r = engine_force_changed(p->engine, p->log, p->now_us, NULL);
    }
    return end(p, r);
}

/* ---- all of it ---- */

static enum draws draws_of(const struct scene *a)
{
    return a->draws_fall ? DRAWS_ALL : DRAWS_NOTHING;
}

static int play_scene(struct scenario_play *p, const struct scene *a, struct diag *diag)
{
    int r;

    buf_clear(&p->message);
    if (a->has_at) {
        if (a->at_us < p->now_us)
            play_fail(p, MSG_PLAY_CLOCK);
        if ((r = scenario_play_clock(p, a->at_us)))
            return r;
    }
    switch (a->kind) {
    case SCENE_CLOCK:
        return 0;
    case SCENE_DRAWS:
        p->draws = draws_of(a);
        return 0;
    case SCENE_DO:
    case SCENE_READ:
        return play_act(p, a);
    case SCENE_TRANSFER:
        return play_transfer(p, a, diag);
    default:
        return play_expect(p, a);
    }
}

static int tell(struct scenario_play *p, const struct scenario *s, const struct scene *a, scenario_told_fn *told,
                void *user)
{
    CLEANUP(buf_done) struct buf line = {0};
    int r;

    buf_init(&line, MESSAGE_MAX + 1024);
    if (!told)
        return 0;
    if (!p->message.len) {
        told(user, s, a, true, "");
        return 0;
    }
    r = buf_printf(&line, "%s:%u: ", a->at.file, a->at.line);
    if (!r && a->step)
        r = buf_printf(&line, "step %lld: ", (long long)a->step);
    if (!r)
        r = buf_add_str(&line, buf_str(&p->message));
    told(user, s, a, false, line.at ? line.at : "");
    return r == -ENOMEM ? r : 0;
}

int scenario_play_scenes(struct scenario_play *p, const struct scenario *s, size_t first, size_t end, scenario_told_fn *told,
                         void *user, size_t *ret_failed, struct diag *diag)
{
    int r = 0;

    *ret_failed = 0;
    p->draws = DRAWS_NOTHING;
    for (size_t i = 0; i < first; i++)
        if (s->scenes[i].kind == SCENE_DRAWS)
            p->draws = draws_of(&s->scenes[i]);
    for (size_t i = first; !r && i < s->n_scenes && i < end; i++) {
        r = play_scene(p, &s->scenes[i], diag);
        if (!r) {
            *ret_failed += p->message.len > 0;
            r = tell(p, s, &s->scenes[i], told, user);
        }
    }
    if (r)
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_PLAY_FAILED, {"scenario", str_of(s->id)}, tell_why(-r));
    return r;
}

int scenario_play(struct scenario_play *p, const struct scenario *s, size_t max_acts, scenario_told_fn *told, void *user,
                  size_t *ret_failed, struct diag *diag)
{
    int r = s->after ? scenario_play(p, s->after, SIZE_MAX, NULL, NULL, ret_failed, diag) : 0;

    *ret_failed = 0;
    return r ? r : scenario_play_scenes(p, s, 0, max_acts, told, user, ret_failed, diag);
}
