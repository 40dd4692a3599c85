/* `ticket` of a step (section 8): what leaves by it, and what its ticket is bound to; and conditions on ways out, of records and of what a gate measured. */
#include "regulation/reader.h"

#include "label/release.h"
#include "regulation/walk.h"

struct raw_ticket {
    struct words contents, binds;
    struct word way, until, done, broken;
};

#define KEY(name, type, member, flags, help)                         \
    {                                                                \
        name, type, offsetof(struct raw_ticket, member), flags, help \
    }
static const struct key ticket_keys[] = {
    KEY("way", KEY_ID, way, 0,
        "medium-in: it comes in off a medium, and nothing leaves; without it the step's way out."),
    KEY("contents", KEY_IDS, contents, KEY_REQUIRED,
        "Measured fields: digests of exactly what leaves."),
    KEY("binds", KEY_IDS, binds, 0,
        "Fields that say to whom, on what and from where: they must be the same when the bytes "
        "go."),
    KEY("until", KEY_ID, until, KEY_REQUIRED,
        "The instant until which it can be used; an obligation is due then."),
    KEY("done", KEY_ID, done, KEY_REQUIRED, "The step that enters what was written."),
    KEY("broken", KEY_ID, broken, KEY_REQUIRED, "The step that enters that nothing was."),
};
#undef KEY
const struct shape ticket_shape = SHAPE(TICKET, ticket_keys);

/* ---- what was measured leaves ---- */

struct raw_leaving {
    const struct node *rows, *to;
    struct words classes, sealed;
    struct word outside, digest, sealing, size, limits;
};
struct raw_leaving_to {
    struct word rows, address, outside, strangers;
};

#define KEY(name, type, member, flags, help)                          \
    {                                                                 \
        name, type, offsetof(struct raw_leaving, member), flags, help \
    }
#define TO_KEY(name, member, flags, help)                                   \
    {                                                                       \
        name, KEY_ID, offsetof(struct raw_leaving_to, member), flags, help \
    }
static const struct key leaving_to_keys[] = {
    TO_KEY("rows", rows, KEY_REQUIRED, "A measured group: a row for each receiver."),
    TO_KEY("address", address, KEY_REQUIRED, "Its column with the mail address."),
    TO_KEY("outside", outside, 0, "Its column of type flag: he stands outside the force, where nobody's sight can be asked."),
    TO_KEY("strangers", strangers, KEY_REQUIRED,
           "A measured group with columns named as those of the address and of the digest: who may not read what of it, for the conditions to judge. Who "
           "may not and stands not there lets it leave no more."),
};
#undef TO_KEY
static const struct shape leaving_to_shape = SHAPE(LIST_OF_RECEIVERS, leaving_to_keys);

static const struct key leaving_keys[] = {
    KEY("rows", KEY_NODE, rows, KEY_REQUIRED, "A measured group: a row for each thing that leaves."),
    KEY("class", KEY_IDS, classes, KEY_REQUIRED,
        "Its columns that say a class, as c1 to c3; the highest of all counts, and what has none "
        "is no more than c1."),
    KEY("outside", KEY_ID, outside, 0,
        "A column of type flag: who acts may not read all that holds it."),
    KEY("digest", KEY_ID, digest, 0,
        "A column with the SHA-256 of the bytes: what a record is known to hold by it is counted."),
    KEY("sealing", KEY_ID, sealing, 0, "A column that says how it is sealed."),
    KEY("sealed", KEY_WORDS, sealed, 0,
        "Choices of that column: what has none of them lies open, and counts for the open way."),
    KEY("size", KEY_ID, size, 0, "A column with the number of bytes: too few are nobody's, and their readers are not asked about."),
    KEY("limits", KEY_ID, limits, 0,
        "A checklist with the restrictions by which the bytes were held when they were measured: others that hold them by now let them leave no more."),
    {"to", KEY_MAP, offsetof(struct raw_leaving, to), 0, "Mail addresses that it goes to, whose readers are asked about.", NULL, &leaving_to_shape},
};
#undef KEY
const struct shape leaving_shape = SHAPE(MEASURED_WAY_OUT, leaving_keys);

static const struct field *column(struct reading *rd, const struct field *group, struct word w,
                                  enum field_type type)
{
    const char *names[64];
    size_t n = 0;

    if (w.text == NULL)
        return NULL;
    for (size_t i = 0; i < group->n_fields; i++) {
        const struct field *f = &group->fields[i];

        if (strcmp(f->id, w.text) == 0) {
            if (f->type == type)
                return f;
            problem(&rd->src, w.at, MSG_PACK_TICKET_TYPE, {"field", str_of(f->id)}, {"type", str_of(field_type_name(f->type))},
                    {"wanted", str_of(field_type_name(type))});
            return NULL;
        }
        if (n < ARRAY_LEN(names))
            names[n++] = f->id;
    }
    problem(&rd->src, w.at, MSG_PACK_NO_COLUMN, {"given", str_of(w.text)}, {"group", str_of(group->id)},
            did_you_mean(&rd->src, w.text, names, n, MSG_MEAN_COLUMNS));
    return NULL;
}

static void read_classes(struct reading *rd, const struct field *group, const struct words *w,
                         struct leaving *l)
{
    words_unique(&rd->src, w, MSG_PACK_WORD_COLUMN);
    l->classes = source_alloc(&rd->src, w->n, sizeof(*l->classes));
    for (size_t i = 0; l->classes != NULL && i < w->n; i++) {
        const struct field *f = column(rd, group, w->at[i], FIELD_CHOICE);

        if (f == NULL)
            continue;
        confidentiality_wants(rd, f, w->at[i].at);
        l->classes[l->n_classes++] = f;
    }
    if (w->n == 0)
        problem(&rd->src, w->node->at, MSG_PACK_COLUMN_CLASS);
}

static void read_sealed(const struct rule *rule, const struct raw_leaving *raw, struct leaving *l)
{
    struct source *src = &rule->sc.rd->src;

    if ((raw->sealing.text != NULL) != (raw->sealed.n > 0)) {
        problem(src, raw->rows->at, MSG_PACK_COLUMN_SEALING);
        return;
    }
    for (size_t i = 0; l->sealing != NULL && i < raw->sealed.n; i++)
        IGNORE(literal_fits(&rule->sc, raw->sealed.at[i], l->sealing), "reported");
    l->sealed = words_texts(src, &raw->sealed);
    l->n_sealed = l->sealed != NULL ? raw->sealed.n : 0;
}

/* A field of the record itself that a gate measures. */
static const struct field *measured_field(const struct rule *rule, struct word w, enum field_type type)
{
    struct source *src = &rule->sc.rd->src;
    const struct field *f = w.text != NULL ? want_field(rule->sc.rd, rule->sc.reg, w) : NULL;

    if (f != NULL && f->type == type && f->measured != 0)
        return f;
    if (f != NULL)
        problem(src, w.at, MSG_PACK_TICKET_MEASURED, {"field", str_of(f->id)}, {"type", str_of(field_type_name(type))});
    return NULL;
}

static void read_to(const struct rule *rule, const struct node *n, struct leaving *l)
{
    struct reading *rd = rule->sc.rd;
    struct raw_leaving_to raw = {0};
    struct leaving_to to = {0};

    if (n == NULL || !shape_read(&rd->src, n, &leaving_to_shape, &raw))
        return;
    to.rows = measured_field(rule, raw.rows, FIELD_GROUP);
    to.strangers = measured_field(rule, raw.strangers, FIELD_GROUP);
    if (l->digest == NULL)
        problem(&rd->src, n->at, MSG_PACK_TICKET_DIGEST);
    if (to.rows == NULL || to.strangers == NULL || l->digest == NULL)
        return;
    to.address = column(rd, to.rows, raw.address, FIELD_TEXT);
    to.outside = column(rd, to.rows, raw.outside, FIELD_FLAG);
    if (to.address == NULL)
        return;
    to.stranger = column(rd, to.strangers, (struct word){to.address->id, raw.strangers.at}, FIELD_TEXT);
    to.stranger_digest = column(rd, to.strangers, (struct word){l->digest->id, raw.strangers.at}, FIELD_DIGEST);
    l->to = to;
}

static bool leaving_read(const struct rule *rule, const struct node *measured, struct cond *c)
{
    struct reading *rd = rule->sc.rd;
    struct leaving *l = source_alloc(&rd->src, 1, sizeof(*l));
    struct raw_leaving raw = {0};
    const struct field *group;

    if (l == NULL || !shape_read(&rd->src, measured, &leaving_shape, &raw) ||
        !ref_read(&rule->sc, raw.rows, REF_FIELD_PATH, &c->subject) ||
        !ref_wants(&rule->sc, &c->subject, TYPE_BIT(FIELD_GROUP)))
        return false;
    group = c->subject.hops[c->subject.n_hops - 1];
    if (c->subject.n_hops > 1 || group->measured == 0) {
        problem(&rd->src, raw.rows->at, MSG_PACK_TICKET_GROUP, {"group", str_of(group->id)});
        return false;
    }
    read_classes(rd, group, &raw.classes, l);
    l->outside = column(rd, group, raw.outside, FIELD_FLAG);
    l->digest = column(rd, group, raw.digest, FIELD_DIGEST);
    l->sealing = column(rd, group, raw.sealing, FIELD_CHOICE);
    l->size = column(rd, group, raw.size, FIELD_NUMBER);
    l->limits = measured_field(rule, raw.limits, FIELD_CHECKLIST);
    read_sealed(rule, &raw, l);
    read_to(rule, raw.to, l);
    c->leaving = l;
    return true;
}

/* ---- what leaves ---- */

/* Persons, or parties: records of the one register whose parties every label that leaves knows. */
static bool read_receiver(const struct rule *rule, const struct node *n, struct cond *c)
{
    struct source *src = &rule->sc.rd->src;
    const struct label_parties *admitted;
    struct field of = {0}, to = {0};

    if (!cond_ref_read(rule, n, REF_ANY, TYPE_BIT(FIELD_PERSON) | TYPE_BIT(FIELD_RECORD) | TYPE_BIT(FIELD_LIST), &c->other))
        return false;
    if (!ref_element(&rule->sc, &c->other, &to) || to.type == FIELD_PERSON)
        return true;
    if (to.type != FIELD_RECORD) {
        problem(src, c->other.at, MSG_PACK_TICKET_TO, {"given", str_of(c->other.text)});
        return false;
    }
    admitted = ref_element(&rule->sc, &c->subject, &of) && of.reg != NULL && of.reg->has_label_from ? &of.reg->label_from.parties : NULL;
    if (to.reg != NULL && admitted != NULL && admitted->reader != NULL && admitted->reader->reg == to.reg) {
        c->reg = to.reg;
        return true;
    }
    problem(src, c->other.at, to.reg != NULL ? MSG_PACK_TICKET_ADMITS : MSG_PACK_TICKET_ADMITS_ANY, {"register", str_of(to.reg != NULL ? to.reg->id : NULL)},
            {"given", str_of(c->subject.text)});
    return false;
}

bool leaves_read(const struct rule *rule, struct word way, const struct node *of, const struct node *measured, const struct node *to, struct cond *c)
{
    struct source *src = &rule->sc.rd->src;
    const char *names[RELEASE_CHANNELS];
    enum release_channel channel;
    bool ok = measured != NULL ? leaving_read(rule, measured, c) : cond_records_read(rule, of, c);

    for (size_t i = 0; i < RELEASE_CHANNELS; i++)
        names[i] = release_channel_name((enum release_channel)i);
    c->name = way.text;
    if (!release_channel_parse(str_of(c->name), &channel)) {
        problem(src, way.at, MSG_PACK_NO_WAY_OUT, {"given", str_of(c->name)},
                did_you_mean(src, c->name, names, RELEASE_CHANNELS,
                             MSG_MEAN_WAY));
        return false;
    }
    if (release_channel_is_whole(channel)) {
        problem(src, way.at, MSG_PACK_TICKET_AT_ONCE, {"way", str_of(c->name)});
        return false;
    }
    return ok && (to == NULL || read_receiver(rule, to, c));
}

/* ---- tickets ---- */

static void check_fields(struct source *src, const struct raw_ticket *raw,
                         const struct ticket_rule *t)
{
    if (raw->contents.n == 0)
        problem(src, raw->contents.node->at, MSG_PACK_TICKET_CONTENTS);
    for (size_t i = 0; i < t->n_contents; i++)
        if (t->contents[i]->measured == 0)
            problem(src, raw->contents.node->at, MSG_PACK_TICKET_TYPED, {"field", str_of(t->contents[i]->id)});
    if (t->until != NULL && t->until->type != FIELD_INSTANT)
        problem(src, raw->until.at, MSG_PACK_TICKET_INSTANT, {"field", str_of(t->until->id)});
    if (strcmp(raw->done.text, raw->broken.text) == 0)
        problem(src, raw->broken.at, MSG_PACK_TICKET_TWO);
}

void ticket_read(const struct scope *sc, const struct node *n, struct step *step)
{
    struct reading *rd = sc->rd;
    struct ticket_rule *t = source_alloc(&rd->src, 1, sizeof(*t));
    struct raw_ticket raw = {0};

    if (t == NULL || !shape_read(&rd->src, n, &ticket_shape, &raw))
        return;
    fields_named(rd, sc->reg, &raw.contents, &t->contents, &t->n_contents);
    fields_named(rd, sc->reg, &raw.binds, &t->binds, &t->n_binds);
    t->way = raw.way.text;
    if (t->way != NULL && strcmp(t->way, TICKET_WAY_IN) != 0)
        problem(&rd->src, raw.way.at, MSG_PACK_NO_WAY_IN, {"given", str_of(t->way)}, {"known", str_of(TICKET_WAY_IN)});
    t->until = want_field(rd, sc->reg, raw.until);
    t->done = raw.done.text;
    t->broken = raw.broken.text;
    check_fields(&rd->src, &raw, t);
    step->ticket = t;
}

/* ---- with the procedure whole ---- */

/* The states in which the ticket may be open: of a step that moves nothing, each from which it is made. */
static const char *const *open_states(const struct step *s, size_t *ret_n)
{
    *ret_n = s->to != NULL ? 1 : s->n_from;
    return s->to != NULL ? &s->to : s->from;
}

static bool leads_from(const struct step *s, const char *state)
{
    for (size_t i = 0; i < s->n_from; i++) {
        if (strcmp(s->from[i], state) == 0)
            return true;
    }
    return false;
}

static bool can_close(const struct procedure *p, const char *act, const char *state)
{
    for (size_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->steps[i];

        if (s->act != NULL && strcmp(s->act, act) == 0 && leads_from(s, state))
            return true;
    }
    return false;
}

static void close_by(struct source *src, struct procedure *p, const struct step *begin,
                     const char *act, enum closing closing)
{
    size_t n;
    const char *const *open = open_states(begin, &n);

    for (size_t i = 0; i < p->n_steps; i++) {
        struct step *s = &p->steps[i];

        if (s->act == NULL || strcmp(s->act, act) != 0)
            continue;
        if (s->closes != CLOSES_NOTHING && s->closes != closing)
            problem(src, begin->at, MSG_PACK_TICKET_BOTH, {"step", str_of(act)});
        s->closes = closing;
        if (s->ticket != NULL)
            problem(src, begin->at, MSG_PACK_TICKET_CLOSES, {"step", str_of(act)});
    }
    for (size_t i = 0; i < n; i++) {
        if (!can_close(p, act, open[i]))
            problem(src, begin->at, MSG_PACK_TICKET_LEADS, {"step", str_of(act)}, {"state", str_of(open[i])});
    }
}

/* Nobody has to remember an open ticket: what becomes of it is due by itself. */
static bool is_due(const struct procedure *p, const struct step *s, const char *state)
{
    for (size_t i = 0; i < p->n_obligations; i++) {
        const struct obligation *o = &p->obligations[i];

        if (o->kind != OBLIGE_DUE || o->due.kind != REF_FIELD || o->due.n_hops != 1 ||
            o->due.hops[0] != s->ticket->until || o->due.has_shift)
            continue;
        for (size_t k = 0; k < o->n_while; k++)
            if (strcmp(o->while_states[k], state) == 0)
                return true;
    }
    return false;
}

static void check_due(struct source *src, const struct procedure *p, const struct step *s)
{
    size_t n;
    const char *const *open = open_states(s, &n);

    for (size_t i = 0; i < n; i++) {
        if (!is_due(p, s, open[i]))
            problem(src, s->at, MSG_PACK_TICKET_DUE, {"step", str_of(s->act)}, {"until", str_of(s->ticket->until->id)}, {"state", str_of(open[i])});
    }
}

struct ways {
    struct source *src;
    const struct step *step;
    const struct cond *top; /* the condition of the step that is being walked */
    bool has_way;
};

static void see_way(void *user, const struct procedure *p, const struct cond *c)
{
    struct ways *w = user;
    enum release_channel channel;

    if (c->kind != COND_LEAVES)
        return;
    w->has_way = w->has_way || c == w->top;
    if (w->step->ticket == NULL && release_channel_parse(str_of(c->name), &channel) && release_channel_is_gated(channel))
        problem(w->src, c->at, MSG_PACK_TICKET_NONE, {"way", str_of(c->name)});
    else if (w->step->ticket != NULL && c != w->top)
        problem(w->src, c->at, MSG_PACK_TICKET_ASKED);
}

static void check_ways(struct source *src, const struct procedure *p, const struct step *s)
{
    struct ways ways = {.src = src, .step = s};
    const struct walk walk = {.user = &ways, .cond = see_way};
    bool has_way;

    for (size_t i = 0; i < s->n_conds; i++) {
        ways.top = s->conds[i];
        cond_walk(p, s->conds[i], &walk);
    }
    has_way = ways.has_way;
    if (s->ticket != NULL && s->ticket->way != NULL && has_way)
        problem(src, s->at, MSG_PACK_TICKET_WAYS, {"step", str_of(s->act)});
    if (s->ticket != NULL && s->ticket->way == NULL && !has_way)
        problem(src, s->at, MSG_PACK_TICKET_NO_WAY, {"step", str_of(s->act)});
}

void tickets_check(struct reading *rd, struct procedure *p)
{
    struct source *src = &rd->src;

    for (size_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->steps[i];

        check_ways(src, p, s);
        if (s->ticket == NULL)
            continue;
        close_by(src, p, s, s->ticket->done, CLOSES_DONE);
        close_by(src, p, s, s->ticket->broken, CLOSES_BROKEN);
        check_due(src, p, s);
    }
}
