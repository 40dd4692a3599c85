#include "keeper/clause-operation.h"

#include <errno.h>
#include <stdio.h>

/* The first clause of `texts` that the pack does not have; NULL: it has all of them. */
static const char *unknown_clause(struct operation_context *c, const char *pack, json_t *texts)
{
    const struct pack *packs[64];
    size_t n = engine_packs(c->engine, packs, ARRAY_LEN(packs));
    const struct pack *found = NULL;
    const char *clause;
    json_t *text;

    for (size_t i = 0; i < MIN_OF(n, ARRAY_LEN(packs)); i++)
        if (!strcmp(packs[i]->id, pack))
            found = packs[i];
    json_object_foreach(texts, clause, text)
        if (!found || !pack_clause(found, clause))
            return clause;
    return NULL;
}

int op_clause_text(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    JSON_AUTO *in = NULL;
    const char *clause;
    json_t *texts = json_obj(m, "texts"), *text;
    int r;

    if ((clause = unknown_clause(c, json_str(m, "pack"), texts))) {
        char en[256];

        snprintf(en, sizeof(en), "No adopted pack \"%.60s\" has a clause \"%.60s\". Nothing was taken in.", json_str(m, "pack"),
                 clause);
        return answer_refuse(
            ret_answer, "invalid",
            "採用されている規程にない条項が含まれています。何も取り込んでいません。", en);
    }

    json_object_foreach (texts, clause, text) {
        if (!json_is_string(text))
            return answer_refuse(ret_answer, "invalid", "条文は文字で与えてください。",
                                 "A clause's wording must be text.");
        if ((r = STORE_RUN(c->store, STMT_CLAUSE_TEXT_SET, V_TEXT(json_str(m, "pack")), V_TEXT(clause),
                           V_TEXT(json_string_value(text)), V_TEXT(json_str(m, "digest")))))
            return r;
    }
    in = json_pack("{s:s, s:s, s:I}", "pack", json_str(m, "pack"), "digest", json_str(m, "digest"), "clauses",
                   (json_int_t)json_object_size(texts));
    if (!in)
        return -ENOMEM;
    if ((r = operation_enter(c, "clause-text", "recorded", in, NULL)))
        return r;
    return answer_done(json_object(), ret_answer);
}
