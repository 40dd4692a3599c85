#include "keeper/export-operation.h"

#include <errno.h>
#include <stdlib.h>

/* ---- which records: {"LO-2026": "1-3,7"} ---- */

struct numbered {
    char before[96]; /* "LO-2026" */
    uint64_t n;
};

static bool split(const char *id, struct numbered *ret)
{
    const char *dash = strrchr(id, '-');

    return dash && (size_t)(dash - id) < sizeof(ret->before) &&
           !str_to_u64(str_of(dash + 1), 0, INT64_MAX, &ret->n) &&
           snprintf(ret->before, sizeof(ret->before), "%.*s", (int)(dash - id), id) > 0;
}

static int by_number(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    int c = strcmp(x->before, y->before);

    return c ? c : (x->n > y->n) - (x->n < y->n);
}

static int add_run(json_t *o, const struct numbered *first, uint64_t last)
{
    CLEANUP(buf_done) struct buf text;
    const char *had = json_str(o, first->before);
    int r;

    buf_init(&text, 1u << 17);
    r = buf_printf(&text, "%s%s%llu", had, *had ? "," : "", (unsigned long long)first->n);
    if (!r && last != first->n)
        r = buf_printf(&text, "-%llu", (unsigned long long)last);
    return r ? r : json_put_str(o, first->before, text.at);
}

static int records_in(const json_t *records, json_t **ret)
{
    size_t n = json_object_size(records), at = 0;
    json_t *version;
    const char *id;
    struct numbered *all = calloc(n + 1, sizeof(*all));
    JSON_AUTO *o = json_object();
    int r = all && o ? 0 : -ENOMEM;

    json_object_foreach ((json_t *)(uintptr_t)records, id, version) {
        if (!r && !split(id, &all[at++]))
            r = -EINVAL;
    }
    if (!r)
        qsort(all, n, sizeof(*all), by_number);
    for (size_t i = 0, next; !r && i < n; i = next) {
        for (next = i + 1; next < n && !strcmp(all[next].before, all[i].before) &&
                           all[next].n == all[next - 1].n + 1;
             next++)
            ;
        r = add_run(o, &all[i], all[next - 1].n);
    }
    free(all);
    if (!r)
        *ret = TAKE(o);
    return r;
}

/* ---- the operation ---- */

static bool records_ok(const json_t *records)
{
    struct numbered n;
    json_t *version;
    const char *id;

    json_object_foreach ((json_t *)(uintptr_t)records, id, version) {
        if (!json_is_integer(version) || !split(id, &n))
            return false;
    }
    return json_object_size(records) <= EXPORT_ROWS_MAX;
}

static bool digest_ok(const char *hex)
{
    return strlen(hex) == (size_t)2 * SHA256_SIZE && strspn(hex, "0123456789abcdef") == strlen(hex);
}

static int enter_export(struct operation_context *c, const json_t *m, const char *result)
{
    const json_t *records = json_obj(m, "records");
    JSON_AUTO *named = NULL;
    JSON_AUTO *in = NULL;
    int r = records_in(records, &named);

    if (r)
        return r;
    in = json_pack("{s:s, s:s, s:s, s:s, s:I, s:O}", "register", json_str(m, "reg"), "format",
                   json_str(m, "format"), "digest", json_str(m, "digest"), "receiver", c->person,
                   "rows", (json_int_t)json_object_size(records), "records", named);
    return in ? operation_enter(c, "export", result, in, NULL) : -ENOMEM;
}

int op_export(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    const char *format = json_str(m, "format"), *result;
    JSON_AUTO *outcome = NULL;
    int r;

    if (!engine_reg(c->engine, json_str(m, "reg")) || !records_ok(json_obj(m, "records")) ||
        !digest_ok(json_str(m, "digest")) || (strcmp(format, "csv") && strcmp(format, "xlsx")))
        return answer_refuse(ret_answer, "invalid", "この一覧は保存できません。",
                             "This list cannot be saved.");
    if ((r = engine_release(c->engine, c->person, RELEASE_EXPORT, json_obj(m, "records"), c->now_us,
                            &outcome)))
        return r;
    result = json_str(outcome, "result");
    if (!strcmp(result, "forbidden") || !strcmp(result, "shut")) {
        r = enter_export(c, m, "refused");
        return r ? r
               : !strcmp(result, "shut") ? operation_shut(ret_answer)
                 : answer_refuse(
                       ret_answer, "forbidden",
                       "この一覧の機密性は、ファイルとして持ち出せる上限を超えています。印刷か画"
                       "面で確認してください。",
                       "This list is more confidential than a file may be. Print it, or look at "
                       "it here.");
    }
    if (strcmp(result, "allowed") != 0)
        return answer_refuse(ret_answer, "stale", "一覧が変わりました。もう一度保存してください。",
                             "The list has changed. Save it again.");
    if ((r = operation_leaves(c, "export", json_obj(m, "records"), json_str(m, "digest"), ret_answer)))
        return MIN_OF(r, 0);
    if ((r = enter_export(c, m, "recorded")))
        return r;
    return answer_done(json_object(), ret_answer);
}
