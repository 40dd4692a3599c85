#include "base/file.h"
#include "base/json.h"
#include "intel/misp-feed.h"
#include "intel/misp-stix.h"
#include "intel/pattern.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OUT_MAX ((size_t)256 << 20)
#define UUID_1 "5b6464ca-e73c-4707-9b8a-d0350acd0835"
#define UUID_2 "5eb0775e-2780-4234-89b8-5e640a019371"
#define UUID_3 "55f6ea5e-51ac-4344-bc8c-4170950d210f"

/* ---- helpers ---- */

static int keep_object(struct str object, void *context)
{
    return buf_printf(context, "%.*s\n", STR_ARG(object));
}

static int no_fault(const struct misp_finding *f, void *context)
{
    fail_msg("%.*s: %.*s", STR_ARG(f->path), STR_ARG(message_text(MESSAGE_EN, f->text)));
    return 0;
}

static int ignore_warning(const struct misp_finding *f, void *context)
{
    return f->is_warning ? 0 : no_fault(f, context);
}

static void to_stix(struct str misp, struct buf *ret)
{
    struct misp_stix *m = misp_stix_new(keep_object, ignore_warning, ret);

    buf_init(ret, OUT_MAX);
    assert_non_null(m);
    assert_int_equal(misp_stix_add(m, misp), 0);
    assert_int_equal(misp_stix_end(m), 0);
    misp_stix_free(m);
}

struct back {
    struct stix_misp *misp;
    struct buf events, left; /* events: a list; left: ids */
};

static int add_object(const struct stix_object *o, void *context)
{
    struct back *b = context;

    return stix_misp_add(b->misp, o);
}

static int bad_stix(const struct stix_finding *f, void *context)
{
    fail_msg("objects[%d].%.*s: %s", (int)f->number, STR_ARG(f->path), stix_fault_name(f->fault));
    return 0;
}

static int left_out(uint64_t number, struct str id, enum message_key why, void *context)
{
    struct back *b = context;

    return buf_printf(&b->left, "%.*s\n", STR_ARG(id));
}

static int keep_event(struct str uuid, struct str json, void *context)
{
    struct back *b = context;

    assert_int_equal(uuid.len, 36);
    return buf_printf(&b->events, "%s%.*s", b->events.len > 1 ? "," : "", STR_ARG(json));
}

static void to_misp(struct str stix, struct back *b)
{
    const struct stix_reader_calls calls = {add_object, bad_stix};
    struct stix_reader *r = stix_reader_new(&calls, b);

    buf_init(&b->events, OUT_MAX);
    buf_init(&b->left, OUT_MAX);
    b->misp = stix_misp_new(left_out, b);
    assert_true(r && b->misp);
    assert_int_equal(buf_add_char(&b->events, '['), 0);
    assert_int_equal(buf_add_text(&b->left, ""), 0);
    assert_int_equal(stix_reader_add(r, stix), 0);
    assert_int_equal(stix_reader_end(r), 0);
    assert_int_equal(stix_misp_end(b->misp, keep_event, b), 0);
    assert_int_equal(buf_add_char(&b->events, ']'), 0);
    stix_reader_free(r);
    stix_misp_free(b->misp);
}

static void done_back(struct back *b)
{
    buf_done(&b->events);
    buf_done(&b->left);
}

static json_t *load(struct str text)
{
    json_error_t error;
    json_t *j = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &error);

    if (!j)
        fail_msg("%s\n%.*s", error.text, STR_ARG(text));
    return j;
}

/* The events of a file of MISP, as a list of {"Event": …}. */
static json_t *events_of(json_t *file)
{
    json_t *response = json_object_get(file, "response"), *list;

    if (json_is_array(response))
        return json_incref(response);
    list = json_array();
    if (json_object_get(file, "Event"))
        assert_int_equal(json_array_append(list, file), 0);
    else
        assert_int_equal(json_array_append_new(list, json_pack("{s:O}", "Event", file)), 0);
    return list;
}

static void comes_back(struct str misp)
{
    json_t *before = load(misp), *wanted = events_of(before), *after;
    struct buf stix;
    struct back b;

    to_stix(misp, &stix);
    to_misp(buf_str(&stix), &b);
    assert_string_equal(b.left.at, "");
    after = load(buf_str(&b.events));
    if (!json_equal(wanted, after))
        fail_msg("%.*s\ncomes back as\n%s", STR_ARG(misp), b.events.at);
    json_decref(before);
    json_decref(wanted);
    json_decref(after);
    done_back(&b);
    buf_done(&stix);
}

/* ---- there and back ---- */

#define A(members) "{\"uuid\":\"" UUID_1 "\"," members "}"

static void events_come_back_as_they_were(void **state)
{
    static const char *const attributes[] = {
        A("\"type\":\"ip-dst\",\"value\":\"192.0.2.1\",\"to_ids\":true,\"comment\":\"\""),
        A("\"type\":\"ip-src|port\",\"value\":\"192.0.2.1|80\",\"to_ids\":1,\"comment\":\"言う\""),
        A("\"type\":\"AS\",\"value\":\"AS64496\",\"to_ids\":true"),
        A("\"type\":\"AS\",\"value\":\"64496\",\"to_ids\":\"1\""),
        A("\"type\":\"AS\",\"value\":\"64496\",\"to_ids\":false"),
        A("\"type\":\"filename\",\"value\":\"it's \\\\ \\\" a|b\",\"to_ids\":true"),
        A("\"type\":\"regkey|value\",\"value\":\"HKLM\\\\a|b|c\",\"to_ids\":true"),
        A("\"type\":\"filename|md5\",\"value\":\"a|b|d41d8cd98f00b204e9800998ecf8427e\",\"to_ids\":"
          "true"),
        A("\"type\":\"md5\",\"value\":\"abc\",\"to_ids\":true"),
        A("\"type\":\"text\",\"value\":\"\\u0001\\ud83d\\ude00\""),
        A("\"type\":\"text\""),
        A("\"type\":\"ip-dst\",\"value\":\"192.0.2.1\",\"to_ids\":true,\"disable_correlation\":true"),
        A("\"type\":\"ip-dst\",\"value\":\"192.0.2.1\",\"to_ids\":false,\"disable_correlation\":true},"
          "{\"type\":\"ip-src\",\"value\":\"192.0.2.1\",\"disable_correlation\":false"),
        A("\"type\":\"text\",\"value\":7,\"own\":[1.50,1e400,{}]"),
        A("\"type\":\"vulnerability\",\"value\":\"CVE-2024-12345\",\"comment\":\"c\""),
        A("\"type\":\"url\",\"value\":\"http://example.jp/"
          "\",\"to_ids\":true,\"deleted\":true,\"Tag\":[{\"name\":"
          "\"tlp:red\",\"colour\":\"#ff0000\"}],\"Sighting\":[{\"uuid\":\"" UUID_3
          "\",\"type\":\"0\",\"date_sighting\":\"1\"}]"),
        "{\"type\":\"url\",\"value\":\"http://example.jp/\",\"to_ids\":true}",
        "{\"uuid\":\"5B6464CA-E73C-4707-9B8A-D0350ACD0835\",\"type\":\"domain\",\"value\":\"example.jp\"}",
    };

    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        char text[3000];

        snprintf(text, sizeof(text),
                 "{\"Event\":{\"Attribute\":[{\"type\":\"text\",\"value\":\"before\"},%s,{\"type\":"
                 "\"domain|ip\","
                 "\"value\":\"example.jp|192.0.2.1\"}],\"uuid\":\"" UUID_2
                 "\",\"info\":\"調査\",\"published\":false,\"Galaxy\":[{\"type\":\"rat\","
                 "\"GalaxyCluster\":[{\"value\":"
                 "\"r\"}]}],\"Object\":[{\"name\":\"file\",\"uuid\":\"" UUID_3
                 "\",\"comment\":\"c\",\"Attribute\":[{\"uuid\":\"" UUID_1
                 "\",\"type\":\"sha1\",\"object_relation\":\"sha1\",\"to_ids\":true,\"value\":"
                 "\"da39a3ee5e6b4b0d3255bfef95601890afd80709\"}]},{\"name\":\"own\",\"Attribute\":["
                 "]}],\"Org\":null}}",
                 attributes[i]);
        if (!strstr(text, "1e400")) /* jansson reads no such numbers */
            comes_back(str_of(text));
    }
    comes_back(STR("{\"Event\":{\"uuid\":\"" UUID_2 "\"}}"));
    comes_back(STR("{\"Event\":{\"uuid\":\"" UUID_2 "\",\"disable_correlation\":true,\"Attribute\":[{\"type\":\"filename|md5\",\"value\":"
                   "\"a|d41d8cd98f00b204e9800998ecf8427e\"}]}}"));
    comes_back(STR("{\"Event\":{\"uuid\":\"" UUID_2
                   "\",\"info\":\"\",\"Attribute\":[],\"published\":true}}"));
    comes_back(STR(
        "{\"response\":[{\"Event\":{\"uuid\":\"" UUID_2
        "\",\"Attribute\":[{\"type\":\"text\",\"value\":\"1\"}]}},{\"Event\":{\"uuid\":\"" UUID_3
        "\",\"Object\":[],\"Attribute\":[{\"type\":\"text\",\"value\":\"2\"}]}}]}"));
}

/* More attributes than a list of STIX may have entries. */
static void a_long_event_comes_back(void **state)
{
    struct buf text;

    buf_init(&text, OUT_MAX);
    assert_int_equal(buf_add_text(&text, "{\"Event\":{\"uuid\":\"" UUID_2
                                         "\",\"Galaxy\":[{\"type\":\"rat\",\"GalaxyCluster\":[{"
                                         "\"value\":\"r\"}]}],\"Attribute\":["),
                     0);
    for (unsigned i = 0; i < SCAN_MEMBERS_MAX + 10; i++)
        assert_int_equal(buf_printf(&text, "%s{\"type\":\"domain\",\"value\":\"a%u.example\"}",
                                    i ? "," : "", i),
                         0);
    assert_int_equal(buf_add_text(&text, "]}}"), 0);
    comes_back(buf_str(&text));
    buf_done(&text);
}

static void what_others_change_changes_the_attribute(void **state)
{
    static const char event[] = "{\"uuid\":\"" UUID_2 "\",\"Attribute\":[" A(
        "\"type\":\"ip-dst\",\"value\":\"192.0.2.1\",\"to_ids\":true,\"comment\":\"c\"") "]}";
    struct buf stix;
    struct back b;
    char *at;

    to_stix(str_of(event), &stix);
    at = strstr(stix.at, "= '192.0.2.1'");
    assert_non_null(at);
    memcpy(at, "= '192.0.2.9'", 13);
    to_misp(buf_str(&stix), &b);
    assert_non_null(strstr(b.events.at, "\"value\":\"192.0.2.9\""));
    assert_null(strstr(b.events.at, "192.0.2.1\""));
    done_back(&b);
    at = strstr(stix.at, "= '192.0.2.9'");
    memcpy(at, "!='192.0.2.9'", 13);
    to_misp(buf_str(&stix), &b);
    assert_non_null(strstr(b.events.at, "\"type\":\"stix2-pattern\""));
    done_back(&b);
    buf_done(&stix);
}

/* ---- of others ---- */

#define HEAD(type, uuid)                                                       \
    "{\"type\":\"" type "\",\"spec_version\":\"2.1\",\"id\":\"" type "--" uuid \
    "\",\"created\":\"2026-04-10T00:00:00Z\",\"modified\":\"2026-04-10T00:00:00Z\","
#define INDICATOR(pattern)    \
    HEAD("indicator", UUID_1) \
    "\"pattern_type\":\"stix\",\"valid_from\":\"2026-04-10T00:00:00Z\",\"pattern\":\"" pattern "\"}"

static void objects_of_others_become_attributes(void **state)
{
    static const struct {
        const char *stix, *wanted; /* NULL: it has no place */
    } rows[] = {
        {INDICATOR("[ipv4-addr:value = '192.0.2.1']"),
         "{\"uuid\":\"" UUID_1 "\",\"type\":\"ip-dst\",\"category\":\"Network "
         "activity\",\"value\":\"192.0.2.1\",\"to_ids\":true,"},
        {INDICATOR("[domain-name:value IN ('a.example')]"), "\"type\":\"stix2-pattern\""},
        {INDICATOR("[url:value = 'http://a.example/' OR file:hashes.MD5 = "
                   "'d41d8cd98f00b204e9800998ecf8427e']"),
         "\"type\":\"md5\",\"category\":\"Payload delivery\""},
        {INDICATOR("[url:value = 'http://a.example/'] OR [url:value = 'http://b.example/']"),
         "\"value\":\"http://b.example/\""},
        {INDICATOR("[file:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80709' AND "
                   "file:name = 'a']"),
         "\"type\":\"filename|sha1\",\"category\":\"Payload "
         "delivery\",\"value\":\"a|da39a3ee5e6b4b0d3255bfef95601890afd80709\""},
        {INDICATOR("[autonomous-system:number = 64496]"),
         "\"type\":\"AS\",\"category\":\"Network activity\",\"value\":\"AS64496\""},
        {INDICATOR("[ipv4-addr:value = '192.0.2.1'] WITHIN 5 SECONDS"),
         "\"type\":\"stix2-pattern\""},
        {INDICATOR("[broken"), "\"value\":\"[broken\""},
        {HEAD("indicator", UUID_1) "\"pattern_type\":\"yara\",\"pattern\":\"rule a\"}",
         "\"type\":\"yara\""},
        {"{\"type\":\"ipv6-addr\",\"id\":\"ipv6-addr--" UUID_1 "\",\"value\":\"2001:db8::1\"}",
         "\"type\":\"ip-dst\",\"category\":\"Network "
         "activity\",\"value\":\"2001:db8::1\",\"to_ids\":false"},
        {"{\"type\":\"file\",\"id\":\"file--" UUID_1
         "\",\"name\":\"a\",\"hashes\":{\"SHA-256\":\"e3\"}}",
         "\"type\":\"sha256\",\"category\":\"Payload delivery\",\"value\":\"e3\""},
        {HEAD("vulnerability", UUID_1) "\"name\":\"CVE-2024-12345\"}",
         "\"type\":\"vulnerability\""},
        {HEAD("malware", UUID_1) "\"name\":\"Example\",\"is_family\":true}",
         "\"Tag\":[{\"name\":\"misp-galaxy:malware=\\\"Example\\\"\"}]"},
        {HEAD("x-misp-attribute", UUID_1) "\"x_misp_type\":\"pdb\",\"x_misp_value\":\"c\","
                                          "\"labels\":[\"misp:category=\\\"Other\\\"\",\"own\"]}",
         "\"type\":\"pdb\",\"category\":\"Other\",\"value\":\"c\",\"to_ids\":false,\"timestamp\":"
         "\"1775779200\",\"comment\":\"\",\"Tag\":[{\"name\":\"own\"}]"},
        {HEAD("x-misp-object",
              UUID_1) "\"x_misp_name\":\"own\",\"x_misp_attributes\":[{\"type\":\"text\"}]}",
         "\"Object\":[{\"uuid\":\"" UUID_1 "\",\"name\":\"own\""},
        {INDICATOR("[url:value = 'http://a.example/']")
             HEAD("report", UUID_2) "\"name\":\"R\",\"published\":\"2026-04-10T00:00:00Z\","
                                    "\"object_marking_refs\":["
                                    "\"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82\"],"
                                    "\"object_refs\":[\"indicator--" UUID_1 "\"]}",
         "[{\"Event\":{\"uuid\":\"" UUID_2
         "\",\"info\":\"R\",\"date\":\"2026-04-10\",\"timestamp\":\"1775779200\",\"published\":"
         "true,\"analysis\":\"2\",\"threat_level_id\":\"4\",\"distribution\":\"0\",\"Tag\":[{"
         "\"name\":\"tlp:amber\"}],\"Attribute\":[{\"uuid\":\"" UUID_1},
        {HEAD("report",
              UUID_2) "\"name\":\"R\",\"created_by_ref\":\"identity--" UUID_3
                      "\",\"published\":\"2026-04-10T00:00:00Z\",\"object_refs\":[]}" HEAD(
                          "identity", UUID_3) "\"name\":\"例\"}",
         "\"Tag\":[],\"Orgc\":{\"name\":\"例\",\"uuid\":\"" UUID_3 "\"},\"Attribute\":[]"},
        {HEAD("note", UUID_1) "\"content\":\"x\"}", NULL},
        {HEAD("relationship", UUID_1) "\"relationship_type\":\"uses\"}", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct back b;
        json_t *j;

        to_misp(str_of(rows[i].stix), &b);
        j = load(buf_str(&b.events));
        if (rows[i].wanted ? !strstr(b.events.at, rows[i].wanted) : !b.left.len)
            fail_msg("%s\nbecomes\n%s\nwithout\n%s", rows[i].stix, b.events.at, rows[i].wanted);
        json_decref(j);
        done_back(&b);
    }
}

/* ---- patterns that list values ---- */

static int note_pairs(const struct pattern_pair *pairs, size_t n, void *context)
{
    for (size_t i = 0; i < n; i++)
        if (buf_printf(context, "%s%.*s%s%.*s", i ? " & " : "", STR_ARG(pairs[i].path),
                       pairs[i].is_subset ? "<" : "=", STR_ARG(pairs[i].text)))
            return -1;
    return buf_add_text(context, "; ");
}

static void only_lists_of_values_are_lists(void **state)
{
    static const struct {
        const char *pattern, *wanted; /* NULL: it is none */
    } rows[] = {
        {"[a-b:c = 'x']", "a-b:c=x; "},
        {"[a-b:c.'D-e' == 5]", "a-b:c.'D-e'=5; "},
        {"[a-b:c ISSUBSET '192.0.2.0/24']", "a-b:c<192.0.2.0/24; "},
        {"[a-b:c = 'x' OR a-b:d = 'y'] OR [e-f:g[*].h = 'z']", "a-b:c=x; a-b:d=y; e-f:g[*].h=z; "},
        {"[a-b:c = 'x' AND a-b:d = 'y']", "a-b:c=x & a-b:d=y; "},
        {"[(a-b:c = 'x' AND a-b:d = 'y') OR a-b:e = 'z']", "a-b:c=x & a-b:d=y; a-b:e=z; "},
        {"[a-b:c = 'it\\'s']", "a-b:c=it's; "},
        {"[a-b:c != 'x']", NULL},
        {"[a-b:c NOT = 'x']", NULL},
        {"[a-b:c IN ('x')]", NULL},
        {"[a-b:c LIKE 'x']", NULL},
        {"[a-b:c = 1.5]", NULL},
        {"[a-b:c = t'2026-04-10T00:00:00Z']", NULL},
        {"[a-b:c = 'x'] AND [a-b:c = 'y']", NULL},
        {"[a-b:c = 'x'] FOLLOWEDBY [a-b:c = 'y']", NULL},
        {"[a-b:c = 'x'] WITHIN 5 SECONDS", NULL},
        {"[a-b:c = 'x' AND (a-b:d = 'y' OR a-b:d = 'z')]", NULL},
        {"[a-b:c = '1' AND a-b:d = '2' AND a-b:e = '3' AND a-b:f = '4' AND a-b:g = '5']", NULL},
        {"[a-b:c = 'x'] OR [a-b:c > 5]", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct pattern_fault fault;
        struct pattern *p = NULL;
        struct buf out;

        buf_init(&out, 1000);
        assert_int_equal(buf_add_text(&out, ""), 0);
        assert_int_equal(pattern_parse(str_of(rows[i].pattern), &p, &fault), 0);
        assert_int_equal(pattern_list(p, note_pairs, &out), rows[i].wanted ? 0 : PATTERN_NO_LIST);
        assert_string_equal(out.at, rows[i].wanted ? rows[i].wanted : "");
        pattern_free(p);
        buf_done(&out);
    }
}

/* ---- feeds ---- */

static void read_of(const char *folder, const char *name, struct buf *ret)
{
    char path[1000];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    buf_init(ret, OUT_MAX);
    assert_int_equal(file_read(path, OUT_MAX, ret, NULL), 0);
}

static unsigned n_names(const char *folder)
{
    struct dirent *entry;
    DIR *dir = opendir(folder);
    unsigned n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void write_feed(const char *path, const char *const *events, size_t n)
{
    struct misp_feed *f = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(misp_feed_new(path, &f, &diag), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(misp_feed_add(f, str_of(events[i]), &diag), 0);
    assert_int_equal(misp_feed_end(f, &diag), 0);
    misp_feed_free(f);
    diag_done(&diag);
}

static void a_feed_takes_the_place_of_an_older_one(void **state)
{
    static const char *const first[] = {
        "{\"Event\":{\"uuid\":\"" UUID_1 "\",\"info\":\"1\"}}",
    };
    static const char *const second[] = {
        "{\"Event\":{\"uuid\":\"" UUID_2 "\",\"info\":\"2\",\"date\":\"2026-04-10\",\"timestamp\":"
        "\"7\",\"analysis\":2,\"Orgc\":{\"name\":\"x\"},"
        "\"Attribute\":[{\"type\":\"domain|ip\",\"value\":\"a|b\"}],\"Object\":[{\"Attribute\":[{"
        "\"type\":\"text\","
        "\"value\":\"c\"}]}]}}",
        "{\"Event\":{\"uuid\":\"" UUID_3 "\",\"info\":\"3\"}}",
    };
    char top[] = "/tmp/intel-feed-XXXXXX", path[100], inside[200];
    struct misp_feed *f = NULL;
    struct diag diag;
    struct buf text;
    json_t *manifest;

    assert_non_null(mkdtemp(top));
    snprintf(path, sizeof(path), "%s/feed", top);
    write_feed(path, first, 1);
    assert_int_equal(n_names(path), 3);
    write_feed(path, second, 2);
    assert_int_equal(n_names(path), 4);
    assert_int_equal(n_names(top), 1);
    read_of(path, "hashes.csv", &text);
    assert_string_equal(text.at, "0cc175b9c0f1b6a831c399e269772661," UUID_2
                                 "\n92eb5ffee6ae2fec3ad71c777531578f," UUID_2
                                 "\n4a8a08f09d37b73795649038408b5f33," UUID_2 "\n");
    buf_done(&text);
    read_of(path, "manifest.json", &text);
    manifest = load(buf_str(&text));
    assert_int_equal(json_object_size(manifest), 2);
    assert_int_equal(
        json_integer_value(json_object_get(json_object_get(manifest, UUID_2), "timestamp")), 7);
    json_decref(manifest);
    buf_done(&text);
    read_of(path, UUID_2 ".json", &text);
    assert_string_equal(text.at, second[0]);
    buf_done(&text);
    /* what is no feed is not touched; what is begun and not ended leaves nothing */
    diag_init(&diag);
    assert_int_equal(misp_feed_new(top, &f, &diag), MISP_FEED_E_OTHER);
    assert_int_equal(misp_feed_new(path, &f, &diag), 0);
    assert_int_equal(misp_feed_add(f, str_of(first[0]), &diag), 0);
    assert_int_equal(misp_feed_add(f, str_of(first[0]), &diag), MISP_FEED_E_EVENT);
    assert_int_equal(misp_feed_add(f, STR("{}"), &diag), MISP_FEED_E_EVENT);
    assert_int_equal(n_names(top), 2);
    snprintf(inside, sizeof(inside), "%s/notes.txt", path);
    assert_int_equal(file_write_atomic(inside, STR("x"), 0600, &diag), 0);
    assert_int_equal(misp_feed_end(f, &diag), MISP_FEED_E_OTHER);
    misp_feed_free(f);
    assert_int_equal(n_names(top), 1);
    assert_int_equal(unlink(inside), 0);
    diag_done(&diag);
    static const char *const left[] = {"manifest.json", "hashes.csv", UUID_2 ".json",
                                       UUID_3 ".json"};
    for (size_t i = 0; i < ARRAY_LEN(left); i++) {
        snprintf(inside, sizeof(inside), "%s/%s", path, left[i]);
        assert_int_equal(unlink(inside), 0);
    }
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(top), 0);
}

/* Events of published investigations, and of the tests of others. */
static void published_events_come_back(void **state)
{
    static const char *const folders[] = {"eset", "feed", "pymisp"};
    const char *shared = getenv("SHARED_DATA");
    unsigned n = 0;

    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        char folder[900], path[1200];
        struct dirent *entry;
        DIR *dir;

        snprintf(folder, sizeof(folder), "%s/misp/events/%s", shared ? shared : "", folders[i]);
        dir = opendir(folder);
        if (!dir) {
            print_message("# left out: misp/events/%s of the shared data is not here\n",
                          folders[i]);
            continue;
        }
        while ((entry = readdir(dir)) != NULL) {
            struct buf text;

            snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
            buf_init(&text, OUT_MAX);
            if (str_ends(str_of(entry->d_name), STR(".json")) &&
                file_read(path, OUT_MAX, &text, NULL) == 0 &&
                memmem(text.at, text.len, "\"Event\"", 7) &&
                memmem(text.at, text.len, "\"uuid\"", 6) &&
                memmem(text.at, text.len, "\"info\"", 6)) {
                comes_back(buf_str(&text));
                n++;
            }
            buf_done(&text);
        }
        closedir(dir);
    }
    assert_true(!shared || access(shared, F_OK) || n > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_back_as_they_were),
        cmocka_unit_test(a_long_event_comes_back),
        cmocka_unit_test(what_others_change_changes_the_attribute),
        cmocka_unit_test(objects_of_others_become_attributes),
        cmocka_unit_test(only_lists_of_values_are_lists),
        cmocka_unit_test(a_feed_takes_the_place_of_an_older_one),
        cmocka_unit_test(published_events_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
