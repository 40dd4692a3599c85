/* See widget.h: form rows, buttons, error summary. What only shows is in widget-show.c. */
#include "web/widget.h"

/* ---- the heading of a row ---- */

static struct str id_of(struct widget_ctx *w, const struct field_info *f, const char *ending)
{
    char *id = arena_printf(w->arena, "f-%s%s", f->name, ending);

    return id ? str_of(id) : STR("f");
}

static void requirement(struct widget_ctx *w, const struct field_info *f)
{
    bool is_marked = f->is_required || f->is_demanded;
    struct html *h = w->html;

    if (!is_marked && !f->show_sometimes && !f->show_optional)
        return;
    html_begin(h, HTML_SPAN, is_marked ? "tj-field__need tj-field__need--required" : "tj-field__need");
    html_text(h, message_text(w->lang, is_marked ? MSG_FORM_REQUIRED : f->show_sometimes ? MSG_FORM_SOMETIMES : MSG_FORM_OPTIONAL));
    html_close(h, HTML_SPAN);
}

static void support_text(struct widget_ctx *w, const struct field_info *f)
{
    struct html *h = w->html;

    if (!f->support.at)
        return;
    html_begin(h, HTML_P, "tj-field__support");
    html_attr(h, HTML_ID, id_of(w, f, "-support"));
    html_text(h, f->support);
    html_close(h, HTML_P);
}

static void error_text(struct widget_ctx *w, const struct field_info *f)
{
    struct html *h = w->html;

    if (!f->error.at)
        return;
    html_begin(h, HTML_P, "tj-field__error");
    html_attr(h, HTML_ID, id_of(w, f, "-error"));
    html_text(h, message_text(w->lang, MSG_FORM_ERROR_MARK));
    html_text(h, f->error);
    html_close(h, HTML_P);
}

static void note_text(struct widget_ctx *w, const struct field_info *f)
{
    struct html *h = w->html;

    if (!f->note)
        return;
    html_begin(h, HTML_DIV, "tj-field__note");
    html_attr(h, HTML_ID, id_of(w, f, "-note"));
    f->note(f->note_arg);
    html_close(h, HTML_DIV);
}

/* "f-name-error f-name-support f-name-note", as far as they are there. */
static void described_by(struct widget_ctx *w, const struct field_info *f)
{
    const struct {
        bool is_there;
        const char *ending;
    } texts[] = {{f->error.at, "-error"}, {f->support.at, "-support"}, {f->note, "-note"}};
    const char *all = "";

    if (f->error.at)
        html_attr(w->html, HTML_ARIA_INVALID, STR("true"));
    for (size_t i = 0; all && i < ARRAY_LEN(texts); i++)
        if (texts[i].is_there)
            all = arena_printf(w->arena, "%s%sf-%s%s", all, *all ? " " : "", f->name,
                               texts[i].ending);
    if (all && *all)
        html_attr(w->html, HTML_ARIA_DESCRIBEDBY, str_of(all));
}

static const char *row_class(const struct field_info *f)
{
    return f->error.at ? "tj-field tj-field--error" : "tj-field";
}

/* A row around one control: <div> label, support, then what the caller writes. */
static void row_open(struct widget_ctx *w, const struct field_info *f)
{
    struct html *h = w->html;

    html_begin(h, HTML_DIV, row_class(f));
    html_begin(h, HTML_LABEL, "tj-field__label");
    html_attr(h, HTML_FOR, id_of(w, f, ""));
    html_text(h, f->label);
    requirement(w, f);
    html_close(h, HTML_LABEL);
    support_text(w, f);
}

static void row_close(struct widget_ctx *w, const struct field_info *f)
{
    error_text(w, f);
    note_text(w, f);
    html_close(w->html, HTML_DIV);
}

/* Attributes that every single control has. */
static void control_attributes(struct widget_ctx *w, const struct field_info *f)
{
    struct html *h = w->html;

    html_attr(h, HTML_ID, id_of(w, f, ""));
    html_attr(h, HTML_NAME, str_of(f->name));
    html_attr_if(h, HTML_REQUIRED, f->is_required);
    described_by(w, f);
}

/* ---- rows ---- */

/* How it may be written stands behind what else is said of it. */
static struct str with_example(struct widget_ctx *w, struct str support, enum message_key key)
{
    struct str example = message_text(w->lang, key);
    const char *both = support.len ? arena_printf(w->arena, "%.*s　%.*s", STR_ARG(support), STR_ARG(example)) : NULL;

    return both ? str_of(both) : support.len ? support : example;
}

void field_text(struct widget_ctx *w, const struct field_info *field, enum line_kind kind, struct str value,
                const char *autocomplete)
{
    static const char *const types[] = {[LINE_TEXT] = "text",   [LINE_PASSWORD] = "password", [LINE_NUMBER] = "text",
                                        [LINE_DATE] = "text",   [LINE_MONTH] = "text",        [LINE_TIME] = "text",
                                        [LINE_SEARCH] = "search"};
    static const char *const classes[] = {
        [LINE_TEXT] = "tj-input",
        [LINE_PASSWORD] = "tj-input tj-input--medium",
        [LINE_NUMBER] = "tj-input tj-input--short",
        [LINE_DATE] = "tj-input tj-input--medium",
        [LINE_MONTH] = "tj-input tj-input--medium",
        [LINE_TIME] = "tj-input tj-input--medium",
        [LINE_SEARCH] = "tj-input tj-input--medium",
    };
    struct field_info f = *field;
    struct html *h = w->html;

    if (kind == LINE_DATE && !f.has_example)
        f.support = with_example(w, f.support, MSG_FORM_DATE_SUPPORT);
    if (kind == LINE_MONTH && !f.has_example)
        f.support = with_example(w, f.support, MSG_FORM_MONTH_SUPPORT);
    if (kind == LINE_TIME && !f.has_example)
        f.support = with_example(w, f.support, MSG_FORM_TIME_SUPPORT);
    row_open(w, &f);
    html_begin(h, HTML_INPUT, classes[kind]);
    html_attr(h, HTML_TYPE, str_of(types[kind]));
    control_attributes(w, &f);
    if (kind != LINE_PASSWORD) /* a password never goes back */
        html_attr(h, HTML_VALUE, value);
    if (kind == LINE_NUMBER)
        html_attr(h, HTML_INPUTMODE, STR("numeric"));
    if (autocomplete)
        html_attr(h, HTML_AUTOCOMPLETE, str_of(autocomplete));
    html_attr_if(h, HTML_READONLY, f.is_readonly);
    row_close(w, &f);
}

void field_file(struct widget_ctx *w, const struct field_info *f, struct str accept)
{
    struct html *h = w->html;

    row_open(w, f);
    html_begin(h, HTML_INPUT, "tj-input tj-input--file");
    html_attr(h, HTML_TYPE, STR("file"));
    html_attr(h, HTML_ACCEPT, accept);
    control_attributes(w, f);
    row_close(w, f);
}

static void upload_words(struct widget_ctx *w, bool is_examined)
{
    struct html *h = w->html;

    html_attr(h, HTML_DATA_SENDING, message_text(w->lang, MSG_FILE_SENDING));
    if (is_examined)
        html_attr(h, HTML_DATA_EXAMINING, message_text(w->lang, MSG_FILE_EXAMINING));
    html_attr(h, HTML_DATA_READY, message_text(w->lang, MSG_FILE_READY));
    html_attr(h, HTML_DATA_CANCEL, message_text(w->lang, MSG_FILE_CANCEL));
    html_attr(h, HTML_DATA_CANCELLED, message_text(w->lang, MSG_FILE_CANCELLED));
    html_attr(h, HTML_DATA_FAILED, message_text(w->lang, MSG_FILE_FAILED));
}

static void upload_drop(struct widget_ctx *w, const struct field_info *f, struct str words)
{
    struct html *h = w->html;

    html_begin(h, HTML_LABEL, "tj-choice");
    html_open(h, HTML_INPUT);
    html_attr(h, HTML_TYPE, STR("checkbox"));
    html_attr(h, HTML_NAME, str_of(arena_printf(w->arena, "%s_none", f->name)));
    html_attr(h, HTML_VALUE, STR("1"));
    html_element(h, HTML_SPAN, "tj-choice__text", words);
    html_close(h, HTML_LABEL);
}

void field_upload(struct widget_ctx *w, const struct field_info *field, const struct upload_info *u)
{
    struct field_info f = *field;
    struct html *h = w->html;

    f.is_required = f.is_required && !u->id.len; /* one that is there is enough */
    row_open(w, field);
    if (u->held.at)
        html_element(h, HTML_P, "tj-upload__held", u->held);
    html_begin(h, HTML_INPUT, "tj-input tj-input--file");
    html_attr(h, HTML_TYPE, STR("file"));
    control_attributes(w, &f);
    html_attr(h, HTML_DATA_REG, str_of(u->reg));
    html_attr(h, HTML_DATA_FIELD, str_of(u->id_name));
    upload_words(w, !u->is_unexamined);
    field_hidden(w, u->id_name, u->id);
    if (u->drop.at)
        upload_drop(w, field, u->drop);
    row_close(w, field);
}

void field_long_text(struct widget_ctx *w, const struct field_info *f, struct str value, unsigned rows)
{
    struct html *h = w->html;

    row_open(w, f);
    html_begin(h, HTML_TEXTAREA, "tj-input tj-input--long");
    control_attributes(w, f);
    html_attr_number(h, HTML_ROWS, rows);
    html_attr_if(h, HTML_READONLY, f->is_readonly);
    html_text(h, value);
    html_close(h, HTML_TEXTAREA);
    row_close(w, f);
}

void field_select(struct widget_ctx *w, const struct field_info *f, const struct field_choice *choices, size_t n)
{
    struct html *h = w->html;
    bool any = false;

    for (size_t i = 0; i < n; i++)
        any |= choices[i].is_chosen;
    row_open(w, f);
    html_begin(h, HTML_SELECT, "tj-input tj-input--select");
    control_attributes(w, f);
    if (!any || !f->is_required) {
        html_open(h, HTML_OPTION);
        html_attr(h, HTML_VALUE, STR(""));
        html_text(h, message_text(w->lang, MSG_FORM_CHOOSE));
        html_close(h, HTML_OPTION);
    }
    for (size_t i = 0; i < n; i++) {
        html_open(h, HTML_OPTION);
        html_attr(h, HTML_VALUE, choices[i].value);
        html_attr_if(h, HTML_SELECTED, choices[i].is_chosen);
        html_text(h, choices[i].label);
        html_close(h, HTML_OPTION);
    }
    html_close(h, HTML_SELECT);
    row_close(w, f);
}

static void fieldset_open(struct widget_ctx *w, const struct field_info *f, const char *class_names)
{
    struct html *h = w->html;

    html_begin(h, HTML_FIELDSET, class_names);
    html_attr(h, HTML_ID, id_of(w, f, ""));
    html_attr_number(h, HTML_TABINDEX, -1); /* the error summary leads here */
    described_by(w, f);
    html_begin(h, HTML_LEGEND, "tj-field__label");
    html_text(h, f->label);
    requirement(w, f);
    html_close(h, HTML_LEGEND);
    support_text(w, f);
}

static void fieldset_close(struct widget_ctx *w, const struct field_info *f)
{
    error_text(w, f);
    note_text(w, f);
    html_close(w->html, HTML_FIELDSET);
}

void group_begin(struct widget_ctx *w, const struct field_info *f)
{
    fieldset_open(w, f, f->error.at ? "tj-field tj-rows tj-field--error" : "tj-field tj-rows");
}

void group_end(struct widget_ctx *w, const struct field_info *f)
{
    fieldset_close(w, f);
}

#define FEW_CHOICES 8 /* one below the other; more stand in columns */

static void choice_inputs(struct widget_ctx *w, const struct field_info *f, const char *type, const struct field_choice *choices, size_t n)
{
    struct html *h = w->html;
    bool is_radio = strcmp(type, "radio") == 0, is_many = n > FEW_CHOICES;

    if (is_many)
        html_begin(h, HTML_DIV, "tj-choices");
    for (size_t i = 0; i < n; i++) {
        html_begin(h, HTML_LABEL, "tj-choice");
        html_open(h, HTML_INPUT);
        html_attr(h, HTML_TYPE, str_of(type));
        html_attr(h, HTML_NAME, str_of(f->name));
        html_attr(h, HTML_VALUE, choices[i].value);
        html_attr_if(h, HTML_CHECKED, choices[i].is_chosen);
        html_attr_if(h, HTML_REQUIRED, is_radio && f->is_required);
        html_begin(h, HTML_SPAN, "tj-choice__text");
        html_text(h, choices[i].label);
        if (choices[i].hint.at)
            html_element(h, HTML_SPAN, "tj-choice__hint", choices[i].hint);
        html_close(h, HTML_SPAN);
        html_close(h, HTML_LABEL);
    }
    if (is_many)
        html_close(h, HTML_DIV);
}

static void field_group(struct widget_ctx *w, const struct field_info *f, const char *type,
                        const struct field_choice *choices, size_t n)
{
    fieldset_open(w, f, row_class(f));
    choice_inputs(w, f, type, choices, n);
    fieldset_close(w, f);
}

void field_choice(struct widget_ctx *w, const struct field_info *f, const struct field_choice *choices, size_t n)
{
    field_group(w, f, "radio", choices, n);
}

void field_checks(struct widget_ctx *w, const struct field_info *f, const struct field_choice *choices, size_t n)
{
    field_group(w, f, "checkbox", choices, n);
}

void field_checks_and_lines(struct widget_ctx *w, const struct field_info *f, const struct field_choice *choices, size_t n,
                            struct str lines_label, struct str lines)
{
    struct html *h = w->html;

    fieldset_open(w, f, row_class(f));
    choice_inputs(w, f, "checkbox", choices, n);
    html_begin(h, HTML_LABEL, "tj-field__support");
    html_attr(h, HTML_FOR, id_of(w, f, "-lines"));
    html_text(h, lines_label);
    html_close(h, HTML_LABEL);
    html_begin(h, HTML_TEXTAREA, "tj-input tj-input--long");
    html_attr(h, HTML_ID, id_of(w, f, "-lines"));
    html_attr(h, HTML_NAME, str_of(f->name));
    html_attr_number(h, HTML_ROWS, 2);
    html_text(h, lines);
    html_close(h, HTML_TEXTAREA);
    fieldset_close(w, f);
}

void field_hidden(struct widget_ctx *w, const char *name, struct str value)
{
    struct html *h = w->html;

    html_open(h, HTML_INPUT);
    html_attr(h, HTML_TYPE, STR("hidden"));
    html_attr(h, HTML_NAME, str_of(name));
    html_attr(h, HTML_VALUE, value);
}

/* ---- forms and buttons ---- */

static void form_open(struct widget_ctx *w, struct str action, struct str csrf, bool warn_unsent, bool has_files)
{
    struct html *h = w->html;

    html_begin(h, HTML_FORM, "tj-form");
    html_attr(h, HTML_METHOD, STR("post"));
    if (has_files)
        html_attr(h, HTML_ENCTYPE, STR("multipart/form-data"));
    html_attr_url(h, HTML_ACTION, action);
    html_attr_if(h, HTML_NOVALIDATE, true); /* our own words name what is wrong, in the page's language */
    if (warn_unsent)
        html_attr(h, HTML_DATA_GUARD, STR("unsent"));
    if (csrf.at)
        field_hidden(w, "csrf", csrf);
}

void form_begin(struct widget_ctx *w, struct str action, struct str csrf, bool warn_unsent)
{
    form_open(w, action, csrf, warn_unsent, false);
}

void form_begin_files(struct widget_ctx *w, struct str action, struct str csrf, bool warn_unsent)
{
    form_open(w, action, csrf, warn_unsent, true);
}

void form_begin_get(struct widget_ctx *w, struct str action)
{
    html_begin(w->html, HTML_FORM, "tj-form");
    html_attr(w->html, HTML_METHOD, STR("get"));
    html_attr_url(w->html, HTML_ACTION, action);
    html_attr_if(w->html, HTML_NOVALIDATE, true);
}

void form_end(struct widget_ctx *w)
{
    html_close(w->html, HTML_FORM);
}

static const char *button_class(enum button_kind kind)
{
    static const char *const classes[] = {
        [BUTTON_SOLID] = "tj-button tj-button--solid",
        [BUTTON_OUTLINE] = "tj-button tj-button--outline",
        [BUTTON_DANGER] = "tj-button tj-button--danger",
    };
    return classes[kind];
}

void button_submit(struct widget_ctx *w, enum button_kind kind, struct str text, struct str name, struct str value)
{
    struct html *h = w->html;

    html_begin(h, HTML_BUTTON, button_class(kind));
    html_attr(h, HTML_TYPE, STR("submit"));
    if (name.at) {
        html_attr(h, HTML_NAME, name);
        html_attr(h, HTML_VALUE, value);
    }
    html_text(h, text);
    html_close(h, HTML_BUTTON);
}

void button_link(struct widget_ctx *w, enum button_kind kind, struct str text, struct str url)
{
    struct html *h = w->html;

    html_begin(h, HTML_A, button_class(kind));
    html_attr_url(h, HTML_HREF, url);
    html_text(h, text);
    html_close(h, HTML_A);
}

void error_summary(struct widget_ctx *w, const struct field_info *const *fields, size_t n)
{
    struct html *h = w->html;
    size_t n_errors = 0;
    const char *count;

    for (size_t i = 0; i < n; i++)
        n_errors += fields[i]->error.at != NULL;
    if (!n_errors)
        return;
    count = arena_printf(w->arena, "%zu", n_errors);
    html_begin(h, HTML_DIV, "tj-notice tj-notice--error");
    html_attr(h, HTML_ROLE, STR("alert"));
    html_element(h, HTML_H2, "tj-notice__heading",
                 message_in(w->arena, w->lang, MSG_FORM_ERROR_SUMMARY, {"count", str_of(count)}));
    html_element(h, HTML_P, NULL, message_text(w->lang, MSG_FORM_ERROR_SUMMARY_HINT));
    html_open(h, HTML_UL);
    for (size_t i = 0; i < n; i++) {
        const char *target;

        if (!fields[i]->error.at)
            continue;
        target = arena_printf(w->arena, "#f-%s", fields[i]->name);
        html_open(h, HTML_LI);
        html_open(h, HTML_A);
        html_attr_url(h, HTML_HREF, str_of(target));
        html_text(h, fields[i]->label);
        html_close(h, HTML_A);
        html_text(h, w->lang == MESSAGE_EN ? STR(": ") : STR("："));
        html_text(h, fields[i]->error);
        html_close(h, HTML_LI);
    }
    html_close(h, HTML_UL);
    html_close(h, HTML_DIV);
}
