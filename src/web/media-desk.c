#include "web/media-desk.h"

#include "web/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LISTS_ARENA ((size_t)32 << 20)
#define BUTTONS_MAX 3u
/* By what they hold (HOLDS_MARK of regulation/model.h). */
#define MEDIA "*media"
#define GRANTS "*media-grants"
#define OUTS "*media-outs"

enum show { SHOW_ALL, SHOW_LATE, SHOW_OUT, SHOW_KEPT, SHOW_N };

struct desk_row {
    const char *medium, *name; /* of the register of media */
    const struct reg *reg;     /* of `record`: who has it by what, or the medium itself */
    const char *record, *state;
    const char *who; /* a person */
    json_t *until;   /* borrowed from the arena's copy; NULL: no end */
    uint64_t until_us;
    size_t n_more; /* other records by which somebody asks for it or has it */
    bool is_late, is_kept;
};

struct desk {
    struct page *page;
    struct desk_row *rows;
    size_t n, max;
    bool is_cut; /* a list was longer */
};

/* ---- gathering ---- */

static struct desk_row *add_row(struct desk *d)
{
    if (d->n == d->max)
        return NULL;
    d->rows[d->n] = (struct desk_row){.who = "", .name = ""};
    return &d->rows[d->n++];
}

static const char *kept_text(struct page *p, const char *s)
{
    return arena_str(p->arena, str_of(s)).at;
}

static int list_of(struct page *p, struct list_query *q, struct arena *a, struct list_rows *ret)
{
    q->field = "";
    q->key = "";
    q->sort = "changed";
    q->page = 1;
    q->page_size = MEDIA_DESK_MAX;
    return engine_list_rows(p->worker->engine, p->session.person, q, a, ret);
}

/* Who has one, or asks for it: records of `reg` in that state. */
static int add_bound(struct desk *d, const char *reg, const char *state, const char *who,
                     const char *until)
{
    const char *const fields[] = {"medium", who, until};
    CLEANUP(arena_freep) struct arena *arena = arena_new(LISTS_ARENA);
    struct list_query q = {.reg = reg,
                           .state = state,
                           .fields = fields,
                           .n_fields = ARRAY_LEN(fields),
                           .has_named = true};
    struct page *p = d->page;
    struct list_rows rows;
    int r;

    if (!arena)
        return -ENOMEM;
    if (!engine_reg(p->worker->engine, reg))
        return 0;
    if ((r = list_of(p, &q, arena, &rows)))
        return r;
    d->is_cut |= rows.total > rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        const struct list_row *row = &rows.at[i];
        const char *medium = json_str(row->values, "medium");
        const struct list_named *named = list_named_of(&rows, medium);
        struct desk_row *to = add_row(d);

        if (!to)
            break;
        to->medium = kept_text(p, medium);
        to->name = kept_text(p, named ? named->name : medium);
        to->reg = row->reg;
        to->record = kept_text(p, row->id);
        to->state = kept_text(p, row->state);
        to->who = kept_text(p, json_str(row->values, who));
        if (!instant_parse(str_of(json_str(row->values, until)), &to->until_us)) {
            to->until = json_object_get(row->values, until);
            json_incref(to->until);
            to->is_late = to->until_us <= p->now_us && strcmp(to->state, "applied") != 0;
        }
    }
    list_rows_done(&rows);
    return 0;
}

static bool is_bound(const struct desk *d, size_t n_bound, const char *medium)
{
    for (size_t i = 0; i < n_bound; i++)
        if (!strcmp(d->rows[i].medium, medium))
            return true;
    return false;
}

static int add_kept(struct desk *d)
{
    static const char *const fields[] = {"holder"};
    CLEANUP(arena_freep) struct arena *arena = arena_new(LISTS_ARENA);
    struct list_query q = {
        .reg = MEDIA, .state = LIST_UNFINISHED, .fields = fields, .n_fields = 1};
    struct page *p = d->page;
    size_t n_bound = d->n;
    struct list_rows rows;
    int r;

    if (!arena)
        return -ENOMEM;
    if ((r = list_of(p, &q, arena, &rows)))
        return r;
    d->is_cut |= rows.total > rows.n;
    for (size_t i = 0; i < rows.n; i++) {
        const struct list_row *row = &rows.at[i];
        struct desk_row *to;

        if (row->is_disposed || is_bound(d, n_bound, row->id))
            continue;
        if (!(to = add_row(d)))
            break;
        to->medium = to->record = kept_text(p, row->id);
        to->name = kept_text(p, row->name);
        to->reg = row->reg;
        to->state = kept_text(p, row->state);
        to->who = kept_text(p, json_str(row->values, "holder"));
        to->is_kept = true;
    }
    list_rows_done(&rows);
    return 0;
}

/* Late ones first, the longest time first; then what ends soonest; then what is kept, by name. */
static int by_need(const void *a, const void *b)
{
    const struct desk_row *x = a, *y = b;

    if (x->is_late != y->is_late)
        return x->is_late ? -1 : 1;
    if (x->is_kept != y->is_kept)
        return x->is_kept ? 1 : -1;
    if (x->until_us != y->until_us)
        return !y->until_us || (x->until_us && x->until_us < y->until_us) ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Of a medium with several records the first row stays, and counts the others. */
static void join_media(struct desk *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++) {
        size_t first = 0;

        while (first < n && strcmp(d->rows[first].medium, d->rows[i].medium) != 0)
            first++;
        if (first == n) {
            d->rows[n++] = d->rows[i];
        } else {
            d->rows[first].n_more++;
            json_decref(d->rows[i].until);
        }
    }
    d->n = n;
}

static int gather(struct desk *d)
{
    static const struct {
        const char *reg, *state, *who, *until;
    } lists[] = {{OUTS, "out", "carrier", "until"},
                 {OUTS, "permitted", "carrier", "until"},
                 {OUTS, "applied", "carrier", "until"},
                 {GRANTS, "granted", "applicant", "granted_until"},
                 {GRANTS, "taken-in", "applicant", "granted_until"},
                 {GRANTS, "applied", "applicant", "until"}};
    int r = 0;

    d->max = (ARRAY_LEN(lists) + 1) * MEDIA_DESK_MAX;
    if (!(d->rows = arena_alloc_n(d->page->arena, d->max, sizeof(*d->rows))))
        return -ENOMEM;
    for (size_t i = 0; !r && i < ARRAY_LEN(lists); i++)
        r = add_bound(d, lists[i].reg, lists[i].state, lists[i].who, lists[i].until);
    if (!r)
        r = add_kept(d);
    if (!r) {
        qsort(d->rows, d->n, sizeof(*d->rows), by_need);
        join_media(d);
    }
    return r;
}

/* ---- what can be done next ---- */

static void one_button(struct page *p, unsigned *n, struct str words, struct str url)
{
    if (words.len && url.len && *n < BUTTONS_MAX)
        button_link(&p->w, (*n)++ ? BUTTON_OUTLINE : BUTTON_SOLID, words, url);
}

/* Steps of a record that nothing known stands against; those that ask to be confirmed stand behind. */
static int own_steps(struct page *p, const struct reg *reg, const char *record, unsigned *n)
{
    JSON_AUTO *steps = NULL;
    int r = engine_steps(p->worker->engine, p->session.person, reg->id, record, p->now_us, &steps);

    if (r)
        return MIN_OF(r, 0);
    for (int confirm = 0; confirm < 2; confirm++) {
        const json_t *one;
        size_t i;

        json_array_foreach (steps, i, one) {
            const char *result = json_str(one, "result"), *act = json_str(one, "step");
            const struct step *st = procedure_step(reg->procedure, act, 0);

            if (!st || st->is_correction || st->confirm != (bool)confirm ||
                (strcmp(result, "allowed") != 0 && strcmp(result, "open") != 0))
                continue;
            one_button(p, n, text2_words(p, st->title),
                       record_url(p, record, page_text(p, "/steps/%s", act).at));
        }
    }
    return 0;
}

static bool is_of(struct page *p, const char *reg, const char *holding)
{
    const struct reg *one = engine_reg(p->worker->engine, holding);

    return one && !strcmp(one->id, reg);
}

/* Records that begin with this medium: a take-out, a grant. */
static int next_records(struct page *p, const struct desk_row *row, unsigned *n)
{
    JSON_AUTO *next = NULL;
    const json_t *one;
    size_t i;
    int r = engine_next(p->worker->engine, p->session.person, row->medium, p->now_us, &next);

    if (r)
        return MIN_OF(r, 0);
    json_array_foreach (next, i, one) {
        struct str todo = page_text(p, "%s/%s", json_str(one, "reg"), json_str(one, "step"));

        if (is_of(p, json_str(one, "reg"), OUTS) || is_of(p, json_str(one, "reg"), GRANTS))
            one_button(p, n, say_words(p, json_object_get(one, "title")),
                       todo_url(p, todo.at, row->medium));
    }
    return 0;
}

static int cell_next(struct page *p, struct table *t, const struct desk_row *row)
{
    unsigned n = 0;
    int r = 0;

    cell_begin(&p->w, t);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    if (row->is_kept)
        r = next_records(p, row, &n);
    if (!r)
        r = own_steps(p, row->reg, row->record, &n);
    if (!r && !n && !row->is_kept)
        r = own_steps(p, engine_reg(p->worker->engine, MEDIA), row->medium, &n);
    html_close(&p->html, HTML_DIV);
    cell_end(&p->w, t);
    return r;
}

/* ---- showing ---- */

static bool is_shown(const struct desk_row *row, enum show show)
{
    switch (show) {
    case SHOW_LATE:
        return row->is_late;
    case SHOW_OUT:
        return !row->is_kept;
    case SHOW_KEPT:
        return row->is_kept;
    case SHOW_ALL:
    case SHOW_N:
        break;
    }
    return true;
}

static const struct {
    const char *word;
    enum message_key title;
} shows[SHOW_N] = {{"", MSG_MEDIA_DESK_SHOW_ALL},
                   {"late", MSG_MEDIA_DESK_SHOW_LATE},
                   {"out", MSG_MEDIA_DESK_SHOW_OUT},
                   {"kept", MSG_MEDIA_DESK_SHOW_KEPT}};

static enum show show_of(struct page *p)
{
    struct str typed = form_get(&p->query, STR("show"));

    for (enum show s = SHOW_LATE; s < SHOW_N; s++)
        if (typed.len && str_eq(typed, str_of(shows[s].word)))
            return s;
    return SHOW_ALL;
}

static void show_filter(const struct desk *d, enum show chosen)
{
    struct page *p = d->page;

    html_begin(&p->html, HTML_NAV, "tj-filters");
    html_attr(&p->html, HTML_ARIA_LABEL, T(p, MSG_MEDIA_DESK_SHOW));
    html_open(&p->html, HTML_UL);
    for (enum show s = SHOW_ALL; s < SHOW_N; s++) {
        size_t n = 0;

        for (size_t i = 0; i < d->n; i++)
            n += is_shown(&d->rows[i], s);
        html_open(&p->html, HTML_LI);
        html_begin(&p->html, HTML_A, "tj-filter");
        html_attr_url(&p->html, HTML_HREF,
                      s == SHOW_ALL ? STR("/media")
                                    : page_text(p, "/media?show=%s", shows[s].word));
        if (s == chosen)
            html_attr(&p->html, HTML_ARIA_CURRENT, STR("true"));
        html_text(&p->html, TF(p, shows[s].title, {"n", page_text(p, "%zu", n)}));
        html_close(&p->html, HTML_A);
        html_close(&p->html, HTML_LI);
    }
    html_close(&p->html, HTML_UL);
    html_close(&p->html, HTML_NAV);
}

static int show_row(struct page *p, struct table *t, const struct desk_row *row)
{
    int r;

    row_begin(&p->w, t);
    cell_link(&p->w, t, str_of(row->name), record_url(p, row->medium, ""));
    cell_begin(&p->w, t);
    chip(&p->w, state_chip(row->reg, row->state), state_words(p, row->reg, row->state));
    if (!row->is_kept) {
        html_text(&p->html, STR(" "));
        link_show(p, str_of(row->record), record_url(p, row->record, ""));
    }
    if (row->n_more) {
        html_text(&p->html, STR(" "));
        link_show(p, TF(p, MSG_MEDIA_DESK_MORE, {"n", page_text(p, "%zu", row->n_more)}),
                  record_url(p, row->medium, ""));
    }
    cell_end(&p->w, t);
    cell_text(&p->w, t, person_words(p, row->who));
    cell_begin(&p->w, t);
    if (row->is_late) {
        chip(&p->w, CHIP_DANGER, T(p, MSG_MEDIA_DESK_OVER));
        html_text(&p->html, STR(" "));
    }
    if (row->until)
        html_text(&p->html, when_words(p, row->until));
    cell_end(&p->w, t);
    r = cell_next(p, t, row);
    row_end(&p->w, t);
    return r;
}

static int show_rows(const struct desk *d, enum show show)
{
    struct page *p = d->page;
    const struct column columns[] = {{.heading = T(p, MSG_MEDIA_DESK_MEDIUM),
                                      .is_row_heading = true},
                                     {.heading = T(p, MSG_REGISTER_STATE)},
                                     {.heading = T(p, MSG_MEDIA_DESK_WHO)},
                                     {.heading = T(p, MSG_MEDIA_DESK_UNTIL)},
                                     {.heading = T(p, MSG_MEDIA_DESK_NEXT)}};
    bool is_cut = d->is_cut;
    struct table t;
    size_t n = 0;
    int r = 0;

    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_MEDIA_DESK_LIST));
    for (size_t i = 0; !r && i < d->n; i++) {
        if (!is_shown(&d->rows[i], show))
            continue;
        if (n == MEDIA_DESK_ROWS) {
            is_cut = true;
            break;
        }
        r = show_row(p, &t, &d->rows[i]);
        n++;
    }
    table_end(&p->w, &t);
    if (!n)
        html_element(&p->html, HTML_P, "tj-empty", T(p, MSG_MEDIA_DESK_NOBODY));
    if (is_cut) {
        html_open(&p->html, HTML_P);
        link_show(p, T(p, MSG_MEDIA_DESK_REST), register_url(p, engine_reg(p->worker->engine, MEDIA)->id));
        html_close(&p->html, HTML_P);
    }
    return r;
}

int media_desk_list(struct page *p)
{
    struct desk d = {.page = p};
    enum show show = show_of(p);
    int r = gather(&d);

    if (!r) {
        html_element(&p->html, HTML_H2, NULL, T(p, MSG_MEDIA_DESK_LIST));
        show_filter(&d, show);
        r = show_rows(&d, show);
    }
    for (size_t i = 0; i < d.n; i++)
        json_decref(d.rows[i].until);
    return r;
}
