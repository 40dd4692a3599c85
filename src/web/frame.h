/* The frame of every page: head, header with the force's name and the user, left navigation, breadcrumbs, footer.
 *
 *     frame_begin(&w, &info);  ...widgets...  frame_end(&w);
 *     return frame_finish(&w, resp);
 *
 * Owner, errors as in widget.h. */
#pragma once

#include "web/http.h"
#include "web/widget.h"

struct nav_item {
    struct str text;
    struct str url;
    struct str count;      /* "12" waiting; at == NULL: none */
    bool is_current;
    bool starts_group;     /* a rule above it */
};

struct breadcrumb {
    struct str text;
    struct str url;        /* at == NULL for the last */
};

struct frame_info {
    struct str title;          /* the page's own heading, also in the window title */
    struct str window;         /* the window title, which histories and saved pages keep, where it says less; at == NULL: `title` */
    struct str force_name;
    struct str clock_time;     /* of the demonstration clock, for people; at == NULL: the real clock runs */
    struct str user_name;      /* at == NULL: nobody is signed in, no menu of the user */
    struct str user_post;
    struct str csrf;           /* token for the sign-out form and for moving the demonstration clock */
    struct str printed;        /* at the foot of each sheet when the page itself is printed; at == NULL: nothing */
    bool has_search;           /* the box of the search; needs somebody signed in */
    struct str searched;       /* what stands in it; at == NULL: nothing */
    struct str here;           /* path to come back to after a change of language; at == NULL: no such switch */
    const struct nav_item *nav;
    size_t n_nav;
    const struct breadcrumb *crumbs;
    size_t n_crumbs;
};

/* Start a page in the response's body, ready for frame_begin(). `html` is the caller's storage. */
void frame_init(struct widget_ctx *w, struct html *html, struct http_request *req, struct http_response *resp,
                enum message_lang lang);
void frame_begin(struct widget_ctx *w, const struct frame_info *info);
void frame_end(struct widget_ctx *w);
/* 0, or what html_end() says. */
MUST_CHECK int frame_finish(struct widget_ctx *w);
