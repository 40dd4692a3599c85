/* What an officer reports of an indicator: it was seen, it is a false positive, it is withdrawn; each an import of its own under a channel for what we make
 * ourselves (doc/design/intelligence.md, LI2, LI3). Whether he may is the directive's to say. */
#include "web/intel-show.h"
#include "web/pages.h"
#include "web/taxii.h"
#include "web/words.h"

#include "base/utf8.h"
#include "engine/intel.h"
#include "intel/own.h"

#include <errno.h>

#define COUNT_MAX 999999999u

enum report_kind { REPORT_SEEN, REPORT_FALSE, REPORT_WITHDRAW, REPORT_N_KINDS };
static const char *const kind_words[] = {"seen", "false", "withdraw"};

struct reporting {
    struct intel *intel;
    struct intel_object object;
    struct str bytes;     /* of its newest version */
    bool is_own;          /* it came by a channel of our own */
    const char *channel;  /* of ours, in use; NULL: there is none */
    enum report_kind kind;
    struct str kind_typed, count, day, text; /* as typed */
    uint32_t n;
    uint64_t at_us;
    struct field_info kind_field, count_field, day_field, text_field;
    const json_t *answer; /* of the keeper, where it refused */
};

/* ---- what it is about ---- */

/* The first channel in use that says so. */
static int find_channel(struct reporting *x)
{
    static const char *const fields[] = {"own"};
    struct page *p = x->intel->page;
    const struct reg *reg = engine_holding(p->worker->engine, HOLDS_INTEL_CHANNELS, p->now_us);
    const struct list_query q = {.reg = reg ? reg->id : "", .state = LIST_UNFINISHED, .field = "", .key = "", .sort = "id", .page = 1, .page_size = 200,
                                 .fields = fields, .n_fields = ARRAY_LEN(fields)};
    struct list_rows rows;
    int r = reg && reg_field(reg, "own") ? engine_list_rows(p->worker->engine, p->session.person, &q, p->arena, &rows) : 1;

    if (r)
        return MIN_OF(r, 0);
    for (size_t k = 0; k < rows.n && !x->channel; k++)
        if (json_flag(rows.at[k].values, "own"))
            x->channel = rows.at[k].id;
    list_rows_done(&rows);
    return 0;
}

/* 1: there is no such object in sight, or none of which anything can be reported. */
static int find_object(struct reporting *x, struct str id)
{
    struct intel *i = x->intel;
    struct page *p = i->page;
    struct engine_source source;
    struct stock_object o;
    int r = stock_latest(i->stock, i->sight, id, &o);

    if (r)
        return r == STOCK_E_NONE ? 1 : intel_failed(r);
    x->bytes = arena_str(p->arena, o.bytes);
    r = x->bytes.at ? intel_take(i, &o, &x->object, NULL) : -ENOMEM;
    if (!r)
        r = engine_intel_source(p->worker->engine, STOCK_RUN(x->object.ref.number), p->now_us, &source);
    if (r)
        return r < 0 ? r : -EIO;
    x->is_own = source.is_own;
    return str_eq(x->object.type, STR("indicator")) && x->object.collection ? 0 : 1;
}

/* ---- the form ---- */

static void fields_init(struct reporting *x)
{
    struct page *p = x->intel->page;

    x->kind_field = (struct field_info){.name = "kind", .label = T(p, MSG_INTEL_REPORT_KIND), .is_required = true};
    x->count_field = (struct field_info){.name = "n", .label = T(p, MSG_INTEL_REPORT_COUNT), .support = T(p, MSG_INTEL_REPORT_COUNT_SUPPORT), .show_optional = true};
    x->day_field = (struct field_info){.name = "day", .label = T(p, MSG_INTEL_REPORT_DAY), .show_optional = true};
    x->text_field = (struct field_info){.name = "text", .label = T(p, MSG_INTEL_REPORT_TEXT), .support = T(p, MSG_INTEL_REPORT_TEXT_SUPPORT)};
}

static struct str action_of(struct reporting *x)
{
    return intel_object_url(x->intel->page, x->object.id, "/report");
}

static void show_form(struct reporting *x)
{
    static const enum message_key labels[] = {MSG_INTEL_REPORT_SEEN, MSG_INTEL_REPORT_FALSE, MSG_INTEL_REPORT_WITHDRAW};
    struct page *p = x->intel->page;
    struct field_choice kinds[REPORT_N_KINDS];
    const struct field_info *const fields[] = {&x->kind_field, &x->count_field, &x->day_field, &x->text_field};

    for (size_t k = 0; k < REPORT_N_KINDS; k++)
        kinds[k] = (struct field_choice){str_of(kind_words[k]), T(p, labels[k]), STR_NONE, str_eq(x->kind_typed, str_of(kind_words[k]))};
    if (x->kind_field.error.at || x->count_field.error.at || x->day_field.error.at || x->text_field.error.at)
        error_summary(&p->w, fields, ARRAY_LEN(fields));
    page_form_begin(p, action_of(x), true);
    field_choice(&p->w, &x->kind_field, kinds, REPORT_N_KINDS);
    field_text(&p->w, &x->count_field, LINE_NUMBER, x->count, "off");
    field_text(&p->w, &x->day_field, LINE_DATE, x->day, "off");
    field_long_text(&p->w, &x->text_field, x->text, 3);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_INTEL_REPORT_BUTTON), STR_NONE, STR_NONE);
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

static void show_unmet(struct reporting *x)
{
    struct page *p = x->intel->page;
    const json_t *unmet = json_arr(json_obj(x->answer, "outcome"), "unmet");

    if (!json_array_size(unmet))
        return;
    html_open(&p->html, HTML_UL);
    for (size_t k = 0; k < json_array_size(unmet); k++)
        html_element(&p->html, HTML_LI, NULL, str_of(json_str(json_obj(json_array_get(unmet, k), "say"), p->lang == MESSAGE_JA ? "ja" : "en")));
    html_close(&p->html, HTML_UL);
}

static int write_page(struct reporting *x)
{
    struct page *p = x->intel->page;

    page_crumb(p, T(p, MSG_INTEL_PAGE_TITLE), STR("/intel"));
    page_crumb(p, x->object.title, intel_object_url(p, x->object.id, ""));
    page_crumb(p, T(p, MSG_INTEL_REPORT_TITLE), STR_NONE);
    page_begin(p, T(p, MSG_INTEL_REPORT_TITLE), NAV_INTEL);
    if (x->answer) {
        p->resp->status = page_answer_status(x->answer);
        page_answer_notice(p, x->answer);
        show_unmet(x);
    }
    html_element(&p->html, HTML_P, NULL, T(p, x->is_own ? MSG_INTEL_REPORT_OWN : MSG_INTEL_REPORT_OTHERS));
    if (x->channel)
        show_form(x);
    else
        notice(&p->w, NOTICE_WARNING, T(p, MSG_INTEL_REPORT_NO_CHANNEL), T(p, MSG_INTEL_REPORT_NO_CHANNEL_TEXT));
    return page_end(p);
}

/* ---- what was typed ---- */

static bool read_day(struct reporting *x)
{
    struct page *p = x->intel->page;
    int32_t day;

    x->at_us = p->now_us;
    if (!x->day.len)
        return true;
    if (day_parse_any(x->day, &day))
        return false;
    if (day != day_of_instant(p->now_us)) /* its last moment */
        x->at_us = instant_of_day(day + 1) - 1000;
    return x->at_us <= p->now_us;
}

/* Full-width digits, too. */
static bool read_count(struct str typed, uint64_t *ret)
{
    CLEANUP(buf_done) struct buf plain;

    buf_init(&plain, 256);
    return !utf8_fold(typed, &plain) && !str_to_u64(str_trim(buf_str(&plain)), 1, COUNT_MAX, ret);
}

static bool read_form(struct reporting *x)
{
    struct page *p = x->intel->page;
    uint64_t n = 1;

    x->kind_typed = form_get(&p->form, STR("kind"));
    x->count = str_trim(form_get(&p->form, STR("n")));
    x->day = str_trim(form_get(&p->form, STR("day")));
    x->text = str_trim(form_get(&p->form, STR("text")));
    for (x->kind = REPORT_SEEN; x->kind < REPORT_N_KINDS && !str_eq(x->kind_typed, str_of(kind_words[x->kind]));)
        x->kind++;
    if (x->kind == REPORT_N_KINDS)
        x->kind_field.error = T(p, MSG_INTEL_REPORT_KIND_NONE);
    if (x->count.len && !read_count(x->count, &n))
        x->count_field.error = T(p, MSG_INTEL_REPORT_COUNT_BAD);
    if (!read_day(x))
        x->day_field.error = T(p, MSG_INTEL_REPORT_DAY_BAD);
    if (x->text.len > OWN_TEXT_MAX || (x->kind == REPORT_WITHDRAW && !x->text.len))
        x->text_field.error = T(p, MSG_INTEL_REPORT_TEXT_BAD);
    x->n = (uint32_t)n;
    return !x->kind_field.error.at && !x->count_field.error.at && !x->day_field.error.at && !x->text_field.error.at;
}

static int print_object(struct reporting *x, struct buf *out)
{
    struct own_report o = {.is_false = x->kind != REPORT_SEEN,
                           .of = x->object.id,
                           .tlp = x->object.tlp,
                           .at_us = x->at_us,
                           .now_us = x->intel->page->now_us,
                           .n = x->n,
                           .text = x->text};

    return x->kind == REPORT_WITHDRAW && x->is_own ? own_revoke(x->bytes, o.now_us, out) : own_print(&o, out);
}

/* Positive: *x->answer says why not, or the object could not be made. */
static int bring(struct reporting *x)
{
    struct page *p = x->intel->page;
    bool is_withdrawal = x->kind == REPORT_WITHDRAW;
    struct run_setting s = {.link = p->worker->link, .token = p->cookie, .bearer = p->bearer, .collection = x->object.collection->id, .channel = x->channel,
                            .name = kind_words[x->kind], .object = is_withdrawal ? arena_strdup(p->arena, x->object.id) : NULL,
                            .reason = is_withdrawal ? arena_strdup(p->arena, x->text) : NULL};
    CLEANUP(buf_done) struct buf objects;
    struct own_brought brought;
    json_t *answer = NULL;
    int r;

    buf_init(&objects, 16u << 20);
    if (is_withdrawal && (!s.object || !s.reason))
        return -ENOMEM;
    r = print_object(x, &objects);
    if (!r)
        r = taxii_unread(p, true);
    if (r)
        return r < 0 ? r : -EIO;
    r = own_bring(&s, buf_str(&objects), &brought, &answer);
    x->answer = page_keep(p, answer);
    IGNORE(taxii_unread(p, false), "what is read behind this reads what is there");
    return r > 0 && !x->answer ? -EIO : r;
}

static int act(struct reporting *x)
{
    int r;

    if (!x->channel || !read_form(x))
        return write_page(x);
    r = bring(x);
    return r < 0 ? r : r ? write_page(x) : page_go(x->intel->page, intel_object_url(x->intel->page, x->object.id, ""));
}

static int enter(struct page *p, int (*work)(struct reporting *x))
{
    struct reporting x = {.kind_typed = STR("seen"), .count = STR(""), .day = STR(""), .text = STR("")};
    struct intel i;
    int r = intel_enter(p, &i);

    if (r)
        return MIN_OF(r, 0);
    x.intel = &i;
    fields_init(&x);
    r = find_object(&x, str_of(page_param(p, STR("id"))));
    if (!r)
        r = find_channel(&x);
    r = r > 0 ? page_not_found(p) : r ? r : work(&x);
    intel_leave(&i);
    return r;
}

int intel_report_page(struct page *p)
{
    return enter(p, write_page);
}

int intel_report_act(struct page *p)
{
    return enter(p, act);
}
