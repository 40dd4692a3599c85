/* Any bytes as a pattern: it is refused with a column, or printed in one form that has itself as its form and finds the same over a few observations; where no
 * "[...]" names many types, the slow evaluator of the tests finds the same. */
#include "../test/unit/pattern-slow.h"

#include <stdlib.h>

#define OUT_MAX ((size_t)16 << 20)
#define STEPS 200000u
#define SLOW_TEXT_MAX 160u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char observed[] = "[{\"type\":\"t\",\"v\":1,\"s\":\"が\",\"at\":\"2026-04-01T00:00:"
                               "00Z\",\"o_ref\":\"1\",\"l\":[1,2,[3]]},"
                               "{\"type\":\"t\",\"v\":2.5,\"s\":\"aaab\",\"x_hex\":\"6162\",\"x_"
                               "bin\":\"YWI=\",\"b\":true,\"n\":null},"
                               "{\"type\":\"u\",\"v\":0,\"s\":\"192.0.2.1\",\"o_ref\":\"0\"}]";

struct seen {
    struct scanner *scanner;
    struct pattern_object objects[3];
    struct pattern_observation o[4];
};

static void see(struct seen *s)
{
    static const char *const keys[] = {"0", "1", "2"};
    const struct scan_value *v;
    struct scan_place place;

    s->scanner = scanner_new(1 << 20);
    buf_init(&place.path, 100);
    if (!s->scanner || scanner_read(s->scanner, str_of(observed), &v, &place))
        abort();
    buf_done(&place.path);
    v++;
    for (size_t i = 0; i < 3; i++, v += v->skip)
        s->objects[i] = (struct pattern_object){str_of(keys[i]), v};
    for (size_t i = 0; i < 4; i++)
        s->o[i] = (struct pattern_observation){.first_us = (int64_t)i * 1000000,
                                               .last_us = (int64_t)(i + i % 2) * 1000000,
                                               .number = 1 + i % 2,
                                               .objects = &s->objects[i % 3],
                                               .n_objects = i == 3 ? 3 : 1,
                                               .referred = s->objects,
                                               .n_referred = 3};
    s->o[3].objects = s->objects;
}

static void found(const struct seen *s, const struct pattern *p, const struct pattern *again,
                  size_t size)
{
    enum pattern_answer one, two;

    if (pattern_eval(p, s->o, 4, STEPS, &one, NULL) ||
        pattern_eval(again, s->o, 4, STEPS, &two, NULL) || one != two)
        abort();
    if (size <= SLOW_TEXT_MAX && (one == PATTERN_YES || one == PATTERN_NO) && pattern_slow_can(p) &&
        pattern_slow(p, s->o, 4) != one)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    struct pattern *p = NULL, *again = NULL;
    struct pattern_fault fault;
    struct buf form, form_again;
    struct seen s;
    int r = pattern_parse(text, &p, &fault);

    assert(r >= 0);
    if (r) {
        assert(fault.error == (enum pattern_error)r && fault.offset <= size &&
               fault.column <= size + 1);
        return 0;
    }
    buf_init(&form, OUT_MAX);
    buf_init(&form_again, OUT_MAX);
    if (pattern_print(p, &form))
        abort();
    r = pattern_parse(buf_str(&form), &again, &fault);
    assert(r == 0 ||
           r == PATTERN_E_LIMIT); /* brackets that had not been there may pass the depth */
    if (r == 0) {
        see(&s);
        if (pattern_print(again, &form_again) || !str_eq(buf_str(&form), buf_str(&form_again)))
            abort();
        found(&s, p, again, size);
        scanner_free(s.scanner);
    }
    pattern_free(p);
    pattern_free(again);
    buf_done(&form);
    buf_done(&form_again);
    return 0;
}
