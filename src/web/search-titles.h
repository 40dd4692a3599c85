/* Above the records that were found: what else goes by the words, in the directives in force. Officers look for 様式第12号 and 持出し申請
 * as they look for a record.
 *
 *     registers    by title and form, with the steps by which the person may begin a record there
 *     steps        by title, and by what they ask to choose of: those that begin a record, as far as the person may do them
 *     clauses      by place and title, and by their id with any mark between its parts: P-3-2-5-1 is P-3-2-5.1
 *
 * Words are folded as those of records are (base/fold.h), and all must be found. Where no register and no step has them so, and
 * nothing else was found either, they are looked for without their hiragana, in all by which a register is known: 持ち出し申請 is 持出 and 申請.
 * Owner    nothing outlives the call but the titles, folded, which the worker keeps.
 * Limits   TITLES_MAX of each kind are shown.
 * Threads  as struct page. */
#pragma once

#include "web/page.h"

#define TITLES_MAX 8u

void title_folds_free(struct title_folds *f); /* a worker's; accepts NULL */
/* `typed` as it was typed; `widely`: also without hiragana. *ret_any: something was shown. */
MUST_CHECK int search_titles_show(struct page *p, struct str typed, bool widely, bool *ret_any);
