/* Inside base/json.c: a quick reader for what JSON mostly is, beside jansson, which reads everything and says what is wrong.
 * It knows no real numbers and no \u; whatever it does not know, or takes for wrong, jansson decides. So it never refuses anything,
 * and what it reads equals what jansson reads: fuzz/json.c holds one against the other.
 * Threads  any. */
#pragma once

#include "base/json.h"

/* 0: *ret is yours. 1: read it otherwise. -ENOMEM. */
MUST_CHECK int json_quick(struct str text, unsigned max_depth, json_t **ret);
/* By jansson alone; JSON_E_SYNTAX without words. For those who compare. */
MUST_CHECK int json_slow(struct str text, json_t **ret);
