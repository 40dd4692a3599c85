#include "engine/collect-inside.h"

#include "engine/ref.h"

static int key_of(const struct reg *reg, const char *field, const char *text, struct buf *key)
{
    const struct field *f = reg_field(reg, field);
    JSON_AUTO *value = json_string(text);

    buf_init(key, 4096);
    return !value ? -ENOMEM : f && field_is_indexed(f) ? index_key(f, value, key) : 1;
}

static int query(struct collect *c, const struct reg *reg, const struct sought *s,
                 struct rows **ret)
{
    CLEANUP(buf_done) struct buf key = {0};
    CLEANUP(buf_done) struct buf other = {0};
    struct store *store = c->e->store;
    int64_t max = (int64_t)s->max + 1; /* one more tells that there are more */
    int r = key_of(reg, s->field, s->text, &key);

    if (!r && s->other)
        r = key_of(reg, s->other, s->other_text, &other);
    if (r)
        return r;
    if (s->other)
        return store_failed(STORE_QUERY(store, ret, STMT_INDEX_NEWEST_BOTH, V_TEXT(reg->id),
                                        V_TEXT(s->field), V_STR(buf_str(&key)), V_TEXT(s->other),
                                        V_STR(buf_str(&other)), V_TEXT(s->state), V_INT(max)));
    return store_failed(STORE_QUERY(store, ret, STMT_INDEX_NEWEST, V_TEXT(reg->id),
                                    V_TEXT(s->field), V_STR(buf_str(&key)),
                                    V_TEXT(s->state ? s->state : ""), V_INT(max)));
}

/* Of the records the last ones opened, newest first; until the next call. *ret_more: there are others. */
int collect_candidates(struct collect *c, const struct sought *s, struct candidate **ret,
                       size_t *ret_n, bool *ret_more)
{
    const struct reg *reg = engine_reg(c->e, s->reg);
    ROWS_AUTO *rows = NULL;
    int r;

    *ret_n = 0;
    *ret_more = false;
    *ret = c->found;
    if (!reg || (r = query(c, reg, s, &rows)))
        return reg ? MIN_OF(r, 0) : 0;
    while ((r = rows_next(rows)) > 0 && !*ret_more) {
        struct candidate *one = &(*ret)[*ret_n];

        if (*ret_n == s->max) {
            *ret_more = true;
            break;
        }
        *one = (struct candidate){arena_strdup(c->arena, rows_str(rows, 0)),
                                  arena_strdup(c->arena, rows_str(rows, 1)), rows_int(rows, 2)};
        if (!one->id || !one->state)
            return -ENOMEM;
        ++*ret_n;
    }
    return MIN_OF(r, 0);
}

static bool is_over(const struct collect *c, const char *reg_id, const char *state)
{
    const struct reg *reg = engine_reg(c->e, reg_id);

    for (size_t i = 0; i < reg->procedure->n_states; i++)
        if (!strcmp(reg->procedure->states[i].id, state))
            return reg->procedure->states[i].is_end;
    return false;
}

/* The newest that is not over, else the newest. NULL: there is none. */
int collect_find_by(struct collect *c, const char *reg_id, const char *field, const char *text,
                    const char **ret)
{
    const struct reg *reg = engine_reg(c->e, reg_id);
    struct sought s = {.reg = reg_id, .field = field, .text = text, .max = 1};
    struct candidate *one;
    int64_t newest = INT64_MIN;
    bool more;
    size_t n;
    int r = 0;

    *ret = NULL;
    for (size_t i = 0; !r && reg && i < reg->procedure->n_states; i++) {
        if (reg->procedure->states[i].is_end)
            continue;
        s.state = reg->procedure->states[i].id;
        r = collect_candidates(c, &s, &one, &n, &more);
        if (!r && n && one->opened_us > newest) {
            newest = one->opened_us;
            *ret = one->id;
        }
    }
    s.state = NULL;
    if (!r && !*ret && !(r = collect_candidates(c, &s, &one, &n, &more)) && n)
        *ret = one->id;
    return r;
}

int collect_value_of(struct collect *c, const char *id, const char *field, const char **ret)
{
    struct record *rec = NULL;
    const struct field *f;
    json_t *v = NULL;
    int r = stage_record(&c->sc, id, &rec);

    *ret = "";
    if (r)
        return MIN_OF(r, 0);
    f = reg_field(rec->reg, field);
    if (f && !field_is_personal(f))
        r = record_value(c->e->store, rec, f, &v);
    if (!r && json_is_string(v))
        *ret = json_string_value(v);
    return r;
}

int collect_same_value(struct collect *c, const char *id, const char *field, const char *text)
{
    const char *is;
    int r = collect_value_of(c, id, field, &is);

    return r ? r : !strcmp(is, text);
}

int collect_too_many(struct collect *c, size_t row, int col, const char *word)
{
    return collect_fault_of(
        c, row, col, word,
        "に当たる記録が500件を超え、どれか決められません。台帳の管理者に知らせてください",
        "has more than 500 records, and which is meant cannot be said; tell who keeps "
        "the register");
}

static int column_of(const struct collect *c, const char *field)
{
    for (size_t i = 0; i < c->n_rules; i++)
        if (c->rules[i].field && !strcmp(c->rules[i].field, field))
            return c->column[i];
    return -1;
}

#define RANK_BEST 4

/* By the register of user IDs, one of the computer's system before others; else by his number in the force. */
int collect_find_person(struct collect *c, const struct line *l, const char **ret)
{
    const char *account = json_str(l->with, "account");
    struct sought s = {
        .reg = "*user-ids", .field = "user_id", .text = account, .max = CANDIDATES_MAX};
    struct candidate *all;
    const char *system = "", *holder = "", *is;
    size_t n = 0;
    bool more = false;
    int r = collect_value_of(c, json_str(l->with, "computer"), "system", &system), best = 0;

    *ret = NULL;
    if (!r)
        r = collect_candidates(c, &s, &all, &n, &more);
    for (size_t i = 0; !r && i < n && best < RANK_BEST; i++) {
        int is_here = collect_same_value(c, all[i].id, "system", system), rank;

        if (is_here < 0 || (r = collect_value_of(c, all[i].id, "holder", &holder)))
            return is_here < 0 ? is_here : r;
        rank = 1 + 2 * is_here + !is_over(c, s.reg, all[i].state);
        if (*holder && rank > best) {
            best = rank;
            *ret = arena_strdup(c->arena, str_of(holder));
        }
    }
    if (r || (more && best < RANK_BEST))
        return r ? r : collect_too_many(c, l->row, column_of(c, "account"), account);
    is = force_person(c->e->force, account) ? account : NULL;
    if (!*ret)
        *ret = is;
    return 0;
}

#define FIT_IN_TIME 8
#define FIT_BEST (1 + FIT_IN_TIME + 4 + 2)

/* How well a grant of his for this medium fits the line: 0 not at all. */
static int fit_of(struct collect *c, const struct line *l, const struct candidate *g, int *ret)
{
    const char *v, *from, *until;
    uint64_t from_us, until_us;
    int r;

    *ret = 0;
    if ((r = collect_value_of(c, g->id, "granted_from", &from)) ||
        (r = collect_value_of(c, g->id, "granted_until", &until)))
        return r;
    *ret = 1;
    if (!instant_parse(str_of(from), &from_us) && !instant_parse(str_of(until), &until_us) &&
        l->at_us >= from_us && l->at_us < until_us)
        *ret += FIT_IN_TIME;
    if ((r = collect_same_value(c, g->id, "computer", json_str(l->with, "computer"))) < 0)
        return r;
    *ret += 4 * r;
    if ((r = collect_value_of(c, g->id, "direction", &v)))
        return r;
    *ret += 2 * (!strcmp(v, "both") || !strcmp(v, json_str(l->with, "direction")));
    return 0;
}

struct best_grant {
    const char *id;
    int fit;
    int64_t opened_us;
};

/* Of those in one state. */
static int find_grant_in(struct collect *c, const struct line *l, const char *state,
                         struct best_grant *best)
{
    struct sought s = {.reg = "*media-grants",
                       .field = "medium",
                       .text = json_str(l->with, "medium"),
                       .other = "applicant",
                       .other_text = json_str(l->with, "person"),
                       .state = state,
                       .max = CANDIDATES_MAX};
    struct candidate *all;
    size_t n;
    bool more;
    int fit, r = collect_candidates(c, &s, &all, &n, &more);

    for (size_t i = 0; !r && i < n; i++) {
        if ((r = fit_of(c, l, &all[i], &fit)))
            return r;
        if (fit > best->fit || (fit && fit == best->fit && all[i].opened_us > best->opened_us))
            *best = (struct best_grant){all[i].id, fit, all[i].opened_us};
        if (fit == FIT_BEST)
            return 0;
    }
    return r || !more || best->fit > FIT_IN_TIME
               ? r
               : collect_too_many(c, l->row, column_of(c, "medium_serial"),
                                  json_str(l->with, "medium_serial"));
}

/* Of this person's grants for this medium the one that fits best; of equals the newest. */
int collect_find_grant(struct collect *c, struct line *l)
{
    static const char *const states[] = {"granted", "taken-in", "ended"};
    struct best_grant best = {0};
    int r = 0;

    if (!*json_str(l->with, "person") || !*json_str(l->with, "medium"))
        return 0;
    for (size_t i = 0; !r && i < ARRAY_LEN(states) && best.fit < FIT_BEST; i++)
        r = find_grant_in(c, l, states[i], &best);
    return r || !best.id ? r : json_put_str(l->with, "grant", best.id);
}
