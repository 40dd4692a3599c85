#include "engine/reading.h"

#include "base/utf8.h"
#include "engine/digest.h"
#include "engine/fallen.h"
#include "engine/holding.h"
#include "engine/ref.h"

#include <inttypes.h>

#define NAME_MAX 300

static const char *way_of(enum release_channel channel)
{
    return channel == RELEASE_API ? "api" : "page";
}

/* ---- what is said ---- */

static int take_line(const char *typed, size_t max, bool is_needed, json_t **ret)
{
    CLEANUP(buf_wipe) struct buf text = {0};
    struct str s;
    int r;

    buf_init(&text, 8192);
    r = utf8_nfc(str_trim(str_of(typed)), false, &text);
    if (r)
        return r == -ENOMEM ? r : 1; /* as what is too long */
    s = buf_str(&text);
    if (utf8_count(s) > max || (is_needed && utf8_is_blank(s)))
        return 1;
    *ret = json_stringn(s.len ? s.at : "", s.len);
    return *ret ? 0 : -ENOMEM;
}

int reading_take(const char *purpose, const char *case_ref, json_t **ret)
{
    JSON_AUTO *why = NULL;
    JSON_AUTO *of = NULL;
    int r = take_line(purpose, READING_PURPOSE_MAX, true, &why);

    if (!r)
        r = take_line(case_ref ? case_ref : "", READING_CASE_MAX, false, &of);
    if (r)
        return r;
    *ret = json_pack("{s:O, s:O}", "purpose", why, "case", of);
    return *ret ? 0 : -ENOMEM;
}

/* ---- what is kept ---- */

/* 1: he did not. */
static int has_acted(struct stage *sc, uint64_t since_us)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(sc->e->store, &row, STMT_HISTORY_BY, V_TEXT(sc->hand->id), V_TEXT(sc->actor->id), V_INT(since_us));

    return r == STORE_E_NONE ? 1 : store_failed(r);
}

int reading_holds(struct stage *sc, enum release_channel channel, json_t **ret_asked)
{
    uint64_t since_us = sc->now_us > READING_HOLDS_US ? sc->now_us - READING_HOLDS_US : 0;
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(sc->e->store, &row, STMT_READING_LAST, V_TEXT(sc->hand->id), V_TEXT(sc->actor->id), V_TEXT(way_of(channel)), V_INT(since_us));

    if (!r)
        *ret_asked = json_pack("{s:b}", "case", rows_int(row, 1) == 0);
    else if (r != STORE_E_NONE)
        return store_failed(r);
    else if ((r = has_acted(sc, since_us)))
        return r;
    else
        *ret_asked = json_pack("{s:b}", "acted", 1);
    return *ret_asked ? 0 : -ENOMEM;
}

/* Its place among the record's sealed values. */
static char *name_of(struct stage *sc, const char *person, const char *way, int64_t t_us)
{
    return arena_printf(sc->arena, "_asked@%s@%s@%" PRId64, person, way, t_us);
}

int reading_keep(struct stage *sc, enum release_channel channel, const json_t *said, json_t **ret_pii)
{
    const char *way = way_of(channel), *name = name_of(sc, sc->actor->id, way, (int64_t)sc->now_us);
    char commit[2 * SHA256_SIZE + 1];
    int r = name ? record_seal_aside(sc->e->store, sc->hand, name, said, commit) : -ENOMEM;

    if (!r)
        r = store_failed(STORE_RUN(sc->e->store, STMT_READING_SET, V_TEXT(sc->hand->id), V_TEXT(sc->actor->id), V_TEXT(way), V_INT(sc->now_us),
                                   V_INT(!*json_str(said, "case"))));
    if (r)
        return r;
    *ret_pii = json_pack("[{s:s, s:s}]", "field", "_asked", "commit", commit);
    return *ret_pii ? 0 : -ENOMEM;
}

/* The two are one saying. */
static int hide_said(json_t *one)
{
    return json_object_set_new(one, "purpose", json_pack("{s:b}", "hidden", 1)) || json_object_set_new(one, "case", json_pack("{s:b}", "hidden", 1)) ? -ENOMEM : 0;
}

static int add_said(struct stage *sc, struct record *r, bool is_told, const char *person, const char *way, int64_t t_us, json_t *list)
{
    const char *name = name_of(sc, person, way, t_us);
    json_t *t = instant_json((uint64_t)t_us);
    JSON_AUTO *said = NULL;
    json_t *o;
    int e = name && t ? record_open_aside(sc->e->store, r, name, &said) : -ENOMEM;

    o = e ? NULL : json_pack("{s:O, s:s, s:s, s:s}", "t", t, "person", person, "purpose", json_str(said, "purpose"), "case", json_str(said, "case"));
    json_decref(t);
    if (!e && (!o || json_array_append_new(list, o)))
        e = -ENOMEM;
    return e || is_told ? e : hide_said(o);
}

int reading_list(struct stage *sc, const struct sight *sight, struct record *r, json_t **ret)
{
    JSON_AUTO *list = json_array();
    JSON_AUTO *fallen = NULL;
    ROWS_AUTO *rows = NULL;
    int e = list ? STORE_QUERY(sc->e->store, &rows, STMT_READING_LIST, V_TEXT(r->id), V_INT(READING_SHOWN)) : -ENOMEM;

    if (e)
        return store_failed(e);
    if ((e = fallen_list(sc, r, &fallen)))
        return e;
    while ((e = rows_next(rows)) > 0) {
        int is_told = fallen_tells_instant(sc, sight, r, fallen, (uint64_t)rows_int(rows, 2));

        if (is_told < 0 || (e = add_said(sc, r, is_told, rows_text(rows, 0), rows_text(rows, 1), rows_int(rows, 2), list)))
            return MIN_OF(is_told, e);
    }
    if (!e)
        *ret = TAKE(list);
    return e;
}

/* ---- whether it is an entry ---- */

#define ENTERED 3 /* confidentiality from which on nothing is read without one */

int reading_is_entered(struct stage *sc, struct record *r)
{
    if (r->reg->reads_recorded || json_int(json_obj(r->values, RECORD_HELD), "confidentiality") >= ENTERED)
        return 1;
    return digest_shows_of(sc, r, ENTERED);
}

static bool has_of(const struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (fields[i].of || has_of(fields[i].fields, fields[i].n_fields))
            return true;
    return false;
}

/* Nothing else makes a record hold bytes, or show what is of another. */
static bool may_be_entered(const struct reg *reg)
{
    for (size_t i = 0; i < reg->n_fields; i++)
        if (reg->fields[i].type == FIELD_FILE)
            return true;
    return has_of(reg->fields, reg->n_fields);
}

int engine_reading_is_entered(struct engine *e, const char *person, const char *record, bool *ret)
{
    const struct reg *reg = engine_reg_of_id(e, record);
    struct record *r;
    struct stage sc;
    int err;

    *ret = reg && reg->reads_recorded;
    if (!reg || *ret || !may_be_entered(reg))
        return 0;
    if (!(err = stage_open(&sc, e, person, engine_now(e))) && !(err = stage_record(&sc, record, &r)) && (err = reading_is_entered(&sc, r)) > 0)
        *ret = true;
    stage_done(&sc);
    return MIN_OF(err, 0);
}
