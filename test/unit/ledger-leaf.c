/* Entries: the canonical bytes, what is refused, commitments and the digest of a record. */
#include "ledger/leaf.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX32 "00112233445566778899aabbccddeeff"
#define T_US (UINT64_C(1775779200) * US_PER_SECOND) /* 2026-04-10T00:00:00Z */

static json_t *json(const char *text)
{
    json_t *v = NULL;

    assert_int_equal(json_parse(str_of(text), JSON_LIMITS_DEFAULT, &v, NULL), 0);
    return v;
}

#define FULL                                                                                             \
    "{\"act\":\"take-outs/permit\",\"actor\":{\"authority\":\"daiketsu\",\"for\":\"p1\",\"id\":\"p2\","  \
    "\"post\":\"x\",\"rank\":\"y\"},\"case\":\"T-1\",\"clauses\":[\"3(1)\"],"                            \
    "\"due\":\"2026-04-09T15:00:00.000000Z\",\"from\":\"asked\",\"in\":{\"n\":3},\"label\":\"C2I2A2\","  \
    "\"obj\":[{\"digest\":\"" HEX64 "\",\"id\":\"T-1\",\"kind\":\"record\"}],"                           \
    "\"paper\":{\"keyed\":\"2026-04-09T23:00:00.000000Z\",\"written\":\"2026-04-09T01:00:00.000000Z\"}," \
    "\"pii\":[{\"commit\":\"" HEX64 "\",\"field\":\"phone\"}],\"ref\":\"2026/3\",\"result\":\"allowed\"," \
    "\"rules\":\"" HEX64 "\",\"salt\":\"" HEX32 "\",\"seq\":7,\"t\":\"2026-04-10T00:00:00.000000Z\",\"to\":\"out\","            \
    "\"unmet\":[\"r1\",{\"rule\":\"r2\"}],\"v\":1}"

static void whole_leaf(void **state)
{
    JSON_AUTO *actor = json("{\"id\":\"p2\",\"post\":\"x\",\"rank\":\"y\",\"authority\":\"daiketsu\",\"for\":\"p1\"}");
    JSON_AUTO *obj = json("[{\"kind\":\"record\",\"id\":\"T-1\",\"digest\":\"" HEX64 "\"}]");
    JSON_AUTO *clauses = json("[\"3(1)\"]");
    JSON_AUTO *unmet = json("[\"r1\",{\"rule\":\"r2\"}]");
    JSON_AUTO *in = json("{\"n\":3}");
    JSON_AUTO *pii = json("[{\"field\":\"phone\",\"commit\":\"" HEX64 "\"}]");
    JSON_AUTO *paper =
        json("{\"written\":\"2026-04-09T01:00:00.000000Z\",\"keyed\":\"2026-04-09T23:00:00.000000Z\"}");
    struct leaf leaf = {.seq = 7, .t_us = T_US, .due_us = T_US - UINT64_C(9) * 3600 * US_PER_SECOND,
        .act = "take-outs/permit", .case_id = "T-1", .from = "asked", .to = "out", .actor = actor, .obj = obj,
        .label = "C2I2A2", .rules = HEX64, .clauses = clauses, .result = "allowed", .unmet = unmet, .in = in,
        .pii = pii, .paper = paper, .ref = "2026/3", .salt = HEX32};
    struct leaf again;
    json_t *o = NULL;
    struct buf out;

    buf_init(&out, LEAF_MAX);
    assert_int_equal(leaf_print(&leaf, &out, NULL), 0);
    assert_string_equal(out.at, FULL);
    assert_int_equal(leaf_parse(buf_str(&out), &again, &o, NULL), 0);
    assert_int_equal(again.seq, 7);
    assert_int_equal(again.t_us, T_US);
    assert_int_equal(again.due_us, leaf.due_us);
    assert_string_equal(again.ref, "2026/3");
    assert_string_equal(again.salt, HEX32);
    assert_int_equal(json_int(again.in, "n"), 3);
    json_decref(o);
    buf_done(&out);
}

static void refused(const char *bytes)
{
    json_t *o = NULL;
    struct diag diag;

    diag_init(&diag);
    if (leaf_parse(str_of(bytes), NULL, &o, &diag) != LEAF_E_SYNTAX)
        fail_msg("taken: %s", bytes);
    assert_true(diag.n_errors > 0);
    diag_done(&diag);
}

/* "{<a>act<b>result":"allowed"<c>seq<d>t<e>v" */
#define TINY "{\"act\":\"a\",\"result\":\"allowed\",\"seq\":0,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}"
static void strictness(void **state)
{
    json_t *o = NULL;

    assert_int_equal(leaf_parse(STR(TINY), NULL, &o, NULL), 0);
    json_decref(o);
    refused("");
    refused("[]");
    refused(" " TINY);
    refused(TINY "\n");
    refused("{\"act\": \"a\",\"result\":\"allowed\",\"seq\":0,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"result\":\"allowed\",\"act\":\"a\",\"seq\":0,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"result\":\"allowed\",\"seq\":0,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":2}");
    refused("{\"act\":\"a\",\"result\":\"allowed\",\"seq\":-1,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"result\":\"allowed\",\"seq\":0.0,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"result\":\"allowed\",\"seq\":00,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"result\":\"maybe\",\"seq\":0,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"result\":\"allowed\",\"seq\":0,\"t\":\"2026-04-10T00:00:00Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"result\":\"allowed\",\"seq\":0,\"t\":\"2026-04-10T09:00:00.00+09:00\",\"v\":1}");
    refused("{\"act\":\"\",\"result\":\"allowed\",\"seq\":0,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"\\u0061\",\"result\":\"allowed\",\"seq\":0,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"result\":\"allowed\",\"seq\":0,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1,\"x\":1}");
    refused("{\"act\":\"a\",\"result\":\"allowed\",\"salt\":\"00\",\"seq\":0,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"result\":\"allowed\",\"salt\":\"00112233445566778899AABBCCDDEEFF\",\"seq\":0,"
            "\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"in\":[],\"result\":\"allowed\",\"seq\":0,\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"in\":{\"x\":null},\"result\":\"allowed\",\"seq\":0,"
            "\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"obj\":[{\"kind\":\"record\"}],\"result\":\"allowed\",\"seq\":0,"
            "\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"pii\":[{\"commit\":\"00\",\"field\":\"f\"}],\"result\":\"allowed\",\"seq\":0,"
            "\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
    refused("{\"act\":\"a\",\"act\":\"a\",\"result\":\"allowed\",\"seq\":0,"
            "\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}");
}

static void builder_refuses(void **state)
{
    JSON_AUTO *real = json("{\"x\":1.5}");
    JSON_AUTO *bad_actor = json("{\"id\":\"p\",\"authority\":\"king\"}");
    char *large = calloc(1, LEAF_MAX + 1);
    JSON_AUTO *large_in = json_object();
    struct leaf good = {.act = "a", .result = "allowed", .t_us = T_US}, leaf;
    struct buf out;

    assert_non_null(large);
    memset(large, 'x', LEAF_MAX);
    assert_int_equal(json_put_str(large_in, "x", large), 0);
    buf_init(&out, 1 << 20);
    assert_int_equal(leaf_print(&good, &out, NULL), 0);
    leaf = good;
    leaf.act = "";
    assert_int_equal(leaf_print(&leaf, &out, NULL), LEAF_E_SYNTAX);
    leaf = good;
    leaf.in = real;
    assert_int_equal(leaf_print(&leaf, &out, NULL), LEAF_E_SYNTAX);
    leaf = good;
    leaf.actor = bad_actor;
    assert_int_equal(leaf_print(&leaf, &out, NULL), LEAF_E_SYNTAX);
    leaf = good;
    leaf.act = "\xff";
    assert_int_equal(leaf_print(&leaf, &out, NULL), LEAF_E_SYNTAX);
    leaf = good;
    leaf.in = large_in;
    assert_int_equal(leaf_print(&leaf, &out, NULL), LEAF_E_LIMIT);
    free(large);
    buf_done(&out);
}

/* What was entered must be read again: the writer goes no deeper than the reader. */
static void depth(void **state)
{
    for (unsigned d = 1; d < 2 * LEAF_DEPTH_MAX; d++) {
        json_t *in = json_object(), *again = NULL;
        struct leaf leaf = {.act = "a", .result = "allowed", .t_us = T_US};
        struct buf out;
        int r;

        for (unsigned i = 1; i < d; i++)
            in = json_pack("{s:o}", "x", in);
        leaf.in = in;
        buf_init(&out, LEAF_MAX);
        r = leaf_print(&leaf, &out, NULL);
        assert_int_equal(r, d < LEAF_DEPTH_MAX ? 0 : LEAF_E_LIMIT);
        if (!r)
            assert_int_equal(leaf_parse(buf_str(&out), NULL, &again, NULL), 0);
        json_decref(again);
        json_decref(in);
        buf_done(&out);
    }
}

static void commitments(void **state)
{
    JSON_AUTO *text = json_string("090-0000-0000");
    JSON_AUTO *number = json_integer(42);
    uint8_t salt[LEAF_SALT_SIZE];
    char joined[LEAF_SALT_SIZE + 13];
    struct digest got, want;

    memset(salt, 7, sizeof(salt));
    memcpy(joined, salt, sizeof(salt));
    memcpy(joined + LEAF_SALT_SIZE, "090-0000-0000", 13);
    want = sha256((struct str){joined, sizeof(joined)});
    assert_int_equal(leaf_commit(salt, text, &got, NULL), 0);
    assert_memory_equal(&got, &want, sizeof(got));
    memcpy(joined + LEAF_SALT_SIZE, "42", 2);
    want = sha256((struct str){joined, LEAF_SALT_SIZE + 2});
    assert_int_equal(leaf_commit(salt, number, &got, NULL), 0);
    assert_memory_equal(&got, &want, sizeof(got));
}

static void record_digest(void **state)
{
    JSON_AUTO *values = json("{\"b\":2,\"a\":\"x\"}");
    JSON_AUTO *personal = json("{\"name\":\"" HEX64 "\"}");
    struct leaf_record record = {"T-1", "take-outs", "out", 3, values, personal};
    struct digest got, want;

    want = sha256(STR("{\"id\":\"T-1\",\"personal\":{\"name\":\"" HEX64 "\"},\"register\":\"take-outs\","
                      "\"state\":\"out\",\"values\":{\"a\":\"x\",\"b\":2},\"version\":3}"));
    assert_int_equal(leaf_record_digest(&record, &got, NULL), 0);
    assert_memory_equal(&got, &want, sizeof(got));
    record.personal = NULL;
    want = sha256(STR("{\"id\":\"T-1\",\"personal\":{},\"register\":\"take-outs\","
                      "\"state\":\"out\",\"values\":{\"a\":\"x\",\"b\":2},\"version\":3}"));
    assert_int_equal(leaf_record_digest(&record, &got, NULL), 0);
    assert_memory_equal(&got, &want, sizeof(got));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_leaf),      cmocka_unit_test(strictness),  cmocka_unit_test(builder_refuses),
        cmocka_unit_test(depth),
        cmocka_unit_test(commitments),     cmocka_unit_test(record_digest),
    };

    return crypto_start() ? 1 : cmocka_run_group_tests_name("leaf", tests, NULL, NULL);
}
