#include "intel/stock-find.h"

#include "intel/stix-keys.h"
#include "intel/stock-inside.h"
#include "store/intel.h"

#include <errno.h>
#include <stdlib.h>

#define KEYS_MAX 256u       /* of one question */
#define ASKED_MAX 24u       /* the rarest of them, which are asked for each candidate */
#define BLOCKS_MAX 20000u   /* read by one question */
#define SCANNER_MEMORY ((size_t)64 << 20)
#define EXCERPT_BEFORE 24u  /* characters */
#define EXCERPT_AFTER 72u

/* ---- a list of postings, asked from its end to its beginning ---- */

struct posted {
    int64_t value;
    uint64_t n;       /* in the audience at hand */
    int64_t *numbers; /* of the block read last, increasing */
    size_t n_numbers, size;
    int64_t run;      /* the place that it was read from */
    int64_t asked;    /* it answers for all from its first number up to this one; -1: nothing was read */
};

struct asking {
    struct stock *k;
    const struct sight *sight;
    struct posted keys[KEYS_MAX];
    size_t n_keys;
    struct stock_ref *found; /* candidates */
    size_t n_found, size, most;
    unsigned n_blocks;
    bool is_cut; /* there were more */
};

static void asking_done(struct asking *a)
{
    for (size_t i = 0; i < KEYS_MAX; i++)
        free(a->keys[i].numbers);
    free(a->found);
}

static int add_number(struct posted *p, int64_t number)
{
    if (p->n_numbers == p->size) {
        size_t size = p->size ? 2 * p->size : 256;
        int64_t *more = reallocarray(p->numbers, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        p->numbers = more;
        p->size = size;
    }
    p->numbers[p->n_numbers++] = number;
    return 0;
}

static int take_block(struct posted *p, struct rows *row)
{
    int64_t number = rows_int(row, 0), n = rows_int(row, 1);
    struct str block = rows_blob(row, 2);
    int r = add_number(p, number);

    for (int64_t i = 1; !r && i < n; i++)
        r = intel_block_next(&block, &number) ? add_number(p, number) : STOCK_E_DAMAGED;
    return r ? r : block.len ? STOCK_E_DAMAGED : 0;
}

/* The block in which `number` would stand; without any p->n_numbers is 0. */
static int read_block(struct asking *a, struct posted *p, int64_t audience, int64_t run, int64_t number)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(a->k->place, &row, STMT_INTEL_POSTING_AT, V_INT(audience), V_INT(run), V_INT(p->value), V_INT(number));

    p->n_numbers = 0;
    p->run = run;
    p->asked = number;
    a->n_blocks++;
    return r == STORE_E_NONE ? 0 : r ? r : take_block(p, row);
}

static bool waits(const struct stock *k, int64_t run)
{
    for (size_t i = 0; i < k->n_waiting; i++)
        if (k->waiting[i] == run)
            return true;
    return false;
}

static int number_cmp(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

static bool holds(const struct posted *p, int64_t number)
{
    return p->n_numbers && bsearch(&number, p->numbers, p->n_numbers, sizeof(number), number_cmp);
}

static bool answers_for(const struct posted *p, int64_t run, int64_t number)
{
    return p->asked >= 0 && p->run == run && number <= p->asked && (!p->n_numbers || number >= p->numbers[0]);
}

/* A run's postings of a value are in run 0, or in the run itself as long as it waits. */
static int contains(struct asking *a, struct posted *p, int64_t audience, int64_t number, bool *ret)
{
    int64_t own = STOCK_RUN(number);
    int r = 0;

    *ret = false;
    for (int64_t run = waits(a->k, own) ? own : 0; !r && !*ret; run = 0) {
        if (!answers_for(p, run, number))
            r = read_block(a, p, audience, run, number);
        *ret = !r && holds(p, number);
        if (!run)
            break;
    }
    return r;
}

/* ---- candidates ---- */

static int ref_cmp(const void *a, const void *b)
{
    const struct stock_ref *x = a, *y = b;

    if (x->number != y->number)
        return x->number > y->number ? -1 : 1;
    return x->audience < y->audience ? -1 : x->audience > y->audience;
}

static void keep_newest(struct asking *a)
{
    if (a->n_found)
        qsort(a->found, a->n_found, sizeof(*a->found), ref_cmp);
    if (a->n_found > a->most) {
        a->n_found = a->most;
        a->is_cut = true;
    }
}

static int add_found(struct asking *a, int64_t audience, int64_t number)
{
    if (a->n_found == 2 * a->most)
        keep_newest(a);
    if (a->n_found == a->size) {
        size_t size = MIN_OF(a->size ? 2 * a->size : 256, 2 * a->most);
        struct stock_ref *more = reallocarray(a->found, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        a->found = more;
        a->size = size;
    }
    a->found[a->n_found++] = (struct stock_ref){audience, number};
    return 0;
}

static int try_number(struct asking *a, int64_t audience, int64_t number, size_t *n)
{
    bool is_in = stock_has(a->k, number);
    int r = 0;

    for (size_t i = 1; !r && is_in && i < MIN_OF(a->n_keys, (size_t)ASKED_MAX); i++)
        r = contains(a, &a->keys[i], audience, number, &is_in);
    if (r || !is_in)
        return r;
    ++*n;
    return add_found(a, audience, number);
}

/* Of one place, from the end, by the rarest key; the others are asked. */
static int walk_place(struct asking *a, int64_t audience, int64_t run)
{
    struct posted *p = &a->keys[0];
    int64_t before = INT64_MAX;
    size_t n = 0;
    int r;

    while (!(r = read_block(a, p, audience, run, before)) && p->n_numbers) {
        for (size_t i = p->n_numbers; !r && i-- > 0;) {
            if (n == a->most || a->n_blocks >= BLOCKS_MAX) {
                a->is_cut = true;
                return 0;
            }
            r = try_number(a, audience, p->numbers[i], &n);
        }
        if (r)
            return r;
        before = p->numbers[0] - 1;
    }
    return r;
}

static int count_in(struct asking *a, struct posted *p, int64_t audience, int64_t run)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(a->k->place, &row, STMT_INTEL_POSTING_COUNT, V_INT(audience), V_INT(run), V_INT(p->value));

    p->n += r ? 0 : (uint64_t)rows_int(row, 0);
    return r;
}

static int count_key(struct asking *a, struct posted *p, int64_t audience)
{
    int r;

    p->n = 0;
    p->asked = -1;
    r = count_in(a, p, audience, 0);
    for (size_t w = 0; !r && w < a->k->n_waiting; w++)
        r = count_in(a, p, audience, a->k->waiting[w]);
    return r;
}

static int posted_cmp(const void *a, const void *b)
{
    const struct posted *x = a, *y = b;

    return x->n < y->n ? -1 : x->n > y->n;
}

/* The rarest first. *ret_any false: some key has none here. */
static int count_all(struct asking *a, int64_t audience, bool *ret_any)
{
    int r = 0;

    *ret_any = true;
    for (size_t i = 0; !r && *ret_any && i < a->n_keys; i++) {
        r = count_key(a, &a->keys[i], audience);
        *ret_any = a->keys[i].n > 0;
    }
    if (!r && *ret_any)
        qsort(a->keys, a->n_keys, sizeof(a->keys[0]), posted_cmp);
    return r;
}

/* Objects that have all keys, what came last first, at most `most`. */
static int gather(struct asking *a)
{
    int r = stock_snapshot(a->k);

    if (r)
        return r;
    for (int64_t au = stock_next_audience(a->k, a->sight, 0); !r && au; au = stock_next_audience(a->k, a->sight, au)) {
        bool any;

        r = count_all(a, au, &any);
        if (r || !any)
            continue;
        r = walk_place(a, au, 0);
        for (size_t w = 0; !r && w < a->k->n_waiting; w++)
            r = walk_place(a, au, a->k->waiting[w]);
    }
    store_end_read(a->k->place);
    keep_newest(a);
    return r;
}

/* ---- keys ---- */

/* One that nobody has is looked for all the same, as if it were hidden (LB5). */
static int add_key(enum stix_key kind, struct str bytes, void *context)
{
    struct asking *a = context;
    ROWS_AUTO *row = NULL;
    int64_t value = 0;
    int r;

    if (a->n_keys == KEYS_MAX)
        return 0;
    r = STORE_ONE(a->k->place, &row, STMT_INTEL_VALUE_GET, V_INT(kind), V_INT(0), V_BLOB(bytes.at, bytes.len));
    if (!r)
        value = rows_int(row, 0);
    for (size_t i = 0; i < a->n_keys; i++)
        if (value && a->keys[i].value == value)
            return 0;
    a->keys[a->n_keys++].value = value;
    return r == STORE_E_NONE ? 0 : r;
}

/* ---- looking at a candidate ---- */

struct finding {
    struct asking asking;
    const struct fold_words *words;
    struct str type;
    unsigned skip;
    uint64_t enough, n_opened;
    stock_hit_fn *call;
    void *context;
    struct stock_found *ret;
    struct stix_keys *keys;
    struct scanner *scanner;
    struct folded folded;
    unsigned in_names, in_texts; /* a bit for each word */
    bool is_called;              /* a name is nothing but the words */
    struct str text;             /* the first that is no name and has a word, and where */
    size_t from, to;
    struct stock_ref *told;      /* hits in names */
    size_t n_told;
};

static int look_at_text(struct str text, bool is_name, void *context)
{
    struct finding *x = context;
    int r = fold(text, &x->folded);

    if (r < 0 || r == FOLD_E_INVALID)
        return MIN_OF(r, 0);
    for (size_t i = 0; i < x->words->n; i++) {
        size_t at = folded_find(&x->folded, &x->words->at[i], 0);

        if (at == SIZE_MAX)
            continue;
        x->in_texts |= 1u << i;
        x->in_names |= is_name ? 1u << i : 0;
        if (!is_name && !x->text.len) {
            x->text = text;
            x->from = x->folded.at[at].from;
            x->to = x->folded.at[at + x->words->at[i].n - 1].to;
        }
    }
    if (is_name) {
        folded_drop_sound(&x->folded);
        x->is_called = x->is_called || stix_name_is(&x->folded, x->words);
    }
    return 0;
}

static bool begins_character(struct str s, size_t at)
{
    return at >= s.len || ((unsigned char)s.at[at] & 0xc0) != 0x80;
}

static void excerpt(const struct finding *x, struct stock_hit *h)
{
    size_t from = x->from, to = x->to;

    for (unsigned n = 0; from && n < EXCERPT_BEFORE;)
        n += begins_character(x->text, --from);
    for (unsigned n = 0; to < x->text.len && n < EXCERPT_AFTER;)
        n += begins_character(x->text, ++to);
    h->before = (struct str){x->text.at + from, x->from - from};
    h->hit = (struct str){x->text.at + x->from, x->to - x->from};
    h->after = (struct str){x->text.at + x->to, to - x->to};
}

static bool was_told(const struct finding *x, struct stock_ref ref)
{
    for (size_t i = 0; i < x->n_told; i++)
        if (x->told[i].audience == ref.audience && x->told[i].number == ref.number)
            return true;
    return false;
}

/* *ret false: it is none, or of another rank. */
static int compare(struct finding *x, const struct stock_object *o, enum stock_rank rank, bool *ret)
{
    const struct scan_value *root;
    struct scan_place place;
    unsigned all = (1u << x->words->n) - 1;
    int r;

    *ret = false;
    x->in_names = x->in_texts = 0;
    x->is_called = false;
    x->text = STR("");
    buf_init(&place.path, 4096);
    r = scanner_read(x->scanner, o->bytes, &root, &place);
    buf_done(&place.path);
    if (r)
        return MIN_OF(r, 0);
    r = stix_texts(root, look_at_text, x);
    *ret = !r && (rank == STOCK_CALLED ? x->is_called : rank == STOCK_IN_NAMES ? x->in_names == all : x->in_texts == all);
    return r;
}

enum { FOUND_ENOUGH = 1000 };

static int tell(struct finding *x, const struct stock_object *o, enum stock_rank rank)
{
    struct stock_hit h = {.object = o, .rank = rank, .before = STR(""), .hit = STR(""), .after = STR("")};

    if (x->ret->total == x->enough) {
        x->ret->more = true;
        return FOUND_ENOUGH;
    }
    if (rank <= STOCK_IN_NAMES)
        x->told[x->n_told++] = o->ref;
    if (x->ret->total++ < x->skip)
        return 0;
    if (x->text.len)
        excerpt(x, &h);
    return x->call(&h, x->context);
}

static int look_at(struct finding *x, struct stock_ref ref, enum stock_rank rank)
{
    struct stock *k = x->asking.k;
    struct stock_object o;
    bool is_hit;
    int r;

    if (was_told(x, ref))
        return 0;
    if (x->n_opened++ == STOCK_FIND_OPENED_MAX) {
        x->ret->more = true;
        return FOUND_ENOUGH;
    }
    r = stock_get(k, x->asking.sight, ref, &o) ?: compare(x, &o, rank, &is_hit);
    if (!r && is_hit)
        r = stock_is_latest(k, x->asking.sight, ref, o.id, &is_hit);
    return r || !is_hit ? r : tell(x, &o, rank);
}

static int find_rank(struct finding *x, enum stock_rank rank)
{
    static const enum stix_key kinds[] = {[STOCK_IN_NAMES] = STIX_KEY_NAME, [STOCK_IN_TEXTS] = STIX_KEY_TEXT, [STOCK_IN_LINKS] = STIX_KEY_LINK};
    struct asking *a = &x->asking;
    int r = 0;

    a->n_keys = a->n_found = 0;
    a->is_cut = false;
    a->most = STOCK_FIND_OPENED_MAX;
    if (x->type.len)
        r = add_key(STIX_KEY_TYPE, x->type, a);
    if (!r && rank == STOCK_CALLED)
        r = stix_keys_of_name(x->keys, x->words, add_key, a);
    for (size_t i = 0; !r && rank != STOCK_CALLED && i < x->words->n; i++)
        r = stix_keys_of_word(x->keys, &x->words->at[i], kinds[rank], add_key, a);
    if (r || a->n_keys == (x->type.len ? 1u : 0u))
        return r;
    r = gather(a);
    for (size_t i = 0; !r && i < a->n_found; i++)
        r = look_at(x, a->found[i], rank);
    if (!r && a->is_cut) {
        x->ret->more = true;
        r = rank <= STOCK_IN_NAMES ? 0 : FOUND_ENOUGH;
    }
    return r;
}

int stock_find(struct stock *k, const struct sight *sight, const struct fold_words *words, struct str type, unsigned skip, unsigned limit, stock_hit_fn *call,
               void *context, struct stock_found *ret)
{
    struct finding *x;
    int r;

    *ret = (struct stock_found){0, false};
    if (!limit || skip + limit > STOCK_FIND_HITS_MAX)
        return -EINVAL;
    if (!k->place || !words->n)
        return 0;
    if (!(x = calloc(1, sizeof(*x))))
        return -ENOMEM;
    x->asking.k = k;
    x->asking.sight = sight;
    x->words = words;
    x->type = type;
    x->skip = skip;
    x->enough = skip + limit;
    x->call = call;
    x->context = context;
    x->ret = ret;
    folded_init(&x->folded, STIX_KEYS_TEXT_MAX);
    x->keys = stix_keys_new();
    x->scanner = scanner_new(SCANNER_MEMORY);
    x->told = calloc(STOCK_FIND_HITS_MAX, sizeof(*x->told));
    r = x->keys && x->scanner && x->told ? 0 : -ENOMEM;
    for (enum stock_rank rank = STOCK_CALLED; !r && rank <= STOCK_IN_LINKS; rank++)
        r = find_rank(x, rank);
    asking_done(&x->asking);
    folded_done(&x->folded);
    stix_keys_free(x->keys);
    scanner_free(x->scanner);
    free(x->told);
    free(x);
    return r == FOUND_ENOUGH ? 0 : r;
}

/* ---- lists ---- */

static const enum stix_key list_keys[] = {[STOCK_OF_TYPE] = STIX_KEY_TYPE, [STOCK_REFERRING] = STIX_KEY_REFERENCE, [STOCK_MADE_BY] = STIX_KEY_MADE_BY};

/* In all that is in sight. */
static int count_first(struct asking *a, uint64_t *ret)
{
    int r = stock_snapshot(a->k);

    if (r)
        return r;
    for (int64_t au = stock_next_audience(a->k, a->sight, 0); !r && au; au = stock_next_audience(a->k, a->sight, au)) {
        r = count_key(a, &a->keys[0], au);
        *ret += a->keys[0].n;
    }
    store_end_read(a->k->place);
    return r;
}

static int tell_row(struct asking *a, struct stock_ref ref, stock_hit_fn *call, void *context, struct stock_listed *ret)
{
    struct stock_object o;
    struct stock_hit h = {.object = &o, .before = STR(""), .hit = STR(""), .after = STR("")};
    bool is_latest;
    int r = stock_get(a->k, a->sight, ref, &o) ?: stock_is_latest(a->k, a->sight, ref, o.id, &is_latest);

    if (r)
        return r;
    ret->n_older += !is_latest;
    return is_latest ? call(&h, context) : 0;
}

int stock_list(struct stock *k, const struct sight *sight, enum stock_list what, struct str key, struct str type, unsigned skip, unsigned limit,
               stock_hit_fn *call, void *context, struct stock_listed *ret)
{
    struct asking *a;
    int r;

    *ret = (struct stock_listed){0};
    if (!limit || skip + limit > STOCK_LIST_MAX)
        return -EINVAL;
    if (!k->place)
        return 0;
    if (!(a = calloc(1, sizeof(*a))))
        return -ENOMEM;
    a->k = k;
    a->sight = sight;
    a->most = skip + limit + 1;
    r = add_key(list_keys[what], key, a) ?: count_first(a, &ret->n);
    if (!r && type.len)
        r = add_key(STIX_KEY_TYPE, type, a);
    r = r ? r : gather(a);
    ret->more = a->n_found > skip + limit || (a->is_cut && a->n_blocks >= BLOCKS_MAX);
    for (size_t i = skip; !r && i < MIN_OF(a->n_found, (size_t)(skip + limit)); i++)
        r = tell_row(a, a->found[i], call, context, ret);
    asking_done(a);
    free(a);
    return r;
}

int stock_list_count(struct stock *k, const struct sight *sight, enum stock_list what, struct str key, uint64_t *ret)
{
    struct asking *a;
    int r;

    *ret = 0;
    if (!k->place)
        return 0;
    if (!(a = calloc(1, sizeof(*a))))
        return -ENOMEM;
    a->k = k;
    a->sight = sight;
    r = add_key(list_keys[what], key, a) ?: count_first(a, ret);
    free(a);
    return r;
}
