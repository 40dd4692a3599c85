/* One cell at a time: each reader gives the value, or tells what is wrong with it and gives something harmless. */
#include "force/cells.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdarg.h>
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
};

/* What one row of a table is called in a message. */
const char *const force_row_word[FORCE_FILES] = {
    "unit", "rank", "post", "person", "appointment", "delegation", "duty", "holiday",
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

void force_cell_bad(struct build *b, struct place p, const char *fmt, ...)
{
    const struct csv_cell *cell = force_cell_at(b, p);
    char message[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(message, sizeof(message), fmt, ap);
    va_end(ap);
    b->n_errors++;
    diag_add(b->diag, DIAG_ERROR, b->sources[p.file].name, cell->line, cell->col, "%s", message);
}

/* The cell as it may be shown: shortened, nothing that a terminal obeys. Good until the next call. */
const char *force_cell_shown(struct build *b, struct str s)
{
    size_t end = 0;

    while (end < s.len && end < 60)
        (void)utf8_next(s, &end);
    buf_clear(&b->text);
    (void)utf8_print_safe((struct str){s.at, MIN_OF(end, s.len)}, &b->text);
    (void)buf_add_text(&b->text, end < s.len ? "…" : "");
    if (buf_error(&b->text)) {
        b->out_of_memory = true;
        return "";
    }
    return b->text.at;
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
    force_cell_bad(
        b, p,
        "\"%s\" is no %s; an id has 1 to %u ASCII letters, digits, \"-\", \"_\" or \".\" and "
        "begins with a letter "
        "or digit",
        force_cell_shown(b, s), columns[p.file][p.column], FORCE_ID_MAX);
    return NULL;
}

/* A text for people, as NFC. A spreadsheet would run what begins like a formula, so no name may. */
const char *force_cell_name(struct build *b, struct place p, bool required)
{
    struct str s = force_cell_text(b, p);
    int r;

    if (s.len == 0) {
        if (required)
            force_cell_bad(b, p, "the %s of this %s is empty; it must be filled in",
                           columns[p.file][p.column], force_row_word[p.file]);
        return "";
    }
    if (memchr("=+-@", s.at[0], 4) != NULL) {
        force_cell_bad(
            b, p, "a name must not begin with \"%c\"; a spreadsheet would take it for a formula",
            s.at[0]);
        return "";
    }
    buf_clear(&b->text);
    r = utf8_nfc(s, false, &b->text);
    if (r > 0) {
        force_cell_bad(b, p, "line breaks and tabs do not belong into a name; remove them");
        return "";
    }
    if (r < 0) {
        b->out_of_memory = true;
        return "";
    }
    if (utf8_count(buf_str(&b->text)) > FORCE_NAME_MAX) {
        force_cell_bad(b, p, "this name is longer than %u characters; shorten it", FORCE_NAME_MAX);
        return "";
    }
    return force_cell_keep(b, buf_str(&b->text));
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
    force_cell_bad(b, p, "\"%s\" is no day; write it like 2026-04-10", force_cell_shown(b, s));
    return false;
}

/* "from" and "to" stand side by side in every table that has them. */
void force_cell_days(struct build *b, struct place from, int32_t *ret_from, int32_t *ret_to)
{
    struct place to = {from.file, from.row, from.column + 1};
    bool good = force_cell_day(b, from, INT32_MIN, ret_from);

    good = force_cell_day(b, to, FORCE_OPEN, ret_to) && good;
    if (good && *ret_to < *ret_from)
        force_cell_bad(
            b, to,
            "it ends before it begins; \"to\" is the last day and must not lie before \"from\"");
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
    force_cell_bad(b, p, "\"%s\" is no instant; write day and time like 2026-04-10T17:15",
                   force_cell_shown(b, s));
    return false;
}

/* One of `words`; -1 and told otherwise. */
int force_cell_word(struct build *b, struct place p, const char *const *words, size_t n,
                    const char *right)
{
    struct str s = force_cell_text(b, p);

    for (size_t i = 0; i < n; i++) {
        if (str_eq(s, str_of(words[i])))
            return (int)i;
    }
    force_cell_bad(b, p, "\"%s\" is no %s; it must be %s", force_cell_shown(b, s),
                   columns[p.file][p.column], right);
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
            force_cell_bad(b, p, "the %s of this %s is empty; give the id of a %s",
                           columns[p.file][p.column], force_row_word[p.file],
                           force_row_word[target]);
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
        force_cell_bad(b, p, "there is no %s \"%s\" in %s; the nearest is \"%s\"",
                       force_row_word[target], force_cell_shown(b, s), b->sources[target].name,
                       near);
    else
        force_cell_bad(b, p, "there is no %s \"%s\" in %s; add it there or correct it here",
                       force_row_word[target], force_cell_shown(b, s), b->sources[target].name);
    return NULL;
}

/* Pieces of a list; `ret` has room for FORCE_KINDS_MAX. */
size_t force_cell_list(struct build *b, struct place p, bool (*is_good)(struct str),
                       const char *noun, const char *example, struct str *ret)
{
    struct str rest = force_cell_text(b, p), piece;
    size_t n = 0;

    if (rest.len == 0)
        return 0;
    while (str_split(&rest, ';', &piece)) {
        piece = str_trim(piece);
        if (!is_good(piece)) {
            force_cell_bad(b, p,
                           "\"%s\" is no %s; write %ss like %s, several with \";\" between them",
                           force_cell_shown(b, piece), noun, noun, example);
            return 0;
        }
        for (size_t i = 0; i < n; i++) {
            if (str_eq(ret[i], piece)) {
                force_cell_bad(b, p, "\"%s\" stands twice in this list; remove one",
                               force_cell_shown(b, piece));
                return 0;
            }
        }
        if (n == FORCE_KINDS_MAX) {
            force_cell_bad(b, p, "more than %u entries in a list; shorten it", FORCE_KINDS_MAX);
            return 0;
        }
        ret[n++] = piece;
    }
    return n;
}
