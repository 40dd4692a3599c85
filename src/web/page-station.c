/* Media at the check station (doc/design/information.md, G5): what is plugged in at which station, what is to be done with it, shown whole before it is asked,
 * and what the station's gate made of it. The page asks the keeper; the gate takes the request and does what its commands do.
 *
 *   /media/stations            stations, what is plugged in, his own requests
 *   /media/stations/:do        export, import, wipe (page-station-ask.c)
 *   /media/jobs/:id            how far it is (page-station-job.c) */
#include "web/page-file.h"
#include "web/pages.h"
#include "web/station-show.h"
#include "web/station-sight.h"
#include "web/words.h"

#include <string.h>

static int show_slot(struct page *p, struct table *t, const json_t *station, const char *label, const json_t *slot)
{
    int seen = *json_str(slot, "medium") ? station_sees(p, json_str(slot, "medium")) : 1;
    const char *medium = json_str(slot, "medium"), *name = json_str(slot, "name"),
               *id = json_str(station, "station");

    if (seen < 0)
        return seen;
    row_begin(&p->w, t);
    cell_text(&p->w, t, str_of(json_str(station, "name")));
    cell_text(&p->w, t, str_of(label));
    if (!seen)
        cell_text(&p->w, t, T(p, MSG_STATION_HIDDEN_MEDIUM));
    else if (*medium)
        cell_link(&p->w, t, str_of(name), record_url(p, medium, ""));
    else
        cell_text(&p->w, t, *name ? str_of(name) : T(p, MSG_STATION_UNKNOWN_MEDIUM));
    cell_text(&p->w, t,
              TF(p, MSG_STATION_ROOM, {"free", size_words(p, (uint64_t)json_int(slot, "free"))},
                 {"size", size_words(p, (uint64_t)json_int(slot, "size"))}));
    cell_begin(&p->w, t);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    for (size_t i = 0; i < STATION_DOINGS && seen && json_flag(station, "is_here"); i++)
        if (!strcmp(station_doings[i].word, "import") || !json_flag(slot, "read_only"))
            button_link(&p->w, i ? BUTTON_OUTLINE : BUTTON_SOLID, T(p, station_doings[i].title),
                        station_url(p, station_doings[i].word, id, label));
    if (!json_flag(station, "is_here"))
        chip(&p->w, CHIP_WARNING, T(p, MSG_STATION_AWAY));
    html_close(&p->html, HTML_DIV);
    cell_end(&p->w, t);
    row_end(&p->w, t);
    return 0;
}

static int show_stations(struct page *p, const json_t *stations)
{
    const struct column columns[] = {{.heading = T(p, MSG_STATION_STATION)},
                                     {.heading = T(p, MSG_STATION_SLOT), .is_row_heading = true},
                                     {.heading = T(p, MSG_MEDIA_DESK_MEDIUM)},
                                     {.heading = T(p, MSG_STATION_FREE)},
                                     {.heading = T(p, MSG_MEDIA_DESK_NEXT)}};
    const json_t *one, *slot;
    const char *label;
    struct table t;
    size_t i, n = 0;
    int r = 0;

    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_STATION_PLUGGED));
    json_array_foreach (stations, i, one)
        json_object_foreach (json_obj(one, "slots"), label, slot) {
            if (!r)
                r = show_slot(p, &t, one, label, slot);
            n++;
        }
    table_end(&p->w, &t);
    if (!n)
        html_element(&p->html, HTML_P, "tj-empty",
                     T(p, json_array_size(stations) ? MSG_STATION_NOTHING : MSG_STATION_NONE));
    return r;
}

static void show_jobs(struct page *p, const json_t *jobs)
{
    const struct column columns[] = {{.heading = T(p, MSG_STATION_REQUEST), .is_row_heading = true},
                                     {.heading = T(p, MSG_STATION_SLOT)},
                                     {.heading = T(p, MSG_REGISTER_STATE)}};
    const json_t *one;
    struct table t;
    size_t i;

    if (!json_array_size(jobs))
        return;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_STATION_REQUESTS));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_STATION_REQUESTS));
    json_array_foreach (jobs, i, one) {
        const struct station_doing *d = station_doing(json_str(one, "do"));

        row_begin(&p->w, &t);
        cell_link(&p->w, &t, d ? T(p, d->title) : STR("?"),
                  page_text(p, "/media/jobs/%s", json_str(one, "id")));
        cell_text(&p->w, &t, str_of(json_str(one, "slot")));
        cell_begin(&p->w, &t);
        chip(&p->w, station_job_chip(one), station_job_words(p, one));
        cell_end(&p->w, &t);
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

int stations_page(struct page *p)
{
    int r;
    json_t *answer = station_ask_all(p, &r);

    if (!answer)
        return r;
    station_begin(p, T(p, MSG_STATION_TITLE));
    html_element(&p->html, HTML_P, NULL, T(p, MSG_STATION_TEXT));
    if ((r = show_stations(p, json_arr(answer, "stations"))))
        return r;
    show_jobs(p, json_arr(answer, "jobs"));
    return page_end(p);
}
