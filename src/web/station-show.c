#include "web/station-show.h"

#include "keeper/station-operation.h"
#include "web/pages.h"

#include <errno.h>
#include <string.h>

const struct station_doing station_doings[STATION_DOINGS] = {
    {"export", MSG_STATION_EXPORT, MSG_STATION_EXPORT_TEXT, MSG_STATION_PREVIEW,
     MSG_STATION_EXPORT_ASK},
    {"import", MSG_STATION_IMPORT, MSG_STATION_IMPORT_TEXT, MSG_STATION_PREVIEW,
     MSG_STATION_IMPORT_ASK},
    {"wipe", MSG_STATION_WIPE, MSG_STATION_WIPE_TEXT, MSG_STATION_PREVIEW, MSG_STATION_WIPE_ASK},
};

const struct station_doing *station_doing(const char *word)
{
    for (size_t i = 0; i < ARRAY_LEN(station_doings); i++)
        if (!strcmp(station_doings[i].word, word))
            return &station_doings[i];
    return NULL;
}

struct str station_job_words(struct page *p, const json_t *job)
{
    static const struct {
        const char *word;
        enum message_key key;
    } words[] = {
        {"waiting", MSG_STATION_WAITING}, {"taken", MSG_STATION_TAKEN}, {"lost", MSG_STATION_LOST}};
    int64_t end = json_int(job, "end");

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!strcmp(json_str(job, "state"), words[i].word))
            return T(p, words[i].key);
    return T(p, !end                   ? MSG_STATION_DONE
                : end == 3 || end == 4 ? MSG_STATION_REFUSED
                                       : MSG_STATION_FAILED);
}

enum chip_kind station_job_chip(const json_t *job)
{
    const char *state = json_str(job, "state");

    return !strcmp(state, "lost")        ? CHIP_DANGER
           : strcmp(state, "ended") != 0 ? CHIP_ACTIVE
           : json_int(job, "end")        ? CHIP_WARNING
                                         : CHIP_DONE;
}

void station_begin(struct page *p, struct str title)
{
    page_crumb(p, T(p, MSG_MEDIA_DESK_TITLE), STR("/media"));
    if (!str_eq(title, T(p, MSG_STATION_TITLE)))
        page_crumb(p, T(p, MSG_STATION_TITLE), STR("/media/stations"));
    page_crumb(p, title, STR_NONE);
    page_begin(p, title, NAV_MEDIA);
}

struct str station_url(struct page *p, const char *what, const char *station, const char *slot)
{
    return page_text(p, "/media/stations/%s?station=%.*s&slot=%.*s", what,
                     STR_ARG(page_encoded(p, str_of(station))),
                     STR_ARG(page_encoded(p, str_of(slot))));
}

json_t *station_ask_all(struct page *p, int *ret)
{
    json_t *answer;

    *ret = 0;
    if (!engine_reg(p->worker->engine, STATION_FILE_REG)) {
        *ret = page_not_found(p);
        return NULL;
    }
    answer = page_ask(p, json_pack("{s:s}", "op", "media-jobs"));
    if (!answer)
        *ret = -ENOMEM;
    else if (!json_flag(answer, "ok"))
        *ret = page_problem(p, page_answer_status(answer), T(p, MSG_KEEPER_NOT_DONE),
                            page_answer_words(p, answer));
    return *ret || !answer || !json_flag(answer, "ok") ? NULL : answer;
}
