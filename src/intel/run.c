#include "intel/run.h"

#include "base/codec.h"
#include "intel/jcs.h"
#include "intel/stix-clues.h"
#include "intel/stix-id.h"
#include "intel/stix-keys.h"
#include "intel/stix-life.h"
#include "intel/stix-mark.h"
#include "intel/stix-time.h"
#include "store/segment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#define PACK_LEVEL 3
#define CONTENT_MAX ((size_t)64 << 20)

struct run {
    const struct run_setting *setting;
    int64_t number;
    char record[96];
    enum tlp tlp; /* the channel's default */
    struct segment_writer *writer;
    struct stix_clues *clues;
    struct stix_keys *keys;
    ZSTD_CCtx *packer;
    struct buf packed, content, version, message;
    struct run_counts counts;
    int64_t n_sent; /* segments */
    uint64_t n_values; /* of the object at hand */
    enum decay_class class; /* of its values */
};

enum message_key run_left_text(enum run_left left)
{
    static const enum message_key keys[] = {MSG_INTEL_LEFT_NOTHING, MSG_INTEL_LEFT_LARGE, MSG_INTEL_LEFT_ID, MSG_INTEL_LEFT_NUMBER,
                                            MSG_INTEL_LEFT_INSTANT};

    return keys[left];
}

/* ---- asking ---- */

/* `message` is taken. RUN_E_REFUSED: the answer is no. */
static int ask(const struct run_setting *s, json_t *message, json_t **ret_answer)
{
    JSON_AUTO *m = message;
    JSON_AUTO *answer = NULL;
    int r = !m ? -ENOMEM : s->token.len ? json_put_strn(m, "token", s->token) : json_put_strn(m, "bearer", s->bearer);

    if (!r)
        r = keeper_ask(s->link, m, &answer);
    if (r)
        return r;
    r = json_flag(answer, "ok") ? 0 : RUN_E_REFUSED;
    *ret_answer = TAKE(answer);
    return r;
}

static int make(const struct run_setting *s, struct run **ret)
{
    struct run *r = calloc(1, sizeof(*r));

    if (!r)
        return -ENOMEM;
    r->setting = s;
    buf_init(&r->packed, SEGMENT_SIZE_MAX);
    buf_init(&r->content, CONTENT_MAX);
    buf_init(&r->version, SEGMENT_WORD_MAX);
    buf_init(&r->message, SEGMENT_SIZE_MAX);
    r->writer = segment_writer_new();
    r->clues = stix_clues_new();
    r->keys = stix_keys_new();
    r->packer = ZSTD_createCCtx();
    *ret = r;
    if (!r->writer || !r->clues || !r->keys || !r->packer)
        return -ENOMEM;
    return ZSTD_isError(ZSTD_CCtx_setParameter(r->packer, ZSTD_c_compressionLevel, PACK_LEVEL)) ? -EIO : 0;
}

int run_begin(const struct run_setting *s, struct run **ret, json_t **ret_answer)
{
    CLEANUP(run_freep) struct run *run = NULL;
    JSON_AUTO *answer = NULL;
    int r = make(s, &run);

    *ret_answer = NULL;
    if (!r)
        r = ask(s, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "op", "intel-begin", "collection", s->collection, "channel", s->channel, "source", s->name, "object", s->object ? s->object : "", "reason",
                             s->object ? s->reason : ""), &answer);
    if (!r) {
        run->number = json_int(answer, "run");
        run->tlp = (enum tlp)json_int(answer, "tlp");
        r = snprintf(run->record, sizeof(run->record), "%s", json_str(answer, "record")) < (int)sizeof(run->record) ? 0 : -EPROTO;
    }
    *ret_answer = TAKE(answer);
    if (!r)
        *ret = TAKE(run);
    return r;
}

void run_free(struct run *r)
{
    if (!r)
        return;
    segment_writer_free(r->writer);
    stix_clues_free(r->clues);
    stix_keys_free(r->keys);
    ZSTD_freeCCtx(r->packer);
    buf_done(&r->packed);
    buf_done(&r->content);
    buf_done(&r->version);
    buf_done(&r->message);
    free(r);
}

/* ---- an object ---- */

/* Instants in their one form: bytewise order is that of time. */
static int print_version(struct run *r, struct str text)
{
    struct stix_time t;

    buf_clear(&r->version);
    if (!text.len)
        return 0;
    if (!stix_time_read(text, &t))
        return RUN_NO_INSTANT;
    if (buf_add(&r->version, text.at, sizeof("2026-04-10T09:00:00") - 1) ||
        (t.fraction.len && (buf_add_char(&r->version, '.') || buf_add_str(&r->version, t.fraction))))
        return buf_error(&r->version) == -ENOMEM ? -ENOMEM : RUN_NO_INSTANT;
    return 0;
}

static int add_clue(const struct clue *v, bool is_derived, void *context)
{
    struct run *r = context;

    r->n_values++;
    if (!is_derived)
        r->class = MAX_OF(r->class, stix_life_class(v->type));
    return segment_writer_value(r->writer, (uint8_t)v->type, is_derived, buf_str(&v->bytes));
}

static int pack(struct run *r, struct str bytes)
{
    size_t bound = ZSTD_compressBound(bytes.len), n;
    char *at;

    buf_done(&r->packed);
    buf_init(&r->packed, bound);
    at = buf_grow(&r->packed, bound);
    if (!at)
        return -ENOMEM;
    n = ZSTD_compress2(r->packer, at, bound, bytes.at, bytes.len);
    if (ZSTD_isError(n))
        return -ENOMEM;
    buf_cut(&r->packed, n);
    return 0;
}

static int digest_content(struct run *r, const struct scan_value *root, struct digest *ret)
{
    int e;

    buf_clear(&r->content);
    e = jcs_print(root, &r->content);
    if (e == JCS_E_NUMBER)
        return RUN_NO_NUMBER;
    if (e == -ENOSPC)
        return RUN_TOO_LARGE;
    *ret = sha256(buf_str(&r->content));
    return e;
}

/* Positive: enum run_left. */
static int describe(struct run *r, const struct stix_object *o, struct segment_object *ret)
{
    struct str modified = scan_text(o->root, STR("modified")), created = scan_text(o->root, STR("created")), type;
    int e;

    ret->id = scan_text(o->root, STR("id"));
    ret->type = scan_text(o->root, STR("type"));
    if (!stix_type_is(ret->type) || !stix_id_is(ret->id, &type) || ret->id.len > SEGMENT_WORD_MAX)
        return RUN_NO_ID;
    /* Of objects that are never versioned the creation is the one version. */
    e = print_version(r, modified.len ? modified : created);
    if (e)
        return e;
    ret->version = buf_str(&r->version);
    ret->tlp = (uint8_t)stix_mark(o->root, r->tlp);
    stix_life(o->root, ret);
    if (r->setting->object && ret->life == SEGMENT_FALSE)
        ret->life = SEGMENT_WITHDRAWAL;
    ret->length = (uint32_t)o->bytes.len;
    ret->sum = sha256(o->bytes);
    if ((e = digest_content(r, o->root, &ret->digest)) || (e = pack(r, o->bytes)))
        return e;
    ret->packed = buf_str(&r->packed);
    return o->bytes.len > SEGMENT_UNPACKED_MAX ? RUN_TOO_LARGE : 0;
}

/* ---- a segment ---- */

static int send(struct run *r, json_t **ret_answer)
{
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *answer = NULL;
    size_t n = segment_writer_count(r->writer);
    int e;

    if (!n)
        return 0;
    buf_init(&text, 2 * SEGMENT_SIZE_MAX);
    buf_clear(&r->message);
    if ((e = segment_writer_print(r->writer, &r->message)) || (e = base64_print(r->message.at, r->message.len, &text)))
        return e;
    e = ask(r->setting,
            json_pack("{s:s, s:I, s:I, s:s%}", "op", "intel-segment", "run", (json_int_t)r->number, "n", (json_int_t)r->n_sent, "data", text.at, text.len),
            &answer);
    if (!e) {
        r->n_sent++;
        r->counts.segments++;
        r->counts.known += (uint64_t)json_int(answer, "known");
        r->counts.added += n - (uint64_t)json_int(answer, "known");
        segment_writer_clear(r->writer);
    }
    if (e == RUN_E_REFUSED)
        *ret_answer = TAKE(answer);
    return e;
}

/* What finds it beside its values; of more than an object may have the first. */
static int add_key(enum stix_key kind, struct str bytes, void *context)
{
    struct run *r = context;

    return segment_writer_value(r->writer, (uint8_t)kind, false, bytes);
}

static int add_keys(struct run *r, const struct stix_object *o)
{
    int e = stix_keys(r->keys, o->root, add_key, r);

    return e == -ENOSPC ? 0 : e;
}

/* SEGMENT_E_FULL, SEGMENT_E_LARGE; the object's values first. One that is too large with what finds it is taken without. */
static int add_described(struct run *r, const struct stix_object *o, struct segment_object *described, bool has_keys)
{
    int e;

    r->n_values = 0;
    r->class = DECAY_OTHER;
    e = stix_clues(r->clues, o->root, add_clue, r);
    if (e == -ENOSPC) {
        e = segment_writer_forget(r->writer);
        return e ? e : SEGMENT_E_LARGE;
    }
    if (!e && has_keys)
        e = add_keys(r, o);
    described->decay_class = (uint8_t)r->class;
    e = e ? e : segment_writer_add(r->writer, described);
    return e == SEGMENT_E_LARGE && has_keys ? add_described(r, o, described, false) : e;
}

int run_add(struct run *r, const struct stix_object *o, enum run_left *ret_left, json_t **ret_answer)
{
    struct segment_object described = {0};
    int e = describe(r, o, &described);

    *ret_answer = NULL;
    *ret_left = e > 0 ? (enum run_left)e : RUN_TAKEN;
    if (e)
        return MIN_OF(e, 0);
    e = add_described(r, o, &described, true);
    if (e == SEGMENT_E_FULL && !(e = segment_writer_forget(r->writer)) && !(e = send(r, ret_answer)))
        e = add_described(r, o, &described, true);
    if (e == SEGMENT_E_LARGE && !*ret_answer) {
        *ret_left = RUN_TOO_LARGE;
        return 0;
    }
    r->counts.values += e ? 0 : r->n_values;
    return e;
}

/* ---- the end ---- */

static int answer_is(const json_t *answer, const char *code)
{
    return !strcmp(json_str(answer, "error"), code);
}

int run_open(struct run *r, uint64_t left_out, json_t **ret_answer)
{
    JSON_AUTO *answer = NULL;
    int e;

    *ret_answer = NULL;
    if ((e = send(r, ret_answer)))
        return e;
    e = ask(r->setting,
            json_pack("{s:s, s:I, s:I}", "op", "intel-open", "run", (json_int_t)r->number, "left_out", (json_int_t)left_out), &answer);
    if (e == RUN_E_REFUSED && answer_is(answer, "waits"))
        e = RUN_E_WAITS;
    *ret_answer = TAKE(answer);
    return e;
}

int run_drop(struct run *r, json_t **ret_answer)
{
    *ret_answer = NULL;
    return ask(r->setting, json_pack("{s:s, s:I}", "op", "intel-drop", "run", (json_int_t)r->number), ret_answer);
}

const struct run_counts *run_counts(const struct run *r)
{
    return &r->counts;
}

uint32_t run_number(const struct run *r)
{
    return (uint32_t)r->number;
}

const char *run_record(const struct run *r)
{
    return r->record;
}
