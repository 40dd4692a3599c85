#include "engine/reading-day.h"

#include "engine/apply.h"
#include "engine/ref.h"
#include "ledger/leaf.h"

#define PAGE 500

/* ---- when ---- */

int reading_day_arm(struct stage *sc, uint64_t now_us)
{
    int r = 0;

    for (size_t i = 0; !r && i < sc->e->n_packs; i++) {
        const struct pack *p = sc->e->packs[i].pack;
        char *record = arena_printf(sc->arena, "pack:%s", p->id);

        if (!record)
            return -ENOMEM;
        for (size_t k = 0; !r && k < p->n_regs; k++) {
            ROWS_AUTO *row = NULL;

            if (!p->regs[k].reads || !p->regs[k].reads->daily)
                continue;
            r = STORE_ONE(sc->e->store, &row, STMT_TIMER_GET, V_TEXT(record), V_TEXT(READING_DAY), V_TEXT(p->regs[k].id));
            if (r == STORE_E_NONE)
                r = STORE_RUN(sc->e->store, STMT_TIMER_SET, V_TEXT(record), V_TEXT(READING_DAY), V_TEXT(p->regs[k].id),
                              V_INT(instant_of_day(day_of_instant(now_us) + 1)), V_INT(0));
        }
    }
    return store_failed(r);
}

/* ---- counting ---- */

struct day {
    struct engine *e;
    struct stage *sc; /* of the day's end */
    const struct reg *reg;
    const struct param *hours; /* NULL: the pack has none */
    uint64_t from_us, to_us;
    const char *mark;          /* what the bytes of an entry of a reading hold */
    json_t *readers;           /* {person: {"opened", "no_case", "off_hours", "first", "last", "of": {record: times}}} */
};

static int count_up(json_t *o, const char *name, bool is_so)
{
    return is_so ? json_put_int(o, name, json_int(o, name) + 1) : 0;
}

static json_t *member_of(json_t *o, const char *name)
{
    json_t *v = json_object_get(o, name);

    if (!v && (v = json_object()) && json_object_set_new(o, name, v))
        return NULL;
    return v;
}

static int count_reading(struct day *d, const struct leaf *leaf)
{
    const json_t *asked = json_obj(leaf->in, "asked");
    json_t *one, *of;
    int r;

    if (!leaf->case_id || strcmp(leaf->result, "recorded") != 0 || json_flag(leaf->in, "aside") || !*json_str(leaf->actor, "id"))
        return 0;
    if (!(one = member_of(d->readers, json_str(leaf->actor, "id"))) || !(of = member_of(one, "of")))
        return -ENOMEM;
    if ((r = count_up(one, "opened", true)) || (r = count_up(one, "no_case", !json_flag(asked, "case") && !json_flag(asked, "acted"))) ||
        (r = count_up(one, "off_hours", d->hours && is_off_hours(d->sc, d->hours, leaf->t_us))) || (r = count_up(of, leaf->case_id, true)))
        return r;
    if (!json_object_get(one, "first") && (r = json_put_int(one, "first", (json_int_t)leaf->t_us)))
        return r;
    return json_put_int(one, "last", (json_int_t)leaf->t_us);
}

static int count_row(struct day *d, struct str bytes)
{
    JSON_AUTO *json = NULL;
    struct leaf leaf;
    int r;

    if (!memmem(bytes.at, bytes.len, d->mark, strlen(d->mark)))
        return 0;
    if ((r = leaf_parse(bytes, &leaf, &json, NULL)))
        return r < 0 ? r : -EBADMSG;
    return count_reading(d, &leaf);
}

/* The first entry of a shard of `size` that is not older than `from_us`: times never fall. */
static int first_since(struct store *s, int64_t shard, int64_t size, uint64_t from_us, int64_t *ret)
{
    int64_t low = 0, high = size;

    while (low < high) {
        int64_t mid = low + (high - low) / 2;
        ROWS_AUTO *row = NULL;
        int r = STORE_ONE(s, &row, STMT_ENTRY_GET, V_INT(shard), V_INT(mid));

        if (r)
            return store_failed(r);
        if ((uint64_t)rows_int(row, 0) < from_us)
            low = mid + 1;
        else
            high = mid;
    }
    *ret = low;
    return 0;
}

static int count_shard(struct day *d, int64_t shard, int64_t size)
{
    int64_t at = size;
    int r = first_since(d->e->store, shard, size, d->from_us, &at);

    while (!r && at < size) {
        ROWS_AUTO *rows = NULL;

        r = store_failed(STORE_QUERY(d->e->store, &rows, STMT_ENTRY_RANGE, V_INT(shard), V_INT(at), V_INT(at + PAGE)));
        while (!r && (r = rows_next(rows)) > 0) {
            if ((uint64_t)rows_int(rows, 1) >= d->to_us)
                return 0;
            r = count_row(d, rows_blob(rows, 2));
        }
        at += PAGE;
    }
    return r;
}

static int count_all(struct day *d)
{
    ROWS_AUTO *heads = NULL;
    int64_t shards[64][2];
    size_t n = 0;
    int r = store_failed(STORE_QUERY(d->e->store, &heads, STMT_HEAD_LIST));

    while (!r && (r = rows_next(heads)) > 0) { /* the newest of them, where there are more */
        shards[n % ARRAY_LEN(shards)][0] = rows_int(heads, 0);
        shards[n++ % ARRAY_LEN(shards)][1] = rows_int(heads, 2);
        r = 0;
    }
    for (size_t i = 0; !r && i < MIN_OF(n, ARRAY_LEN(shards)); i++)
        r = count_shard(d, shards[i][0], shards[i][1]);
    return r;
}

/* ---- entering ---- */

static const struct field *column(const struct field *group, enum field_type type)
{
    for (size_t i = 0; i < group->n_fields; i++)
        if (group->fields[i].type == type)
            return &group->fields[i];
    return NULL;
}

static json_t *rows_of(const struct field *group, json_t *of)
{
    const struct field *record = column(group, FIELD_RECORD), *times = column(group, FIELD_NUMBER);
    JSON_AUTO *rows = json_array();
    const char *id;
    json_t *n;

    json_object_foreach (of, id, n)
        if (!rows || (json_array_size(rows) < group->max && json_array_append_new(rows, json_pack("{s:s, s:O}", record->id, id, times->id, n))))
            return NULL;
    return TAKE(rows);
}

static json_t *value_of(const struct day *d, enum reads_field which, const struct field *f, const char *person, json_t *one)
{
    static const char *const counts[READS_FIELDS] = {[READS_OPENED] = "opened", [READS_NO_CASE] = "no_case", [READS_OFF_HOURS] = "off_hours"};
    const struct person *p = force_person(d->e->force, person);
    const struct unit *home;

    switch (which) {
    case READS_PERSON:
        return json_string(person);
    case READS_UNIT:
        home = p ? force_home(d->e->force, p, day_of_instant(d->from_us)) : NULL;
        return home ? json_string(home->id) : json_null();
    case READS_DAY:
        return day_json(day_of_instant(d->from_us));
    case READS_RECORDS:
        return json_integer((json_int_t)json_object_size(json_obj(one, "of")));
    case READS_FIRST:
        return instant_json((uint64_t)json_int(one, "first"));
    case READS_LAST:
        return instant_json((uint64_t)json_int(one, "last"));
    case READS_ROWS:
        return rows_of(f, json_object_get(one, "of"));
    default:
        return json_integer(json_int(one, counts[which]));
    }
}

static int fill(const struct day *d, struct stage *sc, const char *person, json_t *one, json_t *values)
{
    const struct reads_rule *rule = d->reg->reads;

    for (unsigned i = 0; i < READS_FIELDS; i++) {
        const struct field *f = rule->fields[i];
        json_t *v = f ? value_of(d, (enum reads_field)i, f, person, one) : NULL;
        int r;

        if (!f || json_is_null(v))
            continue;
        if (!v || json_object_set_new(values, f->id, v))
            return -ENOMEM;
        if ((r = record_set(sc->hand, f, v, NULL)))
            return r;
    }
    return 0;
}

static int enter_one(const struct day *d, struct stage *sc, struct log *log, const char *person, json_t *one)
{
    const struct step *st = d->reg->reads->daily;
    JSON_AUTO *values = json_object();
    struct deed deed = {0};
    uint8_t *truth;
    int r = values ? stage_new_record(sc, st->procedure->reg, &sc->hand) : -ENOMEM;

    sc->procedure = st->procedure;
    if (r || (r = fill(d, sc, person, one, values)) || (r = gather_steps(sc, st->act, &truth)))
        return r;
    if (!(r = deed_open(&deed, sc, log))) {
        deed.act = sc->act_name = arena_printf(sc->arena, "%s/%s", st->procedure->reg->id, st->act);
        deed.result = "allowed";
        deed.due_us = d->to_us;
        r = deed.act ? deed_step(&deed, st, NULL, values, truth) : -ENOMEM;
    }
    if (!r)
        r = deed_finish(&deed);
    deed_done(&deed);
    return r;
}

static int enter_all(const struct day *d, struct log *log, uint64_t now_us)
{
    const char *person;
    json_t *one;
    int r = 0;

    json_object_foreach (d->readers, person, one) {
        struct stage sc;

        r = stage_open(&sc, d->e, "", d->to_us);
        sc.entry_us = now_us;
        sc.measured = MEASURED_PROGRAM;
        if (!r)
            r = enter_one(d, &sc, log, person, one);
        stage_done(&sc);
        if (r)
            break;
    }
    return r;
}

int reading_day_fire(struct engine *e, struct log *log, const char *reg, uint64_t due_us, uint64_t now_us)
{
    int32_t day = day_of_instant(due_us - 1);
    struct day d = {.e = e, .reg = engine_reg_on(e, reg, day), .from_us = instant_of_day(day), .to_us = due_us};
    struct stage sc;
    int r;

    if (!d.reg || !d.reg->reads || !d.reg->reads->daily)
        return 0; /* a text that asks nothing any more, or did not yet */
    r = stage_open(&sc, e, "", due_us);
    d.sc = &sc;
    d.hours = pack_param(d.reg->pack, OFFICE_HOURS);
    d.mark = r ? NULL : arena_printf(sc.arena, "\"%s/read\"", d.reg->id);
    d.readers = json_object();
    if (!r)
        r = d.mark && d.readers ? count_all(&d) : -ENOMEM;
    if (!r)
        r = enter_all(&d, log, now_us);
    json_decref(d.readers);
    stage_done(&sc);
    return r;
}
