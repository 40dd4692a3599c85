#include "cmd/scanner.h"

#include "cmd/commands.h"
#include "cmd/home.h"
#include "guard/examine.h"

#include <inttypes.h>
#include <string.h>

int scanner_stream_max(const char *mib, uint64_t *ret_bytes)
{
    uint64_t n;

    if (!mib)
        return 0;
    if (str_to_u64(str_of(mib), 1, EXAMINE_UNPACKED_MAX >> 20, &n)) {
        return command_wrong(MSG_WRONG_STREAM_MAX, {"given", str_of(mib)}, {"max", NUMBER(EXAMINE_UNPACKED_MAX >> 20)});
    }
    *ret_bytes = n << 20;
    return 0;
}

/* Reasons of examine.h and examiner.h, and what would be right. */
static const struct {
    const char *why;
    enum message_key text;
} reasons[] = {
    {"encrypted", MSG_EXAMINE_WHY_ENCRYPTED},   {"layers", MSG_EXAMINE_WHY_LAYERS},
    {"members", MSG_EXAMINE_WHY_MEMBERS},       {"size", MSG_EXAMINE_WHY_SIZE},
    {"ratio", MSG_EXAMINE_WHY_RATIO},           {"time", MSG_EXAMINE_WHY_TIME},
    {"stream", MSG_EXAMINE_WHY_STREAM},         {"damaged", MSG_EXAMINE_WHY_DAMAGED},
    {"special", MSG_EXAMINE_WHY_SPECIAL},       {"scanner", MSG_EXAMINE_WHY_SCANNER},
    {"no-scanner", MSG_EXAMINE_WHY_NO_SCANNER}, {"crashed", MSG_EXAMINE_WHY_CRASHED},
    {"overdue", MSG_EXAMINE_WHY_OVERDUE},       {"path", MSG_EXAMINE_WHY_PATH},
    {"polyglot", MSG_EXAMINE_WHY_POLYGLOT},     {"image", MSG_EXAMINE_WHY_IMAGE},
    {"archive", MSG_EXAMINE_WHY_ARCHIVE},
};

struct str scanner_reason(const char *why)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (!strcmp(reasons[i].why, why))
            return message_text(home_language(), reasons[i].text);
    return str_of(why);
}
