/* Any bytes as lines of a relay's log: what is answered lies within the line and within its limits. */
#include "guard/relay-log.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_in(struct str part, struct str line)
{
    return !part.len || (part.at >= line.at && part.at + part.len <= line.at + line.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, line;

    while (size && str_split(&rest, '\n', &line)) {
        struct relay_line l;
        int r = relay_line_read(line, &l);

        if (r && r != RELAY_E_OTHER)
            abort();
        if (!r && (!l.id.len || l.id.len > RELAY_ID_MAX || l.address.len > RELAY_ADDRESS_MAX ||
                   !lies_in(l.id, line) || (l.address.len && !lies_in(l.address, line)) ||
                   (l.code.len && !lies_in(l.code, line)) ||
                   (l.outcome < RELAY_EXPIRED && (!l.address.len || !l.code.len)) ||
                   memchr(l.address.at, ' ', l.address.len)))
            abort();
    }
    return 0;
}
