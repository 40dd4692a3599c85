#include "intel/jcs.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define NUMBER_SMALL 64u /* bytes; longer numbers are read from the heap */
#define DIGITS_MAX 17    /* that a double may need */

/* ---- strings ---- */

int jcs_print_string(struct str text, struct buf *out)
{
    static const char names[] = "btn?fr"; /* U+0008 to U+000D */
    size_t from = 0;

    buf_add_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, text.at + from, i - from);
        from = i + 1;
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c >= 8 && c <= 13 && c != 11)
            buf_printf(out, "\\%c", names[c - 8]);
        else
            buf_printf(out, "\\u%04x", c);
    }
    if (from < text.len) /* an empty text may lie nowhere */
        buf_add(out, text.at + from, text.len - from);
    return buf_add_char(out, '"');
}

/* UTF-8 sorts by code points. UTF-16 puts what lies above U+FFFF (lead bytes F0 to F4) before U+E000 to U+FFFF (EE, EF). */
int jcs_key_cmp(struct str a, struct str b)
{
    size_t n = MIN_OF(a.len, b.len), i = 0;
    unsigned char x, y;

    while (i < n && a.at[i] == b.at[i])
        i++;
    if (i == n)
        return (a.len > b.len) - (a.len < b.len);
    x = (unsigned char)a.at[i];
    y = (unsigned char)b.at[i];
    if (x >= 0xee && y >= 0xee && (x >= 0xf0) != (y >= 0xf0))
        return x >= 0xf0 ? -1 : 1;
    return x < y ? -1 : 1;
}

/* ---- numbers ---- */

/* "12.5e3" without its point, for strtod(), whose point depends on the locale. */
static int without_point(struct str number, char *to, size_t size)
{
    size_t n = 0, fraction = 0, i = 0;
    bool is_behind = false;
    int64_t exponent = 0;

    for (; i < number.len && (number.at[i] | 0x20) != 'e'; i++) {
        if (number.at[i] == '.') {
            is_behind = true;
            continue;
        }
        fraction += is_behind;
        to[n++] = number.at[i];
    }
    if (i < number.len) {
        struct str e = {number.at + i + 1, number.len - i - 1};
        bool is_negative = e.len && e.at[0] == '-';

        if (e.len && (e.at[0] == '+' || e.at[0] == '-')) {
            e.at++;
            e.len--;
        }
        if (str_to_i64(e, 0, INT64_MAX / 4, &exponent))
            exponent = INT64_MAX / 4; /* far beyond what a double holds, in either direction */
        exponent = is_negative ? -exponent : exponent;
    }
    return snprintf(to + n, size - n, "e%" PRId64, exponent - (int64_t)fraction) < 0 ? -EIO : 0;
}

int jcs_double(struct str number, double *ret)
{
    size_t size = number.len + NUMBER_SMALL / 2;
    char small[NUMBER_SMALL], *text = size <= sizeof(small) ? small : malloc(size);
    int r = text ? without_point(number, text, size) : -ENOMEM;
    double d = 0;

    if (!r) {
        d = strtod(text, NULL);
        r = isfinite(d) ? 0 : JCS_E_NUMBER;
    }
    if (text != small)
        free(text);
    if (!r)
        *ret = d;
    return r;
}

/* The number of `digits` times ten to `exponent` as strtod() reads it. */
static double composed(uint64_t digits, int exponent)
{
    char text[NUMBER_SMALL];

    snprintf(text, sizeof(text), "%" PRIu64 "e%d", digits, exponent);
    return strtod(text, NULL);
}

/* The first `n` digits of a positive number, rounded; *ret_exponent is of the last of them. */
static uint64_t rounded(double d, int n, int *ret_exponent)
{
    char text[NUMBER_SMALL];
    uint64_t digits = 0;
    const char *p = text;

    snprintf(text, sizeof(text), "%.*e", n - 1, d);
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9')
            digits = digits * 10 + (uint64_t)(*p - '0');
    *ret_exponent = (int)strtol(p + 1, NULL, 10) - (n - 1);
    return digits;
}

/* The fewest digits that read back. At a power of two the interval above is twice the one below, so the neighbour of the rounded digits may be in it
 * when they are not. */
static uint64_t shortest(double d, int *ret_exponent)
{
    for (int n = 1; n < DIGITS_MAX; n++) {
        uint64_t digits = rounded(d, n, ret_exponent);

        if (composed(digits, *ret_exponent) == d)
            return digits;
        if (composed(digits + 1, *ret_exponent) == d)
            return digits + 1;
    }
    return rounded(d, DIGITS_MAX, ret_exponent);
}

static int zeros(struct buf *out, int n)
{
    for (; n > 0; n--)
        buf_add_char(out, '0');
    return buf_error(out);
}

/* Number::toString, its steps 5 to 12: `digits` has k of them, the point stands behind the n-th. */
int jcs_print_double(double d, struct buf *out)
{
    char digits[NUMBER_SMALL];
    int exponent, k, n;
    uint64_t all;

    if (d == 0)
        return buf_add_char(out, '0');
    if (d < 0)
        buf_add_char(out, '-');
    all = shortest(fabs(d), &exponent);
    while (all % 10 == 0) {
        all /= 10;
        exponent++;
    }
    k = snprintf(digits, sizeof(digits), "%" PRIu64, all);
    n = k + exponent;
    if (k <= n && n <= 21) {
        buf_add(out, digits, (size_t)k);
        return zeros(out, n - k);
    }
    if (0 < n && n <= 21) {
        buf_add(out, digits, (size_t)n);
        buf_add_char(out, '.');
        return buf_add(out, digits + n, (size_t)(k - n));
    }
    if (-6 < n && n <= 0) {
        buf_add_text(out, "0.");
        zeros(out, -n);
        return buf_add(out, digits, (size_t)k);
    }
    buf_add(out, digits, 1);
    if (k > 1) {
        buf_add_char(out, '.');
        buf_add(out, digits + 1, (size_t)(k - 1));
    }
    return buf_printf(out, "e%c%d", n > 0 ? '+' : '-', abs(n - 1));
}

/* ---- values ---- */

static int by_key(const void *a, const void *b)
{
    const struct scan_value *const *x = a, *const *y = b;

    return jcs_key_cmp(scan_str(*x), scan_str(*y));
}

static int print_object(const struct scan_value *v, struct buf *out)
{
    const struct scan_value **keys, *c = v + 1;
    int r = 0;

    keys = malloc(MAX_OF(v->len, 1u) * sizeof(const struct scan_value *));
    if (!keys)
        return -ENOMEM;
    for (uint32_t i = 0; i < v->len; i++) {
        keys[i] = c;
        c += 1 + c[1].skip;
    }
    qsort(keys, v->len, sizeof(const struct scan_value *), by_key);
    buf_add_char(out, '{');
    for (uint32_t i = 0; i < v->len && !r; i++) {
        if (i)
            buf_add_char(out, ',');
        jcs_print_string(scan_str(keys[i]), out);
        buf_add_char(out, ':');
        r = jcs_print(keys[i] + 1, out); /* json-scan.h bounds the depth */
    }
    free(keys);
    return r ? r : buf_add_char(out, '}');
}

static int print_array(const struct scan_value *v, struct buf *out)
{
    const struct scan_value *c = v + 1;
    int r = buf_add_char(out, '[');

    for (uint32_t i = 0; i < v->len && !r; i++, c += c->skip) {
        if (i)
            buf_add_char(out, ',');
        r = jcs_print(c, out);
    }
    return r ? r : buf_add_char(out, ']');
}

int jcs_print(const struct scan_value *v, struct buf *out)
{
    double d;
    int r;

    switch (v->kind) {
    case SCAN_STRING:
        return jcs_print_string(scan_str(v), out);
    case SCAN_NUMBER:
        r = jcs_double(scan_str(v), &d);
        return r ? r : jcs_print_double(d, out);
    case SCAN_OBJECT:
        return print_object(v, out);
    case SCAN_ARRAY:
        return print_array(v, out);
    default:
        return buf_add_str(out, scan_str(v));
    }
}
