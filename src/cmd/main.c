/* tsujiban: one binary, one row of the table for each command. */
#include "base/codec.h"
#include "base/tell.h"
#include "cmd/command.h"
#include "cmd/commands.h"
#include "cmd/home.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#ifndef TSUJIBAN_VERSION
#define TSUJIBAN_VERSION "0"
#endif

#define ARGUMENTS_MAX 1024 /* of one command line */

static struct {
    void (*hear)(void *user, const char *text);
    void *user;
} ear;

void command_hear(void (*hear)(void *user, const char *text), void *user)
{
    ear.hear = hear;
    ear.user = user;
}

int command_fail_text(struct str text)
{
    CLEANUP(buf_done) struct buf heard;

    fprintf(stderr, "tsujiban: %.*s\n", STR_ARG(text));
    buf_init(&heard, 64u << 10);
    if (ear.hear && !buf_add_str(&heard, text) && heard.at)
        ear.hear(ear.user, heard.at);
    return EXIT_FAILED;
}

void command_print_diag(const struct diag *diag)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 8u << 20);
    if (!diag_print_in(diag, home_language(), &text) && text.len)
        fwrite(text.at, 1, text.len, stderr);
    for (size_t i = 0; ear.hear && i < diag->n; i++)
        ear.hear(ear.user, diag_message(&diag->entries[i], home_language()));
}

const char *command_word(enum message_key key)
{
    return message_text(home_language(), key).at;
}

void command_print(FILE *out, enum message_key key, const struct message_arg *args, size_t n)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 64u << 10);
    IGNORE(message_print_args(&text, home_language(), key, args, n), "what does not fit is left out");
    fprintf(out, "%.*s", STR_ARG(buf_str(&text)));
}

const char *command_why(int error)
{
    struct message_arg why = tell_why(error);

    return why.is_word ? command_word(why.word) : why.value.at;
}

const char *command_why_store(int r)
{
    return r < 0 ? command_why(-r) : command_word(MSG_FAIL_STORE_DAMAGED);
}

int command_fail_args(enum message_key key, const struct message_arg *args, size_t n)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 64u << 10);
    IGNORE(message_print_args(&text, home_language(), key, args, n), "what does not fit is left out");
    return command_fail_text(buf_str(&text));
}

int command_fail_why(enum message_key key, const char *name, int error)
{
    return command_fail(key, {"name", str_of(name)}, {"why", str_of(command_why(error))});
}

int command_wrong_args(enum message_key key, const struct message_arg *args, size_t n)
{
    IGNORE(command_fail_args(key, args, n), "the status is another");
    return EXIT_USAGE;
}

void command_note_args(enum message_key key, const struct message_arg *args, size_t n)
{
    fputs("tsujiban: ", stderr);
    command_print(stderr, key, args, n);
    fputc('\n', stderr);
}

void command_say_args(enum message_key key, const struct message_arg *args, size_t n)
{
    command_print(stdout, key, args, n);
    putchar('\n');
}

static void usage_line(const struct command *c, FILE *out)
{
    command_print(out, MSG_CONSOLE_USAGE, MESSAGE_ARGS({"what", str_of(c->name)}));
    for (size_t i = 0; i < c->n_options; i++)
        fprintf(out, c->options[i].value ? " [%s %s]" : " [%s]", c->options[i].name, c->options[i].value);
    fprintf(out, "%s%s\n", *c->rest ? " " : "", c->rest);
}

static void help_command(const struct command *c)
{
    usage_line(c, stdout);
    printf("\n%s\n", command_word(c->help));
    if (c->n_options)
        printf("\n%s\n", command_word(MSG_CONSOLE_OPTIONS));
    for (size_t i = 0; i < c->n_options; i++) {
        const struct option_row *o = &c->options[i];
        int n = printf("  %s %s", o->name, o->value ? o->value : "");

        printf("%*s%s\n", n < 26 ? 26 - n : 1, "", command_word(o->help));
    }
    printf("\n%s\n", command_word(MSG_CONSOLE_STATUS));
}

static bool is_of_group(const struct command *c, const char *group)
{
    size_t len = strlen(group);

    return !len || (!strncmp(c->name, group, len) && c->name[len] == ' ');
}

/* `group` "": all. */
static void help_group(const char *group, FILE *out)
{
    command_print(out, MSG_CONSOLE_USAGE, MESSAGE_ARGS({"what", str_of(group)}));
    fprintf(out, "%sCOMMAND [OPTIONS]\n\n%s\n", *group ? " " : "", command_word(MSG_CONSOLE_COMMANDS));
    for (size_t i = 0; i < commands_n; i++)
        if (!commands[i]->is_hidden && is_of_group(commands[i], group))
            fprintf(out, "  %-22s %s\n", commands[i]->name, command_word(commands[i]->help));
    fprintf(out, "\n%s\n", command_word(MSG_CONSOLE_MORE));
}

/* The command whose one or two words begin the line; *ret_words says how many. */
static const struct command *find(int argc, char **argv, int *ret_words)
{
    char two[64];

    for (size_t i = 0; i < commands_n && argc > 1; i++) {
        if (argc > 2) {
            snprintf(two, sizeof(two), "%s %s", argv[1], argv[2]);
            if (!strcmp(commands[i]->name, two)) {
                *ret_words = 2;
                return commands[i];
            }
        }
        if (!strcmp(commands[i]->name, argv[1])) {
            *ret_words = 1;
            return commands[i];
        }
    }
    return NULL;
}

/* No command has this name: those of its group, or where to look. */
static int unknown_command(int argc, char **argv)
{
    bool is_group = false;

    for (size_t i = 0; i < commands_n; i++)
        is_group = is_group || (*argv[1] && is_of_group(commands[i], argv[1]));
    if (is_group && argc == 3 && !strcmp(argv[2], "--help")) {
        help_group(argv[1], stdout);
        return EXIT_DONE;
    }
    if (!is_group) {
        IGNORE(command_fail_why(MSG_CONSOLE_UNKNOWN, argv[1], 0), "it is wrong usage");
        return EXIT_USAGE;
    }
    fputs("tsujiban: ", stderr);
    command_print(stderr, MSG_CONSOLE_NEEDS, MESSAGE_ARGS({"name", str_of(argv[1])}));
    for (size_t i = 0; i < commands_n; i++)
        if (is_of_group(commands[i], argv[1]))
            fprintf(stderr, " %s", commands[i]->name + strlen(argv[1]) + 1);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

static int wrong(const struct command *c, enum message_key what, const char *word)
{
    fprintf(stderr, "tsujiban %s: %s%s%s\n", c->name, command_word(what), *word ? " " : "", word);
    usage_line(c, stderr);
    return EXIT_USAGE;
}

static int option_of(const struct command *c, const char *word)
{
    for (size_t i = 0; i < c->n_options; i++)
        if (!strcmp(c->options[i].name, word))
            return (int)i;
    return -1;
}

/* 0, or an exit status + 1. */
static int parse(const struct command *c, int argc, char **argv, struct arguments *a)
{
    bool only_rest = false;

    for (int i = 0; i < argc; i++) {
        int o;

        if (only_rest || argv[i][0] != '-' || !argv[i][1]) {
            a->rest[a->n_rest++] = argv[i];
            continue;
        }
        if (!strcmp(argv[i], "--")) {
            only_rest = true;
            continue;
        }
        if (!strcmp(argv[i], "--help")) {
            help_command(c);
            return EXIT_DONE + 1;
        }
        if ((o = option_of(c, argv[i])) < 0)
            return wrong(c, MSG_CONSOLE_WRONG_OPTION, argv[i]) + 1;
        if (a->values[o])
            return wrong(c, MSG_CONSOLE_WRONG_TWICE, argv[i]) + 1;
        if (c->options[o].value && i + 1 == argc)
            return wrong(c, MSG_CONSOLE_WRONG_VALUE, argv[i]) + 1;
        a->values[o] = c->options[o].value ? argv[++i] : "";
    }
    if (a->n_rest < c->min_rest)
        return wrong(c, MSG_CONSOLE_WRONG_MISSING, c->rest) + 1;
    if (a->n_rest > c->max_rest)
        return wrong(c, MSG_CONSOLE_WRONG_MUCH, a->rest[c->max_rest]) + 1;
    return 0;
}

static int run(int argc, char **argv)
{
    const struct command *c;
    struct arguments a = {0};
    int words = 0, r;

    if (argc > ARGUMENTS_MAX)
        return command_fail(MSG_FAIL_ARGUMENTS, {"max", NUMBER(ARGUMENTS_MAX)});
    if (argc < 2 || !strcmp(argv[1], "help") || !strcmp(argv[1], "--help")) {
        help_group("", argc < 2 ? stderr : stdout);
        return argc < 2 ? EXIT_USAGE : EXIT_DONE;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("tsujiban " TSUJIBAN_VERSION);
        return EXIT_DONE;
    }
    if (!(c = find(argc, argv, &words)))
        return unknown_command(argc, argv);
    if (crypto_start())
        return command_fail(MSG_CONSOLE_CRYPTO);
    a.values = calloc(c->n_options + 1, sizeof(*a.values));
    a.rest = calloc((size_t)argc, sizeof(*a.rest));
    if (!a.values || !a.rest)
        return command_fail(MSG_CONSOLE_MEMORY);
    r = parse(c, argc - 1 - words, argv + 1 + words, &a);
    r = r ? r - 1 : c->run(&a);
    free(a.values);
    free(a.rest);
    return r;
}

/* A command by hand holds files and passwords as the services do; what its crash would leave on a disk nobody asked about. Lowering is always allowed. */
static void leave_no_core(void)
{
    const struct rlimit none = {0, 0};

    IGNORE(setrlimit(RLIMIT_CORE, &none), "then it is as whoever started it has it");
}

int main(int argc, char **argv)
{
    int r;

    leave_no_core();
    r = run(argc, argv);
    /* Half an answer is none: a full disk behind `>` must not look like success. */
    if ((fflush(stdout) || ferror(stdout)) && r == EXIT_DONE)
        return command_fail(MSG_CONSOLE_UNWRITTEN);
    return r;
}
