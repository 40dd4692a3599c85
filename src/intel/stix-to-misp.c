/* Objects of STIX as events of MISP. What each becomes is made when it comes and kept as JSON; which event it belongs to is known at the end. */
#include "intel/json-parts.h"
#include "intel/stix-to-misp-inside.h"
#include "intel/pattern.h"
#include "intel/stix-id.h"
#include "intel/stix-time.h"

#include "base/codec.h"
#include "base/time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct stix_misp *stix_misp_new(int (*left_out)(uint64_t number, struct str id,
                                                enum message_key why, void *context),
                                void *context)
{
    struct stix_misp *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    m->left_out = left_out;
    m->context = context;
    buf_init(&m->text, STIX_MISP_MAX);
    buf_init(&m->scratch, STIX_OBJECT_MAX);
    buf_init(&m->out, STIX_MISP_MAX);
    return m;
}

void stix_misp_free(struct stix_misp *m)
{
    if (!m)
        return;
    buf_done(&m->text);
    buf_done(&m->scratch);
    buf_done(&m->out);
    free(m->made);
    free(m->heads);
    free(m->keys);
    free(m->covered);
    free(m->organisations);
    free(m->by_event);
    free(m->by_key);
    free(m);
}

static void key_of(struct str id, uint8_t ret[STIX_MISP_KEY_SIZE])
{
    struct digest d = sha256(id);

    memcpy(ret, d.bytes, STIX_MISP_KEY_SIZE);
}

/* ---- one object ---- */

struct input {
    const struct stix_object *o;
    struct str id, type, misp; /* misp: the extension's members; STR_NONE */
    char uuid[MISP_UUID_LEN + 1], event[MISP_UUID_LEN + 1];
    struct str kind;  /* of the extension */
    uint64_t seconds; /* modified, or created */
};

static uint64_t seconds_of(const struct scan_value *root, const char *key)
{
    struct stix_time t;

    return stix_time_read(scan_text(root, str_of(key)), &t) && t.seconds > 0 ? (uint64_t)t.seconds
                                                                             : 0;
}

static bool read_extension(struct input *in)
{
    const struct scan_value *extension =
        scan_member(scan_member(in->o->root, STR("extensions")), STR(MISP_EXTENSION));
    struct str all = json_part_of(json_part_of(in->o->bytes, "extensions"), MISP_EXTENSION);

    in->kind = scan_text(extension, STR("kind"));
    in->misp = json_part_of(all, "misp");
    return in->kind.len && in->misp.len && in->misp.at[0] == '{' &&
           misp_uuid(scan_text(extension, STR("event")), in->event);
}

static bool carries(const struct input *in, const char *name)
{
    const struct scan_value *list =
        scan_member(scan_member(scan_member(in->o->root, STR("extensions")), STR(MISP_EXTENSION)),
                    STR("carried"));
    const struct scan_value *v = list && list->kind == SCAN_ARRAY ? list + 1 : NULL;

    for (uint32_t i = 0; v && i < list->len; i++, v += v->skip)
        if (v->kind == SCAN_STRING && str_eq(scan_str(v), str_of(name)))
            return true;
    return false;
}

static int begin_made(struct stix_misp *m, const struct input *in, enum stix_misp_kind kind,
                      struct stix_misp_made **ret)
{
    int r = misp_grow((void **)&m->made, &m->made_size, m->n_made, sizeof(*m->made));
    struct stix_misp_made *made;

    if (r)
        return ERR(r);
    made = &m->made[m->n_made];
    *made = (struct stix_misp_made){
        .kind = kind, .at = m->text.len, .number = in->o->number, .seconds = in->seconds};
    key_of(in->id, made->key);
    *ret = made;
    return 0;
}

static int end_made(struct stix_misp *m, struct stix_misp_made *made)
{
    if (buf_error(&m->text))
        return buf_error(&m->text);
    made->at +=
        made->at < m->text.len && m->text.at[made->at] == ','; /* behind what was made before it */
    made->len = m->text.len - made->at;
    m->n_made++;
    return 0;
}

/* Its id is remembered, and told at the end unless an event of ours holds it. */
static int no_place(struct stix_misp *m, const struct input *in)
{
    struct stix_misp_made *made;
    int r = begin_made(m, in, MADE_NOTHING, &made);

    if (r)
        return ERR(r);
    buf_add_str(&m->text, in->id);
    return end_made(m, made);
}

static int add_keys(struct scan_value const *list, uint8_t (**keys)[STIX_MISP_KEY_SIZE], size_t *n,
                    size_t *size)
{
    const struct scan_value *v = list && list->kind == SCAN_ARRAY ? list + 1 : NULL;
    int r = 0;

    for (uint32_t i = 0; v && i < list->len && !r; i++, v += v->skip) {
        r = misp_grow((void **)keys, size, *n, STIX_MISP_KEY_SIZE);
        if (!r && v->kind == SCAN_STRING)
            key_of(scan_str(v), (*keys)[(*n)++]);
    }
    return r;
}

/* ---- tags ---- */

static const struct {
    const char *uuid, *tag;
} marks[] = {
    {"94868c89-83c2-464b-929b-a1a8aa3c8487", "tlp:clear"},
    {"bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "tlp:green"},
    {"55d920b0-5e8b-4f79-9ee9-91f868d9b421", "tlp:amber"},
    {"939a9414-2ddd-4d32-a0cd-375ea402b003", "tlp:amber+strict"},
    {"e828b379-4e03-4974-9ac4-e53a884c97c1", "tlp:red"},
    {"613f2e26-407d-48c7-9eca-b8e91df99dc9", "tlp:clear"},
    {"34098fce-860f-48ae-8e50-ebd3cc5e41da", "tlp:green"},
    {"f88d31f6-486f-44da-b317-01333bde0b82", "tlp:amber"},
    {"5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "tlp:red"},
};

static void put_tag(struct buf *b, struct str name)
{
    json_put_open(b, '{');
    json_put_member(b, "name", name);
    json_put_close(b, '}');
}

static void put_tags(struct stix_misp *m, const struct scan_value *root)
{
    const struct scan_value *refs = scan_member(root, STR("object_marking_refs")),
                            *labels = scan_member(root, STR("labels")), *v;

    json_put_key(&m->text, "Tag");
    json_put_open(&m->text, '[');
    v = refs && refs->kind == SCAN_ARRAY ? refs + 1 : NULL;
    for (uint32_t i = 0; v && i < refs->len; i++, v += v->skip)
        for (size_t k = 0; k < ARRAY_LEN(marks); k++)
            if (v->kind == SCAN_STRING && str_ends(scan_str(v), str_of(marks[k].uuid)))
                put_tag(&m->text, str_of(marks[k].tag));
    v = labels && labels->kind == SCAN_ARRAY ? labels + 1 : NULL;
    for (uint32_t i = 0; v && i < labels->len; i++, v += v->skip)
        if (v->kind == SCAN_STRING && !str_starts(scan_str(v), STR("misp:")))
            put_tag(&m->text, scan_str(v));
    json_put_close(&m->text, ']');
}

/* misp:type="url": the word in a label, as other converters write it. */
static struct str label_of(const struct scan_value *root, const char *what)
{
    const struct scan_value *labels = scan_member(root, STR("labels")), *v;
    char begin[32];

    (void)snprintf(begin, sizeof(begin), "misp:%s=\"", what);
    v = labels && labels->kind == SCAN_ARRAY ? labels + 1 : NULL;
    for (uint32_t i = 0; v && i < labels->len; i++, v += v->skip) {
        struct str s = scan_str(v);

        if (v->kind == SCAN_STRING && str_starts(s, str_of(begin)) && str_ends(s, STR("\"")) &&
            s.len > strlen(begin) + 1)
            return (struct str){s.at + strlen(begin), s.len - strlen(begin) - 1};
    }
    return STR_NONE;
}

/* ---- attributes of others ---- */

static const char *category_of(struct str type)
{
    static const struct {
        const char *begin, *category;
    } rows[] = {
        {"vulnerability", "External analysis"},
        {"stix2-pattern", "Payload installation"},
        {"mutex", "Artifacts dropped"},
        {"regkey", "Artifacts dropped"},
        {"mime-type", "Artifacts dropped"},
        {"size-in-bytes", "Other"},
        {"email", "Payload delivery"},
        {"file", "Payload delivery"},
        {"md5", "Payload delivery"},
        {"sha", "Payload delivery"},
        {"ssdeep", "Payload delivery"},
        {"tlsh", "Payload delivery"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_starts(type, str_of(rows[i].begin)))
            return rows[i].category;
    return "Network activity";
}

/* The first has the object's own uuid, others of it one made of that and their number. */
static int put_uuid(struct stix_misp *m, const struct input *in, unsigned n,
                    struct stix_misp_made *made)
{
    char uuid[MISP_UUID_LEN + 1];
    char name[STIX_ID_MAX + 16];
    int r = 0;

    if (n) {
        (void)snprintf(name, sizeof(name), "%s|%u", in->uuid, n);
        r = misp_uuid5("part", str_of(name), uuid);
    }
    if (!r)
        json_put_member(&m->text, "uuid", str_of(n ? uuid : in->uuid));
    if (!r)
        memcpy(made->uuid, n ? uuid : in->uuid, MISP_UUID_LEN);
    return r;
}

static int put_attribute(struct stix_misp *m, const struct input *in, struct str type,
                         struct str value, bool is_for_ids, unsigned n)
{
    struct str category = label_of(in->o->root, "category"),
               comment = scan_text(in->o->root, STR("description"));
    struct stix_misp_made *made;
    int r = begin_made(m, in, MADE_ATTRIBUTE, &made);

    if (r)
        return ERR(r);
    made->is_observable = !is_for_ids && !scan_member(in->o->root, STR("modified"));
    json_put_open(&m->text, '{');
    made->is_for_ids = is_for_ids;
    r = put_uuid(m, in, n, made);
    json_put_member(&m->text, "type", type);
    json_put_member(&m->text, "category", category.len ? category : str_of(category_of(type)));
    json_put_member(&m->text, "value", value);
    json_put_key(&m->text, "to_ids");
    json_put_raw(&m->text, is_for_ids ? STR("true") : STR("false"));
    if (in->seconds) {
        json_put_key(&m->text, "timestamp");
        buf_printf(&m->text, "\"%llu\"", (unsigned long long)in->seconds);
    }
    if (!comment.len)
        comment = scan_text(in->o->root, STR("name"));
    json_put_member(&m->text, "comment", str_eq(comment, value) ? STR_NONE : comment);
    put_tags(m, in->o->root);
    json_put_close(&m->text, '}');
    return r ? r : end_made(m, made);
}

struct listing {
    struct stix_misp *m;
    const struct input *in;
    const struct misp_type *asked; /* that a label names */
    unsigned n;
    bool is_telling;
};

/* The type of an attribute for equalities that hold together; *ret_swapped: the second stands first. */
static const struct misp_type *type_of_pairs(const struct pattern_pair *pairs, size_t n,
                                             bool *ret_swapped)
{
    enum misp_part a = misp_part_of_path(pairs[0].path),
                   b = n > 1 ? misp_part_of_path(pairs[1].path) : MISP_PART_NONE;
    const struct misp_type *type;

    *ret_swapped = false;
    if (n > 2 || a == MISP_PART_NONE || (n > 1 && b == MISP_PART_NONE))
        return NULL;
    type = misp_type_of_parts(a, b);
    if (!type && n > 1) {
        type = misp_type_of_parts(b, a);
        *ret_swapped = type != NULL;
    }
    return type;
}

static void put_part(struct buf *out, struct str path, struct str text)
{
    if (misp_part_of_path(path) == MISP_PART_ASN)
        buf_add_text(out, "AS");
    buf_add_str(out, text);
}

static int list_pair(const struct pattern_pair *pairs, size_t n, void *context)
{
    struct listing *l = context;
    bool swapped;
    const struct misp_type *type = type_of_pairs(pairs, n, &swapped);

    if (!type)
        return 1;
    if (!l->is_telling)
        return 0;
    buf_clear(&l->m->scratch);
    put_part(&l->m->scratch, pairs[swapped ? 1 : 0].path, pairs[swapped ? 1 : 0].text);
    if (n > 1) {
        buf_add_char(&l->m->scratch, '|');
        put_part(&l->m->scratch, pairs[swapped ? 0 : 1].path, pairs[swapped ? 0 : 1].text);
    }
    if (buf_error(&l->m->scratch))
        return buf_error(&l->m->scratch);
    if (l->asked && l->asked->first == type->first && l->asked->second == type->second)
        type = l->asked;
    return put_attribute(l->m, l->in, type->name, buf_str(&l->m->scratch), true, l->n++);
}

static int foreign_indicator(struct stix_misp *m, const struct input *in)
{
    struct str pattern = scan_text(in->o->root, STR("pattern")),
               language = scan_text(in->o->root, STR("pattern_type"));
    struct listing l = {.m = m, .in = in, .asked = misp_type_of(label_of(in->o->root, "type"))};
    CLEANUP(pattern_freep) struct pattern *p = NULL;
    struct pattern_fault fault;
    bool is_stix = !language.len || str_eq(language, STR("stix"));
    int r = is_stix ? pattern_parse(pattern, &p, &fault) : 1;

    if (!r)
        r = pattern_list(p, list_pair, &l);
    if (!r) {
        l.is_telling = true;
        return pattern_list(p, list_pair, &l);
    }
    if (r < 0)
        return r;
    return put_attribute(m, in,
                         is_stix                             ? STR("stix2-pattern")
                         : str_eq(language, STR("yara"))     ? STR("yara")
                         : str_eq(language, STR("sigma"))    ? STR("sigma")
                         : str_eq(language, STR("snort"))    ? STR("snort")
                         : str_eq(language, STR("suricata")) ? STR("snort")
                                                             : STR("text"),
                         pattern, true, 0);
}

static int foreign_file(struct stix_misp *m, const struct input *in)
{
    const struct scan_value *hashes = scan_member(in->o->root, STR("hashes")), *v;
    bool is_file = str_eq(in->type, STR("file"));
    struct str name = scan_text(in->o->root, STR("name"));
    unsigned n = 0;
    int r = 0;

    if (is_file && name.len)
        r = put_attribute(m, in, STR("filename"), name, false, n++);
    v = hashes && hashes->kind == SCAN_OBJECT ? hashes + 1 : NULL;
    for (uint32_t i = 0; v && i < hashes->len && !r; i++, v += 1 + v[1].skip) {
        const struct misp_type *type = NULL;

        for (unsigned p = 1; p < MISP_N_PARTS; p++)
            if (misp_part_is_hash((enum misp_part)p) && v[1].kind == SCAN_STRING &&
                str_eq(scan_str(v), str_of(misp_part_property((enum misp_part)p))) &&
                str_eq(in->type, str_of(misp_part_type((enum misp_part)p, scan_str(v + 1)))))
                type = misp_type_of_parts((enum misp_part)p, MISP_PART_NONE);
        if (type)
            r = put_attribute(m, in, type->name, scan_str(v + 1), false, n++);
    }
    return r || n ? r : no_place(m, in);
}

static int foreign_observable(struct stix_misp *m, const struct input *in)
{
    static const struct {
        const char *type, *property, *misp;
    } rows[] = {
        {"ipv4-addr", "value", "ip-dst"},     {"ipv6-addr", "value", "ip-dst"},
        {"domain-name", "value", "domain"},   {"url", "value", "url"},
        {"email-addr", "value", "email"},     {"mutex", "name", "mutex"},
        {"mac-addr", "value", "mac-address"}, {"windows-registry-key", "key", "regkey"},
    };

    if (str_eq(in->type, STR("file")) || str_eq(in->type, STR("x509-certificate")))
        return foreign_file(m, in);
    if (str_eq(in->type, STR("autonomous-system")) && misp_scalar(in->o->root, "number").len) {
        buf_clear(&m->scratch);
        buf_add_text(&m->scratch, "AS");
        if (buf_add_str(&m->scratch, misp_scalar(in->o->root, "number")))
            return buf_error(&m->scratch);
        return put_attribute(m, in, STR("AS"), buf_str(&m->scratch), false, 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str value = scan_text(in->o->root, str_of(rows[i].property));

        if (str_eq(in->type, str_of(rows[i].type)) && value.len)
            return put_attribute(m, in, str_of(rows[i].misp), value, false, 0);
    }
    return no_place(m, in);
}

static int foreign_custom(struct stix_misp *m, const struct input *in)
{
    const struct scan_value *root = in->o->root;
    struct str type = scan_text(root, STR("x_misp_type"));
    const struct scan_value *ids = scan_member(root, STR("x_misp_to_ids"));

    return type.len ? put_attribute(m, in, type, scan_text(root, STR("x_misp_value")),
                                    ids && ids->kind == SCAN_TRUE, 0)
                    : no_place(m, in);
}

static int foreign_object(struct stix_misp *m, const struct input *in)
{
    struct str list = json_part_of(in->o->bytes, "x_misp_attributes");
    struct stix_misp_made *made;
    int r = begin_made(m, in, MADE_OBJECT, &made);

    if (r)
        return ERR(r);
    json_put_open(&m->text, '{');
    json_put_member(&m->text, "uuid", str_of(in->uuid));
    json_put_member(&m->text, "name", scan_text(in->o->root, STR("x_misp_name")));
    json_put_member(&m->text, "meta-category", scan_text(in->o->root, STR("x_misp_meta_category")));
    json_put_member(&m->text, "comment", scan_text(in->o->root, STR("x_misp_comment")));
    json_put_key(&m->text, "Attribute");
    json_put_raw(&m->text, list.len ? list : STR("[]"));
    json_put_close(&m->text, '}');
    return end_made(m, made);
}

static int foreign_cluster(struct stix_misp *m, const struct input *in)
{
    struct str name = scan_text(in->o->root, STR("name"));
    struct stix_misp_made *made;
    int r;

    if (!name.len)
        return no_place(m, in);
    r = begin_made(m, in, MADE_TAG, &made);
    if (r)
        return ERR(r);
    buf_clear(&m->scratch);
    buf_printf(&m->scratch, "misp-galaxy:%.*s=\"%.*s\"", STR_ARG(in->type), STR_ARG(name));
    if (buf_error(&m->scratch))
        return buf_error(&m->scratch);
    put_tag(&m->text, buf_str(&m->scratch));
    return end_made(m, made);
}

/* ---- objects of ours ---- */

/* One value of an indicator that was an attribute. 1: it was changed into something else. */
struct one_value {
    struct buf *out;
    unsigned n;
};

static int take_value(const struct pattern_pair *pairs, size_t n, void *context)
{
    struct one_value *v = context;

    if (v->n++)
        return 1;
    for (size_t i = 0; i < n; i++) {
        if (i)
            buf_add_char(v->out, '|');
        put_part(v->out, pairs[i].path, pairs[i].text);
    }
    return buf_error(v->out);
}

static int value_of(struct stix_misp *m, const struct input *in, struct str *ret)
{
    CLEANUP(pattern_freep) struct pattern *p = NULL;
    struct pattern_fault fault;
    struct one_value v = {.out = &m->scratch};
    int r;

    if (!str_eq(in->type, STR("indicator"))) {
        *ret = scan_text(in->o->root, str_eq(in->type, STR("vulnerability")) ? STR("name")
                                                                             : STR("x_misp_value"));
        return 0;
    }
    buf_clear(&m->scratch);
    r = pattern_parse(scan_text(in->o->root, STR("pattern")), &p, &fault);
    if (!r)
        r = pattern_list(p, take_value, &v);
    *ret = buf_str(&m->scratch);
    return r;
}

/* What STIX carries of it. 1: the value is no longer one. */
static int put_carried(struct stix_misp *m, const struct input *in)
{
    const struct scan_value *root = in->o->root;
    struct str value, comment = scan_text(root, STR("description"));
    int r = 0;

    if (carries(in, "uuid"))
        json_put_member(&m->text, "uuid", str_of(in->uuid));
    if (carries(in, "comment"))
        json_put_member(&m->text, "comment",
                        comment.at ? comment : scan_text(root, STR("x_misp_comment")));
    if (!carries(in, "value"))
        return 0;
    r = value_of(m, in, &value);
    if (!r)
        json_put_member(&m->text, "value", value);
    return r;
}

static int own_item(struct stix_misp *m, const struct input *in, enum stix_misp_kind kind)
{
    struct stix_misp_made *made;
    int r = begin_made(m, in, kind, &made);

    if (r)
        return ERR(r);
    made->is_own = true;
    memcpy(made->event, in->event, MISP_UUID_LEN);
    buf_add(&m->text, in->misp.at, in->misp.len - 1); /* without its bracket */
    while (m->text.at && m->text.len > made->at + 1 &&
           strchr(" \n\r\t", m->text.at[m->text.len - 1]))
        buf_cut(&m->text, m->text.len - 1);
    r = put_carried(m, in);
    if (r > 0) { /* somebody has changed its pattern */
        buf_cut(&m->text, made->at);
        return foreign_indicator(m, in);
    }
    json_put_close(&m->text, '}');
    if (!r)
        r = end_made(m, made);
    if (!r && str_eq(in->type, STR("observed-data")))
        r = add_keys(scan_member(in->o->root, STR("object_refs")), &m->covered, &m->n_covered,
                     &m->covered_size);
    return r;
}

/* An indicator of an object's attribute: the object holds it. */
static int own_part(struct stix_misp *m, const struct input *in)
{
    struct stix_misp_made *made;
    int r = begin_made(m, in, MADE_NOTHING, &made);

    if (r)
        return ERR(r);
    made->is_own = made->is_used = true;
    memcpy(made->event, in->event, MISP_UUID_LEN);
    return end_made(m, made);
}

/* ---- reports ---- */

static int identity(struct stix_misp *m, const struct input *in)
{
    struct str name = scan_text(in->o->root, STR("name"));
    struct stix_misp_organisation *o;
    int r = misp_grow((void **)&m->organisations, &m->organisations_size, m->n_organisations,
                      sizeof(*m->organisations));

    if (r || !name.len)
        return r;
    o = &m->organisations[m->n_organisations++];
    key_of(in->id, o->key);
    o->at = m->text.len;
    buf_add_char(&m->text, '{');
    json_put_member(&m->text, "name", name);
    json_put_member(&m->text, "uuid", str_of(in->uuid));
    json_put_close(&m->text, '}');
    o->len = m->text.len - o->at;
    return buf_error(&m->text);
}

static void put_day(struct stix_misp *m, uint64_t seconds)
{
    struct civil c = civil_from_day((int32_t)(seconds / 86400));

    json_put_key(&m->text, "date");
    buf_printf(&m->text, "\"%04d-%02d-%02d\"", (int)c.year, (int)c.month, (int)c.day);
}

/* Members of an event that was none before, up to its organisation, which may come later. */
void stix_misp_put_head(struct stix_misp *m, struct str uuid, struct str info, uint64_t seconds,
                        bool is_published)
{
    json_put_member(&m->text, "uuid", uuid);
    json_put_member(&m->text, "info", info.len ? info : STR("STIX"));
    put_day(m, seconds);
    json_put_key(&m->text, "timestamp");
    buf_printf(&m->text, "\"%llu\"", (unsigned long long)seconds);
    json_put_key(&m->text, "published");
    json_put_raw(&m->text, is_published ? STR("true") : STR("false"));
    json_put_member(&m->text, "analysis", STR("2"));
    json_put_member(&m->text, "threat_level_id", STR("4"));
    json_put_member(&m->text, "distribution", STR("0"));
}

static int report(struct stix_misp *m, const struct input *in, bool is_own)
{
    struct stix_misp_head *h;
    int r = misp_grow((void **)&m->heads, &m->heads_size, m->n_heads, sizeof(*m->heads));

    if (r)
        return ERR(r);
    h = &m->heads[m->n_heads];
    *h = (struct stix_misp_head){.is_own = is_own, .at = m->text.len, .refs = m->n_keys};
    memcpy(h->uuid, is_own ? in->event : in->uuid, sizeof(h->uuid));
    if (is_own) {
        buf_add_str(&m->text, in->misp);
        h->info_at = m->text.len;
        buf_add_char(&m->text, '{');
        if (carries(in, "uuid"))
            json_put_member(&m->text, "uuid", str_of(in->uuid));
        if (carries(in, "info"))
            json_put_member(&m->text, "info", scan_text(in->o->root, STR("name")));
        json_put_close(&m->text, '}');
        h->info_len = m->text.len - h->info_at;
        h->len = h->info_at - h->at;
    } else {
        key_of(scan_text(in->o->root, STR("created_by_ref")), h->creator);
        buf_add_char(&m->text, '{');
        stix_misp_put_head(m, str_of(in->uuid), scan_text(in->o->root, STR("name")), in->seconds,
                           str_eq(in->type, STR("report")));
        put_tags(m, in->o->root);
        h->len = m->text.len - h->at;
    }
    r = add_keys(scan_member(in->o->root, STR("object_refs")), &m->keys, &m->n_keys, &m->keys_size);
    h->n_refs = m->n_keys - h->refs;
    m->n_heads++;
    return r ? r : buf_error(&m->text);
}

/* ---- which is which ---- */

static int own(struct stix_misp *m, const struct input *in)
{
    if (str_eq(in->kind, STR("event")))
        return report(m, in, true);
    if (str_eq(in->kind, STR("event-part")))
        return add_keys(scan_member(in->o->root, STR("object_refs")), &m->covered, &m->n_covered,
                        &m->covered_size);
    if (str_eq(in->kind, STR("object-attribute")))
        return own_part(m, in);
    return own_item(m, in, str_eq(in->kind, STR("object")) ? MADE_OBJECT : MADE_ATTRIBUTE);
}

static bool is_one_of(struct str type, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(type, str_of(words[i])))
            return true;
    return false;
}

static int foreign(struct stix_misp *m, const struct input *in)
{
    static const char *const clusters[] = {
        "attack-pattern", "campaign", "course-of-action", "intrusion-set", "malware",
        "threat-actor",   "tool"};
    static const char *const silent[] = {"marking-definition", "extension-definition",
                                         "observed-data"};

    if (is_one_of(in->type, clusters, ARRAY_LEN(clusters)))
        return foreign_cluster(m, in);
    if (is_one_of(in->type, silent, ARRAY_LEN(silent)))
        return 0; /* marks become tags, and what was observed comes by itself */
    if (str_eq(in->type, STR("identity")))
        return identity(m, in);
    if (str_eq(in->type, STR("report")) || str_eq(in->type, STR("grouping")))
        return report(m, in, false);
    if (str_eq(in->type, STR("indicator")))
        return foreign_indicator(m, in);
    if (str_eq(in->type, STR("vulnerability")))
        return put_attribute(m, in, STR("vulnerability"), scan_text(in->o->root, STR("name")),
                             false, 0);
    if (str_eq(in->type, STR("x-misp-attribute")))
        return foreign_custom(m, in);
    if (str_eq(in->type, STR("x-misp-object")))
        return foreign_object(m, in);
    if (str_eq(scan_text(in->o->root, STR("relationship_type")), STR("based-on")))
        return 0; /* both of its ends are carried */
    return foreign_observable(m, in);
}

int stix_misp_add(struct stix_misp *m, const struct stix_object *o)
{
    struct input in = {
        .o = o, .id = scan_text(o->root, STR("id")), .seconds = seconds_of(o->root, "modified")};

    if (!stix_id_is(in.id, &in.type) ||
        !misp_uuid((struct str){in.id.at + in.type.len + 2, MISP_UUID_LEN}, in.uuid))
        return m->left_out(o->number, in.id, MSG_MISP_NO_ID, m->context);
    if (!in.seconds)
        in.seconds = seconds_of(o->root, "created");
    return read_extension(&in) ? own(m, &in) : foreign(m, &in);
}
