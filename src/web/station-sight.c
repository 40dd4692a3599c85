#include "web/station-sight.h"

int station_sees(struct page *p, const char *record)
{
    JSON_AUTO *view = NULL;
    int r = engine_view(p->worker->engine, p->session.person, record, p->now_us, &view);

    return r < 0 ? r : !r;
}

int station_tells_names(struct page *p, const json_t *job)
{
    const char *item = json_str(json_obj(job, "with"), "item");
    const json_t *e;
    size_t i;

    json_array_foreach (json_arr(job, "events"), i, e) {
        JSON_AUTO *view = NULL;
        const char *in = "";
        int r = *json_str(e, "record") ? engine_view(p->worker->engine, p->session.person, json_str(e, "record"), p->now_us, &view) : 1;

        if (r < 0)
            return r;
        in = json_str(json_obj(view, "values"), "item");
        if (*in && (r = station_sees(p, in)) <= 0)
            return r;
        if (*in)
            item = "";
    }
    return *item && engine_reg_of_id(p->worker->engine, item) ? station_sees(p, item) : 1;
}
