#include "engine/say-words.h"

#include <string.h>

void words_init(struct words *w, const struct pack *pack, size_t max)
{
    *w = (struct words){.pack = pack};
    buf_init(&w->ja, max);
    buf_init(&w->en, max);
}

void words_done(struct words *w)
{
    buf_done(&w->ja);
    buf_done(&w->en);
}

bool words_are_short(const struct words *w)
{
    return w->is_short || buf_error(&w->ja) == -ENOMEM || buf_error(&w->en) == -ENOMEM;
}

void part_done(struct words *part, struct words *w)
{
    w->is_short = w->is_short || words_are_short(part);
    words_done(part);
}

void say(struct words *w, const char *ja, const char *en)
{
    IGNORE(buf_add_text(&w->ja, ja), "errors are sticky and read at the end");
    IGNORE(buf_add_text(&w->en, en), "errors are sticky and read at the end");
}

void say_text(struct words *w, struct text2 t)
{
    say(w, t.ja ? t.ja : "", t.en ? t.en : "");
}

struct text2 title_among(const struct named *all, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(all[i].id, id))
            return all[i].title;
    return (struct text2){id, id};
}
