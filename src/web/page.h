/* One request of a person, and what every page uses to answer it: who asks, by what right, in which language; the keeper;
 * the frame.
 *
 *     int today_page(struct page *p)
 *     {
 *         page_begin(p, T(p, MSG_TODAY_TITLE), NAV_TODAY);
 *         …widgets over &p->w…
 *         return page_end(p);
 *     }
 *
 * Owner    lives for one request. Values given to page_keep() end with it, so that pages may borrow from them.
 * Errors   handlers answer 0 or a negative error; the site then discards what was written and shows a plain page.
 * Threads  the thread that serves the request. */
#pragma once

#include "engine/engine.h"
#include "force/token.h"
#include "keeper/keeper.h"
#include "web/form.h"
#include "web/frame.h"
#include "web/route.h"

struct kept_key;
struct keys_held;
struct exclusions;
struct known_shelf;
struct stock;
struct taxii_keys;
struct title_folds;
struct limiter;
struct site;

/* What one serving thread has. */
struct worker {
    struct site *site;
    struct store *store;      /* STORE_READ */
    const char *db;           /* of the site */
    struct store *blobs;      /* contents of files, to be read; NULL: not opened yet, or there are none */
    struct blobs_pool *blobs_pool; /* of the site */
    struct engine *engine;    /* over `store` */
    struct keeper_link *link; /* as a worker */
    json_t *checkpoint;       /* last {"shard","note","vkey"} of the keeper, NULL none */
    uint64_t checkpoint_us;   /* monotonic, when it came */
    struct limiter *limiter;  /* of the site */
    const struct kept_key *kept_key; /* likewise */
    struct openapi *openapi;  /* as written last; NULL: never */
    struct title_folds *titles; /* of directives, for searching; NULL: not yet */
    bool is_apart;            /* vault and contents of files are not this process's to read: web/keys.h */
    struct stock *stock;      /* threat intelligence; NULL: not asked for yet */
    struct known_shelf *known; /* lists of what is known; of the site */
    struct exclusions *exclusions; /* that persons see; NULL: not asked for yet */
    struct taxii_keys *taxii_keys; /* of its day; NULL: not asked for yet */
    int64_t taxii_day;
    struct taxii_names *taxii_names; /* of collections; NULL: not asked for yet */
    const struct page *page;  /* the request at hand, NULL none: keys are asked for on its person's behalf */
    struct keys_held *keys;   /* of it; NULL: none yet */
};

enum page_standing { PAGE_NOBODY, PAGE_LOCKED, PAGE_SIGNED_IN };
enum page_section { NAV_NONE, NAV_TODAY, NAV_NOTICES, NAV_REGISTERS, NAV_MEDIA, NAV_INTEL, NAV_CLAUSES, NAV_ACCOUNTS, NAV_PACKS, NAV_FORCE, NAV_PLANS, NAV_MAIL, NAV_TAKEOVER, NAV_PROCESSES, NAV_WHOLE_COPIES };
#define PAGE_CRUMBS_MAX 5

struct page {
    struct worker *worker;
    struct http_request *req;
    struct http_response *resp;
    const struct route_call *call;
    struct arena *arena;          /* of the request */
    enum message_lang lang;
    enum page_standing standing;
    struct str cookie;            /* of the session; at NULL: none */
    struct session session;       /* unless PAGE_NOBODY; of a token's owner without rights, since programs administer nothing */
    struct str bearer;            /* what a program has shown under /api/; at NULL: none */
    struct str basic_login;       /* whose login stood before it, where a TAXII client said so; at NULL: none did */
    const struct token *token;    /* its token, when it is one; NULL: a person asks by himself */
    struct form_data form, query; /* a POSTed form; the query string */
    uint64_t now_us;              /* the installation's time */
    struct html html;
    struct widget_ctx w;
    struct breadcrumb crumbs[PAGE_CRUMBS_MAX];
    size_t n_crumbs;
    struct str label;             /* of what the page shows; at == NULL: none. Before page_begin() */
    struct str window;            /* the window title, where it says less than the heading; at == NULL: the same. Before page_begin() */
    struct str searched;          /* the search page: what stands in the frame's box */
    int64_t n_unread;             /* notices; known from page_begin() on */
    bool is_api;                  /* answers JSON: also when something is wrong */
    bool is_taxii;                /* likewise, as TAXII has it; is_api, too */
    json_t *kept;                 /* private */
};
typedef int page_fn(struct page *p);

/* A text of the catalogue in the page's language. */
#define T(p, key) message_text((p)->lang, (key))
/* With its blanks filled: TF(p, MSG_X, {"name", value}). */
#define TF(p, key, ...) message_in((p)->arena, (p)->lang, (key), __VA_ARGS__)

/* printf into the arena; STR_NONE when out of memory. */
struct str page_text(struct page *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Takes the reference, which ends with the request. Answers the same value, borrowed; NULL when out of memory. */
json_t *page_keep(struct page *p, json_t *value);
/* NUL-ended copies of a path parameter, a form field, a query value; "" when absent. */
const char *page_param(struct page *p, struct str name);
const char *page_field(struct page *p, struct str name);
const char *page_query(struct page *p, struct str name);
/* Percent-encoded for a path segment or a query value. */
struct str page_encoded(struct page *p, struct str text);

/* The address asked for with its query, to come back to; "/" when asking it again would have an effect. */
struct str page_here(const struct page *p);

/* ---- the frame ---- */
/* Before page_begin(): the way here; url at NULL for the page itself. */
void page_crumb(struct page *p, struct str text, struct str url);
void page_begin(struct page *p, struct str title, enum page_section section);
MUST_CHECK int page_end(struct page *p);
/* A whole page that says what is wrong and what to do. For the API the same as problem+json. */
MUST_CHECK int page_problem(struct page *p, unsigned status, struct str heading, struct str text);
MUST_CHECK int page_not_found(struct page *p);
/* For a handler's negative answer, after whatever it had written is dropped. */
MUST_CHECK int page_failed(struct page *p, int error);
/* 303 to one of our own paths. */
MUST_CHECK int page_go(struct page *p, struct str path);
/* Open a form of ours with the session's token. */
void page_form_begin(struct page *p, struct str action, bool warn_unsent);
void page_form_begin_files(struct page *p, struct str action, bool warn_unsent);

/* The session cookie's name: with the prefix that binds it to this host wherever TLS is spoken. */
struct str session_cookie_name(const struct http_request *req);

/* ---- rights ---- */
/* Has one of `rights`? Otherwise the refusal is already written and the handler returns *ret. */
MUST_CHECK bool page_allows(struct page *p, unsigned rights, int *ret);

/* The secret that a form brought (pages.h, STEP_SECRET) is in this process no more: once the answer is written. Bodies are wiped with their connection's. */
void page_wipe_sent(struct page *p);

/* ---- the keeper ---- */
/* Ask the keeper; `message` is taken, "token" or "bearer" is added. Always an answer, kept by the page: when the keeper cannot be reached
 * or does not answer it is {"ok": false, "error": "lost" | "unknown-outcome", "say"}. NULL: out of memory. */
json_t *page_ask(struct page *p, json_t *message);
/* What the keeper says in an answer that is not ok, in the page's language. */
struct str page_answer_words(struct page *p, const json_t *answer);
/* Shows that answer as a notice. */
void page_answer_notice(struct page *p, const json_t *answer);
/* HTTP status for it. */
unsigned page_answer_status(const json_t *answer);
