#include "regulation/yaml.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <yaml.h>

#define FULL_WIDTH_COLON 0xff1au
#define FULL_WIDTH_COLON_UTF8 "\xef\xbc\x9a"
/* Problems of single characters are alike: after so many of them in a file the rest is not listed. */
#define CHARACTER_PROBLEMS_MAX 10

struct loader {
    const char *file;
    struct str text;
    struct arena *arena;
    struct diag *diag;
    yaml_parser_t parser;
    struct node *open[YAML_MAX_DEPTH]; /* the way from the root to the collection being filled */
    unsigned depth;
    struct node *root;
    const char *key;     /* read, waiting for its value; NULL none */
    struct place key_at;
    size_t n_nodes;
    size_t cursor_index, cursor_byte; /* characters and bytes passed: events come in order */
    bool has_problem;
    bool is_denormal;    /* a line is not in NFC, and was named */
    bool is_broken; /* no tree can be had */
    int fatal;
};

const struct node *node_get(const struct node *map, const char *key)
{
    if (map == NULL || map->kind != NODE_MAP)
        return NULL;
    for (const struct node *m = map->first; m != NULL; m = m->next) {
        if (strcmp(m->key, key) == 0)
            return m;
    }
    return NULL;
}

enum message_key node_kind_word(enum node_kind kind)
{
    static const enum message_key words[] = {[NODE_TEXT] = MSG_PACK_WORD_A_TEXT, [NODE_LIST] = MSG_PACK_WORD_A_LIST, [NODE_MAP] = MSG_PACK_WORD_A_MAP};

    return words[kind];
}

struct node *node_new(struct arena *arena, struct node *parent, enum node_kind kind, struct place at)
{
    struct node *n = arena_alloc(arena, sizeof(*n));

    if (n == NULL)
        return NULL;
    n->kind = kind;
    n->text = "";
    n->at = n->key_at = at;
    n->up = parent;
    if (parent != NULL) {
        if (parent->last != NULL)
            parent->last->next = n;
        else
            parent->first = n;
        parent->last = n;
        parent->n++;
    }
    return n;
}

static struct number_text byte_text(unsigned char byte)
{
    struct number_text t;

    snprintf(t.text, sizeof(t.text), "%02x", byte);
    return t;
}

static struct number_text code_text(uint32_t c)
{
    struct number_text t;

    snprintf(t.text, sizeof(t.text), "%04X", c);
    return t;
}

#define PROBLEM(l, line_, col_, key_, ...)                                                                 \
    do {                                                                                           \
        (l)->has_problem = true;                                                                   \
        diag_tell((l)->diag, DIAG_ERROR, ((struct diag_place){(l)->file, (unsigned)(line_), (unsigned)(col_), NULL}), key_, ##__VA_ARGS__); \
    } while (0)

/* ---- the bytes ---- */

/* Controls, line breaks that only YAML knows, and marks that make a line look other than it is. */
static bool is_forbidden(uint32_t c)
{
    return (c < 0x20 && c != '\n' && c != '\r') || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 ||
           c == 0xfeff || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void check_line_nfc(struct loader *l, struct str line, unsigned no)
{
    struct buf nfc;
    size_t same = 0;
    int r = utf8_check_nfc(line);

    if (r < 0)
        l->fatal = r;
    if (r <= 0)
        return;
    buf_init(&nfc, 8 * line.len + 64);
    if (utf8_nfc(line, true, &nfc) == 0) {
        while (same < line.len && same < nfc.len && line.at[same] == nfc.at[same])
            same++;
        while (same > 0 && same < line.len && ((unsigned char)line.at[same] & 0xc0) == 0x80)
            same--;
    }
    l->is_denormal = true;
    PROBLEM(l, no, utf8_count((struct str){line.at, same}) + 1, MSG_YAML_NFC);
    buf_done(&nfc);
}

/* One line's characters; false when there are bytes that are not UTF-8. */
static bool check_line(struct loader *l, struct str line, unsigned no, unsigned *n_problems)
{
    unsigned col = 1;

    for (size_t at = 0; at < line.len; col++) {
        size_t start = at;
        uint32_t c = utf8_next(line, &at);

        if (c == 0xfffd && at - start == 1) {
            PROBLEM(l, no, col, MSG_YAML_BYTE, {"byte", str_of(byte_text((unsigned char)line.at[start]).text)});
            return false;
        }
        if (c == 0xfeff && no == 1 && col == 1) {
            PROBLEM(l, no, col, MSG_YAML_BOM);
            continue;
        }
        if (!is_forbidden(c) && (c != '\r' || at == line.len))
            continue;
        if (++*n_problems > CHARACTER_PROBLEMS_MAX)
            continue;
        if (c == '\t')
            PROBLEM(l, no, col, MSG_YAML_TAB);
        else
            PROBLEM(l, no, col, MSG_YAML_CONTROL, {"code", str_of(code_text(c).text)});
    }
    return true;
}

static void check_bytes(struct loader *l)
{
    struct str rest = l->text, line;
    unsigned n_problems = 0;

    for (unsigned no = 1; str_split(&rest, '\n', &line); no++) {
        if (!check_line(l, line, no, &n_problems))
            l->is_broken = true;
        else
            check_line_nfc(l, line, no);
        if (l->is_broken)
            return;
    }
    l->is_broken = n_problems > 0;
}

/* ---- what libyaml refuses ---- */

static struct str line_of(struct str text, size_t no)
{
    struct str line = STR_NONE;

    for (size_t i = 0; i <= no; i++) {
        if (!str_split(&text, '\n', &line))
            return STR_NONE;
    }
    return line;
}

/* Column of a full-width colon that stands behind a word as a key's colon would, or 0. */
static unsigned find_wide_colon(struct str line)
{
    uint32_t before = ' ';
    unsigned col = 1;

    for (size_t at = 0; at < line.len; col++) {
        uint32_t c = utf8_next(line, &at);

        if (c == FULL_WIDTH_COLON && (before == '_' || (before >= '0' && before <= '9') || (before >= 'a' && before <= 'z')))
            return col;
        before = c;
    }
    return 0;
}

static bool explain_wide_colon(struct loader *l)
{
    size_t last = l->parser.problem_mark.line, first = last;

    if (l->parser.context != NULL)
        first = MIN_OF(first, l->parser.context_mark.line);
    /* A key's broken colon shows only on the following line. */
    if (first > 0)
        first--;
    first = MAX_OF(first, last > 3 ? last - 3 : 0);
    for (size_t no = first; no <= last; no++) {
        unsigned col = find_wide_colon(line_of(l->text, no));

        if (col == 0)
            continue;
        PROBLEM(l, no + 1, col, MSG_YAML_FULL_WIDTH);
        return true;
    }
    return false;
}

static void parser_failed(struct loader *l)
{
    const yaml_parser_t *p = &l->parser;

    l->is_broken = true;
    if (p->error == YAML_MEMORY_ERROR) {
        l->fatal = -ENOMEM;
        return;
    }
    if (explain_wide_colon(l))
        return;
    PROBLEM(l, p->problem_mark.line + 1, p->problem_mark.column + 1, MSG_YAML_MALFORMED, {"context", str_of(p->context != NULL ? p->context : "")},
            {"comma", str_of(p->context != NULL ? ", " : "")}, {.name = "why", .value = str_of(p->problem), .is_word = p->problem == NULL, .word = MSG_YAML_UNREAD});
}

/* ---- building the tree ---- */

static struct place place_of(const struct loader *l, yaml_mark_t mark)
{
    return (struct place){l->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

/* First character of an event; libyaml passes over the tag "!" without a word. */
static char char_at(struct loader *l, yaml_mark_t mark)
{
    while (l->cursor_index < mark.index && l->cursor_byte < l->text.len) {
        (void)utf8_next(l->text, &l->cursor_byte);
        l->cursor_index++;
    }
    return l->cursor_byte < l->text.len ? l->text.at[l->cursor_byte] : '\0';
}

static void check_marks(struct loader *l, yaml_mark_t mark, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    char c = char_at(l, mark);

    if (anchor != NULL)
        PROBLEM(l, mark.line + 1, mark.column + 1, MSG_YAML_ANCHOR, {"name", str_of((const char *)anchor)});
    if (tag != NULL || c == '!')
        PROBLEM(l, mark.line + 1, mark.column + 1, MSG_YAML_TAG);
}

static struct node *top(const struct loader *l)
{
    return l->depth > 0 ? l->open[l->depth - 1] : NULL;
}

static struct node *add_node(struct loader *l, enum node_kind kind, yaml_mark_t mark)
{
    struct node *parent = top(l), *n;

    if (l->n_nodes >= YAML_MAX_NODES || (parent != NULL && parent->kind == NODE_MAP && parent->n >= YAML_MAX_MEMBERS)) {
        PROBLEM(l, mark.line + 1, mark.column + 1, MSG_YAML_VALUES, {"max", NUMBER(YAML_MAX_NODES)}, {"max_map", NUMBER(YAML_MAX_MEMBERS)});
        l->is_broken = true;
        return NULL;
    }
    n = node_new(l->arena, parent, kind, place_of(l, mark));
    if (n == NULL) {
        l->fatal = -ENOMEM;
        return NULL;
    }
    l->n_nodes++;
    if (l->key != NULL) {
        n->key = l->key;
        n->key_at = l->key_at;
        l->key = NULL;
    }
    if (parent == NULL)
        l->root = n;
    return n;
}

static bool key_is_plain(struct str key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (key.at[i] <= ' ' || key.at[i] > '~')
            return false;
    }
    return key.len > 0 && key.len <= YAML_MAX_KEY;
}

static void check_key(struct loader *l, const char *key, bool is_plain_style, struct place at)
{
    const struct node *other = node_get(top(l), key);

    if (strstr(key, FULL_WIDTH_COLON_UTF8) != NULL)
        PROBLEM(l, at.line, at.col, MSG_YAML_FULL_WIDTH_IN, {"key", str_of(key)});
    else if (is_plain_style && strcmp(key, "<<") == 0)
        PROBLEM(l, at.line, at.col, MSG_YAML_MERGE);
    else if (!key_is_plain(str_of(key)))
        PROBLEM(l, at.line, at.col, MSG_YAML_KEY, {"key", str_head(key, 80)}, {"max", NUMBER(YAML_MAX_KEY)});
    else if (other != NULL && other->key_at.line > 0)
        PROBLEM(l, at.line, at.col, MSG_YAML_KEY_TWICE, {"key", str_of(key)}, {"line", NUMBER(other->key_at.line)});
}

/* A block scalar's last line break goes; others have no place in a text. */
static struct str scalar_text(struct loader *l, const yaml_event_t *e)
{
    struct str s = {(const char *)e->data.scalar.value, e->data.scalar.length};
    int r;

    if (e->data.scalar.style == YAML_FOLDED_SCALAR_STYLE || e->data.scalar.style == YAML_LITERAL_SCALAR_STYLE) {
        while (s.len > 0 && s.at[s.len - 1] == '\n')
            s.len--;
    }
    for (size_t at = 0; at < s.len;) {
        uint32_t c = utf8_next(s, &at);

        if (c != '\n' && c != '\r' && !is_forbidden(c))
            continue;
        PROBLEM(l, e->start_mark.line + 1, e->start_mark.column + 1, MSG_YAML_HOLDS,
                MESSAGE_WORD("what", c == '\n' ? MSG_YAML_LINE_BREAK : MSG_YAML_CONTROL_CHARACTER));
        break;
    }
    r = l->is_denormal ? 0 : utf8_check_nfc(s);
    if (r < 0)
        l->fatal = r;
    if (r > 0)
        PROBLEM(l, e->start_mark.line + 1, e->start_mark.column + 1, MSG_YAML_NFC_ESCAPED);
    return s;
}

static void take_scalar(struct loader *l, const yaml_event_t *e)
{
    bool is_plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    bool is_key = top(l) != NULL && top(l)->kind == NODE_MAP && l->key == NULL;
    struct place at = place_of(l, e->start_mark);
    struct str text;
    char *copy;
    struct node *n;

    check_marks(l, e->start_mark, e->data.scalar.anchor, e->data.scalar.tag);
    text = scalar_text(l, e);
    copy = arena_strdup(l->arena, text);
    if (copy == NULL) {
        l->fatal = -ENOMEM;
        return;
    }
    if (is_key) {
        check_key(l, copy, is_plain, at);
        l->key = copy;
        l->key_at = at;
        return;
    }
    if (is_plain && text.len == 0) {
        /* A key that is itself wrong was named already. */
        if (l->key == NULL)
            PROBLEM(l, at.line, at.col, MSG_YAML_NO_VALUE);
        else if (strstr(l->key, FULL_WIDTH_COLON_UTF8) == NULL)
            PROBLEM(l, l->key_at.line, l->key_at.col, MSG_YAML_KEY_NO_VALUE, {"key", str_of(l->key)});
    }
    n = add_node(l, NODE_TEXT, e->start_mark);
    if (n != NULL)
        n->text = copy;
}

static void take_start(struct loader *l, enum node_kind kind, const yaml_event_t *e, const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct node *n;

    check_marks(l, e->start_mark, anchor, tag);
    if (top(l) != NULL && top(l)->kind == NODE_MAP && l->key == NULL) {
        PROBLEM(l, e->start_mark.line + 1, e->start_mark.column + 1, MSG_YAML_NOT_KEY, MESSAGE_WORD("kind", node_kind_word(kind)));
        l->is_broken = true;
        return;
    }
    if (l->depth >= YAML_MAX_DEPTH) {
        PROBLEM(l, e->start_mark.line + 1, e->start_mark.column + 1, MSG_YAML_DEEP, {"max", NUMBER(YAML_MAX_DEPTH)});
        l->is_broken = true;
        return;
    }
    n = add_node(l, kind, e->start_mark);
    if (n != NULL)
        l->open[l->depth++] = n;
}

static void take_document(struct loader *l, const yaml_event_t *e)
{
    enum message_key why = MESSAGE_COUNT;

    if (l->root != NULL) {
        why = MSG_YAML_SECOND;
        l->is_broken = true;
    } else if (e->data.document_start.version_directive != NULL ||
               e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end) {
        why = MSG_YAML_DIRECTIVE;
    }
    if (why != MESSAGE_COUNT)
        PROBLEM(l, e->start_mark.line + 1, e->start_mark.column + 1, why);
}

/* false at the end of the stream. */
static bool take_event(struct loader *l, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_STREAM_END_EVENT:
        return false;
    case YAML_DOCUMENT_START_EVENT:
        take_document(l, e);
        break;
    case YAML_ALIAS_EVENT:
        PROBLEM(l, e->start_mark.line + 1, e->start_mark.column + 1, MSG_YAML_ALIAS, {"name", str_of((const char *)e->data.alias.anchor)});
        l->is_broken = true;
        break;
    case YAML_SCALAR_EVENT:
        take_scalar(l, e);
        break;
    case YAML_SEQUENCE_START_EVENT:
        take_start(l, NODE_LIST, e, e->data.sequence_start.anchor, e->data.sequence_start.tag);
        break;
    case YAML_MAPPING_START_EVENT:
        take_start(l, NODE_MAP, e, e->data.mapping_start.anchor, e->data.mapping_start.tag);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        assert(l->depth > 0);
        l->depth--;
        break;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    }
    return true;
}

static void parse(struct loader *l)
{
    bool is_more = true;

    if (!yaml_parser_initialize(&l->parser)) {
        l->fatal = -ENOMEM;
        return;
    }
    yaml_parser_set_encoding(&l->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&l->parser, (const unsigned char *)l->text.at, l->text.len);
    while (is_more && !l->is_broken && l->fatal == 0) {
        yaml_event_t e;

        if (!yaml_parser_parse(&l->parser, &e)) {
            parser_failed(l);
            break;
        }
        is_more = take_event(l, &e);
        yaml_event_delete(&e);
    }
    yaml_parser_delete(&l->parser);
}

int yaml_load(const char *file, struct str text, struct arena *arena, struct node **ret, struct diag *diag)
{
    struct loader l = {.file = file, .text = text, .arena = arena, .diag = diag};

    *ret = NULL;
    if (text.len > YAML_MAX_BYTES) {
        PROBLEM(&l, 0, 0, MSG_YAML_BYTES, {"n", NUMBER(text.len)}, {"max", NUMBER(YAML_MAX_BYTES)});
        return YAML_E_INVALID;
    }
    check_bytes(&l);
    if (l.is_broken)
        return YAML_E_INVALID;
    if (str_starts(l.text, STR("\xef\xbb\xbf"))) {
        l.text.at += 3;
        l.text.len -= 3;
    }
    parse(&l);
    if (l.fatal != 0)
        return ERR(l.fatal);
    if (!l.is_broken && l.root == NULL)
        PROBLEM(&l, 1, 1, MSG_YAML_EMPTY);
    if (!l.is_broken)
        *ret = l.root;
    return l.has_problem ? YAML_E_INVALID : 0;
}
