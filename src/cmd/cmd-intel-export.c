/* `tsujiban intel export`: a collection as a STIX bundle or as events of MISP, or what its indicators look for as rules for other programs, as far as it may leave (LB4, LI4 of
 * doc/design/intelligence.md). */
#include "cmd/commands.h"
#include "cmd/convert.h"
#include "cmd/intel-out.h"
#include "cmd/set-rules.h"

#include "base/arena.h"
#include "engine/intel-links.h"
#include "intel/id-set.h"
#include "intel/own.h"
#include "intel/stock-values.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define LINKS_MEMORY ((size_t)512 << 20)
#define LEFT_OUT_TOLD 20u

enum { EXPORT_COLLECTION = GATE_WHO_N, EXPORT_FORMAT, EXPORT_BELOW, EXPORT_CURRENT };

struct export {
    bool is_below; /* names with all names below them */
    struct intel_out out;
    bool is_current; /* of indicators those that are; everything else stays */
    struct stock_current *current;
    struct stock_place at;
    uint64_t n_told, n_held;
    struct id_set told; /* ids of objects that are in the bundle */
    struct conversion *events; /* what becomes of them instead; NULL: they go into a bundle as they are */
};

/* ---- objects ---- */

static int print_object(struct export *x, struct str bytes)
{
    if (x->events)
        return x->events->sink->object(x->events, bytes);
    if (x->n_told++ && fputs(",\n", stdout) < 0)
        return -EIO;
    return fwrite(bytes.at, 1, bytes.len, stdout) == bytes.len ? 0 : -EIO;
}

static int print_member(const struct stock_member *m, void *context)
{
    struct export *x = context;
    bool unused;
    int r;

    x->at = m->place;
    if (stock_level(m->object.tlp) > x->out.level) {
        x->n_held++;
        return 0;
    }
    if (x->current && str_eq(m->object.type, STR("indicator")) && !stock_current_end(x->current, m->object.ref))
        return 0;
    r = id_set_add(&x->told, m->object.id, &unused);
    return r ? r : print_object(x, m->object.bytes);
}

/* ---- confirmed links ---- */

static enum tlp tlp_of_level(int level)
{
    return level <= 1 ? TLP_CLEAR : level == 2 ? TLP_AMBER : TLP_RED;
}

/* Its mark is the stricter of both ends' and of what its label asks for. 1: it does not go. */
static int link_of(struct export *x, const struct engine_pair *p, struct own_link *ret)
{
    const struct str ends[] = {p->a, p->b};

    *ret = (struct own_link){p->record, p->a, p->b, tlp_of_level(p->confidentiality), p->made_us};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct stock_object o;
        int r;

        if (!id_set_has(&x->told, ends[i])) /* its end is not in the bundle */
            return 1;
        r = stock_latest(x->out.stock, x->out.sight, ends[i], &o);
        if (r)
            return r == STOCK_E_NONE ? 1 : r;
        ret->tlp = MAX_OF(ret->tlp, o.tlp);
    }
    if (stock_level(ret->tlp) <= x->out.level)
        return 0;
    x->n_held++;
    return 1;
}

static int print_link(struct export *x, const struct engine_pair *p)
{
    CLEANUP(buf_done) struct buf text;
    struct own_link l;
    int r = link_of(x, p, &l);

    buf_init(&text, 8192);
    if (r)
        return r == 1 ? 0 : r;
    return own_relation(&l, &text) ?: print_object(x, buf_str(&text));
}

/* What people confirmed between two objects that are in the bundle, as far as who exports sees it (CO4). */
static int print_links(struct export *x)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(LINKS_MEMORY);
    struct engine_pairs all;
    int r = a ? engine_pairs(x->out.gate.engine, x->out.gate.person.at, str_of(x->out.collection), engine_now(x->out.gate.engine), a, &all) : -ENOMEM;

    for (size_t i = 0; !r && i < all.n; i++)
        r = print_link(x, &all.at[i]);
    return r;
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
    struct stock_query q = {.collection = str_of(x->out.collection), .limit = STOCK_PAGE_MAX, .wants_bytes = true};
    bool more = true;
    int r = x->is_current ? stock_current(x->out.stock, x->out.sight, (int64_t)engine_now(x->out.gate.engine), &x->current) : 0;

    q.which = x->is_current || x->events ? STOCK_LAST : STOCK_ALL;
    while (!r && more) {
        q.after = x->at;
        r = stock_page(x->out.stock, x->out.sight, &q, print_member, x, &more);
    }
    return r ? r : print_links(x);
}

static int not_written(int r)
{
    return command_fail(MSG_FAIL_COLLECTION_WRITTEN, {"why", str_of(command_why_store(r))});
}

static int print_bundle(struct export *x)
{
    int r = print_head() ?: print_all(x);

    if (!r)
        r = printf("]}\n") < 0 ? -EIO : 0;
    return r ? not_written(r) : 0;
}

/* The newest version of each; what MISP has no place for is told, as `intel convert` tells it, but of very much not each. */
static int print_events(struct export *x, const char *name)
{
    struct conversion c = {.sink = &convert_to_misp, .path = name, .made_us = engine_now(x->out.gate.engine), .most_told = LEFT_OUT_TOLD};
    int r;

    buf_init(&c.message, CONVERT_LINE_MAX);
    buf_init(&c.safe, CONVERT_LINE_MAX);
    x->events = &c;
    r = c.sink->open(&c) ?: print_all(x) ?: c.sink->close(&c);
    c.sink->done(&c);
    buf_done(&c.message);
    buf_done(&c.safe);
    if (r)
        return not_written(r);
    command_note(MSG_SAID_EXPORTED, {"n", NUMBER(c.n_objects)}, {"left", NUMBER(c.n_left_out)});
    return c.n_left_out || c.n_errors ? EXIT_FAILED : 0;
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
        r = command_fail(MSG_CONSOLE_MEMORY);
    return r ? r : set_rules(command_word(MSG_SAID_COLLECTION), set, &order);
}

static int run_export(const struct arguments *args)
{
    const char *format = args->values[EXPORT_FORMAT];
    enum rule_format rules = RULES_N_FORMATS;
    struct export x = {.is_below = args->values[EXPORT_BELOW] != NULL, .is_current = args->values[EXPORT_CURRENT] != NULL};
    int r;

    if (!args->values[EXPORT_COLLECTION] || !format)
        return command_wrong(MSG_FAIL_EXPORT_WHAT);
    if (strcmp(format, "stix") != 0 && strcmp(format, "misp") != 0 && !rule_format_of(str_of(format), &rules))
        return command_wrong(MSG_FAIL_EXPORT_FORMAT, {"given", str_of(format)});
    r = intel_out_open(args, args->values[EXPORT_COLLECTION], format, &x.out);
    if (!r) {
        r = rules != RULES_N_FORMATS ? print_rules(&x, rules) : strcmp(format, "misp") == 0 ? print_events(&x, args->values[EXPORT_COLLECTION]) : print_bundle(&x);
        intel_out_tell_held(x.n_held);
    }
    stock_current_free(x.current);
    id_set_done(&x.told);
    intel_out_close(&x.out);
    return fflush(stdout) ? command_fail(MSG_FAIL_IT_WRITTEN, {"why", str_of(command_why(errno))}) : r;
}

static const struct option_row export_options[] = {
    GATE_WHO_OPTIONS,
    {"--collection", "NAME", MSG_OPTION_INTEL_EXPORT_COLLECTION},
    {"--format", "FORMAT", MSG_OPTION_INTEL_EXPORT_FORMAT},
    {"--below", NULL, MSG_OPTION_INTEL_EXPORT_BELOW},
    {"--current", NULL, MSG_OPTION_INTEL_EXPORT_CURRENT},
};
const struct command cmd_intel_export = {
    "intel export",
    "",
    MSG_HELP_INTEL_EXPORT,
    export_options,
    ARRAY_LEN(export_options),
    0,
    0,
    run_export,
    false};
