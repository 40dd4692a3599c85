#include "engine/paper.h"

#include "engine/input.h"
#include "engine/ref.h"

int paper_instant(const char *text, uint64_t now_us, uint64_t *ret, json_t *problems)
{
    int e = input_instant(text, 0, ret);

    if (e < 0)
        return e;
    if (e)
        return input_problem(
            problems, PAPER_FIELD,
            "紙で行った日時を入力してください（例: 令和8年4月10日 9:00、2026-04-10 09:00）",
            "must be the time at which it was done on paper, such as 2026-04-10 09:00");
    if (*ret > now_us)
        return input_problem(problems, PAPER_FIELD, "紙で行った日時が現在より後になっています",
                             "lies in the future; what was done on paper was done before now");
    return 0;
}

int paper_window(struct stage *sc, const struct pack *pack, json_t *problems)
{
    const struct param *p = pack_param(pack, PAPER_WINDOW);

    if (!p || p->type != PARAM_DURATION || !p->is_set)
        return input_problem(problems, PAPER_FIELD,
                             "この規程では、紙で行った手続を後日入力することはできません",
                             "this directive takes nothing in that was done on paper");
    if (sc->today < pack->from_day)
        return input_problem(problems, PAPER_FIELD, "紙で行った日には、この規程はまだ実施されていません",
                             "lies before the first day of this directive; what was done then is not judged by it");
    if (instant_add(sc->now_us, p->duration, 1) >= sc->entry_us)
        return 0;
    return input_problem(problems, PAPER_FIELD, "紙で行った手続を入力できる期間を過ぎています",
                         "is too long ago; the time in which it could be entered is over");
}

uint64_t paper_of_note(struct str note)
{
    JSON_AUTO *o = NULL;

    return json_parse(note, JSON_LIMITS_DEFAULT, &o, NULL)
               ? 0
               : when_of(json_object_get(o, "paper")).us;
}

int paper_last_act(struct stage *sc, const struct record *r, uint64_t *ret_us)
{
    ROWS_AUTO *row = NULL;
    int e = STORE_ONE(sc->e->store, &row, STMT_HISTORY_LAST, V_TEXT(r->id));

    *ret_us = 0;
    if (e)
        return e == STORE_E_NONE ? 0 : store_failed(e);
    *ret_us = paper_of_note(rows_str(row, 9));
    if (!*ret_us)
        *ret_us = (uint64_t)rows_int(row, 3);
    return 0;
}

static int is_seen_now(struct stage *sc, const struct record *r)
{
    uint64_t written_us = sc->now_us;
    int e = 0;

    if (!sc->keyed_by) {
        sc->now_us = sc->entry_us;
        sc->today = day_of_instant(sc->now_us);
        e = sight_of_person(sc, sc->actor, &sc->keyed_by);
        sc->now_us = written_us;
        sc->today = day_of_instant(written_us);
    }
    return e ? e : r->audience && sight_may_see(sc->keyed_by, r->audience);
}

int paper_tells(struct stage *sc, const struct record *r)
{
    uint64_t last;
    int e = paper_last_act(sc, r, &last);

    return e ? e : last < sc->now_us ? 1 : is_seen_now(sc, r);
}

/* Another record that it changes is named to those only who see it today. */
static int say_later(struct stage *sc, const struct record *r, bool is_hand, json_t *problems)
{
    CLEANUP(buf_done) struct buf ja = {0};
    CLEANUP(buf_done) struct buf en = {0};
    int e, is_told;

    if (is_hand)
        return input_problem(problems, PAPER_FIELD,
                             "紙で行った日時が、この記録の前の手続より後になっていません",
                             "does not lie after what was last done in this case");
    buf_init(&ja, 4096);
    buf_init(&en, 4096);
    if ((is_told = is_seen_now(sc, r)) < 0)
        return is_told;
    if ((e = buf_printf(&ja, "この手続が変える記録%s%s%sに、紙で行った日時より後の手続があります", is_told ? "（" : "", is_told ? r->id : "",
                        is_told ? "）" : "")) ||
        (e = buf_printf(&en, "lies before what was last done in %s, which this changes, too", is_told ? r->id : "another record")))
        return e;
    return input_problem(problems, PAPER_FIELD, ja.at, en.at);
}

int paper_order(struct stage *sc, json_t *problems)
{
    int e = 0;

    for (size_t i = 0; !e && i < sc->n_records; i++) {
        const struct record *r = sc->records[i];
        uint64_t last = 0;

        if (!r->stored_version || (r != sc->hand && !r->is_touched))
            continue;
        e = paper_last_act(sc, r, &last);
        if (!e && last >= sc->now_us)
            e = say_later(sc, r, r == sc->hand, problems);
    }
    return e;
}

json_t *paper_json(const struct stage *sc)
{
    return json_pack("{s:o, s:o}", "written", instant_json(sc->now_us), "keyed",
                     instant_json(sc->entry_us));
}
