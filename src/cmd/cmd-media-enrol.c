/* `tsujiban media enrol`: this computer becomes a station, or renews its key (G2 of doc/design/information.md). The key is made here and stays here; who may
 * enrol signs in, and the directive's act puts the public half into the register. The new key takes the old one's place once that is entered: what
 * breaks before leaves the old one, and what breaks between leaves the new one beside it, as KEY.new. */
#include "cmd/commands.h"
#include "cmd/media-gate.h"

#include "base/file.h"
#include "engine/station.h"
#include "regulation/model.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_ENROL "enrol"
#define DAYS_DEFAULT 365u
#define DAYS_MAX 1096u

enum { ENROL_AT = GATE_WHO_N, ENROL_DAYS, ENROL_N };

/* In a folder of its own, which is made, where nobody named the file. */
static int write_key(const char *path, const struct station_key *key)
{
    CLEANUP(buf_wipe) struct buf text;
    CLEANUP(buf_done) struct buf folder;
    struct diag diag;
    int r;

    buf_init(&text, STATION_KEY_BYTES);
    buf_init(&folder, PATH_MAX);
    diag_init(&diag);
    r = station_key_print(key, &text) || buf_add_text(&folder, path) ? -ENOMEM : 0;
    if (!r)
        r = dir_make(dirname(folder.at), 0700, &diag);
    if (!r)
        r = file_write_atomic(path, buf_str(&text), 0600, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_ENROL_KEY) : 0;
}

static int print_last_day(struct gate *g, unsigned long long days, struct buf *out)
{
    return day_print_iso(day_of_instant(engine_now(g->engine)) + (int32_t)days, out)
               ? command_fail(MSG_CONSOLE_MEMORY)
               : 0;
}

static int enrol(struct gate *g, const char *path, unsigned long long days)
{
    const struct reg *reg = engine_reg_of_stations(g->engine);
    CLEANUP(buf_done) struct buf until;
    CLEANUP(buf_done) struct buf next;
    JSON_AUTO *with = NULL;
    int r;

    buf_init(&until, 64);
    buf_init(&next, PATH_MAX);
    if (!reg)
        return command_fail(MSG_FAIL_NO_STATIONS);
    if ((r = print_last_day(g, days, &until)))
        return r;
    station_key_make(&g->key);
    with = json_pack("{s:s}", reg->stations.key->id, g->key.public_hex);
    if (!with || (reg->stations.until && json_put_str(with, reg->stations.until->id, until.at)) ||
        buf_printf(&next, "%s.new", path))
        return command_fail(MSG_CONSOLE_MEMORY);
    if ((r = write_key(next.at, &g->key)))
        return r;
    r = keeper_link_prove(g->link, &g->key);
    r = r ? command_fail(MSG_FAIL_STATION_KEY_REFUSED, {"why", str_of(command_why(-r))})
          : gate_act_on(g, reg->id, STEP_ENROL, g->computer, with);
    if (r) {
        IGNORE(unlink(next.at), "a key that nobody enrolled opens nothing");
        return r;
    }
    if (rename(next.at, path))
        return command_fail(MSG_FAIL_ENROL_RENAMED, {"path", str_of(next.at)}, {"to", str_of(path)}, {"why", str_of(command_why(errno))});
    command_say(MSG_SAID_ENROLLED, MESSAGE_WORD("word", MSG_WORD_ENROLLED), {"station", str_of(g->computer)}, {"until", buf_str(&until)},
                {"key", str_of(g->key.public_hex)}, {"path", str_of(path)});
    return 0;
}

static int run_enrol(const struct arguments *args)
{
    uint64_t days = DAYS_DEFAULT;
    CLEANUP(buf_done) struct buf path;
    struct gate g = {0};
    int r;

    buf_init(&path, PATH_MAX);
    if (!args->values[ENROL_AT]) {
        return command_wrong(MSG_WRONG_ENROL_AT);
    }
    if (args->values[ENROL_DAYS] &&
        str_to_u64(str_of(args->values[ENROL_DAYS]), 1, DAYS_MAX, &days)) {
        return command_wrong(MSG_WRONG_ENROL_DAYS, {"max", NUMBER(DAYS_MAX)});
    }
    r = gate_enter(args, &g);
    if (!r)
        r = gate_find(&g, GATE_TRAIL, "computer", args->values[ENROL_AT], g.computer);
    if (!r)
        r = gate_key_path(&g, g.computer, &path);
    if (!r)
        r = enrol(&g, path.at, days);
    gate_close(&g);
    return r;
}

static const struct option_row enrol_options[] = {
    GATE_WHO_OPTIONS,
    {"--at", "NAME", MSG_OPTION_MEDIA_ENROL_AT},
    {"--days", "N", MSG_OPTION_MEDIA_ENROL_DAYS},
};
const struct command cmd_media_enrol = {
    "media enrol",
    "",
    MSG_HELP_MEDIA_ENROL,
    enrol_options,
    ARRAY_LEN(enrol_options),
    0,
    0,
    run_enrol,
    false};
