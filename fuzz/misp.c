/* Any bytes as a file of MISP, in pieces of several sizes: the same objects of STIX and faults come each time; each object is JSON to jansson as well and keeps
 * the rules. */
#include "base/json.h"
#include "intel/misp-stix.h"
#include "intel/stix-rules.h"

#include <stdlib.h>

#define OUT_MAX ((size_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct str file;
    struct buf out;
    uint64_t n_faults;
    struct stix_rules *rules; /* NULL: objects are not looked into */
};

/* What the rules ask of values that MISP does not look into is its maker's business; but that properties, ids and references are right is ours. */
static int rule(const struct stix_finding *f, void *context)
{
    switch (f->fault) {
    case STIX_E_OBSERVABLE_ID:
    case STIX_E_REQUIRED:
    case STIX_E_KIND:
    case STIX_E_ID:
    case STIX_E_ID_TYPE:
    case STIX_E_TIME:
    case STIX_E_ORDER:
    case STIX_E_EMPTY:
    case STIX_E_PATTERN:
    case STIX_E_PROPERTY:
    case STIX_E_HASH:
    case STIX_E_REF_TYPE:
        abort();
    default:
        return 0;
    }
}

static int check(const struct stix_object *o, void *context)
{
    struct seen *s = context;
    unsigned n_errors;

    if (stix_check(s->rules, o, rule, s, &n_errors))
        abort();
    return 0;
}

static int never(const struct stix_finding *f, void *context)
{
    abort();
}

static int object(struct str text, void *context)
{
    static const struct stix_reader_calls calls = {check, never};
    struct seen *s = context;

    if (buf_add_str(&s->out, text) || buf_add_char(&s->out, '\n'))
        abort();
    if (s->rules) {
        struct stix_reader *r = stix_reader_new(&calls, s);

        if (!r || stix_reader_add(r, text) || stix_reader_end(r))
            abort();
        stix_reader_free(r);
    }
    return 0;
}

static int fault(const struct misp_finding *f, void *context)
{
    struct seen *s = context;

    assert(f->offset <= s->file.len);
    s->n_faults++;
    if (buf_printf(&s->out, "! %d %d %d:%d %.*s\n", (int)f->number, (int)f->offset, (int)f->at.line,
                   (int)f->at.column, STR_ARG(f->path)))
        abort();
    return 0;
}

static void run(struct seen *s, size_t piece)
{
    struct misp_stix *m = misp_stix_new(object, fault, s);

    if (!m)
        abort();
    buf_init(&s->out, OUT_MAX);
    for (size_t at = 0; at < s->file.len; at += piece)
        if (misp_stix_add(m, (struct str){s->file.at + at, MIN_OF(piece, s->file.len - at)}))
            abort();
    if (misp_stix_end(m))
        abort();
    assert(misp_stix_broken(m) <= misp_stix_events(m) + misp_stix_items(m) + s->n_faults);
    misp_stix_free(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1, 3, 1000};
    struct seen whole = {.file = {(const char *)data, size}, .rules = stix_rules_new()};

    if (!whole.rules)
        abort();
    run(&whole, size + 1);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        struct seen s = {.file = whole.file};

        run(&s, pieces[i]);
        if (!str_eq(buf_str(&s.out), buf_str(&whole.out)))
            abort();
        buf_done(&s.out);
    }
    buf_done(&whole.out);
    stix_rules_free(whole.rules);
    return 0;
}
