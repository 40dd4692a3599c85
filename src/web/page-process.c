/* 装置の状態: which process runs as whose, and what that guards: doc/design/information.md, D1. */
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>
#include <pwd.h>

struct process_words {
    const char *role;
    enum message_key title, does;
};
static const struct process_words words[] = {
    {"keeper", MSG_PROCESSES_KEEPER, MSG_PROCESSES_KEEPER_DOES},
    {"web", MSG_PROCESSES_WEB, MSG_PROCESSES_WEB_DOES},
    {"examiner", MSG_PROCESSES_EXAMINER, MSG_PROCESSES_EXAMINER_DOES},
    {"courier", MSG_PROCESSES_COURIER, MSG_PROCESSES_COURIER_DOES},
    {"fetcher", MSG_PROCESSES_FETCHER, MSG_PROCESSES_FETCHER_DOES},
    {"media-gate", MSG_PROCESSES_MEDIA_GATE, MSG_PROCESSES_GATE_DOES},
    {"mail-gate", MSG_PROCESSES_MAIL_GATE, MSG_PROCESSES_GATE_DOES},
};

/* "tsujiban-web（102）", or the number where the system has no name for it. */
static struct str user_words(struct page *p, int64_t uid)
{
    char room[4096];
    struct passwd entry, *found = NULL;

    if (getpwuid_r((uid_t)uid, &entry, room, sizeof(room), &found) || !found)
        return page_text(p, "%lld", (long long)uid);
    return page_text(p, "%s（%lld）", found->pw_name, (long long)uid);
}

static void show_process(struct page *p, struct table *t, const json_t *one)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (strcmp(words[i].role, json_str(one, "role")) != 0)
            continue;
        row_begin(&p->w, t);
        cell_text(&p->w, t, T(p, words[i].title));
        cell_text(&p->w, t, T(p, words[i].does));
        cell_text(&p->w, t, user_words(p, json_int(one, "user")));
        cell_begin(&p->w, t);
        if (json_int(one, "n"))
            chip(&p->w, CHIP_DONE, T(p, MSG_PROCESSES_HERE));
        else
            chip(&p->w, CHIP_NEUTRAL, T(p, MSG_PROCESSES_AWAY));
        cell_end(&p->w, t);
        row_end(&p->w, t);
    }
}

static void show_processes(struct page *p, const json_t *list)
{
    const struct column columns[] = {{.heading = T(p, MSG_PROCESSES_PROCESS),
                                      .is_row_heading = true},
                                     {.heading = T(p, MSG_PROCESSES_DOES)},
                                     {.heading = T(p, MSG_PROCESSES_USER)},
                                     {.heading = T(p, MSG_PROCESSES_STATE)}};
    const json_t *one;
    struct table t;
    size_t i;

    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_PROCESSES_TITLE));
    json_array_foreach (list, i, one)
        show_process(p, &t, one);
    table_end(&p->w, &t);
}

/* What a worker that is broken into could read: said as it is. */
static void show_guard(struct page *p, bool is_apart)
{
    if (is_apart)
        notice(&p->w, NOTICE_INFO, T(p, MSG_PROCESSES_APART), T(p, MSG_PROCESSES_APART_TEXT));
    else
        notice(&p->w, NOTICE_WARNING, T(p, MSG_PROCESSES_ONE), T(p, MSG_PROCESSES_ONE_TEXT));
}

int processes_page(struct page *p)
{
    json_t *answer;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r))
        return r;
    answer = page_ask(p, json_pack("{s:s}", "op", "processes"));
    if (!answer)
        return -ENOMEM;
    page_begin(p, T(p, MSG_PROCESSES_TITLE), NAV_PROCESSES);
    if (json_flag(answer, "ok")) {
        show_guard(p, json_flag(answer, "apart"));
        show_processes(p, json_arr(answer, "processes"));
    } else {
        page_answer_notice(p, answer);
    }
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_RESTORED_TITLE), STR("/admin/restored"));
    html_close(&p->html, HTML_P);
    return page_end(p);
}
