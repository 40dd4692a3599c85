/* What is left of a person when a record was disposed of: nothing, in no file of the installation, of a backup or of an export, in no way of
 * writing; the keys neither. And the ledger still verifies. */
#include "base/codec.h"
#include "base/file.h"
#include "base/utf8.h"
#include "engine/attachment.h"
#include "engine/find.h"
#include "engine/holding.h"
#include "engine/verify.h"
#include "engine/secret.h"
#include "keeper-bench.h"
#include "keeper/filing.h"
#include "ledger/log.h"
#include "store/backup.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <ftw.h>
#include <iconv.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#define OK(call) assert_int_equal((call), 0)

/* ---- ways of writing ---- */

#define NEEDLES_MAX 200

struct needle {
    const char *of, *way;
    struct buf bytes;
};

static struct needle needles[NEEDLES_MAX];
static size_t n_needles, n_hits;
static const char *hit_of, *hit_way;
static char hit_file[512];

static void add_needle(const char *of, const char *way, struct str bytes)
{
    struct needle *n = &needles[n_needles++];

    assert_true(n_needles < NEEDLES_MAX && bytes.len >= 8);
    *n = (struct needle){.of = of, .way = way};
    buf_init(&n->bytes, 65536);
    OK(buf_add_str(&n->bytes, bytes));
}

static void add_charset(const char *text, const char *charset)
{
    char room[4096], *in = (char *)(uintptr_t)text, *out = room;
    size_t n_in = strlen(text), n_out = sizeof(room);
    iconv_t cd = iconv_open(charset, "UTF-8");

    assert_true(cd != (iconv_t)-1);
    OK(iconv(cd, &in, &n_in, &out, &n_out));
    iconv_close(cd);
    add_needle(text, charset, (struct str){room, (size_t)(out - room)});
}

/* Wherever in it the text begins: the letters that do not hang on what stands around it. */
static void add_base64(const char *of, struct str bytes)
{
    for (size_t before = 0; before < 3; before++) {
        CLEANUP(buf_done) struct buf padded, text;
        size_t from = before ? 4 : 0, whole;

        buf_init(&padded, 65536);
        buf_init(&text, 65536);
        OK(buf_add(&padded, "xx", before));
        OK(buf_add_str(&padded, bytes));
        OK(base64_print(padded.at, padded.len, &text));
        whole = padded.len / 3 * 4;
        add_needle(of, "base64", (struct str){text.at + from, whole - from});
    }
}

static void add_printed(const char *of, struct str bytes, const char *fmt, const char *way)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 65536);
    for (size_t i = 0; i < bytes.len; i++)
        OK(buf_printf(&text, fmt, (unsigned)(unsigned char)bytes.at[i]));
    add_needle(of, way, buf_str(&text));
}

static void add_escaped(const char *of, struct str text, const char *fmt)
{
    CLEANUP(buf_done) struct buf out;

    buf_init(&out, 65536);
    for (size_t at = 0; at < text.len;) {
        uint32_t c = utf8_next(text, &at);

        OK(c < 0x80 ? buf_add_char(&out, (char)c) : buf_printf(&out, fmt, c));
    }
    add_needle(of, "json", buf_str(&out));
}

static void add_bytes(const char *of, struct str bytes)
{
    add_needle(of, "as it is", bytes);
    add_base64(of, bytes);
    add_printed(of, bytes, "%02x", "hex");
    add_printed(of, bytes, "%02X", "HEX");
}

static void add_text(const char *text)
{
    static const char *const charsets[] = {"UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE", "CP932", "EUC-JP", "ISO-2022-JP"};

    add_bytes(text, str_of(text));
    add_printed(text, str_of(text), "%%%02X", "percent");
    add_escaped(text, str_of(text), "\\u%04x");
    add_escaped(text, str_of(text), "\\u%04X");
    for (size_t i = 0; i < ARRAY_LEN(charsets); i++)
        add_charset(text, charsets[i]);
}

/* ---- looking ---- */

static int look_into(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    CLEANUP(buf_done) struct buf bytes;

    buf_init(&bytes, (size_t)64 << 20);
    if (kind != FTW_F || !S_ISREG(st->st_mode))
        return 0;
    OK(file_read(path, (size_t)64 << 20, &bytes, NULL));
    for (size_t i = 0; i < n_needles; i++)
        if (memmem(bytes.at ? bytes.at : "", bytes.len, needles[i].bytes.at, needles[i].bytes.len)) {
            n_hits++;
            hit_of = needles[i].of;
            hit_way = needles[i].way;
            snprintf(hit_file, sizeof(hit_file), "%s", path);
        }
    return 0;
}

static size_t looks_below(const char *dir)
{
    n_hits = 0;
    OK(nftw(dir, look_into, 16, FTW_PHYS));
    return n_hits;
}

static void is_nowhere(const char *dir)
{
    if (looks_below(dir))
        fail_msg("%s: \"%s\" stands there, %s", hit_file, hit_of, hit_way);
}

/* ---- a record about somebody ---- */

#define TALE "聴取事項：山田太郎、電話番号は〇九〇の一二三四、住所は架空市一丁目"
#define FILE_NAME "山田太郎の供述調書と写真.pdf"
#define CONTENTS "この調書は山田太郎が架空警察署で述べたことを書き取ったものである。以下に述べる。"

static uint8_t keys[2][VAULT_KEY_SIZE];

static json_t *run_act(struct bench *b, const char *step, const char *record, json_t *with)
{
    json_t *answer = bench_run_as(b, "B", keeper_place_act(&b->home, 'B', "trials", step, record, with));

    if (strcmp(json_str(json_obj(answer, "outcome"), "result"), "allowed") != 0)
        fail_msg("%s: %s", step, json_dumps(answer, 0));
    return answer;
}

static void send_file(struct bench *b, char ret_id[ATTACHMENT_ID_SIZE])
{
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *begun = bench_run(b, true, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "op", "file-begin", "token", keeper_place_cookie(&b->home, 'B'),
                                                    "reg", "trials", "field", "scan", "name", FILE_NAME, "size", (json_int_t)strlen(CONTENTS)));
    struct digest d = sha256(STR(CONTENTS));
    char hex[2 * SHA256_SIZE + 1];
    void *things = NULL;
    json_t *m;

    snprintf(ret_id, ATTACHMENT_ID_SIZE, "%s", json_str(begun, "id"));
    buf_init(&text, 4096);
    OK(base64_print(CONTENTS, strlen(CONTENTS), &text));
    m = json_pack("{s:s, s:s, s:s, s:i, s:s}", "op", "file-piece", "token", keeper_place_cookie(&b->home, 'B'), "id", ret_id, "offset", 0, "data",
                  text.at);
    assert_true(filing_work.run(b->home.db, &things, m));
    filing_work.wipe(m);
    assert_answer(bench_run(b, true, m), "");
    filing_work.end(things);
    assert_answer(bench_run(b, true, json_pack("{s:s, s:s, s:i}", "op", "exam-begin", "id", ret_id, "tries", 0)), "");
    sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
    assert_answer(bench_run(b, true, json_pack("{s:s, s:s, s:i, s:s, s:s}", "op", "exam-end", "id", ret_id, "tries", 1, "state", "clean", "sha256",
                                               hex)),
                  "");
}

static void export_records(struct bench *b, const char *dir)
{
    OK(dir_make(dir, 0700, NULL));
    OK(verify_export_records(b->store, dir, &b->diag));
}

/* Pieces that no row names any more; beside the loop. */
static void tidy(struct bench *b)
{
    void *things = NULL;

    for (int i = 0; i < 9; i++) {
        JSON_AUTO *m = json_pack("{s:s}", "op", "file-tidy");

        assert_true(filing_work.run(b->home.db, &things, m));
        if (!json_flag(m, "more"))
            break;
    }
    filing_work.end(things);
}

/* It is no longer found by what was in it, and its bytes are nobody's. */
static void is_forgotten(struct bench *b, const char *record)
{
    struct digest d = sha256(STR(CONTENTS));
    JSON_AUTO *contents = json_object();
    JSON_AUTO *held = NULL;
    char hex[2 * SHA256_SIZE + 1], name[96];
    uint8_t key[VAULT_KEY_SIZE];

    assert_int_equal(vault_get(b->store, str_of(record), key), STORE_E_NONE);
    snprintf(name, sizeof(name), "%s#1", record);
    assert_int_equal(vault_get(b->store, str_of(name), key), STORE_E_NONE);
    sodium_bin2hex(hex, sizeof(hex), d.bytes, sizeof(d.bytes));
    OK(json_put_int(contents, hex, (int64_t)strlen(CONTENTS)));
    OK(engine_holding_label(b->engine, contents, "", NULL, b->now_us, &held));
    assert_false(json_flag(held, "held"));
}

static size_t n_forgotten;

/* It is as good as any other: its ledger verifies, what was struck is told, and nothing of it comes back. */
static void restores(struct ground *g, const char *file)
{
    char place[96];
    struct verify_summary sum;
    struct store *s;
    struct diag diag;

    diag_init(&diag);
    snprintf(place, sizeof(place), "%s", ground_folder(g));
    if (store_restore(file, place, NULL, &diag))
        fail_msg("%s", diag_first(&diag));
    OK(store_open(place, STORE_READ, &s, &diag));
    if (verify_installation(s, NULL, NULL, &sum, &diag))
        fail_msg("%s", diag_first(&diag));
    n_forgotten = 0;
    for (size_t i = 0; i < diag.n; i++)
        n_forgotten += strstr(diag.entries[i].message, "forgotten") != NULL;
    store_close(s);
    diag_done(&diag);
    is_nowhere(place);
}

static void test_nothing_of_him_is_left(void **state)
{
    struct ground *g = *state;
    struct verify_summary sum;
    struct bench b;
    bool more = true;
    char id[ATTACHMENT_ID_SIZE], record[64], holder[64], name[96], before[96], after[96], copies[96], old[96], file[128], forgot[128];
    uint64_t n_keys = 0;
    JSON_AUTO *named = NULL;
    JSON_AUTO *holding = NULL;

    snprintf(before, sizeof(before), "%s", ground_folder(g));
    snprintf(after, sizeof(after), "%s", ground_folder(g));
    snprintf(copies, sizeof(copies), "%s", ground_folder(g));
    snprintf(old, sizeof(old), "%s", ground_folder(g));
    bench_open(state, &b);
    bench_begin(&b);
    while (more)
        OK(engine_search_tend(b.engine, 100, &more));
    bench_end(&b);
    send_file(&b, id);
    named = run_act(&b, "begin", "", json_pack("{s:s, s:s, s:s}", "word", "x", "tale", TALE, "scan", id));
    snprintf(record, sizeof(record), "%s", json_str(json_obj(named, "outcome"), "record"));
    holding = run_act(&b, "begin", "", json_pack("{s:s, s:[s]}", "word", "y", "others", record));
    snprintf(holder, sizeof(holder), "%s", json_str(json_obj(holding, "outcome"), "record"));
    snprintf(name, sizeof(name), "%s#1", record);
    OK(vault_get(b.store, str_of(record), keys[0]));
    OK(vault_get(b.store, str_of(name), keys[1]));
    add_text(TALE);
    add_text(FILE_NAME);
    add_text(CONTENTS);
    add_bytes("the record's key", (struct str){(const char *)keys[0], VAULT_KEY_SIZE});
    add_bytes("the file's key", (struct str){(const char *)keys[1], VAULT_KEY_SIZE});
    OK(dir_make(copies, 0700, NULL));
    OK(dir_make(old, 0700, NULL));
    snprintf(file, sizeof(file), "%s/old", old);
    OK(store_backup(b.store, file, NULL, &b.diag));
    export_records(&b, before);
    assert_true(looks_below(before) >= 2);      /* or the looking finds nothing, whatever is there: text and name stand in the export … */
    assert_true(looks_below(b.home.data) >= 2); /* … and both keys in the vault */

    json_decref(run_act(&b, "wipe", holder, json_object()));
    tidy(&b);
    is_forgotten(&b, record);
    OK(verify_installation(b.store, NULL, NULL, &sum, &b.diag));
    export_records(&b, after);
    assert_true(looks_below(old) >= 2); /* both keys are in the older backup … */
    snprintf(forgot, sizeof(forgot), "%s/forgot", copies);
    OK(store_backup_forget(b.store, file, forgot, log_root_at, NULL, &n_keys, &b.diag));
    assert_int_equal(n_keys, 2);        /* … and not in what is made of it */
    snprintf(file, sizeof(file), "%s/copy", copies);
    OK(store_backup(b.store, file, NULL, &b.diag));
    is_nowhere(b.home.data); /* while it is open: its log, too */
    is_nowhere(after);
    is_nowhere(copies);
    bench_close(&b);
    is_nowhere(b.home.data);
    restores(g, forgot);
    assert_int_equal(n_forgotten, 2); /* the text and the file, whose values nobody can look at any more */
}

/* A backup is written anew without the hash of a secret whose record was disposed of since: what is restored of it verifies, and tells so. */
static void test_a_hash_that_is_forgotten(void **state)
{
    struct ground *g = *state;
    struct bench b;
    char record[64], copies[96], file[128], forgot[128];
    uint64_t n_keys = 0;
    JSON_AUTO *opened = NULL;
    JSON_AUTO *set = NULL;
    json_t *judged = NULL;
    struct act act;

    snprintf(copies, sizeof(copies), "%s", ground_folder(g));
    bench_open(state, &b);
    OK(dir_make(copies, 0700, NULL));
    opened = bench_run_as(&b, "M", json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "op", "act", "reg", "logins", "step", "open", "record", "", "with", "login", "uke.ko", "who", "A"));
    snprintf(record, sizeof(record), "%s", json_str(json_obj(opened, "outcome"), "record"));
    act = (struct act){.person = "A", .reg = "logins", .step = "set", .record = record, .signs = "", .now_us = b.now_us};
    OK(engine_secret_judge(b.engine, &act, "hotaru no yado 42", PASSWORD_PLAYED, &judged));
    set = bench_run_as(&b, "A", json_pack("{s:s, s:s, s:s, s:s, s:{}, s:o}", "op", "act", "reg", "logins", "step", "set", "record", record, "with", "judged", judged));
    assert_string_equal(json_str(json_obj(set, "outcome"), "result"), "allowed");
    snprintf(file, sizeof(file), "%s/old", copies);
    OK(store_backup(b.store, file, NULL, &b.diag));
    bench_begin(&b);
    OK(vault_destroy(b.store, str_of(record)));
    bench_end(&b);
    snprintf(forgot, sizeof(forgot), "%s/forgot", copies);
    OK(store_backup_forget(b.store, file, forgot, log_root_at, NULL, &n_keys, &b.diag));
    assert_int_equal(n_keys, 1);
    bench_close(&b);
    n_forgotten = 0;
    restores(g, forgot);
    assert_int_equal(n_forgotten, 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {ON_SQLITE(test_nothing_of_him_is_left), ON_SQLITE(test_a_hash_that_is_forgotten)};
    int r = keeper_place_main(argc, argv);

    return r >= 0 ? r : cmocka_run_group_tests_name("disposal", tests, grounds_start, grounds_stop);
}
