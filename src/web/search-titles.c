/* See search-titles.h. */
#include "web/search-titles.h"

#include "base/fold.h"
#include "base/utf8.h"
#include "web/words.h"

#include <errno.h>
#include <stdlib.h>

#define PACKS_MAX 64
#define WORDS_MAX (2 * SEARCH_WORDS_MAX) /* one word may fall into several */
#define TITLE_MAX 400                    /* characters of a title that are looked at */

/* ---- titles, folded once ---- */

#define FOLDS_SIZE 4096u /* a power of two */
#define FOLDS_MAX \
    (FOLDS_SIZE / 4 * 3) /* with more of them all are let go: those of old directives go so */

struct title_folds {
    size_t n;
    char *texts[FOLDS_SIZE]; /* NULL: nothing here */
    struct folded folds[FOLDS_SIZE];
};

static void folds_clear(struct title_folds *f)
{
    for (size_t i = 0; i < FOLDS_SIZE; i++)
        if (f->texts[i]) {
            folded_done(&f->folds[i]);
            free(f->texts[i]);
        }
    memset(f, 0, sizeof(*f));
}

void title_folds_free(struct title_folds *f)
{
    if (f)
        folds_clear(f);
    free(f);
}

/* FNV-1a; titles are nobody's to choose but the directives'. */
static size_t folds_place(const struct title_folds *f, struct str text)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    size_t i;

    for (size_t k = 0; k < text.len; k++)
        h = (h ^ (uint8_t)text.at[k]) * UINT64_C(0x100000001b3);
    i = (size_t)(h >> 40) & (FOLDS_SIZE - 1);
    while (f->texts[i] && !str_eq(str_of(f->texts[i]), text))
        i = (i + 1) & (FOLDS_SIZE - 1);
    return i;
}

/* Words to be found, each one. */
struct wanted {
    struct folded at[WORDS_MAX];
    size_t n;
};

struct titles {
    struct page *page;
    struct wanted plain, wide; /* as typed; without hiragana */
    const struct reg *regs[TITLES_MAX];
    const struct step *steps[TITLES_MAX];
    const struct clause *clauses[TITLES_MAX];
    size_t n_regs, n_steps, n_clauses;
    size_t all_clauses; /* also those beyond TITLES_MAX */
    bool is_open;       /* a heading stands on the page */
};

static void wanted_done(struct wanted *w)
{
    for (size_t i = 0; i < w->n; i++)
        folded_done(&w->at[i]);
    w->n = 0;
}

/* ---- words ---- */

static bool is_space(uint32_t c)
{
    return c <= ' ' || c == 0x3000;
}

static bool is_hiragana(struct str text, size_t at)
{
    uint32_t c = utf8_next(text, &at);

    return c >= 0x3041 && c <= 0x3096;
}

static int fold_title(struct str text, struct folded *f)
{
    int r = fold(text, f);

    if (r == FOLD_E_INVALID)
        f->n = 0;
    return MIN_OF(r, 0);
}

/* Only what was no hiragana in `text`. */
static void drop_hiragana(struct str text, struct folded *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->n; i++)
        if (!is_hiragana(text, f->at[i].from))
            f->at[n++] = f->at[i];
    f->n = n;
}

static int want(struct wanted *w, struct str word)
{
    int r;

    if (w->n == WORDS_MAX)
        return 0;
    folded_init(&w->at[w->n], TITLE_MAX);
    r = fold_title(word, &w->at[w->n]);
    if (!r && w->at[w->n].n)
        w->n++;
    else
        folded_done(&w->at[w->n]);
    return r;
}

/* From `*at` on: the next word, or with `cut` the next run of what is no hiragana. .at NULL: there is none. */
static struct str next_word(struct str text, size_t *at, bool cut)
{
    size_t from, next = *at;

    for (from = next; next < text.len; from = next)
        if (!is_space(utf8_next(text, &next)) && !(cut && is_hiragana(text, from)))
            break;
    if (from == text.len)
        return STR_NONE;
    while (next < text.len && !(cut && is_hiragana(text, next))) {
        size_t behind = next;

        if (is_space(utf8_next(text, &behind)))
            break;
        next = behind;
    }
    *at = next;
    return (struct str){text.at + from, next - from};
}

static int want_words(struct wanted *w, struct str typed)
{
    size_t at = 0;
    int r = 0;

    for (struct str word = next_word(typed, &at, false); !r && word.at;
         word = next_word(typed, &at, false))
        r = want(w, word);
    return r;
}

/* 持ち出し申請: 持 and 出 are one run, for a single kanji says nothing. */
static int want_runs(struct page *p, struct wanted *w, struct str typed)
{
    struct str single = STR("");
    size_t at = 0;
    int r = 0;

    for (struct str run = next_word(typed, &at, true); !r && run.at;
         run = next_word(typed, &at, true)) {
        if (utf8_count(run) > 1) {
            r = want(w, run);
            continue;
        }
        single = page_text(p, "%.*s%.*s", STR_ARG(single), STR_ARG(run));
        if (utf8_count(single) < 2)
            continue;
        r = want(w, single);
        single = STR("");
    }
    return r;
}

/* ---- what has them ---- */

/* `found` of the words are in the text, or in one before. */
struct search {
    struct title_folds *folds;
    const struct wanted *words;
    bool cut;         /* look at the texts without their hiragana */
    bool has_numbers; /* one of the words may be a place or an id */
    bool found[WORDS_MAX];
};

static void see(struct search *s, const struct folded *f)
{
    for (size_t i = 0; i < s->words->n; i++)
        s->found[i] |= folded_find(f, &s->words->at[i], 0) != SIZE_MAX;
}

/* *ret lives until the next title. */
static int folded_title(struct title_folds *f, struct str text, const struct folded **ret)
{
    size_t at = folds_place(f, text);
    int r;

    *ret = &f->folds[at];
    if (f->texts[at])
        return 0;
    if (f->n == FOLDS_MAX) {
        folds_clear(f);
        at = folds_place(f, text);
        *ret = &f->folds[at];
    }
    folded_init(&f->folds[at], TITLE_MAX);
    r = fold_title(text, &f->folds[at]);
    if (!r && !(f->texts[at] = strndup(text.at, text.len)))
        r = -ENOMEM;
    if (r)
        folded_done(&f->folds[at]);
    else
        f->n++;
    return r;
}

/* Without its hiragana: where nothing else was found, and not worth keeping. */
static int look_cut(struct search *s, struct str text)
{
    struct folded f;
    int r;

    folded_init(&f, TITLE_MAX);
    r = fold_title(text, &f);
    if (!r) {
        drop_hiragana(text, &f);
        see(s, &f);
    }
    folded_done(&f);
    return r;
}

static int look(struct search *s, struct str text)
{
    const struct folded *f;
    int r;

    if (!text.len)
        return 0;
    if (s->cut)
        return look_cut(s, text);
    if (!(r = folded_title(s->folds, text, &f)))
        see(s, f);
    return r;
}

static bool has_all(const struct search *s)
{
    for (size_t i = 0; i < s->words->n; i++)
        if (!s->found[i])
            return false;
    return s->words->n > 0;
}

static bool begins(const struct step *st)
{
    return st->makes_record && procedure_step(st->procedure, st->act, 0) == st;
}

/* By its title and by what it asks to choose of first: a loss is told of in a step that is not called so. */
static int look_step(struct page *p, struct search *s, const struct step *st)
{
    int r = look(s, text2_words(p, st->title));
    size_t i = 0;

    while (i < st->n_asks && st->asks[i]->type != FIELD_CHOICE)
        i++;
    for (size_t k = 0; !r && i < st->n_asks && k < st->asks[i]->n_choices; k++)
        r = look(s, text2_words(p, st->asks[i]->choices[k].title));
    return r;
}

static int find_steps(struct titles *t, const struct procedure *procedure)
{
    int r = 0;

    for (size_t i = 0; !r && i < procedure->n_steps && t->n_steps < TITLES_MAX; i++) {
        struct search s = {.folds = t->page->worker->titles, .words = &t->plain};

        if (!begins(&procedure->steps[i]))
            continue;
        r = look_step(t->page, &s, &procedure->steps[i]);
        if (!r && has_all(&s))
            t->steps[t->n_steps++] = &procedure->steps[i];
    }
    return r;
}

/* By its title and its form; `widely` by all that it is known by. */
static int find_reg(struct titles *t, const struct reg *reg, bool widely)
{
    struct page *p = t->page;
    const struct procedure *procedure = reg->procedure;
    struct search s = {
        .folds = p->worker->titles, .words = widely ? &t->wide : &t->plain, .cut = widely};
    int r = look(&s, text2_words(p, reg->title));

    if (!r)
        r = look(&s, str_of(reg->form));
    if (!r && widely)
        r = look(&s, text2_words(p, procedure->title));
    for (size_t i = 0; !r && widely && i < procedure->n_steps; i++)
        if (begins(&procedure->steps[i]))
            r = look(&s, text2_words(p, procedure->steps[i].title));
    for (size_t i = 0; !r && widely && i < procedure->n_states; i++)
        r = look(&s, text2_words(p, procedure->states[i].title));
    if (!r && has_all(&s) && t->n_regs < TITLES_MAX)
        t->regs[t->n_regs++] = reg;
    return r;
}

/* ---- clauses ---- */

static bool is_number_mark(uint32_t c)
{
    return c == '.' || c == '-';
}

/* The word begins the text, whatever marks stand between the parts of either. */
static bool begins_with(const struct folded *f, const struct folded *word)
{
    size_t i = 0, k = 0;

    while (k < word->n) {
        if (is_number_mark(word->at[k].c)) {
            k++;
            continue;
        }
        while (i < f->n && is_number_mark(f->at[i].c))
            i++;
        if (i == f->n || f->at[i++].c != word->at[k++].c)
            return false;
    }
    return true;
}

static bool has_digit(const struct folded *word)
{
    for (size_t i = 0; i < word->n; i++)
        if (word->at[i].c >= '0' && word->at[i].c <= '9')
            return true;
    return false;
}

/* Words with a number in them are also taken for a place or an id. */
static int look_place(struct search *s, const char *text)
{
    struct folded f;
    int r;

    if (!s->has_numbers)
        return 0;
    folded_init(&f, TITLE_MAX);
    r = fold_title(str_of(text), &f);
    for (size_t i = 0; !r && i < s->words->n; i++)
        s->found[i] |= has_digit(&s->words->at[i]) && begins_with(&f, &s->words->at[i]);
    folded_done(&f);
    return r;
}

static int find_clauses(struct titles *t, const struct pack *pack)
{
    bool has_numbers = false;
    int r = 0;

    for (size_t i = 0; i < t->plain.n; i++)
        has_numbers |= has_digit(&t->plain.at[i]);

    for (size_t i = 0; !r && i < pack->n_clauses; i++) {
        const struct clause *c = &pack->clauses[i];
        struct search s = {
            .folds = t->page->worker->titles, .words = &t->plain, .has_numbers = has_numbers};

        r = look(&s, text2_words(t->page, c->title));
        if (!r)
            r = look_place(&s, c->where);
        if (!r)
            r = look_place(&s, c->id);
        if (r || !has_all(&s))
            continue;
        t->all_clauses++;
        if (t->n_clauses < TITLES_MAX)
            t->clauses[t->n_clauses++] = c;
    }
    return r;
}

/* ---- showing ---- */

static void open_item(struct titles *t, enum message_key kind)
{
    struct page *p = t->page;

    if (!t->is_open) {
        html_element(&p->html, HTML_H2, NULL, T(p, MSG_SEARCH_TITLES));
        html_begin(&p->html, HTML_UL, "tj-titles");
    }
    t->is_open = true;
    html_open(&p->html, HTML_LI);
    chip(&p->w, CHIP_NEUTRAL, T(p, kind));
    html_text(&p->html, STR(" "));
}

static void close_item(struct titles *t)
{
    html_close(&t->page->html, HTML_LI);
}

static struct str begin_url(struct page *p, const struct step *st)
{
    return page_text(p, "/registers/%s/new/%s", st->procedure->reg->id, st->act);
}

static int judged_steps(struct page *p, const struct reg *reg, json_t **ret)
{
    json_t *judged = NULL;
    int r = engine_steps(p->worker->engine, p->session.person, reg->id, "", p->now_us, &judged);

    *ret = NULL;
    if (r)
        return MIN_OF(r, 0);
    *ret = page_keep(p, judged);
    return *ret ? 0 : -ENOMEM;
}

static int show_reg(struct titles *t, const struct reg *reg)
{
    struct page *p = t->page;
    json_t *judged;
    int r = judged_steps(p, reg, &judged);

    if (r)
        return r;
    open_item(t, MSG_CLAUSE_REGISTER);
    link_show(p, text2_words(p, reg->title), register_url(p, reg->id));
    if (*reg->form)
        html_text(&p->html, page_text(p, "（%s）", reg->form));
    for (size_t i = 0; i < reg->procedure->n_steps; i++) {
        const struct step *st = &reg->procedure->steps[i];

        if (!begins(st) || !step_may_begin(judged, st->act))
            continue;
        html_text(&p->html, STR("　"));
        link_show(p, page_text(p, "→ %.*s", STR_ARG(text2_words(p, st->title))), begin_url(p, st));
    }
    close_item(t);
    return 0;
}

static bool is_shown(const struct titles *t, const struct reg *reg)
{
    for (size_t i = 0; i < t->n_regs; i++)
        if (t->regs[i] == reg)
            return true;
    return false;
}

/* Beside its register, unless that was shown with it. */
static int show_step(struct titles *t, const struct step *st)
{
    struct page *p = t->page;
    const struct reg *reg = st->procedure->reg;
    json_t *judged;
    int r = is_shown(t, reg) ? 0 : judged_steps(p, reg, &judged);

    if (r || is_shown(t, reg) || !step_may_begin(judged, st->act))
        return r;
    open_item(t, MSG_CLAUSE_STEP);
    link_show(p, text2_words(p, st->title), begin_url(p, st));
    html_text(&p->html, STR("　"));
    link_show(p, text2_words(p, reg->title), register_url(p, reg->id));
    close_item(t);
    return 0;
}

static void show_clause(struct titles *t, const struct clause *c)
{
    struct page *p = t->page;

    open_item(t, MSG_SEARCH_CLAUSE);
    link_show(p, clause_words(p, c->id), clause_url(p, c->id));
    html_text(&p->html, STR("　"));
    html_text(&p->html, text2_words(p, c->title));
    close_item(t);
}

static int show_all(struct titles *t)
{
    struct page *p = t->page;
    int r = 0;

    for (size_t i = 0; !r && i < t->n_regs; i++)
        r = show_reg(t, t->regs[i]);
    for (size_t i = 0; !r && i < t->n_steps; i++)
        r = show_step(t, t->steps[i]);
    for (size_t i = 0; !r && i < t->n_clauses; i++)
        show_clause(t, t->clauses[i]);
    if (!t->is_open)
        return r;
    if (t->all_clauses > t->n_clauses) {
        html_open(&p->html, HTML_LI);
        link_show(p,
                  TF(p, MSG_SEARCH_MORE_CLAUSES,
                     {"count", page_text(p, "%zu", t->all_clauses - t->n_clauses)}),
                  STR("/clauses"));
        close_item(t);
    }
    html_close(&p->html, HTML_UL);
    return r;
}

/* ---- together ---- */

static int find(struct titles *t, bool widely)
{
    const struct pack *packs[PACKS_MAX];
    size_t n = MIN_OF(engine_packs(t->page->worker->engine, packs, PACKS_MAX), (size_t)PACKS_MAX);
    int r = 0;

    for (size_t i = 0; !r && i < n; i++) {
        for (size_t k = 0; !r && k < packs[i]->n_regs; k++)
            if (!(r = find_reg(t, &packs[i]->regs[k], widely)) && !widely)
                r = find_steps(t, packs[i]->regs[k].procedure);
        if (!r && !widely)
            r = find_clauses(t, packs[i]);
    }
    return r;
}

int search_titles_show(struct page *p, struct str typed, bool widely, bool *ret_any)
{
    struct titles t = {.page = p};
    int r;

    if (!p->worker->titles && !(p->worker->titles = calloc(1, sizeof(*p->worker->titles))))
        return -ENOMEM;
    r = want_words(&t.plain, typed);

    if (!r && t.plain.n)
        r = find(&t, false);
    if (!r && widely && !t.n_regs && !t.n_steps && !t.n_clauses &&
        !(r = want_runs(p, &t.wide, typed)) && t.wide.n)
        r = find(&t, true);
    if (!r)
        r = show_all(&t);
    *ret_any = t.is_open;
    wanted_done(&t.plain);
    wanted_done(&t.wide);
    return r;
}
