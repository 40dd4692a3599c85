#include "regulation/describe.h"

#include "regulation/pack-print.h"

#include <inttypes.h>

#define DEPTH_MAX 32u /* the reader allows less */

void wheres_describe(const struct where *at, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        (void)buf_printf(out, " %s=", at[i].field->id);
        (void)ref_print(&at[i].value, out);
    }
}

void cover_describe(const struct cover *c, struct buf *out)
{
    if (c->unit_kind != NULL)
        (void)buf_printf(out, " covering units of %s", c->unit_kind);
    else
        (void)buf_printf(out, " covering %s of %s%s%s", c->column->id, c->rows.text, c->only != NULL ? " only " : "", c->only != NULL ? c->only->id : "");
    if (c->under.kind != REF_NONE) {
        (void)buf_add_text(out, " under ");
        (void)ref_print(&c->under, out);
    }
    if (c->role != NULL)
        (void)buf_printf(out, " by holders of %s", c->role->id);
    if (c->by != NULL)
        (void)buf_printf(out, " in %s%s%s", c->by->id, c->named != NULL ? "." : "", c->named != NULL ? c->named->id : "");
}

void leaving_describe(const struct leaving *l, struct buf *out)
{
    for (size_t i = 0; i < l->n_classes; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " class " : ",", l->classes[i]->id);
    if (l->outside != NULL)
        (void)buf_printf(out, " outside %s", l->outside->id);
    if (l->digest != NULL)
        (void)buf_printf(out, " digest %s", l->digest->id);
    if (l->sealing != NULL)
        (void)buf_printf(out, " sealed %s", l->sealing->id);
    for (size_t i = 0; i < l->n_sealed; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " " : ",", l->sealed[i]);
    if (l->size != NULL)
        (void)buf_printf(out, " size %s", l->size->id);
    if (l->limits != NULL)
        (void)buf_printf(out, " limits %s", l->limits->id);
    if (l->to.rows != NULL)
        (void)buf_printf(out, " to %s.%s outside %s but %s", l->to.rows->id, l->to.address->id, l->to.outside != NULL ? l->to.outside->id : "-", l->to.strangers->id);
}

void range_describe(const struct range *r, struct buf *out)
{
    (void)buf_printf(out, "range %s", r->id);
    for (size_t i = 0; i < r->n_readers; i++) {
        const struct reader *one = &r->readers[i];

        (void)buf_add_text(out, i > 0 ? ", " : " ");
        if (one->kind == READER_ROLE)
            (void)buf_printf(out, "role %s%s%s", one->role->id, one->field[0] != '\0' ? " of " : "", one->field);
        else if (one->kind == READER_UNIT_KIND)
            (void)buf_printf(out, "unit-kind %s", one->unit_kind);
        else
            (void)buf_printf(out, "%s%s", one->kind == READER_PERSON ? "person " : "everyone", one->field);
    }
}

void during_describe(const struct during *d, struct buf *out)
{
    if (d == NULL)
        return;
    (void)buf_printf(out, " during %s..%s at ", d->from->id, d->to != NULL ? d->to->id : "");
    (void)ref_print(&d->at, out);
}

void draw_describe(const struct obligation *o, struct buf *out)
{
    if (o->has_draw && o->draw_param != NULL)
        (void)buf_printf(out, " draw one in %s", o->draw_param->id);
    else if (o->has_draw)
        (void)buf_printf(out, " draw one in %" PRIu32, o->draw_one_in);
}

static void words(const char *before, const char *const *at, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? before : ",", at[i]);
}

static void describe(const struct cond *c, struct buf *out, unsigned depth);

static void describe_inside(const struct cond *c, struct buf *out, unsigned depth)
{
    (void)buf_add_char(out, '(');
    for (size_t i = 0; i < c->n_children; i++) {
        if (i > 0)
            (void)buf_add_text(out, "; ");
        describe(c->children[i], out, depth + 1);
    }
    (void)buf_add_char(out, ')');
}

static void describe_leaf(const struct cond *c, struct buf *out)
{
    if (c->since.kind != REF_NONE) {
        (void)buf_add_text(out, " since ");
        (void)ref_print(&c->since, out);
    }
    if (c->subject.kind != REF_NONE) {
        (void)buf_add_char(out, ' ');
        (void)ref_print(&c->subject, out);
    }
    if (c->kind == COND_BY && c->n_by == 0)
        (void)buf_add_text(out, " anyone");
    for (size_t i = 0; i < c->n_by; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? " " : ",", c->by[i]->id);
    if (c->role != NULL)
        (void)buf_printf(out, " %s", c->role->id);
    if (c->reg != NULL)
        (void)buf_printf(out, " %s", c->reg->id);
    if (c->period != NULL)
        (void)buf_printf(out, " %s", c->period->id);
    if (c->param != NULL)
        (void)buf_printf(out, " %s", c->param->id);
    if (c->name != NULL && c->name[0] != '\0')
        (void)buf_printf(out, " %s", c->name);
    wheres_describe(c->wheres, c->n_wheres, out);
    during_describe(c->during, out);
    words(" ", c->words, c->n_words, out);
    words(" in ", c->kinds, c->n_kinds, out);
    words(" tells ", c->tells, c->n_tells, out);
    if (c->other.kind != REF_NONE) {
        (void)buf_add_char(out, ' ');
        (void)ref_print(&c->other, out);
    }
    if (c->cover != NULL)
        cover_describe(c->cover, out);
    if (c->leaving != NULL)
        leaving_describe(c->leaving, out);
    if (c->kind == COND_FILLED)
        (void)buf_add_text(out, c->wanted ? " yes" : " no");
    if (c->kind == COND_RECORD && c->count == COUNT_NONE)
        (void)buf_add_text(out, " none");
    if (c->kind == COND_RECORD && c->count == COUNT_FEWER_THAN)
        (void)buf_add_text(out, " fewer than");
    if (c->kind == COND_LABEL || ((c->kind == COND_AT_LEAST || c->kind == COND_AT_MOST) && c->param == NULL && c->other.kind == REF_NONE) ||
        (c->kind == COND_RECORD && c->count == COUNT_AT_LEAST && c->number > 1) ||
        (c->kind == COND_RECORD && c->count == COUNT_FEWER_THAN && c->param == NULL && c->other.kind == REF_NONE))
        (void)buf_printf(out, " %" PRId64, c->number);
}

static void describe(const struct cond *c, struct buf *out, unsigned depth)
{
    if (depth > DEPTH_MAX)
        return;
    (void)buf_add_text(out, cond_kind_name(c->kind));
    if (c->n_children > 0)
        describe_inside(c, out, depth);
    else
        describe_leaf(c, out);
    if (c->inside != NULL)
        describe_inside(c->inside, out, depth);
    if (c->only_if != NULL) {
        (void)buf_add_text(out, " if ");
        describe(c->only_if, out, depth + 1);
    }
}

int cond_describe(const struct cond *c, struct buf *out)
{
    describe(c, out, 0);
    return buf_error(out);
}
