#include "engine/scenario-forces.h"

#include <errno.h>
#include <stdlib.h>

struct one {
    const char *folder; /* borrowed from the set */
    struct force *force;
};
struct scenario_forces {
    struct one at[SCENARIOS_MAX];
    size_t n;
};

const struct force *scenario_forces_of(const struct scenario_forces *f, const struct scenario *s)
{
    for (size_t i = 0; i < f->n; i++)
        if (!strcmp(f->at[i].folder, s->force))
            return f->at[i].force;
    return NULL;
}

static int load(struct scenario_forces *f, const char *pack_dir, const char *folder, struct diag *diag)
{
    CLEANUP(buf_done) struct buf path;
    int r;

    buf_init(&path, 4096);
    r = buf_printf(&path, "%s/%s", pack_dir, folder);
    if (!r)
        r = force_load_dir(path.at, &f->at[f->n].force, diag);
    if (!r)
        f->at[f->n++].folder = folder;
    return r;
}

int scenario_forces_load(const char *pack_dir, const struct scenario_set *set, struct scenario_forces **ret, struct diag *diag)
{
    CLEANUP(scenario_forces_freep) struct scenario_forces *f = calloc(1, sizeof(*f));
    int r = f ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < set->n_scenarios; i++)
        if (!scenario_forces_of(f, &set->scenarios[i]))
            r = load(f, pack_dir, set->scenarios[i].force, diag);
    if (!r)
        *ret = TAKE(f);
    return r;
}

void scenario_forces_free(struct scenario_forces *f)
{
    for (size_t i = 0; f && i < f->n; i++)
        force_unref(f->at[i].force);
    free(f);
}
