#include "store-place.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

int place_start(struct place *place, enum place_kind kind)
{
    *place = (struct place){.kind = kind};
    snprintf(place->dir, sizeof(place->dir), "/tmp/tsujiban-store-XXXXXX");
    if (!mkdtemp(place->dir))
        return -1;
    if (kind == PLACE_POSTGRES) {
        place->server = pg_server_start();
        if (!place->server) {
            place_stop(place);
            return -1;
        }
    }
    return 0;
}

void place_stop(struct place *place)
{
    pg_server_stop(place->server);
    nftw(place->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *place_fresh(struct place *place)
{
    const char *url;

    switch (place->kind) {
    case PLACE_MEMORY:
        return ":memory:";
    case PLACE_DIR:
        snprintf(place->db, sizeof(place->db), "%s/store-%d", place->dir, place->n++);
        return place->db;
    case PLACE_POSTGRES:
        url = pg_server_database(place->server);
        if (!url)
            return NULL;
        snprintf(place->db, sizeof(place->db), "%s", url);
        return place->db;
    }
    return NULL;
}

const char *place_file(struct place *place, const char *name)
{
    static _Thread_local char paths[4][128];
    static _Thread_local unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", place->dir, name);
    return path;
}

int places_start(struct place *places, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (place_start(&places[i], places[i].kind))
            return -1;
    return 0;
}

void places_stop(struct place *places, size_t n)
{
    for (size_t i = 0; i < n; i++)
        place_stop(&places[i]);
}
