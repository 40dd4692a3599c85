#include "web/openapi.h"

#include "web/words.h"

#include "engine/record.h"
#include "force/password.h"

#include <errno.h>

static json_t *field_schema(struct page *p, const struct field *f, bool is_input);

static json_t *put_or_drop(json_t *o, const char *key, json_t *value)
{
    if (o && value && !json_object_set_new(o, key, value))
        return o;
    if (!o)
        json_decref(value);
    json_decref(o);
    return NULL;
}

/* Old records may have choices that the text in force has no more, so that only inputs are bound to them. */
static json_t *choice_schema(const struct field *f, bool is_input)
{
    json_t *ids = json_array();

    for (size_t i = 0; ids && i < f->n_choices; i++)
        if (json_array_append_new(ids, json_string(f->choices[i].id))) {
            json_decref(ids);
            return NULL;
        }
    if (is_input && f->n_choices)
        return json_pack("{s:s, s:o}", "type", "string", "enum", ids);
    json_decref(ids);
    return json_pack("{s:s}", "type", "string");
}

static json_t *row_schema(struct page *p, const struct field *f, bool is_input)
{
    json_t *columns = json_object();

    for (size_t i = 0; columns && i < f->n_fields; i++)
        columns = put_or_drop(columns, f->fields[i].id, field_schema(p, &f->fields[i], is_input));
    return columns ? json_pack("{s:s, s:o}", "type", "object", "properties", columns) : NULL;
}

static json_t *array_of(json_t *items)
{
    return items ? json_pack("{s:s, s:o}", "type", "array", "items", items) : NULL;
}

static json_t *file_schema(void)
{
    return json_pack("{s:s, s:[s, s, s, s], s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}}", "type", "object", "required", "id", "name",
                     "size", "state", "properties", "id", "type", "string", "name", "type", "string", "size", "type", "integer", "type", "type",
                     "string", "sha256", "type", "string", "state", "type", "string", "tells", "type", "string");
}

/* Or that it is known no more, or is of something that he who asks does not see. */
static json_t *shown_or_not(json_t *schema)
{
    return schema ? json_pack("{s:[o, {s:s, s:[s], s:{s:{s:b}}}, {s:s, s:[s], s:{s:{s:b}}}]}", "anyOf", schema, "type", "object", "required", "erased", "properties",
                              "erased", "const", 1, "type", "object", "required", "hidden", "properties", "hidden", "const", 1)
                  : NULL;
}

/* What goes in is written in any case. */
static json_t *digest_schema(bool is_input)
{
    return is_input ? json_pack("{s:s, s:s}", "type", "string", "pattern", "^([Ss][Hh][Aa]-?256:)?( *[0-9A-Fa-f]){64} *$")
                    : shown_or_not(json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-9a-f]{64}$"));
}

static json_t *plain_schema(struct page *p, const struct field *f, bool is_input)
{
    switch (f->type) {
    case FIELD_NUMBER:
        return is_input ? json_pack("{s:s, s:I}", "type", "integer", "minimum", (json_int_t)f->min)
                        : json_pack("{s:s}", "type", "integer");
    case FIELD_FLAG:
        return json_pack("{s:s}", "type", "boolean");
    case FIELD_CHOICE:
        return choice_schema(f, is_input);
    case FIELD_DAY:
        return json_pack("{s:s, s:s}", "type", "string", "format", "date");
    case FIELD_MONTH:
        return json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-9]{4}-(0[1-9]|1[0-2])$");
    case FIELD_INSTANT:
        return json_pack("{s:s, s:s}", "type", "string", "format", "date-time");
    case FIELD_DURATION:
        return json_pack("{s:s, s:s}", "type", "string", "format", "duration");
    case FIELD_URL:
        return json_pack("{s:s, s:s}", "type", "string", "format", "uri");
    case FIELD_DIGEST:
        return digest_schema(is_input);
    case FIELD_TEXT:
        return field_is_keyed(f) && !is_input ? shown_or_not(json_pack("{s:s}", "type", "string")) : json_pack("{s:s}", "type", "string");
    case FIELD_SECRET: /* what comes out is a name of the hash that is kept, which tells nothing */
        return is_input ? json_pack("{s:s, s:s, s:b, s:i}", "type", "string", "format", "password", "writeOnly", 1, "maxLength", (int)PASSWORD_MAX)
                        : json_pack("{s:s, s:s}", "type", "string", "pattern", "^s1:[0-9a-f]{64}$");
    case FIELD_FILE: /* what goes in is the id of a file that was sent */
        return is_input ? json_pack("{s:s, s:s}", "type", "string", "pattern", "^[0-9a-f]{32}$") :
               f->of    ? shown_or_not(file_schema()) :
                          file_schema();
    case FIELD_CHECKLIST:
        return array_of(choice_schema(f, is_input));
    case FIELD_GROUP:
        return array_of(row_schema(p, f, is_input));
    case FIELD_LIST:
        return array_of(field_schema(p, &f->fields[0], is_input));
    default:
        return json_pack("{s:s}", "type", "string");
    }
}

static json_t *field_schema(struct page *p, const struct field *f, bool is_input)
{
    json_t *schema = plain_schema(p, f, is_input);
    struct str title = text2_words(p, f->title);

    return schema && title.len ? put_or_drop(schema, "title", json_stringn(title.at, title.len)) : schema;
}

json_t *openapi_values(struct page *p, const struct reg *reg, bool is_personal)
{
    json_t *fields = json_object();

    for (size_t i = 0; fields && i < reg->n_fields; i++) {
        const struct field *f = &reg->fields[i];
        json_t *schema;

        if (field_is_personal(f) != is_personal)
            continue;
        schema = field_schema(p, f, false);
        if (schema && is_personal) /* or erased */
            schema = json_pack("{s:[o, {s:s, s:[s], s:{s:{s:b}}}]}", "anyOf", schema, "type", "object", "required", "erased",
                               "properties", "erased", "const", 1);
        fields = put_or_drop(fields, f->id, schema);
    }
    return fields ? json_pack("{s:s, s:o}", "type", "object", "properties", fields) : NULL;
}

/* ---- steps ---- */

static bool is_wanted(const struct step *s, const struct field *f)
{
    return f->required && f->initial.kind == REF_NONE && s->makes_record;
}

/* A correction says why. */
static json_t *with_reason(const struct step *s, json_t *schema)
{
    if (!schema || !s->is_correction)
        return schema;
    if (json_put(json_obj(schema, "properties"), "reason", json_pack("{s:s, s:i}", "type", "string", "minLength", 1)) ||
        json_put(schema, "required", json_pack("[s, s]", "with", "reason"))) {
        json_decref(schema);
        return NULL;
    }
    return schema;
}

json_t *openapi_input(struct page *p, const struct step *s)
{
    json_t *fields = json_object(), *required = json_array();

    for (size_t i = 0; fields && required && i < s->n_asks; i++) {
        const struct field *f = s->asks[i];

        if (f->measured)
            continue;
        fields = put_or_drop(fields, f->id, field_schema(p, f, true));
        if (is_wanted(s, f) && json_array_append_new(required, json_string(f->id))) {
            json_decref(required);
            required = NULL;
        }
    }
    if (!fields || !required) {
        json_decref(fields);
        json_decref(required);
        return NULL;
    }
    return with_reason(s, json_pack("{s:s, s:{s:{s:s, s:o, s:o, s:b}, s:{s:s, s:i}, s:{s:s}, s:{s:s}, s:{s:s, s:[s], s:{s:{s:s}}, s:b}}, s:b}", "type",
                                    "object", "properties", "with", "type", "object", "properties", fields, "required", required,
                                    "additionalProperties", 0, "seen", "type", "integer", "minimum", 1, "signs", "type", "string", "manifest", "type", "string", "paper",
                                    "type", "object", "required", "written", "properties", "written", "type", "string",
                                    "additionalProperties", 0, "additionalProperties", 0));
}

static json_t *example_of(const struct field *f)
{
    json_t *row;

    switch (f->type) {
    case FIELD_NUMBER:
        return json_integer(1);
    case FIELD_FLAG:
        return json_true();
    case FIELD_CHOICE:
        return json_string(f->n_choices ? f->choices[0].id : "");
    case FIELD_DAY:
        return json_string("2026-04-10");
    case FIELD_MONTH:
        return json_string("2026-04");
    case FIELD_INSTANT:
        return json_string("2026-04-10T00:00:00Z");
    case FIELD_DURATION:
        return json_string("P3Y");
    case FIELD_FILE:
        return json_string("0123456789abcdef0123456789abcdef");
    case FIELD_SECRET:
        return json_string("four unrelated words here");
    case FIELD_DIGEST:
        return json_string("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    case FIELD_URL:
        return json_string("https://www.example.jp/");
    case FIELD_CHECKLIST:
        return json_pack("[s]", f->n_choices ? f->choices[0].id : "");
    case FIELD_LIST:
        return json_pack("[o]", example_of(&f->fields[0]));
    case FIELD_GROUP:
        row = json_object();
        for (size_t i = 0; row && i < f->n_fields; i++)
            row = put_or_drop(row, f->fields[i].id, example_of(&f->fields[i]));
        return row ? json_pack("[o]", row) : NULL;
    default:
        return json_string("…");
    }
}

json_t *openapi_input_example(const struct step *s)
{
    json_t *with = json_object();

    for (size_t i = 0; with && i < s->n_asks; i++)
        if (s->asks[i]->required && !s->asks[i]->measured)
            with = put_or_drop(with, s->asks[i]->id, example_of(s->asks[i]));
    if (with && s->is_correction)
        return json_pack("{s:o, s:s}", "with", with, "reason", "…");
    return with ? json_pack("{s:o}", "with", with) : NULL;
}
