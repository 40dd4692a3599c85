#include "engine/decided.h"

#include "engine/inside.h"

#include <errno.h>
#include <inttypes.h>

#define DAY_S 86400u
#define HOUR_S 3600u

int engine_decided(struct store *s, const char *reg, struct decided *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(
        STORE_QUERY(s, &rows, STMT_HISTORY_DECIDED, V_TEXT(reg), V_INT(DECIDED_MAX + 1)));
    uint64_t n = 0;

    *ret = (struct decided){.n = 0};
    while (!r && (r = rows_next(rows)) > 0) { /* the shortest first; each says how many there are */
        uint64_t all = MIN_OF((uint64_t)rows_int(rows, 1), (uint64_t)DECIDED_MAX);

        ret->is_cut = rows_int(rows, 1) > DECIDED_MAX;
        if (++n == (all + 1) / 2)
            ret->median_us = (uint64_t)rows_int(rows, 0);
        if (n <= all)
            ret->longest_us = (uint64_t)rows_int(rows, 0);
        ret->n = all;
        r = 0;
    }
    return r;
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

int engine_decided_words(struct store *s, const struct pack *pack, bool english, json_t **ret)
{
    JSON_AUTO *all = json_object();
    int r = all ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < pack->n_regs; i++) {
        struct decided d;

        if (!(r = engine_decided(s, pack->regs[i].id, &d)) && d.n)
            r = words(&d, english, all, pack->regs[i].id);
    }
    if (!r)
        *ret = TAKE(all);
    return r;
}
