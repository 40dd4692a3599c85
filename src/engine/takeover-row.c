/* A whole row: what its state asks for, what must be unique, what fits into an entry. */
#include "engine/takeover-inside.h"

#include "engine/apply.h"
#include "engine/input.h"
#include "engine/label-of.h"

/* ---- what a state asks for ---- */

static bool asks(const struct step *st, const struct field *f)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if (st->asks[i] == f)
            return true;
    return false;
}

static size_t state_no(const struct procedure *p, const char *id)
{
    for (size_t i = 0; i < p->n_states; i++)
        if (!strcmp(p->states[i].id, id))
            return i;
    return p->n_states;
}

/* States that steps lead to from a new record, without those that ask `f` (NULL: all steps). */
static void reach(const struct procedure *p, const struct field *f, bool *reached)
{
    bool grown = true;

    while (grown) {
        grown = false;
        for (size_t i = 0; i < p->n_steps; i++) {
            const struct step *st = &p->steps[i];
            bool from = st->makes_record;
            size_t to = st->to ? state_no(p, st->to) : p->n_states;

            if (to == p->n_states || reached[to] || (f && asks(st, f)))
                continue;
            for (size_t k = 0; !from && k < st->n_from; k++) {
                size_t at = state_no(p, st->from[k]);

                from = at < p->n_states && reached[at];
            }
            grown |= reached[to] = from;
        }
    }
}

/* A required field is missing in a state when every way there asks for it. A state that no step leads to (another record or a timer
 * moves there) asks what every first step asks. */
static bool is_needed_in(const struct takeover *t, const struct field *f, size_t state,
                         const bool *reached, const bool *around)
{
    const struct procedure *p = t->reg->procedure;
    bool any = false;

    if (reached[state])
        return !around[state];
    for (size_t i = 0; i < p->n_steps; i++)
        if (p->steps[i].makes_record) {
            if (!asks(&p->steps[i], f))
                return false;
            any = true;
        }
    return any;
}

int takeover_find_needed(struct takeover *t)
{
    const struct procedure *p = t->reg->procedure;
    bool *reached = arena_alloc(t->arena, p->n_states + 1);

    t->needed = arena_alloc_n(t->arena, p->n_states + 1, sizeof(*t->needed));
    if (!reached || !t->needed)
        return -ENOMEM;
    reach(p, NULL, reached);
    for (size_t s = 0; s < p->n_states; s++)
        if (!(t->needed[s] = arena_alloc(t->arena, t->reg->n_fields + 1)))
            return -ENOMEM;
    for (size_t i = 0; i < t->reg->n_fields; i++) {
        const struct field *f = &t->reg->fields[i];
        bool *around = arena_alloc(t->arena, p->n_states + 1);

        if (!around)
            return -ENOMEM;
        if (!f->required || f->type == FIELD_FILE || field_is_keyed(f) || f->measured)
            continue;
        reach(p, f, around);
        for (size_t s = 0; s < p->n_states; s++)
            t->needed[s][i] = is_needed_in(t, f, s, reached, around);
    }
    return 0;
}

/* ---- against its rules ---- */

static bool is_needed_always(const struct takeover *t, size_t field)
{
    const struct procedure *p = t->reg->procedure;
    bool always = p->n_states > 0;

    for (size_t s = 0; s < p->n_states; s++)
        always = always && t->needed[s][field];
    return always;
}

/* A row without a state is told what every state asks for, so that this need not wait for the next attempt. */
static int judge_needed(struct takeover *t, const struct placed *at, const struct takeover_row *r)
{
    size_t s = r->state ? state_no(t->reg->procedure, r->state->id) : 0;
    int e = 0;

    for (size_t i = 0; !e && i < t->reg->n_fields; i++) {
        const struct field *f = &t->reg->fields[i];

        if (json_object_get(r->values, f->id))
            continue;
        if (!r->state && is_needed_always(t, i))
            e = takeover_fault_of(t, at->row, takeover_column_of(t, f), f->title, "を記入してください。どの状態の記録にも必要です",
                                  "must be filled in for a record in any state");
        else if (r->state && t->needed[s][i])
            e = takeover_fault_of(t, at->row, takeover_column_of(t, f), f->title,
                                  "を記入してください。この状態の記録には必要です",
                                  "must be filled in for a record in this state");
    }
    return e;
}

/* With the unit, where the value is unique within one. */
static int rival_key(const struct takeover_row *r, const struct field *f, const json_t *v, struct buf *out)
{
    int e = f->within ? buf_printf(out, "%s ", json_str(r->values, f->within->id)) : 0;

    return e ? e : index_key(f, v, out);
}

/* Against the other rows of the table; the store's are asked by deed_unique(). */
static int judge_rivals(struct takeover *t, const struct placed *at, const struct takeover_row *r)
{
    int e = 0;

    for (size_t i = 0; !e && i < t->reg->n_fields; i++) {
        const struct field *f = &t->reg->fields[i];
        const json_t *v = json_object_get(r->values, f->id);
        CLEANUP(buf_done) struct buf key;
        size_t other;

        buf_init(&key, 4096);
        if (f->unique == UNIQUE_NO || !v || (f->unique == UNIQUE_OPEN && r->state->is_end) ||
            (e = rival_key(r, f, v, &key))) {
            e = MIN_OF(e, 0);
            continue;
        }
        e = takeover_see(t, f->id, key.at, at->row, &other);
        if (!e && other)
            e = takeover_fault_twice(t, at->row, takeover_column_of(t, f), other);
    }
    return e;
}

static int judge_unique(struct takeover *t, struct placed *at, const struct takeover_row *r)
{
    struct deed d = {.sc = &at->sc};
    struct taken taken;
    const char *key;
    json_t *v;
    int e = 0;

    json_object_foreach (r->values, key, v) {
        const struct field *f = reg_field(t->reg, key);

        if (!e && f && !field_is_personal(f))
            e = record_set(at->sc.hand, f, v, NULL);
    }
    at->sc.hand->state = r->state->id;
    record_touch(at->sc.hand);
    if (e || (e = deed_unique(&d, &taken)) || !taken.field)
        return e;
    return takeover_fault_of(t, at->row, takeover_column_of(t, taken.field), taken.field->title,
                             "が他の記録と重複しています", "is the same as in another record");
}

static int judge_size(struct takeover *t, const struct placed *at, const struct takeover_row *r)
{
    size_t size = 0;
    const char *key;
    json_t *v;

    json_object_foreach (r->values, key, v) {
        const struct field *f = reg_field(t->reg, key);

        if (f && !field_is_personal(f))
            size += json_dumpb(v, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    }
    return size <= INPUT_MAX_BYTES
               ? 0
               : takeover_fault(t, at->row, -1, "この行は大きすぎて記録できません",
                                "this row is too large to be entered");
}

/* Administrators read the table before it is adopted, as a file: it brings what its directive lets out as one, and not more. What is above is read by its own
 * readers alone, each time as an entry. */
static int judge_label(struct takeover *t, struct placed *at)
{
    int cap = release_cap(RELEASE_EXPORT, release_pack_cap(t->reg->pack, RELEASE_EXPORT));
    const char *ja, *en;
    struct label label;
    int e = t->reg->label ? label_of_itself(&at->sc, at->sc.hand, &label) : 1;

    if (e || label.confidentiality <= cap)
        return MIN_OF(e, 0);
    ja = arena_printf(t->arena, "この行の記録は機密性%dになり、ファイルとして出せる機密性%dを超えるため、表からは引き継げません。記録ごとに、その手続で登録してください", label.confidentiality, cap);
    en = arena_printf(t->arena, "would be of confidentiality %d, above the %d that may leave as a file: no table brings such a record, since administrators read it; enter it by its own step",
                      label.confidentiality, cap);
    return ja && en ? takeover_fault(t, at->row, -1, ja, en) : -ENOMEM;
}

int takeover_judge_row(struct takeover *t, struct placed *at, const json_t *cells,
                       struct takeover_row *r)
{
    size_t before = t->n_faults;
    int e;

    *r = (struct takeover_row){.former = "", .values = json_object(), .parties = json_object()};
    if (!r->values || !r->parties)
        return -ENOMEM;
    if (json_array_size(cells) != t->n_columns)
        return takeover_fault(t, at->row, -1, "セルの数が見出しの数と違います",
                              "has another number of cells than there are headings");
    at->sc.procedure = t->reg->procedure;
    if ((e = stage_new_record(&at->sc, t->reg, &at->sc.hand)) ||
        (e = takeover_judge_cells(t, at, cells, r)) || (e = judge_needed(t, at, r)) || !r->state)
        return e;
    if ((e = judge_rivals(t, at, r)) || t->n_faults > before)
        return e;
    if ((e = judge_size(t, at, r)) || (e = judge_unique(t, at, r)))
        return e;
    return judge_label(t, at);
}
