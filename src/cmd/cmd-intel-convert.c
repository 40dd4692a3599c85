/* `tsujiban intel convert --from FORMAT --to FORMAT FILE…`: threat intelligence from one exchange format into another, without a store. Each thing that
 * cannot be carried is told with its place; the rest is. */
#include "cmd/commands.h"
#include "cmd/convert.h"
#include "cmd/home.h"
#include "cmd/progress.h"

#include "base/file.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPT_FROM, OPT_TO, OPT_OUT };

const struct convert_way *const convert_ways[] = {&convert_misp_to_stix, &convert_stix_to_misp,
                                                  &convert_stix_to_feed};
const size_t convert_n_ways = ARRAY_LEN(convert_ways);

/* ---- places ---- */

static struct str shown(struct conversion *c, struct str s)
{
    size_t n = MIN_OF(s.len, (size_t)CONVERT_SHOWN_MAX);

    while (n < s.len && n > 0 && ((unsigned char)s.at[n] & 0xc0) == 0x80)
        n--;
    buf_clear(&c->safe);
    if (utf8_print_safe((struct str){s.at, n}, &c->safe) ||
        (n < s.len && buf_add_text(&c->safe, "…")))
        return STR_NONE;
    return buf_str(&c->safe);
}

/* "FILE:3:14: error: events[0].Attribute[17].value (UUID): words" */
int convert_tell_misp(const struct misp_finding *f, void *context)
{
    struct conversion *c = context;
    struct str s;
    int r;

    c->n_errors += !f->is_warning;
    c->n_warnings += f->is_warning;
    buf_clear(&c->message);
    r = message_print(&c->message, home_language(), f->text, {"value", shown(c, f->value)},
                      {"wanted", f->wanted});
    if (r == -ENOMEM)
        return r;
    s = shown(c, str_of(c->path));
    fprintf(stderr, "%.*s:%" PRIu64 ":%" PRIu64 ": %s: events[%" PRIu64 "]", STR_ARG(s), f->at.line,
            f->at.column, f->is_warning ? "warning" : "error", f->number);
    s = shown(c, f->path);
    fprintf(stderr, "%s%.*s", s.len ? "." : "", STR_ARG(s));
    s = shown(c, f->uuid);
    if (s.len)
        fprintf(stderr, " (%.*s)", STR_ARG(s));
    fprintf(stderr, ": %.*s\n", STR_ARG(buf_str(&c->message)));
    return 0;
}

/* ---- the way out ---- */

int convert_put(struct conversion *c, struct str piece)
{
    if (c->out)
        return buf_add_str(&c->file, piece);
    return fwrite(piece.at, 1, piece.len, stdout) == piece.len ? 0 : -errno;
}

static int finish(struct conversion *c)
{
    struct diag diag;
    int r;

    if (c->way->is_folder)
        return EXIT_DONE;
    if (!c->out)
        return fflush(stdout) ? command_fail("it cannot be written: %m") : EXIT_DONE;
    diag_init(&diag);
    r = file_write_atomic(c->out, buf_str(&c->file), 0644, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? EXIT_FAILED : EXIT_DONE;
}

/* ---- files ---- */

static int add_piece(void *to, struct str piece)
{
    struct conversion *c = to;

    return c->way->add(c, piece);
}

static int read_file(struct conversion *c, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;
    struct stat st;

    if (fd < 0)
        return command_fail("%s cannot be read: %m", path);
    c->path = path;
    r = fstat(fd, &st) ? -errno : c->way->begin(c);
    if (!r)
        r = progress_read(fd, (uint64_t)st.st_size, "converting", add_piece, c);
    if (!r)
        r = c->way->end(c);
    close(fd);
    return r ? command_fail("%s cannot be converted: %s", path, strerror(-r)) : EXIT_DONE;
}

static int convert(struct conversion *c, const struct arguments *args)
{
    int status = EXIT_DONE, r = c->way->open(c);

    for (size_t i = 0; i < args->n_rest && !r && !status; i++)
        status = read_file(c, args->rest[i]);
    if (!r && !status)
        r = c->way->close(c);
    if (r)
        status = command_fail("it cannot be converted: %s", strerror(-r));
    if (!status)
        status = finish(c);
    c->way->done(c);
    if (!status)
        fprintf(stderr,
                "tsujiban: objects %" PRIu64 ", left out %" PRIu64 ", errors %" PRIu64
                ", warnings %" PRIu64 "\n",
                c->n_objects, c->n_left_out, c->n_errors, c->n_warnings);
    return !status && c->n_errors ? EXIT_FAILED : status;
}

static const struct convert_way *way_of(const char *from, const char *to)
{
    for (size_t i = 0; i < convert_n_ways; i++)
        if (strcmp(convert_ways[i]->from, from) == 0 && strcmp(convert_ways[i]->to, to) == 0)
            return convert_ways[i];
    return NULL;
}

static int usage(void)
{
    fputs("tsujiban: intel convert needs --from and --to, one of:", stderr);
    for (size_t i = 0; i < convert_n_ways; i++)
        fprintf(stderr, "%s %s to %s", i ? "," : "", convert_ways[i]->from, convert_ways[i]->to);
    fputc('\n', stderr);
    return EXIT_USAGE;
}

static int run_convert(const struct arguments *args)
{
    const char *from = args->values[OPT_FROM], *to = args->values[OPT_TO];
    struct conversion c = {.way = from && to ? way_of(from, to) : NULL,
                           .out = args->values[OPT_OUT]};
    int status;

    if (!c.way)
        return usage();
    if (c.way->is_folder && !c.out) {
        command_fail("--to %s needs --out DIR", to);
        return EXIT_USAGE;
    }
    buf_init(&c.file, CONVERT_OUT_MAX);
    buf_init(&c.message, CONVERT_LINE_MAX);
    buf_init(&c.safe, CONVERT_LINE_MAX);
    status = convert(&c, args);
    buf_done(&c.file);
    buf_done(&c.message);
    buf_done(&c.safe);
    return status;
}

static const struct option_row convert_options[] = {
    {"--from", "FORMAT", "what the files are: misp, stix"},
    {"--to", "FORMAT", "what is written: stix, misp, misp-feed"},
    {"--out", "FILE|DIR", "where to, as a whole; standard output unless said; a feed is a folder"},
};
const struct command cmd_intel_convert = {
    "intel convert",
    "FILE…",
    "Turns threat intelligence of one exchange format into another",
    convert_options,
    ARRAY_LEN(convert_options),
    1,
    SIZE_MAX,
    run_convert,
    false};
