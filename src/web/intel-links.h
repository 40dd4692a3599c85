/* Links of an object: what shares values with it and is proposed, and what people confirmed or rejected (doc/design/intelligence.md, CO4).
 *
 *     r = intel_links_of(i, id, &links);   …   intel_links_done(&links);
 *
 * Lists of what is known come off the site's shelf. Where they cannot be read nothing is proposed, and the page says why.
 * Owner    the caller; texts live in the page's arena.
 * Threads  as struct page. */
#pragma once

#include "engine/intel-links.h"
#include "intel/correlate.h"
#include "web/intel-show.h"

#define INTEL_PROPOSED_MAX 20u /* that a page proposes, the strongest first */

/* What is left out of account for the person: known_free(). *ret_is_cut: there are more exclusions than are read. 1: the lists cannot be read, as *ret_why says. */
MUST_CHECK int intel_known(struct page *p, struct known **ret, bool *ret_is_cut, struct str *ret_why);

struct intel_links {
    struct known *known;
    bool is_cut; /* there are more exclusions than are read */
    struct correlation *found;    /* NULL: lists cannot be read, and `why` says why */
    struct str why;
    struct engine_links said;
};
/* 1: no such object in sight. */
MUST_CHECK int intel_links_of(struct intel *i, struct str id, struct intel_links *ret);
void intel_links_done(struct intel_links *l);

/* The one that is related and neither confirmed nor rejected, from `*at` on; NULL: no more. */
const struct correlate_related *intel_links_proposed(const struct intel_links *l, size_t *at);
/* "Same value"; of a fuzzy hash with how near. */
struct str intel_way_words(struct page *p, const struct correlate_reason *reason);
/* "same: IPv4 address 192.0.2.1 (2)" */
struct str intel_reason_words(struct page *p, const struct correlate_reason *reason);

/* Both tables of the object's page, with what can be done at each. */
MUST_CHECK int intel_links_show(struct intel *i, const struct intel_object *o, const struct intel_links *l);
