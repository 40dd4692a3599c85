/* GET /api/openapi.json: the interface as OpenAPI 3.1, made from the packs in force. */
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>
#include <stdlib.h>

#define PACKS_MAX 64

/* ---- schemas of fields ---- */

static json_t *field_schema(struct page *p, const struct field *f);

static json_t *text_schema(const char *format)
{
    return format ? json_pack("{s:s, s:s}", "type", "string", "format", format) : json_pack("{s:s}", "type", "string");
}

static json_t *choice_schema(const struct field *f)
{
    json_t *ids = json_array();

    for (size_t i = 0; ids && i < f->n_choices; i++)
        if (json_array_append_new(ids, json_string(f->choices[i].id))) {
            json_decref(ids);
            return NULL;
        }
    return json_pack("{s:s, s:o}", "type", "string", "enum", ids);
}

static json_t *row_schema(struct page *p, const struct field *f)
{
    json_t *columns = json_object();

    for (size_t i = 0; columns && i < f->n_fields; i++)
        if (json_object_set_new(columns, f->fields[i].id, field_schema(p, &f->fields[i]))) {
            json_decref(columns);
            return NULL;
        }
    return json_pack("{s:s, s:o}", "type", "object", "properties", columns);
}

static json_t *plain_schema(struct page *p, const struct field *f)
{
    switch (f->type) {
    case FIELD_NUMBER:
        return json_pack("{s:s}", "type", "integer");
    case FIELD_FLAG:
        return json_pack("{s:s}", "type", "boolean");
    case FIELD_CHOICE:
        return choice_schema(f);
    case FIELD_DAY:
        return text_schema("date");
    case FIELD_INSTANT:
        return text_schema("date-time");
    case FIELD_URL:
        return text_schema("uri");
    case FIELD_CHECKLIST:
        return json_pack("{s:s, s:o}", "type", "array", "items", choice_schema(f));
    case FIELD_GROUP:
        return json_pack("{s:s, s:o}", "type", "array", "items", row_schema(p, f));
    case FIELD_LIST:
        return json_pack("{s:s, s:o}", "type", "array", "items", field_schema(p, &f->fields[0]));
    default:
        return text_schema(NULL);
    }
}

static json_t *field_schema(struct page *p, const struct field *f)
{
    json_t *schema = plain_schema(p, f);
    struct str title = text2_words(p, f->title);

    if (schema && title.len && json_put_strn(schema, "title", title)) {
        json_decref(schema);
        return NULL;
    }
    return schema;
}

/* What a step takes: {"with": {…}, "seen", "signs"}. */
static json_t *step_schema(struct page *p, const struct step *s)
{
    json_t *fields = json_object(), *required = json_array();

    for (size_t i = 0; fields && required && i < s->n_asks; i++) {
        const struct field *f = s->asks[i];

        if (json_object_set_new(fields, f->id, field_schema(p, f)))
            goto fail;
        if (f->required && f->initial.kind == REF_NONE && s->makes_record &&
            json_array_append_new(required, json_string(f->id)))
            goto fail;
    }
    return json_pack("{s:s, s:{s:{s:s, s:o, s:o}, s:{s:s}, s:{s:s}}}", "type", "object", "properties", "with", "type",
                     "object", "properties", fields, "required", required, "seen", "type", "integer", "signs", "type",
                     "string");
fail:
    json_decref(fields);
    json_decref(required);
    return NULL;
}

/* ---- paths ---- */

static json_t *responses(void)
{
    return json_pack("{s:{s:s, s:{s:{s:{}}}}, s:{s:s, s:{s:{s:{s:s}}}}}", "200", "description", "done", "content",
                     "application/json", "schema", "default", "description", "refused or wrong", "content",
                     "application/problem+json", "schema", "$ref", "#/components/schemas/problem");
}

static json_t *param(const char *name, const char *in, const char *type)
{
    return json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", name, "in", in, "required", !strcmp(in, "path"), "schema", "type", type);
}

static json_t *read_call(struct str summary, json_t *params)
{
    return json_pack("{s:{s:s%, s:o, s:o}}", "get", "summary", summary.at, summary.len, "parameters", params, "responses",
                     responses());
}

static json_t *act_call(struct str summary, json_t *params, json_t *schema)
{
    return json_pack("{s:{s:s%, s:o, s:{s:b, s:{s:{s:o}}}, s:o}}", "post", "summary", summary.at, summary.len,
                     "parameters", params, "requestBody", "required", 1, "content", "application/json", "schema", schema,
                     "responses", responses());
}

static json_t *csrf_params(bool has_id)
{
    json_t *csrf = json_pack("{s:s, s:s, s:b, s:{s:s}}", "name", "X-CSRF-Token", "in", "header", "required", 1, "schema",
                             "type", "string");

    return has_id ? json_pack("[o, o]", param("id", "path", "string"), csrf) : json_pack("[o]", csrf);
}

static int add_register(struct page *p, json_t *paths, const struct reg *reg)
{
    json_t *params = json_pack("[o, o, o, o]", param("state", "query", "string"), param("sort", "query", "string"),
                               param("page", "query", "integer"), param("page_size", "query", "integer"));

    return json_put(paths, page_text(p, "/api/registers/%s", reg->id).at, read_call(text2_words(p, reg->title), params));
}

/* Steps on records are told apart by name alone: those of several registers under one path are alternatives. */
static int add_record_step(struct page *p, json_t *paths, const struct reg *reg, const struct step *s)
{
    const char *path = page_text(p, "/api/records/{id}/%s", s->act).at;
    json_t *there = json_object_get(paths, path), *schema = step_schema(p, s), *any;
    struct str title = page_text(p, "%.*s：%.*s", STR_ARG(text2_words(p, reg->title)), STR_ARG(text2_words(p, s->title)));

    if (!schema || json_put_strn(schema, "title", title)) {
        json_decref(schema);
        return -ENOMEM;
    }
    if (!there)
        return json_put(paths, path, act_call(text2_words(p, s->title), csrf_params(true), json_pack("{s:[o]}", "anyOf", schema)));
    any = json_obj(json_obj(json_obj(json_obj(json_obj(there, "post"), "requestBody"), "content"), "application/json"),
                   "schema");
    return json_array_append_new(json_arr(any, "anyOf"), schema) ? -ENOMEM : 0;
}

static int add_steps(struct page *p, json_t *paths, const struct reg *reg)
{
    const struct procedure *procedure = reg->procedure;
    int r = 0;

    for (size_t i = 0; !r && i < procedure->n_steps; i++) {
        const struct step *s = &procedure->steps[i];

        r = s->makes_record ? json_put(paths, page_text(p, "/api/registers/%s/%s", reg->id, s->act).at,
                                       act_call(text2_words(p, s->title), csrf_params(false), step_schema(p, s)))
                            : add_record_step(p, paths, reg, s);
    }
    return r;
}

static int add_paths(struct page *p, json_t *paths)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(p->worker->engine, packs, PACKS_MAX), (size_t)PACKS_MAX);
    int r = json_put(paths, "/api/today", read_call(T(p, MSG_TODAY_TITLE), json_array()));

    if (!r)
        r = json_put(paths, "/api/records/{id}",
                     read_call(T(p, MSG_RECORD_CONTENT), json_pack("[o]", param("id", "path", "string"))));
    for (size_t i = 0; !r && i < n; i++)
        for (size_t k = 0; !r && k < packs[i]->n_regs; k++)
            if (!(r = add_register(p, paths, &packs[i]->regs[k])))
                r = add_steps(p, paths, &packs[i]->regs[k]);
    return r;
}

static json_t *document(json_t *paths)
{
    json_t *problem = json_pack(
        "{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s, s:{s:s}}, s:{s:s}, s:{s:s}}}", "type", "object", "properties",
        "title", "type", "string", "status", "type", "integer", "detail", "type", "string", "result", "type", "string",
        "clauses", "type", "array", "items", "type", "string", "unmet", "type", "array", "fields", "type", "array");

    return json_pack("{s:s, s:{s:s, s:s}, s:o, s:{s:{s:o}, s:{s:{s:s, s:s, s:s}}}, s:[{s:[]}]}", "openapi", "3.1.0", "info",
                     "title", "Tsujiban", "version", "1", "paths", paths, "components", "schemas", "problem", problem,
                     "securitySchemes", "session", "type", "apiKey", "in", "cookie", "name", "__Host-tsujiban", "security",
                     "session");
}

int openapi(struct page *p)
{
    json_t *paths = json_object(), *whole;
    char *text;
    int r = paths ? add_paths(p, paths) : -ENOMEM;

    if (r) {
        json_decref(paths);
        return r;
    }
    whole = page_keep(p, document(paths));
    text = whole ? json_dumps(whole, JSON_INDENT(1)) : NULL;
    if (!text)
        return -ENOMEM;
    p->resp->content_type = "application/json";
    r = buf_add_text(&p->resp->body, text);
    free(text);
    return r;
}
