/* What the writers of rules share. Private to the files export-*.c. */
#pragma once

#include "intel/clue-inside.h"
#include "intel/export.h"

/* A row that has been looked at: its text reads back as its value. */
struct rule_item {
    const struct rule_row *row;
    struct str text; /* as machines read it: names and URLs in ASCII, hashes in hexadecimal */
};

struct rule_writer {
    const char *name;
    uint32_t types;   /* bits of enum clue_type that it carries */
    bool has_ends;    /* each row has its own */
    bool has_sources; /* a row for each indicator of a value */
    char comment;     /* begins a line of the head; NUL: there is none */
    int (*head)(struct rules *r); /* NULL: none; the same for the tail */
    int (*tail)(struct rules *r);
    /* To r->out. RULE_E_UNFIT: it cannot be carried after all, and nothing was written. */
    int (*item)(struct rules *r, const struct rule_item *i);
};

enum { RULE_E_UNFIT = 1 };

#define RULE_TYPE(id) (UINT32_C(1) << CLUE_##id)
#define RULE_NETS (RULE_TYPE(IPV4) | RULE_TYPE(IPV4_NET) | RULE_TYPE(IPV6) | RULE_TYPE(IPV6_NET))

extern const struct rule_writer rule_suricata, rule_zeek, rule_rpz, rule_squid, rule_csv,
    rule_plain;

/* Letters, digits, and what `also` names. */
bool rule_is_plain(char c, const char *also);
/* The indicator as one word of letters, digits and ._:- with %XX for the rest, cut at 200 bytes of it. */
int rule_put_word(struct rules *r, struct str word);
