#include "engine/manifest.h"

#include "engine/attachment.h"
#include "engine/inside.h"
#include "engine/seen.h"

#include <errno.h>
#include <string.h>

static bool is_asked(const struct step *st, const struct field *f)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if (st->asks[i] == f)
            return true;
    return false;
}

static bool is_shown(const struct step *st, const struct field *f)
{
    return f->type == FIELD_FILE && !f->measured && is_asked(st, f);
}

bool step_has_manifest(const struct step *st)
{
    for (size_t i = 0; i < st->n_signs; i++)
        if (is_shown(st, st->signs[i]))
            return true;
    return false;
}

static int file_json(struct stage *sc, const json_t *value, json_t **ret)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    JSON_AUTO *head = NULL;
    json_t *contents;
    int e = attachment_get(sc->e->store, json_str(value, "id"), &a);

    if (!e)
        e = attachment_head(sc->e->store, &a, &head);
    if (e)
        return e > 0 ? -EBADMSG : e;
    if (!(contents = seen_contents(json_obj(head, "seen"))))
        return -ENOMEM;
    *ret = json_pack("{s:s, s:I, s:s, s:s, s:o}", "sha256", json_str(head, "sha256"), "size", (json_int_t)a.size, "state", a.state, "salt",
                     json_str(head, "salt"), "contents", contents);
    return *ret ? 0 : -ENOMEM;
}

static int add_record(struct stage *sc, const char *id, json_t *records)
{
    struct record *r;
    int e = stage_record(sc, id, &r);

    return e ? MIN_OF(e, 0) : json_put_int(records, r->id, r->version);
}

static int add_records(struct stage *sc, const json_t *value, json_t *records)
{
    const json_t *one;
    size_t i;
    int e = json_is_string(value) ? add_record(sc, json_string_value(value), records) : 0;

    json_array_foreach (value, i, one)
        e = e ? e : json_is_string(one) ? add_record(sc, json_string_value(one), records) : 0;
    return e;
}

/* *ret_files: a file was chosen. */
static int add_signed(struct stage *sc, const struct step *st, const struct field *f, json_t *out, bool *ret_files)
{
    json_t *v = NULL, *file = NULL;
    int e = record_value(sc->e->store, sc->hand, f, &v);

    if (e || !v || json_is_null(v))
        return e;
    if (json_object_set(json_obj(out, "signed"), f->id, v))
        return -ENOMEM;
    if (f->type == FIELD_RECORD || (f->type == FIELD_LIST && f->fields->type == FIELD_RECORD))
        return add_records(sc, v, json_obj(out, "records"));
    if (!is_shown(st, f))
        return 0;
    *ret_files = true;
    e = file_json(sc, v, &file);
    return e ? e : json_put(json_obj(out, "files"), f->id, file);
}

static int digest_of(const json_t *out, char ret[MANIFEST_SIZE])
{
    CLEANUP(buf_done) struct buf hex;
    struct digest d;
    int e = ERR_FOLD(json_digest(out, &d, NULL));

    buf_init(&hex, 2 * SHA256_SIZE);
    if (e || (e = hex_print(d.bytes, sizeof(d.bytes), &hex)))
        return e;
    memcpy(ret, hex.at, MANIFEST_SIZE - 1);
    ret[MANIFEST_SIZE - 1] = '\0';
    return 0;
}

int manifest_of(struct stage *sc, const struct step *st, char ret[MANIFEST_SIZE])
{
    JSON_AUTO *out = json_pack("{s:s, s:{}, s:{}, s:{}}", "step", sc->act_name, "signed", "records", "files");
    bool has_files = false;
    int e = out ? 0 : -ENOMEM;

    if (!e && !step_has_manifest(st))
        return 1;
    for (size_t i = 0; !e && i < st->n_signs; i++)
        e = add_signed(sc, st, st->signs[i], out, &has_files);
    if (e)
        return e;
    return has_files ? digest_of(out, ret) : 1;
}
