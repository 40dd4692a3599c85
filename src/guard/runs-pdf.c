/* A PDF with a password says so in the clear: in its trailer, or in the dictionary of the stream that stands for one. Source: ISO 32000-1, 7.5.5, 7.5.8, 7.6. */
#include "guard/runs-inside.h"

#include <string.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\0';
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The name behind a '/', any letter of which may be written by its number ("#45ncrypt"). Where it ends; NULL: another one. */
static const char *behind_name(const char *at, const char *end, const char *name)
{
    for (; *name; name++) {
        const int high = end - at > 2 && *at == '#' ? digit_of(at[1]) : -1, low = high < 0 ? -1 : digit_of(at[2]);

        if (at == end || (low < 0 ? *at : (char)(high << 4 | low)) != *name)
            return NULL;
        at += low < 0 ? 1 : 3;
    }
    return at;
}

/* Also behind comments, which go to the end of their line. */
static const char *behind_space(const char *at, const char *end)
{
    for (bool is_comment = false; at < end && (is_comment || *at == '%' || is_space(*at)); at++)
        is_comment = (is_comment || *at == '%') && *at != '\r' && *at != '\n';
    return at;
}

/* What stands there is the dictionary, or names the object that it is. A longer name, and a word in a text, have something else behind them. */
bool runs_pdf_is_locked(struct str bytes)
{
    const char *end = bytes.at + bytes.len;

    if (!bytes.len)
        return false;
    for (const char *at = bytes.at; (at = memchr(at, '/', (size_t)(end - at)));) {
        const char *value = behind_name(++at, end, "Encrypt");

        if (value)
            value = behind_space(value, end);
        if (value && end - value > 1 && (digit_of(*value) >= 0 || (value[0] == '<' && value[1] == '<')) && digit_of(*value) < 10)
            return true;
    }
    return false;
}
