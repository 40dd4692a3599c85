/* The canonical form of RFC 8785 and the ids that come of it. With the shared test data beside the tree, all of its examples, too. */
#include "base/file.h"
#include "base/json.h"
#include "intel/jcs.h"
#include "intel/stix-id.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX ((size_t)1 << 20)

static int canonical(struct str text, struct buf *out)
{
    CLEANUP(scanner_freep) struct scanner *s = scanner_new(TEXT_MAX);
    struct scan_place place;
    const struct scan_value *v;
    int r;

    buf_init(&place.path, 100);
    assert_int_equal(scanner_read(s, text, &v, &place), 0);
    r = jcs_print(v, out);
    buf_done(&place.path);
    return r;
}

static void becomes(const char *text, const char *wanted)
{
    struct buf out;

    buf_init(&out, TEXT_MAX);
    assert_int_equal(canonical(str_of(text), &out), 0);
    assert_string_equal(out.at, wanted);
    buf_done(&out);
}

static void the_form_of_the_rfc(void **state)
{
    /* Section 3.2.4. */
    becomes(
        "{\"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\n"
        "\"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n\"literals\": "
        "[null, true, "
        "false]}",
        "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
        "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    /* Section 3.2.3: the order of UTF-16 code units. */
    becomes("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter "
            "Dalet With "
            "Dagesh\",\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning "
            "Face\",\"\\u0080\":\"Control\",\"\\u00f6\":"
            "\"Latin Small Letter O With Diaeresis\"}",
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\",\"ö\":\"Latin "
            "Small Letter O With "
            "Diaeresis\",\"€\":\"Euro Sign\",\"😀\":\"Emoji: Grinning "
            "Face\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With "
            "Dagesh\"}");
    becomes("[\"\\b\\t\\n\\f\\r\\u000b\\u007f\\u0000\"]",
            "[\"\\b\\t\\n\\f\\r\\u000b\x7f\\u0000\"]");
    becomes("{}", "{}");
    becomes(" [ ] ", "[]");
    becomes("-0.0", "0");
    becomes("123456789012345678901234567890", "1.2345678901234568e+29");
}

/* Appendix B. */
static void numbers_as_ecmascript_prints_them(void **state)
{
    static const struct {
        uint64_t bits;
        const char *text;
    } numbers[] = {
        {0x0000000000000000, "0"},
        {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"},
        {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
        {0x3d30000000000000,
         "5.684341886080802e-14"}, /* a power of two, where rounding alone gives a digit more */
    };

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        struct buf out;
        double d;

        memcpy(&d, &numbers[i].bits, sizeof(d));
        buf_init(&out, 100);
        assert_int_equal(jcs_print_double(d, &out), 0);
        assert_string_equal(out.at, numbers[i].text);
        buf_done(&out);
    }
}

static void numbers_read_back(void **state)
{
    uint64_t z = 1;

    for (unsigned i = 0; i < 20000; i++) {
        struct buf out;
        double d, again;

        z = z * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        memcpy(&d, &z, sizeof(d));
        if (!isfinite(d))
            continue;
        buf_init(&out, 100);
        assert_int_equal(jcs_print_double(d, &out), 0);
        assert_int_equal(jcs_double(buf_str(&out), &again), 0);
        assert_true(d == again);
        buf_done(&out);
    }
}

static void a_number_beyond_a_double_has_no_form(void **state)
{
    struct buf out;
    double d = 7;

    buf_init(&out, TEXT_MAX);
    assert_int_equal(canonical(STR("[1e400]"), &out), JCS_E_NUMBER);
    assert_int_equal(jcs_double(STR("1e99999999999999999999"), &d), JCS_E_NUMBER);
    assert_int_equal(jcs_double(STR("1e-99999999999999999999"), &d), 0);
    assert_true(d == 0);
    assert_int_equal(
        jcs_double(STR("0.00000000000000000000000000000000000000000000000000000000000000001e66"),
                   &d),
        0);
    assert_true(d == 10);
    buf_done(&out);
}

static void ids_have_their_form(void **state)
{
    struct str type;

    assert_true(stix_id_is(STR("x-abc--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01"), &type));
    assert_true(str_eq(type, STR("x-abc")));
    assert_true(stix_id_is_rfc4122(STR("note--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01")));
    assert_false(stix_id_is_rfc4122(STR("note--5f0c8f7e-1d6a-4b0e-6f57-6a1f4c3f0a01")));
    assert_false(stix_id_is_rfc4122(STR("note--5f0c8f7e-1d6a-0b0e-9f57-6a1f4c3f0a01")));
    assert_false(stix_id_is(STR("note-5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01"), &type));
    assert_false(stix_id_is(STR("Note--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01"), &type));
    assert_false(stix_id_is(STR("note--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a0"), &type));
    assert_false(stix_id_is(STR(""), &type));
    assert_false(stix_type_is(STR("ab")));
    assert_false(stix_type_is(STR("-abc")));
    assert_false(stix_type_is(STR("abc-")));
    assert_false(stix_type_is(STR("a--c")));
    assert_false(stix_type_is(STR("1ab")));
}

static void check_id(const char *text, const char *wanted)
{
    CLEANUP(scanner_freep) struct scanner *s = scanner_new(TEXT_MAX);
    struct scan_place place;
    const struct scan_value *v;
    struct buf id;
    int r;

    buf_init(&place.path, 100);
    buf_init(&id, 400);
    assert_int_equal(scanner_read(s, str_of(text), &v, &place), 0);
    r = stix_id_of_observable(v, &id);
    assert_true(r == 0 || r == STIX_ID_NONE);
    if (!wanted) {
        assert_int_equal(r, STIX_ID_NONE);
    } else if (r || strcmp(id.at, wanted)) {
        fail_msg("%s: %s instead of %s", text, r ? "none" : id.at, wanted);
    }
    buf_done(&id);
    buf_done(&place.path);
}

/* The ids are those of the reference library of the standard's authors. */
static void observables_get_their_ids(void **state)
{
    check_id("{\"type\":\"url\",\"value\":\"https://gpxbb.cn/Login\"}",
             "url--76a234d7-66ec-5c80-b673-cc33f188412c");
    check_id("{\"value\":\"gpxbb.cn\",\"type\":\"domain-name\",\"resolves_to_refs\":[]}",
             "domain-name--2d687ae5-bd4a-5dfe-9c9f-068d17a9dd50");
    check_id("{\"type\":\"process\",\"pid\":1}", NULL);
    check_id("{\"type\":\"x-thing\",\"value\":1}", NULL);
    check_id("{\"type\":\"artifact\",\"mime_type\":\"text/plain\"}", NULL);
    check_id("{\"type\":\"autonomous-system\",\"number\":1e999}", NULL);
    check_id("{\"value\":1}", NULL);
}

/* ---- what lies beside the tree ---- */

static const char *shared(const char *name, char *path, size_t size)
{
    const char *folder = getenv("SHARED_DATA");

    snprintf(path, size, "%s/stix/%s", folder ? folder : "", name);
    return path;
}

/* False: the shared data is not there, which is said by name. */
static bool load(const char *name, struct buf *out)
{
    char path[1000];
    int r = file_read(shared(name, path, sizeof(path)), TEXT_MAX, out, NULL);

    assert_true(r == 0 || r == FILE_E_MISSING);
    if (r)
        print_message("# not there, left out: %s\n", path);
    return !r;
}

static void shared_ids(void **state)
{
    CLEANUP(buf_done) struct buf text;
    struct json_limits limits = {TEXT_MAX, 16};
    JSON_AUTO *all = NULL;
    unsigned n = 0;
    json_t *v;
    size_t i;

    buf_init(&text, TEXT_MAX);
    if (!load("id-vectors/sco-ids.json", &text))
        return;
    assert_int_equal(json_parse(buf_str(&text), limits, &all, NULL), 0);
    json_array_foreach (all, i, v) {
        char *input = json_dumps(json_obj(v, "input"), JSON_COMPACT);

        check_id(input, json_str(v, "id"));
        free(input);
        n++;
    }
    assert_true(n > 400);
}

static void shared_forms(void **state)
{
    static const char *const names[] = {"arrays", "french", "structures", "unicode"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct buf in, wanted, out;
        char name[100];

        buf_init(&in, TEXT_MAX);
        buf_init(&wanted, TEXT_MAX);
        buf_init(&out, TEXT_MAX);
        snprintf(name, sizeof(name), "id-vectors/jcs/input/%s.json", names[i]);
        if (load(name, &in)) {
            snprintf(name, sizeof(name), "id-vectors/jcs/output/%s.json", names[i]);
            assert_true(load(name, &wanted));
            assert_int_equal(canonical(buf_str(&in), &out), 0);
            assert_string_equal(out.at, wanted.at);
        }
        buf_done(&in);
        buf_done(&wanted);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_of_the_rfc),
        cmocka_unit_test(numbers_as_ecmascript_prints_them),
        cmocka_unit_test(numbers_read_back),
        cmocka_unit_test(a_number_beyond_a_double_has_no_form),
        cmocka_unit_test(ids_have_their_form),
        cmocka_unit_test(observables_get_their_ids),
        cmocka_unit_test(shared_ids),
        cmocka_unit_test(shared_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
