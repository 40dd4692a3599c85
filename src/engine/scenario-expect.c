/* What a scenario expects of records, notices and locks. */
#include "engine/digest.h"
#include "engine/label-of.h"
#include "engine/notice.h"
#include "engine/ref.h"
#include "engine/roles.h"
#include "engine/scenario-play.h"

#include <stdio.h>
#include <stdlib.h>

#define NOTICES_MAX 2000
#define PAGE 500

/* ---- comparing what is written with what is stored ---- */

static bool same_text(const json_t *have, const char *wanted)
{
    struct when a = when_of(have);
    uint64_t us;
    char number[32];

    if (json_is_string(have) && !strcmp(json_string_value(have), wanted))
        return true;
    if (a.kind == WHEN_INSTANT && !instant_parse(str_of(wanted), &us))
        return a.us == us;
    if (json_is_boolean(have))
        return !strcmp(wanted, json_is_true(have) ? "yes" : "no");
    snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(have));
    return json_is_integer(have) && !strcmp(wanted, number);
}

/* Trees no deeper than the reader lets them be. */
static bool fits(const json_t *have, const json_t *wanted)
{
    const char *key;
    json_t *v;

    if (json_is_string(wanted) && !*json_string_value(wanted))
        return !have;
    if (json_is_string(wanted) && json_is_array(have))
        return json_array_size(have) == 1 && fits(json_array_get(have, 0), wanted);
    if (json_is_string(wanted))
        return same_text(have, json_string_value(wanted));
    if (json_is_array(wanted)) {
        if (json_array_size(have) != json_array_size(wanted))
            return false;
        for (size_t i = 0; i < json_array_size(wanted); i++)
            if (!fits(json_array_get(have, i), json_array_get(wanted, i)))
                return false;
        return true;
    }
    json_object_foreach((json_t *)(uintptr_t)wanted, key, v) {
        if (!fits(json_object_get(have, key), v))
            return false;
    }
    return json_is_object(wanted);
}

static void say_value(const json_t *v, char *out, size_t size)
{
    char *text = v ? json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

    snprintf(out, size, "%s", text ? text : "nothing");
    free(text);
}

static int check_fields(struct scenario_play *p, struct stage *sc, struct record *r, const json_t *fields, bool say, bool *ret_fits)
{
    JSON_AUTO *wanted = NULL;
    const char *key;
    json_t *v;
    int e = play_resolve_json(p, fields, &wanted);

    if (!e && wanted)
        e = play_digests(r->reg, wanted);
    *ret_fits = true;
    json_object_foreach(wanted, key, v) {
        const struct field *f = reg_field(r->reg, key);
        char have[400], want[400];
        JSON_AUTO *shown = NULL;
        json_t *value = NULL;

        if (!e && f)
            e = record_value(p->store, r, f, &value);
        if (!e && value)
            e = digest_show(sc, false, r, f, value, &shown);
        if (e || (f && (fits(shown, v) || fits(value, v)))) /* or what stands for it, of another record */
            continue;
        *ret_fits = false;
        say_value(shown, have, sizeof(have));
        say_value(v, want, sizeof(want));
        if (say)
            play_fail(p, MSG_PLAY_FIELD, {"record", str_of(r->id)}, {"field", str_of(key)}, {"want", str_of(want)}, {"have", str_of(have)});
    }
    return e;
}

/* ---- records ---- */

static void check_keep(struct scenario_play *p, const struct record *r, int32_t wanted)
{
    CLEANUP(buf_done) struct buf have = {0};
    CLEANUP(buf_done) struct buf want = {0};

    buf_init(&have, 32);
    buf_init(&want, 32);
    if (r->keep_until_day == wanted)
        return;
    IGNORE(day_print_iso(wanted, &want), "shown as nothing");
    if (r->keep_until_day != DAY_NONE)
        IGNORE(day_print_iso((int32_t)r->keep_until_day, &have), "shown as nothing");
    if (have.len)
        play_fail(p, MSG_PLAY_KEEP, {"record", str_of(r->id)}, {"want", buf_str(&want)}, {"have", buf_str(&have)});
    else
        play_fail(p, MSG_PLAY_KEEP_NONE, {"record", str_of(r->id)}, {"want", buf_str(&want)});
}

static int check_label(struct scenario_play *p, struct stage *sc, const struct record *r, const char *wanted)
{
    const char *have = label_text(sc, r->reg, r);

    if (!have)
        return -ENOMEM;
    if (strcmp(have, wanted) != 0)
        play_fail(p, MSG_PLAY_LABEL, {"record", str_of(r->id)}, {"want", str_of(wanted)}, {"have", str_of(have)});
    return 0;
}

static int expect_record(struct scenario_play *p, const struct scene *a, struct stage *sc, const char *id)
{
    struct record *r;
    bool all;
    int e = stage_record(sc, id, &r);

    if (e) {
        play_fail(p, MSG_PLAY_NONE, {"record", str_of(id)});
        return MIN_OF(e, 0);
    }
    if (*a->state && strcmp(a->state, r->state) != 0)
        play_fail(p, MSG_PLAY_STATE, {"record", str_of(id)}, {"want", str_of(a->state)}, {"have", str_of(r->state)});
    if (*a->label && (e = check_label(p, sc, r, a->label)))
        return e;
    if (a->has_keep_until)
        check_keep(p, r, a->keep_until_day);
    return check_fields(p, sc, r, a->fields, true, &all);
}

/* `last`: the record counted last. */
static int count_in_state(struct scenario_play *p, const struct scene *a, struct stage *sc, const char *state,
                          int64_t *count, const char **last)
{
    char behind[128] = "";
    size_t n;

    do {
        ROWS_AUTO *rows = NULL;
        int e = STORE_QUERY(p->store, &rows, STMT_RECORD_IN_STATE, V_TEXT(a->reg), V_TEXT(state), V_TEXT(behind),
                            V_INT(PAGE));

        if (e)
            return store_failed(e);
        for (n = 0; (e = rows_next(rows)) > 0; n++) {
            struct record *r;
            bool all;

            snprintf(behind, sizeof(behind), "%s", rows_text(rows, 0));
            if ((e = stage_record(sc, behind, &r)))
                return MIN_OF(e, 0);
            if ((e = check_fields(p, sc, r, a->where, false, &all)))
                return e;
            *count += all;
            *last = all ? r->id : *last;
        }
        if (e < 0)
            return e;
    } while (n == PAGE);
    return 0;
}

static int expect_records(struct scenario_play *p, const struct scene *a, struct stage *sc)
{
    const struct reg *reg = engine_reg_on(p->engine, a->reg, sc->today);
    const char *last = "";
    int64_t count = 0;
    int e = 0;

    if (!reg) {
        play_fail(p, MSG_PLAY_REGISTER, {"register", str_of(a->reg)});
        return 0;
    }
    for (size_t i = 0; !e && i < a->in.n; i++)
        e = count_in_state(p, a, sc, a->in.at[i], &count, &last);
    for (size_t i = 0; !e && !a->in.n && i < reg->procedure->n_states; i++)
        e = count_in_state(p, a, sc, reg->procedure->states[i].id, &count, &last);
    if (!e && count != a->count)
        play_fail(p, MSG_PLAY_COUNT, {"want", INTEGER(a->count)}, {"register", str_of(a->reg)}, {"have", INTEGER(count)});
    else if (!e && *a->name)
        e = json_put_str(p->names, a->name, last);
    return e;
}

/* ---- notices and locks ---- */

static bool is_about(const char *kind, const char *about)
{
    const char *bang = strchr(kind, '!');

    return !strcmp(kind, about) || (bang && !strcmp(bang + 1, about));
}

/* What its receiver reads now, with the places filled as far as he sees the records. 1: it says so. */
static int says_it(struct stage *sc, const struct scene *a, const struct person *who,
                   struct rows *row)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    JSON_AUTO *text = NULL;
    JSON_AUTO *words = NULL;
    struct record *r = NULL;
    int e = json_parse(rows_str(row, 7), JSON_LIMITS_DEFAULT, &text, NULL);

    if (e > 0)
        return -EBADMSG;
    if (!e && !(e = sight_of_person(sc, who, &sight)))
        e = *rows_text(row, 4) ? stage_record(sc, rows_text(row, 4), &r) : 1;
    if (e < 0)
        return e;
    if (e || !sight_of_record(sc, sight, r))
        r = NULL;
    e = notice_words(sc, &(struct notice_reader){.sight = sight},
                     (struct text2){json_str(text, "ja"), json_str(text, "en")}, r, &words);
    return e ? e : strstr(json_str(words, "ja"), a->says) != NULL;
}

static int expect_notice(struct scenario_play *p, const struct scene *a, struct stage *sc)
{
    const struct person *who = force_person(engine_force(p->engine), a->to);
    CLEANUP(buf_done) struct buf day = {0}, says = {0};
    ROWS_AUTO *rows = NULL;
    bool wanted = a->kind == SCENE_EXPECT_NOTICE;
    int64_t found = 0;
    int e;

    if (!who) {
        play_fail(p, MSG_PLAY_PERSON, {"person", str_of(a->to)});
        return 0;
    }
    e = STORE_QUERY(p->store, &rows, STMT_NOTICE_FOR, V_TEXT(a->to), V_INT(INT64_MAX),
                    V_INT(NOTICES_MAX));
    buf_init(&day, 32);
    if (e)
        return store_failed(e);
    while ((e = rows_next(rows)) > 0) {
        int is_said = is_about(rows_text(rows, 5), a->about) &&
                   day_of_instant((uint64_t)rows_int(rows, 3)) == a->on_day;

        if (is_said && *a->says && (is_said = says_it(sc, a, who, rows)) < 0)
            return is_said;
        found += is_said;
    }
    if (e < 0 || (e = day_print_iso(a->on_day, &day)))
        return e;
    buf_init(&says, 1024);
    if (*a->says && (e = message_print(&says, p->lang, MSG_PLAY_SAYS, {"words", str_of(a->says)})) < 0 && e != -ENOSPC)
        return e;
    if (found && a->count && found != a->count)
        play_fail(p, MSG_PLAY_NOTICES, {"want", INTEGER(a->count)}, {"about", str_of(a->about)}, {"to", str_of(a->to)}, {"day", buf_str(&day)},
                  {"says", buf_str(&says)}, {"have", INTEGER(found)});
    else if ((found > 0) != wanted)
        play_fail(p, wanted ? MSG_PLAY_NOTICE : MSG_PLAY_NO_NOTICE, {"about", str_of(a->about)}, {"to", str_of(a->to)}, {"day", buf_str(&day)},
                  {"says", buf_str(&says)});
    return 0;
}

static int expect_lock(struct scenario_play *p, const struct scene *a, const char *of)
{
    ROWS_AUTO *rows = NULL;
    bool found = false, wanted = a->kind == SCENE_EXPECT_LOCKED;
    int e = STORE_QUERY(p->store, &rows, STMT_LOCK_LIST, V_TEXT(of));

    if (e)
        return store_failed(e);
    while ((e = rows_next(rows)) > 0)
        found |= !strcmp(rows_text(rows, 0), a->lock);
    if (found != wanted)
        play_fail(p, wanted ? MSG_PLAY_LOCKED : MSG_PLAY_UNLOCKED, {"record", str_of(of)}, {"lock", str_of(a->lock)});
    return e;
}

static int expect_with(struct scenario_play *p, const struct scene *a, struct stage *sc)
{
    CLEANUP(buf_done) struct buf id = {0};
    int e;

    buf_init(&id, 4096);
    switch (a->kind) {
    case SCENE_EXPECT_NOTICE:
    case SCENE_EXPECT_NO_NOTICE:
        return expect_notice(p, a, sc);
    case SCENE_EXPECT_RECORDS:
        return expect_records(p, a, sc);
    default:
        break;
    }
    e = play_resolve(p, a->kind == SCENE_EXPECT_RECORD ? a->on : a->of, &id);
    if (e)
        return MIN_OF(e, 0);
    if (a->kind == SCENE_EXPECT_RECORD)
        return expect_record(p, a, sc, id.at);
    return expect_lock(p, a, id.at);
}

int play_expect(struct scenario_play *p, const struct scene *a)
{
    struct stage sc;
    int e = stage_open(&sc, p->engine, "", p->now_us);

    if (!e)
        e = expect_with(p, a, &sc);
    stage_done(&sc);
    return e;
}
