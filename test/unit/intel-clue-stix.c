#include "intel/clue-stix.h"
#include "intel/id-set.h"
#include "intel/stix-rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>

#define OUT_MAX ((size_t)1 << 20)
#define MADE UINT64_C(1800000000000000)

static int complain(const struct stix_finding *f, void *context)
{
    fail_msg("%.*s: %s", STR_ARG(f->path), stix_fault_name(f->fault));
    return 0;
}

static int check(const struct stix_object *o, void *context)
{
    unsigned n;

    return stix_check(context, o, complain, NULL, &n);
}

static void assert_keeps_rules(struct str object)
{
    const struct stix_reader_calls calls = {check, complain};
    struct stix_rules *rules = stix_rules_new();
    struct stix_reader *r = stix_reader_new(&calls, rules);

    assert_true(rules && r);
    assert_int_equal(stix_reader_add(r, object), 0);
    assert_int_equal(stix_reader_end(r), 0);
    assert_int_equal(stix_reader_objects(r), 1);
    stix_reader_free(r);
    stix_rules_free(rules);
}

static void values_become_objects(void **state)
{
    static const struct {
        enum clue_type type;
        const char *value, *observable, *pattern; /* NULL: STIX has no place for it */
    } rows[] = {
        {CLUE_IPV4, "192.0.2.1",
         "\"type\":\"ipv4-addr\",\"spec_version\":\"2.1\",\"value\":\"192.0.2.1\"",
         "[ipv4-addr:value = '192.0.2.1']"},
        {CLUE_IPV4_NET, "192.0.2.0/24", "\"value\":\"192.0.2.0/24\"",
         "[ipv4-addr:value ISSUBSET '192.0.2.0/24']"},
        {CLUE_IPV6, "2001:db8::1", "\"type\":\"ipv6-addr\"", "[ipv6-addr:value = '2001:db8::1']"},
        {CLUE_DOMAIN, "例え.jp", "\"value\":\"xn--r8jz45g.jp\"",
         "[domain-name:value = 'xn--r8jz45g.jp']"},
        {CLUE_URL, "http://例え.jp/'", "\"value\":\"http://xn--r8jz45g.jp/",
         "[url:value = 'http://xn--r8jz45g.jp/"},
        {CLUE_EMAIL, "a@example.jp", "\"type\":\"email-addr\"",
         "[email-addr:value = 'a@example.jp']"},
        {CLUE_MD5, "d41d8cd98f00b204e9800998ecf8427e",
         "\"hashes\":{\"MD5\":\"d41d8cd98f00b204e9800998ecf8427e\"}",
         "[file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']"},
        {CLUE_SHA1, "da39a3ee5e6b4b0d3255bfef95601890afd80709", "\"SHA-1\"",
         "[file:hashes.'SHA-1' = "},
        {CLUE_FILE_NAME, "請求書.exe", "\"name\":\"請求書.exe\"", "[file:name = '請求書.exe']"},
        {CLUE_ASN, "AS64496", "\"number\":64496", "[autonomous-system:number = 64496]"},
        {CLUE_CERT_DIGEST, "da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09",
         "\"type\":\"x509-certificate\"",
         "[x509-certificate:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80709']"},
        {CLUE_PHONE, "+81 3 1234 5678", NULL, NULL},
        {CLUE_CVE, "CVE-2024-12345", NULL, NULL},
        {CLUE_TECHNIQUE, "T1059", NULL, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct clue_indicator how = {STR("言う"), MADE, MADE + 5000000, 80, TLP_RED};
        struct buf out, id;
        struct clue v;

        clue_init(&v);
        buf_init(&out, OUT_MAX);
        buf_init(&id, 300);
        assert_int_equal(clue_read_as(rows[i].type, str_of(rows[i].value), &v), 0);
        assert_int_equal(clue_stix_observable(&v, &out, &id),
                         rows[i].observable ? 0 : CLUE_E_SHAPE);
        if (rows[i].observable) {
            if (!strstr(out.at, rows[i].observable))
                fail_msg("%s is without %s", out.at, rows[i].observable);
            assert_non_null(memmem(out.at, out.len, id.at, id.len));
            assert_keeps_rules(buf_str(&out));
        }
        buf_clear(&out);
        assert_int_equal(clue_stix_indicator(&v, &how, &out), rows[i].pattern ? 0 : CLUE_E_SHAPE);
        if (rows[i].pattern) {
            if (!strstr(out.at, rows[i].pattern))
                fail_msg("%s is without %s", out.at, rows[i].pattern);
            assert_non_null(strstr(out.at, "\"confidence\":80"));
            assert_non_null(strstr(out.at, "\"description\":\"言う\""));
            assert_keeps_rules(buf_str(&out));
        }
        clue_done(&v);
        buf_done(&out);
        buf_done(&id);
    }
}

/* An end that is over when the list is read is an end all the same. */
static void an_indicator_ends_after_it_begins(void **state)
{
    static const struct {
        uint64_t until_us;
        const char *wanted;
    } rows[] = {
        {0, "\"valid_from\":\"2027-01-15T08:00:00.000000Z\"}"},
        {MADE + 1, "\"valid_from\":\"2027-01-15T08:00:00.000000Z\",\"valid_until\":\"2027-01-15T08:"
                   "00:00.000001Z\"}"},
        {MADE, "\"valid_from\":\"2027-01-15T07:59:59.000000Z\",\"valid_until\":\"2027-01-15T08:00:"
               "00.000000Z\"}"},
        {1, "\"valid_from\":\"1970-01-01T00:00:00.000000Z\",\"valid_until\":\"1970-01-01T00:00:00."
            "000001Z\"}"},
    };
    struct clue v;

    clue_init(&v);
    assert_int_equal(clue_read(STR("192.0.2.1"), &v), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct clue_indicator how = {STR_NONE, MADE, rows[i].until_us, -1, -1};
        struct buf out;

        buf_init(&out, OUT_MAX);
        assert_int_equal(clue_stix_indicator(&v, &how, &out), 0);
        if (!strstr(out.at, rows[i].wanted))
            fail_msg("%s is without %s", out.at, rows[i].wanted);
        assert_keeps_rules(buf_str(&out));
        buf_done(&out);
    }
    clue_done(&v);
}

static void marks_are_objects(void **state)
{
    for (int t = TLP_CLEAR; t <= TLP_RED; t++) {
        struct buf out;

        buf_init(&out, OUT_MAX);
        assert_int_equal(clue_stix_mark((enum tlp)t, &out), 0);
        assert_non_null(strstr(out.at, tlp_name((enum tlp)t)));
        assert_keeps_rules(buf_str(&out));
        buf_done(&out);
    }
}

static void ids_are_new_once(void **state)
{
    struct id_set s = {0};
    bool is_new;

    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 5000; i++) {
            char id[20];

            snprintf(id, sizeof(id), "%u", i);
            assert_int_equal(id_set_add(&s, str_of(id), &is_new), 0);
            assert_int_equal(is_new, round != 1);
        }
        if (round == 1)
            id_set_clear(&s);
    }
    id_set_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_objects),
        cmocka_unit_test(an_indicator_ends_after_it_begins),
        cmocka_unit_test(marks_are_objects),
        cmocka_unit_test(ids_are_new_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
