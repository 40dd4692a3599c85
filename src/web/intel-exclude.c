#include "web/intel-exclude.h"

#include "engine/intel.h"
#include "web/intel-links.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

int intel_exclude_enter(struct intel *i, struct intel_exclude *ret)
{
    struct page *p = i->page;
    json_t *steps = NULL;
    int r;

    *ret = (struct intel_exclude){.intel = i, .reg = engine_holding(p->worker->engine, HOLDS_INTEL_EXCLUSIONS, p->now_us)};
    r = intel_known(p, &ret->known, &ret->is_cut, &ret->why);
    if (r < 0 || !ret->reg)
        return MIN_OF(r, 0);
    r = engine_steps(p->worker->engine, p->session.person, ret->reg->id, "", p->now_us, &steps);
    if (!r && !page_keep(p, steps))
        r = -ENOMEM;
    if (!r)
        ret->may = step_may_begin(steps, "exclude");
    if (r < 0)
        intel_exclude_leave(ret);
    return MIN_OF(r, 0);
}

void intel_exclude_leave(struct intel_exclude *x)
{
    known_free(x->known);
    x->known = NULL;
}

/* The form is shown with the value in it: who reads it, why and how long is for the person to say. */
static void show_button(struct intel_exclude *x, const struct clue *v)
{
    struct page *p = x->intel->page;

    page_form_begin(p, page_text(p, "%.*s/new/exclude", STR_ARG(register_url(p, x->reg->id))), false);
    field_hidden(&p->w, "value", intel_clue_text(p, v));
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_INTEL_EXCLUDE_BUTTON), STR(STEP_LOOK), STR("1"));
    form_end(&p->w);
}

void intel_exclude_cell(struct intel_exclude *x, struct table *t, const struct clue *v)
{
    struct page *p = x->intel->page;
    struct str own = known_list_own(x->known, v->type, buf_str(&v->bytes)), list = known_list(x->known, v->type, buf_str(&v->bytes));
    const char *record = own.len ? arena_strdup(p->arena, own) : NULL;

    cell_begin(&p->w, t);
    if (record) {
        link_show(p, TF(p, MSG_INTEL_EXCLUDE_BY, {"record", own}), record_url(p, record, ""));
        html_text(&p->html, STR("　"));
        link_show(p, T(p, MSG_INTEL_EXCLUDE_LIFT), record_url(p, record, "/steps/lift"));
    } else if (list.len) {
        html_text(&p->html, TF(p, MSG_INTEL_EXCLUDE_LISTED, {"list", arena_str(p->arena, list)}));
    } else if (x->why.at) {
        html_text(&p->html, x->why);
    } else if (x->may) {
        show_button(x, v);
    }
    cell_end(&p->w, t);
}
