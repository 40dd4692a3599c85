/* Notes stay until the outermost transaction ends: each savepoint remembers how many there were and how many of them had been written. */
#include "store/tally-notes.h"

#include "store/tally-notes-inside.h"

#include <stdlib.h>

struct kept_note {
    struct tally_note of; /* texts in `text` */
    char *text;
};

struct tally_notes {
    struct kept_note *at;
    size_t n, max, n_written;
    struct {
        size_t n, n_written;
    } marks[STORE_SAVEPOINTS_MAX];
};

bool tally_is_read(unsigned id)
{
    switch (id) {
    case STMT_TALLY_SINCE:
    case STMT_TALLY_PASSED:
    case STMT_TALLY_DIFFERS:
    case STMT_TALLY_REGISTER:
    case STMT_TALLY_OF_STATE:
    case STMT_HELD_COUNTS:
    case STMT_HELD_LIKE:
    case STMT_SCAN_tally:
        return true;
    default:
        return false;
    }
}

/* ---- noting ---- */

static int keep(struct kept_note *k, const struct tally_note *note)
{
    size_t reg = strlen(note->reg) + 1, state = strlen(note->state) + 1, id = note->comes ? strlen(note->id) + 1 : 0;
    char *text = malloc(reg + state + id);

    if (!text)
        return -ENOMEM;
    memcpy(text, note->reg, reg);
    memcpy(text + reg, note->state, state);
    if (id)
        memcpy(text + reg + state, note->id, id);
    *k = (struct kept_note){*note, text};
    k->of.reg = text;
    k->of.state = text + reg;
    k->of.id = id ? text + reg + state : NULL;
    return 0;
}

static int make_room(struct tally_notes *t)
{
    size_t max = t->max ? 2 * t->max : 16;
    struct kept_note *at = t->n < t->max ? t->at : reallocarray(t->at, max, sizeof(*at));

    if (!at)
        return -ENOMEM;
    t->max = t->n < t->max ? t->max : max;
    t->at = at;
    return 0;
}

int store_tally(struct store *s, const struct tally_note *note)
{
    int r;

    assert(s->tx == TX_WRITE);
    if (s->is_spoiled || s->broken)
        return -ECANCELED;
    if (!s->tallies && !(s->tallies = calloc(1, sizeof(*s->tallies))))
        return -ENOMEM;
    if ((r = make_room(s->tallies)) || (r = keep(&s->tallies->at[s->tallies->n], note)))
        return r;
    s->tallies->n++;
    s->n_writes++;
    return 0;
}

static void cut(struct tally_notes *t, size_t n)
{
    while (t->n > n)
        free(t->at[--t->n].text);
}

void tally_mark(struct store *s, unsigned depth)
{
    struct tally_notes *t = s->tallies;

    if (t) {
        t->marks[depth].n = t->n;
        t->marks[depth].n_written = t->n_written;
    }
}

void tally_back_to(struct store *s, unsigned depth)
{
    struct tally_notes *t = s->tallies;

    if (t) {
        cut(t, t->marks[depth].n);
        t->n_written = t->marks[depth].n_written;
    }
}

void tally_forget(struct store *s)
{
    if (s->tallies) {
        cut(s->tallies, 0);
        free(s->tallies->at);
        free(s->tallies);
        s->tallies = NULL;
    }
}

/* ---- writing ---- */

static int compare(const void *a, const void *b)
{
    const struct tally_note *x = *(const struct tally_note *const *)a, *y = *(const struct tally_note *const *)b;
    int c = strcmp(x->reg, y->reg);

    if (!c)
        c = (x->audience > y->audience) - (x->audience < y->audience);
    return c ? c : strcmp(x->state, y->state);
}

/* What becomes of one tally. */
struct sum {
    const struct tally_note *of;
    int64_t n, changed_us, opened_us;
    const char *first_id; /* NULL: records only leave, and its bounds stay */
};

static void add(struct sum *sum, const struct tally_note *note)
{
    if (!note->comes) {
        sum->n--;
        return;
    }
    sum->n++;
    sum->changed_us = sum->first_id ? MAX_OF(sum->changed_us, note->changed_us) : note->changed_us;
    sum->opened_us = sum->first_id ? MAX_OF(sum->opened_us, note->opened_us) : note->opened_us;
    sum->first_id = sum->first_id && strcmp(sum->first_id, note->id) < 0 ? sum->first_id : note->id;
}

static size_t add_up(const struct tally_note **notes, size_t n, struct sum *sums)
{
    size_t n_sums = 0;

    for (size_t i = 0; i < n; i++) {
        if (!i || compare(&notes[i - 1], &notes[i]) != 0)
            sums[n_sums++] = (struct sum){.of = notes[i]};
        add(&sums[n_sums - 1], notes[i]);
    }
    return n_sums;
}

#define VALUES 7 /* of TALLY_COME, the longer one */

static int write_sums(struct store *s, const struct sum *sums, size_t n, bool comes, struct value *values)
{
    size_t n_values = 0, n_rows = 0;

    for (size_t i = 0; i < n; i++) {
        const struct sum *sum = &sums[i];

        if ((sum->first_id != NULL) != comes)
            continue;
        values[n_values++] = V_TEXT(sum->of->reg);
        values[n_values++] = V_INT(sum->of->audience);
        values[n_values++] = V_TEXT(sum->of->state);
        values[n_values++] = V_INT(sum->n);
        if (comes) {
            values[n_values++] = V_INT(sum->changed_us);
            values[n_values++] = V_INT(sum->opened_us);
            values[n_values++] = V_TEXT(sum->first_id);
        }
        n_rows++;
    }
    return n_rows ? store_run_rows(s, comes ? STMT_TALLY_COME : STMT_TALLY_LEAVE, values, n_values / n_rows, n_rows) : 0;
}

static int write_notes(struct store *s, const struct kept_note *kept, size_t n)
{
    const struct tally_note **notes = reallocarray(NULL, n, sizeof(const struct tally_note *));
    struct sum *sums = reallocarray(NULL, n, sizeof(*sums));
    struct value *values = reallocarray(NULL, n, VALUES * sizeof(*values));
    int r = notes && sums && values ? 0 : -ENOMEM;

    if (!r) {
        for (size_t i = 0; i < n; i++)
            notes[i] = &kept[i].of;
        qsort((void *)notes, n, sizeof(*notes), compare);
        n = add_up(notes, n, sums);
        r = write_sums(s, sums, n, false, values) ?: write_sums(s, sums, n, true, values);
    }
    free((void *)notes);
    free(sums);
    free(values);
    return r;
}

int tally_write(struct store *s)
{
    struct tally_notes *t = s->tallies;
    uint64_t n_writes = s->n_writes, changed = s->changed; /* each was one write where it was noted */
    int r;

    if (!t || t->n == t->n_written)
        return 0;
    if ((r = write_notes(s, t->at + t->n_written, t->n - t->n_written)))
        return r;
    t->n_written = t->n;
    s->changed = changed;
    s->n_writes = n_writes;
    return 0;
}
