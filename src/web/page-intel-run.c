/* One import by its file: how far its reading is; what came out of it, before anybody but whoever brings it in can see it; and its opening or dropping
 * (doc/design/intelligence.md, PG6). Of what others have in their sight nothing is said: new or known is asked within the reader's own (ST5). */
#include "web/intel-show.h"
#include "web/page-file.h"
#include "web/pages.h"
#include "web/words.h"

#include "engine/intel.h"
#include "intel/intake.h"
#include "store/intel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#define SAMPLE_MAX 50u
#define FINDINGS_SHOWN 100u

struct run_view {
    struct intel intel;
    struct page *page;
    struct engine_import import;
    char state[16];      /* of the run: coming, open, dropped */
    char reading[16];    /* of its file: waiting, begun, checked, failed */
    int64_t size, done;
    const json_t *report;
    bool is_own;
};

/* ---- finding it ---- */

static int read_intake(struct run_view *v)
{
    ROWS_AUTO *row = NULL;
    json_t *report = NULL;
    int r = STORE_ONE(v->page->worker->store, &row, STMT_INTAKE_GET, V_INT(v->import.run));

    if (r)
        return r == STORE_E_NONE ? 1 : store_errno(r);
    snprintf(v->reading, sizeof(v->reading), "%s", rows_text(row, 2));
    v->size = rows_int(row, 3);
    v->done = rows_int(row, 4);
    if (!*rows_text(row, 8))
        return 0;
    r = json_parse(rows_str(row, 8), (struct json_limits){INTAKE_REPORT_MAX, 8}, &report, NULL);
    v->report = page_keep(v->page, report);
    return r > 0 ? -EBADMSG : r;
}

/* Who brings it in sees all of it; others what was read of it when they see whatever could be in it, and not before it is over. */
static bool may_see(const struct run_view *v)
{
    if (v->is_own)
        return true;
    for (unsigned i = 0; i < STORE_INTEL_LEVELS; i++)
        if (!stock_may_see(v->intel.stock, v->intel.sight, v->import.audiences[i]))
            return false;
    return strcmp(v->state, "coming") != 0;
}

/* 1: it is not there for him, and that is answered. intel_leave() after 0 only. */
static int enter(struct page *p, struct run_view *v)
{
    int r;

    *v = (struct run_view){.page = p};
    r = intel_enter(p, &v->intel);
    if (r)
        return r;
    r = engine_import_of_record(p->worker->store, page_param(p, STR("id")), &v->import, v->state);
    v->is_own = !r && !strcmp(v->import.person, p->session.person);
    if (!r)
        r = may_see(v) ? read_intake(v) : 1;
    if (!r)
        return 0;
    intel_leave(&v->intel);
    r = r > 0 ? page_not_found(p) : r;
    return r ? r : 1;
}

static bool is_reading(const struct run_view *v)
{
    return !strcmp(v->state, "coming") && (!strcmp(v->reading, "waiting") || !strcmp(v->reading, "begun"));
}

/* ---- how far it is ---- */

static struct str progress_words(struct run_view *v)
{
    struct page *p = v->page;

    if (!strcmp(v->reading, "waiting"))
        return T(p, MSG_INTAKE_WAITING);
    return TF(p, MSG_INTAKE_READING, {"done", size_words(p, (uint64_t)v->done)}, {"size", size_words(p, (uint64_t)v->size)});
}

int intel_run_progress(struct page *p)
{
    JSON_AUTO *o = NULL;
    struct run_view v;
    struct str words;
    char *text;
    int r = enter(p, &v);

    if (r)
        return MIN_OF(r, 0);
    words = progress_words(&v);
    o = json_pack("{s:I, s:I, s:s%, s:b}", "done", (json_int_t)v.done, "size", (json_int_t)v.size, "words", words.at, words.len, "is_over", !is_reading(&v));
    intel_leave(&v.intel);
    text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    if (!text)
        return -ENOMEM;
    p->resp->content_type = "application/json";
    r = buf_add_text(&p->resp->body, text);
    free(text);
    return r;
}

static void show_progress(struct run_view *v)
{
    struct page *p = v->page;

    notice(&p->w, NOTICE_INFO, progress_words(v), T(p, MSG_INTAKE_READING_TEXT));
    progress_view(&p->w, T(p, MSG_INTAKE_LOOK), page_text(p, "/intel/imports/%s", v->import.record));
}

/* ---- what was read ---- */

static struct str number_words(struct page *p, int64_t n)
{
    return page_text(p, "%" PRId64, n);
}

static void show_counts_of(struct run_view *v, const char *member, enum message_key caption, enum message_key heading, bool is_type)
{
    struct page *p = v->page;
    const struct column columns[] = {{.heading = T(p, heading), .is_row_heading = true}, {.heading = T(p, MSG_INTAKE_COUNT), .is_number = true}};
    const json_t *n;
    const char *name;
    struct table t;

    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, caption));
    json_object_foreach ((json_t *)(uintptr_t)json_obj(v->report, member), name, n) {
        row_begin(&p->w, &t);
        cell_text(&p->w, &t, !*name ? T(p, MSG_INTAKE_OTHER) : is_type ? intel_type_words(p, str_of(name)) : arena_str(p->arena, str_of(name)));
        cell_text(&p->w, &t, number_words(p, json_integer_value(n)));
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

static int known_of(struct run_view *v, int64_t *ret)
{
    const json_t *types = json_obj(v->report, "types"), *n;
    const char *name;
    int64_t taken = 0, staged = 0;
    int r;

    json_object_foreach ((json_t *)(uintptr_t)types, name, n)
        taken += json_integer_value(n);
    r = stock_staged_count(v->intel.stock, v->import.run, &staged);
    *ret = MAX_OF(taken - staged, 0);
    return intel_failed(r);
}

static int show_totals(struct run_view *v)
{
    struct page *p = v->page;
    int64_t known = 0;
    int r = strcmp(v->state, "dropped") ? known_of(v, &known) : 0;

    if (r)
        return r;
    definition_begin(&p->w);
    definition(&p->w, T(p, MSG_INTAKE_OBJECTS), number_words(p, json_int(v->report, "objects")));
    definition(&p->w, T(p, MSG_INTAKE_LEFT_OUT), number_words(p, json_int(v->report, "left_out")));
    if (strcmp(v->state, "dropped") != 0)
        definition(&p->w, T(p, MSG_INTAKE_KNOWN), number_words(p, known));
    definition(&p->w, T(p, MSG_INTAKE_ERRORS), number_words(p, json_int(v->report, "errors")));
    definition(&p->w, T(p, MSG_INTAKE_WARNINGS), number_words(p, json_int(v->report, "warnings")));
    definition_end(&p->w);
    return 0;
}

/* "objects[17].pattern" with the object's id, as `intel check` tells it. */
static struct str place_words(struct page *p, const json_t *f)
{
    const char *path = json_str(f, "path"), *id = json_str(f, "id");
    struct str number;

    if (!json_object_get(f, "number") && !*path && !*id)
        return T(p, MSG_INTAKE_WHOLE);
    number = json_object_get(f, "number") ? page_text(p, "objects[%" PRId64 "]", json_int(f, "number")) : STR("");

    return page_text(p, "%.*s%s%s%s%s%s", STR_ARG(number), number.len && *path && *path != '[' ? "." : "", path, *id ? "（" : "", id, *id ? "）" : "");
}

static void show_finding(struct page *p, struct table *t, const json_t *f)
{
    bool is_error = !strcmp(json_str(f, "level"), "error");

    row_begin(&p->w, t);
    cell_text(&p->w, t, place_words(p, f));
    cell_begin(&p->w, t);
    chip(&p->w, is_error ? CHIP_DANGER : CHIP_WARNING, T(p, is_error ? MSG_INTAKE_ERROR : MSG_INTAKE_WARNING));
    cell_end(&p->w, t);
    cell_text(&p->w, t, arena_str(p->arena, str_of(json_str(f, p->lang == MESSAGE_JA ? "ja" : "en"))));
    cell_text(&p->w, t, page_text(p, "%" PRId64 ":%" PRId64, json_int(f, "line"), json_int(f, "column")));
    row_end(&p->w, t);
}

static unsigned page_number(struct page *p, struct str name)
{
    uint64_t n;

    return str_to_u64(form_get(&p->query, name), 1, 1000, &n) ? 1 : (unsigned)n;
}

static struct str findings_url(struct run_view *v, unsigned n)
{
    return page_text(v->page, "/intel/imports/%s?findings=%u#findings", v->import.record, n);
}

/* Errors stand before warnings. */
static void show_findings(struct run_view *v)
{
    struct page *p = v->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTAKE_PLACE), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTAKE_LEVEL)},
                                     {.heading = T(p, MSG_INTAKE_WHAT)},
                                     {.heading = T(p, MSG_INTAKE_LINE)}};
    const json_t *all = json_arr(v->report, "findings");
    size_t n = json_array_size(all), from = (page_number(p, STR("findings")) - 1) * (size_t)FINDINGS_SHOWN, to = MIN_OF(n, from + FINDINGS_SHOWN), at = 0;
    unsigned number = (unsigned)(from / FINDINGS_SHOWN) + 1;
    struct table t;

    if (!n)
        return;
    html_open(&p->html, HTML_H2);
    html_attr(&p->html, HTML_ID, STR("findings"));
    html_text(&p->html, T(p, MSG_INTAKE_FINDINGS));
    html_close(&p->html, HTML_H2);
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_INTAKE_FINDINGS));
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < n && at < to; i++) {
            const json_t *f = json_array_get(all, i);

            if (!strcmp(json_str(f, "level"), "error") == (pass > 0))
                continue;
            if (at++ >= from)
                show_finding(p, &t, f);
        }
    table_end(&p->w, &t);
    page_list(&p->w, from + 1, to, n, FINDINGS_SHOWN, number > 1 ? findings_url(v, number - 1) : STR_NONE, to < n ? findings_url(v, number + 1) : STR_NONE);
    if (json_flag(v->report, "is_short"))
        html_element(&p->html, HTML_P, NULL, T(p, MSG_INTAKE_FINDINGS_SHORT));
}

/* ---- a sample of what would come in ---- */

/* Taken first, and asked about afterwards: the stock tells one thing at a time. */
struct sample {
    struct run_view *view;
    struct sampled {
        struct intel_object object;
        struct digest digest;
        struct stock_staged place;
    } *at;
    unsigned n;
};

/* As the reader sees it now: no version of it, another one, or this content elsewhere. */
static int standing_of(struct run_view *v, struct str id, const struct digest *digest, enum message_key *ret)
{
    struct stock_object o;
    int r = stock_latest(v->intel.stock, v->intel.sight, id, &o);

    *ret = r == STOCK_E_NONE ? MSG_INTAKE_NEW : !r && !memcmp(o.digest.bytes, digest->bytes, sizeof(o.digest.bytes)) ? MSG_INTAKE_SAME : MSG_INTAKE_VERSION;
    return r == STOCK_E_NONE ? 0 : intel_failed(r);
}

static int take_staged(const struct stock_object *o, struct stock_staged place, void *context)
{
    struct sample *s = context;
    struct sampled *one = &s->at[s->n++];

    one->digest = o->digest;
    one->place = place;
    return intel_take_staged(&s->view->intel, o, &one->object);
}

static int show_sampled(struct run_view *v, struct table *t, const struct sampled *one)
{
    struct page *p = v->page;
    enum message_key standing;
    int r = standing_of(v, one->object.id, &one->digest, &standing);

    if (r)
        return r;
    row_begin(&p->w, t);
    cell_text(&p->w, t, one->object.title);
    cell_text(&p->w, t, intel_type_words(p, one->object.type));
    cell_begin(&p->w, t);
    intel_tlp_chip(p, one->object.tlp);
    cell_end(&p->w, t);
    cell_begin(&p->w, t);
    chip(&p->w, standing == MSG_INTAKE_NEW ? CHIP_ACTIVE : CHIP_NEUTRAL, T(p, standing));
    cell_end(&p->w, t);
    cell_text(&p->w, t, one->object.id);
    row_end(&p->w, t);
    return 0;
}

/* "LEVEL.PLACE" behind which the page begins. */
static struct stock_staged place_asked(struct page *p)
{
    struct str rest = form_get(&p->query, STR("after")), level;
    uint64_t l, no;

    if (!str_split(&rest, '.', &level) || str_to_u64(level, 0, STORE_INTEL_LEVELS - 1, &l) || str_to_u64(rest, 0, UINT32_MAX, &no))
        return (struct stock_staged){0, -1};
    return (struct stock_staged){(unsigned)l, (int64_t)no};
}

static int show_sample(struct run_view *v)
{
    struct page *p = v->page;
    const struct column columns[] = {{.heading = T(p, MSG_INTEL_PAGE_NAME), .is_row_heading = true},
                                     {.heading = T(p, MSG_INTEL_PAGE_TYPE)},
                                     {.heading = T(p, MSG_INTEL_PAGE_MARK)},
                                     {.heading = T(p, MSG_INTAKE_STANDING)},
                                     {.heading = STR("ID")}};
    struct sample s = {.view = v, .at = arena_alloc_n(p->arena, SAMPLE_MAX, sizeof(*s.at))};
    struct table t;
    int r = s.at ? stock_staged(v->intel.stock, v->import.run, v->import.audiences, place_asked(p), SAMPLE_MAX, take_staged, &s) : -ENOMEM;

    if (r)
        return intel_failed(r);
    html_open(&p->html, HTML_H2);
    html_attr(&p->html, HTML_ID, STR("sample"));
    html_text(&p->html, T(p, MSG_INTAKE_SAMPLE));
    html_close(&p->html, HTML_H2);
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_INTAKE_SAMPLE));
    for (unsigned i = 0; !r && i < s.n; i++)
        r = show_sampled(v, &t, &s.at[i]);
    table_end(&p->w, &t);
    if (!s.n)
        table_empty(&p->w);
    if (s.n < SAMPLE_MAX)
        return r;
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_INTAKE_MORE), page_text(p, "/intel/imports/%s?after=%u.%" PRId64 "#sample", v->import.record, s.at[s.n - 1].place.level,
                                                  s.at[s.n - 1].place.no));
    html_close(&p->html, HTML_P);
    return r;
}

/* ---- the page ---- */

static void show_buttons(struct run_view *v, bool may_open)
{
    struct page *p = v->page;

    page_form_begin(p, page_text(p, "/intel/imports/%s", v->import.record), false);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    if (may_open)
        button_submit(&p->w, BUTTON_SOLID, T(p, MSG_INTAKE_OPEN), STR("do"), STR("open"));
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_INTAKE_DROP), STR("do"), STR("drop"));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

static struct str failed_words(struct run_view *v)
{
    static const struct {
        const char *why;
        enum message_key key;
    } rows[] = {{"overdue", MSG_INTAKE_WHY_OVERDUE}, {"damaged", MSG_INTAKE_WHY_DAMAGED}, {"refused", MSG_INTAKE_WHY_REFUSED}, {"away", MSG_INTAKE_WHY_AWAY}, {"infected", MSG_FILE_INFECTED},
              {"held", MSG_INTAKE_WHY_HELD}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!strcmp(json_str(v->report, "why"), rows[i].why))
            return T(v->page, rows[i].key);
    return T(v->page, MSG_INTAKE_WHY_CRASHED);
}

/* What stands before the figures. */
static void show_state(struct run_view *v)
{
    struct page *p = v->page;

    if (!strcmp(v->state, "open"))
        notice(&p->w, NOTICE_SUCCESS, T(p, MSG_INTAKE_IS_OPEN), STR_NONE);
    else if (!strcmp(v->state, "dropped"))
        notice(&p->w, NOTICE_INFO, T(p, MSG_INTAKE_IS_DROPPED), STR_NONE);
    else if (!strcmp(v->reading, "failed"))
        notice(&p->w, NOTICE_ERROR, T(p, MSG_INTAKE_FAILED), failed_words(v));
    else if (!strcmp(json_str(v->report, "frame"), "nothing"))
        notice(&p->w, NOTICE_WARNING, T(p, MSG_INTAKE_NOTHING), T(p, MSG_INTAKE_NOTHING_TEXT));
    else if (json_flag(v->report, "is_cut"))
        notice(&p->w, NOTICE_WARNING, T(p, MSG_INTAKE_CUT), T(p, MSG_INTAKE_CUT_TEXT));
    else
        notice(&p->w, NOTICE_INFO, T(p, MSG_INTAKE_CHECKED), T(p, MSG_INTAKE_CHECKED_TEXT));
}

static int show_report(struct run_view *v)
{
    bool is_coming = !strcmp(v->state, "coming"), is_read = v->report && !*json_str(v->report, "why");
    int r = 0;

    show_state(v);
    if (is_coming)
        show_buttons(v, is_read);
    if (!is_read)
        return 0;
    r = show_totals(v);
    if (r)
        return r;
    show_counts_of(v, "types", MSG_INTAKE_TYPES, MSG_INTEL_PAGE_TYPE, true);
    show_counts_of(v, "marks", MSG_INTAKE_MARKS, MSG_INTEL_PAGE_MARK, false);
    show_findings(v);
    return is_coming ? show_sample(v) : 0;
}

static int show(struct run_view *v, const json_t *refused)
{
    struct page *p = v->page;
    struct str title = TF(p, MSG_INTAKE_RUN_TITLE, {"id", str_of(v->import.record)});
    int r = 0;

    page_crumb(p, T(p, MSG_INTEL_PAGE_TITLE), STR("/intel"));
    page_crumb(p, title, STR_NONE);
    page_begin(p, title, NAV_INTEL);
    if (refused) {
        p->resp->status = page_answer_status(refused);
        page_answer_notice(p, refused);
        if (json_obj(refused, "outcome"))
            refusal_show(p, json_obj(refused, "outcome"), true);
    }
    html_open(&p->html, HTML_P);
    link_show(p, T(p, MSG_INTAKE_RECORD), record_url(p, v->import.record, ""));
    html_close(&p->html, HTML_P);
    if (is_reading(v)) {
        show_progress(v);
        show_buttons(v, false);
    } else {
        r = show_report(v);
    }
    return r ? r : page_end(p);
}

int intel_run_page(struct page *p)
{
    struct run_view v;
    int r = enter(p, &v);

    if (r)
        return MIN_OF(r, 0);
    r = show(&v, NULL);
    intel_leave(&v.intel);
    return r;
}

/* ---- one act ---- */

int intel_run_act(struct page *p)
{
    bool is_open = str_eq(form_get(&p->form, STR("do")), STR("open"));
    json_t *answer = NULL;
    struct run_view v;
    int r = enter(p, &v);

    if (r)
        return MIN_OF(r, 0);
    if (!v.is_own)
        r = page_not_found(p);
    else if (!(answer = page_ask(p, is_open ? json_pack("{s:s, s:I, s:i}", "op", "intel-open", "run", (json_int_t)v.import.run, "left_out", 0)
                                            : json_pack("{s:s, s:I}", "op", "intel-drop", "run", (json_int_t)v.import.run))))
        r = -ENOMEM;
    else if (json_flag(answer, "ok"))
        r = page_go(p, page_text(p, "/intel/imports/%s", v.import.record));
    else
        r = show(&v, answer);
    intel_leave(&v.intel);
    return r;
}
