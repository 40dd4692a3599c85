/* registers/NAME.yaml (section 6): first their ids, then fields, then what refers to other fields, states and parameters. */
#include "regulation/reader.h"

#define TEXT_MAX_DEFAULT 200u
#define LONG_TEXT_MAX_DEFAULT 4000u
#define URL_MAX_DEFAULT 2000u
#define ROWS_MAX_DEFAULT 100u
#define MAX_MAX 100000
#define MIN_MIN INT64_C(-1000000000)
#define PREFIX_MAX 8u

struct raw_register {
    struct word format, id, form, prefix, unit, name, label, readable;
    struct text2 title;
    unsigned holds;
    struct words clauses, list, files_in;
    const struct node *numbers, *fields, *retention, *label_from, *held_as, *reads, *holders, *stations, *pages, *cover, *spans;
};
struct raw_field {
    struct word id, reg, kind, min, max_bytes, within;
    struct text2 title, support, addition;
    unsigned type, unique;
    struct word of;
    enum yes required, personal, index, plain;
    const struct node *initial, *choices, *levels, *items, *fields, *joined;
    struct words clauses, measured, known_to, made_of;
    struct number_value max;
};
struct raw_numbers {
    struct words running;
};
struct raw_span {
    struct text2 title;
    struct word from, to;
};
struct raw_retention {
    struct words completed_in, clauses;
    struct word completed_on;
    const struct node *keep, *basis;
};

static const char *const types[] = {"text", "long-text", "number", "flag", "choice", "day", "month", "instant", "duration", "person", "unit", "post",
                                    "record", "label", "file", "url", "account", "digest", "secret", "checklist", "group", "list", NULL};
static const char *const uniques[] = {"open", "ever", NULL};
static const char *const bases[] = {RETAIN_BY_CALENDAR, RETAIN_BY_FISCAL, NULL};

static const struct key field_keys[] = {
    {"id", KEY_ID, offsetof(struct raw_field, id), 0, "Its name in rules."},
    {"title", KEY_TEXT, offsetof(struct raw_field, title), 0, "Its name on pages."},
    {"type", KEY_CHOICE, offsetof(struct raw_field, type), 0, "What it holds.", types},
    {"required", KEY_YES, offsetof(struct raw_field, required), 0, "A step that asks it wants an answer."},
    {"default", KEY_NODE, offsetof(struct raw_field, initial), 0, "What stands there before anybody writes.", NULL, &ref_shape},
    {"clauses", KEY_WORDS, offsetof(struct raw_field, clauses), 0, "Clauses that ask it."},
    {"addition", KEY_TEXT, offsetof(struct raw_field, addition), 0, "Why it is asked although no clause does."},
    {"support", KEY_TEXT, offsetof(struct raw_field, support), 0, "A word of help beside it."},
    {"personal", KEY_YES, offsetof(struct raw_field, personal), 0, "Sealed under the record's key."},
    {"plain", KEY_YES, offsetof(struct raw_field, plain), 0, "May be written where records are less confidential."},
    {"unique", KEY_CHOICE, offsetof(struct raw_field, unique), 0, "No two open records, or none ever, hold the same value.", uniques},
    {"within", KEY_ID, offsetof(struct raw_field, within), 0, "Of what is unique: the field of the unit among whose records alone it is."},
    {"index", KEY_YES, offsetof(struct raw_field, index), 0, "Searchable."},
    {"max", KEY_NUMBER, offsetof(struct raw_field, max), 0, "Most characters, or rows."},
    {"min", KEY_WORD, offsetof(struct raw_field, min), 0, "The smallest number; without it 0."},
    {"max_bytes", KEY_WORD, offsetof(struct raw_field, max_bytes), 0, "The largest file, as 25MiB; without it that."},
    {"measured", KEY_WORDS, offsetof(struct raw_field, measured), 0, "Nobody types it: media, mail, examiner, import or program gives it."},
    {"choices", KEY_NAMED, offsetof(struct raw_field, choices), 0, "Of a choice."},
    {"levels", KEY_NODE, offsetof(struct raw_field, levels), 0, "Which level a choice stands for: 1 to 3; without it its id says so, as c1."},
    {"items", KEY_NAMED, offsetof(struct raw_field, items), 0, "Of a checklist."},
    {"fields", KEY_LIST, offsetof(struct raw_field, fields), 0, "Columns of a group.", NULL, &field_shape},
    {"of", KEY_WORD, offsetof(struct raw_field, of), 0, "What a list holds: a type. Of a text, a digest or a file: the field that says of what it is, whose readers alone are shown it."},
    {"register", KEY_ID, offsetof(struct raw_field, reg), 0, "Of a record; any: whichever."},
    {"kind", KEY_ID, offsetof(struct raw_field, kind), 0, "Kind of a unit."},
    {"known_to", KEY_WORDS, offsetof(struct raw_field, known_to), 0, "Of a secret: the fields that name the persons who know it."},
    {"made_of", KEY_WORDS, offsetof(struct raw_field, made_of), 0, "Of a secret: the fields whose words it must not be made of."},
    {"joined", KEY_NODE, offsetof(struct raw_field, joined), 0, "Of a secret: the choice of records that have one signing in, as {pairing: sso}."},
};
const struct shape field_shape = SHAPE(FIELD, field_keys);
static const struct key retention_keys[] = {
    {"completed_in", KEY_IDS, offsetof(struct raw_retention, completed_in), KEY_REQUIRED, "States in which a record is complete."},
    {"completed_on", KEY_ID, offsetof(struct raw_retention, completed_on), 0, "The day field that says when; default: when the state was entered."},
    {"keep", KEY_NODE, offsetof(struct raw_retention, keep), KEY_REQUIRED, "A duration, or {parameter: ID}."},
    {"basis", KEY_NODE, offsetof(struct raw_retention, basis), KEY_REQUIRED, "Counted from the end of which year: calendar-year, fiscal-year, or {parameter: ID}."},
    {"clauses", KEY_WORDS, offsetof(struct raw_retention, clauses), 0, "Clauses that set it."},
};
static const struct shape retention_shape = SHAPE(RETENTION, retention_keys);
static const struct key span_keys[] = {
    {"title", KEY_TEXT, offsetof(struct raw_span, title), KEY_REQUIRED, "What is counted."},
    {"from", KEY_ID, offsetof(struct raw_span, from), KEY_REQUIRED, "The field of the instant from which."},
    {"to", KEY_ID, offsetof(struct raw_span, to), KEY_REQUIRED, "The field of the instant to which."},
};
const struct shape span_shape = SHAPE(SPAN_OF_TIME, span_keys);
static const struct key numbers_keys[] = {
    {"running", KEY_WORDS, offsetof(struct raw_numbers, running), KEY_REQUIRED, "Clauses that ask for one book, though not everybody reads all of it."},
};
const struct shape numbers_shape = SHAPE(NUMBERS_OF_A_BOOK, numbers_keys);
static const struct key register_keys[] = {
    {"format", KEY_WORD, offsetof(struct raw_register, format), KEY_REQUIRED, "register/1"},
    {"id", KEY_ID, offsetof(struct raw_register, id), KEY_REQUIRED, "Its name in rules."},
    {"title", KEY_TEXT, offsetof(struct raw_register, title), KEY_REQUIRED, "Its name on pages."},
    {"form", KEY_WORD, offsetof(struct raw_register, form), 0, "The directive's form, as 様式第12号."},
    {"prefix", KEY_WORD, offsetof(struct raw_register, prefix), KEY_REQUIRED, "Of record ids: TO gives TO-2026-0001."},
    {"numbers", KEY_NODE, offsetof(struct raw_register, numbers), 0, "running; drawn: at random, so that they tell nobody how many there are; {running: [CLAUSE]}: a book's. Drawn where labels are made of fields.", NULL, &numbers_shape},
    {"unit", KEY_ID, offsetof(struct raw_register, unit), 0, "The field that names the owning unit."},
    {"name", KEY_ID, offsetof(struct raw_register, name), 0, "The field shown as the record's name."},
    {"list", KEY_IDS, offsetof(struct raw_register, list), 0, "The fields that its list shows between unit and state."},
    {"label", KEY_ID, offsetof(struct raw_register, label), KEY_REQUIRED, "Label of its records."},
    {"label_from", KEY_MAP, offsetof(struct raw_register, label_from), 0, "Fields that raise a record's label.", NULL, &label_from_shape},
    {"held_as", KEY_MAP, offsetof(struct raw_register, held_as), 0, "Fields that say what the bytes count as that its records hold.", NULL, &held_as_shape},
    {"holders", KEY_MAP, offsetof(struct raw_register, holders), 0, "Its fields that say who holds what.", NULL, &holders_shape},
    {"cover", KEY_MAP, offsetof(struct raw_register, cover), 0, "What goes by its records has a cover: its label, and what its receiver is to heed.", NULL, &cover_shape},
    {"stations", KEY_MAP, offsetof(struct raw_register, stations), 0, "Its fields that hold the key by which a computer is known.", NULL, &stations_shape},
    {"pages", KEY_MAP, offsetof(struct raw_register, pages), 0, "Its fields that hold the certificate by which a device is known that uses pages.", NULL, &pages_shape},
    {"readable", KEY_ID, offsetof(struct raw_register, readable), KEY_REQUIRED, "Who may read them: a range."},
    {"reads", KEY_NODE, offsetof(struct raw_register, reads), 0, "quiet; recorded: opening a record is entered in the ledger; or what whoever opens one is asked.", NULL, &reads_shape},
    {"files_in", KEY_IDS, offsetof(struct raw_register, files_in), 0, "The states in which a file of a record is handed out; without it in any."},
    {"holds", KEY_CHOICE, offsetof(struct raw_register, holds), 0, "What the program finds its records for.", holds_names},
    {"clauses", KEY_WORDS, offsetof(struct raw_register, clauses), 0, "Clauses that ask for the register."},
    {"fields", KEY_LIST, offsetof(struct raw_register, fields), KEY_REQUIRED, "What a record holds.", NULL, &field_shape},
    {"spans", KEY_LIST, offsetof(struct raw_register, spans), 0, "Minutes that a record's page counts from one instant to another.", NULL, &span_shape},
    {"retention", KEY_MAP, offsetof(struct raw_register, retention), 0, "How long a record is kept.", NULL, &retention_shape},
};
const struct shape register_shape = SHAPE(REGISTER, register_keys);

/* ---- shells ---- */

void read_register_shells(struct reading *rd)
{
    struct pack *p = rd->pack;
    size_t n = reader_count(rd, FILE_REGISTER);

    p->regs = source_alloc(&rd->src, n, sizeof(*p->regs));
    for (size_t i = 0; p->regs != NULL && i < n; i++) {
        const struct node *root = reader_file(rd, FILE_REGISTER, i)->root;
        const struct node *id = node_get(root, "id");
        const struct reg *other = id != NULL ? pack_reg(p, id->text) : NULL;

        p->regs[i] = (struct reg){.id = id != NULL ? id->text : "", .form = "", .prefix = "", .title = {"", ""}, .pack = p, .at = root->at};
        p->n_regs++;
        if (other != NULL)
            problem(&rd->src, id->at, MSG_PACK_REGISTER_TWICE, {"register", str_of(id->text)}, {"file", str_of(other->at.file)});
    }
}

/* ---- fields ---- */

static size_t default_max(enum field_type type)
{
    if (type == FIELD_LONG_TEXT)
        return LONG_TEXT_MAX_DEFAULT;
    if (type == FIELD_URL)
        return URL_MAX_DEFAULT;
    if (type == FIELD_GROUP || type == FIELD_LIST)
        return ROWS_MAX_DEFAULT;
    return TEXT_MAX_DEFAULT;
}

/* A key that belongs to one type is given if and only if the type is that one (or may be absent when `is_free`). */
static void key_for_type(struct reading *rd, const struct node *n, const char *key, bool is_right_type, bool is_free, enum field_type type)
{
    const struct node *m = node_get(n, key);

    if (m != NULL && !is_right_type)
        problem(&rd->src, m->key_at, MSG_PACK_KEY_TYPE, {"key", str_of(key)}, {"type", str_of(types[type])});
    else if (m == NULL && is_right_type && !is_free)
        problem(&rd->src, n->at, MSG_PACK_TYPE_NEEDS, {"type", str_of(types[type])}, {"key", str_of(key)});
}

static bool fields_read(struct reading *rd, const struct node *list, struct field **ret, size_t *ret_n);

/* "26214400", "25600KiB", "25MiB", "1GiB". */
static bool read_bytes(const char *text, uint64_t *ret)
{
    static const struct {
        struct str unit;
        unsigned shift;
    } units[] = {{{"KiB", 3}, 10}, {{"MiB", 3}, 20}, {{"GiB", 3}, 30}};
    struct str s = str_of(text);
    unsigned shift = 0;

    for (size_t i = 0; i < ARRAY_LEN(units) && !shift; i++)
        if (str_ends(s, units[i].unit)) {
            shift = units[i].shift;
            s.len -= units[i].unit.len;
        }
    if (str_to_u64(s, 1, FILE_BYTES_MAX >> shift, ret))
        return false;
    *ret <<= shift;
    return true;
}

/* {low: 1, high: 3} */
static void read_levels(struct reading *rd, const struct node *map, struct field *f)
{
    if (map == NULL || !node_is(&rd->src, map, NODE_MAP, what_word(MSG_PACK_WORD_LEVELS)))
        return;
    f->has_levels = true;
    for (const struct node *m = map->first; m != NULL; m = m->next) {
        struct word w = {m->key, m->key_at};
        int64_t level = 0;

        if (!want_named(rd, f->choices, f->n_choices, w, MSG_PACK_WORD_CHOICE))
            continue;
        if (m->kind != NODE_TEXT || str_to_i64(str_of(m->text), 1, 3, &level) != 0)
            problem(&rd->src, m->at, MSG_PACK_LEVEL_NUMBER);
        for (size_t i = 0; i < f->n_choices; i++)
            if (strcmp(f->choices[i].id, m->key) == 0)
                f->choices[i].level = (int)level;
    }
}

static void read_type_keys(struct reading *rd, const struct node *n, const struct raw_field *raw, struct field *f)
{
    key_for_type(rd, n, "choices", f->type == FIELD_CHOICE, false, f->type);
    key_for_type(rd, n, "items", f->type == FIELD_CHECKLIST, false, f->type);
    key_for_type(rd, n, "fields", f->type == FIELD_GROUP, false, f->type);
    key_for_type(rd, n, "register", f->type == FIELD_RECORD, false, f->type);
    key_for_type(rd, n, "kind", f->type == FIELD_UNIT, true, f->type);
    key_for_type(rd, n, "min", f->type == FIELD_NUMBER, true, f->type);
    if (f->type == FIELD_NUMBER && raw->min.text != NULL && str_to_i64(str_of(raw->min.text), MIN_MIN, -MIN_MIN, &f->min) != 0)
        problem(&rd->src, raw->min.at, MSG_PACK_MIN_NUMBER, {"min", INTEGER(MIN_MIN)}, {"max", INTEGER(-MIN_MIN)});
    key_for_type(rd, n, "max_bytes", f->type == FIELD_FILE, true, f->type);
    if (f->type == FIELD_FILE)
        f->max_bytes = FILE_BYTES_DEFAULT;
    if (f->type == FIELD_FILE && raw->max_bytes.text != NULL && !read_bytes(raw->max_bytes.text, &f->max_bytes))
        problem(&rd->src, raw->max_bytes.at, MSG_PACK_MAX_BYTES, {"given", str_head(raw->max_bytes.text, 80)});
    read_named_texts(rd, f->type == FIELD_CHECKLIST ? raw->items : raw->choices, &f->choices, &f->n_choices);
    if ((f->type == FIELD_CHOICE || f->type == FIELD_CHECKLIST) && f->n_choices == 0 && (raw->choices != NULL || raw->items != NULL))
        problem(&rd->src, n->at, MSG_PACK_CHOICES_NONE, {"field", str_of(f->id)});
    key_for_type(rd, n, "levels", f->type == FIELD_CHOICE, true, f->type);
    if (f->type == FIELD_CHOICE)
        read_levels(rd, raw->levels, f);
    if (raw->kind.text != NULL && want_named(rd, rd->pack->unit_kinds, rd->pack->n_unit_kinds, raw->kind, MSG_PACK_WORD_UNIT_KIND))
        f->unit_kind = raw->kind.text;
    if (raw->reg.text != NULL && strcmp(raw->reg.text, "any") != 0)
        f->reg = want_reg(rd, raw->reg);
    if (f->type == FIELD_GROUP && raw->fields != NULL)
        IGNORE(!fields_read(rd, raw->fields, &f->fields, &f->n_fields), "reported");
}

/* A list carries the keys of its element. */
static void read_list_keys(struct reading *rd, const struct node *n, const struct raw_field *raw, struct field *f)
{
    struct field *element;
    size_t type = 0;

    while (raw->of.text != NULL && types[type] != NULL && strcmp(types[type], raw->of.text) != 0)
        type++;
    if (raw->of.text != NULL && types[type] == NULL)
        problem(&rd->src, raw->of.at, MSG_PACK_LIST_TYPE, {"given", str_head(raw->of.text, 80)});
    if (raw->of.text == NULL || types[type] == NULL)
        return;
    element = source_alloc(&rd->src, 1, sizeof(*element));
    if (element == NULL)
        return;
    *element = (struct field){.id = f->id, .title = f->title, .support = {"", ""}, .addition = {"", ""}, .type = (enum field_type)type,
                              .of_id = "", .within_id = "", .unit_kind = "", .initial = {.text = ""}, .personal = f->personal, .clauses = f->clauses, .at = f->at};
    element->max = default_max(element->type);
    if (element->type == FIELD_LIST || element->type == FIELD_GROUP || element->type == FIELD_CHECKLIST) {
        problem(&rd->src, node_get(n, "of")->at, MSG_PACK_LIST_ROWS, {"type", str_of(types[element->type])});
        return;
    }
    if (element->type == FIELD_SECRET) {
        problem(&rd->src, node_get(n, "of")->at, MSG_PACK_LIST_SECRET);
        return;
    }
    if (element->type == FIELD_FILE) {
        problem(&rd->src, node_get(n, "of")->at, MSG_PACK_LIST_FILE);
        return;
    }
    read_type_keys(rd, n, raw, element);
    f->fields = element;
    f->n_fields = 1;
}

static void read_field_flags(struct reading *rd, const struct node *n, const struct raw_field *raw, struct field *f)
{
    bool is_sealed = raw->personal == YES_YES || f->type == FIELD_LONG_TEXT || f->type == FIELD_FILE;

    f->required = raw->required == YES_YES;
    f->personal = is_sealed;
    f->indexed = raw->index == YES_YES || raw->unique != 0;
    f->unique = raw->unique == 0 ? UNIQUE_NO : raw->unique == 1 ? UNIQUE_OPEN : UNIQUE_EVER;
    if (raw->within.text != NULL && f->unique == UNIQUE_NO)
        problem(&rd->src, raw->within.at, MSG_PACK_WITHIN_ALONE, {"field", str_of(f->id)});
    f->max = raw->max.is_set ? (size_t)raw->max.value : default_max(f->type);
    if (f->max == 0 || f->max > MAX_MAX)
        problem(&rd->src, node_get(n, "max")->at, MSG_PACK_MAX_NUMBER, {"max", NUMBER(MAX_MAX)});
    if (raw->personal == YES_NO && is_sealed)
        problem(&rd->src, node_get(n, "personal")->at, MSG_PACK_ALWAYS_PERSONAL, {"type", str_of(types[f->type])});
    if (is_sealed && f->indexed)
        problem(&rd->src, n->at, MSG_PACK_SEALED_INDEX, {"field", str_of(f->id)});
    f->is_plain = raw->plain == YES_YES;
    if (f->is_plain && is_sealed)
        problem(&rd->src, node_get(n, "plain")->at, MSG_PACK_SEALED_PLAIN, {"field", str_of(f->id)});
    if (raw->personal == YES_YES && field_is_keyed(f))
        problem(&rd->src, node_get(n, "personal")->at, f->type == FIELD_DIGEST ? MSG_PACK_KEYED_DIGEST : MSG_PACK_KEYED_TEXT);
    if (f->is_plain && f->of_id[0] != '\0')
        problem(&rd->src, node_get(n, "plain")->at, MSG_PACK_PLAIN_SHOWN, {"field", str_of(f->id)});
    if (f->unique != UNIQUE_NO && (f->type == FIELD_GROUP || f->type == FIELD_LIST || f->type == FIELD_CHECKLIST))
        problem(&rd->src, node_get(n, "unique")->at, MSG_PACK_UNIQUE_SINGLE, {"type", str_of(types[f->type])});
}

static void read_measured(struct reading *rd, const struct raw_field *raw, bool is_column, struct field *f)
{
    const struct words *w = &raw->measured;

    for (size_t i = 0; i < w->n; i++) {
        unsigned one = measurer_of(w->at[i].text);

        if (one == 0)
            problem(&rd->src, w->at[i].at, MSG_PACK_MEASURES_NOTHING, {"given", str_head(w->at[i].text, 80)});
        else if ((f->measured & one) != 0)
            problem(&rd->src, w->at[i].at, MSG_PACK_WORD_TWICE, {"given", str_head(w->at[i].text, 80)});
        f->measured |= one;
    }
    if (w->node != NULL && is_column)
        problem(&rd->src, w->node->key_at, MSG_PACK_COLUMN_MEASURED, {"field", str_of(f->id)});
    if (w->node != NULL && raw->initial != NULL)
        problem(&rd->src, raw->initial->key_at, MSG_PACK_MEASURED_DEFAULT, {"field", str_of(f->id)});
}

static bool field_name_is_free(struct reading *rd, struct word id)
{
    static const char *const taken[] = {"this", "actor", "party", "state", "id", "during"};

    for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
        if (strcmp(taken[i], id.text) == 0) {
            problem(&rd->src, id.at, MSG_PACK_FIELD_WORD, {"field", str_of(id.text)});
            return false;
        }
    }
    return true;
}

static bool field_read(struct reading *rd, const struct node *n, bool is_column, struct field *f)
{
    struct raw_field raw = {0};
    bool ok = shape_read(&rd->src, n, &field_shape, &raw);

    for (size_t i = 0; i < 3; i++) {
        static const char *const needed[] = {"id", "type", "title"};

        if (n->kind == NODE_MAP && node_get(n, needed[i]) == NULL) {
            problem(&rd->src, n->at, MSG_PACK_FIELD_NEEDS, {"key", str_of(needed[i])});
            ok = false;
        }
    }
    if (raw.id.text == NULL || raw.type == 0)
        return false;
    IGNORE(!field_name_is_free(rd, raw.id), "reported");
    *f = (struct field){.id = raw.id.text, .title = raw.title.ja != NULL ? raw.title : (struct text2){"", ""},
                        .support = raw.support.ja != NULL ? raw.support : (struct text2){"", ""},
                        .addition = raw.addition.ja != NULL ? raw.addition : (struct text2){"", ""}, .type = (enum field_type)(raw.type - 1),
                        .of_id = raw.of.text != NULL && raw.type - 1 != FIELD_LIST ? raw.of.text : "", .within_id = raw.within.text != NULL ? raw.within.text : "", .unit_kind = "", .initial = {.text = ""}, .at = n->at};
    IGNORE(read_clauses(rd, &raw.clauses, &f->clauses), "reported");
    if (!is_column && ok && (f->clauses.n > 0) == (raw.addition.ja != NULL))
        problem(&rd->src, n->at, raw.addition.ja != NULL ? MSG_PACK_FIELD_ASKED : MSG_PACK_FIELD_UNASKED_FOR, {"field", str_of(f->id)});
    if (is_column && (f->type == FIELD_GROUP || f->type == FIELD_LIST))
        problem(&rd->src, n->at, MSG_PACK_COLUMN_TYPE, {"field", str_of(f->id)}, {"type", str_of(types[f->type])});
    if (is_column && f->type == FIELD_FILE)
        problem(&rd->src, n->at, MSG_PACK_COLUMN_FILE, {"field", str_of(f->id)});
    if (f->type == FIELD_FILE && raw.initial != NULL)
        problem(&rd->src, raw.initial->key_at, MSG_PACK_FILE_DEFAULT, {"field", str_of(f->id)});
    if (is_column && raw.initial != NULL)
        problem(&rd->src, raw.initial->key_at, MSG_PACK_COLUMN_DEFAULT, {"field", str_of(f->id)});
    read_field_flags(rd, n, &raw, f);
    read_measured(rd, &raw, is_column, f);
    key_for_type(rd, n, "known_to", f->type == FIELD_SECRET, false, f->type);
    key_for_type(rd, n, "made_of", f->type == FIELD_SECRET, true, f->type);
    key_for_type(rd, n, "joined", f->type == FIELD_SECRET, true, f->type);
    if (f->type == FIELD_SECRET && is_column)
        problem(&rd->src, n->at, MSG_PACK_COLUMN_SECRET, {"field", str_of(f->id)});
    else if (f->type == FIELD_SECRET)
        secret_field_read(rd, n, &raw.known_to, &raw.made_of, raw.joined, f);
    key_for_type(rd, n, "of", f->type == FIELD_LIST || f->type == FIELD_TEXT || f->type == FIELD_DIGEST || f->type == FIELD_FILE, f->type != FIELD_LIST, f->type);
    if (f->type == FIELD_LIST)
        read_list_keys(rd, n, &raw, f);
    else if (!is_column || f->type != FIELD_GROUP)
        read_type_keys(rd, n, &raw, f);
    return ok;
}

static bool fields_read(struct reading *rd, const struct node *list, struct field **ret, size_t *ret_n)
{
    bool is_column = list->up->up != NULL;
    struct field *fields = source_alloc(&rd->src, list->n, sizeof(*fields));
    size_t n = 0;
    bool ok = true;

    for (const struct node *m = list->first; fields != NULL && m != NULL; m = m->next) {
        if (!field_read(rd, m, is_column, &fields[n])) {
            ok = false;
            if (fields[n].id == NULL)
                continue;
        }
        for (size_t i = 0; i < n; i++) {
            if (strcmp(fields[i].id, fields[n].id) == 0)
                problem(&rd->src, m->at, MSG_PACK_FIELD_TWICE, {"field", str_of(fields[n].id)}, {"line", NUMBER(fields[i].at.line)});
        }
        n++;
    }
    if (list->n == 0)
        problem(&rd->src, list->at, MSG_PACK_FIELDS_NONE);
    *ret = fields;
    *ret_n = n;
    return ok;
}

/* ---- the register ---- */

static void check_prefix(struct reading *rd, const struct reg *reg, struct word w)
{
    size_t len = strlen(w.text);
    bool ok = len > 0 && len <= PREFIX_MAX && w.text[0] >= 'A' && w.text[0] <= 'Z';

    for (size_t i = 1; ok && i < len; i++)
        ok = (w.text[i] >= 'A' && w.text[i] <= 'Z') || (w.text[i] >= '0' && w.text[i] <= '9');
    if (!ok)
        problem(&rd->src, w.at, MSG_PACK_PREFIX, {"given", str_head(w.text, 80)}, {"max", NUMBER(PREFIX_MAX)});
    for (const struct reg *other = rd->pack->regs; other != reg; other++) {
        if (strcmp(other->prefix, w.text) == 0)
            problem(&rd->src, w.at, MSG_PACK_PREFIX_TWICE, {"prefix", str_of(w.text)}, {"register", str_of(other->id)});
    }
}

/* A range names fields; each register that uses it must have them. */
static void check_range(struct reading *rd, const struct reg *reg, struct place at)
{
    for (size_t i = 0; i < reg->range->n_readers; i++) {
        const struct reader *r = &reg->range->readers[i];
        enum field_type wanted = r->kind == READER_PERSON ? FIELD_PERSON : FIELD_UNIT;
        const struct field *f;

        if (r->field[0] == '\0')
            continue;
        f = reg_field(reg, r->field);
        if (f == NULL || (f->type == FIELD_LIST && f->n_fields > 0 ? f->fields[0].type : f->type) != wanted)
            problem(&rd->src, at, MSG_PACK_RANGE_FIELD, {"range", str_of(reg->range->id)}, {"field", str_of(r->field)},
                    {"type", str_of(types[wanted])}, {"register", str_of(reg->id)});
        else if (f->personal)
            problem(&rd->src, at, MSG_PACK_RANGE_PERSONAL, {"range", str_of(reg->range->id)}, {"field", str_of(r->field)},
                    {"register", str_of(reg->id)});
    }
}

static void read_label_and_range(struct reading *rd, const struct raw_register *raw, struct reg *reg)
{
    const struct pack *p = rd->pack;
    const char *names[256];
    size_t n = 0;

    if (raw->label.text == NULL || raw->readable.text == NULL)
        return;
    for (size_t i = 0; i < p->n_labels; i++) {
        if (strcmp(p->labels[i].id, raw->label.text) == 0)
            reg->label = &p->labels[i];
        if (n < ARRAY_LEN(names))
            names[n++] = p->labels[i].id;
    }
    if (reg->label == NULL)
        problem(&rd->src, raw->label.at, MSG_PACK_NO_LABEL, {"given", str_of(raw->label.text)},
                did_you_mean(&rd->src, raw->label.text, names, n, MSG_MEAN_LABELS));
    n = 0;
    for (size_t i = 0; i < p->n_ranges; i++) {
        if (strcmp(p->ranges[i].id, raw->readable.text) == 0)
            reg->range = &p->ranges[i];
        if (n < ARRAY_LEN(names))
            names[n++] = p->ranges[i].id;
    }
    if (reg->range == NULL)
        problem(&rd->src, raw->readable.at, MSG_PACK_NO_RANGE, {"given", str_of(raw->readable.text)},
                did_you_mean(&rd->src, raw->readable.text, names, n, MSG_MEAN_LABELS));
    else
        check_range(rd, reg, raw->readable.at);
}

static const struct field *sibling(const struct field *fields, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++) {
        if (fields[i].id != NULL && strcmp(fields[i].id, id) == 0)
            return &fields[i];
    }
    return NULL;
}

/* Of what texts, digests and files are: a column beside them, or a field of the register. */
static void resolve_of(struct reading *rd, const struct reg *reg, struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct field *f = &fields[i];

        if (f->type == FIELD_GROUP)
            resolve_of(rd, reg, f->fields, f->n_fields);
        if (f->id == NULL || f->of_id == NULL || f->of_id[0] == '\0')
            continue;
        f->of = sibling(fields, n, f->of_id);
        if (f->of == NULL)
            f->of = sibling(reg->fields, reg->n_fields, f->of_id);
        if (f->of == NULL || (f->of->type != FIELD_RECORD && f->of->type != FIELD_DIGEST))
            problem(&rd->src, f->at, MSG_PACK_DIGEST_OF, {"field", str_of(f->id)}, {"of", str_head(f->of_id, 80)});
        else if (f->type == FIELD_FILE && f->of->type != FIELD_RECORD)
            problem(&rd->src, f->at, MSG_PACK_FILE_OF, {"field", str_of(f->id)}, {"of", str_head(f->of_id, 80)});
    }
}

/* Which unit a unique value is held within. */
static void resolve_within(struct reading *rd, struct reg *reg)
{
    for (size_t i = 0; i < reg->n_fields; i++) {
        struct field *f = &reg->fields[i];

        if (f->id == NULL || f->within_id[0] == '\0')
            continue;
        f->within = sibling(reg->fields, reg->n_fields, f->within_id);
        if (f->within == NULL || f->within->type != FIELD_UNIT || !f->within->required)
            problem(&rd->src, f->at, MSG_PACK_WITHIN, {"field", str_of(f->id)}, {"within", str_head(f->within_id, 80)});
    }
}

/* The fields that the register names for its unit and its name. */
static void read_marked_fields(struct reading *rd, const struct raw_register *raw, struct reg *reg)
{
    if (raw->unit.text != NULL)
        reg->unit_field = want_field(rd, reg, raw->unit);
    if (reg->unit_field != NULL && (reg->unit_field->type != FIELD_UNIT || reg->unit_field->personal))
        problem(&rd->src, raw->unit.at, MSG_PACK_OWNER, {"field", str_of(raw->unit.text)},
                {.name = "sealed", .is_word = reg->unit_field->personal, .word = MSG_PACK_PART_PERSONAL}, {"type", str_of(types[reg->unit_field->type])});
    if (raw->name.text != NULL)
        reg->name_field = want_field(rd, reg, raw->name);
    if (reg->name_field != NULL && reg->name_field->type >= FIELD_DIGEST)
        problem(&rd->src, raw->name.at, MSG_PACK_NAME_SINGLE, {"field", str_of(raw->name.text)}, {"type", str_of(types[reg->name_field->type])});
}

/* The whole unit sees a list: nothing that is sealed, and nothing that has a column without being named. */
static bool column_fits(struct reading *rd, const struct reg *reg, struct word w,
                        const struct field *f)
{
    bool is_many = f->type == FIELD_GROUP || f->type == FIELD_LIST || f->type == FIELD_CHECKLIST;

    if (f->personal)
        problem(&rd->src, w.at, MSG_PACK_LIST_SEALED, {"field", str_of(f->id)});
    else if (f->type == FIELD_SECRET)
        problem(&rd->src, w.at, MSG_PACK_LIST_OF_SECRET, {"field", str_of(f->id)});
    else if (is_many)
        problem(&rd->src, w.at, MSG_PACK_LIST_COLUMN, {"field", str_of(f->id)}, {"type", str_of(types[f->type])});
    else if (f == reg->unit_field || f == reg->name_field)
        problem(&rd->src, w.at, MSG_PACK_LIST_OWN, {"field", str_of(f->id)});
    return !f->personal && !is_many && f->type != FIELD_SECRET;
}

static void read_list(struct reading *rd, const struct words *list, struct reg *reg)
{
    reg->list = source_alloc(&rd->src, list->n, sizeof(*reg->list));
    words_unique(&rd->src, list, MSG_PACK_WORD_FIELD);
    if (list->n == 0)
        problem(&rd->src, list->node->at, MSG_PACK_LIST_NONE);
    if (list->n > REG_LIST_MAX)
        problem(&rd->src, list->node->at, MSG_PACK_LIST_COLUMNS, {"max", NUMBER(REG_LIST_MAX)}, {"n", NUMBER(list->n)});
    for (size_t i = 0; reg->list != NULL && i < list->n; i++) {
        const struct field *f = want_field(rd, reg, list->at[i]);

        if (f != NULL && column_fits(rd, reg, list->at[i], f))
            reg->list[reg->n_list++] = f;
    }
}

static const struct field *want_instant(struct reading *rd, struct reg *reg, struct word w)
{
    const struct field *f = w.text != NULL ? want_field(rd, reg, w) : NULL;

    if (f != NULL && f->type != FIELD_INSTANT)
        problem(&rd->src, w.at, MSG_PACK_MINUTES, {"field", str_of(f->id)}, {"type", str_of(types[f->type])});
    return f;
}

static void read_spans(struct reading *rd, const struct node *list, struct reg *reg)
{
    reg->spans = source_alloc(&rd->src, list->n, sizeof(*reg->spans));
    for (const struct node *n = list->first; reg->spans != NULL && n != NULL; n = n->next) {
        struct raw_span raw = {0};

        if (!shape_read(&rd->src, n, &span_shape, &raw))
            continue;
        reg->spans[reg->n_spans++] = (struct span){raw.title, want_instant(rd, reg, raw.from), want_instant(rd, reg, raw.to), n->at};
    }
}

/* Where each record has readers of its own, numbers that run would tell those who see some how many there are. */
static void read_numbers(struct reading *rd, const struct node *n, bool has_label_from, struct reg *reg)
{
    struct raw_numbers raw = {0};
    const char *given = n != NULL && n->kind == NODE_TEXT ? n->text : "";

    reg->draws_numbers = has_label_from || strcmp(given, "drawn") == 0;
    if (n != NULL && n->kind != NODE_TEXT && shape_read(&rd->src, n, &numbers_shape, &raw)) {
        IGNORE(read_clauses(rd, &raw.running, &reg->runs_by), "reported");
        if (raw.running.n == 0)
            problem(&rd->src, n->at, MSG_PACK_NUMBERS_BOOK);
    }
    if (n != NULL && n->kind == NODE_TEXT && !reg->draws_numbers && strcmp(given, "running") != 0)
        problem(&rd->src, n->at, MSG_PACK_NUMBERS, {"given", str_head(given, 80)});
    else if (n != NULL && has_label_from && strcmp(given, "drawn") != 0)
        problem(&rd->src, n->at, MSG_PACK_NUMBERS_DRAWN);
}

static void read_register(struct reading *rd, const struct node *root, struct reg *reg)
{
    struct raw_register raw = {0};
    bool ok;

    IGNORE(!shape_read(&rd->src, root, &register_shape, &raw), "reported; what could be read is judged");
    ok = raw.fields != NULL && fields_read(rd, raw.fields, &reg->fields, &reg->n_fields);
    if (ok) {
        resolve_of(rd, reg, reg->fields, reg->n_fields);
        resolve_within(rd, reg);
        secrets_resolve(rd, reg);
    }
    IGNORE(read_clauses(rd, &raw.clauses, &reg->clauses), "reported");
    reg->form = raw.form.text != NULL ? raw.form.text : "";
    if (raw.reads != NULL)
        reads_read(rd, raw.reads, reg);
    reg->holds = (enum holds)raw.holds;
    if (raw.title.ja != NULL)
        reg->title = raw.title;
    if (raw.prefix.text != NULL) {
        check_prefix(rd, reg, raw.prefix);
        reg->prefix = raw.prefix.text;
    }
    read_numbers(rd, raw.numbers, raw.label_from != NULL, reg);
    if (strcmp(reg->id, "any") == 0)
        problem(&rd->src, raw.id.at, MSG_PACK_ANY_WORD);
    /* With a field missing from the table it would be called unknown. */
    if (ok) {
        read_marked_fields(rd, &raw, reg);
        if (raw.list.node != NULL)
            read_list(rd, &raw.list, reg);
        if (raw.spans != NULL)
            read_spans(rd, raw.spans, reg);
        read_label_and_range(rd, &raw, reg);
        if (raw.label_from != NULL)
            label_from_read(rd, raw.label_from, reg);
        if (raw.held_as != NULL)
            held_as_read(rd, raw.held_as, reg);
        if (raw.stations != NULL)
            stations_read(rd, raw.stations, reg);
        if (raw.pages != NULL)
            pages_read(rd, raw.pages, reg);
        if (raw.cover != NULL)
            cover_read(rd, raw.cover, reg);
    }
}

void read_register_fields(struct reading *rd)
{
    for (size_t i = 0; i < rd->pack->n_regs; i++)
        read_register(rd, reader_file(rd, FILE_REGISTER, i)->root, &rd->pack->regs[i]);
}

/* ---- what refers to other things ---- */

/* One of the two, or a parameter that is. */
static void read_basis(struct reading *rd, const struct node *n, struct retention *r)
{
    const struct param *p = NULL;
    unsigned basis = 0;

    if (!param_from(rd, n, &p)) {
        if (read_choice(&rd->src, n, bases, &basis))
            r->basis = basis == 1 ? RETAIN_CALENDAR : RETAIN_FISCAL;
        return;
    }
    for (size_t i = 0; p != NULL && p->type == PARAM_CHOICE && i < p->n_choices; i++) {
        if (strcmp(p->choices[i], RETAIN_BY_CALENDAR) != 0 && strcmp(p->choices[i], RETAIN_BY_FISCAL) != 0)
            problem(&rd->src, n->at, MSG_PACK_YEARS_CHOICE, {"param", str_of(p->id)}, {"choice", str_of(p->choices[i])});
    }
    if (p != NULL && p->type != PARAM_CHOICE)
        problem(&rd->src, n->at, MSG_PACK_YEARS_TYPE, {"param", str_of(p->id)});
    else
        r->basis_param = p;
}

static void read_retention(struct reading *rd, const struct node *n, struct reg *reg)
{
    struct raw_retention raw = {0};
    struct retention *r = &reg->retention;

    if (!shape_read(&rd->src, n, &retention_shape, &raw))
        return;
    reg->has_retention = true;
    r->at = n->at;
    read_basis(rd, raw.basis, r);
    if (raw.completed_in.n == 0)
        problem(&rd->src, raw.completed_in.node->at, MSG_PACK_COMPLETE_STATE);
    IGNORE(want_states(rd, reg->procedure, &raw.completed_in, &r->completed_in, &r->n_completed_in), "reported");
    if (raw.completed_on.text != NULL)
        r->completed_on = want_field(rd, reg, raw.completed_on);
    if (r->completed_on != NULL && r->completed_on->type != FIELD_DAY && r->completed_on->type != FIELD_INSTANT)
        problem(&rd->src, raw.completed_on.at, MSG_PACK_COMPLETED_ON, {"field", str_of(raw.completed_on.text)},
                {"type", str_of(types[r->completed_on->type])});
    IGNORE(read_param_duration(rd, raw.keep, &r->by_param, &r->param, &r->keep), "reported");
    IGNORE(read_clauses(rd, &raw.clauses, &r->clauses), "reported");
}

/* Kept from everybody until somebody's step lets it out. */
static void read_files_in(struct reading *rd, const struct node *n, struct reg *reg)
{
    struct words states = {0};
    bool has_file = false;

    for (size_t i = 0; i < reg->n_fields; i++)
        has_file = has_file || reg->fields[i].type == FIELD_FILE;
    if (!has_file)
        problem(&rd->src, n->at, MSG_PACK_FILES_IN_NONE, {"register", str_of(reg->id)});
    if (n->kind != NODE_LIST || !read_words(&rd->src, n, true, &states))
        return;
    if (states.n == 0)
        problem(&rd->src, n->at, MSG_PACK_FILES_IN_STATE);
    IGNORE(want_states(rd, reg->procedure, &states, &reg->files_in, &reg->n_files_in), "reported");
}

static void read_defaults(struct reading *rd, const struct node *list, struct reg *reg)
{
    struct scope sc = {.rd = rd, .reg = reg};
    size_t i = 0;

    for (const struct node *n = list->first; n != NULL && i < reg->n_fields; n = n->next, i++) {
        const struct node *initial = node_get(n, "default");
        struct field *f = &reg->fields[i];

        if (initial == NULL || !ref_read(&sc, initial, REF_ANY, &f->initial) || !ref_fits(&sc, &f->initial, f))
            continue;
        if (f->initial.kind == REF_FIELD && f->initial.n_hops == 1 && f->initial.hops[0] == f)
            problem(&rd->src, initial->at, MSG_PACK_DEFAULT_SELF, {"field", str_of(f->id)});
        if (!f->personal)
            IGNORE(ref_is_open(&sc, &f->initial), "reported");
    }
}

void read_register_rules(struct reading *rd)
{
    for (size_t i = 0; i < rd->pack->n_regs; i++) {
        const struct node *root = reader_file(rd, FILE_REGISTER, i)->root;
        const struct node *retention = node_get(root, "retention");
        struct reg *reg = &rd->pack->regs[i];

        read_defaults(rd, node_get(root, "fields"), reg);
        if (retention != NULL)
            read_retention(rd, retention, reg);
        if (node_get(root, "files_in") != NULL)
            read_files_in(rd, node_get(root, "files_in"), reg);
        holders_read(rd, node_get(root, "holders"), reg);
        label_parties_read(rd, node_get(root, "label_from"), reg);
    }
}
