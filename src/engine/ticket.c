#include "engine/ticket.h"

#include "engine/digest.h"
#include "engine/ticket-inside.h"

#include "engine/input.h"
#include "engine/label-of.h"
#include "engine/ref.h"

#include <sodium.h>
#include <string.h>

#define BODY_MAX ((size_t)1 << 20)

#define STATE_OPEN "open"
#define STATE_USED "used"

/* ---- the row ---- */

struct row {
    struct digest_text id;
    const char *record, *step, *channel, *actor, *state; /* in the stage's arena */
    int64_t version, measured, shard, seq;
    uint64_t until_us;
    struct digest bound;
};

static struct digest_text id_of(const char *ticket)
{
    struct digest d = sha256(str_of(ticket));

    return digest_text(&d);
}

/* 1: there is no such ticket. */
static int row_get(struct stage *sc, const char *ticket, struct row *ret)
{
    ROWS_AUTO *rows = NULL;
    struct str bound;
    int r;

    ret->id = id_of(ticket);
    if ((r = STORE_ONE(sc->e->store, &rows, STMT_TICKET_GET, V_TEXT(ret->id.at))))
        return r == STORE_E_NONE ? 1 : store_failed(r);
    bound = rows_blob(rows, 6);
    if (bound.len != sizeof(ret->bound.bytes))
        return -EBADMSG;
    memcpy(ret->bound.bytes, bound.at, bound.len);
    ret->record = arena_strdup(sc->arena, rows_str(rows, 0));
    ret->version = rows_int(rows, 1);
    ret->step = arena_strdup(sc->arena, rows_str(rows, 2));
    ret->channel = arena_strdup(sc->arena, rows_str(rows, 3));
    ret->actor = arena_strdup(sc->arena, rows_str(rows, 4));
    ret->measured = rows_int(rows, 5);
    ret->until_us = (uint64_t)rows_int(rows, 7);
    ret->shard = rows_int(rows, 8);
    ret->seq = rows_int(rows, 9);
    ret->state = arena_strdup(sc->arena, rows_str(rows, 10));
    return ret->record && ret->step && ret->channel && ret->actor && ret->state ? 0 : -ENOMEM;
}

#define LABELS "*labels" /* among the bound values, whose names have no star */

/* The audience of each record that a condition lets leave: what its label asks for and whom it admits have that one number. */
static int add_labels(struct stage *sc, const struct cond *c, json_t *labels)
{
    JSON_AUTO *ids = NULL;
    int e = c->kind == COND_LEAVES && !c->leaving ? ref_eval(sc, &c->subject, &ids) : 0;
    size_t n = json_is_array(ids) ? json_array_size(ids) : ids ? 1 : 0;

    for (size_t i = 0; !e && i < n; i++) {
        struct record *r;

        e = stage_record(sc, json_string_value(json_is_array(ids) ? json_array_get(ids, i) : ids), &r);
        e = e ? MIN_OF(e, 0) : json_put_int(labels, r->id, r->audience);
    }
    return e;
}

/* Of what leaves the record at hand says nothing but which it is. */
static int put_labels(struct stage *sc, const struct step *st, json_t *o)
{
    JSON_AUTO *labels = json_object();
    int e = labels ? 0 : -ENOMEM;

    for (size_t i = 0; !e && i < st->n_conds; i++)
        e = add_labels(sc, st->conds[i], labels);
    return e ? e : json_put(o, LABELS, TAKE(labels));
}

/* The bound values, as the record holds them. 1: one of the contents is empty. */
static int values_of(struct stage *sc, struct record *r, const struct ticket_rule *t, json_t **ret)
{
    JSON_AUTO *o = json_object();

    for (size_t i = 0; i < t->n_contents + t->n_binds; i++) {
        const struct field *f = i < t->n_contents ? t->contents[i] : t->binds[i - t->n_contents];
        json_t *v = NULL;
        int e = o ? record_value(sc->e->store, r, f, &v) : -ENOMEM;

        if (e)
            return e;
        if (!v && i < t->n_contents)
            return 1;
        if (v && json_object_set(o, f->id, v))
            return -ENOMEM;
    }
    *ret = TAKE(o);
    return 0;
}

/* Over the ticket as well, so that nobody who lacks it can make a row that fits. */
static int bound_of(const char *ticket, const struct row *row, json_t *values, struct digest *ret)
{
    JSON_AUTO *all =
        json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:O}", "ticket", ticket,
                  "record", row->record, "version", (json_int_t)row->version, "step", row->step,
                  "channel", row->channel, "actor", row->actor, "measured",
                  (json_int_t)row->measured, "until", (json_int_t)row->until_us, "shard",
                  (json_int_t)row->shard, "seq", (json_int_t)row->seq, "values", values);
    CLEANUP(buf_wipe) struct buf text;
    int e;

    buf_init(&text, BODY_MAX);
    e = all ? ERR_FOLD(json_canonical(all, &text, NULL)) : -ENOMEM;
    if (!e)
        *ret = sha256(buf_str(&text));
    return e;
}

/* ---- an act makes one ---- */

const char *ticket_channel(const struct step *st, const uint8_t *truth)
{
    const char *channel = st->ticket ? st->ticket->way : NULL;

    for (size_t i = 0; i < st->n_conds; i++) {
        const struct cond *c = st->conds[i];

        if (c->kind != COND_LEAVES || (c->only_if && !cond_true(c->only_if, truth)))
            continue;
        if (channel && strcmp(channel, c->name) != 0)
            return NULL;
        channel = c->name;
    }
    return channel;
}

static int end_of(struct stage *sc, const struct ticket_rule *t, uint64_t *ret)
{
    json_t *v = NULL;
    int e = record_value(sc->e->store, sc->hand, t->until, &v);

    if (e)
        return e;
    return v && !instant_parse(str_of(json_string_value(v)), ret) ? 0 : 1;
}

int ticket_note(struct deed *d, const char *channel)
{
    json_t *v = NULL;
    int e = record_value(d->sc->e->store, d->sc->hand, d->step->ticket->until, &v);
    json_t *o = e ? NULL
                  : json_pack("{s:s, s:s}", "channel", channel, "until",
                              v && json_is_string(v) ? json_string_value(v) : "");

    return e ? e : o ? json_put(d->in, "ticket", o) : -ENOMEM;
}

int ticket_issue(struct stage *sc, const struct step *st, const char *channel,
                 const struct log_place *place, char ret[TICKET_SIZE])
{
    struct row row = {.record = sc->hand->id,
                      .version = sc->hand->version,
                      .step = st->act,
                      .channel = channel,
                      .actor = sc->actor ? sc->actor->id : "",
                      .measured = sc->measured,
                      .shard = place->shard,
                      .seq = (int64_t)place->seq};
    JSON_AUTO *values = NULL;
    uint8_t bytes[32];
    int e = values_of(sc, sc->hand, st->ticket, &values);

    if (e || (e = put_labels(sc, st, values)) || (e = end_of(sc, st->ticket, &row.until_us)))
        return e;
    random_fill(bytes, sizeof(bytes));
    sodium_bin2base64(ret, TICKET_SIZE, bytes, sizeof(bytes),
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof(bytes));
    row.id = id_of(ret);
    if ((e = bound_of(ret, &row, values, &row.bound)))
        return e;
    return store_failed(
        STORE_RUN(sc->e->store, STMT_TICKET_ADD, V_TEXT(row.id.at), V_TEXT(row.record),
                  V_INT(row.version), V_TEXT(row.step), V_TEXT(row.channel), V_TEXT(row.actor),
                  V_INT(row.measured), V_BLOB(row.bound.bytes, sizeof(row.bound.bytes)),
                  V_INT(row.until_us), V_INT(row.shard), V_INT(row.seq), V_INT(sc->now_us)));
}

/* ---- and another closes it ---- */

static bool is_his(const struct stage *sc, const struct row *row)
{
    return sc->actor && !strcmp(row->actor, sc->actor->id) &&
           row->measured == (int64_t)sc->measured;
}

static bool closes(const struct stage *sc, const struct step *st, const struct row *row)
{
    for (size_t i = 0; i < sc->procedure->n_steps; i++) {
        const struct step *s = &sc->procedure->steps[i];

        if (s->ticket && !strcmp(s->act, row->step) &&
            !strcmp(st->closes == CLOSES_DONE ? s->ticket->done : s->ticket->broken, st->act))
            return true;
    }
    return false;
}

int ticket_closable(struct stage *sc, const struct step *st, const char *ticket,
                    const char **ret_why)
{
    struct row row = {0};
    int r = row_get(sc, ticket, &row);

    if (r < 0)
        return r;
    if (r || strcmp(row.record, sc->hand->id) != 0 || !closes(sc, st, &row))
        *ret_why = TICKET_NONE;
    else if (!is_his(sc, &row))
        *ret_why = TICKET_PERSON;
    /* What was never used cannot be done; what was used may turn out to be broken. */
    else if (strcmp(row.state, STATE_USED) != 0 &&
             (st->closes == CLOSES_DONE || strcmp(row.state, STATE_OPEN) != 0))
        *ret_why = TICKET_USED;
    else
        *ret_why = NULL;
    return 0;
}

int ticket_close(struct stage *sc, const struct step *st, const char *ticket)
{
    struct row row = {0};
    int r = row_get(sc, ticket, &row);

    if (!r)
        r = store_failed(
            STORE_RUN(sc->e->store, STMT_TICKET_MOVE, V_TEXT(row.id.at), V_TEXT(row.state),
                      V_TEXT(st->closes == CLOSES_DONE ? "done" : "broken"), V_INT(sc->now_us)));
    return r > 0 || (!r && !store_changed(sc->e->store)) ? -ESTALE : r;
}

/* ---- it is used ---- */

json_t *ticket_say(const char *why, const struct field *f)
{
    static const struct {
        const char *why;
        struct text2 say;
    } rows[] = {
        {TICKET_NONE,
         {"その記録のために渡された持出票がある",
          "there must be a ticket that was given for this record"}},
        {TICKET_PERSON,
         {"持出票は、渡された本人が、渡された出入口装置で使う",
          "a ticket is used by whom it was given to, at the gate that asked for it"}},
        {TICKET_USED,
         {"持出票は一度だけ使い、使ったとおりに閉じる",
          "a ticket is used once, and closed as it was used"}},
        {TICKET_OVER, {"持出票は期限までに使う", "a ticket is used before it ends"}},
        {TICKET_MOVED,
         {"持出票が渡された後に、記録も、出すものの区分も変わっていない",
          "the record, and the class of what it names, must be as they were when the ticket was given"}},
        {TICKET_LEAVES,
         {"持出票を使う時にも、区分及び閲覧範囲がその経路を許す",
          "class and readable range must still allow that way when the ticket is used"}},
        {TICKET_CHANNEL,
         {"持出票に記された経路で出す", "it leaves by the way that the ticket names"}},
        {TICKET_OTHER,
         {"持出票に記されたとおりのものを、記された相手と媒体に出す",
          "exactly what the ticket names leaves, to whom and on what it names"}},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!strcmp(rows[i].why, why))
            return f ? json_pack("{s:s+++, s:s+++}", "ja", rows[i].say.ja, "（", f->title.ja, "）",
                                 "en", rows[i].say.en, " (", f->title.en, ")")
                     : text2_json(rows[i].say);
    return NULL;
}

int ticket_unmet(struct stage *sc, struct judged *j, const char *why, const struct field *f)
{
    char *rule = arena_printf(sc->arena, "%s/%s:ticket", j->step->procedure->reg->id, j->step->act);

    return rule ? judged_add(j, rule, false, clauses_json(&j->step->clauses), ticket_say(why, f), "ticket") : -ENOMEM;
}

static const struct step *step_of(const struct record *r, const char *act)
{
    for (size_t n = 0;; n++) {
        const struct step *st = procedure_step(r->reg->procedure, act, n);

        if (!st || st->ticket)
            return st;
    }
}

/* What the gate says, typed as an act's values are; what cannot be so typed is not there. */
static int said_of(struct stage *sc, const struct ticket_rule *t, const json_t *with, json_t **ret)
{
    JSON_AUTO *o = json_object(), *problems = json_array();

    for (size_t i = 0; i < t->n_contents + t->n_binds; i++) {
        const struct field *f = i < t->n_contents ? t->contents[i] : t->binds[i - t->n_contents];
        const json_t *v = json_object_get(with, f->id);
        JSON_AUTO *typed = NULL;
        int e = o && problems ? 0 : -ENOMEM;

        if (!e && v && !json_is_null(v) && !(json_is_string(v) && !json_string_length(v)))
            e = input_value(sc, f, v, NULL, &typed, problems);
        if (!e && typed && json_object_set(o, f->id, typed))
            e = -ENOMEM;
        if (e)
            return e;
    }
    *ret = TAKE(o);
    return 0;
}

/* The first bound field that is another; NULL: all are the same. */
static const struct field *other_field(const struct ticket_rule *t, const json_t *is,
                                       const json_t *said)
{
    for (size_t i = 0; i < t->n_contents + t->n_binds; i++) {
        const struct field *f = i < t->n_contents ? t->contents[i] : t->binds[i - t->n_contents];
        const json_t *a = json_object_get(is, f->id), *b = json_object_get(said, f->id);

        if (a != b && (!a || !b || !json_equal(a, b)))
            return f;
    }
    return NULL;
}

struct using
{
    struct stage sc;
    struct log *log;
    const struct ticket_use *use;
    struct row row;
    const struct step *step;
    const struct field *field;
    const char *why; /* NULL: it may be used */
};

/* The label decides once more, for whoever gets it as he stands now. */
static int judge_way(struct using *u)
{
    const struct procedure *p = u->sc.procedure;
    uint8_t *truth = arena_alloc(u->sc.arena, p->n_leaves + 1);
    int e = truth ? 0 : -ENOMEM;

    for (size_t i = 0; !e && i < p->n_leaves; i++)
        truth[i] = TRUTH_UNASKED;
    for (size_t i = 0; !e && !u->why && i < u->step->n_conds; i++) {
        const struct cond *c = u->step->conds[i];

        if (c->kind != COND_LEAVES)
            continue;
        e = gather_cond(&u->sc, c, truth);
        u->why = e || cond_true(c, truth) ? NULL : TICKET_LEAVES;
    }
    return e;
}

/* The row is as it was written: with the values that the record holds it gives what it is bound to. */
static int judge_values(struct using *u)
{
    const struct ticket_rule *t = u->step->ticket;
    JSON_AUTO *is = NULL;
    JSON_AUTO *said = NULL;
    struct digest bound;
    int e = values_of(&u->sc, u->sc.hand, t, &is);

    if (e > 0) {
        u->why = TICKET_MOVED;
        return 0;
    }
    if (e || (e = said_of(&u->sc, t, u->use->with, &said)) || (e = put_labels(&u->sc, u->step, is)) ||
        (e = bound_of(u->use->ticket, &u->row, is, &bound)))
        return e;
    if (sodium_memcmp(bound.bytes, u->row.bound.bytes, sizeof(bound.bytes)) != 0)
        u->why = TICKET_MOVED;
    else if ((u->field = other_field(t, is, said)))
        u->why = TICKET_OTHER;
    return u->why ? 0 : judge_way(u);
}

static int judge_use(struct using *u)
{
    const struct row *row = &u->row;
    int r = row_get(&u->sc, u->use->ticket, &u->row);

    if (!r)
        r = stage_record(&u->sc, row->record, &u->sc.hand);
    if (!r) {
        u->sc.procedure = u->sc.hand->reg->procedure;
        u->step = step_of(u->sc.hand, row->step);
    }
    if (r < 0)
        return r;
    if (r || !u->step || u->sc.hand->disposed_us) {
        u->sc.hand = NULL;
        u->why = TICKET_NONE;
    } else if (!is_his(&u->sc, row)) {
        u->why = TICKET_PERSON;
    } else if (strcmp(row->state, STATE_OPEN) != 0) {
        u->why = TICKET_USED;
    } else if (u->sc.now_us >= row->until_us) {
        u->why = TICKET_OVER;
    } else if (u->sc.hand->version != row->version) {
        u->why = TICKET_MOVED;
    } else if (strcmp(row->channel, u->use->channel) != 0) {
        u->why = TICKET_CHANNEL;
    } else {
        return judge_values(u);
    }
    return 0;
}

static int enter_refusal(struct using *u, struct log_place *place)
{
    struct stage *sc = &u->sc;
    const struct reg *reg = sc->hand ? sc->hand->reg : NULL;
    const struct pack_slot *slot = reg ? engine_slot(sc->e, reg->pack) : NULL;
    const struct appointment *held[1];
    JSON_AUTO *in = json_pack("{s:s, s:s}", "why", u->why, "channel", u->use->channel);
    JSON_AUTO *clauses = u->step ? clauses_json(&u->step->clauses) : NULL;
    JSON_AUTO *actor = NULL;
    char *label = reg ? label_text(sc, reg, sc->hand) : NULL;
    char *act = arena_printf(sc->arena, "%s/ticket-use", reg ? reg->id : "system");
    struct log_leaf leaf = {.act = act,
                            .case_id = reg ? sc->hand->id : "",
                            .from = "",
                            .to = "",
                            .label = label ? label : "",
                            .rules = slot ? slot->hash : "",
                            .result = "refused",
                            .in = in};

    if (sc->actor && force_appointments(sc->e->force, sc->actor, sc->today, held, 1))
        sc->standing = (struct standing){STANDING_OWN, held[0]->post, held[0]->unit, ""};
    actor = actor_json(sc);
    if (!in || !act || !actor || (reg && !label) || (u->step && !clauses) ||
        (u->field && json_put_str(in, "field", u->field->id)) ||
        (sc->measured && json_put_str(in, "measured", measurer_name(sc->measured))))
        return -ENOMEM;
    leaf.actor = json_object_size(actor) ? actor : NULL;
    leaf.clauses = json_array_size(clauses) ? clauses : NULL;
    return enter(sc, u->log, &leaf, place);
}

static int put_where(const struct using *u, json_t *o)
{
    if (!u->sc.hand)
        return 0;
    return json_put_str(o, "reg", u->sc.hand->reg->id) ||
                   json_put_str(o, "record", u->sc.hand->id) ||
                   json_put_str(o, "step", u->step->act)
               ? -ENOMEM
               : 0;
}

static int refuse_use(struct using *u, json_t **ret)
{
    struct log_place place;
    int e = enter_refusal(u, &place);
    JSON_AUTO *o = e ? NULL
                     : json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:o}", "result", "refused", "why",
                                 u->why, "field", u->field ? u->field->id : "", "say",
                                 ticket_say(u->why, u->field), "shard", (json_int_t)place.shard,
                                 "seq", (json_int_t)place.seq, "t", instant_json(place.t_us));

    if (!e)
        e = o ? put_where(u, o) : -ENOMEM;
    if (!e)
        *ret = TAKE(o);
    return e;
}

static int allow_use(struct using *u, json_t **ret)
{
    JSON_AUTO *o =
        json_pack("{s:s, s:o}", "result", "allowed", "until", instant_json(u->row.until_us));
    int e = o ? put_where(u, o) : -ENOMEM;

    if (!e)
        e = store_failed(STORE_RUN(u->sc.e->store, STMT_TICKET_MOVE, V_TEXT(u->row.id.at),
                                   V_TEXT(STATE_OPEN), V_TEXT(STATE_USED), V_INT(u->sc.now_us)));
    if (!e && !store_changed(u->sc.e->store))
        e = -ESTALE;
    if (!e)
        *ret = TAKE(o);
    return e;
}

int engine_ticket_use(struct engine *e, struct log *log, const struct ticket_use *use,
                      json_t **ret_outcome)
{
    struct using u = {.log = log, .use = use};
    int r = stage_open(&u.sc, e, use->person, use->now_us);

    u.sc.measured = use->measured;
    if (!r)
        r = judge_use(&u);
    if (!r)
        r = u.why ? refuse_use(&u, ret_outcome) : allow_use(&u, ret_outcome);
    stage_done(&u.sc);
    return r;
}

/* ---- in stories ---- */

/* As the gate would say them: in clear. */
static int said_again(struct stage *sc, struct record *r, json_t *values)
{
    const char *id;
    json_t *v;
    void *next;

    sc->actor = NULL; /* to the program itself all is shown */
    json_object_foreach_safe (values, next, id, v) {
        JSON_AUTO *shown = NULL;
        int e = digest_show(sc, false, r, reg_field(r->reg, id), v, &shown);

        if (e || (e = json_object_set(values, id, shown) ? -ENOMEM : 0))
            return e;
    }
    return 0;
}

static int unchanged(struct stage *sc, const char *ticket, const char **ret_channel,
                     json_t **ret_with)
{
    struct row row = {0};
    const struct step *st;
    struct record *r;
    int e = row_get(sc, ticket, &row);

    if (!e)
        e = stage_record(sc, row.record, &r);
    if (e)
        return e;
    *ret_channel = row.channel;
    st = step_of(r, row.step);
    e = st ? values_of(sc, r, st->ticket, ret_with) : 1;
    return e ? e : said_again(sc, r, *ret_with);
}

int ticket_use_unchanged(struct engine *e, struct log *log, const struct act *act)
{
    struct ticket_use use = {.ticket = act->ticket,
                             .person = act->person,
                             .measured = act->measured,
                             .now_us = act->now_us};
    JSON_AUTO *outcome = NULL;
    JSON_AUTO *with = NULL;
    struct stage sc;
    int r = stage_open(&sc, e, act->person, act->now_us);

    if (!r)
        r = unchanged(&sc, act->ticket, &use.channel, &with);
    use.with = with;
    if (!r)
        r = engine_ticket_use(e, log, &use, &outcome);
    stage_done(&sc);
    return MIN_OF(r, 0);
}
