/* Problems, answers with their digests, the query and pages of lists: see api.h. */
#include "web/api.h"

#include "web/pages.h"
#include "web/taxii.h"
#include "web/words.h"

#include <errno.h>
#include <stdlib.h>

/* ---- problems ---- */

static const struct {
    const char *word;
    unsigned status;
    enum message_key title;
} problems[] = {
#define X(id, word, status) [API_##id] = {word, status, MSG_PROBLEM_TYPE_##id},
    API_PROBLEMS(X)
#undef X
};

/* Left out of what the keeper has said: the problem says it in its own members. */
static const char *const keeper_members[] = {"ok", "error", "say", "result"};

static int dump(struct page *p, const json_t *v, const char *type)
{
    char *text = v ? json_dumps(v, JSON_COMPACT) : NULL;
    int r;

    if (!text)
        return -ENOMEM;
    buf_clear(&p->resp->body);
    p->resp->content_type = type;
    r = buf_add_text(&p->resp->body, text);
    free(text);
    return r;
}

static int put_head(struct page *p, json_t *o, enum api_problem type, unsigned status, struct str detail)
{
    int r = json_put_strn(o, "type", page_text(p, "/api/problems/%s", problems[type].word));

    if (!r)
        r = json_put_strn(o, "title", T(p, problems[type].title));
    if (!r)
        r = json_put_int(o, "status", status);
    return r || !detail.len ? r : json_put_strn(o, "detail", detail);
}

/* How to sign in. TAXII's clients know Basic, with the token as password. */
static struct str challenge(const struct page *p)
{
    if (p->is_taxii)
        return STR("Basic realm=\"tsujiban\", charset=\"UTF-8\"");
    return p->bearer.at ? STR("Bearer realm=\"tsujiban\", error=\"invalid_token\"") : STR("Bearer realm=\"tsujiban\"");
}

int api_problem_as(struct page *p, enum api_problem type, unsigned status, struct str detail, const json_t *more)
{
    json_t *o = page_keep(p, json_object());
    const char *result = json_str(more, "result");
    int r;

    if (!o || (more && json_object_update(o, (json_t *)(uintptr_t)more)))
        return -ENOMEM;
    for (size_t i = 0; i < ARRAY_LEN(keeper_members); i++)
        json_object_del(o, keeper_members[i]);
    if ((*result && json_put_str(o, "result", result)) || put_head(p, o, type, status, detail))
        return -ENOMEM;
    p->resp->status = status;
    p->resp->cache = HTTP_CACHE_NEVER;
    if ((r = http_response_header(p->resp, HTTP_HEADER_CONTENT_LANGUAGE, str_of(message_lang_tag(p->lang)))))
        return r;
    if (status == 401 && (r = http_response_header(p->resp, HTTP_HEADER_WWW_AUTHENTICATE, challenge(p))))
        return r;
    return p->is_taxii ? taxii_problem(p, status, problems[type].word, T(p, problems[type].title), detail)
                       : dump(p, o, "application/problem+json");
}

int api_problem(struct page *p, enum api_problem type, struct str detail, const json_t *more)
{
    return api_problem_as(p, type, problems[type].status, detail, more);
}

int api_problem_of(struct page *p, unsigned status, struct str detail)
{
    for (size_t i = 0; i < ARRAY_LEN(problems); i++)
        if (problems[i].status == status)
            return api_problem(p, (enum api_problem)i, detail, NULL);
    return api_problem_as(p, status < 500 ? API_MALFORMED : API_INTERNAL, status, detail, NULL);
}

int api_keeper_problem(struct page *p, const json_t *answer)
{
    unsigned status = page_answer_status(answer);

    if (!strcmp(json_str(answer, "error"), "scope"))
        return api_beyond_scope(p);
    if (!strcmp(json_str(answer, "error"), "used"))
        return api_problem(p, API_USED, page_answer_words(p, answer), NULL);
    return api_problem_of(p, status, page_answer_words(p, answer));
}

int api_fault(struct page *p, const char *pointer, const char *parameter, struct str detail)
{
    json_t *one = pointer ? json_pack("{s:s, s:s%}", "pointer", pointer, "detail", detail.at, detail.len)
                          : json_pack("{s:s, s:s%}", "parameter", parameter, "detail", detail.at, detail.len);
    json_t *more = page_keep(p, json_pack("{s:[o]}", "errors", one));

    return more ? api_problem(p, API_MALFORMED, detail, more) : -ENOMEM;
}

static json_t *type_json(struct page *p, size_t i)
{
    struct str ja = message_text(MESSAGE_JA, problems[i].title), en = message_text(MESSAGE_EN, problems[i].title);
    struct str type = page_text(p, "/api/problems/%s", problems[i].word);

    return json_pack("{s:s%, s:i, s:{s:s%, s:s%}}", "type", type.at ? type.at : "", type.len, "status", (int)problems[i].status, "title",
                     "ja", ja.at, ja.len, "en", en.at, en.len);
}

int api_problem_types(struct page *p)
{
    JSON_AUTO *list = json_array();

    for (size_t i = 0; list && i < ARRAY_LEN(problems); i++)
        if (json_array_append_new(list, type_json(p, i)))
            return -ENOMEM;
    return list ? api_write_rows(p, list, &(struct api_paging){1, ARRAY_LEN(problems)}, NULL) : -ENOMEM;
}

int api_problem_type(struct page *p)
{
    const char *word = page_param(p, STR("type"));

    for (size_t i = 0; i < ARRAY_LEN(problems); i++)
        if (!strcmp(problems[i].word, word))
            return api_write(p, page_keep(p, type_json(p, i)), 0);
    return page_not_found(p);
}

/* ---- answers ---- */

static struct str unquoted(struct str tag)
{
    if (tag.len < 2 || tag.at[0] != '"' || tag.at[tag.len - 1] != '"')
        return STR_NONE;
    return (struct str){tag.at + 1, tag.len - 2};
}

static int finish(struct page *p, struct str tag)
{
    int r = http_response_header(p->resp, HTTP_HEADER_ETAG, tag);

    if (r || !http_etag_listed(http_request_header(p->req, HTTP_HEADER_IF_NONE_MATCH), tag))
        return r;
    p->resp->status = 304;
    p->resp->content_type = NULL;
    buf_clear(&p->resp->body);
    return 0;
}

static int digest_tag(struct page *p, struct str bytes, int64_t version, struct str *ret)
{
    CLEANUP(buf_done) struct buf hex;
    struct digest d = sha256(bytes);
    int r;

    buf_init(&hex, 64);
    if ((r = hex_print(d.bytes, 16, &hex)))
        return r;
    *ret = version > 0 ? page_text(p, "\"v%lld-%s\"", (long long)version, hex.at) : page_text(p, "\"%s\"", hex.at);
    return ret->at ? 0 : -ENOMEM;
}

int api_write(struct page *p, const json_t *v, int64_t version)
{
    struct str tag;
    int r = dump(p, v, "application/json");

    if (r || p->req->method == HTTP_POST) /* an outcome is no representation of the record that it is about */
        return r;
    r = digest_tag(p, buf_str(&p->resp->body), version, &tag);
    return r ? r : finish(p, tag);
}

int api_write_text(struct page *p, struct str text, const char *tag)
{
    int r;

    buf_clear(&p->resp->body);
    p->resp->content_type = "application/json";
    p->resp->cache = HTTP_CACHE_CHECK;
    if ((r = buf_add_str(&p->resp->body, text)) ||
        (r = http_response_header(p->resp, HTTP_HEADER_VARY, STR("Accept-Language"))) ||
        (r = http_response_header(p->resp, HTTP_HEADER_CONTENT_LANGUAGE, str_of(message_lang_tag(p->lang)))))
        return r;
    return finish(p, page_text(p, "\"%s\"", tag));
}

/* A record's tag, or only its version: "v7-…" or "v7". */
static bool tag_version(struct str tag, int64_t *ret)
{
    struct str rest = unquoted(tag), version;

    if (!rest.len || rest.at[0] != 'v' || !str_split(&rest, '-', &version))
        return false;
    return !str_to_i64((struct str){version.at + 1, version.len - 1}, 1, INT64_MAX, ret);
}

int api_if_match(struct page *p, int64_t *ret_version)
{
    struct str tag = http_request_header(p->req, HTTP_HEADER_IF_MATCH);
    int r;

    *ret_version = 0;
    if (!tag.at || str_eq(tag, STR("*")))
        return 0;
    if (tag_version(tag, ret_version))
        return 0;
    r = api_problem(p, API_MALFORMED, T(p, MSG_API_IF_MATCH), NULL);
    return r ? r : 1;
}

/* ---- the query ---- */

int api_query_fault(struct page *p, const char *name)
{
    int r = api_fault(p, NULL, name, TF(p, MSG_API_WORD, {"name", str_of(name)}));

    return r ? r : 1;
}

int api_query_known(struct page *p, const char *const *names)
{
    for (size_t i = 0; i < p->query.n; i++) {
        struct str name = p->query.fields[i].name;
        bool is_known = false;

        for (size_t k = 0; names[k]; k++)
            is_known |= str_eq(name, str_of(names[k]));
        if (!is_known || form_count(&p->query, name) > 1) {
            const char *text = arena_strdup(p->arena, name);

            return text ? api_query_fault(p, text) : -ENOMEM;
        }
    }
    return 0;
}

int api_query_number(struct page *p, const char *name, unsigned max, unsigned *ret)
{
    uint64_t number;
    int r;

    if (!form_count(&p->query, str_of(name)))
        return 0;
    if (!str_to_u64(form_get(&p->query, str_of(name)), 1, max, &number)) {
        *ret = (unsigned)number;
        return 0;
    }
    r = api_fault(p, NULL, name, TF(p, MSG_API_NUMBER, {"name", str_of(name)}, {"max", page_text(p, "%u", max)}));
    return r ? r : 1;
}

int api_paging(struct page *p, struct api_paging *ret)
{
    int r;

    *ret = (struct api_paging){1, API_PAGE_SIZE};
    r = api_query_number(p, "page", API_PAGE_MAX, &ret->page);
    return r ? r : api_query_number(p, "page_size", API_PAGE_SIZE_MAX, &ret->size);
}

static bool is_paging(struct str name)
{
    return str_eq(name, STR("page")) || str_eq(name, STR("page_size")) || str_eq(name, STR("behind")) || str_eq(name, STR("before"));
}

struct link {
    const char *rel;
    uint64_t page;
    const char *side, *place; /* `place` "": by its number */
};

static int add_link(struct page *p, struct buf *out, const struct api_paging *at, struct link to)
{
    int r = buf_printf(out, "%s<%.*s?", out->len ? ", " : "", STR_ARG(p->req->path));

    for (size_t i = 0; !r && i < p->query.n; i++) {
        const struct form_field *f = &p->query.fields[i];

        if (!is_paging(f->name))
            r = buf_printf(out, "%.*s=%.*s&", STR_ARG(page_encoded(p, f->name)), STR_ARG(page_encoded(p, f->value)));
    }
    if (!r && *to.place)
        r = buf_printf(out, "%s=%.*s&", to.side, STR_ARG(page_encoded(p, str_of(to.place))));
    return r ? r : buf_printf(out, "page=%llu&page_size=%u>; rel=\"%s\"", (unsigned long long)to.page, at->size, to.rel);
}

int api_links(struct page *p, const struct api_paging *at, uint64_t pages, const struct api_places *places)
{
    static const struct api_places none = {"", ""};
    const struct api_places *by = places ? places : &none;
    uint64_t prev = MAX_OF(MIN_OF((uint64_t)at->page - 1, pages), UINT64_C(1));
    CLEANUP(buf_done) struct buf out;
    int r;

    buf_init(&out, 8192);
    if ((r = add_link(p, &out, at, (struct link){"first", 1, "", ""})))
        return r;
    if ((at->page > 1 || *by->before) && (r = add_link(p, &out, at, (struct link){"prev", prev, "before", by->before})))
        return r;
    if ((places ? *places->behind : at->page < pages) && (r = add_link(p, &out, at, (struct link){"next", at->page + UINT64_C(1), "behind", by->behind})))
        return r;
    if (pages && (r = add_link(p, &out, at, (struct link){"last", pages, "", ""})))
        return r;
    return http_response_header(p->resp, HTTP_HEADER_LINK, buf_str(&out));
}

int api_write_rows(struct page *p, const json_t *rows, const struct api_paging *at, json_t *more)
{
    size_t total = json_array_size(rows), first = MIN_OF((size_t)(at->page - 1) * at->size, total);
    uint64_t pages = (total + at->size - 1) / at->size;
    json_t *o = page_keep(p, more ? more : json_object()), *some = json_array();
    int r = 0;

    for (size_t i = first; some && !r && i < MIN_OF(first + at->size, total); i++)
        r = json_array_append(some, json_array_get(rows, i)) ? -ENOMEM : 0;
    if (!o || !some || r || json_put(o, "rows", json_incref(some)) || json_put_int(o, "total", (int64_t)total) ||
        json_put_int(o, "page", at->page) || json_put_int(o, "pages", (int64_t)pages))
        r = -ENOMEM;
    json_decref(some);
    if (!r)
        r = api_links(p, at, pages, NULL);
    return r ? r : api_write(p, o, 0);
}
