#include "base/diag.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

/* Longest message kept; a place and one sentence fit many times over. */
#define MESSAGE_MAX 4096
/* Entries are given room in steps. */
#define STEP 16

void diag_init(struct diag *d)
{
    *d = (struct diag){0};
}

static void entry_free(struct diag_entry *e)
{
    free(e->file);
    free(e->heading);
    free(e->message);
    free(e->ja);
}

void diag_clear(struct diag *d)
{
    for (size_t i = 0; i < d->n; i++)
        entry_free(&d->entries[i]);
    d->n = 0;
    d->n_errors = 0;
}

void diag_done(struct diag *d)
{
    diag_clear(d);
    free(d->entries);
    *d = (struct diag){0};
}

/* malloc'ed, without control characters or bad UTF-8: what is quoted may come from anywhere. NULL: no memory. */
static char *safe_copy(struct str s)
{
    struct buf out;
    char *copy;

    buf_init(&out, 4 * (size_t)MESSAGE_MAX + 1);
    (void)utf8_print_safe(s, &out);
    copy = buf_take(&out);
    buf_done(&out);
    return copy;
}

/* The last entry that is no error gives way to one that is: whoever fails must say why. */
static bool make_room(struct diag *d)
{
    for (size_t i = d->n; i-- > 0;) {
        if (d->entries[i].level == DIAG_ERROR)
            continue;
        entry_free(&d->entries[i]);
        d->n--;
        memmove(&d->entries[i], &d->entries[i + 1], (d->n - i) * sizeof(d->entries[0]));
        return true;
    }
    return false;
}

static struct diag_entry *entry_new(struct diag *d, enum diag_level level)
{
    if (d->n >= DIAG_MAX && (level != DIAG_ERROR || !make_room(d)))
        return NULL;
    if (d->n % STEP == 0) {
        struct diag_entry *grown = reallocarray(d->entries, d->n + STEP, sizeof(*grown));

        if (grown == NULL)
            return NULL;
        d->entries = grown;
    }
    return &d->entries[d->n];
}

/* At most MESSAGE_MAX bytes. NULL stays NULL, and is no failure. */
static bool copy_to(char **ret, const char *s)
{
    *ret = s ? safe_copy(str_head(s, MESSAGE_MAX)) : NULL;
    return !s || *ret;
}

void diag_add_both(struct diag *d, enum diag_level level, struct diag_place at, int key, const char *message,
                   const char *ja)
{
    struct diag_entry filled = {.level = level, .line = at.line, .col = at.col, .key = key}, *entry;

    if (d == NULL)
        return;
    if (level == DIAG_ERROR)
        d->n_errors++;
    if (message == NULL || (entry = entry_new(d, level)) == NULL)
        return;
    if (copy_to(&filled.message, message) && copy_to(&filled.ja, ja) &&
        copy_to(&filled.file, at.file) && copy_to(&filled.heading, at.heading)) {
        *entry = filled;
        d->n++;
    } else {
        entry_free(&filled);
    }
}

static void add_format(struct diag *d, enum diag_level level, struct diag_place at, const char *fmt,
                       va_list ap) PRINTF_LIKE(4, 0);

static void add_format(struct diag *d, enum diag_level level, struct diag_place at, const char *fmt,
                       va_list ap)
{
    char *raw = NULL;

    if (d == NULL)
        return;
    if (vasprintf(&raw, fmt, ap) < 0)
        raw = NULL;
    diag_add_both(d, level, at, DIAG_NO_KEY, raw, NULL);
    free(raw);
}

void diag_add(struct diag *d, enum diag_level level, const char *file, unsigned line, unsigned col,
              const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add_format(d, level, (struct diag_place){file, line, col, NULL}, fmt, ap);
    va_end(ap);
}

void diag_error(struct diag *d, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add_format(d, DIAG_ERROR, (struct diag_place){0}, fmt, ap);
    va_end(ap);
}

int diag_print_place(const struct diag_entry *e, struct buf *out)
{
    if (e->file != NULL)
        (void)buf_printf(out, "%s:", e->file);
    if (e->line != 0)
        (void)buf_printf(out, "%u:", e->line);
    if (e->line != 0 && e->col != 0)
        (void)buf_printf(out, "%u:", e->col);
    if (e->file != NULL || e->line != 0)
        (void)buf_add_char(out, ' ');
    return buf_error(out);
}

static int print_entry(void *out, const struct diag_entry *e)
{
    static const char *const words[] = {
        [DIAG_ERROR] = "", [DIAG_WARNING] = "warning: ", [DIAG_NOTE] = "note: "};

    (void)diag_print_place(e, out);
    return buf_printf(out, "%s%s\n", words[e->level], e->message);
}

/* Pointers into one array: equal places keep the order in which they were added. */
static int compare_entries(const void *a, const void *b)
{
    const struct diag_entry *x = *(const struct diag_entry *const *)a;
    const struct diag_entry *y = *(const struct diag_entry *const *)b;
    int r = str_cmp(str_of(x->file), str_of(y->file));

    if (r == 0)
        r = (x->line > y->line) - (x->line < y->line);
    if (r == 0)
        r = (x->col > y->col) - (x->col < y->col);
    if (r == 0)
        r = (x > y) - (x < y);
    return r;
}

int diag_each(const struct diag *d, int (*put)(void *user, const struct diag_entry *e), void *user)
{
    const struct diag_entry *sorted[DIAG_MAX];
    int r = 0;

    for (size_t i = 0; i < d->n; i++)
        sorted[i] = &d->entries[i];
    qsort(sorted, d->n, sizeof(sorted[0]), compare_entries);
    for (size_t i = 0; !r && i < d->n; i++)
        r = put(user, sorted[i]);
    return r;
}

int diag_print(const struct diag *d, struct buf *out)
{
    IGNORE(diag_each(d, print_entry, out), "the buffer keeps it");
    if (d->n_errors > DIAG_MAX)
        (void)buf_printf(out, "%zu errors in all; the first %d entries are shown\n", d->n_errors,
                         DIAG_MAX);
    return buf_error(out);
}

const char *diag_first(const struct diag *d)
{
    for (size_t i = 0; i < d->n; i++) {
        if (d->entries[i].level == DIAG_ERROR)
            return d->entries[i].message;
    }
    return "";
}
