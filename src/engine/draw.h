/* Draws: of the records for which something is due on a day, one in n is looked at. Nobody can choose which: the draw falls by the root of
 * the ledger at the end of a day, which nobody knows before that day is over, and everybody can reckon afterwards from the ledger alone.
 *
 *   SHA256(root || record): its first eight bytes, big-endian, times n, below 2^64: the draw falls on the record.
 *
 * Each draw is an entry, also where it falls on nothing, so that none can be left out unseen. Its `in` holds
 * "draw": {"shard", "size", "root", "one_in", "drawn"}: `root` is that of the first `size` entries of the shard, which are those entered
 * before `due`, a local midnight. One in 0 falls on nothing (stories alone play that).
 * Threads  as the engine.
 * Source   doc/design/information.md X3. */
#pragma once

#include "base/message.h"
#include "engine/inside.h"
#include "ledger/leaf.h"

struct draw {
    int64_t shard;
    uint64_t size;
    struct digest root;
    uint32_t one_in;
    bool is_drawn;
};

bool draw_falls(const struct digest *root, const char *record, uint32_t one_in);
/* One in how many the obligation's draw falls on now: as the installation's stories say, else its number or parameter; 1 where that is unset or
 * out of range. */
MUST_CHECK int draw_one_in(struct stage *sc, const struct obligation *o, uint32_t *ret);
/* The draw for a record by the end of the day before `due_us`. -EAGAIN: entries of that day are not yet committed. -EIO: a tile is damaged. */
MUST_CHECK int draw_make(struct store *s, uint64_t due_us, const char *record, uint32_t one_in, struct draw *ret);
/* "draw": … in the entry's `in`. */
MUST_CHECK int draw_put(const struct draw *d, json_t *in);

enum { DRAW_E_DAMAGED = 1 };
/* What an entry says of its draw against the ledger that holds it: the end of the day, the root, whether it fell. Entries without a draw are
 * right. DRAW_E_DAMAGED: it is not so; *ret_why says in what. */
MUST_CHECK int draw_check(struct store *s, const struct leaf *leaf, enum message_key *ret_why);
