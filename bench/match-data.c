/* A feed and a log for bench/match, the same on every machine: of every 20 values twelve are names, five IPv4 addresses, two URLs, one a SHA-256;
 * the log is a proxy's, with a value of the feed in one line of a thousand. A worst log has names of five labels under the feed's top-level
 * labels in every field, and none of its values.
 * Usage: match-data feed N | log N BYTES | worst N BYTES     N: values of the feed; to standard output, the lines with a value to standard error */
#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const tops[] = {"com",  "net", "org", "jp",  "co.jp",
                                   "info", "ru",  "de",  "top", "io"};
static const char *const words[] = {"mail", "login", "secure", "img", "api", "shop", "news", "pay"};

/* splitmix64 */
static uint64_t mix(uint64_t z)
{
    z += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static int put_label(char *at, size_t size, uint64_t seed)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz012345";
    int n = 6 + (int)(seed % 8);

    for (int i = 0; i < n && (size_t)i + 1 < size; i++)
        at[i] = digits[mix(seed + (uint64_t)i) & 31];
    at[n] = 0;
    return n;
}

static void name(char *at, size_t size, uint64_t seed)
{
    char label[32];

    put_label(label, sizeof(label), mix(seed));
    if (seed % 3)
        snprintf(at, size, "%s.%s", label, tops[seed % ARRAY_LEN(tops)]);
    else
        snprintf(at, size, "%s.%s.%s", words[seed / 3 % ARRAY_LEN(words)], label,
                 tops[seed % ARRAY_LEN(tops)]);
}

/* Those of the feed have an even last octet. */
static void address(char *at, size_t size, uint64_t seed, unsigned odd)
{
    uint64_t z = mix(seed);

    snprintf(at, size, "%u.%u.%u.%u", 11 + (unsigned)(z % 100), (unsigned)(z >> 16 & 255),
             (unsigned)(z >> 24 & 255), (unsigned)(z >> 32 & 254) | odd);
}

static void hash(char *at, size_t size, uint64_t seed)
{
    snprintf(at, size, "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, mix(seed),
             mix(seed + 1), mix(seed + 2), mix(seed + 3));
}

static void path(char *at, size_t size, uint64_t seed)
{
    char a[32], b[32];

    put_label(a, sizeof(a), mix(seed));
    put_label(b, sizeof(b), mix(seed + 9));
    snprintf(at, size, "/%s/%s%s", a, b, seed % 3 ? ".html" : "?id=1");
}

static void value(char *at, size_t size, uint64_t i)
{
    uint64_t seed = mix(i ^ UINT64_C(0x5eed));
    char host[128], rest[128];

    if (i % 20 < 12)
        name(at, size, seed);
    else if (i % 20 < 17)
        address(at, size, seed, 0);
    else if (i % 20 < 19) {
        name(host, sizeof(host), seed);
        path(rest, sizeof(rest), seed);
        snprintf(at, size, "http://%s%s", host, rest);
    } else
        hash(at, size, seed);
}

static int line(char *at, size_t size, uint64_t i, uint64_t n, uint64_t *hits)
{
    uint64_t seed = mix(i ^ UINT64_C(0x10601)), site = mix(seed) % 50000;
    char host[128], rest[128], url[600], ip[32], sha[72] = "-", v[512];

    name(host, sizeof(host), mix(site + UINT64_C(1000000007)));
    path(rest, sizeof(rest), seed);
    address(ip, sizeof(ip), site, 1);
    snprintf(url, sizeof(url), "http%s://%s%s%s", seed % 3 ? "" : "s", seed % 5 ? "" : "www.", host,
             rest);
    if (seed % 100 < 3)
        hash(sha, sizeof(sha), seed);
    if (seed / 100 % 1000 == 0) {
        uint64_t k = mix(seed + 5) % n;

        value(v, sizeof(v), k);
        snprintf(url, sizeof(url), "%s%s",
                 k % 20 < 12                   ? "http://a1."
                 : k % 20 < 17 || k % 20 == 19 ? "http://x.example/"
                                               : "",
                 v);
        ++*hits;
    }
    return snprintf(
        at, size,
        "%" PRIu64
        ".%03u %6u 10.20.%u.%u TCP_MISS/%u %u GET %s u%05u HIER_DIRECT/%s text/html sha256=%s "
        "\"Mozilla/5.0 (Windows NT 10.0; Win64; x64)\"\n",
        UINT64_C(1735689600) + i / 600, (unsigned)(i % 600), (unsigned)(seed >> 8 & 4095),
        (unsigned)(seed >> 20 & 127), (unsigned)(seed >> 28 & 255), seed & 1 ? 200 : 304,
        (unsigned)(seed >> 36 & 0x1ffff), url, (unsigned)(seed >> 9 & 16383), ip, sha);
}

static int worst(char *at, size_t size, uint64_t i)
{
    size_t n = 0;

    for (unsigned k = 0; k < 8; k++) {
        char host[128];

        name(host, sizeof(host), mix(i * 8 + k + UINT64_C(77000000000)) / 3 * 3);
        n += (size_t)snprintf(at + n, size - n, "a%u.b%u.%s%c", (unsigned)(i & 63), k, host,
                              k < 7 ? ' ' : '\n');
    }
    return (int)n;
}

int main(int argc, char **argv)
{
    static char out[1 << 20], text[4096];
    uint64_t n = 0, bytes = 0, done = 0, hits = 0;
    bool is_feed = argc == 3 && !strcmp(argv[1], "feed"),
         is_worst = argc == 4 && !strcmp(argv[1], "worst");

    if ((!is_feed && argc != 4) || str_to_u64(str_of(argv[2]), 1, UINT64_C(1) << 32, &n) ||
        (!is_feed && str_to_u64(str_of(argv[3]), 1, UINT64_C(1) << 40, &bytes))) {
        fputs("usage: match-data feed N | log N BYTES | worst N BYTES\n", stderr);
        return 2;
    }
    setvbuf(stdout, out, _IOFBF, sizeof(out));
    for (uint64_t i = 0; is_feed ? i < n : done < bytes; i++) {
        if (is_feed) {
            value(text, sizeof(text), i);
            puts(text);
        } else {
            int len =
                is_worst ? worst(text, sizeof(text), i) : line(text, sizeof(text), i, n, &hits);

            fwrite(text, 1, (size_t)len, stdout);
            done += (uint64_t)len;
        }
    }
    if (!is_feed)
        fprintf(stderr, "lines with a value: %" PRIu64 "\n", hits);
    return fflush(stdout) != 0;
}
