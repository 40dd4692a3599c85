/* 復元の確認: what was restored, from where, and the two administrators who look at it before anything leaves (engine/restored.h). */
#include "web/pages.h"
#include "web/words.h"

#include "engine/restored.h"

#include <errno.h>

#define RESTORED_URL "/admin/restored"

static void show_what(struct page *p, const struct restored *r)
{
    definition_begin(&p->w);
    definition(&p->w, T(p, MSG_RESTORED_WHEN), instant_words(p, r->at_us));
    definition(&p->w, T(p, MSG_RESTORED_FILE), page_text(p, "%s", r->file));
    definition(&p->w, T(p, MSG_RESTORED_LAST),
               r->n_entries ? TF(p, MSG_RESTORED_ENTRY, {"year", page_text(p, "%lld", (long long)r->shard)},
                                 {"number", page_text(p, "%llu", (unsigned long long)r->n_entries - 1)}, {"time", instant_words(p, r->last_us)})
                            : T(p, MSG_RESTORED_NO_ENTRY));
    for (unsigned i = 0; i < RESTORED_LOOKS; i++)
        definition(&p->w, T(p, i ? MSG_RESTORED_SECOND : MSG_RESTORED_FIRST),
                   i < r->n_looks ? page_text(p, "%.*s（%.*s）", STR_ARG(person_words(p, r->looks[i].person)), STR_ARG(instant_words(p, r->looks[i].at_us)))
                                  : T(p, MSG_RESTORED_WAITS));
    definition_end(&p->w);
}

static void show_button(struct page *p, const struct restored *r)
{
    for (unsigned i = 0; i < r->n_looks; i++)
        if (!strcmp(r->looks[i].person, p->session.person))
            return;
    page_form_begin(p, STR(RESTORED_URL), false);
    field_hidden(&p->w, "at", page_text(p, "%llu", (unsigned long long)r->at_us));
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_RESTORED_CONFIRM), STR_NONE, STR_NONE);
    form_end(&p->w);
}

static int write_page(struct page *p, const json_t *answer)
{
    struct restored r;
    int e = restored_get(p->worker->store, &r);

    if (e < 0)
        return e;
    page_begin(p, T(p, MSG_RESTORED_TITLE), NAV_PROCESSES);
    if (answer && !json_flag(answer, "ok")) {
        p->resp->status = page_answer_status(answer);
        page_answer_notice(p, answer);
    } else if (answer) {
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_RESTORED_ENTERED), STR_NONE);
    }
    if (e) {
        notice(&p->w, NOTICE_INFO, T(p, MSG_RESTORED_NEVER), STR_NONE);
        return page_end(p);
    }
    if (r.n_looks < RESTORED_LOOKS)
        notice(&p->w, NOTICE_WARNING, T(p, MSG_RESTORED_SHUT), T(p, MSG_RESTORED_SHUT_TEXT));
    else
        notice(&p->w, NOTICE_INFO, T(p, MSG_RESTORED_OPEN), STR_NONE);
    show_what(p, &r);
    if (r.n_looks < RESTORED_LOOKS)
        show_button(p, &r);
    return page_end(p);
}

int restored_page(struct page *p)
{
    int r;

    return page_allows(p, RIGHT_ADMINISTRATOR, &r) ? write_page(p, NULL) : r;
}

int restored_act(struct page *p)
{
    json_t *answer;
    int64_t at;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r))
        return r;
    if (str_to_i64(str_of(page_field(p, STR("at"))), 0, INT64_MAX, &at))
        at = 0; /* no restore: answered as such */
    answer = page_ask(p, json_pack("{s:s, s:I}", "op", "restored-confirm", "at", (json_int_t)at));
    return answer ? write_page(p, answer) : -ENOMEM;
}
