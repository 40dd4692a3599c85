/* Words in cells that name something: by id, title, name or former number, folded as people write them. */
#include "engine/takeover-inside.h"

#include "base/utf8.h"
#include "engine/ref.h"

#define NAME_MAX_BYTES 1024u /* FORCE_NAME_MAX characters fit; what is longer names nothing */

/* 山田　太郎 is 山田太郎. Empty: it names nothing. */
static int fold_tight(struct str s, struct buf *out)
{
    CLEANUP(buf_done) struct buf wide;
    int e = 0;

    buf_init(&wide, 8 * (size_t)NAME_MAX_BYTES);
    buf_clear(out);
    if (s.len <= NAME_MAX_BYTES)
        e = utf8_fold(s, &wide);
    if (e)
        return e == -ENOMEM ? e : 0;
    for (size_t i = 0; !e && i < wide.len; i++)
        if (wide.at[i] != ' ')
            e = buf_add_char(out, wide.at[i]);
    return e;
}

const char *takeover_fold(struct takeover *t, struct str s)
{
    if (fold_tight(s, &t->folded))
        t->error = -ENOMEM;
    return t->folded.len && !t->error ? t->folded.at : "";
}

/* Titles are few and asked for by every cell: each is folded once. */
static const char *fold_title(struct takeover *t, const char *title)
{
    const char *known = json_string_value(json_object_get(t->titles, title));
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, 8 * (size_t)NAME_MAX_BYTES);
    if (known)
        return known;
    if (fold_tight(str_of(title), &out) || json_put_strn(t->titles, title, buf_str(&out))) {
        t->error = -ENOMEM;
        return "";
    }
    return json_str(t->titles, title);
}

bool takeover_is_name(struct takeover *t, const char *folded, const char *name)
{
    return *folded && !strcmp(folded, fold_title(t, name));
}

bool takeover_is_title(struct takeover *t, const char *folded, struct text2 title)
{
    return takeover_is_name(t, folded, title.ja) || takeover_is_name(t, folded, title.en);
}

static int note_name(struct takeover *t, json_t *names, const char *name, const char *id)
{
    const char *key = takeover_fold(t, str_of(name)), *known;

    if (!*key)
        return t->error;
    known = json_string_value(json_object_get(names, key));
    return json_put_str(names, key, known && strcmp(known, id) != 0 ? "" : id);
}

static int names_of_persons(struct takeover *t)
{
    size_t n;
    const struct person *const *all = force_persons(t->e->force, &n);
    int e = 0;

    if (t->persons)
        return 0;
    if (!(t->persons = json_object()))
        return -ENOMEM;
    for (size_t i = 0; !e && i < n; i++)
        e = note_name(t, t->persons, all[i]->name, all[i]->id);
    return e;
}

static int names_of_units(struct takeover *t)
{
    size_t n;
    const struct unit *const *all = force_units(t->e->force, &n);
    int e = 0;

    if (t->units)
        return 0;
    if (!(t->units = json_object()))
        return -ENOMEM;
    for (size_t i = 0; !e && i < n; i++)
        if (!(e = note_name(t, t->units, all[i]->name_ja, all[i]->id)))
            e = note_name(t, t->units, all[i]->name_en, all[i]->id);
    return e;
}

static int names_of_posts(struct takeover *t)
{
    size_t n;
    const struct post *const *all = force_posts(t->e->force, &n);
    int e = 0;

    if (t->posts)
        return 0;
    if (!(t->posts = json_object()))
        return -ENOMEM;
    for (size_t i = 0; !e && i < n; i++)
        if (!(e = note_name(t, t->posts, all[i]->name_ja, all[i]->id)))
            e = note_name(t, t->posts, all[i]->name_en, all[i]->id);
    return e;
}

/* ---- what a cell names ---- */

int takeover_find_former(struct stage *sc, const struct reg *reg, struct str former,
                         const char **ret_id)
{
    CLEANUP(buf_done) struct buf key;
    JSON_AUTO *text = json_stringn(former.at, former.len);
    ROWS_AUTO *rows = NULL;
    int e;

    buf_init(&key, 4096);
    if (!text)
        return utf8_is_valid(former) ? -ENOMEM : 1;
    if ((e = index_key(NULL, text, &key)))
        return e;
    if ((e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_INDEX_FIND, V_TEXT(reg->id),
                                      V_TEXT(RECORD_FORMER), V_STR(buf_str(&key)), V_TEXT(""),
                                      V_INT(1)))))
        return e;
    if ((e = rows_next(rows)) <= 0)
        return e < 0 ? e : 1;
    *ret_id = arena_strdup(sc->arena, rows_str(rows, 0));
    return *ret_id ? 0 : -ENOMEM;
}

/* A name that `names` knows, as its id; what it does not know stays. */
static int by_name(struct takeover *t, const struct placed *at, int col, const json_t *names,
                   struct str s, const char *ja, const char *en, const char **ret)
{
    const char *id = json_string_value(json_object_get(names, takeover_fold(t, s)));

    if (id && !*id)
        return takeover_fault(t, at->row, col, ja, en);
    if (id)
        *ret = id;
    return 0;
}

static int record_named(struct takeover *t, struct placed *at, const struct field *f, struct str s,
                        const char **ret)
{
    struct record *found = NULL;
    int e = stage_record(&at->sc, *ret, &found);

    if (!e && t->sight && sight_of_record(&at->sc, t->sight, found) <= 0)
        e = 1;
    if (e <= 0)
        return e;
    if (f->reg) {
        const struct reg *now = engine_reg_on(t->e, f->reg->id, at->sc.today);

        return MIN_OF(takeover_find_former(&at->sc, now ? now : f->reg, s, ret), 0);
    }
    for (size_t i = 0; e > 0 && i < t->reg->pack->n_regs; i++)
        e = takeover_find_former(&at->sc, &t->reg->pack->regs[i], s, ret);
    return MIN_OF(e, 0);
}

static const char *choice_named(struct takeover *t, const struct field *f, struct str s)
{
    const char *key = takeover_fold(t, s);

    for (size_t i = 0; i < f->n_choices; i++)
        if (str_eq(s, str_of(f->choices[i].id)) || takeover_is_title(t, key, f->choices[i].title))
            return f->choices[i].id;
    return NULL;
}

static const char *label_named(struct takeover *t, struct str s)
{
    const struct pack *p = t->reg->pack;
    const char *key = takeover_fold(t, s);

    for (size_t i = 0; i < p->n_labels; i++)
        if (takeover_is_title(t, key, p->labels[i].title))
            return p->labels[i].id;
    return NULL;
}

static const char *flag_named(struct takeover *t, struct str s)
{
    static const char *const words[][2] = {{"true", "yes"}, {"○", "yes"},    {"〇", "yes"},
                                           {"済", "yes"},   {"false", "no"}, {"×", "no"},
                                           {"未", "no"}};
    const char *key = takeover_fold(t, s);

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (takeover_is_name(t, key, words[i][0]))
            return words[i][1];
    return NULL;
}

/* What stands in a cell, as its field would have it typed. A fault may be told. */
int takeover_word(struct takeover *t, struct placed *at, int col, const struct field *f,
                  struct str s, const char **ret)
{
    const char *word = arena_strdup(t->arena, s), *better = NULL;
    int e = word ? 0 : -ENOMEM;

    if (e)
        return e;
    switch (f->type) {
    case FIELD_CHOICE:
        better = choice_named(t, f, s);
        break;
    case FIELD_LABEL:
        better = label_named(t, s);
        break;
    case FIELD_FLAG:
        better = flag_named(t, s);
        break;
    case FIELD_PERSON:
        if (!force_person(t->e->force, word) && !(e = names_of_persons(t)))
            e = by_name(t, at, col, t->persons, s,
                        "同じ氏名の職員が複数います。職員番号で記入してください",
                        "several persons have this name; give the number of the person", &better);
        break;
    case FIELD_UNIT:
        if (!force_unit(t->e->force, word) && !(e = names_of_units(t)))
            e = by_name(t, at, col, t->units, s,
                        "同じ名称の所属が複数あります。所属のIDで記入してください",
                        "several units have this name; give the id of the unit", &better);
        break;
    case FIELD_POST:
        if (!force_post(t->e->force, word) && !(e = names_of_posts(t)))
            e = by_name(t, at, col, t->posts, s,
                        "同じ名称の職が複数あります。職のIDで記入してください",
                        "several posts have this name; give the id of the post", &better);
        break;
    case FIELD_RECORD:
        better = word;
        e = record_named(t, at, f, s, &better);
        break;
    default:
        break;
    }
    *ret = better ? better : word;
    return e;
}
