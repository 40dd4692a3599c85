#include "web/compare-sheet.h"

#include <errno.h>

/* On paper the place stands below the number, and whether it is wording or summary below what it says: nine columns would leave none of them room. */
enum { ON_CLAUSE, ON_SAYS, ON_STATUS, ON_DONE, ON_SHOWN, ON_REASON, ON_TIMES, ON_COLUMNS };
static const struct {
    enum compare_column first, below; /* the same: nothing stands below */
    unsigned width;
} on_paper[ON_COLUMNS] = {
    [ON_CLAUSE] = {COMPARE_ID, COMPARE_PLACE, 3},         [ON_SAYS] = {COMPARE_SAYS, COMPARE_KIND, 6}, [ON_STATUS] = {COMPARE_STATUS, COMPARE_STATUS, 3},
    [ON_DONE] = {COMPARE_DONE, COMPARE_DONE, 8},          [ON_SHOWN] = {COMPARE_SHOWN, COMPARE_SHOWN, 5}, [ON_REASON] = {COMPARE_REASON, COMPARE_REASON, 4},
    [ON_TIMES] = {COMPARE_TIMES, COMPARE_TIMES, 4}};

struct lines {
    struct arena *arena;
    struct str *texts;
    size_t n, n_columns;
};

static int put_line(void *user, const struct clause *clause, const struct str cells[COMPARE_COLUMNS])
{
    struct lines *l = user;

    IGNORE(clause, "its cells say all");
    for (size_t i = 0; i < l->n_columns; i++) {
        struct str first = cells[on_paper[i].first], below = cells[on_paper[i].below];
        const char *both = on_paper[i].first == on_paper[i].below || !below.len
                               ? arena_strdup(l->arena, first)
                               : arena_printf(l->arena, "%.*s\n（%.*s）", STR_ARG(first), STR_ARG(below));

        if (!both)
            return -ENOMEM;
        l->texts[l->n++] = str_of(both);
    }
    return 0;
}

int compare_sheet(struct coverage *c, const struct compare_of *of, struct str printed, uint64_t now_us, struct arena *arena, struct sheet *ret)
{
    enum message_lang lang = of->english ? MESSAGE_EN : MESSAGE_JA;
    size_t n_columns = of->times ? ON_COLUMNS : ON_TIMES;
    struct sheet_column *columns = arena_alloc_n(arena, ON_COLUMNS, sizeof(*columns));
    struct lines l = {arena, arena_alloc_n(arena, c->n_rows * n_columns + 1, sizeof(struct str)), 0, n_columns};
    int r = columns && l.texts ? coverage_compare(c, of, put_line, &l) : -ENOMEM;

    if (r)
        return r;
    for (size_t i = 0; i < ON_COLUMNS; i++)
        columns[i] = (struct sheet_column){str_of(compare_heading(on_paper[i].first, of->english)), on_paper[i].width};
    *ret = (struct sheet){.is_landscape = true,
                          .number = str_of(c->pack->number),
                          .title = str_of(text2_in(c->pack->title, of->english)),
                          .label = message_text(lang, MSG_COMPARE_TITLE),
                          .columns = columns,
                          .n_columns = n_columns,
                          .texts = l.texts,
                          .n_lines = c->n_rows,
                          .empty = message_text(lang, MSG_TABLE_EMPTY),
                          .continued = message_text(lang, MSG_PRINT_CONTINUED),
                          .unknown = message_text(lang, MSG_PRINT_UNKNOWN),
                          .printed = printed,
                          .created_us = now_us};
    return 0;
}
