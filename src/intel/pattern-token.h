/* Inside of patterns: the text as tokens, one at a time, for the parser in pattern.c.
 * Owner    the parser borrows the text; what a token resolves lies in the pattern's arena, the rest of it is the text itself.
 * Limits   PATTERN_TEXT_MAX bytes between quotes, 300 digits a number.
 * Errors   the first one stays, with its offset: PATTERN_E_… (intel/pattern.h), or -ENOMEM. A token that is none is TOKEN_BAD, and is one when it is asked for.
 * Threads  as the parser's. */
#pragma once

#include "intel/pattern-inside.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,
    TOKEN_TEXT,
    TOKEN_NUMBER,
    TOKEN_SPECIAL,
    TOKEN_SIGN,
    TOKEN_BAD
};

struct token {
    enum token_kind kind;
    size_t offset;
    struct str
        text; /* word, number, sign: as written; text and special (t'', h'', b''): between the quotes, escapes resolved */
    char special;
    bool has_hyphen; /* of a word */
};

struct parser {
    struct pattern *p;
    struct str text;
    size_t at; /* behind `token` */
    struct token token;
    unsigned depth;
    int error;
    size_t offset; /* of the error */
};

/* Keeps the first error: PATTERN_E_…, or -ENOMEM. Answers the one that is kept. */
int parser_fail(struct parser *s, int error, size_t offset);
/* The same at the current token; where that is TOKEN_BAD, with its own error. */
int parser_fail_here(struct parser *s, int error);
/* The next token; TOKEN_END at the end, as often as it is asked. */
void parser_advance(struct parser *s);
/* Is it that sign, or that word? */
bool parser_is_sign(const struct parser *s, const char *sign);
bool parser_is_word(const struct parser *s, const char *word);
/* Passes it if `is`. False: it is not, or the parser has failed. */
bool parser_take(struct parser *s, bool is);
