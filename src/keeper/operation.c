#include "keeper/operation.h"

#include "base/tell.h"
#include "engine/input.h"
#include "engine/leaving.h"
#include "keeper/account-operation.h"
#include "keeper/act-operation.h"
#include "keeper/clause-operation.h"
#include "keeper/collect-operation.h"
#include "keeper/copy-operation.h"
#include "keeper/device-operation.h"
#include "keeper/door.h"
#include "keeper/export-operation.h"
#include "keeper/file-operation.h"
#include "keeper/force-operation.h"
#include "keeper/holding-operation.h"
#include "keeper/intake-operation.h"
#include "keeper/intel-operation.h"
#include "keeper/mail-operation.h"
#include "keeper/pack-operation.h"
#include "keeper/plan-operation.h"
#include "keeper/poll-operation.h"
#include "keeper/reading-operation.h"
#include "keeper/restored-operation.h"
#include "keeper/station-operation.h"
#include "keeper/takeover-operation.h"
#include "keeper/taxii-operation.h"
#include "keeper/token-operation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

json_t *answer_error(const char *code, const char *ja, const char *en)
{
    return json_pack("{s:b, s:s, s:{s:s, s:s}}", "ok", 0, "error", code, "say", "ja", ja, "en", en);
}

json_t *answer_busy(void)
{
    return answer_error("busy", "ただいま混み合っています。少し待ってからやり直してください。", "This is too much at once. Wait a moment and try again.");
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

    if (!actor || (*c->device && json_put_str(actor, "device", c->device)))
        return -ENOMEM;
    snprintf(act, sizeof(act), "system/%s", name);
    r = log_append(c->log, &leaf, c->now_us, ret ? ret : &place, c->diag);
    return r == LOG_E_LARGE ? -E2BIG : store_errno(r);
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

int operation_too_high(const struct operation_context *c, const json_t *outcome, json_t **ret_answer)
{
    if (operation_channel(c) == RELEASE_PAGE)
        return refuse_by_clauses(outcome, "forbidden", "この格付けの記録は、規程により画面には表示しません",
                                 "By the directive no page shows a record of this label", ret_answer);
    return refuse_by_clauses(outcome, "forbidden", "この格付けの記録は、この方法では取り出せません", "Records of this label do not leave this way", ret_answer);
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

int operation_mail_leaves(struct operation_context *c, const char *record, const char *digest, json_t **ret_answer)
{
    JSON_AUTO *outcome = NULL;
    JSON_AUTO *none = json_object(); /* the record is undone, too */
    int r = none ? engine_leaving_measured(c->engine, c->log, c->person, record, c->now_us, &outcome) : -ENOMEM;

    return r <= 0 ? r : refuse_leaving(c, LEAVING_BY_MAIL, none, digest, r == LEAVING_E_MANY, ret_answer);
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
    {"intel-segment", OPERATION_SESSION, op_intel_held, "run#* n#* data*", BY_TOKEN_ACT},
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
    {"intake-segment", OPERATION_EXAMINER, op_intake_held, "run#* tries#* n#* data*"},
    {"intake-tell", OPERATION_EXAMINER, op_intake_tell, "run#* tries#* done#*"},
    {"intake-end", OPERATION_EXAMINER, op_intake_end, "run#* tries#* left_out# report! why sha256"},
    {"poll-next", OPERATION_FETCHER, op_poll_next, ""},
    {"poll-segment", OPERATION_FETCHER, op_poll_held, "channel* tries#* n#* data*"},
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
    {"devices-require", OPERATION_OPERATOR, op_devices_require, "on#*"},
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

    if (!strcmp(name, "op") || !strcmp(name, "token") || !strcmp(name, "bearer") || !strcmp(name, "sender") ||
        !strcmp(name, "certificate"))
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
        !member_ok(STR("sender"), message) || !member_ok(STR("certificate"), message)) {
        diag_error(diag, "\"%s\": op, token, bearer, sender and certificate must be texts", op->name);
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
