/* What the keeper can be asked: one row per operation. doc/design/acts.md, "Operations of the keeper".
 * Threads  the keeper's loop. */
#pragma once

#include "base/diag.h"
#include "base/json.h"
#include "engine/clock.h"
#include "engine/device.h"
#include "engine/engine.h"
#include "force/token.h"
#include "ledger/log.h"

/* Who may ask. */
enum operation_right {
    OPERATION_ANY,           /* no session */
    OPERATION_SESSION,       /* a signed-in person */
    OPERATION_CONSOLE,       /* a signed-in person, or the operator */
    OPERATION_ADMINISTRATOR, /* with that right, or the operator */
    OPERATION_OPERATOR,
    OPERATION_COURIER,       /* the courier, which may ask nothing else */
    OPERATION_EXAMINER,      /* likewise the examiner of files */
    OPERATION_FETCHER        /* and who fetches from other servers */
};

/* Which of them a program may ask by its token, and what that must allow. */
enum operation_by_token { BY_TOKEN_NEVER, BY_TOKEN_READ, BY_TOKEN_ACT };

struct door;
struct stations;

/* What an operation works with; everything borrowed for the call. */
struct operation_context {
    struct store *store;
    const char *db;       /* as for store_open(); NULL in tests: nothing is known of its disk */
    struct engine *engine;
    struct log *log;
    struct clock_setting *clock;
    uint64_t now_us;      /* installation's time of the batch */
    uint64_t real_us;     /* real clock */
    const char *person;   /* who asks; "operator" on the console; "" nobody */
    const char *login;    /* of the session; "" none */
    unsigned rights;      /* RIGHT_… of force/account.h */
    struct str cookie;    /* of the session */
    struct session session;
    struct token token;   /* of a program; token.id "": somebody asks by himself */
    unsigned measured;    /* the connection is a gate's: one of enum measurer; 0: no gate */
    const char *station_key; /* that the gate's connection proved (keeper/station-key.h); "" none */
    char device[DEVICE_ID_SIZE]; /* from which a page or program asks, by the certificate that it shows (keeper/device-operation.h); "" none is known */
    bool is_sender;       /* the mail gate asks for the person whose login a relay authenticated */
    bool is_undone;       /* set by the operation, never by one that fails: its answer counts, and nothing that it did */
    json_t *tried;        /* set with `is_undone`, owned by the loop: what was refused, to be entered behind the undoing as "system/leaving" */
    const struct door *door; /* NULL in tests: nobody is here */
    struct stations *stations; /* of media (keeper/station-operation.h); NULL: none is ever there */
    struct diag *diag;
};

/* Inside the batch's transaction and the act's savepoint.
 * 0: *ret_answer is the answer's members. Negative or a store's answer: the savepoint is rolled back. */
typedef int operation_fn(struct operation_context *c, const json_t *message, json_t **ret_answer);

struct operation {
    const char *name;
    enum operation_right right;
    operation_fn *run;
    const char *members; /* space separated: allowed members beside op, id, token, bearer, certificate; `*` marks required, `!` objects or arrays */
    enum operation_by_token by_token;
};

const struct operation *operation_find(const char *name);
/* The ith of the table; NULL behind its last row. */
const struct operation *operation_at(size_t i);
/* Does the message name the sender of a mail in whose name it is asked? Of `mail-set` that member is another one, the installation's own address. */
bool operation_has_sender(const struct operation *op, const json_t *message);
/* Unknown, missing or mistyped members. */
MUST_CHECK bool operation_message_ok(const struct operation *op, const json_t *message, struct diag *diag);

/* Packs, force or settings have changed: every engine reads them again. */
MUST_CHECK int operation_next_generation(struct operation_context *c);

/* {"ok": true} and the operation's members, which are taken; NULL: there was no memory for them. */
MUST_CHECK int answer_done(json_t *members, json_t **ret_answer);
/* The refusal of a record whose register asks why it is opened, with the clauses: "asks". */
MUST_CHECK int operation_asks(const json_t *outcome, json_t **ret_answer);
/* The refusal of a file whose record is in no state in which files are handed out, with the clauses: "held-back". */
MUST_CHECK int operation_held_back(const json_t *outcome, json_t **ret_answer);
/* The refusal of a record whose label is above what goes where the answer goes, with the clauses: "forbidden". */
MUST_CHECK int operation_too_high(const struct operation_context *c, const json_t *outcome, json_t **ret_answer);
/* The refusal of whatever leaves before two administrators have looked at a restored store: "shut". */
MUST_CHECK int operation_shut(json_t **ret_answer);
/* answer_error() as the operation's answer. */
MUST_CHECK int answer_refuse(json_t **ret_answer, const char *code, const char *ja, const char *en);
/* "invalid", with "problems": [{"file","line","col","heading","say"}] */
MUST_CHECK int answer_problems(const struct diag *d, const char *ja, const char *en, json_t **ret_answer);
/* {"ok": false, "error": code, "say": {ja, en}} */
json_t *answer_error(const char *code, const char *ja, const char *en);
/* The same: "busy", for what threads beside the loop could not take. */
json_t *answer_busy(void);
/* Records are about to leave by `way` ("print", "file", "export"), as bytes of that digest: whatever a pack counts of them is entered (engine/leaving.h).
 * 1: it is refused, which is answered; the batch's part is undone, and the refusal is entered in its place. */
MUST_CHECK int operation_leaves(struct operation_context *c, const char *way, const json_t *records, const char *digest, json_t **ret_answer);
/* Likewise what a mail gate was given a ticket for, by the record that was made. */
MUST_CHECK int operation_mail_leaves(struct operation_context *c, const char *record, const char *digest, json_t **ret_answer);
/* Where the answer goes: to the page of who asks, or to a program that shows his token. */
enum release_channel operation_channel(const struct operation_context *c);
/* A leaf "system/NAME" with result "recorded" or "refused"; `in` is borrowed and may be NULL. */
MUST_CHECK int operation_enter(struct operation_context *c, const char *name, const char *result, const json_t *in,
                               struct log_place *ret);
