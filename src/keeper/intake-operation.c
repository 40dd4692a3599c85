#include "keeper/intake-operation.h"

#include "base/codec.h"
#include "engine/attachment.h"
#include "engine/holding.h"
#include "engine/intel.h"
#include "keeper/file-operation.h"
#include "keeper/intel-operation.h"

#include <errno.h>
#include <stdlib.h>

/* As intel/intake.h and guard/intake-courier.h name them, which lie to the right. */
static const char *const formats[] = {"stix", "misp", "csv", "list", "text"};
static const char *const reasons[] = {"crashed", "overdue", "damaged", "refused", "away", "infected"};

static bool is_one_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(words[i], word))
            return true;
    return false;
}

static int over(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "over", "この読取りはすでに別に扱われています。", "That reading has been dealt with already.");
}

/* ---- a file to be read ---- */

int intake_add_file(struct operation_context *c, int64_t run, const char *file, const char *format, json_t **ret_answer)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    int r;

    if (!is_one_of(format, formats, ARRAY_LEN(formats))) {
        r = answer_refuse(ret_answer, "invalid", "その形式のファイルは取り込めません。", "Files of that format are not brought in.");
        return r ? r : 1;
    }
    r = attachment_get(c->store, file, &a);
    if (r < 0)
        return r;
    if (r || strcmp(a.owner, c->person) != 0 || *a.record || !strcmp(a.state, "coming")) {
        r = answer_refuse(ret_answer, "no-file", "そのファイルは届いていません。もう一度選んでください。", "That file has not come. Choose it again.");
        return r ? r : 1;
    }
    return store_errno(STORE_RUN(c->store, STMT_INTAKE_ADD, V_INT(run), V_TEXT(file), V_TEXT(format), V_INT(a.size), V_INT(c->real_us)));
}

static int drop_file(struct operation_context *c, const char *file)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    int r = attachment_get(c->store, file, &a);

    if (r)
        return MIN_OF(r, 0);
    return *a.record ? 0 : attachment_drop(c->store, &a);
}

int intake_drop_file(struct operation_context *c, int64_t run)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(c->store, &row, STMT_INTAKE_GET, V_INT(run));

    if (r)
        return r == STORE_E_NONE ? 0 : store_errno(r);
    return drop_file(c, rows_text(row, 0));
}

int intake_is_checked(struct store *s, int64_t run, bool *ret, int64_t *ret_left)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTAKE_GET, V_INT(run));

    *ret = r == STORE_E_NONE || (!r && !strcmp(rows_text(row, 2), "checked"));
    *ret_left = r ? -1 : rows_int(row, 7);
    return r == STORE_E_NONE ? 0 : store_errno(r);
}

int intake_is_begun(struct store *s, int64_t run, int64_t tries, bool *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTAKE_GET, V_INT(run));

    *ret = !r && !strcmp(rows_text(row, 2), "begun") && rows_int(row, 5) == tries;
    return r == STORE_E_NONE ? 0 : store_errno(r);
}

/* ---- its reading ---- */

static int finish(struct operation_context *c, int64_t run, const char *file, const char *state, int64_t left_out, struct str report)
{
    int r = STORE_RUN(c->store, STMT_INTAKE_END, V_INT(run), V_TEXT(state), V_INT(left_out), V_STR(report));

    return r ? store_errno(r) : drop_file(c, file);
}

/* {"why": word} */
static int fail(struct operation_context *c, int64_t run, const char *file, const char *why)
{
    char report[64];

    snprintf(report, sizeof(report), "{\"why\":\"%s\"}", why);
    return finish(c, run, file, "failed", 0, str_of(report));
}

/* What is needed beside the file's own. What comes of values was made when the import began, so that two readings of one file are the same bytes. */
static int put_run(struct operation_context *c, json_t *answer, struct rows *row, const struct engine_import *i)
{
    ROWS_AUTO *run = NULL;
    int r = STORE_ONE(c->store, &run, STMT_INTEL_RUN_READ, V_INT(i->run));

    if (r)
        return store_errno(r);
    return json_put_str(answer, "format", rows_text(row, 1)) ?: json_put_int(answer, "tlp", i->tlp) ?: json_put_int(answer, "made", rows_int(run, 8));
}

static int begin(struct operation_context *c, struct rows *row, const struct engine_import *i, json_t **ret_answer)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    int r = attachment_get(c->store, rows_text(row, 0), &a);

    if (r > 0) /* its sender took it back */
        r = fail(c, i->run, rows_text(row, 0), "damaged") ?: over(ret_answer) ?: 1;
    if (!r && rows_int(row, 5) >= INTAKE_TRIES_MAX)
        r = fail(c, i->run, a.id, "crashed") ?: over(ret_answer) ?: 1;
    if (!r)
        r = store_errno(STORE_RUN(c->store, STMT_INTAKE_BEGIN, V_INT(i->run), V_INT(c->real_us + INTAKE_LEASE_US)));
    if (!r)
        r = file_answer_key(c, &a, ret_answer) ?: put_run(c, *ret_answer, row, i);
    return MIN_OF(r, 0);
}

int op_intake_begin(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    ROWS_AUTO *row = NULL;
    struct engine_import i;
    int r = STORE_ONE(c->store, &row, STMT_INTAKE_GET, V_INT(json_int(m, "run")));
    const char *state = r ? "" : rows_text(row, 2);

    if (r && r != STORE_E_NONE)
        return store_errno(r);
    if (r || (strcmp(state, "waiting") && strcmp(state, "begun")) || rows_int(row, 5) != json_int(m, "tries") ||
        (uint64_t)rows_int(row, 6) > c->real_us)
        return over(ret_answer);
    r = engine_import_find(c->store, json_int(m, "run"), NULL, &i);
    if (r > 0) {
        r = fail(c, json_int(m, "run"), rows_text(row, 0), "refused");
        return r ? r : over(ret_answer);
    }
    return r ? r : begin(c, row, &i, ret_answer);
}

/* Whoever began it last, of a run that is coming in. 1: not so, and answered. */
static int is_his(struct operation_context *c, const json_t *m, struct engine_import *ret, json_t **ret_answer)
{
    bool is_begun;
    int r = intake_is_begun(c->store, json_int(m, "run"), json_int(m, "tries"), &is_begun);

    if (!r && is_begun)
        r = engine_import_find(c->store, json_int(m, "run"), NULL, ret);
    if (r < 0 || (!r && is_begun))
        return r;
    r = over(ret_answer);
    return r ? r : 1;
}

int op_intake_tell(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct engine_import i;
    int r = is_his(c, m, &i, ret_answer);

    if (!r)
        r = store_errno(STORE_RUN(c->store, STMT_INTAKE_GROW, V_INT(json_int(m, "run")), V_INT(json_int(m, "done")), V_INT(c->real_us + INTAKE_LEASE_US)));
    return r ? MIN_OF(r, 0) : answer_done(json_object(), ret_answer);
}

int op_intake_held(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    ROWS_AUTO *row = NULL;
    struct engine_import i;
    int r = is_his(c, m, &i, ret_answer);

    if (!r)
        r = store_errno(STORE_ONE(c->store, &row, STMT_INTAKE_GET, V_INT(i.run))) ?: intel_refuse_held(c, m, "intake-segment", &i, ret_answer);
    if (!r)
        r = fail(c, i.run, rows_text(row, 0), "held");
    return MIN_OF(r, 0);
}

/* A record of 3 holds what came in. */
static int is_held(struct operation_context *c, const struct engine_import *i, const struct digest *sha256, bool *ret)
{
    char hash[HOLDING_HASH_SIZE];
    struct holding_asked held = {0};
    struct stage sc;
    int r = stage_open(&sc, c->engine, i->person, c->now_us);

    if (!r)
        r = holding_hash(c->store, sha256, hash);
    if (!r)
        r = holding_asks_of(&sc, sc.actor, hash, &held);
    *ret = !r && held.is_held && held.label.confidentiality >= LABEL_CONFIDENTIALITY_MAX;
    stage_done(&sc);
    return MIN_OF(r, 0);
}

static int refuse_held(struct operation_context *c, const struct engine_import *i, const char *file)
{
    JSON_AUTO *in = json_pack("{s:s, s:s, s:s, s:s}", "record", i->record, "collection", i->collection, "person", i->person, "why", "held");
    int r = in ? operation_enter(c, "intake-end", "refused", in, NULL) : -ENOMEM;

    return r ? r : fail(c, i->run, file, "held");
}

static int end_checked(struct operation_context *c, const json_t *m, const struct engine_import *i, const char *file, json_t **ret_answer)
{
    char *text = json_dumps(json_obj(m, "report"), JSON_COMPACT);
    struct digest sha256;
    bool held = false;
    int r = 0;

    if (!text)
        return -ENOMEM;
    if (strlen(text) > INTAKE_REPORT_TEXT_MAX || json_int(m, "left_out") < 0 || hex_parse(str_of(json_str(m, "sha256")), &sha256, sizeof(sha256)))
        r = answer_refuse(ret_answer, "invalid", "報告の形が正しくありません。", "No report is of that form.") ?: 1;
    else if ((r = is_held(c, i, &sha256, &held)) || held)
        r = r ? r : refuse_held(c, i, file);
    else
        r = finish(c, json_int(m, "run"), file, "checked", json_int(m, "left_out"), str_of(text));
    free(text);
    return r;
}

int op_intake_end(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    ROWS_AUTO *row = NULL;
    struct engine_import i;
    const char *why = json_str(m, "why");
    int r = is_his(c, m, &i, ret_answer);

    if (!r)
        r = store_errno(STORE_ONE(c->store, &row, STMT_INTAKE_GET, V_INT(json_int(m, "run"))));
    if (r)
        return MIN_OF(r, 0);
    if (*why && is_one_of(why, reasons, ARRAY_LEN(reasons)))
        r = fail(c, json_int(m, "run"), rows_text(row, 0), why);
    else if (*why || !json_obj(m, "report"))
        r = answer_refuse(ret_answer, "invalid", "読取りの終わり方の形が正しくありません。", "No reading ends so.") ?: 1;
    else
        r = end_checked(c, m, &i, rows_text(row, 0), ret_answer);
    return r ? MIN_OF(r, 0) : answer_done(json_object(), ret_answer);
}
