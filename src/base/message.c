/* See message.h.  `message_table` is made by tools/message-table.c. */
#include "base/message.h"

#include "base/message-table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define MESSAGE_SIZE_MAX (64u * 1024)

static_assert(ARRAY_LEN(message_table) == MESSAGE_COUNT, "keys and table come from one run");

enum message_lang message_lang_of(struct str tag)
{
    if (tag.len >= 2 && str_eq_nocase((struct str){tag.at, 2}, STR("en")) && (tag.len == 2 || tag.at[2] == '-'))
        return MESSAGE_EN;
    return MESSAGE_JA;
}

const char *message_lang_tag(enum message_lang lang)
{
    return lang == MESSAGE_EN ? "en" : "ja";
}

struct str message_text(enum message_lang lang, enum message_key key)
{
    assert(key < MESSAGE_COUNT);
    return message_table[key].text[lang == MESSAGE_EN];
}

/* The name between the braces that begin at text[at]: of small letters, digits and '_'. What else stands in braces is as it stands there, and "" here. */
static struct str name_at(struct str text, size_t at)
{
    struct str name = {text.at + at + 1, 0};

    while (at + 1 + name.len < text.len && ((name.at[name.len] >= 'a' && name.at[name.len] <= 'z') ||
                                            (name.at[name.len] >= '0' && name.at[name.len] <= '9') || name.at[name.len] == '_'))
        name.len++;
    return at + 1 + name.len < text.len && name.at[name.len] == '}' ? name : STR("");
}

static const struct message_arg *arg_of(struct str name, const struct message_arg *args, size_t n_args)
{
    for (size_t i = 0; i < n_args; i++)
        if (str_eq(name, str_of(args[i].name)))
            return &args[i];
    return NULL;
}

static struct str arg_text(const struct message_arg *arg, enum message_lang lang)
{
    if (arg->is_word)
        return message_text(lang, arg->word);
    return lang == MESSAGE_JA && arg->ja.at ? arg->ja : arg->value;
}

int message_print_args(struct buf *out, enum message_lang lang, enum message_key key, const struct message_arg *args,
                       size_t n_args)
{
    struct str text = message_text(lang, key);
    size_t plain = 0;
    bool missing = false;

    for (size_t at = 0; at < text.len; at++) {
        const struct message_arg *arg;
        struct str name;

        if (text.at[at] != '{' || !(name = name_at(text, at)).len)
            continue;
        arg = arg_of(name, args, n_args);
        if (!arg) {
            missing = true;
            continue;
        }
        buf_add(out, text.at + plain, at - plain);
        buf_add_str(out, arg_text(arg, lang));
        at += name.len + 1;
        plain = at + 1;
    }
    buf_add(out, text.at + plain, text.len - plain);
    if (buf_error(out))
        return buf_error(out);
    return missing ? -EINVAL : 0;
}

struct number_text message_number(uint64_t n)
{
    struct number_text t;

    snprintf(t.text, sizeof(t.text), "%" PRIu64, n);
    return t;
}

struct number_text message_integer(int64_t n)
{
    struct number_text t;

    snprintf(t.text, sizeof(t.text), "%" PRId64, n);
    return t;
}

struct str message_args(struct arena *arena, enum message_lang lang, enum message_key key,
                        const struct message_arg *args, size_t n_args)
{
    struct buf out;
    struct str s = STR("");
    int r;

    buf_init(&out, MESSAGE_SIZE_MAX);
    r = message_print_args(&out, lang, key, args, n_args);
    if (r == 0 || r == -EINVAL)
        s = arena_str(arena, buf_str(&out));
    buf_done(&out);
    return s.at ? s : STR("");
}
