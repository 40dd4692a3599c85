/* Values when memory runs out: who reads, finds or matches them says so, and never that a text is no value, or that nothing stands in it. */
#include "intel/clue-stix.h"
#include "intel/export.h"
#include "intel/extract.h"
#include "intel/match.h"
#include "intel/misp-feed.h"
#include "intel/misp-stix.h"
#include "intel/set-delta.h"
#include "intel/pattern.h"
#include "intel/stix-clues.h"
#include "intel/stix-rules.h"
#include "store/intel.h"
#include "loop.h"
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unistd.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define OUT_MAX ((size_t)1 << 20)

/* What an operation wrote, and what it writes without faults. */
struct written {
    struct buf is, want;
};

static void same_text(void *user, int r)
{
    struct written *w = user;

    if (r == 0 && !w->want.len)
        OK(buf_add_str(&w->want, buf_str(&w->is)));
    if (r == 0 && !str_eq(buf_str(&w->is), buf_str(&w->want)))
        fail_msg("success, but it wrote \"%.*s\"", STR_ARG(buf_str(&w->is)));
    buf_done(&w->is);
    buf_init(&w->is, OUT_MAX);
}

static void loop(const char *name, int (*run)(void *))
{
    struct fail_operation op = {name, run, same_text, FAIL_ALLOC, fail_no_memory, 0};
    struct written w;

    buf_init(&w.is, OUT_MAX);
    buf_init(&w.want, OUT_MAX);
    OK(run(&w)); /* what the libraries make once is there then, and no place that nobody comes to again */
    same_text(&w, 0);
    fail_loop(&op, &w);
    assert_true(w.want.len > 0);
    buf_done(&w.is);
    buf_done(&w.want);
}

static int read_and_print(struct str text, struct buf *out)
{
    struct clue v;
    int r;

    clue_init(&v);
    r = clue_read(text, &v);
    assert_true(r <= 0);
    if (!r)
        r = clue_show(&v, out);
    if (!r)
        r = buf_add_char(out, ' ');
    if (!r)
        r = clue_defang(&v, out);
    clue_done(&v);
    return r;
}

static int run_read(void *user)
{
    static const char *const texts[] = {
        "１９２．０．２．１／２４",
        "2001[:]db8::1",
        "例え。jp",
        "hxxps://user@www.例え[.]jp:8443/あ?b=[1]#c",
        "taro＠例え．jp",
        "d41d8cd98f00b204e9800998ecf8427e",
        "０３ー１２３４ー５６７８",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "請求書カ\xe3\x82\x99.EXE",
        "AS1.10",
        "CVE-2024-12345",
        "xn--80ak6aa92e.example",
    };
    struct written *w = user;
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(texts) && !r; i++)
        r = read_and_print(str_of(texts[i]), &w->is);
    return r;
}

static void values_are_read_and_shown(void **state)
{
    loop("values", run_read);
}

static int keep(const struct extract_hit *hit, void *context)
{
    struct written *w = context;
    int r = clue_show(hit->value, &w->is);

    return r ? r : buf_printf(&w->is, " %u\n", (unsigned)hit->offset);
}

static int run_extract(void *user)
{
    struct extractor *x = extractor_new(keep, user);
    int r = x ? extractor_add(
                    x, STR("通信先はhxxp://例え[.]jp/"
                           "login、１９２．０．２．１。\n検体「請求書.exe」、電話03-1234-5678、"))
              : -ENOMEM;

    if (!r)
        r = extractor_add(x, STR("テレグラム「@taro」 d41d8cd98f00b204e9800998ecf8427e"));
    if (!r)
        r = extractor_end(x);
    extractor_free(x);
    return r;
}

static void values_are_found(void **state)
{
    loop("extract", run_extract);
}

static int keep_match(const struct match_hit *hit, void *context)
{
    struct written *w = context;

    return buf_printf(&w->is, "%u %.*s\n", (unsigned)hit->offset, STR_ARG(hit->entry->indicator));
}

static int add_all(struct set_builder *b)
{
    static const char *const values[] = {"192.0.2.0/24", "example.jp", "http://example.com/あ",
                                         "taro@example.jp"};
    struct clue v;
    int r = 0;

    clue_init(&v);
    for (size_t i = 0; i < ARRAY_LEN(values) && !r; i++) {
        r = clue_read(str_of(values[i]), &v);
        if (!r)
            r = set_builder_add(b, &v, str_of(values[i]), 0);
    }
    clue_done(&v);
    return r;
}

static int match(const struct set *set, void *user)
{
    struct matcher *m = matcher_new(set, NULL, keep_match, user);
    int r =
        m ? matcher_add(m, STR("192.0.2.7 www.example.jp\nhttp://example.com/%E3%81%82 taro@exam"))
          : -ENOMEM;

    if (!r)
        r = matcher_add(m, STR("ple.jp"));
    if (!r)
        r = matcher_end(m);
    matcher_free(m);
    return r;
}

static int run_match(void *user)
{
    struct set_builder *b = set_builder_new(&(struct set_mark){.flags = SET_BELOW}, NULL);
    struct set *set = NULL;
    struct buf file;
    int r = b ? add_all(b) : -ENOMEM;

    buf_init(&file, OUT_MAX);
    if (!r)
        r = set_builder_print(b, &file);
    if (!r)
        r = set_of(buf_str(&file), &set);
    if (!r)
        r = match(set, user);
    set_free(set);
    set_builder_free(b);
    buf_done(&file);
    return r;
}

static void values_are_matched(void **state)
{
    loop("match", run_match);
}

static int keep_rules(struct str piece, void *context)
{
    struct written *w = context;

    return buf_add_str(&w->is, piece);
}

static int write_rules(enum rule_format format, const struct rule_row *rows, size_t n, void *user)
{
    const struct rule_order order = {.format = format};
    struct rules r;
    int answer = 0;

    rules_init(&r, &order, keep_rules, user);
    for (size_t i = 0; i < n && !answer; i++)
        answer = rules_look(&r, &rows[i]);
    if (!answer)
        answer = rules_begin(&r);
    for (size_t i = 0; i < n && !answer; i++)
        answer = rules_add(&r, &rows[i]);
    if (!answer)
        answer = rules_end(&r);
    rules_done(&r);
    return answer;
}

static int run_rules(void *user)
{
    static const struct rule_row rows[] = {
        {CLUE_IPV4, {"\xc0\0\2\1", 4}, {"case 1", 6}, 0, 50, false},
        {CLUE_DOMAIN, {"example.jp", 10}, {"case 2", 6}, 4000000000000000, 50, true},
        {CLUE_URL, {"http://example.jp/a?b", 21}, {"", 0}, 0, 50, false},
    };
    int answer = 0;

    for (unsigned f = 0; f < RULES_N_FORMATS && !answer; f++)
        answer = write_rules((enum rule_format)f, rows, ARRAY_LEN(rows), user);
    return answer;
}

static void sets_are_written_as_rules(void **state)
{
    loop("rules", run_rules);
}

static int run_clue_stix(void *user)
{
    static const char *const values[] = {"192.0.2.1", "d41d8cd98f00b204e9800998ecf8427e"};
    struct written *w = user;
    struct buf id;
    struct clue v;
    int r = 0;

    clue_init(&v);
    buf_init(&id, 300);
    for (size_t i = 0; i < ARRAY_LEN(values) && !r; i++) {
        const struct clue_indicator how = {STR("d"), 1800000000000000, 1900000000000000, 5,
                                           TLP_RED};

        buf_clear(&id);
        r = clue_read(str_of(values[i]), &v);
        if (!r)
            r = clue_stix_observable(&v, &w->is, &id);
        if (!r)
            r = clue_stix_indicator(&v, &how, &w->is);
    }
    buf_done(&id);
    clue_done(&v);
    return r;
}

static void values_become_stix(void **state)
{
    loop("clue-stix", run_clue_stix);
}

static int misp_fault(const struct misp_finding *f, void *context)
{
    return 0;
}

static int run_misp(void *user)
{
    static const char event[] =
        "[{\"Event\":{\"uuid\":\"5eb0775e-2780-4234-89b8-5e640a019371\",\"info\":\"x\",\"Orgc\":{"
        "\"name\":\"y\"},"
        "\"Tag\":[{\"name\":\"tlp:red\"}],\"Galaxy\":[{\"type\":\"rat\",\"GalaxyCluster\":[{"
        "\"value\":\"r\"}]}],"
        "\"Attribute\":[{\"type\":\"url\",\"value\":\"http://example.jp/\",\"to_ids\":true},"
        "{\"type\":\"domain|ip\",\"value\":\"example.jp|192.0.2.1\"},{\"type\":\"md5\",\"value\":"
        "\"z\"},{\"a\":x}],"
        "\"Object\":[{\"name\":\"file\",\"uuid\":\"5eb0775e-2780-4234-89b8-5e640a019372\","
        "\"Attribute\":["
        "{\"type\":\"filename\",\"object_relation\":\"filename\",\"value\":\"a\"}],"
        "\"ObjectReference\":[{\"uuid\":"
        "\"5eb0775e-2780-4234-89b8-5e640a019373\",\"referenced_uuid\":\"5eb0775e-2780-4234-89b8-"
        "5e640a019372\","
        "\"relationship_type\":\"drops\"}]}]}}]";
    struct misp_stix *m = misp_stix_new(keep_rules, misp_fault, user);
    int r = m ? misp_stix_add(m, str_of(event)) : -ENOMEM;

    if (!r)
        r = misp_stix_end(m);
    misp_stix_free(m);
    return r;
}

static void events_become_stix(void **state)
{
    loop("misp", run_misp);
}

static int add_to_misp(const struct stix_object *o, void *context)
{
    return stix_misp_add(context, o);
}

static int stix_fault(const struct stix_finding *f, void *context)
{
    return 0;
}

static int keep_left(uint64_t number, struct str id, enum message_key why, void *context)
{
    return keep_rules(id, context);
}

static int keep_event(struct str uuid, struct str json, void *context)
{
    return keep_rules(json, context);
}

static int run_misp_back(void *user)
{
#define X_HEAD(type, digit)                                                               \
    "{\"type\":\"" type "\",\"id\":\"" type "--5eb0775e-2780-4234-89b8-5e640a01937" digit \
    "\",\"modified\":\"2026-04-10T00:00:00Z\","
#define X_OWN(kind, misp)                                                                     \
    "\"extensions\":{\"" MISP_EXTENSION "\":{\"kind\":\"" kind                                \
    "\",\"event\":\"5eb0775e-2780-4234-89b8-5e640a019371\",\"carried\":[\"uuid\",\"value\"]," \
    "\"misp\":" misp "}}}"
    static const char objects[] =
        X_HEAD("indicator", "1") "\"pattern\":\"[url:value = 'http://example.jp/']\"," X_OWN(
            "attribute",
            "{\"type\":\"url\"}") X_HEAD("grouping",
                                         "1") "\"name\":\"x\"," X_OWN("event", "{\"Attribute\":[]}")
            X_HEAD("identity", "2") "\"name\":\"y\"}" X_HEAD(
                "indicator",
                "2") "\"pattern\":\"[url:value = 'a' OR url:value = "
                     "'b']\"}" X_HEAD("malware", "2") "\"name\":\"m\"}" X_HEAD(
                         "note",
                         "2") "\"conten"
                              "t\":"
                              "\"x\""
                              "}" X_HEAD(
                                  "report",
                                  "2") "\"name\":\"r\",\"created_by_ref\":\"identity--5eb0775e-"
                                       "2780-4234-89b8-5e640a019372\",\"object_refs\":["
                                       "\"indicator--5eb0775e-2780-4234-89b8-5e640a019372\","
                                       "\"malware--5eb0775e-2780-4234-89b8-5e640a019372\"]}" X_HEAD(
                                           "file", "3") "\"name\":\"a\"}";
    const struct stix_reader_calls calls = {add_to_misp, stix_fault};
    struct stix_misp *m = stix_misp_new(keep_left, user);
    struct stix_reader *reader = m ? stix_reader_new(&calls, m) : NULL;
    int r = reader ? stix_reader_add(reader, str_of(objects)) : -ENOMEM;

    if (!r)
        r = stix_reader_end(reader);
    if (!r)
        r = stix_misp_end(m, keep_event, user);
    stix_reader_free(reader);
    stix_misp_free(m);
    return r;
}

static void stix_becomes_events(void **state)
{
    loop("misp-back", run_misp_back);
}

/* ---- a feed over an older one ---- */

#define OLD "5eb0775e-2780-4234-89b8-5e640a019371"
#define NEW "5eb0775e-2780-4234-89b8-5e640a019372"

struct feed {
    char top[40], path[60];
};

static int write_feed(const char *path, const char *event)
{
    CLEANUP(misp_feed_freep) struct misp_feed *f = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = misp_feed_new(path, &f, &diag);
    if (!r)
        r = misp_feed_add(f, str_of(event), &diag);
    if (!r)
        r = misp_feed_end(f, &diag);
    diag_done(&diag);
    return r;
}

static int run_feed(void *user)
{
    return write_feed(((struct feed *)user)->path, "{\"Event\":{\"uuid\":\"" NEW "\"}}");
}

static bool has(const struct feed *f, const char *name)
{
    char path[200];

    snprintf(path, sizeof(path), "%s/%s", f->path, name);
    return access(path, F_OK) == 0;
}

static unsigned n_entries(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    unsigned n = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void check_feed(void *user, int r)
{
    const struct feed *f = user;

    assert_true(has(f, "manifest.json") && has(f, "hashes.csv"));
    assert_int_equal(has(f, NEW ".json"), r == 0);
    assert_int_equal(has(f, OLD ".json"), r != 0);
    assert_int_equal(n_entries(f->path), 3);
    assert_int_equal(n_entries(f->top), 1);
    OK(write_feed(f->path, "{\"Event\":{\"uuid\":\"" OLD "\"}}"));
}

static void a_feed_is_replaced_or_stays(void **state)
{
    static const char *const names[] = {"manifest.json", "hashes.csv", OLD ".json"};
    struct fail_operation op = {"feed", run_feed, check_feed, FAIL_WRITE, fail_io, 0};
    struct feed f = {.top = "/tmp/fail-feed-XXXXXX"};

    assert_non_null(mkdtemp(f.top));
    snprintf(f.path, sizeof(f.path), "%s/feed", f.top);
    OK(write_feed(f.path, "{\"Event\":{\"uuid\":\"" OLD "\"}}"));
    fail_loop(&op, &f);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char path[200];

        snprintf(path, sizeof(path), "%s/%s", f.path, names[i]);
        OK(unlink(path));
    }
    OK(rmdir(f.path));
    OK(rmdir(f.top));
}

static int delta_between(const struct set *from, const struct set *to, struct written *w)
{
    struct buf delta, made;
    int r;

    buf_init(&delta, OUT_MAX);
    buf_init(&made, OUT_MAX);
    r = set_delta_print(from, to, &delta);
    if (!r)
        r = set_delta_apply(from, buf_str(&delta), &made);
    if (!r)
        r = buf_printf(&w->is, "%zu %zu\n", delta.len, made.len);
    buf_done(&delta);
    buf_done(&made);
    return r;
}

static int make_set(bool is_full, struct buf *file, struct set **ret)
{
    struct set_builder *b = set_builder_new(&(struct set_mark){.flags = SET_BELOW}, NULL);
    int r = !b ? -ENOMEM : is_full ? add_all(b) : 0;

    if (!r)
        r = set_builder_print(b, file);
    set_builder_free(b);
    return r ? r : set_of(buf_str(file), ret);
}

static int run_delta(void *user)
{
    struct set *from = NULL, *to = NULL;
    struct buf a, b;
    int r;

    buf_init(&a, OUT_MAX);
    buf_init(&b, OUT_MAX);
    r = make_set(true, &a, &from);
    if (!r)
        r = make_set(false, &b, &to);
    if (!r)
        r = delta_between(from, to, user);
    if (!r)
        r = delta_between(to, from, user);
    set_free(from);
    set_free(to);
    buf_done(&a);
    buf_done(&b);
    return r;
}

static void deltas_are_made_and_merged(void **state)
{
    loop("delta", run_delta);
}

static int keep_fault(const struct stix_finding *f, void *context)
{
    struct written *w = context;

    return buf_printf(&w->is, "%s %.*s\n", stix_fault_name(f->fault), STR_ARG(f->path));
}

struct checking {
    struct stix_rules *rules;
    struct written *w;
};

static int check_fault(const struct stix_finding *f, void *context)
{
    return keep_fault(f, ((struct checking *)context)->w);
}

static int check_object(const struct stix_object *o, void *context)
{
    struct checking *c = context;
    unsigned n;

    return stix_check(c->rules, o, check_fault, c, &n);
}

static int run_stix(void *user)
{
    static const char file[] =
        "{\"type\":\"bundle\",\"id\":\"bundle--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01\",\"objects\":["
        "{\"type\":\"url\",\"id\":\"url--5f0c8f7e-1d6a-4b0e-9f57-6a1f4c3f0a01\",\"value\":"
        "\"\\u3042\"},"
        "{\"type\":\"indicator\",\"pattern_type\":\"stix\",\"pattern\":\"[a:b MATCHES '^(x|y)+$' "
        "AND a:c LIKE '%z']\"},"
        "{\"type\":\"file\",\"hashes\":{\"MD5\":\"1\"},\"k1\":1,\"k2\":1,\"k3\":1,\"k4\":1,\"k5\":"
        "1,\"k6\":1,\"k7\":1,\"k8\":1,"
        "\"k9\":1,\"l1\":1,\"l2\":1,\"l3\":1,\"l4\":1,\"l5\":1,\"l6\":1,\"l7\":1,\"l8\":1,\"l9\":1,"
        "\"m1\":1,\"m2\":1,\"m3\":1,\"m4\":1,\"m5\":1},"
        "{\"a\":01}]}";
    const struct stix_reader_calls calls = {check_object, check_fault};
    struct checking c = {stix_rules_new(), user};
    struct stix_reader *r = stix_reader_new(&calls, &c);
    int answer = c.rules && r ? stix_reader_add(r, str_of(file)) : -ENOMEM;

    if (!answer)
        answer = stix_reader_end(r);
    stix_reader_free(r);
    stix_rules_free(c.rules);
    return answer;
}

static void stix_is_read_and_checked(void **state)
{
    loop("stix", run_stix);
}

static int eval_all(const struct pattern *p, const struct scan_value *v, struct buf *out)
{
    const struct pattern_object object = {STR("0"), v};
    struct pattern_observation o[3];
    enum pattern_answer is = PATTERN_NO;
    int r;

    for (int i = 0; i < 3; i++)
        o[i] = (struct pattern_observation){i, i, 1, &object, 1, NULL, 0};
    r = pattern_eval(p, o, 3, 100000, &is, NULL);
    if (!r)
        r = buf_printf(out, "%d ", (int)is);
    return r ? r : pattern_print(p, out);
}

static int run_pattern(void *user)
{
    static const char text[] = "([t:s MATCHES '^x+$' AND t:s = 'か\xe3\x82\x99x' OR t:s LIKE "
                               "'か\xe3\x82\x99%' AND t:x_hex = h'61'] FOLLOWEDBY "
                               "[t:v IN (1, 2)]) WITHIN 5 SECONDS AND [t:v = 2 AND u:v = 3] AND "
                               "[t:x_bin = b'YQ=='] START "
                               "t'1970-01-01T00:00:00Z' STOP t'2026-01-01T00:00:00Z'";
    CLEANUP(scanner_freep) struct scanner *s = scanner_new(1 << 20);
    CLEANUP(pattern_freep) struct pattern *p = NULL;
    const struct scan_value *v;
    struct scan_place place;
    struct pattern_fault fault;
    struct written *w = user;
    int r = s ? pattern_parse(str_of(text), &p, &fault) : -ENOMEM;

    assert_true(r <= 0);
    buf_init(&place.path, 100);
    if (!r)
        r = scanner_read(s,
                         STR("{\"type\":\"t\",\"s\":\"か\xe3\x82\x99y\\n\",\"v\":2,\"x_hex\":"
                             "\"61\",\"x_bin\":\"YQ==\"}"),
                         &v, &place);
    if (!r)
        r = eval_all(p, v, &w->is);
    buf_done(&place.path);
    return r;
}

static void patterns_are_read_and_evaluated(void **state)
{
    loop("pattern", run_pattern);
}

/* ---- into the store ---- */

static const char sample[] = "{\"type\":\"indicator\",\"id\":\"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f\",\"pattern_type\":\"stix\",\"pattern\":"
                             "\"[domain-name:value = 'c2.example.jp' OR ipv4-addr:value ISSUBSET '192.0.2.0/24' OR url:value = 'http://a.example.jp/']\"}";

static int keep_clue(const struct clue *v, bool is_derived, void *context)
{
    return segment_writer_value(context, (uint8_t)v->type, is_derived, buf_str(&v->bytes));
}

static int add_sample(struct segment_writer *w, const struct scan_value *root)
{
    const struct segment_object o = {.type = STR("indicator"), .id = STR("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"), .version = STR(""),
                                     .length = sizeof(sample) - 1, .packed = str_of(sample), .life = SEGMENT_INDICATOR, .until_us = 5};
    CLEANUP(stix_clues_freep) struct stix_clues *clues = stix_clues_new();
    int r = clues ? stix_clues(clues, root, keep_clue, w) : -ENOMEM;

    return r ? r : segment_writer_add(w, &o);
}

static int print_sample(struct buf *out)
{
    CLEANUP(scanner_freep) struct scanner *s = scanner_new(1 << 20);
    CLEANUP(segment_writer_freep) struct segment_writer *w = segment_writer_new();
    const struct scan_value *root;
    struct scan_place place;
    int r;

    buf_init(&place.path, 1000);
    r = s && w ? scanner_read(s, str_of(sample), &root, &place) : -ENOMEM;
    if (!r)
        r = add_sample(w, root) ?: segment_writer_print(w, out);
    buf_done(&place.path);
    return r;
}

static int segments_run(void *user)
{
    struct written *w = user;
    struct segment g;
    int r = print_sample(&w->is) ?: segment_read(buf_str(&w->is), &g);

    if (!r)
        segment_done(&g);
    return r;
}

static void segments_are_made_and_read(void **state)
{
    loop("segment", segments_run);
}

/* A place on the disk, and which run comes next. */
struct writes {
    char dir[32];
    struct store *s; /* as the keeper's thread has one */
    int64_t run;
    struct buf message;
};

static int writes_run(void *user)
{
    struct writes *w = user;
    const struct intel_writing writing = {.run = w->run, .audiences = {1, 2, 3}};
    const struct digest digest = {{1}};
    struct intel_totals totals;
    struct segment g;
    uint64_t known;
    int r = segment_read(buf_str(&w->message), &g);

    if (r)
        return r;
    r = intel_write(w->s, &writing, 0, &g, &digest, &known) ?: intel_finish(w->s, &writing, &totals);
    segment_done(&g);
    return store_errno(r);
}

/* The segment is there wholly or not at all, and what is there can be finished. */
static void writes_check(void *user, int r)
{
    struct writes *w = user;
    struct intel_totals totals;
    struct store *s = w->s;
    ROWS_AUTO *object = NULL, *segment = NULL;
    bool has_object, has_segment;

    has_object = !STORE_ONE(s, &object, STMT_INTEL_OBJECT_GET, V_INT(1), V_INT(w->run), V_INT(0));
    has_segment = !STORE_ONE(s, &segment, STMT_INTEL_SEGMENT_GET, V_INT(w->run), V_INT(0));
    assert_int_equal(has_object, has_segment);
    if (!r) {
        OK(intel_totals(s, w->run, &totals));
        assert_int_equal(totals.n_objects, 1);
        w->run++;
    } else if (has_segment) { /* it failed behind the first commit: the next run of the loop would be told so */
        w->run++;
    }
}

static void segments_are_written(void **state)
{
    const struct fail_operation memory = {"intel_write", writes_run, writes_check, FAIL_ALLOC, fail_no_memory, 20};
    const struct fail_operation disk = {"intel_write", writes_run, writes_check, FAIL_WRITE, fail_io, 20};
    struct writes w = {.dir = "/tmp/fail-intel-XXXXXX", .run = 1};
    char path[64];

    assert_non_null(mkdtemp(w.dir));
    buf_init(&w.message, SEGMENT_SIZE_MAX);
    OK(print_sample(&w.message));
    OK(intel_open(w.dir, STORE_WRITE, &w.s, NULL));
    fail_loop(&memory, &w);
    fail_loop(&disk, &w);
    store_close(w.s);
    buf_done(&w.message);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"intel.db", "intel.db-wal", "intel.db-shm"};

        snprintf(path, sizeof(path), "%s/%s", w.dir, names[i]);
        unlink(path);
    }
    rmdir(w.dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_read_and_shown),
        cmocka_unit_test(values_are_found),
        cmocka_unit_test(values_are_matched),
        cmocka_unit_test(sets_are_written_as_rules),
        cmocka_unit_test(values_become_stix),
        cmocka_unit_test(events_become_stix),
        cmocka_unit_test(stix_becomes_events),
        cmocka_unit_test(a_feed_is_replaced_or_stays),
        cmocka_unit_test(deltas_are_made_and_merged),
        cmocka_unit_test(stix_is_read_and_checked),
        cmocka_unit_test(patterns_are_read_and_evaluated),
        cmocka_unit_test(segments_are_made_and_read),
        cmocka_unit_test(segments_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
