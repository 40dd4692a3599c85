#include "engine/input.h"

#include "base/utf8.h"
#include "engine/input-value.h"
#include "engine/ref.h"

/* ---- all of `with` ---- */

static bool step_asks(const struct step *st, const struct field *f)
{
    for (size_t i = 0; i < st->n_asks; i++)
        if (st->asks[i] == f)
            return true;
    return false;
}

/* Whether a step of that name may be meant: its `from` has the record's state, or none of that name does. */
static bool is_meant(const struct procedure *p, const struct step *st, const char *act, const char *state)
{
    if (strcmp(st->act, act) != 0)
        return false;
    if (word_in(state, st->from, st->n_from))
        return true;
    for (size_t i = 0; i < p->n_steps; i++)
        if (!strcmp(p->steps[i].act, act) && word_in(state, p->steps[i].from, p->steps[i].n_from))
            return false;
    return true;
}

static bool is_asked(const struct stage *sc, const char *act, const struct field *f)
{
    const struct procedure *p = sc->procedure;

    for (size_t i = 0; i < p->n_steps; i++)
        if (is_meant(p, &p->steps[i], act, sc->hand->state) && step_asks(&p->steps[i], f))
            return true;
    return false;
}

static bool is_asked_by_all(const struct stage *sc, const char *act, const struct field *f)
{
    const struct procedure *p = sc->procedure;

    for (size_t i = 0; i < p->n_steps; i++)
        if (is_meant(p, &p->steps[i], act, sc->hand->state) && !step_asks(&p->steps[i], f))
            return false;
    return true;
}

static bool is_signed(const struct procedure *p, const struct field *f)
{
    for (size_t i = 0; i < p->n_steps; i++)
        for (size_t k = 0; k < p->steps[i].n_signs; k++)
            if (p->steps[i].signs[k] == f)
                return true;
    return false;
}

static int not_asked(struct taking *t, const char *act, const struct field *f)
{
    if (strcmp(act, CORRECTION_ACT) != 0)
        return taking_problem(t, f->id, "この手続では入力しない項目です", "is not asked by this step");
    if (is_signed(t->sc->procedure, f))
        return taking_problem(t, f->id,
                       "署名された項目は訂正できません。署名した者が改めて手続をしてください",
                       "was signed and cannot be corrected; who signed it acts anew");
    return taking_problem(t, f->id, "この項目は訂正できません", "cannot be corrected");
}

/* What is measured is given by what measured it only, whatever a person sends. */
static bool is_measured_elsewhere(const struct stage *sc, const struct field *f)
{
    return f->measured && (sc->is_paper || !(sc->measured & f->measured));
}

static int take_field(struct taking *t, const char *act, const char *id, const json_t *v, json_t *values)
{
    const struct field *f = reg_field(t->sc->procedure->reg, id);
    json_t *one = NULL;
    int e;

    if (!f)
        return taking_problem(t, id, "この様式にない項目です", "is not a field of this register");
    if (!is_asked(t->sc, act, f))
        return not_asked(t, act, f);
    if (is_measured_elsewhere(t->sc, f))
        return taking_problem(t, id, "この項目は機器が測って記録します。入力はできません", "is measured and cannot be typed");
    if (input_is_nothing(v))
        return json_object_set_new(values, id, json_null()) ? -ENOMEM : 0;
    e = taking_value(t, f, id, v, &one);
    if (e)
        return e < 0 ? e : 0;
    return json_object_set_new(values, id, one ? one : json_null()) ? -ENOMEM : 0;
}

/* A value that is what stands there already says nothing: in a correction, and where only some of the steps that may be meant ask it,
 * as the form of one of them sends it whichever is judged. */
static int drop_unchanged(struct stage *sc, const char *act, json_t *values)
{
    const struct reg *reg = sc->procedure->reg;
    bool is_correction = !strcmp(act, CORRECTION_ACT);

    for (size_t i = 0; i < reg->n_fields; i++) {
        const json_t *v = json_object_get(values, reg->fields[i].id);
        json_t *is = NULL;
        int e;

        if (!v || (!is_correction && is_asked_by_all(sc, act, &reg->fields[i])))
            continue;
        if ((e = record_value(sc->e->store, sc->hand, &reg->fields[i], &is)))
            return e;
        if (is ? json_equal(is, v) : json_is_null(v))
            json_object_del(values, reg->fields[i].id);
    }
    return 0;
}

int input_take(struct stage *sc, const char *act, const json_t *with, const struct sight *sight, json_t **ret_values,
               json_t **ret_problems)
{
    JSON_AUTO *values = json_object();
    JSON_AUTO *problems = json_array();
    struct taking t = {sc, sight, problems};
    const char *key;
    json_t *v;
    size_t size = 0;
    int e = 0;

    if (!values || !problems)
        return -ENOMEM;
    if (with && !json_is_object(with))
        e = taking_problem(&t, "", "入力の形式が正しくありません", "the input must be an object of named values");
    json_object_foreach((json_t *)(uintptr_t)with, key, v) {
        if (!e)
            e = take_field(&t, act, key, v, values);
    }
    json_object_foreach(values, key, v) {
        const struct field *f = reg_field(sc->procedure->reg, key);

        if (f && !field_is_personal(f))
            size += json_dumpb(v, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY);
    }
    if (!e && size > INPUT_MAX_BYTES)
        e = taking_problem(&t, "", "入力が大きすぎます", "the input is too large");
    if (!e)
        e = drop_unchanged(sc, act, values);
    if (e)
        return e;
    *ret_values = TAKE(values);
    *ret_problems = TAKE(problems);
    return 0;
}

/* ---- corrections ---- */

static int take_reason(struct taking *t, const char *reason, json_t *values)
{
    const struct field *f = record_reason_field(t->sc->arena, 1);
    JSON_AUTO *typed = json_string(reason);
    CLEANUP(buf_done) struct buf plain = {0};
    json_t *v = NULL;
    int e;

    buf_init(&plain, TAKING_TEXT_MAX);
    if (!f || (!typed && utf8_is_valid(str_of(reason))))
        return -ENOMEM;
    if (!typed)
        return taking_problem(t, INPUT_REASON, "使えない文字が含まれています", "holds characters that cannot be used");
    e = taking_fold(typed, &plain); /* full-width spaces say nothing either */
    if (e < 0 && e != -ENOSPC)
        return e;
    if (!e && !str_trim(buf_str(&plain)).len)
        return taking_problem(t, INPUT_REASON, "訂正の理由を入力してください", "say why it is corrected");
    if ((e = taking_value(t, f, INPUT_REASON, typed, &v)))
        return e < 0 ? e : 0;
    return json_object_set_new(values, INPUT_REASON, v) ? -ENOMEM : 0;
}

int input_correction(struct stage *sc, const char *reason, json_t *values, json_t *problems)
{
    struct taking t = {sc, NULL, problems};
    const struct reg *reg = sc->procedure->reg;
    int e = 0;

    if (!json_object_size(values) && !json_array_size(problems))
        e = taking_problem(&t, "", "訂正する項目がありません。新しい値を入力してください",
                    "nothing is corrected; give a new value");
    for (size_t i = 0; !e && i < reg->n_fields; i++)
        if (reg->fields[i].required && json_is_null(json_object_get(values, reg->fields[i].id)))
            e = taking_blank(&t, reg->fields[i].id, &reg->fields[i]);
    return e ? e : take_reason(&t, reason, values);
}

int input_value(struct stage *sc, const struct field *f, const json_t *v, const struct sight *sight, json_t **ret, json_t *problems)
{
    struct taking t = {sc, sight, problems};
    int e;

    *ret = NULL;
    if (input_is_nothing(v))
        return 0;
    e = taking_value(&t, f, f->id, v, ret);
    return MIN_OF(e, 0);
}

int input_required(struct stage *sc, const struct step *st, json_t *problems)
{
    struct taking t = {sc, NULL, problems};
    int e = 0;

    for (size_t i = 0; !e && !st->is_correction && i < st->n_asks; i++)
        if (st->asks[i]->required && !record_has(sc->hand, st->asks[i]))
            e = is_measured_elsewhere(sc, st->asks[i])
                    ? taking_problem(&t, st->asks[i]->id, "この手続は、この項目を測る機器からだけ行えます", "comes from what measures it: the step is not done by hand")
                    : taking_blank(&t, st->asks[i]->id, st->asks[i]);
    return e;
}

int input_others(struct stage *sc, const struct step *st, const json_t *with, const json_t *values,
                 json_t *problems)
{
    struct taking t = {sc, NULL, problems};
    const char *key;
    json_t *v;
    int e = 0;

    json_object_foreach ((json_t *)(uintptr_t)with, key, v) {
        const struct field *f = reg_field(sc->procedure->reg, key);

        if (!e && f && json_object_get(values, key) && !step_asks(st, f))
            e = not_asked(&t, st->act, f);
    }
    return e;
}

/* ---- defaults ---- */

int input_default(struct stage *sc, struct record *r, const struct field *f)
{
    JSON_AUTO *v = NULL;
    JSON_AUTO *typed = NULL;
    struct record *hand = sc->hand;
    int e;

    if (f->initial.kind == REF_NONE || record_has(r, f))
        return 0;
    sc->hand = r;
    e = ref_eval(sc, &f->initial, &v);
    sc->hand = hand;
    if (e || (e = input_coerce(f, v, &typed)) || !typed)
        return e;
    return record_set(r, f, typed, NULL);
}

/* "Permitted at: now" means the now of who permits, not of who applies. */
static bool is_time_of_another_step(const struct stage *sc, const char *act, const struct field *f)
{
    const struct procedure *p = sc->procedure;

    if (f->initial.kind != REF_NOW && f->initial.kind != REF_TODAY)
        return false;
    for (size_t i = 0; i < p->n_steps; i++)
        if (strcmp(p->steps[i].act, act) && !p->steps[i].is_correction &&
            is_asked(sc, p->steps[i].act, f))
            return !is_asked(sc, act, f);
    return false;
}

int input_defaults(struct stage *sc, const char *act)
{
    const struct reg *reg = sc->procedure->reg;
    int e = 0;

    for (size_t i = 0; !e && strcmp(act, CORRECTION_ACT) != 0 && i < reg->n_fields; i++)
        if ((sc->hand->is_new && !is_time_of_another_step(sc, act, &reg->fields[i])) || is_asked(sc, act, &reg->fields[i]))
            e = input_default(sc, sc->hand, &reg->fields[i]);
    return e;
}
