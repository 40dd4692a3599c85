/* What account.c, session.c, reset.c and token.c share; nobody else includes this. */
#pragma once

#include "force/account.h"

/* Copy a column into a fixed field, NUL-ended; false when it does not fit. */
MUST_CHECK bool account_copy(char *to, size_t size, struct str from);
/* A code that the operator both proposed and approved: only for the very first account. */
MUST_CHECK int reset_issue(struct store *s, const char *login, uint64_t now_us,
                           char ret_id[RESET_ID_SIZE], char ret_code[CODE_SIZE]);
