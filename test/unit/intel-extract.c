#include "extract-slow.h"
#include "intel/extract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

/* "type value <written>" of each hit, one a line. */
static int note(const struct extract_hit *hit, void *context)
{
    struct buf *out = context;

    assert_int_equal(buf_printf(out, "%s ", clue_type_name(hit->value->type)), 0);
    assert_int_equal(clue_show(hit->value, out), 0);
    assert_int_equal(buf_printf(out, " <%.*s>\n", STR_ARG(hit->written)), 0);
    return 0;
}

static void extract(struct str text, size_t piece, extract_fn *tell, void *context)
{
    struct extractor *x = extractor_new(tell, context);

    assert_non_null(x);
    for (size_t at = 0; at < text.len; at += piece)
        assert_int_equal(extractor_add(x, (struct str){text.at + at, MIN_OF(piece, text.len - at)}),
                         0);
    assert_int_equal(extractor_end(x), 0);
    extractor_free(x);
}

/* The slow extractor finds as many in the same line. */
static void slow_agrees(const char *text, const char *found)
{
    static struct slow_hit hits[SLOW_HITS_MAX];
    size_t lines = 0, n;

    if (strchr(text, '\n'))
        return;
    n = slow_extract(str_of(text), hits);
    for (const char *c = found; *c; c++)
        lines += *c == '\n';
    if (n != lines)
        fail_msg("%s: the slow extractor finds %zu", text, n);
    slow_free(hits, n);
}

static void finds(const char *text, const char *wanted)
{
    struct buf out;

    for (size_t piece = strlen(text) + 1; piece; piece = piece > 5 ? 5 : piece > 1 ? 1 : 0) {
        buf_init(&out, 65536);
        assert_int_equal(buf_add_text(&out, ""), 0);
        extract(str_of(text), piece, note, &out);
        if (strcmp(out.at, wanted))
            fail_msg("%s (in pieces of %zu)\ngives\n%sinstead of\n%s", text, piece, out.at, wanted);
        slow_agrees(text, out.at);
        buf_done(&out);
    }
}

static void glued_to_japanese(void **state)
{
    finds("不審な通信先は１９２．０．２．１及びhxxp://例え[.]jp/login（旧：192.0.2.2）です。",
          "ipv4 192.0.2.1 <１９２．０．２．１>\nurl http://例え.jp/login "
          "<hxxp://例え[.]jp/login>\nipv4 192.0.2.2 <192.0.2.2>\n");
    finds("https://www.example.jpを開き、example.co.jpから届いた",
          "url https://www.example.jp/ <https://www.example.jp>\ndomain example.co.jp "
          "<example.co.jp>\n");
    finds("http://例え.jpを見た", "url http://例え.jp/ <http://例え.jp>\n");
    finds("「http://www.例え.jp/入口」", "url http://www.例え.jp/ <http://www.例え.jp/>\n");
    finds("ｈｔｔｐｓ：／／ｅｘａｍｐｌｅ。ｊｐ／ａ？ｂ＝１のページ",
          "url https://example.jp/a?b=1 <ｈｔｔｐｓ：／／ｅｘａｍｐｌｅ。ｊｐ／ａ？ｂ＝１>\n");
    finds("http://example.jp/aＡ社", "url http://example.jp/a <http://example.jp/a>\n");
    finds("送信元example.jpです。example.comもあり",
          "domain example.jp <example.jp>\ndomain example.com <example.com>\n");
    finds("確認した。example.jp．Example.com",
          "domain example.jp.example.com <example.jp．Example.com>\n");
    finds("接続先はexample.jpである．次はexample.com。",
          "domain example.jp <example.jp>\ndomain example.com <example.com>\n");
    finds("ハッシュ値d41d8cd98f00b204e9800998ecf8427eのファイル「請求書.exe」及び添付のInvoice_"
          "2024.PDF.exeを",
          "md5 d41d8cd98f00b204e9800998ecf8427e <d41d8cd98f00b204e9800998ecf8427e>\nfile-name "
          "請求書.exe <請求書.exe>\n"
          "file-name invoice_2024.pdf.exe <Invoice_2024.PDF.exe>\n");
    finds("メールはtaro＠ｅｘａｍｐｌｅ．ｊｐ又はhanako[at]example[.]jpへ",
          "email taro@example.jp <taro＠ｅｘａｍｐｌｅ．ｊｐ>\nemail hanako@example.jp "
          "<hanako[at]example[.]jp>\n");
    finds("電話０３－１２３４－５６７８（携帯０９０１２３４５６７８）、（０３）１２３４ー５６７８、"
          "＋８１ ３ １２３４ ５６７８。",
          "phone +81312345678 <０３－１２３４－５６７８>\nphone +819012345678 "
          "<０９０１２３４５６７８>\nphone +81312345678 <（０３）１２３４ー５６７８>\n"
          "phone +81312345678 <＋８１ ３ １２３４ ５６７８>\n");
    finds("脆弱性ＣＶＥ－２０２４－１２３４５とT1059.001、T1566を使い、AS64496から",
          "cve CVE-2024-12345 <ＣＶＥ－２０２４－１２３４５>\ntechnique T1059.001 <T1059.001>\n"
          "technique T1566 <T1566>\nasn AS64496 <AS64496>\n");
    finds("テレグラム「@taro_y」、X（旧Twitter）の@hanako.と連絡",
          "account telegram:taro_y <@taro_y>\naccount x:hanako <@hanako>\n");
}

/* Only what can hardly be anything else. */
static void fuzzy_hashes(void **state)
{
    finds("ssdeepは192:MUPMinqP6+wNQ7Q40L/iB3n2rIBrP0GZKF4jsef+0FVQLSwbLbj41iH8nFVYv980:x0CllivQiFmt、TLSHは"
          "T11FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE。",
          "ssdeep 192:MUPMinqP6+wNQ7Q40L/iB3n2rIBrP0GZKF4jsef+0FVQLSwbLbj41iH8nFVYv980:x0CllivQiFmt "
          "<192:MUPMinqP6+wNQ7Q40L/iB3n2rIBrP0GZKF4jsef+0FVQLSwbLbj41iH8nFVYv980:x0CllivQiFmt>\n"
          "tlsh T11FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE "
          "<T11FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE>\n");
    finds("ssdeep=3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C,\"a.exe\"",
          "ssdeep 3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C <3:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C>\nfile-name a.exe <a.exe>\n");
    finds("12:34:56 5:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C a96:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C 96:abcdefghijklmnopqrstuvw:abcdefgh"
          " 96:AXGBicFlgVNhBGcL6wCrFQEv:AXGHsNhxLsr2C:1",
          "");
    finds("1FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE", "");
}

static void urls(void **state)
{
    finds("見よ(http://example.jp/a_(b))。http://example.jp/c, <http://example.jp/d>; "
          "\"http://example.jp/e\"",
          "url http://example.jp/a_(b) <http://example.jp/a_(b)>\nurl http://example.jp/c "
          "<http://example.jp/c>\nurl http://example.jp/d <http://example.jp/d>\n"
          "url http://example.jp/e <http://example.jp/e>\n");
    finds("http://example.jp/a,http://example.com/b;hxxps[:]//example[.]net",
          "url http://example.jp/a <http://example.jp/a>\nurl http://example.com/b "
          "<http://example.com/b>\n"
          "url https://example.net/ <hxxps[:]//example[.]net>\n");
    finds("tcp://[2001:db8::1]:80/path http://192.0.2.1:8080",
          "url tcp://[2001:db8::1]:80/path <tcp://[2001:db8::1]:80/path>\nurl "
          "http://192.0.2.1:8080/ <http://192.0.2.1:8080>\n");
    finds("http://example.jp:99999/ xhttp://example.jp http://localhost/ http:///",
          "domain example.jp <example.jp>\ndomain example.jp <example.jp>\n");
    finds("http://user:pw@example.jp/%E3%81%82?x=[1]&y={2}",
          "url http://user:pw@example.jp/%E3%81%82?x=%5B1%5D&y= "
          "<http://user:pw@example.jp/%E3%81%82?x=[1]&y=>\n");
    finds("http://example.jp/[. http://example.jp/a([)",
          "url http://example.jp/ <http://example.jp/>\nurl http://example.jp/a(%5B) "
          "<http://example.jp/a([)>\n");
    finds("**http://example.jp**", "url http://example.jp/ <http://example.jp>\n");
}

static void addresses(void **state)
{
    finds(
        "192.0.2.1-192.0.2.9, 198.51.100.0/24; 203.0.113.5/8080 1.2.3.4.5 192.0.2.256 192.0.2.1/33",
        "ipv4 192.0.2.1 <192.0.2.1>\nipv4 192.0.2.9 <192.0.2.9>\nipv4-net 198.51.100.0/24 "
        "<198.51.100.0/24>\nipv4 203.0.113.5 <203.0.113.5>\nipv4 192.0.2.1 <192.0.2.1>\n");
    finds("192[.]0[.]2[.]1:443 192(.)0(.)2(.)2 192.0.2.3.",
          "ipv4 192.0.2.1 <192[.]0[.]2[.]1>\nipv4 192.0.2.2 <192(.)0(.)2(.)2>\nipv4 192.0.2.3 "
          "<192.0.2.3>\n");
    finds(
        "IPv6:2001:db8::1, src:2001:db8::2 [2001:db8::3]:443 2001:db8::/32 ::1 12:34:56 std::move",
        "ipv6 2001:db8::1 <2001:db8::1>\nipv6 2001:db8::2 <2001:db8::2>\nipv6 2001:db8::3 "
        "<2001:db8::3>\nipv6-net 2001:db8::/32 <2001:db8::/32>\nipv6 ::1 <::1>\n");
    finds("MAC 00:11:22:33:44:55 EUI 00:11:22:33:44:55:66:77", "");
    finds("fe80::1%eth0 ::ffff:192.0.2.1",
          "ipv6 fe80::1 <fe80::1>\nipv4 192.0.2.1 <::ffff:192.0.2.1>\n");
}

static void names_and_files(void **state)
{
    finds("run.sh run[.]sh a.example.zip kernel32.dll C:\\Temp\\x.exe v1.2.3 foo.bar example.jp. "
          "-example.jp- _dmarc.example.jp",
          "file-name run.sh <run.sh>\ndomain run.sh <run[.]sh>\ndomain a.example.zip "
          "<a.example.zip>\nfile-name kernel32.dll <kernel32.dll>\nfile-name x.exe <x.exe>\n"
          "domain foo.bar <foo.bar>\ndomain example.jp <example.jp>\ndomain example.jp "
          "<example.jp>\ndomain _dmarc.example.jp <_dmarc.example.jp>\n");
    finds("a..example.jp example.invalidtop example,jp e.g. i.e. U.S.A.", "");
    finds("検体はgh.exeとij.dll版kl.sysである",
          "file-name gh.exe <gh.exe>\nfile-name ij.dll <ij.dll>\nfile-name kl.sys <kl.sys>\n");
    finds("foo@localhost @example.jp a@b@example.jp x@example.jp.",
          "domain example.jp <example.jp>\nemail b@example.jp <b@example.jp>\nemail x@example.jp "
          "<x@example.jp>\n");
}

static void words(void **state)
{
    finds("md5=d41d8cd98f00b204e9800998ecf8427e,sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709/"
          "00000000000000000000000000000000 d41d8cd98f00b204e9800998ecf8427e0",
          "md5 d41d8cd98f00b204e9800998ecf8427e <d41d8cd98f00b204e9800998ecf8427e>\nsha1 "
          "da39a3ee5e6b4b0d3255bfef95601890afd80709 <da39a3ee5e6b4b0d3255bfef95601890afd80709>\n");
    finds("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa、1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb、bc1qw508d6qejxtd"
          "g4y5r3zarvary0c5xw7kv8f3t4へ0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedから",
          "btc 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa <1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa>\nbtc "
          "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4 "
          "<bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4>\neth "
          "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed "
          "<0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed>\n");
    finds("証明書DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09（シリアル番号 "
          "00:AB:CD:01:02）",
          "cert-digest da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09 "
          "<DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09>\n"
          "cert-serial ab:cd:01:02 <00:AB:CD:01:02>\n");
    finds("T1234-56 XT1059 AS0 as64496 AS64496-X CVE-2024-123 CVE-2024-1234x T1059。",
          "technique T1059 <T1059>\n");
}

static void telephones(void **state)
{
    finds("0120-123-456 0800-123-4567 090(1234)5678 03(1234)5678 +1 202-555-0123 +12025550123.",
          "phone +81120123456 <0120-123-456>\nphone +818001234567 <0800-123-4567>\nphone "
          "+819012345678 <090(1234)5678>\nphone +81312345678 <03(1234)5678>\n"
          "phone +12025550123 <+1 202-555-0123>\nphone +12025550123 <+12025550123>\n");
    finds("+81 3 1234 5678 2024年 +81(0)90-1234-5678",
          "phone +81312345678 <+81 3 1234 5678>\nphone +819012345678 <+81(0)90-1234-5678>\n");
    finds("a +20240101 2024-01-02 03-1234 0312345678 01-02-2024 103-1234-5678 03-1234-56789 0-1-2",
          "");
}

static void bad_bytes(void **state)
{
    finds(
        "a\xff"
        "example.jp\xe3\x81 192.0.2.1\x01 192.0.2.2",
        "domain example.jp <example.jp>\nipv4 192.0.2.1 <192.0.2.1>\nipv4 192.0.2.2 <192.0.2.2>\n");
    finds("exa\xe2\x80\x8bmple.jp\nexample\n.jp", "domain example.jp <exa\xe2\x80\x8bmple.jp>\n");
    finds("[[[[[((((....::::@@@@////", "");
}

struct count {
    size_t n;
    uint64_t line, offset;
};

static int count(const struct extract_hit *hit, void *context)
{
    struct count *c = context;

    c->n++;
    c->line = hit->line;
    c->offset = hit->offset;
    return 0;
}

/* Two lines' ends and places; a line longer than any is cut between words, and loses none. */
static void long_lines(void **state)
{
    static const char word[] = "192.0.2.1 example.jp, ";
    size_t n = 3 * EXTRACT_LINE_MAX / strlen(word);
    struct count c = {0};
    struct buf text;

    buf_init(&text, 4 * EXTRACT_LINE_MAX);
    assert_int_equal(buf_add_text(&text, "\r\n\n"), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(buf_add_text(&text, word), 0);
    assert_int_equal(buf_add_text(&text, "\nexample.com"), 0);
    extract(buf_str(&text), text.len, count, &c);
    assert_int_equal(c.n, 2 * n + 1);
    assert_int_equal(c.line, 4);
    assert_int_equal(c.offset, text.len - strlen("example.com"));
    c = (struct count){0};
    extract(buf_str(&text), 4093, count, &c);
    assert_int_equal(c.n, 2 * n + 1);
    buf_done(&text);
}

/* A URL of 4,096 characters is one; of one more, it is passed over with all that it holds, and what follows is found. */
static void too_long_for_a_url(void **state)
{
    struct count c = {0};
    struct buf text;

    buf_init(&text, 10000);
    assert_int_equal(buf_add_text(&text, "http://example.jp/"), 0);
    while (text.len < 4096 - 10)
        assert_int_equal(buf_add_char(&text, 'a'), 0);
    assert_int_equal(buf_add_text(&text, "/192.0.2.1 example.com"), 0);
    buf_cut(&text, text.len - strlen(" example.com"));
    extract(buf_str(&text), text.len, count, &c);
    assert_int_equal(text.len, 4096);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.offset, 0);
    assert_int_equal(buf_add_text(&text, "b example.com"), 0);
    c.n = 0;
    extract(buf_str(&text), text.len, count, &c);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.offset, 4098);
    buf_done(&text);
}

static int stop(const struct extract_hit *hit, void *context)
{
    return 7;
}

static void what_the_caller_answers_ends_it(void **state)
{
    struct extractor *x = extractor_new(stop, NULL);

    assert_non_null(x);
    assert_int_equal(extractor_add(x, STR("192.0.2.1\n192.0.2.2\n")), 7);
    extractor_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(glued_to_japanese),
        cmocka_unit_test(fuzzy_hashes), cmocka_unit_test(urls),
        cmocka_unit_test(addresses),
        cmocka_unit_test(names_and_files),
        cmocka_unit_test(words),
        cmocka_unit_test(telephones),
        cmocka_unit_test(bad_bytes),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(too_long_for_a_url),
        cmocka_unit_test(what_the_caller_answers_ends_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
