/* What the keeper's loop has at hand, for the files that it consists of: keeper.c (batches and the loop), conn.c (connections), opening.c (start and end).
 * Owner    keeper_run().
 * Threads  the loop's; what works beside it (keeper/aside.h) holds a connection and nothing else of this. */
#pragma once

#include "keeper/aside.h"
#include "keeper/door.h"
#include "keeper/frame.h"
#include "keeper/keeper.h"
#include "keeper/lives-duty.h"
#include "keeper/operation.h"
#include "keeper/station-key.h"
#include "keeper/station-operation.h"

#include <sys/types.h>

#define SAID_MAX 512

struct conn {
    struct frame_conn frame;
    uid_t uid;       /* of the peer */
    unsigned may;    /* what that user may be: bits 1 << enum keeper_role */
    int role;        /* as it has greeted; 0 (the operator): it has not */
    bool is_worker;  /* has said hello as one */
    bool is_courier, is_examiner, is_fetcher; /* likewise */
    unsigned measured; /* likewise as a gate: one of enum measurer */
    char nonce[STATION_NONCE_HEX];        /* drawn when a media gate greeted; "" none */
    char station_key[STATION_PUBLIC_HEX]; /* whose proof held; "" none did */
    bool is_starter;
    bool is_aside; /* its message is with threads beside the loop */
    json_t *message; /* in work, or NULL */
    const struct operation *op;
    json_t *answer;
    uint64_t stalled_us; /* monotonic: since when half a message, or an unread answer, lies here; 0: none does */
};

/* A checkpoint file's shard and size. */
struct published {
    int64_t shard;
    uint64_t size;
};

struct keeper {
    const struct keeper_config *config;
    struct store *store;
    struct engine *engine;
    struct log *log;
    struct clock_setting clock;
    struct aside *hashing, *filing, *stocking, *keyring, *judging;
    struct door door;
    struct stations *stations;
    int lock_fd, db_lock_fd, listen_fd, signal_fd;
    struct conn *conns[KEEPER_CONNS_MAX];
    size_t n_conns;
    bool is_ending;
    size_t turn;         /* connection at which the next batch begins */
    bool has_timers;     /* the last tick left some */
    bool has_rows;       /* rows of the search are missing */
    bool is_full_of_files; /* no descriptor was left for a new connection: wait a tick */
    bool has_files;      /* files that nobody named are to be dropped */
    struct lives_duty lives; /* ends of indicators that are to be written anew */
    bool is_stocking;    /* runs of threat intelligence are to be merged or swept */
    bool is_tidying;     /* pieces of files that are gone are to be dropped */
    uint64_t swept_us;   /* real clock: when what is over was last dropped */
    int32_t swept_day;   /* of the installation: what those held who have left was last dropped */
    uint64_t mailed_us;  /* monotonic: when mail was last looked after */
    uint64_t gathered_minute; /* of the installation's time: digests are looked at once in each */
    struct published published;
    struct diag *diag;
    char said[SAID_MAX]; /* the last trouble that was told, not to repeat it every second */
    uint64_t said_us;
};

/* ---- connections (conn.c) ---- */

/* A new one of whoever has that descriptor, which is closed where it fails. NULL: there are KEEPER_CONNS_MAX, or no memory is left. */
struct conn *conn_add(struct keeper *k, int fd, uid_t uid, bool is_starter);
void conn_free(struct conn *c);
/* It takes and gives nothing more; the next conns_sweep() frees it. */
void conn_drop(struct conn *c);
/* Frees those that were dropped, but for those that a thread holds. */
void conns_sweep(struct keeper *k);
/* A message that stays half sent, or an answer that stays unread, holds memory: its owner has a while, then he is dropped. */
void conn_watch(struct conn *c, uint64_t now_us);
/* A whole message lies there, and nothing of it is in work. */
bool conn_is_ready(const struct conn *c);
/* Ends the message in work. The answer is taken; NULL: an internal error is told. */
void conn_answer(struct conn *c, json_t *answer);
/* Takes one message off a connection, when it has none in work: greetings are answered at once, what is malformed ends it (A8), and what threads beside the loop do
 * first is given to them. */
void conn_take(struct keeper *k, struct conn *c);

/* ---- start and end (opening.c) ---- */

/* 0, or as keeper_run(). What was opened before it failed is closed by keeper_close(). */
MUST_CHECK int keeper_open(struct keeper *k);
void keeper_close(struct keeper *k);
