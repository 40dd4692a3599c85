#include "intel/stix-life.h"

#include "intel/stix-time.h"

/* -1: it has none. */
static int64_t instant_of(const struct scan_value *object, const char *key)
{
    struct str text = scan_text(object, str_of(key));
    struct stix_time t;

    return text.len && stix_time_read(text, &t) ? MAX_OF(stix_time_us(t), 0) : -1;
}

static int64_t first_of(const struct scan_value *object, const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t at_us = instant_of(object, keys[i]);

        if (at_us >= 0)
            return at_us;
    }
    return 0;
}

static bool is_revoked(const struct scan_value *object)
{
    const struct scan_value *revoked = scan_member(object, STR("revoked"));

    return revoked && revoked->kind == SCAN_TRUE;
}

static bool is_indicator(struct str id)
{
    return str_starts(id, STR("indicator--")) && id.len <= SEGMENT_WORD_MAX;
}

static void of_indicator(const struct scan_value *object, struct segment_object *ret)
{
    int64_t until_us = instant_of(object, "valid_until");

    ret->life = SEGMENT_INDICATOR;
    ret->at_us = MAX_OF(MAX_OF(instant_of(object, "modified"), instant_of(object, "valid_from")), 0);
    ret->until_us = is_revoked(object) ? 0 : until_us < 0 ? DECAY_NEVER : until_us;
}

static void of_sighting(const struct scan_value *object, struct segment_object *ret)
{
    static const char *const times[] = {"last_seen", "first_seen", "modified", "created"};
    const struct scan_value *count = scan_member(object, STR("count"));
    struct str of = scan_text(object, STR("sighting_of_ref"));
    int64_t n = 1;

    if (!is_indicator(of) || (count && count->kind == SCAN_NUMBER && str_to_i64(scan_str(count), 0, 999999999, &n)))
        return;
    ret->life = is_revoked(object) || !n ? SEGMENT_VOID : SEGMENT_SIGHTING;
    ret->of = of;
    ret->n = (uint32_t)n;
    ret->at_us = first_of(object, times, ARRAY_LEN(times));
}

static bool is_among(struct str list, struct str id)
{
    struct str one;

    while (list.len && str_split(&list, ' ', &one))
        if (str_eq(one, id))
            return true;
    return false;
}

/* Each indicator once, as far as there is room. */
static int indicators_of(const struct scan_value *refs, struct buf *ids)
{
    int r = 0;

    for (uint32_t i = 0, at = 1; !r && i < refs->len; i++, at += refs[at].skip) {
        struct str id = refs[at].kind == SCAN_STRING ? scan_str(&refs[at]) : STR("");

        if (!is_indicator(id) || is_among(buf_str(ids), id))
            continue;
        if (ids->len + id.len + 1 > SEGMENT_OF_MAX)
            break;
        r = (ids->len ? buf_add_char(ids, ' ') : 0) ?: buf_add_str(ids, id);
    }
    return r;
}

static int of_opinion(const struct scan_value *object, struct buf *ids, struct segment_object *ret)
{
    static const char *const times[] = {"modified", "created"};
    const struct scan_value *refs = scan_member(object, STR("object_refs"));
    int r = refs && refs->kind == SCAN_ARRAY ? indicators_of(refs, ids) : 0;

    if (r || !ids->len)
        return r;
    ret->of = buf_str(ids);
    ret->life = !is_revoked(object) && str_eq(scan_text(object, STR("opinion")), STR("strongly-disagree")) ? SEGMENT_FALSE : SEGMENT_VOID;
    ret->at_us = first_of(object, times, ARRAY_LEN(times));
    return 0;
}

int stix_life(const struct scan_value *object, struct buf *ids, struct segment_object *ret)
{
    struct str type = scan_text(object, STR("type"));

    buf_clear(ids);
    ret->life = SEGMENT_LIFELESS;
    ret->decay_class = DECAY_OTHER;
    ret->at_us = ret->until_us = 0;
    ret->n = 0;
    ret->of = STR_NONE;
    if (str_eq(type, STR("indicator")))
        of_indicator(object, ret);
    else if (str_eq(type, STR("sighting")))
        of_sighting(object, ret);
    else if (str_eq(type, STR("opinion")))
        return of_opinion(object, ids, ret);
    return 0;
}

enum decay_class stix_life_class(enum clue_type type)
{
    switch (type) {
    case CLUE_IPV4:
    case CLUE_IPV4_NET:
    case CLUE_IPV6:
    case CLUE_IPV6_NET:
    case CLUE_ASN:
        return DECAY_ADDRESS;
    case CLUE_URL:
        return DECAY_URL;
    case CLUE_DOMAIN:
        return DECAY_DOMAIN;
    case CLUE_EMAIL:
        return DECAY_MAIL;
    case CLUE_PHONE:
    case CLUE_BTC:
    case CLUE_ETH:
    case CLUE_ACCOUNT:
        return DECAY_PERSON;
    case CLUE_MD5:
    case CLUE_SHA1:
    case CLUE_SHA224:
    case CLUE_SHA256:
    case CLUE_SHA384:
    case CLUE_SHA512:
    case CLUE_CERT_DIGEST:
    case CLUE_CERT_SERIAL:
    case CLUE_SSDEEP:
    case CLUE_TLSH:
        return DECAY_HASH;
    default:
        return DECAY_OTHER;
    }
}
