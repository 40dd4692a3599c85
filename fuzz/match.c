/* A list of values, an empty line, and a log: the matcher finds what the slow one of the tests finds. The same bytes as the file of a set:
 * it is refused, or read without leaving it. */
#include "../test/unit/match-slow.h"
#include "intel/match.h"

#include <stdlib.h>

#define TEXT_MAX 700u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int keep(const struct match_hit *hit, void *context)
{
    slow_match_print((size_t)hit->offset, hit->written.len, hit->entry->type, hit->entry->bytes,
                     hit->entry->indicator, context);
    return 0;
}

static void read_list(struct str text, struct slow_list *list, struct set_builder *b)
{
    struct str row;

    while (str_split(&text, '\n', &row) && list->n < SLOW_ENTRIES_MAX) {
        struct clue *v = &list->values[list->n];
        bool is_new = true;

        clue_init(v);
        if (clue_read(row, v) == 0)
            for (size_t i = 0; i < list->n; i++)
                is_new &= !clue_eq(v, &list->values[i]);
        if (v->type == CLUE_NONE || !is_new) {
            clue_done(v);
            continue;
        }
        buf_init(&list->names[list->n], 100);
        if (buf_printf(&list->names[list->n], "i%zu", list->n) ||
            set_builder_add(b, v, buf_str(&list->names[list->n]), 0))
            abort();
        list->n++;
    }
}

static void run(const struct set *set, struct str text, size_t piece, struct buf *out)
{
    struct matcher *m = matcher_new(set, NULL, keep, out);

    if (!m)
        abort();
    for (size_t at = 0; at < text.len; at += piece)
        if (matcher_add(m, (struct str){text.at + at, MIN_OF(piece, text.len - at)}))
            abort();
    if (matcher_end(m))
        abort();
    matcher_free(m);
}

static void run_slow(const struct slow_list *list, struct str text, struct buf *out)
{
    struct buf line;

    buf_init(&line, 1 << 20);
    for (size_t at = 0; at < text.len;) {
        const char *end = memchr(text.at + at, '\n', text.len - at);
        size_t len = end ? (size_t)(end - text.at) - at : text.len - at;
        struct str rest, row;

        buf_clear(&line);
        slow_match(list, (struct str){text.at + at, len}, &line);
        rest = buf_str(&line);
        while (str_split(&rest, '\n', &row)) {
            size_t space =
                row.len ? (size_t)((const char *)memchr(row.at, ' ', row.len) - row.at) : 0;
            uint64_t offset;

            if (row.len && (str_to_u64((struct str){row.at, space}, 0, UINT32_MAX, &offset) ||
                            buf_printf(out, "%zu%.*s\n", (size_t)offset + at,
                                       (int)(row.len - space), row.at + space)))
                abort();
        }
        at += len + 1;
    }
    buf_done(&line);
}

static void same(const struct buf *a, const struct buf *b)
{
    char *one = slow_match_sorted(a), *two = slow_match_sorted(b);

    if (!one || !two || strcmp(one, two)) {
        fprintf(stderr, "found\n%s\nslowly\n%s\n", one, two);
        abort();
    }
    free(one);
    free(two);
}

static void match(struct str values, struct str text, unsigned flags)
{
    static struct slow_list list;
    struct set_builder *b = set_builder_new(&(struct set_mark){.flags = flags}, NULL);
    struct buf file, found, slowly, pieces;
    struct set *set = NULL;

    list.n = 0;
    list.below = flags & SET_BELOW;
    buf_init(&file, 1 << 22);
    buf_init(&found, 1 << 22);
    buf_init(&slowly, 1 << 22);
    buf_init(&pieces, 1 << 22);
    if (!b)
        abort();
    read_list(values, &list, b);
    if (set_builder_print(b, &file) || set_of(buf_str(&file), &set) || set_count(set) != list.n)
        abort();
    run(set, text, text.len + 1, &found);
    run(set, text, 7, &pieces);
    run_slow(&list, text, &slowly);
    same(&found, &slowly);
    same(&found, &pieces);
    set_free(set);
    set_builder_free(b);
    for (size_t i = 0; i < list.n; i++) {
        clue_done(&list.values[i]);
        buf_done(&list.names[i]);
    }
    buf_done(&file);
    buf_done(&found);
    buf_done(&slowly);
    buf_done(&pieces);
}

static void as_file(struct str bytes)
{
    struct buf out;
    struct set *set;

    if (set_of(bytes, &set))
        return;
    buf_init(&out, 1 << 20);
    run(set,
        STR("192.0.2.1 www.example.jp http://example.jp/ d41d8cd98f00b204e9800998ecf8427e "
            "a@example.jp 2001:db8::1"),
        1000, &out);
    buf_done(&out);
    set_free(set);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size}, values = text;
    const char *empty = size ? memmem(data, size, "\n\n", 2) : NULL;

    as_file(text);
    if (size > TEXT_MAX || !empty)
        return 0;
    values.len = (size_t)(empty - text.at);
    text = (struct str){empty + 2, size - values.len - 2};
    match(values, text, SET_BELOW);
    match(values, text, 0);
    return 0;
}
