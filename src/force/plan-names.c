/* Names by which a cell of a plan may call a rank, a unit or a post: what the tables call it, and a unit also with the one above it, as
 * the pages show it. Sorted once for each kind of row, for there may be twenty thousand cells. */
#include "force/plan-inside.h"

#include "base/utf8.h"

#include <limits.h>
#include <stdlib.h>

#define NEAR_MAX 3u         /* suggestions for one cell */
#define NEAR_CHARACTERS 48u /* of names that are compared by distance */
#define NAMES_OF_ROW 5u

/* ---- the index ---- */

/* In one case and width, without spaces: nobody types them alike. */
static struct str normal(struct plan_judge *j, struct str s)
{
    CLEANUP(buf_done) struct buf folded, out;

    buf_init(&folded, 4 * (s.len + 1));
    buf_init(&out, 4 * (s.len + 1));
    if (utf8_fold(s, &folded))
        return STR("");
    for (size_t at = 0; at < folded.len;) {
        uint32_t c = utf8_next(buf_str(&folded), &at);

        if (c != ' ' && c != 0x3000 && utf8_put(c, &out))
            return STR("");
    }
    s = out.len ? arena_str(j->arena, buf_str(&out)) : STR("");
    if (!s.at)
        j->out_of_memory = true;
    return s.at ? s : STR("");
}

static void add(struct plan_judge *j, struct plan_names *n, const struct named_row *row,
                struct str name)
{
    struct str text = normal(j, name);

    if (text.len)
        n->at[n->n++] = (struct plan_name){text, row};
}

static struct str joined(struct plan_judge *j, const char *above, const char *name)
{
    const char *text = *above && *name ? arena_printf(j->arena, "%s%s", above, name) : "";

    return str_of(text ? text : "");
}

static void add_row(struct plan_judge *j, struct plan_names *n, enum force_file target,
                    const struct named_row *row)
{
    const struct unit *u = target == FORCE_UNITS ? (const struct unit *)row : NULL;
    const char *en = u                       ? u->name_en
                     : target == FORCE_RANKS ? ((const struct rank *)row)->name_en
                                             : ((const struct post *)row)->name_en;

    add(j, n, row, str_of(row->id));
    add(j, n, row, str_of(row->name_ja));
    add(j, n, row, str_of(en));
    if (!u || !u->parent)
        return;
    add(j, n, row, joined(j, u->parent->name_ja, u->name_ja));
    add(j, n, row, joined(j, u->parent->name_en, u->name_en));
}

static int text_order(struct str a, struct str b)
{
    int c = memcmp(a.at, b.at, MIN_OF(a.len, b.len));

    return c ? c : (a.len > b.len) - (a.len < b.len);
}

static int name_order(const void *a, const void *b)
{
    const struct plan_name *x = a, *y = b;
    int c = text_order(x->text, y->text);

    return c ? c : strcmp(x->row->id, y->row->id);
}

static const struct plan_names *names_of(struct plan_judge *j, enum force_file target)
{
    struct plan_names *n = &j->names[target];

    if (n->at || j->out_of_memory)
        return n;
    n->at = arena_alloc_n(j->arena, NAMES_OF_ROW * j->f->n[target] + 1, sizeof(*n->at));
    if (!n->at) {
        j->out_of_memory = true;
        return n;
    }
    for (size_t i = 0; i < j->f->n[target]; i++)
        add_row(j, n, target, j->f->listed[target][i]);
    qsort(n->at, n->n, sizeof(*n->at), name_order);
    return n;
}

const struct named_row *plan_named(struct plan_judge *j, enum force_file target, struct str typed,
                                   const struct named_row **ret_other)
{
    const struct plan_names *n = names_of(j, target);
    struct str text = normal(j, typed);
    size_t low = 0, high = n->n;
    const struct named_row *found;

    *ret_other = NULL;
    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (text_order(n->at[mid].text, text) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == n->n || !text.len || !str_eq(n->at[low].text, text))
        return NULL;
    found = n->at[low].row;
    for (size_t i = low + 1; i < n->n && str_eq(n->at[i].text, text) && !*ret_other; i++)
        if (n->at[i].row != found)
            *ret_other = n->at[i].row;
    return found;
}

/* ---- what was probably meant ---- */

static size_t characters(struct str s, uint32_t ret[NEAR_CHARACTERS])
{
    size_t n = 0;

    for (size_t at = 0; at < s.len && n < NEAR_CHARACTERS; n++)
        ret[n] = utf8_next(s, &at);
    return n;
}

static bool has_inside(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
    for (size_t i = 0; m > 1 && i + m <= n; i++)
        if (!memcmp(a + i, b, m * sizeof(*a)))
            return true;
    return false;
}

/* Characters to change; one inside of the other is as good as a few. UINT_MAX: too many. */
static unsigned distance(const uint32_t *a, size_t n, const uint32_t *b, size_t m)
{
    unsigned row[NEAR_CHARACTERS + 1], limit = (unsigned)MAX_OF((size_t)2, MIN_OF(n, m) / 3);

    if (has_inside(a, n, b, m) || has_inside(b, m, a, n))
        return 1 + (unsigned)(n > m ? n - m : m - n);
    for (size_t k = 0; k <= m; k++)
        row[k] = (unsigned)k;
    for (size_t i = 1; i <= n; i++) {
        unsigned before = row[0];

        row[0] = (unsigned)i;
        for (size_t k = 1; k <= m; k++) {
            unsigned replaced = before + (a[i - 1] != b[k - 1]);

            before = row[k];
            row[k] = MIN_OF(replaced, MIN_OF(row[k], row[k - 1]) + 1);
        }
    }
    return row[m] <= limit && row[m] < MAX_OF(n, m) ? row[m] : UINT_MAX;
}

struct near {
    const struct named_row *row[NEAR_MAX];
    unsigned distance[NEAR_MAX];
    size_t n;
};

/* Each row once, the nearest first. */
static void note(struct near *near, const struct named_row *row, unsigned d)
{
    size_t at = 0;

    for (size_t i = 0; i < near->n; i++) {
        if (near->row[i] != row)
            continue;
        if (near->distance[i] <= d)
            return;
        for (near->n--; i < near->n; i++) {
            near->row[i] = near->row[i + 1];
            near->distance[i] = near->distance[i + 1];
        }
    }
    while (at < near->n && near->distance[at] <= d)
        at++;
    if (at == NEAR_MAX)
        return;
    near->n = MIN_OF(near->n + 1, (size_t)NEAR_MAX);
    for (size_t i = near->n - 1; i > at; i--) {
        near->row[i] = near->row[i - 1];
        near->distance[i] = near->distance[i - 1];
    }
    near->row[at] = row;
    near->distance[at] = d;
}

static struct str shown_name(struct plan_judge *j, enum force_file target,
                             const struct named_row *row)
{
    const char *above = "", *text;

    if (target == FORCE_UNITS) {
        const struct unit *parent = ((const struct unit *)row)->parent;

        above = parent && parent->parent ? parent->name_ja
                                         : ""; /* the force itself goes without saying */
    }
    text = arena_printf(j->arena, "%s%s (%s)", above, row->name_ja, row->id);
    return str_of(text ? text : "");
}

struct str plan_near(struct plan_judge *j, enum force_file target, struct str typed)
{
    const struct plan_names *n = names_of(j, target);
    uint32_t a[NEAR_CHARACTERS], b[NEAR_CHARACTERS];
    struct near near = {.n = 0};
    size_t n_typed = characters(normal(j, typed), a);
    struct str all = STR("");

    for (size_t i = 0; n_typed && i < n->n; i++) {
        unsigned d = distance(a, n_typed, b, characters(n->at[i].text, b));

        if (d != UINT_MAX)
            note(&near, n->at[i].row, d);
    }
    for (size_t i = 0; i < near.n; i++) {
        const char *more = arena_printf(j->arena, "%.*s%s%.*s", STR_ARG(all), i ? ", " : "",
                                        STR_ARG(shown_name(j, target, near.row[i])));

        all = str_of(more ? more : "");
    }
    return all;
}
