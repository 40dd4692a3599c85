/* Any bytes as an exported record, as the second program reads it: each answer is a finding, never a crash. */
#include "fsck/fsck.h"
#include "quiet.h"
#include "scratch.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEX64 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
/* An entry that speaks of the record of the corpus. */
#define ENTRY                                                                                                       \
    "{\"act\":\"a/b\",\"case\":\"T-1\",\"obj\":[{\"digest\":\"" HEX64 "\",\"id\":\"T-1\",\"kind\":\"record\"}],"    \
    "\"pii\":[{\"commit\":\"" HEX64 "\",\"field\":\"phone\"}],\"result\":\"allowed\",\"seq\":0,"                    \
    "\"t\":\"2026-04-10T00:00:00.000000Z\",\"v\":1}"
#define MANIFEST "tsujiban records v1\n" HEX64 "  loans/T-1.json\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fsck *f = calloc(1, sizeof(*f));
    struct scratch scratch;
    struct entry e;
    int kept;

    if (!f || !(f->sha = sha256_new()) || entry_scan((struct slice){ENTRY, sizeof(ENTRY) - 1}, &e))
        abort();
    scratch_init(&scratch);
    scratch_write(&scratch, "records/manifest", MANIFEST, sizeof(MANIFEST) - 1);
    scratch_write(&scratch, "records/T-1.json", data, size);
    f->dir = scratch.path;
    record_learn(f, 2026, &e);
    kept = quiet_begin();
    records_check(f);
    quiet_end(kept);
    assert(f->n_records == 1 && f->report.n_findings > 0); /* the manifest names another file */
    scratch_done(&scratch);
    table_done(&f->records);
    table_done(&f->commits);
    table_done(&f->manifest);
    sha256_free(f->sha);
    free(f);
    return 0;
}
