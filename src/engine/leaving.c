#include "engine/leaving.h"

#include "engine/digest.h"
#include "engine/holding.h"
#include "engine/inside.h"
#include "engine/ref.h"

#include <errno.h>
#include <string.h>

/* A step that enters what left, and what it is told. */
struct entering {
    const struct reg *reg;
    const struct step *step;
    const struct field *way, *what, *digest, *by; /* digest, by: NULL, it asks for none */
};

static bool has_choice(const struct field *f, const char *id)
{
    for (size_t i = 0; i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, id))
            return true;
    return false;
}

static bool enters(const struct reg *reg, const struct step *st, const char *way, struct entering *ret)
{
    *ret = (struct entering){.reg = reg, .step = st};
    for (size_t i = 0; st->makes_record && i < st->n_asks; i++) {
        const struct field *f = st->asks[i];

        if (f->type == FIELD_CHOICE && (f->measured & MEASURED_PROGRAM) && has_choice(f, way))
            ret->way = f;
        else if (f->type == FIELD_DIGEST && (f->measured & MEASURED_PROGRAM))
            ret->digest = f;
        else if (f->type == FIELD_RECORD && (f->measured & MEASURED_PROGRAM))
            ret->by = f;
        else if (f->type == FIELD_RECORD && f->reg && !ret->what)
            ret->what = f;
    }
    return ret->way && ret->what;
}

/* The record of that register which this one is, or names. "" none. */
static int counted(struct stage *sc, const struct entering *en, const char *way, const char *id, const char **ret)
{
    const struct reg *reg = engine_reg_of_id(sc->e, id);
    struct record *r;
    int e;

    *ret = "";
    if (reg && !strcmp(reg->id, en->what->reg->id)) {
        *ret = id;
        return 0;
    }
    if (strcmp(way, LEAVING_BY_FILE) != 0 || (e = stage_record(sc, id, &r)) > 0)
        return 0;
    for (size_t i = 0; !e && !**ret && i < r->reg->n_fields; i++) {
        const struct field *f = &r->reg->fields[i];
        json_t *v = NULL;

        if (f->type != FIELD_RECORD || !f->reg || strcmp(f->reg->id, en->what->reg->id) != 0)
            continue;
        if (!(e = record_value(sc->e->store, r, f, &v)) && json_is_string(v) && !(*ret = arena_strdup(sc->arena, str_of(json_string_value(v)))))
            e = -ENOMEM;
    }
    return e;
}

/* {id: true} of what is a copy of something that is counted. */
static int find_counted(struct engine *e, const char *person, const struct entering *en, const char *way, const json_t *records, uint64_t now_us, json_t *found)
{
    json_t *each = (json_t *)(uintptr_t)records, *v;
    const char *id, *what;
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    json_object_foreach (each, id, v)
        if (!r && !(r = counted(&sc, en, way, id, &what)) && *what)
            r = json_put_flag(found, what, true);
    stage_done(&sc);
    return r;
}

static int enter_one(struct engine *e, struct log *log, const char *person, const struct entering *en, const char *way, const char *what, const char *digest,
                     const char *by, uint64_t now_us, json_t **ret_outcome)
{
    JSON_AUTO *with = json_pack("{s:s, s:s}", en->what->id, what, en->way->id, way);
    JSON_AUTO *outcome = NULL;
    struct act act = {.person = person, .reg = en->reg->id, .step = en->step->act, .record = "", .with = with, .signs = "", .measured = MEASURED_PROGRAM, .now_us = now_us};
    int r = with ? 0 : -ENOMEM;

    if (!r && en->digest && *digest)
        r = json_put_str(with, en->digest->id, digest);
    if (!r && en->by && *by)
        r = json_put_str(with, en->by->id, by);
    if (r || (r = engine_act(e, log, &act, &outcome)))
        return r;
    if (!strcmp(json_str(outcome, "result"), "allowed"))
        return 0;
    *ret_outcome = TAKE(outcome);
    return LEAVING_E_REFUSED;
}

/* {id: digest, or anything where one digest counts for all}. */
static int enter_found(struct engine *e, struct log *log, const char *person, const struct entering *en, const char *way, json_t *found, const char *digest, const char *by,
                       uint64_t now_us, json_t **ret_outcome)
{
    const char *what;
    json_t *v;
    int r = 0;

    if (json_object_size(found) > LEAVING_MAX)
        return LEAVING_E_MANY;
    json_object_foreach (found, what, v)
        r = r ? r : enter_one(e, log, person, en, way, what, json_is_string(v) ? json_string_value(v) : digest, by, now_us, ret_outcome);
    return r;
}

/* What leaves, and how. */
struct going {
    struct engine *e;
    struct log *log;
    const char *person, *way;
    const json_t *records; /* that leave themselves; NULL: by what a gate measured */
    const char *digest;    /* of all that leaves */
    const char *by;        /* the record by which it leaves; "" */
    uint64_t now_us;
};

/* ---- by mail ---- */

struct finding {
    struct stage *sc;
    const struct entering *en;
    const char *digest, *keyed; /* in clear, "" where that is known no more; and what stands for it */
    json_t *found; /* {id: digest} */
};

static int add_found(struct finding *f, const char *id)
{
    return !*id || json_object_get(f->found, id) ? 0 : json_put_str(f->found, id, f->digest);
}

static int found_by_content(void *user, struct record *r)
{
    return add_found(user, r->id);
}

static int find_by_content(struct finding *f)
{
    const struct field *content = f->en->reg->held_by.of == f->en->what ? f->en->reg->held_by.content : NULL;
    const struct where where = {.field = content, .value = {.kind = REF_LITERAL, .text = f->keyed}};
    const struct record_search q = {.reg = f->en->what->reg, .wheres = &where, .n_wheres = 1};

    return content ? search_records(f->sc, &q, found_by_content, f) : 0;
}

static int find_by_bytes(struct finding *f)
{
    JSON_AUTO *held = json_object();
    const char *id, *what;
    json_t *v;
    int r = held ? holding_records_of(f->sc, digest_hash(f->keyed), LEAVING_MAX + 1, held) : -ENOMEM;

    json_object_foreach (held, id, v)
        if (!r && !(r = counted(f->sc, f->en, LEAVING_BY_FILE, id, &what)))
            r = add_found(f, what);
    return r;
}

/* The digests of the rows by which something leaves. */
static int find_in_rows(struct finding *f, const struct cond *c)
{
    JSON_AUTO *rows = NULL;
    JSON_AUTO *shown = NULL;
    const json_t *row;
    size_t i;
    int r = ref_eval(f->sc, &c->subject, &rows);

    if (!r && rows)
        r = digest_show(f->sc, false, f->sc->hand, c->subject.hops[c->subject.n_hops - 1], rows, &shown);
    json_array_foreach (rows, i, row) {
        f->keyed = json_str(row, c->leaving->digest->id);
        f->digest = json_str(json_array_get(shown, i), c->leaving->digest->id);
        if (!r && digest_is_keyed(f->keyed) && !(r = find_by_content(f)))
            r = find_by_bytes(f);
    }
    return r;
}

/* Not those for which a record that the ticket binds stands. */
static int leave_out(struct finding *f, const struct ticket_rule *t)
{
    int r = 0;

    for (size_t i = 0; !r && i < t->n_binds; i++) {
        const char *what = "";
        json_t *v = NULL;

        if (t->binds[i]->type != FIELD_RECORD || (r = record_value(f->sc->e->store, f->sc->hand, t->binds[i], &v)) || !json_is_string(v))
            continue;
        if (!(r = counted(f->sc, f->en, LEAVING_BY_FILE, json_string_value(v), &what)) && *what)
            IGNORE(json_object_del(f->found, what), "it was not found");
    }
    return r;
}

/* The one condition of the step that names a column of digests: the rows are the same for each way. */
static const struct cond *by_digests(const struct step *st)
{
    for (size_t i = 0; st->ticket && i < st->n_conds; i++)
        if (st->conds[i]->kind == COND_LEAVES && st->conds[i]->leaving && st->conds[i]->leaving->digest)
            return st->conds[i];
    return NULL;
}

static int find_measured(struct going *g, const struct entering *en, json_t *found)
{
    struct stage sc;
    struct finding f = {&sc, en, "", "", found};
    int r = stage_open(&sc, g->e, g->person, g->now_us);

    if (!r)
        r = stage_record(&sc, g->by, &sc.hand);
    if (!r)
        sc.procedure = sc.hand->reg->procedure;
    for (size_t i = 0; !r && i < sc.procedure->n_steps; i++) {
        const struct cond *c = by_digests(&sc.procedure->steps[i]);

        if (c && !(r = find_in_rows(&f, c)))
            r = leave_out(&f, sc.procedure->steps[i].ticket);
    }
    stage_done(&sc);
    return r > 0 ? -EBADMSG : r;
}

/* ---- all ways ---- */

static int enter_all(struct going *g, const struct entering *en, json_t **ret_outcome)
{
    JSON_AUTO *found = json_object();
    int r = !found       ? -ENOMEM
            : g->records ? find_counted(g->e, g->person, en, g->way, g->records, g->now_us, found)
                         : find_measured(g, en, found);

    return r ? r : enter_found(g->e, g->log, g->person, en, g->way, found, g->digest, g->by, g->now_us, ret_outcome);
}

static int leave(struct going *g, json_t **ret_outcome)
{
    const struct pack *packs[ENGINE_PACKS_MAX];
    size_t n = engine_packs(g->e, packs, ARRAY_LEN(packs));
    int r = 0;

    *ret_outcome = NULL;
    for (size_t i = 0; i < MIN_OF(n, ARRAY_LEN(packs)); i++)
        for (size_t k = 0; k < packs[i]->n_regs; k++) {
            const struct reg *reg = &packs[i]->regs[k];
            struct entering en;

            if (!reg->procedure || engine_reg(g->e, reg->id) != reg) /* a text that is over, or to come */
                continue;
            for (size_t s = 0; !r && s < reg->procedure->n_steps; s++)
                if (enters(reg, &reg->procedure->steps[s], g->way, &en))
                    r = enter_all(g, &en, ret_outcome);
        }
    return r;
}

int engine_leaving(struct engine *e, struct log *log, const char *person, const char *way, const json_t *records, const char *digest, uint64_t now_us,
                   json_t **ret_outcome)
{
    return leave(&(struct going){e, log, person, way, records, digest, "", now_us}, ret_outcome);
}

int engine_leaving_measured(struct engine *e, struct log *log, const char *person, const char *record, uint64_t now_us, json_t **ret_outcome)
{
    return leave(&(struct going){e, log, person, LEAVING_BY_MAIL, NULL, "", record, now_us}, ret_outcome);
}
