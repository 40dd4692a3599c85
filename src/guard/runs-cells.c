#include "guard/runs-inside.h"

#include "base/macros.h"

#include <string.h>

bool runs_is_table(struct str name)
{
    char ending[RUNS_ENDING_SIZE];

    return runs_ending(name, ending) && strstr(" csv tsv tab ", ending);
}

static bool is_of_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* What opens an address, asks a program, or loads one. */
static bool is_call(const struct runs_cells *c)
{
    static const char *const names[] = {"hyperlink", "webservice", "importxml", "importdata", "importhtml", "importfeed", "importrange", "image",
                                        "call",      "register",   "register.id", "exec",     "run",        "rtd",        "dde",         "sql.request"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (c->n_word == strlen(names[i]) && !memcmp(c->word, names[i], c->n_word))
            return true;
    return false;
}

/* "=cmd|'/c x'!A0": nothing stands around the bar, as it does where it divides words. */
static void take_of_formula(struct runs_cells *c, char byte)
{
    if (c->has_bar && c->last == '|' && byte != '\'' && !is_of_word(byte))
        c->has_bar = false;
    if (byte == '(') {
        c->acts = is_call(c);
        c->n_brackets += c->n_brackets < UINT8_MAX;
    } else if (byte == ')') {
        c->n_brackets -= c->n_brackets > 0;
    } else if (byte == '|') {
        c->has_bar = c->last == '\'' || is_of_word(c->last);
    } else if (byte == '!') {
        c->acts = c->has_bar;
    }
    if (byte == ' ') { /* may stand before a bracket */
        c->last = byte;
        return;
    }
    if (c->last == ' ')
        c->n_word = 0;
    if (!is_of_word(byte)) {
        c->n_word = 0;
    } else {
        if (c->n_word == sizeof(c->word))
            memmove(c->word, c->word + 1, --c->n_word);
        c->word[c->n_word++] = byte;
    }
    c->last = byte;
}

static void begin_cell(struct runs_cells *c)
{
    c->state = CELL_BEGINS;
    c->is_quoted = c->is_open = c->has_bar = false;
    c->n_word = c->n_brackets = 0;
    c->last = '\0';
}

/* Behind a bracket that is open it divides what a function is given. */
static bool divides(const struct runs_cells *c, char byte)
{
    const bool is_sign = byte == ',' || byte == ';' || byte == '\t' || (c->separator && byte == c->separator);

    return is_sign && !(c->state == CELL_IS_FORMULA && c->n_brackets && byte != c->separator);
}

/* "sep=|" in the first line: what stands between the cells of all others. */
static void take_of_first_line(struct runs_cells *c, char byte)
{
    static const char said[] = "sep=";
    const size_t n = sizeof(said) - 1;

    if (byte == '\r' || byte == '\n') {
        c->is_first_passed = true;
        if (c->n_first == n + 1)
            c->separator = c->first;
    } else if (byte == '"' && (!c->n_first || c->n_first == n + 1)) { /* around it */
        return;
    } else if (c->n_first < n && (byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte) == said[c->n_first]) {
        c->n_first++;
    } else if (c->n_first == n) {
        c->first = byte;
        c->n_first++;
    } else {
        c->is_first_passed = true;
    }
}

static void take(struct runs_cells *c, char byte)
{
    const bool is_line = byte == '\r' || byte == '\n', is_between = divides(c, byte);

    if (!c->is_first_passed)
        take_of_first_line(c, byte);
    if (byte == '"' && c->state == CELL_BEGINS && !c->is_quoted) {
        c->is_quoted = c->is_open = true;
        return;
    }
    if (byte == '"' && c->is_quoted)
        c->is_open = !c->is_open;
    if ((is_line || is_between) && !c->is_open) {
        begin_cell(c);
        return;
    }
    if (c->state == CELL_BEGINS && byte != ' ' && !is_line && !is_between)
        c->state = byte == '=' || byte == '+' || byte == '-' || byte == '@' ? CELL_IS_FORMULA : CELL_IS_TEXT;
    else if (c->state == CELL_IS_FORMULA)
        take_of_formula(c, byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte);
}

/* ＝, ＋, － or ＠, which begin a formula as the narrow ones do: in UTF-8, in UTF-16 of either order, in code page 932 and in EUC. */
static bool is_wide_sign(const uint8_t before[2], uint8_t byte)
{
    const bool in_16 = byte == 0x1d || byte == 0x0b || byte == 0x0d || byte == 0x20, first_in_16 = before[0] == 0x1d || before[0] == 0x0b || before[0] == 0x0d || before[0] == 0x20;

    if (before[1] == 0xef && before[0] == 0xbc)
        return byte == 0x9d || byte == 0x8b || byte == 0x8d || byte == 0xa0;
    if (before[0] == 0xff || byte == 0xff)
        return before[0] == 0xff ? in_16 : first_in_16;
    return before[0] == 0x81 ? byte == 0x81 || byte == 0x7b || byte == 0x7c || byte == 0x97
                             : before[0] == 0xa1 && (byte == 0xe1 || byte == 0xdc || byte == 0xdd || byte == 0xf7);
}

/* It may be the first byte of one, or the second of three. */
static bool may_be_wide_sign(const uint8_t before[2], uint8_t byte)
{
    return byte == 0x81 || byte == 0xa1 || (byte == 0xbc && before[0] == 0xef) || byte == 0x1d || byte == 0x0b;
}

/* Zeros of UTF-16 and marks of the order of bytes are none; a byte that is part of a wide character is no sign by itself. */
static void take_byte(struct runs_cells *c, uint8_t byte)
{
    const uint8_t before[2] = {c->before[0], c->before[1]};
    const bool begins = c->state == CELL_BEGINS;

    c->before[1] = before[0];
    c->before[0] = byte;
    if (begins && is_wide_sign(before, byte))
        c->state = CELL_IS_FORMULA;
    else if (begins && (may_be_wide_sign(before, byte) || byte == 0))
        return;
    else if (begins && (before[0] == 0x81 || before[0] == 0xa1 || before[0] == 0x1d || before[0] == 0x0b || (before[0] == 0xff && byte < 0xfe)))
        c->state = CELL_IS_TEXT;
    else if (byte && byte != 0xef && byte != 0xbb && byte != 0xbf && byte < 0xfe)
        take(c, (char)byte);
}

void runs_cells_add(struct runs_cells *c, struct str bytes)
{
    for (size_t i = 0; i < bytes.len && !c->acts; i++)
        take_byte(c, (uint8_t)bytes.at[i]);
}
