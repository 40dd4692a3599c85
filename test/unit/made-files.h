/* Files of kinds that no library here writes, byte by byte as their formats have them: compound files with records of Excel, cabinets, LHA, and what carries more than its members. */
#pragma once

#include "base/buf.h"
#include "base/macros.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static inline void put16(char *at, uint32_t v)
{
    at[0] = (char)v;
    at[1] = (char)(v >> 8);
}

static inline void put32(char *at, uint32_t v)
{
    put16(at, v);
    put16(at + 2, v >> 16);
}

static inline void add(struct buf *b, const void *bytes, size_t n)
{
    int r = buf_add(b, bytes, n);

    assert(!r);
}

static inline void add16(struct buf *b, uint32_t v)
{
    char two[2];

    put16(two, v);
    add(b, two, 2);
}

static inline void add32(struct buf *b, uint32_t v)
{
    add16(b, v & 0xffff);
    add16(b, v >> 16);
}

/* ---- compound files: one storage, sectors of 512 bytes, small streams in the stream of the root ---- */

struct made_stream {
    const char *name;
    struct str bytes;
};

static inline void made_entry(char e[128], const char *name, int kind, uint32_t start, size_t size)
{
    size_t n = strlen(name);

    memset(e, 0, 128);
    for (size_t i = 0; i < n; i++)
        e[2 * i] = name[i];
    put16(e + 64, (uint32_t)(2 * n + 2));
    e[66] = (char)kind;
    e[67] = 1;
    put32(e + 68, UINT32_MAX);
    put32(e + 72, UINT32_MAX);
    put32(e + 76, UINT32_MAX);
    put32(e + 116, start);
    put32(e + 120, (uint32_t)size);
}

/* Sectors of `table` that hold so many bytes one behind the other, from `*used` on; the first one. */
static inline uint32_t made_chain(uint32_t *table, uint32_t *used, size_t size, size_t sector)
{
    uint32_t first = *used, n = (uint32_t)((size + sector - 1) / sector);

    for (uint32_t i = 0; i < n; i++)
        table[*used + i] = i + 1 < n ? *used + i + 1 : 0xfffffffe;
    *used += n;
    return n ? first : 0xfffffffe;
}

static inline void made_pad(struct buf *b, size_t sector)
{
    while (b->len % sector)
        add(b, "", 1);
}

/* Up to 7 streams, of up to 60,000 bytes together. */
static inline struct buf made_compound(const struct made_stream *s, size_t n)
{
    uint32_t fat[128], mini_fat[128], used = 0, mini_used = 0, first;
    struct buf out, mini, body;
    char header[512] = {0}, directory[1024] = {0};

    buf_init(&out, 1u << 20);
    buf_init(&mini, 1u << 16);
    buf_init(&body, 1u << 20);
    memset(fat, 0xff, sizeof(fat));
    memset(mini_fat, 0xff, sizeof(mini_fat));
    fat[used++] = 0xfffffffd; /* this table */
    first = made_chain(fat, &used, sizeof(directory), 512);
    for (size_t i = 0; i < n; i++) {
        bool is_small = s[i].bytes.len < 4096;
        uint32_t at = is_small ? made_chain(mini_fat, &mini_used, s[i].bytes.len, 64) : made_chain(fat, &used, s[i].bytes.len, 512);

        made_entry(directory + 128 * (i + 1), s[i].name, 2, at, s[i].bytes.len);
        add(is_small ? &mini : &body, s[i].bytes.at, s[i].bytes.len);
        made_pad(is_small ? &mini : &body, is_small ? 64 : 512);
    }
    made_entry(directory, "Root Entry", 5, made_chain(fat, &used, mini.len, 512), mini.len);
    made_pad(&mini, 512);
    memcpy(header, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
    put16(header + 24, 0x3e);
    put16(header + 26, 3);
    put16(header + 28, 0xfffe);
    put16(header + 30, 9);
    put16(header + 32, 6);
    put32(header + 44, 1);
    put32(header + 48, first);
    put32(header + 56, 4096);
    put32(header + 60, made_chain(fat, &used, sizeof(mini_fat), 512));
    put32(header + 64, 1);
    put32(header + 68, 0xfffffffe);
    memset(header + 76, 0xff, 436);
    put32(header + 76, 0);
    add(&out, header, sizeof(header));
    for (size_t i = 0; i < 128; i++)
        add32(&out, fat[i]);
    add(&out, directory, sizeof(directory));
    add(&out, body.at, body.len);
    add(&out, mini.at, mini.len);
    for (size_t i = 0; i < 128; i++)
        add32(&out, mini_fat[i]);
    assert(used <= 128 && mini_used <= 128 && out.len == 512 + 512 * (size_t)used);
    buf_done(&mini);
    buf_done(&body);
    return out;
}

/* ---- records of Excel ---- */

static inline void made_record(struct buf *b, uint32_t type, const void *body, size_t n)
{
    add16(b, type);
    add16(b, (uint32_t)n);
    add(b, body, n);
}

static inline void made_begin(struct buf *b, uint32_t kind)
{
    char body[16] = {0};

    put16(body, 0x600);
    put16(body + 2, kind);
    made_record(b, 0x809, body, sizeof(body));
}

struct made_sheet {
    const char *name;
    int shown; /* 0 shown, 1 hidden, 2 hidden for good */
    int said;  /* kind as the list has it: 0 a sheet, 1 a macro sheet, 2 a chart */
    uint32_t begins; /* kind as it begins: 0x10, 0x40, 0x20 */
};

/* A workbook of Excel 97: the list of its sheets, then each of them; `before` bytes of a record that readers pass over come first. */
static inline struct buf made_workbook(const struct made_sheet *sheets, size_t n, bool is_locked, size_t before)
{
    struct buf b;
    size_t places[8];
    char *filler = calloc(1, before + 1);

    assert(filler && n <= ARRAY_LEN(places));
    buf_init(&b, 1u << 20);
    made_begin(&b, 5);
    if (is_locked)
        made_record(&b, 0x2f, "\0\0\x12\x34\x56\x78", 6);
    if (before)
        made_record(&b, 0xfc, filler, before);
    free(filler);
    for (size_t i = 0; i < n; i++) {
        char body[40] = {0};

        places[i] = b.len + 4;
        body[4] = (char)sheets[i].shown;
        body[5] = (char)sheets[i].said;
        body[6] = (char)strlen(sheets[i].name);
        memcpy(body + 8, sheets[i].name, strlen(sheets[i].name));
        made_record(&b, 0x85, body, 8 + strlen(sheets[i].name));
    }
    made_record(&b, 0x0a, "", 0);
    for (size_t i = 0; i < n; i++) {
        put32(b.at + places[i], (uint32_t)b.len);
        made_begin(&b, sheets[i].begins);
        made_record(&b, 0x0a, "", 0);
    }
    return b;
}

/* A package of OLE 1, as an embedded file of any kind lies in a document. */
static inline struct buf made_package(const char *name, struct str bytes)
{
    struct buf b;

    buf_init(&b, 1u << 20);
    add32(&b, (uint32_t)(2 * strlen(name) + bytes.len + 30));
    add16(&b, 2);
    add(&b, name, strlen(name) + 1);
    add(&b, "C:\\", 3);
    add(&b, name, strlen(name) + 1);
    add32(&b, 0x30000);
    add32(&b, (uint32_t)strlen(name) + 1);
    add(&b, name, strlen(name) + 1);
    add32(&b, (uint32_t)bytes.len);
    add(&b, bytes.at, bytes.len);
    return b;
}

/* ---- cabinets and LHA, of one file that is stored as it is ---- */

static inline struct buf made_cab(const char *name, struct str bytes)
{
    struct buf b;
    uint32_t data = 36 + 8 + 16 + (uint32_t)strlen(name) + 1;

    assert(bytes.len < 32768);
    buf_init(&b, 1u << 20);
    add(&b, "MSCF\0\0\0\0", 8);
    add32(&b, data + 8 + (uint32_t)bytes.len);
    add32(&b, 0);
    add32(&b, 36 + 8);
    add32(&b, 0);
    add(&b, "\3\1\1\0\1\0\0\0\0\0\0\0", 12);
    add32(&b, data);
    add(&b, "\1\0\0\0", 4);
    add32(&b, (uint32_t)bytes.len);
    add32(&b, 0);
    add(&b, "\0\0\x21\x5c\0\0\x20\0", 8);
    add(&b, name, strlen(name) + 1);
    add32(&b, 0);
    add16(&b, (uint32_t)bytes.len);
    add16(&b, (uint32_t)bytes.len);
    add(&b, bytes.at, bytes.len);
    return b;
}

static inline uint32_t made_crc16(struct str s)
{
    uint32_t crc = 0;

    for (size_t i = 0; i < s.len; i++) {
        crc ^= (uint8_t)s.at[i];
        for (int k = 0; k < 8; k++)
            crc = crc & 1 ? crc >> 1 ^ 0xa001 : crc >> 1;
    }
    return crc;
}

/* As LHA of MS-DOS (level 0), and as later ones (level 2). */
static inline struct buf made_lzh(const char *name, struct str bytes, unsigned level)
{
    size_t n = strlen(name);
    struct buf b;

    buf_init(&b, 1u << 20);
    add(&b, "\0\0-lh0-", 7);
    add32(&b, (uint32_t)bytes.len);
    add32(&b, (uint32_t)bytes.len);
    add32(&b, 0x5c210000);
    add(&b, "\x20", 1);
    add(&b, level ? "\2" : "\0", 1);
    if (level) {
        add16(&b, made_crc16(bytes));
        add(&b, "U\5\0\0\0\0", 6); /* a header of its own has the sum of all of them */
        add16(&b, (uint32_t)n + 3);
        add(&b, "\1", 1);
        add(&b, name, n);
        add16(&b, 0);
        put16(b.at, (uint32_t)b.len);
        put16(b.at + 27, made_crc16(buf_str(&b)));
    } else {
        unsigned sum = 0;

        add(&b, (char[]){(char)n}, 1);
        add(&b, name, n);
        add16(&b, made_crc16(bytes));
        for (size_t i = 2; i < b.len; i++)
            sum += (uint8_t)b.at[i];
        b.at[0] = (char)(b.len - 2);
        b.at[1] = (char)sum;
    }
    add(&b, bytes.at, bytes.len);
    add(&b, "", 1);
    return b;
}

/* ---- what carries more than its members ---- */

/* A cabinet with bytes between the list of its files and their data. */
static inline struct buf made_cab_gap(struct str gap)
{
    struct buf plain = made_cab("a.txt", STR("hello")), b;
    const size_t data = plain.len - 8 - 5;

    buf_init(&b, 1u << 20);
    add(&b, plain.at, data);
    add(&b, gap.at, gap.len);
    add(&b, plain.at + data, plain.len - data);
    put32(b.at + 8, (uint32_t)b.len);
    put32(b.at + 36, (uint32_t)(data + gap.len));
    buf_done(&plain);
    return b;
}

/* One whose block of data has bytes that its maker reserved. */
static inline struct buf made_cab_block(struct str reserved)
{
    struct buf plain = made_cab("a.txt", STR("hello")), b;
    const size_t data = plain.len - 8 - 5;

    buf_init(&b, 1u << 20);
    add(&b, plain.at, 36);
    b.at[30] = 4;
    add(&b, "\0\0\0", 3);
    add(&b, (char[]){(char)reserved.len}, 1);
    add(&b, plain.at + 36, data + 8 - 36);
    add(&b, reserved.at, reserved.len);
    add(&b, plain.at + data + 8, 5);
    put32(b.at + 8, (uint32_t)b.len);
    put32(b.at + 16, 36 + 8 + 4);
    put32(b.at + 36 + 4, (uint32_t)data + 4);
    buf_done(&plain);
    return b;
}

/* A cabinet with an area that its maker reserved. */
static inline struct buf made_cab_with(struct str reserved)
{
    struct buf plain = made_cab("a.txt", STR("hello")), b;
    const uint32_t more = 4 + (uint32_t)reserved.len;

    buf_init(&b, 1u << 20);
    add(&b, plain.at, 36);
    b.at[30] = 4;
    add16(&b, (uint32_t)reserved.len);
    add16(&b, 0);
    add(&b, reserved.at, reserved.len);
    add(&b, plain.at + 36, plain.len - 36);
    put32(b.at + 8, (uint32_t)plain.len + more);
    put32(b.at + 16, 36 + 8 + more);
    put32(b.at + 36 + more, 36 + 8 + 16 + 6 + more);
    buf_done(&plain);
    return b;
}

/* A ZIP with one member that is stored; `crc` is that of its bytes. */
static inline struct buf made_zip_with(struct str bytes, uint32_t crc, struct str extra_before, struct str extra, struct str comment)
{
    struct buf b;
    uint32_t directory;

    buf_init(&b, 1u << 20);
    add(&b, "PK\3\4\x14\0\0\0\0\0\0\0\x21\x5c", 14);
    add32(&b, crc);
    add32(&b, (uint32_t)bytes.len);
    add32(&b, (uint32_t)bytes.len);
    add16(&b, 5);
    add16(&b, (uint32_t)extra_before.len);
    add(&b, "a.txt", 5);
    add(&b, extra_before.at, extra_before.len);
    add(&b, bytes.at, bytes.len);
    directory = (uint32_t)b.len;
    add(&b, "PK\1\2\x14\0\x14\0\0\0\0\0\0\0\x21\x5c", 16);
    add32(&b, crc);
    add32(&b, (uint32_t)bytes.len);
    add32(&b, (uint32_t)bytes.len);
    add16(&b, 5);
    add16(&b, (uint32_t)extra.len);
    add(&b, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 14);
    add(&b, "a.txt", 5);
    add(&b, extra.at, extra.len);
    add(&b, "PK\5\6\0\0\0\0\1\0\1\0", 12);
    add32(&b, (uint32_t)b.len - 12 - directory);
    add32(&b, directory);
    add16(&b, (uint32_t)comment.len);
    add(&b, comment.at, comment.len);
    return b;
}

/* A header of a tar, and behind it `bytes`. */
static inline void made_tar_part(struct buf *b, char kind, const char *name, struct str bytes)
{
    char h[512] = {0};
    unsigned sum = 0, size = (unsigned)bytes.len;

    memcpy(h, name, strlen(name));
    memcpy(h + 100, "0000644\0000000000\0000000000", 23);
    for (size_t i = 0; i < 11; i++, size /= 8)
        h[134 - i] = (char)('0' + size % 8);
    memcpy(h + 136, "00000000000", 11);
    memset(h + 148, ' ', 8);
    h[156] = kind;
    memcpy(h + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof(h); i++)
        sum += (uint8_t)h[i];
    for (size_t i = 0; i < 6; i++, sum /= 8)
        h[153 - i] = (char)('0' + sum % 8);
    h[154] = '\0';
    add(b, h, sizeof(h));
    add(b, bytes.at, bytes.len);
    made_pad(b, 512);
}
