#include "keeper/force-operation.h"

#include "engine/gain.h"
#include "keeper/plan-operation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define HELD_MAX ((size_t)64 << 20)

/* Names of persons are in these texts and a digest of a small file could be guessed back, so only sizes go in. */
static int force_input(const json_t *files, json_t **ret_in)
{
    JSON_AUTO *sizes = json_object();

    for (int f = 0; f < FORCE_FILES; f++)
        if (!sizes || json_put_int(sizes, force_file_name(f), (int64_t)strlen(json_str(files, force_file_name(f)))))
            return -ENOMEM;
    *ret_in = json_pack("{s:O}", "sizes", sizes);
    return *ret_in ? 0 : -ENOMEM;
}

static int read_files(const json_t *files, struct force **ret, json_t **ret_answer)
{
    struct str texts[FORCE_FILES];
    struct diag problems;
    int r;

    for (int f = 0; f < FORCE_FILES; f++)
        texts[f] = str_of(json_str(files, force_file_name(f)));
    diag_init(&problems);
    r = force_load_texts(texts, ret, &problems);
    if (r == FORCE_E_INVALID)
        r = answer_problems(&problems, "取り込めない行があります。何も変更されていません。",
                            "Some lines cannot be taken in. Nothing has changed.", ret_answer);
    diag_done(&problems);
    return r;
}

bool force_is_held(struct str body)
{
    return str_starts(body, STR("{\"files\":")) || str_eq(body, STR("{}")); /* adopted: what it held is not kept */
}

int force_of_held(struct str body, struct force **ret, json_t **ret_answer)
{
    JSON_AUTO *o = NULL;
    int r = json_parse(body, (struct json_limits){HELD_MAX, 4}, &o, NULL);

    return r ? (r > 0 ? -EBADMSG : r) : read_files(json_obj(o, "files"), ret, ret_answer);
}

int force_take(struct operation_context *c, const struct force *force)
{
    int r = engine_search_renamed(c->engine, force);

    if (!r)
        r = force_save_store(force, c->store, c->diag);
    if (!r)
        r = operation_next_generation(c);
    return r ? r : engine_force_changed(c->engine, c->log, c->now_us, c->diag);
}

static int enter_held(struct operation_context *c, const char *id, size_t n_gains)
{
    JSON_AUTO *in = json_pack("{s:s, s:I}", "plan", id, "gains", (json_int_t)n_gains);

    return in ? operation_enter(c, "force-hold", "recorded", in, NULL) : -ENOMEM;
}

/* How many persons, and the whole of it, wait for the second person. */
static int hold(struct operation_context *c, const json_t *files, size_t n_gains, bool gains_himself, json_t **ret_answer)
{
    JSON_AUTO *o = json_pack("{s:O}", "files", files);
    char *text = o ? json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    char id[PLAN_ID_SIZE], ja[512], en[512];
    int r = text ? plan_hold(c, STR("組織の取込み（二人目の確認待ち）"), str_of(text), id) : -ENOMEM;

    free(text);
    if (!r)
        r = enter_held(c, id, n_gains);
    if (r)
        return r;
    if (!n_gains && gains_himself) {
        bool is_himself = *c->person && force_person(engine_force(c->engine), c->person);

        snprintf(ja, sizeof(ja), "%s、%sとして保留しました。別の管理者が「異動の計画」で確かめて採用します。",
                 is_himself ? "この取込みで、あなた自身の所属又は役割が増えるため"
                            : "取り込んだ方が職員の誰であるか分からず、この取込みで利用者登録のある職員の所属又は役割が増えるため",
                 id);
        snprintf(en, sizeof(en), "By this %s. It is held as %s, for another administrator to look at and adopt.",
                 is_himself ? "you would belong to a unit or hold a role that you do not now"
                            : "somebody who has an account would belong to a unit or hold a role that he does not now, and who imports is not known to be another person",
                 id);
        return answer_refuse(ret_answer, "second", ja, en);
    }
    snprintf(ja, sizeof(ja), "この取込みで、今は見られない機密性3の記録を見られるようになる人がいるため、%sとして保留しました。別の管理者が「異動の計画」で確かめて採用します。", id);
    snprintf(en, sizeof(en), "By this somebody would see records of confidentiality 3 that he does not see now. It is held as %s, for another administrator to look at and adopt.", id);
    return answer_refuse(ret_answer, "second", ja, en);
}

int op_force_import(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(force_unrefp) struct force *force = NULL;
    JSON_AUTO *in = NULL;
    JSON_AUTO *gains = NULL;
    const json_t *files = json_obj(m, "files");
    bool gains_himself = false;
    size_t n;
    int r = read_files(files, &force, ret_answer);

    if (r || !force)
        return r;
    r = engine_gains(c->engine, force, c->now_us, &gains);
    if (!r)
        r = engine_gains_himself(c->engine, force, c->person, c->now_us, &gains_himself);
    if (r)
        return r;
    if (json_array_size(gains) || gains_himself)
        return hold(c, files, json_array_size(gains), gains_himself, ret_answer);
    if ((r = force_input(files, &in)) || (r = operation_enter(c, "force-import", "recorded", in, NULL)) || (r = force_take(c, force)))
        return r;
    force_persons(force, &n);
    return answer_done(json_pack("{s:I}", "persons", (json_int_t)n), ret_answer);
}
