#include "web/station-receivers.h"

#include "guard/box-seal.h"

#include <errno.h>
#include <string.h>

#define FIELD "receivers"
#define SENT_MAX 400u /* boxes and lines that are looked at */
#define SHOWN 12      /* characters of a key */

/* The key and what follows it. false: it is no key. */
static bool take_apart(struct str line, struct str *ret_key, struct str *ret_remark)
{
    struct box_public key;
    struct str word;

    line = str_trim(line);
    if (box_public_parse(line, &key) || !str_split(&line, ' ', &word) || !str_split(&line, ' ', ret_key))
        return false;
    *ret_remark = str_trim(line);
    return true;
}

/* The same key twice is one. */
static int add(struct page *p, json_t *lines, struct str line, struct str *ret_error, unsigned number)
{
    struct str key, remark, other, ignored;
    const json_t *one;
    size_t i;

    line = str_trim(line);
    if (!line.len || line.at[0] == '#')
        return 0;
    if (!take_apart(line, &key, &remark)) {
        *ret_error = TF(p, MSG_STATION_RECEIVERS_BAD, {"n", page_text(p, "%u", number)});
        return 0;
    }
    json_array_foreach (lines, i, one)
        if (take_apart(str_of(json_string_value(one)), &other, &ignored) && str_eq(other, key))
            return 0;
    if (json_array_size(lines) == BOX_SLOTS_MAX) {
        *ret_error = TF(p, MSG_STATION_RECEIVERS_MANY, {"n", page_text(p, "%u", BOX_SLOTS_MAX)});
        return 0;
    }
    return json_array_append_new(lines, json_stringn(line.at, line.len)) ? -ENOMEM : 0;
}

int receivers_of_form(struct page *p, const json_t **ret, struct str *ret_error)
{
    json_t *lines = json_array();
    int r = 0;

    if (!page_keep(p, lines))
        return -ENOMEM;
    for (size_t i = 0; !r && i < SENT_MAX; i++) {
        struct str sent = form_get_nth(&p->form, STR(FIELD), i), line;
        unsigned number = 0;

        if (!sent.at)
            break;
        while (!r && str_split(&sent, '\n', &line))
            r = add(p, lines, line, ret_error, ++number);
    }
    if (!r && !ret_error->at && !json_array_size(lines))
        *ret_error = T(p, MSG_STATION_RECEIVERS_MISSING);
    *ret = lines;
    return r;
}

static bool is_among(const json_t *lines, const char *line)
{
    const json_t *one;
    size_t i;

    json_array_foreach (lines, i, one)
        if (!strcmp(json_string_value(one), line))
            return true;
    return false;
}

/* "Name (AbCdEfGhIjKl…)" */
static struct str line_words(struct page *p, const char *line)
{
    struct str key, remark;

    if (!take_apart(str_of(line), &key, &remark))
        return str_of(line);
    return TF(p, MSG_STATION_RECEIVER, {"name", remark.len ? remark : T(p, MSG_STATION_RECEIVER_NAMELESS)}, {"key", (struct str){key.at, MIN_OF(key.len, (size_t)SHOWN)}});
}

static struct str typed_lines(struct page *p, const json_t *known, const json_t *chosen)
{
    struct str text = STR("");
    const json_t *one;
    size_t i;

    json_array_foreach (chosen, i, one)
        if (!json_object_get(known, json_string_value(one)))
            text = page_text(p, "%.*s%s\n", STR_ARG(text), json_string_value(one));
    return text;
}

void receivers_field(struct page *p, const json_t *known, const json_t *chosen, struct str error)
{
    struct field_choice *choices = arena_alloc_n(p->arena, json_object_size(known) + 1, sizeof(*choices));
    const struct field_info info = {.name = FIELD, .label = T(p, MSG_STATION_RECEIVERS), .support = T(p, MSG_STATION_RECEIVERS_SUPPORT), .error = error, .show_optional = true};
    const char *line;
    const json_t *name;
    size_t n = 0;

    if (!choices)
        return;
    json_object_foreach ((json_t *)(uintptr_t)known, line, name)
        choices[n++] = (struct field_choice){.value = str_of(line), .label = line_words(p, line), .is_chosen = is_among(chosen, line)};
    field_checks_and_lines(&p->w, &info, choices, n, T(p, MSG_STATION_RECEIVERS_OTHER), typed_lines(p, known, chosen));
}

void receivers_hidden(struct page *p, const json_t *chosen)
{
    const json_t *one;
    size_t i;

    json_array_foreach (chosen, i, one)
        field_hidden(&p->w, FIELD, str_of(json_string_value(one)));
}

void receivers_show(struct page *p, const json_t *chosen)
{
    const json_t *one;
    size_t i;

    html_open(&p->html, HTML_UL);
    json_array_foreach (chosen, i, one)
        html_element(&p->html, HTML_LI, NULL, line_words(p, json_string_value(one)));
    html_close(&p->html, HTML_UL);
}

struct str receivers_text(struct page *p, const json_t *chosen)
{
    return typed_lines(p, NULL, chosen);
}
