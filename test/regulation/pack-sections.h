/* Several files of a pack in one text, for tests and fuzzing:
 *     === directive.yaml
 *     format: directive/1
 *     …
 *     === registers/loans.yaml
 * A later section of the same path takes the place of the earlier one.
 * Threads  values; any. */
#pragma once

#include "regulation/model.h"

#define SECTIONS_MAX 64
#define SECTION_PATH_MAX 128

struct sections {
    char paths[SECTIONS_MAX][SECTION_PATH_MAX];
    struct pack_text texts[SECTIONS_MAX];
    size_t n;
};

/* Add the sections of `all`, which must live as long as they do. What stands before the first mark is passed over, and sections
 * beyond the limits too. */
static inline void sections_add(struct sections *s, struct str all)
{
    static const char mark[] = "=== ";
    struct str rest = all, line;
    struct pack_text *open = NULL;

    while (str_split(&rest, '\n', &line)) {
        size_t k = 0;
        struct str path;

        if (!str_starts(line, STR("=== "))) {
            if (open != NULL)
                open->text.len = (size_t)(line.at + line.len - open->text.at) + (rest.at != NULL);
            continue;
        }
        open = NULL;
        path = str_trim((struct str){line.at + sizeof(mark) - 1, line.len - (sizeof(mark) - 1)});
        if (path.len >= SECTION_PATH_MAX || rest.at == NULL)
            continue;
        while (k < s->n && !str_eq(path, str_of(s->texts[k].path)))
            k++;
        if (k == SECTIONS_MAX)
            continue;
        if (k == s->n)
            s->n++;
        if (path.len > 0)
            memcpy(s->paths[k], path.at, path.len);
        s->paths[k][path.len] = '\0';
        open = &s->texts[k];
        *open = (struct pack_text){s->paths[k], {rest.at, 0}};
    }
}
