#include "guard/name-search.h"

#include "base/fold.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MOST 100u
#define BUCKETS 4096u

struct name {
    struct folded folded;
    char *text;
    const char *kind;
    struct name *next; /* of its bucket */
};

struct name_search {
    struct name *buckets[BUCKETS];
    size_t n;
};

/* By its first two characters: any two that stand beside each other in a text are looked up once. */
static size_t bucket_of(const struct folded_char *at)
{
    return (at[0].c * 31u + at[1].c) % BUCKETS;
}

int name_search_new(struct name_search **ret)
{
    *ret = calloc(1, sizeof(**ret));
    return *ret ? 0 : -ENOMEM;
}

static void name_free(struct name *name)
{
    if (!name)
        return;
    folded_done(&name->folded);
    if (name->text)
        sodium_memzero(name->text, strlen(name->text));
    free(name->text);
    free(name);
}
DEFINE_CLEANUP(struct name, name_free);

void name_search_free(struct name_search *s)
{
    for (size_t i = 0; s && i < BUCKETS; i++)
        while (s->buckets[i]) {
            struct name *name = s->buckets[i];

            s->buckets[i] = name->next;
            name_free(name);
        }
    free(s);
}

int name_search_add(struct name_search *s, struct str text, const char *kind)
{
    CLEANUP(name_freep) struct name *name = calloc(1, sizeof(*name));
    struct name **bucket;
    int r;

    if (!name)
        return -ENOMEM;
    folded_init(&name->folded, NAME_MOST);
    if ((r = fold(text, &name->folded)) || name->folded.n < NAME_SEARCH_LEAST)
        return MIN_OF(r, 0);
    if (s->n == NAME_SEARCH_MAX)
        return -E2BIG;
    if (!(name->text = strndup(text.at, text.len)))
        return -ENOMEM;
    name->kind = kind;
    bucket = &s->buckets[bucket_of(name->folded.at)];
    name->next = *bucket;
    *bucket = TAKE(name);
    s->n++;
    return 0;
}

static bool stands_at(const struct name *name, const struct folded *text, size_t at)
{
    if (name->folded.n > text->n - at)
        return false;
    for (size_t i = 0; i < name->folded.n; i++)
        if (name->folded.at[i].c != text->at[at + i].c)
            return false;
    return true;
}

/* `at`: of its first character, `last` of its last. */
static int tell(const struct name *name, const struct folded_char *at, const struct folded_char *last, json_t *found)
{
    const json_t *o;
    size_t i;

    json_array_foreach (found, i, o)
        if (!strcmp(json_str(o, "name"), name->text) && !strcmp(json_str(o, "kind"), name->kind))
            return 0;
    return json_array_append_new(found, json_pack("{s:s, s:s, s:I, s:I}", "name", name->text, "kind", name->kind, "from", (json_int_t)at->from, "to",
                                                  (json_int_t)last->to))
               ? -ENOMEM
               : 0;
}

int name_search_in(const struct name_search *s, struct str text, json_t *found)
{
    CLEANUP(folded_done) struct folded folded;
    int how, r = 0;

    folded_init(&folded, FOLDED_MAX);
    how = fold(text, &folded);
    if (how < 0 || how == FOLD_E_INVALID)
        return how < 0 ? how : 1;
    for (size_t at = 0; !r && at + 1 < folded.n; at++)
        for (const struct name *name = s->buckets[bucket_of(folded.at + at)]; !r && name; name = name->next)
            if (stands_at(name, &folded, at))
                r = tell(name, folded.at + at, folded.at + at + name->folded.n - 1, found);
    return r ? r : how == FOLD_E_LONG ? 2 : 0;
}
