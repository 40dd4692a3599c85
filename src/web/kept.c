#include "web/kept.h"

#include "web/pages.h"

#include "base/codec.h"

#include <errno.h>
#include <sodium.h>

static_assert(KEPT_KEY_SIZE == crypto_secretbox_KEYBYTES, "one key seals and marks");
#define TOKEN_LEN (COOKIE_SIZE - 1)
#define MARK_BYTES 32u
#define MARK_LEN 43u /* characters of base64url */
#define BOX_OVERHEAD (crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES)
#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

void kept_key_init(struct kept_key *k)
{
    random_fill(k->bytes, sizeof(k->bytes));
}

/* ---- whose form it is ---- */

static void mark_of(const struct page *p, struct str token, const char *login,
                    char ret[MARK_LEN + 1])
{
    crypto_generichash_state state;
    uint8_t bytes[MARK_BYTES];

    (void)crypto_generichash_init(&state, p->worker->kept_key->bytes, KEPT_KEY_SIZE, sizeof(bytes));
    (void)crypto_generichash_update(&state, (const uint8_t *)token.at,
                                    token.len); /* always TOKEN_LEN */
    (void)crypto_generichash_update(&state, (const uint8_t *)login, strlen(login));
    (void)crypto_generichash_final(&state, bytes, sizeof(bytes));
    (void)sodium_bin2base64(ret, MARK_LEN + 1, bytes, sizeof(bytes), VARIANT);
}

struct str kept_token(struct page *p)
{
    char mark[MARK_LEN + 1];

    if (p->standing != PAGE_SIGNED_IN)
        return STR_NONE;
    mark_of(p, str_of(p->session.csrf), p->session.login, mark);
    return page_text(p, "%s.%s", p->session.csrf, mark);
}

static struct str token_part(struct str given)
{
    return (struct str){given.at, MIN_OF(given.len, (size_t)TOKEN_LEN)};
}

static bool has_mark(struct str given)
{
    return given.len == TOKEN_LEN + 1 + MARK_LEN && given.at[TOKEN_LEN] == '.';
}

bool kept_token_is(const struct page *p, struct str given)
{
    return given.at && (given.len == TOKEN_LEN || has_mark(given)) &&
           session_csrf_is(&p->session, token_part(given));
}

bool kept_mark_is(const struct page *p, struct str given, const char *login)
{
    char mark[MARK_LEN + 1];

    if (!given.at || !has_mark(given))
        return false;
    mark_of(p, token_part(given), login, mark);
    return sodium_memcmp(mark, given.at + TOKEN_LEN + 1, MARK_LEN) == 0;
}

/* ---- sealing ---- */

/* Forms with passwords in them are not kept: they would come back as text. */
static bool has_password(struct str path)
{
    return str_eq(path, STR("/password")) || str_eq(path, STR("/tokens"));
}

/* As it will be sealed, in which a byte takes three at most. */
static size_t encoded_size(const struct page *p)
{
    size_t size = p->req->path.len + ACCOUNT_LOGIN_MAX + 2;

    for (size_t i = 0; i < p->form.n; i++)
        if (!p->form.fields[i].is_file)
            size += 3 * (p->form.fields[i].name.len + p->form.fields[i].value.len) + 2;
    return size;
}

bool kept_may(const struct page *p)
{
    return p->req->method == HTTP_POST && p->form.n && encoded_size(p) <= KEPT_MAX &&
           !has_password(p->req->path);
}

bool kept_drops_file(const struct page *p)
{
    for (size_t i = 0; i < p->form.n; i++)
        if (p->form.fields[i].is_file && p->form.fields[i].value.len)
            return true;
    return false;
}

/* A file is chosen again, a secret typed again; everything else stays. */
static int encode(const struct form_data *form, struct buf *out)
{
    bool any = false;
    int r = 0;

    for (size_t i = 0; !r && i < form->n; i++) {
        if (form->fields[i].is_file || str_eq(form->fields[i].name, STR(STEP_SECRET)))
            continue;
        if ((any && (r = buf_add_char(out, '&'))) || (r = url_encode(form->fields[i].name, out)) ||
            (r = buf_add_char(out, '=')) || (r = url_encode(form->fields[i].value, out)))
            return r;
        any = true;
    }
    return r;
}

/* While the session is known, it says whose form it is: also of a form made before this process was started. */
static const char *known_owner(const struct page *p)
{
    return p->standing != PAGE_NOBODY && kept_token_is(p, form_get(&p->form, STR("csrf")))
               ? p->session.login
               : "";
}

static int seal(struct page *p, struct str plain, struct str *ret)
{
    size_t len = plain.len + BOX_OVERHEAD, size = sodium_base64_encoded_len(len, VARIANT);
    uint8_t *box = arena_alloc(p->arena, len);
    char *text = arena_alloc(p->arena, size);

    if (!box || !text)
        return -ENOMEM;
    random_fill(box, crypto_secretbox_NONCEBYTES);
    (void)crypto_secretbox_easy(box + crypto_secretbox_NONCEBYTES, (const uint8_t *)plain.at,
                                plain.len, box, p->worker->kept_key->bytes);
    (void)sodium_bin2base64(text, size, box, len, VARIANT);
    *ret = str_of(text);
    return 0;
}

int kept_seal(struct page *p, struct str *ret)
{
    CLEANUP(buf_done) struct buf plain;

    *ret = STR_NONE;
    buf_init(&plain, encoded_size(p));
    if (!kept_may(p))
        return 0;
    if (buf_add_text(&plain, known_owner(p)) || buf_add_char(&plain, '\0') ||
        buf_add_str(&plain, p->req->path) || buf_add_char(&plain, '\0') || encode(&p->form, &plain))
        return -ENOMEM;
    return seal(p, buf_str(&plain), ret);
}

static int unseal(struct page *p, struct str sealed, struct str *ret)
{
    size_t len = 0;
    uint8_t *box = arena_alloc(p->arena, sealed.len + 1),
            *plain = arena_alloc(p->arena, sealed.len + 1);
    const uint8_t *closed;

    if (!box || !plain)
        return -ENOMEM;
    if (sodium_base642bin(box, sealed.len, sealed.at, sealed.len, NULL, &len, NULL, VARIANT) ||
        len < BOX_OVERHEAD)
        return KEPT_E_NONE;
    closed = box + crypto_secretbox_NONCEBYTES;
    if (crypto_secretbox_open_easy(plain, closed, len - crypto_secretbox_NONCEBYTES, box,
                                   p->worker->kept_key->bytes))
        return KEPT_E_NONE;
    *ret = (struct str){(const char *)plain, len - BOX_OVERHEAD};
    return 0;
}

int kept_open(struct page *p, struct str sealed, const char *login, struct kept *ret)
{
    struct str rest, owner, path;
    struct kept kept;
    int r = unseal(p, sealed, &rest);

    if (r)
        return r;
    if (!str_split(&rest, '\0', &owner) || !str_split(&rest, '\0', &path))
        return KEPT_E_NONE;
    kept.path = path;
    if ((r = form_parse(rest, p->arena, &kept.form)))
        return r < 0 ? r : KEPT_E_NONE;
    if (owner.len ? !str_eq(owner, str_of(login))
                  : !kept_mark_is(p, form_get(&kept.form, STR("csrf")), login))
        return KEPT_E_OTHER;
    *ret = kept;
    return 0;
}
