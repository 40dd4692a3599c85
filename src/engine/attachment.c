#include "engine/attachment.h"

#include "base/codec.h"
#include "base/seal.h"
#include "base/utf8.h"
#include "engine/holding.h"
#include "engine/seen.h"
#include "regulation/model.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#define HEAD_MAX (1344u << 10) /* with what was seen in it: at worst each byte of a text is two as JSON */
#define HEAD_LIMITS ((struct json_limits){HEAD_MAX, 8})

_Static_assert(2 * (SEEN_LISTS_MAX + SEEN_TEXTS_MAX) + 65536 <= HEAD_MAX, "what was seen fits");
_Static_assert(VAULT_KEY_SIZE == SEAL_KEY_SIZE, "keys");

bool attachment_id_ok(const char *id)
{
    return strspn(id, "0123456789abcdef") == ATTACHMENT_ID_SIZE - 1 && !id[ATTACHMENT_ID_SIZE - 1];
}

/* ---- rows ---- */

static int fill(struct rows *row, struct attachment *a)
{
    *a = (struct attachment){.n = rows_int(row, 3), .size = (uint64_t)rows_int(row, 4), .tries = rows_int(row, 6),
                             .next_us = (uint64_t)rows_int(row, 7), .made_us = (uint64_t)rows_int(row, 8)};
    snprintf(a->id, sizeof(a->id), "%s", rows_text(row, 0));
    snprintf(a->owner, sizeof(a->owner), "%s", rows_text(row, 1));
    snprintf(a->record, sizeof(a->record), "%s", rows_text(row, 2));
    snprintf(a->state, sizeof(a->state), "%s", rows_text(row, 5));
    buf_init(&a->sealed, HEAD_MAX);
    return buf_add_str(&a->sealed, rows_blob(row, 9));
}

int attachment_get(struct store *s, const char *id, struct attachment *ret)
{
    ROWS_AUTO *row = NULL;
    int r;

    *ret = (struct attachment){0};
    if (!attachment_id_ok(id))
        return 1;
    r = STORE_ONE(s, &row, STMT_ATTACHMENT_GET, V_TEXT(id));
    if (r)
        return r == STORE_E_NONE ? 1 : store_errno(r);
    return fill(row, ret);
}

void attachment_done(struct attachment *a)
{
    buf_done(&a->sealed);
    *a = (struct attachment){0};
}

static void key_name(const char *record, int64_t n, char ret[ATTACHMENT_KEY_NAME_SIZE])
{
    snprintf(ret, ATTACHMENT_KEY_NAME_SIZE, "%s#%" PRId64, record, n);
}

void attachment_key_name(const struct attachment *a, char ret[ATTACHMENT_KEY_NAME_SIZE])
{
    if (*a->record)
        key_name(a->record, a->n, ret);
    else
        snprintf(ret, ATTACHMENT_KEY_NAME_SIZE, "%s", a->id);
}

int attachment_key(struct store *s, const struct attachment *a, uint8_t ret_key[VAULT_KEY_SIZE])
{
    char name[ATTACHMENT_KEY_NAME_SIZE];
    int r;

    if (!strcmp(a->state, "gone"))
        return 1;
    attachment_key_name(a, name);
    r = vault_get(s, str_of(name), ret_key);
    return r == STORE_E_NONE ? 1 : store_errno(r);
}

bool attachment_is_examined(const struct attachment *a)
{
    for (size_t i = 0; file_states[i]; i++)
        if (!strcmp(file_states[i], a->state))
            return true;
    return false;
}

/* ---- the head ---- */

static int bound_head(const char *id, char ret[ATTACHMENT_ID_SIZE + 8])
{
    return snprintf(ret, ATTACHMENT_ID_SIZE + 8, "%s/head", id) > 0 ? 0 : -EINVAL;
}

static int seal_head(const char *id, const uint8_t key[VAULT_KEY_SIZE], const json_t *head, struct buf *out)
{
    CLEANUP(buf_wipe) struct buf plain;
    char bound[ATTACHMENT_ID_SIZE + 8];
    int r = bound_head(id, bound);

    buf_init(&plain, HEAD_MAX - SEAL_MORE);
    if (!r)
        r = ERR_FOLD(json_canonical(head, &plain, NULL));
    return r ? r : seal_add(key, str_of(bound), buf_str(&plain), out);
}

int attachment_head(struct store *s, const struct attachment *a, json_t **ret)
{
    CLEANUP(buf_wipe) struct buf plain;
    char bound[ATTACHMENT_ID_SIZE + 8];
    uint8_t key[VAULT_KEY_SIZE];
    int r = attachment_key(s, a, key);

    buf_init(&plain, HEAD_MAX);
    if (r || (r = bound_head(a->id, bound)))
        return r;
    r = seal_open(key, str_of(bound), buf_str(&a->sealed), &plain);
    sodium_memzero(key, sizeof(key));
    if (!r)
        r = json_parse(buf_str(&plain), HEAD_LIMITS, ret, NULL);
    return r > 0 ? -EBADMSG : r;
}

int attachment_value(struct store *s, const struct attachment *a, json_t **ret)
{
    JSON_AUTO *head = NULL;
    JSON_AUTO *v = NULL;
    const char *tells;
    int r = attachment_head(s, a, &head);

    if (r)
        return r;
    v = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "id", a->id, "name", json_str(head, "name"), "size", (json_int_t)a->size, "type",
                  json_str(head, "type"), "sha256", json_str(head, "sha256"), "state", a->state);
    tells = strcmp(a->state, FILE_CLEAN) != 0 ? NULL : seen_tells(json_obj(head, "seen"));
    if (!v || (tells && json_put_str(v, "tells", tells)))
        return -ENOMEM;
    *ret = TAKE(v);
    return 0;
}

/* ---- pieces ---- */

static void bound_piece(const char *id, uint64_t size, int64_t n, char ret[80])
{
    snprintf(ret, 80, "%s/%" PRId64 "%s", id, n, n + 1 == attachment_pieces(size) ? "/last" : "");
}

int attachment_seal_piece(const char *id, uint64_t size, int64_t n, const uint8_t key[VAULT_KEY_SIZE], struct str plain, struct buf *out)
{
    char bound[80];

    if (!plain.len || plain.len != attachment_piece_size(size, n))
        return -EBADMSG;
    bound_piece(id, size, n, bound);
    return seal_add(key, str_of(bound), plain, out);
}

int attachment_open_piece(const char *id, uint64_t size, int64_t n, const uint8_t key[VAULT_KEY_SIZE], struct str sealed, struct buf *out)
{
    char bound[80];

    if (sealed.len != attachment_piece_size(size, n) + SEAL_MORE)
        return -EBADMSG;
    bound_piece(id, size, n, bound);
    return seal_open(key, str_of(bound), sealed, out);
}

/* ---- inside a transaction ---- */

int attachment_new(struct store *s, const char *owner, const char *gate, const char *name, uint64_t size, uint64_t real_us,
                   char ret_id[ATTACHMENT_ID_SIZE])
{
    JSON_AUTO *head = json_pack("{s:s, s:s}", "name", name, "gate", gate);
    CLEANUP(buf_done) struct buf sealed;
    uint8_t key[VAULT_KEY_SIZE], id[(ATTACHMENT_ID_SIZE - 1) / 2];
    int r;

    buf_init(&sealed, HEAD_MAX);
    if (!head)
        return -ENOMEM;
    random_fill(id, sizeof(id));
    random_fill(key, sizeof(key));
    sodium_bin2hex(ret_id, ATTACHMENT_ID_SIZE, id, sizeof(id));
    r = store_errno(vault_put(s, str_of(ret_id), key));
    if (!r)
        r = seal_head(ret_id, key, head, &sealed);
    sodium_memzero(key, sizeof(key));
    if (r)
        return r;
    return store_errno(STORE_RUN(s, STMT_ATTACHMENT_ADD, V_TEXT(ret_id), V_TEXT(owner), V_INT(size), V_TEXT("coming"), V_INT(real_us),
                                 V_BLOB(sealed.at, sealed.len)));
}

int attachment_save(struct store *s, struct attachment *a, const json_t *head)
{
    uint8_t key[VAULT_KEY_SIZE];
    int r = head ? attachment_key(s, a, key) : 0;

    if (!r && head) {
        buf_clear(&a->sealed);
        r = seal_head(a->id, key, head, &a->sealed);
        sodium_memzero(key, sizeof(key));
    }
    if (r)
        return r > 0 ? -EBADMSG : r;
    return store_errno(STORE_RUN(s, STMT_ATTACHMENT_STATE, V_TEXT(a->id), V_TEXT(a->state), V_INT(a->tries), V_INT(a->next_us),
                                 V_BLOB(a->sealed.at, a->sealed.len)));
}

static int next_of_record(struct store *s, const char *record, int64_t *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_ATTACHMENT_LAST, V_TEXT(record));

    if (!r)
        *ret = rows_int(row, 0) + 1;
    return store_errno(r);
}

static int claim(struct store *s, const struct attachment *a, const char *record)
{
    char name[ATTACHMENT_KEY_NAME_SIZE];
    uint8_t key[VAULT_KEY_SIZE];
    int64_t n = 0;
    int r = next_of_record(s, record, &n);

    if (r || (r = attachment_key(s, a, key)))
        return r > 0 ? -ESTALE : r;
    key_name(record, n, name);
    r = vault_put(s, str_of(name), key);
    sodium_memzero(key, sizeof(key));
    if (!r)
        r = vault_destroy(s, str_of(a->id));
    if (!r)
        r = STORE_RUN(s, STMT_ATTACHMENT_NAME, V_TEXT(a->id), V_TEXT(record), V_INT(n));
    return r ? store_errno(r) : holding_claim(s, a->id, record);
}

int attachment_claim(struct store *s, const char *id, const char *record)
{
    CLEANUP(attachment_done) struct attachment a;
    int r = attachment_get(s, id, &a);

    if (r)
        return r > 0 ? -ESTALE : r;
    if (*a.record)
        return strcmp(a.record, record) ? -ESTALE : 0;
    return claim(s, &a, record);
}

int attachment_destroy(struct store *s, const char *record)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(s, &rows, STMT_ATTACHMENT_OF_RECORD, V_TEXT(record));

    if (r)
        return store_errno(r);
    while ((r = rows_next(rows)) == 1) {
        char name[ATTACHMENT_KEY_NAME_SIZE];

        key_name(record, rows_int(rows, 3), name);
        if ((r = vault_destroy(s, str_of(name))) || (r = STORE_RUN(s, STMT_ATTACHMENT_GONE, V_STR(rows_str(rows, 0)), V_BLOB("", 0))))
            return store_errno(r);
    }
    return r;
}

int attachment_drop(struct store *s, const struct attachment *a)
{
    int r = vault_destroy(s, str_of(a->id));

    if (!r)
        r = STORE_RUN(s, STMT_ATTACHMENT_DROP, V_TEXT(a->id));
    return r ? store_errno(r) : holding_drop(s, a->id);
}

/* ---- words ---- */

void attachment_size_words(uint64_t bytes, char ret[ATTACHMENT_SIZE_WORDS])
{
    static const char *const units[] = {"KiB", "MiB", "GiB"};
    uint64_t unit = 1024, tenths;
    size_t i = 0;

    if (bytes < unit) {
        snprintf(ret, ATTACHMENT_SIZE_WORDS, "%" PRIu64 " B", bytes);
        return;
    }
    for (; i + 1 < ARRAY_LEN(units) && bytes >= unit * 1024; i++)
        unit *= 1024;
    tenths = bytes % unit * 10 / unit;
    if (tenths)
        snprintf(ret, ATTACHMENT_SIZE_WORDS, "%" PRIu64 ".%" PRIu64 " %s", bytes / unit, tenths, units[i]);
    else
        snprintf(ret, ATTACHMENT_SIZE_WORDS, "%" PRIu64 " %s", bytes / unit, units[i]);
}

/* ---- names ---- */

#define ENDING_MAX 16u /* bytes of what stands behind the last dot */

/* At the border of a character. */
static size_t cut_at(struct str s, size_t max)
{
    size_t n = MIN_OF(s.len, max);

    while (n && n < s.len && ((unsigned char)s.at[n] & 0xc0) == 0x80)
        n--;
    return n;
}

/* Marks of direction would show another ending than the name has. */
static bool turns_around(uint32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c;
}

static int without_turns(struct str s, struct buf *out)
{
    int r = 0;

    for (size_t at = 0; !r && at < s.len;) {
        size_t from = at;

        if (!turns_around(utf8_next(s, &at)))
            r = buf_add(out, s.at + from, at - from);
    }
    return r;
}

int attachment_clean_name(struct str typed, struct buf *out)
{
    CLEANUP(buf_done) struct buf plain, safe;
    struct str s = typed, ending = STR("");
    int r;

    buf_init(&plain, 65536);
    buf_init(&safe, 65536);
    for (size_t i = typed.len; i-- > 0;)
        if (typed.at[i] == '/' || typed.at[i] == '\\') {
            s = (struct str){typed.at + i + 1, typed.len - i - 1};
            break;
        }
    r = without_turns(s, &plain);
    if (!r)
        r = utf8_nfc(str_trim(buf_str(&plain)), false, &safe);
    if (r || !safe.len)
        return r < 0 && r != -ENOSPC ? r : 1;
    s = buf_str(&safe);
    if (s.len > ATTACHMENT_NAME_MAX) {
        const char *dot = memrchr(s.at, '.', s.len);

        if (dot && (size_t)(s.at + s.len - dot) <= ENDING_MAX)
            ending = (struct str){dot, (size_t)(s.at + s.len - dot)};
        s.len = cut_at(s, ATTACHMENT_NAME_MAX - ending.len);
    }
    r = buf_add_str(out, s);
    return r ? r : buf_add_str(out, ending);
}
