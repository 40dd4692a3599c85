#include "guard/document-text.h"

#include "guard/content-type.h"
#include "guard/document-inside.h"
#include "guard/examiner.h"
#include "guard/sandbox.h"

#include "base/file.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK_BEGIN '\x1e'
#define MARK_END '\x1f'
#define PIECE ((size_t)1 << 20)

/* ---- text and places ---- */

void document_init(struct document *d)
{
    buf_init(&d->text, DOCUMENT_TEXT_MAX);
    buf_init(&d->places, DOCUMENT_PLACES_MAX * sizeof(struct document_place));
    buf_init(&d->names, DOCUMENT_STREAM_MAX);
}

void document_done(struct document *d)
{
    buf_wipe(&d->text);
    buf_done(&d->places);
    buf_wipe(&d->names);
}

struct str document_str(const struct document *d)
{
    return d->text.len ? buf_str(&d->text) : STR("");
}

size_t document_n_places(const struct document *d)
{
    return d->places.len / sizeof(struct document_place);
}

const struct document_place *document_places(const struct document *d)
{
    return (const struct document_place *)(const void *)d->places.at;
}

struct str document_name(const struct document *d, const struct document_place *p)
{
    return p->name_len ? (struct str){d->names.at + p->name_at, p->name_len} : STR("");
}

const struct document_place *document_place_at(const struct document *d, uint64_t offset)
{
    const struct document_place *all = document_places(d);
    size_t low = 0, high = document_n_places(d);

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (all[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &all[low - 1] : NULL;
}

int document_print_cell(const struct document_place *p, struct buf *out)
{
    char letters[8];
    size_t n = 0;

    for (uint32_t c = p->column; c && n < sizeof(letters); c = (c - 1) / 26)
        letters[n++] = (char)('A' + (c - 1) % 26);
    while (n)
        if (buf_add_char(out, letters[--n]))
            return buf_error(out);
    return buf_printf(out, "%u", p->n);
}

/* ---- the stream ---- */

static bool is_kind(char c)
{
    return c && strchr("pgcshmf", c);
}

/* "p,3,0," and a name. The last name is not stored again. 1: it is none. */
static int take_place(struct document *d, struct str mark)
{
    struct document_place p = {.offset = d->text.len};
    const struct document_place *last = document_n_places(d) ? &document_places(d)[document_n_places(d) - 1] : NULL;
    struct str piece;
    uint64_t n, column;

    if (!str_split(&mark, ',', &piece) || piece.len != 1 || !is_kind(piece.at[0]))
        return 1;
    p.kind = (enum document_place_kind)piece.at[0];
    if (!str_split(&mark, ',', &piece) || str_to_u64(piece, 0, UINT32_MAX, &n) || !str_split(&mark, ',', &piece) ||
        str_to_u64(piece, 0, UINT32_MAX, &column) || mark.len > DOCUMENT_NAME_MAX + 2)
        return 1;
    p.n = (uint32_t)n;
    p.column = (uint32_t)column;
    p.name_len = (uint32_t)mark.len;
    if (last && str_eq(document_name(d, last), mark)) {
        p.name_at = last->name_at;
    } else {
        p.name_at = (uint32_t)d->names.len;
        if (buf_add_str(&d->names, mark))
            return buf_error(&d->names);
    }
    return buf_add(&d->places, &p, sizeof(p));
}

static bool is_text(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];

        if (c == 0x7f || (c < 0x20 && c != '\t' && c != '\n' && c != '\f'))
            return false;
    }
    return utf8_is_valid(s);
}

static int take_piece(struct document *d, struct str *rest)
{
    const char *mark = memchr(rest->at, MARK_BEGIN, rest->len), *end;
    struct str text = {rest->at, mark ? (size_t)(mark - rest->at) : rest->len};
    int r = is_text(text) ? buf_add_str(&d->text, text) : 1;

    *rest = (struct str){rest->at + text.len, rest->len - text.len};
    if (r || !mark)
        return r;
    end = memchr(rest->at, MARK_END, rest->len);
    if (!end || !is_text((struct str){mark + 1, (size_t)(end - mark) - 1}))
        return 1;
    *rest = (struct str){end + 1, rest->len - (size_t)(end + 1 - rest->at)};
    return take_place(d, (struct str){mark + 1, (size_t)(end - mark) - 1});
}

int document_take(struct str stream, struct document *d)
{
    int r = 0;

    while (!r && stream.len)
        r = take_piece(d, &stream);
    return r == -ENOSPC ? 1 : r;
}

int document_load(int out, struct document *d)
{
    CLEANUP(buf_wipe) struct buf stream;
    off_t at = 0;
    ssize_t n = 1;
    int r = 0;

    buf_init(&stream, DOCUMENT_STREAM_MAX);
    while (!r && n) {
        char *to = buf_grow(&stream, MIN_OF(PIECE, DOCUMENT_STREAM_MAX - stream.len));

        if (!to || stream.len == DOCUMENT_STREAM_MAX)
            return buf_error(&stream) == -ENOMEM ? -ENOMEM : DOCUMENT_E_LARGE;
        n = pread(out, to, stream.len - (size_t)at, at);
        if (n < 0 && errno != EINTR)
            r = -errno;
        n = n < 0 ? 1 : n;
        buf_cut(&stream, (size_t)at + (size_t)(n > 0 && !r ? n : 0));
        at = (off_t)stream.len;
    }
    if (!r)
        r = document_take(buf_str(&stream), d);
    return r == 1 ? DOCUMENT_E_DAMAGED : r;
}

/* ---- who takes it out ---- */

bool document_is_one(struct str head)
{
    enum content_type type = content_type_of(head);

    return type == CONTENT_PDF || type == CONTENT_ZIP || type == CONTENT_OLE || ((type == CONTENT_TEXT || type == CONTENT_OTHER) && draw_is_mail(head));
}

static int answer_of_sandbox(int r, struct str said)
{
    switch (r) {
    case SANDBOX_E_NONE:
        return DOCUMENT_E_NONE;
    case SANDBOX_E_FAILED:
        if (said.len && memmem(said.at, said.len, "not found", strlen("not found")))
            return DOCUMENT_E_NONE;
        return said.len && memmem(said.at, said.len, "assword", strlen("assword")) ? DOCUMENT_E_ENCRYPTED : DOCUMENT_E_DAMAGED;
    case SANDBOX_E_TIME:
        return DOCUMENT_E_TIME;
    case SANDBOX_E_LARGE:
        return DOCUMENT_E_LARGE;
    default:
        return r;
    }
}

/* Each page behind its place; what pdftotext writes of controls is left out. */
static int put_pages(struct str text, struct buf *out)
{
    unsigned page = 1;
    int r = 0;

    while (!r && text.len) {
        const char *feed = memchr(text.at, '\f', text.len);
        struct str one = {text.at, feed ? (size_t)(feed - text.at) : text.len};

        r = buf_printf(out, "%cp,%u,0,%c", MARK_BEGIN, page++, MARK_END);
        for (size_t at = 0; !r && at < one.len;) {
            uint32_t c = utf8_next(one, &at);

            r = c == '\n' || c == '\t' || (c >= 0x20 && !(c >= 0x7f && c < 0xa0)) ? utf8_put(c, out) : 0;
        }
        text = (struct str){text.at + one.len + (feed != NULL), text.len - one.len - (feed != NULL)};
    }
    return r == -ENOSPC ? DOCUMENT_E_LARGE : r;
}

static int read_back(int fd, struct buf *out)
{
    ssize_t n = 1;
    int r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : 0;

    while (!r && n > 0) {
        char piece[65536];

        n = read(fd, piece, sizeof(piece));
        r = n > 0 ? buf_add(out, piece, (size_t)n) : n < 0 ? -errno : 0;
    }
    return r == -ENOSPC ? DOCUMENT_E_LARGE : r;
}

static int text_of_pdf(int fd, int out)
{
    const struct sandbox_job job = {.script = "pdftotext -enc UTF-8 -eol unix in.pdf -", .name = "in.pdf", .in = fd, .out = out, .time_s = DOCUMENT_TIME_S};
    CLEANUP(buf_wipe) struct buf said, text, stream;
    int r;

    buf_init(&said, SANDBOX_SAID_MAX);
    buf_init(&text, DOCUMENT_TEXT_MAX);
    buf_init(&stream, DOCUMENT_STREAM_MAX);
    r = sandbox_run(&job, &said);
    if (r)
        return answer_of_sandbox(r, buf_str(&said));
    r = read_back(out, &text);
    if (!r)
        r = put_pages(buf_str(&text), &stream);
    if (!r && (ftruncate(out, 0) || lseek(out, 0, SEEK_SET) < 0))
        r = -errno;
    return r ? r : file_write_all(out, buf_str(&stream));
}

int document_text(int fd, int out, struct document_answer *ret)
{
    char head[CONTENT_HEAD];
    struct stat st;
    ssize_t n = pread(fd, head, sizeof(head), 0);

    *ret = (struct document_answer){.n_inside = 0};
    if (n < 0 || fstat(fd, &st))
        return -errno;
    if ((uint64_t)st.st_size > DOCUMENT_FILE_MAX)
        return DOCUMENT_E_LARGE;
    if (content_type_of((struct str){head, (size_t)n}) == CONTENT_PDF)
        return text_of_pdf(fd, out);
    return examiner_document(fd, out, ret);
}
