/* Sources: MISP and STIX as they are; rows of CSV as indicators; values in texts as observables, for a person has not confirmed them. */
#include "cmd/convert.h"
#include "cmd/home.h"

#include "intel/clue-source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

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

/* ---- values: rows of CSV, texts ---- */

/* "FILE:3:14: error: value: words" */
static int tell_value(const struct clue_source_fault *f, void *context)
{
    struct conversion *c = context;
    char place[64];
    struct str words;

    if (f->entry)
        words = str_of(home_language() == MESSAGE_JA && f->entry->ja ? f->entry->ja : f->entry->message);
    else
        words = message_text(home_language(), f->text);
    (void)snprintf(place, sizeof(place), ":%u:%u", f->line, f->column);
    return convert_say(c, f->entry && f->entry->level != DIAG_ERROR, place, f->what, words);
}

static int begin_values(struct conversion *c, enum clue_source_kind kind)
{
    static const struct clue_source_calls calls = {to_sink, tell_value};

    c->source_state = clue_source_new(kind, c->path, c->made_us, &calls, c);
    return c->source_state ? 0 : -ENOMEM;
}

static int begin_csv(struct conversion *c)
{
    return begin_values(c, CLUE_SOURCE_CSV);
}

static int begin_text(struct conversion *c)
{
    return begin_values(c, CLUE_SOURCE_TEXT);
}

static int add_values(struct conversion *c, struct str piece)
{
    return clue_source_add(c->source_state, piece);
}

static void done_values(struct conversion *c)
{
    clue_source_free(TAKE(c->source_state));
}

static int end_values(struct conversion *c)
{
    int r = clue_source_end(c->source_state);

    c->n_left_out += clue_source_left_out(c->source_state);
    done_values(c);
    return r;
}

const struct convert_source convert_from_csv = {"csv", begin_csv, add_values, end_values, done_values};
const struct convert_source convert_from_text = {"text", begin_text, add_values, end_values, done_values};
