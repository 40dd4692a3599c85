/* `tsujiban media export | import`: files onto a medium and from one, as far as the directive in force allows (G1, G2 of doc/design/information.md). What it
 * measures nobody types; what it moves stands in the trail. */
#include "cmd/commands.h"
#include "cmd/media-move.h"
#include "cmd/scanner.h"
#include "cmd/secret-file.h"

#include "guard/seal.h"

#include <stdlib.h>

#define SCANNER_OPTIONS                                                   \
    {"--scanner", "SOCKET", MSG_OPTION_SCANNER}, \
    {                                                                     \
        "--stream-max", "MIB", MSG_OPTION_MEDIA_STREAM_MAX \
    }

/* ---- export ---- */

enum { OUT_TO = GATE_N, OUT_ITEM, OUT_PLAIN, OUT_CIPHER, OUT_PASSWORD, OUT_NEW, OUT_RECEIVERS, OUT_ACCEPT, OUT_SCANNER, OUT_STREAM };

/* Wrong usage is told before anybody signs in. */
static int export_usage(const struct arguments *args)
{
    const char *const *v = args->values;
    unsigned words = (v[OUT_PASSWORD] != NULL) + (v[OUT_NEW] != NULL) + (v[OUT_RECEIVERS] != NULL);

    if (!v[OUT_TO] || !v[OUT_ITEM])
        return command_wrong(MSG_WRONG_EXPORT);
    if (v[OUT_PLAIN] && v[OUT_CIPHER])
        return command_wrong(MSG_WRONG_PLAIN_OR_CIPHER);
    if (v[OUT_CIPHER] ? words != 1 : words > (v[OUT_PLAIN] ? 0u : 1u))
        return command_wrong(MSG_WRONG_CIPHER);
    return 0;
}

static int run_export(const struct arguments *args)
{
    const char *const *v = args->values;
    struct media_source *files = NULL;
    struct gate gate;
    struct examine_limits limits = examine_limits_default;
    int r = export_usage(args);

    if (r || (r = scanner_stream_max(v[OUT_STREAM], &limits.stream_max)))
        return r;
    r = gate_open(args, &gate);
    if (!r && !(files = calloc(args->n_rest, sizeof(*files))))
        r = command_fail(MSG_CONSOLE_MEMORY);
    for (size_t i = 0; !r && i < args->n_rest; i++)
        files[i] = (struct media_source){move_base_of(args->rest[i]), args->rest[i], -1};
    if (!r)
        r = media_export(&gate, &(struct media_out){.dir = v[OUT_TO],
                                                    .item = v[OUT_ITEM],
                                                    .by_grant = !v[OUT_PLAIN] && !v[OUT_CIPHER],
                                                    .is_cipher = v[OUT_CIPHER] != NULL,
                                                    .password_file = v[OUT_PASSWORD],
                                                    .new_password = v[OUT_NEW],
                                                    .receivers = v[OUT_RECEIVERS],
                                                    .accept_unsupported = v[OUT_ACCEPT] != NULL,
                                                    .scanner = v[OUT_SCANNER],
                                                    .limits = limits,
                                                    .files = files,
                                                    .n = args->n_rest});
    free(files);
    gate_close(&gate);
    return r;
}

static const struct option_row export_options[] = {
    GATE_OPTIONS,
    {"--to", "DIR", MSG_OPTION_MEDIA_TO},
    {"--item", "NAME", MSG_OPTION_MEDIA_ITEM},
    {"--plain", NULL, MSG_OPTION_MEDIA_PLAIN},
    {"--cipher", NULL, MSG_OPTION_MEDIA_CIPHER},
    {"--password-file", "FILE", MSG_OPTION_MEDIA_PASSWORD_FILE},
    {"--new-password", "FILE", MSG_OPTION_MEDIA_NEW_PASSWORD},
    {"--receivers", "FILE", MSG_OPTION_MEDIA_RECEIVERS},
    {"--accept-unsupported", NULL, MSG_OPTION_MEDIA_ACCEPT_UNSUPPORTED},
    SCANNER_OPTIONS,
};
const struct command cmd_media_export = {"media export",
                                         "FILE…",
                                         MSG_HELP_MEDIA_EXPORT,
                                         export_options,
                                         ARRAY_LEN(export_options),
                                         1,
                                         SEAL_SOURCES_MAX,
                                         run_export,
                                         false};

/* ---- import ---- */

enum { IN_FROM = GATE_N, IN_TO, IN_ITEM, IN_STATION, IN_PASSWORD, IN_SCANNER, IN_STREAM };

static int import_usage(const struct arguments *args)
{
    const char *const *v = args->values;

    if (!v[IN_FROM] || !v[IN_TO] != !v[IN_ITEM] || (args->n_rest && !v[IN_TO])) {
        return command_wrong(MSG_WRONG_IMPORT);
    }
    return 0;
}

static int run_import(const struct arguments *args)
{
    const char *const *v = args->values;
    struct media_in q = {.from = v[IN_FROM], .to = v[IN_TO], .item = v[IN_ITEM], .scanner = v[IN_SCANNER], .limits = examine_limits_default,
                         .names = args->rest, .n = args->n_rest};
    CLEANUP(buf_wipe) struct buf password = {0};
    struct gate gate = {0};
    int r = import_usage(args);

    if (r || (r = scanner_stream_max(v[IN_STREAM], &q.limits.stream_max)))
        return r;
    buf_init(&password, EXAMINE_PASSWORD_MAX + 1);
    if (v[IN_PASSWORD])
        r = secret_file_read(v[IN_PASSWORD], MSG_WORD_PASSWORD, EXAMINE_PASSWORD_MAX, &password);
    q.password = password.len ? password.at : "";
    q.station = v[v[IN_STATION] ? IN_STATION : GATE_AT];
    if (!r && !(r = gate_open(args, &gate)))
        r = media_import(&gate, &q);
    gate_close(&gate);
    return r;
}

static const struct option_row import_options[] = {
    GATE_OPTIONS,
    {"--from", "DIR", MSG_OPTION_MEDIA_FROM},
    {"--to", "DIR", MSG_OPTION_MEDIA_TO_2},
    {"--item", "NAME", MSG_OPTION_MEDIA_ITEM},
    {"--station", "NAME", MSG_OPTION_MEDIA_STATION},
    {"--password-file", "FILE", MSG_OPTION_EXAMINE_PASSWORD_FILE},
    SCANNER_OPTIONS,
};
const struct command cmd_media_import = {"media import",
                                         "[FILE…]",
                                         MSG_HELP_MEDIA_IMPORT,
                                         import_options,
                                         ARRAY_LEN(import_options),
                                         0,
                                         SIZE_MAX,
                                         run_import,
                                         false};
