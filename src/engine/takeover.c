/* Judging a table: headings to columns, cells to values, each row to a record that could be. Every fault is told by its cell. */
#include "engine/takeover.h"

#include "base/utf8.h"
#include "engine/apply.h"
#include "engine/input.h"

#include <stdlib.h>

#define TABLE_ARENA_MAX ((size_t)64 << 20)
#define LIST_MAX 1000 /* pieces of one cell */

enum column_kind {
    COLUMN_UNKNOWN,
    COLUMN_STATE,
    COLUMN_FORMER,
    COLUMN_FIELD,
    COLUMN_CELL_OF_ROWS,
    COLUMN_PARTY
};

struct column {
    enum column_kind kind;
    const struct field *field;    /* FIELD, CELL_OF_ROWS: the group */
    const struct field *inner;    /* CELL_OF_ROWS: its column */
    const struct proc_role *role; /* PARTY */
    const char *heading;          /* as typed */
};

struct takeover {
    struct engine *e;
    const struct reg *reg;
    const json_t *table; /* borrowed */
    struct arena *arena;
    uint64_t now_us;
    struct column *columns;
    size_t n_columns;
    struct takeover_row *rows;
    size_t n_rows;
    json_t *faults;
    size_t n_faults;
    json_t *persons, *units,
        *posts;   /* {folded name: id, or "" when several have it}; NULL: not made yet */
    json_t *seen; /* {"field key": row}: what must be unique */
    bool *
        *needed; /* by state: required fields that every way there asks; NULL: not found out yet */
};

static json_t *texts(const struct csv_cell *cells, size_t n)
{
    JSON_AUTO *list = json_array();

    for (size_t i = 0; list && i < n; i++)
        if (json_array_append_new(list, json_stringn(cells[i].text.at ? cells[i].text.at : "",
                                                     cells[i].text.len)))
            return NULL;
    return TAKE(list);
}

json_t *takeover_table(const struct csv_table *t)
{
    JSON_AUTO *rows = json_array();

    for (size_t i = 0; rows && i < t->n_rows; i++)
        if (json_array_append_new(rows, texts(t->cells + i * t->n_cols, t->n_cols)))
            return NULL;
    return rows ? json_pack("{s:o, s:O}", "headings", texts(t->header, t->n_cols), "rows", rows)
                : NULL;
}

/* ---- faults ---- */

static int fault_say(struct takeover *t, size_t row, int col, const json_t *say)
{
    json_t *o;

    if (t->n_faults++ >= TAKEOVER_FAULTS_MAX)
        return 0;
    o = json_pack("{s:I, s:i, s:O}", "row", (json_int_t)row, "col", col, "say", say);
    return o && !json_array_append_new(t->faults, o) ? 0 : -ENOMEM;
}

static int fault(struct takeover *t, size_t row, int col, const char *ja, const char *en)
{
    JSON_AUTO *say = json_pack("{s:s, s:s}", "ja", ja, "en", en);

    return say ? fault_say(t, row, col, say) : -ENOMEM;
}

/* With a name in both sentences. */
static int fault_of(struct takeover *t, size_t row, int col, struct text2 name, const char *ja,
                    const char *en)
{
    const char *both_ja = arena_printf(t->arena, "「%s」%s", name.ja, ja);
    const char *both_en = arena_printf(t->arena, "\"%s\" %s", name.en, en);

    return both_ja && both_en ? fault(t, row, col, both_ja, both_en) : -ENOMEM;
}

/* ---- names ---- */

static const char *folded(struct takeover *t, struct str s)
{
    CLEANUP(buf_done) struct buf out;
    CLEANUP(buf_done) struct buf tight;

    buf_init(&out, s.len * 8 + 64);
    buf_init(&tight, s.len * 8 + 64);
    if (utf8_fold(s, &out))
        return "";
    for (size_t i = 0; i < out.len; i++) /* 山田　太郎 is 山田太郎 */
        if (out.at[i] != ' ' && buf_add_char(&tight, out.at[i]))
            return "";
    return tight.len ? arena_strdup(t->arena, buf_str(&tight)) : "";
}

static bool same_name(struct takeover *t, struct str a, const char *b)
{
    const char *x = folded(t, a);

    return x && *x && !strcmp(x, folded(t, str_of(b)));
}

static bool is_title(struct takeover *t, struct str s, struct text2 title)
{
    return same_name(t, s, title.ja) || same_name(t, s, title.en);
}

static int note_name(struct takeover *t, json_t *names, const char *name, const char *id)
{
    const char *key = folded(t, str_of(name)), *known;

    if (!key || !*key)
        return key ? 0 : -ENOMEM;
    known = json_string_value(json_object_get(names, key));
    return json_put_str(names, key, known && strcmp(known, id) != 0 ? "" : id);
}

static int names_of_persons(struct takeover *t)
{
    size_t n;
    const struct person *const *all = force_persons(t->e->force, &n);
    int e = 0;

    if (t->persons)
        return 0;
    if (!(t->persons = json_object()))
        return -ENOMEM;
    for (size_t i = 0; !e && i < n; i++)
        e = note_name(t, t->persons, all[i]->name, all[i]->id);
    return e;
}

static int names_of_units(struct takeover *t)
{
    size_t n;
    const struct unit *const *all = force_units(t->e->force, &n);
    int e = 0;

    if (t->units)
        return 0;
    if (!(t->units = json_object()))
        return -ENOMEM;
    for (size_t i = 0; !e && i < n; i++)
        if (!(e = note_name(t, t->units, all[i]->name_ja, all[i]->id)))
            e = note_name(t, t->units, all[i]->name_en, all[i]->id);
    return e;
}

static int names_of_posts(struct takeover *t)
{
    size_t n;
    const struct post *const *all = force_posts(t->e->force, &n);
    int e = 0;

    if (t->posts)
        return 0;
    if (!(t->posts = json_object()))
        return -ENOMEM;
    for (size_t i = 0; !e && i < n; i++)
        if (!(e = note_name(t, t->posts, all[i]->name_ja, all[i]->id)))
            e = note_name(t, t->posts, all[i]->name_en, all[i]->id);
    return e;
}

/* ---- headings ---- */

static bool column_is(const struct column *a, const struct column *b)
{
    return a->kind != COLUMN_UNKNOWN && a->kind == b->kind && a->field == b->field &&
           a->inner == b->inner && a->role == b->role;
}

/* "items.name", "物品／品名" */
static bool find_inner(struct takeover *t, struct str s, struct column *c)
{
    static const char *const between[] = {".", "／", "/"};

    for (size_t k = 0; k < ARRAY_LEN(between); k++) {
        struct str sep = str_of(between[k]);

        for (size_t at = 1; at + sep.len < s.len; at++) {
            struct str left = {s.at, at}, right = {s.at + at + sep.len, s.len - at - sep.len};

            if (!str_starts((struct str){s.at + at, s.len - at}, sep))
                continue;
            for (size_t i = 0; i < t->reg->n_fields; i++) {
                const struct field *f = &t->reg->fields[i];

                if (f->type != FIELD_GROUP ||
                    (!str_eq(left, str_of(f->id)) && !is_title(t, left, f->title)))
                    continue;
                for (size_t n = 0; n < f->n_fields; n++)
                    if (str_eq(right, str_of(f->fields[n].id)) ||
                        is_title(t, right, f->fields[n].title)) {
                        *c = (struct column){
                            .kind = COLUMN_CELL_OF_ROWS, .field = f, .inner = &f->fields[n]};
                        return true;
                    }
            }
        }
    }
    return false;
}

/* Fields that a title means. */
static size_t find_titled(struct takeover *t, struct str s, const struct field **ret)
{
    size_t n = 0;

    for (size_t i = 0; i < t->reg->n_fields; i++)
        if (is_title(t, s, t->reg->fields[i].title)) {
            *ret = &t->reg->fields[i];
            n++;
        }
    return n;
}

static void find_party(struct takeover *t, struct str s, struct column *c)
{
    const struct procedure *p = t->reg->procedure;

    if (!str_starts(s, STR("by.")))
        return;
    for (size_t i = 0; i < p->n_roles; i++)
        if (str_eq((struct str){s.at + 3, s.len - 3}, str_of(p->roles[i].id)))
            *c = (struct column){.kind = COLUMN_PARTY, .role = &p->roles[i]};
}

static int find_column(struct takeover *t, size_t at, struct str s, struct column *c)
{
    const struct field *f = NULL;
    size_t n;

    if (str_eq(s, STR("state")))
        c->kind = COLUMN_STATE;
    else if (str_eq(s, STR("number")))
        c->kind = COLUMN_FORMER;
    for (size_t i = 0; c->kind == COLUMN_UNKNOWN && i < t->reg->n_fields; i++)
        if (str_eq(s, str_of(t->reg->fields[i].id)))
            *c = (struct column){.kind = COLUMN_FIELD, .field = &t->reg->fields[i]};
    if (c->kind != COLUMN_UNKNOWN)
        return 0;
    n = find_titled(t, s, &f);
    if (n > 1)
        return fault(t, 0, (int)at, "同じ見出しの項目が複数あります。項目のIDで指定してください",
                     "several fields have this title; name the field by its id");
    if (n == 1)
        *c = (struct column){.kind = COLUMN_FIELD, .field = f};
    else if (same_name(t, s, "状態"))
        c->kind = COLUMN_STATE;
    else if (same_name(t, s, "旧番号") || same_name(t, s, "former number"))
        c->kind = COLUMN_FORMER;
    else
        find_party(t, s, c);
    if (c->kind == COLUMN_UNKNOWN && !find_inner(t, s, c))
        return fault(t, 0, (int)at,
                     "この様式にない見出しです。見出しは項目名、項目のID、「状態」、「旧番号」のい"
                     "ずれかにしてください",
                     "is no heading of this register; use titles or ids of its fields, \"state\" "
                     "or \"number\"");
    return 0;
}

static int check_column(struct takeover *t, size_t at)
{
    const struct column *c = &t->columns[at];

    if (c->kind == COLUMN_FIELD && c->field->type == FIELD_FILE)
        return fault(t, 0, (int)at,
                     "ファイルの項目は表からは引き継げません。この列を除いてください",
                     "holds files, which a table cannot bring; leave the column out");
    if (c->kind == COLUMN_FIELD && c->field->type == FIELD_GROUP)
        return fault(t, 0, (int)at,
                     "行を持つ項目です。「項目名／列名」の見出しを列ごとに置いてください",
                     "is a group; give a heading \"group.column\" for each of its columns");
    for (size_t i = 0; i < at; i++)
        if (column_is(&t->columns[i], c))
            return fault(t, 0, (int)at, "同じ項目の見出しが二度あります。一つにしてください",
                         "stands twice; leave one out");
    return 0;
}

static bool has_column(const struct takeover *t, enum column_kind kind, const struct field *f)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (t->columns[i].kind == kind && (!f || t->columns[i].field == f))
            return true;
    return false;
}

static int judge_headings(struct takeover *t)
{
    const json_t *headings = json_arr(t->table, "headings");
    int e = 0;

    for (size_t i = 0; !e && i < t->n_columns; i++) {
        const json_t *h = json_array_get(headings, i);
        struct str s = str_trim((struct str){json_string_value(h), json_string_length(h)});

        e = s.len ? find_column(t, i, s, &t->columns[i])
                  : fault(t, 0, (int)i, "見出しがありません", "this column has no heading");
        t->columns[i].heading = arena_strdup(t->arena, s.len ? s : STR(""));
        if (!t->columns[i].heading)
            return -ENOMEM;
        if (!e && t->columns[i].kind != COLUMN_UNKNOWN)
            e = check_column(t, i);
    }
    if (!e && !has_column(t, COLUMN_STATE, NULL))
        e = fault(t, 0, -1, "「状態」の列がありません。各行の現在の状態を記入してください",
                  "there is no column \"state\"; say in which state each row is");
    return e;
}

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

static int find_needed(struct takeover *t)
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
        if (!f->required || f->type == FIELD_FILE)
            continue;
        reach(p, f, around);
        for (size_t s = 0; s < p->n_states; s++)
            t->needed[s][i] = is_needed_in(t, f, s, reached, around);
    }
    return 0;
}

/* ---- cells ---- */

struct placed { /* a row at work */
    struct stage sc;
    size_t row; /* from 1 */
};

static int state_cell(struct takeover *t, const struct placed *at, int col, struct str s,
                      struct takeover_row *r)
{
    const struct procedure *p = t->reg->procedure;

    for (size_t i = 0; i < p->n_states; i++)
        if (str_eq(s, str_of(p->states[i].id)) || is_title(t, s, p->states[i].title)) {
            r->state = &p->states[i];
            return 0;
        }
    return s.len ? fault(t, at->row, col, "この様式にない状態です", "is no state of this register")
                 : fault(t, at->row, col, "状態を記入してください", "the state is missing");
}

int takeover_find_former(struct stage *sc, const struct reg *reg, struct str former,
                         const char **ret_id)
{
    CLEANUP(buf_done) struct buf key;
    JSON_AUTO *text = json_stringn(former.at, former.len);
    ROWS_AUTO *rows = NULL;
    int e;

    buf_init(&key, 4096);
    if (!text)
        return former.len ? 1 : -ENOMEM;
    if ((e = index_key(NULL, text, &key)))
        return e;
    if ((e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_INDEX_FIND, V_TEXT(reg->id),
                                      V_TEXT(RECORD_FORMER), V_STR(buf_str(&key)), V_TEXT(""),
                                      V_INT(1)))))
        return e;
    if ((e = rows_next(rows)) <= 0)
        return e < 0 ? e : 1;
    *ret_id = arena_strdup(sc->arena, rows_str(rows, 0));
    return *ret_id ? 0 : -ENOMEM;
}

/* Has another row, or a record adopted before, this value already? The row that has it, 0 none. */
static int see(struct takeover *t, const char *field, const char *key, size_t row,
               size_t *ret_other)
{
    const char *name = arena_printf(t->arena, "%s %s", field, key);
    const json_t *other = name ? json_object_get(t->seen, name) : NULL;

    *ret_other = other ? (size_t)json_integer_value(other) : 0;
    if (!name)
        return -ENOMEM;
    return other ? 0 : json_put_int(t->seen, name, (int64_t)row);
}

static int fault_twice(struct takeover *t, size_t row, int col, size_t other)
{
    const char *ja = arena_printf(t->arena, "%zu件目の行と重複しています", other);
    const char *en = arena_printf(t->arena, "is the same as in row %zu", other);

    return ja && en ? fault(t, row, col, ja, en) : -ENOMEM;
}

static int former_cell(struct takeover *t, struct placed *at, int col, struct str s,
                       struct takeover_row *r)
{
    CLEANUP(buf_done) struct buf clean;
    const char *id;
    size_t other;
    int e;

    buf_init(&clean, 4096);
    if (!s.len)
        return 0;
    e = utf8_nfc(s, false, &clean);
    if (e > 0)
        return fault(t, at->row, col, "使えない文字が含まれています",
                     "holds characters that cannot be used");
    if (e == -ENOSPC || (!e && utf8_count(buf_str(&clean)) > TAKEOVER_FORMER_MAX))
        return fault(t, at->row, col, "旧番号は60文字以内にしてください",
                     "the number must have at most 60 characters");
    if (e || !(r->former = arena_strdup(t->arena, buf_str(&clean))) ||
        (e = see(t, RECORD_FORMER, r->former, at->row, &other)))
        return e ? e : -ENOMEM;
    if (other)
        return fault_twice(t, at->row, col, other);
    e = takeover_find_former(&at->sc, t->reg, buf_str(&clean), &id);
    if (!e)
        return fault(t, at->row, col, "この旧番号の記録は、すでに引き継がれています",
                     "a record with this number was taken over already");
    return MIN_OF(e, 0);
}

/* A name that `names` knows, as its id; what it does not know stays. */
static int by_name(struct takeover *t, const struct placed *at, int col, const json_t *names,
                   struct str s, const char *ja, const char *en, const char **ret)
{
    const char *key = folded(t, s),
               *id = key ? json_string_value(json_object_get(names, key)) : NULL;

    if (!key)
        return -ENOMEM;
    if (id && !*id)
        return fault(t, at->row, col, ja, en);
    if (id)
        *ret = id;
    return 0;
}

static int record_named(struct takeover *t, struct placed *at, const struct field *f, struct str s,
                        const char **ret)
{
    struct record *found = NULL;
    int e = stage_record(&at->sc, *ret, &found);

    if (e <= 0)
        return e;
    if (f->reg) {
        const struct reg *now = engine_reg_on(t->e, f->reg->id, at->sc.today);

        return MIN_OF(takeover_find_former(&at->sc, now ? now : f->reg, s, ret), 0);
    }
    for (size_t i = 0; e > 0 && i < t->reg->pack->n_regs; i++)
        e = takeover_find_former(&at->sc, &t->reg->pack->regs[i], s, ret);
    return MIN_OF(e, 0);
}

static const char *choice_named(struct takeover *t, const struct field *f, struct str s)
{
    for (size_t i = 0; i < f->n_choices; i++)
        if (str_eq(s, str_of(f->choices[i].id)) || is_title(t, s, f->choices[i].title))
            return f->choices[i].id;
    return NULL;
}

static const char *label_named(struct takeover *t, struct str s)
{
    const struct pack *p = t->reg->pack;

    for (size_t i = 0; i < p->n_labels; i++)
        if (is_title(t, s, p->labels[i].title))
            return p->labels[i].id;
    return NULL;
}

static const char *flag_named(struct takeover *t, struct str s)
{
    static const char *const words[][2] = {{"true", "yes"}, {"○", "yes"},    {"〇", "yes"},
                                           {"済", "yes"},   {"false", "no"}, {"×", "no"},
                                           {"未", "no"}};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (same_name(t, s, words[i][0]))
            return words[i][1];
    return NULL;
}

/* What stands in a cell, as its field would have it typed. A fault may be told. */
static int one_word(struct takeover *t, struct placed *at, int col, const struct field *f,
                    struct str s, const char **ret)
{
    const char *word = arena_strdup(t->arena, s), *better = NULL;
    int e = word ? 0 : -ENOMEM;

    if (e)
        return e;
    switch (f->type) {
    case FIELD_CHOICE:
        better = choice_named(t, f, s);
        break;
    case FIELD_LABEL:
        better = label_named(t, s);
        break;
    case FIELD_FLAG:
        better = flag_named(t, s);
        break;
    case FIELD_PERSON:
        if (!force_person(t->e->force, word) && !(e = names_of_persons(t)))
            e = by_name(t, at, col, t->persons, s,
                        "同じ氏名の職員が複数います。職員番号で記入してください",
                        "several persons have this name; give the number of the person", &better);
        break;
    case FIELD_UNIT:
        if (!force_unit(t->e->force, word) && !(e = names_of_units(t)))
            e = by_name(t, at, col, t->units, s,
                        "同じ名称の所属が複数あります。所属のIDで記入してください",
                        "several units have this name; give the id of the unit", &better);
        break;
    case FIELD_POST:
        if (!force_post(t->e->force, word) && !(e = names_of_posts(t)))
            e = by_name(t, at, col, t->posts, s,
                        "同じ名称の職が複数あります。職のIDで記入してください",
                        "several posts have this name; give the id of the post", &better);
        break;
    case FIELD_RECORD:
        better = word;
        e = record_named(t, at, f, s, &better);
        break;
    default:
        break;
    }
    *ret = better ? better : word;
    return e;
}

/* Pieces of a cell: lines, or what stands between ";" (and 、 for a checklist). */
static int pieces(struct takeover *t, struct placed *at, int col, const struct field *of,
                  struct str s, bool by_line, bool by_comma, json_t **ret)
{
    static const char *const signs[] = {"\n", ";", "；", "、", "，", ","};
    size_t n_signs = by_line ? 1 : by_comma ? 6 : 3;
    JSON_AUTO *list = json_array();

    while (list && (s.len || by_line)) {
        size_t len = 0, sep = 0;
        const char *word = "";
        struct str one;

        for (; len < s.len && !sep; len += !sep)
            for (size_t i = 0; !sep && i < n_signs; i++)
                if (str_starts((struct str){s.at + len, s.len - len}, str_of(signs[i])))
                    sep = strlen(signs[i]);
        one = str_trim((struct str){s.at, len});
        s = (struct str){s.at + len + sep, s.len - len - sep};
        if (one.len && one_word(t, at, col, of, one, &word))
            return -ENOMEM;
        if ((one.len || by_line) && json_array_append_new(list, json_string(word)))
            return -ENOMEM;
        if (!sep)
            break;
        if (json_array_size(list) > LIST_MAX)
            return fault(t, at->row, col, "一つのセルに値が多すぎます",
                         "there are too many values in one cell");
    }
    *ret = list ? TAKE(list) : NULL;
    return *ret ? 0 : -ENOMEM;
}

static int typed(struct takeover *t, struct placed *at, int col, const struct field *f,
                 const json_t *v, struct takeover_row *r)
{
    JSON_AUTO *problems = json_array();
    JSON_AUTO *value = NULL;
    int e = problems ? input_value(&at->sc, f, v, NULL, &value, problems) : -ENOMEM;

    for (size_t i = 0; !e && i < json_array_size(problems); i++)
        e = fault_say(t, at->row, col, json_object_get(json_array_get(problems, i), "say"));
    if (!e && value)
        e = json_object_set(r->values, f->id, value) ? -ENOMEM : 0;
    return e;
}

static int field_cell(struct takeover *t, struct placed *at, int col, const struct field *f,
                      struct str s, struct takeover_row *r)
{
    size_t before = t->n_faults;
    JSON_AUTO *v = NULL;
    const char *word;
    struct field item = *f;
    int e;

    if (!s.len || f->type == FIELD_FILE || f->type == FIELD_GROUP)
        return 0;
    if (f->type == FIELD_LIST || f->type == FIELD_CHECKLIST) {
        item.type = FIELD_CHOICE;
        e = pieces(t, at, col, f->type == FIELD_LIST ? &f->fields[0] : &item, s, false,
                   f->type == FIELD_CHECKLIST, &v);
    } else if (!(e = one_word(t, at, col, f, s, &word)) && !(v = json_string(word))) {
        e = fault(t, at->row, col, "使えない文字が含まれています",
                  "holds characters that cannot be used");
    }
    return e || t->n_faults > before ? e : typed(t, at, col, f, v, r);
}

/* The nth line of each column makes the nth row of the group. */
static int rows_cell(struct takeover *t, struct placed *at, int col, const struct column *c,
                     struct str s, json_t *groups)
{
    json_t *rows = json_arr(groups, c->field->id);
    JSON_AUTO *lines = NULL;
    int e = s.len ? pieces(t, at, col, c->inner, s, true, false, &lines) : 0;

    if (e || !s.len)
        return e;
    if (!rows && (!(rows = json_array()) || json_object_set_new(groups, c->field->id, rows)))
        return -ENOMEM;
    for (size_t i = 0; i < json_array_size(lines); i++) {
        if (i == json_array_size(rows) && json_array_append_new(rows, json_object()))
            return -ENOMEM;
        if (json_object_set(json_array_get(rows, i), c->inner->id, json_array_get(lines, i)))
            return -ENOMEM;
    }
    return 0;
}

static int party_cell(struct takeover *t, struct placed *at, int col, const struct column *c,
                      struct str s, struct takeover_row *r)
{
    const struct field person = {.id = c->role->id, .type = FIELD_PERSON};
    const char *word = "";
    int e = s.len ? one_word(t, at, col, &person, s, &word) : 0;

    if (e || !s.len)
        return e;
    if (!force_person(t->e->force, word))
        return fault(t, at->row, col, "そのような職員はいません", "is not a person of this force");
    return json_put_str(r->parties, c->role->id, word);
}

static int judge_cell(struct takeover *t, struct placed *at, size_t col, struct str s,
                      struct takeover_row *r, json_t *groups)
{
    const struct column *c = &t->columns[col];

    switch (c->kind) {
    case COLUMN_STATE:
        return state_cell(t, at, (int)col, s, r);
    case COLUMN_FORMER:
        return former_cell(t, at, (int)col, s, r);
    case COLUMN_FIELD:
        return field_cell(t, at, (int)col, c->field, s, r);
    case COLUMN_CELL_OF_ROWS:
        return rows_cell(t, at, (int)col, c, s, groups);
    case COLUMN_PARTY:
        return party_cell(t, at, (int)col, c, s, r);
    case COLUMN_UNKNOWN:
        break;
    }
    return 0;
}

/* ---- a whole row ---- */

static int column_of(const struct takeover *t, const struct field *f)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if ((t->columns[i].kind == COLUMN_FIELD || t->columns[i].kind == COLUMN_CELL_OF_ROWS) &&
            t->columns[i].field == f)
            return (int)i;
    return -1;
}

static int judge_groups(struct takeover *t, struct placed *at, json_t *groups,
                        struct takeover_row *r)
{
    const char *key;
    json_t *rows;
    int e = 0;

    json_object_foreach (groups, key, rows) {
        const struct field *f = reg_field(t->reg, key);

        if (!e && f)
            e = typed(t, at, column_of(t, f), f, rows, r);
    }
    return e;
}

static int judge_needed(struct takeover *t, const struct placed *at, const struct takeover_row *r)
{
    size_t s = state_no(t->reg->procedure, r->state->id);
    int e = 0;

    for (size_t i = 0; !e && i < t->reg->n_fields; i++) {
        const struct field *f = &t->reg->fields[i];

        if (t->needed[s][i] && !json_object_get(r->values, f->id))
            e = fault_of(t, at->row, column_of(t, f), f->title,
                         "を記入してください。この状態の記録には必要です",
                         "must be filled in for a record in this state");
    }
    return e;
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
            (e = index_key(f, v, &key))) {
            e = MIN_OF(e, 0);
            continue;
        }
        e = see(t, f->id, key.at, at->row, &other);
        if (!e && other)
            e = fault_twice(t, at->row, column_of(t, f), other);
    }
    return e;
}

static int judge_unique(struct takeover *t, struct placed *at, const struct takeover_row *r)
{
    struct deed d = {.sc = &at->sc};
    const struct field *taken = NULL;
    struct record *where = NULL;
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
    if (e || (e = deed_unique(&d, &taken, &where)) || !taken)
        return e;
    return fault_of(t, at->row, column_of(t, taken), taken->title, "が他の記録と重複しています",
                    "is the same as in another record");
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
    return size <= INPUT_MAX_BYTES ? 0
                                   : fault(t, at->row, -1, "この行は大きすぎて記録できません",
                                           "this row is too large to be entered");
}

static int judge_cells(struct takeover *t, struct placed *at, const json_t *cells,
                       struct takeover_row *r)
{
    JSON_AUTO *groups = json_object();
    int e = groups ? 0 : -ENOMEM;

    for (size_t i = 0; !e && i < t->n_columns; i++) {
        const json_t *cell = json_array_get(cells, i);
        struct str s = str_trim((struct str){json_string_value(cell), json_string_length(cell)});

        e = judge_cell(t, at, i, s.at ? s : STR(""), r, groups);
    }
    return e ? e : judge_groups(t, at, groups, r);
}

static int judge_row(struct takeover *t, struct placed *at, const json_t *cells,
                     struct takeover_row *r)
{
    size_t before = t->n_faults;
    int e;

    *r = (struct takeover_row){.former = "", .values = json_object(), .parties = json_object()};
    if (!r->values || !r->parties)
        return -ENOMEM;
    if (json_array_size(cells) != t->n_columns)
        return fault(t, at->row, -1, "セルの数が見出しの数と違います",
                     "has another number of cells than there are headings");
    at->sc.procedure = t->reg->procedure;
    if ((e = stage_new_record(&at->sc, t->reg, &at->sc.hand)) ||
        (e = judge_cells(t, at, cells, r)) || !r->state)
        return e;
    if ((e = judge_needed(t, at, r)) || (e = judge_rivals(t, at, r)) || t->n_faults > before)
        return e;
    return (e = judge_size(t, at, r)) ? e : judge_unique(t, at, r);
}

int takeover_judge(struct takeover *t)
{
    const json_t *rows = json_arr(t->table, "rows");
    int e = judge_headings(t);

    if (!e)
        e = find_needed(t);
    if (!e && !json_array_size(rows))
        e = fault(t, 0, -1, "見出しの下に行がありません", "there are no rows below the headings");
    if (!e && json_array_size(rows) > TAKEOVER_ROWS_MAX)
        return fault(t, 0, -1, "一度に引き継げるのは5,000行までです。表を分けてください",
                     "at most 5,000 rows can be taken over at once; split the table");
    t->rows = arena_alloc_n(t->arena, json_array_size(rows) + 1, sizeof(*t->rows));
    if (!t->rows)
        return -ENOMEM;
    for (size_t i = 0; !e && i < json_array_size(rows); i++) {
        struct placed at = {.row = i + 1};

        e = stage_open(&at.sc, t->e, "", t->now_us);
        t->n_rows = i + 1;
        if (!e)
            e = judge_row(t, &at, json_array_get(rows, i), &t->rows[i]);
        stage_done(&at.sc);
    }
    return e;
}

/* ---- the whole ---- */

int takeover_open(struct engine *e, const struct reg *reg, const json_t *table, uint64_t now_us,
                  struct takeover **ret)
{
    CLEANUP(takeover_closep) struct takeover *t = calloc(1, sizeof(*t));

    if (!t)
        return -ENOMEM;
    *t = (struct takeover){.e = e,
                           .reg = reg,
                           .table = table,
                           .now_us = now_us,
                           .arena = arena_new(TABLE_ARENA_MAX),
                           .faults = json_array(),
                           .seen = json_object(),
                           .n_columns = json_array_size(json_arr(table, "headings"))};
    if (!t->arena || !t->faults || !t->seen)
        return -ENOMEM;
    t->columns = arena_alloc_n(t->arena, t->n_columns + 1, sizeof(*t->columns));
    if (!t->columns)
        return -ENOMEM;
    *ret = TAKE(t);
    return 0;
}

void takeover_close(struct takeover *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n_rows; i++) {
        json_decref(t->rows[i].values);
        json_decref(t->rows[i].parties);
    }
    json_decref(t->faults);
    json_decref(t->persons);
    json_decref(t->units);
    json_decref(t->posts);
    json_decref(t->seen);
    arena_free(t->arena);
    free(t);
}

size_t takeover_faults(const struct takeover *t)
{
    return t->n_faults;
}

const struct takeover_row *takeover_rows(const struct takeover *t, size_t *ret_n)
{
    *ret_n = t->n_rows;
    return t->rows;
}

static const char *column_field(const struct column *c)
{
    switch (c->kind) {
    case COLUMN_STATE:
        return "state";
    case COLUMN_FORMER:
        return "number";
    case COLUMN_PARTY:
        return c->role->id;
    case COLUMN_FIELD:
    case COLUMN_CELL_OF_ROWS:
        return c->field->id;
    case COLUMN_UNKNOWN:
        break;
    }
    return "";
}

json_t *takeover_told(const struct takeover *t)
{
    JSON_AUTO *columns = json_array();

    for (size_t i = 0; columns && i < t->n_columns; i++)
        if (json_array_append_new(columns,
                                  json_pack("{s:s, s:s}", "heading",
                                            t->columns[i].heading ? t->columns[i].heading : "",
                                            "field", column_field(&t->columns[i]))))
            return NULL;
    return json_pack("{s:s, s:I, s:O, s:O, s:I}", "reg", t->reg->id, "n_rows",
                     (json_int_t)json_array_size(json_arr(t->table, "rows")), "columns", columns,
                     "faults", t->faults, "n_faults", (json_int_t)t->n_faults);
}

int engine_takeover_judge(struct engine *e, const char *reg, const json_t *table, uint64_t now_us,
                          json_t **ret)
{
    CLEANUP(takeover_closep) struct takeover *t = NULL;
    const struct reg *found = engine_reg_on(e, reg, day_of_instant(now_us));
    int r = found ? takeover_open(e, found, table, now_us, &t) : TAKEOVER_E_NONE;

    if (!r)
        r = takeover_judge(t);
    if (!r && !(*ret = takeover_told(t)))
        r = -ENOMEM;
    return r;
}
