/* What an examiner may still do once it is caged: read and write what it holds open, ask for memory and the time, end.
 * Opening, connecting, starting a process or a program: refused by the kernel with EPERM. What is left of names: sizes and times of
 * files that it can name (glibc's fstat() is the call that asks them).
 * Call it when everything that opens files has been set up. */
#pragma once

#include "base/macros.h"

#include <stdint.h>

/* `memory` bounds the address space (0: not, for programs whose sanitizer takes all there is), `file` what it may write to one
 * file in memory. 0, -errno. Cannot be undone. */
MUST_CHECK int cage_enter(uint64_t memory, uint64_t file, unsigned cpu_s);
