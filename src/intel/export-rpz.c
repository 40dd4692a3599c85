/* A response policy zone (draft-vixie-dnsop-dns-rpz-00): names answered as if they did not exist (CNAME .), addresses as answers with rpz-ip. Owner names
 * are written with \DDD for all but letters, digits, - and _ . */
#include "intel/export-inside.h"

#include "base/time.h"

#define NAME_MAX_HERE 190u /* bytes: the zone's own name stands behind it, within 255 */

/* The serial number is when the set was made, so that a later set is a newer zone. */
static int put_head(struct rules *r)
{
    return buf_printf(&r->out,
                      "$TTL 300\n@ IN SOA localhost. hostmaster.localhost. %u 3600 900 604800 300\n"
                      "@ IN NS localhost.\n",
                      (unsigned)(r->order.created_us / US_PER_SECOND));
}

static int put_owner(struct rules *r, struct str name)
{
    int answer = 0;

    for (size_t i = 0; i < name.len && !answer; i++)
        answer = rule_is_plain(name.at[i], ".-_")
                     ? buf_add_char(&r->out, name.at[i])
                     : buf_printf(&r->out, "\\%03u", (unsigned char)name.at[i]);
    return answer;
}

static int put_name(struct rules *r, const struct rule_item *i)
{
    int answer;

    if (i->text.len > NAME_MAX_HERE)
        return RULE_E_UNFIT;
    answer = put_owner(r, i->text);
    if (!answer)
        answer = buf_add_text(&r->out, " IN CNAME .\n");
    if (answer || !i->row->is_below)
        return answer;
    answer = buf_add_text(&r->out, "*.");
    if (!answer)
        answer = put_owner(r, i->text);
    return answer ? answer : buf_add_text(&r->out, " IN CNAME .\n");
}

static int put_ipv4(struct rules *r, const uint8_t *at, unsigned bits)
{
    return buf_printf(&r->out, "%u.%u.%u.%u.%u.rpz-ip IN CNAME .\n", bits, at[3], at[2], at[1],
                      at[0]);
}

/* Words from the last to the first; the longest row of zeros, the first of these from the left of what is written, is "zz". */
static int put_ipv6(struct rules *r, const uint8_t *at, unsigned bits)
{
    unsigned words[8], best = 8, n_best = 1;
    int answer = buf_printf(&r->out, "%u", bits);

    for (unsigned i = 0; i < 8; i++)
        words[i] = (unsigned)at[14 - 2 * i] << 8 | at[15 - 2 * i];
    for (unsigned i = 0, n = 0; i < 8; i++) {
        n = words[i] ? 0 : n + 1;
        if (n > n_best) {
            n_best = n;
            best = i + 1 - n;
        }
    }
    for (unsigned i = 0; i < 8 && !answer; i++) {
        answer = i == best ? buf_add_text(&r->out, ".zz") : buf_printf(&r->out, ".%x", words[i]);
        i += i == best ? n_best - 1 : 0;
    }
    return answer ? answer : buf_add_text(&r->out, ".rpz-ip IN CNAME .\n");
}

static int put_item(struct rules *r, const struct rule_item *i)
{
    const uint8_t *at = (const uint8_t *)i->row->bytes.at;

    switch (i->row->type) {
    case CLUE_IPV4:
        return put_ipv4(r, at, 32);
    case CLUE_IPV4_NET:
        return at[4] ? put_ipv4(r, at, at[4]) : RULE_E_UNFIT;
    case CLUE_IPV6:
        return put_ipv6(r, at, 128);
    case CLUE_IPV6_NET:
        return at[16] ? put_ipv6(r, at, at[16]) : RULE_E_UNFIT;
    default:
        return put_name(r, i);
    }
}

const struct rule_writer rule_rpz = {.name = "rpz",
                                     .types = RULE_NETS | RULE_TYPE(DOMAIN),
                                     .comment = ';',
                                     .head = put_head,
                                     .item = put_item};
