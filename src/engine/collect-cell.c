#include "engine/collect-inside.h"

#include "base/utf8.h"
#include "engine/input.h"

#define AHEAD_US (600 * US_PER_SECOND) /* by which a terminal's clock may be fast */

/* ---- cells ---- */

static bool is_hex(const char *s)
{
    return strlen(s) == COLLECT_DIGEST_HEX && strspn(s, "0123456789abcdef") == COLLECT_DIGEST_HEX;
}

static int judge_at(struct collect *c, struct line *l, int rule, const char *s)
{
    size_t n = strlen(s);
    bool has_offset =
        n > 6 && (s[n - 1] == 'Z' || ((s[n - 6] == '+' || s[n - 6] == '-') && s[n - 3] == ':'));

    if (!has_offset || instant_parse(str_of(s), &l->at_us))
        return collect_fault_of(c, l->row, c->column[rule], s,
                                "は、2026-08-05T10:00:00+09:00 のように、時差まで書いてください",
                                "is no instant with its offset, such as 2026-08-05T10:00:00+09:00");
    if (l->at_us > c->now_us + AHEAD_US)
        return collect_fault_of(c, l->row, c->column[rule], s, "は、まだ来ていない日時です",
                                "has not come yet");
    return json_put_str(l->with, "at", s) ? -ENOMEM : 0;
}

static int judge_event(struct collect *c, struct line *l, int rule, const char *s)
{
    const char *one = collect_words(c->kind)->event;

    l->is_mark = !strcmp(s, "mark");
    if (l->is_mark || (one && !strcmp(s, one)))
        return 0;
    if (!one && (!strcmp(s, "output") || !strcmp(s, "input")))
        return json_put_str(l->with, c->rules[rule].field, s) ? -ENOMEM : 0;
    return collect_fault_of(c, l->row, c->column[rule], s,
                            one ? "は、この種別の出来事ではありません"
                                : "は output、input、mark のどれでもありません",
                            one ? "is no event of this kind" : "is none of output, input, mark");
}

static int judge_device(struct collect *c, struct line *l, int rule, const char *s,
                        const char **ret)
{
    const struct field *f = reg_field(c->collections, "collector"); /* of the same register as the computers of lines */
    int r = f && f->reg ? collect_find_by(c, f->reg->id, "name", s, ret) : -ENOENT;

    return r || *ret ? r
                     : collect_fault_of(c, l->row, c->column[rule], s,
                                        "は機器台帳にありません。先に登録してください",
                                        "is not in the register of devices; register it first");
}

/* The unit that keeps it, by its sheet; without one the unit that entered it. */
static int unit_of(struct collect *c, const char *device, const char **ret_sheet, const char **ret)
{
    const char *unit;
    int r = collect_find_by(c, "device-sheets", "device", device, ret_sheet);

    if (!r)
        r = collect_value_of(c, *ret_sheet ? *ret_sheet : device, "unit", &unit);
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
                   ? collect_fault_of(
                         c, l->row, c->column[rule], s,
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
        return collect_fault(c, l->row, rule, "採用中の規程にこの項目がありません",
                             "the directive in force has no such field");
    if (!r)
        r = input_value(&c->sc, f, typed, NULL, &value, problems);
    for (size_t i = 0; !r && i < json_array_size(problems); i++) {
        const json_t *say = json_object_get(json_array_get(problems, i), "say");

        r = collect_fault(c, l->row, rule, json_str(say, "ja"), json_str(say, "en"));
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
        r = collect_find_by(c, "*media", "serial", s, &id);
    return r || !id ? r : json_put_str(l->with, "medium", id) ? -ENOMEM : 0;
}

static int judge_cell(struct collect *c, struct line *l, int rule, const char *s)
{
    const struct cell_rule *how = &c->rules[rule];

    if (!*s)
        return how->column.is_required && (!l->is_mark || how->type <= CELL_EVENT)
                   ? collect_fault(c, l->row, rule, "記入がありません", "is missing")
                   : 0;
    if (l->is_mark && how->type > CELL_COMPUTER)
        return collect_fault(c, l->row, rule, "mark の行は空欄にします", "stays empty in a mark");
    switch (how->type) {
    case CELL_SEQ:
        return str_to_u64(str_of(s), 1, INT32_MAX, &l->seq)
                   ? collect_fault(c, l->row, rule, "番号は1以上の整数です",
                                   "is no number from 1 on")
                   : 0;
    case CELL_BEFORE:
        l->before = s;
        return is_hex(s) ? 0
                         : collect_fault(c, l->row, rule, "要約値は小文字の16進64桁です",
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
            return collect_fault(c, l->row, rule, "要約値は小文字の16進64桁です",
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
    CLEANUP(buf_done) struct buf text;
    struct digest_text hex;
    struct digest d;
    int r = 0;

    buf_init(&text, 1u << 20);
    for (size_t i = 0; !r && i < c->n_rules; i++) {
        const char *s = cell_of(c, row, i);

        if (strpbrk(s, "\t\r\n"))
            r = collect_fault(c, l->row, (int)i, "タブと改行は使えません",
                              "holds a tab or the end of a line");
        if (!r)
            r = buf_printf(&text, "%s%s", i ? "\t" : "", s);
    }
    if (r)
        return r;
    d = sha256(buf_str(&text));
    hex = digest_text(&d);
    if ((r = buf_add_text(&c->all, hex.at)))
        return r;
    memcpy(l->digest, hex.at, COLLECT_DIGEST_HEX + 1);
    return 0;
}

int collect_row(struct collect *c, const json_t *row, struct line *l)
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
    if ((r = collect_find_person(c, l, &person)))
        return r;
    if (person && json_put_str(l->with, "person", person))
        return -ENOMEM;
    return l->at_us ? collect_find_grant(c, l) : 0;
}

/* ---- headings ---- */

int collect_headings(struct collect *c)
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
            r = collect_fault_of(c, 0, (int)h, name ? name : "",
                                 i < c->n_rules ? "が二度あります"
                                                : "は、この種別の列ではありません",
                                 i < c->n_rules ? "stands twice" : "is no column of this kind");
    }
    for (size_t i = 0; !r && i < c->n_rules; i++)
        if (c->column[i] < 0 && c->rules[i].column.is_required)
            r = collect_fault_of(c, 0, -1, c->rules[i].column.name, "の列がありません",
                                 "is missing among the columns");
    return r;
}
