/* The members of an object, or the entries of a list, one after the other, without reading what is in them: so that one that is broken does not lose the rest.
 * Bytes are borrowed from the text. What they hold is for json-scan.h to say.
 * Limits   none of its own; a value goes up to where its brackets close.
 * Threads  one at a time. */
#pragma once

#include "intel/json-scan.h"

struct json_parts {
    struct str text;
    size_t at;
    char close; /* what ends it */
    bool is_behind_one;
};

struct json_part {
    struct str key;   /* with its quotes, as written; of an entry empty */
    struct str value; /* as written */
};

enum { JSON_PARTS_END = -1 };

/* text.at[0] is the bracket that opens it. */
struct json_parts json_parts_of(struct str text);
/* 0: *ret is the next one. JSON_PARTS_END: there is none, p->at is behind the bracket that closes it. enum scan_fault: it is broken at p->at. */
MUST_CHECK int json_parts_next(struct json_parts *p, struct json_part *ret);
/* The key is that name, written without escapes. */
bool json_part_is(const struct json_part *part, const char *name);
/* The value of that member of an object, as written; STR_NONE: `object` is none, or has none that can be come to. */
struct str json_part_of(struct str object, const char *name);
