/* A pack as lines for people and tests: each register with its fields, each step with its conditions and effects as the reader
 * understood them, with defaults filled in.
 * Threads  any. */
#pragma once

#include "regulation/model.h"

/* 0, -ENOMEM, -ENOSPC. */
int pack_print(const struct pack *p, struct buf *out);
const char *cond_kind_name(enum cond_kind kind);     /* "holds", "not-before" … */
const char *effect_kind_name(enum effect_kind kind); /* "set", "move-all" … */
/* The reference as it could be written: "phone.state", "today minus P1D", "\"text\"". */
int ref_print(const struct ref *r, struct buf *out);
