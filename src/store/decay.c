#include "store/decay.h"

#include "base/time.h"

#define DAY_US (INT64_C(86400) * US_PER_SECOND)
#define PARTS 10000 /* of a life */

static const char *const class_names[] = {
#define DECAY_CLASS(id, name) name,
#include "store/decay.def"
#undef DECAY_CLASS
};
static const char *const shape_names[] = {"steady", "late", "early"};

const char *decay_class_name(enum decay_class c)
{
    return class_names[c];
}

const char *decay_shape_name(enum decay_shape s)
{
    return shape_names[s];
}

bool decay_shape_of(struct str name, enum decay_shape *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(shape_names); i++)
        if (str_eq(name, str_of(shape_names[i]))) {
            *ret = (enum decay_shape)i;
            return true;
        }
    return false;
}

/* The greatest whole number whose square is not more. */
static int64_t root_of(int64_t n)
{
    int64_t low = 0, high = PARTS;

    while (low < high) {
        int64_t middle = (low + high + 1) / 2;

        if (middle * middle <= n)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* The part of a life at which the worth falls below the threshold, of PARTS. */
static int64_t part_of(enum decay_shape shape, unsigned threshold)
{
    int64_t left = 100 - (int64_t)threshold;

    if (shape == DECAY_EARLY)
        return left * left * PARTS / 10000;
    return shape == DECAY_LATE ? root_of(left * PARTS * PARTS / 100) : left * PARTS / 100;
}

int64_t decay_life_us(const struct decay *d, enum decay_class c)
{
    return d->of[c].days ? d->of[c].days * DAY_US / PARTS * part_of(d->of[c].shape, d->threshold) : DECAY_NEVER;
}

int64_t decay_end_us(const struct decay *d, enum decay_class c, int64_t from_us, int64_t until_us)
{
    int64_t life = decay_life_us(d, c);

    if (life == DECAY_NEVER || from_us > DECAY_NEVER - life)
        return until_us;
    return MIN_OF(until_us, MAX_OF(from_us, 0) + life);
}

int decay_print(const struct decay *d, struct buf *out)
{
    int r = buf_printf(out, "%u", d->threshold);

    for (unsigned c = 0; !r && c < DECAY_N_CLASSES; c++)
        if (d->of[c].days)
            r = buf_printf(out, " %s=%lld/%s", class_names[c], (long long)d->of[c].days, shape_names[d->of[c].shape]);
    return r;
}

static bool read_class(struct str word, struct decay *ret)
{
    struct str rest = word, name, days;
    int64_t n;

    if (!str_split(&rest, '=', &name) || !str_split(&rest, '/', &days) || str_to_i64(days, 1, DECAY_DAYS_MAX, &n))
        return false;
    for (unsigned c = 0; c < DECAY_N_CLASSES; c++)
        if (str_eq(name, str_of(class_names[c])) && !ret->of[c].days) {
            ret->of[c].days = n;
            return decay_shape_of(rest, &ret->of[c].shape);
        }
    return false;
}

bool decay_read(struct str text, struct decay *ret)
{
    struct str rest = text, word;
    uint64_t threshold = 0;
    bool is_one = true;

    *ret = (struct decay){0};
    if (!text.len)
        return true;
    if (!str_split(&rest, ' ', &word) || str_to_u64(word, 0, 100, &threshold))
        return false;
    ret->threshold = (unsigned)threshold;
    while (is_one && str_split(&rest, ' ', &word))
        is_one = read_class(word, ret);
    if (!is_one)
        *ret = (struct decay){0};
    return is_one;
}
