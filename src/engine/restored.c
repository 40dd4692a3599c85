#include "engine/restored.h"

#include "base/json.h"
#include "engine/inside.h"
#include "store/backup.h"

#include <stdio.h>
#include <stdlib.h>

#define SETTING_MAX 4096

static int read_setting(const char *setting, struct restored *ret)
{
    JSON_AUTO *o = NULL;
    const json_t *by, *one;
    size_t i;
    int r = json_parse(str_of(setting), (struct json_limits){SETTING_MAX, 4}, &o, NULL);

    if (r)
        return r < 0 ? r : -EBADMSG;
    *ret = (struct restored){.at_us = (uint64_t)json_int(o, "at"), .shard = json_int(o, "shard"), .n_entries = (uint64_t)json_int(o, "size"),
                             .last_us = (uint64_t)json_int(o, "last")};
    snprintf(ret->file, sizeof(ret->file), "%s", json_str(o, "file"));
    by = json_arr(o, "by");
    if (!ret->at_us || json_array_size(by) > RESTORED_LOOKS)
        return -EBADMSG;
    json_array_foreach (by, i, one) {
        snprintf(ret->looks[i].person, sizeof(ret->looks[i].person), "%s", json_str(one, "person"));
        ret->looks[i].at_us = (uint64_t)json_int(one, "at");
        ret->n_looks++;
    }
    return 0;
}

int restored_get(struct store *s, struct restored *ret)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(s, &row, STMT_META_GET, V_TEXT(META_RESTORED));

    if (r)
        return r == STORE_E_NONE ? RESTORED_E_NONE : store_failed(r);
    return read_setting(rows_text(row, 0), ret);
}

bool restored_shuts(const char *setting)
{
    struct restored r;

    return *setting && (read_setting(setting, &r) || r.n_looks < RESTORED_LOOKS);
}

static int save(struct store *s, const struct restored *r)
{
    JSON_AUTO *o = json_pack("{s:I, s:s, s:I, s:I, s:I, s:[]}", "at", (json_int_t)r->at_us, "file", r->file, "shard", (json_int_t)r->shard, "size",
                             (json_int_t)r->n_entries, "last", (json_int_t)r->last_us, "by");
    char *text;
    int e = o ? 0 : -ENOMEM;

    for (unsigned i = 0; !e && i < r->n_looks; i++)
        if (json_array_append_new(json_object_get(o, "by"), json_pack("{s:s, s:I}", "person", r->looks[i].person, "at", (json_int_t)r->looks[i].at_us)))
            e = -ENOMEM;
    if (e || !(text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS)))
        return -ENOMEM;
    e = store_failed(STORE_RUN(s, STMT_META_SET, V_TEXT(META_RESTORED), V_TEXT(text)));
    free(text);
    return e;
}

int restored_confirm(struct store *s, struct restored *r, const char *person, uint64_t now_us)
{
    struct restored_look *next;

    if (r->n_looks >= RESTORED_LOOKS)
        return RESTORED_E_OPEN;
    for (unsigned i = 0; i < r->n_looks; i++)
        if (!strcmp(r->looks[i].person, person))
            return RESTORED_E_SAME;
    next = &r->looks[r->n_looks++];
    snprintf(next->person, sizeof(next->person), "%s", person);
    next->at_us = now_us;
    return save(s, r);
}
