/* `tsujiban intel poll`: what is new in a collection of another TAXII 2.1 server comes into one of ours (doc/design/intelligence.md, TX8).
 *
 *   state (how far) ─> taxii_poll() ─> objects, but those of the poll before ─> one import, where there are any ─> opened ─> state
 *
 * The state is written when the import is open: what breaks before it is asked for again, and is known then. Asked for once, or every so long until it is ended;
 * after a failure it waits twice as long as before, as long as the server says, and by chance a little longer. */
#include "cmd/commands.h"
#include "cmd/intel-findings.h"
#include "cmd/media-gate.h"
#include "cmd/secret-file.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/utf8.h"
#include "engine/intel.h"
#include "intel/run.h"
#include "intel/stix-rules.h"
#include "outward/taxii-client.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECRET_MAX 4096u
#define LIMIT_MAX 10000u
#define PAGE_TIMEOUT_S 300u
#define FIRST_WAIT_S 15u
#define LAST_WAIT_S 3600u
#define RECENT_MAX 20000u /* objects of the last polls that are known by their bytes */
#define STATE_MAX ((size_t)1 << 20)

enum { POLL_URL = GATE_WHO_N, POLL_COLLECTION, POLL_CHANNEL, POLL_USER, POLL_SECRET, POLL_CA, POLL_PLAIN, POLL_LIMIT, POLL_EVERY, POLL_QUIET };

struct poll {
    const struct arguments *args;
    struct taxii_peer peer;
    struct taxii_state state;
    char path[PATH_MAX]; /* of the state */
    json_t *recent;      /* {first half of the SHA-256 of an object's bytes: true}, oldest first */
    struct gate gate;
    struct intel_findings findings;
    struct stix_rules *rules;
    struct run *run;     /* NULL: nothing has come */
    struct run_setting setting;
    char collection[GATE_ID_SIZE], channel[GATE_ID_SIZE];
    struct buf name;     /* of where it comes from, for the record */
    json_t *answer;      /* of the keeper, where it refused */
    uint64_t n_objects, n_left;
};

static volatile sig_atomic_t is_ended;

static void end(int signal_number)
{
    is_ended = 1;
}

static bool is_ending(void *context)
{
    return is_ended;
}

/* ---- how far ---- */

static int state_path(struct poll *x)
{
    struct digest d = sha256_3(str_of(x->peer.url), STR("\n"), str_of(x->args->values[POLL_COLLECTION]));
    int n;

    n = snprintf(x->path, sizeof(x->path), "%s/polls", x->gate.home.data);
    if (n > 0 && (size_t)n < sizeof(x->path) && mkdir(x->path, 0700) && errno != EEXIST)
        return command_fail_why(MSG_CONSOLE_MADE, x->path, errno);
    n = snprintf(x->path, sizeof(x->path), "%s/polls/%.16s.json", x->gate.home.data, digest_text(&d).at);
    return n > 0 && (size_t)n < sizeof(x->path) ? 0 : command_fail(MSG_FAIL_POLL_PATH);
}

/* What is no state of ours begins anew: objects that come again are known. */
static int state_read(struct poll *x)
{
    CLEANUP(buf_done) struct buf text = {0};
    JSON_AUTO *o = NULL;
    struct diag diag;
    int r;

    x->state = (struct taxii_state){.last = ""};
    json_decref(x->recent);
    x->recent = json_object();
    if (!x->recent)
        return command_fail(MSG_CONSOLE_MEMORY);
    buf_init(&text, STATE_MAX);
    diag_init(&diag);
    r = file_read(x->path, STATE_MAX, &text, &diag);
    diag_done(&diag);
    if (r)
        return r == FILE_E_MISSING ? 0 : command_fail_why(MSG_CONSOLE_READ, x->path, r < 0 ? -r : EFBIG);
    o = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (!o || strcmp(json_str(o, "url"), x->peer.url) != 0)
        return 0;
    snprintf(x->state.last, sizeof(x->state.last), "%s", json_str(o, "last"));
    x->state.goes_on = json_flag(o, "goes_on");
    return json_object_update(x->recent, json_obj(o, "recent") ? json_object_get(o, "recent") : x->recent) ? command_fail(MSG_CONSOLE_MEMORY) : 0;
}

static int state_write(struct poll *x)
{
    JSON_AUTO *o = json_pack("{s:s, s:s, s:b, s:O}", "url", x->peer.url, "last", x->state.last, "goes_on", x->state.goes_on, "recent", x->recent);
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    struct diag diag;
    int r;

    if (!text)
        return command_fail(MSG_CONSOLE_MEMORY);
    diag_init(&diag);
    r = file_write_atomic(x->path, str_of(text), 0600, &diag);
    if (r)
        command_print_diag(&diag);
    diag_done(&diag);
    free(text);
    return r ? command_fail(MSG_FAIL_POLL_STATE) : 0;
}

/* ---- objects ---- */

static int fault(const struct stix_finding *f, void *context)
{
    struct poll *x = context;

    return intel_findings_tell(f, &x->findings);
}

/* Of a poll before? It is noted as one of this. */
static int is_recent(struct poll *x, struct str bytes, bool *ret)
{
    struct digest d = sha256(bytes);
    struct digest_text key = digest_text(&d);
    void *oldest;

    key.at[SHA256_SIZE] = '\0'; /* the first half tells them apart */
    *ret = json_object_get(x->recent, key.at) != NULL;
    if (*ret)
        return 0;
    if (json_object_size(x->recent) >= RECENT_MAX && (oldest = json_object_iter(x->recent)))
        json_object_del(x->recent, json_object_iter_key(oldest));
    return json_object_set_new(x->recent, key.at, json_true()) ? -ENOMEM : 0;
}

static int begin(struct poll *x)
{
    int r;

    if (x->run)
        return 0;
    r = run_begin(&x->setting, &x->run, &x->answer);
    if (!r) {
        json_decref(x->answer);
        x->answer = NULL;
    }
    return r;
}

static int object(const struct stix_object *o, void *context)
{
    struct poll *x = context;
    enum stage_left left = STAGE_TAKEN;
    unsigned n_errors = 0;
    bool was = false;
    int r = is_recent(x, o->bytes, &was);

    if (r || was)
        return r;
    x->n_objects++;
    r = stix_check(x->rules, o, fault, x, &n_errors);
    if (r || n_errors) {
        x->n_left += n_errors > 0;
        return r;
    }
    r = begin(x);
    if (!r)
        r = run_add(x->run, o, &left, &x->answer);
    if (r || left == STAGE_TAKEN)
        return r;
    x->n_left++;
    return intel_findings_left(&x->findings, o, stage_left_text(left));
}

/* ---- one poll ---- */

static int trouble(const struct taxii_report *t, const char *url)
{
    static const enum message_key words[] = {
        [TAXII_T_LATER] = MSG_FAIL_POLL_LATER,
        [TAXII_T_REFUSED] = MSG_FAIL_POLL_REFUSED,
        [TAXII_T_NO_TAXII] = MSG_FAIL_POLL_NO_TAXII,
        [TAXII_T_STANDS] = MSG_FAIL_POLL_STANDS,
        [TAXII_T_TOO_LARGE] = MSG_FAIL_POLL_TOO_LARGE,
    };
    CLEANUP(buf_done) struct buf more;

    buf_init(&more, SIZE_MAX);
    if (t->words.len && (buf_add_text(&more, ": ") || buf_add_str(&more, buf_str(&t->words))))
        return command_fail(MSG_CONSOLE_MEMORY);
    return command_fail(words[t->trouble], {"url", str_of(url)}, {"status", INTEGER(t->status)}, {"words", buf_str(&more)});
}

static int refused(struct poll *x)
{
    const json_t *outcome = json_obj(x->answer, "outcome");
    const char *lang = message_lang_tag(home_language());

    command_fail_text(str_of(json_str(json_obj(x->answer, "say"), lang)));
    return !strcmp(json_str(outcome, "result"), "not-yet") ? EXIT_NOT_YET : EXIT_FORBIDDEN;
}

static void drop(struct poll *x)
{
    JSON_AUTO *answer = NULL;

    if (x->run && run_drop(x->run, &answer))
        command_fail(MSG_FAIL_IMPORT_DROP, {"record", str_of(run_record(x->run))});
}

static int open_run(struct poll *x)
{
    int r = RUN_E_WAITS;

    for (unsigned i = 0; r == RUN_E_WAITS && i < 600 && !is_ended; i++) {
        json_decref(x->answer);
        x->answer = NULL;
        r = run_open(x->run, x->n_left, &x->answer);
        if (r == RUN_E_WAITS)
            sleep(1);
    }
    return r;
}

/* Opens what came, also where something broke behind it. */
static int take_in(struct poll *x)
{
    const struct run_counts *n;
    int r;

    if (!x->run) {
        command_say(MSG_SAID_NOTHING_NEW, {"left", NUMBER(x->n_left)});
        return state_write(x);
    }
    r = open_run(x);
    if (r == RUN_E_REFUSED || r == RUN_E_WAITS) {
        drop(x);
        return refused(x);
    }
    if (r)
        return command_fail(MSG_FAIL_POLL_LOST);
    n = run_counts(x->run);
    command_say(MSG_SAID_IMPORTED, {"record", str_of(run_record(x->run))}, {"n", NUMBER(x->n_objects)}, {"added", NUMBER(n->added)}, {"known", NUMBER(n->known)},
                    {"left", NUMBER(x->n_left)});
    return state_write(x);
}

static int fetch(struct poll *x, struct taxii_report *report)
{
    const struct stix_reader_calls calls = {.object = object, .fault = fault};
    int r = taxii_poll(&x->peer, &x->state, &calls, x, is_ending, NULL, report), status;

    if (r) {
        drop(x);
        return x->answer ? refused(x) : command_fail(MSG_FAIL_KEEPER_ASKED, {"why", str_of(command_why(r < 0 ? -r : EIO))});
    }
    status = take_in(x);
    if (report->trouble == TAXII_T_NONE)
        return status ? status : x->n_left ? EXIT_FAILED : 0;
    r = trouble(report, x->peer.url);
    return status ? status : r;
}

static int find_registers(struct poll *x)
{
    const struct reg *reg = engine_holding(x->gate.engine, HOLDS_INTEL_IMPORTS, engine_now(x->gate.engine));

    if (!reg)
        return command_fail(MSG_FAIL_NO_IMPORTS);
    return gate_find(&x->gate, reg->id, "collection", x->args->values[POLL_COLLECTION], x->collection) ?:
           gate_find(&x->gate, reg->id, "channel", x->args->values[POLL_CHANNEL], x->channel);
}

static int prepare(struct poll *x)
{
    buf_clear(&x->name);
    if (utf8_print_safe((struct str){x->peer.url, MIN_OF(strlen(x->peer.url), (size_t)160)}, &x->name))
        return command_fail(MSG_CONSOLE_MEMORY);
    x->setting = (struct run_setting){
        .link = x->gate.link, .token = str_of(x->gate.cookie), .collection = x->collection, .channel = x->channel, .name = x->name.at};
    x->n_objects = x->n_left = 0;
    return intel_findings_begin(&x->findings, x->peer.url) ? command_fail(MSG_CONSOLE_MEMORY) : 0;
}

/* *ret_wait: how long the server asks us to wait. */
static int poll_once(struct poll *x, unsigned *ret_wait)
{
    struct taxii_report report = {.trouble = TAXII_T_NONE};
    int r = gate_enter_person(x->args, &x->gate) ?: find_registers(x) ?: prepare(x) ?: state_path(x) ?: state_read(x) ?: fetch(x, &report);

    *ret_wait = report.wait_s;
    buf_done(&report.words);
    run_free(x->run);
    x->run = NULL;
    json_decref(x->answer);
    x->answer = NULL;
    gate_close(&x->gate);
    fflush(stdout);
    return r;
}

/* ---- for as long as nobody ends it ---- */

/* A fifth more at most, so that many who were cut off do not come back together. */
static unsigned by_chance(unsigned seconds)
{
    uint32_t n;

    random_fill(&n, sizeof(n));
    return seconds + n % (seconds / 5 + 1);
}

static void wait_for(unsigned seconds)
{
    const struct timespec piece = {1, 0};

    for (unsigned i = 0; i < seconds && !is_ended; i++)
        IGNORE(nanosleep(&piece, NULL), "a signal ends it early, and is_ended says so");
}

static int poll_every(struct poll *x, unsigned every_s)
{
    unsigned failed_wait = FIRST_WAIT_S, wait_s;
    int r;

    do {
        r = poll_once(x, &wait_s);
        if (r == EXIT_FORBIDDEN || r == EXIT_USAGE)
            return r;
        if (r && !x->n_objects) {
            wait_for(by_chance(MAX_OF(wait_s, failed_wait)));
            failed_wait = MIN_OF(2 * failed_wait, LAST_WAIT_S);
        } else {
            failed_wait = FIRST_WAIT_S;
            wait_for(by_chance(MAX_OF(wait_s, every_s)));
        }
    } while (!is_ended);
    return 0;
}

static int read_options(struct poll *x, struct buf *secret, unsigned *ret_every)
{
    const struct arguments *a = x->args;
    struct duration every = {0};
    uint64_t limit = 0;

    if (!a->values[POLL_URL] || !a->values[POLL_COLLECTION] || !a->values[POLL_CHANNEL])
        return command_wrong(MSG_FAIL_POLL_WHAT);
    if (!taxii_url_ok(a->values[POLL_URL], a->values[POLL_PLAIN] != NULL))
        return command_wrong(MSG_FAIL_POLL_URL, {"given", str_of(a->values[POLL_URL])});
    if (a->values[POLL_LIMIT] && str_to_u64(str_of(a->values[POLL_LIMIT]), 1, LIMIT_MAX, &limit))
        return command_wrong(MSG_FAIL_POLL_LIMIT, {"given", str_of(a->values[POLL_LIMIT])}, {"max", NUMBER(LIMIT_MAX)});
    if (a->values[POLL_EVERY] && (duration_parse(str_of(a->values[POLL_EVERY]), &every) || every.months || every.days || every.us < US_PER_SECOND))
        return command_wrong(MSG_FAIL_POLL_EVERY, {"given", str_of(a->values[POLL_EVERY])});
    *ret_every = (unsigned)(every.us / US_PER_SECOND);
    x->peer = (struct taxii_peer){.url = a->values[POLL_URL],
                                  .user = a->values[POLL_USER] ? a->values[POLL_USER] : "",
                                  .secret = "",
                                  .ca_file = a->values[POLL_CA] ? a->values[POLL_CA] : "",
                                  .is_plain = a->values[POLL_PLAIN] != NULL,
                                  .limit = (unsigned)limit,
                                  .timeout_s = PAGE_TIMEOUT_S};
    if (a->values[POLL_SECRET]) {
        int r = secret_file_read(a->values[POLL_SECRET], MSG_WORD_SECRET, SECRET_MAX, secret);

        if (r)
            return r;
        x->peer.secret = secret->at;
    }
    return 0;
}

static int run_poll(const struct arguments *args)
{
    const struct sigaction ends = {.sa_handler = end};
    struct poll x = {.args = args};
    CLEANUP(buf_wipe) struct buf secret;
    unsigned every_s = 0, wait_s;
    int r;

    buf_init_secret(&secret, SECRET_MAX + 1);
    buf_init(&x.name, 512);
    intel_findings_init(&x.findings, false, args->values[POLL_QUIET] != NULL);
    r = read_options(&x, &secret, &every_s);
    if (!r && (taxii_client_start() || !(x.rules = stix_rules_new())))
        r = command_fail(MSG_CONSOLE_MEMORY);
    if (!r && (sigaction(SIGTERM, &ends, NULL) || sigaction(SIGINT, &ends, NULL)))
        r = command_fail(MSG_FAIL_SIGNALS, {"why", str_of(command_why(errno))});
    if (!r)
        r = every_s ? poll_every(&x, every_s) : poll_once(&x, &wait_s);
    stix_rules_free(x.rules);
    intel_findings_done(&x.findings);
    json_decref(x.recent);
    buf_done(&x.name);
    return r;
}

static const struct option_row poll_options[] = {
    GATE_WHO_OPTIONS,
    {"--url", "URL", MSG_OPTION_INTEL_POLL_URL},
    {"--collection", "NAME", MSG_OPTION_INTEL_IMPORT_COLLECTION},
    {"--channel", "NAME", MSG_OPTION_INTEL_POLL_CHANNEL},
    {"--user", "NAME", MSG_OPTION_INTEL_POLL_USER},
    {"--secret", "FILE", MSG_OPTION_INTEL_POLL_SECRET},
    {"--ca", "FILE", MSG_OPTION_INTEL_POLL_CA},
    {"--plain", NULL, MSG_OPTION_INTEL_POLL_PLAIN},
    {"--limit", "N", MSG_OPTION_INTEL_POLL_LIMIT},
    {"--every", "DURATION", MSG_OPTION_INTEL_POLL_EVERY},
    {"--errors", NULL, MSG_OPTION_INTEL_CHECK_ERRORS},
};
const struct command cmd_intel_poll = {
    "intel poll",
    "",
    MSG_HELP_INTEL_POLL,
    poll_options,
    ARRAY_LEN(poll_options),
    0,
    0,
    run_poll,
    false};
