#include "intel/known.h"

#include "base/file.h"
#include "base/json.h"
#include "base/tell.h"
#include "intel/clue-inside.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#define JSON_DEPTH 4u

struct entry {
    uint32_t at;   /* in `bytes` */
    uint16_t len;
    uint16_t list;
    uint8_t type;  /* enum clue_type */
};

/* Sorted by type, bytes and list once it is ready. */
struct row {
    struct entry *at;
    size_t n, size;
};

struct known {
    atomic_uint n_holders;
    struct buf bytes;
    struct row exact, below; /* names that stand for what is below them are in the second alone */
    uint64_t lengths[2][3];  /* of networks in `exact`: a bit for each length that is in use, IPv4 and IPv6 */
    char **names;
    size_t n_names;
    struct known *base;      /* asked where these do not answer; NULL: none */
    struct clue value;       /* at hand */
};

struct known *known_new(void)
{
    struct known *k = calloc(1, sizeof(*k));

    if (!k)
        return NULL;
    atomic_init(&k->n_holders, 1);
    buf_init(&k->bytes, KNOWN_BYTES_MAX);
    clue_init(&k->value);
    return k;
}

struct known *known_hold(struct known *k)
{
    atomic_fetch_add(&k->n_holders, 1);
    return k;
}

void known_free(struct known *k)
{
    if (!k || atomic_fetch_sub(&k->n_holders, 1) > 1)
        return;
    known_free(k->base);
    for (size_t i = 0; i < k->n_names; i++)
        free(k->names[i]);
    free(k->names);
    free(k->exact.at);
    free(k->below.at);
    buf_done(&k->bytes);
    clue_done(&k->value);
    free(k);
}

/* ---- one entry ---- */

/* How a list's entries are meant. */
struct reading {
    struct known *k;
    uint16_t list;
    bool is_below;        /* names stand for what is below them as well */
    size_t n, n_left, first_left; /* entries, those that are no values, and the first of them, from 1 */
    unsigned line, first_line;    /* of a plain list, from 1 */
};

static int row_add(struct row *row, struct entry e)
{
    if (row->n == row->size) {
        size_t size = row->size ? 2 * row->size : 64;
        struct entry *more = reallocarray(row->at, size, sizeof(*more));

        if (!more)
            return -ENOMEM;
        row->at = more;
        row->size = size;
    }
    row->at[row->n++] = e;
    return 0;
}

static void note_length(struct known *k, const struct clue *v)
{
    unsigned bits = (uint8_t)v->bytes.at[v->bytes.len - 1];

    if (v->type == CLUE_IPV4_NET || v->type == CLUE_IPV6_NET)
        k->lengths[v->type == CLUE_IPV6_NET][bits / 64] |= UINT64_C(1) << bits % 64;
}

static int read_entry(struct known *k, struct str text, bool *ret_below)
{
    bool is_below = text.len > 1 && text.at[0] == '.';
    int r;

    *ret_below = *ret_below || is_below;
    if (is_below)
        return clue_read_as(CLUE_DOMAIN, (struct str){text.at + 1, text.len - 1}, &k->value);
    if (text.len > CLUE_TEXT_MAX || !text.len)
        return CLUE_E_LONG;
    r = clue_read(text, &k->value);
    return r > 0 ? clue_read_as(CLUE_DOMAIN, text, &k->value) : r;
}

/* 0, also where it is left out; -ENOMEM; -ENOSPC. */
static int add_entry(struct reading *x, struct str text)
{
    struct known *k = x->k;
    bool is_below = x->is_below;
    int r = read_entry(k, text, &is_below);
    struct entry e;

    x->n++;
    if (r < 0)
        return r;
    if (r) {
        if (!x->n_left++) {
            x->first_left = x->n;
            x->first_line = x->line;
        }
        return 0;
    }
    e = (struct entry){(uint32_t)k->bytes.len, (uint16_t)k->value.bytes.len, x->list, (uint8_t)k->value.type};
    note_length(k, &k->value);
    r = buf_add_str(&k->bytes, buf_str(&k->value.bytes));
    return r ? r : row_add(is_below && e.type == CLUE_DOMAIN ? &k->below : &k->exact, e);
}

/* ---- lists ---- */

static int wrong(const char *file, struct diag *diag, const char *why)
{
    diag_add(diag, DIAG_ERROR, file, 0, 0, "%s", why);
    return KNOWN_E_LIST;
}

static int read_plain(struct reading *x, struct str text)
{
    struct str line;
    int r = 0;

    x->is_below = true;
    while (!r && str_split(&text, '\n', &line)) {
        const char *comment;

        x->line++;
        comment = line.len ? memchr(line.at, '#', line.len) : NULL;

        if (comment == line.at || (comment && (comment[-1] == ' ' || comment[-1] == '\t')))
            line.len = (size_t)(comment - line.at);
        line = str_trim(line);
        if (line.len)
            r = add_entry(x, line);
    }
    return r;
}

static int read_entries(struct reading *x, const json_t *list)
{
    const json_t *entry;
    size_t i;
    int r = 0;

    json_array_foreach((json_t *)list, i, entry) {
        r = add_entry(x, json_is_string(entry) ? (struct str){json_string_value(entry), json_string_length(entry)} : STR_NONE);
        if (r)
            break;
    }
    return r;
}

/* *ret_name: the list's own. *ret_left: it is of a kind that is left out. */
static int read_misp(struct reading *x, const char *file, struct str text, char **ret_name, bool *ret_left, struct diag *diag)
{
    JSON_AUTO *v = NULL;
    struct diag inner;
    const char *kind;
    int r;

    diag_init(&inner);
    r = json_parse(text, (struct json_limits){KNOWN_LIST_MAX, JSON_DEPTH}, &v, &inner);
    if (r > 0)
        diag_add(diag, DIAG_ERROR, file, inner.n ? inner.entries[0].line : 0, inner.n ? inner.entries[0].col : 0, "%s", diag_first(&inner));
    diag_done(&inner);
    if (r)
        return r < 0 ? r : KNOWN_E_LIST;
    kind = json_str(v, "type");
    if (!*json_str(v, "name") || !json_arr(v, "list"))
        return wrong(file, diag, "it is no warning list; it needs \"name\", \"type\" and \"list\"");
    if (strlen(json_str(v, "name")) > CLUE_TEXT_MAX)
        return wrong(file, diag, "its name is too long");
    *ret_left = !strcmp(kind, "regex") || !strcmp(kind, "substring");
    if (*ret_left) {
        diag_tell(diag, DIAG_WARNING, ((struct diag_place){file, 0, 0, NULL}), MSG_INTEL_FAULT_KNOWN_KIND, {"kind", str_of(kind)});
        return 0;
    }
    x->is_below = !strcmp(kind, "hostname");
    if (!x->is_below && strcmp(kind, "string") && strcmp(kind, "cidr"))
        return wrong(file, diag, "its type is none of string, hostname, cidr");
    *ret_name = strdup(json_str(v, "name"));
    return *ret_name ? read_entries(x, json_arr(v, "list")) : -ENOMEM;
}

static int keep_name(struct known *k, char *name)
{
    char **more = reallocarray(k->names, k->n_names + 1, sizeof(*more));

    if (!more)
        return -ENOMEM;
    k->names = more;
    k->names[k->n_names++] = name;
    return 0;
}

int known_add(struct known *k, const char *file, struct str text, struct diag *diag)
{
    struct reading x = {.k = k, .list = (uint16_t)k->n_names};
    size_t bytes = k->bytes.len, exact = k->exact.n, below = k->below.n;
    bool is_left = false;
    char *name = NULL;
    int r;

    if (k->n_names == KNOWN_LISTS_MAX)
        return wrong(file, diag, "there are too many lists");
    if (text.len > KNOWN_LIST_MAX)
        return wrong(file, diag, "it is longer than a list may be");
    if (str_ends(str_of(file), STR(".json"))) {
        r = read_misp(&x, file, text, &name, &is_left, diag);
    } else {
        name = strndup(file, strlen(file) - (str_ends(str_of(file), STR(".txt")) ? 4 : 0));
        r = name ? read_plain(&x, text) : -ENOMEM;
    }
    if (!r && !is_left)
        r = keep_name(k, name);
    if (!r && !is_left)
        name = NULL;
    if (!r && x.n_left)
        diag_tell(diag, DIAG_WARNING, ((struct diag_place){file, x.first_line, 0, NULL}), MSG_INTEL_FAULT_KNOWN_LEFT, {"left", NUMBER(x.n_left)},
                  {"all", NUMBER(x.n)}, {"first", NUMBER(x.first_left)});
    free(name);
    if (r) {
        k->exact.n = exact;
        k->below.n = below;
        buf_cut(&k->bytes, bytes);
    }
    return r == -ENOSPC ? wrong(file, diag, "the lists are longer in all than they may be") : r;
}

int known_add_own(struct known *k, const char *name, struct str text)
{
    struct reading x = {.k = k, .list = (uint16_t)k->n_names, .is_below = true};
    char *copy;
    int r;

    if (k->n_names >= UINT16_MAX - 1)
        return -ENOSPC;
    if (!(copy = strdup(name)))
        return -ENOMEM;
    r = keep_name(k, copy);
    if (r)
        free(copy);
    return r ? r : add_entry(&x, str_trim(text));
}

void known_over(struct known *k, struct known *base)
{
    k->base = base ? known_hold(base) : NULL;
}

static struct str bytes_of(const struct known *k, const struct entry *e)
{
    return (struct str){k->bytes.at + e->at, e->len};
}

static int compare(const struct known *k, const struct entry *e, unsigned type, struct str bytes)
{
    return e->type != type ? (e->type < type ? -1 : 1) : str_cmp(bytes_of(k, e), bytes);
}

static int entry_cmp(const void *a, const void *b, void *context)
{
    const struct entry *x = a, *y = b;
    int order = compare(context, x, y->type, bytes_of(context, y));

    return order ? order : (x->list > y->list) - (x->list < y->list);
}

void known_ready(struct known *k)
{
    if (k->exact.n)
        qsort_r(k->exact.at, k->exact.n, sizeof(*k->exact.at), entry_cmp, k);
    if (k->below.n)
        qsort_r(k->below.at, k->below.n, sizeof(*k->below.at), entry_cmp, k);
}

static int read_file(struct known *k, const char *folder, const char *name, struct diag *diag)
{
    CLEANUP(buf_done) struct buf path;
    CLEANUP(buf_done) struct buf text;
    int r;

    buf_init(&path, 8192);
    buf_init(&text, KNOWN_LIST_MAX);
    r = buf_printf(&path, "%s/%s", folder, name) ?: file_read(path.at, KNOWN_LIST_MAX, &text, diag);
    if (r)
        return r < 0 ? r : KNOWN_E_LIST;
    return known_add(k, name, buf_str(&text), diag);
}

bool known_is_list(struct str name)
{
    return str_ends(name, STR(".json")) || str_ends(name, STR(".txt"));
}

int known_read(const char *folder, struct known **ret, struct diag *diag)
{
    CLEANUP(known_freep) struct known *k = known_new();
    struct diag unused;
    char **names = NULL;
    size_t n = 0;
    int r;

    if (!k)
        return -ENOMEM;
    diag_init(&unused);
    r = dir_list(folder, "", false, &names, &n, &unused);
    if (r && r != FILE_E_MISSING)
        diag_error(diag, "%s", diag_first(&unused));
    diag_done(&unused);
    r = r == FILE_E_MISSING ? 0 : r;
    for (size_t i = 0; !r && i < n; i++)
        if (known_is_list(str_of(names[i])))
            r = read_file(k, folder, names[i], diag);
    names_free(names, n);
    known_ready(k);
    if (!r)
        *ret = TAKE(k);
    return r;
}

/* ---- asking ---- */

/* The least list that has it; UINT16_MAX: none. */
static uint16_t in_row(const struct known *k, const struct row *row, unsigned type, struct str bytes)
{
    size_t from = 0, to = row->n;

    while (from < to) {
        size_t at = from + (to - from) / 2;

        if (compare(k, &row->at[at], type, bytes) < 0)
            from = at + 1;
        else
            to = at;
    }
    return from < row->n && !compare(k, &row->at[from], type, bytes) ? row->at[from].list : UINT16_MAX;
}

static uint16_t least(uint16_t a, uint16_t b)
{
    return MIN_OF(a, b);
}

static uint16_t of_name(const struct known *k, struct str name)
{
    uint16_t list = in_row(k, &k->exact, CLUE_DOMAIN, name);

    for (struct str rest = name; rest.len;) {
        const char *dot = memchr(rest.at, '.', rest.len);

        list = least(list, in_row(k, &k->below, CLUE_DOMAIN, rest));
        rest = dot ? (struct str){dot + 1, (size_t)(rest.at + rest.len - dot - 1)} : STR_NONE;
    }
    return list;
}

/* `size` bytes of an address, of which `most` bits or fewer may be asked for. */
static uint16_t of_network(const struct known *k, const char *address, size_t size, unsigned most)
{
    bool is_six = size == 16;
    uint16_t list = UINT16_MAX;
    uint8_t net[17];

    for (unsigned bits = 0; bits <= most; bits++) {
        if (!(k->lengths[is_six][bits / 64] >> bits % 64 & 1))
            continue;
        memcpy(net, address, size);
        clue_mask(net, size, bits);
        net[size] = (uint8_t)bits;
        list = least(list, in_row(k, &k->exact, is_six ? CLUE_IPV6_NET : CLUE_IPV4_NET, (struct str){(const char *)net, size + 1}));
    }
    return list;
}

static uint16_t of_host(const struct known *k, struct str host)
{
    uint8_t address[16];
    bool is_six = host.len > 2 && host.at[0] == '[';

    if (is_six && !clue_parse_ipv6((struct str){host.at + 1, host.len - 2}, address))
        return least(in_row(k, &k->exact, CLUE_IPV6, (struct str){(const char *)address, 16}), of_network(k, (const char *)address, 16, 127));
    if (!clue_parse_ipv4(host, address))
        return least(in_row(k, &k->exact, CLUE_IPV4, (struct str){(const char *)address, 4}), of_network(k, (const char *)address, 4, 31));
    return of_name(k, host);
}

static uint16_t look_up(const struct known *k, enum clue_type type, struct str bytes)
{
    const char *at;
    uint16_t list = in_row(k, &k->exact, type, bytes);

    switch (type) {
    case CLUE_DOMAIN:
        return of_name(k, bytes);
    case CLUE_IPV4:
    case CLUE_IPV6:
        return least(list, of_network(k, bytes.at, bytes.len, type == CLUE_IPV4 ? 31 : 127));
    case CLUE_IPV4_NET:
    case CLUE_IPV6_NET:
        return of_network(k, bytes.at, bytes.len - 1, (uint8_t)bytes.at[bytes.len - 1]);
    case CLUE_URL:
        return least(list, of_host(k, clue_url_host(bytes)));
    case CLUE_EMAIL:
        at = memrchr(bytes.at, '@', bytes.len);
        return at ? least(list, of_host(k, (struct str){at + 1, (size_t)(bytes.at + bytes.len - at - 1)})) : list;
    default:
        return list;
    }
}

struct str known_list_own(const struct known *k, enum clue_type type, struct str bytes)
{
    uint16_t list = k && bytes.len ? look_up(k, type, bytes) : UINT16_MAX;

    return list == UINT16_MAX ? STR_NONE : str_of(k->names[list]);
}

struct str known_list(const struct known *k, enum clue_type type, struct str bytes)
{
    struct str own = known_list_own(k, type, bytes);

    return own.len || !k ? own : known_list_own(k->base, type, bytes);
}

void known_counts(const struct known *k, size_t *ret_lists, size_t *ret_entries)
{
    *ret_lists = k->n_names;
    *ret_entries = k->exact.n + k->below.n;
}
