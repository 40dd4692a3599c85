/* The engine: what one installation runs by, decisions and their effects on the store.
 * Every change is an act: gather facts, decide() purely, apply effects and append the leaf inside the caller's transaction.
 * Whether a person may see something is decided here too, so that pages never ask the store for records themselves.
 *
 * Owner    the caller of engine_open(); one engine per store handle.
 * Threads  one thread per engine; HTTP workers have an engine each over a STORE_READ handle, the keeper one over STORE_WRITE.
 * Answers  views and outcomes are JSON values in the shapes below, so that pages, API, command line and the keeper's messages all
 *          use the same ones. Texts for users inside them are {"ja": …, "en": …}.
 * Time     `now_us` is the installation's time (engine/clock.h); it never goes back. */
#pragma once

#include "base/diag.h"
#include "base/fold-words.h"
#include "base/json.h"
#include "force/force.h"
#include "label/release.h"
#include "regulation/facts.h"
#include "store/store.h"

struct engine;
struct log;
struct station;

/* Reads packs in force, the force and settings from the store. */
MUST_CHECK int engine_open(struct store *store, struct engine **ret, struct diag *diag);
/* The same over what the engines of this process share, so that each text is parsed and compiled once; all over one database. */
struct engine_shared;
MUST_CHECK int engine_shared_new(struct engine_shared **ret);
void engine_shared_free(struct engine_shared *s); /* accepts NULL; after its engines */
DEFINE_CLEANUP(struct engine_shared, engine_shared_free);
MUST_CHECK int engine_open_shared(struct store *store, struct engine_shared *shared, struct engine **ret, struct diag *diag);
void engine_close(struct engine *e); /* accepts NULL */
DEFINE_CLEANUP(struct engine, engine_close);
/* Re-read packs and force when their generation in `meta` changed; cheap otherwise. Call once per request or batch. */
MUST_CHECK int engine_refresh(struct engine *e, struct diag *diag);

/* What was read may have been undone: the next refresh reads everything again. */
void engine_forget(struct engine *e);

const struct force *engine_force(const struct engine *e);
struct store *engine_store(const struct engine *e);
/* The adopted pack of that register on that day (by the instant's text in force); NULL. Registers are unique over the packs. "*media": the one that holds
 * media (HOLDS_MARK), and so wherever C names a register: lists, acts, files. */
const struct reg *engine_reg(const struct engine *e, const char *reg);
/* The register that tells who holds what (`holders`): with `of` "" the first, else the one about that register. NULL: no text in force has one. */
const struct reg *engine_reg_of_holders(const struct engine *e, const char *of);
/* The register in the text of that hash (a view's "pack"), else in the one in force; NULL: no text has it. */
const struct reg *engine_reg_in(const struct engine *e, const char *reg, const char *pack);
/* Of the state in that register; "disposed" has one of its own. */
struct text2 state_title(const struct reg *reg, const char *state);
/* By an id's beginning: the register in which it lies, or would if it were there; NULL: in none. */
const struct reg *engine_reg_of_id(const struct engine *e, const char *id);
size_t engine_packs(const struct engine *e, const struct pack **ret, size_t max);
/* The adopted text of the same directive that would be in force on the first day of `text` without it; NULL: there is none. */
const struct pack *engine_pack_before(const struct engine *e, const struct pack *text);
const char *engine_setting(const struct engine *e, const char *key); /* meta value or "" */
/* The installation's time now (real clock, or the demonstration clock). */
uint64_t engine_now(const struct engine *e);

/* How whoever asks from now on is answered: RELEASE_PAGE, a person (as after engine_open), or RELEASE_API, a program that shows his token. A program is shown of
 * other records what that channel lets it read, reads no more where a step wants somebody who may read (`leaves: page`), and lowers no label of a record
 * that it may not read (O4 of doc/design/ways-out.md). */
void engine_ask_by(struct engine *e, enum release_channel channel);

/* ---- acts ---- */
struct act {
    const char *person;      /* who acts */
    const char *reg, *step;  /* "take-outs", "permit" */
    const char *record;      /* "" makes a new one */
    json_t *with;            /* inputs by field id: strings as typed (or arrays/objects for checklists, groups, lists); borrowed */
    int64_t seen_version;    /* version of the record that the person saw; 0: not said */
    const char *signs;       /* hex digest of what the person signed as shown; "" not said */
    const char *manifest;    /* hex digest of what would leave, as the person saw it (engine/manifest.h); "" he did not; NULL: not asked (a gate, a story) */
    const char *reason;      /* of a correction, as typed; NULL or "" none */
    const char *
        paper; /* the instant at which it was done on paper, as typed; NULL or "": it is done now */
    unsigned measured; /* one of enum measurer: what asks measured the values that nobody types; 0: a person asks */
    const json_t *secret_judged; /* of the secret that the step sets, as engine_secret_judge() (engine/secret.h) answered; NULL: none was typed */
    const char *secret; /* that judgement's alone: as it was typed; NULL */
    const struct station *station; /* at which it measured (engine/station.h), named in the entry; NULL: none is known */
    const char *ticket; /* of a step that closes one (engine/ticket.h); NULL or "" none */
    char *ret_ticket; /* TICKET_SIZE bytes for what a step with `ticket` answers; "" where it answers none. NULL: nobody will use it */
    bool tells_way; /* a refusal says what has to be done before */
    uint64_t now_us;
};

/* Outcome of an act:
 * {"result":"allowed","reg","record","version","state","step","shard","seq","t","made":[ids],
 *  "under":[{"id","clauses"}] where clauses are suspended that it does not fulfil, by these records}
 * {"result":"forbidden"|"not-yet","reg","record","step","shard","seq","t","clauses":[ids],
 *  "unmet":[{"rule","kind":"forbidden"|"not-yet","clauses":[ids],"say":{ja,en},"what":"cond kind"}],
 *  "before":[…]}                                  where asked for: what has to be done before, as ways_json() (engine/way.h) answers
 * {"result":"invalid","fields":[{"field","say":{ja,en}}]}            nothing is entered; "_reason" and "_paper" are no fields
 * {"result":"stale","version"}                                       the record is not what was seen; nothing is entered
 * {"result":"unseen","manifest"}                                     it has a manifest, and this is not the one that was seen; nothing is entered
 * {"result":"unknown"}                                               no such record, register or step
 * Who acts on a record out of his sight is refused and told one thing only: that the step is another role's, or the label's clauses.
 * In the caller's transaction (store_begin + store_savepoint). < 0: the caller rolls the savepoint back. */
MUST_CHECK int engine_act(struct engine *e, struct log *log, const struct act *act, json_t **ret_outcome);

/* Judge without doing: same shape, result "allowed" means it would be, and "manifest" is there where the act would have one; nothing is written. */
MUST_CHECK int engine_explain(struct engine *e, const struct act *act, json_t **ret_outcome);

/* A person opens a record, or a program that shows his token: RELEASE_PAGE, RELEASE_API. Enters "read" (register says `reads: recorded`) or the
 * refusal: {"result":"recorded"|"quiet"|"forbidden"|"unknown"|"too-high"|"shut"|"asks"|"invalid", …}. "shut": after a restore (restored.h). "too-high": above what
 * the channel carries, the page's or the program's, by the program's ceiling and the directive's cap; entered as refused, with the label's clauses. "unknown" is entered
 * for registers that enter readings, whether there is such a record or not, and for others not. "asks": the register asks why, and nothing that he
 * said of this record holds (engine/reading.h); a page asks him then, and nothing is entered; of a program it is a refusal with the clauses,
 * which is entered. "invalid": what he says is empty, or no line of text; nothing is entered. */
struct opening {
    const char *person, *record;
    enum release_channel channel;
    const char *purpose, *case_ref; /* as typed; purpose NULL: he says nothing; case NULL or "": there is none */
    bool only_says;                 /* nothing is shown yet: enters "read-for" in place of "read" */
    bool is_aside;                  /* the program looks into it for another act of his (names in a file that leaves): entered, and not asked for */
    uint64_t now_us;
};
MUST_CHECK int engine_read(struct engine *e, struct log *log, const struct opening *opening, json_t **ret_outcome);
/* Whether a page for that person has to ask the keeper for that: by the record's register, by what it holds, or by what it shows of others (engine/reading.h).
 * False of what is not there. */
MUST_CHECK int engine_reading_is_entered(struct engine *e, const char *person, const char *record, bool *ret);

/* May records leave to the person by that channel? `records` is {id: version as seen}; nothing is written. The first that may not is
 * named: {"result":"allowed"|"forbidden"|"shut"|"unknown"|"stale","record"}. "shut": after a restore (restored.h). "unknown": no such record, or out of his sight. */
MUST_CHECK int engine_release(struct engine *e, const char *person, enum release_channel channel, const json_t *records,
                              uint64_t now_us, json_t **ret_outcome);

/* The highest confidentiality of any record of a store and any object of threat intelligence, as this handle sees it (3 while an import comes in); 0: there are
 * none. Reads. */
MUST_CHECK int engine_held_most(struct store *s, int *ret);
/* May all that is held leave by that channel (release_channel_is_whole), with so many persons who stand behind it? Judged by the highest
 * confidentiality of any record, here or, `held`, in what is to be copied (0: no more is known of it), and the lowest cap of any directive.
 * *ret_held: that confidentiality; 0: there are no records. Reads. */
MUST_CHECK int engine_release_whole(struct engine *e, enum release_channel channel, unsigned persons, int held, int *ret_held,
                                    enum release_answer *ret);

/* The last day on which a copy that is made now may be kept: by the shortest `vault-copies` of the directives in force, by which certificates
 * of disposal name the day behind which no copy holds a key. DAY_NONE (engine/record.h): no directive says. */
int64_t engine_copies_until(const struct engine *e, uint64_t now_us);

/* May the key of a record's sealed values go to a process that works for the person, or for a program of his (RELEASE_PAGE, RELEASE_API)? Where
 * the channel lets him have it, and of anybody's record below confidentiality 3: steps are judged by records out of sight, too. *ret false also for
 * no record. Reads. */
MUST_CHECK int engine_key_release(struct engine *e, const char *person, const char *record, enum release_channel channel, uint64_t now_us, bool *ret);

/* Fire what is due up to `now_us`, each due instant in order, at most `max` timers; *ret_more when some are left. One that cannot be
 * fired (its record is damaged, its entry would be too large) is undone, named in `diag` (may be NULL) and passed over until
 * TIMER_RETRY_US later; its due instant stays. Negative: the store or the log failed, or too many failed; the caller undoes all. */
#define TIMER_RETRY_US (600 * US_PER_SECOND)
MUST_CHECK int engine_tick(struct engine *e, struct log *log, uint64_t now_us, size_t max, bool *ret_more,
                           struct diag *diag);
/* The same for a clock that is moved from *at_us to `to_us`: each is fired as at the instant at which it falls due, or *at_us where that is later, which goes
 * along with them; but for entries, what was to be seen between is what a tick at each of these instants would have left. */
MUST_CHECK int engine_tick_through(struct engine *e, struct log *log, uint64_t *at_us, uint64_t to_us, size_t max, bool *ret_more, struct diag *diag);
/* After an import of the force: judge the daily checks again; one that fails is passed over as above. */
MUST_CHECK int engine_force_changed(struct engine *e, struct log *log, uint64_t now_us, struct diag *diag);

/* ---- views (read only; only what `person` may see) ---- */
/* {"id","reg","state","state_title","version","unit","name","label","pack","opened","changed","keep_until","expired_rule","digest",
 *  "applies":[as engine/applies.h],
 *  "values":{field: value}, "personal":{field: value or {"erased":true}}, "parties":{role: person},
 *  "locks":[{"name","why","since","clauses"}],
 *  "history":[{"version","t","act","title","actor","post","from","to","shard","seq","paper": when it was done on paper,
 *              "under":[ids] of the records that lifted clauses for it}],
 *  "corrections":[{"version","reason","fields":[{"field","was"}]}]    oldest first; "was" is absent where nothing had been entered; "was" and
 *                                                           "reason" are {"hidden":true} as engine/fallen.h says, as are "purpose" and "case"
 *  "links":[{"reg","id","name","state_title","field"}],     records that name this one
 *  "named":[{"reg","id","name"}],                           and those that its fields, or what was corrected in them, name: what else stands
 *                                                           there is out of sight, or no record
 *  "due":[as in engine_today()],                           what is met by making a new record; "by":[{"unit","title"}] where the
 *                                                           role that makes it is his in another unit only
 *  "disposal":{"field","rows"},                            what would stay of records that one of its steps disposes of (engine/disposal.h)
 *  "readings":[{"t","person","purpose","case"}],            why it was opened last, where its register asks (engine/reading.h)
 *  "former"}                                                its number on paper, when it was taken over with one
 * "digest" is that of the record as it stands: hex, as its last entry in the ledger has it.
 * 1 and *ret NULL: no such record, or not in sight. */
MUST_CHECK int engine_view(struct engine *e, const char *person, const char *record, uint64_t now_us, json_t **ret);
/* Steps of a record (or of a new one when `record` is ""), but those that no person does (step_is_gates() of engine/offer.h):
 * [{"step","no","title","to","result","clauses","unmet":[…],"asks":[field ids],"initial":{field: value},"wanted":{field: [texts]},"signs":hex,
 *   "clauses_of_step":[ids],"before":[as of an outcome, where it is refused],"under":[as of an outcome]}] — for a new record
 * without inputs, conditions on fields not yet typed are left out of the judgement ("result":"open"). "wanted" is what a list must be the same as.
 * Of several steps of one name it is the nearest: "no" counts in its procedure. */
MUST_CHECK int engine_steps(struct engine *e, const char *person, const char *reg, const char *record, uint64_t now_us,
                            json_t **ret);
/* Those of the records {id: …} that the person sees, as a view's "named". */
MUST_CHECK int engine_named(struct engine *e, const char *person, const json_t *ids, uint64_t now_us, json_t **ret);
/* {"ja","en"} of a text whose places are filled from the record, as a notice's (engine/notice.h), for the person. */
MUST_CHECK int engine_filled(struct engine *e, const char *person, const char *record, struct text2 text, uint64_t now_us, json_t **ret);
/* Steps that begin a record about this one and that nothing known stands in the way of, for a person who may take them:
 * [{"reg","reg_title","step","title"}]; none for a record out of his sight. */
MUST_CHECK int engine_next(struct engine *e, const char *person, const char *record, uint64_t now_us, json_t **ret);
/* What the form of a step of the text in force that makes a record begins with when it is about `from`: {field: value}, with what both
 * registers call alike. 1: he sees no such record. */
MUST_CHECK int engine_next_values(struct engine *e, const char *person, const struct step *step, const char *from, uint64_t now_us,
                                  json_t **ret);
#define LIST_UNFINISHED "_open" /* no id of a state begins so */
#define LIST_OVER "_over"       /* kept long enough, and not disposed of */
struct list_query {
    const char *reg;
    const char *state;          /* "" all; LIST_UNFINISHED all but ends; LIST_OVER; an id */
    const char *field, *key;    /* indexed field filter; "" none */
    const char *sort;           /* "changed" or "opened": newest first; "id" */
    unsigned page, page_size;   /* page from 1; size up to 200 */
    /* A place, as list_rows tells it: the page is the rows right behind it, or right before it, and costs what the first one costs, however far
     * behind it lies; by its number alone rows before it are counted. NULL or "": by number; both: behind. `page` is then what the
     * page is called. */
    const char *behind, *before;
    const char *const *fields;  /* ids of those whose values are wanted; NULL: all that are not personal */
    size_t n_fields;
    bool
        has_named; /* `fields` and the rows' names tell of other records: how those are called is wanted, too */
};
struct list_row {
    const char *id, *state, *unit;
    const char *former;         /* its number on paper; "" */
    const char *name;           /* by which people know it; its id when it has none, and where it is sealed and of confidentiality 3 */
    const struct reg *reg;      /* in the text that it goes by */
    int64_t version, audience;
    uint64_t opened_us, changed_us;
    bool is_disposed;
    json_t *values;             /* {field: value}, and a sealed name where it is told */
};
struct list_named { /* a record that rows name and the person sees */
    const char *id, *name;
    const struct reg *reg;
};
struct list_rows {
    struct list_row *at;
    size_t n;
    struct list_named *named; /* by id */
    size_t n_named;
    uint64_t total;
    unsigned page, pages;       /* another page than was asked for by its number: too many rows stand before it and behind it, and this is the nearest that is counted up to */
    uint64_t number;            /* of its first row, from 1; behind a place as far as `page` tells: rows may have come or gone before it meanwhile */
    bool has_more;              /* rows stand behind these, or, on a page before a place, stood there */
    bool has_before;            /* rows stand before these, or, on a page behind a place, stood there */
    const char *first, *last;   /* places of its first and last row; "" of no row */
};
/* A place of a list of that order, from anybody: it names an instant and a number, and nothing is told of a record that has them. */
bool list_place_fits(const char *place, const char *sort);
struct arena;
/* One page of them; `before` a place where no whole page is left it is the first one. -EINVAL: a place that does not fit. Texts live in `a`; list_rows_done() lets go of the values. */
MUST_CHECK int engine_list_rows(struct engine *e, const char *person, const struct list_query *q, struct arena *a, struct list_rows *ret);
void list_rows_done(struct list_rows *rows);
/* Those of this page by name, and by number where it is the same: for the short lists that people choose from. */
void list_rows_by_name(struct list_rows *rows);
/* NULL: it is out of sight, or no record. */
const struct list_named *list_named_of(const struct list_rows *rows, const char *id);
/* How many there are; pages are not looked at. */
MUST_CHECK int engine_list_total(struct engine *e, const char *person, const struct list_query *q, uint64_t *ret);
/* {"rows":[{"id","former","name","version","state","state_title","disposed","unit","opened","changed","values":{}}],"total","page","pages",
 *  "before": the place of the first row where it is not the first page's, "behind": that of the last one where rows stand behind it; else ""} */
MUST_CHECK int engine_list(struct engine *e, const char *person, const struct list_query *q, json_t **ret);
/* The key of what `person` types for an indexed field of the register, taken as a step would take it (for one value of a list or a
 * checklist); nothing is added to `key` when nothing is typed. 1: no value of that field can be read from it, and *ret_say {"ja","en"},
 * yours now, says why. */
MUST_CHECK int engine_list_key(struct engine *e, const char *person, const struct reg *reg, const struct field *f, struct str typed,
                               struct buf *key, json_t **ret_say);
/* 本日の仕事, of what waits the oldest as far as there is room ("more": there is more than is shown):
 * {"more":bool, "waiting":[{"record","reg","name","step","title","since","unit","of_unit","result":"allowed"|"open","urgent","about"}],
 *  "due":[{"record","reg","name","obligation","title","due","overdue":bool,"do":"reg/step",
 *          "or": "reg/step" of another way out, "" none,
 *          "of_unit","urgent","about"}],
 *  "named":[{"reg","id","name"}],                           of what is named in "about", those that he sees
 * Steps of one record stand together; one that is refused already, whatever is filled in, is left out. What is "urgent" (an open
 * obligation of the record is told with urgency) stands first, and what is due by its day. "of_unit" is the record's unit, and
 * "about" {field: id} the records that it names.
 *  "over":[{"reg","title","n"}],                            kept long enough; told to whom a step that disposes of records is open
 *  "notices":[{"shard","seq","n","t","record","reg","about","title","do","since","times","urgent","read","done"}]}
 * A notice's "title" is filled for its reader (engine/notice.h), "own_title" from its record alone; "do" is the "reg/step" that an unread one asks of him, "" none;
 * "done": what it asked of anybody is done.
 * What a timer tells says when it was due first ("since", else ""), and how often ("times"): one that was due again before anybody could be
 * told takes the place of the one before. */
MUST_CHECK int engine_today(struct engine *e, const char *person, uint64_t now_us, json_t **ret);
/* What has been kept long enough and may be disposed of, by number, as far as the person may see it, at most `max`:
 * {"rows":[{"id","reg","name","state","keep_until"}],"more":bool}; "more": he may see others, too. */
MUST_CHECK int engine_over(struct engine *e, const char *person, unsigned max, uint64_t now_us, json_t **ret);
/* Search in what the person may see; newest change first. Words stand apart by spaces, and all must be found; each record is opened
 * and compared before it counts.
 * {"result":"found","preparing":bool,"words":[as typed],"rows":[…],"total","more":bool,"page","pages",
 *  "registers":[{"reg","title","n"}]}                      those up to the end of this page, at most SEARCH_COUNT_MAX;
 *                                                           "more" when there are, or at that limit may be, others
 *   row: {"id","reg","reg_title","state","state_title","name","unit","changed","recorded":bool,
 *         "excerpts":[{"title","parts":[{"text","hit":bool}]}]}
 *   "recorded": its register enters who reads. Then name and unit are "" and there is no excerpt, and the row may be shown only after
 *   the keeper has entered that it is (operation `search`).
 * {"result":"empty"} no word; {"result":"short","word"} no word of two characters or more; {"result":"long"} too many words, or too long.
 * "preparing": rows of the index are missing yet, and so may hits. */
struct search_query {
    const char *text;
    const char *reg;          /* "" all */
    unsigned page, page_size; /* page from 1; size up to SEARCH_PAGE_MAX */
    enum release_channel channel; /* RELEASE_PAGE, or RELEASE_API: what a program may not have is no hit of its searches */
};
#define SEARCH_COUNT_MAX 1000 /* none behind these is shown */
#define SEARCH_WORDS_MAX FOLD_WORDS_MAX
#define SEARCH_TEXT_MAX FOLD_WORDS_TEXT_MAX /* characters of all words together */
#define SEARCH_PAGE_MAX 200
MUST_CHECK int engine_search(struct engine *e, const char *person, const struct search_query *q, json_t **ret);
/* Whether the person, or a program of his, may be told that each of these records was found, and its register enters that: 0 yes, 1 no. */
MUST_CHECK int engine_search_shown(struct engine *e, const char *person, enum release_channel channel, const json_t *ids);
/* The keeper's part, in its transaction: make the key when there is none, and write at most `max` rows that are missing. */
MUST_CHECK int engine_search_tend(struct engine *e, size_t max, bool *ret_more);
/* The force is about to be replaced by `next`: when it calls anybody by another name, all rows are written again, by and by. */
MUST_CHECK int engine_search_renamed(struct engine *e, const struct force *next);
/* All that he was told, newest first: {"rows":[as notices above],"total","page","pages"}; `page` from 1. */
MUST_CHECK int engine_notices(struct engine *e, const char *person, unsigned page, unsigned page_size, uint64_t now_us,
                              json_t **ret);
/* Roles that the person holds: [{"role","title","unit","unit_name","authority":"own"|"acting"|"senketsu"|"daiketsu","post","for"}] */
MUST_CHECK int engine_roles(struct engine *e, const char *person, uint64_t now_us, json_t **ret);

/* The engine's evaluator: compiled per procedure, pure. (decide.c) */
decide_fn engine_decide;
