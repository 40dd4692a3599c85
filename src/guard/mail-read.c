#include "guard/mail-read.h"

#include "guard/box-seal.h"
#include "guard/content-type.h"
#include "guard/examine-inside.h"
#include "guard/mail-coding.h"
#include "guard/mail-forms.h"
#include "guard/mail-judge.h"
#include "guard/mail-read-inside.h"
#include "guard/runs.h"

#include "base/codec.h"
#include "base/time.h"
#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#define NAME_SHOWN 255u /* bytes of a name or subject that are kept, before they are made visible */
#define BESIDE_FREE \
    64u /* bytes beside the parts that are no one's: "This is a multi-part message …" */

/* ---- before the cage ---- */

int mail_read_prepare(void)
{
    /* glibc loads a converter from a file at its first use and keeps it while one is open: these stay so until the process ends. */
    static const char *const encodings[] = {
        "UTF-8",      "ISO-2022-JP",  "ISO-2022-JP-2", "ISO-2022-JP-3", "EUC-JP",   "SHIFT_JIS",
        "CP932",      "EUC-JISX0213", "UTF-7",         "UTF-16",        "UTF-16LE", "UTF-16BE",
        "ISO-8859-1", "ISO-8859-15",  "CP1252",        "KOI8-R",        "GB2312",   "GBK",
        "GB18030",    "BIG5",         "EUC-KR",        "CP1251"};
    static iconv_t kept[ARRAY_LEN(encodings)]; /* never closed */
    static const size_t needed = 7;

    for (size_t i = 0; i < ARRAY_LEN(encodings); i++) {
        kept[i] = iconv_open("UTF-8", encodings[i]);
        if (kept[i] == (iconv_t)-1 && i < needed)
            return -EIO;
    }
    g_mime_init();
    return mail_forms_prepare();
}

/* ---- what is wrong ---- */

int mail_read_unreadable(const char *why, const char *place, json_t **ret)
{
    *ret = json_pack("{s:s, s:s, s:s}", "verdict", "unreadable", "why", why, "place", place);
    return *ret ? 0 : -ENOMEM;
}

/* What GMime makes the best of. Eight-bit headers and unknown encodings are shown as bytes; everything else leaves it to the reader what the
 * message is. */
static void take_warning(gint64 offset, GMimeParserWarning errcode, const gchar *item,
                         gpointer user)
{
    struct reading *r = user;

    if (errcode == GMIME_WARN_DUPLICATED_HEADER || errcode == GMIME_CRIT_CONFLICTING_HEADER ||
        errcode == GMIME_WARN_DUPLICATED_PARAMETER || errcode == GMIME_CRIT_CONFLICTING_PARAMETER)
        reading_refuse(r, "repeated", "");
    else if (errcode != GMIME_WARN_UNENCODED_8BIT_HEADER &&
             errcode != GMIME_WARN_INVALID_RFC2047_HEADER_VALUE &&
             errcode != GMIME_WARN_INVALID_PARAMETER &&
             errcode != GMIME_WARN_INVALID_ADDRESS_LIST) /* addresses are looked at one by one */
        reading_refuse(r, "mime", "");
}

static int put_shown(json_t *o, const char *key, const char *text)
{
    struct str s = {text, text ? MIN_OF(strlen(text), (size_t)NAME_SHOWN) : 0};
    CLEANUP(buf_done) struct buf shown;
    int r;

    buf_init(&shown, SIZE_MAX);
    while (s.len > 0 && s.len == NAME_SHOWN && ((uint8_t)text[s.len] & 0xc0) == 0x80)
        s.len--; /* not within a character */
    r = utf8_print_safe(s, &shown);
    return r ? r : json_put_strn(o, key, buf_str(&shown));
}

/* ---- one part ---- */

static int hold(struct str bytes)
{
    int fd = memfd_create("part", MFD_CLOEXEC);
    size_t at = 0;

    while (fd >= 0 && at < bytes.len) {
        ssize_t n = write(fd, bytes.at + at, bytes.len - at);

        if (n <= 0 && errno != EINTR) {
            close(fd);
            return -EIO;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    return fd < 0 ? -errno : fd;
}

static bool is_type(GMimeObject *o, const char *type, const char *subtype)
{
    GMimeContentType *t = g_mime_object_get_content_type(o);

    return t && g_mime_content_type_is_type(t, type, subtype);
}

/* A message that the parser left as it is, since it is encoded. */
static bool is_message(GMimeObject *o)
{
    return is_type(o, "message", "*");
}

static bool is_box(int fd)
{
    const struct box_secret nobody = {"a key that opens no box at all"};
    struct box_open *b = NULL;
    int r = lseek(fd, 0, SEEK_SET) != 0
                ? BOX_E_NOT_ONE
                : box_open_new(fd, &(struct box_with){&nobody, STR_NONE, NULL}, &b);

    if (!r)
        box_open_free(b);
    return r == BOX_E_KEY;
}

/* Each member of the outermost ZIP is encrypted, and there is one. */
static bool is_sealed_zip(const json_t *report)
{
    const json_t *members = json_arr(report, "members"), *m;
    size_t i, n = 0;

    if (strcmp(json_str(json_array_get(members, 0), "type"), "zip") != 0)
        return false;
    json_array_foreach (members, i, m)
        if (json_int(m, "layer") > 0) {
            if (json_int(m, "layer") != 1 || strcmp(json_str(m, "why"), "encrypted") != 0)
                return false;
            n++;
        }
    return n > 0;
}

static bool is_other_than_encrypted(const json_t *o)
{
    const char *why = json_str(o, "why");

    return *why && strcmp(why, "encrypted") != 0;
}

/* The first reason is that of the whole; those of members may be others. */
static bool is_cut(const json_t *report)
{
    const json_t *m;
    size_t i;

    json_array_foreach (json_arr(report, "members"), i, m)
        if (is_other_than_encrypted(m))
            return true;
    return is_other_than_encrypted(report);
}

/* A line "begin 644 NAME", and one "end" below: mail programs show what lies between as an attachment. */
static bool holds_uuencoded(struct str text)
{
    bool has_begun = false;
    struct str line;

    while (str_split(&text, '\n', &line)) {
        line = str_trim(line);
        if (has_begun && str_eq(line, STR("end")))
            return true;
        has_begun |= str_starts(line, STR("begin ")) && line.len > 10 && line.at[6] >= '0' &&
                     line.at[6] <= '7' && line.at[7] >= '0' && line.at[7] <= '7' &&
                     line.at[8] >= '0' && line.at[8] <= '7';
    }
    return false;
}

/* A container of mail programs, which nothing here opens. */
static bool is_container(const json_t *part, struct str bytes)
{
    static const char *const types[] = {"application/ms-tnef", "application/vnd.ms-tnef",
                                        "application/pkcs7-mime", "application/x-pkcs7-mime",
                                        "application/pgp-encrypted"};
    static const struct str begins[] = {{"\x78\x9f\x3e\x22", 4},
                                        {"-----BEGIN PGP MESSAGE-----", 27}};
    const char *type = json_str(part, "type"), *name = json_str(part, "name");

    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (!strcasecmp(type, types[i]))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        if (str_starts(bytes, begins[i]))
            return true;
    return !strcasecmp(name, "winmail.dat") || !strcasecmp(name, "smime.p7m") ||
           (!strncasecmp(type, "text/", 5) && holds_uuencoded(bytes));
}

/* Somebody can read it as a text, in whatever encoding. */
static bool is_written(const char *type, struct str bytes)
{
    static const char controls[] = "\t\n\v\f\r\x0e\x0f\x1b";

    if (!strcmp(type, "text") || !strcmp(type, "empty"))
        return true;
    for (size_t i = 0; i < bytes.len; i++)
        if ((uint8_t)bytes.at[i] < 0x20 && !memchr(controls, bytes.at[i], sizeof(controls) - 1))
            return false;
    return !strcmp(type, "other");
}

/* Whatever cannot be undone here counts as not looked at. */
static const char *looked(const struct reading *r, const json_t *part, const json_t *report)
{
    const char *why = json_str(report, "why");

    if (!strcmp(json_str(report, "verdict"), "infected"))
        return "infected";
    if (!strcmp(json_str(part, "sealed"), "box") || !strcmp(why, "encrypted"))
        return "closed";
    if (json_flag(part, "shut") ||
        (*why && strcmp(why, "no-scanner") != 0 && strcmp(why, "scanner") != 0))
        return "cut";
    return r->scanner && !*why ? "clean" : "unscanned";
}

/* What it tells beside what it shows (survey.h). */
static int put_attributes(json_t *part, const json_t *own)
{
    return mail_bears_attributes(own) ? json_put_flag(part, "attributes", true) : 0;
}

static int put_examined(struct reading *r, json_t *part, struct str bytes, json_t *report, int fd)
{
    json_t *members = json_arr(report, "members");
    const json_t *own = json_array_get(members, 0);
    int e;

    if (is_container(part, bytes) && (e = json_put_flag(part, "shut", true)))
        return e;
    if (!is_written(json_str(own, "type"), bytes) && (e = json_put_flag(part, "no_text", true)))
        return e;
    if ((is_cut(report) || json_flag(part, "shut")) && (e = json_put_flag(part, "cut", true)))
        return e;
    if ((e = json_put_int(part, "size", (int64_t)bytes.len)) ||
        (e = json_put_str(part, "sha256", json_str(own, "sha256"))) || (e = put_attributes(part, own)) ||
        (e = runs_put(part, runs_of_word(json_str(own, RUNS_KEY)))))
        return e;
    if (is_sealed_zip(report)) {
        if ((e = json_put_str(part, "sealed", "zip")))
            return e;
    } else if (is_box(fd) && (e = json_put_str(part, "sealed", "box")))
        return e;
    if ((e = json_put_str(part, "looked", looked(r, part, report))))
        return e;
    json_array_remove(members, 0);
    r->n_members += (unsigned)json_array_size(members);
    return json_put(part, "members", json_incref(members));
}

/* Once more with the password that came along for it: what is in the sealed ZIP counts as if it lay open, only that it is sealed. */
static int look_inside(struct reading *r, json_t *part, int fd)
{
    struct examine_limits limits = *r->limits;
    JSON_AUTO *report = NULL;
    int e = examine(
        &(struct examine_input){.fd = fd,
                                .name = json_str(part, *json_str(part, "name") ? "name" : "place"),
                                .password = r->inspect,
                                .has_cp932 = true},
        &limits, r->scanner, r->deadline_us, &report);

    if (e || !strcmp(json_str(report, "why"), "encrypted"))
        return e; /* it does not open it */
    json_array_remove(json_arr(report, "members"), 0);
    r->n_members += (unsigned)json_array_size(json_arr(report, "members"));
    e = json_put_str(part, "looked", looked(r, part, report));
    return e ? e : json_put(part, "members", json_incref(json_arr(report, "members")));
}

static int examine_part(struct reading *r, json_t *part, struct str bytes)
{
    struct examine_limits limits = *r->limits;
    JSON_AUTO *report = NULL;
    int fd = hold(bytes), e;

    if (fd < 0)
        return fd;
    limits.members_max = MAX_OF(limits.members_max - MIN_OF(r->n_members, limits.members_max), 1u);
    e = examine(
        &(struct examine_input){.fd = fd,
                                .name = json_str(part, *json_str(part, "name") ? "name" : "place"),
                                .has_cp932 = true},
        &limits, r->scanner, r->deadline_us, &report);
    if (!e)
        e = put_examined(r, part, bytes, report, fd);
    if (!e && r->inspect && !strcmp(json_str(part, "sealed"), "zip"))
        e = look_inside(r, part, fd);
    close(fd);
    return e;
}

static json_t *new_part(struct reading *r, GMimeObject *o, const char *place)
{
    GMimeContentType *type = g_mime_object_get_content_type(o);
    char *text = type ? g_mime_content_type_get_mime_type(type) : NULL;
    json_t *part = json_object();

    if (!part || json_put_str(part, "place", place) || put_shown(part, "type", text ? text : "") ||
        json_array_append(r->parts, part)) {
        json_decref(part);
        part = NULL;
    }
    g_free(text);
    return part;
}

/* Only the beginning of a long name is shown: a label may stand behind it. */
static int put_level(json_t *part, const char *name, const char *other)
{
    const char *const names[] = {name, other};
    unsigned level = 0;
    int r = 0;

    for (size_t i = 0; !r && i < ARRAY_LEN(names); i++) {
        CLEANUP(buf_done) struct buf shown;

        buf_init(&shown, SIZE_MAX);
        if (names[i] && strlen(names[i]) > NAME_SHOWN &&
            !(r = utf8_print_safe(str_of(names[i]), &shown)) && !(r = buf_add(&shown, "", 0)))
            r = mail_name_level(shown.at, &level);
    }
    return r || !level ? r : json_put_int(part, "named_level", level);
}

static int put_names(json_t *part, GMimeObject *o)
{
    const char *name = g_mime_object_get_content_disposition_parameter(o, "filename");
    const char *other = g_mime_object_get_content_type_parameter(o, "name");
    int r;

    if (!name)
        name = other;
    if (!name)
        return 0;
    r = put_shown(part, "name", name);
    if (!r)
        r = put_level(part, name, other);
    if (!r)
        r = runs_put(part, runs_first(runs_by_name(str_of(name)), runs_by_name(str_of(other ? other : ""))));
    return r || !other || !strcmp(name, other) ? r : put_shown(part, "other_name", other);
}

static int add_digest(json_t *list, struct str bytes)
{
    const struct digest d = sha256(bytes);
    CLEANUP(buf_done) struct buf hex;
    int e;

    buf_init(&hex, 2 * SHA256_SIZE + 1);
    e = hex_print(d.bytes, sizeof(d.bytes), &hex);
    return e ? e : json_array_append_new(list, json_string(hex.at)) ? -ENOMEM : 0;
}

/* Digests of a text as files have it: lines that end in LF; with one end behind the last, and with none. Mail changes all of that. */
static int put_texts(json_t *part, struct str bytes)
{
    CLEANUP(buf_done) struct buf lines;
    json_t *list = json_array();
    int e = json_put(part, "texts", list);

    buf_init(&lines, MAIL_READ_MAX + 1);
    for (size_t i = 0; !e && i < bytes.len; i++)
        if (bytes.at[i] != '\r' || i + 1 == bytes.len || bytes.at[i + 1] != '\n')
            e = buf_add(&lines, bytes.at + i, 1);
    if (e || !lines.len || (e = add_digest(list, buf_str(&lines))))
        return e;
    while (lines.len > 0 && lines.at[lines.len - 1] == '\n')
        buf_cut(&lines, lines.len - 1);
    if ((e = add_digest(list, buf_str(&lines))) || (e = buf_add_char(&lines, '\n')))
        return e;
    return add_digest(list, buf_str(&lines));
}

/* Under what else it may be known, beside what is there. Takes `others`. */
static int put_others(struct reading *r, json_t *part, json_t *others)
{
    json_t *there = json_object_get(part, "others");
    int e = 0;

    r->n_others += json_object_size(others);
    if (r->n_others > MAIL_READ_OTHERS_MAX)
        reading_refuse(r, "parts", json_str(part, "place"));
    if (!there && json_object_size(others))
        return json_put(part, "others", others);
    if (there && json_object_update(there, others))
        e = -ENOMEM;
    json_decref(others);
    return e;
}

static int put_forms(struct reading *r, json_t *part, struct str bytes, const char *charset)
{
    json_t *others = json_object();
    int e = !others ? -ENOMEM : mail_forms_text(bytes, charset, others);

    if (!e)
        e = mail_forms_coded(bytes, others);
    if (!e)
        return put_others(r, part, others);
    json_decref(others);
    return e;
}

/* A message that lies as a file; its parts are members already. */
static int put_within(struct reading *r, json_t *part, struct str bytes)
{
    json_t *others = json_object();
    int e = !others ? -ENOMEM : mail_within(bytes, str_starts(bytes, STR("From ")), others);

    if (!e)
        return put_others(r, part, others);
    json_decref(others);
    return e;
}

/* What stands before the first part and behind the last: no mail program shows it, and all of them carry it. */
static int read_beside(struct reading *r, GMimeMultipart *m, const char *place)
{
    const char *const texts[] = {g_mime_multipart_get_prologue(m),
                                 g_mime_multipart_get_epilogue(m)};
    int e = 0;

    for (size_t i = 0; !e && !r->why && i < ARRAY_LEN(texts); i++) {
        struct str text = texts[i] ? str_of(texts[i]) : STR("");
        char at[MAIL_READ_PLACE_SIZE];
        JSON_AUTO *part = NULL;

        if (str_trim(text).len <= BESIDE_FREE)
            continue;
        if (++r->n_parts > MAIL_READ_PARTS_MAX) {
            reading_refuse(r, "parts", "");
            break;
        }
        snprintf(at, sizeof(at), "%.100s.0", place);
        part = json_pack("{s:s, s:s}", "place", at, "type", "text/plain");
        if (!part || json_array_append(r->parts, part))
            return -ENOMEM;
        if (!(e = mail_words_add(&r->words, text)) && !(e = examine_part(r, part, text)) && !(e = put_texts(part, text)))
            e = put_forms(r, part, text, NULL);
    }
    return e;
}

/* How it says that it is encoded, as every reader understands it; around what holds parts nothing may be. */
static bool take_coding(GMimeObject *o, bool holds_parts, enum mail_coding *ret)
{
    return mail_coding_of(g_mime_object_get_header(o, "Content-Transfer-Encoding"), ret) &&
           (!holds_parts || *ret == MAIL_CODING_NONE);
}

/* Every reader decodes it to the same bytes. */
static bool is_coded_well(GMimePart *p, enum mail_coding how)
{
    GMimeDataWrapper *content = g_mime_part_get_content(p);
    GMimeStream *s = content ? g_mime_data_wrapper_get_stream(content) : NULL;
    struct mail_decoding d = {.how = how};
    char piece[16384];
    ssize_t n = 0;
    bool ok = true;

    if (!s || how == MAIL_CODING_NONE)
        return true;
    if (g_mime_stream_reset(s))
        return false;
    while (ok && (n = g_mime_stream_read(s, piece, sizeof(piece))) > 0)
        ok = mail_decoding_add(&d, (struct str){piece, (size_t)n});
    return !g_mime_stream_reset(s) && ok && n == 0 && mail_decoding_ends(&d);
}

static int read_leaf(struct reading *r, GMimePart *p, const char *place)
{
    JSON_AUTO *part = new_part(r, GMIME_OBJECT(p), place);
    CLEANUP(buf_done) struct buf bytes;
    enum mail_coding how;
    int e;

    buf_init(&bytes, MAIL_READ_MAX);
    if (!part)
        return -ENOMEM;
    if (!take_coding(GMIME_OBJECT(p), is_message(GMIME_OBJECT(p)), &how) || !is_coded_well(p, how))
        reading_refuse(r, "mime", place);
    if (is_type(GMIME_OBJECT(p), "message", "external-body"))
        reading_refuse(r, "partial", place);
    if ((e = put_names(part, GMIME_OBJECT(p))) || (e = mail_mime_decode(g_mime_part_get_content(p), &bytes)))
        return e;
    e = examine_part(r, part, buf_str(&bytes));
    if (!e && (GMIME_IS_TEXT_PART(p) || how != MAIL_CODING_BASE64) && !(e = put_texts(part, buf_str(&bytes)))) /* its line ends are the mail's */
        e = put_forms(r, part, buf_str(&bytes), g_mime_object_get_content_type_parameter(GMIME_OBJECT(p), "charset"));
    if (!e && mail_is_message(content_type_of(buf_str(&bytes)), str_of(json_str(part, "name")), buf_str(&bytes)))
        e = put_within(r, part, buf_str(&bytes));
    if (!e && !strcmp(json_str(part, "sealed"), "zip"))
        r->sealed[r->n_sealed++] = (struct sealed){p, part};
    return e;
}

static int add_text(struct reading *r, GMimeObject *o)
{
    char *text = GMIME_IS_TEXT_PART(o) ? g_mime_text_part_get_text(GMIME_TEXT_PART(o)) : NULL;
    int e = text ? mail_words_add(&r->words, str_of(text)) : 0;

    g_free(text);
    return e;
}

/* ---- the whole ---- */

/* What headers carry: nobody sees most of them, and all of them arrive. */
static int read_headers(struct reading *r, GMimeObject *o, const char *place)
{
    JSON_AUTO *part = json_pack("{s:s, s:s}", "place", *place ? place : "0", "type", "text/rfc822-headers");
    json_t *others = json_object();
    int e = part && others ? mail_headers_carry(o, others) : -ENOMEM;

    if (e || !json_object_size(others)) {
        json_decref(others);
        return e;
    }
    if (++r->n_parts > MAIL_READ_PARTS_MAX)
        reading_refuse(r, "parts", place);
    e = put_others(r, part, others);
    return e ? e : json_array_append(r->parts, part) ? -ENOMEM : 0;
}

static bool headers_are_good(struct reading *r, GMimeObject *o, const char *place)
{
    GMimeHeaderList *l = g_mime_object_get_header_list(o);
    size_t bytes = 0;

    for (int i = 0; i < g_mime_header_list_get_count(l); i++) {
        const char *raw = g_mime_header_get_raw_value(g_mime_header_list_get_header_at(l, i));

        bytes += raw ? strlen(raw) : 0;
        if (bytes > MAIL_READ_HEADERS_MAX) {
            reading_refuse(r, "headers", place);
            return false;
        }
    }
    return true;
}

static bool is_once(GMimeHeaderList *l, const char *name)
{
    unsigned n = 0;

    for (int i = 0; i < g_mime_header_list_get_count(l); i++)
        n += !g_ascii_strcasecmp(g_mime_header_get_name(g_mime_header_list_get_header_at(l, i)),
                                 name);
    return n <= 1;
}

/* Of two the receiver's reader may take either. */
static void look_for_repeated(struct reading *r, GMimeObject *o, const char *place)
{
    static const char *const once[] = {"From",
                                       "Sender",
                                       "To",
                                       "Cc",
                                       "Bcc",
                                       "Subject",
                                       "MIME-Version",
                                       "Content-Type",
                                       "Content-Transfer-Encoding",
                                       "Content-Disposition",
                                       MAIL_READ_NEED,
                                       MAIL_READ_RELEASE,
                                       MAIL_READ_INSPECT};

    for (size_t i = 0; i < ARRAY_LEN(once); i++)
        if (!is_once(g_mime_object_get_header_list(o), once[i]))
            reading_refuse(r, "repeated", *place ? place : once[i]);
}

#define FACTS_MAX 40u /* headers that are kept of a message within */

/* What the headers of a message within say, as bytes made visible: for those who are to judge it without opening it. */
static int put_facts(json_t *part, GMimeMessage *m)
{
    static const char *const wanted[] = {
        "From",    "Sender", "Reply-To",   "Return-Path", "To",
        "Subject", "Date",   "Message-ID", "Received",    "Authentication-Results",
        "X-Mailer"};
    GMimeHeaderList *l = g_mime_object_get_header_list(GMIME_OBJECT(m));
    json_t *facts = json_array();
    int e = json_put(part, "facts", facts);

    for (int i = 0; !e && i < g_mime_header_list_get_count(l) && json_array_size(facts) < FACTS_MAX;
         i++) {
        GMimeHeader *h = g_mime_header_list_get_header_at(l, i);
        const char *name = g_mime_header_get_name(h), *value = g_mime_header_get_value(h);

        for (size_t k = 0; !e && k < ARRAY_LEN(wanted); k++)
            if (!strcasecmp(name, wanted[k])) {
                JSON_AUTO *fact = json_pack("{s:s}", "name", wanted[k]);

                e = fact ? put_shown(fact, "value", value ? value : "") : -ENOMEM;
                if (!e && json_array_append(facts, fact))
                    e = -ENOMEM;
            }
    }
    return e;
}

/* Objects that are still to be looked at, deepest last: nothing recurses on what a stranger nested. */
struct waiting {
    GMimeObject *o;
    unsigned layer;
    char place[MAIL_READ_PLACE_SIZE];
};
struct queue {
    struct waiting at[MAIL_READ_PARTS_MAX];
    size_t n;
};

static void wait_for(struct reading *r, struct queue *q, GMimeObject *o, const struct waiting *up,
                     int number)
{
    struct waiting *w;

    if (!o)
        return reading_refuse(r, "mime", up ? up->place : "");
    if (++r->n_parts > MAIL_READ_PARTS_MAX || q->n == ARRAY_LEN(q->at))
        return reading_refuse(r, "parts", "");
    if (up && up->layer >= MAIL_READ_LAYERS_MAX)
        return reading_refuse(r, "layers", up->place);
    w = &q->at[q->n++];
    w->o = o;
    w->layer = up ? up->layer + 1 : 0;
    if (!up)
        snprintf(w->place, sizeof(w->place), "1");
    else
        snprintf(w->place, sizeof(w->place), "%.100s.%d", up->place, number);
}

/* A message within is a file, too, that somebody may hold. */
static int read_within(struct reading *r, json_t *part, GMimeMessage *m, const char *place)
{
    CLEANUP(buf_done) struct buf bytes;
    int e;

    buf_init(&bytes, 2 * MAIL_READ_MAX);
    if (!headers_are_good(r, GMIME_OBJECT(m), place))
        return 0;
    if ((e = put_facts(part, m)) || (e = mail_mime_write(GMIME_OBJECT(m), &bytes)) || (e = put_forms(r, part, buf_str(&bytes), NULL)))
        return e;
    return read_headers(r, GMIME_OBJECT(m), place);
}

static int read_object(struct reading *r, struct queue *q, const struct waiting *w)
{
    GMimeObject *o = w->o;
    int failure;

    look_for_repeated(r, o, w->place);
    if (!headers_are_good(r, o, w->place))
        return 0;
    if ((failure = read_headers(r, o, w->place)))
        return failure;
    if (GMIME_IS_MULTIPART(o)) {
        int n = g_mime_multipart_get_count(GMIME_MULTIPART(o));

        if (!take_coding(o, true, &(enum mail_coding){MAIL_CODING_NONE}))
            reading_refuse(r, "mime", w->place);
        for (int i = n; !r->why && i > 0; i--)
            wait_for(r, q, g_mime_multipart_get_part(GMIME_MULTIPART(o), i - 1), w, i);
        return r->why ? 0 : read_beside(r, GMIME_MULTIPART(o), w->place);
    }
    if (GMIME_IS_MESSAGE_PARTIAL(o)) {
        reading_refuse(r, "partial", w->place);
        return 0;
    }
    if (GMIME_IS_MESSAGE_PART(o)) {
        GMimeMessage *m = g_mime_message_part_get_message(GMIME_MESSAGE_PART(o));
        JSON_AUTO *part = new_part(r, o, w->place);

        int e;

        if (!take_coding(o, true, &(enum mail_coding){MAIL_CODING_NONE}))
            reading_refuse(r, "mime", w->place);
        wait_for(r, q, m ? g_mime_message_get_mime_part(m) : NULL, w, 1);
        if (!part)
            return -ENOMEM;
        if ((e = put_names(part, o)) || !m)
            return e;
        return read_within(r, part, m, w->place);
    }
    if (GMIME_IS_PART(o)) {
        int e = add_text(r, o);

        return e ? e : read_leaf(r, GMIME_PART(o), w->place);
    }
    reading_refuse(r, "mime", w->place);
    return 0;
}

static int walk(struct reading *r, GMimeMessage *m)
{
    struct queue *q = calloc(1, sizeof(*q));
    int e = q ? 0 : -ENOMEM;

    if (q)
        wait_for(r, q, g_mime_message_get_mime_part(m), NULL, 1);
    while (!e && !r->why && q->n > 0) {
        const struct waiting w = q->at[--q->n];

        e = read_object(r, q, &w);
    }
    free(q);
    return e;
}

static int put_message(struct reading *r, GMimeMessage *m, json_t *out)
{
    const char *subject = g_mime_message_get_subject(m);
    const char *need = g_mime_object_get_header(GMIME_OBJECT(m), MAIL_READ_NEED);
    static const struct {
        const char *key, *header;
        GMimeAddressType type;
    } lists[] = {{"from", "From", GMIME_ADDRESS_TYPE_FROM},
                 {"to", "To", GMIME_ADDRESS_TYPE_TO},
                 {"cc", "Cc", GMIME_ADDRESS_TYPE_CC},
                 {"bcc", "Bcc", GMIME_ADDRESS_TYPE_BCC}};
    const char *release = g_mime_object_get_header(GMIME_OBJECT(m), MAIL_READ_RELEASE);
    int e = put_shown(out, "subject", subject ? subject : "");

    r->inspect = g_mime_object_get_header(GMIME_OBJECT(m), MAIL_READ_INSPECT);
    if (!e)
        e = put_shown(out, "shared_with", need ? need : "");
    if (!e)
        e = put_shown(out, "release", release ? release : "");
    for (size_t i = 0; !e && i < ARRAY_LEN(lists); i++)
        e = reading_put_addresses(r, m, out, lists[i].key, lists[i].header,
                          g_mime_message_get_addresses(m, lists[i].type));
    return e ? e : subject ? mail_words_add(&r->words, str_of(subject)) : 0;
}

/* Decoded a second time, for all of them together may be too much to keep. */
static int try_words(struct reading *r)
{
    int e = 0;

    for (size_t i = 0; !e && i < r->n_sealed; i++) {
        CLEANUP(buf_done) struct buf bytes;
        bool opened = false;

        buf_init(&bytes, MAIL_READ_MAX);
        e = mail_mime_decode(g_mime_part_get_content(r->sealed[i].part), &bytes);
        if (!e)
            e = mail_words_open(&r->words, buf_str(&bytes), r->deadline_us, &opened);
        if (!e && opened)
            e = json_put_flag(r->sealed[i].told, "opened", true);
    }
    return e;
}

static int read_message(struct reading *r, GMimeMessage *m, json_t **ret)
{
    JSON_AUTO *out = json_pack("{s:s, s:O}", "verdict", "read", "parts", r->parts);
    int e = out ? 0 : -ENOMEM;

    look_for_repeated(r, GMIME_OBJECT(m), "");
    if (!e && !r->why && headers_are_good(r, GMIME_OBJECT(m), "") &&
        !(e = put_message(r, m, out)) && !r->why && !(e = read_headers(r, GMIME_OBJECT(m), "")) && !(e = walk(r, m)) && !r->why)
        e = try_words(r);
    if (!e && r->words.is_cut)
        e = json_put_flag(out, "words_cut", true);
    if (!e && !r->why)
        *ret = TAKE(out);
    return e;
}

/* One reader ends a line there, another does not. */
static bool has_bare_cr(struct str bytes)
{
    const char *end = bytes.at + bytes.len;

    for (const char *c = bytes.at; (c = memchr(c, '\r', (size_t)(end - c))); c++)
        if (c + 1 == end || c[1] != '\n')
            return true;
    return false;
}

/* What is known before the library sees a byte. */
static void look_at_bytes(struct reading *r, struct str bytes)
{
    const char *end = memmem(bytes.at, bytes.len, "\n\n", 2),
               *crlf = memmem(bytes.at, bytes.len, "\r\n\r\n", 4);
    size_t header = MIN_OF(end ? (size_t)(end - bytes.at) : bytes.len,
                           crlf ? (size_t)(crlf - bytes.at) : bytes.len);

    if (bytes.len == 0 || header > MAIL_READ_HEADERS_MAX)
        reading_refuse(r, "headers", "");
    else if (memchr(bytes.at, 0, bytes.len))
        reading_refuse(r, "nul", "");
    else if (has_bare_cr(bytes))
        reading_refuse(r, "mime", "");
}

static int read_bytes(struct reading *r, struct str bytes, json_t **ret)
{
    GMimeMessage *m;
    int e = 0;

    look_at_bytes(r, bytes);
    if (!r->why) {
        m = mail_mime_parse(bytes, false, take_warning, r);
        if (!m)
            reading_refuse(r, "headers", "");
        else if (!r->why)
            e = read_message(r, m, ret);
        if (m)
            g_object_unref(m);
    }
    return e || !r->why ? e : mail_read_unreadable(r->why, r->place, ret);
}

static int load(int fd, struct buf *out)
{
    static const size_t piece = (size_t)64 << 10;

    for (off_t at = 0;;) {
        char *to = out->len + piece > MAIL_READ_MAX + piece ? NULL : buf_grow(out, piece);
        ssize_t n;

        if (!to)
            return buf_error(out) ? buf_error(out) : -ENOSPC;
        while ((n = pread(fd, to, piece, at)) < 0 && errno == EINTR)
            ;
        if (n < 0)
            return -EIO;
        buf_cut(out, (size_t)at + (size_t)n);
        if (n == 0)
            return out->len > MAIL_READ_MAX ? -ENOSPC : 0;
        at += n;
    }
}

int mail_read(int fd, const struct examine_limits *limits, struct clamd *scanner,
              uint64_t deadline_us, json_t **ret)
{
    struct reading *r = calloc(1, sizeof(*r));
    CLEANUP(buf_done) struct buf bytes;
    int e;

    buf_init(&bytes, MAIL_READ_MAX + ((size_t)128 << 10));
    if (!r || !(r->parts = json_array())) {
        free(r);
        return -ENOMEM;
    }
    r->limits = limits;
    r->scanner = scanner;
    r->deadline_us = deadline_us;
    mail_words_init(&r->words);
    e = load(fd, &bytes);
    if (e == -ENOSPC)
        e = mail_read_unreadable("size", "", ret);
    else if (!e)
        e = read_bytes(r, buf_str(&bytes), ret);
    mail_words_done(&r->words);
    json_decref(r->parts);
    free(r);
    return e;
}
