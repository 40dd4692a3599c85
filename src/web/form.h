/* Names and values as browsers send them: query strings, form bodies with and without files, path segments.
 * Strict: a percent sign needs two hexadecimal digits, the result must be UTF-8 without NUL, limits hold.
 * Owner    everything decoded lives in the arena given.
 * Threads  any. */
#pragma once

#include "web/http.h"

#define FORM_FIELDS_MAX 1000
#define FORM_NAME_MAX 128          /* bytes */
#define FORM_VALUE_MAX (4u << 20) /* bytes: a table of ten thousand persons; the whole body has the limit of its route */
#define FORM_PARTS_MAX 64u         /* of a form with files */
#define FORM_FILE_MAX (16u << 20)  /* bytes */
#define FORM_FILE_NAME_MAX 512u    /* bytes */

struct form_field {
    struct str name, value;
    struct str filename; /* as the sender calls it: to be shown, never to be used */
    bool is_file;        /* the value is any bytes, borrowed from the body */
};

struct form_data {
    const struct form_field *fields; /* in the order sent */
    size_t n;
};

enum { FORM_E_SYNTAX = 1, FORM_E_TEXT, FORM_E_LIMIT, FORM_E_TYPE };

/* "a=1&b=2": application/x-www-form-urlencoded. FORM_E_SYNTAX, FORM_E_TEXT (not UTF-8, or NUL), FORM_E_LIMIT; -ENOMEM. */
MUST_CHECK int form_parse(struct str encoded, struct arena *arena, struct form_data *ret);
/* multipart/form-data with that boundary (in quotes or not). Same answers; FORM_E_TYPE: no boundary. */
MUST_CHECK int form_parse_multipart(struct str body, struct str boundary, struct arena *arena, struct form_data *ret);
/* The body of a POST, of either kind. Also FORM_E_TYPE: its Content-Type is another. */
MUST_CHECK int form_of_body(const struct http_request *req, struct form_data *ret);
MUST_CHECK int form_of_query(const struct http_request *req, struct form_data *ret);
/* Status and words for a refused form. */
unsigned form_error_status(int answer);

/* The value of a name that comes once. at == NULL: absent, there more than once, or a file. */
struct str form_get(const struct form_data *f, struct str name);
size_t form_count(const struct form_data *f, struct str name);
/* The `index`th value of a repeated name (checkboxes), from 0; at == NULL when there are fewer. */
struct str form_get_nth(const struct form_data *f, struct str name, size_t index);
/* The file of a name that comes once. NULL: absent, not a file, or none was chosen. */
const struct form_field *form_file(const struct form_data *f, struct str name);

/* Percent-decode one path segment ('+' stays). Same answers as form_parse(). */
MUST_CHECK int url_decode(struct str s, struct arena *arena, struct str *ret);
/* Percent-encode everything but unreserved characters: for path segments and query values. 0, -ENOMEM, -ENOSPC. */
int url_encode(struct str s, struct buf *out);
