/* Readers and writers of texts when memory runs out: JSON, CSV, workbooks, passwords, entries, signed notes, receipts, packs, the force, requests,
 * forms, pages. A reader that lacks memory must say so, not that its text is wrong. ENGINE_PACK names a pack. */
#include "base/file.h"
#include "base/json.h"
#include "base/sheet.h"
#include "force/force.h"
#include "force/password.h"
#include "ledger/checkpoint.h"
#include "ledger/leaf.h"
#include "loop.h"
#include "regulation/model.h"
#include "web/form.h"
#include "web/widget.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* What an operation wrote, and what it writes without faults. */
struct written {
    struct buf is, want;
    struct str input;
};

static void written_init(struct written *w, struct str input)
{
    buf_init(&w->is, 1u << 20);
    buf_init(&w->want, 1u << 20);
    w->input = input;
}

static void written_done(struct written *w)
{
    buf_done(&w->is);
    buf_done(&w->want);
}

/* Success is the whole text. */
static void same_text(void *user, int r)
{
    struct written *w = user;

    if (r == 0 && !w->want.len)
        OK(buf_add_str(&w->want, buf_str(&w->is)));
    if (r == 0 && !str_eq(buf_str(&w->is), buf_str(&w->want)))
        fail_msg("success, but it wrote \"%.*s\"", (int)w->is.len, w->is.at);
    buf_done(&w->is);
    buf_init(&w->is, 1u << 20);
}

static void loop_written(const char *name, int (*run)(void *), struct str input, unsigned rounds)
{
    struct fail_operation op = {name, run, same_text, FAIL_ALLOC, fail_no_memory, rounds};
    struct written w;

    written_init(&w, input);
    fail_loop(&op, &w);
    assert_true(w.want.len > 0);
    written_done(&w);
}

/* ---- base ---- */

static int run_json(void *user)
{
    struct written *w = user;
    JSON_AUTO *v = NULL;
    int r = json_parse(w->input, JSON_LIMITS_DEFAULT, &v, NULL);

    return r ? r : json_canonical(v, &w->is, NULL);
}

static void json_is_read_and_printed(void **state)
{
    loop_written("json", run_json,
                 STR("{\"b\": [1, 2, {\"n\": \"値\"}, true], \"a\": {\"x\": \"長い文字列\", \"y\": -5, \"z\": []}}"), 0);
}

/* What is wrong is still told right when there is no memory for the words. */
static int run_bad_json(void *user)
{
    JSON_AUTO *v = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = json_parse(STR("{\"a\": [1, 2}"), JSON_LIMITS_DEFAULT, &v, &diag);
    diag_done(&diag);
    return r == JSON_E_SYNTAX ? 0 : r;
}

static void wrong_json_stays_wrong(void **state)
{
    struct fail_operation op = {"wrong json", run_bad_json, NULL, FAIL_ALLOC, fail_no_memory, 0};

    fail_loop(&op, NULL);
}

static int run_csv(void *user)
{
    struct written *w = user;
    CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
    struct csv_table t;
    struct str cells[CSV_MAX_COLS];
    struct diag diag;
    int r;

    if (!a)
        return -ENOMEM;
    diag_init(&diag);
    r = csv_parse("x.csv", w->input, a, &t, &diag);
    for (size_t row = 0; !r && row < t.n_rows; row++) {
        for (size_t col = 0; col < t.n_cols; col++)
            cells[col] = t.cells[row * t.n_cols + col].text;
        r = csv_put_row(&w->is, cells, t.n_cols, true);
    }
    diag_done(&diag);
    return r;
}

static void csv_is_read_and_written(void **state)
{
    loop_written("csv", run_csv, STR("id,name,note\r\n1,山田,\"a,b\"\r\n2,\"x\"\"y\",=1+1\r\n3,,\r\n"), 0);
}

static int run_table(void *user)
{
    struct written *w = user;
    CLEANUP(arena_freep) struct arena *a = arena_new(256u << 20);
    struct csv_table t;
    enum table_kind kind;
    struct diag diag;
    int r;

    if (!a)
        return -ENOMEM;
    diag_init(&diag);
    r = table_parse("x", w->input, a, &t, &kind, &diag);
    for (size_t i = 0; !r && i < t.n_rows * t.n_cols; i++)
        r = buf_printf(&w->is, "%.*s|", STR_ARG(t.cells[i].text));
    diag_done(&diag);
    return r;
}

/* SHEETS is a folder with a workbook and a table in Shift_JIS. */
static void tables_are_read(void **state)
{
    static const char *const names[] = {"good", "good-stored", "csv-cp932"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(buf_done) struct buf path, bytes;

        buf_init(&path, 4096);
        buf_init(&bytes, 1u << 20);
        OK(buf_printf(&path, "%s/%s", getenv("SHEETS"), names[i]));
        OK(file_read(path.at, 1u << 20, &bytes, NULL));
        loop_written(names[i], run_table, buf_str(&bytes), 0);
    }
}

/* ---- passwords ---- */

static int run_password(void *user)
{
    struct written *w = user;
    bool is_same;
    int r = password_check(w->input.at, STR("か\xe3\x82\x99 no password"), &is_same);

    return r ? r : buf_add_text(&w->is, is_same ? "yes" : "no");
}

static void the_right_password_is_never_a_wrong_one(void **state)
{
    char hash[PASSWORD_HASH_SIZE];

    OK(password_hash(STR("か\xe3\x82\x99 no password"), hash));
    loop_written("password", run_password, str_of(hash), 0);
}

/* ---- ledger ---- */

static int run_leaf(void *user)
{
    struct written *w = user;
    JSON_AUTO *json = NULL;
    struct leaf leaf;
    int r = leaf_parse(w->input, &leaf, &json, NULL);

    return r ? r : leaf_print(&leaf, &w->is, NULL);
}

static void entries_are_read_and_printed(void **state)
{
    loop_written("leaf", run_leaf,
                 STR("{\"act\":\"take-outs/permit\",\"actor\":{\"authority\":\"own\",\"id\":\"p2\"},\"case\":\"T-1\",\"clauses\":[\"3(1)\"],"
                     "\"in\":{\"n\":3},\"obj\":[{\"digest\":\"" HEX64 "\",\"id\":\"T-1\",\"kind\":\"record\"}],"
                     "\"pii\":[{\"commit\":\"" HEX64 "\",\"field\":\"phone\"}],\"result\":\"allowed\",\"rules\":\"" HEX64
                     "\",\"seq\":7,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}"), 0);
}

static int run_checkpoint(void *user)
{
    static const uint8_t seed[NOTE_SEED_SIZE] = {7};
    struct written *w = user;
    struct note_signer signer;
    struct note_verdict verdict;
    struct note_key key;
    struct checkpoint c;
    struct digest root = {{1}};
    CLEANUP(buf_done) struct buf vkey;
    int r = note_signer_init(&signer, STR("force.example/2026"), NOTE_ED25519, seed);

    buf_init(&vkey, NOTE_VKEY_MAX);
    if (r)
        return r;
    r = checkpoint_sign(&signer, 12, &root, &w->is);
    if (!r)
        r = note_key_print(&signer.key, &vkey);
    if (!r)
        r = note_key_parse(buf_str(&vkey), &key);
    if (!r)
        r = checkpoint_open(buf_str(&w->is), &key, 1, &c, &verdict);
    note_signer_done(&signer);
    return r;
}

static void checkpoints_are_signed_and_opened(void **state)
{
    loop_written("checkpoint", run_checkpoint, STR(""), 0);
}

static int run_receipt(void *user)
{
    struct written *w = user;
    CLEANUP(buf_done) struct buf text;
    struct receipt receipt = {.index = 3, .checkpoint = STR("origin\n4\nAAAA\n\n\xe2\x80\x94 origin AAAA\n"), .has_extra = true,
                              .extra = STR("more")};
    struct receipt again;
    int r;

    receipt.proof.n = 2;
    buf_init(&text, 1u << 16);
    r = receipt_print(&receipt, &text);
    if (!r)
        r = receipt_parse(buf_str(&text), &again);
    return r ? r : buf_add_str(&w->is, again.checkpoint);
}

static void receipts_are_printed_and_read(void **state)
{
    loop_written("receipt", run_receipt, STR(""), 0);
}

/* ---- packs, force ---- */

static int run_pack(void *user)
{
    struct written *w = user;
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = pack_load_dir(w->input.at, &pack, &diag);
    diag_done(&diag);
    return r ? r : buf_add_str(&w->is, pack->canonical);
}

static void packs_are_read(void **state)
{
    loop_written("pack", run_pack, str_of(getenv("ENGINE_PACK")), 60);
}

static struct pack *pack_of_tests(void)
{
    struct pack *pack = NULL;

    OK(pack_load_dir(getenv("ENGINE_PACK"), &pack, NULL));
    return pack;
}

static int run_canonical(void *user)
{
    struct written *w = user;
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    int r = pack_load_canonical(w->input, &pack, NULL);

    return r ? r : buf_add_str(&w->is, pack->canonical);
}

static void packs_are_read_back(void **state)
{
    CLEANUP(pack_unrefp) struct pack *pack = pack_of_tests();

    loop_written("canonical pack", run_canonical, pack->canonical, 60);
}

#define TEXT(t) {t, sizeof(t) - 1}
static const struct str force_texts[FORCE_FILES] = {
    TEXT("id,parent,name_ja,name_en,kinds,from,to\nhq,,本部,HQ,force,,\nsho,hq,署,Station,station,,\n"),
    TEXT("id,level,service,name_ja,name_en\nsgt,3,police,巡査部長,Sergeant\n"),
    TEXT("id,name_ja,name_en,is_head\nhead,長,Head,yes\nstaff,係,Staff,no\n"),
    TEXT("id,name,kana,name_en,rank,from,to\np1,山田,やまだ,Yamada,sgt,,\np2,田中,たなか,Tanaka,sgt,2026-04-01,\n"),
    TEXT("id,person,post,unit,kind,from,to\na1,p1,head,sho,regular,,\na2,p2,staff,sho,regular,2026-04-01,\n"),
    TEXT(""), TEXT(""), TEXT("day,name_ja\n2026-04-29,昭和の日\n"),
    TEXT("address,person,unit\nyamada@police.example,p1,\nsho@police.example,,sho\n"),
};

static int run_force(void *user)
{
    struct written *w = user;
    CLEANUP(force_unrefp) struct force *force = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = force_load_texts(force_texts, &force, &diag);
    for (enum force_file f = FORCE_UNITS; !r && f < FORCE_FILES; f++)
        r = force_export(force, f, &w->is);
    diag_done(&diag);
    return r;
}

static void forces_are_read_and_written(void **state)
{
    loop_written("force", run_force, STR(""), 300);
}

/* ---- web ---- */

static int run_form(void *user)
{
    struct written *w = user;
    CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
    struct form_data form;
    int r = a ? form_parse(w->input, a, &form) : -ENOMEM;

    for (size_t i = 0; !r && i < form.n; i++)
        r = url_encode(form.fields[i].value, &w->is);
    return r;
}

static void forms_are_read(void **state)
{
    loop_written("form", run_form, STR("a=1&b=%E5%90%8D+x&c=&d=a%3Db"), 0);
}

/* The reader of heads needs no memory at all. */
static int run_head(void *user)
{
    static const struct http_limits limits;
    static struct http_head head;
    struct http_head_error error;

    return http_head_check(STR("POST /a?b=c HTTP/1.1\r\nHost: x.example\r\nContent-Length: 5\r\n\r\n"), &limits, &head, &error);
}

static void heads_are_read_without_memory(void **state)
{
    size_t n;

    fault_arm(FAULT_ALLOC_SINCE, 1);
    assert_int_equal(run_head(NULL), HTTP_HEAD_OK);
    assert_false(fault_disarm(&n));
    assert_int_equal(n, 0);
}

static int run_html(void *user)
{
    struct written *w = user;
    CLEANUP(arena_freep) struct arena *a = arena_new(1u << 20);
    const struct field_choice choices[] = {{STR("a"), STR("甲"), STR("hint"), true}, {STR("b"), STR("乙"), STR_NONE, false}};
    const struct field_info info = {.name = "f", .label = STR("名前"), .support = STR("例"), .error = STR("空です"), .is_required = true};
    struct html h;
    struct widget_ctx ctx = {&h, a, MESSAGE_JA};
    int r;

    if (!a)
        return -ENOMEM;
    html_init(&h, &w->is, false);
    html_open(&h, HTML_HTML);
    html_open(&h, HTML_BODY);
    field_text(&ctx, &info, LINE_DATE, STR("<x>"), NULL);
    field_choice(&ctx, &info, choices, ARRAY_LEN(choices));
    html_close(&h, HTML_BODY);
    html_close(&h, HTML_HTML);
    r = html_end(&h);
    return r ? r : arena_error(a); /* as frame_finish() does */
}

static void pages_are_written(void **state)
{
    loop_written("html", run_html, STR(""), 0);
}

/* libzip 1.7 forgets a layer of its own when it lacks memory for the next; base-sheet holds that nothing of ours leaks. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libzip\n";
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_read_and_printed),
        cmocka_unit_test(wrong_json_stays_wrong),
        cmocka_unit_test(csv_is_read_and_written),
        cmocka_unit_test(tables_are_read),
        cmocka_unit_test(the_right_password_is_never_a_wrong_one),
        cmocka_unit_test(entries_are_read_and_printed),
        cmocka_unit_test(checkpoints_are_signed_and_opened),
        cmocka_unit_test(receipts_are_printed_and_read),
        cmocka_unit_test(packs_are_read),
        cmocka_unit_test(packs_are_read_back),
        cmocka_unit_test(forces_are_read_and_written),
        cmocka_unit_test(forms_are_read),
        cmocka_unit_test(heads_are_read_without_memory),
        cmocka_unit_test(pages_are_written),
    };

    if (crypto_start())
        return 1;
    return cmocka_run_group_tests_name("fail-texts", tests, NULL, NULL);
}
