#include "guard/mail-ask.h"

#include "guard/mail-read.h"
#include "guard/runs.h"

#include "base/message.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

/* ---- rows of files ---- */

struct rows {
    json_t *list;
    bool is_many;
};

static int add_row(struct rows *rows, json_t *row)
{
    if (!row)
        return -ENOMEM;
    if (json_array_size(rows->list) >= MAIL_ASK_ROWS_MAX) {
        rows->is_many = true;
        json_decref(row);
        return 0;
    }
    return json_array_append_new(rows->list, row) ? -ENOMEM : 0;
}

static const char *const level_ids[] = {"", "c1", "c2", "c3"};

/* `named`: a part or a member, which may have a name too long to be shown whole. */
static int put_level(json_t *row, const json_t *named)
{
    unsigned level =
        (unsigned)MIN_OF(MAX_OF(json_int(named, "named_level"), (int64_t)0), (int64_t)3);
    int r = mail_name_level(json_str(named, "name"), &level);

    if (!r)
        r = mail_name_level(json_str(named, "other_name"), &level);
    return r || !level ? r : json_put_str(row, "said", level_ids[level]);
}

static bool is_own_text(const json_t *part)
{
    const char *type = json_str(part, "type");

    return !json_flag(part, "no_text") && !*json_str(part, "name") && (!strcmp(type, "text/plain") || !strcmp(type, "text/html"));
}

/* One row more of the same part, known by another digest. */
static int add_texts(struct rows *rows, const json_t *part, const json_t *row)
{
    const json_t *digest;
    size_t i;
    int r = 0;

    json_array_foreach (json_arr(part, "texts"), i, digest) {
        JSON_AUTO *again = json_copy((json_t *)(uintptr_t)row);

        if (!strcmp(json_string_value(digest), json_str(row, "digest")))
            continue;
        if (!again || json_object_set(again, "digest", (json_t *)(uintptr_t)digest))
            return -ENOMEM;
        if ((r = add_row(rows, TAKE(again))))
            return r;
    }
    return r;
}

static int put_attributes(json_t *row, const json_t *of)
{
    return mail_bears_attributes(of) ? json_put_str(row, "attributes", "yes") : 0;
}

/* ---- what a machine runs ---- */

#define BETWEEN " > "

/* What of a part runs, by whoever opens it: the part itself, and members by their names. */
struct bearing {
    enum runs own;
    json_t *members; /* {name: word} */
};

/* The name of what a member lies in, `depth` layers deep: so many bytes of its name. 0: a name that has the sign between layers in itself. */
static size_t outer_name(const json_t *member, int64_t depth)
{
    const char *name = json_str(member, "name"), *at = name;
    size_t found = strlen(name);
    int64_t n = 0;

    for (; (at = strstr(at, BETWEEN)); at += strlen(BETWEEN), n++)
        if (n == depth)
            found = (size_t)(at - name);
    return n == json_int(member, "layer") ? found : 0;
}

/* Documents, and programs of Java and Android: archives that nobody unpacks to open them. */
static bool is_package(const json_t *members, struct str name, int64_t layer)
{
    static const char *const marks[] = {"[Content_Types].xml", "META-INF/MANIFEST.MF", "mimetype", "AndroidManifest.xml"};
    const json_t *m;
    size_t i;

    json_array_foreach (members, i, m) {
        const char *own = json_str(m, "name");

        if (json_int(m, "layer") != layer || strncmp(own, name.at, name.len) != 0 || strncmp(own + name.len, BETWEEN, strlen(BETWEEN)) != 0)
            continue;
        for (size_t k = 0; k < ARRAY_LEN(marks); k++)
            if (!strcmp(own + name.len + strlen(BETWEEN), marks[k]))
                return true;
    }
    return false;
}

static int bear(struct bearing *b, const json_t *members, const json_t *m, enum runs r)
{
    struct str name = str_of(json_str(m, "name"));
    CLEANUP(buf_done) struct buf key;
    int e;

    buf_init(&key, SIZE_MAX);
    for (int64_t depth = 0; depth < json_int(m, "layer"); depth++) {
        struct str outer = {name.at, outer_name(m, depth)};

        if (!outer.len || !is_package(members, outer, depth + 1))
            continue;
        if (!depth) {
            b->own = runs_first(b->own, r);
            return 0;
        }
        name = outer;
        break;
    }
    if ((e = buf_add_str(&key, name)) || (e = buf_add_char(&key, '\0')))
        return e;
    return json_put_str(b->members, key.at, runs_word(runs_first(runs_of_word(json_str(b->members, key.at)), r)));
}

/* More members than rows are refused anyway. */
static int find_bearing(const json_t *part, struct bearing *ret)
{
    const json_t *members = json_arr(part, "members"), *m;
    size_t i;
    int e = 0;

    *ret = (struct bearing){is_own_text(part) ? RUNS_NONE : runs_of_word(json_str(part, RUNS_KEY)), json_object()};
    if (!ret->members)
        return -ENOMEM;
    if (json_array_size(members) > MAIL_ASK_ROWS_MAX)
        return 0;
    json_array_foreach (members, i, m)
        if (!e && *json_str(m, RUNS_KEY))
            e = bear(ret, members, m, runs_of_word(json_str(m, RUNS_KEY)));
    return e;
}

static void bearing_done(struct bearing *b)
{
    json_decref(b->members);
}

static int add_members(struct rows *rows, const json_t *part, const char *sealing, const struct bearing *b)
{
    const char *outer = json_str(part, "sha256");
    const json_t *m;
    size_t i;
    int r = 0;

    json_array_foreach (json_arr(part, "members"), i, m) {
        const char *digest = json_str(m, "sha256");
        JSON_AUTO *row =
            json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "place", json_str(part, "place"), "name",
                      json_str(m, "name"), "size", (json_int_t)json_int(m, "size"), "digest",
                      *digest ? digest : outer, "sealing", sealing, "looked",
                      json_str(part, "looked"));

        if (!row)
            return -ENOMEM;
        if ((r = put_level(row, m)) || (r = put_attributes(row, m)) ||
            (!json_object_get(row, "said") && (r = put_level(row, part))) ||
            (r = runs_put(row, runs_of_word(json_str(b->members, json_str(m, "name"))))) ||
            (r = add_row(rows, TAKE(row))))
            return r;
    }
    return r;
}

static const char *sealing_of(const json_t *part, bool sealed_by_gate)
{
    const char *sealed = json_str(part, "sealed");

    return *sealed ? sealed : is_own_text(part) ? "text" : sealed_by_gate ? "gate" : "none";
}

static int add_part(struct rows *rows, const json_t *part, bool sealed_by_gate)
{
    const char *looked = json_str(part, "looked"), *sealing = sealing_of(part, sealed_by_gate);
    CLEANUP(bearing_done) struct bearing bearing = {0};
    JSON_AUTO *row = NULL;
    int r;

    if (!*looked) /* a message within: its parts stand for themselves, but its name may bear a label */
        looked = "clean";
    if (!json_object_get(part, "sha256") && !*json_str(part, "name"))
        return 0;
    row = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "place", json_str(part, "place"), "name",
                    json_str(part, "name"), "size", (json_int_t)json_int(part, "size"), "digest",
                    json_str(part, "sha256"), "sealing",
                    json_object_get(part, "sha256") ? sealing : "text", "looked", looked);
    if (!row)
        return -ENOMEM;
    if (!*json_str(row, "digest"))
        json_object_del(row, "digest");
    if (!*json_str(row, "name"))
        json_object_del(row, "name");
    if ((r = put_level(row, part)) || (r = put_attributes(row, part)) || (r = find_bearing(part, &bearing)) || (r = runs_put(row, bearing.own)) ||
        (r = add_texts(rows, part, row)))
        return r;
    r = add_row(rows, TAKE(row));
    return r ? r : add_members(rows, part, sealing, &bearing);
}

static int make_rows(const json_t *report, bool sealed_by_gate, struct rows *ret)
{
    const json_t *part;
    size_t i;
    int r = 0;

    *ret = (struct rows){.list = json_array()};
    if (!ret->list)
        return -ENOMEM;
    json_array_foreach (json_arr(report, "parts"), i, part)
        if ((r = add_part(ret, part, sealed_by_gate)))
            break;
    if (r) {
        json_decref(ret->list);
        ret->list = NULL;
    }
    return r;
}

/* ---- a message that leaves ---- */

static int put_receivers(const json_t *receivers, const struct mail_rules *rules, json_t *with)
{
    json_t *list = json_array();
    const json_t *one;
    bool leaves = false;
    size_t i;
    int r = json_put(with, "receivers", list);

    json_array_foreach (receivers, i, one) {
        bool outside = !mail_rules_has(rules, json_string_value(one));
        json_t *row = json_pack("{s:s%, s:s}", "address", json_string_value(one),
                                MIN_OF(json_string_length(one), (size_t)255), "outside",
                                outside ? "yes" : "no");

        leaves |= outside;
        if (!r && (!row || json_array_append_new(list, row)))
            r = -ENOMEM;
    }
    return r ? r : json_put_str(with, "leaves", leaves ? "yes" : "no");
}

int mail_ask_envelope(const json_t *receivers, const struct mail_rules *rules, json_t *with)
{
    int r = put_receivers(receivers, rules, with);

    if (!r)
        r = json_put_str(with, "route", rules->line_is_external ? "external" : "internal");
    return r || !rules->system ? r : json_put_str(with, "system", rules->system);
}

/* Whom it says it is from, as far as that is outside. */
static int put_senders(const json_t *report, const struct mail_rules *rules, json_t *with)
{
    JSON_AUTO *list = json_array();
    const json_t *one;
    size_t i;

    if (!list)
        return -ENOMEM;
    json_array_foreach (json_arr(report, "from"), i, one) {
        json_t *row;

        if (mail_rules_has(rules, json_string_value(one)) || json_array_size(list) >= MAIL_ASK_ROWS_MAX)
            continue;
        row = json_pack("{s:s%}", "address", json_string_value(one), MIN_OF(json_string_length(one), (size_t)255));
        if (!row || json_array_append_new(list, row))
            return -ENOMEM;
    }
    return json_array_size(list) ? json_put(with, "senders", TAKE(list)) : 0;
}

static bool is_opened(const json_t *report)
{
    const json_t *part;
    size_t i;

    json_array_foreach (json_arr(report, "parts"), i, part)
        if (json_flag(part, "opened"))
            return true;
    return false;
}

int mail_ask_begin(const json_t *report, const json_t *receivers, const struct mail_rules *rules,
                   bool sealed_by_gate, json_t **ret)
{
    const char *shared = json_str(report, "shared_with"), *release = json_str(report, "release");
    JSON_AUTO *with = json_object();
    struct rows rows = {NULL, false};
    size_t seen = 0;
    int r = with ? 0 : -ENOMEM;

    if (json_array_size(receivers) > MAIL_ASK_ROWS_MAX)
        return MAIL_ASK_E_MANY;
    if (r || (r = mail_open_addresses(report, rules, &seen)) ||
        (r = mail_ask_envelope(receivers, rules, with)) ||
        (r = make_rows(report, sealed_by_gate, &rows)) || (r = json_put(with, "files", rows.list)))
        return r;
    if (rows.is_many)
        return MAIL_ASK_E_MANY;
    if ((r = json_put_int(with, "seen_outside", (int64_t)seen)) ||
        (r = json_put_str(with, "password_beside", is_opened(report) ? "yes" : "no")) ||
        (*shared && (r = json_put_str(with, "shared_with", shared))) || (r = put_senders(report, rules, with)) ||
        (sealed_by_gate && (r = json_put_str(with, "release", release))))
        return r;
    *ret = TAKE(with);
    return 0;
}

/* Of two sizes the larger one counts: a member that nobody opens has the digest of what it lies in. */
int mail_ask_contents(const json_t *with, const char *sealing, json_t **ret)
{
    JSON_AUTO *all = json_object();
    const json_t *row;
    size_t i;
    int r = all ? 0 : -ENOMEM;

    json_array_foreach (json_arr(with, "files"), i, row) {
        const char *digest = json_str(row, "digest");
        int64_t size = json_int(row, "size");

        if (!r && *digest && (!sealing || !strcmp(json_str(row, "sealing"), sealing)) &&
            (!json_object_get(all, digest) || json_int(all, digest) < size))
            r = json_put_int(all, digest, size);
    }
    if (!r)
        *ret = TAKE(all);
    return r;
}

/* A part has such a row for each other digest under which it is held: of a few messages, and then of one or two. */
int mail_ask_others(const json_t *report, const json_t *with, const json_t *held, json_t **ret_added)
{
    JSON_AUTO *known = NULL, *added = json_object();
    const json_t *part;
    size_t i;
    int r = added ? mail_ask_contents(with, NULL, &known) : -ENOMEM;

    json_array_foreach (json_arr(report, "parts"), i, part) {
        json_t *others = json_object_get(part, "others"), *size;
        const char *digest;

        json_object_foreach (others, digest, size)
            if (!r && !json_object_get(known, digest) && (!held || json_object_get(held, digest)))
                r = json_put_int(added, digest, json_integer_value(size));
    }
    if (!r)
        *ret_added = TAKE(added);
    return r;
}

int mail_ask_add_others(const json_t *report, bool sealed_by_gate, const json_t *held, json_t *with)
{
    struct rows rows = {json_arr(with, "files"), false};
    JSON_AUTO *wanted = NULL;
    const json_t *part;
    size_t i;
    int r = mail_ask_others(report, with, held, &wanted);

    json_array_foreach (json_arr(report, "parts"), i, part) {
        json_t *others = json_object_get(part, "others"), *size;
        const char *digest;

        json_object_foreach (others, digest, size) {
            const char *looked = json_str(part, "looked");

            if (r || !json_object_get(wanted, digest))
                continue;
            r = add_row(&rows, json_pack("{s:s, s:s*, s:O, s:s, s:s, s:s}", "place", json_str(part, "place"), "name", *json_str(part, "name") ? json_str(part, "name") : NULL, "size", size,
                                         "digest", digest, "sealing", json_object_get(part, "sha256") ? sealing_of(part, sealed_by_gate) : "text", "looked", *looked ? looked : "clean"));
        }
    }
    return r ? r : rows.is_many ? MAIL_ASK_E_MANY : 0;
}

/* Words of the register's own, as the classes are; the first one that is not there yet. */
static int add_limits(const json_t *restrictions, struct buf *words, unsigned *seen)
{
    static const char *const limits[] = {"no-copy", "no-forward", "no-print", "no-take-out",
                                         "return-after-use"};
    const json_t *word;
    size_t i;
    int r = 0;

    json_array_foreach (restrictions, i, word)
        for (unsigned k = 0; !r && k < ARRAY_LEN(limits); k++) {
            if (*seen & 1u << k || strcmp(limits[k], json_string_value(word)) != 0)
                continue;
            *seen |= 1u << k;
            r = buf_printf(words, "%s%s", words->len ? "," : "", limits[k]);
        }
    return r;
}

int mail_ask_addresses(const json_t *with, json_t **ret)
{
    JSON_AUTO *addresses = json_object();
    const json_t *row;
    size_t i;
    int r = addresses ? 0 : -ENOMEM;

    json_array_foreach (json_arr(with, "receivers"), i, row)
        if (!r && strcmp(json_str(row, "outside"), "yes") != 0)
            r = json_put_flag(addresses, json_str(row, "address"), true);
    if (!r)
        *ret = TAKE(addresses);
    return r;
}

static int add_stranger(struct rows *rows, const json_t *stranger, const char *digest)
{
    const char *person = json_str(stranger, "person"), *unit = json_str(stranger, "unit");
    json_t *row = json_pack("{s:s, s:s}", "address", json_str(stranger, "address"), "digest", digest);

    if (!row)
        return -ENOMEM;
    if ((*person && json_put_str(row, "person", person)) || (*unit && json_put_str(row, "unit", unit))) {
        json_decref(row);
        return -ENOMEM;
    }
    return add_row(rows, row);
}

static int put_strangers(json_t *with, const json_t *held)
{
    json_t *each = (json_t *)(uintptr_t)held, *as;
    JSON_AUTO *list = json_array();
    struct rows rows = {list, false};
    const char *digest;
    int r = list ? 0 : -ENOMEM;

    json_object_foreach (each, digest, as) {
        const json_t *one;
        size_t i;

        json_array_foreach (json_arr(as, "strangers"), i, one)
            r = r ? r : add_stranger(&rows, one, digest);
    }
    if (r || rows.is_many)
        return r ? r : MAIL_ASK_E_MANY;
    return json_array_size(list) ? json_put(with, "strangers", TAKE(list)) : 0;
}

int mail_ask_put_held(json_t *with, const json_t *held)
{
    CLEANUP(buf_done) struct buf words;
    unsigned seen = 0;
    json_t *row;
    size_t i;
    int r = 0;

    buf_init(&words, 256);
    json_array_foreach (json_arr(with, "files"), i, row) {
        const json_t *as = json_obj(held, json_str(row, "digest"));
        int64_t level = json_int(as, "level");

        if (!r && level >= 1 && level <= 3)
            r = json_put_str(row, "held", level_ids[level]);
        if (!r && json_flag(as, "outside"))
            r = json_put_str(row, "held_outside", "yes");
        if (!r)
            r = add_limits(json_arr(as, "restrictions"), &words, &seen);
    }
    if (!r && words.len)
        r = json_put_strn(with, "held_limits", buf_str(&words));
    return r ? r : put_strangers(with, held);
}

static bool is_sealed_row(const json_t *row)
{
    const char *sealing = json_str(row, "sealing");

    return strcmp(sealing, "none") != 0 && strcmp(sealing, "text") != 0;
}

const char *mail_ask_channel(const json_t *with)
{
    const json_t *row;
    size_t i;

    if (strcmp(json_str(with, "route"), "external") != 0)
        return "mail-internal";
    if (strcmp(json_str(with, "leaves"), "yes") != 0)
        return "mail-inside";
    json_array_foreach (json_arr(with, "files"), i, row)
        if (is_sealed_row(row))
            return "mail-sealed";
    return "mail-open";
}

bool mail_ask_seals(const json_t *with)
{
    const json_t *row;
    size_t i;

    json_array_foreach (json_arr(with, "files"), i, row)
        if (!strcmp(json_str(row, "sealing"), "gate"))
            return true;
    return false;
}

/* ---- a message that was reported ---- */

static bool is_address_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

int mail_defang(struct str text, struct buf *out)
{
    int r = 0;

    for (size_t i = 0; !r && i < text.len; i++) {
        bool is_inner = i > 0 && i + 1 < text.len && is_address_char(text.at[i - 1]) &&
                        is_address_char(text.at[i + 1]);

        if (text.len - i >= 4 && !strncasecmp(text.at + i, "http", 4)) {
            r = buf_add_text(out, "hxxp");
            i += 3;
        } else if (text.at[i] == '@') {
            r = buf_add_text(out, "[at]");
        } else if (text.at[i] == '.' && is_inner) {
            r = buf_add_text(out, "[.]");
        } else {
            r = buf_add(out, text.at + i, 1);
        }
    }
    return r;
}

static int put_defanged(json_t *o, const char *key, const char *text)
{
    CLEANUP(buf_done) struct buf out;
    int r;

    buf_init(&out, SIZE_MAX);
    if (!*text)
        return 0;
    r = mail_defang(str_of(text), &out);
    return r ? r : json_put_strn(o, key, buf_str(&out));
}

static const char *fact(const json_t *facts, const char *name)
{
    const json_t *f;
    size_t i;

    json_array_foreach (facts, i, f)
        if (!strcmp(json_str(f, "name"), name))
            return json_str(f, "value");
    return "";
}

/* A text field takes 400 characters; these are at most 255 bytes, which defanging makes longer. */
static int put_facts(const json_t *report, const json_t *facts, bool is_many, json_t *with)
{
    CLEANUP(buf_done) struct buf lines;
    const json_t *f, *from = json_array_get(json_arr(report, "from"), 0);
    const char *why = json_str(report, "why");
    size_t i;
    int r = 0;

    buf_init(&lines, SIZE_MAX);
    json_array_foreach (facts, i, f)
        if (!r && lines.len < 3000 && !(r = buf_printf(&lines, "%s: ", json_str(f, "name"))) &&
            !(r = mail_defang(str_of(json_str(f, "value")), &lines)))
            r = buf_add_char(&lines, '\n');
    if (!r && *why)
        r = buf_printf(&lines, "(unreadable: %s %s)\n", why, json_str(report, "place"));
    if (!r && is_many)
        r = buf_printf(&lines, "(the first %u files)\n", MAIL_ASK_ROWS_MAX);
    if (r ||
        (r = put_defanged(with, "mail_sender",
                          facts  ? fact(facts, "From")
                          : from ? json_string_value(from)
                                 : "")) ||
        (r = put_defanged(with, "mail_subject",
                          facts ? fact(facts, "Subject") : json_str(report, "subject"))))
        return r;
    return lines.len ? json_put_strn(with, "mail_headers", buf_str(&lines)) : 0;
}

static const json_t *first_facts(const json_t *report)
{
    const json_t *part;
    size_t i;

    json_array_foreach (json_arr(report, "parts"), i, part)
        if (json_arr(part, "facts"))
            return json_arr(part, "facts");
    return NULL;
}

int mail_ask_report(const json_t *report, json_t **ret)
{
    JSON_AUTO *with = json_object();
    struct rows rows = {NULL, false};
    json_t *row;
    size_t i;
    int r = with ? 0 : -ENOMEM;

    if (r || (r = make_rows(report, false, &rows)))
        return r;
    json_array_foreach (rows.list, i, row) {
        json_object_del(row, "said");
        json_object_del(row, "sealing");
        json_object_del(row, "attributes"); /* whom it names does not matter of what comes in */
    }
    if ((r = json_put(with, "mail_files", rows.list)) ||
        (r = put_facts(report, first_facts(report), rows.is_many, with)))
        return r;
    *ret = TAKE(with);
    return 0;
}

/* ---- refusals ---- */

static int add_unmet(const json_t *unmet, json_t *lines, struct buf *clauses)
{
    CLEANUP(buf_done) struct buf own;
    const json_t *c;
    size_t i;
    int r = 0;

    buf_init(&own, SIZE_MAX);
    json_array_foreach (json_arr(unmet, "clauses"), i, c)
        if (!r && !(r = buf_printf(&own, "%s%s", own.len ? ", " : "", json_string_value(c))))
            r = buf_printf(clauses, "%s%s", clauses->len ? " " : "", json_string_value(c));
    for (int lang = MESSAGE_JA; !r && lang <= MESSAGE_EN; lang++) {
        CLEANUP(buf_done) struct buf line;

        buf_init(&line, SIZE_MAX);
        r = buf_printf(&line, "%s %s", own.len ? own.at : "-",
                       json_str(json_obj(unmet, "say"), message_lang_tag((enum message_lang)lang)));
        for (size_t k = 0; !r && k < line.len; k++)
            if ((uint8_t)line.at[k] < 0x20)
                line.at[k] = ' ';
        if (!r && json_array_append_new(lines, json_stringn(line.at, line.len)))
            r = -ENOMEM;
    }
    return r;
}

int mail_ask_refusal(const json_t *outcome, json_t **ret, struct buf *clauses)
{
    JSON_AUTO *lines = json_array();
    int r = lines ? 0 : -ENOMEM;

    for (int is_forbidden = 1; is_forbidden >= 0; is_forbidden--) {
        const json_t *u;
        size_t i;

        json_array_foreach (json_arr(outcome, "unmet"), i, u)
            if (!r && (strcmp(json_str(u, "kind"), "forbidden") == 0) == is_forbidden)
                r = add_unmet(u, lines, clauses);
    }
    if (!r)
        *ret = TAKE(lines);
    return r;
}
