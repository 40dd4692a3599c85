#include "keeper/mail-operation.h"

#include "base/mail-address.h"
#include "engine/mail.h"
#include "force/account.h"

#include <errno.h>
#include <stdio.h>

#define TROUBLE_MAX 300 /* bytes of a server's words that are kept */
#define SEND_USER_MAX 128

/* `in` is taken. */
static int enter(struct operation_context *c, const char *name, json_t *in)
{
    JSON_AUTO *owned = in;

    return owned ? operation_enter(c, name, "recorded", owned, NULL) : -ENOMEM;
}

/* ---- who may be written to ---- */

struct contact {
    char person[ACCOUNT_PERSON_MAX + 1]; /* "": the asker may not */
};

/* A person by his number, or by the login of his account, which is what people have at hand. */
static int named_person(struct operation_context *c, const char *name, struct contact *ret)
{
    char login[ACCOUNT_LOGIN_MAX + 1];
    struct account a;
    int r;

    snprintf(ret->person, sizeof(ret->person), "%s", name);
    if (force_person(engine_force(c->engine), name))
        return 0;
    if ((r = login_normal(str_of(name), login)))
        return MIN_OF(r, 0);
    r = account_get(c->store, login, &a);
    if (!r)
        memcpy(ret->person, a.person, sizeof(ret->person));
    return MIN_OF(r, 0);
}

/* Whose contact is meant. */
static int contact_of(struct operation_context *c, const json_t *m, struct contact *ret)
{
    const char *name = json_str(m, "person");
    int r = *name ? named_person(c, name, ret) : 0;

    if (r)
        return r;
    if (!*name || !strcmp(ret->person, c->person))
        snprintf(ret->person, sizeof(ret->person), "%s", c->rights & RIGHT_OPERATOR ? "" : c->person);
    else if (!(c->rights & (RIGHT_ADMINISTRATOR | RIGHT_OPERATOR)))
        ret->person[0] = '\0';
    return 0;
}

static int contact_fault(struct operation_context *c, const json_t *m, const char *person,
                         json_t **ret_answer)
{
    const char *mail = json_str(m, "mail"), *language = json_str(m, "language");
    int64_t minute = json_int(m, "minute");
    struct account there;
    int r;

    if (!*person)
        return answer_refuse(ret_answer, "forbidden",
                             "ほかの人の通知の受け取り方は、管理者だけが変えられます。",
                             "Only administrators change how others receive notices.");
    if ((r = account_of_person(c->store, person, &there)) < 0)
        return r;
    if (r)
        return answer_refuse(ret_answer, "none", "その職員には利用者登録がありません。",
                             "That person has no account.");
    if (*mail && !mail_address_ok(str_of(mail)))
        return answer_refuse(ret_answer, "invalid",
                             "メールアドレスの書き方が正しくありません。例：hanako@police.example",
                             "This is no mail address. Example: hanako@police.example");
    if ((strcmp(language, "ja") && strcmp(language, "en")) || minute < 0 || minute >= 24 * 60 ||
        json_int(m, "urgent") < 0 || json_int(m, "urgent") > 1)
        return answer_refuse(ret_answer, "invalid", "言語又は時刻の選び方が正しくありません。",
                             "No such language or time of day.");
    return 0;
}

/* The address is personal, and a digest of one could be guessed back: the entry says only whether there is one. */
int op_contact_set(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    const char *mail = json_str(m, "mail"), *person;
    struct contact contact;
    int r = contact_of(c, m, &contact);

    if (r)
        return r;
    person = contact.person;
    if ((r = contact_fault(c, m, person, ret_answer)) || *ret_answer)
        return r;
    if ((r = STORE_RUN(c->store, STMT_CONTACT_SET, V_TEXT(person), V_TEXT(mail),
                       V_TEXT(json_str(m, "language")), V_INT(json_int(m, "minute")),
                       V_INT(json_int(m, "urgent")), V_INT(c->now_us))) ||
        (r = enter(c, "contact-set",
                   json_pack("{s:s, s:b, s:s, s:I, s:b}", "person", person, "mail", *mail != 0,
                             "language", json_str(m, "language"), "minute",
                             (json_int_t)json_int(m, "minute"), "urgent",
                             json_int(m, "urgent") != 0))))
        return r;
    return answer_done(json_object(), ret_answer);
}

/* ---- the server ---- */

static int server_fault(const json_t *m, json_t **ret_answer)
{
    const char *user = json_str(m, "user");

    if (!mail_server_ok(str_of(json_str(m, "server"))))
        return answer_refuse(
            ret_answer, "invalid",
            "メールサーバは smtp://mail.police.example:587 のように書いてください。",
            "Write the mail server like smtp://mail.police.example:587.");
    if (!mail_address_ok(str_of(json_str(m, "sender"))))
        return answer_refuse(ret_answer, "invalid",
                             "差出人のメールアドレスの書き方が正しくありません。",
                             "The sender is no mail address.");
    if (!mail_base_ok(str_of(json_str(m, "base"))))
        return answer_refuse(
            ret_answer, "invalid",
            "画面のアドレスは https://tsujiban.police.example "
            "のように書いてください（末尾の「/」は不要です）。",
            "Write the pages' address like https://tsujiban.police.example, without a "
            "'/' at its end.");
    if (strlen(user) > SEND_USER_MAX || strpbrk(user, "\r\n"))
        return answer_refuse(ret_answer, "invalid",
                             "メールサーバの利用者名の書き方が正しくありません。",
                             "This is no user name of a mail server.");
    if (json_int(m, "timeout") < 1 || json_int(m, "timeout") > MAIL_TIMEOUT_MAX_S)
        return answer_refuse(ret_answer, "invalid", "時間の上限は1秒から600秒までです。",
                             "The longest time is from 1 to 600 seconds.");
    return 0;
}

static int keep_settings(struct operation_context *c, const json_t *m)
{
    static const char *const texts[] = {"server", "sender", "base", "user"};
    char key[32], number[16];
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_LEN(texts); i++) {
        snprintf(key, sizeof(key), "mail.%s", texts[i]);
        r = STORE_RUN(c->store, STMT_META_SET, V_TEXT(key), V_TEXT(json_str(m, texts[i])));
    }
    snprintf(number, sizeof(number), "%d", (int)json_int(m, "timeout"));
    if (!r)
        r = STORE_RUN(c->store, STMT_META_SET, V_TEXT("mail.timeout"), V_TEXT(number));
    if (!r)
        r = STORE_RUN(c->store, STMT_META_SET, V_TEXT("mail.plain"),
                      V_TEXT(json_int(m, "plain") ? "yes" : ""));
    return r ? r : operation_next_generation(c);
}

int op_mail_set(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    int r = *json_str(m, "server") ? server_fault(m, ret_answer) : 0;

    if (r || *ret_answer)
        return r;
    if ((r = keep_settings(c, m)) ||
        (r = enter(c, "mail-set",
                   json_pack("{s:s, s:s, s:s, s:b}", "server", json_str(m, "server"), "sender",
                             json_str(m, "sender"), "base", json_str(m, "base"), "plain",
                             json_int(m, "plain") != 0))))
        return r;
    return answer_done(json_object(), ret_answer);
}

/* Why nothing was queued for him, as what can be done about it differs. */
static int no_test(struct operation_context *c, const char *person, json_t **ret_answer)
{
    ROWS_AUTO *row = NULL;
    int r;

    if (!*engine_setting(c->engine, "mail.server"))
        return answer_refuse(ret_answer, "none", "メールサーバが設定されていません。設備の管理者が端末で「tsujiban mail set」を実行します。",
                             "No mail server is set. `tsujiban mail set` on the console does that.");
    if (!force_person(engine_force(c->engine), person))
        return answer_refuse(ret_answer, "none", "その職員番号又は利用者名の職員はいません。",
                             "There is no person with that number or login.");
    r = STORE_ONE(c->store, &row, STMT_CONTACT_GET, V_TEXT(person));
    if (r && r != STORE_E_NONE)
        return r;
    if (r || !*rows_text(row, 0))
        return answer_refuse(ret_answer, "none", "その職員のメールアドレスが登録されていません。本人か管理者が「通知の受け取り方」で登録します。",
                             "That person has no mail address. He or an administrator enters one on the page for notices.");
    return answer_refuse(ret_answer, "none", "その職員には送れません。退職しています。", "That person has left and is not mailed.");
}

int op_mail_test(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct contact contact;
    const char *person = contact.person;
    int64_t id;
    int r = contact_of(c, m, &contact);

    if (r)
        return r;
    if (!*person)
        return answer_refuse(ret_answer, "forbidden",
                             "ほかの人への試験送信は、管理者だけができます。",
                             "Only administrators send test mail to others.");
    if ((r = mail_queue_test(c->engine, person, c->now_us, &id)) < 0)
        return r;
    if (r)
        return no_test(c, person, ret_answer);
    if ((r = enter(c, "mail-test",
                   json_pack("{s:I, s:s}", "id", (json_int_t)id, "person", person))))
        return r;
    return answer_done(json_pack("{s:I}", "id", (json_int_t)id), ret_answer);
}

/* ---- the outbox ---- */

struct message_row {
    int64_t id, tries;
    uint64_t next_us;
    char person[128], kind[16], state[16];
};

static int row_get(struct operation_context *c, int64_t id, struct message_row *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(c->store, &row, STMT_OUTBOX_GET, V_INT(id));

    if (r)
        return r;
    *ret = (struct message_row){
        .id = id, .next_us = (uint64_t)rows_int(row, 5), .tries = rows_int(row, 6)};
    snprintf(ret->person, sizeof(ret->person), "%s", rows_text(row, 1));
    snprintf(ret->kind, sizeof(ret->kind), "%s", rows_text(row, 2));
    snprintf(ret->state, sizeof(ret->state), "%s", rows_text(row, 3));
    return 0;
}

static int row_put(struct operation_context *c, const struct message_row *row, const char *trouble,
                   bool is_over)
{
    return STORE_RUN(c->store, STMT_OUTBOX_PUT, V_INT(row->id), V_TEXT(row->state),
                     V_INT(row->next_us), V_INT(row->tries), V_TEXT(trouble),
                     is_over ? V_INT(c->real_us) : V_NULL);
}

static void set_state(struct message_row *row, const char *state)
{
    snprintf(row->state, sizeof(row->state), "%s", state);
}

static int over(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "over", "その送信はすでに別に扱われています。",
                         "That message has been dealt with already.");
}

/* The intent is entered and durable before the first byte leaves. Whoever sends is done within the longest time of a message, or is
 * gone: after twice that time nobody knows. */
int op_mail_begin(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct message_row row;
    struct digest digest;
    int r;

    if (hex_parse(str_of(json_str(m, "digest")), &digest, sizeof(digest)))
        return answer_refuse(ret_answer, "invalid", "送信内容のダイジェストが正しくありません。",
                             "The digest is none.");
    if ((r = row_get(c, json_int(m, "id"), &row)))
        return r == STORE_E_NONE ? over(ret_answer) : r;
    if (strcmp(row.state, "waiting") || row.tries != json_int(m, "tries") ||
        row.next_us > c->real_us)
        return over(ret_answer);
    set_state(&row, "begun");
    row.tries++;
    row.next_us = c->real_us + 2 * engine_mail_timeout_s(c->engine) * US_PER_SECOND;
    if ((r = row_put(c, &row, "", false)) ||
        (r = enter(c, "mail-begin",
                   json_pack("{s:I, s:s, s:s, s:s, s:I, s:I}", "id", (json_int_t)row.id, "person",
                             row.person, "kind", row.kind, "digest", json_str(m, "digest"), "size",
                             (json_int_t)json_int(m, "size"), "try", (json_int_t)row.tries))))
        return r;
    return answer_done(json_object(), ret_answer);
}

/* The wait before the next try. */
static uint64_t pause_us(int64_t tries)
{
    static const unsigned minutes[] = {1, 5, 15};

    return (tries <= (int64_t)ARRAY_LEN(minutes) ? minutes[MAX_OF(tries, 1) - 1] : 60) *
           UINT64_C(60) * US_PER_SECOND;
}

/* "sent", "later", "failed", "uncertain", and "nothing": all was read meanwhile, or the address is gone. */
static int settle(struct operation_context *c, struct message_row *row, const char *result,
                  bool *ret_over)
{
    bool is_last = row->tries >= MAIL_TRIES_MAX;

    *ret_over = true;
    if (!strcmp(result, "later") && !is_last) {
        *ret_over = false;
        row->next_us = c->real_us + pause_us(row->tries);
        set_state(row, "waiting");
        return 0;
    }
    if (!strcmp(result, "nothing"))
        set_state(row, "dropped");
    else if (!strcmp(result, "later"))
        set_state(row, "failed");
    else if (!strcmp(result, "sent") || !strcmp(result, "failed") || !strcmp(result, "uncertain"))
        set_state(row, result);
    else
        return 1;
    return 0;
}

/* Who answers late, after the message became uncertain, still tells what happened; unless somebody has decided meanwhile. */
static bool is_waited_for(const struct message_row *row, const json_t *m)
{
    if (!strcmp(json_str(m, "result"), "nothing"))
        return !strcmp(row->state, "waiting") && row->tries == json_int(m, "tries");
    return (!strcmp(row->state, "begun") || !strcmp(row->state, "uncertain")) &&
           row->tries == json_int(m, "tries");
}

/* Whole characters. */
static void keep_words(const char *words, char ret[TROUBLE_MAX + 1])
{
    size_t n = strnlen(words, TROUBLE_MAX);

    while (n && words[n] && ((unsigned char)words[n] & 0xc0) == 0x80)
        n--;
    memcpy(ret, words, n);
    ret[n] = '\0';
}

int op_mail_end(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    char trouble[TROUBLE_MAX + 1];
    struct message_row row;
    bool is_over;
    int r = row_get(c, json_int(m, "id"), &row);

    if (r)
        return r == STORE_E_NONE ? over(ret_answer) : r;
    if (!is_waited_for(&row, m))
        return over(ret_answer);
    keep_words(json_str(m, "trouble"), trouble);
    if (settle(c, &row, json_str(m, "result"), &is_over))
        return answer_refuse(ret_answer, "invalid", "結果の種類が正しくありません。",
                             "No such result.");
    if ((r = row_put(c, &row, trouble, is_over)) ||
        (r = enter(c, "mail-end",
                   json_pack("{s:I, s:s, s:s, s:I, s:I}", "id", (json_int_t)row.id, "result",
                             json_str(m, "result"), "state", row.state, "code",
                             (json_int_t)json_int(m, "code"), "try", (json_int_t)row.tries))))
        return r;
    return answer_done(json_object(), ret_answer);
}

/* ---- what people decide ---- */

static int decide_on(struct operation_context *c, const json_t *m, const char *name,
                     const char *state, json_t **ret_answer)
{
    struct message_row row;
    int r = row_get(c, json_int(m, "id"), &row);

    if (r)
        return r == STORE_E_NONE ? over(ret_answer) : r;
    if (strcmp(row.state, "uncertain") && strcmp(row.state, "failed"))
        return over(ret_answer);
    set_state(&row, state);
    row.next_us =
        c->real_us; /* tries count on: a report that comes late must not be taken for that of the next one */
    if ((r = row_put(c, &row, "", strcmp(state, "waiting") != 0)) ||
        (r = enter(c, name, json_pack("{s:I}", "id", (json_int_t)row.id))))
        return r;
    return answer_done(json_object(), ret_answer);
}

int op_mail_again(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    return decide_on(c, m, "mail-again", "waiting", ret_answer);
}

int op_mail_drop(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    return decide_on(c, m, "mail-drop", "dropped", ret_answer);
}

int op_notices_read(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    int r = STORE_RUN(c->store, STMT_NOTICE_READ_ALL, V_TEXT(c->person), V_INT(c->now_us),
                      V_INT(json_int(m, "until")));

    return r ? r : answer_done(json_object(), ret_answer);
}

/* ---- by the clock ---- */

int mail_watch(struct operation_context *c)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(c->store, &rows, STMT_OUTBOX_UNREPORTED, V_INT(c->real_us));

    while (!r && (r = rows_next(rows)) > 0) {
        struct message_row row;

        if (!(r = row_get(c, rows_int(rows, 0), &row))) {
            set_state(&row, "uncertain");
            r = row_put(c, &row, "", true);
        }
        if (!r)
            r = enter(c, "mail-uncertain",
                      json_pack("{s:I, s:I}", "id", (json_int_t)row.id, "try",
                                (json_int_t)row.tries));
    }
    return r;
}
