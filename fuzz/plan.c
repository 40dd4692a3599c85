/* Any bytes as a plan of transfers for a small force: what is refused is explained; of what is taken the force after it stands by the
 * rules of every force, and whoever is appointed in it holds what the row says. */
#include "base/tell.h"
#include "force/plan.h"

#include <stdlib.h>

#define TODAY 20832 /* 2027-01-14 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const tables[FORCE_FILES] = {
    [FORCE_UNITS] = "id,parent,name_ja,name_en,kinds,from,to\nhq,,本部,HQ,shozoku,,\nchuo,hq,中央署,Chuo,shozoku,,\n"
                    "keiji,chuo,刑事課,,,,\nold,hq,旧課,,,,2027-03-31\n",
    [FORCE_RANKS] = "id,level,service,name_ja,name_en\nofficer,10,police,巡査,\nsergeant,20,police,巡査部長,\n",
    [FORCE_POSTS] = "id,name_ja,name_en,is_head\nhead,署長,,yes\nmember,係員,,no\n",
    [FORCE_PERSONS] = "id,name,kana,name_en,rank,from,to\nU,上野 一,,,sergeant,,\nA,青木 三,,,officer,,\nG,去田 五,,,officer,,2026-12-31\n",
    [FORCE_APPOINTMENTS] = "id,person,post,unit,kind,from,to\nu,U,head,chuo,regular,2024-04-01,\na,A,member,keiji,regular,2024-04-01,\n"
                           "a2,A,member,hq,concurrent,2025-04-01,\n",
};

static struct force *make_force(void)
{
    struct force *f = NULL;
    struct str texts[FORCE_FILES];

    for (int i = 0; i < FORCE_FILES; i++)
        texts[i] = str_of(tables[i]);
    if (force_load_texts(texts, &f, NULL))
        abort();
    return f;
}

/* Every appointment that a row makes counts on its first day, and nobody has two regular ones. */
static void check(const struct plan *p)
{
    assert(p->n_days > 0 && p->n_persons > 0);
    for (size_t i = 0; i < p->n_rows; i++) {
        const struct plan_row *row = &p->rows[i];
        const struct appointment *held[64];
        size_t n, regular = 0;

        assert(row->person);
        if (row->deed != PLAN_APPOINT)
            continue;
        n = force_appointments(p->after, row->person, row->from_day, held, ARRAY_LEN(held));
        for (size_t k = 0; k < MIN_OF(n, ARRAY_LEN(held)); k++)
            regular += held[k]->kind == APPOINT_REGULAR;
        assert(n > 0 && regular <= 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(force_unrefp) struct force *f = make_force();
    CLEANUP(plan_freep) struct plan *p = NULL;
    struct diag diag;
    int r;

    diag_init(&diag);
    r = plan_read(f, "plan.csv", (struct str){(const char *)data, size}, TODAY, &p, &diag);
    if (r < 0)
        abort();
    assert(r ? diag.n_errors > 0 && !p : diag.n_errors == 0 && p);
    if (p)
        check(p);
    diag_done(&diag);
    return 0;
}
