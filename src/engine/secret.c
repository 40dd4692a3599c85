#include "engine/secret.h"

#include "base/codec.h"
#include "base/seal.h"
#include "base/tell.h"
#include "base/utf8.h"
#include "engine/input.h"
#include "engine/ref.h"

#include <sodium.h>

#define WORDS_MAX 64u       /* of names and units */
#define BOUND_MAX 512u
#define SEALED_TEXT_MAX 1024u

/* ---- forms ---- */

static void form_of(const char *hash, char ret[SECRET_FORM_SIZE])
{
    struct digest d = sha256(str_of(hash));

    memcpy(ret, SECRET_MARK, strlen(SECRET_MARK));
    sodium_bin2hex(ret + strlen(SECRET_MARK), SECRET_FORM_SIZE - strlen(SECRET_MARK), d.bytes, sizeof(d.bytes));
}

/* ---- what is sealed ---- */

/* 1: there is no key yet, so that nothing is sealed under it. */
static int key_known(struct store *s, uint8_t ret[VAULT_KEY_SIZE])
{
    int r = vault_get(s, STR(SECRET_KEY), ret);

    return r == STORE_E_NONE ? 1 : store_failed(r);
}

static int key_made(struct store *s, uint8_t ret[VAULT_KEY_SIZE])
{
    return store_failed(vault_make(s, STR(SECRET_KEY), ret));
}

static int bound_to(const struct record *r, const char *field, struct buf *out)
{
    buf_init(out, BOUND_MAX);
    return buf_printf(out, "%s/%s/%s", SECRET_KEY, r->id, field);
}

static int seal_hash(struct store *s, const struct record *r, const char *field, const char *hash, json_t **ret)
{
    CLEANUP(buf_done) struct buf bound = {0};
    CLEANUP(buf_done) struct buf sealed = {0};
    CLEANUP(buf_done) struct buf text = {0};
    uint8_t key[VAULT_KEY_SIZE];
    int e = key_made(s, key);

    buf_init(&sealed, SEALED_TEXT_MAX);
    buf_init(&text, 2 * SEALED_TEXT_MAX);
    if (!e)
        e = bound_to(r, field, &bound);
    if (!e)
        e = seal_add(key, buf_str(&bound), str_of(hash), &sealed);
    if (!e)
        e = base64_print(sealed.at, sealed.len, &text);
    sodium_memzero(key, sizeof(key));
    if (!e && !(*ret = json_string(text.at)))
        e = -ENOMEM;
    return e;
}

/* -EBADMSG: it does not open. */
static int open_hash(struct store *s, const struct record *r, const char *field, const char *text, char ret[PASSWORD_HASH_SIZE])
{
    CLEANUP(buf_done) struct buf bound = {0};
    CLEANUP(buf_done) struct buf sealed = {0};
    CLEANUP(buf_wipe) struct buf hash = {0};
    uint8_t key[VAULT_KEY_SIZE];
    int e = key_known(s, key);

    if (e)
        return e < 0 ? e : -EBADMSG;
    buf_init(&sealed, SEALED_TEXT_MAX);
    buf_init(&hash, PASSWORD_HASH_SIZE);
    if ((e = base64_parse(str_of(text), &sealed)) > 0)
        e = -EBADMSG;
    if (!e)
        e = bound_to(r, field, &bound);
    if (!e)
        e = seal_open(key, buf_str(&bound), buf_str(&sealed), &hash);
    sodium_memzero(key, sizeof(key));
    if (!e && (!hash.len || hash.len >= PASSWORD_HASH_SIZE))
        e = -EBADMSG;
    if (!e)
        snprintf(ret, PASSWORD_HASH_SIZE, "%.*s", STR_ARG(buf_str(&hash)));
    return e;
}

/* *ret is yours; {} where nothing is sealed, or can be opened any more. */
static int open_aside(struct store *s, struct record *r, json_t **ret)
{
    int e = *r->id && r->stored_version ? record_open_aside(s, r, SECRET_SEALED, ret) : 0;

    if (!e && !*ret)
        *ret = json_object();
    return e ? e : *ret ? 0 : -ENOMEM;
}

/* ---- with what it is compared ---- */

struct comparing {
    struct stage *sc;
    const struct field *field;
    json_t *found;
};

/* The hashes of a record: all of them, or the one that counts. */
static int add_hashes(struct comparing *c, struct record *r, bool is_former)
{
    JSON_AUTO *aside = NULL;
    const json_t *list;
    int e = open_aside(c->sc->e->store, r, &aside);

    list = json_arr(aside, c->field->id);
    for (size_t i = 0; !e && i < json_array_size(list) && (is_former || !i); i++) {
        const json_t *one = json_array_get(list, i);
        char hash[PASSWORD_HASH_SIZE];

        if ((e = open_hash(c->sc->e->store, r, c->field->id, json_str(one, "sealed"), hash)))
            return e;
        e = json_put(c->found, json_str(one, "form"), json_pack("{s:s, s:b}", "hash", hash, "is_former", is_former));
        sodium_memzero(hash, sizeof(hash));
    }
    return e;
}

static bool is_joined(const struct secret_rule *rule, const struct record *r)
{
    return rule->joined && !strcmp(json_str(r->values, rule->joined->id), rule->joined_choice);
}

/* Another one whose secret he knows who acts; what is over counts no more, nor what one signing in joins with the record at hand. */
static int add_other(void *user, struct record *r)
{
    struct comparing *c = user;
    const struct secret_rule *rule = c->field->secret;
    const struct state *state = r->reg->procedure ? procedure_state(r->reg->procedure, r->state) : NULL;

    if ((state && state->is_end) || (is_joined(rule, r) && is_joined(rule, c->sc->hand)) || !record_has(r, c->field))
        return 0;
    return add_hashes(c, r, false);
}

int secret_compared(struct stage *sc, const struct field *f, json_t **ret)
{
    JSON_AUTO *found = json_object();
    struct comparing c = {sc, f, found};
    int e = found ? add_hashes(&c, sc->hand, true) : -ENOMEM;

    for (size_t i = 0; !e && i < f->secret->n_known; i++) {
        const struct where by = {.field = f->secret->known_to[i], .value = {.kind = REF_ACTOR, .text = ""}};
        const struct record_search q = {.reg = sc->hand->reg, .wheres = &by, .n_wheres = 1};

        e = search_records(sc, &q, add_other, &c);
    }
    if (e)
        return e;
    if (json_object_size(found) > SECRET_COMPARED_MAX)
        return 1;
    *ret = TAKE(found);
    return 0;
}

/* ---- of what it is made ---- */

struct word_list {
    struct stage *sc;
    struct str at[WORDS_MAX];
    size_t n;
};

/* Each word of a text by itself, and all of it, folded. */
static int add_words(struct word_list *w, const char *text)
{
    CLEANUP(buf_done) struct buf folded = {0};
    CLEANUP(buf_done) struct buf joined = {0};
    char *copy;
    int e;

    buf_init(&folded, 4096);
    buf_init(&joined, 4096);
    e = utf8_fold(str_of(text ? text : ""), &folded);
    if (e || !folded.len) /* what is too long is no word */
        return e == -ENOMEM ? e : 0;
    if (!(copy = arena_strdup(w->sc->arena, buf_str(&folded))))
        return -ENOMEM;
    for (char *at = copy, *next; at; at = next) {
        next = strpbrk(at, " -_./@");
        if (next)
            *next++ = '\0';
        if (*at && w->n < WORDS_MAX)
            w->at[w->n++] = str_of(at);
        if (*at && buf_add_text(&joined, at))
            return -ENOMEM;
    }
    if (joined.len && w->n < WORDS_MAX) {
        w->at[w->n] = arena_str(w->sc->arena, buf_str(&joined));
        if (!w->at[w->n++].at)
            return -ENOMEM;
    }
    return 0;
}

static int add_person(struct word_list *w, const char *id)
{
    const struct person *p = force_person(w->sc->e->force, id);
    int e = add_words(w, id);

    if (!e && p)
        e = add_words(w, p->name);
    if (!e && p)
        e = add_words(w, p->kana);
    return e || !p ? e : add_words(w, p->name_en);
}

/* With the units above it. */
static int add_unit(struct word_list *w, const char *id)
{
    int e = 0;

    for (const struct unit *u = force_unit(w->sc->e->force, id); !e && u; u = u->parent)
        if (!(e = add_words(w, u->id)) && !(e = add_words(w, u->name_ja)))
            e = add_words(w, u->name_en);
    return e;
}

static int add_field(struct word_list *w, const struct field *f)
{
    struct record *hand = w->sc->hand, *of;
    const char *text = json_str(hand->values, f->id);
    int e;

    switch (f->type) {
    case FIELD_PERSON:
        return add_person(w, text);
    case FIELD_UNIT:
        return add_unit(w, text);
    case FIELD_RECORD:
        e = *text ? stage_record(w->sc, text, &of) : 1;
        if (e)
            return MIN_OF(e, 0);
        return of->reg->name_field && !field_is_personal(of->reg->name_field) ? add_words(w, json_str(of->values, of->reg->name_field->id)) : 0;
    default:
        return add_words(w, text);
    }
}

int secret_traits(struct stage *sc, const struct field *f, const char *typed, json_t **ret)
{
    struct word_list *w = arena_alloc(sc->arena, sizeof(*w));
    struct password_traits t;
    int e = w ? 0 : -ENOMEM;

    if (e)
        return e;
    w->sc = sc;
    w->n = 0;
    if (sc->actor)
        e = add_person(w, sc->actor->id);
    for (size_t i = 0; !e && i < f->secret->n_made; i++)
        e = add_field(w, f->secret->made_of[i]);
    if (!e)
        e = password_traits(str_of(typed), w->at, w->n, &t);
    if (e)
        return e;
    *ret = json_pack("{s:I, s:b, s:b, s:b}", "length", (json_int_t)t.characters, "fit", t.is_fit, "common", t.is_common, "named", t.is_named);
    return *ret ? 0 : -ENOMEM;
}

/* ---- what is known of it ---- */

int secret_know(struct stage *sc, const struct field *f, const json_t *judged)
{
    struct secret_facts *k = arena_alloc(sc->arena, sizeof(*k));
    const json_t *same = json_obj(judged, "same");
    JSON_AUTO *compared = NULL;
    const char *form;
    json_t *with;
    int e = k ? secret_compared(sc, f, &compared) : -ENOMEM;

    if (e)
        return e;
    *k = (struct secret_facts){.field = f,
                               .length = json_int(judged, "length"),
                               .is_common = json_flag(judged, "common"),
                               .is_named = json_flag(judged, "named"),
                               .hash = arena_strdup(sc->arena, str_of(json_str(judged, "hash")))};
    if (!k->hash)
        return -ENOMEM;
    k->is_whole = *k->hash != '\0';
    json_object_foreach (compared, form, with) {
        bool is_same = json_flag(same, form);

        k->is_whole = k->is_whole && json_object_get(same, form) != NULL;
        if (is_same && json_flag(with, "is_former"))
            k->is_former = true;
        else if (is_same)
            k->is_other = true;
    }
    form_of(k->hash, k->form);
    sc->secret = k;
    return 0;
}

int secret_property(struct stage *sc, const struct field *f, enum ref_property p, json_t **ret)
{
    const struct secret_facts *k = sc->secret;

    *ret = NULL;
    if (!k || k->field != f)
        return 0;
    *ret = p == PROP_LENGTH   ? json_integer(k->length)
           : p == PROP_COMMON ? json_boolean(k->is_common)
           : p == PROP_NAMED  ? json_boolean(k->is_named)
           : p == PROP_OTHER  ? json_boolean(k->is_other)
                              : json_boolean(k->is_former);
    return *ret ? 0 : -ENOMEM;
}

/* ---- the act ---- */

/* The secret that the steps of that name set from where the record stands; NULL: none does. */
static const struct field *secret_of(const struct stage *sc, const char *act)
{
    const struct step *st = procedure_step(sc->procedure, act, 0);
    const struct field *f = NULL;

    for (size_t i = 0; st && !f; st = procedure_step(sc->procedure, act, ++i))
        f = word_in(sc->hand->state, st->from, st->n_from) ? step_secret(st) : NULL;
    return f;
}

static const char *any_secret(const struct reg *reg)
{
    for (size_t i = 0; i < reg->n_fields; i++)
        if (reg->fields[i].type == FIELD_SECRET)
            return reg->fields[i].id;
    return "";
}

int secret_take(struct stage *sc, const struct act *act, json_t *values, json_t *problems, json_t **ret_traits)
{
    const struct field *f = act->secret || act->secret_judged ? secret_of(sc, act->step) : NULL;
    const json_t *judged = act->secret_judged;
    int r;

    if (!judged && !act->secret)
        return 0;
    if (!f)
        return input_problem(problems, any_secret(sc->hand->reg), "この手続では主体認証情報を入力しません", "this step sets no secret");
    if (sc->is_paper)
        return input_problem(problems, f->id, "主体認証情報は、紙で行った手続として後から入力できません", "is a secret, which is not entered from paper");
    if (!judged) {
        if ((r = secret_traits(sc, f, act->secret, ret_traits)))
            return r;
        judged = *ret_traits;
    }
    if (json_object_get(judged, "fit") && !json_flag(judged, "fit"))
        return input_problem(problems, f->id, "主体認証情報は128文字以内とし、改行などの制御文字を含めないでください", "is to be text of at most 128 characters, without line ends");
    if ((r = secret_know(sc, f, judged)) > 0)
        return input_problem(problems, f->id, "比べる主体認証情報が多すぎます。使わないIDを停止してください", "has too many others to be compared with; stop IDs that are not used");
    if (r || json_put_str(values, f->id, sc->secret->form))
        return r ? r : -ENOMEM;
    return record_set(sc->hand, f, json_object_get(values, f->id), NULL);
}

int secret_compare(const json_t *compared, const char *typed, enum password_cost cost, json_t *judged)
{
    char hash[PASSWORD_HASH_SIZE];
    JSON_AUTO *same = json_object();
    const char *form;
    json_t *one;
    int r = same ? 0 : -ENOMEM;

    json_object_foreach ((json_t *)(uintptr_t)compared, form, one) {
        bool is_same = false;

        if (!r)
            r = password_check(json_str(one, "hash"), str_of(typed), &is_same);
        if (!r)
            r = json_put_flag(same, form, is_same);
    }
    if (!r)
        r = password_hash_at(cost, str_of(typed), hash);
    if (!r && (json_object_set(judged, "same", same) || json_put_str(judged, "hash", hash)))
        r = -ENOMEM;
    sodium_memzero(hash, sizeof(hash));
    return r;
}

/* ---- keeping and verifying ---- */

int secret_keep(struct stage *sc, struct record *r)
{
    const struct secret_facts *k = sc->secret;
    char commit[2 * SHA256_SIZE + 1];
    JSON_AUTO *aside = NULL;
    JSON_AUTO *list = NULL;
    json_t *sealed = NULL;
    int e;

    if (!k || r != sc->hand || !k->is_whole || strcmp(json_str(r->values, k->field->id), k->form) != 0)
        return 0;
    if ((e = record_open_aside(sc->e->store, r, SECRET_SEALED, &aside)) || (e = seal_hash(sc->e->store, r, k->field->id, k->hash, &sealed)))
        return e;
    if (!aside && !(aside = json_object())) {
        json_decref(sealed);
        return -ENOMEM;
    }
    list = json_pack("[{s:s, s:o}]", "form", k->form, "sealed", sealed);
    for (size_t i = 0; list && i + 1 < SECRET_FORMER_MAX && i < json_array_size(json_arr(aside, k->field->id)); i++)
        if (json_array_append(list, json_array_get(json_arr(aside, k->field->id), i)))
            return -ENOMEM;
    if (!list || json_object_set(aside, k->field->id, list))
        return -ENOMEM;
    return record_seal_aside(sc->e->store, r, SECRET_SEALED, aside, commit);
}

static int verify_one(struct store *s, struct record *r, const struct field *f, const json_t *list, struct diag *diag)
{
    const char *named = json_str(r->values, f->id);
    char form[SECRET_FORM_SIZE], hash[PASSWORD_HASH_SIZE];
    int e = 0;

    if (!json_array_size(list)) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_SECRET_GONE, {"record", str_of(r->id)}, {"field", str_of(f->id)});
        return 0;
    }
    for (size_t i = 0; !e && i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);

        e = open_hash(s, r, f->id, json_str(one, "sealed"), hash);
        form_of(e ? "" : hash, form);
        if ((!e || e == -EBADMSG) && (e || strcmp(form, json_str(one, "form")) != 0 || (!i && strcmp(form, named) != 0))) {
            diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_SECRET_OTHER, {"record", str_of(r->id)}, {"field", str_of(f->id)});
            e = 0;
        }
        sodium_memzero(hash, sizeof(hash));
    }
    return e;
}

int secret_verify(struct store *s, struct record *r, struct diag *diag)
{
    JSON_AUTO *aside = NULL;
    bool holds = false;
    int e = 0;

    for (size_t i = 0; i < r->reg->n_fields; i++)
        holds = holds || (r->reg->fields[i].type == FIELD_SECRET && record_has(r, &r->reg->fields[i]));
    if (!holds || r->disposed_us)
        return 0;
    e = open_aside(s, r, &aside);
    if (e == -EBADMSG) {
        diag_tell(diag, DIAG_ERROR, DIAG_NOWHERE, MSG_VERIFY_SECRET_OPENS, {"record", str_of(r->id)});
        return 0;
    }
    for (size_t i = 0; !e && i < r->reg->n_fields; i++)
        if (r->reg->fields[i].type == FIELD_SECRET && record_has(r, &r->reg->fields[i]))
            e = verify_one(s, r, &r->reg->fields[i], json_arr(aside, r->reg->fields[i].id), diag);
    return e;
}
