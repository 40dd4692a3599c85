/* Patterns of STIX 2.1, section 9: read, printed in one form, evaluated over observed data.
 *
 *     [file:name = 'a.exe' AND file:size > 10] FOLLOWEDBY [url:value LIKE '%.example.jp/%'] WITHIN 300 SECONDS
 *
 * Two patterns that differ in space, comments, needless brackets, `==` for `=`, `<>` for `!=`, quotes around plain names and the spelling of numbers print alike.
 * Owner    the caller of pattern_parse(); the text is borrowed for the call only.
 * Limits   PATTERN_LEN_MAX bytes, brackets and qualifiers PATTERN_DEPTH_MAX deep, PATTERN_NODES_MAX nodes and literals, these of PATTERN_TEXT_MAX bytes;
 *          PATTERN_REGEX_MAX bytes of regular expressions, compiled.
 * Threads  a pattern never changes: any number may print and evaluate it.
 * Sentences PT1 to PT3 of doc/design/intelligence.md. */
#pragma once

#include "base/message.h"
#include "intel/json-scan.h"

#define PATTERN_DEPTH_MAX 64u
#define PATTERN_NODES_MAX 10000u
#define PATTERN_TEXT_MAX 65536u
#define PATTERN_LEN_MAX ((size_t)4 << 20)
#define PATTERN_REGEX_MAX ((size_t)16 << 20)
#define PATTERN_REPEATS_MAX 1000000000u

enum pattern_error {
    PATTERN_E_TOKEN = 1, /* a character that begins nothing */
    PATTERN_E_STRING,    /* a text without its closing quote, or with an escape other than \' and \\ */
    PATTERN_E_LITERAL,   /* no number, timestamp, hexadecimal or base64 */
    PATTERN_E_OBSERVATION, /* "[" or "(" has to stand here */
    PATTERN_E_COMPARISON,  /* an object path, "(" or EXISTS */
    PATTERN_E_PATH,
    PATTERN_E_OPERATOR,
    PATTERN_E_OPERAND,   /* the literal that the operator takes */
    PATTERN_E_MIXED,     /* a set of literals of several types */
    PATTERN_E_BRACKET,   /* the closing bracket */
    PATTERN_E_QUALIFIER, /* what belongs to WITHIN, REPEATS, START */
    PATTERN_E_TWICE,     /* WITHIN or START a second time for the same expression */
    PATTERN_E_REGEX,
    PATTERN_E_MORE,      /* something behind the pattern */
    PATTERN_E_LIMIT,
    PATTERN_E_UTF8,
};

struct pattern_fault {
    enum pattern_error error;
    size_t offset; /* bytes before it */
    size_t column; /* in characters, from 1 */
};
enum message_key pattern_error_text(enum pattern_error error);

struct pattern;
/* 0. enum pattern_error: *ret_fault says where. -ENOMEM. */
MUST_CHECK int pattern_parse(struct str text, struct pattern **ret, struct pattern_fault *ret_fault);
void pattern_free(struct pattern *p); /* accepts NULL */
DEFINE_CLEANUP(struct pattern, pattern_free);
/* Appends the one form. 0, -ENOMEM, -ENOSPC. */
int pattern_print(const struct pattern *p, struct buf *out);

/* ---- patterns that only list values ----
 * [a = 1], an OR of such within or between brackets, and an AND within brackets of at most PATTERN_PAIRS_MAX equalities: what lists, sets and other formats can
 * hold. Nothing else is one, however near it is: no order, no qualifier, no other operator but ISSUBSET. */
#define PATTERN_PAIRS_MAX 4u

struct pattern_pair {
    struct str path; /* as pattern_print() writes it */
    struct str text; /* a text resolved, a number as printed */
    bool is_subset;  /* ISSUBSET, else = */
};
/* Hands over each alternative: equalities that hold together. 0; PATTERN_NO_LIST: it is none, nothing was handed over; -ENOMEM; what the call answered. */
enum { PATTERN_NO_LIST = 1 };
MUST_CHECK int pattern_list(const struct pattern *p, int (*each)(const struct pattern_pair *pairs, size_t n, void *context), void *context);

/* ---- evaluation ---- */

/* An object and the name by which others refer to it: its id, or its key in the observed data of STIX 2.0. */
struct pattern_object {
    struct str key;
    const struct scan_value *value;
};

/* One observed-data. */
struct pattern_observation {
    int64_t first_us, last_us;  /* first_observed, last_observed; microseconds since 1970 */
    uint64_t number;            /* number_observed: as many observations can be taken from it */
    const struct pattern_object *objects;  /* observed */
    size_t n_objects;
    const struct pattern_object *referred; /* to which these may refer besides each other */
    size_t n_referred;
};

enum pattern_answer {
    PATTERN_NO,
    PATTERN_YES,
    PATTERN_UNDECIDED, /* the steps, or the limits of a regular expression, did not suffice: neither */
    PATTERN_BAD_DATA,  /* what is compared with a timestamp is no timestamp */
};

/* An observation serves one operand; those of one operand of FOLLOWEDBY may each be as early as the latest of the one before it; WITHIN holds when instants can be
 * chosen in their intervals that lie so close. Comparisons joined by AND that are about one type have to hold for one object;
 * where an OR is among them, those of some way to choose at each OR.
 * At most about `steps` elementary steps; *ret_steps (may be NULL): how many it took. 0, -ENOMEM. */
MUST_CHECK int pattern_eval(const struct pattern *p, const struct pattern_observation *observations, size_t n,
                            uint64_t steps, enum pattern_answer *ret, uint64_t *ret_steps);
