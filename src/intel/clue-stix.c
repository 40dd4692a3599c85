#include "intel/clue-stix.h"

#include "base/codec.h"
#include "base/time.h"
#include "intel/misp-stix-inside.h"
#include "intel/stix-id.h"

#include <errno.h>
#include <stdio.h>

#define VALUE_MAX 65536u

/* A value's type as MISP names it, for which misp-types.def knows the rest. */
static struct str misp_name(const struct clue *v)
{
    static const char *const names[CLUE_N_TYPES] = {
        [CLUE_IPV4] = "ip-dst",   [CLUE_IPV4_NET] = "ip-dst",
        [CLUE_IPV6] = "ip-dst",   [CLUE_IPV6_NET] = "ip-dst",
        [CLUE_DOMAIN] = "domain", [CLUE_URL] = "url",
        [CLUE_EMAIL] = "email",   [CLUE_MD5] = "md5",
        [CLUE_SHA1] = "sha1",     [CLUE_SHA224] = "sha224",
        [CLUE_SHA256] = "sha256", [CLUE_SHA384] = "sha384",
        [CLUE_SHA512] = "sha512", [CLUE_FILE_NAME] = "filename",
        [CLUE_ASN] = "AS",        [CLUE_SSDEEP] = "ssdeep",
        [CLUE_TLSH] = "tlsh",
    };

    if (v->type == CLUE_CERT_DIGEST)
        return v->bytes.len == 16   ? STR("x509-fingerprint-md5")
               : v->bytes.len == 20 ? STR("x509-fingerprint-sha1")
                                    : STR("x509-fingerprint-sha256");
    return str_of(names[v->type]);
}

/* As machines write it. */
static int put_value(const struct clue *v, struct buf *out)
{
    switch (v->type) {
    case CLUE_DOMAIN:
    case CLUE_URL:
        return buf_add_str(out, buf_str(&v->bytes));
    case CLUE_CERT_DIGEST:
        return hex_print(v->bytes.at, v->bytes.len, out);
    default:
        return clue_show(v, out);
    }
}

static int type_and_value(const struct clue *v, const struct misp_type **ret, struct buf *value)
{
    struct str values[2];
    int r;

    *ret = misp_type_of(misp_name(v));
    if (!*ret)
        return CLUE_E_SHAPE;
    r = put_value(v, value);
    return r ? r : misp_type_split(*ret, buf_str(value), values) ? 0 : CLUE_E_SHAPE;
}

int clue_stix_observable(const struct clue *v, struct buf *out, struct buf *ret_id)
{
    CLEANUP(buf_done) struct buf value;
    CLEANUP(scanner_freep) struct scanner *scanner = NULL;
    const struct scan_value *root;
    const struct misp_type *type;
    struct scan_place place;
    size_t begin = out->len;
    int r;

    buf_init(&value, VALUE_MAX);
    buf_init(&place.path, VALUE_MAX);
    r = type_and_value(v, &type, &value);
    if (r)
        return ERR(r);
    scanner = scanner_new(VALUE_MAX * 8);
    if (!scanner)
        return -ENOMEM;
    buf_printf(out, "{\"type\":\"%s\",\"spec_version\":\"2.1\",",
               misp_part_type(type->first, buf_str(&value)));
    buf_printf(out, misp_part_is_hash(type->first) ? "\"hashes\":{\"%s\":" : "\"%s\":",
               misp_part_property(type->first));
    misp_part_value_put(type->first, buf_str(&value), out);
    buf_add_text(out, misp_part_is_hash(type->first) ? "}}" : "}");
    r = buf_error(out);
    if (!r)
        r = scanner_read(scanner, (struct str){out->at + begin, out->len - begin}, &root, &place);
    if (!r)
        r = stix_id_of_observable(root, ret_id);
    buf_done(&place.path);
    if (r)
        return r > 0 ? -EINVAL : r;
    buf_cut(out, out->len - 1);
    json_put_member(out, "id", buf_str(ret_id));
    json_put_close(out, '}');
    return buf_error(out);
}

static int put_instant(struct buf *out, const char *key, uint64_t us)
{
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, 64);
    r = instant_print_utc(us, &text);
    if (!r)
        json_put_member(out, key, buf_str(&text));
    return r;
}

int clue_stix_indicator(const struct clue *v, const struct clue_indicator *i, struct buf *out)
{
    CLEANUP(buf_done) struct buf value;
    CLEANUP(buf_done) struct buf pattern;
    const struct misp_type *type;
    char uuid[MISP_UUID_LEN + 1];
    struct str values[2] = {STR_NONE, STR_NONE};
    uint64_t from_us = i->made_us;
    int r;

    if (i->until_us && i->until_us <= from_us)
        from_us = i->until_us > US_PER_SECOND ? i->until_us - US_PER_SECOND : 0;
    buf_init(&value, VALUE_MAX);
    buf_init(&pattern, VALUE_MAX * 3);
    r = type_and_value(v, &type, &value);
    if (!r)
        r = misp_uuid5(clue_type_name(v->type), buf_str(&value), uuid);
    if (r)
        return ERR(r);
    values[0] = buf_str(&value);
    misp_pattern_put(type, values, &pattern);
    buf_printf(out, "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":\"indicator--%s\"",
               uuid);
    r = buf_error(&pattern);
    if (!r)
        r = put_instant(out, "created", i->made_us);
    if (!r)
        r = put_instant(out, "modified", i->made_us);
    if (i->description.len)
        json_put_member(out, "description", i->description);
    json_put_member(out, "pattern", buf_str(&pattern));
    json_put_member(out, "pattern_type", STR("stix"));
    json_put_member(out, "pattern_version", STR("2.1"));
    if (!r)
        r = put_instant(out, "valid_from", from_us);
    if (!r && i->until_us)
        r = put_instant(out, "valid_until", i->until_us);
    if (i->confidence >= 0) {
        json_put_key(out, "confidence");
        buf_printf(out, "%d", i->confidence);
    }
    misp_mark_put(out, i->tlp);
    json_put_close(out, '}');
    return r ? r : buf_error(out);
}

int clue_stix_mark(enum tlp tlp, struct buf *out)
{
    misp_mark_object_put(out, (int)tlp);
    return buf_error(out);
}
