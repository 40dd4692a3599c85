/* What an installation runs by: packs in force, the force, settings; and the stage of one act. */
#include "engine/engine.h"

#include "base/tell.h"

#include "engine/inside.h"
#include "engine/restored.h"
#include "engine/shared.h"
#include "engine/strip.h"
#include "store/backup.h"

#include <sodium.h>
#include <stdlib.h>

/* ---- packs ---- */

struct slots {
    struct pack_slot at[ENGINE_PACKS_MAX];
    size_t n;
};

static void drop_packs(struct engine *e, const struct pack_slot *slots, size_t n)
{
    for (size_t i = 0; i < n; i++)
        shared_text_leave(e->shared, slots[i].text);
}

static int add_pack(struct engine *e, struct rows *row, struct slots *slots, struct diag *diag)
{
    struct pack_slot *slot = &slots->at[slots->n];
    int r;

    *slot = (struct pack_slot){.from_day = (int32_t)rows_int(row, 2), .to_day = (int32_t)rows_int(row, 3),
                               .adopted_us = rows_int(row, 6)};
    if ((r = shared_text(e->shared, e->store, rows_text(row, 0), &slot->text, diag)))
        return r;
    slot->pack = slot->text->pack;
    memcpy(slot->hash, slot->text->hash, sizeof(slot->hash));
    slots->n++;
    return 0;
}

static int list_packs(struct engine *e, struct slots *slots, struct diag *diag)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(e->store, &rows, STMT_PACK_LIST);

    if (r)
        return store_failed(r);
    while ((r = rows_next(rows)) > 0) {
        if (rows_is_null(rows, 6) || strlen(rows_text(rows, 0)) != (size_t)2 * SHA256_SIZE)
            continue;
        if (slots->n == ENGINE_PACKS_MAX) {
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_PACKS_MANY, {"max", NUMBER(ENGINE_PACKS_MAX)});
            return -E2BIG;
        }
        if ((r = add_pack(e, rows, slots, diag)))
            return r;
    }
    return r;
}

/* The old ones are left after the new ones are taken: what stays in force is not read again. */
static int load_packs(struct engine *e, struct diag *diag)
{
    struct slots slots = {.n = 0};
    int r = list_packs(e, &slots, diag);

    if (r) {
        drop_packs(e, slots.at, slots.n);
        return r;
    }
    drop_packs(e, e->packs, e->n_packs);
    memcpy(e->packs, slots.at, slots.n * sizeof(slots.at[0]));
    e->n_packs = slots.n;
    return 0;
}

/* ---- opening ---- */

#define GENERATION_NONE (-1)

static int load_settings(struct engine *e, json_t **ret)
{
    ROWS_AUTO *rows = NULL;
    JSON_AUTO *o = json_object();
    int r;

    if (!o)
        return -ENOMEM;
    if ((r = STORE_QUERY(e->store, &rows, STMT_META_LIST)))
        return store_failed(r);
    while ((r = rows_next(rows)) > 0)
        if (json_put_str(o, rows_text(rows, 0), rows_text(rows, 1)))
            return -ENOMEM;
    if (!r)
        *ret = TAKE(o);
    return r;
}

static int64_t generation_of(const char *text)
{
    int64_t n;

    return str_to_i64(str_of(text), 0, INT64_MAX, &n) ? 0 : n;
}

/* The generation counts only when everything of it was read. Settings take the place of the last ones with it: an act that is undone
 * while they are being read leaves those of before, whose generation the store then has again. */
static int load_all(struct engine *e, struct diag *diag)
{
    JSON_AUTO *settings = NULL;
    struct force *force = NULL;
    int64_t generation;
    int r = load_settings(e, &settings);

    if (!r)
        r = clock_load(e->store, &e->clock);
    if (r)
        return store_failed(r);
    generation = generation_of(json_str(settings, "generation"));
    e->generation = GENERATION_NONE;
    tallies_forget_sums(e->tallies);
    strips_forget_counts(e->strips);
    if ((r = load_packs(e, diag)) || (r = shared_force(e->shared, e->store, generation, &force, diag)))
        return r;
    force_unref(e->force);
    e->force = force;
    json_decref(e->settings);
    e->settings = TAKE(settings);
    e->is_shut = restored_shuts(engine_setting(e, META_RESTORED));
    e->expiry_armed = e->succession_armed = false;
    e->generation = generation;
    return 0;
}

static int open_over(struct engine *e, struct store *store, struct engine_shared *shared, struct diag *diag)
{
    int r;

    if (!(e->audiences = audience_table_new()) || !(e->tallies = tallies_new()) || !(e->strips = strips_new()))
        return -ENOMEM;
    e->list_depth = LIST_DEPTH_MAX;
    if (!shared && (r = engine_shared_new(&e->own_shared)))
        return r;
    e->shared = shared ? shared : e->own_shared;
    e->store = store;
    return load_all(e, diag);
}

int engine_open_shared(struct store *store, struct engine_shared *shared, struct engine **ret, struct diag *diag)
{
    CLEANUP(engine_closep) struct engine *e = calloc(1, sizeof(*e));
    int r = e ? open_over(e, store, shared, diag) : -ENOMEM;

    if (r)
        return ERR(r);
    *ret = TAKE(e);
    return 0;
}

int engine_open(struct store *store, struct engine **ret, struct diag *diag)
{
    return engine_open_shared(store, NULL, ret, diag);
}

void engine_close(struct engine *e)
{
    if (!e)
        return;
    drop_packs(e, e->packs, e->n_packs);
    force_unref(e->force);
    engine_shared_free(e->own_shared);
    json_decref(e->settings);
    audience_table_free(e->audiences);
    tallies_free(e->tallies);
    strips_free(e->strips);
    sodium_memzero(e->search_key, sizeof(e->search_key));
    free(e);
}

int engine_refresh(struct engine *e, struct diag *diag)
{
    ROWS_AUTO *row = NULL;
    int64_t generation;
    int r = STORE_ONE(e->store, &row, STMT_META_GET, V_TEXT("generation"));

    if (r && r != STORE_E_NONE)
        return store_failed(r);
    generation = r ? 0 : generation_of(rows_text(row, 0));
    if (generation != e->generation)
        return load_all(e, diag);
    if ((store_role(e->store) == STORE_READ || !store_in_transaction(e->store)) && (r = audience_table_refresh(e->audiences, e->store, NULL, diag)))
        return ERR_FOLD(r);
    return store_failed(clock_load(e->store, &e->clock));
}

void engine_forget(struct engine *e)
{
    e->generation = GENERATION_NONE;
    shared_forget(e->shared);
    e->search_has_key = e->search_keyless = false;
}

const struct force *engine_force(const struct engine *e)
{
    return e->force;
}

struct store *engine_store(const struct engine *e)
{
    return e->store;
}

uint64_t engine_now(const struct engine *e)
{
    return clock_now(e->clock);
}

const char *engine_setting(const struct engine *e, const char *key)
{
    return json_str(e->settings, key);
}

/* ---- looking up ---- */

bool slot_is_later(const struct pack_slot *a, const struct pack_slot *b)
{
    return a->from_day != b->from_day ? a->from_day > b->from_day : a->adopted_us > b->adopted_us;
}

/* The text in force on a day: of one directive the latest that began; before the first, the first. */
static const struct pack_slot *slot_in_force(const struct engine *e, const char *pack, int32_t day)
{
    const struct pack_slot *best = NULL;

    for (size_t i = 0; i < e->n_packs; i++) {
        const struct pack_slot *s = &e->packs[i];

        if (!strcmp(s->pack->id, pack) && (!best || (s->from_day <= day && slot_is_later(s, best))))
            best = s;
    }
    return best;
}

const struct reg *engine_reg_on(const struct engine *e, const char *reg, int32_t day)
{
    enum holds what = *reg == HOLDS_MARK ? holds_of(reg + 1) : HOLDS_NOTHING;

    if (*reg == HOLDS_MARK && what == HOLDS_NOTHING)
        return NULL;
    for (size_t i = 0; i < e->n_packs; i++) {
        const struct reg *found = what ? pack_holds(e->packs[i].pack, what) : pack_reg(e->packs[i].pack, reg);

        if (found && slot_in_force(e, e->packs[i].pack->id, day) == &e->packs[i])
            return found;
    }
    return NULL;
}

const struct reg *engine_reg(const struct engine *e, const char *reg)
{
    return engine_reg_on(e, reg, day_of_instant(engine_now(e)));
}

const struct reg *engine_reg_of_holders(const struct engine *e, const char *of)
{
    for (size_t i = 0; i < e->n_packs; i++) {
        const struct pack *p = e->packs[i].pack;

        for (size_t k = 0; k < p->n_regs; k++) {
            const struct held_by *h = &p->regs[k].held_by;

            if (h->of && (!*of || !strcmp(h->of->reg->id, of)) && engine_reg(e, p->regs[k].id) == &p->regs[k])
                return &p->regs[k];
        }
    }
    return NULL;
}

const struct reg *engine_reg_of_id(const struct engine *e, const char *id)
{
    for (size_t i = 0; i < e->n_packs; i++) {
        const struct pack *p = e->packs[i].pack;

        for (size_t k = 0; k < p->n_regs; k++) {
            size_t n = strlen(p->regs[k].prefix);

            if (!strncmp(id, p->regs[k].prefix, n) && id[n] == '-' && strspn(id + n, "-0123456789") == strlen(id + n) &&
                engine_reg(e, p->regs[k].id) == &p->regs[k])
                return &p->regs[k];
        }
    }
    return NULL;
}

const struct pack *engine_pack_before(const struct engine *e, const struct pack *text)
{
    const struct pack_slot *slot = slot_in_force(e, text->id, text->from_day);

    return slot ? slot->pack : NULL;
}

size_t engine_packs(const struct engine *e, const struct pack **ret, size_t max)
{
    int32_t day = day_of_instant(engine_now(e));
    size_t n = 0;

    for (size_t i = 0; i < e->n_packs; i++)
        if (slot_in_force(e, e->packs[i].pack->id, day) == &e->packs[i]) {
            if (n < max)
                ret[n] = e->packs[i].pack;
            n++;
        }
    return n;
}

const struct pack_slot *engine_slot(const struct engine *e, const struct pack *pack)
{
    for (size_t i = 0; i < e->n_packs; i++)
        if (e->packs[i].pack == pack)
            return &e->packs[i];
    return NULL;
}

const struct program *engine_program(const struct engine *e, const struct procedure *p)
{
    const struct pack_slot *slot = engine_slot(e, p->reg->pack);

    return slot ? slot->text->programs[p - slot->pack->procedures] : NULL;
}

const struct reg *engine_reg_in(const struct engine *e, const char *reg, const char *pack)
{
    for (size_t i = 0; i < e->n_packs; i++) {
        const struct reg *found = strcmp(e->packs[i].hash, pack) == 0 ? pack_reg(e->packs[i].pack, reg) : NULL;

        if (found)
            return found;
    }
    return engine_reg(e, reg);
}

/* A record goes by the text that its row names: succession.h moves open ones on. */
static const struct reg *reg_for_row(void *user, const char *reg, const char *pack)
{
    return engine_reg_in(user, reg, pack);
}

/* ---- the stage ---- */

int stage_open(struct stage *sc, struct engine *e, const char *person, uint64_t now_us)
{
    *sc = (struct stage){.e = e, .now_us = now_us, .today = day_of_instant(now_us)};
    sc->month = month_of_day(sc->today);
    sc->judged = sc->today;
    sc->actor = person && *person ? force_person(e->force, person) : NULL;
    sc->arena = arena_new(STAGE_ARENA_MAX);
    return sc->arena ? 0 : -ENOMEM;
}

void stage_done(struct stage *sc)
{
    for (size_t i = 0; i < sc->n_records; i++)
        record_done(sc->records[i]);
    free(sc->records);
    json_decref(sc->digests);
    sight_free(sc->shown_to);
    sight_free(sc->told_to);
    sight_free(sc->keyed_by);
    arena_free(sc->arena);
    *sc = (struct stage){0};
}

static int stage_keep(struct stage *sc, struct record *r)
{
    if (sc->n_records == STAGE_RECORDS_MAX)
        return -E2BIG;
    if (sc->n_records == sc->max_records) {
        size_t max = sc->max_records ? 2 * sc->max_records : 16;
        struct record **grown = reallocarray(sc->records, max, sizeof(struct record *));

        if (!grown)
            return -ENOMEM;
        sc->records = grown;
        sc->max_records = max;
    }
    sc->records[sc->n_records++] = r;
    return 0;
}

int stage_record(struct stage *sc, const char *id, struct record **ret)
{
    struct record *r;
    int e;

    if (!id || !*id)
        return 1;
    for (size_t i = 0; i < sc->n_records; i++)
        if (!strcmp(sc->records[i]->id, id)) {
            *ret = sc->records[i];
            return 0;
        }
    if (!(r = arena_alloc(sc->arena, sizeof(*r))))
        return -ENOMEM;
    e = record_load(sc->e->store, sc->arena, id, reg_for_row, sc->e, r);
    if (!e && (e = stage_keep(sc, r)))
        record_done(r);
    if (!e)
        *ret = r;
    return e;
}

int stage_new_record(struct stage *sc, const struct reg *reg, struct record **ret)
{
    struct record *r = arena_alloc(sc->arena, sizeof(*r));
    const struct pack_slot *slot = engine_slot(sc->e, reg->pack);
    int e = -ENOMEM;

    if (!r)
        return -ENOMEM;
    *r = (struct record){.id = "", .reg = reg, .state = STATE_NONE, .from_state = STATE_NONE, .unit = "",
                         .pack = slot ? slot->hash : "", .completed_day = DAY_NONE, .keep_until_day = DAY_NONE,
                         .is_new = true};
    r->values = json_object();
    r->commits = json_object();
    if (!r->values || !r->commits || (e = stage_keep(sc, r))) {
        record_done(r);
        return e;
    }
    *ret = r;
    return 0;
}

/* ---- words ---- */

char *role_key(struct arena *a, const struct reg *reg, const struct role *role)
{
    return arena_printf(a, "%s/%s", reg->pack->id, role->id);
}

json_t *text2_json(struct text2 t)
{
    return json_pack("{s:s, s:s}", "ja", t.ja ? t.ja : "", "en", t.en ? t.en : "");
}

json_t *words_json(const char *const *words, size_t n)
{
    json_t *a = json_array();

    for (size_t i = 0; a && i < n; i++)
        if (json_array_append_new(a, json_string(words[i]))) {
            json_decref(a);
            return NULL;
        }
    return a;
}

bool word_in(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(words[i], word))
            return true;
    return false;
}

struct text2 state_title(const struct reg *reg, const char *state)
{
    const struct state *s = reg->procedure ? procedure_state(reg->procedure, state) : NULL;

    if (s)
        return s->title;
    if (!strcmp(state, STATE_DISPOSED))
        return (struct text2){"廃棄済み", "Disposed of"};
    return (struct text2){state, state};
}
