/* What the pages of threat intelligence share: the stock by the person's own sight, objects as people name them, words for types and properties.
 * Everything that he sees may stand on a page; what he does not see is as if it were not there (ST7 of doc/design/intelligence.md).
 *
 *     r = intel_enter(p, &i);   if (r) return MIN_OF(r, 0);   …   intel_leave(&i);
 *
 * Owner    the caller of intel_enter(); texts live in the page's arena.
 * Threads  as struct page. */
#pragma once

#include "intel/json-scan.h"
#include "intel/stock-find.h"
#include "web/page.h"

#define INTEL_TITLE_MAX 80u /* characters of what an object is called by */

struct intel {
    struct page *page;
    const struct reg *reg;        /* of the text in force that holds collections */
    struct stock *stock;          /* the worker's */
    struct sight *sight;
    struct list_rows collections; /* in sight, by number; the first 200 */
    struct scanner *scanner;      /* of the object looked at last */
};
/* 1: no text in force holds collections, and that is answered. Negative: -errno. intel_leave() after 0 only. */
MUST_CHECK int intel_enter(struct page *p, struct intel *i);
void intel_leave(struct intel *i);
/* The worker's stock, as it is now; opened when it is first asked for. Answers of stock.h. */
MUST_CHECK int intel_stock(struct worker *w, struct stock **ret);
/* An answer of the stock that no caller can do anything about, as an error. */
int intel_failed(int r);

/* An object as a row shows it. */
struct intel_object {
    struct stock_ref ref;
    struct str id, type, version, title;
    enum tlp tlp;
    const struct list_row *collection; /* that brought it in; NULL: it is not told */
    bool is_revoked;
};
/* Of what the stock just gave, with its bytes. *ret_root (may be NULL) lives until the next call for `i` or for its stock; NULL there: it cannot be read. */
MUST_CHECK int intel_take(struct intel *i, const struct stock_object *o, struct intel_object *ret, const struct scan_value **ret_root);

/* Of one that nobody has opened: of no collection yet. */
MUST_CHECK int intel_take_staged(struct intel *i, const struct stock_object *o, struct intel_object *ret);

/* The newest version of that id. 1: there is none in sight. */
MUST_CHECK int intel_latest(struct intel *i, struct str id, struct intel_object *ret, const struct scan_value **ret_root);

struct str intel_type_words(struct page *p, struct str type);         /* of a STIX type: as it stands where we have no word */
struct str intel_property_words(struct page *p, struct str property); /* likewise */
struct str intel_relation_words(struct page *p, struct str relation); /* likewise */
struct str intel_clue_words(struct page *p, enum clue_type type);
/* "2026-04-10T09:00:00.12" or the same with Z, in the page's own way; what is no instant as it stands. */
struct str intel_instant_words(struct page *p, struct str instant);

struct str intel_object_url(struct page *p, struct str id, const char *tail);
struct str intel_clue_text(struct page *p, const struct clue *v); /* for people */
struct str intel_find_url(struct page *p, const char *address, const struct clue *v);

void intel_tlp_chip(struct page *p, enum tlp tlp);
/* Type, name, version, mark, collection. */
void intel_table_begin(struct page *p, struct table *t, struct str caption);
void intel_row(struct page *p, struct table *t, const struct intel_object *o);
/* The box that finds a value or an id. */
void intel_find_form(struct page *p, struct str typed);

/* ---- finding by words, and lists (page-intel-text.c) ---- */

#define INTEL_TEXTS_SHOWN 20u /* hits of a page */

struct intel_text_hit {
    struct intel_object object;
    struct str before, hit, after;
};
/* One page of hits. */
struct intel_texts {
    struct str typed, kind;   /* kind: a STIX type; empty: any */
    unsigned number;          /* of the page, from 1 */
    int refused;              /* FOLD_WORDS_…: nothing was looked for */
    struct stock_found found;
    struct intel_text_hit hits[INTEL_TEXTS_SHOWN];
    size_t n;
};
/* Of what is typed into the page at hand: `kind` and `page` of its query are taken. */
MUST_CHECK int intel_texts_find(struct intel *i, struct str typed, struct intel_texts *ret);
void intel_texts_show(struct intel *i, const struct intel_texts *t);
/* In the search for records: how many objects have the words, and the way to them; nothing where there are none, or no text in force holds collections. */
MUST_CHECK int intel_texts_offer(struct page *p, struct str typed);
/* The types in sight with their numbers, as ways to their lists. */
MUST_CHECK int intel_types_show(struct intel *i);
/* The nth type that has a word; STR_NONE behind the last. */
struct str intel_type_at(size_t n);
/* How many refer to it and name it as their maker, as ways to their lists. */
MUST_CHECK int intel_referring_show(struct intel *i, struct str id);
