#include "regulation/schema.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#define NUMBER_MAX INT64_C(1000000000)
#define FULL_WIDTH_COLON_UTF8 "\xef\xbc\x9a"
/* A word farther off than this share of its length is another word. */
#define NEAR_SHARE 3
#define CANDIDATES_MAX 1000

void problem_args(struct source *src, struct place at, enum message_key key, const struct message_arg *args, size_t n)
{
    size_t n_told = src->diag != NULL ? src->diag->n : DIAG_MAX;

    src->n_problems++;
    diag_tell_args(src->diag, DIAG_ERROR, (struct diag_place){at.file, at.line, at.col, NULL}, key, args, n);
    if (n_told < DIAG_MAX && src->diag->n == n_told)
        src->fatal = -ENOMEM; /* what is refused without words is refused for no reason */
}

struct message_arg what_word(enum message_key word)
{
    return (struct message_arg)MESSAGE_WORD("what", word);
}

struct message_arg what_key(const char *key)
{
    return key != NULL ? (struct message_arg){.name = "what", .value = str_of(key)} : what_word(MSG_PACK_WORD_THIS);
}

void *source_alloc(struct source *src, size_t n, size_t size)
{
    void *p = arena_alloc_n(src->arena, n, size);

    if (p == NULL)
        src->fatal = -ENOMEM;
    return p;
}

char *source_printf(struct source *src, const char *fmt, ...)
{
    char *raw = NULL, *text;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&raw, fmt, ap) < 0)
        raw = NULL;
    va_end(ap);
    text = raw != NULL ? arena_strdup(src->arena, str_of(raw)) : NULL;
    free(raw);
    if (text == NULL)
        src->fatal = -ENOMEM;
    return text;
}

const char *nearest(const char *word, const char *const *candidates, size_t n)
{
    const char *best = NULL;
    unsigned best_distance = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned d = str_distance(str_of(word), str_of(candidates[i]));

        if (best == NULL || d < best_distance) {
            best = candidates[i];
            best_distance = d;
        }
    }
    if (best == NULL || best_distance > MAX_OF(strlen(word) / NEAR_SHARE, (size_t)1))
        return NULL;
    return best;
}

struct message_arg did_you_mean(struct source *src, const char *word, const char *const *candidates, size_t n, enum message_key otherwise)
{
    const char *near = nearest(word, candidates, MIN_OF(n, (size_t)CANDIDATES_MAX));

    if (near == NULL)
        return (struct message_arg)MESSAGE_WORD("mean", otherwise);
    return (struct message_arg){.name = "mean",
                                .value = message_in(src->arena, MESSAGE_EN, MSG_MEAN_THIS, {"name", str_of(near)}),
                                .ja = message_in(src->arena, MESSAGE_JA, MSG_MEAN_THIS, {"name", str_of(near)})};
}

bool node_is(struct source *src, const struct node *node, enum node_kind kind, struct message_arg what)
{
    if (node->kind == kind)
        return true;
    if (node->kind == NODE_TEXT && strstr(node->text, FULL_WIDTH_COLON_UTF8) != NULL)
        problem(src, node->at, MSG_PACK_COLON, what, MESSAGE_WORD("kind", node_kind_word(kind)));
    else
        problem(src, node->at, MSG_PACK_KIND, what, MESSAGE_WORD("kind", node_kind_word(kind)),
                MESSAGE_WORD("given", node_kind_word(node->kind)));
    return false;
}

/* ---- single values ---- */

bool id_is_valid(const char *id)
{
    size_t len = strlen(id);

    if (len == 0 || len > ID_MAX || id[0] < 'a' || id[0] > 'z')
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = id[i];

        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_')
            return false;
    }
    return true;
}

bool read_word(struct source *src, const struct node *n, struct word *ret)
{
    if (!node_is(src, n, NODE_TEXT, what_key(n->key)))
        return false;
    if (n->text[0] == '\0') {
        problem(src, n->at, MSG_PACK_WORD_EMPTY, what_key(n->key));
        return false;
    }
    *ret = (struct word){n->text, n->at};
    return true;
}

bool read_id(struct source *src, const struct node *n, struct word *ret)
{
    if (!read_word(src, n, ret))
        return false;
    if (id_is_valid(n->text))
        return true;
    problem(src, n->at, MSG_PACK_NOT_ID, {"given", str_head(n->text, 80)}, {"max", NUMBER(ID_MAX)});
    return false;
}

struct raw_text {
    struct word ja, en;
};
static const struct key text_keys[] = {
    {"ja", KEY_WORD, offsetof(struct raw_text, ja), KEY_REQUIRED, "In Japanese."},
    {"en", KEY_WORD, offsetof(struct raw_text, en), KEY_REQUIRED, "In English."},
};
static const struct shape text_shape = SHAPE(TEXT, text_keys);

bool read_text(struct source *src, const struct node *n, struct text2 *ret)
{
    struct raw_text raw = {0};
    bool ok;

    if (n->kind == NODE_TEXT && strstr(n->text, FULL_WIDTH_COLON_UTF8) == NULL) {
        problem(src, n->at, MSG_PACK_ONE_LANGUAGE, what_key(n->key));
        return false;
    }
    ok = shape_read(src, n, &text_shape, &raw);
    if (ok)
        *ret = (struct text2){raw.ja.text, raw.en.text};
    return ok;
}

bool read_words(struct source *src, const struct node *n, bool are_ids, struct words *ret)
{
    struct words w = {.node = n};
    bool ok = true;

    if (n->kind == NODE_TEXT) {
        problem(src, n->at, MSG_PACK_NOT_LIST, what_key(n->key), {"given", str_of(n->text)});
        return false;
    }
    if (!node_is(src, n, NODE_LIST, what_key(n->key)))
        return false;
    w.at = source_alloc(src, n->n, sizeof(*w.at));
    if (w.at == NULL)
        return false;
    for (const struct node *item = n->first; item != NULL; item = item->next) {
        if (are_ids ? read_id(src, item, &w.at[w.n]) : read_word(src, item, &w.at[w.n]))
            w.n++;
        else
            ok = false;
    }
    *ret = w;
    return ok;
}

bool read_duration(struct source *src, const struct node *n, struct duration *ret)
{
    struct word w;

    if (!read_word(src, n, &w))
        return false;
    if (duration_parse(str_of(w.text), ret) == 0)
        return true;
    problem(src, n->at, MSG_PACK_NOT_DURATION, {"given", str_head(w.text, 80)});
    return false;
}

static bool read_yes(struct source *src, const struct node *n, enum yes *ret)
{
    struct word w;

    if (!read_word(src, n, &w))
        return false;
    if (strcmp(w.text, "yes") == 0)
        *ret = YES_YES;
    else if (strcmp(w.text, "no") == 0)
        *ret = YES_NO;
    else
        problem(src, n->at, MSG_PACK_NOT_YES, {"given", str_head(w.text, 80)});
    return *ret != YES_ABSENT;
}

static bool read_number(struct source *src, const struct node *n, struct number_value *ret)
{
    struct word w;

    if (!read_word(src, n, &w))
        return false;
    if (str_to_i64(str_of(w.text), 0, NUMBER_MAX, &ret->value) == 0)
        return ret->is_set = true;
    problem(src, n->at, MSG_PACK_NOT_WHOLE, {"given", str_head(w.text, 80)}, {"max", INTEGER(NUMBER_MAX)});
    return false;
}

static bool read_day(struct source *src, const struct node *n, struct day_value *ret)
{
    struct word w;

    if (!read_word(src, n, &w))
        return false;
    if (day_parse_iso(str_of(w.text), &ret->value) == 0)
        return ret->is_set = true;
    problem(src, n->at, MSG_PACK_NOT_CALENDAR, {"given", str_head(w.text, 80)});
    return false;
}

bool read_choice(struct source *src, const struct node *n, const char *const *choices, unsigned *ret)
{
    struct word w;
    struct buf all;
    size_t n_choices = 0;

    if (!read_word(src, n, &w))
        return false;
    for (; choices[n_choices] != NULL; n_choices++) {
        if (strcmp(choices[n_choices], w.text) == 0) {
            *ret = (unsigned)n_choices + 1;
            return true;
        }
    }
    buf_init(&all, 1024);
    for (size_t i = 0; i < n_choices; i++)
        (void)buf_printf(&all, "%s%s", i > 0 ? ", " : "", choices[i]);
    problem(src, n->at, MSG_PACK_NOT_CHOICE, {"given", str_head(w.text, 80)}, what_key(n->key), {"known", buf_str(&all)});
    buf_done(&all);
    return false;
}

/* ---- maps ---- */

const char *shape_name(const struct shape *shape)
{
    return message_text(MESSAGE_EN, shape->word).at;
}

const struct key *shape_key(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->n_keys; i++) {
        if (strcmp(shape->keys[i].name, name) == 0)
            return &shape->keys[i];
    }
    return NULL;
}

static bool read_named(struct source *src, const struct node *n, const struct node **ret)
{
    if (src->is_canonical && n->kind == NODE_LIST) {
        *ret = n;
        return true;
    }
    if (!node_is(src, n, NODE_MAP, what_key(n->key)))
        return false;
    *ret = n;
    return true;
}

static bool read_member(struct source *src, const struct node *n, const struct key *key, void *at)
{
    switch (key->type) {
    case KEY_WORD:
        return read_word(src, n, at);
    case KEY_ID:
        return read_id(src, n, at);
    case KEY_TEXT:
        return read_text(src, n, at);
    case KEY_YES:
        return read_yes(src, n, at);
    case KEY_NUMBER:
        return read_number(src, n, at);
    case KEY_DAY:
        return read_day(src, n, at);
    case KEY_DURATION: {
        struct duration_value *d = at;

        return d->is_set = read_duration(src, n, &d->value);
    }
    case KEY_IDS:
    case KEY_WORDS:
        return read_words(src, n, key->type == KEY_IDS, at);
    case KEY_CHOICE:
        return read_choice(src, n, key->choices, at);
    case KEY_MAP:
    case KEY_LIST:
        if (!node_is(src, n, key->type == KEY_MAP ? NODE_MAP : NODE_LIST, what_key(key->name)))
            return false;
        *(const struct node **)at = n;
        return true;
    case KEY_NAMED:
        return read_named(src, n, at);
    case KEY_NODE:
        *(const struct node **)at = n;
        return true;
    }
    return false;
}

static void unknown_key(struct source *src, const struct node *m, const struct shape *shape)
{
    const char *names[64];
    size_t n = 0;

    for (; n < shape->n_keys && n < ARRAY_LEN(names); n++)
        names[n] = shape->keys[n].name;
    problem(src, m->key_at, MSG_PACK_NOT_KEY, {"key", str_of(m->key)}, MESSAGE_WORD("shape", shape->word),
            did_you_mean(src, m->key, names, n, MSG_MEAN_TAKE_OUT));
}

bool shape_read(struct source *src, const struct node *map, const struct shape *shape, void *raw)
{
    bool ok = true;

    if (!node_is(src, map, NODE_MAP, what_word(shape->word)))
        return false;
    for (const struct node *m = map->first; m != NULL; m = m->next) {
        const struct key *key = shape_key(shape, m->key);

        if (node_get(map, m->key) != m)
            continue; /* repeated: named by the loader */
        if (key == NULL) {
            /* A key with a full-width colon was named by the loader. */
            if (strstr(m->key, FULL_WIDTH_COLON_UTF8) == NULL)
                unknown_key(src, m, shape);
            ok = false;
        } else if (!read_member(src, m, key, (char *)raw + key->offset)) {
            ok = false;
        }
    }
    for (size_t i = 0; i < shape->n_keys; i++) {
        if ((shape->keys[i].flags & KEY_REQUIRED) == 0 || node_get(map, shape->keys[i].name) != NULL)
            continue;
        problem(src, map->at, MSG_PACK_KEY_MISSING, MESSAGE_WORD("shape", shape->word), {"key", str_of(shape->keys[i].name)});
        ok = false;
    }
    return ok;
}

/* ---- lists of words ---- */

const char **words_texts(struct source *src, const struct words *w)
{
    const char **texts;

    if (w->n == 0)
        return NULL;
    texts = source_alloc(src, w->n, sizeof(*texts));
    for (size_t i = 0; texts != NULL && i < w->n; i++)
        texts[i] = w->at[i].text;
    return texts;
}

void words_unique(struct source *src, const struct words *w, enum message_key what)
{
    for (size_t i = 0; i < w->n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(w->at[i].text, w->at[j].text) == 0) {
                problem(src, w->at[i].at, MSG_PACK_NAMED_TWICE, MESSAGE_WORD("what", what), {"given", str_of(w->at[i].text)});
                break;
            }
        }
    }
}

/* ---- maps of names ---- */

static const struct node *next_named(const struct source *src, const struct node *item)
{
    /* From the store each member comes in a map of its own. */
    while (item != NULL && (item->kind != NODE_MAP || item->n != 1))
        item = item->next;
    return item != NULL ? item->first : NULL;
}

const struct node *named_first(struct source *src, const struct node *map)
{
    if (map == NULL)
        return NULL;
    /* The tree is ours while it is read; only the mark is written. */
    ((struct node *)(uintptr_t)map)->is_ordered = true;
    if (map->kind == NODE_LIST)
        return next_named(src, map->first);
    return map->first;
}

const struct node *named_next(const struct source *src, const struct node *member)
{
    if (src->is_canonical && member->up->key == NULL)
        return next_named(src, member->up->next);
    return member->next;
}

void named_check_ids(struct source *src, const struct node *map)
{
    for (const struct node *m = named_first(src, map); m != NULL; m = named_next(src, m)) {
        if (!id_is_valid(m->key))
            problem(src, m->key_at, MSG_PACK_NOT_ID, {"given", str_head(m->key, 80)}, {"max", NUMBER(ID_MAX)});
    }
}
