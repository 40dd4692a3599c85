/* Any bytes as a file on its way into an import, the first of them its format: in one piece and byte by byte the same segments and the same report come, which
 * the keeper's reader takes, and which counts what it tells. */
#include "base/json.h"
#include "intel/intake.h"
#include "store/segment.h"

#include <errno.h>
#include <stdlib.h>

#define OUT_MAX ((size_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    struct buf out;
    uint64_t n_objects;
};

static int take(struct str segment, size_t n_objects, void *context)
{
    struct seen *s = context;
    struct segment read;

    if (segment_read(segment, &read) || read.n_objects != n_objects || !n_objects)
        abort();
    segment_done(&read);
    s->n_objects += n_objects;
    return buf_add_str(&s->out, segment) ? -ENOMEM : 0;
}

static uint64_t sum_of(const json_t *counts)
{
    const json_t *n;
    const char *name;
    uint64_t sum = 0;

    json_object_foreach ((json_t *)(uintptr_t)counts, name, n)
        sum += (uint64_t)json_integer_value(n);
    return sum;
}

static void check(const struct seen *s, const json_t *report)
{
    assert(sum_of(json_obj(report, "types")) == s->n_objects && sum_of(json_obj(report, "marks")) == s->n_objects);
    assert(json_array_size(json_arr(report, "findings")) <= 2 * INTAKE_TOLD_MAX);
    assert(json_int(report, "errors") + json_int(report, "warnings") >= (json_int_t)json_array_size(json_arr(report, "findings")));
    assert(json_int(report, "objects") >= json_int(report, "left_out"));
}

static void run(const struct intake_setting *setting, struct str file, size_t piece, struct seen *s)
{
    struct intake *x = intake_new(setting, take, s);
    json_t *report = NULL;
    char *text;

    buf_init(&s->out, OUT_MAX);
    if (!x)
        abort();
    for (size_t at = 0; at < file.len; at += piece)
        if (intake_add(x, (struct str){file.at + at, MIN_OF(piece, file.len - at)}))
            abort();
    if (intake_end(x, &report))
        abort();
    check(s, report);
    text = json_dumps(report, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text || buf_add_text(&s->out, text))
        abort();
    free(text);
    json_decref(report);
    intake_free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct intake_setting setting = {.tlp = TLP_AMBER, .made_us = UINT64_C(1775000000000000)};
    struct seen whole = {.n_objects = 0}, bytes = {.n_objects = 0};
    struct str file;

    if (!size || size > (1u << 16))
        return 0;
    setting.format = (enum intake_format)((unsigned)(data[0] - 'a') % INTAKE_N_FORMATS);
    file = (struct str){(const char *)data + 1, size - 1};
    run(&setting, file, size, &whole);
    run(&setting, file, 1, &bytes);
    if (!str_eq(buf_str(&whole.out), buf_str(&bytes.out)))
        abort();
    buf_done(&whole.out);
    buf_done(&bytes.out);
    return 0;
}
