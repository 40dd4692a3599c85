/* `tsujiban intel convert --from FORMAT --to FORMAT FILE…`: threat intelligence from one exchange format into another, without a store. Each thing that
 * cannot be carried is told with its place; the rest is. */
#include "cmd/commands.h"
#include "cmd/convert.h"
#include "cmd/home.h"
#include "cmd/progress.h"

#include "base/file.h"
#include "base/time.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPT_FROM, OPT_TO, OPT_OUT };

static const struct convert_source *const sources[] = {&convert_from_misp, &convert_from_stix,
                                                       &convert_from_csv, &convert_from_text};
static const struct convert_sink *const sinks[] = {&convert_to_stix, &convert_to_misp,
                                                   &convert_to_feed};

/* ---- places ---- */

struct str convert_shown(struct conversion *c, struct str s)
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

int convert_say(struct conversion *c, bool is_warning, const char *place, const char *what,
                struct str words)
{
    CLEANUP(buf_done) struct buf path;
    int r;

    c->n_errors += !is_warning;
    c->n_warnings += is_warning;
    buf_init(&path, CONVERT_LINE_MAX);
    r = utf8_print_safe(str_of(c->path), &path);
    fprintf(stderr, "%.*s%s: %s: %s%s%.*s\n", STR_ARG(buf_str(&path)), place,
            command_word(is_warning ? MSG_WORD_WARNING : MSG_WORD_ERROR), what, *what ? ": " : "", STR_ARG(words));
    return r;
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

    if (c->sink->is_folder)
        return EXIT_DONE;
    if (!c->out)
        return fflush(stdout) ? command_fail(MSG_FAIL_IT_WRITTEN, {"why", str_of(command_why(errno))}) : EXIT_DONE;
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

    return c->source->add(c, piece);
}

static int read_file(struct conversion *c, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;
    struct stat st;

    if (fd < 0)
        return command_fail_why(MSG_CONSOLE_READ, path, errno);
    c->path = path;
    r = fstat(fd, &st) ? -errno : 0;
    if (!r && st.st_mtim.tv_sec > 0)
        c->made_us = (uint64_t)st.st_mtim.tv_sec * US_PER_SECOND;
    if (!r)
        r = c->source->begin(c);
    if (!r)
        r = progress_read(fd, (uint64_t)st.st_size, command_word(MSG_PROGRESS_CONVERTING), add_piece, c);
    if (!r)
        r = c->source->end(c);
    close(fd);
    return r ? command_fail_why(MSG_CONSOLE_CONVERTED, path, -r) : EXIT_DONE;
}

static int convert(struct conversion *c, const struct arguments *args)
{
    int status = EXIT_DONE, r = c->sink->open(c);

    for (size_t i = 0; i < args->n_rest && !r && !status; i++)
        status = read_file(c, args->rest[i]);
    if (!r && !status)
        r = c->sink->close(c);
    if (r)
        status = command_fail(MSG_FAIL_CONVERTED, {"why", str_of(command_why(-r))});
    if (!status)
        status = finish(c);
    c->source->done(c);
    c->sink->done(c);
    if (!status)
        command_note(MSG_SAID_CONVERTED, {"n", NUMBER(c->n_objects)}, {"left", NUMBER(c->n_left_out)}, {"errors", NUMBER(c->n_errors)}, {"warnings", NUMBER(c->n_warnings)});
    return !status && c->n_errors ? EXIT_FAILED : status;
}

static int usage(void)
{
    CLEANUP(buf_done) struct buf from, to;
    int r = 0;

    buf_init(&from, 1024);
    buf_init(&to, 1024);
    for (size_t i = 0; !r && i < ARRAY_LEN(sources); i++)
        r = buf_printf(&from, "%s%s", i ? "|" : "", sources[i]->name);
    for (size_t i = 0; !r && i < ARRAY_LEN(sinks); i++)
        r = buf_printf(&to, "%s%s", i ? "|" : "", sinks[i]->name);
    return r ? command_fail(MSG_CONSOLE_MEMORY) : command_wrong(MSG_WRONG_CONVERT, {"from", buf_str(&from)}, {"to", buf_str(&to)});
}

static int run_convert(const struct arguments *args)
{
    const char *from = args->values[OPT_FROM], *to = args->values[OPT_TO];
    struct conversion c = {.out = args->values[OPT_OUT]};
    int status;

    for (size_t i = 0; from && i < ARRAY_LEN(sources); i++)
        if (strcmp(sources[i]->name, from) == 0)
            c.source = sources[i];
    for (size_t i = 0; to && i < ARRAY_LEN(sinks); i++)
        if (strcmp(sinks[i]->name, to) == 0)
            c.sink = sinks[i];
    if (!c.source || !c.sink)
        return usage();
    if (c.sink->is_folder && !c.out)
        return command_wrong(MSG_FAIL_CONVERT_OUT, {"format", str_of(to)});
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
    {"--from", "FORMAT", MSG_OPTION_INTEL_CONVERT_FROM},
    {"--to", "FORMAT", MSG_OPTION_INTEL_CONVERT_TO},
    {"--out", "FILE|DIR", MSG_OPTION_INTEL_CONVERT_OUT},
};
const struct command cmd_intel_convert = {
    "intel convert",
    "FILE…",
    MSG_HELP_INTEL_CONVERT,
    convert_options,
    ARRAY_LEN(convert_options),
    1,
    SIZE_MAX,
    run_convert,
    false};
