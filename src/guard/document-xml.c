/* Parts of a document's container, and XML by expat. A declaration of a document type is refused: no office document has one, and what entities could do is not
 * looked into. */
#include "guard/document-inside.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10)
#define MEMBER_NAME_MAX 1024u

/* ---- the container ---- */

/* Parts of XML that lead to text or hold it, and the two that say what the document is. */
static bool is_wanted(struct str name)
{
    static const char *const others[] = {"theme/", "/styles.xml", "/calcChain.xml", "pivotCache/", "/settings.xml", "/fontTable.xml", "/webSettings.xml",
                                         "/stylesWithEffects.xml", "slideMasters/", "slideLayouts/", "customXml/", "docProps/", "/charts/", "/drawings/",
                                         "/diagrams/", "Configurations2/", "Thumbnails/"};

    if (str_eq(name, STR("mimetype")))
        return true;
    if (!str_ends(name, STR(".xml")) && !str_ends(name, STR(".rels")))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (memmem(name.at, name.len, others[i], strlen(others[i])))
            return false;
    return !memchr(name.at, '/', name.len) || !str_ends(name, STR("/content.xml")); /* of an object in the document */
}

static bool is_inside(struct str name)
{
    static const char *const folders[] = {"/embeddings/", "ObjectReplacements/", "/activeX/"};

    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        if (memmem(name.at, name.len, folders[i], strlen(folders[i])))
            return true;
    return memchr(name.at, '/', name.len) && str_ends(name, STR("/content.xml"));
}

static int package_add(struct package *p, struct str name, struct buf *bytes)
{
    if (p->n == p->n_room) {
        size_t room = p->n_room ? 2 * p->n_room : 64;
        struct part *more = reallocarray(p->parts, room, sizeof(*more));

        if (!more)
            return -ENOMEM;
        p->parts = more;
        p->n_room = room;
    }
    p->parts[p->n] = (struct part){.name = strndup(name.at, name.len), .bytes = buf_str(bytes)};
    if (!p->parts[p->n].name)
        return -ENOMEM;
    p->n++;
    *bytes = (struct buf){0}; /* it is the part's now */
    return 0;
}

static bool is_too_much(const struct package *p, uint64_t packed)
{
    return p->size > DOCUMENT_PARTS_MAX || (p->size > DOCUMENT_RATIO_FREE && p->size / DOCUMENT_RATIO_MAX > packed);
}

static int read_entry(struct drawing *d, struct archive *a, uint64_t packed, struct package *p, const char *name, struct buf *out)
{
    for (;;) {
        char *to = buf_grow(out, PIECE);
        la_ssize_t n = to ? archive_read_data(a, to, PIECE) : 0;

        if (!to)
            return buf_error(out) == -ENOMEM ? -ENOMEM : drawing_refuse(d, DOCUMENT_E_LARGE, name, 0, 0);
        buf_cut(out, out->len - PIECE + (size_t)MAX_OF(n, (la_ssize_t)0));
        if (n == ARCHIVE_RETRY)
            continue;
        if (n < 0)
            return drawing_refuse(d, DOCUMENT_E_DAMAGED, name, 0, 0);
        if (!n)
            return 0;
        p->size += (uint64_t)n;
        if (is_too_much(p, packed))
            return drawing_refuse(d, DOCUMENT_E_LARGE, name, 0, 0);
    }
}

static int take_entry(struct drawing *d, struct archive *a, uint64_t packed, struct package *p, struct archive_entry *e)
{
    const char *name = archive_entry_pathname(e);
    CLEANUP(buf_done) struct buf bytes;
    int r;

    buf_init(&bytes, DOCUMENT_PARTS_MAX + 2 * PIECE);
    if (!name || strlen(name) > MEMBER_NAME_MAX)
        return 0;
    d->answer.n_inside += is_inside(str_of(name));
    if (!is_wanted(str_of(name)))
        return 0;
    if (archive_entry_is_encrypted(e))
        return drawing_refuse(d, DOCUMENT_E_ENCRYPTED, name, 0, 0);
    if (package_part(p, str_of(name))) /* two readers would take two different ones */
        return drawing_refuse(d, DOCUMENT_E_DAMAGED, name, 0, 0);
    r = read_entry(d, a, packed, p, name, &bytes);
    return r ? r : package_add(p, str_of(name), &bytes);
}

int package_open(struct drawing *d, int fd, uint64_t size, struct package *ret)
{
    struct archive *a = archive_read_new();
    struct archive_entry *e;
    unsigned n = 0;
    int r = a ? 0 : -ENOMEM, next = ARCHIVE_FATAL;

    if (!r && (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK || archive_read_open_fd(a, fd, PIECE) != ARCHIVE_OK))
        r = drawing_refuse(d, DOCUMENT_E_DAMAGED, "", 0, 0);
    while (!r && ((next = archive_read_next_header(a, &e)) == ARCHIVE_OK || next == ARCHIVE_WARN || next == ARCHIVE_RETRY))
        if (next != ARCHIVE_RETRY)
            r = ++n > DOCUMENT_MEMBERS_MAX ? drawing_refuse(d, DOCUMENT_E_LARGE, "", 0, 0) : take_entry(d, a, size, ret, e);
    if (!r && next != ARCHIVE_EOF)
        r = drawing_refuse(d, DOCUMENT_E_DAMAGED, "", 0, 0);
    if (a)
        archive_read_free(a);
    return r;
}

void package_done(struct package *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->parts[i].name);
        free((char *)(uintptr_t)p->parts[i].bytes.at);
    }
    free(p->parts);
    *p = (struct package){0};
}

const struct part *package_part(const struct package *p, struct str name)
{
    for (size_t i = 0; i < p->n; i++)
        if (str_eq(str_of(p->parts[i].name), name))
            return &p->parts[i];
    return NULL;
}

/* ---- XML ---- */

struct walk {
    struct drawing *d;
    const struct part *part;
    const struct xml_reader *r;
    XML_Parser parser;
    unsigned depth;
    int result;
};

static const char *local(const char *name)
{
    const char *bar = strrchr(name, '|');

    return bar ? bar + 1 : name;
}

bool xml_is(const char *name, const char *other)
{
    return !strcmp(name, other);
}

const char *xml_attribute(const char **attributes, const char *name)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (!strcmp(local(attributes[i]), name))
            return attributes[i + 1];
    return NULL;
}

const char *xml_relation(const char **attributes)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (str_ends(str_of(attributes[i]), STR("/relationships|id")))
            return attributes[i + 1];
    return NULL;
}

static int refuse_here(struct walk *w, int why)
{
    return drawing_refuse(w->d, why, w->part->name, XML_GetCurrentLineNumber(w->parser), XML_GetCurrentColumnNumber(w->parser) + 1);
}

static void after(struct walk *w, int r)
{
    w->result = r;
    if (r)
        XML_StopParser(w->parser, XML_FALSE);
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct walk *w = user;

    if (!w->result)
        after(w, ++w->depth > DOCUMENT_DEPTH_MAX ? refuse_here(w, DOCUMENT_E_DAMAGED) : w->r->start(w->r->context, local(name), attributes));
}

static void XMLCALL on_end(void *user, const XML_Char *name)
{
    struct walk *w = user;

    w->depth--;
    if (!w->result)
        after(w, w->r->end(w->r->context, local(name)));
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len)
{
    struct walk *w = user;

    if (!w->result)
        after(w, w->r->text(w->r->context, (struct str){text, (size_t)len}));
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system_id, const XML_Char *public_id, int has_internal)
{
    struct walk *w = user;

    after(w, refuse_here(w, DOCUMENT_E_DOCTYPE));
}

int xml_read(struct drawing *d, const struct part *part, const struct xml_reader *r)
{
    struct walk w = {.d = d, .part = part, .r = r, .parser = XML_ParserCreateNS(NULL, '|')};

    if (!w.parser)
        return -ENOMEM;
    XML_SetUserData(w.parser, &w);
    XML_SetElementHandler(w.parser, on_start, on_end);
    XML_SetCharacterDataHandler(w.parser, on_text);
    XML_SetStartDoctypeDeclHandler(w.parser, on_doctype);
    if (XML_Parse(w.parser, part->bytes.at, (int)part->bytes.len, 1) != XML_STATUS_OK && !w.result)
        w.result = XML_GetErrorCode(w.parser) == XML_ERROR_NO_MEMORY ? -ENOMEM : refuse_here(&w, DOCUMENT_E_DAMAGED);
    XML_ParserFree(w.parser);
    return w.result;
}
