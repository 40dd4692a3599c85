/* See web-gallery-page.h. */
#include "web-gallery-page.h"

#define T(sensible) (g->text.at ? g->text : STR(sensible))

struct gallery {
    struct widget_ctx w;
    struct html html;
    struct str text;
};

static void show_tasks(struct gallery *g)
{
    const struct task_link links[] = {
        {T("借用の申請を承認する"), STR("/records/patrol-loan/12/steps/approve")},
        {T("差し戻す"), STR("/records/patrol-loan/12/steps/return")},
    };
    const struct task tasks[] = {
        {.what = T("点検の結果を確認する"),
         .url = STR("/records/patrol-inspection/7"),
         .register_name = T("サイバーパトロール用スマートフォン点検簿"),
         .record = T("第7号 10月分"),
         .due = STR("2日超過"),
         .is_overdue = true,
         .is_urgent = true,
         .clause = T("第11条第2項"),
         .clause_url = STR("/clauses/11-2")},
        {.links = links,
         .n_links = ARRAY_LEN(links),
         .register_name = T("借用管理簿"),
         .record = T("第12号 試験 花子"),
         .record_url = STR("/records/patrol-loan/12"),
         .about = T("端末 CP-07"),
         .due = STR("あと3日"),
         .clause = T("第8条")},
    };

    html_element(&g->html, HTML_H2, NULL, STR("本日の仕事"));
    task_list(&g->w, tasks, ARRAY_LEN(tasks));
}

static void show_table(struct gallery *g)
{
    static const struct column columns[] = {
        {.heading = {"番号", 6},
         .is_row_heading = true,
         .sort = "descending",
         .sort_url = {"?sort=number", 12}},
        {.heading = {"管理番号", 12}},
        {.heading = {"所属", 6}},
        {.heading = {"状態", 6}},
        {.heading = {"貸出回数", 12}, .is_number = true},
    };
    struct widget_ctx *w = &g->w;
    struct table t;

    html_element(&g->html, HTML_H2, NULL, STR("管理簿"));
    table_begin(w, &t, columns, ARRAY_LEN(columns),
                STR("サイバーパトロール用スマートフォン管理簿"));
    for (int i = 5; i > 0; i--) {
        row_begin(w, &t);
        cell_link(w, &t, str_of(arena_printf(w->arena, "%d", i)), STR("/records/patrol-phone/5"));
        cell_text(w, &t, T("サイ-令8-005"));
        cell_text(w, &t, T("サイバー犯罪対策課"));
        cell_begin(w, &t);
        chip(w, i % 2 ? CHIP_ACTIVE : CHIP_DONE, i % 2 ? STR("貸出中") : STR("保管中"));
        cell_end(w, &t);
        cell_text(w, &t, str_of(arena_printf(w->arena, "%d", i * 137)));
        row_end(w, &t);
    }
    table_end(w, &t);
    page_list(w, 51, 55, 1234, 50, STR("?page=1"), STR("?page=3"));
    table_empty(w);
}

static void show_record(struct gallery *g)
{
    const struct event events[] = {
        {STR("令和8年11月20日 09:12"), STR("2026-11-20T09:12"), T("借用を申請"),
         T("サイバー犯罪対策課 巡査長 試験 花子"), T("SNSの調査のため"), STR("/ledger/2026/118"),
         false},
        {STR("令和8年11月20日 10:40"), STR("2026-11-20T10:40"), T("承認が拒まれました"),
         T("同課 警部補 試験 次郎"), T("第8条第2項"), STR_NONE, true},
        {STR("令和8年11月20日 11:05"), STR_NONE, T("承認"), T("同課 警部 試験 三郎"), STR_NONE,
         STR_NONE, false},
    };

    html_element(&g->html, HTML_H2, NULL, STR("記録"));
    definition_begin(&g->w);
    definition(&g->w, STR("管理番号"), T("サイ-令8-005"));
    definition_open(&g->w, STR("状態"));
    chip(&g->w, CHIP_WARNING, STR("返却期限間近"));
    definition_close(&g->w);
    definition(&g->w, STR("用途"), T("サイバーパトロール\n(夜間を含む)"));
    definition_end(&g->w);
    html_element(&g->html, HTML_H2, NULL, STR("経過"));
    timeline(&g->w, events, ARRAY_LEN(events));
}

static void show_refusal(struct gallery *g)
{
    const struct refusal_clause clauses[] = {
        {T("第8条第2項"), STR("/clauses/8-2"),
         T("承認できるのは警部以上の階級にある者です。あなたは警部補です。")},
        {T("第12条"), STR_NONE, T("今月の点検が済んでいません。")},
    };
    const struct str satisfy[] = {T("警部以上の運用管理者が承認する。"),
                                  T("10月分の点検を記録する。")};

    refusal_box(&g->w,
                &(struct refusal){clauses, ARRAY_LEN(clauses), satisfy, ARRAY_LEN(satisfy), true});
    notice(&g->w, NOTICE_SUCCESS, STR("申請を受け付けました"), T("承認者に知らせました。"));
    notice(&g->w, NOTICE_WARNING, STR("返却期限が近づいています"), STR_NONE);
}

static void show_form(struct gallery *g)
{
    const struct field_info user = {.name = "user", .label = STR("使用者"), .is_required = true};
    const struct field_info from = {
        .name = "from",
        .label = STR("借用の開始日"),
        .is_required = true,
        .error = T("日付として読めません。令和8年11月20日のように入力してください。")};
    const struct field_info count = {.name = "count", .label = STR("台数"), .show_optional = true};
    const struct field_info why = {.name = "why",
                                   .label = STR("使用目的"),
                                   .support = T("調査の対象と方法を具体的に書いてください。"),
                                   .is_required = true,
                                   .error = T("使用目的を入力してください。")};
    const struct field_info kind = {.name = "kind", .label = STR("区分"), .is_required = true};
    const struct field_info parts = {
        .name = "parts", .label = STR("付属品"), .show_optional = true};
    const struct field_info unit = {.name = "unit", .label = STR("所属"), .is_required = true};
    const struct field_info *const all[] = {&user, &from, &count, &why, &kind, &parts, &unit};
    const struct field_choice kinds[] = {{STR("new"), T("新規"), T("初めて借りる"), true},
                                         {STR("again"), T("延長"), STR_NONE, false}};
    const struct field_choice things[] = {{STR("ac"), T("充電器"), STR_NONE, true},
                                          {STR("case"), T("ケース"), STR_NONE, false}};
    const struct field_choice units[] = {{STR("cyber"), T("サイバー犯罪対策課"), STR_NONE, false}};
    struct widget_ctx *w = &g->w;

    html_element(&g->html, HTML_H2, NULL, STR("申請"));
    error_summary(w, all, ARRAY_LEN(all));
    form_begin(w, STR("/records/patrol-loan"), T("token"), true);
    field_text(w, &user, LINE_TEXT, T("試験 花子"), "name");
    field_text(w, &from, LINE_DATE, T("令和8年13月20日"), NULL);
    field_text(w, &count, LINE_NUMBER, STR("1"), NULL);
    field_select(w, &unit, units, ARRAY_LEN(units));
    field_choice(w, &kind, kinds, ARRAY_LEN(kinds));
    field_checks(w, &parts, things, ARRAY_LEN(things));
    field_long_text(w, &why, g->text, 4);
    html_begin(&g->html, HTML_DIV, "tj-actions");
    button_submit(w, BUTTON_SOLID, STR("申請する"), STR("step"), STR("apply"));
    button_link(w, BUTTON_OUTLINE, message_text(w->lang, MSG_FORM_CANCEL), STR("/"));
    button_submit(w, BUTTON_DANGER, STR("廃棄する"), STR("step"), STR("dispose"));
    html_close(&g->html, HTML_DIV);
    form_end(w);
}

int gallery_page(struct http_request *req, struct http_response *resp, enum message_lang lang,
                 struct str text)
{
    struct gallery gallery = {.text = text}, *g = &gallery;
    const struct nav_item nav[] = {
        {T("本日の仕事"), STR("/"), STR("12"), true, false},
        {T("管理簿"), STR("/registers"), STR_NONE, false, false},
        {T("新しい申請"), STR("/new"), STR_NONE, false, false},
        {T("規程"), STR("/clauses"), STR_NONE, false, true},
        {T("台帳"), STR("/ledger"), STR_NONE, false, false},
    };
    const struct breadcrumb crumbs[] = {
        {STR("本日の仕事"), STR("/")}, {T("借用管理簿"), STR("/r")}, {T("第12号"), STR_NONE}};
    const struct frame_info info = {
        .title = T("部品の見本"),
        .force_name = T("試験県警察"),
        .clock_time = STR("令和8年11月20日 09:10"),
        .user_name = T("試験 花子"),
        .user_post = T("サイバー犯罪対策課 巡査長"),
        .csrf = STR("token"),
        .nav = nav,
        .n_nav = ARRAY_LEN(nav),
        .crumbs = crumbs,
        .n_crumbs = ARRAY_LEN(crumbs),
    };

    frame_init(&g->w, &g->html, req, resp, lang);
    frame_begin(&g->w, &info);
    show_tasks(g);
    show_refusal(g);
    show_table(g);
    show_record(g);
    show_form(g);
    graph_view(&g->w, T("つながりの図"), STR("/graph.json"));
    frame_end(&g->w);
    return frame_finish(&g->w);
}
