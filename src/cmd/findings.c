#include "cmd/findings.h"

#include "cmd/home.h"
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

/* Reasons of clean.h, and what would be right. */
static const struct {
    const char *why;
    enum message_key text;
} reasons[] = {
    {"unsupported", MSG_CLEAN_UNSUPPORTED},
    {"hidden", MSG_CLEAN_HIDDEN},
    {"orientation", MSG_CLEAN_ORIENTATION},
    {"damaged", MSG_CLEAN_DAMAGED},
    {"left", MSG_CLEAN_LEFT},
    {"failed", MSG_CLEAN_FAILED},
    {"time", MSG_CLEAN_TIME},
    {"no-sandbox", MSG_CLEAN_NO_SANDBOX},
};

struct str findings_why(const char *why)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (!strcmp(reasons[i].why, why))
            return message_text(home_language(), reasons[i].text);
    return str_of(why);
}
