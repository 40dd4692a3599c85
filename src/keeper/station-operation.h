/* Media at stations by page (doc/design/information.md, G5): what is plugged in at which station, and what people ask a station's gate to do with it; rows of
 * operation.c's table. All of it lives in the keeper's memory alone: a keeper that starts anew knows of none, a gate says again what is there, and what
 * was done stands in the trail, which the gate's acts enter.
 *
 *   media-here   a media gate: this is there at my station, {label: {"medium", "name", "size", "free", "read_only"}},
 *                and for whom the station can seal boxes, {line of a public key: its name}
 *                ─> and, where somebody asked for something there, {"job": {"id", "do", "slot", "with", "login"}, "cookie"}: it is this gate's now, and the
 *                cookie is a session of who asked, lent to a media gate (session_lend()) until it tells the end, or he drops what was lost
 *   media-ask    a person: do ("export", "import", "wipe") that at the station with what is plugged in there ─> {"id"}; entered as system/media-ask
 *   media-tell   the gate that has it: what it came to, step by step; the last time with "end": an exit status of the command
 *   media-jobs   a person: {"stations": [{"station", "name", "slots", "receivers", "is_here"}], "jobs": [{"id", "do", "station", "slot", "state", "with", "events", "end", "holds_typed"}]}, his own;
 *                with "job" that one alone, and no stations. what he typed as a password is never in "with", "holds_typed" says whether it is still here. state: "waiting", "taken", "ended", "lost" (no gate came, or it said nothing any more)
 *   media-drop   a person: his own, that no gate has, or is over; a password told in it is forgotten with it
 *
 * Limits   STATIONS_MAX stations, JOBS_MAX jobs, JOBS_EACH of one person, JOB_EVENTS_MAX events of at most JOB_EVENT_BYTES.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

#define STATIONS_MAX 64u
#define SLOTS_BYTES 65536u
#define JOBS_MAX 256u
#define JOBS_EACH 4u
#define JOB_BYTES 32768u
#define JOB_EVENTS_MAX 2000u
#define JOB_EVENT_BYTES 16384u
#define STATION_AWAY_US (15 * US_PER_SECOND) /* said nothing for so long: it is not there */
#define JOB_WAITS_US (120 * US_PER_SECOND)   /* for a gate */
#define JOB_SILENT_US (900 * US_PER_SECOND)  /* between two words of the gate that has it */
#define JOB_KEPT_US (3600 * US_PER_SECOND)   /* once it is over */
#define JOB_SECRET_US (300 * US_PER_SECOND)  /* a password that the gate told; one that was typed is forgotten when a gate has it, or none came */

/* What people send for a station, beside fields of registers: named by no act, and gone within a day. */
#define STATION_FILE_REG "*media-trail"
#define STATION_FILE_FIELD "station"
#define STATION_FILE_MAX (512u << 20)

struct stations;
struct stations *stations_new(void); /* NULL: no memory */
void stations_free(struct stations *s);
/* What became of the act, or of the batch, by which something was asked or taken: memory follows the store. Accepts NULL. */
enum stations_step {
    STATIONS_KEPT,      /* the act is part of its batch */
    STATIONS_UNDONE,    /* the act at hand is none any more */
    STATIONS_COMMITTED, /* all of the batch stands: only now a gate may take what was asked in it */
    STATIONS_ROLLED_BACK /* nothing of it does */
};
void stations_settle(struct stations *s, enum stations_step step);

/* What is over, and passwords whose time is: once a second. Accepts NULL. */
void stations_sweep(struct stations *s, uint64_t now_us);

operation_fn op_media_here; /* "forbidden": no media gate asks; "full" */
operation_fn
    op_media_ask; /* "none": no such station is there, or nothing of that label; "invalid", "busy" */
operation_fn op_media_tell; /* "forbidden", "none": it has no such job */
operation_fn op_media_jobs; /* "none" */
operation_fn op_media_drop; /* "none"; "over": a gate is at work on it */
