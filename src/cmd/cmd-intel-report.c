/* Reports on indicators, each as an import of its own (LI2, LI3 of doc/design/intelligence.md). `tsujiban intel sight FILE…`: the hits of `tsujiban match` as
 * sightings, one of each indicator with its number of hits. `tsujiban intel withdraw ID`: what is our own gets a version that says `revoked`; of what others
 * made, that it is withdrawn here. */
#include "cmd/commands.h"
#include "cmd/media-gate.h"

#include "base/file.h"
#include "engine/intel.h"
#include "intel/own.h"
#include "intel/stix-id.h"
#include "intel/stock-lives.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HITS_MAX ((size_t)1 << 30) /* bytes of one file of hits */
#define LINE_DEPTH 4u
#define OBJECTS_MAX ((size_t)256 << 20)

enum { REPORT_COLLECTION = GATE_WHO_N, REPORT_CHANNEL, REPORT_AT, REPORT_REASON = REPORT_AT };

struct reporting {
    const struct arguments *args;
    struct gate gate;
    struct stock *stock;
    struct sight *sight;
    char collection[GATE_ID_SIZE], channel[GATE_ID_SIZE];
    uint64_t now_us, at_us;
    struct hits {
        struct str id;
        uint32_t n;
    } *hits; /* of each indicator, by id */
    size_t n_hits, hits_size;
    struct buf ids;     /* what `hits` points into, once all are there */
    struct buf objects;
    uint64_t n_lines, n_told, n_unknown;
};

/* ---- who and where ---- */

static int open_all(struct reporting *x)
{
    const struct reg *reg = engine_holding(x->gate.engine, HOLDS_INTEL_IMPORTS, engine_now(x->gate.engine));
    struct diag diag;
    int r;

    if (!reg)
        return command_fail(MSG_FAIL_NO_IMPORTS);
    r = gate_find(&x->gate, reg->id, "collection", x->args->values[REPORT_COLLECTION], x->collection) ?:
        gate_find(&x->gate, reg->id, "channel", x->args->values[REPORT_CHANNEL], x->channel);
    if (r)
        return r;
    x->now_us = engine_now(x->gate.engine);
    diag_init(&diag);
    r = stock_open(x->gate.home.db, x->gate.store, &x->stock, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (!r)
        r = engine_sight(x->gate.engine, x->gate.person.at, x->now_us, &x->sight);
    return r ? command_fail(MSG_FAIL_INTEL_STORE) : 0;
}

static int told(const json_t *answer)
{
    const char *lang = home_language() == MESSAGE_JA ? "ja" : "en";
    const json_t *outcome = json_obj(answer, "outcome"), *unmet = json_object_get(outcome, "unmet");

    command_fail_text(str_of(json_str(json_obj(answer, "say"), lang)));
    for (size_t i = 0; i < json_array_size(unmet); i++)
        fprintf(stderr, "  %s\n", json_str(json_obj(json_array_get(unmet, i), "say"), lang));
    return !strcmp(json_str(outcome, "result"), "not-yet") ? EXIT_NOT_YET : !strcmp(json_str(answer, "error"), "forbidden") ? EXIT_FORBIDDEN : EXIT_FAILED;
}

static int bring(struct reporting *x, const struct run_setting *s, struct own_brought *ret)
{
    JSON_AUTO *answer = NULL;
    int r = own_bring(s, buf_str(&x->objects), ret, &answer);

    if (r == RUN_E_REFUSED || r == RUN_E_WAITS)
        return told(answer);
    if (r == OWN_E_WRONG)
        return command_fail(MSG_FAIL_REPORT_STIX);
    return r ? command_fail(MSG_FAIL_KEEPER_ASKED, {"why", str_of(command_why(r < 0 ? -r : EIO))}) : 0;
}

static struct run_setting setting_of(const struct reporting *x, const char *name)
{
    return (struct run_setting){.link = x->gate.link, .token = str_of(x->gate.cookie), .collection = x->collection, .channel = x->channel, .name = name};
}

/* ---- hits ---- */

static int add_hit(struct reporting *x, struct str id)
{
    size_t at = x->ids.len;

    if (x->n_hits == x->hits_size) {
        size_t size = x->hits_size ? 2 * x->hits_size : 256;
        struct hits *more = reallocarray(x->hits, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        x->hits = more;
        x->hits_size = size;
    }
    x->hits[x->n_hits++] = (struct hits){{NULL, id.len}, (uint32_t)at};
    return at + id.len > UINT32_MAX ? -E2BIG : buf_add_str(&x->ids, id);
}

/* What is no hit of an indicator is passed over and counted. */
static int take_line(struct reporting *x, const char *path, unsigned number, struct str line)
{
    JSON_AUTO *hit = NULL;
    struct str id, type;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = json_parse(line, (struct json_limits){line.len, LINE_DEPTH}, &hit, &diag);
    diag_done(&diag);
    if (r < 0)
        return r;
    if (r || !json_is_object(hit))
        return command_fail(MSG_FAIL_REPORT_LINE, {"path", str_of(path)}, {"line", NUMBER(number)});
    id = str_of(json_str(hit, "indicator"));
    x->n_lines++;
    if (!stix_id_is(id, &type) || !str_eq(type, STR("indicator"))) {
        x->n_unknown++;
        return 0;
    }
    return add_hit(x, id);
}

static int read_hits(struct reporting *x, const char *path)
{
    CLEANUP(buf_done) struct buf text;
    struct str rest, line;
    struct diag diag;
    unsigned number = 0;
    int r;

    buf_init(&text, HITS_MAX);
    diag_init(&diag);
    r = file_read(path, HITS_MAX, &text, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return EXIT_FAILED;
    rest = buf_str(&text);
    while (!r && str_split(&rest, '\n', &line)) {
        number++;
        line = str_trim(line);
        if (line.len)
            r = take_line(x, path, number, line);
    }
    return r < 0 ? command_fail_why(MSG_CONSOLE_READ, path, -r) : r;
}

static int hits_cmp(const void *a, const void *b)
{
    return str_cmp(((const struct hits *)a)->id, ((const struct hits *)b)->id);
}

/* One row of each indicator. */
static void settle(struct reporting *x)
{
    size_t n = 0;

    for (size_t i = 0; i < x->n_hits; i++) {
        x->hits[i].id.at = x->ids.at + x->hits[i].n;
        x->hits[i].n = 1;
    }
    if (x->n_hits)
        qsort(x->hits, x->n_hits, sizeof(*x->hits), hits_cmp);
    for (size_t i = 0; i < x->n_hits; i++)
        if (n && str_eq(x->hits[n - 1].id, x->hits[i].id))
            x->hits[n - 1].n += x->hits[n - 1].n < 999999999;
        else
            x->hits[n++] = x->hits[i];
    x->n_hits = n;
}

/* Only what he sees can have been looked for on his behalf; the report is marked as it is. */
static int report_hits(struct reporting *x, const struct hits *h)
{
    struct own_report o = {.of = h->id, .at_us = x->at_us, .now_us = x->now_us, .n = h->n, .text = STR_NONE};
    struct stock_object found;
    int r = stock_latest(x->stock, x->sight, h->id, &found);

    if (r == STOCK_E_NONE) {
        x->n_unknown += h->n;
        return 0;
    }
    if (r)
        return r;
    o.tlp = found.tlp;
    x->n_told++;
    return own_print(&o, &x->objects);
}

static int sight(struct reporting *x)
{
    struct run_setting s = setting_of(x, "match");
    struct own_brought brought;
    int r = 0;

    for (size_t i = 0; !r && i < x->args->n_rest; i++)
        r = read_hits(x, x->args->rest[i]);
    if (r)
        return r;
    settle(x);
    for (size_t i = 0; !r && i < x->n_hits; i++)
        r = report_hits(x, &x->hits[i]);
    if (r)
        return command_fail(MSG_FAIL_SIGHTINGS_TOLD, {"why", str_of(command_why_store(r))});
    if (!x->n_told) {
        command_say(MSG_SAID_SIGHTED_NONE, {"hits", NUMBER(x->n_lines)}, {"unknown", NUMBER(x->n_unknown)});
        return 0;
    }
    r = bring(x, &s, &brought);
    if (!r)
        command_say(MSG_SAID_SIGHTED, {"record", str_of(brought.record)}, {"n", NUMBER(x->n_told)}, {"hits", NUMBER(x->n_lines)}, {"unknown", NUMBER(x->n_unknown)});
    return r;
}

/* ---- withdrawing ---- */

static int withdraw(struct reporting *x)
{
    const char *id = x->args->rest[0], *reason = x->args->values[REPORT_REASON];
    struct run_setting s = setting_of(x, id);
    struct own_report o = {.is_false = true, .of = str_of(id), .at_us = x->now_us, .now_us = x->now_us, .n = 1, .text = str_of(reason)};
    struct engine_source source;
    struct stock_object found;
    struct own_brought brought;
    int r = stock_latest(x->stock, x->sight, str_of(id), &found);

    if (r == STOCK_E_NONE)
        return command_fail(MSG_FAIL_WITHDRAW_NONE, {"id", str_of(id)});
    if (!r)
        r = engine_intel_source(x->gate.engine, STOCK_RUN(found.ref.number), x->now_us, &source);
    o.tlp = r ? TLP_RED : found.tlp;
    if (!r && !source.is_own && !str_starts(str_of(id), STR("indicator--")))
        return command_fail(MSG_FAIL_WITHDRAW_OTHERS);
    if (!r)
        r = source.is_own ? own_revoke(found.bytes, x->now_us, &x->objects) : own_print(&o, &x->objects);
    if (r)
        return command_fail(MSG_FAIL_WITHDRAW, {"id", str_of(id)},
                            {"why", str_of(r < 0 ? command_why(-r) : command_word(MSG_FAIL_NO_VERSIONS))});
    s.object = id;
    s.reason = reason;
    r = bring(x, &s, &brought);
    if (!r)
        command_say(MSG_SAID_DONE, {"record", str_of(brought.record)});
    return r;
}

/* ---- both ---- */

static int run(const struct arguments *args, int (*work)(struct reporting *x))
{
    struct reporting x = {.args = args};
    const char *at = args->values[REPORT_AT];
    int r;

    if (!args->values[REPORT_COLLECTION] || !args->values[REPORT_CHANNEL])
        return command_wrong(MSG_FAIL_REPORT_WHERE);
    if (work == withdraw && !args->values[REPORT_REASON])
        return command_wrong(MSG_FAIL_WITHDRAW_REASON);
    if (work == sight && at && instant_parse(str_of(at), &x.at_us))
        return command_wrong(MSG_FAIL_AT_INSTANT, {"given", str_of(at)});
    buf_init(&x.ids, HITS_MAX);
    buf_init(&x.objects, OBJECTS_MAX);
    r = gate_enter_person(args, &x.gate) ?: open_all(&x);
    x.at_us = x.at_us ? x.at_us : x.now_us;
    if (!r)
        r = work(&x);
    free(x.hits);
    buf_done(&x.ids);
    buf_done(&x.objects);
    stock_close(x.stock);
    sight_free(x.sight);
    gate_close(&x.gate);
    return fflush(stdout) ? command_fail(MSG_FAIL_REPORT_WRITTEN, {"why", str_of(command_why(errno))}) : r;
}

static int run_sight(const struct arguments *args)
{
    return run(args, sight);
}

static int run_withdraw(const struct arguments *args)
{
    return run(args, withdraw);
}

static const struct option_row sight_options[] = {
    GATE_WHO_OPTIONS,
    {"--collection", "NAME", MSG_OPTION_INTEL_REPORT_COLLECTION},
    {"--channel", "NAME", MSG_OPTION_INTEL_REPORT_CHANNEL},
    {"--at", "INSTANT", MSG_OPTION_INTEL_REPORT_AT},
};
const struct command cmd_intel_sight = {
    "intel sight", "FILE…", MSG_HELP_INTEL_SIGHT, sight_options, ARRAY_LEN(sight_options), 1, SIZE_MAX, run_sight, false};

static const struct option_row withdraw_options[] = {
    GATE_WHO_OPTIONS,
    {"--collection", "NAME", MSG_OPTION_INTEL_REPORT_COLLECTION_2},
    {"--channel", "NAME", MSG_OPTION_INTEL_REPORT_CHANNEL},
    {"--reason", "TEXT", MSG_OPTION_INTEL_REPORT_REASON},
};
const struct command cmd_intel_withdraw = {
    "intel withdraw", "ID", MSG_HELP_INTEL_WITHDRAW, withdraw_options, ARRAY_LEN(withdraw_options), 1, 1, run_withdraw, false};
