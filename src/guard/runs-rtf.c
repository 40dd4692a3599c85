/* Rich text: what is embedded in it, which is opened by a double click or by the text itself, its fields, and the template that it fetches. Word passes over much in it, and those who attack write so that others do
 * not read what it reads: an object that is not plain digits counts as one that acts. Source: RTF 1.9.1; [MS-OLEDS], 2.2 (objects of OLE 1). */
#include "guard/runs-inside.h"

#include "base/buf.h"
#include "base/little-endian.h"
#include "base/macros.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 32u
#define NAME_MAX 64u
#define ADDRESS_MAX 512u
#define LAYERS_MAX 4096u

/* What the group that is open holds, each with what it is in where it says nothing itself. */
enum holds { HOLDS_TEXT, HOLDS_OBJECT, HOLDS_FIELD, HOLDS_TEMPLATE };
/* Of a group that is open: a field begins with it; "\\*" stood there, and the word behind it is to come. */
enum { GROUP_OF_FIELD = 1, GROUP_IS_STARRED = 2 };

struct rtf {
    struct str s;
    size_t at;
    uint8_t holds[LAYERS_MAX], groups[LAYERS_MAX];
    size_t depth;
    struct buf object, fields, template;
    unsigned n_digits; /* of the byte that is read */
    uint8_t n_behind[LAYERS_MAX]; /* in each group: characters that stand behind one of Unicode for readers that do not know it: one, or as \uc says */
    unsigned n_passed; /* of them that are still to come */
    bool is_odd;       /* an object with something else among its digits */
    struct runs_found *found;
};

static void find(struct rtf *r, enum runs runs)
{
    r->found->runs = runs_first(r->found->runs, runs);
}

/* ---- objects of OLE 1 ---- */

/* A name with its length before it, in small letters. false: there is none. */
static bool take_name(struct str *s, char ret[NAME_MAX])
{
    size_t n;

    ret[0] = '\0';
    if (s->len < 4)
        return false;
    n = le32(s->at);
    if (n > s->len - 4)
        return false;
    for (size_t i = 0; i < n && i < NAME_MAX - 1; i++) {
        const char c = s->at[4 + i];

        ret[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        ret[i + 1] = '\0';
    }
    *s = (struct str){s->at + 4 + n, s->len - 4 - n};
    return true;
}

/* A link that says where it leads, or a file. What cannot be taken apart so Word may. 0, -ENOMEM. */
static int look_at_object(struct rtf *r)
{
    struct str s = buf_str(&r->object);
    char class[NAME_MAX], topic[NAME_MAX], item[NAME_MAX];
    uint32_t kind;

    if (!s.len)
        return 0;
    kind = s.len >= 8 ? le32(s.at + 4) : 0;
    if (r->is_odd || (kind != 1 && kind != 2) || !(s = (struct str){s.at + 8, s.len - 8}, take_name(&s, class)) || !take_name(&s, topic) || !take_name(&s, item)) {
        find(r, RUNS_MACROS);
        return 0;
    }
    if (kind == 1) {
        find(r, runs_is_remote(str_of(topic)) || runs_is_handler(str_of(topic)) || !strncmp(class, "ole2link", 8) ? RUNS_MACROS : RUNS_NONE);
        return 0;
    }
    if (!strncmp(class, "ole2link", 8) || !strncmp(class, "htmlfile", 8) || !strncmp(class, "script", 6)) {
        find(r, RUNS_MACROS);
        return 0;
    }
    if (s.len < 4 || le32(s.at) > s.len - 4) {
        find(r, RUNS_MACROS);
        return 0;
    }
    return runs_in_embedded(class, (struct str){s.at + 4, le32(s.at)}, r->found);
}

static int end_object(struct rtf *r)
{
    int e = look_at_object(r);

    buf_clear(&r->object);
    r->n_digits = 0;
    r->is_odd = false;
    return e;
}

/* ---- what groups hold ---- */

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int add_digit(struct rtf *r, int d)
{
    if (r->n_digits++ % 2 == 0)
        return buf_add_char(&r->object, (char)(d << 4));
    r->object.at[r->object.len - 1] = (char)(r->object.at[r->object.len - 1] | d);
    return 0;
}

/* One character of what stands between the words. */
static int take_text(struct rtf *r, char c)
{
    const enum holds holds = (enum holds)r->holds[r->depth];
    const char low = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;

    r->groups[r->depth] &= (uint8_t)~GROUP_IS_STARRED;
    if (r->n_passed && holds != HOLDS_OBJECT) {
        r->n_passed--;
        return 0;
    }
    if (holds == HOLDS_FIELD)
        return buf_add_char(&r->fields, low);
    if (holds == HOLDS_TEMPLATE)
        return r->template.len < ADDRESS_MAX ? buf_add_char(&r->template, low) : 0;
    if (holds != HOLDS_OBJECT || c == ' ' || c == '\t')
        return 0;
    if (digit_of(c) < 0) {
        r->is_odd = true;
        return 0;
    }
    return add_digit(r, digit_of(c));
}

static bool is_word(struct str word, const char *what)
{
    return str_eq(word, str_of(what));
}

static bool is_one_of(struct str word, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (is_word(word, list[i]))
            return true;
    return false;
}

/* Groups whose text is none of the instruction that they stand in: of what Word writes there, and of what anybody may. What is told to be passed over by who does not know it, and is none of these, is text to
 * one reader and nothing to another. */
static void take_group_word(struct rtf *r, struct str word)
{
    static const char *const starred[] = {"datafield", "formfield", "bkmkstart", "bkmkend", "ffname", "ffdeftext", "ffhelptext", "ffstattext", "ffformat", "ffentrymcr", "ffexitmcr", "ffl",
                                        "shppict", "shpinst", "xmlopen", "xmlclose"},
                             *const plain[] = {"comment", "info", "title", "subject", "author", "operator", "keywords", "doccomm", "pict", "object", "footnote", "annotation", "header", "footer",
                                               "fonttbl", "colortbl", "stylesheet", "xe", "tc", "listtext", "pntext", "pntxta", "pntxtb", "nonesttables", "nonshppict"};
    const bool is_starred = r->groups[r->depth] & GROUP_IS_STARRED;
    const enum holds holds = (enum holds)r->holds[r->depth];

    r->groups[r->depth] &= (uint8_t)~GROUP_IS_STARRED;
    if ((holds != HOLDS_FIELD && holds != HOLDS_TEMPLATE) || is_word(word, "fldinst") || is_word(word, "objdata"))
        return;
    if (is_one_of(word, starred, ARRAY_LEN(starred)) || is_one_of(word, plain, ARRAY_LEN(plain)))
        r->holds[r->depth] = HOLDS_TEXT;
    else if (is_starred && !is_word(word, "template"))
        find(r, RUNS_MACROS);
}

/* A word with the number behind it. */
static int take_word(struct rtf *r, struct str word, long number)
{
    const enum holds before = (enum holds)r->holds[r->depth];
    static const char *const acts[] = {"objupdate", "objocx", "objhtml"};

    take_group_word(r, word);
    if (before == HOLDS_OBJECT)
        r->is_odd = true;
    for (size_t i = 0; i < ARRAY_LEN(acts); i++)
        if (is_word(word, acts[i]))
            find(r, RUNS_MACROS);
    if (is_word(word, "objdata")) {
        r->holds[r->depth] = HOLDS_OBJECT;
        r->is_odd = before == HOLDS_OBJECT;
    } else if (is_word(word, "template")) {
        if (before == HOLDS_TEMPLATE) /* in another one: which of them counts others know */
            find(r, RUNS_MACROS);
        r->holds[r->depth] = HOLDS_TEMPLATE;
    } else if (is_word(word, "fldinst")) {
        if (before == HOLDS_TEMPLATE)
            find(r, RUNS_MACROS);
        r->holds[r->depth] = HOLDS_FIELD;
        r->groups[r->depth] |= GROUP_OF_FIELD;
        return buf_add_char(&r->fields, RUNS_FIELD_OPENS);
    } else if (is_word(word, "uc")) {
        r->n_behind[r->depth] = number > 0 ? (uint8_t)MIN_OF(number, 16L) : 0;
    } else if (is_word(word, "u")) {
        const uint16_t unit = (uint16_t)number; /* as it is counted in 16 bits */
        int e;

        r->n_passed = 0;
        e = take_text(r, (char)(unit > 0 && unit < 0x80 ? unit : '?'));
        r->n_passed = r->n_behind[r->depth];
        return e;
    } else if (is_word(word, "bin") && number > 0) {
        if ((size_t)number > r->s.len - r->at)
            find(r, RUNS_MACROS); /* where it ends others know */
        r->at += MIN_OF((size_t)number, r->s.len - r->at); /* bytes as they are */
    }
    return 0;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Behind a backslash. */
static int take_escape(struct rtf *r)
{
    const struct str s = r->s;
    char word[WORD_MAX];
    size_t n = 0;
    long number = 0;
    bool is_negative;

    if (r->at >= s.len)
        return 0;
    if (s.at[r->at] == '\'') {
        int high = r->at + 2 < s.len ? digit_of(s.at[r->at + 1]) : -1, low = high < 0 ? -1 : digit_of(s.at[r->at + 2]);

        r->at += low < 0 ? 1 : 3;
        if (r->holds[r->depth] == HOLDS_OBJECT)
            r->is_odd = true;
        return low < 0 ? 0 : take_text(r, (char)(high << 4 | low));
    }
    if (!is_letter(s.at[r->at])) {
        const char c = s.at[r->at++];

        if (c == '*')
            r->groups[r->depth] |= GROUP_IS_STARRED;
        return c == '\\' || c == '{' || c == '}' ? take_text(r, c) : 0;
    }
    for (; r->at < s.len && is_letter(s.at[r->at]); r->at++)
        if (n < WORD_MAX)
            word[n++] = s.at[r->at];
    is_negative = r->at < s.len && s.at[r->at] == '-';
    for (r->at += is_negative; r->at < s.len && s.at[r->at] >= '0' && s.at[r->at] <= '9'; r->at++)
        number = MIN_OF(number * 10 + (s.at[r->at] - '0'), 0x7fffffffL);
    r->at += r->at < s.len && s.at[r->at] == ' ';
    return take_word(r, (struct str){word, n}, is_negative ? -number : number);
}

static void look_at_template(struct rtf *r)
{
    const struct str to = buf_str(&r->template);

    if (to.len && (runs_is_remote(to) || runs_is_handler(to) || r->template.len == ADDRESS_MAX))
        find(r, RUNS_MACROS);
    buf_clear(&r->template);
}

/* A group in an object is none of its own; others begin with what is around them. */
static int take_group(struct rtf *r, bool opens)
{
    const enum holds holds = (enum holds)r->holds[r->depth];

    r->n_passed = 0;
    if (opens) {
        if (r->depth + 1 >= LAYERS_MAX) {
            find(r, RUNS_MACROS);
            return 0;
        }
        if (holds == HOLDS_OBJECT)
            r->is_odd = true;
        r->holds[r->depth + 1] = (uint8_t)holds;
        r->groups[r->depth + 1] = 0;
        r->n_behind[r->depth + 1] = r->n_behind[r->depth];
        r->depth++;
        return 0;
    }
    if (!r->depth)
        return 0;
    r->depth--;
    if (holds == HOLDS_FIELD && r->groups[r->depth + 1] & GROUP_OF_FIELD) /* in another one's instruction, too */
        return buf_add_char(&r->fields, RUNS_FIELD_ENDS);
    if (holds == (enum holds)r->holds[r->depth])
        return 0;
    if (holds == HOLDS_TEMPLATE)
        look_at_template(r);
    return holds == HOLDS_OBJECT ? end_object(r) : 0;
}

static int walk(struct rtf *r)
{
    int e = 0;

    while (!e && r->at < r->s.len && r->found->runs != RUNS_DISGUISED) {
        const char c = r->s.at[r->at++];

        if (c == '{' || c == '}')
            e = take_group(r, c == '{');
        else if (c == '\\')
            e = take_escape(r);
        else if (c != '\r' && c != '\n' && c != '\0')
            e = r->holds[r->depth] ? take_text(r, c) : 0;
    }
    return e;
}

int runs_in_rtf(struct str bytes, struct runs_found *ret)
{
    struct rtf *r = calloc(1, sizeof(*r));
    int e;

    if (!r)
        return -ENOMEM;
    r->s = bytes;
    r->found = ret;
    r->n_behind[0] = 1;
    buf_init(&r->object, bytes.len + 1);
    buf_init(&r->fields, bytes.len + 1);
    buf_init(&r->template, ADDRESS_MAX);
    e = walk(r);
    if (!e) /* one that is cut off */
        e = end_object(r);
    look_at_template(r);
    if (!e && runs_in_fields(buf_str(&r->fields)))
        find(r, RUNS_MACROS);
    buf_done(&r->object);
    buf_done(&r->fields);
    buf_done(&r->template);
    free(r);
    return e == -ENOSPC ? 0 : e;
}
