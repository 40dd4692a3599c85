/* The sub-commands of `tsujiban`: one row each in main.c's table, one file each beside it.
 * Exit status  0 done; 1 failed, or a check found something; 2 wrong usage; 3 forbidden; 4 not yet permitted.
 * Answers go to standard output, errors to standard error. */
#pragma once

#include "base/diag.h"
#include "base/message.h"

#include <stdio.h>

enum exit_status { EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_FORBIDDEN, EXIT_NOT_YET };

/* One option: "--data DIR". */
struct option_row {
    const char *name;  /* "--data" */
    const char *value; /* "DIR"; NULL: a flag */
    enum message_key help;
};

/* Parsed arguments: options by place in the command's table, and the rest. Borrowed from argv. */
struct arguments {
    const char **values; /* one an option: the text, "" for a flag that was given, NULL absent */
    const char **rest;
    size_t n_rest;
};

struct command {
    const char *name;             /* "ledger verify"; a name of two words belongs to a group */
    const char *rest;             /* usage of what follows the options: "DIR…" */
    enum message_key help;        /* one sentence */
    const struct option_row *options;
    size_t n_options;
    size_t min_rest, max_rest;
    int (*run)(const struct arguments *args); /* an exit_status */
    bool is_hidden;               /* not for people: `keeper` */
};

/* Print "tsujiban: …" lines of the diagnostics to standard error; source lines with the place marked when the file can be
 * read. */
void command_print_diag(const struct diag *diag);
/* "tsujiban: " and a text of the catalogue, in the reader's language (home_language()), to standard error: command_fail(MSG_FAIL_READ, {"path", str_of(path)}).
 * Answers EXIT_FAILED. */
int command_fail_args(enum message_key key, const struct message_arg *args, size_t n);
#define command_fail(key, ...) command_fail_args((key), MESSAGE_ARGS(__VA_ARGS__))
/* The same of words that are in the reader's language already, as the keeper's are. */
int command_fail_text(struct str text);
/* Of a text with {name} and, where there is one, {why}, which is what `error` (an errno) means. */
int command_fail_why(enum message_key key, const char *name, int error);
/* Wrong usage, in the reader's language: command_wrong(MSG_WRONG_LOGIN, {"given", str_of(login)}). Answers EXIT_USAGE. */
int command_wrong_args(enum message_key key, const struct message_arg *args, size_t n);
#define command_wrong(key, ...) command_wrong_args((key), MESSAGE_ARGS(__VA_ARGS__))
/* A text of the catalogue without placeholders, for printf; it lasts. */
const char *command_word(enum message_key key);
/* A text filled in, without line's end, to `out`; what does not fit is left out. */
void command_print(FILE *out, enum message_key key, const struct message_arg *args, size_t n);
/* Words of the catalogue and what is filled in, to standard error as a line behind "tsujiban: "; it is no failure. */
void command_note_args(enum message_key key, const struct message_arg *args, size_t n);
#define command_note(key, ...) command_note_args((key), MESSAGE_ARGS(__VA_ARGS__))
/* And to standard output, as a line. */
void command_say_args(enum message_key key, const struct message_arg *args, size_t n);
#define command_say(key, ...) command_say_args((key), MESSAGE_ARGS(__VA_ARGS__))
/* As strerror(), in the reader's language where the catalogue has it; it lasts until the next call. */
const char *command_why(int error);
/* Of what a call on the store answered: an errno where it is negative, else that the store is damaged or busy. */
const char *command_why_store(int r);
/* From now on the texts of command_fail() and the messages of command_print_diag() go to `hear`, too, without line's end; NULL: to nobody else. */
void command_hear(void (*hear)(void *user, const char *text), void *user);
