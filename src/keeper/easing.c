#include "keeper/easing.h"

#include "regulation/falls.h"

#define EASING_ARENA_MAX ((size_t)16 << 20)

static int put_eased(json_t *in, const struct fall *falls, size_t n)
{
    JSON_AUTO *list = json_array();

    for (size_t i = 0; list && i < n; i++)
        if (json_array_append_new(list, json_sprintf("%s:%s", easing_name(falls[i].of), falls[i].id)))
            return -ENOMEM;
    return !list ? -ENOMEM : n ? json_put(in, "eases", TAKE(list)) : 0;
}

static int say_unsaid(struct diag *problems, const struct fall *f)
{
    static const char *const parts[] = {[EASES_REGISTER] = "管理簿・様式", [EASES_ROLE] = "役割", [EASES_CHANNEL] = "出口", [EASES_TLP] = "対外表示"};
    CLEANUP(buf_done) struct buf ja;
    CLEANUP(buf_done) struct buf en;
    int r;

    buf_init(&ja, 32768);
    buf_init(&en, 32768);
    r = buf_printf(&ja, "%s「%s」が前の規程より緩くなります（%s）。元に戻すか、directive.yamlの\"eases\"に条項とともに書いてください", parts[f->of], f->title.ja, f->how.ja);
    if (!r)
        r = buf_printf(&en, "the %s \"%s\" asks less than the text before: %s; take it back, or say so with clauses in \"eases\" of directive.yaml",
                       easing_name(f->of), f->id, f->how.en);
    if (!r)
        diag_add_both(problems, DIAG_ERROR, (struct diag_place){0}, DIAG_NO_KEY, en.at, ja.at);
    return r;
}

/* 1: answered. */
static int refuse_unsaid(const struct fall *falls, size_t n, json_t **ret_answer)
{
    struct diag problems;
    int r = 0;

    diag_init(&problems);
    for (size_t i = 0; i < n && !r; i++)
        r = falls[i].is_said ? 0 : say_unsaid(&problems, &falls[i]);
    if (!r && problems.n > 0) {
        r = answer_problems(&problems, "前の規程より緩くなる点に、条項による定めがありません。これまでの規程がそのまま使われます。",
                            "It asks less than the text before it, and does not say so with clauses. The running one stays.", ret_answer);
        r = r ? r : 1;
    }
    diag_done(&problems);
    return r;
}

int easing_judge(struct operation_context *c, const struct pack *pack, json_t *in, json_t **ret_answer)
{
    const struct pack *before = engine_pack_before(c->engine, pack);
    CLEANUP(arena_freep) struct arena *arena = before ? arena_new(EASING_ARENA_MAX) : NULL;
    struct fall *falls;
    size_t n;
    int r;

    if (!before)
        return 0;
    r = arena ? pack_falls(before, pack, arena, &falls, &n) : -ENOMEM;
    if (!r)
        r = refuse_unsaid(falls, n, ret_answer);
    return r ? r : put_eased(in, falls, n);
}
