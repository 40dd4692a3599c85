#include "regulation/pack-print.h"

#include "regulation/describe.h"
#include "regulation/reader.h"

#include <inttypes.h>

static const char *const cond_names[COND_KINDS] = {
    [COND_STATE] = "state", [COND_BY] = "by", [COND_SEPARATE] = "separate",
    [COND_HOLDS] = "holds", [COND_POST] = "post", [COND_SAME_PERSON] = "same-person", [COND_OTHER_PERSON] = "other-person", [COND_SUCCESSOR] = "same-or-successor", [COND_SUPERIOR] = "superior",
    [COND_RANK] = "rank", [COND_ON_DUTY] = "on-duty", [COND_ACTED_AS] = "acted-as", [COND_UNIT] = "unit",
    [COND_FILLED] = "filled", [COND_ONE_OF] = "one-of", [COND_NONE_OF] = "none-of", [COND_SAME] = "same", [COND_OTHER] = "other",
    [COND_AT_LEAST] = "at-least", [COND_AT_MOST] = "at-most", [COND_CONFIRMED] = "confirmed", [COND_WITHIN] = "within", [COND_COVERS] = "covers", [COND_HOST_IN] = "host-in",
    [COND_TIME_IS] = "is", [COND_TIME_NOT_BEFORE] = "not-before", [COND_TIME_NOT_AFTER] = "not-after",
    [COND_TIME_BEFORE] = "before", [COND_TIME_AFTER] = "after", [COND_PERIOD] = "period", [COND_OFF_HOURS] = "off-hours", [COND_ROSTER] = "roster",
    [COND_RECORD] = "record", [COND_STATE_OF] = "state-of", [COND_UNLOCKED] = "unlocked", [COND_LABEL] = "label", [COND_INHERITS] = "inherits",
    [COND_SCAN] = "scan", [COND_RETENTION] = "retention-over", [COND_PARAM] = "parameter",
    [COND_UNCHANGED] = "unchanged-since", [COND_LEAVES] = "leaves", [COND_NEVER] = "never", [COND_EACH] = "each", [COND_ALL] = "all", [COND_ANY] = "any", [COND_NOT] = "not",
};
static const char *const effect_names[] = {
    [EFFECT_SET] = "set", [EFFECT_MOVE] = "move", [EFFECT_MOVE_ALL] = "move-all", [EFFECT_CREATE] = "create", [EFFECT_COPY] = "copy",
    [EFFECT_LOCK] = "lock", [EFFECT_UNLOCK] = "unlock", [EFFECT_TELL] = "tell", [EFFECT_DISPOSE] = "dispose",
};

const char *cond_kind_name(enum cond_kind kind)
{
    return cond_names[kind];
}

const char *effect_kind_name(enum effect_kind kind)
{
    return effect_names[kind];
}

int ref_print(const struct ref *r, struct buf *out)
{
    static const char *const words[] = {
        [REF_NONE] = "-", [REF_LITERAL] = "", [REF_PARAM] = "parameter ", [REF_UNIT_KIND] = "unit-kind ", [REF_FIELD] = "", [REF_ROW] = "row.",
        [REF_THIS] = "this", [REF_ACTOR] = "actor", [REF_ACTOR_UNIT] = "actor.unit", [REF_TODAY] = "today", [REF_NOW] = "now",
        [REF_MONTH] = "month", [REF_PERIOD] = "period", [REF_PARTY] = "party.", [REF_DIGEST] = "digest"};
    static const char *const properties[] = {
        [PROP_NONE] = "", [PROP_ID] = ".id", [PROP_STATE] = ".state", [PROP_UNIT] = ".unit", [PROP_OPENED_ON] = ".opened_on", [PROP_NAME] = ".name",
        [PROP_FIRST] = ".first", [PROP_LAST] = ".last", [PROP_DIGEST] = ".digest", [PROP_HOST] = ".host", [PROP_MAIL] = ".mail", [PROP_HOSTS] = ".hosts",
        [PROP_LENGTH] = ".length", [PROP_COMMON] = ".common", [PROP_NAMED] = ".named", [PROP_OTHER] = ".other", [PROP_FORMER] = ".former"};

    (void)buf_add_text(out, words[r->kind]);
    if (r->kind == REF_LITERAL)
        (void)buf_printf(out, "\"%s\"", r->text);
    else if (r->kind == REF_PARAM)
        (void)buf_add_text(out, r->param->id);
    else if (r->kind == REF_UNIT_KIND || r->kind == REF_PARTY)
        (void)buf_add_text(out, r->text);
    for (unsigned i = 0; i < r->n_hops; i++)
        (void)buf_printf(out, "%s%s", i > 0 ? "." : "", r->hops[i]->id);
    (void)buf_add_text(out, properties[r->property]);
    if (r->has_shift) {
        (void)buf_add_text(out, r->shift_sign > 0 ? " plus " : " minus ");
        (void)duration_print(r->shift, out);
    }
    if (r->up_to != NULL)
        (void)buf_printf(out, " up to %s", r->up_to);
    if (r->in_working_days)
        (void)buf_add_text(out, " working-days");
    if (r->has_clock)
        (void)buf_printf(out, " at %02d:%02d", r->clock_minutes / 60, r->clock_minutes % 60);
    return buf_error(out);
}

static void words(const char *before, const char *const *at, size_t n, struct buf *out)
{
    if (n == 0)
        return;
    (void)buf_add_text(out, before);
    for (size_t i = 0; i < n; i++)
        (void)buf_printf(out, "%s%s", i > 0 ? "," : "", at[i]);
}

static void clauses(const struct clause_list *l, struct buf *out)
{
    if (l->n > 0)
        (void)buf_add_text(out, " [");
    for (size_t i = 0; i < l->n; i++)
        (void)buf_printf(out, "%s%s", i > 0 ? "," : "", l->at[i]->id);
    if (l->n > 0)
        (void)buf_add_text(out, "]");
}

static void ref_after(const char *before, const struct ref *r, struct buf *out)
{
    if (r->kind == REF_NONE)
        return;
    (void)buf_add_text(out, before);
    (void)ref_print(r, out);
}

static void wheres(const struct where *at, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        (void)buf_printf(out, "%s%s=", i == 0 ? " where " : ",", at[i].field->id);
        (void)ref_print(&at[i].value, out);
    }
}

static void bounded(const char *before, bool by_param, const struct param *param, struct duration d, struct buf *out)
{
    (void)buf_add_text(out, before);
    if (by_param)
        (void)buf_printf(out, "parameter %s", param->id);
    else
        (void)duration_print(d, out);
}

/* ---- registers ---- */

static void field(const struct field *f, unsigned indent, struct buf *out)
{
    static const char *const uniques[] = {"", " unique-open", " unique-ever"};

    (void)buf_printf(out, "%*s%s: %s", (int)indent, "", f->id, field_type_name(f->type));
    if (f->within_id[0] != '\0')
        (void)buf_printf(out, " unique-within %s", f->within_id);
    if (f->type == FIELD_RECORD)
        (void)buf_printf(out, " of %s", f->reg != NULL ? f->reg->id : "any");
    if (f->unit_kind[0] != '\0')
        (void)buf_printf(out, " of %s", f->unit_kind);
    if (f->of_id[0] != '\0')
        (void)buf_printf(out, " of-what %s names", f->of_id);
    (void)buf_printf(out, "%s%s%s%s%s max %zu", f->required ? " required" : "", f->personal ? " personal" : "", f->is_plain ? " plain" : "",
                     f->indexed ? " indexed" : "", uniques[f->unique], f->max);
    if (f->secret != NULL) {
        words(" known-to ", f->secret->known_ids, f->secret->n_known, out);
        words(" not-made-of ", f->secret->made_ids, f->secret->n_made, out);
        if (f->secret->joined_id[0] != '\0')
            (void)buf_printf(out, " joined-by %s=%s", f->secret->joined_id, f->secret->joined_choice);
    }
    if (f->min != 0)
        (void)buf_printf(out, " min %lld", (long long)f->min);
    for (unsigned one = MEASURED_MEDIA; one <= MEASURED_PROGRAM; one <<= 1)
        if ((f->measured & one) != 0)
            (void)buf_printf(out, " measured-by-%s", measurer_name(one));
    for (size_t i = 0; i < f->n_choices; i++)
        if (f->has_levels)
            (void)buf_printf(out, "%s%s %d", i == 0 ? " {" : ",", f->choices[i].id, f->choices[i].level);
        else
            (void)buf_printf(out, "%s%s", i == 0 ? " {" : ",", f->choices[i].id);
    if (f->n_choices > 0)
        (void)buf_add_text(out, "}");
    ref_after(" default ", &f->initial, out);
    if (f->addition.en[0] != '\0')
        (void)buf_add_text(out, " addition");
    clauses(&f->clauses, out);
    (void)buf_add_char(out, '\n');
    /* A group's columns, a list's element: no deeper. */
    for (size_t i = 0; i < f->n_fields && indent < 6; i++)
        field(&f->fields[i], indent + 2, out);
}

static void fields(const char *before, const struct field *const *at, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? before : ",", at[i]->id);
}

static void label_from(const char *before, const struct label_from *l, struct buf *out)
{
    (void)buf_add_text(out, before);
    for (size_t axis = 0; axis < LABEL_AXES; axis++) {
        if (l->n[axis] > 0)
            (void)buf_printf(out, " %s", label_axis_name((enum label_axis)axis));
        fields(" ", l->fields[axis], l->n[axis], out);
    }
    fields(" records ", l->records, l->n_records, out);
    fields(" originators ", l->originators, l->n_originators, out);
    if (l->parties.reg != NULL) {
        (void)buf_printf(out, " parties %s of %s reader %s", l->parties.reg->id, l->parties.of->id, l->parties.reader->id);
        words(" in ", l->parties.states, l->parties.n_states, out);
    }
    clauses(&l->clauses, out);
    (void)buf_add_char(out, '\n');
}

static void reads(const struct reads_rule *r, struct buf *out)
{
    (void)buf_printf(out, "  reads ask purpose%s", r->asks_case ? ",case" : "");
    clauses(&r->clauses, out);
    if (r->daily != NULL) {
        (void)buf_printf(out, " daily %s/%s", r->daily->procedure->reg->id, r->daily->act);
        for (unsigned i = 0; i < READS_FIELDS; i++)
            if (r->fields[i] != NULL)
                (void)buf_printf(out, " %s %s", reads_field_name(i), r->fields[i]->id);
        clauses(&r->daily_clauses, out);
    }
    (void)buf_add_char(out, '\n');
}

static void one_of_holders(const char *before, const struct field *f, struct buf *out)
{
    if (f != NULL)
        (void)buf_printf(out, " %s %s", before, f->id);
}

static void held_by(const struct held_by *h, struct buf *out)
{
    (void)buf_printf(out, "  holders of %s", h->of->id);
    one_of_holders("content", h->content, out);
    one_of_holders("version", h->version, out);
    one_of_holders("form", h->form, out);
    one_of_holders("number", h->number, out);
    fields(" holder ", h->holder, h->n_holder, out);
    fields(" approval ", h->approval, h->n_approval, out);
    (void)buf_add_char(out, '\n');
}

static void reg(const struct reg *r, struct buf *out)
{
    (void)buf_printf(out, "register %s prefix %s unit %s name %s label %s readable %s reads %s", r->id, r->prefix,
                     r->unit_field != NULL ? r->unit_field->id : "-", r->name_field != NULL ? r->name_field->id : "-", r->label->id,
                     r->range->id, r->reads != NULL ? "asked" : r->reads_recorded ? "recorded" : "quiet");
    if (r->draws_numbers && !r->has_label_from)
        (void)buf_printf(out, " numbers drawn");
    for (size_t i = 0; i < r->runs_by.n; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " numbers of a book " : ",", r->runs_by.at[i]->id);
    if (r->holds != HOLDS_NOTHING)
        (void)buf_printf(out, " holds %s", holds_name(r->holds));
    for (size_t i = 0; i < r->n_list; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " list " : ",", r->list[i]->id);
    clauses(&r->clauses, out);
    (void)buf_add_char(out, '\n');
    for (size_t i = 0; i < r->n_fields; i++)
        field(&r->fields[i], 2, out);
    for (size_t i = 0; i < r->n_spans; i++)
        (void)buf_printf(out, "  span \"%s\" from %s to %s\n", r->spans[i].title.en, r->spans[i].from->id, r->spans[i].to->id);
    if (r->has_label_from)
        label_from("  label from", &r->label_from, out);
    if (r->has_held_as)
        label_from("  held as", &r->held_as, out);
    if (r->reads != NULL)
        reads(r->reads, out);
    if (r->held_by.of != NULL)
        held_by(&r->held_by, out);
    if (r->cover.is_any) {
        (void)buf_printf(out, "  cover of %s notes %s", r->cover.of != NULL ? r->cover.of->id : "this", r->cover.notes != NULL ? r->cover.notes->id : "-");
        for (size_t i = 0; i < r->cover.n_to; i++)
            (void)buf_printf(out, " to %s", r->cover.to[i]->id);
        (void)buf_add_char(out, '\n');
    }
    if (r->stations.key != NULL)
        (void)buf_printf(out, "  stations key %s until %s\n", r->stations.key->id, r->stations.until != NULL ? r->stations.until->id : "-");
    if (r->pages.key != NULL)
        (void)buf_printf(out, "  pages certificate %s until %s\n", r->pages.key->id, r->pages.until != NULL ? r->pages.until->id : "-");
    if (r->n_files_in > 0) {
        words("  files in ", r->files_in, r->n_files_in, out);
        (void)buf_add_char(out, '\n');
    }
    if (!r->has_retention)
        return;
    words("  retention in ", r->retention.completed_in, r->retention.n_completed_in, out);
    (void)buf_printf(out, " on %s", r->retention.completed_on != NULL ? r->retention.completed_on->id : "-");
    bounded(" keep ", r->retention.by_param, r->retention.param, r->retention.keep, out);
    if (r->retention.basis_param != NULL)
        (void)buf_printf(out, " basis parameter %s", r->retention.basis_param->id);
    else
        (void)buf_add_text(out, r->retention.basis == RETAIN_CALENDAR ? " " RETAIN_BY_CALENDAR : " " RETAIN_BY_FISCAL);
    clauses(&r->retention.clauses, out);
    (void)buf_add_char(out, '\n');
}

/* ---- procedures ---- */

static void cond_in(const struct cond *c, const char *mark, unsigned indent, bool in_row, struct buf *out)
{
    (void)buf_printf(out, "%*s%s%s %s", (int)indent, "", mark, c->rule, cond_names[c->kind]);
    ref_after(" ", &c->subject, out);
    ref_after(" since ", &c->since, out);
    if (c->kind == COND_FILLED)
        (void)buf_add_text(out, c->wanted ? " yes" : " no");
    if (c->role != NULL)
        (void)buf_printf(out, " role %s", c->role->id);
    for (size_t i = 0; i < c->n_by; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " by " : ",", c->by[i]->id);
    if (c->kind == COND_BY && c->n_by == 0)
        (void)buf_add_text(out, " by anyone");
    if (c->reg != NULL)
        (void)buf_printf(out, " %s", c->reg->id);
    wheres(c->wheres, c->n_wheres, out);
    during_describe(c->during, out);
    words(" in ", c->words, c->n_words, out);
    words(" kinds ", c->kinds, c->n_kinds, out);
    words(" tells ", c->tells, c->n_tells, out);
    if (c->name[0] != '\0')
        (void)buf_printf(out, " name %s", c->name);
    if (c->param != NULL)
        (void)buf_printf(out, " parameter %s", c->param->id);
    if (c->period != NULL)
        (void)buf_printf(out, " %s", c->period->id);
    if (c->cover != NULL)
        cover_describe(c->cover, out);
    else if (c->count != COUNT_AT_LEAST)
        (void)buf_add_text(out, c->count == COUNT_NONE ? " none" : c->count == COUNT_FEWER_THAN ? " fewer-than" : " as-many-as");
    if (c->number != 0 && (c->count == COUNT_AT_LEAST || c->count == COUNT_FEWER_THAN) && c->cover == NULL)
        (void)buf_printf(out, " number %" PRId64, c->number);
    if (c->leaving != NULL)
        leaving_describe(c->leaving, out);
    ref_after(" other ", &c->other, out);
    (void)buf_add_text(out, c->is_not_yet ? " not-yet" : " forbidden");
    if (c->kind < COND_ALL && !in_row)
        (void)buf_printf(out, " leaf %u", c->leaf);
    clauses(&c->clauses, out);
    if (c->say.en[0] != '\0')
        (void)buf_printf(out, " say \"%s\"", c->say.en);
    if (c->part != NULL)
        (void)buf_printf(out, " part %s", c->part);
    (void)buf_add_char(out, '\n');
    /* The reader caps the nesting. */
    if (c->only_if != NULL)
        cond_in(c->only_if, "if ", indent + 2, in_row, out);
    for (size_t i = 0; i < c->n_children; i++)
        cond_in(c->children[i], "", indent + 2, in_row, out);
    for (size_t i = 0; c->inside != NULL && i < c->inside->n_children; i++)
        cond_in(c->inside->children[i], "", indent + 2, true, out);
}

static void cond(const struct cond *c, const char *mark, unsigned indent, struct buf *out)
{
    cond_in(c, mark, indent, false, out);
}

static void tolds(const struct told *at, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        (void)buf_printf(out, "%s%s", i == 0 ? " tell " : ", ", at[i].role != NULL ? at[i].role->id : "");
        ref_after(" of ", &at[i].of, out);
        ref_after("person ", &at[i].person, out);
    }
}

static void assignments(const struct assignment *sets, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        (void)buf_printf(out, "%s%s=", i == 0 ? " set " : ",", sets[i].field->id);
        (void)ref_print(&sets[i].value, out);
    }
}

static void effect(const struct effect *e, struct buf *out)
{
    (void)buf_printf(out, "    %s %s", e->rule, effect_names[e->kind]);
    if (e->reg != NULL)
        (void)buf_printf(out, " %s", e->reg->id);
    ref_after(" of ", &e->of, out);
    wheres(e->wheres, e->n_wheres, out);
    words(" in ", e->in_states, e->n_in_states, out);
    if (e->state[0] != '\0')
        (void)buf_printf(out, " to %s", e->state);
    ref_after(" for each ", &e->for_each, out);
    assignments(e->sets, e->n_sets, out);
    if (e->link != NULL)
        (void)buf_printf(out, " link %s", e->link->id);
    if (e->lock[0] != '\0')
        (void)buf_printf(out, " %s", e->lock);
    tolds(e->tolds, e->n_tolds, out);
    if (e->text.en[0] != '\0')
        (void)buf_printf(out, " \"%s\"", e->text.en);
    if (e->todo != NULL)
        (void)buf_printf(out, " do %s/%s", e->todo->procedure->reg->id, e->todo->act);
    (void)buf_add_text(out, e->urgent ? " urgent" : "");
    clauses(&e->clauses, out);
    (void)buf_add_char(out, '\n');
    if (e->only_if != NULL)
        cond(e->only_if, "if ", 6, out);
}

static void ticket(const struct ticket_rule *t, struct buf *out)
{
    if (t->way != NULL)
        (void)buf_printf(out, " way %s", t->way);
    fields(" ticket contents ", t->contents, t->n_contents, out);
    fields(" binds ", t->binds, t->n_binds, out);
    (void)buf_printf(out, " until %s done %s broken %s", t->until->id, t->done, t->broken);
}

static void step(const struct step *s, struct buf *out)
{
    (void)buf_printf(out, "  %s %s \"%s\"", s->is_correction ? "correction" : "step", s->act,
                     s->title.en);
    words(" from ", s->from, s->n_from, out);
    (void)buf_printf(out, " to %s%s%s%s%s", s->to != NULL ? s->to : "same", s->waits ? "" : " waits-not",
                     s->confirm ? " confirm" : "", s->lowers ? " lowers" : "", s->has_manifest ? " manifest" : "");
    if (s->does != NULL)
        (void)buf_printf(out, " does %s", s->does);
    fields(" asks ", s->asks, s->n_asks, out);
    fields(" signs ", s->signs, s->n_signs, out);
    if (s->ticket != NULL)
        ticket(s->ticket, out);
    clauses(&s->clauses, out);
    (void)buf_add_char(out, '\n');
    for (size_t i = 0; i < s->n_conds; i++)
        cond(s->conds[i], "", 4, out);
    for (size_t i = 0; i < s->n_effects; i++)
        effect(&s->effects[i], out);
}

static void notice_text(struct text2 text, bool urgent, struct buf *out)
{
    if (text.en[0] != '\0')
        (void)buf_printf(out, " \"%s\"", text.en);
    (void)buf_add_text(out, urgent ? " urgent\n" : "\n");
}

static void obligation(const struct obligation *o, struct buf *out)
{
    static const char *const kinds[] = {"every ", "due", "check every-day"};

    (void)buf_printf(out, "  obligation %s %s%s", o->rule, kinds[o->kind], o->kind == OBLIGE_PERIODIC ? calendar_period_name(o->every) : "");
    ref_after(" ", &o->due, out);
    draw_describe(o, out);
    words(" while ", o->while_states, o->n_while, out);
    if (o->by != NULL)
        (void)buf_printf(out, " by %s", o->by->id);
    ref_after(" of ", &o->by_of, out);
    if (o->todo != NULL)
        (void)buf_printf(out, " do %s/%s", o->todo->procedure->reg->id, o->todo->act);
    if (o->or_todo != NULL)
        (void)buf_printf(out, " or %s/%s", o->or_todo->procedure->reg->id, o->or_todo->act);
    clauses(&o->clauses, out);
    (void)buf_add_char(out, '\n');
    if (o->met_by != NULL)
        cond(o->met_by, "met by ", 4, out);
    for (size_t i = 0; i < o->n_reminders; i++) {
        const struct reminder *r = &o->reminders[i];

        if (r->day > 0)
            (void)buf_printf(out, "    remind day %d", r->day);
        else
            bounded(r->is_after ? "    remind after " : "    remind before ", false, NULL, r->distance, out);
        tolds(r->tolds, r->n_tolds, out);
        notice_text(r->text, r->urgent, out);
    }
    for (size_t i = 0; i < o->n_missed; i++)
        effect(&o->missed[i], out);
    if (!o->has_again)
        return;
    bounded("    again every ", false, NULL, o->again_every, out);
    tolds(o->again_tolds, o->n_again_tolds, out);
    notice_text(o->again_text, o->again_urgent, out);
}

static void constraint(const struct constraint *c, struct buf *out)
{
    (void)buf_printf(out, "  constraint %s of %s", c->rule, c->directive);
    words(" do ", c->acts, c->n_acts, out);
    for (size_t i = 0; i < c->n_matches; i++)
        (void)buf_printf(out, " %s=%s", c->matches[i].field->id, c->matches[i].path);
    words(" in ", c->in_states, c->n_in_states, out);
    clauses(&c->clauses, out);
    (void)buf_add_char(out, '\n');
    for (size_t i = 0; i < c->n_conds; i++)
        cond(c->conds[i], "", 4, out);
}

static void suspension(const struct suspension *s, struct buf *out)
{
    words("  suspends in ", s->in_states, s->n_in_states, out);
    during_describe(s->during, out);
    (void)buf_printf(out, " scope %s", s->scope->id);
    clauses(&s->clauses, out);
    (void)buf_add_char(out, '\n');
    for (size_t i = 0; i < s->n_lifts; i++) {
        (void)buf_printf(out, "    lifts %s", s->lifts[i].item);
        clauses(&s->lifts[i].clauses, out);
        (void)buf_add_char(out, '\n');
    }
    (void)buf_printf(out, "    review %s state %s act %s case %s", s->reviewed->id, s->state,
                     s->act_field->id, s->case_field->id);
    assignments(s->sets, s->n_sets, out);
    (void)buf_add_char(out, '\n');
}

static void procedure(const struct procedure *p, struct buf *out)
{
    (void)buf_printf(out, "procedure %s register %s leaves %u", p->id, p->reg->id, p->n_leaves);
    clauses(&p->clauses, out);
    (void)buf_add_char(out, '\n');
    for (size_t i = 0; i < p->n_states; i++)
        (void)buf_printf(out, "  state %s%s\n", p->states[i].id, p->states[i].is_end ? " end" : "");
    for (size_t i = 0; i < p->n_successions; i++)
        (void)buf_printf(out, "  succeeds %s as %s\n", p->successions[i].old, p->successions[i].state);
    for (size_t i = 0; i < p->n_roles; i++) {
        (void)buf_printf(out, "  role %s holds %s", p->roles[i].id, p->roles[i].role->id);
        ref_after(" of ", &p->roles[i].of, out);
        clauses(&p->roles[i].clauses, out);
        (void)buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < p->n_periods; i++) {
        const struct period *d = &p->periods[i];

        (void)buf_printf(out, "  period %s", d->id);
        ref_after(" from ", &d->from, out);
        ref_after(" to ", &d->to, out);
        bounded(" at most ", d->by_param, d->param, d->at_most, out);
        clauses(&d->clauses, out);
        (void)buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < p->n_conditions; i++)
        (void)buf_printf(out, "  condition %s uses %zu\n", p->conditions[i].id, p->conditions[i].n_uses);
    for (size_t i = 0; i < p->n_steps; i++)
        step(&p->steps[i], out);
    for (size_t i = 0; i < p->n_obligations; i++)
        obligation(&p->obligations[i], out);
    if (p->suspends != NULL)
        suspension(p->suspends, out);
    for (size_t i = 0; i < p->n_constrains; i++)
        constraint(&p->constrains[i], out);
}

/* ---- the rest ---- */

static void source(const struct param_source *s, struct buf *out)
{
    (void)buf_printf(out, " from %s", s->reg->id);
    wheres(s->wheres, s->n_wheres, out);
    words(" in ", s->in_states, s->n_in_states, out);
    during_describe(s->during, out);
    if (s->value != NULL)
        (void)buf_printf(out, " value %s", s->value->id);
}

static void head(const struct pack *p, struct buf *out)
{
    (void)buf_printf(out, "directive %s %s \"%s\" issued ", p->id, p->number, p->title.en);
    (void)day_print_iso(p->issued_day, out);
    (void)buf_add_text(out, " in force ");
    (void)day_print_iso(p->from_day, out);
    (void)buf_add_text(out, " to ");
    (void)day_print_iso(p->to_day, out);
    clauses(&p->clauses_of_head, out);
    (void)buf_add_char(out, '\n');
    for (size_t i = 0; i < p->n_authorities; i++) {
        const struct authority_rule *a = &p->authorities[i];

        (void)buf_printf(out, "%s %s %s issued ", a->is_predecessor ? "predecessor" : "authority", a->id, a->number);
        (void)day_print_iso(a->issued_day, out);
        if (a->is_predecessor) {
            (void)buf_add_text(out, " until ");
            (void)day_print_iso(a->until_day, out);
        }
        clauses(&a->clauses, out);
        (void)buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < p->n_easings; i++) {
        (void)buf_printf(out, "eases %s %s", easing_name(p->easings[i].of), p->easings[i].id);
        clauses(&p->easings[i].clauses, out);
        (void)buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < p->n_expiry_reminders; i++)
        bounded(i == 0 ? "expiry remind " : ",", false, NULL, p->expiry_reminders[i], out);
    for (size_t i = 0; i < p->n_expiry_told; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " tell " : ",", p->expiry_told[i]->id);
    if (p->n_expiry_told > 0) {
        (void)buf_printf(out, " stamp \"%s\"", p->expiry_stamp.en);
        if (p->has_expiry_again)
            bounded(" again ", false, NULL, p->expiry_again, out);
        clauses(&p->clauses_of_expiry, out);
        (void)buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < p->n_params; i++) {
        (void)buf_printf(out, "parameter %s %s%s", p->params[i].id, p->params[i].is_set ? "= " : "unset", p->params[i].value);
        if (p->params[i].from != NULL)
            source(p->params[i].from, out);
        words(" of ", p->params[i].choices, p->params[i].n_choices, out);
        clauses(&p->params[i].clauses, out);
        (void)buf_add_char(out, '\n');
    }
}

static void named(const char *what, const struct named *at, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        (void)buf_printf(out, "%s %s \"%s\"\n", what, at[i].id, at[i].title.en);
}

static void role(const struct role *r, struct buf *out)
{
    (void)buf_printf(out, "role %s%s", r->id, r->per_unit ? " per unit" : "");
    words(" posts ", r->posts, r->n_posts, out);
    if (r->in_kind[0] != '\0')
        (void)buf_printf(out, " in %s", r->in_kind);
    words(" within ", r->within, r->n_within, out);
    if (r->source == ROLE_BY_REGISTER)
        (void)buf_printf(out, " register %s person %s unit %s", r->reg->id, r->person_field->id, r->unit_field != NULL ? r->unit_field->id : "-");
    words(" in ", r->in_states, r->n_in_states, out);
    if (r->duty[0] != '\0')
        (void)buf_printf(out, " duty %s%s", r->duty, r->off_hours != NULL ? " off-hours" : "");
    if (r->rank[0] != '\0')
        (void)buf_printf(out, " rank %s", r->rank);
    if (r->source == ROLE_BY_PARAMETER)
        (void)buf_printf(out, " named by %s", r->named_by->id);
    for (size_t i = 0; i < r->n_ranks; i++)
        (void)buf_printf(out, "%s%s in %s", i == 0 ? " but " : ",", r->ranks[i].rank, r->ranks[i].unit_kind);
    (void)buf_printf(out, "%s%s%s", r->acting ? " acting" : "", r->senketsu ? " senketsu" : "", r->daiketsu ? " daiketsu" : "");
    clauses(&r->clauses, out);
    (void)buf_add_char(out, '\n');
}

static void range(const struct range *r, struct buf *out)
{
    range_describe(r, out);
    (void)buf_add_char(out, '\n');
}

static void labels(const struct pack *p, struct buf *out)
{
    for (size_t i = 0; i < p->n_labels; i++) {
        const struct label_def *l = &p->labels[i];

        (void)buf_printf(out, "label %s %d-%d-%d", l->id, l->confidentiality, l->integrity, l->availability);
        words(" ", l->restrictions, l->n_restrictions, out);
        clauses(&l->clauses, out);
        (void)buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < p->n_ranges; i++)
        range(&p->ranges[i], out);
    for (size_t i = 0; i < p->n_channels; i++)
        (void)buf_printf(out, "channel %s at most %d\n", p->channels[i].id, p->channels[i].at_most);
    for (size_t i = 0; i < p->n_heeds; i++) {
        (void)buf_printf(out, "heed %s \"%s\"", p->heeds[i].of, p->heeds[i].say.en);
        clauses(&p->heeds[i].clauses, out);
        (void)buf_add_char(out, '\n');
    }
    for (size_t i = 0; i < p->n_asks; i++) {
        words("asks of ", p->asks[i].of, p->asks[i].n_of, out);
        (void)buf_printf(out, " \"%s\"", p->asks[i].say.en);
        clauses(&p->asks[i].clauses, out);
        (void)buf_add_char(out, '\n');
    }
    for (int c = 1; p->bears_tlp && c <= LABEL_CONFIDENTIALITY_MAX; c++)
        (void)buf_printf(out, "%s marked %s, kept %s\n", confidentiality_word(c), tlp_name(p->tlp.mark[c - 1][0]), tlp_name(p->tlp.mark[c - 1][1]));
}

static void form_code(const struct form_cell *c, struct buf *out)
{
    (void)buf_printf(out, " code %s beside", c->code->id);
    for (size_t i = 0; i < c->n_beside; i++)
        (void)buf_printf(out, " %s", c->beside[i]->id);
    (void)buf_add_text(out, " in");
    for (size_t i = 0; i < c->n_states; i++)
        (void)buf_printf(out, " %s", c->states[i]);
    (void)buf_add_char(out, ';');
}

static void form_rows(const struct form *f, struct buf *out)
{
    for (size_t i = 0; i < f->n_rows; i++) {
        const struct form_line *row = &f->rows[i];

        (void)buf_add_text(out, "  row");
        for (size_t k = 0; k < row->n; k++) {
            const struct form_cell *c = &row->cells[k];

            (void)buf_printf(out, " %s", c->field->id);
            if (c->span != 1)
                (void)buf_printf(out, "*%u", c->span);
            if (c->lines != 1)
                (void)buf_printf(out, "(%u)", c->lines);
            if (c->heading.en[0] != '\0')
                (void)buf_printf(out, "\"%s\"", c->heading.en);
            if (c->code != NULL)
                form_code(c, out);
        }
        if (row->side_rows != 0)
            (void)buf_printf(out, " side %zu \"%s\"", row->side_rows, row->side.en);
        (void)buf_add_char(out, '\n');
    }
}

static void form(const struct form *f, struct buf *out)
{
    (void)buf_printf(out, "form %s %s register %s heading %u%s", f->id, f->number, f->reg->id, f->heading, f->is_landscape ? " landscape" : "");
    clauses(&f->clauses, out);
    (void)buf_add_char(out, '\n');
    if (f->n_from != 0)
        (void)buf_printf(out, "  letter to \"%s\"", f->to.en);
    words(" by ", f->from, f->n_from, out);
    (void)buf_add_text(out, f->n_from != 0 ? "\n" : "");
    for (size_t i = 0; i < f->n_stamps; i++) {
        (void)buf_printf(out, "  stamp \"%s\"", f->stamps[i].title.en);
        words(" by ", f->stamps[i].acts, f->stamps[i].n_acts, out);
        (void)buf_add_char(out, '\n');
    }
    form_rows(f, out);
    for (size_t i = 0; i < f->n_table; i++) {
        (void)buf_printf(out, "%s %s*%u", i == 0 ? "  table" : "", f->table[i].field->id, f->table[i].width);
        if (*f->table[i].heading.en)
            (void)buf_printf(out, "\"%s\"", f->table[i].heading.en);
        (void)buf_add_text(out, i + 1 == f->n_table ? "\n" : "");
    }
    for (size_t i = 0; i < f->n_notes; i++)
        (void)buf_printf(out, "  note \"%s\"\n", f->notes[i].en);
}

static void group(const struct reg_group *g, struct buf *out)
{
    (void)buf_printf(out, "group \"%s\"", g->title.en);
    for (size_t i = 0; i < g->n; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " " : ",", g->regs[i]->id);
    (void)buf_add_char(out, '\n');
}

int pack_print(const struct pack *p, struct buf *out)
{
    static const char *const statuses[] = {"enforced", "detected", "recorded", "informed", "organisational", "out-of-scope"};

    head(p, out);
    for (size_t i = 0; i < p->n_clauses; i++) {
        const struct clause *c = &p->clauses[i];

        (void)buf_printf(out, "clause %s %s %s%s%s\n", c->id, c->where, statuses[c->status], c->by[0] != '\0' ? " by " : "", c->by);
    }
    named("unit-kind", p->unit_kinds, p->n_unit_kinds, out);
    named("post", p->posts, p->n_posts, out);
    named("duty", p->duties, p->n_duties, out);
    named("restriction", p->restrictions, p->n_restrictions, out);
    for (size_t i = 0; i < p->n_roles; i++)
        role(&p->roles[i], out);
    labels(p, out);
    for (size_t i = 0; i < p->n_groups; i++)
        group(&p->groups[i], out);
    for (size_t i = 0; i < p->n_regs; i++)
        reg(&p->regs[i], out);
    for (size_t i = 0; i < p->n_procedures; i++)
        procedure(&p->procedures[i], out);
    for (size_t i = 0; i < p->n_forms; i++)
        form(&p->forms[i], out);
    return buf_error(out);
}
