/* `tsujiban intel export`: a collection as a STIX bundle, as far as it may leave (LB4 of doc/design/intelligence.md). */
#include "cmd/commands.h"
#include "cmd/media-gate.h"
#include "cmd/progress.h"

#include "engine/intel.h"
#include "intel/stock.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { EXPORT_COLLECTION = GATE_WHO_N, EXPORT_FORMAT };

struct export {
    const struct arguments *args;
    struct gate gate;
    struct stock *stock;
    struct sight *sight;
    char collection[GATE_ID_SIZE];
    int level; /* of confidentiality that leaves at most */
    struct stock_place at;
    uint64_t n_told, n_held;
};

static int level_of(enum tlp tlp)
{
    return tlp <= TLP_GREEN ? 1 : tlp <= TLP_AMBER_STRICT ? 2 : 3;
}

static int print_member(const struct stock_member *m, void *context)
{
    struct export *x = context;

    x->at = m->place;
    if (level_of(m->object.tlp) > x->level) {
        x->n_held++;
        return 0;
    }
    if (x->n_told++ && fputs(",\n", stdout) < 0)
        return -EIO;
    return fwrite(m->object.bytes.at, 1, m->object.bytes.len, stdout) == m->object.bytes.len ? 0 : -EIO;
}

static int print_head(void)
{
    uint8_t b[16];

    random_fill(b, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    return printf("{\"type\":\"bundle\",\"id\":\"bundle--%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x\",\"objects\":[\n", b[0], b[1], b[2],
                  b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]) < 0
               ? -EIO
               : 0;
}

static int print_all(struct export *x)
{
    struct stock_query q = {.collection = str_of(x->collection), .limit = STOCK_PAGE_MAX, .wants_bytes = true};
    bool more = true;
    int r = print_head();

    while (!r && more) {
        q.after = x->at;
        r = stock_page(x->stock, x->sight, &q, print_member, x, &more);
    }
    return r ? r : printf("]}\n") < 0 ? -EIO : 0;
}

static int ask(struct export *x)
{
    JSON_AUTO *answer = NULL;
    int r = home_ask(x->gate.link,
                     json_pack("{s:s, s:s, s:s, s:s}", "op", "intel-export", "token", x->gate.cookie, "collection", x->collection, "format",
                               x->args->values[EXPORT_FORMAT]),
                     &answer);

    x->level = (int)json_int(answer, "level");
    return r;
}

static int open_stock(struct export *x)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = stock_open(x->gate.home.db, x->gate.store, &x->stock, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (!r)
        r = engine_sight(x->gate.engine, x->gate.person.at, engine_now(x->gate.engine), &x->sight);
    return r ? command_fail("the store of threat intelligence cannot be read") : 0;
}

static int find_collection(struct export *x)
{
    const struct reg *reg = engine_holding(x->gate.engine, HOLDS_INTEL_IMPORTS, engine_now(x->gate.engine));

    if (!reg)
        return command_fail("no directive in force has a register of imports; adopt regulations/intelligence, or one like it");
    return gate_find(&x->gate, reg->id, "collection", x->args->values[EXPORT_COLLECTION], x->collection);
}

static int run_export(const struct arguments *args)
{
    struct export x = {.args = args};
    int r, e = 0;

    if (!args->values[EXPORT_COLLECTION] || !args->values[EXPORT_FORMAT]) {
        command_fail("intel: name what is written, and how: --collection, --format");
        return EXIT_USAGE;
    }
    r = gate_enter_person(args, &x.gate) ?: find_collection(&x) ?: open_stock(&x) ?: ask(&x);
    if (!r && (e = print_all(&x)))
        r = command_fail("the collection cannot be written: %s", e < 0 ? strerror(-e) : "the store is damaged, or busy");
    if (!r && x.n_held)
        fprintf(stderr, "tsujiban: held back: %" PRIu64 " objects, which are more confidential than a file carries\n", x.n_held);
    stock_close(x.stock);
    sight_free(x.sight);
    gate_close(&x.gate);
    return fflush(stdout) ? command_fail("the bundle cannot be written: %m") : r;
}

static const struct option_row export_options[] = {
    GATE_WHO_OPTIONS,
    {"--collection", "NAME", "what is written, by its name or number in the register"},
    {"--format", "stix", "a bundle of STIX"},
};
const struct command cmd_intel_export = {
    "intel export",
    "",
    "Writes a collection to standard output, as far as it may leave",
    export_options,
    ARRAY_LEN(export_options),
    0,
    0,
    run_export,
    false};
