#include "web/page-preview.h"

#include "guard/name-search.h"
#include "guard/survey.h"
#include "web/page-file.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>
#include <stdlib.h>

#define AROUND 48u /* bytes of the text that are shown on either side of a name */
#define FOUND_MAX 500u

struct preview_names {
    struct page *page;
    struct name_search *search;
    const json_t *views; /* of records whose names are looked for: {kind: [register, record]} */
};

int preview_names_new(struct page *p, struct preview_names **ret)
{
    CLEANUP(preview_names_freep) struct preview_names *n = calloc(1, sizeof(*n));
    const struct person *const *persons;
    size_t n_persons = 0;
    int r;

    if (!n)
        return -ENOMEM;
    n->page = p;
    if (!(n->views = page_keep(p, json_object())))
        return -ENOMEM;
    if ((r = name_search_new(&n->search)))
        return r;
    persons = force_persons(engine_force(p->worker->engine), &n_persons);
    for (size_t i = 0; !r && i < n_persons; i++)
        if (!(r = name_search_add(n->search, str_of(persons[i]->name), "staff")))
            r = name_search_add(n->search, str_of(persons[i]->name_en), "staff");
    if (r)
        return r;
    *ret = TAKE(n);
    return 0;
}

void preview_names_free(struct preview_names *n)
{
    if (n)
        name_search_free(n->search);
    free(n);
}

int preview_names_typed(struct preview_names *n, struct str lines)
{
    struct str rest = {lines.at, MIN_OF(lines.len, (size_t)PREVIEW_TYPED_MAX)}, line;
    int r = 0;

    while (!r && str_split(&rest, '\n', &line))
        r = name_search_add(n->search, str_trim(line), "typed");
    return r;
}

/* ---- names of the case ---- */

static int add_value(struct preview_names *n, const json_t *v, const char *kind)
{
    const json_t *one;
    size_t i;
    int r = json_is_string(v) ? name_search_add(n->search, (struct str){json_string_value(v), json_string_length(v)}, kind) : 0;

    json_array_foreach (v, i, one)
        r = r ? r : json_is_string(one) ? add_value(n, one, kind) : 0;
    return r;
}

static bool holds_texts(const struct field *f)
{
    return f->personal && (f->type == FIELD_TEXT || (f->type == FIELD_LIST && f->fields->type == FIELD_TEXT));
}

static int add_view(struct preview_names *n, const json_t *view)
{
    struct page *p = n->page;
    const char *id = arena_strdup(p->arena, str_of(json_str(view, "id")));
    const struct reg *reg = engine_reg_in(p->worker->engine, json_str(view, "reg"), json_str(view, "pack"));
    int r = 0;

    if (!id)
        return -ENOMEM;
    if (json_object_get(n->views, id) || !engine_reg(p->worker->engine, json_str(view, "reg"))) /* of a text that is over: it has no page either */
        return 0;
    if (json_put_str((json_t *)(uintptr_t)n->views, id, json_str(view, "reg")))
        return -ENOMEM;
    for (size_t i = 0; reg && !r && i < reg->n_fields; i++)
        if (holds_texts(&reg->fields[i]))
            r = add_value(n, json_object_get(json_obj(view, "personal"), reg->fields[i].id), id);
    return r;
}

/* 1: he sees no such record. */
static int add_record(struct preview_names *n, const char *id, bool with_links)
{
    struct page *p = n->page;
    JSON_AUTO *view = NULL;
    const json_t *link;
    size_t i;
    int r = engine_view(p->worker->engine, p->session.person, id, p->now_us, &view);

    if (r || (r = add_view(n, view)) || !with_links)
        return r;
    json_array_foreach (json_arr(view, "links"), i, link) {
        if (i == PREVIEW_LINKS_MAX)
            break;
        if ((r = add_record(n, json_str(link, "id"), false)) < 0)
            return r;
    }
    return 0;
}

int preview_names_of_record(struct preview_names *n, const char *id)
{
    return MIN_OF(add_record(n, id, true), 0);
}

/* ---- what is found ---- */

struct found {
    json_t *list;   /* {"name","kind","member","before","hit","after"} */
    bool is_partly; /* something was not looked through */
    size_t n_metadata, n_hidden;
};

/* At the borders of characters. */
static struct str before_of(struct str text, size_t from)
{
    size_t at = from > AROUND ? from - AROUND : 0;

    while (at < from && ((unsigned char)text.at[at] & 0xc0) == 0x80)
        at++;
    return (struct str){text.at + at, from - at};
}

static struct str after_of(struct str text, size_t to)
{
    size_t end = MIN_OF(text.len, to + AROUND);

    while (end > to && end < text.len && ((unsigned char)text.at[end] & 0xc0) == 0x80)
        end--;
    return (struct str){text.at + to, end - to};
}

static int look(const struct preview_names *n, struct found *f, const char *member, const char *value)
{
    JSON_AUTO *hits = json_array();
    struct str text = str_of(value);
    const json_t *hit;
    size_t i;
    int r = hits ? name_search_in(n->search, text, hits) : -ENOMEM;

    if (r < 0)
        return r;
    f->is_partly = f->is_partly || r;
    json_array_foreach (hits, i, hit) {
        size_t from = (size_t)json_int(hit, "from"), to = (size_t)json_int(hit, "to");
        struct str before = before_of(text, from), after = after_of(text, to);

        if (json_array_size(f->list) == FOUND_MAX) {
            f->is_partly = true;
            return 0;
        }
        if (json_array_append_new(f->list, json_pack("{s:s, s:s, s:s, s:s%, s:s%, s:s%}", "name", json_str(hit, "name"), "kind", json_str(hit, "kind"),
                                                     "member", member, "before", before.at, before.len, "hit", text.at + from, to - from, "after",
                                                     after.at, after.len)))
            return -ENOMEM;
    }
    return 0;
}

static int look_at_findings(const struct preview_names *n, struct found *f, const char *member, const json_t *list)
{
    const json_t *o;
    size_t i;
    int r = 0;

    json_array_foreach (list, i, o)
        r = r ? r : look(n, f, member, json_str(o, "value"));
    return r;
}

static int look_at(const struct preview_names *n, const json_t *seen, struct found *f)
{
    const json_t *m;
    size_t i;
    int r = 0;

    f->is_partly = json_int(seen, "more") > 0;
    json_array_foreach (json_arr(seen, "members"), i, m) {
        const char *name = json_str(m, "name");

        f->n_metadata += json_array_size(json_arr(m, "metadata"));
        f->n_hidden += json_array_size(json_arr(m, "hidden")) + json_flag(m, "macros");
        f->is_partly = f->is_partly || (json_object_get(m, "drawn") && strcmp(json_str(m, "drawn"), "all") != 0);
        if ((r = look(n, f, name, name)) || (r = look_at_findings(n, f, name, json_arr(m, "metadata"))) ||
            (r = look_at_findings(n, f, name, json_arr(m, "hidden"))) || (r = look(n, f, name, json_str(m, "text"))))
            return r;
    }
    return 0;
}

/* Records whose sealed texts are told by it are read. */
static int enter_reads(const struct preview_names *n, const struct found *f, json_t **ret_answer)
{
    struct page *p = n->page;
    JSON_AUTO *entered = json_object();
    const json_t *hit;
    size_t i;

    if (!entered)
        return -ENOMEM;
    json_array_foreach (f->list, i, hit) {
        const char *id = json_str(hit, "kind");
        const struct reg *reg = engine_reg(p->worker->engine, json_str(n->views, id));
        int r;

        if (!reg || json_object_get(entered, id))
            continue;
        if ((r = page_enter_read_aside(p, reg, id, ret_answer)) || *ret_answer)
            return r;
        if (json_put_flag(entered, id, true))
            return -ENOMEM;
    }
    return 0;
}

/* ---- showing ---- */

static void show_summary(const struct preview_names *n, const struct found *f)
{
    struct page *p = n->page;
    struct str names = page_text(p, "%zu", json_array_size(f->list)), metadata = page_text(p, "%zu", f->n_metadata),
               hidden = page_text(p, "%zu", f->n_hidden);

    if (json_array_size(f->list))
        notice(&p->w, NOTICE_WARNING, TF(p, MSG_PREVIEW_HAS_NAMES, {"count", names}), T(p, MSG_PREVIEW_HAS_NAMES_TEXT));
    if (f->n_hidden)
        notice(&p->w, NOTICE_WARNING, TF(p, MSG_PREVIEW_HAS_HIDDEN, {"count", hidden}), T(p, MSG_PREVIEW_HAS_HIDDEN_TEXT));
    if (f->n_metadata)
        notice(&p->w, NOTICE_WARNING, TF(p, MSG_PREVIEW_HAS_METADATA, {"count", metadata}), T(p, MSG_PREVIEW_HAS_METADATA_TEXT));
    if (!json_array_size(f->list))
        notice(&p->w, NOTICE_INFO, T(p, MSG_PREVIEW_NO_NAMES), f->is_partly ? STR_NONE : T(p, MSG_PREVIEW_NO_NAMES_TEXT));
    if (f->is_partly)
        notice(&p->w, NOTICE_WARNING, T(p, MSG_PREVIEW_PARTLY), T(p, MSG_PREVIEW_PARTLY_TEXT));
}

static void show_head(struct page *p, const json_t *file)
{
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_PREVIEW_HEADING));
    definition_begin(&p->w);
    definition(&p->w, T(p, MSG_PREVIEW_FILE), file_words(p, file));
    definition(&p->w, T(p, MSG_PREVIEW_TYPE), str_of(json_str(file, "type")));
    definition_open(&p->w, T(p, MSG_PREVIEW_DIGEST));
    html_element(&p->html, HTML_CODE, "tj-digest", str_of(json_str(file, "sha256")));
    definition_close(&p->w);
    definition_end(&p->w);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_PREVIEW_SAME_ALONE));
}

static struct str kind_words(struct page *p, const json_t *finding, bool is_hidden)
{
    enum survey_kind k;

    return survey_kind_of(json_str(finding, "kind"), is_hidden, &k) ? T(p, survey_kind_message(k)) : str_of(json_str(finding, "kind"));
}

static void cell_findings(struct page *p, struct table *t, const json_t *m, const char *key, bool is_hidden)
{
    const json_t *list = json_arr(m, key), *f;
    bool has_macros = is_hidden && json_flag(m, "macros");
    size_t i;

    cell_begin(&p->w, t);
    if (json_array_size(list) || has_macros) {
        html_open(&p->html, HTML_UL);
        json_array_foreach (list, i, f) {
            const char *value = json_str(f, "value");

            html_element(&p->html, HTML_LI, NULL, page_text(p, "%.*s%s%s", STR_ARG(kind_words(p, f, is_hidden)), *value ? " " : "", value));
        }
        if (has_macros)
            html_element(&p->html, HTML_LI, NULL, T(p, MSG_PREVIEW_MACROS));
        html_close(&p->html, HTML_UL);
        if (json_flag(m, "cut"))
            html_text(&p->html, T(p, MSG_PREVIEW_CUT));
    } else {
        html_element(&p->html, HTML_SPAN, "tj-none", T(p, MSG_PREVIEW_NOTHING));
    }
    cell_end(&p->w, t);
}

static struct str drawn_words(struct page *p, const json_t *m)
{
    const char *drawn = json_str(m, "drawn");

    return T(p, !*drawn                  ? MSG_PREVIEW_DRAWN_MEMBERS
                : !strcmp(drawn, "all")  ? MSG_PREVIEW_DRAWN_ALL
                : !strcmp(drawn, "part") ? MSG_PREVIEW_DRAWN_PART
                                         : MSG_PREVIEW_DRAWN_NONE);
}

static void show_member(struct page *p, struct table *t, const json_t *m)
{
    row_begin(&p->w, t);
    cell_begin(&p->w, t);
    html_text(&p->html, str_of(json_str(m, "name")));
    if (*json_str(m, "sha256")) {
        html_open(&p->html, HTML_BR);
        html_element(&p->html, HTML_CODE, "tj-digest", str_of(json_str(m, "sha256")));
    }
    cell_end(&p->w, t);
    cell_text(&p->w, t, *json_str(m, "type") ? page_text(p, "%s %.*s", json_str(m, "type"), STR_ARG(size_words(p, (uint64_t)json_int(m, "size")))) : STR("-"));
    cell_findings(p, t, m, "metadata", false);
    cell_findings(p, t, m, "hidden", true);
    cell_text(&p->w, t, drawn_words(p, m));
    row_end(&p->w, t);
}

static void show_members(struct page *p, const json_t *seen)
{
    const struct column columns[] = {{.heading = T(p, MSG_PREVIEW_MEMBER), .is_row_heading = true},
                                     {.heading = T(p, MSG_PREVIEW_SIZE)},
                                     {.heading = T(p, MSG_PREVIEW_METADATA)},
                                     {.heading = T(p, MSG_PREVIEW_HIDDEN)},
                                     {.heading = T(p, MSG_PREVIEW_DRAWN)}};
    const json_t *m;
    struct table t;
    size_t i;

    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_PREVIEW_MEMBERS));
    json_array_foreach (json_arr(seen, "members"), i, m)
        show_member(p, &t, m);
    table_end(&p->w, &t);
    if (json_int(seen, "more"))
        html_element(&p->html, HTML_P, NULL, TF(p, MSG_PREVIEW_MORE, {"count", page_text(p, "%lld", (long long)json_int(seen, "more"))}));
}

static void cell_whose(const struct preview_names *n, struct table *t, const char *kind)
{
    struct page *p = n->page;
    const struct reg *reg = engine_reg(p->worker->engine, json_str(n->views, kind));

    if (reg)
        cell_link(&p->w, t, page_text(p, "%.*s %s", STR_ARG(text2_words(p, reg->title)), kind), record_url(p, kind, ""));
    else
        cell_text(&p->w, t, T(p, !strcmp(kind, "staff") ? MSG_PREVIEW_STAFF : MSG_PREVIEW_TYPED));
}

static void show_found(const struct preview_names *n, const struct found *f)
{
    struct page *p = n->page;
    const struct column columns[] = {{.heading = T(p, MSG_PREVIEW_NAME), .is_row_heading = true},
                                     {.heading = T(p, MSG_PREVIEW_WHOSE)},
                                     {.heading = T(p, MSG_PREVIEW_WHERE)},
                                     {.heading = T(p, MSG_PREVIEW_TEXT)}};
    const json_t *hit;
    struct table t;
    size_t i;

    if (!json_array_size(f->list))
        return;
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_PREVIEW_NAMES));
    json_array_foreach (f->list, i, hit) {
        row_begin(&p->w, &t);
        cell_text(&p->w, &t, str_of(json_str(hit, "name")));
        cell_whose(n, &t, json_str(hit, "kind"));
        cell_text(&p->w, &t, str_of(json_str(hit, "member")));
        cell_begin(&p->w, &t);
        html_text(&p->html, str_of(json_str(hit, "before")));
        html_element(&p->html, HTML_STRONG, NULL, str_of(json_str(hit, "hit")));
        html_text(&p->html, str_of(json_str(hit, "after")));
        cell_end(&p->w, &t);
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

int preview_show(struct preview_names *n, const json_t *file, json_t **ret_answer)
{
    struct page *p = n->page;
    const json_t *seen = json_obj(file, "seen");
    struct found f = {.list = page_keep(p, json_array())};
    int r = f.list ? look_at(n, seen, &f) : -ENOMEM;

    *ret_answer = NULL;
    if (r || (r = enter_reads(n, &f, ret_answer)) || *ret_answer)
        return r;
    show_head(p, file);
    if (!seen) {
        notice(&p->w, NOTICE_WARNING, T(p, MSG_PREVIEW_UNSEEN), T(p, MSG_PREVIEW_UNSEEN_TEXT));
        return 0;
    }
    if (json_flag(file, "held"))
        notice(&p->w, NOTICE_INFO, T(p, MSG_PREVIEW_HELD), STR_NONE);
    else
        show_summary(n, &f);
    show_found(n, &f);
    show_members(p, seen);
    return 0;
}

/* ---- of an upload ---- */

int preview_own_file(struct page *p, const char *id, json_t **ret)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    JSON_AUTO *head = NULL;
    JSON_AUTO *value = NULL;
    int r = attachment_get(p->worker->store, id, &a);

    *ret = NULL;
    if (r || strcmp(a.owner, p->session.person) != 0 || *a.record)
        return MIN_OF(r, 0);
    if ((r = attachment_head(p->worker->store, &a, &head)) || (r = attachment_value(p->worker->store, &a, &value)))
        return MIN_OF(r, 0);
    if (json_obj(head, "seen") && json_object_set(value, "seen", json_obj(head, "seen")))
        return -ENOMEM;
    *ret = page_keep(p, TAKE(value));
    return *ret ? 0 : -ENOMEM;
}

/* ---- of a record ---- */

static void typed_form(struct page *p)
{
    html_begin(&p->html, HTML_DIV, "tj-look");
    page_form_begin(p, p->req->path, false);
    field_long_text(&p->w,
                    &(struct field_info){.name = PREVIEW_TYPED, .label = T(p, MSG_PREVIEW_LOOK_FOR), .support = T(p, MSG_PREVIEW_LOOK_FOR_SUPPORT)},
                    form_get(&p->form, STR(PREVIEW_TYPED)).at ? form_get(&p->form, STR(PREVIEW_TYPED)) : STR(""), 3);
    button_submit(&p->w, BUTTON_OUTLINE, T(p, MSG_PREVIEW_LOOK_BUTTON), STR_NONE, STR_NONE);
    form_end(&p->w);
    html_close(&p->html, HTML_DIV);
}

static int show(struct page *p, const struct reg *reg, const json_t *view, const json_t *file)
{
    CLEANUP(preview_names_freep) struct preview_names *names = NULL;
    json_t *answer = NULL;
    const json_t *one;
    size_t i;
    int r = preview_names_new(p, &names);

    if (!r)
        r = preview_names_of_record(names, json_str(view, "id"));
    json_array_foreach (json_arr(view, "named"), i, one)
        r = r ? r : preview_names_of_record(names, json_str(one, "id"));
    if (!r)
        r = preview_names_typed(names, form_get(&p->form, STR(PREVIEW_TYPED)));
    if (r)
        return r;
    page_crumb(p, T(p, MSG_REGISTERS_TITLE), STR("/registers"));
    page_crumb(p, text2_words(p, reg->title), register_url(p, reg->id));
    page_crumb(p, view_name_words(p, reg, view), record_url(p, json_str(view, "id"), ""));
    page_crumb(p, T(p, MSG_PREVIEW_TITLE), STR_NONE);
    p->label = label_words(p, reg, view);
    page_begin(p, page_text(p, "%.*s　%s", STR_ARG(T(p, MSG_PREVIEW_TITLE)), json_str(view, "id")), NAV_REGISTERS);
    if ((r = preview_show(names, file, &answer)))
        return r;
    if (answer)
        return page_problem(p, page_answer_status(answer), T(p, MSG_KEEPER_NOT_DONE), page_answer_words(p, answer));
    typed_form(p);
    return page_end(p);
}

/* The record is read by it, and what is in the file. */
int preview_page(struct page *p)
{
    const char *id = page_param(p, STR("id"));
    const struct reg *reg;
    json_t *view, *answer;
    int r = page_record_open(p, id, &view, &reg, &answer);

    if (r)
        return r < 0 ? r : record_out_of_sight(p, id);
    if (!answer && !(answer = page_ask(p, json_pack("{s:s, s:s, s:s}", "op", "file-preview", "record", id, "file", page_param(p, STR("file"))))))
        return -ENOMEM;
    if (json_flag(answer, "ok"))
        return show(p, reg, view, answer);
    if (!strcmp(json_str(answer, "error"), "none"))
        return page_not_found(p);
    return page_not_open(p, id, answer, MSG_KEEPER_NOT_DONE);
}
