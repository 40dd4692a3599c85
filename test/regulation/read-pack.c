/* read-pack WANT PACK: the pack reads and prints as the file WANT says, or is refused with exactly the messages in it. A pack
 * that reads also comes back from its canonical form with the same hash and the same print.
 * With REGULATION_WRITE=1 in the environment the file WANT is written instead; look at the difference before you keep it. */
#include "base/file.h"
#include "regulation/pack-print.h"

#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX (8u << 20)

static int come_back(const struct pack *p, struct str printed)
{
    struct pack *again = NULL;
    struct diag diag;
    struct buf out;
    int r, bad = 1;

    diag_init(&diag);
    buf_init(&out, OUT_MAX);
    r = pack_load_canonical(p->canonical, &again, &diag);
    if (r != 0) {
        (void)diag_print(&diag, &out);
        (void)fprintf(stderr, "the canonical form is refused (%d):\n%.*s", r, STR_ARG(buf_str(&out)));
    } else if (!digest_eq(&again->hash, &p->hash)) {
        (void)fprintf(stderr, "the canonical form has another hash when it comes back:\n%.*s\n%.*s\n", STR_ARG(p->canonical), STR_ARG(again->canonical));
    } else if (pack_print(again, &out) != 0 || !str_eq(buf_str(&out), printed)) {
        (void)fprintf(stderr, "what comes back prints otherwise:\n%.*s", STR_ARG(buf_str(&out)));
    } else {
        bad = 0;
    }
    pack_unref(again);
    buf_done(&out);
    diag_done(&diag);
    return bad;
}

static int compare(const char *want_path, struct str got)
{
    struct buf want;
    int bad;

    if (getenv("REGULATION_WRITE") != NULL)
        return file_write_atomic(want_path, got, 0644, NULL) != 0;
    buf_init(&want, OUT_MAX);
    bad = file_read(want_path, OUT_MAX, &want, NULL) != 0 || !str_eq(buf_str(&want), got);
    if (bad)
        (void)fprintf(stderr, "%s wants:\n%.*sbut there is:\n%.*s", want_path, STR_ARG(buf_str(&want)), STR_ARG(got));
    buf_done(&want);
    return bad;
}

int main(int argc, char **argv)
{
    struct pack *p = NULL;
    struct diag diag;
    struct buf out;
    int r, bad;

    if (argc != 3 || crypto_start() != 0)
        return 2;
    diag_init(&diag);
    buf_init(&out, OUT_MAX);
    r = pack_load_dir(argv[2], &p, &diag);
    if (r == 0)
        (void)pack_print(p, &out);
    else if (r == PACK_E_INVALID)
        (void)diag_print(&diag, &out);
    bad = r < 0 || (r == PACK_E_INVALID && diag.n_errors == 0) || compare(argv[1], buf_str(&out));
    if (p != NULL)
        bad |= come_back(p, buf_str(&out));
    pack_unref(p);
    buf_done(&out);
    diag_done(&diag);
    return bad;
}
