#include "guard/seal.h"

#include "guard/box-seal.h"
#include "guard/read-ahead.h"
#include "guard/zip-seal.h"

#include "base/codec.h"
#include "force/password.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MANIFEST_MAX ((size_t)256 << 10) /* of a box, as JSON */
#define SALT_SIZE 16u
#define HEX_SIZE (2 * SHA256_SIZE)
_Static_assert(READ_AHEAD_PIECE <= ZIP_SEAL_PIECE, "each piece is added at once");

/* ---- what goes in ---- */

struct sealing {
    const struct seal_request *q;
    struct zip_expected *members; /* one a source */
    uint64_t done, total;
    struct outgoing *out;
    struct diag *diag;
    struct digest manifest; /* this and the others of a box */
    struct sameness_key key;
    struct sameness_mark *marks; /* one a source: what it held when its digest was taken */
    bool is_box;
};

static void sealing_done(struct sealing *s)
{
    outgoing_drop(s->out);
    free(s->members);
    free(s->marks);
    sodium_memzero(&s->key, sizeof(s->key));
}

static int refuse(struct diag *diag, const char *name, enum message_key key)
{
    diag_tell(diag, DIAG_ERROR, (struct diag_place){.file = name}, key);
    return SEAL_E_REFUSED;
}

/* Failures of outgoing.h in words. */
static int told(struct sealing *s, const char *name, int r)
{
    if (r == 0 || r == -ENOMEM)
        return r;
    outgoing_tell(s->diag, name, r);
    return SEAL_E_REFUSED;
}

static bool is_named_before(const struct seal_request *q, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (str_eq_nocase(str_of(q->sources[k].name), str_of(q->sources[i].name)))
            return true;
    return false;
}

static int look_at_source(struct sealing *s, size_t i)
{
    const struct seal_source *source = &s->q->sources[i];
    struct stat st;

    if (!outgoing_name_is_good(str_of(source->name)))
        return refuse(s->diag, source->name, MSG_OUTGOING_NAME);
    if (is_named_before(s->q, i))
        return refuse(s->diag, source->name, MSG_SEAL_TWICE);
    if (fstat(source->fd, &st) || !S_ISREG(st.st_mode))
        return refuse(s->diag, source->name, MSG_SEAL_READ);
    s->members[i] = (struct zip_expected){.name = source->name, .size = (uint64_t)st.st_size};
    s->total += s->members[i].size;
    return 0;
}

static int prepare(struct sealing *s, size_t most)
{
    int r = 0;

    if (s->q->n == 0 || s->q->n > most)
        return refuse(s->diag, s->q->name, MSG_SEAL_COUNT);
    random_fill(&s->key, sizeof(s->key));
    s->members = calloc(s->q->n, sizeof(*s->members));
    s->marks = calloc(s->q->n, sizeof(*s->marks));
    if (!s->members || !s->marks)
        return -ENOMEM;
    for (size_t i = 0; !r && i < s->q->n; i++)
        r = look_at_source(s, i);
    return r ? r : told(s, s->q->name, outgoing_begin(s->q->dir, s->q->name, &s->out));
}

/* The bytes of a source, from its beginning to the end that it had. `add` takes each piece, and may change it where it lies. */
static int pour(struct sealing *s, size_t i, struct read_ahead_past past,
                int (*add)(void *to, uint8_t *bytes, size_t len), void *to)
{
    const struct seal_source *source = &s->q->sources[i];
    CLEANUP(read_ahead_freep) struct read_ahead *ahead = NULL;
    int r = read_ahead_new(source->fd, s->members[i].size, past, &ahead), more = 1;
    uint64_t at = 0;
    uint8_t *piece;
    size_t n;

    while (!r && (more = read_ahead_next(ahead, &piece, &n)) > 0) {
        at += n;
        s->done += n;
        if (at > s->members[i].size)
            break;
        r = told(s, s->q->name, add(to, piece, n));
        if (s->q->progress.tell)
            s->q->progress.tell(s->q->progress.user, MIN_OF(s->done, s->total), s->total);
    }
    if (!r && more < 0)
        return more == -ENOMEM ? more : refuse(s->diag, source->name, MSG_SEAL_READ);
    if (!r && at != s->members[i].size)
        return refuse(s->diag, source->name, MSG_SEAL_MOVED);
    return r;
}

static int add_member(json_t *members, const char *name, uint64_t size, const struct digest *d)
{
    JSON_AUTO *m = json_pack("{s:s, s:I}", "name", name, "size", (json_int_t)size);
    int r = m ? json_put_str(m, "sha256", digest_text(d).at) : -ENOMEM;

    return r ? r : json_array_append(members, m) ? -ENOMEM : 0;
}

static int report(const struct sealing *s, json_t **ret)
{
    struct digest d = outgoing_digest(s->out);
    JSON_AUTO *members = json_array();
    JSON_AUTO *out =
        json_pack("{s:s, s:I}", "file", s->q->name, "size", (json_int_t)outgoing_size(s->out));
    int r = members && out ? json_put_str(out, "sha256", digest_text(&d).at) : -ENOMEM;

    for (size_t i = 0; !r && i < s->q->n; i++)
        r = add_member(members, s->members[i].name, s->members[i].size, &s->members[i].sha256);
    if (!r && s->is_box)
        r = json_put_str(out, "manifest", digest_text(&s->manifest).at);
    if (!r && !(r = json_put(out, "members", TAKE(members))))
        *ret = TAKE(out);
    return r;
}

/* The report comes first: when there is no memory for it, nothing may have the name. */
static int name_it(struct sealing *s, json_t **ret)
{
    JSON_AUTO *made = NULL;
    int r = report(s, &made);

    if (!r)
        r = told(s, s->q->name, outgoing_name(s->out));
    if (!r)
        *ret = TAKE(made);
    return r;
}

/* ---- ZIP ---- */

static bool is_for_zip(struct str password)
{
    for (size_t i = 0; i < password.len; i++)
        if (password.at[i] < 0x20 || password.at[i] > 0x7e)
            return false;
    return password.len <= SEAL_PASSWORD_MAX;
}

static int judge(struct str password, struct diag *diag)
{
    enum password_fault fault = password_judge(STR(""), password);

    if (fault)
        diag_add_both(diag, DIAG_ERROR, (struct diag_place){0}, DIAG_NO_KEY, password_fault_en(fault),
                      password_fault_ja(fault));
    return fault ? SEAL_E_REFUSED : 0;
}

static int add_to_zip(void *to, uint8_t *bytes, size_t len)
{
    return zip_seal_add(to, bytes, len);
}

static int pour_into_zip(struct sealing *s, size_t i, struct zip_seal *z)
{
    struct sha256_state *sha = sha256_new();
    int r = sha ? pour(s, i, (struct read_ahead_past){.sha = sha}, add_to_zip, z) : -ENOMEM;

    if (sha)
        s->members[i].sha256 = sha256_end(sha);
    return r;
}

/* What it was approved by, for whoever has the file and not its password. */
static int comment_of(const struct seal_request *q, struct buf *out)
{
    return q->approved && *q->approved ? buf_printf(out, "%s%s", SEAL_ZIP_COMMENT, q->approved) : 0;
}

static int write_zip(struct sealing *s, struct str password)
{
    CLEANUP(zip_seal_freep) struct zip_seal *z = NULL;
    CLEANUP(buf_done) struct buf comment;
    int r = zip_seal_new(s->out, password, &z);

    buf_init(&comment, ZIP_SEAL_COMMENT_MAX);
    for (size_t i = 0; !r && i < s->q->n; i++)
        if (!(r = told(s, s->q->name, zip_seal_begin(z, s->members[i].name, s->members[i].size))) &&
            !(r = pour_into_zip(s, i, z)))
            r = told(s, s->q->name, zip_seal_end(z));
    if (!r)
        r = comment_of(s->q, &comment);
    return r ? r : told(s, s->q->name, zip_seal_finish(z, buf_str(&comment)));
}

int seal_zip(const struct seal_request *q, struct str password, json_t **ret, struct diag *diag)
{
    CLEANUP(sealing_done) struct sealing s = {.q = q, .diag = diag};
    int r;

    if (!is_for_zip(password))
        return refuse(diag, q->name, MSG_SEAL_PASSWORD_ASCII);
    if ((r = judge(password, diag)) || (r = prepare(&s, SEAL_SOURCES_MAX)) ||
        (r = write_zip(&s, password)) || (r = told(&s, q->name, outgoing_settle(s.out))))
        return r;
    r = zip_seal_check(outgoing_fd(s.out), password, s.members, q->n);
    if (r == ZIP_SEAL_E_OTHER)
        return refuse(diag, q->name, MSG_OUTGOING_DIFFERS);
    return r ? r : name_it(&s, ret);
}

/* ---- boxes ---- */

static int add_to_box(void *to, uint8_t *bytes, size_t len)
{
    return box_seal_add(to, (struct str){(const char *)bytes, len});
}

/* What a source holds, before it is sealed; pour_into_box() reads it again, and what it finds then is to be the same. */
static int read_source(struct sealing *s, size_t i, struct read_ahead_past past)
{
    CLEANUP(read_ahead_freep) struct read_ahead *ahead = NULL;
    int r = read_ahead_new(s->q->sources[i].fd, s->members[i].size, past, &ahead), more = 1;
    uint8_t *piece;
    size_t n;

    while (!r && (more = read_ahead_next(ahead, &piece, &n)) > 0)
        ;
    if (!r && more < 0)
        return more == -ENOMEM ? more : refuse(s->diag, s->q->sources[i].name, MSG_SEAL_READ);
    return r;
}

static int digest_source(struct sealing *s, size_t i)
{
    CLEANUP(sameness_freep) struct sameness *same = NULL;
    struct sha256_state *sha;
    int r = sameness_new(&s->key, &same);

    if (r)
        return r;
    if (!(sha = sha256_new()))
        return -ENOMEM;
    r = read_source(s, i, (struct read_ahead_past){sha, same});
    s->members[i].sha256 = sha256_end(sha);
    return r ? r : sameness_end(TAKE(same), &s->marks[i]);
}

static int pour_into_box(struct sealing *s, size_t i, struct box_seal *b)
{
    CLEANUP(sameness_freep) struct sameness *same = NULL;
    struct sameness_mark is;
    int r;

    if ((r = sameness_new(&s->key, &same)) || (r = pour(s, i, (struct read_ahead_past){.same = same}, add_to_box, b)) ||
        (r = sameness_end(TAKE(same), &is)))
        return r;
    return sameness_eq(&is, &s->marks[i]) ? 0 : refuse(s->diag, s->members[i].name, MSG_SEAL_MOVED);
}

static int print_manifest(struct sealing *s, struct buf *text)
{
    uint8_t salt[SALT_SIZE];
    char hex[2 * SALT_SIZE + 1];
    JSON_AUTO *members = json_array();
    JSON_AUTO *all = NULL;
    int r = members ? 0 : -ENOMEM;

    random_fill(salt, sizeof(salt));
    sodium_bin2hex(hex, sizeof(hex), salt, sizeof(salt));
    for (size_t i = 0; !r && i < s->q->n; i++)
        if (!(r = digest_source(s, i)))
            r = add_member(members, s->members[i].name, s->members[i].size, &s->members[i].sha256);
    if (r)
        return r;
    all = json_pack("{s:O, s:s, s:s*}", "members", members, "salt", hex, "approved", s->q->approved && *s->q->approved ? s->q->approved : NULL);
    if (!all || (r = ERR_FOLD(json_canonical(all, text, NULL))))
        return all ? r : -ENOMEM;
    s->manifest = sha256(buf_str(text));
    s->is_box = true;
    return 0;
}

/* Its length, and what the header cites; the files' bytes follow, one after the other. */
static int write_manifest(struct str text, struct box_seal *b)
{
    CLEANUP(buf_done) struct buf head;
    int r;

    buf_init(&head, 4);
    if (!(r = buf_add_be32(&head, (uint32_t)text.len)) && !(r = box_seal_add(b, buf_str(&head))))
        r = box_seal_add(b, text);
    return r;
}

static int write_box(struct sealing *s, const struct box_for *who)
{
    CLEANUP(box_seal_freep) struct box_seal *b = NULL;
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, MANIFEST_MAX);
    if ((r = print_manifest(s, &text)))
        return r;
    if ((r = box_seal_new(s->out, who, &s->manifest, &b)) == -EINVAL)
        return refuse(s->diag, s->q->name, MSG_SEAL_KEY);
    if ((r = told(s, s->q->name, r)) || (r = told(s, s->q->name, write_manifest(buf_str(&text), b))))
        return r;
    for (size_t i = 0; !r && i < s->q->n; i++)
        r = pour_into_box(s, i, b);
    return r ? r : told(s, s->q->name, box_seal_finish(b));
}

int seal_box(const struct seal_request *q, const struct box_for *who, json_t **ret,
             struct diag *diag)
{
    CLEANUP(sealing_done) struct sealing s = {.q = q, .diag = diag};
    int r;

    if (who->n > BOX_SLOTS_MAX)
        return refuse(diag, q->name, MSG_SEAL_RECEIVERS);
    if ((!who->n && (r = judge(who->passphrase, diag))) || (r = prepare(&s, BOX_MEMBERS_MAX)) ||
        (r = write_box(&s, who)) || (r = told(&s, q->name, outgoing_settle(s.out))))
        return r;
    return name_it(&s, ret);
}

/* ---- opening a box ---- */

struct opening {
    struct box_open *box;
    struct str left; /* of the piece at hand */
    struct outgoing *files[BOX_MEMBERS_MAX];
    size_t n;
    json_t *said, *members; /* what the box says of itself, and what was found */
    const json_t *manifest; /* its members, of `said` */
    uint64_t done, total;
    const char *shown, *approved;
    struct diag *diag;
};

static void opening_done(struct opening *o)
{
    box_open_free(o->box);
    for (size_t i = 0; i < o->n; i++)
        outgoing_drop(o->files[i]);
    json_decref(o->said);
    json_decref(o->members);
}

static int tell_box(struct opening *o, int r)
{
    static const enum message_key keys[] = {
        [BOX_E_NOT_ONE] = MSG_SEAL_NO_BOX,
        [BOX_E_KEY] = MSG_SEAL_OTHER_KEY,
        [BOX_E_DAMAGED] = MSG_SEAL_DAMAGED,
    };

    if (r == 0 || r == -ENOMEM)
        return r;
    return refuse(o->diag, o->shown, r > 0 ? keys[r] : MSG_SEAL_READ);
}

/* The next bytes, at most `n`; none: the end. */
static int take(struct opening *o, size_t n, struct str *ret)
{
    int r = 0;

    if (o->left.len == 0)
        r = tell_box(o, box_open_read(o->box, &o->left));
    if (r)
        return r;
    *ret = (struct str){o->left.at, MIN_OF(n, o->left.len)};
    if (ret->len)
        o->left = (struct str){o->left.at + ret->len, o->left.len - ret->len};
    return 0;
}

static int take_exactly(struct opening *o, size_t n, struct buf *out)
{
    while (out->len < n) {
        struct str s;
        int r = take(o, n - out->len, &s);

        if (r || (r = buf_add_str(out, s)))
            return r;
        if (s.len == 0)
            return tell_box(o, BOX_E_DAMAGED);
    }
    return 0;
}

/* Names of files before the nth. */
static bool is_in_manifest(const json_t *m, const char *name, size_t n)
{
    for (size_t k = 0; k < n; k++)
        if (str_eq_nocase(str_of(json_str(json_array_get(m, k), "name")), str_of(name)))
            return true;
    return false;
}

static bool is_digest(const char *hex)
{
    return strlen(hex) == HEX_SIZE && strspn(hex, "0123456789abcdef") == HEX_SIZE;
}

static bool is_manifest(const json_t *m)
{
    const json_t *f;
    size_t i;

    if (!json_is_array(m) || json_array_size(m) == 0 || json_array_size(m) > BOX_MEMBERS_MAX)
        return false;
    json_array_foreach (m, i, f)
        if (!outgoing_name_is_good(str_of(json_str(f, "name"))) ||
            !json_is_integer(json_object_get(f, "size")) || json_int(f, "size") < 0 || !is_digest(json_str(f, "sha256")) ||
            is_in_manifest(m, json_str(f, "name"), i))
            return false;
    return true;
}

/* What the header cites, and what its reader was told was approved. */
static int hold_against_header(struct opening *o, struct str text)
{
    struct digest cited = box_open_manifest(o->box), is = sha256(text);

    if (!digest_eq(&cited, &is))
        return tell_box(o, BOX_E_DAMAGED);
    return o->approved && strcmp(o->approved, json_str(o->said, "approved")) != 0 ? refuse(o->diag, o->shown, MSG_SEAL_OTHER_APPROVAL) : 0;
}

static int take_manifest(struct opening *o)
{
    CLEANUP(buf_done) struct buf head, text;
    uint32_t n = 0;
    const json_t *f;
    size_t i;
    int r;

    buf_init(&head, 4);
    buf_init(&text, MANIFEST_MAX);
    if ((r = take_exactly(o, 4, &head)))
        return r;
    for (i = 0; i < 4; i++)
        n = n << 8 | (uint8_t)head.at[i];
    if (n > MANIFEST_MAX)
        return tell_box(o, BOX_E_NOT_ONE);
    if ((r = take_exactly(o, n, &text)))
        return r;
    r = json_parse(buf_str(&text), (struct json_limits){MANIFEST_MAX, 4}, &o->said, NULL);
    if (r < 0)
        return r;
    o->manifest = r ? NULL : json_arr(o->said, "members");
    if (r || !is_manifest(o->manifest) || (json_object_get(o->said, "approved") && !is_digest(json_str(o->said, "approved"))))
        return tell_box(o, BOX_E_NOT_ONE);
    if ((r = hold_against_header(o, buf_str(&text))))
        return r;
    json_array_foreach (o->manifest, i, f)
        o->total += (uint64_t)json_int(f, "size");
    return 0;
}

static bool is_what_was_said(const struct digest *is, const json_t *f)
{
    struct digest said;

    return !hex_parse(str_of(json_str(f, "sha256")), said.bytes, SHA256_SIZE) && digest_eq(is, &said);
}

static int take_file(struct opening *o, const char *dir, const json_t *f,
                     struct seal_progress progress)
{
    const char *name = json_str(f, "name");
    uint64_t left = (uint64_t)json_int(f, "size");
    struct outgoing *out;
    struct digest d;
    int r = outgoing_begin(dir, name, &out);

    if (r)
        goto out;
    o->files[o->n++] = out;
    while (!r && left > 0) {
        struct str s;

        if ((r = take(o, (size_t)MIN_OF(left, (uint64_t)BOX_PIECE), &s)))
            return r;
        if (s.len == 0)
            return tell_box(o, BOX_E_DAMAGED);
        left -= s.len;
        o->done += s.len;
        r = outgoing_add(out, s);
        if (progress.tell)
            progress.tell(progress.user, o->done, o->total);
    }
    if (!r && !(r = outgoing_settle(out))) {
        d = outgoing_digest(out);
        if (!is_what_was_said(&d, f))
            return tell_box(o, BOX_E_DAMAGED);
        return add_member(o->members, name, (uint64_t)json_int(f, "size"), &d);
    }
out:
    if (r != -ENOMEM) {
        outgoing_tell(o->diag, name, r);
        r = SEAL_E_REFUSED;
    }
    return r;
}

/* Those before it, whose names were given already. */
static void unname_before(struct opening *o, size_t n)
{
    for (size_t i = n; i-- > 0;) {
        int r = outgoing_unname(o->files[i]);

        if (r)
            outgoing_tell(o->diag, json_str(json_array_get(o->manifest, i), "name"), r);
    }
}

/* Everything is there and proved: the names. All of them or none, for half of a box is nothing that anybody sent. */
static int name_all(struct opening *o)
{
    const json_t *f;
    size_t i;

    json_array_foreach (o->manifest, i, f) {
        int r = outgoing_name(o->files[i]);

        if (r) {
            outgoing_tell(o->diag, json_str(f, "name"), r);
            unname_before(o, i);
            return SEAL_E_REFUSED;
        }
    }
    return 0;
}

static int take_all(struct opening *o, const char *dir, struct seal_progress progress, json_t *out)
{
    struct str rest;
    const json_t *f;
    size_t i;
    int r = take_manifest(o);

    if (!r && json_object_get(o->said, "approved"))
        r = json_put_str(out, "approved", json_str(o->said, "approved"));
    if (r)
        return r;
    json_array_foreach (o->manifest, i, f)
        if ((r = take_file(o, dir, f, progress)))
            return r;
    if ((r = take(o, 1, &rest)))
        return r;
    return rest.len ? tell_box(o, BOX_E_NOT_ONE) : name_all(o);
}

int seal_box_open(int fd, const char *shown, const char *dir, const struct box_with *with,
              struct seal_progress progress, json_t **ret, struct diag *diag)
{
    CLEANUP(opening_done)
    struct opening o = {.members = json_array(), .shown = shown, .approved = with->approved, .diag = diag};
    JSON_AUTO *out = json_object();
    struct digest manifest;
    int r = o.members && out ? 0 : -ENOMEM;

    if (!r && !(r = json_put(out, "members", json_incref(o.members))) &&
        !(r = tell_box(&o, box_open_new(fd, with, &o.box)))) {
        manifest = box_open_manifest(o.box);
        if (!(r = json_put_str(out, "manifest", digest_text(&manifest).at)))
            r = take_all(&o, dir, progress, out);
    }
    if (!r)
        *ret = TAKE(out);
    return r;
}

/* ---- passwords and names ---- */

static const char alphabet[] = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789";

int seal_password_make(unsigned n, struct buf *out)
{
    int r = 0;

    if (n < 16 || n > SEAL_PASSWORD_MAX)
        return -EINVAL;
    for (unsigned i = 0; !r && i < n; i++)
        r = buf_add_char(out, alphabet[randombytes_uniform(sizeof(alphabet) - 1)]);
    return r;
}

int seal_name_make(struct str id, unsigned confidentiality, const char *suffix, struct buf *out)
{
    static const enum message_key levels[] = {MSG_LABEL_C1, MSG_LABEL_C2, MSG_LABEL_C3};
    int r = 0;

    if (confidentiality < 1 || confidentiality > ARRAY_LEN(levels))
        return SEAL_E_REFUSED;
    if (id.len && !(r = buf_add_str(out, id)))
        r = buf_add_char(out, '_');
    if (!r && !(r = buf_add_str(out, message_text(MESSAGE_JA, levels[confidentiality - 1]))))
        r = buf_add_text(out, suffix);
    if (r)
        return r;
    return outgoing_name_is_good(buf_str(out)) ? 0 : SEAL_E_REFUSED;
}
