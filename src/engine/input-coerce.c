/* Values of another form, such as literals of rules and cells of tables, as a field holds them. */
#include "engine/input.h"
#include "engine/ref.h"

static bool is_choice(const struct field *f, const json_t *v)
{
    for (size_t i = 0; json_is_string(v) && i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, json_string_value(v)))
            return true;
    return false;
}

/* Does a value have the shape that this type is kept in? */
static bool fits(const struct field *f, const json_t *v)
{
    struct duration d;

    switch (f->type) {
    case FIELD_NUMBER:
        return json_is_integer(v);
    case FIELD_FLAG:
        return json_is_boolean(v);
    case FIELD_CHOICE:
        return is_choice(f, v);
    case FIELD_DAY:
        return when_of(v).kind == WHEN_DAY;
    case FIELD_MONTH:
        return when_of(v).kind == WHEN_MONTH;
    case FIELD_INSTANT:
        return when_of(v).kind == WHEN_INSTANT;
    case FIELD_DURATION:
        return json_is_string(v) && !duration_parse(str_of(json_string_value(v)), &d);
    case FIELD_FILE:
        return json_is_object(v);
    case FIELD_GROUP:
    case FIELD_LIST:
    case FIELD_CHECKLIST:
        for (size_t i = 0; i < json_array_size(v); i++) {
            const json_t *one = json_array_get(v, i);

            if (f->type == FIELD_GROUP ? !json_is_object(one)
                                       : f->type == FIELD_LIST ? !fits(&f->fields[0], one) : !is_choice(f, one))
                return false;
        }
        return json_is_array(v);
    default:
        return json_is_string(v);
    }
}

int input_coerce(const struct field *f, const json_t *value, json_t **ret)
{
    int64_t n;
    int flag;

    *ret = NULL;
    if (input_is_nothing(value))
        return 0;
    if (f->type == FIELD_NUMBER && json_is_string(value)) {
        if (str_to_i64(str_of(json_string_value(value)), INT64_MIN / 2048, INT64_MAX / 2048, &n))
            return 0;
        *ret = json_integer(n);
    } else if (f->type == FIELD_FLAG && json_is_string(value)) {
        if ((flag = input_flag(value)) < 0)
            return 0;
        *ret = json_boolean(flag);
    } else if (f->type == FIELD_DAY && when_of(value).kind == WHEN_INSTANT) {
        *ret = day_json(when_of(value).day);
    } else if (f->type == FIELD_INSTANT && when_of(value).kind == WHEN_DAY) {
        *ret = instant_json(when_of(value).us);
    } else if ((f->type == FIELD_LIST || f->type == FIELD_CHECKLIST) && !json_is_array(value)) {
        *ret = json_pack("[O]", value);
    } else if (field_is_text(f) && json_is_integer(value)) {
        *ret = json_sprintf("%lld", (long long)json_integer_value(value));
    } else {
        *ret = json_copied_deep(value);
    }
    if (!*ret)
        return -ENOMEM;
    if (!fits(f, *ret)) {
        json_decref(*ret);
        *ret = NULL;
    }
    return 0;
}
