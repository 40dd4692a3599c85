/* JSON values are jansson's json_t everywhere in this program; this header adds what jansson lacks: limits, a canonical
 * form, and accessors that never mistake types.
 * Canonical: strings, integers within 2^53 - 1 of zero, booleans, arrays, objects with ASCII keys sorted bytewise; no whitespace, no real
 * numbers, no null, NFC text, no control characters (a text of several lines is an array of its lines). It equals RFC 8785 output for that subset.
 * What a value held is overwritten when it goes, so that a key or a password in a message need not be sought out by whoever drops it.
 * Owner    json_t is counted; "borrowed" values live as long as their parent.
 * Threads  a value belongs to one thread at a time. */
#pragma once

#include "base/codec.h"
#include "base/diag.h"
#include <jansson.h>

enum { JSON_E_SYNTAX = 1, JSON_E_LIMIT, JSON_E_CANON };

struct json_limits {
    size_t max_bytes;
    unsigned max_depth; /* at most 64 */
};
#define JSON_LIMITS_DEFAULT ((struct json_limits){1u << 20, 16})

/* A reference that ends with its scope: `JSON_AUTO *v = NULL;` (json_decrefp() is jansson's). */
#define JSON_AUTO CLEANUP(json_decrefp) json_t

/* Parse a whole text, of any type at its top; duplicate keys and U+0000 refused. JSON_E_SYNTAX, JSON_E_LIMIT: see diag (line and column). -ENOMEM. */
MUST_CHECK int json_parse(struct str text, struct json_limits limits, json_t **ret, struct diag *diag);
/* Append it compactly, members in their order: what JSON_COMPACT of jansson writes, at the speed of memory for long texts. 0, -ENOMEM, -ENOSPC. */
MUST_CHECK int json_print(const json_t *v, struct buf *out);
/* Append the canonical form. JSON_E_CANON names the offending path in diag. */
MUST_CHECK int json_canonical(const json_t *v, struct buf *out, struct diag *diag);
MUST_CHECK int json_digest(const json_t *v, struct digest *ret, struct diag *diag);

/* Borrowed members; "" or NULL or 0 when absent or of another type. */
const char *json_str(const json_t *object, const char *key);         /* never NULL: "" */
const char *json_str_or(const json_t *object, const char *key, const char *otherwise);
json_t *json_obj(const json_t *object, const char *key);             /* object or NULL */
json_t *json_arr(const json_t *object, const char *key);             /* array or NULL */
int64_t json_int(const json_t *object, const char *key);
bool json_flag(const json_t *object, const char *key);
/* Copies: the members shared, or copied in their turn. NULL: out of memory, where jansson's own would leave members out. */
json_t *json_copied(const json_t *v);
json_t *json_copied_deep(const json_t *v);
/* 0, -ENOMEM; a text that is not UTF-8: -EINVAL. The key must be ASCII. */
int json_put_str(json_t *object, const char *key, const char *value);
int json_put_strn(json_t *object, const char *key, struct str value);
int json_put_int(json_t *object, const char *key, int64_t value);
int json_put_flag(json_t *object, const char *key, bool value);
int json_put(json_t *object, const char *key, json_t *value); /* takes the reference, also on failure */
