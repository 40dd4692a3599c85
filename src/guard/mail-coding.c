#include "guard/mail-coding.h"

#include "base/macros.h"

bool mail_coding_of(const char *said, enum mail_coding *ret)
{
    static const struct {
        const char *word;
        enum mail_coding how;
    } rows[] = {{"7bit", MAIL_CODING_NONE},
                {"8bit", MAIL_CODING_NONE},
                {"binary", MAIL_CODING_NONE},
                {"base64", MAIL_CODING_BASE64},
                {"quoted-printable", MAIL_CODING_QUOTED}};
    struct str word = str_trim(str_of(said ? said : "7bit"));

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq_nocase(word, str_of(rows[i].word))) {
            *ret = rows[i].how;
            return true;
        }
    return false;
}

static bool is_base64(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

static bool take_base64(struct mail_decoding *d, uint8_t byte)
{
    if (byte == '\r' || byte == '\n' || byte == ' ' || byte == '\t')
        return true;
    d->n_fill += byte == '=';
    return is_base64(byte) ? !d->n_fill : byte == '=' && d->n_fill <= 2;
}

static bool take_quoted(struct mail_decoding *d, uint8_t byte)
{
    if (!d->escape) {
        d->escape = byte == '=';
        return true;
    }
    if (d->escape == 1 && (byte == '\n' || byte == '\r')) {
        d->escape = 0;
        return true;
    }
    d->escape = d->escape == 1 ? 2 : 0;
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'F') ||
           (byte >= 'a' && byte <= 'f');
}

bool mail_decoding_add(struct mail_decoding *d, struct str bytes)
{
    bool ok = true;

    for (size_t i = 0; ok && d->how != MAIL_CODING_NONE && i < bytes.len; i++)
        ok = d->how == MAIL_CODING_BASE64 ? take_base64(d, (uint8_t)bytes.at[i])
                                          : take_quoted(d, (uint8_t)bytes.at[i]);
    return ok;
}

bool mail_decoding_ends(const struct mail_decoding *d)
{
    return d->escape != 2;
}
