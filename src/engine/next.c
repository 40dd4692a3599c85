#include "engine/next.h"

#include "engine/digest.h"
#include "engine/input.h"
#include "engine/judge.h"
#include "engine/obligation.h"
#include "engine/ref.h"

#define LOOKS_MAX \
    20 /* records looked at for one notice: of more there is nobody to say that it is done */

/* ---- whose step it is ---- */

/* `unit` NULL: in whichever. */
static int holds(struct stage *sc, const json_t *roles, const struct reg *reg,
                 const struct role *role, const struct unit *unit)
{
    char *key = role_key(sc->arena, reg, role);

    if (!key)
        return -ENOMEM;
    for (size_t i = 0; i < json_array_size(roles); i++) {
        const json_t *one = json_array_get(roles, i);

        if (!strcmp(json_str(one, "role"), key) &&
            (!role->per_unit || !unit || !*json_str(one, "unit") || !strcmp(json_str(one, "unit"), unit->id)))
            return 1;
    }
    return 0;
}

/* Of the record at hand, or where it does not tell yet, of `about`'s unit. */
static int unit_meant(struct stage *sc, const struct proc_role *as, const struct record *about,
                      const struct unit **ret)
{
    int e = as->role->per_unit ? ref_unit(sc, &as->of, ret) : 0;

    if (!e && !*ret && about && *about->unit)
        *ret = force_unit(sc->e->force, about->unit);
    return e;
}

/* Of the record at hand, which is `about` or one that is about it; without `about` in whichever unit. 1: one of the roles does it. */
static int is_theirs(struct stage *sc, const json_t *roles, const struct step *st,
                     const struct record *about)
{
    for (size_t i = 0; i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];
        int r = c->kind == COND_BY && c->n_by ? 0 : 1;

        for (size_t k = 0; !r && k < c->n_by; k++) {
            const struct unit *unit = NULL;

            if (about && (r = unit_meant(sc, c->by[k], about, &unit)))
                return r;
            r = holds(sc, roles, st->procedure->reg, c->by[k]->role, unit);
        }
        if (r <= 0)
            return r;
    }
    return 1;
}

static const struct step *step_named(struct stage *sc, const char *name)
{
    struct str rest = str_of(name), reg_id = STR_NONE;
    const struct reg *reg;
    char *id;

    if (!str_split(&rest, '/', &reg_id) || !rest.at || !(id = arena_strdup(sc->arena, reg_id)))
        return NULL;
    reg = engine_reg_on(sc->e, id, sc->today);
    return reg && reg->procedure ? procedure_step(reg->procedure, rest.at, 0) : NULL;
}

/* ---- what it begins with ---- */

static const struct field *link_of(const struct step *st, const struct reg *reg)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if (st->asks[i]->type == FIELD_RECORD && st->asks[i]->reg &&
            !strcmp(st->asks[i]->reg->id, reg->id))
            return st->asks[i];
    return NULL;
}

/* A unit or a record that goes by one name in both registers is the same one, unless the text says by a default which one it is. */
static const json_t *shared_value(const struct field *f, const struct record *from)
{
    const struct field *same = reg_field(from->reg, f->id);

    if ((f->type != FIELD_UNIT && f->type != FIELD_RECORD) || f->initial.kind != REF_NONE ||
        !same || same->type != f->type || field_is_personal(same))
        return NULL;
    if (f->type == FIELD_RECORD &&
        (!f->reg || !same->reg || strcmp(f->reg->id, same->reg->id) != 0))
        return NULL;
    return json_object_get(from->values, f->id);
}

static int fill_one(struct record *r, const struct field *f, const struct field *link,
                    const struct record *from, json_t *values)
{
    const json_t *shared = f == link ? NULL : shared_value(f, from);
    bool is_unit = !shared && f == r->reg->unit_field && f->initial.kind == REF_NONE && *from->unit;
    JSON_AUTO *v = shared      ? json_copied_deep(shared)
                   : f == link ? json_string(from->id)
                   : is_unit   ? json_string(from->unit)
                               : NULL;
    int e;

    if (!v)
        return shared || f == link || is_unit ? -ENOMEM : 0;
    e = record_set(r, f, v, NULL);
    return e ? e : json_put(values, f->id, json_incref(v));
}

/* What of `from` the stage has at hand meanwhile. */
struct kept_hand {
    struct record *hand;
    const struct procedure *procedure;
    struct standing standing;
    const char *act_name;
};

static struct kept_hand keep_hand(const struct stage *sc)
{
    return (struct kept_hand){sc->hand, sc->procedure, sc->standing, sc->act_name};
}

static void give_back(struct stage *sc, struct kept_hand k)
{
    sc->hand = k.hand;
    sc->procedure = k.procedure;
    sc->standing = k.standing;
    sc->act_name = k.act_name;
}

static const struct field *asked_field(const struct step *st, const char *id)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if (!strcmp(st->asks[i]->id, id))
            return st->asks[i];
    return NULL;
}

/* What the record must say so that an obligation of the one at hand is met by it, as far as the step asks for it. */
static int fill_wheres(struct stage *sc, const struct step *st, const struct cond *met_by,
                       struct record *r, json_t *values)
{
    for (size_t i = 0; i < met_by->n_wheres; i++) {
        const struct field *f = asked_field(st, met_by->wheres[i].field->id);
        JSON_AUTO *v = NULL;
        JSON_AUTO *shown = NULL;
        int e = 0;

        if (!f || field_is_personal(f) || json_object_get(values, f->id))
            continue;
        if ((e = ref_eval(sc, &met_by->wheres[i].value, &v)))
            return e;
        if (v && ((e = record_set(r, f, v, NULL)) || (e = digest_show(sc, false, sc->hand, f, v, &shown)) || (e = json_put(values, f->id, json_incref(shown)))))
            return e;
    }
    return 0;
}

static bool is_met_by(const struct obligation *o, const struct step *st)
{
    const struct cond *c = o->met_by;

    return o->todo && c && c->kind == COND_RECORD && !strcmp(o->todo->act, st->act) &&
           !strcmp(o->todo->procedure->reg->id, st->procedure->reg->id) &&
           !strcmp(c->reg->id, st->procedure->reg->id);
}

static int fill_by_obligations(struct stage *sc, const struct step *st, struct record *from,
                               struct record *r, json_t *values)
{
    const struct procedure *p = from->reg->procedure;
    struct kept_hand was = keep_hand(sc);
    int e = 0;

    sc->hand = from;
    sc->procedure = p;
    for (size_t i = 0; !e && p && i < p->n_obligations; i++)
        if (is_met_by(&p->obligations[i], st))
            e = fill_wheres(sc, st, p->obligations[i].met_by, r, values);
    give_back(sc, was);
    return e;
}

/* A new record, put into the stage's hand, that is about `from`. *ret {field: value}: yours. */
static int begin(struct stage *sc, const struct step *st, struct record *from, json_t **ret)
{
    const struct field *link = link_of(st, from->reg);
    JSON_AUTO *values = json_object();
    struct record *r;
    int e = values ? stage_new_record(sc, st->procedure->reg, &r) : -ENOMEM;

    for (size_t i = 0; !e && i < st->n_asks; i++)
        if (!field_is_personal(st->asks[i]))
            e = fill_one(r, st->asks[i], link, from, values);
    if (!e)
        e = fill_by_obligations(sc, st, from, r, values);
    if (e)
        return e;
    sc->hand = r;
    sc->procedure = st->procedure;
    sc->standing = (struct standing){0};
    sc->act_name = arena_printf(sc->arena, "%s/%s", st->procedure->reg->id, st->act);
    *ret = TAKE(values);
    return sc->act_name ? 0 : -ENOMEM;
}

/* Nothing that is known stands in its way; what is still to be typed may. 1: so it is. */
static int may_begin(struct stage *sc, const struct step *st, struct record *from)
{
    JSON_AUTO *values = NULL;
    struct judged j = {0};
    bool open = false;
    int e = begin(sc, st, from, &values);

    if (!e)
        e = input_defaults(sc, st->act);
    if (!e)
        e = judge_act(sc, st->act, true, &j, &open);
    if (!e)
        e = j.result == VERDICT_ALLOWED;
    judged_done(&j);
    return e;
}

int next_is_theirs(struct stage *sc, const json_t *roles, const struct step *st,
                   struct record *about)
{
    struct kept_hand was = keep_hand(sc);
    JSON_AUTO *values = NULL;
    int r = st->makes_record ? begin(sc, st, about, &values) : 0;

    if (!r)
        r = is_theirs(sc, roles, st, about);
    give_back(sc, was);
    return r;
}

/* ---- what a notice asks ---- */

static const struct obligation *obligation_of(const struct record *about, const char *kind)
{
    const struct procedure *p = about->reg->procedure;

    for (size_t i = 0; p && i < p->n_obligations; i++)
        if (!strcmp(p->obligations[i].rule, kind))
            return &p->obligations[i];
    return NULL;
}

static bool has_ended(const struct record *r)
{
    const struct state *s = procedure_state(r->reg->procedure, r->state);

    return r->disposed_us || !s || s->is_end;
}

/* The obligation that a timer told of: met, or its record has come to its end. */
static int is_met(struct stage *sc, const struct record *about, const struct obligation *o)
{
    if (has_ended(about))
        return 1;
    return word_in(about->state, o->while_states, o->n_while) ? obligation_met(sc, o) : 0;
}

/* A state that nobody waits for: what came there was taken back. */
static bool was_taken_back(const struct record *r)
{
    const struct procedure *p = r->reg->procedure;
    bool any = false;

    for (size_t i = 0; has_ended(r) && i < p->n_steps; i++) {
        const struct step *st = &p->steps[i];

        if (!st->to || strcmp(st->to, r->state) != 0)
            continue;
        if (st->waits)
            return false;
        any = true;
    }
    return any;
}

/* What was done in the same instant came after the telling, unless that very act told. */
static uint64_t first_after(const struct notice_asked *n, const char *act)
{
    return !strcmp(act, n->kind) ? n->told_us + 1 : n->told_us;
}

struct since {
    uint64_t from_us;
    const char *act; /* NULL: however it was made */
    struct stage *sc;
    bool is_made;
    size_t n;
};

static int is_made_by(struct stage *sc, const struct record *r, const char *act)
{
    ROWS_AUTO *row = NULL;
    int e = STORE_ONE(sc->e->store, &row, STMT_HISTORY_AT, V_TEXT(r->id), V_INT(1));

    return e ? MIN_OF(store_failed(e), 0) : !strcmp(rows_text(row, 3), act);
}

/* 1: enough was looked at. */
static int is_since(void *user, struct record *r)
{
    struct since *s = user;
    int e = r->opened_us >= s->from_us && !was_taken_back(r);

    if (e && s->act && (e = is_made_by(s->sc, r, s->act)) < 0)
        return e;
    s->is_made = e;
    return s->is_made || ++s->n == LOOKS_MAX;
}

/* What names the matter: records; of a step that asks for none, the unit and the persons. */
static bool names_matter(const struct field *f, bool by_records)
{
    return by_records ? f->type == FIELD_RECORD
                      : (f->type == FIELD_UNIT || f->type == FIELD_PERSON) && field_is_indexed(f);
}

/* Of the new record; its unit is that of what it is about, though the form begins with the actor's own. */
static const char *matter_named(const struct record *about, const struct field *f,
                                const struct reg *reg, const json_t *values)
{
    const char *id = json_str(values, f->id);

    return *id || f != reg->unit_field ? id : about->unit;
}

/* Somebody has made a record by that step, about the same matter, since it was told. 1: so it is. */
static int was_made(struct stage *sc, const struct step *st, struct record *about,
                    const json_t *values, const struct notice_asked *n)
{
    const struct reg *reg = st->procedure->reg;
    struct record_search q = {.reg = reg};
    struct where *wheres = arena_alloc_n(sc->arena, st->n_asks + 1, sizeof(*wheres));
    struct since since = {.from_us = n->told_us + 1, .sc = sc};
    bool by_records = false;
    int e;

    if (!wheres)
        return -ENOMEM;
    for (size_t i = 0; i < st->n_asks; i++)
        by_records |= st->asks[i]->type == FIELD_RECORD;
    for (size_t i = 0; i < st->n_asks; i++) {
        const struct field *f = st->asks[i];
        const char *id = names_matter(f, by_records) ? matter_named(about, f, reg, values) : "";

        if (*id)
            wheres[q.n_wheres++] = (struct where){f, {.kind = REF_LITERAL, .text = id}};
    }
    if (!q.n_wheres)
        return 0;
    if (!by_records) {
        if (!(since.act = arena_printf(sc->arena, "%s/%s", reg->id, st->act)))
            return -ENOMEM;
        since.from_us = first_after(n, since.act);
    }
    q.wheres = wheres;
    e = search_records(sc, &q, is_since, &since);
    return e < 0 ? e : since.is_made;
}

/* The new record would have to name this one in a state that it has left for good. */
static bool is_closed(const struct step *st, const struct record *about)
{
    const struct field *link = link_of(st, about->reg);

    for (size_t i = 0; link && i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];

        if (c->kind == COND_STATE_OF && c->subject.kind == REF_FIELD && c->subject.n_hops == 1 &&
            c->subject.hops[0] == link && has_ended(about) &&
            !word_in(about->state, c->words, c->n_words))
            return true;
    }
    return false;
}

/* The record has been through that act since it was told. */
static int was_acted(struct stage *sc, const struct step *st, const struct record *about,
                     const struct notice_asked *n)
{
    ROWS_AUTO *rows = NULL;
    char *act = arena_printf(sc->arena, "%s/%s", st->procedure->reg->id, st->act);
    int e = act ? store_failed(STORE_QUERY(sc->e->store, &rows, STMT_HISTORY_OF_ACT,
                                           V_TEXT(about->id), V_TEXT(act)))
                : -ENOMEM;
    uint64_t from_us = act ? first_after(n, act) : 0;

    while (!e && (e = rows_next(rows)) > 0) {
        if ((uint64_t)rows_int(rows, 3) >= from_us)
            return 1;
        e = 0;
    }
    return e;
}

/* It has left the states of the step; one that keeps them was taken. */
static int was_left(struct stage *sc, const struct step *st, const struct record *about,
                    const struct notice_asked *n)
{
    const struct step *s;

    for (size_t i = 0; (s = procedure_step(st->procedure, st->act, i)); i++)
        if (word_in(about->state, s->from, s->n_from))
            return s->to && !word_in(s->to, s->from, s->n_from) ? 0 : was_acted(sc, s, about, n);
    return 1;
}

static bool is_step_of(const struct step *st, const struct record *about)
{
    return st->makes_record || (about && !strcmp(about->reg->id, st->procedure->reg->id));
}

/* What a step is of: the record that the notice is about, or the one that it makes about that. */
struct meant {
    const struct step *step; /* NULL: none of the text in force */
    json_t *values;          /* of one that is made */
    bool is_theirs;
};

static int find_meant(struct stage *sc, const json_t *roles, struct record *about, const char *todo,
                      struct meant *ret)
{
    const struct step *st = *todo ? step_named(sc, todo) : NULL;
    struct kept_hand was = keep_hand(sc);
    int r = 0;

    *ret = (struct meant){0};
    if (!st || !is_step_of(st, about))
        return 0;
    if (st->makes_record && about)
        r = begin(sc, st, about, &ret->values);
    if (!r)
        r = is_theirs(sc, roles, st, about);
    give_back(sc, was);
    ret->step = st;
    ret->is_theirs = r > 0;
    return MIN_OF(r, 0);
}

/* 1: there is nothing to do any more. */
static int is_done(struct stage *sc, const struct meant *m, struct record *about,
                   const struct notice_asked *n)
{
    if (!m->step->makes_record)
        return was_left(sc, m->step, about, n);
    return is_closed(m->step, about) ? 1 : was_made(sc, m->step, about, m->values, n);
}

static int ask_step(struct stage *sc, const struct meant *m, struct record *about,
                    const struct notice_asked *n, bool is_timer, struct notice_todo *ret)
{
    const struct step *st = m->step;
    int r = 0;

    if (about && (!is_timer || !st->makes_record)) /* what a timer asks is done when it is met */
        r = is_done(sc, m, about, n);
    if (r) {
        ret->is_done = r > 0;
        return MIN_OF(r, 0);
    }
    if (about && !st->makes_record && (r = step_is_barred(sc, st->act)))
        return MIN_OF(r, 0);
    ret->todo = arena_strdup(sc->arena, str_of(n->todo));
    return ret->todo ? 0 : -ENOMEM;
}

static int ask(struct stage *sc, const json_t *roles, struct record *about,
               const struct notice_asked *n, struct notice_todo *ret)
{
    const struct obligation *o = about ? obligation_of(about, n->kind) : NULL;
    struct meant m = {0};
    int r = o ? is_met(sc, about, o) : 0;

    if (r) {
        ret->is_done = r > 0;
        return MIN_OF(r, 0);
    }
    r = find_meant(sc, roles, about, n->todo, &m);
    if (!r && m.step && m.is_theirs)
        r = ask_step(sc, &m, about, n, o, ret);
    json_decref(m.values);
    return r;
}

int next_todo(struct stage *sc, const json_t *roles, struct record *about,
              const struct notice_asked *n, struct notice_todo *ret)
{
    struct kept_hand was = keep_hand(sc);
    int r;

    *ret = (struct notice_todo){.todo = ""};
    sc->hand = about;
    sc->procedure = about ? about->reg->procedure : NULL;
    r = ask(sc, roles, about, n, ret);
    if (r == -E2BIG) /* more records than one look may open: nothing is said of it */
        r = 0;
    give_back(sc, was);
    return r;
}

/* ---- for whom and for what ---- */

/* The record in the person's sight. 1: none. */
static int find_seen(struct stage *sc, const char *id, struct record **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    int e = sc->actor ? stage_record(sc, id, ret) : 1;

    if (!e)
        e = sight_of_person(sc, sc->actor, &sight);
    return e ? e : !sight_of_record(sc, sight, *ret);
}

static bool is_offered(const struct step *st, const struct record *from)
{
    return st->makes_record && st->waits && procedure_step(st->procedure, st->act, 0) == st &&
           link_of(st, from->reg);
}

static int add_step(struct stage *sc, const json_t *roles, const struct step *st,
                    struct record *from, json_t *list)
{
    const struct reg *reg = st->procedure->reg;
    json_t *one;
    int r = is_theirs(sc, roles, st, NULL);

    if (r > 0)
        r = may_begin(sc, st, from);
    if (r <= 0)
        return r;
    one = json_pack("{s:s, s:o, s:s, s:o}", "reg", reg->id, "reg_title", text2_json(reg->title),
                    "step", st->act, "title", text2_json(st->title));
    return one && !json_array_append_new(list, one) ? 0 : -ENOMEM;
}

static int next(struct stage *sc, const char *record, json_t **ret)
{
    JSON_AUTO *roles = NULL;
    JSON_AUTO *list = json_array();
    struct record *from;
    int e = list ? find_seen(sc, record, &from) : -ENOMEM;

    if (e > 0 || (!e && from->disposed_us)) {
        *ret = TAKE(list);
        return 0;
    }
    if (!e)
        e = roles_of(sc, sc->actor, &roles);
    for (size_t i = 0; !e && i < sc->e->n_packs; i++) {
        const struct pack *p = sc->e->packs[i].pack;

        for (size_t k = 0; k < p->n_procedures; k++)
            for (size_t n = 0; !e && n < p->procedures[k].n_steps; n++)
                if (is_offered(&p->procedures[k].steps[n], from) &&
                    engine_reg_on(sc->e, p->procedures[k].reg->id, sc->today) ==
                        p->procedures[k].reg)
                    e = add_step(sc, roles, &p->procedures[k].steps[n], from, list);
    }
    if (!e)
        *ret = TAKE(list);
    return e;
}

int engine_next(struct engine *e, const char *person, const char *record, uint64_t now_us,
                json_t **ret)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    if (!r)
        r = next(&sc, record, ret);
    stage_done(&sc);
    return r;
}

int engine_next_values(struct engine *e, const char *person, const struct step *step,
                       const char *from, uint64_t now_us, json_t **ret)
{
    struct record *r;
    struct stage sc;
    int answer = stage_open(&sc, e, person, now_us);

    if (!answer)
        answer = find_seen(&sc, from, &r);
    if (!answer && (!step->makes_record || r->disposed_us))
        answer = 1;
    if (!answer)
        answer = begin(&sc, step, r, ret);
    stage_done(&sc);
    return answer;
}
