/* Searching: what goes by the words in the directives, then the records in the person's sight, the last changed first. The box stands in
 * the frame of every page. */
#include "web/intel-show.h"
#include "web/pages.h"
#include "web/search-titles.h"
#include "web/words.h"

#include <errno.h>

#define PAGE_SIZE 20

struct searching {
    struct page *page;
    const char *words, *reg; /* as asked; reg "" all */
    unsigned number;         /* of the page, from 1 */
    const json_t *found;
};

static struct str search_url(struct searching *s, const char *reg, unsigned number)
{
    struct page *p = s->page;

    return page_text(p, "/search?q=%.*s&register=%.*s&page=%u", STR_ARG(page_encoded(p, str_of(s->words))),
                     STR_ARG(page_encoded(p, str_of(reg))), number);
}

/* ---- before rows are shown ---- */

int page_enter_search(struct page *p, const json_t *rows, json_t **ret_answer)
{
    CLEANUP(buf_done) struct buf ids;
    json_t *answer;
    int r = 0;

    *ret_answer = NULL;
    buf_init(&ids, 16384);
    for (size_t i = 0; !r && i < json_array_size(rows); i++)
        if (json_flag(json_array_get(rows, i), "recorded"))
            r = buf_printf(&ids, "%s%s", ids.len ? " " : "", json_str(json_array_get(rows, i), "id"));
    if (r || !ids.len)
        return r;
    answer = page_ask(p, json_pack("{s:s, s:s}", "op", "search", "records", ids.at));
    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        *ret_answer = answer;
    return 0;
}

/* ---- one hit ---- */

static void show_excerpt(struct page *p, const json_t *excerpt)
{
    const json_t *parts = json_arr(excerpt, "parts");

    html_begin(&p->html, HTML_P, "tj-hit__text");
    html_element(&p->html, HTML_SPAN, "tj-hit__field", say_words(p, json_object_get(excerpt, "title")));
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);

        if (json_flag(part, "hit"))
            html_element(&p->html, HTML_MARK, NULL, str_of(json_str(part, "text")));
        else
            html_text(&p->html, str_of(json_str(part, "text")));
    }
    html_close(&p->html, HTML_P);
}

static void show_basis(struct page *p, const json_t *row)
{
    struct str unit = unit_words(p, json_str(row, "unit"));

    html_begin(&p->html, HTML_P, "tj-quiet");
    html_text(&p->html, say_words(p, json_object_get(row, "reg_title")));
    if (unit.len) {
        html_text(&p->html, STR("　"));
        html_text(&p->html, unit);
    }
    html_text(&p->html, STR("　"));
    html_text(&p->html, TF(p, MSG_SEARCH_CHANGED, {"time", when_words(p, json_object_get(row, "changed"))}));
    html_close(&p->html, HTML_P);
}

static void show_hit(struct page *p, const json_t *found, const json_t *row)
{
    const char *id = json_str(row, "id"), *name = json_str(row, "name");
    const struct reg *reg = engine_reg(p->worker->engine, json_str(row, "reg"));
    const json_t *excerpts = json_arr(row, "excerpts");
    struct str called = *name && strcmp(name, id) != 0 && reg ? called_words(p, reg, found, name) : STR_NONE;

    html_begin(&p->html, HTML_LI, "tj-hit");
    html_begin(&p->html, HTML_P, "tj-hit__head");
    link_show(p, called.at ? page_text(p, "%s　%.*s", id, STR_ARG(called)) : str_of(id), record_url(p, id, ""));
    if (reg)
        chip(&p->w, state_chip(reg, json_str(row, "state")), say_words(p, json_object_get(row, "state_title")));
    html_close(&p->html, HTML_P);
    show_basis(p, row);
    for (size_t i = 0; i < json_array_size(excerpts); i++)
        show_excerpt(p, json_array_get(excerpts, i));
    if (json_flag(row, "recorded"))
        html_element(&p->html, HTML_P, "tj-quiet", T(p, MSG_SEARCH_RECORDED));
    html_close(&p->html, HTML_LI);
}

/* ---- the page ---- */

static void show_register_link(struct searching *s, const char *reg, struct str words)
{
    struct page *p = s->page;

    html_open(&p->html, HTML_LI);
    html_begin(&p->html, HTML_A, "tj-filter");
    html_attr_url(&p->html, HTML_HREF, search_url(s, reg, 1));
    if (!strcmp(s->reg, reg))
        html_attr(&p->html, HTML_ARIA_CURRENT, STR("true"));
    html_text(&p->html, words);
    html_close(&p->html, HTML_A);
    html_close(&p->html, HTML_LI);
}

#define PACKS_MAX 64

/* Where not all was counted, something may be in any of them. */
static void show_any_register(struct searching *s)
{
    struct page *p = s->page;
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(p->worker->engine, packs, PACKS_MAX), (size_t)PACKS_MAX);

    html_begin(&p->html, HTML_DETAILS, "tj-narrow");
    html_element(&p->html, HTML_SUMMARY, NULL, T(p, MSG_SEARCH_REGISTER));
    html_begin(&p->html, HTML_NAV, "tj-filters");
    html_attr(&p->html, HTML_ARIA_LABEL, T(p, MSG_SEARCH_REGISTER));
    html_open(&p->html, HTML_UL);
    show_register_link(s, "", T(p, MSG_REGISTER_ALL));
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < packs[i]->n_regs; k++)
            show_register_link(s, packs[i]->regs[k].id, text2_words(p, packs[i]->regs[k].title));
    html_close(&p->html, HTML_UL);
    html_close(&p->html, HTML_NAV);
    html_close(&p->html, HTML_DETAILS);
}

/* The registers in which something was found; within one, the way back to all. */
static void show_registers(struct searching *s)
{
    struct page *p = s->page;
    const json_t *regs = json_arr(s->found, "registers");

    if (json_flag(s->found, "more")) {
        show_any_register(s);
        return;
    }
    if (!*s->reg && json_array_size(regs) < 2)
        return;
    html_begin(&p->html, HTML_NAV, "tj-filters");
    html_attr(&p->html, HTML_ARIA_LABEL, T(p, MSG_SEARCH_REGISTER));
    html_open(&p->html, HTML_UL);
    show_register_link(s, "", T(p, MSG_REGISTER_ALL));
    for (size_t i = 0; i < json_array_size(regs); i++) {
        const json_t *reg = json_array_get(regs, i);

        show_register_link(s, json_str(reg, "reg"),
                           TF(p, MSG_SEARCH_ONE_REGISTER, {"register", say_words(p, json_object_get(reg, "title"))},
                              {"count", page_text(p, "%lld", (long long)json_int(reg, "n"))}));
    }
    if (*s->reg && !json_array_size(regs)) {
        const struct reg *reg = engine_reg(p->worker->engine, s->reg);

        show_register_link(s, s->reg, reg ? text2_words(p, reg->title) : str_of(s->reg));
    }
    html_close(&p->html, HTML_UL);
    html_close(&p->html, HTML_NAV);
}

static void show_rows(struct searching *s)
{
    struct page *p = s->page;
    const json_t *rows = json_arr(s->found, "rows");
    uint64_t total = (uint64_t)json_int(s->found, "total"), first = (uint64_t)(s->number - 1) * PAGE_SIZE + 1;
    uint64_t last = first + json_array_size(rows) - 1;
    bool has_more = json_flag(s->found, "more"), has_next = last < total || (has_more && last < SEARCH_COUNT_MAX);

    if (!json_array_size(rows)) {
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_SEARCH_BEYOND));
        return;
    }
    html_begin(&p->html, HTML_OL, "tj-hits");
    html_attr_number(&p->html, HTML_START, (int64_t)first);
    for (size_t i = 0; i < json_array_size(rows); i++)
        show_hit(p, s->found, json_array_get(rows, i));
    html_close(&p->html, HTML_OL);
    if (total > PAGE_SIZE || has_next)
        page_list(&p->w, first, last, has_more ? 0 : total, PAGE_SIZE, s->number > 1 ? search_url(s, s->reg, s->number - 1) : STR_NONE,
                  has_next ? search_url(s, s->reg, s->number + 1) : STR_NONE);
}

static void show_found(struct searching *s)
{
    struct page *p = s->page;
    struct str words = str_of(s->words), count = page_text(p, "%lld", (long long)json_int(s->found, "total"));

    if (json_flag(s->found, "preparing"))
        notice(&p->w, NOTICE_WARNING, T(p, MSG_SEARCH_PREPARING), T(p, MSG_SEARCH_PREPARING_TEXT));
    if (!json_int(s->found, "total")) {
        show_registers(s);
        notice(&p->w, NOTICE_INFO, TF(p, MSG_SEARCH_NONE, {"words", words}), T(p, MSG_SEARCH_NONE_TEXT));
        return;
    }
    html_element(&p->html, HTML_P, NULL,
                 json_flag(s->found, "more") ? TF(p, MSG_SEARCH_MORE, {"words", words}, {"count", count})
                                             : TF(p, MSG_SEARCH_COUNT, {"words", words}, {"count", count}));
    show_registers(s);
    show_rows(s);
}

static void show_refused(struct searching *s)
{
    struct page *p = s->page;
    const char *result = json_str(s->found, "result");

    if (!strcmp(result, "short"))
        notice(&p->w, NOTICE_INFO, T(p, MSG_SEARCH_SHORT),
               TF(p, MSG_SEARCH_SHORT_TEXT, {"word", str_of(json_str(s->found, "word"))}));
    else if (!strcmp(result, "long"))
        notice(&p->w, NOTICE_INFO, T(p, MSG_SEARCH_LONG),
               TF(p, MSG_SEARCH_LONG_TEXT, {"words", page_text(p, "%d", SEARCH_WORDS_MAX)},
                  {"characters", page_text(p, "%d", SEARCH_TEXT_MAX)}));
    else
        notice(&p->w, NOTICE_INFO, T(p, MSG_SEARCH_EMPTY), T(p, MSG_SEARCH_EMPTY_TEXT));
}

/* "named" of what was found: the records that rows are called by. */
static int put_named(struct page *p, json_t *found)
{
    const json_t *rows = json_arr(found, "rows");
    JSON_AUTO *ids = json_object();
    json_t *named = NULL;
    int r = ids ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const struct reg *reg = engine_reg(p->worker->engine, json_str(row, "reg"));

        if (reg && reg->name_field && reg->name_field->type == FIELD_RECORD && *json_str(row, "name") && json_object_set_new(ids, json_str(row, "name"), json_true()))
            r = -ENOMEM;
    }
    if (r || !json_object_size(ids))
        return r;
    r = engine_named(p->worker->engine, p->session.person, ids, p->now_us, &named);
    return !r && json_object_set_new(found, "named", named) ? -ENOMEM : r;
}

static int fetch(struct searching *s)
{
    struct page *p = s->page;
    const struct search_query q = {.text = s->words, .reg = s->reg, .page = s->number, .page_size = PAGE_SIZE};
    json_t *found = NULL;
    int r = engine_search(p->worker->engine, p->session.person, &q, &found);

    if (r)
        return r < 0 ? r : -EIO;
    s->found = page_keep(p, found);
    return s->found ? put_named(p, found) : -ENOMEM;
}

/* Before the first page of all records; one that asks for more of them knows what he looks for. */
static int show_titles(struct searching *s)
{
    struct page *p = s->page;
    const char *result = json_str(s->found, "result");
    bool any;
    int r;

    if (*s->reg || s->number > 1 || !strcmp(result, "long"))
        return 0;
    r = search_titles_show(p, str_of(s->words), !json_int(s->found, "total"), &any) ?: intel_texts_offer(p, str_of(s->words));
    if (!r && any)
        html_element(&p->html, HTML_H2, NULL, T(p, MSG_SEARCH_RECORDS));
    return r;
}

int search_page(struct page *p)
{
    struct searching s = {.page = p, .words = page_query(p, STR("q")), .reg = page_query(p, STR("register")), .number = 1};
    json_t *answer;
    uint64_t number = 1;
    int r;

    if (!engine_reg(p->worker->engine, s.reg))
        s.reg = "";
    IGNORE(str_to_u64(form_get(&p->query, STR("page")), 1, 1000, &number), "the first page then");
    s.number = (unsigned)number;
    if ((r = fetch(&s)) || (r = page_enter_search(p, json_arr(s.found, "rows"), &answer)))
        return r;
    p->searched = str_of(s.words);
    page_begin(p, T(p, MSG_SEARCH_TITLE), NAV_NONE);
    if ((r = show_titles(&s)))
        return r;
    if (answer)
        page_answer_notice(p, answer);
    else if (!strcmp(json_str(s.found, "result"), "found"))
        show_found(&s);
    else
        show_refused(&s);
    return page_end(p);
}
