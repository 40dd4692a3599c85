/* What opening a record of a register asks and enters (section 6): `reads`. The names come with the register's fields; the step of
 * `daily` once every procedure is there. */
#include "regulation/reader.h"

struct raw_reads {
    struct words asks, clauses;
    const struct node *daily;
};
struct raw_daily {
    struct word act, fields[READS_FIELDS];
    struct words clauses;
};

static const struct {
    const char *name;
    enum field_type type;
    bool is_needed;
} field_rows[READS_FIELDS] = {
    [READS_PERSON] = {"person", FIELD_PERSON, true},  [READS_UNIT] = {"unit", FIELD_UNIT, false},
    [READS_DAY] = {"day", FIELD_DAY, true},           [READS_OPENED] = {"opened", FIELD_NUMBER, true},
    [READS_RECORDS] = {"records", FIELD_NUMBER, false}, [READS_NO_CASE] = {"no_case", FIELD_NUMBER, false},
    [READS_OFF_HOURS] = {"off_hours", FIELD_NUMBER, false}, [READS_FIRST] = {"first", FIELD_INSTANT, false},
    [READS_LAST] = {"last", FIELD_INSTANT, false},    [READS_ROWS] = {"rows", FIELD_GROUP, false},
};

static const char *const bare_choices[] = {"quiet", "recorded"};

#define DAILY(of) offsetof(struct raw_daily, fields[of])
static const struct key daily_keys[] = {
    {"do", KEY_WORD, offsetof(struct raw_daily, act), KEY_REQUIRED, "The step by which each day's reading is entered: REGISTER/STEP."},
    {"person", KEY_ID, DAILY(READS_PERSON), KEY_REQUIRED, "Its field for who read."},
    {"unit", KEY_ID, DAILY(READS_UNIT), 0, "Its field for the unit in which he served."},
    {"day", KEY_ID, DAILY(READS_DAY), KEY_REQUIRED, "Its field for the day."},
    {"opened", KEY_ID, DAILY(READS_OPENED), KEY_REQUIRED, "Its field for how often a record was opened."},
    {"records", KEY_ID, DAILY(READS_RECORDS), 0, "Its field for how many records they were."},
    {"no_case", KEY_ID, DAILY(READS_NO_CASE), 0, "Its field for how many of the openings named no case."},
    {"off_hours", KEY_ID, DAILY(READS_OFF_HOURS), 0, "Its field for how many were at night or on a holiday."},
    {"first", KEY_ID, DAILY(READS_FIRST), 0, "Its field for the instant of the first."},
    {"last", KEY_ID, DAILY(READS_LAST), 0, "Its field for the instant of the last."},
    {"rows", KEY_ID, DAILY(READS_ROWS), 0, "Its group of the records: a column of the register, and one of numbers for how often."},
    {"clauses", KEY_WORDS, offsetof(struct raw_daily, clauses), 0, "Clauses that ask for it."},
};
const struct shape daily_shape = SHAPE(DAILY_RECORD_OF_READING, daily_keys);
static const struct key reads_keys[] = {
    {"asks", KEY_IDS, offsetof(struct raw_reads, asks), KEY_REQUIRED, "What whoever opens a record says first: purpose, or purpose and case."},
    {"daily", KEY_MAP, offsetof(struct raw_reads, daily), 0, "What is entered each night of what each person read.", NULL, &daily_shape},
    {"clauses", KEY_WORDS, offsetof(struct raw_reads, clauses), 0, "Clauses that ask it; default: the register's."},
};
const struct shape reads_shape = SHAPE(READING_OF_RECORDS, reads_keys);

static void read_asks(struct reading *rd, const struct words *asks, struct reads_rule *ret)
{
    words_unique(&rd->src, asks, MSG_PACK_WORD_ANSWER);
    for (size_t i = 0; i < asks->n; i++) {
        if (strcmp(asks->at[i].text, "purpose") == 0)
            ret->asks_purpose = true;
        else if (strcmp(asks->at[i].text, "case") == 0)
            ret->asks_case = true;
        else
            problem(&rd->src, asks->at[i].at, MSG_PACK_READS_ASKS, {"given", str_head(asks->at[i].text, 80)});
    }
    if (!ret->asks_purpose)
        problem(&rd->src, asks->node->at, MSG_PACK_READS_CASE);
}

void reads_read(struct reading *rd, const struct node *n, struct reg *reg)
{
    struct raw_reads raw = {0};
    struct reads_rule *rule;

    if (n->kind == NODE_TEXT) {
        reg->reads_recorded = strcmp(n->text, bare_choices[1]) == 0;
        if (!reg->reads_recorded && strcmp(n->text, bare_choices[0]) != 0)
            problem(&rd->src, n->at, MSG_PACK_READS_VALUE, {"given", str_head(n->text, 80)},
                    did_you_mean(&rd->src, n->text, bare_choices, ARRAY_LEN(bare_choices), MSG_MEAN_READS));
        return;
    }
    rule = source_alloc(&rd->src, 1, sizeof(*rule));
    if (rule == NULL)
        return;
    IGNORE(!shape_read(&rd->src, n, &reads_shape, &raw), "reported; what could be read is judged");
    rule->at = n->at;
    if (raw.asks.node != NULL)
        read_asks(rd, &raw.asks, rule);
    IGNORE(read_clauses(rd, &raw.clauses, &rule->clauses), "reported");
    if (rule->clauses.n == 0)
        rule->clauses = reg->clauses;
    reg->reads_recorded = true;
    reg->reads = rule;
}

/* ---- each day's reading ---- */

static bool asks_field(const struct step *st, const struct field *f)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if (st->asks[i] == f)
            return true;
    return false;
}

static bool is_row(const struct field *group, const struct reg *of)
{
    size_t n_records = 0, n_numbers = 0;

    for (size_t i = 0; i < group->n_fields; i++) {
        n_records += group->fields[i].type == FIELD_RECORD && group->fields[i].reg == of;
        n_numbers += group->fields[i].type == FIELD_NUMBER;
    }
    return n_records == 1 && n_numbers == 1;
}

static const struct field *daily_field(struct reading *rd, const struct step *st, struct word w, unsigned which, const struct reg *of)
{
    const struct field *f = want_field(rd, st->procedure->reg, w);

    if (f == NULL)
        return NULL;
    if (f->type != field_rows[which].type)
        problem(&rd->src, w.at, MSG_PACK_READS_FIELD, {"field", str_of(f->id)}, {"type", str_of(field_type_name(f->type))},
                {"key", str_of(field_rows[which].name)}, {"wanted", str_of(field_type_name(field_rows[which].type))});
    else if ((f->measured & MEASURED_PROGRAM) == 0)
        problem(&rd->src, w.at, MSG_PACK_READS_MEASURED, {"field", str_of(f->id)});
    else if (!asks_field(st, f))
        problem(&rd->src, w.at, MSG_PACK_READS_UNASKED, {"field", str_of(f->id)}, {"step", str_of(st->act)});
    else if (which == READS_ROWS && !is_row(f, of))
        problem(&rd->src, w.at, MSG_PACK_READS_ROWS, {"field", str_of(f->id)}, {"register", str_of(of->id)});
    return f;
}

/* Nobody stands behind it who could be refused or have a role. */
static bool is_done_by_nobody(const struct step *st)
{
    for (size_t i = 0; i < st->n_conds; i++)
        if (st->conds[i]->kind != COND_STATE && !(st->conds[i]->kind == COND_BY && st->conds[i]->n_by == 0))
            return false;
    return true;
}

static void read_daily(struct reading *rd, const struct node *n, struct reg *reg)
{
    struct reads_rule *rule = (struct reads_rule *)(uintptr_t)reg->reads;
    struct raw_daily raw = {0};
    const struct step *st;

    IGNORE(!shape_read(&rd->src, n, &daily_shape, &raw), "reported; what could be read is judged");
    if (raw.act.text == NULL || (st = todo_read(rd, raw.act)) == NULL)
        return;
    if (!st->makes_record || !is_done_by_nobody(st)) {
        problem(&rd->src, raw.act.at, MSG_PACK_READS_NIGHT, {"given", str_head(raw.act.text, 80)});
        return;
    }
    for (unsigned i = 0; i < READS_FIELDS; i++)
        if (raw.fields[i].text != NULL)
            rule->fields[i] = daily_field(rd, st, raw.fields[i], i, reg);
    rule->daily = st;
    IGNORE(read_clauses(rd, &raw.clauses, &rule->daily_clauses), "reported");
}

void reads_read_daily(struct reading *rd)
{
    for (size_t i = 0; i < rd->pack->n_regs; i++) {
        const struct node *reads = node_get(reader_file(rd, FILE_REGISTER, i)->root, "reads");
        const struct node *daily = reads != NULL && reads->kind == NODE_MAP ? node_get(reads, "daily") : NULL;

        if (daily != NULL && rd->pack->regs[i].reads != NULL)
            read_daily(rd, daily, &rd->pack->regs[i]);
    }
}

const char *reads_field_name(unsigned which)
{
    return field_rows[which].name;
}
