/* What stands in the way of an act by name: records, items that two lists do not share, rows, labels. */
#include "engine/say-words.h"

#include "engine/label-of.h"
#include "engine/rows.h"
#include "engine/same.h"

#include <errno.h>
#include <string.h>

#define NAMED_MAX 5 /* told by name; the rest is known by looking */

static void say_item(struct words *w, const char *text, size_t nth)
{
    say(w, nth ? "、" : "", nth ? ", " : "");
    say(w, text, text);
}

static void say_items(struct words *w, struct text2 heading, const json_t *list)
{
    size_t n = json_array_size(list);

    if (!n)
        return;
    say_text(w, heading);
    for (size_t i = 0; i < MIN_OF(n, (size_t)NAMED_MAX); i++)
        say_item(w, json_string_value(json_array_get(list, i)), i);
    if (n > NAMED_MAX)
        say(w, "ほか", " and others");
    say(w, "）", ")");
}

/* Which items of the two lists differ. */
static int say_difference(struct words *w, struct stage *sc, const struct cond *c)
{
    JSON_AUTO *missing = NULL;
    JSON_AUTO *beyond = NULL;
    int e = same_difference(sc, c, &missing, &beyond);

    if (e)
        return e;
    say_items(w, (struct text2){"（足りないもの: ", " (missing: "}, missing);
    say_items(w, (struct text2){"（余分なもの: ", " (too many: "}, beyond);
    return 0;
}

struct found_records {
    struct stage *sc;
    struct sight *sight;
    struct words *w;
    size_t n;
    bool tells_last_day; /* until when each is kept */
};

static void say_kept_until(struct words *w, const struct record *r, int32_t today)
{
    if (r->keep_until_day != DAY_NONE && r->keep_until_day < today) {
        say(w, "：継続中の記録が期限の判断に用いている", ": a deadline of a record that is open depends on it");
    } else if (r->keep_until_day != DAY_NONE) {
        say(w, "：", ": until ");
        IGNORE(day_print_era((int32_t)r->keep_until_day, &w->ja), "errors are sticky and read at the end");
        IGNORE(day_print_iso((int32_t)r->keep_until_day, &w->en), "errors are sticky and read at the end");
        say(w, "まで", "");
    } else if (r->completed_day == DAY_NONE) {
        say(w, "：完結していない", ": not completed");
    } else {
        say(w, "：最終日が定められていない", ": its last day is not set");
    }
}

static int say_found(void *user, struct record *r)
{
    struct found_records *f = user;
    const struct field *field = r->reg->name_field;
    const char *name;
    int e = sight_of_record(f->sc, f->sight, r);

    if (e <= 0)
        return e;
    if (!(name = record_name(f->sc, r)))
        return -ENOMEM;
    if (f->n == NAMED_MAX) {
        say(f->w, "ほか", " and others");
        return 1;
    }
    say(f->w, f->n ? "" : "（", f->n ? "" : " (");
    say_item(f->w, r->id, f->n++);
    if (field && field->type == FIELD_TEXT && strcmp(name, r->id) != 0) {
        say(f->w, "　", " ");
        say(f->w, name, name);
    }
    if (f->tells_last_day)
        say_kept_until(f->w, r, f->sc->today);
    return 0;
}

/* The records that must not be, as far as the actor may see them. */
static int say_obstacles(struct words *w, struct stage *sc, const struct cond *c)
{
    struct record_search q = {c->reg, c->wheres, c->n_wheres, c->words, c->n_words, c->during};
    struct found_records f = {.sc = sc, .w = w};
    int e = 0;

    if (c->count != COUNT_NONE || !sc->actor)
        return 0;
    e = sight_of_person(sc, sc->actor, &f.sight);
    if (!e)
        e = search_records(sc, &q, say_found, &f);
    sight_free(f.sight);
    say(w, f.n ? "）" : "", f.n ? ")" : "");
    return MIN_OF(e, 0);
}

static void say_restriction(struct words *w, const char *id)
{
    struct text2 title = {id, id};

    for (size_t i = 0; w->pack && i < w->pack->n_restrictions; i++)
        if (!strcmp(w->pack->restrictions[i].id, id))
            title = w->pack->restrictions[i].title;
    say(w, "、", ", ");
    say_text(w, title);
}

/* Those of the named records that are kept still, as far as the actor may see them. */
static int say_kept(struct words *w, struct stage *sc, const struct cond *c)
{
    struct found_records f = {.sc = sc, .w = w, .tells_last_day = true};
    JSON_AUTO *v = NULL;
    size_t n;
    int e;

    if (!sc->actor)
        return 0;
    if (!(e = ref_eval(sc, &c->subject, &v)))
        e = sight_of_person(sc, sc->actor, &f.sight);
    n = json_is_array(v) ? json_array_size(v) : v ? 1 : 0;
    for (size_t i = 0; !e && i < n; i++) {
        const char *id = json_string_value(json_is_array(v) ? json_array_get(v, i) : v);
        struct record *r;

        e = id ? stage_record(sc, id, &r) : 1;
        if (!e && !r->disposed_us &&
            (r->keep_until_day == DAY_NONE || r->keep_until_day >= sc->today ||
             (e = record_is_awaited(sc, r)) > 0))
            e = say_found(&f, r);
        e = MIN_OF(e, 0);
    }
    sight_free(f.sight);
    say(w, f.n ? "）" : "", f.n ? ")" : "");
    return MIN_OF(e, 0);
}

/* What whoever makes it from those records has to say at least. */
static int say_least_label(struct words *w, struct stage *sc, const struct cond *c)
{
    static const struct text2 levels[] = {{"（機密性1以上", " (confidentiality 1 or higher"},
                                          {"（機密性2以上", " (confidentiality 2 or higher"},
                                          {"（機密性3", " (confidentiality 3"}};
    struct label least;
    size_t n;
    int e = label_of_sources(sc, &c->subject, &least, &n);

    if (e || !n)
        return e;
    say_text(w, levels[least.confidentiality - 1]);
    for (size_t i = 0; i < least.restrictions.n; i++)
        say_restriction(w, least.restrictions.at[i]);
    if (least.n_ranges)
        say(w, "、閲覧する者は全ての元の記録を閲覧できる者に限る", ", and nobody reads it who may not read all of them");
    say(w, "）", ")");
    return 0;
}

/* What a value of that field is called; "" for a record, which not everybody may know of. */
static struct text2 value_title(struct stage *sc, const struct field *f, const char *value)
{
    const struct person *p;
    const struct unit *u;

    if (f->type == FIELD_LIST && f->n_fields == 1)
        f = &f->fields[0];
    switch (f->type) {
    case FIELD_PERSON:
        p = force_person(sc->e->force, value);
        return p ? (struct text2){p->name, *p->name_en ? p->name_en : p->name} : (struct text2){value, value};
    case FIELD_UNIT:
        u = force_unit(sc->e->force, value);
        return u ? (struct text2){u->name_ja, *u->name_en ? u->name_en : u->name_ja} : (struct text2){value, value};
    case FIELD_RECORD:
        return (struct text2){"", ""};
    default:
        return title_among(f->choices, f->n_choices, value);
    }
}

/* "（範囲外: A、Bほか）": values of a field, as they are called. */
static void say_values(struct words *w, struct stage *sc, const struct field *f, const json_t *values, struct text2 before)
{
    size_t n = 0, n_said = 0;

    for (; n < json_array_size(values) && n_said < NAMED_MAX; n++) {
        const json_t *v = json_array_get(values, n);
        struct text2 t = json_is_string(v) && f ? value_title(sc, f, json_string_value(v)) : (struct text2){"", ""};

        if (!*t.ja)
            continue;
        say_text(w, n_said ? (struct text2){"、", ", "} : before);
        say_text(w, t);
        n_said++;
    }
    if (n_said)
        say(w, n < json_array_size(values) ? "ほか）" : "）", n < json_array_size(values) ? " and others)" : ")");
}

static int say_beyond(struct words *w, struct stage *sc, const struct cond *c)
{
    const struct field *f = c->subject.n_hops ? c->subject.hops[c->subject.n_hops - 1] : NULL;
    JSON_AUTO *beyond = NULL;
    int e = within_beyond(sc, c, &beyond);

    if (!e)
        say_values(w, sc, f, beyond, (struct text2){"（範囲外: ", " (outside: "});
    return e;
}

static const struct text2 missing_words = {"（足りないもの: ", " (missing: "};

/* What stands in the rows for which no record answers. */
static int say_unanswered(struct words *w, struct stage *sc, const struct cond *c)
{
    JSON_AUTO *missing = NULL;
    int e = covers_rows_missing(sc, c, &missing);

    if (!e)
        say_values(w, sc, c->cover->column, missing, missing_words);
    return e;
}

/* The units that are not there, or whose holder is not. */
static int say_missing(struct words *w, struct stage *sc, const struct cond *c)
{
    const struct unit *at[NAMED_MAX];
    size_t n;
    int e;

    if (c->cover->column)
        return say_unanswered(w, sc, c);
    e = covers_missing(sc, c, at, NAMED_MAX, &n);
    if (e || !n || n == SIZE_MAX)
        return e;
    say_text(w, missing_words);
    for (size_t i = 0; i < MIN_OF(n, (size_t)NAMED_MAX); i++) {
        say(w, i ? "、" : "", i ? ", " : "");
        say(w, at[i]->name_ja, *at[i]->name_en ? at[i]->name_en : at[i]->name_ja);
    }
    say(w, n > NAMED_MAX ? "ほか）" : "）", n > NAMED_MAX ? " and others)" : ")");
    return 0;
}

/* Which records do not, as far as the actor may see them; or that they are too many to ask. */
static int say_records(struct words *w, struct stage *sc, const struct cond *c)
{
    struct found_records f = {.sc = sc, .w = w};
    JSON_AUTO *ids = NULL;
    int many = each_unmet_records(sc, c, EACH_RECORDS_MAX, &ids), e = many < 0 ? many : 0;

    if (!e && sc->actor)
        e = sight_of_person(sc, sc->actor, &f.sight);
    for (size_t i = 0; !e && f.sight && i < json_array_size(ids); i++) {
        struct record *r;

        if ((e = stage_record(sc, json_string_value(json_array_get(ids, i)), &r)) > 0)
            e = 0;
        else if (!e)
            e = say_found(&f, r);
    }
    sight_free(f.sight);
    say(w, f.n ? "）" : "", f.n ? ")" : "");
    if (e >= 0 && many > 0) {
        char max[16];

        (void)snprintf(max, sizeof(max), "%d", EACH_RECORDS_MAX);
        say(w, "（記録が", " (there are more records than can be asked: over ");
        say(w, max, max);
        say(w, "件を超えるため確認できない）", ")");
    }
    return MIN_OF(e, 0);
}

/* Which rows do not. */
static int say_rows(struct words *w, struct stage *sc, const struct cond *c)
{
    size_t at[NAMED_MAX], n;
    char number[32];
    int e = each_unmet(sc, c, at, NAMED_MAX, &n);

    if (e || !n)
        return e;
    say(w, "（", n > 1 ? " (rows " : " (row ");
    for (size_t i = 0; i < MIN_OF(n, (size_t)NAMED_MAX); i++) {
        (void)snprintf(number, sizeof(number), "%zu", at[i]);
        say_item(w, number, i);
    }
    if (n > NAMED_MAX)
        say(w, "行目ほか）", " and others)");
    else
        say(w, "行目）", ")");
    return 0;
}

/* 1: that record, or one of those, is none that the actor sees. */
static int is_out_of_sight(struct stage *sc, const struct sight *sight, const json_t *v)
{
    int e = 0;

    for (size_t i = 0; !e && json_is_array(v) && i < json_array_size(v); i++)
        e = is_out_of_sight(sc, sight, json_array_get(v, i));
    if (json_is_string(v)) {
        struct record *r;

        if (!(e = stage_record(sc, json_string_value(v), &r)))
            e = !sight_of_record(sc, sight, r);
    }
    return e;
}

/* 1: the reference leads on through a record that the actor does not see, and what that one holds is not told by name. */
static int leads_out_of_sight(struct stage *sc, const struct ref *ref)
{
    unsigned n = ref->n_hops + (ref->property != PROP_NONE);
    struct sight *sight = NULL;
    struct ref to = *ref;
    int e = n > 1 ? sight_of_person(sc, sc->actor, &sight) : 0;

    to.property = PROP_NONE;
    for (to.n_hops = 1; !e && to.n_hops < n; to.n_hops++) {
        const struct field *f = ref->hops[to.n_hops - 1];
        JSON_AUTO *v = NULL;

        if (f->type == FIELD_RECORD || (f->type == FIELD_LIST && f->n_fields == 1 && f->fields[0].type == FIELD_RECORD))
            e = ref_eval(sc, &to, &v);
        if (!e)
            e = is_out_of_sight(sc, sight, v);
    }
    sight_free(sight);
    return e;
}

int say_by_name(struct words *w, struct stage *sc, const struct cond *c)
{
    int e;

    if ((c->kind == COND_EACH || c->kind == COND_WITHIN || c->kind == COND_COVERS) && (e = leads_out_of_sight(sc, &c->subject)))
        return MIN_OF(e, 0);
    if (c->kind == COND_SAME)
        return say_difference(w, sc, c);
    if (c->kind == COND_INHERITS)
        return say_least_label(w, sc, c);
    if (c->kind == COND_RETENTION)
        return say_kept(w, sc, c);
    if (c->kind == COND_EACH)
        return c->reg ? say_records(w, sc, c) : say_rows(w, sc, c);
    if (c->kind == COND_WITHIN)
        return say_beyond(w, sc, c);
    if (c->cover)
        return say_missing(w, sc, c);
    return c->kind == COND_RECORD ? say_obstacles(w, sc, c) : 0;
}
