/* Sets of values for matching. `tsujiban intel compile --out SET FILE…`: lists of values as a set that is mapped. `tsujiban intel set SET…`: what
 * sets say of themselves. `intel delta` and `intel merge`: what makes a newer set of an older one, and making it. */
#include "cmd/commands.h"
#include "cmd/home.h"
#include "cmd/intel-out.h"
#include "cmd/open-set.h"
#include "cmd/set-rules.h"

#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "base/time.h"
#include "intel/set-delta.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LIST_MAX ((size_t)4 << 30)
#define SET_MAX ((size_t)16 << 30)
#define STRICT_CONFIDENTIALITY 2 /* of what nobody has marked */
#define STRICT_TLP TLP_AMBER_STRICT

int open_set(const char *path, struct set **ret)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = set_open(path, ret, &diag);
    command_print_diag(&diag);
    if (r && !diag.n_errors)
        command_fail_why(MSG_CONSOLE_READ, path, r < 0 ? -r : EIO);
    diag_done(&diag);
    return r ? EXIT_FAILED : EXIT_DONE;
}

static int check_whole(const char *path, const struct set *set)
{
    return set_is_whole(set)
               ? EXIT_DONE
               : command_fail(MSG_FAIL_SET_DIGEST, {"path", str_of(path)});
}

int open_whole_set(const char *path, struct set **ret)
{
    int status = open_set(path, ret);

    return status ? status : check_whole(path, *ret);
}

/* ---- compile ---- */

enum { OPT_OUT = GATE_WHO_N, OPT_EXACT, OPT_UNTIL, OPT_TLP, OPT_CONFIDENTIALITY, OPT_COLLECTION, OPT_BELOW };

struct list {
    struct set_builder *set;
    struct clue value;
    struct diag diag;
    size_t n_values, n_left_out;
};

static void leave_out(struct list *l, const char *path, unsigned line, struct str why)
{
    diag_add(&l->diag, DIAG_ERROR, path, line, 1, "%.*s", STR_ARG(why));
    l->n_left_out++;
}

static int add_value(struct list *l, const char *path, unsigned line, struct str indicator,
                     uint64_t until_us)
{
    struct str why;
    int r;

    if (indicator.len > SET_INDICATOR_MAX || !utf8_is_valid(indicator)) {
        leave_out(l, path, line, message_text(home_language(), MSG_MATCH_INDICATOR));
        return 0;
    }
    r = set_builder_add(l->set, &l->value, indicator, until_us);
    l->n_values += !r;
    if (r > 0) {
        why = message_text(home_language(), MSG_MATCH_FULL);
        diag_add(&l->diag, DIAG_ERROR, path, line, 1, "%.*s", STR_ARG(why));
    }
    return r;
}

/* "value", "value TAB indicator" or "value TAB indicator TAB end". 1: the set is full, see diag. */
static int add_row(struct list *l, const char *path, unsigned line, struct str row)
{
    struct str value = STR_NONE, indicator = STR_NONE, rest = row;
    uint64_t until_us = 0;
    int r;

    if (!str_split(&rest, '\t', &value))
        return 0;
    if (str_split(&rest, '\t', &indicator))
        indicator = str_trim(indicator);
    rest = str_trim(rest);
    if (rest.len && instant_parse(rest, &until_us)) {
        leave_out(l, path, line, message_text(home_language(), MSG_MATCH_END));
        return 0;
    }
    r = clue_read(value, &l->value);
    if (r > 0) {
        leave_out(l, path, line, message_text(home_language(), clue_fault_text(r)));
        return 0;
    }
    return r ? r : add_value(l, path, line, indicator, until_us);
}

static int add_file(struct list *l, const char *path)
{
    CLEANUP(buf_done) struct buf text;
    struct str rest, row;
    unsigned line = 0;
    int r;

    buf_init(&text, LIST_MAX);
    r = file_read(path, LIST_MAX, &text, &l->diag);
    rest = buf_str(&text);
    while (!r && str_split(&rest, '\n', &row)) {
        line++;
        row = str_trim(row);
        if (row.len && row.at[0] != '#')
            r = add_row(l, path, line, row);
    }
    return r;
}

static int write_set(struct list *l, const char *path)
{
    CLEANUP(buf_done) struct buf file;
    int r;

    buf_init(&file, SET_MAX);
    r = set_builder_print(l->set, &file);
    if (r)
        return command_fail(MSG_FAIL_SET_MADE, {"why", str_of(command_why(-r))});
    if (file_write_atomic(path, buf_str(&file), 0644, &l->diag))
        return EXIT_FAILED;
    command_print_diag(&l->diag);
    diag_clear(&l->diag);
    command_say(MSG_SAID_SET_MADE, {"n", NUMBER(l->n_values)}, {"left", NUMBER(l->n_left_out)}, {"size", NUMBER(file.len)});
    return l->n_left_out ? EXIT_FAILED : EXIT_DONE;
}

/* What the command says of the set. EXIT_DONE, EXIT_USAGE. */
static int read_mark(const struct arguments *args, struct set_mark *ret)
{
    uint64_t confidentiality = STRICT_CONFIDENTIALITY;
    const char *until = args->values[OPT_UNTIL], *tlp = args->values[OPT_TLP],
               *level = args->values[OPT_CONFIDENTIALITY];
    int status = EXIT_DONE;

    *ret = (struct set_mark){.created_us = clock_real_us(),
                             .tlp = STRICT_TLP,
                             .flags = args->values[OPT_EXACT] ? 0 : SET_BELOW};
    if (until && instant_parse(str_of(until), &ret->until_us))
        status = command_fail(MSG_FAIL_UNTIL_INSTANT, {"given", str_of(until)});
    else if (tlp && !tlp_parse(str_of(tlp), &ret->tlp))
        status =
            command_fail(MSG_FAIL_TLP, {"given", str_of(tlp)});
    else if (level && str_to_u64(str_of(level), 1, LABEL_CONFIDENTIALITY_MAX, &confidentiality))
        status = command_fail(MSG_FAIL_LEVEL, {"given", str_of(level)});
    ret->confidentiality = (int)confidentiality;
    return status ? EXIT_USAGE : EXIT_DONE;
}

static int compile(const struct arguments *args, const struct set_mark *mark)
{
    struct list l = {.set = set_builder_new(mark, NULL)};
    int status = EXIT_DONE, r = l.set ? 0 : -ENOMEM;

    clue_init(&l.value);
    diag_init(&l.diag);
    for (size_t i = 0; i < args->n_rest && !r; i++)
        r = add_file(&l, args->rest[i]);
    if (r < 0)
        status = command_fail(MSG_FAIL_LISTS_READ, {"why", str_of(command_why(-r))});
    else
        status = r ? EXIT_FAILED : write_set(&l, args->values[OPT_OUT]);
    command_print_diag(&l.diag);
    diag_done(&l.diag);
    clue_done(&l.value);
    set_builder_free(l.set);
    return status;
}

/* From what is held, as far as it may leave. */
static int compile_collection(const struct arguments *args, const struct set_mark *mark)
{
    CLEANUP(buf_done) struct buf file;
    struct intel_out out;
    struct diag diag;
    uint64_t n_held = 0;
    int status;

    buf_init(&file, INTEL_SET_MAX);
    diag_init(&diag);
    status = intel_out_open(args, args->values[OPT_COLLECTION], "set", &out) ?: intel_out_set(&out, mark->until_us, args->values[OPT_BELOW] ? SET_BELOW : 0, &file, &n_held);
    if (!status && file_write_atomic(args->values[OPT_OUT], buf_str(&file), 0644, &diag)) {
        command_print_diag(&diag);
        status = EXIT_FAILED;
    }
    if (!status) {
        intel_out_tell_held(n_held);
        command_say(MSG_SAID_SET_WRITTEN, {"path", str_of(args->values[OPT_OUT])}, {"size", NUMBER(file.len)});
    }
    intel_out_close(&out);
    diag_done(&diag);
    return status;
}

static int run_compile(const struct arguments *args)
{
    struct set_mark mark;
    int status = EXIT_USAGE;

    if (!args->values[OPT_OUT])
        command_fail(MSG_FAIL_COMPILE_OUT);
    else if (args->values[OPT_BELOW] && !args->values[OPT_COLLECTION])
        command_fail(MSG_FAIL_COMPILE_BELOW);
    else if (!args->n_rest == !args->values[OPT_COLLECTION])
        command_fail(MSG_FAIL_COMPILE_WHAT);
    else if (args->values[OPT_COLLECTION] && (args->values[OPT_TLP] || args->values[OPT_CONFIDENTIALITY]))
        command_fail(MSG_FAIL_COMPILE_MARKS);
    else
        status = read_mark(args, &mark);
    if (status)
        return status;
    return args->values[OPT_COLLECTION] ? compile_collection(args, &mark) : compile(args, &mark);
}

static const struct option_row compile_options[] = {
    GATE_WHO_OPTIONS,
    {"--out", "SET", MSG_OPTION_INTEL_SET_OUT},
    {"--exact-names", NULL, MSG_OPTION_INTEL_SET_EXACT_NAMES},
    {"--until", "INSTANT", MSG_OPTION_INTEL_SET_UNTIL},
    {"--tlp", "TLP", MSG_OPTION_INTEL_SET_TLP},
    {"--confidentiality", "1|2|3", MSG_OPTION_INTEL_SET_CONFIDENTIALITY},
    {"--collection", "NAME", MSG_OPTION_INTEL_SET_COLLECTION},
    {"--below", NULL, MSG_OPTION_INTEL_SET_BELOW},
};
const struct command cmd_intel_compile = {"intel compile",
                                          "[FILE…]",
                                          MSG_HELP_INTEL_COMPILE,
                                          compile_options,
                                          ARRAY_LEN(compile_options),
                                          0,
                                          SIZE_MAX,
                                          run_compile,
                                          false};

/* ---- set ---- */

static int put_instant(json_t *line, const char *key, uint64_t us)
{
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&text, 64);
    r = us ? instant_print_utc(us, &text) : 0;
    return r || !us ? r : json_put_strn(line, key, buf_str(&text));
}

static int say_set(const char *path, const struct set *set)
{
    const struct set_mark *mark = set_mark(set);
    JSON_AUTO *line = json_object();
    int r = line ? json_put_strn(line, "file", str_of(path)) : -ENOMEM;

    if (!r)
        r = json_put_int(line, "entries", (int64_t)set_count(set));
    if (!r)
        r = put_instant(line, "created", mark->created_us);
    if (!r)
        r = put_instant(line, "until", mark->until_us);
    if (!r)
        r = json_put_int(line, "confidentiality", mark->confidentiality);
    if (!r)
        r = json_put_str(line, "tlp", tlp_name(mark->tlp));
    if (!r)
        r = json_put_str(line, "digest", digest_text(set_digest(set)).at);
    if (!r && (json_dumpf(line, stdout, JSON_COMPACT) || putchar('\n') < 0))
        r = -EIO;
    return r;
}

static int show_set(const char *path)
{
    CLEANUP(set_freep) struct set *set = NULL;
    int r = open_set(path, &set);

    if (r)
        return r;
    r = say_set(path, set);
    if (r)
        return command_fail(MSG_FAIL_SET_TOLD, {"path", str_of(path)}, {"why", str_of(command_why(-r))});
    return check_whole(path, set);
}

enum { OPT_RULES, OPT_RULES_OUT, OPT_SID, OPT_RULES_EXPIRED };

static int wrong_format(const char *name)
{
    CLEANUP(buf_done) struct buf known;
    int r = 0;

    buf_init(&known, 4096);
    for (unsigned i = 0; !r && i < RULES_N_FORMATS; i++)
        r = buf_printf(&known, "%s%s", i ? " " : "", rule_format_name((enum rule_format)i));
    return r ? command_fail(MSG_CONSOLE_MEMORY) : command_wrong(MSG_WRONG_RULE_FORMAT, {"given", str_of(name)}, {"known", buf_str(&known)});
}

static int run_rules(const struct arguments *args)
{
    const char *name = args->values[OPT_RULES], *sid = args->values[OPT_SID];
    struct set_rules_order o = {.out = args->values[OPT_RULES_OUT],
                                .is_expired_fine = args->values[OPT_RULES_EXPIRED] != NULL};
    CLEANUP(set_freep) struct set *set = NULL;
    uint64_t first = RULES_SID_FIRST;
    int status;

    if (!rule_format_of(str_of(name), &o.format))
        return wrong_format(name);
    if (sid && str_to_u64(str_of(sid), 1, UINT32_MAX, &first))
        return command_wrong(MSG_FAIL_SID, {"given", str_of(sid)});
    if (args->n_rest != 1)
        return command_wrong(MSG_FAIL_TO_ONE);
    o.sid_first = (uint32_t)first;
    status = open_set(args->rest[0], &set);
    return status ? status : set_rules(args->rest[0], set, &o);
}

static int run_set(const struct arguments *args)
{
    int worst = EXIT_DONE;

    if (args->values[OPT_RULES])
        return run_rules(args);
    for (size_t i = 0; i < args->n_rest; i++) {
        int status = show_set(args->rest[i]);

        worst = MAX_OF(worst, status);
    }
    return fflush(stdout) ? command_fail(MSG_FAIL_IT_WRITTEN, {"why", str_of(command_why(errno))}) : worst;
}

static const struct option_row set_options[] = {
    {"--to", "FORMAT", MSG_OPTION_INTEL_SET_TO},
    {"--out", "FILE", MSG_OPTION_INTEL_SET_OUT_2},
    {"--sid", "N", MSG_OPTION_INTEL_SET_SID},
    {"--expired", NULL, MSG_OPTION_INTEL_SET_EXPIRED},
};
const struct command cmd_intel_set = {
    "intel set",
    "SET…",
    MSG_HELP_INTEL_SET,
    set_options,
    ARRAY_LEN(set_options),
    1,
    SIZE_MAX,
    run_set,
    false};

/* ---- delta, merge ---- */

enum { OPT_FROM, OPT_TO, OPT_DELTA_OUT };

static int write_file(const char *path, struct str bytes)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = file_write_atomic(path, bytes, 0644, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (!r)
        command_say(MSG_SAID_WRITTEN, {"size", NUMBER(bytes.len)});
    return r ? EXIT_FAILED : EXIT_DONE;
}

static int run_delta(const struct arguments *args)
{
    CLEANUP(set_freep) struct set *from = NULL;
    CLEANUP(set_freep) struct set *to = NULL;
    CLEANUP(buf_done) struct buf out;
    int status, r;

    buf_init(&out, SET_MAX);
    if (!args->values[OPT_FROM] || !args->values[OPT_TO] || !args->values[OPT_DELTA_OUT])
        return command_wrong(MSG_FAIL_DELTA_WHAT);
    status = open_whole_set(args->values[OPT_FROM], &from);
    if (!status)
        status = open_whole_set(args->values[OPT_TO], &to);
    if (status)
        return status;
    r = set_delta_print(from, to, &out);
    return r ? command_fail(MSG_FAIL_DELTA_MADE, {"why", str_of(command_why(-r))})
             : write_file(args->values[OPT_DELTA_OUT], buf_str(&out));
}

static const struct option_row delta_options[] = {
    {"--from", "SET", MSG_OPTION_INTEL_SET_FROM},
    {"--to", "SET", MSG_OPTION_INTEL_SET_TO_2},
    {"--out", "FILE", MSG_OPTION_INTEL_SET_OUT_3},
};
const struct command cmd_intel_delta = {"intel delta",
                                        "",
                                        MSG_HELP_INTEL_DELTA,
                                        delta_options,
                                        ARRAY_LEN(delta_options),
                                        0,
                                        0,
                                        run_delta,
                                        false};

enum { OPT_SET, OPT_MERGE_OUT };

static int merge(const struct set *set, const char *path, const char *delta_path)
{
    CLEANUP(buf_done) struct buf delta;
    CLEANUP(buf_done) struct buf out;
    struct diag diag;
    int r;

    buf_init(&delta, SET_MAX);
    buf_init(&out, SET_MAX);
    diag_init(&diag);
    r = file_read(delta_path, SET_MAX, &delta, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r)
        return EXIT_FAILED;
    r = set_delta_apply(set, buf_str(&delta), &out);
    if (r == DELTA_E_OTHER)
        return command_fail(MSG_FAIL_DELTA_OTHER, {"path", str_of(delta_path)});
    if (r > 0)
        return command_fail(MSG_FAIL_DELTA_BAD, {"path", str_of(delta_path)});
    return r ? command_fail(MSG_FAIL_MERGED, {"why", str_of(command_why(-r))})
             : write_file(path, buf_str(&out));
}

static int run_merge(const struct arguments *args)
{
    CLEANUP(set_freep) struct set *set = NULL;
    int status;

    if (!args->values[OPT_SET] || !args->values[OPT_MERGE_OUT])
        return command_wrong(MSG_FAIL_MERGE_WHAT);
    status = open_whole_set(args->values[OPT_SET], &set);
    return status ? status : merge(set, args->values[OPT_MERGE_OUT], args->rest[0]);
}

static const struct option_row merge_options[] = {
    {"--set", "SET", MSG_OPTION_INTEL_SET_SET},
    {"--out", "SET", MSG_OPTION_INTEL_SET_OUT_4},
};
const struct command cmd_intel_merge = {"intel merge",
                                        "DELTA",
                                        MSG_HELP_INTEL_MERGE,
                                        merge_options,
                                        ARRAY_LEN(merge_options),
                                        1,
                                        1,
                                        run_merge,
                                        false};
