/* 全体の写し: who asked for a copy of everything, and the second person who agrees to it (engine/whole-copy.h). */
#include "web/pages.h"
#include "web/words.h"

#include "engine/whole-copy.h"

#include <errno.h>

#define WHOLE_COPIES_URL "/admin/whole-copies"

static struct str channel_words(struct page *p, const char *channel)
{
    return T(p, !strcmp(channel, "backup") ? MSG_WHOLE_BACKUP : MSG_WHOLE_LEDGER_FILES);
}

static struct str time_words(struct page *p, uint64_t us)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 64);
    return instant_print_local(us, &text) ? STR("") : page_text(p, "%s", text.at);
}

static struct str who_words(struct page *p, const char *person, uint64_t us)
{
    if (!*person)
        return STR("");
    return page_text(p, "%.*s（%.*s）", STR_ARG(!strcmp(person, "operator") ? T(p, MSG_TAKEOVER_CONSOLE) : person_words(p, person)),
                     STR_ARG(time_words(p, us)));
}

static void show_state(struct page *p, const struct whole_copy *w)
{
    bool is_open = whole_copy_is_open(w, p->now_us);

    if (!strcmp(w->state, "used"))
        chip(&p->w, CHIP_DONE, T(p, MSG_WHOLE_USED));
    else if (!is_open)
        chip(&p->w, CHIP_NEUTRAL, T(p, !strcmp(w->state, "ended") ? MSG_WHOLE_ENDED : MSG_WHOLE_OVER));
    else if (!strcmp(w->state, "approved"))
        chip(&p->w, CHIP_DONE, T(p, MSG_WHOLE_APPROVED));
    else
        chip(&p->w, CHIP_ACTIVE, T(p, MSG_WHOLE_ASKED));
}

static void decision_button(struct page *p, const struct whole_copy *w, const char *op, enum button_kind kind, enum message_key label)
{
    page_form_begin(p, STR(WHOLE_COPIES_URL), false);
    field_hidden(&p->w, "op", str_of(op));
    field_hidden(&p->w, "copy", str_of(w->id));
    button_submit(&p->w, kind, T(p, label), STR_NONE, STR_NONE);
    form_end(&p->w);
}

static void show_decisions(struct page *p, const struct whole_copy *w)
{
    if (!whole_copy_is_open(w, p->now_us))
        return;
    if (!strcmp(w->state, "asked") && strcmp(w->asked_by, p->session.person) != 0)
        decision_button(p, w, "whole-copy-approve", BUTTON_SOLID, MSG_WHOLE_APPROVE);
    decision_button(p, w, "whole-copy-end", BUTTON_DANGER, MSG_WHOLE_END);
}

static void show_one(struct page *p, struct table *t, const struct whole_copy *w)
{
    row_begin(&p->w, t);
    cell_text(&p->w, t, str_of(w->id));
    cell_text(&p->w, t, channel_words(p, w->channel));
    cell_text(&p->w, t, T(p, w->is_standing ? MSG_WHOLE_STANDING : MSG_WHOLE_ONCE));
    cell_text(&p->w, t, time_words(p, w->until_us));
    cell_text(&p->w, t, who_words(p, w->asked_by, w->asked_us));
    cell_text(&p->w, t, who_words(p, w->decided_by, w->decided_us));
    cell_begin(&p->w, t);
    show_state(p, w);
    show_decisions(p, w);
    cell_end(&p->w, t);
    row_end(&p->w, t);
}

static int show_all(struct page *p)
{
    const struct column columns[] = {{.heading = T(p, MSG_WHOLE_NUMBER), .is_row_heading = true},
                                     {.heading = T(p, MSG_WHOLE_KIND)},
                                     {.heading = T(p, MSG_WHOLE_TIMES)},
                                     {.heading = T(p, MSG_WHOLE_UNTIL)},
                                     {.heading = T(p, MSG_WHOLE_BY)},
                                     {.heading = T(p, MSG_WHOLE_DECIDED)},
                                     {.heading = T(p, MSG_WHOLE_STATE)}};
    struct whole_copy *all = arena_alloc_n(p->arena, WHOLE_COPY_LIST_MAX, sizeof(*all));
    struct table t;
    size_t n;
    int r = all ? whole_copy_list(p->worker->store, all, WHOLE_COPY_LIST_MAX, &n) : -ENOMEM;

    if (r)
        return r;
    if (!n) {
        notice(&p->w, NOTICE_INFO, T(p, MSG_WHOLE_NONE), STR_NONE);
        return 0;
    }
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_WHOLE_TITLE));
    for (size_t i = 0; i < n; i++)
        show_one(p, &t, &all[i]);
    table_end(&p->w, &t);
    return 0;
}

static int write_page(struct page *p, const json_t *answer)
{
    int r;

    page_begin(p, T(p, MSG_WHOLE_TITLE), NAV_WHOLE_COPIES);
    if (answer && !json_flag(answer, "ok")) {
        p->resp->status = page_answer_status(answer);
        page_answer_notice(p, answer);
    } else if (answer) {
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_WHOLE_ENTERED), STR_NONE);
    }
    html_element(&p->html, HTML_P, NULL, T(p, MSG_WHOLE_TEXT));
    r = show_all(p);
    return r ? r : page_end(p);
}

int whole_copies_page(struct page *p)
{
    int r;

    return page_allows(p, RIGHT_ADMINISTRATOR, &r) ? write_page(p, NULL) : r;
}

int whole_copies_act(struct page *p)
{
    bool approves = !strcmp(page_field(p, STR("op")), "whole-copy-approve");
    json_t *answer;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r))
        return r;
    answer = page_ask(p, json_pack("{s:s, s:s}", "op", approves ? "whole-copy-approve" : "whole-copy-end", "copy",
                                   page_field(p, STR("copy"))));
    return answer ? write_page(p, answer) : -ENOMEM;
}
