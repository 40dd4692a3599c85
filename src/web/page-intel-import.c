/* A file of threat intelligence brought in by a page: what, from where, into which collection (doc/design/intelligence.md, PG5). The file goes ahead of
 * the form in pieces, as attachments do; the keeper is asked for an import and its reading in one (keeper/intake-operation.h), which goes on by itself. */
#include "web/intel-show.h"
#include "web/page-file.h"
#include "web/pages.h"
#include "web/words.h"

#include "engine/intel.h"
#include "intel/intake.h"
#include "keeper/file-operation.h"

#include <errno.h>

#define CHOICES_MAX 200u
#define SOURCE_MAX 200u /* bytes of a name, as the keeper has it */

struct import_form {
    struct page *page;
    const struct reg *imports, *channels;
    const char *collection, *channel, *format, *file; /* as chosen; file: id of what was sent ahead */
    struct str error_collection, error_channel, error_file;
    const json_t *refused; /* the keeper's answer; NULL: none */
};

static int enter(struct page *p, struct import_form *f)
{
    int r;

    *f = (struct import_form){.page = p, .imports = engine_holding(p->worker->engine, HOLDS_INTEL_IMPORTS, p->now_us),
                              .channels = engine_holding(p->worker->engine, HOLDS_INTEL_CHANNELS, p->now_us)};
    f->collection = page_field(p, STR("collection"));
    f->channel = page_field(p, STR("channel"));
    f->format = page_field(p, STR("format"));
    f->file = page_field(p, STR(INTEL_FILE_FIELD));
    if (f->imports && f->channels)
        return 0;
    r = page_not_found(p);
    return r ? r : 1;
}

/* ---- the form ---- */

/* Records of a register in sight and in use, by name. */
static int show_select(struct import_form *f, const char *name, const struct reg *reg, struct str label, struct str support, const char *chosen, struct str error)
{
    struct page *p = f->page;
    const struct list_query q = {.reg = reg->id, .state = LIST_UNFINISHED, .field = "", .key = "", .sort = "id", .page = 1, .page_size = CHOICES_MAX};
    struct field_choice *choices = arena_alloc_n(p->arena, CHOICES_MAX, sizeof(*choices));
    struct list_rows rows;
    int r = choices ? engine_list_rows(p->worker->engine, p->session.person, &q, p->arena, &rows) : -ENOMEM;

    if (r)
        return ERR_FOLD(r);
    list_rows_by_name(&rows);
    for (size_t i = 0; i < rows.n; i++)
        choices[i] = (struct field_choice){.value = str_of(rows.at[i].id), .label = str_of(rows.at[i].name),
                                           .is_chosen = !strcmp(rows.at[i].id, chosen)};
    field_select(&p->w, &(struct field_info){.name = name, .label = label, .support = support, .error = error, .is_required = true}, choices, rows.n);
    list_rows_done(&rows);
    return 0;
}

static void show_formats(struct import_form *f)
{
    static const enum message_key labels[INTAKE_N_FORMATS] = {[INTAKE_STIX] = MSG_INTAKE_STIX, [INTAKE_MISP] = MSG_INTAKE_MISP, [INTAKE_CSV] = MSG_INTAKE_CSV,
                                                                  [INTAKE_LIST] = MSG_INTAKE_LIST, [INTAKE_TEXT] = MSG_INTAKE_PLAIN};
    static const enum message_key hints[INTAKE_N_FORMATS] = {[INTAKE_STIX] = MSG_INTAKE_STIX_HINT, [INTAKE_MISP] = MSG_INTAKE_MISP_HINT, [INTAKE_CSV] = MSG_INTAKE_CSV_HINT,
                                                                 [INTAKE_LIST] = MSG_INTAKE_LIST_HINT, [INTAKE_TEXT] = MSG_INTAKE_PLAIN_HINT};
    struct field_choice choices[INTAKE_N_FORMATS];
    struct page *p = f->page;

    for (unsigned i = 0; i < INTAKE_N_FORMATS; i++)
        choices[i] = (struct field_choice){.value = str_of(intake_format_name((enum intake_format)i)), .label = T(p, labels[i]), .hint = T(p, hints[i]),
                                           .is_chosen = *f->format ? !strcmp(f->format, intake_format_name((enum intake_format)i)) : !i};
    field_choice(&p->w, &(struct field_info){.name = "format", .label = T(p, MSG_INTAKE_FORMAT), .is_required = true}, choices, INTAKE_N_FORMATS);
}

static void show_upload(struct import_form *f)
{
    struct page *p = f->page;
    const struct upload_info u = {.id_name = INTEL_FILE_FIELD, .reg = f->imports->id, .id = str_of(f->file), .is_unexamined = true,
                                  .held = *f->file ? file_words(p, page_keep(p, json_string(f->file))) : STR_NONE};

    field_upload(&p->w, &(struct field_info){.name = "file", .label = T(p, MSG_INTAKE_FILE), .support = T(p, MSG_INTAKE_FILE_SUPPORT),
                                             .error = f->error_file, .is_required = true}, &u);
}

static void show_refused(struct import_form *f)
{
    struct page *p = f->page;

    if (f->error_collection.at || f->error_channel.at || f->error_file.at)
        p->resp->status = 422;
    if (!f->refused)
        return;
    p->resp->status = page_answer_status(f->refused);
    if (json_obj(f->refused, "outcome"))
        refusal_show(p, json_obj(f->refused, "outcome"), true);
    else
        page_answer_notice(p, f->refused);
}

static int show_form(struct import_form *f, const struct reg *collections)
{
    struct page *p = f->page;
    int r;

    page_form_begin_files(p, STR("/intel/import"), true);
    r = show_select(f, "collection", collections, T(p, MSG_INTEL_PAGE_COLLECTION), T(p, MSG_INTAKE_COLLECTION_SUPPORT), f->collection, f->error_collection);
    if (!r)
        r = show_select(f, "channel", f->channels, T(p, MSG_INTEL_PAGE_CHANNEL), T(p, MSG_INTAKE_CHANNEL_SUPPORT), f->channel, f->error_channel);
    if (r)
        return r;
    show_formats(f);
    show_upload(f);
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_INTAKE_BEGIN), STR_NONE, STR_NONE);
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
    return 0;
}

static int write_form(struct import_form *f)
{
    struct page *p = f->page;
    const struct reg *collections = engine_holding(p->worker->engine, HOLDS_INTEL_COLLECTIONS, p->now_us);
    int r;

    if (!collections)
        return page_not_found(p);
    page_crumb(p, T(p, MSG_INTEL_PAGE_TITLE), STR("/intel"));
    page_crumb(p, T(p, MSG_INTAKE_TITLE), STR_NONE);
    page_begin(p, T(p, MSG_INTAKE_TITLE), NAV_INTEL);
    show_refused(f);
    html_element(&p->html, HTML_P, NULL, T(p, MSG_INTAKE_TEXT));
    r = show_form(f, collections);
    return r ? r : page_end(p);
}

int intel_import_page(struct page *p)
{
    struct import_form f;
    int r = enter(p, &f);

    return r ? MIN_OF(r, 0) : write_form(&f);
}

/* ---- sending it ---- */

/* A file that came with the form, without script, goes to the keeper now. */
static int take_file(struct import_form *f)
{
    static const struct field field = {.id = INTEL_FILE_FIELD};
    struct page *p = f->page;
    const struct form_field *sent = form_file(&p->form, STR("file"));
    char id[ATTACHMENT_ID_SIZE];
    int r;

    if (*f->file || !sent)
        return 0;
    r = file_send(p, f->imports, &field, sent, id, &f->refused);
    if (!r && !f->refused)
        f->file = arena_strdup(p->arena, str_of(id));
    return r;
}

static void check(struct import_form *f)
{
    struct page *p = f->page;

    if (!*f->collection)
        f->error_collection = T(p, MSG_INTAKE_CHOOSE);
    if (!*f->channel)
        f->error_channel = T(p, MSG_INTAKE_CHOOSE);
    if (!*f->file && !f->refused)
        f->error_file = T(p, MSG_INTAKE_NO_FILE);
}

/* What the record calls it: the file's name, cut at a character. */
static int source_of(struct import_form *f, struct str *ret)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    JSON_AUTO *head = NULL;
    struct page *p = f->page;
    size_t n;
    int r = attachment_get(p->worker->store, f->file, &a);

    *ret = STR("-");
    if (!r && !strcmp(a.owner, p->session.person))
        r = attachment_head(p->worker->store, &a, &head);
    if (r || !*json_str(head, "name"))
        return MIN_OF(r, 0);
    n = MIN_OF(strlen(json_str(head, "name")), (size_t)SOURCE_MAX);
    while (n && (json_str(head, "name")[n] & 0xc0) == 0x80)
        n--;
    *ret = arena_str(p->arena, (struct str){json_str(head, "name"), n});
    return ret->at ? 0 : -ENOMEM;
}

static int begin(struct import_form *f)
{
    struct page *p = f->page;
    struct str source;
    json_t *answer;
    int r = source_of(f, &source);

    if (r)
        return r;
    answer = page_ask(p, json_pack("{s:s, s:s, s:s, s:s%, s:s, s:s}", "op", "intel-begin", "collection", f->collection, "channel", f->channel, "source",
                                   source.at, source.len, "file", f->file, "format", f->format));
    if (!answer)
        return -ENOMEM;
    if (json_flag(answer, "ok"))
        return page_go(p, page_text(p, "/intel/imports/%s", json_str(answer, "record")));
    if (!strcmp(json_str(answer, "error"), "no-file")) {
        f->file = "";
        f->error_file = page_answer_words(p, answer);
    } else {
        f->refused = answer;
    }
    return write_form(f);
}

int intel_import_act(struct page *p)
{
    struct import_form f;
    int r = enter(p, &f);

    if (!r)
        r = take_file(&f);
    if (r)
        return MIN_OF(r, 0);
    check(&f);
    return f.refused || f.error_collection.at || f.error_channel.at || f.error_file.at ? write_form(&f) : begin(&f);
}
