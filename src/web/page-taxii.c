/* Which TAXII server this is, its one API root, and its collections. */
#include "web/pages.h"
#include "web/taxii.h"

#include <errno.h>

#define ROOT_PATH TAXII_PATH "api/"

/* Where clients reach us, as they asked: "https://HOST/taxii2/api/". */
static struct str root_url(struct page *p)
{
    return page_text(p, "%s://%.*s" ROOT_PATH, p->req->is_secure ? "https" : "http",
                     STR_ARG(p->req->host));
}

/* An address without parameters. 1: there are some, and that is answered. */
static int plain(struct page *p)
{
    struct taxii_query q;

    return taxii_query_of(p, TAXII_PLAIN, &q);
}

int taxii_discovery(struct page *p)
{
    struct str title = T(p, MSG_TAXII_TITLE), root = root_url(p);
    int r = plain(p);

    if (r || !root.at)
        return r ? MIN_OF(r, 0) : -ENOMEM;
    return taxii_write(p, 200,
                       page_keep(p, json_pack("{s:s%, s:s%, s:[s%]}", "title", title.at, title.len,
                                              "default", root.at, root.len, "api_roots", root.at,
                                              root.len)));
}

int taxii_root(struct page *p)
{
    struct str title = T(p, MSG_TAXII_TITLE);
    int r = plain(p);

    if (r)
        return MIN_OF(r, 0);
    return taxii_write(p, 200,
                       page_keep(p, json_pack("{s:s%, s:[s], s:I}", "title", title.at, title.len,
                                              "versions", TAXII_TYPE, "max_content_length",
                                              (json_int_t)TAXII_BODY_MAX)));
}

static json_t *collection_json(const struct taxii_collection *c)
{
    return json_pack("{s:s, s:s%, s:s, s:b, s:b, s:[s]}", "id", c->id, "title", c->title.at,
                     c->title.len, "alias", c->record, "can_read", c->can_read, "can_write",
                     c->can_write, "media_types", "application/stix+json;version=2.1");
}

static int list_one(struct page *p, const struct taxii_collection *c, void *context)
{
    return json_array_append_new(context, collection_json(c)) ? -ENOMEM : 0;
}

int taxii_collections(struct page *p)
{
    json_t *list = page_keep(p, json_array()), *o;
    int r = plain(p);

    if (r)
        return MIN_OF(r, 0);
    if (!list)
        return -ENOMEM;
    r = taxii_collections_each(p, list_one, list);
    /* Without any the member is left out (section 5.1). */
    o = page_keep(p,
                  json_array_size(list) ? json_pack("{s:O}", "collections", list) : json_object());
    return r ? r : taxii_write(p, 200, o);
}

int taxii_collection(struct page *p)
{
    struct taxii_collection c;
    int r = plain(p);

    if (!r)
        r = taxii_collection_open(p, &c);
    return r ? MIN_OF(r, 0) : taxii_write(p, 200, page_keep(p, collection_json(&c)));
}
