/* Clauses are accounted for, fields have a reason, forms name fields that exist, and the canonical form comes back the same. */
#include "regulation/check-inside.h"

static const struct rule_row *first_citing(const struct checking *ck, const struct clause *c)
{
    for (size_t i = 0; i < ck->rules.n; i++) {
        if (clauses_have(&ck->rules.at[i].clauses, c))
            return &ck->rules.at[i];
    }
    return NULL;
}

static void check_clause(struct checking *ck, const struct clause *c)
{
    bool is_outside = c->status == CLAUSE_ORGANISATIONAL || c->status == CLAUSE_OUT_OF_SCOPE;

    if (is_outside) {
        if (c->reason.ja[0] == '\0' || c->reason.en[0] == '\0')
            check_error(ck, c->at, "the clause %s is %s without a reason; say why no rule can carry it", c->id, clause_status_name(c->status));
        if (c->status == CLAUSE_ORGANISATIONAL && c->by[0] == '\0')
            check_error(ck, c->at, "the clause %s is organisational, but nobody answers for it; name a role in \"by\"", c->id);
    } else if (first_citing(ck, c) == NULL) {
        check_error(ck, c->at, "the clause %s is %s, but no rule cites it; cite it where it is carried out, or give it another status", c->id,
                    clause_status_name(c->status));
    }
}

static void check_fields(struct checking *ck, const char *above, const struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fields[i].clauses.n == 0 && fields[i].addition.ja[0] == '\0')
            check_error(ck, fields[i].at, "no clause asks for the field %s of %s; cite one, or give the reason under \"addition\"", fields[i].id, above);
    }
}

static void check_form_field(struct checking *ck, const struct form *f, const struct field *field)
{
    if (reg_field(f->reg, field->id) != field)
        check_error(ck, f->at, "the form %s has a cell \"%s\" that is no field of %s; name one of its fields", f->id, field->id, f->reg->id);
}

static void check_form(struct checking *ck, const struct form *f)
{
    for (size_t i = 0; i < f->n_rows; i++)
        for (size_t k = 0; k < f->rows[i].n; k++)
            check_form_field(ck, f, f->rows[i].cells[k].field);
    for (size_t i = 0; i < f->n_table; i++)
        check_form_field(ck, f, f->table[i].field);
}

int check_clauses(struct checking *ck)
{
    const struct pack *p = ck->pack;

    for (size_t i = 0; i < p->n_clauses; i++)
        check_clause(ck, &p->clauses[i]);
    for (size_t i = 0; i < p->n_regs; i++)
        check_fields(ck, p->regs[i].id, p->regs[i].fields, p->regs[i].n_fields);
    for (size_t i = 0; i < p->n_forms; i++)
        check_form(ck, &p->forms[i]);
    return 0;
}

int check_canonical(struct checking *ck)
{
    CLEANUP(pack_unrefp) struct pack *again = NULL;
    struct place whole = {.file = "directive.yaml"};
    struct digest hash;
    struct diag diag;
    int r;

    if (ck->pack->canonical.len == 0) {
        check_error(ck, whole, "the pack has no canonical form; read it from its folder");
        return 0;
    }
    hash = sha256(ck->pack->canonical);
    diag_init(&diag);
    r = pack_load_canonical(ck->pack->canonical, &again, &diag);
    if (!digest_eq(&hash, &ck->pack->hash))
        check_error(ck, whole, "the hash of the pack is not that of its canonical form; this is a fault of the program");
    else if (r > 0)
        check_error(ck, whole, "the canonical form cannot be read back: %s; this is a fault of the program", diag_first(&diag));
    else if (r == 0 && (!digest_eq(&again->hash, &ck->pack->hash) || !str_eq(again->canonical, ck->pack->canonical)))
        check_error(ck, whole, "the canonical form changes when it is read back; this is a fault of the program");
    diag_done(&diag);
    return r < 0 ? ERR(r) : 0;
}
