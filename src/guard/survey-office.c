/* Parts of office documents (OOXML: ECMA-376; OpenDocument 1.3), by their names in the document and the local names of their elements. */
#include "guard/survey-inside.h"

#include <errno.h>
#include <expat.h>
#include <stdlib.h>

#define DEPTH_MAX 200u
#define STYLES_MAX 256u /* of hidden tables in one OpenDocument */
#define TEXT_MAX 400u

enum part {
    PART_NONE,
    PART_WORD,    /* text of a Word document: body, heads, feet, notes */
    PART_REMARKS, /* comments, of whatever kind */
    PART_BOOK,    /* the workbook: its sheets */
    PART_SHEET,
    PART_SLIDE,
    PART_PROPERTIES, /* of the document: who, when, by what */
    PART_CUSTOM,
    PART_ODF,
    PART_ODF_META,
    PART_ODF_SETTINGS,
    PART_PEOPLE,
    PART_BY_NAME, /* it is there: that is all there is to say */
};

/* In a name "*" stands for anything without a '/'; the first row that fits counts. */
static const struct {
    const char *name;
    enum part part;
    enum survey_kind kind; /* PART_BY_NAME, PART_REMARKS */
} parts[] = {
    {"word/document.xml", PART_WORD, METADATA_KINDS},
    {"word/header*.xml", PART_WORD, METADATA_KINDS},
    {"word/footer*.xml", PART_WORD, METADATA_KINDS},
    {"word/footnotes.xml", PART_WORD, METADATA_KINDS},
    {"word/endnotes.xml", PART_WORD, METADATA_KINDS},
    {"word/glossary/document.xml", PART_WORD, METADATA_KINDS},
    {"word/styles.xml", PART_WORD, METADATA_KINDS}, /* a style hides what is of it */
    {"word/stylesWithEffects.xml", PART_WORD, METADATA_KINDS},
    {"word/glossary/styles.xml", PART_WORD, METADATA_KINDS},
    {"word/numbering.xml", PART_WORD, METADATA_KINDS},
    {"word/afchunk*", PART_BY_NAME, HIDDEN_ATTACHMENT}, /* whole documents of another format, shown in place */
    {"word/activeX/*", PART_BY_NAME, HIDDEN_SCRIPT},
    {"word/vbaData.xml", PART_BY_NAME, HIDDEN_SCRIPT},
    {"word/attachedToolbars.bin", PART_BY_NAME, HIDDEN_SCRIPT},
    {"word/printerSettings/*", PART_BY_NAME, METADATA_PRINTER},
    {"word/tags/*", PART_BY_NAME, METADATA_PROPERTY},
    {"word/people.xml", PART_PEOPLE, METADATA_KINDS},
    {"word/settings.xml", PART_WORD, METADATA_KINDS},
    {"word/comments*.xml", PART_REMARKS, HIDDEN_REMARK},
    {"xl/workbook.xml", PART_BOOK, METADATA_KINDS},
    {"xl/macrosheets/*", PART_BY_NAME, HIDDEN_SCRIPT},
    {"xl/dialogsheets/*", PART_BY_NAME, HIDDEN_SCRIPT},
    {"xl/activeX/*", PART_BY_NAME, HIDDEN_SCRIPT},
    {"xl/pivotCache/pivotCacheRecords*.xml", PART_BY_NAME, HIDDEN_ATTACHMENT}, /* all rows that were ever summed up, whatever the table shows */
    {"xl/model/*", PART_BY_NAME, HIDDEN_ATTACHMENT},
    {"xl/printerSettings/*", PART_BY_NAME, METADATA_PRINTER},
    {"xl/queryTables/*", PART_BY_NAME, METADATA_PROPERTY},
    {"xl/customProperty*", PART_BY_NAME, METADATA_PROPERTY},
    {"xl/worksheets/*.xml", PART_SHEET, METADATA_KINDS},
    {"xl/chartsheets/*.xml", PART_SHEET, METADATA_KINDS},
    {"xl/comments*.xml", PART_REMARKS, HIDDEN_REMARK},
    {"xl/comments/*.xml", PART_REMARKS, HIDDEN_REMARK},
    {"xl/threadedComments/*.xml", PART_REMARKS, HIDDEN_REMARK},
    {"xl/persons/*.xml", PART_PEOPLE, METADATA_KINDS},
    {"xl/revisions/*.xml", PART_BY_NAME, HIDDEN_CHANGE},
    {"xl/externalLinks/*.xml", PART_BY_NAME, METADATA_PROPERTY},
    {"xl/connections.xml", PART_BY_NAME, METADATA_PROPERTY},
    {"ppt/slides/slide*.xml", PART_SLIDE, METADATA_KINDS},
    {"ppt/notesSlides/*.xml", PART_BY_NAME, HIDDEN_NOTE},
    {"ppt/comments/*.xml", PART_REMARKS, HIDDEN_REMARK},
    {"ppt/commentAuthors.xml", PART_PEOPLE, METADATA_KINDS},
    {"ppt/authors.xml", PART_PEOPLE, METADATA_KINDS},
    {"ppt/activeX/*", PART_BY_NAME, HIDDEN_SCRIPT},
    {"ppt/tags/*", PART_BY_NAME, METADATA_PROPERTY},
    {"ppt/changesInfos/*", PART_BY_NAME, HIDDEN_CHANGE},
    {"ppt/revisionInfo.xml", PART_BY_NAME, METADATA_REVISION_ID},
    {"ppt/printerSettings/*", PART_BY_NAME, METADATA_PRINTER},
    {"word/embeddings/*", PART_BY_NAME, HIDDEN_ATTACHMENT},
    {"xl/embeddings/*", PART_BY_NAME, HIDDEN_ATTACHMENT},
    {"ppt/embeddings/*", PART_BY_NAME, HIDDEN_ATTACHMENT},
    {"word/vbaProject.bin", PART_BY_NAME, HIDDEN_SCRIPT},
    {"xl/vbaProject.bin", PART_BY_NAME, HIDDEN_SCRIPT},
    {"ppt/vbaProject.bin", PART_BY_NAME, HIDDEN_SCRIPT},
    {"docProps/core.xml", PART_PROPERTIES, METADATA_KINDS},
    {"docProps/app.xml", PART_PROPERTIES, METADATA_KINDS},
    {"docProps/custom.xml", PART_CUSTOM, METADATA_KINDS},
    {"docProps/thumbnail.*", PART_BY_NAME, METADATA_THUMBNAIL},
    {"docMetadata/*", PART_BY_NAME, METADATA_PROPERTY}, /* the sender's own classification, with his organisation's number */
    {"customXml/*", PART_BY_NAME, METADATA_PROPERTY},
    {"customUI/*", PART_BY_NAME, HIDDEN_SCRIPT},
    {"_xmlsignatures/*", PART_BY_NAME, METADATA_AUTHOR},
    {"content.xml", PART_ODF, METADATA_KINDS},
    {"styles.xml", PART_ODF, METADATA_KINDS},
    {"meta.xml", PART_ODF_META, METADATA_KINDS},
    {"*/content.xml", PART_ODF, METADATA_KINDS}, /* of an object in the document */
    {"*/styles.xml", PART_ODF, METADATA_KINDS},
    {"*/meta.xml", PART_ODF_META, METADATA_KINDS},
    {"Versions/*", PART_BY_NAME, METADATA_OLDER},
    {"VersionList.xml", PART_BY_NAME, METADATA_OLDER},
    {"META-INF/documentsignatures.xml", PART_BY_NAME, METADATA_AUTHOR},
    {"settings.xml", PART_ODF_SETTINGS, METADATA_KINDS},
    {"Thumbnails/*", PART_BY_NAME, METADATA_THUMBNAIL},
    {"Basic/*", PART_BY_NAME, HIDDEN_SCRIPT},
    {"Dialogs/*", PART_BY_NAME, HIDDEN_SCRIPT},
    {"Scripts/*", PART_BY_NAME, HIDDEN_SCRIPT},
    {"Scripts/python/*", PART_BY_NAME, HIDDEN_SCRIPT},
};

static bool fits(const char *pattern, struct str name)
{
    const char *star = strchr(pattern, '*');
    struct str head = {pattern, star ? (size_t)(star - pattern) : strlen(pattern)};
    struct str tail = star ? str_of(star + 1) : STR_NONE;

    if (!star)
        return str_eq(head, name);
    return name.len >= head.len + tail.len && str_starts(name, head) && str_ends(name, tail) &&
           !memchr(name.at + head.len, '/', name.len - head.len - tail.len);
}

static size_t row_of(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (fits(parts[i].name, name))
            return i;
    return ARRAY_LEN(parts);
}

bool survey_is_office_part(struct str name)
{
    return row_of(name) < ARRAY_LEN(parts);
}

/* ---- reading XML ---- */

struct reader {
    struct survey *s;
    XML_Parser parser;
    enum part part;
    unsigned depth, n_rows, n_columns, n_remarks, n_hidden_texts, n_hidden_styles;
    const char *element; /* whose text is collected; borrowed from a table */
    enum survey_kind text_kind;
    char text[TEXT_MAX];
    size_t n_text;
    bool has_stopped;
    char *hidden_styles[STYLES_MAX];
    char style[128]; /* the table style at hand */
};

/* "uri|local" */
static const char *local(const char *name)
{
    const char *bar = strrchr(name, '|');

    return bar ? bar + 1 : name;
}

static const char *attribute(const XML_Char **attrs, const char *name)
{
    for (size_t i = 0; attrs[i]; i += 2)
        if (!strcmp(local(attrs[i]), name))
            return attrs[i + 1];
    return NULL;
}

static bool is_one_of(const char *word, const char *const list[])
{
    for (size_t i = 0; list[i]; i++)
        if (!strcmp(word, list[i]))
            return true;
    return false;
}

static bool is_on(const char *value)
{
    return !value || (strcmp(value, "0") && strcmp(value, "false") && strcmp(value, "off"));
}

static void read_word(struct reader *r, const char *name, const XML_Char **attrs)
{
    static const char *const changes[] = {
        "ins",        "del",        "moveFrom",      "moveTo",
        "rPrChange",  "pPrChange",  "sectPrChange",  "tblPrChange",
        "trPrChange", "tcPrChange", "tblGridChange", "numberingChange",
        "cellIns",    "cellDel",    "cellMerge",     "tblPrExChange",
        NULL};
    const char *author = attribute(attrs, "author");

    if (is_one_of(name, changes) && (author || attribute(attrs, "id")))
        survey_add_text(r->s, HIDDEN_CHANGE, author ? author : "");
    else if ((!strcmp(name, "vanish") || !strcmp(name, "specVanish")) &&
             is_on(attribute(attrs, "val")))
        r->n_hidden_texts++;
    else if (!strcmp(name, "rsidRoot") || !strcmp(name, "rsids"))
        survey_add_text(r->s, METADATA_REVISION_ID, "");
    else if (!strcmp(name, "commentReference"))
        r->n_remarks++;
    if (attribute(attrs, "rsidR") || attribute(attrs, "rsidRPr") || attribute(attrs, "rsidP"))
        survey_add_text(r->s, METADATA_REVISION_ID, "");
}

static void read_book(struct reader *r, const char *name, const XML_Char **attrs)
{
    const char *state = attribute(attrs, "state"), *sheet = attribute(attrs, "name");

    if (!strcmp(name, "sheet") && state && strcmp(state, "visible"))
        survey_add_text(r->s, HIDDEN_SHEET, sheet ? sheet : "");
    else if (!strcmp(name, "fileSharing") && attribute(attrs, "userName"))
        survey_add_text(r->s, METADATA_AUTHOR, attribute(attrs, "userName"));
}

static void read_sheet(struct reader *r, const char *name, const XML_Char **attrs)
{
    const char *hidden = attribute(attrs, "hidden");

    if (!hidden || !is_on(hidden))
        return;
    r->n_rows += !strcmp(name, "row");
    r->n_columns += !strcmp(name, "col");
}

static void read_remark(struct reader *r, const char *name, const XML_Char **attrs)
{
    const char *author = attribute(attrs, "author");

    if (!strcmp(name, "comment") || !strcmp(name, "cm") || !strcmp(name, "threadedComment")) {
        r->n_remarks++;
        if (author)
            survey_add_text(r->s, METADATA_AUTHOR, author);
    } else if (!strcmp(name, "author")) {
        r->element = "author";
        r->text_kind = METADATA_AUTHOR;
    }
}

static void read_people(struct reader *r, const XML_Char **attrs)
{
    static const char *const names[] = {"author", "displayName", "name", NULL};

    for (size_t i = 0; names[i]; i++)
        if (attribute(attrs, names[i]))
            survey_add_text(r->s, METADATA_AUTHOR, attribute(attrs, names[i]));
}

static const struct {
    const char *element;
    enum survey_kind kind;
} properties[] = {
    {"creator", METADATA_AUTHOR},
    {"initial-creator", METADATA_AUTHOR},
    {"lastModifiedBy", METADATA_EDITOR},
    {"printed-by", METADATA_EDITOR},
    {"created", METADATA_DATE},
    {"modified", METADATA_DATE},
    {"lastPrinted", METADATA_DATE},
    {"creation-date", METADATA_DATE},
    {"date", METADATA_DATE},
    {"print-date", METADATA_DATE},
    {"title", METADATA_TITLE},
    {"subject", METADATA_TITLE},
    {"keywords", METADATA_TITLE},
    {"keyword", METADATA_TITLE},
    {"description", METADATA_COMMENT},
    {"category", METADATA_TITLE},
    {"Company", METADATA_COMPANY},
    {"Manager", METADATA_AUTHOR},
    {"Application", METADATA_SOFTWARE},
    {"AppVersion", METADATA_SOFTWARE},
    {"generator", METADATA_SOFTWARE},
    {"Template", METADATA_PROPERTY},
    {"TotalTime", METADATA_PROPERTY},
    {"editing-duration", METADATA_PROPERTY},
    {"editing-cycles", METADATA_PROPERTY},
    {"revision", METADATA_PROPERTY},
    {"user-defined", METADATA_PROPERTY},
    {"HyperlinkBase", METADATA_PROPERTY},
};

static void read_property(struct reader *r, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(properties); i++)
        if (!strcmp(name, properties[i].element)) {
            r->element = properties[i].element;
            r->text_kind = properties[i].kind;
        }
}

/* Its name, and all that its driver keeps. */
static void read_setting(struct reader *r, const char *name, const XML_Char **attrs)
{
    const char *key = attribute(attrs, "name");

    if (strcmp(name, "config-item") || !key ||
        (strcmp(key, "PrinterName") && strcmp(key, "PrinterSetup")))
        return;
    r->element = "config-item";
    r->text_kind = METADATA_PRINTER;
}

static bool is_hidden_style(const struct reader *r, const char *name)
{
    for (unsigned i = 0; i < r->n_hidden_styles; i++)
        if (!strcmp(r->hidden_styles[i], name))
            return true;
    return false;
}

static void keep_hidden_style(struct reader *r)
{
    if (r->n_hidden_styles < STYLES_MAX &&
        !(r->hidden_styles[r->n_hidden_styles++] = strdup(r->style))) {
        r->n_hidden_styles--;
        r->s->error = r->s->error ? r->s->error : -ENOMEM;
    }
}

static void read_odf(struct reader *r, const char *name, const XML_Char **attrs)
{
    const char *visibility = attribute(attrs, "visibility"),
               *style = attribute(attrs, "style-name"), *display = attribute(attrs, "display"),
               *title = attribute(attrs, "name");

    if (!strcmp(name, "changed-region") || !strcmp(name, "cell-content-change"))
        survey_add_text(r->s, HIDDEN_CHANGE, "");
    else if (!strcmp(name, "annotation"))
        r->n_remarks++;
    else if (!strcmp(name, "hidden-text") || !strcmp(name, "hidden-paragraph"))
        r->n_hidden_texts++;
    else if (!strcmp(name, "text-properties") && display && !strcmp(display, "none"))
        r->n_hidden_texts++;
    else if (!strcmp(name, "style"))
        (void)snprintf(r->style, sizeof(r->style), "%s", title ? title : "");
    else if (!strcmp(name, "table-properties") && display && !strcmp(display, "false"))
        keep_hidden_style(r);
    else if (!strcmp(name, "table") && style && is_hidden_style(r, style))
        survey_add_text(r->s, HIDDEN_SHEET, title ? title : "");
    else if (!strcmp(name, "drawing-page-properties") && visibility &&
             !strcmp(visibility, "hidden"))
        survey_add_text(r->s, HIDDEN_SLIDE, r->style);
    else if (visibility && (!strcmp(visibility, "collapse") || !strcmp(visibility, "filter"))) {
        r->n_rows += !strcmp(name, "table-row");
        r->n_columns += !strcmp(name, "table-column");
    }
}

static void XMLCALL on_start(void *user, const XML_Char *full, const XML_Char **attrs)
{
    struct reader *r = user;
    const char *name = local(full);

    if (++r->depth > DEPTH_MAX) {
        r->has_stopped = true;
        XML_StopParser(r->parser, XML_FALSE);
        return;
    }
    switch (r->part) {
    case PART_WORD:
        read_word(r, name, attrs);
        break;
    case PART_BOOK:
        read_book(r, name, attrs);
        break;
    case PART_SHEET:
        read_sheet(r, name, attrs);
        break;
    case PART_SLIDE:
        if (!strcmp(name, "sld") && attribute(attrs, "show") && !is_on(attribute(attrs, "show")))
            survey_add_text(r->s, HIDDEN_SLIDE, "");
        break;
    case PART_REMARKS:
        read_remark(r, name, attrs);
        break;
    case PART_PEOPLE:
        read_people(r, attrs);
        break;
    case PART_PROPERTIES:
    case PART_ODF_META:
        read_property(r, name);
        break;
    case PART_CUSTOM:
        if (!strcmp(name, "property"))
            survey_add_text(r->s, METADATA_PROPERTY,
                            attribute(attrs, "name") ? attribute(attrs, "name") : "");
        break;
    case PART_ODF_SETTINGS:
        read_setting(r, name, attrs);
        break;
    case PART_ODF:
        read_odf(r, name, attrs);
        break;
    default:
        break;
    }
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len)
{
    struct reader *r = user;
    size_t n = MIN_OF((size_t)len, sizeof(r->text) - r->n_text);

    if (!r->element)
        return;
    memcpy(r->text + r->n_text, text, n);
    r->n_text += n;
}

static void XMLCALL on_end(void *user, const XML_Char *full)
{
    struct reader *r = user;

    r->depth--;
    if (!r->element || strcmp(local(full), r->element))
        return;
    if (r->n_text)
        survey_add(r->s, r->text_kind, (struct str){r->text, r->n_text});
    r->element = NULL;
    r->n_text = 0;
}

/* No document of these kinds declares one; what it could do is not looked into. */
static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_internal)
{
    struct reader *r = user;

    r->has_stopped = true;
    XML_StopParser(r->parser, XML_FALSE);
}

static void tell_counts(struct reader *r)
{
    if (r->n_rows)
        survey_add_count(r->s, HIDDEN_ROW, r->n_rows, "");
    if (r->n_columns)
        survey_add_count(r->s, HIDDEN_COLUMN, r->n_columns, "");
    if (r->n_remarks)
        survey_add_count(r->s, HIDDEN_REMARK, r->n_remarks, "");
    if (r->n_hidden_texts)
        survey_add_count(r->s, HIDDEN_TEXT, r->n_hidden_texts, "");
}

static void read_part(struct survey *s, enum part part, struct str bytes)
{
    struct reader r = {.s = s, .part = part, .parser = XML_ParserCreateNS(NULL, '|')};

    if (!r.parser) {
        s->error = s->error ? s->error : -ENOMEM;
        return;
    }
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    if (XML_Parse(r.parser, bytes.at, (int)bytes.len, 1) != XML_STATUS_OK || r.has_stopped) {
        if (XML_GetErrorCode(r.parser) == XML_ERROR_NO_MEMORY)
            s->error = -ENOMEM;
        survey_add_text(s, METADATA_UNREADABLE, "");
    }
    tell_counts(&r);
    for (unsigned i = 0; i < r.n_hidden_styles; i++)
        free(r.hidden_styles[i]);
    XML_ParserFree(r.parser);
}

void survey_office(struct survey *s, struct str name, struct str bytes)
{
    size_t row = row_of(name);

    if (row == ARRAY_LEN(parts))
        return;
    if (parts[row].part == PART_BY_NAME)
        survey_add(s, parts[row].kind, name);
    else if (bytes.len)
        read_part(s, parts[row].part, bytes);
}
