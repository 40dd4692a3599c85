/* One act from asking to answer: find, type, judge, then either apply or enter the refusal. doc/design/acts.md, A1 to A7. */
#include "engine/apply.h"
#include "engine/attachment.h"
#include "engine/fallen.h"
#include "engine/file.h"
#include "engine/holding.h"
#include "engine/input.h"
#include "engine/judge.h"
#include "engine/label-of.h"
#include "engine/manifest.h"
#include "engine/outcome.h"
#include "engine/paper.h"
#include "engine/reading.h"
#include "engine/ref.h"
#include "engine/secret.h"
#include "engine/shelf.h"
#include "engine/ticket-inside.h"
#include "engine/way.h"

struct asking {
    struct engine *e;
    struct log *log;       /* NULL: only explain */
    const struct act *act;
    struct stage sc;
    struct judged judged;
    struct sight *sight;
    const struct reg *reg; /* asked for, by the text in force */
    const char *channel;   /* the one way out of a step with `ticket` */
    json_t *values;
    bool in_sight;
    char manifest[MANIFEST_SIZE]; /* of what would leave; "" nothing */
    struct digest shown;   /* of what the step signs, as the person saw it */
    uint64_t paper_us;     /* when it was done on paper; 0: now */
    json_t *late;          /* problems with that, found while doing */
    json_t *traits;        /* of the secret that is typed; NULL */
    json_t *compared;      /* with which it has to be, where the act would be allowed otherwise; NULL */
};

/* ---- finding ---- */

static bool has_step(const struct procedure *p, const char *act)
{
    return p && procedure_step(p, act, 0) != NULL;
}

/* A record that is not there is answered like one that the asker may not see, but where nobody's sight ends before the register:
 * there he may be told that he mistyped. */
static int take_unseen(struct asking *a, const struct reg *reg)
{
    if (reg_is_open_to(&a->sc, reg, a->sc.actor) || !has_step(reg->procedure, a->act->step))
        return 1;
    a->sc.procedure = reg->procedure;
    return a->sc.hand ? 0 : stage_new_record(&a->sc, reg, &a->sc.hand);
}

static int take_record(struct asking *a, const struct reg *reg)
{
    struct stage *sc = &a->sc;
    int r;

    if (!*a->act->record) {
        a->in_sight = true;
        sc->procedure = reg->procedure;
        return has_step(reg->procedure, a->act->step) ? stage_new_record(sc, reg, &sc->hand) : 1;
    }
    r = stage_record(sc, a->act->record, &sc->hand);
    if (r || strcmp(sc->hand->reg->id, reg->id) != 0) {
        sc->hand = NULL;
        return r < 0 ? r : take_unseen(a, reg);
    }
    if ((r = sight_of_record(sc, a->sight, sc->hand)) <= 0)
        return r < 0 ? r : take_unseen(a, reg);
    a->in_sight = true;
    sc->procedure = sc->hand->reg->procedure;
    return !sc->hand->disposed_us && has_step(sc->procedure, a->act->step) ? 0 : 1;
}

static int open_stage(struct asking *a)
{
    int r = stage_open(&a->sc, a->e, a->act->person, a->paper_us ? a->paper_us : a->act->now_us);

    if (!r && a->paper_us) {
        a->sc.entry_us = a->act->now_us;
        a->sc.is_paper = true;
    }
    a->sc.measured = a->act->measured;
    a->sc.station = a->act->station;
    return r;
}

/* 1: there is no such thing in the asker's sight. */
static int find(struct asking *a)
{
    struct stage *sc = &a->sc;
    int r = open_stage(a);

    if (r)
        return r;
    a->reg = engine_reg_on(a->e, a->act->reg, sc->today);
    if (!sc->actor || !a->reg)
        return 1;
    sc->act_name = arena_printf(sc->arena, "%s/%s", a->act->reg, a->act->step);
    if (!sc->act_name)
        return -ENOMEM;
    if ((r = sight_of_person(sc, sc->actor, &a->sight)))
        return r;
    if (!a->log && !sc->measured && (r = stage_tell(sc))) /* a gate tells nobody; it enters what it does by the answer */
        return r;
    return take_record(a, a->reg);
}

/* ---- staleness ---- */

static int shown_digest(struct asking *a, const struct step *st)
{
    return record_signed_digest(a->sc.hand, (const struct field *const *)st->signs, st->n_signs, &a->shown);
}

/* Signed something else than what stands there now? Asked of the first step of that name whose state fits. */
static int is_stale(struct asking *a)
{
    const struct step *st = NULL;
    struct digest said;
    size_t n = 0;
    int r;

    if (a->act->seen_version && a->act->seen_version != a->sc.hand->version)
        return 1;
    if (!a->act->signs || !*a->act->signs)
        return 0;
    do
        st = procedure_step(a->sc.procedure, a->act->step, n++);
    while (st && !word_in(a->sc.hand->state, st->from, st->n_from));
    if (!st)
        return 0;
    if ((r = shown_digest(a, st)))
        return r;
    return hex_parse(str_of(a->act->signs), &said, sizeof(said)) != 0 || !digest_eq(&said, &a->shown);
}

static int stale_answer(const struct asking *a, json_t **ret)
{
    *ret = json_pack("{s:s, s:I}", "result", "stale", "version", (json_int_t)a->sc.hand->version);
    return *ret ? 0 : -ENOMEM;
}

/* ---- inputs ---- */

/* What was filled in by default is an input like any other: the entry says it, so that it need not be found out again. */
static int fill_defaults(struct asking *a)
{
    struct record *hand = a->sc.hand;
    const struct reg *reg = hand->reg;
    bool *lacked = arena_alloc_n(a->sc.arena, reg->n_fields + 1, sizeof(*lacked));
    int r = 0;

    if (!lacked)
        return -ENOMEM;
    for (size_t i = 0; i < reg->n_fields; i++)
        lacked[i] = reg->fields[i].initial.kind != REF_NONE && !record_has(hand, &reg->fields[i]);
    r = input_defaults(&a->sc, a->act->step);
    for (size_t i = 0; !r && i < reg->n_fields; i++) {
        json_t *v = NULL;

        if (!lacked[i] || !record_has(hand, &reg->fields[i]))
            continue;
        r = record_value(a->e->store, hand, &reg->fields[i], &v);
        if (!r && v && json_object_set(a->values, reg->fields[i].id, v))
            r = -ENOMEM;
    }
    return r;
}

static bool is_correction(const struct asking *a)
{
    return !strcmp(a->act->step, CORRECTION_ACT);
}

static int fill_hand(struct asking *a)
{
    struct record *hand = a->sc.hand;
    const char *key;
    json_t *v;
    int r = 0;

    json_object_foreach(a->values, key, v) {
        const struct field *f = reg_field(hand->reg, key);

        if (!r && f && is_correction(a))
            r = record_keep_old(a->e->store, a->sc.arena, hand, f);
        if (!r && f)
            r = record_set(hand, f, json_is_null(v) ? NULL : v, NULL);
    }
    if (!r)
        r = holding_join(&a->sc, hand);
    return r ? r : fill_defaults(a);
}

static int invalid(const json_t *problems, json_t **ret)
{
    *ret = json_pack("{s:s, s:O}", "result", "invalid", "fields", problems);
    return *ret ? 0 : -ENOMEM;
}

/* More records, people or values than one entry of the ledger can name. */
static int too_large(json_t **ret)
{
    *ret = json_pack("{s:s, s:[{s:s, s:{s:s, s:s}}]}", "result", "invalid", "fields", "field", "", "say", "ja",
                     "一度に変わるものが多すぎて記録できません。分けて行ってください", "en",
                     "this changes more at once than one entry can say; do it in parts");
    return *ret ? 0 : -ENOMEM;
}

/* ---- answers ---- */

static int refused_answer(struct asking *a, const struct log_place *place, json_t **ret)
{
    const struct judged *j = &a->judged;
    JSON_AUTO *o = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O}", "result",
                             j->result == VERDICT_FORBIDDEN ? "forbidden" : "not-yet", "reg", a->act->reg, "record",
                             a->act->record, "step", a->act->step, "clauses",
                             j->clauses, "unmet", j->unmet);
    json_t *before = NULL;
    int r = o ? 0 : -ENOMEM;

    if (!r && a->act->tells_way && a->in_sight && !a->sc.is_paper && !(r = ways_of_judged(&a->sc, j, &before)))
        r = json_put(o, "before", before);

    if (!r && place)
        r = outcome_put_place(o, place);
    if (!r)
        *ret = TAKE(o);
    return r;
}

/* What was asked for, without personal values. */
static int asked_json(const struct asking *a, json_t **ret)
{
    JSON_AUTO *with = json_object();
    JSON_AUTO *in = json_object();
    const char *key;
    json_t *v;

    if (!with || !in)
        return -ENOMEM;
    json_object_foreach(a->values, key, v) {
        const struct field *f = reg_field(a->sc.hand->reg, key);

        if (f && !field_is_personal(f) && f->type != FIELD_SECRET && !json_is_null(v) && json_object_set(with, key, v))
            return -ENOMEM;
    }
    if (json_object_size(with) && json_object_set(in, "with", with))
        return -ENOMEM;
    if (!a->in_sight && !a->sc.hand->stored_version && outcome_may_name(a->act->record) &&
        json_put_str(in, "record", a->act->record))
        return -ENOMEM;
    if (a->sc.measured && json_put_str(in, "measured", measurer_name(a->sc.measured)))
        return -ENOMEM;
    *ret = TAKE(in);
    return 0;
}

static json_t *unmet_for_leaf(const json_t *unmet)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < json_array_size(unmet); i++) {
        const json_t *u = json_array_get(unmet, i);
        json_t *o = json_pack("{s:s, s:O}", "rule", json_str(u, "rule"), "clauses", json_object_get(u, "clauses"));

        if (!o || json_array_append_new(list, o)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static int enter_refusal(struct asking *a, struct log_place *place)
{
    struct stage *sc = &a->sc;
    const struct pack_slot *slot = engine_slot(a->e, sc->procedure->reg->pack);
    JSON_AUTO *actor = actor_json(sc);
    JSON_AUTO *unmet = unmet_for_leaf(a->judged.unmet);
    JSON_AUTO *in = NULL;
    JSON_AUTO *paper = sc->is_paper ? paper_json(sc) : NULL;
    bool old = sc->hand->stored_version > 0;
    const char *label = label_text(sc, sc->hand->reg, sc->hand);
    struct log_leaf leaf = {.act = sc->act_name, .case_id = old ? sc->hand->id : "",
                            .from = old || a->in_sight ? sc->hand->from_state : "", .to = "", .label = label, .rules = slot ? slot->hash : "",
                            .result = "refused"};
    int r = asked_json(a, &in);

    if (r || !actor || !unmet || !label || (sc->is_paper && !paper))
        return r ? r : -ENOMEM;
    leaf.paper = paper;
    leaf.actor = actor;
    leaf.unmet = unmet;
    leaf.clauses = json_array_size(a->judged.clauses) ? a->judged.clauses : NULL;
    leaf.in = in;
    return enter(sc, a->log, &leaf, place);
}

static int refuse(struct asking *a, json_t **ret)
{
    struct log_place place;
    int r;

    if (!a->log)
        return refused_answer(a, NULL, ret);
    r = enter_refusal(a, &place);
    return r ? r : refused_answer(a, &place, ret);
}

static int allowed_answer(struct asking *a, const struct deed *d, json_t **ret)
{
    const struct record *hand = a->sc.hand;
    JSON_AUTO *o = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:O}", "result", "allowed", "reg", a->act->reg, "record",
                             hand->id, "version", (json_int_t)hand->version, "state", hand->state, "step",
                             a->act->step, "made", d->made);
    int r = o ? outcome_put_place(o, &d->place) : -ENOMEM;

    if (!r && a->judged.under && json_object_set(o, "under", a->judged.under))
        r = -ENOMEM;
    if (!r)
        *ret = TAKE(o);
    return r;
}

/* ---- doing ---- */

/* The record that has the value is named to who may see it. */
static int add_taken(struct asking *a, const struct taken *t)
{
    const struct field *f = t->field;
    char *rule = arena_printf(a->sc.arena, "%s.%s/unique", t->record->reg->id, f->id);
    bool is_told = t->by->stored_version && sight_of_record(&a->sc, a->sight, t->by) > 0;
    CLEANUP(buf_done) struct buf ja = {0};
    CLEANUP(buf_done) struct buf en = {0};

    buf_init(&ja, 4096);
    buf_init(&en, 4096);
    if (!rule ||
        buf_printf(&ja, "「%s」が他の記録%s%s%sと重複しない", f->title.ja, is_told ? "（" : "",
                   is_told ? t->by->id : "", is_told ? "）" : "") ||
        buf_printf(&en, "\"%s\" must not be the same as in another record%s%s%s", f->title.en,
                   is_told ? " (" : "", is_told ? t->by->id : "", is_told ? ")" : ""))
        return -ENOMEM;
    return judged_add(&a->judged, rule, false,
                      clauses_json(f->clauses.n ? &f->clauses : &t->record->reg->clauses),
                      text2_json((struct text2){ja.at, en.at}), "unique");
}

/* Refused for the register's label, which its clauses ask for. */
static int add_label_refusal(struct asking *a, const struct record *r, bool is_not_yet, struct text2 say, const char *kind)
{
    const struct clause_list *cited = r->reg->label_from.clauses.n ? &r->reg->label_from.clauses : &r->reg->label->clauses;
    char *rule = arena_printf(a->sc.arena, "%s:label", r->reg->id);

    return rule ? judged_add(&a->judged, rule, is_not_yet, clauses_json(cited), text2_json(say), kind) : -ENOMEM;
}

/* Whoever changes one of his records sees its label; that of another is named to who may see that one. */
static int add_fallen(struct asking *a, const struct record *r)
{
    bool is_told = r == a->sc.hand || sight_of_record(&a->sc, a->sight, r) > 0;
    char *ja = arena_printf(a->sc.arena, "%s%s区分を下げ、取扱制限を外し、又は閲覧範囲を広げるには、区分の見直しを経る", is_told ? r->id : "",
                            is_told ? "の" : "");
    char *en = arena_printf(a->sc.arena, "to lower the class%s%s, lift a restriction or widen the readable range, have it reviewed first",
                            is_told ? " of " : "", is_told ? r->id : "");

    return ja && en ? add_label_refusal(a, r, false, (struct text2){ja, en}, "label") : -ENOMEM;
}

static int add_opened_too_far(struct asking *a, const struct record *r)
{
    return add_label_refusal(a, r, false,
                             (struct text2){"記録のファイルから取り出した脅威情報を含む情報集は、その記録より閲覧範囲を広げず、取扱制限を外さない",
                                            "a collection with threat intelligence out of a record's file is read by nobody else than that record, and bears its restrictions"},
                             "label");
}

/* Whoever may not be one any more decides again in a store that was restored: what is 3 does not come onto pages by his review. */
static int add_shut_fall(struct asking *a, const struct record *r)
{
    return add_label_refusal(a, r, true,
                             (struct text2){"控えから復元した後、管理者二人が確認するまでは、区分を下げず、取扱制限を外さず、閲覧範囲を広げない",
                                            "after a restore no label falls before two administrators have looked at it"},
                             "restored");
}

/* What a program may not read it would read then. */
static int add_program_fall(struct asking *a, const struct record *r)
{
    return add_label_refusal(a, r, false,
                             (struct text2){"プログラム（APIのトークン）によっては、プログラムに渡さない区分のものの区分を下げず、取扱制限を外さず、閲覧範囲を広げない。画面で行う",
                                            "a program lowers no label of what it may not be given; do it on the page"},
                             "label");
}

/* 1: a program asks, and by it the label of something falls that is more than programs are given. */
static int falls_by_program(struct asking *a, const struct record **ret)
{
    struct stage *sc = &a->sc;
    int fallen = 0;

    for (size_t i = 0; sc->e->asked_by == RELEASE_API && !fallen && i < sc->n_records; i++) {
        struct audience before;

        *ret = sc->records[i];
        if ((fallen = label_has_fallen(sc, *ret)) != 1)
            continue;
        if ((fallen = ERR_FOLD(audience_get(sc->e->store, (*ret)->audience, sc->arena, &before, NULL))))
            break;
        fallen = before.label.confidentiality > release_cap(RELEASE_API, release_pack_cap((*ret)->reg->pack, RELEASE_API));
    }
    return fallen;
}

/* A label falls only as a review decided (information.md, B3), and in no step that of a collection below what its contents were taken out of. 1: it would, and
 * the refusal says so. */
static int refuse_fall(struct asking *a)
{
    const struct record *fallen;
    bool lowers = a->judged.step->lowers, is_shut = lowers && a->sc.e->is_shut;
    int r = falls_by_program(a, &fallen);

    if (r)
        return r < 0 || (r = add_program_fall(a, fallen)) ? r : 1;
    r = lowers && !is_shut ? shelves_opened_too_far(&a->sc, &fallen) : label_fallen(&a->sc, &fallen);
    if (r || !fallen)
        return r;
    if (is_shut)
        return (r = add_shut_fall(a, fallen)) ? r : 1;
    r = lowers ? add_opened_too_far(a, fallen) : add_fallen(a, fallen);
    return r ? r : 1;
}

/* ---- tickets ---- */

/* What leaves is named by its contents, and by one way. 1: it is not, and the refusal says so. */
static int check_leaving(struct asking *a)
{
    const struct ticket_rule *t = a->judged.step->ticket;
    int r = 0;

    for (size_t i = 0; t && !r && i < t->n_contents; i++)
        if (!record_has(a->sc.hand, t->contents[i]) &&
            !(r = ticket_unmet(&a->sc, &a->judged, TICKET_OTHER, t->contents[i])))
            r = 1;
    if (r || !t || (a->channel = ticket_channel(a->judged.step, a->judged.truth)))
        return r;
    r = ticket_unmet(&a->sc, &a->judged, TICKET_CHANNEL, NULL);
    return r ? r : 1;
}

/* 1: the step closes a ticket, and not this one. */
static int check_ticket(struct asking *a)
{
    const char *why = NULL;
    int r = a->judged.step->closes ? ticket_closable(&a->sc, a->judged.step,
                                                     a->act->ticket ? a->act->ticket : "", &why)
                                   : check_leaving(a);

    if (r || !why)
        return r;
    r = ticket_unmet(&a->sc, &a->judged, why, NULL);
    return r ? r : 1;
}

static int do_ticket(struct asking *a, const struct deed *d)
{
    const struct step *st = a->judged.step;
    char unused[TICKET_SIZE];
    int r;

    if (st->closes)
        return ticket_close(&a->sc, st, a->act->ticket);
    if (!st->ticket)
        return 0;
    r = ticket_issue(&a->sc, st, a->channel, &d->place,
                     a->act->ret_ticket ? a->act->ret_ticket : unused);
    return r > 0 ? -EBADMSG : r; /* its step sets no end, or empties what it is bound to */
}

enum { DEED_REFUSED = 1, DEED_LATE };

/* Effects are made in memory and may find that a value is taken, or that they would change what was changed after the instant on the
 * paper: then what they have asked of the store (numbers) is undone, and nothing is done. DEED_REFUSED, DEED_LATE. */
static int try_deed(struct asking *a, struct deed *d)
{
    struct taken taken = {0};
    int r = deed_open(d, &a->sc, a->log);

    d->act = a->sc.act_name;
    d->under = a->judged.under;
    if (!r && (r = check_ticket(a)))
        return r < 0 ? r : DEED_REFUSED;
    if (!r)
        r = deed_step(d, a->judged.step, a->judged.as, a->values, a->judged.truth);
    if (!r && a->sc.is_paper)
        r = paper_order(&a->sc, a->late);
    if (!r && json_array_size(a->late))
        return DEED_LATE;
    if (!r)
        r = deed_unique(d, &taken);
    if (!r && !taken.field)
        return (r = refuse_fall(a)) > 0 ? DEED_REFUSED : r ? r : a->judged.step->lowers ? fallen_note(&a->sc) : 0;
    if (!r)
        r = add_taken(a, &taken);
    return r ? r : DEED_REFUSED;
}

static int do_act(struct asking *a, json_t **ret)
{
    struct store *s = a->e->store;
    struct deed d = {0};
    int r = store_failed(store_savepoint(s));

    if (r)
        return r;
    log_mark_inner(a->log);
    r = try_deed(a, &d);
    if (r > 0) {
        int e = store_failed(store_back_to(s));

        deed_done(&d);
        return e ? e : r == DEED_LATE ? invalid(a->late, ret) : refuse(a, ret);
    }
    if (!r && a->judged.step->ticket)
        r = ticket_note(&d, a->channel);
    if (!r && *a->manifest)
        r = json_put_str(d.in, "manifest", a->manifest);
    if (!r)
        r = deed_finish(&d);
    if (!r)
        r = do_ticket(a, &d);
    if (!r)
        r = allowed_answer(a, &d, ret);
    deed_done(&d);
    if (!r && (r = store_failed(store_release(s)))) {
        json_decref(*ret);
        *ret = NULL;
    }
    if (!r)
        return 0;
    if (r == -E2BIG) {
        r = store_failed(store_back_to(s));
        log_back_inner(a->log); /* its entry may stand already: not all limits are known before */
        return r ? r : too_large(ret);
    }
    IGNORE(store_back_to(s), "the caller rolls its own savepoint back");
    return r;
}

static int explain_allowed(struct asking *a, json_t **ret)
{
    const struct record *hand = a->sc.hand;
    const char *to = a->judged.step->to ? a->judged.step->to : hand->state;

    *ret = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "result", "allowed", "reg", a->act->reg, "record", hand->id,
                     "version", (json_int_t)hand->version, "state", to, "step", a->act->step);
    if (*ret && ((a->judged.under && json_object_set(*ret, "under", a->judged.under)) ||
                 (*a->manifest && json_put_str(*ret, "manifest", a->manifest)))) {
        json_decref(*ret);
        *ret = NULL;
    }
    return *ret ? 0 : -ENOMEM;
}

/* Something else would leave than what was shown, or nothing was. 1: so it is answered. */
static int check_manifest(struct asking *a, json_t **ret)
{
    int r = manifest_of(&a->sc, a->judged.step, a->manifest);

    if (r || !a->log || !a->act->manifest || !strcmp(a->manifest, a->act->manifest))
        return MIN_OF(r, 0);
    *ret = json_pack("{s:s, s:s}", "result", "unseen", "manifest", a->manifest);
    return *ret ? 1 : -ENOMEM;
}

/* The uniqueness and the label of what was typed, for the judgement without doing. */
static int explain_typed(struct asking *a)
{
    struct deed d = {.sc = &a->sc};
    struct taken taken;
    int r;

    record_touch(a->sc.hand);
    r = deed_unique(&d, &taken);
    a->sc.hand->version--;
    if (!r && taken.field)
        return add_taken(a, &taken);
    if (!r)
        r = refuse_fall(a);
    if (!r)
        r = check_ticket(a);
    return MIN_OF(r, 0);
}

static int conclude(struct asking *a, json_t **ret)
{
    JSON_AUTO *problems = json_array();
    int r = 0;

    if (a->judged.result == VERDICT_ALLOWED) {
        r = problems ? input_required(&a->sc, a->judged.step, problems) : -ENOMEM;
        if (!r)
            r = input_others(&a->sc, a->judged.step, a->act->with, a->values, problems);
        if (r || json_array_size(problems))
            return r ? r : invalid(problems, ret);
        if ((r = check_manifest(a, ret)))
            return MIN_OF(r, 0);
        if (a->log && a->sc.secret && !a->sc.secret->is_whole) /* something to compare it with has come since */
            return stale_answer(a, ret);
        if (a->log)
            return do_act(a, ret);
        if ((r = explain_typed(a)))
            return r;
        if (a->judged.result == VERDICT_ALLOWED && a->act->secret && (r = secret_compared(&a->sc, a->sc.secret->field, &a->compared)))
            return r < 0 ? r : -E2BIG;
    }
    if (a->judged.result == VERDICT_ALLOWED)
        return explain_allowed(a, ret);
    return refuse(a, ret);
}

/* Required fields first of the step that is meant: with several of that name, judging tells which. */
static int judge(struct asking *a, json_t **ret)
{
    JSON_AUTO *problems = NULL;
    const struct step *only = NULL;
    size_t n = 0;
    bool open = false;
    int r = input_take(&a->sc, a->act->step, a->act->with, a->sight, &a->values, &problems);

    if (!r && is_correction(a) && (a->log || a->act->with))
        r = input_correction(&a->sc, a->act->reason ? a->act->reason : "", a->values, problems);
    else if (!r && a->act->reason && *a->act->reason)
        r = input_problem(problems, INPUT_REASON, "この手続では理由を入力しません",
                          "this step takes no reason");
    if (!r && a->sc.is_paper)
        r = paper_order(&a->sc, problems);
    if (r || json_array_size(problems))
        return r ? r : invalid(problems, ret);
    if ((r = fill_hand(a)) || (r = secret_take(&a->sc, a->act, a->values, problems, &a->traits)))
        return r;
    if (json_array_size(problems))
        return invalid(problems, ret);
    for (size_t i = 0; i < a->sc.procedure->n_steps; i++) {
        const struct step *st = &a->sc.procedure->steps[i];

        if (strcmp(st->act, a->act->step) != 0 || !word_in(a->sc.hand->state, st->from, st->n_from))
            continue;
        only = st;
        n++;
    }
    if (n == 1 && (r = input_required(&a->sc, only, problems)))
        return r;
    if (json_array_size(problems))
        return invalid(problems, ret);
    r = judge_act(&a->sc, a->act->step, false, &a->judged, &open);
    return r ? r : conclude(a, ret);
}

/* 1: it cannot be read, and the answer is given. */
static int read_paper(struct asking *a, json_t **ret)
{
    JSON_AUTO *problems = json_array();
    int r = problems ? 0 : -ENOMEM;

    if (!a->act->paper || !*a->act->paper)
        return r;
    a->late = json_array();
    if (!a->late)
        return -ENOMEM;
    if (!r)
        r = paper_instant(a->act->paper, a->act->now_us, &a->paper_us, problems);
    if (r || !json_array_size(problems))
        return r;
    r = invalid(problems, ret);
    return r ? r : 1;
}

/* 1: nothing comes in from paper any more, whatever it is, and the answer is given. */
static int check_window(struct asking *a, json_t **ret)
{
    JSON_AUTO *problems = json_array();
    int r = problems ? paper_window(&a->sc, a->reg->pack, problems) : -ENOMEM;

    if (r || !json_array_size(problems))
        return r;
    r = invalid(problems, ret);
    return r ? r : 1;
}

static int run(struct asking *a, json_t **ret)
{
    int r = read_paper(a, ret);

    if (r)
        return MIN_OF(r, 0);
    r = find(a);
    if (r > 0) {
        *ret = outcome("unknown");
        return *ret ? 0 : -ENOMEM;
    }
    if (!r && a->sc.is_paper && (r = check_window(a, ret)))
        return MIN_OF(r, 0);
    if (!r && !a->in_sight) {
        r = judge_unseen(&a->sc, a->reg, a->act->step, &a->judged);
        return r ? r : refuse(a, ret);
    }
    if (!r)
        r = is_stale(a);
    if (r > 0)
        return stale_answer(a, ret);
    return r ? r : judge(a, ret);
}

static void asking_done(struct asking *a)
{
    judged_done(&a->judged);
    sight_free(a->sight);
    json_decref(a->values);
    json_decref(a->late);
    json_decref(a->traits);
    json_decref(a->compared);
    stage_done(&a->sc);
}

static int run_act(struct engine *e, struct log *log, const struct act *act, json_t **ret)
{
    struct asking a = {.e = e, .log = log, .act = act};
    int r;

    if (act->ret_ticket)
        act->ret_ticket[0] = '\0';
    r = run(&a, ret);
    asking_done(&a);
    return r;
}

int engine_act(struct engine *e, struct log *log, const struct act *act, json_t **ret_outcome)
{
    return run_act(e, log, act, ret_outcome);
}

int engine_explain(struct engine *e, const struct act *act, json_t **ret_outcome)
{
    return run_act(e, NULL, act, ret_outcome);
}

/* ---- secrets ---- */

int engine_secret_judge(struct engine *e, const struct act *act, const char *typed, enum password_cost cost, json_t **ret)
{
    struct act asked = *act;
    struct asking a = {.e = e, .act = &asked};
    JSON_AUTO *outcome = NULL;
    JSON_AUTO *judged = NULL;
    int r;

    asked.secret = strlen(typed) > SECRET_TYPED_MAX ? "" : typed;
    asked.secret_judged = NULL;
    asked.ret_ticket = NULL;
    r = run(&a, &outcome);
    judged = a.traits ? json_copied(a.traits) : json_object();
    if (!r && !judged)
        r = -ENOMEM;
    if (!r && a.compared)
        r = secret_compare(a.compared, typed, cost, judged);
    asking_done(&a);
    if (!r)
        *ret = TAKE(judged);
    return r;
}
