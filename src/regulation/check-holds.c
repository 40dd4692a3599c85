/* Registers that the program itself works with (`holds`): they have the fields and steps that it names. */
#include "regulation/check-inside.h"

static const char *const marks[] = {"clear", "green", "amber", "amber-strict", "red", NULL};

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
};

static const struct asked_step {
    const char *act;
    bool makes_record;
    const char *asks[4];
} asked_steps[] = {
    {"propose", true, {"collection", "channel", "source"}},
    {"open", false, {"objects", "left_out", "root"}},
    {"drop", false, {NULL}},
};

const char *holds_name(enum holds what)
{
    static const char *const names[] = {"", "intel-collections", "intel-channels", "intel-imports"};

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
        check_error(ck, f->at, "\"%s\" has the choices clear, green, amber, amber-strict and red", a->id);
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
            check_error(ck, s->at, a->makes_record ? "\"%s\" makes the record of the import" : "\"%s\" is done to an import that was proposed", a->act);
        for (size_t k = 0; k < ARRAY_LEN(a->asks) && a->asks[k]; k++)
            if (!step_asks(s, a->asks[k]))
                check_error(ck, s->at, "\"%s\" asks \"%s\"", a->act, a->asks[k]);
    }
    if (!is_there)
        check_error(ck, r->procedure->at, "imports have a step \"%s\"", a->act);
}

int check_holds(struct checking *ck)
{
    for (size_t i = 0; i < ck->pack->n_regs; i++) {
        const struct reg *r = &ck->pack->regs[i];

        if (r->holds == HOLDS_NOTHING)
            continue;
        if (pack_holds(ck->pack, r->holds) != r)
            check_error(ck, r->at, "another register holds %s already", holds_name(r->holds));
        for (size_t k = 0; k < ARRAY_LEN(asked); k++)
            if (asked[k].holds == r->holds)
                check_field(ck, r, &asked[k]);
        for (size_t k = 0; r->holds == HOLDS_INTEL_IMPORTS && r->procedure && k < ARRAY_LEN(asked_steps); k++)
            check_step(ck, r, &asked_steps[k]);
    }
    return 0;
}
