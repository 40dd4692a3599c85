/* Mail as far as the engine goes: which messages are queued, and what of a notice one may say. doc/design/daily-use.md, M1 to M5.
 * Nothing is queued for, or said to, who has left the force (force_has_left).
 * Nothing is queued while no server is set (`mail.server` in meta) or for who gave no address.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

#define MAIL_ITEMS_MAX 50 /* notices listed in one digest; the page has them all */

#define MAIL_TIMEOUT_S 120 /* the longest time of one message, unless mail-set said otherwise */
#define MAIL_TIMEOUT_MAX_S 600
/* As set. The courier stops after it and the keeper waits twice as long (M4), so both ask here. */
unsigned engine_mail_timeout_s(const struct engine *e);

/* An urgent notice was written: queue it in the same transaction. */
MUST_CHECK int mail_queue_urgent(struct engine *e, const char *person, int64_t shard, int64_t seq,
                                 int64_t n, uint64_t now_us);
/* "test": says only that mail arrives. *ret_id is its number. 1: there is no server or no address. */
MUST_CHECK int mail_queue_test(struct engine *e, const char *person, uint64_t now_us,
                               int64_t *ret_id);
/* Gather the digests that are due, at most `max` persons; *ret_more when some are left. A person whose unread notices were
 * gathered is not due again before his next minute; one whose minutes were missed is due once. */
MUST_CHECK int engine_mail_digests(struct engine *e, uint64_t now_us, size_t max, bool *ret_more);

/* What a queued message may say now: [{"title":{ja,en},"record","t","urgent"}], or {} for a notice that may not leave by mail: the
 * label of its record forbids it, it is out of the receiver's sight by now, or it is about no record. What he has read in
 * between is left out: an empty list is a message with nothing to say. `body` as in outbox. */
MUST_CHECK int engine_mail_items(struct engine *e, const char *person, const json_t *body,
                                 uint64_t now_us, json_t **ret);
