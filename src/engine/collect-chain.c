#include "engine/collect-inside.h"

#include <inttypes.h>

static int take_known(struct collect *c, const char *id)
{
    struct record *rec = NULL;
    const char *digest, *at;
    json_t *seq = NULL;
    int r = stage_record(&c->sc, id, &rec);

    if (r || (r = record_value(c->e->store, rec, reg_field(rec->reg, "last_seq"), &seq)) ||
        (r = collect_value_of(c, id, "last_digest", &digest)) ||
        (r = collect_value_of(c, id, "last_at", &at)))
        return MIN_OF(r, 0);
    c->known.id = id;
    c->known.last_seq = (uint64_t)json_integer_value(seq);
    c->known.last_digest = arena_strdup(c->arena, str_of(digest));
    if (!c->known.last_digest)
        return -ENOMEM;
    IGNORE(instant_parse(str_of(at), &c->known.last_us), "then no day counts as silent");
    return 0;
}

/* The newest of this kind in that state. */
static int find_known_in(struct collect *c, const char *state, int64_t *newest)
{
    struct sought s = {.reg = COLLECTIONS,
                       .field = "collector",
                       .text = c->collector,
                       .state = state,
                       .max = CANDIDATES_MAX};
    struct candidate *all;
    size_t n;
    bool more;
    int is_kind = 0, r = collect_candidates(c, &s, &all, &n, &more);

    for (size_t i = 0; !r && i < n && !is_kind; i++) {
        if ((is_kind = collect_same_value(c, all[i].id, "kind", collect_words(c->kind)->word)) < 0)
            return is_kind;
        if (is_kind && all[i].opened_us > *newest) {
            *newest = all[i].opened_us;
            r = take_known(c, all[i].id);
        }
    }
    return r || !more || is_kind ? r : collect_too_many(c, 0, -1, c->collector_name);
}

/* Of this collector the file of this kind that was taken last: one that none has followed, however many there are that were followed. */
int collect_find_known(struct collect *c)
{
    const struct procedure *p = c->collections->procedure;
    int64_t newest = INT64_MIN;
    int r = 0;

    c->known = (struct known){.id = "", .last_digest = ""};
    for (size_t i = 0; !r && i < p->n_states; i++)
        if (!p->states[i].is_end)
            r = find_known_in(c, p->states[i].id, &newest);
    return r;
}

static int note_numbers(struct collect *c, struct buf *out, uint64_t from, uint64_t to)
{
    const char *text = from == to ? arena_printf(c->arena, "%" PRIu64, from)
                                  : arena_printf(c->arena, "%" PRIu64 "-%" PRIu64, from, to);

    return text ? collect_note(out, text) : -ENOMEM;
}

static int note_silent(struct collect *c, uint64_t from_us, uint64_t to_us)
{
    int32_t first = day_of_instant(from_us), last = day_of_instant(to_us);
    int r = 0;

    for (int32_t day = first + 1; !r && day < last && day - first < COLLECT_DAYS_MAX; day++) {
        CLEANUP(buf_done) struct buf text;

        buf_init(&text, 32);
        if (!force_is_holiday(c->e->force, day) && !(r = day_print_iso(day, &text)))
            r = collect_note(&c->silent, text.at);
    }
    return r;
}

/* Lines up to the last one known are the same when the chain reaches it; a file that ends before it is the same when it was taken whole. */
int collect_pass_over(struct collect *c)
{
    const struct line *last = NULL;
    struct digest d = sha256(buf_str(&c->all));
    struct digest_text hex = digest_text(&d);
    struct sought s = {.reg = COLLECTIONS, .field = "file_digest", .max = 1};
    struct candidate *same;
    size_t n = 0;
    bool more;
    int r = 0;

    while (*c->known.id && c->n_skipped < c->n_lines &&
           c->lines[c->n_skipped].seq <= c->known.last_seq)
        last = &c->lines[c->n_skipped++];
    if (!last)
        return 0;
    if (last->seq == c->known.last_seq && !strcmp(last->digest, c->known.last_digest))
        return 0;
    s.text = hex.at;
    if ((r = collect_candidates(c, &s, &same, &n, &more)))
        return r;
    if (c->n_skipped == c->n_lines && n)
        return 0;
    return collect_fault(
        c, last->row, 0, "この番号までは、異なる内容で取込済みです。収集元に確かめてください",
        "up to this number other lines were taken already; ask whoever keeps the collector");
}

static int judge_link(struct collect *c, const struct line *l, const struct line *last)
{
    int r = 0;

    if (l->seq > last->seq + 1)
        r = note_numbers(c, &c->gaps, last->seq + 1, l->seq - 1);
    else if (strcmp(l->before, last->digest) != 0)
        r = note_numbers(c, &c->breaks, l->seq, l->seq);
    return r || !last->at_us ? r : note_silent(c, last->at_us, l->at_us);
}

int collect_chain(struct collect *c)
{
    struct line known = {.seq = c->known.last_seq, .at_us = c->known.last_us};
    const struct line *last = &known;
    int r = 0;

    snprintf(known.digest, sizeof(known.digest), "%s",
             *c->known.id ? c->known.last_digest
                          : "0000000000000000000000000000000000000000000000000000000000000000");
    for (size_t i = 0; !r && i < c->n_lines; last = &c->lines[i++]) {
        if (i && c->lines[i].seq <= last->seq)
            return collect_fault(c, c->lines[i].row, 0, "番号が前の行より大きくありません",
                                 "is not greater than the number before");
        if (i >= c->n_skipped)
            r = judge_link(c, &c->lines[i], last);
    }
    return r;
}
