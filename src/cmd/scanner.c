#include "cmd/scanner.h"

#include "cmd/commands.h"
#include "guard/examine.h"

#include <inttypes.h>

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
