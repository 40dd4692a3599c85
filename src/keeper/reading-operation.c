#include "keeper/reading-operation.h"

#include "engine/ticket.h"

#include <errno.h>
#include <string.h>

int op_read(struct operation_context *c, const json_t *m, json_t **ret_answer)
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
        r = operation_too_high(c, outcome, ret_answer);
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
int op_search(struct operation_context *c, const json_t *m, json_t **ret_answer)
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

int op_notice_read(struct operation_context *c, const json_t *m, json_t **ret_answer)
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
int op_print(struct operation_context *c, const json_t *m, json_t **ret_answer)
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
