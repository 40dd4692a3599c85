#include "cmd/findings.h"

#include "cmd/home.h"
#include "guard/clean.h"
#include "guard/survey.h"

#include <stdio.h>

static struct str kind_text(const char *kind)
{
    enum survey_kind k;

    if (survey_kind_of(kind, false, &k) || survey_kind_of(kind, true, &k))
        return message_text(home_language(), survey_kind_message(k));
    return str_of(kind);
}

void findings_print(const json_t *list, enum message_key word)
{
    struct str w = message_text(home_language(), word);
    const json_t *f;
    size_t i;

    json_array_foreach (list, i, f) {
        const char *value = json_str(f, "value"), *place = json_str(f, "place");
        struct str kind = kind_text(json_str(f, "kind"));

        printf("  %.*s: %.*s%s%s", STR_ARG(w), STR_ARG(kind), *value ? " " : "", value);
        printf(*place ? "  (%s)\n" : "%s\n", place);
    }
}

void findings_add(const json_t *list, struct buf *out)
{
    const json_t *f;
    size_t i;

    json_array_foreach (list, i, f) {
        const char *value = json_str(f, "value"), *place = json_str(f, "place");
        struct str kind = kind_text(json_str(f, "kind"));

        if (buf_printf(out, "%s%.*s%s%s%s%s%s", out->len ? "; " : "", STR_ARG(kind), *value ? " " : "", value, *place ? " (" : "", place, *place ? ")" : ""))
            return;
    }
}

struct str findings_why(const char *why)
{
    enum message_key text;

    return clean_why_text(why, &text) ? message_text(home_language(), text) : str_of(why);
}
