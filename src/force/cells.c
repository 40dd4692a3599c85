/* One cell at a time: each reader gives the value, or tells what is wrong with it and gives something harmless. */
#include "force/cells.h"

#include "base/csv.h"
#include "base/mail-address.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>

/* Above this many errors nobody reads suggestions, and finding them costs a pass each. */
#define SUGGEST_MAX 20u

static const char *const columns[FORCE_FILES][FORCE_COLUMNS_MAX + 1] = {
    [FORCE_UNITS] = {"id", "parent", "name_ja", "name_en", "kinds", "from", "to"},
    [FORCE_RANKS] = {"id", "level", "service", "name_ja", "name_en"},
    [FORCE_POSTS] = {"id", "name_ja", "name_en", "is_head"},
    [FORCE_PERSONS] = {"id", "name", "kana", "name_en", "rank", "from", "to"},
    [FORCE_APPOINTMENTS] = {"id", "person", "post", "unit", "kind", "from", "to"},
    [FORCE_DELEGATIONS] = {"id", "kind", "role", "unit", "post", "to_unit", "acts", "from", "to"},
    [FORCE_ROSTER] = {"unit", "duty", "person", "from", "to"},
    [FORCE_HOLIDAYS] = {"day", "name_ja"},
    [FORCE_ADDRESSES] = {"address", "person", "unit"},
};

/* What one row of a table is called in a message. */
const enum message_key force_row_word[FORCE_FILES] = {
    MSG_FORCE_ROW_UNIT,        MSG_FORCE_ROW_RANK,       MSG_FORCE_ROW_POST, MSG_FORCE_ROW_PERSON,
    MSG_FORCE_ROW_APPOINTMENT, MSG_FORCE_ROW_DELEGATION, MSG_FORCE_ROW_DUTY, MSG_FORCE_ROW_HOLIDAY,
    MSG_FORCE_ROW_ADDRESS,
};

const char *const *force_columns(enum force_file file, size_t *ret_n)
{
    size_t n = 0;

    while (columns[file][n] != NULL)
        n++;
    *ret_n = n;
    return columns[file];
}

const struct csv_cell *force_cell_at(const struct build *b, struct place p)
{
    const struct csv_table *t = &b->sources[p.file].cells;

    return &t->cells[p.row * t->n_cols + (size_t)b->col[p.file][p.column]];
}

struct str force_cell_text(const struct build *b, struct place p)
{
    return str_trim(force_cell_at(b, p)->text);
}

void force_cell_bad_args(struct build *b, struct place p, enum message_key key,
                         const struct message_arg *args, size_t n_args)
{
    const struct csv_cell *cell = force_cell_at(b, p);
    struct diag_place at = {b->sources[p.file].name, cell->line, cell->col,
                            columns[p.file][p.column]};

    b->n_errors++;
    diag_tell_args(b->diag, DIAG_ERROR, at, key, args, n_args);
}

struct str force_number_text(struct force_number *number, unsigned long long n)
{
    (void)snprintf(number->text, sizeof(number->text), "%llu", n);
    return str_of(number->text);
}

/* The cell as it may be shown: shortened, nothing that a terminal obeys. Good until the next call. */
struct str force_cell_shown(struct build *b, struct str s)
{
    size_t end = 0;

    while (end < s.len && end < 60)
        (void)utf8_next(s, &end);
    buf_clear(&b->text);
    (void)utf8_print_safe((struct str){s.at, MIN_OF(end, s.len)}, &b->text);
    (void)buf_add_text(&b->text, end < s.len ? "…" : "");
    if (buf_error(&b->text)) {
        b->out_of_memory = true;
        return STR("");
    }
    return buf_str(&b->text);
}

/* ---- one cell ---- */

const char *force_cell_keep(struct build *b, struct str s)
{
    const char *copy = s.len == 0 ? "" : arena_strdup(b->f->arena, s);

    if (copy == NULL)
        b->out_of_memory = true;
    return copy;
}

bool force_cell_is_id(struct str s)
{
    if (s.len == 0 || s.len > FORCE_ID_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (!alnum && (i == 0 || (c != '-' && c != '_' && c != '.')))
            return false;
    }
    return true;
}

/* "pack/role", "register/step" */
bool force_cell_is_id_pair(struct str s)
{
    struct str first;

    return str_split(&s, '/', &first) && s.at != NULL && force_cell_is_id(first) &&
           force_cell_is_id(s);
}

const char *force_cell_id(struct build *b, struct place p)
{
    struct str s = force_cell_text(b, p);

    if (force_cell_is_id(s))
        return force_cell_keep(b, s);
    force_cell_bad(b, p, MSG_FORCE_BAD_ID, {"value", force_cell_shown(b, s)},
                   {"column", str_of(columns[p.file][p.column])},
                   FORCE_NUMBER("max", FORCE_ID_MAX));
    return NULL;
}

/* A text for people, as NFC. A spreadsheet would run what begins like a formula, so no name may. */
const char *force_cell_name(struct build *b, struct place p, bool required)
{
    struct str s = force_cell_text(b, p);
    size_t head;
    int r;

    if (s.len == 0) {
        if (required)
            force_cell_bad(b, p, MSG_FORCE_EMPTY, {"column", str_of(columns[p.file][p.column])},
                           MESSAGE_WORD("row", force_row_word[p.file]));
        return "";
    }
    head = csv_formula_head(s);
    if (head) {
        force_cell_bad(b, p, MSG_FORCE_FORMULA, {"value", (struct str){s.at, head}});
        return "";
    }
    buf_clear(&b->text);
    r = utf8_nfc(s, false, &b->text);
    if (r > 0) {
        force_cell_bad(b, p, MSG_FORCE_NAME_BREAKS);
        return "";
    }
    if (r < 0) {
        b->out_of_memory = true;
        return "";
    }
    if (utf8_count(buf_str(&b->text)) > FORCE_NAME_MAX) {
        force_cell_bad(b, p, MSG_FORCE_NAME_LONG, FORCE_NUMBER("max", FORCE_NAME_MAX));
        return "";
    }
    return force_cell_keep(b, buf_str(&b->text));
}

const char *force_cell_address(struct build *b, struct place p)
{
    struct str s = force_cell_text(b, p);
    char small[MAIL_ADDRESS_MAX + 1];

    if (!mail_address_ok(s)) {
        force_cell_bad(b, p, MSG_FORCE_NO_ADDRESS, {"value", force_cell_shown(b, s)});
        return NULL;
    }
    if (memchr("=+-@", s.at[0], 4) != NULL) {
        force_cell_bad(b, p, MSG_FORCE_FORMULA, {"value", (struct str){s.at, 1}});
        return NULL;
    }
    mail_address_small(s, small);
    return force_cell_keep(b, str_of(small));
}

bool force_cell_day(struct build *b, struct place p, int32_t empty, int32_t *ret)
{
    struct str s = force_cell_text(b, p);
    int r;

    *ret = empty;
    if (s.len == 0)
        return true;
    r = day_parse_any(s, ret);
    if (r == 0)
        return true;
    if (r < 0)
        b->out_of_memory = true;
    *ret = empty;
    force_cell_bad(b, p, MSG_FORCE_NO_DAY, {"value", force_cell_shown(b, s)});
    return false;
}

/* "from" and "to" stand side by side in every table that has them. */
void force_cell_days(struct build *b, struct place from, int32_t *ret_from, int32_t *ret_to)
{
    struct place to = {from.file, from.row, from.column + 1};
    bool good = force_cell_day(b, from, INT32_MIN, ret_from);

    good = force_cell_day(b, to, FORCE_OPEN, ret_to) && good;
    if (good && *ret_to < *ret_from)
        force_cell_bad(b, to, MSG_FORCE_ENDS_BEFORE);
    if (!good) { /* an empty span overlaps with nothing, so that the mistake is told once */
        *ret_from = FORCE_OPEN;
        *ret_to = INT32_MIN;
    }
}

/* ISO as instant_parse() takes it, and what Excel makes of it: "2026/4/10 17:15". */
bool force_cell_instant(struct build *b, struct place p, uint64_t *ret)
{
    struct str s = force_cell_text(b, p), date, rest = s;
    int32_t day;
    int r = instant_parse(s, ret);

    if (r == 0)
        return true;
    if (str_split(&rest, ' ', &date) && rest.at != NULL && day_parse_any(date, &day) == 0) {
        rest = str_trim(rest);
        buf_clear(&b->text);
        (void)day_print_iso(day, &b->text);
        (void)buf_add_text(&b->text, rest.len > 1 && rest.at[1] == ':' ? "T0" : "T");
        (void)buf_add_str(&b->text, rest);
        if (buf_error(&b->text) == 0 && instant_parse(buf_str(&b->text), ret) == 0)
            return true;
    }
    force_cell_bad(b, p, MSG_FORCE_NO_INSTANT, {"value", force_cell_shown(b, s)});
    return false;
}

/* One of `words`; -1 and told otherwise. */
int force_cell_word(struct build *b, struct place p, const char *const *words, size_t n,
                    enum message_key right)
{
    struct str s = force_cell_text(b, p);

    for (size_t i = 0; i < n; i++) {
        if (str_eq(s, str_of(words[i])))
            return (int)i;
    }
    force_cell_bad(b, p, MSG_FORCE_NO_WORD, {"value", force_cell_shown(b, s)},
                   {"column", str_of(columns[p.file][p.column])}, MESSAGE_WORD("right", right));
    return -1;
}

/* "" or a hint at the id that was probably meant. */
static const char *nearest_id(const struct build *b, enum force_file target, struct str s)
{
    const struct id_index *index = &b->f->by_id[target];
    unsigned best = 3;
    const char *id = "";

    for (size_t i = 0; b->n_errors < SUGGEST_MAX && i < index->n; i++) {
        const char *other = *(const char *const *)index->at[i];
        unsigned d = str_distance(s, str_of(other));

        if (d < best) {
            best = d;
            id = other;
        }
    }
    return id;
}

/* The row of `target` that the cell names; NULL when it is empty or wrong, and the latter is told. */
const void *force_cell_ref(struct build *b, struct place p, enum force_file target, bool required)
{
    struct str s = force_cell_text(b, p);
    char id[FORCE_ID_MAX + 1];
    const void *found;
    const char *near;

    if (s.len == 0) {
        if (required)
            force_cell_bad(b, p, MSG_FORCE_EMPTY_REF, {"column", str_of(columns[p.file][p.column])},
                           MESSAGE_WORD("row", force_row_word[p.file]),
                           MESSAGE_WORD("target", force_row_word[target]));
        return NULL;
    }
    if (force_cell_is_id(s)) {
        memcpy(id, s.at, s.len);
        id[s.len] = '\0';
        found = id_index_find(&b->f->by_id[target], id);
        if (found != NULL)
            return found;
    }
    near = nearest_id(b, target, s);
    if (near[0] != '\0')
        force_cell_bad(b, p, MSG_FORCE_NO_REF_NEAR, MESSAGE_WORD("target", force_row_word[target]),
                       {"value", force_cell_shown(b, s)}, {"file", str_of(b->sources[target].name)},
                       {"near", str_of(near)});
    else
        force_cell_bad(b, p, MSG_FORCE_NO_REF, MESSAGE_WORD("target", force_row_word[target]),
                       {"value", force_cell_shown(b, s)},
                       {"file", str_of(b->sources[target].name)});
    return NULL;
}

/* Pieces of a list; `ret` has room for FORCE_KINDS_MAX. */
size_t force_cell_list(struct build *b, struct place p, bool (*is_good)(struct str),
                       enum message_key noun, const char *example, struct str *ret)
{
    struct str rest = force_cell_text(b, p), piece;
    size_t n = 0;

    if (rest.len == 0)
        return 0;
    while (str_split(&rest, ';', &piece)) {
        piece = str_trim(piece);
        if (!is_good(piece)) {
            force_cell_bad(b, p, MSG_FORCE_NO_PIECE, {"value", force_cell_shown(b, piece)},
                           MESSAGE_WORD("noun", noun), {"example", str_of(example)});
            return 0;
        }
        for (size_t i = 0; i < n; i++) {
            if (str_eq(ret[i], piece)) {
                force_cell_bad(b, p, MSG_FORCE_TWICE, {"value", force_cell_shown(b, piece)});
                return 0;
            }
        }
        if (n == FORCE_KINDS_MAX) {
            force_cell_bad(b, p, MSG_FORCE_LIST_LONG, FORCE_NUMBER("max", FORCE_KINDS_MAX));
            return 0;
        }
        ret[n++] = piece;
    }
    return n;
}
