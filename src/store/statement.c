/* The tables behind statements.def and tables.def. */
#include "store/driver.h"

static const struct statement statements[STMT_ALL] = {
#define STMT(id, who, text) [STMT_##id] = {#id, who, {text, text}},
#define STMT_EACH(id, who, sqlite, postgres) [STMT_##id] = {#id, who, {sqlite, postgres}},
#include "store/statements.def"
#include "store/intel-statements.def"
#undef STMT
#undef STMT_EACH
#define TABLE(name, since, scan, copy)                                                             \
    [STMT_SCAN_##name] = {"SCAN_" #name, STORE_READ, {scan, scan}},                                \
    [STMT_COPY_##name] = {"COPY_" #name, STORE_WRITE, {copy, copy}},
#include "store/tables.def"
#undef TABLE
    /* A backup is a file of SQLite's whatever the source. */
    [STMT_MANIFEST_ADD] = {"MANIFEST_ADD", STORE_WRITE,
                           {"INSERT INTO manifest(name, n_rows, sha256) VALUES ($1, $2, $3)", NULL}},
    [STMT_MANIFEST_GET] = {"MANIFEST_GET", STORE_READ,
                           {"SELECT n_rows, sha256 FROM manifest WHERE name = $1", NULL}},
    /* SQLite has a file of its own for them, PostgreSQL a schema. */
#define PIECE(name, who, before, after) [STMT_PIECE_##name] = {"PIECE_" #name, who, {before "piece" after, before "blobs.piece" after}}
    PIECE(ADD, STORE_WRITE, "INSERT INTO ", "(file, n, sealed) VALUES ($1, $2, $3)"),
    PIECE(GET, STORE_READ, "SELECT sealed FROM ", " WHERE file = $1 AND n = $2"),
    PIECE(COUNT, STORE_READ, "SELECT COUNT(*) FROM ", " WHERE file = $1"),
    PIECE(DROP, STORE_WRITE, "DELETE FROM ", " WHERE file = $1"),
    PIECE(NEXT, STORE_READ, "SELECT file FROM ", " WHERE file > $1 ORDER BY file LIMIT 1"),
    PIECE(SCAN, STORE_READ, "SELECT file, n, sealed FROM ", " ORDER BY file, n"),
#undef PIECE
#define TABLE(name, scan, copy)                                                                          \
    [STMT_SCAN_INTEL_##name] = {"SCAN_INTEL_" #name, STORE_READ, {scan, scan}},                          \
    [STMT_COPY_INTEL_##name] = {"COPY_INTEL_" #name, STORE_WRITE, {copy, copy}},
#include "store/intel-tables.def"
#undef TABLE
};

static const struct table tables[] = {
#define TABLE(name, since, scan, copy) {#name, since, STMT_SCAN_##name, STMT_COPY_##name},
#include "store/tables.def"
#undef TABLE
};

const struct statement *statement_of(unsigned id)
{
    assert(id < STMT_ALL);
    return &statements[id];
}

const struct table *table_list(size_t *ret_n)
{
    *ret_n = ARRAY_LEN(tables);
    return tables;
}

static const struct table pieces[] = {{"blobs.piece", 4, STMT_PIECE_SCAN, STMT_PIECE_ADD}};
static const struct table intel[] = {
#define TABLE(name, scan, copy) {"intel." #name, 4, STMT_SCAN_INTEL_##name, STMT_COPY_INTEL_##name},
#include "store/intel-tables.def"
#undef TABLE
};

const struct table *table_list_beside(enum beside which, size_t *ret_n)
{
    *ret_n = which == BESIDE_BLOBS ? ARRAY_LEN(pieces) : ARRAY_LEN(intel);
    return which == BESIDE_BLOBS ? pieces : intel;
}
