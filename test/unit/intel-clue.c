#include "intel/clue.h"

#include "base/codec.h"
#include "intel/keccak.h"
#include "intel/suffix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

static struct clue *fresh(void)
{
    struct clue *v = malloc(sizeof(*v));

    assert_non_null(v);
    clue_init(v);
    return v;
}

static void drop(struct clue *v)
{
    clue_done(v);
    free(v);
}

/* What a value shows, in a buffer that is freed by the next call. */
static const char *form(const struct clue *v, int (*print)(const struct clue *v, struct buf *out))
{
    static struct buf out;

    buf_done(&out);
    buf_init(&out, 3 * CLUE_TEXT_MAX);
    assert_int_equal(buf_add_text(&out, ""), 0);
    assert_int_equal(print(v, &out), 0);
    return out.at;
}

static void reads_back(const struct clue *v, const char *text)
{
    struct clue *again = fresh();
    int r = clue_read_as(v->type, str_of(text), again);

    if (r || !clue_eq(v, again))
        fail_msg("%s does not read back (%d)", text, r);
    drop(again);
}

/* The text is a value of the type, both forms are as wanted, and both read back. */
static void is(const char *type, const char *text, const char *shown, const char *defanged)
{
    struct clue *v = fresh();
    int r = clue_read(str_of(text), v);

    if (r)
        fail_msg("%s is no value (%d)", text, r);
    if (strcmp(clue_type_name(v->type), type))
        fail_msg("%s is %s instead of %s", text, clue_type_name(v->type), type);
    if (strcmp(form(v, clue_show), shown))
        fail_msg("%s is shown as %s instead of %s", text, form(v, clue_show), shown);
    reads_back(v, shown);
    if (strcmp(form(v, clue_defang), defanged))
        fail_msg("%s is defanged to %s instead of %s", text, form(v, clue_defang), defanged);
    reads_back(v, defanged);
    drop(v);
}

static void is_as(const char *type, const char *text, const char *shown)
{
    struct clue *v = fresh();
    int r = clue_read_as(clue_type_of(str_of(type)), str_of(text), v);

    if (r)
        fail_msg("%s is no %s (%d)", text, type, r);
    if (strcmp(form(v, clue_show), shown))
        fail_msg("%s is shown as %s instead of %s", text, form(v, clue_show), shown);
    reads_back(v, shown);
    drop(v);
}

static void is_not(const char *text, int fault)
{
    struct clue *v = fresh();
    int r = clue_read(str_of(text), v);

    if (r != fault)
        fail_msg("%s answers %d (%s) instead of %d", text, r, r ? "" : clue_type_name(v->type),
                 fault);
    assert_int_equal(v->type, CLUE_NONE);
    drop(v);
}

static void is_not_as(const char *type, const char *text, int fault)
{
    struct clue *v = fresh();
    int r = clue_read_as(clue_type_of(str_of(type)), str_of(text), v);

    if (r != fault)
        fail_msg("%s as %s answers %d instead of %d", text, type, r, fault);
    drop(v);
}

static void addresses(void **state)
{
    static const char *const same[] = {"192.0.2.1",
                                       "１９２．０．２．１",
                                       "192[.]0[.]2[.]1",
                                       "192[.]0.2.1",
                                       " 192.0.2.1 ",
                                       "　192.0.2.1　",
                                       "192(dot)0(dot)2(dot)1",
                                       "192。0。2。1",
                                       "192[.0[.2[.1",
                                       "192.0.2.1/32",
                                       "::ffff:192.0.2.1",
                                       "192\\.0\\.2\\.1",
                                       "::FFFF:c000:201",
                                       "192 [.] 0 [.] 2 [.] 1",
                                       "192．0．2．1",
                                       "192{.}0{.}2{.}1",
                                       "192［。］0［．］2［ドット］1",
                                       ("1\xe2\x80\x8b"
                                        "92.0.2.1"),
                                       "[::ffff:192.0.2.1]",
                                       "::ffff:192.0.2.1/128"};

    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        is("ipv4", same[i], "192.0.2.1", "192[.]0[.]2[.]1");
    is("ipv4", "0.0.0.0", "0.0.0.0", "0[.]0[.]0[.]0");
    is("ipv4", "255.255.255.255", "255.255.255.255", "255[.]255[.]255[.]255");
    is_not("192.0.2.256", CLUE_E_RANGE);
    is_not("192.0.2.01", CLUE_E_ODD);
    is_not("0xc0.0.2.1", CLUE_E_ODD);
    is_not("0xc0000201", CLUE_E_ODD);
    is_not("192.0.513", CLUE_E_ODD);
    is_not("1.2.3.4.5", CLUE_E_SHAPE);
    is_not("192.0.2.", CLUE_E_SHAPE);
    is_not("", CLUE_E_SHAPE);
    is_not("　", CLUE_E_SHAPE);

    is("ipv6", "2001:DB8:0:0:0:0:0:1", "2001:db8::1", "2001[:]db8::1");
    is("ipv6", "２００１：ｄｂ８：：１", "2001:db8::1", "2001[:]db8::1");
    is("ipv6", "[2001:db8::1]", "2001:db8::1", "2001[:]db8::1");
    is("ipv6", "2001[:]db8[:][:]1", "2001:db8::1", "2001[:]db8::1");
    is("ipv6", "2001:0db8:0000::0001/128", "2001:db8::1", "2001[:]db8::1");
    is("ipv6", "::", "::", "[:]:");
    is("ipv6", "64:ff9b::192.0.2.1", "64:ff9b::c000:201", "64[:]ff9b::c000:201");
    is_not("fe80::1%eth0", CLUE_E_ZONE);
    is_not("2001:db8::1::2", CLUE_E_SHAPE);
}

static void networks(void **state)
{
    is("ipv4-net", "192.0.2.77/24", "192.0.2.0/24", "192[.]0[.]2[.]0/24");
    is("ipv4-net", "１９２．０．２．０／２４", "192.0.2.0/24", "192[.]0[.]2[.]0/24");
    is("ipv4-net", "192.0.2.255/31", "192.0.2.254/31", "192[.]0[.]2[.]254/31");
    is("ipv4-net", "192.0.2.1/0", "0.0.0.0/0", "0[.]0[.]0[.]0/0");
    is("ipv4-net", "::ffff:192.0.2.0/120", "192.0.2.0/24", "192[.]0[.]2[.]0/24");
    is("ipv6-net", "2001:db8:ffff::1/33", "2001:db8:8000::/33", "2001[:]db8:8000::/33");
    is("ipv6-net", "::ffff:192.0.2.0/90", "::ffc0:0:0/90", "[:]:ffc0:0:0/90");
    is_not("192.0.2.0/33", CLUE_E_RANGE);
    is_not("192.0.2.0/024", CLUE_E_RANGE);
    is_not("192.0.2.0/", CLUE_E_RANGE);
    is_not("2001:db8::/129", CLUE_E_RANGE);
    is_not_as("ipv4", "192.0.2.0/24", CLUE_E_SHAPE);
    is("asn", "AS64496", "AS64496", "AS64496");
    is("asn", "ＡＳ６４４９６", "AS64496", "AS64496");
    is("asn", "as1.10", "AS65546", "AS65546");
    is("asn", "ASN 64496", "AS64496", "AS64496");
    is_not("AS0", CLUE_E_RANGE);
    is_not("AS4294967296", CLUE_E_RANGE);
}

static void names(void **state)
{
    static const char *const same[] = {
        "example.jp",         "EXAMPLE.JP",     "ｅｘａｍｐｌｅ．ｊｐ", "ＥＸＡＭＰＬＥ。ＪＰ",
        "example。jp",        "example｡jp",     "example.jp.",          "example[.]jp",
        "example(.)jp",       "example[dot]jp", "example(DOT)jp",       "example{dot}jp",
        "example［．］jp",    "example【.】jp", "example[。]jp",        "example[.jp",
        "example.]jp",        "example\\.jp",   "example [.] jp",       "exa\xc2\xadmple.jp",
        "example（ドット）jp"};

    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        if (!strstr(same[i], "【"))
            is("domain", same[i], "example.jp", "example[.]jp");
    is_not("example【.】jp", CLUE_E_NAME);

    is("domain", "例え.jp", "例え.jp", "xn--r8jz45g[.]jp");
    is("domain", "ｴﾃﾞｨ.jp", "エディ.jp", "xn--dckj7g[.]jp");
    is("domain", "XN--R8JZ45G.jp", "例え.jp", "xn--r8jz45g[.]jp");
    is("domain", "例え。みんな", "例え.みんな", "xn--r8jz45g[.]xn--q9jyb4c");
    is("domain", "faß.example", "xn--fa-hia.example", "xn--fa-hia[.]example");
    /* Cyrillic letters that look like Latin ones are not shown as they look */
    is("domain", "\xd0\xb0\xd1\x80\xd1\x80\xd3\x8f\xd0\xb5.example", "xn--80ak6aa92e.example",
       "xn--80ak6aa92e[.]example");
    is("domain", "_dmarc.example.jp", "_dmarc.example.jp", "_dmarc[.]example[.]jp");
    is("domain", "a-.example.jp", "a-.example.jp", "a-[.]example[.]jp");
    is("domain", "xn--a.example", "xn--a.example",
       "xn--a[.]example"); /* libidn2 refuses it, resolvers do not */
    is_not("a..example.jp", CLUE_E_NAME);
    is_not(".example.jp", CLUE_E_NAME);
    is_not("exa mple.jp", CLUE_E_NAME);
    is_not("example/jp.com", CLUE_E_NAME);
    is_not("localhost", CLUE_E_SHAPE);
    is_not("\xe2\x99\xa5.example", CLUE_E_NAME);
    is_not("a123456789012345678901234567890123456789012345678901234567890123.example", CLUE_E_LONG);
    is_not("exa\xffmple.jp", CLUE_E_TEXT);
    is_not("example.jp\x01", CLUE_E_TEXT);

    is("email", "Taro.Yamada@Example.JP", "taro.yamada@example.jp", "taro.yamada[@]example[.]jp");
    is("email", "taro＠example．jp", "taro@example.jp", "taro[@]example[.]jp");
    is("email", "taro[at]example[dot]jp", "taro@example.jp", "taro[@]example[.]jp");
    is("email", "taro（アット）example（ドット）jp", "taro@example.jp", "taro[@]example[.]jp");
    is("email", "mailto:taro@example.jp", "taro@example.jp", "taro[@]example[.]jp");
    is("email", "taro..x.@example.jp", "taro..x.@example.jp",
       "taro..x.[@]example[.]jp"); /* such ones were given out */
    is("email", "taro@例え.jp", "taro@xn--r8jz45g.jp", "taro[@]xn--r8jz45g[.]jp");
    is_not("@example.jp", CLUE_E_SHAPE);
    is_not("taro@", CLUE_E_SHAPE);
    is_not("taro yamada@example.jp", CLUE_E_SHAPE);
    is_not("taro@example", CLUE_E_SHAPE);
    is_not("mailto:mailto:taro@example.jp", CLUE_E_SHAPE);
}

static void urls(void **state)
{
    static const char *const same[] = {
        "http://example.jp/a",      "HTTP://EXAMPLE.JP/a",
        "hxxp://example.jp/a",      "hXXp://example[.]jp/a",
        "h**p://example.jp/a",      "hxxp[:]//example[.]jp/a",
        "hxxp[://]example[.]jp/a",  "ｈｔｔｐ：／／ｅｘａｍｐｌｅ．ｊｐ／ａ",
        "http://example.jp:80/a",   "http://example.jp:/a",
        "http://example.jp./a",     "http://@example.jp/a",
        "http://:@example.jp/a",    "http://example.jp/./a",
        "http://example.jp/b/../a", "http://example.jp/%2e/x/%2E%2e/a",
        "http:///example.jp/a",     "http://example.jp\\a",
        "http://example。jp/a",     "http://exa%6dple.jp/a",
        "meow://example.jp[/]a",    "hxxp://example(.)jp/a",
        "http://example.jp/../../a"};

    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        is("url", same[i], "http://example.jp/a", "hxxp://example[.]jp/a");
    is("url", "https://www.例え.jp/ログイン?x=1#頁",
       "https://www.例え.jp/%E3%83%AD%E3%82%B0%E3%82%A4%E3%83%B3?x=1#%E9%A0%81",
       "hxxps://www[.]xn--r8jz45g[.]jp/%E3%83%AD%E3%82%B0%E3%82%A4%E3%83%B3?x=1#%E9%A0%81");
    is("url", "https://example.jp", "https://example.jp/", "hxxps://example[.]jp/");
    is("url", "https://example.jp?q", "https://example.jp/?q", "hxxps://example[.]jp/?q");
    is("url", "http://0x7f.1/x", "http://127.0.0.1/x", "hxxp://127[.]0[.]0[.]1/x");
    is("url", "http://3221225985/", "http://192.0.2.1/", "hxxp://192[.]0[.]2[.]1/");
    is("url", "http://030000001001/", "http://192.0.2.1/", "hxxp://192[.]0[.]2[.]1/");
    is("url", "http://[2001:DB8::1]:8080/", "http://[2001:db8::1]:8080/",
       "hxxp://[2001:db8::1]:8080/");
    is("url", "http://www.bank.example@203.0.113.9/", "http://www.bank.example@203.0.113.9/",
       "hxxp://www.bank.example@203[.]0[.]113[.]9/");
    is("url", "http://user:pa:ss@example.jp/", "http://user:pa%3Ass@example.jp/",
       "hxxp://user:pa%3Ass@example[.]jp/");
    is("url", "tcp://192.0.2.1:4444", "tcp://192.0.2.1:4444/", "tcp[:]//192[.]0[.]2[.]1:4444/");
    is("url", "ftp://example.jp:21/f", "ftp://example.jp/f", "fxp://example[.]jp/f");
    is("url", "http://localhost/a b", "http://localhost/a%20b", "hxxp://localhost/a%20b");
    is("url", "http://example.jp/a[1]{2}|^`", "http://example.jp/a%5B1%5D%7B2%7D%7C%5E%60",
       "hxxp://example[.]jp/a%5B1%5D%7B2%7D%7C%5E%60");
    is("url", "http://example.jp/x((.))((dot))", "http://example.jp/x..",
       "hxxp://example[.]jp/x..");
    is("url", "http://example.jp/a/..", "http://example.jp/", "hxxp://example[.]jp/");
    is("url", "http://example.jp/%41%zz", "http://example.jp/%41%zz", "hxxp://example[.]jp/%41%zz");
    is_not("http://", CLUE_E_SHAPE);
    is_not("http://example.jp:65536/", CLUE_E_RANGE);
    is_not("http://example.jp:8a/", CLUE_E_SHAPE);
    is_not("http://256.0.0.1/", CLUE_E_RANGE);
    is_not("http://[2001:db8::1/", CLUE_E_NAME);
    is_not("http://exa mple.jp/", CLUE_E_NAME);
    is_not("http://exa%00mple.jp/", CLUE_E_NAME);
    is_not("http://%ff.jp/", CLUE_E_NAME);
    is_not("1http://example.jp/", CLUE_E_SHAPE);
    is_not("file:///etc/passwd", CLUE_E_SHAPE);
}

static void hashes(void **state)
{
    static const char digits[] = "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef0"
                                 "123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const struct {
        const char *type;
        size_t len;
    } rows[] = {{"md5", 32},    {"sha1", 40},   {"sha224", 56},
                {"sha256", 64}, {"sha384", 96}, {"sha512", 128}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[129] = "", shown[129];

        memcpy(text, digits, rows[i].len);
        for (size_t k = 0; k <= rows[i].len; k++)
            shown[k] = text[k] >= 'A' && text[k] <= 'F' ? (char)(text[k] | 0x20) : text[k];
        is(rows[i].type, text, shown, shown);
        text[rows[i].len - 1] = 0;
        is_not(text, CLUE_E_SHAPE);
    }
    is("md5", "ｄ４１ｄ８ｃｄ９８ｆ００ｂ２０４ｅ９８００９９８ｅｃｆ８４２７ｅ",
       "d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e");
    is("ssdeep", "192:MUPMinqP6+wNQ7Q40L/iB3n2rIBrP0GZKF4jsef+0FVQLSwbLbj41iH8nFVYv980:x0CllivQiFmt,\"a.exe\"",
       "192:MUPMinqP6+wNQ7Q40L/iB3n2rIBrP0GZKF4jsef+0FVQLSwbLbj41iH8nFVYv980:x0CllivQiFmt",
       "192:MUPMinqP6+wNQ7Q40L/iB3n2rIBrP0GZKF4jsef+0FVQLSwbLbj41iH8nFVYv980:x0CllivQiFmt");
    is("ssdeep", "96://aaaaaaB2defghijklmnopqrst:xyz1", "96://aaaB2defghijklmnopqrst:xyz1", "96://aaaB2defghijklmnopqrst:xyz1"); /* runs are three at most */
    is_as("ssdeep", "3:abc:d", "3:abc:d");
    is_not_as("ssdeep", "5:abc:d", CLUE_E_RANGE);
    is_not("3:abc:d", CLUE_E_SHAPE); /* it may be many things */
    is("tlsh", "t11fa1b357f78913b236924271569ea6d1fb2c451c33668484552c812d33138b8c73ffce",
       "T11FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE",
       "T11FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE");
    is("tlsh", "1FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE",
       "T11FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE",
       "T11FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE");
    is_not_as("tlsh", "T21FA1B357F78913B236924271569EA6D1FB2C451C33668484552C812D33138B8C73FFCE", CLUE_E_SHAPE);
    is_not_as("md5", "da39a3ee5e6b4b0d3255bfef95601890afd80709", CLUE_E_SHAPE);
    is("cert-digest", "DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09",
       "da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09",
       "da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09");
    is_as("cert-digest", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
          "da:39:a3:ee:5e:6b:4b:0d:32:55:bf:ef:95:60:18:90:af:d8:07:09");
    is_as("cert-serial", "00:AB:cd:01", "ab:cd:01");
    is_as("cert-serial", "0xABCD01", "ab:cd:01");
    is_as("cert-serial", "ab cd 01", "ab:cd:01");
    is_not_as("cert-serial", "abc", CLUE_E_SHAPE);
    is_not_as("cert-serial", "00:00", CLUE_E_RANGE);
    is_not_as("cert-serial", "ab:cd-01", CLUE_E_SHAPE);
    is_not_as("cert-serial", "010203040506070809101112131415161718192021", CLUE_E_LONG);
}

static void telephones(void **state)
{
    static const char *const tokyo[] = {"03-1234-5678",
                                        "０３－１２３４－５６７８",
                                        "０３ー１２３４ー５６７８",
                                        "03(1234)5678",
                                        "(03)1234-5678",
                                        "（０３）１２３４－５６７８",
                                        "0312345678",
                                        "+81 3 1234 5678",
                                        "+81-3-1234-5678",
                                        "+81(0)3-1234-5678",
                                        "+81 03-1234-5678",
                                        "＋８１－３－１２３４－５６７８",
                                        "03 1234 5678",
                                        "03‐1234‐5678",
                                        "03−1234−5678",
                                        "+813.1234.5678"};

    for (size_t i = 0; i < ARRAY_LEN(tokyo); i++)
        is("phone", tokyo[i], "+81312345678", "+81312345678");
    is("phone", "090-1234-5678", "+819012345678", "+819012345678");
    is("phone", "０５０ー１２３４ー５６７８", "+815012345678", "+815012345678");
    is("phone", "0120-123-456", "+81120123456", "+81120123456");
    is("phone", "0800-123-4567", "+818001234567", "+818001234567");
    is("phone", "0570-012-345", "+81570012345", "+81570012345");
    is("phone", "+1 202-555-0123", "+12025550123", "+12025550123");
    is("phone", "010-1-202-555-0123", "+12025550123", "+12025550123");
    is_not("03-1234-567", CLUE_E_NATIONAL);
    is_not("090-1234-567", CLUE_E_NATIONAL);
    is_not("00-1234-56789", CLUE_E_NATIONAL);
    is_not("+81 3 1234 56789", CLUE_E_NATIONAL);
    is_not("202-555-0123", CLUE_E_SHAPE);
    is_not_as("phone", "202-555-0123", CLUE_E_NATIONAL);
    is_not("+1234567890123456", CLUE_E_LONG);
}

static void coins(void **state)
{
    /* of the specifications: the first block's address, BIP 173, BIP 350, EIP-55 */
    is("btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
       "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa");
    is("btc", "3P14159f73E4gFr7JterCCQh9QjiTjiZrG", "3P14159f73E4gFr7JterCCQh9QjiTjiZrG",
       "3P14159f73E4gFr7JterCCQh9QjiTjiZrG");
    is("btc", "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
       "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
    is("btc", "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
       "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
       "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0");
    is_not("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", CLUE_E_CHECKSUM);
    is_not("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", CLUE_E_CHECKSUM);
    is_not("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kV8f3t4", CLUE_E_SHAPE);
    is_not("bc1pw5dgrnzv", CLUE_E_SHAPE);                         /* a program of one byte */
    is_not("BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", CLUE_E_SHAPE); /* sixteen bytes in version 0 */
    is_not("bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du",
           CLUE_E_CHECKSUM); /* bech32 where bech32m is asked */
    is_not("bc1gmk9yu", CLUE_E_SHAPE);
    is("eth", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
       "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
    is("eth", "0XFB6916095CA1DF60BB79CE92CE3EA74C37C5D359",
       "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359");
    is("eth", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
       "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb");
    is_not("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9adb", CLUE_E_CHECKSUM);
    is_not("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9a", CLUE_E_SHAPE);
}

static void words(void **state)
{
    is("cve", "cve-2024-0001", "CVE-2024-0001", "CVE-2024-0001");
    is("cve", "ＣＶＥ－２０２４－１２３４５", "CVE-2024-12345", "CVE-2024-12345");
    is_not("CVE-2024-001", CLUE_E_SHAPE);
    is_not("CVE-2024-01234", CLUE_E_RANGE);
    is_not("CVE-1998-0001", CLUE_E_RANGE);
    is("technique", "t1059.001", "T1059.001", "T1059.001");
    is("technique", "Ｔ１０５９", "T1059", "T1059");
    is_not("T105", CLUE_E_SHAPE);
    is("file-name", "C:\\Users\\taro\\Downloads\\請求書.EXE", "請求書.exe", "請求書.exe");
    is("file-name", "/tmp/a b.sh", "a b.sh", "a b.sh");
    is("file-name", "カ\xe3\x82\x99ス.PDF", "ガス.pdf", "ガス.pdf");
    is_as("file-name", "請求書１.exe", "請求書１.exe");
    is_as("file-name", "a[.]exe", "a[.]exe");
    is_not_as("file-name", "..", CLUE_E_SHAPE);
    is_not_as("file-name", "a*.exe", CLUE_E_SHAPE);
    is_as("account", "Telegram:@Taro_Y", "telegram:taro_y");
    is_as("account", "ツイッター:taro", "x:taro");
    is_not_as("account", "taro", CLUE_E_SERVICE);
    is_not_as("account", "nowhere:taro", CLUE_E_SERVICE);
    is_not_as("account", "x:", CLUE_E_SHAPE);
    is_not_as("account", "x:山田", CLUE_E_SHAPE);
}

static void order_and_names(void **state)
{
    struct clue *a = fresh(), *b = fresh();

    for (unsigned i = 1; i < CLUE_N_TYPES; i++)
        assert_int_equal(clue_type_of(str_of(clue_type_name((enum clue_type)i))), i);
    assert_int_equal(clue_type_of(STR("")), CLUE_NONE);
    assert_int_equal(clue_type_of(STR("nothing")), CLUE_NONE);
    assert_int_equal(clue_read(STR("192.0.2.1"), a), 0);
    assert_int_equal(clue_read(STR("192.0.2.2"), b), 0);
    assert_true(clue_cmp(a, b) < 0 && clue_cmp(b, a) > 0 && clue_cmp(a, a) == 0 && !clue_eq(a, b));
    assert_int_equal(clue_read(STR("example.jp"), b), 0);
    assert_true(clue_cmp(a, b) < 0);
    drop(a);
    drop(b);
}

static void too_long(void **state)
{
    static char text[CLUE_TEXT_MAX + 2];
    struct clue *v = fresh();

    memset(text, 'a', sizeof(text));
    memcpy(text, "http://example.jp/", 18);
    assert_int_equal(clue_read((struct str){text, CLUE_TEXT_MAX + 1}, v), CLUE_E_LONG);
    assert_int_equal(clue_read((struct str){text, CLUE_URL_MAX + 1}, v), CLUE_E_LONG);
    assert_int_equal(clue_read((struct str){text, CLUE_URL_MAX}, v), 0);
    assert_int_equal(v->bytes.len, CLUE_URL_MAX);
    /* encoding makes it three times as long */
    memset(text + 18, '{', CLUE_TEXT_MAX - 18);
    assert_int_equal(clue_read((struct str){text, CLUE_TEXT_MAX}, v), CLUE_E_LONG);
    drop(v);
}

static void registered(void **state)
{
    static const char *const rows[][2] = {
        {"a.b.example.co.jp", "example.co.jp"},
        {"example.jp", "example.jp"},
        {"jp", NULL},
        {"co.jp", NULL},
        {"www.city.kawasaki.jp", "city.kawasaki.jp"},
        {"a.b.c.kawasaki.jp", "b.c.kawasaki.jp"},
        {"a.nothing-at-all", NULL},
        {"a.xn--r8jz45g.xn--q9jyb4c", "xn--r8jz45g.xn--q9jyb4c"},
        {"192.0.2.1", NULL},
        {"", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str got = suffix_registered(str_of(rows[i][0]));

        if (!str_eq(got, str_of(rows[i][1])))
            fail_msg("%s is registered as %.*s", rows[i][0], STR_ARG(got));
    }
    assert_true(suffix_is_top(STR("jp")) && suffix_is_top(STR("xn--q9jyb4c")) &&
                suffix_is_top(STR("onion")));
    assert_false(suffix_is_top(STR("co.jp")) || suffix_is_top(STR("exe")) ||
                 suffix_is_top(STR("")));
}

static void keccak_beside_openssl(void **state)
{
    static const char empty[] = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
    struct digest d = keccak256(STR(""));
    uint8_t bytes[SHA256_SIZE], wanted[EVP_MAX_MD_SIZE];
    char text[600];

    assert_int_equal(hex_parse(str_of(empty), bytes, sizeof(bytes)), 0);
    assert_memory_equal(d.bytes, bytes, sizeof(bytes));
    for (size_t len = 0; len < sizeof(text); len++) {
        unsigned n = 0;

        text[len] = (char)(len * 7);
        assert_int_equal(EVP_Digest(text, len, wanted, &n, EVP_sha3_256(), NULL), 1);
        d = keccak_sha3_256((struct str){text, len});
        assert_memory_equal(d.bytes, wanted, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),       cmocka_unit_test(networks),
        cmocka_unit_test(names),           cmocka_unit_test(urls),
        cmocka_unit_test(hashes),          cmocka_unit_test(telephones),
        cmocka_unit_test(coins),           cmocka_unit_test(words),
        cmocka_unit_test(too_long),        cmocka_unit_test(registered),
        cmocka_unit_test(order_and_names), cmocka_unit_test(keccak_beside_openssl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
