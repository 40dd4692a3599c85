/* An office document without what mat2 leaves in it: the thumbnail (OOXML), the printer (OpenDocument), and of a Word document its comments, and
 * tracked changes as if every one had been accepted. The bytes of each part are kept as they are but for the
 * elements that go: expat says where each begins and ends.
 * Source   ECMA-376 part 1, 17.13 (annotations: comments 17.13.4, revisions 17.13.5). */
#include "guard/prepare-inside.h"

#include "guard/survey.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <unistd.h>

#define DEPTH_MAX 200u
#define PIECE ((size_t)64 << 10)

/* ---- one part ---- */

struct open_element {
    size_t at;        /* how much had been written when it began */
    bool is_row;      /* a row or cell of a table */
    bool is_settings; /* of a row or cell: trPr, tcPr */
    bool is_wrapper;  /* its tags go, what is in it stays */
    bool is_gone;     /* a row or cell that was deleted */
};

struct rewriter {
    XML_Parser parser;
    struct str in;
    struct buf *out;
    size_t from;             /* first byte that was neither written nor left out */
    unsigned depth, dropped; /* depth of the element that goes whole; 0: none */
    struct open_element open[DEPTH_MAX + 1];
    bool is_story;
    int r;
};

static const char *local(const char *name)
{
    const char *bar = strrchr(name, '|');

    return bar ? bar + 1 : name;
}

static bool is_one_of(const char *word, const char *const list[])
{
    for (size_t i = 0; list[i]; i++)
        if (!strcmp(word, list[i]))
            return true;
    return false;
}

static bool is_word_element(const char *full)
{
    return strstr(full, "wordprocessingml") != NULL && strchr(full, '|') != NULL;
}

static const char *attribute(const XML_Char **attrs, const char *name)
{
    for (size_t i = 0; attrs[i]; i += 2)
        if (!strcmp(local(attrs[i]), name))
            return attrs[i + 1];
    return NULL;
}

/* What holds comments, who wrote them, and the picture of the first page. */
static bool is_remark_part(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    return !strncmp(name, "comments", 8) || !strcmp(name, "people.xml") ||
           (!strncmp(name, "thumbnail.", 10) && strstr(path, "docProps/"));
}

static bool goes(const struct rewriter *w, const char *full, const XML_Char **attrs)
{
    static const char *const whole[] = {"del",
                                        "moveFrom",
                                        "commentRangeStart",
                                        "commentRangeEnd",
                                        "commentReference",
                                        "moveFromRangeStart",
                                        "moveFromRangeEnd",
                                        "moveToRangeStart",
                                        "moveToRangeEnd",
                                        "rPrChange",
                                        "pPrChange",
                                        "sectPrChange",
                                        "tblPrChange",
                                        "tblPrExChange",
                                        "trPrChange",
                                        "tcPrChange",
                                        "tblGridChange",
                                        "numberingChange",
                                        "cellIns",
                                        "cellDel",
                                        "cellMerge",
                                        "customXmlInsRangeStart",
                                        "customXmlInsRangeEnd",
                                        "customXmlDelRangeStart",
                                        "customXmlDelRangeEnd",
                                        "customXmlMoveFromRangeStart",
                                        "customXmlMoveFromRangeEnd",
                                        "customXmlMoveToRangeStart",
                                        "customXmlMoveToRangeEnd",
                                        "trackRevisions",
                                        NULL};
    const char *part = attribute(attrs, "PartName"), *target = attribute(attrs, "Target"),
               *key = attribute(attrs, "name");

    if (w->is_story)
        return is_word_element(full) && is_one_of(local(full), whole);
    if (key && !strcmp(local(full), "config-item"))
        return !strcmp(key, "PrinterName") || !strcmp(key, "PrinterSetup");
    return (part && !strcmp(local(full), "Override") && is_remark_part(part)) ||
           (target && !strcmp(local(full), "Relationship") && is_remark_part(target));
}

static bool is_wrapper(const struct rewriter *w, const char *full)
{
    return w->is_story && is_word_element(full) &&
           (!strcmp(local(full), "ins") || !strcmp(local(full), "moveTo"));
}

static void copy_up_to(struct rewriter *w, size_t at)
{
    if (!w->r && at > w->from)
        w->r = buf_add(w->out, w->in.at + w->from, at - w->from);
    w->from = MAX_OF(w->from, at);
}

/* A mark of deletion among the settings of a row or a cell: all of it goes. */
static void mark_row(struct rewriter *w, const char *name)
{
    if (strcmp(name, "del") && strcmp(name, "cellDel"))
        return;
    if (w->depth < 2 || !w->open[w->depth - 1].is_settings)
        return;
    for (unsigned i = w->depth - 1; i > 0; i--)
        if (w->open[i].is_row) {
            w->open[i].is_gone = true;
            return;
        }
}

static void XMLCALL on_start(void *user, const XML_Char *full, const XML_Char **attrs)
{
    struct rewriter *w = user;
    size_t at = (size_t)XML_GetCurrentByteIndex(w->parser);
    const char *name = local(full);
    struct open_element *e;

    if (++w->depth > DEPTH_MAX) {
        w->r = PREPARE_E_DAMAGED;
        XML_StopParser(w->parser, XML_FALSE);
        return;
    }
    if (w->dropped)
        return;
    copy_up_to(w, at);
    e = &w->open[w->depth];
    *e = (struct open_element){.at = w->out->len};
    if (w->is_story && is_word_element(full)) {
        e->is_row = !strcmp(name, "tr") || !strcmp(name, "tc");
        e->is_settings = !strcmp(name, "trPr") || !strcmp(name, "tcPr");
        mark_row(w, name);
    }
    if (goes(w, full, attrs)) {
        w->dropped = w->depth;
    } else if (is_wrapper(w, full)) {
        e->is_wrapper = true;
        w->from = at + (size_t)XML_GetCurrentByteCount(w->parser);
    }
}

static void XMLCALL on_end(void *user, const XML_Char *full)
{
    struct rewriter *w = user;
    size_t at = (size_t)XML_GetCurrentByteIndex(w->parser),
           end = at + (size_t)XML_GetCurrentByteCount(w->parser);
    const struct open_element *e = &w->open[MIN_OF(w->depth, DEPTH_MAX)];

    if (w->dropped) {
        if (w->dropped == w->depth) {
            w->from = end;
            w->dropped = 0;
        }
    } else if (e->is_gone) {
        buf_cut(w->out, e->at);
        w->from = end;
    } else if (e->is_wrapper) {
        copy_up_to(w, at);
        w->from = end;
    }
    w->depth--;
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal)
{
    struct rewriter *w = user;

    w->r = PREPARE_E_DAMAGED;
    XML_StopParser(w->parser, XML_FALSE);
}

int prepare_office_part(struct str part, bool is_story, struct buf *out)
{
    struct rewriter w = {
        .parser = XML_ParserCreateNS(NULL, '|'), .in = part, .out = out, .is_story = is_story};

    if (!w.parser)
        return -ENOMEM;
    XML_SetUserData(w.parser, &w);
    XML_SetElementHandler(w.parser, on_start, on_end);
    XML_SetStartDoctypeDeclHandler(w.parser, on_doctype);
    if (XML_Parse(w.parser, part.at, (int)part.len, 1) != XML_STATUS_OK && !w.r)
        w.r = XML_GetErrorCode(w.parser) == XML_ERROR_NO_MEMORY ? -ENOMEM : PREPARE_E_DAMAGED;
    XML_ParserFree(w.parser);
    copy_up_to(&w, part.len);
    return w.r;
}

/* ---- the document ---- */

struct copying {
    struct archive *in, *out;
    char *piece;
};

static bool is_story(const char *name)
{
    struct str s = str_of(name);

    return str_starts(s, STR("word/")) && str_ends(s, STR(".xml")) &&
           (!strcmp(name, "word/document.xml") || !strcmp(name, "word/settings.xml") ||
            !strcmp(name, "word/footnotes.xml") || !strcmp(name, "word/endnotes.xml") ||
            !strcmp(name, "word/glossary/document.xml") || !strcmp(name, "word/styles.xml") ||
            !strcmp(name, "word/stylesWithEffects.xml") || !strcmp(name, "word/glossary/styles.xml") || !strcmp(name, "word/numbering.xml") || str_starts(s, STR("word/header")) ||
            str_starts(s, STR("word/footer")));
}

static bool is_list(const char *name)
{
    return !strcmp(name, "[Content_Types].xml") || !strcmp(name, "settings.xml") ||
           str_ends(str_of(name), STR(".rels"));
}

static int take_member(const struct copying *c, struct buf *out)
{
    la_ssize_t n;

    while ((n = archive_read_data(c->in, c->piece, PIECE)) > 0) {
        int r = buf_add(out, c->piece, (size_t)n);

        if (r)
            return r == -ENOSPC ? PREPARE_E_KIND : r;
    }
    return n < 0 ? PREPARE_E_DAMAGED : 0;
}

static int give_member(const struct copying *c, const char *name, struct str bytes)
{
    struct archive_entry *e = archive_entry_new();
    int r = e ? 0 : -ENOMEM;

    if (r)
        return r;
    archive_entry_set_pathname(e, name);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_size(e, (la_int64_t)bytes.len);
    if (archive_write_header(c->out, e) != ARCHIVE_OK ||
        archive_write_data(c->out, bytes.at, bytes.len) != (la_ssize_t)bytes.len)
        r = -EIO;
    archive_entry_free(e);
    return r;
}

static int copy_member(const struct copying *c, const char *name)
{
    CLEANUP(buf_done) struct buf bytes, made;
    int r;

    buf_init(&bytes, SURVEY_BYTES_MAX);
    buf_init(&made, SURVEY_BYTES_MAX);
    if ((r = take_member(c, &bytes)))
        return r;
    if (bytes.len == 0 || (!is_story(name) && !is_list(name)))
        return give_member(c, name, buf_str(&bytes));
    r = prepare_office_part(buf_str(&bytes), is_story(name), &made);
    return r ? r : give_member(c, name, buf_str(&made));
}

static int copy_all(const struct copying *c)
{
    for (;;) {
        struct archive_entry *e;
        int next = archive_read_next_header(c->in, &e), r;
        const char *name;

        if (next == ARCHIVE_EOF)
            return 0;
        if (next != ARCHIVE_OK || !(name = archive_entry_pathname(e)))
            return PREPARE_E_DAMAGED;
        if (archive_entry_filetype(e) == AE_IFDIR || is_remark_part(name))
            continue;
        if ((r = copy_member(c, name)))
            return r;
    }
}

int prepare_office(int in, int out)
{
    struct copying c = {archive_read_new(), archive_write_new(), malloc(PIECE)};
    int r = c.in && c.out && c.piece ? 0 : -ENOMEM;

    if (!r && (archive_read_support_format_zip_seekable(c.in) != ARCHIVE_OK ||
               lseek(in, 0, SEEK_SET) != 0 || archive_read_open_fd(c.in, in, PIECE) != ARCHIVE_OK))
        r = PREPARE_E_DAMAGED;
    if (!r && (archive_write_set_format_zip(c.out) != ARCHIVE_OK ||
               archive_write_open_fd(c.out, out) != ARCHIVE_OK))
        r = -ENOMEM;
    if (!r)
        r = copy_all(&c);
    if (!r && archive_write_close(c.out) != ARCHIVE_OK)
        r = -EIO;
    free(c.piece);
    if (c.in)
        archive_read_free(c.in);
    if (c.out)
        archive_write_free(c.out);
    return r;
}
