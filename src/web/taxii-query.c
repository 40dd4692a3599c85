#include "web/taxii-query.h"

#include "web/form.h"

#include <errno.h>
#include <stdlib.h>

enum parameter { ADDED_AFTER, LIMIT, NEXT, IDS, TYPES, VERSIONS, SPEC_VERSIONS, N_PARAMETERS };

static const char *const names[N_PARAMETERS] = {
    [ADDED_AFTER] = "added_after",
    [LIMIT] = "limit",
    [NEXT] = "next",
    [IDS] = "match[id]",
    [TYPES] = "match[type]",
    [VERSIONS] = "match[version]",
    [SPEC_VERSIONS] = "match[spec_version]",
};

#define BIT(parameter) (1u << (parameter))
#define PAGED (BIT(ADDED_AFTER) | BIT(LIMIT) | BIT(NEXT))
static const unsigned taken[TAXII_N_RESOURCES] = {
    [TAXII_OBJECTS] = PAGED | BIT(IDS) | BIT(TYPES) | BIT(VERSIONS) | BIT(SPEC_VERSIONS),
    [TAXII_OBJECT] = PAGED | BIT(VERSIONS) | BIT(SPEC_VERSIONS),
    [TAXII_OBJECT_DELETE] = BIT(VERSIONS) | BIT(SPEC_VERSIONS),
    [TAXII_MANIFEST] = PAGED | BIT(IDS) | BIT(TYPES) | BIT(VERSIONS) | BIT(SPEC_VERSIONS),
    [TAXII_VERSIONS] = PAGED | BIT(SPEC_VERSIONS),
    [TAXII_PLAIN] = 0,
};

/* "a,b,c" into an array; none of them is empty. */
static int values_read(struct str list, struct arena *arena, const struct str **ret, size_t *ret_n)
{
    struct str *values = arena_alloc_n(arena, TAXII_VALUES_MAX, sizeof(*values));
    struct str rest = list, one;
    size_t n = 0;

    if (!values)
        return -ENOMEM;
    if (!list.len || str_ends(list, STR(",")))
        return TAXII_E_VALUE;
    while (str_split(&rest, ',', &one)) {
        if (!one.len)
            return TAXII_E_VALUE;
        if (n == TAXII_VALUES_MAX || one.len > TAXII_VALUE_MAX)
            return TAXII_E_MANY;
        values[n++] = one;
    }
    *ret = values;
    *ret_n = n;
    return 0;
}

static int versions_read(struct str list, struct arena *arena, struct taxii_query *q)
{
    const struct str *texts;
    struct taxii_version *versions;
    int r = values_read(list, arena, &texts, &q->n_versions);

    if (r)
        return r;
    versions = arena_alloc_n(arena, q->n_versions, sizeof(*versions));
    if (!versions)
        return -ENOMEM;
    for (size_t i = 0; i < q->n_versions; i++) {
        versions[i] = (struct taxii_version){.kind = TAXII_VERSION_AT, .text = texts[i]};
        if (str_eq(texts[i], STR("last")))
            versions[i].kind = TAXII_VERSION_LAST;
        else if (str_eq(texts[i], STR("first")))
            versions[i].kind = TAXII_VERSION_FIRST;
        else if (str_eq(texts[i], STR("all")))
            versions[i].kind = TAXII_VERSION_ALL;
        else if (!stix_time_read(texts[i], &versions[i].at))
            return TAXII_E_VALUE;
    }
    q->versions = versions;
    return 0;
}

static int limit_read(struct str text, uint32_t *ret)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < '0' || text.at[i] > '9')
            return TAXII_E_VALUE;
    if (!text.len)
        return TAXII_E_VALUE;
    *ret = str_to_u64(text, 0, UINT32_MAX, &n) ? UINT32_MAX : (uint32_t)n;
    return 0;
}

static int parameter_read(enum parameter which, struct str value, struct arena *arena,
                          struct taxii_query *q)
{
    switch (which) {
    case ADDED_AFTER:
        q->has_added_after = true;
        return stix_time_read(value, &q->added_after) ? 0 : TAXII_E_VALUE;
    case LIMIT:
        return limit_read(value, &q->limit);
    case NEXT:
        q->next = value;
        return value.len ? (value.len > TAXII_VALUE_MAX ? TAXII_E_MANY : 0) : TAXII_E_VALUE;
    case IDS:
        return values_read(value, arena, &q->ids, &q->n_ids);
    case TYPES:
        return values_read(value, arena, &q->types, &q->n_types);
    case VERSIONS:
        return versions_read(value, arena, q);
    case SPEC_VERSIONS:
        return values_read(value, arena, &q->spec_versions, &q->n_spec_versions);
    case N_PARAMETERS:
        break;
    }
    return TAXII_E_UNKNOWN;
}

int taxii_query_read(struct str query, enum taxii_resource resource, struct arena *arena,
                     struct taxii_query *ret, struct str *ret_name)
{
    static const struct taxii_version last = {.kind = TAXII_VERSION_LAST}, all = {.kind = TAXII_VERSION_ALL};
    struct form_data form = {0};
    unsigned seen = 0;
    int r = query.len ? form_parse(query, arena, &form) : 0;

    *ret = (struct taxii_query){.versions = resource == TAXII_OBJECT_DELETE ? &all : &last, .n_versions = 1};
    *ret_name = STR("");
    if (r)
        return r < 0 ? r : r == FORM_E_LIMIT ? TAXII_E_MANY : TAXII_E_SYNTAX;
    for (size_t i = 0; i < form.n; i++) {
        unsigned which = 0;

        *ret_name = form.fields[i].name;
        while (which < N_PARAMETERS && !str_eq(form.fields[i].name, str_of(names[which])))
            which++;
        if (which == N_PARAMETERS || !(taken[resource] & BIT(which)))
            return TAXII_E_UNKNOWN;
        if (seen & BIT(which))
            return TAXII_E_TWICE;
        seen |= BIT(which);
        r = parameter_read(which, form.fields[i].value, arena, ret);
        if (r)
            return r;
    }
    *ret_name = STR("");
    return 0;
}

/* ---- one text for a question ---- */

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* The values in order, each once, with their lengths, so that no two lists come out alike. */
static int values_print(const char *name, const struct str *values, size_t n, struct buf *out)
{
    struct str sorted[TAXII_VALUES_MAX];
    int r = 0;

    if (!n)
        return 0;
    memcpy(sorted, values, n * sizeof(*sorted));
    qsort(sorted, n, sizeof(*sorted), by_bytes);
    r = buf_printf(out, "%s:", name);
    for (size_t i = 0; !r && i < n; i++)
        if (!i || !str_eq(sorted[i], sorted[i - 1]))
            r = buf_printf(out, "%zu:%.*s,", sorted[i].len, STR_ARG(sorted[i]));
    return r ? r : buf_add_char(out, ';');
}

static int by_version(const void *a, const void *b)
{
    const struct taxii_version *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return x->kind == TAXII_VERSION_AT ? stix_time_cmp(x->at, y->at) : 0;
}

static int time_print(struct stix_time t, struct buf *out)
{
    return buf_printf(out, "%lld.%.*s", (long long)t.seconds, STR_ARG(t.fraction));
}

static int versions_print(const struct taxii_query *q, struct buf *out)
{
    struct taxii_version sorted[TAXII_VALUES_MAX];
    int r = buf_add_text(out, "version:");

    memcpy(sorted, q->versions, q->n_versions * sizeof(*sorted));
    qsort(sorted, q->n_versions, sizeof(*sorted), by_version);
    for (size_t i = 0; !r && i < q->n_versions; i++) {
        if (i && !by_version(&sorted[i], &sorted[i - 1]))
            continue;
        r = buf_printf(out, "%d ", (int)sorted[i].kind);
        if (!r && sorted[i].kind == TAXII_VERSION_AT)
            r = time_print(sorted[i].at, out);
        if (!r)
            r = buf_add_char(out, ',');
    }
    return r;
}

int taxii_query_print(const struct taxii_query *q, enum taxii_resource resource, struct buf *out)
{
    int r = buf_printf(out, "resource:%d;", (int)resource);

    if (!r && q->has_added_after) {
        r = buf_add_text(out, "added_after:");
        if (!r)
            r = time_print(q->added_after, out);
        if (!r)
            r = buf_add_char(out, ';');
    }
    if (!r)
        r = values_print("id", q->ids, q->n_ids, out);
    if (!r)
        r = values_print("type", q->types, q->n_types, out);
    if (!r)
        r = values_print("spec_version", q->spec_versions, q->n_spec_versions, out);
    return r ? r : versions_print(q, out);
}

/* ---- media types ---- */

/* One part of a list without its spaces: the type, and what follows its first semicolon. */
struct media {
    struct str type;
    struct str version; /* at == NULL: none is named */
    bool is_refused;    /* q=0 */
};

static struct str unquoted(struct str s)
{
    return s.len >= 2 && s.at[0] == '"' && s.at[s.len - 1] == '"'
               ? (struct str){s.at + 1, s.len - 2}
               : s;
}

/* "0", "0.", "0.000": not wanted at all. */
static bool is_zero(struct str q)
{
    if (!q.len || q.at[0] != '0')
        return false;
    for (size_t i = 1; i < q.len; i++)
        if (q.at[i] != '0' && !(i == 1 && q.at[i] == '.'))
            return false;
    return true;
}

static struct media media_read(struct str part)
{
    struct media m = {0};
    struct str rest = part, one, name;

    if (str_split(&rest, ';', &one))
        m.type = str_trim(one);
    while (str_split(&rest, ';', &one)) {
        struct str value = str_trim(one);

        if (!str_split(&value, '=', &name) || !value.at)
            continue;
        if (str_eq_nocase(str_trim(name), STR("version")))
            m.version = unquoted(str_trim(value));
        else if (str_eq_nocase(str_trim(name), STR("q")))
            m.is_refused = is_zero(str_trim(value));
    }
    return m;
}

static bool is_ours(const struct media *m)
{
    return str_eq_nocase(m->type, STR("application/taxii+json")) &&
           (!m->version.at || str_eq(m->version, STR("2.1")));
}

bool taxii_accepted(struct str accept)
{
    struct str rest = str_trim(accept), part;
    bool any = false, whole = false, is_named = false, named = false;

    if (!rest.len)
        return true;
    while (str_split(&rest, ',', &part)) {
        struct media m = media_read(part);

        if (is_ours(&m)) {
            is_named = true;
            named = named || !m.is_refused;
        } else if (str_eq_nocase(m.type, STR("application/*"))) {
            whole = whole || !m.is_refused;
        } else if (str_eq(m.type, STR("*/*"))) {
            any = any || !m.is_refused;
        }
    }
    return is_named ? named : whole || any;
}

bool taxii_type_is(struct str content_type)
{
    struct media m = media_read(content_type);

    return is_ours(&m);
}
