/* What the files of this room share: the engine's members, and the stage in which one act is judged and done.
 *
 *   stage ── the record at hand, every record it leads to (loaded once, changed in memory, saved once)
 *         ── who acts, by which standing; what time it is; which month is judged
 *
 * Owner    a stage lives for one act or one view: stage_done().
 * Threads  as the engine: one. */
#pragma once

#include "base/arena.h"
#include "engine/clock.h"
#include "engine/engine.h"
#include "engine/record.h"
#include "engine/roles.h"
#include "engine/tally.h"
#include "label/release.h"
#include "ledger/log.h"

#include <errno.h>

#define ENGINE_PACKS_MAX 64
#define STAGE_ARENA_MAX ((size_t)64 << 20)
#define STAGE_RECORDS_MAX 4096 /* records that one act may touch or look at */

struct program;
struct secret_facts;
struct text;

/* One adopted text of a directive. */
struct pack_slot {
    struct text *text; /* shared.h */
    const struct pack *pack; /* the text's */
    char hash[2 * SHA256_SIZE + 1];
    int32_t from_day, to_day;
    int64_t adopted_us;
};

/* A timer that could not be fired. */
#define ENGINE_SKIPPED_MAX 200
struct skipped_timer {
    char record[128], obligation[128], part[80];
    uint64_t retry_us; /* by the installation's clock */
};

/* Rows that are passed over between a page by its number and the nearer end */
#define LIST_DEPTH_MAX 100000u
/* On what draws fall (draw.h): only stories say otherwise than the ledger's root. */
enum draws { DRAWS_BY_ROOT, DRAWS_NOTHING, DRAWS_ALL };

struct engine {
    struct store *store;
    struct engine_shared *shared, *own_shared; /* own: NULL when it was given one */
    struct force *force;
    struct clock_setting clock;
    struct pack_slot packs[ENGINE_PACKS_MAX]; /* adopted, by id and first day */
    size_t n_packs;
    json_t *settings;   /* meta: {key: value} */
    struct audience_table *audiences;
    struct tallies *tallies;
    struct strips *strips;
    size_t list_depth;  /* LIST_DEPTH_MAX; less in stories that have few records */
    bool is_shut;       /* the store was restored, and is not opened (restored.h) */
    enum release_channel asked_by; /* engine_ask_by() */
    const char *asked_from; /* engine_ask_from(); NULL or "": no device is known */
    int64_t generation; /* of packs and force, as last read */
    bool expiry_armed;  /* timers of the packs' own dates are set */
    bool succession_armed; /* and those of new texts */
    enum draws draws;
    struct skipped_timer skipped[ENGINE_SKIPPED_MAX];
    size_t n_skipped;
    uint8_t search_key[16]; /* find.h; valid when search_has_key */
    bool search_has_key, search_keyless; /* the vault was asked, and had one or none */
};

/* A store's positive answer where we can mean nothing by it, as an error. */
static inline int store_failed(int r)
{
    switch (r) {
    case STORE_E_EXISTS:
        return -EEXIST;
    case STORE_E_NONE:
        return -ENOENT;
    case STORE_E_BUSY:
        return -EBUSY;
    case STORE_E_FULL:
        return -ENOSPC;
    case STORE_E_LOST:
        return -ENOTCONN;
    default:
        return r > 0 ? -EIO : r;
    }
}

struct stage {
    struct engine *e;
    struct arena *arena;
    uint64_t now_us;             /* by which everything is judged: for a timer, when it was due */
    uint64_t entry_us;           /* timers and paper: when they are entered; 0: now_us */
    bool is_paper;               /* it was done on paper at now_us */
    unsigned measured;           /* one of enum measurer, by which it is asked; 0: by a person */
    const struct station *station; /* where; NULL: none is known */
    int32_t today;
    int32_t month;               /* the one being judged */
    int32_t judged;              /* a day of the period that is, whichever it is */
    const struct person *actor;  /* NULL: a timer */
    const char *actor_id;        /* who takes over: an administrator need not be in the force; NULL: the actor's own */
    struct standing standing;    /* by which the actor acts; authority STANDING_NONE before it is known */
    const struct procedure *procedure;
    const struct unit *actor_unit; /* replay: what `actor.unit` was; NULL: by the standing */
    const char *act_name;        /* "take-outs/permit" */
    const json_t *row;           /* of the group or list that is walked; NULL: none. Borrowed */
    struct record *hand;         /* the record at hand; id "" while it is new and not numbered; NULL: none */
    struct secret_facts *secret; /* that the act sets (secret.h); NULL: none. In the arena */
    json_t *digests;             /* {keyed: in clear} of what was typed in this act (digest.h); NULL: none */
    struct sight *shown_to;      /* the actor's, once something was to be shown to him (digest.h) */
    struct sight *told_to;       /* what is judged is only told beforehand, to who may see so much (sight.c); NULL: as it stands. Yours: stage_done() */
    bool met_unseen;             /* the leaf that is judged came to a record out of that sight */
    bool speaks_against;         /* it speaks against the act where it is true */
    struct sight *keyed_by;      /* paper: the actor's as he stands when it is entered, once that was asked (paper.h) */
    struct record **records;     /* every record loaded or made, `hand` among them */
    size_t n_records, max_records;
};

MUST_CHECK int stage_open(struct stage *sc, struct engine *e, const char *person, uint64_t now_us);
void stage_done(struct stage *sc);
/* The record by id, from memory or the store. 1: there is none. */
MUST_CHECK int stage_record(struct stage *sc, const char *id, struct record **ret);
/* From now on the stage tells the actor beforehand what would stand in the way: what rests on records out of his sight is not judged. */
MUST_CHECK int stage_tell(struct stage *sc);
/* The stage tells beforehand, and the record is out of the actor's sight. What is judged then rests on it. */
bool stage_is_unseen(struct stage *sc, const struct record *r);
/* The same of a record by its row: 1 it is. Nothing is noted. */
MUST_CHECK int stage_row_is_unseen(struct stage *sc, const char *id);
/* A fresh one without number, remembered by the stage. */
MUST_CHECK int stage_new_record(struct stage *sc, const struct reg *reg, struct record **ret);

/* What release_decide() says of the record for that channel, by its audience's label and its directive's cap. (release.c) */
MUST_CHECK int release_record(struct stage *sc, const struct sight *sight, enum release_channel channel, const struct record *r,
                              enum release_answer *ret);
/* What the directive caps the channel at; 0: it says nothing. */
int release_pack_cap(const struct pack *p, enum release_channel channel);
/* By that channel under that text, in this store: cap and whether it is shut; label, reader and receiver are the caller's to fill in. */
struct release_question release_ask(const struct engine *e, const struct pack *p, enum release_channel channel);
/* A record of the register may be more confidential than its text lets a page show: such a page is asked for, record by record. */
bool release_page_is_capped(const struct reg *r);
/* Truth of a COND_LEAVES: each record that it names may leave by that way out to whom it names, else to who acts, judged by the label of all
 * of them together; or what a gate measured, by the class of all of its rows. 1, 0 (also where no record is named) or negative. (release.c) */
MUST_CHECK int release_leaves(struct stage *sc, const struct cond *c);
/* The slot that holds the text; NULL. */
const struct pack_slot *engine_slot(const struct engine *e, const struct pack *pack);
/* The register in the text in force on that day; NULL. */
const struct reg *engine_reg_on(const struct engine *e, const char *reg, int32_t day);
/* Of two texts of one directive: in force from a later day, or taken up later for the same day. */
bool slot_is_later(const struct pack_slot *a, const struct pack_slot *b);
const struct program *engine_program(const struct engine *e, const struct procedure *p);
/* The procedure's "pack/role". Lives in the arena; NULL when out of memory. */
char *role_key(struct arena *a, const struct reg *reg, const struct role *role);

/* {"ja": …, "en": …}; NULL when out of memory. */
json_t *text2_json(struct text2 t);
json_t *words_json(const char *const *words, size_t n);
bool word_in(const char *word, const char *const *words, size_t n);
