#include "regulation/scenario-file.h"

#include "base/file.h"
#include "regulation/canonical.h"
#include "regulation/reader.h"
#include "regulation/scenario-names.h"

#include <errno.h>

#define READS_MAX 1000
#define SCENARIO_ARENA_MAX ((size_t)128 << 20)

struct raw_scenario {
    struct word format, id, after, force;
    struct words beside;
    struct text2 title;
    const struct node *acts;
    enum yes shown;
};
struct raw_scene {
    struct word at, as, act, on, name, reason, paper, read, transfer, post, unit, state, to, about,
        says, reg, lock, of, label, measured;
    const struct node *with, *answer, *fields, *where;
    struct words clauses, in;
    struct number_value step, count;
    struct day_value from, keep_until;
    unsigned expect, draws;
};
struct raw_answer {
    struct words forbidden, not_yet, invalid;
};

static const char *const draws_choices[] = {"none", "all", NULL};
static const char *const expects[] = {"record", "notice", "no-notice", "records", "locked", "unlocked", NULL};

#define KEY(name, type, member, help) {name, type, offsetof(struct raw_scene, member), 0, help}
static const struct key scene_keys[] = {
    KEY("at", KEY_WORD, at, "The clock goes on to this instant; timers due before fire in order."),
    KEY("as", KEY_WORD, as, "Who acts."),
    KEY("do", KEY_WORD, act, "REGISTER/STEP."),
    KEY("on", KEY_WORD, on, "The record, or the day of a notice."),
    KEY("with", KEY_NODE, with, "What the form is filled in with."),
    KEY("reason", KEY_WORD, reason, "Why it is corrected."),
    KEY("paper", KEY_WORD, paper, "When it was done on paper, to be entered now."),
    KEY("measured", KEY_WORD, measured, "By media, mail, examiner, import or program, which gives what nobody types."),
    KEY("name", KEY_WORD, name, "The record made or found is called so afterwards."),
    KEY("answer", KEY_NODE, answer,
        "allowed, unknown, {forbidden: [CLAUSE…]}, {not-yet: [CLAUSE…]} or {invalid: [FIELD…]}."),
    KEY("clauses", KEY_WORDS, clauses, "Clauses that this act shows."),
    KEY("step", KEY_NUMBER, step, "Number in the acceptance story."),
    KEY("read", KEY_WORD, read, "The record that is opened."),
    KEY("transfer", KEY_WORD, transfer, "The person who gets another post."),
    KEY("post", KEY_WORD, post, "The post he gets."),
    KEY("unit", KEY_WORD, unit, "The unit he goes to."),
    KEY("from", KEY_DAY, from, "From which day."),
    KEY("state", KEY_ID, state, "The state that the record must have."),
    KEY("fields", KEY_NODE, fields, "Values that it must have."),
    KEY("label", KEY_WORD, label, "The label in force that it must have, as C2I1A1."),
    KEY("keep_until", KEY_DAY, keep_until, "The last day it must be kept."),
    KEY("to", KEY_WORD, to, "Who must have got the notice."),
    KEY("about", KEY_WORD, about, "An obligation, or the step REGISTER/STEP."),
    KEY("says", KEY_WORD, says, "Part of what the notice says in Japanese, as he reads it."),
    KEY("register", KEY_ID, reg, "Whose records are counted."),
    KEY("where", KEY_NODE, where, "Which of them."),
    KEY("in", KEY_IDS, in, "In which states."),
    KEY("count", KEY_NUMBER, count, "How many there must be."),
    KEY("lock", KEY_ID, lock, "The lock."),
    KEY("of", KEY_WORD, of, "The record it lies on."),
    {"draws", KEY_CHOICE, offsetof(struct raw_scene, draws), 0, "From here on draws fall on all records, or none; at first on none.", draws_choices},
    {"expect", KEY_CHOICE, offsetof(struct raw_scene, expect), 0, "What must be found.", expects},
};
static const struct shape scene_shape = SHAPE(SCENARIO_S_ACT, scene_keys);
static const struct key answer_keys[] = {
    {"forbidden", KEY_WORDS, offsetof(struct raw_answer, forbidden), 0, "Exactly these clauses forbid it."},
    {"not-yet", KEY_WORDS, offsetof(struct raw_answer, not_yet), 0, "Exactly these clauses do not allow it yet."},
    {"invalid", KEY_IDS, offsetof(struct raw_answer, invalid), 0, "Exactly these fields are wrong."},
};
static const struct shape answer_shape = SHAPE(ANSWER, answer_keys);
static const struct key scenario_keys[] = {
    {"format", KEY_WORD, offsetof(struct raw_scenario, format), KEY_REQUIRED, "scenario/1"},
    {"id", KEY_ID, offsetof(struct raw_scenario, id), KEY_REQUIRED, "Its name."},
    {"title", KEY_TEXT, offsetof(struct raw_scenario, title), KEY_REQUIRED, "What it shows."},
    {"after", KEY_ID, offsetof(struct raw_scenario, after), 0, "The scenario that runs first."},
    {"force", KEY_ID, offsetof(struct raw_scenario, force), 0, "Folder of the force's files; default force."},
    {"shown", KEY_YES, offsetof(struct raw_scenario, shown), 0, "The one with which a demonstration begins."},
    {"beside", KEY_WORDS, offsetof(struct raw_scenario, beside), 0, "Folders of other directives in force, as seen from this one's."},
    {"acts", KEY_LIST, offsetof(struct raw_scenario, acts), KEY_REQUIRED, "What is done and expected, in order.", NULL, &scene_shape},
};
const struct shape scenario_shape = SHAPE(SCENARIO, scenario_keys);

/* Which keys an act of each kind has besides at, step and clauses; the first `needs` of them must be there. */
static const struct scene_row {
    const char *head;
    unsigned expect; /* 1 + index of `expects` */
    enum scene_kind kind;
    size_t needs;
    const char *keys[9];
} rows[] = {
    {"do", 0, SCENE_DO, 1, {"as", "on", "with", "reason", "paper", "measured", "name", "answer"}},
    {"read", 0, SCENE_READ, 1, {"as", "with", "count", "answer"}},
    {"transfer", 0, SCENE_TRANSFER, 3, {"post", "unit", "from"}},
    {"expect", 1, SCENE_EXPECT_RECORD, 1, {"on", "state", "fields", "label", "keep_until"}},
    {"expect", 2, SCENE_EXPECT_NOTICE, 3, {"to", "about", "on", "says", "count"}},
    {"expect", 3, SCENE_EXPECT_NO_NOTICE, 3, {"to", "about", "on", "says"}},
    {"expect", 4, SCENE_EXPECT_RECORDS, 2, {"register", "count", "where", "in", "name"}},
    {"expect", 5, SCENE_EXPECT_LOCKED, 2, {"lock", "of"}},
    {"expect", 6, SCENE_EXPECT_UNLOCKED, 2, {"lock", "of"}},
    {"draws", 0, SCENE_DRAWS, 0, {NULL}},
    {"at", 0, SCENE_CLOCK, 0, {NULL}}, /* last: any act may move the clock first */
};

struct scenario_reading {
    struct reading rd; /* `pack` is that of the act being read, and is not changed */
    struct scenario_set *set;
    const char *dir;   /* the pack's */
    const struct pack *own;
};

static const struct scene_row *row_of(struct source *src, const struct node *n, const struct raw_scene *raw)
{
    static const char *const free_keys[] = {"at", "step", "clauses"};
    const struct scene_row *row = NULL;

    for (size_t i = 0; i < ARRAY_LEN(rows) && row == NULL; i++) {
        if (node_get(n, rows[i].head) != NULL && rows[i].expect == raw->expect)
            row = &rows[i];
    }
    if (row == NULL) {
        problem(src, n->at, MSG_PACK_ACT_NONE);
        return NULL;
    }
    for (size_t i = 0; i < row->needs; i++) {
        if (node_get(n, row->keys[i]) == NULL) {
            problem(src, n->at, MSG_PACK_ACT_NEEDS, {"act", str_of(row->head)}, {"key", str_of(row->keys[i])});
            return NULL;
        }
    }
    for (const struct node *m = n->first; m != NULL; m = m->next) {
        bool ok = strcmp(m->key, row->head) == 0;

        for (size_t i = 0; i < ARRAY_LEN(free_keys); i++)
            ok = ok || strcmp(m->key, free_keys[i]) == 0;
        for (size_t i = 0; i < ARRAY_LEN(row->keys) && row->keys[i] != NULL; i++)
            ok = ok || strcmp(m->key, row->keys[i]) == 0;
        if (!ok) {
            problem(src, m->key_at, MSG_PACK_ACT_BESIDE, {"key", str_of(m->key)}, {"act", str_of(row->head)});
            return NULL;
        }
    }
    return row;
}

static const char *text_or_empty(struct word w)
{
    return w.text != NULL ? w.text : "";
}

static struct scene_words scene_words(struct source *src, const struct words *w)
{
    const char **at = words_texts(src, w);

    return (struct scene_words){at, at != NULL ? w->n : 0};
}

/* An object whose keys are fields of the register (any when it is unknown); kept in the set. */
static json_t *values_read(struct scenario_reading *sr, const struct node *n, const struct reg *reg)
{
    struct source *src = &sr->rd.src;
    json_t *v;

    if (n != NULL && !node_is(src, n, NODE_MAP, what_key(n->key)))
        n = NULL;
    for (const struct node *m = n != NULL ? n->first : NULL; m != NULL && reg != NULL; m = m->next)
        IGNORE(want_field(&sr->rd, reg, (struct word){m->key, m->key_at}) == NULL, "reported");
    v = n != NULL ? node_json(n) : json_object();
    if (v == NULL || json_array_append_new(sr->set->values, v) != 0) {
        src->fatal = -ENOMEM;
        return NULL;
    }
    return v;
}

/* An answer under several directives names clauses of each that asks something (`constrains`). */
static bool another_has(const struct scenario_reading *sr, const char *clause)
{
    if (pack_clause(sr->own, clause) != NULL)
        return true;
    for (size_t i = 0; i < sr->set->n_beside; i++) {
        if (sr->set->beside[i].pack != NULL && pack_clause(sr->set->beside[i].pack, clause) != NULL)
            return true;
    }
    return false;
}

static void check_clauses_shown(struct scenario_reading *sr, const struct words *w)
{
    struct clause_list ignored;

    for (size_t i = 0; i < w->n; i++) {
        struct words one = {.at = &w->at[i], .n = 1, .node = w->node};

        if (!another_has(sr, w->at[i].text))
            IGNORE(read_clauses(&sr->rd, &one, &ignored), "reported");
    }
}

static void read_answer(struct scenario_reading *sr, const struct node *n, const struct reg *reg, struct scene *s)
{
    struct reading *rd = &sr->rd;
    struct raw_answer raw = {0};
    const struct words *w;

    if (n == NULL || (n->kind == NODE_TEXT && strcmp(n->text, "allowed") == 0))
        return;
    if (n->kind == NODE_TEXT && strcmp(n->text, "unknown") == 0) {
        s->answer = SCENE_UNKNOWN;
        return;
    }
    if (n->kind == NODE_TEXT) {
        problem(&rd->src, n->at, MSG_PACK_ANSWER, {"given", str_head(n->text, 80)});
        return;
    }
    if (!shape_read(&rd->src, n, &answer_shape, &raw))
        return;
    if ((raw.forbidden.node != NULL) + (raw.not_yet.node != NULL) + (raw.invalid.node != NULL) != 1) {
        problem(&rd->src, n->at, MSG_PACK_ANSWER_ONE);
        return;
    }
    s->answer = raw.forbidden.node != NULL ? SCENE_FORBIDDEN : raw.not_yet.node != NULL ? SCENE_NOT_YET : SCENE_INVALID;
    w = s->answer == SCENE_FORBIDDEN ? &raw.forbidden : s->answer == SCENE_NOT_YET ? &raw.not_yet : &raw.invalid;
    if (s->answer != SCENE_INVALID)
        check_clauses_shown(sr, w);
    for (size_t i = 0; s->answer == SCENE_INVALID && reg != NULL && i < w->n; i++) {
        if (s->paper[0] != '\0' && strcmp(w->at[i].text, "paper") == 0)
            continue; /* no field: the instant on the paper */
        IGNORE(want_field(rd, reg, w->at[i]) == NULL, "reported");
    }
    s->expected = scene_words(&rd->src, w);
}

static void read_notice(struct scenario_reading *sr, struct word about, struct word w, struct scene *s)
{
    check_about(&sr->rd, about);
    if (day_parse_iso(str_of(w.text), &s->on_day) != 0)
        problem(&sr->rd.src, w.at, MSG_PACK_NOT_DAY, {"given", str_head(w.text, 80)});
    s->on = "";
}

static void check_paper(struct source *src, const struct raw_scene *raw)
{
    const char *act = raw->act.text != NULL ? strchr(raw->act.text, '/') : NULL;
    uint64_t us;

    if (raw->paper.text != NULL && instant_parse(str_of(raw->paper.text), &us) != 0)
        problem(src, raw->paper.at, MSG_PACK_NOT_INSTANT, {"given", str_head(raw->paper.text, 80)});
    if (raw->measured.text != NULL && measurer_of(raw->measured.text) == 0)
        problem(src, raw->measured.at, MSG_PACK_MEASURES_NOTHING, {"given", str_head(raw->measured.text, 80)});
    if (raw->measured.text != NULL && raw->paper.text != NULL)
        problem(src, raw->measured.at, MSG_PACK_PAPER_MEASURED);
    if (raw->reason.text != NULL && act != NULL && strcmp(act + 1, CORRECTION_ACT) != 0)
        problem(src, raw->reason.at, MSG_PACK_REASON_BESIDE, {"given", str_head(raw->act.text, 80)});
}

/* Why the record is opened, and how often. */
static void check_said(struct source *src, const struct node *with, const struct number_value *count)
{
    for (const struct node *m = with != NULL ? with->first : NULL; m != NULL; m = m->next)
        if (m->key != NULL && strcmp(m->key, "purpose") != 0 && strcmp(m->key, "case") != 0)
            problem(src, m->key_at, MSG_PACK_READ_WHY, {"given", str_head(m->key, 80)});
    if (count->is_set && (count->value < 1 || count->value > READS_MAX))
        problem(src, with != NULL ? with->at : (struct place){0}, MSG_PACK_READ_TIMES, {"max", NUMBER(READS_MAX)});
}

static void read_scene(struct scenario_reading *sr, const struct node *n, struct scene *s)
{
    struct source *src = &sr->rd.src;
    const struct scene_row *row;
    const struct reg *reg = NULL;
    struct raw_scene raw = {0};

    if (!shape_read(src, n, &scene_shape, &raw))
        return;
    row = row_of(src, n, &raw);
    if (row == NULL)
        return;
    *s = (struct scene){.kind = row->kind,
                        .as = text_or_empty(raw.as),
                        .reg = "",
                        .act = "",
                        .on = text_or_empty(raw.on),
                        .reason = text_or_empty(raw.reason),
                        .paper = text_or_empty(raw.paper),
                        .measured = measurer_of(text_or_empty(raw.measured)),
                        .name = text_or_empty(raw.name),
                        .step = raw.step.value,
                        .person = text_or_empty(raw.transfer),
                        .post = text_or_empty(raw.post),
                        .unit = text_or_empty(raw.unit),
                        .from_day = raw.from.value,
                        .state = text_or_empty(raw.state),
                        .label = text_or_empty(raw.label),
                        .has_keep_until = raw.keep_until.is_set,
                        .keep_until_day = raw.keep_until.value,
                        .to = text_or_empty(raw.to),
                        .about = text_or_empty(raw.about),
                        .says = text_or_empty(raw.says),
                        .count = raw.count.value,
                        .lock = text_or_empty(raw.lock),
                        .of = text_or_empty(raw.of),
                        .draws_fall = raw.draws == 2,
                        .at = n->at};
    if (s->kind == SCENE_EXPECT_RECORDS && raw.name.text != NULL && raw.count.value != 1)
        problem(src, raw.name.at, MSG_PACK_NAME_ONE, {"name", str_head(raw.name.text, 80)});
    if (raw.at.text != NULL) {
        s->has_at = true;
        if (instant_parse(str_of(raw.at.text), &s->at_us) != 0)
            problem(src, raw.at.at, MSG_PACK_NOT_INSTANT, {"given", str_head(raw.at.text, 80)});
    }
    check_paper(src, &raw);
    if (raw.act.text != NULL)
        reg = want_step(&sr->rd, raw.act, &s->reg, &s->act);
    if (raw.read.text != NULL)
        s->on = raw.read.text;
    if (raw.reg.text != NULL) {
        reg = want_reg(&sr->rd, raw.reg);
        s->reg = raw.reg.text;
        for (size_t i = 0; reg != NULL && i < raw.in.n; i++)
            IGNORE(want_state(&sr->rd, reg->procedure, raw.in.at[i]) == NULL, "reported");
    }
    if (s->kind == SCENE_EXPECT_NOTICE || s->kind == SCENE_EXPECT_NO_NOTICE)
        read_notice(sr, raw.about, raw.on, s);
    if (s->kind == SCENE_EXPECT_NOTICE && raw.count.is_set && raw.count.value < 1)
        problem(src, raw.about.at, MSG_PACK_NOTICE_TIMES);
    if (raw.lock.text != NULL)
        check_lock(&sr->rd, raw.lock);
    s->with = values_read(sr, raw.with, reg);
    if (s->kind == SCENE_READ)
        check_said(src, raw.with, &raw.count);
    s->fields = values_read(sr, raw.fields, NULL);
    s->where = values_read(sr, raw.where, reg);
    s->in = scene_words(src, &raw.in);
    check_clauses_shown(sr, &raw.clauses);
    s->clauses = scene_words(src, &raw.clauses);
    read_answer(sr, raw.answer, reg, s);
}

/* ---- directives beside ---- */

static const struct pack *load_beside(struct scenario_reading *sr, struct word w)
{
    struct scenario_set *set = sr->set;
    struct source *src = &sr->rd.src;
    struct diag diag;
    const char *dir;
    int r;

    for (size_t i = 0; i < set->n_beside; i++) {
        if (strcmp(set->beside[i].folder, w.text) == 0)
            return set->beside[i].pack;
    }
    if (set->n_beside == SCENARIO_BESIDE_MAX) {
        problem(src, w.at, MSG_PACK_BESIDE_MANY, {"max", NUMBER(SCENARIO_BESIDE_MAX)});
        return NULL;
    }
    dir = source_printf(src, "%s/%s", sr->dir, w.text);
    diag_init(&diag);
    r = dir != NULL ? pack_load_dir(dir, &set->beside[set->n_beside].pack, &diag) : -ENOMEM;
    if (r == -ENOMEM)
        src->fatal = -ENOMEM;
    else if (r != 0)
        problem(src, w.at, MSG_PACK_BESIDE_READ, {"given", str_head(w.text, 80)}, diag_why(&diag));
    diag_done(&diag);
    if (r != 0)
        return NULL;
    set->beside[set->n_beside].folder = w.text;
    return set->beside[set->n_beside++].pack;
}

static const char *shared_register(const struct pack *a, const struct pack *b)
{
    for (size_t i = 0; i < a->n_regs; i++) {
        if (pack_reg(b, a->regs[i].id) != NULL)
            return a->regs[i].id;
    }
    return NULL;
}

static bool read_beside(struct scenario_reading *sr, const struct words *w, struct scenario *s)
{
    struct source *src = &sr->rd.src;

    s->beside = source_alloc(src, w->n, sizeof(*s->beside));
    for (size_t i = 0; s->beside != NULL && i < w->n; i++) {
        const struct pack *p = load_beside(sr, w->at[i]);
        const char *both = p != NULL ? shared_register(sr->own, p) : NULL;

        for (size_t k = 0; p != NULL && both == NULL && k < s->n_beside; k++)
            both = shared_register(s->beside[k], p);
        if (both != NULL)
            problem(src, w->at[i].at, MSG_PACK_BESIDE_REGISTER, {"given", str_head(w->at[i].text, 80)}, {"register", str_of(both)});
        else if (p != NULL)
            s->beside[s->n_beside++] = p;
    }
    return s->n_beside == w->n;
}

static bool has_obligation(const struct pack *p, const char *about)
{
    for (size_t i = 0; i < p->n_procedures; i++) {
        for (size_t k = 0; k < p->procedures[i].n_obligations; k++) {
            if (strcmp(p->procedures[i].obligations[k].id, about) == 0 || strcmp(p->procedures[i].obligations[k].rule, about) == 0)
                return true;
        }
    }
    return false;
}

static bool has_register_of(const struct pack *p, const char *step)
{
    size_t len = strcspn(step, "/");

    for (size_t i = 0; i < p->n_regs; i++) {
        if (strlen(p->regs[i].id) == len && strncmp(p->regs[i].id, step, len) == 0)
            return true;
    }
    return false;
}

static bool lays_lock(const struct pack *p, const char *lock)
{
    for (size_t i = 0; i < p->n_procedures; i++) {
        for (size_t k = 0; k < p->procedures[i].n_steps; k++) {
            const struct step *st = &p->procedures[i].steps[k];

            for (size_t e = 0; e < st->n_effects; e++) {
                if (st->effects[e].kind == EFFECT_LOCK && strcmp(st->effects[e].lock, lock) == 0)
                    return true;
            }
        }
        for (size_t k = 0; k < p->procedures[i].n_obligations; k++) {
            const struct obligation *o = &p->procedures[i].obligations[k];

            for (size_t e = 0; e < o->n_missed; e++) {
                if (o->missed[e].kind == EFFECT_LOCK && strcmp(o->missed[e].lock, lock) == 0)
                    return true;
            }
        }
    }
    return false;
}

/* The first clause that an act names. */
static const char *first_clause(const struct node *n)
{
    const struct node *list = node_get(n, "clauses"), *answer = node_get(n, "answer");

    if (list == NULL && answer != NULL && answer->kind == NODE_MAP && answer->first != NULL && strcmp(answer->first->key, "invalid") != 0)
        list = answer->first;
    return list != NULL && list->kind == NODE_LIST && list->first != NULL && list->first->kind == NODE_TEXT ? list->first->text : NULL;
}

static const char *text_at(const struct node *n, const char *key)
{
    const struct node *m = node_get(n, key);

    return m != NULL && m->kind == NODE_TEXT ? m->text : NULL;
}

static bool is_act_of(const struct pack *p, const struct node *n)
{
    const char *act = text_at(n, "do"), *reg = text_at(n, "register"), *about = text_at(n, "about"), *lock = text_at(n, "lock"), *clause = first_clause(n);

    if (act != NULL || reg != NULL)
        return has_register_of(p, act != NULL ? act : reg);
    if (about != NULL)
        return strchr(about, '/') != NULL ? has_register_of(p, about) : has_obligation(p, about);
    if (lock != NULL)
        return lays_lock(p, lock);
    return clause != NULL && pack_clause(p, clause) != NULL;
}

/* Whose act it is: another directive's only when it is not one of our own. */
static const struct pack *pack_of_act(const struct scenario_reading *sr, const struct scenario *s, const struct node *n)
{
    if (n->kind != NODE_MAP || is_act_of(sr->own, n))
        return sr->own;
    for (size_t i = 0; i < s->n_beside; i++) {
        if (is_act_of(s->beside[i], n))
            return s->beside[i];
    }
    return sr->own;
}

static void read_scenario(struct scenario_reading *sr, const struct pack_file *f)
{
    struct source *src = &sr->rd.src;
    struct scenario *s = &sr->set->scenarios[sr->set->n_scenarios];
    const struct scenario *other;
    struct raw_scenario raw = {0};

    if (!shape_read(src, f->root, &scenario_shape, &raw))
        return;
    if (strcmp(raw.format.text, "scenario/1") != 0)
        problem(src, raw.format.at, MSG_PACK_SCENARIO_FORMAT, {"given", str_head(raw.format.text, 80)});
    other = scenario_find(sr->set, raw.id.text);
    if (other != NULL)
        problem(src, raw.id.at, MSG_PACK_SCENARIO_TWICE, {"scenario", str_of(raw.id.text)}, {"file", str_of(other->at.file)});
    *s = (struct scenario){.id = raw.id.text, .title = raw.title, .force = raw.force.text != NULL ? raw.force.text : "force",
                           .is_shown = raw.shown == YES_YES, .at = f->root->at};
    other = scenario_shown(sr->set);
    if (s->is_shown && other != NULL)
        problem(src, f->root->at, MSG_PACK_SCENARIO_SHOWN, {"scenario", str_of(other->id)});
    sr->set->n_scenarios++;
    if (s->is_shown && raw.beside.n > 0)
        problem(src, raw.beside.at[0].at, MSG_PACK_SCENARIO_ALONE);
    if (!read_beside(sr, &raw.beside, s))
        return; /* what its acts mean would only be guessed at */
    s->scenes = source_alloc(src, raw.acts->n, sizeof(*s->scenes));
    for (const struct node *n = raw.acts->first; s->scenes != NULL && n != NULL; n = n->next) {
        /* The reader's functions only look the pack up. */
        sr->rd.pack = (struct pack *)(uintptr_t)pack_of_act(sr, s, n);
        read_scene(sr, n, &s->scenes[s->n_scenes++]);
    }
    sr->rd.pack = (struct pack *)(uintptr_t)sr->own;
}

/* ---- what goes across scenarios ---- */

/* What came before was done under the same directives. */
static void check_same_beside(struct scenario_reading *sr, const struct scenario *s)
{
    for (size_t i = 0; s->after != NULL && i < s->after->n_beside; i++) {
        bool is_there = false;

        for (size_t k = 0; k < s->n_beside; k++)
            is_there = is_there || s->beside[k] == s->after->beside[i];
        if (!is_there)
            problem(&sr->rd.src, s->at, MSG_PACK_SCENARIO_BESIDE, {"scenario", str_of(s->id)}, {"after", str_of(s->after->id)},
                    {"directive", str_of(s->after->beside[i]->id)});
    }
}

static void find_predecessors(struct scenario_reading *sr)
{
    struct scenario_set *set = sr->set;

    for (size_t i = 0; i < set->n_scenarios; i++) {
        const struct node *after = node_get(sr->rd.files[i].root, "after");

        if (after == NULL)
            continue;
        set->scenarios[i].after = scenario_find(set, after->text);
        if (set->scenarios[i].after == NULL)
            problem(&sr->rd.src, after->at, MSG_PACK_NO_SCENARIO, {"given", str_of(after->text)});
    }
    for (size_t i = 0; i < set->n_scenarios; i++)
        check_same_beside(sr, &set->scenarios[i]);
    for (size_t i = 0; i < set->n_scenarios; i++) {
        size_t n = 0;

        for (const struct scenario *s = set->scenarios[i].after; s != NULL && n <= set->n_scenarios; s = s->after)
            n++;
        if (n > set->n_scenarios)
            problem(&sr->rd.src, set->scenarios[i].at, MSG_PACK_SCENARIO_CIRCLE, {"scenario", str_of(set->scenarios[i].id)});
    }
}

/* `text` is $NAME or $NAME.FIELD…, and NAME was made before the `n`-th act of s. */
static bool alias_is_known(const struct scenario *s, size_t n, const char *text)
{
    size_t len = strcspn(text + 1, ".");

    for (; s != NULL; s = s->after, n = s != NULL ? s->n_scenes : 0) {
        for (size_t i = 0; i < n; i++) {
            const char *name = s->scenes[i].name;

            if (name != NULL && strlen(name) == len && strncmp(name, text + 1, len) == 0 && len > 0)
                return true;
        }
    }
    return false;
}

static void check_alias(struct scenario_reading *sr, const struct scenario *s, size_t i, const char *text, bool is_needed)
{
    if (text == NULL || text[0] == '\0')
        return;
    if (text[0] != '$') {
        if (is_needed)
            problem(&sr->rd.src, s->scenes[i].at, MSG_PACK_RECORD_NAME, {"given", str_head(text, 80)});
    } else if (!alias_is_known(s, i, text)) {
        problem(&sr->rd.src, s->scenes[i].at, MSG_PACK_RECORD_NONE, {"given", str_head(text, 80)});
    }
}

/* Values nest no deeper than the file did. */
static void check_values(struct scenario_reading *sr, const struct scenario *s, size_t i, const json_t *v)
{
    const char *key;
    json_t *member;

    if (json_is_string(v))
        check_alias(sr, s, i, json_string_value(v), false);
    for (size_t k = 0; k < json_array_size(v); k++)
        check_values(sr, s, i, json_array_get(v, k));
    /* The walk does not change the object; jansson's macro only lacks the const. */
    json_object_foreach((json_t *)(uintptr_t)v, key, member)
        check_values(sr, s, i, member);
}

static void check_aliases(struct scenario_reading *sr)
{
    for (size_t k = 0; k < sr->set->n_scenarios; k++) {
        const struct scenario *s = &sr->set->scenarios[k];

        for (size_t i = 0; i < s->n_scenes; i++) {
            check_alias(sr, s, i, s->scenes[i].on, true);
            check_alias(sr, s, i, s->scenes[i].of, true);
            check_values(sr, s, i, s->scenes[i].with);
            check_values(sr, s, i, s->scenes[i].fields);
            check_values(sr, s, i, s->scenes[i].where);
        }
    }
}

/* ---- loading ---- */

static int load_file(struct scenario_reading *sr, const char *folder, const char *name)
{
    struct source *src = &sr->rd.src;
    char *full = source_printf(src, "%s/%s", folder, name), *path = source_printf(src, "scenarios/%s", name);
    struct node *root = NULL;
    struct buf text;
    int r;

    if (full == NULL || path == NULL)
        return -ENOMEM;
    if (sr->rd.n_files == SCENARIOS_MAX) {
        problem(src, (struct place){.file = path}, MSG_PACK_SCENARIOS_MANY, {"max", NUMBER(SCENARIOS_MAX)});
        return 0;
    }
    buf_init(&text, YAML_MAX_BYTES);
    r = file_read(full, YAML_MAX_BYTES, &text, NULL);
    if (r > 0)
        problem(src, (struct place){.file = path}, MSG_PACK_SCENARIO_LARGE);
    else if (r == 0)
        r = yaml_load(path, buf_str(&text), src->arena, &root, src->diag);
    buf_done(&text);
    if (r < 0)
        return ERR(r);
    src->n_problems += r > 0;
    if (root != NULL)
        sr->rd.files[sr->rd.n_files++] = (struct pack_file){.path = path, .root = root};
    return 0;
}

static int load_files(struct scenario_reading *sr, const char *pack_dir)
{
    char *folder = source_printf(&sr->rd.src, "%s/scenarios", pack_dir);
    char **names = NULL;
    size_t n = 0;
    int r = folder != NULL ? dir_list(folder, ".yaml", false, &names, &n, NULL) : -ENOMEM;

    for (size_t i = 0; r == 0 && i < n; i++)
        r = load_file(sr, folder, names[i]);
    names_free(names, n);
    return r == FILE_E_MISSING ? 0 : r;
}

static int read_all(struct scenario_reading *sr)
{
    struct source *src = &sr->rd.src;

    sr->set->scenarios = source_alloc(src, sr->rd.n_files, sizeof(*sr->set->scenarios));
    for (size_t i = 0; src->fatal == 0 && i < sr->rd.n_files; i++)
        read_scenario(sr, &sr->rd.files[i]);
    if (src->fatal == 0 && src->n_problems == 0)
        find_predecessors(sr);
    if (src->fatal == 0 && src->n_problems == 0)
        check_aliases(sr);
    if (src->fatal != 0)
        return ERR(src->fatal);
    return src->n_problems > 0 ? SCENARIO_E_INVALID : 0;
}

int scenario_set_load(const char *pack_dir, const struct pack *pack, struct scenario_set **ret, struct diag *diag)
{
    CLEANUP(scenario_set_freep) struct scenario_set *set = NULL;
    struct arena *arena = arena_new(SCENARIO_ARENA_MAX);
    struct scenario_reading sr = {.rd.src = {.arena = arena, .diag = diag}};
    int r;

    set = arena != NULL ? arena_alloc(arena, sizeof(*set)) : NULL;
    if (set == NULL) {
        arena_free(arena);
        return -ENOMEM;
    }
    set->arena = arena;
    set->values = json_array();
    sr.set = set;
    /* The reader's functions only look the pack up. */
    sr.rd.pack = (struct pack *)(uintptr_t)pack;
    sr.own = pack;
    sr.dir = pack_dir;
    sr.rd.files = arena_alloc_n(arena, SCENARIOS_MAX, sizeof(*sr.rd.files));
    if (set->values == NULL || sr.rd.files == NULL)
        return -ENOMEM;
    r = load_files(&sr, pack_dir);
    if (r < 0)
        return ERR(r);
    r = read_all(&sr);
    if (r != 0)
        return r;
    *ret = TAKE(set);
    return 0;
}

void scenario_set_free(struct scenario_set *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n_beside; i++)
        pack_unref(s->beside[i].pack);
    json_decref(s->values);
    /* The set itself lies in its arena. */
    arena_free(s->arena);
}

const struct scenario *scenario_shown(const struct scenario_set *s)
{
    for (size_t i = 0; i < s->n_scenarios; i++) {
        if (s->scenarios[i].is_shown)
            return &s->scenarios[i];
    }
    return NULL;
}

const struct scenario *scenario_find(const struct scenario_set *s, const char *id)
{
    for (size_t i = 0; i < s->n_scenarios; i++) {
        if (strcmp(s->scenarios[i].id, id) == 0)
            return &s->scenarios[i];
    }
    return NULL;
}
