/* Shared by mail-read.c (a message and its parts), mail-read-addresses.c (whom it names) and mail-mime.c (how it is taken apart). Source files alone include it, for it needs GMime. */
#pragma once

#include "guard/mail-read.h"
#include "guard/mail-words.h"

#include "base/buf.h"

#include <gmime/gmime.h>

#define MAIL_READ_PLACE_SIZE 128u

struct reading {
    const struct examine_limits *limits;
    struct clamd *scanner; /* NULL: none is asked */
    const char *
        inspect; /* borrowed of the message: the password by which what is sealed is looked into; NULL: none */
    uint64_t deadline_us;
    json_t *parts;
    struct mail_words words;
    unsigned n_parts, n_members, n_addresses;
    size_t n_others;
    struct sealed {
        GMimePart *part;
        json_t *told;              /* borrowed of `parts` */
    } sealed[MAIL_READ_PARTS_MAX]; /* ZIPs, which wait until all texts are known */
    size_t n_sealed;
    const char *why; /* NULL: nothing is wrong so far */
    char place[MAIL_READ_PLACE_SIZE];
};

/* What is wrong with it; the first one counts. */
void reading_refuse(struct reading *r, const char *why, const char *place);
/* Into `key` of `out` all that the header names and its Resent- kin do. 0, -ENOMEM. */
MUST_CHECK int reading_put_addresses(struct reading *r, GMimeMessage *m, json_t *out, const char *key, const char *header, InternetAddressList *l);

/* The one way in which bytes become a message; `warn` is called with `user` for each thing that GMime makes the best of. `is_box`: a line of a mail box stands before it. Owner: the caller, by g_object_unref();
 * NULL: it is none. */
GMimeMessage *mail_mime_parse(struct str bytes, bool is_box, GMimeParserWarningFunc warn, void *user);
/* What it holds, decoded, behind what `out` has. 0, -EIO, -ENOMEM, -ENOSPC as `out`. */
MUST_CHECK int mail_mime_decode(GMimeDataWrapper *content, struct buf *out);
/* The object with its headers, as it came. As the other. */
MUST_CHECK int mail_mime_write(GMimeObject *o, struct buf *out);
/* `bytes`, a file that is a message: adds to `others` under what each part of it may be known, headers and what stands beside the parts too (mail-forms.h). What is no message, or lies deeper than MAIL_READ_LAYERS_MAX, adds nothing. 0, -EIO, -ENOMEM. */
MUST_CHECK int mail_within(struct str bytes, bool is_box, json_t *others);
/* What headers of an object carry. 0, -ENOMEM. */
MUST_CHECK int mail_headers_carry(GMimeObject *o, json_t *others);
