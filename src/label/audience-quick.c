/* Each piece is expected where the canonical form has it; whatever differs by a byte is not of this form. What is in order and without doubles as it
 * stands is what label_make() would make of it, so nothing is printed again. */
#include "label/audience-quick.h"

#include <errno.h>

struct scan {
    const char *at, *end;
    struct arena *arena;
};

static bool take(struct scan *s, struct str piece)
{
    if ((size_t)(s->end - s->at) < piece.len || memcmp(s->at, piece.at, piece.len) != 0)
        return false;
    s->at += piece.len;
    return true;
}

static bool take_level(struct scan *s, int max, int *ret)
{
    if (s->at == s->end || *s->at < '1' || *s->at > '0' + max)
        return false;
    *ret = *s->at++ - '0';
    return true;
}

/* Up to the closing quotation mark, which is taken, too. */
static bool take_word(struct scan *s, struct str *ret)
{
    const char *begin = s->at;

    while (s->at < s->end && *s->at != '"' && *s->at != '\\' && *s->at >= ' ' && *s->at < 0x7f)
        s->at++;
    *ret = (struct str){begin, (size_t)(s->at - begin)};
    return take(s, STR("\""));
}

/* One with something in it, which is more than JSON asks. */
static bool take_name(struct scan *s, struct str *ret)
{
    return take_word(s, ret) && ret->len > 0;
}

static const char *key_made(struct scan *s, const char *kind, struct str id, const char *at,
                            struct str unit)
{
    size_t n_kind = strlen(kind), n_at = strlen(at);
    char *key = arena_alloc(s->arena, n_kind + id.len + n_at + unit.len + 1), *end = key;
    const struct str pieces[] = {{kind, n_kind}, id, {at, n_at}, unit};

    for (size_t i = 0; key && i < ARRAY_LEN(pieces); i++) {
        if (pieces[i].len)
            memcpy(end, pieces[i].at, pieces[i].len);
        end += pieces[i].len;
    }
    if (key)
        *end = '\0';
    return key;
}

static bool has_at(struct str s)
{
    return s.len && memchr(s.at, '@', s.len) != NULL;
}

/* What `audience.c` makes of a reader; AUDIENCE_QUICK_E_OTHER where it would refuse. */
static int take_reader(struct scan *s, const char **ret)
{
    struct str id, unit = STR_NONE;

    if (take(s, STR("{\"person\":\""))) {
        if (!take_name(s, &id) || !take(s, STR("}")))
            return AUDIENCE_QUICK_E_OTHER;
        *ret = key_made(s, "p:", id, "", STR_NONE);
    } else if (take(s, STR("{\"unit\":\""))) {
        if (!take_name(s, &id) || !take(s, STR("}")))
            return AUDIENCE_QUICK_E_OTHER;
        *ret = key_made(s, "u:", id, "", STR_NONE);
    } else if (take(s, STR("{\"unit_kind\":\""))) {
        if (!take_name(s, &id) || !take(s, STR("}")))
            return AUDIENCE_QUICK_E_OTHER;
        *ret = key_made(s, "k:", id, "", STR_NONE);
    } else if (take(s, STR("{\"role\":\""))) {
        if (!take_name(s, &id) || has_at(id) ||
            (take(s, STR(",\"unit\":\"")) && (!take_name(s, &unit) || has_at(unit))) ||
            !take(s, STR("}")))
            return AUDIENCE_QUICK_E_OTHER;
        *ret = key_made(s, "r:", id, "@", unit);
    } else {
        return AUDIENCE_QUICK_E_OTHER;
    }
    return *ret ? 0 : -ENOMEM;
}

static int take_restriction(struct scan *s, const char **ret)
{
    struct str word;

    if (!take(s, STR("\"")) || !take_name(s, &word))
        return AUDIENCE_QUICK_E_OTHER;
    *ret = arena_strdup(s->arena, word);
    return *ret ? 0 : -ENOMEM;
}

/* A list behind its opening bracket, in order and each once. */
static int take_set(struct scan *s, int (*take_one)(struct scan *s, const char **ret),
                    struct label_set *ret)
{
    const char *words[LABEL_SET_MAX], **kept;
    size_t n = 0;
    int r;

    if (!take(s, STR("]"))) {
        do {
            if (n == LABEL_SET_MAX)
                return AUDIENCE_QUICK_E_OTHER;
            if ((r = take_one(s, &words[n])))
                return r;
            if (n && strcmp(words[n - 1], words[n]) >= 0)
                return AUDIENCE_QUICK_E_OTHER;
            n++;
        } while (take(s, STR(",")));
        if (!take(s, STR("]")))
            return AUDIENCE_QUICK_E_OTHER;
    }
    if (!(kept = arena_alloc_n(s->arena, n + 1, sizeof(*kept))))
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        kept[i] = words[i];
    *ret = (struct label_set){kept, n};
    return 0;
}

/* Everybody is no range at all. */
static int take_range(struct scan *s, struct label *l)
{
    struct label_set range, *kept;
    int r;

    l->n_ranges = 0;
    l->ranges = NULL;
    if (take(s, STR("{\"everyone\":true}]")))
        return 0;
    if ((r = take_set(s, take_reader, &range)))
        return r;
    if (!(kept = arena_alloc(s->arena, sizeof(*kept))))
        return -ENOMEM;
    *kept = range;
    l->ranges = kept;
    l->n_ranges = 1;
    return 0;
}

int audience_read_quick(struct str body, struct arena *a, struct audience *ret)
{
    struct scan s = {body.at, body.at + body.len, a};
    struct audience au = {0};
    struct str label;
    int r;

    if (!body.len || body.len > AUDIENCE_BODY_MAX || !take(&s, STR("{\"a\":")) ||
        !take_level(&s, LABEL_AVAILABILITY_MAX, &au.label.availability) ||
        !take(&s, STR(",\"c\":")) ||
        !take_level(&s, LABEL_CONFIDENTIALITY_MAX, &au.label.confidentiality) ||
        !take(&s, STR(",\"i\":")) || !take_level(&s, LABEL_INTEGRITY_MAX, &au.label.integrity) ||
        !take(&s, STR(",\"label\":\"")) || !take_word(&s, &label) || !take(&s, STR(",\"range\":[")))
        return AUDIENCE_QUICK_E_OTHER;
    if ((r = take_range(&s, &au.label)))
        return r;
    if (!take(&s, STR(",\"restrictions\":[")))
        return AUDIENCE_QUICK_E_OTHER;
    if ((r = take_set(&s, take_restriction, &au.label.restrictions)))
        return r;
    if (!take(&s, STR("}")) || s.at != s.end)
        return AUDIENCE_QUICK_E_OTHER;
    if (!(au.label_id = arena_strdup(a, label)))
        return -ENOMEM;
    *ret = au;
    return 0;
}
