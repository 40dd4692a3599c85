#include "guard/survey.h"

#include "guard/survey-inside.h"

#include "base/utf8.h"

#include <errno.h>

static const char *const words[SURVEY_KINDS] = {
#define METADATA(id, word, MSG) [METADATA_##id] = word,
#define HIDDEN(id, word, MSG) [HIDDEN_##id] = word,
#include "guard/survey-kinds.def"
#undef METADATA
#undef HIDDEN
};

static const enum message_key messages[SURVEY_KINDS] = {
#define METADATA(id, word, MSG) [METADATA_##id] = MSG,
#define HIDDEN(id, word, MSG) [HIDDEN_##id] = MSG,
#include "guard/survey-kinds.def"
#undef METADATA
#undef HIDDEN
};

const char *survey_kind_word(enum survey_kind k)
{
    return words[k] ? words[k] : "";
}

enum message_key survey_kind_message(enum survey_kind k)
{
    return messages[k];
}

bool survey_kind_of(const char *word, bool is_hidden, enum survey_kind *ret)
{
    int from = is_hidden ? METADATA_KINDS + 1 : 0, to = is_hidden ? SURVEY_KINDS : METADATA_KINDS;

    for (int k = from; k < to; k++)
        if (!strcmp(words[k], word)) {
            *ret = (enum survey_kind)k;
            return true;
        }
    return false;
}

int survey_init(struct survey *s)
{
    *s = (struct survey){.metadata = json_array(), .hidden = json_array()};
    return s->metadata && s->hidden ? 0 : -ENOMEM;
}

void survey_done(struct survey *s)
{
    json_decref(s->metadata);
    json_decref(s->hidden);
}

static bool is_told(const json_t *list, const char *word, const char *value)
{
    const json_t *f;
    size_t i;

    json_array_foreach (list, i, f)
        if (!strcmp(json_str(f, "kind"), word) && !strcmp(json_str(f, "value"), value))
            return true;
    return false;
}

/* Without NUL bytes and spaces at its ends; a text of UTF-16 loses every other byte, which is enough to know it by. */
static struct str shown(struct str value)
{
    struct str s = {value.at, MIN_OF(value.len, (size_t)SURVEY_VALUE_MAX / 4)};

    while (s.len && (s.at[s.len - 1] == '\0' || s.at[s.len - 1] == ' '))
        s.len--;
    return str_trim(s);
}

void survey_add(struct survey *s, enum survey_kind kind, struct str value)
{
    json_t *list = kind > METADATA_KINDS ? s->hidden : s->metadata;
    CLEANUP(buf_done) struct buf text;
    JSON_AUTO *f = NULL;

    buf_init(&text, SURVEY_VALUE_MAX + 1);
    if (s->error)
        return;
    if (json_array_size(list) >= SURVEY_FINDINGS_MAX) {
        s->is_cut = true;
        return;
    }
    if ((s->error = utf8_print_safe(shown(value), &text)) || (s->error = buf_add(&text, "", 0)) ||
        is_told(list, words[kind], text.at ? text.at : ""))
        return;
    f = json_pack("{s:s, s:s}", "kind", words[kind], "value", text.at ? text.at : "");
    if (!f || json_array_append(list, f))
        s->error = -ENOMEM;
}

void survey_add_text(struct survey *s, enum survey_kind kind, const char *value)
{
    survey_add(s, kind, str_of(value));
}

void survey_add_count(struct survey *s, enum survey_kind kind, uint64_t n, const char *unit)
{
    char text[64];

    (void)snprintf(text, sizeof(text), "%llu%s%s", (unsigned long long)n, *unit ? " " : "", unit);
    survey_add_text(s, kind, text);
}

static bool is_summary(struct str bytes)
{
    static const char name[] = "S\0u\0m\0m\0a\0r\0y\0I\0n\0f\0o\0r\0m\0a\0t\0i\0o\0n";

    return memmem(bytes.at, bytes.len, name, sizeof(name) - 1) != NULL;
}

bool survey_wants(enum content_type type, struct str name)
{
    switch (type) {
    case CONTENT_JPEG:
    case CONTENT_PNG:
    case CONTENT_GIF:
    case CONTENT_WEBP:
    case CONTENT_TIFF:
    case CONTENT_PDF:
    case CONTENT_OLE:
        return true;
    default:
        return survey_is_office_part(name);
    }
}

int survey_bytes(struct survey *s, enum content_type type, struct str name, struct str bytes)
{
    if (bytes.len > SURVEY_BYTES_MAX) {
        survey_add_text(s, METADATA_UNREADABLE, "");
        return s->error;
    }
    if (survey_is_office_part(name))
        survey_office(s, name, bytes);
    if (type == CONTENT_JPEG)
        survey_jpeg(s, bytes);
    else if (type == CONTENT_PNG)
        survey_png(s, bytes);
    else if (type == CONTENT_GIF)
        survey_gif(s, bytes);
    else if (type == CONTENT_WEBP)
        survey_webp(s, bytes);
    else if (type == CONTENT_TIFF)
        survey_tiff(s, bytes, false);
    else if (type == CONTENT_PDF)
        survey_pdf(s, bytes);
    else if (type == CONTENT_OLE && is_summary(bytes))
        survey_add_text(s, METADATA_PROPERTY, "SummaryInformation");
    return s->error;
}
