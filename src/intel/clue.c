#include "intel/clue.h"

#include "base/codec.h"
#include "base/utf8.h"
#include "intel/reading.h"
#include "intel/suffix.h"
#include "intel/clue-inside.h"
#include "intel/fuzzy.h"

#include <errno.h>

#define CANONICAL_MAX 8192u

static const char *const type_names[CLUE_N_TYPES] = {
    "",
#define CLUE_TYPE(id, name, form) name,
#include "intel/clue-types.def"
#undef CLUE_TYPE
};

void clue_init(struct clue *v)
{
    v->type = CLUE_NONE;
    buf_init(&v->bytes, CANONICAL_MAX);
}

void clue_done(struct clue *v)
{
    buf_done(&v->bytes);
    v->type = CLUE_NONE;
}

const char *clue_type_name(enum clue_type type)
{
    assert(type < CLUE_N_TYPES);
    return type_names[type];
}

enum clue_type clue_type_of(struct str name)
{
    for (unsigned i = 1; i < CLUE_N_TYPES; i++)
        if (str_eq(name, str_of(type_names[i])))
            return (enum clue_type)i;
    return CLUE_NONE;
}

enum message_key clue_fault_text(int fault)
{
    switch (fault) {
    case CLUE_E_RANGE:
        return MSG_CLUE_RANGE;
    case CLUE_E_CHECKSUM:
        return MSG_CLUE_CHECKSUM;
    case CLUE_E_LONG:
        return MSG_CLUE_LONG;
    case CLUE_E_TEXT:
        return MSG_CLUE_TEXT;
    case CLUE_E_ODD:
        return MSG_CLUE_ODD;
    case CLUE_E_NAME:
        return MSG_CLUE_NAME;
    case CLUE_E_ZONE:
        return MSG_CLUE_ZONE;
    case CLUE_E_NATIONAL:
        return MSG_CLUE_NATIONAL;
    case CLUE_E_SERVICE:
        return MSG_CLUE_SERVICE;
    default:
        return MSG_CLUE_SHAPE;
    }
}

static int make(enum clue_type type, struct str s, struct clue *ret)
{
    switch (type) {
    case CLUE_IPV4:
        return clue_make_ipv4(s, ret);
    case CLUE_IPV4_NET:
        return clue_make_ipv4_net(s, ret);
    case CLUE_IPV6:
        return clue_make_ipv6(s, ret);
    case CLUE_IPV6_NET:
        return clue_make_ipv6_net(s, ret);
    case CLUE_DOMAIN:
        return clue_make_domain(s, ret);
    case CLUE_URL:
        return clue_make_url(s, ret);
    case CLUE_EMAIL:
        return clue_make_email(s, ret);
    case CLUE_MD5:
    case CLUE_SHA1:
    case CLUE_SHA224:
    case CLUE_SHA256:
    case CLUE_SHA384:
    case CLUE_SHA512:
        return clue_make_hash(type, s, ret);
    case CLUE_PHONE:
        return clue_make_phone(s, ret);
    case CLUE_BTC:
        return clue_make_btc(s, ret);
    case CLUE_ETH:
        return clue_make_eth(s, ret);
    case CLUE_ACCOUNT:
        return clue_make_account(s, ret);
    case CLUE_FILE_NAME:
        return clue_make_file_name(s, ret);
    case CLUE_CERT_DIGEST:
        return clue_make_cert_digest(s, ret);
    case CLUE_CERT_SERIAL:
        return clue_make_cert_serial(s, ret);
    case CLUE_ASN:
        return clue_make_asn(s, ret);
    case CLUE_CVE:
        return clue_make_cve(s, ret);
    case CLUE_TECHNIQUE:
        return clue_make_technique(s, ret);
    case CLUE_SSDEEP:
        return clue_make_ssdeep(s, ret);
    case CLUE_TLSH:
        return clue_make_tlsh(s, ret);
    default:
        return CLUE_E_SHAPE;
    }
}

int clue_make(enum clue_type type, struct str text, struct clue *ret)
{
    int r;

    buf_clear(&ret->bytes);
    ret->type = type;
    r = make(type, text, ret);
    if (r) {
        buf_clear(&ret->bytes);
        ret->type = CLUE_NONE;
    }
    return r;
}

/* Their full-width letters and dots are their own. */
static bool is_as_written(enum clue_type type)
{
    return type == CLUE_FILE_NAME || type == CLUE_ACCOUNT;
}

struct str clue_trim(struct str s)
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
    if (s->len > CLUE_TEXT_MAX)
        return CLUE_E_LONG;
    if (!utf8_is_valid(*s))
        return CLUE_E_TEXT;
    *s = clue_trim(*s);
    for (size_t i = 0; i < s->len; i++)
        if ((unsigned char)s->at[i] < 0x20 || s->at[i] == 0x7f)
            return CLUE_E_TEXT;
    return s->len ? 0 : CLUE_E_SHAPE;
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

int clue_read_as(enum clue_type type, struct str text, struct clue *ret)
{
    CLEANUP(buf_done) struct buf read;
    int r;

    buf_init(&read, 2 * CLUE_TEXT_MAX);
    ret->type = CLUE_NONE;
    r = trim(&text);
    if (r)
        return r;
    if (is_as_written(type))
        return clue_make(type, text, ret);
    r = read_field(text, &read);
    return r ? ERR(r) : clue_make(type, buf_str(&read), ret);
}

static bool holds(struct str s, char c)
{
    return s.len && memchr(s.at, c, s.len);
}

/* What it looks like at first sight, in the order of clue_read(). */
static enum clue_type next_guess(struct str s, unsigned i)
{
    static const enum clue_type order[] = {CLUE_CVE,      CLUE_TECHNIQUE, CLUE_ASN, CLUE_IPV4_NET,
                                           CLUE_IPV6_NET, CLUE_ETH,       CLUE_BTC, CLUE_PHONE,
                                           CLUE_DOMAIN,   CLUE_FILE_NAME};

    if (ssdeep_is_certain(s)) /* first: // may stand behind its first : */
        return i == 0 ? CLUE_SSDEEP : CLUE_NONE;
    if (memmem(s.at, s.len, "://", 3))
        return i == 0 ? CLUE_URL : CLUE_NONE;
    if (holds(s, '@'))
        return i == 0 ? CLUE_EMAIL : CLUE_NONE;
    if (i == 0)
        return clue_hash_of(s.len) ? clue_hash_of(s.len) : s.len == TLSH_DIGITS || s.len == TLSH_DIGITS + 2 ? CLUE_TLSH : CLUE_CERT_DIGEST;
    return i <= ARRAY_LEN(order) ? order[i - 1] : CLUE_NONE;
}

/* What a guess must have beside its shape, so that it does not take or explain what is something else. */
static bool may_be(enum clue_type type, struct str read, struct str written)
{
    switch (type) {
    case CLUE_PHONE:
        return strchr("+0(", read.at[0]);
    case CLUE_FILE_NAME:
        return clue_is_file(written);
    default:
        return true;
    }
}

/* A name whose end is an extension and no top-level domain. */
static bool is_rather_a_file(const struct clue *v, struct str written)
{
    const char *dot = v->type == CLUE_DOMAIN ? memrchr(v->bytes.at, '.', v->bytes.len) : NULL;

    return dot && clue_is_file(written) && !suffix_is_top(str_of(dot + 1));
}

int clue_read(struct str text, struct clue *ret)
{
    CLEANUP(buf_done) struct buf read;
    enum clue_type type;
    int fault = CLUE_E_SHAPE, r;

    buf_init(&read, 2 * CLUE_TEXT_MAX);
    ret->type = CLUE_NONE;
    r = trim(&text);
    if (r)
        return r;
    r = read_field(text, &read);
    if (r)
        return ERR(r);
    for (unsigned i = 0; (type = next_guess(buf_str(&read), i)) != CLUE_NONE; i++) {
        if (!may_be(type, buf_str(&read), text))
            continue;
        r = clue_make(type, is_as_written(type) ? text : buf_str(&read), ret);
        if (r < 0 || (r == 0 && !is_rather_a_file(ret, text)))
            return r;
        if (r && r != CLUE_E_SHAPE && fault == CLUE_E_SHAPE)
            fault = r;
    }
    return fault;
}

bool clue_eq(const struct clue *a, const struct clue *b)
{
    return a->type == b->type && str_eq(buf_str(&a->bytes), buf_str(&b->bytes));
}

int clue_cmp(const struct clue *a, const struct clue *b)
{
    return a->type != b->type ? (a->type > b->type) - (a->type < b->type)
                              : str_cmp(buf_str(&a->bytes), buf_str(&b->bytes));
}

int clue_show(const struct clue *v, struct buf *out)
{
    struct str bytes = buf_str(&v->bytes);
    const uint8_t *at = (const uint8_t *)bytes.at;

    switch (v->type) {
    case CLUE_IPV4:
    case CLUE_IPV4_NET:
    case CLUE_IPV6:
    case CLUE_IPV6_NET:
    case CLUE_ASN:
        return clue_show_net(v, out);
    case CLUE_DOMAIN:
        return clue_show_name(bytes, out);
    case CLUE_URL:
        return clue_show_url(bytes, out);
    case CLUE_MD5:
    case CLUE_SHA1:
    case CLUE_SHA224:
    case CLUE_SHA256:
    case CLUE_SHA384:
    case CLUE_SHA512:
        return hex_print(at, bytes.len, out);
    case CLUE_CERT_DIGEST:
    case CLUE_CERT_SERIAL:
        return clue_show_pairs(bytes, out);
    case CLUE_ETH:
        return clue_show_eth(at, out);
    case CLUE_TLSH:
        return clue_show_tlsh(bytes, out);
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
    return r ? ERR(r) : clue_defang_name((struct str){s.at + local + 1, s.len - local - 1}, out);
}

static int defang_net(const struct clue *v, struct buf *out)
{
    CLEANUP(buf_done) struct buf shown;
    int r;

    buf_init(&shown, 100);
    r = clue_show_net(v, &shown);
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

int clue_defang(const struct clue *v, struct buf *out)
{
    switch (v->type) {
    case CLUE_IPV4:
    case CLUE_IPV4_NET:
    case CLUE_IPV6:
    case CLUE_IPV6_NET:
        return defang_net(v, out);
    case CLUE_DOMAIN:
        return clue_defang_name(buf_str(&v->bytes), out);
    case CLUE_URL:
        return clue_defang_url(buf_str(&v->bytes), out);
    case CLUE_EMAIL:
        return defang_email(buf_str(&v->bytes), out);
    default:
        return clue_show(v, out);
    }
}
