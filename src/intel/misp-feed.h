/* A feed of MISP: a folder with manifest.json (what events there are), hashes.csv (the MD5 of each value, with its event, for quick look-ups) and one file an
 * event, UUID.json. It is written beside the folder and takes its place as a whole; who reads the old one meanwhile reads all of the old one.
 * A folder that stands there already is replaced only when it is a feed: it has a manifest.json, and nothing but files *.json and hashes.csv.
 * Owner    the caller of misp_feed_new(); misp_feed_free() takes away what was not finished.
 * Limits   MISP_FEED_MAX bytes of manifest and of hashes; an event as misp-read.h reads it.
 * Threads  one at a time. Sentence MI1 of doc/design/intelligence.md. */
#pragma once

#include "base/diag.h"
#include "intel/misp-read.h"

#define MISP_FEED_MAX ((size_t)1 << 30)

enum { MISP_FEED_E_OTHER = 1 /* what stands there is no feed */, MISP_FEED_E_EVENT /* it is no event */ };

struct misp_feed;
/* 0; MISP_FEED_E_OTHER, -errno: diag says it. */
MUST_CHECK int misp_feed_new(const char *path, struct misp_feed **ret, struct diag *diag);
void misp_feed_free(struct misp_feed *f); /* accepts NULL */
DEFINE_CLEANUP(struct misp_feed, misp_feed_free);
/* {"Event": …}. 0; MISP_FEED_E_EVENT: it is none, or its uuid came before; -ENOMEM, -ENOSPC, -errno. */
MUST_CHECK int misp_feed_add(struct misp_feed *f, struct str event, struct diag *diag);
/* The folder stands; the old one is gone with misp_feed_free(). 0, MISP_FEED_E_OTHER, -ENOMEM, -ENOSPC, -errno. */
MUST_CHECK int misp_feed_end(struct misp_feed *f, struct diag *diag);
