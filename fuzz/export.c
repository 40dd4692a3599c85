/* Rows of any bytes as rules of every format: the first byte of a row is its type, the second its flags, the third the length of the value, then value and
 * indicator up to a byte of 0xff. Nothing gets out of its line, and the list reads back as what was written. */
#include "intel/export.h"

#include <stdlib.h>

#define OUT_MAX ((size_t)64 << 20)
#define ROWS_MAX 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int put(struct str piece, void *context)
{
    return buf_add_str(context, piece);
}

static size_t read_rows(struct str in, struct rule_row rows[ROWS_MAX])
{
    size_t n = 0;

    while (in.len > 3 && n < ROWS_MAX) {
        const uint8_t *at = (const uint8_t *)in.at;
        size_t len = MIN_OF((size_t)at[2], in.len - 3), end = 3 + len;

        while (end < in.len && at[end] != 0xff)
            end++;
        rows[n++] = (struct rule_row){.type = at[0] % (CLUE_N_TYPES + 1),
                                      .bytes = {in.at + 3, len},
                                      .indicator = {in.at + 3 + len, end - 3 - len},
                                      .until_us = at[1] >> 2,
                                      .confidence = at[1] % 100,
                                      .is_below = at[1] & 1};
        end += end < in.len;
        in = (struct str){in.at + end, in.len - end};
    }
    return n;
}

static size_t count(struct str s, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < s.len; i++)
        n += s.at[i] == c;
    return n;
}

/* What stands on a line of each format, and only there. */
static void check(const struct rules *r, struct str out, struct str head)
{
    struct str rest = out, line;
    uint64_t n_lines = 0;

    rest.at += head.len;
    rest.len -= head.len;
    while (rest.len && str_split(&rest, '\n', &line) && line.len) {
        n_lines++;
        if (r->order.format == RULES_SURICATA &&
            (!str_starts(line, STR("alert ")) || !str_ends(line, STR("; rev:1;)")) ||
             count(line, '(') != 1))
            abort();
        if (r->order.format == RULES_ZEEK && count(line, '\t') != 3)
            abort();
        if (r->order.format == RULES_RPZ && !str_ends(line, STR(" IN CNAME .")))
            abort();
        if (r->order.format == RULES_SQUID && !str_starts(line, STR("acl tsujiban_")))
            abort();
        if (r->order.format == RULES_PLAIN && (line.at[0] == '#' || count(line, '\t') > 2))
            abort();
    }
    if ((r->order.format == RULES_ZEEK || r->order.format == RULES_PLAIN ||
         r->order.format == RULES_CSV) &&
        n_lines != r->n_written)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rule_row rows[ROWS_MAX];
    size_t n = read_rows((struct str){(const char *)data, size}, rows);

    for (unsigned f = 0; f < RULES_N_FORMATS; f++) {
        struct rule_order order = {.format = (enum rule_format)f, .now_us = 8, .tlp = TLP_RED};
        struct rules r;
        struct buf out;
        size_t head;

        buf_init(&out, OUT_MAX);
        rules_init(&r, &order, put, &out);
        for (size_t i = 0; i < n; i++)
            if (rules_look(&r, &rows[i]))
                abort();
        if (rules_begin(&r))
            abort();
        head = out.len;
        for (size_t i = 0; i < n; i++)
            if (rules_add(&r, &rows[i]))
                abort();
        if (rules_end(&r) || r.n_written + r.n_left_out + r.n_unsound + r.n_ended > n)
            abort();
        check(&r, buf_str(&out), (struct str){out.at, head});
        rules_done(&r);
        buf_done(&out);
    }
    return 0;
}
