/* All postings in sight, one place after the other (intel/stock.h, stock_postings()). */
#include "intel/stock-inside.h"
#include "intel/stix-keys.h"

#include "store/intel.h"

#include <errno.h>

struct passing {
    const struct sight *sight;
    stock_posting_fn *call;
    stock_id_fn *call_id;
    void *context;
    int64_t numbers[STORE_INTEL_BLOCK + 1]; /* a byte each at least, and the first */
};

static void keep(struct stock *k, struct passing *x, struct stock_posting *p, int64_t number)
{
    if (stock_has(k, number))
        x->numbers[p->n++] = number;
}

static int take_block(struct stock *k, struct passing *x, struct rows *row, int64_t audience)
{
    struct stock_posting p = {.value = rows_int(row, 0), .type = (enum clue_type)rows_int(row, 4), .is_derived = rows_int(row, 5) != 0, .bytes = rows_blob(row, 6),
                              .audience = audience, .numbers = x->numbers};
    int64_t number = rows_int(row, 1), n = rows_int(row, 2);
    struct str block = rows_blob(row, 3);

    if (block.len > STORE_INTEL_BLOCK || p.type <= CLUE_NONE || p.type >= CLUE_N_TYPES)
        return STOCK_E_DAMAGED;
    keep(k, x, &p, number);
    for (int64_t i = 1; i < n; i++) {
        if (!intel_block_next(&block, &number))
            return STOCK_E_DAMAGED;
        keep(k, x, &p, number);
    }
    return block.len ? STOCK_E_DAMAGED : x->call(&p, x->context);
}

static int pass_place(struct stock *k, int64_t audience, int64_t run, void *context)
{
    struct passing *x = context;
    int64_t value = 0, first = -1, before_value, before_first;
    int r = 0;

    do {
        ROWS_AUTO *rows = NULL;

        before_value = value;
        before_first = first;
        r = STORE_QUERY(k->place, &rows, STMT_INTEL_POSTING_ALL, V_INT(audience), V_INT(run), V_INT(value), V_INT(first), V_INT(STIX_KEY_TYPE));
        while (!r && (r = rows_next(rows)) == 1) {
            value = rows_int(rows, 0);
            first = rows_int(rows, 1);
            r = take_block(k, x, rows, audience);
        }
    } while (!r && (value != before_value || first != before_first));
    return r;
}

/* Each place once, in one state. */
static int each(struct stock *k, struct passing *x, each_fn *pass)
{
    int r;

    if (!k->place)
        return 0;
    r = stock_snapshot(k);
    if (r)
        return r;
    r = stock_each_place(k, x->sight, pass, x);
    store_end_read(k->place);
    return r;
}

int stock_postings(struct stock *k, const struct sight *sight, stock_posting_fn *call, void *context)
{
    struct passing x = {.sight = sight, .call = call, .context = context};

    return each(k, &x, pass_place);
}

static int pass_ids(struct stock *k, int64_t audience, int64_t run, void *context)
{
    CLEANUP(buf_done) struct buf id;
    CLEANUP(buf_done) struct buf version;
    struct passing *x = context;
    int64_t number = -1, n;
    int r = 0;

    buf_init(&id, SEGMENT_WORD_MAX);
    buf_init(&version, SEGMENT_WORD_MAX);
    do {
        ROWS_AUTO *rows = NULL;

        n = 0;
        r = STORE_QUERY(k->place, &rows, STMT_INTEL_IDENT_ALL, V_INT(audience), V_INT(run), V_STR(buf_str(&id)), V_STR(buf_str(&version)), V_INT(number));
        while (!r && (r = rows_next(rows)) == 1) {
            n++;
            number = rows_int(rows, 2);
            buf_clear(&id);
            buf_clear(&version);
            r = buf_add_str(&id, rows_str(rows, 0)) ?: buf_add_str(&version, rows_str(rows, 1));
            if (!r && stock_has(k, number))
                r = x->call_id((struct stock_ref){audience, number}, buf_str(&id), x->context);
        }
    } while (!r && n);
    return r;
}

int stock_ids(struct stock *k, const struct sight *sight, stock_id_fn *call, void *context)
{
    struct passing x = {.sight = sight, .call_id = call, .context = context};

    return each(k, &x, pass_ids);
}
