/* PDF, by its words: in the clear, and in streams of objects that can be inflated. Which object a word belongs to is not followed; it is enough that
 * it stands there. Source: ISO 32000-1, 7.5 (structure, incremental updates), 7.5.7 (object streams), 12.5 (annotations), 14.3 (metadata). */
#include "guard/survey-inside.h"

#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#define INFLATED_MAX ((size_t)16 << 20)      /* of one stream; more is not inflated */
#define INFLATED_ALL_MAX ((size_t)256 << 20) /* of all; what comes behind is not understood */
#define DICT_BACK 512u /* bytes before "stream" in which its dictionary is looked for */

static const char *find(struct str s, size_t from, const char *word)
{
    return from < s.len ? memmem(s.at + from, s.len - from, word, strlen(word)) : NULL;
}

static const struct {
    const char *word;
    enum survey_kind kind;
} info[] = {
    {"/Author", METADATA_AUTHOR},     {"/Creator", METADATA_SOFTWARE},
    {"/Producer", METADATA_SOFTWARE}, {"/Title", METADATA_TITLE},
    {"/Subject", METADATA_TITLE},     {"/Keywords", METADATA_TITLE},
    {"/CreationDate", METADATA_DATE}, {"/ModDate", METADATA_DATE},
    {"/Company", METADATA_COMPANY},
};

static const struct {
    const char *word;
    enum survey_kind kind;
} words[] = {
    {"/EmbeddedFile", HIDDEN_ATTACHMENT},
    {"/JavaScript", HIDDEN_SCRIPT},
    {"/Launch", HIDDEN_SCRIPT},
    {"/Subtype/Text", HIDDEN_REMARK},
    {"/Subtype /Text", HIDDEN_REMARK},
    {"/Subtype/Popup", HIDDEN_REMARK},
    {"/Subtype /Popup", HIDDEN_REMARK},
    {"/Subtype/FileAttachment", HIDDEN_ATTACHMENT},
    {"/Subtype /FileAttachment", HIDDEN_ATTACHMENT},
};

/* What follows the key: "(text)"; nothing for other forms. */
static struct str literal(struct str s, size_t at)
{
    size_t end;

    while (at < s.len && (s.at[at] == ' ' || s.at[at] == '\r' || s.at[at] == '\n'))
        at++;
    if (at >= s.len || s.at[at] != '(')
        return STR_NONE;
    for (end = ++at; end < s.len && s.at[end] != ')'; end++)
        if (s.at[end] == '\\' && end + 1 < s.len)
            end++;
    end = MIN_OF(end, s.len);
    return (struct str){s.at + at, end - at};
}

/* "()" or "<>": somebody took it out. */
static bool is_empty(struct str s, size_t at)
{
    while (at < s.len && (s.at[at] == ' ' || s.at[at] == '\r' || s.at[at] == '\n'))
        at++;
    return s.len - at >= 2 && (!memcmp(s.at + at, "()", 2) || !memcmp(s.at + at, "<>", 2));
}

/* A key of an information dictionary has a text behind it, or a text in hexadecimal, or a reference; a longer word is another key. */
static void read_info(struct survey *s, struct str text)
{
    for (size_t i = 0; i < ARRAY_LEN(info); i++) {
        size_t len = strlen(info[i].word);

        for (const char *at = text.at; (at = find(text, (size_t)(at - text.at), info[i].word));) {
            size_t behind = (size_t)(at - text.at) + len;
            char c = behind < text.len ? text.at[behind] : 'x';

            at += len;
            if ((c == '(' || c == '<' || c == ' ') && !is_empty(text, behind))
                survey_add(s, info[i].kind, literal(text, behind));
        }
    }
}

static void read_words(struct survey *s, struct str text)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        const char *at = find(text, 0, words[i].word);
        size_t behind = at ? (size_t)(at - text.at) + strlen(words[i].word) : 0;

        if (at && (behind >= text.len || text.at[behind] < 'a' || text.at[behind] > 'z' ||
                   words[i].kind == HIDDEN_ATTACHMENT))
            survey_add_text(s, words[i].kind, "");
    }
    if (find(text, 0, "<x:xmpmeta") || find(text, 0, "<rdf:RDF"))
        survey_add_text(s, METADATA_XMP, "");
}

/* As far as it can be inflated. 0, -ENOMEM. */
static int inflated(struct str packed, char *out, size_t *ret)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed.at,
                  .avail_in = (uInt)packed.len,
                  .next_out = (Bytef *)out,
                  .avail_out = (uInt)INFLATED_MAX};
    int r = inflateInit(&z);

    if (r == Z_OK) {
        r = inflate(&z, Z_FINISH); /* a stream's end may be missing */
        inflateEnd(&z);
    }
    *ret = INFLATED_MAX - z.avail_out;
    return r == Z_MEM_ERROR ? -ENOMEM : 0;
}

/* One stream whose bytes begin at `at`, when its dictionary says that objects or metadata are in it. */
static void read_stream(struct survey *s, struct str bytes, size_t at, char *out, size_t *left)
{
    struct str text = {out, 0};

    at += at < bytes.len && bytes.at[at] == '\r';
    at += at < bytes.len && bytes.at[at] == '\n';
    if (at >= bytes.len)
        return;
    if (inflated((struct str){bytes.at + at, bytes.len - at}, out, &text.len))
        s->error = -ENOMEM;
    *left -= MIN_OF(text.len, *left);
    read_info(s, text);
    read_words(s, text);
}

static void read_streams(struct survey *s, struct str bytes)
{
    size_t at = 0, left = INFLATED_ALL_MAX;
    const char *word;
    char *out = NULL;

    while (!s->error && (word = find(bytes, at, "stream"))) {
        size_t begin = (size_t)(word - bytes.at), back = MIN_OF(begin, (size_t)DICT_BACK);
        const struct str dict = {bytes.at + begin - back, back};

        at = begin + 6;
        if (!find(dict, 0, "/ObjStm") && !find(dict, 0, "/Metadata"))
            continue;
        if (!out && !(out = malloc(INFLATED_MAX)))
            s->error = -ENOMEM;
        else if (left)
            read_stream(s, bytes, at, out, &left);
        else
            survey_add_text(s, METADATA_UNREADABLE, "");
    }
    free(out);
}

/* Pictures in JPEG lie in it as they are, with all that they tell. */
static void read_pictures(struct survey *s, struct str bytes)
{
    static const char *const marks[] = {"Exif\0\0II", "Exif\0\0MM"};

    for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
        const char *at = memmem(bytes.at, bytes.len, marks[i], 8);

        if (at) {
            size_t begin = (size_t)(at - bytes.at) + 6;

            survey_tiff(s, (struct str){bytes.at + begin, MIN_OF(bytes.len - begin, (size_t)65536)},
                        true);
        }
    }
    if (find(bytes, 0, "Photoshop 3.0"))
        survey_add_text(s, METADATA_IPTC, "");
    if (find(bytes, 0, "http://ns.adobe.com/xap/1.0/"))
        survey_add_text(s, METADATA_XMP, "");
}

static void read_ends(struct survey *s, struct str bytes)
{
    size_t at = 0, n = 0;
    const char *end;

    while ((end = find(bytes, at, "%%EOF"))) {
        at = (size_t)(end - bytes.at) + 5;
        n++;
    }
    if (n == 0) {
        survey_add_text(s, METADATA_UNREADABLE, "");
        return;
    }
    if (n > 1 && !find(bytes, 0, "/Linearized"))
        survey_add_count(s, METADATA_OLDER, n - 1, "");
    while (at < bytes.len && (bytes.at[at] == '\r' || bytes.at[at] == '\n' || bytes.at[at] == ' '))
        at++;
    if (at < bytes.len)
        survey_add_count(s, METADATA_BEHIND_END, bytes.len - at, "bytes");
}

void survey_pdf(struct survey *s, struct str bytes)
{
    if (find(bytes, 0, "/Encrypt"))
        survey_add_text(s, METADATA_UNREADABLE, "");
    read_info(s, bytes);
    read_words(s, bytes);
    read_streams(s, bytes);
    read_pictures(s, bytes);
    read_ends(s, bytes);
}
