/* Conditions about hosts: `host_in`, with a list, or what a parameter or field holds. */
#include "regulation/reader.h"

#include "base/url-host.h"

static bool read_host_list(const struct rule *rule, const struct node *list, struct cond *c)
{
    struct source *src = &rule->sc.rd->src;
    bool ok = list->n > 0;

    if (list->n == 0)
        problem(src, list->at, MSG_PACK_LIST_EMPTY, {"key", str_of(list->key)});
    c->words = source_alloc(src, list->n + 1, sizeof(*c->words));
    for (const struct node *m = list->first; c->words != NULL && m != NULL; m = m->next) {
        if (!node_is(src, m, NODE_TEXT, what_word(MSG_PACK_WORD_A_HOST))) {
            ok = false;
        } else if (!host_ok(str_of(m->text))) {
            problem(src, m->at, MSG_PACK_NO_HOST, {"given", str_of(m->text)});
            ok = false;
        } else {
            c->words[c->n_words++] = m->text;
        }
    }
    return ok && c->words != NULL;
}

/* What the pack itself says of them is read once; what a record says, when it is asked. */
static bool read_host_param(const struct rule *rule, const struct node *n, const struct param *p)
{
    struct str rest = p->is_set ? str_of(p->value) : STR(""), one;
    bool ok = true;

    while (rest.at != NULL && str_split(&rest, ' ', &one)) {
        if (one.len == 0 || host_ok(one))
            continue;
        problem(&rule->sc.rd->src, n->at, MSG_PACK_PARAM_HOST, {"param", str_of(p->id)}, {"given", one});
        ok = false;
    }
    return ok;
}

bool hosts_read(const struct rule *rule, const struct node *field, const struct node *hosts, struct cond *c)
{
    bool ok = cond_ref_read(rule, field, REF_ANY, TYPE_BIT(FIELD_URL) | TYPE_BIT(FIELD_TEXT), &c->subject);

    if (hosts->kind == NODE_LIST)
        return read_host_list(rule, hosts, c) && ok;
    ok = cond_ref_read(rule, hosts, REF_ANY, TYPE_BIT(FIELD_URL) | TYPE_BIT(FIELD_TEXT), &c->other) && ok;
    return ok && (c->other.kind != REF_PARAM || read_host_param(rule, hosts, c->other.param));
}
