/* What is common to the formats: which rows go, the head, the way out. */
#include "intel/export.h"
#include "intel/export-inside.h"

#include "base/time.h"
#include "base/utf8.h"

#include <errno.h>

#define OUT_HELD ((size_t)64 << 10)
#define TEXT_MAX ((size_t)64 << 10)
#define WORD_SHOWN 200u

static const struct rule_writer *const writers[] = {
    [RULES_SURICATA] = &rule_suricata, [RULES_ZEEK] = &rule_zeek, [RULES_RPZ] = &rule_rpz,
    [RULES_SQUID] = &rule_squid,       [RULES_CSV] = &rule_csv,   [RULES_PLAIN] = &rule_plain,
};
static_assert(ARRAY_LEN(writers) == RULES_N_FORMATS, "a writer each");
static_assert(CLUE_N_TYPES <= 32, "rule_writer.types has a bit each");

const char *rule_format_name(enum rule_format f)
{
    return writers[f]->name;
}

bool rule_format_of(struct str name, enum rule_format *ret)
{
    for (unsigned i = 0; i < RULES_N_FORMATS; i++) {
        if (str_eq(name, str_of(writers[i]->name))) {
            *ret = (enum rule_format)i;
            return true;
        }
    }
    return false;
}

void rules_init(struct rules *r, const struct rule_order *order, rules_put_fn *put, void *context)
{
    *r = (struct rules){.order = *order,
                        .put = put,
                        .context = context,
                        .sid = order->sid_first ? order->sid_first : RULES_SID_FIRST,
                        .until_us = order->until_us};
    buf_init(&r->out, SIZE_MAX / 2);
    buf_init(&r->last, TEXT_MAX);
    buf_init(&r->text, TEXT_MAX);
    buf_init(&r->scratch, TEXT_MAX);
    clue_init(&r->value);
}

void rules_done(struct rules *r)
{
    buf_done(&r->out);
    buf_done(&r->last);
    buf_done(&r->text);
    buf_done(&r->scratch);
    clue_done(&r->value);
}

bool rule_is_plain(char c, const char *also)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr(also, c));
}

int rule_put_word(struct rules *r, struct str word)
{
    int answer = 0;

    for (size_t i = 0; i < MIN_OF(word.len, WORD_SHOWN) && !answer; i++)
        answer = rule_is_plain(word.at[i], "._:-")
                     ? buf_add_char(&r->out, word.at[i])
                     : buf_printf(&r->out, "%%%02X", (unsigned char)word.at[i]);
    return answer;
}

/* ---- which rows ---- */

static bool is_fit_in_size(enum clue_type type, struct str bytes)
{
    static const uint8_t sizes[CLUE_N_TYPES] = {
        [CLUE_IPV4] = 4,    [CLUE_IPV4_NET] = 5, [CLUE_IPV6] = 16,   [CLUE_IPV6_NET] = 17,
        [CLUE_MD5] = 16,    [CLUE_SHA1] = 20,    [CLUE_SHA224] = 28, [CLUE_SHA256] = 32,
        [CLUE_SHA384] = 48, [CLUE_SHA512] = 64,  [CLUE_ETH] = 20,    [CLUE_ASN] = 4,
        [CLUE_TLSH] = 35,
    };

    return type > CLUE_NONE && type < CLUE_N_TYPES && bytes.len && bytes.len <= CLUE_TEXT_MAX &&
           (!sizes[type] || sizes[type] == bytes.len);
}

/* The text of a value that may be anything. *ret_sound: it reads back as the same. */
static int text_of(struct rules *r, const struct rule_row *row, bool *ret_sound)
{
    struct str bytes = row->bytes;
    int answer;

    *ret_sound = false;
    if (!is_fit_in_size(row->type, bytes))
        return 0;
    buf_clear(&r->text);
    buf_clear(&r->value.bytes);
    r->value.type = row->type;
    answer = buf_add_str(&r->value.bytes, bytes);
    if (!answer)
        answer = row->type == CLUE_DOMAIN || row->type == CLUE_URL ? buf_add_str(&r->text, bytes)
                                                                   : clue_show(&r->value, &r->text);
    if (answer == -ENOSPC)
        return 0;
    if (!answer)
        answer = clue_read_as(row->type, buf_str(&r->text), &r->value);
    if (answer > 0)
        return 0;
    *ret_sound = !answer && r->value.type == row->type && str_eq(buf_str(&r->value.bytes), bytes);
    return answer;
}

static bool is_over(const struct rules *r, const struct rule_row *row)
{
    return row->until_us && row->until_us <= r->order.now_us;
}

static bool is_carried(const struct rules *r, const struct rule_row *row)
{
    return row->type < CLUE_N_TYPES && writers[r->order.format]->types >> row->type & 1;
}

/* The row before had the value, and one is enough for it. */
static bool is_known(struct rules *r, const struct rule_row *row)
{
    return !writers[r->order.format]->has_sources && r->last_type == row->type &&
           str_eq(buf_str(&r->last), row->bytes);
}

static int remember(struct rules *r, const struct rule_row *row)
{
    buf_clear(&r->last);
    r->last_type = row->type;
    return buf_add_str(&r->last, row->bytes);
}

/* The value that was looked at last ends then, unless one of its rows has no end. */
static void end_of_value(struct rules *r)
{
    if (r->last_until_us && (!r->until_us || r->last_until_us < r->until_us))
        r->until_us = r->last_until_us;
    r->last_until_us = 0;
}

int rules_look(struct rules *r, const struct rule_row *row)
{
    const struct rule_writer *w = writers[r->order.format];

    if (is_over(r, row) || !is_carried(r, row) || row->bytes.len > CLUE_TEXT_MAX)
        return 0;
    r->has_below |= row->is_below && row->type == CLUE_DOMAIN;
    if (w->has_ends)
        return 0;
    if (is_known(r, row)) {
        r->last_until_us =
            r->last_until_us && row->until_us ? MAX_OF(r->last_until_us, row->until_us) : 0;
        return 0;
    }
    end_of_value(r);
    r->last_until_us = row->until_us;
    return remember(r, row);
}

/* ---- out ---- */

static int hand_over(struct rules *r)
{
    int answer = buf_error(&r->out);

    if (!answer && r->out.len)
        answer = r->put(buf_str(&r->out), r->context);
    buf_clear(&r->out);
    return answer;
}

static int put_instant(struct rules *r, uint64_t us)
{
    return us ? instant_print_utc(us, &r->out) : buf_add_text(&r->out, "none");
}

static int put_head(struct rules *r, char c)
{
    int answer = buf_printf(&r->out, "%c %s\n%c created: ", c, tlp_name(r->order.tlp), c);

    if (!answer)
        answer = put_instant(r, r->order.created_us);
    if (!answer)
        answer = buf_printf(&r->out, "\n%c use until: ", c);
    if (!answer)
        answer = put_instant(r, r->until_us);
    return answer ? answer : buf_add_char(&r->out, '\n');
}

int rules_begin(struct rules *r)
{
    const struct rule_writer *w = writers[r->order.format];
    int answer;

    end_of_value(r);
    r->last_type = CLUE_NONE;
    answer = w->comment ? put_head(r, w->comment) : 0;

    if (!answer && w->head)
        answer = w->head(r);
    return answer ? answer : hand_over(r);
}

static int write_row(struct rules *r, const struct rule_row *row)
{
    struct rule_item item = {row, buf_str(&r->text)};
    int answer = writers[r->order.format]->item(r, &item);

    r->n_left_out += answer == RULE_E_UNFIT;
    r->n_written += !answer;
    if (answer)
        return answer > 0 ? 0 : answer;
    answer = remember(r, row);
    return !answer && r->out.len >= OUT_HELD ? hand_over(r) : answer;
}

int rules_add(struct rules *r, const struct rule_row *row)
{
    bool is_sound;
    int answer;

    if (is_over(r, row)) {
        r->n_ended++;
        return 0;
    }
    if (row->type != CLUE_NONE && row->type < CLUE_N_TYPES && !is_carried(r, row)) {
        r->n_left_out++;
        return 0;
    }
    if (is_known(r, row))
        return 0;
    answer = text_of(r, row, &is_sound);
    if (answer)
        return ERR(answer);
    r->n_unsound += !is_sound;
    return is_sound ? write_row(r, row) : 0;
}

int rules_end(struct rules *r)
{
    const struct rule_writer *w = writers[r->order.format];
    int answer = w->tail ? w->tail(r) : 0;

    return answer ? answer : hand_over(r);
}
