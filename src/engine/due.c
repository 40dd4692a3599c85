/* See due.h. */
#include "engine/due.h"

#include "engine/judge.h"
#include "engine/next.h"
#include "engine/ref.h"
#include "engine/task.h"

static char *todo_name(struct stage *sc, const struct step *st)
{
    return st ? arena_printf(sc->arena, "%s/%s", st->procedure->reg->id, st->act)
              : arena_strdup(sc->arena, STR(""));
}

static int print_row(struct stage *sc, const struct obligation *o, uint64_t due_us, json_t **ret)
{
    struct record *r = sc->hand;
    char *todo = todo_name(sc, o->todo), *other = todo_name(sc, o->or_todo);
    int e = todo && other ? 0 : -ENOMEM, urgent = 0;

    if (!e)
        e = MIN_OF(urgent = task_is_urgent(sc), 0);
    if (e)
        return e;
    *ret = json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:b, s:s, s:s, s:s, s:b, s:o}", "record",
                     r->id, "reg", r->reg->id, "reg_title", text2_json(r->reg->title), "name",
                     record_name(sc, r), "obligation", o->id, "title", text2_json(o->title), "due",
                     instant_json(due_us), "overdue", due_us <= sc->now_us, "do", todo, "or", other,
                     "of_unit", r->unit, "urgent", obligation_is_urgent(o) || urgent, "about",
                     task_about(r));
    return *ret ? 0 : -ENOMEM;
}

int due_row(struct stage *sc, const struct obligation *o, json_t **ret)
{
    uint64_t due_us;
    int e;

    if (!word_in(sc->hand->state, o->while_states, o->n_while))
        return 1;
    if ((e = obligation_met(sc, o)) || (e = obligation_due(sc, o, &due_us)))
        return MIN_OF(e, 1);
    return print_row(sc, o, due_us, ret);
}

/* By a role of his, in whichever unit. */
static int may_begin(struct stage *sc, const struct step *st)
{
    for (size_t i = 0; i < st->n_conds; i++)
        if (st->conds[i]->kind == COND_BY)
            return judge_role_held(sc, st->procedure->reg, st->conds[i]);
    return 0;
}

static bool makes_record(const struct step *st)
{
    return st && st->makes_record;
}

/* Of a step that he may not take: whose it is. */
static int put_doers(struct stage *sc, const struct step *st, json_t *row)
{
    JSON_AUTO *by = json_array();
    int e = by ? 0 : -ENOMEM;

    for (size_t i = 0; i < st->n_conds; i++)
        for (size_t k = 0; !e && st->conds[i]->kind == COND_BY && k < st->conds[i]->n_by; k++) {
            const struct role *role = st->conds[i]->by[k]->role;

            e = json_array_append_new(by, json_pack("{s:s, s:o}", "unit",
                                                    role->per_unit ? sc->hand->unit : "", "title",
                                                    text2_json(role->title)))
                    ? -ENOMEM
                    : 0;
        }
    return e ? e : json_put(row, "by", TAKE(by));
}

static int add_row(struct stage *sc, const json_t *roles, const struct obligation *o, json_t *list)
{
    JSON_AUTO *one = NULL;
    int e = may_begin(sc, o->todo);

    if (e <= 0 || (e = due_row(sc, o, &one)))
        return MIN_OF(e, 0);
    if (!(e = next_is_theirs(sc, roles, o->todo, sc->hand)))
        e = put_doers(sc, o->todo, one);
    if (e < 0)
        return e;
    return json_array_append(list, one) ? -ENOMEM : 0;
}

int due_put(struct stage *sc, json_t *view)
{
    const struct procedure *p = sc->procedure;
    JSON_AUTO *list = json_array();
    JSON_AUTO *roles = NULL;
    int e = list ? 0 : -ENOMEM;

    for (size_t i = 0; !e && sc->actor && i < p->n_obligations; i++) {
        const struct obligation *o = &p->obligations[i];

        if (!(makes_record(o->todo) || makes_record(o->or_todo)) ||
            !word_in(sc->hand->state, o->while_states, o->n_while))
            continue;
        e = roles ? 0 : roles_of(sc, sc->actor, &roles);
        if (!e)
            e = add_row(sc, roles, o, list);
    }
    return e ? e : json_put(view, "due", TAKE(list));
}
