/* Signed notes, checkpoints and receipts: one vector through all of them, then what must be refused. */
#include "ledger/checkpoint.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define DASH "\xe2\x80\x94 "
#define LOG_VKEY "ledger.example/audit+d2684154+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"
#define WITNESS_VKEY "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU"
#define TEXT "ledger.example/audit\n7\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=\n"
#define LOG_LINE                                                                                        \
    DASH "ledger.example/audit "                                                                        \
         "0mhBVOLN3yRbi/onj/NxBYpYxOuan3dzCagCfN4e1xuWnG/LGt6udlgIMkEDV3h1wFOser0FtM4ZSRAbPXk0Lqdhdgc=\n"
#define WITNESS_LINE                                                                                  \
    DASH "witness.example/w1 "                                                                        \
         "3xwKNQAAAABndIWAiI90bKRBrb2xD4fmGXZLo4FNzwm3dLBBQDvn/XJs4ZYLJKQi61POvIx0BKWaiMuGlzR4y6itW4ex" \
         "UPVzS/Q0DQ==\n"
#define NOTE TEXT "\n" LOG_LINE WITNESS_LINE
#define TIME UINT64_C(1735689600)
#define PROOF_3_IN_7                                 \
    "V8efTzGuApxdS9MLBzwnyU35NDiytGl+Hh7vW8A5SkE=\n" \
    "WkdmL9ijF9lgSaP59HxV3GfKZgUbqjaD27GbL+CaB7A=\n" \
    "lK+4osoFHAVFjqOdzRmxvWjn4zUp8QtDnSphWlH2NuI=\n"

struct vector {
    struct note_signer log, witness;
    struct note_key keys[2];
    struct digest leaves[7];
    struct tree tree;
};

static struct vector vector_make(void)
{
    struct vector v = {0};
    uint8_t seed[NOTE_SEED_SIZE];

    memset(seed, 1, sizeof(seed));
    assert_int_equal(note_signer_init(&v.log, STR("ledger.example/audit"), NOTE_ED25519, seed), 0);
    memset(seed, 2, sizeof(seed));
    assert_int_equal(
        note_signer_init(&v.witness, STR("witness.example/w1"), NOTE_COSIGNATURE_ED25519, seed), 0);
    v.keys[0] = v.log.key;
    v.keys[1] = v.witness.key;
    for (int i = 0; i < 7; i++) {
        char text[16];

        (void)snprintf(text, sizeof(text), "entry %d", i);
        v.leaves[i] = tree_leaf_hash(str_of(text));
        tree_push(&v.tree, &v.leaves[i]);
    }
    return v;
}

static int vector_hash(void *user, unsigned level, uint64_t index, struct digest *ret)
{
    *ret = ((struct vector *)user)->leaves[index];
    return level == 0 && index < 7 ? 0 : -ERANGE;
}

static void assert_key(const struct note_key *key, const char *vkey)
{
    struct buf out;
    struct note_key again;

    buf_init(&out, NOTE_VKEY_MAX);
    assert_int_equal(note_key_print(key, &out), 0);
    assert_string_equal(out.at, vkey);
    assert_int_equal(note_key_parse(str_of(vkey), &again), 0);
    assert_memory_equal(&again, key, sizeof(again));
    buf_done(&out);
}

static void keys(void **state)
{
    struct vector v = vector_make();

    assert_key(&v.log.key, LOG_VKEY);
    assert_key(&v.witness.key, WITNESS_VKEY);
}

static void wrong_keys(void **state)
{
    static const char *const wrong[] = {
        "",
        "ledger.example/audit",
        "ledger.example/audit+d2684154",
        "ledger.example/audit+d2684155+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
        "ledger.example/other+d2684154+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
        "ledger example+d2684154+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
        "+d2684154+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c",
        "ledger.example/audit+d2684154+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D2",
        "ledger.example/audit+D2684154+AYqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c", /* a second spelling */
        LOG_VKEY "\n",
    };
    struct note_key key;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (note_key_parse(str_of(wrong[i]), &key) != NOTE_E_SYNTAX)
            fail_msg("taken: %s", wrong[i]);
    assert_int_equal(note_key_parse(STR("a+00000000+BoqI4910"), &key), NOTE_E_TYPE);
    assert_false(note_name_is_valid(STR("a\xe3\x80\x80z"))); /* U+3000 */
    assert_false(note_name_is_valid(STR("a\xff")));
    assert_true(note_name_is_valid(STR("\xe7\x86\x8a\xe6\x9c\xac.example/2026")));
}

static void vector_byte_for_byte(void **state)
{
    struct vector v = vector_make();
    struct digest root = tree_root(&v.tree);
    struct buf out;

    buf_init(&out, NOTE_MAX);
    assert_int_equal(checkpoint_sign(&v.log, 7, &root, &out), 0);
    assert_string_equal(out.at, TEXT "\n" LOG_LINE);
    assert_int_equal(note_sign_line(&v.witness, STR(TEXT), TIME, &out), 0);
    assert_string_equal(out.at, NOTE);
    buf_done(&out);
}

static void vector_opens(void **state)
{
    struct vector v = vector_make();
    struct note_verdict verdicts[2];
    struct digest root = tree_root(&v.tree);
    struct checkpoint c;

    assert_int_equal(checkpoint_open(STR(NOTE), v.keys, 2, &c, verdicts), 0);
    assert_true(str_eq(c.origin, STR("ledger.example/audit")));
    assert_int_equal(c.size, 7);
    assert_memory_equal(&c.root, &root, sizeof(root));
    assert_true(verdicts[0].signed_it && verdicts[1].signed_it);
    assert_int_equal(verdicts[1].time_s, TIME);
    assert_int_equal(checkpoint_open(STR(TEXT "\n" LOG_LINE), v.keys, 2, &c, verdicts), 0);
    assert_false(verdicts[1].signed_it);
}

static void vector_proofs(void **state)
{
    struct vector v = vector_make();
    struct tree_source source = {vector_hash, &v};
    struct tree_proof p;
    struct buf out;
    struct receipt again, receipt = {.index = 3, .checkpoint = STR(NOTE), .has_extra = true, .extra = STR("x")};

    buf_init(&out, NOTE_MAX);
    assert_int_equal(tree_prove_inclusion(&source, 3, 7, &receipt.proof), 0);
    assert_int_equal(receipt_print(&receipt, &out), 0);
    assert_string_equal(out.at, "c2sp.org/tlog-proof@v1\nextra eA==\nindex 3\n" PROOF_3_IN_7 "\n" NOTE);
    assert_int_equal(receipt_parse(buf_str(&out), &again), 0);
    assert_int_equal(again.index, 3);
    assert_true(str_eq(again.extra, STR("eA==")));
    assert_int_equal(receipt_verify(&again, &v.leaves[3], v.keys, 2), 0);
    assert_int_equal(receipt_verify(&again, &v.leaves[2], v.keys, 2), CHECKPOINT_E_SIGNATURE);

    assert_int_equal(tree_prove_consistency(&source, 3, 7, &p), 0);
    buf_clear(&out);
    for (size_t i = 0; i < p.n; i++) {
        assert_int_equal(base64_print(p.at[i].bytes, SHA256_SIZE, &out), 0);
        assert_int_equal(buf_add_char(&out, ' '), 0);
    }
    assert_string_equal(out.at, "V8efTzGuApxdS9MLBzwnyU35NDiytGl+Hh7vW8A5SkE= "
                                "YcoROfaBWEHVuvLQ0tm9nf7pfImN1ve6DAqpQe5sAes= "
                                "WkdmL9ijF9lgSaP59HxV3GfKZgUbqjaD27GbL+CaB7A= "
                                "lK+4osoFHAVFjqOdzRmxvWjn4zUp8QtDnSphWlH2NuI= ");
    buf_done(&out);
}

static void wrong_receipts(void **state)
{
    static const char *const wrong[] = {
        "",
        "c2sp.org/tlog-proof@v1\n",
        "c2sp.org/tlog-proof@v2\nindex 0\n\n" NOTE,
        "c2sp.org/tlog-proof@v1\nindex 00\n\n" NOTE,
        "c2sp.org/tlog-proof@v1\nindex -1\n\n" NOTE,
        "c2sp.org/tlog-proof@v1\n\n" NOTE,
        "c2sp.org/tlog-proof@v1\nextra !\nindex 0\n\n" NOTE,
        "c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\n" NOTE,
        "c2sp.org/tlog-proof@v1\nindex 0\n" PROOF_3_IN_7,
        "c2sp.org/tlog-proof@v1\nindex 0\n\n",
    };
    struct receipt p;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (receipt_parse(str_of(wrong[i]), &p) != CHECKPOINT_E_SYNTAX)
            fail_msg("taken: %s", wrong[i]);
}

static void signatures(void **state)
{
    struct vector v = vector_make();
    struct checkpoint c;
    struct note note;

    /* unknown keys are ignored */
    assert_int_equal(checkpoint_open(STR(NOTE), v.keys, 1, &c, NULL), 0);
    assert_int_equal(note_parse(STR(TEXT "\n" WITNESS_LINE), &note), 0);
    assert_int_equal(note_verify(&note, v.keys, 1, NULL), NOTE_E_UNSIGNED);
    assert_int_equal(checkpoint_open(STR(TEXT "\n" WITNESS_LINE), v.keys, 2, &c, NULL), CHECKPOINT_E_SIGNATURE);
    /* a known key with a bad signature refuses all: here the text says 8 */
    assert_int_equal(checkpoint_open(STR("ledger.example/audit\n8\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=\n\n"
                                         LOG_LINE WITNESS_LINE), v.keys, 2, &c, NULL), CHECKPOINT_E_SIGNATURE);
    /* and here the witness's signature was cut */
    assert_int_equal(note_parse(STR(TEXT "\n" LOG_LINE DASH "witness.example/w1 3xwKNQAAAABndIWA\n"), &note), 0);
    assert_int_equal(note_verify(&note, v.keys, 2, NULL), NOTE_E_SIGNATURE);
    assert_int_equal(checkpoint_open(STR(NOTE), v.keys + 1, 1, &c, NULL), CHECKPOINT_E_ORIGIN);
}

static void many_signatures(void **state)
{
    struct vector v = vector_make();
    struct checkpoint c;
    struct buf out;

    buf_init(&out, NOTE_MAX);
    assert_int_equal(buf_add_text(&out, TEXT "\n"), 0);
    for (unsigned i = 0; i < NOTE_SIGS_MAX - 1; i++)
        assert_int_equal(buf_printf(&out, DASH "other.example/%u AAAAAAAAAAA=\n", i), 0);
    assert_int_equal(buf_add_text(&out, LOG_LINE), 0);
    assert_int_equal(checkpoint_open(buf_str(&out), v.keys, 2, &c, NULL), 0);
    assert_int_equal(buf_add_text(&out, LOG_LINE), 0);
    assert_int_equal(note_parse(buf_str(&out), &(struct note){0}), NOTE_E_LIMIT);
    buf_done(&out);
}

static void wrong_notes(void **state)
{
    static const char *const wrong[] = {
        "",
        "\n",
        TEXT,
        TEXT "\n",
        TEXT LOG_LINE,
        TEXT "\n" DASH "ledger.example/audit 0mhBVA==\n", /* no signature behind the id */
        TEXT "\n" DASH "ledger.example/audit\n",
        TEXT "\n- ledger.example/audit 0mhBVOLN\n",
        TEXT "\n" DASH "ledger.example/audit 0mhBVOLN",
        TEXT "\n" DASH "ledger.example/audit 0mhBVOLN \n",
        TEXT "\n" DASH " 0mhBVOLN\n",
        "a\tb\n\n" LOG_LINE,
        "a\r\n\n" LOG_LINE,
        "\xff\n\n" LOG_LINE,
    };
    struct note note;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (note_parse(str_of(wrong[i]), &note) != NOTE_E_SYNTAX)
            fail_msg("taken: %s", wrong[i]);
}

static void wrong_checkpoints(void **state)
{
#define ROOT "mMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc="
    static const char *const wrong[] = {
        "",
        "a\n7\n",
        "a\n7\n" ROOT,
        "\n7\n" ROOT "\n",
        "a b\n7\n" ROOT "\n",
        "a\n07\n" ROOT "\n",
        "a\n+7\n" ROOT "\n",
        "a\n\n" ROOT "\n",
        "a\n9223372036854775808\n" ROOT "\n",
        "a\n7\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYd=\n",
        "a\n7\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6\n",
        "a\n7\n" ROOT "\n\n",
    };
    struct checkpoint c;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (checkpoint_parse(str_of(wrong[i]), &c) != CHECKPOINT_E_SYNTAX)
            fail_msg("taken: %s", wrong[i]);
    assert_int_equal(checkpoint_parse(STR("a\n7\n" ROOT "\nmore\n"), &c), 0);
    assert_true(c.has_extensions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),          cmocka_unit_test(wrong_keys),     cmocka_unit_test(vector_byte_for_byte),
        cmocka_unit_test(vector_opens),  cmocka_unit_test(vector_proofs),  cmocka_unit_test(wrong_receipts),
        cmocka_unit_test(signatures),    cmocka_unit_test(many_signatures), cmocka_unit_test(wrong_notes),
        cmocka_unit_test(wrong_checkpoints),
    };

    return crypto_start() ? 1 : cmocka_run_group_tests_name("note", tests, NULL, NULL);
}
