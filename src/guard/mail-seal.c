#include "guard/mail-seal.h"

#include "guard/mail-read.h"
#include "guard/zip-seal.h"

#include <errno.h>
#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sealing {
    struct zip_seal *zip;
    struct buf bytes; /* of the ZIP */
    struct buf names; /* of members so far, each with a zero byte around */
    GMimePart *part;  /* that holds it; NULL: no place was found yet */
    unsigned n;
};

int mail_seal_prepare(void)
{
    CLEANUP(buf_done) struct buf bytes;
    CLEANUP(zip_seal_freep) struct zip_seal *z = NULL;
    uint8_t one[] = {'x'};

    buf_init(&bytes, 4096);
    return zip_seal_new_in(&bytes, STR("nothing-secret"), &z) || zip_seal_begin(z, "x", 1) ||
                   zip_seal_add(z, one, 1) || zip_seal_end(z) || zip_seal_finish(z, STR_NONE)
               ? -EIO
               : 0;
}

/* ---- members ---- */

static bool is_taken(const struct sealing *s, const char *name)
{
    char framed[MAIL_SEAL_NAME_MAX + 3];
    size_t len = strlen(name);

    framed[0] = '\0';
    memcpy(framed + 1, name, len + 1);
    return s->names.len && memmem(s->names.at, s->names.len, framed, len + 2);
}

static int name_member(struct sealing *s, const char *given, char ret[MAIL_SEAL_NAME_MAX + 1])
{
    s->n++;
    if (given && strlen(given) < MAIL_SEAL_NAME_MAX - 12 && outgoing_name_is_good(str_of(given)))
        snprintf(ret, MAIL_SEAL_NAME_MAX + 1, "%s", given);
    else
        snprintf(ret, MAIL_SEAL_NAME_MAX + 1, "%u.bin", s->n);
    if (is_taken(s, ret)) {
        char again[MAIL_SEAL_NAME_MAX + 1];

        snprintf(again, sizeof(again), "%u_%.240s", s->n, ret);
        memcpy(ret, again, sizeof(again));
    }
    return s->names.len ? buf_add(&s->names, ret, strlen(ret) + 1)
                        : (buf_add(&s->names, "", 1) ?: buf_add(&s->names, ret, strlen(ret) + 1));
}

static int add_member(struct sealing *s, const char *given, GByteArray *bytes)
{
    char name[MAIL_SEAL_NAME_MAX + 1];
    size_t len = bytes ? bytes->len : 0;
    int r = name_member(s, given, name);

    if (!r)
        r = zip_seal_begin(s->zip, name, len);
    for (size_t at = 0; !r && at < len; at += ZIP_SEAL_PIECE)
        r = zip_seal_add(s->zip, bytes->data + at, MIN_OF(ZIP_SEAL_PIECE, len - at));
    return r ? r : zip_seal_end(s->zip);
}

static int take_object(struct sealing *s, GMimeObject *o)
{
    const char *name = g_mime_object_get_content_disposition_parameter(o, "filename");
    GMimeStream *mem = g_mime_stream_mem_new();
    ssize_t n = 0;
    int r;

    if (GMIME_IS_MESSAGE_PART(o)) {
        GMimeMessage *m = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));

        n = m ? g_mime_object_write_to_stream(GMIME_OBJECT(m), NULL, mem) : 0;
    } else if (GMIME_IS_PART(o) && g_mime_part_get_content(GMIME_PART(o))) {
        n = g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(GMIME_PART(o)), mem);
    }
    if (!name)
        name = g_mime_object_get_content_type_parameter(o, "name");
    r = n < 0 ? -EIO : add_member(s, name, g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem)));
    g_object_unref(mem);
    return r;
}

static bool is_attachment(GMimeObject *o)
{
    GMimeContentType *type = g_mime_object_get_content_type(o);

    return GMIME_IS_MESSAGE_PART(o) ||
           (GMIME_IS_PART(o) && (g_mime_object_get_content_disposition_parameter(o, "filename") ||
                                 g_mime_object_get_content_type_parameter(o, "name") || !type ||
                                 (!g_mime_content_type_is_type(type, "text", "plain") &&
                                  !g_mime_content_type_is_type(type, "text", "html"))));
}

/* ---- the message ---- */

static GMimePart *new_part(const char *name)
{
    GMimePart *part = g_mime_part_new_with_type("application", "zip");

    g_mime_object_set_disposition(GMIME_OBJECT(part), "attachment");
    g_mime_part_set_filename(part, name);
    g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
    return part;
}

/* The first attachment gives its place to the ZIP, the others go. Multiparts that wait to be walked, nothing recurses. */
static int walk(struct sealing *s, GMimeMultipart *top, const char *name)
{
    GMimeMultipart *waiting[MAIL_READ_PARTS_MAX];
    size_t n = 1;
    int r = 0;

    waiting[0] = top;
    while (!r && n > 0) {
        GMimeMultipart *m = waiting[--n];

        for (int i = 0; !r && i < g_mime_multipart_get_count(m);) {
            GMimeObject *o = g_mime_multipart_get_part(m, i);

            if (GMIME_IS_MULTIPART(o)) {
                if (n == ARRAY_LEN(waiting))
                    return MAIL_SEAL_E_FORM;
                waiting[n++] = GMIME_MULTIPART(o);
                i++;
            } else if (!is_attachment(o)) {
                i++;
            } else if (!(r = take_object(s, o))) {
                if (s->part) {
                    g_mime_multipart_remove_at(m, i);
                    g_object_unref(o);
                } else {
                    s->part = new_part(name);
                    g_object_unref(g_mime_multipart_replace(m, i++, GMIME_OBJECT(s->part)));
                }
            }
        }
    }
    return r;
}

static int seal_parts(struct sealing *s, GMimeMessage *m, const char *name)
{
    GMimeObject *top = g_mime_message_get_mime_part(m);
    int r;

    if (!top)
        return MAIL_SEAL_E_FORM;
    if (GMIME_IS_MULTIPART(top))
        return walk(s, GMIME_MULTIPART(top), name);
    if (!is_attachment(top))
        return MAIL_SEAL_E_FORM;
    if ((r = take_object(s, top)))
        return r;
    s->part = new_part(name);
    g_mime_message_set_mime_part(m, GMIME_OBJECT(s->part));
    return 0;
}

static int fill_part(struct sealing *s)
{
    GMimeStream *mem = g_mime_stream_mem_new_with_buffer(s->bytes.at, s->bytes.len);
    GMimeDataWrapper *content =
        g_mime_data_wrapper_new_with_stream(mem, GMIME_CONTENT_ENCODING_DEFAULT);

    g_mime_part_set_content(s->part, content);
    g_object_unref(content);
    g_object_unref(mem);
    return 0;
}

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
    size_t at = 0;

    while (at < len) {
        ssize_t n = write(fd, bytes + at, len - at);

        if (n < 0 && errno != EINTR)
            return -EIO;
        at += n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int write_message(GMimeMessage *m, int out)
{
    GMimeFormatOptions *options = g_mime_format_options_new();
    GMimeStream *mem = g_mime_stream_mem_new();
    GByteArray *bytes;
    int r;

    g_mime_format_options_set_newline_format(options, GMIME_NEWLINE_FORMAT_DOS);
    r = g_mime_object_write_to_stream(GMIME_OBJECT(m), options, mem) < 0 ? -EIO : 0;
    bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
    if (!r)
        r = write_all(out, bytes->data, bytes->len);
    g_object_unref(mem);
    g_mime_format_options_free(options);
    return r;
}

/* Takes what `fd` holds, which is empty then. */
static int take_cover(int fd, struct buf *ret)
{
    char piece[65536];
    ssize_t n = -1;
    int r = 0;

    while (!r && (n = pread(fd, piece, sizeof(piece), (off_t)ret->len)) > 0)
        r = buf_add(ret, piece, (size_t)n);
    return r ? r : n < 0 || ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET) ? -EIO : 0;
}

static int add_cover(struct sealing *s, const char *name, int fd)
{
    CLEANUP(buf_done) struct buf bytes = {0};
    GByteArray of;
    int r;

    if (!*name)
        return 0;
    buf_init(&bytes, MAIL_SEAL_COVER_MAX);
    if ((r = take_cover(fd, &bytes)))
        return r;
    of = (GByteArray){.data = (guint8 *)bytes.at, .len = (guint)bytes.len};
    return add_member(s, name, &of);
}

static int seal_message(struct sealing *s, GMimeMessage *m, const char *name, const char *cover, int out)
{
    int r = seal_parts(s, m, name);

    if (!r && !s->part)
        r = MAIL_SEAL_E_FORM;
    if (!r)
        r = add_cover(s, cover, out);
    if (!r)
        r = zip_seal_finish(s->zip, STR_NONE);
    if (!r)
        r = fill_part(s);
    return r ? r : write_message(m, out);
}

int mail_seal(int fd, const char *name, struct str password, const char *cover, int out)
{
    struct sealing s = {.n = 0};
    GMimeStream *stream;
    GMimeParser *parser;
    GMimeMessage *m;
    int r;

    if (lseek(fd, 0, SEEK_SET) != 0)
        return -EIO;
    stream = g_mime_stream_fs_new(fd);
    g_mime_stream_fs_set_owner(GMIME_STREAM_FS(stream), false);
    buf_init(&s.bytes, 2 * MAIL_READ_MAX);
    buf_init(&s.names, (MAIL_SEAL_NAME_MAX + 1) * (MAIL_READ_PARTS_MAX + 1));
    parser = g_mime_parser_new_with_stream(stream);
    m = g_mime_parser_construct_message(parser, NULL);
    r = m ? zip_seal_new_in(&s.bytes, password, &s.zip) : MAIL_SEAL_E_FORM;
    if (!r)
        r = seal_message(&s, m, name, cover, out);
    if (m)
        g_object_unref(m);
    if (s.part)
        g_object_unref(s.part);
    g_object_unref(parser);
    g_object_unref(stream);
    zip_seal_free(s.zip);
    buf_done(&s.bytes);
    buf_done(&s.names);
    return r;
}
