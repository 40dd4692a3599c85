/* The acceptance tests of a pack, scenarios/NAME.yaml, read into tables; whoever runs them does so on top of this.
 * Owner    one set holds all scenarios of a pack and everything in them; scenario_set_free() gives all back.
 * Checked  steps, fields, states, clauses, registers, locks and what notices are about against the pack; that each $NAME was
 *          made by an earlier act of the scenario or of those it comes after; that `after` names a scenario and never comes round. With
 *          `beside`, an act is one of the directive that has its register, its obligation, its lock or its clauses.
 * Limits   SCENARIOS_MAX files of YAML_MAX_BYTES each.
 * Threads  never changes after loading.
 * Source   doc/man/regulation-language.md section 10. */
#pragma once

#include "base/arena.h"
#include "regulation/model.h"

#define SCENARIOS_MAX 500u
#define SCENARIO_BESIDE_MAX 8u /* other directives of one set */

enum scene_kind {
    SCENE_CLOCK,     /* {at: …} alone */
    SCENE_DO,        /* as, reg, act, on, with, name, answer */
    SCENE_READ,      /* as, on, with (purpose, case), count, answer */
    SCENE_TRANSFER,  /* person, post, unit, from_day */
    SCENE_EXPECT_RECORD,    /* on, state, fields, label, keep_until */
    SCENE_EXPECT_NOTICE,    /* to, about, on_day */
    SCENE_EXPECT_NO_NOTICE, /* the same */
    SCENE_EXPECT_RECORDS,   /* reg, where, in, count, name */
    SCENE_EXPECT_LOCKED,    /* lock, of */
    SCENE_EXPECT_UNLOCKED,  /* the same */
    SCENE_DRAWS             /* draws_fall */
};
enum scene_answer {
    SCENE_ALLOWED, SCENE_FORBIDDEN, SCENE_NOT_YET, SCENE_INVALID,
    SCENE_UNKNOWN /* not there, or out of the person's sight: he cannot tell which */
};

struct scene_words {
    const char **at;
    size_t n;
};

struct scene {
    enum scene_kind kind;
    bool has_at;
    uint64_t at_us;       /* the clock goes to this instant first */
    const char *as;       /* person id; "" none */
    const char *reg, *act; /* of `do: REG/ACT` and `register:`; "" none */
    const char *on;       /* "$NAME" or "$NAME.FIELD"; "" none */
    json_t *with;         /* DO: object of strings, lists, objects as written, never NULL */
    const char *reason;   /* DO: of a correction; "" none */
    const char *paper;    /* DO: when it was done on paper; "" now */
    unsigned measured;    /* DO: one of enum measurer, by which it is done; 0: by hand */
    const char *name;     /* under which later acts find the record made or counted; "" none */
    enum scene_answer answer;
    struct scene_words expected; /* FORBIDDEN, NOT_YET: clause ids; INVALID: field ids */
    struct scene_words clauses;  /* clauses that the act shows besides */
    int64_t step;         /* of the acceptance story; 0 none */
    const char *person, *post, *unit; /* TRANSFER; "" none */
    int32_t from_day;                 /* TRANSFER */
    int32_t on_day;       /* EXPECT_(NO_)NOTICE: local day */
    const char *state;    /* EXPECT_RECORD; "" any */
    json_t *fields;       /* EXPECT_RECORD: object, may be empty, never NULL */
    const char *label;    /* EXPECT_RECORD: "C2I1A1"; "" any */
    bool has_keep_until;
    int32_t keep_until_day;
    const char *to, *about; /* notices: person id; obligation id or "REGISTER/STEP" */
    const char *says;       /* notices: a part of the Japanese text; "" any */
    json_t *where;        /* EXPECT_RECORDS: object, may be empty, never NULL */
    struct scene_words in;
    int64_t count;
    const char *lock, *of; /* EXPECT_(UN)LOCKED */
    bool draws_fall;       /* DRAWS: from here on each draw falls on its record; else on none, as at first */
    struct place at;
};
struct scenario {
    const char *id;
    struct text2 title;
    const struct scenario *after; /* or NULL */
    const char *force;            /* folder below the pack's */
    const struct pack **beside;   /* other directives in force, which its acts may name; the set's */
    size_t n_beside;
    bool is_shown; /* a demonstration begins with it */
    struct scene *scenes;
    size_t n_scenes;
    struct place at;
};
struct scenario_set {
    struct scenario *scenarios; /* in the order of their file names */
    size_t n_scenarios;
    struct { /* private: read once each */
        const char *folder;
        struct pack *pack;
    } beside[SCENARIO_BESIDE_MAX];
    size_t n_beside;
    struct arena *arena;  /* private */
    json_t *values;       /* private: holds the json_t of all scenes */
};

enum { SCENARIO_E_INVALID = 1 };
/* Read PACK_DIR/scenarios; without that folder the set is empty. `pack` is borrowed for the call.
 * SCENARIO_E_INVALID: every problem is in diag. -ENOMEM, -EIO. */
MUST_CHECK int scenario_set_load(const char *pack_dir, const struct pack *pack, struct scenario_set **ret, struct diag *diag);
void scenario_set_free(struct scenario_set *s); /* accepts NULL */
DEFINE_CLEANUP(struct scenario_set, scenario_set_free);
/* NULL when there is none. */
const struct scenario *scenario_find(const struct scenario_set *s, const char *id);
/* The one with which a demonstration begins; NULL. */
const struct scenario *scenario_shown(const struct scenario_set *s);
