/* Any bytes as a gzip, a cabinet or a tar, by the first of them: what it carries beside its members, and the same again. */
#include "guard/examine-inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum content_type types[] = {CONTENT_GZIP, CONTENT_CAB, CONTENT_TAR};
    struct archive_beside once, again;
    int fd;

    if (size < 2 || size > 1u << 20)
        return 0;
    fd = memfd_create("regions", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)size - 1)
        abort();
    if (archive_beside(fd, types[data[0] % ARRAY_LEN(types)], size - 1, 20, UINT64_MAX, &once) || archive_beside(fd, types[data[0] % ARRAY_LEN(types)], size - 1, 20, UINT64_MAX, &again))
        abort();
    assert(!memcmp(&once, &again, sizeof(once)));
    close(fd);
    return 0;
}
