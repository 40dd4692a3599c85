/* The second half of a deed: the entry in the ledger, the rows. */
#include "engine/apply.h"

#include "engine/digest.h"
#include "engine/find.h"
#include "engine/keeping.h"
#include "engine/label-of.h"
#include "engine/mail.h"
#include "engine/obligation.h"
#include "engine/paper.h"
#include "engine/station.h"
#include "engine/ref.h"
#include "engine/secret.h"
#include "engine/shelf.h"
#include "engine/succession.h"

/* ---- the entry ---- */

json_t *clauses_json(const struct clause_list *l)
{
    json_t *a = json_array();

    for (size_t i = 0; a && l && i < l->n; i++)
        if (json_array_append_new(a, json_string(l->at[i]->id))) {
            json_decref(a);
            return NULL;
        }
    return a;
}

static int put_filled(json_t *o, const char *key, const char *text)
{
    return text && *text ? json_put_str(o, key, text) : 0;
}

json_t *actor_json(const struct stage *sc)
{
    json_t *o = json_object();

    if (o && !sc->actor && put_filled(o, "id", sc->actor_id)) {
        json_decref(o);
        return NULL;
    }
    if (!o || !sc->actor)
        return o;
    if (put_filled(o, "id", sc->actor->id) || put_filled(o, "post", sc->standing.post ? sc->standing.post->id : "") ||
        put_filled(o, "rank", sc->actor->rank ? sc->actor->rank->id : "") ||
        put_filled(o, "authority", authority_text(sc->standing.authority)) || put_filled(o, "for", sc->standing.for_person) ||
        (sc->station && (put_filled(o, "station", sc->station->id) || put_filled(o, "station_key", sc->station->key))) ||
        put_filled(o, "device", sc->e->asked_from)) {
        json_decref(o);
        return NULL;
    }
    return o;
}

static int add_object(json_t *list, const struct record *r)
{
    struct digest digest;
    bool disposed = r->is_leaving;
    json_t *o;
    int e = record_digest(r, &digest);

    if (e)
        return e;
    o = json_pack("{s:s, s:s, s:s}", "kind", "record", "id", r->id, "digest", digest_text(&digest).at);
    if (!o || (disposed && json_put_flag(o, "disposed", true)) || json_array_append_new(list, o))
        return -ENOMEM;
    return 0;
}

static int add_commits(const struct deed *d, json_t *list, const struct record *r)
{
    const char *field;
    json_t *v;

    if (d->given_pii)
        return 0;
    json_object_foreach(r->fresh, field, v) {
        json_t *o;

        if (json_is_null(v))
            continue;
        o = json_pack("{s:s, s:s}", "field", field, "commit", json_str(r->commits, field));
        if (!o || (r != d->sc->hand && json_put_str(o, "record", r->id)) || json_array_append_new(list, o))
            return -ENOMEM;
    }
    return 0;
}

static int fill_in(struct deed *d)
{
    const struct unit *u = stage_actor_unit(d->sc);
    int e = 0;

    if (u)
        e = json_put_str(d->in, "unit", u->id);
    if (!e && json_array_size(d->made))
        e = json_object_set(d->in, "made", d->made) ? -ENOMEM : 0;
    if (!e && json_array_size(d->told))
        e = json_object_set(d->in, "told", d->told) ? -ENOMEM : 0;
    if (!e && json_array_size(d->did))
        e = json_object_set(d->in, "did", d->did) ? -ENOMEM : 0;
    if (!e && d->part)
        e = json_put_str(d->in, "part", d->part);
    if (!e && d->sc->measured)
        e = json_put_str(d->in, "measured", measurer_name(d->sc->measured));
    if (!e && json_array_size(d->under))
        e = json_object_set(d->in, "under", (json_t *)(uintptr_t)d->under) ? -ENOMEM : 0;
    return e;
}

int enter(struct stage *sc, struct log *log, const struct log_leaf *leaf, struct log_place *ret)
{
    struct diag diag;
    int e;

    diag_init(&diag);
    e = log_append(log, leaf, sc->entry_us ? sc->entry_us : sc->now_us, ret, &diag);
    diag_done(&diag);
    if (e == LOG_E_LARGE)
        return -E2BIG;
    return store_failed(e);
}

static int enter_deed(struct deed *d)
{
    struct stage *sc = d->sc;
    struct record *hand = sc->hand;
    const struct pack_slot *slot = engine_slot(sc->e, sc->procedure ? sc->procedure->reg->pack : NULL);
    JSON_AUTO *actor = actor_json(sc);
    JSON_AUTO *obj = json_array();
    JSON_AUTO *pii = json_array();
    JSON_AUTO *clauses = clauses_json(d->clauses);
    JSON_AUTO *paper = sc->is_paper ? paper_json(sc) : NULL;
    char *label = hand ? label_text(sc, hand->reg, hand) : NULL;
    struct log_leaf leaf = {.act = d->act, .case_id = hand ? hand->id : "", .label = label ? label : "",
                            .rules = slot ? slot->hash : "", .result = d->result, .due_us = d->due_us,
                            .from = hand ? hand->from_state : "", .to = hand ? hand->state : ""};
    int e = actor && obj && pii && clauses && (paper || !sc->is_paper) ? fill_in(d) : -ENOMEM;

    for (size_t i = 0; !e && i < sc->n_records; i++)
        if (sc->records[i]->is_touched) {
            e = add_object(obj, sc->records[i]);
            if (!e)
                e = add_commits(d, pii, sc->records[i]);
        }
    leaf.actor = json_object_size(actor) ? actor : NULL;
    leaf.obj = json_array_size(obj) ? obj : NULL;
    leaf.pii = json_array_size(pii) ? pii : NULL;
    leaf.clauses = json_array_size(clauses) ? clauses : NULL;
    leaf.in = d->in;
    leaf.paper = paper;
    return e ? e : enter(sc, d->log, &leaf, &d->place);
}

/* ---- the rows ---- */

/* What a row of history says beside: when it was done on paper, and under which records. */
static int note_of(const struct deed *d, struct buf *out)
{
    JSON_AUTO *o = json_object();
    JSON_AUTO *ids = json_array();
    json_t *t = o && d->sc->is_paper ? instant_json(d->sc->now_us) : NULL;

    if (!o || !ids || (d->sc->is_paper && (!t || json_put(o, "paper", t))))
        return -ENOMEM;
    for (size_t i = 0; i < json_array_size(d->under); i++)
        if (json_array_append(ids, json_object_get(json_array_get(d->under, i), "id")))
            return -ENOMEM;
    if (json_array_size(ids) && json_object_set(o, "under", ids))
        return -ENOMEM;
    return ERR_FOLD(json_canonical(o, out, NULL));
}

static int write_history(struct deed *d, const struct record *r)
{
    const struct stage *sc = d->sc;
    CLEANUP(buf_done) struct buf note = {0};
    int e;

    buf_init(&note, 1024);
    if ((e = note_of(d, &note)))
        return e;
    return store_failed(
        STORE_RUN(sc->e->store, STMT_HISTORY_ADD, V_TEXT(r->id), V_INT(r->version),
                  V_INT(d->place.shard), V_INT(d->place.seq), V_INT(d->place.t_us), V_TEXT(d->act),
                  V_TEXT(sc->actor ? sc->actor->id : sc->actor_id ? sc->actor_id : ""),
                  V_TEXT(sc->actor && sc->standing.post ? sc->standing.post->id : ""),
                  V_TEXT(r->from_state), V_TEXT(r->state), V_STR(buf_str(&note))));
}

static int canonical_text(json_t *o, struct buf *out)
{
    int e = o ? ERR_FOLD(json_canonical(o, out, NULL)) : -ENOMEM;

    json_decref(o);
    return e;
}

static int write_lock(struct deed *d, const struct pending *p)
{
    CLEANUP(buf_done) struct buf why = {0};
    CLEANUP(buf_done) struct buf clauses = {0};
    int e;

    buf_init(&why, 65536);
    buf_init(&clauses, 65536);
    if ((e = canonical_text(text2_json(p->text), &why)) || (e = canonical_text(clauses_json(p->clauses), &clauses)))
        return e;
    return store_failed(STORE_RUN(d->sc->e->store, STMT_LOCK_ADD, V_TEXT(p->record->id), V_TEXT(p->name),
                                  V_TEXT(p->source), V_INT(d->place.t_us), V_STR(buf_str(&why)),
                                  V_STR(buf_str(&clauses))));
}

static int drop_locks(struct deed *d, const struct pending *p)
{
    struct store *s = d->sc->e->store;
    ROWS_AUTO *rows = NULL;
    int e = STORE_QUERY(s, &rows, STMT_LOCK_LIST, V_TEXT(p->record->id));

    while (!e && (e = rows_next(rows)) > 0)
        e = strcmp(rows_text(rows, 0), p->name) != 0
                ? 0
                : STORE_RUN(s, STMT_LOCK_DROP, V_TEXT(p->record->id), V_TEXT(p->name), V_TEXT(rows_text(rows, 1)));
    return store_failed(e);
}

static bool says_the_same(const json_t *a, const json_t *b)
{
    return !strcmp(json_str(a, "ja"), json_str(b, "ja")) && !strcmp(json_str(a, "en"), json_str(b, "en")) &&
           !strcmp(json_str(a, "part"), json_str(b, "part"));
}

/* A timer that fires late finds what it told last entered when it was due itself already, or later: nobody has been told in between.
 * Then one notice stands for both; of what is told again and again the newest does always, read or not. */
static int take_place_of_late(struct deed *d, const struct pending *p, json_t *o)
{
    uint64_t from_us = strcmp(d->part, "again") ? d->due_us : 0;
    struct store *s = d->sc->e->store;
    ROWS_AUTO *rows = NULL;
    int e = store_failed(STORE_QUERY(s, &rows, STMT_NOTICE_SINCE, V_TEXT(p->source), V_INT(from_us),
                                     V_TEXT(p->record ? p->record->id : ""), V_TEXT(p->name)));

    while (!e && (e = rows_next(rows)) > 0) {
        JSON_AUTO *before = NULL;

        if ((e = json_parse(rows_str(rows, 3), JSON_LIMITS_DEFAULT, &before, NULL)))
            return e < 0 ? e : -EBADMSG;
        if (!says_the_same(before, o) || (rows_int(rows, 0) == d->place.shard && rows_int(rows, 1) == d->place.seq))
            continue;
        if ((*json_str(before, "since") && json_put_str(o, "since", json_str(before, "since"))) ||
            json_put_int(o, "times", MAX_OF(json_int(before, "times"), 1) + 1))
            return -ENOMEM;
        return store_failed(STORE_RUN(s, STMT_NOTICE_DROP, V_INT(rows_int(rows, 0)), V_INT(rows_int(rows, 1)),
                                      V_INT(rows_int(rows, 2))));
    }
    return e;
}

static int say_when_due(struct deed *d, const struct pending *p, json_t *o)
{
    json_t *due = instant_json(d->due_us);

    if (!due || json_put(o, "since", due) || json_put_str(o, "part", d->part) || json_put_int(o, "times", 1))
        return -ENOMEM;
    return take_place_of_late(d, p, o);
}

/* Where he who is told acts: "loans/hand-over". */
static int say_todo(struct deed *d, const struct step *todo, json_t *o)
{
    char *name = arena_printf(d->sc->arena, "%s/%s", todo->procedure->reg->id, todo->act);

    return name ? json_put_str(o, "do", name) : -ENOMEM;
}

static int write_notice(struct deed *d, const struct pending *p, int64_t n)
{
    CLEANUP(buf_done) struct buf params = {0};
    JSON_AUTO *o = text2_json(p->text);
    int e = o ? 0 : -ENOMEM;

    buf_init(&params, 65536);
    if (!e && p->todo)
        e = say_todo(d, p->todo, o);
    if (!e && d->part)
        e = say_when_due(d, p, o);
    if (e || (e = ERR_FOLD(json_canonical(o, &params, NULL))))
        return e;
    e = store_failed(STORE_RUN(d->sc->e->store, STMT_NOTICE_ADD, V_INT(d->place.shard), V_INT(d->place.seq), V_INT(n),
                               V_INT(d->place.t_us), V_TEXT(p->source), V_TEXT(p->record ? p->record->id : ""),
                               V_TEXT(p->name), V_INT(p->urgent), V_STR(buf_str(&params))));
    if (e || !p->urgent || d->given_in)
        return e;
    return mail_queue_urgent(d->sc->e, p->source, d->place.shard, d->place.seq, n, d->place.t_us);
}

static int write_pending(struct deed *d)
{
    int64_t notices = 0;
    int e = 0;

    for (size_t i = 0; !e && i < d->n_pending; i++) {
        const struct pending *p = &d->pending[i];

        switch (p->kind) {
        case PENDING_LOCK:
            e = write_lock(d, p);
            break;
        case PENDING_UNLOCK:
            e = drop_locks(d, p);
            break;
        case PENDING_NOTICE:
            e = write_notice(d, p, notices++);
            break;
        case PENDING_DISPOSE:
            e = record_dispose(d->sc->e->store, p->record, d->place.t_us);
            break;
        }
    }
    return e;
}

static void set_unit(struct record *r)
{
    if (r->reg->unit_field)
        r->unit = json_str(r->values, r->reg->unit_field->id);
}

static int write_record(struct deed *d, struct record *r)
{
    struct stage *sc = d->sc;
    int e = 0;

    if (!r->is_leaving) {
        set_unit(r);
        if (r->is_new && sc->is_paper)
            r->opened_us = sc->now_us; /* its periods count from there */
        e = audience_of(sc, r);
        if (!e)
            e = record_save(sc->e->store, r, d->place.t_us);
        if (!e && !d->given_in)
            e = digest_keep(sc, r);
        if (!e && !d->given_in)
            e = secret_keep(sc, r);
        if (!e)
            e = shelves_follow(sc, r);
        if (!e)
            e = find_write(sc, r);
    }
    return e ? e : write_history(d, r);
}

static int write_followers(struct deed *d, struct record *r)
{
    int e;

    if (r->is_leaving)
        return 0;
    e = waiting_write(d->sc, r, d->place.t_us);
    if (!e)
        e = timers_arm(d->sc, r, d->sc->now_us);
    return e ? e : succession_catch_up(d->sc, r);
}

int deed_finish(struct deed *d)
{
    struct stage *sc = d->sc;
    int e = 0;

    for (size_t i = 0; !e && i < sc->n_records; i++)
        if (sc->records[i]->is_touched && !sc->records[i]->is_leaving) {
            record_succeed(sc, sc->records[i]);
            e = keeping_set(sc, sc->records[i]);
        }
    if (!e && !d->given_in)
        e = enter_deed(d);
    for (size_t i = 0; !e && i < sc->n_records; i++)
        if (sc->records[i]->is_touched)
            e = write_record(d, sc->records[i]);
    if (!e)
        e = write_pending(d);
    if (!e)
        e = keeping_follow(sc);
    for (size_t i = 0; !e && i < sc->n_records; i++)
        if (sc->records[i]->is_touched)
            e = write_followers(d, sc->records[i]);
    return e;
}
