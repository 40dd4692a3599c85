/* GET /api/openapi.json: the interface as OpenAPI 3.1. What hangs on no register is written by hand in assets/api.json; paths and schemas of
 * registers and steps are added from the packs in force. Each thread keeps what it has written last, until other packs are. */
#include "web/openapi.h"

#include "web/api.h"
#include "web/asset.h"
#include "web/pages.h"
#include "web/words.h"

#include "engine/record.h"

#include <errno.h>
#include <stdlib.h>

#define PACKS_MAX 64
#define LANGS (MESSAGE_EN + 1)

/* One text for each language. */
struct openapi {
    struct digest packs[LANGS]; /* of which it was made */
    char *text[LANGS];
    char tag[LANGS][2 * SHA256_SIZE + 1];
};

void openapi_free(struct openapi *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < ARRAY_LEN(o->text); i++)
        free(o->text[i]);
    free(o);
}

/* ---- texts ---- */

static bool is_text2(const json_t *v)
{
    return json_object_size(v) == 2 && json_is_string(json_object_get(v, "ja")) && json_is_string(json_object_get(v, "en"));
}

/* {"ja", "en"} of a summary or a description becomes the text of the page's language. */
static int localize(struct page *p, json_t *v)
{
    const char *key;
    json_t *one;
    size_t i;
    int r = 0;

    json_array_foreach(v, i, one)
        if (!r)
            r = localize(p, one);
    json_object_foreach(v, key, one) {
        if (r)
            return r;
        if ((!strcmp(key, "summary") || !strcmp(key, "description")) && is_text2(one))
            r = json_object_set_new(v, key, json_string(json_str(one, p->lang == MESSAGE_EN ? "en" : "ja"))) ? -ENOMEM : 0;
        else
            r = localize(p, one);
    }
    return r;
}

/* ---- parts ---- */

static json_t *reference(const char *kind, const char *name)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/components/%s/%s", kind, name));
}

static json_t *text(struct str s)
{
    return json_stringn(s.at ? s.at : "", s.len);
}

/* {"200": …, "default": problem} with a schema, taken. */
static json_t *responses(const char *status, json_t *schema, bool is_list, bool is_made)
{
    json_t *o = json_pack("{s:{s:s, s:{}, s:{s:{s:o}}}, s:o}", status, "description", "OK", "headers", "content", "application/json",
                          "schema", schema, "default", reference("responses", "Problem"));
    json_t *headers = json_obj(json_obj(o, status), "headers");

    if (headers && ((is_list && json_put(headers, "Link", reference("headers", "Link"))) ||
                    (is_made && json_put(headers, "Location", reference("headers", "Location"))))) {
        json_decref(o);
        return NULL;
    }
    return o;
}

/* Those of a read: with its digest, and what is answered to whoever has it. */
static json_t *with_etag(json_t *answers)
{
    if (answers && (json_put(json_obj(json_obj(answers, "200"), "headers"), "ETag", reference("headers", "ETag")) ||
                    json_put(answers, "304", json_pack("{s:s}", "description", "Not Modified")))) {
        json_decref(answers);
        return NULL;
    }
    return answers;
}

static int add_schema(json_t *whole, const char *name, json_t *schema)
{
    return json_put(json_obj(json_obj(whole, "components"), "schemas"), name, schema);
}

/* ---- registers ---- */

static json_t *state_parameter(const struct reg *reg)
{
    json_t *states = json_pack("[s, s, s]", "", LIST_UNFINISHED, LIST_OVER);

    for (size_t i = 0; states && i < reg->procedure->n_states; i++)
        if (json_array_append_new(states, json_string(reg->procedure->states[i].id))) {
            json_decref(states);
            return NULL;
        }
    return json_pack("{s:s, s:s, s:{s:s, s:o, s:s}}", "name", "state", "in", "query", "schema", "type", "string", "enum", states,
                     "default", "");
}

/* Registers without such fields take no filter. */
static int add_field_parameter(const struct reg *reg, json_t *parameters)
{
    JSON_AUTO *ids = json_array();
    json_t *one;

    for (size_t i = 0; ids && i < reg->n_fields; i++)
        if (field_is_indexed(&reg->fields[i]) && json_array_append_new(ids, json_string(reg->fields[i].id)))
            return -ENOMEM;
    if (!ids)
        return -ENOMEM;
    if (!json_array_size(ids))
        return 0;
    one = json_pack("{s:s, s:s, s:{s:s, s:O}}", "name", "field", "in", "query", "schema", "type", "string", "enum", ids);
    return one && !json_array_append_new(parameters, one) && !json_array_append_new(parameters, reference("parameters", "Key")) ? 0
                                                                                                                          : -ENOMEM;
}

/* Schemas "REG.values", "REG.personal", "REG.row" and "REG.record". */
static int add_shapes(struct page *p, json_t *whole, const struct reg *reg)
{
    const char *values = page_text(p, "%s.values", reg->id).at, *personal = page_text(p, "%s.personal", reg->id).at;
    const char *row = page_text(p, "%s.row", reg->id).at, *record = page_text(p, "%s.record", reg->id).at;
    int r;

    if (!values || !personal || !row || !record)
        return -ENOMEM;
    if ((r = add_schema(whole, values, openapi_values(p, reg, false))) || (r = add_schema(whole, personal, openapi_values(p, reg, true))))
        return r;
    if ((r = add_schema(whole, row, json_pack("{s:[o, {s:{s:o}}], s:b}", "allOf", reference("schemas", "Row"), "properties", "values",
                                              reference("schemas", values), "unevaluatedProperties", 0))))
        return r;
    r = add_schema(whole, record,
                   json_pack("{s:[o, {s:{s:{s:s}, s:o, s:o}}], s:b}", "allOf", reference("schemas", "View"), "properties", "reg", "const",
                             reg->id, "values", reference("schemas", values), "personal", reference("schemas", personal),
                             "unevaluatedProperties", 0));
    return r ? r : json_array_append_new(json_arr(json_obj(json_obj(json_obj(whole, "components"), "schemas"), "Record"), "oneOf"),
                                         reference("schemas", record))
        ? -ENOMEM
        : 0;
}

static json_t *list_schema(struct page *p, const struct reg *reg)
{
    const char *row = page_text(p, "%s.row", reg->id).at;

    return json_pack("{s:s, s:[s, s, s, s, s, s], s:{s:{s:s, s:o}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}, s:b}", "type", "object", "required",
                     "rows", "total", "page", "pages", "before", "behind", "properties", "rows", "type", "array", "items", reference("schemas", row),
                     "total", "type", "integer", "page", "type", "integer", "pages", "type", "integer", "before", "type", "string", "behind", "type",
                     "string", "additionalProperties", 0);
}

static int add_list(struct page *p, json_t *paths, const struct reg *reg)
{
    json_t *parameters = json_pack("[o, o, o, o, o, o, o, o]", state_parameter(reg), reference("parameters", "Sort"),
                                   reference("parameters", "Page"), reference("parameters", "PageSize"), reference("parameters", "Behind"),
                                   reference("parameters", "Before"), reference("parameters", "IfNoneMatch"), reference("parameters", "AcceptLanguage"));
    json_t *call;

    if (!parameters || add_field_parameter(reg, parameters)) {
        json_decref(parameters);
        return -ENOMEM;
    }
    call = json_pack("{s:{s:o, s:[s], s:o, s:o, s:o}}", "get", "operationId", json_sprintf("%s.list", reg->id), "tags", "registers",
                     "summary", text(text2_words(p, reg->title)), "parameters", parameters, "responses",
                     with_etag(responses("200", list_schema(p, reg), true, false)));
    return json_put(paths, page_text(p, "/api/registers/%s", reg->id).at, call);
}

static int add_new_steps(struct page *p, json_t *paths, const struct reg *reg)
{
    struct str title = page_text(p, "%.*s：%.*s", STR_ARG(text2_words(p, reg->title)), STR_ARG(T(p, MSG_API_NEW_STEPS)));

    return json_put(paths, page_text(p, "/api/registers/%s/steps", reg->id).at,
                    json_pack("{s:{s:o, s:[s], s:o, s:[o, o], s:o}}", "get", "operationId", json_sprintf("%s.steps", reg->id), "tags",
                              "registers", "summary", text(title), "parameters", reference("parameters", "IfNoneMatch"),
                              reference("parameters", "AcceptLanguage"), "responses",
                              with_etag(responses("200", reference("schemas", "Steps"), false, false))));
}

/* ---- steps ---- */

struct call {
    const char *path, *operation;
    struct str summary;
    json_t *schema, *example; /* taken */
    bool has_id, is_explain;
};

static json_t *call_parameters(const struct call *c)
{
    json_t *list = json_array();
    const char *const names[] = {c->has_id ? "Id" : NULL, c->has_id ? "IfMatch" : NULL, c->is_explain ? NULL : "IdempotencyKey",
                                 "AcceptLanguage"};

    for (size_t i = 0; list && i < ARRAY_LEN(names); i++)
        if (names[i] && json_array_append_new(list, reference("parameters", names[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int add_call(json_t *paths, const struct call *c)
{
    bool is_made = !c->has_id && !c->is_explain;
    json_t *call = json_pack(
        "{s:{s:s, s:[s], s:o, s:[{s:[]}, {s:[], s:[]}], s:o, s:{s:b, s:{s:{s:o, s:o}}}, s:o}}", "post", "operationId", c->operation, "tags",
        c->has_id ? "records" : "registers", "summary", text(c->summary), "security", "bearer", "session", "csrf", "parameters",
        call_parameters(c), "requestBody", "required", 1, "content", "application/json", "schema", c->schema, "example", c->example,
        "responses", responses(is_made ? "201" : "200", reference("schemas", "Outcome"), false, is_made));

    return json_put(paths, c->path, call);
}

/* The act and its dry run. */
static int add_calls(struct page *p, json_t *paths, const char *before, const char *operation, struct str summary, json_t *schema,
                     json_t *example, bool has_id)
{
    struct call act = {before, operation, summary, schema, example, has_id, false};
    struct call explain = {page_text(p, "%s/explain", before).at, page_text(p, "%s.explain", operation).at,
                           page_text(p, "%.*s（%.*s）", STR_ARG(summary), STR_ARG(T(p, MSG_API_EXPLAIN))),
                           schema ? json_copied_deep(schema) : NULL, example ? json_copied_deep(example) : NULL, has_id, true};
    int r = add_call(paths, &act), e = add_call(paths, &explain);

    return r ? r : e;
}

static json_t *alternatives(json_t *paths, const char *path)
{
    json_t *body = json_obj(json_obj(json_obj(paths, path), "post"), "requestBody");

    return json_arr(json_obj(json_obj(json_obj(body, "content"), "application/json"), "schema"), "anyOf");
}

/* Steps on records are told apart by name alone: those of several registers under one path are alternatives. */
static int add_record_step(struct page *p, json_t *paths, const struct reg *reg, const struct step *s)
{
    const char *path = page_text(p, "/api/records/{id}/%s", s->act).at, *explain = page_text(p, "%s/explain", path).at;
    struct str title = page_text(p, "%.*s：%.*s", STR_ARG(text2_words(p, reg->title)), STR_ARG(text2_words(p, s->title)));
    json_t *schema = openapi_input(p, s);

    if (!schema || json_put_strn(schema, "title", title)) {
        json_decref(schema);
        return -ENOMEM;
    }
    if (!json_object_get(paths, path))
        return add_calls(p, paths, path, page_text(p, "records.%s", s->act).at, text2_words(p, s->title),
                         json_pack("{s:[o]}", "anyOf", schema), openapi_input_example(s), true);
    if (json_array_append_new(alternatives(paths, explain), json_copied_deep(schema))) {
        json_decref(schema);
        return -ENOMEM;
    }
    return json_array_append_new(alternatives(paths, path), schema) ? -ENOMEM : 0;
}

static int add_steps(struct page *p, json_t *paths, const struct reg *reg)
{
    const struct procedure *procedure = reg->procedure;
    int r = 0;

    for (size_t i = 0; !r && i < procedure->n_steps; i++) {
        const struct step *s = &procedure->steps[i];

        if (!s->makes_record)
            r = add_record_step(p, paths, reg, s);
        else
            r = add_calls(p, paths, page_text(p, "/api/registers/%s/%s", reg->id, s->act).at, page_text(p, "%s.%s", reg->id, s->act).at,
                          text2_words(p, s->title), openapi_input(p, s), openapi_input_example(s), false);
    }
    return r;
}

static int add_register(struct page *p, json_t *whole, const struct reg *reg)
{
    json_t *paths = json_obj(whole, "paths");
    int r = add_shapes(p, whole, reg);

    if (!r)
        r = add_list(p, paths, reg);
    if (!r)
        r = add_new_steps(p, paths, reg);
    return r ? r : add_steps(p, paths, reg);
}

/* ---- the document ---- */

static int describe(struct page *p, const struct pack *const *packs, size_t n, json_t **ret)
{
    JSON_AUTO *whole = NULL;
    int r = json_parse(asset_get(ASSET_API_JSON)->bytes, JSON_LIMITS_DEFAULT, &whole, NULL);

    if (r)
        return r < 0 ? r : -EBADMSG;
    r = localize(p, whole);
    if (!r)
        r = add_schema(whole, "Record", json_pack("{s:[]}", "oneOf"));
    for (size_t i = 0; !r && i < n; i++)
        for (size_t k = 0; !r && k < packs[i]->n_regs; k++)
            r = add_register(p, whole, &packs[i]->regs[k]);
    /* Without packs there are no records, and an empty list of alternatives is no schema. */
    if (!r && !json_array_size(json_arr(json_obj(json_obj(json_obj(whole, "components"), "schemas"), "Record"), "oneOf")))
        r = add_schema(whole, "Record", reference("schemas", "View"));
    if (!r)
        *ret = TAKE(whole);
    return r;
}

static int digest_of(struct page *p, const struct pack *const *packs, size_t n, struct digest *ret)
{
    CLEANUP(buf_done) struct buf bytes;
    int r = 0;

    buf_init(&bytes, (PACKS_MAX + 1) * SHA256_SIZE);
    for (size_t i = 0; !r && i < n; i++)
        r = buf_add(&bytes, (const char *)packs[i]->hash.bytes, SHA256_SIZE);
    *ret = sha256(bytes.len ? buf_str(&bytes) : STR(""));
    return r;
}

static int renew(struct page *p, struct openapi *o, const struct pack *const *packs, size_t n, const struct digest *made_of)
{
    JSON_AUTO *whole = NULL;
    struct digest d;
    char *printed;
    int r = describe(p, packs, n, &whole);

    if (r || !(printed = json_dumps(whole, JSON_COMPACT)))
        return r ? r : -ENOMEM;
    free(o->text[p->lang]);
    o->text[p->lang] = printed;
    o->packs[p->lang] = *made_of;
    d = sha256(str_of(printed));
    memcpy(o->tag[p->lang], digest_text(&d).at, sizeof(struct digest_text));
    return 0;
}

int openapi(struct page *p)
{
    static const char *const none[] = {NULL};
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(p->worker->engine, packs, PACKS_MAX), (size_t)PACKS_MAX);
    struct openapi *o = p->worker->openapi;
    struct digest made_of;
    int r = api_query_known(p, none);

    if (r)
        return MIN_OF(r, 0);
    if (!o && !(o = p->worker->openapi = calloc(1, sizeof(*o))))
        return -ENOMEM;
    if ((r = digest_of(p, packs, n, &made_of)))
        return r;
    if ((!o->text[p->lang] || !digest_eq(&made_of, &o->packs[p->lang])) && (r = renew(p, o, packs, n, &made_of)))
        return r;
    return api_write_text(p, str_of(o->text[p->lang]), o->tag[p->lang]);
}
