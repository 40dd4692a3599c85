/* See message.h.  `message_table` is made by tools/message-table.c. */
#include "base/message.h"

#include "base/message-table.h"

#include <errno.h>

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

/* The argument between the braces that begin at text[at]; NULL when there is none. */
static const struct message_arg *arg_at(struct str text, size_t at, const struct message_arg *args, size_t n_args,
                                        size_t *ret_len)
{
    const char *end = memchr(text.at + at, '}', text.len - at);
    struct str name;

    if (!end)
        return NULL;
    *ret_len = (size_t)(end - text.at) - at + 1;
    name = (struct str){text.at + at + 1, *ret_len - 2};
    for (size_t i = 0; i < n_args; i++)
        if (str_eq(name, str_of(args[i].name)))
            return &args[i];
    return NULL;
}

int message_print_args(struct buf *out, enum message_lang lang, enum message_key key, const struct message_arg *args,
                       size_t n_args)
{
    struct str text = message_text(lang, key);
    size_t plain = 0;
    bool missing = false;

    for (size_t at = 0; at < text.len; at++) {
        const struct message_arg *arg;
        size_t len = 0;

        if (text.at[at] != '{')
            continue;
        arg = arg_at(text, at, args, n_args, &len);
        if (!arg) {
            missing = true;
            continue;
        }
        buf_add(out, text.at + plain, at - plain);
        buf_add_str(out, arg->is_word ? message_text(lang, arg->word) : arg->value);
        at += len - 1;
        plain = at + 1;
    }
    buf_add(out, text.at + plain, text.len - plain);
    if (buf_error(out))
        return buf_error(out);
    return missing ? -EINVAL : 0;
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
