#include "fsck/fsck.h"

#include <string.h>

#define INSTANT_LEN 27u

/* Digits where 0 stands, the rest as written. */
static bool is_instant(struct slice s)
{
    static const char form[] = "0000-00-00T00:00:00.000000Z";

    if (s.len != INSTANT_LEN)
        return false;
    for (size_t i = 0; i < INSTANT_LEN; i++)
        if (form[i] == '0' ? s.at[i] < '0' || s.at[i] > '9' : s.at[i] != form[i])
            return false;
    return true;
}

/* "draw": {"drawn", "one_in", "root", "shard", "size"}. Wrong ones are the draw's business, not the form's. */
static bool scan_draw(struct scan *s, struct draw *d)
{
    struct scan_object o = {0};
    int r;

    *d = (struct draw){.shard = -1, .size = -1, .one_in = -1};
    if (!scan_open(s, '{'))
        return false;
    while ((r = scan_member(s, &o)) > 0) {
        bool good, is_text = s->at < s->end && *s->at == '"', is_number = s->at < s->end && *s->at >= '0' && *s->at <= '9';

        if (slice_is(o.key, "root") && is_text)
            good = scan_string(s, &d->root);
        else if (slice_is(o.key, "shard") && is_number)
            good = scan_integer(s, &d->shard);
        else if (slice_is(o.key, "size") && is_number)
            good = scan_integer(s, &d->size);
        else if (slice_is(o.key, "one_in") && is_number)
            good = scan_integer(s, &d->one_in);
        else if (slice_is(o.key, "drawn") && s->at < s->end && *s->at == 't')
            good = d->is_drawn = scan_literal(s, "true");
        else
            good = scan_skip(s, 3);
        if (!good)
            return false;
    }
    return r == 0;
}

/* "in": only what chains the shards is taken out. */
static bool scan_in(struct scan *s, struct entry *e)
{
    struct scan_object o = {0};
    int r;

    if (!scan_open(s, '{'))
        return false;
    while ((r = scan_member(s, &o)) > 0) {
        bool good;

        if (slice_is(o.key, "prev_origin") && s->at < s->end && *s->at == '"')
            good = e->has_prev = scan_string(s, &e->prev_origin);
        else if (slice_is(o.key, "prev_root") && s->at < s->end && *s->at == '"')
            good = scan_string(s, &e->prev_root);
        else if (slice_is(o.key, "prev_size") && s->at < s->end && *s->at >= '0' && *s->at <= '9')
            good = scan_integer(s, &e->prev_size);
        else if (slice_is(o.key, "draw") && s->at < s->end && *s->at == '{')
            good = e->has_draw = scan_draw(s, &e->draw);
        else
            good = scan_skip(s, 2);
        if (!good)
            return false;
    }
    return r == 0;
}

/* What the objects in "obj" and "pii" may hold (L26, L31). */
struct form {
    const char *name;
    enum { FORM_TEXT, FORM_DIGEST, FORM_TRUE } kind;
    bool is_needed;
};
static const struct form obj_forms[] = {
    {"id", FORM_TEXT, true},
    {"kind", FORM_TEXT, true},
    {"digest", FORM_DIGEST, false},
    {"disposed", FORM_TRUE, false},
    {NULL, FORM_TEXT, false},
};
static const struct form pii_forms[] = {
    {"field", FORM_TEXT, true},
    {"commit", FORM_DIGEST, true},
    {"record", FORM_TEXT, false},
    {NULL, FORM_TEXT, false},
};

static bool scan_formed(struct scan *s, const struct form *f)
{
    struct slice text;
    struct hash h;

    if (f->kind == FORM_TRUE)
        return scan_literal(s, "true");
    if (!scan_string(s, &text))
        return false;
    return (f->kind == FORM_DIGEST ? hash_from_hex(text, &h) : text.len > 0) ||
           scan_fail(s, "a digest that is not 64 digits, or an empty text");
}

static bool scan_object(struct scan *s, const struct form *forms)
{
    struct scan_object o = {0};
    unsigned missing = 0;
    int r;

    for (const struct form *f = forms; f->name; f++)
        missing += f->is_needed;
    if (!scan_open(s, '{'))
        return false;
    while ((r = scan_member(s, &o)) > 0) {
        const struct form *f = forms;

        while (f->name && !slice_is(o.key, f->name))
            f++;
        if (!f->name)
            return scan_fail(s, "a member of obj or pii that is not known");
        if (!scan_formed(s, f))
            return false;
        missing -= f->is_needed; /* keys come once: they are in order */
    }
    return r == 0 && (missing == 0 || scan_fail(s, "a member of obj or pii is missing"));
}

/* A list of such objects; its JSON text is kept for record_learn(). */
static bool scan_list(struct scan *s, const struct form *forms, struct slice *ret)
{
    const char *start = s->at;
    bool started = false;
    int r;

    if (!scan_open(s, '['))
        return false;
    while ((r = scan_element(s, &started)) > 0)
        if (!scan_object(s, forms))
            return false;
    *ret = (struct slice){start, (size_t)(s->at - start)};
    return r == 0;
}

static bool scan_result(struct scan *s)
{
    struct slice text;

    if (!scan_string(s, &text))
        return false;
    return slice_is(text, "allowed") || slice_is(text, "refused") || slice_is(text, "recorded") ||
           scan_fail(s, "a result that is not known");
}

static bool scan_time(struct scan *s, struct slice *ret)
{
    return scan_string(s, ret) && (is_instant(*ret) || scan_fail(s, "a time in another form"));
}

enum { HAS_ACT = 1, HAS_RESULT = 2, HAS_SEQ = 4, HAS_T = 8, HAS_V = 16, HAS_ALL = 31 };

#define SALT_LEN 32u

static bool scan_salt(struct scan *s)
{
    struct slice text;

    if (!scan_string(s, &text))
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((text.at[i] < '0' || text.at[i] > '9') && (text.at[i] < 'a' || text.at[i] > 'f'))
            return scan_fail(s, "a salt that is not 32 digits");
    return text.len == SALT_LEN || scan_fail(s, "a salt that is not 32 digits");
}

/* Members with values of any kind. */
static bool is_other(struct slice key)
{
    static const char *const names[] = {"actor", "clauses", "from", "label", "paper",
                                        "ref",   "rules",   "to",   "unmet"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (slice_is(key, names[i]))
            return true;
    return false;
}

static bool scan_one(struct scan *s, struct slice key, struct entry *e, unsigned *has)
{
    int64_t version;

    if (slice_is(key, "act")) {
        *has |= HAS_ACT;
        return scan_string(s, &e->act);
    }
    if (slice_is(key, "result")) {
        *has |= HAS_RESULT;
        return scan_result(s);
    }
    if (slice_is(key, "seq")) {
        *has |= HAS_SEQ;
        return scan_integer(s, &e->seq);
    }
    if (slice_is(key, "t")) {
        *has |= HAS_T;
        return scan_time(s, &e->t);
    }
    if (slice_is(key, "v")) {
        *has |= HAS_V;
        return scan_integer(s, &version) && (version == 1 || scan_fail(s, "a version that is not known"));
    }
    if (slice_is(key, "case"))
        return scan_string(s, &e->case_id);
    if (slice_is(key, "due"))
        return scan_time(s, &e->due);
    if (slice_is(key, "in"))
        return scan_in(s, e);
    if (slice_is(key, "obj"))
        return scan_list(s, obj_forms, &e->obj);
    if (slice_is(key, "pii"))
        return scan_list(s, pii_forms, &e->pii);
    if (slice_is(key, "salt"))
        return scan_salt(s);
    return is_other(key) ? scan_skip(s, 1) : scan_fail(s, "a member that is not known");
}

const char *entry_scan(struct slice bytes, struct entry *ret)
{
    struct scan s = {bytes.at, bytes.at + bytes.len, NULL};
    struct scan_object o = {0};
    struct entry e = {.seq = -1};
    unsigned has = 0;
    int r = -1;

    if (scan_open(&s, '{')) {
        while ((r = scan_member(&s, &o)) > 0) {
            if (!scan_one(&s, o.key, &e, &has)) {
                r = -1;
                break;
            }
        }
    }
    if (r == 0 && s.at != s.end)
        (void)scan_fail(&s, "bytes behind the end");
    if (r == 0 && has != HAS_ALL)
        (void)scan_fail(&s, "a member that must be there is missing");
    if (r == 0 && e.seq < 0)
        (void)scan_fail(&s, "a seq below 0");
    *ret = e;
    return s.problem;
}
