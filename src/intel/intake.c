#include "intel/intake.h"

#include "base/utf8.h"
#include "intel/stix-rules.h"

#include <errno.h>
#include <stdlib.h>

#define SHOWN_MAX 100u /* bytes of a value of the file in what is said of it */
#define WORDS_MAX ((size_t)64 << 10)

struct intake {
    struct intake_setting setting;
    struct stage_way *stage;
    struct stix_rules *rules;
    struct stix_reader *reader;
    json_t *types, *marks, *findings;
    uint64_t n_objects, n_left, n_told[2], n_found[2]; /* by enum stix_level */
    bool is_cut;
    struct buf words, safe;
};

static const char *const formats[INTAKE_N_FORMATS] = {[INTAKE_STIX] = "stix"};

const char *intake_format_name(enum intake_format f)
{
    return formats[f];
}

bool intake_format_of(struct str name, enum intake_format *ret)
{
    for (unsigned i = 0; i < INTAKE_N_FORMATS; i++) {
        if (!str_eq(name, str_of(formats[i])))
            continue;
        *ret = (enum intake_format)i;
        return true;
    }
    return false;
}

/* ---- what is said ---- */

/* A piece of the file as it may be shown, cut; until the next one. */
static struct str shown(struct intake *x, struct str s)
{
    size_t n = MIN_OF(s.len, (size_t)SHOWN_MAX);

    while (n < s.len && n > 0 && ((unsigned char)s.at[n] & 0xc0) == 0x80)
        n--;
    buf_clear(&x->safe);
    if (utf8_print_safe((struct str){s.at, n}, &x->safe) || (n < s.len && buf_add_text(&x->safe, "…")))
        return STR("");
    return buf_str(&x->safe);
}

static int put_words(struct intake *x, json_t *to, const char *member, enum message_lang lang, const struct stix_finding *f, enum message_key key)
{
    int r;

    buf_clear(&x->words);
    r = message_print(&x->words, lang, key, {"value", f->has_why ? message_text(lang, f->why) : shown(x, f->value)}, {"wanted", f->wanted});
    return r ? ERR(r) : json_put_strn(to, member, buf_str(&x->words));
}

static int put_place(struct intake *x, json_t *to, const struct stix_finding *f)
{
    int r = 0;

    if (f->number != STIX_NO_NUMBER)
        r = json_put_int(to, "number", (int64_t)f->number);
    if (!r && f->id.len)
        r = json_put_strn(to, "id", shown(x, f->id));
    if (!r && f->path.len)
        r = json_put_strn(to, "path", shown(x, f->path));
    if (!r)
        r = json_put_int(to, "line", (int64_t)f->at.line) ?: json_put_int(to, "column", (int64_t)f->at.column);
    return r;
}

static int say(struct intake *x, enum stix_level level, const struct stix_finding *f, enum message_key key)
{
    json_t *row;
    int r;

    x->n_found[level]++;
    if (x->n_told[level] == INTAKE_TOLD_MAX)
        return 0;
    x->n_told[level]++;
    row = json_object();
    r = row ? json_put_str(row, "level", level == STIX_ERROR ? "error" : "warning") : -ENOMEM;
    if (!r)
        r = put_place(x, row, f) ?: put_words(x, row, "ja", MESSAGE_JA, f, key) ?: put_words(x, row, "en", MESSAGE_EN, f, key);
    if (r) {
        json_decref(row);
        return r;
    }
    return json_array_append_new(x->findings, row) ? -ENOMEM : 0;
}

static int fault(const struct stix_finding *f, void *context)
{
    struct intake *x = context;

    x->is_cut = x->is_cut || f->fault == STIX_E_END;
    return say(x, stix_fault_level(f->fault), f, stix_fault_text(f->fault));
}

/* ---- objects ---- */

static int count_in(json_t *counts, const char *name, size_t max)
{
    bool is_known = json_object_get(counts, name) || json_object_size(counts) < max;
    const char *key = is_known ? name : "";

    return json_put_int(counts, key, json_int(counts, key) + 1);
}

static int count(struct intake *x, const struct stix_object *o, enum tlp tlp)
{
    char type[64];
    struct str name = scan_text(o->root, STR("type"));

    if (name.len >= sizeof(type))
        name.len = 0;
    memcpy(type, name.at ? name.at : "", name.len);
    type[name.len] = '\0';
    return count_in(x->types, type, INTAKE_TYPES_MAX) ?: count_in(x->marks, tlp_name(tlp), TLP_RED + 1);
}

static int object(const struct stix_object *o, void *context)
{
    struct intake *x = context;
    enum stage_left left = STAGE_TAKEN;
    enum tlp tlp = TLP_RED;
    unsigned n_errors = 0;
    int r = stix_check(x->rules, o, fault, x, &n_errors);

    x->n_objects++;
    if (r || n_errors) {
        x->n_left += n_errors > 0;
        return r;
    }
    r = stage_add(x->stage, o, &left, &tlp);
    if (r || left == STAGE_TAKEN)
        return r ? r : count(x, o, tlp);
    x->n_left++;
    return say(x, STIX_ERROR, &(struct stix_finding){.number = o->number, .id = scan_text(o->root, STR("id")), .at = o->at}, stage_left_text(left));
}

/* ---- coming and going ---- */

struct intake *intake_new(const struct intake_setting *s, stage_send_fn *send, void *context)
{
    static const struct stix_reader_calls calls = {.object = object, .fault = fault};
    CLEANUP(intake_freep) struct intake *x = calloc(1, sizeof(*x));

    if (!x)
        return NULL;
    x->setting = *s;
    buf_init(&x->words, WORDS_MAX);
    buf_init(&x->safe, 16 * SHOWN_MAX);
    x->stage = stage_new(s->tlp, send, context);
    x->rules = stix_rules_new();
    x->reader = stix_reader_new(&calls, x);
    x->types = json_object();
    x->marks = json_object();
    x->findings = json_array();
    if (!x->stage || !x->rules || !x->reader || !x->types || !x->marks || !x->findings)
        return NULL;
    return TAKE(x);
}

void intake_free(struct intake *x)
{
    if (!x)
        return;
    stage_free(x->stage);
    stix_rules_free(x->rules);
    stix_reader_free(x->reader);
    json_decref(x->types);
    json_decref(x->marks);
    json_decref(x->findings);
    buf_done(&x->words);
    buf_done(&x->safe);
    free(x);
}

int intake_add(struct intake *x, struct str piece)
{
    return stix_reader_add(x->reader, piece);
}

static const char *frame_name(const struct intake *x)
{
    static const char *const names[] = {[STIX_NOTHING] = "nothing", [STIX_BUNDLE] = "bundle", [STIX_ENVELOPE] = "envelope", [STIX_LIST] = "list",
                                        [STIX_BARE] = "bare"};

    return names[stix_reader_frame(x->reader)];
}

static json_t *report(struct intake *x)
{
    uint64_t n_broken = stix_reader_broken(x->reader);
    json_t *o = json_pack("{s:I, s:I, s:I, s:I, s:O, s:O, s:s, s:O}", "objects", (json_int_t)(x->n_objects + n_broken), "left_out",
                          (json_int_t)(x->n_left + n_broken), "errors", (json_int_t)x->n_found[STIX_ERROR], "warnings",
                          (json_int_t)x->n_found[STIX_WARNING], "types", x->types, "marks", x->marks, "frame", frame_name(x), "findings", x->findings);

    if (o && ((x->is_cut && json_put_flag(o, "is_cut", true)) ||
              (x->n_found[STIX_ERROR] + x->n_found[STIX_WARNING] > json_array_size(x->findings) && json_put_flag(o, "is_short", true)))) {
        json_decref(o);
        return NULL;
    }
    return o;
}

int intake_end(struct intake *x, json_t **ret_report)
{
    int r = stix_reader_end(x->reader);

    if (!r)
        r = stage_flush(x->stage);
    if (r)
        return r;
    *ret_report = report(x);
    return *ret_report ? 0 : -ENOMEM;
}
