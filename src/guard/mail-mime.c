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

int mail_mime_decode(GMimeDataWrapper *content, struct buf *out)
{
    GMimeStream *mem = g_mime_stream_mem_new();
    GByteArray *bytes;
    int r = 0;

    if (content && g_mime_data_wrapper_write_to_stream(content, mem) < 0)
        r = -EIO;
    bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
    if (!r)
        r = buf_add(out, bytes->data ? (const char *)bytes->data : "", bytes->len);
    g_object_unref(mem);
    return r;
}
