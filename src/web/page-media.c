/* The desk of media: look one up by what is written on it, who has which, what is overdue, and what the trails of each month lack. What is done with
 * a medium are steps of its records, which have pages of their own; this one leads there. */
#include "engine/offer.h"
#include "web/media-desk.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

/* By what they hold (HOLDS_MARK of regulation/model.h). */
#define MEDIA "*media"
#define ROWS_MAX 200u
#define ROWS_ARENA ((size_t)32 << 20)
#define MONTHS 3
#define TYPED_MAX 200u

/* ---- rows ---- */

static int rows_of(struct page *p, struct list_query *q, struct arena *a, struct list_rows *ret)
{
    q->page = 1;
    q->page_size = ROWS_MAX;
    return engine_list_rows(p->worker->engine, p->session.person, q, a, ret);
}

/* ---- looking one up ---- */

static void show_medium(struct page *p, struct table *t, const struct list_row *row)
{
    row_begin(&p->w, t);
    cell_link(&p->w, t, arena_str(p->arena, str_of(row->name)), record_url(p, row->id, ""));
    cell_begin(&p->w, t);
    chip(&p->w, state_chip(row->reg, row->state), state_words(p, row->reg, row->state));
    cell_end(&p->w, t);
    cell_text(&p->w, t, arena_str(p->arena, str_of(json_str(row->values, "serial"))));
    cell_text(&p->w, t, person_words(p, json_str(row->values, "holder")));
    cell_text(&p->w, t, arena_str(p->arena, str_of(json_str(row->values, "place"))));
    row_end(&p->w, t);
}

/* By number or serial, in any width and case. */
static int find_by(struct page *p, const struct reg *reg, const char *field, struct str typed,
                   struct table *t, size_t *n)
{
    static const char *const fields[] = {"serial", "holder", "place"};
    CLEANUP(arena_freep) struct arena *arena = arena_new(ROWS_ARENA);
    const struct field *f = reg_field(reg, field);
    struct list_query q = {.reg = reg->id,
                           .state = "",
                           .field = field,
                           .sort = "changed",
                           .fields = fields,
                           .n_fields = ARRAY_LEN(fields)};
    CLEANUP(buf_done) struct buf key;
    JSON_AUTO *say = NULL;
    struct list_rows rows;
    int r;

    buf_init(&key, 4096);
    if (!arena)
        return -ENOMEM;
    if (!f)
        return 0;
    r = engine_list_key(p->worker->engine, p->session.person, reg, f, typed, &key, &say);
    if (r || !key.len)
        return MIN_OF(r, 0);
    q.key = key.at;
    if ((r = rows_of(p, &q, arena, &rows)))
        return r;
    for (size_t i = 0; i < rows.n; i++, ++*n)
        show_medium(p, t, &rows.at[i]);
    list_rows_done(&rows);
    return 0;
}

static void lookup_form(struct page *p, struct str typed)
{
    form_begin_get(&p->w, STR("/media"));
    field_text(&p->w,
               &(struct field_info){.name = "q",
                                    .label = T(p, MSG_MEDIA_DESK_FIND),
                                    .support = T(p, MSG_MEDIA_DESK_FIND_SUPPORT)},
               LINE_SEARCH, typed, "off");
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_MEDIA_DESK_FIND_BUTTON), STR_NONE, STR_NONE);
    form_end(&p->w);
}

static int lookup(struct page *p, const struct reg *reg)
{
    struct str typed = str_trim(form_get(&p->query, STR("q")));
    const struct column columns[] = {{.heading = T(p, MSG_MEDIA_DESK_MEDIUM),
                                      .is_row_heading = true},
                                     {.heading = T(p, MSG_REGISTER_STATE)},
                                     {.heading = T(p, MSG_MEDIA_DESK_SERIAL)},
                                     {.heading = T(p, MSG_MEDIA_DESK_HOLDER)},
                                     {.heading = T(p, MSG_MEDIA_DESK_PLACE)}};
    struct table t;
    size_t n = 0;
    int r = 0;

    lookup_form(p, typed.at ? typed : STR(""));
    if (!typed.len || typed.len > TYPED_MAX)
        return 0;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_MEDIA_DESK_FOUND));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_MEDIA_DESK_FOUND));
    if (!(r = find_by(p, reg, "name", typed, &t, &n)))
        r = find_by(p, reg, "serial", typed, &t, &n);
    table_end(&p->w, &t);
    if (!r && !n)
        notice(&p->w, NOTICE_WARNING, T(p, MSG_MEDIA_DESK_NONE), T(p, MSG_MEDIA_DESK_NONE_TEXT));
    return r;
}

/* ---- the months ---- */

static int count(struct page *p, const char *reg, const char *state, const char *month,
                 uint64_t *ret)
{
    const struct list_query q = {
        .reg = reg, .state = state, .field = "month", .key = month, .sort = "id"};

    *ret = 0;
    return engine_reg(p->worker->engine, reg)
               ? engine_list_total(p->worker->engine, p->session.person, &q, ret)
               : 0;
}

static int cell_lines(struct page *p, struct table *t, const char *reg, const char *state,
                      const char *month, bool is_wrong)
{
    uint64_t n;
    int r = count(p, reg, state, month, &n);

    if (r)
        return r;
    cell_begin(&p->w, t);
    if (n)
        link_show(p,
                  TF(p, MSG_MEDIA_DESK_LINES, {"n", page_text(p, "%llu", (unsigned long long)n)}),
                  page_text(p, "/registers/%s?state=%s&field=month&key=%s", engine_reg(p->worker->engine, reg)->id, state, month));
    else
        html_text(&p->html, STR("0"));
    if (n && is_wrong) {
        html_text(&p->html, STR(" "));
        chip(&p->w, CHIP_WARNING, T(p, MSG_MEDIA_DESK_TO_CHECK));
    }
    cell_end(&p->w, t);
    return 0;
}

/* Of a kind the signatures under that month, each with its unit: of others nothing is said by them. */
static int cell_signed(struct page *p, struct table *t, const char *kind, const char *month)
{
    static const char *const fields[] = {"kind", "signer", "signed_on"};
    CLEANUP(arena_freep) struct arena *arena = arena_new(ROWS_ARENA);
    struct list_query q = {.reg = "*trail-signatures",
                           .state = "",
                           .field = "month",
                           .key = month,
                           .sort = "opened",
                           .fields = fields,
                           .n_fields = ARRAY_LEN(fields)};
    struct list_rows rows;
    size_t n = 0;
    int r;

    if (!arena)
        return -ENOMEM;
    if ((r = rows_of(p, &q, arena, &rows)))
        return r;
    cell_begin(&p->w, t);
    for (size_t i = 0; i < rows.n; i++) {
        const struct list_row *row = &rows.at[i];

        if (strcmp(json_str(row->values, "kind"), kind) != 0)
            continue;
        html_open(&p->html, HTML_P);
        link_show(p,
                  page_text(p, "%.*s %.*s（%.*s）", STR_ARG(unit_words(p, row->unit)),
                            STR_ARG(person_words(p, json_str(row->values, "signer"))),
                            STR_ARG(when_words(p, json_object_get(row->values, "signed_on")))),
                  record_url(p, row->id, ""));
        html_close(&p->html, HTML_P);
        n++;
    }
    if (rows.total > rows.n)
        link_show(p, T(p, MSG_MEDIA_DESK_MORE_SIGNED),
                  page_text(p, "/registers/%s?field=month&key=%s", engine_reg(p->worker->engine, q.reg)->id, month));
    else if (!n)
        html_text(&p->html, T(p, MSG_MEDIA_DESK_UNSIGNED));
    cell_end(&p->w, t);
    list_rows_done(&rows);
    return 0;
}

/* Subjects stand below each other and months beside each other: so it fits a telephone, too. */
static const struct subject {
    enum message_key heading;
    const char *reg, *state; /* lines in that state; NULL: signatures */
    const char *kind;        /* of signatures */
    bool is_wrong;
} subjects[] = {{MSG_MEDIA_DESK_UNPERMITTED, "*collected-lines", "unpermitted", NULL, true},
                {MSG_MEDIA_DESK_COLLECTED, "*collected-lines", "to-check", NULL, false},
                {MSG_MEDIA_DESK_GATE_LINES, "*media-trail", "to-check", NULL, false},
                {MSG_MEDIA_DESK_REFUSED, "*media-trail", "refused", NULL, false},
                {MSG_MEDIA_DESK_CROSSINGS, "*crossings", "open", NULL, false},
                {MSG_MEDIA_DESK_SIGNED_LINES, NULL, NULL, "lines", false},
                {MSG_MEDIA_DESK_SIGNED_GRANTS, NULL, NULL, "grants", false}};

static int months(struct page *p)
{
    struct column columns[1 + MONTHS] = {{.heading = T(p, MSG_MEDIA_DESK_MONTH), .is_row_heading = true}};
    char month[MONTHS][16];
    struct table t;
    int32_t day = day_of_instant(p->now_us);
    int r = 0;

    if (!engine_reg(p->worker->engine, "*collected-lines"))
        return 0;
    for (int i = 0; i < MONTHS; i++) {
        struct civil c = civil_from_day(day);

        snprintf(month[i], sizeof(month[i]), "%04d-%02d", c.year, c.month);
        columns[1 + i].heading = page_text(p, "%s", month[i]);
        day -= c.day; /* the last day of the month before */
    }
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_MEDIA_DESK_MONTHS));
    html_element(&p->html, HTML_P, NULL, T(p, MSG_MEDIA_DESK_MONTHS_TEXT));
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_MEDIA_DESK_MONTHS));
    for (size_t k = 0; !r && k < ARRAY_LEN(subjects); k++) {
        const struct subject *s = &subjects[k];

        if (s->kind && !engine_reg(p->worker->engine, "*trail-signatures"))
            continue;
        row_begin(&p->w, &t);
        cell_text(&p->w, &t, T(p, s->heading));
        for (int i = 0; !r && i < MONTHS; i++)
            r = s->kind ? cell_signed(p, &t, s->kind, month[i]) : cell_lines(p, &t, s->reg, s->state, month[i], s->is_wrong);
        if (!r)
            row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
    return r;
}

/* ---- the whole ---- */

static const struct {
    const char *reg, *step;
} ways[] = {{MEDIA, "register"},           {"*media-grants", "apply"},
            {"*media-outs", "apply"},      {"*media-checks", "check"},
            {"*sanitisations", "enter"},
            {"*trail-signatures", "sign-lines"}, {"*trail-signatures", "sign-grants"}};

/* The steps that make a record; those of a record are on its page. Measured ones are the gate's, which nobody types. */
static void show_ways(struct page *p)
{
    html_begin(&p->html, HTML_NAV, "tj-filters");
    html_attr(&p->html, HTML_ARIA_LABEL, T(p, MSG_MEDIA_DESK_WAYS));
    html_open(&p->html, HTML_UL);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        const struct reg *reg = engine_reg(p->worker->engine, ways[i].reg);
        const struct step *st = reg ? reg_part(reg, ways[i].step) : NULL;

        if (!st || step_is_gates(st))
            continue;
        html_open(&p->html, HTML_LI);
        html_begin(&p->html, HTML_A, "tj-filter");
        html_attr_url(&p->html, HTML_HREF, page_text(p, "/registers/%s/new/%s", reg->id, st->act));
        html_text(&p->html, text2_words(p, st->title));
        html_close(&p->html, HTML_A);
        html_close(&p->html, HTML_LI);
    }
    if (engine_reg(p->worker->engine, "*media-trail")) {
        html_open(&p->html, HTML_LI);
        html_begin(&p->html, HTML_A, "tj-filter");
        html_attr_url(&p->html, HTML_HREF, STR("/media/stations"));
        html_text(&p->html, T(p, MSG_STATION_TITLE));
        html_close(&p->html, HTML_A);
        html_close(&p->html, HTML_LI);
    }
    if (engine_reg(p->worker->engine, "*collections")) {
        html_open(&p->html, HTML_LI);
        html_begin(&p->html, HTML_A, "tj-filter");
        html_attr_url(&p->html, HTML_HREF, STR("/media/collect"));
        html_text(&p->html, T(p, MSG_COLLECT_TITLE));
        html_close(&p->html, HTML_A);
        html_close(&p->html, HTML_LI);
    }
    html_close(&p->html, HTML_UL);
    html_close(&p->html, HTML_NAV);
}

int media_page(struct page *p)
{
    const struct reg *reg = engine_reg(p->worker->engine, MEDIA);
    int r;

    if (!reg)
        return page_not_found(p);
    page_begin(p, T(p, MSG_MEDIA_DESK_TITLE), NAV_MEDIA);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_MEDIA_DESK_TEXT));
    show_ways(p);
    if ((r = lookup(p, reg)) || (r = media_desk_list(p)) || (r = months(p)))
        return r;
    return page_end(p);
}
