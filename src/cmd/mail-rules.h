/* The configuration of the mail gate (guard/mail-judge.h), as sub-commands take it from a file.
 * Threads  one. */
#pragma once

#include "guard/mail-judge.h"

/* `path` NULL: none, which is as strict as it can be. 0, or EXIT_FAILED after what is wrong was printed. */
MUST_CHECK int mail_rules_load(const char *path, struct mail_rules *rules);
