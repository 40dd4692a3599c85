/* How long indicators are good for: the parts of a life by shape and threshold, the lesser of two ends, one written form (LI1 of doc/design/intelligence.md). */
#include "store/decay.h"

#include "base/time.h"
#include "intel/stix-life.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define DAY (INT64_C(86400) * US_PER_SECOND)
#define FROM (INT64_C(20000) * DAY)

/* A life of 100 days: the days until the worth is below the threshold. By hand: 100 (1 - t), 100 √(1 - t), 100 (1 - t)², cut to a hundredth of a day. */
static void parts_of_a_life(void **state)
{
    static const struct {
        unsigned threshold;
        int64_t hundredths[DECAY_N_SHAPES]; /* steady, late, early */
    } table[] = {
        {0, {10000, 10000, 10000}}, {10, {9000, 9486, 8100}}, {25, {7500, 8660, 5625}}, {30, {7000, 8366, 4900}},
        {50, {5000, 7071, 2500}},   {75, {2500, 5000, 625}},  {99, {100, 1000, 1}},     {100, {0, 0, 0}},
    };

    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        for (unsigned s = 0; s < DECAY_N_SHAPES; s++) {
            struct decay d = {.threshold = table[i].threshold};

            d.of[DECAY_URL] = (struct decay_of){100, (enum decay_shape)s};
            assert_int_equal(decay_life_us(&d, DECAY_URL), table[i].hundredths[s] * (DAY / 100));
            assert_int_equal(decay_life_us(&d, DECAY_HASH), DECAY_NEVER);
        }
}

static void the_lesser_of_two_ends(void **state)
{
    struct decay d = {.threshold = 50, .of = {[DECAY_ADDRESS] = {30, DECAY_STEADY}}};

    assert_int_equal(decay_end_us(&d, DECAY_ADDRESS, FROM, DECAY_NEVER), FROM + 15 * DAY);
    assert_int_equal(decay_end_us(&d, DECAY_ADDRESS, FROM, FROM + 15 * DAY + 1), FROM + 15 * DAY);
    assert_int_equal(decay_end_us(&d, DECAY_ADDRESS, FROM, FROM + DAY), FROM + DAY);
    assert_int_equal(decay_end_us(&d, DECAY_ADDRESS, FROM, 0), 0);
    assert_int_equal(decay_end_us(&d, DECAY_HASH, FROM, DECAY_NEVER), DECAY_NEVER);
    assert_int_equal(decay_end_us(&d, DECAY_HASH, FROM, FROM), FROM);
    assert_int_equal(decay_end_us(&d, DECAY_ADDRESS, INT64_MAX, DECAY_NEVER), DECAY_NEVER); /* no overflow */
    assert_int_equal(decay_end_us(&d, DECAY_ADDRESS, INT64_MIN, DECAY_NEVER), 15 * DAY);
}

static void one_written_form(void **state)
{
    static const char *const none[] = {"x", "101", "30 ", "30 url", "30 url=1", "30 url=0/late", "30 url=1/odd", "30 url=1/late url=1/late", "30 wood=1/late",
                                       "30 url=99999/late", "30  url=1/late", "-1"};
    struct decay d = {.threshold = 30, .of = {[DECAY_ADDRESS] = {90, DECAY_EARLY}, [DECAY_HASH] = {1825, DECAY_LATE}}}, again;
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, DECAY_TEXT_MAX);
    assert_int_equal(decay_print(&d, &text), 0);
    assert_string_equal(text.at, "30 address=90/early hash=1825/late");
    assert_true(decay_read(buf_str(&text), &again));
    assert_memory_equal(&d, &again, sizeof(d));
    assert_true(decay_read(STR(""), &again) && !again.threshold && decay_life_us(&again, DECAY_HASH) == DECAY_NEVER);
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        if (decay_read(str_of(none[i]), &again) || again.threshold || again.of[DECAY_URL].days)
            fail_msg("%s", none[i]);
    for (unsigned c = 0; c < DECAY_N_CLASSES; c++)
        d.of[c] = (struct decay_of){DECAY_DAYS_MAX, DECAY_STEADY};
    buf_clear(&text);
    assert_int_equal(decay_print(&d, &text), 0); /* the longest fits */
    for (unsigned type = 0; type < CLUE_N_TYPES; type++)
        assert_true(stix_life_class((enum clue_type)type) < DECAY_N_CLASSES);
}

/* ---- what objects say ---- */

static struct buf ids;

static struct segment_object said(const char *text)
{
    CLEANUP(scanner_freep) struct scanner *s = scanner_new(1 << 20);
    const struct scan_value *root;
    struct segment_object o = {.n = 9};
    struct scan_place place;

    buf_init(&place.path, 100);
    assert_non_null(s);
    assert_int_equal(scanner_read(s, str_of(text), &root, &place), 0);
    buf_done(&ids);
    buf_init(&ids, SEGMENT_OF_MAX);
    assert_int_equal(stix_life(root, &ids, &o), 0);
    buf_done(&place.path);
    return o; /* its texts are of `text`, or of `ids` */
}

#define ID "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"
#define APRIL INT64_C(1775001600000000) /* 2026-04-01T00:00:00Z */

static void what_objects_say(void **state)
{
    struct segment_object o = said("{\"type\":\"indicator\",\"modified\":\"2026-04-01T00:00:00Z\",\"valid_from\":\"2026-03-01T00:00:00Z\"}");

    assert_true(o.life == SEGMENT_INDICATOR && o.at_us == APRIL && o.until_us == DECAY_NEVER && !o.of.len);
    o = said("{\"type\":\"indicator\",\"modified\":\"2026-03-01T00:00:00Z\",\"valid_from\":\"2026-04-01T00:00:00Z\",\"valid_until\":\"2026-04-01T00:00:01Z\"}");
    assert_true(o.at_us == APRIL && o.until_us == APRIL + (int64_t)US_PER_SECOND);
    o = said("{\"type\":\"indicator\",\"modified\":\"2026-04-01T00:00:00Z\",\"revoked\":true}");
    assert_true(o.life == SEGMENT_INDICATOR && o.until_us == 0);
    o = said("{\"type\":\"sighting\",\"sighting_of_ref\":\"" ID "\",\"first_seen\":\"2026-03-01T00:00:00Z\",\"last_seen\":\"2026-04-01T00:00:00Z\",\"count\":3}");
    assert_true(o.life == SEGMENT_SIGHTING && o.at_us == APRIL && o.n == 3 && str_eq(o.of, STR(ID)));
    o = said("{\"type\":\"sighting\",\"sighting_of_ref\":\"" ID "\",\"modified\":\"2026-04-01T00:00:00Z\"}");
    assert_true(o.life == SEGMENT_SIGHTING && o.at_us == APRIL && o.n == 1);
    o = said("{\"type\":\"sighting\",\"sighting_of_ref\":\"" ID "\",\"modified\":\"2026-04-01T00:00:00Z\",\"count\":0}");
    assert_true(o.life == SEGMENT_VOID);
    o = said("{\"type\":\"sighting\",\"sighting_of_ref\":\"malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\"}");
    assert_true(o.life == SEGMENT_LIFELESS);
    o = said("{\"type\":\"opinion\",\"opinion\":\"strongly-disagree\",\"object_refs\":[\"malware--1\",\"" ID "\"],\"modified\":\"2026-04-01T00:00:00Z\"}");
    assert_true(o.life == SEGMENT_FALSE && o.at_us == APRIL && str_eq(o.of, STR(ID)));
    o = said("{\"type\":\"opinion\",\"opinion\":\"strongly-disagree\",\"object_refs\":[\"" ID "\",\"malware--1\",\"indicator--2\",\"" ID "\"]}");
    assert_true(o.life == SEGMENT_FALSE && str_eq(o.of, STR(ID " indicator--2")));
    o = said("{\"type\":\"opinion\",\"opinion\":\"agree\",\"object_refs\":[\"" ID "\"]}");
    assert_true(o.life == SEGMENT_VOID);
    o = said("{\"type\":\"opinion\",\"opinion\":\"strongly-disagree\",\"object_refs\":[\"" ID "\"],\"revoked\":true}");
    assert_true(o.life == SEGMENT_VOID);
    o = said("{\"type\":\"tool\",\"modified\":\"2026-04-01T00:00:00Z\"}");
    assert_true(o.life == SEGMENT_LIFELESS && !o.n);
    buf_done(&ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_a_life),
        cmocka_unit_test(the_lesser_of_two_ends),
        cmocka_unit_test(one_written_form),
        cmocka_unit_test(what_objects_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
