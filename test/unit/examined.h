/* Files before the examiner with a real clamd: archives made in memory, and what is said of them. A test includes it once; its main() calls examiner_main() when it is begun with EXAMINER_WORD. */
#pragma once

#include "clamd-server.h"

#include "guard/examiner.h"

#include "base/json.h"

#include <archive.h>
#include <archive_entry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static struct clamd_server *server;

static inline int set_up(void **state)
{
    server = clamd_server_start();
    return server ? 0 : -1;
}

static inline int tear_down(void **state)
{
    clamd_server_stop(server);
    return 0;
}

/* ---- making files ---- */

/* In two parts, so that this program is not itself found. */
static inline struct str eicar(void)
{
    static char text[80];

    snprintf(text, sizeof(text), "X5O!P%%@AP[4\\PZX54(P^)7CC)7}$%s",
             "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*");
    return str_of(text);
}

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

/* ---- asking ---- */

static inline json_t *examined_with(struct str bytes, const char *name, const char *password,
                             const struct examine_limits *limits)
{
    struct examine_input in = {.fd = file_of(bytes), .name = name, .password = password};
    json_t *report = NULL;

    assert_int_equal(examiner_run(clamd_server_socket(server), &in, limits, &report), 0);
    close(in.fd);
    return report;
}

static inline json_t *examined(struct str bytes, const char *name)
{
    return examined_with(bytes, name, NULL, &examine_limits_default);
}

static inline void expect(json_t *report, const char *verdict, const char *why_or_found, const char *place)
{
    assert_string_equal(json_str(report, "verdict"), verdict);
    assert_string_equal(json_str(report, !strcmp(verdict, "infected") ? "found" : "why"),
                        why_or_found);
    if (place)
        assert_string_equal(json_str(report, "place"), place);
    json_decref(report);
}

static inline const json_t *member_of(const json_t *report, const char *name)
{
    const json_t *m;
    size_t i;

    json_array_foreach (json_arr(report, "members"), i, m)
        if (!strcmp(json_str(m, "name"), name))
            return m;
    fail_msg("there is no member %s", name);
    return NULL;
}
