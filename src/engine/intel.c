#include "engine/intel.h"

#include "engine/intel-inside.h"

#include "engine/label-of.h"
#include "engine/ref.h"
#include "engine/shelf.h"
#include "engine/subscriber.h"

#include <stdio.h>

const struct reg *engine_holding(const struct engine *e, enum holds what, uint64_t now_us)
{
    int32_t day = day_of_instant(now_us);

    for (size_t i = 0; i < e->n_packs; i++) {
        const struct reg *r = pack_holds(e->packs[i].pack, what);

        if (r && engine_reg_on(e, r->id, day) == r)
            return r;
    }
    return NULL;
}

int engine_sight(struct engine *e, const char *person, uint64_t now_us, struct sight **ret)
{
    CLEANUP(sight_freep) struct sight *all = NULL;
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    if (!r)
        r = sight_of_person(&sc, force_person(e->force, person), &all);
    stage_done(&sc);
    if (!r && e->is_shut)
        return sight_at_most(e->audiences, all, RELEASE_SHUT_AT_MOST, ret);
    if (!r)
        *ret = TAKE(all);
    return r;
}

int engine_sight_at_most(struct engine *e, const char *person, int level, uint64_t now_us, struct sight **ret)
{
    CLEANUP(sight_freep) struct sight *all = NULL;
    int r = engine_sight(e, person, now_us, &all);

    return r ? r : sight_at_most(e->audiences, all, level, ret);
}

/* ---- labels ---- */

int intel_record_in_sight(struct stage *sc, const struct sight *sight, const char *id, enum holds what, struct record **ret)
{
    int r = stage_record(sc, id, ret);

    return r ? r : (*ret)->reg->holds != what || sight_of_record(sc, sight, *ret) != 1;
}

/* A text of the record, "" when empty; in the arena. */
static int copy_value(struct stage *sc, struct record *r, const struct field *f, struct arena *a, const char **ret)
{
    json_t *v = NULL;
    int e = f ? record_value(sc->e->store, r, f, &v) : 0;

    *ret = e ? NULL : arena_strdup(a, str_of(v && json_is_string(v) ? json_string_value(v) : ""));
    return e ? e : *ret ? 0 : -ENOMEM;
}

int engine_intel_collection(struct engine *e, const char *person, const char *record, uint64_t now_us, struct arena *a, struct engine_collection *ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct record *c = NULL;
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    if (!r)
        r = sight_of_person(&sc, force_person(e->force, person), &sight);
    if (!r)
        r = intel_record_in_sight(&sc, sight, record, HOLDS_INTEL_COLLECTIONS, &c);
    if (!r) {
        *ret = (struct engine_collection){.record = arena_strdup(a, str_of(c->id)), .reg = arena_strdup(a, str_of(c->reg->id)),
                                          .is_disposed = c->disposed_us != 0};
        r = ret->record && ret->reg ? 0 : -ENOMEM;
    }
    if (!r)
        r = copy_value(&sc, c, c->reg->name_field, a, &ret->name) ?: copy_value(&sc, c, reg_field(c->reg, "inbound"), a, &ret->inbound);
    stage_done(&sc);
    return r == 1 ? ENGINE_INTEL_E_NONE : r;
}

int engine_intel_release(struct engine *e, const char *person, const char *collection, int level, enum release_channel channel, uint64_t now_us,
                         enum release_answer *ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct release_question q;
    struct record *record;
    struct label label;
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    *ret = RELEASE_UNSEEN;
    if (!r)
        r = sight_of_person(&sc, force_person(e->force, person), &sight);
    if (!r)
        r = intel_record_in_sight(&sc, sight, collection, HOLDS_INTEL_COLLECTIONS, &record);
    if (!r)
        r = shelf_label(&sc, record, level, &label);
    if (!r) {
        q = release_ask(e, record->reg->pack, channel);
        q.label = &label;
        q.audience = record->audience;
        q.sight = sight;
        *ret = release_decide(&q);
    }
    stage_done(&sc);
    return r == 1 ? ENGINE_INTEL_E_NONE : r;
}

int engine_intel_level(struct engine *e, const char *person, const char *collection, enum release_channel channel, uint64_t now_us, int *ret_level,
                       enum release_answer *ret)
{
    int r = 0, level = STORE_INTEL_LEVELS;

    *ret = RELEASE_UNSEEN;
    for (; level; level--) {
        r = engine_intel_release(e, person, collection, level, channel, now_us, ret);
        if (r || *ret == RELEASE_ALLOWED)
            break;
    }
    *ret_level = r ? 0 : level;
    return r;
}

/* ---- decay ---- */

#define DAYS_OF_MONTH 30
#define DAYS_OF_YEAR 365

static int64_t days_of(struct duration d)
{
    int64_t days = (int64_t)(d.months / 12) * DAYS_OF_YEAR + (int64_t)(d.months % 12) * DAYS_OF_MONTH + d.days;

    return MIN_OF(MAX_OF(days, 1), DECAY_DAYS_MAX);
}

/* The parameter of that kind, or of all; NULL: it is not set, or of another type. */
static int find_param(struct stage *sc, const struct pack *pack, const char *what, const char *kind, enum param_type type, const struct param **ret)
{
    const char *id = arena_printf(sc->arena, "%s%s", what, kind);
    int r = id ? param_now(sc, pack_param(pack, id), ret) : -ENOMEM;

    if (!r && *ret && (!(*ret)->is_set || (*ret)->type != type))
        *ret = NULL;
    return r;
}

static int read_decay(struct stage *sc, const struct pack *pack, struct decay *ret)
{
    const struct param *p;
    int r = find_param(sc, pack, "decay-threshold", "", PARAM_NUMBER, &p);

    if (!r && p)
        ret->threshold = (unsigned)MIN_OF(MAX_OF(p->number, 0), 100);
    for (unsigned c = 0; !r && c < DECAY_N_CLASSES; c++) {
        r = find_param(sc, pack, "life-", decay_class_name((enum decay_class)c), PARAM_DURATION, &p);
        if (!r && p)
            ret->of[c].days = days_of(p->duration);
        if (!r)
            r = find_param(sc, pack, "shape-", decay_class_name((enum decay_class)c), PARAM_CHOICE, &p);
        if (!r && p && !decay_shape_of(str_of(p->value), &ret->of[c].shape))
            ret->of[c].shape = DECAY_STEADY;
    }
    return r;
}

int engine_decay(struct engine *e, uint64_t now_us, struct decay *ret)
{
    const struct reg *reg = engine_holding(e, HOLDS_INTEL_IMPORTS, now_us);
    struct stage sc;
    int r;

    *ret = (struct decay){0};
    if (!reg)
        return 0;
    r = stage_open(&sc, e, "", now_us);
    if (!r)
        r = read_decay(&sc, reg->pack, ret);
    stage_done(&sc);
    return ERR_FOLD(r);
}

/* ---- a run ---- */

static const char *const tlp_words[] = {"clear", "green", "amber", "amber-strict", "red"};

int intel_mark_of(struct stage *sc, struct record *channel, unsigned *ret)
{
    json_t *v = NULL;
    int r = record_value(sc->e->store, channel, reg_field(channel->reg, "mark"), &v);

    *ret = TLP_RED;
    for (unsigned i = 0; !r && v && i < ARRAY_LEN(tlp_words); i++)
        if (!strcmp(json_string_value(v), tlp_words[i]))
            *ret = i;
    return r;
}

static bool copy_text(char ret[96], const char *text)
{
    return snprintf(ret, 96, "%s", text) < 96;
}

/* What the collection and the channel say, as the person sees them. */
static int look(struct stage *sc, const char *person, const char *collection, const char *channel, struct engine_import *ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct record *c, *h;
    int r = sight_of_person(sc, force_person(sc->e->force, person), &sight);

    if (!r)
        r = intel_record_in_sight(sc, sight, collection, HOLDS_INTEL_COLLECTIONS, &c);
    if (!r)
        r = intel_record_in_sight(sc, sight, channel, HOLDS_INTEL_CHANNELS, &h);
    if (!r)
        r = shelves_of(sc, c, ret->audiences) ?: intel_mark_of(sc, h, &ret->tlp);
    if (!r && (!copy_text(ret->collection, collection) || !copy_text(ret->person, person)))
        r = -EINVAL;
    return r;
}

/* The label of the record that it was taken out of, if any, joins its mark. 1: he does not see that record. */
static int look_at_source(struct stage *sc, struct engine_import *i)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct record *collection, *of;
    struct label label;
    int r;

    if (!*i->of)
        return 0;
    r = sight_of_person(sc, force_person(sc->e->force, i->person), &sight) ?: stage_record(sc, i->of, &of);
    if (!r && sight_of_record(sc, sight, of) != 1)
        return 1;
    if (!r)
        r = stage_record(sc, i->collection, &collection) ?: label_of(sc, of, &label);
    if (r)
        return r;
    i->tlp = MAX_OF(i->tlp, (unsigned)tlp_of(&of->reg->pack->tlp, &label));
    r = label_admits_no_more(sc, collection, of);
    return r < 0 ? r : r ? 0 : ENGINE_INTEL_E_READERS;
}

static int act_on(struct engine *e, struct log *log, const char *person, const char *reg, const char *step, const char *record, json_t *with,
                  unsigned measured, uint64_t now_us, json_t **ret_outcome)
{
    const struct act act = {.person = person, .reg = reg, .step = step, .record = record, .with = with, .signs = "", .measured = measured,
                            .tells_way = true, .now_us = now_us};
    int r = with ? engine_act(e, log, &act, ret_outcome) : -ENOMEM;

    if (r)
        return r;
    return strcmp(json_str(*ret_outcome, "result"), "allowed") ? ENGINE_INTEL_E_REFUSED : 0;
}

static int begin_run(struct engine *e, struct engine_import *i, uint64_t now_us)
{
    ROWS_AUTO *row = NULL;
    CLEANUP(buf_done) struct buf decay;
    int r = engine_decay(e, now_us, &i->decay);

    buf_init(&decay, DECAY_TEXT_MAX);
    if (r || (r = decay_print(&i->decay, &decay)))
        return ERR(r);
    r = STORE_ONE(e->store, &row, STMT_INTEL_RUN_NEXT);
    if (r)
        return store_failed(r);
    i->begun_us = (int64_t)now_us;
    i->run = rows_int(row, 0);
    if (i->run > STORE_INTEL_RUN_MAX)
        return -E2BIG;
    r = STORE_RUN(e->store, STMT_INTEL_RUN_BEGIN, V_INT(i->run), V_TEXT(i->record), V_TEXT(i->collection), V_TEXT(i->person), V_INT(i->tlp),
                  V_INT(i->audiences[0]), V_INT(i->audiences[1]), V_INT(i->audiences[2]), V_INT(now_us), V_STR(buf_str(&decay)), V_TEXT(i->of));
    return store_failed(r);
}

static json_t *inputs_of(const struct engine_proposal *what)
{
    json_t *with = json_pack("{s:s, s:s, s:s}", "collection", what->collection, "channel", what->channel, "source", what->source);

    if (with && *what->object && (json_put_str(with, "object", what->object) || json_put_str(with, "reason", what->reason))) {
        json_decref(with);
        return NULL;
    }
    return with;
}

int engine_import_begin(struct engine *e, struct log *log, const char *person, const struct engine_proposal *what, uint64_t now_us,
                        struct engine_import *ret, json_t **ret_outcome)
{
    const struct reg *reg = engine_holding(e, HOLDS_INTEL_IMPORTS, now_us);
    JSON_AUTO *with = inputs_of(what);
    struct stage sc;
    int r;

    *ret = (struct engine_import){0};
    if (!reg)
        return ENGINE_INTEL_E_NONE;
    r = act_on(e, log, person, reg->id, *what->object ? "withdraw" : "propose", "", with, 0, now_us, ret_outcome);
    if (r)
        return r;
    if (!copy_text(ret->record, json_str(*ret_outcome, "record")))
        return -EINVAL;
    r = stage_open(&sc, e, person, now_us);
    if (!r)
        r = look(&sc, person, what->collection, what->channel, ret);
    ret->tlp = MAX_OF(ret->tlp, MIN_OF(what->tlp, (unsigned)TLP_RED));
    if (!r)
        r = copy_text(ret->of, what->of) ? look_at_source(&sc, ret) : 1;
    stage_done(&sc);
    return r == 1 ? ENGINE_INTEL_E_NONE : r ? r : begin_run(e, ret, now_us);
}

int engine_import_find(struct store *s, int64_t run, const char *person, struct engine_import *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_RUN_READ, V_INT(run));

    if (r)
        return r == STORE_E_NONE ? ENGINE_INTEL_E_NONE : store_failed(r);
    *ret = (struct engine_import){.run = run, .tlp = (unsigned)rows_int(row, 4), .begun_us = rows_int(row, 8)};
    if (!decay_read(rows_str(row, 13), &ret->decay))
        return -EIO;
    for (unsigned i = 0; i < STORE_INTEL_LEVELS; i++)
        ret->audiences[i] = rows_int(row, 5 + (int)i);
    if (!copy_text(ret->record, rows_text(row, 0)) || !copy_text(ret->collection, rows_text(row, 1)) || !copy_text(ret->person, rows_text(row, 2)) ||
        !copy_text(ret->of, rows_text(row, 14)))
        return -EIO;
    if (person && strcmp(person, ret->person) != 0)
        return ENGINE_INTEL_E_NONE;
    return strcmp(rows_text(row, 3), "coming") ? ENGINE_INTEL_E_OVER : 0;
}

int engine_import_of_record(struct store *s, const char *record, struct engine_import *ret, char ret_state[16])
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_INTEL_RUN_OF_RECORD, V_TEXT(record));

    if (r)
        return r == STORE_E_NONE ? ENGINE_INTEL_E_NONE : store_failed(r);
    snprintf(ret_state, 16, "%s", rows_text(row, 3));
    r = engine_import_find(s, rows_int(row, 0), NULL, ret);
    return r == ENGINE_INTEL_E_OVER ? 0 : r;
}

/* ---- where it came from ---- */

int intel_text_of(struct stage *sc, struct record *r, const char *field, const char **ret)
{
    const struct field *f = reg_field(r->reg, field);
    json_t *v = NULL;
    int e = f ? record_value(sc->e->store, r, f, &v) : 0;

    *ret = !e && json_is_string(v) ? json_string_value(v) : "";
    return e;
}

int intel_flag_of(struct stage *sc, struct record *r, const char *field, bool *ret)
{
    const struct field *f = reg_field(r->reg, field);
    json_t *v = NULL;
    int e = f ? record_value(sc->e->store, r, f, &v) : 0;

    *ret = !e && json_is_true(v);
    return e;
}

/* 1: there is no such record. */
static int read_source(struct stage *sc, const char *import, struct engine_source *ret)
{
    struct record *i, *c;
    const char *channel, *credibility, *reliability;
    int r = stage_record(sc, import, &i);

    if (!r)
        r = intel_text_of(sc, i, "channel", &channel) ?: intel_text_of(sc, i, "credibility", &credibility);
    if (!r)
        r = stage_record(sc, channel, &c);
    if (!r)
        r = intel_text_of(sc, c, "reliability", &reliability) ?: intel_flag_of(sc, c, "own", &ret->is_own);
    if (r)
        return r;
    if (*reliability >= 'a' && *reliability <= 'f')
        ret->reliability = (char)(*reliability - 'a' + 'A');
    if (*credibility == 'c' && credibility[1] >= '1' && credibility[1] <= '6')
        ret->credibility = credibility[1];
    return copy_text(ret->channel, channel) ? 0 : -EINVAL;
}

int engine_intel_source(struct engine *e, int64_t run, uint64_t now_us, struct engine_source *ret)
{
    ROWS_AUTO *row = NULL;
    struct stage sc;
    int r = STORE_ONE(e->store, &row, STMT_INTEL_RUN_READ, V_INT(run));

    *ret = (struct engine_source){.is_own = false};
    if (r)
        return r == STORE_E_NONE ? ENGINE_INTEL_E_NONE : store_failed(r);
    r = stage_open(&sc, e, "", now_us);
    if (!r)
        r = read_source(&sc, rows_text(row, 0), ret);
    stage_done(&sc);
    return r == 1 ? ENGINE_INTEL_E_NONE : r;
}

int engine_import_root(struct engine *e, const char *import, struct buf *ret)
{
    struct stage sc;
    struct record *i;
    const char *root = "";
    int r = stage_open(&sc, e, "", engine_now(e));

    if (!r)
        r = stage_record(&sc, import, &i);
    if (!r)
        r = intel_text_of(&sc, i, "root", &root);
    if (!r)
        r = buf_add_text(ret, root);
    stage_done(&sc);
    return r == 1 ? ENGINE_INTEL_E_NONE : r;
}

/* ---- taking out ---- */

/* It is open, of that collection, on a shelf of it in sight, and was not taken out before. */
static int is_there(struct engine *e, const struct sight *sight, const char *collection, const struct engine_removed *at)
{
    ROWS_AUTO *run = NULL, *shelves = NULL, *removed = NULL;
    bool is_seen = false;
    int r = STORE_ONE(e->store, &run, STMT_INTEL_RUN_READ, V_INT(at->number >> 32));

    if (r)
        return r == STORE_E_NONE ? ENGINE_INTEL_E_NONE : store_failed(r);
    if (strcmp(rows_text(run, 1), collection) != 0 || strcmp(rows_text(run, 3), "open") != 0)
        return ENGINE_INTEL_E_NONE;
    r = STORE_QUERY(e->store, &shelves, STMT_INTEL_SHELVES_OF, V_TEXT(collection));
    while (!r && (r = rows_next(shelves)) == 1) {
        is_seen = is_seen || (rows_int(shelves, 0) == at->shelf && sight_may_see(sight, rows_int(shelves, 1)));
        r = 0;
    }
    if (r)
        return store_failed(r);
    r = is_seen ? STORE_ONE(e->store, &removed, STMT_INTEL_REMOVED_GET, V_INT(at->number)) : 0;
    return r == STORE_E_NONE ? 0 : r ? store_failed(r) : ENGINE_INTEL_E_NONE;
}

static int are_there(struct engine *e, const char *person, const char *collection, const struct engine_removed *at, size_t n, uint64_t now_us)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    enum release_answer answer;
    int level, r = engine_intel_level(e, person, collection, RELEASE_API, now_us, &level, &answer);

    if (!r && (!level || !n))
        r = ENGINE_INTEL_E_NONE;
    if (!r)
        r = engine_sight_at_most(e, person, level, now_us, &sight);
    for (size_t i = 0; !r && i < n; i++)
        r = is_there(e, sight, collection, &at[i]);
    return r;
}

/* Until when the bytes are kept. */
static int clear_of(struct engine *e, const struct reg *reg, uint64_t now_us, uint64_t *ret)
{
    const struct param *p = NULL;
    struct stage sc;
    int r = stage_open(&sc, e, "", now_us);

    if (!r)
        r = find_param(&sc, reg->pack, "clear-removed", "", PARAM_DURATION, &p);
    *ret = now_us + (!r && p ? (uint64_t)days_of(p->duration) * 86400 * 1000000u : 0);
    stage_done(&sc);
    return ERR_FOLD(r);
}

int engine_intel_remove(struct engine *e, struct log *log, const char *person, const char *collection, const char *id, const char *root,
                        const struct engine_removed *at, size_t n, uint64_t now_us, json_t **ret_outcome)
{
    const struct reg *reg = engine_holding(e, HOLDS_INTEL_REMOVALS, now_us);
    JSON_AUTO *with = json_pack("{s:s, s:s, s:I, s:s}", "collection", collection, "object", id, "objects", (json_int_t)n, "root", root);
    uint64_t clear_us = 0;
    int r = reg ? are_there(e, person, collection, at, n, now_us) : ENGINE_INTEL_E_NONE;

    if (!r)
        r = act_on(e, log, person, reg->id, "remove", "", with, MEASURED_PROGRAM, now_us, ret_outcome);
    if (!r)
        r = clear_of(e, reg, now_us, &clear_us);
    for (size_t i = 0; !r && i < n; i++)
        r = store_failed(STORE_RUN(e->store, STMT_INTEL_REMOVED_ADD, V_INT(at[i].number), V_INT(at[i].shelf), V_TEXT(json_str(*ret_outcome, "record")),
                                   V_INT(clear_us)));
    return r;
}

/* ---- its opening ---- */

/* A member row for each audience, which some levels may share. */
static int add_members(struct store *s, const struct engine_import *i, const struct intel_totals *t, int64_t opening, int64_t at_us)
{
    int r = 0;

    for (unsigned k = 0; !r && k < STORE_INTEL_LEVELS; k++) {
        int64_t n = 0;
        bool is_first = true;

        for (unsigned m = 0; m < STORE_INTEL_LEVELS; m++) {
            n += i->audiences[m] == i->audiences[k] ? t->levels[m] : 0;
            is_first = is_first && (m >= k || i->audiences[m] != i->audiences[k]);
        }
        if (is_first && n)
            r = STORE_RUN(s, STMT_INTEL_MEMBER_ADD, V_TEXT(i->collection), V_INT(i->audiences[k]), V_INT(opening), V_INT(i->run), V_INT(n),
                          V_INT(at_us));
    }
    return store_failed(r);
}

static int open_rows(struct store *s, const struct engine_import *i, const struct intel_totals *t, const char *root, uint64_t now_us)
{
    int64_t opening, at_us;
    int r = engine_next_opening(s, now_us, &opening, &at_us);

    if (!r)
        r = store_failed(STORE_RUN(s, STMT_INTEL_RUN_OPEN, V_INT(i->run), V_INT(opening), V_INT(at_us), V_INT(t->n_objects), V_TEXT(root)));
    return r ? r : add_members(s, i, t, opening, at_us);
}

static int reg_of_import(struct engine *e, const struct engine_import *i, const struct reg **ret)
{
    *ret = engine_reg_of_id(e, i->record);
    return *ret && (*ret)->holds == HOLDS_INTEL_IMPORTS ? 0 : ENGINE_INTEL_E_NONE;
}

/* What it was taken out of may have been raised since, or be read by fewer. */
static int look_again(struct engine *e, const struct engine_import *i, uint64_t now_us)
{
    struct engine_import now = *i;
    struct stage sc;
    int r;

    if (!*i->of)
        return 0;
    r = stage_open(&sc, e, i->person, now_us);
    if (!r)
        r = look_at_source(&sc, &now);
    stage_done(&sc);
    return r == 1 || (!r && now.tlp > i->tlp) ? ENGINE_INTEL_E_READERS : r;
}

int engine_import_open(struct engine *e, struct log *log, const char *person, const struct engine_import *i, const struct intel_totals *totals,
                       uint64_t left_out, uint64_t now_us, json_t **ret_outcome)
{
    struct digest_text root = digest_text(&totals->root);
    JSON_AUTO *with = NULL;
    const struct reg *reg;
    int r = reg_of_import(e, i, &reg) ?: look_again(e, i, now_us);

    if (r)
        return r;
    with = json_pack("{s:I, s:I, s:s}", "objects", (json_int_t)totals->n_objects, "left_out", (json_int_t)left_out, "root", root.at);
    r = act_on(e, log, person, reg->id, "open", i->record, with, MEASURED_PROGRAM, now_us, ret_outcome);
    return r ? r : open_rows(e->store, i, totals, root.at, now_us);
}

int engine_import_drop(struct engine *e, struct log *log, const char *person, const struct engine_import *i, uint64_t now_us, json_t **ret_outcome)
{
    JSON_AUTO *with = json_object();
    const struct reg *reg;
    int r = reg_of_import(e, i, &reg);

    r = r ? r : act_on(e, log, person, reg->id, "drop", i->record, with, 0, now_us, ret_outcome);
    return r ? r : store_failed(STORE_RUN(e->store, STMT_INTEL_RUN_DROP, V_INT(i->run)));
}
