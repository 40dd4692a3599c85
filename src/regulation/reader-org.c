/* org.yaml (section 4). Roles by designation name a register and its fields, which are resolved once those are known. */
#include "regulation/reader.h"

struct raw_org {
    struct word format;
    const struct node *unit_kinds, *posts, *duties, *roles;
};
struct raw_kind_rank {
    struct word kind, rank;
};
struct raw_role {
    const struct node *ranks;
    unsigned when;
    struct word id, in, reg, person, unit, duty, rank_at_least, named_by;
    struct text2 title;
    struct words post, within, in_states, delegable, clauses;
    unsigned of;
    enum yes acting;
};

static const char *const of_choices[] = {"unit", NULL};

static const char *const when_choices[] = {"off-hours", NULL};
static const struct key kind_rank_keys[] = {
    {"kind", KEY_ID, offsetof(struct raw_kind_rank, kind), KEY_REQUIRED, "The kind of the unit asked about, or of one above it."},
    {"rank_at_least", KEY_ID, offsetof(struct raw_kind_rank, rank), KEY_REQUIRED, "The rank that it takes there."},
};
static const struct shape kind_rank_shape = SHAPE(RANK_FOR_A_KIND_OF_UNIT, kind_rank_keys);
static const struct key role_keys[] = {
    {"id", KEY_ID, offsetof(struct raw_role, id), KEY_REQUIRED, "By which rules name it."},
    {"title", KEY_TEXT, offsetof(struct raw_role, title), KEY_REQUIRED, "As people call it."},
    {"post", KEY_IDS, offsetof(struct raw_role, post), 0, "Held by whoever holds one of these posts."},
    {"in", KEY_ID, offsetof(struct raw_role, in), 0, "The post lies in a unit of this kind; with `of: unit` the unit asked about is of it."},
    {"within", KEY_IDS, offsetof(struct raw_role, within), 0, "The post may lie in sub-units of these kinds."},
    {"register", KEY_ID, offsetof(struct raw_role, reg), 0, "Held by designation, recorded in this register."},
    {"person", KEY_ID, offsetof(struct raw_role, person), 0, "The register's field that names the person."},
    {"unit", KEY_ID, offsetof(struct raw_role, unit), 0, "The register's field that names the unit."},
    {"in_states", KEY_IDS, offsetof(struct raw_role, in_states), 0, "States of the record that count."},
    {"duty", KEY_ID, offsetof(struct raw_role, duty), 0, "Held by whoever the roster puts on this duty."},
    {"rank_at_least", KEY_ID, offsetof(struct raw_role, rank_at_least), 0, "Held by everybody of this rank or above."},
    {"named_by", KEY_ID, offsetof(struct raw_role, named_by), 0, "Held by whoever holds the role that this parameter names, a choice among roles."},
    {"ranks", KEY_LIST, offsetof(struct raw_role, ranks), 0, "Other ranks for units of some kinds.", NULL, &kind_rank_shape},
    {"when", KEY_CHOICE, offsetof(struct raw_role, when), 0, "off-hours: the duty counts at night and on holidays only.", when_choices},
    {"of", KEY_CHOICE, offsetof(struct raw_role, of), 0, "unit: one for each unit, not for the force.", of_choices},
    {"acting", KEY_YES, offsetof(struct raw_role, acting), 0, "A recorded acting appointment counts."},
    {"delegable", KEY_IDS, offsetof(struct raw_role, delegable), 0, "senketsu, daiketsu: which delegations count."},
    {"clauses", KEY_WORDS, offsetof(struct raw_role, clauses), 0, "Clauses that make it."},
};
static const struct shape role_shape = SHAPE(ROLE, role_keys);
static const struct key org_keys[] = {
    {"format", KEY_WORD, offsetof(struct raw_org, format), KEY_REQUIRED, "org/1"},
    {"unit_kinds", KEY_NAMED, offsetof(struct raw_org, unit_kinds), KEY_REQUIRED, "Kinds of units that rules name."},
    {"posts", KEY_NAMED, offsetof(struct raw_org, posts), 0, "Posts that rules name; the force's data holds them."},
    {"duties", KEY_NAMED, offsetof(struct raw_org, duties), 0, "Duties of the roster."},
    {"roles", KEY_LIST, offsetof(struct raw_org, roles), KEY_REQUIRED, "Who may be asked for by a rule.", NULL, &role_shape},
};
const struct shape org_shape = SHAPE(ORGANISATION, org_keys);

static void refuse_key(struct reading *rd, const struct node *n, const char *key, bool is_given, const char *needs)
{
    const struct node *m = node_get(n, key);

    if (is_given && m != NULL)
        problem(&rd->src, m->key_at, MSG_PACK_NEEDS, {"key", str_of(key)}, {"needs", str_of(needs)});
}

static void read_source(struct reading *rd, const struct node *n, const struct raw_role *raw, struct role *role)
{
    bool by_post = raw->post.node != NULL, by_reg = raw->reg.text != NULL, by_param = raw->named_by.text != NULL;
    int n_sources = by_post + by_reg + by_param + (raw->duty.text != NULL) + (raw->rank_at_least.text != NULL);

    if (n_sources != 1) {
        problem(&rd->src, n->at, n_sources == 0 ? MSG_PACK_ROLE_UNSOURCED : MSG_PACK_ROLE_SOURCES, {"role", str_of(role->id)});
        return;
    }
    role->source = by_post ? ROLE_BY_POST : by_reg ? ROLE_BY_REGISTER : by_param ? ROLE_BY_PARAMETER : raw->duty.text != NULL ? ROLE_BY_DUTY : ROLE_BY_RANK;
    refuse_key(rd, n, "in", !by_post, "post");
    refuse_key(rd, n, "within", !by_post, "post");
    refuse_key(rd, n, "acting", !by_post, "post");
    refuse_key(rd, n, "person", !by_reg, "register");
    refuse_key(rd, n, "unit", !by_reg, "register");
    refuse_key(rd, n, "in_states", !by_reg, "register");
    refuse_key(rd, n, "when", role->source != ROLE_BY_DUTY, "duty");
    refuse_key(rd, n, "ranks", role->source != ROLE_BY_RANK, "rank_at_least");
    refuse_key(rd, n, "ranks", role->source == ROLE_BY_RANK && !role->per_unit, "of: unit");
    refuse_key(rd, n, "within", by_post && !role->per_unit, "of: unit");
    if (by_param && raw->delegable.node != NULL)
        problem(&rd->src, raw->delegable.node->key_at, MSG_PACK_DELEGABLE, {"param", str_of(raw->named_by.text)});
}

static void read_post(struct reading *rd, const struct raw_role *raw, struct role *role)
{
    const struct pack *p = rd->pack;

    role->posts = words_texts(&rd->src, &raw->post);
    role->n_posts = role->posts != NULL ? raw->post.n : 0;
    if (raw->post.node != NULL && raw->post.n == 0)
        problem(&rd->src, raw->post.node->at, MSG_PACK_POSTS_EMPTY);
    for (size_t i = 0; i < raw->post.n; i++)
        IGNORE(want_named(rd, p->posts, p->n_posts, raw->post.at[i], MSG_PACK_WORD_POST), "reported");
    if (raw->in.text != NULL && want_named(rd, p->unit_kinds, p->n_unit_kinds, raw->in, MSG_PACK_WORD_UNIT_KIND))
        role->in_kind = raw->in.text;
    role->within = words_texts(&rd->src, &raw->within);
    role->n_within = role->within != NULL ? raw->within.n : 0;
    for (size_t i = 0; i < raw->within.n; i++)
        IGNORE(want_named(rd, p->unit_kinds, p->n_unit_kinds, raw->within.at[i], MSG_PACK_WORD_UNIT_KIND), "reported");
}

static void read_ranks(struct reading *rd, const struct node *list, struct role *role)
{
    struct pack *p = rd->pack;

    role->ranks = source_alloc(&rd->src, list != NULL ? list->n : 0, sizeof(*role->ranks));
    for (const struct node *n = list != NULL ? list->first : NULL; role->ranks != NULL && n != NULL; n = n->next) {
        struct raw_kind_rank raw = {0};

        if (shape_read(&rd->src, n, &kind_rank_shape, &raw) && want_named(rd, p->unit_kinds, p->n_unit_kinds, raw.kind, MSG_PACK_WORD_UNIT_KIND))
            role->ranks[role->n_ranks++] = (struct kind_rank){raw.kind.text, raw.rank.text};
    }
}

const struct param *want_office_hours(struct reading *rd, struct place at)
{
    const struct param *p = pack_param(rd->pack, OFFICE_HOURS);

    if (p == NULL || p->type != PARAM_TEXT) {
        problem(&rd->src, at, MSG_PACK_OFFICE_HOURS);
        return NULL;
    }
    return p;
}

static void read_delegable(struct reading *rd, const struct words *w, struct role *role)
{
    static const char *const names[] = {"senketsu", "daiketsu"};

    for (size_t i = 0; i < w->n; i++) {
        if (strcmp(w->at[i].text, names[0]) == 0)
            role->senketsu = true;
        else if (strcmp(w->at[i].text, names[1]) == 0)
            role->daiketsu = true;
        else
            problem(&rd->src, w->at[i].at, MSG_PACK_DELEGATION, {"given", str_of(w->at[i].text)},
                    did_you_mean(&rd->src, w->at[i].text, names, 2, MSG_MEAN_DELEGATION));
    }
}

static void read_role(struct reading *rd, const struct node *n)
{
    struct pack *p = rd->pack;
    struct role *role = &p->roles[p->n_roles];
    struct raw_role raw = {0};

    if (!shape_read(&rd->src, n, &role_shape, &raw))
        return;
    if (pack_role(p, raw.id.text) != NULL)
        problem(&rd->src, raw.id.at, MSG_PACK_ROLE_TWICE, {"role", str_of(raw.id.text)});
    *role = (struct role){.id = raw.id.text, .title = raw.title, .per_unit = raw.of != 0, .in_kind = "", .duty = "", .rank = "",
                          .acting = raw.acting == YES_YES, .at = n->at};
    read_source(rd, n, &raw, role);
    read_post(rd, &raw, role);
    read_delegable(rd, &raw.delegable, role);
    if (raw.duty.text != NULL && want_named(rd, p->duties, p->n_duties, raw.duty, MSG_PACK_WORD_DUTY))
        role->duty = raw.duty.text;
    if (raw.when != 0)
        role->off_hours = want_office_hours(rd, node_get(n, "when")->key_at);
    if (raw.rank_at_least.text != NULL)
        role->rank = raw.rank_at_least.text;
    read_ranks(rd, raw.ranks, role);
    IGNORE(read_clauses(rd, &raw.clauses, &role->clauses), "reported");
    p->n_roles++;
}

/* Roles whose holders are settled elsewhere: each choice of the parameter is a role. */
static void read_named_roles(struct reading *rd, const struct node *n, struct role *role)
{
    struct raw_role raw = {0};
    bool any_per_unit = false;

    IGNORE(!shape_read(&rd->src, n, &role_shape, &raw), "reported");
    role->named_by = want_param(rd, raw.named_by);
    if (role->named_by == NULL)
        return;
    if (role->named_by->type != PARAM_CHOICE) {
        problem(&rd->src, raw.named_by.at, MSG_PACK_NAMED_BY, {"param", str_of(raw.named_by.text)});
        return;
    }
    role->named = source_alloc(&rd->src, role->named_by->n_choices, sizeof(*role->named));
    for (size_t i = 0; role->named != NULL && i < role->named_by->n_choices; i++) {
        role->named[i] = want_role(rd, (struct word){.text = role->named_by->choices[i], .at = raw.named_by.at});
        if (role->named[i] != NULL && role->named[i]->source == ROLE_BY_PARAMETER)
            problem(&rd->src, raw.named_by.at, MSG_PACK_NAMED_ITSELF, {"role", str_of(role->named[i]->id)}, {"param", str_of(raw.named_by.text)});
        any_per_unit = any_per_unit || (role->named[i] != NULL && role->named[i]->per_unit);
    }
    if (any_per_unit != role->per_unit)
        problem(&rd->src, role->at, any_per_unit ? MSG_PACK_NAMED_UNIT : MSG_PACK_NAMED_NO_UNIT, {"param", str_of(raw.named_by.text)});
}

void read_org(struct reading *rd)
{
    struct raw_org raw = {0};
    struct pack *p = rd->pack;
    bool is_whole;

    IGNORE(!shape_read(&rd->src, reader_file(rd, FILE_ORG, 0)->root, &org_shape, &raw), "reported");
    read_named_texts(rd, raw.unit_kinds, &p->unit_kinds, &p->n_unit_kinds);
    read_named_texts(rd, raw.posts, &p->posts, &p->n_posts);
    read_named_texts(rd, raw.duties, &p->duties, &p->n_duties);
    if (raw.roles == NULL)
        return;
    p->roles = source_alloc(&rd->src, raw.roles->n, sizeof(*p->roles));
    for (const struct node *n = raw.roles->first; p->roles != NULL && n != NULL; n = n->next)
        read_role(rd, n);
    is_whole = p->n_roles == raw.roles->n && rd->src.n_problems == 0;
    for (const struct node *n = raw.roles->first; is_whole && n != NULL; n = n->next) {
        struct role *role = (struct role *)(uintptr_t)pack_role(p, node_get(n, "id")->text);

        if (role->source == ROLE_BY_PARAMETER)
            read_named_roles(rd, n, role);
    }
}

static const struct field *designation_field(struct reading *rd, const struct role *role, struct word w, enum field_type type, const char *key)
{
    const struct field *f;

    if (w.text == NULL) {
        problem(&rd->src, role->at, MSG_PACK_DESIGNATION_NEEDS, {"role", str_of(role->id)}, {"key", str_of(key)});
        return NULL;
    }
    f = want_field(rd, role->reg, w);
    if (f != NULL && f->type != type)
        problem(&rd->src, w.at, MSG_PACK_DESIGNATION_TYPE, {"field", str_of(w.text)}, {"type", str_of(field_type_name(f->type))},
                {"key", str_of(key)}, {"wanted", str_of(field_type_name(type))});
    if (f != NULL && f->personal)
        problem(&rd->src, w.at, MSG_PACK_DESIGNATION_PERSONAL, {"field", str_of(w.text)});
    return f;
}

static void read_designation(struct reading *rd, const struct node *n, struct role *role)
{
    struct raw_role raw = {0};
    struct field *f;

    IGNORE(!shape_read(&rd->src, n, &role_shape, &raw), "read before without problems");
    role->reg = want_reg(rd, raw.reg);
    if (role->reg == NULL)
        return;
    role->person_field = designation_field(rd, role, raw.person, FIELD_PERSON, "person");
    if (role->per_unit || raw.unit.text != NULL)
        role->unit_field = designation_field(rd, role, raw.unit, FIELD_UNIT, "unit");
    if (raw.in_states.n == 0)
        problem(&rd->src, role->at, MSG_PACK_DESIGNATION_STATES, {"role", str_of(role->id)});
    IGNORE(want_states(rd, role->reg->procedure, &raw.in_states, &role->in_states, &role->n_in_states), "reported");
    f = (struct field *)(uintptr_t)role->person_field;
    if (f != NULL)
        f->indexed = true;
    f = (struct field *)(uintptr_t)role->unit_field;
    if (f != NULL)
        f->indexed = true;
}

void read_org_designations(struct reading *rd)
{
    const struct node *list = node_get(reader_file(rd, FILE_ORG, 0)->root, "roles");
    size_t i = 0;

    /* Only reached without problems, so that list and array go in step. */
    for (const struct node *n = list->first; n != NULL && i < rd->pack->n_roles; n = n->next, i++) {
        if (rd->pack->roles[i].source == ROLE_BY_REGISTER)
            read_designation(rd, n, &rd->pack->roles[i]);
    }
}
