/* `tsujiban seal | unseal | seal-key`: files into one that only its receiver opens, and out again. They work on files alone: whether
 * something may leave is asked elsewhere. */
#include "cmd/commands.h"
#include "cmd/progress.h"
#include "cmd/receivers.h"
#include "cmd/secret-file.h"

#include "guard/box-seal.h"
#include "guard/outgoing.h"
#include "guard/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX 1024u /* bytes of a line */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

static int print_json(const json_t *report)
{
    return json_dumpf(report, stdout, JSON_COMPACT) || putchar('\n') < 0
               ? command_fail(MSG_CONSOLE_REPORT)
               : EXIT_DONE;
}

static void print_members(const json_t *report, const char *word)
{
    const json_t *m;
    size_t i;

    json_array_foreach (json_arr(report, "members"), i, m)
        printf("  %s  %s  %" PRId64 " %s, sha256 %s\n", word, json_str(m, "name"),
               json_int(m, "size"), command_word(MSG_WORD_BYTES), json_str(m, "sha256"));
}

/* ---- seal ---- */

enum {
    OPT_OUT,
    OPT_ID,
    OPT_LEVEL,
    OPT_NAME,
    OPT_PASSWORD,
    OPT_NEW,
    OPT_RECEIVERS,
    OPT_PASSPHRASE,
    OPT_MANIFEST,
    OPT_JSON
};

struct sealed {
    struct seal_source *sources;
    size_t n;
    struct box_public *keys;
    size_t n_keys;
    struct buf name, secret;
    bool is_box, made_secret;
};

static void sealed_done(struct sealed *s)
{
    for (size_t i = 0; i < s->n; i++)
        close(s->sources[i].fd);
    free(s->sources);
    free(s->keys);
    buf_done(&s->name);
    buf_wipe(&s->secret);
}

static bool is_manifest(const char *hex)
{
    return strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64;
}

/* Exactly one way of sealing. */
static int choose(const struct arguments *args, struct sealed *s)
{
    unsigned n = 0;

    for (int o = OPT_PASSWORD; o <= OPT_PASSPHRASE; o++)
        n += args->values[o] != NULL;
    if (n != 1) {
        return command_wrong(MSG_WRONG_SEAL_WHOM);
    }
    s->is_box = args->values[OPT_RECEIVERS] || args->values[OPT_PASSPHRASE];
    if (args->values[OPT_MANIFEST] && !is_manifest(args->values[OPT_MANIFEST])) {
        return command_wrong(MSG_WRONG_SEAL_MANIFEST);
    }
    return 0;
}

static int name_it(const struct arguments *args, struct sealed *s)
{
    const char *suffix = s->is_box ? ".box" : ".zip",
               *id = args->values[OPT_ID] ? args->values[OPT_ID] : "";
    uint64_t level = 0;

    if (args->values[OPT_NAME] && !args->values[OPT_LEVEL])
        return buf_add_text(&s->name, args->values[OPT_NAME]) ? command_fail(MSG_FAIL_SEAL_ID, {"given", str_of(args->values[OPT_NAME])}) : 0;
    if (args->values[OPT_NAME] || !args->values[OPT_LEVEL] ||
        str_to_u64(str_of(args->values[OPT_LEVEL]), 1, 3, &level)) {
        return command_wrong(MSG_WRONG_SEAL_NAME);
    }
    return seal_name_make(str_of(id), (unsigned)level, suffix, &s->name)
               ? command_fail(MSG_FAIL_SEAL_ID, {"given", str_of(id)})
               : 0;
}

static int open_sources(const struct arguments *args, struct sealed *s)
{
    s->sources = calloc(args->n_rest, sizeof(*s->sources));
    if (!s->sources)
        return command_fail(MSG_CONSOLE_MEMORY);
    for (size_t i = 0; i < args->n_rest; i++) {
        int fd = open(args->rest[i], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

        if (fd < 0)
            return command_fail_why(MSG_CONSOLE_READ, args->rest[i], errno);
        s->sources[s->n++] = (struct seal_source){base_of(args->rest[i]), fd};
    }
    return 0;
}

/* The password is kept before anything is sealed with it. */
static int make_password(const char *path, struct sealed *s)
{
    CLEANUP(buf_wipe) struct buf line;
    int r;

    buf_init(&line, SECRET_MAX);
    if (seal_password_make(SEAL_MADE_DEFAULT, &s->secret) ||
        buf_add_str(&line, buf_str(&s->secret)) || buf_add_char(&line, '\n'))
        return command_fail(MSG_CONSOLE_MEMORY);
    r = secret_file_write(path, buf_str(&line));
    s->made_secret = !r;
    return r;
}

static int take_secret(const struct arguments *args, struct sealed *s)
{
    if (args->values[OPT_RECEIVERS])
        return receivers_read(args->values[OPT_RECEIVERS], &s->keys, &s->n_keys);
    if (args->values[OPT_NEW])
        return make_password(args->values[OPT_NEW], s);
    return args->values[OPT_PASSWORD]
               ? secret_file_read(args->values[OPT_PASSWORD], MSG_WORD_PASSWORD, SECRET_MAX, &s->secret)
               : secret_file_read(args->values[OPT_PASSPHRASE], MSG_WORD_PASSPHRASE, SECRET_MAX,
                                  &s->secret);
}

static int seal(const struct arguments *args, struct sealed *s, json_t **ret)
{
    struct progress progress;
    const struct seal_request q = {
        .dir = args->values[OPT_OUT] ? args->values[OPT_OUT] : ".",
        .name = s->name.at,
        .sources = s->sources,
        .n = s->n,
        .progress = {progress_tell, &progress},
        .approved = args->values[OPT_MANIFEST],
    };
    const struct box_for who = {s->keys, s->n_keys, buf_str(&s->secret)};
    struct diag diag;
    int r;

    diag_init(&diag);
    progress_begin(&progress, command_word(MSG_PROGRESS_SEALING));
    r = s->is_box ? seal_box(&q, &who, ret, &diag) : seal_zip(&q, buf_str(&s->secret), ret, &diag);
    progress_end(&progress);
    command_print_diag(&diag);
    diag_done(&diag);
    return !r ? EXIT_DONE : r > 0 ? EXIT_FAILED : command_fail(MSG_CONSOLE_MEMORY);
}

static int run_seal(const struct arguments *args)
{
    CLEANUP(sealed_done) struct sealed s = {0};
    JSON_AUTO *report = NULL;
    int r;

    buf_init(&s.name, OUTGOING_NAME_MAX + 1);
    buf_init(&s.secret, SECRET_MAX + 1);
    if ((r = choose(args, &s)) || (r = name_it(args, &s)) || (r = open_sources(args, &s)) ||
        (r = take_secret(args, &s)))
        return r;
    if ((r = seal(args, &s, &report))) {
        if (s.made_secret)
            IGNORE(unlink(args->values[OPT_NEW]), "a password of nothing does no harm");
        return r;
    }
    if (args->values[OPT_JSON])
        return print_json(report);
    printf("%s  %s  %" PRId64 " %s, sha256 %s\n", command_word(MSG_WORD_SEALED), json_str(report, "file"),
           json_int(report, "size"), command_word(MSG_WORD_BYTES), json_str(report, "sha256"));
    print_members(report, command_word(MSG_WORD_INSIDE));
    if (s.is_box)
        printf("  %s %s\n", command_word(MSG_WORD_MANIFEST), json_str(report, "manifest"));
    if (s.made_secret)
        command_say(MSG_SAID_SEAL_PASSWORD, {"path", str_of(args->values[OPT_NEW])});
    return EXIT_DONE;
}

static const struct option_row seal_options[] = {
    {"--out", "DIR", MSG_OPTION_SEAL_OUT},
    {"--id", "ID", MSG_OPTION_SEAL_ID},
    {"--confidentiality", "LEVEL", MSG_OPTION_SEAL_CONFIDENTIALITY},
    {"--name", "NAME", MSG_OPTION_SEAL_NAME},
    {"--password-file", "FILE", MSG_OPTION_SEAL_PASSWORD_FILE},
    {"--new-password", "FILE", MSG_OPTION_SEAL_NEW_PASSWORD},
    {"--receivers", "FILE", MSG_OPTION_SEAL_RECEIVERS},
    {"--passphrase-file", "FILE", MSG_OPTION_SEAL_PASSPHRASE_FILE},
    {"--manifest", "HEX", MSG_OPTION_SEAL_MANIFEST},
    {"--json", NULL, MSG_OPTION_SEAL_JSON},
};
const struct command cmd_seal = {
    "seal",
    "FILE…",
    MSG_HELP_SEAL,
    seal_options,
    ARRAY_LEN(seal_options),
    1,
    SEAL_SOURCES_MAX,
    run_seal,
    false};

/* ---- unseal ---- */

enum { OPEN_OUT, OPEN_KEY, OPEN_PASSPHRASE, OPEN_MANIFEST, OPEN_JSON };

static int take_key(const struct arguments *args, struct buf *secret, struct box_secret *key)
{
    if (!args->values[OPEN_KEY] == !args->values[OPEN_PASSPHRASE]) {
        return command_wrong(MSG_WRONG_UNSEAL);
    }
    if (args->values[OPEN_PASSPHRASE])
        return secret_file_read(args->values[OPEN_PASSPHRASE], MSG_WORD_PASSPHRASE, SECRET_MAX, secret);
    if (secret_file_read(args->values[OPEN_KEY], MSG_WORD_KEY, SECRET_MAX, secret))
        return EXIT_FAILED;
    return box_secret_parse(buf_str(secret), key)
               ? command_fail(MSG_FAIL_OPEN_KEY, {"path", str_of(args->values[OPEN_KEY])})
               : 0;
}

static int open_box(const struct arguments *args, int fd, const struct box_with *with, json_t **ret)
{
    struct progress progress;
    struct diag diag;
    int r;

    diag_init(&diag);
    progress_begin(&progress, command_word(MSG_PROGRESS_OPENING));
    r = seal_box_open(fd, base_of(args->rest[0]), args->values[OPEN_OUT] ? args->values[OPEN_OUT] : ".",
                  with, (struct seal_progress){progress_tell, &progress}, ret, &diag);
    progress_end(&progress);
    command_print_diag(&diag);
    diag_done(&diag);
    return !r ? EXIT_DONE : r > 0 ? EXIT_FAILED : command_fail(MSG_CONSOLE_MEMORY);
}

static void wipe_key(struct box_secret *key)
{
    for (volatile uint8_t *at = key->bytes; at < key->bytes + sizeof(key->bytes); at++)
        *at = 0;
}

static int run_unseal(const struct arguments *args)
{
    CLEANUP(wipe_key) struct box_secret key = {{0}};
    CLEANUP(buf_wipe) struct buf secret;
    JSON_AUTO *report = NULL;
    int r, fd;

    buf_init(&secret, SECRET_MAX + 1);
    if ((r = take_key(args, &secret, &key)))
        return r;
    fd = open(args->rest[0], O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return command_fail_why(MSG_CONSOLE_READ, args->rest[0], errno);
    r = open_box(args, fd,
                 &(struct box_with){args->values[OPEN_KEY] ? &key : NULL, buf_str(&secret), args->values[OPEN_MANIFEST]},
                 &report);
    close(fd);
    if (r)
        return r;
    if (args->values[OPEN_JSON])
        return print_json(report);
    printf("%s  %s\n", command_word(MSG_WORD_OPENED), base_of(args->rest[0]));
    print_members(report, command_word(MSG_WORD_OUT));
    printf("  %s %s\n", command_word(MSG_WORD_MANIFEST), json_str(report, "manifest"));
    if (json_object_get(report, "approved"))
        printf("  %s %s\n", command_word(MSG_WORD_APPROVED_BY), json_str(report, "approved"));
    return EXIT_DONE;
}

static const struct option_row unseal_options[] = {
    {"--out", "DIR", MSG_OPTION_SEAL_OUT_2},
    {"--key", "FILE", MSG_OPTION_SEAL_KEY},
    {"--passphrase-file", "FILE", MSG_OPTION_SEAL_PASSPHRASE_FILE_2},
    {"--manifest", "HEX", MSG_OPTION_SEAL_MANIFEST_2},
    {"--json", NULL, MSG_OPTION_SEAL_JSON},
};
const struct command cmd_unseal = {"unseal",
                                   "BOX",
                                   MSG_HELP_UNSEAL,
                                   unseal_options,
                                   ARRAY_LEN(unseal_options),
                                   1,
                                   1,
                                   run_unseal,
                                   false};

/* ---- seal-key ---- */

static int write_keys(const char *path, const struct box_secret *secret,
                      const struct box_public *public)
{
    CLEANUP(buf_wipe) struct buf text;
    CLEANUP(buf_done) struct buf line, name;
    int r;

    buf_init(&text, SECRET_MAX);
    buf_init(&line, SECRET_MAX);
    buf_init(&name, 4096);
    if (box_secret_print(secret, &text) || box_public_print(public, &line) ||
        buf_printf(&name, "%s.pub", path))
        return command_fail(MSG_CONSOLE_MEMORY);
    if ((r = secret_file_write(name.at, buf_str(&line))))
        return r;
    if ((r = secret_file_write(path, buf_str(&text)))) {
        IGNORE(unlink(name.at), "a public key without its secret one opens nothing");
        return r;
    }
    command_say(MSG_SAID_KEY_MADE, {"path", str_of(path)}, {"public", buf_str(&name)});
    printf("%.*s", STR_ARG(buf_str(&line)));
    return EXIT_DONE;
}

static int run_key(const struct arguments *args)
{
    CLEANUP(wipe_key) struct box_secret secret;
    struct box_public public;

    box_key_make(&secret, &public);
    return write_keys(args->rest[0], &secret, &public);
}

const struct command cmd_seal_key = {
    "seal-key", "FILE",  MSG_HELP_SEAL_KEY,
    NULL,       0,       1,
    1,          run_key, false};
