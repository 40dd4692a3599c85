/* Inside of patterns: the tree that pattern.c makes, pattern-test.c and pattern-eval.c walk. */
#pragma once

#define PCRE2_CODE_UNIT_WIDTH 8
#include "intel/pattern.h"
#include "intel/stix-time.h"

#include <pcre2.h>

enum pattern_kind {
    PATTERN_TEST,        /* path, operator, literals */
    PATTERN_BOTH,        /* AND within one observation */
    PATTERN_EITHER,      /* OR within one observation */
    PATTERN_OBSERVATION, /* "[...]" around its one child */
    PATTERN_AND,
    PATTERN_OR,
    PATTERN_FOLLOWED,
    PATTERN_WITHIN,      /* the three qualifiers, around their one child */
    PATTERN_REPEATS,
    PATTERN_BETWEEN,
};

enum pattern_operator { OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_IN, OP_LIKE, OP_MATCHES, OP_SUBSET, OP_SUPERSET, OP_EXISTS };

enum literal_kind { LITERAL_TEXT, LITERAL_INTEGER, LITERAL_FLOAT, LITERAL_BOOLEAN, LITERAL_TIME, LITERAL_HEX, LITERAL_BINARY };

struct pattern_literal {
    enum literal_kind kind;
    struct str text;       /* a text: resolved, of LIKE and MATCHES in NFC; others: their one form, without quotes */
    struct str bytes;      /* hexadecimal and base64: what they stand for; a text of U+0000 to U+00FF: these as bytes */
    bool has_bytes;
    double number;
    bool is_true;
    struct stix_time time;
};

enum step_kind { STEP_KEY, STEP_INDEX, STEP_ANY };

struct pattern_step {
    enum step_kind kind;
    struct str key;
    uint32_t index;
};

struct pattern_node {
    enum pattern_kind kind;
    struct pattern_node *first, *next; /* children; siblings */
    unsigned leaf;                     /* PATTERN_OBSERVATION: its number from 0 */
    bool shares_type;                  /* operand of PATTERN_BOTH: one before it is about the same type of object */
    bool by_type;                      /* PATTERN_BOTH about several types, with no OR in it that is: each type has one object for all that is said of it */
    bool by_choice;                    /* PATTERN_BOTH with an OR in it that is about several types: what it has of a type hangs on what is chosen there */
    bool has_one_type;                 /* within one observation: all tests are about `type` */
    /* qualifiers */
    uint64_t times;
    struct str seconds, start, stop;   /* as printed */
    int64_t within_us, start_us, stop_us;
    /* tests; the type also of those joined */
    struct str type;
    struct pattern_step *steps;
    unsigned n_steps;
    enum pattern_operator op;
    bool is_negated;
    struct pattern_literal *literals;
    unsigned n_literals;
    bool is_set;
    pcre2_code *regex, *regex_bytes;   /* of MATCHES: over UTF-8; over bytes, NULL when it holds more than U+00FF */
    struct pattern_node *next_regex;   /* the list of those to free */
};

struct pattern {
    struct arena *arena;
    struct pattern_node *root, *regexes;
    unsigned n_nodes, n_leaves;
    size_t regex_size; /* of all regular expressions, compiled */
};

/* pattern-token.c: what a plain key is made of. */
bool pattern_is_letter(char c); /* or the underscore */
bool pattern_is_digit(char c);
bool pattern_is_keyword(struct str word);

/* pattern-print.c: appends the path. */
void pattern_print_path(const struct pattern_node *n, struct buf *out);

/* pattern-test.c: does the test hold for the object? */
struct pattern_steps {
    uint64_t left;
    bool is_bad_data;
    int error; /* -ENOMEM */
    bool is_maybe; /* of the last test: a limit was reached before it held */
};
bool pattern_test(const struct pattern_node *test, const struct pattern_observation *o, const struct scan_value *object,
                  struct pattern_steps *steps);
