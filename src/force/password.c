#include "force/password.h"

#include "base/utf8.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

static_assert(PASSWORD_HASH_SIZE == crypto_pwhash_STRBYTES, "the encoded form fits exactly");

#define PASSWORD_BYTES_MAX (PASSWORD_MAX * 4u)
/* Fewer different characters than this are a pattern, not a password. */
#define DIFFERENT_MIN 5u
/* So many characters must be left when the login is taken away. */
#define BESIDE_LOGIN_MIN 8u

/* Hash of a random text that nobody knows, for accounts that are not there: checking it costs what a real one costs. */
static const char nobodys_hash[] = "$argon2id$v=19$m=65536,t=3,p=1$9MYU+ryrMRfdWIge29hM3A$qg/"
                                   "hgJQ8f7px5gfi3HHlhNYU394NcovBF7ipaHhBeOg";

/* Words that people build passwords around, folded as fold_letter() does. A password is weak when nothing but such words,
 * digits and signs is in it. */
static const char *const weak_words[] = {
    "password",   "passwd",     "pass",     "passphrase", "secret",    "himitsu",   "administrator",
    "admin",      "root",       "user",     "guest",      "test",      "shiken",    "welcome",
    "yokoso",     "letmein",    "login",    "signin",     "master",    "default",   "changeme",
    "change",     "initial",    "temp",     "keisatsu",   "police",    "keiji",     "kenkei",
    "honbu",      "keishi",     "keibu",    "junsa",      "tsujiban",  "koban",     "kumamoto",
    "tokyo",      "osaka",      "nippon",   "nihon",      "japan",     "sakura",    "fujisan",
    "dragon",     "monkey",     "iloveyou", "aishiteru",  "arigato",   "doraemon",  "pokemon",
    "qwerty",     "qwertyuiop", "asdf",     "asdfghjkl",  "zxcv",      "zxcvbnm",   "qazwsx",
    "edcrfv",     "abc",        "abcd",     "abcdef",     "spring",    "summer",    "autumn",
    "winter",     "haru",       "natsu",    "aki",        "fuyu",      "reiwa",     "heisei",
    "showa",      "computer",   "internet", "security",   "system",    "server",    "windows",
    "microsoft",  "google",     "office",   "the",        "my",        "is",        "me",
    "sunshine",   "princess",   "football", "baseball",   "soccer",    "superman",  "batman",
    "shadow",     "michael",    "freedom",  "whatever",   "trustno",   "starwars",  "hello",
    "loveyou",    "love",       "angel",    "flower",     "secure",    "private",   "access",
    "superuser",  "operator",   "manager",  "support",    "naruto",    "pikachu",   "gundam",
    "nintendo",   "totoro",     "onepiece", "sato",       "suzuki",    "takahashi", "tanaka",
    "watanabe",   "ito",        "yamamoto", "nakamura",   "kobayashi", "kato",      "yamada",
    "taro",       "ichiro",     "hanako",   "hokkaido",   "aomori",    "miyagi",    "fukushima",
    "saitama",    "chiba",      "kanagawa", "yokohama",   "niigata",   "nagano",    "shizuoka",
    "aichi",      "nagoya",     "kyoto",    "hyogo",      "kobe",      "hiroshima", "okayama",
    "fukuoka",    "saga",       "nagasaki", "oita",       "miyazaki",  "kagoshima", "okinawa",
    "january",    "february",   "march",    "april",      "may",       "june",      "july",
    "august",     "september",  "october",  "november",   "december",  "gatsu",     "nichi",
    "monday",     "tuesday",    "wednesday", "thursday",  "friday",    "saturday",  "sunday",
    "年",         "月",         "日",
    "patrol",     "patoka",     "shocho",   "keibuho",    "sousa",     "jiken",     "joho",
    "ぱすわーど", "パスワード", "ひみつ",   "秘密",       "暗証",      "けいさつ",  "警察",
    "県警",       "署長",       "さくら",   "桜",         "日本",      "東京",      "大阪",
    "熊本",       "令和",       "平成",     "昭和",       "の",
};

static const char *const runs[] = {
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "01234567890",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
};

const char *password_fault_ja(enum password_fault fault)
{
    switch (fault) {
    case PASSWORD_GOOD:
        return "";
    case PASSWORD_TOO_SHORT:
        return "パスワードは12文字以上にしてください。";
    case PASSWORD_TOO_LONG:
        return "パスワードは128文字以内にしてください。";
    case PASSWORD_NOT_TEXT:
        return "パスワードに使えない文字が含まれています。";
    case PASSWORD_IS_LOGIN:
        return "ログイン名を含むパスワードは使えません。";
    case PASSWORD_WEAK:
        return "推測されやすいパスワードです。無関係な語を四つ以上つなげるなどしてください。";
    }
    return "";
}

const char *password_fault_en(enum password_fault fault)
{
    switch (fault) {
    case PASSWORD_GOOD:
        return "";
    case PASSWORD_TOO_SHORT:
        return "A password has at least 12 characters.";
    case PASSWORD_TOO_LONG:
        return "A password has at most 128 characters.";
    case PASSWORD_NOT_TEXT:
        return "The password holds characters that cannot be used.";
    case PASSWORD_IS_LOGIN:
        return "The password must not be built around the login.";
    case PASSWORD_WEAK:
        return "This password is easily guessed; put four or more unrelated words together.";
    }
    return "";
}

/* ---- judging ---- */

/* Lower case, and the letter that a digit or sign commonly stands for. */
static char fold_letter(char c)
{
    static const char from[] = "013457@$!", to[] = "oieasta"
                                                   "si";
    const char *at = c != '\0' ? strchr(from, c) : NULL;

    if (at != NULL)
        return to[at - from];
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static unsigned different_characters(struct str s)
{
    uint32_t seen[DIFFERENT_MIN];
    unsigned n = 0;

    for (size_t at = 0; at < s.len && n < DIFFERENT_MIN;) {
        uint32_t c = utf8_next(s, &at);
        bool known = false;

        for (unsigned i = 0; i < n; i++)
            known = known || seen[i] == c;
        if (!known)
            seen[n++] = c;
    }
    return n;
}

/* Longest piece from `at` on that goes along one of the runs, either way. */
static size_t run_length(struct str s, size_t at)
{
    size_t best = 0;

    for (size_t r = 0; r < ARRAY_LEN(runs); r++) {
        size_t n = strlen(runs[r]);

        for (size_t start = 0; start < n; start++) {
            size_t up = 0, down = 0;

            while (at + up < s.len && start + up < n && s.at[at + up] == runs[r][start + up])
                up++;
            while (at + down < s.len && down <= start && s.at[at + down] == runs[r][start - down])
                down++;
            best = MAX_OF(best, MAX_OF(up, down));
        }
    }
    return best;
}

static size_t weak_word_at(struct str s, size_t at)
{
    size_t best = 0;

    for (size_t i = 0; i < ARRAY_LEN(weak_words); i++) {
        size_t n = strlen(weak_words[i]);

        if (n <= s.len - at && n > best && memcmp(s.at + at, weak_words[i], n) == 0)
            best = n;
    }
    return best;
}

/* Words of whom a secret is: a name, a unit. */
struct own_words {
    const struct str *at;
    size_t n;
    bool found; /* one of them stands in what was walked */
};

static size_t own_word_at(const struct own_words *w, struct str s, size_t at)
{
    size_t best = 0;

    for (size_t i = 0; i < w->n; i++)
        if (w->at[i].len >= 3 && w->at[i].len > best && w->at[i].len <= s.len - at && memcmp(s.at + at, w->at[i].at, w->at[i].len) == 0 && utf8_count(w->at[i]) >= 2)
            best = w->at[i].len;
    return best;
}

/* Letters that neither belong to a weak word, nor to one of `own`, nor to a run. The text is walked greedily, folded and not folded, since "0"
 * is a digit in a year and a letter in "passw0rd". */
static unsigned own_letters(struct str plain, struct str folded, struct own_words *own)
{
    unsigned n = 0;

    for (size_t at = 0; at < plain.len;) {
        size_t name = MAX_OF(own_word_at(own, folded, at), own_word_at(own, plain, at)),
               word = MAX_OF(weak_word_at(folded, at), weak_word_at(plain, at)),
               run = run_length(plain, at);
        unsigned char c = (unsigned char)plain.at[at];

        own->found = own->found || name > 0;
        if (name > 0 || word > 0 || run >= 4) {
            at += MAX_OF(name, MAX_OF(word, run));
            continue;
        }
        n += (c >= 'a' && c <= 'z') || c >= 0x80;
        at++;
    }
    return n;
}

/* One short piece over and over: whoever guesses the piece has guessed the password. */
static bool is_repetition(struct str s)
{
    for (size_t period = 1; period <= s.len / 2; period++) {
        size_t same = period;

        while (same < s.len && s.at[same] == s.at[same - period])
            same++;
        if (same == s.len)
            return utf8_count((struct str){s.at, period}) < PASSWORD_MIN;
    }
    return false;
}

#define OWN_LETTERS_MIN 4u /* fewer are too little */

/* But for words that others know it has next to nothing of its own. At most PASSWORD_BYTES_MAX bytes. */
static bool is_of_words(struct str s, struct own_words *own)
{
    char plain[PASSWORD_BYTES_MAX], folded[PASSWORD_BYTES_MAX];
    bool weak;

    for (size_t i = 0; i < s.len; i++) {
        plain[i] = s.at[i] >= 'A' && s.at[i] <= 'Z' ? (char)(s.at[i] + 32) : s.at[i];
        folded[i] = fold_letter(s.at[i]);
    }
    /* With digits alone, or nothing but known words and digits, there is too little that is one's own. */
    weak = own_letters((struct str){plain, s.len}, (struct str){folded, s.len}, own) < OWN_LETTERS_MIN;
    sodium_memzero(plain, sizeof(plain));
    sodium_memzero(folded, sizeof(folded));
    return weak;
}

static bool is_weak(struct str s)
{
    struct own_words none = {0};

    return is_of_words(s, &none) || is_repetition(s) || different_characters(s) < DIFFERENT_MIN;
}

/* Without the login, wherever and however often it stands, too little is left. */
static bool is_login(struct str login, struct str s)
{
    size_t left = 0;

    if (login.len == 0)
        return false;
    for (size_t at = 0; at < s.len;) {
        if (login.len <= s.len - at && str_eq_nocase((struct str){s.at + at, login.len}, login)) {
            at += login.len;
            continue;
        }
        (void)utf8_next(s, &at);
        left++;
    }
    return left < BESIDE_LOGIN_MIN;
}

static bool is_text(struct str s)
{
    for (size_t at = 0; at < s.len;) {
        uint32_t c = utf8_next(s, &at);

        if (c < 0x20 || (c >= 0x7f && c <= 0x9f))
            return false;
    }
    return true;
}

enum password_fault password_judge(struct str login, struct str password)
{
    size_t characters;

    if (password.len > PASSWORD_BYTES_MAX)
        return PASSWORD_TOO_LONG;
    if (!utf8_is_valid(password))
        return PASSWORD_NOT_TEXT;
    if (!is_text(password))
        return PASSWORD_NOT_TEXT;
    characters = utf8_count(password);
    if (characters < PASSWORD_MIN)
        return PASSWORD_TOO_SHORT;
    if (characters > PASSWORD_MAX)
        return PASSWORD_TOO_LONG;
    if (is_login(login, password))
        return PASSWORD_IS_LOGIN;
    return is_weak(password) ? PASSWORD_WEAK : PASSWORD_GOOD;
}

int password_traits(struct str password, const struct str *words, size_t n_words, struct password_traits *ret)
{
    struct own_words own = {words, n_words, false};
    struct buf text, folded;
    bool is_whole;
    int r;

    *ret = (struct password_traits){0};
    if (password.len > PASSWORD_BYTES_MAX || !utf8_is_valid(password) || !is_text(password))
        return 0;
    buf_init(&text, PASSWORD_BYTES_MAX * 4);
    buf_init(&folded, PASSWORD_BYTES_MAX * 4);
    r = utf8_nfc(password, false, &text);
    if (!r)
        r = utf8_fold(password, &folded);
    is_whole = r == 0;
    if (is_whole) {
        struct str as_read = {folded.at ? folded.at : "", MIN_OF(folded.len, (size_t)PASSWORD_BYTES_MAX)};

        ret->characters = utf8_count(buf_str(&text));
        ret->is_fit = ret->characters > 0 && ret->characters <= PASSWORD_MAX;
        ret->is_common = is_weak(password) || is_weak(as_read);
        ret->is_named = is_of_words(as_read, &own) && own.found;
    }
    buf_wipe(&text);
    buf_wipe(&folded);
    return r == -ENOMEM ? r : 0;
}

/* ---- hashing ---- */

int password_hash(struct str password, char ret_hash[PASSWORD_HASH_SIZE])
{
    return password_hash_at(PASSWORD_KEPT, password, ret_hash);
}

int password_hash_at(enum password_cost cost, struct str password, char ret_hash[PASSWORD_HASH_SIZE])
{
    bool is_played = cost == PASSWORD_PLAYED;
    struct buf text;
    int r;

    buf_init(&text, PASSWORD_BYTES_MAX * 4);
    r = password.len > PASSWORD_BYTES_MAX ? UTF8_E_INVALID : utf8_nfc(password, false, &text);
    if (r == 0)
        r = crypto_pwhash_str_alg(ret_hash, text.at ? text.at : "", text.len, is_played ? crypto_pwhash_OPSLIMIT_MIN : PASSWORD_PASSES,
                                  is_played ? crypto_pwhash_MEMLIMIT_MIN : PASSWORD_MEMORY, crypto_pwhash_ALG_ARGON2ID13) == 0
                ? 0
                : -ENOMEM;
    buf_wipe(&text);
    return r > 0 ? -EINVAL : r;
}

#define DIGEST_BYTES 32u

/* What an encoded hash says: "$argon2id$v=19$m=65536,t=3,p=1$SALT$DIGEST". */
struct encoded {
    uint64_t kibibytes, passes;
    uint8_t salt[crypto_pwhash_SALTBYTES], digest[DIGEST_BYTES];
};

static bool bytes_of(struct str text, uint8_t *to, size_t size)
{
    size_t len;

    return text.at && !sodium_base642bin(to, size, text.at, text.len, NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) &&
           len == size;
}

static bool number_of(struct str *rest, const char *name, uint64_t *ret)
{
    struct str one;

    return str_split(rest, ',', &one) && str_starts(one, str_of(name)) &&
           !str_to_u64((struct str){one.at + 2, one.len - 2}, 1, UINT32_MAX, ret);
}

static bool decode(const char *hash, struct encoded *ret)
{
    static const char start[] = "$argon2id$v=19$";
    struct str rest = str_of(hash), costs, salt;
    uint64_t lanes;

    if (!str_starts(rest, str_of(start)))
        return false;
    rest = (struct str){rest.at + strlen(start), rest.len - strlen(start)};
    return str_split(&rest, '$', &costs) && str_split(&rest, '$', &salt) && number_of(&costs, "m=", &ret->kibibytes) &&
           number_of(&costs, "t=", &ret->passes) && number_of(&costs, "p=", &lanes) && lanes == 1 && !costs.at &&
           bytes_of(salt, ret->salt, sizeof(ret->salt)) && bytes_of(rest, ret->digest, sizeof(ret->digest));
}

/* The library's own comparison calls a password wrong when there is no memory to hash it. */
static int verify(const struct encoded *e, struct str text, bool *ret_same)
{
    uint8_t digest[DIGEST_BYTES];

    errno = 0;
    *ret_same = false;
    if (crypto_pwhash(digest, sizeof(digest), text.at ? text.at : "", text.len, e->salt, e->passes, (size_t)e->kibibytes * 1024,
                      crypto_pwhash_ALG_ARGON2ID13))
        return errno == EINVAL || errno == EFBIG ? 0 : -ENOMEM;
    *ret_same = sodium_memcmp(digest, e->digest, sizeof(digest)) == 0;
    sodium_memzero(digest, sizeof(digest));
    return 0;
}

int password_check(const char *hash, struct str password, bool *ret_same)
{
    struct encoded e;
    bool real = decode(hash, &e);
    struct buf text;
    int r;

    buf_init(&text, PASSWORD_BYTES_MAX * 4);
    r = password.len > PASSWORD_BYTES_MAX ? UTF8_E_INVALID : utf8_nfc(password, false, &text);
    if (r > 0 || r == -ENOSPC) { /* what cannot be a password is hashed as nothing, and refused */
        buf_clear(&text);
        real = false;
        r = 0;
    }
    if (!real && !decode(nobodys_hash, &e))
        r = -EIO;
    if (!r)
        r = verify(&e, buf_str(&text), ret_same);
    buf_wipe(&text);
    if (!r)
        *ret_same = *ret_same && real;
    return r;
}
