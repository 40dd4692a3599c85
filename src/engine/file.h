/* Handing out a file that a record names, or what was seen in it: sight, the channel's cap, and the entry. doc/design/information.md, E4, R2.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

enum file_use {
    FILE_OPEN,    /* the file goes out: channel `file`, entered as REG/file-open */
    FILE_FETCH,   /* it goes out to a program: channels `file` and `api`, entered as REG/file-open */
    FILE_PREVIEW, /* a page shows what is in it, malware named: channel `page`, entered as REG/file-preview */
};

/* Somebody is about to be given the file: entered in the caller's transaction.
 * {"result": "recorded", "reg", "record", "held", …}    held: it would be held back if it were to go out; a preview tells nothing then that stands in it
 * {"result": "too-high" | "shut" | "infected" | "held-back", …}    entered as refused: above what the channel carries, as what it is or what the bytes are
 *                                           held as elsewhere by now, or held elsewhere for readers of whom he is none; it is to go out, and malware was found
 *                                           in it, or its record is in no state in which files are handed out (files_in of its register)
 * {"result": "asks", "clauses"}              the register asks why its records are opened, and nothing that he said of this one holds
 * as engine_read() answers for a record that is not there or not in sight; {"result": "unknown"} also for a file that is not the record's,
 * or whose key was destroyed. */
MUST_CHECK int engine_file_open(struct engine *e, struct log *log, const char *person, const char *record, const char *file, enum file_use use,
                                uint64_t now_us, json_t **ret_outcome);
