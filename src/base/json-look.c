#include "base/json-look.h"

#include <errno.h>

/* Is the quote at `quote` one of the string's own, behind an odd number of escapes? */
static bool is_escaped(const char *begin, const char *quote)
{
    size_t escapes = 0;

    while (quote > begin && *--quote == '\\')
        escapes++;
    return escapes % 2 != 0;
}

/* Behind the quote that ends the string which begins at `at`, behind its first quote. NULL: it does not end. */
static const char *string_end(const char *at, const char *end)
{
    const char *quote = at;

    while ((quote = memchr(quote, '"', (size_t)(end - quote))) != NULL) {
        if (!is_escaped(at, quote))
            return quote + 1;
        quote++;
    }
    return NULL;
}

/* Behind the bracket that ends what the one at `at` begins. */
static const char *bracket_end(const char *at, const char *end)
{
    size_t depth = 0;

    while (at != NULL && at < end) {
        char c = *at++;

        if (c == '"')
            at = string_end(at, end);
        else if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return NULL;
}

/* Of what is neither text nor in brackets: digits, a sign, the letters of true and false. */
static bool is_bare(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-';
}

static const char *value_end(const char *at, const char *end)
{
    const char *begin = at;

    if (at == end)
        return NULL;
    if (*at == '"')
        return string_end(at + 1, end);
    if (*at == '{' || *at == '[')
        return bracket_end(at, end);
    while (at < end && is_bare(*at))
        at++;
    return at > begin ? at : NULL;
}

int json_look_begin(struct str object, struct json_look *ret)
{
    if (object.len < 2 || object.at[0] != '{')
        return -EBADMSG;
    *ret = (struct json_look){.rest = {object.at + 1, object.len - 1}, .is_first = true};
    return 0;
}

int json_look_next(struct json_look *l, struct str *ret_key, struct str *ret_value)
{
    const char *at = l->rest.at, *end = at + l->rest.len, *key, *value;

    if (l->rest.len == 1 && *at == '}')
        return 0;
    if (!l->is_first && (at == end || *at++ != ','))
        return -EBADMSG;
    if (at == end || *at++ != '"')
        return -EBADMSG;
    key = at;
    at = string_end(at, end);
    if (at == NULL || at == end || *at != ':')
        return -EBADMSG;
    *ret_key = (struct str){key, (size_t)(at - key) - 1};
    value = ++at;
    at = value_end(at, end);
    if (at == NULL)
        return -EBADMSG;
    *ret_value = (struct str){value, (size_t)(at - value)};
    *l = (struct json_look){.rest = {at, (size_t)(end - at)}};
    return 1;
}

int json_look_value(struct str value, struct json_limits limits, json_t **ret)
{
    int r = json_parse(value, limits, ret, NULL);

    return r > 0 ? -EBADMSG : r;
}
