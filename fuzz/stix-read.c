/* Any bytes as a file of STIX, in pieces of several sizes: the same objects and faults come each time; what is handed over lies within the file and is
 * JSON to jansson as well; the rules find the same in it, and so does who looks for values and marks. */
#include "base/json.h"
#include "intel/stix-clues.h"
#include "intel/stix-mark.h"
#include "intel/stix-rules.h"

#include <stdlib.h>

#define OUT_MAX ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct str file;
    struct buf out;
    uint64_t n_faults;
    struct stix_rules *rules;
    struct stix_clues *clues;
};

static int fault(const struct stix_finding *f, void *context);

static int clue(const struct clue *v, bool is_derived, void *context)
{
    struct seen *s = context;

    assert(v->type != CLUE_NONE && v->type < CLUE_N_TYPES && v->bytes.len);
    if (buf_printf(&s->out, "= %d %d %zu\n", (int)v->type, is_derived, v->bytes.len))
        abort();
    return 0;
}

static int object(const struct stix_object *o, void *context)
{
    struct seen *s = context;
    json_error_t error;
    unsigned n_errors;
    json_t *j =
        json_loadb(o->bytes.at, o->bytes.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    assert(o->offset + o->bytes.len <= s->file.len);
    assert(memcmp(s->file.at + o->offset, o->bytes.at, o->bytes.len) == 0);
    assert(o->root->kind == SCAN_OBJECT && o->root->offset == 0);
    assert(j || json_error_code(&error) == json_error_numeric_overflow);
    json_decref(j);
    if (buf_printf(&s->out, "%d %d %d:%d\n", (int)o->number, (int)o->offset, (int)o->at.line,
                   (int)o->at.column))
        abort();
    if (stix_check(s->rules, o, fault, s, &n_errors) || stix_clues(s->clues, o->root, clue, s))
        abort();
    assert(stix_mark(o->root, TLP_GREEN) >= TLP_GREEN);
    return 0;
}

static int fault(const struct stix_finding *f, void *context)
{
    struct seen *s = context;

    assert(f->fault > STIX_SOUND && f->fault < STIX_N_FAULTS);
    assert(f->offset <= s->file.len);
    s->n_faults += f->fault <= STIX_E_BUNDLE_ID;
    if (buf_printf(&s->out, "! %d %d %d %d:%d %.*s\n", (int)f->number, (int)f->fault,
                   (int)f->offset, (int)f->at.line, (int)f->at.column, STR_ARG(f->path)))
        abort();
    return 0;
}

static void run(struct seen *s, size_t piece)
{
    const struct stix_reader_calls calls = {object, fault};
    struct stix_reader *r = stix_reader_new(&calls, s);

    if (!r)
        abort();
    buf_init(&s->out, OUT_MAX);
    for (size_t at = 0; at < s->file.len; at += piece)
        if (stix_reader_add(r, (struct str){s->file.at + at, MIN_OF(piece, s->file.len - at)}))
            abort();
    if (stix_reader_end(r))
        abort();
    assert(stix_reader_broken(r) <= stix_reader_objects(r));
    stix_reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1, 3, 64, 1000};
    struct seen whole = {.file = {(const char *)data, size}, .rules = stix_rules_new(), .clues = stix_clues_new()};

    if (!whole.rules || !whole.clues)
        abort();
    run(&whole, size + 1);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        struct seen s = {.file = whole.file, .rules = whole.rules, .clues = whole.clues};

        run(&s, pieces[i]);
        if (!str_eq(buf_str(&s.out), buf_str(&whole.out)) && whole.n_faults < STIX_FAULTS_MAX)
            abort();
        buf_done(&s.out);
    }
    buf_done(&whole.out);
    stix_rules_free(whole.rules);
    stix_clues_free(whole.clues);
    return 0;
}
