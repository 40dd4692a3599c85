/* Sinks: events of MISP, and feeds of them. */
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

/* What was read is good; the file that it came from may be done with. */
static int fault(const struct stix_finding *f, void *context)
{
    return -EINVAL;
}

static int left_out(uint64_t number, struct str id, enum message_key why, void *context)
{
    struct conversion *c = context;
    char what[CONVERT_SHOWN_MAX * 4 + 8];

    c->n_left_out++;
    if (c->most_told && c->n_left_out > c->most_told)
        return 0;
    (void)snprintf(what, sizeof(what), "%.*s", STR_ARG(convert_shown(c, id)));
    return convert_say(c, false, "", what, message_text(home_language(), why));
}

static int object(const struct stix_object *o, void *context)
{
    struct conversion *c = context;

    return stix_misp_add(((struct events *)c->sink_state)->misp, o);
}

static int open_events(struct conversion *c)
{
    const struct stix_reader_calls calls = {object, fault};
    struct events *e = calloc(1, sizeof(*e));

    c->sink_state = e;
    if (!e)
        return -ENOMEM;
    diag_init(&e->diag);
    e->misp = stix_misp_new(left_out, c);
    e->reader = stix_reader_new(&calls, c);
    return e->misp && e->reader ? 0 : -ENOMEM;
}

static int add_object(struct conversion *c, struct str text)
{
    return stix_reader_add(((struct events *)c->sink_state)->reader, text);
}

static int put_event(struct str uuid, struct str json, void *context)
{
    struct conversion *c = context;
    int r = convert_put(c, c->n_objects++ ? STR(",\n") : STR("{\"response\":[\n"));

    return r ? r : convert_put(c, json);
}

static int close_events(struct conversion *c)
{
    struct events *e = c->sink_state;
    int r = stix_misp_end(e->misp, put_event, c);

    if (!r && !c->n_objects)
        r = convert_put(c, STR("{\"response\":["));
    return r ? r : convert_put(c, STR("\n]}\n"));
}

/* ---- as a feed ---- */

static int open_feed(struct conversion *c)
{
    int r = open_events(c);
    struct events *e = c->sink_state;

    if (!r)
        r = misp_feed_new(c->out, &e->feed, &e->diag);
    return r > 0 ? -EEXIST : r;
}

static int put_in_feed(struct str uuid, struct str json, void *context)
{
    struct conversion *c = context;
    struct events *e = c->sink_state;
    int r = misp_feed_add(e->feed, json, &e->diag);

    c->n_objects += !r;
    return r > 0 ? -EINVAL : r;
}

static int close_feed(struct conversion *c)
{
    struct events *e = c->sink_state;
    int r = stix_misp_end(e->misp, put_in_feed, c);

    if (!r)
        r = misp_feed_end(e->feed, &e->diag);
    return r > 0 ? -EEXIST : r;
}

static void done_events(struct conversion *c)
{
    struct events *e = c->sink_state;

    if (!e)
        return;
    stix_reader_free(e->reader);
    stix_misp_free(e->misp);
    misp_feed_free(e->feed);
    command_print_diag(&e->diag);
    diag_done(&e->diag);
    free(e);
}

const struct convert_sink convert_to_misp = {"misp",     false,        open_events,
                                             add_object, close_events, done_events};
const struct convert_sink convert_to_feed = {"misp-feed", true,       open_feed,
                                             add_object,  close_feed, done_events};
