/* A compound file ([MS-CFB]: old office documents, .msg, packages of the installer) taken apart: its streams, by name. Foreign bytes: nothing that they say of themselves is believed.
 * Owner    the caller of compound_open(); the bytes stay his and are borrowed until compound_close().
 * Limits   COMPOUND_ENTRIES_MAX entries; a chain of as many sectors as there are; a stream is as long as its chain.
 * Threads  one. */
#pragma once

#include "base/buf.h"
#include "base/macros.h"

#define COMPOUND_ENTRIES_MAX 65536u
#define COMPOUND_NAME_MAX 31u /* characters, each of them an ASCII letter or '?' */

struct compound {
    struct str s;
    size_t sector, mini_sector; /* bytes */
    uint32_t n_sectors, cutoff;
    bool is_short;          /* a part of the table lies beyond the file */
    struct buf directory, fat, mini_fat, mini; /* whole */
};

enum { COMPOUND_E_BROKEN = 1 };

/* Does one of these bytes begin a name of an entry that begins so? In UTF-16, where large letters and small ones are the same; so of bytes of any part of a file. */
bool compound_names(struct str bytes, const char *name);

/* 0, COMPOUND_E_BROKEN, with what could be read all the same, -ENOMEM; compound_close() in any case. */
MUST_CHECK int compound_open(struct str bytes, struct compound *ret);
void compound_close(struct compound *c);

/* For each entry the one that it lies in; COMPOUND_NOWHERE: none that can be found. `owners` has compound_count() places. 0, -ENOMEM. */
#define COMPOUND_NOWHERE 0xffffffffu
MUST_CHECK int compound_owners(const struct compound *c, uint32_t *owners);

struct compound_entry {
    char name[COMPOUND_NAME_MAX + 1];
    uint32_t start;
    uint64_t size;
};
/* The stream at place `i` of the directory, in whatever storage it lies. false: another kind of entry. */
size_t compound_count(const struct compound *c);
bool compound_stream(const struct compound *c, size_t i, struct compound_entry *ret);
/* Its first `max` bytes, or all there are, behind what `out` has. 0, COMPOUND_E_BROKEN: there are fewer than it says, and those were added; -ENOMEM, -ENOSPC as `out`. */
MUST_CHECK int compound_read(const struct compound *c, const struct compound_entry *e, uint64_t max, struct buf *out);
