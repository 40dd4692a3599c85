#include "engine/holding.h"

#include "base/codec.h"
#include "engine/digest.h"
#include "engine/label-of.h"

#include <sodium.h>

static const char *const form_names[HOLDING_FORMS] = {"taken-in", "member", "cleaned", "packed", "sealed", "written", "said", "said-before"};

const char *holding_form_name(enum holding_form form)
{
    return form_names[form];
}

bool holding_form_of(const char *name, enum holding_form *ret)
{
    for (size_t i = 0; i < HOLDING_FORMS; i++)
        if (!strcmp(name, form_names[i])) {
            *ret = (enum holding_form)i;
            return true;
        }
    return false;
}

/* ---- the keyed hash ---- */

static void hash_by(const uint8_t key[VAULT_KEY_SIZE], const struct digest *sha256, char ret[HOLDING_HASH_SIZE])
{
    uint8_t hash[SHA256_SIZE];

    crypto_generichash(hash, sizeof(hash), sha256->bytes, sizeof(sha256->bytes), key, VAULT_KEY_SIZE);
    sodium_bin2hex(ret, HOLDING_HASH_SIZE, hash, sizeof(hash));
}

/* 1: there is no key yet. */
static int key_known(struct store *s, uint8_t ret[VAULT_KEY_SIZE])
{
    int r = vault_get(s, STR(HOLDING_KEY), ret);

    return r == STORE_E_NONE ? 1 : store_failed(r);
}

static int key_made(struct store *s, uint8_t ret[VAULT_KEY_SIZE])
{
    return store_failed(vault_make(s, STR(HOLDING_KEY), ret));
}

/* Of a process whose keys are the keeper's to give: one hash at a time. 1: there is no key. */
static int hash_asked(struct store *s, const struct digest *sha256, char ret[HOLDING_HASH_SIZE])
{
    char name[sizeof(HOLDING_HASH_ASKED) + HOLDING_HASH_SIZE] = HOLDING_HASH_ASKED;
    uint8_t hash[VAULT_KEY_SIZE];
    int r;

    sodium_bin2hex(name + strlen(name), HOLDING_HASH_SIZE, sha256->bytes, sizeof(sha256->bytes));
    r = vault_get(s, str_of(name), hash);
    if (r)
        return r == STORE_E_NONE ? 1 : store_failed(r);
    sodium_bin2hex(ret, HOLDING_HASH_SIZE, hash, sizeof(hash));
    return 0;
}

int holding_hash(struct store *s, const struct digest *sha256, char ret[HOLDING_HASH_SIZE])
{
    uint8_t key[VAULT_KEY_SIZE];
    bool is_writing = store_role(s) != STORE_READ && store_in_transaction(s);
    int r = is_writing ? key_made(s, key) : key_known(s, key);

    if (!r)
        hash_by(key, sha256, ret);
    sodium_memzero(key, sizeof(key));
    return r == 1 ? hash_asked(s, sha256, ret) : r;
}

/* ---- rows ---- */

static int add(struct store *s, const uint8_t key[VAULT_KEY_SIZE], const char *record, const char *attachment, enum holding_form form,
               const struct digest *sha256)
{
    char hash[HOLDING_HASH_SIZE];

    hash_by(key, sha256, hash);
    return store_failed(STORE_RUN(s, STMT_HOLDING_ADD, V_TEXT(hash), V_TEXT(record), V_TEXT(attachment), V_TEXT(form_names[form])));
}

int holding_add(struct store *s, const char *record, const char *attachment, enum holding_form form, const struct digest *sha256, uint64_t size)
{
    uint8_t key[VAULT_KEY_SIZE];
    int r;

    if (size < HOLDING_SIZE_MIN)
        return 0;
    if (!(r = key_made(s, key)))
        r = add(s, key, record, attachment, form, sha256);
    sodium_memzero(key, sizeof(key));
    return r;
}

int holding_claim(struct store *s, const char *attachment, const char *record)
{
    return store_failed(STORE_RUN(s, STMT_HOLDING_CLAIM, V_TEXT(attachment), V_TEXT(record)));
}

/* By which a register of copies knows the records of this one; NULL. */
static const struct field *content_of(const struct reg *reg)
{
    for (size_t i = 0; i < reg->pack->n_regs; i++) {
        const struct held_by *h = &reg->pack->regs[i].held_by;

        if (h->content && h->of->reg == reg)
            return h->content;
    }
    return NULL;
}

int holding_say(struct store *s, const struct record *r)
{
    const struct field *content = content_of(r->reg);
    const char *keyed = content ? json_str(r->values, content->id) : "";
    const char *hash = digest_is_keyed(keyed) ? digest_hash(keyed) : "";
    int e = 0;

    if (!content)
        return 0;
    if (!r->is_new && !(e = STORE_RUN(s, STMT_HOLDING_SAID_BEFORE, V_TEXT(r->id), V_TEXT(hash))))
        e = STORE_RUN(s, STMT_HOLDING_UNSAY, V_TEXT(r->id), V_TEXT(hash));
    if (!e && r->is_lowered)
        e = STORE_RUN(s, STMT_HOLDING_LOWER, V_TEXT(r->id), V_TEXT(hash));
    if (!e && *hash)
        e = STORE_RUN(s, STMT_HOLDING_ADD, V_TEXT(hash), V_TEXT(r->id), V_TEXT(""), V_TEXT(form_names[HOLDING_SAID]));
    return store_failed(e);
}

int holding_count_as(struct store *s, const char *record, int64_t audience)
{
    return store_failed(STORE_RUN(s, STMT_HOLDING_COUNT_AS, V_TEXT(record), V_INT(audience)));
}

int holding_drop(struct store *s, const char *attachment)
{
    return store_failed(STORE_RUN(s, STMT_HOLDING_DROP, V_TEXT(attachment)));
}

int holding_drop_record(struct store *s, const char *record)
{
    return store_failed(STORE_RUN(s, STMT_HOLDING_DROP_RECORD, V_TEXT(record)));
}

/* ---- what they ask for ---- */

#define AUDIENCES_PAGE 256
#define RECORDS_EACH 64 /* of one audience that are looked at, before its own label counts for all of them */

/* Whose records: those that hold one hash, or what is in an attachment. */
struct holders {
    const char *hash, *attachment; /* one of them NULL */
    const char *but;               /* record that does not count; "" none */
};

/* Who stands behind a mail address of the force, and the keys by which he reads. */
struct behind {
    const char *address;
    const struct mailbox *box; /* NULL: nobody */
    struct label_set keys;
    bool is_shut;
};

/* What is asked of them: a join of labels that begins with none, and whether readers are admitted everywhere. */
struct joining {
    struct stage *sc;
    bool wants_label;
    struct label label; /* without ranges, in the stage's arena */
    const struct keys *reader;
    bool is_shut;
    struct behind *behind;
    size_t n_behind;
    size_t n;
};

/* A label borrows its words, and those of an audience go with the page that it was met on. */
static int own_words(struct arena *a, struct label_set *s)
{
    const char **at = arena_alloc_n(a, s->n + 1, sizeof(*at));

    for (size_t i = 0; at && i < s->n; i++)
        if (!(at[i] = arena_strdup(a, str_of(s->at[i]))))
            return -ENOMEM;
    s->at = at;
    return at ? 0 : -ENOMEM;
}

static int join_label(struct joining *j, struct label one)
{
    int e;

    one.ranges = NULL;
    one.n_ranges = 0;
    if ((e = own_words(j->sc->arena, &one.restrictions)))
        return e;
    e = label_join(j->sc->arena, &j->label, &one, &j->label);
    return e == LABEL_E_LIMIT ? -E2BIG : ERR_FOLD(e);
}

static int join_record(struct joining *j, const char *id)
{
    struct label one;
    struct record *r;
    int e = stage_record(j->sc, id, &r);

    if (e)
        return e < 0 ? e : -EBADMSG; /* rows go with their record */
    if (!r->reg->label)
        return 0;
    e = label_of_itself(j->sc, r, &one);
    return e ? e : join_label(j, one);
}

static bool covers(const struct joining *j, struct label l)
{
    l.ranges = NULL;
    l.n_ranges = 0;
    return label_le(&l, &j->label);
}

/* What records of an audience ask for by themselves is at most its label, and the first that nothing was joined to asks for all of it: then
 * the others add nothing. */
static int join_records(struct joining *j, const struct holders *h, int64_t audience, const struct label *most)
{
    ROWS_AUTO *rows = NULL;
    struct store *s = j->sc->e->store;
    int r = store_failed(h->hash ? STORE_QUERY(s, &rows, STMT_HOLDING_RECORDS, V_TEXT(h->hash), V_TEXT(h->but), V_INT(audience), V_INT(RECORDS_EACH + 1))
                                 : STORE_QUERY(s, &rows, STMT_HOLDING_ALIKE, V_TEXT(h->attachment), V_TEXT(h->but), V_INT(audience),
                                               V_INT(RECORDS_EACH + 1)));

    for (size_t n = 0; !r && !covers(j, *most); n++) {
        if ((r = rows_next(rows)) <= 0)
            return store_failed(r);
        r = n < RECORDS_EACH ? join_record(j, rows_text(rows, 0)) : join_label(j, *most);
    }
    return r;
}

static bool has_any(const char *const *keys, size_t n, struct label_set range)
{
    for (size_t i = 0; i < n; i++)
        if (label_set_has(range, keys[i]))
            return true;
    return false;
}

static void ask_range(struct joining *j, struct label_set range)
{
    j->is_shut |= j->reader && !has_any(j->reader->at, j->reader->n, range);
    for (size_t i = 0; i < j->n_behind; i++)
        j->behind[i].is_shut |= !has_any(j->behind[i].keys.at, j->behind[i].keys.n, range);
}

/* One audience among the holders. */
struct met {
    int64_t audience;
    bool by_records, by_held; /* it is that of records, and one as which records count what they hold: of those nothing more is to be asked */
};

static int join_audience(struct joining *j, const struct holders *h, struct met met, struct arena *scratch)
{
    struct audience au;
    int r;

    if (j->sc->told_to && !sight_may_see(j->sc->told_to, met.audience)) /* told beforehand: as of bytes that nobody holds */
        return 0;
    if ((r = ERR_FOLD(audience_get(j->sc->e->store, met.audience, scratch, &au, NULL))))
        return r;
    j->n++;
    for (size_t i = 0; i < au.label.n_ranges; i++)
        ask_range(j, au.label.ranges[i]);
    if (j->wants_label && met.by_held)
        r = join_label(j, au.label);
    return !r && j->wants_label && met.by_records && !covers(j, au.label) ? join_records(j, h, met.audience, &au.label) : r;
}

/* A page of audiences; *after is the last of them. 1: there may be more. */
static int join_page(struct joining *j, const struct holders *h, int64_t *after)
{
    CLEANUP(arena_freep) struct arena *scratch = arena_new(STAGE_ARENA_MAX);
    ROWS_AUTO *rows = NULL;
    struct store *s = j->sc->e->store;
    size_t n = 0;
    int r = !scratch ? -ENOMEM
                     : store_failed(h->hash ? STORE_QUERY(s, &rows, STMT_HOLDING_AUDIENCES, V_TEXT(h->hash), V_TEXT(h->but), V_INT(*after),
                                                          V_INT(AUDIENCES_PAGE))
                                            : STORE_QUERY(s, &rows, STMT_HOLDING_ALIKE_AUDIENCES, V_TEXT(h->attachment), V_TEXT(h->but),
                                                          V_INT(*after), V_INT(AUDIENCES_PAGE)));

    while (!r && (r = rows_next(rows)) == 1) {
        n++;
        *after = rows_int(rows, 0);
        r = join_audience(j, h, (struct met){*after, !rows_int(rows, 1), rows_int(rows, 2)}, scratch);
    }
    return r ? store_failed(r) : n == AUDIENCES_PAGE;
}

/* Each audience once, however many records there are. Number 0 is no audience: such records have no label. */
static int join_all(struct joining *j, const struct holders *h)
{
    int64_t after = 0;
    int r;

    do
        r = join_page(j, h, &after);
    while (r == 1);
    return r;
}

static int reader_keys(struct stage *sc, const struct person *person, struct keys *k)
{
    int e = keys_open(sc, k);

    return e || !person ? e : keys_of_person(sc, person, k);
}

static int ask_all(struct stage *sc, const struct person *person, const struct holders *h, struct holding_asked *ret)
{
    struct keys k;
    struct joining j = {.sc = sc, .wants_label = true, .reader = &k};
    int e = reader_keys(sc, person, &k);

    if (!e)
        e = join_all(&j, h);
    *ret = (struct holding_asked){.is_held = j.n > 0, .admits = !j.n || (person && !j.is_shut), .label = j.label};
    return e;
}

int holding_asks(struct stage *sc, const struct person *person, const char *attachment, const char *but, struct holding_asked *ret)
{
    return ask_all(sc, person, &(struct holders){.attachment = attachment, .but = but}, ret);
}

int holding_asks_of(struct stage *sc, const struct person *person, const char *hash, struct holding_asked *ret)
{
    return ask_all(sc, person, &(struct holders){.hash = hash, .but = ""}, ret);
}

static int join_digest(struct joining *j, const uint8_t key[VAULT_KEY_SIZE], const struct digest *sha256)
{
    char hash[HOLDING_HASH_SIZE];

    hash_by(key, sha256, hash);
    return join_all(j, &(struct holders){.hash = hash, .but = ""});
}

/* ---- what was joined to a record ---- */

static int held_json(const struct label *l, json_t **ret)
{
    *ret = json_pack("{s:i, s:i, s:i, s:o}", "confidentiality", l->confidentiality, "integrity", l->integrity, "availability", l->availability,
                     "restrictions", words_json(l->restrictions.at, l->restrictions.n));
    return *ret ? 0 : -ENOMEM;
}

static int held_label(struct stage *sc, const json_t *held, struct label *ret)
{
    const json_t *words = json_arr(held, "restrictions");
    struct label_set restrictions;
    struct keys k;
    int e = keys_open(sc, &k);

    for (size_t i = 0; !e && i < json_array_size(words); i++)
        e = keys_add(&k, json_string_value(json_array_get(words, i)));
    if (!e)
        e = label_set_make(sc->arena, k.at, k.n, &restrictions);
    if (!e)
        e = label_make(sc->arena, (int)json_int(held, "confidentiality"), (int)json_int(held, "integrity"), (int)json_int(held, "availability"),
                       restrictions, NULL, 0, ret);
    return e == LABEL_E_LIMIT ? -E2BIG : ERR_FOLD(e);
}

int holding_add_to_label(struct stage *sc, const struct record *r, struct label *label)
{
    const json_t *held = json_obj(r->values, RECORD_HELD);
    struct label more;
    int e = held ? held_label(sc, held, &more) : 0;

    if (!e && held)
        e = label_join(sc->arena, label, &more, label);
    return e == LABEL_E_LIMIT ? -E2BIG : ERR_FOLD(e);
}

static int join_to_record(struct stage *sc, struct record *r, const struct label *found)
{
    struct label has, both, more = *found;
    JSON_AUTO *held = NULL;
    int e = label_of(sc, r, &has);

    if (e || label_le(&more, &has))
        return e;
    if ((e = holding_add_to_label(sc, r, &more)) || (e = held_json(&more, &held)) || (e = held_label(sc, held, &both)))
        return e;
    r->is_dirty = true;
    return json_put(r->values, RECORD_HELD, TAKE(held));
}

static int join_file(struct stage *sc, struct record *r, const char *attachment)
{
    struct joining j = {.sc = sc, .wants_label = true};
    int e = join_all(&j, &(struct holders){.attachment = attachment, .but = r->id});

    return e || !j.n ? e : join_to_record(sc, r, &j.label);
}

int holding_join(struct stage *sc, struct record *r)
{
    const char *name;
    json_t *v;
    int e = 0;

    if (!r->reg->label)
        return 0;
    json_object_foreach(r->fresh, name, v) {
        const struct field *f = reg_field(r->reg, name);

        if (f && f->type == FIELD_FILE && !json_is_null(v) && (e = join_file(sc, r, json_str(json_obj(v, "value"), "id"))))
            return e;
    }
    return 0;
}

void holding_release(struct record *r)
{
    r->is_lowered = true;
    if (json_object_del(r->values, RECORD_HELD) == 0)
        r->is_dirty = true;
}

int holding_records_of(struct stage *sc, const char *hash, size_t max, json_t *ret)
{
    ROWS_AUTO *rows = NULL;
    int r = store_failed(STORE_QUERY(sc->e->store, &rows, STMT_HOLDING_OF, V_TEXT(hash), V_INT(max)));

    while (!r && (r = rows_next(rows)) == 1)
        r = json_put_flag(ret, rows_text(rows, 0), true);
    return r < 0 ? store_failed(r) : r;
}

int holding_records(struct stage *sc, const char *sha256, size_t max, json_t *ret)
{
    char hash[HOLDING_HASH_SIZE];
    struct digest d;
    int r = hex_parse(str_of(sha256), &d, sizeof(d)) ? 1 : holding_hash(sc->e->store, &d, hash);

    return r ? MIN_OF(r, 0) : holding_records_of(sc, hash, max, ret);
}

/* ---- many at once ---- */

#define TRIED_TOGETHER 32u /* parameters of STMT_HOLDING_MET */

/* One that somebody holds. */
static int is_high_of(struct store *s, const char *hash, bool *ret)
{
    CLEANUP(arena_freep) struct arena *a = arena_new(STAGE_ARENA_MAX);
    int64_t after = 0;
    size_t n = AUDIENCES_PAGE;
    int r = a ? 0 : -ENOMEM;

    *ret = false;
    while (!r && !*ret && n == AUDIENCES_PAGE) {
        ROWS_AUTO *rows = NULL;

        r = store_failed(STORE_QUERY(s, &rows, STMT_HOLDING_AUDIENCES, V_TEXT(hash), V_TEXT(""), V_INT(after), V_INT(AUDIENCES_PAGE)));
        for (n = 0; !r && (r = rows_next(rows)) == 1; n++) {
            struct audience au;

            after = rows_int(rows, 0);
            r = ERR_FOLD(audience_get(s, after, a, &au, NULL));
            *ret = *ret || (!r && au.label.confidentiality >= LABEL_CONFIDENTIALITY_MAX);
        }
        r = store_failed(r);
    }
    return r;
}

/* Most are held by nobody, which one question tells of many. */
static int try_together(struct store *s, const uint8_t key[VAULT_KEY_SIZE], const struct digest *contents, size_t n, bool *is_high, size_t *ret_n)
{
    char hashes[TRIED_TOGETHER][HOLDING_HASH_SIZE];
    struct value values[TRIED_TOGETHER];
    ROWS_AUTO *rows = NULL;
    int r;

    for (size_t i = 0; i < TRIED_TOGETHER; i++) {
        if (i < n)
            hash_by(key, &contents[i], hashes[i]);
        values[i] = V_TEXT(hashes[MIN_OF(i, n - 1)]);
    }
    r = store_failed(store_query(s, &rows, STMT_HOLDING_MET, values, TRIED_TOGETHER));
    while (!r && (r = rows_next(rows)) == 1) {
        bool is_one = false;

        r = is_high_of(s, rows_text(rows, 0), &is_one);
        for (size_t i = 0; !r && is_one && i < n; i++)
            if (!is_high[i] && !strcmp(hashes[i], rows_text(rows, 0))) {
                is_high[i] = true;
                ++*ret_n;
            }
    }
    return store_failed(r);
}

int holding_are_high(struct store *s, const struct digest *contents, size_t n, bool *is_high, size_t *ret_n)
{
    uint8_t key[VAULT_KEY_SIZE];
    int r = n ? key_known(s, key) : 1;

    *ret_n = 0;
    memset(is_high, 0, n * sizeof(*is_high));
    for (size_t at = 0; !r && at < n; at += TRIED_TOGETHER)
        r = try_together(s, key, contents + at, MIN_OF(n - at, (size_t)TRIED_TOGETHER), is_high + at, ret_n);
    sodium_memzero(key, sizeof(key));
    return MIN_OF(r, 0);
}

/* ---- the gates' question ---- */

/* HEX: size. False: it is none. */
static bool read_content(const char *hex, const json_t *size, struct digest *ret)
{
    return json_is_integer(size) && json_integer_value(size) >= 0 && !hex_parse(str_of(hex), ret, sizeof(*ret));
}

static bool contents_ok(const json_t *contents)
{
    json_t *each = (json_t *)(uintptr_t)contents, *size;
    struct digest d;
    const char *hex;

    if (!json_is_object(contents) || json_object_size(contents) > HOLDING_CONTENTS_MAX)
        return false;
    json_object_foreach(each, hex, size)
        if (!read_content(hex, size, &d))
            return false;
    return true;
}

static int join_contents(struct joining *j, const json_t *contents)
{
    json_t *each = (json_t *)(uintptr_t)contents, *size;
    uint8_t key[VAULT_KEY_SIZE];
    struct digest d = {0};
    const char *hex;
    int r = key_known(j->sc->e->store, key);

    json_object_foreach(each, hex, size)
        if (!r && read_content(hex, size, &d) && (uint64_t)json_integer_value(size) >= HOLDING_SIZE_MIN)
            r = join_digest(j, key, &d);
    sodium_memzero(key, sizeof(key));
    return MIN_OF(r, 0);
}

static int find_behind(struct stage *sc, const char *address, struct keys *scratch, struct behind *ret)
{
    const struct mailbox *box = force_mailbox(sc->e->force, str_of(address));
    const char **own;
    int r;

    *ret = (struct behind){.address = address, .box = mailbox_is_open(sc, box) ? box : NULL};
    scratch->n = 0;
    if ((r = keys_of_mailbox(sc, box, scratch)))
        return r;
    own = arena_alloc_n(sc->arena, scratch->n, sizeof(*own));
    if (!own)
        return -ENOMEM;
    memcpy(own, scratch->at, scratch->n * sizeof(*own));
    ret->keys = (struct label_set){own, scratch->n};
    return 0;
}

static int find_all_behind(struct joining *j, const json_t *addresses)
{
    json_t *each = (json_t *)(uintptr_t)addresses, *any;
    struct keys scratch;
    const char *address;
    int r = keys_open(j->sc, &scratch);

    j->behind = arena_alloc_n(j->sc->arena, json_object_size(addresses) + 1, sizeof(*j->behind));
    if (r || !j->behind)
        return -ENOMEM;
    json_object_foreach(each, address, any)
        if (!r)
            r = find_behind(j->sc, address, &scratch, &j->behind[j->n_behind++]);
    return r;
}

struct holding_readers {
    const struct behind *at;
    size_t n;
};

int holding_readers_find(struct stage *sc, const json_t *addresses, struct holding_readers **ret)
{
    struct joining j = {.sc = sc};
    int r = find_all_behind(&j, addresses);

    for (size_t i = 0; !r && i < j.n_behind; i++)
        if (!(j.behind[i].address = arena_strdup(sc->arena, str_of(j.behind[i].address))))
            r = -ENOMEM;
    if (r)
        return r;
    *ret = arena_alloc(sc->arena, sizeof(**ret));
    if (!*ret)
        return -ENOMEM;
    **ret = (struct holding_readers){j.behind, j.n_behind};
    return 0;
}

int holding_shut_out(struct stage *sc, const struct holding_readers *readers, const char *hash, json_t **ret)
{
    struct joining j = {.sc = sc, .behind = arena_alloc_n(sc->arena, readers->n + 1, sizeof(*j.behind)), .n_behind = readers->n};
    JSON_AUTO *out = json_object();
    int r = j.behind && out ? 0 : -ENOMEM;

    if (!r) {
        memcpy(j.behind, readers->at, readers->n * sizeof(*j.behind));
        r = join_all(&j, &(struct holders){.hash = hash, .but = ""});
    }
    for (size_t i = 0; !r && i < j.n_behind; i++)
        if (j.behind[i].is_shut)
            r = json_put_flag(out, j.behind[i].address, true);
    if (!r)
        *ret = TAKE(out);
    return r;
}

static int answer_strangers(const struct joining *j, json_t *answer)
{
    json_t *list = json_array();
    int r = json_put(answer, "strangers", list);

    for (size_t i = 0; !r && i < j->n_behind; i++) {
        const struct behind *b = &j->behind[i];

        if (b->is_shut && json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "address", b->address, "person", b->box && b->box->person ? b->box->person->id : "",
                                                                "unit", b->box && b->box->unit ? b->box->unit->id : "")))
            r = -ENOMEM;
    }
    return r;
}

static int answer_label(const struct joining *j, const struct person *receiver, json_t **ret)
{
    JSON_AUTO *label = NULL;
    JSON_AUTO *answer = NULL;
    int r = held_json(&j->label, &label);

    if (!r)
        answer = json_pack("{s:b, s:O}", "held", 1, "label", label);
    if (r || !answer)
        return -ENOMEM;
    if ((j->behind && (r = answer_strangers(j, answer))) || (j->reader && (r = json_put_flag(answer, "admitted", receiver && !j->is_shut))))
        return r;
    *ret = TAKE(answer);
    return 0;
}

int engine_holding_label(struct engine *e, const json_t *contents, const char *receiver, const json_t *addresses, uint64_t now_us, json_t **ret)
{
    const struct person *person = *receiver ? force_person(e->force, receiver) : NULL;
    struct joining j = {.wants_label = true};
    struct stage sc;
    struct keys k;
    int r;

    if (!contents_ok(contents) || json_object_size(addresses) > HOLDING_ADDRESSES_MAX)
        return 1;
    r = stage_open(&sc, e, "", now_us);
    j.sc = &sc;
    if (!r && addresses)
        r = find_all_behind(&j, addresses);
    if (!r && *receiver) {
        r = reader_keys(&sc, person, &k);
        j.reader = &k;
    }
    if (!r)
        r = join_contents(&j, contents);
    if (!r)
        r = j.n ? answer_label(&j, person, ret) : (*ret = json_pack("{s:b}", "held", 0)) ? 0 : -ENOMEM;
    stage_done(&sc);
    return r;
}

/* The key is read once, and made when something is there to be kept. */
int holding_add_all(struct store *s, const char *record, const char *attachment, enum holding_form form, const json_t *contents)
{
    json_t *each = (json_t *)(uintptr_t)contents, *size;
    uint8_t key[VAULT_KEY_SIZE];
    bool has_key = false;
    struct digest d = {0};
    const char *hex;
    int r = 0;

    if (!contents_ok(contents))
        return 1;
    json_object_foreach(each, hex, size) {
        if (r || !read_content(hex, size, &d) || (uint64_t)json_integer_value(size) < HOLDING_SIZE_MIN)
            continue;
        if (!has_key)
            r = key_made(s, key);
        has_key = true;
        if (!r)
            r = add(s, key, record, attachment, form, &d);
    }
    sodium_memzero(key, sizeof(key));
    return r;
}

/* 2: no such record in his sight. *ret_as: what it holds counts as. */
static int check_seen(struct stage *sc, const char *record, int64_t *ret_as)
{
    CLEANUP(sight_freep) struct sight *sight = NULL;
    struct record *r;
    int e = sc->actor ? stage_record(sc, record, &r) : 1;

    if (e)
        return e < 0 ? e : 2;
    if ((e = sight_of_person(sc, sc->actor, &sight)))
        return e;
    e = sight_of_record(sc, sight, r);
    if (e <= 0 || r->disposed_us)
        return e < 0 ? e : 2;
    return held_audience_of(sc, r, ret_as);
}

int engine_holding_note(struct engine *e, const char *person, const char *record, const char *form, const json_t *contents, uint64_t now_us,
                        json_t **ret_in)
{
    enum holding_form of;
    struct stage sc;
    int64_t as = 0;
    int r;

    if (!holding_form_of(form, &of) || of == HOLDING_TAKEN_IN || of >= HOLDING_SAID)
        return 1;
    r = stage_open(&sc, e, person, now_us);
    if (!r)
        r = check_seen(&sc, record, &as);
    stage_done(&sc);
    if (r || (r = holding_add_all(e->store, record, "", of, contents)) || (r = holding_count_as(e->store, record, as)))
        return r;
    *ret_in = json_pack("{s:s, s:s, s:I}", "record", record, "form", form, "n", (json_int_t)json_object_size(contents));
    return *ret_in ? 0 : -ENOMEM;
}
