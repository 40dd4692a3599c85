/* Any bytes as a list, of both kinds, behind one that is none of theirs: what is refused leaves nothing behind, and each value of a list is on it. */
#include "intel/known.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *file, struct str text)
{
    struct known *k = known_new();
    size_t lists, entries, before;
    struct diag diag;
    int r;

    if (!k || known_add(k, "first.txt", STR("example.com\n192.0.2.0/24\n"), NULL))
        abort();
    known_counts(k, &lists, &before);
    diag_init(&diag);
    r = known_add(k, file, text, &diag);
    known_counts(k, &lists, &entries);
    if (r < 0 || (r && (entries != before || lists != 1 || !diag.n_errors)) || entries < before)
        abort();
    diag_done(&diag);
    known_ready(k);
    if (!str_eq(known_list(k, CLUE_DOMAIN, STR("www.example.com")), STR("first")) || !known_list(k, CLUE_IPV4, STR("\xc0\x00\x02\x09")).len)
        abort();
    known_free(k);
}

/* A line as a value, and as a list of itself. */
static void check_line(struct str line)
{
    struct known *k = known_new();
    struct clue v;

    clue_init(&v);
    if (!k)
        abort();
    if (line.len && line.len < CLUE_TEXT_MAX && !memchr(line.at, '#', line.len) && line.at[0] != '.' && clue_read(str_trim(line), &v) == 0) {
        if (known_add(k, "line.txt", line, NULL))
            abort();
        known_ready(k);
        if (!str_eq(known_list(k, v.type, buf_str(&v.bytes)), STR("line")))
            abort();
    }
    clue_done(&v);
    known_free(k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size}, rest = text, line;

    check("a.txt", text);
    check("a.json", text);
    while (size && str_split(&rest, '\n', &line))
        check_line(line);
    return 0;
}
