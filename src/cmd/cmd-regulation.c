/* `tsujiban regulation check | test | coverage`: what a pack proves, plays and covers. */
#include "cmd/cmd-regulation.h"

#include "base/arena.h"
#include "base/codec.h"
#include "base/tell.h"
#include "base/time.h"
#include "cmd/commands.h"
#include "cmd/home.h"
#include "engine/decide.h"
#include "engine/decided.h"
#include "engine/scenario.h"
#include "regulation/check.h"
#include "regulation/coverage.h"
#include "web/compare-sheet.h"
#include "web/sheet-book.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)16 << 20)
#define PATH_MAX_BYTES 4096

/* ---- reading ---- */

static void add_prefixed(const char *dir, const struct diag_entry *e, struct diag *out)
{
    struct buf path;

    buf_init(&path, PATH_MAX_BYTES);
    /* A folder that is not there is itself the place. */
    if (e->file && strcmp(e->file, dir) && !buf_printf(&path, "%s/%s", dir, e->file))
        diag_add_both(out, e->level, (struct diag_place){path.at, e->line, e->col, e->heading}, e->key, e->message, e->ja);
    else
        diag_add_both(out, e->level, (struct diag_place){e->file, e->line, e->col, e->heading}, e->key, e->message, e->ja);
    buf_done(&path);
}

void regulation_print_diag(const char *dir, const struct diag *diag)
{
    struct diag out;

    diag_init(&out);
    for (size_t i = 0; i < diag->n; i++)
        add_prefixed(dir, &diag->entries[i], &out);
    command_print_diag(&out);
    if (diag->n == DIAG_MAX)
        command_note(MSG_SAID_FIRST_SHOWN, {"max", NUMBER(DIAG_MAX)});
    diag_done(&out);
}

static int load_force(struct regulation *r, struct diag *diag)
{
    CLEANUP(buf_done) struct buf path;
    struct stat st;
    int e;

    buf_init(&path, PATH_MAX_BYTES);
    e = buf_printf(&path, "%s/force", r->dir);
    if (e || stat(path.at, &st) || !S_ISDIR(st.st_mode))
        return e;
    return force_load_dir(path.at, &r->force, diag);
}

/* Problems of CSV files name their whole path already. */
static int load_all(struct regulation *r, struct diag *diag, struct diag *diag_force)
{
    int e = pack_load_dir(r->dir, &r->pack, diag);

    if (!e)
        e = scenario_set_load(r->dir, r->pack, &r->scenarios, diag);
    if (!e)
        e = scenario_forces_load(r->dir, r->scenarios, &r->forces, diag_force);
    if (!e)
        e = load_force(r, diag_force);
    return e;
}

int regulation_open(const char *dir, struct regulation *ret)
{
    struct regulation r = {.dir = dir};
    struct diag diag, diag_force;
    int e;

    diag_init(&diag);
    diag_init(&diag_force);
    e = load_all(&r, &diag, &diag_force);
    regulation_print_diag(dir, &diag);
    command_print_diag(&diag_force);
    diag_done(&diag);
    diag_done(&diag_force);
    if (e) {
        regulation_done(&r);
        return command_fail(e > 0 ? MSG_FAIL_PACK_WHOLE : MSG_FAIL_PACK_READ, {"dir", str_of(dir)});
    }
    *ret = r;
    return EXIT_DONE;
}

void regulation_done(struct regulation *r)
{
    force_unref(r->force);
    scenario_forces_free(r->forces);
    scenario_set_free(r->scenarios);
    pack_unref(r->pack);
    *r = (struct regulation){0};
}

/* ---- check ---- */

static int begin_program(const struct procedure *p, void **ret)
{
    struct program *program = NULL;
    int r = program_new(p, &program);

    *ret = program;
    return r;
}

static void decide_by(const void *program, const struct facts *facts, struct verdict *ret)
{
    program_decide(program, facts, ret);
}

static void end_program(void *program)
{
    program_free(program);
}

static const struct check_decider engine_decider = {begin_program, decide_by, end_program};

/* An enforced clause that has rules and no scenario: nothing would notice when they go. */
static int tell_unshown(const struct regulation *r, bool *ret_ok)
{
    CLEANUP(coverage_done) struct coverage c = {0};
    struct diag diag;

    if (coverage_load(r->pack, r->scenarios, &c))
        return command_fail(MSG_CONSOLE_MEMORY);
    diag_init(&diag);
    for (size_t i = 0; i < c.n_rows; i++) {
        const struct clause *clause = c.rows[i].clause;

        if (!coverage_is_missing(&c.rows[i]) || !c.rows[i].n_rules)
            continue;
        diag_tell(&diag, DIAG_ERROR, ((struct diag_place){clause->at.file, clause->at.line, clause->at.col, NULL}), MSG_PACK_CLAUSE_UNSHOWN, {"clause", str_of(clause->id)});
        *ret_ok = false;
    }
    regulation_print_diag(r->dir, &diag);
    diag_done(&diag);
    return EXIT_DONE;
}

/* One line that is overwritten, only on a terminal. */
static void show_check(void *user, size_t done, size_t total, const char *check)
{
    if (!isatty(STDERR_FILENO))
        return;
    (void)fputs("\r\033[K", stderr);
    command_print(stderr, MSG_SAID_CHECKING, MESSAGE_ARGS({"done", NUMBER(done + 1)}, {"total", NUMBER(total)}, {"check", str_of(check)}));
}

static int check_one(const char *dir, struct check_options options, bool with_mutation, bool *ret_ok)
{
    CLEANUP(regulation_done) struct regulation r = {0};
    struct check_summary s;
    struct diag diag;
    int e = regulation_open(dir, &r);

    if (e)
        return e;
    diag_init(&diag);
    options.told = show_check;
    e = pack_check(r.pack, r.force, options, &diag, &s);
    if (isatty(STDERR_FILENO))
        (void)fputs("\r\033[K", stderr);
    regulation_print_diag(dir, &diag);
    diag_done(&diag);
    if (e)
        return command_fail(MSG_FAIL_CHECK_STOPPED, {"dir", str_of(dir)});
    command_print(stdout, MSG_SUM_CHECK,
                  MESSAGE_ARGS({"pack", str_of(r.pack->id)}, {"clauses", NUMBER(s.n_clauses)}, {"rules", NUMBER(s.n_rules)}, {"steps", NUMBER(s.n_steps)},
                               {"states", NUMBER(s.n_states)}, {"cases", NUMBER(s.n_cases)}, {"groups", NUMBER(s.n_groups)},
                               {"sampled", NUMBER(s.n_sampled_groups)}, {"days", NUMBER(s.n_days)}, {"errors", NUMBER(s.n_errors)},
                               {"warnings", NUMBER(s.n_warnings)}));
    (void)putchar('\n');
    *ret_ok = *ret_ok && !s.n_errors;
    if (!with_mutation)
        return EXIT_DONE;
    e = tell_unshown(&r, ret_ok);
    return e ? e : regulation_mutate(&r, &(struct mutation_options){0}, ret_ok);
}

enum { CHECK_NO_MUTATION, CHECK_FROM, CHECK_AHEAD };
static const struct option_row check_options[] = {
    {"--no-mutation", NULL, MSG_OPTION_REGULATION_NO_MUTATION},
    {"--from", "DAY", MSG_OPTION_REGULATION_FROM},
    {"--days", "N", MSG_OPTION_REGULATION_DAYS},
};

static int options_of(const struct arguments *a, struct check_options *ret)
{
    int64_t days = CHECK_DAYS;

    *ret = (struct check_options){.decider = &engine_decider, .from_day = day_of_instant(clock_real_us())};
    if (a->values[CHECK_FROM] && day_parse_any(str_of(a->values[CHECK_FROM]), &ret->from_day)) {
        return command_wrong(MSG_WRONG_FROM_DAY, {"given", str_of(a->values[CHECK_FROM])});
    }
    if (a->values[CHECK_AHEAD] && str_to_i64(str_of(a->values[CHECK_AHEAD]), 1, 36525, &days)) {
        return command_wrong(MSG_WRONG_DAYS, {"given", str_of(a->values[CHECK_AHEAD])});
    }
    ret->n_days = (int32_t)days;
    return EXIT_DONE;
}

static int run_check(const struct arguments *a)
{
    struct check_options options;
    bool ok = true;
    int r = options_of(a, &options);

    for (size_t i = 0; !r && i < a->n_rest; i++)
        r = check_one(a->rest[i], options, !a->values[CHECK_NO_MUTATION], &ok);
    return r ? r : ok ? EXIT_DONE : EXIT_FAILED;
}

const struct command cmd_regulation_check = {"regulation check", "DIR…", MSG_HELP_REGULATION_CHECK,
                                             check_options, ARRAY_LEN(check_options), 1, SIZE_MAX, run_check, false};

/* ---- test ---- */

struct tally {
    const char *dir;
    size_t passed, failed;
};

static void count_act(void *user, const struct scenario *s, const struct scene *act, bool passed, const char *message)
{
    struct tally *t = user;

    if (passed) {
        t->passed++;
        return;
    }
    t->failed++;
    (void)printf("%s/%s\n", t->dir, message);
}

/* Each scenario needs a place of its own: "{}" becomes its id, a directory gets a folder for it. */
static int place_of(const char *db, const struct scenario *s, struct buf *out)
{
    const char *mark = strstr(db, "{}");

    if (mark)
        return buf_printf(out, "%.*s%s%s", (int)(mark - db), db, s->id, mark + 2);
    if (!strcmp(db, ":memory:") || strstr(db, "://"))
        return buf_add_text(out, db);
    return buf_printf(out, "%s/%s", db, s->id);
}

static int play_one(const struct regulation *r, const struct scenario *s, const char *db, struct tally *t)
{
    CLEANUP(buf_done) struct buf place;
    CLEANUP(scenario_play_closep) struct scenario_play *p = NULL;
    size_t failed = 0, before = t->failed;
    struct diag diag;
    int e;

    buf_init(&place, PATH_MAX_BYTES);
    diag_init(&diag);
    e = place_of(db, s, &place);
    if (!e)
        e = scenario_play_open_for(place.at, r->pack, s, scenario_forces_of(r->forces, s), &p, &diag);
    if (!e) {
        scenario_play_in(p, home_language());
        e = scenario_play(p, s, SIZE_MAX, count_act, t, &failed, &diag);
    }
    command_print_diag(&diag);
    diag_done(&diag);
    if (e)
        return command_fail(MSG_FAIL_SCENARIO_STOPPED, {"scenario", str_of(s->id)}, {"number", INTEGER(e)});
    (void)printf("%-4s %s: %s\n", command_word(t->failed == before ? MSG_WORD_OK : MSG_WORD_FAIL), s->id, text2_in(s->title, home_language() == MESSAGE_EN));
    return EXIT_DONE;
}

static int test_one(const char *dir, const char *db, const char *only, struct tally *t)
{
    CLEANUP(regulation_done) struct regulation r = {0};
    int e = regulation_open(dir, &r);

    t->dir = dir;
    for (size_t i = 0; !e && i < r.scenarios->n_scenarios; i++) {
        if (!only || !strcmp(only, r.scenarios->scenarios[i].id))
            e = play_one(&r, &r.scenarios->scenarios[i], db, t);
    }
    return e;
}

enum { TEST_DB, TEST_SCENARIO };
static const struct option_row test_options[] = {
    {"--db", "URL", MSG_OPTION_REGULATION_DB},
    {"--scenario", "ID", MSG_OPTION_REGULATION_SCENARIO},
};

static int run_test(const struct arguments *a)
{
    const char *db = a->values[TEST_DB] ? a->values[TEST_DB] : ":memory:";
    struct tally t = {0};
    int r = EXIT_DONE;

    for (size_t i = 0; !r && i < a->n_rest; i++)
        r = test_one(a->rest[i], db, a->values[TEST_SCENARIO], &t);
    if (!r && t.passed + t.failed == 0)
        r = command_fail(MSG_FAIL_NO_SCENARIO);
    command_print(stdout, MSG_SUM_PLAYED, MESSAGE_ARGS({"passed", NUMBER(t.passed)}, {"failed", NUMBER(t.failed)}));
    (void)putchar('\n');
    return r ? r : t.failed ? EXIT_FAILED : EXIT_DONE;
}

const struct command cmd_regulation_test = {"regulation test", "DIR…", MSG_HELP_REGULATION_TEST, test_options,
                                            ARRAY_LEN(test_options), 1, SIZE_MAX, run_test, false};

/* ---- coverage ---- */

struct covering {
    bool tsv, compare;
    const char *as; /* of the comparison: csv, pdf or xlsx */
    json_t *wordings;    /* or NULL */
    struct store *store; /* whose books are measured; NULL: none are */
};

/* A wording of another directive would be missed where it belongs. */
static int check_wordings(const struct regulation *r, json_t *wordings)
{
    const char *clause;
    json_t *text;

    json_object_foreach (wordings, clause, text)
        if (!pack_clause(r->pack, clause))
            return command_fail(MSG_FAIL_NO_CLAUSE, {"dir", str_of(r->dir)}, {"clause", str_of(clause)});
    return EXIT_DONE;
}

static int compare_as(struct coverage *c, const struct compare_of *of, const char *as, struct buf *out)
{
    CLEANUP(arena_freep) struct arena *arena = NULL;
    uint64_t now_us = clock_real_us();
    struct buf printed;
    struct sheet s;
    int r;

    if (!strcmp(as, "csv"))
        return coverage_print_compare(c, of, out);
    if (!(arena = arena_new(TEXT_MAX)))
        return -ENOMEM;
    buf_init(&printed, 64);
    if (!(r = instant_print_local(now_us, &printed)))
        r = compare_sheet(c, of, buf_str(&printed), now_us, arena, &s);
    if (!r)
        r = !strcmp(as, "pdf") ? sheet_pdf(&s, out, NULL) : sheet_book(&s, message_text(of->english ? MESSAGE_EN : MESSAGE_JA, MSG_BOOK_COMPARISON).at, out);
    buf_done(&printed);
    return r;
}

static int cover_one(const char *dir, const struct covering *how, bool *ret_ok)
{
    CLEANUP(regulation_done) struct regulation r = {0};
    CLEANUP(coverage_done) struct coverage c = {0};
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *times = NULL;
    int e = regulation_open(dir, &r);

    buf_init(&text, TEXT_MAX);
    if (!e && how->store && engine_decided_words(how->store, NULL, r.pack, false, &times))
        return command_fail(MSG_FAIL_COMPARE_STORE);
    if (e || (e = check_wordings(&r, how->wordings)))
        return e;
    e = coverage_load(r.pack, r.scenarios, &c);
    if (!e && how->compare)
        e = compare_as(&c, &(struct compare_of){.wordings = how->wordings, .times = times}, how->as, &text);
    else if (!e)
        e = how->tsv ? coverage_print_tsv(&c, &text) : coverage_print(&c, &text);
    if (e)
        return command_fail(MSG_CONSOLE_MEMORY);
    (void)fwrite(text.at, 1, text.len, stdout);
    *ret_ok = *ret_ok && !coverage_n_missing(&c);
    return EXIT_DONE;
}

static const struct option_row coverage_options[] = {
    {"--tsv", NULL, MSG_OPTION_REGULATION_TSV},
    {"--compare", NULL, MSG_OPTION_REGULATION_COMPARE},
    {"--wording", "FILE", MSG_OPTION_REGULATION_WORDING},
    {"--data", "DIR", MSG_OPTION_REGULATION_DATA},
    {"--db", "URL", MSG_OPTION_REGULATION_DB_2},
    {"--as", "FORM", MSG_OPTION_REGULATION_AS},
};

static bool is_form(const char *as, size_t n_dirs)
{
    return !strcmp(as, "csv") || (n_dirs == 1 && (!strcmp(as, "pdf") || !strcmp(as, "xlsx")));
}

static int run_coverage(const struct arguments *a)
{
    JSON_AUTO *wordings = a->values[2] ? json_object() : NULL;
    struct covering how = {.tsv = a->values[0] != NULL, .compare = a->values[1] != NULL, .wordings = wordings, .as = a->values[5] ? a->values[5] : "csv"};
    bool ok = true;
    int r = EXIT_DONE;

    if ((how.tsv && how.compare) || ((a->values[2] || a->values[3] || a->values[5]) && !how.compare)) {
        return command_wrong(MSG_WRONG_COVERAGE);
    }
    if (!is_form(how.as, a->n_rest)) {
        return command_wrong(MSG_WRONG_COVERAGE_AS, {"given", str_of(how.as)});
    }
    if (a->values[2] && (!wordings || regulation_wordings(a->values[2], wordings, NULL)))
        return command_fail(MSG_FAIL_COMPARE_NONE);
    if (a->values[3])
        r = home_open(&(struct home){.data = a->values[3], .db = a->values[4] ? a->values[4] : a->values[3]}, STORE_READ, &how.store);
    for (size_t i = 0; !r && i < a->n_rest; i++)
        r = cover_one(a->rest[i], &how, &ok);
    store_close(how.store);
    return r ? r : ok ? EXIT_DONE : EXIT_FAILED;
}

const struct command cmd_regulation_coverage = {"regulation coverage", "DIR…", MSG_HELP_REGULATION_COVERAGE, coverage_options,
                                                ARRAY_LEN(coverage_options), 1, SIZE_MAX, run_coverage, false};
