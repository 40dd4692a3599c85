#include "engine/mutation-memory.h"

#include "base/codec.h"
#include "base/file.h"
#include "base/json.h"
#include "base/tell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)64 << 20)
#define PROGRAM_MAX ((size_t)512 << 20)
#define PATH_MAX_BYTES 4096
#define LINE_MAX_BYTES 1024
#define KEY_DIGITS 24
#define FIELDS 4

struct key {
    char text[KEY_DIGITS + 1];
};
struct mutation_memory {
    const struct scenario_set *scenarios;
    struct key *keys; /* by scenario */
    json_t *outcomes; /* {"KEY\tSCENARIO\tRULE": outcome} */
    int fd;
};

static const char *const outcome_words[] = {[MUTATION_PASSED] = "passed", [MUTATION_FAILED] = "failed", [MUTATION_NONE] = "none", [MUTATION_UNREADABLE] = "unreadable"};

/* ---- what an outcome rests on ---- */

static int add_file(struct sha256_state *hash, const char *dir, const char *name, size_t max, struct diag *diag)
{
    CLEANUP(buf_done) struct buf path, bytes;
    struct digest digest;
    int r;

    buf_init(&path, PATH_MAX_BYTES);
    buf_init(&bytes, max);
    r = buf_printf(&path, "%s/%s", dir, name);
    if (!r)
        r = file_read(path.at, max, &bytes, diag);
    if (r)
        return r > 0 ? -EIO : r;
    digest = sha256(buf_str(&bytes));
    sha256_add(hash, str_of(name));
    sha256_add(hash, (struct str){(const char *)&digest, sizeof(digest)});
    return 0;
}

static int add_folder(struct sha256_state *hash, const char *dir, const char *folder, struct diag *diag)
{
    CLEANUP(buf_done) struct buf path;
    char **names = NULL;
    size_t n = 0;
    int r;

    buf_init(&path, PATH_MAX_BYTES);
    r = buf_printf(&path, "%s/%s", dir, folder);
    if (!r)
        r = dir_list(path.at, "", false, &names, &n, diag);
    for (size_t i = 0; !r && i < n; i++)
        r = add_file(hash, path.at, names[i], FILE_MAX, diag);
    names_free(names, n);
    return r > 0 ? -EIO : r;
}

static int add_scenario(struct sha256_state *hash, const char *dir, const struct scenario *s, struct diag *diag)
{
    int r = s->after ? add_scenario(hash, dir, s->after, diag) : 0;

    if (!r)
        r = add_file(hash, dir, s->at.file, FILE_MAX, diag);
    if (!r)
        r = add_folder(hash, dir, s->force, diag);
    for (size_t i = 0; !r && i < s->n_beside; i++)
        sha256_add(hash, (struct str){(const char *)&s->beside[i]->hash, sizeof(s->beside[i]->hash)});
    return r;
}

static int key_of(const char *dir, const struct pack *pack, const struct scenario *s, const struct digest *program, struct key *ret,
                  struct diag *diag)
{
    struct sha256_state *hash = sha256_new();
    CLEANUP(buf_done) struct buf text = {0};
    struct digest digest;
    int r;

    if (!hash)
        return -ENOMEM;
    buf_init(&text, 2 * sizeof(digest) + 1);
    sha256_add(hash, (struct str){(const char *)program, sizeof(*program)});
    sha256_add(hash, (struct str){(const char *)&pack->hash, sizeof(pack->hash)});
    r = add_scenario(hash, dir, s, diag);
    digest = sha256_end(hash);
    if (!r)
        r = hex_print(&digest, KEY_DIGITS / 2, &text);
    if (!r)
        memcpy(ret->text, text.at, KEY_DIGITS);
    return r;
}

static int make_keys(struct mutation_memory *m, const char *dir, const struct pack *pack, struct diag *diag)
{
    CLEANUP(buf_done) struct buf bytes = {0};
    struct digest program;
    int r;

    m->keys = calloc(m->scenarios->n_scenarios + 1, sizeof(*m->keys));
    if (!m->keys)
        return -ENOMEM;
    buf_init(&bytes, PROGRAM_MAX);
    r = file_read("/proc/self/exe", PROGRAM_MAX, &bytes, diag);
    if (r)
        return r > 0 ? -EIO : r;
    program = sha256(buf_str(&bytes));
    for (size_t i = 0; !r && i < m->scenarios->n_scenarios; i++)
        r = key_of(dir, pack, &m->scenarios->scenarios[i], &program, &m->keys[i], diag);
    return r;
}

/* ---- the file ---- */

static int outcome_of(struct str word)
{
    for (size_t i = 0; i < ARRAY_LEN(outcome_words); i++)
        if (str_eq(word, str_of(outcome_words[i])))
            return (int)i;
    return MUTATION_UNKNOWN;
}

static int bad_line(struct diag *diag, const char *file, size_t line, size_t col, enum message_key what)
{
    diag_tell(diag, DIAG_ERROR, ((struct diag_place){file, (unsigned)line, (unsigned)col, NULL}), MSG_MUTATE_MEMORY_LINE, MESSAGE_WORD("what", what));
    return MUTATION_MEMORY_E_INVALID;
}

static int take_line(struct mutation_memory *m, struct str line, const char *file, size_t no, struct diag *diag)
{
    struct str rest = line, pieces[FIELDS];
    uint8_t key[KEY_DIGITS / 2];
    size_t n = 0;
    int outcome;

    while (n < FIELDS && str_split(&rest, '\t', &pieces[n]))
        n++;
    if (n < FIELDS || rest.at)
        return bad_line(diag, file, no, 1, MSG_FINDING_THIS_LINE_HAS_NOT_FOUR_FIELDS);
    if (hex_parse(pieces[0], key, sizeof(key)))
        return bad_line(diag, file, no, 1, MSG_FINDING_THE_KEY_IS_NOT_OF_HEXADECIMAL_DIGITS);
    outcome = outcome_of(pieces[3]);
    if (outcome == MUTATION_UNKNOWN)
        return bad_line(diag, file, no, (size_t)(pieces[3].at - line.at) + 1, MSG_FINDING_THE_OUTCOME_IS_NONE_OF_PASSED_FAILED_NON);
    return json_object_setn_new(m->outcomes, line.at, (size_t)(pieces[3].at - line.at) - 1, json_integer(outcome)) ?
               bad_line(diag, file, no, 1, MSG_FINDING_THIS_LINE_IS_NO_UTF) : 0;
}

/* Whoever was killed while he wrote has left a piece of a line. */
static int read_file(struct mutation_memory *m, const char *file, struct diag *diag)
{
    CLEANUP(buf_done) struct buf bytes;
    struct str rest, line;
    size_t no = 0, whole;
    int r;

    buf_init(&bytes, FILE_MAX);
    r = file_read(file, FILE_MAX, &bytes, diag);
    if (r)
        return r == FILE_E_LIMIT ? MUTATION_MEMORY_E_INVALID : r > 0 ? -ENOENT : r;
    for (whole = bytes.len; whole && bytes.at[whole - 1] != '\n';)
        whole--;
    if (whole < bytes.len && ftruncate(m->fd, (off_t)whole))
        return -errno;
    for (rest = (struct str){bytes.at, whole}; !r && rest.len && str_split(&rest, '\n', &line);)
        r = take_line(m, line, file, ++no, diag);
    return r;
}

int mutation_memory_open(const char *file, const char *pack_dir, const struct pack *pack, const struct scenario_set *scenarios,
                         struct mutation_memory **ret, struct diag *diag)
{
    CLEANUP(mutation_memory_closep) struct mutation_memory *m = calloc(1, sizeof(*m));
    int r;

    if (!m)
        return -ENOMEM;
    m->scenarios = scenarios;
    m->fd = open(file, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (m->fd < 0) {
        r = -errno;
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){file, 0, 0, NULL}), MSG_MUTATE_MEMORY_OPENED, tell_why(-r));
        return r;
    }
    m->outcomes = json_object();
    r = m->outcomes ? make_keys(m, pack_dir, pack, diag) : -ENOMEM;
    if (!r)
        r = read_file(m, file, diag);
    if (!r)
        *ret = TAKE(m);
    return r;
}

void mutation_memory_close(struct mutation_memory *m)
{
    if (!m)
        return;
    if (m->fd >= 0)
        close(m->fd);
    json_decref(m->outcomes);
    free(m->keys);
    free(m);
}

/* ---- asking and adding ---- */

static int put_name(const struct mutation_memory *m, const struct scenario *s, const char *rule, struct buf *out)
{
    buf_init(out, LINE_MAX_BYTES);
    return buf_printf(out, "%s\t%s\t%s", m->keys[s - m->scenarios->scenarios].text, s->id, rule);
}

int mutation_memory_recall(const struct mutation_memory *m, const struct scenario *s, const char *rule)
{
    CLEANUP(buf_done) struct buf name;
    const json_t *outcome = put_name(m, s, rule, &name) ? NULL : json_object_get(m->outcomes, name.at);

    return outcome ? (int)json_integer_value(outcome) : MUTATION_UNKNOWN;
}

int mutation_memory_keep(struct mutation_memory *m, const struct scenario *s, const char *rule, enum mutation_outcome outcome)
{
    CLEANUP(buf_done) struct buf line;
    int r = put_name(m, s, rule, &line);

    if (!r)
        r = buf_printf(&line, "\t%s\n", outcome_words[outcome]);
    return r ? r : file_write_all(m->fd, buf_str(&line));
}
