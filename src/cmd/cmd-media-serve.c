/* `tsujiban media serve`: the gate of a check station does what people ask of it on a page (G5 of doc/design/information.md). It tells the keeper what is plugged
 * in, takes requests for its own station, one after the other, and does each by the functions of the commands, in the name and with the rights
 * of who asked: the keeper lends it a session of his. What it says of the work is told to him; what counts, the acts enter.
 *
 *   what is mounted ─> media-here ─> {"job", "cookie"} ─> export: his files, piece by piece, into files without a name ─> media_export()
 *                                                        import: media_import(), into a folder of his below --into
 *                                                        wipe:   once media-grants/empty is open to him: wipe(), a new tag, the act
 *                                  <─ media-tell, event by event; the last time with the exit status */
#include "cmd/commands.h"
#include "cmd/media-move.h"
#include "cmd/media-refusal.h"
#include "cmd/media-slot.h"
#include "cmd/receivers.h"
#include "cmd/scanner.h"
#include "cmd/station-file.h"

#include "base/file.h"
#include "guard/seal.h"
#include "guard/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS 1000
#define AWAY_MS 5000 /* between two tries to reach the keeper */
#define TOUCH_US (60 * US_PER_SECOND)
#define TELL_US US_PER_SECOND /* how often progress is told at most */
#define FILES_MAX 200u        /* of one export */
#define PASSWORD_FILE "password"
#define RECEIVERS_FILE "receivers"
#define GRANT_EMPTY "empty"

enum {
    SERVE_AT = GATE_WHO_N,
    SERVE_STATION,
    SERVE_ROOT,
    SERVE_INTO,
    SERVE_SCANNER,
    SERVE_STREAM,
    SERVE_RECEIVERS,
    SERVE_N
};

struct serve {
    const struct arguments *args;
    struct gate own; /* of who answers for the station */
    const char *root;
    struct examine_limits limits;
    struct slots slots;
    int signals;
    json_t *receivers; /* {line of a key: its name}, as the page offers them; NULL: none */
    uint64_t touched_us;
    bool is_told_lost; /* it was said that the keeper is away */
};

struct job {
    struct serve *s;
    const json_t *asked; /* {"id", "do", "slot", "with"} */
    const char *cookie;
    struct gate gate; /* of who asked */
    const char *dir;  /* where the medium is mounted */
    uint64_t told_us, touched_us;
};

/* ---- telling ---- */

static void tell(const struct job *j, const json_t *event, const int *end)
{
    JSON_AUTO *m = json_pack("{s:s, s:s, s:s}", "op", "media-tell", "token", j->s->own.cookie,
                             "job", json_str(j->asked, "id"));
    JSON_AUTO *answer = NULL;

    if (m && (!event || !json_object_set(m, "event", (json_t *)(uintptr_t)event)) &&
        (!end || !json_put_int(m, "end", *end)))
        IGNORE(keeper_ask(j->s->own.link, m, &answer), "what was done stands in the trail");
}

/* A session that nobody sees for a quarter of an hour is locked. */
static void touch(struct serve *s, const char *cookie, uint64_t *touched_us)
{
    uint64_t now_us = clock_monotonic_us();
    JSON_AUTO *m = NULL;
    JSON_AUTO *answer = NULL;

    if (now_us - *touched_us < TOUCH_US)
        return;
    *touched_us = now_us;
    m = json_pack("{s:s, s:s}", "op", "touch", "token", cookie);
    if (m)
        IGNORE(keeper_ask(s->own.link, m, &answer), "it is asked again in a minute");
}

/* Each is a sign of life of both sessions. */
static void hear(void *user, const json_t *event)
{
    struct job *j = user;

    tell(j, event, NULL);
    touch(j->s, j->cookie, &j->touched_us);
    touch(j->s, j->s->own.cookie, &j->s->touched_us);
}

static void hear_words(void *user, const char *text)
{
    JSON_AUTO *event = json_pack("{s:s, s:s}", "event", "words", "text", text);

    if (event)
        tell(user, event, NULL);
}

static void hear_progress(void *user, uint64_t done, uint64_t size)
{
    struct job *j = user;
    uint64_t now_us = clock_monotonic_us();
    JSON_AUTO *event = NULL;

    if (now_us - j->told_us < TELL_US)
        return;
    j->told_us = now_us;
    event = json_pack("{s:s, s:I, s:I}", "event", "progress", "done", (json_int_t)done, "size",
                      (json_int_t)size);
    if (event)
        hear(j, event);
}

/* ---- export ---- */

/* The password that the export made, told to who asked, and the file of it gone. */
static int tell_password(struct job *j, const char *path)
{
    CLEANUP(buf_wipe) struct buf word;
    JSON_AUTO *event = NULL;
    int r;

    buf_init(&word, 1024);
    r = file_read(path, 1024, &word, NULL);
    IGNORE(unlink(path), "its folder is removed with an error then");
    if (r)
        return command_fail(MSG_FAIL_PASSWORD_UNREAD);
    while (word.len && word.at[word.len - 1] == '\n')
        word.len--;
    event = json_pack("{s:s, s:s%}", "event", "password", "password", word.at, word.len);
    if (event)
        tell(j, event, NULL);
    return event ? 0 : command_fail(MSG_CONSOLE_MEMORY);
}

/* The keys as he chose them, where media_export() reads them. */
static int write_receivers(const json_t *with, const char *path)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = file_write_atomic(path, str_of(json_str(with, "receivers")), 0600, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_RECEIVERS_KEPT) : 0;
}

static int export_files(struct job *j, const struct media_source *files, size_t n)
{
    const json_t *with = json_obj(j->asked, "with");
    bool is_box = !strcmp(json_str(with, "cipher"), "receivers"), is_cipher = strcmp(json_str(with, "cipher"), "plain") != 0;
    const char *tmp = getenv("TMPDIR");
    char dir[PATH_MAX], path[PATH_MAX + 16];
    int r, told = 0;

    snprintf(dir, sizeof(dir), "%s/tsujiban-serve-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(dir))
        return command_fail_why(MSG_CONSOLE_MADE, dir, errno);
    snprintf(path, sizeof(path), "%s/%s", dir, is_box ? RECEIVERS_FILE : PASSWORD_FILE);
    r = is_box ? write_receivers(with, path) : 0;
    if (!r)
        r = media_export(&j->gate, &(struct media_out){.dir = j->dir,
                                                   .item = json_str(with, "item"),
                                                   .is_cipher = is_cipher,
                                                   .new_password = is_cipher && !is_box ? path : NULL,
                                                   .receivers = is_box ? path : NULL,
                                                   .progress = {hear_progress, j},
                                                   .accept_unsupported = *json_str(with, "accept") != '\0',
                                                   .scanner = j->s->args->values[SERVE_SCANNER],
                                                   .limits = j->s->limits,
                                                   .files = files,
                                                   .n = n});
    if (is_box)
        IGNORE(unlink(path), "its folder is removed with an error then");
    else if (is_cipher && !r)
        told = tell_password(j, path);
    if (rmdir(dir))
        IGNORE(command_fail_why(MSG_CONSOLE_REMOVED, dir, errno),
               "a password of nothing lies in it at most");
    return r ? r : told;
}

static int do_export(struct job *j)
{
    const json_t *list = json_arr(json_obj(j->asked, "with"), "files"), *one;
    size_t n = json_array_size(list), i;
    struct media_source *files = calloc(n + 1, sizeof(*files));
    struct buf *names = calloc(n + 1, sizeof(*names));
    int r = !files || !names      ? command_fail(MSG_CONSOLE_MEMORY)
            : !n || n > FILES_MAX ? command_fail(MSG_FAIL_EXPORT_FILES, {"max", NUMBER(FILES_MAX)})
                                  : 0;

    for (i = 0; !r && i < n; i++)
        files[i].fd = -1;
    for (i = 0; !r && i < n; i++) {
        one = json_array_get(list, i);
        buf_init(&names[i], PATH_MAX);
        r = station_file_fetch(&j->gate, one, &names[i], &files[i].fd);
        files[i].name = names[i].at;
    }
    if (!r)
        r = export_files(j, files, n);
    for (i = 0; files && names && i < n; i++) {
        if (files[i].fd > 0)
            close(files[i].fd);
        buf_done(&names[i]);
    }
    free(files);
    free(names);
    return r;
}

/* ---- import ---- */

/* The folder of who asked: nobody else's files have their names taken there. */
static int own_folder(const struct job *j, char ret[PATH_MAX])
{
    const char *into = j->s->args->values[SERVE_INTO], *person = j->gate.person.at;

    if (!into)
        return command_fail(MSG_FAIL_TAKES_NONE);
    if (strchr(person, '/') || *person == '.' ||
        snprintf(ret, PATH_MAX, "%s/%s", into, person) >= PATH_MAX)
        return command_fail(MSG_FAIL_FOLDER_NAME, {"person", str_of(person)});
    if (mkdir(ret, 0770) && errno != EEXIST)
        return command_fail_why(MSG_CONSOLE_MADE, ret, errno);
    return 0;
}

static int do_import(struct job *j)
{
    const json_t *with = json_obj(j->asked, "with");
    struct media_in q = {
        .from = j->dir,
        .station = j->s->args->values[j->s->args->values[SERVE_STATION] ? SERVE_STATION : SERVE_AT],
        .password = json_str(with, "password"),
        .scanner = j->s->args->values[SERVE_SCANNER],
        .limits = j->s->limits};
    char to[PATH_MAX];
    int r = 0;

    if (*json_str(with, "item")) {
        r = own_folder(j, to);
        q.to = to;
        q.item = json_str(with, "item");
    }
    return r ? r : media_import(&j->gate, &q);
}

/* ---- wipe ---- */

static int wipe_medium(struct job *j)
{
    const struct wipe_request q = {j->dir, !slot_is_mounted(j->dir), {hear_progress, j}};
    JSON_AUTO *report = NULL;
    JSON_AUTO *event = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = wipe(&q, &report, &diag);
    command_print_diag(&diag);
    if (r > 0)
        gate_refuse(&j->gate, &(struct refusal){.way = REFUSAL_WIPE, .why = "not-wiped", .name = "", .digest = "",
                                                .found = diag.n ? diag_message(&diag.entries[0], home_language()) : ""});
    diag_done(&diag);
    if (r)
        return r < 0 ? command_fail(MSG_CONSOLE_MEMORY) : command_fail(MSG_FAIL_NOT_WIPED);
    event = json_pack("{s:s, s:O}", "event", "wiped", "report", report);
    if (event)
        tell(j, event, NULL);
    printf("%s  %s\n", command_word(MSG_WORD_WIPED), j->dir);
    return 0;
}

/* Emptied as its grant says it (第6の3(4)): by who has ended its use, and that is entered. */
static int do_wipe(struct job *j)
{
    JSON_AUTO *with = json_pack("{s:s}", "emptied", "wiped at the station by its gate");
    char grant[GATE_ID_SIZE];
    bool would = false;
    int r;

    if (!with)
        return command_fail(MSG_CONSOLE_MEMORY);
    if ((r = gate_medium(&j->gate, j->dir)) || (r = gate_grant(&j->gate, grant)))
        return r;
    if (!*grant) {
        gate_refuse(&j->gate, &(struct refusal){.way = REFUSAL_WIPE, .why = "not-permitted", .name = "", .found = "", .digest = ""});
        return command_fail(MSG_FAIL_NO_GRANT);
    }
    gate_is_for(&j->gate, "", grant);
    if ((r = gate_would_on(&j->gate, GATE_GRANTS, GRANT_EMPTY, grant, with, &would)))
        return r;
    if (!would) { /* refused in earnest, with the clause */
        r = gate_act_on(&j->gate, GATE_GRANTS, GRANT_EMPTY, grant, with);
        gate_refuse_unmet(&j->gate, &(struct refusal){.way = REFUSAL_WIPE, .name = "", .digest = ""});
        return r;
    }
    if ((r = wipe_medium(j)) || (r = gate_renew(&j->gate, j->dir)))
        return r;
    return gate_act_on(&j->gate, GATE_GRANTS, GRANT_EMPTY, grant, with);
}

/* ---- one job ---- */

/* Pulled out since it was asked. */
static int gone(struct job *j, const char *what)
{
    gate_refuse(&j->gate, &(struct refusal){.way = !strcmp(what, "import") ? REFUSAL_IN : !strcmp(what, "wipe") ? REFUSAL_WIPE : REFUSAL_OUT,
                                            .why = "unreadable", .name = "", .found = json_str(j->asked, "slot"), .digest = ""});
    return command_fail(MSG_FAIL_MEDIUM_GONE);
}

static int perform(struct job *j)
{
    const char *what = json_str(j->asked, "do");
    const json_t *with = json_obj(j->asked, "with");
    int r;

    j->dir = slots_dir(&j->s->slots, json_str(j->asked, "slot"));
    r = gate_open_lent(&j->s->own.home, j->cookie, json_str(with, "medium"), j->s->own.computer,
                       (struct gate_ear){hear, j}, &j->gate);
    if (!r && !j->dir)
        r = gone(j, what);
    else if (!r)
        r = !strcmp(what, "export")   ? do_export(j)
            : !strcmp(what, "import") ? do_import(j)
            : !strcmp(what, "wipe")   ? do_wipe(j)
                                      : command_fail(MSG_FAIL_NO_DEED, {"given", str_of(what)});
    gate_close(&j->gate);
    return r;
}

static void take(struct serve *s, const json_t *answer)
{
    struct job j = {.s = s, .asked = json_obj(answer, "job"), .cookie = json_str(answer, "cookie")};
    int r;

    command_hear(hear_words, &j);
    r = perform(&j);
    command_hear(NULL, NULL);
    printf("%s  %s  %s\n", command_word(r ? MSG_WORD_NOT_DONE : MSG_WORD_DONE), json_str(j.asked, "do"),
           json_str(j.asked, "slot"));
    fflush(stdout);
    tell(&j, NULL, &r);
}

/* ---- the loop ---- */

static void say_lost(struct serve *s, bool is_lost)
{
    if (is_lost && !s->is_told_lost)
        command_fail(MSG_FAIL_KEEPER_ODD);
    s->is_told_lost = is_lost;
}

/* What is there, said anew; and what is asked for meanwhile. A session that ended is begun anew. */
static int look(struct serve *s)
{
    JSON_AUTO *m = NULL;
    JSON_AUTO *answer = NULL;
    json_t *slots = NULL;
    int r;

    if (!s->own.link || !s->own.cookie) {
        gate_close(&s->own);
        if ((r = gate_enter(s->args, &s->own)) ||
            (r = gate_at(&s->own, s->args->values[SERVE_AT]))) {
            gate_close(&s->own);
            return r;
        }
    }
    if ((r = slots_look(&s->slots, &s->own, &slots)))
        return r;
    m = json_pack("{s:s, s:s, s:s, s:s, s:o, s:O*}", "op", "media-here", "token", s->own.cookie,
                  "station", s->own.computer, "name", s->args->values[SERVE_AT], "slots", slots, "receivers", s->receivers);
    if (!m)
        return command_fail(MSG_CONSOLE_MEMORY);
    if (keeper_ask(s->own.link, m, &answer) || !json_flag(answer, "ok")) {
        if (!s->is_told_lost && !strcmp(json_str(answer, "error"), "station"))
            command_fail_text(str_of(json_str(json_obj(answer, "say"), message_lang_tag(home_language()))));
        say_lost(s, true);
        gate_close(&s->own);
        return 0;
    }
    say_lost(s, false);
    touch(s, s->own.cookie, &s->touched_us);
    if (json_obj(answer, "job"))
        take(s, answer);
    return 0;
}

static int loop(struct serve *s)
{
    int r = look(s);

    if (!r)
        printf("%s  %s\n", command_word(MSG_WORD_SERVING), s->args->values[SERVE_AT]);
    fflush(stdout);
    while (!r) {
        struct pollfd ends = {s->signals, POLLIN, 0};

        if (poll(&ends, 1, s->is_told_lost ? AWAY_MS : LOOK_MS) < 0 && errno != EINTR)
            return command_fail(MSG_FAIL_WAITED, {"why", str_of(command_why(errno))});
        if (ends.revents)
            return 0;
        if (look(s))
            say_lost(s, true); /* the next look signs in anew */
    }
    return r;
}

static int open_signals(struct serve *s)
{
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    if (sigprocmask(SIG_BLOCK, &ends, NULL) ||
        (s->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return command_fail(MSG_FAIL_SIGNALS, {"why", str_of(command_why(errno))});
    return 0;
}

static int run_serve(const struct arguments *args)
{
    struct serve s = {.args = args, .signals = -1, .limits = examine_limits_default};
    int r;

    if (!args->values[SERVE_AT] || !args->values[GATE_AS] || !args->values[GATE_SIGN_IN]) {
        return command_wrong(MSG_WRONG_STATION, {"command", STR("media serve")});
    }
    if (!args->values[SERVE_ROOT] && !args->n_rest) {
        return command_wrong(MSG_WRONG_MOUNTED);
    }
    if ((r = scanner_stream_max(args->values[SERVE_STREAM], &s.limits.stream_max)) ||
        (args->values[SERVE_RECEIVERS] && (r = receivers_list(args->values[SERVE_RECEIVERS], &s.receivers))))
        return r;
    slots_init(&s.slots, args->values[SERVE_ROOT], args->rest, args->n_rest);
    if (!(r = open_signals(&s)))
        r = loop(&s);
    gate_close(&s.own);
    slots_done(&s.slots);
    json_decref(s.receivers);
    if (s.signals >= 0)
        close(s.signals);
    return r;
}

static const struct option_row serve_options[] = {
    GATE_WHO_OPTIONS,
    {"--at", "NAME", MSG_OPTION_MEDIA_ENROL_AT},
    {"--station", "NAME", MSG_OPTION_MEDIA_SERVE_STATION},
    {"--root", "DIR", MSG_OPTION_MEDIA_SERVE_ROOT},
    {"--into", "DIR", MSG_OPTION_MEDIA_SERVE_INTO},
    {"--scanner", "SOCKET", MSG_OPTION_SCANNER},
    {"--stream-max", "MIB",
     MSG_OPTION_EXAMINE_STREAM_MAX},
    {"--receivers", "FILE", MSG_OPTION_MEDIA_SERVE_RECEIVERS},
};
const struct command cmd_media_serve = {
    "media serve",
    "[FOLDER…]",
    MSG_HELP_MEDIA_SERVE,
    serve_options,
    ARRAY_LEN(serve_options),
    0,
    SLOTS_MAX,
    run_serve,
    false};
