/* Records and personal values, as exported, against what the entries said of them. */
#include "fsck/fsck.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_HEAD "tsujiban records v1\n"
#define MANIFEST_MAX ((size_t)1 << 30)
#define KEY_MAX 8192u /* bytes of id, NUL, field */

/* ---- what entries say ---- */

/* id NUL field, without escapes. false: absurdly long. */
static bool make_key(struct slice id, struct slice field, char ret[static KEY_MAX], struct slice *ret_key)
{
    size_t n;

    if (id.len + field.len + 1 > KEY_MAX)
        return false;
    n = scan_unescape(id, ret);
    ret[n++] = '\0';
    n += scan_unescape(field, ret + n);
    *ret_key = (struct slice){ret, n};
    return true;
}

static struct known *record_row(struct fsck *f, struct slice id, bool make)
{
    char text[KEY_MAX];

    if (id.len > KEY_MAX)
        return NULL;
    return table_at(&f->records, (struct slice){text, scan_unescape(id, text)}, make);
}

struct object {
    struct slice kind, id, digest, field, commit, record;
    bool disposed;
};

/* One object of "obj" or "pii", whose form entry_scan() checked. */
static bool scan_object_of(struct scan *s, struct object *ret)
{
    struct scan_object o = {0};
    int r;

    *ret = (struct object){0};
    if (!scan_open(s, '{'))
        return false;
    while ((r = scan_member(s, &o)) > 0) {
        const struct {
            const char *name;
            struct slice *to;
        } texts[] = {{"kind", &ret->kind},   {"id", &ret->id},         {"digest", &ret->digest},
                     {"field", &ret->field}, {"commit", &ret->commit}, {"record", &ret->record}};
        struct slice *to = NULL;

        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
            if (slice_is(o.key, texts[i].name))
                to = texts[i].to;
        if (slice_is(o.key, "disposed"))
            ret->disposed = s->at < s->end && *s->at == 't';
        if (!(to && s->at < s->end && *s->at == '"' ? scan_string(s, to) : scan_skip(s, 3)))
            return false;
    }
    return r == 0;
}

static void learn_object(struct fsck *f, int year, const struct entry *e, const struct object *o)
{
    struct known *row;

    if (!slice_is(o->kind, "record") || (o->digest.len == 0 && !o->disposed))
        return;
    row = record_row(f, o->id, true);
    if (!row)
        return;
    row->year = year;
    row->seq = e->seq;
    row->has_hash = hash_from_hex(o->digest, &row->hash);
    row->is_disposed = row->is_disposed || o->disposed;
}

static void learn_commit(struct fsck *f, int year, const struct entry *e, const struct object *o)
{
    char text[KEY_MAX];
    struct slice key;
    struct known *row;
    struct hash h;

    if (!hash_from_hex(o->commit, &h) || !make_key(o->record.len ? o->record : e->case_id, o->field, text, &key))
        return;
    row = table_at(&f->commits, key, true);
    row->year = year;
    row->seq = e->seq;
    row->hash = h;
    row->has_hash = true;
}

static void learn_list(struct fsck *f, int year, const struct entry *e, struct slice json,
                       void (*learn)(struct fsck *, int, const struct entry *, const struct object *))
{
    struct scan s = {0};
    bool started = false;
    struct object o;

    if (json.len == 0)
        return;
    s = (struct scan){json.at, json.at + json.len, NULL};
    if (!scan_open(&s, '['))
        return;
    while (scan_element(&s, &started) > 0 && scan_object_of(&s, &o))
        learn(f, year, e, &o);
}

void record_learn(struct fsck *f, int year, const struct entry *e)
{
    learn_list(f, year, e, e->obj, learn_object);
    learn_list(f, year, e, e->pii, learn_commit);
}

/* ---- one record's file ---- */

struct record {
    struct fsck *f;
    const char *where;
    struct slice id, register_id, values, personal, state;
    bool has_open; /* a personal value can be read */
    bool may_be_erased;
};

struct personal {
    struct slice value, salt, commit; /* value: JSON text */
    bool erased;
};

static bool scan_raw(struct scan *s, struct slice *ret)
{
    const char *start = s->at;

    if (!scan_skip(s, 1))
        return false;
    *ret = (struct slice){start, (size_t)(s->at - start)};
    return true;
}

/* {"commit", "erased"} or {"salt", "value"} */
static bool scan_personal(struct scan *s, struct personal *ret)
{
    struct scan_object o = {0};
    int r;

    *ret = (struct personal){0};
    if (!scan_open(s, '{'))
        return false;
    while ((r = scan_member(s, &o)) > 0) {
        bool good;

        if (slice_is(o.key, "commit"))
            good = scan_string(s, &ret->commit);
        else if (slice_is(o.key, "erased"))
            good = ret->erased = scan_literal(s, "true");
        else if (slice_is(o.key, "salt"))
            good = scan_string(s, &ret->salt);
        else if (slice_is(o.key, "value"))
            good = scan_raw(s, &ret->value);
        else
            good = scan_fail(s, "a member of a personal field that is not known");
        if (!good)
            return false;
    }
    if (r == 0 && ret->erased != (ret->commit.len > 0))
        return scan_fail(s, "an erased field without its commitment");
    if (r == 0 && (ret->value.len > 0) == ret->erased)
        return scan_fail(s, "a personal field that is neither open nor erased");
    return r == 0;
}

/* SHA256(salt || value): of a text its bytes, of anything else its JSON. */
static bool open_commit(struct fsck *f, const struct personal *p, struct hash *ret)
{
    struct hash salt;
    struct slice value = p->value;
    char *plain;

    if (!hash_from_hex(p->salt, &salt))
        return false;
    plain = malloc(value.len + 1);
    if (!plain)
        abort();
    if (value.at[0] == '"')
        value = (struct slice){plain, scan_unescape((struct slice){value.at + 1, value.len - 2}, plain)};
    sha256_start(f->sha);
    sha256_add(f->sha, salt.bytes, HASH_SIZE);
    sha256_add(f->sha, value.at, value.len);
    *ret = sha256_end(f->sha);
    free(plain);
    return true;
}

/* The commitment of one field, held against the last one that an entry gave. */
static bool check_personal(struct record *rec, struct slice field, const struct personal *p, struct hash *ret)
{
    struct fsck *f = rec->f;
    char text[KEY_MAX], safe[1024];
    struct known *row = NULL;
    struct slice key;

    if (p->erased ? !hash_from_hex(p->commit, ret) : !open_commit(f, p, ret)) {
        report_add(&f->report, rec->where, "bad commitment", "field %s: salt or commitment is not 64 digits",
                   report_safe(field, safe));
        return false;
    }
    if (make_key(rec->id, field, text, &key))
        row = table_at(&f->commits, key, false);
    if (!p->erased) {
        f->n_commitments++;
        rec->has_open = true;
    } else if (!rec->may_be_erased) {
        report_add(&f->report, rec->where, "bad commitment",
                   "field %s: it is erased, but no entry disposed of the record", report_safe(field, safe));
    }
    if (row && !hash_eq(&row->hash, ret))
        report_add(&f->report, rec->where, "bad commitment",
                   "field %s: %s is not what entry %" PRId64 " of %04d committed to", report_safe(field, safe),
                   p->erased ? "its commitment" : "its value or salt", row->seq, row->year);
    return true;
}

static void add_text(struct sha256 *s, const char *text)
{
    sha256_add(s, text, strlen(text));
}

/* {field: "<commit>"} as JSON, appended to `out`, which is large enough: the file holds at least as much. */
static bool write_personal(struct record *rec, char *out, size_t *ret_len)
{
    struct scan s = {rec->personal.at, rec->personal.at + rec->personal.len, NULL};
    struct scan_object o = {0};
    size_t n = 0;

    (void)scan_open(&s, '{');
    out[n++] = '{';
    while (scan_member(&s, &o) > 0) {
        struct personal p;
        struct hash h;

        if (!scan_personal(&s, &p) || !check_personal(rec, o.key, &p, &h))
            return false;
        if (n > 1)
            out[n++] = ',';
        out[n++] = '"';
        memcpy(out + n, o.key.at, o.key.len);
        n += o.key.len;
        memcpy(out + n, "\":\"", 3);
        n += 3;
        hash_to_hex(&h, out + n);
        n += 64;
        out[n++] = '"';
    }
    out[n++] = '}';
    *ret_len = n;
    return true;
}

static struct hash digest_of(struct record *rec, const char *personal, size_t len, int64_t version)
{
    struct sha256 *s = rec->f->sha;
    char number[32];

    sha256_start(s);
    add_text(s, "{\"id\":\"");
    sha256_add(s, rec->id.at, rec->id.len);
    add_text(s, "\",\"personal\":");
    sha256_add(s, personal, len);
    add_text(s, ",\"register\":\"");
    sha256_add(s, rec->register_id.at, rec->register_id.len);
    add_text(s, "\",\"state\":\"");
    sha256_add(s, rec->state.at, rec->state.len);
    add_text(s, "\",\"values\":");
    sha256_add(s, rec->values.at, rec->values.len);
    add_text(s, ",\"version\":");
    (void)snprintf(number, sizeof(number), "%" PRId64 "}", version);
    add_text(s, number);
    return sha256_end(s);
}

static void compare_record(struct record *rec, const struct hash *digest)
{
    struct known *row = record_row(rec->f, rec->id, false);
    struct report *report = &rec->f->report;

    if (!row) {
        report_add(report, rec->where, "unknown record", "no entry speaks of it");
        return;
    }
    if (row->is_seen)
        report_add(report, rec->where, "repeated record", "its id was there before");
    row->is_seen = true;
    if (row->is_disposed && (rec->has_open || !row->has_hash))
        report_add(report, rec->where, "disposed record", "entry %" PRId64 " of %04d disposed of it, yet it is here",
                   row->seq, row->year);
    if (row->has_hash && !hash_eq(&row->hash, digest))
        report_add(report, rec->where, "altered record",
                   "it does not have the digest that entry %" PRId64 " of %04d gives", row->seq, row->year);
}

static const char *scan_record(struct slice text, struct record *rec, int64_t *ret_version)
{
    struct scan s = {text.at, text.at + text.len, NULL};
    struct scan_object o = {0};
    unsigned n = 0;
    int r = -1;

    if (!scan_open(&s, '{'))
        return s.problem;
    while ((r = scan_member(&s, &o)) > 0) {
        static const char *const names[] = {"id", "personal", "register", "state", "values", "version"};
        struct slice *const to[] = {&rec->id, &rec->personal, &rec->register_id, &rec->state, &rec->values};
        bool is_text = n == 0 || n == 2 || n == 3;

        if (n == 6 || !slice_is(o.key, names[n]))
            return "its members are not id, personal, register, state, values, version";
        if (n == 5 ? !scan_integer(&s, ret_version) : is_text ? !scan_string(&s, to[n]) : !scan_raw(&s, to[n]))
            return s.problem;
        n++;
    }
    if (r < 0)
        return s.problem;
    if (n != 6 || s.at != s.end)
        return "members are missing, or bytes lie behind its end";
    return rec->personal.at[0] == '{' && rec->values.at[0] == '{' ? NULL : "values and personal must be objects";
}

/* ---- files and manifest ---- */

static size_t file_name(struct slice id, char *ret)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;

    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.at[i];

        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
            (c == '.' && i > 0)) {
            ret[n++] = (char)c;
        } else {
            ret[n++] = '%';
            ret[n++] = digits[c >> 4];
            ret[n++] = digits[c & 15];
        }
    }
    return n;
}

/* Does the record lie where its register and id say? */
static bool name_fits(const struct record *rec, const char *name)
{
    char plain[KEY_MAX], want[3 * KEY_MAX * 2 + 16];
    size_t n;

    if (rec->id.len > KEY_MAX || rec->register_id.len > KEY_MAX)
        return false;
    n = file_name((struct slice){plain, scan_unescape(rec->register_id, plain)}, want);
    want[n++] = '/';
    n += file_name((struct slice){plain, scan_unescape(rec->id, plain)}, want + n);
    memcpy(want + n, ".json", 6);
    return strcmp(want, name) == 0;
}

static void check_manifest_line(struct fsck *f, const char *where, const char *name, struct slice text)
{
    struct known *row = table_at(&f->manifest, (struct slice){name, strlen(name)}, false);
    struct hash h = sha256_of(f->sha, text.at, text.len);

    if (!row) {
        report_add(&f->report, where, "unknown record", "the manifest does not list the file");
        return;
    }
    row->is_seen = true;
    if (!hash_eq(&row->hash, &h))
        report_add(&f->report, where, "altered record", "the file is not the one that the manifest lists");
}

static void check_text(struct fsck *f, const char *where, const char *name, struct slice text)
{
    struct record rec = {.f = f, .where = where};
    int64_t version = 0;
    const char *problem = scan_record(text, &rec, &version);
    const struct known *row;
    char *personal;
    size_t len;

    if (problem) {
        report_add(&f->report, where, "altered record", "not a record in canonical form: %s", problem);
        return;
    }
    row = record_row(f, rec.id, false);
    rec.may_be_erased = !row || row->is_disposed; /* of an unknown one there is nothing more to say */
    if (!name_fits(&rec, name))
        report_add(&f->report, where, "altered record", "the file's name is not that of its register and id");
    personal = malloc(text.len * 2 + 64); /* a commitment takes the room of {"salt":...} and less */
    if (!personal)
        abort();
    if (write_personal(&rec, personal, &len)) {
        struct hash digest = digest_of(&rec, personal, len, version);

        compare_record(&rec, &digest);
    } else {
        report_add(&f->report, where, "altered record", "its personal fields are not in the form of an export");
    }
    free(personal);
}

struct walk_records {
    struct fsck *f;
    struct bytes bytes;
};

static bool check_file(void *user, const char *name)
{
    struct walk_records *w = user;
    char path[PATH_LEN], where[1100], safe[1024];
    struct slice text;

    if (strcmp(name, "manifest") == 0)
        return true;
    (void)snprintf(where, sizeof(where), "record %s", report_safe((struct slice){name, strlen(name)}, safe));
    if (snprintf(path, sizeof(path), "%s/records/%s", w->f->dir, name) >= (int)sizeof(path) ||
        bytes_read(path, RECORD_MAX, &w->bytes) != FILE_READ) {
        report_add(&w->f->report, where, "altered record", "the file cannot be read or is too large");
        return true;
    }
    w->f->n_records++;
    text = (struct slice){w->bytes.at, w->bytes.len};
    check_manifest_line(w->f, where, name, text);
    check_text(w->f, where, name, text);
    return true;
}

/* "<64 digits>  <name>" */
static bool add_manifest_line(struct fsck *f, struct slice line)
{
    struct known *row;
    struct hash h;

    if (line.len < 67 || memcmp(line.at + 64, "  ", 2) != 0 ||
        !hash_from_hex((struct slice){line.at, 64}, &h))
        return false;
    row = table_at(&f->manifest, (struct slice){line.at + 66, line.len - 66}, true);
    row->hash = h;
    return true;
}

static void read_manifest(struct fsck *f)
{
    struct bytes b = {0};
    char path[PATH_LEN];
    size_t head = strlen(MANIFEST_HEAD);

    if (snprintf(path, sizeof(path), "%s/records/manifest", f->dir) >= (int)sizeof(path) ||
        bytes_read(path, MANIFEST_MAX, &b) != FILE_READ || b.len < head ||
        memcmp(b.at, MANIFEST_HEAD, head) != 0) {
        report_add(&f->report, "records", "missing manifest", "records/manifest cannot be read or has another form");
        bytes_done(&b);
        return;
    }
    for (size_t at = head; at < b.len;) {
        const char *end = memchr(b.at + at, '\n', b.len - at);
        size_t len = end ? (size_t)(end - b.at) - at : b.len - at;

        if (!end || !add_manifest_line(f, (struct slice){b.at + at, len})) {
            report_add(&f->report, "records", "altered manifest", "a line is not a digest and a name");
            break;
        }
        at += len + 1;
    }
    bytes_done(&b);
}

static void report_missing(struct fsck *f)
{
    char safe[1024];

    for (size_t i = 0; i < f->records.size; i++) {
        const struct known *row = &f->records.rows[i];

        if (row->key && !row->is_seen && (!row->is_disposed || row->has_hash))
            report_add(&f->report, "records", "missing record", "\"%s\", last changed by entry %" PRId64 " of %04d",
                       report_safe((struct slice){row->key, row->key_len}, safe), row->seq, row->year);
    }
    for (size_t i = 0; i < f->manifest.size; i++) {
        const struct known *row = &f->manifest.rows[i];

        if (row->key && !row->is_seen)
            report_add(&f->report, "records", "missing record", "the manifest lists %s, which is not there",
                       report_safe((struct slice){row->key, row->key_len}, safe));
    }
}

void records_check(struct fsck *f)
{
    struct walk_records w = {.f = f};
    char path[PATH_LEN];

    report_part(&f->report);
    read_manifest(f);
    if (snprintf(path, sizeof(path), "%s/records", f->dir) >= (int)sizeof(path) ||
        !files_walk(path, check_file, &w))
        report_add(&f->report, "records", "missing record", "the folder records cannot be read");
    report_missing(f);
    bytes_done(&w.bytes);
}
