/* What a message that lies as a file carries, as far as contents may be known by it. How it is taken apart is judged elsewhere (examine-mail.c): here as much is taken as can be. */
#include "guard/mail-forms.h"
#include "guard/mail-read-inside.h"

#include <errno.h>
#include <string.h>

struct carried {
    json_t *others;
    unsigned depth;
    int e; /* the first failure */
};

int mail_headers_carry(GMimeObject *o, json_t *others)
{
    GMimeHeaderList *l = g_mime_object_get_header_list(o);
    int e = 0;

    for (int i = 0; !e && i < g_mime_header_list_get_count(l); i++) {
        GMimeHeader *h = g_mime_header_list_get_header_at(l, i);
        const char *raw = g_mime_header_get_raw_value(h), *value = g_mime_header_get_value(h); /* of encoded words what they say */

        e = mail_forms_coded(str_of(raw ? raw : ""), others);
        if (!e && raw && strstr(raw, "=?"))
            e = mail_forms_coded(str_of(value ? value : ""), others);
    }
    return e;
}

static int take_text(struct str text, const char *charset, json_t *others)
{
    int e = mail_forms_text(text, charset, others);

    return e ? e : mail_forms_coded(text, others);
}

static int take_leaf(GMimePart *p, json_t *others)
{
    CLEANUP(buf_done) struct buf bytes;
    int e;

    buf_init(&bytes, MAIL_READ_MAX);
    if ((e = mail_mime_decode(g_mime_part_get_content(p), &bytes)) || !bytes.len)
        return e;
    return take_text(buf_str(&bytes), g_mime_object_get_content_type_parameter(GMIME_OBJECT(p), "charset"), others);
}

static int take_beside(GMimeMultipart *m, json_t *others)
{
    const char *before = g_mime_multipart_get_prologue(m), *behind = g_mime_multipart_get_epilogue(m);
    int e = take_text(str_of(before ? before : ""), NULL, others);

    return e ? e : take_text(str_of(behind ? behind : ""), NULL, others);
}

static void take_object(GMimeObject *parent, GMimeObject *o, gpointer user);

static int take_whole(GMimeMessage *m, json_t *others)
{
    CLEANUP(buf_done) struct buf bytes;
    int e;

    buf_init(&bytes, 2 * MAIL_READ_MAX);
    e = mail_headers_carry(GMIME_OBJECT(m), others);
    if (!e)
        e = mail_mime_write(GMIME_OBJECT(m), &bytes);
    return e ? e : mail_forms_text(buf_str(&bytes), NULL, others);
}

/* Nothing is kept of it while what lies in it is looked at. */
static int take_message(GMimeMessage *m, struct carried *c)
{
    int e;

    if (c->depth >= MAIL_READ_LAYERS_MAX)
        return 0;
    c->depth++;
    e = take_whole(m, c->others);
    if (!e)
        g_mime_message_foreach(m, take_object, c);
    c->depth--;
    return e ? e : c->e;
}

static void take_object(GMimeObject *parent, GMimeObject *o, gpointer user)
{
    struct carried *c = user;

    if (!c->e)
        c->e = mail_headers_carry(o, c->others);
    if (c->e)
        return;
    if (GMIME_IS_MULTIPART(o))
        c->e = take_beside(GMIME_MULTIPART(o), c->others);
    else if (GMIME_IS_PART(o))
        c->e = take_leaf(GMIME_PART(o), c->others);
    else if (GMIME_IS_MESSAGE_PART(o) && g_mime_message_part_get_message(GMIME_MESSAGE_PART(o)))
        c->e = take_message(g_mime_message_part_get_message(GMIME_MESSAGE_PART(o)), c);
}

int mail_within(struct str bytes, bool is_box, json_t *others)
{
    struct carried c = {.others = others};
    GMimeMessage *m = mail_mime_parse(bytes, is_box, NULL, NULL);
    int e = m ? take_message(m, &c) : 0;

    if (m)
        g_object_unref(m);
    return e;
}
