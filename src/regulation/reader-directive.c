/* directive.yaml (section 2). */
#include "label/release.h"
#include "regulation/reader.h"

struct raw_directive {
    struct word format, id, number;
    struct text2 title;
    struct day_value issued;
    const struct node *effective, *predecessors, *authorities, *expiry, *parameters, *groups, *eases;
    struct words clauses;
};
struct raw_effective {
    struct day_value from, to;
};
struct raw_rule {
    struct word id, number;
    struct text2 title;
    struct day_value issued, until;
    struct words clauses;
};
struct raw_expiry {
    struct words remind, tell, clauses;
    struct text2 stamp;
    struct duration_value again;
};
struct raw_group {
    struct text2 title;
    struct words regs;
};
struct raw_easing {
    struct word parts[4]; /* in the order of enum easing_of */
    struct words clauses;
};
struct raw_param {
    struct word id, value;
    unsigned type;
    struct words choices, clauses;
    struct text2 why;
    const struct node *from;
};
struct raw_source {
    struct word reg, value;
    struct words in;
    const struct node *where, *during;
};

static const char *const param_types[] = {"duration", "number", "choice", "flag", "text", "day", NULL};

static const struct key effective_keys[] = {
    {"from", KEY_DAY, offsetof(struct raw_effective, from), KEY_REQUIRED, "First day in force."},
    {"to", KEY_DAY, offsetof(struct raw_effective, to), KEY_REQUIRED, "Last day in force."},
};
static const struct shape effective_shape = SHAPE(TIME_IN_FORCE, effective_keys);
static const struct key predecessor_keys[] = {
    {"number", KEY_WORD, offsetof(struct raw_rule, number), KEY_REQUIRED, "Its number."},
    {"title", KEY_TEXT, offsetof(struct raw_rule, title), 0, "Its title."},
    {"issued", KEY_DAY, offsetof(struct raw_rule, issued), KEY_REQUIRED, "The day on which it was issued."},
    {"until", KEY_DAY, offsetof(struct raw_rule, until), KEY_REQUIRED, "The day on which it ceased."},
    {"clauses", KEY_WORDS, offsetof(struct raw_rule, clauses), 0, "Clauses that say so."},
};
static const struct shape predecessor_shape = SHAPE(PREDECESSOR, predecessor_keys);
static const struct key authority_keys[] = {
    {"id", KEY_ID, offsetof(struct raw_rule, id), KEY_REQUIRED, "Its name in this directive."},
    {"number", KEY_WORD, offsetof(struct raw_rule, number), KEY_REQUIRED, "Its number."},
    {"title", KEY_TEXT, offsetof(struct raw_rule, title), KEY_REQUIRED, "Its title."},
    {"issued", KEY_DAY, offsetof(struct raw_rule, issued), KEY_REQUIRED, "The day on which it was issued."},
    {"clauses", KEY_WORDS, offsetof(struct raw_rule, clauses), 0, "Clauses that cite it."},
};
static const struct shape authority_shape = SHAPE(CITED_RULE, authority_keys);
static const struct key expiry_keys[] = {
    {"remind", KEY_WORDS, offsetof(struct raw_expiry, remind), KEY_REQUIRED, "How long before the last day."},
    {"tell", KEY_IDS, offsetof(struct raw_expiry, tell), KEY_REQUIRED, "Roles that are told."},
    {"stamp", KEY_TEXT, offsetof(struct raw_expiry, stamp), KEY_REQUIRED, "Shown on what is done afterwards."},
    {"again", KEY_DURATION, offsetof(struct raw_expiry, again), 0, "How often after it, while no text follows."},
    {"clauses", KEY_WORDS, offsetof(struct raw_expiry, clauses), 0, "Clauses that say so."},
};
static const struct shape expiry_shape = SHAPE(REMINDER_OF_EXPIRY, expiry_keys);
static const struct key source_keys[] = {
    {"register", KEY_ID, offsetof(struct raw_source, reg), KEY_REQUIRED, "The register of the rules set elsewhere."},
    {"where", KEY_NAMED, offsetof(struct raw_source, where), 0, "Which of its records: fields and literals.", NULL, &ref_shape},
    {"in", KEY_IDS, offsetof(struct raw_source, in), KEY_REQUIRED, "States of a record that counts."},
    {"during", KEY_MAP, offsetof(struct raw_source, during), KEY_REQUIRED, "Its fields from and to; it must be in force now.", NULL, &during_shape},
    {"value", KEY_ID, offsetof(struct raw_source, value), 0, "The field that holds the value; a flag needs none."},
};
static const struct shape source_shape = SHAPE(SOURCE_OF_A_PARAMETER, source_keys);
static const struct key param_keys[] = {
    {"id", KEY_ID, offsetof(struct raw_param, id), KEY_REQUIRED, "Its name."},
    {"type", KEY_CHOICE, offsetof(struct raw_param, type), KEY_REQUIRED, "What its value is.", param_types},
    {"value", KEY_WORD, offsetof(struct raw_param, value), 0, "Without it what it would permit is refused."},
    {"from", KEY_MAP, offsetof(struct raw_param, from), 0, "The record in force that holds the value.", NULL, &source_shape},
    {"choices", KEY_WORDS, offsetof(struct raw_param, choices), 0, "Values of a choice."},
    {"why", KEY_TEXT, offsetof(struct raw_param, why), KEY_REQUIRED, "What it settles, or why it is unset."},
    {"clauses", KEY_WORDS, offsetof(struct raw_param, clauses), 0, "Clauses that leave the point open."},
};
static const struct shape param_shape = SHAPE(PARAMETER, param_keys);
static const struct key group_keys[] = {
    {"title", KEY_TEXT, offsetof(struct raw_group, title), KEY_REQUIRED, "Above its registers."},
    {"registers", KEY_IDS, offsetof(struct raw_group, regs), KEY_REQUIRED, "Its registers, in the order of the directive."},
};
static const struct shape group_shape = SHAPE(GROUP_OF_REGISTERS, group_keys);
static const struct key easing_keys[] = {
    {"register", KEY_ID, offsetof(struct raw_easing, parts[EASES_REGISTER]), 0, "A register whose label is lower, that more read, or that seals less."},
    {"role", KEY_ID, offsetof(struct raw_easing, parts[EASES_ROLE]), 0, "A role among readers that others may hold."},
    {"channel", KEY_WORD, offsetof(struct raw_easing, parts[EASES_CHANNEL]), 0, "A channel that carries what is more confidential."},
    {"tlp", KEY_WORD, offsetof(struct raw_easing, parts[EASES_TLP]), 0, "A confidentiality whose mark is looser: low, middle or high."},
    {"clauses", KEY_WORDS, offsetof(struct raw_easing, clauses), KEY_REQUIRED, "Clauses that say so."},
};
static const struct shape easing_shape = SHAPE(EASING, easing_keys);
static const struct key directive_keys[] = {
    {"format", KEY_WORD, offsetof(struct raw_directive, format), KEY_REQUIRED, "directive/1"},
    {"id", KEY_ID, offsetof(struct raw_directive, id), KEY_REQUIRED, "The directive's name in this program."},
    {"title", KEY_TEXT, offsetof(struct raw_directive, title), KEY_REQUIRED, "Its title."},
    {"number", KEY_WORD, offsetof(struct raw_directive, number), KEY_REQUIRED, "Its number."},
    {"issued", KEY_DAY, offsetof(struct raw_directive, issued), KEY_REQUIRED, "The day on which it was issued."},
    {"effective", KEY_MAP, offsetof(struct raw_directive, effective), KEY_REQUIRED, "First and last day in force.", NULL, &effective_shape},
    {"clauses", KEY_WORDS, offsetof(struct raw_directive, clauses), 0, "Clauses that this head carries out."},
    {"predecessors", KEY_LIST, offsetof(struct raw_directive, predecessors), 0, "Directives that it replaced.", NULL, &predecessor_shape},
    {"authorities", KEY_LIST, offsetof(struct raw_directive, authorities), 0, "Rules cited but not held here.", NULL, &authority_shape},
    {"expiry", KEY_MAP, offsetof(struct raw_directive, expiry), 0, "Reminders before the last day, and the stamp after it.", NULL, &expiry_shape},
    {"parameters", KEY_LIST, offsetof(struct raw_directive, parameters), 0, "Points that the directive leaves open.", NULL, &param_shape},
    {"eases", KEY_LIST, offsetof(struct raw_directive, eases), 0, "What it asks less of than the text before it.", NULL, &easing_shape},
    {"groups", KEY_LIST, offsetof(struct raw_directive, groups), 0, "How the registers are listed; each in one group at most.", NULL, &group_shape},
};
const struct shape directive_shape = SHAPE(DIRECTIVE, directive_keys);

static void read_effective(struct reading *rd, const struct node *n)
{
    struct raw_effective raw = {0};

    if (!shape_read(&rd->src, n, &effective_shape, &raw))
        return;
    rd->pack->from_day = raw.from.value;
    rd->pack->to_day = raw.to.value;
    if (raw.to.value < raw.from.value)
        problem(&rd->src, n->at, MSG_PACK_DAYS_ORDER);
}

static void read_rules(struct reading *rd, const struct node *list, bool are_predecessors)
{
    struct pack *p = rd->pack;

    for (const struct node *n = list != NULL ? list->first : NULL; n != NULL; n = n->next) {
        struct authority_rule *rule = &p->authorities[p->n_authorities];
        struct raw_rule raw = {0};

        if (!shape_read(&rd->src, n, are_predecessors ? &predecessor_shape : &authority_shape, &raw))
            continue;
        *rule = (struct authority_rule){.id = raw.id.text != NULL ? raw.id.text : "", .number = raw.number.text,
                                        .title = raw.title.ja != NULL ? raw.title : (struct text2){"", ""}, .issued_day = raw.issued.value,
                                        .until_day = raw.until.value, .is_predecessor = are_predecessors, .at = n->at};
        for (size_t i = 0; !are_predecessors && i < p->n_authorities; i++) {
            if (strcmp(p->authorities[i].id, rule->id) == 0)
                problem(&rd->src, raw.id.at, MSG_PACK_RULE_TWICE, {"rule", str_of(rule->id)});
        }
        IGNORE(read_clauses(rd, &raw.clauses, &rule->clauses), "reported");
        p->n_authorities++;
    }
}

static bool param_value_reads(struct param *param)
{
    struct str s = str_of(param->value);
    int opens, closes;
    int32_t day;

    switch (param->type) {
    case PARAM_DURATION:
        return duration_parse(s, &param->duration) == 0;
    case PARAM_NUMBER:
        return str_to_i64(s, INT32_MIN, INT32_MAX, &param->number) == 0;
    case PARAM_CHOICE:
        for (size_t i = 0; i < param->n_choices; i++) {
            if (strcmp(param->choices[i], param->value) == 0)
                return true;
        }
        return false;
    case PARAM_FLAG:
        param->number = str_eq(s, STR("yes"));
        return param->number || str_eq(s, STR("no"));
    case PARAM_DAY:
        if (day_parse_iso(s, &day) != 0)
            return false;
        param->number = day;
        return true;
    case PARAM_TEXT:
        return strcmp(param->id, OFFICE_HOURS) != 0 || office_hours_of(param->value, &opens, &closes);
    }
    return false;
}

static void tell_value(struct reading *rd, const struct param *param, struct word w)
{
    static const enum message_key forms[] = {MSG_MEAN_DURATION, MSG_MEAN_NUMBER, MSG_MEAN_CHOICES, MSG_MEAN_YES, MSG_MEAN_TEXT, MSG_MEAN_DAY};
    bool is_hours = strcmp(param->id, OFFICE_HOURS) == 0;

    problem(&rd->src, w.at, MSG_PACK_PARAM_VALUE, {"given", str_head(w.text, 80)}, {"param", str_of(param->id)},
            did_you_mean(&rd->src, w.text, param->choices, param->n_choices, is_hours ? MSG_MEAN_HOURS : forms[param->type]));
}

bool param_takes(struct reading *rd, const struct param *param, struct word w)
{
    struct param with = *param;
    bool ok;

    with.value = w.text;
    ok = param_value_reads(&with);
    if (!ok)
        tell_value(rd, param, w);
    return ok;
}

static void read_param(struct reading *rd, const struct node *n)
{
    struct pack *p = rd->pack;
    struct param *param = &p->params[p->n_params];
    struct raw_param raw = {0};

    if (!shape_read(&rd->src, n, &param_shape, &raw))
        return;
    if (pack_param(p, raw.id.text) != NULL)
        problem(&rd->src, raw.id.at, MSG_PACK_PARAM_TWICE, {"param", str_of(raw.id.text)});
    *param = (struct param){.id = raw.id.text, .type = (enum param_type)(raw.type - 1), .value = "", .why = raw.why, .at = n->at};
    param->choices = words_texts(&rd->src, &raw.choices);
    param->n_choices = param->choices != NULL ? raw.choices.n : 0;
    words_unique(&rd->src, &raw.choices, MSG_PACK_WORD_CHOICE);
    if ((param->type == PARAM_CHOICE) != (param->n_choices > 0))
        problem(&rd->src, n->at, param->type == PARAM_CHOICE ? MSG_PACK_CHOICES_WITHOUT : MSG_PACK_CHOICES_BESIDE, {"param", str_of(param->id)});
    IGNORE(read_clauses(rd, &raw.clauses, &param->clauses), "reported");
    p->n_params++;
    if (raw.from != NULL && raw.value.text != NULL)
        problem(&rd->src, raw.from->key_at, MSG_PACK_PARAM_BOTH, {"param", str_of(param->id)});
    if (raw.value.text == NULL)
        return;
    param->is_set = true;
    param->value = raw.value.text;
    if (!param_value_reads(param))
        tell_value(rd, param, raw.value);
}

void read_directive(struct reading *rd)
{
    struct raw_directive raw = {0};
    struct pack *p = rd->pack;
    bool ok = shape_read(&rd->src, reader_file(rd, FILE_DIRECTIVE, 0)->root, &directive_shape, &raw);
    size_t n_rules = (raw.predecessors != NULL ? raw.predecessors->n : 0) + (raw.authorities != NULL ? raw.authorities->n : 0);

    p->expiry_stamp = (struct text2){"", ""};
    if (ok) {
        p->id = raw.id.text;
        p->number = raw.number.text;
        p->title = raw.title;
        p->issued_day = raw.issued.value;
        read_effective(rd, raw.effective);
    }
    IGNORE(read_clauses(rd, &raw.clauses, &p->clauses_of_head), "reported");
    p->authorities = source_alloc(&rd->src, n_rules, sizeof(*p->authorities));
    p->params = source_alloc(&rd->src, raw.parameters != NULL ? raw.parameters->n : 0, sizeof(*p->params));
    if (rd->src.fatal != 0)
        return;
    read_rules(rd, raw.predecessors, true);
    read_rules(rd, raw.authorities, false);
    for (const struct node *n = raw.parameters != NULL ? raw.parameters->first : NULL; n != NULL; n = n->next)
        read_param(rd, n);
}

/* Who is told of the expiry: roles are known only after org.yaml. */
void read_directive_roles(struct reading *rd)
{
    const struct node *expiry = node_get(reader_file(rd, FILE_DIRECTIVE, 0)->root, "expiry");
    struct pack *p = rd->pack;
    struct raw_expiry raw = {0};

    if (expiry == NULL || expiry->kind != NODE_MAP || !shape_read(&rd->src, expiry, &expiry_shape, &raw))
        return;
    p->expiry_stamp = raw.stamp;
    p->has_expiry_again = raw.again.is_set;
    p->expiry_again = raw.again.value;
    if (raw.again.is_set && raw.again.value.months == 0 && raw.again.value.days == 0)
        problem(&rd->src, node_get(expiry, "again")->at, MSG_PACK_AGAIN_DAY);
    IGNORE(read_clauses(rd, &raw.clauses, &p->clauses_of_expiry), "reported");
    p->expiry_reminders = source_alloc(&rd->src, raw.remind.n, sizeof(*p->expiry_reminders));
    p->expiry_told = source_alloc(&rd->src, raw.tell.n, sizeof(*p->expiry_told));
    if (rd->src.fatal != 0)
        return;
    for (const struct node *n = raw.remind.node->first; n != NULL; n = n->next) {
        if (read_duration(&rd->src, n, &p->expiry_reminders[p->n_expiry_reminders]))
            p->n_expiry_reminders++;
    }
    for (size_t i = 0; i < raw.tell.n; i++) {
        const struct role *role = want_role(rd, raw.tell.at[i]);

        if (role != NULL)
            p->expiry_told[p->n_expiry_told++] = role;
    }
}

const char *easing_name(enum easing_of of)
{
    return easing_keys[of].name;
}

static bool is_part(struct reading *rd, enum easing_of of, struct word w)
{
    enum release_channel channel;

    if (of == EASES_REGISTER)
        return want_reg(rd, w) != NULL;
    if (of == EASES_ROLE)
        return want_role(rd, w) != NULL;
    if (of == EASES_TLP) {
        for (int c = 1; c <= LABEL_CONFIDENTIALITY_MAX; c++)
            if (strcmp(w.text, confidentiality_word(c)) == 0)
                return true;
        problem(&rd->src, w.at, MSG_PACK_NO_TLP, {"given", str_of(w.text)});
        return false;
    }
    if (release_channel_parse(str_of(w.text), &channel))
        return true;
    problem(&rd->src, w.at, MSG_PACK_NO_CHANNEL, {"given", str_of(w.text)});
    return false;
}

static void read_easing(struct reading *rd, const struct node *n)
{
    struct pack *p = rd->pack;
    struct easing *e = &p->easings[p->n_easings];
    struct raw_easing raw = {0};
    unsigned n_parts = 0;

    if (!shape_read(&rd->src, n, &easing_shape, &raw))
        return;
    *e = (struct easing){.at = n->at};
    for (size_t i = 0; i < ARRAY_LEN(raw.parts); i++)
        if (raw.parts[i].text != NULL && ++n_parts == 1)
            *e = (struct easing){.of = (enum easing_of)i, .id = raw.parts[i].text, .at = n->at};
    if (n_parts != 1) {
        problem(&rd->src, n->at, MSG_PACK_EASING_ONE);
        return;
    }
    if (raw.clauses.n == 0)
        problem(&rd->src, n->at, MSG_PACK_EASING_CLAUSE, {"id", str_of(e->id)});
    for (size_t i = 0; i < p->n_easings; i++)
        if (p->easings[i].of == e->of && strcmp(p->easings[i].id, e->id) == 0)
            problem(&rd->src, n->at, MSG_PACK_EASING_TWICE, {"of", str_of(easing_name(e->of))}, {"id", str_of(e->id)});
    if (is_part(rd, e->of, raw.parts[e->of]) && read_clauses(rd, &raw.clauses, &e->clauses))
        p->n_easings++;
}

void read_directive_easings(struct reading *rd)
{
    const struct node *list = node_get(reader_file(rd, FILE_DIRECTIVE, 0)->root, "eases");

    if (list == NULL || list->kind != NODE_LIST)
        return;
    rd->pack->easings = source_alloc(&rd->src, list->n, sizeof(*rd->pack->easings));
    for (const struct node *n = list->first; rd->pack->easings != NULL && n != NULL; n = n->next)
        read_easing(rd, n);
}

static bool is_grouped(const struct pack *p, const struct reg *reg)
{
    for (size_t i = 0; i < p->n_groups; i++)
        for (size_t k = 0; k < p->groups[i].n; k++)
            if (p->groups[i].regs[k] == reg)
                return true;
    return false;
}

static void read_group(struct reading *rd, const struct node *n)
{
    struct pack *p = rd->pack;
    struct reg_group *g = &p->groups[p->n_groups];
    struct raw_group raw = {0};

    if (!shape_read(&rd->src, n, &group_shape, &raw))
        return;
    *g = (struct reg_group){.title = raw.title, .regs = source_alloc(&rd->src, raw.regs.n, sizeof(const struct reg *)), .at = n->at};
    p->n_groups++;
    for (size_t i = 0; g->regs != NULL && i < raw.regs.n; i++) {
        const struct reg *reg = want_reg(rd, raw.regs.at[i]);

        if (reg != NULL && is_grouped(p, reg))
            problem(&rd->src, raw.regs.at[i].at, MSG_PACK_GROUP_TWICE, {"register", str_of(reg->id)});
        else if (reg != NULL)
            g->regs[g->n++] = reg;
    }
}

static bool value_fits(const struct param *p, const struct field *f)
{
    static const enum field_type wanted[] = {[PARAM_DURATION] = FIELD_TEXT, [PARAM_NUMBER] = FIELD_NUMBER, [PARAM_CHOICE] = FIELD_CHOICE,
                                             [PARAM_FLAG] = FIELD_FLAG, [PARAM_TEXT] = FIELD_TEXT, [PARAM_DAY] = FIELD_DAY};

    if (p->type == PARAM_DURATION && f->type == FIELD_DURATION)
        return !field_is_sealed(f);
    return !field_is_sealed(f) && f->type == wanted[p->type];
}

/* The engine and the checker ask for these by name, and for what they stand at. */
static bool is_asked_by_name(const char *id)
{
    return strcmp(id, OFFICE_HOURS) == 0 || strcmp(id, "paper-window") == 0 || strcmp(id, "retention-anchor") == 0 || strcmp(id, "vault-copies") == 0;
}

static bool read_source_value(struct reading *rd, struct param *p, const struct raw_source *raw, struct param_source *s, struct place at)
{
    if (raw->value.text == NULL && p->type == PARAM_FLAG)
        return true;
    if (raw->value.text == NULL) {
        problem(&rd->src, at, MSG_PACK_SOURCE_VALUE, {"param", str_of(p->id)});
        return false;
    }
    s->value = want_field(rd, s->reg, raw->value);
    if (s->value == NULL || value_fits(p, s->value))
        return s->value != NULL;
    problem(&rd->src, raw->value.at, MSG_PACK_SOURCE_TYPE, {"field", str_of(s->value->id)}, {"type", str_of(field_type_name(s->value->type))},
            {"param", str_of(p->id)});
    return false;
}

static void read_source(struct reading *rd, struct param *p, const struct node *n)
{
    struct raw_source raw = {0};
    struct param_source *s = source_alloc(&rd->src, 1, sizeof(*s));
    struct rule rule = {.sc = {.rd = rd}};

    if (s == NULL || !shape_read(&rd->src, n, &source_shape, &raw))
        return;
    if (is_asked_by_name(p->id)) {
        problem(&rd->src, n->key_at, MSG_PACK_PARAM_ALONE, {"param", str_of(p->id)});
        return;
    }
    s->reg = want_reg(rd, raw.reg);
    if (s->reg == NULL || s->reg->procedure == NULL)
        return;
    rule.sc.reg = s->reg;
    if (raw.where != NULL && !wheres_read(&rule, s->reg, raw.where, &s->wheres, &s->n_wheres, NULL))
        return;
    for (size_t i = 0; i < s->n_wheres; i++) {
        if (s->wheres[i].value.kind != REF_LITERAL) {
            problem(&rd->src, s->wheres[i].value.at, MSG_PACK_SOURCE_IS);
            return;
        }
    }
    if (!want_states(rd, s->reg->procedure, &raw.in, &s->in_states, &s->n_in_states) || !during_read(&rule, s->reg, raw.during, &s->during))
        return;
    if (s->during->at.kind != REF_NOW) {
        problem(&rd->src, s->during->at.at, MSG_PACK_SOURCE_AT);
        return;
    }
    if (read_source_value(rd, p, &raw, s, n->at))
        p->from = s;
}

void read_directive_sources(struct reading *rd)
{
    const struct node *list = node_get(reader_file(rd, FILE_DIRECTIVE, 0)->root, "parameters");
    size_t i = 0;

    for (const struct node *n = list != NULL ? list->first : NULL; n != NULL && i < rd->pack->n_params; n = n->next, i++) {
        const struct node *from = node_get(n, "from");

        if (from != NULL)
            read_source(rd, &rd->pack->params[i], from);
    }
}

void read_directive_groups(struct reading *rd)
{
    const struct node *list = node_get(reader_file(rd, FILE_DIRECTIVE, 0)->root, "groups");

    if (list == NULL || list->kind != NODE_LIST)
        return;
    rd->pack->groups = source_alloc(&rd->src, list->n, sizeof(*rd->pack->groups));
    for (const struct node *n = list->first; rd->pack->groups != NULL && n != NULL; n = n->next)
        read_group(rd, n);
}
