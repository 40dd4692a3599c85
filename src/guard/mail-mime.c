/* How all here make a message of bytes, and bytes of its parts. */
#include "guard/mail-read-inside.h"

#include <errno.h>
#include <stdio.h>

void reading_refuse(struct reading *r, const char *why, const char *place)
{
    if (r->why)
        return;
    r->why = why;
    snprintf(r->place, sizeof(r->place), "%s", place);
}

GMimeMessage *mail_mime_parse(struct str bytes, bool is_box, GMimeParserWarningFunc warn, void *user)
{
    GMimeParserOptions *options = g_mime_parser_options_new();
    GMimeStream *stream = g_mime_stream_mem_new_with_buffer(bytes.at, bytes.len);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage *m;

    g_mime_parser_set_format(parser, is_box ? GMIME_FORMAT_MBOX : GMIME_FORMAT_MESSAGE);
    g_mime_parser_options_set_parameter_compliance_mode(options, GMIME_RFC_COMPLIANCE_LOOSE);
    g_mime_parser_options_set_warning_callback(options, warn, user);
    m = g_mime_parser_construct_message(parser, options);
    g_object_unref(parser);
    g_object_unref(stream);
    g_mime_parser_options_free(options);
    return m;
}

/* `mem` is given back. */
static int take_written(GMimeStream *mem, bool is_whole, struct buf *out)
{
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
    int r = is_whole ? buf_add(out, bytes->data ? (const char *)bytes->data : "", bytes->len) : -EIO;

    g_object_unref(mem);
    return r;
}

int mail_mime_decode(GMimeDataWrapper *content, struct buf *out)
{
    GMimeStream *mem = g_mime_stream_mem_new();

    return take_written(mem, !content || g_mime_data_wrapper_write_to_stream(content, mem) >= 0, out);
}

int mail_mime_write(GMimeObject *o, struct buf *out)
{
    GMimeStream *mem = g_mime_stream_mem_new();

    return take_written(mem, g_mime_object_write_to_stream(o, NULL, mem) >= 0, out);
}
