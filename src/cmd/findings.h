/* What a survey or a cleaning found, in the words of the catalogue, in the language of the locale.
 * Threads  one. */
#pragma once

#include "base/json.h"
#include "base/message.h"

/* A line for each finding of guard/survey.h: "  WORD: KIND VALUE  (PLACE)"; the place when it has one. */
void findings_print(const json_t *list, enum message_key word);
/* The same on one line, "KIND VALUE (PLACE); …", behind what `out` holds; what does not fit is left out. */
void findings_add(const json_t *list, struct buf *out);
/* Why guard/clean.h cleaned nothing, and what would be right. */
struct str findings_why(const char *why);
