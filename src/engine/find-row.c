/* The rows of the index: written with the records, and filled up by the keeper. */
#include "engine/find.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define GRAM_BITS 40
#define GRAM_LEN (1 + GRAM_BITS / 4) /* with its space */
#define PIECE_MAX SEARCH_GRAMS_MAX
#define NO_STEPS 4096 /* numbers for each microsecond; records beyond take those of the next */
#define NO_FROM_US INT64_C(1577836800000000) /* 2020-01-01: numbers fit for a lifetime from there, and are negative before */

/* ---- hashes ---- */

static uint64_t hash_of(const uint8_t *key, char kind, const void *bytes, size_t len)
{
    uint8_t in[256] = {(uint8_t)kind}, out[crypto_shorthash_BYTES];
    uint64_t h = 0;

    len = MIN_OF(len, sizeof(in) - 1);
    memcpy(in + 1, bytes, len);
    crypto_shorthash(out, in, 1 + len, key);
    for (size_t i = 0; i < GRAM_BITS / 8; i++)
        h = h << 8 | out[i];
    return h;
}

static uint64_t gram_of(const uint8_t *key, uint32_t a, uint32_t b)
{
    uint8_t bytes[8];

    for (unsigned i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(a >> (24 - 8 * i));
        bytes[4 + i] = (uint8_t)(b >> (24 - 8 * i));
    }
    return hash_of(key, 'g', bytes, sizeof(bytes));
}

static int print_hash(uint64_t h, const char *between, struct buf *out)
{
    uint8_t bytes[GRAM_BITS / 8];
    int r = out->len ? buf_add_text(out, between) : 0;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(h >> (GRAM_BITS - 8 - 8 * i));
    return r ? r : hex_print(bytes, sizeof(bytes), out);
}

int find_grams(const struct engine *e, const struct folded *f, const char *between, struct buf *out)
{
    int r = 0;

    for (size_t i = 1; !r && i < f->n; i++)
        r = print_hash(gram_of(e->search_key, f->at[i - 1].c, f->at[i].c), between, out);
    return r;
}

int find_register_gram(const struct engine *e, const char *reg, const char *between, struct buf *out)
{
    return print_hash(hash_of(e->search_key, 'r', reg, strlen(reg)), between, out);
}

/* ---- the key ---- */

int find_key(struct engine *e)
{
    uint8_t key[VAULT_KEY_SIZE];
    int r;

    if (e->search_has_key)
        return 0;
    if (e->search_keyless)
        return 1;
    r = vault_get(e->store, STR(SEARCH_KEY), key);
    if (r == STORE_E_NONE) {
        e->search_keyless = true;
        return 1;
    }
    if (r)
        return store_failed(r);
    memcpy(e->search_key, key, sizeof(e->search_key));
    sodium_memzero(key, sizeof(key));
    e->search_has_key = true;
    return 0;
}

static void form_of_rows(const struct engine *e, char ret[64])
{
    snprintf(ret, 64, SEARCH_FORM " %0*llx ", GRAM_BITS / 4, (unsigned long long)hash_of(e->search_key, 'k', "", 0));
}

/* What meta says behind the form; 1: nothing, or of another form or key. *ret is "ready" or "after ID". */
static int read_state(struct engine *e, struct buf *ret)
{
    ROWS_AUTO *row = NULL;
    char form[64];
    int r = STORE_ONE(e->store, &row, STMT_META_GET, V_TEXT("search"));

    if (r)
        return r == STORE_E_NONE ? 1 : store_failed(r);
    form_of_rows(e, form);
    if (!str_starts(rows_str(row, 0), str_of(form)))
        return 1;
    return buf_add_text(ret, rows_text(row, 0) + strlen(form));
}

static int write_state(struct engine *e, const char *word, const char *after)
{
    char form[64], text[256];

    form_of_rows(e, form);
    snprintf(text, sizeof(text), "%s%s%s", form, word, after);
    return store_failed(STORE_RUN(e->store, STMT_META_SET, V_TEXT("search"), V_TEXT(text)));
}

int find_state(struct engine *e, bool *ret_ready)
{
    CLEANUP(buf_done) struct buf state;
    int r;

    buf_init(&state, 1024);
    *ret_ready = false;
    e->search_keyless = false; /* the keeper may have made one since */
    if ((r = find_key(e)))
        return r;
    r = read_state(e, &state);
    if (r == 1 && (store_role(e->store) == STORE_READ || !store_in_transaction(e->store))) {
        e->search_has_key = false; /* or another one */
        r = find_key(e);
        r = r ? r : read_state(e, &state);
    }
    *ret_ready = !r && str_eq(buf_str(&state), STR("ready"));
    return r;
}

/* ---- pieces ---- */

struct walk {
    struct stage *sc;
    piece_fn *fn;
    void *user;
};

static int one(const struct walk *w, struct text2 title, const char *text)
{
    return text && *text ? w->fn(w->user, title, str_of(text)) : 0;
}

static int person_pieces(const struct walk *w, struct text2 title, const char *id)
{
    const struct person *p = id ? force_person(w->sc->e->force, id) : NULL;
    int r = p ? one(w, title, p->name) : 0;

    if (!r && p)
        r = one(w, title, p->kana);
    return r || !p ? r : one(w, title, p->name_en);
}

static int unit_pieces(const struct walk *w, struct text2 title, const char *id)
{
    const struct unit *u = id ? force_unit(w->sc->e->force, id) : NULL;
    int r = u ? one(w, title, u->name_ja) : 0;

    return r || !u ? r : one(w, title, u->name_en);
}

static int choice_pieces(const struct walk *w, const struct field *f, const char *id)
{
    for (size_t i = 0; id && i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, id)) {
            int r = one(w, f->title, f->choices[i].title.ja);

            return r ? r : one(w, f->title, f->choices[i].title.en);
        }
    return 0;
}

static int value_pieces(const struct walk *w, const struct field *f, const json_t *v);

static int row_pieces(const struct walk *w, const struct field *f, const json_t *row)
{
    int r = 0;

    for (size_t i = 0; !r && i < f->n_fields; i++)
        r = value_pieces(w, &f->fields[i], json_object_get(row, f->fields[i].id));
    return r;
}

/* A list's element has no title of its own. */
static int list_pieces(const struct walk *w, const struct field *f, const json_t *list)
{
    int r = 0;

    for (size_t i = 0; !r && i < json_array_size(list); i++)
        if (f->type == FIELD_GROUP) {
            r = row_pieces(w, f, json_array_get(list, i));
        } else {
            struct field element = f->fields[0];

            element.title = f->title;
            r = value_pieces(w, &element, json_array_get(list, i));
        }
    return r;
}

/* Not the wording of checklists: it is the form's and the same in every record. Days and numbers are looked for by lists. */
static int value_pieces(const struct walk *w, const struct field *f, const json_t *v)
{
    switch (f->type) {
    case FIELD_TEXT:
    case FIELD_LONG_TEXT:
    case FIELD_URL:
    case FIELD_ACCOUNT:
    case FIELD_RECORD:
    case FIELD_DIGEST: /* what stands for it */
        return one(w, f->title, json_string_value(v));
    case FIELD_FILE:
        return one(w, f->title, json_str(v, "name"));
    case FIELD_CHOICE:
        return choice_pieces(w, f, json_string_value(v));
    case FIELD_PERSON:
        return person_pieces(w, f->title, json_string_value(v));
    case FIELD_UNIT:
        return unit_pieces(w, f->title, json_string_value(v));
    case FIELD_GROUP:
    case FIELD_LIST:
        return list_pieces(w, f, v);
    default:
        return 0;
    }
}

static int party_pieces(const struct walk *w, const struct record *r)
{
    json_t *parties = json_obj(r->values, "_parties"), *person;
    const char *id;

    json_object_foreach(parties, id, person) {
        const struct proc_role *role = r->reg->procedure ? procedure_role(r->reg->procedure, id) : NULL;
        int e = person_pieces(w, role && role->role ? role->role->title : (struct text2){id, id}, json_string_value(person));

        if (e)
            return e;
    }
    return 0;
}

int find_pieces(struct stage *sc, struct record *r, piece_fn *fn, void *user)
{
    const struct walk w = {sc, fn, user};
    int e = one(&w, (struct text2){"", ""}, r->id);

    if (!e)
        e = one(&w, (struct text2){"旧番号", "Former number"}, json_str(r->values, RECORD_FORMER));
    for (size_t i = 0; !e && i < r->reg->n_fields; i++) {
        json_t *v = NULL;

        e = record_value(sc->e->store, r, &r->reg->fields[i], &v);
        if (e == -EBADMSG) /* `ledger verify` names it */
            e = 0;
        else if (!e && v)
            e = value_pieces(&w, &r->reg->fields[i], v);
    }
    return e ? e : party_pieces(&w, r);
}

/* ---- one row ---- */

struct gathering {
    const struct engine *e;
    uint64_t *at;
    size_t n;
    struct folded folded;
};

static int gather(void *user, struct text2 title, struct str text)
{
    struct gathering *g = user;
    int r = fold(text, &g->folded);

    (void)title;
    if (r < 0)
        return r;
    for (size_t i = 1; i < g->folded.n && g->n < SEARCH_GRAMS_MAX; i++)
        g->at[g->n++] = gram_of(g->e->search_key, g->folded.at[i - 1].c, g->folded.at[i].c);
    return 0;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static int print_grams(struct gathering *g, const struct record *r, struct buf *out)
{
    int e = buf_printf(out, "a%lld", (long long)r->audience);

    if (!e)
        e = find_register_gram(g->e, r->reg->id, " ", out);
    qsort(g->at, g->n, sizeof(*g->at), by_value);
    for (size_t i = 0; !e && i < g->n; i++)
        if (!i || g->at[i] != g->at[i - 1])
            e = print_hash(g->at[i], " ", out);
    return e;
}

static int next_no(struct store *s, uint64_t changed_us, int64_t *ret)
{
    int64_t first = ((int64_t)changed_us - NO_FROM_US) * NO_STEPS;
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_SEARCH_LAST, V_INT(first), V_INT(first + (int64_t)US_PER_SECOND * NO_STEPS));

    if (r)
        return store_failed(r);
    *ret = rows_int(row, 0) + 1;
    return 0;
}

static int write_row(struct store *s, const struct record *r, struct str grams)
{
    int64_t no = 0;
    int e;

    if ((e = STORE_RUN(s, STMT_SEARCH_WORDS_DROP, V_TEXT(r->id))) || (e = STORE_RUN(s, STMT_SEARCH_DROP, V_TEXT(r->id))))
        return store_failed(e);
    if ((e = next_no(s, r->changed_us, &no)))
        return e;
    if ((e = STORE_RUN(s, STMT_SEARCH_ADD, V_INT(no), V_TEXT(r->id), V_TEXT(r->reg->id), V_INT(r->audience), V_STR(grams))) ||
        (e = STORE_RUN(s, STMT_SEARCH_WORDS_ADD, V_TEXT(r->id))))
        return store_failed(e);
    return 0;
}

int find_write(struct stage *sc, struct record *r)
{
    CLEANUP(buf_done) struct buf grams = {0};
    struct gathering g = {.e = sc->e};
    int e = find_key(sc->e);

    if (e)
        return MIN_OF(e, 0);
    buf_init(&grams, GRAM_LEN * (SEARCH_GRAMS_MAX + 2) + 32);
    folded_init(&g.folded, PIECE_MAX);
    /* Not cleared: half a megabyte, of which a short record touches little. */
    if (!(g.at = reallocarray(NULL, SEARCH_GRAMS_MAX, sizeof(*g.at))))
        return -ENOMEM;
    e = find_pieces(sc, r, gather, &g);
    if (!e)
        e = print_grams(&g, r, &grams);
    if (!e)
        e = write_row(sc->e->store, r, buf_str(&grams));
    free(g.at);
    folded_done(&g.folded);
    return e;
}

/* ---- the keeper's part ---- */

static int begin_again(struct engine *e)
{
    int r = STORE_RUN(e->store, STMT_SEARCH_WORDS_CLEAR);

    if (!r)
        r = STORE_RUN(e->store, STMT_SEARCH_CLEAR);
    return r ? store_failed(r) : write_state(e, "after ", "");
}

static int make_key(struct engine *e)
{
    uint8_t key[VAULT_KEY_SIZE];
    int r;

    random_fill(key, sizeof(key));
    r = vault_put(e->store, STR(SEARCH_KEY), key);
    memcpy(e->search_key, key, sizeof(e->search_key));
    sodium_memzero(key, sizeof(key));
    r = r ? store_failed(r) : begin_again(e);
    e->search_keyless = false; /* read from the vault once the batch is kept */
    return r;
}

static int fill_one(struct engine *e, const char *id)
{
    struct stage sc;
    struct record *r;
    int x = stage_open(&sc, e, "", engine_now(e));

    if (!x)
        x = stage_record(&sc, id, &r);
    if (!x && !r->disposed_us && r->audience)
        x = find_write(&sc, r);
    stage_done(&sc);
    return x == -EBADMSG || x > 0 ? 0 : x; /* unreadable: `ledger verify` names it */
}

/* The next ids behind `after`, which becomes the last of them. */
static int fill_page(struct engine *e, struct buf *after, size_t max, size_t *ret_n)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(e->store, &rows, STMT_RECORD_IDS, V_STR(buf_str(after)), V_INT(max)));

    *ret_n = 0;
    while (!r && (r = rows_next(rows)) > 0) {
        buf_clear(after);
        r = buf_add_text(after, rows_text(rows, 0));
        if (!r)
            r = fill_one(e, after->at);
        (*ret_n)++;
    }
    return r;
}

static int fill(struct engine *e, struct str from, size_t max, bool *ret_more)
{
    CLEANUP(buf_done) struct buf after;
    size_t n = 0;
    int r;

    buf_init(&after, 1024);
    if ((r = buf_add_str(&after, from)) || (r = fill_page(e, &after, max, &n)))
        return r;
    *ret_more = n == max;
    return *ret_more ? write_state(e, "after ", after.at) : write_state(e, "ready", "");
}

int engine_search_tend(struct engine *e, size_t max, bool *ret_more)
{
    CLEANUP(buf_done) struct buf state;
    int r;

    buf_init(&state, 1024);
    *ret_more = false;
    e->search_keyless = false; /* another node may have made one */
    r = find_key(e);
    if (r == 1) {
        *ret_more = true;
        return make_key(e);
    }
    if (r || (r = read_state(e, &state)) < 0)
        return r;
    if (r == 1) {
        *ret_more = true;
        return begin_again(e);
    }
    if (!str_starts(buf_str(&state), STR("after ")))
        return 0;
    return fill(e, (struct str){state.at + 6, state.len - 6}, max, ret_more);
}

/* ---- new names ---- */

static bool same_words(const char *a, const char *b)
{
    return !strcmp(a ? a : "", b ? b : "");
}

static bool is_renamed(const struct force *old, const struct force *next)
{
    size_t n;
    const struct person *const *persons = force_persons(next, &n);
    const struct unit *const *units;

    for (size_t i = 0; i < n; i++) {
        const struct person *was = force_person(old, persons[i]->id);

        if (was && (!same_words(was->name, persons[i]->name) || !same_words(was->kana, persons[i]->kana) ||
                    !same_words(was->name_en, persons[i]->name_en)))
            return true;
    }
    units = force_units(next, &n);
    for (size_t i = 0; i < n; i++) {
        const struct unit *was = force_unit(old, units[i]->id);

        if (was && (!same_words(was->name_ja, units[i]->name_ja) || !same_words(was->name_en, units[i]->name_en)))
            return true;
    }
    return false;
}

int engine_search_renamed(struct engine *e, const struct force *next)
{
    int r = is_renamed(e->force, next) ? find_key(e) : 1;

    return r ? MIN_OF(r, 0) : write_state(e, "after ", "");
}
