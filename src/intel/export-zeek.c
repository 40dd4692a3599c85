/* Zeek's intelligence framework: a table of TABs. Bytes that are not printable ASCII, the TAB, the backslash, and a # or - at the beginning are \xNN, which
 * its reader turns back. */
#include "intel/export-inside.h"

static const char *const kinds[CLUE_N_TYPES] = {
    [CLUE_IPV4] = "Intel::ADDR",           [CLUE_IPV6] = "Intel::ADDR",
    [CLUE_IPV4_NET] = "Intel::SUBNET",     [CLUE_IPV6_NET] = "Intel::SUBNET",
    [CLUE_DOMAIN] = "Intel::DOMAIN",       [CLUE_URL] = "Intel::URL",
    [CLUE_EMAIL] = "Intel::EMAIL",         [CLUE_MD5] = "Intel::FILE_HASH",
    [CLUE_SHA1] = "Intel::FILE_HASH",      [CLUE_SHA256] = "Intel::FILE_HASH",
    [CLUE_FILE_NAME] = "Intel::FILE_NAME",
};

static int put_head(struct rules *r)
{
    int answer =
        r->has_below
            ? buf_add_text(&r->out, "# names match as they stand: what is below them does not\n")
            : 0;

    return answer ? answer
                  : buf_add_text(&r->out,
                                 "#fields\tindicator\tindicator_type\tmeta.source\tmeta.desc\n");
}

static int put_field(struct rules *r, struct str s)
{
    int answer = 0;

    for (size_t i = 0; i < s.len && !answer; i++) {
        unsigned char c = (unsigned char)s.at[i];
        bool is_safe = c > 0x20 && c < 0x7f && c != '\\' && c != ',' &&
                       (i || (c != '#' && c != '-' && c != '('));

        answer = is_safe ? buf_add_char(&r->out, (char)c) : buf_printf(&r->out, "\\x%02x", c);
    }
    return s.len ? answer : buf_add_char(&r->out, '-');
}

/* Zeek's URLs have no scheme. */
static struct str without_scheme(struct str url)
{
    const char *end = memmem(url.at, url.len, "://", 3);

    return end ? (struct str){end + 3, url.len - (size_t)(end + 3 - url.at)} : url;
}

static int put_item(struct rules *r, const struct rule_item *i)
{
    int answer = put_field(r, i->row->type == CLUE_URL ? without_scheme(i->text) : i->text);

    if (!answer)
        answer = buf_printf(&r->out, "\t%s\ttsujiban\t", kinds[i->row->type]);
    if (!answer)
        answer = put_field(r, i->row->indicator);
    return answer ? answer : buf_add_char(&r->out, '\n');
}

const struct rule_writer rule_zeek = {.name = "zeek",
                                      .types = RULE_NETS | RULE_TYPE(DOMAIN) | RULE_TYPE(URL) |
                                               RULE_TYPE(EMAIL) | RULE_TYPE(MD5) | RULE_TYPE(SHA1) |
                                               RULE_TYPE(SHA256) | RULE_TYPE(FILE_NAME),
                                      .has_sources = true,
                                      .comment = '#',
                                      .head = put_head,
                                      .item = put_item};
