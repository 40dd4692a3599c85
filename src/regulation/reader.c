/* A folder, or its canonical form, becomes a pack. See reader.h for the passes. */
#include "regulation/reader.h"

#include "base/file.h"
#include "regulation/canonical.h"

#include <errno.h>
#include <stdlib.h>

static const struct {
    const char *path;   /* of the one file, or the folder */
    const char *format;
    bool is_folder;
} kinds[FILE_KINDS] = {
    [FILE_DIRECTIVE] = {"directive.yaml", "directive/1", false},
    [FILE_CLAUSES] = {"clauses.yaml", "clauses/1", false},
    [FILE_ORG] = {"org.yaml", "org/1", false},
    [FILE_LABELS] = {"labels.yaml", "labels/1", false},
    [FILE_REGISTER] = {"registers/", "register/1", true},
    [FILE_PROCEDURE] = {"procedures/", "procedure/1", true},
    [FILE_FORM] = {"forms/", "form/1", true},
};

/* ---- finding ---- */

const struct pack_file *reader_file(const struct reading *rd, enum file_kind kind, size_t i)
{
    for (size_t k = 0; k < rd->n_files; k++) {
        if (rd->files[k].kind == kind && i-- == 0)
            return &rd->files[k];
    }
    return NULL;
}

size_t reader_count(const struct reading *rd, enum file_kind kind)
{
    size_t n = 0;

    while (reader_file(rd, kind, n) != NULL)
        n++;
    return n;
}

struct reg *reader_reg(struct reading *rd, const char *id)
{
    return (struct reg *)(uintptr_t)pack_reg(rd->pack, id);
}

struct field *reader_field(struct reading *rd, const struct reg *reg, const char *id)
{
    return (struct field *)(uintptr_t)reg_field(reg, id);
}

#define CANDIDATES 1000
/* The names of an array of structs for did_you_mean(). */
#define NAMES_OF(names, n_names, array, count, member)                                             \
    const char *names[CANDIDATES];                                                                 \
    size_t n_names = 0;                                                                            \
    for (size_t i_ = 0; i_ < (count) && n_names < CANDIDATES; i_++) {                              \
        if ((array)[i_].member != NULL)                                                            \
            names[n_names++] = (array)[i_].member;                                                 \
    }

const struct reg *want_reg(struct reading *rd, struct word w)
{
    const struct reg *reg = pack_reg(rd->pack, w.text);
    NAMES_OF(names, n, rd->pack->regs, rd->pack->n_regs, id)

    if (reg == NULL)
        problem(&rd->src, w.at, MSG_PACK_NO_REGISTER, {"given", str_of(w.text)},
                did_you_mean(&rd->src, w.text, names, n, MSG_MEAN_FILE));
    return reg;
}

const struct role *want_role(struct reading *rd, struct word w)
{
    const struct role *role = pack_role(rd->pack, w.text);
    NAMES_OF(names, n, rd->pack->roles, rd->pack->n_roles, id)

    if (role == NULL)
        problem(&rd->src, w.at, MSG_PACK_NO_ROLE, {"given", str_of(w.text)},
                did_you_mean(&rd->src, w.text, names, n, MSG_MEAN_THERE));
    return role;
}

const struct param *want_param(struct reading *rd, struct word w)
{
    const struct param *param = pack_param(rd->pack, w.text);
    NAMES_OF(names, n, rd->pack->params, rd->pack->n_params, id)

    if (param == NULL)
        problem(&rd->src, w.at, MSG_PACK_NO_PARAM, {"given", str_of(w.text)},
                did_you_mean(&rd->src, w.text, names, n, MSG_MEAN_THERE));
    return param;
}

const struct state *want_state(struct reading *rd, const struct procedure *proc, struct word w)
{
    const struct state *state;

    if (proc == NULL)
        return NULL; /* the register without procedure was reported */
    state = procedure_state(proc, w.text);
    NAMES_OF(names, n, proc->states, proc->n_states, id)
    if (state == NULL)
        problem(&rd->src, w.at, MSG_PACK_NO_STATE, {"given", str_of(w.text)}, {"procedure", str_of(proc->id)},
                did_you_mean(&rd->src, w.text, names, n, MSG_MEAN_STATES));
    return state;
}

const struct proc_role *want_proc_role(struct reading *rd, const struct procedure *proc, struct word w)
{
    const struct proc_role *role = procedure_role(proc, w.text);
    NAMES_OF(names, n, proc->roles, proc->n_roles, id)

    if (role == NULL)
        problem(&rd->src, w.at, MSG_PACK_NO_ROLE_OF, {"given", str_of(w.text)}, {"procedure", str_of(proc->id)},
                did_you_mean(&rd->src, w.text, names, n, MSG_MEAN_ROLES));
    return role;
}

struct field *want_field(struct reading *rd, const struct reg *reg, struct word w)
{
    struct field *field = reader_field(rd, reg, w.text);
    NAMES_OF(names, n, reg->fields, reg->n_fields, id)

    if (field == NULL)
        problem(&rd->src, w.at, MSG_PACK_NO_FIELD, {"given", str_of(w.text)}, {"register", str_of(reg->id)},
                did_you_mean(&rd->src, w.text, names, n, MSG_MEAN_FIELDS));
    return field;
}

bool want_named(struct reading *rd, const struct named *all, size_t n_all, struct word w, enum message_key what)
{
    NAMES_OF(names, n, all, n_all, id)

    for (size_t i = 0; i < n; i++) {
        if (strcmp(names[i], w.text) == 0)
            return true;
    }
    problem(&rd->src, w.at, MSG_PACK_NO_NAMED, MESSAGE_WORD("what", what), {"given", str_of(w.text)},
            did_you_mean(&rd->src, w.text, names, n, MSG_MEAN_DECLARE));
    return false;
}

bool want_states(struct reading *rd, const struct procedure *proc, const struct words *w, const char ***ret, size_t *ret_n)
{
    bool ok = true;

    for (size_t i = 0; i < w->n; i++)
        ok = want_state(rd, proc, w->at[i]) != NULL && ok;
    words_unique(&rd->src, w, MSG_PACK_WORD_STATE);
    *ret = words_texts(&rd->src, w);
    *ret_n = *ret != NULL ? w->n : 0;
    return ok;
}

bool read_clauses(struct reading *rd, const struct words *w, struct clause_list *ret)
{
    struct clause_list list = {0};
    bool ok = true;
    NAMES_OF(names, n, rd->pack->clauses, rd->pack->n_clauses, id)

    list.at = source_alloc(&rd->src, w->n, sizeof(*list.at));
    for (size_t i = 0; list.at != NULL && i < w->n; i++) {
        const struct clause *c = pack_clause(rd->pack, w->at[i].text);

        if (c != NULL) {
            list.at[list.n++] = c;
            continue;
        }
        ok = false;
        problem(&rd->src, w->at[i].at, MSG_PACK_NO_CLAUSE, {"given", str_head(w->at[i].text, 80)},
                did_you_mean(&rd->src, w->at[i].text, names, n, MSG_MEAN_CITE));
    }
    words_unique(&rd->src, w, MSG_PACK_WORD_CLAUSE);
    *ret = list;
    return ok;
}

void read_named_texts(struct reading *rd, const struct node *map, struct named **ret, size_t *ret_n)
{
    struct named *all;
    size_t n = 0;

    *ret = NULL;
    *ret_n = 0;
    if (map == NULL)
        return;
    named_check_ids(&rd->src, map);
    all = source_alloc(&rd->src, map->n, sizeof(*all));
    if (all == NULL)
        return;
    for (const struct node *m = named_first(&rd->src, map); m != NULL; m = named_next(&rd->src, m)) {
        all[n] = (struct named){.id = m->key, .title = {"", ""}, .at = m->key_at};
        IGNORE(read_text(&rd->src, m, &all[n].title), "reported; the name is known all the same");
        n++;
    }
    *ret = all;
    *ret_n = n;
}

/* ---- the passes ---- */

static void check_formats(struct reading *rd)
{
    for (size_t i = 0; i < rd->n_files; i++) {
        const struct pack_file *f = &rd->files[i];
        const struct node *format = node_get(f->root, "format");
        const char *wanted = kinds[f->kind].format;

        if (f->root->kind == NODE_MAP && format == NULL)
            problem(&rd->src, f->root->at, MSG_PACK_FORMAT_NONE, {"format", str_of(wanted)});
        else if (format != NULL && strcmp(format->text, wanted) != 0)
            problem(&rd->src, format->at, MSG_PACK_FORMAT_OTHER, {"given", str_head(format->text, 80)}, {"format", str_of(wanted)});
    }
}

static void read_all(struct reading *rd)
{
    for (enum file_kind k = FILE_DIRECTIVE; k <= FILE_LABELS; k++) {
        if (reader_file(rd, k, 0) == NULL)
            problem(&rd->src, (struct place){.file = kinds[k].path}, MSG_PACK_FILE_MISSING);
    }
    if (rd->src.n_problems > 0)
        return;
    check_formats(rd);
    read_clause_file(rd);
    read_directive(rd);
    read_org(rd);
    check_clause_roles(rd);
    read_directive_roles(rd);
    read_labels(rd);
    read_register_shells(rd);
    read_directive_groups(rd);
    read_directive_easings(rd);
    read_register_fields(rd);
    read_procedure_shells(rd);
    /* What refers to broken shells would only repeat their problems. */
    if (rd->src.n_problems > 0 || rd->src.fatal != 0)
        return;
    read_org_designations(rd);
    read_directive_sources(rd);
    read_register_rules(rd);
    read_procedures(rd);
    if (rd->src.n_problems == 0)
        reads_read_daily(rd);
    read_forms(rd);
    if (rd->src.n_problems == 0)
        secrets_judged(rd);
}

static int read_through(struct reading *rd)
{
    read_all(rd);
    if (rd->src.fatal != 0)
        return ERR(rd->src.fatal);
    return rd->src.n_problems > 0 ? PACK_E_INVALID : 0;
}

static int add_canonical(struct reading *rd)
{
    struct pack *p = rd->pack;
    struct buf text;
    int r;

    buf_init(&text, CANONICAL_MAX_BYTES);
    r = canonical_print(rd->files, rd->n_files, &text, rd->src.diag);
    if (r == 0) {
        p->canonical = arena_str(p->arena, buf_str(&text));
        p->hash = sha256(buf_str(&text));
        r = p->canonical.at != NULL ? 0 : -ENOMEM;
    }
    buf_done(&text);
    return ERR(r);
}

static int finish(struct reading *rd, struct pack **ret)
{
    int r = read_through(rd);

    if (r == 0)
        r = add_canonical(rd);
    if (r == 0)
        *ret = rd->pack;
    return r;
}

/* The pack lies in its own arena, which the reader uses too. */
static int begin(struct reading *rd, struct diag *diag)
{
    struct arena *arena = arena_new(PACK_ARENA_MAX);
    struct pack *p = arena != NULL ? arena_alloc(arena, sizeof(*p)) : NULL;

    *rd = (struct reading){.src = {.arena = arena, .diag = diag}, .pack = p};
    if (p != NULL) {
        p->arena = arena;
        p->refs = 1;
        rd->files = arena_alloc_n(arena, PACK_FILES_MAX, sizeof(*rd->files));
    }
    if (rd->files == NULL) {
        arena_free(arena);
        return -ENOMEM;
    }
    return 0;
}

/* Memory that one file's reading took in vain goes with the rest. */
static int end(struct reading *rd, int r)
{
    free(rd->leaves.at);
    if (r != 0)
        pack_unref(rd->pack);
    return r;
}

/* ---- from a folder ---- */

/* `path` is copied. */
static int load_text(struct reading *rd, const char *path, enum file_kind kind, struct str text)
{
    char *kept = arena_strdup(rd->src.arena, str_of(path));
    struct node *root = NULL;
    int r;

    if (kept == NULL)
        return -ENOMEM;
    r = yaml_load(kept, text, rd->src.arena, &root, rd->src.diag);
    if (r < 0)
        return ERR(r);
    rd->src.n_problems += r > 0;
    if (root == NULL)
        return 0;
    if (rd->n_files == PACK_FILES_MAX) {
        problem(&rd->src, (struct place){.file = kept}, MSG_PACK_FILES_MANY, {"max", NUMBER(PACK_FILES_MAX)});
        return 0;
    }
    rd->files[rd->n_files++] = (struct pack_file){kept, kind, root};
    return 0;
}

static int load_file(struct reading *rd, const char *dir, const char *path, enum file_kind kind)
{
    char *full = source_printf(&rd->src, "%s/%s", dir, path);
    struct buf text;
    int r;

    if (full == NULL)
        return -ENOMEM;
    buf_init(&text, YAML_MAX_BYTES);
    r = file_read(full, YAML_MAX_BYTES, &text, NULL);
    if (r == 0)
        r = load_text(rd, path, kind, buf_str(&text));
    else if (r > 0)
        problem(&rd->src, (struct place){.file = path}, r == FILE_E_LIMIT ? MSG_PACK_FILE_LARGE : MSG_PACK_FILE_MISSING);
    buf_done(&text);
    return r < 0 ? ERR(r) : 0;
}

static bool name_is_plain(const char *name)
{
    struct str s = str_of(name);
    char stem[ID_MAX + 1];

    if (!str_ends(s, STR(".yaml")) || s.len - 5 > ID_MAX)
        return false;
    memcpy(stem, name, s.len - 5);
    stem[s.len - 5] = '\0';
    return id_is_valid(stem);
}

static int load_folder(struct reading *rd, const char *dir, enum file_kind kind)
{
    char *folder = source_printf(&rd->src, "%s/%s", dir, kinds[kind].path);
    char **names = NULL;
    size_t n = 0;
    int r = folder != NULL ? dir_list(folder, "", false, &names, &n, NULL) : -ENOMEM;

    for (size_t i = 0; r == 0 && i < n; i++) {
        char *path = source_printf(&rd->src, "%s%s", kinds[kind].path, names[i]);

        if (path == NULL)
            r = -ENOMEM;
        else if (name_is_plain(names[i]))
            r = load_file(rd, dir, path, kind);
        else
            problem(&rd->src, (struct place){.file = path}, MSG_PACK_FILE_NAME);
    }
    names_free(names, n);
    return r == FILE_E_MISSING ? 0 : r;
}

/* Files at the top whose names no one asks for would be ignored silently. */
static int check_strangers(struct reading *rd, const char *dir)
{
    const char *known[FILE_LABELS + 1];
    char **names = NULL;
    size_t n = 0;
    int r = dir_list(dir, "", false, &names, &n, NULL);

    for (size_t k = 0; k <= FILE_LABELS; k++)
        known[k] = kinds[k].path;
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct str name = str_of(names[i]);
        bool is_known = false;

        for (size_t k = 0; k <= FILE_LABELS; k++)
            is_known = is_known || strcmp(known[k], names[i]) == 0;
        if (!is_known && (str_ends(name, STR(".yaml")) || str_ends(name, STR(".yml"))))
            problem(&rd->src, (struct place){.file = source_printf(&rd->src, "%s", names[i])}, MSG_PACK_FILE_OTHER,
                    did_you_mean(&rd->src, names[i], known, FILE_LABELS + 1, MSG_MEAN_MOVE));
    }
    names_free(names, n);
    if (r == FILE_E_MISSING) {
        problem(&rd->src, (struct place){.file = dir}, MSG_PACK_NO_FOLDER);
        return 0;
    }
    return r;
}

int pack_load_dir(const char *dir, struct pack **ret, struct diag *diag)
{
    struct reading rd;
    int r = begin(&rd, diag);

    if (r < 0)
        return ERR(r);
    r = check_strangers(&rd, dir);
    for (enum file_kind k = FILE_DIRECTIVE; r == 0 && rd.src.n_problems == 0 && k <= FILE_LABELS; k++)
        r = load_file(&rd, dir, kinds[k].path, k);
    for (enum file_kind k = FILE_REGISTER; r == 0 && k < FILE_KINDS; k++)
        r = load_folder(&rd, dir, k);
    /* With a file missing from the trees everything that names its parts would be called unknown. */
    if (r == 0 && rd.src.n_problems > 0)
        r = PACK_E_INVALID;
    if (r == 0)
        r = finish(&rd, ret);
    return end(&rd, r);
}

/* ---- from memory ---- */

static int compare_files(const void *a, const void *b)
{
    const struct pack_file *x = a, *y = b;

    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    return strcmp(x->path, y->path);
}

static bool kind_of_path(const char *path, enum file_kind *ret)
{
    for (enum file_kind k = FILE_DIRECTIVE; k < FILE_KINDS; k++) {
        size_t len = strlen(kinds[k].path);

        if (kinds[k].is_folder ? strncmp(path, kinds[k].path, len) == 0 && name_is_plain(path + len)
                               : strcmp(path, kinds[k].path) == 0) {
            *ret = k;
            return true;
        }
    }
    return false;
}

int pack_load_texts(const struct pack_text *texts, size_t n, struct pack **ret, struct diag *diag)
{
    struct reading rd;
    int r = begin(&rd, diag);

    if (r < 0)
        return ERR(r);
    for (size_t i = 0; r == 0 && i < n; i++) {
        enum file_kind kind = FILE_DIRECTIVE;

        if (kind_of_path(texts[i].path, &kind))
            r = load_text(&rd, texts[i].path, kind, texts[i].text);
        else
            problem(&rd.src, (struct place){.file = texts[i].path}, MSG_PACK_FILE_NONE);
    }
    qsort(rd.files, rd.n_files, sizeof(*rd.files), compare_files);
    for (size_t i = 1; i < rd.n_files; i++) {
        if (strcmp(rd.files[i].path, rd.files[i - 1].path) == 0)
            problem(&rd.src, (struct place){.file = rd.files[i].path}, MSG_PACK_FILE_TWICE);
    }
    if (r == 0 && rd.src.n_problems > 0)
        r = PACK_E_INVALID;
    if (r == 0)
        r = finish(&rd, ret);
    return end(&rd, r);
}

/* ---- from the store ---- */

static int load_member(struct reading *rd, const char *path, const json_t *v)
{
    struct pack_file *f;
    enum file_kind kind = FILE_DIRECTIVE;
    char *kept = arena_strdup(rd->src.arena, str_of(path));
    struct node *root;
    int r;

    if (kept == NULL)
        return -ENOMEM;
    if (rd->n_files == PACK_FILES_MAX || !kind_of_path(path, &kind)) {
        problem(&rd->src, (struct place){.file = kept}, MSG_PACK_FILE_EXTRA);
        return 0;
    }
    r = canonical_tree(kept, v, rd->src.arena, &root, rd->src.diag);
    if (r < 0)
        return ERR(r);
    if (r > 0) {
        rd->src.n_problems++;
        return 0;
    }
    f = &rd->files[rd->n_files++];
    *f = (struct pack_file){kept, kind, root};
    return 0;
}

static int load_members(struct reading *rd, json_t *all)
{
    const char *path;
    json_t *v;

    rd->src.is_canonical = true;
    json_object_foreach(all, path, v) {
        int r = load_member(rd, path, v);

        if (r < 0)
            return r;
    }
    qsort(rd->files, rd->n_files, sizeof(*rd->files), compare_files);
    return rd->src.n_problems > 0 ? PACK_E_INVALID : 0;
}

static int load_tree(json_t *all, bool is_kept, struct pack **ret, struct diag *diag)
{
    struct reading rd;
    int r;

    if (!json_is_object(all)) {
        diag_tell(diag, DIAG_ERROR, ((struct diag_place){0}), MSG_PACK_NOT_CANONICAL, MESSAGE_WORD("why", MSG_PACK_CANONICAL_NO_OBJECT));
        return PACK_E_INVALID;
    }
    r = begin(&rd, diag);
    if (r < 0)
        return ERR(r);
    r = load_members(&rd, all);
    if (r == 0)
        r = read_through(&rd);
    if (r == 0 && is_kept)
        r = add_canonical(&rd);
    if (r == 0)
        *ret = rd.pack;
    return end(&rd, r);
}

int pack_load_tree(json_t *all, struct pack **ret, struct diag *diag)
{
    return load_tree(all, false, ret, diag);
}

int pack_load_canonical(struct str canonical, struct pack **ret, struct diag *diag)
{
    JSON_AUTO *all = NULL;
    int r = json_parse(canonical, (struct json_limits){CANONICAL_MAX_BYTES, 2 * YAML_MAX_DEPTH + 2}, &all, diag);

    if (r != 0)
        return r < 0 ? ERR(r) : PACK_E_INVALID;
    return load_tree(all, true, ret, diag);
}
