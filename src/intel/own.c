#include "intel/own.h"

#include "base/time.h"
#include "intel/json-put.h"
#include "intel/misp-stix-inside.h"
#include "intel/stix-mark.h"
#include "intel/stix-rules.h"
#include "intel/stix-time.h"

#include <errno.h>
#include <stdio.h>

#define OBJECT_MAX ((size_t)4 << 20)
#define OBJECT_DEPTH 64u
#define UUID_SIZE 37u

/* By chance, version 4 of RFC 9562. */
static void make_uuid(char ret[UUID_SIZE])
{
    uint8_t b[16];

    random_fill(b, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(ret, UUID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9],
             b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* Milliseconds, as most write them. */
static int print_instant(uint64_t us, char ret[32])
{
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, 64);
    r = instant_print_utc(us, &text);
    if (!r && text.len > 4)
        snprintf(ret, 32, "%.*sZ", (int)text.len - 4, text.at);
    return r;
}

static void put_list(struct buf *out, const char *key, struct str one)
{
    json_put_key(out, key);
    json_put_open(out, '[');
    json_put_text(out, one);
    json_put_close(out, ']');
}

int own_print(const struct own_report *o, struct buf *out)
{
    const char *type = o->is_false ? "opinion" : "sighting";
    char uuid[UUID_SIZE], id[64], now[32], at[32];
    int r = print_instant(o->now_us, now) ?: print_instant(o->at_us, at);

    if (r)
        return r;
    make_uuid(uuid);
    snprintf(id, sizeof(id), "%s--%s", type, uuid);
    json_put_open(out, '{');
    json_put_member(out, "type", str_of(type));
    json_put_member(out, "spec_version", STR("2.1"));
    json_put_member(out, "id", str_of(id));
    json_put_member(out, "created", str_of(now));
    json_put_member(out, "modified", str_of(now));
    if (o->text.len)
        json_put_member(out, o->is_false ? "explanation" : "description", o->text);
    if (o->is_false) {
        json_put_member(out, "opinion", STR("strongly-disagree"));
        put_list(out, "object_refs", o->of);
    } else {
        json_put_member(out, "first_seen", str_of(at));
        json_put_member(out, "last_seen", str_of(at));
        json_put_key(out, "count");
        buf_printf(out, "%u", o->n);
        json_put_member(out, "sighting_of_ref", o->of);
    }
    put_list(out, "object_marking_refs", str_of(stix_mark_id(o->tlp)));
    json_put_close(out, '}');
    return buf_error(out);
}

int own_relation(const struct own_link *l, struct buf *out)
{
    CLEANUP(buf_done) struct buf name;
    char uuid[MISP_UUID_LEN + 1], id[64], at[32];
    int r;

    buf_init(&name, 4096);
    r = buf_printf(&name, "%s %.*s %.*s", l->record, STR_ARG(l->a), STR_ARG(l->b)) ?: misp_uuid5("link", buf_str(&name), uuid) ?: print_instant(l->made_us, at);
    if (r)
        return r;
    snprintf(id, sizeof(id), "relationship--%s", uuid);
    json_put_open(out, '{');
    json_put_member(out, "type", STR("relationship"));
    json_put_member(out, "spec_version", STR("2.1"));
    json_put_member(out, "id", str_of(id));
    json_put_member(out, "created", str_of(at));
    json_put_member(out, "modified", str_of(at));
    json_put_member(out, "relationship_type", STR("related-to"));
    json_put_member(out, "source_ref", l->a);
    json_put_member(out, "target_ref", l->b);
    put_list(out, "object_marking_refs", str_of(stix_mark_id(l->tlp)));
    json_put_close(out, '}');
    return buf_error(out);
}

int own_revoke(struct str bytes, uint64_t now_us, struct buf *out)
{
    JSON_AUTO *o = NULL;
    char *text, now[32];
    struct stix_time before;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = json_parse(bytes, (struct json_limits){OBJECT_MAX, OBJECT_DEPTH}, &o, &diag);
    diag_done(&diag);
    if (r)
        return r < 0 ? r : 1;
    if (!json_is_object(o) || !stix_time_read(str_of(json_str(o, "modified")), &before))
        return 1;
    now_us = MAX_OF(now_us, (uint64_t)MAX_OF(stix_time_us(before), 0) + 1000);
    r = print_instant(now_us, now) ?: json_put_str(o, "modified", now) ?: json_put_flag(o, "revoked", true);
    if (r)
        return r;
    text = json_dumps(o, JSON_COMPACT);
    if (!text)
        return -ENOMEM;
    json_put_raw(out, str_of(text));
    free(text);
    return buf_error(out);
}

/* ---- coming in ---- */

struct bringing {
    struct run *run;
    struct stix_rules *rules;
    json_t *answer;
    bool is_wrong;
};

static int fault(const struct stix_finding *f, void *context)
{
    struct bringing *b = context;

    b->is_wrong = b->is_wrong || stix_fault_level(f->fault) == STIX_ERROR;
    return 0;
}

static int object(const struct stix_object *o, void *context)
{
    struct bringing *b = context;
    enum stage_left left;
    unsigned n_errors;
    int r = stix_check(b->rules, o, fault, b, &n_errors);

    if (r || n_errors)
        return r ? r : OWN_E_WRONG;
    r = run_add(b->run, o, &left, &b->answer);
    return r ? r : left == STAGE_TAKEN ? 0 : OWN_E_WRONG;
}

static int read_all(struct bringing *b, struct str objects)
{
    const struct stix_reader_calls calls = {.object = object, .fault = fault};
    CLEANUP(stix_reader_freep) struct stix_reader *reader = stix_reader_new(&calls, b);
    char uuid[UUID_SIZE], head[128];
    int r;

    make_uuid(uuid);
    snprintf(head, sizeof(head), "{\"type\":\"bundle\",\"id\":\"bundle--%s\",\"objects\":[", uuid);
    if (!reader)
        return -ENOMEM;
    r = stix_reader_add(reader, str_of(head)) ?: stix_reader_add(reader, objects) ?: stix_reader_add(reader, STR("]}")) ?: stix_reader_end(reader);
    return r ? r : b->is_wrong ? OWN_E_WRONG : 0;
}

int own_bring(const struct run_setting *s, struct str objects, struct own_brought *ret, json_t **ret_answer)
{
    struct bringing b = {.rules = stix_rules_new()};
    bool is_begun;
    int r = b.rules ? run_begin(s, &b.run, &b.answer) : -ENOMEM;

    is_begun = !r;
    if (is_begun) {
        json_decref(b.answer);
        b.answer = NULL;
        r = read_all(&b, objects) ?: run_open(b.run, 0, &b.answer);
    }
    if (!r) {
        snprintf(ret->record, sizeof(ret->record), "%s", run_record(b.run));
        ret->added = run_counts(b.run)->added;
    } else if (is_begun && r != -ECONNREFUSED) {
        run_give_up(b.run);
    }
    *ret_answer = TAKE(b.answer);
    run_free(b.run);
    stix_rules_free(b.rules);
    return r;
}
