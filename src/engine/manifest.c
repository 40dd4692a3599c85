#include "engine/manifest.h"

#include "engine/digest.h"
#include "engine/attachment.h"
#include "engine/inside.h"
#include "engine/label-of.h"
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

bool step_signs_file(const struct step *st)
{
    for (size_t i = 0; i < st->n_signs; i++)
        if (is_shown(st, st->signs[i]))
            return true;
    return false;
}

bool step_has_manifest(const struct step *st)
{
    return st->has_manifest || step_signs_file(st);
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

static const struct field *content_field(const struct stage *sc, const struct reg *reg)
{
    const struct reg *copies = engine_reg_of_holders(sc->e, reg->id);

    return copies && copies->held_by.content ? reg_field(reg, copies->held_by.content->id) : NULL;
}

static bool has_files(const struct reg *reg)
{
    for (size_t i = 0; i < reg->n_fields; i++)
        if (reg->fields[i].type == FIELD_FILE)
            return true;
    return false;
}

/* "C2I2A1 no-copy" */
static int put_label(struct stage *sc, const struct record *r, json_t *o)
{
    CLEANUP(buf_done) struct buf text;
    struct label l;
    int e = label_of(sc, r, &l);

    buf_init(&text, 1u << 16);
    if (!e)
        e = label_print_short(&l, &text);
    for (size_t i = 0; !e && i < l.restrictions.n; i++)
        e = buf_printf(&text, " %s", l.restrictions.at[i]);
    return e ? e : json_put_strn(o, "label", buf_str(&text));
}

/* What the record holds, however often it was worked on. */
static int held_json(struct stage *sc, struct record *r, json_t **ret)
{
    const struct field *content = content_field(sc, r->reg);
    JSON_AUTO *o = json_object();
    const char *text = "";
    int e = o ? 0 : -ENOMEM;

    if (!e && r->reg->label)
        e = put_label(sc, r, o);
    if (!e && content && !(e = digest_show_text(sc, false, r, content, &text)) && *text)
        e = json_put_str(o, "content", text);
    if (!e && !content && has_files(r->reg))
        e = json_put_int(o, "version", r->version);
    if (!e)
        *ret = TAKE(o);
    return e;
}

static int add_record(struct stage *sc, const struct step *st, const char *id, json_t *records)
{
    json_t *held = NULL;
    struct record *r;
    int e = stage_record(sc, id, &r);

    if (e)
        return MIN_OF(e, 0);
    if (!st->has_manifest)
        return json_put_int(records, r->id, r->version);
    e = held_json(sc, r, &held);
    return e ? e : json_put(records, r->id, held);
}

static int add_records(struct stage *sc, const struct step *st, const json_t *value, json_t *records)
{
    const json_t *one;
    size_t i;
    int e = json_is_string(value) ? add_record(sc, st, json_string_value(value), records) : 0;

    json_array_foreach (value, i, one)
        e = e ? e : json_is_string(one) ? add_record(sc, st, json_string_value(one), records) : 0;
    return e;
}

/* *ret_files: a file was chosen, or a record is named that is bound. */
static int add_signed(struct stage *sc, const struct step *st, const struct field *f, json_t *out, bool *ret_files)
{
    json_t *v = NULL, *file = NULL;
    int e = record_value(sc->e->store, sc->hand, f, &v);

    if (e || !v || json_is_null(v))
        return e;
    if (json_object_set(json_obj(out, "signed"), f->id, v))
        return -ENOMEM;
    if (f->type == FIELD_RECORD || (f->type == FIELD_LIST && f->fields->type == FIELD_RECORD))
        return add_records(sc, st, v, json_obj(out, "records"));
    if (!is_shown(st, f))
        return 0;
    *ret_files = true;
    e = file_json(sc, v, &file);
    return e ? e : json_put(json_obj(out, "files"), f->id, file);
}

static int digest_of(const json_t *out, char ret[MANIFEST_SIZE])
{
    struct digest d;
    int e = ERR_FOLD(json_digest(out, &d, NULL));

    if (!e)
        memcpy(ret, digest_text(&d).at, MANIFEST_SIZE);
    return e;
}

int manifest_of(struct stage *sc, const struct step *st, char ret[MANIFEST_SIZE])
{
    const char *act = arena_printf(sc->arena, "%s/%s", st->procedure->reg->id, st->act);
    JSON_AUTO *out = act ? json_pack("{s:s, s:{}, s:{}, s:{}}", "step", act, "signed", "records", "files") : NULL;
    bool is_any = false;
    int e = out ? 0 : -ENOMEM;

    if (!e && !step_has_manifest(st))
        return 1;
    for (size_t i = 0; !e && i < st->n_signs; i++)
        e = add_signed(sc, st, st->signs[i], out, &is_any);
    if (e)
        return e;
    is_any = is_any || (st->has_manifest && json_object_size(json_obj(out, "records")));
    return is_any ? digest_of(out, ret) : 1;
}

/* ---- what was bound, asked for later ---- */

static int noted_as(struct stage *sc, const struct step *st, const char **ret)
{
    *ret = arena_printf(sc->arena, "%s/manifest", st->act);
    return *ret ? 0 : -ENOMEM;
}

int manifest_note(struct stage *sc, const struct step *st)
{
    char now[MANIFEST_SIZE];
    const char *name;
    int e = st->has_manifest ? noted_as(sc, st, &name) : 1;

    if (!e)
        e = manifest_of(sc, st, now);
    return e ? MIN_OF(e, 0) : record_note_signed(sc->hand, name, now);
}

int manifest_holds(struct stage *sc, const struct step *st)
{
    char now[MANIFEST_SIZE];
    const char *name, *was;
    int e = st->has_manifest ? noted_as(sc, st, &name) : 1;

    if (e)
        return e;
    was = json_str(json_obj(sc->hand->values, "_signed"), name);
    e = manifest_of(sc, st, now);
    return e < 0 ? e : e ? !*was : !strcmp(was, now);
}

