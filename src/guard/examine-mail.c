/* A message that lies as a file (.eml, or whatever begins as one): its parts, as a mail program shows them, one by one. Whatever two programs take apart differently is damaged, as with archives. Memory and depth are
 * bounded by the message, which is kept whole, and by the limits. mail_read_prepare() first. Source: RFC 5322, 2045 to 2047. */
#include "guard/examine-inside.h"
#include "guard/mail-coding.h"
#include "guard/mail-read-inside.h"
#include "guard/runs-inside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PIECE ((size_t)64 << 10)
#define WAITING_MAX 500u
#define DEPTH_MAX 16u

/* ---- what is one ---- */

/* "Name: value", also with blanks before the sign as older mail has it, or what goes on from the line before. */
static bool is_header_line(struct str line, bool is_first)
{
    size_t n = 0, at;

    if (!is_first && line.len && (line.at[0] == ' ' || line.at[0] == '\t'))
        return true;
    while (n < line.len && line.at[n] > ' ' && line.at[n] < 0x7f && line.at[n] != ':')
        n++;
    for (at = n; at < line.len && (line.at[at] == ' ' || line.at[at] == '\t');)
        at++;
    return n > 0 && at < line.len && line.at[at] == ':';
}

static bool begins_with(struct str line, const char *word)
{
    const size_t n = strlen(word);

    if (line.len < n || !str_eq_nocase((struct str){line.at, n}, str_of(word)))
        return false;
    return str_starts(str_trim((struct str){line.at + n, line.len - n}), STR(":"));
}

static struct str without_mark(struct str s)
{
    return str_starts(s, STR("\xef\xbb\xbf")) ? (struct str){s.at + 3, s.len - 3} : s;
}

bool mail_is_named(struct str name)
{
    char ending[RUNS_ENDING_SIZE];

    return runs_ending(name, ending) && !strcmp(ending, " eml ");
}

/* As far as the first bytes go: lines of headers alone, one of which says that there are parts or codings; of one that is named so any are enough. */
bool mail_is_message(enum content_type type, struct str name, struct str head)
{
    static const char *const says[] = {"mime-version", "content-type", "content-transfer-encoding"};
    const bool is_named = mail_is_named(name);
    struct str line;
    bool is_first = true, found = false;

    if (content_type_holds(type)) /* any other has its bytes from a part that stands near the beginning */
        return false;
    head = without_mark((struct str){head.at, MIN_OF(head.len, PIECE)});
    for (; str_split(&head, '\n', &line); is_first = false) {
        if (line.len && line.at[line.len - 1] == '\r')
            line.len--;
        if (!line.len && !is_first)
            break;
        if (is_first && str_starts(line, STR("From ")) && is_named) /* as a mail box has it */
            continue;
        if (!is_header_line(line, is_first))
            return !head.at && found; /* cut within a line */
        found |= is_named;
        for (size_t i = 0; i < ARRAY_LEN(says); i++)
            found |= begins_with(line, says[i]);
    }
    return found;
}

/* ---- its parts ---- */

struct waiting {
    GMimeObject *o;
    unsigned depth;
};

struct message {
    struct examination *x;
    const char *name;
    unsigned layer; /* of its parts */
    bool is_odd;    /* programs take it apart differently */
    struct waiting waiting[WAITING_MAX];
    size_t n_waiting, n_parts;
};

/* As guard/mail-read.c takes them. */
static void take_warning(gint64 offset, GMimeParserWarning code, const gchar *item, gpointer user)
{
    struct message *m = user;

    if (code != GMIME_WARN_UNENCODED_8BIT_HEADER && code != GMIME_WARN_INVALID_RFC2047_HEADER_VALUE && code != GMIME_WARN_INVALID_PARAMETER && code != GMIME_WARN_INVALID_ADDRESS_LIST &&
        code != GMIME_WARN_DUPLICATED_HEADER)
        m->is_odd = true;
}

/* Another message behind it, as in a mail box, which the first one's program passes over. */
static bool has_another(struct str bytes)
{
    return str_starts(bytes, STR("From ")) && (memmem(bytes.at, bytes.len, "\n\nFrom ", 7) || memmem(bytes.at, bytes.len, "\n\r\nFrom ", 8));
}

static void wait_for(struct message *m, GMimeObject *o, unsigned depth)
{
    if (!o || m->n_waiting == WAITING_MAX || depth > DEPTH_MAX)
        m->is_odd = true;
    else
        m->waiting[m->n_waiting++] = (struct waiting){o, depth};
}

/* Every program decodes it to the same bytes. */
static bool is_coded_well(GMimePart *p)
{
    GMimeDataWrapper *content = g_mime_part_get_content(p);
    GMimeStream *s = content ? g_mime_data_wrapper_get_stream(content) : NULL;
    struct mail_decoding d = {0};
    char piece[16384];
    ssize_t n = 0;
    bool ok = mail_coding_of(g_mime_object_get_header(GMIME_OBJECT(p), "Content-Transfer-Encoding"), &d.how);

    if (!ok || !s || d.how == MAIL_CODING_NONE)
        return ok;
    if (g_mime_stream_reset(s))
        return false;
    while (ok && (n = g_mime_stream_read(s, piece, sizeof(piece))) > 0)
        ok = mail_decoding_add(&d, (struct str){piece, (size_t)n});
    return !g_mime_stream_reset(s) && ok && n == 0 && mail_decoding_ends(&d);
}

/* What it is called, which both its headers may say. `runs`: by each of them. */
static int name_part(struct message *m, GMimePart *p, struct buf *out, unsigned *ret_level, enum runs *ret_runs, bool *ret_is_named)
{
    const char *names[] = {g_mime_object_get_content_disposition_parameter(GMIME_OBJECT(p), "filename"), g_mime_object_get_content_type_parameter(GMIME_OBJECT(p), "name")};
    int r;

    if (!names[0])
        names[0] = names[1];
    *ret_is_named = names[0] != NULL;
    *ret_level = 0;
    *ret_runs = names[1] ? runs_by_name(str_of(names[1])) : RUNS_NONE;
    if ((r = buf_add_text(out, m->name)) || (r = buf_add_text(out, " > ")))
        return r;
    if (!names[0])
        return buf_printf(out, "%zu", m->n_parts);
    *ret_runs = runs_first(*ret_runs, runs_by_name(str_of(names[0])));
    return examine_add_name(m->x, str_of(names[0]), out, ret_level, ret_runs);
}

static int examine_part(struct message *m, GMimePart *p)
{
    const char *disposition = g_mime_object_get_disposition(GMIME_OBJECT(p));
    struct member_at_hand member = {.layer = m->layer};
    CLEANUP(buf_done) struct buf name, bytes;
    bool is_named;
    int r;

    buf_init(&name, SIZE_MAX);
    buf_init(&bytes, SIZE_MAX);
    m->n_parts++;
    if ((r = name_part(m, p, &name, &member.named_level, &member.named_runs, &is_named)) || (r = buf_add(&name, "", 1)) || (r = mail_mime_decode(g_mime_part_get_content(p), &bytes)))
        return r;
    member.name = name.at;
    member.is_shown = !is_named && GMIME_IS_TEXT_PART(p) && (!disposition || !strcasecmp(disposition, "inline"));
    return examine_bytes(m->x, &member, buf_str(&bytes));
}

static int take_object(struct message *m, const struct waiting *w)
{
    GMimeObject *o = w->o;

    if (GMIME_IS_MULTIPART(o)) {
        for (int i = g_mime_multipart_get_count(GMIME_MULTIPART(o)); i > 0; i--)
            wait_for(m, g_mime_multipart_get_part(GMIME_MULTIPART(o), i - 1), w->depth + 1);
    } else if (GMIME_IS_MESSAGE_PARTIAL(o)) {
        m->is_odd = true; /* nobody sees the whole here */
    } else if (GMIME_IS_MESSAGE_PART(o)) {
        GMimeMessage *inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));

        wait_for(m, inner ? g_mime_message_get_mime_part(inner) : NULL, w->depth + 1);
    } else if (GMIME_IS_PART(o)) {
        m->is_odd = m->is_odd || !is_coded_well(GMIME_PART(o));
        return examine_part(m, GMIME_PART(o));
    }
    return 0;
}

static int walk(struct message *m, GMimeMessage *parsed)
{
    int r = 0;

    wait_for(m, g_mime_message_get_mime_part(parsed), 0);
    while (!r && !m->x->is_over && m->n_waiting > 0) {
        const struct waiting w = m->waiting[--m->n_waiting];

        r = take_object(m, &w);
    }
    return r;
}

int examine_message(struct examination *x, struct str bytes, const char *name, unsigned layer)
{
    struct message *m = calloc(1, sizeof(*m));
    GMimeMessage *parsed;
    int r = 0;

    if (!m)
        return -ENOMEM;
    if (bytes.len > SURVEY_BYTES_MAX) {
        free(m);
        return examination_note(x, WHY_SIZE, name);
    }
    bytes = without_mark(bytes);
    *m = (struct message){.x = x, .name = name, .layer = layer + 1};
    parsed = mail_mime_parse(bytes, str_starts(bytes, STR("From ")), take_warning, m);
    if (parsed)
        r = walk(m, parsed);
    if (!r && (!parsed || m->is_odd || has_another(bytes)))
        r = examination_note(x, WHY_DAMAGED, name);
    if (parsed)
        g_object_unref(parsed);
    free(m);
    return r;
}
