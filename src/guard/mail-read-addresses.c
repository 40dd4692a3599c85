/* Whom a message names: each address of its headers, and of those by which it was sent again, or that one of them cannot be told. Source: RFC 5322, 3.4, 3.6.6. */
#include "guard/mail-read-inside.h"

#include "base/mail-address.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Many local parts are sent to that no standard allows; domains must be domains, because they decide what is outside. */
static bool address_is_good(const char *address)
{
    const char *at = strrchr(address, '@');
    char probe[MAIL_ADDRESS_MAX + 3];

    if (!at || at == address || strlen(address) > MAIL_ADDRESS_MAX)
        return false;
    for (const char *c = address; *c; c++)
        if ((uint8_t)*c <= 0x20 || (uint8_t)*c >= 0x7f || strchr("<>()[],;:\\", *c))
            return false;
    snprintf(probe, sizeof(probe), "a%s", at);
    return mail_address_ok(str_of(probe)) && !memchr(address, '@', (size_t)(at - address));
}

static int put_address(struct reading *r, json_t *list, const char *address, const char *header)
{
    char low[MAIL_ADDRESS_MAX + 1];
    json_t *value;

    if (!address || !address_is_good(address)) {
        reading_refuse(r, "address", header);
        return 0;
    }
    if (++r->n_addresses > MAIL_READ_ADDRESSES_MAX) {
        reading_refuse(r, "addresses", header);
        return 0;
    }
    snprintf(low, sizeof(low), "%s", address);
    for (char *c = strrchr(low, '@'); *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
    value = json_string(low);
    return value && !json_array_append_new(list, value) ? 0 : -ENOMEM;
}

static int put_list(struct reading *r, json_t *list, InternetAddressList *l, const char *header)
{
    int n = l ? internet_address_list_length(l) : 0, e = 0;

    for (int i = 0; !e && !r->why && i < n; i++) {
        InternetAddress *a = internet_address_list_get_address(l, i);

        if (INTERNET_ADDRESS_IS_MAILBOX(a))
            e = put_address(r, list, INTERNET_ADDRESS_MAILBOX(a)->addr, header);
        else if (INTERNET_ADDRESS_IS_GROUP(a)) /* groups hold no groups: RFC 5322, 3.4 */
            for (int k = 0, m = internet_address_list_length(INTERNET_ADDRESS_GROUP(a)->members);
                 !e && !r->why && k < m; k++) {
                InternetAddress *in =
                    internet_address_list_get_address(INTERNET_ADDRESS_GROUP(a)->members, k);

                if (INTERNET_ADDRESS_IS_MAILBOX(in))
                    e = put_address(r, list, INTERNET_ADDRESS_MAILBOX(in)->addr, header);
                else
                    reading_refuse(r, "address", header);
            }
    }
    return e;
}

/* Signs @ outside quotes, comments and encoded words. */
static size_t count_at(const char *raw)
{
    size_t n = 0;
    unsigned comments = 0;
    bool is_quoted = false;

    for (const char *c = raw; *c; c++) {
        const char *end;

        if (*c == '\\' && c[1])
            c++;
        else if (*c == '"' && !comments)
            is_quoted = !is_quoted;
        else if (is_quoted)
            continue;
        else if (*c == '(')
            comments++;
        else if (*c == ')' && comments)
            comments--;
        else if (!comments && c[0] == '=' && c[1] == '?' && (end = strstr(c, "?=")) &&
                 !memchr(c, '\n', (size_t)(end - c)))
            c = end + 1;
        else if (!comments && *c == '@')
            n++;
    }
    return n;
}

/* All that `raw` names stand in the list, or one of them was lost on the way. */
static int add_addresses(struct reading *r, json_t *list, const char *raw, const char *header,
                         InternetAddressList *l)
{
    size_t before = json_array_size(list);
    int e = put_list(r, list, l, header);

    if (!e && raw && l &&
        (count_at(raw) != json_array_size(list) - before ||
         (!internet_address_list_length(l) && str_trim(str_of(raw)).len > 0)))
        reading_refuse(r, "address", header);
    return e;
}

/* A message may have been sent again more than once. */
static int add_resent(struct reading *r, GMimeMessage *m, json_t *list, const char *header)
{
    GMimeHeaderList *headers = g_mime_object_get_header_list(GMIME_OBJECT(m));
    int e = 0;

    for (int i = 0; !e && !r->why && i < g_mime_header_list_get_count(headers); i++) {
        GMimeHeader *h = g_mime_header_list_get_header_at(headers, i);
        const char *raw = g_mime_header_get_raw_value(h);
        InternetAddressList *l;

        if (strcasecmp(g_mime_header_get_name(h), header) != 0 || !raw)
            continue;
        l = internet_address_list_parse(NULL, raw);
        if (l) {
            e = add_addresses(r, list, raw, header, l);
            g_object_unref(l);
        } else if (str_trim(str_of(raw)).len > 0) {
            reading_refuse(r, "address", header);
        }
    }
    return e;
}

int reading_put_addresses(struct reading *r, GMimeMessage *m, json_t *out, const char *key, const char *header, InternetAddressList *l)
{
    GMimeHeader *h =
        g_mime_header_list_get_header(g_mime_object_get_header_list(GMIME_OBJECT(m)), header);
    const char *raw = h ? g_mime_header_get_raw_value(h) : NULL;
    CLEANUP(buf_done) struct buf resent;
    json_t *list = json_array();
    int e = json_put(out, key, list);

    buf_init(&resent, 64);
    if (e || (e = add_addresses(r, list, raw, header, l)) ||
        (e = buf_printf(&resent, "Resent-%s", header)))
        return e;
    return add_resent(r, m, list, resent.at);
}
