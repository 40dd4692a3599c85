/* Whether records may leave to a person by some channel: his sight, the caps of their packs, and that they are still what was seen. */
#include "engine/digest.h"
#include "engine/holding.h"
#include "engine/label-of.h"
#include "engine/ref.h"

int release_pack_cap(const struct pack *p, enum release_channel channel)
{
    return pack_channel_cap(p, release_channel_name(channel));
}

struct release_question release_ask(const struct engine *e, const struct pack *p, enum release_channel channel)
{
    return (struct release_question){.channel = channel, .channel_at_most = release_pack_cap(p, channel), .is_shut = e->is_shut};
}

bool release_page_is_capped(const struct reg *r)
{
    int highest = r->has_label_from && r->label_from.n[LABEL_CONFIDENTIALITY] ? LABEL_CONFIDENTIALITY_MAX : r->label->confidentiality;

    return highest > release_cap(RELEASE_PAGE, release_pack_cap(r->pack, RELEASE_PAGE));
}

static json_t *told(const char *result, const char *record)
{
    return json_pack("{s:s, s:s}", "result", result, "record", record);
}

void engine_ask_by(struct engine *e, enum release_channel channel)
{
    e->asked_by = channel;
}

int release_record(struct stage *sc, const struct sight *sight, enum release_channel channel, const struct record *r,
                   enum release_answer *ret)
{
    struct release_question q = release_ask(sc->e, r->reg->pack, channel);
    struct audience au;
    int e;

    *ret = RELEASE_UNSEEN;
    if (!r->audience)
        return 0;
    if ((e = ERR_FOLD(audience_get(sc->e->store, r->audience, sc->arena, &au, NULL))))
        return e;
    q.label = &au.label;
    q.sight = sight;
    q.audience = r->audience;
    *ret = release_decide(&q);
    return 0;
}

/* Somebody who gets it: a person of the staff by his sight, a party by the label's own list. */
struct receiver {
    struct sight *sight;
    const char *party; /* or NULL */
};

static int one_leaves(struct stage *sc, const struct receiver *to, const struct cond *c, const struct label *all, const char *id)
{
    struct release_question q;
    enum release_channel channel;
    struct record *r;
    int e = stage_record(sc, id, &r);

    if (e)
        return MIN_OF(e, 0);
    if (!release_channel_parse(str_of(c->name), &channel))
        return -EINVAL;
    if (channel == RELEASE_PAGE)
        channel = sc->e->asked_by;
    q = release_ask(sc->e, sc->procedure->reg->pack, channel);
    q.label = all;
    q.sight = to->sight;
    q.party = to->party;
    q.seen = to->party ? RELEASE_BY_LIST : RELEASE_BY_SIGHT;
    if (to->party && (e = label_parties_of(sc, r, to->party, &q.parties)))
        return e;
    q.audience = r->audience;
    return release_decide(&q) == RELEASE_ALLOWED;
}

static size_t n_texts(const json_t *v)
{
    return json_is_array(v) ? json_array_size(v) : json_is_string(v) ? 1 : 0;
}

static const char *text_of(const json_t *v, size_t i)
{
    const char *s = json_string_value(json_is_array(v) ? json_array_get(v, i) : v);

    return s ? s : "";
}

/* All of it, to one receiver. */
static int all_leave_to(struct stage *sc, const struct cond *c, const struct label *all, const json_t *ids, const struct receiver *to)
{
    int e = 1;

    for (size_t i = 0; e == 1 && i < n_texts(ids); i++)
        e = one_leaves(sc, to, c, all, text_of(ids, i));
    return e;
}

static int leaves_to_person(struct stage *sc, const struct cond *c, const struct label *all, const json_t *ids, const struct person *person)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    int e = person ? sight_of_person(sc, person, &sight) : 0;

    return e || !person ? e : all_leave_to(sc, c, all, ids, &(struct receiver){.sight = sight});
}

static int leaves_to(struct stage *sc, const struct cond *c, const struct label *all, const json_t *ids, const char *receiver)
{
    if (c->reg)
        return all_leave_to(sc, c, all, ids, &(struct receiver){.party = receiver});
    return leaves_to_person(sc, c, all, ids, force_person(sc->e->force, receiver));
}

/* Whoever `to` names, each of them, else who acts. Nobody: it does not leave. */
/* The label of all of them is asked for: one that is out of sight is enough. 1: one is. */
static int note_unseen(struct stage *sc, const json_t *ids)
{
    for (size_t i = 0; sc->told_to && i < n_texts(ids); i++) {
        struct record *r;
        int e = stage_record(sc, text_of(ids, i), &r);

        if (e < 0 || (!e && stage_is_unseen(sc, r)))
            return e < 0 ? e : 1;
    }
    return 0;
}

static int records_leave(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *ids = NULL;
    JSON_AUTO *receivers = NULL;
    struct label all;
    size_t n = 0;
    int e = label_of_sources(sc, &c->subject, &all, &n);

    if (e || !n)
        return e == -E2BIG ? 0 : e;
    if ((e = ref_eval(sc, &c->subject, &ids)) || (e = note_unseen(sc, ids)))
        return MIN_OF(e, 0);
    if (c->other.kind == REF_NONE)
        return leaves_to_person(sc, c, &all, ids, sc->actor);
    if ((e = ref_eval(sc, &c->other, &receivers)))
        return e;
    e = n_texts(receivers) > 0;
    for (size_t i = 0; e == 1 && i < n_texts(receivers); i++)
        e = leaves_to(sc, c, &all, ids, text_of(receivers, i));
    return e;
}

/* ---- what a gate measured ---- */

/* 1 to 3; what bears no class is no more than 1. */
static int class_of_row(const struct leaving *l, const json_t *row)
{
    int level = 1;

    for (size_t i = 0; i < l->n_classes; i++)
        level = MAX_OF(level, field_level(l->classes[i], json_str(row, l->classes[i]->id)));
    return level;
}

static bool row_is_sealed(const struct leaving *l, const json_t *row)
{
    return l->sealing && word_in(json_str(row, l->sealing->id), l->sealed, l->n_sealed);
}

/* What a gate measured, and what holds it by now. */
struct measuring {
    struct stage *sc;
    const struct leaving *l;
    struct label open, sealed;
    enum release_seen seen;
    json_t *limits, *strangers;            /* as the record has them, borrowed from it; NULL: none */
    const struct holding_readers *readers; /* NULL: nobody is asked about */
};

/* {address: …} of those within. */
static int receivers_within(const struct leaving_to *to, const json_t *rows, json_t *ret)
{
    const json_t *row;
    size_t i;
    int e = 0;

    json_array_foreach (rows, i, row)
        if (!e && !(to->outside && json_flag(row, to->outside->id)))
            e = json_put_flag(ret, json_str(row, to->address->id), true);
    return e;
}

static int find_readers(struct measuring *m)
{
    const struct leaving_to *to = &m->l->to;
    struct record *r = m->sc->hand;
    JSON_AUTO *addresses = json_object();
    struct holding_readers *readers = NULL;
    json_t *rows = NULL;
    int e = addresses ? 0 : -ENOMEM;

    if (!e)
        e = record_value(m->sc->e->store, r, to->rows, &rows);
    if (!e)
        e = receivers_within(to, rows, addresses);
    if (!e)
        e = record_value(m->sc->e->store, r, to->strangers, &m->strangers);
    if (!e)
        e = holding_readers_find(m->sc, addresses, &readers);
    m->readers = readers;
    return e;
}

static int measuring_open(struct stage *sc, const struct leaving *l, struct measuring *ret)
{
    const struct label least = {.confidentiality = 1, .integrity = 1, .availability = 1};
    int e = 0;

    *ret = (struct measuring){.sc = sc, .l = l, .open = least, .sealed = least, .seen = RELEASE_MEASURED};
    if (l->limits)
        e = record_value(sc->e->store, sc->hand, l->limits, &ret->limits);
    return e || !l->to.rows ? e : find_readers(ret);
}

static bool has_text(const json_t *list, const char *text)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_string_value(json_array_get(list, i)), text))
            return true;
    return false;
}

/* As far as the field has a word for them. */
static bool limits_stand(const struct measuring *m, const struct label *held)
{
    const struct field *f = m->l->limits;

    for (size_t i = 0; f && i < f->n_choices; i++)
        if (label_set_has(held->restrictions, f->choices[i].id) && !has_text(m->limits, f->choices[i].id))
            return false;
    return true;
}

static bool is_stranger(const struct measuring *m, const char *address, const char *keyed)
{
    const struct leaving_to *to = &m->l->to;
    const json_t *row;
    size_t i;

    json_array_foreach (m->strangers, i, row)
        if (!strcmp(json_str(row, to->stranger->id), address) && !strcmp(json_str(row, to->stranger_digest->id), keyed))
            return true;
    return false;
}

/* Nobody within has become one who may not read it since the gate asked. */
static int ask_readers(struct measuring *m, const char *keyed)
{
    JSON_AUTO *shut = NULL;
    const char *address;
    json_t *any;
    int e = holding_shut_out(m->sc, m->readers, digest_hash(keyed), &shut);

    json_object_foreach (shut, address, any)
        if (!e && !is_stranger(m, address, keyed))
            m->seen = RELEASE_OUTSIDE;
    return e;
}

/* What holds the bytes by now: the gate asked a while ago. */
static int hold_row(struct measuring *m, const json_t *row, struct label *at)
{
    const struct leaving *l = m->l;
    const char *keyed = l->digest ? json_str(row, l->digest->id) : "";
    bool is_short = l->size && json_int(row, l->size->id) < (int64_t)HOLDING_SIZE_MIN;
    struct holding_asked held;
    int e;

    if (!digest_is_keyed(keyed))
        return 0;
    e = holding_asks_of(m->sc, m->sc->actor, digest_hash(keyed), &held);
    if (e || !held.is_held)
        return e;
    at->confidentiality = MAX_OF(at->confidentiality, held.label.confidentiality);
    if (!held.admits || (!is_short && !limits_stand(m, &held.label)))
        m->seen = RELEASE_OUTSIDE;
    return m->readers && !is_short ? ask_readers(m, keyed) : 0;
}

static int measure_rows(struct measuring *m, const json_t *rows)
{
    const struct leaving *l = m->l;
    const json_t *row;
    size_t i;
    int e = 0;

    json_array_foreach (rows, i, row) {
        struct label *at = row_is_sealed(l, row) ? &m->sealed : &m->open;

        at->confidentiality = MAX_OF(at->confidentiality, class_of_row(l, row));
        if (l->outside && json_flag(row, l->outside->id))
            m->seen = RELEASE_OUTSIDE;
        if ((e = hold_row(m, row, at)))
            return e;
    }
    return e;
}

/* What lies open counts for the open way, whatever else is sealed. */
static int measured_leaves(struct stage *sc, const struct cond *c)
{
    JSON_AUTO *rows = NULL;
    struct measuring m;
    int e = sc->actor ? ref_eval(sc, &c->subject, &rows) : 0;

    if (e || !sc->actor)
        return e;
    if ((e = measuring_open(sc, c->leaving, &m)) || (e = measure_rows(&m, rows)))
        return e;
    for (int is_open = 0; is_open < 2; is_open++) {
        enum release_channel channel;
        struct release_question q;

        if (!release_channel_parse(str_of(c->name), &channel))
            return -EINVAL;
        q = release_ask(sc->e, sc->procedure->reg->pack, is_open ? release_channel_open(channel) : channel);
        q.label = is_open ? &m.open : &m.sealed;
        q.seen = m.seen;
        if (release_decide(&q) != RELEASE_ALLOWED)
            return 0;
    }
    return 1;
}

int release_leaves(struct stage *sc, const struct cond *c)
{
    return c->leaving ? measured_leaves(sc, c) : records_leave(sc, c);
}

/* ---- what a person takes out ---- */

/* *ret stays NULL when the one record may go. */
static int release_one(struct stage *sc, const struct sight *sight, enum release_channel channel, const char *id, int64_t version,
                       json_t **ret)
{
    enum release_answer answer = RELEASE_UNSEEN;
    struct record *r;
    int e = stage_record(sc, id, &r);

    if (e < 0 || (!e && (e = release_record(sc, sight, channel, r, &answer))))
        return e;
    if (answer == RELEASE_UNSEEN)
        *ret = told("unknown", id);
    else if (answer == RELEASE_SHUT)
        *ret = told("shut", id);
    else if (answer != RELEASE_ALLOWED)
        *ret = told("forbidden", id);
    else if (r->version != version)
        *ret = told("stale", id);
    else
        return 0;
    return *ret ? 0 : -ENOMEM;
}

static int release_all(struct stage *sc, enum release_channel channel, const json_t *records, json_t **ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    json_t *each = (json_t *)(uintptr_t)records, *version;
    const char *id;
    int e = sight_of_person(sc, sc->actor, &sight);

    if (e)
        return e;
    json_object_foreach (each, id, version)
        if ((e = release_one(sc, sight, channel, id, json_integer_value(version), ret)) || *ret)
            return e;
    *ret = told("allowed", "");
    return *ret ? 0 : -ENOMEM;
}

int engine_release(struct engine *e, const char *person, enum release_channel channel, const json_t *records, uint64_t now_us,
                   json_t **ret_outcome)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    *ret_outcome = NULL;
    if (!r && !sc.actor)
        r = (*ret_outcome = told("unknown", "")) ? 0 : -ENOMEM;
    else if (!r)
        r = release_all(&sc, channel, records, ret_outcome);
    stage_done(&sc);
    return r;
}

/* ---- everything at once ---- */

#define PACKS_MAX 64

/* A record of an audience that nobody knows counts as the highest. */
static int held_at(struct store *s, int level, bool *ret)
{
    ROWS_AUTO *row = NULL;
    char like[24];
    int r;

    snprintf(like, sizeof(like), "%%\"c\":%d,%%", level); /* the canonical form of label/audience.h; within a text its quotes are escaped */
    r = STORE_ONE(s, &row, STMT_HELD_LIKE, V_TEXT(like));
    *ret = !r;
    return r == STORE_E_NONE ? 0 : store_errno(r);
}

static int lowest_cap(const struct engine *e, enum release_channel channel)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(e, packs, PACKS_MAX), (size_t)PACKS_MAX);
    int cap = release_cap(channel, 0);

    for (size_t i = 0; i < n; i++)
        cap = release_cap(channel, release_pack_cap(packs[i], channel) ? MIN_OF(cap, release_pack_cap(packs[i], channel)) : cap);
    return cap;
}

int engine_held_most(struct store *s, int *ret)
{
    bool is_held = false;
    int r = 0;

    *ret = 0;
    for (int level = LABEL_CONFIDENTIALITY_MAX; !r && !is_held && level > 0; level--) {
        r = held_at(s, level, &is_held);
        *ret = is_held ? level : 0;
    }
    return r;
}

int engine_release_whole(struct engine *e, enum release_channel channel, unsigned persons, int held, int *ret_held, enum release_answer *ret)
{
    struct label label = {0};
    struct release_question q = {.label = &label, .channel = channel, .channel_at_most = lowest_cap(e, channel), .is_shut = e->is_shut, .persons = persons};
    int r = engine_held_most(e->store, &label.confidentiality);

    label.confidentiality = MAX_OF(label.confidentiality, held);
    *ret_held = label.confidentiality;
    *ret = r ? RELEASE_NOT_DECIDED : release_decide(&q);
    return r;
}

int64_t engine_copies_until(const struct engine *e, uint64_t now_us)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(e, packs, PACKS_MAX), (size_t)PACKS_MAX);
    int64_t until = DAY_NONE;

    for (size_t i = 0; i < n; i++) {
        const struct param *p = pack_param(packs[i], "vault-copies");
        int64_t day = p && p->is_set && p->type == PARAM_DURATION ? day_add(day_of_instant(now_us), p->duration, 1) : DAY_NONE;

        if (day != DAY_NONE && (until == DAY_NONE || day < until))
            until = day;
    }
    return until;
}

/* ---- keys ---- */

#define GUARDED 3 /* from this confidentiality on a key follows sight alone */

static int is_guarded(struct stage *sc, const struct record *r, bool *ret)
{
    struct audience au;
    int e = r->audience ? ERR_FOLD(audience_get(sc->e->store, r->audience, sc->arena, &au, NULL)) : 0;

    *ret = !r->audience || (!e && au.label.confidentiality >= GUARDED);
    return e;
}

static int release_key(struct stage *sc, const char *id, enum release_channel channel, bool *ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    enum release_answer answer = RELEASE_UNSEEN;
    bool guarded = true;
    struct record *r;
    int e = stage_record(sc, id, &r);

    if (e)
        return MIN_OF(e, 0);
    if ((e = is_guarded(sc, r, &guarded)))
        return e;
    if (guarded && sc->actor && !(e = sight_of_person(sc, sc->actor, &sight)))
        e = release_record(sc, sight, channel, r, &answer);
    *ret = !e && (!guarded || answer == RELEASE_ALLOWED);
    return e;
}

int engine_key_release(struct engine *e, const char *person, const char *record, enum release_channel channel, uint64_t now_us, bool *ret)
{
    struct stage sc;
    int r = stage_open(&sc, e, person, now_us);

    *ret = false;
    if (!r)
        r = release_key(&sc, record, channel, ret);
    stage_done(&sc);
    return r;
}
