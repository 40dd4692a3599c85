#include "keeper/operation.h"

#include "base/tell.h"
#include "base/utf8.h"
#include "engine/input.h"
#include "engine/leaving.h"
#include "engine/ticket.h"
#include "keeper/account-operation.h"
#include "keeper/clause-operation.h"
#include "keeper/collect-operation.h"
#include "keeper/copy-operation.h"
#include "keeper/easing.h"
#include "keeper/mail-operation.h"
#include "keeper/door.h"
#include "keeper/export-operation.h"
#include "keeper/intake-operation.h"
#include "keeper/intel-operation.h"
#include "keeper/file-operation.h"
#include "keeper/force-operation.h"
#include "keeper/holding-operation.h"
#include "keeper/pack-scenarios.h"
#include "keeper/plan-operation.h"
#include "keeper/poll-operation.h"
#include "keeper/restored-operation.h"
#include "keeper/station-act.h"
#include "keeper/station-operation.h"
#include "keeper/takeover-operation.h"
#include "keeper/taxii-operation.h"
#include "keeper/token-operation.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

json_t *answer_error(const char *code, const char *ja, const char *en)
{
    return json_pack("{s:b, s:s, s:{s:s, s:s}}", "ok", 0, "error", code, "say", "ja", ja, "en", en);
}

int answer_refuse(json_t **ret_answer, const char *code, const char *ja, const char *en)
{
    *ret_answer = answer_error(code, ja, en);
    return *ret_answer ? 0 : -ENOMEM;
}

int answer_done(json_t *members, json_t **ret_answer)
{
    JSON_AUTO *owned = members;

    if (!owned || json_put_flag(owned, "ok", true))
        return -ENOMEM;
    *ret_answer = TAKE(owned);
    return 0;
}

int operation_enter(struct operation_context *c, const char *name, const char *result, const json_t *in,
                    struct log_place *ret)
{
    JSON_AUTO *actor = json_pack("{s:s}", "id", *c->person ? c->person : "system");
    char act[96];
    struct log_leaf leaf = {.act = act, .case_id = "", .from = "", .to = "", .label = "", .rules = "",
                            .result = result, .in = in, .actor = actor};
    struct log_place place;
    int r;

    if (!actor)
        return -ENOMEM;
    snprintf(act, sizeof(act), "system/%s", name);
    r = log_append(c->log, &leaf, c->now_us, ret ? ret : &place, c->diag);
    return r == LOG_E_LARGE ? -E2BIG : store_errno(r);
}

static int digest_hex(const struct digest *d, char ret[2 * SHA256_SIZE + 1])
{
    CLEANUP(buf_done) struct buf hex;
    int r;

    buf_init(&hex, 2 * SHA256_SIZE);
    if ((r = hex_print(d->bytes, sizeof(d->bytes), &hex)))
        return r;
    memcpy(ret, hex.at, 2 * SHA256_SIZE + 1);
    return 0;
}

/* ---- acts ---- */

#define CHANNEL_MAX 32
#define ONCE_MAX 64                  /* bytes of an act's own word */
#define RECEIPT_MAX ((size_t)4 << 20) /* bytes of a kept outcome */

/* `once` is a word of the asker's for this one act. Asked again under it, also after an answer that never came, the act is not
 * done a second time: the first outcome is told. Under a word that has served already another act is refused, for its asker
 * would take the first one's outcome for his own. Nobody meets another person's words. */
static int receipt_key(const struct operation_context *c, const char *once, struct buf *key)
{
    return buf_printf(key, "%s %s", c->person, once);
}

/* What is meant, whatever was seen meanwhile. What a form sends stands for the values of its act, which leave out what the record
 * holds by now: after the first sending, all of it. */
static int receipt_digest(const struct act *act, const char *sent, const char *mark, char ret[2 * SHA256_SIZE + 1])
{
    JSON_AUTO *meant = *sent ? json_pack("[s, s, s, {s:s}]", act->reg, act->step, act->record, "sent", sent)
                             : json_pack("[s, s, s, O?]", act->reg, act->step, act->record, act->with);
    char *text;
    struct digest d;

    if (!meant || ((*act->reason || *act->paper) &&
                   json_array_append_new(meant, json_pack("[s, s]", act->reason, act->paper))))
        return -ENOMEM;
    if (*mark && json_array_append_new(meant, json_string(mark))) /* of its secret (keeper/secret-judging.h) */
        return -ENOMEM;
    text = json_dumps(meant, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text)
        return -ENOMEM;
    d = sha256(str_of(text));
    free(text);
    return digest_hex(&d, ret);
}

/* A receipt is {"act": digest, "outcome": {…}}. RECEIPT_E_OTHER: of another act. */
enum { RECEIPT_E_OTHER = 1 };
static int receipt_find(struct operation_context *c, const struct buf *key, const char *digest, json_t **ret_outcome)
{
    ROWS_AUTO *row = NULL;
    JSON_AUTO *receipt = NULL;
    int r = STORE_ONE(c->store, &row, STMT_RECEIPT_GET, V_STR(buf_str(key)));

    if (r)
        return r == STORE_E_NONE ? 0 : store_errno(r);
    r = json_parse(rows_str(row, 3), (struct json_limits){RECEIPT_MAX, 17}, &receipt, NULL);
    if (r)
        return r > 0 ? -EBADMSG : r;
    if (strcmp(json_str(receipt, "act"), digest))
        return RECEIPT_E_OTHER;
    *ret_outcome = json_incref(json_obj(receipt, "outcome"));
    return *ret_outcome ? 0 : -EBADMSG;
}

/* Only what was entered: after anything else the act may be tried again. */
static int receipt_keep(struct operation_context *c, const struct buf *key, const char *digest, json_t *outcome)
{
    JSON_AUTO *receipt = NULL;
    char *text;
    int r;

    if (!json_object_get(outcome, "seq"))
        return 0;
    if (!(receipt = json_pack("{s:s, s:O}", "act", digest, "outcome", outcome)) ||
        !(text = json_dumps(receipt, JSON_COMPACT)))
        return -ENOMEM;
    r = STORE_RUN(c->store, STMT_RECEIPT_ADD, V_STR(buf_str(key)), V_INT(json_int(outcome, "shard")),
                  V_INT(json_int(outcome, "seq")), V_INT(c->real_us), V_TEXT(text));
    free(text);
    return store_errno(r);
}

static int act_once(struct operation_context *c, const struct act *act, const char *once, const char *sent, const char *mark, json_t **ret_outcome)
{
    CLEANUP(buf_done) struct buf key;
    char digest[2 * SHA256_SIZE + 1];
    int r;

    buf_init(&key, 256);
    if (!*once)
        return engine_act(c->engine, c->log, act, ret_outcome);
    if ((r = receipt_key(c, once, &key)) || (r = receipt_digest(act, sent, mark, digest)) ||
        (r = receipt_find(c, &key, digest, ret_outcome)) || *ret_outcome)
        return r;
    if ((r = engine_act(c->engine, c->log, act, ret_outcome)))
        return r;
    if ((r = receipt_keep(c, &key, digest, *ret_outcome))) {
        json_decref(*ret_outcome);
        *ret_outcome = NULL;
    }
    return r;
}

/* A gate acts in somebody's name where its own measurement is what is asked, or its ticket is closed, and nowhere else. */
static bool asks_measured(const struct reg *reg, const char *step, unsigned measured)
{
    const struct procedure *p = reg ? reg->procedure : NULL;

    for (size_t i = 0; p && i < p->n_steps; i++)
        for (size_t k = 0; !strcmp(p->steps[i].act, step) && k < p->steps[i].n_asks; k++)
            if (p->steps[i].asks[k]->measured & measured)
                return true;
    for (size_t i = 0; p && i < p->n_steps; i++)
        if (!strcmp(p->steps[i].act, step) && p->steps[i].closes)
            return true;
    return false;
}

/* The outcome, and to a gate the ticket, which is kept nowhere. */
static int answer_outcome(json_t *outcome, char ticket[TICKET_SIZE], json_t **ret_answer)
{
    json_t *answer = json_pack("{s:o}", "outcome", outcome);
    int r = answer && *ticket ? json_put_str(answer, "ticket", ticket) : 0;

    sodium_memzero(ticket, TICKET_SIZE);
    if (!r)
        return answer_done(answer, ret_answer);
    json_decref(answer);
    return r;
}

/* {"way", "digest", "records": n, "why", "record": of one}. No digest of a file: who has one could try it against the ledger (E8 of doc/design/information.md). */
static json_t *tried_to_leave(const char *way, const json_t *records, const char *digest, bool is_many)
{
    JSON_AUTO *tried = json_pack("{s:s, s:s, s:I, s:s}", "way", way, "digest", strcmp(way, LEAVING_BY_FILE) ? digest : "", "records",
                                 (json_int_t)json_object_size(records), "why", is_many ? "many" : "copies");
    void *only = json_object_iter((json_t *)(uintptr_t)records);

    if (!tried || (json_object_size(records) == 1 && json_put_str(tried, "record", json_object_iter_key(only))))
        return NULL;
    return TAKE(tried);
}

/* 1, with the answer, or negative. */
static int refuse_leaving(struct operation_context *c, const char *way, const json_t *records, const char *digest, bool is_many, json_t **ret_answer)
{
    int r;

    c->is_undone = true; /* what was entered for those before did not leave either */
    if (!(c->tried = tried_to_leave(way, records, digest, is_many)))
        return -ENOMEM;
    r = is_many ? answer_refuse(ret_answer, "too-large", "台帳に控えを残すものが一度に多すぎます。範囲を狭めてください。",
                                "This takes out too many things at once that are counted one by one. Narrow it.")
                : answer_refuse(ret_answer, strcmp(way, LEAVING_BY_MAIL) ? "forbidden" : "copies", "写しの台帳に記録できないため、取り出せません。",
                                "It cannot be entered among the copies, and so it does not leave.");
    return r ? r : 1;
}

int operation_leaves(struct operation_context *c, const char *way, const json_t *records, const char *digest, json_t **ret_answer)
{
    JSON_AUTO *outcome = NULL;
    int r = engine_leaving(c->engine, c->log, c->person, way, records, digest, c->now_us, &outcome);

    return r <= 0 ? r : refuse_leaving(c, way, records, digest, r == LEAVING_E_MANY, ret_answer);
}

/* What a mail gate was given a ticket for, by the record that was made. 1, with the answer: it does not leave. */
static int measured_leaves(struct operation_context *c, const char *record, const char *digest, json_t **ret_answer)
{
    JSON_AUTO *outcome = NULL;
    JSON_AUTO *none = json_object(); /* the record is undone, too */
    int r = none ? engine_leaving_measured(c->engine, c->log, c->person, record, c->now_us, &outcome) : -ENOMEM;

    return r <= 0 ? r : refuse_leaving(c, LEAVING_BY_MAIL, none, digest, r == LEAVING_E_MANY, ret_answer);
}

/* A gate names register and step by what they are for; entries, receipts and refusals have the pack's own names. */
static void name_parts(struct operation_context *c, struct act *act)
{
    const struct reg *reg = *act->reg == HOLDS_MARK ? engine_reg(c->engine, act->reg) : NULL;
    const struct step *st = reg ? reg_part(reg, act->step) : NULL;

    if (reg)
        act->reg = reg->id;
    if (st)
        act->step = st->act;
}

static int op_act(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    char ticket[TICKET_SIZE] = "";
    struct act act = {.person = c->person,
                      .reg = json_str(m, "reg"),
                      .step = json_str(m, "step"),
                      .record = json_str(m, "record"),
                      .with = json_object_get(m, "with"),
                      .seen_version = json_int(m, "seen"),
                      .signs = json_str(m, "signs"),
                      .manifest = c->measured ? NULL : json_str(m, "manifest"),
                      .reason = json_str(m, "reason"),
                      .paper = json_str(json_obj(m, "paper"), "written"),
                      .measured = c->measured,
                      .secret_judged = json_obj(m, "judged"),
                      .ticket = json_str(m, "ticket"),
                      .ret_ticket = c->measured ? ticket : NULL,
                      .tells_way = true,
                      .now_us = c->now_us};
    const char *once = json_str(m, "once"), *sent = json_str(m, "sent");
    struct station station;
    const json_t *paper = json_obj(m, "paper");
    json_t *outcome = NULL;
    int r;

    if (!strcmp(json_str(m, "op"), "act-secret") && !act.secret_judged)
        return answer_refuse(ret_answer, "busy", "ただいま混み合っています。少し待ってからやり直してください。",
                             "This is too much at once. Wait a moment and try again.");
    if (strlen(once) > ONCE_MAX)
        return answer_refuse(ret_answer, "invalid", "受付番号が長すぎます。",
                             "The word of this act is too long.");
    name_parts(c, &act);
    if (c->is_sender && !asks_measured(engine_reg(c->engine, act.reg), act.step, c->measured))
        return answer_refuse(ret_answer, "forbidden", "この手続は、測定する出入口装置の手続ではありません。",
                             "This is no step of a gate that measures.");
    if (paper && (!*act.paper || json_object_size(paper) != 1))
        return answer_refuse(ret_answer, "invalid",
                             "紙で行った日時（paper.written）だけを指定してください。",
                             "\"paper\" says when it was done, as \"written\", and nothing else.");
    if ((r = station_may_act(c, &act, &station, ret_answer)))
        return MIN_OF(r, 0);
    act.station = *station.id ? &station : NULL;
    if ((r = act_once(c, &act, once, sent, json_str(m, "mark"), &outcome)) < 0)
        return r;
    if (r == RECEIPT_E_OTHER)
        return answer_refuse(ret_answer, "used",
                             "この画面からは、すでに別の内容が記録されています。この内容はまだ記録"
                             "されていません。記録する場合は、もう一度送ってください。",
                             "Something else was entered from this form already; this was not. "
                             "Send it again if it is to be entered, too.");
    if (*ticket && (c->measured & MEASURED_MAIL) && (r = measured_leaves(c, json_str(outcome, "record"), json_str(act.with, "message_digest"), ret_answer))) {
        sodium_memzero(ticket, sizeof(ticket));
        json_decref(outcome);
        return MIN_OF(r, 0);
    }
    return answer_outcome(outcome, ticket, ret_answer);
}

/* Only a gate asks, before bytes go out by it. */
static int op_ticket_use(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct ticket_use use = {.ticket = json_str(m, "ticket"),
                             .person = c->person,
                             .measured = c->measured,
                             .channel = json_str(m, "channel"),
                             .with = json_obj(m, "with"),
                             .now_us = c->now_us};
    json_t *outcome = NULL;
    int r;

    if (!c->measured)
        return answer_refuse(ret_answer, "forbidden", "持出票は出入口装置が使います。",
                             "Tickets are used by gates.");
    if (strlen(use.ticket) != TICKET_SIZE - 1 || strlen(use.channel) > CHANNEL_MAX)
        return answer_refuse(ret_answer, "invalid", "持出票の形が正しくありません。",
                             "This is not the form of a ticket.");
    r = engine_ticket_use(c->engine, c->log, &use, &outcome);
    return r ? r : answer_done(json_pack("{s:o}", "outcome", outcome), ret_answer);
}

enum release_channel operation_channel(const struct operation_context *c)
{
    return *c->token.id ? RELEASE_API : RELEASE_PAGE;
}

/* A refusal of one sentence, with the outcome's clauses behind it. */
static int refuse_by_clauses(const json_t *outcome, const char *code, const char *say_ja, const char *say_en, json_t **ret_answer)
{
    const json_t *clauses = json_arr(outcome, "clauses");
    CLEANUP(buf_done) struct buf ja = {0};
    CLEANUP(buf_done) struct buf en = {0};
    CLEANUP(buf_done) struct buf list = {0};

    buf_init(&ja, 4096);
    buf_init(&en, 4096);
    buf_init(&list, 2048);
    for (size_t i = 0; i < json_array_size(clauses); i++)
        IGNORE(buf_printf(&list, "%s%s", i ? ", " : "", json_string_value(json_array_get(clauses, i))), "looked at below");
    if (buf_printf(&ja, "%s（%.*s）。", say_ja, STR_ARG(buf_str(&list))) || buf_printf(&en, "%s (%.*s).", say_en, STR_ARG(buf_str(&list))) || buf_error(&list))
        return -ENOMEM;
    return answer_refuse(ret_answer, code, ja.at, en.at);
}

int operation_asks(const json_t *outcome, json_t **ret_answer)
{
    return refuse_by_clauses(outcome, "asks", "この記録は、利用の目的と、業務又は事件の番号を示してから開きます",
                             "Say for what purpose, and in which case, before this record is opened", ret_answer);
}

int operation_held_back(const json_t *outcome, json_t **ret_answer)
{
    return refuse_by_clauses(outcome, "held-back", "この記録のファイルは、今の状態では誰にも渡しません", "In the state of this record its file is handed out to nobody", ret_answer);
}

int operation_shut(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "shut", "控えから復元した後、管理者二人が「復元の確認」の画面で確認するまでは、機密性2までの画面と通知のほかには何も出せません。",
                         "This was restored from a backup. Before two administrators have looked at it, on the page \"After a restore\", nothing leaves but by pages up to confidentiality 2 and notices.");
}

static int read_too_high(const struct operation_context *c, const json_t *outcome, json_t **ret_answer)
{
    if (operation_channel(c) == RELEASE_PAGE)
        return refuse_by_clauses(outcome, "forbidden", "この格付けの記録は、規程により画面には表示しません",
                                 "By the directive no page shows a record of this label", ret_answer);
    return refuse_by_clauses(outcome, "forbidden", "この格付けの記録は、この方法では取り出せません", "Records of this label do not leave this way", ret_answer);
}

static int op_read(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    const json_t *purpose = json_object_get(m, "purpose");
    struct opening o = {.person = c->person, .record = json_str(m, "record"), .channel = operation_channel(c), .purpose = json_string_value(purpose),
                        .case_ref = json_str(m, "case"), .only_says = json_int(m, "only") != 0, .is_aside = json_int(m, "aside") != 0, .now_us = c->now_us};
    json_t *outcome;
    int r = engine_read(c->engine, c->log, &o, &outcome);

    if (r)
        return r;
    if (!strcmp(json_str(outcome, "result"), "asks")) {
        r = operation_asks(outcome, ret_answer);
        json_decref(outcome);
        return r;
    }
    if (!strcmp(json_str(outcome, "result"), "invalid")) {
        json_decref(outcome);
        return answer_refuse(ret_answer, "invalid", "利用の目的を200文字まで、業務又は事件の番号を100文字までの一行で書いてください。",
                             "Write the purpose in one line of at most 200 characters, and the case in one of at most 100.");
    }
    if (!strcmp(json_str(outcome, "result"), "too-high")) {
        r = read_too_high(c, outcome, ret_answer);
        json_decref(outcome);
        return r;
    }
    if (!strcmp(json_str(outcome, "result"), "shut")) {
        json_decref(outcome);
        return operation_shut(ret_answer);
    }
    return answer_done(json_pack("{s:o}", "outcome", outcome), ret_answer);
}

/* {"records": ["…"]} out of "… …"; at most a page. */
static int shown_input(struct str records, json_t **ret)
{
    JSON_AUTO *ids = json_array();
    struct str id;

    while (ids && str_split(&records, ' ', &id))
        if (json_array_append_new(ids, json_stringn(id.at, id.len)))
            return -ENOMEM;
    *ret = ids ? json_pack("{s:O}", "records", ids) : NULL;
    return *ret ? 0 : -ENOMEM;
}

/* A person is about to be shown that these records of registers whose reading is entered were found. Not what he searched for. */
static int op_search(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *in = NULL;
    int r = shown_input(str_of(json_str(m, "records")), &in);

    if (r)
        return r;
    if (json_array_size(json_arr(in, "records")) > SEARCH_PAGE_MAX)
        return answer_refuse(ret_answer, "invalid", "一度に示せる件数を超えています。",
                             "These are more records than one page shows.");
    if ((r = engine_search_shown(c->engine, c->person, operation_channel(c), json_arr(in, "records"))) < 0)
        return r;
    if (r)
        return answer_refuse(ret_answer, "stale",
                             "検索の間に記録が変わりました。もう一度検索してください。",
                             "A record changed during the search. Please search again.");
    if ((r = operation_enter(c, "search", "recorded", in, NULL)))
        return r;
    return answer_done(json_object(), ret_answer);
}

static int op_notice_read(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    int r = STORE_RUN(c->store, STMT_NOTICE_READ, V_INT(json_int(m, "shard")), V_INT(json_int(m, "seq")),
                      V_INT(json_int(m, "n")), V_INT(c->now_us), V_TEXT(c->person));

    return r ? r : answer_done(json_object(), ret_answer);
}

/* ---- paper ---- */

#define PRINT_RECORDS_MAX 1000

static json_t *keys_of(const json_t *object)
{
    json_t *each = (json_t *)(uintptr_t)object, *list = json_array(), *value;
    const char *key;

    json_object_foreach (each, key, value)
        if (!list || json_array_append_new(list, json_string(key))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int print_refused(const json_t *outcome, json_t **ret_answer)
{
    const char *result = json_str(outcome, "result");

    if (!strcmp(result, "stale"))
        return answer_refuse(ret_answer, "stale",
                             "印刷の準備中に記録が更新されました。もう一度印刷してください。",
                             "A record changed while it was being made ready. Print it again.");
    if (!strcmp(result, "shut"))
        return operation_shut(ret_answer);
    if (!strcmp(result, "forbidden"))
        return answer_refuse(ret_answer, "forbidden", "この格付けの記録は印刷できません。",
                             "Records of this label may not be printed.");
    return answer_refuse(ret_answer, "none", "その記録はありません。", "There is no such record.");
}

/* The paper is made and waits for the answer. What is entered says what it holds and who gets it, so that bytes and paper can be held
 * against the ledger. A refusal on grounds of the label is entered, too. */
static int op_print(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *outcome = NULL;
    JSON_AUTO *in = NULL;
    const json_t *records = json_obj(m, "records");
    uint8_t digest[SHA256_SIZE];
    const char *result;
    bool allowed;
    int r;

    if (json_object_size(records) > PRINT_RECORDS_MAX || strlen(json_str(m, "form")) > 64 ||
        hex_parse(str_of(json_str(m, "digest")), digest, sizeof(digest)))
        return answer_refuse(ret_answer, "invalid", "印刷の内容が正しくありません。",
                             "This print is not well formed.");
    if ((r = engine_release(c->engine, c->person, RELEASE_PRINT, records, c->now_us, &outcome)))
        return r;
    result = json_str(outcome, "result");
    allowed = !strcmp(result, "allowed");
    if (!allowed && strcmp(result, "forbidden") != 0 && strcmp(result, "shut") != 0)
        return print_refused(outcome, ret_answer);
    in = json_pack("{s:s, s:s, s:s, s:o}", "form", json_str(m, "form"), "digest", json_str(m, "digest"), "receiver", c->person,
                   "records", keys_of(records));
    if (!in)
        return -ENOMEM;
    if (allowed && (r = operation_leaves(c, "print", records, json_str(m, "digest"), ret_answer)))
        return MIN_OF(r, 0);
    if ((r = operation_enter(c, "print", allowed ? "recorded" : "refused", in, NULL)))
        return r;
    return allowed ? answer_done(json_object(), ret_answer) : print_refused(outcome, ret_answer);
}

/* ---- the clock ---- */

static int op_clock_advance(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *in = NULL;
    struct clock_setting next = *c->clock;
    uint64_t to_us;
    int r;

    if ((r = input_instant(json_str(m, "to"), 0, &to_us)) < 0)
        return r;
    if (r)
        return answer_refuse(
            ret_answer, "invalid",
            "日時の書き方が正しくありません。例：令和8年4月10日 9:00、2026-04-10 09:00",
            "This is not a time. Example: 2026-04-10 09:00");
    r = clock_advance(&next, to_us);
    if (r == CLOCK_E_SYSTEM)
        return answer_refuse(ret_answer, "forbidden", "この設備の時計は動かせません。",
                             "The clock of this installation cannot be moved.");
    if (r == CLOCK_E_BACK)
        return answer_refuse(ret_answer, "forbidden", "時計は戻せません。",
                             "The clock cannot be moved back.");
    in = json_pack("{s:s}", "to", json_str(m, "to"));
    if (!in)
        return -ENOMEM;
    if ((r = clock_save(c->store, next)) || (r = operation_enter(c, "clock-advance", "recorded", in, NULL)))
        return r;
    *c->clock = next;
    return answer_done(json_object(), ret_answer);
}

/* ---- the ledger ---- */

/* The keeper runs these first in a batch: what the store's head counts is durable then. */
static int op_checkpoint(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(buf_done) struct buf note, vkey;
    int64_t shard = json_int(m, "shard");
    uint64_t size;
    int r;

    buf_init(&note, 65536);
    buf_init(&vkey, 4096);
    if (!shard)
        log_head(c->log, &shard, &size);
    r = json_object_get(m, "size") ? log_checkpoint_at(c->log, shard, (uint64_t)MAX_OF(json_int(m, "size"), 0), &note)
                                   : log_checkpoint_of(c->log, shard, &note);
    if (r == LOG_E_RANGE)
        return answer_refuse(ret_answer, "none", "記録簿にはまだそれだけの記録がありません。",
                             "The ledger does not have that many entries yet.");
    if (r == LOG_E_NONE)
        return answer_refuse(ret_answer, "none", "その年の記録簿はありません。",
                             "There is no ledger of that year.");
    if (r)
        return r > 0 ? -EIO : r;
    if ((r = log_vkey(c->log, shard, &vkey)))
        return r;
    return answer_done(json_pack("{s:I, s:s, s:s}", "shard", (json_int_t)shard, "note", note.at,
                                 "vkey", vkey.at),
                       ret_answer);
}

static int op_status(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    int64_t shard;
    uint64_t size;

    log_head(c->log, &shard, &size);
    return answer_done(json_pack("{s:I, s:I, s:I}", "shard", (json_int_t)shard, "size",
                                 (json_int_t)size, "now_us", (json_int_t)c->now_us),
                       ret_answer);
}

/* Which processes there are, and whose. */
static int op_processes(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    if (!c->door)
        return answer_refuse(ret_answer, "none", "この処理では分かりません。", "Nobody is known here.");
    return answer_done(door_processes(c->door), ret_answer);
}

/* Timers are fired before every batch; asking is enough. */
static int op_tick(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    return answer_done(json_object(), ret_answer);
}

/* ---- the installation ---- */

int operation_next_generation(struct operation_context *c)
{
    ROWS_AUTO *row = NULL;
    char text[24];
    uint64_t n = 0;
    int r = STORE_ONE(c->store, &row, STMT_META_GET, V_TEXT("generation"));

    if (r && r != STORE_E_NONE)
        return r;
    if (!r && str_to_u64(rows_str(row, 0), 0, INT64_MAX, &n))
        return -EBADMSG;
    snprintf(text, sizeof(text), "%" PRIu64, n + 1);
    if ((r = STORE_RUN(c->store, STMT_META_SET, V_TEXT("generation"), V_TEXT(text))))
        return r;
    return engine_refresh(c->engine, c->diag);
}

static json_t *problem(const struct diag_entry *e)
{
    return json_pack("{s:s, s:i, s:i, s:s, s:{s:s, s:s}}", "file", e->file ? e->file : "", "line",
                     (int)e->line, "col", (int)e->col, "heading", e->heading ? e->heading : "",
                     "say", "ja", diag_message(e, MESSAGE_JA), "en", diag_message(e, MESSAGE_EN));
}

int answer_problems(const struct diag *d, const char *ja, const char *en, json_t **ret_answer)
{
    JSON_AUTO *answer = answer_error("invalid", ja, en);
    JSON_AUTO *list = json_array();

    for (size_t i = 0; i < d->n; i++)
        if (!list || json_array_append_new(list, problem(&d->entries[i])))
            return -ENOMEM;
    if (!answer || json_put(answer, "problems", TAKE(list)))
        return -ENOMEM;
    *ret_answer = TAKE(answer);
    return 0;
}

/* Keeps which scenarios show the pack's clauses, and names them in `in`, of the entry to come. 1: they do not fit the pack, which is
 * answered. */
static int take_scenarios(struct operation_context *c, const struct pack *pack, const char *hash, const json_t *scenarios, json_t *in,
                          json_t **ret_answer)
{
    char digest[2 * SHA256_SIZE + 1];
    int r;

    if (!pack_scenarios_ok(pack, scenarios)) {
        r = answer_refuse(ret_answer, "invalid", "この規程のものではないシナリオです。何も取り込んでいません。",
                          "These are no scenarios of this pack. Nothing was taken in.");
        return r ? r : 1;
    }
    if ((r = pack_scenarios_digest(scenarios, digest)) || (r = json_put_str(in, "scenarios", digest)))
        return r;
    return store_errno(pack_scenarios_save(c->store, hash, scenarios));
}

static int op_pack_scenarios(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    ROWS_AUTO *row = NULL;
    JSON_AUTO *in = NULL;
    const char *hash = json_str(m, "hash");
    int r = STORE_ONE(c->store, &row, STMT_PACK_GET, V_TEXT(hash));

    if (r == STORE_E_NONE)
        return answer_refuse(ret_answer, "none", "その規程は提案されていません。", "No such pack has been proposed.");
    if (r)
        return store_errno(r);
    if ((r = pack_load_canonical(rows_str(row, 3), &pack, c->diag)))
        return r < 0 ? r : -EIO;
    in = json_pack("{s:s, s:s}", "pack", pack->id, "hash", hash);
    if (!in)
        return -ENOMEM;
    if ((r = take_scenarios(c, pack, hash, json_object_get(m, "scenarios"), in, ret_answer)))
        return MIN_OF(r, 0);
    if ((r = operation_enter(c, "pack-scenarios", "recorded", in, NULL)))
        return r;
    return answer_done(json_object(), ret_answer);
}

static int op_pack_propose(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    ROWS_AUTO *row = NULL;
    JSON_AUTO *in = NULL;
    const json_t *scenarios = json_object_get(m, "scenarios");
    char hash[2 * SHA256_SIZE + 1];
    struct diag problems;
    int r;

    diag_init(&problems);
    r = pack_load_canonical(str_of(json_str(m, "canonical")), &pack, &problems);
    if (r == PACK_E_INVALID)
        r = answer_problems(&problems, "規程に誤りがあるため受け付けられません。これまでの規程がそのまま使われます。",
                        "The pack has errors and is refused whole. The running one stays.", ret_answer);
    diag_done(&problems);
    if (r || !pack)
        return r;
    if ((r = digest_hex(&pack->hash, hash)))
        return r;
    in = json_pack("{s:s, s:s}", "pack", pack->id, "hash", hash);
    if (!in)
        return -ENOMEM;
    r = STORE_ONE(c->store, &row, STMT_PACK_GET, V_TEXT(hash));
    if (!r)
        return answer_refuse(ret_answer, "exists", "同じ規程がすでに提案されています。",
                             "The very same pack has been proposed already.");
    if (r != STORE_E_NONE)
        return r;
    if ((r = easing_judge(c, pack, in, ret_answer)) || (scenarios && (r = take_scenarios(c, pack, hash, scenarios, in, ret_answer))))
        return MIN_OF(r, 0);
    r = STORE_RUN(c->store, STMT_PACK_ADD, V_TEXT(hash), V_TEXT(pack->id), V_INT(pack->from_day), V_INT(pack->to_day),
                  V_STR(pack->canonical), V_INT(c->now_us), V_TEXT(c->person), V_NULL, V_TEXT(""));
    if (r)
        return r;
    if ((r = operation_enter(c, "pack-propose", "recorded", in, NULL)))
        return r;
    return answer_done(json_pack("{s:s}", "hash", hash), ret_answer);
}

/* meta `packs`: what the first leaf of the next shard names. */
static int list_packs(struct operation_context *c)
{
    CLEANUP(buf_done) struct buf text;
    ROWS_AUTO *rows = NULL;
    int r;

    buf_init(&text, 32768);
    if ((r = STORE_QUERY(c->store, &rows, STMT_PACK_LIST)))
        return r;
    while ((r = rows_next(rows)) == 1)
        if (!rows_is_null(rows, 6) && buf_printf(&text, "%s%s", text.len ? " " : "", rows_text(rows, 0)))
            return -ENOMEM;
    if (r)
        return r;
    return STORE_RUN(c->store, STMT_META_SET, V_TEXT("packs"), V_STR(text.len ? buf_str(&text) : STR("")));
}

static int op_pack_adopt(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    ROWS_AUTO *row = NULL;
    JSON_AUTO *in = NULL;
    const char *hash = json_str(m, "hash");
    int r = STORE_ONE(c->store, &row, STMT_PACK_GET, V_TEXT(hash));

    if (r == STORE_E_NONE)
        return answer_refuse(ret_answer, "none", "その規程は提案されていません。",
                             "No such pack has been proposed.");
    if (r)
        return r;
    if (!rows_is_null(row, 6))
        return answer_refuse(ret_answer, "exists", "その規程はすでに採用されています。",
                             "That pack is adopted already.");
    in = json_pack("{s:s, s:s}", "pack", rows_text(row, 0), "hash", hash);
    if (!in)
        return -ENOMEM;
    if (!strcmp(rows_text(row, 5), c->person)) {
        if ((r = operation_enter(c, "pack-adopt", "refused", in, NULL)))
            return r;
        return answer_refuse(ret_answer, "forbidden",
                             "提案した本人は採用を決められません。別の管理者が採用してください。",
                             "Who proposed a pack cannot adopt it. Another administrator has to.");
    }
    if ((r = pack_load_canonical(rows_str(row, 3), &pack, c->diag)))
        return r < 0 ? r : -EIO;
    if ((r = easing_judge(c, pack, in, ret_answer)))
        return r < 0 ? r : operation_enter(c, "pack-adopt", "refused", in, NULL);
    if ((r = STORE_RUN(c->store, STMT_PACK_ADOPT, V_TEXT(hash), V_INT(c->now_us), V_TEXT(c->person))) ||
        (r = list_packs(c)) || (r = operation_enter(c, "pack-adopt", "recorded", in, NULL)) ||
        (r = operation_next_generation(c)))
        return r;
    return answer_done(json_object(), ret_answer);
}

/* ---- beside the loop ---- */

/* All of it is answered there (keyring.h); nothing comes here that did not fail there. */
static int op_beside(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    return -EIO;
}

/* ---- the table ---- */

static const struct operation operations[] = {
    {"act", OPERATION_SESSION, op_act, "reg* step* record with! seen# signs manifest once sent reason paper! ticket", BY_TOKEN_ACT},
    {"act-secret", OPERATION_SESSION, op_act, "reg* step* record with! seen# signs manifest once sent reason paper! secret*", BY_TOKEN_ACT}, /* judged first: keeper/secret-judging.h */
    {"ticket-use", OPERATION_SESSION, op_ticket_use, "ticket* channel* with!*", BY_TOKEN_ACT}, /* a gate's, as are acts in another's name */
    {"collect", OPERATION_SESSION, op_collect, "kind* file* table!* trial"},
    {"intel-begin", OPERATION_SESSION, op_intel_begin, "collection* channel* source* object reason file format of tlp#", BY_TOKEN_ACT},
    {"intel-segment", OPERATION_SESSION, op_beside, "run#* n#* data*", BY_TOKEN_ACT},
    {"intel-open", OPERATION_SESSION, op_intel_open, "run#* left_out#*", BY_TOKEN_ACT},
    {"intel-export", OPERATION_SESSION, op_intel_export, "collection* format*"},
    {"intel-remove", OPERATION_SESSION, op_intel_remove, "collection* object* root* at!*", BY_TOKEN_ACT},
    {"intel-drop", OPERATION_SESSION, op_intel_drop, "run#*", BY_TOKEN_ACT},
    {"read", OPERATION_SESSION, op_read, "record* purpose case only# aside#", BY_TOKEN_READ},
    {"search", OPERATION_SESSION, op_search, "records*", BY_TOKEN_READ},
    {"file-begin", OPERATION_SESSION, op_file_begin, "reg* field* name* size#*", BY_TOKEN_ACT},
    {"file-piece", OPERATION_SESSION, op_file_piece, "id* offset#* data*", BY_TOKEN_ACT},
    {"file-drop", OPERATION_SESSION, op_file_drop, "id*", BY_TOKEN_ACT},
    {"file-open", OPERATION_SESSION, op_file_open, "record* file*", BY_TOKEN_READ},
    {"file-preview", OPERATION_SESSION, op_file_preview, "record* file*"},
    {"vault-key", OPERATION_SESSION, op_beside, "record*", BY_TOKEN_READ},
    {"file-bytes", OPERATION_SESSION, op_beside, "id* n#*", BY_TOKEN_READ},
    {"file-count", OPERATION_SESSION, op_beside, "id*", BY_TOKEN_READ},
    {"exam-bytes", OPERATION_EXAMINER, op_beside, "id* n#*"},
    {"exam-begin", OPERATION_EXAMINER, op_exam_begin, "id* tries#*"},
    {"exam-end", OPERATION_EXAMINER, op_exam_end, "id* tries#* state* type sha256 scanner definitions why place found members! seen!"},
    {"intake-begin", OPERATION_EXAMINER, op_intake_begin, "run#* tries#*"},
    {"intake-segment", OPERATION_EXAMINER, op_beside, "run#* tries#* n#* data*"},
    {"intake-tell", OPERATION_EXAMINER, op_intake_tell, "run#* tries#* done#*"},
    {"intake-end", OPERATION_EXAMINER, op_intake_end, "run#* tries#* left_out# report! why"},
    {"poll-next", OPERATION_FETCHER, op_poll_next, ""},
    {"poll-segment", OPERATION_FETCHER, op_beside, "channel* tries#* n#* data*"},
    {"poll-propose", OPERATION_FETCHER, op_poll_propose, "channel* tries#*"},
    {"poll-tell", OPERATION_FETCHER, op_poll_tell, "channel* tries#*"},
    {"poll-end", OPERATION_FETCHER, op_poll_end, "channel* tries#* trouble* status#* wait#* words* last* more# left_out#*"},
    {"poll-now", OPERATION_SESSION, op_poll_now, "channel*"},
    {"holding-label", OPERATION_SESSION, op_holding_label, "contents!* receiver addresses!"},
    {"holding-note", OPERATION_SESSION, op_holding_note, "record* form* contents!*"},
    {"cover", OPERATION_SESSION, op_cover, "record*"},
    {"media-here", OPERATION_SESSION, op_media_here, "station* name* slots!* receivers!"},
    {"media-ask", OPERATION_SESSION, op_media_ask, "station* slot* do* with!*"},
    {"media-tell", OPERATION_SESSION, op_media_tell, "job* event! end#"},
    {"media-jobs", OPERATION_SESSION, op_media_jobs, "job"},
    {"media-drop", OPERATION_SESSION, op_media_drop, "job*"},
    {"notice-read", OPERATION_SESSION, op_notice_read, "shard#* seq#* n#*", BY_TOKEN_ACT},
    {"print", OPERATION_SESSION, op_print, "form* digest* records!*"},
    {"notices-read", OPERATION_SESSION, op_notices_read, "until#*"},
    {"contact-set", OPERATION_CONSOLE, op_contact_set, "person mail* language* minute#* urgent#*"},
    {"mail-set", OPERATION_ADMINISTRATOR, op_mail_set, "server* sender* base* user* timeout#* plain#*"},
    {"mail-test", OPERATION_CONSOLE, op_mail_test, "person"},
    {"mail-again", OPERATION_ADMINISTRATOR, op_mail_again, "id#*"},
    {"mail-drop", OPERATION_ADMINISTRATOR, op_mail_drop, "id#*"},
    {"mail-begin", OPERATION_COURIER, op_mail_begin, "id#* tries#* digest* size#*"},
    {"mail-end", OPERATION_COURIER, op_mail_end, "id#* tries#* result* code# trouble"},
    {"sign-in", OPERATION_ANY, op_sign_in, "login* password*"},
    {"sign-out", OPERATION_ANY, op_sign_out, ""}, /* a locked session, too */
    {"touch", OPERATION_SESSION, op_touch, "", BY_TOKEN_READ},
    {"taxii-keys", OPERATION_SESSION, op_taxii_keys, "", BY_TOKEN_READ},
    {"taxii-sight", OPERATION_SESSION, op_taxii_sight, "collection* at!", BY_TOKEN_READ},
    {"lock", OPERATION_SESSION, op_lock, ""},
    {"unlock", OPERATION_ANY, op_unlock, "password*"},
    {"password-set", OPERATION_SESSION, op_password_set, "old* password*"},
    {"token-issue", OPERATION_SESSION, op_token_issue, "password* name* scope!* days#*"},
    {"token-end", OPERATION_SESSION, op_token_end, "id*"},
    {"account-add", OPERATION_ADMINISTRATOR, op_account_add, "login* person* rights"},
    {"account-close", OPERATION_ADMINISTRATOR, op_account_close, "login* reason*"},
    {"account-reopen", OPERATION_ADMINISTRATOR, op_account_reopen, "login* reason*"},
    {"account-rights", OPERATION_ADMINISTRATOR, op_account_rights, "login* rights*"},
    {"reset-propose", OPERATION_CONSOLE, op_reset_propose, "login*"},
    {"reset-approve", OPERATION_CONSOLE, op_reset_approve, "reset*"},
    {"reset-use", OPERATION_ANY, op_reset_use, "login* code* password*"},
    {"force-import", OPERATION_ADMINISTRATOR, op_force_import, "files!*"},
    {"plan-save", OPERATION_ADMINISTRATOR, op_plan_save, "plan title* body*"},
    {"plan-drop", OPERATION_ADMINISTRATOR, op_plan_drop, "plan*"},
    {"plan-adopt", OPERATION_ADMINISTRATOR, op_plan_adopt, "plan* digest* seen*"},
    {"pack-propose", OPERATION_ADMINISTRATOR, op_pack_propose, "canonical* scenarios!"},
    {"pack-scenarios", OPERATION_ADMINISTRATOR, op_pack_scenarios, "hash* scenarios!*"},
    {"pack-adopt", OPERATION_ADMINISTRATOR, op_pack_adopt, "hash*"},
    {"clause-text", OPERATION_ADMINISTRATOR, op_clause_text, "pack* digest* texts!*"},
    {"takeover-propose", OPERATION_ADMINISTRATOR, op_takeover_propose, "reg* table!*"},
    {"takeover-adopt", OPERATION_ADMINISTRATOR, op_takeover_adopt, "table* digest*"},
    {"takeover-drop", OPERATION_ADMINISTRATOR, op_takeover_drop, "table*"},
    {"export", OPERATION_SESSION, op_export, "reg* format* digest* records!*"},
    {"whole-copy", OPERATION_OPERATOR, op_whole_copy, "channel* held# allowed#"},
    {"whole-copy-ask", OPERATION_OPERATOR, op_whole_copy_ask, "channel* until*"},
    {"whole-copy-approve", OPERATION_ADMINISTRATOR, op_whole_copy_approve, "copy*"},
    {"whole-copy-end", OPERATION_ADMINISTRATOR, op_whole_copy_end, "copy*"},
    {"restored-confirm", OPERATION_ADMINISTRATOR, op_restored_confirm, "at#*"},
    {"clock-advance", OPERATION_CONSOLE, op_clock_advance, "to*"},
    {"checkpoint", OPERATION_ANY, op_checkpoint, "shard# size#", BY_TOKEN_READ},
    {"status", OPERATION_ANY, op_status, ""},
    {"processes", OPERATION_ADMINISTRATOR, op_processes, ""},
    {"tick", OPERATION_ANY, op_tick, ""},
};

const struct operation *operation_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        if (!strcmp(operations[i].name, name))
            return &operations[i];
    return NULL;
}

const struct operation *operation_at(size_t i)
{
    return i < ARRAY_LEN(operations) ? &operations[i] : NULL;
}

/* One member of the table: "name", then `#` a number, `!` an object, else text; then `*` when it must be there. */
struct member {
    struct str name;
    char type;
    bool is_required;
};

static struct member member_of(struct str spec)
{
    struct member m = {spec, 0, str_ends(spec, STR("*"))};

    m.name.len -= m.is_required;
    m.type = m.name.at[m.name.len - 1];
    m.name.len -= m.type == '#' || m.type == '!';
    return m;
}

static bool member_ok(struct str spec, const json_t *message)
{
    struct member m = member_of(spec);
    const json_t *v;
    char name[32];

    assert(m.name.len < sizeof(name));
    memcpy(name, m.name.at, m.name.len);
    name[m.name.len] = '\0';
    v = json_object_get(message, name);
    if (!v)
        return !m.is_required;
    return m.type == '#' ? json_is_integer(v) : m.type == '!' ? json_is_object(v) : json_is_string(v);
}

static bool member_known(const struct operation *op, const char *name)
{
    struct str rest = str_of(op->members), spec;

    if (!strcmp(name, "op") || !strcmp(name, "token") || !strcmp(name, "bearer") || !strcmp(name, "sender"))
        return true;
    while (str_split(&rest, ' ', &spec))
        if (spec.len && str_eq(member_of(spec).name, str_of(name)))
            return true;
    return false;
}

bool operation_has_sender(const struct operation *op, const json_t *message)
{
    struct str rest = str_of(op->members), spec;

    while (str_split(&rest, ' ', &spec))
        if (spec.len && str_eq(member_of(spec).name, STR("sender")))
            return false;
    return json_object_get(message, "sender") != NULL;
}

bool operation_message_ok(const struct operation *op, const json_t *message, struct diag *diag)
{
    struct str rest = str_of(op->members), spec;
    json_t *value, *copy = (json_t *)(uintptr_t)message;
    const char *name;

    json_object_foreach (copy, name, value) {
        if (member_known(op, name))
            continue;
        diag_error(diag, "\"%s\" has no member \"%s\"", op->name, name);
        return false;
    }
    if (!member_ok(STR("op*"), message) || !member_ok(STR("token"), message) || !member_ok(STR("bearer"), message) ||
        !member_ok(STR("sender"), message)) {
        diag_error(diag, "\"%s\": op, token, bearer and sender must be texts", op->name);
        return false;
    }
    while (str_split(&rest, ' ', &spec)) {
        if (!spec.len || member_ok(spec, message))
            continue;
        diag_error(diag, "\"%s\": member \"%.*s\" is missing or of another type", op->name, STR_ARG(spec));
        return false;
    }
    return true;
}
