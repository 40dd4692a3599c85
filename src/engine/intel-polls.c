#include "engine/intel-polls.h"

#include "engine/intel-inside.h"

#define STATE "polled"
#define PAGE_SIZE 200
#define MINUTES_MAX 10080

struct walking {
    struct stage sc;
    const struct reg *reg;
    struct sight *sight; /* NULL: everything */
    struct arena *a;
    struct engine_polls *ret;
    const char *after;
};

static int number_of(struct walking *w, struct record *r, const char *field, unsigned *ret)
{
    const struct field *f = reg_field(r->reg, field);
    json_t *v = NULL;
    int e = f ? record_value(w->sc.e->store, r, f, &v) : 0;
    json_int_t n = v && json_is_integer(v) ? json_integer_value(v) : 0;

    *ret = (unsigned)MIN_OF(MAX_OF(n, 1), MINUTES_MAX);
    return e;
}

static int copy_of(struct walking *w, struct record *r, const char *field, const char **ret)
{
    int e = intel_text_of(&w->sc, r, field, ret);

    *ret = e ? NULL : arena_strdup(w->a, str_of(*ret));
    return e ? e : *ret ? 0 : -ENOMEM;
}

static int url_of(struct walking *w, struct record *r, const char **ret)
{
    const char *root, *collection;
    int e = intel_text_of(&w->sc, r, "poll_root", &root) ?: intel_text_of(&w->sc, r, "poll_collection", &collection);

    if (e)
        return e;
    *ret = arena_printf(w->a, "%s%scollections/%s/", root, str_ends(str_of(root), STR("/")) ? "" : "/", collection);
    return *ret ? 0 : -ENOMEM;
}

static int take(struct walking *w, struct record *r)
{
    struct engine_poll *p = &w->ret->at[w->ret->n], x = {.minutes = 1};
    int e = 0;

    x.channel = arena_strdup(w->a, str_of(r->id));
    if (!x.channel)
        return -ENOMEM;
    e = url_of(w, r, &x.url) ?: copy_of(w, r, r->reg->name_field ? r->reg->name_field->id : "", &x.name) ?: copy_of(w, r, "poll_user", &x.user) ?:
        copy_of(w, r, "collection", &x.collection) ?: copy_of(w, r, "fetcher", &x.person);
    if (!e)
        e = intel_mark_of(&w->sc, r, &x.tlp) ?: number_of(w, r, "poll_minutes", &x.minutes) ?: intel_flag_of(&w->sc, r, "poll_plain", &x.is_plain);
    if (e)
        return e;
    *p = x;
    w->ret->n++;
    return 0;
}

/* How much came, and when, is of the collection as well. */
static int is_seen(struct walking *w, struct record *r)
{
    struct record *into;
    const char *id;
    int e = sight_may_see(w->sight, r->audience) ? intel_text_of(&w->sc, r, "collection", &id) : 1;

    if (!e && *id)
        e = stage_record(&w->sc, id, &into);
    return e ? MIN_OF(e, 0) : !*id || sight_may_see(w->sight, into->audience);
}

static int look_at(struct walking *w, const char *id)
{
    struct record *r;
    int e = stage_record(&w->sc, id, &r);

    if (e)
        return e == 1 ? 0 : e;
    if (w->sight && (e = is_seen(w, r)) <= 0)
        return e;
    if (w->ret->n == ENGINE_POLLS_MAX) {
        w->ret->is_cut = true;
        return 0;
    }
    return take(w, r);
}

/* One page of the register; *ret_n: how many it had. */
static int page(struct walking *w, size_t *ret_n)
{
    ROWS_AUTO *rows = NULL;
    const char *ids[PAGE_SIZE];
    size_t n = 0;
    int r = STORE_QUERY(w->sc.e->store, &rows, STMT_RECORD_WALK_ID, V_TEXT(w->reg->id), V_TEXT(w->after), V_INT(PAGE_SIZE));

    *ret_n = 0;
    while (!r && (r = rows_next(rows)) == 1) {
        r = 0;
        ++*ret_n;
        w->after = arena_strdup(w->sc.arena, rows_str(rows, 0));
        if (!w->after)
            return -ENOMEM;
        if (!strcmp(rows_text(rows, 1), STATE) && n < PAGE_SIZE)
            ids[n++] = w->after;
    }
    rows_done(TAKE(rows));
    r = store_failed(r);
    for (size_t i = 0; !r && i < n; i++)
        r = look_at(w, ids[i]);
    return r;
}

int engine_polls(struct engine *e, const char *person, uint64_t now_us, struct arena *a, struct engine_polls *ret)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct walking w = {.reg = engine_holding(e, HOLDS_INTEL_CHANNELS, now_us), .a = a, .ret = ret, .after = ""};
    size_t n = PAGE_SIZE;
    int r;

    *ret = (struct engine_polls){NULL, 0, false};
    if (!w.reg || !reg_field(w.reg, "poll_root"))
        return 0;
    ret->at = arena_alloc_n(a, ENGINE_POLLS_MAX, sizeof(*ret->at));
    r = ret->at ? 0 : -ENOMEM;
    if (!r && person)
        r = engine_sight(e, person, now_us, &sight);
    if (r || (r = stage_open(&w.sc, e, person ? person : "", now_us)))
        return r;
    w.sight = sight;
    while (!r && n == PAGE_SIZE && !ret->is_cut)
        r = page(&w, &n);
    stage_done(&w.sc);
    return r;
}
