/* The bytes that an object carries whole: each text as a file has it, and what base64 stands for (intel/stix-contents.h); that they come with the object's segment. */
#include "base/buf.h"
#include "intel/stage.h"
#include "intel/stix-contents.h"
#include "store/segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define FOUND_MAX 32u
#define LINE "A line of a letter that is long enough to be known by its digest."

struct found {
    struct digest at[FOUND_MAX];
    size_t n;
};

static int take(const struct digest *sha256, void *context)
{
    struct found *f = context;

    assert_true(f->n < FOUND_MAX);
    f->at[f->n++] = *sha256;
    return 0;
}

static struct found find(const char *object)
{
    struct stix_contents *x = stix_contents_new();
    struct scanner *s = scanner_new(1 << 20);
    const struct scan_value *v;
    struct scan_place place;
    struct found f = {.n = 0};

    buf_init(&place.path, 100);
    OK(scanner_read(s, str_of(object), &v, &place));
    OK(stix_contents(x, v, take, &f));
    buf_done(&place.path);
    scanner_free(s);
    stix_contents_free(x);
    return f;
}

static bool has(const struct found *f, struct str bytes)
{
    struct digest d = sha256(bytes);

    for (size_t i = 0; i < f->n; i++)
        if (!memcmp(&f->at[i], &d, sizeof(d)))
            return true;
    return false;
}

#define HAS(f, text) assert_true(has(&(f), STR(text)))

static void a_text_as_a_file_has_it(void **state)
{
    struct found one = find("{\"type\": \"note\", \"content\": \"" LINE "\"}"), two = find("{\"extensions\": {\"x\": [{\"y\": \"" LINE "\\r\\n" LINE "\\n\"}]}}");

    HAS(one, LINE);
    HAS(one, LINE "\n");
    HAS(one, LINE "\r\n");
    assert_int_equal(one.n, 4); /* that it ends nowhere is told twice */
    HAS(two, LINE "\r\n" LINE "\n");
    HAS(two, LINE "\n" LINE);
    HAS(two, LINE "\n" LINE "\n");
    HAS(two, LINE "\r\n" LINE);
    HAS(two, LINE "\r\n" LINE "\r\n");
    assert_int_equal(two.n, 5);
}

static void what_base64_stands_for(void **state)
{
    static const char coded[] = "QSBsaW5lIG9mIGEgbGV0dGVyIHRoYXQgaXMgbG9uZyBlbm91Z2ggdG8gYmUga25vd24gYnkgaXRzIGRpZ2VzdC4=";
    char text[300];
    struct found f;

    snprintf(text, sizeof(text), "{\"type\": \"artifact\", \"payload_bin\": \"%s\"}", coded);
    f = find(text);
    HAS(f, LINE);
    assert_true(has(&f, str_of(coded)));
    snprintf(text, sizeof(text), "{\"data\": \"%.40s\\r\\n%s\"}", coded, coded + 40);
    f = find(text);
    HAS(f, LINE);
    snprintf(text, sizeof(text), "{\"data\": \"%s=\"}", coded); /* none: then it is a text */
    f = find(text);
    assert_false(has(&f, STR(LINE)));
    assert_true(f.n > 0);
}

static void what_is_too_short_and_what_is_none(void **state)
{
    assert_int_equal(find("{\"a\": \"0123456789.0123456789.0123456789.0123456789.0123456789.0123456\"}").n, 1); /* of 62 bytes: with its end alone */
    assert_int_equal(find("{\"a\": \"0123456789.0123456789.0123456789.0123456789.0123456789.012345\"}").n, 0);
    assert_int_equal(find("{\"SHA-256\": \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}").n, 0);
    assert_int_equal(find("{\"pattern_type\": \"stix\", \"pattern\": \"[domain-name:value = 'a.example'] OR [domain-name:value = 'b.example']\"}").n, 0);
    assert_int_not_equal(find("{\"pattern_type\": \"yara\", \"pattern\": \"[domain-name:value = 'a.example'] OR [domain-name:value = 'b.example']\"}").n, 0);
}

static int keep(struct str segment, size_t n, void *context)
{
    return buf_add_str(context, segment);
}

/* Contents are no values of the object, and are not among the keys that are kept. */
static void in_a_segment(void **state)
{
    static const char text[] = "{\"type\":\"note\",\"spec_version\":\"2.1\",\"id\":\"note--00000000-0000-4000-8000-000000000001\",\"created\":\"2026-04-01T00:00:00.000Z\","
                               "\"modified\":\"2026-04-01T00:00:00.000Z\",\"content\":\"" LINE "\",\"object_refs\":[\"tool--00000000-0000-4000-8000-000000000001\"]}";
    static const bool none[] = {false}, all[] = {true};
    static const uint32_t order[] = {0};
    struct digest whole = sha256(STR(LINE));
    struct stix_object o = {.bytes = {text, sizeof(text) - 1}};
    struct scanner *s = scanner_new(1 << 20);
    struct stage_way *w;
    struct scan_place place;
    struct segment g, keys;
    struct buf message, out;
    enum stage_left left;
    enum tlp tlp;
    size_t n = 0;

    buf_init(&message, SEGMENT_SIZE_MAX);
    buf_init(&out, SEGMENT_SIZE_MAX);
    buf_init(&place.path, 100);
    w = stage_new(TLP_CLEAR, keep, &message);
    OK(scanner_read(s, o.bytes, &o.root, &place));
    OK(stage_add(w, &o, &left, &tlp));
    assert_int_equal(left, STAGE_TAKEN);
    OK(stage_flush(w));
    OK(segment_read(buf_str(&message), &g));
    assert_int_equal(g.n_contents, 3);
    assert_int_equal(g.objects[0].n_contents, 3);
    for (size_t i = 0; i < 3; i++) {
        uint32_t at = segment_place(&g.objects[0], g.objects[0].n_values + i);

        assert_true(at >= g.n_values && at - g.n_values < g.n_contents);
        n += !memcmp(g.contents[at - g.n_values].bytes.at, whole.bytes, sizeof(whole.bytes));
    }
    assert_int_equal(n, 1);
    for (size_t i = 0; i < g.n_values; i++)
        assert_int_not_equal(g.values[i].type, SEGMENT_CONTENT);
    OK(segment_print_keys(&g, order, none, &out));
    OK(segment_read_keys(buf_str(&out), &keys));
    assert_int_equal(keys.n_contents, 0);
    assert_int_equal(keys.n_values, g.n_values);
    assert_int_equal(keys.objects[0].n_values, g.objects[0].n_values);
    segment_leave_out(&g, none);
    assert_int_equal(g.n_objects, 1);
    segment_leave_out(&g, all);
    assert_int_equal(g.n_objects, 0);
    segment_done(&keys);
    segment_done(&g);
    stage_free(w);
    scanner_free(s);
    buf_done(&place.path);
    buf_done(&message);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_as_a_file_has_it),
        cmocka_unit_test(what_base64_stands_for),
        cmocka_unit_test(what_is_too_short_and_what_is_none),
        cmocka_unit_test(in_a_segment),
    };

    return cmocka_run_group_tests_name("contents", tests, NULL, NULL);
}
