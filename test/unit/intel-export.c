#include "base/file.h"
#include "base/utf8.h"
#include "intel/export.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUT_MAX ((size_t)1 << 20)
#define NOW UINT64_C(1800000000000000)

static int put(struct str piece, void *context)
{
    return buf_add_str(context, piece);
}

/* What comes behind the head's four or so lines of the same kind, and the counts. */
static void write_rows(enum rule_format format, const struct rule_row *rows, size_t n,
                       struct buf *out, struct rules *r)
{
    const struct rule_order order = {
        .format = format, .now_us = NOW, .created_us = NOW, .tlp = TLP_AMBER, .sid_first = 7};

    buf_init(out, OUT_MAX);
    rules_init(r, &order, put, out);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(rules_look(r, &rows[i]), 0);
    assert_int_equal(rules_begin(r), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(rules_add(r, &rows[i]), 0);
    assert_int_equal(rules_end(r), 0);
}

static void assert_line(enum rule_format format, enum clue_type type, const char *value,
                        bool is_below, const char *wanted)
{
    struct rules r;
    struct clue v;
    struct buf out;

    clue_init(&v);
    assert_int_equal(clue_read_as(type, str_of(value), &v), 0);
    write_rows(format,
               &(struct rule_row){v.type, buf_str(&v.bytes), STR("case-1"), 0,
                                  RULES_CONFIDENCE_NONE, is_below},
               1, &out, &r);
    if (!wanted)
        assert_int_equal(r.n_left_out, 1);
    else if (r.n_written != 1 || !memmem(out.at, out.len, wanted, strlen(wanted)))
        fail_msg("%s as %s gives\n%.*s\nwithout\n%s", value, rule_format_name(format),
                 STR_ARG(buf_str(&out)), wanted);
    rules_done(&r);
    clue_done(&v);
    buf_done(&out);
}

static void each_format_spells_each_kind(void **state)
{
    static const struct {
        enum rule_format format;
        enum clue_type type;
        const char *value;
        bool is_below;
        const char *wanted; /* NULL: the format cannot carry it */
    } rows[] = {
        {RULES_SURICATA, CLUE_IPV4, "192.0.2.1", false,
         "\nalert ip any any <> [192.0.2.1] any (msg:\"tsujiban ipv4 case-1\"; sid:7; rev:1;)\n"},
        {RULES_SURICATA, CLUE_DOMAIN, "example.jp", false,
         "dns.query; content:\"example.jp\"; nocase; startswith; endswith; sid:7; rev:1;)\n"},
        {RULES_SURICATA, CLUE_DOMAIN, "example.jp", true,
         "tls.sni; dotprefix; content:\".example.jp\"; nocase; endswith; sid:8; rev:1;)\n"},
        {RULES_SURICATA, CLUE_DOMAIN, "example.jp", true,
         "http.host; dotprefix; content:\".example.jp\"; endswith; sid:9; rev:1;)\n"},
        {RULES_SURICATA, CLUE_URL, "http://example.jp/a?b;c#d", false,
         "any -> any any (msg:\"tsujiban url case-1\"; http.host; content:\"example.jp\"; "
         "startswith; "
         "endswith; http.uri.raw; content:\"/a|3F|b|3B|c\"; startswith; endswith; sid:7; "
         "rev:1;)\n"},
        {RULES_SURICATA, CLUE_URL, "http://example.jp:8080/", false, "any -> any 8080 (msg"},
        {RULES_SURICATA, CLUE_URL, "https://example.jp/", false, NULL},
        {RULES_SURICATA, CLUE_URL, "http://u@example.jp/", false, NULL},
        {RULES_SURICATA, CLUE_URL, "http://[2001:db8::1]/", false, NULL},
        {RULES_SURICATA, CLUE_MD5, "d41d8cd98f00b204e9800998ecf8427e", false, NULL},
        {RULES_ZEEK, CLUE_IPV6_NET, "2001:db8::/32", false,
         "\n2001:db8::/32\tIntel::SUBNET\ttsujiban\tcase-1\n"},
        {RULES_ZEEK, CLUE_URL, "http://example.jp/a", false,
         "\nexample.jp/a\tIntel::URL\ttsujiban\tcase-1\n"},
        {RULES_ZEEK, CLUE_DOMAIN, "example.jp", true, "\n# names match as they stand"},
        {RULES_ZEEK, CLUE_FILE_NAME, "#a b.exe", false,
         "\n\\x23a\\x20b.exe\tIntel::FILE_NAME\t"},
        {RULES_ZEEK, CLUE_PHONE, "+81 3 1234 5678", false, NULL},
        {RULES_RPZ, CLUE_DOMAIN, "example.jp", false, "\nexample.jp IN CNAME .\n"},
        {RULES_RPZ, CLUE_DOMAIN, "a_b.example.jp", true, "\n*.a_b.example.jp IN CNAME .\n"},
        {RULES_RPZ, CLUE_IPV4, "192.0.2.1", false, "\n32.1.2.0.192.rpz-ip IN CNAME .\n"},
        {RULES_RPZ, CLUE_IPV4_NET, "198.51.100.0/22", false,
         "\n22.0.100.51.198.rpz-ip IN CNAME .\n"},
        {RULES_RPZ, CLUE_IPV6, "2001:db8::1", false, "\n128.1.zz.db8.2001.rpz-ip IN CNAME .\n"},
        {RULES_RPZ, CLUE_IPV6_NET, "2001:db8:0:1::/64", false,
         "\n64.zz.1.0.db8.2001.rpz-ip IN CNAME .\n"},
        {RULES_RPZ, CLUE_IPV4_NET, "0.0.0.0/0", false, NULL},
        {RULES_RPZ, CLUE_URL, "http://example.jp/", false, NULL},
        {RULES_SQUID, CLUE_DOMAIN, "www.example.jp", true,
         "\nacl tsujiban_name_3 dstdomain .www.example.jp\nacl tsujiban_name any-of "
         "tsujiban_name_3\n"},
        {RULES_SQUID, CLUE_DOMAIN, "example.jp", false,
         "\nacl tsujiban_name_0 dstdomain example.jp\nacl tsujiban_name any-of tsujiban_name_0\n"},
        {RULES_SQUID, CLUE_IPV4_NET, "198.51.100.0/24", false,
         "\nacl tsujiban_ipv4_24 dst 198.51.100.0/24\nacl tsujiban_address any-of "
         "tsujiban_ipv4_24\n"},
        {RULES_SQUID, CLUE_URL, "http://example.jp/a.b?c#d", false,
         "\nacl tsujiban_url url_regex ^http://example[.]jp/a[.]b[?]c$\n"},
        {RULES_CSV, CLUE_PHONE, "+81 3 1234 5678", false,
         "\nphone,'+81312345678,exact,,case-1,,TLP:AMBER\r\n"},
        {RULES_CSV, CLUE_IPV4_NET, "198.51.100.0/24", false,
         "\nipv4-net,198.51.100.0/24,prefix,,case-1,"},
        {RULES_PLAIN, CLUE_DOMAIN, "例え.jp", false, "\nxn--r8jz45g.jp\tcase-1\n"},
        {RULES_PLAIN, CLUE_ACCOUNT, "telegram:@taro", false, NULL},
        {RULES_PLAIN, CLUE_CERT_SERIAL, "00:ab:cd", false, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_line(rows[i].format, rows[i].type, rows[i].value, rows[i].is_below, rows[i].wanted);
}

/* Lines of the whole but for comments, which have to begin in one of the ways that the format has. */
static void assert_begins(enum rule_format format, struct str text)
{
    static const char *const ways[RULES_N_FORMATS][3] = {
        [RULES_SURICATA] = {"alert "},
        [RULES_ZEEK] = {"example.jp\tIntel::DOMAIN\ttsujiban\t", "evil.exe"},
        [RULES_RPZ] = {"example.jp IN CNAME .", "$TTL 300", "@ IN "},
        [RULES_SQUID] = {"acl tsujiban_name", "acl tsujiban_url url_regex ^http"},
        [RULES_CSV] = {"type,", "domain,example.jp,exact,,", "url,http"},
        [RULES_PLAIN] = {"example.jp\t"},
    };
    struct str rest = text, line;

    while (str_split(&rest, '\n', &line)) {
        bool is_known = !line.len || line.at[0] == '#' || line.at[0] == ';';

        for (unsigned i = 0; i < 3 && !is_known; i++)
            is_known = ways[format][i] && str_starts(line, str_of(ways[format][i]));
        if (!is_known)
            fail_msg("%s has the line\n%.*s", rule_format_name(format), STR_ARG(line));
    }
}

/* Bytes that a set's maker chose, not the normaliser: none gets out of its place, and what is no value is counted as that. */
static void nothing_breaks_out(void **state)
{
    static const char *const bad[] = {
        "a\nalert ip any any -> any any (sid:1;)",
        "a\"; sid:2;) #",
        "a\r\nb",
        "a\tIntel::ADDR",
        "*",
        "a b",
        "a\"b",
        "a;b",
        "a$INCLUDE",
        "\n$INCLUDE /etc/passwd\n",
        "a|b",
        "=cmd()",
        "例え.jp",
        "EXAMPLE.JP",
        "a\\",
    };

    for (unsigned f = 0; f < RULES_N_FORMATS; f++) {
        for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
            const struct rule_row rows[] = {
                {CLUE_DOMAIN, str_of(bad[i]), STR_NONE, 0, 50, true},
                {CLUE_IPV6_NET, str_of(bad[i]), STR_NONE, 0, 50, true},
                {CLUE_URL, str_of(bad[i]), STR_NONE, 0, 50, false},
                {CLUE_N_TYPES, str_of(bad[i]), STR_NONE, 0, 50, false},
                {CLUE_DOMAIN, STR("example.jp"), str_of(bad[i]), 0, 50, false},
            };
            struct rules r;
            struct buf out;

            write_rows((enum rule_format)f, rows, ARRAY_LEN(rows), &out, &r);
            assert_begins((enum rule_format)f, buf_str(&out));
            assert_int_equal(r.n_written, 1);
            assert_int_equal(r.n_written + r.n_left_out + r.n_unsound, ARRAY_LEN(rows));
            rules_done(&r);
            buf_done(&out);
        }
    }
}

static void head_says_until_when(enum rule_format format, const struct rule_row *rows, size_t n,
                                 const char *wanted)
{
    struct rules r;
    struct buf out;

    write_rows(format, rows, n, &out, &r);
    if (!memmem(out.at, out.len, wanted, strlen(wanted)))
        fail_msg("%s\nis without\n%s", out.at, wanted);
    rules_done(&r);
    buf_done(&out);
}

/* LI4: what has ended stays behind; the file may be used until the first value ends, and a value ends with the last of its rows. */
static void files_end_with_their_first_value(void **state)
{
    static const struct rule_row rows[] = {
        {CLUE_DOMAIN, {"gone.example", 12}, {"a", 1}, NOW, 50, false},
        {CLUE_DOMAIN, {"example.jp", 10}, {"a", 1}, NOW + 1000000, 50, false},
        {CLUE_DOMAIN, {"example.jp", 10}, {"b", 1}, NOW + 3000000, 50, false},
        {CLUE_DOMAIN, {"example.com", 11}, {"a", 1}, NOW + 5000000, 50, false},
        {CLUE_DOMAIN, {"example.net", 11}, {"a", 1}, NOW + 1000000, 50, false},
        {CLUE_DOMAIN, {"example.net", 11}, {"b", 1}, 0, 50, false},
        {CLUE_MD5, {"0123456789abcdef", 16}, {"b", 1}, NOW + 1, 50, false},
    };
    struct rules r;
    struct buf out;

    head_says_until_when(RULES_RPZ, rows, 7, "; use until: 2027-01-15T08:00:03.000000Z\n");
    head_says_until_when(RULES_RPZ, rows + 3, 3, "; use until: 2027-01-15T08:00:05.000000Z\n");
    head_says_until_when(RULES_RPZ, rows + 4, 3, "; use until: none\n");
    head_says_until_when(RULES_ZEEK, rows, 6, "# use until: 2027-01-15T08:00:01.000000Z\n");
    head_says_until_when(RULES_PLAIN, rows, 7, "# use until: none\n");
    head_says_until_when(RULES_PLAIN, rows, 7, "example.jp\tb\t2027-01-15T08:00:03.000000Z\n");
    write_rows(RULES_SURICATA, rows, 7, &out, &r);
    assert_int_equal(r.n_ended, 1);
    assert_int_equal(r.n_written, 3);
    assert_int_equal(r.n_left_out, 1);
    assert_int_equal(r.sid, 7 + 9);
    rules_done(&r);
    buf_done(&out);
}

static void many_labels_and_long_names_have_their_place(void **state)
{
    struct buf name, out;
    struct rules r;

    buf_init(&name, 300);
    for (unsigned i = 0; i < 120; i++)
        assert_int_equal(buf_add_text(&name, "a."), 0);
    assert_int_equal(buf_add_text(&name, "jp"), 0);
    for (unsigned f = 0; f < RULES_N_FORMATS; f++) {
        write_rows((enum rule_format)f,
                   &(struct rule_row){CLUE_DOMAIN, buf_str(&name), STR_NONE, 0, 50, true}, 1, &out,
                   &r);
        assert_int_equal(r.n_written, f == RULES_RPZ ? 0 : 1);
        assert_int_equal(r.n_left_out, f == RULES_RPZ ? 1 : 0);
        rules_done(&r);
        buf_done(&out);
    }
    buf_done(&name);
}

static int fails(struct str piece, void *context)
{
    return -ENOSPC;
}

static void what_the_way_out_answers_is_answered(void **state)
{
    const struct rule_order order = {.format = RULES_RPZ};
    struct rules r;

    rules_init(&r, &order, fails, NULL);
    assert_int_equal(rules_begin(&r), -ENOSPC);
    rules_done(&r);
}

/* The exit status of BIND's reader of zones; 127: it is not here. */
static int check_zone(const char *path)
{
    char *argv[] = {(char[]){"named-checkzone"}, (char[]){"-q"}, (char[]){"rpz.example"},
                    (char *)path, NULL};
    int status;
    pid_t pid;

    if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
        return 127;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void a_zone_is_read_by_bind(void **state)
{
    static const char *const values[] = {"example.jp",      "a_b.example.com", "192.0.2.1",
                                         "198.51.100.0/24", "2001:db8::1",     "2001:db8:0:1::/64"};
    struct rule_row rows[ARRAY_LEN(values)];
    struct clue v[ARRAY_LEN(values)];
    char path[] = "/tmp/intel-export-XXXXXX";
    struct rules r;
    struct buf out;
    int fd, status;

    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        clue_init(&v[i]);
        assert_int_equal(clue_read(str_of(values[i]), &v[i]), 0);
        rows[i] = (struct rule_row){v[i].type, buf_str(&v[i].bytes), STR("a\nb"), 0, 50, true};
    }
    write_rows(RULES_RPZ, rows, ARRAY_LEN(rows), &out, &r);
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(file_write_all(fd, buf_str(&out)), 0);
    close(fd);
    status = check_zone(path);
    unlink(path);
    for (size_t i = 0; i < ARRAY_LEN(values); i++)
        clue_done(&v[i]);
    rules_done(&r);
    buf_done(&out);
    if (status == 127) {
        print_message("# left out: named-checkzone is not here\n");
        return;
    }
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_spells_each_kind),
        cmocka_unit_test(nothing_breaks_out),
        cmocka_unit_test(files_end_with_their_first_value),
        cmocka_unit_test(many_labels_and_long_names_have_their_place),
        cmocka_unit_test(what_the_way_out_answers_is_answered),
        cmocka_unit_test(a_zone_is_read_by_bind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
