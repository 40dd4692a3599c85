/* `tsujiban intel compile --out SET FILE…`: lists of values as a set that is mapped. `tsujiban match --set SET FILE…`: what of it stands in
 * logs, one JSON line a hit. */
#include "cmd/commands.h"
#include "cmd/home.h"
#include "cmd/progress.h"

#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "intel/match.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_MAX ((size_t)4 << 30)
#define SET_MAX ((size_t)16 << 30)
#define FORM_MAX 65536u
#define INDICATOR_SHOWN_MAX \
    (4u * UINT16_MAX + 1) /* as long as a file of a set can name one, each byte as \xNN */

/* ---- compile ---- */

enum { OPT_OUT, OPT_EXACT };

struct list {
    struct set_builder *set;
    struct clue value;
    struct diag diag;
    size_t n_values, n_left_out;
};

static void leave_out(struct list *l, const char *path, unsigned line, struct str why)
{
    diag_add(&l->diag, DIAG_ERROR, path, line, 1, "%.*s", STR_ARG(why));
    l->n_left_out++;
}

static int add_value(struct list *l, const char *path, unsigned line, struct str indicator)
{
    struct str why;
    int r;

    if (indicator.len > SET_INDICATOR_MAX || !utf8_is_valid(indicator)) {
        leave_out(l, path, line, message_text(home_language(), MSG_MATCH_INDICATOR));
        return 0;
    }
    r = set_builder_add(l->set, &l->value, indicator, 0);
    l->n_values += !r;
    if (r > 0) {
        why = message_text(home_language(), MSG_MATCH_FULL);
        diag_add(&l->diag, DIAG_ERROR, path, line, 1, "%.*s", STR_ARG(why));
    }
    return r;
}

/* "value" or "value TAB indicator". 1: the set is full, see diag. */
static int add_row(struct list *l, const char *path, unsigned line, struct str row)
{
    struct str value = STR_NONE, indicator = row;
    int r;

    if (!str_split(&indicator, '\t', &value))
        return 0;
    indicator = str_trim(indicator);
    r = clue_read(value, &l->value);
    if (r > 0) {
        leave_out(l, path, line, message_text(home_language(), clue_fault_text(r)));
        return 0;
    }
    return r ? r : add_value(l, path, line, indicator);
}

static int add_file(struct list *l, const char *path)
{
    CLEANUP(buf_done) struct buf text;
    struct str rest, row;
    unsigned line = 0;
    int r;

    buf_init(&text, LIST_MAX);
    r = file_read(path, LIST_MAX, &text, &l->diag);
    rest = buf_str(&text);
    while (!r && str_split(&rest, '\n', &row)) {
        line++;
        row = str_trim(row);
        if (row.len && row.at[0] != '#')
            r = add_row(l, path, line, row);
    }
    return r;
}

static int write_set(struct list *l, const char *path)
{
    CLEANUP(buf_done) struct buf file;
    int r;

    buf_init(&file, SET_MAX);
    r = set_builder_print(l->set, &file);
    if (r)
        return command_fail("the set cannot be made: %s", strerror(-r));
    if (file_write_atomic(path, buf_str(&file), 0644, &l->diag))
        return EXIT_FAILED;
    command_print_diag(&l->diag);
    diag_clear(&l->diag);
    printf("DONE  %zu values, left out: %zu, %zu bytes\n", l->n_values, l->n_left_out, file.len);
    return l->n_left_out ? EXIT_FAILED : EXIT_DONE;
}

static int run_compile(const struct arguments *args)
{
    struct set_mark mark = {.flags = args->values[OPT_EXACT] ? 0 : SET_BELOW};
    struct list l = {.set = set_builder_new(&mark, NULL)};
    int status = EXIT_DONE, r = l.set ? 0 : -ENOMEM;

    if (!args->values[OPT_OUT]) {
        set_builder_free(l.set);
        command_fail("intel compile needs --out SET");
        return EXIT_USAGE;
    }
    clue_init(&l.value);
    diag_init(&l.diag);
    for (size_t i = 0; i < args->n_rest && !r; i++)
        r = add_file(&l, args->rest[i]);
    if (r < 0)
        status = command_fail("the lists cannot be read: %s", strerror(-r));
    else
        status = r ? EXIT_FAILED : write_set(&l, args->values[OPT_OUT]);
    command_print_diag(&l.diag);
    diag_done(&l.diag);
    clue_done(&l.value);
    set_builder_free(l.set);
    return status;
}

static const struct option_row compile_options[] = {
    {"--out", "SET", "the file to write; it is replaced as a whole"},
    {"--exact-names", NULL, "a name does not stand for the names below it"},
};
const struct command cmd_intel_compile = {"intel compile",
                                          "FILE…",
                                          "Makes a set for matching out of lists of values",
                                          compile_options,
                                          ARRAY_LEN(compile_options),
                                          1,
                                          SIZE_MAX,
                                          run_compile,
                                          false};

/* ---- match ---- */

enum { OPT_SET };

struct search {
    const struct set *set;
    struct buf name; /* of the file, as it may be shown */
    struct buf form, indicator;
    struct clue value;
};

static int show(struct search *s, const struct set_entry *entry)
{
    int r;

    buf_clear(&s->form);
    buf_clear(&s->value.bytes);
    buf_clear(&s->indicator);
    s->value.type = entry->type;
    r = buf_add_str(&s->value.bytes, entry->bytes);
    if (!r)
        r = clue_show(&s->value, &s->form);
    if (r)
        return ERR(r);
    return utf8_is_valid(entry->indicator) ? buf_add_str(&s->indicator, entry->indicator)
                                           : utf8_print_safe(entry->indicator, &s->indicator);
}

static int tell(const struct match_hit *hit, void *context)
{
    struct search *s = context;
    JSON_AUTO *line = json_object();
    int r = line ? show(s, hit->entry) : -ENOMEM;

    if (!r)
        r = json_put_strn(line, "file", buf_str(&s->name));
    if (!r)
        r = json_put_int(line, "line", (int64_t)hit->line);
    if (!r)
        r = json_put_int(line, "offset", (int64_t)hit->offset);
    if (!r)
        r = json_put_int(line, "length", (int64_t)hit->written.len);
    if (!r)
        r = json_put_str(line, "type", clue_type_name(hit->entry->type));
    if (!r)
        r = json_put_strn(line, "value", buf_str(&s->form));
    if (!r)
        r = json_put_strn(line, "indicator", buf_str(&s->indicator));
    if (!r && (json_dumpf(line, stdout, JSON_COMPACT) || putchar('\n') < 0))
        r = -EIO;
    return r;
}

static int add_piece(void *to, struct str piece)
{
    return matcher_add(to, piece);
}

static int read_all(int fd, uint64_t size, struct matcher *m)
{
    int r = progress_read(fd, size, "matching", add_piece, m);

    return r ? r : matcher_end(m);
}

static int match_file(struct search *s, const char *path)
{
    CLEANUP(matcher_freep) struct matcher *m = matcher_new(s->set, tell, s);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;
    struct stat st;

    if (fd < 0)
        return command_fail("%s cannot be read: %m", path);
    buf_clear(&s->name);
    r = !m ? -ENOMEM : fstat(fd, &st) ? -errno : utf8_print_safe(str_of(path), &s->name);
    if (!r)
        r = read_all(fd, (uint64_t)st.st_size, m);
    close(fd);
    return r ? command_fail("%s cannot be matched: %s", path, strerror(-r)) : EXIT_DONE;
}

static int match_files(const struct set *set, const struct arguments *args)
{
    struct search s = {.set = set};
    int worst = EXIT_DONE;

    buf_init(&s.name, FORM_MAX);
    buf_init(&s.form, FORM_MAX);
    buf_init(&s.indicator, INDICATOR_SHOWN_MAX);
    clue_init(&s.value);
    for (size_t i = 0; i < args->n_rest; i++) {
        int status = match_file(&s, args->rest[i]);

        worst = MAX_OF(worst, status);
    }
    buf_done(&s.name);
    buf_done(&s.form);
    buf_done(&s.indicator);
    clue_done(&s.value);
    return fflush(stdout) ? command_fail("the hits cannot be written: %m") : worst;
}

static int run_match(const struct arguments *args)
{
    CLEANUP(set_freep) struct set *set = NULL;
    struct diag diag;
    int r;

    if (!args->values[OPT_SET]) {
        command_fail("match needs --set SET");
        return EXIT_USAGE;
    }
    diag_init(&diag);
    r = set_open(args->values[OPT_SET], &set, &diag);
    command_print_diag(&diag);
    if (r && !diag.n_errors)
        command_fail("%s cannot be read: %s", args->values[OPT_SET], strerror(r < 0 ? -r : EIO));
    diag_done(&diag);
    return r ? EXIT_FAILED : match_files(set, args);
}

static const struct option_row match_options[] = {
    {"--set", "SET", "what to look for, as intel compile wrote it"},
};
const struct command cmd_match = {"match",
                                  "FILE…",
                                  "Tells what of a set of values stands in logs",
                                  match_options,
                                  ARRAY_LEN(match_options),
                                  1,
                                  SIZE_MAX,
                                  run_match,
                                  false};
