/* The event's frame, attributes and objects; misp-galaxy.c has clusters, organisations and relationships. */
#include "intel/misp-stix.h"
#include "intel/misp-stix-inside.h"

#include "base/codec.h"
#include "base/time.h"
#include "intel/json-parts.h"
#include "intel/stix-id.h"
#include "label/label.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX ((size_t)64 << 20)
#define REFS_MAX ((size_t)512 << 20)
#define MAKER "identity--a01f0757-5f46-4b99-90c8-228d012abda3"
#define BEGUN "2026-01-01T00:00:00.000Z"
#define NO_TLP (-1)
#define REFS_EACH \
    50000u /* of one report or grouping; json-scan.h reads lists of SCAN_MEMBERS_MAX */
#define LAST_SECOND UINT64_C(253402300799) /* of the year 9999 */

/* Of ids that MISP does not give. */
static const uint8_t space[STIX_UUID_SIZE] = {0x82, 0xb2, 0x2c, 0x1d, 0x86, 0x62, 0x40, 0xe3,
                                              0x88, 0x46, 0x71, 0x9f, 0x86, 0x4a, 0xc0, 0xc3};

static const struct {
    const char *tag, *name, *mark, *uuid;
} tlps[] = {
    [TLP_CLEAR] = {"tlp:clear", "TLP:CLEAR", "clear", "94868c89-83c2-464b-929b-a1a8aa3c8487"},
    [TLP_GREEN] = {"tlp:green", "TLP:GREEN", "green", "bab4a63c-aed9-4cf5-a766-dfca5abac2bb"},
    [TLP_AMBER] = {"tlp:amber", "TLP:AMBER", "amber", "55d920b0-5e8b-4f79-9ee9-91f868d9b421"},
    [TLP_AMBER_STRICT] = {"tlp:amber+strict", "TLP:AMBER+STRICT", "amber+strict",
                          "939a9414-2ddd-4d32-a0cd-375ea402b003"},
    [TLP_RED] = {"tlp:red", "TLP:RED", "red", "e828b379-4e03-4974-9ac4-e53a884c97c1"},
};

/* ---- small things ---- */

/* The instant up to its seconds: 19 bytes and NUL. */
static void print_seconds(uint64_t seconds, char ret[20])
{
    struct civil c = civil_from_day((int32_t)(seconds / 86400));
    unsigned left = (unsigned)(seconds % 86400);

    (void)snprintf(ret, 20, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)c.year % 10000,
                   (unsigned)c.month % 100, (unsigned)c.day % 100, left / 3600 % 100,
                   left / 60 % 60, left % 60);
}

bool misp_time(struct str s, char ret[MISP_TIME_LEN + 1])
{
    const char *dot = s.len ? memchr(s.at, '.', s.len) : NULL;
    uint64_t seconds;

    if (dot)
        s.len = (size_t)(dot - s.at);
    if (str_to_u64(s, 0, LAST_SECOND, &seconds))
        return false;
    print_seconds(seconds, ret);
    memcpy(ret + 19, ".000Z", 6);
    return true;
}

bool misp_uuid(struct str s, char ret[MISP_UUID_LEN])
{
    if (s.len != MISP_UUID_LEN)
        return false;
    for (size_t i = 0; i < MISP_UUID_LEN; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_hyphen ? s.at[i] != '-' : hex_digit(s.at[i]) < 0)
            return false;
        ret[i] = s.at[i] >= 'A' && s.at[i] <= 'F' ? (char)(s.at[i] | 0x20) : s.at[i];
    }
    return true;
}

int misp_uuid5(const char *kind, struct str name, char ret[MISP_UUID_LEN + 1])
{
    CLEANUP(buf_done) struct buf all;
    CLEANUP(buf_done) struct buf uuid;
    int r;

    buf_init(&all, OUT_MAX);
    buf_init(&uuid, MISP_UUID_LEN);
    buf_printf(&all, "%s|", kind);
    r = buf_add_str(&all, name);
    if (!r)
        r = stix_uuid5(space, buf_str(&all), &uuid);
    if (r)
        return ERR(r);
    memcpy(ret, uuid.at, MISP_UUID_LEN);
    ret[MISP_UUID_LEN] = '\0';
    return 0;
}

int misp_grow(void **at, size_t *size, size_t n, size_t each)
{
    size_t wanted = *size ? *size * 2 : 64;
    void *more;

    if (n < *size)
        return 0;
    more = reallocarray(*at, wanted, each);
    if (!more)
        return -ENOMEM;
    *at = more;
    *size = wanted;
    return 0;
}

/* ---- what was told ---- */

/* *ret: -ENOMEM, else 0. The first time it is not. */
bool misp_is_seen(struct misp_stix *m, struct str id, int *ret)
{
    bool is_new = false;

    *ret = id_set_add(&m->seen, id, &is_new);
    return !*ret && !is_new;
}

/* What was told so far as a grouping of its own, which the next one, and at last the report, holds: a list of STIX that is too long is read by nobody. */
static int tell_part(struct misp_stix *m)
{
    static const struct misp_carried none = {{NULL}, 0};
    char uuid[MISP_UUID_LEN + 1], name[MISP_UUID_LEN + 24], id[128];
    int r;

    (void)snprintf(name, sizeof(name), "%.36s|%u", m->event->uuid.at, m->n_parts++);
    r = misp_uuid5("part", str_of(name), uuid);
    if (r)
        return ERR(r);
    misp_put_head(m, "grouping", str_of(uuid), m->time);
    json_put_member(&m->out, "context", STR("suspicious-activity"));
    json_put_key(&m->out, "object_refs");
    json_put_open(&m->out, '[');
    json_put_raw(&m->out, buf_str(&m->refs));
    json_put_close(&m->out, ']');
    misp_put_marks(m, m->tlp);
    misp_put_extension(m, "event-part", STR("{}"), &none, false);
    json_put_close(&m->out, '}');
    buf_clear(&m->refs);
    m->n_refs = 0;
    return misp_tell(m, misp_id_of("grouping", uuid, id));
}

int misp_tell(struct misp_stix *m, struct str id)
{
    int r = m->error ? m->error : buf_error(&m->out);

    if (!r && id.len) {
        json_put_text(&m->refs, id);
        m->n_refs++;
        r = buf_error(&m->refs);
    }
    if (!r)
        r = m->object(buf_str(&m->out), m->context);
    return !r && m->n_refs >= REFS_EACH ? tell_part(m) : r;
}

static int tell_text(struct misp_stix *m, const char *object)
{
    buf_clear(&m->out);
    buf_add_text(&m->out, object);
    return misp_tell(m, STR_NONE);
}

/* ---- marks ---- */

int misp_tlp_of(const struct scan_value *tags, int least)
{
    const struct scan_value *tag = tags && tags->kind == SCAN_ARRAY ? tags + 1 : NULL;
    int tlp = least;

    for (uint32_t i = 0; tag && i < tags->len; i++, tag += tag->skip) {
        struct str name = scan_text(tag, STR("name"));
        enum tlp t;

        if (str_eq_nocase(name, STR("tlp:white")))
            t = TLP_CLEAR;
        else if (!(name.len > 4 && str_eq_nocase((struct str){name.at, 4}, STR("tlp:")) &&
                   tlp_parse(name, &t)))
            continue;
        tlp = MAX_OF(tlp, (int)t);
    }
    return tlp;
}

int misp_tell_mark(struct misp_stix *m, int tlp)
{
    if (tlp == NO_TLP || m->marks_told >> tlp & 1)
        return 0;
    m->marks_told |= 1u << tlp;
    buf_clear(&m->out);
    misp_mark_object_put(&m->out, tlp);
    return misp_tell(m, STR_NONE);
}

void misp_mark_object_put(struct buf *b, int tlp)
{
    buf_printf(b,
               "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\","
               "\"id\":\"marking-definition--%s\",\"created\":\"2022-10-01T00:00:00.000Z\","
               "\"name\":\"%s\",\"extensions\":{"
               "\"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d\":{"
               "\"extension_type\":\"property-extension\",\"tlp_2_0\":\"%s\"}}}",
               tlps[tlp].uuid, tlps[tlp].name, tlps[tlp].mark);
}

void misp_mark_put(struct buf *b, int tlp)
{
    if (tlp == NO_TLP)
        return;
    json_put_key(b, "object_marking_refs");
    buf_printf(b, "[\"marking-definition--%s\"]", tlps[tlp].uuid);
}

void misp_put_marks(struct misp_stix *m, int tlp)
{
    misp_mark_put(&m->out, tlp);
}

/* ---- properties that many have ---- */

void misp_put_head(struct misp_stix *m, const char *type, struct str uuid, const char *time)
{
    buf_clear(&m->out);
    buf_printf(&m->out, "{\"type\":\"%s\",\"spec_version\":\"2.1\",\"id\":\"%s--%.*s\"", type, type,
               STR_ARG(uuid));
    if (m->creator[0])
        json_put_member(&m->out, "created_by_ref", str_of(m->creator));
    json_put_member(&m->out, "created", str_of(time));
    json_put_member(&m->out, "modified", str_of(time));
}

/* What m->part holds; its error, which the next use of it would forget, ends what is told next. */
static struct str part_text(struct misp_stix *m)
{
    if (!m->error)
        m->error = buf_error(&m->part);
    return buf_str(&m->part);
}

void misp_put_label(struct misp_stix *m, const char *what, struct str word)
{
    buf_clear(&m->part);
    buf_printf(&m->part, "misp:%s=\"", what);
    buf_add_str(&m->part, word);
    buf_add_char(&m->part, '"');
    json_put_text(&m->out, part_text(m));
}

void misp_put_labels(struct misp_stix *m, const struct scan_value *of)
{
    const struct scan_value *tags = scan_member(of, STR("Tag")), *tag;
    struct str type = scan_text(of, STR("type")), category = scan_text(of, STR("category"));

    if (!type.len && !category.len && !(tags && tags->kind == SCAN_ARRAY && tags->len))
        return;
    json_put_key(&m->out, "labels");
    json_put_open(&m->out, '[');
    if (type.len)
        misp_put_label(m, "type", type);
    if (category.len)
        misp_put_label(m, "category", category);
    tag = tags && tags->kind == SCAN_ARRAY ? tags + 1 : NULL;
    for (uint32_t i = 0; tag && i < tags->len; i++, tag += tag->skip)
        if (scan_text(tag, STR("name")).len)
            json_put_text(&m->out, scan_text(tag, STR("name")));
    json_put_close(&m->out, ']');
    if (m->out.at && m->out.len > 10 && memcmp(m->out.at + m->out.len - 10, "labels\":[]", 10) == 0)
        buf_cut(&m->out, m->out.len - 12);
}

/* ---- the extension ---- */

static bool is_carried(const struct json_part *part, const struct misp_carried *carried)
{
    for (unsigned i = 0; i < carried->n; i++)
        if (json_part_is(part, carried->names[i]))
            return true;
    return false;
}

static void open_extension(struct misp_stix *m, bool is_apart)
{
    json_put_key(&m->out, "extensions");
    json_put_open(&m->out, '{');
    json_put_key(&m->out, MISP_EXTENSION);
    json_put_open(&m->out, '{');
    json_put_member(&m->out, "extension_type", STR("property-extension"));
    if (is_apart) {
        json_put_key(&m->out, "apart");
        json_put_raw(&m->out, STR("true"));
    }
}

void misp_put_extension(struct misp_stix *m, const char *kind, struct str bytes,
                        const struct misp_carried *carried, bool is_apart)
{
    struct json_parts parts = json_parts_of(bytes);
    struct json_part part;

    open_extension(m, is_apart);
    json_put_member(&m->out, "kind", str_of(kind));
    json_put_member(&m->out, "event", m->event->uuid);
    if (carried->n) {
        json_put_key(&m->out, "carried");
        json_put_open(&m->out, '[');
        for (unsigned i = 0; i < carried->n; i++)
            json_put_text(&m->out, str_of(carried->names[i]));
        json_put_close(&m->out, ']');
    }
    json_put_key(&m->out, "misp");
    json_put_open(&m->out, '{');
    while (json_parts_next(&parts, &part) == 0)
        if (!is_carried(&part, carried)) {
            json_put_raw(&m->out, part.key);
            buf_add_char(&m->out, ':');
            json_put_raw(&m->out, part.value);
        }
    json_put_close(&m->out, '}');
    json_put_close(&m->out, '}');
    json_put_close(&m->out, '}');
}

/* ---- attributes ---- */

static int warn(struct misp_stix *m, const struct scan_value *v, enum message_key text,
                struct str value, struct str wanted)
{
    struct misp_finding f = {.is_warning = true, .text = text, .value = value, .wanted = wanted};

    return misp_reader_tell(m->reader, m->item, v, &f);
}

/* An instant as STIX writes it; `standard` where there is none. */
static void time_of(const struct scan_value *root, const char *key, const char *standard,
                    char ret[MISP_TIME_LEN + 4])
{
    struct str text = misp_scalar(root, key);
    uint64_t us;

    if (text.len && instant_parse(text, &us) == 0 && us / US_PER_SECOND <= LAST_SECOND) {
        print_seconds(us / US_PER_SECOND, ret);
        (void)snprintf(ret + 19, 9, ".%06uZ", (unsigned)(us % US_PER_SECOND));
    } else if (!misp_time(text, ret)) {
        (void)snprintf(ret, MISP_TIME_LEN + 4, "%s", standard);
    }
}

bool misp_says_apart(const struct scan_value *root)
{
    return str_eq(misp_scalar(root, "disable_correlation"), STR("1"));
}

int misp_read_attribute(struct misp_stix *m, const struct scan_value *root, struct str bytes,
                        struct misp_attribute *a)
{
    int r = 0;

    *a = (struct misp_attribute){.root = root,
                                 .bytes = bytes,
                                 .type = scan_text(root, STR("type")),
                                 .value = scan_text(root, STR("value")),
                                 .comment = scan_text(root, STR("comment")),
                                 .is_for_ids = str_eq(misp_scalar(root, "to_ids"), STR("1")),
                                 .is_apart = m->is_apart || misp_says_apart(root)};
    a->has_own_uuid = misp_uuid(scan_text(root, STR("uuid")), a->uuid);
    if (!a->has_own_uuid)
        r = misp_uuid5("attribute", bytes, a->uuid);
    if (!misp_time(misp_scalar(root, "timestamp"), a->time))
        memcpy(a->time, m->time, sizeof(a->time));
    time_of(root, "first_seen", a->time, a->first);
    time_of(root, "last_seen", a->first, a->last);
    a->tlp = misp_tlp_of(scan_member(root, STR("Tag")), m->tlp);
    return r;
}

/* uuid, and comment as the description, stand in STIX as they are. */
struct misp_carried misp_carried_of(const struct misp_attribute *a, const char *also)
{
    struct misp_carried c = {{NULL}, 0};
    char lower[MISP_UUID_LEN];
    struct str uuid = scan_text(a->root, STR("uuid"));

    if (a->has_own_uuid && misp_uuid(uuid, lower) && memcmp(lower, uuid.at, MISP_UUID_LEN) == 0)
        c.names[c.n++] = "uuid";
    if (also)
        c.names[c.n++] = also;
    return c;
}

int misp_remember(struct misp_stix *m, const char *uuid, const char *type)
{
    int r = misp_grow((void **)&m->named, &m->named_size, m->n_named, sizeof(*m->named));

    if (r)
        return r;
    memcpy(m->named[m->n_named].uuid, uuid, MISP_UUID_LEN);
    m->named[m->n_named++].type = type;
    return 0;
}

static void put_description(struct misp_stix *m, const struct misp_attribute *a,
                            struct misp_carried *c)
{
    if (!a->comment.len)
        return;
    json_put_member(&m->out, "description", a->comment);
    c->names[c->n++] = "comment";
}

struct str misp_id_of(const char *type, const char *uuid, char out[128])
{
    (void)snprintf(out, 128, "%s--%.36s", type, uuid);
    return str_of(out);
}

/* `of_object`: the uuid of the object that holds it, and all of it; else NULL. */
int misp_tell_indicator(struct misp_stix *m, const struct misp_attribute *a,
                        const struct misp_type *type, const struct str values[2],
                        const char *of_object)
{
    bool is_bare_number = type->first == MISP_PART_ASN && !str_starts(a->value, STR("AS"));
    struct misp_carried c = misp_carried_of(a, is_bare_number ? NULL : "value");
    struct str category = scan_text(a->root, STR("category"));
    char id[128];
    int r;

    misp_put_head(m, "indicator", str_of(a->uuid), a->time);
    if (str_eq(misp_scalar(a->root, "deleted"), STR("1"))) {
        json_put_key(&m->out, "revoked");
        json_put_raw(&m->out, STR("true"));
    }
    put_description(m, a, &c);
    buf_clear(&m->part);
    misp_pattern_put(type, values, &m->part);
    json_put_member(&m->out, "pattern", part_text(m));
    json_put_member(&m->out, "pattern_type", STR("stix"));
    json_put_member(&m->out, "pattern_version", STR("2.1"));
    json_put_member(&m->out, "valid_from", str_of(a->first));
    if (category.len) {
        json_put_key(&m->out, "kill_chain_phases");
        buf_add_text(&m->out, "[{\"kill_chain_name\":\"misp-category\"");
        json_put_member(&m->out, "phase_name", category);
        buf_add_text(&m->out, "}]");
    }
    misp_put_labels(m, a->root);
    misp_put_marks(m, a->tlp);
    if (of_object)
        misp_put_extension(m, "object-attribute", STR("{}"), &(struct misp_carried){{NULL}, 0}, a->is_apart);
    else
        misp_put_extension(m, "attribute", a->bytes, &c, a->is_apart);
    json_put_close(&m->out, '}');
    r = misp_tell(m, misp_id_of("indicator", a->uuid, id));
    return r ? r : misp_remember(m, a->uuid, "indicator");
}

static int tell_vulnerability(struct misp_stix *m, const struct misp_attribute *a)
{
    struct misp_carried c = misp_carried_of(a, "value");
    char id[128];
    int r;

    misp_put_head(m, "vulnerability", str_of(a->uuid), a->time);
    json_put_member(&m->out, "name", a->value);
    put_description(m, a, &c);
    if (str_starts(a->value, STR("CVE-"))) {
        json_put_key(&m->out, "external_references");
        buf_add_text(&m->out, "[{\"source_name\":\"cve\"");
        json_put_member(&m->out, "external_id", a->value);
        buf_add_text(&m->out, "}]");
    }
    misp_put_labels(m, a->root);
    misp_put_marks(m, a->tlp);
    misp_put_extension(m, "attribute", a->bytes, &c, a->is_apart);
    json_put_close(&m->out, '}');
    r = misp_tell(m, misp_id_of("vulnerability", a->uuid, id));
    return r ? r : misp_remember(m, a->uuid, "vulnerability");
}

static int tell_custom(struct misp_stix *m, const struct misp_attribute *a)
{
    struct misp_carried c = misp_carried_of(a, NULL);
    char id[128];
    int r;

    misp_put_head(m, "x-misp-attribute", str_of(a->uuid), a->time);
    misp_put_labels(m, a->root);
    json_put_member(&m->out, "x_misp_type", a->type);
    if (scan_text(a->root, STR("category")).len)
        json_put_member(&m->out, "x_misp_category", scan_text(a->root, STR("category")));
    if (a->value.at) {
        json_put_member(&m->out, "x_misp_value", a->value);
        c.names[c.n++] = "value";
    }
    if (a->comment.len) {
        json_put_member(&m->out, "x_misp_comment", a->comment);
        c.names[c.n++] = "comment";
    }
    if (a->is_for_ids) {
        json_put_key(&m->out, "x_misp_to_ids");
        json_put_raw(&m->out, STR("true"));
    }
    misp_put_marks(m, a->tlp);
    misp_put_extension(m, "attribute", a->bytes, &c, a->is_apart);
    json_put_close(&m->out, '}');
    r = misp_tell(m, misp_id_of("x-misp-attribute", a->uuid, id));
    return r ? r : misp_remember(m, a->uuid, "x-misp-attribute");
}

/* ---- observables ---- */

/* The members of an observable without its id, into m->part; hashes together. All are of the first one's type. */
void misp_put_observable(struct misp_stix *m, const struct misp_valued *v, size_t n,
                         const char *type)
{
    struct buf *b = &m->part;
    bool has_hashes = false;

    buf_clear(b);
    buf_printf(b, "{\"type\":\"%s\",\"spec_version\":\"2.1\"", type);
    for (size_t i = 0; i < n; i++) {
        if (misp_part_is_hash(v[i].part)) {
            has_hashes = true;
            continue;
        }
        json_put_key(b, misp_part_property(v[i].part));
        misp_part_value_put(v[i].part, v[i].value, b);
    }
    if (has_hashes) {
        json_put_key(b, "hashes");
        json_put_open(b, '{');
        for (size_t i = 0; i < n; i++)
            if (misp_part_is_hash(v[i].part))
                json_put_member(b, misp_part_property(v[i].part), v[i].value);
        json_put_close(b, '}');
    }
}

/* Into `id`, of which the extension of what is apart is a part where the specification says so. */
static int make_id(struct misp_stix *m, struct str observable, struct buf *id)
{
    const struct scan_value *root;
    struct scan_place place;
    int r;

    buf_init(&place.path, 256);
    r = scanner_read(m->scanner, observable, &root, &place);
    if (!r)
        r = stix_id_of_observable(root, id);
    buf_done(&place.path);
    return r > 0 ? -EINVAL : r;
}

int misp_tell_observable(struct misp_stix *m, int tlp, bool is_apart, char ret_id[128])
{
    CLEANUP(buf_done) struct buf id;
    CLEANUP(buf_done) struct buf way;
    bool is_told, is_listed;
    int r;

    buf_init(&id, 127);
    buf_init(&way, 127 + 8);
    buf_clear(&m->out);
    buf_add_str(&m->out, part_text(m));
    if (is_apart) {
        open_extension(m, true);
        json_put_close(&m->out, '}');
        json_put_close(&m->out, '}');
    }
    json_put_close(&m->out, '}');
    r = m->error ?: buf_error(&m->out) ?: make_id(m, buf_str(&m->out), &id);
    if (r)
        return ERR(r);
    (void)snprintf(ret_id, 128, "%.*s", STR_ARG(buf_str(&id)));
    r = buf_add_str(&way, buf_str(&id)) ?: buf_add_text(&way, is_apart ? " apart" : " joined");
    is_told = !r && misp_is_seen(m, buf_str(&way), &r);
    is_listed = !r && misp_is_seen(m, buf_str(&id), &r);
    if (r || is_told)
        return r;
    buf_cut(&m->out, m->out.len - 1);
    json_put_member(&m->out, "id", buf_str(&id));
    misp_put_marks(m, tlp);
    json_put_close(&m->out, '}');
    return misp_tell(m, is_listed ? STR_NONE : buf_str(&id));
}

/* `ids`: n of them. */
int misp_tell_observed(struct misp_stix *m, const struct misp_attribute *a, char ids[][128],
                       size_t n, const char *kind)
{
    struct misp_carried c = misp_carried_of(a, NULL);
    char id[128];
    int r;

    misp_put_head(m, "observed-data", str_of(a->uuid), a->time);
    json_put_member(&m->out, "first_observed", str_of(a->first));
    json_put_member(&m->out, "last_observed",
                    str_of(strcmp(a->last, a->first) < 0 ? a->first : a->last));
    json_put_key(&m->out, "number_observed");
    json_put_raw(&m->out, STR("1"));
    json_put_key(&m->out, "object_refs");
    json_put_open(&m->out, '[');
    for (size_t i = 0; i < n; i++)
        json_put_text(&m->out, str_of(ids[i]));
    json_put_close(&m->out, ']');
    misp_put_labels(m, a->root);
    misp_put_marks(m, a->tlp);
    misp_put_extension(m, kind, a->bytes, &c, a->is_apart);
    json_put_close(&m->out, '}');
    r = misp_tell(m, misp_id_of("observed-data", a->uuid, id));
    return r ? r : misp_remember(m, a->uuid, "observed-data");
}

/* domain|ip is two observables of which one leads to the other; the rest is one. */
static int tell_seen(struct misp_stix *m, const struct misp_attribute *a,
                     const struct misp_type *type, const struct str values[2])
{
    const struct misp_valued v[2] = {{type->first, values[0], a->is_apart},
                                     {type->second, values[1], a->is_apart}};
    char ids[2][128];
    size_t n = 1;
    int r = 0;

    if (type->second == MISP_PART_IP) {
        misp_put_observable(m, v + 1, 1, misp_part_type(v[1].part, v[1].value));
        r = misp_tell_observable(m, a->tlp, a->is_apart, ids[1]);
        n = 2;
    }
    if (!r) {
        misp_put_observable(m, v, type->second == MISP_PART_NONE || n == 2 ? 1 : 2,
                            misp_part_type(v[0].part, v[0].value));
        if (n == 2) {
            json_put_key(&m->part, "resolves_to_refs");
            json_put_open(&m->part, '[');
            json_put_text(&m->part, str_of(ids[1]));
            json_put_close(&m->part, ']');
        }
        r = misp_tell_observable(m, a->tlp, a->is_apart, ids[0]);
    }
    return r ? r : misp_tell_observed(m, a, ids, n, "attribute");
}

static bool is_seen_as_object(const struct misp_type *type, const struct str values[2])
{
    return misp_part_is_observable(type->first, values[0]) &&
           (type->second == MISP_PART_NONE || misp_part_is_observable(type->second, values[1]));
}

/* ---- sightings ---- */

static int tell_sighting(struct misp_stix *m, const struct scan_value *s, const char *target)
{
    struct str kind = misp_scalar(s, "type");
    bool is_false = str_eq(kind, STR("1"));
    char uuid[MISP_UUID_LEN + 1] = "", time[MISP_TIME_LEN + 1], place[64];
    const char *type = is_false ? "opinion" : "sighting";
    char id[128];
    int r;

    if (!(is_false || str_eq(kind, STR("0"))) || !misp_uuid(scan_text(s, STR("uuid")), uuid) ||
        !misp_time(misp_scalar(s, "date_sighting"), time))
        return 0; /* an end that was told, or too little to say: the extension keeps it */
    r = misp_identity(m, scan_member(s, STR("Organisation")), place);
    if (r)
        return r;
    misp_put_head(m, type, str_of(uuid), time);
    if (is_false) {
        json_put_member(&m->out, "opinion", STR("strongly-disagree"));
        json_put_key(&m->out, "object_refs");
        json_put_open(&m->out, '[');
        json_put_text(&m->out, str_of(target));
        json_put_close(&m->out, ']');
    } else {
        json_put_member(&m->out, "first_seen", str_of(time));
        json_put_member(&m->out, "last_seen", str_of(time));
        json_put_key(&m->out, "count");
        json_put_raw(&m->out, STR("1"));
        json_put_member(&m->out, "sighting_of_ref", str_of(target));
        if (place[0]) {
            json_put_key(&m->out, "where_sighted_refs");
            json_put_open(&m->out, '[');
            json_put_text(&m->out, str_of(place));
            json_put_close(&m->out, ']');
        }
    }
    misp_put_marks(m, m->tlp);
    json_put_close(&m->out, '}');
    return misp_tell(m, misp_id_of(type, uuid, id));
}

int misp_tell_sightings(struct misp_stix *m, const struct misp_attribute *a, const char *target)
{
    const struct scan_value *list = scan_member(a->root, STR("Sighting")), *s;
    int r = 0;

    s = list && list->kind == SCAN_ARRAY ? list + 1 : NULL;
    for (uint32_t i = 0; s && i < list->len && !r; i++, s += s->skip)
        r = tell_sighting(m, s, target);
    return r;
}

/* ---- an attribute ---- */

static int tell_attribute(struct misp_stix *m, const struct misp_attribute *a)
{
    const struct misp_type *type = misp_type_of(a->type);
    struct str values[2];
    bool fits = type && misp_type_split(type, a->value, values);
    int r = 0;

    if (type && !fits)
        r = warn(m, scan_member(a->root, STR("value")), MSG_MISP_VALUE, a->value, a->type);
    if (r)
        return r;
    if (fits && a->is_for_ids)
        return misp_tell_indicator(m, a, type, values, NULL);
    if (fits && is_seen_as_object(type, values))
        return tell_seen(m, a, type, values);
    if (str_eq(a->type, STR("vulnerability")) && a->value.len)
        return tell_vulnerability(m, a);
    return tell_custom(m, a);
}

static int attribute(struct misp_stix *m, const struct misp_item *i)
{
    struct misp_attribute a;
    char id[128];
    int r = misp_read_attribute(m, i->root, i->bytes, &a);

    if (!r)
        r = misp_tell_mark(m, a.tlp);
    if (!r)
        r = tell_attribute(m, &a);
    if (r)
        return r;
    (void)misp_id_of(m->named[m->n_named - 1].type, a.uuid, id);
    r = misp_tell_sightings(m, &a, id);
    return r ? r : misp_galaxies(m, scan_member(a.root, STR("Galaxy")), str_of(id), a.time);
}

/* ---- events ---- */

static int tell_frame(struct misp_stix *m)
{
    int r;

    if (m->has_frame)
        return 0;
    m->has_frame = true;
    r = tell_text(m, "{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":\"" MAKER
                     "\",\"created\":\"" BEGUN "\",\"modified\":\"" BEGUN
                     "\",\"name\":\"tsujiban\",\"identity_class\":\"system\"}");
    return r ? r
             : tell_text(m,
                         "{\"type\":\"extension-definition\",\"spec_version\":\"2.1\",\"id\":"
                         "\"" MISP_EXTENSION "\",\"created_by_ref\":\"" MAKER
                         "\",\"created\":\"" BEGUN
                         "\",\"modified\":\"2026-11-30T00:00:00.000Z"
                         "\",\"name\":\"Members of MISP\",\"description\":\"What an event, "
                         "attribute or object of MISP has and STIX has no place for, as it was "
                         "written.\",\"schema\":\"kind: event, event-part, attribute, object or "
                         "object-attribute; event: UUID; carried: names of members that stand in "
                         "properties of STIX; misp: the other members, as they were; apart: true where MISP says "
                         "that the values are not to be correlated\",\"version\":\"1.1.0\","
                         "\"extension_types\":[\"property-extension\"]}");
}

static int begin(const struct misp_event *e, void *context)
{
    struct misp_stix *m = context;
    const struct scan_value *creator = scan_member(e->head, STR("Orgc"));
    struct str date = scan_text(e->head, STR("date"));
    int r;

    m->event = e;
    m->item = NULL;
    m->n_named = m->n_references = 0;
    id_set_clear(&m->seen);
    buf_clear(&m->refs);
    m->n_refs = m->n_parts = 0;
    m->creator[0] = '\0';
    if (!misp_time(misp_scalar(e->head, "timestamp"), m->time)) {
        int32_t day;

        (void)snprintf(m->time, sizeof(m->time), "%s",
                       day_parse_iso(date, &day) ? "1970-01-01" : "");
        if (!m->time[0])
            memcpy(m->time, date.at, 10);
        memcpy(m->time + 10, "T00:00:00.000Z", 15);
    }
    m->tlp = misp_tlp_of(scan_member(e->head, STR("Tag")), NO_TLP);
    m->is_apart = misp_says_apart(e->head);
    r = tell_frame(m);
    if (!r)
        r = misp_identity(m, creator ? creator : scan_member(e->head, STR("Org")), m->creator);
    return r ? r : misp_tell_mark(m, m->tlp);
}

static int item(const struct misp_event *e, const struct misp_item *i, void *context)
{
    struct misp_stix *m = context;

    m->item = i;
    return i->kind == MISP_OBJECT ? misp_tell_object(m, i) : attribute(m, i);
}

static int cmp_named(const void *a, const void *b)
{
    return memcmp(a, b, MISP_UUID_LEN);
}

static const struct misp_named *find_named(const struct misp_stix *m, const char *uuid)
{
    return m->n_named ? bsearch(uuid, m->named, m->n_named, sizeof(*m->named), cmp_named) : NULL;
}

static int tell_references(struct misp_stix *m)
{
    int r = 0;

    if (m->n_named && m->n_references)
        qsort(m->named, m->n_named, sizeof(*m->named), cmp_named);
    for (size_t i = 0; i < m->n_references && !r; i++) {
        const struct misp_reference *ref = &m->references[i];
        const struct misp_named *source = find_named(m, ref->source),
                                *target = find_named(m, ref->target);
        char from[128], to[128], uuid[MISP_UUID_LEN + 1] = "";

        if (!source || !target)
            continue; /* of an event elsewhere: the extension keeps it */
        memcpy(uuid, ref->uuid, MISP_UUID_LEN);
        r = misp_relationship(m, ref->type, misp_id_of(source->type, source->uuid, from),
                              misp_id_of(target->type, target->uuid, to), ref->time, uuid);
    }
    return r;
}

static int tell_event(struct misp_stix *m, const struct misp_event *e)
{
    bool is_published = str_eq(misp_scalar(e->head, "published"), STR("1"));
    const char *type = is_published ? "report" : "grouping";
    struct misp_carried c = {{NULL}, 0};
    char uuid[MISP_UUID_LEN + 1] = "", published[MISP_TIME_LEN + 1];
    struct str info = scan_text(e->head, STR("info"));

    if (misp_uuid(e->uuid, uuid) && memcmp(uuid, e->uuid.at, MISP_UUID_LEN) == 0)
        c.names[c.n++] = "uuid";
    misp_put_head(m, type, str_of(uuid), m->time);
    json_put_member(&m->out, "name", info.len ? info : STR("MISP"));
    if (info.len)
        c.names[c.n++] = "info";
    if (is_published) {
        if (!misp_time(misp_scalar(e->head, "publish_timestamp"), published) ||
            strcmp(published, "1970-01-01T00:00:00.000Z") == 0)
            memcpy(published, m->time, sizeof(published));
        json_put_member(&m->out, "published", str_of(published));
    } else {
        json_put_member(&m->out, "context", STR("suspicious-activity"));
    }
    json_put_key(&m->out, "object_refs");
    json_put_open(&m->out, '[');
    json_put_raw(&m->out, m->refs.len ? buf_str(&m->refs) : STR("\"" MAKER "\""));
    json_put_close(&m->out, ']');
    misp_put_labels(m, e->head);
    misp_put_marks(m, m->tlp);
    misp_put_extension(m, "event", e->bytes, &c, m->is_apart);
    json_put_close(&m->out, '}');
    return misp_tell(m, STR_NONE);
}

static int end(const struct misp_event *e, void *context)
{
    struct misp_stix *m = context;
    int r;

    m->item = NULL;
    r = misp_galaxies(m, scan_member(e->head, STR("Galaxy")), STR_NONE, m->time);
    if (!r)
        r = tell_references(m);
    return r ? r : tell_event(m, e);
}

static int fault(const struct misp_finding *f, void *context)
{
    struct misp_stix *m = context;

    return m->fault(f, m->context);
}

/* ---- what stands in the header ---- */

struct misp_stix *misp_stix_new(misp_stix_fn *object_fn,
                                int (*fault_fn)(const struct misp_finding *f, void *context),
                                void *context)
{
    const struct misp_reader_calls calls = {begin, item, end, fault};
    struct misp_stix *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    m->object = object_fn;
    m->fault = fault_fn;
    m->context = context;
    buf_init(&m->out, REFS_MAX);
    buf_init(&m->refs, REFS_MAX);
    buf_init(&m->part, OUT_MAX);
    m->scanner = scanner_new(OUT_MAX);
    m->reader = misp_reader_new(&calls, m);
    if (!m->scanner || !m->reader) {
        misp_stix_free(m);
        return NULL;
    }
    return m;
}

void misp_stix_free(struct misp_stix *m)
{
    if (!m)
        return;
    misp_reader_free(m->reader);
    scanner_free(m->scanner);
    buf_done(&m->out);
    buf_done(&m->refs);
    buf_done(&m->part);
    id_set_done(&m->seen);
    free(m->named);
    free(m->references);
    free(m);
}

int misp_stix_add(struct misp_stix *m, struct str piece)
{
    return misp_reader_add(m->reader, piece);
}

int misp_stix_end(struct misp_stix *m)
{
    return misp_reader_end(m->reader);
}

uint64_t misp_stix_events(const struct misp_stix *m)
{
    return misp_reader_events(m->reader);
}

uint64_t misp_stix_items(const struct misp_stix *m)
{
    return misp_reader_items(m->reader);
}

uint64_t misp_stix_broken(const struct misp_stix *m)
{
    return misp_reader_broken(m->reader);
}
