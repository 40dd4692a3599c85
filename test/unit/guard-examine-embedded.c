/* Files in compound files before the examiner: what is attached to messages of Outlook and packages of OLE are members, and what they hold. */
#include "examined.h"
#include "made-files.h"

#include "guard/compound.h"
#include "guard/examine-inside.h"

#define DIRECTORY 1024u /* where it lies in made_compound() */

static void expect_runs(const json_t *report, const char *name, const char *word)
{
    assert_string_equal(json_str(member_of(report, name), "runs"), word);
}

static const char wide_a[] = "\xc7\x8c\x99\x65.\0z\0i\0p\0", wide_b[] = "b\0.\0d\0a\0t\0\0\0";

/* Two storages, each with a name and what is called so; the names of B come first. */
static struct buf made_message(struct str a, struct str b)
{
    const struct made_stream s[] = {{"__attach_version1.0_#00000000", STR("")}, {"__substg1.0_3707001F", {wide_b, sizeof(wide_b) - 1}}, {"__substg1.0_37010102", a},
                                    {"__attach_version1.0_#00000001", STR("")}, {"__substg1.0_37010102", b},                            {"__substg1.0_3707001F", {wide_a, sizeof(wide_a) - 1}}};
    struct buf file = made_compound(s, ARRAY_LEN(s));
    char *d = file.at + DIRECTORY;

    d[128 * 1 + 66] = d[128 * 4 + 66] = 1;
    put32(d + 76, 1);
    put32(d + 128 * 1 + 68, 4);
    put32(d + 128 * 1 + 76, 5); /* the tree goes across the order of the list */
    put32(d + 128 * 5 + 72, 2);
    put32(d + 128 * 4 + 76, 3);
    put32(d + 128 * 3 + 72, 6);
    return file;
}

/* What each lies in goes by the tree. */
static void test_owners(void **state)
{
    CLEANUP(buf_done) struct buf file = made_message(STR("a"), STR("b"));
    CLEANUP(compound_close) struct compound c;
    static const uint32_t want[] = {0, 0, 1, 4, 0, 1, 4};
    uint32_t owners[8];

    assert_int_equal(compound_open(buf_str(&file), &c), 0);
    assert_int_equal(compound_count(&c), 8);
    assert_int_equal(compound_owners(&c, owners), 0);
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_int_equal(owners[i], want[i]);
    assert_int_equal(owners[7], COMPOUND_NOWHERE);
    put32(file.at + DIRECTORY + 128 * 5 + 68, 1); /* round */
    put32(file.at + DIRECTORY + 128 * 2 + 76, 0);
    assert_int_equal(compound_owners(&c, owners), 0);
}

static struct buf made_attached(struct str bytes)
{
    const struct made_stream s[] = {{"__substg1.0_3707001F", {wide_a, sizeof(wide_a) - 1}}, {"__substg1.0_37010102", bytes}};

    return made_compound(s, 2);
}

static void test_attached(void **state)
{
    CLEANUP(buf_done) struct buf packed = zip_of("b.vbs", STR("MsgBox 1"));
    CLEANUP(buf_done) struct buf message = made_attached(buf_str(&packed));
    CLEANUP(buf_done) struct buf in_zip = zip_of("m.msg", buf_str(&message));
    CLEANUP(buf_done) struct buf outer = made_attached(buf_str(&message));
    CLEANUP(buf_done) struct buf infected = made_attached(eicar());
    CLEANUP(buf_done) struct buf two = made_message(buf_str(&packed), STR("words"));
    {
        JSON_AUTO *report = examined(buf_str(&message), "f.msg");

        assert_string_equal(json_str(report, "verdict"), "clean");
        expect_runs(report, "f.msg > 資料.zip > b.vbs", "script");
        assert_int_equal(json_int(member_of(report, "f.msg > 資料.zip"), "layer"), 1);
        assert_int_equal(json_int(report, "unpacked"), packed.len + 8);
    }
    {
        JSON_AUTO *report = examined(buf_str(&in_zip), "f.zip");

        expect_runs(report, "f.zip > m.msg > 資料.zip > b.vbs", "script");
    }
    {
        JSON_AUTO *report = examined(buf_str(&outer), "f.msg");

        expect_runs(report, "f.msg > 資料.zip > 資料.zip > b.vbs", "script");
    }
    {
        JSON_AUTO *report = examined(buf_str(&two), "f.msg");

        assert_string_equal(json_str(report, "verdict"), "clean");
        assert_int_equal(json_array_size(json_arr(report, "members")), 4);
        assert_string_equal(json_str(member_of(report, "f.msg > b.dat"), "type"), "text"); /* each by what stands beside it */
    }
    {
        JSON_AUTO *report = examined(buf_str(&infected), "f.msg");

        assert_string_equal(json_str(report, "verdict"), "infected");
    }
}

static void test_packages(void **state)
{
    CLEANUP(buf_done) struct buf packed = zip_of("b.vbs", STR("MsgBox 1"));
    CLEANUP(buf_done) struct buf package = made_package("a.zip", buf_str(&packed));
    CLEANUP(buf_done) struct buf none = made_package("a.zip", STR("words"));
    const struct made_stream own = {"\1Ole10Native", buf_str(&package)}, objects[] = {{"Package", buf_str(&packed)}, {"CONTENTS", STR("%PDF-1.7\n%%EOF")}, {"Other", buf_str(&packed)}};
    CLEANUP(buf_done) struct buf document = made_compound(&own, 1);
    CLEANUP(buf_done) struct buf others = made_compound(objects, ARRAY_LEN(objects));
    CLEANUP(buf_done) struct buf office = zip_of("word/embeddings/oleObject1.bin", buf_str(&document));
    {
        JSON_AUTO *report = examined(buf_str(&office), "f.docx");

        assert_string_equal(json_str(report, "verdict"), "clean");
        expect_runs(report, "f.docx > word/embeddings/oleObject1.bin > a.zip > b.vbs", "script");
    }
    {
        JSON_AUTO *report = examined(buf_str(&others), "f.doc");

        expect_runs(report, "f.doc > Package > b.vbs", "script");
        assert_string_equal(json_str(member_of(report, "f.doc > CONTENTS"), "type"), "pdf");
        assert_int_equal(json_array_size(json_arr(report, "members")), 4);
    }
    { /* one that says more than there is */
        struct made_stream cut = {"\1Ole10Native", {none.at, none.len - 1}};
        CLEANUP(buf_done) struct buf file = made_compound(&cut, 1);

        expect(examined(buf_str(&file), "f.doc"), "not-examinable", "damaged", "f.doc");
    }
}

static void test_limits(void **state)
{
    CLEANUP(buf_done) struct buf packed = zip_of("b.vbs", STR("MsgBox 1"));
    CLEANUP(buf_done) struct buf message = made_attached(buf_str(&packed));
    CLEANUP(buf_done) struct buf in_zip = zip_of("m.msg", buf_str(&message));
    char *long_bytes = calloc(1, 20000);
    struct examine_limits limits = examine_limits_default;

    assert_non_null(long_bytes);
    limits.layers_max = 1;
    expect(examined_with(buf_str(&message), "f.msg", NULL, &limits), "not-examinable", "layers", "f.msg > 資料.zip");
    expect(examined_with(buf_str(&in_zip), "f.zip", NULL, &limits), "not-examinable", "layers", "f.zip > m.msg");
    limits.layers_max = 2;
    expect(examined_with(buf_str(&message), "f.msg", NULL, &limits), "clean", "", NULL);
    limits = examine_limits_default;
    limits.members_max = 1;
    expect(examined_with(buf_str(&message), "f.msg", NULL, &limits), "not-examinable", "members", NULL);
    limits = examine_limits_default;
    limits.unpacked_max = packed.len - 1;
    expect(examined_with(buf_str(&message), "f.msg", NULL, &limits), "not-examinable", "size", NULL);
    { /* what is attached goes round, or breaks off: nobody sees it whole */
        CLEANUP(buf_done) struct buf large = made_attached((struct str){long_bytes, 20000});

        expect(examined(buf_str(&large), "f.msg"), "clean", "", NULL);
        put32(large.at + 512 + 4 * 4, 3);
        expect(examined(buf_str(&large), "f.msg"), "not-examinable", "damaged", "f.msg");
        put32(large.at + 48, 0x20000); /* its directory */
        expect(examined(buf_str(&large), "f.msg"), "not-examinable", "damaged", "f.msg");
    }
    { /* one under many names */
        const struct made_stream s[] = {{"CONTENTS", {long_bytes, 20000}}, {"CONTENTS", STR("")}, {"CONTENTS", STR("")}, {"CONTENTS", STR("")}, {"CONTENTS", STR("")}, {"CONTENTS", STR("")}, {"CONTENTS", STR("")}};
        CLEANUP(buf_done) struct buf file = made_compound(s, ARRAY_LEN(s));

        expect(examined(buf_str(&file), "f.doc"), "clean", "", NULL);
        for (size_t i = 2; i <= ARRAY_LEN(s); i++)
            memcpy(file.at + DIRECTORY + 128 * i + 116, file.at + DIRECTORY + 128 + 116, 8);
        expect(examined(buf_str(&file), "f.doc"), "not-examinable", "damaged", "f.doc");
    }
    free(long_bytes);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_owners), cmocka_unit_test(test_attached), cmocka_unit_test(test_packages), cmocka_unit_test(test_limits)};

    /* The examiner is this program itself. */
    if (argc == 2 && !strcmp(argv[1], EXAMINER_WORD))
        examiner_main();
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
