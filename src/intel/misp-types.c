#include "intel/misp-inside.h"

#include "intel/clue-inside.h"
#include "intel/jcs.h"

#include "base/codec.h"

#define VALUE_MAX 60000u /* bytes: a pattern's texts have an end (intel/pattern.h) */

enum { CHECK_TEXT = 1000, CHECK_NAME, CHECK_NUMBER, CHECK_ASN, CHECK_MAC, CHECK_IP };
#define CHECK_OF_TEXT CHECK_TEXT
#define CHECK_OF_NAME CHECK_NAME
#define CHECK_OF_NUMBER CHECK_NUMBER
#define CHECK_OF_ASN CHECK_ASN
#define CHECK_OF_MAC CHECK_MAC
#define CHECK_OF_IP CHECK_IP
#define CHECK_OF_32 32
#define CHECK_OF_40 40
#define CHECK_OF_56 56
#define CHECK_OF_64 64
#define CHECK_OF_96 96
#define CHECK_OF_128 128

static const struct {
    const char *path;
    int check;
    const char *type, *property;
} parts[MISP_N_PARTS] = {
#define PART(id, path, check, type, property) \
    [MISP_PART_##id] = {path, CHECK_OF_##check, type, property},
#define TYPE(name, first, second)
#include "intel/misp-types.def"
#undef PART
#undef TYPE
};

static const struct misp_type types[] = {
#define PART(id, path, check, type, property)
#define TYPE(name, first, second) {{name, sizeof(name) - 1}, MISP_PART_##first, MISP_PART_##second},
#include "intel/misp-types.def"
#undef PART
#undef TYPE
};

const struct misp_type *misp_type_of(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_eq(types[i].name, name))
            return &types[i];
    return NULL;
}

const struct misp_type *misp_type_of_parts(enum misp_part first, enum misp_part second)
{
    static const char *const usual[] = {"ip-dst",
                                        "ip-dst|port"}; /* of the types with the same parts */

    for (size_t i = 0; i < ARRAY_LEN(usual); i++) {
        const struct misp_type *type = misp_type_of(str_of(usual[i]));

        if (type && type->first == first && type->second == second)
            return type;
    }
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (types[i].first == first && types[i].second == second)
            return &types[i];
    return NULL;
}

struct str misp_scalar(const struct scan_value *object, const char *key)
{
    const struct scan_value *v = scan_member(object, str_of(key));

    if (!v)
        return STR_NONE;
    if (v->kind == SCAN_STRING || v->kind == SCAN_NUMBER)
        return scan_str(v);
    return v->kind == SCAN_TRUE ? STR("1") : v->kind == SCAN_FALSE ? STR("0") : STR_NONE;
}

/* ---- checks ---- */

static bool has_only_digits(struct str s, bool hex)
{
    for (size_t i = 0; i < s.len; i++)
        if (hex ? hex_digit(s.at[i]) < 0 : s.at[i] < '0' || s.at[i] > '9')
            return false;
    return s.len > 0;
}

static bool is_v6(struct str s)
{
    return memchr(s.at, ':', s.len) != NULL;
}

/* An address, or a network with its length. */
static bool is_ip(struct str s)
{
    const char *slash = s.len ? memchr(s.at, '/', s.len) : NULL;
    struct str host = {s.at, slash ? (size_t)(slash - s.at) : s.len};
    uint8_t bytes[16];
    uint64_t bits;

    if (!s.len || (is_v6(host) ? clue_parse_ipv6(host, bytes) : clue_parse_ipv4(host, bytes)))
        return false;
    return !slash || str_to_u64((struct str){slash + 1, s.len - host.len - 1}, 0,
                                is_v6(host) ? 128 : 32, &bits) == 0;
}

static bool is_mac(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (i % 3 == 2 ? s.at[i] != ':'
                       : hex_digit(s.at[i]) < 0 || (s.at[i] >= 'A' && s.at[i] <= 'F'))
            return false;
    return s.len == 17;
}

/* Something that stands on one line without a blank. */
static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] <= ' ' || s.at[i] == 0x7f)
            return false;
    return true;
}

static struct str as_number(struct str s)
{
    return str_starts(s, STR("AS")) ? (struct str){s.at + 2, s.len - 2} : s;
}

static bool is_number(struct str s, uint64_t max)
{
    uint64_t n;

    return s.len && (s.at[0] != '0' || s.len == 1) && has_only_digits(s, false) &&
           str_to_u64(s, 0, max, &n) == 0;
}

static bool is_of(enum misp_part part, struct str s)
{
    if (!s.len || s.len > VALUE_MAX)
        return false;
    switch (parts[part].check) {
    case CHECK_TEXT:
        return true;
    case CHECK_NAME:
        return is_name(s);
    case CHECK_NUMBER:
        return is_number(s, part == MISP_PART_PORT ? 65535 : (UINT64_C(1) << 53) - 1);
    case CHECK_ASN:
        return is_number(as_number(s), UINT32_MAX);
    case CHECK_MAC:
        return is_mac(s);
    case CHECK_IP:
        return is_ip(s);
    default:
        return (int)s.len == parts[part].check && has_only_digits(s, true);
    }
}

/* The | between two values is the last one where the second is of a fixed form, since a file's name may hold others; else the first. */
bool misp_type_split(const struct misp_type *type, struct str value, struct str ret[2])
{
    const char *bar;

    ret[0] = value;
    ret[1] = STR_NONE;
    if (type->second == MISP_PART_NONE)
        return is_of(type->first, value);
    if (!value.len)
        return false;
    bar = type->second == MISP_PART_DATA ? memchr(value.at, '|', value.len)
                                         : memrchr(value.at, '|', value.len);
    if (!bar)
        return false;
    ret[0].len = (size_t)(bar - value.at);
    ret[1] = (struct str){bar + 1, value.len - ret[0].len - 1};
    return is_of(type->first, ret[0]) && is_of(type->second, ret[1]);
}

/* ---- patterns ---- */

static void put_literal(struct str s, struct buf *out)
{
    buf_add_char(out, '\'');
    for (size_t i = 0; i < s.len; i++) {
        if (s.at[i] == '\'' || s.at[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, s.at[i]);
    }
    buf_add_char(out, '\'');
}

static void put_test(const char *path, enum misp_part part, struct str value, struct buf *out)
{
    bool is_net = part == MISP_PART_IP && memchr(value.at, '/', value.len);

    buf_printf(out, "%s %s ", path, is_net ? "ISSUBSET" : "=");
    if (parts[part].check == CHECK_NUMBER || parts[part].check == CHECK_ASN)
        buf_add_str(out, as_number(value));
    else
        put_literal(value, out);
}

void misp_comparison_put(enum misp_part part, struct str value, struct buf *out)
{
    put_test(part == MISP_PART_IP ? is_v6(value) ? "ipv6-addr:value" : "ipv4-addr:value"
                                  : parts[part].path,
             part, value, out);
}

void misp_pattern_put(const struct misp_type *type, const struct str values[2], struct buf *out)
{
    bool is_source = str_starts(type->name, STR("ip-src"));

    buf_add_char(out, '[');
    if (type->second == MISP_PART_PORT) {
        put_test(is_source ? "network-traffic:src_ref.value" : "network-traffic:dst_ref.value",
                 MISP_PART_IP, values[0], out);
        buf_add_text(out, " AND ");
        put_test(is_source ? "network-traffic:src_port" : "network-traffic:dst_port",
                 MISP_PART_PORT, values[1], out);
    } else {
        misp_comparison_put(type->first, values[0], out);
        if (type->second != MISP_PART_NONE)
            buf_add_text(out, " AND ");
        if (type->second == MISP_PART_IP)
            put_test("domain-name:resolves_to_refs[*].value", MISP_PART_IP, values[1], out);
        else if (type->second != MISP_PART_NONE)
            misp_comparison_put(type->second, values[1], out);
    }
    buf_add_char(out, ']');
}

enum misp_part misp_part_of_path(struct str path)
{
    static const char *const addresses[] = {"ipv4-addr:value", "ipv6-addr:value",
                                            "network-traffic:dst_ref.value",
                                            "network-traffic:src_ref.value",
                                            "domain-name:resolves_to_refs[*].value"};

    for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
        if (str_eq(path, str_of(addresses[i])))
            return MISP_PART_IP;
    if (str_eq(path, STR("network-traffic:src_port")))
        return MISP_PART_PORT;
    for (unsigned i = 1; i < MISP_N_PARTS; i++)
        if (parts[i].path[0] && str_eq(path, str_of(parts[i].path)))
            return (enum misp_part)i;
    return MISP_PART_NONE;
}

/* ---- observables ---- */

static bool is_scheme_char(char c, bool is_first)
{
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

    return is_letter || (!is_first && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'));
}

static bool has_scheme(struct str url)
{
    size_t n = 0;

    while (n < url.len && is_scheme_char(url.at[n], n == 0))
        n++;
    return n > 0 && n + 1 < url.len && url.at[n] == ':';
}

bool misp_part_is_observable(enum misp_part part, struct str value)
{
    if (part == MISP_PART_URL)
        return has_scheme(value);
    if (part == MISP_PART_KEY)
        return str_starts(value, STR("HKEY_"));
    return part == MISP_PART_IP || parts[part].type[0];
}

const char *misp_part_type(enum misp_part part, struct str value)
{
    return part == MISP_PART_IP ? is_v6(value) ? "ipv6-addr" : "ipv4-addr" : parts[part].type;
}

const char *misp_part_property(enum misp_part part)
{
    return part == MISP_PART_IP ? "value" : parts[part].property;
}

bool misp_part_is_hash(enum misp_part part)
{
    return parts[part].check < CHECK_TEXT || part == MISP_PART_SSDEEP || part == MISP_PART_TLSH;
}

void misp_part_value_put(enum misp_part part, struct str value, struct buf *out)
{
    if (parts[part].check == CHECK_NUMBER || parts[part].check == CHECK_ASN)
        buf_add_str(out, as_number(value));
    else
        jcs_print_string(value, out);
}
