/* Objects that a TAXII client sends: one envelope is one import, read and checked here object by object as any other, opened before the answer goes out;
 * so its status is complete when the client first hears of it. Objects with errors are told one by one and left out; the rest comes in (section 5.5). */
#include "web/api.h"
#include "web/pages.h"
#include "web/taxii-status.h"
#include "web/taxii.h"

#include "base/utf8.h"
#include "engine/intel.h"
#include "intel/run.h"
#include "intel/stix-id.h"
#include "intel/stix-rules.h"

#include <errno.h>
#include <stdio.h>

#define TOLD_MAX 1000u  /* objects of which the answer says how each went */
#define SHOWN_MAX 100u  /* bytes of a value of an object in what is said of it */
#define WAIT_S "30"     /* until the next try, while earlier imports are put in order */

struct adding {
    struct page *page;
    const struct taxii_keys *keys;
    struct stix_rules *rules;
    struct run *run;
    json_t *answer;               /* of the keeper, where it refused */
    json_t *successes, *failures;
    struct str now;               /* of the request, as TAXII writes it */
    uint64_t n_failed;
    bool is_wrong;                /* something is, with the object at hand */
    struct str wrong;             /* the first of it, in words, where it will be told */
    char id[STIX_ID_MAX + 1];     /* of the object of which that was said; "" unknown */
    bool is_frame_wrong;
    struct str frame_wrong;
};

/* ---- what becomes of each ---- */

static struct str shown(struct page *p, struct str s)
{
    CLEANUP(buf_done) struct buf safe;
    size_t n = MIN_OF(s.len, (size_t)SHOWN_MAX);

    while (n < s.len && n > 0 && ((unsigned char)s.at[n] & 0xc0) == 0x80)
        n--;
    buf_init(&safe, 16 * SHOWN_MAX);
    if (utf8_print_safe((struct str){s.at, n}, &safe) || (n < s.len && buf_add_text(&safe, "…")))
        return STR("");
    return arena_str(p->arena, buf_str(&safe));
}

/* "pattern: …" */
static struct str words_of(struct page *p, const struct stix_finding *f)
{
    struct str words = message_in(p->arena, p->lang, stix_fault_text(f->fault),
                                  {"value", f->has_why ? message_text(p->lang, f->why) : shown(p, f->value)}, {"wanted", f->wanted});

    return page_text(p, "%.*s%s%.*s", STR_ARG(shown(p, f->path)), f->path.len ? ": " : "", STR_ARG(words));
}

static int fault(const struct stix_finding *f, void *context)
{
    struct adding *a = context;

    if (stix_fault_level(f->fault) != STIX_ERROR)
        return 0;
    if (f->number == STIX_NO_NUMBER) {
        if (!a->is_frame_wrong)
            a->frame_wrong = words_of(a->page, f);
        a->is_frame_wrong = true;
        return 0;
    }
    if (a->is_wrong)
        return 0;
    a->is_wrong = true;
    a->wrong = json_array_size(a->failures) < TOLD_MAX ? words_of(a->page, f) : STR("");
    snprintf(a->id, sizeof(a->id), "%.*s", STR_ARG(f->id));
    return 0;
}

/* A row of the status. What has no version of its own bears the time of the request. */
static int tell(struct adding *a, json_t *list, struct str id, struct str version, struct str message)
{
    json_t *row;

    if (json_array_size(list) >= TOLD_MAX)
        return 0;
    version = version.len ? version : a->now;
    row = json_pack("{s:s%, s:s%}", "id", id.at ? id.at : "", id.len, "version", version.at, version.len);
    if (!row || (message.len && json_put_strn(row, "message", message))) {
        json_decref(row);
        return -ENOMEM;
    }
    return json_array_append_new(list, row) ? -ENOMEM : 0;
}

static int fail(struct adding *a, struct str id, struct str version)
{
    int r = tell(a, a->failures, id, version, a->wrong);

    a->n_failed++;
    a->is_wrong = false;
    a->id[0] = '\0';
    return r;
}

/* Of an object that cannot be read at all, fault() alone has heard. */
static int fail_broken(struct adding *a)
{
    return a->is_wrong ? fail(a, str_of(a->id), STR("")) : 0;
}

static struct str version_of(const struct stix_object *o)
{
    struct str modified = scan_text(o->root, STR("modified"));

    return modified.len ? modified : scan_text(o->root, STR("created"));
}

static int object(const struct stix_object *o, void *context)
{
    struct adding *a = context;
    struct str id = scan_text(o->root, STR("id")), version = version_of(o);
    enum stage_left left = STAGE_TAKEN;
    unsigned n_errors = 0;
    int r = fail_broken(a);

    if (!r)
        r = stix_check(a->rules, o, fault, a, &n_errors);
    if (r || n_errors)
        return r ? r : fail(a, id, version);
    r = run_add(a->run, o, &left, &a->answer);
    if (r)
        return r;
    if (left == STAGE_TAKEN)
        return tell(a, a->successes, id, version, STR(""));
    a->wrong = message_text(a->page->lang, stage_left_text(left));
    return fail(a, id, version);
}

/* ---- the envelope ---- */

/* 1: it is no envelope, and that is answered. */
static int read_body(struct adding *a)
{
    const struct stix_reader_calls calls = {.object = object, .fault = fault};
    CLEANUP(stix_reader_freep) struct stix_reader *reader = stix_reader_new(&calls, a);
    struct page *p = a->page;
    int r = reader ? stix_reader_add(reader, p->req->body) : -ENOMEM;

    if (!r)
        r = stix_reader_end(reader);
    if (!r)
        r = fail_broken(a);
    if (r || (stix_reader_frame(reader) == STIX_ENVELOPE && !a->is_frame_wrong))
        return r;
    r = taxii_problem(p, 400, "envelope", T(p, MSG_TAXII_ENVELOPE), a->frame_wrong);
    return r ? r : 1;
}

static int refused(struct adding *a)
{
    struct page *p = a->page;

    page_keep(p, json_incref(a->answer));
    return api_keeper_problem(p, a->answer);
}

static int put_counts(json_t *o, uint64_t n_good, uint64_t n_bad)
{
    return json_put_str(o, "status", "complete") || json_put_int(o, "total_count", (int64_t)(n_good + n_bad)) ||
                   json_put_int(o, "success_count", (int64_t)n_good) || json_put_int(o, "failure_count", (int64_t)n_bad) ||
                   json_put_int(o, "pending_count", 0)
               ? -ENOMEM
               : 0;
}

static int write_status(struct adding *a)
{
    const struct run_counts *n = run_counts(a->run);
    struct taxii_status s = {run_number(a->run), (uint32_t)MIN_OF(n->known, (uint64_t)TAXII_STATUS_KNOWN_MAX)};
    char id[TAXII_STATUS_SIZE];
    struct page *p = a->page;
    json_t *o = page_keep(p, json_object());
    int r = o ? taxii_status_print(a->keys, str_of(p->session.login), s, id) : -ENOMEM;

    if (!r)
        r = json_put_str(o, "id", id);
    if (!r)
        r = json_put_strn(o, "request_timestamp", a->now);
    if (!r)
        r = put_counts(o, n->added + n->known, a->n_failed);
    if (!r && json_array_size(a->successes))
        r = json_put(o, "successes", json_incref(a->successes));
    if (!r && json_array_size(a->failures))
        r = json_put(o, "failures", json_incref(a->failures));
    return r ? r : taxii_write(p, 202, o);
}

static int wait_and_ask_again(struct page *p)
{
    int r = http_response_header(p->resp, HTTP_HEADER_RETRY_AFTER, STR(WAIT_S));

    return r ? r : taxii_problem(p, 503, "waits", T(p, MSG_TAXII_WAITS), STR(""));
}

static int bring_in(struct adding *a, const struct run_setting *s)
{
    int r = run_begin(s, &a->run, &a->answer);

    if (r)
        return r == RUN_E_REFUSED ? refused(a) : r;
    json_decref(a->answer);
    a->answer = NULL;
    r = read_body(a);
    if (!r) {
        r = run_open(a->run, a->n_failed, &a->answer);
        if (!r)
            return write_status(a);
    }
    if (r != -ECONNREFUSED)
        run_give_up(a->run); /* nothing of it is to stay */
    if (a->answer && r != RUN_E_WAITS)
        return refused(a);
    if (r == RUN_E_WAITS && a->answer)
        return wait_and_ask_again(a->page);
    return MIN_OF(r, 0);
}

/* 1: there is something in the way, and that is answered. */
static int may_add(struct page *p, const struct taxii_collection *c)
{
    int r;

    if (!taxii_type_is(http_request_header(p->req, HTTP_HEADER_CONTENT_TYPE)))
        r = taxii_problem(p, 415, "media-type", T(p, MSG_TAXII_MEDIA_TYPE), STR(TAXII_TYPE));
    else if (!c->can_write)
        r = taxii_problem(p, 403, "read-only", T(p, MSG_TAXII_READ_ONLY), STR(""));
    else
        return 0;
    return r ? r : 1;
}

/* The asker's own words of where it came from, for the record. */
static const char *source_of(struct page *p)
{
    return page_text(p, "TAXII %s", p->token ? p->token->name : p->session.login).at;
}

int taxii_add(struct page *p)
{
    struct adding a = {.page = p};
    struct run_setting s = {.link = p->worker->link};
    struct taxii_collection c;
    struct taxii_query q;
    int r = taxii_query_of(p, TAXII_PLAIN, &q);

    if (!r)
        r = taxii_collection_open(p, &c);
    if (!r)
        r = may_add(p, &c);
    if (!r)
        r = taxii_keys_of(p, &a.keys);
    if (!r)
        r = taxii_time(p, p->now_us, &a.now);
    if (r)
        return MIN_OF(r, 0);
    s.token = p->cookie;
    s.bearer = p->bearer;
    s.collection = c.record;
    s.channel = c.channel;
    s.name = source_of(p);
    a.rules = stix_rules_new();
    a.successes = page_keep(p, json_array());
    a.failures = page_keep(p, json_array());
    r = s.name && a.rules && a.successes && a.failures ? taxii_unread(p, true) : -ENOMEM;
    if (!r)
        r = bring_in(&a, &s);
    IGNORE(taxii_unread(p, false), "what is read behind this reads what is there");
    run_free(a.run);
    json_decref(a.answer);
    stix_rules_free(a.rules);
    return r;
}

/* ---- what became of them ---- */

int taxii_status(struct page *p)
{
    const struct taxii_keys *keys;
    struct taxii_status s;
    struct engine_import i;
    struct taxii_query q;
    json_t *view = NULL, *o = page_keep(p, json_object());
    const json_t *values;
    const char *id = page_param(p, STR("status"));
    int r = o ? taxii_query_of(p, TAXII_PLAIN, &q) : -ENOMEM;

    if (!r)
        r = taxii_keys_of(p, &keys);
    if (r)
        return MIN_OF(r, 0);
    if (!taxii_status_read(keys, str_of(p->session.login), str_of(id), &s))
        return taxii_problem(p, 404, "status", T(p, MSG_TAXII_NO_STATUS), STR(""));
    r = engine_import_find(p->worker->store, s.run, p->session.person, &i);
    if (r == ENGINE_INTEL_E_OVER)
        r = engine_view(p->worker->engine, p->session.person, i.record, p->now_us, &view);
    if (r < 0)
        return r;
    if (!page_keep(p, view))
        return taxii_problem(p, 404, "status", T(p, MSG_TAXII_NO_STATUS), STR(""));
    values = json_obj(view, "values");
    r = json_put_str(o, "id", id);
    if (!r)
        r = put_counts(o, (uint64_t)json_int(values, "objects") + s.known, (uint64_t)json_int(values, "left_out"));
    return r ? r : taxii_write(p, 200, o);
}
