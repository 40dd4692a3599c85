#include "engine/seen.h"

#include "base/utf8.h"
#include "regulation/model.h"

#include <errno.h>
#include <string.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define WORD_MAX 24u
#define MEMBER_COST 400u /* bytes of its keys, numbers, words and digest, at most */
#define FINDING_COST 64u
#define LAYERS_MAX 64

/* ---- the form ---- */

static bool is_word(const json_t *v)
{
    const char *text = json_string_value(v);

    return text && strlen(text) <= WORD_MAX && strspn(text, LETTERS DIGITS "-") == strlen(text);
}

/* UTF-8 in NFC without controls. */
static bool is_text(const json_t *v, size_t max)
{
    struct str s;

    if (!json_is_string(v))
        return false;
    s = (struct str){json_string_value(v), json_string_length(v)};
    if (s.len > max || !utf8_is_valid(s) || utf8_check_nfc(s))
        return false;
    for (size_t at = 0; at < s.len;) {
        uint32_t c = utf8_next(s, &at);

        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return false;
    }
    return true;
}

static bool is_digest(const json_t *v)
{
    const char *text = json_string_value(v);

    return text && strlen(text) == 2 * SHA256_SIZE && strspn(text, DIGITS "abcdef") == strlen(text);
}

static bool is_number(const json_t *v, int64_t max)
{
    return json_is_integer(v) && json_integer_value(v) >= 0 && json_integer_value(v) <= max;
}

static bool findings_ok(const json_t *list, size_t *cost)
{
    const json_t *f;
    size_t i;

    if (!json_is_array(list))
        return false;
    json_array_foreach (list, i, f) {
        if (json_object_size(f) != 2 || !is_word(json_object_get(f, "kind")) || !is_text(json_object_get(f, "value"), SEEN_VALUE_MAX))
            return false;
        *cost += FINDING_COST + strlen(json_str(f, "value"));
    }
    return true;
}

static bool drawn_ok(const json_t *v)
{
    const char *word = is_word(v) ? json_string_value(v) : "";

    return !strcmp(word, "all") || !strcmp(word, "part") || !strcmp(word, "none");
}

struct spent {
    size_t lists, texts;
};

static bool value_ok(const char *key, const json_t *v, struct spent *spent)
{
    if (!strcmp(key, "name")) {
        spent->lists += json_string_length(v);
        return is_text(v, SEEN_NAME_MAX);
    }
    if (!strcmp(key, "text")) {
        spent->texts += json_string_length(v);
        return is_text(v, SEEN_TEXTS_MAX);
    }
    if (!strcmp(key, "metadata") || !strcmp(key, "hidden"))
        return findings_ok(v, &spent->lists);
    if (!strcmp(key, "type") || !strcmp(key, "verdict") || !strcmp(key, "why"))
        return is_word(v);
    if (!strcmp(key, "sha256"))
        return is_digest(v);
    if (!strcmp(key, "size"))
        return is_number(v, INT64_MAX);
    if (!strcmp(key, "layer"))
        return is_number(v, LAYERS_MAX);
    if (!strcmp(key, "drawn"))
        return drawn_ok(v);
    return (!strcmp(key, "macros") || !strcmp(key, "cut")) && json_is_true(v);
}

static bool member_ok(const json_t *member, struct spent *spent)
{
    json_t *each = (json_t *)(uintptr_t)member, *v;
    const char *key;

    if (!json_is_object(member) || !json_object_get(member, "name"))
        return false;
    spent->lists += MEMBER_COST;
    json_object_foreach (each, key, v)
        if (!value_ok(key, v, spent))
            return false;
    return true;
}

static bool is_within(const struct spent *spent)
{
    return spent->lists <= SEEN_LISTS_MAX && spent->texts <= SEEN_TEXTS_MAX;
}

bool seen_ok(const json_t *seen)
{
    const json_t *members = json_arr(seen, "members"), *more = json_object_get(seen, "more"), *m;
    struct spent spent = {0};
    size_t i;

    if (!members || json_object_size(seen) != (more ? 2u : 1u) || (more && !is_number(more, INT64_MAX)) ||
        json_array_size(members) > SEEN_MEMBERS_MAX)
        return false;
    json_array_foreach (members, i, m)
        if (!member_ok(m, &spent) || !is_within(&spent))
            return false;
    return true;
}

/* ---- out of a report ---- */

/* Put in NFC; nothing where it has no such form. */
static int put_text(json_t *to, const char *key, const char *text, size_t max)
{
    CLEANUP(buf_wipe) struct buf nfc;
    int r;

    buf_init(&nfc, 4 * strlen(text) + 1);
    if (!*text)
        return 0;
    r = utf8_nfc(str_of(text), false, &nfc);
    if (r || nfc.len > max)
        return MIN_OF(r, 0);
    return json_put_strn(to, key, buf_str(&nfc));
}

static int put_findings(json_t *to, const char *key, const json_t *list)
{
    JSON_AUTO *out = json_array();
    const json_t *f;
    size_t i;
    int r = out ? 0 : -ENOMEM;

    json_array_foreach (list, i, f) {
        JSON_AUTO *one = r ? NULL : json_pack("{s:s, s:s}", "kind", json_str(f, "kind"), "value", "");

        if (!r && (!one || (r = put_text(one, "value", json_str(f, "value"), SEEN_VALUE_MAX)) || json_array_append(out, one)))
            r = -ENOMEM;
    }
    return r || !json_array_size(out) ? r : json_put(to, key, TAKE(out));
}

static int put_plain(json_t *to, const json_t *member)
{
    static const char *const keys[] = {"layer", "type", "size", "sha256", "verdict", "why", "macros", "cut", "drawn"};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        json_t *v = json_object_get(member, keys[i]);

        if (v && json_object_set(to, keys[i], v))
            return -ENOMEM;
    }
    return 0;
}

static int make_member(const json_t *member, json_t **ret)
{
    JSON_AUTO *m = json_pack("{s:s}", "name", "?");
    int r = m ? put_text(m, "name", json_str(member, "name"), SEEN_NAME_MAX) : -ENOMEM;

    if (!r)
        r = put_plain(m, member);
    if (!r)
        r = put_findings(m, "metadata", json_arr(member, "metadata"));
    if (!r)
        r = put_findings(m, "hidden", json_arr(member, "hidden"));
    if (!r)
        r = put_text(m, "text", json_str(member, "text"), SEEN_TEXTS_MAX);
    if (!r)
        *ret = TAKE(m);
    return r;
}

/* A member whose text has no room left is told without, and says so. */
static int add_member(json_t *members, const json_t *member, struct spent *spent, bool *ret_fits)
{
    JSON_AUTO *m = NULL;
    struct spent now = *spent;
    int r = make_member(member, &m);

    if (r)
        return r;
    *ret_fits = json_array_size(members) < SEEN_MEMBERS_MAX && member_ok(m, &now) && now.lists <= SEEN_LISTS_MAX;
    if (*ret_fits && now.texts > SEEN_TEXTS_MAX) {
        now.texts = spent->texts;
        if (json_object_del(m, "text") || json_put_str(m, "drawn", "none"))
            return -ENOMEM;
    }
    if (!*ret_fits)
        return 0;
    *spent = now;
    return json_array_append(members, m) ? -ENOMEM : 0;
}

int seen_of_report(const json_t *report, json_t **ret)
{
    const json_t *list = json_arr(report, "members"), *member;
    JSON_AUTO *members = json_array();
    JSON_AUTO *out = members ? json_pack("{s:O}", "members", members) : NULL;
    struct spent spent = {0};
    int64_t more = 0;
    size_t i;

    if (!out)
        return -ENOMEM;
    json_array_foreach (list, i, member) {
        bool fits = false;
        int r = add_member(members, member, &spent, &fits);

        if (r)
            return r;
        more += !fits;
    }
    if (more && json_put_int(out, "more", more))
        return -ENOMEM;
    *ret = TAKE(out);
    return 0;
}

json_t *seen_contents(const json_t *seen)
{
    JSON_AUTO *members = json_array();
    const json_t *m;
    size_t i;

    json_array_foreach (json_arr(seen, "members"), i, m)
        if (!members || json_array_append_new(members, json_pack("[s, I, s]", json_str(m, "name"), (json_int_t)json_int(m, "size"), json_str(m, "sha256"))))
            return NULL;
    return members ? json_pack("{s:O, s:I}", "members", members, "more", (json_int_t)json_int(seen, "more")) : NULL;
}

static int blank_findings(const json_t *list)
{
    const json_t *f;
    size_t i;

    json_array_foreach (list, i, f)
        if (json_put_str((json_t *)(uintptr_t)f, "value", ""))
            return -ENOMEM;
    return 0;
}

json_t *seen_outside(const json_t *seen)
{
    JSON_AUTO *out = json_copied_deep(seen);
    json_t *m;
    size_t i;

    if (!out)
        return NULL;
    json_array_foreach (json_arr(out, "members"), i, m) {
        IGNORE(json_object_del(m, "text"), "it may have none");
        if (blank_findings(json_arr(m, "metadata")) || blank_findings(json_arr(m, "hidden")) || (json_object_get(m, "drawn") && json_put_str(m, "drawn", "none")))
            return NULL;
    }
    return TAKE(out);
}

/* ---- what it tells ---- */

enum tells { NOTHING, MACROS, UNKNOWN, ATTRIBUTES, HIDDEN }; /* places among file_tells */

static const char *type_of(const json_t *member)
{
    return json_str(member, "type");
}

/* "a.docx > word/media/image1.png" is a part of "a.docx". */
static const char *part_of(const json_t *member, const char *holder)
{
    const char *name = json_str(member, "name");
    size_t n = strlen(holder);

    return !strncmp(name, holder, n) && !strncmp(name + n, " > ", 3) ? name + n + 3 : NULL;
}

static bool is_office(const json_t *members, const char *holder)
{
    static const char *const first[] = {"word/document.xml", "xl/workbook.xml", "ppt/presentation.xml", "content.xml"};
    const json_t *m;
    size_t i;

    json_array_foreach (members, i, m) {
        const char *part = part_of(m, holder);

        for (size_t k = 0; part && k < ARRAY_LEN(first); k++)
            if (!strcmp(part, first[k]))
                return true;
    }
    return false;
}

/* What it lies in is an office document, of whose parts the survey knows which can hold what. */
static bool is_office_part(const json_t *members, const json_t *member)
{
    const json_t *m;
    size_t i;

    if (strcmp(type_of(member), "text") != 0 && strcmp(type_of(member), "other") != 0)
        return false;
    json_array_foreach (members, i, m)
        if (!strcmp(type_of(m), "zip") && part_of(member, json_str(m, "name")) && is_office(members, json_str(m, "name")))
            return true;
    return false;
}

static bool is_plain_text(const json_t *member)
{
    static const char *const endings[] = {".txt", ".csv", ".tsv", ".md", ".log", ".json", ".yaml", ".yml"};
    const char *type = type_of(member), *name = json_str(member, "name"), *dot = strrchr(name, '.');

    for (size_t i = 0; dot && i < ARRAY_LEN(endings); i++)
        if (str_eq_nocase(str_of(dot), str_of(endings[i])))
            return !strcmp(type, "text") || (!strcmp(type, "other") && !strcmp(json_str(member, "drawn"), "all"));
    return false;
}

/* Somebody can say all that is in it, beside the members that it may have. */
static bool is_known(const json_t *members, const json_t *member)
{
    static const char *const types[] = {"empty", "zip", "jpeg", "png", "gif", "tiff", "webp", "pdf"};

    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (!strcmp(type_of(member), types[i]))
            return true;
    return is_plain_text(member) || is_office_part(members, member);
}

static bool hides_more_than_scripts(const json_t *member)
{
    const json_t *f;
    size_t i;

    json_array_foreach (json_arr(member, "hidden"), i, f)
        if (strcmp(json_str(f, "kind"), "script") != 0)
            return true;
    return false;
}

static enum tells tells(const json_t *members, const json_t *member)
{
    if (hides_more_than_scripts(member))
        return HIDDEN;
    if (json_array_size(json_arr(member, "metadata")) || json_flag(member, "cut"))
        return ATTRIBUTES;
    if (!is_known(members, member))
        return UNKNOWN;
    return json_flag(member, "macros") || json_array_size(json_arr(member, "hidden")) ? MACROS : NOTHING;
}

const char *seen_tells(const json_t *seen)
{
    const json_t *members = json_arr(seen, "members"), *m;
    enum tells worst = NOTHING;
    size_t i;

    if (!json_array_size(members) || json_int(seen, "more"))
        return NULL;
    json_array_foreach (members, i, m)
        worst = MAX_OF(worst, tells(members, m));
    return file_tells[worst];
}
