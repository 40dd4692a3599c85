/* What the API shows: registers and their rows, records with their history and proofs, today's work, directives, oneself. */
#include "web/api.h"
#include "web/pages.h"
#include "web/words.h"

#include "engine/record.h"
#include "engine/ref.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"

#include <errno.h>

#define PACKS_MAX 64

static size_t packs_in_force(struct page *p, const struct pack *ret[PACKS_MAX])
{
    return MIN_OF(engine_packs(p->worker->engine, ret, PACKS_MAX), (size_t)PACKS_MAX);
}

static const char *const paging_names[] = {"page", "page_size", NULL};
static const char *const no_names[] = {NULL};

/* ---- oneself ---- */

static json_t *token_json(const struct token *t)
{
    JSON_AUTO *scope = token_scope_json(&t->scope);

    return scope ? json_pack("{s:s, s:s, s:O, s:o}", "id", t->id, "name", t->name, "scope", scope, "until", instant_json(t->until_us))
                 : NULL;
}

int api_me(struct page *p)
{
    CLEANUP(buf_done) struct buf rights;
    json_t *roles = NULL, *me;
    int r = api_query_known(p, no_names);

    buf_init(&rights, 256);
    if (!r)
        r = engine_roles(p->worker->engine, p->session.person, p->now_us, &roles);
    if (!r)
        r = rights_print(p->session.rights, &rights);
    if (r || !page_keep(p, roles))
        return r ? MIN_OF(r, 0) : -ENOMEM;
    me = page_keep(p, json_pack("{s:s, s:s, s:s%, s:s%, s:s, s:O}", "login", p->session.login, "person", p->session.person, "name",
                                person_words(p, p->session.person).at, person_words(p, p->session.person).len, "post",
                                person_post_words(p, p->session.person).at, person_post_words(p, p->session.person).len, "rights",
                                rights.len ? rights.at : "", "roles", roles));
    if (!me || (p->token && json_put(me, "token", token_json(p->token))))
        return -ENOMEM;
    return api_write(p, me, 0);
}

/* ---- today ---- */

/* What lies within the token's scope, in a list of its own. */
static json_t *within_scope(struct page *p, const json_t *list)
{
    json_t *some = json_array();

    for (size_t i = 0; some && i < json_array_size(list); i++) {
        json_t *one = json_array_get(list, i);

        if (api_sees(p, json_str(one, "reg")) && json_array_append(some, one)) {
            json_decref(some);
            return NULL;
        }
    }
    return some;
}

/* Of these lists only that. */
static int bound_lists(struct page *p, json_t *o, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (json_put(o, names[i], within_scope(p, json_arr(o, names[i]))))
            return -ENOMEM;
    return 0;
}

/* What other records say is as far beyond a token's scope as their registers. */
static int bound_titles(struct page *p, json_t *notices)
{
    for (size_t i = 0; i < json_array_size(notices); i++) {
        json_t *one = json_array_get(notices, i);

        if (p->token && json_object_set(one, "title", json_object_get(one, "own_title")))
            return -ENOMEM;
        json_object_del(one, "own_title");
    }
    return 0;
}

static int today_of(struct page *p, json_t **ret)
{
    static const char *const lists[] = {"waiting", "due", "notices"};
    int r = engine_today(p->worker->engine, p->session.person, p->now_us, ret);

    if (r || !page_keep(p, *ret))
        return r < 0 ? r : -ENOMEM;
    if ((r = bound_titles(p, json_arr(*ret, "notices"))))
        return r;
    return bound_lists(p, *ret, lists, ARRAY_LEN(lists));
}

int api_today(struct page *p)
{
    json_t *today = NULL;
    int r = api_query_known(p, no_names);

    if (!r)
        r = today_of(p, &today);
    return r ? MIN_OF(r, 0) : api_write(p, today, 0);
}

int api_notices(struct page *p)
{
    struct api_paging at;
    json_t *today = NULL;
    int r = api_query_known(p, paging_names);

    if (!r)
        r = api_paging(p, &at);
    if (!r)
        r = today_of(p, &today);
    return r ? MIN_OF(r, 0) : api_write_rows(p, json_arr(today, "notices"), &at, NULL);
}

/* ---- registers ---- */

static json_t *fields_json(const struct reg *reg)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < reg->n_fields; i++) {
        const struct field *f = &reg->fields[i];

        if (json_array_append_new(list, json_pack("{s:s, s:{s:s, s:s}, s:b, s:b}", "id", f->id, "title", "ja", f->title.ja, "en",
                                                  f->title.en, "personal", f->personal, "indexed", field_is_indexed(f)))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *states_json(const struct procedure *procedure)
{
    json_t *list = json_array();

    for (size_t i = 0; list && i < procedure->n_states; i++) {
        const struct state *s = &procedure->states[i];

        if (json_array_append_new(list, json_pack("{s:s, s:{s:s, s:s}, s:b}", "id", s->id, "title", "ja", s->title.ja, "en",
                                                  s->title.en, "end", s->is_end))) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static int add_register(struct page *p, const struct pack *pack, const struct reg *reg, json_t *list)
{
    json_t *o;

    if (!api_sees(p, reg->id))
        return 0;
    o = json_pack("{s:s, s:{s:s, s:s}, s:s, s:s, s:b, s:o, s:o}", "id", reg->id, "title", "ja", reg->title.ja, "en", reg->title.en,
                  "form", reg->form ? reg->form : "", "pack", pack->id, "reads_recorded", reg->reads_recorded, "fields",
                  fields_json(reg), "states", states_json(reg->procedure));
    return o && !json_array_append_new(list, o) ? 0 : -ENOMEM;
}

int api_registers(struct page *p)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = packs_in_force(p, packs);
    JSON_AUTO *list = json_array();
    struct api_paging at;
    int r = list ? api_query_known(p, paging_names) : -ENOMEM;

    if (!r)
        r = api_paging(p, &at);
    for (size_t i = 0; !r && i < n; i++)
        for (size_t k = 0; !r && k < packs[i]->n_regs; k++)
            r = add_register(p, packs[i], &packs[i]->regs[k], list);
    return r ? MIN_OF(r, 0) : api_write_rows(p, list, &at, NULL);
}

/* The register of the address. NULL: there is none, or the token does not reach it; *ret is what the handler answers. */
static const struct reg *asked_register(struct page *p, int *ret)
{
    const struct reg *reg = engine_reg(p->worker->engine, page_param(p, STR("reg")));

    if (reg && api_sees(p, reg->id))
        return reg;
    *ret = reg ? api_beyond_scope(p) : page_not_found(p);
    return NULL;
}

static bool is_sort(const char *s)
{
    return !strcmp(s, "changed") || !strcmp(s, "opened") || !strcmp(s, "id");
}

/* 1: something in it is wrong, and answered. */
static int read_list_query(struct page *p, const struct reg *reg, struct list_query *q, struct api_paging *at)
{
    static const char *const names[] = {"state", "sort", "field", "key", "page", "page_size", "behind", "before", NULL};
    const struct field *field;
    int r = api_query_known(p, names);

    if (!r)
        r = api_paging(p, at);
    if (r)
        return r;
    *q = (struct list_query){.reg = reg->id, .state = page_query(p, STR("state")), .field = page_query(p, STR("field")),
                             .key = page_query(p, STR("key")), .sort = page_query(p, STR("sort")), .page = at->page,
                             .page_size = at->size, .behind = page_query(p, STR("behind")), .before = page_query(p, STR("before"))};
    if (!form_count(&p->query, STR("sort")))
        q->sort = "changed";
    if (!is_sort(q->sort))
        return api_query_fault(p, "sort");
    if (form_count(&p->query, STR("behind")) && !list_place_fits(q->behind, q->sort))
        return api_query_fault(p, "behind");
    if (form_count(&p->query, STR("before")) && (*q->behind || !list_place_fits(q->before, q->sort)))
        return api_query_fault(p, "before");
    if (*q->state && strcmp(q->state, LIST_UNFINISHED) != 0 && strcmp(q->state, LIST_OVER) != 0 &&
        !procedure_state(reg->procedure, q->state))
        return api_query_fault(p, "state");
    field = *q->field ? reg_field(reg, q->field) : NULL;
    if (form_count(&p->query, STR("field")) && !(field && field_is_indexed(field)))
        return api_query_fault(p, "field");
    if (!*q->field && *q->key)
        return api_query_fault(p, "key");
    return 0;
}

int api_register(struct page *p)
{
    struct list_query q;
    struct api_paging at;
    struct api_places places;
    json_t *list = NULL;
    int r = 0;
    const struct reg *reg = asked_register(p, &r);

    if (!reg)
        return r;
    if ((r = read_list_query(p, reg, &q, &at)))
        return MIN_OF(r, 0);
    r = engine_list(p->worker->engine, p->session.person, &q, &list);
    if (r || !page_keep(p, list))
        return r < 0 ? r : r ? page_not_found(p) : -ENOMEM;
    if (!*q.behind && !*q.before && json_int(list, "page") != at.page) /* not another one in its place: who counts up would read it again and again */
        return MIN_OF(api_query_fault(p, "page"), 0);
    at.page = (unsigned)json_int(list, "page");
    places = (struct api_places){json_str(list, "before"), json_str(list, "behind")};
    if ((r = api_links(p, &at, (uint64_t)json_int(list, "pages"), &places)))
        return r;
    return api_write(p, list, 0);
}

/* ---- search ---- */

/* 1: something in it is wrong, and answered. A token for some registers searches in one of them at a time. */
static int read_search_query(struct page *p, struct search_query *q, struct api_paging *at)
{
    static const char *const names[] = {"q", "register", "page", "page_size", NULL};
    int r = api_query_known(p, names);

    if (!r)
        r = api_paging(p, at);
    if (r)
        return r;
    *q = (struct search_query){.text = page_query(p, STR("q")), .reg = page_query(p, STR("register")), .page = at->page,
                               .page_size = at->size, .channel = p->token ? RELEASE_API : RELEASE_PAGE};
    if (*q->reg && !engine_reg(p->worker->engine, q->reg))
        return api_query_fault(p, "register");
    if (!p->token || !p->token->scope.is_bounded || (*q->reg && api_sees(p, q->reg)))
        return 0;
    r = api_beyond_scope(p);
    return r ? r : 1;
}

int api_search(struct page *p)
{
    struct search_query q;
    struct api_paging at;
    json_t *found = NULL, *answer;
    int r = read_search_query(p, &q, &at);

    if (!r)
        r = engine_search(p->worker->engine, p->session.person, &q, &found);
    if (r || !page_keep(p, found))
        return r ? MIN_OF(r, 0) : -ENOMEM;
    if (strcmp(json_str(found, "result"), "found") != 0)
        return api_fault(p, NULL, "q", TF(p, MSG_API_SEARCH_WORD, {"words", page_text(p, "%d", SEARCH_WORDS_MAX)},
                                          {"characters", page_text(p, "%d", SEARCH_TEXT_MAX)}));
    if ((r = page_enter_search(p, json_arr(found, "rows"), &answer)))
        return r;
    if (answer)
        return api_keeper_problem(p, answer);
    r = api_links(p, &at, (uint64_t)json_int(found, "pages"), NULL);
    return r ? r : api_write(p, found, 0);
}

/* ---- steps ---- */

static int write_steps(struct page *p, const char *reg, const char *record, int64_t version)
{
    json_t *steps = NULL, *o;
    int r = engine_steps(p->worker->engine, p->session.person, reg, record, p->now_us, &steps);

    if (r || !page_keep(p, steps))
        return r < 0 ? r : -ENOMEM;
    o = page_keep(p, json_pack("{s:s, s:s, s:I, s:O}", "reg", reg, "record", record, "version", (json_int_t)version, "steps", steps));
    return o ? api_write(p, o, version) : -ENOMEM;
}

int api_register_steps(struct page *p)
{
    int r = 0;
    const struct reg *reg = asked_register(p, &r);

    if (!reg || (r = api_query_known(p, no_names)))
        return MIN_OF(r, 0);
    return write_steps(p, reg->id, "", 0);
}

/* ---- records ---- */

int api_open_record(struct page *p, json_t **ret_view, const struct reg **ret_reg)
{
    const char *id = page_param(p, STR("id"));
    json_t *answer = NULL;
    int r;

    if (!api_sees_record(p, id)) {
        r = api_beyond_scope(p);
        return r ? r : 1;
    }
    r = page_record_open(p, id, ret_view, ret_reg, &answer);
    if (r < 0)
        return r;
    if (!r && !answer)
        return 0;
    r = r ? record_out_of_sight(p, id) : api_keeper_problem(p, answer);
    return r ? r : 1;
}

/* Records of other registers that name this one, or that it names, are as far beyond the scope as those registers. */
static int bound_links(struct page *p, json_t *view)
{
    static const char *const lists[] = {"links", "named"};

    return p->token ? bound_lists(p, view, lists, ARRAY_LEN(lists)) : 0;
}

int api_record(struct page *p)
{
    const struct reg *reg;
    json_t *view;
    int r = api_query_known(p, no_names);

    if (!r)
        r = api_open_record(p, &view, &reg);
    if (!r)
        r = bound_links(p, view);
    return r ? MIN_OF(r, 0) : api_write(p, view, json_int(view, "version"));
}

int api_record_steps(struct page *p)
{
    const struct reg *reg;
    json_t *view;
    int r = api_query_known(p, no_names);

    if (!r)
        r = api_open_record(p, &view, &reg);
    return r ? MIN_OF(r, 0) : write_steps(p, reg->id, json_str(view, "id"), json_int(view, "version"));
}

int api_record_history(struct page *p)
{
    struct api_paging at;
    const struct reg *reg;
    json_t *view;
    int r = api_query_known(p, paging_names);

    if (!r)
        r = api_paging(p, &at);
    if (!r)
        r = api_open_record(p, &view, &reg);
    return r ? MIN_OF(r, 0) : api_write_rows(p, json_arr(view, "history"), &at, NULL);
}

/* The receipt of one entry: null where none can be given yet. */
static int add_receipt(struct page *p, const json_t *one, json_t *list)
{
    int64_t shard = json_int(one, "shard");
    json_t *answer = page_ask(p, json_pack("{s:s, s:I}", "op", "checkpoint", "shard", (json_int_t)shard)), *o;
    struct str text = STR_NONE;
    int r;

    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok"))
        return -EBUSY;
    r = page_receipt(p, shard, (uint64_t)json_int(one, "seq"), answer, &text);
    if (r < 0)
        return r;
    o = json_pack("{s:I, s:I, s:O, s:O, s:o}", "shard", (json_int_t)shard, "seq", (json_int_t)json_int(one, "seq"), "act",
                  json_object_get(one, "act"), "t", json_object_get(one, "t"), "receipt",
                  r ? json_null() : json_stringn(text.at, text.len));
    return o && !json_array_append_new(list, o) ? 0 : -ENOMEM;
}

#define PROOF_PAGE_SIZE 20u /* each asks the keeper and reads a path through the tree */

int api_record_proof(struct page *p)
{
    static const char *const names[] = {"page", NULL};
    struct api_paging at = {1, PROOF_PAGE_SIZE};
    JSON_AUTO *list = json_array();
    const struct reg *reg;
    json_t *view, *o;
    const json_t *history;
    size_t n;
    int r = list ? api_query_known(p, names) : -ENOMEM;

    if (!r)
        r = api_query_number(p, "page", API_PAGE_MAX, &at.page);
    if (!r)
        r = api_open_record(p, &view, &reg);
    if (r)
        return MIN_OF(r, 0);
    history = json_arr(view, "history");
    n = json_array_size(history);
    for (size_t i = (size_t)(at.page - 1) * at.size; !r && i < MIN_OF(n, (size_t)at.page * at.size); i++)
        r = add_receipt(p, json_array_get(history, i), list);
    if (r)
        return r;
    o = page_keep(p, json_pack("{s:O, s:I, s:I, s:I}", "rows", list, "total", (json_int_t)n, "page", (json_int_t)at.page, "pages",
                               (json_int_t)((n + at.size - 1) / at.size)));
    return o ? api_write(p, o, 0) : -ENOMEM;
}

/* ---- directives ---- */

static const char *const status_words[] = {
    [CLAUSE_ENFORCED] = "enforced",     [CLAUSE_DETECTED] = "detected",
    [CLAUSE_RECORDED] = "recorded",     [CLAUSE_INFORMED] = "informed",
    [CLAUSE_ORGANISATIONAL] = "organisational", [CLAUSE_OUT_OF_SCOPE] = "out-of-scope"};

static json_t *pack_json(const struct pack *pack)
{
    json_t *o = json_pack("{s:s, s:s, s:{s:s, s:s}, s:o, s:I}", "id", pack->id, "number", pack->number, "title", "ja", pack->title.ja,
                          "en", pack->title.en, "from", day_json(pack->from_day), "clauses", (json_int_t)pack->n_clauses);

    if (o && pack->to_day != FORCE_OPEN && json_put(o, "to", day_json(pack->to_day))) {
        json_decref(o);
        return NULL;
    }
    return o;
}

int api_packs(struct page *p)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = packs_in_force(p, packs);
    JSON_AUTO *list = json_array();
    struct api_paging at;
    int r = list ? api_query_known(p, paging_names) : -ENOMEM;

    if (!r)
        r = api_paging(p, &at);
    for (size_t i = 0; !r && i < n; i++)
        r = json_array_append_new(list, pack_json(packs[i])) ? -ENOMEM : 0;
    return r ? MIN_OF(r, 0) : api_write_rows(p, list, &at, NULL);
}

static json_t *clause_json(const struct clause *c)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s}, s:s, s:{s:s, s:s}, s:s}", "id", c->id, "where", c->where, "title", "ja", c->title.ja, "en",
                     c->title.en, "status", status_words[c->status], "reason", "ja", c->reason.ja, "en", c->reason.en, "by", c->by);
}

int api_clauses(struct page *p)
{
    const char *id = page_param(p, STR("pack"));
    const struct pack *packs[PACKS_MAX], *found = NULL;
    size_t n = packs_in_force(p, packs);
    JSON_AUTO *list = json_array();
    struct api_paging at;
    int r = list ? api_query_known(p, paging_names) : -ENOMEM;

    if (!r)
        r = api_paging(p, &at);
    for (size_t i = 0; i < n; i++)
        if (!strcmp(packs[i]->id, id))
            found = packs[i];
    if (!r && !found)
        return page_not_found(p);
    for (size_t i = 0; !r && i < found->n_clauses; i++)
        r = json_array_append_new(list, clause_json(&found->clauses[i])) ? -ENOMEM : 0;
    return r ? MIN_OF(r, 0) : api_write_rows(p, list, &at, NULL);
}

/* ---- the ledger ---- */

static int write_head(struct page *p, const json_t *answer)
{
    struct note_key key;
    struct checkpoint head;
    json_t *o;
    int r;

    if (note_key_parse(str_of(json_str(answer, "vkey")), &key) ||
        (r = checkpoint_open(str_of(json_str(answer, "note")), &key, 1, &head, NULL)))
        return -EBADMSG;
    o = page_keep(p, json_pack("{s:I, s:I, s:s, s:s, s:s}", "shard", (json_int_t)json_int(answer, "shard"), "size", (json_int_t)head.size,
                               "root", digest_text(&head.root).at, "note", json_str(answer, "note"), "vkey", json_str(answer, "vkey")));
    return o ? api_write(p, o, 0) : -ENOMEM;
}

int api_checkpoint(struct page *p)
{
    static const char *const names[] = {"year", NULL};
    unsigned year = 0;
    json_t *answer;
    int r = api_query_known(p, names);

    if (!r)
        r = api_query_number(p, "year", 9999, &year);
    if (r)
        return MIN_OF(r, 0);
    answer = page_ask(p, json_pack("{s:s, s:I}", "op", "checkpoint", "shard", (json_int_t)year));
    if (!answer)
        return -ENOMEM;
    return json_flag(answer, "ok") ? write_head(p, answer) : api_keeper_problem(p, answer);
}
