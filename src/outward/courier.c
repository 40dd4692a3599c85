#include "outward/courier.h"

#include "base/codec.h"
#include "base/mail-address.h"
#include "base/message.h"
#include "engine/mail.h"
#include "keeper/courier-life.h"
#include "outward/mail-message.h"
#include "outward/secret.h"
#include "outward/smtp.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD_MAX 512

struct courier {
    const struct courier_config *config;
    struct store *store;
    struct engine *engine;
    struct keeper_link *link;
    struct courier_life life;
    unsigned hold_s;        /* the last wait for the server */
    uint64_t held_until_us; /* monotonic */
    struct diag *diag;
};

/* A row of the outbox in work. */
struct errand {
    int64_t id, tries;
    uint64_t made_us;
    char person[128], kind[16];
    json_t *body;
    char mail[MAIL_ADDRESS_MAX + 1];
    enum message_lang lang;
    struct buf bytes; /* "" : nothing to say */
};

static void errand_done(struct errand *e)
{
    json_decref(e->body);
    buf_done(&e->bytes);
}

static const char *setting(const struct courier *c, const char *key)
{
    return engine_setting(c->engine, key);
}

static bool is_ending(void *ctx)
{
    struct courier *c = ctx;

    courier_look(&c->life, 0);
    return c->life.is_ending;
}

/* ---- what is said ---- */

static struct str title_of(const json_t *item, enum message_lang lang)
{
    const json_t *title = json_obj(item, "title");

    return str_of(json_str(title, lang == MESSAGE_EN ? "en" : "ja"));
}

static int add_word(struct buf *out, enum message_lang lang, enum message_key key)
{
    int r = buf_add_str(out, message_text(lang, key));

    return r ? r : buf_add_char(out, '\n');
}

/* One that may be told: when, what, and where it is read. */
static int add_item(const struct courier *c, const struct errand *e, const json_t *item,
                    struct buf *out)
{
    CLEANUP(buf_done) struct buf when;
    int r;

    buf_init(&when, 64);
    r = e->lang == MESSAGE_EN ? instant_print_local((uint64_t)json_int(item, "t"), &when)
                              : instant_print_local_era((uint64_t)json_int(item, "t"), &when);
    if (!r && json_flag(item, "urgent"))
        r = buf_printf(out, "[%.*s] ", STR_ARG(message_text(e->lang, MSG_TODAY_URGENT)));
    return r ? r
             : buf_printf(out, "%s  %.*s  %s\n%s/records/%s\n\n", when.at,
                          STR_ARG(title_of(item, e->lang)), json_str(item, "record"),
                          setting(c, "mail.base"), json_str(item, "record"));
}

static int print_text(const struct courier *c, const struct errand *e, const json_t *items,
                      struct buf *out)
{
    bool is_silent = false;
    int r = 0;

    if (!strcmp(e->kind, "test"))
        r = add_word(out, e->lang, MSG_MAIL_TEST_TEXT);
    for (size_t i = 0; !r && i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);

        if (json_object_size(item))
            r = add_item(c, e, item, out);
        else
            is_silent = true;
    }
    if (!r && is_silent)
        r = add_word(out, e->lang, MSG_MAIL_SIGN_IN);
    if (!r)
        r = buf_printf(out, "%s/\n\n-- \n", setting(c, "mail.base"));
    return r ? r : add_word(out, e->lang, MSG_MAIL_FOOTER);
}

static int print_subject(const struct errand *e, const json_t *items, struct buf *out)
{
    const json_t *first = json_array_get(items, 0);

    if (!strcmp(e->kind, "test"))
        return buf_add_str(out, message_text(e->lang, MSG_MAIL_TEST_SUBJECT));
    if (!strcmp(e->kind, "urgent") && json_object_size(first))
        return message_print_args(out, e->lang, MSG_MAIL_URGENT_SUBJECT,
                                  (const struct message_arg[]){{"title", title_of(first, e->lang)}},
                                  1);
    return buf_add_str(out, message_text(e->lang, MSG_MAIL_SUBJECT));
}

static int compose(struct courier *c, struct errand *e, const json_t *items)
{
    CLEANUP(buf_done) struct buf subject, text;
    const char *force = setting(c, e->lang == MESSAGE_EN ? "force.name.en" : "force.name.ja");
    struct mail_message m = {.id = e->id,
                             .made_us = e->made_us,
                             .origin = str_of(setting(c, "origin")),
                             .sender = str_of(setting(c, "mail.sender")),
                             .to = str_of(e->mail),
                             .now_us = clock_real_us()};
    int r;

    buf_init(&subject, 4096);
    buf_init(&text, MAIL_MESSAGE_MAX / 2);
    if ((r = print_subject(e, items, &subject)) || (r = print_text(c, e, items, &text)))
        return r;
    m.sender_name = *force ? str_of(force) : message_text(e->lang, MSG_PROGRAM_NAME);
    m.subject = buf_str(&subject);
    m.body = buf_str(&text);
    return ERR_FOLD(mail_message_print(&m, &e->bytes));
}

/* 1: he has no address any more. */
static int find_contact(struct courier *c, struct errand *e)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(c->store, &row, STMT_CONTACT_GET, V_TEXT(e->person));

    if (r)
        return r == STORE_E_NONE ? 1 : store_errno(r);
    if (!mail_address_ok(rows_str(row, 0)))
        return 1;
    snprintf(e->mail, sizeof(e->mail), "%s", rows_text(row, 0));
    e->lang = message_lang_of(rows_str(row, 1));
    return 0;
}

/* Leaves the bytes empty when there is nothing to say, or nobody to say it to. */
static int prepare(struct courier *c, struct errand *e)
{
    JSON_AUTO *items = NULL;
    bool is_test = !strcmp(e->kind, "test");
    int r = find_contact(c, e);

    if (r)
        return MIN_OF(r, 0);
    if (!is_test &&
        (r = engine_mail_items(c->engine, e->person, e->body, engine_now(c->engine), &items)))
        return r;
    return is_test || json_array_size(items) ? compose(c, e, items) : 0;
}

/* ---- with the keeper ---- */

static json_t *end_message(const struct errand *e, int64_t tries, const char *result, int code,
                           const char *trouble)
{
    return json_pack("{s:s, s:I, s:I, s:s, s:I, s:s}", "op", "mail-end", "id", (json_int_t)e->id,
                     "tries", (json_int_t)tries, "result", result, "code", (json_int_t)code,
                     "trouble", trouble ? trouble : "");
}

static int report(struct courier *c, const struct errand *e, int64_t tries, const char *result,
                  int code, const char *trouble)
{
    return courier_report(&c->life, c->link, end_message(e, tries, result, code, trouble));
}

/* 0: begun. 1: somebody else has it. Unknown: it is not sent, and that is reported, should it be begun. */
static int begin(struct courier *c, const struct errand *e)
{
    struct digest digest = sha256(buf_str(&e->bytes));
    int r = courier_ask(c->link,
                        json_pack("{s:s, s:I, s:I, s:s, s:I}", "op", "mail-begin", "id", (json_int_t)e->id,
                                  "tries", (json_int_t)e->tries, "digest", digest_text(&digest).at, "size",
                                  (json_int_t)e->bytes.len),
                        NULL);

    if (r != -EPIPE && r != -ETIMEDOUT)
        return r;
    r = report(c, e, e->tries + 1, "later", 0, "the keeper did not answer");
    return r ? r : 1;
}

/* ---- sending ---- */

#define FOLDER "courier"

/* 1: there is none that may be used. */
static int read_password(struct courier *c, char ret[PASSWORD_MAX])
{
    int r = 0;

    ret[0] = '\0';
    if (*setting(c, "mail.user"))
        r = secret_read(c->config->data, FOLDER, "smtp.password", ret, PASSWORD_MAX);
    return MIN_OF(r, 1);
}

static void hold(struct courier *c, bool is_server)
{
    c->hold_s = is_server ? MIN_OF(MAX_OF(2 * c->hold_s, 2u), (unsigned)COURIER_HOLD_MAX_S) : 0;
    c->held_until_us = clock_monotonic_us() + c->hold_s * US_PER_SECOND;
}

/* smtp-ca.pem beside it, where a closed network has an authority of its own. */
static int find_authority(const struct courier *c, struct buf *path)
{
    int r = secret_path(c->config->data, FOLDER, "smtp-ca.pem", path);

    if (!r && access(path->at, R_OK))
        buf_clear(path);
    return r;
}

static int send_now(struct courier *c, const struct errand *e, const char *password)
{
    CLEANUP(buf_done) struct buf authority;
    static const char *const results[] = {[SMTP_SENT] = "sent",
                                          [SMTP_LATER] = "later",
                                          [SMTP_FAILED] = "failed",
                                          [SMTP_UNCERTAIN] = "uncertain"};
    const char *url = setting(c, "mail.server");
    struct smtp_server server = {.url = url,
                                 .is_here = mail_server_is_here(str_of(url)),
                                 .is_plain = *setting(c, "mail.plain") != 0,
                                 .user = setting(c, "mail.user"),
                                 .password = password,
                                 .timeout_s = engine_mail_timeout_s(c->engine)};
    struct smtp_answer answer = {.result = SMTP_LATER};
    int r;

    buf_init(&authority, 4096);
    r = find_authority(c, &authority);
    server.ca_file = authority.len ? authority.at : "";
    if (!r)
        r = smtp_send(&server, setting(c, "mail.sender"), e->mail, buf_str(&e->bytes), is_ending, c,
                      &answer);

    hold(c, !r && answer.is_server);
    if (!r)
        r = report(c, e, e->tries + 1, results[answer.result], answer.code, answer.trouble.at);
    else
        IGNORE(report(c, e, e->tries + 1, "later", 0, "out of memory"),
               "the keeper finds it out by time");
    buf_done(&answer.trouble);
    return r;
}

static int carry(struct courier *c, struct errand *e)
{
    char password[PASSWORD_MAX];
    int r = prepare(c, e);

    if (r)
        return r;
    if (!e->bytes.len)
        return report(c, e, e->tries, "nothing", 0, "");
    if ((r = begin(c, e)))
        return MIN_OF(r, 0);
    if (!(r = read_password(c, password)))
        r = send_now(c, e, password);
    else {
        hold(c, true);
        r = report(c, e, e->tries + 1, "later", 0,
                   r == -ENOMEM ? "out of memory" : "smtp.password is missing, too long, or readable by others");
    }
    explicit_bzero(password, sizeof(password));
    return r;
}

/* ---- the loop ---- */

/* 1: nothing is due. */
static int take_errand(struct courier *c, struct errand *e)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(c->store, &row, STMT_OUTBOX_DUE, V_INT(clock_real_us()));

    if (r)
        return r == STORE_E_NONE ? 1 : store_errno(r);
    *e = (struct errand){
        .id = rows_int(row, 0), .tries = rows_int(row, 6), .made_us = (uint64_t)rows_int(row, 4)};
    buf_init(&e->bytes, MAIL_MESSAGE_MAX);
    snprintf(e->person, sizeof(e->person), "%s", rows_text(row, 1));
    snprintf(e->kind, sizeof(e->kind), "%s", rows_text(row, 2));
    r = json_parse(rows_str(row, 7), JSON_LIMITS_DEFAULT, &e->body, NULL);
    return r > 0 ? -EBADMSG : r;
}

/* 0: one was dealt with, ask again. 1: nothing to do now. */
static int turn(struct courier *c)
{
    struct errand e = {0};
    int r = engine_refresh(c->engine, c->diag);

    if (r)
        return r;
    if (!*setting(c, "mail.server") || clock_monotonic_us() < c->held_until_us)
        return 1;
    r = take_errand(c, &e);
    if (!r)
        r = carry(c, &e);
    errand_done(&e);
    return r;
}

static int loop(struct courier *c)
{
    while (!c->life.is_ending) {
        int r = turn(c);

        if (r < 0 && !courier_is_away(r))
            return r;
        courier_look(&c->life, r ? COURIER_POLL_MS : 0);
    }
    return 0;
}

static int courier_open(struct courier *c)
{
    int r = courier_life_open(&c->life, c->config->starter_fd);

    if (r || (r = smtp_start()))
        return r;
    if ((r = store_open(c->config->db, STORE_READ, &c->store, c->diag)))
        return r > 0 ? -EIO : r;
    if ((r = engine_open(c->store, &c->engine, c->diag)))
        return r;
    return keeper_link_open_courier(c->config->data, c->config->away_ms ? c->config->away_ms : KEEPER_AWAY_MS, &c->link, c->diag);
}

int courier_run(const struct courier_config *config, struct diag *diag)
{
    struct courier c = {.config = config, .life = {.signal_fd = -1}, .diag = diag};
    int r = courier_open(&c);

    if (!r)
        r = loop(&c);
    if (r < 0 && !*diag_first(diag))
        diag_error(diag, "%s", strerror(-r));
    keeper_link_close(c.link);
    engine_close(c.engine);
    store_close(c.store);
    courier_life_done(&c.life);
    return r;
}
