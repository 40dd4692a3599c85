#include "web/intel-show.h"

#include "base/utf8.h"
#include "engine/intel.h"
#include "intel/stix-time.h"
#include "web/pages.h"
#include "web/words.h"

#include <errno.h>

#define COLLECTIONS_MAX 200u
#define SCANNER_MEMORY ((size_t)64 << 20)

int intel_failed(int r)
{
    return r == STOCK_E_NONE || r == STOCK_E_DAMAGED ? -EIO : store_errno(r);
}

/* ---- coming and going ---- */

int intel_stock(struct worker *w, struct stock **ret)
{
    int r = w->stock ? stock_refresh(w->stock) : stock_open(w->db, w->store, &w->stock, NULL);

    *ret = w->stock;
    return r;
}

static int open_rest(struct page *p, struct intel *i)
{
    const struct list_query q = {.reg = i->reg->id, .state = "", .field = "", .key = "", .sort = "id", .page = 1, .page_size = COLLECTIONS_MAX};
    int r = engine_sight(p->worker->engine, p->session.person, p->now_us, &i->sight);

    if (r)
        return ERR_FOLD(r);
    if (!(i->scanner = scanner_new(SCANNER_MEMORY)))
        return -ENOMEM;
    r = engine_list_rows(p->worker->engine, p->session.person, &q, p->arena, &i->collections);
    list_rows_by_name(&i->collections);
    return ERR_FOLD(r);
}

int intel_enter(struct page *p, struct intel *i)
{
    int r;

    *i = (struct intel){.page = p, .reg = engine_holding(p->worker->engine, HOLDS_INTEL_COLLECTIONS, p->now_us)};
    if (!i->reg) {
        r = page_not_found(p);
        return r ? r : 1;
    }
    if ((r = intel_stock(p->worker, &i->stock)))
        return intel_failed(r);
    if ((r = open_rest(p, i)))
        intel_leave(i);
    return r;
}

void intel_leave(struct intel *i)
{
    list_rows_done(&i->collections);
    scanner_free(i->scanner);
    sight_free(i->sight);
    *i = (struct intel){.page = i->page};
}

/* ---- objects ---- */

static struct str cut(struct page *p, struct str s)
{
    size_t at = 0;

    for (unsigned n = 0; at < s.len && n < INTEL_TITLE_MAX; n++)
        utf8_next(s, &at);
    return at < s.len ? page_text(p, "%.*s…", (int)at, s.at) : arena_str(p->arena, s);
}

/* What people call it by: its own word for it, or what it is with the beginning of its UUID. */
static struct str title_of(struct page *p, const struct scan_value *root, struct str type, struct str id)
{
    static const struct str members[] = {{"name", 4}, {"value", 5}, {"pattern", 7}, {"relationship_type", 17}, {"abstract", 8}, {"subject", 7},
                                         {"account_login", 13}, {"user_id", 7}, {"key", 3}, {"path", 4}, {"country", 7}, {"region", 6}};

    for (size_t i = 0; root && i < ARRAY_LEN(members); i++) {
        struct str s = scan_text(root, members[i]);

        if (s.len && utf8_is_valid(s) && !utf8_is_blank(s))
            return cut(p, s);
    }
    return id.len < type.len + 10 ? arena_str(p->arena, id) : page_text(p, "%.*s %.8s", STR_ARG(intel_type_words(p, type)), id.at + type.len + 2);
}

static int collection_of(struct intel *i, struct stock_ref ref, const struct list_row **ret)
{
    CLEANUP(buf_done) struct buf id;
    int r;

    buf_init(&id, 256);
    *ret = NULL;
    r = stock_collection(i->stock, i->sight, ref, &id);
    if (r)
        return intel_failed(r);
    for (size_t k = 0; k < i->collections.n; k++)
        if (str_eq(str_of(i->collections.at[k].id), buf_str(&id)))
            *ret = &i->collections.at[k];
    return 0;
}

static int take(struct intel *i, const struct stock_object *o, struct intel_object *ret, const struct scan_value **ret_root)
{
    struct arena *a = i->page->arena;
    const struct scan_value *root = NULL, *revoked;
    struct scan_place place;
    int r;

    buf_init(&place.path, 4096);
    r = scanner_read(i->scanner, o->bytes, &root, &place);
    buf_done(&place.path);
    if (r < 0)
        return r;
    root = r ? NULL : root;
    revoked = scan_member(root, STR("revoked"));
    *ret = (struct intel_object){.ref = o->ref, .id = arena_str(a, o->id), .type = arena_str(a, o->type), .version = arena_str(a, o->version),
                                 .title = title_of(i->page, root, o->type, o->id), .tlp = o->tlp, .is_revoked = revoked && revoked->kind == SCAN_TRUE};
    if (ret_root)
        *ret_root = root;
    return 0;
}

int intel_take(struct intel *i, const struct stock_object *o, struct intel_object *ret, const struct scan_value **ret_root)
{
    int r = take(i, o, ret, ret_root);

    return r ? r : collection_of(i, ret->ref, &ret->collection);
}

int intel_take_staged(struct intel *i, const struct stock_object *o, struct intel_object *ret)
{
    return take(i, o, ret, NULL);
}

int intel_latest(struct intel *i, struct str id, struct intel_object *ret, const struct scan_value **ret_root)
{
    struct stock_object o;
    int r = utf8_is_valid(id) ? stock_latest(i->stock, i->sight, id, &o) : STOCK_E_NONE;

    if (r)
        return r == STOCK_E_NONE ? 1 : intel_failed(r);
    return intel_take(i, &o, ret, ret_root);
}

/* ---- words ---- */

struct named_word {
    const char *name;
    enum message_key key;
};

static const struct named_word types[] = {
#define TYPE(name, key) {name, MSG_INTEL_TYPE_##key},
#define PROPERTY(name, key)
#define RELATION(name, key)
#include "web/intel-words.def"
#undef TYPE
#undef PROPERTY
#undef RELATION
};
static const struct named_word properties[] = {
#define TYPE(name, key)
#define PROPERTY(name, key) {name, MSG_INTEL_PROPERTY_##key},
#define RELATION(name, key)
#include "web/intel-words.def"
#undef TYPE
#undef PROPERTY
#undef RELATION
};
static const struct named_word relations[] = {
#define TYPE(name, key)
#define PROPERTY(name, key)
#define RELATION(name, key) {name, MSG_INTEL_RELATION_##key},
#include "web/intel-words.def"
#undef TYPE
#undef PROPERTY
#undef RELATION
};
static const enum message_key clues[CLUE_N_TYPES] = {
#define CLUE_TYPE(id, name, form) [CLUE_##id] = MSG_INTEL_CLUE_##id,
#include "intel/clue-types.def"
#undef CLUE_TYPE
};

static struct str word_of(struct page *p, const struct named_word *words, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(name, str_of(words[i].name)))
            return T(p, words[i].key);
    return arena_str(p->arena, name);
}

struct str intel_type_at(size_t n)
{
    return n < ARRAY_LEN(types) ? str_of(types[n].name) : STR_NONE;
}

struct str intel_type_words(struct page *p, struct str type)
{
    return word_of(p, types, ARRAY_LEN(types), type);
}

struct str intel_property_words(struct page *p, struct str property)
{
    return word_of(p, properties, ARRAY_LEN(properties), property);
}

struct str intel_relation_words(struct page *p, struct str relation)
{
    return word_of(p, relations, ARRAY_LEN(relations), relation);
}

struct str intel_clue_words(struct page *p, enum clue_type type)
{
    return T(p, clues[type]);
}

struct str intel_instant_words(struct page *p, struct str instant)
{
    struct str text = page_text(p, "%.*s%s", STR_ARG(instant), instant.len && instant.at[instant.len - 1] == 'Z' ? "" : "Z");
    struct stix_time t;

    if (!text.at || !stix_time_read(text, &t) || t.seconds < 0)
        return arena_str(p->arena, instant);
    return instant_words(p, (uint64_t)stix_time_us(t));
}

/* ---- addresses ---- */

struct str intel_object_url(struct page *p, struct str id, const char *tail)
{
    return page_text(p, "/intel/objects/%.*s%s", STR_ARG(page_encoded(p, id)), tail);
}

struct str intel_clue_text(struct page *p, const struct clue *v)
{
    CLEANUP(buf_done) struct buf shown;

    buf_init(&shown, CLUE_TEXT_MAX * 4);
    return clue_show(v, &shown) ? STR("") : arena_str(p->arena, buf_str(&shown));
}

struct str intel_find_url(struct page *p, const char *address, const struct clue *v)
{
    return page_text(p, "%s?type=%s&q=%.*s", address, clue_type_name(v->type), STR_ARG(page_encoded(p, intel_clue_text(p, v))));
}

/* ---- markup ---- */

void intel_tlp_chip(struct page *p, enum tlp tlp)
{
    static const enum chip_kind kinds[] = {CHIP_NEUTRAL, CHIP_DONE, CHIP_WARNING, CHIP_WARNING, CHIP_DANGER};

    chip(&p->w, kinds[tlp], str_of(tlp_name(tlp)));
}

void intel_table_begin(struct page *p, struct table *t, struct str caption)
{
    struct column *c = arena_alloc_n(p->arena, 5, sizeof(*c));
    static struct column none[5];

    if (!c)
        c = none;
    else {
        c[0].heading = T(p, MSG_INTEL_PAGE_NAME);
        c[0].is_row_heading = true;
        c[1].heading = T(p, MSG_INTEL_PAGE_TYPE);
        c[2].heading = T(p, MSG_INTEL_PAGE_VERSION);
        c[3].heading = T(p, MSG_INTEL_PAGE_MARK);
        c[4].heading = T(p, MSG_INTEL_PAGE_COLLECTION);
    }
    table_begin(&p->w, t, c, 5, caption);
}

void intel_row(struct page *p, struct table *t, const struct intel_object *o)
{
    row_begin(&p->w, t);
    cell_link(&p->w, t, o->title, intel_object_url(p, o->id, ""));
    cell_begin(&p->w, t);
    html_text(&p->html, intel_type_words(p, o->type));
    if (o->is_revoked)
        chip(&p->w, CHIP_WARNING, T(p, MSG_INTEL_PAGE_REVOKED));
    cell_end(&p->w, t);
    cell_text(&p->w, t, o->version.len ? intel_instant_words(p, o->version) : STR(""));
    cell_begin(&p->w, t);
    intel_tlp_chip(p, o->tlp);
    cell_end(&p->w, t);
    if (o->collection)
        cell_link(&p->w, t, str_of(o->collection->name), record_url(p, o->collection->id, ""));
    else
        cell_text(&p->w, t, STR(""));
    row_end(&p->w, t);
}

void intel_find_form(struct page *p, struct str typed)
{
    form_begin_get(&p->w, STR("/intel/find"));
    field_text(&p->w, &(struct field_info){.name = "q", .label = T(p, MSG_INTEL_PAGE_FIND), .support = T(p, MSG_INTEL_PAGE_FIND_SUPPORT)}, LINE_SEARCH, typed,
               "off");
    button_submit(&p->w, BUTTON_SOLID, T(p, MSG_INTEL_PAGE_FIND_BUTTON), STR_NONE, STR_NONE);
    form_end(&p->w);
}
