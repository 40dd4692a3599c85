/* The lines of a text that comes in pieces. A line that lies whole in a piece is read where it stands; only what goes over the end of a
 * piece is kept. */
#include "intel/extract.h"

#include "intel/extract-line.h"

#include <errno.h>
#include <stdlib.h>

struct extractor {
    extract_fn *tell;
    void *context;
    struct reading reading;
    struct finder finder;
    struct buf kept; /* the start of a line whose end has not come */
    uint64_t offset; /* of the line at hand */
    uint64_t line;
};

struct extractor *extractor_new(extract_fn *tell, void *context)
{
    struct extractor *x = calloc(1, sizeof(*x));

    if (!x)
        return NULL;
    x->tell = tell;
    x->context = context;
    x->line = 1;
    reading_init(&x->reading);
    finder_init(&x->finder);
    buf_init(&x->kept, EXTRACT_LINE_MAX);
    return x;
}

void extractor_free(struct extractor *x)
{
    if (!x)
        return;
    reading_done(&x->reading);
    finder_done(&x->finder);
    buf_done(&x->kept);
    free(x);
}

/* All hits of a line, or of a piece of one that was cut. */
static int tell_line(struct extractor *x, struct str text)
{
    int r = reading_read(text, READING_TEXT, &x->reading);

    if (r)
        return ERR_FOLD(r);
    finder_start(&x->finder, &x->reading);
    while ((r = finder_next(&x->finder)) > 0) {
        struct extract_hit hit = {.line = x->line, .value = &x->finder.value};

        hit.written = reading_written(&x->reading, x->finder.from, x->finder.to);
        hit.offset = x->offset + (uint64_t)(hit.written.at - text.at);
        r = x->tell(&hit, x->context);
        if (r)
            return r;
    }
    return r;
}

/* Where a line that is too long is cut: behind a blank or punctuation (ASCII or 、。), or at its end. */
static size_t cut_of(struct str s)
{
    for (size_t at = s.len; at > 0 && s.len - at < EXTRACT_CUT_MAX; at--) {
        unsigned char c = (unsigned char)s.at[at - 1];

        if (c <= ' ' || c == ',' || c == ';' || c == '"')
            return at;
        if (at >= 3 && (str_starts((struct str){s.at + at - 3, 3}, STR("、")) ||
                        str_starts((struct str){s.at + at - 3, 3}, STR("。"))))
            return at;
    }
    return s.len;
}

/* What has been kept is as long as a line may be: its hits up to a cut; the rest stays. */
static int tell_long(struct extractor *x)
{
    struct str s = buf_str(&x->kept);
    size_t cut = cut_of(s);
    int r = tell_line(x, (struct str){s.at, cut});

    if (r)
        return r;
    memmove(x->kept.at, x->kept.at + cut, s.len - cut);
    buf_cut(&x->kept, s.len - cut);
    x->offset += cut;
    return 0;
}

static int keep(struct extractor *x, struct str s)
{
    while (s.len) {
        size_t n = MIN_OF(s.len, EXTRACT_LINE_MAX - x->kept.len);
        int r = buf_add(&x->kept, s.at, n);

        if (!r && x->kept.len == EXTRACT_LINE_MAX)
            r = tell_long(x);
        if (r)
            return r;
        s = (struct str){s.at + n, s.len - n};
    }
    return 0;
}

/* A line with its end, or what was kept of one with the end behind it. */
static int tell_whole(struct extractor *x, struct str s)
{
    int r;

    if (x->kept.len || s.len > EXTRACT_LINE_MAX) {
        r = keep(x, s);
        s = buf_str(&x->kept);
        if (r)
            return r;
    }
    r = tell_line(x, s);
    x->offset += s.len;
    buf_clear(&x->kept);
    return r;
}

int extractor_add(struct extractor *x, struct str text)
{
    while (text.len) {
        const char *end = memchr(text.at, '\n', text.len);
        size_t n = end ? (size_t)(end - text.at) + 1 : text.len;
        struct str s = {text.at, n};
        int r = end ? tell_whole(x, s) : keep(x, s);

        if (r)
            return r;
        x->line += end ? 1 : 0;
        text = (struct str){text.at + n, text.len - n};
    }
    return 0;
}

int extractor_end(struct extractor *x)
{
    int r = tell_whole(x, STR_NONE);

    x->offset = 0;
    x->line = 1;
    return r;
}
