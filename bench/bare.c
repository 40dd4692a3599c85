/* What bare SQLite commits: the rows that acts left in a store, once more, into an empty one with the same tables and settings,
 * in batches of a given size, and nothing else done. The limit that `acts` is held against.
 *
 *     bare STORE VAULT NEW BATCH MAX     one line: acts, seconds, acts/s
 *
 * An act's rows are those of the record that it made, its entry, its notices, the record's key (here in the same file: one flush
 * less than the program needs), and one update of head and counter. Rows are read into memory first; only writing is timed. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VALUES_MAX 20

/* Rows of one table that belong to an act: by its record ($1), or by its entry ($2 shard, $3 seq). */
static const struct {
    const char *name, *select;
} tables[] = {
    {"entry", "SELECT * FROM entry WHERE shard = $2 AND seq = $3 AND $1 <> ''"},
    {"record", "SELECT * FROM record WHERE id = $1"},
    {"personal", "SELECT * FROM personal WHERE record = $1"},
    {"index_row", "SELECT * FROM index_row WHERE record = $1"},
    {"history", "SELECT * FROM history WHERE record = $1"},
    {"waiting", "SELECT * FROM waiting WHERE record = $1"},
    {"timer", "SELECT * FROM timer WHERE record = $1"},
    {"notice", "SELECT * FROM notice WHERE shard = $2 AND seq = $3 AND $1 <> ''"},
    {"search_row", "SELECT * FROM search_row WHERE record = $1"},
    {"record_key", "SELECT * FROM vault.record_key WHERE record = $1"},
};
#define TABLES (sizeof(tables) / sizeof(*tables))

struct row {
    unsigned table, n;
    sqlite3_value *values[VALUES_MAX];
    struct row *next;
};

static void die(sqlite3 *db, const char *what)
{
    fprintf(stderr, "bare: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        die(db, sql);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st;

    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL))
        die(db, sql);
    return st;
}

/* ---- what acts left ---- */

static void read_rows(sqlite3 *from, sqlite3_stmt *select, unsigned table, sqlite3_stmt *act, struct row ***tail)
{
    int r;

    for (int i = 1; i <= sqlite3_bind_parameter_count(select); i++)
        sqlite3_bind_value(select, i, sqlite3_column_value(act, i - 1));
    while ((r = sqlite3_step(select)) == SQLITE_ROW) {
        struct row *row = calloc(1, sizeof(*row));

        if (!row)
            exit(1);
        row->table = table;
        row->n = (unsigned)sqlite3_column_count(select);
        for (unsigned i = 0; i < row->n; i++)
            row->values[i] = sqlite3_value_dup(sqlite3_column_value(select, (int)i));
        **tail = row;
        *tail = &row->next;
    }
    if (r != SQLITE_DONE)
        die(from, tables[table].name);
    sqlite3_reset(select);
}

static size_t read_acts(sqlite3 *from, size_t max, struct row **acts)
{
    sqlite3_stmt *list = prepare(from, "SELECT record, shard, seq FROM history WHERE act = 'consultations/propose'"
                                       " ORDER BY shard DESC, seq DESC");
    sqlite3_stmt *selects[TABLES];
    size_t n = 0;

    for (size_t i = 0; i < TABLES; i++)
        selects[i] = prepare(from, tables[i].select);
    for (; n < max && sqlite3_step(list) == SQLITE_ROW; n++) {
        struct row **tail = &acts[n];

        for (unsigned i = 0; i < TABLES; i++)
            read_rows(from, selects[i], i, list, &tail);
    }
    for (size_t i = 0; i < TABLES; i++)
        sqlite3_finalize(selects[i]);
    sqlite3_finalize(list);
    return n;
}

/* ---- an empty store ---- */

static sqlite3 *make(sqlite3 *from, const char *path)
{
    sqlite3_stmt *st = prepare(from, "SELECT sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'search_fts_%'"
                                     " AND name NOT LIKE 'sqlite_%' ORDER BY rowid");
    sqlite3 *to;

    if (sqlite3_open(path, &to))
        die(to, path);
    run(to, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA cache_size=-65536");
    while (sqlite3_step(st) == SQLITE_ROW)
        run(to, (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    run(to, "CREATE TABLE record_key(record TEXT NOT NULL PRIMARY KEY, key BLOB NOT NULL)");
    run(to, "INSERT INTO head(shard, origin, size, frontier, root, last_us) VALUES (2026, 'x', 0, x'00', x'00', 0)");
    run(to, "INSERT INTO counter(name, n) VALUES ('consultations', 0)");
    return to;
}

static void prepare_inserts(sqlite3 *to, struct row *const *acts, size_t n, sqlite3_stmt **inserts)
{
    for (size_t i = 0; i < n; i++)
        for (const struct row *r = acts[i]; r; r = r->next) {
            char sql[256];
            size_t len;

            if (inserts[r->table])
                continue;
            len = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES (?", tables[r->table].name);
            for (unsigned k = 1; k < r->n; k++)
                len += (size_t)snprintf(sql + len, sizeof(sql) - len, ",?");
            snprintf(sql + len, sizeof(sql) - len, ")");
            inserts[r->table] = prepare(to, sql);
        }
}

static void step(sqlite3 *db, sqlite3_stmt *st)
{
    if (sqlite3_step(st) != SQLITE_DONE)
        die(db, sqlite3_sql(st));
    sqlite3_reset(st);
}

static double write_all(sqlite3 *to, struct row *const *acts, size_t n, size_t batch)
{
    sqlite3_stmt *inserts[TABLES] = {NULL};
    sqlite3_stmt *head = prepare(to, "UPDATE head SET size = size + ?1, frontier = randomblob(320), root = randomblob(32)");
    sqlite3_stmt *counter = prepare(to, "UPDATE counter SET n = n + 1 WHERE name = 'consultations'");
    sqlite3_stmt *words = prepare(to, "INSERT INTO search_fts(rowid, grams) VALUES (?1, ?2)");
    struct timespec a, b;

    prepare_inserts(to, acts, n, inserts);
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (size_t i = 0; i < n; i += batch) {
        run(to, "BEGIN IMMEDIATE");
        for (size_t k = i; k < n && k < i + batch; k++) {
            for (const struct row *r = acts[k]; r; r = r->next) {
                for (unsigned v = 0; v < r->n; v++)
                    sqlite3_bind_value(inserts[r->table], (int)v + 1, r->values[v]);
                step(to, inserts[r->table]);
                if (strcmp(tables[r->table].name, "search_row"))
                    continue;
                sqlite3_bind_value(words, 1, r->values[0]);
                sqlite3_bind_value(words, 2, r->values[4]);
                step(to, words);
            }
            step(to, counter);
        }
        sqlite3_bind_int64(head, 1, (sqlite3_int64)batch);
        step(to, head);
        run(to, "COMMIT");
    }
    clock_gettime(CLOCK_MONOTONIC, &b);
    return (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9;
}

int main(int argc, char **argv)
{
    size_t batch = argc == 6 ? strtoul(argv[4], NULL, 10) : 0, max = argc == 6 ? strtoul(argv[5], NULL, 10) : 0, n;
    struct row **acts = max ? calloc(max, sizeof(*acts)) : NULL;
    sqlite3 *from;
    double seconds;

    if (!batch || !acts) {
        fprintf(stderr, "usage: bare STORE VAULT NEW BATCH MAX\n");
        return 2;
    }
    if (sqlite3_open_v2(argv[1], &from, SQLITE_OPEN_READWRITE, NULL))
        die(from, argv[1]);
    {
        char *attach = sqlite3_mprintf("ATTACH %Q AS vault", argv[2]);

        run(from, attach);
        sqlite3_free(attach);
    }
    n = read_acts(from, max, acts);
    seconds = write_all(make(from, argv[3]), acts, n, batch);
    printf("bare SQLite: %zu acts in batches of %zu in %.2f s = %.0f acts/s\n", n, batch, seconds, (double)n / seconds);
    return n ? 0 : 1;
}
