#include "web/intel-life.h"
#include "web/words.h"

#include "engine/intel.h"

static const enum message_key whys[STOCK_N_WHYS] = {
    [STOCK_WHY_NEVER] = MSG_INTEL_LIFE_WHY_NEVER, [STOCK_WHY_UNTIL] = MSG_INTEL_LIFE_WHY_UNTIL,         [STOCK_WHY_DECAY] = MSG_INTEL_LIFE_WHY_DECAY,
    [STOCK_WHY_SEEN] = MSG_INTEL_LIFE_WHY_SEEN,   [STOCK_WHY_FALSE] = MSG_INTEL_LIFE_WHY_FALSE,         [STOCK_WHY_WITHDRAWN] = MSG_INTEL_LIFE_WHY_WITHDRAWN,
    [STOCK_WHY_REVOKED] = MSG_INTEL_LIFE_WHY_REVOKED};

struct str intel_why_words(struct page *p, enum stock_why why)
{
    return T(p, whys[why]);
}

struct str intel_end_words(struct page *p, const struct stock_life *life)
{
    if (life->end_us == DECAY_NEVER)
        return T(p, MSG_INTEL_LIFE_NO_END);
    return life->end_us > 0 ? instant_words(p, (uint64_t)life->end_us) : STR("");
}

void intel_life_chip(struct page *p, const struct stock_life *life)
{
    if (life->end_us > (int64_t)p->now_us)
        chip(&p->w, CHIP_ACTIVE, T(p, MSG_INTEL_LIFE_CURRENT));
    else if (life->why == STOCK_WHY_FALSE)
        chip(&p->w, CHIP_WARNING, T(p, MSG_INTEL_LIFE_FALSE));
    else if (life->why == STOCK_WHY_WITHDRAWN || life->why == STOCK_WHY_REVOKED)
        chip(&p->w, CHIP_WARNING, T(p, MSG_INTEL_PAGE_REVOKED));
    else
        chip(&p->w, CHIP_NEUTRAL, T(p, MSG_INTEL_LIFE_OVER));
}

struct str intel_confidence_words(struct page *p, const struct scan_value *root)
{
    static const enum message_key steps[] = {MSG_INTEL_LIFE_SURE_5, MSG_INTEL_LIFE_SURE_4, MSG_INTEL_LIFE_SURE_3, MSG_INTEL_LIFE_SURE_2, MSG_INTEL_LIFE_SURE_1};
    const struct scan_value *v = scan_member(root, STR("confidence"));
    uint64_t n;

    if (!v || v->kind != SCAN_NUMBER || str_to_u64(scan_str(v), 0, 100, &n))
        return STR_NONE;
    return page_text(p, "%.*s (%llu)", STR_ARG(T(p, steps[MIN_OF(n / 20, 4)])), (unsigned long long)n);
}

static void show_reports(struct page *p, const struct stock_life *life)
{
    if (life->n_reports)
        definition(&p->w, T(p, MSG_INTEL_LIFE_SEEN),
                   TF(p, MSG_INTEL_LIFE_SEEN_TEXT, {"n", page_text(p, "%llu", (unsigned long long)life->n_seen)},
                      {"reports", page_text(p, "%llu", (unsigned long long)life->n_reports)}, {"last", instant_words(p, (uint64_t)life->last_seen_us)}));
    else
        definition(&p->w, T(p, MSG_INTEL_LIFE_SEEN), T(p, MSG_INTEL_LIFE_UNSEEN));
    if (life->n_false)
        definition(&p->w, T(p, MSG_INTEL_LIFE_FALSE),
                   TF(p, MSG_INTEL_LIFE_FALSE_TEXT, {"n", page_text(p, "%llu", (unsigned long long)life->n_false)},
                      {"last", instant_words(p, (uint64_t)life->last_false_us)}));
}

/* The letter of its channel and the number of its import, by the scale of the Admiralty. */
static int show_source(struct intel *i, const struct intel_object *o)
{
    static const enum message_key letters[] = {MSG_INTEL_LIFE_SOURCE_A, MSG_INTEL_LIFE_SOURCE_B, MSG_INTEL_LIFE_SOURCE_C,
                                               MSG_INTEL_LIFE_SOURCE_D, MSG_INTEL_LIFE_SOURCE_E, MSG_INTEL_LIFE_SOURCE_F};
    static const enum message_key numbers[] = {MSG_INTEL_LIFE_SURE_1, MSG_INTEL_LIFE_SURE_2, MSG_INTEL_LIFE_SURE_3,
                                               MSG_INTEL_LIFE_SURE_4, MSG_INTEL_LIFE_SURE_5, MSG_INTEL_LIFE_SURE_6};
    struct page *p = i->page;
    struct engine_source s;
    struct str letter, number;
    int r = engine_intel_source(p->worker->engine, STOCK_RUN(o->ref.number), p->now_us, &s);

    if (r)
        return MIN_OF(r, 0);
    letter = s.reliability ? T(p, letters[s.reliability - 'A']) : STR("");
    number = s.credibility ? T(p, numbers[s.credibility - '1']) : STR("");
    if (letter.len || number.len)
        definition(&p->w, T(p, MSG_INTEL_LIFE_SOURCE), page_text(p, "%.*s%s%.*s", STR_ARG(letter), letter.len && number.len ? "／" : "", STR_ARG(number)));
    return 0;
}

int intel_show_life(struct intel *i, const struct intel_object *o, const struct scan_value *root)
{
    struct page *p = i->page;
    struct stock_life life;
    struct str sure = intel_confidence_words(p, root), end;
    int r = stock_life(i->stock, i->sight, o->ref, o->id, &life);

    if (r)
        return r == STOCK_E_NONE ? 0 : intel_failed(r);
    end = intel_end_words(p, &life);
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_INTEL_LIFE));
    definition_begin(&p->w);
    definition_open(&p->w, T(p, MSG_INTEL_LIFE_STATE));
    intel_life_chip(p, &life);
    definition_close(&p->w);
    if (end.len)
        definition(&p->w, T(p, MSG_INTEL_LIFE_END), end);
    definition(&p->w, T(p, MSG_INTEL_LIFE_WHY), intel_why_words(p, life.why));
    if ((r = show_source(i, o)))
        return r;
    definition(&p->w, T(p, MSG_INTEL_LIFE_SURE), sure.len ? sure : T(p, MSG_INTEL_LIFE_SURE_6));
    show_reports(p, &life);
    definition_end(&p->w);
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_INTEL_REPORT_LINK), intel_object_url(p, o->id, "/report"));
    html_close(&p->html, HTML_P);
    return 0;
}
