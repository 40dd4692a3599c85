/* Maps of the regulation language as tables: one row per keyword. The same rows read a file, name the nearest known keyword when
 * one is unknown, and print the JSON Schema for editors.
 *
 *     static const struct key step_keys[] = { {"do", KEY_ID, offsetof(struct raw, act), KEY_REQUIRED, …}, … };
 *     shape_read(src, node, &step_shape, &raw);   // fills raw's members, reports everything that is wrong
 *
 * What a row cannot say (references, conflicts between keys) the construct's own file checks afterwards.
 * Owner    all values are borrowed from the tree or from src->arena.
 * Errors   problems of the text go to src->diag and are counted; src->fatal is sticky and looked at by the caller at the end.
 * Threads  one at a time per source. */
#pragma once

#include "base/tell.h"
#include "regulation/yaml.h"

#define ID_MAX 64u

/* What every reading function needs. */
struct source {
    struct arena *arena;
    struct diag *diag;
    size_t n_problems;
    int fatal;          /* 0 or -ENOMEM */
    bool is_canonical;  /* a tree from the store: ordered maps are lists of one-member maps */
};

/* ---- values as read; absent ones are all zero ---- */
struct word {
    const char *text; /* NULL: absent */
    struct place at;
};
struct words {
    struct word *at;
    size_t n;
    const struct node *node; /* NULL: absent */
};
enum yes { YES_ABSENT, YES_NO, YES_YES };
struct number_value {
    bool is_set;
    int64_t value;
};
struct day_value {
    bool is_set;
    int32_t value;
};
struct duration_value {
    bool is_set;
    struct duration value;
};

enum key_type {
    KEY_WORD,     /* struct word: any text that is not empty */
    KEY_ID,       /* struct word: [a-z][a-z0-9_-]* */
    KEY_TEXT,     /* struct text2: {ja: …, en: …}; both NULL when absent */
    KEY_YES,      /* enum yes */
    KEY_NUMBER,   /* struct number_value, from 0 to 10^9 */
    KEY_DAY,      /* struct day_value */
    KEY_DURATION, /* struct duration_value */
    KEY_IDS,      /* struct words: list of ids */
    KEY_WORDS,    /* struct words: list of texts */
    KEY_CHOICE,   /* unsigned: 1 + index in `choices`; 0 absent */
    KEY_NODE,     /* const struct node *: of any kind */
    KEY_MAP,      /* const struct node *: a map of `sub` */
    KEY_LIST,     /* const struct node *: a list of `sub` */
    KEY_NAMED,    /* const struct node *: a map from ids to `sub`; without `sub` to texts; see named_first() */
};
enum { KEY_REQUIRED = 1 };

struct shape;
struct key {
    const char *name;
    enum key_type type;
    size_t offset;
    unsigned flags;
    const char *help;                /* one sentence for editors */
    const char *const *choices;      /* CHOICE: ends with NULL */
    const struct shape *sub;         /* MAP, LIST, NAMED: what is inside; NULL: anything */
};
struct shape {
    enum message_key word; /* "step": for messages */
    const struct key *keys;
    size_t n_keys;
};
#define SHAPE(word, keys) {MSG_SHAPE_##word, keys, ARRAY_LEN(keys)}

/* One error at a place, told in both languages: problem(src, at, MSG_PACK_KEY, {"given", str_of(word)}, did_you_mean(…)). */
void problem_args(struct source *src, struct place at, enum message_key key, const struct message_arg *args, size_t n);
#define problem(src, at, key, ...) problem_args((src), (at), (key), MESSAGE_ARGS(__VA_ARGS__))
/* As the argument {what} of a message: a word of the catalogue; the key of a map, or "this" where it has none. */
struct message_arg what_word(enum message_key word);
struct message_arg what_key(const char *key);
/* NULL when out of memory (src->fatal is set then). n may be 0. */
void *source_alloc(struct source *src, size_t n, size_t size);
char *source_printf(struct source *src, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* `raw` must be zeroed. False when anything was wrong; what could be read is filled in all the same. */
bool shape_read(struct source *src, const struct node *map, const struct shape *shape, void *raw);
/* Its English word, by which schemas for editors refer to it. */
const char *shape_name(const struct shape *shape);
const struct key *shape_key(const struct shape *shape, const char *name);
/* `node` is of `kind`, or a problem is reported that says what is needed (`what`: what_word(), what_key()). */
bool node_is(struct source *src, const struct node *node, enum node_kind kind, struct message_arg what);

/* Single values; false after reporting. */
bool read_word(struct source *src, const struct node *n, struct word *ret);
bool read_id(struct source *src, const struct node *n, struct word *ret);
bool read_text(struct source *src, const struct node *n, struct text2 *ret);
bool read_words(struct source *src, const struct node *n, bool are_ids, struct words *ret);
bool read_duration(struct source *src, const struct node *n, struct duration *ret);
/* *ret: 1 + index in `choices`, which end with NULL. */
bool read_choice(struct source *src, const struct node *n, const char *const *choices, unsigned *ret);
bool id_is_valid(const char *id);

/* The words' texts as an array; NULL when out of memory or n is 0. */
const char **words_texts(struct source *src, const struct words *w);
/* Report words that stand twice. */
void words_unique(struct source *src, const struct words *w, enum message_key what);

/* Members of a map whose keys are names, in the writer's order: named_first(), named_next(). The map is marked so that its
 * order is kept in the canonical form. `key` and `key_at` of each are set. */
const struct node *named_first(struct source *src, const struct node *map);
const struct node *named_next(const struct source *src, const struct node *member);
/* Member names are ids; reports those which are not. */
void named_check_ids(struct source *src, const struct node *map);

/* The nearest of n candidates, or NULL when none is near. */
const char *nearest(const char *word, const char *const *candidates, size_t n);
/* As the argument {mean} at the end of a message about an unknown name: `; did you mean "x"?` or `otherwise`. */
struct message_arg did_you_mean(struct source *src, const char *word, const char *const *candidates, size_t n, enum message_key otherwise);
