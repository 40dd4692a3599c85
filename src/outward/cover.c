#include "outward/cover.h"

#include "base/time.h"
#include "outward/sheet.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define TEXT_MAX ((size_t)256 << 10)
#define ROWS_MAX 12u

/* Texts live in the arena until the PDF is there. */
struct filling {
    const struct cover_sheet *c;
    struct arena *arena;
    struct sheet_cell cells[ROWS_MAX];
    struct sheet_row rows[ROWS_MAX];
    size_t n;
};

static uint64_t at_us(const struct cover_sheet *c)
{
    return (uint64_t)json_int(c->cover, "at");
}

static struct str word(const struct filling *f, enum message_key key)
{
    return message_text(f->c->lang, key);
}

static struct str text2(const struct filling *f, const json_t *v)
{
    return str_of(json_str(v, f->c->lang == MESSAGE_JA ? "ja" : "en"));
}

static void add_row(struct filling *f, enum message_key heading, struct str text, unsigned lines)
{
    if (!text.len)
        return;
    f->cells[f->n] = (struct sheet_cell){.heading = word(f, heading), .text = text, .lines = lines};
    f->rows[f->n] = (struct sheet_row){.cells = &f->cells[f->n], .n = 1};
    f->n++;
}

static int keep(struct filling *f, const struct buf *b, struct str *ret)
{
    const char *s = arena_strdup(f->arena, buf_str(b));

    *ret = s ? (struct str){s, b->len} : STR_NONE;
    return s ? 0 : -ENOMEM;
}

/* 機密性2（中）　完全性2（高）　可用性1（低）　TLP:AMBER */
static int label_line(struct filling *f, struct str *ret)
{
    static const enum message_key levels[3][3] = {
        {MSG_LABEL_C1, MSG_LABEL_C2, MSG_LABEL_C3}, {MSG_LABEL_I1, MSG_LABEL_I2, MSG_LABEL_I2}, {MSG_LABEL_A1, MSG_LABEL_A2, MSG_LABEL_A2}};
    static const char *const axes[] = {"confidentiality", "integrity", "availability"};
    const json_t *label = json_obj(f->c->cover, "label");
    const char *tlp = json_str(label, "tlp");
    CLEANUP(buf_done) struct buf b;
    int e = 0;

    buf_init(&b, 4096);
    for (size_t i = 0; !e && i < ARRAY_LEN(axes); i++) {
        int64_t level = json_int(label, axes[i]);

        if (level < 1 || level > 3)
            return -EINVAL;
        e = buf_add_text(&b, i ? "　" : "") ?: buf_add_str(&b, word(f, levels[i][level - 1]));
    }
    if (!e && *tlp)
        e = buf_printf(&b, "　%s", tlp);
    return e ? e : keep(f, &b, ret);
}

static int lines_of(struct filling *f, const json_t *list, bool is_listed, struct str *ret)
{
    CLEANUP(buf_done) struct buf b;
    const json_t *one;
    size_t i;
    int e = 0;

    buf_init(&b, TEXT_MAX);
    json_array_foreach (list, i, one)
        if (!e)
            e = (i ? buf_add_text(&b, is_listed ? "\n" : "　") : 0) ?: (is_listed ? buf_add_text(&b, f->c->lang == MESSAGE_JA ? "・" : "- ") : 0) ?: buf_add_str(&b, text2(f, one));
    return e ? e : keep(f, &b, ret);
}

static int files_lines(struct filling *f, struct str *ret)
{
    CLEANUP(buf_done) struct buf b;
    const json_t *one;
    size_t i, n = json_array_size(f->c->files);
    int e = 0;

    buf_init(&b, TEXT_MAX);
    json_array_foreach (f->c->files, i, one)
        if (!e && i < COVER_FILES_MAX)
            e = (i ? buf_add_text(&b, "\n") : 0) ?: buf_printf(&b, "%s  %" PRId64 " bytes\n  SHA-256 %s", json_str(one, "name"), json_int(one, "size"), json_str(one, "sha256"));
    if (!e && n > COVER_FILES_MAX) {
        CLEANUP(buf_done) struct buf count;

        buf_init(&count, 32);
        e = buf_printf(&count, "%zu", n) ?: buf_add_text(&b, "\n") ?: message_print(&b, f->c->lang, MSG_COVER_MORE, {"count", buf_str(&count)});
    }
    return e ? e : keep(f, &b, ret);
}

/* What goes, and by which record where it is another one. */
static int number_line(struct filling *f, struct str *ret)
{
    const char *record = json_str(f->c->cover, "record"), *by = json_str(f->c->cover, "by");
    CLEANUP(buf_done) struct buf b;
    int e;

    buf_init(&b, 512);
    e = buf_add_text(&b, record);
    if (!e && strcmp(record, by) != 0)
        e = buf_printf(&b, "　／　%s", by);
    return e ? e : keep(f, &b, ret);
}

static int made_line(struct filling *f, struct str *ret)
{
    CLEANUP(buf_done) struct buf when, b;
    int e;

    buf_init(&when, 64);
    buf_init(&b, 512);
    e = f->c->lang == MESSAGE_JA ? instant_print_local_era(at_us(f->c), &when) : instant_print_local(at_us(f->c), &when);
    if (!e)
        e = message_print(&b, f->c->lang, MSG_COVER_MADE, {"when", buf_str(&when)});
    return e ? e : keep(f, &b, ret);
}

static int fill(struct filling *f, struct sheet *s)
{
    const json_t *cover = f->c->cover;
    struct str number, restrictions, heed, files = STR_NONE;
    int e = label_line(f, &s->label);

    if (e || (e = number_line(f, &number)) || (e = lines_of(f, json_arr(cover, "restrictions"), false, &restrictions)) ||
        (e = lines_of(f, json_arr(cover, "heed"), true, &heed)) || (f->c->files && (e = files_lines(f, &files))) || (e = made_line(f, &s->printed)))
        return e;
    add_row(f, MSG_COVER_NUMBER, number, 1);
    add_row(f, MSG_COVER_TO, str_of(json_str(cover, "to")), 1);
    add_row(f, MSG_COVER_FROM, text2(f, json_obj(cover, "unit")), 1);
    add_row(f, MSG_COVER_LABEL, s->label, 2);
    add_row(f, MSG_COVER_RESTRICTIONS, restrictions.len ? restrictions : word(f, MSG_COVER_NO_RESTRICTIONS), 1);
    add_row(f, MSG_COVER_HEED, heed.len ? heed : word(f, MSG_COVER_NOTHING), 4);
    add_row(f, MSG_COVER_NOTES, str_of(json_str(cover, "notes")), 4);
    add_row(f, MSG_COVER_FILES, files, 1);
    return 0;
}

int cover_pdf(const struct cover_sheet *c, struct buf *out)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new(2 * TEXT_MAX);
    struct filling *f = arena ? arena_alloc(arena, sizeof(*f)) : NULL;
    struct sheet s = {.title = message_text(c->lang, MSG_COVER_TITLE),
                      .continued = message_text(c->lang, MSG_PRINT_CONTINUED),
                      .unknown = message_text(c->lang, MSG_PRINT_UNKNOWN),
                      .heading_mm = 38,
                      .created_us = at_us(c)};
    struct str note = message_text(c->lang, MSG_COVER_STAYS);
    int e;

    if (!f)
        return -ENOMEM;
    f->c = c;
    f->arena = arena;
    f->n = 0;
    if ((e = fill(f, &s)))
        return e;
    s.rows = f->rows;
    s.n_rows = f->n;
    s.notes = &note;
    s.n_notes = 1;
    s.notes_title = message_text(c->lang, MSG_PRINT_NOTES);
    return sheet_pdf(&s, out, NULL);
}

int cover_name(const json_t *cover, enum message_lang lang, struct buf *out)
{
    return message_print(out, lang, MSG_COVER_NAME, {"record", str_of(json_str(cover, "by"))});
}
