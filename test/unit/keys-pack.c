#include "keys-pack.h"

#include "base/file.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* after the four above */
#include <cmocka.h>

static const struct {
    const char *path, *text;
} files[] = {
    {"directive.yaml",
     "format: directive/1\n"
     "id: keys\n"
     "title: {ja: 鍵の管理, en: Keys}\n"
     "number: 試験第1号\n"
     "issued: 2026-01-05\n"
     "effective: {from: 2026-01-05, to: 2031-03-31}\n"
     "clauses: [K-1]\n"
     "expiry: {remind: [P30D], tell: [chief], stamp: {ja: 失効, en: Expired}, clauses: [K-1]}\n"
     "parameters:\n"
     "  - {id: cap, type: duration, value: P1Y, why: {ja: 上限, en: Cap}, clauses: [K-3]}\n"},
    {"clauses.yaml",
     "format: clauses/1\n"
     "clauses:\n"
     "  - {id: K-1, place: 第1, title: {ja: 効力, en: In force}, status: recorded}\n"
     "  - {id: K-2, place: 第2, title: {ja: 許可, en: Permission}, status: enforced}\n"
     "  - {id: K-3, place: 第3, title: {ja: 期間, en: Period}, status: enforced}\n"
     "  - {id: K-4, place: 第4, title: {ja: 保管, en: Keeping}, status: organisational, by: chief, reason: {ja: 物理的, en: A matter of a cabinet}}\n"
     "  - {id: K-5, place: 第5, title: {ja: 督促, en: Reminder}, status: detected}\n"},
    {"org.yaml",
     "format: org/1\n"
     "unit_kinds:\n"
     "  shozoku: {ja: 所属, en: Unit}\n"
     "  workshop: {ja: 工作係, en: Workshop}\n"
     "posts:\n"
     "  head: {ja: 長, en: Head}\n"
     "  member: {ja: 員, en: Member}\n"
     "roles:\n"
     "  - {id: chief, title: {ja: 管理者, en: Chief}, post: [head], of: unit, acting: yes, clauses: [K-2]}\n"
     "  - {id: worker, title: {ja: 使用者, en: Worker}, post: [member, head], of: unit, within: [workshop, shozoku], clauses: [K-2]}\n"},
    {"labels.yaml",
     "format: labels/1\n"
     "labels:\n"
     "  plain: {title: {ja: 一般, en: Plain}, confidentiality: 1, integrity: 1, availability: 1, clauses: [K-1]}\n"
     "ranges:\n"
     "  all: [{everyone: yes}]\n"},
    {"registers/loans.yaml",
     "format: register/1\n"
     "id: loans\n"
     "title: {ja: 貸出簿, en: Loans}\n"
     "prefix: KL\n"
     "unit: unit\n"
     "label: plain\n"
     "readable: all\n"
     "reads: quiet\n"
     "clauses: [K-1]\n"
     "fields:\n"
     "  - {id: unit, title: {ja: 所属, en: Unit}, type: unit, kind: shozoku, required: yes, default: actor.unit, clauses: [K-2]}\n"
     "  - {id: key, title: {ja: 鍵, en: Key}, type: text, required: yes, unique: open, clauses: [K-2]}\n"
     "  - {id: starts_on, title: {ja: 初日, en: First day}, type: day, required: yes, clauses: [K-3]}\n"
     "  - {id: ends_on, title: {ja: 末日, en: Last day}, type: day, required: yes, clauses: [K-3]}\n"
     "  - {id: note, title: {ja: 備考, en: Note}, type: text, addition: {ja: 参考, en: For reference}}\n"
     "retention: {completed_in: [closed, refused], keep: P1Y, basis: calendar-year, clauses: [K-1]}\n"},
    {"procedures/loans.yaml",
     "format: procedure/1\n"
     "id: loan\n"
     "title: {ja: 貸出し, en: Loan}\n"
     "register: loans\n"
     "states:\n"
     "  applied: {ja: 申請中, en: Applied}\n"
     "  out: {ja: 貸出中, en: Out}\n"
     "  closed: {ja: 返却済, en: Closed}\n"
     "  refused: {ja: 却下, en: Refused}\n"
     "ends: [closed, refused]\n"
     "roles:\n"
     "  applicant: {holds: worker, of: unit, clauses: [K-2]}\n"
     "  permitter: {holds: chief, of: unit, clauses: [K-2]}\n"
     "periods:\n"
     "  loan: {from: starts_on, to: ends_on, at_most: {parameter: cap}, clauses: [K-3]}\n"
     "steps:\n"
     "  - {do: apply, title: {ja: 申請する, en: Apply}, from: [none], to: applied, by: [applicant], asks: [unit, key, starts_on, ends_on, note],\n"
     "     requires: [{period: loan}], clauses: [K-3]}\n"
     "  - {do: decide, title: {ja: 許可する, en: Decide}, from: [applied], to: out, by: [permitter], requires: [{field: note, filled: yes}], clauses: [K-2]}\n"
     "  - {do: decide, from: [applied], to: refused, by: [permitter], requires: [{field: note, filled: no}], clauses: [K-2]}\n"
     "  - {do: return, title: {ja: 返却する, en: Return}, from: [out], to: closed, by: [applicant], clauses: [K-2]}\n"
     "obligations:\n"
     "  - {id: due, title: {ja: 期限, en: Due}, while: [out], due: ends_on, missed: [{tell: [chief], about: {ja: 期限, en: Due}}], clauses: [K-5]}\n"},
    {"forms/form-1.yaml",
     "format: form/1\nid: form-1\ntitle: {ja: 貸出簿, en: Loans}\nnumber: 様式第1号\nregister: loans\nrows: [[key], [starts_on, ends_on]]\n"
     "clauses: [K-3]\n"},
    {"scenarios/loan.yaml",
     "format: scenario/1\n"
     "id: loan\n"
     "title: {ja: 貸出し, en: A loan}\n"
     "acts:\n"
     "  - {at: 2026-04-01T09:00, as: B, do: loans/apply, with: {key: '7', starts_on: 2026-04-01, ends_on: 2027-04-01}, answer: {forbidden: [K-3]}}\n"
     "  - {as: B, do: loans/apply, with: {key: '7', starts_on: 2026-04-01, ends_on: 2027-03-31, note: 点検}, name: L}\n"
     "  - {as: B, do: loans/decide, on: $L, answer: {forbidden: [K-2]}}\n"
     "  - {as: A, do: loans/decide, on: $L, clauses: [K-2]}\n"
     "  - {as: C, do: loans/return, on: $L, answer: {forbidden: [K-2]}}\n"
     "  - {expect: record, on: $L, state: out}\n"},
    {"force/units.csv", "id,parent,name_ja,name_en,kinds,from,to\nhq,,本部,HQ,force,,\nchuo,hq,中央署,Chuo,shozoku,,\nkosaku,chuo,工作係,Shop,workshop,,\n"
                        "minami,hq,南署,Minami,shozoku,,\n"},
    {"force/ranks.csv", "id,level,service,name_ja,name_en\nkeibu,50,police,警部,Inspector\n"},
    {"force/posts.csv", "id,name_ja,name_en,is_head\nhead,長,Head,yes\nmember,員,Member,no\n"},
    {"force/persons.csv", "id,name,kana,name_en,rank,from,to\nA,試験 一,しけん はじめ,,keibu,,\nB,見本 二,みほん じ,,keibu,,\nC,例示 三,れいじ さん,,keibu,,\n"
                           "D,仮定 四,かてい し,,keibu,,\n"},
    {"force/appointments.csv", "id,person,post,unit,kind,from,to\na,A,head,chuo,regular,2020-04-01,\nb,B,member,kosaku,regular,2020-04-01,\n"
                               "c,C,head,minami,regular,2020-04-01,\nd,D,member,minami,regular,2020-04-01,\n"},
};
static const char *const folders[] = {"registers", "procedures", "forms", "scenarios", "force"};

#define FILE_MAX 65536

static void replace(struct buf *text, const struct keys_change *c)
{
    char *old = buf_take(text);
    const char *at = c->from[0] != '\0' ? strstr(old, c->from) : old + strlen(old);

    if (at == NULL)
        fail_msg("\"%s\" is not in %s", c->from, c->file);
    buf_init(text, FILE_MAX);
    assert_int_equal(buf_printf(text, "%.*s%s%s", (int)(at - old), old, c->to, at + strlen(c->from)), 0);
    free(old);
}

static void write_file(const char *dir, size_t no, const struct keys_change *changes, size_t n)
{
    char path[256];
    struct buf text;

    buf_init(&text, FILE_MAX);
    assert_int_equal(buf_add_text(&text, files[no].text), 0);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(changes[i].file, files[no].path) == 0)
            replace(&text, &changes[i]);
    }
    (void)snprintf(path, sizeof(path), "%s/%s", dir, files[no].path);
    assert_int_equal(file_write_atomic(path, buf_str(&text), 0600, NULL), 0);
    buf_done(&text);
}

char *keys_pack_make(const struct keys_change *changes, size_t n)
{
    char *dir = strdup("/tmp/keys-pack-XXXXXX");
    char path[256];

    assert_non_null(dir);
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
        assert_int_equal(dir_make(path, 0700, NULL), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        write_file(dir, i, changes, n);
    return dir;
}

void keys_pack_remove(char *dir)
{
    char path[256];

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, files[i].path);
        (void)unlink(path);
    }
    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
        (void)rmdir(path);
    }
    (void)rmdir(dir);
    free(dir);
}
