/* The media gate, as its commands share it (G1, G2 of doc/design/information.md): somebody signs in over the keeper's gate, what was measured is
 * asked for as an act, and bytes move only when it is allowed.
 *
 *   the pack has   media-trail (steps output and input, which answer a ticket, written, not-written, taken-in, not-taken, refuse: medium, computer, grant, item, file_name, size,
 *                  file_digest, attributes, held_class, held_limits, held_outside, runs, scanner, definitions_on, cipher, written_size, why_not, direction, refused, refused_detail), media-checks (step check: medium, station, result, definitions_on, found),
 *                  media-grants (medium, computer, applicant, granted_from, granted_until), media (serial; vendor, product, capacity, tag, retag and
 *                  step tag, where media carry tags), media-findings (step watch: kind other-medium, device, medium, differs); of these a step is given what it asks
 *
 *   out   asked, entered, a ticket ─> noted (DATA/media-gate) ─> written under a hidden name, flushed, read back ─> the ticket is used for what was
 *         read back ─> named ─> entered as written ─> note struck; whatever breaks before it has its name is entered as not written
 *   in    hidden, flushed and read back ─> asked, entered, a ticket ─> noted ─> the ticket is used for what was read back ─> named ─> entered as
 *         taken in ─> note struck; likewise entered as not taken in
 *
 * So no byte is on a medium before it is allowed, and there is neither file nor line, or both; what an interruption left is looked at, told and
 * entered by the next run of the same person (gate_look_back); one that nobody comes back to falls due in the pack.
 * Owner    the caller of gate_open(). Threads  one. */
#pragma once

#include "cmd/home.h"

#include "engine/engine.h"
#include "engine/ticket.h"
#include "guard/medium.h"
#include "guard/outgoing.h"
#include "keeper/station-key.h"

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

/* Registers by what they hold (HOLDS_MARK of regulation/model.h); steps are parts (reg_part). */
#define GATE_TRAIL "*media-trail"
#define GATE_CHECKS "*media-checks"
#define GATE_GRANTS "*media-grants"
#define GATE_MEDIA "*media"
#define GATE_FINDINGS "*media-findings"

/* Options that the gate's commands begin with: all of them; those that move files, the second. */
#define GATE_WHO_OPTIONS                              \
    HOME_OPTIONS, {"--as", "LOGIN", MSG_OPTION_MEDIA_GATE_AS},      \
    {                                                 \
        "--sign-in", "FILE", MSG_OPTION_MEDIA_GATE_SIGN_IN \
    }
#define GATE_OPTIONS                                                                          \
    GATE_WHO_OPTIONS,                                                                         \
        {"--medium", "NAME", MSG_OPTION_MEDIA_GATE_MEDIUM},            \
    {                                                                                         \
        "--at", "NAME", MSG_OPTION_MEDIA_GATE_AT                      \
    }
enum { GATE_AS = HOME_N, GATE_SIGN_IN, GATE_WHO_N, GATE_MEDIUM = GATE_WHO_N, GATE_AT, GATE_N };

#define GATE_ID_SIZE 64
#define GATE_NAME_SIZE 256

/* Who is told beside what is printed what an export or import came to, event by event (cmd/media-move.h):
 *   {"event": "file", "name", "result": "clean" | "infected" | "not-examinable", "why"}   examined
 *   {"event": "held", "name", "say"}                       held as by some record, in the operator's language; also what could not be compared
 *   {"event": "runs", "name", "say"}                       something of it runs when it is opened, likewise
 *   {"event": "attributes", "name", "result": "removed" | "kept" | "refused", "why": of clean.h, "removed": n}   what was taken out of what is to leave
 *   {"event": "check", "record", "result"}                 the medium's check was entered
 *   {"event": "kept", "record", "name"}                    in quarantine
 *   {"event": "written", "record", "name", "size", "sha256", "inside"}, {"event": "taken-in", "record", "name", "size", "sha256", "dir"}
 *   {"event": "refused", "outcome": the keeper's}, {"event": "refusal", "record", "name", "why"}   the second: it stands in the trail (cmd/media-refusal.h) */
struct gate_ear {
    void (*hear)(void *user, const json_t *event);
    void *user;
};

struct gate {
    struct gate_ear ear; /* hear NULL: nobody */
    struct home home;
    struct keeper_link *link;
    struct store *store;
    struct engine *engine;
    char *cookie;
    struct buf person;
    char medium[GATE_ID_SIZE], computer[GATE_ID_SIZE];
    struct station_key key;     /* of that computer, where there is one; the link borrows it */
    dev_t device;               /* that gate_medium() looked at */
    struct medium_device tells; /* likewise */
    uint8_t tag[MEDIUM_TAG_SIZE]; /* by which it was known there */
    bool has_tag;
    char item[GATE_ID_SIZE], grant[GATE_ID_SIZE]; /* of what is under way; "": not known, none */
    struct buf unmet; /* what the last act that was refused lacked, as clauses and words; empty: it was not refused by the pack */
    bool is_name_unmet;  /* the file's name is no value that its trail takes */
};

/* Signs in. 0, or an exit status after words; gate_close() in any case. */
MUST_CHECK int gate_enter(const struct arguments *args, struct gate *ret);
/* The same for a person who works on the console, where nothing is measured: as the pages do, and starting a keeper where there is none. */
MUST_CHECK int gate_enter_person(const struct arguments *args, struct gate *ret);
/* The same, and finds medium and computer. */
MUST_CHECK int gate_open(const struct arguments *args, struct gate *ret);
/* The same for whom the keeper lent a session (keeper/station-operation.h). */
MUST_CHECK int gate_open_lent(const struct home *home, const char *cookie, const char *medium, const char *computer, struct gate_ear ear, struct gate *ret);
void gate_close(struct gate *g); /* signs out */
/* `event` is taken; NULL, for want of memory: it is told to nobody, which loses nothing that is entered. */
void gate_tell(struct gate *g, json_t *event);

/* The record of the register that field `field` of the trail names, by number or name, as far as the person sees it. 0, or an exit status. */
MUST_CHECK int gate_find(struct gate *g, const char *reg, const char *field, const char *typed, char ret_id[GATE_ID_SIZE]);
/* What was typed is this computer, and the gate shows its key (media enrol) from now on, where it has one: the file that TSUJIBAN_STATION_KEY names, else
 * DATA/stations/NUMBER.key. Without one the keeper refuses what it asks a station for. 0, or an exit status after words. */
MUST_CHECK int gate_at(struct gate *g, const char *typed);
/* Show the key of that computer, by its number, where there is one: what is asked next is asked from there. Likewise. */
MUST_CHECK int gate_show_key(struct gate *g, const char *computer);
/* Where the key of a computer lies, as above. 0 or EXIT_FAILED. */
MUST_CHECK int gate_key_path(const struct gate *g, const char *computer, struct buf *ret);
/* Of the records of the register that the person sees, in that state (LIST_UNFINISHED; "": any), the first whose field holds that value, but that one (an id;
 * "": all count). "" none, also where the directive has no such register or field. 0, or EXIT_FAILED after words. */
struct gate_row {
    char id[GATE_ID_SIZE], name[GATE_NAME_SIZE]; /* name: the id where it has none */
};
MUST_CHECK int gate_by_value(struct gate *g, const char *reg, const char *state, const char *field, const char *value, const char *but, struct gate_row *ret);
/* Of the person's grants for this medium: the one in force, else the next one, else the last; "" none. 0, or an exit status. */
MUST_CHECK int gate_grant(struct gate *g, char ret_id[GATE_ID_SIZE]);
/* What is refused from now on is refused of this item and under this grant, as far as they are known ("": not). */
void gate_is_for(struct gate *g, const char *item, const char *grant);

/* ---- which medium (cmd/media-tag.c) ---- */

/* What the medium under `dir` tells is what the register holds: serial number, vendor, product, capacity, tag. Where it tells neither a number nor a known
 * tag, that is said. 0; EXIT_FORBIDDEN after words, a finding entered: another medium, or a copy; EXIT_FAILED. */
MUST_CHECK int gate_medium(struct gate *g, const char *dir);
/* It was used: a new tag on the medium and its digest in the register, where the directive gives this medium one. One that can only be read keeps its
 * own. 0, or an exit status after words: the medium is still known by the tag before. */
MUST_CHECK int gate_renew(struct gate *g, const char *dir);
/* The digest that the register holds of a medium's tag; "": none, or one that is to be made anew. */
void gate_tag_of(struct gate *g, const char *medium, char ret[MEDIUM_TAG_HEX]);

/* Of the media of the register, but that one (an id; "": all count), the name of the one that has this digest as its tag; "" none, also where the
 * directive knows of no tags. 0, or EXIT_FAILED after words. */
MUST_CHECK int gate_tagged(struct gate *g, const char *digest, const char *but, char ret_name[GATE_NAME_SIZE]);

/* `with` has what was measured, by field; what the step does not ask is left out. */
/* Would it be allowed? Nothing is entered. true: ask in earnest when the bytes are ready. */
MUST_CHECK int gate_would(struct gate *g, const char *reg, const char *step, const json_t *with, bool *ret);
MUST_CHECK int gate_would_on(struct gate *g, const char *reg, const char *step, const char *record, const json_t *with, bool *ret);
/* An act on a record, as gate_act(). */
MUST_CHECK int gate_act_on(struct gate *g, const char *reg, const char *step, const char *record, const json_t *with);
/* The act. EXIT_DONE with the record's number; EXIT_FORBIDDEN, EXIT_NOT_YET, EXIT_FAILED after the refusal was printed. */
MUST_CHECK int gate_act(struct gate *g, const char *reg, const char *step, const json_t *with, char ret_id[GATE_ID_SIZE]);

/* The two ways, and the steps of the trail that begin, end and break off each. */
enum gate_way { GATE_OUT, GATE_IN };

/* An output or input that is under way. */
struct gate_leaving {
    enum gate_way way;
    char record[GATE_ID_SIZE];
    char ticket[TICKET_SIZE];
    char note[PATH_MAX];
    const char *item;   /* borrowed, as `made` */
    const json_t *made; /* {form of engine/holding.h: {SHA-256: size}}: what the item is held as from the instant it is written */
};
/* The act `output` or `input`, and a note that it is under way to `dir`. As gate_act(). */
MUST_CHECK int gate_begin(struct gate *g, enum gate_way way, const json_t *with, const json_t *made, const char *dir, struct gate_leaving *ret);
/* `o` is settled, `dir` lies on the medium: what was read back goes against the ticket by `channel`, gets its name and is entered. Where it does not get its name,
 * nothing lies there. EXIT_DONE, EXIT_FORBIDDEN (the ticket is not for that, which is entered), EXIT_FAILED; each after words. */
MUST_CHECK int gate_leave(struct gate *g, const json_t *with, const char *channel, const char *dir, struct outgoing *o, const struct gate_leaving *l);
/* Nothing was written, and why, in the catalogue's words. As gate_act(). */
MUST_CHECK int gate_broken(struct gate *g, const struct gate_leaving *l, enum message_key why);
/* Writing `o` failed by `r`: what lies hidden on the medium is taken away before it is entered that nothing was written; where it cannot be, the next
 * run looks at the medium first. */
void gate_give_up(struct gate *g, const struct gate_leaving *l, const char *name, struct outgoing *o, int r);

/* What became of notes that an interruption left: told, and struck once it was seen. That nothing was written is entered only where the same medium
 * answers that it has no such file (cmd/media-place.h); anything else is told and asked again. */
void gate_look_back(struct gate *g);

/* The catalogue's words in the operator's language, with a line's end. */
void gate_say(FILE *out, enum message_key key, const struct message_arg *args, size_t n);
