#include "regulation/scenario-names.h"

#include "regulation/walk.h"

#define NAMES_MAX 256u /* that a suggestion looks at */
#define EXPIRY "expiry"

struct names {
    const char *at[NAMES_MAX];
    size_t n;
    const char *wanted;
    bool found;
};

static void add_name(struct names *all, const char *name)
{
    all->found = all->found || strcmp(name, all->wanted) == 0;
    if (all->n < NAMES_MAX)
        all->at[all->n++] = name;
}

const struct reg *want_step(struct reading *rd, struct word w, const char **ret_reg,
                            const char **ret_act)
{
    struct source *src = &rd->src;
    struct str rest = str_of(w.text), piece = STR_NONE;
    const struct reg *reg;
    struct names names = {.wanted = ""};

    IGNORE(str_split(&rest, '/', &piece), "there is one piece at least");
    if (rest.at == NULL) {
        problem(src, w.at, MSG_PACK_NO_STEP_NAME, {"given", str_head(w.text, 80)});
        return NULL;
    }
    *ret_reg = source_printf(src, "%.*s", STR_ARG(piece));
    *ret_act = source_printf(src, "%.*s", STR_ARG(rest));
    if (*ret_reg == NULL || *ret_act == NULL)
        return NULL;
    reg = want_reg(rd, (struct word){*ret_reg, w.at});
    if (reg == NULL || procedure_step(reg->procedure, *ret_act, 0) != NULL)
        return reg;
    for (size_t i = 0; i < reg->procedure->n_steps; i++)
        add_name(&names, reg->procedure->steps[i].act);
    problem(src, w.at, MSG_PACK_NO_STEP_OF, {"given", str_of(*ret_act)}, {"procedure", str_of(reg->procedure->id)},
            did_you_mean(src, *ret_act, names.at, names.n, MSG_MEAN_STEPS));
    return reg;
}

static bool tells(const struct procedure *p, const char *act)
{
    for (size_t i = 0; i < p->n_steps; i++) {
        for (size_t k = 0; k < p->steps[i].n_effects && strcmp(p->steps[i].act, act) == 0; k++) {
            if (p->steps[i].effects[k].kind == EFFECT_TELL)
                return true;
        }
    }
    return false;
}

static void check_telling_step(struct reading *rd, struct word about)
{
    const char *reg_id, *act;
    const struct reg *reg = want_step(rd, about, &reg_id, &act);

    if (reg != NULL && procedure_step(reg->procedure, act, 0) != NULL &&
        !tells(reg->procedure, act))
        problem(&rd->src, about.at, MSG_PACK_TELLS_NOBODY, {"given", str_head(about.text, 80)});
}

void check_about(struct reading *rd, struct word about)
{
    const struct pack *p = rd->pack;
    struct names names = {.wanted = about.text};

    if (strchr(about.text, '/') != NULL) {
        check_telling_step(rd, about);
        return;
    }
    if (p->n_expiry_told > 0)
        add_name(&names, EXPIRY);
    for (size_t i = 0; i < p->n_procedures; i++) {
        for (size_t k = 0; k < p->procedures[i].n_obligations; k++) {
            const struct obligation *o = &p->procedures[i].obligations[k];

            add_name(&names, o->id);
            names.found = names.found || strcmp(o->rule, about.text) == 0;
        }
    }
    if (!names.found)
        problem(&rd->src, about.at, MSG_PACK_TELLS_NONE, {"given", str_head(about.text, 80)},
                did_you_mean(&rd->src, about.text, names.at, names.n,
                             MSG_MEAN_ABOUT));
}

static void see_lock(void *user, const struct procedure *p, const struct effect *e)
{
    if (e->kind == EFFECT_LOCK)
        add_name(user, e->lock);
}

void check_lock(struct reading *rd, struct word lock)
{
    struct names names = {.wanted = lock.text};
    struct walk w = {.user = &names, .effect = see_lock};

    pack_walk(rd->pack, &w);
    if (!names.found)
        problem(&rd->src, lock.at, MSG_PACK_LAYS_NONE, {"given", str_head(lock.text, 80)},
                did_you_mean(&rd->src, lock.text, names.at, names.n,
                             MSG_MEAN_LOCK));
}
