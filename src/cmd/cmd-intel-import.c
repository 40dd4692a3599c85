/* `tsujiban intel import FILE…`: threat intelligence comes into a collection, as one import that is opened at once at its end (doc/design/intelligence.md, ST6). */
#include "cmd/commands.h"
#include "cmd/intel-findings.h"
#include "cmd/media-gate.h"
#include "cmd/progress.h"

#include "base/utf8.h"
#include "engine/intel.h"
#include "intel/log-file.h"
#include "intel/run.h"
#include "intel/stix-rules.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_SECONDS 600 /* for earlier imports to be merged */

enum { IMPORT_COLLECTION = GATE_WHO_N, IMPORT_CHANNEL, IMPORT_WHOLE, IMPORT_JSON, IMPORT_QUIET };

struct import {
    const struct arguments *args;
    struct gate gate;
    struct intel_findings findings;
    struct stix_rules *rules;
    struct run *run;
    struct run_setting setting;
    char collection[GATE_ID_SIZE], channel[GATE_ID_SIZE];
    json_t *answer;     /* of the keeper, where it refused */
    bool is_trial;      /* nothing is brought in: what is wrong is found */
    uint64_t n_objects, n_left; /* of all files */
};

/* ---- objects ---- */

static int fault(const struct stix_finding *f, void *context)
{
    struct import *x = context;

    return intel_findings_tell(f, &x->findings);
}

static int object(const struct stix_object *o, void *context)
{
    struct import *x = context;
    enum stage_left left;
    unsigned n_errors;
    int r = stix_check(x->rules, o, fault, x, &n_errors);

    x->n_objects++;
    if (r || n_errors) {
        x->n_left += n_errors > 0;
        return r;
    }
    if (x->is_trial)
        return 0;
    r = run_add(x->run, o, &left, &x->answer);
    if (r || left == STAGE_TAKEN)
        return r;
    x->n_left++;
    return intel_findings_left(&x->findings, o, stage_left_text(left));
}

/* ---- files ---- */

static int read_pieces(struct import *x, struct log_file *file, struct stix_reader *reader)
{
    struct progress progress;
    char *piece = malloc(PROGRESS_PIECE);
    size_t n = 1;
    int r = piece ? 0 : -ENOMEM;

    progress_begin(&progress, command_word(x->is_trial ? MSG_PROGRESS_CHECKING : MSG_PROGRESS_BRINGING_IN));
    while (!r && n) {
        r = log_file_read(file, piece, PROGRESS_PIECE, &n);
        if (!r && n)
            r = stix_reader_add(reader, (struct str){piece, n});
        progress_tell(&progress, log_file_done(file), log_file_size(file));
    }
    progress_end(&progress);
    free(piece);
    return r ? r : stix_reader_end(reader);
}

static int fail_file(const char *path, int r)
{
    const char *why = r == LOG_E_CUT      ? command_word(MSG_FAIL_PACKED_CUT)
                      : r == LOG_E_BROKEN ? command_word(MSG_FAIL_PACKED_BROKEN)
                      : r == LOG_E_LIMIT  ? command_word(MSG_FAIL_PACKED_LARGE)
                                          : command_why(r < 0 ? -r : EIO);

    return command_fail(MSG_FAIL_FILE_READ, {"path", str_of(path)}, {"why", str_of(why)});
}

/* 0; an exit status after words; RUN_E_REFUSED stands in x->answer. */
static int read_file(struct import *x, const char *path)
{
    const struct stix_reader_calls calls = {object, fault};
    CLEANUP(stix_reader_freep) struct stix_reader *reader = stix_reader_new(&calls, x);
    CLEANUP(log_file_closep) struct log_file *file = NULL;
    int r = reader ? intel_findings_begin(&x->findings, path) : -ENOMEM;

    if (!r)
        r = log_file_open(path, &file);
    if (!r)
        r = read_pieces(x, file, reader);
    if (r && x->answer)
        return 0;
    if (r)
        return fail_file(path, r);
    x->n_left += stix_reader_broken(reader);
    x->n_objects += stix_reader_broken(reader);
    return 0;
}

static int read_all(struct import *x)
{
    int r = 0;

    x->n_objects = x->n_left = 0;
    for (size_t i = 0; !r && !x->answer && i < x->args->n_rest; i++)
        r = read_file(x, x->args->rest[i]);
    return r;
}

/* ---- the import ---- */

/* What the keeper said in place of yes. */
static int told(const json_t *answer)
{
    const json_t *outcome = json_obj(answer, "outcome");
    bool is_ja = home_language() == MESSAGE_JA;
    const char *lang = is_ja ? "ja" : "en";
    const json_t *unmet = json_object_get(outcome, "unmet");

    command_fail_text(str_of(json_str(json_obj(answer, "say"), lang)));
    for (size_t i = 0; i < json_array_size(unmet); i++)
        fprintf(stderr, "  %s\n", json_str(json_obj(json_array_get(unmet, i), "say"), lang));
    return !strcmp(json_str(outcome, "result"), "not-yet") ? EXIT_NOT_YET : !strcmp(json_str(answer, "error"), "forbidden") ? EXIT_FORBIDDEN : EXIT_FAILED;
}

static int failed(int r)
{
    if (r == -EPIPE || r == -ETIMEDOUT)
        return command_fail(MSG_FAIL_IMPORT_LOST);
    return command_fail(MSG_FAIL_KEEPER_ASKED, {"why", str_of(command_why(-r))});
}

/* Nothing of it is to stay. The first failure counts. */
static int give_up(struct import *x, int status)
{
    JSON_AUTO *answer = NULL;

    if (x->run && run_drop(x->run, &answer))
        command_fail(MSG_FAIL_IMPORT_DROP, {"record", str_of(run_record(x->run))});
    return status;
}

static int open_run(struct import *x)
{
    int r;

    for (int i = 0; i < WAIT_SECONDS; i++) {
        json_decref(x->answer);
        x->answer = NULL;
        r = run_open(x->run, x->n_left, &x->answer);
        if (r != RUN_E_WAITS)
            return r;
        if (!i)
            command_note(MSG_SAID_IMPORT_WAITS);
        sleep(1);
    }
    return r;
}

static int report(struct import *x)
{
    const struct run_counts *n = run_counts(x->run);

    if (!x->findings.as_json)
        command_say(MSG_SAID_IMPORTED, {"record", str_of(run_record(x->run))}, {"n", NUMBER(x->n_objects)}, {"added", NUMBER(n->added)}, {"known", NUMBER(n->known)},
                    {"left", NUMBER(x->n_left)});
    return x->n_left ? EXIT_FAILED : EXIT_DONE;
}

static int bring_in(struct import *x)
{
    int r = run_begin(&x->setting, &x->run, &x->answer);

    if (r == RUN_E_REFUSED)
        return told(x->answer);
    if (r)
        return failed(r);
    json_decref(TAKE(x->answer));
    r = read_all(x);
    if (x->answer)
        return give_up(x, told(x->answer));
    if (r)
        return give_up(x, r);
    r = open_run(x);
    if (r == RUN_E_REFUSED || r == RUN_E_WAITS)
        return give_up(x, told(x->answer));
    return r ? failed(r) : report(x);
}

/* With --all-or-nothing everything is looked at before anything is brought in. */
static int check_first(struct import *x)
{
    int r;

    x->is_trial = true;
    r = read_all(x);
    x->is_trial = false;
    if (r)
        return r;
    return x->n_left ? command_fail(MSG_FAIL_IMPORT_LEFT, {"left", NUMBER(x->n_left)}, {"all", NUMBER(x->n_objects)}) : 0;
}

static int find_registers(struct import *x)
{
    const struct reg *reg = engine_holding(x->gate.engine, HOLDS_INTEL_IMPORTS, engine_now(x->gate.engine));

    if (!reg)
        return command_fail(MSG_FAIL_NO_IMPORTS);
    return gate_find(&x->gate, reg->id, "collection", x->args->values[IMPORT_COLLECTION], x->collection) ?:
           gate_find(&x->gate, reg->id, "channel", x->args->values[IMPORT_CHANNEL], x->channel);
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

static int run_inside(struct import *x)
{
    CLEANUP(buf_done) struct buf name;
    int r;

    buf_init(&name, 180);
    if (utf8_print_safe(str_of(base_of(x->args->rest[0])), &name) || (x->args->n_rest > 1 && buf_printf(&name, " +%zu", x->args->n_rest - 1)))
        return command_fail(MSG_FAIL_NAME_LONG);
    x->setting = (struct run_setting){.link = x->gate.link, .token = str_of(x->gate.cookie), .collection = x->collection, .channel = x->channel,
                                      .name = name.at};
    x->rules = stix_rules_new();
    if (!x->rules)
        return command_fail(MSG_CONSOLE_MEMORY);
    if (x->args->values[IMPORT_WHOLE] && (r = check_first(x)))
        return r;
    return bring_in(x);
}

static int run_import(const struct arguments *args)
{
    struct import x = {.args = args};
    int r;

    if (!args->values[IMPORT_COLLECTION] || !args->values[IMPORT_CHANNEL])
        return command_wrong(MSG_FAIL_IMPORT_WHERE);
    intel_findings_init(&x.findings, args->values[IMPORT_JSON] != NULL, args->values[IMPORT_QUIET] != NULL);
    r = gate_enter_person(args, &x.gate) ?: find_registers(&x) ?: run_inside(&x);
    run_free(x.run);
    json_decref(x.answer);
    stix_rules_free(x.rules);
    intel_findings_done(&x.findings);
    gate_close(&x.gate);
    return fflush(stdout) ? command_fail(MSG_FAIL_REPORT_WRITTEN, {"why", str_of(command_why(errno))}) : r;
}

static const struct option_row import_options[] = {
    GATE_WHO_OPTIONS,
    {"--collection", "NAME", MSG_OPTION_INTEL_IMPORT_COLLECTION},
    {"--channel", "NAME", MSG_OPTION_INTEL_IMPORT_CHANNEL},
    {"--all-or-nothing", NULL, MSG_OPTION_INTEL_IMPORT_ALL_OR_NOTHING},
    {"--json", NULL, MSG_OPTION_INTEL_CHECK_JSON},
    {"--errors", NULL, MSG_OPTION_INTEL_CHECK_ERRORS},
};
const struct command cmd_intel_import = {
    "intel import",
    "FILE…",
    MSG_HELP_INTEL_IMPORT,
    import_options,
    ARRAY_LEN(import_options),
    1,
    SIZE_MAX,
    run_import,
    false};
