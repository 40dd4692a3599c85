/* `tsujiban intel check FILE…`: whether STIX files can be read and keep the specification's rules; each finding with its place, as text or as one
 * JSON line. Nothing is kept. */
#include "cmd/commands.h"
#include "cmd/intel-findings.h"
#include "cmd/progress.h"

#include "intel/stix-rules.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPT_JSON, OPT_QUIET };

struct check {
    struct intel_findings findings;
    struct stix_rules *rules;
};

static int fault(const struct stix_finding *f, void *context)
{
    struct check *c = context;

    return intel_findings_tell(f, &c->findings);
}

static int object(const struct stix_object *o, void *context)
{
    struct check *c = context;
    unsigned n_errors;

    return stix_check(c->rules, o, intel_findings_tell, &c->findings, &n_errors);
}

static int add_piece(void *to, struct str piece)
{
    return stix_reader_add(to, piece);
}

static int read_all(struct check *c, int fd, uint64_t size, struct stix_reader *r)
{
    int answer = progress_read(fd, size, command_word(MSG_PROGRESS_CHECKING), add_piece, r);

    if (!answer)
        answer = stix_reader_end(r);
    if (!answer && !c->findings.as_json)
        command_say(c->findings.n_errors ? MSG_SAID_CHECKED_FAULTY : MSG_SAID_CHECKED_SOUND, {"file", buf_str(&c->findings.file)},
                    {"n", NUMBER(stix_reader_objects(r))}, {"left", NUMBER(stix_reader_broken(r))}, {"errors", NUMBER(c->findings.n_errors)},
                    {"warnings", NUMBER(c->findings.n_warnings)});
    return answer;
}

static int check_file(struct check *c, const char *path)
{
    const struct stix_reader_calls calls = {object, fault};
    CLEANUP(stix_reader_freep) struct stix_reader *reader = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r;
    struct stat st;

    if (fd < 0)
        return command_fail_why(MSG_CONSOLE_READ, path, errno);
    reader = stix_reader_new(&calls, c);
    r = !reader ? -ENOMEM : fstat(fd, &st) ? -errno : intel_findings_begin(&c->findings, path);
    if (!r)
        r = read_all(c, fd, (uint64_t)st.st_size, reader);
    close(fd);
    if (r)
        return command_fail_why(MSG_CONSOLE_CHECKED, path, -r);
    return c->findings.n_errors ? EXIT_FAILED : EXIT_DONE;
}

static int run_check(const struct arguments *args)
{
    struct check c = {.rules = NULL};
    int worst = EXIT_DONE;

    intel_findings_init(&c.findings, args->values[OPT_JSON] != NULL, args->values[OPT_QUIET] != NULL);
    c.rules = stix_rules_new();
    if (!c.rules)
        return command_fail(MSG_CONSOLE_MEMORY);
    for (size_t i = 0; i < args->n_rest; i++) {
        int status = check_file(&c, args->rest[i]);

        worst = MAX_OF(worst, status);
    }
    intel_findings_done(&c.findings);
    stix_rules_free(c.rules);
    return fflush(stdout) ? command_fail(MSG_FAIL_FINDINGS_WRITTEN, {"why", str_of(command_why(errno))}) : worst;
}

static const struct option_row check_options[] = {
    {"--json", NULL, MSG_OPTION_INTEL_CHECK_JSON},
    {"--errors", NULL, MSG_OPTION_INTEL_CHECK_ERRORS},
};
const struct command cmd_intel_check = {
    "intel check",
    "FILE…",
    MSG_HELP_INTEL_CHECK,
    check_options,
    ARRAY_LEN(check_options),
    1,
    SIZE_MAX,
    run_check,
    false};
