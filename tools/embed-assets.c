/* embed-assets LIST.h TABLE.h FILE...: turn files into C tables, at build time.
 * LIST.h gets the enum of assets, TABLE.h their bytes, types, addresses and digests. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (4u * 1024 * 1024)

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static const char *type_of(const char *name)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".txt", "text/plain; charset=utf-8"},
        {".woff2", "font/woff2"},
    };
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t n = strlen(name), m = strlen(types[i].ending);

        if (n > m && !strcmp(name + n - m, types[i].ending))
            return types[i].type;
    }
    fprintf(stderr, "embed-assets: %s: unknown kind of file; add its ending to the table of types\n", name);
    exit(1);
}

static void print_enum_name(FILE *out, const char *name)
{
    fputs("ASSET_", out);
    for (; *name; name++)
        fputc(isalnum((unsigned char)*name) ? toupper((unsigned char)*name) : '_', out);
}

static size_t read_whole(const char *path, unsigned char *to)
{
    FILE *in = fopen(path, "rb");
    size_t n;

    if (!in) {
        perror(path);
        exit(1);
    }
    n = fread(to, 1, FILE_MAX, in);
    if (ferror(in) || !feof(in)) {
        fprintf(stderr, "embed-assets: %s: cannot be read or is larger than %u bytes\n", path, FILE_MAX);
        exit(1);
    }
    fclose(in);
    return n;
}

/* FNV-1a: it tells versions of a file apart; nobody's safety rests on it. */
static uint64_t digest_of(const unsigned char *bytes, size_t n)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash;
}

int main(int argc, char **argv)
{
    unsigned char *bytes = malloc(FILE_MAX);
    FILE *list, *table;

    if (argc < 4 || !bytes)
        return 2;
    list = fopen(argv[1], "w");
    table = fopen(argv[2], "w");
    if (!list || !table)
        return 1;
    fputs("/* Made by embed-assets. */\n#pragma once\n\nenum asset_id {\n", list);
    fputs("/* Made by embed-assets. */\n#pragma once\n\n#include \"web/asset.h\"\n\n", table);
    for (int i = 3; i < argc; i++) {
        size_t n = read_whole(argv[i], bytes);

        fputs("    ", list);
        print_enum_name(list, base_name(argv[i]));
        fputs(",\n", list);
        fprintf(table, "static const unsigned char asset_bytes_%d[] = {", i - 3);
        for (size_t k = 0; k < n; k++)
            fprintf(table, "%s%u,", k % 24 ? "" : "\n", bytes[k]);
        fprintf(table, "0};\n");
    }
    fputs("    ASSET_COUNT\n};\n", list);
    fputs("\nstatic const struct asset asset_table[ASSET_COUNT] = {\n", table);
    for (int i = 3; i < argc; i++) {
        const char *name = base_name(argv[i]);
        size_t n = read_whole(argv[i], bytes);
        uint64_t digest = digest_of(bytes, n);

        fprintf(table, "    {\"%s\", \"%s\", \"/assets/%016" PRIx64 "/%s\", \"\\\"%016" PRIx64 "\\\"\", ", name,
                type_of(name), digest, name, digest);
        fprintf(table, "{(const char *)asset_bytes_%d, %zu}},\n", i - 3, n);
    }
    fputs("};\n", table);
    free(bytes);
    return fclose(list) || fclose(table);
}
