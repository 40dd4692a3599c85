#include "cmd/receivers.h"

#include "cmd/command.h"

#include "base/codec.h"
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
            return command_fail(MSG_FAIL_RECEIVERS_MANY, {"path", str_of(path)}, {"max", NUMBER(BOX_SLOTS_MAX)});
        if (box_public_parse(line, &keys[(*n)++]))
            return command_fail(MSG_FAIL_RECEIVERS_LINE, {"path", str_of(path)}, {"line", NUMBER(number)});
    }
    return *n ? 0 : command_fail(MSG_FAIL_RECEIVERS_NONE, {"path", str_of(path)});
}

static int read_file(const char *path, struct buf *text)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = file_read(path, KEYS_BYTES_MAX, text, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? EXIT_FAILED : 0;
}

int receivers_list(const char *path, json_t **ret)
{
    CLEANUP(buf_done) struct buf text;
    struct box_public *keys = NULL;
    JSON_AUTO *lines = json_object();
    struct str rest, line;
    size_t n;
    int r = receivers_read(path, &keys, &n);

    free(keys);
    buf_init(&text, KEYS_BYTES_MAX);
    if (r || (r = read_file(path, &text)))
        return r;
    rest = buf_str(&text);
    while (lines && str_split(&rest, '\n', &line)) {
        struct str at = str_trim(line), word;

        line = at;
        if (!line.len || line.at[0] == '#')
            continue;
        IGNORE(str_split(&at, ' ', &word) && str_split(&at, ' ', &word), "they were read as keys");
        at = str_trim(at);
        if (json_object_setn_new(lines, line.at, line.len, json_stringn(at.at ? at.at : "", at.len)))
            return command_fail(MSG_FAIL_RECEIVERS_TEXT, {"path", str_of(path)});
    }
    *ret = TAKE(lines);
    return *ret ? 0 : command_fail(MSG_CONSOLE_MEMORY);
}

int receivers_of_lines(const json_t *lines, struct box_public **ret, size_t *ret_n, struct buf *out)
{
    struct box_public *keys = calloc(BOX_SLOTS_MAX, sizeof(*keys));
    const json_t *name;
    const char *line;
    size_t n = 0;

    *ret = keys;
    json_object_foreach ((json_t *)(uintptr_t)lines, line, name) {
        struct digest d;

        if (!keys || n == BOX_SLOTS_MAX || box_public_parse(str_of(line), &keys[n]))
            return command_fail(keys ? MSG_FAIL_KEYS_LIST : MSG_CONSOLE_MEMORY);
        d = sha256((struct str){(const char *)keys[n].bytes, sizeof(keys[n].bytes)});
        if (buf_printf(out, "%s%s%ssha256:%s", n ? "; " : "", json_string_value(name), *json_string_value(name) ? " " : "", digest_text(&d).at))
            return command_fail(MSG_FAIL_RECEIVERS_TRAIL);
        n++;
    }
    *ret_n = n;
    return 0;
}

int receivers_read(const char *path, struct box_public **ret, size_t *ret_n)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, KEYS_BYTES_MAX);
    *ret_n = 0;
    *ret = calloc(BOX_SLOTS_MAX, sizeof(**ret));
    if (!*ret)
        return command_fail(MSG_CONSOLE_MEMORY);
    return read_file(path, &text) ? EXIT_FAILED : parse(path, buf_str(&text), *ret, ret_n);
}
