#include "cmd/media-gate.h"

#include "cmd/media-place.h"
#include "cmd/secret-file.h"

#include "base/codec.h"
#include "base/file.h"
#include "force/account.h"
#include "regulation/model.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define PASSWORD_MAX_BYTES 1024u
#define NOTE_MAX (64u << 10)
#define UNMET_MAX 8192u
#define NAMES_MAX ((size_t)64 << 20)

void gate_say(FILE *out, enum message_key key, const struct message_arg *args, size_t n)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 64u << 10);
    IGNORE(message_print_args(&text, home_language(), key, args, n), "what does not fit is left out");
    fprintf(out, "%.*s\n", STR_ARG(buf_str(&text)));
}

void gate_tell(struct gate *g, json_t *event)
{
    if (event && g->ear.hear)
        g->ear.hear(g->ear.user, event);
    json_decref(event);
}

/* ---- who ---- */

/* Without echo; a terminal that cannot be told so is not asked. */
static int ask_password(struct buf *ret)
{
    struct termios before, silent;
    char line[PASSWORD_MAX_BYTES];
    ssize_t n = -1;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return command_fail(MSG_FAIL_NO_TERMINAL);
    if (!tcgetattr(fd, &before)) {
        silent = before;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        if (!tcsetattr(fd, TCSAFLUSH, &silent)) {
            if (write(fd, "Password: ", 10) == 10)
                n = read(fd, line, sizeof(line));
            IGNORE(tcsetattr(fd, TCSAFLUSH, &before), "there is no other way to set it");
            IGNORE(write(fd, "\n", 1), "a line's end that was not echoed");
        }
    }
    close(fd);
    while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
        n--;
    if (n > 0 && buf_add(ret, line, (size_t)n))
        n = -1;
    sodium_memzero(line, sizeof(line));
    return n > 0 ? 0 : command_fail(MSG_FAIL_NO_PASSWORD);
}

static int take_session(struct gate *g, const char *cookie)
{
    struct session session;

    if (!(g->cookie = strdup(cookie)))
        return command_fail(MSG_CONSOLE_MEMORY);
    if (session_get(g->store, str_of(g->cookie), clock_real_us(), &session) || buf_add_text(&g->person, session.person))
        return command_fail(MSG_FAIL_SESSION);
    return 0;
}

static int sign_in(const struct arguments *args, struct gate *g)
{
    CLEANUP(buf_wipe) struct buf password;
    JSON_AUTO *answer = NULL;
    int r;

    buf_init(&password, PASSWORD_MAX_BYTES + 1);
    r = args->values[GATE_SIGN_IN] ? secret_file_read(args->values[GATE_SIGN_IN], MSG_WORD_PASSWORD, PASSWORD_MAX_BYTES, &password)
                                   : ask_password(&password);
    if (!r)
        r = home_ask(g->link,
                     json_pack("{s:s, s:s, s:s%}", "op", "sign-in", "login", args->values[GATE_AS], "password", password.at, password.len),
                     &answer);
    if (r)
        return r;
    return take_session(g, json_str(answer, "cookie"));
}

/* Where the vault is not this process's to read. */
static int ask_key(void *ctx, struct str name, uint8_t ret_key[VAULT_KEY_SIZE])
{
    struct gate *g = ctx;

    return keeper_key_ask(g->link, str_of(g->cookie), STR_NONE, name, ret_key);
}

static int open_engine(struct gate *g)
{
    struct diag diag;
    int r;

    if (keeper_link_is_apart(g->link))
        vault_elsewhere(g->store, ask_key, g);
    diag_init(&diag);
    r = engine_open(g->store, &g->engine, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_STORE_READ) : 0;
}

static int open_link(struct gate *g, const char *gate)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = gate ? keeper_link_open_gate(g->home.data, gate, &g->link, &diag) : keeper_link_open(g->home.data, g->home.db, true, &g->link, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_KEEPER_START) : 0;
}

static int enter(const struct arguments *args, const char *gate, struct gate *ret)
{
    struct gate *g = ret;
    int r;

    *g = (struct gate){0};
    buf_init(&g->person, 256);
    buf_init(&g->unmet, UNMET_MAX);
    if ((r = home_of(args, &g->home)))
        return r;
    if (!args->values[GATE_AS]) {
        return command_wrong(MSG_WRONG_GATE_AS, {"command", gate ? STR("media") : STR("intel")});
    }
    if ((r = home_open(&g->home, STORE_READ, &g->store)) || (r = open_link(g, gate)) || (r = sign_in(args, g)))
        return r;
    return open_engine(g);
}

static int find_both(struct gate *g, const char *medium, const char *computer)
{
    int r;

    if ((r = gate_at(g, computer)))
        return r;
    gate_look_back(g);
    return gate_find(g, GATE_TRAIL, "medium", medium, g->medium);
}

int gate_key_path(const struct gate *g, const char *computer, struct buf *ret)
{
    const char *named = getenv("TSUJIBAN_STATION_KEY");
    int r = named && *named ? buf_add_text(ret, named) : buf_printf(ret, "%s/stations/%s.key", g->home.data, computer);

    return r ? command_fail(MSG_CONSOLE_MEMORY) : 0;
}

int gate_show_key(struct gate *g, const char *computer)
{
    CLEANUP(buf_done) struct buf path;
    CLEANUP(buf_wipe) struct buf text;
    int r;

    buf_init(&path, PATH_MAX);
    buf_init(&text, STATION_KEY_BYTES);
    if ((r = gate_key_path(g, computer, &path)))
        return r;
    r = file_read(path.at, STATION_KEY_BYTES, &text, NULL);
    if (r == FILE_E_MISSING && !getenv("TSUJIBAN_STATION_KEY"))
        return 0;
    if (r < 0)
        return command_fail(MSG_FAIL_STATION_KEY, {"path", str_of(path.at)}, {"why", str_of(command_why(-r))});
    if (r || station_key_parse(buf_str(&text), &g->key))
        return command_fail(MSG_FAIL_STATION_KEY_NONE, {"path", str_of(path.at)});
    r = keeper_link_prove(g->link, &g->key);
    return r ? command_fail(MSG_FAIL_STATION_KEY_REFUSED, {"why", str_of(command_why(-r))}) : 0;
}

int gate_at(struct gate *g, const char *typed)
{
    int r = gate_find(g, GATE_TRAIL, "computer", typed, g->computer);

    return r ? r : gate_show_key(g, g->computer);
}

int gate_enter(const struct arguments *args, struct gate *ret)
{
    return enter(args, KEEPER_MEDIA_GATE, ret);
}

int gate_enter_person(const struct arguments *args, struct gate *ret)
{
    return enter(args, NULL, ret);
}

int gate_open(const struct arguments *args, struct gate *ret)
{
    struct gate *g = ret;
    int r;

    for (int o = GATE_AS; o < GATE_N; o++)
        if (!args->values[o] && o != GATE_SIGN_IN) {
            *g = (struct gate){0};
            return command_wrong(MSG_WRONG_GATE);
        }
    if ((r = gate_enter(args, g)))
        return r;
    return find_both(g, args->values[GATE_MEDIUM], args->values[GATE_AT]);
}

int gate_open_lent(const struct home *home, const char *cookie, const char *medium, const char *computer, struct gate_ear ear, struct gate *ret)
{
    struct gate *g = ret;
    int r;

    *g = (struct gate){.home = *home, .ear = ear};
    buf_init(&g->person, 256);
    buf_init(&g->unmet, UNMET_MAX);
    if ((r = home_open(&g->home, STORE_READ, &g->store)) || (r = open_link(g, KEEPER_MEDIA_GATE)) || (r = take_session(g, cookie)) || (r = open_engine(g)))
        return r;
    return find_both(g, medium, computer);
}

void gate_close(struct gate *g)
{
    JSON_AUTO *message = g->cookie ? json_pack("{s:s, s:s}", "op", "sign-out", "token", g->cookie) : NULL;
    JSON_AUTO *answer = NULL;

    if (message)
        IGNORE(keeper_ask(g->link, message, &answer), "a session that stays ends by itself");
    engine_close(g->engine);
    store_close(g->store);
    keeper_link_close(g->link);
    station_key_done(&g->key);
    if (g->cookie)
        sodium_memzero(g->cookie, strlen(g->cookie));
    free(g->cookie);
    buf_done(&g->person);
    buf_done(&g->unmet);
    *g = (struct gate){0};
}

/* ---- records ---- */

/* Goes over all records of the query; `look` answers whether it has seen enough. */
struct walk {
    bool (*look)(void *user, const struct list_row *row);
    void *user;
};

static int walk_rows(struct gate *g, struct list_query *q, struct walk w)
{
    bool is_enough = false;
    unsigned pages = 1;

    q->page_size = 200;
    for (q->page = 1; q->page <= pages && !is_enough; q->page++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new(NAMES_MAX);
        struct list_rows rows;

        if (!arena || engine_list_rows(g->engine, g->person.at, q, arena, &rows))
            return command_fail(MSG_FAIL_REGISTER_READ);
        pages = rows.pages;
        for (size_t i = 0; i < rows.n && !is_enough; i++)
            is_enough = w.look(w.user, &rows.at[i]);
        list_rows_done(&rows);
    }
    return 0;
}

struct wanted {
    const char *typed;
    char *id;
};

static bool is_wanted(void *user, const struct list_row *row)
{
    struct wanted *w = user;

    if (row->is_disposed || (strcmp(row->id, w->typed) != 0 && strcmp(row->name, w->typed) != 0))
        return false;
    snprintf(w->id, GATE_ID_SIZE, "%s", row->id);
    return true;
}

int gate_find(struct gate *g, const char *reg, const char *field, const char *typed, char ret_id[GATE_ID_SIZE])
{
    static const char *const none[1];
    const struct reg *r = engine_reg(g->engine, reg);
    const struct field *f = r ? reg_field(r, field) : NULL;
    struct list_query q = {.state = "", .field = "", .key = "", .sort = "id", .fields = none};
    struct wanted w = {typed, ret_id};
    int e;

    ret_id[0] = '\0';
    if (!f || !f->reg)
        return command_fail(MSG_FAIL_NO_REGISTER, {"holds", str_of(reg + (*reg == HOLDS_MARK))}, {"field", str_of(field)});
    q.reg = f->reg->id;
    if ((e = walk_rows(g, &q, (struct walk){is_wanted, &w})))
        return e;
    return *ret_id ? 0 : command_fail(MSG_FAIL_UNSEEN, {"given", str_of(typed)}, MESSAGE_BOTH("register", f->reg->title));
}

int gate_by_value(struct gate *g, const char *reg, const char *state, const char *field, const char *value, const char *but, struct gate_row *ret)
{
    static const char *const none[1];
    CLEANUP(arena_freep) struct arena *arena = arena_new(NAMES_MAX);
    const struct reg *of = engine_reg(g->engine, reg);
    struct list_query q = {.reg = reg, .state = state, .field = field, .key = value, .sort = "id", .fields = none, .page = 1, .page_size = 2};
    struct list_rows rows;

    *ret = (struct gate_row){.id = ""};
    if (!*value || !of || !reg_field(of, field))
        return 0;
    if (!arena || engine_list_rows(g->engine, g->person.at, &q, arena, &rows))
        return command_fail(MSG_FAIL_REGISTER_WHICH, {"register", str_of(reg)});
    for (size_t i = 0; i < rows.n && !*ret->id; i++)
        if (strcmp(rows.at[i].id, but) != 0) {
            snprintf(ret->id, sizeof(ret->id), "%s", rows.at[i].id);
            snprintf(ret->name, sizeof(ret->name), "%s", *rows.at[i].name ? rows.at[i].name : rows.at[i].id);
        }
    list_rows_done(&rows);
    return 0;
}

struct grants {
    const struct gate *gate;
    uint64_t now_us, from_us;
    int rank; /* of the best so far: twice 4 in force, 3 to come, 2 over, 1 not granted; one more for this computer; 0 none */
    char *id;
};

static bool look_at_grant(void *user, const struct list_row *row)
{
    struct grants *s = user;
    uint64_t from_us = 0, until_us = 0;
    bool has_both = !instant_parse(str_of(json_str(row->values, "granted_from")), &from_us) &&
                    !instant_parse(str_of(json_str(row->values, "granted_until")), &until_us);
    bool is_granted = !strcmp(row->state, "granted") && has_both;
    int rank = !is_granted ? 1 : until_us <= s->now_us ? 2 : from_us > s->now_us ? 3 : 4;

    if (row->is_disposed || strcmp(json_str(row->values, "applicant"), s->gate->person.at) != 0)
        return false;
    /* One for another computer is the pack's to refuse, but only where there is none for this one. */
    rank = 2 * rank + !strcmp(json_str(row->values, "computer"), s->gate->computer);
    if (rank < s->rank || (rank == s->rank && (rank / 2 != 3 || from_us >= s->from_us))) /* of those to come the first, else the newest */
        return false;
    s->rank = rank;
    s->from_us = from_us;
    snprintf(s->id, GATE_ID_SIZE, "%s", row->id);
    return false;
}

int gate_grant(struct gate *g, char ret_id[GATE_ID_SIZE])
{
    static const char *const fields[] = {"computer", "applicant", "granted_from", "granted_until"};
    struct list_query q = {.reg = GATE_GRANTS, .state = "", .field = "medium", .key = g->medium, .sort = "changed",
                           .fields = fields, .n_fields = ARRAY_LEN(fields)};
    struct grants s = {g, engine_now(g->engine), 0, 0, ret_id};

    ret_id[0] = '\0';
    return engine_reg(g->engine, GATE_GRANTS) ? walk_rows(g, &q, (struct walk){look_at_grant, &s}) : 0;
}

void gate_is_for(struct gate *g, const char *item, const char *grant)
{
    snprintf(g->item, sizeof(g->item), "%s", item);
    snprintf(g->grant, sizeof(g->grant), "%s", grant);
}

/* ---- acts ---- */

/* The step that plays that part, and its register. */
static const struct step *step_of(const struct reg *reg, const char *step)
{
    return reg ? reg_part(reg, step) : NULL;
}

/* What the step asks, of what was measured. */
static int asked_of(struct gate *g, const char *reg, const char *step, const json_t *with, json_t **ret)
{
    const struct step *st = step_of(engine_reg(g->engine, reg), step);
    JSON_AUTO *o = json_object();

    if (!st)
        return command_fail(MSG_FAIL_NO_STEP, {"step", str_of(step)}, {"holds", str_of(reg + (*reg == HOLDS_MARK))});
    for (size_t i = 0; o && i < st->n_asks; i++) {
        json_t *v = json_object_get(with, st->asks[i]->id);

        if (v && json_object_set(o, st->asks[i]->id, v))
            return command_fail(MSG_CONSOLE_MEMORY);
    }
    *ret = TAKE(o);
    return *ret ? 0 : command_fail(MSG_CONSOLE_MEMORY);
}

static void print_clauses(const json_t *clauses)
{
    size_t i;
    json_t *c;

    json_array_foreach (clauses, i, c)
        printf("%s%s", i ? ", " : "", json_string_value(c));
}

/* The grant that would do, when its time has not come. */
static void print_satisfying(struct gate *g, const json_t *with)
{
    CLEANUP(buf_done) struct buf when;
    JSON_AUTO *view = NULL;
    uint64_t from_us;

    buf_init(&when, 64);
    if (!*json_str(with, "grant") || engine_view(g->engine, g->person.at, json_str(with, "grant"), engine_now(g->engine), &view))
        return;
    if (instant_parse(str_of(json_str(json_obj(view, "values"), "granted_from")), &from_us) || from_us <= engine_now(g->engine) ||
        instant_print_local(from_us, &when))
        return;
    printf("             ");
    gate_say(stdout, MSG_MEDIA_WOULD_SATISFY, MESSAGE_ARGS({"grant", str_of(json_str(with, "grant"))}, {"from", buf_str(&when)}));
}

/* Clauses and words of each, on one line; what does not fit is left out. */
static void keep_unmet(struct gate *g, const json_t *outcome)
{
    const char *lang = message_lang_tag(home_language());
    const json_t *one, *c;
    size_t i, k;

    json_array_foreach (json_arr(outcome, "unmet"), i, one) {
        IGNORE(buf_add_text(&g->unmet, i ? "; " : ""), "it is cut");
        json_array_foreach (json_arr(one, "clauses"), k, c)
            IGNORE(buf_printf(&g->unmet, "%s%s", k ? ", " : "", json_string_value(c)), "it is cut");
        IGNORE(buf_printf(&g->unmet, " %s", json_str(json_obj(one, "say"), lang)), "it is cut");
    }
    if (!g->unmet.len)
        IGNORE(buf_add_text(&g->unmet, json_str(outcome, "result")), "it fits");
}

static int print_refusal(struct gate *g, const char *reg, const char *step, const json_t *with, const json_t *outcome)
{
    const char *result = json_str(outcome, "result"), *lang = message_lang_tag(home_language());
    const struct step *st = step_of(engine_reg(g->engine, reg), step);
    bool is_not_yet = !strcmp(result, "not-yet");
    json_t *one;
    size_t i;

    if (!is_not_yet && strcmp(result, "forbidden") != 0) {
        json_array_foreach (json_arr(outcome, "fields"), i, one) {
            fprintf(stderr, "  %s: %s\n", json_str(one, "field"), json_str(json_obj(one, "say"), lang));
            IGNORE(buf_printf(&g->unmet, "%s%s", g->unmet.len ? "; " : "", json_str(json_obj(one, "say"), lang)), "it is cut");
            g->is_name_unmet |= !strcmp(json_str(one, "field"), "file_name");
        }
        return command_fail(MSG_FAIL_ACT_NOT, {"register", str_of(st->procedure->reg->id)}, {"step", str_of(st->act)}, {"result", str_of(result)});
    }
    keep_unmet(g, outcome);
    gate_tell(g, json_pack("{s:s, s:O}", "event", "refused", "outcome", (json_t *)(uintptr_t)outcome));
    printf("%s (%s)  %s\n", command_word(MSG_WORD_REFUSED), command_word(is_not_yet ? MSG_WORD_NOT_YET : MSG_WORD_FORBIDDEN), home_language() == MESSAGE_JA ? st->title.ja : st->title.en);
    json_array_foreach (json_arr(outcome, "unmet"), i, one) {
        printf("  ");
        print_clauses(json_arr(one, "clauses"));
        printf("  %s\n", json_str(json_obj(one, "say"), lang));
    }
    if (is_not_yet)
        print_satisfying(g, with);
    return is_not_yet ? EXIT_NOT_YET : EXIT_FORBIDDEN;
}

int gate_would_on(struct gate *g, const char *reg, const char *step, const char *record, const json_t *with, bool *ret)
{
    const struct reg *of = engine_reg(g->engine, reg);
    const struct step *st = step_of(of, step);
    JSON_AUTO *asked = NULL;
    JSON_AUTO *outcome = NULL;
    int r = asked_of(g, reg, step, with, &asked);

    if (r)
        return r;
    if (engine_explain(g->engine,
                       &(struct act){.person = g->person.at, .reg = of->id, .step = st->act, .record = record, .with = asked, .signs = "",
                                     .measured = MEASURED_MEDIA, .now_us = engine_now(g->engine)},
                       &outcome))
        return command_fail(MSG_FAIL_ACT_JUDGED, {"register", str_of(of->id)}, {"step", str_of(st->act)});
    *ret = !strcmp(json_str(outcome, "result"), "allowed");
    return 0;
}

int gate_would(struct gate *g, const char *reg, const char *step, const json_t *with, bool *ret)
{
    return gate_would_on(g, reg, step, "", with, ret);
}

/* `record` and `ticket` "": a new one. */
static int ask_act(struct gate *g, const char *reg, const char *step, const char *record, const char *ticket, const json_t *with, json_t **ret)
{
    const struct reg *of = engine_reg(g->engine, reg);
    const struct step *st = step_of(of, step);
    JSON_AUTO *asked = NULL;
    JSON_AUTO *answer = NULL;
    const json_t *outcome;
    int r = asked_of(g, reg, step, with, &asked);

    buf_clear(&g->unmet);
    g->is_name_unmet = false;
    if (!r)
        r = home_ask(g->link,
                     json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "op", "act", "token", g->cookie, "reg", of->id, "step", st->act, "record", record,
                               "ticket", ticket, "with", asked),
                     &answer);
    if (r)
        return r;
    outcome = json_obj(answer, "outcome");
    if (strcmp(json_str(outcome, "result"), "allowed") != 0)
        return print_refusal(g, reg, step, with, outcome);
    *ret = TAKE(answer);
    return EXIT_DONE;
}

int gate_act(struct gate *g, const char *reg, const char *step, const json_t *with, char ret_id[GATE_ID_SIZE])
{
    JSON_AUTO *answer = NULL;
    int r = ask_act(g, reg, step, "", "", with, &answer);

    if (!r)
        snprintf(ret_id, GATE_ID_SIZE, "%s", json_str(json_obj(answer, "outcome"), "record"));
    return r;
}

int gate_act_on(struct gate *g, const char *reg, const char *step, const char *record, const json_t *with)
{
    JSON_AUTO *answer = NULL;

    return ask_act(g, reg, step, record, "", with, &answer);
}

/* ---- notes ---- */

static int note_folder(const struct gate *g, struct buf *out)
{
    return buf_printf(out, "%s/media-gate", g->home.data);
}

/* Named by its line: another output of the same bytes has a note of its own. */
static int note_write(const struct gate *g, const char *dir, const json_t *with, const struct gate_leaving *l, struct buf *ret_path)
{
    const char *digest = json_str(with, "file_digest");
    JSON_AUTO *note = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O*, s:s}", "dir", dir, "name", json_str(with, "file_name"), "sha256", digest,
                                "medium", g->medium, "size", json_str(with, "size"), "person", g->person.at, "record", l->record, "ticket",
                                l->ticket, "item", l->item, "made", l->made, "way", l->way == GATE_IN ? "in" : "out");
    CLEANUP(buf_done) struct buf text;
    CLEANUP(buf_done) struct buf folder;
    struct diag diag;
    int r;

    buf_init(&text, NOTE_MAX);
    buf_init(&folder, 4096);
    diag_init(&diag);
    r = !note || note_folder(g, &folder) ? -ENOMEM : place_put(dir, note);
    if (!r)
        r = json_canonical(note, &text, NULL) ? -ENOMEM : dir_make(folder.at, 0700, &diag);
    if (!r)
        r = buf_printf(ret_path, "%s/%s.json", folder.at, l->record);
    if (!r)
        r = file_write_atomic(ret_path->at, buf_str(&text), 0600, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_UNDER_WAY) : 0;
}

/* ---- against a ticket ---- */

static const struct {
    const char *begin, *done, *broken;
} gate_ways[] = {[GATE_OUT] = {"output", "written", "not-written"}, [GATE_IN] = {"input", "taken-in", "not-taken"}};


int gate_begin(struct gate *g, enum gate_way way, const json_t *with, const json_t *made, const char *dir, struct gate_leaving *ret)
{
    CLEANUP(buf_done) struct buf path;
    JSON_AUTO *answer = NULL;
    char whole[PATH_MAX];
    int r;

    buf_init(&path, PATH_MAX);
    if (!realpath(dir, whole))
        return command_fail_why(MSG_CONSOLE_FOUND, dir, errno);
    if ((r = ask_act(g, GATE_TRAIL, gate_ways[way].begin, "", "", with, &answer)))
        return r;
    snprintf(ret->record, sizeof(ret->record), "%s", json_str(json_obj(answer, "outcome"), "record"));
    snprintf(ret->ticket, sizeof(ret->ticket), "%s", json_str(answer, "ticket"));
    ret->way = way;
    ret->note[0] = '\0';
    ret->item = json_str(with, "item");
    ret->made = made;
    if (!*ret->ticket) /* a text of the directive that knows of none */
        return command_fail(MSG_FAIL_NO_TICKET, {"step", str_of(gate_ways[way].begin)}, {"holds", str_of(&GATE_TRAIL[1])});
    if (!(r = note_write(g, whole, with, ret, &path)))
        snprintf(ret->note, sizeof(ret->note), "%s", path.at);
    else
        IGNORE(gate_broken(g, ret, MSG_MEDIA_WHY_NO_NOTE), "it falls due");
    return r;
}

static void strike(const struct gate_leaving *l)
{
    if (*l->note)
        IGNORE(unlink(l->note), "it is looked at once more");
}

static int enter_broken(struct gate *g, const struct gate_leaving *l, struct str why)
{
    JSON_AUTO *with = json_pack("{s:s%}", "why_not", why.at, why.len);
    JSON_AUTO *answer = NULL;
    int r = with ? ask_act(g, GATE_TRAIL, gate_ways[l->way].broken, l->record, l->ticket, with, &answer) : command_fail(MSG_CONSOLE_MEMORY);

    if (!r)
        strike(l);
    return r;
}

int gate_broken(struct gate *g, const struct gate_leaving *l, enum message_key why)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 1024);
    return message_print_args(&text, home_language(), why, NULL, 0) ? command_fail(MSG_CONSOLE_MEMORY) : enter_broken(g, l, buf_str(&text));
}

/* The same in the words of outgoing_tell() for `r`. */
static void broken_by(struct gate *g, const struct gate_leaving *l, const char *name, int r)
{
    struct diag diag;

    diag_init(&diag);
    outgoing_tell(&diag, name, r);
    command_print_diag(&diag);
    IGNORE(enter_broken(g, l, str_of(diag.n ? diag_message(&diag.entries[0], home_language()) : "?")), "it falls due");
    diag_done(&diag);
}

/* ---- what is held ---- */

/* The item holds these bytes from now on. 0, or an exit status after words, which name the file. */
static int hold(struct gate *g, const char *item, const json_t *made, const char *name)
{
    const char *form;
    json_t *contents;

    json_object_foreach((json_t *)(uintptr_t)made, form, contents) {
        JSON_AUTO *answer = NULL;

        if (home_ask(g->link,
                     json_pack("{s:s, s:s, s:s, s:s, s:O}", "op", "holding-note", "token", g->cookie, "record", item, "form", form, "contents", contents),
                     &answer)) {
            gate_say(stderr, MSG_MEDIA_NOT_NOTED, MESSAGE_ARGS({"name", str_of(name)}));
            return EXIT_FAILED;
        }
    }
    return 0;
}

/* The line first: it falls due. What is held is told before the note goes, so that an interruption tells it once more. */
static int enter_written(struct gate *g, const struct gate_leaving *l, const char *name, const char *size)
{
    JSON_AUTO *with = json_pack("{s:s}", "written_size", size);
    JSON_AUTO *answer = NULL;
    int r = with ? ask_act(g, GATE_TRAIL, gate_ways[l->way].done, l->record, l->ticket, with, &answer) : command_fail(MSG_CONSOLE_MEMORY);

    if (!r)
        r = hold(g, l->item, l->made, name);
    if (!r)
        strike(l);
    return r;
}

/* What was read back, and where it lies now, not what was meant. */
static int measured_anew(const struct gate *g, const json_t *with, const char *dir, const struct outgoing *o, char size[24], json_t **ret)
{
    const struct digest is = outgoing_digest(o);
    JSON_AUTO *now = json_copied_deep(with);
    struct stat st;

    snprintf(size, 24, "%" PRIu64, outgoing_size(o));
    if (!now || json_put_str(now, "file_digest", digest_text(&is).at) || json_put_str(now, "size", size))
        return command_fail(MSG_CONSOLE_MEMORY);
    if (stat(dir, &st) || st.st_dev != g->device) /* another medium took its place */
        IGNORE(json_object_del(now, "medium"), "it names one");
    *ret = TAKE(now);
    return 0;
}

static int use_ticket(struct gate *g, const struct gate_leaving *l, const char *channel, const json_t *with)
{
    JSON_AUTO *answer = NULL;
    const json_t *outcome;
    int r = home_ask(g->link,
                     json_pack("{s:s, s:s, s:s, s:s, s:O}", "op", "ticket-use", "token", g->cookie, "ticket", l->ticket, "channel", channel, "with", with),
                     &answer);

    if (r)
        return r;
    outcome = json_obj(answer, "outcome");
    if (!strcmp(json_str(outcome, "result"), "allowed"))
        return 0;
    printf("%s (%s)  %s\n  %s\n", command_word(MSG_WORD_REFUSED), command_word(MSG_WORD_FORBIDDEN), l->record, json_str(json_obj(outcome, "say"), message_lang_tag(home_language())));
    return EXIT_FORBIDDEN;
}

/* Only then it is entered that nothing was written; else the note stays, and the next run looks. */
static bool is_gone(struct outgoing *o)
{
    int r = outgoing_abandon(o);

    if (r)
        command_fail(MSG_FAIL_HIDDEN_LEFT, {"why", str_of(command_why(-r))});
    return !r;
}

static void tell_outgoing(const char *name, int r)
{
    struct diag diag;

    diag_init(&diag);
    outgoing_tell(&diag, name, r);
    command_print_diag(&diag);
    diag_done(&diag);
}

void gate_give_up(struct gate *g, const struct gate_leaving *l, const char *name, struct outgoing *o, int r)
{
    if (is_gone(o))
        broken_by(g, l, name, r);
    else
        tell_outgoing(name, r);
}

int gate_leave(struct gate *g, const json_t *with, const char *channel, const char *dir, struct outgoing *o, const struct gate_leaving *l)
{
    JSON_AUTO *now = NULL;
    char size[24];
    int r = measured_anew(g, with, dir, o, size, &now);

    if (!r)
        r = use_ticket(g, l, channel, now);
    if (r) {
        if (is_gone(o))
            IGNORE(gate_broken(g, l, MSG_MEDIA_WHY_OTHER), "it falls due");
        return r;
    }
    if (!(r = outgoing_name(o)))
        return enter_written(g, l, json_str(with, "file_name"), size);
    gate_give_up(g, l, json_str(with, "file_name"), o, r);
    return EXIT_FAILED;
}

/* ---- looking back ---- */

/* A refusal is about the same bytes, and no line of theirs. */
static bool find_line(void *user, const struct list_row *row)
{
    if (!strcmp(row->state, "refused"))
        return false;
    snprintf(user, GATE_ID_SIZE, "%s", row->id);
    return true;
}

struct found {
    enum place_found what;
    int e;
};

static void say_broken(const json_t *note, enum message_key key, const char *line, struct found f)
{
    const char *why = f.e ? strerrordesc_np(f.e) : NULL;

    gate_say(stdout, key,
             MESSAGE_ARGS({"name", str_of(json_str(note, "name"))}, {"dir", str_of(json_str(note, "dir"))}, {"line", str_of(line)},
                          {"reason", str_of(why ? why : "?")}));
}

/* It cannot be said what became of it. */
static void say_unknown(const json_t *note, const char *line, struct found f)
{
    say_broken(note, f.what == PLACE_AWAY ? MSG_MEDIA_BROKEN_AWAY : f.what == PLACE_OTHER ? MSG_MEDIA_BROKEN_OTHER : MSG_MEDIA_BROKEN_UNREAD, line,
               f);
}

/* Somebody looked at the medium meanwhile, and said what became of it. */
static bool is_explained(struct gate *g, const char *record)
{
    JSON_AUTO *view = NULL;
    const char *state;

    if (engine_view(g->engine, g->person.at, record, engine_now(g->engine), &view))
        return false;
    state = json_str(view, "state");
    return *state && strcmp(state, "going-out") != 0 && strcmp(state, "coming-in") != 0 && strcmp(state, "unexplained") != 0;
}

/* It was entered already that these bytes were written or taken in. */
static bool was_entered(struct gate *g, const char *record, const json_t *note)
{
    JSON_AUTO *view = NULL;
    const json_t *values;

    if (engine_view(g->engine, g->person.at, record, engine_now(g->engine), &view))
        return false;
    values = json_obj(view, "values");
    return json_object_get(values, "written_size") && !strcmp(json_str(values, "file_digest"), json_str(note, "sha256"));
}

/* Interrupted between its line and what is held, which is told once more wherever the file is now. */
static void look_at_entered(struct gate *g, const struct gate_leaving *l, const json_t *note, struct found f)
{
    static const enum message_key whole[] = {[GATE_OUT] = MSG_MEDIA_BROKEN_WRITTEN, [GATE_IN] = MSG_MEDIA_BROKEN_TAKEN};

    if (hold(g, l->item, l->made, json_str(note, "name")))
        return;
    if (f.what == PLACE_WHOLE || f.what == PLACE_NONE)
        say_broken(note, f.what == PLACE_WHOLE ? whole[l->way] : MSG_MEDIA_BROKEN_LINE, l->record, f);
    else
        say_unknown(note, l->record, f);
    strike(l);
}

/* What was interrupted: what lies there says what is entered. What comes in is looked for on a computer of the force: where other bytes have its
 * name, it is not there. */
static void look_at_begun(struct gate *g, const char *path, const json_t *note, struct found f)
{
    static const enum message_key words[][2][2] = {
        [GATE_OUT] = {{MSG_MEDIA_BROKEN_LINE, MSG_MEDIA_BROKEN_NOT_WRITTEN}, {MSG_MEDIA_BROKEN_FILE, MSG_MEDIA_BROKEN_WRITTEN}},
        [GATE_IN] = {{MSG_MEDIA_BROKEN_LINE, MSG_MEDIA_BROKEN_NOT_TAKEN}, {MSG_MEDIA_BROKEN_FILE, MSG_MEDIA_BROKEN_TAKEN}}};
    bool is_whole = f.what == PLACE_WHOLE;
    struct gate_leaving l = {.way = strcmp(json_str(note, "way"), "in") != 0 ? GATE_OUT : GATE_IN};
    int r;

    snprintf(l.record, sizeof(l.record), "%s", json_str(note, "record"));
    snprintf(l.ticket, sizeof(l.ticket), "%s", json_str(note, "ticket"));
    snprintf(l.note, sizeof(l.note), "%s", path);
    l.item = json_str(note, "item");
    l.made = json_obj(note, "made");
    if (was_entered(g, l.record, note)) {
        look_at_entered(g, &l, note, f);
        return;
    }
    if (!is_whole && f.what != PLACE_NONE && !(l.way == GATE_IN && f.what == PLACE_OTHER)) {
        say_unknown(note, l.record, f);
        if (is_explained(g, l.record) && !hold(g, l.item, l.made, json_str(note, "name")))
            strike(&l);
        return;
    }
    r = is_whole ? enter_written(g, &l, json_str(note, "name"), json_str(note, "size")) : gate_broken(g, &l, MSG_MEDIA_WHY_INTERRUPTED);
    say_broken(note, words[l.way][is_whole][!r], l.record, f);
    if ((r == EXIT_FORBIDDEN || r == EXIT_NOT_YET) && (!is_whole || !hold(g, l.item, l.made, json_str(note, "name"))))
        strike(&l); /* that stays so; the line falls due to somebody else */
}

/* A note of before inputs had tickets. */
/* What came in has a line or none. */
static void look_at_input(struct gate *g, const char *path, const json_t *note, struct found f)
{
    static const enum message_key words[2][2] = {{MSG_MEDIA_BROKEN_NEITHER, MSG_MEDIA_BROKEN_FILE}, {MSG_MEDIA_BROKEN_LINE, MSG_MEDIA_BROKEN_BOTH}};
    static const char *const none[1];
    char line[GATE_ID_SIZE] = "";
    struct list_query q = {.reg = GATE_TRAIL, .state = "", .field = "file_digest", .sort = "changed", .fields = none};

    if (f.what == PLACE_AWAY || f.what == PLACE_UNREAD) {
        say_unknown(note, "", f);
        return;
    }
    q.key = json_str(note, "sha256");
    if (walk_rows(g, &q, (struct walk){find_line, line}))
        return;
    say_broken(note, words[*line != '\0'][f.what == PLACE_WHOLE], line, f);
    IGNORE(unlink(path), "it is told once more");
}

static void look_at_note(struct gate *g, const char *path)
{
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *note = NULL;
    struct found f = {0};
    char tag[MEDIUM_TAG_HEX] = ""; /* what came in lies on the computer, which carries none */
    bool has_ticket;

    buf_init(&text, NOTE_MAX);
    if (file_read(path, NOTE_MAX, &text, NULL) || json_parse(buf_str(&text), JSON_LIMITS_DEFAULT, &note, NULL)) {
        IGNORE(command_fail(MSG_FAIL_NOTE_BAD, {"path", str_of(path)}), "the others are looked at all the same");
        return;
    }
    has_ticket = *json_str(note, "ticket") != '\0';
    if (has_ticket && strcmp(json_str(note, "person"), g->person.at) != 0) /* another's is his to close; it falls due meanwhile */
        return;
    if (has_ticket && strcmp(json_str(note, "way"), "in") != 0)
        gate_tag_of(g, json_str(note, "medium"), tag);
    f.what = place_look(note, tag, &f.e);
    if (has_ticket)
        look_at_begun(g, path, note, f);
    else
        look_at_input(g, path, note, f);
}

void gate_look_back(struct gate *g)
{
    CLEANUP(buf_done) struct buf folder;
    char **names = NULL;
    size_t n = 0;
    int r;

    buf_init(&folder, 4096);
    r = note_folder(g, &folder) ? -ENOMEM : dir_list(folder.at, ".json", false, &names, &n, NULL);
    if (r) {
        if (r != FILE_E_MISSING)
            IGNORE(command_fail(MSG_FAIL_NOTES_WHY, {"path", str_of(folder.at)}, {"why", str_of(command_why(r < 0 ? -r : EIO))}),
                   "what is asked for now is no part of it");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        CLEANUP(buf_done) struct buf path;

        buf_init(&path, 4096);
        if (!buf_printf(&path, "%s/%s", folder.at, names[i]))
            look_at_note(g, path.at);
    }
    names_free(names, n);
}
