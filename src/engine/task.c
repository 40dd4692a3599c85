#include "engine/task.h"

#include "engine/input.h"
#include "engine/judge.h"

#include <stdlib.h>

/* ---- can it be done ---- */

static bool lacks_required(const struct stage *sc, const struct step *st)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if (st->asks[i]->required && !record_has(sc->hand, st->asks[i]))
            return true;
    return false;
}

static int judge(struct stage *sc, const char *record, const char *act, const char **ret)
{
    struct judged j = {0};
    bool open = false;
    int e = stage_record(sc, record, &sc->hand);

    if (e)
        return MIN_OF(e, 0);
    sc->procedure = sc->hand->reg->procedure;
    sc->act_name = arena_printf(sc->arena, "%s/%s", sc->hand->reg->id, act);
    e = sc->act_name ? input_defaults(sc, act) : -ENOMEM;
    if (!e)
        e = judge_act(sc, act, true, &j, &open);
    if (!e && j.result == VERDICT_ALLOWED)
        *ret = open || (j.step && lacks_required(sc, j.step)) ? "open" : "allowed";
    judged_done(&j);
    return e;
}

int task_result(const struct stage *sc, const char *act, const char **ret)
{
    struct stage own;
    int e = stage_open(&own, sc->e, sc->actor->id, sc->now_us);

    *ret = "";
    if (!e)
        e = judge(&own, sc->hand->id, act, ret);
    stage_done(&own);
    if (e != -E2BIG)
        return e;
    *ret = "open"; /* more records than one look may open: it is seen when it is tried */
    return 0;
}

/* ---- how urgent ---- */

bool obligation_is_urgent(const struct obligation *o)
{
    bool urgent = o->again_urgent;

    for (size_t i = 0; i < o->n_reminders; i++)
        urgent |= o->reminders[i].urgent;
    for (size_t i = 0; i < o->n_missed; i++)
        urgent |= o->missed[i].urgent;
    return urgent;
}

int task_is_urgent(struct stage *sc)
{
    const struct procedure *p = sc->procedure;

    for (size_t i = 0; i < p->n_obligations; i++) {
        const struct obligation *o = &p->obligations[i];
        int met;

        if (!obligation_is_urgent(o) || !word_in(sc->hand->state, o->while_states, o->n_while))
            continue;
        if ((met = obligation_met(sc, o)) <= 0)
            return met < 0 ? met : 1;
    }
    return 0;
}

/* ---- what it is about ---- */

json_t *task_about(const struct record *r)
{
    json_t *all = json_object();

    for (size_t i = 0; all && i < r->reg->n_fields; i++) {
        const struct field *f = &r->reg->fields[i];
        json_t *v = json_object_get(r->values, f->id);

        if (f->type == FIELD_RECORD && !field_is_personal(f) && json_is_string(v) &&
            json_object_set(all, f->id, v)) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

static int add_ids(const json_t *list, json_t *ids)
{
    int e = 0;

    for (size_t i = 0; !e && i < json_array_size(list); i++) {
        const char *field;
        json_t *v;

        json_object_foreach (json_obj(json_array_get(list, i), "about"), field, v) {
            if (!e)
                e = json_put_flag(ids, json_string_value(v), true);
        }
    }
    return e;
}

int task_named(struct engine *e, const char *person, uint64_t now_us, const json_t *const *lists,
               size_t n, json_t **ret)
{
    JSON_AUTO *ids = json_object();
    int r = ids ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < n; i++)
        r = add_ids(lists[i], ids);
    return r ? r : engine_named(e, person, ids, now_us, ret);
}

/* ---- in what order ---- */

struct placed {
    json_t *row;
    const char *due;  /* "" when it does not count */
    size_t first, at; /* of its record, and its own */
    bool is_urgent, is_open;
};

static int by_place(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    int due = strcmp(x->due, y->due);

    if (x->is_urgent != y->is_urgent)
        return x->is_urgent ? -1 : 1;
    if (due || x->first != y->first)
        return due ? due : x->first < y->first ? -1 : 1;
    if (x->is_open != y->is_open)
        return x->is_open ? 1 : -1;
    return (x->at > y->at) - (x->at < y->at);
}

static size_t first_of(const struct placed *places, const char *record, size_t at)
{
    size_t i = 0;

    while (i < at && strcmp(json_str(places[i].row, "record"), record) != 0)
        i++;
    return i;
}

int task_sort(struct stage *sc, bool by_due, json_t *list)
{
    size_t n = json_array_size(list);
    struct placed *places = arena_alloc_n(sc->arena, n + 1, sizeof(*places));
    int e = places ? 0 : -ENOMEM;

    for (size_t i = 0; !e && i < n; i++) {
        json_t *row = json_array_get(list, i);

        places[i] = (struct placed){
            row, by_due ? json_str(row, "due") : "", 0,
            i,   json_flag(row, "urgent"),           !strcmp(json_str(row, "result"), "open")};
        places[i].first = first_of(places, json_str(row, "record"), i);
    }
    if (e)
        return e;
    qsort(places, n, sizeof(*places), by_place);
    for (size_t i = 0; i < n; i++)
        json_incref(places[i].row); /* the list lets go of those that are written over */
    for (size_t i = 0; i < n; i++)
        if (json_array_set_new(list, i, places[i].row))
            e = -EINVAL;
    return e;
}
