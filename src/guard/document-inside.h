/* Shared by the readers of documents in the examiner's cage: what they write, and how they read XML. Private to this room.
 * Owner    the caller of document_draw(). Threads  one. */
#pragma once

#include "guard/document-text.h"

struct archive;

/* What is written: pieces of text, each behind its place. */
struct drawing {
    struct buf pending;      /* not yet in the file */
    int out;
    uint64_t n_text;
    size_t n_places;
    enum document_place_kind kind; /* of what comes */
    uint32_t n, column;
    char name[DOCUMENT_NAME_MAX + 1];
    bool is_told;            /* this place stands in the stream */
    bool is_line_open;       /* text stands behind the last line end */
    struct document_answer answer;
    int why;                 /* DOCUMENT_E_…; 0: nothing is wrong so far */
};
/* What comes next is of this place; told once some of it comes. `name` may be any bytes. */
void drawing_at(struct drawing *d, enum document_place_kind kind, uint32_t n, uint32_t column, struct str name);
/* Any bytes; what is no UTF-8 becomes U+FFFD, controls are left out. Each: 0; 1: refused, as d->why says; -ENOMEM, -EIO. */
MUST_CHECK int drawing_add(struct drawing *d, struct str text);
MUST_CHECK int drawing_end_line(struct drawing *d); /* where one is open */
/* An address that is behind a text and not shown in it: "<…>" after it. */
MUST_CHECK int drawing_add_target(struct drawing *d, struct str target);
/* 1, with the reason; the first one counts. `line` 0: not known. */
int drawing_refuse(struct drawing *d, int why, const char *part, unsigned long line, unsigned long column);

/* One part of a container, whole. */
struct part {
    char *name;
    struct str bytes;
};
struct package {
    struct part *parts; /* by name */
    size_t n, n_room;
    uint64_t size;
};
/* What of the ZIP could hold text or lead to it. 0; 1; -ENOMEM, -EIO. */
MUST_CHECK int package_open(struct drawing *d, int fd, uint64_t size, struct package *ret);
void package_done(struct package *p);
const struct part *package_part(const struct package *p, struct str name); /* NULL: none */

/* Elements of one part, by their local names; attributes by expat's pairs, in which names are "uri|local" where they have a prefix. */
struct xml_reader {
    int (*start)(void *context, const char *name, const char **attributes); /* each: 0; 1 refused; negative */
    int (*end)(void *context, const char *name);
    int (*text)(void *context, struct str text);
    void *context;
};
MUST_CHECK int xml_read(struct drawing *d, const struct part *part, const struct xml_reader *r);
const char *xml_attribute(const char **attributes, const char *local); /* NULL: none */
const char *xml_relation(const char **attributes);                     /* its attribute "id" of relationships */
bool xml_is(const char *name, const char *other);

/* Each: 0; 1; negative. */
MUST_CHECK int draw_ooxml(struct drawing *d, const struct package *p);
MUST_CHECK int draw_opendocument(struct drawing *d, const struct package *p);
MUST_CHECK int draw_mail(struct drawing *d, struct str bytes);
/* Whether those bytes are a message: fields of a header, and among them those that each message has. */
bool draw_is_mail(struct str head);

/* In the cage: the text of what `fd` holds. `report` is the caller's: {"why": DOCUMENT_E_…, "where", "inside"}. 0; -ENOMEM, -EIO. */
MUST_CHECK int document_draw(int fd, int out, json_t **ret_report);
