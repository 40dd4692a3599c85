/* Files of each kind before clean(), with real mat2, exiftool and qpdf in their sandbox: nothing is left in what comes out, by our reader and by
 * exiftool run here; what cannot be cleaned, or hides something, does not come out. Documents of others: test/cli/known-documents. */
#include "made-archives.h"

#include "guard/clean.h"
#include "guard/examiner.h"
#include "guard/sandbox.h"

#include "base/time.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <turbojpeg.h>
#include <unistd.h>

#include <cmocka.h>

static struct buf bytes_of(int fd)
{
    struct buf b;
    char piece[65536];
    ssize_t n;

    buf_init(&b, 64u << 20);
    while ((n = pread(fd, piece, sizeof(piece), (off_t)b.len)) > 0)
        assert_int_equal(buf_add(&b, piece, (size_t)n), 0);
    return b;
}

/* What exiftool says of it, run as a receiver would. */
static struct buf exiftool(struct str bytes, const char *ending)
{
    char path[64];
    int pipes[2], fd, status;
    struct buf out;
    char piece[4096];
    ssize_t n;
    pid_t pid;

    (void)snprintf(path, sizeof(path), "/tmp/guard-clean-XXXXXX%s", ending);
    fd = mkstemps(path, (int)strlen(ending));
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.at, bytes.len), bytes.len);
    close(fd);
    assert_int_equal(pipe(pipes), 0);
    pid = fork();
    if (pid == 0) {
        dup2(pipes[1], 1);
        execlp("exiftool", "exiftool", "-a", "-u", "-G1", "-s", "-ee", path, (char *)NULL);
        _exit(127);
    }
    close(pipes[1]);
    buf_init(&out, 1u << 20);
    while ((n = read(pipes[0], piece, sizeof(piece))) > 0)
        assert_int_equal(buf_add(&out, piece, (size_t)n), 0);
    close(pipes[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 0);
    unlink(path);
    return out;
}

/* ---- asking ---- */

struct cleaned {
    json_t *report;
    struct buf copy;
};

static void cleaned_done(struct cleaned *c)
{
    json_decref(c->report);
    buf_done(&c->copy);
}

static struct cleaned cleaned_with(struct str bytes, const char *name, bool accept)
{
    const struct clean_request q = {file_of(bytes), name, accept};
    int out = memfd_create("copy", MFD_CLOEXEC);
    struct cleaned c = {0};

    assert_int_equal(clean(&q, out, &c.report), 0);
    c.copy = bytes_of(out);
    close(out);
    close(q.fd);
    if (getenv("SHOW"))
        json_dumpf(c.report, stderr, JSON_INDENT(1));
    return c;
}

static void expect_verdict(const json_t *report, const char *verdict, const char *why)
{
    if (strcmp(json_str(report, "verdict"), verdict) || strcmp(json_str(report, "why"), why)) {
        char *text = json_dumps(report, JSON_INDENT(1));

        print_message("%s\n", text);
        free(text);
    }
    assert_string_equal(json_str(report, "verdict"), verdict);
    assert_string_equal(json_str(report, "why"), why);
}

static void expect_refused(struct str bytes, const char *name, const char *why)
{
    struct cleaned c = cleaned_with(bytes, name, false);

    expect_verdict(c.report, "refused", why);
    assert_int_equal(c.copy.len, 0);
    cleaned_done(&c);
}

static bool tells(const json_t *report, const char *list, const char *kind, const char *value)
{
    const json_t *f;
    size_t i;

    json_array_foreach (json_arr(report, list), i, f)
        if (!strcmp(json_str(f, "kind"), kind) && (!value || !strcmp(json_str(f, "value"), value)))
            return true;
    return false;
}

/* ---- pictures ---- */

#define W 640
#define H 480

/* Red, green, blue and white quarters, in the order of reading. */
static struct buf plain_jpeg(int width, int height)
{
    static const uint8_t colours[4][3] = {
        {220, 20, 20}, {20, 200, 20}, {20, 20, 220}, {240, 240, 240}};
    unsigned char *pixels = malloc((size_t)width * (size_t)height * 3), *made = NULL;
    tjhandle h = tjInitCompress();
    unsigned long n = 0;
    struct buf out;

    assert_true(pixels && h);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            memcpy(pixels + ((size_t)y * (size_t)width + (size_t)x) * 3,
                   colours[(y >= height / 2) * 2 + (x >= width / 2)], 3);
    assert_int_equal(
        tjCompress2(h, pixels, width, 0, height, TJPF_RGB, &made, &n, TJSAMP_420, 90, 0), 0);
    buf_init(&out, 4u << 20);
    assert_int_equal(buf_add(&out, made, n), 0);
    tjFree(made);
    tjDestroy(h);
    free(pixels);
    return out;
}

static void add_segment(struct buf *b, uint8_t marker, struct str body)
{
    assert_int_equal(buf_add_be16(b, (uint16_t)(0xff00 | marker)), 0);
    assert_int_equal(buf_add_be16(b, (uint16_t)(body.len + 2)), 0);
    assert_int_equal(buf_add_str(b, body), 0);
}

static void add_entry(struct buf *b, uint16_t tag, uint16_t type, uint32_t n, uint32_t value)
{
    assert_int_equal(buf_add_be16(b, tag), 0);
    assert_int_equal(buf_add_be16(b, type), 0);
    assert_int_equal(buf_add_be32(b, n), 0);
    assert_int_equal(buf_add_be32(b, value), 0);
}

/* Orientation, artist, a place, and a thumbnail's directory, which has an orientation of its own. */
static struct buf exif(unsigned orientation)
{
    struct buf b;

    buf_init(&b, 4096);
    assert_int_equal(buf_add(&b, "MM\0*\0\0\0\10", 8), 0);
    assert_int_equal(buf_add_be16(&b, 3), 0); /* at 8 */
    add_entry(&b, 0x0112, 3, 1, orientation << 16);
    add_entry(&b, 0x013b, 2, 12, 50);
    add_entry(&b, 0x8825, 4, 1, 62);
    assert_int_equal(buf_add_be32(&b, 164), 0);            /* the next directory */
    assert_int_equal(buf_add(&b, "Suzuki Jiro\0", 12), 0); /* at 50 */
    assert_int_equal(buf_add_be16(&b, 4), 0);              /* at 62 */
    add_entry(&b, 1, 2, 2, 0x4e000000);
    add_entry(&b, 2, 5, 3, 116);
    add_entry(&b, 3, 2, 2, 0x45000000);
    add_entry(&b, 4, 5, 3, 140);
    assert_int_equal(buf_add_be32(&b, 0), 0);
    for (unsigned i = 0; i < 2; i++) /* at 116 and 140 */
        for (unsigned k = 0; k < 3; k++) {
            assert_int_equal(buf_add_be32(&b, k ? 0 : i ? 135 : 35), 0);
            assert_int_equal(buf_add_be32(&b, 1), 0);
        }
    assert_int_equal(buf_add_be16(&b, 3), 0); /* at 164 */
    add_entry(&b, 0x0112, 3, 1, 3 << 16);
    add_entry(&b, 0x0201, 4, 1, 206);
    add_entry(&b, 0x0202, 4, 1, 4);
    assert_int_equal(buf_add_be32(&b, 0), 0);
    assert_int_equal(buf_add(&b, "\xff\xd8\xff\xd9", 4), 0); /* at 206 */
    return b;
}

/* The scene of a photograph with everything that a telephone puts in. */
static struct buf scene(int width, int height, unsigned orientation)
{
    CLEANUP(buf_done) struct buf picture = plain_jpeg(width, height), tiff = exif(orientation), app;
    struct buf out;

    buf_init(&out, 4u << 20);
    buf_init(&app, 8192);
    assert_int_equal(buf_add(&app, "Exif\0\0", 6), 0);
    assert_int_equal(buf_add_str(&app, buf_str(&tiff)), 0);
    assert_int_equal(buf_add(&out, picture.at, 2), 0);
    add_segment(&out, 0xe1, buf_str(&app));
    add_segment(&out, 0xe1,
                STR("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'>"
                    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
                    "<rdf:Description xmlns:dc='http://purl.org/dc/elements/1.1/'>"
                    "<dc:creator><rdf:Seq><rdf:li>Suzuki Jiro</rdf:li></rdf:Seq></dc:creator>"
                    "</rdf:Description></rdf:RDF></x:xmpmeta>"));
    add_segment(&out, 0xed,
                STR("Photoshop 3.0\0"
                    "8BIM\4\4\0\0\0\0\0\20\34\2P\0\13Suzuki Jiro"));
    add_segment(&out, 0xfe, STR("KJ-0005 draft"));
    assert_int_equal(buf_add(&out, picture.at + 2, picture.len - 2), 0);
    assert_int_equal(buf_add_text(&out, "bytes behind the end"), 0);
    return out;
}

/* The quarter of the upright picture, as the sum of its dominant colour: 'r', 'g', 'b', 'w'. */
static void expect_quarters(struct str jpeg, int width, int height, const char *want)
{
    tjhandle h = tjInitDecompress();
    unsigned char *pixels = malloc((size_t)width * (size_t)height * 3);
    int w, hh, s;

    assert_true(h && pixels);
    assert_int_equal(
        tjDecompressHeader2(h, (unsigned char *)(uintptr_t)jpeg.at, jpeg.len, &w, &hh, &s), 0);
    assert_int_equal(w, width);
    assert_int_equal(hh, height);
    assert_int_equal(tjDecompress2(h, (const unsigned char *)jpeg.at, jpeg.len, pixels, width, 0,
                                   height, TJPF_RGB, 0),
                     0);
    for (int q = 0; q < 4; q++) {
        int x = q % 2 ? width * 3 / 4 : width / 4, y = q / 2 ? height * 3 / 4 : height / 4;
        const unsigned char *p = pixels + ((size_t)y * (size_t)width + (size_t)x) * 3;
        char is = p[0] > 150 && p[1] > 150 ? 'w' : p[0] > 150 ? 'r' : p[1] > 150 ? 'g' : 'b';

        assert_int_equal(is, want[q]);
    }
    tjDestroy(h);
    free(pixels);
}

static void expect_nothing(struct str copy, const char *ending)
{
    static const char *const groups[] = {
        "[GPS]",  "[XMP", "[IPTC]", "[Photoshop]", "[IFD0]  ", "[IFD1]", "[File]          Comment",
        "Suzuki", "draft"};
    CLEANUP(buf_done) struct buf said = exiftool(copy, ending);

    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        if (strstr(said.at, groups[i]))
            fail_msg("exiftool still finds %s:\n%s", groups[i], said.at);
    assert_null(memmem(copy.at, copy.len, "Suzuki", 6));
}

static void test_scene(void **state)
{
    CLEANUP(buf_done) struct buf jpeg = scene(W, H, 6);
    struct cleaned c = cleaned_with(buf_str(&jpeg), "genba.jpg", false);

    expect_verdict(c.report, "cleaned", "");
    assert_true(tells(c.report, "removed", "gps", "35.0000 N 135.0000 E"));
    assert_true(tells(c.report, "removed", "author", "Suzuki Jiro"));
    assert_true(tells(c.report, "removed", "xmp", NULL));
    assert_true(tells(c.report, "removed", "iptc", NULL));
    assert_true(tells(c.report, "removed", "comment", "KJ-0005 draft"));
    assert_true(tells(c.report, "removed", "thumbnail", NULL));
    assert_true(tells(c.report, "removed", "orientation", "6"));
    assert_true(tells(c.report, "removed", "behind-end", "20 bytes"));
    assert_int_equal(json_int(c.report, "width"), H);
    assert_int_equal(json_int(c.report, "height"), W);
    assert_int_equal(json_int(c.report, "turned"), 6);
    expect_quarters(buf_str(&c.copy), H, W, "brwg");
    expect_nothing(buf_str(&c.copy), ".jpg");
    assert_memory_equal(c.copy.at + c.copy.len - 2, "\xff\xd9", 2);
    cleaned_done(&c);
}

/* Every orientation comes out upright, also of sizes that no block fits. (The cage's own step: mat2 is asked above.) */
static void test_orientations(void **state)
{
    static const char *const want[9] = {"rgbw", "rgbw", "grwb", "wbgr", "bwrg",
                                        "rbgw", "brwg", "wgbr", "gwrb"};
    static const int sizes[][2] = {{64, 32}, {61, 35}};

    for (unsigned o = 1; o <= 8; o++)
        for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
            CLEANUP(buf_done) struct buf jpeg = scene(sizes[i][0], sizes[i][1], o), made;
            const struct examine_input in = {.fd = file_of(buf_str(&jpeg)), .name = "a.jpg"};
            int out = memfd_create("out", MFD_CLOEXEC);

            assert_int_equal(examiner_prepare(&in, PREPARE_JPEG, out), 0);
            made = bytes_of(out);
            expect_quarters(buf_str(&made), sizes[i][o >= 5], sizes[i][o < 5], want[o]);
            close(out);
            close(in.fd);
        }
}

static void test_damaged_picture(void **state)
{
    CLEANUP(buf_done) struct buf jpeg = scene(W, H, 6);

    expect_refused((struct str){jpeg.at, jpeg.len / 2}, "half.jpg", "damaged");
    expect_refused((struct str){jpeg.at, 40}, "head.jpg", "damaged");
    expect_refused(STR("\xff\xd8\xff"), "three.jpg", "damaged");
}

/* A picture other than JPEG that lies on its side. */
static void test_png_on_its_side(void **state)
{
    static const char start[] =
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\0\0\0\0\x3a\x7e\x9b\x55";
    static const char end[] = "\0\0\0\nIDATx\x9c"
                              "c\xf8\0\0\1\1\1\0\x1b\xb6\xeeV\0\0\0\0IEND\xae"
                              "B`\x82";
    CLEANUP(buf_done) struct buf png, tiff = exif(8);

    buf_init(&png, 4096);
    assert_int_equal(buf_add(&png, start, sizeof(start) - 1), 0);
    assert_int_equal(buf_add_be32(&png, (uint32_t)tiff.len), 0);
    assert_int_equal(buf_add_text(&png, "eXIf"), 0);
    assert_int_equal(buf_add_str(&png, buf_str(&tiff)), 0);
    assert_int_equal(buf_add_be32(&png, 0), 0);
    assert_int_equal(buf_add(&png, end, sizeof(end) - 1), 0);
    expect_refused(buf_str(&png), "a.png", "orientation");
}

/* ---- office documents ---- */

struct part {
    const char *name, *text;
};

#define PARTS_MAX 64u

static struct buf document_of(const struct part *parts, size_t n)
{
    struct member m[PARTS_MAX];

    assert_true(n <= PARTS_MAX);
    for (size_t i = 0; i < n; i++)
        m[i] = (struct member){parts[i].name, str_of(parts[i].text), PLAIN};
    return archive_of("zip", NULL, m, n, NULL);
}

/* A member's text out of a document; "" when there is none. */
static struct buf part_of(struct str zip, const char *name)
{
    struct archive *a = archive_read_new();
    struct archive_entry *e;
    struct buf out;
    char piece[4096];
    la_ssize_t n;

    buf_init(&out, 1u << 20);
    assert_int_equal(archive_read_support_format_zip(a), ARCHIVE_OK);
    assert_int_equal(archive_read_open_memory(a, zip.at, zip.len), ARCHIVE_OK);
    while (archive_read_next_header(a, &e) == ARCHIVE_OK)
        if (!strcmp(archive_entry_pathname(e), name))
            while ((n = archive_read_data(a, piece, sizeof(piece))) > 0)
                assert_int_equal(buf_add(&out, piece, (size_t)n), 0);
    archive_read_free(a);
    assert_int_equal(buf_add(&out, "", 0), 0);
    return out;
}

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
#define NS "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\""
#define RELS "http://schemas.openxmlformats.org/package/2006/relationships"
#define TYPES "http://schemas.openxmlformats.org/package/2006/content-types"
#define OFFICE "application/vnd.openxmlformats-officedocument."
#define KIND "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
#define SHEET                                                              \
    "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" " \
    "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\""

static const struct part word[] = {
    {"[Content_Types].xml",
     XML "<Types xmlns=\"" TYPES "\"><Default Extension=\"rels\" "
         "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
         "<Default Extension=\"xml\" ContentType=\"application/xml\"/>"
         "<Override PartName=\"/word/document.xml\" ContentType=\"" OFFICE
         "wordprocessingml.document.main+xml\"/><Override PartName=\"/word/comments.xml\" "
         "ContentType=\"" OFFICE "wordprocessingml.comments+xml\"/></Types>"},
    {"_rels/.rels",
     XML "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"rId1\" "
         "Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
         "officeDocument\" Target=\"word/document.xml\"/></Relationships>"},
    {"word/_rels/document.xml.rels",
     XML "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"rId1\" "
         "Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments\" "
         "Target=\"comments.xml\"/></Relationships>"},
    {"word/comments.xml",
     XML "<w:comments " NS "><w:comment w:id=\"0\" w:author=\"山田\"><w:p><w:r>"
         "<w:t>内緒</w:t></w:r></w:p></w:comment></w:comments>"},
    {"word/document.xml", XML
     "<w:document " NS "><w:body><w:p w:rsidR=\"00AB12CD\"><w:commentRangeStart w:id=\"0\"/>"
     "<w:r><w:t>kept text</w:t></w:r><w:commentRangeEnd w:id=\"0\"/><w:r><w:commentReference "
     "w:id=\"0\"/></w:r><w:ins w:id=\"1\" w:author=\"山田\"><w:r><w:t>added "
     "text</w:t></w:r></w:ins>"
     "<w:del w:id=\"2\" w:author=\"佐藤\"><w:r><w:delText>deleted text</w:delText></w:r></w:del>"
     "<w:moveFrom w:id=\"3\" w:author=\"佐藤\"><w:r><w:t>text before</w:t></w:r></w:moveFrom>"
     "<w:moveTo w:id=\"4\" w:author=\"佐藤\"><w:r><w:t>moved text</w:t></w:r></w:moveTo></w:p>"
     "<w:tbl><w:tr><w:trPr><w:del w:id=\"5\" w:author=\"佐藤\"/></w:trPr><w:tc><w:p><w:r>"
     "<w:t>deleted row</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:p><w:r><w:t>kept row</w:t>"
     "</w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>"},
};

static void test_word(void **state)
{
    CLEANUP(buf_done) struct buf docx = document_of(word, ARRAY_LEN(word)), text, types, remarks;
    struct cleaned c = cleaned_with(buf_str(&docx), "回答.docx", false);

    expect_verdict(c.report, "cleaned", "");
    assert_true(tells(c.report, "removed", "change", "山田"));
    assert_true(tells(c.report, "removed", "change", "佐藤"));
    assert_true(tells(c.report, "removed", "comment", NULL));
    text = part_of(buf_str(&c.copy), "word/document.xml");
    types = part_of(buf_str(&c.copy), "[Content_Types].xml");
    remarks = part_of(buf_str(&c.copy), "word/comments.xml");
    assert_non_null(strstr(text.at, "kept text"));
    assert_non_null(strstr(text.at, "added text"));
    assert_non_null(strstr(text.at, "moved text"));
    assert_non_null(strstr(text.at, "kept row"));
    assert_null(strstr(text.at, "deleted text"));
    assert_null(strstr(text.at, "text before"));
    assert_null(strstr(text.at, "deleted row"));
    assert_null(strstr(text.at, "山田"));
    assert_null(strstr(text.at, "comment"));
    assert_null(strstr(types.at, "comments"));
    assert_string_equal(remarks.at, "");
    cleaned_done(&c);
}

/* Paragraphs, tables and pieces of them stay where they are, and lists have their numbers. */
static void test_order(void **state)
{
    static const struct part list[] = {
        {"[Content_Types].xml",
         XML "<Types xmlns=\"" TYPES "\"><Default Extension=\"rels\" "
             "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
             "<Override PartName=\"/word/document.xml\" ContentType=\"" OFFICE
             "wordprocessingml.document.main+xml\"/>"
             "<Override PartName=\"/word/header1.xml\" ContentType=\"" OFFICE
             "wordprocessingml.header+xml\"/>"
             "<Override PartName=\"/word/numbering.xml\" ContentType=\"" OFFICE
             "wordprocessingml.numbering+xml\"/></Types>"},
        {"_rels/.rels",
         XML "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"rId1\" Type=\"" KIND
             "officeDocument\" Target=\"word/document.xml\"/></Relationships>"},
        {"word/_rels/document.xml.rels",
         XML "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"rId1\" Type=\"" KIND
             "numbering\" Target=\"numbering.xml\"/>"
             "<Relationship Id=\"rId2\" Type=\"" KIND "header\" Target=\"header1.xml\"/>"
             "<Relationship Id=\"rId3\" Type=\"" KIND
             "webSettings\" Target=\"webSettings.xml\"/></Relationships>"},
        {"word/webSettings.xml", XML "<w:webSettings " NS "/>"},
        {"word/numbering.xml", XML
         "<w:numbering " NS
         "><w:abstractNum w:abstractNumId=\"0\"><w:nsid w:val=\"3F2A1B0C\"/><w:lvl w:ilvl=\"0\">"
         "<w:numFmt w:val=\"decimal\"/><w:lvlText "
         "w:val=\"%1.\"/></w:lvl></w:abstractNum></w:numbering>"},
        {"word/header1.xml",
         XML "<w:hdr " NS "><w:p><w:pPr/><w:r><w:t>page </w:t></w:r><w:fldSimple "
             "w:instr=\"PAGE\"><w:r><w:t>1</w:t></w:r></w:fldSimple>"
             "<w:r><w:t> of 9</w:t></w:r></w:p></w:hdr>"},
        {"word/document.xml",
         XML "<w:document " NS "><w:body><w:p><w:r><w:t>first</w:t></w:r></"
             "w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>cell</w:t></w:r></w:p></w:tc></w:tr>"
             "</w:tbl><w:p><w:r><w:t>last</w:t></w:r></w:p></w:body></w:document>"},
    };
    CLEANUP(buf_done)
    struct buf docx = document_of(list, ARRAY_LEN(list)), text, head, numbers, relations;
    struct cleaned c = cleaned_with(buf_str(&docx), "表.docx", false);

    expect_verdict(c.report, "cleaned", "");
    text = part_of(buf_str(&c.copy), "word/document.xml");
    head = part_of(buf_str(&c.copy), "word/header1.xml");
    numbers = part_of(buf_str(&c.copy), "word/numbering.xml");
    relations = part_of(buf_str(&c.copy), "word/_rels/document.xml.rels");
    assert_true(strstr(text.at, "first") < strstr(text.at, "cell") &&
                strstr(text.at, "cell") < strstr(text.at, "last"));
    assert_true(strstr(head.at, "page ") < strstr(head.at, "PAGE") &&
                strstr(head.at, "PAGE") < strstr(head.at, " of 9"));
    assert_non_null(strstr(numbers.at, "%1."));
    assert_null(strstr(numbers.at, "3F2A1B0C"));
    assert_non_null(strstr(relations.at, "numbering.xml"));
    assert_null(strstr(relations.at, "webSettings"));
    cleaned_done(&c);
}

/* Sheets are found in the copy, and a text in Japanese with its reading stays in its order. */
static const struct part book[] = {
    {"[Content_Types].xml",
     XML "<Types xmlns=\"" TYPES "\"><Default Extension=\"rels\" "
         "ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
         "<Override PartName=\"/xl/workbook.xml\" ContentType=\"" OFFICE
         "spreadsheetml.sheet.main+xml\"/>"
         "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"" OFFICE
         "spreadsheetml.worksheet+xml\"/>"
         "<Override PartName=\"/xl/sharedStrings.xml\" ContentType=\"" OFFICE
         "spreadsheetml.sharedStrings+xml\"/></Types>"},
    {"_rels/.rels", XML "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"rId1\" Type=\"" KIND
                        "officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"},
    {"xl/_rels/workbook.xml.rels",
     XML "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"rId1\" Type=\"" KIND
         "worksheet\" Target=\"worksheets/sheet1.xml\"/>"
         "<Relationship Id=\"rId2\" Type=\"" KIND
         "sharedStrings\" Target=\"/xl/sharedStrings.xml\"/></Relationships>"},
    {"xl/worksheets/_rels/sheet1.xml.rels", XML
     "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"rId1\" Type=\"" KIND "printerSettings\" "
     "Target=\"../printerSettings/printerSettings1.bin\"/></Relationships>"},
    {"xl/printerSettings/printerSettings1.bin", "SHIKEN-PRINTER-6F"},
    {"xl/workbook.xml",
     XML "<workbook " SHEET
         "><sheets><sheet name=\"一覧\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>"},
    {"xl/sharedStrings.xml",
     XML "<sst " SHEET "><si><t>架空</t><rPh sb=\"0\" eb=\"2\"><t>カクウ</t></rPh><phoneticPr "
         "fontId=\"1\"/></si></sst>"},
    {"xl/worksheets/sheet1.xml",
     XML "<worksheet " SHEET
         "><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row></sheetData>"
         "<pageSetup paperSize=\"9\" r:id=\"rId1\"/></worksheet>"},
};

static void test_workbook(void **state)
{
    CLEANUP(buf_done)
    struct buf xlsx = document_of(book, ARRAY_LEN(book)), relations, strings, sheet, of_sheet;
    struct cleaned c = cleaned_with(buf_str(&xlsx), "一覧.xlsx", false);

    expect_verdict(c.report, "cleaned", "");
    relations = part_of(buf_str(&c.copy), "xl/_rels/workbook.xml.rels");
    strings = part_of(buf_str(&c.copy), "xl/sharedStrings.xml");
    sheet = part_of(buf_str(&c.copy), "xl/worksheets/sheet1.xml");
    of_sheet = part_of(buf_str(&c.copy), "xl/worksheets/_rels/sheet1.xml.rels");
    assert_non_null(strstr(relations.at, "worksheets/sheet1.xml"));
    assert_non_null(strstr(relations.at, "/xl/sharedStrings.xml"));
    assert_true(strstr(strings.at, "架空") < strstr(strings.at, "rPh") &&
                strstr(strings.at, "カクウ") < strstr(strings.at, "phoneticPr"));
    assert_non_null(strstr(sheet.at, "paperSize"));
    assert_null(strstr(sheet.at, "rId1"));
    assert_null(strstr(of_sheet.at, "printer"));
    cleaned_done(&c);
}

/* A copy that says less than the document, as where the part with its text is one that mat2 drops, is none. */
static void test_altered(void **state)
{
    struct part lost[ARRAY_LEN(book)];
    CLEANUP(buf_done) struct buf xlsx;
    struct cleaned c;

    memcpy(lost, book, sizeof(book));
    lost[2].text = XML "<Relationships xmlns=\"" RELS "\"><Relationship Id=\"rId1\" Type=\"" KIND
                       "worksheet\" Target=\"worksheets/sheet1.xml\"/>"
                       "<Relationship Id=\"rId2\" Type=\"" KIND
                       "sharedStrings\" Target=\"tags/strings.xml\"/></Relationships>";
    lost[6].name = "xl/tags/strings.xml";
    xlsx = document_of(lost, ARRAY_LEN(lost));
    c = cleaned_with(buf_str(&xlsx), "一覧.xlsx", false);
    expect_verdict(c.report, "refused", "altered");
    assert_int_equal(c.copy.len, 0);
    cleaned_done(&c);
}

/* Who changed a style, and what it was before. */
static void test_changes_of_styles(void **state)
{
    static const struct part styled[] = {
        {"word/document.xml", "<w:document " NS "><w:body/></w:document>"},
        {"word/styles.xml", "<w:styles " NS "><w:style w:styleId=\"x\"><w:rPr><w:b/><w:rPrChange "
                            "w:id=\"1\" w:author=\"山田\"><w:rPr><w:i/></w:rPr>"
                            "</w:rPrChange></w:rPr></w:style></w:styles>"},
    };
    CLEANUP(buf_done) struct buf docx = document_of(styled, ARRAY_LEN(styled)), made, part;
    const struct examine_input in = {.fd = file_of(buf_str(&docx)), .name = "a.docx"};
    int out = memfd_create("out", MFD_CLOEXEC);

    assert_int_equal(examiner_prepare(&in, PREPARE_OFFICE, out), 0);
    made = bytes_of(out);
    part = part_of(buf_str(&made), "word/styles.xml");
    assert_non_null(strstr(part.at, "w:b"));
    assert_null(strstr(part.at, "山田"));
    assert_null(strstr(part.at, "rPrChange"));
    close(out);
    close(in.fd);
}

#define CONFIG "urn:oasis:names:tc:opendocument:xmlns:config:1.0"
#define ODF_OFFICE "urn:oasis:names:tc:opendocument:xmlns:office:1.0"

/* mat2 leaves the printer in it. */
static void test_printer(void **state)
{
    static const struct part text[] = {
        {"mimetype", "application/vnd.oasis.opendocument.text"},
        {"META-INF/manifest.xml",
         "<m:manifest xmlns:m=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\"/>"},
        {"content.xml", "<o:document-content xmlns:o=\"" ODF_OFFICE "\"><o:body><o:text>kept text"
                        "</o:text></o:body></o:document-content>"},
        {"settings.xml",
         "<o:document-settings xmlns:o=\"" ODF_OFFICE "\" xmlns:config=\"" CONFIG
         "\"><config:config-item config:name=\"PrinterName\">LP-3 Suzuki</config:config-item>"
         "<config:config-item config:name=\"Zoom\">80</config:config-item></o:document-settings>"},
    };
    CLEANUP(buf_done) struct buf odt = document_of(text, ARRAY_LEN(text)), settings, content;
    struct cleaned c = cleaned_with(buf_str(&odt), "a.odt", false);

    expect_verdict(c.report, "cleaned", "");
    assert_true(tells(c.report, "removed", "printer", "LP-3 Suzuki"));
    settings = part_of(buf_str(&c.copy), "settings.xml");
    content = part_of(buf_str(&c.copy), "content.xml");
    assert_null(strstr(settings.at, "Suzuki"));
    assert_non_null(strstr(settings.at, "Zoom"));
    assert_non_null(strstr(content.at, "kept text"));
    cleaned_done(&c);
}

/* Hidden sheets and rows, comments, slides, changes of others than Word: told and refused. */
static void test_hidden(void **state)
{
    static const struct {
        const char *name, *kind, *value;
        struct part parts[3];
    } cases[] = {
        {"a.xlsx",
         "sheet",
         "裏帳簿",
         {{"xl/workbook.xml", "<workbook><sheets><sheet name=\"表\"/><sheet name=\"裏帳簿\" "
                              "state=\"veryHidden\"/></sheets></workbook>"}}},
        {"a.xlsx",
         "row",
         "2",
         {{"xl/workbook.xml", "<workbook/>"},
          {"xl/worksheets/sheet1.xml",
           "<worksheet><sheetData><row r=\"1\" hidden=\"1\"/><row r=\"2\" hidden=\"true\"/>"
           "<row r=\"3\" hidden=\"0\"/></sheetData></worksheet>"}}},
        {"a.xlsx",
         "comment",
         "1",
         {{"xl/workbook.xml", "<workbook/>"},
          {"xl/comments1.xml",
           "<comments><commentList><comment ref=\"A1\"/></commentList></comments>"}}},
        {"a.pptx",
         "slide",
         "",
         {{"ppt/presentation.xml", "<p/>"}, {"ppt/slides/slide2.xml", "<sld show=\"0\"/>"}}},
        {"a.pptx",
         "note",
         "ppt/notesSlides/notesSlide1.xml",
         {{"ppt/presentation.xml", "<p/>"}, {"ppt/notesSlides/notesSlide1.xml", "<notes/>"}}},
        {"a.docx",
         "text",
         "1",
         {{"word/document.xml", "<w:document " NS "><w:p><w:r><w:rPr><w:vanish/></w:rPr></w:r>"
                                "</w:p></w:document>"}}},
        {"a.docx",
         "attachment",
         "word/embeddings/b.bin",
         {{"word/document.xml", "<w:document " NS "/>"}, {"word/embeddings/b.bin", "x"}}},
        {"a.docx", /* what is of that style is hidden, wherever it stands */
         "text",
         "1",
         {{"word/document.xml", "<w:document " NS "/>"},
          {"word/styles.xml",
           "<w:styles " NS
           "><w:style w:styleId=\"x\"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>"}}},
        {"a.docx",
         "attachment",
         "word/afchunk.mht",
         {{"word/document.xml", "<w:document " NS "/>"}, {"word/afchunk.mht", "x"}}},
        {"a.docx",
         "script",
         "word/activeX/activeX1.bin",
         {{"word/document.xml", "<w:document " NS "/>"}, {"word/activeX/activeX1.bin", "x"}}},
        {"a.xlsx",
         "attachment",
         "xl/pivotCache/pivotCacheRecords1.xml",
         {{"xl/workbook.xml", "<workbook/>"},
          {"xl/pivotCache/pivotCacheRecords1.xml", "<pivotCacheRecords/>"}}},
        {"a.xlsx",
         "script",
         "xl/macrosheets/sheet1.xml",
         {{"xl/workbook.xml", "<workbook/>"},
          {"xl/macrosheets/sheet1.xml", "<xm:macrosheet xmlns:xm=\"m\"/>"}}},
        {"a.pptx",
         "change",
         "ppt/changesInfos/changesInfo1.xml",
         {{"ppt/presentation.xml", "<p/>"}, {"ppt/changesInfos/changesInfo1.xml", "<c/>"}}},
        {"a.odt",
         "comment",
         "1",
         {{"mimetype", "application/vnd.oasis.opendocument.text"},
          {"content.xml", "<d/>"},
          {"Object 1/content.xml", "<d><annotation/></d>"}}},
        {"a.odt",
         "script",
         "Scripts/python/a.py",
         {{"mimetype", "application/vnd.oasis.opendocument.text"},
          {"content.xml", "<d/>"},
          {"Scripts/python/a.py", "x"}}},
        {"a.ods",
         "sheet",
         "裏帳簿",
         {{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"},
          {"content.xml",
           "<o:d xmlns:o=\"o\" xmlns:s=\"s\" xmlns:t=\"t\"><s:style s:name=\"ta2\">"
           "<s:table-properties t:display=\"false\"/></s:style><t:table t:name=\"表\" "
           "t:style-name=\"ta1\"/><t:table t:name=\"裏帳簿\" t:style-name=\"ta2\"/></o:d>"}}},
        {"a.odt",
         "change",
         "",
         {{"mimetype", "application/vnd.oasis.opendocument.text"},
          {"content.xml", "<d><changed-region/></d>"}}},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t n = 1;
        CLEANUP(buf_done) struct buf zip;
        struct cleaned c;

        while (n < 3 && cases[i].parts[n].name)
            n++;
        zip = document_of(cases[i].parts, n);
        c = cleaned_with(buf_str(&zip), cases[i].name, true); /* nobody can wave it through */
        expect_verdict(c.report, "refused", "hidden");
        if (!tells(c.report, "hidden", cases[i].kind, cases[i].value))
            fail_msg("case %zu: %s %s is not told", i, cases[i].kind, cases[i].value);
        assert_int_equal(c.copy.len, 0);
        cleaned_done(&c);
    }
}

/* ---- what is not cleaned ---- */

static void test_unsupported(void **state)
{
    static const char ole[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 an old document";
    const struct str bytes = {ole, sizeof(ole) - 1};
    struct cleaned c;

    expect_refused(bytes, "memo.doc", "unsupported");
    expect_refused(STR("<html><!-- x --></html>"), "a.html", "unsupported");
    expect_refused(STR("PK\3\4 nothing"), "a.docx", "unsupported");
    c = cleaned_with(bytes, "memo.doc", true);
    expect_verdict(c.report, "not-cleaned", "unsupported");
    assert_string_equal(json_str(c.report, "format"), "ole");
    assert_true(str_eq(buf_str(&c.copy), bytes));
    cleaned_done(&c);
}

static void test_text(void **state)
{
    struct cleaned c = cleaned_with(STR("名前,番号\n山田,1\n"), "照会用一覧.csv", false);

    expect_verdict(c.report, "cleaned", "");
    assert_true(str_eq(buf_str(&c.copy), STR("名前,番号\n山田,1\n")));
    assert_string_equal(json_str(c.report, "format"), "text");
    cleaned_done(&c);
}

/* ---- the sandbox ---- */

static int run_script(const char *script, unsigned time_s, struct buf *out)
{
    struct sandbox_job job = {script, "in.txt", file_of(STR("hello")),
                              memfd_create("out", MFD_CLOEXEC), time_s};
    CLEANUP(buf_done) struct buf said;
    int r;

    buf_init(&said, SANDBOX_SAID_MAX);
    r = sandbox_run(&job, &said);
    if (r == SANDBOX_E_NONE)
        print_message("%.*s\n", STR_ARG(buf_str(&said)));
    if (r == 0)
        *out = bytes_of(job.out);
    else
        buf_init(out, 0);
    close(job.in);
    close(job.out);
    return r;
}

/* Somebody who listens on this machine. */
static int listener(unsigned *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static void test_sandbox(void **state)
{
    char connecting[120];
    const char *const in_vain[] = {
        "ls /home",
        "ls /etc/passwd",
        "touch /usr/x",
        "ls /var/log",
        connecting,
        "test -n \"$SECRET_OF_THE_TEST\"",
        "test $(ls /sys/class/net 2>/dev/null | grep -cv '^lo$') -gt 0",
        "test $(ls -d /proc/[0-9]* | wc -l) -gt 12",
        "python3 -c 'x = bytearray(3 << 30)'",
        "head -c 700000000 /dev/zero >big",
    };
    CLEANUP(buf_done) struct buf out;

    unsigned port;
    int fd = listener(&port);

    (void)snprintf(connecting, sizeof(connecting),
                   "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", %u), 5)'",
                   port);
    setenv("SECRET_OF_THE_TEST", "word", 1);
    assert_int_equal(run_script("cat in.txt", 20, &out), 0);
    assert_true(str_eq(buf_str(&out), STR("hello")));
    for (size_t i = 0; i < ARRAY_LEN(in_vain); i++) {
        buf_done(&out);
        if (run_script(in_vain[i], 60, &out) != SANDBOX_E_FAILED)
            fail_msg("this went through: %s", in_vain[i]);
    }
    buf_done(&out);
    assert_int_equal(run_script("sleep 1000 & sleep 1000", 1, &out), SANDBOX_E_TIME);
    buf_done(&out);
    assert_int_equal(run_script("cat /dev/zero", 100, &out), SANDBOX_E_LARGE);
    close(fd);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sandbox),
        cmocka_unit_test(test_scene),
        cmocka_unit_test(test_orientations),
        cmocka_unit_test(test_damaged_picture),
        cmocka_unit_test(test_png_on_its_side),
        cmocka_unit_test(test_changes_of_styles),
        cmocka_unit_test(test_word),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_unsupported),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_printer),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_workbook),
        cmocka_unit_test(test_altered),
    };

    /* The examiner is this program itself. */
    if (argc == 2 && !strcmp(argv[1], EXAMINER_WORD))
        examiner_main();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
