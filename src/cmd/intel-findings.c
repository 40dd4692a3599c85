#include "cmd/intel-findings.h"

#include "cmd/home.h"

#include "base/json.h"
#include "base/utf8.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 100u /* bytes of a value of the file in a message */
#define LINE_MAX ((size_t)64 << 10)

void intel_findings_init(struct intel_findings *c, bool as_json, bool is_quiet)
{
    *c = (struct intel_findings){.as_json = as_json, .is_quiet = is_quiet};
    buf_init(&c->file, LINE_MAX);
    buf_init(&c->message, LINE_MAX);
    buf_init(&c->safe, LINE_MAX);
}

void intel_findings_done(struct intel_findings *c)
{
    buf_done(&c->file);
    buf_done(&c->message);
    buf_done(&c->safe);
}

int intel_findings_begin(struct intel_findings *c, const char *path)
{
    c->n_errors = c->n_warnings = 0;
    buf_clear(&c->file);
    return utf8_print_safe(str_of(path), &c->file);
}

/* A piece of the file as it may be shown, cut. */
static struct str shown(struct intel_findings *c, struct str s)
{
    size_t n = MIN_OF(s.len, SHOWN_MAX);

    while (n < s.len && n > 0 && ((unsigned char)s.at[n] & 0xc0) == 0x80)
        n--;
    buf_clear(&c->safe);
    if (utf8_print_safe((struct str){s.at, n}, &c->safe) ||
        (n < s.len && buf_add_text(&c->safe, "…")))
        return STR_NONE;
    return buf_str(&c->safe);
}

/* What is left out for a reason that is no fault of STIX's has a name of its own. */
static const char *name_of(const struct stix_finding *f)
{
    return f->fault == STIX_SOUND ? "left-out" : stix_fault_name(f->fault);
}

static int put_words(struct intel_findings *c, const struct stix_finding *f)
{
    buf_clear(&c->message);
    return message_print(&c->message, home_language(), stix_fault_text(f->fault),
                         {"value",
                          f->has_why ? message_text(home_language(), f->why) : shown(c, f->value)},
                         {"wanted", f->wanted});
}

static int print_json(struct intel_findings *c, const struct stix_finding *f, const char *level)
{
    JSON_AUTO *line = json_object();
    int r = line ? json_put_strn(line, "file", buf_str(&c->file)) : -ENOMEM;

    if (!r)
        r = json_put_int(line, "line", (int64_t)f->at.line);
    if (!r)
        r = json_put_int(line, "column", (int64_t)f->at.column);
    if (!r)
        r = json_put_int(line, "offset", (int64_t)f->offset);
    if (!r)
        r = json_put_str(line, "level", level);
    if (!r)
        r = json_put_str(line, "fault", name_of(f));
    if (!r && f->number != STIX_NO_NUMBER)
        r = json_put_int(line, "number", (int64_t)f->number);
    if (!r && f->id.len)
        r = json_put_strn(line, "id", shown(c, f->id));
    if (!r && f->path.len)
        r = json_put_strn(line, "path", shown(c, f->path));
    if (!r)
        r = json_put_strn(line, "message", buf_str(&c->message));
    if (!r && (json_dumpf(line, stdout, JSON_COMPACT) || putchar('\n') < 0))
        r = -EIO;
    return r;
}

/* "FILE:3:14: error: objects[17].pattern (indicator--…): words" */
static int print_text(struct intel_findings *c, const struct stix_finding *f, const char *level)
{
    struct str s;

    printf("%.*s:%" PRIu64 ":%" PRIu64 ": %s: ", STR_ARG(buf_str(&c->file)), f->at.line,
           f->at.column, level);
    if (f->number != STIX_NO_NUMBER)
        printf("objects[%" PRIu64 "]", f->number);
    s = shown(c, f->path);
    if (s.len)
        printf("%s%.*s", f->number != STIX_NO_NUMBER && s.at[0] != '[' ? "." : "", STR_ARG(s));
    s = shown(c, f->id);
    if (s.len)
        printf(" (%.*s)", STR_ARG(s));
    printf("%s%.*s\n", f->number != STIX_NO_NUMBER || f->path.len ? ": " : "",
           STR_ARG(buf_str(&c->message)));
    return ferror(stdout) ? -EIO : 0;
}

int intel_findings_tell(const struct stix_finding *f, void *context)
{
    struct intel_findings *c = context;
    bool is_error = stix_fault_level(f->fault) == STIX_ERROR;
    const char *level = is_error ? "error" : "warning";
    int r;

    c->n_errors += is_error;
    c->n_warnings += !is_error;
    if (!is_error && c->is_quiet)
        return 0;
    r = put_words(c, f);
    if (r)
        return ERR(r);
    return c->as_json ? print_json(c, f, level) : print_text(c, f, level);
}

int intel_findings_left(struct intel_findings *c, const struct stix_object *o, enum message_key why)
{
    const struct stix_finding f = {.fault = STIX_SOUND, .number = o->number, .id = scan_text(o->root, STR("id")), .at = o->at, .offset = o->offset};
    int r;

    c->n_errors++;
    buf_clear(&c->message);
    r = message_print(&c->message, home_language(), why);
    if (r)
        return ERR(r);
    return c->as_json ? print_json(c, &f, "error") : print_text(c, &f, "error");
}
