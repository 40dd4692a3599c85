/* Files: they come in by pieces, are examined, are named by an act, and go out by a key that is entered; on both databases. What the loop
 * does with a message beside itself is done here by the test. */
#include "base/codec.h"
#include "engine/attachment.h"
#include "engine/file.h"
#include "engine/holding.h"
#include "engine/seen.h"
#include "keeper-bench.h"
#include "keeper/file-operation.h"
#include "keeper/filing.h"
#include "store/blobs.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <time.h>

#define OK(call) assert_int_equal((call), 0)
#define BIG (2 * ATTACHMENT_PIECE + 777)

static uint8_t contents[BIG];

/* ---- a bench with the threads' things ---- */

struct files {
    struct bench b;
    void *things;
};

static void files_open(void **state, struct files *f)
{
    *f = (struct files){.things = NULL};
    bench_open(state, &f->b);
}

static void files_close(struct files *f)
{
    filing_work.end(f->things);
    bench_close(&f->b);
}

static const char *cookie(struct files *f, char person)
{
    return keeper_place_cookie(&f->b.home, person);
}

static json_t *asks_begin(struct files *f, char person, const char *name, int64_t size)
{
    return bench_well_formed(&f->b, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "op", "file-begin", "token", cookie(f, person), "reg", "trials",
                                              "field", "scan", "name", name, "size", (json_int_t)size));
}

/* By whoever `gate` is, as the loop marks it. */
static json_t *begins_by(struct files *f, unsigned gate, const char *reg, const char *field, char ret_id[ATTACHMENT_ID_SIZE])
{
    json_t *answer;

    f->b.measured = gate;
    answer = bench_run(&f->b, true, bench_well_formed(&f->b, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "op", "file-begin", "token",
                                                                       cookie(f, 'B'), "reg", reg, "field", field, "name", "a.bin", "size", (json_int_t)5)));
    f->b.measured = 0;
    snprintf(ret_id, ATTACHMENT_ID_SIZE, "%s", json_str(answer, "id"));
    return answer;
}

/* The id of one that begins. */
static void begins(struct files *f, char person, const char *name, int64_t size, char ret_id[ATTACHMENT_ID_SIZE])
{
    JSON_AUTO *answer = bench_run(&f->b, true, asks_begin(f, person, name, size));

    if (!json_flag(answer, "ok"))
        fail_msg("%s", json_dumps(answer, 0));
    snprintf(ret_id, ATTACHMENT_ID_SIZE, "%s", json_str(answer, "id"));
    assert_true(attachment_id_ok(ret_id));
}

/* A piece beside the loop and, where that does not answer, in a batch. `data` NULL: the end is asked for once more. */
static json_t *piece_through(struct files *f, unsigned gate, const char *token, const char *id, int64_t offset, const void *data, size_t len)
{
    CLEANUP(buf_done) struct buf text;
    json_t *m, *answer;

    buf_init(&text, 4 * ATTACHMENT_PIECE);
    if (data)
        OK(base64_print(data, len, &text));
    m = bench_well_formed(&f->b, json_pack("{s:s, s:s, s:s, s:I, s:s}", "op", "file-piece", "token", token, "id", id, "offset",
                                           (json_int_t)offset, "data", data ? text.at : ""));
    assert_true(filing_work.wants(json_str(m, "op")));
    if (gate)
        OK(json_put_str(m, FILING_GATE, gate_name(gate)));
    assert_true(filing_work.run(f->b.home.db, &f->things, m));
    filing_work.wipe(m);
    answer = json_incref(json_object_get(m, "answer"));
    if (!answer)
        return bench_run(&f->b, true, m);
    json_decref(m);
    return answer;
}

static json_t *piece_by(struct files *f, const char *token, const char *id, int64_t offset, const void *data, size_t len)
{
    return piece_through(f, 0, token, id, offset, data, len);
}

static json_t *piece(struct files *f, char person, const char *id, int64_t offset, const void *data, size_t len)
{
    return piece_by(f, cookie(f, person), id, offset, data, len);
}

static void sends(struct files *f, char person, const char *id, const uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size; at += ATTACHMENT_PIECE) {
        JSON_AUTO *answer = piece(f, person, id, (int64_t)at, bytes + at, MIN_OF(size - at, (size_t)ATTACHMENT_PIECE));

        assert_true(json_flag(answer, "ok"));
        assert_int_equal(json_int(answer, "offset"), MIN_OF(size, at + ATTACHMENT_PIECE));
    }
}

static json_t *exam(struct files *f, json_t *message)
{
    json_t *answer = bench_run(&f->b, true, bench_well_formed(&f->b, message));

    return answer;
}

static json_t *exam_begins(struct files *f, const char *id, int64_t tries)
{
    return exam(f, json_pack("{s:s, s:s, s:I}", "op", "exam-begin", "id", id, "tries", (json_int_t)tries));
}

static json_t *exam_ends(struct files *f, const char *id, int64_t tries, const char *state)
{
    return exam(f, json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "op", "exam-end", "id", id, "tries", (json_int_t)tries, "state", state, "type",
                             "pdf", "sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
}

/* A file of that person's, whole, examined so. */
static void has_sent(struct files *f, char person, const char *name, const char *state, char ret_id[ATTACHMENT_ID_SIZE])
{
    begins(f, person, name, 5, ret_id);
    sends(f, person, ret_id, (const uint8_t *)"hello", 5);
    assert_answer(exam_begins(f, ret_id, 0), "");
    assert_answer(exam_ends(f, ret_id, 1, state), "");
}

/* Contents of those digests: as an examiner tells them, and as a gate asks for them. */
static json_t *contents_of(const char *const *texts, size_t n)
{
    json_t *o = json_object();

    for (size_t i = 0; i < n; i++) {
        char hex[2 * SHA256_SIZE + 1];
        struct digest d = sha256(str_of(texts[i]));

        sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
        OK(json_put_int(o, hex, (int64_t)strlen(texts[i])));
    }
    return o;
}

static json_t *ends_with(struct files *f, const char *id, const char *bytes, const char *const *members, size_t n)
{
    char hex[2 * SHA256_SIZE + 1];
    struct digest d = sha256(str_of(bytes));

    sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
    return exam(f, json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:o}", "op", "exam-end", "id", id, "tries", 1, "state", "clean", "type", "zip", "sha256",
                             hex, "members", contents_of(members, n)));
}

/* A clean file with those bytes, and members in it. */
static void has_sent_bytes(struct files *f, char person, const char *bytes, const char *const *members, size_t n, char ret_id[ATTACHMENT_ID_SIZE])
{
    begins(f, person, "a.zip", (int64_t)strlen(bytes), ret_id);
    sends(f, person, ret_id, (const uint8_t *)bytes, strlen(bytes));
    assert_answer(exam_begins(f, ret_id, 0), "");
    assert_answer(ends_with(f, ret_id, bytes, members, n), "");
}

/* Whatever became of his session. */
static json_t *names(struct files *f, char person, const char *id)
{
    const char who[] = {person, '\0'};

    return bench_run_as(&f->b, who, keeper_place_act(&f->b.home, person, "trials", "begin", "", json_pack("{s:s, s:s}", "word", "x", "scan", id)));
}

/* The record that a file of that person's was named by. */
static void is_named(struct files *f, char person, const char *id, char ret_record[64])
{
    JSON_AUTO *answer = names(f, person, id);

    if (strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed") != 0)
        fail_msg("%s", json_dumps(answer, 0));
    snprintf(ret_record, 64, "%s", json_str(json_obj(answer, "outcome"), "record"));
}

static void is_invalid(json_t *answer, const char *words)
{
    const json_t *outcome = json_obj(answer, "outcome"), *first = json_array_get(json_arr(outcome, "fields"), 0);

    assert_string_equal(json_str(outcome, "result"), "invalid");
    assert_string_equal(json_str(first, "field"), "scan");
    if (!strstr(json_str(json_obj(first, "say"), "en"), words))
        fail_msg("%s", json_str(json_obj(first, "say"), "en"));
    json_decref(answer);
}

static json_t *asks_open(struct files *f, char person, const char *record, const char *id)
{
    const char who[] = {person, '\0'};

    return bench_run_as(&f->b, who, bench_well_formed(&f->b, json_pack("{s:s, s:s, s:s, s:s}", "op", "file-open", "token", cookie(f, person),
                                                                     "record", record, "file", id)));
}

static json_t *asks_preview(struct files *f, char person, const char *record, const char *id)
{
    const char who[] = {person, '\0'};

    return bench_run_as(&f->b, who, bench_well_formed(&f->b, json_pack("{s:s, s:s, s:s, s:s}", "op", "file-preview", "token", cookie(f, person),
                                                                     "record", record, "file", id)));
}

static json_t *ends_seeing(const char *id, const char *seen)
{
    return json_pack("{s:s, s:s, s:i, s:s, s:o}", "op", "exam-end", "id", id, "tries", 1, "state", "clean", "seen", json_loads(seen, 0, NULL));
}

static bool has_key(struct files *f, const char *name)
{
    uint8_t key[VAULT_KEY_SIZE];

    return vault_get(f->b.store, str_of(name), key) == 0;
}

static int64_t pieces(struct files *f, const char *id)
{
    struct store *blobs;
    int64_t n;

    OK(blobs_open(f->b.home.db, STORE_READ, &blobs, NULL));
    OK(blobs_count(blobs, id, &n));
    store_close(blobs);
    return n;
}

/* What the key opens is what was sent. */
static void opens_with(struct files *f, const char *id, const char *hex, const uint8_t *bytes, size_t size)
{
    uint8_t key[VAULT_KEY_SIZE];
    struct store *blobs;

    OK(hex_parse(str_of(hex), key, sizeof(key)));
    OK(blobs_open(f->b.home.db, STORE_READ, &blobs, NULL));
    for (int64_t n = 0; n < attachment_pieces(size); n++) {
        CLEANUP(buf_done) struct buf sealed, plain;

        buf_init(&sealed, BLOBS_PIECE_MAX);
        buf_init(&plain, 4 * BLOBS_PIECE_MAX);
        OK(blobs_get(blobs, id, n, &sealed));
        OK(attachment_open_piece(id, size, n, key, buf_str(&sealed), &plain));
        assert_int_equal(plain.len, attachment_piece_size(size, n));
        assert_memory_equal(plain.at, bytes + n * ATTACHMENT_PIECE, plain.len);
        assert_int_equal(attachment_open_piece(id, size, n + 1, key, buf_str(&sealed), &plain), -EBADMSG);
        assert_int_equal(attachment_open_piece(id, size + ATTACHMENT_PIECE, n, key, buf_str(&sealed), &plain),
                         n + 1 < attachment_pieces(size) ? 0 : -EBADMSG);
    }
    store_close(blobs);
}

/* ---- tests ---- */

static void test_in_and_out(void **state)
{
    char id[ATTACHMENT_ID_SIZE], record[64], key_name[80];
    struct files f;
    JSON_AUTO *exam = NULL;
    JSON_AUTO *opened = NULL;
    JSON_AUTO *in = NULL;
    JSON_AUTO *view = NULL;
    const json_t *value;

    files_open(state, &f);
    begins(&f, 'B', "C:\\書類\\報告.pdf", BIG, id);
    sends(&f, 'B', id, contents, BIG);
    assert_int_equal(pieces(&f, id), 3);
    is_invalid(names(&f, 'B', id), "still being examined");
    exam = exam_begins(&f, id, 0);
    assert_string_equal(json_str(exam, "name"), "報告.pdf");
    opens_with(&f, id, json_str(exam, "key"), contents, BIG);
    is_invalid(names(&f, 'B', id), "still being examined");
    assert_answer(exam_ends(&f, id, 1, "clean"), "");
    json_decref(bench_last_entry(&f.b, "system/exam-end", "recorded"));
    is_named(&f, 'B', id, record);
    snprintf(key_name, sizeof(key_name), "%s#1", record);
    assert_true(has_key(&f, key_name));
    assert_false(has_key(&f, id));

    OK(engine_view(f.b.engine, "A", record, f.b.now_us, &view));
    value = json_obj(json_obj(view, "personal"), "scan");
    assert_string_equal(json_str(value, "name"), "報告.pdf");
    assert_string_equal(json_str(value, "state"), "clean");
    assert_int_equal(json_int(value, "size"), BIG);

    opened = asks_open(&f, 'A', record, id);
    assert_string_equal(json_str(opened, "name"), "報告.pdf");
    opens_with(&f, id, json_str(opened, "key"), contents, BIG);
    in = bench_last_entry(&f.b, "trials/file-open", "recorded");
    assert_int_equal(json_int(in, "file"), 1);
    assert_int_equal(json_object_size(in), 2);
    files_close(&f);
}

/* Whoever sends on says where; what is there already stays. */
static void test_pieces_in_their_order(void **state)
{
    char id[ATTACHMENT_ID_SIZE], other[ATTACHMENT_ID_SIZE];
    struct files f;
    json_t *answer;

    files_open(state, &f);
    begins(&f, 'B', "a.bin", BIG, id);
    assert_answer(piece(&f, 'B', id, ATTACHMENT_PIECE, contents, ATTACHMENT_PIECE), "offset");
    assert_answer(piece(&f, 'B', id, 0, contents, ATTACHMENT_PIECE - 1), "invalid");
    assert_answer(piece(&f, 'B', id, 0, contents, ATTACHMENT_PIECE), "");
    answer = piece(&f, 'B', id, 0, contents, ATTACHMENT_PIECE);
    assert_int_equal(json_int(answer, "offset"), ATTACHMENT_PIECE);
    assert_answer(answer, "offset");
    answer = piece(&f, 'B', id, ATTACHMENT_PIECE, NULL, 0); /* asks where it stands */
    assert_int_equal(json_int(answer, "offset"), ATTACHMENT_PIECE);
    assert_answer(answer, "");
    is_invalid(names(&f, 'B', id), "has not arrived whole");
    assert_answer(piece(&f, 'B', id, -1, contents, ATTACHMENT_PIECE), "offset");
    assert_answer(piece(&f, 'B', id, ATTACHMENT_PIECE, contents, ATTACHMENT_PIECE), "");
    assert_answer(piece(&f, 'B', id, 2 * ATTACHMENT_PIECE, contents, ATTACHMENT_PIECE), "invalid"); /* more than was announced */
    assert_answer(piece(&f, 'B', id, 2 * ATTACHMENT_PIECE, contents, 777), "");
    assert_answer(piece(&f, 'B', id, BIG, contents, 1), "none"); /* nothing comes any more */
    assert_answer(piece(&f, 'B', "0123", 0, contents, 1), "none");
    begins(&f, 'B', "b.bin", 10, other);
    assert_answer(piece(&f, 'B', other, 0, "0123456789", 10), "");
    assert_int_equal(pieces(&f, other), 1);
    files_close(&f);
}

/* All pieces were written, and the batch that notes it was lost: the end is asked for once more. */
static void test_the_end_once_more(void **state)
{
    CLEANUP(buf_done) struct buf text;
    char id[ATTACHMENT_ID_SIZE];
    struct files f;
    json_t *m;

    buf_init(&text, 100);
    OK(base64_print("hello", 5, &text));
    files_open(state, &f);
    begins(&f, 'B', "a.bin", 5, id);
    m = json_pack("{s:s, s:s, s:s, s:i, s:s}", "op", "file-piece", "token", cookie(&f, 'B'), "id", id, "offset", 0, "data", text.at);
    assert_true(filing_work.run(f.b.home.db, &f.things, m));
    assert_null(json_object_get(m, "answer"));
    json_decref(m);
    assert_answer(piece(&f, 'B', id, 0, "hello", 5), "offset");
    assert_answer(piece(&f, 'B', id, 5, "!", 1), "invalid");
    assert_answer(piece(&f, 'B', id, 5, NULL, 0), "");
    assert_answer(exam_begins(&f, id, 0), "");
    files_close(&f);
}

static void test_who_may_send(void **state)
{
    char id[ATTACHMENT_ID_SIZE];
    struct files f;

    files_open(state, &f);
    begins(&f, 'B', "a.bin", 5, id);
    assert_answer(piece(&f, 'A', id, 0, "hello", 5), "none");
    assert_answer(piece_by(&f, "nobody", id, 0, "hello", 5), "sign-in");
    assert_answer(bench_run(&f.b, true, json_pack("{s:s, s:s}", "op", "lock", "token", cookie(&f, 'B'))), "");
    assert_answer(piece(&f, 'B', id, 0, "hello", 5), "locked");
    assert_int_equal(pieces(&f, id), 0);
    assert_answer(bench_run(&f.b, true, json_pack("{s:s, s:s, s:s}", "op", "file-drop", "token", cookie(&f, 'A'), "id", id)), "none");
    files_close(&f);
}

/* A gate that was taken over, naming whom it likes: it sends for the fields that it measures, and into nothing that a person or another gate sends. */
static void test_what_a_gate_may_send(void **state)
{
    char hers[ATTACHMENT_ID_SIZE], its[ATTACHMENT_ID_SIZE], none[ATTACHMENT_ID_SIZE];
    struct files f;

    files_open(state, &f);
    assert_answer(begins_by(&f, MEASURED_MAIL, "trials", "scan", none), "none");
    assert_answer(begins_by(&f, MEASURED_MEDIA, "trials", "scan", none), "none");
    assert_answer(begins_by(&f, MEASURED_MEDIA, "sendings", "sample", none), "none");
    assert_answer(begins_by(&f, MEASURED_MAIL, "sendings", "sample", its), "");
    begins(&f, 'B', "a.bin", 5, hers);
    assert_answer(piece_through(&f, MEASURED_MAIL, cookie(&f, 'B'), hers, 0, "other", 5), "none");
    assert_answer(piece_through(&f, MEASURED_MEDIA, cookie(&f, 'B'), its, 0, "other", 5), "none");
    assert_answer(piece(&f, 'B', its, 0, "other", 5), "none");
    assert_int_equal(pieces(&f, hers) + pieces(&f, its), 0);
    assert_answer(piece_through(&f, MEASURED_MAIL, cookie(&f, 'B'), its, 0, "hello", 5), "");
    assert_answer(piece(&f, 'B', hers, 0, "hello", 5), "");
    assert_int_equal(pieces(&f, hers) + pieces(&f, its), 2);
    files_close(&f);
}

static void test_what_does_not_begin(void **state)
{
    static const char *const names[] = {"", "..\\", "/", "a\x01b", "   "};
    char id[ATTACHMENT_ID_SIZE];
    struct files f;
    json_t *m;

    files_open(state, &f);
    assert_answer(bench_run(&f.b, true, asks_begin(&f, 'B', "a", 0)), "invalid");
    assert_answer(bench_run(&f.b, true, asks_begin(&f, 'B', "a", -5)), "invalid");
    assert_answer(bench_run(&f.b, true, asks_begin(&f, 'B', "a", FILE_BYTES_DEFAULT + 1)), "too-large");
    assert_answer(bench_run(&f.b, true, asks_begin(&f, 'B', "a", INT64_MAX)), "too-large");
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_answer(bench_run(&f.b, true, asks_begin(&f, 'B', names[i], 5)), "invalid");
    m = asks_begin(&f, 'B', "a", 5);
    OK(json_put_str(m, "field", "word"));
    assert_answer(bench_run(&f.b, true, m), "none");
    m = asks_begin(&f, 'B', "a", 5);
    OK(json_put_str(m, "reg", "nothing"));
    assert_answer(bench_run(&f.b, true, m), "none");
    for (int i = 0; i < FILES_HELD_MAX; i++)
        begins(&f, 'B', "a", 5, id);
    assert_answer(bench_run(&f.b, true, asks_begin(&f, 'B', "a", 5)), "busy");
    assert_answer(bench_run(&f.b, true, json_pack("{s:s, s:s, s:s}", "op", "file-drop", "token", cookie(&f, 'B'), "id", id)), "");
    assert_false(has_key(&f, id));
    begins(&f, 'B', "a", 5, id);
    files_close(&f);
}

static void test_what_an_act_cannot_name(void **state)
{
    char id[ATTACHMENT_ID_SIZE], record[64];
    struct files f;

    files_open(state, &f);
    has_sent(&f, 'B', "a.pdf", "clean", id);
    is_invalid(names(&f, 'A', id), "not a file that you have sent");
    is_invalid(names(&f, 'B', "0123456789abcdef0123456789abcdef"), "not a file that you have sent");
    is_invalid(names(&f, 'B', "../../etc/passwd"), "not a file that you have sent");
    is_named(&f, 'B', id, record);
    is_invalid(names(&f, 'B', id), "not a file that you have sent"); /* it is another record's now */
    assert_answer(bench_run(&f.b, true, json_pack("{s:s, s:s, s:s}", "op", "file-drop", "token", cookie(&f, 'B'), "id", id)), "none");
    files_close(&f);
}

/* An act that is refused or undone leaves the file as it was. */
static void test_a_refused_act_takes_no_file(void **state)
{
    char id[ATTACHMENT_ID_SIZE], record[64];
    struct files f;
    JSON_AUTO *answer = NULL;

    files_open(state, &f);
    has_sent(&f, 'B', "a.pdf", "clean", id);
    answer = bench_run(&f.b, true, keeper_place_act(&f.b.home, 'B', "trials", "begin", "",
                                                    json_pack("{s:s, s:s}", "word", "far too long", "scan", id)));
    assert_string_equal(json_str(json_obj(answer, "outcome"), "result"), "invalid");
    assert_true(has_key(&f, id));
    is_named(&f, 'B', id, record);
    files_close(&f);
}

static void test_what_was_found_counts(void **state)
{
    char id[ATTACHMENT_ID_SIZE], record[64];
    struct files f;
    JSON_AUTO *answer = NULL;
    JSON_AUTO *in = NULL;

    files_open(state, &f);
    has_sent(&f, 'B', "a.exe", "infected", id);
    is_named(&f, 'B', id, record);
    answer = bench_run(&f.b, true, keeper_place_act(&f.b.home, 'B', "trials", "scan", record, json_object()));
    assert_string_equal(json_str(json_obj(answer, "outcome"), "result"), "not-yet");
    assert_answer(asks_open(&f, 'B', record, id), "infected");
    in = bench_last_entry(&f.b, "trials/file-open", "refused");
    assert_int_equal(json_int(in, "file"), 1);
    files_close(&f);
}

/* The trials' text hands files out in the state "held" alone: whoever reads the record, clean or not examinable; what was seen of it is told. */
static void test_what_a_state_holds_back(void **state)
{
    static const char *const ends[] = {"clean", "not-examinable"};
    char id[ATTACHMENT_ID_SIZE], record[64];
    struct files f;

    files_open(state, &f);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        JSON_AUTO *answer = NULL;
        JSON_AUTO *in = NULL;

        has_sent(&f, 'B', "a.zip", ends[i], id);
        is_named(&f, 'B', id, record);
        assert_answer(asks_open(&f, 'B', record, id), "");
        answer = bench_run(&f.b, true, keeper_place_act(&f.b.home, 'B', "trials", "shut", record, json_object()));
        assert_string_equal(json_str(json_obj(answer, "outcome"), "result"), "allowed");
        assert_answer(asks_open(&f, 'B', record, id), "held-back");
        in = bench_last_entry(&f.b, "trials/file-open", "refused");
        assert_int_equal(json_int(in, "file"), 1);
        assert_answer(asks_preview(&f, 'B', record, id), "");
    }
    files_close(&f);
}

/* Of a file that is held back its preview tells names and kinds, and nothing that stands in it. */
static void test_what_is_told_of_what_is_held_back(void **state)
{
    static const char seen[] = "{\"members\":[{\"name\":\"a.zip > 秘.txt\",\"layer\":1,\"drawn\":\"all\",\"text\":\"山田太郎\",\"hidden\":[{\"kind\":\"sheet\",\"value\":\"三\"}],"
                               "\"metadata\":[{\"kind\":\"author\",\"value\":\"次\"}]},{\"name\":\"a.zip > 暗\",\"verdict\":\"not-examinable\",\"why\":\"encrypted\"}]}";
    static const char told[] = "{\"members\":[{\"name\":\"a.zip > 秘.txt\",\"layer\":1,\"drawn\":\"none\",\"hidden\":[{\"kind\":\"sheet\",\"value\":\"\"}],"
                               "\"metadata\":[{\"kind\":\"author\",\"value\":\"\"}]},{\"name\":\"a.zip > 暗\",\"verdict\":\"not-examinable\",\"why\":\"encrypted\"}]}";
    char id[ATTACHMENT_ID_SIZE], record[64];
    struct files f;
    JSON_AUTO *want = json_loads(told, 0, NULL);
    JSON_AUTO *free_answer = NULL;
    JSON_AUTO *answer = NULL;
    JSON_AUTO *shut = NULL;

    files_open(state, &f);
    begins(&f, 'B', "a.zip", 5, id);
    sends(&f, 'B', id, (const uint8_t *)"hello", 5);
    assert_answer(exam_begins(&f, id, 0), "");
    assert_answer(exam(&f, ends_seeing(id, seen)), "");
    is_named(&f, 'B', id, record);
    free_answer = asks_preview(&f, 'B', record, id);
    assert_false(json_flag(free_answer, "held"));
    shut = bench_run(&f.b, true, keeper_place_act(&f.b.home, 'B', "trials", "shut", record, json_object()));
    assert_string_equal(json_str(json_obj(shut, "outcome"), "result"), "allowed");
    answer = asks_preview(&f, 'B', record, id);
    assert_true(json_flag(answer, "held"));
    assert_true(json_equal(json_obj(answer, "seen"), want));
    files_close(&f);
}

/* What the examiner saw is told to whoever sees the record, as an entry; nothing of it stands in one, and no other form is taken. */
static void test_what_was_seen(void **state)
{
    static const char *const bad[] = {
        "{\"members\":[{\"layer\":0}]}",
        "{\"members\":[{\"name\":\"a\\u0001\"}]}",
        "{\"members\":[{\"name\":\"a\",\"text\":\"か\\u3099\"}]}",
        "{\"members\":[{\"name\":\"a\",\"type\":\"No word\"}]}",
        "{\"members\":[{\"name\":\"a\",\"size\":-1}]}",
        "{\"members\":[{\"name\":\"a\",\"sha256\":\"00\"}]}",
        "{\"members\":[{\"name\":\"a\",\"drawn\":\"some\"}]}",
        "{\"members\":[{\"name\":\"a\",\"cut\":false}]}",
        "{\"members\":[{\"name\":\"a\",\"hidden\":[{\"kind\":\"sheet\"}]}]}",
        "{\"members\":[{\"name\":\"a\",\"more\":1}]}",
        "{\"members\":[],\"other\":1}",
        "{}",
    };
    static const char good[] = "{\"members\":[{\"name\":\"a.zip > 秘.txt\",\"layer\":1,\"drawn\":\"all\",\"text\":\"山田太郎\",\"metadata\":[{\"kind\":\"author\",\"value\":\"次\"}]}]}";
    char id[ATTACHMENT_ID_SIZE], record[64];
    struct files f;
    JSON_AUTO *answer = NULL;
    JSON_AUTO *entry = NULL;
    JSON_AUTO *in = NULL;
    char *text;

    files_open(state, &f);
    begins(&f, 'B', "a.zip", 5, id);
    sends(&f, 'B', id, (const uint8_t *)"hello", 5);
    assert_answer(exam_begins(&f, id, 0), "");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_answer(exam(&f, ends_seeing(id, bad[i])), "invalid");
    assert_answer(exam(&f, ends_seeing(id, good)), "");
    entry = bench_last_entry(&f.b, "system/exam-end", "recorded");
    text = json_dumps(entry, 0);
    assert_null(strstr(text, "山田"));
    free(text);
    is_named(&f, 'B', id, record);
    answer = asks_preview(&f, 'A', record, id);
    assert_string_equal(json_str(json_array_get(json_arr(json_obj(answer, "seen"), "members"), 0), "text"), "山田太郎");
    assert_null(json_object_get(answer, "key"));
    in = bench_last_entry(&f.b, "trials/file-preview", "recorded");
    assert_int_equal(json_int(in, "file"), 1);
    assert_answer(asks_preview(&f, 'B', record, "x"), "none");
    assert_answer(asks_preview(&f, 'B', "TR-2026-0999", id), "none");
    files_close(&f);
}

/* Of a report whatever fits is kept, and what does not is counted. */
static void test_what_is_kept_of_a_report(void **state)
{
    static char long_text[SEEN_TEXTS_MAX];
    JSON_AUTO *report = json_pack("{s:[{s:s, s:s, s:i}, {s:s, s:s, s:s}]}", "members", "name", "a\x01", "verdict", "clean", "size", 3, "name", "か\xe3\x82\x99", "text", "x",
                                  "drawn", "all");
    JSON_AUTO *seen = NULL;
    JSON_AUTO *many = NULL;

    (void)state;
    memset(long_text, '"', sizeof(long_text) - 1);
    for (int i = 0; i < 2; i++)
        OK(json_array_append_new(json_arr(report, "members"), json_pack("{s:s, s:s, s:s}", "name", "long", "text", long_text, "drawn", "all")));
    OK(seen_of_report(report, &seen));
    assert_true(seen_ok(seen));
    assert_string_equal(json_str(json_array_get(json_arr(seen, "members"), 0), "name"), "?");
    assert_string_equal(json_str(json_array_get(json_arr(seen, "members"), 1), "name"), "が");
    assert_string_equal(json_str(json_array_get(json_arr(seen, "members"), 3), "drawn"), "none");
    assert_null(json_object_get(seen, "more"));
    for (unsigned i = 0; i < SEEN_MEMBERS_MAX; i++)
        OK(json_array_append_new(json_arr(report, "members"), json_pack("{s:s}", "name", "n")));
    OK(seen_of_report(report, &many));
    assert_true(seen_ok(many) && json_int(many, "more") > 3);
}

/* By the worst of all that is in it; what nobody can look into is not taken for nothing. */
static void test_what_a_file_tells(void **state)
{
    static const struct {
        const char *seen, *tells;
    } cases[] = {
        {"[{\"name\":\"a.png\",\"type\":\"png\"}]", "nothing"},
        {"[{\"name\":\"a.png\",\"type\":\"png\",\"metadata\":[{\"kind\":\"author\",\"value\":\"x\"}]}]", "attributes"},
        {"[{\"name\":\"a.png\",\"type\":\"png\",\"cut\":true}]", "attributes"},
        {"[{\"name\":\"a.csv\",\"type\":\"text\"}]", "nothing"},
        {"[{\"name\":\"a.CSV\",\"type\":\"other\",\"drawn\":\"all\"}]", "nothing"},
        {"[{\"name\":\"a.csv\",\"type\":\"other\",\"drawn\":\"none\"}]", "unknown"},
        {"[{\"name\":\"a.html\",\"type\":\"text\"}]", "unknown"},
        {"[{\"name\":\"memo.doc\",\"type\":\"ole\"}]", "unknown"},
        {"[{\"name\":\"a\"}]", "unknown"},
        {"[{\"name\":\"a.pdf\",\"type\":\"pdf\",\"hidden\":[{\"kind\":\"script\",\"value\":\"\"}]}]", "macros"},
        {"[{\"name\":\"a.pdf\",\"type\":\"pdf\",\"hidden\":[{\"kind\":\"script\",\"value\":\"\"},{\"kind\":\"attachment\",\"value\":\"\"}]}]", "hidden"},
        {"[{\"name\":\"a.docx\",\"type\":\"zip\"},{\"name\":\"a.docx > word/document.xml\",\"type\":\"text\"},{\"name\":\"a.docx > word/font.bin\",\"type\":\"other\"}]", "nothing"},
        {"[{\"name\":\"a.zip\",\"type\":\"zip\"},{\"name\":\"a.zip > x.xml\",\"type\":\"text\"}]", "unknown"},
        {"[{\"name\":\"a.zip\",\"type\":\"zip\"},{\"name\":\"a.zip > b.xlsx\",\"type\":\"zip\"},{\"name\":\"a.zip > b.xlsx > xl/workbook.xml\",\"type\":\"text\",\"hidden\":[{\"kind\":\"sheet\",\"value\":\"x\"}]}]", "hidden"},
        {"[{\"name\":\"a.docx\",\"type\":\"zip\",\"macros\":true},{\"name\":\"a.docx > word/document.xml\",\"type\":\"text\"}]", "macros"},
        {"[{\"name\":\"a.tar\",\"type\":\"tar\"}]", "unknown"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        JSON_AUTO *seen = json_pack("{s:o}", "members", json_loads(cases[i].seen, 0, NULL));

        assert_true(seen_ok(seen));
        assert_string_equal(seen_tells(seen), cases[i].tells);
        OK(json_put_int(seen, "more", 1));
        assert_null(seen_tells(seen));
    }
    assert_null(seen_tells(NULL));
}

/* It stands in the value from the act on that names the file, so that the ledger proves what was decided on. */
static void test_what_a_file_told_is_kept(void **state)
{
    static const char author[] = "{\"members\":[{\"name\":\"a.png\",\"type\":\"png\",\"metadata\":[{\"kind\":\"author\",\"value\":\"x\"}]}]}";
    char id[ATTACHMENT_ID_SIZE], record[64];
    struct files f;

    files_open(state, &f);
    for (int i = 0; i < 2; i++) {
        JSON_AUTO *view = NULL;

        begins(&f, 'B', "a.png", 5, id);
        sends(&f, 'B', id, (const uint8_t *)"hello", 5);
        assert_answer(exam_begins(&f, id, 0), "");
        assert_answer(i ? exam_ends(&f, id, 1, "clean") : exam(&f, ends_seeing(id, author)), "");
        is_named(&f, 'B', id, record);
        OK(engine_view(f.b.engine, "A", record, f.b.now_us, &view));
        assert_string_equal(json_str(json_obj(json_obj(view, "personal"), "scan"), "tells"), i ? "" : "attributes");
    }
    files_close(&f);
}

static void test_what_is_not_handed_out(void **state)
{
    char id[ATTACHMENT_ID_SIZE], other[ATTACHMENT_ID_SIZE], record[64], elsewhere[64];
    struct files f;

    files_open(state, &f);
    has_sent(&f, 'B', "a.pdf", "clean", id);
    has_sent(&f, 'B', "b.pdf", "clean", other);
    assert_answer(asks_open(&f, 'B', "TR-2026-0001", id), "none");
    is_named(&f, 'B', id, record);
    assert_answer(asks_open(&f, 'B', record, other), "none"); /* no act has named it */
    is_named(&f, 'B', other, elsewhere);
    assert_answer(asks_open(&f, 'B', record, other), "none"); /* another record did */
    assert_answer(asks_open(&f, 'B', record, "x"), "none");
    assert_answer(asks_open(&f, 'B', record, id), "");
    files_close(&f);
}

static void test_examinations(void **state)
{
    char id[ATTACHMENT_ID_SIZE];
    struct files f;

    files_open(state, &f);
    begins(&f, 'B', "a.bin", 5, id);
    assert_answer(exam_begins(&f, id, 0), "over"); /* it has not come */
    sends(&f, 'B', id, (const uint8_t *)"hello", 5);
    assert_answer(exam_ends(&f, id, 0, "clean"), "over"); /* nobody has begun */
    assert_answer(exam_begins(&f, id, 1), "over");
    assert_answer(exam_begins(&f, id, 0), "");
    assert_answer(exam_begins(&f, id, 1), "over"); /* somebody is at it */
    assert_answer(exam_ends(&f, id, 1, "wonderful"), "invalid");
    f.b.real_us += EXAM_MAX_US;
    assert_answer(exam_begins(&f, id, 1), "");
    assert_answer(exam_ends(&f, id, 1, "clean"), "over"); /* the first one comes late */
    f.b.real_us += EXAM_MAX_US;
    assert_answer(exam_begins(&f, id, 2), "");
    f.b.real_us += EXAM_MAX_US;
    assert_answer(exam_begins(&f, id, 3), "over");
    json_decref(bench_last_entry(&f.b, "system/exam-end", "recorded"));
    assert_answer(exam_ends(&f, id, 3, "clean"), "over");
    files_close(&f);
}

/* The keeper's own duty, beside the loop. False: there is more to do. */
static bool tidies_some(struct files *f)
{
    JSON_AUTO *m = json_pack("{s:s}", "op", "file-tidy");

    assert_true(filing_work.run(f->b.home.db, &f->things, m));
    return !json_flag(m, "more");
}

static void tidies(struct files *f)
{
    for (int i = 0; i < 9 && !tidies_some(f); i++)
        ;
}

/* True: others wait. */
static bool sweeps(struct files *f)
{
    struct operation_context c = bench_context(&f->b);
    bool more = true;

    bench_begin(&f->b);
    OK(file_sweep(&c, &more));
    bench_end(&f->b);
    return more;
}

static void test_what_nobody_names_goes(void **state)
{
    char left[ATTACHMENT_ID_SIZE], named[ATTACHMENT_ID_SIZE], record[64];
    struct files f;

    files_open(state, &f);
    has_sent(&f, 'B', "left.pdf", "clean", left);
    has_sent(&f, 'B', "named.pdf", "clean", named);
    is_named(&f, 'B', named, record);
    f.b.real_us += FILES_LEFT_US - US_PER_SECOND;
    assert_false(sweeps(&f));
    tidies(&f);
    assert_int_equal(pieces(&f, left), 1);
    f.b.real_us += 2 * US_PER_SECOND;
    assert_false(sweeps(&f));
    assert_false(has_key(&f, left));
    assert_int_equal(pieces(&f, left), 1);
    tidies(&f);
    assert_int_equal(pieces(&f, left), 0);
    assert_int_equal(pieces(&f, named), 1);
    is_invalid(names(&f, 'B', left), "not a file that you have sent");
    assert_answer(asks_open(&f, 'B', record, named), "");
    files_close(&f);
}

#define BACKLOG (2 * FILES_SWEPT_MAX + 50)

static int64_t n_left(struct store *s)
{
    ROWS_AUTO *row = NULL;

    OK(STORE_ONE(s, &row, STMT_ATTACHMENT_HELD, V_TEXT("p")));
    return rows_int(row, 0);
}

static void leaves_many(struct files *f)
{
    char id[ATTACHMENT_ID_SIZE];

    bench_begin(&f->b);
    for (int i = 0; i < BACKLOG; i++)
        OK(attachment_new(f->b.store, "p", "", "a.pdf", 1, 1, id));
    bench_end(&f->b);
}

static void test_a_backlog_is_worked_off(void **state)
{
    struct files f;

    files_open(state, &f);
    leaves_many(&f);
    assert_true(sweeps(&f));
    assert_int_equal(n_left(f.b.store), BACKLOG - FILES_SWEPT_MAX);
    assert_true(sweeps(&f));
    assert_false(sweeps(&f));
    assert_int_equal(n_left(f.b.store), 0);
    files_close(&f);
}

/* By the keeper's own process, within seconds and not hours. */
static void test_the_keeper_works_a_backlog_off(void **state)
{
    struct keeper_link *link = NULL;
    struct store *store = NULL;
    struct timespec pause = {0, 100000000L};
    struct files f;

    files_open(state, &f);
    leaves_many(&f);
    OK(keeper_link_open(f.b.home.data, f.b.home.db, false, &link, NULL));
    OK(store_open(f.b.home.db, STORE_READ, &store, NULL));
    for (int i = 0; i < 300 && n_left(store); i++)
        nanosleep(&pause, NULL);
    assert_int_equal(n_left(store), 0);
    store_close(store);
    keeper_link_close(link);
    files_close(&f);
}

#define MANY 1001 /* more than are looked at in one go */

/* Whatever stands before them, each in its turn: those that stay do not hide those that go. */
static void test_many_files_hide_none(void **state)
{
    static const char last[] = "ffffffffffffffffffffffffffffffff";
    char id[ATTACHMENT_ID_SIZE];
    struct store *blobs = NULL;
    struct files f;

    files_open(state, &f);
    OK(blobs_open(f.b.home.db, STORE_WRITE, &blobs, NULL));
    bench_begin(&f.b);
    for (int i = 0; i < MANY; i++) {
        OK(attachment_new(f.b.store, "p", "", "a.pdf", 1, 1, id));
        OK(blobs_add(blobs, id, 0, STR("sealed")));
    }
    bench_end(&f.b);
    OK(blobs_add(blobs, last, 0, STR("sealed")));
    store_close(blobs);
    tidies(&f);
    assert_int_equal(pieces(&f, last), 0);
    assert_int_equal(pieces(&f, id), 1);
    files_close(&f);
}

/* With the record's key go those of its files, and then their pieces. */
static void test_disposal_takes_files_along(void **state)
{
    char id[ATTACHMENT_ID_SIZE], record[64], key_name[80];
    struct files f;
    JSON_AUTO *holder = NULL;
    JSON_AUTO *wiped = NULL;
    const char *by;

    files_open(state, &f);
    has_sent(&f, 'B', "a.pdf", "clean", id);
    is_named(&f, 'B', id, record);
    snprintf(key_name, sizeof(key_name), "%s#1", record);
    holder = bench_run(&f.b, true, keeper_place_act(&f.b.home, 'B', "trials", "begin", "", json_pack("{s:s, s:[s]}", "word", "y", "others", record)));
    by = json_str(json_obj(holder, "outcome"), "record");
    assert_true(has_key(&f, key_name));
    wiped = bench_run(&f.b, true, keeper_place_act(&f.b.home, 'B', "trials", "wipe", by, json_object()));
    assert_string_equal(json_str(json_obj(wiped, "outcome"), "result"), "allowed");
    assert_false(has_key(&f, key_name));
    assert_answer(asks_open(&f, 'B', record, id), "none");
    tidies(&f);
    assert_int_equal(pieces(&f, id), 0);
    files_close(&f);
}

/* ---- who holds which bytes ---- */

#define LONG_A "照会用一覧一覧一覧 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24"
#define LONG_B "another text, no less than sixty-four bytes long, so that it can be known again"
#define LONG_C "a third one, of which nobody holds anything, no less than sixty-four bytes long"

static json_t *asks_held(struct files *f, const char *text, const char *receiver, unsigned gate)
{
    struct operation_context c = bench_context(&f->b);
    json_t *m = bench_well_formed(&f->b, json_pack("{s:s, s:s, s:s, s:o}", "op", "holding-label", "token", "x", "receiver", receiver, "contents",
                                                   contents_of(&text, 1)));
    json_t *answer = NULL;

    c.person = "B";
    c.measured = gate;
    bench_begin(&f->b);
    OK(operation_find("holding-label")->run(&c, m, &answer));
    bench_end(&f->b);
    json_decref(m);
    return answer;
}

/* Confidentiality that is asked for, 0: nobody holds it. */
static int64_t held_as(struct files *f, const char *text)
{
    JSON_AUTO *answer = asks_held(f, text, "", MEASURED_MEDIA);

    assert_true(json_flag(answer, "ok"));
    return json_flag(answer, "held") ? json_int(json_obj(answer, "label"), "confidentiality") : 0;
}

static json_t *writes_paper(struct files *f, const char *class, json_t *readers, const char *id)
{
    return bench_run_as(&f->b, "M", keeper_place_act(&f->b.home, 'M', "papers", "write", "",
                                                     json_pack("{s:s, s:s, s:s, s:o, s:s}", "unit", "sho", "subject", "文書", "class", class, "readers",
                                                               readers, "attached", id)));
}

static void is_written(struct files *f, const char *class, json_t *readers, const char *id, char ret_record[64])
{
    JSON_AUTO *answer = writes_paper(f, class, readers, id);

    if (strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed") != 0)
        fail_msg("%s", json_dumps(answer, 0));
    snprintf(ret_record, 64, "%s", json_str(json_obj(answer, "outcome"), "record"));
}

static int64_t label_of_record(struct files *f, const char *record)
{
    JSON_AUTO *view = NULL;

    OK(engine_view(f->b.engine, "M", record, f->b.now_us, &view));
    return json_int(json_obj(view, "label_in_force"), "confidentiality");
}

static void test_bytes_are_known_again(void **state)
{
    static const char *const members[] = {LONG_B, "too short"};
    char id[ATTACHMENT_ID_SIZE], record[64];
    struct files f;
    JSON_AUTO *in = NULL;
    JSON_AUTO *answer = NULL;

    files_open(state, &f);
    assert_int_equal(held_as(&f, LONG_A), 0); /* there is not even a key */
    has_sent_bytes(&f, 'M', LONG_A, members, 2, id);
    assert_int_equal(held_as(&f, LONG_A), 0); /* nobody's, until an act names it */
    is_written(&f, "c3", json_pack("[s]", "B"), id, record);
    assert_int_equal(held_as(&f, LONG_A), 3);
    assert_int_equal(held_as(&f, LONG_B), 3); /* what is in it */
    assert_int_equal(held_as(&f, LONG_C), 0);
    assert_int_equal(held_as(&f, "too short"), 0);
    assert_answer(asks_held(&f, LONG_A, "", 0), "forbidden"); /* no gate */
    answer = asks_held(&f, LONG_A, "B", MEASURED_MAIL);
    assert_true(json_flag(answer, "admitted"));
    assert_null(strstr(json_str(answer, "label"), record));
    json_decref(answer);
    answer = asks_held(&f, LONG_A, "A", MEASURED_MAIL);
    assert_false(json_flag(answer, "admitted"));
    in = bench_last_entry(&f.b, "papers/write", "allowed");
    assert_null(json_object_get(in, "held")); /* nobody else holds it */
    files_close(&f);
}

/* Of {address: true, …} those whose readers are not admitted, "address=person/unit" each, with spaces between. */
static void strangers_are(struct files *f, const char *text, json_t *addresses, const char *wanted)
{
    struct operation_context c = bench_context(&f->b);
    json_t *m = bench_well_formed(&f->b, json_pack("{s:s, s:s, s:o, s:o}", "op", "holding-label", "token", "x", "contents", contents_of(&text, 1), "addresses", addresses));
    JSON_AUTO *answer = NULL;
    const json_t *one;
    char said[400] = "";
    size_t i;

    c.person = "B";
    c.measured = MEASURED_MAIL;
    bench_begin(&f->b);
    OK(operation_find("holding-label")->run(&c, m, &answer));
    bench_end(&f->b);
    json_decref(m);
    assert_true(json_flag(answer, "ok"));
    json_array_foreach (json_arr(answer, "strangers"), i, one)
        snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s%s=%s/%s", i ? " " : "", json_str(one, "address"), json_str(one, "person"), json_str(one, "unit"));
    assert_string_equal(said, wanted);
}

static json_t *all_addresses(void)
{
    return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b}", "a@police.example", 1, "B@police.example", 1, "x@police.example", 1, "uke@police.example", 1, "sho@police.example", 1,
                     "list@police.example", 1);
}

/* What comes to an address is read by whose it is. */
static void test_addresses_are_held_against_readers(void **state)
{
    char id[ATTACHMENT_ID_SIZE], record[64];
    struct files f;

    files_open(state, &f);
    strangers_are(&f, LONG_A, all_addresses(), ""); /* nobody holds it */
    has_sent_bytes(&f, 'M', LONG_A, NULL, 0, id);
    is_written(&f, "c2", json_array(), id, record);
    strangers_are(&f, LONG_A, all_addresses(), "x@police.example=X/ sho@police.example=/sho list@police.example=/");
    has_sent_bytes(&f, 'M', LONG_A, NULL, 0, id); /* another record, which B alone reads */
    is_written(&f, "c2", json_pack("[s]", "B"), id, record);
    strangers_are(&f, LONG_A, all_addresses(), "a@police.example=A/ x@police.example=X/ uke@police.example=/uke sho@police.example=/sho list@police.example=/");
    files_close(&f);
}

/* The same bytes under a record of a lower class are what they were. */
static void test_the_label_held_joins(void **state)
{
    char id[ATTACHMENT_ID_SIZE], high[64], low[64];
    struct files f;
    JSON_AUTO *in = NULL;
    JSON_AUTO *sent = NULL;

    files_open(state, &f);
    has_sent_bytes(&f, 'M', LONG_A, NULL, 0, id);
    is_written(&f, "c3", json_pack("[s]", "M"), id, high);
    has_sent_bytes(&f, 'M', LONG_B, (const char *const[]){LONG_A}, 1, id); /* packed into another */
    is_written(&f, "c1", json_array(), id, low);
    assert_int_equal(label_of_record(&f, low), 3);
    in = bench_last_entry(&f.b, "papers/write", "allowed");
    assert_int_equal(json_int(json_obj(in, "held"), "confidentiality"), 3);
    sent = bench_run_as(&f.b, "M", keeper_place_act(&f.b.home, 'M', "papers", "send", low, json_object()));
    assert_string_equal(json_str(json_obj(sent, "outcome"), "result"), "forbidden");
    /* Who reads the record is not thereby a reader of the bytes. */
    assert_answer(asks_open(&f, 'M', low, id), "");
    assert_answer(asks_open(&f, 'B', low, id), "forbidden");
    /* The higher one is lowered; the copy stays what it was until its own review. */
    json_decref(bench_run_as(&f.b, "M", keeper_place_act(&f.b.home, 'M', "papers", "review", high, json_pack("{s:s, s:[]}", "class", "c1", "readers"))));
    assert_int_equal(label_of_record(&f, high), 1);
    assert_int_equal(label_of_record(&f, low), 3);
    json_decref(bench_run_as(&f.b, "M", keeper_place_act(&f.b.home, 'M', "papers", "review", low, json_pack("{s:s}", "class", "c1"))));
    assert_int_equal(label_of_record(&f, low), 1);
    assert_int_equal(held_as(&f, LONG_A), 1);
    files_close(&f);
}

static const char *opens_as(struct files *f, const char *record, const char *id, enum file_use use)
{
    static char result[32];
    JSON_AUTO *outcome = NULL;

    bench_begin(&f->b);
    OK(engine_file_open(f->b.engine, f->b.log, "M", record, id, use, f->b.now_us, &outcome));
    bench_end(&f->b);
    snprintf(result, sizeof(result), "%s", json_str(outcome, "result"));
    return result;
}

/* Another record of the same bytes is raised, or made, behind one that stays as it was: the bytes go out as what they are by now. */
static void test_the_label_held_since(void **state)
{
    char id[ATTACHMENT_ID_SIZE], other[ATTACHMENT_ID_SIZE], first[64], second[64];
    struct files f;

    files_open(state, &f);
    has_sent_bytes(&f, 'M', LONG_A, NULL, 0, id);
    is_written(&f, "c2", json_pack("[s]", "M"), id, first);
    has_sent_bytes(&f, 'M', LONG_B, (const char *const[]){LONG_A}, 1, other);
    is_written(&f, "c2", json_pack("[s]", "M"), other, second);
    assert_string_equal(opens_as(&f, second, other, FILE_FETCH), "recorded");
    json_decref(bench_run_as(&f.b, "M", keeper_place_act(&f.b.home, 'M', "papers", "mark", first, json_pack("{s:s}", "class", "c3"))));
    assert_int_equal(label_of_record(&f, second), 2); /* it is not raised by one that comes later */
    assert_string_equal(opens_as(&f, first, id, FILE_FETCH), "too-high");
    assert_string_equal(opens_as(&f, second, other, FILE_FETCH), "too-high");
    json_decref(bench_last_entry(&f.b, "papers/file-open", "refused"));
    assert_string_equal(opens_as(&f, second, other, FILE_OPEN), "recorded"); /* a person, who reads both */
    assert_string_equal(opens_as(&f, second, other, FILE_PREVIEW), "recorded");
    json_decref(bench_run_as(&f.b, "M", keeper_place_act(&f.b.home, 'M', "papers", "review", first, json_pack("{s:s, s:[s]}", "class", "c2", "readers", "M"))));
    assert_string_equal(opens_as(&f, second, other, FILE_FETCH), "recorded");
    json_decref(bench_run_as(&f.b, "M", keeper_place_act(&f.b.home, 'M', "papers", "mark", first, json_pack("{s:s}", "class", "c3"))));
    assert_string_equal(opens_as(&f, second, other, FILE_FETCH), "too-high");
    files_close(&f);
}

/* As many records as a letterhead's picture has, like that one, hold those bytes. */
static void is_held_by_many(struct bench *b, const char *like, const char *bytes, int n)
{
    struct digest d = sha256(str_of(bytes));
    ROWS_AUTO *row = NULL;

    OK(store_begin(b->store));
    OK(STORE_ONE(b->store, &row, STMT_RECORD_GET, V_TEXT(like)));
    for (int i = 0; i < n; i++) {
        char id[32];

        snprintf(id, sizeof(id), "PA-2025-%04d", i);
        OK(STORE_RUN(b->store, STMT_RECORD_ADD, V_TEXT(id), V_STR(rows_str(row, 0)), V_STR(rows_str(row, 1)),
                     V_INT(rows_int(row, 2)), V_INT(rows_int(row, 3)), V_STR(rows_str(row, 4)),
                     V_STR(rows_str(row, 5)), V_INT(b->now_us), V_INT(b->now_us), V_NULL, V_NULL, V_NULL,
                     V_STR(rows_str(row, 11))));
        OK(holding_add(b->store, id, "", HOLDING_MEMBER, &d, d.bytes[0] + 64u));
    }
    OK(store_commit(b->store));
}

static void test_many_hold_the_same(void **state)
{
    char id[ATTACHMENT_ID_SIZE], high[64], low[64];
    struct files f;
    JSON_AUTO *answer = NULL;

    files_open(state, &f);
    has_sent_bytes(&f, 'M', LONG_A, NULL, 0, id);
    is_written(&f, "c3", json_pack("[s]", "M"), id, high);
    is_held_by_many(&f.b, high, LONG_A, 1200);
    has_sent_bytes(&f, 'M', LONG_B, (const char *const[]){LONG_A}, 1, id);
    is_written(&f, "c1", json_array(), id, low);
    assert_int_equal(label_of_record(&f, low), 3);
    assert_answer(asks_open(&f, 'M', low, id), "");
    assert_answer(asks_open(&f, 'B', low, id), "forbidden");
    assert_int_equal(held_as(&f, LONG_A), 3);
    answer = asks_held(&f, LONG_A, "M", MEASURED_MAIL);
    assert_true(json_flag(answer, "admitted"));
    files_close(&f);
}

static json_t *gives(struct files *f, const char *paper, const char *id)
{
    return bench_run_as(&f->b, "M", keeper_place_act(&f->b.home, 'M', "provisions", "give", "", json_pack("{s:s, s:s, s:s}", "unit", "sho", "paper", paper, "provided", id)));
}

static void is_given(struct files *f, const char *paper, const char *bytes, char ret_record[64])
{
    char id[ATTACHMENT_ID_SIZE];
    JSON_AUTO *answer = NULL;

    has_sent_bytes(f, 'M', bytes, NULL, 0, id);
    answer = gives(f, paper, id);
    if (strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed") != 0)
        fail_msg("%s", json_dumps(answer, 0));
    snprintf(ret_record, 64, "%s", json_str(json_obj(answer, "outcome"), "record"));
}

static bool is_admitted(struct files *f, const char *text, const char *person)
{
    JSON_AUTO *answer = asks_held(f, text, person, MEASURED_MAIL);

    return json_flag(answer, "admitted");
}

static const char *reads(struct files *f, const char *record)
{
    static char result[32];
    JSON_AUTO *outcome = NULL;

    bench_begin(&f->b);
    OK(engine_read(f->b.engine, f->b.log, &(struct opening){.person = "M", .record = record, .channel = RELEASE_PAGE, .now_us = f->b.now_us}, &outcome));
    bench_end(&f->b);
    snprintf(result, sizeof(result), "%s", json_str(outcome, "result"));
    return result;
}

static bool is_read_as_entry(struct files *f, const char *record)
{
    JSON_AUTO *shown = json_pack("[s]", record);
    bool is_asked;
    int r = engine_search_shown(f->b.engine, "M", RELEASE_PAGE, shown);

    OK(engine_reading_is_entered(f->b.engine, "", record, &is_asked));
    assert_int_equal(r, !is_asked);
    assert_string_equal(reads(f, record), is_asked ? "recorded" : "quiet");
    return is_asked;
}

/* A book whose readings nobody enters: what it holds of level 3 is read as anything of level 3 is. */
static void test_what_is_3_by_what_it_holds_is_read_with_an_entry(void **state)
{
    char id[ATTACHMENT_ID_SIZE], low[64], high[64], plain[64], held[64];
    struct files f;
    bool is_asked;

    files_open(state, &f);
    is_written(&f, "c1", json_array(), "", low);
    is_given(&f, low, LONG_B, plain);
    assert_false(is_read_as_entry(&f, plain));
    has_sent_bytes(&f, 'M', LONG_A, NULL, 0, id);
    is_written(&f, "c3", json_pack("[s]", "M"), id, high);
    is_given(&f, low, LONG_A, held);
    assert_int_equal(label_of_record(&f, held), 3);
    assert_true(is_read_as_entry(&f, held));
    json_decref(bench_last_entry(&f.b, "provisions/read", "recorded"));
    assert_false(is_read_as_entry(&f, plain));
    OK(engine_reading_is_entered(f.b.engine, "", "PV-2026-9999", &is_asked));
    assert_false(is_asked);
    files_close(&f);
}

/* Who sees the book, and not the paper that was provided, is no reader of its bytes; who reads the paper is. */
static void test_what_was_provided_is_its_papers_readers(void **state)
{
    char paper[64], record[64];
    struct files f;

    files_open(state, &f);
    is_written(&f, "c2", json_pack("[s]", "M"), "", paper);
    is_given(&f, paper, LONG_A, record);
    assert_true(is_admitted(&f, LONG_A, "M"));
    assert_false(is_admitted(&f, LONG_A, "B"));
    is_written(&f, "c2", json_pack("[s, s]", "M", "B"), "", paper);
    is_given(&f, paper, LONG_B, record);
    assert_true(is_admitted(&f, LONG_B, "B"));
    files_close(&f);
}

#define GIVEN_MANY 100 /* more than the records of one audience that are looked at */

/* The book is of level 2; what it holds is what the paper was when it was provided. */
static void test_what_was_provided_counts_as_what_it_was(void **state)
{
    char low[64], high[64], record[64];
    struct files f;

    files_open(state, &f);
    is_written(&f, "c1", json_array(), "", low);
    is_written(&f, "c3", json_array(), "", high);
    is_given(&f, low, LONG_A, record);
    assert_int_equal(label_of_record(&f, record), 2);
    assert_int_equal(held_as(&f, LONG_A), 1);
    assert_true(is_admitted(&f, LONG_A, "X")); /* who does not see the book; nobody is kept from what is public */
    is_given(&f, high, LONG_B, record);
    assert_int_equal(label_of_record(&f, record), 2);
    assert_int_equal(held_as(&f, LONG_B), 3);
    assert_true(is_admitted(&f, LONG_B, "M"));
    assert_false(is_admitted(&f, LONG_B, "X"));
    is_given(&f, "", LONG_C, record); /* nothing says what it was */
    assert_int_equal(held_as(&f, LONG_C), 2);
    /* Provided over and over it is no more than it was; the same bytes under a higher paper are of that one's level. */
    for (int i = 0; i < GIVEN_MANY; i++)
        is_given(&f, low, LONG_A, record);
    assert_int_equal(held_as(&f, LONG_A), 1);
    is_given(&f, high, LONG_A, record);
    assert_int_equal(held_as(&f, LONG_A), 3);
    files_close(&f);
}

/* The SHA-256 of the text as the content of a paper; `class` and `readers` where they are set. */
static void says(struct files *f, const char *step, const char *on, const char *class, const char *text, char ret_record[64])
{
    char hex[2 * SHA256_SIZE + 1];
    struct digest d = sha256(str_of(text));
    json_t *with = json_pack("{s:s}", "sum", "");
    JSON_AUTO *answer = NULL;

    sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
    OK(json_put_str(with, "sum", hex));
    if (!*on)
        OK(json_object_update_new(with, json_pack("{s:s, s:s, s:s, s:[s, s]}", "unit", "sho", "subject", "文書", "class", class, "readers", "M", "B")));
    answer = bench_run_as(&f->b, "M", keeper_place_act(&f->b.home, 'M', "papers", step, on, with));
    assert_string_equal(json_str(json_obj(answer, "outcome"), "result"), "allowed");
    snprintf(ret_record, 64, "%s", json_str(json_obj(answer, "outcome"), "record"));
}

static void is_reviewed(struct files *f, const char *record, const char *class)
{
    json_decref(bench_run_as(&f->b, "M", keeper_place_act(&f->b.home, 'M', "papers", "review", record, json_pack("{s:s, s:[s, s]}", "class", class, "readers", "M", "B"))));
    json_decref(bench_last_entry(&f->b, "papers/review", "allowed"));
}

/* Content that a record names by its digest alone is held as bytes are. */
static void test_what_is_said_is_held(void **state)
{
    char id[ATTACHMENT_ID_SIZE], high[64], low[64];
    struct files f;

    files_open(state, &f);
    assert_int_equal(held_as(&f, LONG_A), 0);
    says(&f, "write", "", "c3", LONG_A, high);
    assert_int_equal(held_as(&f, LONG_A), 3);
    assert_true(is_admitted(&f, LONG_A, "B"));
    assert_false(is_admitted(&f, LONG_A, "A"));
    says(&f, "write", "", "c1", LONG_A, low); /* who says the same is told nothing, and frees nothing */
    assert_int_equal(label_of_record(&f, low), 1);
    assert_int_equal(held_as(&f, LONG_A), 3);
    is_reviewed(&f, high, "c2"); /* it does not hold itself up */
    assert_int_equal(label_of_record(&f, high), 2);
    assert_int_equal(held_as(&f, LONG_A), 2);
    has_sent_bytes(&f, 'M', LONG_A, NULL, 0, id);
    is_written(&f, "c1", json_array(), id, low);
    assert_int_equal(label_of_record(&f, low), 2);
    files_close(&f);
}

/* Another content frees nothing of the one before, and a later review is of the later one. */
static void test_what_was_said_before_stays(void **state)
{
    char record[64];
    struct files f;

    files_open(state, &f);
    says(&f, "write", "", "c3", LONG_A, record);
    says(&f, "mark", record, "", LONG_B, record);
    assert_int_equal(held_as(&f, LONG_A), 3);
    assert_int_equal(held_as(&f, LONG_B), 3);
    is_reviewed(&f, record, "c2");
    assert_int_equal(held_as(&f, LONG_B), 2);
    assert_int_equal(held_as(&f, LONG_A), 3);
    assert_false(is_admitted(&f, LONG_A, "A"));
    says(&f, "mark", record, "", LONG_A, record); /* no way around a review */
    assert_int_equal(held_as(&f, LONG_A), 3);
    is_reviewed(&f, record, "c2");
    assert_int_equal(held_as(&f, LONG_A), 2);
    assert_int_equal(held_as(&f, LONG_B), 2);
    files_close(&f);
}

static void file_of(struct files *f, const char *record, char ret_id[ATTACHMENT_ID_SIZE])
{
    JSON_AUTO *view = NULL;

    OK(engine_view(f->b.engine, "M", record, f->b.now_us, &view));
    snprintf(ret_id, ATTACHMENT_ID_SIZE, "%s", json_str(json_obj(json_obj(view, "personal"), "provided"), "id"));
    assert_true(attachment_id_ok(ret_id));
}

/* The book is of level 2, and a program may read it; what it holds goes out as what it is held as. */
static void test_what_was_provided_goes_out_as_what_it_was(void **state)
{
    char low[64], high[64], record[64], id[ATTACHMENT_ID_SIZE];
    struct files f;

    files_open(state, &f);
    is_written(&f, "c1", json_array(), "", low);
    is_written(&f, "c3", json_array(), "", high);
    is_given(&f, low, LONG_A, record);
    file_of(&f, record, id);
    assert_string_equal(opens_as(&f, record, id, FILE_FETCH), "recorded");
    is_given(&f, high, LONG_B, record);
    file_of(&f, record, id);
    assert_int_equal(label_of_record(&f, record), 2);
    assert_string_equal(opens_as(&f, record, id, FILE_FETCH), "too-high");
    json_decref(bench_last_entry(&f.b, "provisions/file-open", "refused"));
    assert_string_equal(opens_as(&f, record, id, FILE_OPEN), "recorded"); /* a person */
    assert_string_equal(opens_as(&f, record, id, FILE_PREVIEW), "recorded");
    files_close(&f);
}

/* What is told of the file to whom, on the record's own page. */
static bool is_told(struct files *f, const char *person, const char *record)
{
    JSON_AUTO *view = NULL;
    const json_t *told;

    OK(engine_view(f->b.engine, person, record, f->b.now_us, &view));
    assert_string_equal(json_str(view, "id"), record); /* the record itself he sees */
    told = json_obj(json_obj(view, "personal"), "provided");
    assert_true(json_flag(told, "hidden") || *json_str(told, "name"));
    assert_true(!json_flag(told, "hidden") || json_object_size(told) == 1);
    return !json_flag(told, "hidden");
}

/* The book has more readers than the paper: to who does not see that, there is no file. */
static void test_what_was_provided_is_the_papers(void **state)
{
    char paper[64], record[64], id[ATTACHMENT_ID_SIZE];
    struct files f;

    files_open(state, &f);
    is_written(&f, "c2", json_pack("[s]", "M"), "", paper);
    is_given(&f, paper, LONG_A, record);
    file_of(&f, record, id);
    assert_true(is_told(&f, "M", record));
    assert_false(is_told(&f, "B", record));
    assert_answer(asks_preview(&f, 'B', record, id), "none");
    json_decref(bench_last_entry(&f.b, "provisions/file-preview", "refused"));
    assert_answer(asks_open(&f, 'B', record, id), "none");
    json_decref(bench_last_entry(&f.b, "provisions/file-open", "refused"));
    assert_answer(asks_preview(&f, 'M', record, id), "");
    assert_answer(asks_open(&f, 'M', record, id), "");
    files_close(&f);
}

/* The paper is raised behind its provision: the file goes out as what that is by now. */
static void test_what_was_provided_and_raised(void **state)
{
    char paper[64], record[64], id[ATTACHMENT_ID_SIZE];
    struct files f;

    files_open(state, &f);
    is_written(&f, "c1", json_array(), "", paper);
    is_given(&f, paper, LONG_A, record);
    file_of(&f, record, id);
    assert_string_equal(opens_as(&f, record, id, FILE_FETCH), "recorded");
    json_decref(bench_run_as(&f.b, "M", keeper_place_act(&f.b.home, 'M', "papers", "mark", paper, json_pack("{s:s}", "class", "c3"))));
    assert_int_equal(label_of_record(&f, record), 2);
    assert_string_equal(opens_as(&f, record, id, FILE_FETCH), "too-high");
    assert_string_equal(opens_as(&f, record, id, FILE_OPEN), "recorded");
    files_close(&f);
}

static void test_what_was_made_is_known_again(void **state)
{
    static const char *const made[] = {LONG_C};
    char id[ATTACHMENT_ID_SIZE], record[64];
    struct files f;
    json_t *m, *answer = NULL;
    struct operation_context c;

    files_open(state, &f);
    has_sent_bytes(&f, 'M', LONG_A, NULL, 0, id);
    is_written(&f, "c3", json_array(), id, record);
    for (int i = 0; i < 4; i++) {
        static const char *const said[] = {"forbidden", "invalid", "none", ""};

        m = bench_well_formed(&f.b, json_pack("{s:s, s:s, s:s, s:s, s:o}", "op", "holding-note", "token", "x", "record", i == 2 ? "PA-2026-0777" : record,
                                              "form", i == 1 ? "baked" : "sealed", "contents", contents_of(made, 1)));
        c = bench_context(&f.b);
        c.person = "M";
        c.measured = i ? MEASURED_MEDIA : 0;
        bench_begin(&f.b);
        OK(operation_find("holding-note")->run(&c, m, &answer));
        bench_end(&f.b);
        json_decref(m);
        assert_answer(answer, said[i]);
        assert_int_equal(held_as(&f, LONG_C), i == 3 ? 3 : 0);
    }
    json_decref(bench_last_entry(&f.b, "system/holding-note", "recorded"));
    files_close(&f);
}

/* Whatever the examiner was taken over by, nothing of it stands in the ledger. */
static void test_what_an_examiner_may_say(void **state)
{
    static const struct {
        const char *member, *value;
    } bad[] = {{"why", "山田太郎"}, {"why", "encrypted "}, {"scanner", "ClamAV 1.4.6/27800/Sat"}, {"scanner", "ClamAV 1.4.6 secret"}, {"scanner", "secret"},
               {"scanner", "ClamAV 11111111111111111.6"}, {"type", "a/b"}, {"type", "aaaaaaaaaaaaaaaaaaaaaaa"}, {"found", "a\nb"}, {"found", "名前"},
               {"place", "a\x1b[2J"}, {"place", "か\u3099"}, {"definitions", "2026-13-01"}, {"definitions", "tomorrow"}, {"sha256", "00"}};
    char id[ATTACHMENT_ID_SIZE];
    CLEANUP(buf_done) struct buf text;
    struct files f;
    json_t *m;
    JSON_AUTO *in = NULL;

    buf_init(&text, 65536);
    files_open(state, &f);
    begins(&f, 'B', "a.bin", 5, id);
    sends(&f, 'B', id, (const uint8_t *)"hello", 5);
    assert_answer(exam_begins(&f, id, 0), "");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        m = json_pack("{s:s, s:s, s:i, s:s}", "op", "exam-end", "id", id, "tries", 1, "state", "infected");
        OK(json_put_str(m, bad[i].member, bad[i].value));
        assert_answer(exam(&f, m), "invalid");
    }
    m = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:s}", "op", "exam-end", "id", id, "tries", 1, "state", "infected", "found",
                  "Yamada-Taro.UNOFFICIAL", "place", "山田太郎.zip > 逮捕状.exe", "scanner", "ClamAV 1.4.6/27800", "definitions", "2026-04-09", "why", "");
    assert_answer(exam(&f, m), "");
    in = bench_last_entry(&f.b, "system/exam-end", "recorded");
    OK(json_canonical(in, &text, NULL));
    assert_null(strstr(text.at, "Yamada"));
    assert_null(strstr(text.at, "山田"));
    assert_string_equal(json_str(in, "scanner"), "ClamAV 1.4.6/27800");
    assert_string_equal(json_str(in, "definitions"), "2026-04-09");
    assert_int_equal(strlen(json_str(in, "said")), 2 * SHA256_SIZE);
    files_close(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(test_in_and_out),
        ON_SQLITE(test_pieces_in_their_order),
        ON_SQLITE(test_the_end_once_more),
        ON_SQLITE(test_who_may_send),
        ON_SQLITE(test_what_a_gate_may_send),
        ON_SQLITE(test_what_does_not_begin),
        ON_SQLITE(test_what_an_act_cannot_name),
        ON_BOTH(test_a_refused_act_takes_no_file),
        ON_SQLITE(test_what_was_found_counts),
        ON_BOTH(test_what_a_state_holds_back),
        ON_SQLITE(test_what_is_told_of_what_is_held_back),
        ON_BOTH(test_what_is_not_handed_out),
        ON_BOTH(test_what_was_seen),
        cmocka_unit_test(test_what_is_kept_of_a_report),
        cmocka_unit_test(test_what_a_file_tells),
        ON_BOTH(test_what_a_file_told_is_kept),
        ON_SQLITE(test_examinations),
        ON_BOTH(test_what_nobody_names_goes),
        ON_BOTH(test_a_backlog_is_worked_off),
        ON_SQLITE(test_the_keeper_works_a_backlog_off),
        ON_BOTH(test_many_files_hide_none),
        ON_BOTH(test_disposal_takes_files_along),
        ON_BOTH(test_bytes_are_known_again),
        ON_BOTH(test_addresses_are_held_against_readers),
        ON_BOTH(test_the_label_held_joins),
        ON_BOTH(test_what_was_provided_counts_as_what_it_was),
        ON_BOTH(test_what_was_provided_is_its_papers_readers),
        ON_BOTH(test_what_is_3_by_what_it_holds_is_read_with_an_entry),
        ON_BOTH(test_what_was_provided_goes_out_as_what_it_was),
        ON_BOTH(test_what_was_provided_is_the_papers),
        ON_BOTH(test_what_was_provided_and_raised),
        ON_BOTH(test_the_label_held_since),
        ON_BOTH(test_many_hold_the_same),
        ON_SQLITE(test_what_is_said_is_held),
        ON_BOTH(test_what_was_said_before_stays),
        ON_SQLITE(test_what_was_made_is_known_again),
        ON_SQLITE(test_what_an_examiner_may_say),
    };
    int r = keeper_place_main(argc, argv);

    if (r >= 0)
        return r;
    for (size_t i = 0; i < sizeof(contents); i++)
        contents[i] = (uint8_t)(i * 31 + i / 4096);
    return cmocka_run_group_tests_name("files", tests, grounds_start, grounds_stop);
}
