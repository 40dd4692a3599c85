#include "intel/pattern-token.h"

#include "base/utf8.h"

#include <errno.h>

#define NUMBER_LEN_MAX 300u

int parser_fail(struct parser *s, int error, size_t offset)
{
    if (!s->error) {
        s->error = error;
        s->offset = offset;
    }
    return s->error;
}

int parser_fail_here(struct parser *s, int error)
{
    return parser_fail(s, s->token.kind == TOKEN_BAD ? (int)s->token.special : error, s->token.offset);
}

static bool is_space(uint32_t c)
{
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

bool pattern_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool pattern_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const struct parser *s, size_t i)
{
    return i < s->text.len ? s->text.at[i] : '\0';
}

static bool pass_comment(struct parser *s)
{
    struct str rest = {s->text.at + s->at, s->text.len - s->at};
    const char *end;

    if (str_starts(rest, STR("//"))) {
        end = memchr(rest.at, '\n', rest.len);
        s->at = end ? (size_t)(end - s->text.at) : s->text.len;
        return true;
    }
    if (!str_starts(rest, STR("/*")))
        return false;
    end = memmem(rest.at + 2, rest.len - 2, "*/", 2);
    s->at = end ? (size_t)(end + 2 - s->text.at) : s->at;
    return end != NULL;
}

static void pass_space(struct parser *s)
{
    while (s->at < s->text.len) {
        size_t next = s->at;

        if (is_space(utf8_next(s->text, &next)))
            s->at = next;
        else if (!pass_comment(s))
            return;
    }
}

static void bad(struct parser *s, enum pattern_error error, size_t offset)
{
    s->token.kind = TOKEN_BAD;
    s->token.special = (char)error;
    s->token.offset = offset;
    s->at = s->text.len;
}

/* Behind the opening quote. */
static void quoted(struct parser *s, bool has_escapes)
{
    size_t begin = s->at, n = 0, offset = s->token.offset;
    char *out;

    while (s->at < s->text.len && s->text.at[s->at] != '\'')
        s->at += has_escapes && s->text.at[s->at] == '\\' ? 2 : 1;
    if (s->at >= s->text.len) {
        bad(s, PATTERN_E_STRING, offset);
        return;
    }
    if (s->at - begin > PATTERN_TEXT_MAX) {
        bad(s, PATTERN_E_LIMIT, offset);
        return;
    }
    out = arena_alloc(s->p->arena, s->at - begin + 1);
    if (!out) {
        s->error = -ENOMEM;
        return;
    }
    for (size_t i = begin; i < s->at; i++) {
        char c = s->text.at[i];

        if (has_escapes && c == '\\') {
            c = s->text.at[++i];
            if (c != '\\' && c != '\'') {
                bad(s, PATTERN_E_STRING, i);
                return;
            }
        }
        out[n++] = c;
    }
    s->at++;
    s->token.text = (struct str){out, n};
}

static void word(struct parser *s)
{
    size_t begin = s->at;

    while (pattern_is_letter(peek(s, s->at)) || pattern_is_digit(peek(s, s->at)) ||
           (peek(s, s->at) == '-' && s->at > begin)) {
        s->token.has_hyphen |= s->text.at[s->at] == '-';
        s->at++;
    }
    s->token.text = (struct str){s->text.at + begin, s->at - begin};
    s->token.kind = TOKEN_WORD;
    if (s->token.text.len == 1 && strchr("thb", s->token.text.at[0]) && peek(s, s->at) == '\'') {
        s->token.special = s->token.text.at[0];
        s->token.kind = TOKEN_SPECIAL;
        s->at++;
        quoted(s, false);
    }
}

static void number(struct parser *s)
{
    size_t begin = s->at;

    if (peek(s, s->at) == '+' || peek(s, s->at) == '-')
        s->at++;
    while (pattern_is_digit(peek(s, s->at)) || peek(s, s->at) == '.')
        s->at++;
    s->token.text = (struct str){s->text.at + begin, s->at - begin};
    s->token.kind = TOKEN_NUMBER;
    if (s->token.text.len > NUMBER_LEN_MAX)
        bad(s, PATTERN_E_LIMIT, begin);
}

static void sign(struct parser *s)
{
    static const char *const signs[] = {"==", "!=", "<>", "<=", ">=", "=", "<", ">",
                                        "[",  "]",  "(",  ")",  ",",  ".", ":", "*"};
    struct str rest = {s->text.at + s->at, s->text.len - s->at};

    for (size_t i = 0; i < ARRAY_LEN(signs); i++)
        if (str_starts(rest, str_of(signs[i]))) {
            s->token.text = str_of(signs[i]);
            s->token.kind = TOKEN_SIGN;
            s->at += s->token.text.len;
            return;
        }
    bad(s, PATTERN_E_TOKEN, s->at);
}

void parser_advance(struct parser *s)
{
    char c, next;

    pass_space(s);
    s->token = (struct token){.offset = s->at};
    if (s->at == s->text.len)
        return;
    c = peek(s, s->at);
    next = peek(s, s->at + 1);
    if (pattern_is_letter(c)) {
        word(s);
    } else if (c == '\'') {
        s->token.kind = TOKEN_TEXT;
        s->at++;
        quoted(s, true);
    } else if (pattern_is_digit(c) ||
               ((c == '+' || c == '-') && (pattern_is_digit(next) || next == '.')) ||
               (c == '.' && pattern_is_digit(next))) {
        number(s);
    } else {
        sign(s);
    }
}

bool parser_is_sign(const struct parser *s, const char *sign)
{
    return s->token.kind == TOKEN_SIGN && str_eq(s->token.text, str_of(sign));
}

bool parser_is_word(const struct parser *s, const char *word)
{
    return s->token.kind == TOKEN_WORD && str_eq(s->token.text, str_of(word));
}

bool parser_take(struct parser *s, bool is)
{
    if (is && !s->error)
        parser_advance(s);
    return is && !s->error;
}

bool pattern_is_keyword(struct str word)
{
    static const char *const keywords[] = {"AND",    "OR",      "NOT",        "FOLLOWEDBY",
                                           "LIKE",   "MATCHES", "ISSUPERSET", "ISSUBSET",
                                           "EXISTS", "LAST",    "IN",         "START",
                                           "STOP",   "SECONDS", "true",       "false",
                                           "WITHIN", "REPEATS", "TIMES"};

    for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
        if (str_eq(word, str_of(keywords[i])))
            return true;
    return false;
}
