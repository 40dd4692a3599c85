#include "engine/roles.h"

#include "engine/inside.h"
#include "engine/ref.h"

#define APPOINTMENTS_MAX 64
#define FIND_PAGE 256

const char *authority_text(enum standing_authority a)
{
    static const char *const texts[] = {"", "own", "acting", "senketsu", "daiketsu"};

    return texts[a];
}

enum standing_authority authority_of_text(const char *text)
{
    for (int a = STANDING_OWN; a <= STANDING_DAIKETSU; a++)
        if (!strcmp(authority_text((enum standing_authority)a), text))
            return (enum standing_authority)a;
    return STANDING_NONE;
}

/* ---- by post ---- */

static bool post_counts(const struct role *role, const struct appointment *a, const struct unit *unit)
{
    if (!word_in(a->post->id, role->posts, role->n_posts))
        return false;
    if (a->kind == APPOINT_ACTING && !role->acting)
        return false;
    if (!role->per_unit)
        return !*role->in_kind || unit_has_kind(a->unit, role->in_kind);
    if (!unit || (*role->in_kind && !unit_has_kind(unit, role->in_kind)))
        return false;
    if (!role->n_within)
        return a->unit == unit;
    if (!unit_within(a->unit, unit))
        return false;
    for (size_t i = 0; i < role->n_within; i++)
        if (unit_has_kind(a->unit, role->within[i]))
            return true;
    return false;
}

/* Who holds the role of his own right, for "acting for"; NULL: vacant. */
static const struct person *principal_of(struct stage *sc, const struct role *role, const struct unit *unit)
{
    size_t n;
    const struct appointment *const *all = force_all_appointments(sc->e->force, &n);

    for (size_t i = 0; i < n; i++)
        if (all[i]->kind != APPOINT_ACTING && appointment_counts(all[i], sc->today) && post_counts(role, all[i], unit))
            return all[i]->person;
    return NULL;
}

static const char *id_of_person(const struct person *p)
{
    return p ? p->id : "";
}

static bool holds_by_post(struct stage *sc, const struct person *person, const struct role *role,
                          const struct unit *unit, struct standing *ret)
{
    const struct appointment *held[APPOINTMENTS_MAX];
    size_t n = force_appointments(sc->e->force, person, sc->today, held, ARRAY_LEN(held));
    const struct appointment *best = NULL;

    n = MIN_OF(n, ARRAY_LEN(held));
    for (size_t i = 0; i < n; i++)
        if (post_counts(role, held[i], unit) && (!best || best->kind == APPOINT_ACTING))
            best = held[i];
    if (!best)
        return false;
    *ret = (struct standing){STANDING_OWN, best->post, best->unit, ""};
    if (best->kind == APPOINT_ACTING) {
        ret->authority = STANDING_ACTING;
        ret->for_person = id_of_person(principal_of(sc, role, unit));
    }
    return true;
}

/* ---- by delegation ---- */

static bool act_in_list(const char *acts, const char *act)
{
    struct str rest = str_of(acts), one;

    if (!*acts || !act)
        return true;
    while (str_split(&rest, ';', &one))
        if (str_eq(str_trim(one), str_of(act)))
            return true;
    return false;
}

static bool holds_by_delegation(struct stage *sc, const struct person *person, const char *key,
                                const struct role *role, const struct unit *unit, const char *act,
                                struct standing *ret)
{
    const struct delegation *d[APPOINTMENTS_MAX];
    const struct appointment *held[APPOINTMENTS_MAX];
    size_t n_d = force_delegations(sc->e->force, key, role->per_unit ? unit : NULL, sc->today, d, ARRAY_LEN(d));
    size_t n_held = force_appointments(sc->e->force, person, sc->today, held, ARRAY_LEN(held));
    bool found = false;

    if (role->per_unit && !unit) /* or the delegations of the whole force would be meant */
        return false;
    n_d = MIN_OF(n_d, ARRAY_LEN(d));
    n_held = MIN_OF(n_held, ARRAY_LEN(held));
    for (size_t i = 0; i < n_d; i++) {
        bool is_senketsu = d[i]->kind == DELEGATE_SENKETSU;

        if (!(is_senketsu ? role->senketsu : role->daiketsu) || !act_in_list(d[i]->acts, act))
            continue;
        for (size_t k = 0; k < n_held; k++) {
            if (held[k]->post != d[i]->to_post || held[k]->unit != d[i]->to_unit)
                continue;
            if (found && !is_senketsu)
                continue;
            *ret = (struct standing){is_senketsu ? STANDING_SENKETSU : STANDING_DAIKETSU, held[k]->post,
                                     held[k]->unit, id_of_person(principal_of(sc, role, unit))};
            found = true;
        }
    }
    return found;
}

/* ---- by register ---- */

static bool record_counts(const struct role *role, const struct unit *unit, const struct record *r)
{
    if (r->disposed_us || (role->n_in_states && !word_in(r->state, role->in_states, role->n_in_states)))
        return false;
    if (!role->per_unit)
        return true;
    return unit && role->unit_field && !strcmp(json_str(r->values, role->unit_field->id), unit->id);
}

/* Walk the designations of a person (by_person) or of a unit; `found` is called for each that counts. 1 stops. */
static int walk_designations(struct stage *sc, const struct role *role, const struct field *by, const char *key,
                             const struct unit *unit, int (*found)(void *user, struct record *r), void *user)
{
    CLEANUP(buf_done) struct buf behind = {0};
    bool more = true;

    buf_init(&behind, 256);
    IGNORE(buf_add_text(&behind, ""), "an empty text; a failure shows at the next write");
    while (more) {
        ROWS_AUTO *rows = NULL;
        int e = STORE_QUERY(sc->e->store, &rows, STMT_INDEX_FIND, V_TEXT(role->reg->id), V_TEXT(by->id), V_TEXT(key),
                            V_STR(buf_str(&behind)), V_INT(FIND_PAGE));
        size_t n = 0;

        if (e)
            return store_failed(e);
        while ((e = rows_next(rows)) > 0) {
            struct record *r;

            n++;
            buf_clear(&behind);
            if ((e = buf_add_str(&behind, rows_str(rows, 0))) || (e = stage_record(sc, behind.at, &r)) < 0)
                return e;
            if (!e && record_counts(role, unit, r) && (e = found(user, r)))
                return e;
        }
        if (e < 0)
            return e;
        more = n == FIND_PAGE;
    }
    return 0;
}

static int stop_at_first(void *user, struct record *r)
{
    return 1;
}

static void standing_of_home(struct stage *sc, const struct person *person, const struct unit *unit,
                             struct standing *ret)
{
    const struct appointment *held[APPOINTMENTS_MAX];
    size_t n = force_appointments(sc->e->force, person, sc->today, held, ARRAY_LEN(held));

    *ret = (struct standing){STANDING_OWN, NULL, NULL, ""};
    n = MIN_OF(n, ARRAY_LEN(held));
    for (size_t i = 0; i < n; i++)
        if (!ret->unit || (unit && unit_within(held[i]->unit, unit) && !unit_within(ret->unit, unit))) {
            ret->post = held[i]->post;
            ret->unit = held[i]->unit;
        }
}

static int holds_by_register(struct stage *sc, const struct person *person, const struct role *role,
                             const struct unit *unit)
{
    return walk_designations(sc, role, role->person_field, person->id, unit, stop_at_first, NULL);
}

/* ---- by duty and rank ---- */

static bool on_duty(struct stage *sc, const struct role *role, const struct person *person, const struct unit *unit)
{
    size_t n;
    const struct unit *const *units;

    if (role->off_hours && !is_off_hours(sc, role->off_hours, sc->now_us))
        return false;
    if (role->per_unit)
        return unit && force_on_duty(sc->e->force, role->duty, unit, person, sc->now_us);
    units = force_units(sc->e->force, &n);
    for (size_t i = 0; i < n; i++)
        if (force_on_duty(sc->e->force, role->duty, units[i], person, sc->now_us))
            return true;
    return false;
}

/* What it takes in that unit. */
static const char *least_rank(const struct role *role, const struct unit *unit)
{
    for (size_t i = 0; unit && i < role->n_ranks; i++)
        if (unit_up_to(unit, role->ranks[i].unit_kind))
            return role->ranks[i].rank;
    return role->rank;
}

static bool has_rank(struct stage *sc, const struct role *role, const struct person *person, const struct unit *unit)
{
    const struct rank *least = force_rank(sc->e->force, least_rank(role, unit));
    const struct appointment *held[APPOINTMENTS_MAX];
    size_t n;

    if (!least || !person->rank || person->rank->level < least->level)
        return false;
    if (!role->per_unit)
        return true;
    n = force_appointments(sc->e->force, person, sc->today, held, ARRAY_LEN(held));
    n = MIN_OF(n, ARRAY_LEN(held));
    for (size_t i = 0; unit && i < n; i++)
        if (unit_within(held[i]->unit, unit))
            return true;
    return false;
}

/* ---- together ---- */

static int holds_itself(struct stage *sc, const struct person *person, const struct role *role,
                        const struct unit *unit, struct standing *ret)
{
    int r = 0;

    switch (role->source) {
    case ROLE_BY_POST:
        return holds_by_post(sc, person, role, unit, ret);
    case ROLE_BY_REGISTER:
        r = holds_by_register(sc, person, role, unit);
        break;
    case ROLE_BY_DUTY:
        r = on_duty(sc, role, person, unit);
        break;
    case ROLE_BY_RANK:
        r = has_rank(sc, role, person, unit);
        break;
    case ROLE_BY_PARAMETER: /* role_meant() comes first */
        return 0;
    }
    if (r > 0)
        standing_of_home(sc, person, unit, ret);
    return r;
}

int role_meant(struct stage *sc, const struct role *role, const struct role **ret)
{
    const struct param *now = NULL;
    int e;

    *ret = role;
    if (role->source != ROLE_BY_PARAMETER)
        return 0;
    *ret = NULL;
    e = param_now(sc, role->named_by, &now);
    for (size_t i = 0; !e && now->is_set && i < now->n_choices; i++)
        if (!strcmp(now->choices[i], now->value))
            *ret = role->named[i];
    return e;
}

int role_holds(struct stage *sc, const struct person *person, const struct reg *at, const struct role *role,
               const struct unit *unit, const char *act, struct standing *ret)
{
    struct standing s = {0};
    char *key;
    int r;

    if (!person || !person_serves(person, sc->today))
        return 0;
    if ((r = role_meant(sc, role, &role)) || !role)
        return r;
    r = holds_itself(sc, person, role, unit, &s);
    if (r < 0)
        return r;
    if (!r && (role->senketsu || role->daiketsu)) {
        if (!(key = role_key(sc->arena, at, role)))
            return -ENOMEM;
        r = holds_by_delegation(sc, person, key, role, unit, act, &s);
    }
    if (r && ret)
        *ret = s;
    return r;
}

/* ---- everybody in a role ---- */

static int add_once(json_t *list, const char *id)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_string_value(json_array_get(list, i)), id))
            return 0;
    return json_array_append_new(list, json_string(id)) ? -ENOMEM : 0;
}

struct person_list {
    const struct stage *sc;
    const struct role *role;
    json_t *list;
};

static int add_designated(void *user, struct record *r)
{
    struct person_list *l = user;
    const struct person *p = force_person(l->sc->e->force, json_str(r->values, l->role->person_field->id));

    return p && person_serves(p, l->sc->today) ? add_once(l->list, p->id) : 0;
}

static int holders_by_post(struct stage *sc, const struct role *role, const struct unit *unit, json_t *list)
{
    size_t n;
    const struct appointment *const *all = force_all_appointments(sc->e->force, &n);
    int r = 0;

    for (size_t i = 0; !r && i < n; i++)
        if (appointment_counts(all[i], sc->today) && post_counts(role, all[i], unit))
            r = add_once(list, all[i]->person->id);
    return r;
}

static int holders_in_states(struct stage *sc, const struct role *role, json_t *list)
{
    struct person_list l = {sc, role, list};
    int r = 0;

    for (size_t i = 0; !r && i < role->n_in_states; i++) {
        ROWS_AUTO *rows = NULL;

        r = STORE_QUERY(sc->e->store, &rows, STMT_RECORD_IN_STATE, V_TEXT(role->reg->id), V_TEXT(role->in_states[i]),
                        V_TEXT(""), V_INT(STAGE_RECORDS_MAX));
        if (r)
            return store_failed(r);
        while ((r = rows_next(rows)) > 0) {
            struct record *rec;

            if ((r = stage_record(sc, rows_text(rows, 0), &rec)) < 0 || (!r && (r = add_designated(&l, rec))))
                return r;
        }
    }
    return r;
}

static int holders_by_test(struct stage *sc, const struct role *role, const struct unit *unit, json_t *list)
{
    size_t n;
    const struct person *const *all = force_persons(sc->e->force, &n);
    int r = 0;

    for (size_t i = 0; !r && i < n; i++)
        if (person_serves(all[i], sc->today) &&
            (role->source == ROLE_BY_DUTY ? on_duty(sc, role, all[i], unit) : has_rank(sc, role, all[i], unit)))
            r = add_once(list, all[i]->id);
    return r;
}

int role_holders(struct stage *sc, const struct reg *at, const struct role *role, const struct unit *unit,
                 json_t **ret)
{
    JSON_AUTO *list = json_array();
    struct person_list l = {sc, role, list};
    int r = 0;

    if (!list)
        return -ENOMEM;
    if ((r = role_meant(sc, role, &role)))
        return r;
    l.role = role;
    if (!role)
        r = 0; /* nobody, while no rule names one */
    else if (role->source == ROLE_BY_POST)
        r = holders_by_post(sc, role, unit, list);
    else if (role->source != ROLE_BY_REGISTER)
        r = holders_by_test(sc, role, unit, list);
    else if (!role->per_unit)
        r = holders_in_states(sc, role, list);
    else if (unit && role->unit_field)
        r = walk_designations(sc, role, role->unit_field, unit->id, unit, add_designated, &l);
    if (r)
        return ERR(r);
    *ret = TAKE(list);
    return 0;
}

/* ---- everything somebody holds ---- */

/* A role per unit is asked of each unit that could count: those of the appointments and above, and those in designations. */
struct held_search {
    struct stage *sc;
    const struct reg *at;
    const struct role *role; /* that counts, and */
    const struct role *as;   /* as what: itself, or one by whose parameter it is named */
    const struct person *person;
    json_t *list;
};

static int add_held(struct held_search *h, const struct unit *unit, const struct standing *s)
{
    char *key = role_key(h->sc->arena, h->at, h->as);
    const char *unit_id = h->role->per_unit && unit ? unit->id : "";
    json_t *o;

    if (!key)
        return -ENOMEM;
    for (size_t i = 0; i < json_array_size(h->list); i++)
        if (!strcmp(json_str(json_array_get(h->list, i), "role"), key) &&
            !strcmp(json_str(json_array_get(h->list, i), "unit"), unit_id))
            return 0;
    o = json_pack("{s:s, s:o, s:s, s:o, s:s, s:s, s:s}", "role", key, "title", text2_json(h->as->title), "unit", unit_id,
                  "unit_name", text2_json(*unit_id ? (struct text2){unit->name_ja, unit->name_en} : (struct text2){"", ""}),
                  "authority", authority_text(s->authority), "post", s->post ? s->post->id : "", "for", s->for_person);
    return o && !json_array_append_new(h->list, o) ? 0 : -ENOMEM;
}

static int add_if_held(struct held_search *h, const struct unit *unit)
{
    struct standing s;
    int r = role_holds(h->sc, h->person, h->at, h->role, unit, NULL, &s);

    return r > 0 ? add_held(h, unit, &s) : r;
}

static int add_designation(void *user, struct record *r)
{
    struct held_search *h = user;
    const struct role *role = h->role;
    const struct unit *unit = NULL;
    struct standing s;

    if (role->n_in_states && !word_in(r->state, role->in_states, role->n_in_states))
        return 0;
    if (role->unit_field)
        unit = force_unit(h->sc->e->force, json_str(r->values, role->unit_field->id));
    standing_of_home(h->sc, h->person, unit, &s);
    return add_held(h, unit, &s);
}

static int roles_by_register(struct held_search *h)
{
    struct role any = *h->role;

    any.per_unit = false;
    return walk_designations(h->sc, &any, any.person_field, h->person->id, NULL, add_designation, h);
}

static int held_in_units(struct held_search *h)
{
    const struct appointment *held[APPOINTMENTS_MAX];
    size_t n = force_appointments(h->sc->e->force, h->person, h->sc->today, held, ARRAY_LEN(held));
    int r = 0;

    n = MIN_OF(n, ARRAY_LEN(held));
    for (size_t i = 0; !r && i < n; i++)
        for (const struct unit *u = held[i]->unit; !r && u; u = u->parent)
            r = add_if_held(h, u);
    if (!r && (h->role->senketsu || h->role->daiketsu || h->role->source == ROLE_BY_DUTY)) {
        const struct unit *const *units = force_units(h->sc->e->force, &n);

        for (size_t i = 0; !r && i < n; i++)
            r = add_if_held(h, units[i]);
    }
    return r;
}

static int add_all_held(struct held_search *h)
{
    const struct role *role = h->role;
    int r = 0;

    if (role->source == ROLE_BY_REGISTER)
        r = roles_by_register(h);
    if (r || (role->per_unit && role->source == ROLE_BY_REGISTER && !role->senketsu && !role->daiketsu))
        return r;
    return role->per_unit ? held_in_units(h) : add_if_held(h, NULL);
}

static int all_held(struct stage *sc, const struct person *person, bool also_named, json_t **ret)
{
    JSON_AUTO *list = json_array();
    int r = 0;

    if (!list)
        return -ENOMEM;
    for (size_t i = 0; person && i < sc->e->n_packs; i++) {
        const struct pack *p = sc->e->packs[i].pack;

        if (!p->n_regs || engine_reg_on(sc->e, p->regs[0].id, sc->today) != &p->regs[0])
            continue; /* not the text in force */
        for (size_t k = 0; !r && k < p->n_roles; k++) {
            struct held_search h = {sc, &p->regs[0], NULL, &p->roles[k], person, list};

            if (h.as->source == ROLE_BY_PARAMETER && !also_named)
                continue;
            r = role_meant(sc, h.as, &h.role);
            if (!r && h.role)
                r = add_all_held(&h);
        }
    }
    if (r)
        return ERR(r);
    *ret = TAKE(list);
    return 0;
}

int roles_of(struct stage *sc, const struct person *person, json_t **ret)
{
    return all_held(sc, person, true, ret);
}

int roles_of_sight(struct stage *sc, const struct person *person, json_t **ret)
{
    return all_held(sc, person, false, ret);
}
