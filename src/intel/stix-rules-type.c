/* What only some types ask for: markings and their selectors, patterns, forms of addresses, ends of relationships, ids of observables. */
#include "intel/stix-rules-inside.h"

#include "base/codec.h"
#include "intel/jcs.h"
#include "intel/pattern.h"
#include "intel/stix-id.h"

#include <arpa/inet.h>
#include <errno.h>

static const struct {
    struct str source, type;
    const char *targets;
} links[] = {
#define LINK(source, type, targets) \
    {{source, sizeof(source) - 1}, {type, sizeof(type) - 1}, targets},
#include "intel/stix-relationships.def"
#undef LINK
};

/* ---- markings (section 7.2) ---- */

/* "labels.[0]", "external_references.[1].url" (section 7.2.3.1): true when it leads to something. */
static bool leads_somewhere(const struct scan_value *root, struct str selector)
{
    const struct scan_value *v = root;
    struct str rest = selector, step;

    if (!selector.len)
        return false;
    while (v && str_split(&rest, '.', &step)) {
        uint64_t n;

        if (v->kind == SCAN_ARRAY) {
            const struct scan_value *entry = v + 1;

            if (step.len < 3 || step.at[0] != '[' || step.at[step.len - 1] != ']' ||
                str_to_u64((struct str){step.at + 1, step.len - 2}, 0, UINT32_MAX, &n) ||
                n >= v->len)
                return false;
            for (; n; n--)
                entry += entry->skip;
            v = entry;
        } else {
            v = scan_member(v, step);
        }
    }
    return v != NULL;
}

void stix_check_selectors(struct stix_rules *c)
{
    const struct scan_value *list = scan_member(c->o->root, STR("granular_markings")),
                            *marking = within(list);

    for (uint32_t i = 0; list && list->kind == SCAN_ARRAY && i < list->len;
         i++, marking += marking->skip) {
        const struct scan_value *selectors = scan_member(marking, STR("selectors")),
                                *s = within(selectors);

        for (uint32_t k = 0; selectors && selectors->kind == SCAN_ARRAY && k < selectors->len;
             k++, s += s->skip)
            if (s->kind == SCAN_STRING && !leads_somewhere(c->o->root, scan_str(s)))
                stix_tell(c, STIX_E_SELECTOR, s, STR_NONE);
    }
}

/* The four marks of TLP are these objects and no others (section 7.2.1.4). */
static void check_tlp(struct stix_rules *c)
{
    static const struct {
        const char *tlp, *id;
    } marks[] = {
        {"white", "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"},
        {"green", "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"},
        {"amber", "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"},
        {"red", "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"},
    };
    const struct scan_value *id = scan_member(c->o->root, STR("id"));
    const struct scan_value *definition = scan_member(c->o->root, STR("definition"));
    struct str tlp = scan_text(definition, STR("tlp"));

    if (str_eq(scan_text(c->o->root, STR("definition_type")), STR("statement")) &&
        !scan_text(definition, STR("statement")).at)
        stix_tell(c, STIX_E_REQUIRED, definition ? definition : c->o->root, STR("statement"));
    if (!str_eq(scan_text(c->o->root, STR("definition_type")), STR("tlp")))
        return;
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_eq(tlp, str_of(marks[i].tlp))) {
            if (!str_eq(c->id, str_of(marks[i].id)))
                stix_tell(c, STIX_E_TLP, id ? id : c->o->root, str_of(marks[i].id));
            return;
        }
    stix_tell(c, STIX_E_TLP, definition ? definition : c->o->root, STR("white, green, amber, red"));
}

/* ---- rules of one type each ---- */

static void check_pattern(struct stix_rules *c)
{
    CLEANUP(pattern_freep) struct pattern *p = NULL;
    const struct scan_value *v = scan_member(c->o->root, STR("pattern"));
    struct pattern_fault fault;
    int r;

    if (!v || v->kind != SCAN_STRING ||
        !str_eq(scan_text(c->o->root, STR("pattern_type")), STR("stix")))
        return;
    r = pattern_parse(scan_str(v), &p, &fault);
    if (r < 0)
        c->answer = r;
    if (r <= 0)
        return;
    buf_clear(&c->scratch);
    IGNORE(buf_printf(&c->scratch, "%zu", fault.column), "only words");
    stix_tell_why(c, r == PATTERN_E_REGEX ? STIX_E_PATTERN_REGEX : STIX_E_PATTERN, v,
                  buf_str(&c->scratch), true, pattern_error_text(fault.error));
}

static void check_malware(struct stix_rules *c)
{
    const struct scan_value *is_family = scan_member(c->o->root, STR("is_family"));

    if (is_family && is_family->kind == SCAN_TRUE && !scan_member(c->o->root, STR("name")))
        stix_tell(c, STIX_E_NEEDS, is_family, STR("name"));
}

static void check_message(struct stix_rules *c)
{
    const struct scan_value *root = c->o->root, *is = scan_member(root, STR("is_multipart"));
    const struct scan_value *body = scan_member(root, STR("body")),
                            *parts = scan_member(root, STR("body_multipart"));

    if (is && is->kind == SCAN_TRUE && body)
        stix_tell(c, STIX_E_APART, body, STR("is_multipart: true"));
    if (is && is->kind == SCAN_FALSE && parts)
        stix_tell(c, STIX_E_APART, parts, STR("is_multipart: false"));
}

static void check_traffic(struct stix_rules *c)
{
    const struct scan_value *root = c->o->root, *is = scan_member(root, STR("is_active")),
                            *end = scan_member(root, STR("end"));

    if (is && is->kind == SCAN_TRUE && end)
        stix_tell(c, STIX_E_APART, end, STR("is_active: true"));
}

static void check_degrees(struct stix_rules *c, const char *name, double most, const char *wanted)
{
    const struct scan_value *v = scan_member(c->o->root, str_of(name));
    double d;

    if (v && v->kind == SCAN_NUMBER && (jcs_double(scan_str(v), &d) || d < -most || d > most))
        stix_tell(c, STIX_E_RANGE, v, str_of(wanted));
}

static void check_location(struct stix_rules *c)
{
    check_degrees(c, "latitude", 90, "-90..90");
    check_degrees(c, "longitude", 180, "-180..180");
}

/* An address, perhaps with the length of its prefix behind a slash. */
static bool is_address(struct str s, int family, unsigned bits)
{
    char text[INET6_ADDRSTRLEN];
    unsigned char bytes[16];
    struct str rest = s, address = s;
    uint64_t n;

    if (!str_split(&rest, '/', &address) || address.len >= sizeof(text))
        return false;
    if (rest.at && str_to_u64(rest, 0, bits, &n))
        return false;
    memcpy(text, address.at, address.len);
    text[address.len] = '\0';
    return strlen(text) == address.len && inet_pton(family, text, bytes) == 1;
}

static bool is_mac(struct str s)
{
    if (s.len != 17)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (i % 3 == 2 ? s.at[i] != ':'
                       : hex_digit(s.at[i]) < 0 || (s.at[i] >= 'A' && s.at[i] <= 'F'))
            return false;
    return true;
}

static void check_form(struct stix_rules *c)
{
    const struct scan_value *v = scan_member(c->o->root, STR("value"));
    bool is_right = true;

    if (!v || v->kind != SCAN_STRING)
        return;
    if (c->shape == SHAPE_IPV4_ADDR)
        is_right = is_address(scan_str(v), AF_INET, 32);
    else if (c->shape == SHAPE_IPV6_ADDR)
        is_right = is_address(scan_str(v), AF_INET6, 128);
    else if (c->shape == SHAPE_MAC_ADDR)
        is_right = is_mac(scan_str(v));
    if (!is_right)
        stix_tell(c, STIX_E_FORM, v, c->type);
}

static void check_link(struct stix_rules *c)
{
    struct str type = scan_text(c->o->root, STR("relationship_type")), source, target;
    const struct scan_value *v = scan_member(c->o->root, STR("relationship_type"));
    bool is_own;

    if (!type.at || !stix_id_is(scan_text(c->o->root, STR("source_ref")), &source) ||
        !stix_id_is(scan_text(c->o->root, STR("target_ref")), &target))
        return;
    for (size_t i = 0; i < type.len; i++)
        if (!((type.at[i] >= 'a' && type.at[i] <= 'z') ||
              (type.at[i] >= '0' && type.at[i] <= '9') || type.at[i] == '-')) {
            stix_tell(c, STIX_E_PROPERTY_NAME, v, STR_NONE);
            return;
        }
    is_own = str_eq(type, STR("derived-from")) || str_eq(type, STR("duplicate-of"));
    if (str_eq(type, STR("related-to")) || (is_own && str_eq(source, target)) ||
        stix_shape_of(source) == SHAPE_NONE || stix_shape_of(target) == SHAPE_NONE)
        return;
    for (size_t i = 0; i < ARRAY_LEN(links); i++)
        if (str_eq(links[i].type, type) && str_eq(links[i].source, source) &&
            stix_type_fits(links[i].targets, target))
            return;
    buf_clear(&c->scratch);
    IGNORE(buf_printf(&c->scratch, "%.*s -> %.*s", STR_ARG(source), STR_ARG(target)), "only words");
    stix_tell(c, STIX_E_LINK, v, buf_str(&c->scratch));
}

static void check_definition(struct stix_rules *c)
{
    if (!scan_member(c->o->root, STR("created_by_ref")))
        stix_tell(c, STIX_E_REQUIRED, c->o->root, STR("created_by_ref"));
}

static void check_observable_id(struct stix_rules *c)
{
    const struct scan_value *id = scan_member(c->o->root, STR("id"));
    struct str type;
    int r;

    if (!id || id->kind != SCAN_STRING || !stix_id_is(scan_str(id), &type))
        return;
    buf_clear(&c->scratch);
    r = stix_id_of_observable(c->o->root, &c->scratch);
    if (r == -ENOMEM)
        c->answer = r;
    if (r == 0 && !str_eq_nocase(scan_str(id), buf_str(&c->scratch)))
        stix_tell(c, STIX_E_OBSERVABLE_ID, id, buf_str(&c->scratch));
}

void stix_check_type(struct stix_rules *c)
{
    switch (c->shape) {
    case SHAPE_INDICATOR:
        check_pattern(c);
        break;
    case SHAPE_MALWARE:
        check_malware(c);
        break;
    case SHAPE_EMAIL_MESSAGE:
        check_message(c);
        break;
    case SHAPE_NETWORK_TRAFFIC:
        check_traffic(c);
        break;
    case SHAPE_LOCATION:
        check_location(c);
        break;
    case SHAPE_IPV4_ADDR:
    case SHAPE_IPV6_ADDR:
    case SHAPE_MAC_ADDR:
        check_form(c);
        break;
    case SHAPE_RELATIONSHIP:
        check_link(c);
        break;
    case SHAPE_MARKING_DEFINITION:
        check_tlp(c);
        break;
    case SHAPE_EXTENSION_DEFINITION:
        check_definition(c);
        break;
    default:
        break;
    }
    if (c->class == CLASS_SCO && c->shape != SHAPE_NONE)
        check_observable_id(c);
}
