/* Registers that the program itself works with (`holds`): they have the fields and steps that it names. */
#include "regulation/check-inside.h"

static const char *const marks[] = {"clear", "green", "amber", "amber-strict", "red", NULL};
static const char *const classes[] = {"c1", "c2", "c3", NULL};

static const struct asked {
    enum holds holds;
    const char *id;
    enum field_type type;
    enum holds of; /* of a record: what its register holds */
    bool is_measured;
    const char *const *choices; /* of a choice: exactly these */
} asked[] = {
    {HOLDS_INTEL_COLLECTIONS, "inbound", FIELD_RECORD, HOLDS_INTEL_CHANNELS, false, NULL},
    {HOLDS_INTEL_CHANNELS, "mark", FIELD_CHOICE, HOLDS_NOTHING, false, marks},
    {HOLDS_INTEL_IMPORTS, "collection", FIELD_RECORD, HOLDS_INTEL_COLLECTIONS, false, NULL},
    {HOLDS_INTEL_IMPORTS, "channel", FIELD_RECORD, HOLDS_INTEL_CHANNELS, false, NULL},
    {HOLDS_INTEL_IMPORTS, "source", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_IMPORTS, "objects", FIELD_NUMBER, HOLDS_NOTHING, true, NULL},
    {HOLDS_INTEL_IMPORTS, "left_out", FIELD_NUMBER, HOLDS_NOTHING, true, NULL},
    {HOLDS_INTEL_IMPORTS, "root", FIELD_TEXT, HOLDS_NOTHING, true, NULL},
    {HOLDS_INTEL_LINKS, "a", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_LINKS, "a_in", FIELD_RECORD, HOLDS_INTEL_COLLECTIONS, false, NULL},
    {HOLDS_INTEL_LINKS, "b", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_LINKS, "b_in", FIELD_RECORD, HOLDS_INTEL_COLLECTIONS, false, NULL},
    {HOLDS_INTEL_LINKS, "class", FIELD_CHOICE, HOLDS_NOTHING, false, classes},
    {HOLDS_INTEL_LINKS, "strength", FIELD_NUMBER, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_LINKS, "maker", FIELD_PERSON, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_EXCLUSIONS, "value", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_EXCLUSIONS, "until", FIELD_DAY, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_REMOVALS, "collection", FIELD_RECORD, HOLDS_INTEL_COLLECTIONS, false, NULL},
    {HOLDS_INTEL_REMOVALS, "object", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_REMOVALS, "objects", FIELD_NUMBER, HOLDS_NOTHING, true, NULL},
    {HOLDS_INTEL_REMOVALS, "root", FIELD_TEXT, HOLDS_NOTHING, true, NULL},
};

#define LINK_ASKS {"a", "a_in", "b", "b_in", "class", "strength", "maker"}
static const struct asked_step {
    enum holds holds;
    const char *act;
    bool makes_record;
    const char *to; /* a state by which the program tells what became of it; NULL: any */
    const char *asks[7];
} asked_steps[] = {
    {HOLDS_INTEL_IMPORTS, "propose", true, NULL, {"collection", "channel", "source"}},
    {HOLDS_INTEL_IMPORTS, "open", false, NULL, {"objects", "left_out", "root"}},
    {HOLDS_INTEL_IMPORTS, "drop", false, NULL, {NULL}},
    {HOLDS_INTEL_LINKS, "confirm", true, "confirmed", LINK_ASKS},
    {HOLDS_INTEL_LINKS, "reject", true, "rejected", LINK_ASKS},
    {HOLDS_INTEL_LINKS, "withdraw", false, "withdrawn", {NULL}},
    {HOLDS_INTEL_EXCLUSIONS, "exclude", true, "applies", {"value", "until"}},
    {HOLDS_INTEL_EXCLUSIONS, "lift", false, "lifted", {NULL}},
    {HOLDS_INTEL_REMOVALS, "remove", true, NULL, {"collection", "object", "objects", "root"}},
};
#undef LINK_ASKS

/* Fields by which the program looks records up. */
static const struct indexed {
    enum holds holds;
    const char *id;
} indexed[] = {{HOLDS_INTEL_LINKS, "a"}, {HOLDS_INTEL_LINKS, "b"}};

const char *holds_name(enum holds what)
{
    static const char *const names[] = {"", "intel-collections", "intel-channels", "intel-imports", "intel-links", "intel-exclusions", "intel-removals"};

    return names[what];
}

const struct reg *pack_holds(const struct pack *p, enum holds what)
{
    for (size_t i = 0; i < p->n_regs; i++)
        if (p->regs[i].holds == what)
            return &p->regs[i];
    return NULL;
}

static bool has_choice(const struct field *f, const char *id)
{
    for (size_t i = 0; i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, id))
            return true;
    return false;
}

static bool has_choices(const struct field *f, const char *const *words)
{
    size_t n = 0;

    for (; words[n]; n++)
        if (!has_choice(f, words[n]))
            return false;
    return f->n_choices == n;
}

static void check_field(struct checking *ck, const struct reg *r, const struct asked *a)
{
    const struct field *f = reg_field(r, a->id);

    if (!f || f->type != a->type)
        check_error(ck, r->at, "what holds %s has a field \"%s\" of another type, or none; see the manual page of the language, section 6", holds_name(r->holds), a->id);
    else if (a->of != HOLDS_NOTHING && (!f->reg || f->reg->holds != a->of))
        check_error(ck, f->at, "\"%s\" names a record of the register that holds %s", a->id, holds_name(a->of));
    else if (a->is_measured != ((f->measured & MEASURED_PROGRAM) != 0))
        check_error(ck, f->at, a->is_measured ? "\"%s\" is measured by the program: measured: [program]" : "\"%s\" is given by who brings it in, not measured", a->id);
    else if (f->personal)
        check_error(ck, f->at, "\"%s\" is read by the program and cannot be sealed", a->id);
    else if (a->choices && !has_choices(f, a->choices))
        check_error(ck, f->at, a->choices == marks ? "\"%s\" has the choices clear, green, amber, amber-strict and red" : "\"%s\" has the choices c1, c2 and c3", a->id);
}

static bool step_asks(const struct step *s, const char *id)
{
    for (size_t i = 0; i < s->n_asks; i++)
        if (!strcmp(s->asks[i]->id, id))
            return true;
    return false;
}

static void check_step(struct checking *ck, const struct reg *r, const struct asked_step *a)
{
    bool is_there = false;

    for (size_t i = 0; i < r->procedure->n_steps; i++) {
        const struct step *s = &r->procedure->steps[i];

        if (strcmp(s->act, a->act) != 0)
            continue;
        is_there = true;
        if (s->makes_record != a->makes_record)
            check_error(ck, s->at, a->makes_record ? "\"%s\" makes the record" : "\"%s\" is done to a record that is there", a->act);
        if (a->to && (!s->to || strcmp(s->to, a->to) != 0))
            check_error(ck, s->at, "\"%s\" leads to the state \"%s\"", a->act, a->to);
        for (size_t k = 0; k < ARRAY_LEN(a->asks) && a->asks[k]; k++)
            if (!step_asks(s, a->asks[k]))
                check_error(ck, s->at, "\"%s\" asks \"%s\"", a->act, a->asks[k]);
    }
    if (!is_there)
        check_error(ck, r->procedure->at, "what holds %s has a step \"%s\"", holds_name(r->holds), a->act);
}

/* The label of a link is that of both sides: what it rests on has to be filled, and has to count (engine/label-of.h). */
static void check_link_label(struct checking *ck, const struct reg *r)
{
    static const char *const filled[] = {"a_in", "b_in", "class"};
    const struct label_from *l = &r->label_from;
    bool counts = false;

    for (size_t i = 0; i < ARRAY_LEN(filled); i++)
        if (reg_field(r, filled[i]) && !reg_field(r, filled[i])->required)
            check_error(ck, reg_field(r, filled[i])->at, "\"%s\" says who may read the link: required: yes", filled[i]);
    for (size_t i = 0; r->has_label_from && i < l->n[LABEL_CONFIDENTIALITY]; i++)
        counts = counts || !strcmp(l->fields[LABEL_CONFIDENTIALITY][i]->id, "class");
    if (!counts)
        check_error(ck, r->at, "what holds intel-links has label_from: {confidentiality: [class]}");
}

static void check_reg(struct checking *ck, const struct reg *r)
{
    for (size_t k = 0; k < ARRAY_LEN(asked); k++)
        if (asked[k].holds == r->holds)
            check_field(ck, r, &asked[k]);
    for (size_t k = 0; k < ARRAY_LEN(indexed); k++)
        if (indexed[k].holds == r->holds && reg_field(r, indexed[k].id) && !reg_field(r, indexed[k].id)->indexed)
            check_error(ck, reg_field(r, indexed[k].id)->at, "\"%s\" is looked up: index: yes", indexed[k].id);
    for (size_t k = 0; r->procedure && k < ARRAY_LEN(asked_steps); k++)
        if (asked_steps[k].holds == r->holds)
            check_step(ck, r, &asked_steps[k]);
    if (r->holds == HOLDS_INTEL_LINKS)
        check_link_label(ck, r);
}

int check_holds(struct checking *ck)
{
    for (size_t i = 0; i < ck->pack->n_regs; i++) {
        const struct reg *r = &ck->pack->regs[i];

        if (r->holds == HOLDS_NOTHING)
            continue;
        if (pack_holds(ck->pack, r->holds) != r)
            check_error(ck, r->at, "another register holds %s already", holds_name(r->holds));
        check_reg(ck, r);
    }
    return 0;
}
