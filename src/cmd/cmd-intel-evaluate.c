/* `tsujiban intel evaluate [--pattern PATTERN] FILE…`: what observed data in STIX files are found by, the pattern or those of the indicators in the files (PT2 of
 * doc/design/intelligence.md). All files are one body of observations.
 *
 *     FILE… ─> kept: [[{…},…],[…]], indicators, observed data and observables ─scan─> observables by id ─> an observation each ─> pattern_eval()
 *
 * Nothing is kept behind it. */
#include "cmd/commands.h"
#include "cmd/home.h"
#include "cmd/intel-findings.h"
#include "cmd/progress.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/utf8.h"
#include "intel/pattern.h"
#include "intel/stix-time.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT_MAX ((size_t)256 << 20)    /* bytes of what is kept of all files */
#define VALUES_MAX ((size_t)2 << 30)    /* what that takes when it is read */
#define LIST_MAX 50000u                 /* objects a list; json-scan.h reads lists of SCAN_MEMBERS_MAX */
#define REFERRED_MAX 10000u             /* objects that one observation leads to */
#define STEPS UINT64_C(100000000)       /* of one pattern: about a second */
#define NUMBER_MAX UINT64_C(999999999)  /* of number_observed */

enum { OPT_PATTERN };

struct evaluation {
    struct intel_findings findings;
    struct buf kept;
    unsigned n_in_list; /* of the last one */
    int worst;          /* exit status */
    /* what was kept, read */
    struct arena *arena;
    const struct scan_value *root;
    struct pattern_object *observables; /* by id */
    size_t n_observables;
    struct pattern_observation *observations;
    size_t n_observations;
    const struct pattern_object **led; /* what the observation at hand leads to */
    size_t n_led;
    uint64_t n_open; /* patterns that could not be decided */
};

/* ---- reading ---- */

static bool is_observed(const struct scan_value *o)
{
    return str_eq(scan_text(o, STR("type")), STR("observed-data"));
}

static bool is_indicator(const struct scan_value *o)
{
    return str_eq(scan_text(o, STR("type")), STR("indicator"));
}

/* All else that has an author's time is about something. */
static bool is_observable(const struct scan_value *o)
{
    return !scan_member(o, STR("created")) && scan_text(o, STR("id")).len;
}

static int keep(const struct stix_object *o, void *context)
{
    struct evaluation *x = context;

    if (!is_observed(o->root) && !is_indicator(o->root) && !is_observable(o->root))
        return 0;
    buf_add_text(&x->kept, !x->kept.len ? "[[" : x->n_in_list == LIST_MAX ? "],[" : ",");
    x->n_in_list = x->n_in_list == LIST_MAX ? 1 : x->n_in_list + 1;
    return buf_add_str(&x->kept, o->bytes);
}

static int tell_fault(const struct stix_finding *f, void *context)
{
    struct evaluation *x = context;

    return intel_findings_tell(f, &x->findings);
}

static int add_piece(void *to, struct str piece)
{
    return stix_reader_add(to, piece);
}

static int read_file(struct evaluation *x, const char *path)
{
    const struct stix_reader_calls calls = {keep, tell_fault};
    CLEANUP(stix_reader_freep) struct stix_reader *reader = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;
    struct stat st;

    if (fd < 0)
        return command_fail_why(MSG_CONSOLE_READ, path, errno);
    reader = stix_reader_new(&calls, x);
    r = !reader ? -ENOMEM : fstat(fd, &st) ? -errno : intel_findings_begin(&x->findings, path);
    if (!r)
        r = progress_read(fd, (uint64_t)st.st_size, command_word(MSG_PROGRESS_READING), add_piece, reader);
    close(fd);
    if (!r)
        r = stix_reader_end(reader);
    if (r == -ENOSPC)
        return command_fail(MSG_FAIL_EVALUATE_MUCH, {"path", str_of(path)}, {"max", NUMBER(KEPT_MAX >> 20)});
    if (r)
        return command_fail_why(MSG_CONSOLE_READ, path, -r);
    return x->findings.n_errors ? EXIT_FAILED : EXIT_DONE;
}

/* ---- observations ---- */

/* Each object that was kept; what `call` answers that is not 0 ends it. */
static int each_object(struct evaluation *x, int (*call)(struct evaluation *x, const struct scan_value *o))
{
    const struct scan_value *list = x->root + 1;
    int r = 0;

    for (uint32_t i = 0; !r && i < x->root->len; i++, list += list->skip) {
        const struct scan_value *o = list + 1;

        for (uint32_t k = 0; !r && k < list->len; k++, o += o->skip)
            r = call(x, o);
    }
    return r;
}

static int add_observable(struct evaluation *x, const struct scan_value *o)
{
    if (!is_observed(o) && !is_indicator(o))
        x->observables[x->n_observables++] = (struct pattern_object){scan_text(o, STR("id")), o};
    return 0;
}

static int by_key(const void *a, const void *b)
{
    const struct pattern_object *x = a, *y = b;

    return str_cmp(x->key, y->key);
}

static const struct pattern_object *find_observable(const struct evaluation *x, struct str id)
{
    const struct pattern_object key = {.key = id};

    return x->n_observables ? bsearch(&key, x->observables, x->n_observables, sizeof(key), by_key) : NULL;
}

static bool is_led(const struct evaluation *x, const struct pattern_object *o)
{
    for (size_t i = 0; i < x->n_led; i++)
        if (x->led[i] == o)
            return true;
    return false;
}

/* Whatever in it is the id of an observable leads there, at any depth: values stand in one row. */
static void lead_on(struct evaluation *x, const struct scan_value *o)
{
    for (uint32_t i = 1; i < o->skip && x->n_led < REFERRED_MAX; i++) {
        const struct pattern_object *found = o[i].kind == SCAN_STRING ? find_observable(x, scan_str(&o[i])) : NULL;

        if (found && !is_led(x, found))
            x->led[x->n_led++] = found;
    }
}

static int take_referred(struct evaluation *x, struct pattern_observation *o)
{
    struct pattern_object *all;

    x->n_led = 0;
    for (size_t i = 0; i < o->n_objects; i++)
        lead_on(x, o->objects[i].value);
    for (size_t i = 0; i < x->n_led; i++) /* grows */
        lead_on(x, x->led[i]->value);
    all = arena_alloc_n(x->arena, x->n_led, sizeof(*all));
    if (!all)
        return -ENOMEM;
    for (size_t i = 0; i < x->n_led; i++)
        all[i] = *x->led[i];
    o->referred = all;
    o->n_referred = x->n_led;
    return 0;
}

/* Of STIX 2.1 by their ids, of 2.0 by their keys. What is referred to and in no file is absent. */
static int take_objects(struct evaluation *x, const struct scan_value *v, struct pattern_observation *o)
{
    const struct scan_value *refs = scan_member(v, STR("object_refs")), *objects = scan_member(v, STR("objects"));
    const struct scan_value *list = refs && refs->kind == SCAN_ARRAY ? refs : objects && objects->kind == SCAN_OBJECT ? objects : NULL, *at = list + 1;
    struct pattern_object *all = arena_alloc_n(x->arena, list ? list->len : 0, sizeof(*all));

    if (!all)
        return -ENOMEM;
    o->objects = all;
    for (uint32_t i = 0; list && i < list->len; i++) {
        const struct pattern_object *found = list == refs && at->kind == SCAN_STRING ? find_observable(x, scan_str(at)) : NULL;

        if (found)
            all[o->n_objects++] = *found;
        else if (list == objects)
            all[o->n_objects++] = (struct pattern_object){scan_str(at), at + 1};
        at += list == refs ? at->skip : 1 + at[1].skip;
    }
    return take_referred(x, o);
}

static int unfit(struct evaluation *x, const struct scan_value *v, const char *property)
{
    CLEANUP(buf_done) struct buf id;

    buf_init(&id, 4096);
    x->worst = EXIT_FAILED;
    if (utf8_print_safe(scan_text(v, STR("id")), &id))
        return -ENOMEM;
    command_fail(MSG_FAIL_EVALUATE_PROPERTY, {"id", buf_str(&id)}, {"property", str_of(property)});
    return 0;
}

static int add_observation(struct evaluation *x, const struct scan_value *v)
{
    struct pattern_observation *o = &x->observations[x->n_observations];
    const struct scan_value *number = scan_member(v, STR("number_observed"));
    struct stix_time first, last;

    if (!is_observed(v))
        return 0;
    *o = (struct pattern_observation){.n_objects = 0};
    if (!stix_time_read(scan_text(v, STR("first_observed")), &first))
        return unfit(x, v, "first_observed");
    if (!stix_time_read(scan_text(v, STR("last_observed")), &last) || stix_time_us(last) < stix_time_us(first))
        return unfit(x, v, "last_observed");
    if (!number || number->kind != SCAN_NUMBER || str_to_u64(scan_str(number), 1, NUMBER_MAX, &o->number))
        return unfit(x, v, "number_observed");
    o->first_us = stix_time_us(first);
    o->last_us = stix_time_us(last);
    x->n_observations++;
    return take_objects(x, v, o);
}

static int count_object(struct evaluation *x, const struct scan_value *o)
{
    x->n_observables++;
    return 0;
}

static int make_observations(struct evaluation *x)
{
    size_t n;

    x->n_observables = 0;
    IGNORE(each_object(x, count_object), "it counts");
    n = x->n_observables;
    x->n_observables = 0;
    x->observables = arena_alloc_n(x->arena, n, sizeof(*x->observables));
    x->observations = arena_alloc_n(x->arena, n, sizeof(*x->observations));
    x->led = arena_alloc_n(x->arena, REFERRED_MAX, sizeof(*x->led));
    if (!x->observables || !x->observations || !x->led)
        return -ENOMEM;
    IGNORE(each_object(x, add_observable), "it fills what was counted");
    if (x->n_observables)
        qsort(x->observables, x->n_observables, sizeof(*x->observables), by_key);
    return each_object(x, add_observation);
}

/* ---- answers ---- */

static int print_line(struct evaluation *x, struct str id, const struct pattern *p, enum pattern_answer is)
{
    static const char *const words[] = {[PATTERN_NO] = "none", [PATTERN_YES] = "found", [PATTERN_UNDECIDED] = "undecided", [PATTERN_BAD_DATA] = "unfit"};
    CLEANUP(buf_done) struct buf form;
    JSON_AUTO *line = NULL;
    char *text;
    int r;

    buf_init(&form, PATTERN_LEN_MAX);
    r = pattern_print(p, &form);
    line = json_object();
    if (r || !line || (id.len && json_put_strn(line, "indicator", id)) || json_put_str(line, "result", words[is]) ||
        json_put_strn(line, "pattern", buf_str(&form)))
        return r ? r : -ENOMEM;
    text = json_dumps(line, JSON_COMPACT);
    if (!text)
        return -ENOMEM;
    puts(text);
    free(text);
    x->n_open += is == PATTERN_UNDECIDED || is == PATTERN_BAD_DATA;
    return 0;
}

static int tell_pattern(struct evaluation *x, struct str id, const struct pattern_fault *fault)
{
    CLEANUP(buf_done) struct buf name;

    buf_init(&name, 4096);
    x->worst = EXIT_FAILED;
    if (utf8_print_safe(id, &name))
        return -ENOMEM;
    command_fail(id.len ? MSG_FAIL_PATTERN_PLACE : MSG_FAIL_PATTERN_GIVEN, {"id", buf_str(&name)}, {"column", NUMBER(fault->column)},
                 MESSAGE_WORD("why", pattern_error_text(fault->error)));
    return 0;
}

static int evaluate(struct evaluation *x, struct str id, struct str text)
{
    CLEANUP(pattern_freep) struct pattern *p = NULL;
    struct pattern_fault fault;
    enum pattern_answer is;
    int r = pattern_parse(text, &p, &fault);

    if (r > 0)
        return tell_pattern(x, id, &fault);
    if (!r)
        r = pattern_eval(p, x->observations, x->n_observations, STEPS, &is, NULL);
    return r ? r : print_line(x, id, p, is);
}

/* Of another language than STIX: passed over. */
static int evaluate_indicator(struct evaluation *x, const struct scan_value *o)
{
    struct str language = scan_text(o, STR("pattern_type"));

    if (!is_indicator(o) || (language.len && !str_eq(language, STR("stix"))))
        return 0;
    return evaluate(x, scan_text(o, STR("id")), scan_text(o, STR("pattern")));
}

static int answer(struct evaluation *x, const char *pattern)
{
    CLEANUP(scanner_freep) struct scanner *scanner = scanner_new(VALUES_MAX);
    struct scan_place place;
    int r;

    x->arena = arena_new(VALUES_MAX);
    if (!scanner || !x->arena)
        return -ENOMEM;
    buf_init(&place.path, 4096);
    r = buf_add_text(&x->kept, x->kept.len ? "]]" : "[]") ?: scanner_read(scanner, buf_str(&x->kept), &x->root, &place);
    buf_done(&place.path);
    if (r)
        return r < 0 ? r : -ENOMEM; /* each object was read before: memory alone can be short */
    r = make_observations(x);
    if (!r)
        r = pattern ? evaluate(x, STR_NONE, str_of(pattern)) : each_object(x, evaluate_indicator);
    return r;
}

static int run_evaluate(const struct arguments *args)
{
    struct evaluation x = {.worst = EXIT_DONE};
    int r = 0;

    intel_findings_init(&x.findings, false, true);
    buf_init(&x.kept, KEPT_MAX);
    for (size_t i = 0; i < args->n_rest; i++) {
        int status = read_file(&x, args->rest[i]);

        x.worst = MAX_OF(x.worst, status);
    }
    r = answer(&x, args->values[OPT_PATTERN]);
    if (!r && x.n_open)
        command_note(MSG_SAID_UNDECIDED, {"n", NUMBER(x.n_open)});
    arena_free(x.arena);
    buf_done(&x.kept);
    intel_findings_done(&x.findings);
    if (r)
        return command_fail(MSG_FAIL_EVALUATE, {"why", str_of(command_why(-r))});
    return fflush(stdout) ? command_fail(MSG_FAIL_EVALUATED_WRITTEN, {"why", str_of(command_why(errno))}) : x.worst;
}

static const struct option_row evaluate_options[] = {
    {"--pattern", "PATTERN", MSG_OPTION_INTEL_EVALUATE_PATTERN},
};
const struct command cmd_intel_evaluate = {
    "intel evaluate",
    "FILE…",
    MSG_HELP_INTEL_EVALUATE,
    evaluate_options,
    ARRAY_LEN(evaluate_options),
    1,
    SIZE_MAX,
    run_evaluate,
    false};
