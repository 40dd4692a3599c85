/* Any bytes as a scenario of a small directive: what is refused is explained, what is taken holds together. */
#include "scratch.h"

#include "regulation/scenario-file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* FUZZ_PACK is the folder of the directive. Read once, which takes longer than a thousand inputs; it never changes. */
static const struct pack *the_pack(void)
{
    static struct pack *pack;

    if (!pack && pack_load_dir(FUZZ_PACK, &pack, NULL))
        abort();
    return pack;
}

static void check_scenario(const struct scenario *s)
{
    assert(s->id[0] != '\0' && s->force);
    for (size_t i = 0; i < s->n_scenes; i++) {
        const struct scene *scene = &s->scenes[i];

        assert(scene->as && scene->reg && scene->act && scene->on && scene->name);
        assert(scene->kind != SCENE_DO || json_is_object(scene->with));
        assert(scene->kind != SCENE_EXPECT_RECORD || json_is_object(scene->fields));
        assert(scene->kind != SCENE_EXPECT_RECORDS || json_is_object(scene->where));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct pack *pack = the_pack();
    struct scenario_set *set = NULL;
    struct scratch scratch;
    struct diag diag;
    int r;

    diag_init(&diag);
    scratch_init(&scratch);
    scratch_write(&scratch, "scenarios/input.yaml", data, size);
    r = scenario_set_load(scratch.path, pack, &set, &diag);
    assert(r >= 0 && (r == 0) == (diag.n_errors == 0) && (r == 0) == (set != NULL));
    for (size_t i = 0; set && i < set->n_scenarios; i++)
        check_scenario(&set->scenarios[i]);
    scenario_set_free(set);
    scratch_done(&scratch);
    diag_done(&diag);
    return 0;
}
