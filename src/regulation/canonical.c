#include "regulation/canonical.h"

#include "regulation/reader.h"

#include <errno.h>

/* A file may nest YAML_MAX_DEPTH deep, and each ordered map costs one more. */
#define DEPTH_MAX (2 * YAML_MAX_DEPTH)

/* ---- tree to JSON ---- */

static json_t *json_of(const struct node *n, unsigned depth);

static json_t *json_of_map(const struct node *n, unsigned depth)
{
    JSON_AUTO *all = n->is_ordered ? json_array() : json_object();

    for (const struct node *m = n->first; all != NULL && m != NULL; m = m->next) {
        json_t *value = json_of(m, depth + 1), *one;

        if (!n->is_ordered) {
            if (json_put(all, m->key, value) != 0)
                return NULL;
            continue;
        }
        one = json_object();
        if (one == NULL) {
            json_decref(value);
            return NULL;
        }
        if (json_put(one, m->key, value) != 0) {
            json_decref(one);
            return NULL;
        }
        if (json_array_append_new(all, one) != 0)
            return NULL;
    }
    return TAKE(all);
}

static json_t *json_of(const struct node *n, unsigned depth)
{
    json_t *list;

    if (depth > DEPTH_MAX)
        return NULL;
    if (n->kind == NODE_TEXT)
        return json_string(n->text);
    if (n->kind == NODE_MAP)
        return json_of_map(n, depth);
    list = json_array();
    for (const struct node *item = n->first; list != NULL && item != NULL; item = item->next) {
        if (json_array_append_new(list, json_of(item, depth + 1)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *node_json(const struct node *n)
{
    return json_of(n, 0);
}

int canonical_print(const struct pack_file *files, size_t n, struct buf *out, struct diag *diag)
{
    JSON_AUTO *all = json_object();
    int r;

    if (all == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        if (json_put(all, files[i].path, json_of(files[i].root, 0)) != 0)
            return -ENOMEM;
    }
    r = json_canonical(all, out, diag);
    return r > 0 ? -EINVAL : r;
}

/* ---- JSON to tree ---- */

struct builder {
    struct arena *arena;
    struct place at;
    struct diag *diag;
    size_t n_nodes;
};

static int build(struct builder *b, struct node *parent, const char *key, const json_t *v, unsigned depth, struct node **ret);

static int refuse(const struct builder *b, enum message_key why)
{
    diag_tell(b->diag, DIAG_ERROR, ((struct diag_place){b->at.file, 0, 0, NULL}), MSG_PACK_NOT_CANONICAL, MESSAGE_WORD("why", why));
    return CANONICAL_E_INVALID;
}

static int build_members(struct builder *b, struct node *n, const json_t *v, unsigned depth)
{
    const char *key;
    json_t *value;
    int r = 0;

    /* The walk does not change the object; jansson's macro only lacks the const. */
    json_object_foreach((json_t *)(uintptr_t)v, key, value) {
        char *copy;

        if (strlen(key) > YAML_MAX_KEY || key[0] == '\0')
            return refuse(b, MSG_PACK_CANONICAL_KEY_LONG);
        copy = arena_strdup(b->arena, str_of(key));
        if (copy == NULL)
            return -ENOMEM;
        r = build(b, n, copy, value, depth + 1, NULL);
        if (r)
            break;
    }
    return r;
}

static int build(struct builder *b, struct node *parent, const char *key, const json_t *v, unsigned depth, struct node **ret)
{
    enum node_kind kind = json_is_object(v) ? NODE_MAP : json_is_array(v) ? NODE_LIST : NODE_TEXT;
    struct node *n;
    int r = 0;

    if (depth > DEPTH_MAX || ++b->n_nodes > 2 * YAML_MAX_NODES)
        return refuse(b, MSG_PACK_CANONICAL_TOO_DEEP);
    if (kind == NODE_TEXT && !json_is_string(v))
        return refuse(b, MSG_PACK_CANONICAL_NO_KIND);
    n = node_new(b->arena, parent, kind, b->at);
    if (n == NULL)
        return -ENOMEM;
    n->key = key;
    if (kind == NODE_TEXT) {
        n->text = arena_strdup(b->arena, str_of(json_string_value(v)));
        r = n->text != NULL ? 0 : -ENOMEM;
    } else if (kind == NODE_MAP) {
        r = build_members(b, n, v, depth);
    } else {
        for (size_t i = 0; r == 0 && i < json_array_size(v); i++)
            r = build(b, n, NULL, json_array_get(v, i), depth + 1, NULL);
    }
    if (r == 0 && ret != NULL)
        *ret = n;
    return r;
}

int canonical_tree(const char *path, const json_t *v, struct arena *arena, struct node **ret, struct diag *diag)
{
    struct builder b = {.arena = arena, .at = {.file = path}, .diag = diag};

    return build(&b, NULL, NULL, v, 0, ret);
}
