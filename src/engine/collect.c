#include "engine/collect.h"

#include "base/utf8.h"
#include "engine/input.h"
#include "engine/inside.h"
#include "engine/judge.h"
#include "engine/ref.h"

#include <inttypes.h>
#include <stdlib.h>

#define ARENA_MAX ((size_t)64 << 20)
#define NOTES_MAX 390u /* bytes of what is told of gaps, breaks, silent days */
#define DIGEST_HEX (2 * SHA256_SIZE)
#define AHEAD_US (600 * US_PER_SECOND) /* by which a terminal's clock may be fast */
#define CANDIDATES_MAX \
    500 /* records of one key that are looked at; where more might count, that is a fault */

/* ---- kinds and columns ---- */

enum cell_type {
    CELL_SEQ,
    CELL_BEFORE,
    CELL_COLLECTOR,
    CELL_AT,
    CELL_EVENT,
    CELL_COMPUTER,
    CELL_ACCOUNT,
    CELL_MEDIUM,
    CELL_VALUE,
    CELL_DIGEST
};

struct cell_rule {
    enum collect_kind kind;
    enum cell_type type;
    const char *field;
    struct collect_column column;
};

static const struct cell_rule rules[] = {
#define COLUMN(kind_, name_, type_, field_, required_, ja_, en_) \
    {COLLECT_##kind_, CELL_##type_, field_, {name_, {ja_, en_}, required_}},
#include "engine/collect-columns.def"
#undef COLUMN
};
static const struct collect_column columns[] = {
#define COLUMN(kind_, name_, type_, field_, required_, ja_, en_) {name_, {ja_, en_}, required_},
#include "engine/collect-columns.def"
#undef COLUMN
};

static const struct {
    const char *word, *reg, *step;
    const char *event; /* the one that makes a record; NULL: the choices of the direction */
} kinds[COLLECT_KINDS] = {[COLLECT_TRAILS] = {"trails", "collected-lines", "enter", NULL},
                          [COLLECT_SETTINGS] = {"settings", "terminal-states", "settings",
                                                "settings"},
                          [COLLECT_SCANS] = {"scans", "terminal-states", "scan", "scan"}};

enum collect_kind collect_kind_of(const char *word)
{
    size_t k = 0;

    while (k < COLLECT_KINDS && strcmp(kinds[k].word, word) != 0)
        k++;
    return (enum collect_kind)k;
}

const char *collect_kind_word(enum collect_kind k)
{
    return kinds[k].word;
}

static size_t first_rule(enum collect_kind k)
{
    size_t i = 0;

    while (rules[i].kind != k)
        i++;
    return i;
}

const struct collect_column *collect_columns(enum collect_kind k, size_t *ret_n)
{
    size_t first = first_rule(k), n = 0;

    while (first + n < ARRAY_LEN(rules) && rules[first + n].kind == k)
        n++;
    *ret_n = n;
    return &columns[first];
}

/* ---- what is being judged ---- */

struct line {
    size_t row; /* from 1 */
    uint64_t seq, at_us;
    const char *before;
    char digest[DIGEST_HEX + 1];
    const char *unit;
    bool is_mark;
    json_t *with; /* values of its record */
};

struct candidate {
    const char *id, *state;
    int64_t opened_us;
};

/* The newest file that was taken of this collector. */
struct known {
    const char *id; /* "" none */
    uint64_t last_seq, last_us;
    const char *last_digest;
};

struct collect {
    struct engine *e;
    enum collect_kind kind;
    const struct reg *reg, *collections;
    const json_t *table;
    uint64_t now_us;
    struct arena *arena;
    struct stage sc; /* of the row at work */
    const struct cell_rule *rules;
    int column[32]; /* of the table, by rule; -1 none */
    size_t n_rules, n_faults;
    json_t *faults;
    struct line *lines;
    size_t n_lines, n_skipped, n_marks;
    const char *collector, *collector_name, *unit; /* id, as written, the unit that owns it */
    struct known known;
    struct candidate *found; /* CANDIDATES_MAX, of the last candidates() */
    struct buf all;          /* every digest, for the file's own */
    struct buf gaps, breaks, silent;
};

static int fault(struct collect *c, size_t row, int rule, const char *ja, const char *en)
{
    json_t *o;

    if (c->n_faults++ >= COLLECT_FAULTS_MAX)
        return 0;
    o = json_pack("{s:I, s:i, s:{s:s, s:s}}", "row", (json_int_t)row, "col",
                  rule < 0 ? -1 : c->column[rule], "say", "ja", ja, "en", en);
    return o && !json_array_append_new(c->faults, o) ? 0 : -ENOMEM;
}

static int fault_of(struct collect *c, size_t row, int col, const char *word, const char *ja,
                    const char *en)
{
    const char *both_ja = arena_printf(c->arena, "「%s」%s", word, ja),
               *both_en = arena_printf(c->arena, "\"%s\" %s", word, en);
    json_t *o;

    if (!both_ja || !both_en)
        return -ENOMEM;
    if (c->n_faults++ >= COLLECT_FAULTS_MAX)
        return 0;
    o = json_pack("{s:I, s:i, s:{s:s, s:s}}", "row", (json_int_t)row, "col", col, "say", "ja",
                  both_ja, "en", both_en);
    return o && !json_array_append_new(c->faults, o) ? 0 : -ENOMEM;
}

/* "4–9、12": what does not fit is counted. */
static int note(struct buf *out, const char *text)
{
    if (out->len + strlen(text) + 4 > NOTES_MAX)
        return str_ends(buf_str(out), STR("…")) ? 0 : buf_add_text(out, "…");
    return buf_printf(out, "%s%s", out->len ? ", " : "", text);
}

/* ---- finding what a cell names ---- */

/* What is looked for: an indexed field that has that text and, unless it is NULL, another one. */
struct sought {
    const char *reg, *field, *text, *other, *other_text;
    const char *state; /* NULL: any; with `other` there is one */
    size_t max;        /* at most CANDIDATES_MAX */
};

static int key_of(const struct reg *reg, const char *field, const char *text, struct buf *key)
{
    const struct field *f = reg_field(reg, field);
    JSON_AUTO *value = json_string(text);

    buf_init(key, 4096);
    return !value ? -ENOMEM : f && field_is_indexed(f) ? index_key(f, value, key) : 1;
}

static int query(struct collect *c, const struct reg *reg, const struct sought *s,
                 struct rows **ret)
{
    CLEANUP(buf_done) struct buf key = {0};
    CLEANUP(buf_done) struct buf other = {0};
    struct store *store = c->e->store;
    int64_t max = (int64_t)s->max + 1; /* one more tells that there are more */
    int r = key_of(reg, s->field, s->text, &key);

    if (!r && s->other)
        r = key_of(reg, s->other, s->other_text, &other);
    if (r)
        return r;
    if (s->other)
        return store_failed(STORE_QUERY(store, ret, STMT_INDEX_NEWEST_BOTH, V_TEXT(reg->id),
                                        V_TEXT(s->field), V_STR(buf_str(&key)), V_TEXT(s->other),
                                        V_STR(buf_str(&other)), V_TEXT(s->state), V_INT(max)));
    return store_failed(STORE_QUERY(store, ret, STMT_INDEX_NEWEST, V_TEXT(reg->id),
                                    V_TEXT(s->field), V_STR(buf_str(&key)),
                                    V_TEXT(s->state ? s->state : ""), V_INT(max)));
}

/* Of the records the last ones opened, newest first; until the next call. *ret_more: there are others. */
static int candidates(struct collect *c, const struct sought *s, struct candidate **ret,
                      size_t *ret_n, bool *ret_more)
{
    const struct reg *reg = engine_reg(c->e, s->reg);
    ROWS_AUTO *rows = NULL;
    int r;

    *ret_n = 0;
    *ret_more = false;
    *ret = c->found;
    if (!reg || (r = query(c, reg, s, &rows)))
        return reg ? MIN_OF(r, 0) : 0;
    while ((r = rows_next(rows)) > 0 && !*ret_more) {
        struct candidate *one = &(*ret)[*ret_n];

        if (*ret_n == s->max) {
            *ret_more = true;
            break;
        }
        *one = (struct candidate){arena_strdup(c->arena, rows_str(rows, 0)),
                                  arena_strdup(c->arena, rows_str(rows, 1)), rows_int(rows, 2)};
        if (!one->id || !one->state)
            return -ENOMEM;
        ++*ret_n;
    }
    return MIN_OF(r, 0);
}

static bool is_over(const struct collect *c, const char *reg_id, const char *state)
{
    const struct reg *reg = engine_reg(c->e, reg_id);

    for (size_t i = 0; i < reg->procedure->n_states; i++)
        if (!strcmp(reg->procedure->states[i].id, state))
            return reg->procedure->states[i].is_end;
    return false;
}

/* The newest that is not over, else the newest. NULL: there is none. */
static int find_by(struct collect *c, const char *reg_id, const char *field, const char *text,
                   const char **ret)
{
    const struct reg *reg = engine_reg(c->e, reg_id);
    struct sought s = {.reg = reg_id, .field = field, .text = text, .max = 1};
    struct candidate *one;
    int64_t newest = INT64_MIN;
    bool more;
    size_t n;
    int r = 0;

    *ret = NULL;
    for (size_t i = 0; !r && reg && i < reg->procedure->n_states; i++) {
        if (reg->procedure->states[i].is_end)
            continue;
        s.state = reg->procedure->states[i].id;
        r = candidates(c, &s, &one, &n, &more);
        if (!r && n && one->opened_us > newest) {
            newest = one->opened_us;
            *ret = one->id;
        }
    }
    s.state = NULL;
    if (!r && !*ret && !(r = candidates(c, &s, &one, &n, &more)) && n)
        *ret = one->id;
    return r;
}

static int value_of(struct collect *c, const char *id, const char *field, const char **ret)
{
    struct record *rec = NULL;
    const struct field *f;
    json_t *v = NULL;
    int r = stage_record(&c->sc, id, &rec);

    *ret = "";
    if (r)
        return MIN_OF(r, 0);
    f = reg_field(rec->reg, field);
    if (f && !field_is_personal(f))
        r = record_value(c->e->store, rec, f, &v);
    if (!r && json_is_string(v))
        *ret = json_string_value(v);
    return r;
}

static int same_value(struct collect *c, const char *id, const char *field, const char *text)
{
    const char *is;
    int r = value_of(c, id, field, &is);

    return r ? r : !strcmp(is, text);
}

static int too_many(struct collect *c, size_t row, int col, const char *word)
{
    return fault_of(
        c, row, col, word,
        "に当たる記録が500件を超え、どれか決められません。台帳の管理者に知らせてください",
        "has more than 500 records, and which is meant cannot be said; tell who keeps "
        "the register");
}

static int column_of(const struct collect *c, const char *field)
{
    for (size_t i = 0; i < c->n_rules; i++)
        if (c->rules[i].field && !strcmp(c->rules[i].field, field))
            return c->column[i];
    return -1;
}

#define RANK_BEST 4

/* By the register of user IDs, one of the computer's system before others; else by his number in the force. */
static int find_person(struct collect *c, const struct line *l, const char **ret)
{
    const char *account = json_str(l->with, "account");
    struct sought s = {
        .reg = "identities", .field = "user_id", .text = account, .max = CANDIDATES_MAX};
    struct candidate *all;
    const char *system = "", *holder = "", *is;
    size_t n = 0;
    bool more = false;
    int r = value_of(c, json_str(l->with, "computer"), "system", &system), best = 0;

    *ret = NULL;
    if (!r)
        r = candidates(c, &s, &all, &n, &more);
    for (size_t i = 0; !r && i < n && best < RANK_BEST; i++) {
        int is_here = same_value(c, all[i].id, "system", system), rank;

        if (is_here < 0 || (r = value_of(c, all[i].id, "holder", &holder)))
            return is_here < 0 ? is_here : r;
        rank = 1 + 2 * is_here + !is_over(c, s.reg, all[i].state);
        if (*holder && rank > best) {
            best = rank;
            *ret = arena_strdup(c->arena, str_of(holder));
        }
    }
    if (r || (more && best < RANK_BEST))
        return r ? r : too_many(c, l->row, column_of(c, "account"), account);
    is = force_person(c->e->force, account) ? account : NULL;
    if (!*ret)
        *ret = is;
    return 0;
}

#define FIT_IN_TIME 8
#define FIT_BEST (1 + FIT_IN_TIME + 4 + 2)

/* How well a grant of his for this medium fits the line: 0 not at all. */
static int fit_of(struct collect *c, const struct line *l, const struct candidate *g, int *ret)
{
    const char *v, *from, *until;
    uint64_t from_us, until_us;
    int r;

    *ret = 0;
    if ((r = value_of(c, g->id, "granted_from", &from)) ||
        (r = value_of(c, g->id, "granted_until", &until)))
        return r;
    *ret = 1;
    if (!instant_parse(str_of(from), &from_us) && !instant_parse(str_of(until), &until_us) &&
        l->at_us >= from_us && l->at_us < until_us)
        *ret += FIT_IN_TIME;
    if ((r = same_value(c, g->id, "computer", json_str(l->with, "computer"))) < 0)
        return r;
    *ret += 4 * r;
    if ((r = value_of(c, g->id, "direction", &v)))
        return r;
    *ret += 2 * (!strcmp(v, "both") || !strcmp(v, json_str(l->with, "direction")));
    return 0;
}

struct best_grant {
    const char *id;
    int fit;
    int64_t opened_us;
};

/* Of those in one state. */
static int find_grant_in(struct collect *c, const struct line *l, const char *state,
                         struct best_grant *best)
{
    struct sought s = {.reg = "media-grants",
                       .field = "medium",
                       .text = json_str(l->with, "medium"),
                       .other = "applicant",
                       .other_text = json_str(l->with, "person"),
                       .state = state,
                       .max = CANDIDATES_MAX};
    struct candidate *all;
    size_t n;
    bool more;
    int fit, r = candidates(c, &s, &all, &n, &more);

    for (size_t i = 0; !r && i < n; i++) {
        if ((r = fit_of(c, l, &all[i], &fit)))
            return r;
        if (fit > best->fit || (fit && fit == best->fit && all[i].opened_us > best->opened_us))
            *best = (struct best_grant){all[i].id, fit, all[i].opened_us};
        if (fit == FIT_BEST)
            return 0;
    }
    return r || !more || best->fit > FIT_IN_TIME
               ? r
               : too_many(c, l->row, column_of(c, "medium_serial"),
                          json_str(l->with, "medium_serial"));
}

/* Of this person's grants for this medium the one that fits best; of equals the newest. */
static int find_grant(struct collect *c, struct line *l)
{
    static const char *const states[] = {"granted", "taken-in", "ended"};
    struct best_grant best = {0};
    int r = 0;

    if (!*json_str(l->with, "person") || !*json_str(l->with, "medium"))
        return 0;
    for (size_t i = 0; !r && i < ARRAY_LEN(states) && best.fit < FIT_BEST; i++)
        r = find_grant_in(c, l, states[i], &best);
    return r || !best.id ? r : json_put_str(l->with, "grant", best.id);
}

/* ---- cells ---- */

static bool is_hex(const char *s)
{
    return strlen(s) == DIGEST_HEX && strspn(s, "0123456789abcdef") == DIGEST_HEX;
}

static int judge_at(struct collect *c, struct line *l, int rule, const char *s)
{
    size_t n = strlen(s);
    bool has_offset =
        n > 6 && (s[n - 1] == 'Z' || ((s[n - 6] == '+' || s[n - 6] == '-') && s[n - 3] == ':'));

    if (!has_offset || instant_parse(str_of(s), &l->at_us))
        return fault_of(c, l->row, c->column[rule], s,
                        "は、2026-08-05T10:00:00+09:00 のように、時差まで書いてください",
                        "is no instant with its offset, such as 2026-08-05T10:00:00+09:00");
    if (l->at_us > c->now_us + AHEAD_US)
        return fault_of(c, l->row, c->column[rule], s, "は、まだ来ていない日時です",
                        "has not come yet");
    return json_put_str(l->with, "at", s) ? -ENOMEM : 0;
}

static int judge_event(struct collect *c, struct line *l, int rule, const char *s)
{
    const char *one = kinds[c->kind].event;

    l->is_mark = !strcmp(s, "mark");
    if (l->is_mark || (one && !strcmp(s, one)))
        return 0;
    if (!one && (!strcmp(s, "output") || !strcmp(s, "input")))
        return json_put_str(l->with, c->rules[rule].field, s) ? -ENOMEM : 0;
    return fault_of(c, l->row, c->column[rule], s,
                    one ? "は、この種別の出来事ではありません"
                        : "は output、input、mark のどれでもありません",
                    one ? "is no event of this kind" : "is none of output, input, mark");
}

static int judge_device(struct collect *c, struct line *l, int rule, const char *s,
                        const char **ret)
{
    int r = find_by(c, "devices", "name", s, ret);

    return r || *ret ? r
                     : fault_of(c, l->row, c->column[rule], s,
                                "は機器台帳にありません。先に登録してください",
                                "is not in the register of devices; register it first");
}

/* The unit that keeps it, by its sheet; without one the unit that entered it. */
static int unit_of(struct collect *c, const char *device, const char **ret_sheet, const char **ret)
{
    const char *unit;
    int r = find_by(c, "device-sheets", "device", device, ret_sheet);

    if (!r)
        r = value_of(c, *ret_sheet ? *ret_sheet : device, "unit", &unit);
    if (r)
        return r;
    *ret = arena_strdup(c->arena, str_of(unit));
    return *ret ? 0 : -ENOMEM;
}

static int judge_computer(struct collect *c, struct line *l, int rule, const char *s)
{
    const char *id, *sheet;
    int r = judge_device(c, l, rule, s, &id);

    if (r || !id || (r = unit_of(c, id, &sheet, &l->unit)))
        return r;
    if (json_put_str(l->with, "computer", id) || (sheet && json_put_str(l->with, "sheet", sheet)))
        return -ENOMEM;
    return 0;
}

static int judge_collector(struct collect *c, struct line *l, int rule, const char *s)
{
    const char *sheet;
    int r;

    if (c->collector_name)
        return strcmp(c->collector_name, s)
                   ? fault_of(c, l->row, c->column[rule], s,
                              "は、前の行と違います。一つのファイルは一つの収集元のものです",
                              "is another than before; a file is one collector's")
                   : 0;
    if ((r = judge_device(c, l, rule, s, &c->collector)))
        return r;
    if (!(c->collector_name = arena_strdup(c->arena, str_of(s))))
        return -ENOMEM;
    return c->collector ? unit_of(c, c->collector, &sheet, &c->unit) : 0;
}

static int judge_value(struct collect *c, struct line *l, int rule, const char *s)
{
    const struct field *f = reg_field(c->reg, c->rules[rule].field);
    JSON_AUTO *problems = json_array();
    JSON_AUTO *value = NULL;
    JSON_AUTO *typed = json_string(s);
    int r = problems && typed ? 0 : -ENOMEM;

    if (!f)
        return fault(c, l->row, rule, "採用中の規程にこの項目がありません",
                     "the directive in force has no such field");
    if (!r)
        r = input_value(&c->sc, f, typed, NULL, &value, problems);
    for (size_t i = 0; !r && i < json_array_size(problems); i++) {
        const json_t *say = json_object_get(json_array_get(problems, i), "say");

        r = fault(c, l->row, rule, json_str(say, "ja"), json_str(say, "en"));
    }
    if (!r && !json_array_size(problems))
        r = json_put_str(l->with, f->id, s) ? -ENOMEM : 0;
    return r;
}

/* A serial number that is not registered stays as it was read: that is what the line is about. */
static int judge_medium(struct collect *c, struct line *l, int rule, const char *s)
{
    const char *id;
    int r = judge_value(c, l, rule, s);

    if (!r)
        r = find_by(c, "media", "serial", s, &id);
    return r || !id ? r : json_put_str(l->with, "medium", id) ? -ENOMEM : 0;
}

static int judge_cell(struct collect *c, struct line *l, int rule, const char *s)
{
    const struct cell_rule *how = &c->rules[rule];

    if (!*s)
        return how->column.is_required && (!l->is_mark || how->type <= CELL_EVENT)
                   ? fault(c, l->row, rule, "記入がありません", "is missing")
                   : 0;
    if (l->is_mark && how->type > CELL_COMPUTER)
        return fault(c, l->row, rule, "mark の行は空欄にします", "stays empty in a mark");
    switch (how->type) {
    case CELL_SEQ:
        return str_to_u64(str_of(s), 1, INT32_MAX, &l->seq)
                   ? fault(c, l->row, rule, "番号は1以上の整数です", "is no number from 1 on")
                   : 0;
    case CELL_BEFORE:
        l->before = s;
        return is_hex(s) ? 0
                         : fault(c, l->row, rule, "要約値は小文字の16進64桁です",
                                 "is no digest of 64 small hexadecimal digits");
    case CELL_COLLECTOR:
        return judge_collector(c, l, rule, s);
    case CELL_AT:
        return judge_at(c, l, rule, s);
    case CELL_EVENT:
        return judge_event(c, l, rule, s);
    case CELL_COMPUTER:
        return l->is_mark ? 0 : judge_computer(c, l, rule, s);
    case CELL_MEDIUM:
        return judge_medium(c, l, rule, s);
    case CELL_DIGEST:
        if (!is_hex(s))
            return fault(c, l->row, rule, "要約値は小文字の16進64桁です",
                         "is no digest of 64 small hexadecimal digits");
        return judge_value(c, l, rule, s);
    case CELL_ACCOUNT:
    case CELL_VALUE:
        return judge_value(c, l, rule, s);
    }
    return 0;
}

static const char *cell_of(const struct collect *c, const json_t *row, size_t rule)
{
    const json_t *cell = c->column[rule] < 0 ? NULL : json_array_get(row, (size_t)c->column[rule]);

    return cell && json_is_string(cell) ? json_string_value(cell) : "";
}

static int digest_line(struct collect *c, const json_t *row, struct line *l)
{
    CLEANUP(buf_done) struct buf text, hex;
    struct digest d;
    int r = 0;

    buf_init(&text, 1u << 20);
    buf_init(&hex, DIGEST_HEX + 1);
    for (size_t i = 0; !r && i < c->n_rules; i++) {
        const char *s = cell_of(c, row, i);

        if (strpbrk(s, "\t\r\n"))
            r = fault(c, l->row, (int)i, "タブと改行は使えません",
                      "holds a tab or the end of a line");
        if (!r)
            r = buf_printf(&text, "%s%s", i ? "\t" : "", s);
    }
    if (r)
        return r;
    d = sha256(buf_str(&text));
    if ((r = hex_print(d.bytes, sizeof(d.bytes), &hex)) ||
        (r = buf_add_str(&c->all, buf_str(&hex))))
        return r;
    memcpy(l->digest, hex.at, DIGEST_HEX + 1);
    return 0;
}

static int judge_row(struct collect *c, const json_t *row, struct line *l)
{
    const char *person = NULL;
    int r = digest_line(c, row, l);

    if (!r && !(l->with = json_object()))
        r = -ENOMEM;
    for (size_t i = 0; !r && i < c->n_rules;
         i++) /* what a mark asks is known before the other cells are judged */
        l->is_mark |= c->rules[i].type == CELL_EVENT && !strcmp(cell_of(c, row, i), "mark");
    for (size_t i = 0; !r && i < c->n_rules; i++)
        r = judge_cell(c, l, (int)i, cell_of(c, row, i));
    if (r || l->is_mark || c->kind != COLLECT_TRAILS || !*json_str(l->with, "computer"))
        return r;
    if ((r = find_person(c, l, &person)))
        return r;
    if (person && json_put_str(l->with, "person", person))
        return -ENOMEM;
    return l->at_us ? find_grant(c, l) : 0;
}

/* ---- headings ---- */

static int judge_headings(struct collect *c)
{
    const json_t *headings = json_arr(c->table, "headings");
    int r = 0;

    for (size_t i = 0; i < c->n_rules; i++)
        c->column[i] = -1;
    for (size_t h = 0; !r && h < json_array_size(headings); h++) {
        const char *name = json_string_value(json_array_get(headings, h));
        size_t i = 0;

        while (i < c->n_rules && strcmp(c->rules[i].column.name, name ? name : "") != 0)
            i++;
        if (i < c->n_rules && c->column[i] < 0)
            c->column[i] = (int)h;
        else
            r = fault_of(c, 0, (int)h, name ? name : "",
                         i < c->n_rules ? "が二度あります" : "は、この種別の列ではありません",
                         i < c->n_rules ? "stands twice" : "is no column of this kind");
    }
    for (size_t i = 0; !r && i < c->n_rules; i++)
        if (c->column[i] < 0 && c->rules[i].column.is_required)
            r = fault_of(c, 0, -1, c->rules[i].column.name, "の列がありません",
                         "is missing among the columns");
    return r;
}

/* ---- the chain ---- */

static int take_known(struct collect *c, const char *id)
{
    struct record *rec = NULL;
    const char *digest, *at;
    json_t *seq = NULL;
    int r = stage_record(&c->sc, id, &rec);

    if (r || (r = record_value(c->e->store, rec, reg_field(rec->reg, "last_seq"), &seq)) ||
        (r = value_of(c, id, "last_digest", &digest)) || (r = value_of(c, id, "last_at", &at)))
        return MIN_OF(r, 0);
    c->known.id = id;
    c->known.last_seq = (uint64_t)json_integer_value(seq);
    c->known.last_digest = arena_strdup(c->arena, str_of(digest));
    if (!c->known.last_digest)
        return -ENOMEM;
    IGNORE(instant_parse(str_of(at), &c->known.last_us), "then no day counts as silent");
    return 0;
}

/* The newest of this kind in that state. */
static int find_known_in(struct collect *c, const char *state, int64_t *newest)
{
    struct sought s = {.reg = "collections",
                       .field = "collector",
                       .text = c->collector,
                       .state = state,
                       .max = CANDIDATES_MAX};
    struct candidate *all;
    size_t n;
    bool more;
    int is_kind = 0, r = candidates(c, &s, &all, &n, &more);

    for (size_t i = 0; !r && i < n && !is_kind; i++) {
        if ((is_kind = same_value(c, all[i].id, "kind", kinds[c->kind].word)) < 0)
            return is_kind;
        if (is_kind && all[i].opened_us > *newest) {
            *newest = all[i].opened_us;
            r = take_known(c, all[i].id);
        }
    }
    return r || !more || is_kind ? r : too_many(c, 0, -1, c->collector_name);
}

/* Of this collector the file of this kind that was taken last: one that none has followed, however many there are that were followed. */
static int find_known(struct collect *c)
{
    const struct procedure *p = c->collections->procedure;
    int64_t newest = INT64_MIN;
    int r = 0;

    c->known = (struct known){.id = "", .last_digest = ""};
    for (size_t i = 0; !r && i < p->n_states; i++)
        if (!p->states[i].is_end)
            r = find_known_in(c, p->states[i].id, &newest);
    return r;
}

static int note_numbers(struct collect *c, struct buf *out, uint64_t from, uint64_t to)
{
    const char *text = from == to ? arena_printf(c->arena, "%" PRIu64, from)
                                  : arena_printf(c->arena, "%" PRIu64 "-%" PRIu64, from, to);

    return text ? note(out, text) : -ENOMEM;
}

static int note_silent(struct collect *c, uint64_t from_us, uint64_t to_us)
{
    int32_t first = day_of_instant(from_us), last = day_of_instant(to_us);
    int r = 0;

    for (int32_t day = first + 1; !r && day < last && day - first < COLLECT_DAYS_MAX; day++) {
        CLEANUP(buf_done) struct buf text;

        buf_init(&text, 32);
        if (!force_is_holiday(c->e->force, day) && !(r = day_print_iso(day, &text)))
            r = note(&c->silent, text.at);
    }
    return r;
}

/* Lines up to the last one known are the same when the chain reaches it; a file that ends before it is the same when it was taken whole. */
static int pass_over(struct collect *c)
{
    const struct line *last = NULL;
    struct digest d = sha256(buf_str(&c->all));
    CLEANUP(buf_done) struct buf hex;
    struct sought s = {.reg = "collections", .field = "file_digest", .max = 1};
    struct candidate *same;
    size_t n = 0;
    bool more;
    int r = 0;

    buf_init(&hex, DIGEST_HEX + 1);
    while (*c->known.id && c->n_skipped < c->n_lines &&
           c->lines[c->n_skipped].seq <= c->known.last_seq)
        last = &c->lines[c->n_skipped++];
    if (!last)
        return 0;
    if (last->seq == c->known.last_seq && !strcmp(last->digest, c->known.last_digest))
        return 0;
    if ((r = hex_print(d.bytes, sizeof(d.bytes), &hex)))
        return r;
    s.text = hex.at;
    if ((r = candidates(c, &s, &same, &n, &more)))
        return r;
    if (c->n_skipped == c->n_lines && n)
        return 0;
    return fault(
        c, last->row, 0, "この番号までは、異なる内容で取込済みです。収集元に確かめてください",
        "up to this number other lines were taken already; ask whoever keeps the collector");
}

static int judge_link(struct collect *c, const struct line *l, const struct line *last)
{
    int r = 0;

    if (l->seq > last->seq + 1)
        r = note_numbers(c, &c->gaps, last->seq + 1, l->seq - 1);
    else if (strcmp(l->before, last->digest) != 0)
        r = note_numbers(c, &c->breaks, l->seq, l->seq);
    return r || !last->at_us ? r : note_silent(c, last->at_us, l->at_us);
}

static int judge_chain(struct collect *c)
{
    struct line known = {.seq = c->known.last_seq, .at_us = c->known.last_us};
    const struct line *last = &known;
    int r = 0;

    snprintf(known.digest, sizeof(known.digest), "%s",
             *c->known.id ? c->known.last_digest
                          : "0000000000000000000000000000000000000000000000000000000000000000");
    for (size_t i = 0; !r && i < c->n_lines; last = &c->lines[i++]) {
        if (i && c->lines[i].seq <= last->seq)
            return fault(c, c->lines[i].row, 0, "番号が前の行より大きくありません",
                         "is not greater than the number before");
        if (i >= c->n_skipped)
            r = judge_link(c, &c->lines[i], last);
    }
    return r;
}

/* ---- the whole ---- */

static void collect_free(struct collect *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n_lines; i++)
        json_decref(c->lines[i].with);
    json_decref(c->faults);
    buf_done(&c->all);
    buf_done(&c->gaps);
    buf_done(&c->breaks);
    buf_done(&c->silent);
    arena_free(c->arena);
    free(c);
}
DEFINE_CLEANUP(struct collect, collect_free);

static int collect_new(struct engine *e, enum collect_kind k, const json_t *table, uint64_t now_us,
                       struct collect **ret)
{
    CLEANUP(collect_freep) struct collect *c = calloc(1, sizeof(*c));

    if (!c)
        return -ENOMEM;
    c->e = e;
    c->kind = k;
    c->table = table;
    c->now_us = now_us;
    c->reg = engine_reg(e, kinds[k].reg);
    c->collections = engine_reg(e, "collections");
    c->rules = &rules[first_rule(k)];
    collect_columns(k, &c->n_rules);
    buf_init(&c->all, (size_t)DIGEST_HEX * COLLECT_LINES_MAX + 1);
    buf_init(&c->gaps, 1024);
    buf_init(&c->breaks, 1024);
    buf_init(&c->silent, 1024);
    c->arena = arena_new(ARENA_MAX);
    c->faults = json_array();
    c->found = c->arena ? arena_alloc_n(c->arena, CANDIDATES_MAX, sizeof(*c->found)) : NULL;
    if (!c->found || !c->faults)
        return -ENOMEM;
    *ret = TAKE(c);
    return 0;
}

static int judge_rows(struct collect *c)
{
    const json_t *rows = json_arr(c->table, "rows");
    size_t n = json_array_size(rows);
    int r = 0;

    if (!n || n > COLLECT_LINES_MAX)
        return fault(c, 0, -1,
                     n ? "一度に取り込めるのは1,000行までです。ファイルを分けてください"
                       : "見出しの下に行がありません",
                     n ? "at most 1,000 lines are taken in at once; split the file"
                       : "there are no lines below the headings");
    if (!(c->lines = arena_alloc_n(c->arena, n, sizeof(*c->lines))))
        return -ENOMEM;
    for (size_t i = 0; !r && i < n; i++) {
        c->lines[i] = (struct line){.row = i + 1, .before = "", .unit = ""};
        c->n_lines = i + 1;
        if ((r = stage_open(&c->sc, c->e, "", c->now_us)))
            return r;
        r = judge_row(c, json_array_get(rows, i), &c->lines[i]);
        stage_done(&c->sc);
        c->n_marks += c->lines[i].is_mark;
    }
    return r;
}

static int judge(struct collect *c)
{
    int r = judge_headings(c);

    if (!r && !c->n_faults)
        r = judge_rows(c);
    if (r || c->n_faults || !c->collector)
        return r;
    if ((r = stage_open(&c->sc, c->e, "", c->now_us)))
        return r;
    if (!(r = find_known(c)) && !c->n_faults && !(r = pass_over(c)) && !c->n_faults)
        r = judge_chain(c);
    stage_done(&c->sc);
    return r;
}

static json_t *told(const struct collect *c)
{
    bool has = c->n_skipped < c->n_lines;

    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:s%, s:s%, s:s%, s:O, s:I}", "kind",
                     kinds[c->kind].word, "collector", c->collector_name ? c->collector_name : "",
                     "n_lines", (json_int_t)c->n_lines, "n_new",
                     (json_int_t)(c->n_lines - c->n_skipped), "n_marks", (json_int_t)c->n_marks,
                     "first", (json_int_t)(has ? c->lines[c->n_skipped].seq : 0), "last",
                     (json_int_t)(has ? c->lines[c->n_lines - 1].seq : 0), "gaps",
                     c->gaps.len ? c->gaps.at : "", c->gaps.len, "breaks",
                     c->breaks.len ? c->breaks.at : "", c->breaks.len, "silent",
                     c->silent.len ? c->silent.at : "", c->silent.len, "faults", c->faults,
                     "n_faults", (json_int_t)c->n_faults);
}

int engine_collect_judge(struct engine *e, enum collect_kind k, const json_t *table,
                         uint64_t now_us, json_t **ret)
{
    CLEANUP(collect_freep) struct collect *c = NULL;
    int r = collect_new(e, k, table, now_us, &c);

    if (r)
        return r;
    if (!c->reg || !c->collections)
        return COLLECT_E_NONE;
    if ((r = judge(c)))
        return r;
    *ret = told(c);
    return *ret ? 0 : -ENOMEM;
}

/* ---- who may ---- */

static int refused(json_t *outcome, size_t row, bool is_first, json_t **ret)
{
    *ret = json_pack("{s:O, s:I, s:b}", "outcome", outcome, "row", (json_int_t)row, "is_first",
                     is_first);
    return *ret ? COLLECT_E_REFUSED : -ENOMEM;
}

/* 1: one of the step's roles is his, in whichever unit; whose file it is, only its rows say. */
static int holds_role(struct stage *sc, const struct reg *reg, const struct step *st)
{
    int r = 0;

    for (size_t i = 0; !r && st && i < st->n_conds; i++)
        if (st->conds[i]->kind == COND_BY)
            r = judge_role_held(sc, reg, st->conds[i]);
    return r;
}

/* 1: he may not, and *ret says why as an outcome does. */
static int judge_entering(struct stage *sc, const struct reg *reg, json_t **ret)
{
    struct judged j = {0};
    bool open = false;
    int r = sc->actor ? stage_new_record(sc, reg, &sc->hand) : -EACCES;

    sc->procedure = reg->procedure;
    sc->act_name = "collections/enter";
    if (r || (r = input_defaults(sc, "enter")) || (r = judge_act(sc, "enter", true, &j, &open)))
        return r;
    if (j.result != VERDICT_ALLOWED && !(r = holds_role(sc, reg, j.step))) {
        *ret = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O}", "result", "forbidden", "reg", reg->id,
                         "record", "", "step", "enter", "clauses", j.clauses, "unmet", j.unmet);
        r = *ret ? 1 : -ENOMEM;
    } else {
        r = MIN_OF(r, 0);
    }
    judged_done(&j);
    return r;
}

int engine_collect_may(struct engine *e, const char *person, uint64_t now_us, json_t **ret)
{
    const struct reg *reg = engine_reg(e, "collections");
    JSON_AUTO *outcome = NULL;
    struct stage sc;
    int r;

    if (!reg)
        return COLLECT_E_NONE;
    r = stage_open(&sc, e, person, now_us);
    if (!r)
        r = judge_entering(&sc, reg, &outcome);
    stage_done(&sc);
    return r > 0 ? refused(outcome, 0, true, ret) : r;
}

/* ---- entering ---- */

static int put_number(json_t *o, const char *key, uint64_t n)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, n);
    return json_put_str(o, key, text);
}

static int put_instant(json_t *o, const char *key, uint64_t t_us)
{
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, 40);
    r = instant_print_utc(t_us, &text);
    return r ? r : json_put_str(o, key, text.at);
}

static int collection_with(const struct collect *c, const char *file_name, json_t **ret)
{
    const struct line *first = &c->lines[c->n_skipped], *last = &c->lines[c->n_lines - 1];
    struct digest d = sha256(buf_str(&c->all));
    CLEANUP(buf_done) struct buf hex;
    JSON_AUTO *o =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "unit", c->unit, "collector", c->collector, "kind",
                  kinds[c->kind].word, "file_name", file_name, "last_digest", last->digest);
    int r;

    buf_init(&hex, DIGEST_HEX + 1);
    if (!o || (r = hex_print(d.bytes, sizeof(d.bytes), &hex)))
        return -ENOMEM;
    if ((r = json_put_str(o, "file_digest", hex.at)) ||
        (r = put_number(o, "first_seq", first->seq)) ||
        (r = put_number(o, "last_seq", last->seq)) ||
        (r = put_instant(o, "first_at", first->at_us)) ||
        (r = put_instant(o, "last_at", last->at_us)))
        return r;
    if ((c->gaps.len && (r = json_put_str(o, "gaps", c->gaps.at))) ||
        (c->breaks.len && (r = json_put_str(o, "breaks", c->breaks.at))) ||
        (c->silent.len && (r = json_put_str(o, "silent", c->silent.at))) ||
        (*c->known.id && (r = json_put_str(o, "before", c->known.id))))
        return r;
    *ret = TAKE(o);
    return 0;
}

/* What the step asks, of what the line has. */
static int asked_of(const struct reg *reg, const char *step, const json_t *with, json_t **ret)
{
    const struct step *st = procedure_step(reg->procedure, step, 0);
    JSON_AUTO *o = json_object();

    for (size_t i = 0; o && st && i < st->n_asks; i++) {
        json_t *v = json_object_get(with, st->asks[i]->id);

        if (v && json_object_set(o, st->asks[i]->id, v))
            return -ENOMEM;
    }
    *ret = TAKE(o);
    return *ret ? 0 : -ENOMEM;
}

static int act(struct collect *c, struct log *log, const char *person, const struct reg *reg,
               const char *step, const json_t *with, json_t **ret)
{
    JSON_AUTO *asked = NULL;
    int r = asked_of(reg, step, with, &asked);

    return r ? r
             : engine_act(c->e, log,
                          &(struct act){.person = person,
                                        .reg = reg->id,
                                        .step = step,
                                        .record = "",
                                        .with = asked,
                                        .signs = "",
                                        .measured = MEASURED_IMPORT,
                                        .now_us = c->now_us},
                          ret);
}

static bool is_allowed(const json_t *outcome)
{
    return !strcmp(json_str(outcome, "result"), "allowed");
}

static int enter_line(struct collect *c, struct log *log, const char *person,
                      const char *collection, struct line *l, json_t *lines, json_t *states,
                      json_t **ret)
{
    CLEANUP(buf_done) struct buf month;
    JSON_AUTO *outcome = NULL;
    const char *state;
    int r;

    buf_init(&month, 32);
    if ((r = day_print_iso(day_of_instant(l->at_us), &month)))
        return r;
    month.at[7] = '\0'; /* 2026-08 */
    if ((r = json_put_str(l->with, "month", month.at)) ||
        (r = json_put_str(l->with, "unit", l->unit)) ||
        (r = json_put_str(l->with, "collection", collection)) ||
        (r = put_number(l->with, "seq", l->seq)) ||
        (r = act(c, log, person, c->reg, kinds[c->kind].step, l->with, &outcome)))
        return r;
    if (!is_allowed(outcome))
        return refused(outcome, l->row, false, ret);
    state = json_str(outcome, "state");
    if ((r = json_put_int(states, state, json_int(states, state) + 1)))
        return r;
    return json_array_append_new(lines,
                                 json_pack("{s:I, s:s, s:s}", "row", (json_int_t)l->row, "record",
                                           json_str(outcome, "record"), "state", state))
               ? -ENOMEM
               : 0;
}

static int enter(struct collect *c, struct log *log, const char *person, const char *file_name,
                 json_t *lines, json_t *states, json_t **ret)
{
    JSON_AUTO *with = NULL;
    JSON_AUTO *outcome = NULL;
    int r = collection_with(c, file_name, &with);

    if (!r)
        r = act(c, log, person, c->collections, "enter", with, &outcome);
    if (r)
        return r;
    if (!is_allowed(outcome))
        return refused(outcome, 0, true, ret);
    for (size_t i = c->n_skipped; !r && i < c->n_lines; i++)
        if (!c->lines[i].is_mark)
            r = enter_line(c, log, person, json_str(outcome, "record"), &c->lines[i], lines, states,
                           ret);
    return r;
}

int engine_collect_enter(struct engine *e, struct log *log, const char *person, enum collect_kind k,
                         const char *file_name, const json_t *table, uint64_t now_us, json_t **ret)
{
    CLEANUP(collect_freep) struct collect *c = NULL;
    JSON_AUTO *lines = json_array();
    JSON_AUTO *states = json_object();
    json_t *o;
    int r = lines && states ? collect_new(e, k, table, now_us, &c) : -ENOMEM;

    if (r)
        return r;
    if (!c->reg || !c->collections)
        return COLLECT_E_NONE;
    if ((r = judge(c)))
        return r;
    if (!c->n_faults && c->n_skipped < c->n_lines &&
        (r = enter(c, log, person, file_name, lines, states, ret)))
        return r;
    if (!(o = told(c)) || json_object_set(o, "lines", lines) ||
        json_object_set(o, "states", states)) {
        json_decref(o);
        return -ENOMEM;
    }
    *ret = o;
    return c->n_faults ? COLLECT_E_FAULTS : 0;
}
