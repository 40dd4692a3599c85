/* labels.yaml (section 5). */
#include "regulation/reader.h"

#define INTEGRITY_MAX 2

struct raw_labels {
    struct word format;
    const struct node *labels, *restrictions, *ranges, *channels, *heed, *asks, *tlp;
};
struct raw_label {
    struct text2 title;
    struct number_value confidentiality, integrity, availability;
    struct words restrictions, clauses;
};
struct raw_reader {
    struct word role, of, unit_kind, person;
    enum yes everyone;
};
struct raw_channel {
    struct number_value at_most;
};
struct raw_heed {
    struct text2 say;
    struct words clauses;
};
struct raw_ask {
    struct words of, clauses;
    struct text2 say;
};
struct raw_mark {
    struct word open, kept;
    struct words clauses;
};
struct raw_marks {
    const struct node *of[LABEL_CONFIDENTIALITY_MAX];
};

static const struct key label_keys[] = {
    {"title", KEY_TEXT, offsetof(struct raw_label, title), KEY_REQUIRED, "As people call it."},
    {"confidentiality", KEY_NUMBER, offsetof(struct raw_label, confidentiality), KEY_REQUIRED, "1 to 3."},
    {"integrity", KEY_NUMBER, offsetof(struct raw_label, integrity), KEY_REQUIRED, "1 or 2."},
    {"availability", KEY_NUMBER, offsetof(struct raw_label, availability), KEY_REQUIRED, "1 or 2."},
    {"restrictions", KEY_IDS, offsetof(struct raw_label, restrictions), 0, "Handling restrictions."},
    {"clauses", KEY_WORDS, offsetof(struct raw_label, clauses), 0, "Clauses that set it."},
};
static const struct shape label_shape = SHAPE(LABEL, label_keys);
static const struct key reader_keys[] = {
    {"role", KEY_ID, offsetof(struct raw_reader, role), 0, "Whoever holds this role."},
    {"of", KEY_ID, offsetof(struct raw_reader, of), 0, "Field of the record that names the unit, or a list of them; default unit."},
    {"unit_kind", KEY_ID, offsetof(struct raw_reader, unit_kind), 0, "Everybody with an appointment in such a unit."},
    {"person", KEY_ID, offsetof(struct raw_reader, person), 0, "The person in this field of the record, or those in a list."},
    {"everyone", KEY_YES, offsetof(struct raw_reader, everyone), 0, "Every signed-in person."},
};
static const struct shape reader_shape = SHAPE(READER, reader_keys);
static const struct key channel_keys[] = {
    {"at_most", KEY_NUMBER, offsetof(struct raw_channel, at_most), KEY_REQUIRED, "The highest confidentiality that may pass."},
};
static const struct shape channel_shape = SHAPE(CHANNEL, channel_keys);
static const struct key heed_keys[] = {
    {"say", KEY_TEXT, offsetof(struct raw_heed, say), KEY_REQUIRED, "What is asked of whoever has been given it."},
    {"clauses", KEY_WORDS, offsetof(struct raw_heed, clauses), 0, "Clauses that ask for it."},
};
static const struct shape heed_shape = SHAPE(NOTE_ON_HANDLING, heed_keys);
static const struct key ask_keys[] = {
    {"of", KEY_WORDS, offsetof(struct raw_ask, of), KEY_REQUIRED, "Of what is low, middle or high, of integrity or availability 2 (`integrity`, `availability`), of a restriction: any of these."},
    {"say", KEY_TEXT, offsetof(struct raw_ask, say), KEY_REQUIRED, "What is asked of whoever holds it."},
    {"clauses", KEY_WORDS, offsetof(struct raw_ask, clauses), KEY_REQUIRED, "Clauses that ask for it."},
};
static const struct shape ask_shape = SHAPE(NOTE_ON_HANDLING, ask_keys);
static const struct key mark_keys[] = {
    {"mark", KEY_WORD, offsetof(struct raw_mark, open), KEY_REQUIRED, "CLEAR, GREEN, AMBER, AMBER+STRICT or RED."},
    {"kept", KEY_WORD, offsetof(struct raw_mark, kept), 0, "The same of what has restrictions or readers of its own; default: mark."},
    {"clauses", KEY_WORDS, offsetof(struct raw_mark, clauses), 0, "Clauses that set it."},
};
static const struct shape mark_shape = SHAPE(MARK, mark_keys);
static const struct key marks_keys[] = {
    {"low", KEY_MAP, offsetof(struct raw_marks, of[0]), KEY_REQUIRED, "Of confidentiality 1.", NULL, &mark_shape},
    {"middle", KEY_MAP, offsetof(struct raw_marks, of[1]), KEY_REQUIRED, "Of confidentiality 2.", NULL, &mark_shape},
    {"high", KEY_MAP, offsetof(struct raw_marks, of[2]), KEY_REQUIRED, "Of confidentiality 3.", NULL, &mark_shape},
};
static const struct shape marks_shape = SHAPE(MAPPING_TO_TLP, marks_keys);
static const struct key labels_keys[] = {
    {"format", KEY_WORD, offsetof(struct raw_labels, format), KEY_REQUIRED, "labels/1"},
    {"labels", KEY_NAMED, offsetof(struct raw_labels, labels), KEY_REQUIRED, "Labels of records.", NULL, &label_shape},
    {"restrictions", KEY_NAMED, offsetof(struct raw_labels, restrictions), 0, "Handling restrictions."},
    {"ranges", KEY_NAMED, offsetof(struct raw_labels, ranges), KEY_REQUIRED, "Who may read: each a list of readers.", NULL, &reader_shape},
    {"channels", KEY_NAMED, offsetof(struct raw_labels, channels), 0, "Ways out and what may pass them.", NULL, &channel_shape},
    {"heed", KEY_NAMED, offsetof(struct raw_labels, heed), 0, "What whoever is given something is told: of low, middle and high, and of each restriction.", NULL, &heed_shape},
    {"asks", KEY_LIST, offsetof(struct raw_labels, asks), 0, "What is asked of whoever holds a record, by its label; shown on its page.", NULL, &ask_shape},
    {"tlp", KEY_MAP, offsetof(struct raw_labels, tlp), 0, "How what leaves is marked by the Traffic Light Protocol 2.0.", NULL, &marks_shape},
};
const struct shape labels_shape = SHAPE(FILE_OF_LABELS, labels_keys);

static int level(struct reading *rd, const struct node *n, const char *key, struct number_value v, int max)
{
    const struct node *m = node_get(n, key);

    if (v.value < 1 || v.value > max)
        problem(&rd->src, m->at, MSG_PACK_LEVEL_RANGE, {"key", str_of(key)}, {"max", INTEGER(max)}, {"given", INTEGER(v.value)});
    return (int)v.value;
}

static void read_label(struct reading *rd, const struct node *n)
{
    struct pack *p = rd->pack;
    struct label_def *label = &p->labels[p->n_labels++];
    struct raw_label raw = {0};

    *label = (struct label_def){.id = n->key, .title = {"", ""}, .at = n->key_at};
    if (!shape_read(&rd->src, n, &label_shape, &raw))
        return;
    label->title = raw.title;
    label->confidentiality = level(rd, n, "confidentiality", raw.confidentiality, CONFIDENTIALITY_MAX);
    label->integrity = level(rd, n, "integrity", raw.integrity, INTEGRITY_MAX);
    label->availability = level(rd, n, "availability", raw.availability, INTEGRITY_MAX);
    for (size_t i = 0; i < raw.restrictions.n; i++)
        IGNORE(want_named(rd, p->restrictions, p->n_restrictions, raw.restrictions.at[i], MSG_PACK_WORD_RESTRICTION), "reported");
    words_unique(&rd->src, &raw.restrictions, MSG_PACK_WORD_RESTRICTION);
    label->restrictions = words_texts(&rd->src, &raw.restrictions);
    label->n_restrictions = label->restrictions != NULL ? raw.restrictions.n : 0;
    IGNORE(read_clauses(rd, &raw.clauses, &label->clauses), "reported");
}

static void read_one_reader(struct reading *rd, const struct node *n, struct range *range)
{
    struct reader *reader = &range->readers[range->n_readers];
    struct raw_reader raw = {0};

    if (!shape_read(&rd->src, n, &reader_shape, &raw))
        return;
    if ((raw.role.text != NULL) + (raw.unit_kind.text != NULL) + (raw.person.text != NULL) + (raw.everyone == YES_YES) != 1) {
        problem(&rd->src, n->at, MSG_PACK_READER_ONE);
        return;
    }
    *reader = (struct reader){.kind = READER_EVERYONE, .field = "", .unit_kind = "", .at = n->at};
    if (raw.of.text != NULL && raw.role.text == NULL)
        problem(&rd->src, raw.of.at, MSG_PACK_READER_OF);
    if (raw.role.text != NULL) {
        reader->kind = READER_ROLE;
        reader->role = want_role(rd, raw.role);
        if (reader->role == NULL)
            return;
        if (reader->role->source == ROLE_BY_PARAMETER)
            problem(&rd->src, raw.role.at, MSG_PACK_READER_NAMED, {"role", str_of(raw.role.text)});
        if (reader->role->per_unit)
            reader->field = raw.of.text != NULL ? raw.of.text : "unit";
        else if (raw.of.text != NULL)
            problem(&rd->src, raw.of.at, MSG_PACK_ROLE_OF, {"role", str_of(raw.role.text)});
    } else if (raw.unit_kind.text != NULL) {
        reader->kind = READER_UNIT_KIND;
        reader->unit_kind = raw.unit_kind.text;
        if (!want_named(rd, rd->pack->unit_kinds, rd->pack->n_unit_kinds, raw.unit_kind, MSG_PACK_WORD_UNIT_KIND))
            return;
    } else if (raw.person.text != NULL) {
        reader->kind = READER_PERSON;
        reader->field = raw.person.text;
    }
    range->n_readers++;
}

static void read_range(struct reading *rd, const struct node *n)
{
    struct range *range = &rd->pack->ranges[rd->pack->n_ranges++];

    *range = (struct range){.id = n->key, .at = n->key_at};
    if (!node_is(&rd->src, n, NODE_LIST, what_word(MSG_PACK_WORD_A_RANGE)))
        return;
    if (n->n == 0)
        problem(&rd->src, n->at, MSG_PACK_RANGE_EMPTY, {"range", str_of(n->key)});
    range->readers = source_alloc(&rd->src, n->n, sizeof(*range->readers));
    for (const struct node *m = n->first; range->readers != NULL && m != NULL; m = m->next)
        read_one_reader(rd, m, range);
}

static void read_channel(struct reading *rd, const struct node *n)
{
    struct channel *channel = &rd->pack->channels[rd->pack->n_channels++];
    struct raw_channel raw = {0};

    *channel = (struct channel){.id = n->key, .at = n->key_at};
    if (shape_read(&rd->src, n, &channel_shape, &raw))
        channel->at_most = level(rd, n, "at_most", raw.at_most, CONFIDENTIALITY_MAX);
}

/* Never looser than the program's own, nor than what is less confidential or not kept. */
static bool want_mark(struct reading *rd, struct word w, enum tlp loosest, enum message_key why, enum tlp *ret)
{
    if (tlp_parse(str_of(w.text), ret) && *ret >= loosest)
        return true;
    if (!tlp_parse(str_of(w.text), ret))
        problem(&rd->src, w.at, MSG_PACK_TLP_MARK, {"given", str_of(w.text)});
    else
        problem(&rd->src, w.at, MSG_PACK_TLP_LOOSE, {"mark", str_of(tlp_name(*ret))}, {"loosest", str_of(tlp_name(loosest))}, MESSAGE_WORD("why", why));
    return false;
}

static void read_mark(struct reading *rd, const struct node *n, int level)
{
    enum tlp *to = rd->pack->tlp.mark[level], below = level ? to[-2] : TLP_CLEAR, below_kept = level ? to[-1] : TLP_CLEAR;
    const enum tlp *least = tlp_map_default.mark[level];
    struct clause_list clauses;
    struct raw_mark raw = {0};

    if (!shape_read(&rd->src, n, &mark_shape, &raw))
        return;
    IGNORE(read_clauses(rd, &raw.clauses, &clauses), "reported");
    if (!want_mark(rd, raw.open, MAX_OF(least[0], below), below > least[0] ? MSG_PACK_WORD_BELOW_MARK : MSG_PACK_WORD_OWN_MARK, &to[0]) && raw.kept.text == NULL)
        return;
    if (raw.kept.text == NULL)
        raw.kept = raw.open;
    IGNORE(want_mark(rd, raw.kept, MAX_OF(least[1], MAX_OF(below_kept, to[0])), MAX_OF(below_kept, to[0]) > least[1] ? MSG_PACK_WORD_BELOW_KEPT_MARK : MSG_PACK_WORD_OWN_MARK, &to[1]), "reported");
}

static void read_marks(struct reading *rd, const struct node *map)
{
    struct raw_marks raw = {0};

    rd->pack->tlp = tlp_map_default;
    if (map == NULL || !shape_read(&rd->src, map, &marks_shape, &raw))
        return;
    for (int level = 0; level < LABEL_CONFIDENTIALITY_MAX; level++)
        read_mark(rd, raw.of[level], level);
    rd->pack->bears_tlp = true;
}

static bool is_level_word(const char *of)
{
    for (int c = 1; c <= LABEL_CONFIDENTIALITY_MAX; c++)
        if (strcmp(of, confidentiality_word(c)) == 0)
            return true;
    return false;
}

static void read_heed(struct reading *rd, const struct node *n)
{
    struct pack *p = rd->pack;
    struct heed *heed = &p->heeds[p->n_heeds++];
    struct raw_heed raw = {0};

    *heed = (struct heed){.of = n->key, .say = {"", ""}, .at = n->key_at};
    if (!shape_read(&rd->src, n, &heed_shape, &raw))
        return;
    heed->say = raw.say;
    IGNORE(read_clauses(rd, &raw.clauses, &heed->clauses), "reported");
    if (!is_level_word(n->key))
        IGNORE(want_named(rd, p->restrictions, p->n_restrictions, (struct word){n->key, n->key_at}, MSG_PACK_WORD_RESTRICTION), "reported");
}

/* Where the text says anything, nothing that is kept goes without. */
static void check_heeds(struct reading *rd, const struct node *map)
{
    const struct pack *p = rd->pack;

    if (map == NULL)
        return;
    for (int c = 2; c <= LABEL_CONFIDENTIALITY_MAX; c++)
        if (pack_heed(p, confidentiality_word(c)) == NULL)
            problem(&rd->src, map->at, MSG_PACK_HEED_LEVEL, {"level", str_of(confidentiality_word(c))});
    for (size_t i = 0; i < p->n_restrictions; i++)
        if (pack_heed(p, p->restrictions[i].id) == NULL)
            problem(&rd->src, map->at, MSG_PACK_HEED_RESTRICTION, {"restriction", str_of(p->restrictions[i].id)});
}

static void read_ask(struct reading *rd, const struct node *n)
{
    struct pack *p = rd->pack;
    struct label_ask *ask = &p->asks[p->n_asks++];
    struct raw_ask raw = {0};

    *ask = (struct label_ask){.say = {"", ""}, .at = n->at};
    if (!shape_read(&rd->src, n, &ask_shape, &raw))
        return;
    ask->say = raw.say;
    IGNORE(read_clauses(rd, &raw.clauses, &ask->clauses), "reported");
    for (size_t i = 0; i < raw.of.n; i++) {
        const char *of = raw.of.at[i].text;

        if (!is_level_word(of) && strcmp(of, ASKED_OF_INTEGRITY) != 0 && strcmp(of, ASKED_OF_AVAILABILITY) != 0)
            IGNORE(want_named(rd, p->restrictions, p->n_restrictions, raw.of.at[i], MSG_PACK_WORD_RESTRICTION), "reported");
    }
    words_unique(&rd->src, &raw.of, MSG_PACK_WORD_RESTRICTION);
    ask->of = words_texts(&rd->src, &raw.of);
    ask->n_of = ask->of != NULL ? raw.of.n : 0;
}

static void each_named(struct reading *rd, const struct node *map, void (*read)(struct reading *rd, const struct node *n))
{
    if (map == NULL || rd->src.fatal != 0)
        return;
    named_check_ids(&rd->src, map);
    for (const struct node *n = named_first(&rd->src, map); n != NULL; n = named_next(&rd->src, n))
        read(rd, n);
}

void read_labels(struct reading *rd)
{
    struct raw_labels raw = {0};
    struct pack *p = rd->pack;

    IGNORE(!shape_read(&rd->src, reader_file(rd, FILE_LABELS, 0)->root, &labels_shape, &raw), "reported");
    read_named_texts(rd, raw.restrictions, &p->restrictions, &p->n_restrictions);
    p->labels = source_alloc(&rd->src, raw.labels != NULL ? raw.labels->n : 0, sizeof(*p->labels));
    p->ranges = source_alloc(&rd->src, raw.ranges != NULL ? raw.ranges->n : 0, sizeof(*p->ranges));
    p->channels = source_alloc(&rd->src, raw.channels != NULL ? raw.channels->n : 0, sizeof(*p->channels));
    each_named(rd, raw.labels, read_label);
    each_named(rd, raw.ranges, read_range);
    each_named(rd, raw.channels, read_channel);
    p->heeds = source_alloc(&rd->src, raw.heed != NULL ? raw.heed->n : 0, sizeof(*p->heeds));
    each_named(rd, raw.heed, read_heed);
    check_heeds(rd, raw.heed);
    p->asks = source_alloc(&rd->src, raw.asks != NULL ? raw.asks->n : 0, sizeof(*p->asks));
    for (const struct node *m = raw.asks != NULL && p->asks != NULL ? raw.asks->first : NULL; m != NULL; m = m->next)
        read_ask(rd, m);
    read_marks(rd, raw.tlp);
}
