/* What couriers of the keeper have in common, processes of their own that ask it to begin and tell it how something ended
 * (doc/design/daily-use.md, M3): when they end, how they wait, how they ask.
 * Owner    the process; courier_life_done() closes.
 * Threads  one. */
#pragma once

#include "keeper/keeper.h"

struct courier_life {
    int signal_fd;   /* private */
    int starter_fd;  /* ends when it closes; -1: nobody's */
    bool is_ending;  /* the starter has gone, or SIGTERM came */
};

/* SIGTERM is noticed from now on, and no other signal. */
MUST_CHECK int courier_life_open(struct courier_life *l, int starter_fd);
void courier_life_done(struct courier_life *l);
/* Wait so long, or until it is to end. */
void courier_look(struct courier_life *l, int timeout_ms);
/* The store or the keeper may be away for a while: then there is nothing to do but to wait. */
bool courier_is_away(int r);
/* `message` is taken. 0: it said yes; *ret_answer (may be NULL) is yours. 1: it said no. -EPIPE, -ETIMEDOUT: unknown; other negative: not done. */
MUST_CHECK int courier_ask(struct keeper_link *link, json_t *message, json_t **ret_answer);
/* Until the keeper has it, or we are to end; told twice it is refused the second time, and no harm is done. `message` is taken.
 * 0, -ENOMEM. */
MUST_CHECK int courier_report(struct courier_life *l, struct keeper_link *link, json_t *message);
