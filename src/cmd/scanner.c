#include "cmd/scanner.h"

#include "cmd/commands.h"
#include "guard/examine.h"

#include <inttypes.h>
#include <string.h>

int scanner_stream_max(const char *mib, uint64_t *ret_bytes)
{
    uint64_t n;

    if (!mib)
        return 0;
    if (str_to_u64(str_of(mib), 1, EXAMINE_UNPACKED_MAX >> 20, &n)) {
        command_fail("--stream-max takes 1 to %" PRIu64 " (MiB), not \"%s\"", EXAMINE_UNPACKED_MAX >> 20, mib);
        return EXIT_USAGE;
    }
    *ret_bytes = n << 20;
    return 0;
}

/* Reasons of examine.h and examiner.h, and what would be right. */
static const struct {
    const char *why, *text;
} reasons[] = {
    {"encrypted", "encrypted; give its password with --password-file, or have it sent without one"},
    {"layers", "packed into more layers than are looked into; have it sent with fewer"},
    {"members", "more members than are looked at; have it sent in parts"},
    {"size", "larger than is unpacked; have it sent in parts"},
    {"ratio",
     "unpacks to far more than it is; have the same content sent so that it can be examined"},
    {"time", "takes longer than it may; have it sent in parts"},
    {"stream", "larger than the scanner takes; raise StreamMaxLength in clamd.conf and "
               "--stream-max with it, or have it sent in parts"},
    {"damaged", "damaged, or not what it says it is; have it sent again"},
    {"special", "a link or a device inside an archive; have it sent without"},
    {"scanner", "the scanner answered with an error; see its log"},
    {"no-scanner", "no scanner answers; start clamd, or name its socket with --scanner"},
    {"crashed", "the examination broke off; do not open the file"},
    {"overdue", "the examination had to be ended; do not open the file"},
};

const char *scanner_reason(const char *why)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (!strcmp(reasons[i].why, why))
            return reasons[i].text;
    return why;
}
