/* Any bytes as a document, or as the parts of one: refused with a reason, or a stream that is read back, whose places stand in order within its text. */
#include "guard/document-inside.h"
#include "guard/draw.h"
#include "guard/mail-read.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PART_END '\x1c'
#define NAME_END '\x1d'
#define PARTS_MAX 64u

static void check_stream(int out)
{
    struct document d;
    uint64_t before = 0;

    document_init(&d);
    if (document_load(out, &d))
        abort();
    for (size_t i = 0; i < document_n_places(&d); i++) {
        const struct document_place *p = &document_places(&d)[i];

        assert(p->offset >= before && p->offset <= document_str(&d).len);
        assert(document_name(&d, p).len <= DOCUMENT_NAME_MAX + 2);
        assert(document_place_at(&d, p->offset));
        before = p->offset;
    }
    document_done(&d);
}

static int memory_file(struct str bytes)
{
    int fd = memfd_create("file", MFD_CLOEXEC);

    if (fd < 0 || write(fd, bytes.at, bytes.len) != (ssize_t)bytes.len)
        abort();
    return fd;
}

static void draw_file(struct str bytes)
{
    int fd = memory_file(bytes), out = memory_file(STR(""));
    JSON_AUTO *report = NULL;

    if (document_draw(fd, out, &report))
        abort();
    if (!json_int(report, "why"))
        check_stream(out);
    close(fd);
    close(out);
}

static char *text_of(struct str s)
{
    char *text = calloc(1, s.len + 1);

    if (!text)
        abort();
    if (s.len)
        memcpy(text, s.at, s.len);
    return text;
}

/* NAME, 0x1D, bytes, 0x1C, … */
static void draw_parts(struct str bytes)
{
    struct part parts[PARTS_MAX];
    struct package p = {.parts = parts};
    struct drawing d = {.out = memory_file(STR(""))};
    struct str piece, name;
    int r;

    buf_init(&d.pending, 8u << 20);
    while (p.n < PARTS_MAX && str_split(&bytes, PART_END, &piece)) {
        if (!str_split(&piece, NAME_END, &name))
            continue;
        parts[p.n].name = text_of(name);
        parts[p.n++].bytes = piece.len ? piece : STR("");
    }
    r = package_part(&p, STR("mimetype")) ? draw_opendocument(&d, &p) : draw_ooxml(&d, &p);
    assert(r >= 0 && (r == 0) == (d.why == 0));
    if (!r) {
        if (d.pending.len && write(d.out, d.pending.at, d.pending.len) != (ssize_t)d.pending.len)
            abort();
        check_stream(d.out);
    }
    buf_done(&d.pending);
    close(d.out);
    for (size_t i = 0; i < p.n; i++)
        free(parts[i].name);
}

static void take(struct str bytes)
{
    struct document d;

    document_init(&d);
    if (document_take(bytes, &d) < 0)
        abort();
    document_done(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    struct str rest = {(const char *)data + 1, size ? size - 1 : 0};

    if (!is_ready && (crypto_start() || draw_prepare() || mail_read_prepare()))
        abort();
    is_ready = true;
    if (!size || size > 1u << 18)
        return 0;
    if (data[0] == 'p')
        draw_parts(rest);
    else if (data[0] == 's')
        take(rest);
    else
        draw_file((struct str){(const char *)data, size});
    return 0;
}
