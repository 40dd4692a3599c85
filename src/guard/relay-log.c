#include "guard/relay-log.h"

#include <string.h>

/* Takes `word` off the front. */
static bool take(struct str *s, const char *word)
{
    size_t n = strlen(word);

    if (s->len < n || memcmp(s->at, word, n) != 0)
        return false;
    s->at += n;
    s->len -= n;
    return true;
}

/* Takes what stands before `end`, and `end`. */
static bool take_until(struct str *s, const char *end, struct str *ret)
{
    size_t n = strlen(end);

    for (size_t i = 0; i + n <= s->len; i++)
        if (!memcmp(s->at + i, end, n)) {
            *ret = (struct str){s->at, i};
            s->at += i + n;
            s->len -= i + n;
            return true;
        }
    return false;
}

static bool is_all(struct str s, const char *of)
{
    for (size_t i = 0; i < s.len; i++)
        if (!s.at[i] || !strchr(of, s.at[i]))
            return false;
    return s.len > 0;
}

/* "STAMP HOST postfix/smtp[42]: " is taken off; the program's name is the last word before the bracket. */
static bool take_head(struct str *s)
{
    struct str head, pid;
    size_t at;

    if (!take_until(s, "[", &head) || !take_until(s, "]: ", &pid) || !is_all(pid, "0123456789"))
        return false;
    for (at = head.len; at && head.at[at - 1] != ' '; at--)
        ;
    return at && head.len - at > 8 && !memcmp(head.at + at, "postfix", 7) &&
           memchr(head.at + at, '/', head.len - at);
}

static bool take_address(struct str *s, struct str *ret)
{
    if (!take_until(s, ">", ret) || !ret->len || ret->len > RELAY_ADDRESS_MAX)
        return false;
    for (size_t i = 0; i < ret->len; i++)
        if ((unsigned char)ret->at[i] <= ' ' || ret->at[i] == '"' || ret->at[i] == '<' ||
            ret->at[i] == 0x7f)
            return false;
    return take(s, ", ");
}

static bool is_code(struct str s)
{
    return s.len >= 5 && s.len <= 11 && is_all(s, "0123456789.") && s.at[1] == '.' &&
           strchr("245", s.at[0]);
}

static bool read_outcome(struct str word, enum relay_outcome *ret)
{
    static const struct {
        const char *word;
        enum relay_outcome outcome;
    } words[] = {
        {"sent", RELAY_DELIVERED}, {"deferred", RELAY_DEFERRED}, {"bounced", RELAY_BOUNCED}};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq(word, str_of(words[i].word))) {
            *ret = words[i].outcome;
            return true;
        }
    return false;
}

/* relay=…, conn_use=…, delay=…, delays=…, dsn=2.0.0, status=sent (…): members of which none holds ", " but the last one's brackets. */
static int read_delivery(struct str s, struct relay_line *ret)
{
    struct str name, value;

    if (!take_address(&s, &ret->address))
        return RELAY_E_OTHER;
    if (take(&s, "orig_to=<") && !take_address(&s, &ret->address))
        return RELAY_E_OTHER;
    while (!take(&s, "status=")) {
        if (!take_until(&s, "=", &name) || !is_all(name, "abcdefghijklmnopqrstuvwxyz_") ||
            !take_until(&s, ", ", &value))
            return RELAY_E_OTHER;
        if (str_eq(name, STR("dsn")))
            ret->code = value;
    }
    return is_code(ret->code) && take_until(&s, " (", &value) && read_outcome(value, &ret->outcome)
               ? 0
               : RELAY_E_OTHER;
}

int relay_line_read(struct str line, struct relay_line *ret)
{
    struct str from;

    *ret = (struct relay_line){.id = STR_NONE, .address = STR(""), .code = STR("")};
    if (line.len > RELAY_LINE_MAX || memchr(line.at, '\n', line.len) || !take_head(&line) ||
        !take_until(&line, ": ", &ret->id) || ret->id.len < 5 || ret->id.len > RELAY_ID_MAX ||
        !is_all(ret->id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
        return RELAY_E_OTHER;
    if (str_eq(line, STR("removed"))) {
        ret->outcome = RELAY_REMOVED;
        return 0;
    }
    if (take(&line, "from=<") && take_until(&line, ">, ", &from) &&
        str_eq(line, STR("status=expired, returned to sender"))) {
        ret->outcome = RELAY_EXPIRED;
        return 0;
    }
    return take(&line, "to=<") ? read_delivery(line, ret) : RELAY_E_OTHER;
}
