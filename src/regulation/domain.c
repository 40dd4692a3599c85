#include "regulation/domain.h"

#include "base/arena.h"
#include "regulation/describe.h"
#include "regulation/pack-print.h"
#include "regulation/walk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)16 << 20)
#define KEY_MAX 4096u
#define WHOLE_MAX 65536u

/* ---- the parts ---- */

struct subject {
    const char *key;
    const char **literals; /* of a field or state_of: value i + 1 is literals[i], value 0 empty or another */
    size_t n_literals;
    int64_t *cuts;         /* of a number or rank: sorted thresholds; value i: the first i of them are reached */
    size_t n_cuts;
    unsigned n_values;
};
/* `subject` has one of the values in `mask`. */
struct term {
    unsigned subject;
    uint64_t mask;
};
/* The leaf is true when one of its terms is (or, negated, when none is). */
struct leaf {
    const struct cond *cond;
    unsigned which; /* of the procedures */
    bool is_negated;
    struct term *terms;
    size_t n_terms;
};
struct domain {
    struct arena *arena;
    const struct procedure *procedures[2]; /* the second may be NULL */
    const char *act;
    const struct force *force;
    struct subject subjects[DOMAIN_SUBJECTS_MAX];
    unsigned n_subjects;
    struct leaf *leaves; /* without states */
    size_t n_leaves;
    struct leaf *state_leaves;
    size_t n_state_leaves;
    const char **states;
    bool *starts;
    uint8_t *state_truth; /* of each state, what each of the state_leaves is */
    size_t n_states;
    unsigned values[DOMAIN_SUBJECTS_MAX];
    uint64_t next; /* the combination behind that of the values; 0: they are of none */
    int error;
};

/* ---- keys ---- */

static const char *key_of(struct domain *d, struct buf *b)
{
    const char *key = buf_error(b) == 0 ? arena_strdup(d->arena, buf_str(b)) : NULL;

    if (key == NULL)
        d->error = d->error != 0 ? d->error : -ENOMEM;
    buf_done(b);
    return key != NULL ? key : "";
}

/* What a leaf asks about: equal keys are one subject. */
static const char *plain_key(struct domain *d, const char *family, const struct cond *c, bool whole)
{
    struct buf b;

    buf_init(&b, KEY_MAX);
    (void)buf_printf(&b, "%s ", family);
    (void)ref_print(&c->subject, &b);
    if (whole) {
        (void)buf_add_char(&b, ' ');
        (void)ref_print(&c->other, &b);
        (void)buf_printf(&b, " %s %s %" PRId64 " %s %s", c->role != NULL ? c->role->id : "", c->name != NULL ? c->name : "", c->number,
                         c->param != NULL ? c->param->id : "", c->period != NULL ? c->period->id : "");
        for (size_t i = 0; i < c->n_words; i++)
            (void)buf_printf(&b, ",%s", c->words[i]);
        for (size_t i = 0; i < c->n_kinds; i++)
            (void)buf_printf(&b, ";%s", c->kinds[i]);
    }
    return key_of(d, &b);
}

/* Of what is only like itself. */
static const char *whole_key(struct domain *d, const struct cond *c)
{
    struct buf b;

    buf_init(&b, WHOLE_MAX);
    IGNORE(cond_describe(c, &b), "sticky: key_of() tells");
    return key_of(d, &b);
}

static const char *pair_key(struct domain *d, const char *family, const struct cond *c)
{
    struct buf b;

    buf_init(&b, KEY_MAX);
    (void)buf_printf(&b, "%s ", family);
    (void)ref_print(&c->subject, &b);
    (void)buf_add_char(&b, '|');
    (void)ref_print(&c->other, &b);
    return key_of(d, &b);
}

static const char *holds_key(struct domain *d, const struct ref *who, const struct role *role, const struct ref *of)
{
    struct buf b;

    buf_init(&b, KEY_MAX);
    (void)buf_add_text(&b, "holds ");
    if (who != NULL)
        (void)ref_print(who, &b);
    else
        (void)buf_add_text(&b, "actor");
    (void)buf_printf(&b, " %s ", role->id);
    (void)ref_print(of, &b);
    return key_of(d, &b);
}

static const char *acted_key(struct domain *d, const struct ref *who, const char *role)
{
    struct buf b;

    buf_init(&b, KEY_MAX);
    (void)buf_add_text(&b, "acted ");
    if (who != NULL)
        (void)ref_print(who, &b);
    else
        (void)buf_add_text(&b, "actor");
    (void)buf_printf(&b, " %s", role);
    return key_of(d, &b);
}

/* Against a figure that stands in the pack, be it as a parameter. */
static bool is_figure(const struct cond *c)
{
    return c->other.kind == REF_NONE && (c->param == NULL || c->param->is_set);
}

static int64_t figure_of(const struct cond *c)
{
    return c->param != NULL ? c->param->number : c->number;
}

/* So many records of a kind: one scale for every condition that counts them. */
static bool is_scaled(const struct cond *c)
{
    return c->kind == COND_RECORD && (c->count == COUNT_NONE || (c->count == COUNT_AT_LEAST && is_figure(c)));
}

static const char *record_key(struct domain *d, const struct cond *c)
{
    struct buf b;

    buf_init(&b, KEY_MAX);
    (void)buf_printf(&b, "record %s", c->reg->id);
    wheres_describe(c->wheres, c->n_wheres, &b);
    during_describe(c->during, &b);
    for (size_t i = 0; i < c->n_words; i++)
        (void)buf_printf(&b, ",%s", c->words[i]);
    if (c->cover != NULL) {
        cover_describe(c->cover, &b);
    } else if (!is_scaled(c)) {
        (void)buf_printf(&b, " %s %s ", c->count == COUNT_AS_MANY_AS ? "as many as" : c->count == COUNT_FEWER_THAN ? "fewer than" : "at least", c->param != NULL ? c->param->id : "");
        if (c->other.kind == REF_NONE && c->param == NULL)
            (void)buf_printf(&b, "%" PRId64, c->number);
        (void)ref_print(&c->other, &b);
    }
    return key_of(d, &b);
}

/* ---- subjects ---- */

static unsigned subject_of(struct domain *d, const char *key)
{
    for (unsigned i = 0; i < d->n_subjects; i++) {
        if (strcmp(d->subjects[i].key, key) == 0)
            return i;
    }
    if (d->n_subjects == DOMAIN_SUBJECTS_MAX) {
        d->error = -E2BIG;
        return 0;
    }
    d->subjects[d->n_subjects] = (struct subject){.key = key, .n_values = 2};
    return d->n_subjects++;
}

static void add_literal(struct domain *d, struct subject *s, const char *word)
{
    for (size_t i = 0; i < s->n_literals; i++) {
        if (strcmp(s->literals[i], word) == 0)
            return;
    }
    if (s->literals == NULL)
        s->literals = arena_alloc_n(d->arena, DOMAIN_VALUES_MAX, sizeof(*s->literals));
    if (s->literals == NULL || s->n_literals + 3 > DOMAIN_VALUES_MAX) {
        d->error = s->literals == NULL ? -ENOMEM : -E2BIG;
        return;
    }
    s->literals[s->n_literals++] = word;
}

static void add_cut(struct domain *d, struct subject *s, int64_t at)
{
    size_t i = 0;

    if (s->cuts == NULL)
        s->cuts = arena_alloc_n(d->arena, DOMAIN_VALUES_MAX, sizeof(*s->cuts));
    if (s->cuts == NULL || s->n_cuts + 2 > DOMAIN_VALUES_MAX) {
        d->error = s->cuts == NULL ? -ENOMEM : -E2BIG;
        return;
    }
    while (i < s->n_cuts && s->cuts[i] < at)
        i++;
    if (i < s->n_cuts && s->cuts[i] == at)
        return;
    memmove(&s->cuts[i + 1], &s->cuts[i], (s->n_cuts - i) * sizeof(*s->cuts));
    s->cuts[i] = at;
    s->n_cuts++;
    s->n_values = (unsigned)s->n_cuts + 1;
}

static uint64_t bit(size_t value)
{
    return UINT64_C(1) << value;
}

/* Values of a subject with literals: 0 empty, 1… the literals, last another. */
static uint64_t literal_mask(const struct subject *s, const char *word)
{
    for (size_t i = 0; i < s->n_literals; i++) {
        if (strcmp(s->literals[i], word) == 0)
            return bit(i + 1);
    }
    return 0;
}

/* At or above the threshold. */
static uint64_t reached_mask(const struct subject *s, int64_t at)
{
    size_t i = 0;

    while (i < s->n_cuts && s->cuts[i] < at)
        i++;
    return ~UINT64_C(0) << (i + 1);
}

/* ---- families ---- */

enum family { F_CONST, F_PLAIN, F_LITERAL, F_STATE_OF, F_TIME, F_SAME, F_NUMBER, F_RANK, F_RECORD, F_LABEL, F_HOLDS, F_BY, F_ACTED, F_SEPARATE };

static bool is_list(const struct ref *r)
{
    return r->kind == REF_FIELD && r->n_hops > 0 && r->property == PROP_NONE &&
           (r->hops[r->n_hops - 1]->type == FIELD_LIST || r->hops[r->n_hops - 1]->type == FIELD_GROUP || r->hops[r->n_hops - 1]->type == FIELD_CHECKLIST);
}

static bool is_literal_pair(const struct cond *c)
{
    return c->other.kind == REF_LITERAL && !is_list(&c->subject);
}

static enum family family_of(const struct domain *d, const struct cond *c)
{
    switch (c->kind) {
    case COND_PARAM:
        return c->param != NULL && c->param->from != NULL ? F_PLAIN : F_CONST;
    case COND_NEVER:
        return F_CONST;
    case COND_FILLED:
        return F_LITERAL;
    case COND_ONE_OF:
    case COND_NONE_OF:
        return is_list(&c->subject) ? F_PLAIN : F_LITERAL;
    case COND_SAME:
    case COND_OTHER:
        return is_literal_pair(c) ? F_LITERAL : F_SAME;
    case COND_SAME_PERSON:
    case COND_OTHER_PERSON:
        return F_SAME;
    case COND_STATE_OF:
        return F_STATE_OF;
    case COND_TIME_IS:
    case COND_TIME_NOT_BEFORE:
    case COND_TIME_NOT_AFTER:
    case COND_TIME_BEFORE:
    case COND_TIME_AFTER:
        return F_TIME;
    case COND_AT_LEAST:
    case COND_AT_MOST:
        return is_figure(c) ? F_NUMBER : F_PLAIN;
    case COND_RANK:
        return d->force != NULL && force_rank(d->force, c->name) != NULL ? F_RANK : F_PLAIN;
    case COND_RECORD:
        return F_RECORD;
    case COND_LABEL:
        return F_LABEL;
    case COND_HOLDS:
        return F_HOLDS;
    case COND_BY:
        return c->n_by == 0 ? F_CONST : F_BY;
    case COND_ACTED_AS:
        return F_ACTED;
    case COND_SEPARATE:
        return F_SEPARATE;
    default:
        return F_PLAIN;
    }
}

static const char *family_key(struct domain *d, const struct cond *c, enum family f)
{
    switch (f) {
    case F_LITERAL:
        return plain_key(d, "field", c, false);
    case F_STATE_OF:
        return plain_key(d, "state of", c, false);
    case F_TIME:
        return pair_key(d, "time", c);
    case F_SAME:
        return pair_key(d, "same", c);
    case F_NUMBER:
        return plain_key(d, "number", c, false);
    case F_RANK:
        return plain_key(d, "rank", c, false);
    case F_LABEL:
        return plain_key(d, "label", c, false);
    case F_RECORD:
        return record_key(d, c);
    case F_HOLDS:
        return holds_key(d, &c->subject, c->role, &c->other);
    case F_PLAIN:
        return c->inside != NULL || c->cover != NULL || c->since.kind != REF_NONE ? whole_key(d, c) : plain_key(d, cond_kind_name(c->kind), c, true);
    default:
        return plain_key(d, cond_kind_name(c->kind), c, true);
    }
}

static int64_t cut_of(const struct domain *d, const struct cond *c)
{
    if (c->kind == COND_RANK)
        return force_rank(d->force, c->name)->level;
    if (c->kind == COND_RECORD)
        return c->count == COUNT_NONE ? 1 : MAX_OF(figure_of(c), 1);
    /* "at most N" ends where N + 1 is reached. */
    return c->kind == COND_AT_MOST || c->kind == COND_LABEL ? figure_of(c) + 1 : figure_of(c);
}

/* First pass: what each subject must tell apart. */
static void learn(struct domain *d, const struct cond *c)
{
    enum family f = family_of(d, c);
    struct subject *s;

    if (f == F_CONST)
        return;
    if (f == F_BY || f == F_ACTED || f == F_SEPARATE) {
        for (size_t i = f == F_SEPARATE ? 1 : 0; i < c->n_by; i++)
            IGNORE(subject_of(d, f == F_BY         ? holds_key(d, NULL, c->by[i]->role, &c->by[i]->of)
                                 : f == F_SEPARATE ? acted_key(d, NULL, c->by[i]->id)
                                                   : acted_key(d, &c->subject, c->by[i]->id)) > DOMAIN_SUBJECTS_MAX,
                   "only learnt");
        return;
    }
    s = &d->subjects[subject_of(d, family_key(d, c, f))];
    if (f == F_LITERAL || f == F_STATE_OF) {
        for (size_t i = 0; i < c->n_words; i++)
            add_literal(d, s, c->words[i]);
        if (c->kind == COND_SAME || c->kind == COND_OTHER)
            add_literal(d, s, c->other.text);
        s->n_values = (unsigned)s->n_literals + 2;
    } else if (f == F_TIME) {
        s->n_values = 4;
    } else if (f == F_NUMBER || f == F_RANK || f == F_LABEL || is_scaled(c)) {
        add_cut(d, s, cut_of(d, c));
    }
}

enum { T_EMPTY, T_BEFORE, T_AT, T_AFTER };

static uint64_t time_mask(enum cond_kind k)
{
    switch (k) {
    case COND_TIME_IS:
        return bit(T_AT);
    case COND_TIME_NOT_BEFORE:
        return bit(T_AT) | bit(T_AFTER);
    case COND_TIME_NOT_AFTER:
        return bit(T_AT) | bit(T_BEFORE);
    case COND_TIME_BEFORE:
        return bit(T_BEFORE);
    default:
        return bit(T_AFTER);
    }
}

static uint64_t mask_of(const struct domain *d, const struct cond *c, enum family f, const struct subject *s, bool *ret_negated)
{
    uint64_t mask = 0;

    *ret_negated = c->kind == COND_NONE_OF || c->kind == COND_OTHER || c->kind == COND_OTHER_PERSON || c->kind == COND_AT_MOST ||
                   c->kind == COND_LABEL || (c->kind == COND_RECORD && c->count == COUNT_NONE);
    switch (f) {
    case F_LITERAL:
    case F_STATE_OF:
        if (c->kind == COND_FILLED)
            return c->wanted ? ~bit(0) : bit(0);
        for (size_t i = 0; i < c->n_words; i++)
            mask |= literal_mask(s, c->words[i]);
        if (c->kind == COND_SAME || c->kind == COND_OTHER)
            mask |= literal_mask(s, c->other.text);
        return mask;
    case F_TIME:
        return time_mask(c->kind);
    case F_NUMBER:
    case F_RANK:
    case F_LABEL:
        return reached_mask(s, cut_of(d, c));
    case F_RECORD:
        return is_scaled(c) ? reached_mask(s, cut_of(d, c)) : bit(1);
    default:
        return bit(1);
    }
}

static bool param_holds(const struct cond *c)
{
    return c->kind == COND_PARAM && c->param != NULL && c->param->is_set &&
           (c->name == NULL || c->name[0] == '\0' || strcmp(c->param->value, c->name) == 0);
}

/* Second pass: how each leaf follows from its subjects. */
static void bind(struct domain *d, const struct cond *c, struct leaf *l)
{
    enum family f = family_of(d, c);
    size_t first = f == F_SEPARATE ? 1 : 0, n = f == F_BY || f == F_ACTED || f == F_SEPARATE ? c->n_by : 1;

    if (f == F_CONST) {
        l->is_negated = c->kind == COND_BY || param_holds(c);
        return;
    }
    l->terms = arena_alloc_n(d->arena, n, sizeof(*l->terms));
    if (l->terms == NULL) {
        d->error = -ENOMEM;
        return;
    }
    if (f == F_BY || f == F_ACTED || f == F_SEPARATE) {
        l->is_negated = f == F_SEPARATE;
        for (size_t i = first; i < n; i++) {
            const char *key = f == F_BY         ? holds_key(d, NULL, c->by[i]->role, &c->by[i]->of)
                              : f == F_SEPARATE ? acted_key(d, NULL, c->by[i]->id)
                                                : acted_key(d, &c->subject, c->by[i]->id);

            l->terms[l->n_terms++] = (struct term){subject_of(d, key), bit(1)};
        }
        return;
    }
    l->terms[0].subject = subject_of(d, family_key(d, c, f));
    l->terms[0].mask = mask_of(d, c, f, &d->subjects[l->terms[0].subject], &l->is_negated);
    l->n_terms = 1;
}

/* ---- gathering the leaves of an act ---- */

static bool is_leaf(const struct cond *c)
{
    return c->kind < COND_ALL;
}

struct gather {
    struct domain *d;
    bool counts; /* first round: how many */
    unsigned which;
    size_t n, n_states;
};

static void gather_leaf(void *user, const struct procedure *p, const struct cond *c)
{
    struct gather *g = user;

    if (!is_leaf(c))
        return;
    if (c->kind == COND_STATE) {
        if (!g->counts)
            g->d->state_leaves[g->n_states] = (struct leaf){.cond = c, .which = g->which};
        g->n_states++;
        return;
    }
    if (!g->counts)
        g->d->leaves[g->n] = (struct leaf){.cond = c, .which = g->which};
    g->n++;
}

static void gather(struct domain *d, struct gather *g)
{
    struct walk w = {.user = g, .cond = gather_leaf};

    for (g->which = 0; g->which < 2 && d->procedures[g->which] != NULL; g->which++) {
        const struct procedure *p = d->procedures[g->which];

        for (size_t i = 0; i < p->n_steps; i++) {
            for (size_t k = 0; strcmp(p->steps[i].act, d->act) == 0 && k < p->steps[i].n_conds; k++)
                cond_walk(p, p->steps[i].conds[k], &w);
        }
    }
}

static bool word_in(const char *word, const char **words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

static bool same_kind(const struct domain *d, const char *a, const char *b)
{
    for (size_t i = 0; i < d->n_state_leaves; i++) {
        const struct cond *c = d->state_leaves[i].cond;

        if (word_in(a, c->words, c->n_words) != word_in(b, c->words, c->n_words))
            return false;
    }
    return true;
}

static bool starts_in(const struct domain *d, const char *state)
{
    for (size_t i = 0; i < d->n_state_leaves; i++) {
        if (word_in(state, d->state_leaves[i].cond->words, d->state_leaves[i].cond->n_words))
            return true;
    }
    return false;
}

static void add_state(struct domain *d, const char *state)
{
    for (size_t i = 0; i < d->n_states; i++) {
        if (same_kind(d, d->states[i], state))
            return;
    }
    d->starts[d->n_states] = starts_in(d, state);
    d->states[d->n_states++] = state;
}

static void add_states(struct domain *d, bool that_start)
{
    if (starts_in(d, "none") == that_start)
        add_state(d, "none");
    for (unsigned which = 0; which < 2 && d->procedures[which] != NULL; which++) {
        const struct procedure *p = d->procedures[which];

        for (size_t i = 0; i < p->n_states; i++) {
            if (starts_in(d, p->states[i].id) == that_start)
                add_state(d, p->states[i].id);
        }
    }
}

/* What each leaf about the state is in each of them, as it is asked for in every case. */
static int tell_states(struct domain *d)
{
    uint8_t *at = d->state_truth = arena_alloc_n(d->arena, d->n_states * d->n_state_leaves + 1, sizeof(*at));

    if (at == NULL)
        return -ENOMEM;
    for (size_t state = 0; state < d->n_states; state++) {
        for (size_t i = 0; i < d->n_state_leaves; i++) {
            const struct cond *c = d->state_leaves[i].cond;

            *at++ = word_in(d->states[state], c->words, c->n_words) ? TRUTH_TRUE : TRUTH_FALSE;
        }
    }
    return 0;
}

static int find_states(struct domain *d)
{
    size_t n = 1;

    for (unsigned which = 0; which < 2 && d->procedures[which] != NULL; which++)
        n += d->procedures[which]->n_states;
    d->states = arena_alloc_n(d->arena, n, sizeof(*d->states));
    d->starts = arena_alloc_n(d->arena, n, sizeof(*d->starts));
    if (d->states == NULL || d->starts == NULL)
        return -ENOMEM;
    add_states(d, true); /* those in which a step starts come first */
    add_states(d, false);
    return tell_states(d);
}

static int build(struct domain *d)
{
    struct gather g = {.d = d, .counts = true};

    gather(d, &g);
    d->leaves = arena_alloc_n(d->arena, g.n + 1, sizeof(*d->leaves));
    d->state_leaves = arena_alloc_n(d->arena, g.n_states + 1, sizeof(*d->state_leaves));
    if (d->leaves == NULL || d->state_leaves == NULL)
        return -ENOMEM;
    g = (struct gather){.d = d};
    gather(d, &g);
    d->n_leaves = g.n;
    d->n_state_leaves = g.n_states;
    for (size_t i = 0; i < d->n_leaves && d->error == 0; i++)
        learn(d, d->leaves[i].cond);
    for (size_t i = 0; i < d->n_leaves && d->error == 0; i++)
        bind(d, d->leaves[i].cond, &d->leaves[i]);
    return d->error != 0 ? d->error : find_states(d);
}

int domain_new(const struct procedure *p, const struct procedure *other, const char *act, const struct force *force, struct domain **ret)
{
    struct domain *d = calloc(1, sizeof(*d));
    int r;

    if (d == NULL || (d->arena = arena_new(ARENA_MAX)) == NULL) {
        free(d);
        return -ENOMEM;
    }
    d->procedures[0] = p;
    d->procedures[1] = other;
    d->act = act;
    d->force = force;
    r = build(d);
    if (r != 0) {
        domain_free(d);
        return ERR(r);
    }
    *ret = d;
    return 0;
}

void domain_free(struct domain *d)
{
    if (d == NULL)
        return;
    arena_free(d->arena);
    free(d);
}

size_t domain_n_states(const struct domain *d)
{
    return d->n_states;
}

const char *domain_state(const struct domain *d, size_t i)
{
    return d->states[i];
}

bool domain_state_starts(const struct domain *d, size_t i)
{
    return d->starts[i];
}

size_t domain_n_subjects(const struct domain *d)
{
    return d->n_subjects;
}

uint64_t domain_size(const struct domain *d)
{
    uint64_t n = 1;

    for (unsigned i = 0; i < d->n_subjects; i++) {
        if (__builtin_mul_overflow(n, (uint64_t)d->subjects[i].n_values, &n))
            return UINT64_MAX;
    }
    return n;
}

/* ---- one combination ---- */

static void fill(struct domain *d, size_t state, uint8_t *truth, uint8_t *other)
{
    uint8_t *truths[2] = {truth, other};

    for (unsigned which = 0; which < 2 && d->procedures[which] != NULL; which++)
        memset(truths[which], TRUTH_UNASKED, d->procedures[which]->n_leaves);
    for (size_t i = 0; i < d->n_state_leaves; i++) {
        const struct cond *c = d->state_leaves[i].cond;

        truths[d->state_leaves[i].which][c->leaf] = d->state_truth[state * d->n_state_leaves + i];
    }
    for (size_t i = 0; i < d->n_leaves; i++) {
        const struct leaf *l = &d->leaves[i];
        bool is_true = false;

        for (size_t k = 0; k < l->n_terms; k++)
            is_true |= (l->terms[k].mask >> d->values[l->terms[k].subject] & 1) != 0;
        truths[l->which][l->cond->leaf] = is_true != l->is_negated ? TRUTH_TRUE : TRUTH_FALSE;
    }
}

static void set_values(struct domain *d, uint64_t index)
{
    for (unsigned i = 0; i < d->n_subjects; i++) {
        d->values[i] = (unsigned)(index % d->subjects[i].n_values);
        index /= d->subjects[i].n_values;
    }
}

/* From one combination to that behind it, as a counter goes on, without the divisions. */
static void next_values(struct domain *d)
{
    unsigned i = 0;

    while (i < d->n_subjects && ++d->values[i] == d->subjects[i].n_values)
        d->values[i++] = 0;
}

void domain_at(struct domain *d, size_t state, uint64_t index, uint8_t *truth, uint8_t *other)
{
    if (index > 0 && index == d->next)
        next_values(d);
    else
        set_values(d, index);
    d->next = index + 1;
    fill(d, state, truth, other);
}

/* A mixer with good avalanche (of the splitmix family): sampling needs spread, not secrecy. */
static uint64_t mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

void domain_sample(struct domain *d, size_t state, uint64_t nth, uint8_t *truth, uint8_t *other)
{
    d->next = 0;
    for (unsigned i = 0; i < d->n_subjects; i++)
        d->values[i] = (unsigned)(mix(nth * DOMAIN_SUBJECTS_MAX + i) % d->subjects[i].n_values);
    fill(d, state, truth, other);
}

/* ---- seeking ---- */

static size_t lack_of(const struct step *s, const uint8_t *truth)
{
    struct procedure alone = *s->procedure;
    struct facts facts = {.procedure = &alone, .act = s->act, .truth = truth};
    struct verdict v;

    alone.steps = (struct step *)(uintptr_t)s;
    alone.n_steps = 1;
    naive_decide(&facts, &v);
    return v.n_matching > 0 ? 0 : v.n_unmet;
}

static size_t lack_of_both(const struct step *s, const struct step *also, const uint8_t *truth)
{
    return lack_of(s, truth) + (also != NULL ? lack_of(also, truth) : 0);
}

/* The best value of one subject; true when it is better than before. */
static bool improve(struct domain *d, size_t state, unsigned subject, const struct step *s, const struct step *also, size_t *lack,
                    uint8_t *truths[2], const uint8_t *truth)
{
    unsigned best = d->values[subject];
    bool is_better = false;

    for (unsigned v = 0; v < d->subjects[subject].n_values; v++) {
        size_t now;

        d->values[subject] = v;
        fill(d, state, truths[0], truths[1]);
        now = lack_of_both(s, also, truth);
        if (now < *lack) {
            *lack = now;
            best = v;
            is_better = true;
        }
    }
    d->values[subject] = best;
    return is_better;
}

bool domain_seek(struct domain *d, size_t state, const struct step *s, const struct step *also, uint64_t nth, uint8_t *truth, uint8_t *other)
{
    uint8_t *truths[2] = {truth, other};
    const uint8_t *of = s->procedure == d->procedures[1] ? other : truth;
    bool more = true;
    size_t lack;

    domain_sample(d, state, nth, truth, other);
    lack = lack_of_both(s, also, of);
    while (lack > 0 && more) {
        more = false;
        for (unsigned i = 0; i < d->n_subjects && lack > 0; i++)
            more = improve(d, state, i, s, also, &lack, truths, of) || more;
    }
    fill(d, state, truth, other);
    return lack == 0;
}

/* ---- words ---- */

int domain_describe(const struct domain *d, size_t state, const uint8_t *truth, struct buf *out)
{
    (void)buf_printf(out, "state %s", d->states[state]);
    for (size_t i = 0; i < d->n_leaves; i++) {
        const struct cond *c = d->leaves[i].cond;

        if (d->leaves[i].n_terms == 0 || d->leaves[i].which != 0)
            continue; /* always so, or of the other text */
        (void)buf_add_text(out, truth[c->leaf] == TRUTH_TRUE ? "; " : "; not ");
        IGNORE(cond_describe(c, out), "sticky: the buffer tells at the end");
    }
    return buf_error(out);
}
