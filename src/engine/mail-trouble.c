#include "engine/mail-trouble.h"

static const struct {
    const char *word;
    enum message_key key;
} rows[] = {
#define X(name, word, key) {word, key},
    MAIL_TROUBLES(X)
#undef X
};

const char *mail_trouble_word(enum mail_trouble t)
{
    return rows[t].word;
}

bool mail_trouble_read(struct str kept, enum message_key *ret_key, struct str *ret_words)
{
    struct str rest = kept, word;

    if (!kept.len || !str_split(&rest, ':', &word) || !rest.at)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(word, str_of(rows[i].word))) {
            *ret_key = rows[i].key;
            *ret_words = str_trim(rest);
            return true;
        }
    return false;
}
