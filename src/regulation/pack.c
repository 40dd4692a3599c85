/* Looking things up in a pack, and its life. Tables are short: walking them is fast enough, and the engine keeps pointers. */
#include "regulation/model.h"

#include "base/arena.h"

#define LOOKUP(array, count, member, wanted)                                                       \
    do {                                                                                           \
        for (size_t i_ = 0; i_ < (count); i_++) {                                                  \
            if ((array)[i_].member != NULL && strcmp((array)[i_].member, (wanted)) == 0)           \
                return &(array)[i_];                                                               \
        }                                                                                          \
        return NULL;                                                                               \
    } while (0)

const struct clause *pack_clause(const struct pack *p, const char *id)
{
    LOOKUP(p->clauses, p->n_clauses, id, id);
}

const struct param *pack_param(const struct pack *p, const char *id)
{
    LOOKUP(p->params, p->n_params, id, id);
}

int pack_channel_cap(const struct pack *p, const char *channel)
{
    for (size_t i = 0; i < p->n_channels; i++) {
        if (strcmp(p->channels[i].id, channel) == 0)
            return p->channels[i].at_most;
    }
    return 0;
}

const struct heed *pack_heed(const struct pack *p, const char *of)
{
    for (size_t i = 0; i < p->n_heeds; i++)
        if (strcmp(p->heeds[i].of, of) == 0)
            return &p->heeds[i];
    return NULL;
}

const char *confidentiality_word(int confidentiality)
{
    static const char *const words[LABEL_CONFIDENTIALITY_MAX] = {"low", "middle", "high"};

    return words[confidentiality - 1];
}

bool range_is_everyone(const struct range *r)
{
    for (size_t i = 0; r != NULL && i < r->n_readers; i++)
        if (r->readers[i].kind == READER_EVERYONE)
            return true;
    return r == NULL;
}

static bool clock_of(struct str s, int *ret)
{
    int64_t h, m;

    if (s.len != 5 || s.at[2] != ':' || str_to_i64((struct str){s.at, 2}, 0, 24, &h) != 0 || str_to_i64((struct str){s.at + 3, 2}, 0, 59, &m) != 0)
        return false;
    *ret = (int)(h * 60 + m);
    return *ret <= 1440;
}

bool office_hours_of(const char *text, int *ret_opens, int *ret_closes)
{
    struct str rest = str_of(text), opens = STR_NONE;

    return str_split(&rest, '-', &opens) && rest.at != NULL && clock_of(opens, ret_opens) && clock_of(rest, ret_closes) && *ret_opens < *ret_closes;
}

const struct role *pack_role(const struct pack *p, const char *id)
{
    LOOKUP(p->roles, p->n_roles, id, id);
}

const struct reg *pack_reg(const struct pack *p, const char *id)
{
    LOOKUP(p->regs, p->n_regs, id, id);
}

const struct field *reg_field(const struct reg *r, const char *id)
{
    LOOKUP(r->fields, r->n_fields, id, id);
}

bool reg_hands_out(const struct reg *r, const char *state)
{
    for (size_t i = 0; i < r->n_files_in; i++)
        if (strcmp(r->files_in[i], state) == 0)
            return true;
    return r->n_files_in == 0;
}

const struct state *procedure_state(const struct procedure *p, const char *id)
{
    LOOKUP(p->states, p->n_states, id, id);
}

const struct proc_role *procedure_role(const struct procedure *p, const char *id)
{
    LOOKUP(p->roles, p->n_roles, id, id);
}

const struct step *procedure_step(const struct procedure *p, const char *act, size_t nth)
{
    for (size_t i = 0; i < p->n_steps; i++) {
        if (p->steps[i].act != NULL && strcmp(p->steps[i].act, act) == 0 && nth-- == 0)
            return &p->steps[i];
    }
    return NULL;
}

const struct step *reg_part(const struct reg *r, const char *part)
{
    const struct procedure *p = r->procedure;

    for (size_t i = 0; p != NULL && i < p->n_steps; i++)
        if (p->steps[i].does != NULL && strcmp(p->steps[i].does, part) == 0)
            return &p->steps[i];
    return p != NULL ? procedure_step(p, part, 0) : NULL;
}

static const char *const measurers[] = {"media", "mail", "examiner", "import", "program"}; /* by bit */

unsigned measurer_of(const char *name)
{
    for (unsigned i = 0; i < ARRAY_LEN(measurers); i++)
        if (strcmp(measurers[i], name) == 0)
            return 1u << i;
    return 0;
}

const char *measurer_name(unsigned measurer)
{
    for (unsigned i = 0; i < ARRAY_LEN(measurers); i++)
        if (measurer == 1u << i)
            return measurers[i];
    return NULL;
}

const char *text2_in(struct text2 t, bool english)
{
    return english ? t.en : t.ja;
}

struct pack *pack_ref(struct pack *p)
{
    (void)__atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
    return p;
}

void pack_unref(struct pack *p)
{
    /* The pack itself lies in its arena. */
    if (p != NULL && __atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) == 0)
        arena_free(p->arena);
}
