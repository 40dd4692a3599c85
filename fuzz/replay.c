/* Runs a fuzz target once over every file of its corpus folder, as an ordinary test. With a fuzzing engine linked instead
 * of this file, the same target is fuzzed. Prints TAP. */
#include "base/file.h"

#include <stdio.h>

#define CORPUS_FILE_MAX (1024u * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    char **names = NULL;
    size_t n = 0;
    int failed = 0;

    if (argc != 2 || dir_list(argv[1], "", false, &names, &n, NULL) || !n) {
        fprintf(stderr, "usage: replay FOLDER, with at least one file in it\n");
        return 2;
    }
    printf("1..%zu\n", n);
    for (size_t i = 0; i < n; i++) {
        char path[4096];
        struct buf bytes;

        snprintf(path, sizeof(path), "%s/%s", argv[1], names[i]);
        buf_init(&bytes, CORPUS_FILE_MAX);
        if (file_read(path, CORPUS_FILE_MAX, &bytes, NULL)) {
            printf("not ok %zu - %s cannot be read\n", i + 1, names[i]);
            failed = 1;
        } else {
            LLVMFuzzerTestOneInput((const uint8_t *)(bytes.at ? bytes.at : ""), bytes.len);
            printf("ok %zu - %s\n", i + 1, names[i]);
            fflush(stdout);
        }
        buf_done(&bytes);
    }
    names_free(names, n);
    return failed;
}
