/* See frame.h. */
#include "web/frame.h"

#include "web/asset.h"

void frame_init(struct widget_ctx *w, struct html *html, struct http_request *req, struct http_response *resp,
                enum message_lang lang)
{
    html_init(html, &resp->body, false);
    *w = (struct widget_ctx){.html = html, .arena = req->arena, .lang = lang};
}

static void style_link(struct html *h, enum asset_id id)
{
    html_open(h, HTML_LINK);
    html_attr(h, HTML_REL, STR("stylesheet"));
    html_attr_url(h, HTML_HREF, str_of(asset_get(id)->url));
}

static void write_head(struct widget_ctx *w, const struct frame_info *info)
{
    struct html *h = w->html;

    html_open(h, HTML_HEAD);
    html_open(h, HTML_META);
    html_attr(h, HTML_CHARSET, STR("utf-8"));
    html_open(h, HTML_META);
    html_attr(h, HTML_NAME, STR("viewport"));
    html_attr(h, HTML_CONTENT, STR("width=device-width, initial-scale=1"));
    html_element(h, HTML_TITLE, NULL,
                 message_in(w->arena, w->lang, MSG_PAGE_TITLE, {"page", info->window.at ? info->window : info->title},
                            {"program", message_text(w->lang, MSG_PROGRAM_NAME)}));
    style_link(h, ASSET_TOKENS_CSS);
    style_link(h, ASSET_TSUJIBAN_CSS);
    html_open(h, HTML_LINK);
    html_attr(h, HTML_REL, STR("icon"));
    html_attr_url(h, HTML_HREF, str_of(asset_get(ASSET_ICON_SVG)->url));
    html_open(h, HTML_SCRIPT);
    html_attr_url(h, HTML_SRC, str_of(asset_get(ASSET_IME_JS)->url));
    html_attr_if(h, HTML_DEFER, true);
    html_close(h, HTML_SCRIPT);
    html_open(h, HTML_SCRIPT);
    html_attr_url(h, HTML_SRC, str_of(asset_get(ASSET_UPLOAD_JS)->url));
    html_attr_if(h, HTML_DEFER, true);
    html_close(h, HTML_SCRIPT);
    html_close(h, HTML_HEAD);
}

/* Closed on a narrow screen until somebody opens it; on a wide one the style shows what is in it and no heading. */
static void more_begin(struct widget_ctx *w, struct str summary)
{
    html_begin(w->html, HTML_DETAILS, "tj-more");
    html_element(w->html, HTML_SUMMARY, NULL, summary);
    html_begin(w->html, HTML_DIV, "tj-more__body");
}

static void more_end(struct widget_ctx *w)
{
    html_close(w->html, HTML_DIV);
    html_close(w->html, HTML_DETAILS);
}

static void write_user(struct widget_ctx *w, const struct frame_info *info)
{
    struct html *h = w->html;

    if (!info->user_name.at)
        return;
    html_begin(h, HTML_DIV, "tj-user");
    html_begin(h, HTML_P, "tj-user__name");
    html_element(h, HTML_SPAN, "tj-user__post", info->user_post);
    html_text(h, STR(" "));
    html_element(h, HTML_STRONG, NULL, info->user_name);
    html_close(h, HTML_P);
    html_begin(h, HTML_A, "tj-user__password");
    html_attr_url(h, HTML_HREF, STR("/password"));
    html_text(h, message_text(w->lang, MSG_PAGE_PASSWORD));
    html_close(h, HTML_A);
    html_begin(h, HTML_A, "tj-user__password");
    html_attr_url(h, HTML_HREF, STR("/tokens"));
    html_text(h, message_text(w->lang, MSG_PAGE_TOKENS));
    html_close(h, HTML_A);
    html_begin(h, HTML_A, "tj-user__password");
    html_attr_url(h, HTML_HREF, STR("/settings"));
    html_text(h, message_text(w->lang, MSG_CONTACT_TITLE));
    html_close(h, HTML_A);
    form_begin(w, STR("/sign-out"), info->csrf, false);
    button_submit(w, BUTTON_OUTLINE, message_text(w->lang, MSG_PAGE_SIGN_OUT), STR_NONE, STR_NONE);
    form_end(w);
    html_close(h, HTML_DIV);
}

/* Moving the demonstration clock forward: by an hour, to the next morning, or to a moment typed in. */
static void write_clock(struct widget_ctx *w, const struct frame_info *info)
{
    struct html *h = w->html;

    html_begin(h, HTML_DIV, "tj-clock");
    html_attr(h, HTML_ROLE, STR("region"));
    html_attr(h, HTML_ARIA_LABEL, message_text(w->lang, MSG_PAGE_CLOCK));
    html_element(h, HTML_P, "tj-clock__now", message_in(w->arena, w->lang, MSG_PAGE_CLOCK_BANNER, {"time", info->clock_time}));
    if (info->csrf.at) {
        more_begin(w, message_in(w->arena, w->lang, MSG_PAGE_CLOCK_SHORT, {"time", info->clock_time}));
        form_begin(w, STR("/clock"), info->csrf, false);
        field_hidden(w, "back", info->here.at ? info->here : STR("/"));
        button_submit(w, BUTTON_OUTLINE, message_text(w->lang, MSG_PAGE_CLOCK_HOUR), STR("by"), STR("hour"));
        button_submit(w, BUTTON_OUTLINE, message_text(w->lang, MSG_PAGE_CLOCK_MORNING), STR("by"), STR("morning"));
        html_begin(h, HTML_INPUT, "tj-input");
        html_attr(h, HTML_NAME, STR("to"));
        html_attr(h, HTML_ARIA_LABEL, message_text(w->lang, MSG_PAGE_CLOCK_TO));
        html_attr(h, HTML_PLACEHOLDER, STR("2026-06-01 09:00"));
        html_attr(h, HTML_AUTOCOMPLETE, STR("off"));
        button_submit(w, BUTTON_OUTLINE, message_text(w->lang, MSG_PAGE_CLOCK_MOVE), STR("by"), STR("typed"));
        form_end(w);
        more_end(w);
    }
    html_close(h, HTML_DIV);
}

static void write_language(struct widget_ctx *w, const struct frame_info *info)
{
    bool is_en = w->lang == MESSAGE_EN;

    if (!info->here.at)
        return;
    html_begin(w->html, HTML_DIV, "tj-language");
    html_attr(w->html, HTML_LANG, str_of(message_lang_tag(is_en ? MESSAGE_JA : MESSAGE_EN)));
    form_begin(w, STR("/language"), STR_NONE, false);
    field_hidden(w, "back", info->here);
    button_submit(w, BUTTON_OUTLINE, is_en ? STR("日本語") : STR("English"), STR("lang"), is_en ? STR("ja") : STR("en"));
    form_end(w);
    html_close(w->html, HTML_DIV);
}

/* A plain GET: what was searched for can be bookmarked, and comes back with the way back. */
static void write_search(struct widget_ctx *w, const struct frame_info *info)
{
    struct html *h = w->html;

    if (!info->has_search)
        return;
    html_begin(h, HTML_FORM, "tj-search");
    html_attr(h, HTML_ROLE, STR("search"));
    html_attr_url(h, HTML_ACTION, STR("/search"));
    html_attr(h, HTML_METHOD, STR("get"));
    html_begin(h, HTML_LABEL, "tj-search__label");
    html_attr(h, HTML_FOR, STR("search-words"));
    html_text(h, message_text(w->lang, MSG_SEARCH_BOX));
    html_close(h, HTML_LABEL);
    html_begin(h, HTML_INPUT, "tj-input");
    html_attr(h, HTML_ID, STR("search-words"));
    html_attr(h, HTML_TYPE, STR("search"));
    html_attr(h, HTML_NAME, STR("q"));
    if (info->searched.at)
        html_attr(h, HTML_VALUE, info->searched);
    html_attr(h, HTML_AUTOCOMPLETE, STR("off"));
    button_submit(w, BUTTON_OUTLINE, message_text(w->lang, MSG_SEARCH_GO), STR_NONE, STR_NONE);
    html_close(h, HTML_FORM);
}

/* On a narrow screen the number of unread notices stands in the head, too. */
static void write_bell(struct widget_ctx *w, const struct frame_info *info)
{
    struct html *h = w->html;

    if (!info->user_name.at)
        return;
    html_begin(h, HTML_A, "tj-bell");
    html_attr_url(h, HTML_HREF, STR("/notices"));
    html_element(h, HTML_SPAN, NULL, message_text(w->lang, MSG_PAGE_BELL));
    for (size_t i = 0; i < info->n_nav; i++)
        if (info->nav[i].count.at)
            html_element(h, HTML_SPAN, "tj-count", info->nav[i].count);
    html_close(h, HTML_A);
}

static void write_header(struct widget_ctx *w, const struct frame_info *info)
{
    struct html *h = w->html;

    html_begin(h, HTML_HEADER, "tj-header");
    html_begin(h, HTML_A, "tj-header__name");
    html_attr_url(h, HTML_HREF, STR("/"));
    html_element(h, HTML_SPAN, "tj-header__program", message_text(w->lang, MSG_PROGRAM_NAME));
    if (info->force_name.at)
        html_element(h, HTML_SPAN, "tj-header__force", info->force_name);
    html_close(h, HTML_A);
    write_bell(w, info);
    more_begin(w, message_text(w->lang, MSG_PAGE_MORE));
    write_search(w, info);
    write_user(w, info);
    write_language(w, info);
    more_end(w);
    html_close(h, HTML_HEADER);
    if (info->clock_time.at)
        write_clock(w, info);
}

static void write_nav(struct widget_ctx *w, const struct frame_info *info)
{
    struct html *h = w->html;

    if (!info->n_nav)
        return;
    html_begin(h, HTML_NAV, "tj-nav");
    html_attr(h, HTML_ARIA_LABEL, message_text(w->lang, MSG_PAGE_NAV));
    html_begin(h, HTML_UL, "tj-nav__list");
    for (size_t i = 0; i < info->n_nav; i++) {
        const struct nav_item *item = &info->nav[i];

        html_begin(h, HTML_LI, item->starts_group ? "tj-nav__item tj-nav__item--group" : "tj-nav__item");
        html_begin(h, HTML_A, "tj-nav__link");
        html_attr_url(h, HTML_HREF, item->url);
        if (item->is_current)
            html_attr(h, HTML_ARIA_CURRENT, STR("page"));
        html_element(h, HTML_SPAN, NULL, item->text);
        if (item->count.at)
            html_element(h, HTML_SPAN, "tj-count", item->count);
        html_close(h, HTML_A);
        html_close(h, HTML_LI);
    }
    html_close(h, HTML_UL);
    html_close(h, HTML_NAV);
}

static void write_crumbs(struct widget_ctx *w, const struct frame_info *info)
{
    struct html *h = w->html;

    if (!info->n_crumbs)
        return;
    html_begin(h, HTML_NAV, "tj-crumbs");
    html_attr(h, HTML_ARIA_LABEL, message_text(w->lang, MSG_PAGE_BREADCRUMBS));
    html_open(h, HTML_OL);
    for (size_t i = 0; i < info->n_crumbs; i++) {
        html_open(h, HTML_LI);
        if (info->crumbs[i].url.at) {
            html_open(h, HTML_A);
            html_attr_url(h, HTML_HREF, info->crumbs[i].url);
            html_text(h, info->crumbs[i].text);
            html_close(h, HTML_A);
        } else {
            html_open(h, HTML_SPAN);
            html_attr(h, HTML_ARIA_CURRENT, STR("page"));
            html_text(h, info->crumbs[i].text);
            html_close(h, HTML_SPAN);
        }
        html_close(h, HTML_LI);
    }
    html_close(h, HTML_OL);
    html_close(h, HTML_NAV);
}

void frame_begin(struct widget_ctx *w, const struct frame_info *info)
{
    struct html *h = w->html;

    html_open(h, HTML_HTML);
    html_attr(h, HTML_LANG, str_of(message_lang_tag(w->lang)));
    write_head(w, info);
    html_open(h, HTML_BODY);
    html_begin(h, HTML_A, "tj-skip");
    html_attr_url(h, HTML_HREF, STR("#main"));
    html_text(h, message_text(w->lang, MSG_PAGE_SKIP));
    html_close(h, HTML_A);
    write_header(w, info);
    if (info->printed.at)
        html_element(h, HTML_P, "tj-printed", info->printed);
    html_begin(h, HTML_DIV, info->n_nav ? "tj-body" : "tj-body tj-body--alone");
    write_nav(w, info);
    html_begin(h, HTML_MAIN, "tj-main");
    html_attr(h, HTML_ID, STR("main"));
    html_attr_number(h, HTML_TABINDEX, -1);
    write_crumbs(w, info);
    html_element(h, HTML_H1, NULL, info->title);
}

void frame_end(struct widget_ctx *w)
{
    struct html *h = w->html;

    html_close(h, HTML_MAIN);
    html_close(h, HTML_DIV);
    html_begin(h, HTML_FOOTER, "tj-footer");
    html_element(h, HTML_P, NULL, message_text(w->lang, MSG_PAGE_FOOTER));
    html_close(h, HTML_FOOTER);
    html_close(h, HTML_BODY);
    html_close(h, HTML_HTML);
}

int frame_finish(struct widget_ctx *w)
{
    int r = html_end(w->html);

    return r ? r : arena_error(w->arena); /* texts that there was no memory for are empty */
}
