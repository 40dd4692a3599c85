#include "engine/newest.h"

#include "engine/inside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOOK_MAX 16 /* the index folds letters, so a few may stand before the one that is meant */

/* 1: it is another one. */
static int look(struct stage *sc, const char *id, const struct field *f, const char *value,
                const char *person, struct newest *ret)
{
    struct record *r;
    json_t *held;
    int e = stage_record(sc, id, &r);

    if (e || (e = record_value(sc->e->store, r, f, &held)))
        return e;
    if (!json_is_string(held) || strcmp(json_string_value(held), value) != 0)
        return 1;
    snprintf(ret->record, sizeof(ret->record), "%s", r->id);
    snprintf(ret->state, sizeof(ret->state), "%s", r->state);
    snprintf(ret->person, sizeof(ret->person), "%s", json_str(r->values, person));
    return 0;
}

static int find(struct stage *sc, const struct reg *reg, const struct field *f, const char *value,
                const char *person, struct newest *ret)
{
    CLEANUP(buf_done) struct buf key;
    JSON_AUTO *typed = json_string(value);
    ROWS_AUTO *rows = NULL;
    int e;

    buf_init(&key, 4096);
    if (!typed || (e = index_key(f, typed, &key)))
        return typed && e > 0 ? NEWEST_E_NONE : -ENOMEM;
    e = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_INDEX_NEWEST, V_TEXT(reg->id),
                                 V_TEXT(f->id), V_STR(buf_str(&key)), V_TEXT(""), V_INT(LOOK_MAX)));
    while (!e && (e = rows_next(rows)) > 0)
        if ((e = look(sc, rows_text(rows, 0), f, value, person, ret)) <= 0)
            return e;
        else
            e = 0;
    return e ? e : NEWEST_E_NONE;
}

int engine_newest(struct engine *e, const char *reg, const char *field, const char *value,
                  const char *person, struct newest *ret)
{
    const struct reg *r = engine_reg(e, reg);
    const struct field *f = r ? reg_field(r, field) : NULL;
    struct stage sc;
    int k;

    *ret = (struct newest){.record = ""};
    if (!f || !field_is_indexed(f))
        return NEWEST_E_NONE;
    if (!(k = stage_open(&sc, e, "", engine_now(e)))) {
        k = find(&sc, r, f, value, person, ret);
        stage_done(&sc);
    }
    return k;
}
