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
            check_error(ck, c->at, MSG_PACK_CLAUSE_REASON, {"clause", str_of(c->id)}, {"status", str_of(clause_status_name(c->status))});
        if (c->status == CLAUSE_ORGANISATIONAL && c->by[0] == '\0')
            check_error(ck, c->at, MSG_PACK_CLAUSE_NOBODY, {"clause", str_of(c->id)});
    } else if (first_citing(ck, c) == NULL) {
        check_error(ck, c->at, MSG_PACK_CLAUSE_UNCITED, {"clause", str_of(c->id)}, {"status", str_of(clause_status_name(c->status))});
    }
}

static void check_fields(struct checking *ck, const char *above, const struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fields[i].clauses.n == 0 && fields[i].addition.ja[0] == '\0')
            check_error(ck, fields[i].at, MSG_PACK_FIELD_UNASKED, {"field", str_of(fields[i].id)}, {"of", str_of(above)});
    }
}

static void check_form_field(struct checking *ck, const struct form *f, const struct field *field)
{
    if (reg_field(f->reg, field->id) != field)
        check_error(ck, f->at, MSG_PACK_FORM_CELL, {"form", str_of(f->id)}, {"field", str_of(field->id)}, {"register", str_of(f->reg->id)});
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
        check_error(ck, whole, MSG_PACK_NO_CANONICAL);
        return 0;
    }
    hash = sha256(ck->pack->canonical);
    diag_init(&diag);
    r = pack_load_canonical(ck->pack->canonical, &again, &diag);
    if (!digest_eq(&hash, &ck->pack->hash))
        check_error(ck, whole, MSG_PACK_HASH);
    else if (r > 0)
        check_error(ck, whole, MSG_PACK_CANONICAL_READ, diag_why(&diag));
    else if (r == 0 && (!digest_eq(&again->hash, &ck->pack->hash) || !str_eq(again->canonical, ck->pack->canonical)))
        check_error(ck, whole, MSG_PACK_CANONICAL_CHANGES);
    diag_done(&diag);
    return r < 0 ? ERR(r) : 0;
}
