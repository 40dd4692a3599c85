#include "intel/stix-id.h"

#include "base/codec.h"
#include "intel/jcs.h"

#include <errno.h>
#include <openssl/evp.h>

#define UUID_LEN 36u
#define SHA1_SIZE 20u
#define NAME_MAX_SIZE \
    ((size_t)32 << 20) /* an object's canonical form; json-scan.h reads no larger ones */

/* 00abedb4-aa42-466c-9c01-fed23315a9b7 (section 2.9) */
static const uint8_t observables[STIX_UUID_SIZE] = {0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c,
                                               0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7};

static const struct {
    struct str type, property;
} contributing[] = {
#define CONTRIBUTING(type, property) {{type, sizeof(type) - 1}, {property, sizeof(property) - 1}},
#include "intel/stix-contributing.def"
#undef CONTRIBUTING
};

bool stix_type_is(struct str type)
{
    char before = '-';

    if (type.len < STIX_TYPE_MIN || type.len > STIX_TYPE_MAX)
        return false;
    for (size_t i = 0; i < type.len; i++) {
        char c = type.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9' && i > 0) ||
              (c == '-' && before != '-')))
            return false;
        before = c;
    }
    return before != '-';
}

static bool is_uuid(struct str s)
{
    if (s.len != UUID_LEN)
        return false;
    for (size_t i = 0; i < UUID_LEN; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_hyphen ? s.at[i] != '-' : hex_digit(s.at[i]) < 0)
            return false;
    }
    return true;
}

bool stix_id_is_rfc4122(struct str id)
{
    struct str type, uuid;

    if (!stix_id_is(id, &type))
        return false;
    uuid = (struct str){id.at + type.len + 2, UUID_LEN};
    return uuid.at[14] >= '1' && uuid.at[14] <= '8' && (hex_digit(uuid.at[19]) & 0xc) == 0x8;
}

bool stix_id_is(struct str id, struct str *ret_type)
{
    struct str type = id, uuid;

    if (id.len < STIX_TYPE_MIN + 2 + UUID_LEN)
        return false;
    type.len -= UUID_LEN + 2;
    uuid = (struct str){id.at + type.len + 2, UUID_LEN};
    if (id.at[type.len] != '-' || id.at[type.len + 1] != '-' || !stix_type_is(type) ||
        !is_uuid(uuid))
        return false;
    *ret_type = type;
    return true;
}

/* ---- observables ---- */

/* Of several hashes one contributes, so that knowing more of them later does not change the id: the first of these, else the first in order. */
static const struct scan_value *one_hash(const struct scan_value *hashes)
{
    static const char *const first[] = {"MD5", "SHA-1", "SHA-256", "SHA-512"};
    const struct scan_value *c = hashes + 1, *least = NULL;

    if (hashes->kind != SCAN_OBJECT)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(first); i++) {
        const struct scan_value *v = scan_member(hashes, str_of(first[i]));

        if (v)
            return v - 1;
    }
    for (uint32_t i = 0; i < hashes->len; i++, c += 1 + c[1].skip)
        if (!least || jcs_key_cmp(scan_str(c), scan_str(least)) < 0)
            least = c;
    return least;
}

static int print_hashes(const struct scan_value *hashes, struct buf *name)
{
    const struct scan_value *key = one_hash(hashes);
    int r;

    if (!key)
        return jcs_print(hashes, name);
    buf_add_char(name, '{');
    jcs_print_string(scan_str(key), name);
    buf_add_char(name, ':');
    r = jcs_print(key + 1, name);
    return r ? r : buf_add_char(name, '}');
}

static int print_property(struct str property, const struct scan_value *v, struct buf *name)
{
    buf_add_char(name, name->len ? ',' : '{');
    jcs_print_string(property, name);
    buf_add_char(name, ':');
    return str_eq(property, STR("hashes")) ? print_hashes(v, name) : jcs_print(v, name);
}

/* The canonical form of the object of contributing properties, in the order of their names; empty when there are none. */
static int print_name(const struct scan_value *object, struct str type, struct buf *name)
{
    struct str last = STR_NONE;
    int r = 0;

    while (!r) {
        const struct scan_value *v = NULL;
        struct str next = STR_NONE;

        for (size_t i = 0; i < ARRAY_LEN(contributing); i++) {
            struct str p = contributing[i].property;
            const struct scan_value *found;

            if (!str_eq(contributing[i].type, type) || (last.at && str_cmp(p, last) <= 0) ||
                (next.at && str_cmp(p, next) >= 0))
                continue;
            found = scan_member(object, p);
            if (found) {
                next = p;
                v = found;
            }
        }
        if (!v)
            break;
        r = print_property(next, v, name);
        last = next;
    }
    return r ? r : name->len ? buf_add_char(name, '}') : 0;
}

int stix_uuid5(const uint8_t space[STIX_UUID_SIZE], struct str name, struct buf *out)
{
    CLEANUP(buf_done) struct buf all;
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int r;

    buf_init(&all, NAME_MAX_SIZE + STIX_UUID_SIZE);
    r = buf_add(&all, space, STIX_UUID_SIZE);
    if (!r)
        r = buf_add_str(&all, name);
    if (r)
        return ERR(r);
    if (!EVP_Digest(all.at, all.len, hash, &size, EVP_sha1(), NULL) || size != SHA1_SIZE)
        return -ENOMEM;
    hash[6] = (uint8_t)((hash[6] & 0x0f) | 0x50);
    hash[8] = (uint8_t)((hash[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < STIX_UUID_SIZE; i++)
        buf_printf(out, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", hash[i]);
    return buf_error(out);
}

int stix_id_of_observable(const struct scan_value *object, struct buf *out)
{
    CLEANUP(buf_done) struct buf name;
    struct str type = scan_text(object, STR("type"));
    int r;

    buf_init(&name, NAME_MAX_SIZE);
    r = print_name(object, type, &name);
    if (r)
        return r == JCS_E_NUMBER ? STIX_ID_NONE : r;
    if (!name.len)
        return STIX_ID_NONE;
    buf_add_str(out, type);
    buf_add_text(out, "--");
    return stix_uuid5(observables, buf_str(&name), out);
}
