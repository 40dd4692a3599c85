/* What became of a request to a station. The page comes again by itself until it is over. */
#include "web/page-file.h"
#include "web/pages.h"
#include "web/station-show.h"
#include "web/station-sight.h"
#include "web/words.h"

#include "guard/clean.h"
#include "keeper/station-operation.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define AGAIN "2" /* seconds, in which the page comes again */

/* A word of the gate, as the trail has it. */
static struct str why_words(struct page *p, const char *why)
{
    const struct reg *trail = engine_reg(p->worker->engine, STATION_FILE_REG);
    const struct field *f = trail ? reg_field(trail, "refused") : NULL;

    for (size_t i = 0; f && i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, why))
            return text2_words(p, f->choices[i].title);
    return str_of(why);
}

static struct str file_result(struct page *p, const json_t *e)
{
    const char *result = json_str(e, "result");

    return !strcmp(result, "clean") ? T(p, MSG_STATION_CLEAN)
           : !strcmp(result, "infected")
               ? TF(p, MSG_STATION_INFECTED, {"found", str_of(json_str(e, "why"))})
               : TF(p, MSG_STATION_NOT_EXAMINABLE, {"why", why_words(p, json_str(e, "why"))});
}

static void record_item(struct page *p, struct str words, const char *record)
{
    html_open(&p->html, HTML_LI);
    html_text(&p->html, words);
    html_text(&p->html, STR(" "));
    link_show(p, str_of(record), record_url(p, record, ""));
    html_close(&p->html, HTML_LI);
}

static void moved_item(struct page *p, const json_t *e, enum message_key key)
{
    record_item(p,
                TF(p, key, {"name", str_of(json_str(e, "name"))},
                   {"size", size_words(p, (uint64_t)json_int(e, "size"))},
                   {"dir", str_of(json_str(e, "dir"))}),
                json_str(e, "record"));
    if (*json_str(e, "inside"))
        html_element(&p->html, HTML_LI, NULL,
                     TF(p, MSG_STATION_INSIDE, {"what", str_of(json_str(e, "inside"))}));
}

/* A page has no --accept-unsupported, but a box. */
static struct str why_not_cleaned(struct page *p, const char *why)
{
    enum message_key text;

    if (!strcmp(why, "unsupported"))
        return T(p, MSG_STATION_UNSUPPORTED);
    return clean_why_text(why, &text) ? T(p, text) : str_of(why);
}

static struct str attributes_result(struct page *p, const json_t *e)
{
    const char *result = json_str(e, "result");
    struct str name = str_of(json_str(e, "name"));

    return !strcmp(result, "removed") ? TF(p, MSG_STATION_CLEANED, {"name", name},
                                           {"n", page_text(p, "%" PRId64, json_int(e, "removed"))})
           : !strcmp(result, "kept")  ? TF(p, MSG_STATION_NOT_CLEANED, {"name", name})
                                      : TF(p, MSG_STATION_NOT_CLEANABLE, {"name", name},
                                           {"why", why_not_cleaned(p, json_str(e, "why"))});
}

static struct str refusal_line(struct page *p, const json_t *e)
{
    struct str why = why_words(p, json_str(e, "why"));

    return *json_str(e, "name") ? TF(p, MSG_STATION_REFUSAL, {"name", str_of(json_str(e, "name"))}, {"why", why}) : TF(p, MSG_STATION_REFUSAL_ALL, {"why", why});
}

/* Lines of the list, in the order in which they came. */
static void show_line(struct page *p, const json_t *e)
{
    const char *what = json_str(e, "event");
    const json_t *report = json_obj(e, "report");

    if (!strcmp(what, "file"))
        html_element(&p->html, HTML_LI, NULL,
                     page_text(p, "%s：%.*s", json_str(e, "name"), STR_ARG(file_result(p, e))));
    else if (!strcmp(what, "attributes"))
        html_element(&p->html, HTML_LI, NULL, attributes_result(p, e));
    else if (!strcmp(what, "held") || !strcmp(what, "runs"))
        html_element(&p->html, HTML_LI, NULL, str_of(json_str(e, "say")));
    else if (!strcmp(what, "check"))
        record_item(p,
                    T(p, !strcmp(json_str(e, "result"), "clean") ? MSG_STATION_CHECKED
                                                                 : MSG_STATION_STOPPED),
                    json_str(e, "record"));
    else if (!strcmp(what, "kept"))
        record_item(p, TF(p, MSG_STATION_KEPT, {"name", str_of(json_str(e, "name"))}),
                    json_str(e, "record"));
    else if (!strcmp(what, "written"))
        moved_item(p, e, MSG_STATION_WRITTEN);
    else if (!strcmp(what, "taken-in"))
        moved_item(p, e, MSG_STATION_TAKEN_IN);
    else if (!strcmp(what, "wiped"))
        html_element(&p->html, HTML_LI, NULL,
                     TF(p, MSG_STATION_WIPED,
                        {"n", page_text(p, "%" PRId64, json_int(report, "files"))},
                        {"bytes", size_words(p, (uint64_t)json_int(report, "overwritten"))},
                        {"free", size_words(p, (uint64_t)json_int(report, "free"))}));
    else if (!strcmp(what, "refusal"))
        record_item(p, refusal_line(p, e), json_str(e, "record"));
    else if (!strcmp(what, "words"))
        html_element(&p->html, HTML_LI, NULL,
                     TF(p, MSG_STATION_SAID, {"what", str_of(json_str(e, "text"))}));
}

static void show_aside(struct page *p, const json_t *e)
{
    if (!strcmp(json_str(e, "event"), "refused"))
        refusal_show(p, json_obj(e, "outcome"), true);
    if (!strcmp(json_str(e, "event"), "wiped"))
        notice(&p->w, json_flag(json_obj(e, "report"), "is_sure") ? NOTICE_SUCCESS : NOTICE_WARNING,
               T(p,
                 json_flag(json_obj(e, "report"), "is_sure") ? MSG_WIPE_SURE : MSG_WIPE_NOT_SURE),
               STR_NONE);
    if (!strcmp(json_str(e, "event"), "password") && !*json_str(e, "password"))
        notice(&p->w, NOTICE_WARNING, T(p, MSG_STATION_PASSWORD_GONE), STR_NONE);
    else if (!strcmp(json_str(e, "event"), "password"))
        notice(&p->w, NOTICE_WARNING,
               TF(p, MSG_STATION_PASSWORD_IS, {"password", str_of(json_str(e, "password"))}),
               T(p, MSG_STATION_PASSWORD_WAY));
}

static int show_events(struct page *p, const json_t *job)
{
    int told = station_tells_names(p, job);
    const json_t *events = json_arr(job, "events"), *e, *progress = NULL;
    size_t i;

    json_array_foreach (events, i, e) {
        show_aside(p, e);
        if (!strcmp(json_str(e, "event"), "progress"))
            progress = e;
    }
    if (progress && !strcmp(json_str(job, "state"), "taken"))
        html_element(&p->html, HTML_P, NULL,
                     TF(p, MSG_STATION_PROGRESS,
                        {"done", size_words(p, (uint64_t)json_int(progress, "done"))},
                        {"size", json_int(progress, "size")
                                     ? size_words(p, (uint64_t)json_int(progress, "size"))
                                     : STR("?")}));
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_STATION_RESULT));
    if (!json_array_size(events))
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_STATION_NOTHING_YET));
    if (told <= 0) {
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_STATION_HIDDEN_NAMES));
        return told;
    }
    html_open(&p->html, HTML_UL);
    json_array_foreach (events, i, e)
        show_line(p, e);
    html_close(&p->html, HTML_UL);
    return 0;
}

static int write_job(struct page *p, const json_t *job)
{
    const struct station_doing *d = station_doing(json_str(job, "do"));
    const char *state = json_str(job, "state");
    bool is_over = !strcmp(state, "ended") || !strcmp(state, "lost");
    int r = is_over ? 0 : http_response_header(p->resp, HTTP_HEADER_REFRESH, STR(AGAIN));

    if (r)
        return r;
    station_begin(p, d ? T(p, d->title) : STR("?"));
    html_open(&p->html, HTML_P);
    chip(&p->w, station_job_chip(job), station_job_words(p, job));
    html_text(&p->html, page_text(p, " %s　%s", json_str(json_obj(job, "with"), "medium"),
                                  json_str(job, "slot")));
    html_close(&p->html, HTML_P);
    if (!is_over)
        html_element(&p->html, HTML_P, NULL, T(p, MSG_STATION_AGAIN));
    if ((r = show_events(p, job)))
        return r;
    if (is_over || !strcmp(state, "waiting")) {
        page_form_begin(p, page_text(p, "/media/jobs/%s", json_str(job, "id")), false);
        html_begin(&p->html, HTML_DIV, "tj-actions");
        button_submit(&p->w, BUTTON_OUTLINE, T(p, is_over ? MSG_STATION_CLEAR : MSG_STATION_CANCEL),
                      STR("op"), STR("drop"));
        button_link(&p->w, BUTTON_OUTLINE, T(p, MSG_STATION_TITLE), STR("/media/stations"));
        html_close(&p->html, HTML_DIV);
        form_end(&p->w);
    }
    return page_end(p);
}

static int answered(struct page *p, const json_t *answer)
{
    if (!answer)
        return -ENOMEM;
    return !strcmp(json_str(answer, "error"), "none")
               ? page_not_found(p)
               : page_problem(p, page_answer_status(answer), T(p, MSG_KEEPER_NOT_DONE),
                              page_answer_words(p, answer));
}

int job_page(struct page *p)
{
    json_t *answer =
        page_ask(p, json_pack("{s:s, s:s}", "op", "media-jobs", "job", page_param(p, STR("id"))));

    return answer && json_flag(answer, "ok")
               ? write_job(p, json_array_get(json_arr(answer, "jobs"), 0))
               : answered(p, answer);
}

int job_act(struct page *p)
{
    json_t *answer =
        page_ask(p, json_pack("{s:s, s:s}", "op", "media-drop", "job", page_param(p, STR("id"))));

    return answer && json_flag(answer, "ok") ? page_go(p, STR("/media/stations"))
                                             : answered(p, answer);
}
