/* Registers that the program itself works with (`holds`): they have the fields and steps that it names. */
#include "regulation/check-inside.h"

#include "store/decay.h"

#include <stdio.h>

static const char *const marks[] = {"clear", "green", "amber", "amber-strict", "red", NULL};
static const char *const classes[] = {"c1", "c2", "c3", NULL};
static const char *const reliabilities[] = {"a", "b", "c", "d", "e", "f", NULL};
static const char *const credibilities[] = {"c1", "c2", "c3", "c4", "c5", "c6", NULL};

/* What the gate says of what it refuses (cmd/media-refusal.h). */
static const char *const refusals[] = {"not-permitted", "infected", "encrypted", "layers", "members", "size", "ratio", "path", "polyglot", "image", "archive", "time", "stream", "damaged", "special", "scanner", "no-scanner",
                                       "crashed", "overdue", "unsupported", "hidden", "orientation", "left", "failed", "no-sandbox", "name", "changed", "unreadable", "not-writable",
                                       "too-many", "not-wiped", NULL};

/* How a grant lets files out. */
static const char *const forms[] = {"plain", "cipher", NULL};
/* What a machine runs (guard/runs.h). */
static const char *const run[] = {"disguised", "program", "script", "shortcut", "disk", "macros", NULL};

static const struct asked {
    enum holds holds;
    const char *id;
    enum field_type type;
    enum holds of; /* of a record: what its register holds */
    bool is_measured;
    const char *const *choices; /* of a choice: exactly these; of a gate's: these at least */
    bool may_lack;              /* then nothing is known of it */
} asked[] = {
    {HOLDS_INTEL_COLLECTIONS, "inbound", FIELD_RECORD, HOLDS_INTEL_CHANNELS, false, NULL},
    {HOLDS_INTEL_CHANNELS, "mark", FIELD_CHOICE, HOLDS_NOTHING, false, marks},
    {HOLDS_INTEL_CHANNELS, "own", FIELD_FLAG, HOLDS_NOTHING, false, NULL, .may_lack = true},
    {HOLDS_INTEL_CHANNELS, "reliability", FIELD_CHOICE, HOLDS_NOTHING, false, reliabilities, .may_lack = true},
    {HOLDS_INTEL_IMPORTS, "collection", FIELD_RECORD, HOLDS_INTEL_COLLECTIONS, false, NULL},
    {HOLDS_INTEL_IMPORTS, "channel", FIELD_RECORD, HOLDS_INTEL_CHANNELS, false, NULL},
    {HOLDS_INTEL_IMPORTS, "source", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_IMPORTS, "objects", FIELD_NUMBER, HOLDS_NOTHING, true, NULL},
    {HOLDS_INTEL_IMPORTS, "left_out", FIELD_NUMBER, HOLDS_NOTHING, true, NULL},
    {HOLDS_INTEL_IMPORTS, "root", FIELD_TEXT, HOLDS_NOTHING, true, NULL},
    {HOLDS_INTEL_IMPORTS, "credibility", FIELD_CHOICE, HOLDS_NOTHING, false, credibilities, .may_lack = true},
    {HOLDS_INTEL_LINKS, "a", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_LINKS, "a_in", FIELD_RECORD, HOLDS_INTEL_COLLECTIONS, false, NULL},
    {HOLDS_INTEL_LINKS, "b", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_LINKS, "b_in", FIELD_RECORD, HOLDS_INTEL_COLLECTIONS, false, NULL},
    {HOLDS_INTEL_LINKS, "class", FIELD_CHOICE, HOLDS_NOTHING, false, classes},
    {HOLDS_INTEL_LINKS, "strength", FIELD_NUMBER, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_LINKS, "maker", FIELD_PERSON, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_EXCLUSIONS, "value", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_EXCLUSIONS, "until", FIELD_DAY, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_REMOVALS, "collection", FIELD_RECORD, HOLDS_INTEL_COLLECTIONS, false, NULL},
    {HOLDS_INTEL_REMOVALS, "object", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_REMOVALS, "objects", FIELD_NUMBER, HOLDS_NOTHING, true, NULL},
    {HOLDS_INTEL_REMOVALS, "root", FIELD_TEXT, HOLDS_NOTHING, true, NULL},
    {HOLDS_MEDIA, "serial", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_GRANTS, "medium", FIELD_RECORD, HOLDS_MEDIA, false, NULL},
    {HOLDS_MEDIA_GRANTS, "computer", FIELD_RECORD, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_GRANTS, "direction", FIELD_CHOICE, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_GRANTS, "applicant", FIELD_PERSON, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_GRANTS, "form", FIELD_CHOICE, HOLDS_NOTHING, false, forms, .may_lack = true},
    {HOLDS_MEDIA_GRANTS, "granted_from", FIELD_INSTANT, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_GRANTS, "granted_until", FIELD_INSTANT, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_OUTS, "medium", FIELD_RECORD, HOLDS_MEDIA, false, NULL},
    {HOLDS_MEDIA_OUTS, "carrier", FIELD_PERSON, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_OUTS, "until", FIELD_INSTANT, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_TRAIL, "medium", FIELD_RECORD, HOLDS_MEDIA, false, NULL},
    {HOLDS_MEDIA_TRAIL, "computer", FIELD_RECORD, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_TRAIL, "grant", FIELD_RECORD, HOLDS_MEDIA_GRANTS, false, NULL},
    {HOLDS_MEDIA_TRAIL, "item", FIELD_RECORD, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_TRAIL, "file_name", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_TRAIL, "file_digest", FIELD_DIGEST, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_TRAIL, "size", FIELD_NUMBER, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_TRAIL, "refused", FIELD_CHOICE, HOLDS_NOTHING, false, refusals},
    {HOLDS_MEDIA_TRAIL, "runs", FIELD_CHOICE, HOLDS_NOTHING, true, run, .may_lack = true},
    {HOLDS_MEDIA_TRAIL, "scanner", FIELD_TEXT, HOLDS_NOTHING, true, NULL, .may_lack = true},
    {HOLDS_MEDIA_TRAIL, "definitions_on", FIELD_DAY, HOLDS_NOTHING, true, NULL, .may_lack = true},
    {HOLDS_MEDIA_CHECKS, "medium", FIELD_RECORD, HOLDS_MEDIA, false, NULL},
    {HOLDS_MEDIA_CHECKS, "station", FIELD_RECORD, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_CHECKS, "result", FIELD_CHOICE, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_FINDINGS, "kind", FIELD_CHOICE, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_FINDINGS, "device", FIELD_RECORD, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_QUARANTINE, "name", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_QUARANTINE, "content", FIELD_FILE, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_QUARANTINE, "medium", FIELD_RECORD, HOLDS_MEDIA, false, NULL},
    {HOLDS_MEDIA_INTAKES, "name", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_INTAKES, "scan", FIELD_CHOICE, HOLDS_NOTHING, false, NULL},
    {HOLDS_MEDIA_INTAKES, "sealed", FIELD_RECORD, HOLDS_MEDIA_QUARANTINE, false, NULL},
    {HOLDS_COLLECTIONS, "collector", FIELD_RECORD, HOLDS_NOTHING, false, NULL},
    {HOLDS_COLLECTIONS, "kind", FIELD_CHOICE, HOLDS_NOTHING, false, NULL},
    {HOLDS_COLLECTIONS, "file_digest", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_COLLECTED_LINES, "computer", FIELD_RECORD, HOLDS_NOTHING, false, NULL},
    {HOLDS_COLLECTED_LINES, "medium", FIELD_RECORD, HOLDS_MEDIA, false, NULL},
    {HOLDS_COLLECTED_LINES, "collection", FIELD_RECORD, HOLDS_COLLECTIONS, false, NULL},
    {HOLDS_TERMINAL_STATES, "computer", FIELD_RECORD, HOLDS_NOTHING, false, NULL},
    {HOLDS_TERMINAL_STATES, "collection", FIELD_RECORD, HOLDS_COLLECTIONS, false, NULL},
    {HOLDS_TRAIL_SIGNATURES, "kind", FIELD_CHOICE, HOLDS_NOTHING, false, NULL},
    {HOLDS_TRAIL_SIGNATURES, "month", FIELD_MONTH, HOLDS_NOTHING, false, NULL},
    {HOLDS_TRAIL_SIGNATURES, "signer", FIELD_PERSON, HOLDS_NOTHING, false, NULL},
    {HOLDS_USER_IDS, "user_id", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_USER_IDS, "holder", FIELD_PERSON, HOLDS_NOTHING, false, NULL},
    {HOLDS_MAILINGS, "relay_id", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_MAILINGS, "sender", FIELD_PERSON, HOLDS_NOTHING, false, NULL},
    {HOLDS_MAIL_PASSWORDS, "mailing", FIELD_RECORD, HOLDS_MAILINGS, false, NULL},
    {HOLDS_MAIL_REPORTS, "mail_file", FIELD_FILE, HOLDS_NOTHING, false, NULL},
};

/* Of channels from which the program fetches: all of these, where the first or the step is there. */
static const struct asked polls[] = {
    {HOLDS_INTEL_CHANNELS, "poll_root", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_CHANNELS, "poll_collection", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_CHANNELS, "poll_user", FIELD_TEXT, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_CHANNELS, "poll_plain", FIELD_FLAG, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_CHANNELS, "poll_minutes", FIELD_NUMBER, HOLDS_NOTHING, false, NULL},
    {HOLDS_INTEL_CHANNELS, "collection", FIELD_RECORD, HOLDS_INTEL_COLLECTIONS, false, NULL},
    {HOLDS_INTEL_CHANNELS, "fetcher", FIELD_PERSON, HOLDS_NOTHING, false, NULL},
};

#define LINK_ASKS {"a", "a_in", "b", "b_in", "class", "strength", "maker"}
static const struct asked_step {
    enum holds holds;
    const char *act;
    bool makes_record;
    const char *to; /* a state by which the program tells what became of it; NULL: any */
    const char *asks[7];
    bool may_lack; /* what it is for does not exist then */
} asked_steps[] = {
    {HOLDS_INTEL_IMPORTS, "propose", true, NULL, {"collection", "channel", "source"}},
    {HOLDS_INTEL_IMPORTS, "open", false, NULL, {"objects", "left_out", "root"}},
    {HOLDS_INTEL_IMPORTS, "drop", false, NULL, {NULL}},
    {HOLDS_INTEL_IMPORTS, "withdraw", true, NULL, {"collection", "channel", "source", "object", "reason"}, .may_lack = true},
    {HOLDS_INTEL_LINKS, "confirm", true, "confirmed", LINK_ASKS},
    {HOLDS_INTEL_LINKS, "reject", true, "rejected", LINK_ASKS},
    {HOLDS_INTEL_LINKS, "withdraw", false, "withdrawn", {NULL}},
    {HOLDS_INTEL_EXCLUSIONS, "exclude", true, "applies", {"value", "until"}},
    {HOLDS_INTEL_EXCLUSIONS, "lift", false, "lifted", {NULL}},
    {HOLDS_INTEL_REMOVALS, "remove", true, NULL, {"collection", "object", "objects", "root"}},
    {HOLDS_MEDIA, "tag", false, NULL, {NULL}, .may_lack = true},
    {HOLDS_MEDIA, "register", true, NULL, {NULL}, .may_lack = true},
    {HOLDS_MEDIA_GRANTS, "apply", true, NULL, {NULL}, .may_lack = true},
    {HOLDS_MEDIA_GRANTS, "empty", false, NULL, {NULL}, .may_lack = true},
    {HOLDS_MEDIA_OUTS, "apply", true, NULL, {NULL}, .may_lack = true},
    {HOLDS_MEDIA_TRAIL, "output", true, NULL, {NULL}},
    {HOLDS_MEDIA_TRAIL, "written", false, NULL, {NULL}},
    {HOLDS_MEDIA_TRAIL, "not-written", false, NULL, {NULL}},
    {HOLDS_MEDIA_TRAIL, "input", true, NULL, {NULL}},
    {HOLDS_MEDIA_TRAIL, "taken-in", false, NULL, {NULL}},
    {HOLDS_MEDIA_TRAIL, "not-taken", false, NULL, {NULL}},
    {HOLDS_MEDIA_TRAIL, "refuse", true, NULL, {"refused"}},
    {HOLDS_MEDIA_CHECKS, "check", true, NULL, {NULL}},
    {HOLDS_MEDIA_FINDINGS, "watch", true, NULL, {NULL}},
    {HOLDS_MEDIA_QUARANTINE, "put", true, NULL, {"name", "content"}},
    {HOLDS_MEDIA_INTAKES, "quarantine", true, NULL, {"name", "scan", "sealed"}},
    {HOLDS_COLLECTIONS, "enter", true, NULL, {NULL}},
    {HOLDS_COLLECTED_LINES, "enter", true, NULL, {NULL}},
    {HOLDS_TERMINAL_STATES, "settings", true, NULL, {NULL}},
    {HOLDS_TERMINAL_STATES, "scan", true, NULL, {NULL}},
    {HOLDS_TRAIL_SIGNATURES, "sign-lines", true, NULL, {NULL}, .may_lack = true},
    {HOLDS_TRAIL_SIGNATURES, "sign-grants", true, NULL, {NULL}, .may_lack = true},
    {HOLDS_SANITISATIONS, "enter", true, NULL, {NULL}},
    {HOLDS_MAILINGS, "begin", true, NULL, {"relay_id"}},
    {HOLDS_MAILINGS, "end", false, NULL, {NULL}},
    {HOLDS_MAILINGS, "broken", false, NULL, {NULL}},
    {HOLDS_MAILINGS, "outcome", false, NULL, {NULL}},
    {HOLDS_MAILINGS, "refuse", true, NULL, {NULL}},
    {HOLDS_MAIL_PASSWORDS, "give", true, NULL, {"mailing"}},
    {HOLDS_MAIL_REPORTS, "receive", true, NULL, {"mail_file"}},
};
#undef LINK_ASKS
static const struct asked_step poll_step = {HOLDS_INTEL_CHANNELS, "poll", false, "polled",
                                            {"poll_root", "poll_collection", "poll_user", "poll_plain", "poll_minutes", "collection", "fetcher"}};

/* States in which the desk of media, and the months of trails, show what waits: a register that has none of that name shows nothing there. */
static const struct shown_state {
    enum holds holds;
    const char *id;
} shown_states[] = {{HOLDS_MEDIA_GRANTS, "applied"},     {HOLDS_MEDIA_GRANTS, "granted"},      {HOLDS_MEDIA_GRANTS, "taken-in"}, {HOLDS_MEDIA_OUTS, "applied"},
                    {HOLDS_MEDIA_OUTS, "permitted"},     {HOLDS_MEDIA_OUTS, "out"},            {HOLDS_MEDIA_TRAIL, "to-check"},     {HOLDS_MEDIA_TRAIL, "refused"},
                    {HOLDS_COLLECTED_LINES, "to-check"}, {HOLDS_COLLECTED_LINES, "unpermitted"}, {HOLDS_CROSSINGS, "open"}};

/* Parameters by which C works with what a register holds. */
static const struct asked_param {
    enum holds holds;
    const char *id;
    enum param_type type;
    int64_t least, most; /* of a number */
} asked_params[] = {{HOLDS_INTEL_REMOVALS, "clear-removed", PARAM_DURATION, 0, 0}, {HOLDS_INTEL_IMPORTS, "decay-threshold", PARAM_NUMBER, 0, 100}};

/* Fields by which the program looks records up. */
static const struct indexed {
    enum holds holds;
    const char *id;
} indexed[] = {{HOLDS_INTEL_LINKS, "a"}, {HOLDS_INTEL_LINKS, "b"}, {HOLDS_MEDIA, "serial"}, {HOLDS_MEDIA_GRANTS, "medium"}, {HOLDS_COLLECTIONS, "collector"}, {HOLDS_COLLECTIONS, "file_digest"}, {HOLDS_MEDIA_TRAIL, "file_digest"}, {HOLDS_USER_IDS, "user_id"}, {HOLDS_MAILINGS, "relay_id"}};

const char *const holds_names[] = {"intel-collections", "intel-channels",   "intel-imports",  "intel-links",     "intel-exclusions", "intel-removals", "media",
                                   "media-grants",      "media-outs",       "media-trail",    "media-checks",    "media-findings",   "media-quarantine", "media-intakes",
                                   "collections",       "collected-lines",  "terminal-states", "crossings",      "trail-signatures", "user-ids",       "mailings",
                                   "mail-passwords",    "mail-reports",     "sanitisations",  NULL};

const char *holds_name(enum holds what)
{
    return what == HOLDS_NOTHING ? "" : holds_names[what - 1];
}

enum holds holds_of(const char *name)
{
    for (size_t i = 0; holds_names[i] != NULL; i++)
        if (strcmp(holds_names[i], name) == 0)
            return (enum holds)(i + 1);
    return HOLDS_NOTHING;
}

const struct reg *pack_holds(const struct pack *p, enum holds what)
{
    for (size_t i = 0; i < p->n_regs; i++)
        if (p->regs[i].holds == what)
            return &p->regs[i];
    return NULL;
}

static bool has_choice(const struct field *f, const char *id)
{
    for (size_t i = 0; i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, id))
            return true;
    return false;
}

static bool has_choices(const struct field *f, const char *const *words)
{
    size_t n = 0;

    for (; words[n]; n++)
        if (!has_choice(f, words[n]))
            return false;
    return f->n_choices == n;
}

static bool is_intel(enum holds what)
{
    return what <= HOLDS_INTEL_REMOVALS;
}

/* "a, b and c" */
static const char *list_words(const char *const *words, char *to, size_t size)
{
    int n = snprintf(to, size, "%s", words[0]);

    for (size_t i = 1; words[i]; i++)
        n += snprintf(to + n, size - (size_t)n, "%s%s", words[i + 1] ? ", " : " and ", words[i]);
    return to;
}

/* What a gate says has a choice each; a pack may have more. */
static void check_said(struct checking *ck, const struct field *f, const struct asked *a)
{
    for (size_t i = 0; a->choices && a->choices[i]; i++)
        if (!has_choice(f, a->choices[i]))
            check_error(ck, f->at, MSG_PACK_HOLDS_CHOICE, {"field", str_of(a->id)}, {"choice", str_of(a->choices[i])});
}

static void check_field(struct checking *ck, const struct reg *r, const struct asked *a)
{
    const struct field *f = reg_field(r, a->id);
    char words[100];

    if (!f && a->may_lack)
        return;
    if (!f || f->type != a->type)
        check_error(ck, f ? f->at : r->at, MSG_PACK_HOLDS_FIELD, {"holds", str_of(holds_name(r->holds))}, {"field", str_of(a->id)});
    else if (a->of != HOLDS_NOTHING && (!f->reg || f->reg->holds != a->of))
        check_error(ck, f->at, MSG_PACK_HOLDS_NAMES, {"field", str_of(a->id)}, {"holds", str_of(holds_name(a->of))});
    else if (!is_intel(r->holds)) /* a gate measures some of it, and seals what it will */
        check_said(ck, f, a);
    else if (a->is_measured != ((f->measured & MEASURED_PROGRAM) != 0))
        check_error(ck, f->at, a->is_measured ? MSG_PACK_HOLDS_MEASURED : MSG_PACK_HOLDS_GIVEN, {"field", str_of(a->id)});
    else if (f->personal)
        check_error(ck, f->at, MSG_PACK_HOLDS_SEALED, {"field", str_of(a->id)});
    else if (a->choices && !has_choices(f, a->choices))
        check_error(ck, f->at, MSG_PACK_HOLDS_CHOICES, {"field", str_of(a->id)}, {"choices", str_of(list_words(a->choices, words, sizeof(words)))});
}

static bool step_asks(const struct step *s, const char *id)
{
    for (size_t i = 0; i < s->n_asks; i++)
        if (!strcmp(s->asks[i]->id, id))
            return true;
    return false;
}

static void check_step(struct checking *ck, const struct reg *r, const struct asked_step *a)
{
    const struct step *part = reg_part(r, a->act);
    bool is_there = false;

    for (size_t i = 0; i < r->procedure->n_steps; i++) {
        const struct step *s = &r->procedure->steps[i];

        if (part == NULL || strcmp(s->act, part->act) != 0)
            continue;
        is_there = true;
        if (s->makes_record != a->makes_record)
            check_error(ck, s->at, a->makes_record ? MSG_PACK_HOLDS_MAKES : MSG_PACK_HOLDS_THERE, {"step", str_of(s->act)});
        if (a->to && (!s->to || strcmp(s->to, a->to) != 0))
            check_error(ck, s->at, MSG_PACK_HOLDS_TO, {"step", str_of(s->act)}, {"state", str_of(a->to)});
        for (size_t k = 0; k < ARRAY_LEN(a->asks) && a->asks[k]; k++)
            if (!step_asks(s, a->asks[k]))
                check_error(ck, s->at, MSG_PACK_HOLDS_ASKS, {"step", str_of(s->act)}, {"field", str_of(a->asks[k])});
    }
    if (!is_there && !a->may_lack)
        check_error(ck, r->procedure->at, MSG_PACK_HOLDS_STEP, {"holds", str_of(holds_name(r->holds))}, {"step", str_of(a->act)});
}

static bool is_part(enum holds what, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(asked_steps); i++)
        if (asked_steps[i].holds == what && !strcmp(asked_steps[i].act, name))
            return true;
    return false;
}

/* Nobody would ever ask for it, or one of two. */
static void check_parts(struct checking *ck, const struct reg *r)
{
    for (size_t i = 0; r->procedure && i < r->procedure->n_steps; i++) {
        const struct step *s = &r->procedure->steps[i];

        if (s->does == NULL)
            continue;
        if (r->holds == HOLDS_NOTHING)
            check_error(ck, s->at, MSG_PACK_DOES_NOTHING, {"step", str_of(s->act)}, {"does", str_of(s->does)});
        else if (!is_part(r->holds, s->does))
            check_error(ck, s->at, MSG_PACK_DOES_OTHER, {"step", str_of(s->act)}, {"does", str_of(s->does)}, {"holds", str_of(holds_name(r->holds))});
        else if (strcmp(reg_part(r, s->does)->act, s->act) != 0)
            check_error(ck, s->at, MSG_PACK_DOES_BOTH, {"step", str_of(reg_part(r, s->does)->act)}, {"other", str_of(s->act)},
                        {"does", str_of(s->does)});
    }
}

static void check_states_shown(struct checking *ck, const struct reg *r)
{
    for (size_t k = 0; r->procedure && k < ARRAY_LEN(shown_states); k++)
        if (shown_states[k].holds == r->holds && !procedure_state(r->procedure, shown_states[k].id))
            check_warning(ck, r->procedure->at, MSG_PACK_HOLDS_STATE, {"holds", str_of(holds_name(r->holds))}, {"state", str_of(shown_states[k].id)});
}

/* NULL: it is missing, which is told; also as where it is of another kind. */
static const struct param *want_asked(struct checking *ck, const struct reg *r, const char *id, enum param_type type)
{
    static const char *const kinds[] = {
        [PARAM_DURATION] = "duration", [PARAM_NUMBER] = "number", [PARAM_CHOICE] = "choice", [PARAM_FLAG] = "flag", [PARAM_TEXT] = "text", [PARAM_DAY] = "day"};
    const struct param *p = pack_param(ck->pack, id);

    if (!p)
        check_error(ck, r->at, MSG_PACK_HOLDS_PARAM, {"holds", str_of(holds_name(r->holds))}, {"param", str_of(id)}, {"type", str_of(kinds[type])});
    else if (p->type != type)
        check_error(ck, p->at, MSG_PACK_HOLDS_PARAM_TYPE, {"param", str_of(id)}, {"type", str_of(kinds[p->type])}, {"wanted", str_of(kinds[type])});
    return p && p->type == type ? p : NULL;
}

/* Every shape that the program knows may be among them, and no other. */
static void check_shape(struct checking *ck, const struct param *p)
{
    enum decay_shape shape;

    for (size_t i = 0; i < p->n_choices; i++)
        if (!decay_shape_of(str_of(p->choices[i]), &shape))
            check_error(ck, p->at, MSG_PACK_HOLDS_SHAPE, {"choice", str_of(p->choices[i])}, {"param", str_of(p->id)});
}

static void check_decay(struct checking *ck, const struct reg *r)
{
    for (unsigned c = 0; c < DECAY_N_CLASSES; c++) {
        const char *class = decay_class_name((enum decay_class)c);
        const struct param *p;
        char id[64];

        snprintf(id, sizeof(id), "life-%s", class);
        IGNORE(!want_asked(ck, r, id, PARAM_DURATION), "told");
        snprintf(id, sizeof(id), "shape-%s", class);
        if ((p = want_asked(ck, r, id, PARAM_CHOICE)))
            check_shape(ck, p);
    }
}

static void check_params(struct checking *ck, const struct reg *r)
{
    for (size_t k = 0; k < ARRAY_LEN(asked_params); k++) {
        const struct asked_param *a = &asked_params[k];
        const struct param *p = a->holds == r->holds ? want_asked(ck, r, a->id, a->type) : NULL;

        if (p && a->type == PARAM_NUMBER && p->is_set && (p->number < a->least || p->number > a->most))
            check_error(ck, p->at, MSG_PACK_HOLDS_RANGE, {"param", str_of(a->id)}, {"min", INTEGER(a->least)}, {"max", INTEGER(a->most)});
    }
    if (r->holds == HOLDS_INTEL_IMPORTS)
        check_decay(ck, r);
}

static bool is_joined(const struct reg *r, const char *id)
{
    for (size_t i = 0; i < r->label_from.n_records; i++)
        if (!strcmp(r->label_from.records[i]->id, id))
            return true;
    return false;
}

/* One step is all: a label that rests on another that rests on a third would be read anew for each of them. */
static void check_joined(struct checking *ck, const struct reg *r)
{
    for (size_t i = 0; i < r->label_from.n_records; i++) {
        const struct field *f = r->label_from.records[i];

        if (f->reg != NULL && f->reg->label_from.n_records > 0)
            check_error(ck, r->label_from.at, MSG_PACK_LABEL_JOINED, {"field", str_of(f->id)}, {"register", str_of(f->reg->id)});
        if (!f->required)
            check_error(ck, f->at, MSG_PACK_HOLDS_REQUIRED, {"field", str_of(f->id)});
    }
}

/* The label of a link is that of both sides, and of the class that they have (engine/label-of.h). */
static void check_link_label(struct checking *ck, const struct reg *r)
{
    const struct label_from *l = &r->label_from;
    bool counts = false;

    if (reg_field(r, "class") && !reg_field(r, "class")->required)
        check_error(ck, reg_field(r, "class")->at, MSG_PACK_HOLDS_CLASS);
    for (size_t i = 0; r->has_label_from && i < l->n[LABEL_CONFIDENTIALITY]; i++)
        counts = counts || !strcmp(l->fields[LABEL_CONFIDENTIALITY][i]->id, "class");
    if (!counts || !is_joined(r, "a_in") || !is_joined(r, "b_in"))
        check_error(ck, r->at, MSG_PACK_HOLDS_LINKS);
}

/* What a gate stopped is handed out when a step of the pack has let it out, and not by lying there. */
static void check_quarantine(struct checking *ck, const struct reg *r)
{
    const struct step *put = r->procedure ? reg_part(r, "put") : NULL;

    if (r->n_files_in == 0)
        check_error(ck, r->at, MSG_PACK_HOLDS_FILES_IN);
    else if (put && put->to && reg_hands_out(r, put->to))
        check_error(ck, r->at, MSG_PACK_HOLDS_PUT, {"step", str_of(put->act)}, {"state", str_of(put->to)});
}

static void check_polls(struct checking *ck, const struct reg *r)
{
    if (!reg_field(r, polls[0].id) && !(r->procedure && reg_part(r, poll_step.act)))
        return;
    for (size_t k = 0; k < ARRAY_LEN(polls); k++)
        check_field(ck, r, &polls[k]);
    if (r->procedure)
        check_step(ck, r, &poll_step);
}

static void check_reg(struct checking *ck, const struct reg *r)
{
    for (size_t k = 0; k < ARRAY_LEN(asked); k++)
        if (asked[k].holds == r->holds)
            check_field(ck, r, &asked[k]);
    for (size_t k = 0; k < ARRAY_LEN(indexed); k++)
        if (indexed[k].holds == r->holds && reg_field(r, indexed[k].id) && !reg_field(r, indexed[k].id)->indexed)
            check_error(ck, reg_field(r, indexed[k].id)->at, MSG_PACK_HOLDS_INDEX, {"field", str_of(indexed[k].id)});
    for (size_t k = 0; r->procedure && k < ARRAY_LEN(asked_steps); k++)
        if (asked_steps[k].holds == r->holds)
            check_step(ck, r, &asked_steps[k]);
    if (r->holds == HOLDS_INTEL_LINKS)
        check_link_label(ck, r);
    if (r->holds == HOLDS_MEDIA_QUARANTINE)
        check_quarantine(ck, r);
    check_states_shown(ck, r);
    check_params(ck, r);
    if (r->holds == HOLDS_INTEL_CHANNELS)
        check_polls(ck, r);
}

int check_holds(struct checking *ck)
{
    for (size_t i = 0; i < ck->pack->n_regs; i++) {
        const struct reg *r = &ck->pack->regs[i];

        check_parts(ck, r);
        check_joined(ck, r);
        if (r->holds == HOLDS_NOTHING)
            continue;
        if (pack_holds(ck->pack, r->holds) != r)
            check_error(ck, r->at, MSG_PACK_HOLDS_ALREADY, {"holds", str_of(holds_name(r->holds))});
        check_reg(ck, r);
    }
    return 0;
}
