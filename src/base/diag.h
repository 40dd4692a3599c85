/* Words for people about what is wrong and what would be right: any number of them, with places.
 * Owner    the caller of diag_init(); diag_done() frees.
 * Limits   DIAG_MAX entries; later ones are only counted, but an error takes the place of the last warning or note.
 * Untouched on success. Code outside cmd/ fills it and never prints. */
#pragma once

#include "base/buf.h"

#define DIAG_MAX 200

#define DIAG_NO_KEY (-1)

enum diag_level { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

struct diag_entry {
    enum diag_level level;
    char *file;     /* NULL when there is none */
    unsigned line;  /* from 1; 0 none */
    unsigned col;   /* from 1, in characters; 0 none */
    char *heading;  /* of the column of a table; NULL: none */
    char *message;  /* "what is wrong; what would be right", one sentence, no line break; English */
    char *ja;       /* the same in Japanese; NULL: it was told in English only */
    int key;        /* which of the catalogue's it is, an enum message_key (base/message.h), for whoever goes by what it was; DIAG_NO_KEY: none of them */
};

struct diag {
    struct diag_entry *entries;
    size_t n;        /* entries kept */
    size_t n_errors; /* all errors, kept or not */
};

void diag_init(struct diag *d);
void diag_done(struct diag *d);
void diag_clear(struct diag *d);

/* Add one entry. `d` may be NULL: then nothing is kept. Never fails: out of memory keeps the count. */
void diag_add(struct diag *d, enum diag_level level, const char *file, unsigned line, unsigned col,
              const char *fmt, ...) PRINTF_LIKE(6, 7);
/* The same in two languages; base/tell.h takes both from the catalogue, under their key; `key` DIAG_NO_KEY: they are not of it. `message` NULL: only counted. */
struct diag_place {
    const char *file;    /* NULL: none */
    unsigned line, col;  /* 0: none */
    const char *heading; /* NULL: none */
};
#define DIAG_NOWHERE ((struct diag_place){0})
void diag_add_both(struct diag *d, enum diag_level level, struct diag_place at, int key, const char *message, const char *ja);
/* An error without a place. */
void diag_error(struct diag *d, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "file:line:col: message" lines into `out`, in order of file, line, column as added; in English. base/tell.h prints them in either language. */
int diag_print(const struct diag *d, struct buf *out);
/* "file:line:col: ", or as much of it as is known. 0, or as buf_error(). */
int diag_print_place(const struct diag_entry *e, struct buf *out);
/* Each in that order, until `put` answers other than 0, which is answered. */
int diag_each(const struct diag *d, int (*put)(void *user, const struct diag_entry *e), void *user);
/* The first error's message, or "" */
const char *diag_first(const struct diag *d);
