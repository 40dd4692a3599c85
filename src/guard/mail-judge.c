#include "guard/mail-judge.h"

#include "guard/mail-read.h"

#include "base/mail-address.h"
#include "base/message.h"
#include "base/tell.h"
#include "base/utf8.h"

#include <errno.h>
#include <string.h>

#define INSIDE_MAX 1000u
#define OPEN_MAX 1000u

/* ---- the configuration ---- */

int mail_rules_init(struct mail_rules *rules)
{
    *rules = (struct mail_rules){.inside = json_array(),
                                 .open_max = MAIL_RULES_OPEN_DEFAULT,
                                 .line_is_external = true,
                                 .login_required = true};
    return rules->inside ? 0 : -ENOMEM;
}

void mail_rules_done(struct mail_rules *rules)
{
    json_decref(rules->inside);
    json_decref(rules->kept);
    rules->inside = rules->kept = NULL;
    rules->system = rules->report_to = rules->scanner = NULL;
}

/* One of two words. false: neither. */
static bool take_word(const json_t *v, const char *yes, const char *no, bool *ret)
{
    const char *word = json_is_string(v) ? json_string_value(v) : "";

    *ret = !strcmp(word, yes);
    return *ret || !strcmp(word, no);
}

static bool domain_is_good(const char *domain)
{
    char probe[MAIL_ADDRESS_MAX + 3];

    if (strlen(domain) >= MAIL_ADDRESS_MAX)
        return false;
    for (const char *c = domain; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            return false;
    snprintf(probe, sizeof(probe), "a@%s", domain + (*domain == '.'));
    return mail_address_ok(str_of(probe));
}

static bool take_inside(const json_t *v, struct mail_rules *rules)
{
    const json_t *one;
    size_t i;

    if (!json_is_array(v) || json_array_size(v) > INSIDE_MAX)
        return false;
    json_array_foreach (v, i, one)
        if (!json_is_string(one) || !domain_is_good(json_string_value(one)))
            return false;
    json_decref(rules->inside);
    rules->inside = json_incref((json_t *)(uintptr_t)v);
    return true;
}

/* Borrowed of what the rules keep. */
static bool take_text(const json_t *v, const char **ret)
{
    *ret = json_is_string(v) ? json_string_value(v) : "";
    return **ret && strlen(*ret) < 256;
}

static bool take(const char *key, const json_t *v, struct mail_rules *rules)
{
    if (!strcmp(key, "line"))
        return take_word(v, "external", "internal", &rules->line_is_external);
    if (!strcmp(key, "login"))
        return take_word(v, "required", "not-asked", &rules->login_required);
    if (!strcmp(key, "inside"))
        return take_inside(v, rules);
    if (!strcmp(key, "system"))
        return take_text(v, &rules->system);
    if (!strcmp(key, "scanner"))
        return take_text(v, &rules->scanner);
    if (!strcmp(key, "report_to"))
        return take_text(v, &rules->report_to) && mail_address_ok(str_of(rules->report_to));
    if (!strcmp(key, "open_addresses_max") && json_is_integer(v) && json_integer_value(v) >= 0 &&
        json_integer_value(v) <= OPEN_MAX) {
        rules->open_max = (unsigned)json_integer_value(v);
        return true;
    }
    return false;
}

static int parse(const char *file, struct str text, json_t **ret, struct diag *diag)
{
    struct diag own;
    int r;

    diag_init(&own);
    r = json_parse(text, (struct json_limits){MAIL_RULES_MAX_BYTES, 3}, ret, &own);
    for (size_t i = 0; i < own.n; i++)
        diag_add(diag, own.entries[i].level, file, own.entries[i].line, own.entries[i].col, "%s",
                 own.entries[i].message);
    diag_done(&own);
    return r;
}

int mail_rules_parse(const char *file, struct str text, struct mail_rules *rules, struct diag *diag)
{
    JSON_AUTO *top = NULL;
    const char *key;
    json_t *v;
    int r = parse(file, text, &top, diag);

    if (r)
        return r < 0 ? r : MAIL_RULES_E_INVALID;
    if (!json_is_object(top)) {
        diag_tell(diag, DIAG_ERROR, (struct diag_place){.file = file}, MSG_MAIL_GATE_RULES_KEY,
                  {"key", STR("")});
        return MAIL_RULES_E_INVALID;
    }
    json_object_foreach (top, key, v)
        if (!take(key, v, rules)) {
            diag_tell(diag, DIAG_ERROR, (struct diag_place){.file = file}, MSG_MAIL_GATE_RULES_KEY,
                      {"key", str_of(key)});
            r = MAIL_RULES_E_INVALID;
        }
    json_decref(rules->kept);
    rules->kept = TAKE(top);
    return r;
}

/* ---- words ---- */

static int put_words(json_t *o, const char *key, enum message_key message,
                     const struct message_arg *args, size_t n)
{
    json_t *both = json_object();
    int r = json_put(o, key, both);

    for (int lang = MESSAGE_JA; !r && lang <= MESSAGE_EN; lang++) {
        CLEANUP(buf_done) struct buf text;

        buf_init(&text, SIZE_MAX);
        r = message_print_args(&text, (enum message_lang)lang, message, args, n);
        if (!r)
            r = json_put_strn(both, message_lang_tag((enum message_lang)lang), buf_str(&text));
    }
    return r;
}

/* ---- findings ---- */

struct judging {
    const struct mail_rules *rules;
    json_t *findings;
    bool is_forbidden;
};

struct finding {
    const char *clause;
    bool is_forbidden;
    enum message_key words, satisfies; /* `satisfies` of what is not forbidden */
};

static int find(struct judging *j, const struct finding *f, const struct message_arg *args,
                size_t n)
{
    JSON_AUTO *o = json_pack("{s:s, s:s}", "clause", f->clause, "verdict",
                             f->is_forbidden ? "forbidden" : "not-yet");
    int r = o ? put_words(o, "words", f->words, args, n) : -ENOMEM;

    j->is_forbidden = j->is_forbidden || f->is_forbidden;
    if (!r && !f->is_forbidden)
        r = put_words(o, "satisfies", f->satisfies, args, n);
    return r ? r : json_array_append(j->findings, o) ? -ENOMEM : 0;
}

bool mail_rules_has(const struct mail_rules *rules, const char *address)
{
    const char *at = strrchr(address, '@');
    struct str domain = str_of(at ? at + 1 : "");
    const json_t *one;
    size_t i;

    if (!at || strcspn(address, "%!\"@:") < (size_t)(at - address))
        return false;
    json_array_foreach (rules->inside, i, one) {
        struct str own = str_of(json_string_value(one));

        if (own.at[0] == '.'
                ? domain.len > own.len &&
                      str_eq_nocase((struct str){domain.at + domain.len - own.len, own.len}, own)
                : str_eq_nocase(domain, own))
            return true;
    }
    return false;
}

/* Adds those outside to a set, whose keys are the addresses in small letters. */
static int add_outside(const struct judging *j, const json_t *list, json_t *set)
{
    const json_t *one;
    size_t i;

    json_array_foreach (list, i, one) {
        char low[MAIL_ADDRESS_MAX + 2];
        const char *address = json_string_value(one);

        if (!address || mail_rules_has(j->rules, address))
            continue;
        snprintf(low, sizeof(low), "%s", address);
        for (char *c = low; *c; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
        if (json_object_set_new_nocheck(set, low, json_true()))
            return -ENOMEM;
    }
    return 0;
}

int mail_open_addresses(const json_t *report, const struct mail_rules *rules, size_t *ret)
{
    const struct judging j = {.rules = rules};
    JSON_AUTO *seen = json_object();
    int r = seen ? add_outside(&j, json_arr(report, "to"), seen) : -ENOMEM;

    if (!r)
        r = add_outside(&j, json_arr(report, "cc"), seen);
    *ret = r ? 0 : json_object_size(seen);
    return r;
}

static int judge_open_addresses(struct judging *j, const json_t *report)
{
    static const struct finding many = {"H-4-4-2.1", false, MSG_MAIL_GATE_MANY,
                                        MSG_MAIL_GATE_MANY_SATISFIES};
    char n[16], max[16];
    size_t seen;
    int r = mail_open_addresses(report, j->rules, &seen);

    if (r || seen <= j->rules->open_max ||
        !utf8_is_blank(str_of(json_str(report, "shared_with"))))
        return r;
    snprintf(n, sizeof(n), "%zu", seen);
    snprintf(max, sizeof(max), "%u", j->rules->open_max);
    return find(j, &many,
                MESSAGE_ARGS({"count", str_of(n)}, {"max", str_of(max)},
                             {"header", STR(MAIL_READ_NEED)}));
}

/* ---- labels in names ---- */

/* The words of a label without what stands in brackets behind: 機密性2（中） is known by 機密性2. */
static int fold_label(enum message_lang lang, enum message_key label, struct buf *out)
{
    int r = utf8_fold(message_text(lang, label), out);
    const char *bracket = r ? NULL : memchr(out->at, '(', out->len);

    if (bracket)
        buf_cut(out, str_trim((struct str){out->at, (size_t)(bracket - out->at)}).len);
    return r;
}

static bool is_in(struct str text, struct str word)
{
    return word.len > 0 && memmem(text.at, text.len, word.at, word.len);
}

static int level_of_text(struct str folded, unsigned *level)
{
    static const enum message_key labels[] = {MSG_LABEL_C1, MSG_LABEL_C2, MSG_LABEL_C3};

    for (unsigned i = 0; i < ARRAY_LEN(labels); i++)
        for (int lang = MESSAGE_JA; lang <= MESSAGE_EN; lang++) {
            CLEANUP(buf_done) struct buf word;
            int r;

            buf_init(&word, 1000);
            if ((r = fold_label((enum message_lang)lang, labels[i], &word)))
                return r < 0 ? r : 0;
            if (is_in(folded, buf_str(&word)))
                *level = MAX_OF(*level, i + 1);
        }
    return 0;
}

int mail_name_level(const char *name, unsigned *level)
{
    CLEANUP(buf_done) struct buf folded;
    int r;

    buf_init(&folded, SIZE_MAX);
    r = utf8_fold(str_of(name), &folded);
    return r < 0 ? r : r > 0 ? 0 : level_of_text(buf_str(&folded), level);
}

/* *name is whatever says the highest. */
static int raise_by(const char *text, unsigned *level, const char **name)
{
    unsigned before = *level;
    int r = mail_name_level(text, level);

    if (*level > before)
        *name = text;
    return r;
}

/* The same where the report says what a name bears that it does not show whole. */
static void raise_to(const json_t *named, unsigned *level, const char **name)
{
    if (json_int(named, "named_level") > (int64_t)*level) {
        *level = (unsigned)MIN_OF(json_int(named, "named_level"), (int64_t)3);
        *name = json_str(named, "name");
    }
}

static int level_of_part(const json_t *part, unsigned *level, const char **name)
{
    const json_t *m;
    size_t i;
    int r;

    *level = 0;
    *name = json_str(part, *json_str(part, "name") ? "name" : "place");
    if ((r = raise_by(json_str(part, "name"), level, name)) ||
        (r = raise_by(json_str(part, "other_name"), level, name)))
        return r;
    raise_to(part, level, name);
    json_array_foreach (json_arr(part, "members"), i, m) {
        if ((r = raise_by(json_str(m, "name"), level, name)))
            return r;
        raise_to(m, level, name);
    }
    return 0;
}

bool mail_bears_attributes(const json_t *of)
{
    return json_flag(of, "attributes") || json_array_size(json_arr(of, "metadata")) || json_array_size(json_arr(of, "hidden"));
}

/* *name is whatever in it bears them. */
static bool any_bears(const json_t *part, const char **name)
{
    const json_t *m;
    size_t i;

    if (mail_bears_attributes(part))
        return true;
    json_array_foreach (json_arr(part, "members"), i, m)
        if (mail_bears_attributes(m)) {
            *name = json_str(m, "name");
            return true;
        }
    return false;
}

static int judge_part(struct judging *j, const json_t *part, bool goes_outside)
{
    static const struct finding three = {"H-4-4-4", true, MSG_MAIL_GATE_LEVEL3, 0},
                                two = {"H-4-4-3", false, MSG_MAIL_GATE_LEVEL2,
                                       MSG_MAIL_GATE_LEVEL2_SATISFIES},
                                cut = {"H-4-4-3", false, MSG_MAIL_GATE_CUT,
                                       MSG_MAIL_GATE_CUT_SATISFIES},
                                word = {"H-4-4-3", false, MSG_MAIL_GATE_WORD,
                                        MSG_MAIL_GATE_WORD_SATISFIES},
                                attributes = {"H-3-2-2", false, MSG_MAIL_GATE_ATTRIBUTES,
                                              MSG_MAIL_GATE_ATTRIBUTES_SATISFIES};
    bool is_sealed = *json_str(part, "sealed") != '\0';
    const struct finding *f;
    const char *name;
    unsigned level;
    int r = level_of_part(part, &level, &name);

    if (r)
        return r;
    if (level == 3 && j->rules->line_is_external)
        f = &three;
    else if (!goes_outside)
        f = NULL;
    else if (level >= 2 && !is_sealed)
        f = &two;
    else
        f = json_flag(part, "cut")      ? &cut
            : json_flag(part, "opened") ? &word
            : any_bears(part, &name)    ? &attributes
                                        : NULL;
    return !f ? 0
              : find(j, f,
                     MESSAGE_ARGS({"name", str_of(name)},
                                  MESSAGE_WORD("level", level == 3 ? MSG_LABEL_C3 : MSG_LABEL_C2)));
}

static int count_outside(const struct judging *j, const json_t *report, const json_t *receivers,
                         size_t *ret)
{
    static const char *const lists[] = {"to", "cc", "bcc"};
    JSON_AUTO *set = json_object();
    int r = !set ? -ENOMEM : receivers ? add_outside(j, receivers, set) : 0;

    for (size_t i = 0; !r && !receivers && i < ARRAY_LEN(lists); i++)
        r = add_outside(j, json_arr(report, lists[i]), set);
    *ret = json_object_size(set);
    return r;
}

static int judge_all(struct judging *j, const json_t *report, const json_t *receivers, json_t **ret)
{
    size_t i, outside, sealed = 0;
    const json_t *part;
    int r = count_outside(j, report, receivers, &outside);

    if (!r)
        r = judge_open_addresses(j, report);
    json_array_foreach (json_arr(report, "parts"), i, part) {
        sealed += *json_str(part, "sealed") != '\0';
        if (!r)
            r = judge_part(j, part, outside > 0);
    }
    if (r)
        return r;
    *ret = json_pack("{s:s, s:I, s:I, s:O}", "verdict",
                     j->is_forbidden                     ? "forbidden"
                     : json_array_size(j->findings) != 0 ? "not-yet"
                                                         : "allowed",
                     "outside", (json_int_t)outside, "sealed", (json_int_t)sealed, "findings",
                     j->findings);
    return *ret ? 0 : -ENOMEM;
}

int mail_judge(const json_t *report, const json_t *receivers, const struct mail_rules *rules,
               json_t **ret)
{
    struct judging j = {.rules = rules, .findings = json_array()};
    int r = j.findings ? judge_all(&j, report, receivers, ret) : -ENOMEM;

    json_decref(j.findings);
    return r;
}

/* ---- what cannot be read ---- */

static const struct {
    const char *why;
    enum message_key words;
    bool is_ours;
} whys[] = {
    {"size", MSG_MAIL_GATE_WHY_SIZE, false},
    {"headers", MSG_MAIL_GATE_WHY_HEADERS, false},
    {"layers", MSG_MAIL_GATE_WHY_LAYERS, false},
    {"parts", MSG_MAIL_GATE_WHY_PARTS, false},
    {"addresses", MSG_MAIL_GATE_WHY_ADDRESSES, false},
    {"address", MSG_MAIL_GATE_WHY_ADDRESS, false},
    {"repeated", MSG_MAIL_GATE_WHY_REPEATED, false},
    {"nul", MSG_MAIL_GATE_WHY_NUL, false},
    {"mime", MSG_MAIL_GATE_WHY_MIME, false},
    {"partial", MSG_MAIL_GATE_WHY_PARTIAL, false},
    {"crashed", MSG_MAIL_GATE_WHY_CRASHED, true},
    {"no-scanner", MSG_MAIL_GATE_WHY_SCANNER, true},
    {"overdue", MSG_MAIL_GATE_WHY_OVERDUE, true},
};

static size_t why_at(const json_t *report)
{
    size_t i = 0;

    while (i + 1 < ARRAY_LEN(whys) && strcmp(whys[i].why, json_str(report, "why")) != 0)
        i++;
    return i;
}

bool mail_why_is_ours(const json_t *report)
{
    return whys[why_at(report)].is_ours;
}

int mail_why_print(const json_t *report, bool is_english, struct buf *out)
{
    const char *place = json_str(report, "place");
    int r = *place ? buf_printf(out, "%s: ", place) : 0;

    return r ? r
             : buf_add_str(out, message_text(is_english ? MESSAGE_EN : MESSAGE_JA,
                                             whys[why_at(report)].words));
}
