#include "engine/applies.h"

#include "engine/apply.h"
#include "engine/disposal.h"
#include "engine/label-of.h"

/* The restriction's own title, whichever text in force declares it: bytes that others hold bring restrictions of theirs. */
static struct text2 restriction_title(struct stage *sc, const struct pack *own, const char *id, const struct heed **ret_heed)
{
    const struct pack *packs[ENGINE_PACKS_MAX];
    size_t n = engine_packs(sc->e, packs, ARRAY_LEN(packs));

    *ret_heed = NULL;
    for (size_t i = 0; i <= n; i++) {
        const struct pack *p = i ? packs[i - 1] : own;

        for (size_t k = 0; k < p->n_restrictions; k++)
            if (!strcmp(p->restrictions[k].id, id)) {
                *ret_heed = pack_heed(p, id);
                return p->restrictions[k].title;
            }
    }
    return (struct text2){id, id};
}

/* `of` NULL: of the class. */
static int add_heed(const struct heed *h, const struct text2 *of, json_t *rows)
{
    JSON_AUTO *row = json_pack("{s:s}", "kind", "heed");
    int e = row ? 0 : -ENOMEM;

    if (!e && of)
        e = json_put(row, "of", text2_json(*of));
    if (!e && h && !(e = json_put(row, "say", text2_json(h->say))))
        e = json_put(row, "clauses", clauses_json(&h->clauses));
    return e ? e : json_array_append(rows, row) ? -ENOMEM : 0;
}

int applies_heed(struct stage *sc, const struct pack *own, const json_t *label, json_t *rows)
{
    const json_t *restrictions = json_arr(label, "restrictions");
    const int64_t level = json_int(label, "confidentiality");
    const struct heed *h = level >= 1 && level <= LABEL_CONFIDENTIALITY_MAX ? pack_heed(own, confidentiality_word((int)level)) : NULL;
    int e = h ? add_heed(h, NULL, rows) : 0;

    for (size_t i = 0; !e && i < json_array_size(restrictions); i++) {
        const struct text2 title = restriction_title(sc, own, json_string_value(json_array_get(restrictions, i)), &h);

        e = add_heed(h, &title, rows);
    }
    return e;
}

static bool has_word(const json_t *list, const char *word)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!strcmp(json_string_value(json_array_get(list, i)), word))
            return true;
    return false;
}

static bool is_asked(const struct label_ask *ask, const json_t *label)
{
    const int64_t level = json_int(label, "confidentiality");
    const char *own = level >= 1 && level <= LABEL_CONFIDENTIALITY_MAX ? confidentiality_word((int)level) : "";

    for (size_t i = 0; i < ask->n_of; i++) {
        const char *of = ask->of[i];

        if (!strcmp(of, own) || (!strcmp(of, ASKED_OF_INTEGRITY) && json_int(label, "integrity") > 1) ||
            (!strcmp(of, ASKED_OF_AVAILABILITY) && json_int(label, "availability") > 1) || has_word(json_arr(label, "restrictions"), of))
            return true;
    }
    return false;
}

static int add_row(const char *kind, json_t *say, json_t *clauses, json_t *rows)
{
    return json_array_append_new(rows, json_pack("{s:s, s:o, s:o}", "kind", kind, "say", say, "clauses", clauses)) ? -ENOMEM : 0;
}

static int add_retention(struct stage *sc, const struct reg *reg, json_t *rows)
{
    const struct clause_list *clauses = reg->retention.clauses.n ? &reg->retention.clauses : &reg->clauses;
    CLEANUP(buf_done) struct buf ja;
    CLEANUP(buf_done) struct buf en;
    int e;

    buf_init(&ja, 512);
    buf_init(&en, 512);
    e = disposal_say_period(sc, &reg->retention, &ja, &en);
    return e ? e : add_row("retention", text2_json((struct text2){ja.at, en.at}), clauses_json(clauses), rows);
}

int applies_put(struct stage *sc, const struct record *r, json_t *o)
{
    const struct pack *p = r->reg->pack;
    JSON_AUTO *rows = json_array();
    JSON_AUTO *label = r->reg->label ? label_json(sc, r) : NULL;
    int e = !rows || (r->reg->label && !label) ? -ENOMEM : 0;

    for (size_t i = 0; !e && label && i < p->n_asks; i++)
        if (is_asked(&p->asks[i], label))
            e = add_row("ask", text2_json(p->asks[i].say), clauses_json(&p->asks[i].clauses), rows);
    if (!e && label)
        e = applies_heed(sc, p, label, rows);
    if (!e && r->reg->has_retention)
        e = add_retention(sc, r->reg, rows);
    return e ? e : json_put(o, "applies", TAKE(rows));
}
