/* Files and archives made in memory by libarchive. */
#pragma once

#include "base/buf.h"

#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static inline int file_of(struct str bytes)
{
    int fd = memfd_create("test", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.at, bytes.len), bytes.len);
    return fd;
}

struct member {
    const char *name;
    struct str bytes;
    enum { PLAIN, LINK } kind;
};

/* An archive in memory; `format` as libarchive names it ("zip", "7zip", "paxr", "raw" with a filter), `options` likewise ("iso9660:!joliet") or NULL. */
static inline struct buf archive_with(const char *format, const char *filter, const char *options, const struct member *m, size_t n, const char *password)
{
    struct archive *a = archive_write_new();
    struct buf out;
    size_t used = 0, size = 64u << 20;
    char *bytes = malloc(size);

    assert_true(a && bytes);
    assert_int_equal(archive_write_set_format_by_name(a, format), ARCHIVE_OK);
    if (filter)
        assert_int_equal(archive_write_add_filter_by_name(a, filter), ARCHIVE_OK);
    if (options)
        assert_int_equal(archive_write_set_options(a, options), ARCHIVE_OK);
    if (password) {
        assert_int_equal(archive_write_set_options(a, "zip:encryption=aes256"), ARCHIVE_OK);
        assert_int_equal(archive_write_set_passphrase(a, password), ARCHIVE_OK);
    }
    assert_int_equal(archive_write_open_memory(a, bytes, size, &used), ARCHIVE_OK);
    for (size_t i = 0; i < n; i++) {
        struct archive_entry *e = archive_entry_new();

        archive_entry_set_pathname(e, m[i].name);
        archive_entry_set_perm(e, 0644);
        archive_entry_set_filetype(e, m[i].kind == LINK ? AE_IFLNK : AE_IFREG);
        if (m[i].kind == LINK)
            archive_entry_set_symlink(e, "/etc/passwd");
        else
            archive_entry_set_size(e, (la_int64_t)m[i].bytes.len);
        assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
        assert_int_equal(archive_write_data(a, m[i].bytes.at, m[i].bytes.len), m[i].bytes.len);
        archive_entry_free(e);
    }
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    buf_init(&out, size);
    assert_int_equal(buf_add(&out, bytes, used), 0);
    free(bytes);
    return out;
}

static inline struct buf archive_of(const char *format, const char *filter, const struct member *m, size_t n, const char *password)
{
    return archive_with(format, filter, NULL, m, n, password);
}

static inline struct buf zip_of(const char *name, struct str bytes)
{
    const struct member m = {name, bytes, PLAIN};

    return archive_of("zip", NULL, &m, 1, NULL);
}
