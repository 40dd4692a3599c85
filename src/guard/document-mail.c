/* A mail as text: what its headers say, the text of each part, and what files in it are called. Its structure is taken as the library takes it: nothing is
 * decided by it here, a person sees where each value stands. */
#include "guard/document-inside.h"

#include "guard/draw.h"
#include "guard/mail-read.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- is it one ---- */

static bool is_field_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.at[i] <= ' ' || (unsigned char)s.at[i] >= 0x7f)
            return false;
    return s.len > 0;
}

bool draw_is_mail(struct str head)
{
    static const char *const marks[] = {"Date", "Message-ID", "Received", "MIME-Version", "Return-Path"};
    bool has_from = false, has_mark = false;
    struct str line;

    while (str_split(&head, '\n', &line)) {
        const char *colon = memchr(line.at, ':', line.len);
        struct str name = {line.at, colon ? (size_t)(colon - line.at) : 0};

        if (!line.len || (line.len == 1 && line.at[0] == '\r') || (!head.len && has_from))
            break;
        if (line.at[0] == ' ' || line.at[0] == '\t')
            continue;
        if (!is_field_name(name))
            return false;
        has_from = has_from || str_eq_nocase(name, STR("From"));
        for (size_t i = 0; i < ARRAY_LEN(marks); i++)
            has_mark = has_mark || str_eq_nocase(name, str_of(marks[i]));
    }
    return has_from && has_mark;
}

/* ---- what is in it ---- */

static int draw_header(struct drawing *d, GMimeHeader *h, const char *place)
{
    char name[DOCUMENT_NAME_MAX];
    const char *value = g_mime_header_get_value(h);
    int r;

    snprintf(name, sizeof(name), "%s%s%s", place, *place ? " " : "", g_mime_header_get_name(h));
    drawing_at(d, PLACE_HEAD, 0, 0, str_of(name));
    r = value ? drawing_add(d, str_of(value)) : 0;
    return r ? r : drawing_end_line(d);
}

/* All of a message: paths of servers, addresses, tools are values as well. */
static int draw_headers(struct drawing *d, GMimeObject *o, const char *place)
{
    GMimeHeaderList *l = g_mime_object_get_header_list(o);
    int r = 0;

    for (int i = 0; !r && i < g_mime_header_list_get_count(l); i++)
        r = draw_header(d, g_mime_header_list_get_header_at(l, i), place);
    return r;
}

static int draw_file_name(struct drawing *d, GMimePart *p, const char *place)
{
    const char *name = g_mime_part_get_filename(p);
    int r;

    if (!name)
        return 0;
    drawing_at(d, PLACE_FILE, 0, 0, str_of(place));
    d->answer.n_inside += !GMIME_IS_TEXT_PART(p);
    r = drawing_add(d, str_of(name));
    return r ? r : drawing_end_line(d);
}

static int draw_text_part(struct drawing *d, GMimeTextPart *p, const char *place)
{
    char *text = g_mime_text_part_get_text(p);
    CLEANUP(buf_done) struct buf plain;
    int r = 0;

    buf_init(&plain, DOCUMENT_TEXT_MAX);
    drawing_at(d, PLACE_PART, 0, 0, str_of(place));
    if (text && g_mime_content_type_is_type(g_mime_object_get_content_type(GMIME_OBJECT(p)), "text", "html"))
        r = draw_markup(str_of(text), &plain);
    else if (text)
        r = buf_add_text(&plain, text);
    g_free(text);
    if (r == -ENOSPC)
        return drawing_refuse(d, DOCUMENT_E_LARGE, place, 0, 0);
    if (!r)
        r = drawing_add(d, buf_str(&plain));
    return r ? r : drawing_end_line(d);
}

static int draw_object(struct drawing *d, GMimeObject *o, const char *place)
{
    int r;

    if (GMIME_IS_MESSAGE_PART(o)) {
        GMimeMessage *m = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));

        return m ? draw_headers(d, GMIME_OBJECT(m), place) : 0;
    }
    if (!GMIME_IS_PART(o))
        return 0;
    r = draw_file_name(d, GMIME_PART(o), place);
    return r || !GMIME_IS_TEXT_PART(o) ? r : draw_text_part(d, GMIME_TEXT_PART(o), place);
}

static int draw_parts(struct drawing *d, GMimeMessage *m)
{
    GMimePartIter *iter = g_mime_part_iter_new(GMIME_OBJECT(m));
    unsigned n = 0;
    int r = iter ? 0 : -ENOMEM;

    while (!r && g_mime_part_iter_is_valid(iter)) {
        char *place = g_mime_part_iter_get_path(iter);

        r = ++n > MAIL_READ_PARTS_MAX ? drawing_refuse(d, DOCUMENT_E_LARGE, "", 0, 0)
                                      : draw_object(d, g_mime_part_iter_get_current(iter), place ? place : "");
        g_free(place);
        if (!g_mime_part_iter_next(iter))
            break;
    }
    if (iter)
        g_mime_part_iter_free(iter);
    return r;
}

int draw_mail(struct drawing *d, struct str bytes)
{
    GMimeStream *stream;
    GMimeParser *parser;
    GMimeMessage *m;
    int r;

    if (bytes.len > MAIL_READ_MAX)
        return drawing_refuse(d, DOCUMENT_E_LARGE, "", 0, 0);
    stream = g_mime_stream_mem_new_with_buffer(bytes.at, bytes.len);
    parser = g_mime_parser_new_with_stream(stream);
    m = g_mime_parser_construct_message(parser, NULL);
    r = m ? draw_headers(d, GMIME_OBJECT(m), "") : drawing_refuse(d, DOCUMENT_E_DAMAGED, "", 0, 0);
    if (!r)
        r = draw_parts(d, m);
    if (m)
        g_object_unref(m);
    g_object_unref(parser);
    g_object_unref(stream);
    return r;
}
