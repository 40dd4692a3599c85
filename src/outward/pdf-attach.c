#include "outward/pdf-attach.h"

#include <errno.h>
#include <inttypes.h>

/* What the newest trailer says. */
struct trailer {
    uint64_t table; /* where its cross-reference table lies */
    uint64_t size;  /* one above the highest object */
    uint64_t root, info;
};

/* The last place of `word`; at NULL: none. */
static const char *last_of(struct str pdf, struct str word)
{
    for (size_t i = pdf.len; i >= word.len && i > 0; i--)
        if (!memcmp(pdf.at + i - word.len, word.at, word.len))
            return pdf.at + i - word.len;
    return NULL;
}

/* The number behind a key between `at` and the end. */
static bool number_behind(struct str text, struct str key, uint64_t *ret)
{
    const char *at = memmem(text.at, text.len, key.at, key.len), *end = text.at + text.len;
    struct str digits = {NULL, 0};

    if (!at)
        return false;
    for (at += key.len; at < end && (*at == ' ' || *at == '\n' || *at == '\r'); at++)
        ;
    digits.at = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    digits.len = (size_t)(at - digits.at);
    return !str_to_u64(digits, 0, UINT32_MAX, ret);
}

static int trailer_read(struct str pdf, struct trailer *ret)
{
    const char *at = last_of(pdf, STR("trailer"));
    struct str text;

    if (!at)
        return -EBADMSG;
    text = (struct str){at, (size_t)(pdf.at + pdf.len - at)};
    if (!number_behind(text, STR("/Size"), &ret->size) ||
        !number_behind(text, STR("/Root"), &ret->root) ||
        !number_behind(text, STR("/Info"), &ret->info) ||
        !number_behind(text, STR("startxref"), &ret->table))
        return -EBADMSG;
    return 0;
}

/* What the catalog's dictionary holds, between << and the >> of its end. */
static int catalog_read(struct str pdf, uint64_t root, struct str *ret)
{
    char head[40];
    int len = snprintf(head, sizeof(head), "\n%" PRIu64 " 0 obj\n<<", root);
    const char *at = last_of(pdf, (struct str){head, (size_t)len}), *end;
    size_t rest;

    if (!at)
        return -EBADMSG;
    at += len;
    rest = (size_t)(pdf.at + pdf.len - at);
    end = memmem(at, rest, "endobj", 6);
    if (!end)
        return -EBADMSG;
    while (end > at && end[-1] != '>')
        end--;
    if (end - at < 2 || end[-2] != '>' || memmem(at, (size_t)(end - at), "/Names", 6))
        return -EBADMSG;
    *ret = (struct str){at, (size_t)(end - 2 - at)};
    return 0;
}

static void add_objects(struct buf *pdf, const struct trailer *t, struct str catalog,
                        struct str name, struct str type, struct str data, size_t places[3])
{
    places[0] = pdf->len;
    (void)buf_printf(pdf,
                     "%" PRIu64 " 0 obj\n<< /Type /EmbeddedFile /Subtype /%.*s /Length %zu /Params "
                                "<< /Size %zu >> >>\nstream\n",
                     t->size, STR_ARG(type), data.len, data.len);
    (void)buf_add_str(pdf, data);
    (void)buf_add_text(pdf, "\nendstream\nendobj\n");
    places[1] = pdf->len;
    (void)buf_printf(
        pdf,
        "%" PRIu64
        " 0 obj\n<< /Type /Filespec /F (%.*s) /UF (%.*s) /AFRelationship /Data /EF << /F %" PRIu64
        " 0 R >> >>\nendobj\n",
        t->size + 1, STR_ARG(name), STR_ARG(name), t->size);
    places[2] = pdf->len;
    (void)buf_printf(pdf,
                     "%" PRIu64
                     " 0 obj\n<<%.*s /Names << /EmbeddedFiles << /Names [ (%.*s) %" PRIu64
                     " 0 R ] >> >> /AF [ %" PRIu64 " 0 R ] >>\nendobj\n",
                     t->root, STR_ARG(catalog), STR_ARG(name), t->size + 1, t->size + 1);
}

int pdf_attach(struct buf *pdf, struct str name, struct str type, struct str data)
{
    CLEANUP(buf_done) struct buf catalog;
    struct trailer t;
    struct str found;
    size_t places[3], table;
    int r;

    buf_init(&catalog, 65536);
    r = trailer_read(buf_str(pdf), &t);
    if (!r)
        r = catalog_read(buf_str(pdf), t.root, &found);
    if (r)
        return r;
    if ((r = buf_add_str(&catalog, found))) /* the buffer moves as it grows */
        return r;
    add_objects(pdf, &t, buf_str(&catalog), name, type, data, places);
    table = pdf->len;
    (void)buf_printf(pdf,
                     "xref\n%" PRIu64 " 1\n%010zu 00000 n \n%" PRIu64
                     " 2\n%010zu 00000 n \n%010zu 00000 n \n",
                     t.root, places[2], t.size, places[0], places[1]);
    return buf_printf(pdf,
                      "trailer\n<< /Size %" PRIu64 " /Root %" PRIu64 " 0 R /Info %" PRIu64
                      " 0 R /Prev %" PRIu64 " >>\nstartxref\n%zu\n%%%%EOF\n",
                      t.size + 2, t.root, t.info, t.table, table);
}
