#include "regulation/check.h"

#include "regulation/check-inside.h"

#include <errno.h>
#include <stdarg.h>

#define ARENA_MAX ((size_t)64 << 20)
#define MESSAGE_MAX 4000u

static void add(struct checking *ck, enum diag_level level, struct place at, const char *fmt, va_list ap)
{
    struct buf b;

    buf_init(&b, MESSAGE_MAX);
    IGNORE(buf_vprintf(&b, fmt, ap), "a message too long says so itself");
    diag_add(ck->diag, level, at.file, at.line, at.col, "%s", buf_error(&b) == 0 ? b.at : "the message is too long to show");
    buf_done(&b);
}

void check_error(struct checking *ck, struct place at, const char *fmt, ...)
{
    va_list ap;

    ck->summary->n_errors++;
    va_start(ap, fmt);
    add(ck, DIAG_ERROR, at, fmt, ap);
    va_end(ap);
}

void check_warning(struct checking *ck, struct place at, const char *fmt, ...)
{
    va_list ap;

    ck->summary->n_warnings++;
    va_start(ap, fmt);
    add(ck, DIAG_WARNING, at, fmt, ap);
    va_end(ap);
}

void check_note(struct checking *ck, struct place at, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(ck, DIAG_NOTE, at, fmt, ap);
    va_end(ap);
}

bool word_among(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

int pack_check(const struct pack *pack, const struct force *force, struct check_options options, struct diag *diag,
               struct check_summary *ret)
{
    static const struct {
        int (*check)(struct checking *);
        const char *name;
    } checks[] = {{check_clauses, "clauses"}, {check_unused, "what is unused"}, {check_states, "states"}, {check_suspend, "suspensions"},
                  {check_holds, "what the program works with"}, {check_steps, "steps, case by case"}, {check_periods, "periods, day by day"},
                  {check_flows, "flows"}, {check_people, "people, day by day"}, {check_canonical, "the canonical form"}};
    CLEANUP(arena_freep) struct arena *arena = arena_new(ARENA_MAX);
    struct checking ck = {.pack = pack, .force = force, .options = options, .diag = diag, .summary = ret, .arena = arena};
    int r;

    *ret = (struct check_summary){.n_clauses = pack->n_clauses};
    if (arena == NULL)
        return -ENOMEM;
    if (ck.options.cases_max == 0)
        ck.options.cases_max = CHECK_CASES_MAX;
    if (ck.options.sample == 0)
        ck.options.sample = CHECK_SAMPLE;
    r = rule_table_load(pack, &ck.rules);
    ret->n_rules = ck.rules.n;
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(checks); i++) {
        if (options.told)
            options.told(options.user, i, ARRAY_LEN(checks), checks[i].name);
        r = checks[i].check(&ck);
    }
    rule_table_done(&ck.rules);
    return r;
}
