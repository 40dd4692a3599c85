/* Any bytes as two digests of files, one a line: what is read is as near to itself as can be, and as near to the other as the other to it; ssdeep's score is at most
 * 100, and what is alike shares a gram. */
#include "intel/fuzzy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool share(const struct ssdeep *a, const struct ssdeep *b)
{
    struct ssdeep_gram x[SSDEEP_GRAMS_MAX], y[SSDEEP_GRAMS_MAX];
    unsigned n = ssdeep_grams(a, x), m = ssdeep_grams(b, y);

    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < m; k++)
            if (x[i].block_size == y[k].block_size && !memcmp(x[i].at, y[k].at, SSDEEP_GRAM))
                return true;
    return false;
}

static void check_ssdeep(const struct ssdeep *a, const struct ssdeep *b)
{
    unsigned score = ssdeep_score(a, b);

    if (ssdeep_score(a, a) != 100 || score > 100 || score != ssdeep_score(b, a))
        abort();
    if (score && score < 100 && !share(a, b))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, first = STR_NONE, second = STR_NONE;
    struct ssdeep a, b;
    struct tlsh x, y;

    if (!size || !str_split(&rest, '\n', &first) || !str_split(&rest, '\n', &second))
        return 0;
    if (!ssdeep_read(first, &a) && !ssdeep_read(second, &b))
        check_ssdeep(&a, &b);
    if (!tlsh_read(first, &x) && !tlsh_read(second, &y))
        if (tlsh_distance(&x, &x, true) || tlsh_distance(&x, &y, true) != tlsh_distance(&y, &x, true) ||
            tlsh_distance(&x, &y, false) > tlsh_distance(&x, &y, true))
            abort();
    return 0;
}
