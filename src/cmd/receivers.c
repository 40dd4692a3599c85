#include "cmd/receivers.h"

#include "cmd/command.h"

#include "base/file.h"

#include <stdlib.h>

#define KEYS_BYTES_MAX (64u << 10)

static int parse(const char *path, struct str text, struct box_public *keys, size_t *n)
{
    struct str line;
    unsigned number = 0;

    while (str_split(&text, '\n', &line)) {
        number++;
        line = str_trim(line);
        if (line.len == 0 || line.at[0] == '#')
            continue;
        if (*n == BOX_SLOTS_MAX)
            return command_fail("%s names more than %u receivers; seal in parts", path,
                                BOX_SLOTS_MAX);
        if (box_public_parse(line, &keys[(*n)++]))
            return command_fail("%s:%u: this is no key; it is a line of the .pub file that "
                                "`tsujiban seal-key` makes",
                                path, number);
    }
    return *n ? 0 : command_fail("%s names no receiver", path);
}

int receivers_read(const char *path, struct box_public **ret, size_t *ret_n)
{
    CLEANUP(buf_done) struct buf text;
    struct diag diag;
    int r;

    buf_init(&text, KEYS_BYTES_MAX);
    *ret_n = 0;
    *ret = calloc(BOX_SLOTS_MAX, sizeof(**ret));
    if (!*ret)
        return command_fail("out of memory");
    diag_init(&diag);
    r = file_read(path, KEYS_BYTES_MAX, &text, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? EXIT_FAILED : parse(path, buf_str(&text), *ret, ret_n);
}
