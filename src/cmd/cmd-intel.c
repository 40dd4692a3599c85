/* `tsujiban intel extract FILE…`: the values in texts and PDF, each with its place, one JSON line a hit. `tsujiban intel value TEXT…`: what a spelling
 * stands for. Both only read; nothing is kept. */
#include "cmd/commands.h"
#include "cmd/home.h"
#include "cmd/progress.h"

#include "base/json.h"
#include "base/utf8.h"
#include "guard/content-type.h"
#include "guard/document-text.h"
#include "guard/sandbox.h"
#include "intel/extract.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORM_MAX 65536u
#define PAGES_MAX ((size_t)1 << 20) /* of a document */

static int print_line(const json_t *line)
{
    return json_dumpf(line, stdout, JSON_COMPACT) || putchar('\n') < 0 ? -EIO : 0;
}

static int put_form(json_t *line, const char *key, const struct clue *v,
                    int (*print)(const struct clue *v, struct buf *out))
{
    CLEANUP(buf_done) struct buf form;
    int r;

    buf_init(&form, FORM_MAX);
    r = print(v, &form);
    return r ? ERR(r) : json_put_strn(line, key, buf_str(&form));
}

/* ---- extract ---- */

struct file {
    struct buf name;  /* as it may be shown */
    bool has_pages;   /* its text came out of a document */
    struct buf feeds; /* where pages end, as uint64_t */
    size_t page;      /* that ended before the hit told last */
    uint64_t fed;     /* bytes */
    struct extractor *extractor;
};

/* From 1: hits come in the order of the text. */
static int64_t page_of(struct file *file, uint64_t offset)
{
    const uint64_t *ends = (const uint64_t *)(const void *)file->feeds.at;

    while (file->page < file->feeds.len / sizeof(*ends) && ends[file->page] < offset)
        file->page++;
    return (int64_t)file->page + 1;
}

static int tell(const struct extract_hit *hit, void *context)
{
    struct file *file = context;
    JSON_AUTO *line = json_object();
    int r = line ? json_put_strn(line, "file", buf_str(&file->name)) : -ENOMEM;

    if (!r && file->has_pages)
        r = json_put_int(line, "page", page_of(file, hit->offset));
    if (!r)
        r = json_put_int(line, "line", (int64_t)hit->line);
    if (!r)
        r = json_put_int(line, "offset", (int64_t)hit->offset);
    if (!r)
        r = json_put_int(line, "length", (int64_t)hit->written.len);
    if (!r)
        r = json_put_str(line, "type", clue_type_name(hit->value->type));
    if (!r)
        r = put_form(line, "value", hit->value, clue_show);
    if (!r)
        r = json_put_strn(line, "written", hit->written);
    return r ? ERR(r) : print_line(line);
}

static int add_piece(void *to, struct str piece)
{
    struct file *file = to;
    int r = 0;

    for (size_t i = 0; !r && file->has_pages && i < piece.len; i++)
        if (piece.at[i] == '\f') {
            uint64_t end = file->fed + i;

            r = buf_add(&file->feeds, &end, sizeof(end));
        }
    file->fed += piece.len;
    return r ? r : extractor_add(file->extractor, piece);
}

static int read_all(int fd, uint64_t size, struct file *file)
{
    int r = progress_read(fd, size, "reading", add_piece, file);

    return r ? r : extractor_end(file->extractor);
}

static bool is_pdf(int fd)
{
    char head[CONTENT_HEAD];
    ssize_t n = pread(fd, head, sizeof(head), 0); /* of a pipe it fails, and nothing is lost */

    return n > 0 && content_type_of((struct str){head, (size_t)n}) == CONTENT_PDF;
}

/* Its text takes the place of the file: *fd. */
static int take_text(const char *path, int *fd, struct file *file)
{
    static const char *const words[] = {[DOCUMENT_E_NONE] = "its text cannot be taken out here, bubblewrap and pdftotext (poppler-utils) are needed",
                                        [DOCUMENT_E_FAILED] = "it is damaged, or no PDF", [DOCUMENT_E_ENCRYPTED] = "it is encrypted, and nobody gave the password",
                                        [DOCUMENT_E_TIME] = "taking its text out takes too long", [DOCUMENT_E_LARGE] = "it has too much text"};
    CLEANUP(buf_done) struct buf said;
    int text = memfd_create("text", MFD_CLOEXEC), r = text < 0 ? -errno : 0;

    buf_init(&said, SANDBOX_SAID_MAX);
    if (!r)
        r = document_text_of_pdf(*fd, text, &said);
    if (!r && lseek(text, 0, SEEK_SET) < 0)
        r = -errno;
    if (r) {
        if (text >= 0)
            close(text);
        return command_fail("%s: %s", path, r > 0 ? words[r] : strerror(-r));
    }
    close(*fd);
    *fd = text;
    file->has_pages = true;
    return 0;
}

static int extract_file(const char *path)
{
    CLEANUP(extractor_freep) struct extractor *x = NULL;
    struct file file = {.page = 0};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

    if (fd < 0)
        return command_fail("%s cannot be read: %m", path);
    if (is_pdf(fd) && (r = take_text(path, &fd, &file))) {
        close(fd);
        return r;
    }
    buf_init(&file.name, FORM_MAX);
    buf_init(&file.feeds, PAGES_MAX * sizeof(uint64_t));
    file.extractor = x = extractor_new(tell, &file);
    r = !x ? -ENOMEM : fstat(fd, &st) ? -errno : utf8_print_safe(str_of(path), &file.name);
    if (!r)
        r = read_all(fd, (uint64_t)st.st_size, &file);
    buf_done(&file.name);
    buf_done(&file.feeds);
    close(fd);
    return r ? command_fail("%s: what it holds cannot be told: %s", path, strerror(-r)) : EXIT_DONE;
}

static int run_extract(const struct arguments *args)
{
    int worst = EXIT_DONE;

    for (size_t i = 0; i < args->n_rest; i++) {
        int status = extract_file(args->rest[i]);

        worst = MAX_OF(worst, status);
    }
    if (fflush(stdout))
        return command_fail("the hits cannot be written: %m");
    return worst;
}

const struct command cmd_intel_extract = {
    "intel extract",
    "FILE…",
    "Finds addresses, names, hashes and other values in texts and PDF, with their places",
    NULL,
    0,
    1,
    SIZE_MAX,
    run_extract,
    false};

/* ---- value ---- */

enum { OPT_TYPE };

static int print_value(const struct clue *v)
{
    JSON_AUTO *line = json_object();
    int r = line ? json_put_str(line, "type", clue_type_name(v->type)) : -ENOMEM;

    if (!r)
        r = put_form(line, "value", v, clue_show);
    if (!r)
        r = put_form(line, "defanged", v, clue_defang);
    return r ? ERR(r) : print_line(line);
}

static int clue_one(const char *text, enum clue_type type)
{
    struct clue v;
    struct str why;
    int r, status = EXIT_DONE;

    clue_init(&v);
    r = type == CLUE_NONE ? clue_read(str_of(text), &v) : clue_read_as(type, str_of(text), &v);
    if (!r)
        r = print_value(&v);
    if (r > 0) {
        why = message_text(home_language(), clue_fault_text(r));
        status = command_fail("%s: %.*s", text, STR_ARG(why));
    } else if (r) {
        status = command_fail("%s cannot be told: %s", text, strerror(-r));
    }
    clue_done(&v);
    return status;
}

static int wrong_type(const char *name)
{
    fprintf(stderr, "tsujiban: there is no type \"%s\"; one of:", name);
    for (unsigned i = 1; i < CLUE_N_TYPES; i++)
        fprintf(stderr, " %s", clue_type_name((enum clue_type)i));
    fputc('\n', stderr);
    return EXIT_USAGE;
}

static int run_value(const struct arguments *args)
{
    const char *name = args->values[OPT_TYPE];
    enum clue_type type = name ? clue_type_of(str_of(name)) : CLUE_NONE;
    int worst = EXIT_DONE;

    if (name && type == CLUE_NONE)
        return wrong_type(name);
    for (size_t i = 0; i < args->n_rest; i++) {
        int status = clue_one(args->rest[i], type);

        worst = MAX_OF(worst, status);
    }
    return worst;
}

static const struct option_row clue_options[] = {
    {"--type", "TYPE", "read it as this; without it as what it looks like"},
};
const struct command cmd_intel_value = {
    "intel value",
    "TEXT…",
    "Says what a spelling stands for: type, form and defanged form",
    clue_options,
    ARRAY_LEN(clue_options),
    1,
    SIZE_MAX,
    run_value,
    false};
