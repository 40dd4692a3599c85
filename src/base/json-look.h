/* A look at an object's canonical text (base/json.h): its members one by one, each value a borrowed piece of the text, so that
 * who needs two members of a large object does not read all of it into memory.
 *
 *     int r = json_look_begin(text, &look);
 *
 *     while (!r && (r = json_look_next(&look, &key, &value)) > 0)
 *         r = str_eq(key, STR("name")) ? json_look_value(value, limits, &name) : 0;
 *
 * Only for text that json_canonical() wrote. Of a value only the end is looked for, so not every fault is seen: none is read past.
 * Owner    everything is borrowed from the text but what json_look_value() makes.
 * Threads  any. */
#pragma once

#include "base/json.h"

struct json_look {
    struct str rest; /* private: from the next member on */
    bool is_first;
};

/* 0. -EBADMSG: no object begins here. */
MUST_CHECK int json_look_begin(struct str object, struct json_look *ret);
/* 1: one member; the key is as it stands in the text, without quotes. 0: the end. -EBADMSG: this is no canonical text. */
MUST_CHECK int json_look_next(struct json_look *l, struct str *ret_key, struct str *ret_value);
/* A value as json_parse() reads it: *ret is yours. -EBADMSG: it is none, or passes the limits. -ENOMEM. */
MUST_CHECK int json_look_value(struct str value, struct json_limits limits, json_t **ret);
