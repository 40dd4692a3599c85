/* The second program against exports that were tampered with: each kind must be found and named.
 * The environment variable FSCK names the program. */
#include "ledger/checkpoint.h"
#include "ledger/export.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define N_2025 5u
#define N_2026 700u
#define N_RECORDS 3u
#define T_2025 (UINT64_C(1735689600) * US_PER_SECOND)
#define T_2026 (UINT64_C(1767225600) * US_PER_SECOND)

/* ---- an export ---- */

struct world {
    char dir[64], keys[96], old[96];  /* export; trusted keys; a checkpoint of 300 entries */
    struct note_signer signer[2];     /* 2025, 2026 */
    char *entries[N_2026];            /* of 2026 */
    struct buf checkpoint;            /* of 2026 */
    struct tree tree_2025;
};

static char *dup_buf(struct buf *b)
{
    char *s = buf_take(b);

    assert_non_null(s);
    return s;
}

static json_t *hex_json(const struct digest *d)
{
    struct buf b;
    json_t *v;

    buf_init(&b, 64);
    assert_int_equal(hex_print(d->bytes, SHA256_SIZE, &b), 0);
    v = json_stringn(b.at, b.len);
    buf_done(&b);
    return v;
}

static void salt_of(unsigned i, uint8_t salt[static LEAF_SALT_SIZE])
{
    memset(salt, (int)(i + 1), LEAF_SALT_SIZE);
}

static const char *const NAMES[N_RECORDS] = {"\xe8\xa9\xa6\xe9\xa8\x93 \xe4\xb8\x80\xe9\x83\x8e", "say \"hello\"",
                                             "gone"};

/* Record i as exported; *ret_commit and *ret_digest as entries cite them. */
static json_t *record_json(unsigned i, struct digest *ret_commit, struct digest *ret_digest)
{
    JSON_AUTO *value = json_string(NAMES[i]);
    JSON_AUTO *values = json_pack("{s:i, s:s}", "count", (int)i, "model", "x\"y");
    JSON_AUTO *commits = json_object();
    uint8_t salt[LEAF_SALT_SIZE];
    struct digest salt_digest;
    char id[16];
    struct leaf_record record = {.id = id, .register_id = "take-outs", .state = "out", .version = 3};
    json_t *field;

    (void)snprintf(id, sizeof(id), "T/%u", i);
    salt_of(i, salt);
    memcpy(salt_digest.bytes, salt, sizeof(salt));
    assert_int_equal(leaf_commit(salt, value, ret_commit, NULL), 0);
    assert_int_equal(json_put(commits, "name", hex_json(ret_commit)), 0);
    record.values = values;
    record.personal = commits;
    assert_int_equal(leaf_record_digest(&record, ret_digest, NULL), 0);
    if (i == 2) /* erased by its disposal */
        field = json_pack("{s:o, s:b}", "commit", hex_json(ret_commit), "erased", 1);
    else
        field = json_pack("{s:O, s:o}", "value", value, "salt", hex_json(&salt_digest));
    return json_pack("{s:s, s:s, s:s, s:i, s:O, s:{s:o}}", "id", id, "register", "take-outs", "state", "out",
                     "version", 3, "values", values, "personal", "name", field);
}

static char *entry_text(int64_t seq, uint64_t t_us, const json_t *in)
{
    struct leaf leaf = {.seq = seq, .t_us = t_us, .act = "take-outs/permit", .result = "allowed", .in = in};
    JSON_AUTO *obj = NULL;
    JSON_AUTO *pii = NULL;
    struct digest commit, digest;
    struct buf out;

    if (seq >= 10 && seq < 10 + (int64_t)N_RECORDS) {
        unsigned i = (unsigned)seq - 10;
        JSON_AUTO *record = record_json(i, &commit, &digest);

        obj = json_pack("[{s:s, s:s, s:o}]", "kind", "record", "id", json_str(record, "id"), "digest",
                        hex_json(&digest));
        pii = json_pack("[{s:s, s:o, s:s}]", "field", "name", "commit", hex_json(&commit), "record",
                        json_str(record, "id"));
        if (i == 2)
            assert_int_equal(json_put_flag(json_array_get(obj, 0), "disposed", true), 0);
        leaf.obj = obj;
        leaf.pii = pii;
    }
    buf_init(&out, LEAF_MAX);
    assert_int_equal(leaf_print(&leaf, &out, NULL), 0);
    return dup_buf(&out);
}

static struct note_signer signer_of(const char *name, uint8_t seed_byte)
{
    struct note_signer s;
    uint8_t seed[NOTE_SEED_SIZE];

    memset(seed, seed_byte, sizeof(seed));
    assert_int_equal(note_signer_init(&s, str_of(name), NOTE_ED25519, seed), 0);
    return s;
}

/* Write a shard of these entries. With `checkpoint` set that text is written, whatever the entries are. */
static struct tree write_shard(const struct world *w, int year, char *const *entries, size_t n,
                               const struct note_signer *signer, const struct buf *checkpoint,
                               struct buf *ret_checkpoint)
{
    CLEANUP(export_shard_freep) struct export_shard *shard = NULL;
    struct buf key, note;
    struct tree tree;
    struct digest root;

    buf_init(&key, NOTE_VKEY_MAX);
    buf_init(&note, NOTE_MAX);
    assert_int_equal(export_shard_new(w->dir, year, &shard, NULL), 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(export_shard_add(shard, str_of(entries[i])), 0);
    tree = export_shard_tree(shard);
    root = tree_root(&tree);
    assert_int_equal(note_key_print(&signer->key, &key), 0);
    assert_int_equal(checkpoint_sign(signer, n, &root, &note), 0);
    assert_int_equal(export_shard_end(shard, buf_str(&key), buf_str(checkpoint ? checkpoint : &note), NULL), 0);
    if (ret_checkpoint)
        assert_int_equal(buf_add_str(ret_checkpoint, buf_str(&note)), 0);
    buf_done(&key);
    buf_done(&note);
    return tree;
}

static void write_text(const char *path, struct str text)
{
    assert_int_equal(file_write_atomic(path, text, 0644, NULL), 0);
}

static void write_keys(const struct world *w)
{
    struct buf keys;

    buf_init(&keys, 2048);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(note_key_print(&w->signer[i].key, &keys), 0);
        assert_int_equal(buf_add_char(&keys, '\n'), 0);
    }
    write_text(w->keys, buf_str(&keys));
    buf_done(&keys);
}

static void write_old_checkpoint(const struct world *w)
{
    struct tree tree = {0};
    struct digest root;
    struct buf note;

    for (int i = 0; i < 300; i++) {
        root = tree_leaf_hash(str_of(w->entries[i]));
        tree_push(&tree, &root);
    }
    root = tree_root(&tree);
    buf_init(&note, NOTE_MAX);
    assert_int_equal(checkpoint_sign(&w->signer[1], 300, &root, &note), 0);
    write_text(w->old, buf_str(&note));
    buf_done(&note);
}

/* Bit i of `left_out`: record i is not there; of `erased`: its value is not. */
static void write_records(const struct world *w, unsigned left_out, unsigned erased)
{
    CLEANUP(export_records_freep) struct export_records *records = NULL;

    assert_int_equal(export_records_new(w->dir, &records, NULL), 0);
    for (unsigned i = 0; i < N_RECORDS; i++) {
        struct digest commit, digest;
        JSON_AUTO *record = record_json(i, &commit, &digest);
        json_t *personal = json_object_get(record, "personal");

        if (left_out & 1u << i)
            continue;
        if (erased & 1u << i)
            assert_int_equal(json_put(personal, "name",
                                      json_pack("{s:o, s:b}", "commit", hex_json(&commit), "erased", 1)), 0);
        assert_int_equal(export_records_add(records, record, NULL), 0);
    }
    assert_int_equal(export_records_end(records, NULL), 0);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    char *first[N_2025];
    struct digest root;
    JSON_AUTO *in = NULL;

    assert_non_null(w);
    (void)snprintf(w->dir, sizeof(w->dir), "/tmp/tsujiban-fsck-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    (void)snprintf(w->keys, sizeof(w->keys), "%s/trusted", w->dir);
    (void)snprintf(w->old, sizeof(w->old), "%s/old", w->dir);
    w->signer[0] = signer_of("ledger.example/hq/2025", 1);
    w->signer[1] = signer_of("ledger.example/hq/2026", 2);
    for (unsigned i = 0; i < N_2025; i++)
        first[i] = entry_text(i, T_2025 + i, NULL);
    w->tree_2025 = write_shard(w, 2025, first, N_2025, &w->signer[0], NULL, NULL);
    root = tree_root(&w->tree_2025);
    in = leaf_opening("ledger.example/hq/2025", N_2025, &root, NULL);
    for (unsigned i = 0; i < N_2026; i++)
        w->entries[i] = entry_text(i, T_2026 + i / 2, i == 0 ? in : NULL);
    buf_init(&w->checkpoint, NOTE_MAX);
    (void)write_shard(w, 2026, w->entries, N_2026, &w->signer[1], NULL, &w->checkpoint);
    write_keys(w);
    write_old_checkpoint(w);
    write_records(w, 0, 0);
    for (unsigned i = 0; i < N_2025; i++)
        free(first[i]);
    *state = w;
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

static int teardown(void **state)
{
    struct world *w = *state;

    (void)nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    for (unsigned i = 0; i < N_2026; i++)
        free(w->entries[i]);
    buf_done(&w->checkpoint);
    free(w);
    return 0;
}

/* ---- running ---- */

static void collect(int fd, struct buf *out)
{
    char bytes[4096];
    ssize_t n;

    while ((n = read(fd, bytes, sizeof(bytes))) > 0)
        assert_int_equal(buf_add(out, bytes, (size_t)n), 0);
    assert_int_equal(n, 0);
}

/* Exit status; what it printed in *out. Arguments end with NULL. */
static int run(struct buf *out, const char *const *args)
{
    const char *argv[16] = {getenv("FSCK")};
    int fds[2], status;
    pid_t pid;

    assert_non_null(argv[0]);
    for (int i = 0; args[i]; i++)
        argv[i + 1] = args[i];
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)dup2(fds[1], 1);
        (void)dup2(fds[1], 2);
        (void)close(fds[0]);
        (void)close(fds[1]);
        (void)execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    (void)close(fds[1]);
    buf_clear(out);
    collect(fds[0], out);
    (void)close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The program must find exactly `n` things; `wanted` must be among its words. */
static void finds(const struct world *w, const char *since, unsigned n, const char *wanted)
{
    const char *args[] = {w->dir, "--key", w->keys, since ? "--since" : NULL, since, NULL};
    char tail[64];
    struct buf out;
    int status;

    buf_init(&out, 1 << 20);
    status = run(&out, args);
    (void)snprintf(tail, sizeof(tail), "\n%u findings\n", n);
    if (status != (n > 0) || !strstr(out.at, wanted) || (n > 0 && !strstr(out.at, tail)))
        fail_msg("status %d, wanted %u with \"%s\", got:\n%s", status, n, wanted, out.at);
    buf_done(&out);
}

static void in_dir(const struct world *w, const char *name, char path[static 256])
{
    (void)snprintf(path, 256, "%s/%s", w->dir, name);
}

static void load(const struct world *w, const char *name, struct buf *out)
{
    char path[256];

    in_dir(w, name, path);
    buf_init(out, 1 << 24);
    assert_int_equal(file_read(path, 1 << 24, out, NULL), 0);
}

static void save(const struct world *w, const char *name, struct buf *bytes)
{
    char path[256];

    in_dir(w, name, path);
    write_text(path, buf_str(bytes));
    buf_done(bytes);
}

/* Replace the first `from` by `to` in a file. */
static void replace(const struct world *w, const char *name, const char *from, const char *to)
{
    struct buf text, out;
    const char *at;

    load(w, name, &text);
    buf_init(&out, 1 << 24);
    at = memmem(text.at, text.len, from, strlen(from));
    assert_non_null(at);
    assert_int_equal(buf_add(&out, text.at, (size_t)(at - text.at)), 0);
    assert_int_equal(buf_add_text(&out, to), 0);
    at += strlen(from);
    assert_int_equal(buf_add(&out, at, text.len - (size_t)(at - text.at)), 0);
    buf_done(&text);
    save(w, name, &out);
}

static void delete(const struct world *w, const char *name)
{
    char path[256];

    in_dir(w, name, path);
    assert_int_equal(unlink(path), 0);
}

/* Entries first..first+n of the list, as a bundle file in place of what is there. */
static void write_bundle(const struct world *w, const char *name, char *const *entries, size_t n)
{
    struct buf b;

    buf_init(&b, TILE_BUNDLE_MAX);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(bundle_add(&b, str_of(entries[i])), 0);
    save(w, name, &b);
}

/* ---- the tests ---- */

static void clean(void **state)
{
    finds(*state, NULL, 0, "checked: 2 shards, 705 entries, 5 tiles, 3 records, 2 commitments\nnothing wrong");
    finds(*state, ((struct world *)*state)->old, 0, "1 older checkpoints");
}

static void usage(void **state)
{
    const char *none[] = {NULL}, *help[] = {"--help", NULL}, *bad[] = {"--nope", "x", NULL};
    const char *since[] = {"--since", "/nonexistent", "x", NULL}, *dir[] = {"/nonexistent", NULL};
    struct buf out;

    buf_init(&out, 1 << 16);
    assert_int_equal(run(&out, none), 2);
    assert_int_equal(run(&out, bad), 2);
    assert_int_equal(run(&out, since), 2);
    assert_int_equal(run(&out, dir), 1);
    assert_int_equal(run(&out, help), 0);
    assert_non_null(strstr(out.at, "Exit status"));
    buf_done(&out);
}

static void altered_entry(void **state)
{
    replace(*state, "2026/tile/entries/001", "take-outs/permit", "take-outs/refuse");
    finds(*state, NULL, 1, "shard 2026: altered entry: entry 256 ");
}

static void altered_seq(void **state)
{
    replace(*state, "2026/tile/entries/001", "\"seq\":300,", "\"seq\":555,");
    finds(*state, NULL, 1, "altered entry: entry 300 ");
}

static void garbage_entry(void **state)
{
    replace(*state, "2026/tile/entries/000", "{\"act\":", "{\"act\" ");
    finds(*state, NULL, 1, "altered entry: entry 0 ");
}

static void altered_entry_and_tiles(void **state)
{
    struct world *w = *state;

    w->entries[400][8] ^= 1;
    (void)write_shard(w, 2026, w->entries, N_2026, &w->signer[1], &w->checkpoint, NULL);
    finds(w, NULL, 1, "shard 2026: wrong root");
}

static void removed_entry(void **state)
{
    struct world *w = *state;
    char *list[TILE_WIDTH];

    memcpy(list, w->entries, 20 * sizeof(*list));
    memcpy(list + 20, w->entries + 21, (TILE_WIDTH - 21) * sizeof(*list));
    write_bundle(w, "2026/tile/entries/000", list, TILE_WIDTH - 1);
    finds(w, NULL, 1, "removed entry: entry 20 is not there");
}

/* The bundles are cut anew and the tiles computed anew, but the checkpoint cannot be signed anew. */
static void removed_entry_and_rebuilt(void **state)
{
    struct world *w = *state;
    char *list[N_2026 - 1];
    const char *old = "2026/tile/entries/002.p/188";

    memcpy(list, w->entries, 20 * sizeof(*list));
    memcpy(list + 20, w->entries + 21, (N_2026 - 21) * sizeof(*list));
    delete(w, old);
    delete(w, "2026/tile/0/002.p/188");
    (void)write_shard(w, 2026, list, N_2026 - 1, &w->signer[1], &w->checkpoint, NULL);
    finds(w, NULL, 3, "removed entry: entry 20 is not there");
}

static void reordered_entries(void **state)
{
    struct world *w = *state;
    char *list[TILE_WIDTH];

    memcpy(list, w->entries, sizeof(list));
    list[5] = w->entries[6];
    list[6] = w->entries[5];
    write_bundle(w, "2026/tile/entries/000", list, TILE_WIDTH);
    finds(w, NULL, 2, "reordered entry: entry 5 stands in place 6");
}

static void reordered_between_bundles(void **state)
{
    struct world *w = *state;
    char *list[TILE_WIDTH];

    memcpy(list, w->entries, sizeof(list));
    list[11] = w->entries[300];
    write_bundle(w, "2026/tile/entries/000", list, TILE_WIDTH);
    memcpy(list, w->entries + TILE_WIDTH, sizeof(list));
    list[300 - TILE_WIDTH] = w->entries[11];
    write_bundle(w, "2026/tile/entries/001", list, TILE_WIDTH);
    finds(w, NULL, 4, "reordered entry: entry 300 stands in place 11"); /* and time goes back, twice */
    finds(w, NULL, 4, "reordered entry: entry 11 stands in place 300");
}

static void repeated_entry(void **state)
{
    struct world *w = *state;
    char *list[TILE_WIDTH + 1];

    memcpy(list, w->entries, sizeof(list));
    list[TILE_WIDTH] = w->entries[TILE_WIDTH - 1];
    write_bundle(w, "2026/tile/entries/000", list, TILE_WIDTH + 1);
    finds(w, NULL, 1, "repeated entry: entry 255 stands in place 256");
}

static void truncated_entries(void **state)
{
    struct world *w = *state;

    write_bundle(w, "2026/tile/entries/002.p/188", w->entries + 512, 100);
    finds(w, NULL, 1, "truncated: the checkpoint counts 700 entries, those here end before entry 612");
}

static void truncated_files(void **state)
{
    delete(*state, "2026/tile/entries/002.p/188");
    delete(*state, "2026/tile/0/002.p/188");
    finds(*state, NULL, 2, "truncated: the checkpoint counts 700 entries, those here end before entry 512");
}

static void missing_bundle(void **state)
{
    delete(*state, "2026/tile/entries/001");
    finds(*state, NULL, 1, "missing bundle: tile/entries/001 is missing: entries 256 to 511 cannot be read");
}

static void cut_bundle(void **state)
{
    struct buf b;

    load(*state, "2026/tile/entries/002.p/188", &b);
    b.len--;
    save(*state, "2026/tile/entries/002.p/188", &b);
    finds(*state, NULL, 2, "damaged bundle");
}

static void altered_tiles(void **state)
{
    struct buf b;

    load(*state, "2026/tile/0/001", &b);
    b.at[77] ^= 1;
    save(*state, "2026/tile/0/001", &b);
    finds(*state, NULL, 1, "altered tile: tile/0/001 ");
    load(*state, "2026/tile/1/000.p/2", &b);
    b.at[3] ^= 1;
    save(*state, "2026/tile/1/000.p/2", &b);
    finds(*state, NULL, 2, "altered tile: tile/1/000.p/2 ");
    delete(*state, "2026/tile/1/000.p/2");
    finds(*state, NULL, 2, "missing tile: tile/1/000.p/2 ");
}

static void altered_partial_tile(void **state)
{
    struct buf b;

    load(*state, "2026/tile/0/002.p/188", &b);
    b.at[77] ^= 1;
    save(*state, "2026/tile/0/002.p/188", &b);
    finds(*state, NULL, 1, "altered tile: tile/0/002.p/188 ");
}

/* What a fuller tile or bundle replaced may stay, but only as it was. */
static void older_partial_files(void **state)
{
    struct world *w = *state;
    struct buf b;
    char path[256];

    in_dir(w, "2026/tile/0/001.p", path);
    assert_int_equal(mkdir(path, 0755), 0);
    in_dir(w, "2026/tile/entries/001.p", path);
    assert_int_equal(mkdir(path, 0755), 0);
    load(w, "2026/tile/0/001", &b);
    b.len = 7 * 32;
    save(w, "2026/tile/0/001.p/7", &b);
    write_bundle(w, "2026/tile/entries/001.p/7", w->entries + 256, 7);
    finds(w, NULL, 0, "nothing wrong");
    load(w, "2026/tile/0/001.p/7", &b);
    b.len--;
    save(w, "2026/tile/0/001.p/7", &b);
    finds(w, NULL, 1, "altered tile: tile/0/001.p/7 is not the beginning of the fuller one");
    write_bundle(w, "2026/tile/entries/001.p/7", w->entries + 256, 6);
    finds(w, NULL, 2, "altered tile: tile/entries/001.p/7 is not the beginning of the fuller one");
}

static void altered_checkpoint(void **state)
{
    replace(*state, "2026/checkpoint", "\n700\n", "\n699\n");
    finds(*state, NULL, 5, "shard 2026: bad signature");
}

static void other_key(void **state)
{
    struct world *w = *state;
    struct note_signer thief = signer_of("ledger.example/hq/2026", 9);

    (void)write_shard(w, 2026, w->entries, N_2026, &thief, NULL, NULL);
    finds(w, NULL, 1, "bad signature: the checkpoint is not signed by ledger.example/hq/2026");
}

/* U+009B begins a terminal's control sequence. */
static void names_are_safe_to_print(void **state)
{
    struct world *w = *state;
    struct note_signer odd = signer_of("ledger.example/\xc2\x9b" "31m/2026", 2);
    struct note_signer thief = signer_of("ledger.example/\xc2\x9b" "31m/2026", 9);
    const char *args[] = {w->dir, NULL};
    struct buf out;

    (void)write_shard(w, 2026, w->entries, N_2026, &odd, NULL, NULL);
    buf_init(&out, 256);
    assert_int_equal(note_key_print(&thief.key, &out), 0);
    assert_int_equal(buf_add_char(&out, '\n'), 0);
    save(w, "2026/key", &out);
    buf_init(&out, 1 << 16);
    assert_int_equal(run(&out, args), 1);
    assert_non_null(strstr(out.at, "is not signed by ledger.example/\\xc2\\x9b31m/2026"));
    assert_null(strstr(out.at, "\x9b"));
    buf_done(&out);
}

/* Whoever holds the key cuts the end off and signs again: alone the export is clean, an older checkpoint tells. */
static void shorter_and_signed_again(void **state)
{
    struct world *w = *state;
    char path[256];

    in_dir(w, "2026", path);
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    (void)write_shard(w, 2026, w->entries, 200, &w->signer[1], NULL, NULL);
    finds(w, NULL, 0, "nothing wrong");
    finds(w, w->old, 1, "truncated: the older checkpoint");
}

static void rewritten_and_signed_again(void **state)
{
    struct world *w = *state;

    w->entries[50][8] ^= 1;
    (void)write_shard(w, 2026, w->entries, N_2026, &w->signer[1], NULL, NULL);
    finds(w, NULL, 0, "nothing wrong");
    finds(w, w->old, 1, "rewritten: the first 300 entries");
}

static void shard_gone(void **state)
{
    struct world *w = *state;
    char path[256];
    const char *args[] = {w->dir, "--first", "2026", NULL};
    struct buf out;

    in_dir(w, "2025", path);
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    finds(w, NULL, 1, "shard 2026: missing shard");
    buf_init(&out, 1 << 16);
    assert_int_equal(run(&out, args), 0);
    assert_non_null(strstr(out.at, "keys that lie in the export"));
    buf_done(&out);
}

static void broken_chain(void **state)
{
    struct world *w = *state;
    char *one[1] = {entry_text(0, T_2025, NULL)};

    delete(w, "2025/tile/0/000.p/5");
    delete(w, "2025/tile/entries/000.p/5");
    (void)write_shard(w, 2025, one, 1, &w->signer[0], NULL, NULL);
    finds(w, NULL, 1, "broken chain: its first entry says that 2025 ended with 5 entries; its checkpoint says 1");
    free(one[0]);
}

static void time_goes_back(void **state)
{
    struct world *w = *state;

    free(w->entries[90]);
    w->entries[90] = entry_text(90, T_2026, NULL);
    (void)write_shard(w, 2026, w->entries, N_2026, &w->signer[1], NULL, NULL);
    finds(w, NULL, 1, "time goes back: entry 90 ");
}

#define END_OF_1_JANUARY (T_2026 + 15 * 3600 * US_PER_SECOND) /* midnight in Japan */

/* An entry in the night: a draw for T/7 by the root of the first `size` entries. */
static char *draw_text(struct world *w, size_t size, uint64_t due_us, unsigned one_in, bool is_drawn, bool is_root_altered)
{
    struct leaf leaf = {.seq = N_2026 - 1, .t_us = END_OF_1_JANUARY + US_PER_SECOND, .due_us = due_us, .act = "timer/items!draw", .case_id = "T/7", .result = "allowed"};
    struct tree tree = {0};
    struct digest root;
    JSON_AUTO *in = NULL;
    struct buf out;

    for (size_t i = 0; i < size; i++) {
        root = tree_leaf_hash(str_of(w->entries[i]));
        tree_push(&tree, &root);
    }
    root = tree_root(&tree);
    root.bytes[0] ^= is_root_altered;
    in = json_pack("{s:{s:i, s:I, s:o, s:i, s:b}}", "draw", "shard", 2026, "size", (json_int_t)size, "root", hex_json(&root), "one_in", (int)one_in, "drawn", is_drawn);
    leaf.in = in;
    buf_init(&out, LEAF_MAX);
    assert_int_equal(leaf_print(&leaf, &out, NULL), 0);
    return dup_buf(&out);
}

static void draws(void **state)
{
    const size_t all = N_2026 - 1;
    const struct {
        size_t size;
        uint64_t due_us;
        unsigned one_in;
        bool is_drawn, is_root_altered;
        const char *finds; /* NULL: nothing */
    } tries[] = {
        {all, END_OF_1_JANUARY, 1, true, false, NULL}, /* on everything */
        {all, END_OF_1_JANUARY, 0, false, false, NULL}, /* on nothing */
        {all, END_OF_1_JANUARY, 1, false, false, "the draw fell on its record, and it says that it did not"},
        {all, END_OF_1_JANUARY, 0, true, false, "the draw did not fall on its record, and it says that it did"},
        {all, END_OF_1_JANUARY, 1, true, true, "by another root"},
        {all - 1, END_OF_1_JANUARY, 1, true, false, "by another moment"},
        {all, END_OF_1_JANUARY + US_PER_SECOND / 2, 1, true, false, "not of a record at the end of a day"},
        {all, END_OF_1_JANUARY + US_PER_DAY, 1, true, false, "not of a record at the end of a day that is over"},
    };
    struct world *w = *state;
    char *was = w->entries[all];

    for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
        w->entries[all] = draw_text(w, tries[i].size, tries[i].due_us, tries[i].one_in, tries[i].is_drawn, tries[i].is_root_altered);
        (void)write_shard(w, 2026, w->entries, N_2026, &w->signer[1], NULL, NULL);
        finds(w, NULL, tries[i].finds != NULL, tries[i].finds ? tries[i].finds : "1 draws");
        free(w->entries[all]);
    }
    w->entries[all] = was;
}

static void not_canonical(void **state)
{
    struct world *w = *state;
    static const char *const texts[] = {
        "{\"act\":\"a\",\"result\":\"allowed\",\"seq\": 90,\"t\":\"2026-01-01T00:00:00.000045Z\",\"v\":1}",
        "{\"act\":\"a\",\"result\":\"allowed\",\"salt\":\"00112233445566778899AABBCCDDEEFF\",\"seq\":90,\"t\":\"2026-01-01T00:00:00.000045Z\",\"v\":1}",
        "{\"act\":\"a\",\"result\":\"allowed\",\"salt\":\"0011\",\"seq\":90,\"t\":\"2026-01-01T00:00:00.000045Z\",\"v\":1}",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        free(w->entries[90]);
        w->entries[90] = strdup(texts[i]);
        (void)write_shard(w, 2026, w->entries, N_2026, &w->signer[1], NULL, NULL);
        finds(w, NULL, 1, "not canonical: entry 90: ");
    }
}

/* Entries of before have no salt: the others of this shard are such. */
static void with_a_salt(void **state)
{
    struct world *w = *state;
    static const char salt[] = "\"salt\":\"00112233445566778899aabbccddeeff\",";
    char *was = w->entries[90], *at = strstr(was, "\"seq\":");
    char *with = malloc(strlen(was) + sizeof(salt));

    assert_non_null(at);
    assert_non_null(with);
    snprintf(with, strlen(was) + sizeof(salt), "%.*s%s%s", (int)(at - was), was, salt, at);
    free(was);
    w->entries[90] = with;
    (void)write_shard(w, 2026, w->entries, N_2026, &w->signer[1], NULL, NULL);
    finds(w, NULL, 0, "nothing wrong");
}

#define RECORD_0 "records/take-outs/T%2F0.json"

static void altered_record(void **state)
{
    replace(*state, RECORD_0, "\"version\":3", "\"version\":4");
    finds(*state, NULL, 2, "record take-outs/T%2F0.json: altered record: it does not have the digest that entry 10");
}

static void altered_personal_value(void **state)
{
    replace(*state, "records/take-outs/T%2F1.json", "say", "sax");
    finds(*state, NULL, 3, "bad commitment: field name: its value or salt is not what entry 11 of 2026");
}

static void missing_and_unknown_record(void **state)
{
    struct buf b;

    load(*state, RECORD_0, &b);
    save(*state, "records/take-outs/T%2F7.json", &b);
    replace(*state, "records/take-outs/T%2F7.json", "T/0", "T/7");
    delete(*state, RECORD_0);
    finds(*state, NULL, 4, "missing record: \"T/0\", last changed by entry 10 of 2026");
    finds(*state, NULL, 4, "T%2F7.json: unknown record: no entry speaks of it");
}

static void disposed_record_still_open(void **state)
{
    static const char salt[] = "0303030303030303030303030303030303030303030303030303030303030303";
    struct digest commit, digest;
    JSON_AUTO *record = record_json(2, &commit, &digest);
    json_t *field = json_object_get(json_object_get(record, "personal"), "name");
    struct buf out;

    json_object_clear(field);
    assert_int_equal(json_put_str(field, "salt", salt), 0);
    assert_int_equal(json_put_str(field, "value", "gone"), 0);
    buf_init(&out, 1 << 16);
    assert_int_equal(json_canonical(record, &out, NULL), 0);
    save(*state, "records/take-outs/T%2F2.json", &out);
    finds(*state, NULL, 2, "disposed record: entry 12 of 2026 disposed of it, yet it is here");
}

static void tombstone_gone(void **state)
{
    write_records(*state, 1u << 2, 0);
    delete(*state, "records/take-outs/T%2F2.json");
    finds(*state, NULL, 1, "missing record: \"T/2\", last changed by entry 12 of 2026");
}

/* Whoever has the database deletes a value and calls it erased. */
static void erased_without_disposal(void **state)
{
    write_records(*state, 0, 1u << 1);
    finds(*state, NULL, 1, "T%2F1.json: bad commitment: field name: it is erased, but no entry disposed of the record");
}

/* An entry that names a record in another form than L26 and L31 would keep it from being compared. */
static void malformed_objects(void **state)
{
    static const char *const wrong[][2] = {
        {"\"digest\":\"", "\"digest\":\"Z"}, {"\"kind\":\"record\"", "\"kind\":1"},
        {"\"obj\":[{", "\"obj\":[0,{"},        {"\"id\":", "\"ix\":"},
        {"\"commit\":\"", "\"commit\":\"0"}, {"\"pii\":[{", "\"pii\":[[],{"},
        {"\"record\":", "\"recorf\":"},      {"\"disposed\":true", "\"disposed\":false"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        char *was = w->entries[12], *at = strstr(was, wrong[i][0]), text[2048];

        assert_non_null(at);
        (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - was), was, wrong[i][1], at + strlen(wrong[i][0]));
        w->entries[12] = text;
        (void)write_shard(w, 2026, w->entries, N_2026, &w->signer[1], NULL, NULL);
        w->entries[12] = was;
        finds(w, NULL, 2, "not canonical: entry 12: "); /* and nobody speaks of T/2 then */
    }
}

static void no_key(void **state)
{
    delete(*state, "2026/key");
    finds(*state, NULL, 1, "shard 2026: bad key");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(clean), CASE(usage), CASE(altered_entry), CASE(altered_seq), CASE(garbage_entry),
        CASE(altered_entry_and_tiles), CASE(removed_entry), CASE(removed_entry_and_rebuilt),
        CASE(reordered_entries), CASE(reordered_between_bundles), CASE(repeated_entry), CASE(truncated_entries),
        CASE(truncated_files), CASE(missing_bundle), CASE(cut_bundle), CASE(altered_tiles),
        CASE(altered_partial_tile), CASE(older_partial_files), CASE(names_are_safe_to_print),
        CASE(altered_checkpoint), CASE(other_key), CASE(shorter_and_signed_again),
        CASE(rewritten_and_signed_again), CASE(shard_gone), CASE(broken_chain), CASE(time_goes_back),
        CASE(not_canonical), CASE(with_a_salt), CASE(draws), CASE(altered_record), CASE(altered_personal_value),
        CASE(missing_and_unknown_record), CASE(disposed_record_still_open), CASE(tombstone_gone),
        CASE(erased_without_disposal), CASE(malformed_objects), CASE(no_key),
    };

    return crypto_start() ? 1 : cmocka_run_group_tests_name("fsck", tests, NULL, NULL);
}
