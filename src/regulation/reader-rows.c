/* Conditions about rows: `each`, which asks something of every row of a group or every element of a list, and in it `row` is the one at hand;
 * `within`, which compares what stands in them as sets. */
#include "regulation/reader.h"

static bool is_rows(const struct scope *sc, const struct ref *ref)
{
    return ref->property == PROP_NONE && ref->n_hops > 0 && ref_wants(sc, ref, TYPE_BIT(FIELD_GROUP) | TYPE_BIT(FIELD_LIST));
}

bool each_read(const struct rule *rule, const struct node *each, const struct node *all, struct cond *c)
{
    struct source *src = &rule->sc.rd->src;
    struct rule inner = *rule;
    struct cond *inside;

    if (rule->sc.row != NULL) {
        problem(src, each->key_at, "rows stand within rows; ask the inner ones in a condition of their own");
        return false;
    }
    if (!ref_read(&rule->sc, each, REF_FIELD_PATH, &c->subject) || !is_rows(&rule->sc, &c->subject) || !ref_is_open(&rule->sc, &c->subject))
        return false;
    inside = cond_new(rule, COND_ALL, c->at);
    if (inside == NULL)
        return false;
    inside->rule = c->rule;
    inside->clauses = c->clauses;
    inner.sc.row = c->subject.hops[c->subject.n_hops - 1];
    c->inside = inside;
    return cond_list_read(&inner, all, inside);
}

bool within_read(const struct rule *rule, const struct node *field, const struct node *within, struct cond *c)
{
    struct scope sc = rule->sc;

    sc.columns = true;
    return ref_read(&sc, field, REF_FIELD_PATH, &c->subject) && ref_is_open(&sc, &c->subject) && ref_read(&sc, within, REF_ANY, &c->other) &&
           ref_is_open(&sc, &c->other) && refs_share_elements(&sc, &c->subject, &c->other);
}
