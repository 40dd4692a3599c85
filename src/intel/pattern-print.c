/* The one form of a pattern. */
#include "intel/pattern-inside.h"

static int print_quoted(struct str text, struct buf *out)
{
    buf_add_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '\'' || text.at[i] == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, text.at[i]);
    }
    return buf_add_char(out, '\'');
}

static int print_literal(const struct pattern_literal *l, struct buf *out)
{
    static const char marks[] = {[LITERAL_TIME] = 't', [LITERAL_HEX] = 'h', [LITERAL_BINARY] = 'b'};

    if (l->kind == LITERAL_TEXT)
        return print_quoted(l->text, out);
    if (l->kind < LITERAL_TIME)
        return buf_add_str(out, l->text);
    return buf_printf(out, "%c'%.*s'", marks[l->kind], STR_ARG(l->text));
}

static bool is_plain_key(struct str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (!pattern_is_letter(key.at[i]) && (i == 0 || !pattern_is_digit(key.at[i])))
            return false;
    return key.len > 0 && !pattern_is_keyword(key);
}

void pattern_print_path(const struct pattern_node *n, struct buf *out)
{
    buf_add_str(out, n->type);
    for (unsigned i = 0; i < n->n_steps; i++) {
        const struct pattern_step *step = &n->steps[i];

        if (step->kind == STEP_KEY)
            buf_add_char(out, i ? '.' : ':');
        if (step->kind == STEP_ANY)
            buf_add_text(out, "[*]");
        else if (step->kind == STEP_INDEX)
            buf_printf(out, "[%u]", step->index);
        else if (is_plain_key(step->key))
            buf_add_str(out, step->key);
        else
            print_quoted(step->key, out);
    }
}

static void print_test(const struct pattern_node *n, struct buf *out)
{
    static const char *const names[] = {
        "=", "!=", "<", "<=", ">", ">=", "IN", "LIKE", "MATCHES", "ISSUBSET", "ISSUPERSET"};

    if (n->op == OP_EXISTS) {
        buf_add_text(out, n->is_negated ? "NOT EXISTS " : "EXISTS ");
        pattern_print_path(n, out);
        return;
    }
    pattern_print_path(n, out);
    buf_printf(out, "%s %s ", n->is_negated ? " NOT" : "", names[n->op]);
    if (n->is_set)
        buf_add_char(out, '(');
    for (unsigned i = 0; i < n->n_literals; i++) {
        if (i)
            buf_add_text(out, ", ");
        print_literal(&n->literals[i], out);
    }
    if (n->is_set)
        buf_add_char(out, ')');
}

/* How tightly it binds. */
static unsigned rank(enum pattern_kind kind)
{
    static const unsigned ranks[] = {
        [PATTERN_TEST] = 9,        [PATTERN_BOTH] = 2,   [PATTERN_EITHER] = 1,
        [PATTERN_OBSERVATION] = 9, [PATTERN_AND] = 3,    [PATTERN_OR] = 2,
        [PATTERN_FOLLOWED] = 1,    [PATTERN_WITHIN] = 8, [PATTERN_REPEATS] = 8,
        [PATTERN_BETWEEN] = 8};

    return ranks[kind];
}

/* Qualifiers follow each other without brackets, unless one of them came twice. */
static bool is_twice(const struct pattern_node *n)
{
    for (const struct pattern_node *c = n->first; c && rank(c->kind) == 8; c = c->first)
        if (c->kind == n->kind)
            return true;
    return false;
}

static void print_node(const struct pattern_node *n, struct buf *out);

static void print_child(const struct pattern_node *parent, const struct pattern_node *n,
                        struct buf *out)
{
    bool in_brackets = rank(n->kind) < rank(parent->kind) ||
                       (rank(parent->kind) == 8 && rank(n->kind) == 8 && is_twice(parent));

    if (in_brackets && parent->kind != PATTERN_OBSERVATION)
        buf_add_char(out, '(');
    print_node(n, out);
    if (in_brackets && parent->kind != PATTERN_OBSERVATION)
        buf_add_char(out, ')');
}

static void print_node(const struct pattern_node *n, struct buf *out)
{
    static const char *const between_operands[] = {[PATTERN_BOTH] = " AND ",
                                                   [PATTERN_EITHER] = " OR ",
                                                   [PATTERN_AND] = " AND ",
                                                   [PATTERN_OR] = " OR ",
                                                   [PATTERN_FOLLOWED] = " FOLLOWEDBY "};

    if (n->kind == PATTERN_TEST) {
        print_test(n, out);
        return;
    }
    if (n->kind == PATTERN_OBSERVATION)
        buf_add_char(out, '[');
    for (const struct pattern_node *c = n->first; c; c = c->next) {
        if (c != n->first)
            buf_add_text(out, between_operands[n->kind]);
        print_child(n, c, out);
    }
    if (n->kind == PATTERN_OBSERVATION)
        buf_add_char(out, ']');
    else if (n->kind == PATTERN_WITHIN)
        buf_printf(out, " WITHIN %.*s SECONDS", STR_ARG(n->seconds));
    else if (n->kind == PATTERN_REPEATS)
        buf_printf(out, " REPEATS %llu TIMES", (unsigned long long)n->times);
    else if (n->kind == PATTERN_BETWEEN)
        buf_printf(out, " START t'%.*s' STOP t'%.*s'", STR_ARG(n->start), STR_ARG(n->stop));
}

int pattern_print(const struct pattern *p, struct buf *out)
{
    print_node(p->root, out);
    return buf_error(out);
}
