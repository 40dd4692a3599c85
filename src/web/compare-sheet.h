/* The comparison of a directive (regulation/coverage.h) as a sheet for paper or a workbook: for a request to whoever issued it, so a row for each clause.
 * Nothing of any record is in it but, where they were measured, numbers and times of whole registers.
 * Owner    texts are in `arena`. Threads  any. */
#pragma once

#include "base/arena.h"
#include "base/message.h"
#include "outward/sheet.h"
#include "regulation/coverage.h"

/* `printed`: who, and when; borrowed. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int compare_sheet(struct coverage *c, const struct compare_of *of, struct str printed, uint64_t now_us, struct arena *arena, struct sheet *ret);
