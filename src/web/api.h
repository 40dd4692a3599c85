/* What the files of the JSON API share: who asks and how often, problems, answers with their digests, the query, pages of a list.
 * The API does what the pages do, by the session's cookie and X-CSRF-Token, or by a program's token (doc/design/daily-use.md, T1 to T3). For those who
 * write such programs: doc/man/api.md.
 * Owner    everything lives as long as its page.
 * Answers  0: an answer is written. 1, where said: also, and there is nothing more to do. Negative: an error.
 * Threads  as struct page. */
#pragma once

#include "web/page.h"

#define API_PATH "/api/"

/* ---- problems (RFC 9457) ---- */
/* id, last word of its type, status. Titles are problem_type.ID in locale. */
#define API_PROBLEMS(X)                                                                            \
    X(MALFORMED, "malformed", 400)                                                                 \
    X(SIGN_IN, "sign-in", 401)                                                                     \
    X(FORBIDDEN, "forbidden", 403)                                                                 \
    X(SCOPE, "scope", 403)                                                                         \
    X(REFUSED, "refused", 403)                                                                     \
    X(NOT_FOUND, "not-found", 404)                                                                 \
    X(METHOD, "method", 405)                                                                       \
    X(NOT_ACCEPTABLE, "not-acceptable", 406)                                                       \
    X(NOT_YET, "not-yet", 409)                                                                     \
    X(CONFLICT, "conflict", 409)                                                                   \
    X(STALE, "stale", 412)                                                                         \
    X(TOO_LARGE, "too-large", 413)                                                                 \
    X(MEDIA_TYPE, "media-type", 415)                                                               \
    X(INVALID, "invalid", 422)                                                                     \
    X(USED, "key-used", 422)                                                                       \
    X(PRECONDITION, "precondition", 428)                                                           \
    X(TOO_MANY, "too-many", 429)                                                                   \
    X(INTERNAL, "internal", 500)                                                                   \
    X(UNAVAILABLE, "unavailable", 503)                                                             \
    X(UNKNOWN_OUTCOME, "unknown-outcome", 504)                                                     \
    X(FULL, "full", 507)

enum api_problem {
#define X(id, word, status) API_##id,
    API_PROBLEMS(X)
#undef X
        API_PROBLEM_COUNT
};

/* A problem with its own sentence; members of `more` (borrowed, may be NULL) are added. */
MUST_CHECK int api_problem(struct page *p, enum api_problem type, struct str detail, const json_t *more);
/* The same under another status than that of its type. */
MUST_CHECK int api_problem_as(struct page *p, enum api_problem type, unsigned status, struct str detail, const json_t *more);
/* By its status, for what the pages say in words of their own. */
MUST_CHECK int api_problem_of(struct page *p, unsigned status, struct str detail);
/* What the keeper has answered that is not ok. */
MUST_CHECK int api_keeper_problem(struct page *p, const json_t *answer);
/* The body, which is JSON, kept by the page. 1: it is not, and that is answered. */
MUST_CHECK int api_body(struct page *p, json_t **ret);
/* One value of the request is wrong: `pointer` (RFC 6901) into its body, or `parameter` of its query; the other NULL. */
MUST_CHECK int api_fault(struct page *p, const char *pointer, const char *parameter, struct str detail);

/* ---- answers ---- */
/* 200 with the value and its ETag, or 304 where the asker has just that; after a POST the value alone. `version` > 0 is named in the tag. */
MUST_CHECK int api_write(struct page *p, const json_t *v, int64_t version);
/* A text that is as long as it says, kept by the page; as above. */
MUST_CHECK int api_write_text(struct page *p, struct str text, const char *tag);
/* The version that If-Match names; 0: it is not there, or names none ("*"). 1: it is malformed, and answered. */
MUST_CHECK int api_if_match(struct page *p, int64_t *ret_version);

/* ---- the query ---- */
/* Only these names, each once. 1: something else, and answered. End with NULL. */
MUST_CHECK int api_query_known(struct page *p, const char *const *names);
/* From 1 to `max`; *ret stays as it is where the query has none. 1: it is no such number, and answered. */
MUST_CHECK int api_query_number(struct page *p, const char *name, unsigned max, unsigned *ret);
/* Answers that this member is none that is asked for, or comes twice: 1, or an error. */
MUST_CHECK int api_query_fault(struct page *p, const char *name);

struct api_paging {
    unsigned page, size; /* from 1; rows of a page */
};
#define API_PAGE_SIZE 50u /* where none is asked for */
#define API_PAGE_SIZE_MAX 200u
#define API_PAGE_MAX 1000000u
/* page and page_size. 1: wrong, and answered. */
MUST_CHECK int api_paging(struct page *p, struct api_paging *ret);
/* Where the pages beside one are: the places that its first and last row have; "": there is no row on that side. */
struct api_places {
    const char *before, *behind;
};
/* Link: first, prev, next, last, with the query's other members. `places` NULL: by their numbers; then, too, the first page and the last. */
MUST_CHECK int api_links(struct page *p, const struct api_paging *at, uint64_t pages, const struct api_places *places);
/* {"rows", "total", "page", "pages"} of an array, with its links. `more` (taken, may be NULL) is added. */
MUST_CHECK int api_write_rows(struct page *p, const json_t *rows, const struct api_paging *at, json_t *more);

/* ---- who asks ---- */
/* Before anything else of an address under /api/ or of the ledger: reads the bearer's token, counts the request, negotiates the answer's
 * form. 1: answered already. */
MUST_CHECK int api_gate(struct page *p);
/* Before the handler of a program's request: enters its first use. 1: answered already. */
MUST_CHECK int api_enter_use(struct page *p);
/* Is the register, or the record's, within the scope of the token that asks? A session has none, and so sees all that its person sees: that is asked besides. */
bool api_sees(const struct page *p, const char *reg);
/* By its id alone, so also of a record that is not there. */
bool api_sees_record(const struct page *p, const char *id);
/* The problem "scope": 0, or an error. */
MUST_CHECK int api_beyond_scope(struct page *p);
