#include "keeper/act-operation.h"

#include "engine/ticket.h"
#include "keeper/station-act.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

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
static int receipt_digest(const struct act *act, const char *sent, const char *mark, struct digest_text *ret)
{
    JSON_AUTO *meant = *sent ? json_pack("[s, s, s, {s:s}]", act->reg, act->step, act->record, "sent", sent)
                             : json_pack("[s, s, s, O?]", act->reg, act->step, act->record, act->with);
    struct digest d;
    char *text;

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
    *ret = digest_text(&d);
    return 0;
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
    struct digest_text digest;
    int r;

    buf_init(&key, 256);
    if (!*once)
        return engine_act(c->engine, c->log, act, ret_outcome);
    if ((r = receipt_key(c, once, &key)) || (r = receipt_digest(act, sent, mark, &digest)) ||
        (r = receipt_find(c, &key, digest.at, ret_outcome)) || *ret_outcome)
        return r;
    if ((r = engine_act(c->engine, c->log, act, ret_outcome)))
        return r;
    if ((r = receipt_keep(c, &key, digest.at, *ret_outcome))) {
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

struct act act_of_message(const json_t *m)
{
    return (struct act){.reg = json_str(m, "reg"),
                        .step = json_str(m, "step"),
                        .record = json_str(m, "record"),
                        .with = json_object_get(m, "with"),
                        .seen_version = json_int(m, "seen"),
                        .signs = json_str(m, "signs"),
                        .reason = json_str(m, "reason"),
                        .paper = json_str(json_obj(m, "paper"), "written"),
                        .ticket = json_str(m, "ticket")};
}

int op_act(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    char ticket[TICKET_SIZE] = "";
    struct act act = act_of_message(m);
    const char *once = json_str(m, "once"), *sent = json_str(m, "sent");
    struct station station;
    const json_t *paper = json_obj(m, "paper");
    json_t *outcome = NULL;
    int r;

    act.person = c->person;
    act.manifest = c->measured ? NULL : json_str(m, "manifest");
    act.measured = c->measured;
    act.secret_judged = json_obj(m, "judged");
    act.ret_ticket = c->measured ? ticket : NULL;
    act.tells_way = true;
    act.now_us = c->now_us;
    if (!strcmp(json_str(m, "op"), "act-secret") && !act.secret_judged)
        return (*ret_answer = answer_busy()) ? 0 : -ENOMEM;
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
    if (*ticket && (c->measured & MEASURED_MAIL) && (r = operation_mail_leaves(c, json_str(outcome, "record"), json_str(act.with, "message_digest"), ret_answer))) {
        sodium_memzero(ticket, sizeof(ticket));
        json_decref(outcome);
        return MIN_OF(r, 0);
    }
    return answer_outcome(outcome, ticket, ret_answer);
}

/* Only a gate asks, before bytes go out by it. */
int op_ticket_use(struct operation_context *c, const json_t *m, json_t **ret_answer)
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
