#include "cmd/media-clean.h"

#include "cmd/findings.h"
#include "cmd/media-refusal.h"

#include "guard/clean.h"
#include "guard/examine.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const char *attributes_word(enum attributes a)
{
    static const char *const words[] = {"none", "removed", "kept"};

    return words[a];
}

void cleaned_done(struct cleaned *c)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = -1;
}

static void tell_attributes(struct gate *g, const char *name, const char *result,
                            const json_t *report)
{
    gate_tell(g, json_pack("{s:s, s:s, s:s, s:s, s:I}", "event", "attributes", "name", name,
                           "result", result, "why", json_str(report, "why"), "removed",
                           (json_int_t)json_array_size(json_arr(report, "removed"))));
}

/* The words of `tsujiban clean`, without what it tells of a copy. */
static void say(struct gate *g, const char *name, const json_t *report, enum attributes a)
{
    if (a == ATTRIBUTES_REMOVED) {
        printf("%s  %s\n", command_word(MSG_WORD_CLEANED), name);
        findings_print(json_arr(report, "removed"), MSG_CLEAN_WORD_REMOVED);
        tell_attributes(g, name, "removed", report);
    } else if (a == ATTRIBUTES_KEPT) {
        printf("%s  %s (%s)\n", command_word(MSG_WORD_NOT_CLEANED), name, json_str(report, "format"));
        tell_attributes(g, name, "kept", report);
    }
}

#define FOUND_MAX 4096u

/* What was hidden or left, or what the cleaner said. */
static void enter_refused(struct gate *g, const char *name, const json_t *report, const char *digest, uint64_t size)
{
    CLEANUP(buf_done) struct buf found;

    buf_init(&found, FOUND_MAX);
    findings_add(json_arr(report, "hidden"), &found);
    findings_add(json_arr(report, "left"), &found);
    if (!found.len)
        IGNORE(buf_printf(&found, "%s %s", json_str(report, "format"), json_str(report, "said")), "it is cut");
    gate_refuse(g, &(struct refusal){.way = REFUSAL_OUT, .why = json_str(report, "why"), .name = name, .found = found.len ? found.at : "", .digest = digest, .size = size});
}

static int say_refused(struct gate *g, const char *name, const json_t *report, const char *digest, uint64_t size)
{
    const char *reason = json_str(report, "why");
    struct str why = findings_why(reason);

    printf("%s  %s: %.*s (%s)\n", command_word(MSG_WORD_REFUSED), name, STR_ARG(why), json_str(report, "format"));
    findings_print(json_arr(report, "hidden"), MSG_CLEAN_WORD_HIDDEN);
    findings_print(json_arr(report, "left"), MSG_CLEAN_WORD_LEFT);
    if (*json_str(report, "said"))
        printf("  %s\n", json_str(report, "said"));
    tell_attributes(g, name, "refused", report);
    enter_refused(g, name, report, digest, size);
    return strcmp(reason, "no-sandbox") != 0 ? EXIT_NOT_YET : EXIT_FAILED;
}

static int changed(struct gate *g, const char *name)
{
    IGNORE(command_fail(MSG_FAIL_CHANGED, {"name", str_of(name)}), "it is entered");
    gate_refuse(g, &(struct refusal){.way = REFUSAL_OUT, .why = "changed", .name = name, .found = "", .digest = "", .size = 0});
    return EXIT_FAILED;
}

static uint64_t size_of(int fd)
{
    struct stat st;

    return fstat(fd, &st) ? 0 : (uint64_t)st.st_size;
}

/* The copy is what leaves: it was made of what was looked at. */
static int take_copy(struct gate *g, const struct media_out *q, int copy, const char *name, const json_t *report,
                     struct held *h, struct cleaned *c)
{
    char again[2 * SHA256_SIZE + 1];
    uint64_t size;
    int r = move_measure(c->fd, &size, again);

    if (!r && strcmp(again, c->original) != 0)
        r = changed(g, name);
    if (!r)
        r = held_examine(g, q->scanner, &q->limits, copy, name, c->digest, h);
    if (!r && strcmp(c->digest, json_str(report, "sha256")) != 0)
        r = changed(g, name);
    if (r)
        return r;
    close(c->fd);
    c->fd = copy;
    return 0;
}

static int settle(struct gate *g, const struct media_out *q, int copy, const char *name, const json_t *report, struct held *h,
                  struct cleaned *c)
{
    const char *verdict = json_str(report, "verdict");

    if (!strcmp(verdict, "refused"))
        return say_refused(g, name, report, c->original, size_of(c->fd));
    if (!strcmp(verdict, "not-cleaned"))
        c->attributes = ATTRIBUTES_KEPT;
    else if (json_array_size(json_arr(report, "removed")) || !json_flag(report, "same"))
        c->attributes = ATTRIBUTES_REMOVED;
    say(g, name, report, c->attributes);
    if (!json_flag(report, "same"))
        return take_copy(g, q, copy, name, report, h, c);
    snprintf(c->digest, sizeof(c->digest), "%s", json_str(report, "sha256"));
    return strcmp(c->digest, c->original) != 0 ? changed(g, name) : 0;
}

static int failed(struct gate *g, const char *name, int r)
{
    IGNORE(command_fail_why(MSG_CONSOLE_CLEANED, name, -r), "it is entered");
    gate_refuse(g, &(struct refusal){.way = REFUSAL_OUT, .why = "failed", .name = name, .found = strerror(-r), .digest = "", .size = 0});
    return EXIT_FAILED;
}

int media_clean(struct gate *g, const struct media_out *q, int fd, const char *name, struct held *h, struct cleaned *ret)
{
    const struct clean_request asked = {.fd = fd, .name = name, .accept_unsupported = q->accept_unsupported, .same_is_enough = true};
    CLEANUP(buf_done) struct buf shown;
    JSON_AUTO *report = NULL;
    int copy = memfd_create("cleaned", MFD_CLOEXEC), r;

    buf_init(&shown, 8192);
    *ret = (struct cleaned){.fd = fd};
    if (copy < 0 || examine_name(name, &shown))
        r = command_fail(MSG_CONSOLE_MEMORY);
    else if (!(r = held_examine(g, q->scanner, &q->limits, fd, name, ret->original, h)))
        r = (r = clean(&asked, copy, &report)) ? failed(g, shown.at, r) : settle(g, q, copy, shown.at, report, h, ret);
    if (copy >= 0 && copy != ret->fd)
        close(copy);
    if (r)
        cleaned_done(ret);
    return r;
}
