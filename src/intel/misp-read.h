/* Events of MISP from a stream (the core format, draft-dulaunoy-misp-core-format): one event, {"Event": …} or bare; a list of them; the answer of a server
 * ({"response": [ … ]}); or events one behind the other. One event in memory at a time, and of it one attribute or object is read at a time, so that one
 * that is broken is told and left out, and does not lose the rest.
 *
 *     begin(event)  item(attribute or object)…  end(event)
 *
 * `event` is its head: everything but the lists Attribute and Object, which are empty there. Attributes come before objects where they do so in the file.
 * Values may be texts or numbers, as servers and tools differ; what they mean is for misp-stix.h to say, except the uuid, without which an event cannot be told
 * from others: it is left out.
 * Owner    the caller of misp_reader_new(). What the calls are given lives for the call; the head until its end().
 * Limits   MISP_EVENT_MAX bytes an event, MISP_ITEM_MAX an attribute, an object, and the head; those of json-scan.h in them. Lists of attributes may be longer
 *          than SCAN_MEMBERS_MAX. Time is linear.
 * Threads  one at a time. Sentence MI1 of doc/design/intelligence.md. */
#pragma once

#include "base/message.h"
#include "intel/json-scan.h"

#define MISP_EVENT_MAX ((size_t)256 << 20)
#define MISP_ITEM_MAX ((size_t)16 << 20)
#define MISP_FAULTS_MAX 1000u /* told for one file; the rest is only counted */

/* One thing that is wrong. */
struct misp_finding {
    bool is_warning;     /* something was carried otherwise than it came, nothing was left out */
    enum message_key text; /* in which {value} and {wanted} may stand */
    uint64_t number;     /* of the event, from 0 in the order of the file */
    struct str uuid;     /* of the attribute, object or event, as far as it is known */
    struct str path;     /* "Attribute[17].value" within the event; empty: the event itself */
    struct scan_line at; /* in the file */
    uint64_t offset;     /* bytes before it in the file */
    struct str value;    /* what stands there; may be long, and hold control characters */
    struct str wanted;
};

struct misp_event {
    uint64_t number;
    struct str uuid;               /* in the form of one; any case */
    struct str bytes;              /* the head, as JSON */
    const struct scan_value *head; /* an object */
};

enum misp_kind { MISP_ATTRIBUTE, MISP_OBJECT };

struct misp_item {
    enum misp_kind kind;
    uint64_t index;                /* in its list */
    struct str bytes;              /* as it came */
    const struct scan_value *root; /* an object */
};

/* Each: 0 to go on; anything else ends the reading, with that answer. */
struct misp_reader_calls {
    int (*begin)(const struct misp_event *e, void *context);
    int (*item)(const struct misp_event *e, const struct misp_item *i, void *context);
    int (*end)(const struct misp_event *e, void *context);
    int (*fault)(const struct misp_finding *f, void *context);
};

struct misp_reader;
struct misp_reader *misp_reader_new(const struct misp_reader_calls *calls, void *context); /* NULL: no memory */
void misp_reader_free(struct misp_reader *r);
DEFINE_CLEANUP(struct misp_reader, misp_reader_free);
/* 0, -ENOMEM, or what a call answered. After anything but 0 only misp_reader_free() may follow. */
MUST_CHECK int misp_reader_add(struct misp_reader *r, struct str piece);
MUST_CHECK int misp_reader_end(struct misp_reader *r);
/* Within a call of item(): tells something of a value in it. `v` NULL: of the item itself. *f needs text, value, wanted and is_warning. 0, what fault() answered. */
MUST_CHECK int misp_reader_tell(struct misp_reader *r, const struct misp_item *i, const struct scan_value *v, struct misp_finding *f);

uint64_t misp_reader_events(const struct misp_reader *r); /* begun, the broken ones among them */
uint64_t misp_reader_items(const struct misp_reader *r);  /* attributes and objects likewise */
uint64_t misp_reader_broken(const struct misp_reader *r); /* of both, not handed over */
