/* `tsujiban secrets compare FILE FILE`: of two systems, the IDs that have the same secret on both (第4の3(4)ウ), by what each system keeps of them: lines of
 * "ID:SECRET" (also with more fields behind, as of /etc/shadow) or "ID", a tab, "SECRET". No secret is printed, stored or sent anywhere; memory is wiped.
 *
 *   equal texts                        the same secret: as it is, or as a digest without a salt
 *   "$form$salt$…" of different salts  nobody can tell: counted, and said, since silence would be taken for an answer
 *   "", and what begins with ! or *    no secret: passed over */
#include "cmd/commands.h"

#include "base/buf.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)64 << 20)
#define IDS_MAX 1000000u

struct pair {
    struct str id, secret;
};

struct list {
    struct buf text; /* that the pairs lie in */
    struct pair *at; /* by ID */
    size_t n;
};

static void list_done(struct list *l)
{
    free(l->at);
    buf_wipe(&l->text);
}

static int by_id(const void *a, const void *b)
{
    return str_cmp(((const struct pair *)a)->id, ((const struct pair *)b)->id);
}

static size_t end_of(struct str s, const char *ends)
{
    size_t n = 0;

    while (n < s.len && !strchr(ends, s.at[n]))
        n++;
    return n;
}

/* False: it has no secret's place. */
static bool read_pair(struct str line, struct pair *ret)
{
    size_t n = end_of(line, ":\t");
    struct str rest;

    if (!n || n == line.len)
        return false;
    rest = (struct str){line.at + n + 1, line.len - n - 1};
    *ret = (struct pair){{line.at, n}, {rest.at, end_of(rest, line.at[n] == ':' ? ":" : "\t")}};
    return true;
}

static int read_list(const char *path, struct list *l)
{
    struct diag diag;
    struct str rest, line;
    size_t no = 0;
    int r;

    buf_init(&l->text, FILE_MAX);
    diag_init(&diag);
    r = file_read(path, FILE_MAX, &l->text, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return command_fail(MSG_FAIL_SECRETS_READ, {"path", str_of(path)});
    rest = buf_str(&l->text);
    for (size_t i = 0; i < rest.len; i++)
        l->n += rest.at[i] == '\n';
    if (l->n > IDS_MAX)
        return command_fail(MSG_FAIL_SECRETS_LINES, {"path", str_of(path)}, {"max", NUMBER(IDS_MAX)});
    if (!(l->at = calloc(l->n + 1, sizeof(*l->at))))
        return command_fail(MSG_CONSOLE_MEMORY);
    for (l->n = 0; str_split(&rest, '\n', &line);) {
        no++;
        if (line.len && line.at[line.len - 1] == '\r')
            line.len--;
        if (!line.len || line.at[0] == '#')
            continue;
        if (!read_pair(line, &l->at[l->n]))
            return command_fail(MSG_FAIL_SECRETS_LINE, {"path", str_of(path)}, {"line", NUMBER(no)});
        l->n++;
    }
    qsort(l->at, l->n, sizeof(*l->at), by_id);
    for (size_t i = 1; i < l->n; i++)
        if (str_eq(l->at[i - 1].id, l->at[i].id))
            return command_fail(MSG_FAIL_SECRETS_TWICE, {"path", str_of(path)}, {"id", l->at[i].id});
    return 0;
}

static bool is_none(struct str secret)
{
    return !secret.len || secret.at[0] == '!' || secret.at[0] == '*';
}

/* "$form$salt$": all before the last part of a salted form; nothing of another. */
static struct str salt_of(struct str secret)
{
    size_t n = secret.len;

    if (!secret.len || secret.at[0] != '$')
        return STR("");
    while (n && secret.at[n - 1] != '$')
        n--;
    return (struct str){secret.at, n};
}

/* The same instant for whatever is alike: who watches the clock learns nothing of a secret that stands in both files. */
static bool is_same(struct str a, struct str b)
{
    unsigned char differs = a.len != b.len;

    for (size_t i = 0; i < MIN_OF(a.len, b.len); i++)
        differs |= (unsigned char)(a.at[i] ^ b.at[i]);
    return !differs;
}

struct told {
    size_t compared, same, none, unknown;
};

static void compare_pair(const struct pair *a, const struct pair *b, struct told *t)
{
    struct str salt = salt_of(a->secret), other = salt_of(b->secret);

    if (is_none(a->secret) || is_none(b->secret)) {
        t->none++;
    } else if ((salt.len || other.len) && !str_eq(salt, other)) {
        t->unknown++;
    } else {
        t->compared++;
        if (!is_same(a->secret, b->secret))
            return;
        t->same++;
        printf("%s  %.*s\n", command_word(MSG_WORD_SAME), STR_ARG(a->id));
    }
}

static void compare(const struct list *a, const struct list *b, struct told *t)
{
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        int c = str_cmp(a->at[i].id, b->at[k].id);

        if (!c)
            compare_pair(&a->at[i], &b->at[k], t);
        i += c <= 0;
        k += c >= 0;
    }
}

static int run_compare(const struct arguments *args)
{
    struct list a = {.n = 0}, b = {.n = 0};
    struct told t = {0};
    int r = read_list(args->rest[0], &a);

    if (!r)
        r = read_list(args->rest[1], &b);
    if (!r) {
        compare(&a, &b, &t);
        command_say(MSG_SAID_SECRETS, {"compared", NUMBER(t.compared)}, {"same", NUMBER(t.same)}, {"none", NUMBER(t.none)});
        fflush(stdout);
        if (t.unknown)
            IGNORE(command_fail(MSG_FAIL_SECRETS_SALTED, {"n", NUMBER(t.unknown)}), "told");
        r = t.same || t.unknown ? EXIT_FAILED : EXIT_DONE;
    }
    list_done(&a);
    list_done(&b);
    return r;
}

const struct command cmd_secrets_compare = {
    "secrets compare", "FILE FILE", MSG_HELP_SECRETS_COMPARE, NULL, 0, 2, 2, run_compare, false};
