/* Any bytes as a page, a document, a sheet, a section, a part, rich text, a table: what a machine would run of them, and the same again. The first byte says under which name. */
#include "guard/runs.h"

#include "base/macros.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"a.dat", "a.html", "a.svg", "a.xml", "a.xls", "a.msg", "a.one", "a.txt", "[Content_Types].xml", "a.rtf", "word/_rels/document.xml.rels", "word/document.xml", "a.csv", "a.pdf"};

/* How they are cut changes nothing. */
static void look_at_cells(struct str bytes)
{
    struct runs_cells whole = {0}, pieces = {0};

    runs_cells_add(&whole, bytes);
    for (size_t at = 0; at < bytes.len; at += 7)
        runs_cells_add(&pieces, (struct str){bytes.at + at, MIN_OF(bytes.len - at, (size_t)7)});
    assert(whole.acts == pieces.acts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct runs_found once, again;
    struct str name, bytes, head;
    enum content_type type;

    if (size == 0 || size > 1u << 20)
        return 0;
    name = str_of(names[data[0] % ARRAY_LEN(names)]);
    bytes = (struct str){(const char *)data + 1, size - 1};
    head = (struct str){bytes.at, MIN_OF(bytes.len, (size_t)CONTENT_HEAD)};
    type = content_type_of(head);
    assert(runs_by_head(type, head) < RUNS_KINDS);
    if (runs_inside(type, name, bytes, &once) || runs_inside(type, name, bytes, &again))
        abort();
    look_at_cells(bytes);
    assert(once.runs < RUNS_KINDS && once.runs == again.runs && once.is_locked == again.is_locked);
    if (!runs_wants(type, name, head)) /* then all its bytes tell nothing more */
        assert(!once.runs && !once.is_locked);
    return 0;
}
