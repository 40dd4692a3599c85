#include "intel/json-parts.h"

struct json_parts json_parts_of(struct str text)
{
    return (struct json_parts){.text = text, .at = 1, .close = text.at[0] == '{' ? '}' : ']'};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool pass_space(struct json_parts *p)
{
    while (p->at < p->text.len && is_space(p->text.at[p->at]))
        p->at++;
    return p->at < p->text.len;
}

/* From one quote to the other. */
static int pass_string(struct json_parts *p)
{
    for (size_t i = p->at + 1; i < p->text.len; i++) {
        char c = p->text.at[i];

        if (c == '"') {
            p->at = i + 1;
            return 0;
        }
        if ((unsigned char)c < 0x20) {
            p->at = i;
            return SCAN_E_CONTROL;
        }
        i += c == '\\';
    }
    p->at = p->text.len;
    return SCAN_E_END;
}

static int pass_value(struct json_parts *p)
{
    struct str rest = {p->text.at + p->at, p->text.len - p->at};
    struct scan_skip skip = {0};
    size_t begin = p->at;

    if (rest.at[0] == '"')
        return pass_string(p);
    if (rest.at[0] == '{' || rest.at[0] == '[') {
        p->at += scan_skip(&skip, rest);
        return skip.depth ? SCAN_E_END : 0;
    }
    while (p->at < p->text.len && !is_space(p->text.at[p->at]) && p->text.at[p->at] &&
           !strchr(",]}:\"[{", p->text.at[p->at]))
        p->at++;
    return p->at == begin ? SCAN_E_VALUE : 0;
}

static int pass_key(struct json_parts *p, struct json_part *ret)
{
    size_t begin = p->at;
    int r;

    if (p->text.at[p->at] != '"')
        return SCAN_E_KEY;
    r = pass_string(p);
    ret->key = (struct str){p->text.at + begin, p->at - begin};
    if (r)
        return r;
    if (!pass_space(p))
        return SCAN_E_END;
    if (p->text.at[p->at] != ':')
        return SCAN_E_COLON;
    p->at++;
    return pass_space(p) ? 0 : SCAN_E_END;
}

int json_parts_next(struct json_parts *p, struct json_part *ret)
{
    size_t begin;
    int r = 0;

    *ret = (struct json_part){0};
    if (!pass_space(p))
        return SCAN_E_END;
    if (p->text.at[p->at] == p->close) {
        p->at++;
        return JSON_PARTS_END;
    }
    if (p->is_behind_one) {
        if (p->text.at[p->at] != ',')
            return SCAN_E_COMMA;
        p->at++;
        if (!pass_space(p))
            return SCAN_E_END;
    }
    p->is_behind_one = true;
    if (p->close == '}')
        r = pass_key(p, ret);
    begin = p->at;
    if (!r)
        r = pass_value(p);
    if (!r)
        ret->value = (struct str){p->text.at + begin, p->at - begin};
    return r;
}

bool json_part_is(const struct json_part *part, const char *name)
{
    size_t len = strlen(name);

    return part->key.len == len + 2 && memcmp(part->key.at + 1, name, len) == 0;
}

struct str json_part_of(struct str object, const char *name)
{
    struct json_parts parts;
    struct json_part part;

    if (!object.len || object.at[0] != '{')
        return STR_NONE;
    parts = json_parts_of(object);
    while (json_parts_next(&parts, &part) == 0)
        if (json_part_is(&part, name))
            return part.value;
    return STR_NONE;
}
