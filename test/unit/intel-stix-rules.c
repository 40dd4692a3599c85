/* The rules of STIX 2.1, each by an object that breaks it and, at the head, one that keeps all. */
#include "intel/stix-rules.h"
#include "intel/stix-time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

#define UUID "5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01"
#define SDO(type)                                                              \
    "{\"type\":\"" type "\",\"spec_version\":\"2.1\",\"id\":\"" type "--" UUID \
    "\",\"created\":\"2026-04-01T00:00:00.000Z\",\"modified\":\"2026-04-01T00:00:00.000Z\""
#define SCO(type) "{\"type\":\"" type "\",\"spec_version\":\"2.1\",\"id\":\"" type "--" UUID "\""
#define OWN "observable-id id\n"

static struct stix_rules *rules;

static int note(const struct stix_finding *f, void *context)
{
    return buf_printf(context, "%s %.*s\n", stix_fault_name(f->fault), STR_ARG(f->path));
}

static int object(const struct stix_object *o, void *context)
{
    unsigned n;

    return stix_check(rules, o, note, context, &n);
}

static void gives(const char *text, const char *wanted)
{
    const struct stix_reader_calls calls = {object, note};
    struct stix_reader *r;
    struct buf out;

    buf_init(&out, 1 << 20);
    assert_int_equal(buf_add_text(&out, ""), 0);
    r = stix_reader_new(&calls, &out);
    assert_non_null(r);
    assert_int_equal(stix_reader_add(r, str_of(text)), 0);
    assert_int_equal(stix_reader_end(r), 0);
    if (strcmp(out.at, wanted))
        fail_msg("%s\ngives\n%sinstead of\n%s", text, out.at, wanted);
    stix_reader_free(r);
    buf_done(&out);
}

static void what_keeps_the_rules_passes(void **state)
{
    gives(SDO("indicator") ",\"name\":\"架空の指標\",\"indicator_types\":[\"malicious-activity\"],"
                           "\"pattern\":\"[url:value = "
                           "'https://example.jp/"
                           "']\",\"pattern_type\":\"stix\",\"valid_from\":\"2026-04-01T00:00:00Z\","
                           "\"valid_until\":\"2026-04-01T00:00:00.1Z\",\"labels\":[\"a\"],"
                           "\"confidence\":100,\"lang\":\"ja-JP\","
                           "\"x_own\":[],\"external_references\":[{\"source_name\":\"s\","
                           "\"external_id\":\"1\"}],"
                           "\"granular_markings\":[{\"lang\":\"en\",\"selectors\":[\"name\","
                           "\"labels.[0]\","
                           "\"external_references.[0].source_name\"]}]}",
          "");
    gives(SDO("malware-analysis") ",\"product\":\"p\",\"result\":\"benign\"}", "");
    gives(SDO("relationship") ",\"relationship_type\":\"uses\",\"source_ref\":\"malware--" UUID
                              "\",\"target_ref\":\"tool--" UUID "\"}",
          "");
    gives("{\"type\":\"url\",\"id\":\"url--76a234d7-66ec-5c80-b673-cc33f188412c\",\"value\":"
          "\"https://gpxbb.cn/Login\"}",
          "");
    gives("{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--"
          "613f2e26-407d-48c7-9eca-"
          "b8e91df99dc9\",\"created\":\"2017-01-20T00:00:00.000Z\",\"definition_type\":\"tlp\","
          "\"name\":\"TLP:WHITE\","
          "\"definition\":{\"tlp\":\"white\"}}",
          "");
    gives(SDO("x-own-thing") ",\"anything\":1}", "");
}

static void identity_and_version(void **state)
{
    gives("{\"a\":1}", "no-type \n");
    gives("{\"type\":7}", "no-type type\n");
    gives("{\"type\":\"Note\",\"id\":\"note--1\",\"created\":1}",
          "type-name type\nid id\nunknown-type type\nversion-2.0 \nkind created\nrequired \n");
    gives("{\"type\":\"a\\u001b[2J\",\"id\":\"note--" UUID "\",\"created\":1}",
          "type-name type\nunknown-type type\nversion-2.0 \nkind created\nrequired \n");
    gives("{\"type\":\"note\",\"spec_version\":\"3\",\"id\":\"url--" UUID
          "\",\"created\":\"2026-04-01T00:00:00Z\",\"modified\":\"2026-04-01T00:00:00Z\","
          "\"content\":\"c\",\"object_refs\":"
          "[\"x-a--" UUID "\"]}",
          "id-type id\nspec-version spec_version\n");
    gives(SDO("own-thing") "}", "unknown-type type\n");
    gives(SDO("own-thing") ",\"extensions\":{\"extension-definition--" UUID
                           "\":{\"extension_type\":\"new-sdo\"}}}",
          "");
    gives("{\"type\":\"own-thing\",\"id\":\"own-thing--" UUID
          "\",\"extensions\":{\"extension-definition--" UUID
          "\":{\"extension_type\":\"new-sco\"}},\"a_b\":1}",
          "");
    gives("{\"type\":\"malware\",\"id\":\"malware--" UUID
          "\",\"created\":\"2016-04-01T00:00:00Z\",\"modified\":\"2016-04-01T00:00:00Z\","
          "\"labels\":[\"trojan\"],\"name\":7}",
          "version-2.0 \n");
    gives("{\"type\":\"malware\",\"id\":\"malware--" UUID
          "\",\"created\":\"2016-04-02T00:00:00Z\",\"modified\":\"2016-04-01T00:00:00Z\"}",
          "version-2.0 \norder modified\n");
    gives("{\"type\":\"note\"}",
          "required \nrequired \nrequired \nrequired \nrequired \nrequired \n");
    gives("{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":\"identity--5f0c8f7e-1d6a-0b0e-"
          "1f57-6a1f4c3f0a01\",\"created\":"
          "\"2026-04-01T00:00:00Z\",\"modified\":\"2026-04-01T00:00:00Z\",\"name\":\"n\"}",
          "uuid id\n");
    gives(SCO("url") ",\"value\":\"https://example.jp/\"}", OWN);
    gives("{\"type\":\"bundle\",\"id\":\"bundle-1\",\"objects\":[]}", "bundle-id \n");
}

static void types_of_values(void **state)
{
    gives(SDO("identity") ",\"name\":null}", "kind name\n");
    gives(SDO("identity") ",\"name\":\"n\",\"roles\":\"r\"}", "kind roles\n");
    gives(SDO("identity") ",\"name\":\"n\",\"roles\":[]}", "empty roles\n");
    gives(SDO("identity") ",\"name\":\"n\",\"roles\":[\"a\",1]}", "kind roles[1]\n");
    gives(SDO("identity") ",\"name\":\"n\",\"revoked\":\"true\"}", "kind revoked\n");
    gives(SDO("identity") ",\"name\":\"n\",\"confidence\":101}", "range confidence\n");
    gives(SDO("identity") ",\"name\":\"n\",\"confidence\":1.0}", "kind confidence\n");
    gives(SDO("identity") ",\"name\":\"n\",\"lang\":\"日本\"}", "language lang\n");
    gives(SDO("identity") ",\"name\":\"n\",\"wrong\":1,\"Wrong\":1,\"x_y\":1,\"ab\":1}",
          "unknown-property wrong\nproperty-name Wrong\nproperty-name ab\n");
    gives(SDO("campaign") ",\"name\":\"n\",\"first_seen\":\"2026-04-01 00:00:00Z\"}",
          "time first_seen\n");
    gives(SDO("location") ",\"latitude\":91,\"longitude\":-180.5}",
          "range latitude\nrange longitude\n");
    gives(SDO("location") ",\"latitude\":\"1\",\"longitude\":1e0}", "kind latitude\n");
    gives(SDO("report") ",\"name\":\"n\",\"published\":\"2026-04-01T00:00:00Z\",\"object_refs\":["
                        "\"a\",\"bundle--" UUID "\"]}",
          "id object_refs[0]\nreference-type object_refs[1]\n");
    gives(SDO("identity") ",\"name\":\"n\",\"external_references\":[{\"source_name\":\"s\"},{"
                          "\"url\":\"u\"},7]}",
          "one-of external_references[0]\nrequired external_references[1]\nkind "
          "external_references[2]\n");
    gives(SCO("file") ",\"hashes\":{\"MD5\":\"0\",\"SHA-256\":\"d41d8cd98f00b204e9800998ecf8427e\","
                      "\"OWN\":\"1\"},\"size\":-1,"
                      "\"magic_number_hex\":\"abc\"}",
          "hash hashes.MD5\nhash hashes.SHA-256\nopen-word hashes.OWN\nrange size\nhex "
          "magic_number_hex\n" OWN);
    gives(SCO("artifact") ",\"payload_bin\":\"YQ=\"}", "binary payload_bin\n" OWN);
    gives(SCO("process") ",\"environment_variables\":{\"a b\":\"1\"}}",
          "property-name environment_variables.a b\n");
    gives(SCO("ipv4-addr") ",\"value\":\"192.0.2.300\"}", "form value\n" OWN);
    gives(SCO("ipv4-addr") ",\"value\":\"192.0.2.0/24\"}", OWN);
    gives(SCO("ipv6-addr") ",\"value\":\"2001:db8::1/129\"}", "form value\n" OWN);
    gives(SCO("mac-addr") ",\"value\":\"00:00:5E:00:53:01\"}", "form value\n" OWN);
}

static int note_line(const struct stix_finding *f, void *context)
{
    return buf_printf(context, "%s %.*s %d:%d\n", stix_fault_name(f->fault), STR_ARG(f->path),
                      (int)f->at.line, (int)f->at.column);
}

static int object_lines(const struct stix_object *o, void *context)
{
    unsigned n;
    int r = stix_check(rules, o, note_line, context, &n);

    return r ? r : buf_printf(context, "%u\n", n);
}

static void with_lines(const char *text, const char *wanted)
{
    const struct stix_reader_calls calls = {object_lines, note_line};
    struct stix_reader *r;
    struct buf out;

    buf_init(&out, 1 << 20);
    r = stix_reader_new(&calls, &out);
    assert_non_null(r);
    assert_int_equal(stix_reader_add(r, str_of(text)), 0);
    assert_int_equal(stix_reader_end(r), 0);
    assert_string_equal(out.at, wanted);
    stix_reader_free(r);
    buf_done(&out);
}

/* Each on its own line; of too many, one says that there are more, and the errors are counted all the same. */
static void lines_and_too_many(void **state)
{
    struct buf text, wanted;

    with_lines(
        SDO("campaign") ",\"name\":\"n\",\"first_seen\":\"2026-04-01T00:00:00Z\",\n"
                        "\"last_seen\":\"2026-03-01T00:00:00Z\",\n\"Wrong\":1,\n\"なに\":1}\n"
                        "{\"type\":\"url\",\n \"Wrong\":1}",
        "property-name Wrong 3:1\nproperty-name なに 4:1\norder last_seen 2:13\n3\n"
        "property-name Wrong 6:2\nrequired  5:1\nrequired  5:1\n3\n");
    buf_init(&text, 1 << 20);
    buf_init(&wanted, 1 << 20);
    assert_int_equal(buf_add_text(&text, SDO("identity") ",\"name\":\"n\""), 0);
    for (unsigned i = 2; i < 1202; i++) {
        assert_int_equal(buf_printf(&text, ",\n\"E%u\":1,\"w%u\":1", i, 1000 + i), 0);
        if (i < 1002)
            assert_int_equal(
                buf_printf(&wanted, "property-name E%u %u:1\nunknown-property w%u %u:%d\n", i, i,
                           1000 + i, i, (int)snprintf(NULL, 0, "\"E%u\":1,", i) + 1),
                0);
        if (i == 1002)
            assert_int_equal(
                buf_add_text(&wanted, "more-errors E1002 1002:1\nmore-warnings w2002 1002:11\n"),
                0);
    }
    assert_int_equal(buf_add_text(&text, "}"), 0);
    assert_int_equal(buf_add_text(&wanted, "1200\n"), 0);
    with_lines(text.at, wanted.at);
    buf_done(&text);
    buf_done(&wanted);
}

static void patterns(void **state)
{
#define PATTERN(text) \
    SDO("indicator")  \
    ",\"pattern\":\"" text "\",\"pattern_type\":\"stix\",\"valid_from\":\"2026-04-01T00:00:00Z\"}"
    gives(PATTERN("[url:value = 'x'"), "pattern pattern\n");
    gives(PATTERN("[url:value MATCHES '(']"), "pattern-regex pattern\n");
    gives(PATTERN("[url:value MATCHES '.']"), "");
}

static void words(void **state)
{
    gives(SDO("opinion") ",\"opinion\":\"maybe\",\"object_refs\":[\"note--" UUID "\"]}",
          "word opinion\n");
    gives(SDO("malware") ",\"is_family\":false,\"malware_types\":[\"trojan\",\"own\"]}",
          "open-word malware_types[1]\n");
}

static void properties_together(void **state)
{
    gives(SDO("campaign") ",\"name\":\"n\",\"first_seen\":\"2026-04-01T00:00:00.10Z\",\"last_"
                          "seen\":\"2026-04-01T00:00:00.1Z\"}",
          "");
    gives(SDO("campaign") ",\"name\":\"n\",\"first_seen\":\"2026-04-01T00:00:00.11Z\",\"last_"
                          "seen\":\"2026-04-01T00:00:00.1Z\"}",
          "order last_seen\n");
    gives(SDO("indicator") ",\"pattern\":\"x\",\"pattern_type\":\"sigma\",\"valid_from\":\"2026-04-"
                           "01T00:00:00Z\",\"valid_until\":"
                           "\"2026-04-01T00:00:00.000Z\"}",
          "order valid_until\n");
    gives(SDO("malware-analysis") ",\"product\":\"p\",\"result\":\"benign\",\"analysis_started\":"
                                  "\"2026-04-02T00:00:00Z\",\"analysis_ended\":\"2026-04-01T00:00:"
                                  "00Z\"}",
          "");
    gives(
        SCO("x509-certificate") ",\"validity_not_before\":\"2026-04-02T00:00:00Z\",\"validity_not_"
                                "after\":\"2026-04-01T00:00:00Z\"}",
        "");
    gives(SDO("malware") ",\"is_family\":true}", "needs is_family\n");
    gives(SDO("location") ",\"name\":\"n\",\"precision\":1}", "one-of \nneeds precision\n");
    gives(SDO("observed-data") ",\"first_observed\":\"2026-04-01T00:00:00Z\",\"last_observed\":"
                               "\"2026-04-01T00:00:00Z\","
                               "\"number_observed\":0,\"objects\":{\"0\":{}},\"object_refs\":["
                               "\"url--" UUID "\",\"note--" UUID "\"]}",
          "range number_observed\nreference-type object_refs[1]\napart objects\n");
    gives(SCO("artifact") ",\"url\":\"u\",\"decryption_key\":\"k\"}",
          "needs url\nneeds decryption_key\n");
    gives(SCO("email-message") ",\"is_multipart\":true,\"body\":\"b\"}", "apart body\n" OWN);
    gives(SCO("email-message") ",\"is_multipart\":false,\"body_multipart\":[{}]}",
          "empty body_multipart[0]\none-of body_multipart[0]\napart body_multipart\n");
    gives(SCO("network-traffic") ",\"protocols\":[\"tcp\"],\"is_active\":true,\"end\":\"2026-04-"
                                 "01T00:00:00Z\"}",
          "one-of \napart end\n" OWN);
}

static void links(void **state)
{
    gives(SDO("relationship") ",\"relationship_type\":\"uses\",\"source_ref\":\"tool--" UUID
                              "\",\"target_ref\":\"tool--" UUID "\"}",
          "relationship relationship_type\n");
    gives(SDO("relationship") ",\"relationship_type\":\"duplicate-of\",\"source_ref\":\"tool--" UUID
                              "\",\"target_ref\":\"tool--" UUID "\"}",
          "");
    gives(SDO("relationship") ",\"relationship_type\":\"consists-of\",\"source_ref\":"
                              "\"infrastructure--" UUID "\",\"target_ref\":\"url--" UUID "\"}",
          "");
    gives(SDO("relationship") ",\"relationship_type\":\"own\",\"source_ref\":\"x-a--" UUID
                              "\",\"target_ref\":\"tool--" UUID "\"}",
          "");
    gives(SDO("relationship") ",\"relationship_type\":\"a b\",\"source_ref\":\"sighting--" UUID
                              "\",\"target_ref\":\"tool--" UUID "\"}",
          "reference-type source_ref\nproperty-name relationship_type\n");
    gives(SDO("sighting") ",\"sighting_of_ref\":\"url--" UUID
                          "\",\"where_sighted_refs\":[\"tool--" UUID "\"]}",
          "reference-type sighting_of_ref\nreference-type where_sighted_refs[0]\n");
}

static void markings(void **state)
{
    gives(
        SDO("identity") ",\"name\":\"n\",\"granular_markings\":[{\"marking_ref\":\"marking-"
                        "definition--" UUID "\",\"selectors\":[\"name\",\"description\",\"labels.["
                        "0]\",\"\"]},{\"selectors\":[\"id\"]},"
                        "{\"lang\":\"ja\",\"marking_ref\":\"marking-definition--" UUID
                        "\",\"selectors\":[\"name\"]}]}",
        "one-of granular_markings[1]\napart granular_markings[2].lang\nselector "
        "granular_markings[0].selectors[1]\n"
        "selector granular_markings[0].selectors[2]\nselector granular_markings[0].selectors[3]\n");
    gives(SDO("identity") ",\"name\":\"n\",\"object_marking_refs\":[\"note--" UUID "\"]}",
          "reference-type object_marking_refs[0]\n");
#define MARK                                                                                       \
    "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"id\":\"marking-definition--" UUID \
    "\",\"created\":\"2017-01-20T00:00:00Z\""
    gives(MARK ",\"definition_type\":\"tlp\",\"definition\":{\"tlp\":\"red\"}}", "tlp id\n");
    gives(MARK ",\"definition_type\":\"tlp\",\"definition\":{\"tlp\":\"clear\"}}",
          "tlp definition\n");
    gives(MARK ",\"definition_type\":\"statement\",\"definition\":{}}", "required definition\n");
    gives(MARK ",\"definition_type\":\"statement\"}",
          "needs definition_type\none-of \nrequired \n");
}

/* It crashed where the mark had no id. */
static void a_mark_of_tlp_without_an_id(void **state)
{
    gives("{\"type\":\"marking-definition\",\"spec_version\":\"2.1\",\"created\":\"2017-01-20T00:"
          "00:00Z\","
          "\"definition_type\":\"tlp\",\"definition\":{\"tlp\":\"red\"}}",
          "required \ntlp \n");
}

static void extensions(void **state)
{
    gives(SCO("file") ",\"name\":\"n\",\"extensions\":{\"pdf-ext\":{\"version\":1},\"socket-ext\":{"
                      "\"a\":1},\"ntfs-ext\":{},"
                      "\"archive-ext\":{\"contains_refs\":[\"url--" UUID "\"]}}}",
          "kind extensions.pdf-ext.version\nextension-name extensions.socket-ext\nempty "
          "extensions.ntfs-ext\n"
          "reference-type extensions.archive-ext.contains_refs[0]\n" OWN);
    gives(SDO("identity") ",\"name\":\"n\",\"extensions\":{\"extension-definition--" UUID
                          "\":{\"a\":1},\"extension-definition--1\":"
                          "{\"a\":1}}}",
          "extension extensions.extension-definition--" UUID
          "\nid extensions.extension-definition--1\n");
    gives(SDO("identity") ",\"name\":\"n\",\"own\":1,\"extensions\":{\"extension-definition--" UUID
                          "\":{\"extension_type\":\"toplevel-property-extension\"}}}",
          "");
    gives(SDO("identity") ",\"name\":\"n\",\"own\":1,\"extensions\":{\"extension-definition--" UUID
                          "\":{\"extension_type\":\"own\"}}}",
          "unknown-property own\nword extensions.extension-definition--" UUID ".extension_type\n");
    gives(SDO("extension-definition") ",\"name\":\"n\",\"schema\":\"s\",\"version\":\"1\","
                                      "\"extension_types\":[\"new-sdo\"]}",
          "required \n");
}

static void instants(void **state)
{
    struct stix_time a = {0}, b = {0};

    assert_true(stix_time_read(STR("2026-04-01T00:00:00.1Z"), &a) &&
                stix_time_read(STR("2026-04-01T00:00:00.100Z"), &b));
    assert_int_equal(stix_time_cmp(a, b), 0);
    assert_true(stix_time_read(STR("2026-04-01T00:00:00.1000000000000000000000000000001Z"), &b));
    assert_true(stix_time_cmp(a, b) < 0);
    assert_int_equal(stix_time_us(a), INT64_C(1775001600100000));
    assert_true(stix_time_read(STR("0001-01-01T00:00:00Z"), &b) && b.seconds < 0);
    assert_true(stix_time_read(STR("2016-12-31T23:59:60Z"), &b));
    assert_false(stix_time_read(STR("2026-02-29T00:00:00Z"), &b));
    assert_false(stix_time_read(STR("2026-04-01T24:00:00Z"), &b));
    assert_false(stix_time_read(STR("2026-04-01T00:00:00"), &b));
    assert_false(stix_time_read(STR("2026-04-01T00:00:00.Z"), &b));
    assert_false(stix_time_read(STR("2026-04-01T00:00:00.1xZ"), &b));
    assert_false(stix_time_read(STR("2026-04-01t00:00:00Z"), &b));
    assert_false(stix_time_read(STR("2026-04-01T00:00:00+09:00"), &b));
}

static int set_up(void **state)
{
    rules = stix_rules_new();
    return rules ? 0 : -1;
}

static int tear_down(void **state)
{
    stix_rules_free(rules);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_keeps_the_rules_passes),
        cmocka_unit_test(identity_and_version),
        cmocka_unit_test(types_of_values),
        cmocka_unit_test(lines_and_too_many),
        cmocka_unit_test(patterns),
        cmocka_unit_test(words),
        cmocka_unit_test(properties_together),
        cmocka_unit_test(links),
        cmocka_unit_test(markings),
        cmocka_unit_test(a_mark_of_tlp_without_an_id),
        cmocka_unit_test(extensions),
        cmocka_unit_test(instants),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
