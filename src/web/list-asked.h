/* Which rows of a register are asked for: `state`, `sort`, `field` and `key` of its page's address, and of the forms that print and
 * save what the page shows. `key` is as a person types it into the field: 令和8年4月10日 is found as well as 2026-04-10.
 * Owner    lives in the page's arena.
 * Threads  as struct page. */
#pragma once

#include "web/page.h"

struct list_asked {
    const struct reg *reg;
    struct list_query query;   /* page numbers are the caller's */
    const struct field *field; /* by which rows are chosen once something is typed; NULL: none */
    struct str typed;
    struct str
        wrong; /* why nothing in the field can be that, and no row is listed; at == NULL: it can */
};

/* `get` is page_query or page_field. 1: something asked for is not of this register; that is then as if not asked for. */
MUST_CHECK int list_asked_read(struct page *p, const struct reg *reg,
                               const char *(*get)(struct page *p, struct str name),
                               struct list_asked *ret);
/* The same of a form that was sent, for what leaves as a file or on paper. 1: something asked for does not fit; that is answered. */
MUST_CHECK int list_asked_sent(struct page *p, const struct reg *reg, struct list_asked *ret);
/* Can rows be chosen by it? What is to the microsecond is typed by nobody. */
bool list_can_choose(const struct field *f);
/* The same rows of a form as of the page it stands on. */
void list_asked_hidden(struct page *p, const struct list_asked *a);
/* By what the rows are fewer than all, in words: 絞り込み：処理中　端末＝CP-2026-0001; at NULL: by nothing. */
struct str list_asked_words(struct page *p, const struct list_asked *a);
/* The address of a page of them: by its number, or `side` "behind" or "before" a place, and called by that number. */
struct str list_asked_url(struct page *p, const struct list_asked *a, unsigned number);
struct str list_asked_url_at(struct page *p, const struct list_asked *a, unsigned number, const char *side, const char *place);
