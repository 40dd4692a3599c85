/* What the examiner said of a file, as commands show it. Threads  one. */
#pragma once

#include "guard/examiner.h"

/* The whole file at the path, with its text where `is_drawn`; `scanner` and `password` may be NULL. 0, or EXIT_FAILED after words. */
MUST_CHECK int examined_file(const char *path, const char *scanner, const char *password, bool is_drawn, const struct examine_limits *limits,
                             json_t **ret_report);
void examined_print(const json_t *report);
/* EXIT_DONE, EXIT_FORBIDDEN infected, EXIT_NOT_YET not examinable. */
int examined_status(const json_t *report);
/* The worse of two exit statuses: EXIT_FAILED, EXIT_FORBIDDEN, then the greater. */
int examined_worse(int a, int b);
