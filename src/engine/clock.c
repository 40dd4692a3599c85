#include "engine/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static int meta_u64(struct store *s, const char *key, uint64_t *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_META_GET, V_TEXT(key));

    if (r == STORE_E_NONE)
        return -EBADMSG;
    if (r)
        return store_errno(r);
    return str_to_u64(rows_str(row, 0), 0, UINT64_MAX / 2, ret) ? -EBADMSG : 0;
}

int clock_load(struct store *s, struct clock_setting *ret)
{
    struct clock_setting c = {CLOCK_SYSTEM, 0, 0};
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_META_GET, V_TEXT("clock.kind"));

    if (r && r != STORE_E_NONE)
        return store_errno(r);
    if (!r && str_eq(rows_str(row, 0), STR("demonstration"))) {
        c.kind = CLOCK_DEMONSTRATION;
        if ((r = meta_u64(s, "clock.set_us", &c.set_us)))
            return r;
        if ((r = meta_u64(s, "clock.real_us", &c.real_us)))
            return r;
    } else if (!r && !str_eq(rows_str(row, 0), STR("system"))) {
        return -EBADMSG;
    }
    *ret = c;
    return 0;
}

static int meta_set_u64(struct store *s, const char *key, uint64_t v)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, v);
    return STORE_RUN(s, STMT_META_SET, V_TEXT(key), V_TEXT(text));
}

int clock_save(struct store *s, struct clock_setting c)
{
    bool demo = c.kind == CLOCK_DEMONSTRATION;
    int r = STORE_RUN(s, STMT_META_SET, V_TEXT("clock.kind"), V_TEXT(demo ? "demonstration" : "system"));

    if (!r && demo)
        r = meta_set_u64(s, "clock.set_us", c.set_us);
    if (!r && demo)
        r = meta_set_u64(s, "clock.real_us", c.real_us);
    return r;
}

uint64_t clock_now(struct clock_setting c)
{
    uint64_t real = clock_real_us();

    if (c.kind == CLOCK_SYSTEM)
        return real;
    return c.set_us + (real > c.real_us ? real - c.real_us : 0);
}

int clock_advance(struct clock_setting *c, uint64_t to_us)
{
    if (c->kind == CLOCK_SYSTEM)
        return CLOCK_E_SYSTEM;
    if (to_us < clock_now(*c))
        return CLOCK_E_BACK;
    c->set_us = to_us;
    c->real_us = clock_real_us();
    return 0;
}
