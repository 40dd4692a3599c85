/* What an act made beside the record that it was done on: carried to that record's page by its address, and shown there as far as the
 * person sees it and the ledger bears it out, whatever the address says. */
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

#define MADE_SHOWN 20

struct str made_query(struct page *p, const json_t *outcome)
{
    const json_t *made = json_arr(outcome, "made");
    struct str ids = STR("");
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(made) && n < MADE_SHOWN; i++) {
        const char *id = json_string_value(json_array_get(made, i));

        if (!id || !strcmp(id, json_str(outcome, "record")))
            continue;
        ids = page_text(p, "%.*s%s%s", STR_ARG(ids), n++ ? " " : "", id);
    }
    return ids.len ? page_text(p, "&made=%.*s", STR_ARG(page_encoded(p, ids))) : STR("");
}

/* Of one and the same entry: the last of the record's, the first of the other's. */
static bool is_of_its_act(const json_t *view, const json_t *made)
{
    const json_t *acts = json_arr(view, "history"),
                 *begun = json_array_get(json_arr(made, "history"), 0);
    const json_t *last =
        json_array_size(acts) ? json_array_get(acts, json_array_size(acts) - 1) : NULL;

    return last && begun && json_int(last, "shard") == json_int(begun, "shard") &&
           json_int(last, "seq") == json_int(begun, "seq");
}

static void show_one(struct page *p, const json_t *made)
{
    const struct reg *reg = engine_reg(p->worker->engine, json_str(made, "reg"));
    const char *id = json_str(made, "id");
    struct str name = name_elsewhere(p, reg, made);

    html_open(&p->html, HTML_LI);
    html_text(&p->html, reg ? text2_words(p, reg->title) : STR(""));
    html_text(&p->html, STR("　"));
    link_show(p, str_of(id), record_url(p, id, ""));
    if (!str_eq(str_of(id), name))
        html_text(&p->html, page_text(p, "　%.*s", STR_ARG(name)));
    html_close(&p->html, HTML_LI);
}

int made_show(struct page *p, const json_t *view)
{
    struct str rest = form_get(&p->query, STR("made")), id;
    bool any = false;

    for (size_t n = 0; rest.len && n < MADE_SHOWN && str_split(&rest, ' ', &id); n++) {
        const char *text = arena_strdup(p->arena, id);
        json_t *made = NULL;
        int r = text ? engine_view(p->worker->engine, p->session.person, text, p->now_us, &made)
                     : -ENOMEM;

        if (r < 0 || (!r && !page_keep(p, made)))
            return r < 0 ? r : -ENOMEM;
        if (r || !strcmp(text, json_str(view, "id")) || !is_of_its_act(view, made))
            continue;
        if (!any) {
            html_element(&p->html, HTML_P, NULL, T(p, MSG_RECORD_MADE));
            html_open(&p->html, HTML_UL);
        }
        any = true;
        show_one(p, made);
    }
    if (any)
        html_close(&p->html, HTML_UL);
    return 0;
}
