/* Ways that read a bundle of STIX and write events of MISP. */
#include "cmd/convert.h"
#include "cmd/home.h"

#include "base/utf8.h"
#include "intel/misp-feed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct events {
    struct misp_feed *feed;
    struct diag diag; /* of the feed */
    struct stix_reader *reader;
    struct stix_misp *misp;
};

/* "FILE:3:14: error: objects[17].path (id): words" */
static int print_fault(struct conversion *c, uint64_t number, struct str id, struct str path,
                       const char *place, struct str words)
{
    CLEANUP(buf_done) struct buf safe;
    int r;

    buf_init(&safe, CONVERT_LINE_MAX);
    r = utf8_print_safe(str_of(c->path), &safe);
    fprintf(stderr, "%.*s%s: error: ", STR_ARG(buf_str(&safe)), place);
    if (number != STIX_NO_NUMBER)
        fprintf(stderr, "objects[%" PRIu64 "]", number);
    buf_clear(&safe);
    if (!r)
        r = utf8_print_safe((struct str){path.at, MIN_OF(path.len, (size_t)CONVERT_SHOWN_MAX)},
                            &safe);
    fprintf(stderr, "%s%.*s", path.len && path.at[0] != '[' ? "." : "", STR_ARG(buf_str(&safe)));
    buf_clear(&safe);
    if (!r)
        r = utf8_print_safe((struct str){id.at, MIN_OF(id.len, (size_t)CONVERT_SHOWN_MAX)}, &safe);
    if (id.len)
        fprintf(stderr, " (%.*s)", STR_ARG(buf_str(&safe)));
    fprintf(stderr, ": %.*s\n", STR_ARG(words));
    c->n_errors++;
    c->n_left_out++;
    return r;
}

static int fault(const struct stix_finding *f, void *context)
{
    struct conversion *c = context;
    char place[64];

    (void)snprintf(place, sizeof(place), ":%" PRIu64 ":%" PRIu64, f->at.line, f->at.column);
    return print_fault(c, f->number, f->id, f->path, place,
                       message_text(home_language(), stix_fault_text(f->fault)));
}

static int left_out(uint64_t number, struct str id, enum message_key why, void *context)
{
    return print_fault(context, number, id, STR_NONE, "", message_text(home_language(), why));
}

static int object(const struct stix_object *o, void *context)
{
    struct conversion *c = context;

    return stix_misp_add(((struct events *)c->state)->misp, o);
}

static int open_events(struct conversion *c)
{
    struct events *e = calloc(1, sizeof(*e));

    c->state = e;
    if (!e)
        return -ENOMEM;
    diag_init(&e->diag);
    e->misp = stix_misp_new(left_out, c);
    return e->misp ? 0 : -ENOMEM;
}

static int begin_stix(struct conversion *c)
{
    const struct stix_reader_calls calls = {object, fault};
    struct events *e = c->state;

    e->reader = stix_reader_new(&calls, c);
    return e->reader ? 0 : -ENOMEM;
}

static int add_stix(struct conversion *c, struct str piece)
{
    return stix_reader_add(((struct events *)c->state)->reader, piece);
}

static int end_stix(struct conversion *c)
{
    struct events *e = c->state;
    int r = stix_reader_end(e->reader);

    stix_reader_free(TAKE(e->reader));
    return r;
}

static int put_event(struct str uuid, struct str json, void *context)
{
    struct conversion *c = context;
    int r = convert_put(c, c->n_objects++ ? STR(",\n") : STR("{\"response\":[\n"));

    return r ? r : convert_put(c, json);
}

static int close_events(struct conversion *c)
{
    struct events *e = c->state;
    int r = stix_misp_end(e->misp, put_event, c);

    if (!r && !c->n_objects)
        r = convert_put(c, STR("{\"response\":["));
    return r ? r : convert_put(c, STR("\n]}\n"));
}

/* ---- as a feed ---- */

static int open_feed(struct conversion *c)
{
    int r = open_events(c);
    struct events *e = c->state;

    if (!r)
        r = misp_feed_new(c->out, &e->feed, &e->diag);
    return r > 0 ? -EEXIST : r;
}

static int put_in_feed(struct str uuid, struct str json, void *context)
{
    struct conversion *c = context;
    struct events *e = c->state;
    int r = misp_feed_add(e->feed, json, &e->diag);

    c->n_objects += !r;
    return r > 0 ? -EINVAL : r;
}

static int close_feed(struct conversion *c)
{
    struct events *e = c->state;
    int r = stix_misp_end(e->misp, put_in_feed, c);

    if (!r)
        r = misp_feed_end(e->feed, &e->diag);
    return r > 0 ? -EEXIST : r;
}

static void done_events(struct conversion *c)
{
    struct events *e = c->state;

    if (!e)
        return;
    stix_reader_free(e->reader);
    stix_misp_free(e->misp);
    misp_feed_free(e->feed);
    command_print_diag(&e->diag);
    diag_done(&e->diag);
    free(e);
}

const struct convert_way convert_stix_to_misp = {.from = "stix",
                                                 .to = "misp",
                                                 .open = open_events,
                                                 .begin = begin_stix,
                                                 .add = add_stix,
                                                 .end = end_stix,
                                                 .close = close_events,
                                                 .done = done_events};
const struct convert_way convert_stix_to_feed = {.from = "stix",
                                                 .to = "misp-feed",
                                                 .is_folder = true,
                                                 .open = open_feed,
                                                 .begin = begin_stix,
                                                 .add = add_stix,
                                                 .end = end_stix,
                                                 .close = close_feed,
                                                 .done = done_events};
