#include "fsck/fsck.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 200u /* lines a part; the rest is counted */
#define SAFE_MAX 200u

bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

void report_part(struct report *r)
{
    r->n_shown = 0;
}

void report_add(struct report *r, const char *where, const char *what, const char *fmt, ...)
{
    va_list ap;

    r->n_findings++;
    r->n_shown++;
    if (r->n_shown > SHOWN_MAX) {
        if (r->n_shown == SHOWN_MAX + 1)
            printf("%s: more findings of this part are counted but not shown\n", where);
        return;
    }
    printf("%s: %s: ", where, what);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
}

const char *report_safe(struct slice s, char ret[static 1024])
{
    size_t n = 0;

    for (size_t i = 0; i < s.len && i < SAFE_MAX; i++) {
        unsigned char c = (unsigned char)s.at[i];

        if (c >= 0x20 && c < 0x7f && c != '\\')
            ret[n++] = (char)c;
        else
            n += (size_t)snprintf(ret + n, 5, "\\x%02x", c);
    }
    ret[n] = '\0';
    return ret;
}
