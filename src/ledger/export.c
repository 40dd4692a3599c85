#include "ledger/export.h"

#include "base/tell.h"

#include <errno.h>
#include <stdlib.h>

#define MODE_PUBLIC 0644u
#define MODE_DIR 0755u
#define MODE_PERSONAL 0600u /* records hold personal values */
#define MODE_PERSONAL_DIR 0700u
#define PATH_BYTES_MAX 4096u
#define MANIFEST_MAX ((size_t)1 << 30)
#define MANIFEST_HEAD "tsujiban records v1\n"

/* ---- shards ---- */

struct export_shard {
    struct buf path;   /* <dir>/<year>, NUL-ended */
    struct buf bundle; /* entries that do not fill a bundle yet */
    struct tree tree;
    struct tiler tiler;
};

int export_shard_new(const char *dir, int32_t year, struct export_shard **ret_shard, struct diag *diag)
{
    CLEANUP(export_shard_freep) struct export_shard *shard = calloc(1, sizeof(*shard));
    int r;

    if (!shard)
        return -ENOMEM;
    buf_init(&shard->path, PATH_BYTES_MAX);
    buf_init(&shard->bundle, TILE_BUNDLE_MAX);
    r = buf_printf(&shard->path, "%s/%04d", dir, (int)year);
    if (!r)
        r = dir_make(shard->path.at, MODE_DIR, diag);
    if (!r)
        r = tiler_init(&shard->tiler, 0, NULL);
    if (r)
        return ERR_FOLD(r);
    *ret_shard = TAKE(shard);
    return 0;
}

void export_shard_free(struct export_shard *shard)
{
    if (!shard)
        return;
    buf_done(&shard->path);
    buf_done(&shard->bundle);
    free(shard);
}

static struct tile_sink shard_sink(struct export_shard *shard)
{
    return (struct tile_sink){.put = tile_dir_put, .user = shard->path.at};
}

int export_shard_add(struct export_shard *shard, struct str entry)
{
    struct tile_sink sink = shard_sink(shard);
    struct digest h;
    int r = bundle_add(&shard->bundle, entry);

    if (r)
        return r == TILE_E_LIMIT ? EXPORT_E_SIZE : r;
    h = tree_leaf_hash(entry);
    tree_push(&shard->tree, &h);
    r = tiler_add(&shard->tiler, &h, &sink);
    if (r)
        return ERR_FOLD(r);
    if (shard->tree.size % TILE_WIDTH)
        return 0;
    r = sink.put(sink.user, TILE_ENTRIES, shard->tree.size / TILE_WIDTH - 1, TILE_WIDTH,
                 buf_str(&shard->bundle));
    buf_clear(&shard->bundle);
    return ERR_FOLD(r);
}

struct tree export_shard_tree(const struct export_shard *shard)
{
    return shard->tree;
}

static int write_in(const struct buf *dir, const char *name, struct str bytes, const char *tail,
                    struct diag *diag)
{
    struct buf path, text;
    int r;

    buf_init(&path, PATH_BYTES_MAX);
    buf_init(&text, bytes.len + strlen(tail) + 1);
    r = buf_printf(&path, "%s/%s", dir->at, name);
    if (!r)
        r = buf_add_str(&text, bytes);
    if (!r)
        r = buf_add_text(&text, tail);
    if (!r)
        r = file_write_atomic(path.at, buf_str(&text), MODE_PUBLIC, diag);
    buf_done(&path);
    buf_done(&text);
    return r;
}

int export_shard_end(struct export_shard *shard, struct str vkey, struct str checkpoint, struct diag *diag)
{
    struct tile_sink sink = shard_sink(shard);
    unsigned width = (unsigned)(shard->tree.size % TILE_WIDTH);
    int r = tiler_flush(&shard->tiler, &sink);

    if (!r && width)
        r = sink.put(sink.user, TILE_ENTRIES, shard->tree.size / TILE_WIDTH, width,
                     buf_str(&shard->bundle));
    if (!r)
        r = write_in(&shard->path, "key", vkey, "\n", diag);
    if (!r)
        r = write_in(&shard->path, "checkpoint", checkpoint, "", diag);
    return ERR_FOLD(r);
}

/* ---- records ---- */

struct export_records {
    struct buf path;     /* <dir>/records, NUL-ended */
    struct buf manifest; /* lines, in the order in which records came */
};

int export_records_new(const char *dir, struct export_records **ret_records, struct diag *diag)
{
    CLEANUP(export_records_freep) struct export_records *records = calloc(1, sizeof(*records));
    int r;

    if (!records)
        return -ENOMEM;
    buf_init(&records->path, PATH_BYTES_MAX);
    buf_init(&records->manifest, MANIFEST_MAX);
    r = buf_printf(&records->path, "%s/records", dir);
    if (!r)
        r = dir_make(records->path.at, MODE_PERSONAL_DIR, diag);
    if (r)
        return ERR_FOLD(r);
    *ret_records = TAKE(records);
    return 0;
}

void export_records_free(struct export_records *records)
{
    if (!records)
        return;
    buf_done(&records->path);
    buf_done(&records->manifest);
    free(records);
}

int export_file_name(struct str id, struct buf *out)
{
    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.at[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                     c == '_' || c == '-' || (c == '.' && i > 0);
        int r = plain ? buf_add_char(out, (char)c) : buf_printf(out, "%%%02X", c);

        if (r)
            return r;
    }
    return buf_error(out);
}

/* "<register>/<id>.json" */
static int record_name(const json_t *record, struct buf *name)
{
    int r = export_file_name(str_of(json_str(record, "register")), name);

    if (!r)
        r = buf_add_char(name, '/');
    if (!r)
        r = export_file_name(str_of(json_str(record, "id")), name);
    return r ? r : buf_add_text(name, ".json");
}

static int write_record(struct export_records *records, struct str name, struct str text,
                        struct diag *diag)
{
    struct buf path;
    char *slash;
    int r;

    buf_init(&path, PATH_BYTES_MAX);
    r = buf_printf(&path, "%s/%.*s", records->path.at, STR_ARG(name));
    if (r)
        goto out;
    slash = strrchr(path.at, '/');
    *slash = '\0';
    r = dir_make(path.at, MODE_PERSONAL_DIR, diag);
    *slash = '/';
    if (!r)
        r = file_write_atomic(path.at, text, MODE_PERSONAL, diag);
out:
    buf_done(&path);
    return r;
}

/* "<sha256 of the file>  <register>/<id>.json" */
static int add_manifest_line(struct export_records *records, struct str name, struct str text)
{
    struct digest d = sha256(text);
    int r = hex_print(d.bytes, SHA256_SIZE, &records->manifest);

    return r ? r : buf_printf(&records->manifest, "  %.*s\n", STR_ARG(name));
}

int export_records_add(struct export_records *records, const json_t *record, struct diag *diag)
{
    struct buf name, text;
    int r;

    if (!*json_str(record, "id") || !*json_str(record, "register")) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_LEDGER_EXPORT_RECORD);
        return EXPORT_E_CANON;
    }
    buf_init(&name, PATH_BYTES_MAX);
    buf_init(&text, EXPORT_RECORD_MAX);
    r = record_name(record, &name);
    if (!r)
        r = json_canonical(record, &text, diag);
    if (r > 0) {
        r = EXPORT_E_CANON;
        goto out;
    }
    if (!r)
        r = write_record(records, buf_str(&name), buf_str(&text), diag);
    if (!r)
        r = add_manifest_line(records, buf_str(&name), buf_str(&text));
    r = ERR_FOLD(r);
out:
    buf_done(&name);
    buf_wipe(&text);
    return r;
}

int export_records_end(struct export_records *records, struct diag *diag)
{
    struct buf path, text;
    int r;

    buf_init(&path, PATH_BYTES_MAX);
    buf_init(&text, MANIFEST_MAX);
    r = buf_printf(&path, "%s/manifest", records->path.at);
    if (!r)
        r = buf_add_text(&text, MANIFEST_HEAD);
    if (!r)
        r = buf_add_str(&text, buf_str(&records->manifest));
    if (!r)
        r = file_write_atomic(path.at, buf_str(&text), MODE_PERSONAL, diag);
    buf_done(&path);
    buf_done(&text);
    return ERR_FOLD(r);
}
