#include "fsck/fsck.h"

#include <getopt.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define YEARS_MAX 1000u

enum { EXIT_CLEAN = 0, EXIT_FOUND = 1, EXIT_USAGE = 2 };

static const char usage_text[] =
    "usage: tsujiban-fsck DIR [--since CHECKPOINT]... [--key VKEYS] [--first YEAR]\n";

static const char help_text[] =
    "\n"
    "Checks an exported ledger from its files alone: every entry, every tile, the roots,\n"
    "the signatures, the order in time, the chain from year to year and, when DIR holds\n"
    "records, every record and every commitment that can be opened.\n"
    "\n"
    "  DIR                 what `tsujiban ledger export --out DIR` wrote\n"
    "  --since CHECKPOINT  an older checkpoint, kept elsewhere: proves that the ledger only\n"
    "                      grew since; may be given several times\n"
    "  --key VKEYS         file of the keys to trust, one a line, of the ledger and of its\n"
    "                      witnesses; without it each shard is held against the key\n"
    "                      that lies beside it, which proves less\n"
    "  --first YEAR        earlier shards were lawfully disposed of\n"
    "  --help              this text\n"
    "\n"
    "Prints one line for each finding (where, what, how it was seen) and a summary.\n"
    "Exit status: 0 nothing found, 1 something found, 2 wrong usage.\n";

static bool read_since(struct fsck *f)
{
    for (size_t i = 0; i < f->n_since; i++) {
        struct since *since = &f->since[i];
        const char *problem = "it cannot be read";

        if (bytes_read(since->path, TEXT_MAX, &since->bytes) == FILE_READ)
            problem = checkpoint_parse((struct slice){since->bytes.at, since->bytes.len}, &since->checkpoint);
        if (problem) {
            fprintf(stderr, "tsujiban-fsck: %s is not a checkpoint: %s\n", since->path, problem);
            return false;
        }
        since->is_read = true;
    }
    return true;
}

static bool parse_year(const char *text, int *ret)
{
    if (strlen(text) != 4 || strspn(text, "0123456789") != 4)
        return false;
    *ret = (int)strtol(text, NULL, 10);
    return true;
}

static bool take_option(struct fsck *f, int c)
{
    const char *problem;

    switch (c) {
    case 's':
        if (f->n_since == SINCE_MAX) {
            fprintf(stderr, "tsujiban-fsck: --since may be given %u times at most\n", SINCE_MAX);
            return false;
        }
        f->since[f->n_since++].path = optarg;
        return true;
    case 'k':
        problem = vkeys_read(optarg, f->trusted, &f->n_trusted);
        if (!problem && f->n_trusted == 0)
            problem = "holds no key";
        if (problem)
            fprintf(stderr, "tsujiban-fsck: %s %s\n", optarg, problem);
        return !problem;
    case 'f':
        if (!parse_year(optarg, &f->first_year)) {
            fprintf(stderr, "tsujiban-fsck: --first wants a year of four digits, not \"%s\"\n", optarg);
            return false;
        }
        return true;
    default:
        return false;
    }
}

/* -1: go on; otherwise the exit status. */
static int read_options(struct fsck *f, int argc, char **argv)
{
    static const struct option options[] = {
        {"since", required_argument, NULL, 's'}, {"key", required_argument, NULL, 'k'},
        {"first", required_argument, NULL, 'f'}, {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'h') {
            printf("%s%s", usage_text, help_text);
            return EXIT_CLEAN;
        }
        if (!take_option(f, c)) {
            fprintf(stderr, "%s", usage_text);
            return EXIT_USAGE;
        }
    }
    if (optind != argc - 1) {
        fprintf(stderr, "tsujiban-fsck: name one exported directory\n%s", usage_text);
        return EXIT_USAGE;
    }
    f->dir = argv[optind];
    return read_since(f) ? -1 : EXIT_USAGE;
}

static bool has_records(const struct fsck *f)
{
    char path[PATH_LEN];
    struct stat st;

    return snprintf(path, sizeof(path), "%s/records", f->dir) < (int)sizeof(path) && stat(path, &st) == 0;
}

static void check_unused_since(struct fsck *f)
{
    char safe[1024];

    for (size_t i = 0; i < f->n_since; i++)
        if (!f->since[i].is_used)
            report_add(&f->report, "ledger", "missing shard", "no shard here is \"%s\", of which %s is a checkpoint",
                       report_safe(f->since[i].checkpoint.origin, safe), f->since[i].path);
}

static void summarise(const struct fsck *f)
{
    printf("checked: %" PRIu64 " shards, %" PRIu64 " entries, %" PRIu64 " tiles", f->n_shards, f->n_entries,
           f->n_tiles);
    if (f->with_records)
        printf(", %" PRIu64 " records, %" PRIu64 " commitments", f->n_records, f->n_commitments);
    if (f->n_draws)
        printf(", %" PRIu64 " draws", f->n_draws);
    if (f->n_since > 0)
        printf(", %zu older checkpoints", f->n_since);
    if (f->n_cosignatures > 0)
        printf(", %" PRIu64 " cosignatures", f->n_cosignatures);
    printf("\n");
    if (f->has_own_key)
        printf("note: signatures were held against the keys that lie in the export; --key names keys to trust\n");
    if (f->report.n_findings == 0)
        printf("nothing wrong was found\n");
    else
        printf("%" PRIu64 " findings\n", f->report.n_findings);
}

static int check(struct fsck *f)
{
    struct shard_end prev = {0};
    int years[YEARS_MAX];
    int n = files_years(f->dir, years, YEARS_MAX);

    if (n < 0) {
        fprintf(stderr, "tsujiban-fsck: %s cannot be read as a directory\n", f->dir);
        return EXIT_FOUND;
    }
    if (n == 0)
        report_add(&f->report, "ledger", "missing shard", "there is no folder of a year in %s", f->dir);
    f->with_records = has_records(f);
    for (int i = 0; i < n; i++)
        shard_check(f, years[i], &prev);
    check_unused_since(f);
    if (f->with_records)
        records_check(f);
    summarise(f);
    return f->report.n_findings == 0 ? EXIT_CLEAN : EXIT_FOUND;
}

int main(int argc, char **argv)
{
    struct fsck *f = calloc(1, sizeof(*f));
    int r;

    if (!f || sodium_init() < 0) {
        fprintf(stderr, "tsujiban-fsck: cannot start\n");
        free(f);
        return EXIT_FOUND;
    }
    r = read_options(f, argc, argv);
    if (r < 0) {
        f->sha = sha256_new();
        f->crew = crew_new();
        r = check(f);
        crew_free(f->crew);
        sha256_free(f->sha);
    }
    for (size_t i = 0; i < f->n_since; i++)
        bytes_done(&f->since[i].bytes);
    table_done(&f->records);
    table_done(&f->commits);
    table_done(&f->manifest);
    free(f);
    return fflush(stdout) == 0 ? r : EXIT_FOUND;
}
