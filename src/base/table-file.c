/* A table from somebody's hands: told apart by its bytes, never by its name. */
#include "base/sheet.h"

#include "base/tell.h"
#include "base/utf8.h"

#include <errno.h>
#include <iconv.h>

static int told(const char *name, struct diag *diag, int kind, enum message_key key)
{
    diag_tell(diag, DIAG_ERROR, (struct diag_place){.file = name}, key);
    return kind;
}

/* Older programs on Windows. SHEET_E_SYNTAX: it is neither this nor UTF-8. */
static int from_cp932(const char *name, struct str bytes, struct buf *out, struct diag *diag)
{
    size_t room = 3 * bytes.len + 16, in_left = bytes.len, out_left = room;
    char *in = (char *)(uintptr_t)bytes.at, *to = buf_grow(out, room);
    iconv_t cd;
    bool whole;

    if (!to)
        return -ENOMEM;
    cd = iconv_open("UTF-8", "CP932");
    if (cd == (iconv_t)-1)
        return errno == EINVAL ? -EINVAL : -ENOMEM;
    whole = iconv(cd, &in, &in_left, &to, &out_left) != (size_t)-1 && !in_left;
    iconv_close(cd);
    out->len = room - out_left;
    if (whole)
        return 0;
    diag_tell(diag, DIAG_ERROR, ((struct diag_place){name, 0, 0, NULL}), MSG_BASE_TABLE_KIND);
    return SHEET_E_SYNTAX;
}

static int as_sheet_answer(int r)
{
    return r == CSV_E_SYNTAX ? SHEET_E_SYNTAX : r == CSV_E_LIMIT ? SHEET_E_LIMIT : r;
}

int table_parse(const char *name, struct str bytes, struct arena *arena, struct csv_table *ret,
                enum table_kind *ret_kind, struct diag *diag)
{
    CLEANUP(buf_done) struct buf utf8 = {0};
    int r;

    if (sheet_looks_like(bytes)) {
        *ret_kind = TABLE_SHEET;
        return sheet_parse(name, bytes, arena, ret, diag);
    }
    if (bytes.len > SHEET_MAX_BYTES)
        return told(name, diag, SHEET_E_LIMIT, MSG_SHEET_LARGE);
    if (lines_look_like(bytes)) {
        *ret_kind = TABLE_LINES;
        return utf8_is_valid(bytes) ? lines_parse(name, bytes, arena, ret, diag) : told(name, diag, SHEET_E_SYNTAX, MSG_CSV_NOT_UTF8);
    }
    *ret_kind = TABLE_CSV;
    if (utf8_is_valid(bytes))
        return as_sheet_answer(csv_parse(name, bytes, arena, ret, diag));
    *ret_kind = TABLE_CSV_CP932;
    buf_init(&utf8, 3 * (size_t)SHEET_MAX_BYTES + 64);
    r = from_cp932(name, bytes, &utf8, diag);
    return r ? r : as_sheet_answer(csv_parse(name, buf_str(&utf8), arena, ret, diag));
}
