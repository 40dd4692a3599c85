/* Obligations (section 8): what must be done by when, who is reminded, and what happens when it is missed. */
#include "regulation/reader.h"

#define DAY_OF_MONTH_MAX 28 /* every month has it */

struct raw_obligation {
    struct word id, act, other;
    struct text2 title;
    struct words in, clauses;
    unsigned every, check;
    const struct node *due, *draw, *met_by, *by, *remind, *missed, *again;
};
struct raw_draw {
    const struct node *one_in;
};
struct raw_reminder {
    struct number_value day;
    const struct node *before, *after, *tell, *of, *every;
    struct text2 about;
    enum yes urgent;
};
struct raw_by {
    struct word role;
    const struct node *of;
};

static const char *const every_choices[] = {[PERIOD_MONTH] = "calendar-month", [PERIOD_WEEK] = "week", [PERIOD_QUARTER] = "quarter",
                                            [PERIOD_HALF_YEAR] = "half-year", [PERIOD_CALENDAR_YEAR] = "calendar-year",
                                            [PERIOD_FISCAL_YEAR] = "fiscal-year", NULL};
static const char *const check_choices[] = {"every-day", NULL};

static const struct key reminder_keys[] = {
    {"day", KEY_NUMBER, offsetof(struct raw_reminder, day), 0, "Day of the month."},
    {"before", KEY_NODE, offsetof(struct raw_reminder, before), 0, "So long before it is due."},
    {"after", KEY_NODE, offsetof(struct raw_reminder, after), 0, "So long after it was due, or after the day began to count."},
    {"tell", KEY_LIST, offsetof(struct raw_reminder, tell), KEY_REQUIRED, "Who is told.", NULL, &told_shape},
    {"of", KEY_NODE, offsetof(struct raw_reminder, of), 0, "The unit whose role is told."},
    {"about", KEY_TEXT, offsetof(struct raw_reminder, about), 0, "What it says; default: the obligation's title."},
    {"urgent", KEY_YES, offsetof(struct raw_reminder, urgent), 0, "At once and marked."},
};
static const struct shape reminder_shape = SHAPE(REMINDER, reminder_keys);
static const struct key again_keys[] = {
    {"every", KEY_NODE, offsetof(struct raw_reminder, every), KEY_REQUIRED, "How often."},
    {"tell", KEY_LIST, offsetof(struct raw_reminder, tell), KEY_REQUIRED, "Who is told.", NULL, &told_shape},
    {"of", KEY_NODE, offsetof(struct raw_reminder, of), 0, "The unit whose role is told."},
    {"about", KEY_TEXT, offsetof(struct raw_reminder, about), 0, "What it says; default: the obligation's title."},
    {"urgent", KEY_YES, offsetof(struct raw_reminder, urgent), 0, "At once and marked."},
};
static const struct shape again_shape = SHAPE(REPETITION, again_keys);
static const struct key by_keys[] = {
    {"role", KEY_ID, offsetof(struct raw_by, role), KEY_REQUIRED, "Whose task it is."},
    {"of", KEY_NODE, offsetof(struct raw_by, of), 0, "In which unit."},
};
static const struct shape by_shape = SHAPE(TASK_S_HOLDER, by_keys);
static const struct key draw_keys[] = {
    {"one_in", KEY_NODE, offsetof(struct raw_draw, one_in), KEY_REQUIRED, "One in so many; a number or {parameter: ID}."},
};
static const struct shape draw_shape = SHAPE(DRAW, draw_keys);
static const struct key obligation_keys[] = {
    {"id", KEY_ID, offsetof(struct raw_obligation, id), KEY_REQUIRED, "Its name."},
    {"title", KEY_TEXT, offsetof(struct raw_obligation, title), 0, "As people call it."},
    {"while", KEY_IDS, offsetof(struct raw_obligation, in), KEY_REQUIRED,
     "States of the record in which it stands."},
    {"every", KEY_CHOICE, offsetof(struct raw_obligation, every), 0,
     "Due at the end of each of these.", every_choices},
    {"due", KEY_NODE, offsetof(struct raw_obligation, due), 0,
     "The day or instant at which it is due."},
    {"draw", KEY_MAP, offsetof(struct raw_obligation, draw), 0,
     "Of what is due, `missed` is done to what a draw falls on in the night after.", NULL, &draw_shape},
    {"check", KEY_CHOICE, offsetof(struct raw_obligation, check), 0,
     "Asked at each midnight and when the force's data change.", check_choices},
    {"met_by", KEY_MAP, offsetof(struct raw_obligation, met_by), 0, "What fulfils it.", NULL,
     &cond_shape},
    {"by", KEY_MAP, offsetof(struct raw_obligation, by), 0, "Whose task it is.", NULL, &by_shape},
    {"do", KEY_WORD, offsetof(struct raw_obligation, act), 0,
     "The step that fulfils it: REGISTER/STEP."},
    {"or", KEY_WORD, offsetof(struct raw_obligation, other), 0,
     "Another way out of it: REGISTER/STEP."},
    {"remind", KEY_LIST, offsetof(struct raw_obligation, remind), 0, "Who is reminded when.", NULL,
     &reminder_shape},
    {"missed", KEY_LIST, offsetof(struct raw_obligation, missed), 0,
     "What happens when it is missed.", NULL, &effect_shape},
    {"again", KEY_MAP, offsetof(struct raw_obligation, again), 0,
     "Told again and again after it was due.", NULL, &again_shape},
    {"clauses", KEY_WORDS, offsetof(struct raw_obligation, clauses), 0, "Clauses that ask it."},
};
const struct shape obligation_shape = SHAPE(OBLIGATION, obligation_keys);

const char *calendar_period_name(enum calendar_period p)
{
    return every_choices[p];
}

static bool read_reminder(const struct rule *rule, const struct node *n, const struct obligation *o, struct reminder *ret)
{
    struct reading *rd = rule->sc.rd;
    struct raw_reminder raw = {0};

    if (!shape_read(&rd->src, n, &reminder_shape, &raw))
        return false;
    if (raw.day.is_set + (raw.before != NULL) + (raw.after != NULL) != 1) {
        problem(&rd->src, n->at, MSG_PACK_REMIND_ONE);
        return false;
    }
    *ret = (struct reminder){.day = (int)raw.day.value, .is_after = raw.after != NULL, .urgent = raw.urgent == YES_YES, .at = n->at};
    if (raw.day.is_set && (o->kind != OBLIGE_PERIODIC || o->every != PERIOD_MONTH))
        problem(&rd->src, n->at, MSG_PACK_REMIND_DAY);
    else if (raw.day.is_set && (raw.day.value < 1 || raw.day.value > DAY_OF_MONTH_MAX))
        problem(&rd->src, n->at, MSG_PACK_REMIND_MONTH, {"max", NUMBER(DAY_OF_MONTH_MAX)});
    if (o->kind == OBLIGE_DAILY)
        problem(&rd->src, n->at, MSG_PACK_REMIND_CHECK);
    if (!raw.day.is_set)
        IGNORE(!read_fixed_duration(rd, raw.before != NULL ? raw.before : raw.after, &ret->distance), "reported");
    tolds_read(rule, raw.tell, raw.of, &ret->tolds, &ret->n_tolds);
    notice_text_read(rule, raw.about, n->at, &ret->text);
    return true;
}

static void read_reminders(const struct rule *rule, const struct node *list, struct obligation *o)
{
    o->reminders = source_alloc(&rule->sc.rd->src, list != NULL ? list->n : 0, sizeof(*o->reminders));
    for (const struct node *n = list != NULL ? list->first : NULL; o->reminders != NULL && n != NULL; n = n->next) {
        if (read_reminder(rule, n, o, &o->reminders[o->n_reminders]))
            o->n_reminders++;
    }
}

static void read_again(const struct rule *rule, const struct node *n, struct obligation *o)
{
    struct raw_reminder raw = {0};

    if (o->kind != OBLIGE_DUE)
        problem(&rule->sc.rd->src, n->key_at, MSG_PACK_AGAIN_DUE);
    if (!shape_read(&rule->sc.rd->src, n, &again_shape, &raw) || !read_fixed_duration(rule->sc.rd, raw.every, &o->again_every))
        return;
    if (o->again_every.months == 0 && o->again_every.days == 0 && o->again_every.us < 60 * US_PER_SECOND)
        problem(&rule->sc.rd->src, raw.every->at, MSG_PACK_AGAIN_MINUTE);
    o->has_again = true;
    o->again_urgent = raw.urgent == YES_YES;
    tolds_read(rule, raw.tell, raw.of, &o->again_tolds, &o->n_again_tolds);
    notice_text_read(rule, raw.about, n->at, &o->again_text);
}

static void read_by(const struct rule *rule, const struct node *n, struct obligation *o)
{
    struct reading *rd = rule->sc.rd;
    const struct proc_role *in_case;
    struct raw_by raw = {0};

    if (!shape_read(&rd->src, n, &by_shape, &raw))
        return;
    in_case = procedure_role(rule->sc.proc, raw.role.text);
    o->by = in_case != NULL ? in_case->role : want_role(rd, raw.role);
    if (o->by == NULL)
        return;
    if (!o->by->per_unit) {
        if (raw.of != NULL)
            problem(&rd->src, raw.of->key_at, MSG_PACK_ROLE_OF, {"role", str_of(o->by->id)});
    } else if (raw.of != NULL) {
        IGNORE(!(ref_read(&rule->sc, raw.of, REF_ANY, &o->by_of) && ref_wants(&rule->sc, &o->by_of, TYPE_BIT(FIELD_UNIT))), "reported");
    } else if (in_case != NULL) {
        o->by_of = in_case->of;
    } else {
        IGNORE(!ref_own_unit(&rule->sc, n->at, &o->by_of), "reported");
    }
}

const struct step *todo_read(struct reading *rd, struct word w)
{
    struct str rest = str_of(w.text), piece = STR_NONE;
    char *reg_id, *act;
    const struct reg *reg;
    const struct step *step;

    IGNORE(!str_split(&rest, '/', &piece), "there is one piece at least");
    reg_id = source_printf(&rd->src, "%.*s", STR_ARG(piece));
    act = source_printf(&rd->src, "%.*s", STR_ARG(rest));
    if (reg_id == NULL || act == NULL)
        return NULL;
    if (rest.at == NULL) {
        problem(&rd->src, w.at, MSG_PACK_NO_STEP_NAME, {"given", str_head(w.text, 80)});
        return NULL;
    }
    reg = want_reg(rd, (struct word){reg_id, w.at});
    if (reg == NULL || reg->procedure == NULL)
        return NULL;
    step = procedure_step(reg->procedure, act, 0);
    if (step == NULL)
        problem(&rd->src, w.at, MSG_PACK_OBLIGATION_STEP, {"step", str_of(act)}, {"procedure", str_of(reg->procedure->id)});
    return step;
}

static bool read_kind(const struct rule *rule, const struct node *n, const struct raw_obligation *raw, struct obligation *o)
{
    if ((raw->every != 0) + (raw->due != NULL) + (raw->check != 0) != 1) {
        problem(&rule->sc.rd->src, n->at, MSG_PACK_OBLIGATION_ONE);
        return false;
    }
    o->every = raw->every != 0 ? (enum calendar_period)(raw->every - 1) : PERIOD_MONTH;
    o->kind = raw->every != 0 ? OBLIGE_PERIODIC : raw->due != NULL ? OBLIGE_DUE : OBLIGE_DAILY;
    if (o->kind == OBLIGE_DAILY && raw->met_by == NULL)
        problem(&rule->sc.rd->src, n->at, MSG_PACK_MET_BY);
    if (o->kind != OBLIGE_DUE)
        return true;
    if (!ref_read(&rule->sc, raw->due, REF_ANY, &o->due))
        return false;
    return ref_wants(&rule->sc, &o->due, TYPE_BIT(FIELD_DAY) | TYPE_BIT(FIELD_INSTANT)) && ref_is_open(&rule->sc, &o->due);
}

/* Nobody stands behind a timer who could have reviewed a label. */
static void check_labels_kept(struct reading *rd, const struct obligation *o)
{
    for (size_t i = 0; i < o->n_missed; i++) {
        const struct effect *e = &o->missed[i];

        for (size_t k = 0; e->kind == EFFECT_SET && e->reg != NULL && k < e->n_sets; k++)
            if (label_from_has(e->reg, e->sets[k].field))
                problem(&rd->src, e->at, MSG_PACK_TIMER_LABEL, {"field", str_of(e->sets[k].field->id)});
    }
}

/* One in how many: a number, or a parameter that is one. */
static void read_one_in(struct reading *rd, const struct node *n, struct obligation *o)
{
    int64_t number;

    if (n->kind == NODE_TEXT && str_to_i64(str_of(n->text), 1, DRAW_ONE_IN_MAX, &number) == 0)
        o->draw_one_in = (uint32_t)number;
    else if (n->kind == NODE_TEXT || !param_from(rd, n, &o->draw_param))
        problem(&rd->src, n->at, MSG_PACK_DRAW_ONE, {"max", NUMBER(DRAW_ONE_IN_MAX)});
    else if (o->draw_param != NULL && o->draw_param->type != PARAM_NUMBER)
        problem(&rd->src, n->at, MSG_PACK_PARAM_NUMBER, {"param", str_of(o->draw_param->id)});
}

/* What is drawn tells nobody before, and is nobody's task: what the draw falls on is what `missed` makes of it. */
static void read_draw(const struct rule *rule, const struct raw_obligation *raw, struct obligation *o)
{
    struct reading *rd = rule->sc.rd;
    struct raw_draw draw = {0};
    const struct node *told = raw->remind != NULL ? raw->remind : raw->again != NULL ? raw->again : raw->by;
    bool is_second = false;

    o->has_draw = true;
    if (shape_read(&rd->src, raw->draw, &draw_shape, &draw))
        read_one_in(rd, draw.one_in, o);
    if (o->kind != OBLIGE_DUE)
        problem(&rd->src, raw->draw->key_at, MSG_PACK_DRAW_DUE);
    else
        IGNORE(!ref_wants(&rule->sc, &o->due, TYPE_BIT(FIELD_DAY)), "reported");
    if (raw->missed == NULL)
        problem(&rd->src, raw->draw->key_at, MSG_PACK_DRAW_DO);
    if (told != NULL || raw->act.text != NULL)
        problem(&rd->src, told != NULL ? told->key_at : raw->act.at, MSG_PACK_DRAW_MET);
    for (const struct obligation *other = o->procedure->obligations; other < o && !is_second; other++)
        if ((is_second = other->has_draw))
            problem(&rd->src, raw->draw->key_at, MSG_PACK_DRAW_TWO, {"obligation", str_of(other->id)});
}

static void read_other(struct reading *rd, struct word w, struct obligation *o)
{
    o->or_todo = todo_read(rd, w);
    if (o->todo == NULL)
        problem(&rd->src, w.at, MSG_PACK_OR_BESIDE);
    else if (o->or_todo == o->todo)
        problem(&rd->src, w.at, MSG_PACK_OR_SAME, {"given", str_head(w.text, 80)});
}

static void read_obligation(struct reading *rd, struct procedure *p, const struct node *n)
{
    struct obligation *o = &p->obligations[p->n_obligations];
    struct rule rule = {.sc = {.rd = rd, .reg = p->reg, .proc = p}};
    struct raw_obligation raw = {0};
    char *met;

    if (!shape_read(&rd->src, n, &obligation_shape, &raw))
        return;
    for (size_t i = 0; i < p->n_obligations; i++) {
        if (strcmp(p->obligations[i].id, raw.id.text) == 0) {
            problem(&rd->src, raw.id.at, MSG_PACK_OBLIGATION_TWICE, {"obligation", str_of(raw.id.text)});
            break;
        }
    }
    rule.id = source_printf(&rd->src, "%s!%s", p->reg->id, raw.id.text);
    met = source_printf(&rd->src, "%s!%s#met", p->reg->id, raw.id.text);
    if (rule.id == NULL || met == NULL)
        return;
    *o = (struct obligation){.id = raw.id.text, .rule = rule.id, .title = raw.title.ja != NULL ? raw.title : (struct text2){"", ""},
                             .due = {.text = ""}, .by_of = {.text = ""}, .again_text = {"", ""}, .procedure = p, .at = n->at};
    p->n_obligations++;
    IGNORE(!read_clauses(rd, &raw.clauses, &o->clauses), "reported");
    rule.clauses = o->clauses;
    if (raw.in.n == 0)
        problem(&rd->src, raw.in.node->at, MSG_PACK_OBLIGATION_STATE);
    IGNORE(!want_states(rd, p, &raw.in, &o->while_states, &o->n_while), "reported");
    if (!read_kind(&rule, n, &raw, o))
        return;
    if (o->kind == OBLIGE_PERIODIC)
        rule.sc.every = &o->every;
    if (raw.met_by != NULL)
        o->met_by = cond_read(&rule, met, raw.met_by);
    if (raw.by != NULL)
        read_by(&rule, raw.by, o);
    if (raw.act.text != NULL)
        o->todo = todo_read(rd, raw.act);
    if (raw.other.text != NULL)
        read_other(rd, raw.other, o);
    read_reminders(&rule, raw.remind, o);
    effects_read(&rule, raw.missed, &o->missed, &o->n_missed);
    check_labels_kept(rd, o);
    if (raw.draw != NULL)
        read_draw(&rule, &raw, o);
    if (raw.again != NULL)
        read_again(&rule, raw.again, o);
}

void read_obligations(struct reading *rd, struct procedure *proc, const struct node *list)
{
    proc->obligations = source_alloc(&rd->src, list->n, sizeof(*proc->obligations));
    for (const struct node *n = list->first; proc->obligations != NULL && n != NULL; n = n->next)
        read_obligation(rd, proc, n);
}
