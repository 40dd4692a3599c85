#include "engine/say.h"

#include "engine/say-words.h"
#include "engine/label-of.h"
#include "engine/rows.h"
#include "engine/same.h"

#include <errno.h>
#include <stdio.h>

static void say_state(struct words *w, const struct procedure *p, const char *id, size_t nth)
{
    const struct state *s = procedure_state(p, id);

    if (nth)
        say(w, "又は", " or ");
    say(w, "「", "\"");
    say_text(w, s ? s->title : (struct text2){id, id});
    say(w, "」", "\"");
}

static void say_states(struct words *w, const struct procedure *p, const char *const *ids, size_t n)
{
    for (size_t i = 0; p && i < n; i++)
        say_state(w, p, ids[i], i);
}

static void say_amount(struct words *w, uint64_t n, struct text2 unit)
{
    bool is_first = !w->en.len || w->en.at[w->en.len - 1] == ' ';

    if (!n)
        return;
    IGNORE(buf_printf(&w->ja, "%llu%s", (unsigned long long)n, unit.ja),
           "errors are sticky and read at the end");
    IGNORE(buf_printf(&w->en, "%s%llu %s%s", is_first ? "" : " ", (unsigned long long)n, unit.en,
                      n == 1 ? "" : "s"),
           "errors are sticky and read at the end");
}

/* Behind a space, or first: "1年6か月", "1 year 6 months". */
static void say_duration(struct words *w, struct duration d)
{
    uint64_t seconds = d.us / US_PER_SECOND;

    if (!d.months && !d.days && !seconds)
        say(w, "0日", "0 days");
    say_amount(w, (uint64_t)d.months / 12, (struct text2){"年", "year"});
    say_amount(w, (uint64_t)d.months % 12, (struct text2){"か月", "month"});
    say_amount(w, (uint64_t)d.days, (struct text2){"日", "day"});
    say_amount(w, seconds / 3600, (struct text2){"時間", "hour"});
    say_amount(w, seconds / 60 % 60, (struct text2){"分", "minute"});
    say_amount(w, seconds % 60, (struct text2){"秒", "second"});
}

int say_length(struct duration d, struct buf *ja, struct buf *en)
{
    struct words w;
    int e;

    buf_init(&w.ja, 256);
    buf_init(&w.en, 256);
    say_duration(&w, d);
    e = buf_error(&w.ja);
    if (!e)
        e = buf_error(&w.en);
    if (!e)
        e = buf_add_str(ja, buf_str(&w.ja));
    if (!e)
        e = buf_add_str(en, buf_str(&w.en));
    buf_done(&w.ja);
    buf_done(&w.en);
    return e;
}

static void say_point(struct words *w, const struct ref *r);

/* What a reference points to, as people call it: "「貸出期限」の翌日", "2 days before today". English words come first, Japanese
 * ones last. */
static void say_above(struct words *w, const struct ref *r)
{
    if (r->up_to) {
        say(w, "", "the ");
        say(w, "", w->pack ? title_among(w->pack->unit_kinds, w->pack->n_unit_kinds, r->up_to).en : r->up_to);
        say(w, "", " of ");
    }
    say_point(w, r);
    if (r->up_to) {
        say(w, "の属する", "");
        say(w, w->pack ? title_among(w->pack->unit_kinds, w->pack->n_unit_kinds, r->up_to).ja : r->up_to, "");
    }
}

static void say_moved(struct words *w, const struct ref *r)
{
    struct duration d = r->shift;
    bool is_next = r->has_shift && !d.months && d.days == 1 && !d.us && !r->in_working_days, is_after = r->shift_sign > 0;
    struct words amount;

    if (!r->has_shift) {
        say_above(w, r);
    } else if (r->in_working_days && !d.days) {
        say(w, "", is_after ? "the first working day from " : "the last working day to ");
        say_point(w, r);
        say(w, is_after ? "以後の最初の開庁日" : "以前の最後の開庁日", "");
    } else if (is_next) {
        say(w, "", is_after ? "the day after " : "the day before ");
        say_point(w, r);
        say(w, is_after ? "の翌日" : "の前日", "");
    } else {
        words_init(&amount, NULL, 256);
        if (r->in_working_days)
            say_amount(&amount, (uint64_t)d.days, (struct text2){"開庁日", "working day"});
        else
            say_duration(&amount, d);
        say(w, "", amount.en.at ? amount.en.at : "");
        say(w, "", is_after ? " after " : " before ");
        say_point(w, r);
        say(w, "の", "");
        say(w, amount.ja.at ? amount.ja.at : "", "");
        say(w, is_after ? "後" : "前", "");
        part_done(&amount, w);
    }
}

static void say_ref(struct words *w, const struct ref *r)
{
    char clock[32];

    (void)snprintf(clock, sizeof(clock), "%02d:%02d", r->clock_minutes / 60, r->clock_minutes % 60);
    if (r->has_clock)
        say(w, "", clock);
    say(w, "", r->has_clock ? " of " : "");
    say_moved(w, r);
    say(w, r->has_clock ? "の" : "", "");
    say(w, r->has_clock ? clock : "", "");
}

static void say_property(struct words *w, enum ref_property property)
{
    if (property == PROP_STATE)
        say(w, "の状態", ", state");
    else if (property == PROP_UNIT)
        say(w, "の所属", ", unit");
    else if (property == PROP_OPENED_ON)
        say(w, "の作成日", ", day of making");
    else if (property == PROP_HOST || property == PROP_HOSTS)
        say(w, "のホスト", ", host");
    else if (property == PROP_MAIL)
        say(w, "のメールアドレス", ", mail address");
    else if (property == PROP_LENGTH)
        say(w, "の文字数", ", number of characters");
    else if (property == PROP_COMMON)
        say(w, "が推測されやすいこと", ", easily guessed");
    else if (property == PROP_NAMED)
        say(w, "が所属、氏名、ID、日付等から作られていること", ", made of unit, name, ID or date");
    else if (property == PROP_OTHER)
        say(w, "が自分の他のIDのものと同じこと", ", the same as that of another ID of yours");
    else if (property == PROP_FORMER)
        say(w, "が以前のものと同じこと", ", the same as a former one");
}

static void say_point(struct words *w, const struct ref *r)
{
    switch (r->kind) {
    case REF_FIELD:
    case REF_ROW:
        for (unsigned i = 0; i < r->n_hops; i++) {
            if (i)
                say(w, "の", ", ");
            say(w, "「", "\"");
            say_text(w, r->hops[i]->title);
            say(w, "」", "\"");
        }
        say_property(w, r->property);
        return;
    case REF_THIS:
        say(w, "この記録", "this record");
        say_property(w, r->property);
        return;
    case REF_ACTOR:
        say(w, "操作者", "the person acting");
        return;
    case REF_TODAY:
        say(w, "今日", "today");
        return;
    case REF_NOW:
        say(w, "現在時刻", "now");
        return;
    case REF_MONTH:
        say(w, "今月", "this month");
        return;
    case REF_PERIOD:
        say(w, r->property == PROP_FIRST ? "期間の初日" : "期間の末日", r->property == PROP_FIRST ? "the first day of the period" : "the last day of the period");
        return;
    case REF_PARAM:
        say_text(w, r->param ? r->param->why : (struct text2){"設定値", "the parameter"});
        return;
    case REF_LITERAL:
        say(w, r->text, r->text);
        return;
    case REF_UNIT_KIND:
        say_text(w, w->pack ? title_among(w->pack->unit_kinds, w->pack->n_unit_kinds, r->text) : (struct text2){r->text, r->text});
        return;
    case REF_ACTOR_UNIT:
        say(w, "自所属", "one's own unit");
        return;
    default:
        say(w, "所定の値", "the value given");
    }
}

/* Kind of the units, or the role in them; of rows, the column. */
static void say_covered(struct words *w, const struct cover *c)
{
    if (c->column) {
        say_text(w, c->column->title);
        return;
    }
    if (c->role) {
        say_text(w, c->role->title);
        say(w, "（", " (");
    }
    say_text(w, w->pack ? title_among(w->pack->unit_kinds, w->pack->n_unit_kinds, c->unit_kind) : (struct text2){c->unit_kind, c->unit_kind});
    if (c->role)
        say(w, "）", ")");
}

/* "「役割台帳」に、「運用管理者（在任）」の記録がほかにない". English words come first here, too. */
static void say_record(struct words *w, const struct stage *sc, const struct cond *c)
{
    bool is_own = sc->procedure && sc->procedure->reg == c->reg;
    struct words states;

    words_init(&states, w->pack, 4096);
    say_states(&states, c->reg->procedure, c->words, c->n_words);
    if (c->count == COUNT_COVERS)
        say(w, "", "for each of them there must be a record");
    else if (c->count == COUNT_NONE)
        say(w, "", is_own ? "there must be no other record" : "there must be no record");
    else
        say(w, "", c->count == COUNT_AS_MANY_AS   ? "there must be the given number of records"
                   : c->count == COUNT_FEWER_THAN ? "there must be fewer records than the given number"
                                                  : "there must be a record");
    if (c->n_words) {
        say(w, "", " in state ");
        say(w, "", states.en.at ? states.en.at : "");
    }
    say(w, "「", " in \"");
    say_text(w, c->reg->title);
    say(w, "」に", "\"");
    if (c->n_words) {
        say(w, "、", "");
        say(w, states.ja.at ? states.ja.at : "", "");
        say(w, "の", "");
    }
    part_done(&states, w);
    if (c->during) {
        say(w, "", ", whose period holds ");
        say_ref(w, &c->during->at);
        say(w, "が期間内である", "");
    }
    say(w, "記録が", "");
    if (c->count == COUNT_COVERS) {
        say(w, "全ての", ": ");
        say_covered(w, c->cover);
        say(w, "についてある", "");
    } else if (c->count == COUNT_NONE)
        say(w, is_own ? "ほかにない" : "ない", "");
    else
        say(w, c->count == COUNT_AS_MANY_AS ? "所定の件数ある" : c->count == COUNT_FEWER_THAN ? "所定の件数に達していない" : "ある", "");
}

/* A choice by its title, a flag as forms ask for it. */
static struct text2 choice_title(const struct field *f, const char *word)
{
    if (f && f->type == FIELD_FLAG)
        return !strcmp(word, "yes") ? (struct text2){"はい", "yes"} : (struct text2){"いいえ", "no"};
    for (size_t k = 0; f && k < f->n_choices; k++)
        if (!strcmp(f->choices[k].id, word))
            return f->choices[k].title;
    return (struct text2){word, word};
}

static void say_choices(struct words *w, const struct cond *c)
{
    bool has_field = (c->subject.kind == REF_FIELD || c->subject.kind == REF_ROW) && c->subject.n_hops;
    const struct field *f = has_field ? c->subject.hops[c->subject.n_hops - 1] : NULL;
    bool is_wanted = c->kind == COND_ONE_OF;

    if (c->n_words == 1) {
        say(w, "を「", is_wanted ? " must be \"" : " must not be \"");
        say_text(w, choice_title(f, c->words[0]));
        say(w, is_wanted ? "」とする" : "」以外とする", "\"");
        return;
    }
    say(w, is_wanted ? "を次のいずれかとする：" : "を次のもの以外とする：", is_wanted ? " must be one of: " : " must be none of: ");
    for (size_t i = 0; i < c->n_words; i++) {
        say(w, i ? "、" : "", i ? ", " : "");
        say_text(w, choice_title(f, c->words[i]));
    }
}

static void say_bound(struct words *w, const struct cond *c)
{
    char number[32];

    if (c->param) {
        say_text(w, c->param->why);
    } else if (c->other.kind != REF_NONE) {
        say_ref(w, &c->other);
    } else {
        snprintf(number, sizeof(number), "%lld", (long long)c->number);
        say(w, number, number);
    }
}

static void say_titles(struct words *w, const struct named *all, size_t n_all,
                       const char *const *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            say(w, "又は", " or ");
        say_text(w, title_among(all, n_all, ids[i]));
    }
}

/* What belongs to what: "「所属」の" before it, "of "Unit"" behind it. */
static void say_whose(struct words *w, const struct words *unit, struct text2 what)
{
    bool is_known = unit->ja.len && unit->en.len;

    say(w, is_known ? unit->ja.at : "", "");
    say(w, is_known ? "の" : "", "");
    say_text(w, what);
    say(w, "", is_known ? " of " : "");
    say(w, "", is_known ? unit->en.at : "");
}

/* A role and the unit in which it is meant. From the text alone, as whoever may not see the record is told it, too. */
static void say_role(struct words *w, const struct pack *pack, const struct role *role,
                     const struct ref *of)
{
    struct words unit;

    words_init(&unit, pack, 4096);
    if (of->kind == REF_UNIT_KIND)
        say_text(&unit, title_among(pack->unit_kinds, pack->n_unit_kinds, of->text));
    else if (of->kind == REF_ACTOR_UNIT)
        say(&unit, "自所属", "one's own unit");
    else if (of->kind == REF_FIELD)
        say_ref(&unit, of);
    say_whose(w, &unit, role->title);
    part_done(&unit, w);
}

/* The posts by which a role of the whole force is held: "（生活安全企画課の所属の長）". */
static void say_posts_of(struct words *w, const struct pack *pack, const struct role *role)
{
    struct words kind;

    if (role->source != ROLE_BY_POST || role->per_unit || !role->n_posts)
        return;
    words_init(&kind, pack, 4096);
    if (role->in_kind && *role->in_kind)
        say_text(&kind, title_among(pack->unit_kinds, pack->n_unit_kinds, role->in_kind));
    say(w, "（", " (");
    for (size_t i = 0; i < role->n_posts; i++) {
        if (i)
            say(w, "又は", " or ");
        say_whose(w, &kind, title_among(pack->posts, pack->n_posts, role->posts[i]));
    }
    say(w, "）", ")");
    part_done(&kind, w);
}

static void say_post(struct words *w, const struct pack *pack, const struct cond *c)
{
    say(w, "が", " must hold a post");
    if (c->other.kind != REF_NONE) {
        say(w, "", " in ");
        say_ref(w, &c->other);
        say(w, "の", "");
    }
    if (c->n_kinds) {
        say(w, "", ", in ");
        say_titles(w, pack->unit_kinds, pack->n_unit_kinds, c->kinds, c->n_kinds);
        say(w, "の", "");
    }
    if (c->n_words) {
        say(w, "", ": ");
        say_titles(w, pack->posts, pack->n_posts, c->words, c->n_words);
        say(w, "の", "");
    }
    say(w, "職にある", "");
}

static void say_person(struct words *w, const struct pack *pack, const struct cond *c)
{
    say_ref(w, &c->subject);
    switch (c->kind) {
    case COND_HOLDS:
        say(w, "が", " must be ");
        say_role(w, pack, c->role, &c->other);
        say_posts_of(w, pack, c->role);
        say(w, "である", "");
        return;
    case COND_POST:
        say_post(w, pack, c);
        return;
    case COND_RANK:
        say(w, "が所定の階級以上である", " must have the rank named or a higher one");
        return;
    case COND_SUCCESSOR:
        say(w, "が", " must be ");
        say_ref(w, &c->other);
        say(w, "又は異動したその者の職の後任である", ", or hold the post now that he held and left");
        return;
    case COND_SUPERIOR:
        say(w, "が", " must be superior to ");
        say_ref(w, &c->other);
        say(w, "の上司（上位の階級にある者、又は同じ階級の者でその所属の長であるもの）である", " (by rank, or of the same rank as head of the unit)");
        return;
    case COND_ON_DUTY:
        say(w, c->param ? "が夜間又は休日の当直勤務中である" : "が当直勤務中である",
            c->param ? " must be on duty by the roster, at night or on a holiday" : " must be on duty by the roster");
        return;
    case COND_ACTED_AS:
        say(w, "がこの件に所定の立場で関わっている", " must have acted in this case in the role named");
        return;
    case COND_SAME_PERSON:
        say(w, "が", " must be the same as ");
        say_ref(w, &c->other);
        say(w, "と同一人である", "");
        return;
    default:
        say(w, "が", " must be another person than ");
        say_ref(w, &c->other);
        say(w, "と別人である", "");
    }
}

static void say_unit(struct words *w, const struct cond *c)
{
    say_ref(w, &c->subject);
    say(w, "が", " must ");
    if (c->other.kind != REF_NONE) {
        say(w, "", "lie within ");
        say_ref(w, &c->other);
        say(w, c->n_kinds ? "に属し、" : "に属する", c->n_kinds ? " and " : "");
    }
    if (!c->n_kinds)
        return;
    say(w, "", "be ");
    say_titles(w, w->pack ? w->pack->unit_kinds : NULL, w->pack ? w->pack->n_unit_kinds : 0, c->kinds, c->n_kinds);
    say(w, "である", "");
}

static void say_field(struct words *w, const struct cond *c)
{
    say_ref(w, &c->subject);
    switch (c->kind) {
    case COND_FILLED:
        say(w, c->wanted ? "を記入する" : "を空欄とする", c->wanted ? " must be filled in" : " must be left empty");
        return;
    case COND_ONE_OF:
    case COND_NONE_OF:
        say_choices(w, c);
        return;
    case COND_SAME:
    case COND_OTHER:
        say(w, c->kind == COND_SAME ? "を" : "を", c->kind == COND_SAME ? " must equal " : " must differ from ");
        say_ref(w, &c->other);
        say(w, c->kind == COND_SAME ? "と同じにする" : "と異なるものにする", "");
        return;
    case COND_AT_LEAST:
        say(w, "を", " must be at least ");
        say_bound(w, c);
        say(w, "以上とする", "");
        return;
    case COND_AT_MOST:
        say(w, "を", " must be at most ");
        say_bound(w, c);
        say(w, "以下とする", "");
        return;
    case COND_COVERS:
        say(w, "に全ての", " must hold every ");
        say_covered(w, c->cover);
        say(w, "を記入する", "");
        return;
    case COND_WITHIN:
        say(w, "を", " must be within ");
        say_ref(w, &c->other);
        say(w, "の範囲内とする", "");
        return;
    default:
        say(w, "の全項目を確認する", " must be confirmed item by item");
    }
}

static void say_time(struct words *w, const struct cond *c)
{
    static const struct text2 ends[] = {{"とする", " must be "},
                                        {"以後とする", " must not be before "},
                                        {"以前とする", " must not be after "},
                                        {"より前とする", " must be before "},
                                        {"より後とする", " must be after "}};
    struct text2 end = ends[c->kind - COND_TIME_IS];

    say_ref(w, &c->subject);
    say(w, "を", end.en);
    say_ref(w, &c->other);
    say(w, end.ja, "");
}

/* The last day that the period may have. It is told only where its first day stands in the record at hand. */
static void say_last_day(struct words *w, const struct period *p, struct when from)
{
    struct duration cap = p->by_param ? p->param->duration : p->at_most;
    bool is_at_hand = p->from.kind == REF_FIELD && p->from.n_hops == 1 && !p->from.has_shift;
    int32_t last;

    if (!is_at_hand || from.kind == WHEN_NONE)
        return;
    last = period_last_day(from.day, cap);
    say(w, "（", " (until ");
    IGNORE(day_print_era(last, &w->ja), "errors are sticky and read at the end");
    IGNORE(day_print_iso(last, &w->en), "errors are sticky and read at the end");
    say(w, "まで）", ")");
}

static int period_ends(struct stage *sc, const struct period *p, struct when *from, struct when *to)
{
    JSON_AUTO *v = NULL;
    JSON_AUTO *w = NULL;
    int e = ref_eval(sc, &p->from, &v);

    if (!e)
        e = ref_eval(sc, &p->to, &w);
    *from = when_of(v);
    *to = when_of(w);
    return e;
}

/* An end before the beginning is the fault that is told, as no longest period would mend it. */
static void say_period(struct words *w, struct stage *sc, const struct cond *c)
{
    const struct period *p = c->period;
    struct period said = *p;
    const struct param *now = NULL;
    struct when from, to;

    IGNORE(period_ends(sc, p, &from, &to), "what cannot be read is told as if it were empty");
    if (from.kind != WHEN_NONE && to.kind != WHEN_NONE && to.day < from.day) {
        say_ref(w, &p->to);
        say(w, "を", " must not be before ");
        say_ref(w, &p->from);
        say(w, "より前にしない", "");
        return;
    }
    IGNORE(p->by_param && param_now(sc, p->param, &now) < 0, "what cannot be read is told as if it were not set");
    if (p->by_param && (!now || !now->is_set)) {
        say(w, "期間の上限が定められるまで待つ", "the longest period is not set yet");
        return;
    }
    say(w, "初日を含め", "the period must last at most ");
    said.param = now;
    p = &said;
    say_duration(w, p->by_param ? p->param->duration : p->at_most);
    say(w, "以内の期間とする", ", its first day included");
    say_last_day(w, p, from);
}

/* Whom the rule in force names. */
static void say_named(struct words *w, struct stage *sc, const struct pack *pack, const struct proc_role *by)
{
    const struct role *role = NULL;

    if (by->role->source != ROLE_BY_PARAMETER)
        return;
    IGNORE(role_meant(sc, by->role, &role) < 0, "what cannot be read is told as if it were not set");
    say(w, "（", " (");
    if (role)
        say_role(w, pack, role, role->per_unit ? &by->of : &(const struct ref){.text = ""});
    else
        say(w, "適用中の定めがない", "no rule in force says who");
    say(w, "）", ")");
}

static void say_by(struct words *w, struct stage *sc, const struct cond *c, const struct step *st)
{
    const struct pack *pack = sc->procedure->reg->pack;

    for (size_t i = 0; i < c->n_by; i++) {
        if (i)
            say(w, "又は", " or ");
        say_role(w, pack, c->by[i]->role, &c->by[i]->of);
        say_named(w, sc, pack, c->by[i]);
    }
    say(w, "が「", " must do this: ");
    say_text(w, st ? st->title : (struct text2){"", ""});
    say(w, "」を行う", "");
}

static void say_separate(struct words *w, const struct cond *c)
{
    say(w, "同じ件で", "another person than the one who acted in this case as ");
    if (c->n_by == 2)
        say_text(w, c->by[1]->role->title);
    say(w, "として関わった者以外が行う", " must do this");
}

/* The step in `p` that the rule id belongs to: "take-outs/permit#2". */
static const struct step *step_of_rule(const struct procedure *p, const struct cond *c)
{
    for (size_t i = 0; p && i < p->n_steps; i++)
        for (size_t k = 0; k < p->steps[i].n_conds; k++)
            if (p->steps[i].conds[k] == c)
                return &p->steps[i];
    return NULL;
}

static void say_leaves(struct words *w, const struct cond *c)
{
    static const struct text2 ways[RELEASE_CHANNELS] = {
        [RELEASE_PAGE] = {"画面", "a page"},
        [RELEASE_PRINT] = {"印刷", "a print"},
        [RELEASE_NOTICE] = {"通知", "a notice"},
        [RELEASE_EXPORT] = {"ファイルへの書出し", "an exported file"},
        [RELEASE_FILE] = {"添付ファイル", "an attached file"},
        [RELEASE_API] = {"プログラムへの応答", "an answer to a program"},
        [RELEASE_PROVIDE] = {"提供", "provision"},
        [RELEASE_PUBLISH] = {"公表", "publication"},
        [RELEASE_MEDIUM_SEALED] = {"外部記録媒体（暗号化）", "an encrypted medium"},
        [RELEASE_MEDIUM_PLAIN] = {"外部記録媒体（平文）", "a medium in plain"},
        [RELEASE_MAIL_INTERNAL] = {"内部の回線による電子メール", "mail over an internal line"},
        [RELEASE_MAIL_INSIDE] = {"外部回線による部内宛ての電子メール",
                                 "mail to the force over an external line"},
        [RELEASE_MAIL_SEALED] = {"外部回線による電子メール（暗号化）",
                                 "encrypted mail over an external line"},
        [RELEASE_MAIL_OPEN] = {"外部回線による電子メール（平文）",
                               "plain mail over an external line"},
        [RELEASE_BACKUP] = {"バックアップ", "a backup"},
        [RELEASE_LEDGER_FILES] = {"台帳と記録の書出し", "exported files of the ledger with its records"},
    };
    enum release_channel channel = RELEASE_PAGE;

    IGNORE(!release_channel_parse(str_of(c->name), &channel), "the reader has seen to it");
    say_ref(w, &c->subject);
    say(w, "が、", ": class and range must allow ");
    say_text(w, ways[channel]);
    say(w, "により持ち出し、又は提供することができる区分及び閲覧範囲である", "");
}

static void compose(struct words *w, struct stage *sc, const struct cond *c);

static void compose_several(struct words *w, struct stage *sc, const struct cond *c)
{
    if (c->kind == COND_NOT) {
        say(w, "次に当たらないこと: ", "this must not hold: ");
        compose(w, sc, c->children[0]);
        return;
    }
    for (size_t i = 0; i < c->n_children; i++) {
        if (i)
            say(w, c->kind == COND_ANY ? "、又は" : "、かつ", c->kind == COND_ANY ? "; or " : "; and ");
        compose(w, sc, c->children[i]);
    }
}

static void compose_each(struct words *w, struct stage *sc, const struct cond *c)
{
    if (c->reg) {
        say_text(w, (struct text2){"同じ条件の「", "records of \""});
        say_text(w, c->reg->title);
        say_text(w, (struct text2){"」", "\""});
    } else {
        say_ref(w, &c->subject);
    }
    say(w, !c->reg && c->subject.hops[c->subject.n_hops - 1]->type == FIELD_GROUP ? "の各行について" : "のそれぞれについて", ", each of them: ");
    compose_several(w, sc, c->inside);
}

/* Which state it is in, so that he sees what is missing. */
static void say_state_now(struct words *w, struct stage *sc)
{
    if (!sc->hand || !strcmp(sc->hand->state, STATE_NONE))
        return;
    say(w, "（今は", " (now it is ");
    say_state(w, sc->procedure, sc->hand->state, 0);
    say(w, "）", ")");
}

/* A record that is done with, whose time for being kept nobody has set: waiting does not help. 1: there is one. */
static int keeps_without_end(struct stage *sc, const struct ref *ref)
{
    JSON_AUTO *v = NULL;
    int e = ref_eval(sc, ref, &v);
    size_t n = json_is_array(v) ? json_array_size(v) : v ? 1 : 0;

    for (size_t i = 0; !e && i < n; i++) {
        const char *id = json_string_value(json_is_array(v) ? json_array_get(v, i) : v);
        struct record *r;

        e = id ? stage_record(sc, id, &r) : 1;
        if (e < 0)
            return e;
        if (!e && !stage_is_unseen(sc, r) && r->completed_day != DAY_NONE && r->keep_until_day == DAY_NONE)
            return 1;
        e = 0;
    }
    return e;
}

static void compose_about_records(struct words *w, struct stage *sc, const struct cond *c)
{
    const struct ref *r = c->subject.kind != REF_NONE ? &c->subject : &c->other;

    say_ref(w, r);
    switch (c->kind) {
    case COND_STATE_OF:
        say(w, "が状態", " must be in state ");
        say_states(w, r->n_hops && r->hops[r->n_hops - 1]->reg ? r->hops[r->n_hops - 1]->reg->procedure : sc->procedure,
                   c->words, c->n_words);
        say(w, "になる", "");
        return;
    case COND_UNLOCKED:
        say(w, "の停止が解除される", " must be unlocked");
        return;
    case COND_LABEL:
        say(w, "の機密性が所定の区分以下である", " must have a lower classification");
        return;
    case COND_INHERITS:
        say(w, "の区分を引き継ぐ", ": its label must be taken over");
        return;
    case COND_SCAN:
        say(w, c->n_tells ? "が検査で安全と確かめられ、属性情報及び隠れた内容がない" : "が検査で安全と確かめられる",
            c->n_tells ? " must be examined and found clean, without attributes or hidden content" : " must be examined and found clean");
        return;
    default:
        if (keeps_without_end(sc, r) > 0)
            say(w, "の保存期間が定められる（定められるまで廃棄できない）", ": the time for which it must be kept must be set first");
        else
            say(w, "の保存期間が満了する", ": the time for which it must be kept must be over");
    }
}

static void say_hosts(struct words *w, const struct cond *c)
{
    say_ref(w, &c->subject);
    if (!c->n_words) {
        say(w, "のホストが", " must have a host of ");
        say_ref(w, &c->other);
        say(w, "のホストである", "");
        return;
    }
    say(w, "のホストが", " must have a host among ");
    for (size_t i = 0; i < c->n_words; i++) {
        say(w, i ? "、" : "", i ? ", " : "");
        say(w, c->words[i], c->words[i]);
    }
    say(w, "のいずれか（その下を含む。）である", " or below one of them");
}

static void say_roster(struct words *w, const struct pack *pack, const struct cond *c)
{
    say(w, "当直表に", "the roster must have ");
    say_titles(w, pack->duties, pack->n_duties, &c->name, 1);
    say(w, "が", " all through the night of ");
    say_ref(w, &c->subject);
    say(w, "の夜を通して定められている", "");
}

static void compose(struct words *w, struct stage *sc, const struct cond *c)
{
    if (c->say.ja && *c->say.ja) {
        say_text(w, c->say);
        return;
    }
    switch (c->kind) {
    case COND_STATE:
        say(w, "状態が", "the record must be in state ");
        if (c->n_words == 1 && !strcmp(c->words[0], STATE_NONE))
            say(w, "新規の記録である", "\"new\"");
        else
            say_states(w, sc->procedure, c->words, c->n_words);
        say(w, "のときに行う", "");
        say_state_now(w, sc);
        return;
    case COND_BY:
        say_by(w, sc, c, step_of_rule(sc->procedure, c));
        return;
    case COND_SEPARATE:
        say_separate(w, c);
        return;
    case COND_HOLDS: case COND_POST: case COND_SAME_PERSON: case COND_OTHER_PERSON: case COND_SUCCESSOR: case COND_SUPERIOR: case COND_RANK: case COND_ON_DUTY:
    case COND_ACTED_AS:
        say_person(w, sc->procedure->reg->pack, c);
        return;
    case COND_UNIT:
        say_unit(w, c);
        return;
    case COND_FILLED: case COND_ONE_OF: case COND_NONE_OF: case COND_SAME: case COND_OTHER: case COND_AT_LEAST:
    case COND_AT_MOST: case COND_CONFIRMED: case COND_WITHIN: case COND_COVERS:
        say_field(w, c);
        return;
    case COND_TIME_IS: case COND_TIME_NOT_BEFORE: case COND_TIME_NOT_AFTER: case COND_TIME_BEFORE: case COND_TIME_AFTER:
        say_time(w, c);
        return;
    case COND_OFF_HOURS:
        say_ref(w, &c->subject);
        say(w, "が夜間又は休日である", " must lie at night or on a holiday");
        return;
    case COND_HOST_IN:
        say_hosts(w, c);
        return;
    case COND_ROSTER:
        say_roster(w, sc->procedure->reg->pack, c);
        return;
    case COND_PERIOD:
        say_period(w, sc, c);
        return;
    case COND_RECORD:
        say_record(w, sc, c);
        return;
    case COND_STATE_OF: case COND_UNLOCKED: case COND_LABEL: case COND_INHERITS: case COND_SCAN: case COND_RETENTION:
        compose_about_records(w, sc, c);
        return;
    case COND_PARAM:
        say_text(w, c->param->why);
        say(w, c->param->from ? "が定められる（別に定める規則が未登録）" : "が定められる", c->param->from ? " must be set: the rule that settles it is not registered" : " must be set");
        return;
    case COND_UNCHANGED:
        say(w, "決裁後に内容が変更されていないこと", "what was signed must not have changed since");
        return;
    case COND_LEAVES:
        say_leaves(w, c);
        return;
    case COND_NEVER:
        say(w, "この行為は認められない", "this is never permitted");
        return;
    case COND_EACH:
        compose_each(w, sc, c);
        return;
    case COND_ALL: case COND_ANY: case COND_NOT:
        compose_several(w, sc, c);
        return;
    case COND_KINDS:
        return;
    }
}

static int say_both(struct stage *sc, const struct cond *c, bool by_name, json_t **ret)
{
    struct words w;
    int e;

    words_init(&w, sc->procedure ? sc->procedure->reg->pack : NULL, 8192);
    compose(&w, sc, c);
    e = by_name ? say_by_name(&w, sc, c) : 0;
    if (!e && words_are_short(&w))
        e = -ENOMEM;
    if (!e) {
        *ret = w.ja.at && w.en.at ? text2_json((struct text2){w.ja.at, w.en.at}) : NULL;
        e = *ret ? 0 : -ENOMEM;
    }
    words_done(&w);
    return e;
}

int say_cond(struct stage *sc, const struct cond *c, json_t **ret)
{
    return say_both(sc, c, true, ret);
}

int say_rule(struct stage *sc, const struct cond *c, json_t **ret)
{
    return say_both(sc, c, false, ret);
}
