/* Any bytes as a message that the gate seals: an answer, and where it is done a message in which the reader of mail finds nothing that lies open, and the
 * password nowhere. */
#include "guard/mail-ask.h"
#include "guard/mail-read.h"
#include "guard/mail-seal.h"

#include "base/time.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NAME "TE-0001_x.zip"
#define WORD "correct-horse-9-battery"
#define COVER "%PDF-1.4 a cover"

static void check_rows(const json_t *report)
{
    CLEANUP(mail_rules_done) struct mail_rules rules = {0};
    JSON_AUTO *with = NULL;
    const json_t *row;
    size_t i, n_sealed = 0;
    int r;

    if (mail_rules_init(&rules) || (r = mail_ask_begin(report, NULL, &rules, false, &with)) < 0)
        abort();
    if (r)
        return;
    json_array_foreach (json_arr(with, "files"), i, row) {
        const char *sealing = json_str(row, "sealing");

        assert(!strcmp(sealing, "zip") || !strcmp(sealing, "text"));
        n_sealed += !strcmp(sealing, "zip");
    }
    assert(n_sealed > 0);
}

static void check_sealed(int fd)
{
    JSON_AUTO *report = NULL;
    struct stat st;
    void *map;

    if (fstat(fd, &st) || st.st_size <= 0)
        abort();
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        abort();
    assert(!memmem(map, (size_t)st.st_size, WORD, strlen(WORD)));
    munmap(map, (size_t)st.st_size);
    if (mail_read(fd, &examine_limits_default, NULL, clock_monotonic_us() + 5 * US_PER_SECOND, &report))
        abort();
    if (!strcmp(json_str(report, "verdict"), "read")) /* else the gate gives it to nobody */
        check_rows(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool is_ready;
    int in, out, r;

    if (!is_ready && (crypto_start() || mail_read_prepare() || mail_seal_prepare()))
        abort();
    is_ready = true;
    if (size > 1u << 18 || memmem(data, size, WORD, strlen(WORD)) || (in = memfd_create("in", MFD_CLOEXEC)) < 0)
        return 0;
    out = memfd_create("out", MFD_CLOEXEC);
    if (out < 0 || write(in, data, size) != (ssize_t)size)
        abort();
    if (write(out, COVER, strlen(COVER)) != (ssize_t)strlen(COVER))
        abort();
    r = mail_seal(in, NAME, STR(WORD), "00-cover.pdf", out);
    assert(!r || r == MAIL_SEAL_E_FORM);
    if (!r)
        check_sealed(out);
    close(in);
    close(out);
    return 0;
}
