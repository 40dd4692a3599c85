/* `tsujiban demo`: a demonstration force in mid-story, made in an empty directory and served. The story is a scenario of the
 * pack, performed by the engine itself: every record and entry in it came about as in daily work. */
#include "cmd/commands.h"
#include "cmd/home.h"

#include "base/file.h"
#include "base/tell.h"
#include "cmd/serve.h"
#include "guard/examiner.h"
#include "engine/engine.h"
#include "engine/scenario.h"
#include "force/account.h"
#include "keeper/install.h"
#include "keeper/pack-scenarios.h"
#include "ledger/log.h"
#include "regulation/coverage.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_LISTEN = HOME_N, OPT_PACK, OPT_STORY, OPT_NO_SERVE, OPT_SCANNER };

#define STORY_BEGINS "2026-04-01T08:30"
#define PASSWORD_LETTERS 4 /* groups of five */
#define ACCOUNTS_FILE "demo-accounts.txt"
#define RECORDS_FILE "demo-records.txt"

struct demo {
    struct home home;
    const char *pack_dir;
    const char *story; /* id of the scenario; "none"; NULL: the one that the pack shows, if any */
    struct store *store;
    struct log *log;
    struct pack *pack;
    struct scenario_set *scenarios;
    struct force *force;
    struct diag *diag;
    char password[32];
    unsigned n_acts;
};

/* ---- the directory ---- */

static int make_installation(struct demo *d)
{
    struct install_config c = {.data = d->home.data,
                               .db = d->home.db,
                               .name_ja = "試験県警察",
                               .name_en = "Shiken Prefectural Police",
                               .origin = "shiken.example/demonstration",
                               .clock = {.kind = CLOCK_DEMONSTRATION, .real_us = clock_real_us()}};

    if (instant_parse(STR(STORY_BEGINS), &c.clock.set_us))
        return -EINVAL;
    return install_create(&c, d->diag);
}

static int load_sources(struct demo *d)
{
    CLEANUP(buf_done) struct buf path;
    int r;

    buf_init(&path, 4096);
    if ((r = buf_printf(&path, "%s/force", d->pack_dir)))
        return r;
    if ((r = pack_load_dir(d->pack_dir, &d->pack, d->diag)) || (r = scenario_set_load(d->pack_dir, d->pack, &d->scenarios, d->diag)))
        return r;
    return force_load_dir(path.at, &d->force, d->diag);
}

/* ---- what an administrator would do ---- */

static int enter(struct demo *d, const char *act, const json_t *in, uint64_t now_us)
{
    JSON_AUTO *actor = json_pack("{s:s}", "id", "operator");
    struct log_leaf leaf = {.act = act, .case_id = "", .from = "", .to = "", .label = "", .rules = "",
                            .result = "recorded", .in = in, .actor = actor};
    struct log_place entered;

    return actor ? log_append(d->log, &leaf, now_us, &entered, d->diag) : -ENOMEM;
}

static int adopt(struct demo *d, uint64_t now_us)
{
    char hash[2 * SHA256_SIZE + 1], shown[2 * SHA256_SIZE + 1];
    JSON_AUTO *scenarios = NULL;
    JSON_AUTO *in = NULL;
    int r;

    if ((r = coverage_scenarios(d->pack, d->scenarios, &scenarios)) || (r = pack_scenarios_digest(scenarios, shown)))
        return r;
    sodium_bin2hex(hash, sizeof(hash), d->pack->hash.bytes, SHA256_SIZE);
    in = json_pack("{s:s, s:s, s:s}", "pack", d->pack->id, "hash", hash, "scenarios", shown);
    if (!in)
        return -ENOMEM;
    r = STORE_RUN(d->store, STMT_PACK_ADD, V_TEXT(hash), V_TEXT(d->pack->id), V_INT(d->pack->from_day),
                  V_INT(d->pack->to_day), V_STR(d->pack->canonical), V_INT(now_us), V_TEXT("operator"), V_INT(now_us),
                  V_TEXT("demonstration"));
    if (!r)
        r = pack_scenarios_save(d->store, hash, scenarios);
    if (!r)
        r = STORE_RUN(d->store, STMT_META_SET, V_TEXT("packs"), V_TEXT(hash));
    if (!r)
        r = STORE_RUN(d->store, STMT_META_SET, V_TEXT("generation"), V_TEXT("2"));
    if (!r)
        r = enter(d, "system/pack-adopt", in, now_us);
    return r;
}

/* Of the cast: two administrators, so that each can be the other's second person, and an auditor. */
static unsigned rights_of(const char *person)
{
    static const struct {
        const char *person;
        unsigned rights;
    } given[] = {{"Z", RIGHT_ADMINISTRATOR}, {"J", RIGHT_ADMINISTRATOR}, {"M", RIGHT_AUDITOR}};

    for (size_t i = 0; i < ARRAY_LEN(given); i++)
        if (!strcmp(given[i].person, person))
            return given[i].rights;
    return 0;
}

static int add_account(struct demo *d, const struct person *p, const char *hash, uint64_t now_us, struct buf *list)
{
    char login[ACCOUNT_LOGIN_MAX + 1];
    unsigned rights = rights_of(p->id);
    struct account_actor by = ACCOUNT_OPERATOR;
    char typed[72];
    int r;

    /* A login has at least two characters: person U signs in as person-u. */
    snprintf(typed, sizeof(typed), strlen(p->id) < 2 ? "person-%s" : "%s", p->id);
    if ((r = login_normal(str_of(typed), login)))
        return r > 0 ? -EINVAL : r;
    if ((r = account_add(d->store, by, login, p->id, rights, now_us)))
        return r > 0 ? -EINVAL : r;
    if ((r = account_set_password(d->store, login, hash, now_us)))
        return r > 0 ? -EINVAL : r;
    return buf_printf(list, "%s\t%s\t%s\n", login, d->password, p->name);
}

static int add_accounts(struct demo *d, struct buf *list)
{
    char hash[PASSWORD_HASH_SIZE];
    size_t n;
    const struct person *const *persons = force_persons(d->force, &n);
    int r = password_hash(str_of(d->password), hash);

    for (size_t i = 0; !r && i < n; i++)
        r = add_account(d, persons[i], hash, clock_real_us(), list);
    return r;
}

static void make_password(char ret[32])
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    size_t at = 0;

    for (unsigned group = 0; group < PASSWORD_LETTERS; group++) {
        if (group)
            ret[at++] = '-';
        for (unsigned i = 0; i < 5; i++)
            ret[at++] = letters[randombytes_uniform(sizeof(letters) - 1)];
    }
    ret[at] = '\0';
}

static int prepare_demo(struct demo *d, struct buf *list)
{
    uint64_t now_us;
    int r;

    if (instant_parse(STR(STORY_BEGINS), &now_us))
        return -EINVAL;
    if ((r = store_begin(d->store)))
        return r;
    if ((r = log_begin(d->log)) || (r = force_save_store(d->force, d->store, d->diag)) ||
        (r = enter(d, "system/force-import", NULL, now_us)) || (r = adopt(d, now_us)) || (r = add_accounts(d, list)) ||
        (r = log_end(d->log))) {
        store_rollback(d->store);
        log_forget(d->log);
        return r;
    }
    return store_commit(d->store);
}

/* ---- the story ---- */

/* The clock stands where the story ends. */
static int set_clock(struct demo *d, uint64_t end_us)
{
    struct clock_setting c = {CLOCK_DEMONSTRATION, end_us, clock_real_us()};
    int r = store_begin(d->store);

    if (!r)
        r = clock_save(d->store, c);
    if (!r)
        return store_commit(d->store);
    store_rollback(d->store);
    return r;
}

static void tell_acts(unsigned n)
{
    fputc('\r', stderr);
    command_print(stderr, MSG_SAID_DEMO_ACTS, MESSAGE_ARGS({"n", NUMBER(n)}));
    fputc(' ', stderr);
}

static void told(void *user, const struct scenario *s, const struct scene *act, bool passed, const char *message)
{
    struct demo *d = user;

    if (!passed)
        diag_error(d->diag, "%s", message);
    else if (isatty(STDERR_FILENO))
        tell_acts(++d->n_acts);
}

/* NULL in *ret: an empty desk. */
static int find_story(struct demo *d, const struct scenario **ret)
{
    CLEANUP(buf_done) struct buf known;

    buf_init(&known, 4096);
    *ret = d->story ? scenario_find(d->scenarios, d->story) : scenario_shown(d->scenarios);
    if (*ret || !d->story || !strcmp(d->story, "none"))
        return 0;
    for (size_t i = 0; i < d->scenarios->n_scenarios; i++)
        IGNORE(buf_printf(&known, ", %s", d->scenarios->scenarios[i].id), "of too many the first are told");
    diag_tell(d->diag, DIAG_ERROR, ((struct diag_place){0}), MSG_FAIL_DEMO_STORY, {"story", str_of(d->story)}, {"known", buf_str(&known)});
    return -ENOENT;
}

static int write_text(struct demo *d, const char *name, const struct buf *text)
{
    CLEANUP(buf_done) struct buf path;
    int r;

    buf_init(&path, 4096);
    if ((r = buf_printf(&path, "%s/%s", d->home.data, name)))
        return r;
    return file_write_atomic(path.at, buf_str(text), 0600, d->diag);
}

/* What the story calls its records, and their numbers: whoever goes on with it by hand knows them by that. */
static int write_records(struct demo *d, const struct scenario_play *p, const struct scenario *s)
{
    CLEANUP(buf_done) struct buf list;
    int r = 0;

    buf_init(&list, 1u << 20);
    for (; !r && s; s = s->after)
        for (size_t i = 0; !r && i < s->n_scenes; i++) {
            const char *id = *s->scenes[i].name ? scenario_play_record(p, s->scenes[i].name) : NULL;

            r = id ? buf_printf(&list, "%s\t%s\n", s->scenes[i].name, id) : 0;
        }
    return r ? r : write_text(d, RECORDS_FILE, &list);
}

static int perform_story(struct demo *d)
{
    CLEANUP(engine_closep) struct engine *engine = NULL;
    CLEANUP(scenario_play_closep) struct scenario_play *p = NULL;
    const struct scenario *s;
    size_t failed = 0;
    int r = find_story(d, &s);

    if (r || !s)
        return r;
    if (s->n_beside) {
        diag_tell(d->diag, DIAG_ERROR, ((struct diag_place){0}), MSG_FAIL_DEMO_BESIDE, {"scenario", str_of(s->id)});
        return -EINVAL;
    }
    if ((r = engine_open(d->store, &engine, d->diag)) ||
        (r = scenario_play_over(d->store, d->log, engine, d->pack, &p)) ||
        (r = scenario_play(p, s, SIZE_MAX, told, d, &failed, d->diag)) || (r = write_records(d, p, s)))
        return r;
    if (isatty(STDERR_FILENO))
        fputc('\n', stderr);
    return failed ? -EINVAL : set_clock(d, scenario_play_now(p));
}

static int build(struct demo *d)
{
    CLEANUP(buf_done) struct buf list;
    uint8_t seed[LOG_SEED_SIZE];
    int r;

    buf_init(&list, 1u << 20);
    make_password(d->password);
    if ((r = load_sources(d)) || (r = make_installation(d)) || (r = install_read_seed(d->home.data, seed, d->diag)))
        return r;
    if ((r = store_open(d->home.db, STORE_WRITE, &d->store, d->diag)))
        return r;
    r = log_open(d->store, seed, &d->log, d->diag);
    sodium_memzero(seed, sizeof(seed));
    if (r || (r = prepare_demo(d, &list)) || (r = perform_story(d)))
        return r;
    return write_text(d, ACCOUNTS_FILE, &list);
}

/* Built beside and moved into home, so that a broken start leaves nothing that looks finished. */
static int make(struct demo *d)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    d->diag = &diag;
    command_print(stderr, MSG_SAID_DEMO_MAKING, MESSAGE_ARGS({"dir", str_of(d->home.data)}));
    fputc('\n', stderr);
    r = build(d);
    log_close(d->log);
    store_close(d->store);
    scenario_set_free(d->scenarios);
    pack_unref(d->pack);
    force_unref(d->force);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? command_fail(MSG_FAIL_DEMO, {"dir", str_of(d->home.data)})
             : EXIT_DONE;
}

/* ---- the pack ---- */

#define DEFAULT_PACK "regulations/patrol"
#define PATH_MAX_BYTES 4096u

static bool is_pack(const char *dir)
{
    CLEANUP(buf_done) struct buf path;

    buf_init(&path, PATH_MAX_BYTES);
    return !buf_printf(&path, "%s/directive.yaml", dir) && !access(path.at, R_OK);
}

/* The folder of the running program, without '/' at its end. 0, or nothing is known of it. */
static int program_folder(struct buf *out)
{
    char path[PATH_MAX_BYTES];
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

    while (n > 0 && path[n - 1] != '/')
        n--;
    return n > 1 ? buf_add(out, path, (size_t)n - 1) : -ENOENT;
}

/* A relative name is looked for here first, then where the program's own packs lie: beside what is installed, in a bundle, in a folder
 * that was built. What was looked for is told when it is in none of them. */
static int find_pack(struct demo *d, const char *given, struct buf *found)
{
    static const char *const places[] = {"../share/tsujiban", "../share", ".."};
    CLEANUP(buf_done) struct buf folder, looked;

    buf_init(&folder, PATH_MAX_BYTES);
    buf_init(&looked, 8 * PATH_MAX_BYTES);
    d->pack_dir = given;
    if (is_pack(given))
        return 0;
    if (buf_printf(&looked, "\"%s\"", given))
        return -ENOMEM;
    for (size_t i = 0; *given != '/' && !program_folder(&folder) && i < ARRAY_LEN(places); i++) {
        buf_clear(found);
        if (buf_printf(found, "%s/%s/%s", folder.at, places[i], given) || buf_printf(&looked, ", \"%s\"", found->at))
            return -ENOMEM;
        buf_clear(&folder);
        d->pack_dir = found->at;
        if (is_pack(found->at))
            return 0;
    }
    return command_fail(MSG_FAIL_DEMO_PACK, {"looked", str_of(looked.at)});
}

/* ---- start ---- */

static bool is_made(const struct home *home)
{
    CLEANUP(buf_done) struct buf path;

    buf_init(&path, 4096);
    return !buf_printf(&path, "%s/%s", home->data, ACCOUNTS_FILE) && !access(path.at, F_OK);
}

static void show_accounts(const struct home *home)
{
    CLEANUP(buf_done) struct buf path, text;

    buf_init(&path, 4096);
    buf_init(&text, 1u << 20);
    if (buf_printf(&path, "%s/%s", home->data, ACCOUNTS_FILE) || file_read(path.at, 1u << 20, &text, NULL))
        return;
    command_say(MSG_SAID_DEMO_ACCOUNTS);
    fputs(text.at ? text.at : "", stdout);
    fflush(stdout);
}

static int run(const struct arguments *args)
{
    struct demo d = {.story = args->values[OPT_STORY]};
    CLEANUP(buf_done) struct buf pack = {0};
    int r = home_of(args, &d.home);

    if (r)
        return r;
    buf_init(&pack, 2 * PATH_MAX_BYTES);
    if (!is_made(&d.home) && ((r = find_pack(&d, args->values[OPT_PACK] ? args->values[OPT_PACK] : DEFAULT_PACK, &pack)) || (r = make(&d))))
        return r < 0 ? command_fail(MSG_CONSOLE_MEMORY) : r;
    show_accounts(&d.home);
    if (args->values[OPT_NO_SERVE])
        return EXIT_DONE;
    return serve_until_stopped(&d.home, args->values[OPT_LISTEN], args->values[OPT_SCANNER]);
}

static const struct option_row options[] = {
    HOME_OPTIONS,
    {"--listen", "ADDR:PORT", MSG_OPTION_DEMO_LISTEN},
    {"--pack", "DIR", MSG_OPTION_DEMO_PACK},
    {"--story", "ID", MSG_OPTION_DEMO_STORY},
    {"--no-serve", NULL, MSG_OPTION_DEMO_NO_SERVE},
    {"--scanner", "SOCKET", MSG_OPTION_SCANNER_FILES},
};
const struct command cmd_demo = {"demo", "", MSG_HELP_DEMO, options, ARRAY_LEN(options), 0, 0, run,
                                 false};
