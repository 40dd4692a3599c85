#include "regulation/check.h"

#include "regulation/check-inside.h"

#include <errno.h>

#define ARENA_MAX ((size_t)64 << 20)

static void add(struct checking *ck, enum diag_level level, struct place at, enum message_key key, const struct message_arg *args, size_t n)
{
    diag_tell_args(ck->diag, level, (struct diag_place){at.file, at.line, at.col, NULL}, key, args, n);
}

void check_error_args(struct checking *ck, struct place at, enum message_key key, const struct message_arg *args, size_t n)
{
    ck->summary->n_errors++;
    add(ck, DIAG_ERROR, at, key, args, n);
}

void check_warning_args(struct checking *ck, struct place at, enum message_key key, const struct message_arg *args, size_t n)
{
    ck->summary->n_warnings++;
    add(ck, DIAG_WARNING, at, key, args, n);
}

void check_note_args(struct checking *ck, struct place at, enum message_key key, const struct message_arg *args, size_t n)
{
    add(ck, DIAG_NOTE, at, key, args, n);
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
                  {check_flows, "flows"}, {check_told, "what is told of others"}, {check_people, "people, day by day"}, {check_canonical, "the canonical form"}};
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
