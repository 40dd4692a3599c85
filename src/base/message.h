/* Words of the program for people, by key and language, from locale/ja.msg and locale/en.msg.
 *
 * A line of a catalogue is `key = text`; `{name}` in the text, of small letters, digits and `_`, is filled in; other braces are text; `\n` is a line break, `\s` a space at an end, `#` begins a comment line.
 * Key a.b is MSG_A_B. The build fails when a key or placeholder is missing in one language (tools/message-table.c).
 * Threads  any; everything is constant. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/message-keys.h" /* made by the build: enum message_key */

enum message_lang { MESSAGE_JA, MESSAGE_EN };

struct message_arg {
    const char *name; /* as in the braces */
    struct str value;
    struct str ja; /* in Japanese, where that is another; NULL: `value` in both */
    bool is_word; /* not `value`, but the text of `word` in the message's language */
    enum message_key word;
};
#define MESSAGE_WORD(name_, key) {.name = (name_), .is_word = true, .word = (key)}
/* Words that are at hand in both languages: a struct text2, or what is like it. */
#define MESSAGE_BOTH(name_, text) {.name = (name_), .value = str_of((text).en), .ja = str_of((text).ja)}

/* A number as an argument: {"max", NUMBER(n)}, and INTEGER(n) where it may be negative. It lasts as long as the call. */
struct number_text {
    char text[24];
};
struct number_text message_number(uint64_t n);
struct number_text message_integer(int64_t n);
#define NUMBER(n) str_of(message_number(n).text)
#define INTEGER(n) str_of(message_integer(n).text)

/* The language of a tag such as "ja", "en-GB"; anything unknown is Japanese. */
enum message_lang message_lang_of(struct str tag);
const char *message_lang_tag(enum message_lang lang);

/* The text as it stands in the catalogue: for messages without placeholders. */
struct str message_text(enum message_lang lang, enum message_key key);
/* Filled in, into `out`. 0, -ENOMEM, -ENOSPC; -EINVAL when an argument is missing, which is a bug of ours: the
 * placeholder then stays visible. */
int message_print_args(struct buf *out, enum message_lang lang, enum message_key key, const struct message_arg *args,
                       size_t n_args);
/* Filled in, in the arena; "" when out of memory. */
struct str message_args(struct arena *arena, enum message_lang lang, enum message_key key,
                        const struct message_arg *args, size_t n_args);

/* Arguments as two parameters: array and count. There may be none, which C has no array for: so one goes before them. */
#define MESSAGE_ARGS(...)                                                                          \
    (const struct message_arg[]){{.name = ""}, ##__VA_ARGS__} + 1,                                 \
        ARRAY_LEN(((const struct message_arg[]){{.name = ""}, ##__VA_ARGS__})) - 1
/* message_print(out, lang, MSG_KEY, {"name", value}, {"count", value2}) */
#define message_print(out, lang, key, ...)                                                         \
    message_print_args(out, lang, key, (const struct message_arg[]){__VA_ARGS__},                  \
                       ARRAY_LEN(((const struct message_arg[]){__VA_ARGS__})))
#define message_in(arena, lang, key, ...)                                                          \
    message_args(arena, lang, key, (const struct message_arg[]){__VA_ARGS__},                      \
                 ARRAY_LEN(((const struct message_arg[]){__VA_ARGS__})))
