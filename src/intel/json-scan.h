/* A JSON text (RFC 8259) read into one row of values, fast and without guessing: each value stands behind the one that holds it.
 *
 *     {"a": [1, true], "b": "x"}   ->   object(2) key a  array(2) number 1  true  key b  string x
 *                                        skip 7          skip 3
 *
 * Strings are borrowed from the text where they hold no escape, numbers always: they stay as they were written, however long.
 * Refused, each with its place: keys that come twice, bytes that are no UTF-8, halves of surrogate pairs, depth beyond SCAN_DEPTH_MAX, more than
 * SCAN_MEMBERS_MAX members or entries in one value. Time is linear in the text but for keys of one object, which are sorted where they are many.
 * Owner    the caller of scanner_new(); values live until the next scanner_read() or scanner_free(), and no longer than the text.
 * Limits   `memory_max` bytes for values and for strings that had escapes; texts below 4 GiB.
 * Threads  one at a time. */
#pragma once

#include "base/buf.h"

#define SCAN_DEPTH_MAX 64u
#define SCAN_MEMBERS_MAX 65536u

enum scan_kind { SCAN_NULL, SCAN_FALSE, SCAN_TRUE, SCAN_NUMBER, SCAN_STRING, SCAN_ARRAY, SCAN_OBJECT };

struct scan_value {
    const char *at;  /* string: its bytes, escapes resolved, may hold NUL; number: its text; else where it begins */
    uint32_t len;    /* of these bytes; of an array its entries, of an object its members */
    uint32_t skip;   /* `v + skip` is what follows beside it */
    uint32_t offset; /* in the text */
    uint32_t kind;   /* enum scan_kind */
};

/* What is wrong. The rows of stix-faults.def begin with these. */
enum scan_fault {
    SCAN_E_VALUE = 1, /* no value begins here */
    SCAN_E_KEY,       /* a key in quotes has to stand here */
    SCAN_E_COLON,
    SCAN_E_COMMA,     /* a comma, or the end of what is open */
    SCAN_E_CONTROL,   /* a control character in a string; a line break most often: a quote is missing */
    SCAN_E_ESCAPE,
    SCAN_E_SURROGATE,
    SCAN_E_UTF8,
    SCAN_E_NUMBER,
    SCAN_E_DUPLICATE, /* a key for the second time */
    SCAN_E_DEPTH,
    SCAN_E_MEMBERS,
    SCAN_E_MEMORY,    /* more than `memory_max` */
    SCAN_E_END,       /* the text ends within it */
    SCAN_E_MORE,      /* something behind the value */
};

struct scan_place {
    size_t offset;   /* of the fault in the text */
    struct buf path; /* "extensions.a[3]": the value in which it is; the caller's, cleared before it is written */
};

struct scanner;
struct scanner *scanner_new(size_t memory_max); /* NULL: no memory */
void scanner_free(struct scanner *s);           /* accepts NULL */
DEFINE_CLEANUP(struct scanner, scanner_free);

/* The whole text has to be one value. 0: *ret. enum scan_fault: *ret_place says where. -ENOMEM. */
MUST_CHECK int scanner_read(struct scanner *s, struct str text, const struct scan_value **ret, struct scan_place *ret_place);
/* The place of something that is not a fault of the text: "objects[2].name" of a value that scanner_read() gave. 0, -ENOMEM, -ENOSPC (both sticky). */
int scan_path(const struct scan_value *root, const struct scan_value *v, struct buf *out);

static inline struct str scan_str(const struct scan_value *v)
{
    return (struct str){v->at, v->len};
}
/* The member's value, or NULL; also when `object` is NULL or no object. */
const struct scan_value *scan_member(const struct scan_value *object, struct str key);
/* The same for a text; STR_NONE when it is none. */
struct str scan_text(const struct scan_value *object, struct str key);

/* ---- where a value ends ----
 * Finds the end of an object or array that comes in pieces, by counting brackets outside strings, at several bytes a cycle. It checks nothing else.
 * A line break within a string is no JSON. Where a quote, a comma or a closing bracket follows on the next line, the string's own quote is missing and
 * it ended with its line; else it goes on. So what follows a broken object is still found, mostly. */
struct scan_skip {
    uint64_t depth;       /* brackets that are open */
    bool in_string;
    bool is_escaped;      /* the next byte stands behind a backslash */
    bool is_behind_break; /* within a string, with nothing but space since a line break */
    bool is_broken;       /* a line break stood within a string */
};
/* Bytes of the piece that belong to the value; all of them while depth stays above 0. The first piece begins with the bracket; *s is zeroed before it. */
size_t scan_skip(struct scan_skip *s, struct str piece);
/* The same byte by byte: what stands in for the former where there are no vector instructions, and is held against it in the tests. */
size_t scan_skip_plain(struct scan_skip *s, struct str piece);

/* ---- lines ---- */
struct scan_line {
    uint64_t line, column; /* from 1; the column in characters */
};
/* Moves over the bytes. */
void scan_line_pass(struct scan_line *l, struct str bytes);
