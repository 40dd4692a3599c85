#include "base/file.h"
#include "intel/json-put.h"
#include "intel/misp-inside.h"
#include "intel/misp-stix.h"
#include "intel/stix-rules.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX ((size_t)256 << 20)
#define UUID_1 "5b6464ca-e73c-4707-9b8a-d0350acd0835"
#define UUID_2 "5eb0775e-2780-4234-89b8-5e640a019371"
#define UUID_3 "55f6ea5e-51ac-4344-bc8c-4170950d210f"
#define UUID_4 "7f8d0a6a-82cb-490d-afb1-23074ac29a69"

struct seen {
    struct buf out; /* objects, one a line; faults with a "!" */
    uint64_t n_events, n_items, n_broken;
};

static int keep_object(struct str object, void *context)
{
    struct seen *s = context;

    return buf_printf(&s->out, "%.*s\n", STR_ARG(object));
}

static int keep_fault(const struct misp_finding *f, void *context)
{
    struct seen *s = context;
    struct str text = message_text(MESSAGE_EN, f->text);

    return buf_printf(&s->out, "!%s %d:%d %d %.*s (%.*s) %.*s\n", f->is_warning ? " warning" : "",
                      (int)f->at.line, (int)f->at.column, (int)f->number, STR_ARG(f->path),
                      STR_ARG(f->uuid), STR_ARG(text));
}

static void convert(struct str file, size_t piece, struct seen *s)
{
    struct misp_stix *m = misp_stix_new(keep_object, keep_fault, s);

    assert_non_null(m);
    buf_init(&s->out, OUT_MAX);
    assert_int_equal(buf_add_text(&s->out, ""), 0);
    for (size_t at = 0; at < file.len; at += piece)
        assert_int_equal(misp_stix_add(m, (struct str){file.at + at, MIN_OF(piece, file.len - at)}),
                         0);
    assert_int_equal(misp_stix_end(m), 0);
    s->n_events = misp_stix_events(m);
    s->n_items = misp_stix_items(m);
    s->n_broken = misp_stix_broken(m);
    misp_stix_free(m);
}

/* The same in pieces of any size. */
static void convert_text(const char *text, struct seen *s)
{
    convert(str_of(text), strlen(text) + 1, s);
    for (size_t piece = 1; piece < 10; piece += 4) {
        struct seen again;

        convert(str_of(text), piece, &again);
        assert_string_equal(again.out.at, s->out.at);
        assert_int_equal(again.n_broken, s->n_broken);
        buf_done(&again.out);
    }
}

static int count_fault(const struct stix_finding *f, void *context)
{
    unsigned *n = context;

    if (stix_fault_level(f->fault) == STIX_ERROR || f->fault == STIX_E_OBSERVABLE_ID) {
        print_message("# objects[%d].%.*s: %s\n", (int)f->number, STR_ARG(f->path),
                      stix_fault_name(f->fault));
        ++*n;
    }
    return 0;
}

struct checking {
    struct stix_rules *rules;
    unsigned n_errors;
};

static int check_object(const struct stix_object *o, void *context)
{
    struct checking *c = context;
    unsigned n;

    return stix_check(c->rules, o, count_fault, &c->n_errors, &n);
}

static int no_fault(const struct stix_finding *f, void *context)
{
    struct checking *c = context;

    return count_fault(f, &c->n_errors);
}

/* What was written keeps the rules of STIX, ids of observables among them. */
static void assert_keeps_rules(const struct seen *s)
{
    const struct stix_reader_calls calls = {check_object, no_fault};
    struct checking c = {stix_rules_new(), 0};
    struct stix_reader *r = stix_reader_new(&calls, &c);
    struct str rest = buf_str(&s->out), line;
    unsigned n = 0;

    assert_true(r && c.rules);
    while (str_split(&rest, '\n', &line))
        if (line.len && line.at[0] != '!' && ++n)
            assert_int_equal(stix_reader_add(r, line), 0);
    if (n)
        assert_int_equal(stix_reader_end(r), 0);
    assert_int_equal(c.n_errors, 0);
    stix_reader_free(r);
    stix_rules_free(c.rules);
}

static void attribute_gives(const char *members, const char *wanted)
{
    struct seen s;
    char text[2000];

    snprintf(text, sizeof(text),
             "{\"Event\":{\"uuid\":\"" UUID_2 "\",\"info\":\"x\",\"timestamp\":1588706094,"
             "\"Attribute\":[{\"uuid\":\"" UUID_1 "\",\"timestamp\":\"1588623293\",%s}]}}",
             members);
    convert_text(text, &s);
    if (!strstr(s.out.at, wanted))
        fail_msg("%s\ngives\n%s\nwithout\n%s", members, s.out.at, wanted);
    assert_int_equal(s.n_broken, 0);
    assert_keeps_rules(&s);
    buf_done(&s.out);
}

#define IDS(type, value) "\"type\":\"" type "\",\"value\":\"" value "\",\"to_ids\":true"
#define SEEN(type, value) "\"type\":\"" type "\",\"value\":\"" value "\",\"to_ids\":false"

static void attributes_become_what_stix_has(void **state)
{
    static const struct {
        const char *members, *wanted;
    } rows[] = {
        {IDS("ip-dst", "192.0.2.1"), "\"pattern\":\"[ipv4-addr:value = '192.0.2.1']\""},
        {IDS("ip-src", "2001:db8::1"), "\"pattern\":\"[ipv6-addr:value = '2001:db8::1']\""},
        {IDS("ip-dst", "192.0.2.0/24"), "[ipv4-addr:value ISSUBSET '192.0.2.0/24']"},
        {IDS("ip-dst|port", "192.0.2.1|80"),
         "[network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:dst_port = 80]"},
        {IDS("ip-src|port", "192.0.2.1|80"), "[network-traffic:src_ref.value = '192.0.2.1' AND "},
        {IDS("domain|ip", "example.jp|192.0.2.1"),
         "[domain-name:value = 'example.jp' AND domain-name:resolves_to_refs[*].value = "
         "'192.0.2.1']"},
        {IDS("filename|md5", "a|b.exe|d41d8cd98f00b204e9800998ecf8427e"),
         "[file:name = 'a|b.exe' AND file:hashes.MD5 = 'd41d8cd98f00b204e9800998ecf8427e']"},
        {IDS("filename", "it's\\\\a"), "[file:name = 'it\\\\'s\\\\\\\\a']"},
        {IDS("sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"), "file:hashes.'SHA-1' = "},
        {IDS("AS", "AS64496"), "[autonomous-system:number = 64496]"},
        {IDS("regkey|value", "HKLM\\\\a|b|c"), "[windows-registry-key:key = 'HKLM\\\\\\\\a' AND "
                                               "windows-registry-key:values[*].data = 'b|c']"},
        {IDS("email-src", "a@example.jp"), "[email-message:from_ref.value = 'a@example.jp']"},
        {IDS("user-agent", "x y"), "request_header.'User-Agent' = 'x y']"},
        {IDS("url", "http://example.jp/"), "\"id\":\"indicator--" UUID_1 "\""},
        {IDS("url", "http://example.jp/") ",\"deleted\":true", "\"revoked\":true"},
        {IDS("url", "http://example.jp/") ",\"comment\":\"言う\"", "\"description\":\"言う\""},
        {IDS("url", "http://example.jp/") ",\"first_seen\":\"2020-05-01T09:00:00+09:00\"",
         "\"valid_from\":\"2020-05-01T00:00:00.000000Z\""},
        {SEEN("ip-dst", "192.0.2.1"),
         "\"type\":\"ipv4-addr\",\"spec_version\":\"2.1\",\"value\":\"192.0.2.1\""},
        {SEEN("domain|ip", "example.jp|192.0.2.1"), "\"resolves_to_refs\":[\"ipv4-addr--"},
        {SEEN("filename|md5", "a|d41d8cd98f00b204e9800998ecf8427e"),
         "\"name\":\"a\",\"hashes\":{\"MD5\":\"d41d8cd98f00b204e9800998ecf8427e\"}"},
        {SEEN("AS", "AS64496"), "\"number\":64496"},
        {SEEN("mac-address", "00:00:5e:00:53:01"), "\"id\":\"observed-data--" UUID_1 "\""},
        {SEEN("vulnerability", "CVE-2024-12345"), "\"external_id\":\"CVE-2024-12345\""},
        {IDS("pdb", "c:\\\\a.pdb"), "\"x_misp_value\":\"c:\\\\a.pdb\""},
        {IDS("pdb", "c"), "\"x_misp_to_ids\":true"},
        {SEEN("text", "言う"), "\"type\":\"x-misp-attribute\""},
        {IDS("md5", "abc"), "! warning 1:"},
        {IDS("md5", "abc"),
         "0 Attribute[0].value (" UUID_1 ") \"{value}\" is no value of the type"},
        {IDS("md5", "abc"), "\"x_misp_value\":\"abc\""},
        {IDS("ip-dst", "192.0.2.300"), "\"x_misp_value\":\"192.0.2.300\""},
        {IDS("url",
             "http://example.jp/") ",\"Tag\":[{\"name\":\"tlp:red\"},{\"name\":\"tlp:green\"}]",
         "\"object_marking_refs\":[\"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1\"]"},
        {IDS("url", "http://example.jp/") ",\"Tag\":[{\"name\":\"TLP:WHITE\"}]",
         "\"tlp_2_0\":\"clear\""},
        {IDS("url", "http://example.jp/") ",\"Sighting\":[{\"uuid\":\"" UUID_4
                                          "\",\"type\":\"0\",\"date_sighting\":\"1588623293\"}]",
         "\"id\":\"sighting--" UUID_4 "\""},
        {IDS("url", "http://example.jp/") ",\"Sighting\":[{\"uuid\":\"" UUID_4
                                          "\",\"type\":1,\"date_sighting\":1588623293}]",
         "\"opinion\":\"strongly-disagree\""},
        {IDS("url",
             "http://example.jp/") ",\"Galaxy\":[{\"type\":\"ransomware\",\"GalaxyCluster\":[{"
                                   "\"value\":\"Example\",\"meta\":{\"synonyms\":[\"E\"]}}]}]",
         "\"name\":\"Example\",\"is_family\":true,\"aliases\":[\"E\"]"},
        {IDS("url",
             "http://example.jp/") ",\"Galaxy\":[{\"type\":\"ransomware\",\"GalaxyCluster\":[{"
                                   "\"value\":\"Example\"}]}]",
         "\"relationship_type\":\"indicates\""},
        {IDS("url", "http://example.jp/") ",\"own\":{\"a\":[1.50,null]}",
         "\"misp\":{\"timestamp\":\"1588623293\",\"type\":\"url\",\"to_ids\":true,\"own\":{\"a\":["
         "1.50,null]}}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        attribute_gives(rows[i].members, rows[i].wanted);
}

#define APART ",\"disable_correlation\":true"
#define OF_APART "\"extension_type\":\"property-extension\",\"apart\":true"

static size_t count(const struct buf *b, const char *what)
{
    size_t n = 0;

    for (const char *at = b->at; at && (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

/* CO5: what is not to be correlated bears it in STIX; an observable of which it is said in one place and not in another is there in both contents. */
static void what_stands_apart_says_so(void **state)
{
    static const struct {
        const char *event, *file;
        unsigned n_apart; /* objects */
    } rows[] = {
        {"", "", 3},    /* an indicator; an address and what was seen of it */
        {"", APART, 5}, /* the file's indicator, too, and the file, as its other attribute is no value */
        {APART, "", 8}, /* what is seen once more, what is seen of the file, and the event itself */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct seen s;
        char text[4000];

        snprintf(text, sizeof(text),
                 "{\"Event\":{\"uuid\":\"" UUID_2 "\",\"info\":\"x\",\"timestamp\":1588706094%s,\"Attribute\":["
                 "{\"uuid\":\"11111111-1111-4111-8111-111111111111\"," IDS("domain", "example.jp") APART "},"
                 "{\"uuid\":\"11111111-1111-4111-8111-111111111112\"," SEEN("ip-dst", "192.0.2.1") APART "},"
                 "{\"uuid\":\"11111111-1111-4111-8111-111111111113\"," SEEN("ip-src", "192.0.2.1") ",\"disable_correlation\":false}],"
                 "\"Object\":[{\"name\":\"file\",\"uuid\":\"" UUID_3 "\",\"Attribute\":["
                 "{\"uuid\":\"" UUID_1 "\",\"object_relation\":\"md5\"," IDS("md5", "d41d8cd98f00b204e9800998ecf8427e") "%s},"
                 "{\"object_relation\":\"size-in-bytes\"," SEEN("size-in-bytes", "1") "}]}]}}",
                 rows[i].event, rows[i].file);
        convert_text(text, &s);
        assert_keeps_rules(&s);
        assert_int_equal(s.n_broken, 0);
        if (count(&s.out, OF_APART) != rows[i].n_apart)
            fail_msg("%zu objects say so instead of %u:\n%s", count(&s.out, OF_APART), rows[i].n_apart, s.out.at);
        assert_int_equal(count(&s.out, "\"value\":\"192.0.2.1\",\"extensions\":{"), 1);
        assert_int_equal(count(&s.out, "{\"type\":\"ipv4-addr\""), *rows[i].event ? 1 : 2);
        buf_done(&s.out);
    }
}

static const char whole_event[] =
    "{\"Event\":{\"Object\":[{\"name\":\"file\",\"meta-category\":\"file\",\"uuid\":\"" UUID_3
    "\",\"timestamp\":\"1\",\"Attribute\":["
    "{\"uuid\":\"" UUID_1
    "\",\"type\":\"sha256\",\"object_relation\":\"sha256\",\"to_ids\":true,\"value\":"
    "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"},"
    "{\"uuid\":\"" UUID_4
    "\",\"type\":\"filename\",\"object_relation\":\"filename\",\"to_ids\":false,"
    "\"value\":\"a.exe\"}],\"ObjectReference\":[{\"uuid\":\"11111111-1111-4111-8111-111111111111\","
    "\"referenced_uuid\":\"22222222-2222-4222-8222-222222222222\",\"relationship_type\":\"drops_"
    "it\"},"
    "{\"uuid\":\"11111111-1111-4111-8111-111111111112\",\"referenced_uuid\":"
    "\"99999999-9999-4999-8999-999999999999\",\"relationship_type\":\"x\"}]},"
    "{\"name\":\"own\",\"uuid\":\"22222222-2222-4222-8222-222222222222\",\"Attribute\":[]}],"
    "\"published\":true,\"date\":\"2026-04-10\",\"info\":\"調査\",\"uuid\":\"" UUID_2
    "\",\"Orgc\":{\"name\":\"例\",\"uuid\":\"" UUID_3 "\"},\"Tag\":[{\"name\":\"tlp:amber\"}]}}";

static void an_event_becomes_a_report(void **state)
{
    static const char *const wanted[] = {
        "\"id\":\"report--" UUID_2 "\"",
        "\"name\":\"調査\",\"published\":\"2026-04-10T00:00:00.000Z\"",
        "{\"type\":\"identity\",\"spec_version\":\"2.1\",\"id\":\"identity--" UUID_3 "\"",
        "\"created_by_ref\":\"identity--" UUID_3 "\"",
        "\"type\":\"file\",\"spec_version\":\"2.1\",\"name\":\"a.exe\",\"hashes\":{\"SHA-256\":",
        "\"id\":\"observed-data--" UUID_3 "\"",
        "\"id\":\"indicator--" UUID_1 "\"",
        "\"id\":\"x-misp-object--22222222-2222-4222-8222-222222222222\"",
        "\"relationship_type\":\"drops-it\",\"source_ref\":\"observed-data--" UUID_3
        "\",\"target_ref\":\"x-misp-object--22222222-2222-4222-8222-222222222222\"",
        "\"object_marking_refs\":[\"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421\"]",
    };
    struct seen s;

    convert_text(whole_event, &s);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        if (!strstr(s.out.at, wanted[i]))
            fail_msg("%s\nis without\n%s", s.out.at, wanted[i]);
    assert_null(strstr(s.out.at, "99999999-9999-4999-8999-999999999999\"}"));
    assert_int_equal(s.n_items, 2);
    assert_int_equal(s.n_broken, 0);
    assert_keeps_rules(&s);
    buf_done(&s.out);
}

/* Each way of standing in a file, and each way to be broken, with its place. */
static void frames_are_told_apart(void **state)
{
#define EVENT "{\"uuid\":\"" UUID_2 "\",\"info\":\"x\",\"Attribute\":[]}"
    static const struct {
        const char *text;
        int n_events, n_broken;
        const char *fault; /* NULL: none */
    } rows[] = {
        {EVENT, 1, 0, NULL},
        {"\xef\xbb\xbf" EVENT, 1, 0, NULL},
        {"{\"Event\":" EVENT "}", 1, 0, NULL},
        {"[{\"Event\":" EVENT "} , {\"Event\":" EVENT "}]", 2, 0, NULL},
        {"{\"response\" : [ {\"Event\":" EVENT "}," EVENT "], \"errors\": [\"]\"]}", 2, 0, NULL},
        {"{\"response\":{\"Event\":" EVENT "}}", 1, 0, NULL},
        {"{\"saved\":1,\"Event\":" EVENT "}", 1, 0, NULL},
        {EVENT "\n" EVENT, 2, 0, NULL},
        {"[]", 0, 0, NULL},
        {"", 0, 0, "! 1:1 0  () This is no event of MISP."},
        {"x", 0, 0, "! 1:1 0  () This is no event of MISP."},
        {"{\"a\":1}", 1, 1, "! 1:1 0  () This is no event of MISP."},
        {EVENT " x", 1, 0, "! 1:75 0  () What follows here is no value of JSON."},
        {"[" EVENT EVENT "]", 1, 0, "! 1:75 0  () A \",\""},
        {"[" EVENT ",7]", 1, 0, "! 1:76 0  () This is no event"},
        {"[" EVENT, 1, 0, "! 1:75 0  () The file ends here"},
        {"{\"uuid\":\"" UUID_2 "\",\n\"Attribute\":[{\"a\":1}", 1, 1,
         "! 2:21 0  () The file ends here"},
        {"{\"info\":\"x\"}", 1, 1, "! 1:1 0 uuid () An event needs its uuid"},
        {"{\"uuid\":7}", 1, 1, "0 uuid () An event needs"},
        {"{\"uuid\":\"" UUID_2 "\",\n \"Tag\":[{\"name\":01}]}", 1, 1,
         "! 2:18 0 Tag[0].name () JSON does not"},
        {"{\"uuid\":\"" UUID_2 "\",\"uuid\":\"" UUID_2 "\"}", 1, 1, "The same name stands here"},
        {"{\"uuid\":\"" UUID_2 "\" \"a\":1}", 1, 1, "! 1:48 0  () A \",\""},
        {"{\"uuid\":\"" UUID_2
         "\",\"Attribute\":[7,{\"type\":\"text\",\"value\":\"a\"},{\"a\":x}]}",
         1, 2, "! 1:61 0 Attribute[0] () An attribute or object"},
        {"{\"uuid\":\"" UUID_2
         "\",\"Attribute\":[{\"type\":\"text\",\"value\":\"a\"},\n{\"value\":\"a\tb\"}]}",
         1, 1, "! 2:12 0 Attribute[1].value () A control character"},
        {"{\"uuid\":\"" UUID_2
         "\",\"Object\":[{\"name\":\"a\"} {\"name\":\"b\"}],\"Attribute\":[{\"type\":\"text\"}]}",
         1, 1, "0 Object[1] () A \",\""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct seen s;

        convert_text(rows[i].text, &s);
        if ((int)s.n_events != rows[i].n_events || (int)s.n_broken != rows[i].n_broken ||
            (rows[i].fault ? !strstr(s.out.at, rows[i].fault) : strchr(s.out.at, '!') != NULL))
            fail_msg("%s\nhas %d events, %d broken, and\n%s", rows[i].text, (int)s.n_events,
                     (int)s.n_broken, s.out.at);
        assert_keeps_rules(&s);
        buf_done(&s.out);
    }
}

static void json_is_written_with_its_commas(void **state)
{
    struct buf b;

    buf_init(&b, 200);
    json_put_open(&b, '{');
    json_put_member(&b, "a", STR("\"[{:"));
    json_put_key(&b, "b");
    json_put_open(&b, '[');
    json_put_raw(&b, STR("1"));
    json_put_text(&b, STR("x"));
    json_put_open(&b, '{');
    json_put_close(&b, '}');
    json_put_close(&b, ']');
    json_put_member(&b, "c", STR_NONE);
    json_put_close(&b, '}');
    assert_string_equal(b.at, "{\"a\":\"\\\"[{:\",\"b\":[1,\"x\",{}],\"c\":\"\"}");
    buf_done(&b);
}

/* Events of published investigations: nothing is left out, the rules are kept, and each attribute and object has become something. */
static void published_events_are_carried(void **state)
{
    const char *folder = getenv("SHARED_DATA");
    char path[1000];
    struct dirent *entry;
    unsigned n = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/misp/events/eset", folder ? folder : "");
    dir = opendir(path);
    if (!dir) {
        print_message("# left out: misp/events of the shared data is not here\n");
        return;
    }
    while ((entry = readdir(dir)) != NULL) {
        struct buf text;
        struct seen s;

        if (!str_ends(str_of(entry->d_name), STR(".json")))
            continue;
        snprintf(path, sizeof(path), "%s/misp/events/eset/%s", folder, entry->d_name);
        buf_init(&text, OUT_MAX);
        assert_int_equal(file_read(path, OUT_MAX, &text, NULL), 0);
        convert(buf_str(&text), 4096, &s);
        assert_int_equal(s.n_broken, 0);
        assert_int_equal(count(&s.out, "\n!"), 0);
        assert_int_equal(count(&s.out, "\"kind\":\"attribute\"") +
                             count(&s.out, "\"kind\":\"object\""),
                         s.n_items);
        assert_keeps_rules(&s);
        buf_done(&s.out);
        buf_done(&text);
        n++;
    }
    closedir(dir);
    assert_true(n > 10);
}

/* A URL without its scheme and a registry's key with a shortened hive are no observables of STIX. */
static void what_no_observable_may_hold(void **state)
{
    static const struct {
        enum misp_part part;
        const char *value;
        bool may;
    } rows[] = {
        {MISP_PART_URL, "http://example.jp/a", true},
        {MISP_PART_URL, "ftp://192.0.2.1", true},
        {MISP_PART_URL, "example.jp/a", false},
        {MISP_PART_URL, "://x", false},
        {MISP_PART_URL, "http:", false},
        {MISP_PART_URL, "1http://x", false},
        {MISP_PART_KEY, "HKEY_LOCAL_MACHINE\\Software\\X", true},
        {MISP_PART_KEY, "HKLM\\Software\\X", false},
        {MISP_PART_DOMAIN, "example.jp", true},
        {MISP_PART_PORT, "80", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (misp_part_is_observable(rows[i].part, str_of(rows[i].value)) != rows[i].may)
            fail_msg("%s", rows[i].value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_observable_may_hold),
        cmocka_unit_test(attributes_become_what_stix_has),
        cmocka_unit_test(an_event_becomes_a_report),
        cmocka_unit_test(what_stands_apart_says_so),
        cmocka_unit_test(frames_are_told_apart),
        cmocka_unit_test(json_is_written_with_its_commas),
        cmocka_unit_test(published_events_are_carried),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
