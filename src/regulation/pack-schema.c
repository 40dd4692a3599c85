#include "regulation/pack-schema.h"

#include "base/json.h"
#include "regulation/reader.h"

#include <errno.h>
#include <stdlib.h>

#define SHAPES_MAX 72u

static const struct {
    const char *format;
    const struct shape *shape;
} formats[] = {
    {"directive/1", &directive_shape}, {"clauses/1", &clauses_shape},     {"org/1", &org_shape},   {"labels/1", &labels_shape},
    {"register/1", &register_shape},   {"procedure/1", &procedure_shape}, {"form/1", &form_shape}, {"scenario/1", &scenario_shape},
};

struct shape_list {
    const struct shape *at[SHAPES_MAX];
    size_t n;
};

static void add_once(struct shape_list *l, const struct shape *s)
{
    for (size_t i = 0; i < l->n; i++) {
        if (l->at[i] == s)
            return;
    }
    assert(l->n < SHAPES_MAX);
    l->at[l->n++] = s;
}

/* What is reached from the shapes in the list, each once: conditions hold conditions. */
static void close_over(struct shape_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        for (size_t k = 0; k < l->at[i]->n_keys; k++) {
            if (l->at[i]->keys[k].sub != NULL)
                add_once(l, l->at[i]->keys[k].sub);
        }
    }
}

const char *pack_keyword(size_t i)
{
    struct shape_list l = {.n = 0};
    size_t n = 0;

    for (size_t k = 0; k < ARRAY_LEN(formats); k++)
        add_once(&l, formats[k].shape);
    close_over(&l);
    for (size_t s = 0; s < l.n; s++) {
        for (size_t k = 0; k < l.at[s]->n_keys; k++) {
            const char *name = l.at[s]->keys[k].name;
            bool is_new = true;

            for (size_t before = 0; before < s && is_new; before++)
                is_new = shape_key(l.at[before], name) == NULL;
            if (is_new && n++ == i)
                return name;
        }
    }
    return NULL;
}

/* ---- JSON ---- */

static json_t *parsed(const char *text)
{
    return json_loads(text, 0, NULL);
}

static json_t *reference(const struct shape *s)
{
    return json_pack("{s:s+}", "$ref", "#/$defs/", shape_name(s));
}

/* Values and receivers may also be bare words; readers come in lists. */
static json_t *inner(const struct shape *s)
{
    if (s == NULL)
        return json_object();
    if (s == &ref_shape || s == &told_shape || s == &reads_shape || s == &each_shape)
        return json_pack("{s:[{s:s},o]}", "anyOf", "type", "string", reference(s));
    return json_pack("{s:[o,{s:s,s:o}]}", "anyOf", reference(s), "type", "array", "items", reference(s));
}

static json_t *one_of(const char *const *choices)
{
    json_t *all = json_array();

    for (size_t i = 0; choices[i] != NULL; i++)
        (void)json_array_append_new(all, json_string(choices[i]));
    return json_pack("{s:o}", "enum", all);
}

#define TEXT_SCHEMA                                                                                \
    "{\"type\":\"object\",\"required\":[\"ja\",\"en\"],\"additionalProperties\":false,"               \
    "\"properties\":{\"ja\":{\"type\":\"string\"},\"en\":{\"type\":\"string\"}}}"
/* Editors type scalars as YAML does; the reader takes every scalar as text. */
#define SCALAR_SCHEMA "{\"type\":[\"string\",\"number\",\"boolean\"]}"
#define ID_PATTERN "^[a-z][a-z0-9_-]*$"

static json_t *of_key(const struct key *k)
{
    switch (k->type) {
    case KEY_WORD:
        return parsed(SCALAR_SCHEMA);
    case KEY_ID:
        return json_pack("{s:s,s:s,s:i}", "type", "string", "pattern", ID_PATTERN, "maxLength", (int)ID_MAX);
    case KEY_TEXT:
        return parsed(TEXT_SCHEMA);
    case KEY_YES:
        return parsed("{\"enum\":[\"yes\",\"no\",true,false]}");
    case KEY_NUMBER:
        return parsed("{\"type\":\"integer\",\"minimum\":0}");
    case KEY_DAY:
    case KEY_DURATION:
        return parsed("{\"type\":\"string\"}");
    case KEY_IDS:
    case KEY_WORDS:
        return parsed("{\"type\":\"array\",\"items\":" SCALAR_SCHEMA "}");
    case KEY_CHOICE:
        return one_of(k->choices);
    case KEY_NODE:
        return inner(k->sub);
    case KEY_MAP:
        return k->sub != NULL ? reference(k->sub) : parsed("{\"type\":\"object\"}");
    case KEY_LIST:
        return json_pack("{s:s,s:o}", "type", "array", "items", k->sub == &told_shape ? inner(k->sub) : k->sub != NULL ? reference(k->sub) : json_object());
    case KEY_NAMED:
        if (k->sub == &where_shape) /* fields by their names, and its own keys */
            return json_pack("{s:s,s:o,s:{s:o}}", "type", "object", "additionalProperties", inner(&ref_shape), "properties", "during",
                             of_key(shape_key(&where_shape, "during")));
        return json_pack("{s:s,s:o}", "type", "object", "additionalProperties", k->sub != NULL ? inner(k->sub) : parsed(TEXT_SCHEMA));
    }
    return NULL;
}

static json_t *of_shape(const struct shape *s)
{
    json_t *properties = json_object(), *required = json_array();

    for (size_t i = 0; i < s->n_keys; i++) {
        const struct key *k = &s->keys[i];
        json_t *v = of_key(k);

        (void)json_object_set_new(v, "description", json_string(k->help));
        (void)json_object_set_new(properties, k->name, v);
        if ((k->flags & KEY_REQUIRED) != 0)
            (void)json_array_append_new(required, json_string(k->name));
    }
    return json_pack("{s:s,s:b,s:o,s:o}", "type", "object", "additionalProperties", 0, "properties", properties, "required", required);
}

int pack_schema(const char *format, struct buf *out)
{
    struct shape_list l = {.n = 0};
    JSON_AUTO *defs = json_object(), *all = NULL;
    char *text;
    int r;

    for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
        if (strcmp(formats[i].format, format) == 0)
            add_once(&l, formats[i].shape);
    }
    if (l.n == 0)
        return -EINVAL;
    close_over(&l);
    for (size_t i = 0; i < l.n; i++) {
        if (json_object_set_new(defs, shape_name(l.at[i]), of_shape(l.at[i])) != 0)
            return -ENOMEM;
    }
    all = json_pack("{s:s,s:o,s:O}", "$schema", "https://json-schema.org/draft/2020-12/schema", "allOf", json_pack("[o]", reference(l.at[0])), "$defs", defs);
    text = all != NULL ? json_dumps(all, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;
    if (text == NULL)
        return -ENOMEM;
    r = buf_add_text(out, text);
    free(text);
    return r != 0 ? r : buf_add_char(out, '\n');
}
