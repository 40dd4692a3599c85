/* What runs in office documents that says so in none of its names: macros of Excel 4.0 in old workbooks, what is embedded in compound files and in sections of OneNote. */
#include "guard/compound.h"
#include "guard/runs-inside.h"

#include "base/little-endian.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX ((size_t)CONTENT_HEAD) /* of what is embedded */

/* ---- records of Excel ([MS-XLS], and before: BIFF) ---- */

enum {
    RECORD_FILEPASS = 0x2f,
    RECORD_SHEET = 0x17, /* the same before Excel 97 */
    RECORD_BOOK = 0x1ae, /* another one, or a program, to which formulas lead */
    RECORD_BOUNDSHEET = 0x85,
    SHEET_MACRO = 1,
    SHEET_MODULE = 6,
    BEGIN_MODULE = 0x06,
    BEGIN_MACRO = 0x40,
    BEGIN_WORKSPACE = 0x100 /* of Excel 4: several sheets, of any kind */
};

/* A record that begins a stream of a sheet: 0x0009, 0x0209, 0x0409, 0x0809. */
static bool is_begin(uint32_t type)
{
    return (type & 0xf0ffu) == 9 && (type & 0x0f00u) <= 0x0800u;
}

static void look_at_begin(struct str body, struct runs_found *ret)
{
    uint32_t kind = body.len >= 4 ? le16(body.at + 2) : 0;

    if (kind == BEGIN_MACRO || kind == BEGIN_MODULE || kind == BEGIN_WORKSPACE)
        ret->runs = runs_first(ret->runs, RUNS_MACROS);
}

/* Where it leads: a program and what it is asked with a sign between; one of OLE has a '.' in its name. In letters of 8 bits or 16. */
static bool calls_program(struct str body)
{
    const bool is_wide = body.len > 4 && (body.at[4] & 1);

    if (body.len < 6 || le16(body.at) != 0 || le16(body.at + 2) == 0x401 || le16(body.at + 2) == 0x3a01)
        return false;
    for (size_t i = 5; i + is_wide < body.len; i += 1u + is_wide) {
        const uint32_t c = is_wide ? le16(body.at + i) : (uint8_t)body.at[i];

        if (c == 3)
            return i > 5;
        if (c == '.')
            return false;
    }
    return false;
}

/* Likewise, of 8 bits with their number before them; a path begins with a control. What later books have there are numbers, which do. */
static bool calls_program_of_old(struct str body)
{
    const size_t n = body.len ? MIN_OF((size_t)(uint8_t)body.at[0] + 1, body.len) : 0;

    for (size_t i = 1; i < n; i++) {
        const uint8_t c = (uint8_t)body.at[i];

        if (c == 3)
            return i > 1;
        if (c == '.' || c < ' ')
            return false;
    }
    return false;
}

/* Record by record; the sheets of the list are looked up where it says that they begin, which need not be behind one another. */
static void look_at_records(struct str s, struct runs_found *ret)
{
    for (size_t at = 0; s.len - at >= 4;) {
        const uint32_t type = le16(s.at + at);
        const struct str body = {s.at + at + 4, MIN_OF((size_t)le16(s.at + at + 2), s.len - at - 4)};

        if (is_begin(type))
            look_at_begin(body, ret);
        else if (type == RECORD_FILEPASS)
            ret->is_locked = true;
        else if ((type == RECORD_BOOK && calls_program(body)) || (type == RECORD_SHEET && calls_program_of_old(body)))
            ret->runs = runs_first(ret->runs, RUNS_MACROS);
        else if (type == RECORD_BOUNDSHEET && body.len >= 6) {
            const uint32_t place = le32(body.at), kind = (uint8_t)body.at[5];

            if (kind == SHEET_MACRO || kind == SHEET_MODULE)
                ret->runs = runs_first(ret->runs, RUNS_MACROS);
            if (s.len >= 8 && place <= s.len - 8 && is_begin(le16(s.at + place)))
                look_at_begin((struct str){s.at + place + 4, 4}, ret);
        }
        at += 4 + body.len;
    }
}

/* ---- other sheets ---- */

/* Its letters alone may begin a table whose first column is called so. */
static bool is_sylk(struct str head)
{
    const char *end = head.len ? memchr(head.at, '\n', MIN_OF(head.len, (size_t)256)) : NULL;
    struct str next;

    if (!str_starts(head, STR("ID;")) || !end)
        return false;
    next = (struct str){end + 1, head.len - (size_t)(end + 1 - head.at)};
    return next.len >= 2 && strchr("PFBCOWNE", next.at[0]) && next.at[0] && (next.at[1] == ';' || next.at[1] == '\r' || next.at[1] == '\n');
}

/* A question to a server, whose answer Excel takes for a sheet. */
static bool is_query(struct str head)
{
    char text[16];
    struct str s = {text, runs_begin(head, text, sizeof(text))};

    return str_starts(s, STR("web\r\n1\r\n")) || str_starts(s, STR("web\n1\n"));
}

/* A sheet, a macro sheet or a workspace of Excel 2 to 4, or the records of a later one without the file around them. */
static bool is_raw_sheet(struct str head)
{
    static const uint32_t kinds[] = {5, BEGIN_MODULE, 0x10, 0x20, BEGIN_MACRO, BEGIN_WORKSPACE};

    if (head.len < 8 || !is_begin(le16(head.at)) || le16(head.at + 2) < 4 || le16(head.at + 2) > 16)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (le16(head.at + 6) == kinds[i])
            return true;
    return false;
}

static const char one_note[] = "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3";
#define GUID_SIZE 16u

bool runs_is_sheet(struct str head)
{
    return is_sylk(head) || is_query(head) || is_raw_sheet(head) || (head.len >= GUID_SIZE && !memcmp(head.at, one_note, GUID_SIZE));
}

/* ---- what is embedded ---- */

/* Its bytes, where nobody looks into it as a file of its own: a text is whatever its name makes it, and an archive holds anything. */
static enum runs of_embedded(struct str bytes)
{
    const struct str head = {bytes.at, MIN_OF(bytes.len, HEAD_MAX)};
    const enum content_type type = content_type_of(head);
    enum runs r = runs_by_head(type, head);

    if (r || type == CONTENT_EMPTY || (type >= CONTENT_PDF && type <= CONTENT_WEBP))
        return r;
    return type == CONTENT_TEXT ? RUNS_SCRIPT : RUNS_MACROS;
}

/* FileDataStoreObject of [MS-ONESTORE]: a mark, the length, twelve bytes, then the file. Pictures of the page are such, too. */
static void look_into_section(struct str s, struct runs_found *ret)
{
    static const char mark[] = "\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac";
    const char *end = s.at + s.len;

    for (const char *at = s.at; (at = memmem(at, (size_t)(end - at), mark, GUID_SIZE)); at += GUID_SIZE) {
        size_t left = (size_t)(end - at);

        if (left <= GUID_SIZE + 20)
            break;
        ret->runs = runs_first(ret->runs, of_embedded((struct str){at + GUID_SIZE + 20, MIN_OF((size_t)le32(at + GUID_SIZE), left - GUID_SIZE - 20)}));
    }
}

/* A package of OLE 1: 2, how it is called, the path that it had, then numbers, the path under which it is unpacked, and the file. Its name says what opens it. */
static void look_at_package(struct str s, struct runs_found *ret)
{
    size_t at = 2;

    for (int i = 0; i < 2 && at < s.len; i++) {
        struct str name = {s.at + at, strnlen(s.at + at, s.len - at)};

        ret->runs = runs_first(ret->runs, runs_by_name(name));
        at += name.len + 1;
    }
    if (at + 8 < s.len && le32(s.at + at + 4) < s.len - at - 8) {
        at += 8 + le32(s.at + at + 4); /* behind the second path */
        if (s.len - at > 4)
            ret->runs = runs_first(ret->runs, runs_by_head(content_type_of((struct str){s.at + at + 4, MIN_OF(s.len - at - 4, HEAD_MAX)}),
                                                           (struct str){s.at + at + 4, MIN_OF(s.len - at - 4, HEAD_MAX)}));
    }
}

/* A message of Outlook has the names of what is attached in UTF-16 or code page 932; their endings are letters of ASCII. */
static void look_at_attached_name(struct str s, struct runs_found *ret)
{
    char name[256];
    size_t n = 0;

    for (size_t i = s.len > 2 * sizeof(name) ? s.len - 2 * sizeof(name) : 0; i < s.len && n < sizeof(name); i++)
        if (s.at[i])
            name[n++] = s.at[i];
    ret->runs = runs_first(ret->runs, runs_by_name((struct str){name, n}));
}

int runs_in_embedded(const char *class, struct str bytes, struct runs_found *ret)
{
    const struct str head = {bytes.at, MIN_OF(bytes.len, HEAD_MAX)};
    const enum content_type type = content_type_of(head);

    if (!bytes.len)
        return 0;
    if (!strncmp(class, "package", 7))
        look_at_package(bytes, ret);
    else if (type == CONTENT_OLE)
        return runs_in_compound((struct str){bytes.at, MIN_OF(bytes.len, RUNS_BYTES_MAX)}, bytes.len > RUNS_BYTES_MAX, ret);
    else
        ret->runs = runs_first(ret->runs, content_type_holds(type) ? RUNS_MACROS : runs_by_head(type, head));
    return 0;
}

/* A link of OLE to an address: "URL Moniker" by its number. */
static bool leads_away(struct str s)
{
    static const char class[] = "\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\0\xaa\0\x4b\xa9\x0b";

    return s.len > 8 && le32(s.at + 4) & 1 && memmem(s.at, s.len, class, GUID_SIZE);
}

/* A field of Word that asks a program: behind the sign that begins one, in letters of 8 bits or 16. */
static bool has_call(struct str s)
{
    const char *end = s.at + s.len;

    for (const char *at = s.at; (at = memchr(at, 0x13, (size_t)(end - at)));) {
        const size_t step = end - at > 1 && !at[1] ? 2 : 1;
        char word[3] = {0};
        size_t n = 0;

        for (at++; n < 3 && end - at >= (ptrdiff_t)step; at += step) {
            const char c = step == 2 ? at[1] : at[0];

            if (n || c != ' ')
                word[n++] = c;
        }
        if (!strncasecmp(word, "dde", 3))
            return true;
        at -= n * step;
    }
    return false;
}

static bool is_called(const struct compound_entry *e, const char *name)
{
    return !strcasecmp(e->name, name);
}

static void look_at_stream(const struct compound_entry *e, struct str s, struct runs_found *ret)
{
    if (is_called(e, "Workbook") || is_called(e, "Book"))
        look_at_records(s, ret);
    else if (is_called(e, "\1Ole10Native"))
        look_at_package((struct str){s.at + MIN_OF(s.len, (size_t)4), s.len - MIN_OF(s.len, (size_t)4)}, ret); /* behind its length */
    else if (is_called(e, "WordDocument")) {
        ret->is_locked = ret->is_locked || (s.len >= 12 && le16(s.at + 10) & 0x100);
        ret->runs = runs_first(ret->runs, has_call(s) ? RUNS_MACROS : RUNS_NONE);
    } else if (is_called(e, "\1Ole"))
        ret->runs = runs_first(ret->runs, leads_away(s) ? RUNS_MACROS : RUNS_NONE);
    else if (is_called(e, "EncryptedSummary") || (is_called(e, "Current User") && s.len >= 16 && le32(s.at + 12) == 0xf3d1c4df)) /* slides */
        ret->is_locked = true;
    else if (!strncasecmp(e->name, "__substg1.0_3707", 16) || !strncasecmp(e->name, "__substg1.0_3704", 16))
        look_at_attached_name(s, ret);
    else if (!strncasecmp(e->name, "__substg1.0_37010102", 20))
        ret->runs = runs_first(ret->runs, runs_by_head(content_type_of(s), s));
}

static bool is_wanted(const struct compound_entry *e, uint64_t *ret_max)
{
    static const char *const whole[] = {"Workbook", "Book", "WordDocument", "\1Ole10Native"};

    *ret_max = UINT64_MAX;
    for (size_t i = 0; i < ARRAY_LEN(whole); i++)
        if (is_called(e, whole[i]))
            return true;
    *ret_max = HEAD_MAX;
    return is_called(e, "\1Ole") || is_called(e, "EncryptedSummary") || is_called(e, "Current User") || !strncasecmp(e->name, "__substg1.0_370", 15);
}

/* Many entries may name one long stream. */
#define READS_MAX 4u /* times the bytes of the file */

static int look_into_entry(const struct compound *c, size_t i, uint64_t *read, struct runs_found *ret)
{
    CLEANUP(buf_done) struct buf bytes;
    struct compound_entry e;
    uint64_t max;
    int r;

    buf_init(&bytes, c->s.len);
    if (!compound_stream(c, i, &e) || !is_wanted(&e, &max))
        return 0;
    r = compound_read(c, &e, max, &bytes);
    *read += bytes.len + c->n_sectors / 8; /* which each chain looks at to know its end */
    if (r >= 0 && bytes.len)
        look_at_stream(&e, buf_str(&bytes), ret);
    return r == -ENOSPC ? COMPOUND_E_BROKEN : r;
}

/* A program may read what this does not: a workbook that cannot be taken apart counts as having macros, as does any file that goes on behind what is looked at, and what names more
 * bytes than it has. */
int runs_in_compound(struct str bytes, bool is_cut, struct runs_found *ret)
{
    CLEANUP(compound_close) struct compound c;
    int r = compound_open(bytes, &c), first = 0;
    const uint64_t read_max = (uint64_t)bytes.len * READS_MAX;
    uint64_t read = 0;

    for (size_t i = 0; r >= 0 && read <= read_max && i < compound_count(&c); i++) {
        int e = look_into_entry(&c, i, &read, ret);

        if (e < 0)
            return e;
        first = first ? first : e;
    }
    if (r < 0)
        return r;
    if (read > read_max || ((r || first) && (is_cut || compound_names(bytes, "Workbook") || compound_names(bytes, "Book"))))
        ret->runs = runs_first(ret->runs, RUNS_MACROS);
    return 0;
}

/* ---- the whole ---- */

int runs_in_document(struct str name, struct str bytes, bool is_cut, struct runs_found *ret)
{
    const struct str head = {bytes.at, MIN_OF(bytes.len, HEAD_MAX)};
    const enum content_type type = content_type_of(head);
    bool acts = false;
    int r = runs_is_part(type, name, head) ? runs_in_part(name, bytes, &acts) : 0;

    ret->runs = runs_first(ret->runs, acts ? RUNS_MACROS : RUNS_NONE);
    if (r)
        return r;
    if (is_sylk(bytes) || is_query(bytes))
        ret->runs = runs_first(ret->runs, RUNS_SCRIPT);
    else if (is_raw_sheet(bytes))
        look_at_records(bytes, ret);
    else if (bytes.len >= GUID_SIZE && !memcmp(bytes.at, one_note, GUID_SIZE))
        look_into_section(bytes, ret);
    if (type == CONTENT_RTF)
        return runs_in_rtf(bytes, ret);
    return type == CONTENT_OLE ? runs_in_compound(bytes, is_cut, ret) : 0;
}
