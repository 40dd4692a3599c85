#include "engine/replay.h"

#include "base/tell.h"

#include "engine/apply.h"
#include "engine/draw.h"
#include "engine/obligation.h"
#include "engine/paper.h"
#include "engine/ref.h"
#include "engine/succession.h"
#include "engine/takeover.h"
#include "ledger/leaf.h"

#include <stdio.h>

#define PAGE 200

struct replaying {
    struct store *from;
    struct engine *e;
    struct diag *diag;
    int64_t shard;
    const struct leaf *leaf;
};

static int damaged(const struct replaying *p, enum message_key why)
{
    diag_tell(p->diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_ENTRY, {"shard", INTEGER(p->shard)}, {"seq", INTEGER(p->leaf->seq)},
              {"act", str_of(p->leaf->act)}, MESSAGE_WORD("why", why));
    return REPLAY_E_DAMAGED;
}

/* ---- who and where ---- */

static void take_actor(struct stage *sc, const struct leaf *leaf)
{
    const char *post = json_str(leaf->actor, "post"), *unit = json_str(leaf->in, "unit");

    sc->standing.authority = authority_of_text(json_str(leaf->actor, "authority"));
    sc->standing.post = *post ? force_post(sc->e->force, post) : NULL;
    sc->standing.for_person = json_str(leaf->actor, "for");
    sc->actor_unit = *unit ? force_unit(sc->e->force, unit) : NULL;
}

static int take_hand(struct stage *sc, const struct leaf *leaf, const struct reg *reg, bool is_new)
{
    int r = is_new ? stage_new_record(sc, reg, &sc->hand) : stage_record(sc, leaf->case_id, &sc->hand);

    if (!r)
        sc->procedure = sc->hand->reg->procedure;
    return r;
}

/* Inputs as deed_step() wants them: what was emptied is null; personal ones are found by their commitments. */
static int inputs_of(const struct step *st, const struct leaf *leaf, json_t **ret)
{
    JSON_AUTO *values = json_object();
    const json_t *with = json_obj(leaf->in, "with"), *cleared = json_arr(leaf->in, "cleared");
    int r = values ? 0 : -ENOMEM;

    if (!r && with)
        r = json_object_update(values, (json_t *)(uintptr_t)with) ? -ENOMEM : 0;
    for (size_t i = 0; !r && i < json_array_size(cleared); i++)
        r = json_object_set_new(values, json_string_value(json_array_get(cleared, i)), json_null()) ? -ENOMEM : 0;
    for (size_t i = 0; !r && i < json_array_size(leaf->pii); i++) {
        const json_t *o = json_array_get(leaf->pii, i);

        for (size_t k = 0; !r && !*json_str(o, "record") && k < st->n_asks; k++)
            if (!strcmp(st->asks[k]->id, json_str(o, "field")))
                r = json_object_set_new(values, st->asks[k]->id, json_true()) ? -ENOMEM : 0;
    }
    if (!r)
        *ret = TAKE(values);
    return r;
}

/* ---- one entry ---- */

static bool digest_is(const struct record *r, const char *hex)
{
    struct digest have, said;

    return !record_digest(r, &have) && !hex_parse(str_of(hex), &said, sizeof(said)) && digest_eq(&have, &said);
}

/* Every record that the entry names must have come out as it says. */
static int compare(const struct replaying *p, struct stage *sc)
{
    for (size_t i = 0; i < json_array_size(p->leaf->obj); i++) {
        const json_t *o = json_array_get(p->leaf->obj, i);
        struct record *r;
        int e = stage_record(sc, json_str(o, "id"), &r);

        if (e < 0)
            return e;
        if (e || !digest_is(r, json_str(o, "digest")))
            return damaged(p, MSG_FINDING_A_RECORD_DOES_NOT_COME_OUT_AS_THE_ENTRY);
    }
    return 0;
}

static int open_deed(const struct replaying *p, struct stage *sc, struct deed *d)
{
    int r = deed_open(d, sc, NULL);

    d->act = p->leaf->act;
    d->result = p->leaf->result;
    d->given_in = p->leaf->in;
    d->given_pii = p->leaf->pii;
    d->under = json_arr(p->leaf->in, "under");
    d->due_us = p->leaf->due_us;
    d->place = (struct log_place){.shard = p->shard, .seq = p->leaf->seq, .t_us = p->leaf->t_us};
    if (*json_str(p->leaf->in, "part"))
        d->part = json_str(p->leaf->in, "part");
    return r;
}

static int finish(const struct replaying *p, struct deed *d)
{
    int r = deed_finish(d);

    return r ? r : compare(p, d->sc);
}

static int redo_step(const struct replaying *p, struct stage *sc, const struct reg *reg, const char *act)
{
    const struct procedure *proc = reg->procedure;
    int64_t nth = json_int(p->leaf->in, "nth");
    const struct step *st = proc && nth >= 0 && (size_t)nth < proc->n_steps ? &proc->steps[nth] : NULL;
    JSON_AUTO *values = NULL;
    struct deed d = {0};
    int r;

    if (!st || strcmp(st->act, act) != 0)
        return damaged(p, MSG_FINDING_THE_PACK_HAS_NO_SUCH_STEP);
    take_actor(sc, p->leaf);
    if ((r = take_hand(sc, p->leaf, reg, p->leaf->from && !strcmp(p->leaf->from, STATE_NONE))))
        return r < 0 ? r : damaged(p, MSG_FINDING_ITS_RECORD_IS_NOT_THERE);
    if (!(r = inputs_of(st, p->leaf, &values)))
        r = open_deed(p, sc, &d);
    if (!r)
        r = deed_step(&d, st, procedure_role(proc, json_str(p->leaf->in, "role")), values, NULL);
    if (!r)
        r = finish(p, &d);
    deed_done(&d);
    return r == -EBADMSG ? damaged(p, MSG_FINDING_IT_DOES_NOT_FIT_THE_ENTRIES_BEFORE_IT) : r;
}

/* Values as deed_take_over() wants them; personal ones are found by their commitments. */
static int taken_values(const struct leaf *leaf, json_t **ret)
{
    const json_t *with = json_obj(leaf->in, "with");
    JSON_AUTO *values = with ? json_copied(with) : json_object();
    int r = values ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < json_array_size(leaf->pii); i++)
        r = json_object_set_new(values, json_str(json_array_get(leaf->pii, i), "field"), json_true()) ? -ENOMEM : 0;
    if (!r)
        *ret = TAKE(values);
    return r;
}

static int redo_take_over(const struct replaying *p, struct stage *sc, const struct reg *reg)
{
    struct taken_over taken = {.state = procedure_state(reg->procedure, p->leaf->to ? p->leaf->to : ""),
                               .former = json_str(p->leaf->in, "former"), .table = json_str(p->leaf->in, "table"),
                               .parties = json_obj(p->leaf->in, "parties")};
    JSON_AUTO *values = NULL;
    struct deed d = {0};
    int r;

    if (!taken.state)
        return damaged(p, MSG_FINDING_THE_PACK_HAS_NO_SUCH_STATE);
    take_actor(sc, p->leaf);
    sc->actor_id = json_str(p->leaf->actor, "id");
    r = take_hand(sc, p->leaf, reg, true);
    if (!r && !(r = taken_values(p->leaf, &values)))
        r = open_deed(p, sc, &d);
    taken.values = values;
    if (!r)
        r = deed_take_over(&d, &taken);
    if (!r)
        r = finish(p, &d);
    deed_done(&d);
    return r == -EBADMSG ? damaged(p, MSG_FINDING_IT_DOES_NOT_FIT_THE_ENTRIES_BEFORE_IT) : r;
}

static int redo_part(struct deed *d, const struct obligation *o)
{
    struct telling t;
    uint64_t n;

    if (!strncmp(d->part, "remind/", 7)) {
        if (str_to_u64(str_of(d->part + 7), 0, UINT32_MAX, &n) || n >= o->n_reminders)
            return -EBADMSG;
        t = reminder_telling(o, &o->reminders[n]);
        return deed_tell(d, NULL, 0, &t);
    }
    t = again_telling(o);
    if (!strcmp(d->part, "again"))
        return deed_tell(d, NULL, 0, &t);
    if (o->has_draw && !json_flag(json_obj(d->given_in, "draw"), "drawn"))
        return 0;
    return deed_effects(d, o->missed, o->n_missed, NULL);
}

static int redo_succession(const struct replaying *p, struct stage *sc)
{
    struct deed d = {0};
    int r = open_deed(p, sc, &d);

    if (!r)
        r = store_failed(STORE_RUN(sc->e->store, STMT_TIMER_DROP, V_TEXT(sc->hand->id),
                                   V_TEXT(SUCCEED), V_TEXT("")));
    if (!r)
        r = succession_redo(&d);
    if (!r)
        r = compare(p, sc);
    else if (r > 0)
        r = damaged(p, MSG_FINDING_NO_LATER_TEXT_TAKES_ITS_RECORD_OVER);
    deed_done(&d);
    return r;
}

static int draw_again(const struct replaying *p)
{
    enum message_key why = MESSAGE_COUNT;
    int r = draw_check(p->from, p->leaf, &why);

    return r > 0 ? damaged(p, why) : r;
}

static int redo_timer(const struct replaying *p, struct stage *sc, const char *rule)
{
    const char *bang = strchr(rule, '!');
    const struct obligation *o;
    struct deed d = {0};
    int r;

    if (!*p->leaf->case_id || !bang)
        return 0; /* a pack's own date: nothing but notices */
    if ((r = take_hand(sc, p->leaf, NULL, false)))
        return r < 0 ? r : damaged(p, MSG_FINDING_ITS_RECORD_IS_NOT_THERE);
    if (!strcmp(bang + 1, SUCCEED))
        return redo_succession(p, sc);
    if (!(o = obligation_named(sc->hand->reg, bang + 1)))
        return damaged(p, MSG_FINDING_THE_PACK_HAS_NO_SUCH_OBLIGATION);
    if ((r = draw_again(p)))
        return r;
    if (o->has_draw != (json_obj(p->leaf->in, "draw") != NULL))
        return damaged(p, o->has_draw ? MSG_FINDING_DRAW_UNSAID : MSG_FINDING_DRAW_NONE);
    if (o->kind == OBLIGE_PERIODIC && !strcmp(json_str(p->leaf->in, "part"), "missed")) { /* what ended then */
        sc->judged = calendar_period_first(o->every, day_of_instant(p->leaf->due_us - 1));
        sc->month = month_of_day(sc->judged);
    }
    if (!(r = open_deed(p, sc, &d))) {
        d.rule = o->rule;
        r = d.part ? timer_passed(sc, sc->hand, o, d.part, p->leaf->due_us, true) : -EBADMSG;
        if (!r)
            r = redo_part(&d, o);
    }
    if (!r)
        r = finish(p, &d);
    deed_done(&d);
    return r == -EBADMSG ? damaged(p, MSG_FINDING_IT_DOES_NOT_FIT_THE_ENTRIES_BEFORE_IT) : r;
}

/* By which instant it was judged. */
static uint64_t done_at(const struct leaf *leaf)
{
    struct when written = when_of(json_object_get(leaf->paper, "written"));

    if (written.kind == WHEN_INSTANT)
        return written.us;
    return leaf->due_us ? leaf->due_us : leaf->t_us;
}

static int redo(const struct replaying *p)
{
    const struct leaf *leaf = p->leaf;
    bool is_timer = !strncmp(leaf->act, "timer/", 6);
    const char *slash = strchr(leaf->act, '/');
    bool is_taken_over = slash && !strcmp(slash + 1, TAKEOVER_ACT) && !strcmp(leaf->result, "recorded");
    char reg[128];
    struct stage sc;
    const struct reg *found;
    int r;

    if (!slash || (!is_timer && !is_taken_over && strcmp(leaf->result, "allowed") != 0))
        return 0;
    r = stage_open(&sc, p->e, json_str(leaf->actor, "id"), done_at(leaf));
    sc.entry_us = leaf->t_us;
    sc.is_paper = leaf->paper != NULL;
    sc.measured = measurer_of(json_str(leaf->in, "measured"));
    sc.act_name = leaf->act;
    if (!r && is_timer) {
        r = redo_timer(p, &sc, slash + 1);
    } else if (!r) {
        snprintf(reg, sizeof(reg), "%.*s", (int)MIN_OF(slash - leaf->act, 120), leaf->act);
        found = engine_reg_in(p->e, reg, leaf->rules ? leaf->rules : "");
        if (found)
            r = is_taken_over ? redo_take_over(p, &sc, found) : redo_step(p, &sc, found, slash + 1);
        else if (strcmp(reg, "system") != 0)
            r = damaged(p, MSG_FINDING_NO_PACK_HAS_THIS_REGISTER);
    }
    stage_done(&sc);
    return r;
}

/* ---- all entries ---- */

static int redo_row(struct replaying *p, struct str bytes)
{
    JSON_AUTO *o = NULL;
    struct leaf leaf;
    int r = leaf_parse(bytes, &leaf, &o, p->diag);

    if (r)
        return r < 0 ? r : REPLAY_E_DAMAGED;
    p->leaf = &leaf;
    return redo(p);
}

static int redo_shard(struct replaying *p, struct store *from)
{
    int64_t first = 0;
    size_t n;

    do {
        ROWS_AUTO *rows = NULL;
        int r = store_failed(STORE_QUERY(from, &rows, STMT_ENTRY_RANGE, V_INT(p->shard), V_INT(first), V_INT(first + PAGE)));

        if (r)
            return r;
        for (n = 0; (r = rows_next(rows)) > 0; n++)
            if ((r = redo_row(p, rows_blob(rows, 2))))
                return r;
        if (r < 0)
            return r;
        first += PAGE;
    } while (n == PAGE);
    return 0;
}

static int redo_all(struct store *from, struct engine *to, struct diag *diag)
{
    struct replaying p = {.from = from, .e = to, .diag = diag};
    ROWS_AUTO *heads = NULL;
    int r = store_failed(STORE_QUERY(from, &heads, STMT_HEAD_LIST));

    if (r)
        return r;
    while ((r = rows_next(heads)) > 0) {
        p.shard = rows_int(heads, 0);
        if ((r = redo_shard(&p, from)))
            return r;
    }
    return r;
}

/* Timers that were due since and entered nothing, because what they ask for was there. */
static int pass_quiet_timers(struct store *from, struct engine *to)
{
    ROWS_AUTO *heads = NULL;
    ROWS_AUTO *rows = NULL;
    int64_t last_us = 0;
    struct stage sc;
    int r = store_failed(STORE_QUERY(from, &heads, STMT_HEAD_LIST));

    while (!r && (r = rows_next(heads)) > 0) {
        last_us = MAX_OF(last_us, rows_int(heads, 5));
        r = 0;
    }
    if (!r)
        r = stage_open(&sc, to, "", (uint64_t)last_us);
    if (r)
        return r;
    r = store_failed(STORE_QUERY(to->store, &rows, STMT_TIMER_DUE, V_INT(last_us), V_INT(INT32_MAX)));
    while (!r && (r = rows_next(rows)) > 0) {
        const struct obligation *o;
        struct record *rec;

        r = stage_record(&sc, rows_text(rows, 0), &rec);
        o = r ? NULL : obligation_named(rec->reg, rows_text(rows, 1));
        r = o ? timer_passed(&sc, rec, o, rows_text(rows, 2), (uint64_t)last_us + 1, false) : MIN_OF(r, 0);
    }
    stage_done(&sc);
    return r;
}

int engine_replay(struct store *from, struct engine *to, struct diag *diag)
{
    int r = store_failed(store_begin(to->store));

    if (r)
        return r;
    r = redo_all(from, to, diag);
    if (!r)
        r = pass_quiet_timers(from, to);
    if (!r)
        return store_failed(store_commit(to->store));
    store_rollback(to->store);
    return r;
}
