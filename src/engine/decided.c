#include "engine/decided.h"

#include "engine/inside.h"

#include <errno.h>
#include <inttypes.h>

#define DAY_S 86400u
#define HOUR_S 3600u
#define SPANS_SIZE_MAX (DECIDED_MAX * sizeof(int64_t))

/* Spans in sight, the shortest first. */
static int read_spans(struct store *s, const struct sight *sight, const char *reg, struct buf *spans, bool *ret_cut)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(s, &rows, STMT_HISTORY_DECIDED, V_TEXT(reg)));

    *ret_cut = false;
    while (!r && !*ret_cut && (r = rows_next(rows)) > 0) {
        int64_t span = rows_int(rows, 0);

        *ret_cut = spans->len == SPANS_SIZE_MAX;
        r = (sight && !sight_may_see(sight, rows_int(rows, 1))) || *ret_cut ? 0 : buf_add(spans, &span, sizeof(span));
    }
    return r;
}

int engine_decided(struct store *s, const struct sight *sight, const char *reg, struct decided *ret)
{
    CLEANUP(buf_done) struct buf spans;
    const int64_t *at;
    bool is_cut;
    int r;

    buf_init(&spans, SPANS_SIZE_MAX);
    if ((r = read_spans(s, sight, reg, &spans, &is_cut)))
        return r;
    *ret = (struct decided){.n = spans.len / sizeof(*at), .is_cut = is_cut};
    at = (const int64_t *)(const void *)spans.at;
    if (ret->n) {
        ret->median_us = (uint64_t)at[(ret->n + 1) / 2 - 1];
        ret->longest_us = (uint64_t)at[ret->n - 1];
    }
    return 0;
}

/* "2日4時間", "3時間5分", "12分", "1分未満" */
static int put_span(uint64_t us, bool english, struct buf *out)
{
    uint64_t s = us / US_PER_SECOND;

    if (s < 60)
        return buf_add_text(out, english ? "less than a minute" : "1分未満");
    if (s < HOUR_S)
        return buf_printf(out, english ? "%" PRIu64 " min" : "%" PRIu64 "分", s / 60);
    if (s < DAY_S)
        return buf_printf(out, english ? "%" PRIu64 " h %" PRIu64 " min" : "%" PRIu64 "時間%" PRIu64 "分", s / HOUR_S, s % HOUR_S / 60);
    return buf_printf(out, english ? "%" PRIu64 " d %" PRIu64 " h" : "%" PRIu64 "日%" PRIu64 "時間", s / DAY_S, s % DAY_S / HOUR_S);
}

static int words(const struct decided *d, bool english, json_t *to, const char *reg)
{
    const char *cut = english ? " and more" : "以上";
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, 256);
    if ((r = buf_printf(&text, english ? "%" PRIu64 "%s, median " : "%" PRIu64 "件%s、中央値", d->n, d->is_cut ? cut : "")) ||
        (r = put_span(d->median_us, english, &text)) || (r = buf_add_text(&text, english ? ", longest " : "、最長")) ||
        (r = put_span(d->longest_us, english, &text)))
        return r;
    return json_put_strn(to, reg, buf_str(&text));
}

int engine_decided_words(struct store *s, const struct sight *sight, const struct pack *pack, bool english, json_t **ret)
{
    JSON_AUTO *all = json_object();
    int r = all ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < pack->n_regs; i++) {
        struct decided d;

        if (!(r = engine_decided(s, sight, pack->regs[i].id, &d)) && d.n)
            r = words(&d, english, all, pack->regs[i].id);
    }
    if (!r)
        *ret = TAKE(all);
    return r;
}
