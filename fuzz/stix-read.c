/* Any bytes as a file of STIX, in pieces of several sizes: the same objects and faults come each time; what is handed over lies within the file and is
 * JSON to jansson as well; the rules find the same in it, and so does who looks for values, keys
 * and marks; a piece of a text, taken as a word, has no key that its object has not. */
#include "base/json.h"
#include "intel/stix-clues.h"
#include "intel/stix-keys.h"
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
    struct stix_keys *keys, *word_keys;
    struct buf own; /* keys of the object at hand */
    bool is_link;
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

static int key(enum stix_key kind, struct str bytes, void *context)
{
    struct seen *s = context;

    assert(kind >= STIX_KEY_TYPE && kind <= STIX_KEY_LINK && bytes.len);
    if (buf_printf(&s->own, "\n%x ", kind) || buf_add_str(&s->own, bytes) || buf_add_char(&s->own, '\n'))
        abort();
    return 0;
}

static int has_key(enum stix_key kind, struct str bytes, void *context)
{
    struct seen *s = context;
    CLEANUP(buf_done) struct buf wanted;

    buf_init(&wanted, 1000);
    if (buf_printf(&wanted, "\n%x ", kind) || buf_add_str(&wanted, bytes) || buf_add_char(&wanted, '\n'))
        abort();
    assert(memmem(s->own.at, s->own.len, wanted.at, wanted.len));
    return 0;
}

#define WORD_MAX 8u
#define TEXT_MAX 300u

static int word_of(struct str text, bool is_name, void *context)
{
    struct seen *s = context;
    struct folded f;

    folded_init(&f, TEXT_MAX);
    if (text.len <= TEXT_MAX && !fold(text, &f) && f.n) {
        struct folded word = {.at = f.at + f.n / 3, .n = MIN_OF(f.n - f.n / 3, WORD_MAX)};

        if (stix_keys_of_word(s->word_keys, &word, is_name ? STIX_KEY_NAME : s->is_link ? STIX_KEY_LINK : STIX_KEY_TEXT, has_key, s))
            abort();
    }
    folded_done(&f);
    return 0;
}

static void look_for_keys(struct seen *s, const struct stix_object *o)
{
    buf_init(&s->own, OUT_MAX);
    s->is_link = stix_is_link(scan_text(o->root, STR("type")));
    if (stix_keys(s->keys, o->root, key, s) || stix_texts(o->root, word_of, s))
        abort();
    buf_done(&s->own);
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
    look_for_keys(s, o);
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
    struct seen whole = {.file = {(const char *)data, size}, .rules = stix_rules_new(), .clues = stix_clues_new(), .keys = stix_keys_new(), .word_keys = stix_keys_new()};

    if (!whole.rules || !whole.clues || !whole.keys || !whole.word_keys)
        abort();
    run(&whole, size + 1);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        struct seen s = {.file = whole.file, .rules = whole.rules, .clues = whole.clues, .keys = whole.keys, .word_keys = whole.word_keys};

        run(&s, pieces[i]);
        if (!str_eq(buf_str(&s.out), buf_str(&whole.out)) && whole.n_faults < STIX_FAULTS_MAX)
            abort();
        buf_done(&s.out);
    }
    buf_done(&whole.out);
    stix_rules_free(whole.rules);
    stix_clues_free(whole.clues);
    stix_keys_free(whole.keys);
    stix_keys_free(whole.word_keys);
    return 0;
}
