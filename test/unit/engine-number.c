/* Numbers that tell nobody how many there are: drawn where each record has readers of its own, and where a pack says so (K1 of doc/design/information.md). */
#include "setting.h"
#include "base/file.h"
#include "engine/inside.h"
#include "engine/replay.h"
#include "engine/scenario-play.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#define OK(call) assert_int_equal((call), 0)
#define MANY 300

static const struct {
    const char *path, *text;
} texts[] = {
    {"directive.yaml", "format: directive/1\nid: kit\ntitle: {ja: 要領, en: Rules}\nnumber: 第1号\nissued: 2026-01-01\n"
                       "effective: {from: 2026-04-01, to: 2030-03-31}\nclauses: [C-1]\n"},
    {"clauses.yaml", "format: clauses/1\nclauses:\n  - {id: C-1, place: 第1, title: {ja: 一, en: One}, status: enforced}\n"},
    {"org.yaml", "format: org/1\nunit_kinds: {shozoku: {ja: 所属, en: Unit}}\nposts: {chief: {ja: 長, en: Head}}\n"
                 "roles:\n  - {id: head, title: {ja: 長, en: Head}, post: [chief], of: unit}\n"},
    {"labels.yaml", "format: labels/1\nlabels:\n  plain: {title: {ja: 一般, en: Plain}, confidentiality: 1, integrity: 1, availability: 1}\n"
                    "ranges:\n  own: [{role: head, of: unit}]\n  all: [{everyone: yes}]\n"},
    {"registers/cases.yaml", "format: register/1\nid: cases\ntitle: {ja: 事案, en: Cases}\nprefix: CA\nunit: unit\nlabel: plain\nreadable: own\n"
                             "label_from: {range: [unit], clauses: [C-1]}\nclauses: [C-1]\n"
                             "fields:\n  - {id: unit, title: {ja: 所属, en: Unit}, type: unit, kind: shozoku, clauses: [C-1]}\n"
                             "  - {id: word, title: {ja: 語, en: Word}, type: text, clauses: [C-1]}\n"},
    {"registers/books.yaml", "format: register/1\nid: books\ntitle: {ja: 簿, en: Books}\nprefix: BK\nnumbers: drawn\nunit: unit\nlabel: plain\nreadable: all\nclauses: [C-1]\n"
                             "fields:\n  - {id: unit, title: {ja: 所属, en: Unit}, type: unit, kind: shozoku, clauses: [C-1]}\n"
                             "  - {id: word, title: {ja: 語, en: Word}, type: text, clauses: [C-1]}\n"},
    {"registers/rows.yaml", "format: register/1\nid: rows\ntitle: {ja: 表, en: Rows}\nprefix: RW\nnumbers: running\nunit: unit\nlabel: plain\nreadable: own\nclauses: [C-1]\n"
                            "fields:\n  - {id: unit, title: {ja: 所属, en: Unit}, type: unit, kind: shozoku, clauses: [C-1]}\n"
                            "  - {id: word, title: {ja: 語, en: Word}, type: text, clauses: [C-1]}\n"},
    {"force/units.csv", "id,parent,name_ja,name_en,kinds,from,to\nsho,,署,Station,shozoku,,\nka,,課,Section,shozoku,,\n"},
    {"force/ranks.csv", "id,level,name_ja,name_en,service\nofficer,10,巡査,Officer,police\n"},
    {"force/posts.csv", "id,name_ja,name_en,is_head\nchief,長,Head,yes\n"},
    {"force/persons.csv", "id,name,kana,name_en,rank,from,to\nM,長 一,おさ はじめ,Hajime Osa,officer,,\nN,長 二,おさ つぎ,Tsugi Osa,officer,,\n"},
    {"force/appointments.csv", "id,person,post,unit,kind,from,to\nm1,M,chief,sho,regular,2020-04-01,\nn1,N,chief,ka,regular,2020-04-01,\n"},
};

struct office {
    struct diag diag;
    char dir[64];
    struct pack *pack;
    struct force *force;
    struct scenario_play *play;
};

static int put(const struct office *p, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", p->dir, name);
    return file_write_atomic(path, str_of(text), 0644, NULL);
}

static int put_procedure(const struct office *p, const char *reg)
{
    char name[64], text[1024];

    snprintf(name, sizeof(name), "procedures/%s.yaml", reg);
    snprintf(text, sizeof(text),
             "format: procedure/1\nid: %s\ntitle: {ja: 手続, en: Procedure}\nregister: %s\nstates: {open: {ja: 開, en: Open}, shut: {ja: 閉, en: Shut}}\n"
             "ends: [shut]\nroles: {head: {holds: head, of: unit}}\nsteps:\n"
             "  - {do: enter, title: {ja: 登録, en: Enter}, from: [none], to: open, by: [head], asks: [unit, word], clauses: [C-1]}\n"
             "  - {do: shut, title: {ja: 終了, en: Shut}, from: [open], to: shut, by: [head], clauses: [C-1]}\n",
             reg, reg);
    return put(p, name, text);
}

static int open_office(void **state)
{
    static const char *const folders[] = {"registers", "procedures", "force", "forms", "scenarios"};
    static struct office p;
    char path[128];
    int r = 0;

    diag_init(&p.diag);
    snprintf(p.dir, sizeof(p.dir), "/tmp/numbers-XXXXXX");
    if (!mkdtemp(p.dir) || crypto_start())
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        snprintf(path, sizeof(path), "%s/%s", p.dir, folders[i]);
        mkdir(path, 0755);
    }
    for (size_t i = 0; !r && i < ARRAY_LEN(texts); i++)
        r = put(&p, texts[i].path, texts[i].text);
    snprintf(path, sizeof(path), "%s/force", p.dir);
    r = r || put_procedure(&p, "cases") || put_procedure(&p, "books") || put_procedure(&p, "rows") || pack_load_dir(p.dir, &p.pack, &p.diag) ||
        force_load_dir(path, &p.force, &p.diag) || scenario_play_open(":memory:", p.pack, p.force, &p.play, &p.diag) ||
        scenario_play_clock(p.play, instant_of_day(day_from_civil((struct civil){2026, 5, 1})) + US_PER_DAY / 2);
    if (r)
        print_error("%s\n", diag_first(&p.diag));
    *state = &p;
    return r;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    return remove(path);
}

static int close_office(void **state)
{
    struct office *p = *state;

    scenario_play_close(p->play);
    force_unref(p->force);
    pack_unref(p->pack);
    diag_done(&p->diag);
    return nftw(p->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static json_t *enter(struct office *p, const char *person, const char *reg, const char *word)
{
    JSON_AUTO *with = json_pack("{s:s, s:s}", "unit", *person == 'M' ? "sho" : "ka", "word", word);
    struct act a = {.person = person, .reg = reg, .step = "enter", .record = "", .with = with, .now_us = scenario_play_now(p->play)};

    return setting_act(p->play, &a);
}

static unsigned long number_of(const json_t *o, const char *start)
{
    const char *id = json_str(o, "record");

    assert_string_equal(json_str(o, "result"), "allowed");
    assert_memory_equal(id, start, strlen(start));
    assert_int_equal(strspn(id + strlen(start), "0123456789"), strlen(id + strlen(start)));
    return strtoul(id + strlen(start), NULL, 10);
}

/* Six digits each, none twice, over all of their range: the least and the greatest of 300 leave a fifth of it free at an end once in 10^29. */
static void drawn_numbers_tell_no_count(void **state)
{
    unsigned long least = 999999, greatest = 0, n, before = 0;
    bool is_running = true;

    for (unsigned i = 0; i < MANY; i++) {
        char word[16];
        JSON_AUTO *o = NULL;

        snprintf(word, sizeof(word), "w%u", i);
        o = enter(*state, i % 2 ? "N" : "M", i % 3 ? "cases" : "books", word);
        n = number_of(o, i % 3 ? "CA-2026-" : "BK-2026-");
        assert_in_range(n, 100000, 999999);
        is_running = is_running && n > before;
        before = n;
        least = MIN_OF(least, n);
        greatest = MAX_OF(greatest, n);
    }
    assert_true(!is_running && least < 280000 && greatest > 820000);
}

static void running_numbers_run(void **state)
{
    JSON_AUTO *one = enter(*state, "M", "rows", "a"), *two = enter(*state, "N", "rows", "a");

    assert_string_equal(json_str(one, "record"), "RW-2026-0001");
    assert_string_equal(json_str(two, "record"), "RW-2026-0002");
}

static void print_records(struct scenario_play *p, struct buf *out)
{
    ROWS_AUTO *rows = NULL;

    OK(STORE_QUERY(scenario_play_store(p), &rows, STMT_RECORD_ALL, V_TEXT(""), V_INT(1000)));
    while (rows_next(rows) == 1)
        OK(buf_printf(out, "%s %s %s\n", rows_text(rows, 0), rows_text(rows, 2), rows_text(rows, 12)));
}

/* Replay takes them from the entries. */
static void they_come_back_by_replay(void **state)
{
    struct office *p = *state;
    struct scenario_play *again;
    struct buf was, is;

    OK(scenario_play_open(":memory:", p->pack, p->force, &again, &p->diag));
    if (engine_replay(scenario_play_store(p->play), scenario_play_engine(again), &p->diag))
        fail_msg("%s", diag_first(&p->diag));
    buf_init(&was, 1u << 20);
    buf_init(&is, 1u << 20);
    print_records(p->play, &was);
    print_records(again, &is);
    assert_true(was.len > MANY * 20);
    assert_string_equal(was.at, is.at);
    buf_done(&was);
    buf_done(&is);
    scenario_play_close(again);
}

/* What was not drawn for it, or is another's, is no number of an entry. */
static void no_other_number_is_taken_from_an_entry(void **state)
{
    static const char *const wrong[] = {"CA-2026-001", "CA-2025-123456", "BK-2026-123456", "CA-2026-12345a", "CA-2026-1234567890", "CA-2026-", ""};
    struct office *p = *state;
    struct store *s = scenario_play_store(p->play);
    struct arena *a = arena_new(1 << 20);
    struct record r = {.reg = engine_reg(scenario_play_engine(p->play), "cases")};
    JSON_AUTO *o = enter(p, "M", "cases", "mine");

    assert_non_null(r.reg);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(record_number(s, a, &r, day_from_civil((struct civil){2026, 5, 1}), wrong[i]), -EBADMSG);
    assert_int_equal(record_number(s, a, &r, day_from_civil((struct civil){2026, 5, 1}), json_str(o, "record")), -EBADMSG);
    OK(record_number(s, a, &r, day_from_civil((struct civil){2026, 5, 1}), "CA-2026-100000000"));
    assert_string_equal(r.id, "CA-2026-100000000");
    OK(record_number(s, a, &r, day_from_civil((struct civil){2026, 5, 1}), "CA-2026-0001")); /* an entry of before they were drawn */
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_numbers_tell_no_count), cmocka_unit_test(running_numbers_run), cmocka_unit_test(they_come_back_by_replay),
        cmocka_unit_test(no_other_number_is_taken_from_an_entry),
    };

    return cmocka_run_group_tests_name("number", tests, open_office, close_office);
}
