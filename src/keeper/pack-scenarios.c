#include "keeper/pack-scenarios.h"

#include "regulation/scenario-file.h"

#include <errno.h>
#include <sodium.h>

#define CANONICAL_MAX ((size_t)4 << 20)

static bool is_text(const json_t *v)
{
    return json_string_length(v) && json_string_length(v) <= PACK_SCENARIO_TITLE_MAX;
}

static bool scenario_ok(const struct pack *pack, const char *id, const json_t *s)
{
    const json_t *clauses = json_arr(s, "clauses");

    if (!*id || strlen(id) > PACK_SCENARIO_TITLE_MAX || !is_text(json_object_get(s, "ja")) || !is_text(json_object_get(s, "en")) ||
        json_array_size(clauses) > pack->n_clauses)
        return false;
    for (size_t i = 0; i < json_array_size(clauses); i++) {
        const char *clause = json_string_value(json_array_get(clauses, i));

        if (!clause || !pack_clause(pack, clause))
            return false;
        for (size_t k = 0; k < i; k++)
            if (!strcmp(json_string_value(json_array_get(clauses, k)), clause))
                return false;
    }
    return true;
}

bool pack_scenarios_ok(const struct pack *pack, const json_t *scenarios)
{
    const char *id;
    json_t *s;

    if (!json_is_object(scenarios) || json_object_size(scenarios) > SCENARIOS_MAX)
        return false;
    json_object_foreach ((json_t *)(uintptr_t)scenarios, id, s)
        if (!scenario_ok(pack, id, s))
            return false;
    return true;
}

int pack_scenarios_save(struct store *store, const char *hash, const json_t *scenarios)
{
    const char *id;
    json_t *s;
    int r = STORE_RUN(store, STMT_CLAUSE_SCENARIO_DROP, V_TEXT(hash));

    json_object_foreach ((json_t *)(uintptr_t)scenarios, id, s) {
        const json_t *clauses = json_arr(s, "clauses");

        for (size_t i = 0; !r && i < json_array_size(clauses); i++)
            r = STORE_RUN(store, STMT_CLAUSE_SCENARIO_ADD, V_TEXT(hash), V_TEXT(json_string_value(json_array_get(clauses, i))),
                          V_TEXT(id), V_TEXT(json_str(s, "ja")), V_TEXT(json_str(s, "en")));
    }
    return r;
}

int pack_scenarios_digest(const json_t *scenarios, char ret[2 * SHA256_SIZE + 1])
{
    CLEANUP(buf_done) struct buf text;
    struct digest d;
    int r;

    buf_init(&text, CANONICAL_MAX);
    if ((r = json_canonical(scenarios, &text, NULL)))
        return r < 0 ? r : -EINVAL;
    d = sha256(buf_str(&text));
    sodium_bin2hex(ret, 2 * SHA256_SIZE + 1, d.bytes, SHA256_SIZE);
    return 0;
}
