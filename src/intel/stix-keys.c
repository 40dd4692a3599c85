#include "intel/stix-keys.h"

#include "base/utf8.h"
#include "intel/stix-id.h"

#include <errno.h>
#include <stdlib.h>

#define EDGE 0x02u
#define PIECE 3u /* characters at most */

struct stix_keys {
    struct folded folded;
    struct buf piece;
    enum stix_key text_kind; /* of the object at hand */
    stix_key_fn *call;
    void *context;
};

struct stix_keys *stix_keys_new(void)
{
    struct stix_keys *k = calloc(1, sizeof(*k));

    if (!k)
        return NULL;
    folded_init(&k->folded, STIX_KEYS_TEXT_MAX);
    buf_init(&k->piece, 64);
    return k;
}

void stix_keys_free(struct stix_keys *k)
{
    if (!k)
        return;
    folded_done(&k->folded);
    buf_done(&k->piece);
    free(k);
}

/* ---- texts ---- */

#define TEXT(property, is_name) {{property, sizeof(property) - 1}, is_name}
static const struct {
    struct str name;
    bool is_name;
} texts[] = {
    TEXT("name", true),       TEXT("aliases", true),      TEXT("x_mitre_aliases", true), TEXT("labels", true),  TEXT("description", false),
    TEXT("abstract", false),  TEXT("content", false),     TEXT("explanation", false),    TEXT("statement", false), TEXT("goals", false),
    TEXT("x_mitre_detection", false), TEXT("authors", false), TEXT("context", false),    TEXT("subject", false), TEXT("roles", false),
    TEXT("sectors", false),   TEXT("contact_information", false),
};

static int tell_text(const struct scan_value *v, bool is_name, stix_text_fn *call, void *context)
{
    int r = 0;

    if (v->kind == SCAN_STRING)
        return v->len ? call(scan_str(v), is_name, context) : 0;
    for (uint32_t i = 0, at = 1; !r && v->kind == SCAN_ARRAY && i < v->len; i++, at += v[at].skip)
        if (v[at].kind == SCAN_STRING && v[at].len)
            r = call(scan_str(&v[at]), is_name, context);
    return r;
}

static int tell_numbers(const struct scan_value *refs, stix_text_fn *call, void *context)
{
    int r = 0;

    for (uint32_t i = 0, at = 1; !r && refs->kind == SCAN_ARRAY && i < refs->len; i++, at += refs[at].skip) {
        struct str id = scan_text(&refs[at], STR("external_id"));

        if (id.len)
            r = call(id, true, context);
    }
    return r;
}

int stix_texts(const struct scan_value *object, stix_text_fn *call, void *context)
{
    const struct scan_value *v = object + 1;
    int r = 0;

    for (uint32_t n = 0; !r && object->kind == SCAN_OBJECT && n < object->len; n++, v += 1 + v[1].skip) {
        struct str property = scan_str(v);

        if (str_eq(property, STR("external_references")))
            r = tell_numbers(&v[1], call, context);
        for (size_t i = 0; !r && i < ARRAY_LEN(texts); i++)
            if (str_eq(property, texts[i].name)) {
                r = tell_text(&v[1], texts[i].is_name, call, context);
                break;
            }
    }
    return r;
}

bool stix_is_link(struct str type)
{
    return str_eq(type, STR("relationship")) || str_eq(type, STR("sighting"));
}

/* ---- pieces ---- */

static bool is_plain(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_three(const struct folded_char *at)
{
    return is_plain(at[0].c) && is_plain(at[1].c) && is_plain(at[2].c);
}

static int tell_piece(struct stix_keys *k, enum stix_key kind, const struct folded_char *at, size_t n)
{
    char plain[PIECE];
    size_t i = 0;
    int r = 0;

    for (; i < n && at[i].c < 0x80; i++)
        plain[i] = (char)at[i].c;
    if (i == n)
        return k->call(kind, (struct str){plain, n}, k->context);
    buf_clear(&k->piece);
    for (i = 0; !r && i < n; i++)
        r = at[i].c < 0x80 ? buf_add_char(&k->piece, (char)at[i].c) : utf8_put(at[i].c, &k->piece);
    return r ? r : k->call(kind, buf_str(&k->piece), k->context);
}

static int tell_pieces(struct stix_keys *k, enum stix_key kind)
{
    const struct folded *f = &k->folded;
    int r = 0;

    for (size_t i = 0; !r && i + 1 < f->n; i++) {
        r = tell_piece(k, kind, &f->at[i], 2);
        if (!r && i + 2 < f->n && is_three(&f->at[i]))
            r = tell_piece(k, kind, &f->at[i], 3);
    }
    return r;
}

/* The first and the last two, which no other pieces are like: nothing folded has control characters. */
static int tell_edges(struct stix_keys *k, const struct folded *f)
{
    struct folded_char first[3] = {{.c = EDGE}}, last[3];
    size_t n = MIN_OF(f->n, (size_t)2);

    memcpy(first + 1, f->at, n * sizeof(*f->at));
    memcpy(last, f->at + f->n - n, n * sizeof(*f->at));
    last[n] = (struct folded_char){.c = EDGE};
    return tell_piece(k, STIX_KEY_NAME, first, n + 1) ?: tell_piece(k, STIX_KEY_NAME, last, n + 1);
}

static int take_text(struct str text, bool is_name, void *context)
{
    struct stix_keys *k = context;
    int r = fold(text, &k->folded);

    if (r < 0 || r == FOLD_E_INVALID || !k->folded.n)
        return MIN_OF(r, 0);
    r = tell_pieces(k, k->text_kind) ?: is_name ? tell_pieces(k, STIX_KEY_NAME) : 0;
    if (r || !is_name)
        return r;
    folded_drop_sound(&k->folded);
    return tell_edges(k, &k->folded);
}

bool stix_name_is(const struct folded *name, const struct fold_words *words)
{
    size_t n = 0;

    for (size_t i = 0; i < words->n; i++)
        for (size_t c = 0; c < words->at[i].n; c++, n++)
            if (n >= name->n || name->at[n].c != words->at[i].at[c].c)
                return false;
    return n == name->n;
}

int stix_keys_of_name(struct stix_keys *k, const struct fold_words *words, stix_key_fn *call, void *context)
{
    struct folded_char all[FOLD_WORDS_TEXT_MAX];
    struct folded f = {.at = all};
    int r;

    for (size_t i = 0; i < words->n; i++)
        for (size_t c = 0; c < words->at[i].n && f.n < ARRAY_LEN(all); c++)
            all[f.n++] = words->at[i].at[c];
    if (!f.n)
        return 0;
    r = stix_keys_of_word(k, &f, STIX_KEY_NAME, call, context);
    return r ? r : tell_edges(k, &f);
}

int stix_keys_of_word(struct stix_keys *k, const struct folded *word, enum stix_key kind, stix_key_fn *call, void *context)
{
    bool is_covered = false; /* by the three before */
    int r = 0;

    k->call = call;
    k->context = context;
    for (size_t i = 0; !r && i + 1 < word->n; i++) {
        bool three = i + 2 < word->n && is_three(&word->at[i]);

        if (three)
            r = tell_piece(k, kind, &word->at[i], 3);
        else if (!is_covered)
            r = tell_piece(k, kind, &word->at[i], 2);
        is_covered = three;
    }
    return r;
}

/* ---- references ---- */

static bool ends_with(struct str s, struct str tail)
{
    return s.len >= tail.len && !memcmp(s.at + s.len - tail.len, tail.at, tail.len);
}

bool stix_is_of_maker(struct str property)
{
    return ends_with(property, STR("by_ref")) || ends_with(property, STR("by_refs"));
}

static int tell_reference(struct str property, const struct scan_value *v, stix_reference_fn *call, void *context)
{
    struct str type;

    return v->kind == SCAN_STRING && v->len <= STIX_ID_MAX && stix_id_is(scan_str(v), &type) ? call(property, scan_str(v), context) : 0;
}

static int tell_references(struct str property, const struct scan_value *v, stix_reference_fn *call, void *context)
{
    int r = 0;

    if (str_eq(property, STR("object_marking_refs")) || str_eq(property, STR("marking_ref")))
        return 0;
    if (ends_with(property, STR("_ref")))
        return tell_reference(property, v, call, context);
    for (uint32_t i = 0, at = 1; ends_with(property, STR("_refs")) && !r && v->kind == SCAN_ARRAY && i < v->len; i++, at += v[at].skip)
        r = tell_reference(property, &v[at], call, context);
    return r;
}

/* Depth is that of the scanner, and so bounded. */
int stix_references(const struct scan_value *of, stix_reference_fn *call, void *context)
{
    const struct scan_value *v = of + 1;
    int r = 0;

    for (uint32_t i = 0; !r && (of->kind == SCAN_OBJECT || of->kind == SCAN_ARRAY) && i < of->len; i++) {
        const struct scan_value *value = of->kind == SCAN_OBJECT ? v + 1 : v;

        if (of->kind == SCAN_OBJECT)
            r = tell_references(scan_str(v), value, call, context);
        if (!r)
            r = stix_references(value, call, context);
        v = value + value->skip;
    }
    return r;
}

static int take_reference(struct str property, struct str id, void *context)
{
    struct stix_keys *k = context;

    return k->call(stix_is_of_maker(property) ? STIX_KEY_MADE_BY : STIX_KEY_REFERENCE, id, k->context);
}

int stix_keys(struct stix_keys *k, const struct scan_value *object, stix_key_fn *call, void *context)
{
    struct str type = scan_text(object, STR("type"));
    int r;

    k->call = call;
    k->context = context;
    k->text_kind = stix_is_link(type) ? STIX_KEY_LINK : STIX_KEY_TEXT;
    r = type.len ? call(STIX_KEY_TYPE, type, context) : 0;
    if (!r)
        r = stix_references(object, take_reference, k);
    return r ? r : stix_texts(object, take_text, k);
}
