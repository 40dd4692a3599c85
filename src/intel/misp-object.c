/* Objects of MISP on their way to STIX. */
#include "intel/misp-stix-inside.h"

#include <stdio.h>

/* Each of its attributes that is for detection stands alone, as it does in MISP. */
static int tell_own_indicators(struct misp_stix *m, const struct scan_value *list, const char *uuid)
{
    const struct scan_value *v = list + 1;
    int r = 0;

    for (uint32_t i = 0; i < list->len && !r; i++, v += v->skip) {
        const struct misp_type *type = misp_type_of(scan_text(v, STR("type")));
        struct str values[2];
        struct misp_attribute a;

        if (v->kind != SCAN_OBJECT || !str_eq(misp_scalar(v, "to_ids"), STR("1")) || !type ||
            !misp_type_split(type, scan_text(v, STR("value")), values))
            continue;
        r = misp_read_attribute(m, v, STR("{}"), &a);
        if (!r && a.has_own_uuid)
            r = misp_tell_mark(m, a.tlp);
        if (!r && a.has_own_uuid)
            r = misp_tell_indicator(m, &a, type, values, uuid);
        if (!r && a.has_own_uuid) {
            char id[128];

            r = misp_tell_sightings(m, &a, misp_id_of("indicator", a.uuid, id).at);
        }
    }
    return r;
}

/* What of a file it tells; one of each property. */
static size_t file_of(const struct scan_value *list, struct misp_valued *ret, size_t max)
{
    static const struct {
        const char *relation;
        enum misp_part part;
    } rows[] = {
        {"filename", MISP_PART_FILE_NAME}, {"size-in-bytes", MISP_PART_SIZE},
        {"mimetype", MISP_PART_MIME},      {"md5", MISP_PART_MD5},
        {"sha1", MISP_PART_SHA1},          {"sha256", MISP_PART_SHA256},
        {"sha512", MISP_PART_SHA512},      {"ssdeep", MISP_PART_SSDEEP},
        {"tlsh", MISP_PART_TLSH},
    };
    size_t n = 0;

    for (size_t k = 0; k < ARRAY_LEN(rows) && n < max; k++) {
        const struct scan_value *v = list + 1;

        for (uint32_t i = 0; i < list->len; i++, v += v->skip) {
            const struct misp_type *type = misp_type_of(scan_text(v, STR("type")));
            struct str values[2];

            if (!str_eq(scan_text(v, STR("object_relation")), str_of(rows[k].relation)) || !type ||
                type->first != rows[k].part || type->second != MISP_PART_NONE ||
                !misp_type_split(type, scan_text(v, STR("value")), values))
                continue;
            ret[n++] = (struct misp_valued){rows[k].part, values[0], misp_says_apart(v)};
            break;
        }
    }
    return n;
}

/* STIX asks a file for its name or a hash. */
static bool is_enough(const struct misp_valued *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].part == MISP_PART_FILE_NAME || misp_part_is_hash(v[i].part))
            return true;
    return false;
}

/* What correlates are its name and hashes: one that may be joined is enough. */
static bool is_apart(const struct misp_attribute *o, const struct misp_valued *v, size_t n)
{
    for (size_t i = 0; i < n && !o->is_apart; i++)
        if (is_enough(&v[i], 1) && !v[i].is_apart)
            return false;
    return true;
}

static int tell_file(struct misp_stix *m, const struct misp_attribute *o,
                     const struct misp_valued *v, size_t n)
{
    char ids[1][128];
    int r;

    misp_put_observable(m, v, n, "file");
    r = misp_tell_observable(m, o->tlp, is_apart(o, v, n), ids[0]);
    return r ? r : misp_tell_observed(m, o, ids, 1, "object");
}

static void put_object_attributes(struct misp_stix *m, const struct scan_value *list)
{
    static const char *const keys[] = {"type", "object_relation", "category", "value"};
    const struct scan_value *v = list + 1;

    json_put_key(&m->out, "x_misp_attributes");
    json_put_open(&m->out, '[');
    for (uint32_t i = 0; i < list->len; i++, v += v->skip) {
        json_put_open(&m->out, '{');
        for (size_t k = 0; k < ARRAY_LEN(keys); k++)
            if (scan_text(v, str_of(keys[k])).at)
                json_put_member(&m->out, keys[k], scan_text(v, str_of(keys[k])));
        json_put_close(&m->out, '}');
    }
    json_put_close(&m->out, ']');
}

static int tell_custom_object(struct misp_stix *m, const struct misp_attribute *o,
                              const struct scan_value *list)
{
    struct misp_carried c = misp_carried_of(o, NULL);
    char id[128];
    int r;

    misp_put_head(m, "x-misp-object", str_of(o->uuid), o->time);
    json_put_key(&m->out, "labels");
    json_put_open(&m->out, '[');
    misp_put_label(m, "name", scan_text(o->root, STR("name")));
    misp_put_label(m, "meta-category", scan_text(o->root, STR("meta-category")));
    json_put_close(&m->out, ']');
    json_put_member(&m->out, "x_misp_name", scan_text(o->root, STR("name")));
    json_put_member(&m->out, "x_misp_meta_category", scan_text(o->root, STR("meta-category")));
    if (list && list->kind == SCAN_ARRAY && list->len)
        put_object_attributes(m, list);
    if (o->comment.len) {
        json_put_member(&m->out, "x_misp_comment", o->comment);
        c.names[c.n++] = "comment";
    }
    misp_put_marks(m, o->tlp);
    misp_put_extension(m, "object", o->bytes, &c, o->is_apart);
    json_put_close(&m->out, '}');
    r = misp_tell(m, misp_id_of("x-misp-object", o->uuid, id));
    return r ? r : misp_remember(m, o->uuid, "x-misp-object");
}

/* Told at the end of the event, when it is known what became of the other one. */
static int keep_references(struct misp_stix *m, const struct misp_attribute *o)
{
    const struct scan_value *list = scan_member(o->root, STR("ObjectReference")), *v;
    int r = 0;

    v = list && list->kind == SCAN_ARRAY ? list + 1 : NULL;
    for (uint32_t i = 0; v && i < list->len && !r; i++, v += v->skip) {
        struct misp_reference *ref;

        r = misp_grow((void **)&m->references, &m->references_size, m->n_references,
                      sizeof(*m->references));
        if (r)
            return r;
        ref = &m->references[m->n_references];
        *ref = (struct misp_reference){0};
        if (!misp_uuid(scan_text(v, STR("uuid")), ref->uuid) ||
            !misp_uuid(scan_text(v, STR("referenced_uuid")), ref->target) ||
            scan_text(v, STR("relationship_type")).len >= sizeof(ref->type))
            continue;
        memcpy(ref->source, o->uuid, MISP_UUID_LEN);
        (void)snprintf(ref->type, sizeof(ref->type), "%.*s",
                       STR_ARG(scan_text(v, STR("relationship_type"))));
        if (!misp_time(misp_scalar(v, "timestamp"), ref->time))
            memcpy(ref->time, o->time, sizeof(ref->time));
        m->n_references++;
    }
    return r;
}

int misp_tell_object(struct misp_stix *m, const struct misp_item *i)
{
    const struct scan_value *list = scan_member(i->root, STR("Attribute"));
    bool has_list = list && list->kind == SCAN_ARRAY;
    struct misp_valued v[16];
    struct misp_attribute o;
    size_t n = 0;
    int r = misp_read_attribute(m, i->root, i->bytes, &o);

    if (!r)
        r = misp_tell_mark(m, o.tlp);
    if (r)
        return r;
    if (has_list && str_eq(scan_text(i->root, STR("name")), STR("file")))
        n = file_of(list, v, ARRAY_LEN(v));
    r = is_enough(v, n) ? tell_file(m, &o, v, n) : tell_custom_object(m, &o, list);
    if (!r && has_list)
        r = tell_own_indicators(m, list, o.uuid);
    return r ? r : keep_references(m, &o);
}
