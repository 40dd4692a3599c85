#include "keeper/copy-operation.h"

#include "engine/record.h"
#include "engine/whole-copy.h"

#include <errno.h>
#include <stdio.h>

#define SAY_MAX 512

static bool channel_of(const json_t *m, enum release_channel *ret)
{
    return release_channel_parse(str_of(json_str(m, "channel")), ret) && release_channel_is_whole(*ret);
}

static int refuse_channel(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "invalid", "全体の写しの種類が正しくありません。", "There is no such copy of everything.");
}

static int refuse_whole(int r, json_t **ret_answer)
{
    switch (r) {
    case WHOLE_COPY_E_NONE:
        return answer_refuse(ret_answer, "none", "その申出はありません。", "There is no such request.");
    case WHOLE_COPY_E_OVER:
        return answer_refuse(ret_answer, "over", "すでに使われたか、終わったか、期限が切れています。", "It was used or ended, or its time is over.");
    default:
        return r < 0 ? r : -EIO;
    }
}

/* ---- to copy ---- */

static int enter_copy(struct operation_context *c, const char *channel, const char *result, int held, const char *copy)
{
    JSON_AUTO *in = json_pack("{s:s, s:I, s:s}", "channel", channel, "confidentiality", (json_int_t)held, "copy", copy);

    return in ? operation_enter(c, "whole-copy", result, in, NULL) : -ENOMEM;
}

/* "" where no directive says how long copies are kept. */
static int kept_until(struct operation_context *c, struct buf *out)
{
    int64_t day = engine_copies_until(c->engine, c->now_us);

    return day == DAY_NONE ? buf_add_text(out, "") : day_print_iso((int32_t)day, out);
}

static int enter_ask(struct operation_context *c, const char *channel, const char *copy, uint64_t until_us, bool is_standing)
{
    CLEANUP(buf_done) struct buf until;
    JSON_AUTO *in = NULL;
    int r;

    buf_init(&until, 64);
    if ((r = instant_print_utc(until_us, &until)))
        return r;
    in = json_pack("{s:s, s:s, s:s, s:b}", "channel", channel, "copy", copy, "until", until.at, "standing", is_standing);
    return in ? operation_enter(c, "whole-copy-ask", "recorded", in, NULL) : -ENOMEM;
}

/* What waits for the second person already, or from now on. */
static int waiting(struct operation_context *c, const char *channel, struct whole_copy *ret)
{
    char id[WHOLE_COPY_ID_SIZE];
    uint64_t until_us = c->now_us + WHOLE_COPY_WAIT_US;
    int r = whole_copy_good(c->store, channel, "asked", false, c->now_us, ret);

    if (r != WHOLE_COPY_E_NONE)
        return r;
    if ((r = whole_copy_ask(c->store, channel, false, until_us, c->person, c->now_us, id)) ||
        (r = enter_ask(c, channel, id, until_us, false)))
        return r;
    r = whole_copy_get(c->store, id, ret);
    return r > 0 ? -EIO : r;
}

static int wait_for_second(struct operation_context *c, const char *channel, int held, json_t **ret_answer)
{
    CLEANUP(buf_done) struct buf until;
    struct whole_copy w;
    char ja[SAY_MAX], en[SAY_MAX];
    int r = waiting(c, channel, &w);

    buf_init(&until, 64);
    if (r || (r = enter_copy(c, channel, "refused", held, w.id)) || (r = instant_print_local(w.until_us, &until)))
        return r;
    snprintf(ja, sizeof(ja),
             "機密性%dの記録を含むため、全体の写しは二人で作ります。%sまでに、管理者が自分の利用者登録で「全体の写し」の画面から%sを承認した後、"
             "もう一度実行してください。",
             held, until.at, w.id);
    snprintf(en, sizeof(en),
             "Records of confidentiality %d are held, so a copy of everything takes two persons. Until %s an administrator may approve %s by his "
             "own account, on the page \"Whole copies\"; then repeat this.",
             held, until.at, w.id);
    return answer_refuse(ret_answer, "second", ja, en);
}

static int refuse_high(struct operation_context *c, const char *channel, int held, json_t **ret_answer)
{
    int r = enter_copy(c, channel, "refused", held, "");

    return r ? r
             : answer_refuse(ret_answer, "forbidden", "規程が全体の写しについて定める上限より機密性の高い記録を含むため、作れません。",
                             "Records are held that are more confidential than a directive lets a copy of everything be.");
}

static int allow(struct operation_context *c, const char *channel, int held, const char *copy, json_t **ret_answer)
{
    CLEANUP(buf_done) struct buf until;
    int r;

    buf_init(&until, 32);
    if ((r = kept_until(c, &until)) || (r = enter_copy(c, channel, "recorded", held, copy)))
        return r;
    return answer_done(json_pack("{s:I, s:s, s:s}", "confidentiality", (json_int_t)held, "copy", copy, "until", until.len ? until.at : ""),
                       ret_answer);
}

/* With what a second person has agreed to; what is good for one copy is used by it. */
static int copy_by_two(struct operation_context *c, enum release_channel channel, int copied, json_t **ret_answer)
{
    const char *name = release_channel_name(channel);
    enum release_answer answer;
    struct whole_copy w;
    int held, r = whole_copy_good(c->store, name, "approved", true, c->now_us, &w);
    bool is_two;

    if (r == WHOLE_COPY_E_NONE)
        r = whole_copy_good(c->store, name, "approved", false, c->now_us, &w);
    is_two = !r;
    if (r && r != WHOLE_COPY_E_NONE)
        return r;
    if ((r = engine_release_whole(c->engine, channel, is_two ? 2 : 1, copied, &held, &answer)))
        return r;
    if (answer != RELEASE_ALLOWED)
        return wait_for_second(c, name, held, ret_answer);
    if (is_two && !w.is_standing && (r = whole_copy_decide(c->store, &w, "used", w.decided_by, w.decided_us)))
        return r < 0 ? r : -EIO;
    return allow(c, name, held, is_two ? w.id : "", ret_answer);
}

static bool is_level(const json_t *m, const char *key)
{
    const json_t *v = json_object_get(m, key);

    return !v || (json_is_integer(v) && json_integer_value(v) >= 0 && json_integer_value(v) <= LABEL_CONFIDENTIALITY_MAX);
}

int op_whole_copy(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    enum release_answer answer;
    enum release_channel channel;
    int held, r, copied = (int)json_int(m, "held"), allowed = (int)json_int(m, "allowed");

    if (!channel_of(m, &channel) || !is_level(m, "held") || !is_level(m, "allowed"))
        return refuse_channel(ret_answer);
    if ((r = engine_release_whole(c->engine, channel, 1, copied, &held, &answer)))
        return r;
    if (allowed && held <= allowed) /* entered when it was allowed */
        return answer_done(json_object(), ret_answer);
    switch (answer) {
    case RELEASE_ALLOWED:
        return allow(c, release_channel_name(channel), held, "", ret_answer);
    case RELEASE_SECOND:
        return copy_by_two(c, channel, copied, ret_answer);
    case RELEASE_SHUT:
        r = enter_copy(c, release_channel_name(channel), "refused", held, "");
        return r ? r : operation_shut(ret_answer);
    default:
        return refuse_high(c, release_channel_name(channel), held, ret_answer);
    }
}

/* ---- standing ones ---- */

int op_whole_copy_ask(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    enum release_channel channel;
    int32_t until, today = day_of_instant(c->now_us);
    char id[WHOLE_COPY_ID_SIZE];
    int r;

    if (!channel_of(m, &channel))
        return refuse_channel(ret_answer);
    if (day_parse_iso(str_of(json_str(m, "until")), &until) || until < today || until > today + WHOLE_COPY_DAYS_MAX)
        return answer_refuse(ret_answer, "invalid", "終わりの日は、今日から366日以内の日を2026-04-10の形で書いてください。",
                             "The last day must lie within 366 days from today; write it as 2026-04-10.");
    if ((r = whole_copy_ask(c->store, release_channel_name(channel), true, instant_of_day(until + 1), c->person, c->now_us, id)) ||
        (r = enter_ask(c, release_channel_name(channel), id, instant_of_day(until + 1), true)))
        return r;
    return answer_done(json_pack("{s:s}", "copy", id), ret_answer);
}

/* ---- deciding ---- */

static int enter_decision(struct operation_context *c, const char *name, const char *result, const struct whole_copy *w)
{
    JSON_AUTO *in = json_pack("{s:s, s:s, s:b}", "channel", w->channel, "copy", w->id, "standing", w->is_standing);

    return in ? operation_enter(c, name, result, in, NULL) : -ENOMEM;
}

static int decide(struct operation_context *c, const char *name, const struct whole_copy *w, const char *to, json_t **ret_answer)
{
    int r = whole_copy_decide(c->store, w, to, c->person, c->now_us);

    if (r)
        return refuse_whole(r, ret_answer);
    r = enter_decision(c, name, "recorded", w);
    return r ? r : answer_done(json_object(), ret_answer);
}

int op_whole_copy_approve(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct whole_copy w;
    int r = whole_copy_get(c->store, json_str(m, "copy"), &w);

    if (r)
        return refuse_whole(r, ret_answer);
    if (!*c->login || !strcmp(w.asked_by, c->person)) {
        r = enter_decision(c, "whole-copy-approve", "refused", &w);
        return r ? r
                 : answer_refuse(ret_answer, "forbidden", "申し出た本人は承認できません。別の管理者が画面から承認してください。",
                                 "Who asked for it cannot approve it. An administrator has to, on the pages.");
    }
    if (strcmp(w.state, "asked") != 0 || !whole_copy_is_open(&w, c->now_us))
        return refuse_whole(WHOLE_COPY_E_OVER, ret_answer);
    return decide(c, "whole-copy-approve", &w, "approved", ret_answer);
}

int op_whole_copy_end(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    struct whole_copy w;
    int r = whole_copy_get(c->store, json_str(m, "copy"), &w);

    if (r)
        return refuse_whole(r, ret_answer);
    if (!whole_copy_is_open(&w, c->now_us))
        return refuse_whole(WHOLE_COPY_E_OVER, ret_answer);
    return decide(c, "whole-copy-end", &w, "ended", ret_answer);
}
