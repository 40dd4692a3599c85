#include "intel/clue-source.h"

#include "base/csv.h"
#include "base/time.h"
#include "intel/clue-stix.h"
#include "intel/extract.h"
#include "intel/id-set.h"

#include <errno.h>
#include <stdlib.h>

#define OBJECT_MAX ((size_t)1 << 20)
#define TABLE_MEMORY ((size_t)1 << 30)

struct clue_source {
    enum clue_source_kind kind;
    const char *name;
    uint64_t made_us, n_left;
    struct clue_source_calls calls;
    void *context;
    struct buf text; /* of a table all of it, of a list the line that has not ended */
    unsigned line;   /* of a list: whole ones before it */
    struct clue value;
    struct buf out, id;
    unsigned marks; /* that were told: bits of enum tlp */
    struct extractor *extractor;
    struct id_set seen; /* of a text */
};

static int put(struct clue_source *s)
{
    return s->calls.object(buf_str(&s->out), s->context);
}

static int leave_out(struct clue_source *s, struct clue_source_fault f)
{
    s->n_left++;
    return s->calls.fault(&f, s->context);
}

/* An indicator of the value at hand. */
static int put_indicator(struct clue_source *s, const struct clue_indicator *i, struct clue_source_fault at)
{
    int r;

    buf_clear(&s->out);
    r = clue_stix_indicator(&s->value, i, &s->out);
    if (r <= 0)
        return r ? r : put(s);
    at.text = MSG_CONVERT_NO_PLACE;
    return leave_out(s, at);
}

/* ---- tables ---- */

/* A cell that a spreadsheet would have run has an apostrophe before it. */
static struct str plain(struct str s)
{
    return s.len > 1 && s.at[0] == '\'' && csv_formula_head((struct str){s.at + 1, s.len - 1}) ? (struct str){s.at + 1, s.len - 1} : s;
}

struct columns {
    int type, value, until, indicator, confidence, tlp;
};

static struct csv_cell cell(const struct csv_table *table, size_t row, int column)
{
    return column < 0 ? (struct csv_cell){0} : table->cells[row * table->n_cols + (size_t)column];
}

static struct clue_source_fault fault_at(struct csv_cell at, const char *column, enum message_key text)
{
    return (struct clue_source_fault){.line = at.line, .column = at.col, .what = column, .written = at.text, .text = text};
}

/* 1: it was told. */
static int bad_cell(struct clue_source *s, struct csv_cell at, const char *column, enum message_key why)
{
    int r = leave_out(s, fault_at(at, column, why));

    return r ? r : 1;
}

static int tell_mark(struct clue_source *s, enum tlp tlp)
{
    int r;

    if (s->marks >> tlp & 1)
        return 0;
    s->marks |= 1u << tlp;
    buf_clear(&s->out);
    r = clue_stix_mark(tlp, &s->out);
    return r ? r : put(s);
}

/* 0: in s->value and *i. 1: it was told. */
static int read_row(struct clue_source *s, const struct csv_table *table, const struct columns *k, size_t row, struct clue_indicator *i)
{
    struct str type = cell(table, row, k->type).text, until = cell(table, row, k->until).text, tlp_name = cell(table, row, k->tlp).text,
               confidence = cell(table, row, k->confidence).text, value = plain(cell(table, row, k->value).text);
    enum clue_type wanted = type.len ? clue_type_of(type) : CLUE_NONE;
    uint64_t number = 0;
    enum tlp tlp;
    int r;

    *i = (struct clue_indicator){.description = plain(cell(table, row, k->indicator).text), .made_us = s->made_us, .confidence = -1, .tlp = -1};
    if (type.len && wanted == CLUE_NONE)
        return bad_cell(s, cell(table, row, k->type), "type", MSG_CONVERT_TYPE);
    if (until.len && instant_parse(until, &i->until_us))
        return bad_cell(s, cell(table, row, k->until), "until", MSG_CONVERT_UNTIL);
    if (tlp_name.len && !tlp_parse(tlp_name, &tlp))
        return bad_cell(s, cell(table, row, k->tlp), "tlp", MSG_CONVERT_TLP);
    if (confidence.len && str_to_u64(confidence, 0, 100, &number))
        return bad_cell(s, cell(table, row, k->confidence), "confidence", MSG_CONVERT_CONFIDENCE);
    i->tlp = tlp_name.len ? (int)tlp : -1;
    i->confidence = confidence.len ? (int)number : -1;
    r = wanted == CLUE_NONE ? clue_read(value, &s->value) : clue_read_as(wanted, value, &s->value);
    return r > 0 ? bad_cell(s, cell(table, row, k->value), "value", clue_fault_text(r)) : r;
}

static int put_row(struct clue_source *s, const struct csv_table *table, const struct columns *k, size_t row)
{
    struct clue_indicator i;
    int r = read_row(s, table, k, row, &i);

    if (!r && i.tlp >= 0)
        r = tell_mark(s, (enum tlp)i.tlp);
    if (r)
        return MIN_OF(r, 0);
    return put_indicator(s, &i, fault_at(cell(table, row, k->value), "value", MSG_CONVERT_NO_PLACE));
}

static int put_rows(struct clue_source *s, const struct csv_table *table)
{
    const struct columns k = {csv_col(table, "type"),      csv_col(table, "value"),      csv_col(table, "until"),
                              csv_col(table, "indicator"), csv_col(table, "confidence"), csv_col(table, "tlp")};
    int r = 0;

    if (k.value < 0)
        return s->calls.fault(&(struct clue_source_fault){.line = 1, .column = 1, .what = "", .text = MSG_CONVERT_VALUE}, s->context);
    for (size_t row = 0; row < table->n_rows && !r; row++)
        r = put_row(s, table, &k, row);
    return r;
}

static int tell_entries(struct clue_source *s, const struct diag *diag)
{
    int r = 0;

    for (size_t i = 0; !r && i < diag->n; i++) {
        const struct diag_entry *e = &diag->entries[i];

        r = s->calls.fault(&(struct clue_source_fault){.line = e->line, .column = e->col, .what = "", .text = MSG_CONVERT_VALUE, .entry = e}, s->context);
    }
    return r;
}

static int end_table(struct clue_source *s)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(TABLE_MEMORY);
    struct csv_table table;
    struct diag diag;
    int r, e;

    if (!arena)
        return -ENOMEM;
    diag_init(&diag);
    r = csv_parse(s->name, buf_str(&s->text), arena, &table, &diag);
    e = r < 0 ? r : tell_entries(s, &diag);
    diag_done(&diag);
    if (e || r)
        return e;
    return put_rows(s, &table);
}

/* ---- lists ---- */

static int put_line(struct clue_source *s, struct str line)
{
    const struct clue_indicator i = {.made_us = s->made_us, .confidence = -1, .tlp = -1};
    struct str value = str_trim(line);
    struct clue_source_fault at = {.line = ++s->line, .column = 1, .what = "", .written = value};
    int r;

    if (!value.len || value.at[0] == '#')
        return 0;
    r = clue_read(value, &s->value);
    if (r > 0) {
        at.text = clue_fault_text(r);
        return leave_out(s, at);
    }
    return r ? r : put_indicator(s, &i, at);
}

/* A line that is longer is cut, and then no value. */
static int keep_line(struct clue_source *s, struct str piece)
{
    return s->text.len >= CLUE_LINE_MAX ? 0 : buf_add(&s->text, piece.at, MIN_OF(piece.len, CLUE_LINE_MAX - s->text.len));
}

static int add_lines(struct clue_source *s, struct str piece)
{
    int r = 0;

    while (!r && piece.len) {
        const char *end = memchr(piece.at, '\n', piece.len);
        size_t n = end ? (size_t)(end - piece.at) : piece.len;

        r = keep_line(s, (struct str){piece.at, n});
        if (!r && end)
            r = put_line(s, buf_str(&s->text));
        if (end)
            buf_clear(&s->text);
        n += end != NULL;
        piece = (struct str){piece.at + n, piece.len - n};
    }
    return r;
}

/* ---- texts ---- */

/* What STIX has no observable for is counted only: texts are full of such. */
static int found(const struct extract_hit *hit, void *context)
{
    struct clue_source *s = context;
    bool is_new = false;
    int r;

    buf_clear(&s->out);
    buf_clear(&s->id);
    r = clue_stix_observable(hit->value, &s->out, &s->id);
    if (r > 0) {
        s->n_left++;
        return 0;
    }
    if (!r)
        r = id_set_add(&s->seen, buf_str(&s->id), &is_new);
    return r || !is_new ? r : put(s);
}

/* ---- all of them ---- */

struct clue_source *clue_source_new(enum clue_source_kind kind, const char *name, uint64_t made_us, const struct clue_source_calls *calls, void *context)
{
    CLEANUP(clue_source_freep) struct clue_source *s = calloc(1, sizeof(*s));

    if (!s)
        return NULL;
    *s = (struct clue_source){.kind = kind, .name = name, .made_us = made_us, .calls = *calls, .context = context};
    buf_init(&s->text, CSV_MAX_BYTES);
    buf_init(&s->out, OBJECT_MAX);
    buf_init(&s->id, OBJECT_MAX);
    clue_init(&s->value);
    if (kind == CLUE_SOURCE_TEXT && !(s->extractor = extractor_new(found, s)))
        return NULL;
    return TAKE(s);
}

void clue_source_free(struct clue_source *s)
{
    if (!s)
        return;
    extractor_free(s->extractor);
    id_set_done(&s->seen);
    clue_done(&s->value);
    buf_done(&s->text);
    buf_done(&s->out);
    buf_done(&s->id);
    free(s);
}

int clue_source_add(struct clue_source *s, struct str piece)
{
    if (s->kind == CLUE_SOURCE_TEXT)
        return extractor_add(s->extractor, piece);
    return s->kind == CLUE_SOURCE_LIST ? add_lines(s, piece) : buf_add_str(&s->text, piece);
}

int clue_source_end(struct clue_source *s)
{
    if (s->kind == CLUE_SOURCE_TEXT)
        return extractor_end(s->extractor);
    if (s->kind == CLUE_SOURCE_CSV)
        return end_table(s);
    return s->text.len ? put_line(s, buf_str(&s->text)) : 0;
}

uint64_t clue_source_left_out(const struct clue_source *s)
{
    return s->n_left;
}
