/* Values as rules for others' programs: Suricata, Zeek, response policy zones, Squid, CSV, and the lists that `intel compile` reads.
 *
 *     rules_init(&r, &order, put, context);
 *     rules_look(&r, &row)  each row: which ends come first
 *     rules_begin(&r)       the head
 *     rules_add(&r, &row)   the same rows again, those of one value behind each other
 *     rules_end(&r)
 *
 *     format    carries                                       one value with several indicators   ends
 *     suricata  IPv4, IPv6, networks, names, http: URLs       one rule a protocol                 no
 *     zeek      these with any URL, mail, hashes, file names  a line each                         no
 *     rpz       IPv4, IPv6, networks, names                   one record                          no
 *     squid     IPv4, IPv6, networks, names, URLs             one line                            no
 *     csv       all                                           a row each                          of each row
 *     plain     what is known by its look (intel/clue.h)      a row each                          of each row
 *
 * What a format cannot carry is left out and counted, never written as something near it: a URL never as its host. Only Zeek, which knows no "and all
 * below", gets such names as themselves, and its head says so. What has ended is left out. A format without ends says in its head until when it may be
 * used: until the first of its values ends, or the set does.
 *
 * Values are written by adversaries. A row is written only when its text reads back as the same value, and each writer spells bytes outside a small
 * alphabet of its format (hexadecimal, \DDD, [x]): no value and no indicator can end a line, a rule or a quotation.
 *
 * Owner    the caller; rules_done(). Rows are borrowed for the call; rows of one value that follow each other may lie anywhere.
 * Threads  one at a time. Sentence LI4 of doc/design/intelligence.md. */
#pragma once

#include "intel/set.h"

enum rule_format {
    RULES_SURICATA,
    RULES_ZEEK,
    RULES_RPZ,
    RULES_SQUID,
    RULES_CSV,
    RULES_PLAIN,
    RULES_N_FORMATS
};

/* "suricata" and kin; false: there is no such format. */
const char *rule_format_name(enum rule_format f);
bool rule_format_of(struct str name, enum rule_format *ret);

#define RULES_CONFIDENCE_NONE (-1)
#define RULES_SID_FIRST 1000000u /* Suricata's numbers for rules of one's own begin here */

struct rule_row {
    enum clue_type type;
    struct str bytes;     /* canonical */
    struct str indicator; /* may be empty, and anything */
    uint64_t until_us;    /* 0: no end */
    int confidence;       /* 0 to 100, or RULES_CONFIDENCE_NONE */
    bool is_below;        /* a name with all names below it */
};

/* What is said of the whole. */
struct rule_order {
    enum rule_format format;
    uint64_t now_us;     /* what ends at or before it is left out */
    uint64_t created_us; /* of the set; also the serial number of a zone */
    uint64_t until_us;   /* from when on it must not be used; 0: for ever */
    enum tlp tlp;
    uint32_t sid_first; /* of Suricata's rules; they are numbered from here, one after the other */
};

/* 0: go on; anything else ends the writing and is answered. */
typedef int rules_put_fn(struct str piece, void *context);

/* Lists of which a writer keeps what is in them. */
enum rules_kind { RULES_NAMES, RULES_IPV4, RULES_IPV6, RULES_N_KINDS };
#define RULES_GROUPS 129u /* labels of a name, bits of a prefix */

struct rules {
    struct rule_order order;
    rules_put_fn *put;
    void *context;
    struct buf out;  /* what has not been handed over yet */
    struct buf last; /* bytes of the value before */
    struct buf text, scratch;
    struct clue value;
    enum clue_type last_type;
    uint32_t sid;
    uint64_t until_us; /* of the file; 0: for ever */
    uint64_t last_until_us; /* of the value that is looked at */
    bool has_below, groups[RULES_N_KINDS][RULES_GROUPS];
    uint64_t n_written;  /* rows */
    uint64_t n_ended;    /* left out, since they have ended */
    uint64_t n_left_out; /* the format cannot carry them */
    uint64_t n_unsound;  /* left out, since their bytes are no value of their type: a changed set */
};

void rules_init(struct rules *r, const struct rule_order *order, rules_put_fn *put, void *context);
void rules_done(struct rules *r); /* accepts a zeroed struct */
/* Each: 0, -ENOMEM, what `put` answered. */
MUST_CHECK int rules_look(struct rules *r, const struct rule_row *row);
MUST_CHECK int rules_begin(struct rules *r);
MUST_CHECK int rules_add(struct rules *r, const struct rule_row *row);
MUST_CHECK int rules_end(struct rules *r);
