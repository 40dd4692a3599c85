/* A search: the index proposes records in the person's sight, newest change first; each is opened, compared, counted, and shown
 * when it lies on the page. Behind the page one more is looked for, and nothing is counted: to open all would take longer with every
 * year, and the index alone knows neither a collision nor whether two pieces of a word stand together. */
#include "engine/find.h"

#include "base/utf8.h"
#include "engine/digest.h"
#include "engine/reading.h"
#include "engine/ref.h"

#include <stdio.h>
#include <stdlib.h>

#define CHUNK 100     /* rows fetched at once, at most */
#define LOOK_MAX 5000 /* records opened at most; a word whose bigrams stand apart in many texts would open them all */
#define AUDIENCES_ASKED_MAX 256 /* that a statement names */
#define EXCERPTS_MAX 3
#define BEFORE 24     /* characters shown before a hit … */
#define WINDOW 96     /* … and in all */
#define EDGE_MAX 16   /* bytes of brackets and the like at the ends of a text that are shown, too */
#define ID_SIZE 128

struct search {
    struct engine *e;
    const char *person;
    const struct search_query *q;
    struct sight *sight;
    struct fold_words words;
    json_t *typed, *rows;
    json_t *by_reg;             /* {reg: {"title", "n"}}, in the order met */
    struct buf audiences, grams; /* as the statement wants them */
    size_t skip, want;          /* of the page */
    uint64_t enough;            /* hits that are counted; one more is looked for, to say that there are more */
    uint64_t total, looked;
    bool is_more, is_ready;
};

static void search_done(struct search *s)
{
    fold_words_done(&s->words);
    sight_free(s->sight);
    json_decref(s->typed);
    json_decref(s->rows);
    json_decref(s->by_reg);
    buf_done(&s->audiences);
    buf_done(&s->grams);
}

/* ---- what is looked for ---- */

/* A digest is looked for as what stands for it. */
static int read_word(struct search *s, size_t i)
{
    char keyed[DIGEST_KEYED_SIZE];
    struct digest d;
    int r = digest_read(s->words.typed[i], &d);

    if (!r)
        r = digest_keyed(s->e->store, &d, keyed);
    return r < 0 ? r : r ? 0 : fold(str_of(keyed), &s->words.at[i]);
}

static int read_words(struct search *s)
{
    int r = fold_words_read(str_of(s->q->text), &s->words);

    for (size_t i = 0; r >= 0 && i < s->words.n; i++) {
        int e = json_array_append_new(s->typed, json_stringn(s->words.typed[i].at, s->words.typed[i].len)) ? -ENOMEM : read_word(s, i);

        if (e < 0)
            return e;
    }
    return r;
}

/* Whether the index is asked for all that has the words, whoever may see it, and what is out of sight passed over here. */
static bool is_wide(const struct search *s)
{
    return sight_count(s->sight) > AUDIENCES_ASKED_MAX;
}

/* Words as each database joins them. */
static int print_query(struct search *s)
{
    bool is_sqlite = store_kind(s->e->store) == STORE_SQLITE;
    int r = 0;

    for (int64_t a = 0; !r && !is_wide(s) && (a = sight_next(s->sight, a));)
        r = buf_printf(&s->audiences, "%sa%lld", s->audiences.len ? is_sqlite ? " OR " : " " : "", (long long)a);
    for (size_t i = 0; !r && i < s->words.n; i++)
        r = find_grams(s->e, &s->words.at[i], is_sqlite ? " AND " : " ", &s->grams);
    if (!r && *s->q->reg)
        r = find_register_gram(s->e, s->q->reg, is_sqlite ? " AND " : " ", &s->grams);
    return r;
}

/* ---- excerpts ---- */

struct comparing {
    const struct search *s;
    struct stage *sc;
    struct record *record;
    struct folded folded;
    bool found[SEARCH_WORDS_MAX];
    json_t *excerpts; /* NULL: none are wanted */
};

static int add_part(json_t *parts, struct str text, size_t from, size_t to, bool hit)
{
    json_t *part;

    if (from >= to)
        return 0;
    part = json_pack("{s:s%, s:b}", "text", text.at + from, to - from, "hit", (int)hit);
    return part && !json_array_append_new(parts, part) ? 0 : -ENOMEM;
}

/* Which characters of the window [from, to) belong to a hit. */
static void mark_hits(const struct comparing *c, size_t from, size_t to, bool *marks)
{
    for (size_t w = 0; w < c->s->words.n; w++) {
        const struct folded *word = &c->s->words.at[w];
        size_t begin = from >= word->n ? from - word->n + 1 : 0;

        for (size_t at = begin; (at = folded_find(&c->folded, word, at)) != SIZE_MAX && at < to; at++)
            for (size_t i = at; i < at + word->n && i < to; i++)
                if (i >= from)
                    marks[i - from] = true;
    }
}

/* The text as it was typed, cut where folded characters begin and end. */
static int print_parts(const struct comparing *c, struct str text, size_t from, size_t to, const bool *marks, json_t *parts)
{
    const struct folded_char *at = c->folded.at;
    bool to_end = to == c->folded.n && text.len - at[to - 1].to <= EDGE_MAX;
    size_t done = from || at[0].from > EDGE_MAX ? at[from].from : 0, end = to_end ? text.len : at[to - 1].to;
    int r = done ? add_part(parts, STR("…"), 0, 3, false) : 0;

    for (size_t i = from; !r && i < to;) {
        size_t last = i;

        if (!marks[i - from]) {
            i++;
            continue;
        }
        while (last + 1 < to && marks[last + 1 - from])
            last++;
        r = add_part(parts, text, done, at[i].from, false);
        if (!r)
            r = add_part(parts, text, MAX_OF(done, at[i].from), at[last].to, true);
        done = MAX_OF(done, at[last].to);
        i = last + 1;
    }
    if (!r)
        r = add_part(parts, text, done, end, false);
    return r || end == text.len ? r : add_part(parts, STR("…"), 0, 3, false);
}

static int add_excerpt(struct comparing *c, struct text2 title, struct str text, size_t hit)
{
    bool marks[WINDOW] = {false};
    size_t from = hit > BEFORE ? hit - BEFORE : 0, to = MIN_OF(from + WINDOW, c->folded.n);
    json_t *parts = json_array(), *one;
    int r = parts ? 0 : -ENOMEM;

    if (!r) {
        mark_hits(c, from, to, marks);
        r = print_parts(c, text, from, to, marks, parts);
    }
    one = r ? NULL : json_pack("{s:o, s:O}", "title", text2_json(title), "parts", parts);
    json_decref(parts);
    return r ? r : one && !json_array_append_new(c->excerpts, one) ? 0 : -ENOMEM;
}

/* ---- one record ---- */

static int compare(void *user, struct text2 title, struct str text)
{
    bool found[SEARCH_WORDS_MAX] = {false};
    struct comparing *c = user;
    size_t first = SIZE_MAX;
    int r = fold(text, &c->folded);

    if (r < 0)
        return r;
    if (r == FOLD_E_INVALID)
        return 0;
    for (size_t w = 0; w < c->s->words.n; w++) {
        size_t at = folded_find(&c->folded, &c->s->words.at[w], 0);

        found[w] = at != SIZE_MAX;
        first = MIN_OF(first, at);
    }
    /* What is of something that he does not see finds nothing. */
    if (first != SIZE_MAX && digest_is_keyed(text.at) && (r = digest_is_told(c->sc, false, c->record, NULL, text.at)) <= 0)
        return r;
    for (size_t w = 0; w < c->s->words.n; w++)
        c->found[w] |= found[w];
    if (first == SIZE_MAX || !c->excerpts || digest_is_keyed(text.at) || !*title.ja || json_array_size(c->excerpts) == EXCERPTS_MAX)
        return 0;
    return add_excerpt(c, title, text, first);
}

static int add_row(struct search *s, struct stage *sc, struct record *r, json_t *excerpts)
{
    int recorded = reading_is_entered(sc, r);
    json_t *o = recorded < 0 ? NULL : json_pack("{s:s, s:s, s:o, s:s, s:o, s:s, s:s, s:o, s:b, s:o}", "id", r->id, "reg", r->reg->id, "reg_title",
                          text2_json(r->reg->title), "state", r->state, "state_title", text2_json(state_title(r->reg, r->state)),
                          "name", recorded ? "" : record_name(sc, r), "unit", recorded ? "" : r->unit, "changed",
                          instant_json(r->changed_us), "recorded", recorded, "excerpts",
                          recorded ? json_array() : json_incref(excerpts));

    if (recorded < 0)
        return recorded;
    return o && !json_array_append_new(s->rows, o) ? 0 : -ENOMEM;
}

static int count_register(struct search *s, const struct record *r)
{
    json_t *o = json_object_get(s->by_reg, r->reg->id);

    if (o)
        return json_put_int(o, "n", json_int(o, "n") + 1);
    o = json_pack("{s:s, s:o, s:i}", "reg", r->reg->id, "title", text2_json(r->reg->title), "n", 1);
    return o ? json_put(s->by_reg, r->reg->id, o) : -ENOMEM;
}

/* 1: enough. */
static int take_hit(struct search *s, struct stage *sc, struct record *r, json_t *excerpts)
{
    int e;

    if (s->total == s->enough) {
        s->is_more = true;
        return 1;
    }
    e = count_register(s, r);

    s->total++;
    if (e || s->total <= s->skip || json_array_size(s->rows) == s->want)
        return e;
    return add_row(s, sc, r, excerpts);
}

/* 1: enough. */
static int look_at(struct search *s, struct stage *sc, const char *id)
{
    JSON_AUTO *excerpts = json_array();
    bool is_shown = s->total >= s->skip && json_array_size(s->rows) < s->want;
    struct comparing c = {.s = s, .sc = sc, .excerpts = is_shown ? excerpts : NULL};
    enum release_answer leaves;
    struct record *r;
    int e = excerpts ? stage_record(sc, id, &r) : -ENOMEM;

    if (e)
        return e == -EBADMSG ? 0 : MIN_OF(e, 0);
    /* It may have changed since the row was read. */
    if (r->disposed_us || !sight_of_record(sc, s->sight, r) || (*s->q->reg && strcmp(s->q->reg, r->reg->id) != 0))
        return 0;
    if ((s->q->channel != RELEASE_PAGE || release_page_is_capped(r->reg)) && ((e = release_record(sc, s->sight, s->q->channel, r, &leaves)) || leaves != RELEASE_ALLOWED))
        return e;
    c.record = r;
    folded_init(&c.folded, SEARCH_GRAMS_MAX);
    e = find_pieces(sc, r, compare, &c);
    folded_done(&c.folded);
    for (size_t w = 0; !e && w < s->words.n; w++)
        if (!c.found[w])
            return 0;
    return e ? e : take_hit(s, sc, r, excerpts);
}

/* ---- all of them ---- */

struct chunk {
    char ids[CHUNK][ID_SIZE];
    size_t n;
    bool ended; /* there are none behind it */
    int64_t before;
};

static int query_chunk(struct search *s, const struct chunk *c, size_t max, struct rows **ret)
{
    if (is_wide(s))
        return store_failed(STORE_QUERY(s->e->store, ret, STMT_SEARCH_FIND_ALL, V_STR(buf_str(&s->grams)), V_INT(c->before), V_INT(max)));
    return store_failed(STORE_QUERY(s->e->store, ret, STMT_SEARCH_FIND, V_STR(buf_str(&s->audiences)), V_STR(buf_str(&s->grams)),
                                    V_INT(c->before), V_INT(max)));
}

static int read_chunk(struct search *s, struct chunk *c)
{
    ROWS_AUTO *rows = NULL;
    size_t read = 0, max = is_wide(s) ? CHUNK : (size_t)MIN_OF(s->enough - s->total + 1, (uint64_t)CHUNK);
    int r = query_chunk(s, c, max, &rows);

    c->n = 0;
    while (!r && (r = rows_next(rows)) > 0) {
        r = 0;
        read++;
        c->before = rows_int(rows, 0);
        if (sight_may_see(s->sight, rows_int(rows, 3)))
            snprintf(c->ids[c->n++], ID_SIZE, "%s", rows_text(rows, 1));
    }
    c->ended = read < max;
    return r;
}

/* 1: enough. */
static int look_at_chunk(struct search *s, const struct chunk *c)
{
    struct stage sc;
    int r = stage_open(&sc, s->e, s->person, engine_now(s->e));

    for (size_t i = 0; !r && i < c->n; i++) {
        if (s->total == SEARCH_COUNT_MAX || s->looked == LOOK_MAX) {
            s->is_more = true;
            r = 1;
        } else {
            s->looked++;
            r = look_at(s, &sc, c->ids[i]);
        }
    }
    stage_done(&sc);
    return r;
}

static int look_at_all(struct search *s)
{
    struct chunk *c = malloc(sizeof(*c));
    int r = c ? 0 : -ENOMEM;

    if (c)
        c->before = INT64_MAX;
    while (!r) {
        r = read_chunk(s, c);
        if (!r && c->n)
            r = look_at_chunk(s, c);
        if (!r && c->ended)
            break;
    }
    free(c);
    return MIN_OF(r, 0);
}

static int find_all(struct search *s, const char *person)
{
    struct stage sc;
    int r = stage_open(&sc, s->e, person, engine_now(s->e));
    size_t n;

    if (!r)
        r = sight_of_person(&sc, sc.actor, &s->sight);
    stage_done(&sc);
    if (r)
        return r;
    n = sight_count(s->sight);
    r = n ? find_state(s->e, &s->is_ready) : 0;
    if (r == 1)
        return 0; /* nothing to look in yet */
    if (!n)
        s->is_ready = true;
    if (r || !n || (r = print_query(s)))
        return r;
    return look_at_all(s);
}

static int answer(struct search *s, json_t **ret)
{
    unsigned size = (unsigned)s->want, page = MAX_OF(s->q->page, 1u);
    JSON_AUTO *regs = json_array();
    uint64_t known;
    const char *id;
    json_t *o;

    if (!regs)
        return -ENOMEM;
    json_object_foreach(s->by_reg, id, o)
        if (json_array_append(regs, o))
            return -ENOMEM;
    /* Behind the last hit that was counted there is one more, on a page that there is then. */
    known = s->total + (s->is_more && s->total < SEARCH_COUNT_MAX);
    *ret = json_pack("{s:s, s:b, s:O, s:O, s:I, s:b, s:I, s:I, s:O}", "result", "found", "preparing", (int)!s->is_ready, "words",
                     s->typed, "rows", s->rows, "total", (json_int_t)s->total, "more", (int)s->is_more, "page", (json_int_t)page,
                     "pages", (json_int_t)((known + size - 1) / size), "registers", regs);
    return *ret ? 0 : -ENOMEM;
}

static int refuse_words(const struct search *s, int why, json_t **ret)
{
    *ret = why == FOLD_WORDS_SHORT ? json_pack("{s:s, s:O}", "result", "short", "word", json_array_get(s->typed, 0))
                               : json_pack("{s:s}", "result", why == FOLD_WORDS_LONG ? "long" : "empty");
    return *ret ? 0 : -ENOMEM;
}

int engine_search(struct engine *e, const char *person, const struct search_query *q, json_t **ret)
{
    struct search_query filled = *q;
    struct search s = {.e = e, .person = person, .q = &filled, .typed = json_array(), .rows = json_array(), .by_reg = json_object()};
    int r = s.typed && s.rows && s.by_reg ? 0 : -ENOMEM;

    filled.text = q->text ? q->text : "";
    filled.reg = q->reg ? q->reg : "";
    s.want = MIN_OF(MAX_OF(q->page_size, 1u), SEARCH_PAGE_MAX);
    s.skip = (size_t)(MAX_OF(q->page, 1u) - 1) * s.want;
    s.enough = MIN_OF((uint64_t)s.skip + s.want, (uint64_t)SEARCH_COUNT_MAX);
    buf_init(&s.audiences, (size_t)16 << 20);
    buf_init(&s.grams, 65536);
    if (!r)
        r = read_words(&s);
    if (r > 0)
        r = refuse_words(&s, r, ret);
    else if (!r && !(r = find_all(&s, person)))
        r = answer(&s, ret);
    search_done(&s);
    return r;
}

/* ---- what was shown ---- */

int engine_search_shown(struct engine *e, const char *person, enum release_channel channel, const json_t *ids)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct stage sc;
    int r = stage_open(&sc, e, person, engine_now(e));

    if (!r && !sc.actor)
        r = 1;
    if (!r)
        r = sight_of_person(&sc, sc.actor, &sight);
    for (size_t i = 0; !r && i < json_array_size(ids); i++) {
        enum release_answer leaves = RELEASE_ALLOWED;
        struct record *rec;

        r = stage_record(&sc, json_string_value(json_array_get(ids, i)), &rec);
        if (!r && (channel != RELEASE_PAGE || release_page_is_capped(rec->reg)))
            r = release_record(&sc, sight, channel, rec, &leaves);
        if (!r && (r = reading_is_entered(&sc, rec)) >= 0)
            r = r && sight_of_record(&sc, sight, rec) && leaves == RELEASE_ALLOWED ? 0 : 1;
    }
    stage_done(&sc);
    return r;
}
