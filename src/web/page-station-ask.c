/* What a station is asked to do: export, import or wipe. form ─> preview (nothing is asked yet; files lie with the keeper, his alone) ─> asked. */
#include "web/page-file.h"
#include "web/pages.h"
#include "web/station-receivers.h"
#include "web/station-show.h"
#include "web/station-sight.h"
#include "web/words.h"

#include "guard/clean.h"
#include "guard/seal.h"
#include "keeper/station-operation.h"

#include <errno.h>
#include <string.h>

#define GRANTS "*media-grants"
#define ROWS_ARENA ((size_t)16 << 20)
#define GRANTS_MAX 20u
#define FILES_MAX 8u /* chosen in one form */

struct asking {
    struct page *page;
    const struct station_doing *doing;
    const char *station, *slot;
    const json_t *plugged; /* of the keeper's answer */
    const char *medium, *item, *cipher;
    const char *accept; /* "yes": what cannot be cleaned leaves as it is; "" */
    json_t
        *grants; /* [view]: his own for this medium, or for any where it is not known which it is */
    json_t *files;         /* [{"id"} or {"record", "file"}] */
    const json_t *refused; /* of the keeper; NULL */
    const json_t *known, *receivers; /* keys: of the station, {line: name}; those that were chosen */
    struct str error_item, error_files, error_receivers;
};

static bool is_for_receivers(const struct asking *a)
{
    return !strcmp(a->cipher, "receivers");
}

/* Of his grants those in force or taken in; where the medium is known its own. */
static int gather_grants(struct asking *a)
{
    static const char *const states[] = {"granted", "taken-in"};
    static const char *const fields[] = {"medium"};
    struct page *p = a->page;

    for (size_t s = 0; s < ARRAY_LEN(states); s++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new(ROWS_ARENA);
        struct list_query q = {.reg = GRANTS,
                               .state = states[s],
                               .field = "applicant",
                               .key = p->session.person,
                               .sort = "changed",
                               .fields = fields,
                               .n_fields = 1,
                               .page = 1,
                               .page_size = GRANTS_MAX};
        struct list_rows rows;
        int r;

        if (!engine_reg(p->worker->engine, GRANTS))
            return 0;
        if (!arena)
            return -ENOMEM;
        if ((r = engine_list_rows(p->worker->engine, p->session.person, &q, arena, &rows)))
            return r;
        for (size_t i = 0; !r && i < rows.n; i++) {
            json_t *view = NULL;

            if (*json_str(a->plugged, "medium") &&
                strcmp(json_str(a->plugged, "medium"), json_str(rows.at[i].values, "medium")) != 0)
                continue;
            r = engine_view(p->worker->engine, p->session.person, rows.at[i].id, p->now_us, &view);
            if (!r && json_array_append_new(a->grants, view))
                r = -ENOMEM;
            r = MIN_OF(r, 0);
        }
        list_rows_done(&rows);
        if (r)
            return r;
    }
    return 0;
}

static void grant_field(struct page *p, const struct reg *reg, const json_t *view,
                        const char *field, struct table *t)
{
    const struct field *f = reg_field(reg, field);

    cell_begin(&p->w, t);
    if (f)
        value_show(p, view, f, json_object_get(json_obj(view, "values"), field));
    cell_end(&p->w, t);
}

static void show_grants(struct asking *a)
{
    static const char *const fields[] = {"medium",        "computer",     "direction",    "form",
                                         "granted_items", "granted_from", "granted_until"};
    struct page *p = a->page;
    const struct reg *reg = engine_reg(p->worker->engine, GRANTS);
    struct column columns[ARRAY_LEN(fields) + 1] = {
        {.heading = T(p, MSG_STATION_GRANT), .is_row_heading = true}};
    struct table t;
    json_t *view;
    size_t i;

    if (!reg)
        return;
    html_element(&p->html, HTML_H2, NULL, T(p, MSG_STATION_GRANTS));
    if (!json_array_size(a->grants)) {
        notice(&p->w, NOTICE_WARNING, T(p, MSG_STATION_NO_GRANT), T(p, MSG_STATION_NO_GRANT_TEXT));
        return;
    }
    for (size_t k = 0; k < ARRAY_LEN(fields); k++)
        columns[k + 1].heading =
            reg_field(reg, fields[k]) ? text2_words(p, reg_field(reg, fields[k])->title) : STR("");
    table_begin(&p->w, &t, columns, ARRAY_LEN(columns), T(p, MSG_STATION_GRANTS));
    json_array_foreach (a->grants, i, view) {
        const char *medium = json_str(json_obj(view, "values"), "medium");

        if (*a->medium && strcmp(medium, a->medium) != 0 &&
            !str_eq(named_words(p, view, medium), str_of(a->medium)))
            continue;
        row_begin(&p->w, &t);
        cell_begin(&p->w, &t);
        link_show(p, str_of(json_str(view, "id")), record_url(p, json_str(view, "id"), ""));
        html_text(&p->html, STR(" "));
        chip(&p->w, state_chip(reg, json_str(view, "state")),
             state_words(p, reg, json_str(view, "state")));
        cell_end(&p->w, &t);
        for (size_t k = 0; k < ARRAY_LEN(fields); k++)
            grant_field(p, reg, view, fields[k], &t);
        row_end(&p->w, &t);
    }
    table_end(&p->w, &t);
}

/* ---- the form ---- */

static void put_hidden(struct asking *a)
{
    field_hidden(&a->page->w, "station", str_of(a->station));
    field_hidden(&a->page->w, "slot", str_of(a->slot));
}

static void show_plugged(struct asking *a, const char *station_name)
{
    struct page *p = a->page;
    const char *name = json_str(a->plugged, "name");

    definition_begin(&p->w);
    definition(&p->w, T(p, MSG_STATION_STATION), str_of(station_name));
    definition(&p->w, T(p, MSG_STATION_SLOT), str_of(a->slot));
    definition(&p->w, T(p, MSG_MEDIA_DESK_MEDIUM),
               *name ? str_of(name) : T(p, MSG_STATION_UNKNOWN_MEDIUM));
    definition_end(&p->w);
}

static void item_field(struct asking *a)
{
    struct page *p = a->page;
    bool is_in = !strcmp(a->doing->word, "import");

    field_text(&p->w,
               &(struct field_info){.name = "item",
                                    .label = T(p, MSG_STATION_ITEM),
                                    .support =
                                        T(p, is_in ? MSG_STATION_ITEM_IN : MSG_STATION_ITEM_OUT),
                                    .error = a->error_item,
                                    .is_required = !is_in,
                                    .show_optional = is_in},
               LINE_TEXT, str_of(a->item), NULL);
}

static void export_fields(struct asking *a)
{
    struct page *p = a->page;
    const struct field_choice ciphers[] = {{.value = STR("password"),
                                            .label = T(p, MSG_STATION_SEALED),
                                            .hint = T(p, MSG_STATION_SEALED_HINT),
                                            .is_chosen = strcmp(a->cipher, "plain") != 0 && !is_for_receivers(a)},
                                           {.value = STR("receivers"),
                                            .label = T(p, MSG_STATION_BOX),
                                            .hint = T(p, MSG_STATION_BOX_HINT),
                                            .is_chosen = is_for_receivers(a)},
                                           {.value = STR("plain"),
                                            .label = T(p, MSG_STATION_PLAIN),
                                            .is_chosen = !strcmp(a->cipher, "plain")}};

    field_choice(&p->w,
                 &(struct field_info){
                     .name = "cipher", .label = T(p, MSG_STATION_CIPHER), .is_required = true},
                 ciphers, ARRAY_LEN(ciphers));
    receivers_field(p, a->known, a->receivers, a->error_receivers);
    field_checks(&p->w,
                 &(struct field_info){.name = "accept",
                                      .label = T(p, MSG_STATION_ATTRIBUTES),
                                      .show_optional = true},
                 &(struct field_choice){.value = STR("yes"),
                                        .label = T(p, MSG_STATION_ACCEPT),
                                        .hint = T(p, MSG_STATION_ACCEPT_HINT),
                                        .is_chosen = *a->accept != '\0'},
                 1);
    for (unsigned i = 1; i <= 4; i++)
        field_file(
            &p->w,
            &(struct field_info){.name = page_text(p, "file%u", i).at,
                                 .label = TF(p, MSG_STATION_FILE, {"n", page_text(p, "%u", i)}),
                                 .support = i == 1 ? T(p, MSG_STATION_FILE_SUPPORT) : STR_NONE,
                                 .error = i == 1 ? a->error_files : STR_NONE},
            STR(""));
    field_text(&p->w,
               &(struct field_info){.name = "record",
                                    .label = T(p, MSG_STATION_RECORD),
                                    .support = T(p, MSG_STATION_RECORD_SUPPORT),
                                    .show_optional = true},
               LINE_TEXT, STR(""), NULL);
}

static void show_form(struct asking *a)
{
    struct page *p = a->page;

    page_form_begin_files(p, page_text(p, "/media/stations/%s", a->doing->word), false);
    put_hidden(a);
    if (!*json_str(a->plugged, "name"))
        field_text(&p->w,
                   &(struct field_info){.name = "medium",
                                        .label = T(p, MSG_STATION_MEDIUM),
                                        .support = T(p, MSG_STATION_MEDIUM_SUPPORT),
                                        .is_required = true},
                   LINE_TEXT, str_of(a->medium), NULL);
    if (strcmp(a->doing->word, "wipe") != 0)
        item_field(a);
    if (!strcmp(a->doing->word, "export"))
        export_fields(a);
    if (!strcmp(a->doing->word, "import"))
        field_text(&p->w,
                   &(struct field_info){.name = "password",
                                        .label = T(p, MSG_STATION_PASSWORD_IN),
                                        .support = T(p, MSG_STATION_PASSWORD_IN_SUPPORT),
                                        .show_optional = true},
                   LINE_PASSWORD, STR(""), "off");
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, BUTTON_SOLID, T(p, a->doing->button), STR("op"), STR("preview"));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

/* The station that is asked of, with what is plugged in; 0 and a->plugged NULL: that is answered. */
static int find_plugged(struct asking *a, const char **ret_name)
{
    struct page *p = a->page;
    const json_t *one;
    json_t *answer;
    size_t i;
    int r;

    if (!(answer = station_ask_all(p, &r)))
        return r;
    json_array_foreach (json_arr(answer, "stations"), i, one)
        if (!strcmp(json_str(one, "station"), a->station) && json_flag(one, "is_here")) {
            a->plugged = json_obj(json_obj(one, "slots"), a->slot);
            a->known = json_obj(one, "receivers");
            *ret_name = json_str(one, "name");
        }
    if (a->plugged && *json_str(a->plugged, "medium") && (r = station_sees(p, json_str(a->plugged, "medium"))) <= 0) {
        a->plugged = NULL; /* what he does not see is not there for him */
        if (r)
            return r;
    }
    return a->plugged ? 0
                      : page_problem(p, 404, T(p, MSG_STATION_GONE), T(p, MSG_STATION_GONE_TEXT));
}

static int write_form(struct asking *a, const char *station_name)
{
    struct page *p = a->page;
    const json_t *items;

    station_begin(p, T(p, a->doing->title));
    if (a->error_item.at || a->error_files.at || a->error_receivers.at)
        p->resp->status = 422;
    html_element(&p->html, HTML_P, NULL, T(p, a->doing->text));
    if (a->refused) {
        p->resp->status = page_answer_status(a->refused);
        page_answer_notice(p, a->refused);
    }
    show_plugged(a, station_name);
    show_grants(a);
    items = json_arr(json_obj(json_array_get(a->grants, 0), "values"), "granted_items");
    if (!*a->item && json_array_size(items) == 1 && json_array_size(a->grants) == 1)
        a->item = json_string_value(json_array_get(items, 0));
    show_form(a);
    return page_end(p);
}

/* ---- what would go ---- */

/* Files that come with the form go to the keeper, his alone until the station takes them. */
static int send_files(struct asking *a)
{
    static const struct field station_field = {.id = STATION_FILE_FIELD};
    struct page *p = a->page;
    const struct reg *reg = engine_reg(p->worker->engine, STATION_FILE_REG);
    int r = 0;

    for (unsigned i = 1; !r && i <= 4; i++) {
        const struct form_field *sent = form_file(&p->form, page_text(p, "file%u", i));
        char id[ATTACHMENT_ID_SIZE];
        const json_t *answer = NULL;

        if (!sent)
            continue;
        if ((r = file_send(p, reg, &station_field, sent, id, &answer)))
            return r;
        if (answer)
            a->refused = answer;
        else if (json_array_append_new(a->files, json_pack("{s:s}", "id", id)))
            r = -ENOMEM;
    }
    return r;
}

/* Name, size and examination are as sealed as the record: elsewhere its number stands for them, as a string. NULL: out of memory. */
static json_t *shown_file(const json_t *view, const json_t *file)
{
    return is_for_own_page(view) ? json_string(json_str(view, "id")) : json_copied_deep(file);
}

/* All files of the record that he named, as he sees it. */
static int add_record(struct asking *a, const char *record)
{
    struct page *p = a->page;
    const struct reg *reg = engine_reg_of_id(p->worker->engine, record);
    JSON_AUTO *view = NULL;
    size_t before = json_array_size(a->files);
    int r;

    if (!*record)
        return 0;
    r = reg ? engine_view(p->worker->engine, p->session.person, record, p->now_us, &view) : 1;
    for (size_t i = 0; !r && i < reg->n_fields; i++) {
        const json_t *v = json_obj(json_obj(view, "personal"), reg->fields[i].id); /* a file is always sealed */

        if (reg->fields[i].type == FIELD_FILE && *json_str(v, "id") && reg_hands_out(reg, json_str(view, "state")) &&
            json_array_append_new(a->files, json_pack("{s:s, s:s, s:o}", "record", record, "file", json_str(v, "id"), "shown", shown_file(view, v))))
            return -ENOMEM;
    }
    if (r >= 0 && json_array_size(a->files) == before)
        a->error_files = T(p, MSG_STATION_RECORD_NONE);
    return MIN_OF(r, 0);
}

/* Those of the preview, sent back by its form. */
static int take_back(struct asking *a)
{
    struct page *p = a->page;

    for (size_t i = 0; i < FILES_MAX; i++) {
        struct str typed = form_get_nth(&p->form, STR("sent"), i), id;
        const char *one;

        if (!typed.at)
            break;
        if (!str_split(&typed, ' ', &id))
            continue;
        one = arena_str(p->arena, typed).at; /* behind the blank: of which record */
        if (json_array_append_new(a->files, *one ? json_pack("{s:s, s:s%}", "record", one, "file",
                                                             id.at, id.len)
                                                 : json_pack("{s:s%}", "id", id.at, id.len)))
            return -ENOMEM;
    }
    return 0;
}

static struct str label_item(struct asking *a)
{
    struct page *p = a->page;
    const struct reg *reg = engine_reg_of_id(p->worker->engine, a->item);
    JSON_AUTO *view = NULL;
    struct str name;

    if (!reg || engine_view(p->worker->engine, p->session.person, a->item, p->now_us, &view))
        return str_of(a->item);
    name = name_elsewhere(p, reg, view);
    return page_text(p, "%s%s%.*s　%.*s", a->item, str_eq(name, str_of(a->item)) ? "" : " ", STR_ARG(str_eq(name, str_of(a->item)) ? STR("") : name), STR_ARG(label_words(p, reg, view)));
}

static void show_files(struct asking *a)
{
    struct page *p = a->page;
    const json_t *one;
    size_t i;

    html_open(&p->html, HTML_UL);
    json_array_foreach (a->files, i, one) {
        JSON_AUTO *id = json_string(json_str(one, "id"));
        const json_t *shown = json_object_get(one, "shown");

        html_open(&p->html, HTML_LI);
        html_text(&p->html, json_is_string(shown) ? str_of(json_string_value(shown))
                                                  : file_words(p, shown ? shown : id));
        html_close(&p->html, HTML_LI);
    }
    html_close(&p->html, HTML_UL);
}

static void show_going(struct asking *a)
{
    struct page *p = a->page;
    bool is_plain = !strcmp(a->cipher, "plain");

    if (strcmp(a->doing->word, "wipe") != 0)
        definition(&p->w, T(p, MSG_STATION_ITEM),
                   *a->item ? label_item(a) : T(p, MSG_STATION_CHECK_ONLY));
    if (strcmp(a->doing->word, "export") != 0)
        return;
    definition_open(&p->w, T(p, MSG_STATION_FILES));
    show_files(a);
    definition_close(&p->w);
    definition(&p->w, T(p, MSG_STATION_CIPHER),
               T(p, is_plain ? MSG_STATION_PLAIN : is_for_receivers(a) ? MSG_STATION_BOX : MSG_STATION_SEALED));
    if (is_for_receivers(a)) {
        definition_open(&p->w, T(p, MSG_STATION_RECEIVERS));
        receivers_show(p, a->receivers);
        definition_close(&p->w);
    }
    definition(&p->w, T(p, MSG_STATION_ATTRIBUTES),
               T(p, *a->accept ? MSG_STATION_ATTRIBUTES_KEPT : MSG_STATION_ATTRIBUTES_REMOVED));
    definition(&p->w, T(p, MSG_STATION_COVER), T(p, is_plain ? MSG_STATION_COVER_NONE : MSG_STATION_COVER_INSIDE));
    definition(&p->w, T(p, MSG_STATION_PASSWORD),
               T(p, is_plain ? MSG_STATION_PASSWORD_NONE : is_for_receivers(a) ? MSG_STATION_PASSWORD_BOX : MSG_STATION_PASSWORD_MADE));
}

static void preview_form(struct asking *a)
{
    struct page *p = a->page;
    const json_t *one;
    size_t i;

    page_form_begin(p, page_text(p, "/media/stations/%s", a->doing->word), false);
    put_hidden(a);
    field_hidden(&p->w, "medium", str_of(a->medium));
    field_hidden(&p->w, "item", str_of(a->item));
    field_hidden(&p->w, "cipher", str_of(a->cipher));
    field_hidden(&p->w, "accept", str_of(a->accept));
    receivers_hidden(p, is_for_receivers(a) ? a->receivers : NULL);
    field_hidden(&p->w, "password", str_of(page_field(p, STR("password"))));
    json_array_foreach (a->files, i, one)
        field_hidden(&p->w, "sent",
                     *json_str(one, "record")
                         ? page_text(p, "%s %s", json_str(one, "file"), json_str(one, "record"))
                         : page_text(p, "%s ", json_str(one, "id")));
    html_begin(&p->html, HTML_DIV, "tj-actions");
    button_submit(&p->w, strcmp(a->doing->word, "wipe") ? BUTTON_SOLID : BUTTON_DANGER,
                  T(p, a->doing->ask), STR("op"), STR("ask"));
    button_link(&p->w, BUTTON_OUTLINE, T(p, MSG_STATION_BACK),
                station_url(p, a->doing->word, a->station, a->slot));
    html_close(&p->html, HTML_DIV);
    form_end(&p->w);
}

static int write_preview(struct asking *a, const char *station_name)
{
    struct page *p = a->page;

    station_begin(p, T(p, a->doing->title));
    notice(&p->w, NOTICE_INFO, T(p, MSG_STATION_NOT_YET), T(p, MSG_STATION_NOT_YET_TEXT));
    definition_begin(&p->w);
    definition(&p->w, T(p, MSG_STATION_STATION), str_of(station_name));
    definition(&p->w, T(p, MSG_MEDIA_DESK_MEDIUM), page_text(p, "%s（%s）", a->medium, a->slot));
    show_going(a);
    definition_end(&p->w);
    show_grants(a);
    preview_form(a);
    return page_end(p);
}

static int preview(struct asking *a, const char *station_name)
{
    int r = 0;

    if (!strcmp(a->doing->word, "export")) {
        if (!*a->item)
            a->error_item = T(a->page, MSG_STATION_ITEM_MISSING);
        else if (a->error_receivers.at)
            ; /* nothing is sent for what cannot be sealed */
        else if (!(r = send_files(a)))
            r = add_record(a, page_field(a->page, STR("record")));
        if (!r && !a->error_item.at && !a->error_receivers.at && !a->error_files.at && !a->refused &&
            !json_array_size(a->files))
            a->error_files = T(a->page, MSG_STATION_NO_FILE);
    }
    if (r)
        return r;
    return a->error_item.at || a->error_files.at || a->error_receivers.at || a->refused ? write_form(a, station_name)
                                                               : write_preview(a, station_name);
}

static int ask(struct asking *a, const char *station_name)
{
    struct page *p = a->page;
    const struct str receivers = receivers_text(p, is_for_receivers(a) ? a->receivers : NULL);
    json_t *answer;
    int r = take_back(a);

    if (r)
        return r;
    if (a->error_receivers.at)
        return write_form(a, station_name);
    answer = page_ask(p, json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s%, s:O}}", "op",
                                   "media-ask", "station", a->station, "slot", a->slot, "do",
                                   a->doing->word, "with", "medium", a->medium, "item", a->item,
                                   "cipher", a->cipher, "accept", a->accept, "password",
                                   page_field(p, STR("password")), "receivers", receivers.at, receivers.len, "files", a->files));
    if (!answer)
        return -ENOMEM;
    if (json_flag(answer, "ok"))
        return page_go(p, page_text(p, "/media/jobs/%s", json_str(answer, "id")));
    a->refused = answer;
    return write_form(a, station_name);
}

static int station_with(struct page *p, bool is_post)
{
    struct asking a = {.page = p,
                       .doing = station_doing(page_param(p, STR("do"))),
                       .medium = "",
                       .item = "",
                       .cipher = "",
                       .accept = ""};
    const char *name = "";
    int r;

    if (!a.doing)
        return page_not_found(p);
    a.station = is_post ? page_field(p, STR("station")) : page_query(p, STR("station"));
    a.slot = is_post ? page_field(p, STR("slot")) : page_query(p, STR("slot"));
    if ((r = find_plugged(&a, &name)) || !a.plugged)
        return r;
    a.grants = json_array();
    a.files = json_array();
    if (!page_keep(p, a.grants) || !page_keep(p, a.files))
        return -ENOMEM;
    if ((r = gather_grants(&a)))
        return r;
    if (!is_post)
        return write_form(&a, name);
    a.medium =
        *json_str(a.plugged, "name") ? json_str(a.plugged, "name") : page_field(p, STR("medium"));
    a.item = page_field(p, STR("item"));
    a.cipher = page_field(p, STR("cipher"));
    a.accept = strcmp(page_field(p, STR("accept")), "yes") ? "" : "yes";
    if (is_for_receivers(&a) && (r = receivers_of_form(p, &a.receivers, &a.error_receivers)))
        return r;
    return strcmp(page_field(p, STR("op")), "ask") ? preview(&a, name) : ask(&a, name);
}

int station_page(struct page *p)
{
    return station_with(p, false);
}

int station_act(struct page *p)
{
    return station_with(p, true);
}
