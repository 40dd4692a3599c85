/* `tsujiban regulation schema`: the JSON Schema of one kind of file, for editors; from the very tables that the reader uses. */
#include "cmd/commands.h"
#include "regulation/pack-schema.h"

#include <stdio.h>

#define TEXT_MAX (1u << 20)

static int run(const struct arguments *args)
{
    CLEANUP(buf_done) struct buf format, text;

    buf_init(&format, 128);
    buf_init(&text, TEXT_MAX);
    if (buf_printf(&format, "%s/1", args->rest[0]) || pack_schema(format.at, &text)) {
        return command_wrong(MSG_WRONG_SCHEMA, {"given", str_of(args->rest[0])});
    }
    (void)fwrite(text.at, 1, text.len, stdout);
    return EXIT_DONE;
}

const struct command cmd_regulation_schema = {"regulation schema", "KIND", MSG_HELP_REGULATION_SCHEMA, NULL, 0, 1, 1,
                                              run, false};
