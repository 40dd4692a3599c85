/* `tsujiban intel check FILE…`: whether STIX files can be read and keep the specification's rules; each finding with its place, as text or as one
 * JSON line. Nothing is kept. */
#include "cmd/commands.h"
#include "cmd/home.h"
#include "cmd/progress.h"

#include "base/json.h"
#include "base/utf8.h"
#include "intel/stix-rules.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHOWN_MAX 100u /* bytes of a value of the file in a message */
#define LINE_MAX ((size_t)64 << 10)

enum { OPT_JSON, OPT_QUIET };

struct check {
    const char *path;
    struct buf file; /* the path as it may be shown */
    struct buf message, safe;
    bool as_json, is_quiet;
    struct stix_rules *rules;
    uint64_t n_errors, n_warnings;
};

/* A piece of the file as it may be shown, cut. */
static struct str shown(struct check *c, struct str s)
{
    size_t n = MIN_OF(s.len, SHOWN_MAX);

    while (n < s.len && n > 0 && ((unsigned char)s.at[n] & 0xc0) == 0x80)
        n--;
    buf_clear(&c->safe);
    if (utf8_print_safe((struct str){s.at, n}, &c->safe) ||
        (n < s.len && buf_add_text(&c->safe, "…")))
        return STR_NONE;
    return buf_str(&c->safe);
}

static int put_words(struct check *c, const struct stix_finding *f)
{
    buf_clear(&c->message);
    return message_print(&c->message, home_language(), stix_fault_text(f->fault),
                         {"value",
                          f->has_why ? message_text(home_language(), f->why) : shown(c, f->value)},
                         {"wanted", f->wanted});
}

static int print_json(struct check *c, const struct stix_finding *f, const char *level)
{
    JSON_AUTO *line = json_object();
    int r = line ? json_put_strn(line, "file", buf_str(&c->file)) : -ENOMEM;

    if (!r)
        r = json_put_int(line, "line", (int64_t)f->at.line);
    if (!r)
        r = json_put_int(line, "column", (int64_t)f->at.column);
    if (!r)
        r = json_put_int(line, "offset", (int64_t)f->offset);
    if (!r)
        r = json_put_str(line, "level", level);
    if (!r)
        r = json_put_str(line, "fault", stix_fault_name(f->fault));
    if (!r && f->number != STIX_NO_NUMBER)
        r = json_put_int(line, "number", (int64_t)f->number);
    if (!r && f->id.len)
        r = json_put_strn(line, "id", shown(c, f->id));
    if (!r && f->path.len)
        r = json_put_strn(line, "path", shown(c, f->path));
    if (!r)
        r = json_put_strn(line, "message", buf_str(&c->message));
    if (!r && (json_dumpf(line, stdout, JSON_COMPACT) || putchar('\n') < 0))
        r = -EIO;
    return r;
}

/* "FILE:3:14: error: objects[17].pattern (indicator--…): words" */
static int print_text(struct check *c, const struct stix_finding *f, const char *level)
{
    struct str s;

    printf("%.*s:%" PRIu64 ":%" PRIu64 ": %s: ", STR_ARG(buf_str(&c->file)), f->at.line,
           f->at.column, level);
    if (f->number != STIX_NO_NUMBER)
        printf("objects[%" PRIu64 "]", f->number);
    s = shown(c, f->path);
    if (s.len)
        printf("%s%.*s", f->number != STIX_NO_NUMBER && s.at[0] != '[' ? "." : "", STR_ARG(s));
    s = shown(c, f->id);
    if (s.len)
        printf(" (%.*s)", STR_ARG(s));
    printf("%s%.*s\n", f->number != STIX_NO_NUMBER || f->path.len ? ": " : "",
           STR_ARG(buf_str(&c->message)));
    return ferror(stdout) ? -EIO : 0;
}

static int fault(const struct stix_finding *f, void *context)
{
    struct check *c = context;
    bool is_error = stix_fault_level(f->fault) == STIX_ERROR;
    const char *level = is_error ? "error" : "warning";
    int r;

    c->n_errors += is_error;
    c->n_warnings += !is_error;
    if (!is_error && c->is_quiet)
        return 0;
    r = put_words(c, f);
    if (r)
        return ERR(r);
    return c->as_json ? print_json(c, f, level) : print_text(c, f, level);
}

static int object(const struct stix_object *o, void *context)
{
    struct check *c = context;
    unsigned n_errors;

    return stix_check(c->rules, o, fault, c, &n_errors);
}

static int add_piece(void *to, struct str piece)
{
    return stix_reader_add(to, piece);
}

static int read_all(struct check *c, int fd, uint64_t size, struct stix_reader *r)
{
    int answer = progress_read(fd, size, "checking", add_piece, r);

    if (!answer)
        answer = stix_reader_end(r);
    if (!answer && !c->as_json)
        printf("%s  %.*s: objects %" PRIu64 ", left out %" PRIu64 ", errors %" PRIu64
               ", warnings %" PRIu64 "\n",
               c->n_errors ? "FAULTY" : "SOUND", STR_ARG(buf_str(&c->file)), stix_reader_objects(r),
               stix_reader_broken(r), c->n_errors, c->n_warnings);
    return answer;
}

static int check_file(struct check *c, const char *path)
{
    const struct stix_reader_calls calls = {object, fault};
    CLEANUP(stix_reader_freep) struct stix_reader *reader = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;
    struct stat st;

    if (fd < 0)
        return command_fail("%s cannot be read: %m", path);
    c->n_errors = c->n_warnings = 0;
    buf_clear(&c->file);
    reader = stix_reader_new(&calls, c);
    r = !reader ? -ENOMEM : fstat(fd, &st) ? -errno : utf8_print_safe(str_of(path), &c->file);
    if (!r)
        r = read_all(c, fd, (uint64_t)st.st_size, reader);
    close(fd);
    if (r)
        return command_fail("%s cannot be checked: %s", path, strerror(-r));
    return c->n_errors ? EXIT_FAILED : EXIT_DONE;
}

static int run_check(const struct arguments *args)
{
    struct check c = {.as_json = args->values[OPT_JSON] != NULL,
                      .is_quiet = args->values[OPT_QUIET] != NULL};
    int worst = EXIT_DONE;

    buf_init(&c.file, LINE_MAX);
    buf_init(&c.message, LINE_MAX);
    buf_init(&c.safe, LINE_MAX);
    c.rules = stix_rules_new();
    if (!c.rules)
        return command_fail("there is no memory");
    for (size_t i = 0; i < args->n_rest; i++) {
        int status = check_file(&c, args->rest[i]);

        worst = MAX_OF(worst, status);
    }
    buf_done(&c.file);
    buf_done(&c.message);
    buf_done(&c.safe);
    stix_rules_free(c.rules);
    return fflush(stdout) ? command_fail("the findings cannot be written: %m") : worst;
}

static const struct option_row check_options[] = {
    {"--json", NULL, "one JSON line a finding, and nothing else"},
    {"--errors", NULL, "errors only, no warnings"},
};
const struct command cmd_intel_check = {
    "intel check",
    "FILE…",
    "Checks STIX files: whether they can be read, and keep the rules",
    check_options,
    ARRAY_LEN(check_options),
    1,
    SIZE_MAX,
    run_check,
    false};
