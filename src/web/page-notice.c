/* Everything that a person was told, newest first, a page at a time. */
#include "web/notice-item.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

#define PAGE_SIZE 50u
#define PACKS_MAX 64

/* Where he who is told acts. */
static void show_todo(struct page *p, const char *todo, const char *record)
{
    if (!*todo)
        return;
    html_begin(&p->html, HTML_P, "tj-told__do");
    link_show(p, TF(p, MSG_TODAY_DO, {"step", todo_words(p, todo)}), todo_url(p, todo, record));
    html_close(&p->html, HTML_P);
}

/* Of what a directive's own dates tell ("patrol!expiry"). */
static struct str pack_url(struct page *p, const char *about)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(p->worker->engine, packs, PACKS_MAX), (size_t)PACKS_MAX);

    for (size_t i = 0; i < n; i++)
        if (str_eq(str_of(about), page_text(p, "%s!expiry", packs[i]->id)))
            return page_text(p, "/clauses/%s", packs[i]->id);
    return STR_NONE;
}

void notice_item(struct page *p, const json_t *one, struct str back)
{
    struct html *h = &p->html;
    bool is_read = json_flag(one, "read");
    const char *record = json_str(one, "record");

    html_begin(h, HTML_LI, json_flag(one, "urgent") ? "tj-told tj-told--urgent" : "tj-told");
    html_begin(h, HTML_DIV, "tj-told__text");
    html_element(h, HTML_SPAN, "tj-told__time", when_words(p, json_object_get(one, "t")));
    if (json_flag(one, "urgent"))
        chip(&p->w, CHIP_DANGER, T(p, MSG_TODAY_URGENT));
    if (json_flag(one, "done"))
        chip(&p->w, CHIP_NEUTRAL, T(p, MSG_TODAY_TOLD_DONE));
    html_begin(h, HTML_P, is_read ? "tj-told__what tj-told__what--read" : "tj-told__what");
    link_show(p, say_words(p, json_object_get(one, "title")),
              *record ? record_url(p, record, "") : pack_url(p, json_str(one, "about")));
    if (*record)
        html_element(h, HTML_SPAN, "tj-told__record", str_of(record));
    if (json_int(one, "times") > 1)
        html_element(h, HTML_SPAN, "tj-told__record",
                     TF(p, MSG_TODAY_TIMES,
                        {"times", page_text(p, "%lld", (long long)json_int(one, "times"))},
                        {"since", when_words(p, json_object_get(one, "since"))}));
    html_close(h, HTML_P);
    show_todo(p, json_str(one, "do"), record);
    html_close(h, HTML_DIV);
    if (!is_read) {
        page_form_begin(p,
                        page_text(p, "/notices/%lld/%lld/%lld", (long long)json_int(one, "shard"),
                                  (long long)json_int(one, "seq"), (long long)json_int(one, "n")),
                        false);
        field_hidden(&p->w, "back", back);
        button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_TODAY_MARK_READ), STR_NONE, STR_NONE);
        form_end(&p->w);
    }
    html_close(h, HTML_LI);
}

static unsigned page_asked(struct page *p)
{
    uint64_t n;

    return str_to_u64(form_get(&p->query, STR("page")), 1, 1000000, &n) ? 1 : (unsigned)n;
}

/* Up to now: what comes while the page is being read stays unread. */
static void show_read_all(struct page *p)
{
    page_form_begin(p, STR("/notices"), false);
    field_hidden(&p->w, "until", page_text(p, "%llu", (unsigned long long)p->now_us));
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_NOTICES_READ_ALL), STR_NONE, STR_NONE);
    form_end(&p->w);
}

static struct str page_link(struct page *p, int64_t page)
{
    return page_text(p, "/notices?page=%lld", (long long)page);
}

static void show_list(struct page *p, const json_t *answer)
{
    const json_t *rows = json_arr(answer, "rows");
    int64_t total = json_int(answer, "total"), page = json_int(answer, "page"),
            pages = json_int(answer, "pages");
    uint64_t first = (uint64_t)(page - 1) * PAGE_SIZE + 1;

    html_begin(&p->html, HTML_UL, "tj-told-list");
    for (size_t i = 0; i < json_array_size(rows); i++)
        notice_item(p, json_array_get(rows, i), page_link(p, page));
    html_close(&p->html, HTML_UL);
    page_list(&p->w, first, first + json_array_size(rows) - 1, (uint64_t)total, PAGE_SIZE,
              page > 1 ? page_link(p, page - 1) : STR_NONE,
              page < pages ? page_link(p, page + 1) : STR_NONE);
}

int notices_page(struct page *p)
{
    json_t *answer = NULL;
    int r = engine_notices(p->worker->engine, p->session.person, page_asked(p), PAGE_SIZE,
                           p->now_us, &answer);

    if (r || !page_keep(p, answer))
        return r < 0 ? r : -ENOMEM;
    page_begin(p, T(p, MSG_TODAY_NOTICES), NAV_NOTICES);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    if (p->n_unread)
        show_read_all(p);
    button_link(&p->w, BUTTON_OUTLINE, T(p, MSG_CONTACT_TITLE), STR("/settings"));
    html_close(&p->html, HTML_DIV);
    if (json_int(answer, "total"))
        show_list(p, answer);
    else
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_TODAY_NO_NOTICES));
    return page_end(p);
}

static int after(struct page *p, const json_t *answer)
{
    struct str back = form_get(&p->form, STR("back"));

    if (!answer)
        return -ENOMEM;
    if (json_flag(answer, "ok"))
        return page_go(p, back.at && http_path_is_local(back) ? back : STR("/"));
    return page_problem(p, page_answer_status(answer), T(p, MSG_KEEPER_NOT_DONE),
                        page_answer_words(p, answer));
}

int notices_act(struct page *p)
{
    int64_t until;
    json_t *answer;

    if (str_to_i64(form_get(&p->form, STR("until")), 0, INT64_MAX, &until))
        until = (int64_t)p->now_us;
    answer = page_ask(p, json_pack("{s:s, s:I}", "op", "notices-read", "until", (json_int_t)until));
    if (answer && json_flag(answer, "ok"))
        return page_go(p, STR("/notices"));
    return after(p, answer);
}

static int64_t number_param(struct page *p, struct str name)
{
    int64_t n;

    return str_to_i64(route_param(p->call, name), 0, INT64_MAX, &n) ? -1 : n;
}

int notice_read(struct page *p)
{
    return after(p, page_ask(p, json_pack("{s:s, s:I, s:I, s:I}", "op", "notice-read", "shard",
                                          (json_int_t)number_param(p, STR("shard")), "seq",
                                          (json_int_t)number_param(p, STR("seq")), "n",
                                          (json_int_t)number_param(p, STR("n")))));
}
