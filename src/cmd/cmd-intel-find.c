/* `tsujiban intel find`: the objects in sight that share a value, or that have words in their texts, each as one JSON line behind the counts. */
#include "cmd/commands.h"
#include "cmd/media-gate.h"

#include "engine/intel.h"
#include "intel/stock-find.h"
#include "intel/stock-lives.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_DEFAULT 100u
#define TOLD_MAX 1000000u

enum { FIND_TYPE = GATE_WHO_N, FIND_BELOW, FIND_CURRENT, FIND_TEXT, FIND_KIND, FIND_MOST };

struct find {
    const struct arguments *args;
    struct gate gate;
    struct stock *stock;
    struct sight *sight;
    struct clue value;
    uint64_t most, told;
};

enum { FIND_ENOUGH = 100 };

/* Of an indicator: "current", "ends" where it does, how often it was "seen" in sight. */
static int put_life(json_t *line, const struct stock_life *life, bool is_current)
{
    CLEANUP(buf_done) struct buf ends;
    int r = json_put_flag(line, "current", is_current);

    buf_init(&ends, 64);
    if (!r && life->end_us != DECAY_NEVER)
        r = instant_print_utc((uint64_t)life->end_us, &ends) ?: json_put_strn(line, "ends", buf_str(&ends));
    if (!r && life->n_seen)
        r = json_put_int(line, "seen", (int64_t)life->n_seen);
    if (!r && life->n_false)
        r = json_put_int(line, "false", (int64_t)life->n_false);
    return r;
}

/* `line` is taken. */
static int print_line(json_t *line)
{
    JSON_AUTO *l = line;

    return !l ? -ENOMEM : json_dumpf(l, stdout, JSON_COMPACT) || putchar('\n') < 0 ? -EIO : 0;
}

/* NULL: no memory. */
static json_t *line_of(const struct stock_object *o)
{
    JSON_AUTO *line = json_object();
    int r = line ? json_put_strn(line, "id", o->id) : -ENOMEM;

    if (!r)
        r = json_put_strn(line, "type", o->type);
    if (!r && o->version.len)
        r = json_put_strn(line, "version", o->version);
    if (!r)
        r = json_put_str(line, "tlp", tlp_name(o->tlp));
    return r ? NULL : TAKE(line);
}

static int print_one(struct stock_ref ref, void *context)
{
    struct find *x = context;
    struct stock_object o;
    struct stock_life life;
    bool is_indicator = false, is_current = false;
    int r = x->told == x->most ? FIND_ENOUGH : stock_head(x->stock, x->sight, ref, &o);
    JSON_AUTO *line = NULL;

    if (!r) {
        line = line_of(&o);
        is_indicator = str_eq(o.type, STR("indicator"));
        r = !line ? -ENOMEM : is_indicator ? stock_life(x->stock, x->sight, ref, o.id, &life) : 0;
        is_current = is_indicator && !r && life.end_us > (int64_t)engine_now(x->gate.engine);
    }
    if (r || (x->args->values[FIND_CURRENT] && !is_current))
        return r;
    x->told++;
    if (is_indicator)
        r = put_life(line, &life, is_current);
    return r ? r : print_line(TAKE(line));
}

/* {"id","type","version","tlp","in"}: it is called so; in names, in other texts, or in those of relationships and sightings */
static int print_hit(const struct stock_hit *hit, void *context)
{
    static const char *const where[] = {[STOCK_CALLED] = "name", [STOCK_IN_NAMES] = "names", [STOCK_IN_TEXTS] = "texts", [STOCK_IN_LINKS] = "links"};
    json_t *line = line_of(hit->object);

    if (line && json_put_str(line, "in", where[hit->rank])) {
        json_decref(line);
        line = NULL;
    }
    return print_line(line);
}

/* The hits, and behind them {"total": of them, "more": there are others}. */
static int find_text(struct find *x, const struct fold_words *words)
{
    const char *kind = x->args->values[FIND_KIND];
    struct stock_found found = {0, false};
    int r = stock_find(x->stock, x->sight, words, str_of(kind ? kind : ""), 0, (unsigned)x->most, print_hit, x, &found);

    return r ? r : print_line(json_pack("{s:I, s:b}", "total", (json_int_t)found.total, "more", found.more));
}

/* {"type","value","shared": objects with it, "below": objects with something that belongs to it} */
static int print_counts(struct find *x)
{
    CLEANUP(buf_done) struct buf shown;
    JSON_AUTO *line = json_object();
    uint64_t shared, below;
    int r = stock_count(x->stock, x->sight, &x->value, STOCK_AS_IT_IS, &shared) ?: stock_count(x->stock, x->sight, &x->value, STOCK_DERIVED, &below);

    buf_init(&shown, CLUE_TEXT_MAX * 4);
    if (!r)
        r = clue_show(&x->value, &shown);
    if (!r)
        r = line ? json_put_str(line, "type", clue_type_name(x->value.type)) : -ENOMEM;
    if (!r)
        r = json_put_strn(line, "value", buf_str(&shown));
    if (!r)
        r = json_put_int(line, "shared", (int64_t)shared);
    if (!r)
        r = json_put_int(line, "below", (int64_t)below);
    return r ? r : print_line(TAKE(line));
}

static int find(struct find *x)
{
    enum stock_how how = x->args->values[FIND_BELOW] ? STOCK_DERIVED : STOCK_AS_IT_IS;
    int r = print_counts(x);

    if (!r)
        r = stock_sharing(x->stock, x->sight, &x->value, how, (struct stock_ref){0, 0}, print_one, x);
    return r == FIND_ENOUGH ? 0 : r;
}

static int open_stock(struct find *x)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = stock_open(x->gate.home.db, x->gate.store, &x->stock, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (!r)
        r = engine_sight(x->gate.engine, x->gate.person.at, engine_now(x->gate.engine), &x->sight);
    return r ? command_fail(MSG_FAIL_INTEL_STORE) : 0;
}

static int read_value(struct find *x)
{
    const char *text = x->args->rest[0], *name = x->args->values[FIND_TYPE];
    enum clue_type type = name ? clue_type_of(str_of(name)) : CLUE_NONE;
    struct str why;
    int r;

    if (name && type == CLUE_NONE)
        return command_wrong(MSG_FAIL_NO_TYPE, {"given", str_of(name)});
    r = type == CLUE_NONE ? clue_read(str_of(text), &x->value) : clue_read_as(type, str_of(text), &x->value);
    if (r > 0) {
        why = message_text(home_language(), clue_fault_text(r));
        return command_fail(MSG_FAIL_VALUE_BAD, {"given", str_of(text)}, {"why", why});
    }
    return r ? command_fail_why(MSG_CONSOLE_READ, text, -r) : 0;
}

static int read_most(struct find *x)
{
    int64_t n = TOLD_DEFAULT;

    if (x->args->values[FIND_MOST] && str_to_i64(str_of(x->args->values[FIND_MOST]), 0, TOLD_MAX, &n))
        return command_wrong(MSG_FAIL_FIND_MOST, {"max", NUMBER(TOLD_MAX)});
    x->most = (uint64_t)n;
    return 0;
}

static int refuse_words(const struct arguments *args, int why)
{
    if (why == FOLD_WORDS_SHORT)
        return command_fail(MSG_FAIL_FIND_SHORT, {"given", str_of(args->rest[0])});
    if (why == FOLD_WORDS_LONG)
        return command_fail(MSG_FAIL_FIND_LONG, {"words", NUMBER(FOLD_WORDS_MAX)}, {"chars", NUMBER(FOLD_WORDS_TEXT_MAX)});
    return command_fail(why < 0 ? MSG_CONSOLE_MEMORY : MSG_FAIL_FIND_WORD);
}

static int run_find_text(const struct arguments *args)
{
    struct find x = {.args = args};
    struct fold_words words;
    int r = read_most(&x), e = fold_words_read(str_of(args->rest[0]), &words);

    if (!r && (x.most < 1 || x.most > STOCK_FIND_HITS_MAX)) {
        command_fail(MSG_FAIL_FIND_MOST_TEXT, {"max", NUMBER(STOCK_FIND_HITS_MAX)});
        r = EXIT_USAGE;
    }
    if (!r && e)
        r = refuse_words(args, e);
    r = r ?: gate_enter_person(args, &x.gate) ?: open_stock(&x);
    if (!r && (e = find_text(&x, &words)))
        r = command_fail(MSG_FAIL_LOOKED_FOR, {"given", str_of(args->rest[0])}, {"why", str_of(command_why_store(e))});
    fold_words_done(&words);
    stock_close(x.stock);
    sight_free(x.sight);
    gate_close(&x.gate);
    return fflush(stdout) ? command_fail(MSG_FAIL_OBJECTS_WRITTEN, {"why", str_of(command_why(errno))}) : r;
}

static int run_find_value(const struct arguments *args)
{
    struct find x = {.args = args};
    int r, e = 0;

    clue_init(&x.value);
    r = read_most(&x) ?: read_value(&x) ?: gate_enter_person(args, &x.gate) ?: open_stock(&x);
    if (!r && (e = find(&x)))
        r = command_fail(MSG_FAIL_LOOKED_FOR, {"given", str_of(args->rest[0])}, {"why", str_of(command_why_store(e))});
    stock_close(x.stock);
    sight_free(x.sight);
    clue_done(&x.value);
    gate_close(&x.gate);
    return fflush(stdout) ? command_fail(MSG_FAIL_OBJECTS_WRITTEN, {"why", str_of(command_why(errno))}) : r;
}

static int run_find(const struct arguments *args)
{
    bool is_text = args->values[FIND_TEXT] != NULL;

    if (is_text ? args->values[FIND_TYPE] || args->values[FIND_BELOW] || args->values[FIND_CURRENT] : args->values[FIND_KIND] != NULL)
        return command_wrong(MSG_FAIL_FIND_OPTIONS);
    return is_text ? run_find_text(args) : run_find_value(args);
}

static const struct option_row find_options[] = {
    GATE_WHO_OPTIONS,
    {"--type", "TYPE", MSG_OPTION_INTEL_FIND_TYPE},
    {"--below", NULL, MSG_OPTION_INTEL_FIND_BELOW},
    {"--current", NULL, MSG_OPTION_INTEL_FIND_CURRENT},
    {"--text", NULL, MSG_OPTION_INTEL_FIND_TEXT},
    {"--kind", "TYPE", MSG_OPTION_INTEL_FIND_KIND},
    {"--most", "N", MSG_OPTION_INTEL_FIND_MOST},
};
const struct command cmd_intel_find = {
    "intel find",
    "VALUE",
    MSG_HELP_INTEL_FIND,
    find_options,
    ARRAY_LEN(find_options),
    1,
    1,
    run_find,
    false};
