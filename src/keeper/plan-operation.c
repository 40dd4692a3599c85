#include "keeper/plan-operation.h"

#include "base/codec.h"
#include "base/utf8.h"
#include "force/account.h"
#include "force/plan.h"
#include "keeper/account-held.h"
#include "keeper/account-operation.h"
#include "keeper/force-operation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define TITLE_MAX 200u /* characters */
#define PLAN_FILE "plan.csv" /* what the table is called in a problem */

static int32_t today(const struct operation_context *c)
{
    return day_of_instant(c->now_us);
}

/* Judge the table as it stands. A fault is an answer: *ret_plan stays NULL then. */
static int read_table(struct operation_context *c, struct str body, struct plan **ret_plan, json_t **ret_answer)
{
    struct diag problems;
    int r;

    diag_init(&problems);
    r = plan_read(engine_force(c->engine), PLAN_FILE, body, today(c), ret_plan, &problems);
    if (r == PLAN_E_INVALID)
        r = answer_problems(&problems, "計画に誤りがあります。何も保存していません。",
                            "The plan has faults. Nothing was kept.", ret_answer);
    diag_done(&problems);
    return r;
}

/* ---- save ---- */

static int new_id(struct operation_context *c, char ret[40])
{
    ROWS_AUTO *row = NULL;
    char name[40];
    int32_t year = year_of_instant(c->now_us);
    int r;

    snprintf(name, sizeof(name), "PLAN-%d", (int)year);
    if ((r = STORE_RUN(c->store, STMT_COUNTER_NEXT, V_TEXT(name))) ||
        (r = STORE_ONE(c->store, &row, STMT_COUNTER_GET, V_TEXT(name))))
        return store_errno(r);
    snprintf(ret, 40, "PLAN-%d-%04" PRId64, (int)year, rows_int(row, 0));
    return 0;
}

/* The plan by id while it can be changed; otherwise *ret_answer. */
static int find_draft(struct operation_context *c, const char *id, struct rows **ret_row, json_t **ret_answer)
{
    int r = STORE_ONE(c->store, ret_row, STMT_PLAN_GET, V_TEXT(id));

    if (r == STORE_E_NONE)
        return answer_refuse(ret_answer, "none", "その計画はありません。",
                             "There is no such plan.");
    if (r)
        return store_errno(r);
    if (strcmp(rows_text(*ret_row, 1), "draft"))
        return answer_refuse(ret_answer, "over",
                             "その計画はすでに採用されたか、取りやめられています。",
                             "That plan has been adopted or dropped already.");
    return 0;
}

/* 0: a good title; positive: it is not; -ENOMEM. */
static int check_title(struct str title)
{
    return title.len && utf8_count(title) <= TITLE_MAX ? utf8_check_nfc(title) : 1;
}

/* Which persons are in it could be guessed back from a digest, so only counts go in. */
static int enter(struct operation_context *c, const char *name, const char *id, const struct plan *p)
{
    JSON_AUTO *in = json_pack("{s:s, s:I, s:I}", "plan", id, "rows", (json_int_t)p->n_rows, "persons",
                              (json_int_t)p->n_persons);

    return in ? operation_enter(c, name, "recorded", in, NULL) : -ENOMEM;
}

static int keep(struct operation_context *c, const char *id, struct str title, int32_t from, struct str body)
{
    struct digest d = sha256(body);
    struct digest_text digest = digest_text(&d);
    int r = STORE_RUN(c->store, STMT_PLAN_SAVE, V_TEXT(id), V_STR(title), V_INT(from), V_STR(body), V_TEXT(digest.at),
                      V_TEXT(c->person), V_INT(c->now_us));
    return store_errno(r);
}

static int save(struct operation_context *c, const char *id, struct str title, struct str body, const struct plan *p)
{
    int r = keep(c, id, title, p->days[0], body);

    return r ? r : enter(c, "plan-save", id, p);
}

int plan_hold(struct operation_context *c, struct str title, struct str body, char ret_id[PLAN_ID_SIZE])
{
    int r = new_id(c, ret_id);

    return r ? r : keep(c, ret_id, title, today(c), body);
}

int op_plan_save(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(plan_freep) struct plan *p = NULL;
    ROWS_AUTO *row = NULL;
    struct str title = str_trim(str_of(json_str(m, "title"))), body = str_of(json_str(m, "body"));
    const char *given = json_str(m, "plan");
    char id[40];
    int r;

    if ((r = check_title(title)) < 0)
        return r;
    if (r)
        return answer_refuse(ret_answer, "title", "計画の名前を200字以内で書いてください。",
                             "A plan needs a name of at most 200 characters.");
    if (*given && ((r = find_draft(c, given, &row, ret_answer)) || *ret_answer))
        return r;
    if ((r = read_table(c, body, &p, ret_answer)) || !p)
        return r;
    snprintf(id, sizeof(id), "%s", given);
    if ((!*given && (r = new_id(c, id))) || (r = save(c, id, title, body, p)))
        return r;
    return answer_done(json_pack("{s:s, s:I, s:I, s:I}", "plan", id, "rows", (json_int_t)p->n_rows,
                                 "persons", (json_int_t)p->n_persons, "from",
                                 (json_int_t)p->days[0]),
                       ret_answer);
}

/* ---- drop ---- */

int op_plan_drop(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    ROWS_AUTO *row = NULL;
    JSON_AUTO *in = json_pack("{s:s}", "plan", json_str(m, "plan"));
    const char *id = json_str(m, "plan");
    int r = find_draft(c, id, &row, ret_answer);

    if (r || *ret_answer)
        return r;
    if (!in)
        return -ENOMEM;
    if ((r = STORE_RUN(c->store, STMT_PLAN_DECIDE, V_TEXT(id), V_TEXT("dropped"), V_TEXT(""), V_TEXT(c->person),
                       V_INT(c->now_us))))
        return store_errno(r);
    if ((r = operation_enter(c, "plan-drop", "recorded", in, NULL)))
        return r;
    return answer_done(json_object(), ret_answer);
}

/* ---- adopt ---- */

static int enter_refused(struct operation_context *c, const char *id)
{
    JSON_AUTO *in = json_pack("{s:s}", "plan", id);

    return in ? operation_enter(c, "plan-adopt", "refused", in, NULL) : -ENOMEM;
}

static int refuse_maker(struct operation_context *c, const char *id, json_t **ret_answer)
{
    int r = enter_refused(c, id);

    if (r)
        return r;
    return answer_refuse(ret_answer, "forbidden",
                         "計画を作った本人は採用を決められません。別の管理者が採用してください。",
                         "Who made a plan cannot adopt it. Another administrator has to.");
}

static int adopt(struct operation_context *c, const char *id, struct str body, const struct plan *p)
{
    int r = force_save_store(p->after, c->store, c->diag);

    if (!r)
        r = store_errno(STORE_RUN(c->store, STMT_PLAN_DECIDE, V_TEXT(id), V_TEXT("adopted"), V_STR(body), V_TEXT(c->person),
                                  V_INT(c->now_us)));
    if (!r)
        r = enter(c, "plan-adopt", id, p);
    if (!r)
        r = operation_next_generation(c);
    if (!r)
        r = engine_force_changed(c->engine, c->log, c->now_us, c->diag);
    return r;
}

/* What was held is kept no longer than it is needed: the force has it then. */
static int adopt_held(struct operation_context *c, const char *id, struct str body, json_t **ret_answer)
{
    CLEANUP(force_unrefp) struct force *force = NULL;
    JSON_AUTO *in = NULL;
    size_t n;
    int r = force_of_held(body, &force, ret_answer);

    if (r || !force)
        return r;
    force_persons(force, &n);
    in = json_pack("{s:s, s:I}", "plan", id, "persons", (json_int_t)n);
    if (!in)
        return -ENOMEM;
    if ((r = store_errno(STORE_RUN(c->store, STMT_PLAN_DECIDE, V_TEXT(id), V_TEXT("adopted"), V_TEXT("{}"), V_TEXT(c->person), V_INT(c->now_us)))) ||
        (r = operation_enter(c, "force-import", "recorded", in, NULL)) || (r = force_take(c, force)))
        return r;
    return answer_done(json_pack("{s:s, s:I}", "plan", id, "persons", (json_int_t)n), ret_answer);
}

/* Who is given a right is named by its plan, which is kept. */
static int adopt_right(struct operation_context *c, const char *id, struct str body, json_t **ret_answer)
{
    int r = account_take_held(c, id, body);

    if (r > 0) { /* as things stand by now; himself is one who could */
        int e = r == ACCOUNT_E_SELF ? enter_refused(c, id) : 0;

        return e ? e : account_answer(r, ret_answer);
    }
    if (!r)
        r = store_errno(STORE_RUN(c->store, STMT_PLAN_DECIDE, V_TEXT(id), V_TEXT("adopted"), V_STR(body), V_TEXT(c->person), V_INT(c->now_us)));
    return r ? r : answer_done(json_pack("{s:s}", "plan", id), ret_answer);
}

int op_plan_adopt(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(plan_freep) struct plan *p = NULL;
    ROWS_AUTO *row = NULL;
    const char *id = json_str(m, "plan");
    int r = find_draft(c, id, &row, ret_answer);

    if (r || *ret_answer)
        return r;
    if (!strcmp(rows_text(row, 5), c->person))
        return refuse_maker(c, id, ret_answer);
    if (strcmp(rows_text(row, 4), json_str(m, "digest")) || strcmp(engine_setting(c->engine, "generation"), json_str(m, "seen")))
        return answer_refuse(ret_answer, "stale",
                             "見ていた計画か組織・規程が、その後変わりました。もう一度確かめてから"
                             "採用してください。",
                             "The plan, the force or a directive has changed since it was shown. "
                             "Look at it again before adopting it.");
    if (force_is_held(rows_str(row, 3)))
        return adopt_held(c, id, rows_str(row, 3), ret_answer);
    if (account_is_held(rows_str(row, 3)))
        return adopt_right(c, id, rows_str(row, 3), ret_answer);
    if ((r = read_table(c, rows_str(row, 3), &p, ret_answer)) || !p)
        return r;
    if ((r = adopt(c, id, rows_str(row, 3), p)))
        return r;
    return answer_done(json_pack("{s:s, s:I}", "plan", id, "persons", (json_int_t)p->n_persons),
                       ret_answer);
}
