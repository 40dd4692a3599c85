#include "intel/stage.h"

#include "intel/clue-keys.h"
#include "intel/jcs.h"
#include "intel/pack.h"
#include "intel/stix-clues.h"
#include "intel/stix-contents.h"
#include "intel/stix-id.h"
#include "intel/stix-keys.h"
#include "intel/stix-life.h"
#include "intel/stix-mark.h"
#include "intel/stix-time.h"
#include "store/segment.h"

#include <errno.h>
#include <stdlib.h>

#define CONTENT_MAX ((size_t)64 << 20)

struct stage_way {
    enum tlp tlp; /* of what has no mark */
    stage_send_fn *send;
    void *context;
    struct segment_writer *writer;
    struct stix_clues *clues;
    struct stix_keys *keys;
    struct stix_contents *contents;
    struct packer *packer;
    struct buf packed, content, version, ids, message;
    uint64_t n_values; /* of the object at hand */
    enum decay_class class; /* of its values */
    bool is_withdrawal;
    bool is_apart; /* the object at hand */
};

enum message_key stage_left_text(enum stage_left left)
{
    static const enum message_key keys[] = {MSG_INTEL_LEFT_NOTHING, MSG_INTEL_LEFT_LARGE, MSG_INTEL_LEFT_ID, MSG_INTEL_LEFT_NUMBER,
                                            MSG_INTEL_LEFT_INSTANT};

    return keys[left];
}

struct stage_way *stage_new(enum tlp tlp, stage_send_fn *send, void *context)
{
    CLEANUP(stage_freep) struct stage_way *w = calloc(1, sizeof(*w));

    if (!w)
        return NULL;
    *w = (struct stage_way){.tlp = tlp, .send = send, .context = context};
    buf_init(&w->packed, SEGMENT_SIZE_MAX);
    buf_init(&w->content, CONTENT_MAX);
    buf_init(&w->version, SEGMENT_WORD_MAX);
    buf_init(&w->ids, SEGMENT_OF_MAX);
    buf_init(&w->message, SEGMENT_SIZE_MAX);
    w->writer = segment_writer_new();
    w->clues = stix_clues_new();
    w->keys = stix_keys_new();
    w->contents = stix_contents_new();
    w->packer = packer_new();
    if (!w->writer || !w->clues || !w->keys || !w->contents || !w->packer)
        return NULL;
    return TAKE(w);
}

void stage_withdraw(struct stage_way *w)
{
    w->is_withdrawal = true;
}

void stage_free(struct stage_way *w)
{
    if (!w)
        return;
    segment_writer_free(w->writer);
    stix_clues_free(w->clues);
    stix_keys_free(w->keys);
    stix_contents_free(w->contents);
    packer_free(w->packer);
    buf_done(&w->packed);
    buf_done(&w->content);
    buf_done(&w->version);
    buf_done(&w->ids);
    buf_done(&w->message);
    free(w);
}

/* ---- an object ---- */

/* Instants in their one form: bytewise order is that of time. */
static int print_version(struct stage_way *w, struct str text)
{
    struct stix_time t;

    buf_clear(&w->version);
    if (!text.len)
        return 0;
    if (!stix_time_read(text, &t))
        return STAGE_NO_INSTANT;
    if (buf_add(&w->version, text.at, sizeof("2026-04-10T09:00:00") - 1) ||
        (t.fraction.len && (buf_add_char(&w->version, '.') || buf_add_str(&w->version, t.fraction))))
        return buf_error(&w->version) == -ENOMEM ? -ENOMEM : STAGE_NO_INSTANT;
    return 0;
}

static int add_clue_key(unsigned kind, struct str bytes, void *context)
{
    struct stage_way *w = context;

    return segment_writer_value(w->writer, (uint8_t)kind, false, bytes);
}

static int add_apart(struct stage_way *w, enum clue_type type, struct str bytes)
{
    char key[CLUE_APART_SIZE];

    clue_apart_key(type, bytes, key);
    return segment_writer_value(w->writer, CLUE_KEY_APART, false, (struct str){key, sizeof(key)});
}

static int add_clue(const struct clue *v, bool is_derived, void *context)
{
    struct stage_way *w = context;
    struct str bytes = buf_str(&v->bytes);

    w->n_values++;
    if (!is_derived)
        w->class = MAX_OF(w->class, stix_life_class(v->type));
    return segment_writer_value(w->writer, (uint8_t)v->type, is_derived, bytes) ?: clue_keys(v->type, bytes, add_clue_key, w) ?:
           w->is_apart ? add_apart(w, v->type, bytes) : 0;
}

static int pack(struct stage_way *w, struct str type, struct str bytes)
{
    buf_done(&w->packed);
    buf_init(&w->packed, 2 * bytes.len + 4096); /* what grows is told as too large, where it is */
    return packer_add(w->packer, type, bytes, &w->packed);
}

static int digest_content(struct stage_way *w, const struct scan_value *root, struct digest *ret)
{
    int e;

    buf_clear(&w->content);
    e = jcs_print(root, &w->content);
    if (e == JCS_E_NUMBER)
        return STAGE_NO_NUMBER;
    if (e == -ENOSPC)
        return STAGE_TOO_LARGE;
    *ret = sha256(buf_str(&w->content));
    return e;
}

/* Positive: enum stage_left. */
static int describe(struct stage_way *w, const struct stix_object *o, struct segment_object *ret)
{
    struct str modified = scan_text(o->root, STR("modified")), created = scan_text(o->root, STR("created")), type;
    int e;

    ret->id = scan_text(o->root, STR("id"));
    ret->type = scan_text(o->root, STR("type"));
    if (!stix_type_is(ret->type) || !stix_id_is(ret->id, &type) || ret->id.len > SEGMENT_WORD_MAX)
        return STAGE_NO_ID;
    /* Of objects that are never versioned the creation is the one version. */
    e = print_version(w, modified.len ? modified : created);
    if (e)
        return e;
    ret->version = buf_str(&w->version);
    ret->tlp = (uint8_t)stix_mark(o->root, w->tlp);
    if ((e = stix_life(o->root, &w->ids, ret)))
        return e;
    if (w->is_withdrawal && ret->life == SEGMENT_FALSE)
        ret->life = SEGMENT_WITHDRAWAL;
    ret->length = (uint32_t)o->bytes.len;
    ret->sum = sha256(o->bytes);
    if ((e = digest_content(w, o->root, &ret->digest)) || (e = pack(w, ret->type, o->bytes)))
        return e;
    ret->packed = buf_str(&w->packed);
    return o->bytes.len > SEGMENT_UNPACKED_MAX ? STAGE_TOO_LARGE : 0;
}

/* ---- a segment ---- */

int stage_flush(struct stage_way *w)
{
    size_t n = segment_writer_count(w->writer);
    int e;

    if (!n)
        return 0;
    buf_clear(&w->message);
    e = segment_writer_print(w->writer, &w->message);
    if (!e)
        e = w->send(buf_str(&w->message), n, w->context);
    if (!e)
        segment_writer_clear(w->writer);
    return e;
}

/* What finds it beside its values; of more than an object may have the first. */
static int add_key(enum stix_key kind, struct str bytes, void *context)
{
    struct stage_way *w = context;

    return segment_writer_value(w->writer, (uint8_t)kind, false, bytes);
}

static int add_keys(struct stage_way *w, const struct stix_object *o)
{
    int e = stix_keys(w->keys, o->root, add_key, w);

    return e == -ENOSPC ? 0 : e;
}

static int add_content(const struct digest *sha256, void *context)
{
    struct stage_way *w = context;

    return segment_writer_value(w->writer, SEGMENT_CONTENT, false, (struct str){(const char *)sha256->bytes, sizeof(sha256->bytes)});
}

/* SEGMENT_E_FULL, SEGMENT_E_LARGE; what it carries and the object's values first. One that is too large with what finds it is taken without. */
static int add_described(struct stage_way *w, const struct stix_object *o, struct segment_object *described, bool has_keys)
{
    int e;

    w->n_values = 0;
    w->class = DECAY_OTHER;
    w->is_apart = stix_is_apart(o->root);
    e = stix_contents(w->contents, o->root, add_content, w) ?: stix_clues(w->clues, o->root, add_clue, w);
    if (e == -ENOSPC) {
        e = segment_writer_forget(w->writer);
        return e ? e : SEGMENT_E_LARGE;
    }
    if (!e && has_keys)
        e = add_keys(w, o);
    described->decay_class = (uint8_t)w->class;
    e = e ? e : segment_writer_add(w->writer, described);
    return e == SEGMENT_E_LARGE && has_keys ? add_described(w, o, described, false) : e;
}

/* The segment is full: it goes, and the object comes first in the next one. *ret: what adding it answered there. */
static int begin_next(struct stage_way *w, const struct stix_object *o, struct segment_object *described, int *ret)
{
    int e = segment_writer_forget(w->writer);

    if (!e)
        e = stage_flush(w);
    *ret = e ? 0 : add_described(w, o, described, true);
    return e;
}

int stage_add(struct stage_way *w, const struct stix_object *o, enum stage_left *ret_left, enum tlp *ret_tlp)
{
    struct segment_object described = {0};
    int e = describe(w, o, &described), how;

    *ret_left = e > 0 ? (enum stage_left)e : STAGE_TAKEN;
    if (e)
        return MIN_OF(e, 0);
    *ret_tlp = (enum tlp)described.tlp;
    how = add_described(w, o, &described, true);
    if (how == SEGMENT_E_FULL && (e = begin_next(w, o, &described, &how)))
        return e;
    if (how == SEGMENT_E_LARGE)
        *ret_left = STAGE_TOO_LARGE;
    return MIN_OF(how, 0);
}

uint64_t stage_values(const struct stage_way *w)
{
    return w->n_values;
}
