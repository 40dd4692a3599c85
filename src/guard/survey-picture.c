/* Pictures, by the marks of their formats. Each reader goes over the whole of it; what it does not know is told as `application`, and what it
 * cannot follow as `unreadable`.
 * Source   JPEG: ITU-T T.81 annex B, JFIF 1.02, Exif 2.3 4.7; PNG: W3C PNG 1.2; GIF89a; WebP: RFC 9649; TIFF 6.0 and Exif 2.3. */
#include "guard/survey-inside.h"

#include <stdio.h>

#define IFDS_MAX 16u
#define ENTRIES_MAX 1024u

static struct str from(struct str s, size_t at)
{
    at = MIN_OF(at, s.len);
    return (struct str){s.at + at, s.len - at};
}

static uint32_t be(struct str s, size_t at, unsigned n)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < n; i++)
        v = v << 8 | (uint8_t)s.at[at + i];
    return v;
}

static uint32_t le(struct str s, size_t at, unsigned n)
{
    uint32_t v = 0;

    for (unsigned i = n; i > 0; i--)
        v = v << 8 | (uint8_t)s.at[at + i - 1];
    return v;
}

/* ---- TIFF and Exif ---- */

struct tiff {
    struct survey *s;
    struct str bytes;
    bool is_big_endian, is_exif;
    uint32_t seen[IFDS_MAX];
    unsigned n_seen;
};

static uint32_t number(const struct tiff *t, size_t at, unsigned n)
{
    return t->is_big_endian ? be(t->bytes, at, n) : le(t->bytes, at, n);
}

static const struct {
    uint16_t tag;
    enum survey_kind kind;
} tags[] = {
    {0x010d, METADATA_TITLE},       {0x010e, METADATA_COMMENT},    {0x010f, METADATA_CAMERA},
    {0x0110, METADATA_CAMERA},      {0x011d, METADATA_TITLE},      {0x0131, METADATA_SOFTWARE},
    {0x0132, METADATA_DATE},        {0x013b, METADATA_AUTHOR},     {0x013c, METADATA_SOFTWARE},
    {0x02bc, METADATA_XMP},         {0x83bb, METADATA_IPTC},       {0x8298, METADATA_AUTHOR},
    {0x8649, METADATA_APPLICATION}, {0x8773, METADATA_PROFILE},    {0x9003, METADATA_DATE},
    {0x9004, METADATA_DATE},        {0x927c, METADATA_MAKER_NOTE}, {0x9286, METADATA_COMMENT},
    {0x9c9b, METADATA_TITLE},       {0x9c9c, METADATA_COMMENT},    {0x9c9d, METADATA_AUTHOR},
    {0x9c9e, METADATA_COMMENT},     {0x9c9f, METADATA_COMMENT},    {0xa420, METADATA_SERIAL},
    {0xa430, METADATA_AUTHOR},      {0xa431, METADATA_SERIAL},     {0xa433, METADATA_CAMERA},
    {0xa434, METADATA_CAMERA},      {0xa435, METADATA_SERIAL},     {0xc614, METADATA_CAMERA},
    {0xc62f, METADATA_SERIAL},
};

/* What a picture in TIFF needs to be shown: sizes, strips, tiles, colours, pages. */
static bool is_structure(uint16_t tag)
{
    return tag == 0x00fe || tag == 0x00ff || (tag >= 0x0100 && tag <= 0x0107) || tag == 0x010a ||
           tag == 0x0111 || (tag >= 0x0112 && tag <= 0x0119) || tag == 0x011a || tag == 0x011b ||
           tag == 0x011c || tag == 0x0128 || tag == 0x0129 || tag == 0x012d ||
           (tag >= 0x013d && tag <= 0x0145) || tag == 0x0152 || tag == 0x0153 || tag == 0x015b ||
           (tag >= 0x0200 && tag <= 0x0214) || tag == 0x0120;
}

static unsigned size_of_type(uint32_t type)
{
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

    return type < ARRAY_LEN(sizes) ? sizes[type] : 0;
}

/* The bytes of an entry's value; none when they lie outside. */
static struct str value_of(const struct tiff *t, size_t entry)
{
    uint64_t n = (uint64_t)number(t, entry + 4, 4) * size_of_type(number(t, entry + 2, 2));
    uint64_t at = n <= 4 ? entry + 8 : number(t, entry + 8, 4);

    if (n > t->bytes.len || at > t->bytes.len - n)
        return STR_NONE;
    return (struct str){t->bytes.at + at, (size_t)n};
}

/* Degrees from three fractions; below 0: none. */
static double degrees(const struct tiff *t, struct str value)
{
    double sum = 0, part = 1;

    if (value.len != 24)
        return -1;
    for (size_t i = 0; i < 3; i++, part *= 60) {
        size_t at = (size_t)(value.at - t->bytes.at) + 8 * i;
        uint32_t down = number(t, at + 4, 4);

        if (!down)
            return -1;
        sum += number(t, at, 4) / (double)down / part;
    }
    return sum;
}

static void read_gps(struct tiff *t, size_t at)
{
    double where[2] = {-1, -1};
    char side[2] = {'?', '?'}, text[80];
    uint32_t n;

    if (at > t->bytes.len || t->bytes.len - at < 2)
        return;
    n = MIN_OF(number(t, at, 2), ENTRIES_MAX);
    for (size_t e = at + 2; n > 0 && t->bytes.len - e >= 12; e += 12, n--) {
        uint32_t tag = number(t, e, 2);
        struct str v = value_of(t, e);

        if ((tag == 1 || tag == 3) && v.len && strchr("NSEW", v.at[0]) && v.at[0])
            side[tag / 2] = v.at[0];
        else if (tag == 2 || tag == 4)
            where[tag / 2 - 1] = degrees(t, v);
    }
    if (where[0] < 0 || where[1] < 0)
        return;
    (void)snprintf(text, sizeof(text), "%.4f %c %.4f %c", where[0], side[0], where[1], side[1]);
    survey_add_text(t->s, METADATA_GPS, text);
}

static void read_entry(struct tiff *t, size_t at, unsigned depth, unsigned place);

/* One directory; *ret_next is where the next one lies (0: nowhere). */
static void read_ifd(struct tiff *t, uint32_t at, unsigned depth, unsigned place,
                     uint32_t *ret_next)
{
    uint32_t n;

    *ret_next = 0;
    for (unsigned i = 0; i < t->n_seen; i++)
        if (t->seen[i] == at)
            return;
    if (t->n_seen == IFDS_MAX || at > t->bytes.len || t->bytes.len - at < 2) {
        survey_add_text(t->s, METADATA_UNREADABLE, "");
        return;
    }
    t->seen[t->n_seen++] = at;
    n = number(t, at, 2);
    if (n > ENTRIES_MAX || t->bytes.len - at - 2 < (size_t)n * 12) {
        survey_add_text(t->s, METADATA_UNREADABLE, "");
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        read_entry(t, at + 2 + 12 * (size_t)i, depth, place);
    if (t->bytes.len - at - 2 - (size_t)n * 12 >= 4)
        *ret_next = number(t, at + 2 + 12 * (size_t)n, 4);
}

/* A photograph stands as its first directory says, whatever its thumbnail's says; of pages any that does not stand upright counts. */
static void read_orientation(struct tiff *t, uint32_t value, bool is_first)
{
    if (t->is_exif ? is_first : value != 1 || !t->s->orientation)
        t->s->orientation = value;
    if (value != 1 || t->is_exif)
        survey_add_count(t->s, METADATA_ORIENTATION, value, "");
}

static void read_entry(struct tiff *t, size_t at, unsigned depth, unsigned place)
{
    uint16_t tag = (uint16_t)number(t, at, 2);
    struct str value = value_of(t, at);
    uint32_t next;

    if (tag == 0x0112) {
        read_orientation(t, number(t, at + 8, 2), place == 0 && depth == 0);
        return;
    }
    if (!t->is_exif && place == 0 && (tag == 0x0100 || tag == 0x0101)) {
        uint32_t size = number(t, at + 8, number(t, at + 2, 2) == 3 ? 2 : 4);

        *(tag == 0x0100 ? &t->s->width : &t->s->height) = size;
        return;
    }
    if (tag == 0x8825) {
        survey_add_text(t->s, METADATA_GPS, "");
        read_gps(t, number(t, at + 8, 4));
        return;
    }
    if (tag == 0x8769 || tag == 0xa005 || tag == 0x014a) {
        survey_add_text(t->s, METADATA_EXIF, "");
        if (depth < 4 && tag == 0x8769)
            read_ifd(t, number(t, at + 8, 4), depth + 1, place, &next);
        return;
    }
    if (tag == 0x0201 && t->is_exif && place > 0) {
        survey_add_text(t->s, METADATA_THUMBNAIL, "");
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(tags); i++)
        if (tags[i].tag == tag) {
            enum survey_kind k = tags[i].kind;
            bool is_block = k == METADATA_XMP || k == METADATA_IPTC || k == METADATA_MAKER_NOTE ||
                            k == METADATA_PROFILE || k == METADATA_APPLICATION;

            survey_add(t->s, k, is_block ? STR_NONE : value);
            return;
        }
    if (!t->is_exif && !is_structure(tag)) {
        char name[8];

        (void)snprintf(name, sizeof(name), "0x%04x", tag);
        survey_add_text(t->s, METADATA_EXIF, name);
    }
}

void survey_tiff(struct survey *s, struct str bytes, bool is_exif)
{
    struct tiff t = {.s = s, .bytes = bytes, .is_exif = is_exif};
    uint32_t at;
    unsigned place = 0;

    if (is_exif)
        survey_add_text(s, METADATA_EXIF, "");
    if (bytes.len < 8 || (memcmp(bytes.at, "II*\0", 4) && memcmp(bytes.at, "MM\0*", 4))) {
        survey_add_text(s, METADATA_UNREADABLE, "");
        return;
    }
    t.is_big_endian = bytes.at[0] == 'M';
    at = number(&t, 4, 4);
    while (at && place < IFDS_MAX)
        read_ifd(&t, at, 0, place++, &at);
}

/* ---- JPEG ---- */

static bool begins(struct str s, const char *mark, size_t n)
{
    return s.len >= n && !memcmp(s.at, mark, n);
}
#define BEGINS(s, literal) begins((s), "" literal, sizeof(literal) - 1)

static void read_app(struct survey *s, unsigned n, struct str body)
{
    char name[24];

    if (n == 0 && BEGINS(body, "JFIF\0")) {
        if (body.len > 14 && (body.at[12] || body.at[13]))
            survey_add_text(s, METADATA_THUMBNAIL, "");
        else if (body.len > 14)
            survey_add_text(s, METADATA_APPLICATION, "JFIF");
    } else if (n == 1 && BEGINS(body, "Exif\0")) {
        survey_tiff(s, from(body, 6), true);
    } else if (n == 1 && BEGINS(body, "http://ns.adobe.com/x")) {
        survey_add_text(s, METADATA_XMP, "");
    } else if (n == 2 && BEGINS(body, "ICC_PROFILE\0")) {
        survey_add_text(s, METADATA_PROFILE, "");
    } else if (n == 2 && BEGINS(body, "MPF\0")) {
        survey_add_text(s, METADATA_OTHER_PICTURE, "");
    } else if (n == 13 && BEGINS(body, "Photoshop ")) {
        survey_add_text(s, METADATA_IPTC, "");
    } else if (!(n == 14 && BEGINS(body, "Adobe") && body.len == 12)) {
        (void)snprintf(name, sizeof(name), "APP%u", n);
        survey_add_text(s, METADATA_APPLICATION, name);
    }
}

/* Behind the entropy-coded bytes that begin at `at`: where the next marker stands. */
static size_t end_of_scan(struct str bytes, size_t at)
{
    while (at + 1 < bytes.len) {
        const char *mark = memchr(bytes.at + at, 0xff, bytes.len - at - 1);

        if (!mark)
            return bytes.len;
        at = (size_t)(mark - bytes.at);
        if (bytes.at[at + 1] &&
            ((uint8_t)bytes.at[at + 1] < 0xd0 || (uint8_t)bytes.at[at + 1] > 0xd7) &&
            (uint8_t)bytes.at[at + 1] != 0xff)
            return at;
        at += (uint8_t)bytes.at[at + 1] == 0xff ? 1 : 2;
    }
    return bytes.len;
}

/* Start of frame, but for the tables of the same range. */
static bool is_frame(uint8_t marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/* One segment whose marker stands at `at`. Where the next one is; 0: it cannot be followed. */
static size_t read_segment(struct survey *s, struct str bytes, size_t at)
{
    uint8_t marker = (uint8_t)bytes.at[at + 1];
    struct str body;
    size_t len;

    if (marker == 0xff)
        return at + 1; /* filling */
    if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7))
        return at + 2;
    if (bytes.len - at < 4 || (len = be(bytes, at + 2, 2)) < 2 || len > bytes.len - at - 2)
        return 0;
    body = (struct str){bytes.at + at + 4, len - 2};
    if (marker >= 0xe0 && marker <= 0xef)
        read_app(s, marker - 0xe0u, body);
    else if (marker == 0xfe)
        survey_add(s, METADATA_COMMENT, body);
    else if (is_frame(marker) && body.len >= 5) {
        s->height = be(body, 1, 2);
        s->width = be(body, 3, 2);
    } else if (marker >= 0xf0 && marker <= 0xfd) {
        survey_add_text(s, METADATA_APPLICATION, "JPG");
    }
    return marker == 0xda ? end_of_scan(bytes, at + 2 + len) : at + 2 + len;
}

void survey_jpeg(struct survey *s, struct str bytes)
{
    size_t at = 2;

    while (at && bytes.len >= 2 && at <= bytes.len - 2 && (uint8_t)bytes.at[at] == 0xff) {
        if ((uint8_t)bytes.at[at + 1] == 0xd9) {
            if (bytes.len > at + 2)
                survey_add_count(s, METADATA_BEHIND_END, bytes.len - at - 2, "bytes");
            return;
        }
        at = read_segment(s, bytes, at);
    }
    survey_add_text(s, METADATA_UNREADABLE, "");
}

/* ---- PNG ---- */

static void read_chunk(struct survey *s, struct str name, struct str body)
{
    static const char harmless[] =
        "IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB sBIT bKGD hIST sPLT pHYs "
        "acTL fcTL fdAT cICP";
    struct str rest = body, keyword = STR_NONE;

    if (memmem(harmless, sizeof(harmless) - 1, name.at, 4))
        return;
    if (BEGINS(name, "eXIf")) {
        survey_tiff(s, body, true);
    } else if (BEGINS(name, "iCCP")) {
        survey_add_text(s, METADATA_PROFILE, "");
    } else if (BEGINS(name, "tIME")) {
        survey_add_text(s, METADATA_DATE, "");
    } else if (BEGINS(name, "tEXt") || BEGINS(name, "zTXt") || BEGINS(name, "iTXt")) {
        IGNORE(str_split(&rest, '\0', &keyword), "a text without its end is all keyword");
        survey_add(s,
                   BEGINS(keyword, "XML:com.adobe.xmp") ? METADATA_XMP
                   : BEGINS(keyword, "Author")          ? METADATA_AUTHOR
                   : BEGINS(keyword, "Software")        ? METADATA_SOFTWARE
                   : BEGINS(keyword, "Title")           ? METADATA_TITLE
                                                        : METADATA_COMMENT,
                   BEGINS(name, "tEXt") && rest.at ? rest : keyword);
    } else {
        survey_add(s, METADATA_APPLICATION, name);
    }
}

void survey_png(struct survey *s, struct str bytes)
{
    size_t at = 8;

    while (at <= bytes.len && bytes.len - at >= 12) {
        uint32_t len = be(bytes, at, 4);
        struct str name = {bytes.at + at + 4, 4};

        if (len > bytes.len - at - 12)
            break;
        if (BEGINS(name, "IHDR") && len >= 8) {
            s->width = be(bytes, at + 8, 4);
            s->height = be(bytes, at + 12, 4);
        }
        read_chunk(s, name, (struct str){bytes.at + at + 8, len});
        at += 12 + (size_t)len;
        if (BEGINS(name, "IEND")) {
            if (at < bytes.len)
                survey_add_count(s, METADATA_BEHIND_END, bytes.len - at, "bytes");
            return;
        }
    }
    survey_add_text(s, METADATA_UNREADABLE, "");
}

/* ---- GIF ---- */

/* Sub-blocks from `at`; the place behind them, 0: they do not end. */
static size_t end_of_blocks(struct str bytes, size_t at)
{
    while (at < bytes.len) {
        size_t n = (uint8_t)bytes.at[at];

        at += 1 + n;
        if (n == 0)
            return at <= bytes.len ? at : 0;
    }
    return 0;
}

static size_t table_size(uint8_t flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

static size_t read_extension(struct survey *s, struct str bytes, size_t at)
{
    uint8_t kind = (uint8_t)bytes.at[at + 1];
    struct str first = STR_NONE;
    size_t n;

    if (bytes.len - at < 3)
        return 0;
    n = MIN_OF((size_t)(uint8_t)bytes.at[at + 2], bytes.len - at - 3);
    first = (struct str){bytes.at + at + 3, n};
    if (kind == 0xfe)
        survey_add(s, METADATA_COMMENT, first);
    else if (kind == 0x01)
        survey_add(s, METADATA_COMMENT, STR_NONE);
    else if (kind == 0xff && BEGINS(first, "XMP Data"))
        survey_add_text(s, METADATA_XMP, "");
    else if (kind == 0xff && !BEGINS(first, "NETSCAPE2.0") && !BEGINS(first, "ANIMEXTS1.0"))
        survey_add(s, METADATA_APPLICATION, first);
    return end_of_blocks(bytes, at + 2);
}

void survey_gif(struct survey *s, struct str bytes)
{
    size_t at = bytes.len >= 13 ? 13 + table_size((uint8_t)bytes.at[10]) : 0;

    if (at) {
        s->width = le(bytes, 6, 2);
        s->height = le(bytes, 8, 2);
    }
    while (at && at < bytes.len) {
        uint8_t mark = (uint8_t)bytes.at[at];

        if (mark == 0x3b) {
            if (bytes.len > at + 1)
                survey_add_count(s, METADATA_BEHIND_END, bytes.len - at - 1, "bytes");
            return;
        }
        if (mark == 0x21 && bytes.len - at >= 2)
            at = read_extension(s, bytes, at);
        else if (mark == 0x2c && bytes.len - at >= 11)
            at = end_of_blocks(bytes, at + 11 + table_size((uint8_t)bytes.at[at + 9]));
        else
            break;
    }
    survey_add_text(s, METADATA_UNREADABLE, "");
}

/* ---- WebP ---- */

static void read_riff(struct survey *s, struct str name, struct str body)
{
    if (BEGINS(name, "EXIF"))
        survey_tiff(s, BEGINS(body, "Exif\0\0") ? from(body, 6) : body, true);
    else if (BEGINS(name, "XMP "))
        survey_add_text(s, METADATA_XMP, "");
    else if (BEGINS(name, "ICCP"))
        survey_add_text(s, METADATA_PROFILE, "");
    else if (!BEGINS(name, "VP8") && !BEGINS(name, "ALPH") && !BEGINS(name, "ANIM") &&
             !BEGINS(name, "ANMF"))
        survey_add(s, METADATA_APPLICATION, name);
}

void survey_webp(struct survey *s, struct str bytes)
{
    size_t at = 12, end = bytes.len >= 12 ? (size_t)le(bytes, 4, 4) + 8 : 0;

    if (end < 12 || end > bytes.len) {
        survey_add_text(s, METADATA_UNREADABLE, "");
        return;
    }
    while (end - at >= 8) {
        size_t len = le(bytes, at + 4, 4);

        if (len > end - at - 8) {
            survey_add_text(s, METADATA_UNREADABLE, "");
            return;
        }
        read_riff(s, (struct str){bytes.at + at, 4}, (struct str){bytes.at + at + 8, len});
        at += 8 + len + (len & 1);
        if (at > end)
            break;
    }
    if (bytes.len > end)
        survey_add_count(s, METADATA_BEHIND_END, bytes.len - end, "bytes");
}
