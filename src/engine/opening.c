/* A record or a file of it is opened: found, asked for by the cap of the channel, by the reason where the register wants one, and entered before anything is shown
 * (O1, O2 of doc/design/ways-out.md). */
#include "engine/apply.h"
#include "engine/attachment.h"
#include "engine/fallen.h"
#include "engine/file.h"
#include "engine/holding.h"
#include "engine/label-of.h"
#include "engine/outcome.h"
#include "engine/reading.h"

/* `what`: "read", or a file's use with the file in `of`, which may be NULL. */
static int enter_read(struct stage *sc, struct log *log, const struct reg *reg, const char *record, const char *what, json_t *of,
                      const char *result, const json_t *clauses, const json_t *pii, struct log_place *place)
{
    const struct pack_slot *slot = engine_slot(sc->e, reg->pack);
    JSON_AUTO *actor = NULL;
    JSON_AUTO *in = sc->hand ? json_incref(of) : json_pack("{s:s}", "record", record);
    const struct appointment *held[1];
    const char *label = label_text(sc, reg, sc->hand);
    const char *act = arena_printf(sc->arena, "%s/%s", reg->id, what);
    struct log_leaf leaf = {.act = act, .case_id = sc->hand ? record : "", .from = "", .to = "", .label = label,
                            .rules = slot ? slot->hash : "", .result = result, .in = in};

    if (force_appointments(sc->e->force, sc->actor, sc->today, held, 1))
        sc->standing = (struct standing){STANDING_OWN, held[0]->post, held[0]->unit, ""};
    actor = actor_json(sc);
    if (!actor || !label || !act || (!sc->hand && !in))
        return -ENOMEM;
    leaf.actor = actor;
    leaf.clauses = json_array_size(clauses) ? clauses : NULL;
    leaf.pii = pii;
    return enter(sc, log, &leaf, place);
}

static const struct clause_list *refused_by(const struct reg *reg, const char *result)
{
    static const struct clause_list none;

    if (!strcmp(result, "asks"))
        return &reg->reads->clauses;
    if (!strcmp(result, "held-back"))
        return &reg->clauses;
    return reg->label ? &reg->label->clauses : &none;
}

static int refuse_read(struct stage *sc, struct log *log, const struct reg *reg, const char *record, const char *what, json_t *of,
                       const char *result, json_t **ret)
{
    JSON_AUTO *clauses = clauses_json(refused_by(reg, result));
    struct log_place place;
    int r = clauses ? enter_read(sc, log, reg, record, what, of, "refused", clauses, NULL, &place) : -ENOMEM;

    if (r)
        return r;
    *ret = json_pack("{s:s, s:s, s:s, s:O}", "result", result, "reg", reg->id, "record", record, "clauses", clauses);
    return outcome_placed(&place, ret);
}

/* Not there, or not for him: he cannot tell which. */
static int read_unseen(struct stage *sc, struct log *log, const char *record, json_t **ret)
{
    const struct reg *reg = sc->actor && outcome_may_name(record) ? engine_reg_of_id(sc->e, record) : NULL;

    bool is_open = reg && reg_is_open_to(sc, reg, sc->actor);

    if (!reg || (is_open && !reg->reads_recorded)) {
        *ret = outcome("unknown");
        return *ret ? 0 : -ENOMEM;
    }
    return refuse_read(sc, log, reg, record, "read", NULL, is_open ? "unknown" : "forbidden", ret);
}

/* A page asks him; a program is refused, and can say it with the next try. */
static int ask_why(struct stage *sc, struct log *log, enum release_channel channel, const char *what, json_t *of, json_t **ret)
{
    const struct reg *reg = sc->hand->reg;
    JSON_AUTO *clauses = NULL;

    if (channel == RELEASE_API)
        return refuse_read(sc, log, reg, sc->hand->id, what, of, "asks", ret);
    if (!(clauses = clauses_json(&reg->reads->clauses)))
        return -ENOMEM;
    *ret = json_pack("{s:s, s:s, s:s, s:O}", "result", "asks", "reg", reg->id, "record", sc->hand->id, "clauses", clauses);
    return *ret ? 0 : -ENOMEM;
}

/* {"asked": {"case": bool}} of what he says now, or said before; *ret_of NULL: the register asks nothing. 1: that is answered otherwise. */
static int know_why(struct stage *sc, struct log *log, const struct opening *opening, json_t **ret_of, json_t **ret_pii, json_t **ret)
{
    const struct reads_rule *rule = sc->hand->reg->reads;
    JSON_AUTO *asked = NULL;
    JSON_AUTO *said = NULL;
    int r;

    if (!rule)
        return 0;
    if (opening->is_aside) {
        *ret_of = json_pack("{s:b}", "aside", 1);
        return *ret_of ? 0 : -ENOMEM;
    }
    if (opening->purpose && (r = reading_take(opening->purpose, rule->asks_case ? opening->case_ref : NULL, &said))) {
        if (r > 0 && !(*ret = json_pack("{s:s, s:[{s:s}]}", "result", "invalid", "fields", "field", "purpose")))
            r = -ENOMEM;
        return r;
    }
    if (said) {
        r = reading_keep(sc, opening->channel, said, ret_pii);
        if (!r && !(asked = json_pack("{s:b}", "case", *json_str(said, "case") != '\0')))
            r = -ENOMEM;
    } else if ((r = reading_holds(sc, opening->channel, &asked)) > 0) {
        r = ask_why(sc, log, opening->channel, "read", NULL, ret);
        return r ? r : 1;
    }
    if (!r && !(*ret_of = json_pack("{s:O}", "asked", asked)))
        r = -ENOMEM;
    return r;
}

static int read_seen(struct stage *sc, struct log *log, const struct sight *sight, const struct opening *opening, json_t **ret)
{
    const struct reg *reg = sc->hand->reg;
    enum release_answer leaves;
    JSON_AUTO *of = NULL;
    JSON_AUTO *pii = NULL;
    struct log_place place;
    int r = release_record(sc, sight, opening->channel, sc->hand, &leaves);

    if (r)
        return r;
    if (leaves != RELEASE_ALLOWED)
        return refuse_read(sc, log, reg, sc->hand->id, "read", NULL, leaves == RELEASE_SHUT ? "shut" : "too-high", ret);
    if ((r = reading_is_entered(sc, sc->hand)) <= 0) {
        if (!r && !(*ret = outcome("quiet")))
            r = -ENOMEM;
        return r;
    }
    if ((r = know_why(sc, log, opening, &of, &pii, ret)))
        return MIN_OF(r, 0);
    if ((r = enter_read(sc, log, reg, sc->hand->id, opening->only_says ? "read-for" : "read", of, "recorded", NULL, pii, &place)))
        return r;
    *ret = json_pack("{s:s, s:s, s:s, s:[]}", "result", "recorded", "reg", reg->id, "record", sc->hand->id, "clauses");
    return outcome_placed(&place, ret);
}

/* 1: it is not there, or not in sight. */
static int find_seen(struct stage *sc, const char *record, struct sight **ret_sight)
{
    int r = stage_seen(sc, record, ret_sight), found;

    /* The entry says which one it was: whoever reads the ledger may know. */
    if (r == 1 && !sc->hand && (found = stage_record(sc, record, &sc->hand)) < 0)
        r = found;
    return r;
}

static int read_record(struct stage *sc, struct log *log, const struct opening *opening, json_t **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    int r = find_seen(sc, opening->record, &sight);

    if (r < 0)
        return r;
    return r ? read_unseen(sc, log, opening->record, ret) : read_seen(sc, log, sight, opening, ret);
}

int engine_read(struct engine *e, struct log *log, const struct opening *opening, json_t **ret_outcome)
{
    struct stage sc;
    int r = stage_open(&sc, e, opening->person, opening->now_us);

    if (!r)
        r = read_record(&sc, log, opening, ret_outcome);
    stage_done(&sc);
    return r;
}

/* ---- its files ---- */

#define FILE_CHANNELS 2
static const enum release_channel file_channels[][FILE_CHANNELS] = {
    [FILE_OPEN] = {RELEASE_FILE, RELEASE_FILE}, [FILE_FETCH] = {RELEASE_FILE, RELEASE_API}, [FILE_PREVIEW] = {RELEASE_PAGE, RELEASE_PAGE}};

/* Those that differ, each asked once. */
static size_t n_channels(const enum release_channel *channels)
{
    return channels[0] == channels[1] ? 1 : FILE_CHANNELS;
}

static void ask_bytes(struct stage *sc, const struct label *label, enum release_seen seen, const enum release_channel *channels, enum release_answer *ret)
{
    for (size_t i = 0; *ret == RELEASE_ALLOWED && i < n_channels(channels); i++) {
        struct release_question q = release_ask(sc->e, sc->hand->reg->pack, channels[i]);

        q.label = label;
        q.seen = seen;
        *ret = release_decide(&q);
    }
}

/* Whoever reads the record reads bytes, too, that it holds as something higher than itself, or others for fewer readers, or of a higher class since. */
static int release_bytes(struct stage *sc, const struct attachment *a, const enum release_channel *channels, enum release_answer *ret)
{
    struct holding_asked held;
    struct label as;
    int r = label_held_as(sc, sc->hand, &as);

    if (!r)
        ask_bytes(sc, &as, RELEASE_MEASURED, channels, ret);
    r = r < 0 ? r : holding_asks(sc, sc->actor, a->id, a->record, &held);
    if (!r && held.is_held)
        ask_bytes(sc, &held.label, held.admits ? RELEASE_MEASURED : RELEASE_OUTSIDE, channels, ret);
    return r;
}

/* The record that the file is of, as its field says, also where another one was corrected into its place. "": it is of the one that holds it. */
static int file_is_of(struct stage *sc, const char *file, const char **ret)
{
    const char *name;
    json_t *commit;
    int r = 0;

    *ret = "";
    json_object_foreach (sc->hand->commits, name, commit) {
        const struct field *f = record_field(sc->arena, sc->hand->reg, name);
        json_t *v = NULL;

        if (r || !f || f->type != FIELD_FILE || !f->of)
            continue;
        r = record_value(sc->e->store, sc->hand, f, &v);
        if (!r && !strcmp(json_str(v, "id"), file))
            *ret = json_str(sc->hand->values, f->of->id);
    }
    return r;
}

/* What the file is of is asked as it stands by now. RELEASE_UNSEEN: nobody is told that there is one. */
static int release_of(struct stage *sc, const struct sight *sight, const struct attachment *a, const enum release_channel *channels, enum release_answer *ret)
{
    const char *id;
    struct record *of;
    int r = file_is_of(sc, a->id, &id);

    if (r || !*id)
        return r;
    if ((r = stage_record(sc, id, &of)) > 0)
        *ret = RELEASE_UNSEEN;
    for (size_t i = 0; !r && *ret == RELEASE_ALLOWED && i < n_channels(channels); i++)
        r = release_record(sc, sight, channels[i], of, ret);
    return MIN_OF(r, 0);
}

/* What is asked of the file and its record, whoever asks; NULL: nothing is in the way. */
static const char *kept_in(const struct record *r, const struct attachment *a)
{
    if (!strcmp(a->state, "infected"))
        return "infected";
    return reg_hands_out(r->reg, r->state) ? NULL : "held-back";
}

static int open_file(struct stage *sc, struct log *log, const struct sight *sight, const struct attachment *a, enum file_use use, json_t **ret)
{
    const char *act = use == FILE_PREVIEW ? "file-preview" : "file-open";
    const struct reg *reg = sc->hand->reg;
    JSON_AUTO *of = json_pack("{s:I, s:I}", "file", (json_int_t)a->n, "size", (json_int_t)a->size);
    const enum release_channel *channels = file_channels[use];
    const char *kept = kept_in(sc->hand, a);
    enum release_answer answer = RELEASE_ALLOWED;
    struct log_place place;
    JSON_AUTO *asked = NULL;
    int r = of ? 0 : -ENOMEM;

    if (!r && (r = fallen_tells_file(sc, sight, sc->hand, a->id)) >= 0) {
        answer = r ? RELEASE_ALLOWED : RELEASE_UNSEEN;
        r = 0;
    }
    if (!r && answer == RELEASE_ALLOWED)
        r = release_of(sc, sight, a, channels, &answer);
    if (!r && answer == RELEASE_UNSEEN)
        return refuse_read(sc, log, reg, sc->hand->id, act, of, "unknown", ret);
    for (size_t i = 0; !r && answer == RELEASE_ALLOWED && i < n_channels(channels); i++)
        r = release_record(sc, sight, channels[i], sc->hand, &answer);
    if (r)
        return r;
    if (reg->reads && (r = reading_holds(sc, use == FILE_FETCH ? RELEASE_API : RELEASE_PAGE, &asked)))
        return r < 0 ? r : ask_why(sc, log, use == FILE_FETCH ? RELEASE_API : RELEASE_PAGE, act, of, ret);
    if (kept && use != FILE_PREVIEW)
        return refuse_read(sc, log, reg, sc->hand->id, act, of, kept, ret);
    if (answer == RELEASE_SHUT)
        return refuse_read(sc, log, reg, sc->hand->id, act, of, "shut", ret);
    if (answer == RELEASE_ALLOWED && (r = release_bytes(sc, a, channels, &answer)))
        return r;
    if (answer != RELEASE_ALLOWED)
        return refuse_read(sc, log, reg, sc->hand->id, act, of, "too-high", ret);
    if ((r = enter_read(sc, log, reg, sc->hand->id, act, of, "recorded", NULL, NULL, &place)))
        return r;
    *ret = json_pack("{s:s, s:s, s:s, s:b}", "result", "recorded", "reg", reg->id, "record", sc->hand->id, "held", !reg_hands_out(reg, sc->hand->state));
    return outcome_placed(&place, ret);
}

static int find_and_open(struct stage *sc, struct log *log, const char *record, const char *file, enum file_use use, json_t **ret)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    CLEANUP(sight_freep) struct sight *sight = NULL;
    int r = find_seen(sc, record, &sight);

    if (r)
        return r < 0 ? r : read_unseen(sc, log, record, ret);
    if ((r = attachment_get(sc->e->store, file, &a)) < 0)
        return r;
    if (!r && !strcmp(a.record, sc->hand->id) && strcmp(a.state, "gone") != 0)
        return open_file(sc, log, sight, &a, use, ret);
    *ret = outcome("unknown");
    return *ret ? 0 : -ENOMEM;
}

int engine_file_open(struct engine *e, struct log *log, const char *person, const char *record, const char *file, enum file_use use,
                     uint64_t now_us, json_t **ret_outcome)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    if (!r)
        r = find_and_open(&sc, log, record, file, use, ret_outcome);
    stage_done(&sc);
    return r;
}
