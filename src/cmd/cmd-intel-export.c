/* `tsujiban intel export`: a collection as a STIX bundle, or what its indicators look for as rules for other programs, as far as it may leave (LB4, LI4 of
 * doc/design/intelligence.md). */
#include "cmd/commands.h"
#include "cmd/intel-out.h"
#include "cmd/set-rules.h"

#include "intel/stock-values.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { EXPORT_COLLECTION = GATE_WHO_N, EXPORT_FORMAT, EXPORT_BELOW, EXPORT_CURRENT };

struct export {
    bool is_below; /* names with all names below them */
    struct intel_out out;
    bool is_current; /* of indicators those that are; everything else stays */
    struct stock_current *current;
    struct stock_place at;
    uint64_t n_told, n_held;
};

/* ---- a bundle ---- */

static int print_member(const struct stock_member *m, void *context)
{
    struct export *x = context;

    x->at = m->place;
    if (stock_level(m->object.tlp) > x->out.level) {
        x->n_held++;
        return 0;
    }
    if (x->current && str_eq(m->object.type, STR("indicator")) && !stock_current_end(x->current, m->object.ref))
        return 0;
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

static int print_bundle(struct export *x)
{
    struct stock_query q = {.collection = str_of(x->out.collection), .limit = STOCK_PAGE_MAX, .wants_bytes = true};
    bool more = true;
    int r = x->is_current ? stock_current(x->out.stock, x->out.sight, (int64_t)engine_now(x->out.gate.engine), &x->current) : 0;

    q.which = x->is_current ? STOCK_LAST : STOCK_ALL;
    if (!r)
        r = print_head();

    while (!r && more) {
        q.after = x->at;
        r = stock_page(x->out.stock, x->out.sight, &q, print_member, x, &more);
    }
    if (!r)
        r = printf("]}\n") < 0 ? -EIO : 0;
    return r ? command_fail("the collection cannot be written: %s", r < 0 ? strerror(-r) : "the store is damaged, or busy") : 0;
}

/* ---- rules ---- */

static int print_rules(struct export *x, enum rule_format format)
{
    const struct set_rules_order order = {.format = format, .sid_first = RULES_SID_FIRST, .now_us = engine_now(x->out.gate.engine)};
    CLEANUP(buf_done) struct buf bytes;
    CLEANUP(set_freep) struct set *set = NULL;
    int r;

    buf_init(&bytes, INTEL_SET_MAX);
    r = intel_out_set(&x->out, 0, x->is_below ? SET_BELOW : 0, &bytes, &x->n_held);
    if (!r && set_of(buf_str(&bytes), &set))
        r = command_fail("there is no memory");
    return r ? r : set_rules("the collection", set, &order);
}

static int run_export(const struct arguments *args)
{
    const char *format = args->values[EXPORT_FORMAT];
    enum rule_format rules = RULES_N_FORMATS;
    struct export x = {.is_below = args->values[EXPORT_BELOW] != NULL, .is_current = args->values[EXPORT_CURRENT] != NULL};
    int r;

    if (!args->values[EXPORT_COLLECTION] || !format) {
        command_fail("intel: name what is written, and how: --collection, --format");
        return EXIT_USAGE;
    }
    if (strcmp(format, "stix") != 0 && !rule_format_of(str_of(format), &rules)) {
        command_fail("--format: \"%s\" is none of stix, suricata, zeek, rpz, squid, csv, plain", format);
        return EXIT_USAGE;
    }
    r = intel_out_open(args, args->values[EXPORT_COLLECTION], format, &x.out) ?: rules == RULES_N_FORMATS ? print_bundle(&x) : print_rules(&x, rules);
    if (!r)
        intel_out_tell_held(x.n_held);
    stock_current_free(x.current);
    intel_out_close(&x.out);
    return fflush(stdout) ? command_fail("it cannot be written: %m") : r;
}

static const struct option_row export_options[] = {
    GATE_WHO_OPTIONS,
    {"--collection", "NAME", "what is written, by its name or number in the register"},
    {"--format", "FORMAT", "stix: a bundle; suricata, zeek, rpz, squid, csv, plain: what its indicators look for now"},
    {"--below", NULL, "a name stands for all names below it, which is more than its pattern says"},
    {"--current", NULL, "of a bundle: the newest version of each object, and of indicators those that are current"},
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
