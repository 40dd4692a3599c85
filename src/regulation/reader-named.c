/* Named conditions (section 8): a procedure's `conditions`. Wherever one is named, what it stands for is read anew, so that each place
 * has leaves of its own and nobody who judges knows of names. */
#include "regulation/reader.h"

void named_conds_read(struct reading *rd, const struct node *map, struct procedure *p)
{
    size_t n_max = map != NULL ? map->n : 0;

    rd->proc = p;
    rd->n_named_conds = 0;
    p->conditions = source_alloc(&rd->src, n_max, sizeof(*p->conditions));
    rd->named = source_alloc(&rd->src, n_max, sizeof(*rd->named));
    named_check_ids(&rd->src, map);
    for (const struct node *n = named_first(&rd->src, map); p->conditions != NULL && rd->named != NULL && n != NULL; n = named_next(&rd->src, n)) {
        rd->named[p->n_conditions] = (struct named_body){n, false};
        p->conditions[p->n_conditions++] = (struct named_cond){.id = n->key, .at = n->key_at};
    }
}

static bool find(const struct procedure *p, const char *id, size_t *ret)
{
    for (size_t i = 0; i < p->n_conditions; i++) {
        *ret = i;
        if (strcmp(p->conditions[i].id, id) == 0)
            return true;
    }
    return false;
}

static void unknown(const struct rule *rule, struct word name)
{
    struct source *src = &rule->sc.rd->src;
    const struct procedure *p = rule->sc.proc;
    const char **names = source_alloc(src, p->n_conditions, sizeof(*names));

    for (size_t i = 0; names != NULL && i < p->n_conditions; i++)
        names[i] = p->conditions[i].id;
    if (names != NULL)
        problem(src, name.at, MSG_PACK_NO_CONDITION, {"given", str_of(name.text)}, {"procedure", str_of(p->id)},
                did_you_mean(src, name.text, names, p->n_conditions, MSG_MEAN_CONDITIONS));
}

/* What stands in itself would never end. */
static bool is_within(const struct rule *rule, size_t no)
{
    for (const struct named_use *up = rule->within; up != NULL; up = up->up)
        if (up->no == no)
            return true;
    return false;
}

const struct node *named_cond_enter(const struct rule *rule, struct word name, struct named_use *use, struct rule *ret)
{
    struct reading *rd = rule->sc.rd;
    struct named_cond *named;
    size_t no = 0;

    assert(rule->sc.proc == rd->proc);
    if (!find(rd->proc, name.text, &no)) {
        unknown(rule, name);
        return NULL;
    }
    named = &rd->proc->conditions[no];
    named->n_uses++;
    if (rd->named[no].is_broken)
        return NULL;
    if (is_within(rule, no)) {
        problem(&rd->src, name.at, MSG_PACK_CONDITION_SELF, {"condition", str_of(named->id)});
        return NULL;
    }
    *use = (struct named_use){no, rule->within};
    *ret = *rule;
    ret->within = use;
    ret->depth++;
    ret->part = source_printf(&rd->src, "%s=%s", rd->proc->reg->id, named->id);
    return ret->part != NULL && cond_depth_ok(ret, name.at) ? rd->named[no].node : NULL;
}

bool named_cond_count(const struct rule *rule, struct place at)
{
    struct reading *rd = rule->sc.rd;

    if (rule->within == NULL || rd->n_named_conds < NAMED_CONDS_MAX) {
        rd->n_named_conds += rule->within != NULL;
        return true;
    }
    if (rd->n_named_conds++ == NAMED_CONDS_MAX)
        problem(&rd->src, at, MSG_PACK_CONDITIONS_NAMED, {"procedure", str_of(rd->proc->id)}, {"max", NUMBER(NAMED_CONDS_MAX)});
    return false;
}
