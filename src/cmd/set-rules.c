#include "cmd/set-rules.h"

#include "base/file.h"
#include "base/time.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX_SIZE ((size_t)16 << 30)

static int to_stdout(struct str piece, void *context)
{
    FILE *file = context;

    return fwrite(piece.at, 1, piece.len, file) == piece.len ? 0 : -errno;
}

static int to_buf(struct str piece, void *context)
{
    return buf_add_str(context, piece);
}

static int go_over(const struct set *set, struct rules *r,
                   int (*each)(struct rules *r, const struct rule_row *row))
{
    uint64_t place = 0;
    struct set_entry e;
    int answer = 0;

    while (!answer && set_walk(set, &place, &e)) {
        struct rule_row row = {e.type,
                               e.bytes,
                               e.indicator,
                               e.until_us,
                               RULES_CONFIDENCE_NONE,
                               set_mark(set)->flags & SET_BELOW};

        answer = each(r, &row);
    }
    return answer;
}

static int write_all(const struct set *set, struct rules *r)
{
    int answer = go_over(set, r, rules_look);

    if (!answer)
        answer = rules_begin(r);
    if (!answer)
        answer = go_over(set, r, rules_add);
    return answer ? answer : rules_end(r);
}

static int keep_file(const char *path, const struct buf *file)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = file_write_atomic(path, buf_str(file), 0644, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? EXIT_FAILED : EXIT_DONE;
}

static int say(const char *path, const struct rules *r)
{
    command_note(MSG_SAID_RULES, {"path", str_of(path)}, {"n", NUMBER(r->n_written)}, {"ended", NUMBER(r->n_ended)}, {"left", NUMBER(r->n_left_out)});
    return r->n_unsound
               ? command_fail(MSG_FAIL_SET_UNSOUND, {"path", str_of(path)}, {"n", NUMBER(r->n_unsound)})
               : EXIT_DONE;
}

int set_rules(const char *path, const struct set *set, const struct set_rules_order *o)
{
    const struct set_mark *mark = set_mark(set);
    struct rule_order order = {.format = o->format,
                               .now_us = o->now_us ? o->now_us : clock_real_us(),
                               .created_us = mark->created_us,
                               .until_us = mark->until_us,
                               .tlp = mark->tlp,
                               .sid_first = o->sid_first};
    CLEANUP(rules_done) struct rules r;
    CLEANUP(buf_done) struct buf file;
    int answer, status;

    buf_init(&file, FILE_MAX_SIZE);
    rules_init(&r, &order, o->out ? to_buf : to_stdout, o->out ? (void *)&file : stdout);
    if (mark->until_us && mark->until_us <= order.now_us && !o->is_expired_fine)
        return command_fail(MSG_FAIL_SET_EXPIRED, {"path", str_of(path)});
    if (!set_is_whole(set))
        return command_fail(MSG_FAIL_SET_DIGEST, {"path", str_of(path)});
    answer = write_all(set, &r);
    if (!answer && !o->out && fflush(stdout))
        answer = -errno;
    if (answer)
        return command_fail(MSG_FAIL_RULES_WRITTEN, {"path", str_of(path)}, {"why", str_of(command_why(-answer))});
    status = o->out ? keep_file(o->out, &file) : EXIT_DONE;
    return status ? status : say(path, &r);
}
