/* Squid 4 and later: lines of access lists, to be included in its configuration, which then says what to do with them (http_access deny tsujiban_name).
 * Of two entries of one list of which one contains the other Squid may ignore the wider one. So there is a list for each number of labels of names,
 * and for each prefix length of addresses, within which none can contain another; the last lines make one list of each kind of them. URLs are regular
 * expressions in which every byte but letters, digits and : / - _ stands in brackets or behind a backslash. */
#include "intel/export-inside.h"

static int put_head(struct rules *r)
{
    return buf_add_text(
        &r->out,
        "# access lists, where there are any: tsujiban_name, tsujiban_address, tsujiban_url\n");
}

static int put_expression(struct rules *r, struct str s)
{
    int answer = buf_add_char(&r->out, '^');

    for (size_t i = 0; i < s.len && !answer; i++) {
        char c = s.at[i];

        answer = rule_is_plain(c, ":/-_") ? buf_add_char(&r->out, c)
                 : c == '^' || c == '\\'  ? buf_printf(&r->out, "\\%c", c)
                                          : buf_printf(&r->out, "[%c]", c);
    }
    return answer ? answer : buf_add_char(&r->out, '$');
}

/* Not what the browser keeps for itself. A canonical URL is printable ASCII; anything else would end the line. */
static int put_url(struct rules *r, struct str url)
{
    const char *hash = memchr(url.at, '#', url.len);
    int answer;

    url.len = hash ? (size_t)(hash - url.at) : url.len;
    for (size_t i = 0; i < url.len; i++)
        if (url.at[i] <= ' ' || url.at[i] >= 0x7f)
            return RULE_E_UNFIT;
    answer = buf_add_text(&r->out, "acl tsujiban_url url_regex ");
    if (!answer)
        answer = put_expression(r, url);
    return answer ? answer : buf_add_char(&r->out, '\n');
}

/* A name or an address, which have no other bytes. */
static bool is_word(struct str s)
{
    size_t i = 0;

    while (i < s.len && rule_is_plain(s.at[i], ".-_:/"))
        i++;
    return i == s.len;
}

static int put_name(struct rules *r, const struct rule_item *i)
{
    unsigned n_labels =
        i->row->is_below ? 1 : 0; /* those that stand alone are a list of their own */

    for (size_t at = 0; at < i->text.len && i->row->is_below; at++)
        n_labels += i->text.at[at] == '.';
    if (n_labels >= RULES_GROUPS)
        return RULE_E_UNFIT;
    r->groups[RULES_NAMES][n_labels] = true;
    return buf_printf(&r->out, "acl tsujiban_name_%u dstdomain %s%.*s\n", n_labels,
                      i->row->is_below ? "." : "", STR_ARG(i->text));
}

static int put_address(struct rules *r, const struct rule_item *i)
{
    enum clue_type type = i->row->type;
    bool is_6 = type == CLUE_IPV6 || type == CLUE_IPV6_NET;
    struct str bytes = i->row->bytes;
    unsigned n_bits = type == CLUE_IPV4   ? 32
                      : type == CLUE_IPV6 ? 128
                                          : (unsigned char)bytes.at[bytes.len - 1];

    r->groups[is_6 ? RULES_IPV6 : RULES_IPV4][n_bits] = true;
    return buf_printf(&r->out, "acl tsujiban_ipv%u_%u dst %.*s\n", is_6 ? 6 : 4, n_bits,
                      STR_ARG(i->text));
}

static int put_item(struct rules *r, const struct rule_item *i)
{
    if (i->row->type == CLUE_URL)
        return put_url(r, i->text);
    if (!is_word(i->text))
        return RULE_E_UNFIT;
    return i->row->type == CLUE_DOMAIN ? put_name(r, i) : put_address(r, i);
}

static int put_union(struct rules *r, const char *of, enum rules_kind kind, const char *part)
{
    int answer = 0;

    for (unsigned i = 0; i < RULES_GROUPS && !answer; i++)
        if (r->groups[kind][i])
            answer = buf_printf(&r->out, "acl %s any-of %s_%u\n", of, part, i);
    return answer;
}

static int put_tail(struct rules *r)
{
    int answer = put_union(r, "tsujiban_name", RULES_NAMES, "tsujiban_name");

    if (!answer)
        answer = put_union(r, "tsujiban_address", RULES_IPV4, "tsujiban_ipv4");
    return answer ? answer : put_union(r, "tsujiban_address", RULES_IPV6, "tsujiban_ipv6");
}

const struct rule_writer rule_squid = {.name = "squid",
                                       .types = RULE_NETS | RULE_TYPE(DOMAIN) | RULE_TYPE(URL),
                                       .comment = '#',
                                       .head = put_head,
                                       .item = put_item,
                                       .tail = put_tail};
