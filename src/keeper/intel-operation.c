#include "keeper/intel-operation.h"

#include "engine/intel.h"
#include "keeper/intake-operation.h"
#include "keeper/stocking.h"

#include <errno.h>
#include <stdlib.h>

#define SOURCE_MAX 200u
#define REASON_MAX 4000u

/* The act's refusal, which was entered. `outcome` is taken. */
static int refuse_act(json_t *outcome, json_t **ret_answer)
{
    JSON_AUTO *o = answer_error("forbidden", "この手続はできません。", "This is not allowed.");

    if (!o || json_put(o, "outcome", outcome)) {
        if (!o)
            json_decref(outcome);
        return -ENOMEM;
    }
    *ret_answer = TAKE(o);
    return 0;
}

/* `outcome` is taken, and may be NULL. */
static int answer_of(struct operation_context *c, int r, json_t *outcome, json_t **ret_answer)
{
    JSON_AUTO *o = outcome;

    switch (r) {
    case 0:
        return answer_done(json_pack("{s:O}", "outcome", o), ret_answer);
    case ENGINE_INTEL_E_REFUSED:
        return refuse_act(TAKE(o), ret_answer);
    case ENGINE_INTEL_E_NONE:
        r = answer_refuse(ret_answer, "none", "その情報集、取込元又は取込みはありません。", "There is no such collection, channel or import.");
        c->is_undone = !r;
        return r;
    case ENGINE_INTEL_E_READERS:
        r = answer_refuse(ret_answer, "readers", "この情報集は、取り出したもとの記録を閲覧できない者も閲覧するか、もとの記録の取扱制限を満たしません。別の情報集を選んでください。",
                          "This collection is read by some who may not read the record it was taken out of, or bears fewer restrictions. Choose another.");
        c->is_undone = !r;
        return r;
    case ENGINE_INTEL_E_OVER:
        return answer_refuse(ret_answer, "over", "この取込みは、すでに公開されたか、取りやめられています。",
                             "This import is open or dropped already.");
    default:
        return r < 0 ? r : -EIO;
    }
}

int op_intel_begin(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    const struct engine_proposal what = {json_str(m, "collection"), json_str(m, "channel"), json_str(m, "source"), json_str(m, "object"),
                                         json_str(m, "reason"), json_str(m, "of"), (unsigned)MIN_OF(MAX_OF(json_int(m, "tlp"), 0), (int64_t)TLP_RED)};
    JSON_AUTO *outcome = NULL;
    struct engine_import i;
    int r;

    if (!*json_str(m, "source") || strlen(json_str(m, "source")) > SOURCE_MAX)
        return answer_refuse(ret_answer, "invalid", "取り込むものの名前がないか、長すぎます。", "The name of what is brought in is missing or too long.");
    if (strlen(json_str(m, "object")) > SEGMENT_WORD_MAX || strlen(json_str(m, "reason")) > REASON_MAX)
        return answer_refuse(ret_answer, "invalid", "取り消すもの又は理由が長すぎます。", "What is withdrawn, or why, is too long.");
    r = engine_import_begin(c->engine, c->log, c->person, &what, c->now_us, &i, &outcome);
    if (r)
        return answer_of(c, r, TAKE(outcome), ret_answer);
    if (*json_str(m, "file") && (r = intake_add_file(c, i.run, json_str(m, "file"), json_str(m, "format"), ret_answer))) {
        c->is_undone = r > 0;
        return MIN_OF(r, 0);
    }
    return answer_done(json_pack("{s:I, s:s, s:i, s:O}", "run", (json_int_t)i.run, "record", i.record, "tlp", (int)i.tlp, "outcome", outcome),
                       ret_answer);
}

/* ---- what a record of 3 holds ---- */

int intel_enter_held(struct operation_context *c, const json_t *m, const char *name, const char *record, const char *collection)
{
    const json_t *held = json_obj(m, STOCKING_HELD);
    JSON_AUTO *in = json_pack("{s:s, s:s, s:s, s:I, s:O}", "record", record, "collection", collection, "why", "held", "n", (json_int_t)json_int(held, "n"), "contents",
                              json_arr(held, "contents"));

    return in ? operation_enter(c, name, "refused", in, NULL) : -ENOMEM;
}

int intel_refuse_held(struct operation_context *c, const json_t *m, const char *name, const struct engine_import *i, json_t **ret_answer)
{
    int r = json_obj(m, STOCKING_HELD) ? intel_enter_held(c, m, name, i->record, i->collection) : -EIO;

    return r ? r
             : answer_refuse(ret_answer, "held", "このファイルの内容は機密性3（高）のため、手元のファイルとしては取り込めません。閲覧できる記録のファイルから取り出してください。",
                             "This content is of level 3 and does not come in as a file of your own. Take it out of the file of a record that you may read.");
}

int op_intel_held(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct engine_import i;
    int r = engine_import_find(c->store, json_int(m, "run"), c->person, &i);

    return r ? answer_of(c, r, NULL, ret_answer) : intel_refuse_held(c, m, "intel-segment", &i, ret_answer);
}

static int refuse_open(struct operation_context *c, const struct engine_import *i, json_t **ret_answer)
{
    JSON_AUTO *in = json_pack("{s:s, s:s}", "record", i->record, "collection", i->collection);
    int r = in ? operation_enter(c, "intel-open", "refused", in, NULL) : -ENOMEM;

    return r ? r
             : answer_refuse(ret_answer, "readers", "取り出したもとの記録の区分、取扱制限又は閲覧できる者が、取込みを始めた後に変わりました。取りやめて、取り出し直してください。",
                             "Class, restrictions or readers of the record that it was taken out of have changed since the import began. Drop it, and take it out again.");
}

int op_intel_open(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *outcome = NULL;
    int64_t left = -1;
    struct intel_totals totals;
    struct engine_import i;
    bool is_checked;
    int r = stocking_totals(m, &totals);

    if (!r)
        r = intake_is_checked(c->store, json_int(m, "run"), &is_checked, &left);
    if (r)
        return r;
    if (!is_checked)
        return answer_refuse(ret_answer, "not-ready", "ファイルの読取りが終わっていません。", "Its file has not been read yet.");
    if (json_int(m, "left_out") < 0)
        return answer_refuse(ret_answer, "invalid", "除外した数が正しくありません。", "The number of what was left out is wrong.");
    r = engine_import_find(c->store, json_int(m, "run"), c->person, &i);
    if (!r)
        r = engine_import_open(c->engine, c->log, c->person, &i, &totals, (uint64_t)(left < 0 ? json_int(m, "left_out") : left), c->now_us, &outcome);
    return r == ENGINE_INTEL_E_READERS ? refuse_open(c, &i, ret_answer) : answer_of(c, r, TAKE(outcome), ret_answer);
}

int op_intel_drop(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *outcome = NULL;
    struct engine_import i;
    int r = engine_import_find(c->store, json_int(m, "run"), c->person, &i);

    if (!r)
        r = engine_import_drop(c->engine, c->log, c->person, &i, c->now_us, &outcome);
    if (!r)
        r = intake_drop_file(c, i.run);
    return answer_of(c, r, TAKE(outcome), ret_answer);
}

/* A bundle, a match set, and the rules of other programs (intel/export.h, which lies to the right). */
static bool is_format(const char *name)
{
    static const char *const formats[] = {"stix", "misp", "set", "suricata", "zeek", "rpz", "squid", "csv", "plain"};

    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (!strcmp(formats[i], name))
            return true;
    return false;
}

static int enter_export(struct operation_context *c, const char *collection, const char *format, int level)
{
    JSON_AUTO *in = json_pack("{s:s, s:s, s:i}", "collection", collection, "format", format, "confidentiality", level);

    return in ? operation_enter(c, "intel-export", level ? "recorded" : "refused", in, NULL) : -ENOMEM;
}

/* It is a copy that left (LB4): the directive that counts copies of collections enters who holds it. 1: refused, and answered. */
static int leaves(struct operation_context *c, const char *collection, json_t **ret_answer)
{
    JSON_AUTO *records = json_pack("{s:b}", collection, 1);

    return records ? operation_leaves(c, "export", records, "", ret_answer) : -ENOMEM;
}

int op_intel_export(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    const char *collection = json_str(m, "collection"), *format = json_str(m, "format");
    enum release_answer answer;
    int level, r;

    if (!is_format(format))
        return answer_refuse(ret_answer, "invalid", "その形式では書き出せません。", "There is no such format.");
    r = engine_intel_level(c->engine, c->person, collection, RELEASE_EXPORT, c->now_us, &level, &answer);
    if (r == ENGINE_INTEL_E_NONE)
        return answer_refuse(ret_answer, "none", "その情報集はありません。", "There is no such collection.");
    if (!r)
        r = enter_export(c, collection, format, level);
    if (r)
        return r < 0 ? r : -EIO;
    if (!level && answer == RELEASE_SHUT)
        return operation_shut(ret_answer);
    if (!level)
        return answer_refuse(ret_answer, "forbidden", "この情報集は、ファイルとして書き出せません。", "This collection does not leave as a file.");
    r = leaves(c, collection, ret_answer);
    if (r)
        return MIN_OF(r, 0);
    return answer_done(json_pack("{s:i}", "level", level), ret_answer);
}

/* {number: shelf, …}; 0 when it is none. */
static size_t read_removed(const json_t *at, struct engine_removed ret[ENGINE_REMOVED_MAX])
{
    const char *key;
    json_t *value;
    size_t n = 0;

    json_object_foreach((json_t *)at, key, value) {
        if (n == ENGINE_REMOVED_MAX || !json_is_integer(value) || str_to_i64(str_of(key), 1, INT64_MAX, &ret[n].number))
            return 0;
        ret[n++].shelf = json_integer_value(value);
    }
    return n;
}

int op_intel_remove(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct engine_removed *at = calloc(ENGINE_REMOVED_MAX, sizeof(*at));
    JSON_AUTO *outcome = NULL;
    int r = at ? 0 : -ENOMEM;
    size_t n = r ? 0 : read_removed(json_obj(m, "at"), at);

    if (!r)
        r = engine_intel_remove(c->engine, c->log, c->person, json_str(m, "collection"), json_str(m, "object"), json_str(m, "root"), at, n, c->now_us,
                                &outcome);
    free(at);
    return answer_of(c, r, TAKE(outcome), ret_answer);
}
