#include "intel/value.h"

#include "base/codec.h"
#include "base/utf8.h"
#include "intel/reading.h"
#include "intel/suffix.h"
#include "intel/value-inside.h"

#include <errno.h>

#define CANONICAL_MAX 8192u

static const char *const type_names[VALUE_N_TYPES] = {
    "",
#define VALUE_TYPE(id, name, form) name,
#include "intel/value-types.def"
#undef VALUE_TYPE
};

void value_init(struct value *v)
{
    v->type = VALUE_NONE;
    buf_init(&v->bytes, CANONICAL_MAX);
}

void value_done(struct value *v)
{
    buf_done(&v->bytes);
    v->type = VALUE_NONE;
}

const char *value_type_name(enum value_type type)
{
    assert(type < VALUE_N_TYPES);
    return type_names[type];
}

enum value_type value_type_of(struct str name)
{
    for (unsigned i = 1; i < VALUE_N_TYPES; i++)
        if (str_eq(name, str_of(type_names[i])))
            return (enum value_type)i;
    return VALUE_NONE;
}

enum message_key value_fault_text(int fault)
{
    switch (fault) {
    case VALUE_E_RANGE:
        return MSG_VALUE_RANGE;
    case VALUE_E_CHECKSUM:
        return MSG_VALUE_CHECKSUM;
    case VALUE_E_LONG:
        return MSG_VALUE_LONG;
    case VALUE_E_TEXT:
        return MSG_VALUE_TEXT;
    case VALUE_E_ODD:
        return MSG_VALUE_ODD;
    case VALUE_E_NAME:
        return MSG_VALUE_NAME;
    case VALUE_E_ZONE:
        return MSG_VALUE_ZONE;
    case VALUE_E_NATIONAL:
        return MSG_VALUE_NATIONAL;
    case VALUE_E_SERVICE:
        return MSG_VALUE_SERVICE;
    default:
        return MSG_VALUE_SHAPE;
    }
}

static int make(enum value_type type, struct str s, struct value *ret)
{
    switch (type) {
    case VALUE_IPV4:
        return value_make_ipv4(s, ret);
    case VALUE_IPV4_NET:
        return value_make_ipv4_net(s, ret);
    case VALUE_IPV6:
        return value_make_ipv6(s, ret);
    case VALUE_IPV6_NET:
        return value_make_ipv6_net(s, ret);
    case VALUE_DOMAIN:
        return value_make_domain(s, ret);
    case VALUE_URL:
        return value_make_url(s, ret);
    case VALUE_EMAIL:
        return value_make_email(s, ret);
    case VALUE_MD5:
    case VALUE_SHA1:
    case VALUE_SHA224:
    case VALUE_SHA256:
    case VALUE_SHA384:
    case VALUE_SHA512:
        return value_make_hash(type, s, ret);
    case VALUE_PHONE:
        return value_make_phone(s, ret);
    case VALUE_BTC:
        return value_make_btc(s, ret);
    case VALUE_ETH:
        return value_make_eth(s, ret);
    case VALUE_ACCOUNT:
        return value_make_account(s, ret);
    case VALUE_FILE_NAME:
        return value_make_file_name(s, ret);
    case VALUE_CERT_DIGEST:
        return value_make_cert_digest(s, ret);
    case VALUE_CERT_SERIAL:
        return value_make_cert_serial(s, ret);
    case VALUE_ASN:
        return value_make_asn(s, ret);
    case VALUE_CVE:
        return value_make_cve(s, ret);
    case VALUE_TECHNIQUE:
        return value_make_technique(s, ret);
    default:
        return VALUE_E_SHAPE;
    }
}

int value_make(enum value_type type, struct str text, struct value *ret)
{
    int r;

    buf_clear(&ret->bytes);
    ret->type = type;
    r = make(type, text, ret);
    if (r) {
        buf_clear(&ret->bytes);
        ret->type = VALUE_NONE;
    }
    return r;
}

/* Their full-width letters and dots are their own. */
static bool is_as_written(enum value_type type)
{
    return type == VALUE_FILE_NAME || type == VALUE_ACCOUNT;
}

struct str value_trim(struct str s)
{
    static const struct str wide = {"\xe3\x80\x80", 3};

    for (;;) {
        s = str_trim(s);
        if (str_starts(s, wide))
            s = (struct str){s.at + wide.len, s.len - wide.len};
        else if (str_ends(s, wide))
            s.len -= wide.len;
        else
            return s;
    }
}

/* What every text must be: UTF-8 without control characters, for no value has one. Blanks at both ends go. */
static int trim(struct str *s)
{
    if (s->len > VALUE_TEXT_MAX)
        return VALUE_E_LONG;
    if (!utf8_is_valid(*s))
        return VALUE_E_TEXT;
    *s = value_trim(*s);
    for (size_t i = 0; i < s->len; i++)
        if ((unsigned char)s->at[i] < 0x20 || s->at[i] == 0x7f)
            return VALUE_E_TEXT;
    return s->len ? 0 : VALUE_E_SHAPE;
}

/* The text of a field as it is meant. */
static int read_field(struct str s, struct buf *out)
{
    CLEANUP(reading_done) struct reading reading;
    int r;

    reading_init(&reading);
    r = reading_read(s, READING_FIELD, &reading);
    if (!r)
        r = reading_print(&reading, 0, reading.n, out);
    return ERR_FOLD(r);
}

int value_read_as(enum value_type type, struct str text, struct value *ret)
{
    CLEANUP(buf_done) struct buf read;
    int r;

    buf_init(&read, 2 * VALUE_TEXT_MAX);
    ret->type = VALUE_NONE;
    r = trim(&text);
    if (r)
        return r;
    if (is_as_written(type))
        return value_make(type, text, ret);
    r = read_field(text, &read);
    return r ? ERR(r) : value_make(type, buf_str(&read), ret);
}

static bool holds(struct str s, char c)
{
    return s.len && memchr(s.at, c, s.len);
}

/* What it looks like at first sight, in the order of value_read(). */
static enum value_type next_guess(struct str s, unsigned i)
{
    static const enum value_type order[] = {VALUE_CVE,      VALUE_TECHNIQUE, VALUE_ASN,
                                            VALUE_IPV4_NET, VALUE_IPV6_NET,  VALUE_ETH,
                                            VALUE_BTC,      VALUE_PHONE,     VALUE_DOMAIN,
                                            VALUE_FILE_NAME};

    if (memmem(s.at, s.len, "://", 3))
        return i == 0 ? VALUE_URL : VALUE_NONE;
    if (holds(s, '@'))
        return i == 0 ? VALUE_EMAIL : VALUE_NONE;
    if (i == 0)
        return value_hash_of(s.len) ? value_hash_of(s.len) : VALUE_CERT_DIGEST;
    return i <= ARRAY_LEN(order) ? order[i - 1] : VALUE_NONE;
}

/* What a guess must have beside its shape, so that it does not take or explain what is something else. */
static bool may_be(enum value_type type, struct str read, struct str written)
{
    switch (type) {
    case VALUE_PHONE:
        return strchr("+0(", read.at[0]);
    case VALUE_FILE_NAME:
        return value_is_file(written);
    default:
        return true;
    }
}

/* A name whose end is an extension and no top-level domain. */
static bool is_rather_a_file(const struct value *v, struct str written)
{
    const char *dot = v->type == VALUE_DOMAIN ? memrchr(v->bytes.at, '.', v->bytes.len) : NULL;

    return dot && value_is_file(written) && !suffix_is_top(str_of(dot + 1));
}

int value_read(struct str text, struct value *ret)
{
    CLEANUP(buf_done) struct buf read;
    enum value_type type;
    int fault = VALUE_E_SHAPE, r;

    buf_init(&read, 2 * VALUE_TEXT_MAX);
    ret->type = VALUE_NONE;
    r = trim(&text);
    if (r)
        return r;
    r = read_field(text, &read);
    if (r)
        return ERR(r);
    for (unsigned i = 0; (type = next_guess(buf_str(&read), i)) != VALUE_NONE; i++) {
        if (!may_be(type, buf_str(&read), text))
            continue;
        r = value_make(type, is_as_written(type) ? text : buf_str(&read), ret);
        if (r < 0 || (r == 0 && !is_rather_a_file(ret, text)))
            return r;
        if (r && r != VALUE_E_SHAPE && fault == VALUE_E_SHAPE)
            fault = r;
    }
    return fault;
}

bool value_eq(const struct value *a, const struct value *b)
{
    return a->type == b->type && str_eq(buf_str(&a->bytes), buf_str(&b->bytes));
}

int value_cmp(const struct value *a, const struct value *b)
{
    return a->type != b->type ? (a->type > b->type) - (a->type < b->type)
                              : str_cmp(buf_str(&a->bytes), buf_str(&b->bytes));
}

int value_show(const struct value *v, struct buf *out)
{
    struct str bytes = buf_str(&v->bytes);
    const uint8_t *at = (const uint8_t *)bytes.at;

    switch (v->type) {
    case VALUE_IPV4:
    case VALUE_IPV4_NET:
    case VALUE_IPV6:
    case VALUE_IPV6_NET:
    case VALUE_ASN:
        return value_show_net(v, out);
    case VALUE_DOMAIN:
        return value_show_name(bytes, out);
    case VALUE_URL:
        return value_show_url(bytes, out);
    case VALUE_MD5:
    case VALUE_SHA1:
    case VALUE_SHA224:
    case VALUE_SHA256:
    case VALUE_SHA384:
    case VALUE_SHA512:
        return hex_print(at, bytes.len, out);
    case VALUE_CERT_DIGEST:
    case VALUE_CERT_SERIAL:
        return value_show_pairs(bytes, out);
    case VALUE_ETH:
        return value_show_eth(at, out);
    default:
        return buf_add_str(out, bytes);
    }
}

/* Dots in brackets, and the @ of an address. */
static int defang_email(struct str s, struct buf *out)
{
    const char *sign = memchr(s.at, '@', s.len);
    size_t local = sign ? (size_t)(sign - s.at) : 0;
    int r = buf_add(out, s.at, local);

    if (!r)
        r = buf_add_text(out, "[@]");
    return r ? ERR(r) : value_defang_name((struct str){s.at + local + 1, s.len - local - 1}, out);
}

static int defang_net(const struct value *v, struct buf *out)
{
    CLEANUP(buf_done) struct buf shown;
    int r;

    buf_init(&shown, 100);
    r = value_show_net(v, &shown);
    if (r)
        return ERR(r);
    for (size_t i = 0; i < shown.len && !r; i++) {
        bool first_colon = shown.at[i] == ':' && !memchr(shown.at, ':', i);

        r = shown.at[i] == '.' ? buf_add_text(out, "[.]")
            : first_colon      ? buf_add_text(out, "[:]")
                               : buf_add_char(out, shown.at[i]);
    }
    return r;
}

int value_defang(const struct value *v, struct buf *out)
{
    switch (v->type) {
    case VALUE_IPV4:
    case VALUE_IPV4_NET:
    case VALUE_IPV6:
    case VALUE_IPV6_NET:
        return defang_net(v, out);
    case VALUE_DOMAIN:
        return value_defang_name(buf_str(&v->bytes), out);
    case VALUE_URL:
        return value_defang_url(buf_str(&v->bytes), out);
    case VALUE_EMAIL:
        return defang_email(buf_str(&v->bytes), out);
    default:
        return value_show(v, out);
    }
}
