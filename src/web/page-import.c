/* The force as nine tables of text: shown as they stand, taken in whole or not at all, every mistake with its line. */
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

#define TABLE_MAX ((size_t)8 << 20) /* bytes of one table */

static const enum message_key table_keys[FORCE_FILES] = {
    [FORCE_UNITS] = MSG_IMPORT_UNITS,           [FORCE_RANKS] = MSG_IMPORT_RANKS,
    [FORCE_POSTS] = MSG_IMPORT_POSTS,           [FORCE_PERSONS] = MSG_IMPORT_PERSONS,
    [FORCE_APPOINTMENTS] = MSG_IMPORT_APPOINTMENTS, [FORCE_DELEGATIONS] = MSG_IMPORT_DELEGATIONS,
    [FORCE_ROSTER] = MSG_IMPORT_ROSTER,         [FORCE_HOLIDAYS] = MSG_IMPORT_HOLIDAYS,
    [FORCE_ADDRESSES] = MSG_IMPORT_ADDRESSES};

/* What was sent, or what is in force. */
static int table_text(struct page *p, enum force_file file, struct str *ret)
{
    CLEANUP(buf_done) struct buf out;
    int r;

    buf_init(&out, TABLE_MAX);
    if (p->req->method == HTTP_POST) {
        *ret = form_get(&p->form, str_of(force_file_name(file)));
        return 0;
    }
    if ((r = force_export(engine_force(p->worker->engine), file, &out)))
        return ERR_FOLD(r);
    *ret = out.len ? arena_str(p->arena, buf_str(&out)) : STR("");
    return ret->at ? 0 : -ENOMEM;
}

/* Lines of one table that cannot be taken. */
static struct str problems_of(struct page *p, const json_t *answer, const char *file)
{
    CLEANUP(buf_done) struct buf out;
    const json_t *problems = json_arr(answer, "problems");

    buf_init(&out, 1u << 20);
    for (size_t i = 0; i < json_array_size(problems); i++) {
        const json_t *one = json_array_get(problems, i);
        struct str words;

        if (strcmp(json_str(one, "file"), file) != 0)
            continue;
        words = problem_words(p, one);
        if (buf_printf(&out, "%s%.*s", out.len ? "　" : "", STR_ARG(words)))
            break;
    }
    return out.len ? arena_str(p->arena, buf_str(&out)) : STR_NONE;
}

static int show_table(struct page *p, enum force_file file, const json_t *answer)
{
    const char *name = force_file_name(file);
    struct field_info info = {.name = name, .label = page_text(p, "%.*s（%s）", STR_ARG(T(p, table_keys[file])), name)};
    struct str text;
    int r = table_text(p, file, &text);

    if (r)
        return r;
    if (answer)
        info.error = problems_of(p, answer, name);
    field_long_text(&p->w, &info, text.at ? text : STR(""), 8);
    return 0;
}

static void show_answer(struct page *p, const json_t *answer)
{
    const json_t *problems = json_arr(answer, "problems");

    if (!answer)
        return;
    if (json_flag(answer, "ok")) {
        notice(&p->w, NOTICE_SUCCESS, TF(p, MSG_IMPORT_DONE, {"count", page_text(p, "%lld", (long long)json_int(answer, "persons"))}),
               STR_NONE);
        return;
    }
    p->resp->status = page_answer_status(answer);
    page_answer_notice(p, answer);
    if (!json_array_size(problems))
        return;
    problem_list(p, problems);
}

static int write_import(struct page *p, const json_t *answer)
{
    int r = 0;

    page_begin(p, T(p, MSG_IMPORT_TITLE), NAV_FORCE);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_IMPORT_TEXT));
    show_answer(p, answer);
    page_form_begin(p, STR("/admin/force"), true);
    for (int file = 0; !r && file < FORCE_FILES; file++)
        r = show_table(p, (enum force_file)file, answer);
    if (r)
        return r;
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_IMPORT_BUTTON), STR_NONE, STR_NONE);
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
    return page_end(p);
}

int import_page(struct page *p)
{
    int r;

    return page_allows(p, RIGHT_ADMINISTRATOR, &r) ? write_import(p, NULL) : r;
}

static json_t *files_sent(struct page *p)
{
    json_t *files = json_object();

    for (int file = 0; files && file < FORCE_FILES; file++) {
        const char *name = force_file_name((enum force_file)file);
        struct str text = form_get(&p->form, str_of(name));

        if (json_put_strn(files, name, text.at ? text : STR(""))) {
            json_decref(files);
            return NULL;
        }
    }
    return files;
}

int import_act(struct page *p)
{
    json_t *files, *answer;
    int r;

    if (!page_allows(p, RIGHT_ADMINISTRATOR, &r))
        return r;
    files = files_sent(p);
    answer = files ? page_ask(p, json_pack("{s:s, s:o}", "op", "force-import", "files", files)) : NULL;
    if (!answer)
        return -ENOMEM;
    if (json_flag(answer, "ok") && (r = engine_refresh(p->worker->engine, NULL)))
        return r;
    return write_import(p, answer);
}
