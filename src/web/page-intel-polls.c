/* What is fetched from other TAXII servers, of the channels in sight: when last, what came, when next, and what is in the way (TX8 of
 * doc/design/intelligence.md); a button that has it fetched at once. What the other server said is text. */
#include "web/intel-show.h"
#include "web/pages.h"
#include "web/words.h"

#include "base/time.h"
#include "engine/intel-polls.h"

#include <errno.h>

/* Columns of STMT_POLL_GET. */
enum { ROW_SOURCE, ROW_COLLECTION, ROW_STATE, ROW_TRIES, ROW_RUN, ROW_NEXT, ROW_HELD, ROW_TRIED, ROW_DONE, ROW_LAST, ROW_GOES_ON, ROW_FAILS, ROW_TROUBLE, ROW_STATUS, ROW_WORDS, ROW_IMPORT, ROW_CAME, ROW_CAME_US, ROW_LEFT };

/* As keeper/poll-operation.c names them. */
static const struct {
    const char *word;
    enum message_key key;
} troubles[] = {
    {"later", MSG_INTEL_POLLS_LATER},         {"refused", MSG_INTEL_POLLS_REFUSED},     {"no-taxii", MSG_INTEL_POLLS_NO_TAXII},
    {"stands", MSG_INTEL_POLLS_STANDS},       {"too-large", MSG_INTEL_POLLS_TOO_LARGE}, {"crashed", MSG_INTEL_POLLS_CRASHED},
    {"overdue", MSG_INTEL_POLLS_CRASHED},     {"forbidden", MSG_INTEL_POLLS_FORBIDDEN}, {"secret", MSG_INTEL_POLLS_SECRET},
    {"address", MSG_INTEL_POLLS_ADDRESS},
};

struct polling {
    struct intel *intel;
    const struct engine_poll *poll;
    struct rows *row; /* NULL: it has never been asked */
    struct table *t;
};

static struct str text(struct polling *x, int column)
{
    return arena_str(x->intel->page->arena, rows_str(x->row, column));
}

static struct str trouble_words(struct polling *x)
{
    struct page *p = x->intel->page;
    struct str why = STR(""), said = text(x, ROW_WORDS);

    for (size_t i = 0; i < ARRAY_LEN(troubles); i++)
        if (!strcmp(troubles[i].word, rows_text(x->row, ROW_TROUBLE)))
            why = T(p, troubles[i].key);
    if (rows_int(x->row, ROW_STATUS) && rows_int(x->row, ROW_STATUS) != 200)
        why = page_text(p, "%.*s（HTTP %lld）", STR_ARG(why), (long long)rows_int(x->row, ROW_STATUS));
    return said.len ? page_text(p, "%.*s：%.*s", STR_ARG(why), STR_ARG(said)) : why;
}

static struct str collection_words(struct polling *x)
{
    const struct list_rows *all = &x->intel->collections;

    for (size_t k = 0; k < all->n; k++)
        if (!strcmp(all->at[k].id, x->poll->collection))
            return str_of(all->at[k].name);
    return str_of(x->poll->collection);
}

/* How the last one went, and when it was. */
static void cell_last(struct polling *x)
{
    struct page *p = x->intel->page;
    bool is_begun = x->row && !strcmp(rows_text(x->row, ROW_STATE), "begun");

    cell_begin(&p->w, x->t);
    if (!x->row || !rows_int(x->row, ROW_TRIED)) {
        html_text(&p->html, T(p, MSG_INTEL_POLLS_NEVER));
    } else {
        html_element(&p->html, HTML_DIV, NULL, instant_words(p, (uint64_t)rows_int(x->row, ROW_TRIED)));
        if (is_begun)
            chip(&p->w, CHIP_ACTIVE, T(p, MSG_INTEL_POLLS_BEGUN));
        else if (*rows_text(x->row, ROW_TROUBLE))
            chip(&p->w, CHIP_WARNING, T(p, MSG_INTEL_POLLS_FAILED));
        else
            chip(&p->w, CHIP_DONE, T(p, MSG_INTEL_POLLS_WELL));
        if (*rows_text(x->row, ROW_TROUBLE))
            html_element(&p->html, HTML_DIV, NULL, trouble_words(x));
        if (*rows_text(x->row, ROW_TROUBLE) && rows_int(x->row, ROW_DONE))
            html_element(&p->html, HTML_DIV, NULL, TF(p, MSG_INTEL_POLLS_DONE, {"time", instant_words(p, (uint64_t)rows_int(x->row, ROW_DONE))}));
    }
    cell_end(&p->w, x->t);
}

static void cell_came(struct polling *x)
{
    struct page *p = x->intel->page;
    const char *import = x->row ? arena_strdup(p->arena, rows_str(x->row, ROW_IMPORT)) : "";

    cell_begin(&p->w, x->t);
    if (import && *import) {
        html_element(&p->html, HTML_DIV, NULL, TF(p, MSG_INTEL_POLLS_CAME, {"n", page_text(p, "%lld", (long long)rows_int(x->row, ROW_CAME))},
                                                  {"time", instant_words(p, (uint64_t)rows_int(x->row, ROW_CAME_US))}));
        link_show(p, str_of(import), record_url(p, import, ""));
    }
    if (x->row && rows_int(x->row, ROW_LEFT))
        html_element(&p->html, HTML_DIV, NULL, TF(p, MSG_INTEL_POLLS_LEFT, {"n", page_text(p, "%lld", (long long)rows_int(x->row, ROW_LEFT))}));
    cell_end(&p->w, x->t);
}

/* By the installation's clock, as the other instants; what is due by the real one is due now. */
static struct str next_words(struct polling *x)
{
    struct page *p = x->intel->page;
    uint64_t now = clock_real_us(), next = x->row ? (uint64_t)rows_int(x->row, ROW_NEXT) : 0;

    if (x->row && !strcmp(rows_text(x->row, ROW_STATE), "begun"))
        return STR("");
    return next <= now ? T(p, MSG_INTEL_POLLS_NOW) : instant_words(p, p->now_us + (next - now));
}

static void cell_button(struct polling *x)
{
    struct page *p = x->intel->page;

    cell_begin(&p->w, x->t);
    page_form_begin(p, STR("/intel/polls"), false);
    field_hidden(&p->w, "channel", str_of(x->poll->channel));
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_INTEL_POLLS_BUTTON), STR_NONE, STR_NONE);
    form_end(&p->w);
    cell_end(&p->w, x->t);
}

static int show_poll(struct polling *x)
{
    struct page *p = x->intel->page;
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(p->worker->store, &row, STMT_POLL_GET, V_TEXT(x->poll->channel));

    if (r && r != STORE_E_NONE)
        return store_errno(r);
    x->row = r ? NULL : row;
    row_begin(&p->w, x->t);
    cell_link(&p->w, x->t, str_of(x->poll->name), record_url(p, x->poll->channel, ""));
    cell_text(&p->w, x->t, str_of(x->poll->url));
    cell_link(&p->w, x->t, collection_words(x), record_url(p, x->poll->collection, ""));
    cell_text(&p->w, x->t, person_words(p, x->poll->person));
    cell_text(&p->w, x->t, TF(p, MSG_INTEL_POLLS_MINUTES, {"n", page_text(p, "%u", x->poll->minutes)}));
    cell_last(x);
    cell_came(x);
    cell_text(&p->w, x->t, next_words(x));
    cell_button(x);
    row_end(&p->w, x->t);
    return 0;
}

static int show_polls(struct intel *i)
{
    struct page *p = i->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_CHANNEL), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTEL_POLLS_FROM)},
                                     {.heading = T(p, MSG_INTEL_POLLS_INTO)},
                                     {.heading = T(p, MSG_INTEL_POLLS_PERSON)},
                                     {.heading = T(p, MSG_INTEL_POLLS_EVERY)},
                                     {.heading = T(p, MSG_INTEL_POLLS_LAST)},
                                     {.heading = T(p, MSG_INTEL_POLLS_LAST_CAME)},
                                     {.heading = T(p, MSG_INTEL_POLLS_NEXT)},
                                     {.heading = T(p, MSG_INTEL_POLLS_ACT)}};
    struct engine_polls polls;
    struct table t;
    int r = engine_polls(p->worker->engine, p->session.person, p->now_us, p->arena, &polls);

    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_INTEL_POLLS_TITLE));
    for (size_t k = 0; !r && k < polls.n; k++)
        r = show_poll(&(struct polling){.intel = i, .poll = &polls.at[k], .t = &t});
    table_end(&p->w, &t);
    if (!polls.n)
        table_empty(&p->w);
    return r;
}

static int show(struct page *p, const json_t *refused)
{
    struct intel i;
    int r = intel_enter(p, &i);

    if (r)
        return MIN_OF(r, 0);
    page_crumb(p, T(p, MSG_INTEL_PAGE_TITLE), STR("/intel"));
    page_crumb(p, T(p, MSG_INTEL_POLLS_TITLE), STR_NONE);
    page_begin(p, T(p, MSG_INTEL_POLLS_TITLE), NAV_INTEL);
    if (refused) {
        p->resp->status = page_answer_status(refused);
        page_answer_notice(p, refused);
    }
    html_element(&p->html, HTML_P, NULL, T(p, MSG_INTEL_POLLS_TEXT));
    r = show_polls(&i) ?: page_end(p);
    intel_leave(&i);
    return r;
}

int intel_polls_page(struct page *p)
{
    return show(p, NULL);
}

int intel_polls_act(struct page *p)
{
    json_t *answer = page_ask(p, json_pack("{s:s, s:s}", "op", "poll-now", "channel", page_field(p, STR("channel"))));

    if (!answer)
        return -ENOMEM;
    return json_flag(answer, "ok") ? page_go(p, STR("/intel/polls")) : show(p, answer);
}
