#include "guard/document-inside.h"

#include "guard/content-type.h"
#include "guard/draw.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PENDING_MAX ((size_t)1 << 20)
#define MARK_MAX 300u /* bytes of a place in the stream, its name escaped */
#define MAIL_HEAD ((size_t)64 << 10) /* bytes by which a mail is known */

/* ---- what is written ---- */

static int write_out(struct drawing *d)
{
    struct str rest = buf_str(&d->pending);

    while (rest.len) {
        ssize_t n = write(d->out, rest.at, rest.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -EIO;
        rest = (struct str){rest.at + n, rest.len - (size_t)n};
    }
    buf_clear(&d->pending);
    return 0;
}

int drawing_refuse(struct drawing *d, int why, const char *part, unsigned long line, unsigned long column)
{
    CLEANUP(buf_done) struct buf name;

    buf_init(&name, 4 * DOCUMENT_NAME_MAX);
    if (d->why)
        return 1;
    d->why = why;
    IGNORE(utf8_print_safe((struct str){part, MIN_OF(strlen(part), (size_t)DOCUMENT_NAME_MAX / 2)}, &name), "then it is told without its part");
    if (line)
        snprintf(d->answer.where, sizeof(d->answer.where), "%.*s:%lu:%lu", (int)MIN_OF(name.len, (size_t)DOCUMENT_NAME_MAX), name.len ? name.at : "", line,
                 column);
    else
        snprintf(d->answer.where, sizeof(d->answer.where), "%.*s", (int)MIN_OF(name.len, (size_t)DOCUMENT_NAME_MAX), name.len ? name.at : "");
    return 1;
}

/* At the border of a character. */
static size_t cut_at(struct str s, size_t max)
{
    size_t n = MIN_OF(s.len, max);

    while (n && n < s.len && ((unsigned char)s.at[n] & 0xc0) == 0x80)
        n--;
    return n;
}

void drawing_at(struct drawing *d, enum document_place_kind kind, uint32_t n, uint32_t column, struct str name)
{
    size_t len = cut_at(name, DOCUMENT_NAME_MAX);

    if (d->is_told && d->kind == kind && d->n == n && d->column == column && str_eq(str_of(d->name), (struct str){name.at, len}))
        return;
    d->kind = kind;
    d->n = n;
    d->column = column;
    if (len)
        memcpy(d->name, name.at, len);
    d->name[len] = '\0';
    d->is_told = false;
}

static int put_character(struct drawing *d, uint32_t c)
{
    if (c == '\r' || (c < 0x20 && c != '\t' && c != '\n' && c != '\f') || (c >= 0x7f && c < 0xa0))
        return 0;
    return utf8_put(c, &d->pending);
}

/* Its name without controls, so that none of it is taken for the place's end. */
static int put_place(struct drawing *d)
{
    int r = buf_printf(&d->pending, "\x1e%c,%u,%u,", (char)d->kind, d->n, d->column);
    struct str name = str_of(d->name);

    for (size_t at = 0; !r && at < name.len;) {
        uint32_t c = utf8_next(name, &at);

        r = c == '\n' || c == '\t' || c == '\f' ? 0 : put_character(d, c);
    }
    d->is_told = true;
    d->n_places++;
    return r ? r : buf_add_char(&d->pending, '\x1f');
}

int drawing_add(struct drawing *d, struct str text)
{
    int r = 0;

    if (!text.len)
        return 0;
    d->n_text += text.len;
    if (d->n_text > DOCUMENT_TEXT_MAX || d->n_places >= DOCUMENT_PLACES_MAX)
        return drawing_refuse(d, DOCUMENT_E_LARGE, "", 0, 0);
    if (!d->is_told && d->kind)
        r = put_place(d);
    for (size_t at = 0; !r && at < text.len;) {
        r = put_character(d, utf8_next(text, &at));
        if (!r && d->pending.len > PENDING_MAX)
            r = write_out(d);
    }
    d->is_line_open = true;
    return r;
}

int drawing_end_line(struct drawing *d)
{
    if (!d->is_line_open)
        return 0;
    d->is_line_open = false;
    d->n_text++;
    return buf_add_char(&d->pending, '\n');
}

int drawing_add_target(struct drawing *d, struct str target)
{
    int r = drawing_add(d, STR(" <"));

    if (!r)
        r = drawing_add(d, target);
    return r ? r : drawing_add(d, STR("> "));
}

/* ---- kinds ---- */

static int draw_package(struct drawing *d, int fd, uint64_t size)
{
    struct package p = {0};
    const struct part *type;
    int r = package_open(d, fd, size, &p);

    type = r ? NULL : package_part(&p, STR("mimetype"));
    if (!r && type && str_starts(type->bytes, STR("application/vnd.oasis.opendocument.")))
        r = draw_opendocument(d, &p);
    else if (!r)
        r = draw_ooxml(d, &p);
    package_done(&p);
    return r;
}

/* Of today's format, which needs a password, or the old one. */
static int refuse_old(struct drawing *d, struct str bytes)
{
    static const char name[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";

    return drawing_refuse(d, memmem(bytes.at, bytes.len, name, sizeof(name) - 1) ? DOCUMENT_E_ENCRYPTED : DOCUMENT_E_KIND, "", 0, 0);
}

static int draw_text(struct drawing *d, struct str bytes)
{
    CLEANUP(buf_done) struct buf plain;
    int r;

    buf_init(&plain, DOCUMENT_TEXT_MAX);
    r = draw_plain(bytes, &plain);
    if (r == -ENOSPC)
        return drawing_refuse(d, DOCUMENT_E_LARGE, "", 0, 0);
    if (r)
        return r > 0 ? drawing_refuse(d, DOCUMENT_E_KIND, "", 0, 0) : r;
    return drawing_add(d, buf_str(&plain));
}

static int draw_bytes(struct drawing *d, int fd, struct str bytes)
{
    struct str head = {bytes.at, MIN_OF(bytes.len, (size_t)CONTENT_HEAD)};

    switch (content_type_of(head)) {
    case CONTENT_ZIP:
        return draw_package(d, fd, bytes.len);
    case CONTENT_OLE:
        return refuse_old(d, bytes);
    case CONTENT_EMPTY:
        return 0;
    case CONTENT_TEXT:
    case CONTENT_OTHER:
        return draw_is_mail((struct str){bytes.at, MIN_OF(bytes.len, MAIL_HEAD)}) ? draw_mail(d, bytes) : draw_text(d, bytes);
    default:
        return drawing_refuse(d, DOCUMENT_E_KIND, "", 0, 0);
    }
}

static int draw_all(struct drawing *d, int fd)
{
    struct stat st;
    char *at;
    int r;

    if (fstat(fd, &st) || lseek(fd, 0, SEEK_SET) < 0)
        return -EIO;
    if ((uint64_t)st.st_size > DOCUMENT_FILE_MAX)
        return drawing_refuse(d, DOCUMENT_E_LARGE, "", 0, 0);
    if (!st.st_size)
        return 0;
    at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED)
        return -ENOMEM;
    r = draw_bytes(d, fd, (struct str){at, (size_t)st.st_size});
    munmap(at, (size_t)st.st_size);
    return r < 0 ? r : write_out(d);
}

int document_draw(int fd, int out, json_t **ret)
{
    struct drawing d = {.out = out};
    int r;

    buf_init(&d.pending, 2 * PENDING_MAX + MARK_MAX);
    r = draw_all(&d, fd);
    buf_wipe(&d.pending);
    if (r < 0)
        return r;
    *ret = json_pack("{s:i, s:s, s:I}", "why", d.why, "where", d.answer.where, "inside", (json_int_t)d.answer.n_inside);
    return *ret ? 0 : -ENOMEM;
}
