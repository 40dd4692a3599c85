/* CSV for people and spreadsheets (RFC 4180; what a spreadsheet would run gets an apostrophe), and the list that `intel compile` reads:
 * value TAB indicator TAB end. */
#include "intel/export-inside.h"

#include "base/csv.h"
#include "base/time.h"
#include "base/utf8.h"

#include <errno.h>

#define ALL_TYPES (~(uint32_t)1)

static int csv_head(struct rules *r)
{
    static const struct str names[] = {STR("type"),  STR("value"),     STR("mode"),
                                       STR("until"), STR("indicator"), STR("confidence"),
                                       STR("tlp")};

    return csv_put_row(&r->out, names, ARRAY_LEN(names), true);
}

static const char *mode_of(const struct rule_row *row)
{
    bool is_net = row->type == CLUE_IPV4_NET || row->type == CLUE_IPV6_NET;

    return is_net ? "prefix" : row->is_below && row->type == CLUE_DOMAIN ? "below" : "exact";
}

static int csv_item(struct rules *r, const struct rule_item *i)
{
    CLEANUP(buf_done) struct buf until;
    CLEANUP(buf_done) struct buf confidence;
    int answer;

    buf_init(&until, 64);
    buf_init(&confidence, 16);
    buf_clear(&r->scratch);
    answer = utf8_print_safe(i->row->indicator, &r->scratch);
    if (!answer && i->row->until_us)
        answer = instant_print_utc(i->row->until_us, &until);
    if (!answer && i->row->confidence >= 0)
        answer = buf_printf(&confidence, "%d", i->row->confidence);
    if (answer)
        return ERR(answer);
    return csv_put_row(&r->out,
                       (struct str[]){str_of(clue_type_name(i->row->type)), i->text,
                                      str_of(mode_of(i->row)), buf_str(&until),
                                      buf_str(&r->scratch), buf_str(&confidence),
                                      str_of(tlp_name(r->order.tlp))},
                       7, true);
}

const struct rule_writer rule_csv = {.name = "csv",
                                     .types = ALL_TYPES,
                                     .has_ends = true,
                                     .has_sources = true,
                                     .head = csv_head,
                                     .item = csv_item};

/* The text, read as what it looks like, is the value: types are not written in a list. */
static int looks_like_itself(struct rules *r, const struct rule_item *i, bool *ret)
{
    int answer = clue_read(i->text, &r->value);

    *ret = !answer && i->text.at[0] != '#' && !memchr(i->text.at, '\t', i->text.len) &&
           r->value.type == i->row->type && str_eq(buf_str(&r->value.bytes), i->row->bytes);
    return answer < 0 ? answer : 0;
}

static int plain_item(struct rules *r, const struct rule_item *i)
{
    bool is_itself;
    int answer = looks_like_itself(r, i, &is_itself);

    if (answer || !is_itself)
        return answer ? ERR(answer) : RULE_E_UNFIT;
    answer = buf_add_str(&r->out, i->text);
    if (!answer)
        answer = buf_add_char(&r->out, '\t');
    if (!answer)
        answer = utf8_print_safe(i->row->indicator, &r->out);
    if (!answer && i->row->until_us)
        answer = buf_add_char(&r->out, '\t');
    if (!answer && i->row->until_us)
        answer = instant_print_utc(i->row->until_us, &r->out);
    return answer ? answer : buf_add_char(&r->out, '\n');
}

const struct rule_writer rule_plain = {.name = "plain",
                                       .types = ALL_TYPES,
                                       .has_ends = true,
                                       .has_sources = true,
                                       .comment = '#',
                                       .item = plain_item};
