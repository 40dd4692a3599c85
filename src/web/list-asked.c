/* See list-asked.h. */
#include "web/list-asked.h"

#include "engine/record.h"
#include "web/words.h"

#include <errno.h>

bool list_can_choose(const struct field *f)
{
    enum field_type type = field_of_key(f).type;

    return field_is_indexed(f) && type != FIELD_INSTANT && type != FIELD_FILE;
}

/* One of the values a parameter may have, the first when it is absent. 1: another, and *ret is the first. */
static int one_of(const char *asked, const char *const *known, size_t n, const char **ret)
{
    *ret = known[0];
    for (size_t i = 0; i < n; i++)
        if (!strcmp(known[i], asked)) {
            *ret = known[i];
            return 0;
        }
    return *asked ? 1 : 0;
}

static int read_key(struct page *p, struct list_asked *a)
{
    CLEANUP(buf_done) struct buf key;
    json_t *say = NULL;
    int r;

    buf_init(&key, FORM_VALUE_MAX);
    r = engine_list_key(p->worker->engine, p->session.person, a->reg, a->field, a->typed, &key,
                        &say);
    if (r < 0)
        return r;
    if (r) {
        if (!page_keep(p, say))
            return -ENOMEM;
        a->wrong = say_words(p, say);
    } else if (!key.len) {
        return 0;
    }
    a->query.field = a->field->id;
    a->query.key = r ? "" : arena_strdup(p->arena, buf_str(&key)); /* no row has "" */
    return a->query.key ? 0 : -ENOMEM;
}

int list_asked_read(struct page *p, const struct reg *reg,
                    const char *(*get)(struct page *p, struct str name), struct list_asked *ret)
{
    static const char *const sorts[] = {"changed", "opened", "id"};
    const char *field = get(p, STR("field"));
    int r, misfit;

    *ret = (struct list_asked){
        .reg = reg,
        .query = {
            .reg = reg->id, .state = get(p, STR("state")), .field = "", .key = "", .page = 1}};
    misfit = one_of(get(p, STR("sort")), sorts, ARRAY_LEN(sorts), &ret->query.sort);
    if (*ret->query.state && strcmp(ret->query.state, LIST_UNFINISHED) != 0 && strcmp(ret->query.state, LIST_OVER) != 0 &&
        !procedure_state(reg->procedure, ret->query.state)) {
        ret->query.state = "";
        misfit = 1;
    }
    ret->field = *field ? reg_field(reg, field) : NULL;
    if (ret->field && !list_can_choose(ret->field))
        ret->field = NULL;
    if (!ret->field)
        return *field ? 1 : misfit;
    ret->typed = str_of(get(p, STR("key")));
    r = read_key(p, ret);
    return r ? r : misfit;
}

int list_asked_sent(struct page *p, const struct reg *reg, struct list_asked *ret)
{
    int r = list_asked_read(p, reg, page_field, ret);

    if (r > 0)
        r = page_not_found(p);
    else if (!r && ret->wrong.at)
        r = page_problem(p, 422, T(p, MSG_REGISTER_NARROW),
                         page_text(p, "%.*s: %.*s", STR_ARG(text2_words(p, ret->field->title)),
                                   STR_ARG(ret->wrong)));
    else
        return r;
    return r ? r : 1;
}

void list_asked_hidden(struct page *p, const struct list_asked *a)
{
    field_hidden(&p->w, "state", str_of(a->query.state));
    field_hidden(&p->w, "sort", str_of(a->query.sort));
    if (!a->field)
        return;
    field_hidden(&p->w, "field", str_of(a->field->id));
    field_hidden(&p->w, "key", a->typed);
}

/* What is chosen from a list is typed as its id; the rest reads as it was typed. */
static struct str key_words(struct page *p, const struct list_asked *a)
{
    const struct field one = field_of_key(a->field);
    json_t *v;

    switch (one.type) {
    case FIELD_CHOICE:
    case FIELD_PERSON:
    case FIELD_UNIT:
    case FIELD_POST:
        v = page_keep(p, json_stringn(a->typed.at, a->typed.len));
        return v ? value_words(p, &one, v) : a->typed;
    case FIELD_FLAG:
        return value_words(p, &one, str_eq(a->typed, STR("yes")) ? json_true() : json_false());
    default:
        return a->typed;
    }
}

struct str list_asked_words(struct page *p, const struct list_asked *a)
{
    const char *state = a->query.state;
    struct str by = !strcmp(state, LIST_UNFINISHED) ? T(p, MSG_REGISTER_OPEN)
                    : !strcmp(state, LIST_OVER) ? T(p, MSG_REGISTER_OVER)
                    : *state               ? state_words(p, a->reg, state)
                                           : STR("");

    if (*a->query.field)
        by = page_text(p, "%.*s%s%.*s＝%.*s", STR_ARG(by), by.len ? "　" : "", STR_ARG(text2_words(p, a->field->title)),
                       STR_ARG(key_words(p, a)));
    return by.len ? TF(p, MSG_REGISTER_NARROWED, {"by", by}) : STR_NONE;
}

struct str list_asked_url(struct page *p, const struct list_asked *a, unsigned number)
{
    struct str url =
        page_text(p, "%.*s?state=%.*s&sort=%s&page=%u", STR_ARG(register_url(p, a->reg->id)),
                  STR_ARG(page_encoded(p, str_of(a->query.state))), a->query.sort, number);

    if (!a->field)
        return url;
    return page_text(p, "%.*s&field=%s&key=%.*s", STR_ARG(url), a->field->id,
                     STR_ARG(page_encoded(p, a->typed)));
}

struct str list_asked_url_at(struct page *p, const struct list_asked *a, unsigned number, const char *side, const char *place)
{
    return page_text(p, "%.*s&%s=%.*s", STR_ARG(list_asked_url(p, a, number)), side, STR_ARG(page_encoded(p, str_of(place))));
}
