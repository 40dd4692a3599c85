/* What objects of STIX have become, put together as events. */
#include "intel/json-parts.h"
#include "intel/stix-to-misp-inside.h"

#include "base/codec.h"

#include <errno.h>
#include <stdlib.h>

static int cmp_by_event(const void *a, const void *b)
{
    const struct stix_misp_made *x = *(const struct stix_misp_made *const *)a,
                                *y = *(const struct stix_misp_made *const *)b;
    int c = memcmp(x->event, y->event, MISP_UUID_LEN);

    return c ? c : x < y ? -1 : x > y;
}

static int cmp_by_key(const void *a, const void *b)
{
    const struct stix_misp_made *x = *(const struct stix_misp_made *const *)a,
                                *y = *(const struct stix_misp_made *const *)b;
    int c = memcmp(x->key, y->key, STIX_MISP_KEY_SIZE);

    return c ? c : x < y ? -1 : x > y;
}

/* By key, which stands first. */
static int cmp_organisation(const void *a, const void *b)
{
    return memcmp(a, b, STIX_MISP_KEY_SIZE);
}

static int make_indexes(struct stix_misp *m)
{
    m->by_event = calloc(m->n_made + 1, sizeof(*m->by_event));
    m->by_key = calloc(m->n_made + 1, sizeof(*m->by_key));
    if (!m->by_event || !m->by_key)
        return -ENOMEM;
    for (size_t i = 0; i < m->n_made; i++)
        m->by_event[i] = m->by_key[i] = &m->made[i];
    qsort(m->by_event, m->n_made, sizeof(*m->by_event), cmp_by_event);
    qsort(m->by_key, m->n_made, sizeof(*m->by_key), cmp_by_key);
    if (m->n_organisations)
        qsort(m->organisations, m->n_organisations, sizeof(*m->organisations), cmp_organisation);
    return 0;
}

/* The first in `index` that is not before the key of `size` bytes at `offset` of it. */
static size_t lower(const struct stix_misp *m, const struct stix_misp_made **index, size_t offset,
                    const void *key, size_t size)
{
    size_t from = 0, to = m->n_made;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (memcmp((const char *)index[middle] + offset, key, size) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static struct stix_misp_made *at_index(struct stix_misp *m, const struct stix_misp_made **index,
                                       size_t i)
{
    return &m->made[index[i] - m->made];
}

static void put_made(struct stix_misp *m, struct stix_misp_made *made)
{
    made->is_used = true;
    json_put_raw(&m->out, (struct str){m->text.at + made->at, made->len});
}

/* What an event holds of that kind: its own in their order, then what others have put into it. */
static void put_items(struct stix_misp *m, const struct stix_misp_head *h, enum stix_misp_kind kind)
{
    size_t i =
        lower(m, m->by_event, offsetof(struct stix_misp_made, event), h->uuid, MISP_UUID_LEN);

    for (; h->is_own && i < m->n_made && memcmp(m->by_event[i]->event, h->uuid, MISP_UUID_LEN) == 0;
         i++)
        if (m->by_event[i]->kind == kind && m->by_event[i]->is_own && !m->by_event[i]->is_used)
            put_made(m, at_index(m, m->by_event, i));
    for (size_t k = 0; k < h->n_refs; k++) {
        const uint8_t *key = m->keys[h->refs + k];

        i = lower(m, m->by_key, offsetof(struct stix_misp_made, key), key, STIX_MISP_KEY_SIZE);
        for (; i < m->n_made && memcmp(m->by_key[i]->key, key, STIX_MISP_KEY_SIZE) == 0; i++) {
            struct stix_misp_made *made = at_index(m, m->by_key, i);

            if (made->kind == kind && !made->is_own && !made->is_used &&
                !(h->is_own && made->is_observable))
                put_made(m, made);
        }
    }
}

static void put_list(struct stix_misp *m, const struct stix_misp_head *h, enum stix_misp_kind kind)
{
    json_put_open(&m->out, '[');
    put_items(m, h, kind);
    json_put_close(&m->out, ']');
}

/* The list, where it holds something. */
static void put_late_list(struct stix_misp *m, const struct stix_misp_head *h,
                          enum stix_misp_kind kind, const char *name)
{
    size_t before = m->out.len;

    json_put_key(&m->out, name);
    put_list(m, h, kind);
    if (m->out.len && m->out.at[m->out.len - 2] == '[')
        buf_cut(&m->out, before);
}

/* Things in an event of ours that its own way made: they stand in its extension. */
static void use_what_it_made(struct stix_misp *m, const struct stix_misp_head *h)
{
    for (size_t k = 0; k < h->n_refs; k++) {
        const uint8_t *key = m->keys[h->refs + k];
        size_t i =
            lower(m, m->by_key, offsetof(struct stix_misp_made, key), key, STIX_MISP_KEY_SIZE);

        for (; i < m->n_made && memcmp(m->by_key[i]->key, key, STIX_MISP_KEY_SIZE) == 0; i++)
            if (m->by_key[i]->kind == MADE_TAG || m->by_key[i]->kind == MADE_NOTHING ||
                m->by_key[i]->is_observable)
                at_index(m, m->by_key, i)->is_used = true;
    }
}

static void put_own_head(struct stix_misp *m, const struct stix_misp_head *h)
{
    struct json_parts parts = json_parts_of((struct str){m->text.at + h->at, h->len});
    struct json_parts carried = json_parts_of((struct str){m->text.at + h->info_at, h->info_len});
    bool has_attributes = false, has_objects = false;
    struct json_part part;

    json_put_open(&m->out, '{');
    while (json_parts_next(&parts, &part) == 0) {
        bool is_list = part.value.at[0] == '[', is_attributes = json_part_is(&part, "Attribute"),
             is_objects = json_part_is(&part, "Object");

        json_put_raw(&m->out, part.key);
        buf_add_char(&m->out, ':');
        if (!is_list || !(is_attributes || is_objects)) {
            json_put_raw(&m->out, part.value);
            continue;
        }
        put_list(m, h, is_attributes ? MADE_ATTRIBUTE : MADE_OBJECT);
        has_attributes |= is_attributes;
        has_objects |= is_objects;
    }
    while (json_parts_next(&carried, &part) == 0) {
        json_put_raw(&m->out, part.key);
        buf_add_char(&m->out, ':');
        json_put_raw(&m->out, part.value);
    }
    if (!has_attributes)
        put_late_list(m, h, MADE_ATTRIBUTE, "Attribute");
    if (!has_objects)
        put_late_list(m, h, MADE_OBJECT, "Object");
    json_put_close(&m->out, '}');
    use_what_it_made(m, h);
}

/* Tags that its clusters have become join the ones it has: the members end with "Tag":[…]. */
static void put_new_event(struct stix_misp *m, const struct stix_misp_head *h)
{
    const struct stix_misp_organisation *o =
        m->n_organisations ? bsearch(h->creator, m->organisations, m->n_organisations,
                                     sizeof(*m->organisations), cmp_organisation)
                           : NULL;

    buf_add(&m->out, m->text.at + h->at, h->len - 1);
    put_items(m, h, MADE_TAG);
    json_put_close(&m->out, ']');
    if (o) {
        json_put_key(&m->out, "Orgc");
        json_put_raw(&m->out, (struct str){m->text.at + o->at, o->len});
    }
    json_put_key(&m->out, "Attribute");
    put_list(m, h, MADE_ATTRIBUTE);
    json_put_key(&m->out, "Object");
    put_list(m, h, MADE_OBJECT);
    json_put_close(&m->out, '}');
}

static int tell_event(struct stix_misp *m, const struct stix_misp_head *h,
                      int (*event)(struct str uuid, struct str json, void *context), void *context)
{
    buf_clear(&m->out);
    buf_add_text(&m->out, "{\"Event\":");
    if (h->is_own)
        put_own_head(m, h);
    else
        put_new_event(m, h);
    json_put_close(&m->out, '}');
    return buf_error(&m->out) ? buf_error(&m->out)
                              : event(str_of(h->uuid), buf_str(&m->out), context);
}

/* What stands in no report: one event, whose uuid comes of what is in it. */
static int gather_rest(struct stix_misp *m, bool *ret_any)
{
    struct sha256_state *state = sha256_new();
    char uuid[MISP_UUID_LEN + 1] = "";
    uint64_t seconds = 0;
    struct digest d;
    struct stix_misp_head *h;
    int r = state ? misp_grow((void **)&m->heads, &m->heads_size, m->n_heads, sizeof(*m->heads))
                  : -ENOMEM;

    if (r) {
        if (state)
            (void)sha256_end(state);
        return r;
    }
    h = &m->heads[m->n_heads];
    *h = (struct stix_misp_head){.refs = m->n_keys};
    for (size_t i = 0; i < m->n_made && !r; i++) {
        if (m->made[i].is_used || m->made[i].kind == MADE_NOTHING)
            continue;
        m->made[i].is_own = false;
        seconds = MAX_OF(seconds, m->made[i].seconds);
        sha256_add(state, (struct str){(const char *)m->made[i].key, STIX_MISP_KEY_SIZE});
        r = misp_grow((void **)&m->keys, &m->keys_size, m->n_keys, STIX_MISP_KEY_SIZE);
        if (!r)
            memcpy(m->keys[m->n_keys++], m->made[i].key, STIX_MISP_KEY_SIZE);
    }
    d = sha256_end(state);
    h->n_refs = m->n_keys - h->refs;
    *ret_any = h->n_refs > 0;
    if (r || !*ret_any)
        return r;
    r = misp_uuid5("event", (struct str){(const char *)d.bytes, SHA256_SIZE}, uuid);
    memcpy(h->uuid, uuid, sizeof(h->uuid));
    h->at = m->text.len;
    buf_add_char(&m->text, '{');
    stix_misp_put_head(m, str_of(h->uuid), STR_NONE, seconds, false);
    json_put_key(&m->text, "Tag");
    buf_add_text(&m->text, "[]");
    h->len = m->text.len - h->at;
    return r ? r : buf_error(&m->text);
}

static int cmp_by_uuid(const void *a, const void *b)
{
    const struct stix_misp_made *x = *(const struct stix_misp_made *const *)a,
                                *y = *(const struct stix_misp_made *const *)b;
    int c = memcmp(x->uuid, y->uuid, MISP_UUID_LEN);

    if (!c)
        c = (int)y->is_for_ids - (int)x->is_for_ids;
    return c ? c : x < y ? -1 : x > y;
}

/* Other converters give an indicator and the observable behind it the uuid of one attribute: it is one again, the indicator. */
static int drop_doubles(struct stix_misp *m)
{
    const struct stix_misp_made **by_uuid = calloc(m->n_made + 1, sizeof(*by_uuid));
    size_t n = 0;

    if (!by_uuid)
        return -ENOMEM;
    for (size_t i = 0; i < m->n_made; i++)
        if (m->made[i].uuid[0])
            by_uuid[n++] = &m->made[i];
    qsort(by_uuid, n, sizeof(*by_uuid), cmp_by_uuid);
    for (size_t i = 1; i < n; i++)
        if (memcmp(by_uuid[i]->uuid, by_uuid[i - 1]->uuid, MISP_UUID_LEN) == 0)
            at_index(m, by_uuid, i)->is_used = true;
    free(by_uuid);
    return 0;
}

static int tell_rest(struct stix_misp *m)
{
    int r = 0;

    for (size_t i = 0; i < m->n_made && !r; i++)
        if (!m->made[i].is_used && m->made[i].kind == MADE_NOTHING)
            r = m->left_out(m->made[i].number,
                            (struct str){m->text.at + m->made[i].at, m->made[i].len},
                            MSG_MISP_NO_PLACE, m->context);
    return r;
}

int stix_misp_end(struct stix_misp *m,
                  int (*event)(struct str uuid, struct str json, void *context), void *context)
{
    bool has_rest = false;
    int r = make_indexes(m);

    if (!r)
        r = drop_doubles(m);
    for (size_t k = 0; k < m->n_covered && !r; k++) {
        size_t i = lower(m, m->by_key, offsetof(struct stix_misp_made, key), m->covered[k],
                         STIX_MISP_KEY_SIZE);

        for (; i < m->n_made && memcmp(m->by_key[i]->key, m->covered[k], STIX_MISP_KEY_SIZE) == 0;
             i++)
            at_index(m, m->by_key, i)->is_used |= m->by_key[i]->is_observable ||
                                                  m->by_key[i]->kind == MADE_TAG ||
                                                  m->by_key[i]->kind == MADE_NOTHING;
    }
    for (size_t i = 0; i < m->n_heads && !r; i++)
        r = tell_event(m, &m->heads[i], event, context);
    if (!r)
        r = gather_rest(m, &has_rest);
    if (!r && has_rest)
        r = tell_event(m, &m->heads[m->n_heads], event, context);
    return r ? r : tell_rest(m);
}
