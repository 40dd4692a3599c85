/* Suricata 6 and later: alerts for packets of an address, for names asked for by DNS, named by TLS or HTTP, and for http: URLs. What a rule looks for is
 * written in its hexadecimal form but for letters, digits and . - / _ , so nothing can end the quotation. */
#include "intel/export-inside.h"

static int put_content(struct rules *r, const char *before, struct str s)
{
    int answer = buf_printf(&r->out, " content:\"%s", before);

    for (size_t i = 0; i < s.len && !answer; i++)
        answer = rule_is_plain(s.at[i], ".-/_")
                     ? buf_add_char(&r->out, s.at[i])
                     : buf_printf(&r->out, "|%02X|", (unsigned char)s.at[i]);
    return answer ? answer : buf_add_text(&r->out, "\";");
}

static int begin_message(struct rules *r, const struct rule_item *i)
{
    int answer = buf_printf(&r->out, " (msg:\"tsujiban %s ", clue_type_name(i->row->type));

    if (!answer)
        answer = rule_put_word(r, i->row->indicator);
    return answer ? answer : buf_add_text(&r->out, "\";");
}

static int end_rule(struct rules *r)
{
    return buf_printf(&r->out, " sid:%u; rev:1;)\n", r->sid++);
}

static int put_address(struct rules *r, const struct rule_item *i)
{
    int answer = buf_printf(&r->out, "alert ip any any <> [%.*s] any", STR_ARG(i->text));

    if (!answer)
        answer = begin_message(r, i);
    return answer ? answer : end_rule(r);
}

/* One protocol that names hosts. Its buffer bears them in lower case, or is compared without regard to it. */
static int put_name_in(struct rules *r, const struct rule_item *i, const char *protocol,
                       const char *buffer, const char *nocase)
{
    bool below = i->row->is_below;
    int answer = buf_printf(&r->out, "alert %s any any -> any any", protocol);

    if (!answer)
        answer = begin_message(r, i);
    if (!answer)
        answer = buf_printf(&r->out, " %s;%s", buffer, below ? " dotprefix;" : "");
    if (!answer)
        answer = put_content(r, below ? "." : "", i->text);
    if (!answer)
        answer = buf_printf(&r->out, "%s%s endswith;", nocase, below ? "" : " startswith;");
    return answer ? answer : end_rule(r);
}

static int put_name(struct rules *r, const struct rule_item *i)
{
    int answer = put_name_in(r, i, "dns", "dns.query", " nocase;");

    if (!answer)
        answer = put_name_in(r, i, "tls", "tls.sni", " nocase;");
    return answer ? answer : put_name_in(r, i, "http", "http.host", "");
}

/* A port that the URL names, else any; *ret_path: from "/" on, without what browsers keep for themselves. */
static struct str port_and_path(struct str rest, struct str *ret_path)
{
    const char *slash = memchr(rest.at, '/', rest.len), *hash;
    size_t n = slash ? (size_t)(slash - rest.at) : rest.len;

    *ret_path = (struct str){rest.at + n, rest.len - n};
    hash = ret_path->len ? memchr(ret_path->at, '#', ret_path->len) : NULL;
    if (hash)
        ret_path->len = (size_t)(hash - ret_path->at);
    return n > 1 && rest.at[0] == ':' ? (struct str){rest.at + 1, n - 1} : STR("any");
}

/* Only what goes open over the network can be seen: no https:. A user in the URL stands in no request's line, and how an IPv6 host is written there is
 * for the client to say. */
static int put_url(struct rules *r, const struct rule_item *i)
{
    struct str host = clue_url_host(i->text), path, port;
    size_t begin = host.at ? (size_t)(host.at - i->text.at) : 0;
    int answer;

    if (!str_starts(i->text, STR("http://")) || begin != strlen("http://") || !host.len ||
        host.at[0] == '[')
        return RULE_E_UNFIT;
    port = port_and_path((struct str){host.at + host.len, i->text.len - begin - host.len}, &path);
    answer = buf_printf(&r->out, "alert http any any -> any %.*s", STR_ARG(port));
    if (!answer)
        answer = begin_message(r, i);
    if (!answer)
        answer = buf_add_text(&r->out, " http.host;");
    if (!answer)
        answer = put_content(r, "", host);
    if (!answer)
        answer = buf_add_text(&r->out, " startswith; endswith; http.uri.raw;");
    if (!answer)
        answer = put_content(r, "", path.len ? path : STR("/"));
    if (!answer)
        answer = buf_add_text(&r->out, " startswith; endswith;");
    return answer ? answer : end_rule(r);
}

static int put_item(struct rules *r, const struct rule_item *i)
{
    switch (i->row->type) {
    case CLUE_DOMAIN:
        return put_name(r, i);
    case CLUE_URL:
        return put_url(r, i);
    default:
        return put_address(r, i);
    }
}

const struct rule_writer rule_suricata = {.name = "suricata",
                                          .types = RULE_NETS | RULE_TYPE(DOMAIN) | RULE_TYPE(URL),
                                          .comment = '#',
                                          .item = put_item};
