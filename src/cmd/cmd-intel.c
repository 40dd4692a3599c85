/* `tsujiban intel extract FILE…`: the values in texts, PDF, office documents and mail, each with its place, one JSON line a hit. `tsujiban intel value TEXT…`: what a spelling
 * stands for. Both only read; nothing is kept. */
#include "cmd/commands.h"
#include "cmd/home.h"
#include "cmd/progress.h"

#include "base/json.h"
#include "base/utf8.h"
#include "guard/document-text.h"
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
#define HEAD ((size_t)64 << 10) /* bytes by which a document is known */

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
    struct buf name;          /* as it may be shown */
    struct document document; /* what its text was taken out of; empty: it is text */
    struct extractor *extractor;
};

/* Where a person finds it: {"page": 3}, {"paragraph": 12, "part": "footnotes"}, {"sheet": "…", "cell": "B7"}, {"slide": 2}, {"header": "Subject"}, … */
static int put_place(json_t *line, const struct document *d, const struct document_place *p)
{
    CLEANUP(buf_done) struct buf cell;
    struct str name = document_name(d, p);
    int r = 0;

    buf_init(&cell, 64);
    switch (p->kind) {
    case PLACE_PAGE:
        return json_put_int(line, "page", p->n);
    case PLACE_PARAGRAPH:
    case PLACE_SLIDE:
        r = json_put_int(line, p->kind == PLACE_SLIDE ? "slide" : "paragraph", p->n);
        return r || !name.len ? r : json_put_strn(line, "part", name);
    case PLACE_CELL:
        if ((r = json_put_strn(line, "sheet", name)) || (r = document_print_cell(p, &cell)))
            return r;
        return json_put_strn(line, "cell", buf_str(&cell));
    case PLACE_HEAD:
        return json_put_strn(line, "header", name);
    default:
        r = json_put_strn(line, "part", name);
        return r || p->kind != PLACE_FILE ? r : json_put_flag(line, "attachment", true);
    }
}

static int tell(const struct extract_hit *hit, void *context)
{
    struct file *file = context;
    const struct document_place *place = document_place_at(&file->document, hit->offset);
    JSON_AUTO *line = json_object();
    int r = line ? json_put_strn(line, "file", buf_str(&file->name)) : -ENOMEM;

    if (!r && place)
        r = put_place(line, &file->document, place);
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

    return extractor_add(file->extractor, piece);
}

static int read_all(int fd, struct file *file)
{
    struct stat st;
    int r = fstat(fd, &st) ? -errno : progress_read(fd, (uint64_t)st.st_size, command_word(MSG_PROGRESS_READING), add_piece, file);

    return r ? r : extractor_end(file->extractor);
}

/* Of a pipe it fails, and nothing is lost: it is text. */
static bool is_document(int fd)
{
    static char head[HEAD];
    ssize_t n = pread(fd, head, sizeof(head), 0);

    return n > 0 && document_is_one((struct str){head, (size_t)n});
}

static int refuse(const char *path, int r, const struct document_answer *answer)
{
    static const enum message_key words[] = {
        [DOCUMENT_E_NONE] = MSG_FAIL_DOCUMENT_NONE,
        [DOCUMENT_E_DAMAGED] = MSG_FAIL_DOCUMENT_DAMAGED,
        [DOCUMENT_E_ENCRYPTED] = MSG_FAIL_DOCUMENT_ENCRYPTED,
        [DOCUMENT_E_TIME] = MSG_FAIL_DOCUMENT_TIME,
        [DOCUMENT_E_LARGE] = MSG_FAIL_DOCUMENT_LARGE,
        [DOCUMENT_E_KIND] = MSG_FAIL_DOCUMENT_KIND,
        [DOCUMENT_E_DOCTYPE] = MSG_FAIL_DOCUMENT_DOCTYPE,
    };

    return *answer->where ? command_fail(MSG_FAIL_WITHIN, {"path", str_of(path)}, {"where", str_of(answer->where)}, MESSAGE_WORD("why", words[r]))
                          : command_fail(MSG_FAIL_VALUE_BAD, {"given", str_of(path)}, MESSAGE_WORD("why", words[r]));
}

/* Its text and places. */
static int take_text(const char *path, int fd, struct file *file)
{
    struct document_answer answer;
    int text = memfd_create("text", MFD_CLOEXEC), r = text < 0 ? -errno : document_text(fd, text, &answer);

    if (!r)
        r = document_load(text, &file->document);
    if (text >= 0)
        close(text);
    if (r > 0)
        return refuse(path, r, &answer);
    if (r)
        return command_fail(MSG_FAIL_VALUE_BAD, {"given", str_of(path)}, {"why", str_of(command_why(-r))});
    if (answer.n_inside)
        command_note(MSG_SAID_INSIDE_UNREAD, {"path", str_of(path)}, {"n", NUMBER(answer.n_inside)});
    return 0;
}

static int extract_text(struct file *file)
{
    int r = extractor_add(file->extractor, document_str(&file->document));

    return r ? r : extractor_end(file->extractor);
}

static int extract_open(const char *path, int fd, struct file *file)
{
    bool is_one = is_document(fd);
    int r = is_one ? take_text(path, fd, file) : 0;

    if (r)
        return r;
    r = utf8_print_safe(str_of(path), &file->name);
    if (!r)
        r = (file->extractor = extractor_new(tell, file)) ? 0 : -ENOMEM;
    if (!r)
        r = is_one ? extract_text(file) : read_all(fd, file);
    extractor_free(file->extractor);
    return r ? command_fail(MSG_FAIL_HELD_TOLD, {"path", str_of(path)}, {"why", str_of(command_why(-r))}) : EXIT_DONE;
}

static int extract_file(const char *path)
{
    struct file file = {.extractor = NULL};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;

    if (fd < 0)
        return command_fail_why(MSG_CONSOLE_READ, path, errno);
    buf_init(&file.name, FORM_MAX);
    document_init(&file.document);
    r = extract_open(path, fd, &file);
    buf_done(&file.name);
    document_done(&file.document);
    close(fd);
    return r;
}

static int run_extract(const struct arguments *args)
{
    int worst = EXIT_DONE;

    for (size_t i = 0; i < args->n_rest; i++) {
        int status = extract_file(args->rest[i]);

        worst = MAX_OF(worst, status);
    }
    if (fflush(stdout))
        return command_fail(MSG_FAIL_HITS_WRITTEN, {"why", str_of(command_why(errno))});
    return worst;
}

const struct command cmd_intel_extract = {
    "intel extract",
    "FILE…",
    MSG_HELP_INTEL_EXTRACT,
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
        status = command_fail(MSG_FAIL_VALUE_BAD, {"given", str_of(text)}, {"why", why});
    } else if (r) {
        status = command_fail(MSG_FAIL_VALUE_TOLD, {"given", str_of(text)}, {"why", str_of(command_why(-r))});
    }
    clue_done(&v);
    return status;
}

static int wrong_type(const char *name)
{
    CLEANUP(buf_done) struct buf known;
    int r = 0;

    buf_init(&known, 4096);
    for (unsigned i = 1; !r && i < CLUE_N_TYPES; i++)
        r = buf_printf(&known, "%s%s", i > 1 ? " " : "", clue_type_name((enum clue_type)i));
    return r ? command_fail(MSG_CONSOLE_MEMORY) : command_wrong(MSG_WRONG_CLUE_TYPE, {"given", str_of(name)}, {"known", buf_str(&known)});
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
    {"--type", "TYPE", MSG_OPTION_INTEL_FIND_TYPE},
};
const struct command cmd_intel_value = {
    "intel value",
    "TEXT…",
    MSG_HELP_INTEL_VALUE,
    clue_options,
    ARRAY_LEN(clue_options),
    1,
    SIZE_MAX,
    run_value,
    false};
