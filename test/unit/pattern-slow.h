/* The slow evaluator of patterns over observations: all sets of observations that each part of the pattern can be given, as the specification says it (section 9.5).
 * At most PATTERN_SLOW_MAX observations, each counted as often as number_observed says. In "[...]" stand tests joined by AND, which are
 * left to pattern_test(): each type that they name has one object for all of them. */
#pragma once

#include "intel/pattern-inside.h"

#define PATTERN_SLOW_MAX 9u

enum pattern_answer pattern_slow(const struct pattern *p, const struct pattern_observation *o, size_t n);
