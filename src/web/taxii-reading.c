/* Reading a collection on from a place, by what came into the reader's sight when (TX3). */
#include "web/taxii.h"

#include "base/json.h"

#include <errno.h>


void taxii_reading_done(struct taxii_reading *reading)
{
    sight_free(reading->sight);
    subscriber_done(&reading->reader);
    *reading = (struct taxii_reading){.stock = NULL};
}

int taxii_read(struct page *p, const struct taxii_collection *c, struct taxii_reading *ret)
{
    int r;

    *ret = (struct taxii_reading){.stock = NULL};
    r = taxii_stock(p, c, &ret->stock, &ret->sight);
    return r ? r : subscriber_read(p->worker->store, p->session.person, c->record, &ret->reader);
}

/* 1: it cannot be entered just now, and that is answered. */
static int ask(struct page *p, const struct taxii_collection *c, const struct subscriber_place *at)
{
    const json_t *answer;
    json_t *m = json_pack("{s:s, s:s}", "op", "taxii-sight", "collection", c->record);

    if (m && at && json_object_set_new(m, "at", json_pack("{s:I, s:I, s:I}", "opening", (json_int_t)at->opening, "number", (json_int_t)at->number, "under",
                                                           (json_int_t)at->under))) {
        json_decref(m);
        m = NULL;
    }
    answer = page_ask(p, m);
    if (!answer)
        return -ENOMEM;
    return json_flag(answer, "ok") ? 0 : taxii_unavailable(p);
}

int taxii_read_on(struct page *p, const struct taxii_collection *c, const struct stock_place *at, struct taxii_reading *reading)
{
    const struct subscriber_place place = at ? (struct subscriber_place){at->opening, at->number, at->under} : (struct subscriber_place){0, 0, 0};
    bool is_due = false;
    int r = subscriber_is_due(p->worker->store, &reading->reader, c->record, reading->sight, at ? &place : NULL, p->now_us, &is_due);

    if (r || !is_due)
        return r;
    taxii_reading_done(reading);
    r = ask(p, c, at ? &place : NULL);
    if (!r)
        r = taxii_read(p, c, reading);
    if (r)
        return r;
    /* What the keeper saw and we do not see yet would be passed over for ever. */
    return !at || subscriber_agrees(p->worker->store, &reading->reader, c->record, reading->sight) ? 0 : taxii_unavailable(p);
}
