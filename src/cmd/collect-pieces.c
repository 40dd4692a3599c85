#include "cmd/collect-pieces.h"

#include "base/sheet.h"
#include "cmd/command.h"
#include "engine/collect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define ROW_MAX ((size_t)1 << 20) /* bytes */
#define LOOK 512                  /* bytes by which lines of JSON are known */
#define BROKEN 2                  /* EXIT_FAILED + 1 */

struct pieces {
    const char *path;
    FILE *f;
    struct buf headings, row;  /* the row that begins the next piece; empty: the file is over */
    unsigned n, before, lines; /* lines: of headings and rows that were read, but `row` */
    unsigned row_lines, heading_lines;
    uint64_t done, size;
    bool is_json;
};

/* One row with its line's end. 0; 1: the file is over; BROKEN after words. */
static int read_row(struct pieces *p)
{
    bool is_quoted = false;
    int c;

    buf_clear(&p->row);
    p->row_lines = 0;
    while ((c = getc(p->f)) != EOF) {
        if (buf_add_char(&p->row, (char)c)) {
            command_fail(MSG_FAIL_ROW_BYTES, {"path", str_of(p->path)}, {"max", NUMBER(ROW_MAX)});
            return BROKEN;
        }
        p->done++;
        is_quoted ^= c == '"';
        p->row_lines += c == '\n';
        if (c == '\n' && !is_quoted)
            return 0;
    }
    if (ferror(p->f)) {
        command_fail_why(MSG_CONSOLE_READ, p->path, errno);
        return BROKEN;
    }
    return p->row.len ? 0 : 1;
}

static int look(struct pieces *p)
{
    char first[LOOK];
    size_t n = fread(first, 1, sizeof(first), p->f);

    p->is_json = lines_look_like((struct str){first, n});
    return fseek(p->f, 0, SEEK_SET) ? command_fail_why(MSG_CONSOLE_READ, p->path, errno) : 0;
}

/* Headings, and the first row below them. */
static int begin(struct pieces *p)
{
    int r = read_row(p);

    if (r > 1 || (!r && buf_add_str(&p->headings, buf_str(&p->row))))
        return EXIT_FAILED;
    p->heading_lines = p->lines = p->row_lines;
    r = r ? 1 : read_row(p);
    return r > 1 ? EXIT_FAILED : 0;
}

int pieces_open(const char *path, struct pieces **ret)
{
    struct pieces *p = calloc(1, sizeof(*p));
    struct stat st;
    int r;

    if (!p)
        return command_fail(MSG_CONSOLE_MEMORY);
    p->path = path;
    buf_init(&p->headings, ROW_MAX);
    buf_init(&p->row, ROW_MAX);
    if (!(p->f = fopen(path, "rbe")) || fstat(fileno(p->f), &st))
        r = command_fail(MSG_FAIL_COLLECT_READ, {"path", str_of(path)}, {"why", str_of(command_why(errno))});
    else
        r = look(p);
    if (!r) {
        p->size = (uint64_t)st.st_size;
        r = p->is_json ? 0 : begin(p);
    }
    if (r) {
        pieces_close(p);
        return r;
    }
    *ret = p;
    return 0;
}

void pieces_close(struct pieces *p)
{
    if (!p)
        return;
    if (p->f)
        fclose(p->f);
    buf_done(&p->headings);
    buf_done(&p->row);
    free(p);
}

static int too_large(const struct pieces *p)
{
    command_fail(MSG_FAIL_ROWS_LARGE, {"path", str_of(p->path)}, {"n", NUMBER(COLLECT_LINES_MAX)});
    return BROKEN;
}

static int next_json(struct pieces *p, struct buf *out)
{
    char piece[16384];
    size_t n;

    if (p->n++)
        return 1;
    while ((n = fread(piece, 1, sizeof(piece), p->f)) > 0) {
        p->done += n;
        if (buf_add(out, piece, n))
            return too_large(p);
    }
    return ferror(p->f) ? command_fail_why(MSG_CONSOLE_READ, p->path, errno) + 1 : 0;
}

int pieces_next(struct pieces *p, struct buf *out, unsigned *ret_before)
{
    buf_clear(out);
    *ret_before = p->lines - p->heading_lines;
    if (p->is_json)
        return next_json(p, out);
    if (p->n && !p->row.len)
        return 1;
    p->n++;
    if (buf_add_str(out, buf_str(&p->headings)))
        return too_large(p);
    for (unsigned i = 0; i < COLLECT_LINES_MAX && p->row.len; i++) {
        if (buf_add_str(out, buf_str(&p->row)))
            return too_large(p);
        p->lines += p->row_lines;
        if (read_row(p) > 1)
            return BROKEN;
    }
    return 0;
}

bool pieces_has_more(const struct pieces *p)
{
    return !p->is_json && p->row.len > 0;
}

unsigned pieces_n(const struct pieces *p)
{
    return p->n;
}

uint64_t pieces_done(const struct pieces *p)
{
    return p->done;
}

uint64_t pieces_size(const struct pieces *p)
{
    return p->size;
}
