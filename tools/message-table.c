/* message-table KEYS.h TABLE.h JA.msg EN.msg: turn the message catalogues into C tables, at build time.
 * A key missing in one language, given twice, or with other placeholders than in the first language is an error with
 * its place; all errors are shown before giving up. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGES_MAX 4000
#define LINE_MAX_BYTES 4000
#define LANGUAGES 2

struct message {
    char *key, *text;
    unsigned line;
};

struct catalogue {
    const char *path;
    struct message *messages;
    size_t n;
};

static unsigned n_errors;

__attribute__((__format__(__printf__, 3, 4))) static void complain(const char *path, unsigned line, const char *fmt, ...)
{
    va_list ap;

    fprintf(stderr, "%s:%u: ", path, line);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
    n_errors++;
}

static char *trim(char *s)
{
    char *end = s + strlen(s);

    while (*s == ' ' || *s == '\t')
        s++;
    while (end > s && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n' || end[-1] == '\r'))
        end--;
    *end = '\0';
    return s;
}

static bool key_is_good(const char *key)
{
    if (!islower((unsigned char)*key))
        return false;
    for (; *key; key++)
        if (!islower((unsigned char)*key) && !isdigit((unsigned char)*key) && *key != '.' && *key != '_')
            return false;
    return true;
}

static const struct message *find(const struct catalogue *c, const char *key)
{
    for (size_t i = 0; i < c->n; i++)
        if (!strcmp(c->messages[i].key, key))
            return &c->messages[i];
    return NULL;
}

static void catalogue_read(struct catalogue *c, const char *path)
{
    FILE *in = fopen(path, "r");
    char line[LINE_MAX_BYTES];
    unsigned number = 0;

    c->path = path;
    c->messages = calloc(MESSAGES_MAX, sizeof(*c->messages));
    if (!in || !c->messages) {
        perror(path);
        exit(1);
    }
    while (fgets(line, sizeof(line), in)) {
        char *key = trim(line), *equals = strchr(key, '='), *text;

        number++;
        if (!*key || *key == '#')
            continue;
        if (!equals) {
            complain(path, number, "no '='; write: key = text");
            continue;
        }
        *equals = '\0';
        text = trim(equals + 1);
        key = trim(key);
        if (!key_is_good(key))
            complain(path, number, "\"%s\" is not a key; use a-z, 0-9, '.' and '_'", key);
        else if (!*text)
            complain(path, number, "\"%s\" has no text", key);
        else if (find(c, key))
            complain(path, number, "\"%s\" is there already, in line %u", key, find(c, key)->line);
        else if (c->n == MESSAGES_MAX)
            complain(path, number, "more than %d messages", MESSAGES_MAX);
        else
            c->messages[c->n++] = (struct message){strdup(key), strdup(text), number};
    }
    fclose(in);
}

static void catalogue_free(struct catalogue *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->messages[i].key);
        free(c->messages[i].text);
    }
    free(c->messages);
}

/* Every {name} of `a` must stand in `b`. Other braces are text, as base/message.c has it. */
static bool placeholders_within(const char *a, const char *b)
{
    for (const char *p = a; (p = strchr(p, '{')); p++) {
        const char *end = p + 1 + strspn(p + 1, "abcdefghijklmnopqrstuvwxyz0123456789_");
        char name[64];

        if (*end != '}' || end == p + 1)
            continue;
        if ((size_t)(end - p) + 2 > sizeof(name))
            return false;
        memcpy(name, p, (size_t)(end - p) + 1);
        name[end - p + 1] = '\0';
        if (!strstr(b, name))
            return false;
    }
    return true;
}

static void compare(const struct catalogue *first, const struct catalogue *other)
{
    for (size_t i = 0; i < first->n; i++) {
        const struct message *a = &first->messages[i], *b = find(other, a->key);

        if (!b)
            complain(first->path, a->line, "\"%s\" is missing in %s", a->key, other->path);
        else if (!placeholders_within(a->text, b->text) || !placeholders_within(b->text, a->text))
            complain(other->path, b->line, "\"%s\" has other placeholders than in %s", a->key, first->path);
    }
    for (size_t i = 0; i < other->n; i++)
        if (!find(first, other->messages[i].key))
            complain(other->path, other->messages[i].line, "\"%s\" is missing in %s", other->messages[i].key,
                     first->path);
}

static void print_enum_name(FILE *out, const char *key)
{
    fputs("MSG_", out);
    for (; *key; key++)
        fputc(*key == '.' ? '_' : toupper((unsigned char)*key), out);
}

/* A C string; "\n" in the file is a line break, "\s" a space, which at an end would be lost. */
static void print_literal(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (text[0] == '\\' && text[1] == 'n') {
            fputs("\\n", out);
            text++;
        } else if (text[0] == '\\' && text[1] == 's') {
            fputc(' ', out);
            text++;
        } else if (*text == '"' || *text == '\\' || *text == '?') {
            fprintf(out, "\\%c", *text);
        } else {
            fputc(*text, out);
        }
    }
    fputc('"', out);
}

int main(int argc, char **argv)
{
    struct catalogue catalogues[LANGUAGES];
    FILE *keys, *table;

    if (argc != 3 + LANGUAGES)
        return 2;
    for (int l = 0; l < LANGUAGES; l++) {
        catalogues[l].n = 0;
        catalogue_read(&catalogues[l], argv[3 + l]);
    }
    for (int l = 1; l < LANGUAGES; l++)
        compare(&catalogues[0], &catalogues[l]);
    if (n_errors)
        return 1;
    keys = fopen(argv[1], "w");
    table = fopen(argv[2], "w");
    if (!keys || !table)
        return 1;
    fputs("/* Made by message-table from locale/. */\n#pragma once\n\nenum message_key {\n", keys);
    fputs("/* Made by message-table from locale/. */\n#pragma once\n\n"
          "static const struct {\n    const char *key;\n    struct str text[2];\n} message_table[] = {\n", table);
    for (size_t i = 0; i < catalogues[0].n; i++) {
        const char *key = catalogues[0].messages[i].key;

        fputs("    ", keys);
        print_enum_name(keys, key);
        fputs(",\n", keys);
        fprintf(table, "    {\"%s\", {", key);
        for (int l = 0; l < LANGUAGES; l++) {
            const char *text = find(&catalogues[l], key)->text;

            fputs("{", table);
            print_literal(table, text);
            fputs(", sizeof(", table);
            print_literal(table, text);
            fputs(") - 1}, ", table);
        }
        fputs("}},\n", table);
    }
    fputs("    MESSAGE_COUNT\n};\n", keys);
    fputs("};\n", table);
    for (int l = 0; l < LANGUAGES; l++)
        catalogue_free(&catalogues[l]);
    return fclose(keys) || fclose(table);
}
