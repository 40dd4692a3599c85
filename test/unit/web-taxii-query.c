/* TAXII's parameters are read as the specification has them and refused by name; one question has one text; media types are told apart. */
#include "web/taxii-query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct {
    const char *query;
    enum taxii_resource resource;
    int answer;
    const char *name;
} answers[] = {
    {"", TAXII_OBJECTS, 0, ""},
    {"", TAXII_PLAIN, 0, ""},
    {"limit=20", TAXII_PLAIN, TAXII_E_UNKNOWN, "limit"},
    {"limit=20&next=ab", TAXII_OBJECTS, 0, ""},
    {"limit=0", TAXII_OBJECTS, 0, ""},
    {"limit=-1", TAXII_OBJECTS, TAXII_E_VALUE, "limit"},
    {"limit=", TAXII_OBJECTS, TAXII_E_VALUE, "limit"},
    {"limit=1&limit=2", TAXII_OBJECTS, TAXII_E_TWICE, "limit"},
    {"added_after=2026-04-10T00:00:00.123456Z", TAXII_MANIFEST, 0, ""},
    {"added_after=2026-04-10", TAXII_MANIFEST, TAXII_E_VALUE, "added_after"},
    {"added_after=2026-04-10T00:00:00Z", TAXII_OBJECT_DELETE, TAXII_E_UNKNOWN, "added_after"},
    {"match[type]=indicator,malware", TAXII_OBJECTS, 0, ""},
    {"match%5Btype%5D=indicator%2Cmalware", TAXII_OBJECTS, 0, ""},
    {"match[type]=indicator", TAXII_OBJECT, TAXII_E_UNKNOWN, "match[type]"},
    {"match[type]=", TAXII_OBJECTS, TAXII_E_VALUE, "match[type]"},
    {"match[type]=a,,b", TAXII_OBJECTS, TAXII_E_VALUE, "match[type]"},
    {"match[type]=a,", TAXII_OBJECTS, TAXII_E_VALUE, "match[type]"},
    {"match[id]=a&match[id]=b", TAXII_OBJECTS, TAXII_E_TWICE, "match[id]"},
    {"match[version]=first,last,2026-04-10T00:00:00Z", TAXII_OBJECTS, 0, ""},
    {"match[version]=newest", TAXII_OBJECTS, TAXII_E_VALUE, "match[version]"},
    {"match[version]=all", TAXII_VERSIONS, TAXII_E_UNKNOWN, "match[version]"},
    {"match[spec_version]=2.1", TAXII_VERSIONS, 0, ""},
    {"match[confidence]=10", TAXII_OBJECTS, TAXII_E_UNKNOWN, "match[confidence]"},
    {"next=", TAXII_OBJECTS, TAXII_E_VALUE, "next"},
    {"limit=%zz", TAXII_OBJECTS, TAXII_E_SYNTAX, ""},
    {"match[id]=%FF", TAXII_OBJECTS, TAXII_E_SYNTAX, ""},
};

static void test_each_parameter_is_taken_or_refused_by_name(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct taxii_query q;
        struct str name;
        int r = taxii_query_read(str_of(answers[i].query), answers[i].resource, arena, &q, &name);

        if (r != answers[i].answer || !str_eq(name, str_of(answers[i].name)))
            fail_msg("%s: %d, \"%.*s\"", answers[i].query, r, STR_ARG(name));
        arena_free(arena);
    }
}

static void test_what_is_read(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    struct taxii_query q;
    struct str name;

    assert_int_equal(taxii_query_read(STR("added_after=2026-04-10T09:00:00.5Z&limit="
                                          "99999999999999999999&match[id]=b,a&next=00ff"),
                                      TAXII_OBJECTS, arena, &q, &name),
                     0);
    assert_true(q.has_added_after && stix_time_us(q.added_after) == INT64_C(1775811600500000));
    assert_true(q.limit == UINT32_MAX && str_eq(q.next, STR("00ff")));
    assert_true(q.n_ids == 2 && str_eq(q.ids[0], STR("b")) && !q.n_types && !q.n_spec_versions);
    assert_true(q.n_versions == 1 && q.versions[0].kind == TAXII_VERSION_LAST);
    arena_free(arena);
}

static void test_too_many_values(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    CLEANUP(buf_done) struct buf b;
    struct taxii_query q;
    struct str name;

    buf_init(&b, 1 << 16);
    assert_int_equal(buf_add_text(&b, "match[id]=x"), 0);
    for (unsigned i = 1; i < TAXII_VALUES_MAX; i++)
        assert_int_equal(buf_add_text(&b, ",x"), 0);
    assert_int_equal(taxii_query_read(buf_str(&b), TAXII_OBJECTS, arena, &q, &name), 0);
    assert_int_equal(q.n_ids, TAXII_VALUES_MAX);
    assert_int_equal(buf_add_text(&b, ",x"), 0);
    assert_int_equal(taxii_query_read(buf_str(&b), TAXII_OBJECTS, arena, &q, &name), TAXII_E_MANY);
    buf_clear(&b);
    assert_int_equal(buf_add_text(&b, "match[id]="), 0);
    for (unsigned i = 0; i <= TAXII_VALUE_MAX; i++)
        assert_int_equal(buf_add_char(&b, 'x'), 0);
    assert_int_equal(taxii_query_read(buf_str(&b), TAXII_OBJECTS, arena, &q, &name), TAXII_E_MANY);
    arena_free(arena);
}

static void print(const char *query, enum taxii_resource resource, struct buf *out)
{
    struct arena *arena = arena_new(1 << 20);
    struct taxii_query q;
    struct str name;

    assert_int_equal(taxii_query_read(str_of(query), resource, arena, &q, &name), 0);
    assert_int_equal(taxii_query_print(&q, resource, out), 0);
    arena_free(arena);
}

static const struct {
    const char *a, *b;
    bool are_one;
} questions[] = {
    {"", "match[version]=last", true},
    {"limit=5", "limit=7&next=ab", true},
    {"match[type]=a,b&match[id]=c", "match[id]=c&match[type]=b,a,a", true},
    {"match[version]=2026-04-10T00:00:00.10Z", "match[version]=2026-04-10T00:00:00.1Z", true},
    {"match[type]=a", "match[id]=a", false},
    {"match[type]=a", "match[type]=a,b", false},
    {"added_after=2026-04-10T00:00:00Z", "", false},
    {"match[version]=all", "match[version]=all,first", false},
    {"match[id]=ab", "match[id]=a,b", false},
};

static void test_one_question_has_one_text(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(questions); i++) {
        CLEANUP(buf_done) struct buf a, b;

        buf_init(&a, 1 << 16);
        buf_init(&b, 1 << 16);
        print(questions[i].a, TAXII_OBJECTS, &a);
        print(questions[i].b, TAXII_OBJECTS, &b);
        if (str_eq(buf_str(&a), buf_str(&b)) != questions[i].are_one)
            fail_msg("%s and %s: %s and %s", questions[i].a, questions[i].b, a.at, b.at);
        buf_clear(&b);
        print(questions[i].a, TAXII_MANIFEST, &b);
        assert_false(str_eq(buf_str(&a), buf_str(&b)));
    }
}

static const struct {
    const char *accept;
    bool is_accepted;
} accepts[] = {
    {"", true},
    {"application/taxii+json;version=2.1", true},
    {"application/taxii+json; version=\"2.1\"", true},
    {"Application/TAXII+json", true},
    {"application/taxii+json;version=2.0", false},
    {"application/taxii+json;version=2.0, application/taxii+json;version=2.1;q=0.5", true},
    {"application/taxii+json;version=2.1;q=0", false},
    {"application/taxii+json;version=2.1;q=0.000, */*", false},
    {"text/html, */*;q=0.1", true},
    {"*/*;q=0", false},
    {"application/*", true},
    {"application/json", false},
    {"application/vnd.oasis.taxii+json; version=2.0", false},
};

static void test_media_types(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(accepts); i++)
        if (taxii_accepted(str_of(accepts[i].accept)) != accepts[i].is_accepted)
            fail_msg("%s", accepts[i].accept);
    assert_true(taxii_type_is(STR(TAXII_TYPE)));
    assert_true(taxii_type_is(STR("application/taxii+json")));
    assert_true(taxii_type_is(STR("application/taxii+json; charset=utf-8; version=2.1")));
    assert_false(taxii_type_is(STR("application/taxii+json;version=2.0")));
    assert_false(taxii_type_is(STR("application/json")));
    assert_false(taxii_type_is(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_parameter_is_taken_or_refused_by_name),
        cmocka_unit_test(test_what_is_read),
        cmocka_unit_test(test_too_many_values),
        cmocka_unit_test(test_one_question_has_one_text),
        cmocka_unit_test(test_media_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
