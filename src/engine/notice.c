#include "engine/notice.h"

#include "engine/ref.h"
#include "engine/say.h"

#define UNTOLD "…"
#define PLACE_MAX ((size_t)64 << 10) /* bytes: more than one act's values may have */
#define TEXT_MAX \
    ((size_t)1 << 20) /* bytes of a text with its places filled: a text has few places */

struct words {
    struct buf ja, en;
};

static int say(struct words *w, struct str ja, struct str en)
{
    int r = buf_add_str(&w->ja, ja);

    return r ? r : buf_add_str(&w->en, en.len ? en : ja);
}

static int say_both(struct words *w, const char *ja, const char *en)
{
    return say(w, str_of(ja), str_of(en ? en : ""));
}

/* ---- values ---- */

static int say_when(struct words *w, const json_t *v)
{
    struct when t = when_of(v);
    int r;

    if (t.kind == WHEN_INSTANT)
        return (r = instant_print_local_era(t.us, &w->ja)) ? r : instant_print_local(t.us, &w->en);
    if (t.kind == WHEN_MONTH)
        return (r = month_print_era(month_of_day(t.day), &w->ja))
                   ? r
                   : month_print_iso(month_of_day(t.day), &w->en);
    return (r = day_print_era(t.day, &w->ja)) ? r : day_print_iso(t.day, &w->en);
}

static int say_unit(struct words *w, const struct unit *u)
{
    const struct unit *over = u->parent && u->parent->parent
                                  ? u->parent
                                  : NULL; /* the force itself goes without saying */
    int r = over ? say_both(w, over->name_ja, over->name_en) : 0;

    if (!r && over)
        r = buf_add_char(&w->en, ' ');
    return r ? r : say_both(w, u->name_ja, u->name_en);
}

static int say_choice(struct words *w, const struct field *f, const char *id)
{
    for (size_t i = 0; i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, id))
            return say_both(w, f->choices[i].title.ja, f->choices[i].title.en);
    return say_both(w, id, id);
}

/* Of a record its name as it stands: a reader who sees it may be told. */
static int say_value(struct stage *sc, struct words *w, const struct field *f, const json_t *v)
{
    const struct force *force = sc->e->force;
    const char *text = json_string_value(v);
    const struct person *person;
    const struct unit *unit;
    const struct post *post;
    struct duration length;

    if (json_is_integer(v)) {
        int r = buf_printf(&w->ja, "%lld", (long long)json_integer_value(v));

        return r ? r : buf_printf(&w->en, "%lld", (long long)json_integer_value(v));
    }
    if (!text)
        return say_both(w, UNTOLD, UNTOLD);
    if ((f->type == FIELD_DAY || f->type == FIELD_MONTH || f->type == FIELD_INSTANT) &&
        when_of(v).kind != WHEN_NONE)
        return say_when(w, v);
    if (f->type == FIELD_DURATION && !duration_parse(str_of(text), &length))
        return say_length(length, &w->ja, &w->en);
    if (f->type == FIELD_CHOICE)
        return say_choice(w, f, text);
    if (f->type == FIELD_PERSON && (person = force_person(force, text)))
        return say_both(w, person->name, person->name_en);
    if (f->type == FIELD_UNIT && (unit = force_unit(force, text)))
        return say_unit(w, unit);
    if (f->type == FIELD_POST && (post = force_post(force, text)))
        return say_both(w, post->name_ja, post->name_en);
    return say_both(w, text, text);
}

/* ---- places ---- */

static int may_tell(struct stage *sc, const struct notice_reader *who, const struct record *r)
{
    enum release_answer answer;
    int e;

    if (!who->sight || r->disposed_us || !sight_of_record(sc, who->sight, r))
        return 0;
    if (!who->is_mail)
        return 1;
    e = release_record(sc, who->sight, RELEASE_NOTICE, r, &answer);
    return e ? e : answer == RELEASE_ALLOWED;
}

/* The name by which people know a record: of one named by another record, that one's. */
static int say_record(struct stage *sc, const struct notice_reader *who, struct words *w,
                      struct record *r)
{
    for (unsigned i = 0; i < REF_HOPS_MAX; i++) {
        const struct field *f = r->reg->name_field;
        const json_t *v = f && !field_is_personal(f) ? json_object_get(r->values, f->id) : NULL;
        struct record *next;
        int e;

        if (!v)
            return say_both(w, r->id, r->id);
        if (f->type != FIELD_RECORD || !json_is_string(v))
            return say_value(sc, w, f, v);
        if ((e = stage_record(sc, json_string_value(v), &next)) < 0 ||
            (!e && (e = may_tell(sc, who, next)) < 0))
            return e;
        if (e != 1)
            return say_both(w, r->id, r->id);
        r = next;
    }
    return say_both(w, r->id, r->id);
}

/* The record that the field names, as far as he may be told. 1: none. */
static int named_record(struct stage *sc, const struct notice_reader *who, const json_t *v,
                        struct record **ret)
{
    int e = json_is_string(v) ? stage_record(sc, json_string_value(v), ret) : 1;

    if (e)
        return e;
    e = may_tell(sc, who, *ret);
    return e < 0 ? e : !e;
}

static int say_place(struct stage *sc, const struct notice_reader *who, struct words *w,
                     struct record *r, struct str path)
{
    struct str piece;

    for (bool more = r != NULL; more && str_split(&path, '.', &piece);) {
        char *id = arena_strdup(sc->arena, piece);
        const struct field *f = id ? reg_field(r->reg, id) : NULL;
        const json_t *v = f && !field_is_personal(f) ? json_object_get(r->values, f->id) : NULL;
        int e;

        if (!id)
            return -ENOMEM;
        if (!v)
            break;
        more = path.at != NULL;
        if (f->type == FIELD_RECORD && who->is_alone)
            return say_both(w, more ? UNTOLD : json_str(r->values, f->id), NULL);
        if (f->type != FIELD_RECORD)
            return more ? say_both(w, UNTOLD, UNTOLD) : say_value(sc, w, f, v);
        if ((e = named_record(sc, who, v, &r)) < 0)
            return e;
        if (e)
            break;
        if (!more)
            return say_record(sc, who, w, r);
    }
    return say_both(w, UNTOLD, UNTOLD);
}

/* ---- texts ---- */

/* One language's text; what its places say in the other is dropped. */
static int fill(struct stage *sc, const struct notice_reader *who, const char *text,
                struct record *about, bool is_en, struct buf *out)
{
    struct str rest = str_of(text);
    const char *open;

    while (rest.len && (open = memchr(rest.at, '{', rest.len))) {
        const char *close = memchr(open, '}', rest.len - (size_t)(open - rest.at));
        struct words w;
        int e;

        if (!close)
            break;
        if ((e = buf_add_str(out, (struct str){rest.at, (size_t)(open - rest.at)})))
            return e;
        buf_init(&w.ja, PLACE_MAX);
        buf_init(&w.en, PLACE_MAX);
        e = say_place(sc, who, &w, about, (struct str){open + 1, (size_t)(close - open - 1)});
        if (!e)
            e = buf_add_str(out, buf_str(is_en ? &w.en : &w.ja));
        buf_done(&w.ja);
        buf_done(&w.en);
        if (e)
            return e;
        rest = (struct str){close + 1, rest.len - (size_t)(close + 1 - rest.at)};
    }
    return buf_add_str(out, rest);
}

int notice_words(struct stage *sc, const struct notice_reader *who, struct text2 text,
                 struct record *about, json_t **ret)
{
    struct words w;
    int e;

    buf_init(&w.ja, TEXT_MAX);
    buf_init(&w.en, TEXT_MAX);
    e = fill(sc, who, text.ja, about, false, &w.ja);
    if (!e)
        e = fill(sc, who, text.en, about, true, &w.en);
    if (!e)
        e = (*ret = text2_json((struct text2){w.ja.at ? w.ja.at : "", w.en.at ? w.en.at : ""}))
                ? 0
                : -ENOMEM;
    buf_done(&w.ja);
    buf_done(&w.en);
    return e;
}

static int filled(struct stage *sc, const char *record, struct text2 text, json_t **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct notice_reader who = {0};
    struct record *r = NULL;
    int e = sc->actor ? sight_of_person(sc, sc->actor, &sight) : 0;

    if (!e && sight)
        e = stage_record(sc, record, &r);
    if (e < 0)
        return e;
    who.sight = sight;
    return notice_words(sc, &who, text, !e && r && sight_of_record(sc, sight, r) ? r : NULL, ret);
}

int engine_filled(struct engine *e, const char *person, const char *record, struct text2 text,
                  uint64_t now_us, json_t **ret)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    if (!r)
        r = filled(&sc, record, text, ret);
    stage_done(&sc);
    return r;
}
