#include "intel/stix-clues.h"

#include "intel/clue-inside.h"
#include "intel/misp-stix.h"
#include "intel/pattern-inside.h"
#include "intel/suffix.h"

#include <errno.h>
#include <stdlib.h>

struct stix_clues {
    struct clue value, derived;
    struct buf text;
    stix_clue_fn *call;
    void *context;
};

struct stix_clues *stix_clues_new(void)
{
    struct stix_clues *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    clue_init(&c->value);
    clue_init(&c->derived);
    buf_init(&c->text, CLUE_TEXT_MAX);
    return c;
}

void stix_clues_free(struct stix_clues *c)
{
    if (!c)
        return;
    clue_done(&c->value);
    clue_done(&c->derived);
    buf_done(&c->text);
    free(c);
}

/* ---- one value ---- */

static int tell_derived(struct stix_clues *c, enum clue_type type, struct str text)
{
    int r = clue_read_as(type, text, &c->derived);

    return r < 0 ? r : r ? 0 : c->call(&c->derived, true, c->context);
}

/* The name itself where it is one that somebody registered, so that a question for all below finds it, too. */
static int tell_registered(struct stix_clues *c, struct str name)
{
    struct str registered = suffix_registered(name);

    return registered.len ? tell_derived(c, CLUE_DOMAIN, registered) : 0;
}

/* A host is a name or an address; a name without a dot is neither. */
static int tell_host(struct stix_clues *c, struct str host)
{
    bool is_six = host.len > 2 && host.at[0] == '[';
    struct str inside = is_six ? (struct str){host.at + 1, host.len - 2} : host;
    int r = clue_read_as(is_six ? CLUE_IPV6 : CLUE_IPV4, inside, &c->derived);

    if (r > 0 && !is_six)
        r = clue_read_as(CLUE_DOMAIN, inside, &c->derived);
    if (r)
        return MIN_OF(r, 0);
    r = c->call(&c->derived, true, c->context);
    return r || c->derived.type != CLUE_DOMAIN ? r : tell_registered(c, inside);
}

static int tell(struct stix_clues *c)
{
    struct str bytes = buf_str(&c->value.bytes);
    int r = c->call(&c->value, false, c->context);

    if (r)
        return r;
    switch (c->value.type) {
    case CLUE_DOMAIN:
        return tell_registered(c, bytes);
    case CLUE_URL:
        return tell_host(c, clue_url_host(bytes));
    case CLUE_EMAIL: {
        const char *at = memrchr(bytes.at, '@', bytes.len);

        return at ? tell_host(c, (struct str){at + 1, (size_t)(bytes.at + bytes.len - at - 1)}) : 0;
    }
    default:
        return 0;
    }
}

static int take(struct stix_clues *c, enum clue_type type, struct str text)
{
    int r = text.len && text.len <= CLUE_TEXT_MAX ? clue_read_as(type, text, &c->value) : CLUE_E_SHAPE;

    return r < 0 ? r : r ? 0 : tell(c);
}

/* What stands behind a reference whose object is not at hand: an address or a name. */
static int take_guessed(struct stix_clues *c, struct str text)
{
    int r = text.len && text.len <= CLUE_TEXT_MAX ? clue_read(text, &c->value) : CLUE_E_SHAPE;

    return r < 0 ? r : r ? 0 : tell(c);
}

/* ---- properties of observables ---- */

static const struct {
    const char *type, *property;
    enum clue_type clue;
} properties[] = {
    {"ipv4-addr", "value", CLUE_IPV4_NET}, /* an address or a network, whichever it is */
    {"ipv6-addr", "value", CLUE_IPV6_NET},
    {"domain-name", "value", CLUE_DOMAIN},
    {"url", "value", CLUE_URL},
    {"email-addr", "value", CLUE_EMAIL},
    {"file", "name", CLUE_FILE_NAME},
    {"autonomous-system", "number", CLUE_ASN},
    {"x509-certificate", "serial_number", CLUE_CERT_SERIAL},
    {"vulnerability", "name", CLUE_CVE},
};

static const struct {
    const char *name;
    enum clue_type clue;
} hashes[] = {
    {"MD5", CLUE_MD5}, {"SHA-1", CLUE_SHA1}, {"SHA1", CLUE_SHA1}, {"SHA-224", CLUE_SHA224}, {"SHA-256", CLUE_SHA256},
    {"SHA256", CLUE_SHA256}, {"SHA-384", CLUE_SHA384}, {"SHA-512", CLUE_SHA512}, {"SHA512", CLUE_SHA512},
    {"SSDEEP", CLUE_SSDEEP}, {"ssdeep", CLUE_SSDEEP}, {"TLSH", CLUE_TLSH}, {"tlsh", CLUE_TLSH},
};

static enum clue_type type_of_property(struct str type, struct str property)
{
    for (size_t i = 0; i < ARRAY_LEN(properties); i++)
        if (str_eq(type, str_of(properties[i].type)) && str_eq(property, str_of(properties[i].property)))
            return properties[i].clue;
    return CLUE_NONE;
}

static enum clue_type type_of_hash(struct str object_type, struct str algorithm)
{
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++)
        if (str_eq(algorithm, str_of(hashes[i].name)))
            return str_eq(object_type, STR("x509-certificate")) ? CLUE_CERT_DIGEST : hashes[i].clue;
    return CLUE_NONE;
}

static int take_hashes(struct stix_clues *c, struct str type, const struct scan_value *of)
{
    const struct scan_value *v = of + 1;
    int r = 0;

    for (uint32_t i = 0; !r && i < of->len; i++, v += 1 + v[1].skip) {
        enum clue_type clue = type_of_hash(type, scan_str(v));

        if (clue != CLUE_NONE && v[1].kind == SCAN_STRING)
            r = take(c, clue, scan_str(&v[1]));
    }
    return r;
}

/* SERVICE:NAME, as people who follow accounts write it. */
static int take_account(struct stix_clues *c, const struct scan_value *object)
{
    struct str service = scan_text(object, STR("account_type")), name = scan_text(object, STR("account_login"));
    int r;

    if (!name.len)
        name = scan_text(object, STR("user_id"));
    if (!service.len || !name.len)
        return 0;
    buf_clear(&c->text);
    r = buf_add_str(&c->text, service) ?: buf_add_char(&c->text, ':') ?: buf_add_str(&c->text, name);
    return r == -ENOMEM ? r : r ? 0 : take(c, CLUE_ACCOUNT, buf_str(&c->text));
}

static int take_references(struct stix_clues *c, const struct scan_value *refs)
{
    int r = 0;

    for (uint32_t i = 0, at = 1; refs && refs->kind == SCAN_ARRAY && !r && i < refs->len; i++, at += refs[at].skip) {
        struct str source = scan_text(&refs[at], STR("source_name")), id = scan_text(&refs[at], STR("external_id"));

        if (str_eq(source, STR("cve")))
            r = take(c, CLUE_CVE, id);
        else if (source.len >= 5 && !memcmp(source.at, "mitre", 5))
            r = take(c, CLUE_TECHNIQUE, id);
    }
    return r;
}

static bool has_values(struct str type)
{
    for (size_t i = 0; i < ARRAY_LEN(properties); i++)
        if (str_eq(type, str_of(properties[i].type)))
            return true;
    return false;
}

static int take_observable(struct stix_clues *c, const struct scan_value *object, struct str type)
{
    const struct scan_value *v = object + 1;
    bool has = has_values(type);
    int r = 0;

    for (uint32_t i = 0; !r && i < object->len; i++, v += 1 + v[1].skip) {
        enum clue_type clue = has ? type_of_property(type, scan_str(v)) : CLUE_NONE;

        if (clue != CLUE_NONE && (v[1].kind == SCAN_STRING || v[1].kind == SCAN_NUMBER))
            r = take(c, clue, scan_str(&v[1]));
        else if (v[1].kind == SCAN_OBJECT && str_eq(scan_str(v), STR("hashes")))
            r = take_hashes(c, type, &v[1]);
    }
    return r || !str_eq(type, STR("user-account")) ? r : take_account(c, object);
}

/* Observed data of STIX 2.0 have their observables inside. */
static int take_inner(struct stix_clues *c, const struct scan_value *objects)
{
    const struct scan_value *v = objects ? objects + 1 : NULL;
    int r = 0;

    for (uint32_t i = 0; objects && objects->kind == SCAN_OBJECT && !r && i < objects->len; i++, v += 1 + v[1].skip)
        if (v[1].kind == SCAN_OBJECT)
            r = take_observable(c, &v[1], scan_text(&v[1], STR("type")));
    return r;
}

/* ---- patterns ---- */

static struct str key_at(const struct pattern_node *n, unsigned i)
{
    return i < n->n_steps && n->steps[i].kind == STEP_KEY ? n->steps[i].key : STR_NONE;
}

/* CLUE_NONE with *ret_guess: by its looks. */
static enum clue_type type_of_test(const struct pattern_node *n, bool *ret_guess)
{
    struct str last = key_at(n, n->n_steps - 1);

    *ret_guess = n->n_steps == 2 && str_eq(last, STR("value")) && key_at(n, 0).len > 4 &&
                 !memcmp(key_at(n, 0).at + key_at(n, 0).len - 4, "_ref", 4);
    if (n->n_steps == 1)
        return type_of_property(n->type, last);
    return n->n_steps == 2 && str_eq(key_at(n, 0), STR("hashes")) ? type_of_hash(n->type, last) : CLUE_NONE;
}

static int take_test(struct stix_clues *c, const struct pattern_node *n)
{
    bool guess;
    enum clue_type type = n->n_steps ? type_of_test(n, &guess) : CLUE_NONE;
    int r = 0;

    if (!n->n_steps || n->is_negated || (n->op != OP_EQ && n->op != OP_IN && n->op != OP_SUBSET) || (type == CLUE_NONE && !guess))
        return 0;
    for (unsigned i = 0; !r && i < n->n_literals; i++)
        r = type == CLUE_NONE ? take_guessed(c, n->literals[i].text) : take(c, type, n->literals[i].text);
    return r;
}

static int take_node(struct stix_clues *c, const struct pattern_node *n)
{
    int r = n->kind == PATTERN_TEST ? take_test(c, n) : 0;

    for (const struct pattern_node *child = n->first; !r && child; child = child->next)
        r = take_node(c, child);
    return r;
}

/* *ret NULL: it is of another language, or none. */
static int read_pattern(const struct scan_value *object, struct pattern **ret)
{
    struct str language = scan_text(object, STR("pattern_type"));
    struct pattern_fault fault;

    *ret = NULL;
    if (language.len && !str_eq(language, STR("stix")))
        return 0;
    return MIN_OF(pattern_parse(scan_text(object, STR("pattern")), ret, &fault), 0);
}

static int take_pattern(struct stix_clues *c, const struct scan_value *object)
{
    CLEANUP(pattern_freep) struct pattern *p = NULL;
    int r = read_pattern(object, &p);

    return r || !p ? r : take_node(c, p->root);
}

static int stands_alone(const struct pattern_pair *pairs, size_t n, void *context)
{
    return n == 1 ? 0 : STIX_CLUES_NO_LIST;
}

int stix_clues_listed(struct stix_clues *c, const struct scan_value *indicator, stix_clue_fn *call, void *context)
{
    CLEANUP(pattern_freep) struct pattern *p = NULL;
    int r = read_pattern(indicator, &p);

    c->call = call;
    c->context = context;
    if (!r && !p)
        return STIX_CLUES_NO_LIST;
    if (!r)
        r = pattern_list(p, stands_alone, NULL);
    return r ? (r == PATTERN_NO_LIST ? STIX_CLUES_NO_LIST : r) : take_node(c, p->root);
}

int stix_clues(struct stix_clues *c, const struct scan_value *object, stix_clue_fn *call, void *context)
{
    struct str type = scan_text(object, STR("type"));
    int r;

    c->call = call;
    c->context = context;
    r = take_observable(c, object, type);
    if (!r && str_eq(type, STR("indicator")))
        r = take_pattern(c, object);
    if (!r && str_eq(type, STR("observed-data")))
        r = take_inner(c, scan_member(object, STR("objects")));
    return r ? r : take_references(c, scan_member(object, STR("external_references")));
}

int stix_clues_of(struct stix_clues *c, const struct clue *v, stix_clue_fn *call, void *context)
{
    c->call = call;
    c->context = context;
    c->value.type = v->type;
    buf_clear(&c->value.bytes);
    return buf_add_str(&c->value.bytes, buf_str(&v->bytes)) ?: tell(c);
}

bool stix_is_apart(const struct scan_value *object)
{
    const struct scan_value *ours = scan_member(scan_member(object, STR("extensions")), STR(MISP_EXTENSION)), *apart = scan_member(ours, STR("apart"));
    const struct scan_value *misp = scan_member(ours, STR("misp")), *said = misp ? scan_member(misp, STR("disable_correlation")) : NULL;

    if (apart && apart->kind == SCAN_TRUE)
        return true;
    return said && (said->kind == SCAN_TRUE || ((said->kind == SCAN_STRING || said->kind == SCAN_NUMBER) && str_eq(scan_str(said), STR("1"))));
}
