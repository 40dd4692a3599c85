/* Any bytes as what stands at the scanner's socket says: an answer or an error, in time, and never "clean" unless the words of a clean
 * answer to the stream that was asked about are there. */
#include "guard/clamd.h"
#include "guard/content-type.h"

#include "base/macros.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(struct clamd *c, const uint8_t *data, size_t size)
{
    struct clamd_said said;

    while (!clamd_begin(c) && !clamd_add(c, STR("hello")) && !clamd_end(c, &said)) {
        assert(strlen(said.name) <= CLAMD_NAME_MAX);
        for (const char *at = said.name; *at; at++)
            assert(*at >= 0x20 && *at < 0x7f);
        if (said.answer == CLAMD_CLEAN)
            assert(memmem(data, size, "stream: OK", 10));
        if (said.answer == CLAMD_FOUND)
            assert(memmem(data, size, " FOUND", 6));
        if (said.answer == CLAMD_UNABLE)
            break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct clamd *c;
    int pair[2];

    assert(*content_type_name(content_type_of((struct str){(const char *)data, size})));
    if (size > 8192 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
        return 0;
    IGNORE(write(pair[1], data, size) < 0, "whatever arrives is the case");
    shutdown(pair[1], SHUT_WR);
    if (!clamd_open(pair[0], clock_monotonic_us() + US_PER_SECOND, &c)) {
        ask(c, data, size);
        clamd_close(c);
    }
    close(pair[1]);
    return 0;
}
