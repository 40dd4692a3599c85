/* What the engines of one process share: each adopted text of a directive, parsed and compiled once, and the force.
 *
 *   shared ── texts, by hash: a hash names one text for ever       ── in use by slots of engines; the last one's leaving frees it
 *          └─ force, of the generation that was read last          ── counted: engines keep theirs until they refresh
 *
 * Owner    the caller of engine_shared_new(); engines over it are closed before it is freed. An engine opened alone has its own.
 * Threads  any; one lock, held while a text or the force is read, so that the others wait for it and need not read it again.
 *          What is handed out never changes, and nothing keeps a cache in it:
 *          - a pack's arena grows while the readers of regulation/ run and never after; it holds no JSON values (whose counts would
 *            change); a scenario file that is read against a pack only looks it up, and domain.c alters copies of procedures;
 *          - a program is written by program_new() alone: deciding works on a stack of bits, over truths in the asker's arena;
 *          - a force's tables and orders are made by force_build(); a plan builds a force of its own;
 *          - of each only the counts of holders move, a pack's and a force's atomically, a text's under the lock;
 *          - regulation/, force/ and engine/ have no variables of their own. */
#pragma once

#include "engine/engine.h"

struct program;

struct text {
    char hash[2 * SHA256_SIZE + 1];
    struct pack *pack;
    struct program **programs; /* one for each procedure of the pack, by its index */
    size_t n_slots;            /* that use it; under the lock */
    struct text *next;
};

/* The text of that hash, from memory or the store; text_leave(). -EBADMSG: it cannot be read (see diag); -ENOENT: there is none. */
MUST_CHECK int shared_text(struct engine_shared *s, struct store *store, const char *hash,
                           struct text **ret, struct diag *diag);
/* That pack stands for the text of that hash from now on: for trying a changed one. Before any engine is opened over `s`. */
MUST_CHECK int shared_text_put(struct engine_shared *s, const char *hash, struct pack *pack);
void shared_text_leave(struct engine_shared *s, struct text *text); /* accepts NULL */
/* The force at that generation or, when it has moved on meanwhile, a later one; force_unref(). */
MUST_CHECK int shared_force(struct engine_shared *s, struct store *store, int64_t generation,
                            struct force **ret, struct diag *diag);
/* The force that was read may have been undone. */
void shared_forget(struct engine_shared *s);
