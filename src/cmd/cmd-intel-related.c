/* `tsujiban intel related ID|VALUE…`: which objects in sight share values with an object, or with a value, strongest first, and why. */
#include "cmd/commands.h"
#include "cmd/media-gate.h"

#include "base/utf8.h"
#include "engine/intel-exclusions.h"
#include "engine/intel-links.h"
#include "engine/intel.h"
#include "intel/clue-keys.h"
#include "intel/correlate-pass.h"
#include "intel/exclusions.h"
#include "intel/id-set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TOLD_DEFAULT 100u
#define TOLD_MAX 1000000u
#define RELATED_ARENA_MAX ((size_t)64 << 20)
#define DAY_US INT64_C(86400000000)

enum { RELATED_TYPE = GATE_WHO_N, RELATED_MOST, RELATED_REJECTED, RELATED_JSON, RELATED_ALL };

struct related {
    const struct arguments *args;
    struct gate gate;
    struct stock *stock;
    struct sight *sight;
    struct known *known;
    struct correlation *found;
    struct clue value;
    const char *asked; /* at hand */
    bool is_value;
    uint64_t most;
    struct arena *arena;
    struct engine_links links; /* of an object */
    struct buf text;           /* of one line */
};

/* ---- what people said of it ---- */

static const struct engine_link *link_of(const struct related *x, const struct correlate_related *o)
{
    return engine_link_to(&x->links, o->id);
}

/* What was rejected is proposed no more. */
static bool is_told(const struct related *x, const struct correlate_related *o)
{
    const struct engine_link *l = link_of(x, o);

    return !l || l->is_confirmed || x->args->values[RELATED_REJECTED];
}

static bool is_computed(const struct related *x, struct str id)
{
    for (size_t i = 0; i < x->found->n_related; i++)
        if (str_eq(x->found->related[i].id, id))
            return true;
    return false;
}

/* Confirmed, and sharing nothing that is in sight: values go with later versions. */
static bool is_told_alone(const struct related *x, const struct engine_link *l)
{
    return (l->is_confirmed || x->args->values[RELATED_REJECTED]) && !is_computed(x, l->id);
}

static const char *link_word(const struct engine_link *l)
{
    return l->is_confirmed ? "confirmed" : "rejected";
}

/* ---- text ---- */

/* What lists and values are called may hold anything. */
static int add_safe(struct related *x, struct str s)
{
    return utf8_print_safe(s, &x->text);
}

static int add_bytes(struct related *x, enum clue_type type, struct str bytes)
{
    struct buf shown;
    struct clue clue;
    int r;

    buf_init(&shown, CLUE_TEXT_MAX * 4);
    clue_init(&clue);
    clue.type = type;
    r = buf_add_str(&clue.bytes, bytes) ?: clue_show(&clue, &shown) ?: add_safe(x, buf_str(&shown));
    clue_done(&clue);
    buf_done(&shown);
    return r;
}

static int add_value(struct related *x, const struct correlate_value *v)
{
    return buf_printf(&x->text, "%s ", clue_type_name(v->type)) ?: add_bytes(x, v->type, v->bytes);
}

#define add_words(x, key, ...) message_print_args(&(x)->text, home_language(), (key), MESSAGE_ARGS(__VA_ARGS__))

static int add_list(struct related *x, struct str list)
{
    return list.len ? add_words(x, MSG_RELATED_ON_LIST) ?: add_safe(x, list) : 0;
}

static int end_line(struct related *x)
{
    printf("%.*s\n", STR_ARG(buf_str(&x->text)));
    buf_clear(&x->text);
    return ferror(stdout) ? -EIO : 0;
}

/* The other hash, and how near: ssdeep's score, TLSH's distance. */
static int add_nearness(struct related *x, const struct correlate_reason *reason)
{
    bool is_score = reason->value->type == CLUE_SSDEEP;

    if (reason->way != CORRELATE_NEAR)
        return 0;
    return add_words(x, MSG_RELATED_NEAR) ?: add_bytes(x, reason->value->type, reason->other) ?:
           add_words(x, is_score ? MSG_RELATED_SCORE : MSG_RELATED_DISTANCE, {"n", NUMBER(is_score ? reason->nearness : 100 - reason->nearness)});
}

static int print_reason(struct related *x, const struct correlate_reason *reason)
{
    return buf_printf(&x->text, "  %s: ", correlate_way_name(reason->way)) ?: add_value(x, reason->value) ?: add_nearness(x, reason) ?:
           add_words(x, MSG_RELATED_IN_OBJECTS, {"n", NUMBER(reason->n)}) ?: add_list(x, reason->value->list) ?:
           (reason->is_apart ? add_words(x, MSG_RELATED_APART) : 0) ?: end_line(x);
}

static int print_related(struct related *x, const struct correlate_related *o)
{
    int r = buf_add_str(&x->text, o->id) ?: add_words(x, MSG_RELATED_STRENGTH, {"tlp", str_of(tlp_name(o->tlp))}, {"n", NUMBER(o->strength)});

    if (!r && o->apart_us >= 0)
        r = add_words(x, MSG_RELATED_DAYS, {"n", INTEGER(o->apart_us / DAY_US)});
    if (!r && link_of(x, o))
        r = add_words(x, MSG_RELATED_LINKED, {"word", str_of(link_word(link_of(x, o)))}, {"maker", str_of(link_of(x, o)->maker)}, {"record", str_of(link_of(x, o)->record)});
    r = r ? r : end_line(x);
    for (size_t i = 0; !r && i < o->n_reasons; i++)
        r = print_reason(x, &o->reasons[i]);
    return r;
}

static int print_alone(struct related *x, const struct engine_link *l)
{
    return add_words(x, MSG_RELATED_ALONE, {"id", l->id}, {"word", str_of(link_word(l))}, {"maker", str_of(l->maker)}, {"record", str_of(l->record)}) ?: end_line(x);
}

static int print_unwalked(struct related *x, const struct correlate_value *v)
{
    return add_words(x, MSG_RELATED_UNWALKED) ?: add_value(x, v) ?: add_words(x, MSG_RELATED_IN_OBJECTS, {"n", NUMBER(v->n_same)}) ?:
           (v->n_derived ? add_words(x, MSG_RELATED_BELONGS, {"n", NUMBER(v->n_derived)}) : 0) ?: add_list(x, v->list) ?: end_line(x);
}

/* Too much lies in it, or may be near it. */
static int print_part(struct related *x, const struct correlate_value *v)
{
    bool is_fuzzy = clue_is_fuzzy(v->type);

    return add_words(x, is_fuzzy ? MSG_RELATED_NOT_COMPARED : MSG_RELATED_NOT_LOOKED) ?: add_value(x, v) ?:
           (is_fuzzy ? 0 : add_words(x, MSG_RELATED_PLACES, {"n", NUMBER(v->n_within)})) ?: add_list(x, v->list) ?: end_line(x);
}

/* ---- JSON ---- */

static int put_bytes(struct related *x, json_t *line, const char *key, enum clue_type type, struct str bytes)
{
    struct clue clue;
    int r;

    clue_init(&clue);
    clue.type = type;
    buf_clear(&x->text);
    r = buf_add_str(&clue.bytes, bytes) ?: clue_show(&clue, &x->text) ?: json_put_strn(line, key, buf_str(&x->text));
    buf_clear(&x->text);
    clue_done(&clue);
    return r;
}

static int put_value(struct related *x, json_t *line, const struct correlate_value *v)
{
    return json_put_str(line, "type", clue_type_name(v->type)) ?: put_bytes(x, line, "value", v->type, v->bytes) ?:
           v->list.len ? json_put_strn(line, "list", v->list) : 0;
}

static int put_nearness(struct related *x, json_t *line, const struct correlate_reason *reason)
{
    return reason->way != CORRELATE_NEAR ? 0 : json_put_int(line, "nearness", reason->nearness) ?: put_bytes(x, line, "other", reason->value->type, reason->other);
}

static json_t *json_reason(struct related *x, const struct correlate_reason *reason)
{
    JSON_AUTO *v = json_object();
    int r = v ? json_put_str(v, "way", correlate_way_name(reason->way)) : -ENOMEM;

    r = r ?: put_value(x, v, reason->value) ?: json_put_int(v, "objects", (int64_t)reason->n) ?: json_put_int(v, "points", reason->points) ?: (reason->is_apart ? json_put_flag(v, "apart", true) : 0) ?: put_nearness(x, v, reason);
    return r ? NULL : TAKE(v);
}

/* Of several that were asked for it is told of which. */
static int print_line(const struct related *x, json_t *line)
{
    int r = x->args->n_rest > 1 ? json_put_str(line, "of", x->asked) : 0;

    return r ? r : json_dumpf(line, stdout, JSON_COMPACT) || putchar('\n') < 0 ? -EIO : 0;
}

static int put_link(json_t *line, const struct engine_link *l)
{
    json_t *v = l ? json_object() : NULL;
    int r = !l ? 0 : v ? json_put(line, "link", v) : -ENOMEM;

    return r || !l ? r : json_put_str(v, "state", link_word(l)) ?: json_put_str(v, "record", l->record) ?: json_put_str(v, "by", l->maker) ?:
                         json_put_int(v, "strength", l->strength) ?: json_put_int(v, "records", l->n_records);
}

static int print_alone_json(const struct related *x, const struct engine_link *l)
{
    JSON_AUTO *line = json_object();
    int r = line ? json_put_strn(line, "id", l->id) : -ENOMEM;

    r = r ?: put_link(line, l);
    return r ? r : print_line(x, line);
}

static int print_related_json(struct related *x, const struct correlate_related *o)
{
    JSON_AUTO *line = json_object();
    json_t *reasons = json_array();
    int r = line && reasons ? json_put_strn(line, "id", o->id) : -ENOMEM;

    r = r ?: json_put_strn(line, "type", o->type) ?: (o->version.len ? json_put_strn(line, "version", o->version) : 0) ?:
        json_put_str(line, "tlp", tlp_name(o->tlp)) ?: json_put_int(line, "strength", (int64_t)o->strength);
    for (size_t i = 0; !r && i < o->n_reasons; i++)
        r = json_array_append_new(reasons, json_reason(x, &o->reasons[i])) ? -ENOMEM : 0;
    if (r) {
        json_decref(reasons);
        return r;
    }
    r = json_put(line, "reasons", reasons) ?: put_link(line, link_of(x, o));
    return r ? r : print_line(x, line);
}

static int print_unwalked_json(struct related *x, const struct correlate_value *v)
{
    JSON_AUTO *line = json_object();
    int r = line ? json_put_flag(line, "followed", false) : -ENOMEM;

    r = r ?: put_value(x, line, v) ?: json_put_int(line, "shared", (int64_t)v->n_same) ?: json_put_int(line, "below", (int64_t)v->n_derived);
    return r ? r : print_line(x, line);
}

static int print_part_json(struct related *x, const struct correlate_value *v)
{
    JSON_AUTO *line = json_object();
    int r = line ? json_put_flag(line, "whole", false) : -ENOMEM;

    r = r ?: put_value(x, line, v) ?: json_put_int(line, "within", (int64_t)v->n_within) ?: json_put_int(line, "near", (int64_t)v->n_near);
    return r ? r : print_line(x, line);
}

/* ---- asking ---- */

static int print_proposed(struct related *x, bool as_json, size_t *ret_left)
{
    const struct correlation *c = x->found;
    uint64_t n = 0;
    int r = 0;

    for (size_t i = 0; !r && i < c->n_related; i++) {
        if (!is_told(x, &c->related[i]))
            continue;
        if (n++ >= x->most)
            ++*ret_left;
        else
            r = as_json ? print_related_json(x, &c->related[i]) : print_related(x, &c->related[i]);
    }
    return r;
}

static int print_rest(struct related *x, bool as_json)
{
    const struct correlation *c = x->found;
    int r = 0;

    for (size_t i = 0; !r && i < x->links.n; i++)
        if (is_told_alone(x, &x->links.at[i]))
            r = as_json ? print_alone_json(x, &x->links.at[i]) : print_alone(x, &x->links.at[i]);
    for (size_t i = 0; !r && i < c->n_values; i++)
        if (!c->values[i].is_walked)
            r = as_json ? print_unwalked_json(x, &c->values[i]) : print_unwalked(x, &c->values[i]);
    for (size_t i = 0; !r && i < c->n_values; i++)
        if (!c->values[i].is_whole)
            r = as_json ? print_part_json(x, &c->values[i]) : print_part(x, &c->values[i]);
    return r;
}

static int print_all(struct related *x)
{
    bool as_json = x->args->values[RELATED_JSON] != NULL;
    size_t n_left = 0;
    int r = !as_json && x->args->n_rest > 1 ? add_safe(x, str_of(x->asked)) ?: buf_add_char(&x->text, ':') ?: end_line(x) : 0;

    r = r ?: print_proposed(x, as_json, &n_left) ?: print_rest(x, as_json);
    if (!r && n_left)
        command_note(MSG_SAID_RELATED_MORE, {"n", NUMBER(n_left)});
    if (!r && x->found->n_left)
        command_note(MSG_SAID_RELATED_LEFT, {"n", NUMBER(x->found->n_left)});
    return r;
}

static int take_exclusions(struct related *x, struct known *lists)
{
    CLEANUP(exclusions_freep) struct exclusions *all = exclusions_new();
    bool is_cut = false;
    int r = all ? exclusions_take(all, x->gate.engine, x->gate.person.at, engine_now(x->gate.engine), lists, &x->known, &is_cut) : -ENOMEM;

    if (!r && is_cut)
        command_note(MSG_SAID_EXCLUSIONS_CUT, {"max", NUMBER(ENGINE_EXCLUSIONS_MAX)});
    return r;
}

static int open_all(struct related *x)
{
    CLEANUP(known_freep) struct known *lists = NULL;
    CLEANUP(buf_done) struct buf folder;
    struct diag diag;
    int r;

    buf_init(&folder, 8192);
    diag_init(&diag);
    r = stock_open(x->gate.home.db, x->gate.store, &x->stock, &diag) ?: engine_sight(x->gate.engine, x->gate.person.at, engine_now(x->gate.engine), &x->sight);
    if (!r)
        r = buf_printf(&folder, "%s/known", x->gate.home.data) ?: known_read(folder.at, &lists, &diag) ?:
            take_exclusions(x, lists);
    command_print_diag(&diag);
    diag_done(&diag);
    if (!r)
        return 0;
    return command_fail(x->sight ? MSG_FAIL_KNOWN_LISTS : MSG_FAIL_INTEL_STORE);
}

static int ask(struct related *x)
{
    struct str text = str_of(x->asked);
    int r = x->is_value ? correlate_clue(x->stock, x->sight, x->known, &x->value, &correlate_usual, &x->found)
                        : correlate(x->stock, x->sight, x->known, text, &correlate_usual, &x->found);

    if (!r && !x->is_value)
        r = engine_links(x->gate.engine, x->gate.person.at, text, engine_now(x->gate.engine), x->arena, &x->links);
    if (!r)
        r = print_all(x);
    if (r == STOCK_E_NONE)
        return command_fail(MSG_FAIL_OBJECT_NONE, {"id", str_of(x->asked)});
    return r ? command_fail(MSG_FAIL_LOOKED_FOR, {"given", str_of(x->asked)}, {"why", str_of(command_why_store(r))}) : 0;
}

/* ---- all of them ---- */

#define DECIDED_ROOM 1000u /* more than are told, since some are decided already, or versions of the same */

struct pair {
    struct stock_ref a, b;
    uint32_t strength;
};

/* The strongest so far: at 0 the one that goes first. */
struct strongest {
    struct pair *at;
    size_t n, size;
};

static int pair_cmp(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    const int64_t keys[][2] = {{y->strength, x->strength}, {x->a.audience, y->a.audience}, {x->a.number, y->a.number}, {x->b.audience, y->b.audience}, {x->b.number, y->b.number}};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    return 0;
}

static void swap_pairs(struct strongest *s, size_t i, size_t k)
{
    struct pair kept = s->at[i];

    s->at[i] = s->at[k];
    s->at[k] = kept;
}

static void sink(struct strongest *s)
{
    for (size_t i = 0, k; (k = 2 * i + 1) < s->n; i = k) {
        if (k + 1 < s->n && pair_cmp(&s->at[k + 1], &s->at[k]) > 0)
            k++;
        if (pair_cmp(&s->at[k], &s->at[i]) <= 0)
            return;
        swap_pairs(s, i, k);
    }
}

static void rise(struct strongest *s, size_t i)
{
    for (; i && pair_cmp(&s->at[i], &s->at[(i - 1) / 2]) > 0; i = (i - 1) / 2)
        swap_pairs(s, i, (i - 1) / 2);
}

/* Each pair once; what counts for nothing is no proposal. */
static int take_rows(struct stock_ref of, const struct correlate_pass_row *rows, size_t n, void *context)
{
    struct strongest *s = context;

    for (size_t i = 0; i < n; i++) {
        const struct pair p = {of, rows[i].ref, rows[i].strength};
        bool is_first = of.audience != p.b.audience ? of.audience < p.b.audience : of.number < p.b.number;

        if (!is_first || !p.strength)
            continue;
        if (s->n < s->size) {
            s->at[s->n] = p;
            rise(s, s->n++);
        } else if (s->n && pair_cmp(&p, &s->at[0]) < 0) {
            s->at[0] = p;
            sink(s);
        }
    }
    return 0;
}

static int id_of(struct related *x, struct stock_ref ref, struct str *ret)
{
    struct stock_object o;
    int r = stock_head(x->stock, x->sight, ref, &o);

    if (!r)
        *ret = arena_str(x->arena, o.id);
    return r ? r : ret->at ? 0 : -ENOMEM;
}

static int print_pair(struct related *x, struct str a, struct str b, uint32_t strength)
{
    JSON_AUTO *line = x->args->values[RELATED_JSON] ? json_object() : NULL;

    if (!x->args->values[RELATED_JSON])
        return add_words(x, MSG_RELATED_PAIR, {"a", a}, {"b", b}, {"n", NUMBER(strength)}) ?: end_line(x);
    if (!line)
        return -ENOMEM;
    return json_put_strn(line, "a", a) ?: json_put_strn(line, "b", b) ?: json_put_int(line, "strength", strength) ?: print_line(x, line);
}

/* 1: it was told, or decided; else it is told now. */
static int take_pair(struct related *x, struct id_set *told, const struct pair *p)
{
    struct str a, b;
    bool is_new = false;
    int r = id_of(x, p->a, &a) ?: id_of(x, p->b, &b);

    if (r)
        return r == STOCK_E_NONE ? 1 : r;
    if (str_cmp(a, b) > 0) {
        struct str kept = a;

        a = b;
        b = kept;
    }
    buf_clear(&x->text);
    r = buf_printf(&x->text, "%.*s %.*s", STR_ARG(a), STR_ARG(b)) ?: id_set_add(told, buf_str(&x->text), &is_new);
    buf_clear(&x->text);
    if (r || !is_new)
        return r ? r : 1;
    r = engine_links(x->gate.engine, x->gate.person.at, a, engine_now(x->gate.engine), x->arena, &x->links);
    return r || engine_link_to(&x->links, b) ? (r ? r : 1) : print_pair(x, a, b, p->strength);
}

static int print_strongest(struct related *x, struct strongest *s)
{
    struct id_set told = {0};
    uint64_t n = 0;
    int r = 0;

    if (s->n)
        qsort(s->at, s->n, sizeof(*s->at), pair_cmp);
    for (size_t i = 0; r >= 0 && r < 2 && i < s->n && n < x->most; i++) {
        r = take_pair(x, &told, &s->at[i]);
        n += !r;
    }
    id_set_done(&told);
    return r == 1 ? 0 : r;
}

static int ask_all(struct related *x)
{
    struct strongest s = {.size = x->most + DECIDED_ROOM};
    struct correlate_pass_totals t;
    int r;

    s.at = calloc(s.size, sizeof(*s.at));
    r = s.at ? correlate_pass(x->stock, x->sight, x->known, &correlate_usual, take_rows, &s, &t) : -ENOMEM;
    if (!r)
        r = print_strongest(x, &s);
    free(s.at);
    return r ? command_fail(MSG_FAIL_COLLECTIONS_GONE, {"why", str_of(command_why_store(r))}) : 0;
}

/* An identifier is TYPE--UUID; anything else is a value. */
static int read_asked(struct related *x)
{
    const char *text = x->asked, *name = x->args->values[RELATED_TYPE];
    enum clue_type type = name ? clue_type_of(str_of(name)) : CLUE_NONE;
    const char *dashes = strstr(text, "--");
    struct str why;
    int r;

    if (name && type == CLUE_NONE)
        return command_wrong(MSG_FAIL_NO_TYPE, {"given", str_of(name)});
    x->is_value = name || !dashes || strlen(dashes) != 38 || dashes[10] != '-';
    if (!x->is_value)
        return 0;
    r = type == CLUE_NONE ? clue_read(str_of(text), &x->value) : clue_read_as(type, str_of(text), &x->value);
    if (r > 0) {
        why = message_text(home_language(), clue_fault_text(r));
        return command_fail(MSG_FAIL_VALUE_BAD, {"given", str_of(text)}, {"why", why});
    }
    return r ? command_fail_why(MSG_CONSOLE_READ, text, -r) : 0;
}

static int read_most(struct related *x)
{
    int64_t n = TOLD_DEFAULT;

    if (x->args->values[RELATED_MOST] && str_to_i64(str_of(x->args->values[RELATED_MOST]), 0, TOLD_MAX, &n))
        return command_wrong(MSG_FAIL_RELATED_MOST, {"max", NUMBER(TOLD_MAX)});
    x->most = (uint64_t)n;
    return 0;
}

/* One after the other; what cannot be answered keeps none of the others back. */
static int ask_each(struct related *x)
{
    int status = 0;

    for (size_t i = 0; i < x->args->n_rest; i++) {
        int r;

        x->asked = x->args->rest[i];
        x->links = (struct engine_links){.n = 0};
        arena_free(x->arena);
        x->arena = arena_new(RELATED_ARENA_MAX);
        if (!x->arena)
            return command_fail(MSG_CONSOLE_MEMORY);
        r = read_asked(x) ?: ask(x);
        status = status ? status : r;
        correlation_free(x->found);
        x->found = NULL;
    }
    return status;
}

static int run_related(const struct arguments *args)
{
    struct related x = {.args = args};
    int r;

    if (!args->values[RELATED_ALL] == !args->n_rest)
        return command_wrong(MSG_FAIL_RELATED_WHAT);
    clue_init(&x.value);
    buf_init(&x.text, CLUE_TEXT_MAX * 16);
    x.arena = arena_new(RELATED_ARENA_MAX);
    r = x.arena ? 0 : command_fail(MSG_CONSOLE_MEMORY);
    x.asked = args->n_rest ? args->rest[0] : NULL;
    r = r ?: read_most(&x) ?: (args->values[RELATED_ALL] ? 0 : read_asked(&x)) ?: gate_enter_person(args, &x.gate) ?: open_all(&x) ?:
        args->values[RELATED_ALL] ? ask_all(&x) : ask_each(&x);
    correlation_free(x.found);
    arena_free(x.arena);
    known_free(x.known);
    stock_close(x.stock);
    sight_free(x.sight);
    clue_done(&x.value);
    buf_done(&x.text);
    gate_close(&x.gate);
    return fflush(stdout) ? command_fail(MSG_FAIL_OBJECTS_WRITTEN, {"why", str_of(command_why(errno))}) : r;
}

static const struct option_row related_options[] = {
    GATE_WHO_OPTIONS,
    {"--type", "TYPE", MSG_OPTION_INTEL_RELATED_TYPE},
    {"--most", "N", MSG_OPTION_INTEL_FIND_MOST},
    {"--rejected", NULL, MSG_OPTION_INTEL_RELATED_REJECTED},
    {"--json", NULL, MSG_OPTION_INTEL_RELATED_JSON},
    {"--all", NULL, MSG_OPTION_INTEL_RELATED_ALL},
};
const struct command cmd_intel_related = {
    "intel related",
    "ID|VALUE…|--all",
    MSG_HELP_INTEL_RELATED,
    related_options,
    ARRAY_LEN(related_options),
    0,
    SIZE_MAX,
    run_related,
    false};
