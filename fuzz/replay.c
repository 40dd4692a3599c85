/* Runs a fuzz target once over every file of its corpus folder, as an ordinary test. With a fuzzing engine linked instead
 * of this file, the same target is fuzzed. Prints TAP. Uses nothing of the program, so that it fits every target. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CORPUS_FILE_MAX (1024u * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The whole file in memory of exactly its size, so that a sanitizer knows its ends. false: it cannot be read. */
static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *bytes = malloc(CORPUS_FILE_MAX + 1), *exact = NULL;
    size_t len = 0;
    int good = 0;

    if (file && bytes) {
        len = fread(bytes, 1, CORPUS_FILE_MAX + 1, file);
        exact = !ferror(file) && len <= CORPUS_FILE_MAX ? realloc(bytes, len ? len : 1) : NULL;
    }
    if (exact) {
        bytes = exact;
        LLVMFuzzerTestOneInput(bytes, len);
        good = 1;
    }
    if (file)
        fclose(file);
    free(bytes);
    return good;
}

int main(int argc, char **argv)
{
    struct dirent **names = NULL;
    int n = argc == 2 ? scandir(argv[1], &names, is_visible, alphasort) : -1;
    int failed = 0;

    if (n <= 0) {
        fprintf(stderr, "usage: replay FOLDER, with at least one file in it\n");
        return 2;
    }
    printf("1..%d\n", n);
    for (int i = 0; i < n; i++) {
        char path[4096];
        int good;

        snprintf(path, sizeof(path), "%s/%s", argv[1], names[i]->d_name);
        good = replay_file(path);
        printf("%s %d - %s%s\n", good ? "ok" : "not ok", i + 1, names[i]->d_name, good ? "" : " cannot be read");
        fflush(stdout);
        failed |= !good;
        free(names[i]);
    }
    free(names);
    return failed;
}
