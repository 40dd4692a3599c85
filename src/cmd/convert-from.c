/* Sources: MISP and STIX as they are; rows of CSV as indicators; values in texts as observables, for a person has not confirmed them. */
#include "cmd/convert.h"
#include "cmd/home.h"

#include "base/csv.h"
#include "base/time.h"
#include "intel/clue-stix.h"
#include "intel/extract.h"
#include "intel/id-set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int to_sink(struct str object, void *context)
{
    struct conversion *c = context;

    return c->sink->object(c, object);
}

/* ---- MISP ---- */

/* "FILE:3:14: error: events[0].Attribute[17].value (UUID): words" */
static int tell_misp(const struct misp_finding *f, void *context)
{
    CLEANUP(buf_done) struct buf what;
    struct conversion *c = context;
    char place[64];
    int r;

    buf_init(&what, CONVERT_LINE_MAX);
    buf_clear(&c->message);
    r = message_print(&c->message, home_language(), f->text, {"value", convert_shown(c, f->value)},
                      {"wanted", f->wanted});
    if (r == -ENOMEM)
        return r;
    buf_printf(&what, "events[%" PRIu64 "]%s", f->number, f->path.len ? "." : "");
    buf_add_str(&what, convert_shown(c, f->path));
    if (f->uuid.len) {
        struct str uuid = convert_shown(c, f->uuid);

        buf_printf(&what, " (%.*s)", STR_ARG(uuid));
    }
    (void)snprintf(place, sizeof(place), ":%" PRIu64 ":%" PRIu64, f->at.line, f->at.column);
    if (buf_error(&what))
        return buf_error(&what);
    return convert_say(c, f->is_warning, place, what.at, buf_str(&c->message));
}

static int begin_misp(struct conversion *c)
{
    c->source_state = misp_stix_new(to_sink, tell_misp, c);
    return c->source_state ? 0 : -ENOMEM;
}

static int add_misp(struct conversion *c, struct str piece)
{
    return misp_stix_add(c->source_state, piece);
}

static void done_misp(struct conversion *c)
{
    misp_stix_free(TAKE(c->source_state));
}

static int end_misp(struct conversion *c)
{
    int r = misp_stix_end(c->source_state);

    c->n_left_out += misp_stix_broken(c->source_state);
    done_misp(c);
    return r;
}

const struct convert_source convert_from_misp = {"misp", begin_misp, add_misp, end_misp, done_misp};

/* ---- STIX ---- */

static int object(const struct stix_object *o, void *context)
{
    return to_sink(o->bytes, context);
}

/* "FILE:3:14: error: objects[17].path (id): words" */
static int tell_stix(const struct stix_finding *f, void *context)
{
    CLEANUP(buf_done) struct buf what;
    struct conversion *c = context;
    char place[64];

    buf_init(&what, CONVERT_LINE_MAX);
    buf_add_text(&what, "");
    if (f->number != STIX_NO_NUMBER)
        buf_printf(&what, "objects[%" PRIu64 "]", f->number);
    if (f->path.len)
        buf_printf(&what, "%s", f->path.at[0] == '[' ? "" : ".");
    buf_add_str(&what, convert_shown(c, f->path));
    if (f->id.len) {
        struct str id = convert_shown(c, f->id);

        buf_printf(&what, " (%.*s)", STR_ARG(id));
    }
    (void)snprintf(place, sizeof(place), ":%" PRIu64 ":%" PRIu64, f->at.line, f->at.column);
    if (buf_error(&what))
        return buf_error(&what);
    return convert_say(c, false, place, what.at,
                       message_text(home_language(), stix_fault_text(f->fault)));
}

static int begin_stix(struct conversion *c)
{
    const struct stix_reader_calls calls = {object, tell_stix};

    c->source_state = stix_reader_new(&calls, c);
    return c->source_state ? 0 : -ENOMEM;
}

static int add_stix(struct conversion *c, struct str piece)
{
    return stix_reader_add(c->source_state, piece);
}

static void done_stix(struct conversion *c)
{
    stix_reader_free(TAKE(c->source_state));
}

static int end_stix(struct conversion *c)
{
    int r = stix_reader_end(c->source_state);

    c->n_left_out += stix_reader_broken(c->source_state);
    done_stix(c);
    return r;
}

const struct convert_source convert_from_stix = {"stix", begin_stix, add_stix, end_stix, done_stix};

/* ---- CSV ---- */

struct table {
    struct buf text;
    struct clue value;
    struct buf out;
    unsigned marks; /* that were told: bits of enum tlp */
};

static void done_csv(struct conversion *c)
{
    struct table *t = c->source_state;

    if (t) {
        buf_done(&t->text);
        buf_done(&t->out);
        clue_done(&t->value);
    }
    free(t);
    c->source_state = NULL;
}

static int begin_csv(struct conversion *c)
{
    struct table *t = calloc(1, sizeof(*t));

    c->source_state = t;
    if (!t)
        return -ENOMEM;
    buf_init(&t->text, CSV_MAX_BYTES);
    buf_init(&t->out, CONVERT_OUT_MAX);
    clue_init(&t->value);
    return 0;
}

static int add_csv(struct conversion *c, struct str piece)
{
    return buf_add_str(&((struct table *)c->source_state)->text, piece);
}

/* A cell that a spreadsheet would have run has an apostrophe before it. */
static struct str plain(struct str s)
{
    return s.len > 1 && s.at[0] == '\'' && strchr("=+-@", s.at[1])
               ? (struct str){s.at + 1, s.len - 1}
               : s;
}

struct columns {
    int type, value, until, indicator, confidence, tlp;
};

static struct csv_cell cell(const struct csv_table *table, size_t row, int column)
{
    return column < 0 ? (struct csv_cell){0} : table->cells[row * table->n_cols + (size_t)column];
}

static int bad_cell(struct conversion *c, struct csv_cell at, const char *column,
                    enum message_key why)
{
    char place[64];

    (void)snprintf(place, sizeof(place), ":%u:%u", at.line, at.col);
    c->n_left_out++;
    return convert_say(c, false, place, column, message_text(home_language(), why));
}

static int tell_mark(struct conversion *c, struct table *t, enum tlp tlp)
{
    int r;

    if (t->marks >> tlp & 1)
        return 0;
    t->marks |= 1u << tlp;
    buf_clear(&t->out);
    r = clue_stix_mark(tlp, &t->out);
    return r ? r : to_sink(buf_str(&t->out), c);
}

static int told(int r)
{
    return r ? r : 1;
}

/* 0: in t->value and *i. 1: it was told. */
static int read_row(struct conversion *c, const struct csv_table *table, const struct columns *k,
                    size_t row, struct clue_indicator *i)
{
    struct table *t = c->source_state;
    struct str type = cell(table, row, k->type).text, until = cell(table, row, k->until).text,
               tlp_name = cell(table, row, k->tlp).text,
               confidence = cell(table, row, k->confidence).text;
    struct str value = plain(cell(table, row, k->value).text);
    enum clue_type wanted = type.len ? clue_type_of(type) : CLUE_NONE;
    uint64_t number = 0;
    enum tlp tlp;
    int r;

    *i = (struct clue_indicator){.description = plain(cell(table, row, k->indicator).text),
                                 .made_us = c->made_us,
                                 .confidence = -1,
                                 .tlp = -1};
    if (type.len && wanted == CLUE_NONE)
        return told(bad_cell(c, cell(table, row, k->type), "type", MSG_CONVERT_TYPE));
    if (until.len && instant_parse(until, &i->until_us))
        return told(bad_cell(c, cell(table, row, k->until), "until", MSG_CONVERT_UNTIL));
    if (tlp_name.len && !tlp_parse(tlp_name, &tlp))
        return told(bad_cell(c, cell(table, row, k->tlp), "tlp", MSG_CONVERT_TLP));
    if (confidence.len && str_to_u64(confidence, 0, 100, &number))
        return told(
            bad_cell(c, cell(table, row, k->confidence), "confidence", MSG_CONVERT_CONFIDENCE));
    i->tlp = tlp_name.len ? (int)tlp : -1;
    i->confidence = confidence.len ? (int)number : -1;
    r = wanted == CLUE_NONE ? clue_read(value, &t->value) : clue_read_as(wanted, value, &t->value);
    if (r > 0)
        return told(bad_cell(c, cell(table, row, k->value), "value", clue_fault_text(r)));
    return r;
}

static int put_row(struct conversion *c, const struct csv_table *table, const struct columns *k,
                   size_t row)
{
    struct table *t = c->source_state;
    struct clue_indicator i;
    int r = read_row(c, table, k, row, &i);

    if (!r && i.tlp >= 0)
        r = tell_mark(c, t, (enum tlp)i.tlp);
    if (r)
        return r > 0 ? 0 : r;
    buf_clear(&t->out);
    r = clue_stix_indicator(&t->value, &i, &t->out);
    if (r > 0)
        return bad_cell(c, cell(table, row, k->value), "value", MSG_CONVERT_NO_PLACE);
    return r ? r : to_sink(buf_str(&t->out), c);
}

static int put_rows(struct conversion *c, const struct csv_table *table)
{
    const struct columns k = {csv_col(table, "type"),       csv_col(table, "value"),
                              csv_col(table, "until"),      csv_col(table, "indicator"),
                              csv_col(table, "confidence"), csv_col(table, "tlp")};
    int r = 0;

    if (k.value < 0)
        return convert_say(c, false, ":1:1", "", message_text(home_language(), MSG_CONVERT_VALUE));
    for (size_t row = 0; row < table->n_rows && !r; row++)
        r = put_row(c, table, &k, row);
    return r;
}

static int end_csv(struct conversion *c)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new((size_t)1 << 30);
    struct table *t = c->source_state;
    struct csv_table table;
    struct diag diag;
    int r;

    if (!arena)
        return -ENOMEM;
    diag_init(&diag);
    r = csv_parse(c->path, buf_str(&t->text), arena, &table, &diag);
    command_print_diag(&diag);
    c->n_errors += diag.n_errors;
    diag_done(&diag);
    if (!r)
        r = put_rows(c, &table);
    done_csv(c);
    return r > 0 ? 0 : r;
}

const struct convert_source convert_from_csv = {"csv", begin_csv, add_csv, end_csv, done_csv};

/* ---- texts ---- */

struct reading {
    struct extractor *extractor;
    struct id_set seen; /* in this file */
    struct buf out, id;
};

static void done_text(struct conversion *c)
{
    struct reading *t = c->source_state;

    if (t) {
        extractor_free(t->extractor);
        id_set_done(&t->seen);
        buf_done(&t->out);
        buf_done(&t->id);
    }
    free(t);
    c->source_state = NULL;
}

/* What STIX has no observable for is counted only: texts are full of such. */
static int found(const struct extract_hit *hit, void *context)
{
    struct conversion *c = context;
    struct reading *t = c->source_state;
    bool is_new = false;
    int r;

    buf_clear(&t->out);
    buf_clear(&t->id);
    r = clue_stix_observable(hit->value, &t->out, &t->id);
    if (r > 0) {
        c->n_left_out++;
        return 0;
    }
    if (!r)
        r = id_set_add(&t->seen, buf_str(&t->id), &is_new);
    return r || !is_new ? r : to_sink(buf_str(&t->out), c);
}

static int begin_text(struct conversion *c)
{
    struct reading *t = calloc(1, sizeof(*t));

    c->source_state = t;
    if (!t)
        return -ENOMEM;
    buf_init(&t->out, CONVERT_OUT_MAX);
    buf_init(&t->id, CONVERT_LINE_MAX);
    t->extractor = extractor_new(found, c);
    return t->extractor ? 0 : -ENOMEM;
}

static int add_text(struct conversion *c, struct str piece)
{
    return extractor_add(((struct reading *)c->source_state)->extractor, piece);
}

static int end_text(struct conversion *c)
{
    int r = extractor_end(((struct reading *)c->source_state)->extractor);

    done_text(c);
    return r;
}

const struct convert_source convert_from_text = {"text", begin_text, add_text, end_text, done_text};
