#include "engine/input-value.h"

#include "base/utf8.h"
#include "engine/attachment.h"
#include "engine/digest.h"
#include "engine/ref.h"

#include <stdlib.h>

#define LIST_ROWS_MAX 1000
#define NUMBER_MOST INT64_C(9007199254740991) /* what every reader of JSON takes without loss */

int input_problem(json_t *problems, const char *path, const char *ja, const char *en)
{
    json_t *o = json_pack("{s:s, s:{s:s, s:s}}", "field", path, "say", "ja", ja, "en", en);

    return o && !json_array_append_new(problems, o) ? 0 : -ENOMEM;
}

int taking_problem(struct taking *t, const char *path, const char *ja, const char *en)
{
    return input_problem(t->problems, path, ja, en);
}

int taking_blank(struct taking *t, const char *path, const struct field *f)
{
    return field_is_chosen(f) ? taking_problem(t, path, "選んでください", "must be chosen") : taking_problem(t, path, "入力してください", "must be filled in");
}

/* ---- texts ---- */

/* NFC, trimmed, lines ending in LF. 1: a problem was added. */
static int clean_text(struct taking *t, const struct field *f, const char *path, const json_t *v, bool multiline,
                      json_t **ret)
{
    CLEANUP(buf_done) struct buf unix_lines = {0};
    CLEANUP(buf_done) struct buf out = {0};
    struct str s = {json_string_value(v), json_string_length(v)};
    int e = 0;

    buf_init(&unix_lines, TAKING_TEXT_MAX);
    buf_init(&out, TAKING_TEXT_MAX);
    for (size_t i = 0; !e && i < s.len; i++)
        if (s.at[i] != '\r' || i + 1 == s.len || s.at[i + 1] != '\n')
            e = buf_add_char(&unix_lines, s.at[i]);
    if (!e)
        e = utf8_nfc(str_trim(buf_str(&unix_lines)), multiline, &out);
    if (e == UTF8_E_INVALID || e == UTF8_E_CONTROL) {
        e = taking_problem(t, path, "使えない文字が含まれています", "holds characters that cannot be used");
        return e ? e : 1;
    }
    if (e == -ENOSPC || (!e && f->max && utf8_count(buf_str(&out)) > f->max)) {
        CLEANUP(buf_done) struct buf ja = {0};
        CLEANUP(buf_done) struct buf en = {0};

        buf_init(&ja, 256);
        buf_init(&en, 256);
        if ((e = buf_printf(&ja, "%zu文字以内で入力してください", f->max)) ||
            (e = buf_printf(&en, "must have at most %zu characters", f->max)) ||
            (e = taking_problem(t, path, ja.at, en.at)))
            return e;
        return 1;
    }
    if (e)
        return e;
    *ret = json_stringn(out.at ? out.at : "", out.len);
    return *ret ? 0 : -ENOMEM;
}

/* Width folded, for numbers, days and ids. */
int taking_fold(const json_t *v, struct buf *out)
{
    int e = utf8_fold((struct str){json_string_value(v), json_string_length(v)}, out);

    if (!e && !out->at)
        e = buf_add_text(out, "");
    return e > 0 ? 1 : e;
}

static int refused(struct taking *t, const char *path, const char *ja, const char *en)
{
    int e = taking_problem(t, path, ja, en);

    return e ? e : 1;
}

/* ---- numbers, flags, time ---- */

/* "3,500" as 3500: commas count where they stand before each three digits. 1: they stand elsewhere. */
static int without_commas(struct str s, struct buf *out)
{
    size_t comma = s.len;

    for (size_t i = 0; i < s.len; i++) {
        int e;

        if (s.at[i] == ',') {
            size_t before = i - (comma < s.len ? comma + 1 : s.at[0] == '-');

            if (!before || before > 3 || (comma < s.len && before != 3))
                return 1;
            comma = i;
        } else if ((e = buf_add_char(out, s.at[i]))) {
            return e;
        }
    }
    return comma < s.len && s.len - comma != 4;
}

/* "180分", "2 回": one counter may stand behind a number. */
static struct str without_counter(struct str s)
{
    static const char *const counters[] = {"円", "回", "件", "台", "分", "人", "日", "個"};

    for (size_t i = 0; i < ARRAY_LEN(counters); i++)
        if (str_ends(s, str_of(counters[i])))
            return str_trim((struct str){s.at, s.len - strlen(counters[i])});
    return s;
}

static int number_typed(const json_t *v, int64_t *ret)
{
    CLEANUP(buf_done) struct buf text = {0};
    CLEANUP(buf_done) struct buf plain = {0};
    int e;

    if (json_is_integer(v)) {
        *ret = json_integer_value(v);
        return *ret > NUMBER_MOST || *ret < -NUMBER_MOST;
    }
    buf_init(&text, 4096);
    buf_init(&plain, 4096);
    e = json_is_string(v) ? taking_fold(v, &text) : 1;
    if (!e)
        e = without_commas(without_counter(str_trim(buf_str(&text))), &plain);
    if (e)
        return e == -ENOSPC ? 1 : e;
    return str_to_i64(buf_str(&plain), -NUMBER_MOST, NUMBER_MOST, ret) ? 1 : 0;
}

static int too_small(struct taking *t, const struct field *f, const char *path)
{
    CLEANUP(buf_done) struct buf ja = {0};
    CLEANUP(buf_done) struct buf en = {0};
    int e;

    buf_init(&ja, 256);
    buf_init(&en, 256);
    if ((e = buf_printf(&ja, "%lld以上の数を入力してください", (long long)f->min)) ||
        (e = buf_printf(&en, "must be at least %lld", (long long)f->min)))
        return e;
    return refused(t, path, ja.at, en.at);
}

static int take_number(struct taking *t, const struct field *f, const char *path, const json_t *v,
                       json_t **ret)
{
    int64_t n;
    int e = number_typed(v, &n);

    if (e < 0)
        return e;
    if (e)
        return refused(t, path, "数字で入力してください（例: 3500、3,500、3,500円）",
                       "must be a whole number, such as 3500 or 3,500");
    if (n < f->min)
        return too_small(t, f, path);
    *ret = json_integer(n);
    return *ret ? 0 : -ENOMEM;
}

int input_flag(const json_t *v)
{
    static const char *const yes[] = {"yes", "true", "1", "on", "はい", "有"};
    static const char *const no[] = {"no", "false", "0", "off", "いいえ", "無"};

    if (json_is_boolean(v))
        return json_is_true(v);
    if (json_is_string(v) && word_in(json_string_value(v), yes, ARRAY_LEN(yes)))
        return 1;
    if (json_is_string(v) && word_in(json_string_value(v), no, ARRAY_LEN(no)))
        return 0;
    return -1;
}

static int take_flag(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret)
{
    int flag = input_flag(v);

    if (flag < 0)
        return refused(t, path, "「はい」又は「いいえ」を選んでください", "must be yes or no");
    *ret = json_boolean(flag);
    return 0;
}

static int take_day(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret)
{
    int32_t day;
    int e = json_is_string(v) ? day_parse_any(str_trim(str_of(json_string_value(v))), &day) : TIME_E_SYNTAX;

    if (e < 0)
        return e;
    if (e == TIME_E_RANGE)
        return refused(t, path, "暦にない日付です", "is not a day of the calendar");
    if (e)
        return refused(t, path, "日付を入力してください（例: 令和8年4月10日、2026-04-10）",
                       "must be a day, such as 2026-04-10");
    *ret = day_json(day);
    return *ret ? 0 : -ENOMEM;
}

static int take_month(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret)
{
    int32_t month;
    int e = json_is_string(v) ? month_parse_any(str_trim(str_of(json_string_value(v))), &month) : TIME_E_SYNTAX;

    if (e < 0)
        return e;
    if (e == TIME_E_RANGE)
        return refused(t, path, "暦にない月です", "is not a month of the calendar");
    if (e == TIME_E_NO_YEAR)
        return refused(t, path, "何年の月かが分かりません。年から入力してください（例: 令和8年4月、2026-04）",
                       "does not say of which year it is; write the year, too, such as 2026-04");
    if (e)
        return refused(t, path, "年月を入力してください（例: 令和8年4月、2026-04）", "must be a month, such as 2026-04");
    *ret = month_json(month);
    return *ret ? 0 : -ENOMEM;
}

/* It stands as P3Y, whatever was typed. */
static int take_duration(struct taking *t, const char *path, const json_t *v, json_t **ret)
{
    struct duration d;
    struct buf iso;
    int e = duration_parse_any(str_of(json_string_value(v)), &d);

    if (e < 0)
        return e;
    if (e == TIME_E_RANGE)
        return refused(t, path, "長すぎる期間です", "is too long a period");
    if (!e && !d.months && !d.days && !d.us)
        return refused(t, path, "長さのない期間です", "is no time at all");
    if (e)
        return refused(t, path, "期間を入力してください（例: 3年、6か月、1年6か月、30日、72時間、P3Y）",
                       "must be a period, such as P3Y, P6M, P30D, PT72H, or 3年, 6か月, 30日");
    buf_init(&iso, 100);
    e = duration_print(d, &iso);
    *ret = e ? NULL : json_string(iso.at);
    buf_done(&iso);
    return *ret ? 0 : -ENOMEM;
}

static int take_instant(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret)
{
    uint64_t us;
    int e = json_is_string(v) ? input_instant(json_string_value(v), t->sc->now_us, &us) : TIME_E_SYNTAX;

    if (e == -ENOMEM)
        return e;
    if (e == TIME_E_RANGE)
        return refused(t, path, "暦にない日付か、時計にない時刻です", "is not a day of the calendar or a time of the clock");
    if (e == TIME_E_NO_YEAR)
        return refused(t, path, "何年の日時かが分かりません。年から入力してください（例: 令和8年4月10日 9:00、2026-04-10 09:00）",
                       "does not say of which year it is; write the year, too, such as 2026-04-10 09:00");
    if (e)
        return refused(t, path, "日時を入力してください（例: 令和8年4月10日 9:00、2026-04-10 09:00。今年の日は4月10日 9時、今日の時刻は9時30分でもよい）",
                       "must be a time, such as 2026-04-10 09:00, or 9:30 for today");
    *ret = instant_json(us);
    return *ret ? 0 : -ENOMEM;
}

/* ---- names of things ---- */

static int take_choice(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret)
{
    const char *text = json_is_string(v) ? json_string_value(v) : "";

    for (size_t i = 0; i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, text) || !strcmp(f->choices[i].title.ja, text)) {
            *ret = json_string(f->choices[i].id);
            return *ret ? 0 : -ENOMEM;
        }
    return refused(t, path, "選択肢から選んでください", "must be one of the choices");
}

static int take_known(struct taking *t, const struct field *f, const char *path, const char *id, bool is_known,
                      const char *ja, const char *en, json_t **ret)
{
    if (!is_known)
        return refused(t, path, ja, en);
    *ret = json_string(id);
    return *ret ? 0 : -ENOMEM;
}

static int take_unit(struct taking *t, const struct field *f, const char *path, const char *id, json_t **ret)
{
    const struct unit *u = force_unit(t->sc->e->force, id);

    if (u && *f->unit_kind && !unit_has_kind(u, f->unit_kind))
        return refused(t, path, "この種類の所属ではありません", "is not a unit of the kind asked for");
    return take_known(t, f, path, id, u != NULL, "そのような所属はありません", "is not a unit of this force", ret);
}

/* A number as the register gives it: in capitals, with plain dashes. */
static int number_folded(struct stage *sc, const char *typed, const char **ret)
{
    CLEANUP(buf_done) struct buf wide = {0};
    CLEANUP(buf_done) struct buf id = {0};
    int e;

    buf_init(&wide, 4096);
    buf_init(&id, 4096);
    e = utf8_fold(str_of(typed), &wide);
    for (size_t at = 0; !e && at < wide.len;) {
        uint32_t c = utf8_next(buf_str(&wide), &at);

        if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x30fc)
            c = '-';
        e = utf8_put(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c, &id);
    }
    if (e)
        return e == -ENOMEM ? e : 1;
    *ret = arena_strdup(sc->arena, buf_str(&id));
    return *ret ? 0 : -ENOMEM;
}

/* By its number in any width and case. 1: there is none. */
static int record_typed(struct stage *sc, const char *typed, struct record **ret)
{
    const char *id = typed;
    int e = stage_record(sc, typed, ret);

    if (e <= 0 || (e = number_folded(sc, typed, &id)))
        return e;
    return strcmp(id, typed) != 0 ? stage_record(sc, id, ret) : 1;
}

static int take_record(struct taking *t, const struct field *f, const char *path, const char *id, json_t **ret)
{
    struct record *r = NULL;
    int e = record_typed(t->sc, id, &r);

    if (e < 0)
        return e;
    if (!e)
        e = t->sight ? sight_of_record(t->sc, t->sight, r) : 1;
    else
        e = 0;
    if (e < 0)
        return e;
    if (!e || !r || (f->reg && strcmp(r->reg->id, f->reg->id) != 0) || r->disposed_us)
        return refused(t, path, "そのような記録はありません", "is not a record that you can see");
    *ret = json_string(r->id);
    return *ret ? 0 : -ENOMEM;
}

/* ---- files ---- */

static int too_large(struct taking *t, const struct field *f, const char *path)
{
    char most[ATTACHMENT_SIZE_WORDS], *ja, *en;

    attachment_size_words(f->max_bytes, most);
    ja = arena_printf(t->sc->arena, "%s以下のファイルを選んでください", most);
    en = arena_printf(t->sc->arena, "must be a file of at most %s", most);
    return ja && en ? refused(t, path, ja, en) : -ENOMEM;
}

/* What the record's field holds already may be sent again with the form. 1: it does not hold it. */
static int file_held(struct taking *t, const struct field *f, const char *id, json_t **ret)
{
    json_t *v = NULL;
    int e = record_value(t->sc->e->store, t->sc->hand, f, &v);

    if (e || strcmp(json_str(v, "id"), id) != 0)
        return e < 0 ? e : 1;
    *ret = json_copied_deep(v);
    return *ret ? 0 : -ENOMEM;
}

/* Its sender alone can have it named, when all of it is there and its examination has ended; how it ended is the conditions' to judge. */
static int take_file(struct taking *t, const struct field *f, const char *path, const char *id, json_t **ret)
{
    CLEANUP(attachment_done) struct attachment a;
    int e = attachment_get(t->sc->e->store, id, &a);

    if (!e && *a.record && t->sc->hand && !strcmp(a.record, t->sc->hand->id))
        e = file_held(t, f, id, ret);
    else if (!e)
        e = *a.record || !t->sc->actor || strcmp(a.owner, t->sc->actor->id) != 0;
    if (e < 0 || *ret)
        return e;
    if (e)
        return refused(t, path, "そのファイルは届いていません。もう一度選んでください",
                       "is not a file that you have sent; choose it again");
    if (!strcmp(a.state, "coming"))
        return refused(t, path, "ファイルがまだすべて届いていません。もう一度選んでください",
                       "has not arrived whole; choose it again");
    if (!attachment_is_examined(&a))
        return refused(t, path, "ファイルを検査しています。少し待ってから、もう一度送ってください",
                       "is still being examined; wait a moment and send this again");
    if (a.size > f->max_bytes)
        return too_large(t, f, path);
    e = attachment_value(t->sc->e->store, &a, ret);
    return e > 0 ? -EBADMSG : e;
}

static bool is_label(const struct stage *sc, const char *id)
{
    const struct pack *p = sc->procedure->reg->pack;

    for (size_t i = 0; i < p->n_labels; i++)
        if (!strcmp(p->labels[i].id, id))
            return true;
    return false;
}

static int take_id(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret)
{
    const struct force *force = t->sc->e->force;
    CLEANUP(buf_done) struct buf id = {0};
    struct str s = str_trim(str_of(json_is_string(v) ? json_string_value(v) : ""));
    int e;

    buf_init(&id, 1024);
    e = buf_add_str(&id, s);
    if (e == -ENOSPC)
        return refused(t, path, "値が長すぎます", "is too long");
    if (e || (e = buf_add_text(&id, "")))
        return e;
    switch (f->type) {
    case FIELD_PERSON:
        return take_known(t, f, path, id.at, force_person(force, id.at), "そのような職員はいません",
                          "is not a person of this force", ret);
    case FIELD_UNIT:
        return take_unit(t, f, path, id.at, ret);
    case FIELD_POST:
        return take_known(t, f, path, id.at, force_post(force, id.at), "そのような職はありません",
                          "is not a post of this force", ret);
    case FIELD_LABEL:
        return take_known(t, f, path, id.at, is_label(t->sc, id.at), "そのような区分はありません",
                          "is not a label of this directive", ret);
    default:
        return take_record(t, f, path, id.at, ret);
    }
}

static int take_url(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret)
{
    int e = clean_text(t, f, path, v, false, ret);
    struct str s;

    if (e)
        return e;
    s = (struct str){json_string_value(*ret), json_string_length(*ret)};
    if ((!str_starts(s, STR("https://")) && !str_starts(s, STR("http://"))) || s.len < 10 || memchr(s.at, ' ', s.len)) {
        json_decref(*ret);
        *ret = NULL;
        return refused(t, path, "URLを入力してください（http:// 又は https://）",
                       "must be an address that begins with http:// or https://");
    }
    return 0;
}

static int take_digest(struct taking *t, const char *path, const json_t *v, json_t **ret)
{
    int e = digest_value(t->sc, (struct str){json_string_value(v), json_string_length(v)}, ret);

    return e <= 0 ? e
                  : refused(t, path, "SHA-256の要約値（16進数64桁）を入力してください", "must be a SHA-256 digest: 64 hexadecimal digits");
}

static int take_keyed(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret)
{
    JSON_AUTO *text = NULL;
    int e = clean_text(t, f, path, v, false, &text);

    if (e || !json_string_length(text))
        return e;
    return digest_of_text(t->sc, (struct str){json_string_value(text), json_string_length(text)}, ret);
}

/* ---- several values ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Items as ["a", "b"], {"a": "yes"}, or "a, b". */
static int item_is_confirmed(const json_t *v, const char *id)
{
    struct str rest, one;

    if (json_is_object(v))
        return input_flag(json_object_get(v, id)) == 1;
    for (size_t i = 0; i < json_array_size(v); i++) {
        const char *text = json_string_value(json_array_get(v, i));

        if (text && !strcmp(text, id))
            return 1;
    }
    rest = str_of(json_is_string(v) ? json_string_value(v) : NULL);
    while (str_split(&rest, ',', &one))
        if (str_eq(str_trim(one), str_of(id)))
            return 1;
    return 0;
}

static size_t items_given(const json_t *v)
{
    struct str rest, one;
    size_t n = json_array_size(v);

    if (json_is_object(v)) {
        const char *key;
        json_t *flag;

        json_object_foreach((json_t *)(uintptr_t)v, key, flag) n += input_flag(flag) == 1;
    }
    rest = str_of(json_is_string(v) ? json_string_value(v) : NULL);
    while (str_split(&rest, ',', &one))
        n += str_trim(one).len > 0;
    return n;
}

static int take_checklist(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret)
{
    const char **ids = arena_alloc_n(t->sc->arena, f->n_choices + 1, sizeof(*ids));
    size_t n = 0;

    if (!ids)
        return -ENOMEM;
    if (!json_is_array(v) && !json_is_object(v) && !json_is_string(v))
        return refused(t, path, "確認した項目を選んでください", "must name the items that are confirmed");
    for (size_t i = 0; i < f->n_choices; i++)
        if (item_is_confirmed(v, f->choices[i].id))
            ids[n++] = f->choices[i].id;
    if (n != items_given(v))
        return refused(t, path, "確認項目にないものがあります", "names an item that is not on the list");
    if (!n) /* nothing is confirmed: the field is empty, and no member says so */
        return 0;
    qsort(ids, n, sizeof(*ids), by_text);
    *ret = words_json(ids, n);
    return *ret ? 0 : -ENOMEM;
}

bool input_is_nothing(const json_t *v)
{
    return !v || json_is_null(v) || (json_is_string(v) && utf8_is_blank(str_of(json_string_value(v)))) ||
           (json_is_array(v) && !json_array_size(v)) || (json_is_object(v) && !json_object_size(v));
}

static int take_row(struct taking *t, const struct field *f, const char *path, const json_t *row, json_t **ret)
{
    JSON_AUTO *o = json_object();
    const char *key;
    json_t *v;
    bool bad = false;

    if (!o)
        return -ENOMEM;
    if (!json_is_object(row))
        return refused(t, path, "行の形式が正しくありません", "must be a row of named values");
    json_object_foreach((json_t *)(uintptr_t)row, key, v) {
        bool known = false;

        for (size_t i = 0; i < f->n_fields; i++)
            known |= !strcmp(f->fields[i].id, key);
        if (!known)
            return refused(t, path, "この行にない項目があります", "holds a value that this row does not have");
    }
    for (size_t i = 0; i < f->n_fields; i++) {
        const struct field *c = &f->fields[i];
        char *at = arena_printf(t->sc->arena, "%s.%s", path, c->id);
        json_t *one = NULL;
        int e = 0;

        v = json_object_get(row, c->id);
        if (!at)
            return -ENOMEM;
        if (input_is_nothing(v))
            e = c->required ? (taking_blank(t, at, c) ?: 1) : 0;
        else
            e = taking_value(t, c, at, v, &one);
        if (e < 0)
            return e;
        bad |= e > 0;
        if (one && json_object_set_new(o, c->id, one))
            return -ENOMEM;
    }
    if (bad)
        return 1;
    *ret = TAKE(o);
    return 0;
}

static int take_rows(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret)
{
    JSON_AUTO *list = json_array();
    size_t n = json_is_array(v) ? json_array_size(v) : 1;
    bool bad = false;

    if (!list)
        return -ENOMEM;
    if (n > (f->max ? f->max : LIST_ROWS_MAX))
        return refused(t, path, "行が多すぎます", "has too many rows");
    for (size_t i = 0; i < n; i++) {
        const json_t *item = json_is_array(v) ? json_array_get(v, i) : v;
        char *at = arena_printf(t->sc->arena, "%s.%zu", path, i + 1);
        json_t *one = NULL;
        int e;

        if (!at)
            return -ENOMEM;
        if (input_is_nothing(item))
            continue;
        e = f->type == FIELD_GROUP ? take_row(t, f, at, item, &one) : taking_value(t, &f->fields[0], at, item, &one);
        if (e < 0)
            return e;
        bad |= e > 0;
        if (one && json_array_append_new(list, one))
            return -ENOMEM;
    }
    if (bad)
        return 1;
    if (json_array_size(list))
        *ret = TAKE(list);
    return 0;
}

/* ---- one value ---- */

/* *ret stays NULL where rows or items were given and nothing is in them: as if nothing had been. */
int taking_value(struct taking *t, const struct field *f, const char *path, const json_t *v, json_t **ret)
{
    switch (f->type) {
    case FIELD_NUMBER:
        return take_number(t, f, path, v, ret);
    case FIELD_FLAG:
        return take_flag(t, f, path, v, ret);
    case FIELD_CHECKLIST:
        return take_checklist(t, f, path, v, ret);
    case FIELD_GROUP:
    case FIELD_LIST:
        return take_rows(t, f, path, v, ret);
    default:
        break;
    }
    if (!json_is_string(v))
        return refused(t, path, "文字で入力してください", "must be a text");
    switch (f->type) {
    case FIELD_DAY:
        return take_day(t, f, path, v, ret);
    case FIELD_MONTH:
        return take_month(t, f, path, v, ret);
    case FIELD_INSTANT:
        return take_instant(t, f, path, v, ret);
    case FIELD_DURATION:
        return take_duration(t, path, v, ret);
    case FIELD_CHOICE:
        return take_choice(t, f, path, v, ret);
    case FIELD_PERSON:
    case FIELD_UNIT:
    case FIELD_POST:
    case FIELD_LABEL:
    case FIELD_RECORD:
        return take_id(t, f, path, v, ret);
    case FIELD_URL:
        return take_url(t, f, path, v, ret);
    case FIELD_DIGEST:
        return take_digest(t, path, v, ret);
    case FIELD_SECRET:
        return refused(t, path, "主体認証情報は、設定するときに、この手続の入力欄からだけ受け付けます", "is a secret, which is taken in the act that sets it alone");
    case FIELD_FILE:
        return take_file(t, f, path, json_string_value(v), ret);
    default: /* several lines only where the value stands by itself, not inside rows */
        if (field_is_keyed(f))
            return take_keyed(t, f, path, v, ret);
        return clean_text(t, f, path, v, f->type == FIELD_LONG_TEXT && !strchr(path, '.'), ret);
    }
}
