#include "engine/disposal.h"

#include "engine/ref.h"
#include "engine/say.h"

static int put_day(json_t *row, const char *key, int64_t day)
{
    json_t *v = day == DAY_NONE ? NULL : day_json((int32_t)day);

    if (day == DAY_NONE)
        return 0;
    return v ? json_put(row, key, v) : -ENOMEM;
}

static int put_filled(json_t *row, const char *key, const char *text)
{
    return *text ? json_put_str(row, key, text) : 0;
}

/* "第7、第7の2": each place once. */
static int print_clauses(const struct clause_list *l, struct buf *out)
{
    const char *before = "";
    int e = 0;

    for (size_t i = 0; !e && i < l->n; i++) {
        const char *where = l->at[i]->where;

        if (!strcmp(where, before))
            continue;
        e = buf_printf(out, "%s%s", *before ? "、" : "", where);
        before = where;
    }
    return e ? e : *before ? buf_add_text(out, "　") : 0;
}

int disposal_say_period(struct stage *sc, const struct retention *t, struct buf *ja, struct buf *en)
{
    const struct param *now = NULL, *years = t->basis_param;
    bool is_fiscal = t->basis == RETAIN_FISCAL;
    int e = t->by_param ? param_now(sc, t->param, &now) : 0;

    if (e || (t->by_param && !(now && now->is_set)))
        return e;
    e = say_length(t->by_param ? now->duration : t->keep, ja, en);
    if (!e && years)
        e = param_now(sc, t->basis_param, &years);
    if (years)
        is_fiscal = years->is_set && !strcmp(years->value, RETAIN_BY_FISCAL);
    if (!e && (!years || years->is_set))
        e = buf_printf(ja, "（%s）", is_fiscal ? "年度" : "暦年") ?: buf_printf(en, " (%s)", is_fiscal ? "fiscal years" : "calendar years");
    if (!e && t->by_param && t->param)
        e = buf_add_text(ja, "　別に定める期間") ?: buf_add_text(en, ", as set elsewhere");
    return e;
}

/* "第7の2　3年（暦年）" */
static int put_basis(struct stage *sc, json_t *row, const char *key, const struct reg *reg)
{
    CLEANUP(buf_done) struct buf out;
    CLEANUP(buf_done) struct buf en;
    int e;

    buf_init(&out, 1024);
    buf_init(&en, 256);
    if (!reg->has_retention)
        return 0;
    e = print_clauses(reg->retention.clauses.n ? &reg->retention.clauses : &reg->clauses, &out);
    return e || (e = disposal_say_period(sc, &reg->retention, &out, &en)) ? e : json_put_str(row, key, out.at);
}

static int put_cell(struct stage *sc, json_t *row, const char *key, const struct record *r)
{
    if (!strcmp(key, "number"))
        return json_put_str(row, key, r->id);
    if (!strcmp(key, "register"))
        return put_filled(row, key, r->reg->title.ja);
    if (!strcmp(key, "form"))
        return put_filled(row, key, r->reg->form);
    if (!strcmp(key, "completed_on"))
        return put_day(row, key, r->completed_day);
    if (!strcmp(key, "kept_until"))
        return put_day(row, key, r->keep_until_day);
    return put_basis(sc, row, key, r->reg);
}

int disposal_row(struct stage *sc, const struct field *into, const struct record *r, json_t **ret)
{
    JSON_AUTO *row = json_object();
    int e = row ? 0 : -ENOMEM;

    for (size_t i = 0; !e && i < into->n_fields; i++)
        e = put_cell(sc, row, into->fields[i].id, r);
    if (!e)
        *ret = TAKE(row);
    return e;
}

/* ---- before it is decided ---- */

/* Of a record that is not seen nothing but its number, which the record at hand says. */
static int add_row(struct stage *sc, const struct sight *sight, const struct field *into,
                   const char *id, json_t *rows)
{
    struct record *r;
    json_t *row = NULL;
    int e = stage_record(sc, id, &r), seen = e ? 0 : sight_of_record(sc, sight, r);

    if (e < 0 || seen < 0)
        return MIN_OF(e, seen);
    if (!e && r->disposed_us)
        return 0;
    e = seen                                       ? disposal_row(sc, into, r, &row)
        : (row = json_pack("{s:s}", "number", id)) ? 0
                                                   : -ENOMEM;
    return e ? e : json_array_append_new(rows, row) ? -ENOMEM : 0;
}

static int put_rows(struct stage *sc, const struct sight *sight, const struct effect *f,
                    json_t *view)
{
    JSON_AUTO *v = NULL;
    JSON_AUTO *rows = json_array();
    int e = rows ? ref_eval(sc, &f->of, &v) : -ENOMEM;
    size_t n = json_is_array(v) ? json_array_size(v) : v ? 1 : 0;
    json_t *one;

    for (size_t i = 0; !e && i < n; i++)
        e = add_row(sc, sight, f->link,
                    json_string_value(json_is_array(v) ? json_array_get(v, i) : v), rows);
    if (e || !json_array_size(rows))
        return e;
    one = json_pack("{s:s, s:O}", "field", f->link->id, "rows", rows);
    return one ? json_put(view, "disposal", one) : -ENOMEM;
}

static const struct effect *disposal_of(const struct step *st)
{
    for (size_t i = 0; i < st->n_effects; i++)
        if (st->effects[i].kind == EFFECT_DISPOSE && st->effects[i].link)
            return &st->effects[i];
    return NULL;
}

int disposal_put(struct stage *sc, const struct sight *sight, json_t *view)
{
    const struct procedure *p = sc->procedure;

    for (size_t i = 0; p && i < p->n_steps; i++) {
        const struct step *st = &p->steps[i];
        const struct effect *f =
            word_in(sc->hand->state, st->from, st->n_from) ? disposal_of(st) : NULL;

        if (f)
            return put_rows(sc, sight, f, view);
    }
    return 0;
}
