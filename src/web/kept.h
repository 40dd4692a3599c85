/* What somebody sends when he is signed in no more, or not as he was when he opened the form: it goes back to his browser sealed,
 * comes back with his password, and is opened for him alone.
 *
 *     csrf = TOKEN "." MARK            in every form: the session's token, and whose form it is, which outlives the session
 *     kept = sealed(LOGIN NUL ADDRESS NUL FORM), with the login where it is known, else "" and the mark decides
 *
 * The key is the site's and lives as long as its process: what another one has sealed cannot be opened.
 * Owner    texts live in the page's arena.
 * Threads  the key never changes after kept_key_init(); the rest as struct page.
 * Limits   KEPT_MAX bytes of a form, percent-encoded. */
#pragma once

#include "web/page.h"

#define KEPT_KEY_SIZE 32u
#define KEPT_MAX  \
    ((3u << 20) - \
     4096) /* what comes back is a third longer, and has to fit KEPT_BODY_MAX with a password */
#define KEPT_BODY_MAX (4u << 20) /* largest body of the pages that take it back */

struct kept_key {
    uint8_t bytes[KEPT_KEY_SIZE];
};
void kept_key_init(struct kept_key *k);

/* What the form's field "csrf" holds. STR_NONE when out of memory, or nobody is signed in. */
struct str kept_token(struct page *p);
/* The token given, with its mark or without, is the session's; constant time. */
MUST_CHECK bool kept_token_is(const struct page *p, struct str given);
/* Its mark says that the form was made for that login, whatever session it was. */
MUST_CHECK bool kept_mark_is(const struct page *p, struct str given, const char *login);

/* The form that was POSTed, sealed, without its files. *ret at NULL: such a form is not kept, since it holds a password or is too large. */
MUST_CHECK int kept_seal(struct page *p, struct str *ret);
/* The same question without the sealing. */
bool kept_may(const struct page *p);
/* It came with a file, which is left out. */
bool kept_drops_file(const struct page *p);

struct kept {
    struct str path; /* that it was sent to */
    struct form_data form;
};
/* KEPT_E_NONE: nothing that this process has sealed; KEPT_E_OTHER: not `login` has typed it. */
enum { KEPT_E_NONE = 1, KEPT_E_OTHER };
MUST_CHECK int kept_open(struct page *p, struct str sealed, const char *login, struct kept *ret);
