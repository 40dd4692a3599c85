/* 通知の送信状況: what waits to be mailed since when and why, what went, failed, or is uncertain, which a person decides on. */
#include "web/pages.h"
#include "web/words.h"

#include "engine/mail-trouble.h"

#include <errno.h>

#define PAGE_SIZE 50u
#define LATE_US (10 * 60 * US_PER_SECOND)

struct mail_state {
    const char *name;
    enum message_key key;
    enum chip_kind chip;
    bool is_decided_on; /* a person may have it sent again, or dropped */
};
static const struct mail_state states[] = {
    {"waiting", MSG_MAIL_WAITING, CHIP_ACTIVE, false},
    {"begun", MSG_MAIL_BEGUN, CHIP_ACTIVE, false},
    {"uncertain", MSG_MAIL_UNCERTAIN, CHIP_WARNING, true},
    {"failed", MSG_MAIL_FAILED, CHIP_DANGER, true},
    {"sent", MSG_MAIL_SENT, CHIP_DONE, false},
    {"dropped", MSG_MAIL_DROPPED, CHIP_NEUTRAL, false},
};

int mail_trouble_count(struct page *p, int64_t *ret)
{
    ROWS_AUTO *rows = NULL;
    ROWS_AUTO *late = NULL;
    int r = STORE_QUERY(p->worker->store, &rows, STMT_OUTBOX_COUNT);

    *ret = 0;
    while (!r && (r = rows_next(rows)) > 0) {
        if (!strcmp(rows_text(rows, 0), "failed") || !strcmp(rows_text(rows, 0), "uncertain"))
            *ret += rows_int(rows, 1);
        r = 0;
    }
    if (!r)
        r = STORE_ONE(p->worker->store, &late, STMT_OUTBOX_LATE, V_INT(clock_real_us() - LATE_US));
    if (!r)
        *ret += rows_int(late, 0);
    return store_errno(r);
}

/* ---- one state's list ---- */

static void decision_button(struct page *p, const char *op, int64_t id, const char *state,
                            enum message_key label)
{
    page_form_begin(p, STR("/admin/mail"), false);
    field_hidden(&p->w, "op", str_of(op));
    field_hidden(&p->w, "id", page_text(p, "%lld", (long long)id));
    field_hidden(&p->w, "state", str_of(state));
    button_submit(&p->w, BUTTON_OUTLINE, T(p, label), STR_NONE, STR_NONE);
    form_end(&p->w);
}

static struct str kind_words(struct page *p, const char *kind)
{
    return T(p, !strcmp(kind, "urgent")   ? MSG_MAIL_KIND_URGENT
                : !strcmp(kind, "digest") ? MSG_MAIL_KIND_DIGEST
                                          : MSG_MAIL_KIND_TEST);
}

/* Why it waits, or when it was over. */
static struct str progress_words(struct page *p, struct rows *row, const struct mail_state *s)
{
    if (!rows_is_null(row, 9))
        return instant_words(p, (uint64_t)rows_int(row, 9));
    if (strcmp(s->name, "waiting"))
        return STR("");
    if (!rows_int(row, 6))
        return T(p, MSG_MAIL_NOT_TRIED);
    return TF(p, MSG_MAIL_NEXT, {"tries", page_text(p, "%lld", (long long)rows_int(row, 6))},
              {"time", instant_words(p, (uint64_t)rows_int(row, 5))});
}

static struct str trouble_words(struct page *p, struct str kept)
{
    enum message_key key;
    struct str words;

    if (!mail_trouble_read(kept, &key, &words))
        return arena_str(p->arena, kept);
    return page_text(p, "%.*s（%.*s）", STR_ARG(T(p, key)), STR_ARG(words));
}

static void show_row(struct page *p, struct table *t, struct rows *row, const struct mail_state *s)
{
    int64_t id = rows_int(row, 0);
    const char *person = arena_strdup(p->arena, rows_str(row, 1));

    row_begin(&p->w, t);
    cell_text(&p->w, t, page_text(p, "%lld", (long long)id));
    cell_text(&p->w, t, person ? person_words(p, person) : STR(""));
    cell_text(&p->w, t, kind_words(p, rows_text(row, 2)));
    cell_text(&p->w, t, instant_words(p, (uint64_t)rows_int(row, 4)));
    cell_text(&p->w, t, progress_words(p, row, s));
    cell_text(&p->w, t, trouble_words(p, rows_str(row, 8)));
    cell_begin(&p->w, t);
    if (s->is_decided_on) {
        decision_button(p, "mail-again", id, s->name, MSG_MAIL_AGAIN);
        decision_button(p, "mail-drop", id, s->name, MSG_MAIL_DROP);
    }
    cell_end(&p->w, t);
    row_end(&p->w, t);
}

static unsigned page_asked(struct page *p)
{
    uint64_t n;

    return str_to_u64(form_get(&p->query, STR("page")), 1, 1000000, &n) ? 1 : (unsigned)n;
}

static struct str page_link(struct page *p, const struct mail_state *s, unsigned page)
{
    return page_text(p, "/admin/mail?state=%s&page=%u", s->name, page);
}

static int show_list(struct page *p, const struct mail_state *s, int64_t total)
{
    const struct column columns[] = {
        {.heading = T(p, MSG_MAIL_ID), .is_number = true, .is_row_heading = true},
        {.heading = T(p, MSG_MAIL_TO)},
        {.heading = T(p, MSG_MAIL_KIND)},
        {.heading = T(p, MSG_MAIL_SINCE)},
        {.heading = T(p, MSG_MAIL_PROGRESS)},
        {.heading = T(p, MSG_MAIL_TROUBLE)},
        {.heading = T(p, MSG_MAIL_DECISION)}};
    unsigned pages = (unsigned)((total + PAGE_SIZE - 1) / PAGE_SIZE),
             page = MIN_OF(page_asked(p), MAX_OF(pages, 1u));
    uint64_t first = (uint64_t)(page - 1) * PAGE_SIZE;
    ROWS_AUTO *rows = NULL;
    struct table t;
    int r = STORE_QUERY(p->worker->store, &rows, STMT_OUTBOX_PAGE, V_TEXT(s->name),
                        V_INT(PAGE_SIZE), V_INT(first));

    if (r)
        return store_errno(r);
    if (!total) {
        table_empty(&p->w);
        return 0;
    }
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, s->key));
    while ((r = rows_next(rows)) > 0)
        show_row(p, &t, rows, s);
    table_end(&p->w, &t);
    page_list(&p->w, first + 1, MIN_OF(first + PAGE_SIZE, (uint64_t)total), (uint64_t)total,
              PAGE_SIZE, page > 1 ? page_link(p, s, page - 1) : STR_NONE,
              page < pages ? page_link(p, s, page + 1) : STR_NONE);
    return r;
}

/* ---- the page ---- */

static const struct mail_state *state_asked(struct page *p)
{
    const char *name =
        p->req->method == HTTP_POST ? page_field(p, STR("state")) : page_query(p, STR("state"));

    for (size_t i = 0; i < ARRAY_LEN(states); i++)
        if (!strcmp(states[i].name, name))
            return &states[i];
    return &states[0];
}

static int count_states(struct page *p, int64_t ret[ARRAY_LEN(states)])
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(p->worker->store, &rows, STMT_OUTBOX_COUNT);

    while (!r && (r = rows_next(rows)) > 0) {
        for (size_t i = 0; i < ARRAY_LEN(states); i++)
            if (!strcmp(states[i].name, rows_text(rows, 0)))
                ret[i] = rows_int(rows, 1);
        r = 0;
    }
    return store_errno(r);
}

/* How many in each state; the shown one is text, the others lead there. */
static void show_states(struct page *p, const struct mail_state *shown, const int64_t *counts)
{
    html_begin(&p->html, HTML_UL, "tj-mail-states");
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        struct str words =
            page_text(p, "%.*s %lld", STR_ARG(T(p, states[i].key)), (long long)counts[i]);

        html_begin(&p->html, HTML_LI, NULL);
        if (&states[i] == shown)
            chip(&p->w, states[i].chip, words);
        else
            link_show(p, words, page_link(p, &states[i], 1));
        html_close(&p->html, HTML_LI);
    }
    html_close(&p->html, HTML_UL);
}

static void show_server(struct page *p)
{
    const char *server = engine_setting(p->worker->engine, "mail.server");

    if (!*server) {
        notice(&p->w, NOTICE_INFO, T(p, MSG_CONTACT_NO_SERVER), T(p, MSG_MAIL_NO_SERVER_TEXT));
        return;
    }
    definition_begin(&p->w);
    definition(&p->w, T(p, MSG_MAIL_SERVER), str_of(server));
    definition(&p->w, T(p, MSG_MAIL_SENDER),
               str_of(engine_setting(p->worker->engine, "mail.sender")));
    definition(&p->w, T(p, MSG_MAIL_BASE), str_of(engine_setting(p->worker->engine, "mail.base")));
    definition_end(&p->w);
}

static int write_mail(struct page *p, const json_t *answer)
{
    const struct mail_state *shown = state_asked(p);
    int64_t counts[ARRAY_LEN(states)] = {0};
    int r = count_states(p, counts);

    if (r)
        return r;
    page_begin(p, T(p, MSG_MAIL_TITLE), NAV_MAIL);
    if (answer && json_flag(answer, "ok")) {
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_ACCOUNTS_DONE), STR_NONE);
    } else if (answer) {
        p->resp->status = page_answer_status(answer);
        page_answer_notice(p, answer);
    }
    show_server(p);
    show_states(p, shown, counts);
    if (!strcmp(shown->name, "uncertain"))
        html_element(&p->html, HTML_P, "tj-quiet", T(p, MSG_MAIL_UNCERTAIN_TEXT));
    if ((r = show_list(p, shown, counts[shown - states])))
        return r;
    return page_end(p);
}

int mail_page(struct page *p)
{
    int r;

    return page_allows(p, RIGHT_ADMINISTRATOR, &r) ? write_mail(p, NULL) : r;
}

int mail_act(struct page *p)
{
    bool is_drop = str_eq(form_get(&p->form, STR("op")), STR("mail-drop"));
    int64_t id;
    json_t *answer;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r))
        return r;
    if (str_to_i64(form_get(&p->form, STR("id")), 0, INT64_MAX, &id))
        id = -1;
    answer = page_ask(p, json_pack("{s:s, s:I}", "op", is_drop ? "mail-drop" : "mail-again", "id",
                                   (json_int_t)id));
    return answer ? write_mail(p, answer) : -ENOMEM;
}
