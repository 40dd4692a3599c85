/* Lists of what is known to be harmless: what stands on them and what does not, held against a walk over all entries; what is no list is refused as a whole
 * (CO5 of doc/design/intelligence.md). */
#include "intel/known-shelf.h"
#include "base/file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)

static void add(struct known *k, const char *file, const char *text, unsigned warnings)
{
    struct diag diag;

    diag_init(&diag);
    if (known_add(k, file, str_of(text), &diag))
        fail_msg("%s", diag_first(&diag));
    assert_int_equal(diag.n, warnings);
    assert_int_equal(diag.n_errors, 0);
    diag_done(&diag);
}

/* "" : on none */
static void check(const struct known *k, const char *text, const char *list)
{
    struct clue v;
    struct str found;

    clue_init(&v);
    OK(clue_read(str_of(text), &v));
    found = known_list(k, v.type, buf_str(&v.bytes));
    if (!str_eq(found, str_of(list)))
        fail_msg("%s is on \"%.*s\", not \"%s\"", text, STR_ARG(found), list);
    clue_done(&v);
}

static void each_kind(void **state)
{
    struct known *k = known_new();
    size_t lists, entries;

    assert_non_null(k);
    add(k, "a.json", "{\"name\": \"Hosts\", \"type\": \"hostname\", \"version\": 3, \"list\": [\"example.com\", \".Example.JP\"]}", 0);
    add(k, "b.json", "{\"name\": \"Names\", \"type\": \"string\", \"list\": [\"example.org\", \".example.net\", \"d41d8cd98f00b204e9800998ecf8427e\", \"no value\"]}", 1);
    add(k, "c.json", "{\"name\": \"Nets\", \"type\": \"cidr\", \"list\": [\"192.0.2.0/25\", \"2001:DB8::/32\", \"198.51.100.7/32\", \"198.51.100.9\"]}", 0);
    add(k, "d.json", "{\"name\": \"Forms\", \"type\": \"regex\", \"list\": [\"^a\"]}", 1);
    add(k, "house.txt", "# ours\n\nexample.com  # twice\nhttp://example.edu/a#b\nmail@example.edu\n203.0.113.0/24\n", 0);
    known_ready(k);
    known_counts(k, &lists, &entries);
    assert_int_equal(lists, 4);
    assert_int_equal(entries, 2 + 3 + 4 + 4);
    check(k, "example.com", "Hosts");
    check(k, "a.b.example.com", "Hosts");
    check(k, "notexample.com", "");
    check(k, "example.jp", "Hosts");
    check(k, "http://www.example.jp:81/x", "Hosts");
    check(k, "who@www.example.jp", "Hosts");
    check(k, "example.org", "Names");
    check(k, "www.example.org", "");
    check(k, "http://example.org/", "Names");
    check(k, "www.example.net", "Names");
    check(k, "D41D8CD98F00B204E9800998ECF8427E", "Names");
    check(k, "d41d8cd98f00b204e9800998ecf8427f", "");
    check(k, "192.0.2.127", "Nets");
    check(k, "192.0.2.128", "");
    check(k, "192.0.2.64/26", "Nets");
    check(k, "192.0.2.0/24", "");
    check(k, "http://192.0.2.1/", "Nets");
    check(k, "http://[2001:db8::1]/", "Nets");
    check(k, "2001:db9::1", "");
    check(k, "198.51.100.7", "Nets");
    check(k, "198.51.100.8", "");
    check(k, "198.51.100.9", "Nets");
    check(k, "http://example.edu/a", "");
    check(k, "http://example.edu/a#b", "house");
    check(k, "mail@example.edu", "house");
    check(k, "other@example.edu", "");
    check(k, "203.0.113.9", "house");
    assert_true(!known_list(NULL, CLUE_DOMAIN, STR("example.com")).len);
    known_free(k);
}

static void refused(struct known *k, const char *file, const char *text, const char *why)
{
    struct diag diag;
    size_t lists, entries;

    diag_init(&diag);
    assert_int_equal(known_add(k, file, str_of(text), &diag), KNOWN_E_LIST);
    assert_non_null(strstr(diag_first(&diag), why));
    assert_true(diag.n && diag.entries[0].file && !strcmp(diag.entries[0].file, file));
    diag_done(&diag);
    known_counts(k, &lists, &entries);
    assert_int_equal(lists, 1);
    assert_int_equal(entries, 1);
}

static void broken_lists(void **state)
{
    struct known *k = known_new();

    assert_non_null(k);
    add(k, "house.txt", "example.com\n", 0);
    refused(k, "a.json", "{\"name\": \"x\", \"type\": \"cidr\", \"list\": [", "JSON");
    refused(k, "a.json", "[]", "warning list");
    refused(k, "a.json", "{\"type\": \"cidr\", \"list\": []}", "warning list");
    refused(k, "a.json", "{\"name\": \"x\", \"type\": \"cidr\"}", "warning list");
    refused(k, "a.json", "{\"name\": \"x\", \"type\": \"other\", \"list\": [\"example.jp\"]}", "type");
    refused(k, "a.json", "{\"name\": \"x\", \"type\": \"string\", \"list\": [[[[[\"example.jp\"]]]]]}", "");
    known_ready(k);
    check(k, "example.com", "house");
    check(k, "example.jp", "");
    known_free(k);
}

/* As a folder: by name, others passed over, one that is none refuses all. */
static void folders(void **state)
{
    char folder[] = "/tmp/known-XXXXXX", path[200];
    struct known *k = NULL;
    struct diag diag;
    size_t lists, entries;

    diag_init(&diag);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/none", folder);
    OK(known_read(path, &k, &diag));
    known_counts(k, &lists, &entries);
    assert_int_equal(lists, 0);
    known_free(k);
    snprintf(path, sizeof(path), "%s/b.txt", folder);
    OK(file_write_atomic(path, STR("example.com\nexample.org\nno value at all\n"), 0644, NULL));
    snprintf(path, sizeof(path), "%s/a.json", folder);
    OK(file_write_atomic(path, STR("{\"name\": \"A\", \"type\": \"string\", \"list\": [\"example.com\"]}"), 0644, NULL));
    snprintf(path, sizeof(path), "%s/README", folder);
    OK(file_write_atomic(path, STR("{"), 0644, NULL));
    OK(known_read(folder, &k, &diag));
    assert_int_equal(diag.n, 1);
    assert_int_equal(diag.entries[0].level, DIAG_WARNING);
    assert_int_equal(diag.entries[0].line, 3);
    check(k, "example.com", "A");
    check(k, "www.example.com", "b");
    check(k, "example.org", "b");
    known_free(k);
    k = NULL;
    snprintf(path, sizeof(path), "%s/a.json", folder);
    OK(file_write_atomic(path, STR("{"), 0644, NULL));
    assert_int_equal(known_read(folder, &k, &diag), KNOWN_E_LIST);
    assert_null(k);
    OK(unlink(path));
    snprintf(path, sizeof(path), "%s/b.txt", folder);
    OK(unlink(path));
    snprintf(path, sizeof(path), "%s/README", folder);
    OK(unlink(path));
    OK(rmdir(folder));
    diag_done(&diag);
}

/* Every entry of made lists against every value, by the words of the header. */
static bool slow_is_on(const struct clue *entry, const struct clue *v)
{
    size_t n = entry->bytes.len, m = v->bytes.len;
    unsigned bits;

    if (clue_eq(entry, v))
        return true;
    if (entry->type == CLUE_DOMAIN && v->type == CLUE_DOMAIN)
        return m > n && v->bytes.at[m - n - 1] == '.' && !memcmp(v->bytes.at + m - n, entry->bytes.at, n);
    if (entry->type != CLUE_IPV4_NET || (v->type != CLUE_IPV4 && v->type != CLUE_IPV4_NET))
        return false;
    bits = (uint8_t)entry->bytes.at[4];
    if (v->type == CLUE_IPV4_NET && (uint8_t)v->bytes.at[4] < bits)
        return false;
    for (unsigned i = 0; i < bits; i++)
        if (((uint8_t)(entry->bytes.at[i / 8] ^ v->bytes.at[i / 8]) >> (7 - i % 8)) & 1)
            return false;
    return true;
}

static unsigned draw(uint64_t *seed, unsigned n)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (unsigned)(*seed >> 20) % n;
}

static void made_value(uint64_t *seed, char *out, size_t size)
{
    unsigned a = draw(seed, 3), b = draw(seed, 4), c = draw(seed, 256);

    switch (draw(seed, 4)) {
    case 0:
        snprintf(out, size, "203.0.113.%u", c);
        return;
    case 1:
        snprintf(out, size, "203.0.113.%u/%u", c, 23 + draw(seed, 10));
        return;
    case 2:
        snprintf(out, size, "a%u.b%u.example.com", a, b);
        return;
    default:
        snprintf(out, size, "b%u.example.com", b);
    }
}

static void against_slow(void **state)
{
    uint64_t seed = 20262;
    size_t n_on = 0;

    for (int round = 0; round < 200; round++) {
        struct known *k = known_new();
        struct clue entries[8], v;
        struct buf text;
        char value[64];

        buf_init(&text, 4096);
        clue_init(&v);
        for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
            clue_init(&entries[i]);
            made_value(&seed, value, sizeof(value));
            OK(clue_read(str_of(value), &entries[i]));
            OK(buf_printf(&text, "%s\n", value));
        }
        add(k, "list.txt", text.at, 0);
        known_ready(k);
        for (int i = 0; i < 100; i++) {
            bool is_on = false;

            made_value(&seed, value, sizeof(value));
            OK(clue_read(str_of(value), &v));
            for (size_t m = 0; m < ARRAY_LEN(entries); m++)
                is_on = is_on || slow_is_on(&entries[m], &v);
            check(k, value, is_on ? "list" : "");
            n_on += is_on;
        }
        for (size_t i = 0; i < ARRAY_LEN(entries); i++)
            clue_done(&entries[i]);
        clue_done(&v);
        buf_done(&text);
        known_free(k);
    }
    assert_true(n_on > 1000 && n_on < 19000);
}

/* ---- kept between questions ---- */

static void write_list(const char *folder, const char *name, const char *text, bool is_old)
{
    char path[256];
    struct timespec times[2] = {{1775000000, 0}, {1775000000, 0}};
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    OK(fclose(f));
    if (is_old)
        OK(utimensat(AT_FDCWD, path, times, 0));
}

static struct known *take(struct known_shelf *s)
{
    struct known *k = NULL;
    struct diag diag;

    diag_init(&diag);
    OK(known_shelf_take(s, &k, &diag));
    diag_done(&diag);
    return k;
}

static void one_question(struct known_shelf *s, const char *text, const char *list)
{
    struct known *k = take(s);

    check(k, text, list);
    known_free(k);
}

/* A file's time of status cannot be set back, so that what is told apart here is what comes later than it. */
static void wait_until_old(void)
{
    struct timespec pause = {2, 100000000};

    OK(nanosleep(&pause, NULL));
}

static void a_question_reads_nothing(void **state)
{
    char folder[] = "/tmp/tsujiban-shelf-XXXXXX", path[256];
    struct known_shelf *s;
    struct known *held, *broken = NULL;
    struct diag diag;
    uint64_t n;

    assert_non_null(mkdtemp(folder));
    assert_non_null(s = known_shelf_new(folder));
    one_question(s, "example.com", "");
    write_list(folder, "a.txt", "example.com\n", true);
    one_question(s, "example.com", "a");
    wait_until_old();
    one_question(s, "example.com", "a");
    n = known_shelf_readings(s);
    for (int i = 0; i < 100; i++)
        one_question(s, "example.com", "a");
    assert_int_equal(known_shelf_readings(s), n);
    held = take(s);
    write_list(folder, "a.txt", "example.org\n", true); /* of the same size and time */
    one_question(s, "example.com", "");
    one_question(s, "example.org", "a");
    check(held, "example.com", "a"); /* what was taken stays */
    known_free(held);
    write_list(folder, "b.json", "{", false);
    diag_init(&diag);
    assert_int_equal(known_shelf_take(s, &broken, &diag), KNOWN_E_LIST);
    assert_non_null(strstr(diag_first(&diag), "well-formed"));
    diag_done(&diag);
    snprintf(path, sizeof(path), "%s/b.json", folder);
    OK(unlink(path));
    one_question(s, "example.org", "a");
    snprintf(path, sizeof(path), "%s/a.txt", folder);
    OK(unlink(path));
    one_question(s, "example.org", "");
    held = take(s);
    known_shelf_free(s);
    check(held, "example.org", "");
    known_free(held);
    OK(rmdir(folder));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind), cmocka_unit_test(broken_lists), cmocka_unit_test(folders), cmocka_unit_test(against_slow),
        cmocka_unit_test(a_question_reads_nothing),
    };

    return cmocka_run_group_tests_name("known", tests, NULL, NULL);
}
