#include "intel/intake.h"

#include "base/utf8.h"
#include "intel/clue-source.h"
#include "intel/misp-stix.h"
#include "intel/stix-rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define SHOWN_MAX 100u /* bytes of a value of the file in what is said of it */
#define WORDS_MAX ((size_t)64 << 10)

struct intake {
    struct intake_setting setting;
    struct stage_way *stage;
    struct stix_rules *rules;
    struct stix_reader *reader; /* of the file, or of what the others make of it */
    struct misp_stix *misp;
    struct clue_source *values;
    json_t *types, *marks, *findings;
    uint64_t n_objects, n_left, n_told[2], n_found[2]; /* by enum stix_level */
    bool is_cut, has_more; /* has_more: of a page */
    struct buf words, safe, next;
};

static const char *const formats[INTAKE_N_FORMATS] = {[INTAKE_STIX] = "stix", [INTAKE_MISP] = "misp", [INTAKE_CSV] = "csv", [INTAKE_LIST] = "list",
                                                       [INTAKE_TEXT] = "text"};

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

/* One finding of whichever reader. */
struct told {
    enum stix_level level;
    uint64_t number, line, column; /* STIX_NO_NUMBER: of no object */
    struct str id, path;
    enum message_key text;
    struct str value, wanted;
    bool has_why;
    enum message_key why;
    const struct diag_entry *entry; /* its words; NULL: `text` */
};

static int put_words(struct intake *x, json_t *to, const char *member, enum message_lang lang, const struct told *t)
{
    int r;

    if (t->entry)
        return json_put_str(to, member, lang == MESSAGE_JA && t->entry->ja ? t->entry->ja : t->entry->message);
    buf_clear(&x->words);
    r = message_print(&x->words, lang, t->text, {"value", t->has_why ? message_text(lang, t->why) : shown(x, t->value)}, {"wanted", t->wanted});
    return r ? ERR(r) : json_put_strn(to, member, buf_str(&x->words));
}

static int put_place(struct intake *x, json_t *to, const struct told *t)
{
    int r = 0;

    if (t->number != STIX_NO_NUMBER)
        r = json_put_int(to, "number", (int64_t)t->number);
    if (!r && t->id.len)
        r = json_put_strn(to, "id", shown(x, t->id));
    if (!r && t->path.len)
        r = json_put_strn(to, "path", shown(x, t->path));
    if (!r)
        r = json_put_int(to, "line", (int64_t)t->line) ?: json_put_int(to, "column", (int64_t)t->column);
    return r;
}

static int say(struct intake *x, const struct told *t)
{
    json_t *row;
    int r;

    x->n_found[t->level]++;
    if (x->n_told[t->level] == INTAKE_TOLD_MAX)
        return 0;
    x->n_told[t->level]++;
    row = json_object();
    r = row ? json_put_str(row, "level", t->level == STIX_ERROR ? "error" : "warning") : -ENOMEM;
    if (!r)
        r = put_place(x, row, t) ?: put_words(x, row, "ja", MESSAGE_JA, t) ?: put_words(x, row, "en", MESSAGE_EN, t);
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
    return say(x, &(struct told){.level = stix_fault_level(f->fault), .number = x->setting.format == INTAKE_STIX ? f->number : STIX_NO_NUMBER,
                                 .line = f->at.line, .column = f->at.column, .id = f->id, .path = f->path, .text = stix_fault_text(f->fault),
                                 .value = f->value, .wanted = f->wanted, .has_why = f->has_why, .why = f->why});
}

/* "events[0].Attribute[17].value" */
static int misp_fault(const struct misp_finding *f, void *context)
{
    CLEANUP(buf_done) struct buf path;
    struct intake *x = context;

    buf_init(&path, 4096);
    if (buf_printf(&path, "events[%" PRIu64 "]%s", f->number, f->path.len ? "." : "") || buf_add_str(&path, shown(x, f->path)))
        return buf_error(&path) == -ENOMEM ? -ENOMEM : 0;
    return say(x, &(struct told){.level = f->is_warning ? STIX_WARNING : STIX_ERROR, .number = STIX_NO_NUMBER, .line = f->at.line, .column = f->at.column,
                                 .id = f->uuid, .path = buf_str(&path), .text = f->text, .value = f->value, .wanted = f->wanted});
}

static int value_fault(const struct clue_source_fault *f, void *context)
{
    return say(context, &(struct told){.level = f->entry && f->entry->level != DIAG_ERROR ? STIX_WARNING : STIX_ERROR, .number = STIX_NO_NUMBER,
                                       .line = f->line, .column = f->column, .id = f->written, .path = str_of(f->what), .text = f->text, .entry = f->entry});
}

/* What another reader has made of the file. */
static int made(struct str object, void *context)
{
    struct intake *x = context;

    return stix_reader_add(x->reader, object);
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
    return say(x, &(struct told){.level = STIX_ERROR, .number = o->number, .line = o->at.line, .column = o->at.column, .id = scan_text(o->root, STR("id")),
                                 .text = stage_left_text(left)});
}

static int member(struct str key, const struct scan_value *v, void *context)
{
    struct intake *x = context;
    int r;

    if (str_eq(key, STR("more")))
        x->has_more = v->kind == SCAN_TRUE;
    if (!str_eq(key, STR("next")) || v->kind != SCAN_STRING)
        return 0;
    buf_clear(&x->next);
    r = buf_add_str(&x->next, scan_str(v));
    return r == -ENOMEM ? r : 0; /* too long: as if there were none */
}

/* ---- coming and going ---- */

/* False: no memory. */
static bool open_source(struct intake *x)
{
    static const enum clue_source_kind kinds[] = {[INTAKE_CSV] = CLUE_SOURCE_CSV, [INTAKE_LIST] = CLUE_SOURCE_LIST, [INTAKE_TEXT] = CLUE_SOURCE_TEXT};
    static const struct clue_source_calls calls = {made, value_fault};

    if (x->setting.format == INTAKE_STIX)
        return true;
    if (x->setting.format == INTAKE_MISP)
        return (x->misp = misp_stix_new(made, misp_fault, x)) != NULL;
    x->values = clue_source_new(kinds[x->setting.format], "", x->setting.made_us, &calls, x);
    return x->values != NULL;
}

struct intake *intake_new(const struct intake_setting *s, stage_send_fn *send, void *context)
{
    static const struct stix_reader_calls calls = {.object = object, .fault = fault, .member = member};
    CLEANUP(intake_freep) struct intake *x = calloc(1, sizeof(*x));

    if (!x)
        return NULL;
    x->setting = *s;
    buf_init(&x->words, WORDS_MAX);
    buf_init(&x->safe, 16 * SHOWN_MAX);
    buf_init(&x->next, INTAKE_NEXT_MAX);
    x->stage = stage_new(s->tlp, send, context);
    x->rules = stix_rules_new();
    x->reader = stix_reader_new(&calls, x);
    x->types = json_object();
    x->marks = json_object();
    x->findings = json_array();
    if (!x->stage || !x->rules || !x->reader || !x->types || !x->marks || !x->findings || !open_source(x))
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
    misp_stix_free(x->misp);
    clue_source_free(x->values);
    json_decref(x->types);
    json_decref(x->marks);
    json_decref(x->findings);
    buf_done(&x->words);
    buf_done(&x->safe);
    buf_done(&x->next);
    free(x);
}

int intake_add(struct intake *x, struct str piece)
{
    return x->misp ? misp_stix_add(x->misp, piece) : x->values ? clue_source_add(x->values, piece) : stix_reader_add(x->reader, piece);
}

static const char *frame_name(const struct intake *x)
{
    static const char *const names[] = {[STIX_NOTHING] = "nothing", [STIX_BUNDLE] = "bundle", [STIX_ENVELOPE] = "envelope", [STIX_LIST] = "list",
                                        [STIX_BARE] = "bare"};

    return names[stix_reader_frame(x->reader)];
}

static json_t *report(struct intake *x)
{
    uint64_t n_broken = stix_reader_broken(x->reader) + (x->misp ? misp_stix_broken(x->misp) : x->values ? clue_source_left_out(x->values) : 0);
    json_t *o = json_pack("{s:I, s:I, s:I, s:I, s:O, s:O, s:s, s:O}", "objects", (json_int_t)(x->n_objects + n_broken), "left_out",
                          (json_int_t)(x->n_left + n_broken), "errors", (json_int_t)x->n_found[STIX_ERROR], "warnings",
                          (json_int_t)x->n_found[STIX_WARNING], "types", x->types, "marks", x->marks, "frame", frame_name(x), "findings", x->findings);

    if (o && ((x->is_cut && json_put_flag(o, "is_cut", true)) ||
              (x->n_found[STIX_ERROR] + x->n_found[STIX_WARNING] > json_array_size(x->findings) && json_put_flag(o, "is_short", true)) ||
              (x->has_more && json_put_flag(o, "more", true)) || (x->next.len && json_put_strn(o, "next", buf_str(&x->next))))) {
        json_decref(o);
        return NULL;
    }
    return o;
}

int intake_end(struct intake *x, json_t **ret_report)
{
    int r = x->misp ? misp_stix_end(x->misp) : x->values ? clue_source_end(x->values) : 0;

    if (!r)
        r = stix_reader_end(x->reader);
    if (!r)
        r = stage_flush(x->stage);
    if (r)
        return r;
    *ret_report = report(x);
    return *ret_report ? 0 : -ENOMEM;
}
