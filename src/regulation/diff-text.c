#include "regulation/diff-text.h"

#include "regulation/describe.h"
#include "regulation/pack-print.h"
#include "regulation/reader.h"

#include <errno.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)32 << 20)
#define LINE_MAX_BYTES ((size_t)64 << 10)

static void words(const char *before, const char *const *at, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? before : ",", at[i]);
}

static void clauses(const struct clause_list *l, struct buf *out)
{
    for (size_t i = 0; i < l->n; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " [" : ",", l->at[i]->id);
    if (l->n > 0)
        (void)buf_add_char(out, ']');
}

static void ref_after(const char *before, const struct ref *r, struct buf *out)
{
    if (r->kind == REF_NONE)
        return;
    (void)buf_add_text(out, before);
    (void)ref_print(r, out);
}

static void duration_after(const char *before, bool by_param, const struct param *param, struct duration d, struct buf *out)
{
    (void)buf_add_text(out, before);
    if (by_param)
        (void)buf_printf(out, "parameter %s", param->id);
    else
        (void)duration_print(d, out);
}

/* ---- each kind ---- */

static void role_line(const struct role *r, struct buf *out)
{
    (void)buf_printf(out, "role %s", r->id);
    words(" post ", r->posts, r->n_posts, out);
    words(" within ", r->within, r->n_within, out);
    if (r->in_kind != NULL && r->in_kind[0] != '\0')
        (void)buf_printf(out, " in %s", r->in_kind);
    if (r->reg != NULL)
        (void)buf_printf(out, " register %s", r->reg->id);
    words(" in ", r->in_states, r->n_in_states, out);
    if (r->source == ROLE_BY_DUTY)
        (void)buf_printf(out, " duty %s%s", r->duty, r->off_hours != NULL ? " off-hours" : "");
    if (r->source == ROLE_BY_RANK)
        (void)buf_printf(out, " rank %s", r->rank);
    if (r->source == ROLE_BY_PARAMETER)
        (void)buf_printf(out, " named by %s", r->named_by->id);
    for (size_t i = 0; i < r->n_ranks; i++)
        (void)buf_printf(out, "%s%s in %s", i == 0 ? " but " : ", ", r->ranks[i].rank, r->ranks[i].unit_kind);
    (void)buf_printf(out, "%s%s%s%s", r->per_unit ? " of unit" : "", r->acting ? " acting" : "", r->senketsu ? " senketsu" : "",
                     r->daiketsu ? " daiketsu" : "");
}

int diff_role_line(const struct role *r, struct buf *out)
{
    role_line(r, out);
    return buf_error(out);
}

static void field_line(const char *id, const struct field *f, struct buf *out)
{
    static const char *const uniques[] = {"", " unique-open", " unique-ever"};

    (void)buf_printf(out, "field %s %s%s%s%s%s max %zu", id, field_type_name(f->type), f->required ? " required" : "", f->personal ? " personal" : "",
                     f->is_plain ? " plain" : "", uniques[f->unique], f->max);
    if (f->within_id[0] != '\0')
        (void)buf_printf(out, " within %s", f->within_id);
    for (size_t i = 0; f->secret != NULL && i < f->secret->n_known; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " known to " : ",", f->secret->known_ids[i]);
    for (size_t i = 0; f->secret != NULL && i < f->secret->n_made; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " not made of " : ",", f->secret->made_ids[i]);
    if (f->secret != NULL && f->secret->joined_id[0] != '\0')
        (void)buf_printf(out, " joined by %s=%s", f->secret->joined_id, f->secret->joined_choice);
    if (f->min != 0)
        (void)buf_printf(out, " min %lld", (long long)f->min);
    for (size_t i = 0; i < f->n_choices; i++)
        if (f->has_levels)
            (void)buf_printf(out, "%s%s %d", i == 0 ? " of " : ",", f->choices[i].id, f->choices[i].level);
        else
            (void)buf_printf(out, "%s%s", i == 0 ? " of " : ",", f->choices[i].id);
    if (f->reg != NULL)
        (void)buf_printf(out, " of %s", f->reg->id);
    ref_after(" default ", &f->initial, out);
}

static void effect_line(const struct effect *e, struct buf *out)
{
    (void)buf_add_text(out, effect_kind_name(e->kind));
    ref_after(" ", &e->of, out);
    if (e->reg != NULL)
        (void)buf_printf(out, " %s", e->reg->id);
    if (e->lock != NULL && e->lock[0] != '\0')
        (void)buf_printf(out, " %s", e->lock);
    wheres_describe(e->wheres, e->n_wheres, out);
    words(" in ", e->in_states, e->n_in_states, out);
    if (e->state != NULL && e->state[0] != '\0')
        (void)buf_printf(out, " to %s", e->state);
    ref_after(" for each ", &e->for_each, out);
    for (size_t i = 0; i < e->n_sets; i++) {
        (void)buf_printf(out, " %s:", e->sets[i].field->id);
        (void)ref_print(&e->sets[i].value, out);
    }
    for (size_t i = 0; i < e->n_tolds; i++) {
        (void)buf_printf(out, " %s", e->tolds[i].role != NULL ? e->tolds[i].role->id : "person ");
        ref_after("", &e->tolds[i].person, out);
    }
    if (e->only_if != NULL) {
        (void)buf_add_text(out, " if ");
        IGNORE(cond_describe(e->only_if, out), "sticky: the buffer tells at the end");
    }
}

static void reminders_line(const struct obligation *o, struct buf *out)
{
    for (size_t i = 0; i < o->n_reminders; i++) {
        const struct reminder *r = &o->reminders[i];

        if (r->day != 0) {
            (void)buf_printf(out, " remind day %d", r->day);
            continue;
        }
        (void)buf_add_text(out, r->is_after ? " remind after " : " remind before ");
        (void)duration_print(r->distance, out);
    }
    if (o->has_again) {
        (void)buf_add_text(out, " again ");
        (void)duration_print(o->again_every, out);
    }
}

static void obligation_line(const struct obligation *o, struct buf *out)
{
    static const char *const kinds[] = {"every ", "due", "every day"};

    (void)buf_printf(out, "obligation %s %s%s", o->rule, kinds[o->kind], o->kind == OBLIGE_PERIODIC ? calendar_period_name(o->every) : "");
    ref_after(" ", &o->due, out);
    draw_describe(o, out);
    words(" while ", o->while_states, o->n_while, out);
    if (o->met_by != NULL) {
        (void)buf_add_text(out, " met by ");
        IGNORE(cond_describe(o->met_by, out), "sticky: the buffer tells at the end");
    }
    reminders_line(o, out);
}

static void suspension_line(const char *id, const struct suspension *s, struct buf *out)
{
    (void)buf_add_text(out, id);
    words(" in ", s->in_states, s->n_in_states, out);
    during_describe(s->during, out);
    (void)buf_printf(out, " review %s", s->reviewed->id);
    for (size_t i = 0; i < s->n_sets; i++) {
        (void)buf_printf(out, " %s:", s->sets[i].field->id);
        (void)ref_print(&s->sets[i].value, out);
    }
}

static void lift_line(const char *id, const struct lift *l, struct buf *out)
{
    (void)buf_printf(out, "%s lifts", id);
    for (size_t i = 0; i < l->clauses.n; i++)
        (void)buf_printf(out, " %s", l->clauses.at[i]->id);
}

static void step_line(const char *id, const struct step *s, struct buf *out)
{
    (void)buf_printf(out, "step %s", id);
    words(" from ", s->from, s->n_from, out);
    (void)buf_printf(out, " to %s", s->to != NULL ? s->to : "same");
    for (size_t i = 0; i < s->n_asks; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " asks " : ",", s->asks[i]->id);
    for (size_t i = 0; i < s->n_signs; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " signs " : ",", s->signs[i]->id);
    if (s->does != NULL)
        (void)buf_printf(out, " does %s", s->does);
    if (s->lowers)
        (void)buf_add_text(out, " lowers");
    if (s->has_manifest)
        (void)buf_add_text(out, " manifest");
    if (s->ticket == NULL)
        return;
    if (s->ticket->way != NULL)
        (void)buf_printf(out, " way %s", s->ticket->way);
    for (size_t i = 0; i < s->ticket->n_contents; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " ticket contents " : ",",
                         s->ticket->contents[i]->id);
    for (size_t i = 0; i < s->ticket->n_binds; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " binds " : ",", s->ticket->binds[i]->id);
    (void)buf_printf(out, " until %s done %s broken %s", s->ticket->until->id, s->ticket->done,
                     s->ticket->broken);
}

static void label_from_line(const char *id, const char *word, const struct label_from *l, struct buf *out)
{
    (void)buf_printf(out, "%s %s", id, word);
    for (size_t axis = 0; axis < LABEL_AXES; axis++)
        for (size_t i = 0; i < l->n[axis]; i++)
            (void)buf_printf(out, " %s %s", label_axis_name((enum label_axis)axis), l->fields[axis][i]->id);
    for (size_t i = 0; i < l->n_records; i++)
        (void)buf_printf(out, " record %s", l->records[i]->id);
    if (l->parties.reg == NULL)
        return;
    (void)buf_printf(out, " parties %s of %s reader %s", l->parties.reg->id, l->parties.of->id, l->parties.reader->id);
    words(" in ", l->parties.states, l->parties.n_states, out);
}

static void held_by_text(const struct held_by *h, struct buf *out)
{
    const struct field *const single[] = {h->of, h->content, h->version, h->form, h->number};

    for (size_t i = 0; h->of != NULL && i < ARRAY_LEN(single); i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " holders of " : ",", single[i] != NULL ? single[i]->id : "-");
    for (size_t i = 0; i < h->n_holder; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " by " : ",", h->holder[i]->id);
    for (size_t i = 0; i < h->n_approval; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " approved by " : ",", h->approval[i]->id);
}

/* Rule ids of conditions and effects are their numbers; the text stands without, so that one more does not change all behind. */
static struct str without_number(const char *rule)
{
    return (struct str){rule, strcspn(rule, "#>@?")};
}

static void form_text(const struct form *f, struct buf *out)
{
    (void)buf_printf(out, "form %s %s %s heading %u", f->id, f->number, f->is_landscape ? "landscape" : "portrait", f->heading);
    words(" letter by ", f->from, f->n_from, out);
    for (size_t i = 0; i < f->n_stamps; i++) {
        (void)buf_printf(out, " stamp \"%s\"", f->stamps[i].title.en);
        words(" by ", f->stamps[i].acts, f->stamps[i].n_acts, out);
    }
    for (size_t i = 0; i < f->n_rows; i++) {
        (void)buf_add_text(out, i == 0 ? " rows" : " /");
        if (f->rows[i].side_rows != 0)
            (void)buf_printf(out, " \"%s\" %zu:", f->rows[i].side.en, f->rows[i].side_rows);
        for (size_t k = 0; k < f->rows[i].n; k++)
            (void)buf_printf(out, " %s", f->rows[i].cells[k].field->id);
    }
    for (size_t i = 0; i < f->n_table; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " table " : ",", f->table[i].field->id);
    for (size_t i = 0; i < f->n_notes; i++)
        (void)buf_printf(out, " note \"%s\"", f->notes[i].en);
}

static void part_line(const struct rule_row *row, struct buf *out)
{
    const struct label_def *label = row->part;
    const struct param *param = row->part;
    const struct period *period = row->part;
    const struct proc_role *role = row->part;
    const struct reg *reg = row->part;
    const struct retention *keep = row->part;

    switch (row->kind) {
    case RULE_EASING:
        (void)buf_printf(out, "%s", row->id);
        break;
    case RULE_PARAM:
        (void)buf_printf(out, "parameter %s %s", param->id, param->from != NULL ? "from a record" : param->is_set ? param->value : "unset");
        break;
    case RULE_ROLE:
        role_line(row->part, out);
        break;
    case RULE_LABEL:
        (void)buf_printf(out, "label %s C%d I%d A%d", label->id, label->confidentiality, label->integrity, label->availability);
        words(" ", label->restrictions, label->n_restrictions, out);
        break;
    case RULE_REGISTER:
        (void)buf_printf(out, "register %s label %s readable %s reads %s", reg->id, reg->label->id, reg->range->id, reg->reads != NULL ? "asked" : reg->reads_recorded ? "recorded" : "quiet");
        if (reg->draws_numbers && !reg->has_label_from)
            (void)buf_printf(out, " numbers drawn");
        for (size_t i = 0; i < reg->runs_by.n; i++)
            (void)buf_printf(out, "%s%s", i == 0 ? " numbers of a book " : ",", reg->runs_by.at[i]->id);
        if (reg->holds != HOLDS_NOTHING)
            (void)buf_printf(out, " holds %s", holds_name(reg->holds));
        for (size_t i = 0; i < reg->n_list; i++)
            (void)buf_printf(out, "%s%s", i == 0 ? " list " : ",", reg->list[i]->id);
        words(" files in ", reg->files_in, reg->n_files_in, out);
        held_by_text(&reg->held_by, out);
        if (reg->cover.is_any)
            (void)buf_printf(out, " cover of %s notes %s", reg->cover.of != NULL ? reg->cover.of->id : "this", reg->cover.notes != NULL ? reg->cover.notes->id : "-");
        for (size_t i = 0; i < reg->cover.n_to; i++)
            (void)buf_printf(out, "%s%s", i == 0 ? " to " : ",", reg->cover.to[i]->id);
        if (reg->stations.key != NULL)
            (void)buf_printf(out, " stations by %s until %s", reg->stations.key->id, reg->stations.until != NULL ? reg->stations.until->id : "-");
        if (reg->pages.key != NULL)
            (void)buf_printf(out, " pages by %s until %s", reg->pages.key->id, reg->pages.until != NULL ? reg->pages.until->id : "-");
        break;
    case RULE_FIELD:
        field_line(row->id, row->part, out);
        break;
    case RULE_READS:
        (void)buf_printf(out, "asked at reading: purpose%s", reg->reads->asks_case ? ", case" : "");
        break;
    case RULE_DAILY:
        (void)buf_printf(out, "each night %s/%s", reg->reads->daily->procedure->reg->id, reg->reads->daily->act);
        break;
    case RULE_LABEL_FROM:
        label_from_line(row->id, "from", &reg->label_from, out);
        break;
    case RULE_HELD_AS:
        label_from_line(row->id, "as", &reg->held_as, out);
        break;
    case RULE_RETENTION:
        if (keep->basis_param != NULL)
            (void)buf_printf(out, "retention by years of parameter %s ", keep->basis_param->id);
        duration_after(keep->basis_param != NULL ? "" : keep->basis == RETAIN_FISCAL ? "retention by fiscal year " : "retention by calendar year ", keep->by_param, keep->param, keep->keep,
                       out);
        (void)buf_printf(out, " of %s", row->id);
        words(" completed in ", keep->completed_in, keep->n_completed_in, out);
        break;
    case RULE_PROC_ROLE:
        (void)buf_printf(out, "%s holds %s", row->id, role->role->id);
        ref_after(" of ", &role->of, out);
        break;
    case RULE_PERIOD:
        (void)buf_printf(out, "%s", row->id);
        ref_after(" from ", &period->from, out);
        ref_after(" to ", &period->to, out);
        duration_after(" at most ", period->by_param, period->param, period->at_most, out);
        break;
    case RULE_STEP:
        step_line(row->id, row->part, out);
        break;
    case RULE_COND:
        (void)buf_printf(out, "%.*s asks ", STR_ARG(without_number(row->id)));
        IGNORE(cond_describe(row->part, out), "sticky: the buffer tells at the end");
        break;
    case RULE_EFFECT:
        (void)buf_printf(out, "%.*s does ", STR_ARG(without_number(row->id)));
        effect_line(row->part, out);
        break;
    case RULE_OBLIGATION:
        obligation_line(row->part, out);
        break;
    case RULE_SUSPEND:
        suspension_line(row->id, row->part, out);
        break;
    case RULE_LIFT:
        lift_line(row->id, row->part, out);
        break;
    case RULE_FORM:
        form_text(row->part, out);
        break;
    default:
        (void)buf_add_text(out, row->id);
    }
    clauses(&row->clauses, out);
}

/* ---- the table ---- */

/* Conditions inside others stand in the line of the outermost. */
static bool is_inner(const struct rule_row *row)
{
    const struct cond *c = row->kind == RULE_COND ? row->part : NULL;
    const char *number = c != NULL ? strchr(row->id, '#') : NULL;

    return c != NULL && (c->part != NULL || strchr(row->id, '?') != NULL || (number != NULL && strchr(number, '.') != NULL));
}

static int add_line(struct rule_lines *l, struct buf *b)
{
    l->at[l->n] = buf_error(b) == 0 ? arena_strdup(l->arena, buf_str(b)) : NULL;
    return l->at[l->n++] != NULL ? 0 : -ENOMEM;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What labels.yaml says beside the labels themselves: no rules of clauses, but who reads, what leaves and what is said with it. */
static int add_labels(struct rule_lines *l, const struct pack *p, struct buf *b)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < p->n_ranges; i++) {
        buf_clear(b);
        range_describe(&p->ranges[i], b);
        r = add_line(l, b);
    }
    for (size_t i = 0; r == 0 && i < p->n_channels; i++) {
        buf_clear(b);
        (void)buf_printf(b, "channel %s at most %d", p->channels[i].id, p->channels[i].at_most);
        r = add_line(l, b);
    }
    for (size_t i = 0; r == 0 && i < p->n_heeds; i++) {
        buf_clear(b);
        (void)buf_printf(b, "heed %s \"%s\" \"%s\"", p->heeds[i].of, p->heeds[i].say.ja, p->heeds[i].say.en);
        clauses(&p->heeds[i].clauses, b);
        r = add_line(l, b);
    }
    for (size_t i = 0; r == 0 && i < p->n_asks; i++) {
        buf_clear(b);
        (void)buf_add_text(b, "asks of");
        for (size_t k = 0; k < p->asks[i].n_of; k++)
            (void)buf_printf(b, " %s", p->asks[i].of[k]);
        (void)buf_printf(b, " \"%s\" \"%s\"", p->asks[i].say.ja, p->asks[i].say.en);
        clauses(&p->asks[i].clauses, b);
        r = add_line(l, b);
    }
    for (int c = 1; r == 0 && p->bears_tlp && c <= LABEL_CONFIDENTIALITY_MAX; c++) {
        buf_clear(b);
        (void)buf_printf(b, "%s marked %s, kept %s", confidentiality_word(c), tlp_name(p->tlp.mark[c - 1][0]), tlp_name(p->tlp.mark[c - 1][1]));
        r = add_line(l, b);
    }
    return r;
}

static int fill(struct rule_lines *l, const struct pack *p, const struct rule_table *t)
{
    CLEANUP(buf_done) struct buf b;
    int r = 0;

    buf_init(&b, LINE_MAX_BYTES);
    for (size_t i = 0; r == 0 && i < p->n_clauses; i++) {
        buf_clear(&b);
        (void)buf_printf(&b, "clause %s %s", p->clauses[i].id, clause_status_name(p->clauses[i].status));
        r = add_line(l, &b);
    }
    for (size_t i = 0; r == 0 && i < t->n; i++) {
        if (is_inner(&t->at[i]))
            continue;
        buf_clear(&b);
        part_line(&t->at[i], &b);
        r = add_line(l, &b);
    }
    return r != 0 ? r : add_labels(l, p, &b);
}

int rule_lines_load(const struct pack *pack, struct rule_lines *ret)
{
    struct rule_lines l = {.arena = arena_new(ARENA_MAX)};
    struct rule_table t = {0};
    int r = l.arena != NULL ? rule_table_load(pack, &t) : -ENOMEM;

    if (r == 0 && (l.at = arena_alloc_n(l.arena, pack->n_clauses + t.n + pack->n_ranges + pack->n_channels + pack->n_heeds + pack->n_asks + LABEL_CONFIDENTIALITY_MAX, sizeof(*l.at))) == NULL)
        r = -ENOMEM;
    if (r == 0)
        r = fill(&l, pack, &t);
    rule_table_done(&t);
    if (r != 0) {
        rule_lines_done(&l);
        return ERR(r);
    }
    qsort(l.at, l.n, sizeof(*l.at), compare_lines);
    *ret = l;
    return 0;
}

void rule_lines_done(struct rule_lines *l)
{
    arena_free(l->arena);
    *l = (struct rule_lines){0};
}
