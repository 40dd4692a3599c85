/* Applying a plan: rows become changes of persons and appointments, told by cell where they cannot be; then the builder of the
 * force makes and judges the snapshot, as it does with every other one. */
#include "force/cells.h"
#include "force/plan-inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* The rows of one person, by first day. */
struct group {
    struct plan_line **lines;
    size_t n;
    const struct person *known; /* of the force; NULL: comes */
    struct person *person;      /* as he will be */
    int32_t leaving;            /* FORCE_OPEN: stays */
};

/* Appointments are changed in a copy; one that is dropped ends before it begins. */
static struct appointment *existing(struct plan_judge *j, const struct group *g, size_t i)
{
    const struct appointment **at;
    size_t n = g->known ? force_appointments_of(j->f, g->known, &at) : 0;

    return i < n ? &j->appointments[at[i] - j->f->appointments] : NULL;
}

static bool is_at(const struct appointment *a, const struct plan_line *line)
{
    return a->unit == line->unit && a->post == line->post;
}

static bool overlaps(const struct appointment *a, int32_t from, int32_t to)
{
    return a->from_day <= a->to_day && a->from_day <= to && from <= a->to_day;
}

/* ---- persons ---- */

static struct person *add_person(struct plan_judge *j, const struct plan_line *line)
{
    struct person *p = &j->persons[j->n_persons++];

    *p = (struct person){.id = line->id, .name = line->name, .kana = line->kana, .name_en = "", .rank = line->rank,
                         .from_day = FORCE_OPEN, .to_day = FORCE_OPEN};
    return p;
}

/* Who comes serves from his first appointment on. */
static void find_person(struct plan_judge *j, struct group *g)
{
    struct plan_line *first = g->lines[0];

    g->known = first->known;
    g->leaving = FORCE_OPEN;
    for (size_t i = 0; i < g->n; i++)
        if (g->lines[i]->leaves)
            g->leaving = g->lines[i]->leaving;
    if (g->known) {
        g->person = &j->persons[g->known - j->f->persons];
        return;
    }
    g->person = add_person(j, first);
    for (size_t i = 0; i < g->n; i++)
        if (g->lines[i]->appoints)
            g->person->from_day = MIN_OF(g->person->from_day, g->lines[i]->from);
    if (g->person->from_day == FORCE_OPEN)
        plan_fault(j, first, PLAN_PERSON, MSG_PLAN_NO_PERSON, {"value", str_of(first->id)});
}

/* ---- last days ---- */

/* A regular appointment without one ends when the next of the plan begins. */
static void chain_regulars(struct plan_judge *j, struct group *g)
{
    struct plan_line *before = NULL;

    for (size_t i = 0; i < g->n; i++) {
        struct plan_line *line = g->lines[i];

        if (!line->appoints || line->kind != APPOINT_REGULAR)
            continue;
        if (before && !before->has_to)
            before->to = line->from - 1;
        else if (before && before->to >= line->from)
            plan_fault(j, line, PLAN_FROM, MSG_PLAN_OVERLAP, {"line", plan_line_text(j, before)});
        before = line;
    }
}

static void cap_by_leaving(struct plan_judge *j, struct group *g)
{
    for (size_t i = 0; i < g->n && g->leaving != FORCE_OPEN; i++) {
        struct plan_line *line = g->lines[i];
        struct str day = plan_day_text(j, g->leaving);

        if (line->appoints && line->from > g->leaving)
            plan_fault(j, line, PLAN_FROM, MSG_PLAN_AFTER_LEAVING, {"day", day});
        else if (line->has_to && line->to > g->leaving)
            plan_fault(j, line, PLAN_TO, MSG_PLAN_AFTER_LEAVING, {"day", day});
        else if (line->appoints)
            line->to = MIN_OF(line->to, g->leaving);
    }
}

/* ---- what stands already ---- */

static void end_one(struct plan_judge *j, struct group *g, struct plan_line *line)
{
    struct appointment *a;

    for (size_t i = 0; (a = existing(j, g, i)); i++)
        if (is_at(a, line) && a->kind == line->kind && overlaps(a, line->to, line->to)) {
            a->to_day = line->to;
            return;
        }
    plan_fault(j, line, PLAN_TO, MSG_PLAN_NOTHING_TO_END, {"unit", plan_shown(j, line, PLAN_UNIT)},
               {"post", plan_shown(j, line, PLAN_POST)}, {"day", plan_day_text(j, line->to)});
}

/* The regular appointment that the first new one ends. */
static void end_present(struct plan_judge *j, struct group *g, struct plan_line *line)
{
    struct appointment *a;

    for (size_t i = 0; (a = existing(j, g, i)); i++) {
        if (a->kind != APPOINT_REGULAR || a->from_day >= line->from || a->to_day < line->from)
            continue;
        if (is_at(a, line))
            plan_fault(j, line, PLAN_POST, MSG_PLAN_HOLDS, {"unit", plan_shown(j, line, PLAN_UNIT)},
                       {"post", plan_shown(j, line, PLAN_POST)});
        else
            a->to_day = line->from - 1;
    }
}

static void check_free(struct plan_judge *j, struct group *g, struct plan_line *line)
{
    struct appointment *a;

    for (size_t i = 0; !line->is_bad && (a = existing(j, g, i)); i++) {
        if (a->kind != line->kind || !overlaps(a, line->from, line->to))
            continue;
        if (line->kind == APPOINT_REGULAR || is_at(a, line))
            plan_fault(j, line, PLAN_FROM, MSG_PLAN_STANDS, {"unit", str_of(a->unit->id)}, {"post", str_of(a->post->id)},
                       {"day", a->from_day == INT32_MIN ? STR("…") : plan_day_text(j, a->from_day)});
    }
}

/* An id that no other appointment has: those of one table differ by their line, those of earlier plans by what follows. */
static const char *fresh_id(struct plan_judge *j, const struct plan_line *line)
{
    CLEANUP(buf_done) struct buf day;
    const char *id = NULL;

    buf_init(&day, 32);
    if (day_print_iso(line->from, &day))
        return NULL;
    for (unsigned n = 1; !id || id_index_find(&j->f->by_id[FORCE_APPOINTMENTS], id); n++)
        if (!(id = arena_printf(j->arena, n == 1 ? "plan-%s-%u" : "plan-%s-%u-%u", day.at, line->no, n)))
            return NULL;
    return id;
}

static void add_appointment(struct plan_judge *j, struct group *g, const struct plan_line *line)
{
    const char *id = fresh_id(j, line);

    if (!id) {
        j->out_of_memory = true;
        return;
    }
    j->appointments[j->n_appointments++] =
        (struct appointment){.id = id, .person = g->person, .post = line->post, .unit = line->unit, .kind = line->kind,
                             .from_day = line->from, .to_day = line->to};
}

static void leave(struct plan_judge *j, struct group *g)
{
    struct appointment *a;

    g->person->to_day = g->leaving;
    for (size_t i = 0; (a = existing(j, g, i)); i++)
        a->to_day = MIN_OF(a->to_day, g->leaving);
}

static void apply_group(struct plan_judge *j, struct group *g)
{
    bool ended = false;

    find_person(j, g);
    chain_regulars(j, g);
    cap_by_leaving(j, g);
    for (size_t i = 0; i < g->n; i++)
        if (g->lines[i]->ends && !g->lines[i]->is_bad)
            end_one(j, g, g->lines[i]);
    for (size_t i = 0; i < g->n; i++) {
        struct plan_line *line = g->lines[i];

        if (!line->appoints || line->is_bad)
            continue;
        if (line->kind == APPOINT_REGULAR && !ended) {
            end_present(j, g, line);
            ended = true;
        }
        check_free(j, g, line);
        if (!line->is_bad)
            add_appointment(j, g, line);
    }
    if (g->leaving != FORCE_OPEN)
        leave(j, g);
}

/* Rows of which a cell is wrong are told already; what hangs on them is not told again. */
static void apply(struct plan_judge *j)
{
    for (size_t i = 0, end; i < j->n; i = end) {
        struct group g = {.lines = &j->sorted[i]};
        bool is_bad = false;

        for (end = i; end < j->n && j->sorted[i]->id && j->sorted[end]->id &&
                      strcmp(j->sorted[i]->id, j->sorted[end]->id) == 0;
             end++)
            is_bad = is_bad || j->sorted[end]->is_bad;
        end = MAX_OF(end, i + 1);
        g.n = end - i;
        if (!is_bad && j->sorted[i]->id)
            apply_group(j, &g);
    }
}

/* ---- a head's post has one holder ---- */

static int32_t last_day(const struct plan_judge *j, const struct appointment *a)
{
    size_t n = j->f->n[FORCE_PERSONS];
    const struct person *p = a->person;

    if (p >= j->f->persons && p < j->f->persons + n)
        p = &j->persons[p - j->f->persons];
    return MIN_OF(a->to_day, p->to_day);
}

static const struct appointment *other_holder(const struct plan_judge *j, const struct plan_line *line)
{
    for (size_t i = 0; i < j->n_appointments; i++) {
        const struct appointment *a = &j->appointments[i];

        if (is_at(a, line) && a->kind != APPOINT_ACTING && strcmp(a->person->id, line->id) != 0 &&
            a->from_day <= line->to && line->from <= last_day(j, a) && a->from_day <= a->to_day)
            return a;
    }
    return NULL;
}

static void check_heads(struct plan_judge *j)
{
    for (size_t i = 0; i < j->n; i++) {
        struct plan_line *line = &j->lines[i];
        const struct appointment *a;

        if (line->is_bad || !line->appoints || line->kind == APPOINT_ACTING || !line->post->is_head)
            continue;
        if ((a = other_holder(j, line)))
            plan_fault(j, line, PLAN_POST, MSG_PLAN_SINGLE, {"unit", plan_shown(j, line, PLAN_UNIT)},
                       {"post", plan_shown(j, line, PLAN_POST)}, {"person", str_of(a->person->name)},
                       {"id", str_of(a->person->id)}, {"day", plan_day_text(j, MAX_OF(a->from_day, line->from))});
    }
}

/* ---- the snapshot ---- */

static void drop_empty(struct plan_judge *j)
{
    size_t kept = 0;

    for (size_t i = 0; i < j->n_appointments; i++)
        if (j->appointments[i].from_day <= j->appointments[i].to_day)
            j->appointments[kept++] = j->appointments[i];
    j->n_appointments = kept;
}

/* Through the same texts and the same builder as an import. */
static int make_force(struct plan_judge *j, struct force **ret)
{
    struct buf tables[FORCE_FILES];
    struct str texts[FORCE_FILES];
    struct force changed = *j->f;
    int r = 0;

    changed.persons = j->persons;
    changed.appointments = j->appointments;
    changed.n[FORCE_PERSONS] = j->n_persons;
    changed.n[FORCE_APPOINTMENTS] = j->n_appointments;
    for (enum force_file file = FORCE_UNITS; file < FORCE_FILES; file++) {
        buf_init(&tables[file], CSV_MAX_BYTES);
        if (!r)
            r = force_export(&changed, file, &tables[file]);
        texts[file] = buf_str(&tables[file]);
    }
    if (!r)
        r = force_load_texts(texts, ret, j->diag);
    for (enum force_file file = FORCE_UNITS; file < FORCE_FILES; file++)
        buf_done(&tables[file]);
    return r > 0 ? PLAN_E_INVALID : r;
}

/* ---- what is told about it ---- */

static void add_day(struct plan_judge *j, struct plan *p, int32_t day)
{
    size_t i = 0;

    while (i < p->n_days && p->days[i] < day)
        i++;
    if (i < p->n_days && p->days[i] == day)
        return;
    if (p->n_days == PLAN_DAYS_MAX) {
        if (j->n_faults == 0)
            diag_tell(j->diag, DIAG_ERROR, ((struct diag_place){.file = j->name}), MSG_PLAN_MANY_DAYS,
                      FORCE_NUMBER("max", PLAN_DAYS_MAX));
        j->n_faults++;
        return;
    }
    memmove(&p->days[i + 1], &p->days[i], (p->n_days - i) * sizeof(p->days[0]));
    p->days[i] = day;
    p->n_days++;
}

static void add_row(struct plan_judge *j, struct plan *p, const struct plan_line *line, enum plan_deed deed)
{
    struct plan_row *row = &p->rows[p->n_rows++];

    *row = (struct plan_row){.deed = deed, .person = force_person(p->after, line->id), .kind = line->kind,
                             .from_day = line->from, .to_day = line->to, .is_new = !line->known};
    if (deed == PLAN_LEAVE) {
        row->from_day = row->to_day = line->leaving;
    } else {
        row->post = force_post(p->after, line->post->id);
        row->unit = force_unit(p->after, line->unit->id);
    }
    if (deed == PLAN_APPOINT)
        add_day(j, p, line->from);
    if (row->to_day < day_from_civil((struct civil){9999, 12, 31}))
        add_day(j, p, row->to_day + 1);
}

static void add_promotion(struct plan *p, const struct plan_line *line)
{
    if (line->known && line->rank && line->rank != line->known->rank)
        p->promotions[p->n_promotions++] =
            (struct plan_promotion){force_person(p->after, line->id), force_rank(p->after, line->rank->id), line->from};
}

static void add_rows(struct plan_judge *j, struct plan *p, const struct plan_line *line)
{
    if (line->appoints || line->ends)
        add_row(j, p, line, line->appoints ? PLAN_APPOINT : PLAN_END);
    if (line->leaves)
        add_row(j, p, line, PLAN_LEAVE);
    add_promotion(p, line);
}

int plan_tell(struct plan_judge *j, struct plan *p)
{
    p->rows = arena_alloc_n(p->arena, 2 * j->n + 1, sizeof(*p->rows));
    p->promotions = arena_alloc_n(p->arena, j->n + 1, sizeof(*p->promotions));
    p->persons = arena_alloc_n(p->arena, j->n + 1, sizeof(const struct person *));
    if (!p->rows || !p->promotions || !p->persons)
        return -ENOMEM;
    for (size_t i = 0; i < j->n; i++)
        if (!j->lines[i].is_bad && force_person(p->after, j->lines[i].id))
            add_rows(j, p, &j->lines[i]);
    for (size_t i = 0; i < j->n; i++) {
        const struct person *who = j->sorted[i]->is_bad ? NULL : force_person(p->after, j->sorted[i]->id);

        if (who && (!p->n_persons || p->persons[p->n_persons - 1] != who))
            p->persons[p->n_persons++] = who;
    }
    return 0;
}

int plan_build(struct plan_judge *j, struct plan *ret)
{
    size_t n_persons = j->f->n[FORCE_PERSONS], n_appointments = j->f->n[FORCE_APPOINTMENTS];
    int r;

    j->persons = arena_alloc_n(j->arena, n_persons + j->n + 1, sizeof(*j->persons));
    j->appointments = arena_alloc_n(j->arena, n_appointments + j->n + 1, sizeof(*j->appointments));
    if (!j->persons || !j->appointments)
        return -ENOMEM;
    memcpy(j->persons, j->f->persons, n_persons * sizeof(*j->persons));
    memcpy(j->appointments, j->f->appointments, n_appointments * sizeof(*j->appointments));
    j->n_persons = n_persons;
    j->n_appointments = n_appointments;
    apply(j);
    check_heads(j);
    if (j->out_of_memory)
        return -ENOMEM;
    if (j->n_faults)
        return PLAN_E_INVALID;
    drop_empty(j);
    if ((r = make_force(j, &ret->after)) || (r = plan_tell(j, ret)))
        return r;
    return j->n_faults ? PLAN_E_INVALID : 0;
}
