/* The slow evaluator of patterns over observations: all sets of observations that each part of the pattern can be given, as the specification says it (section 9.5).
 * At most PATTERN_SLOW_MAX observations, each counted as often as number_observed says. In "[...]" every choice of an object for
 * each type that is named is tried; the tests are left to pattern_test(). */
#pragma once

#include "intel/pattern-inside.h"

#define PATTERN_SLOW_MAX 9u
#define PATTERN_SLOW_TYPES_MAX 4u

/* No "[...]" names more types than these. */
bool pattern_slow_can(const struct pattern *p);
enum pattern_answer pattern_slow(const struct pattern *p, const struct pattern_observation *o, size_t n);
