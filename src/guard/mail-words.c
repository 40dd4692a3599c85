#include "guard/mail-words.h"

#include "base/time.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MIN 4u
#define WORD_MAX 128u
#define OPENED_MAX \
    ((uint64_t)64  \
     << 20) /* bytes of a member that are read; with so many right ones the password is right */

void mail_words_init(struct mail_words *w)
{
    w->n = 0;
    w->is_cut = false;
}

void mail_words_done(struct mail_words *w)
{
    for (size_t i = 0; i < w->n; i++) {
        sodium_memzero(w->at[i], strlen(w->at[i]));
        free(w->at[i]);
    }
    w->n = 0;
}

static int add(struct mail_words *w, struct str s)
{
    if (s.len < WORD_MIN || s.len > WORD_MAX)
        return 0;
    for (size_t i = 0; i < w->n; i++)
        if (str_eq(str_of(w->at[i]), s))
            return 0;
    if (w->n == MAIL_WORDS_MAX) {
        w->is_cut = true;
        return 0;
    }
    w->at[w->n] = strndup(s.at, s.len);
    return w->at[w->n] ? (w->n++, 0) : -ENOMEM;
}

/* As it stands, and without what a sentence puts around a word. */
static int add_both(struct mail_words *w, struct str s)
{
    int r = add(w, s);

    while (s.len > 0 && strchr("\"'([{<", s.at[0]))
        s = (struct str){s.at + 1, s.len - 1};
    while (s.len > 0 && strchr("\"')]}>.,;:!?", s.at[s.len - 1]))
        s.len--;
    return r ? r : add(w, s);
}

static int add_run(struct mail_words *w, struct str run)
{
    size_t at = run.len;
    int r = add_both(w, run);

    while (at > 0 && run.at[at - 1] != ':' && run.at[at - 1] != '=')
        at--;
    return r || at == 0 ? r : add_both(w, (struct str){run.at + at, run.len - at});
}

/* '<' and '>' end a run, for texts in HTML. */
static bool is_in_run(char c)
{
    return c > 0x20 && c < 0x7f && c != '<' && c != '>';
}

int mail_words_add(struct mail_words *w, struct str text)
{
    int r = 0;

    for (size_t at = 0; !r && at < text.len;) {
        size_t from = at;

        while (at < text.len && is_in_run(text.at[at]))
            at++;
        if (at > from)
            r = add_run(w, (struct str){text.at + from, at - from});
        else
            at++;
    }
    return r;
}

/* An archive of its own for each word: the old cipher of ZIP lets one wrong password in 256 pass at the beginning, and only the end
 * tells. */
static bool opens(struct archive *a, struct str zip, const char *word)
{
    struct archive_entry *e;
    char piece[16 << 10];
    uint64_t total = 0;
    la_ssize_t n;

    if (archive_read_support_format_zip_seekable(a) != ARCHIVE_OK ||
        archive_read_add_passphrase(a, word) != ARCHIVE_OK ||
        archive_read_open_memory(a, zip.at, zip.len) != ARCHIVE_OK)
        return false;
    do
        if (archive_read_next_header(a, &e) != ARCHIVE_OK)
            return false;
    while (!archive_entry_is_data_encrypted(e) || archive_entry_size(e) == 0);
    while ((n = archive_read_data(a, piece, sizeof(piece))) > 0)
        if ((total += (uint64_t)n) > OPENED_MAX)
            return true;
    return n == 0;
}

int mail_words_open(const struct mail_words *w, struct str zip, uint64_t deadline_us, bool *ret)
{
    *ret = false;
    for (size_t i = 0; !*ret && i < w->n && clock_monotonic_us() < deadline_us; i++) {
        struct archive *a = archive_read_new();

        if (!a)
            return -ENOMEM;
        *ret = opens(a, zip, w->at[i]);
        archive_read_free(a);
    }
    return 0;
}
