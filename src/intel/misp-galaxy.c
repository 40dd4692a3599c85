/* Clusters of galaxies, organisations, relationships. */
#include "intel/misp-stix-inside.h"

#include "intel/stix-id.h"

#include <stdio.h>

/* Which galaxies hold what, by their kind; others stay in the extension and among the labels. */
static const struct {
    const char *kind, *type;
} galaxies[] = {
    {"mitre-attack-pattern", "attack-pattern"},
    {"mitre-enterprise-attack-attack-pattern", "attack-pattern"},
    {"mitre-mobile-attack-attack-pattern", "attack-pattern"},
    {"mitre-pre-attack-attack-pattern", "attack-pattern"},
    {"mitre-intrusion-set", "intrusion-set"},
    {"mitre-enterprise-attack-intrusion-set", "intrusion-set"},
    {"threat-actor", "threat-actor"},
    {"microsoft-activity-group", "threat-actor"},
    {"mitre-malware", "malware"},
    {"mitre-enterprise-attack-malware", "malware"},
    {"malpedia", "malware"},
    {"android", "malware"},
    {"backdoor", "malware"},
    {"banker", "malware"},
    {"botnet", "malware"},
    {"cryptominers", "malware"},
    {"ransomware", "malware"},
    {"rat", "malware"},
    {"stealer", "malware"},
    {"exploit-kit", "tool"},
    {"mitre-tool", "tool"},
    {"mitre-enterprise-attack-tool", "tool"},
    {"tool", "tool"},
    {"mitre-course-of-action", "course-of-action"},
    {"mitre-enterprise-attack-course-of-action", "course-of-action"},
};

int misp_identity(struct misp_stix *m, const struct scan_value *o, char ret_id[64])
{
    struct str name = scan_text(o, STR("name"));
    char uuid[MISP_UUID_LEN + 1] = "";
    char creator[64];
    bool is_known;
    int r = 0;

    ret_id[0] = '\0';
    if (!name.len)
        return 0;
    if (!misp_uuid(scan_text(o, STR("uuid")), uuid))
        r = misp_uuid5("organisation", name, uuid);
    if (r)
        return r;
    (void)snprintf(ret_id, 64, "identity--%.36s", uuid);
    is_known = misp_is_seen(m, str_of(ret_id), &r);
    if (r || is_known)
        return r;
    memcpy(creator, m->creator, sizeof(creator));
    m->creator[0] = '\0';
    misp_put_head(m, "identity", str_of(uuid), m->time);
    memcpy(m->creator, creator, sizeof(creator));
    json_put_member(&m->out, "name", name);
    json_put_member(&m->out, "identity_class", STR("organization"));
    json_put_close(&m->out, '}');
    return misp_tell(m, STR_NONE);
}

/* STIX has names of a-z, 0-9 and -, of three characters or more. */
static const char *relation(const char *kind, char out[64])
{
    struct str s = {out, strlen(kind)};

    if (s.len >= 64)
        return "related-to";
    for (size_t i = 0; i <= s.len; i++)
        out[i] = kind[i] == '_' || kind[i] == ' ' ? '-' : kind[i];
    return stix_type_is(s) ? out : "related-to";
}

int misp_relationship(struct misp_stix *m, const char *kind, struct str source, struct str target,
                      const char *time, const char *uuid)
{
    char own[MISP_UUID_LEN + 1], id[128], name[64], both[400];
    int r = 0;

    if (!uuid) {
        (void)snprintf(both, sizeof(both), "%s|%.*s|%.*s", kind, STR_ARG(source), STR_ARG(target));
        r = misp_uuid5("relationship", str_of(both), own);
    }
    if (r)
        return r;
    misp_put_head(m, "relationship", str_of(uuid ? uuid : own), time);
    json_put_member(&m->out, "relationship_type", str_of(relation(kind, name)));
    json_put_member(&m->out, "source_ref", source);
    json_put_member(&m->out, "target_ref", target);
    misp_put_marks(m, m->tlp);
    json_put_close(&m->out, '}');
    (void)snprintf(id, sizeof(id), "relationship--%s", uuid ? uuid : own);
    return misp_tell(m, str_of(id));
}

static void put_texts(struct misp_stix *m, const char *key, const struct scan_value *list)
{
    const struct scan_value *v = list && list->kind == SCAN_ARRAY && list->len ? list + 1 : NULL;

    if (!v)
        return;
    for (uint32_t i = 0; i < list->len; i++, v += v->skip)
        if (v->kind != SCAN_STRING)
            return;
    json_put_key(&m->out, key);
    json_put_open(&m->out, '[');
    v = list + 1;
    for (uint32_t i = 0; i < list->len; i++, v += v->skip)
        json_put_text(&m->out, scan_str(v));
    json_put_close(&m->out, ']');
}

static int tell_cluster(struct misp_stix *m, const struct scan_value *c, const char *type,
                        struct str id, const char *uuid)
{
    const struct scan_value *meta = scan_member(c, STR("meta"));
    bool has_aliases = strcmp(type, "course-of-action") != 0;

    misp_put_head(m, type, str_of(uuid), m->time);
    json_put_member(&m->out, "name", scan_text(c, STR("value")));
    if (scan_text(c, STR("description")).len)
        json_put_member(&m->out, "description", scan_text(c, STR("description")));
    if (strcmp(type, "malware") == 0) {
        json_put_key(&m->out, "is_family");
        json_put_raw(&m->out, STR("true"));
    }
    if (has_aliases)
        put_texts(m, "aliases", scan_member(meta, STR("synonyms")));
    misp_put_marks(m, m->tlp);
    json_put_close(&m->out, '}');
    return misp_tell(m, id);
}

static int cluster(struct misp_stix *m, const struct scan_value *c, const char *type,
                   struct str source, const char *time)
{
    struct str tag = scan_text(c, STR("tag_name"));
    char uuid[MISP_UUID_LEN + 1], id[128];
    bool is_known;
    int r;

    if (!scan_text(c, STR("value")).len)
        return 0;
    r = misp_uuid5(type, tag.len ? tag : scan_text(c, STR("value")), uuid);
    if (r)
        return r;
    (void)snprintf(id, sizeof(id), "%s--%s", type, uuid);
    is_known = misp_is_seen(m, str_of(id), &r);
    if (!r && !is_known)
        r = tell_cluster(m, c, type, str_of(id), uuid);
    if (r || !source.len)
        return r;
    return misp_relationship(m,
                             str_starts(source, STR("indicator--")) &&
                                     strcmp(type, "course-of-action") != 0
                                 ? "indicates"
                                 : "related-to",
                             source, str_of(id), time, NULL);
}

int misp_galaxies(struct misp_stix *m, const struct scan_value *list, struct str source,
                  const char *time)
{
    const struct scan_value *g = list && list->kind == SCAN_ARRAY ? list + 1 : NULL;
    int r = 0;

    for (uint32_t i = 0; g && i < list->len && !r; i++, g += g->skip) {
        const struct scan_value *clusters = scan_member(g, STR("GalaxyCluster")), *c;
        struct str kind = scan_text(g, STR("type"));
        const char *type = NULL;

        for (size_t k = 0; k < ARRAY_LEN(galaxies); k++)
            if (str_eq(kind, str_of(galaxies[k].kind)))
                type = galaxies[k].type;
        c = type && clusters && clusters->kind == SCAN_ARRAY ? clusters + 1 : NULL;
        for (uint32_t k = 0; c && k < clusters->len && !r; k++, c += c->skip)
            r = cluster(m, c, type, source, time);
    }
    return r;
}
