/* Operations on what is fetched from other TAXII servers (doc/design/intelligence.md, TX8). The keeper says what is due and to whom what comes belongs; the
 * fetcher (outward/fetcher.h), which has neither store nor vault, asks the other server, has its answers parsed in a cage and sends segments.
 *
 *     idle ──poll-next──> begun ──poll-segment: nothing new──> …                                  poll-end ──> idle, with the next time
 *                               └─poll-segment: something ──> poll-propose ──> poll-segment … ──> poll-end: opened, and how far it came, as one
 *
 *   poll-next     {}                                {"ok"}, or with "channel", "tries", "url", "user", "plain", "tlp", "last", "goes_on"
 *   poll-segment  {"channel", "tries", "n", "data"} beside the loop (keeper/stocking.h): {"ok", "known": objects}; {"ok", "idle": true}: all of it is known, and
 *                                                   no import is needed; {"ok", "wants": true}: it is new: propose, and send it again;
 *                                                   with "held": objects that were left out, as they carry bytes that a record of 3 holds, which is entered as
 *                                                   system/poll-segment, refused
 *   poll-propose  {"channel", "tries"}              the act, by whoever answers for the channel: {"ok"}; "forbidden", with "outcome"
 *   poll-tell     {"channel", "tries"}              {"ok"}: it goes on
 *   poll-end      {"channel", "tries", "trouble", "status", "wait", "words", "last", "more", "left_out"}    {"ok"}; "waits": ask again
 *   poll-now      {"channel"}                       a person's who sees the channel: it is due; "not-yet": the other server wants to be left alone
 * "over" everywhere: somebody else has it, or the register says so no more.
 * What came whole is opened also where something broke behind it, in the transaction that keeps how far it came: nothing is missed or opened twice, whoever
 * dies. What nobody ended within POLL_LEASE_US is dropped and begun anew from there.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

#define POLL_LEASE_US (900 * US_PER_SECOND)    /* behind the last word of who fetches */
#define POLL_FAILED_FIRST_S 15u                /* behind a poll that went wrong; twice as long each time … */
#define POLL_FAILED_LAST_S 3600u               /* … and at most */
#define POLL_HELD_MAX_S 86400u                 /* of what a server asks us to wait */

operation_fn op_poll_next, op_poll_held, op_poll_propose, op_poll_tell, op_poll_end; /* fetcher */
operation_fn op_poll_now;

/* By any reading handle: a poll that was begun for the nth time. *ret_run 0: it has no import. 1: it is over. */
MUST_CHECK int poll_find(struct store *s, const char *channel, int64_t tries, int64_t *ret_run, char ret_collection[96]);
