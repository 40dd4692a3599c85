/* clauses.yaml (section 3). */
#include "regulation/reader.h"

struct raw_file {
    struct word format;
    const struct node *clauses;
};
struct raw_clause {
    struct word id, place, by;
    struct text2 title, reason;
    unsigned status;
};

static const char *const statuses[] = {"enforced", "detected", "recorded", "informed", "organisational", "out-of-scope", NULL};

static const struct key clause_keys[] = {
    {"id", KEY_WORD, offsetof(struct raw_clause, id), KEY_REQUIRED, "By which rules cite it: ASCII without spaces."},
    {"place", KEY_WORD, offsetof(struct raw_clause, place), KEY_REQUIRED, "Where it stands in the directive, as 第3の2(5)."},
    {"title", KEY_TEXT, offsetof(struct raw_clause, title), KEY_REQUIRED, "What it asks, in the writer's own words."},
    {"status", KEY_CHOICE, offsetof(struct raw_clause, status), KEY_REQUIRED, "How it is carried out.", statuses},
    {"reason", KEY_TEXT, offsetof(struct raw_clause, reason), 0, "Why software does not carry it out."},
    {"by", KEY_ID, offsetof(struct raw_clause, by), 0, "The role that answers for it."},
};
static const struct shape clause_shape = SHAPE(CLAUSE, clause_keys);
static const struct key file_keys[] = {
    {"format", KEY_WORD, offsetof(struct raw_file, format), KEY_REQUIRED, "clauses/1"},
    {"clauses", KEY_LIST, offsetof(struct raw_file, clauses), KEY_REQUIRED, "Every clause of the directive.", NULL, &clause_shape},
};
const struct shape clauses_shape = SHAPE(FILE_OF_CLAUSES, file_keys);

static bool clause_id_is_valid(const char *id)
{
    size_t len = strlen(id);

    for (size_t i = 0; i < len; i++) {
        if (id[i] <= ' ' || id[i] > '~')
            return false;
    }
    return len <= ID_MAX;
}

static void read_clause(struct reading *rd, const struct node *n, struct clause *c)
{
    struct raw_clause raw = {0};

    if (!shape_read(&rd->src, n, &clause_shape, &raw))
        return;
    if (!clause_id_is_valid(raw.id.text))
        problem(&rd->src, raw.id.at, MSG_PACK_CLAUSE_ID, {"id", str_head(raw.id.text, 80)}, {"max", NUMBER(ID_MAX)});
    c->where = raw.place.text;
    c->title = raw.title;
    c->status = (enum clause_status)(raw.status - 1);
    if (raw.by.text != NULL)
        c->by = raw.by.text;
    if (raw.reason.ja != NULL)
        c->reason = raw.reason;
    else if (c->status == CLAUSE_ORGANISATIONAL || c->status == CLAUSE_OUT_OF_SCOPE)
        problem(&rd->src, n->at, MSG_PACK_CLAUSE_STATUS, {"clause", str_of(raw.id.text)}, {"status", str_of(statuses[c->status])});
    if (c->status == CLAUSE_ORGANISATIONAL && raw.by.text == NULL)
        problem(&rd->src, n->at, MSG_PACK_CLAUSE_BY, {"clause", str_of(raw.id.text)});
}

void read_clause_file(struct reading *rd)
{
    struct raw_file raw = {0};
    struct pack *p = rd->pack;

    if (!shape_read(&rd->src, reader_file(rd, FILE_CLAUSES, 0)->root, &clauses_shape, &raw) && raw.clauses == NULL)
        return;
    p->clauses = source_alloc(&rd->src, raw.clauses->n, sizeof(*p->clauses));
    if (p->clauses == NULL)
        return;
    for (const struct node *n = raw.clauses->first; n != NULL; n = n->next) {
        const struct node *id = node_get(n, "id");
        struct clause *c = &p->clauses[p->n_clauses];
        const struct clause *other = id != NULL ? pack_clause(p, id->text) : NULL;

        *c = (struct clause){.id = id != NULL ? id->text : "", .where = "", .title = {"", ""}, .reason = {"", ""}, .by = "",
                             .at = n->at, .no = p->n_clauses};
        if (id != NULL && other != NULL)
            problem(&rd->src, id->at, MSG_PACK_CLAUSE_TWICE, {"clause", str_head(id->text, 80)}, {"line", NUMBER(other->at.line)});
        read_clause(rd, n, c);
        p->n_clauses++;
    }
}

void check_clause_roles(struct reading *rd)
{
    for (size_t i = 0; i < rd->pack->n_clauses; i++) {
        const struct clause *c = &rd->pack->clauses[i];

        if (c->by[0] != '\0')
            IGNORE(want_role(rd, (struct word){c->by, c->at}) == NULL, "reported");
    }
}
