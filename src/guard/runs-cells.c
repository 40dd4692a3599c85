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
    if (byte == '(')
        c->acts = is_call(c);
    else if (byte == '|')
        c->has_bar = c->last == '\'' || is_of_word(c->last);
    else if (byte == '!')
        c->acts = c->has_bar;
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
    *c = (struct runs_cells){.state = CELL_BEGINS};
}

static void take(struct runs_cells *c, char byte)
{
    const bool is_line = byte == '\r' || byte == '\n', is_between = byte == ',' || byte == ';' || byte == '\t';

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

void runs_cells_add(struct runs_cells *c, struct str bytes)
{
    for (size_t i = 0; i < bytes.len && !c->acts; i++) {
        const uint8_t byte = (uint8_t)bytes.at[i];

        if (byte && byte != 0xef && byte != 0xbb && byte != 0xbf && byte < 0xfe) /* UTF-16, and marks of the order of bytes */
            take(c, (char)byte);
    }
}
