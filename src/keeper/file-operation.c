#include "keeper/file-operation.h"

#include "base/utf8.h"
#include "engine/attachment.h"
#include "engine/file.h"
#include "engine/holding.h"
#include "engine/leaving.h"
#include "engine/seen.h"
#include "keeper/filing.h"
#include "keeper/station-operation.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#define PLACE_MAX 1024 /* bytes of a member's path */
#define NAME_MAX_FOUND 255 /* of a signature's name */

static int none(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "none", "そのファイルはありません。", "There is no such file.");
}

/* ---- coming in ---- */

/* A gate sends what it measures itself, whomever it names; people also what a station of media is to write, and what is read into an import. */
static const struct field *file_field(struct operation_context *c, const char *reg_id, const char *id)
{
    const struct reg *reg = engine_reg(c->engine, reg_id);
    static const struct field for_station = {.id = STATION_FILE_FIELD, .type = FIELD_FILE, .max_bytes = STATION_FILE_MAX};
    static const struct field for_intel = {.id = INTEL_FILE_FIELD, .type = FIELD_FILE, .max_bytes = INTEL_FILE_MAX};
    const struct field *f = reg ? reg_field(reg, id) : NULL;

    if (reg && !f && !c->measured && reg->holds == HOLDS_INTEL_IMPORTS && !strcmp(id, INTEL_FILE_FIELD))
        return &for_intel;
    if (reg && !f && !c->measured && reg->holds == HOLDS_MEDIA_TRAIL && !strcmp(id, STATION_FILE_FIELD))
        return &for_station;

    return f && f->type == FIELD_FILE && (!c->measured || f->measured & c->measured) ? f : NULL;
}

static int too_large(const struct field *f, json_t **ret_answer)
{
    char ja[200], en[200], most[ATTACHMENT_SIZE_WORDS];

    attachment_size_words(f->max_bytes, most);
    snprintf(ja, sizeof(ja), "ファイルが大きすぎます。%sまでのファイルを選んでください。", most);
    snprintf(en, sizeof(en), "This file is too large; choose one of at most %s.", most);
    return answer_refuse(ret_answer, "too-large", ja, en);
}

/* 1: he holds too much already, which is answered. */
static int check_quota(struct operation_context *c, uint64_t size, json_t **ret_answer)
{
    ROWS_AUTO *row = NULL;
    int r = STORE_ONE(c->store, &row, STMT_ATTACHMENT_HELD, V_TEXT(c->person));

    if (r)
        return store_errno(r);
    if (rows_int(row, 0) < FILES_HELD_MAX && (uint64_t)rows_int(row, 1) + size <= FILES_HELD_BYTES)
        return 0;
    r = answer_refuse(ret_answer, "busy",
                      "まだどの記録にも添付していないファイルが多すぎます。先に添付するか、一日待ってください。",
                      "Too many of your files wait to be attached to a record. Attach them first, or wait for a day.");
    return r ? r : 1;
}

int op_file_begin(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    const struct field *f = file_field(c, json_str(m, "reg"), json_str(m, "field"));
    CLEANUP(buf_done) struct buf name;
    char id[ATTACHMENT_ID_SIZE];
    int64_t size = json_int(m, "size");
    int r;

    buf_init(&name, ATTACHMENT_NAME_MAX);
    if (!f)
        return answer_refuse(ret_answer, "none", "その様式にファイルの欄はありません。", "This register has no such field for a file.");
    if (size <= 0)
        return answer_refuse(ret_answer, "invalid", "空のファイルは添付できません。", "An empty file cannot be attached.");
    if ((uint64_t)size > f->max_bytes)
        return too_large(f, ret_answer);
    if ((r = attachment_clean_name(str_of(json_str(m, "name")), &name)) > 0)
        return answer_refuse(ret_answer, "invalid", "ファイルの名前に使えない文字があるか、名前がありません。",
                             "The file's name is empty, or holds characters that cannot be used.");
    if (r || (r = check_quota(c, (uint64_t)size, ret_answer)))
        return MIN_OF(r, 0);
    if (c->db && !filing_has_room(c->db, (uint64_t)size))
        return (*ret_answer = filing_full()) ? 0 : -ENOMEM;
    if ((r = attachment_new(c->store, c->person, gate_name(c->measured), name.at, (uint64_t)size, c->real_us, id)))
        return r;
    return answer_done(json_pack("{s:s, s:I}", "id", id, "piece", (json_int_t)ATTACHMENT_PIECE), ret_answer);
}

/* His own, that no act has named. 1: there is none, which is answered. */
static int find_own(struct operation_context *c, const json_t *m, struct attachment *ret, json_t **ret_answer)
{
    int r = attachment_get(c->store, json_str(m, "id"), ret);

    if (!r && !strcmp(ret->owner, c->person) && !*ret->record)
        return 0;
    if (r >= 0)
        r = none(ret_answer) ?: 1;
    return r;
}

/* Beside the loop all of it was found to be there. */
int op_file_piece(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    int r = find_own(c, m, &a, ret_answer);

    if (!r && strcmp(a.state, "coming") != 0)
        r = none(ret_answer) ?: 1;
    if (r)
        return MIN_OF(r, 0);
    snprintf(a.state, sizeof(a.state), "waiting");
    a.next_us = c->real_us;
    if ((r = attachment_save(c->store, &a, NULL)))
        return r;
    return answer_done(json_pack("{s:I}", "offset", (json_int_t)a.size), ret_answer);
}

int op_file_drop(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    int r = find_own(c, m, &a, ret_answer);

    if (r || (r = attachment_drop(c->store, &a)))
        return MIN_OF(r, 0);
    return answer_done(json_object(), ret_answer);
}

int file_sweep(struct operation_context *c, bool *ret_more)
{
    ROWS_AUTO *rows = NULL;
    int r = STORE_QUERY(c->store, &rows, STMT_ATTACHMENT_LEFT, V_INT(c->real_us - FILES_LEFT_US), V_INT(FILES_SWEPT_MAX + 1));

    *ret_more = false;
    if (r)
        return r;
    for (int n = 0; (r = rows_next(rows)) == 1; n++) {
        CLEANUP(attachment_done) struct attachment a = {0};

        if (n == FILES_SWEPT_MAX) {
            *ret_more = true;
            return 0;
        }
        if ((r = attachment_get(c->store, rows_text(rows, 0), &a)) || (r = attachment_drop(c->store, &a)))
            return MIN_OF(r, 0);
    }
    return r;
}

/* ---- going out ---- */

static int put_key(struct operation_context *c, const struct attachment *a, json_t *answer)
{
    uint8_t key[VAULT_KEY_SIZE];
    char hex[2 * VAULT_KEY_SIZE + 1];
    int r = attachment_key(c->store, a, key);

    if (r)
        return r > 0 ? -EBADMSG : r;
    sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
    r = json_put_str(answer, "key", hex);
    sodium_memzero(key, sizeof(key));
    sodium_memzero(hex, sizeof(hex));
    return r;
}

int file_answer_key(struct operation_context *c, const struct attachment *a, json_t **ret_answer)
{
    JSON_AUTO *head = NULL;
    json_t *members;
    int r = attachment_head(c->store, a, &head);

    if (r)
        return r > 0 ? -EBADMSG : r;
    members = json_pack("{s:s, s:s, s:s, s:I}", "id", a->id, "name", json_str(head, "name"), "type", json_str(head, "type"), "size",
                        (json_int_t)a->size);
    if (!members || (r = put_key(c, a, members))) {
        json_decref(members);
        return members ? r : -ENOMEM;
    }
    return answer_done(members, ret_answer);
}

static int open_refused(const char *result, json_t **ret_answer)
{
    if (!strcmp(result, "infected"))
        return answer_refuse(ret_answer, "infected", "このファイルからはウイルスが見つかっているため、取り出せません。",
                             "Malware was found in this file; it is handed out to nobody.");
    if (!strcmp(result, "forbidden"))
        return answer_refuse(ret_answer, "forbidden", "この記録は閲覧できません。", "This record is not for you to read.");
    if (!strcmp(result, "shut"))
        return operation_shut(ret_answer);
    if (!strcmp(result, "too-high"))
        return answer_refuse(ret_answer, "forbidden", "この格付けの記録のファイルは取り出せません。",
                             "Files of records of this label are not handed out.");
    return none(ret_answer);
}

/* 1: it may not, which is answered. */
static int file_leaves(struct operation_context *c, const struct attachment *a, json_t **ret_answer)
{
    JSON_AUTO *head = NULL;
    JSON_AUTO *records = json_pack("{s:b}", a->record, 1);
    int r = records ? attachment_head(c->store, a, &head) : -ENOMEM;

    return r ? (r > 0 ? -EBADMSG : r) : operation_leaves(c, LEAVING_BY_FILE, records, json_str(head, "sha256"), ret_answer);
}

int op_file_open(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    JSON_AUTO *outcome = NULL;
    const char *file = json_str(m, "file");
    int r = engine_file_open(c->engine, c->log, c->person, json_str(m, "record"), file, operation_channel(c) == RELEASE_API ? FILE_FETCH : FILE_OPEN, c->now_us, &outcome);

    if (r)
        return r;
    if (!strcmp(json_str(outcome, "result"), "asks"))
        return operation_asks(outcome, ret_answer);
    if (!strcmp(json_str(outcome, "result"), "held-back"))
        return operation_held_back(outcome, ret_answer);
    if (strcmp(json_str(outcome, "result"), "recorded") != 0)
        return open_refused(json_str(outcome, "result"), ret_answer);
    if ((r = attachment_get(c->store, file, &a)))
        return r > 0 ? -EBADMSG : r;
    if ((r = file_leaves(c, &a, ret_answer)))
        return MIN_OF(r, 0);
    return file_answer_key(c, &a, ret_answer);
}

/* Of a file that is held back nothing is told that stands in it. */
static int put_seen(json_t *to, const json_t *seen, bool is_held)
{
    if (is_held && json_put_flag(to, "held", true))
        return -ENOMEM;
    if (!seen)
        return 0;
    return json_put(to, "seen", is_held ? seen_outside(seen) : json_incref((json_t *)(uintptr_t)seen));
}

static int answer_preview(struct operation_context *c, const struct attachment *a, bool is_held, json_t **ret_answer)
{
    JSON_AUTO *head = NULL;
    JSON_AUTO *value = NULL;
    int r = attachment_head(c->store, a, &head);

    if (!r)
        r = attachment_value(c->store, a, &value);
    if (!r)
        r = put_seen(value, json_obj(head, "seen"), is_held);
    return r ? (r > 0 ? -EBADMSG : r) : answer_done(TAKE(value), ret_answer);
}

int op_file_preview(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    JSON_AUTO *outcome = NULL;
    const char *file = json_str(m, "file");
    int r = engine_file_open(c->engine, c->log, c->person, json_str(m, "record"), file, FILE_PREVIEW, c->now_us, &outcome);

    if (r)
        return r;
    if (!strcmp(json_str(outcome, "result"), "asks"))
        return operation_asks(outcome, ret_answer);
    if (strcmp(json_str(outcome, "result"), "recorded") != 0)
        return open_refused(json_str(outcome, "result"), ret_answer);
    r = attachment_get(c->store, file, &a);
    return r ? (r > 0 ? -EBADMSG : r) : answer_preview(c, &a, json_flag(outcome, "held"), ret_answer);
}

/* ---- examining ---- */

static int over(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "over", "その検査はすでに別に扱われています。", "That examination has been dealt with already.");
}

/* Whoever looked into the file may have been taken over by it, and an entry is read by many and for good. So nothing stands there but words of
 * this program's and numbers: how it ended, why, by which definitions. What the file could have put there, the name of what was found and the
 * path of the member, is sealed with the file; the entry holds a salted commitment to it. */
static int enter_end(struct operation_context *c, const struct attachment *a, const json_t *m, const char *said)
{
    JSON_AUTO *in = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:I}", "file", a->id, "state", a->state, "size", (json_int_t)a->size,
                              "scanner", json_str(m, "scanner"), "definitions", json_str(m, "definitions"), "why", json_str(m, "why"), "said", said, "try", (json_int_t)a->tries);

    return in ? operation_enter(c, "exam-end", "recorded", in, NULL) : -ENOMEM;
}

/* Its examiners never came back: whatever killed them was in the file, or may have been. */
static int give_up(struct operation_context *c, struct attachment *a, json_t **ret_answer)
{
    JSON_AUTO *said = json_pack("{s:s}", "why", "crashed");
    int r;

    if (!said)
        return -ENOMEM;
    snprintf(a->state, sizeof(a->state), "crashed");
    if ((r = attachment_save(c->store, a, NULL)) || (r = enter_end(c, a, said, "")))
        return r;
    return over(ret_answer);
}

int op_exam_begin(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    int r = attachment_get(c->store, json_str(m, "id"), &a);

    if (r)
        return r > 0 ? over(ret_answer) : r;
    if ((strcmp(a.state, "waiting") && strcmp(a.state, "begun")) || a.tries != json_int(m, "tries") || a.next_us > c->real_us)
        return over(ret_answer);
    if (a.tries >= EXAM_TRIES_MAX)
        return give_up(c, &a, ret_answer);
    snprintf(a.state, sizeof(a.state), "begun");
    a.tries++;
    a.next_us = c->real_us + EXAM_MAX_US;
    r = attachment_save(c->store, &a, NULL);
    return r ? r : file_answer_key(c, &a, ret_answer);
}

/* Bytes of a small alphabet, no more than `max`. */
static bool is_of(const char *text, size_t max, const char *alphabet)
{
    return strlen(text) <= max && strspn(text, alphabet) == strlen(text);
}

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"

/* "ClamAV 1.4.6" or "ClamAV 1.4.6/27800": engine and number of the definitions. */
static bool scanner_ok(const char *scanner)
{
    struct str rest = str_of(scanner), version;

    if (!*scanner)
        return true;
    if (!str_starts(rest, STR("ClamAV ")) || strlen(scanner) > 40)
        return false;
    rest = (struct str){rest.at + 7, rest.len - 7};
    if (!str_split(&rest, '/', &version))
        return false;
    return is_of(scanner + 7, 33, DIGITS "./") && version.len > 0 && version.len <= 16 && is_of(rest.len ? rest.at : "", 9, DIGITS);
}

static bool day_ok(const char *day)
{
    int32_t of;

    return !*day || (strlen(day) == 10 && !day_parse_iso(str_of(day), &of));
}

static bool why_ok(const char *why)
{
    static const char *const reasons[] = {"", "encrypted", "layers", "members", "size", "ratio", "time", "stream", "damaged", "special", "path", "polyglot", "image", "archive", "scanner",
                                          "no-scanner", "crashed", "overdue"};

    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (!strcmp(why, reasons[i]))
            return true;
    return false;
}

static bool is_visible(const char *text, size_t max, bool is_ascii)
{
    struct str s = str_of(text);

    if (s.len > max || !utf8_is_valid(s))
        return false;
    for (size_t at = 0; at < s.len;) {
        uint32_t c = utf8_next(s, &at);

        if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (is_ascii && c > 0x7e))
            return false;
    }
    return true;
}

static bool said_ok(const json_t *m)
{
    return is_of(json_str(m, "type"), 16, LETTERS DIGITS "-") && scanner_ok(json_str(m, "scanner")) && day_ok(json_str(m, "definitions")) && why_ok(json_str(m, "why")) &&
           is_visible(json_str(m, "place"), PLACE_MAX, false) && !utf8_check_nfc(str_of(json_str(m, "place"))) && is_visible(json_str(m, "found"), NAME_MAX_FOUND, true);
}

/* What is said of it joins what is known, sealed; *ret_commit is to it, under a salt that is sealed with it. */
static int put_said(json_t *head, const json_t *m, char ret_commit[2 * SHA256_SIZE + 1])
{
    static const char *const names[] = {"type", "sha256", "scanner", "definitions", "why", "place", "found"};
    JSON_AUTO *said = json_object();
    uint8_t salt[LEAF_SALT_SIZE];
    char hex[2 * LEAF_SALT_SIZE + 1];
    struct digest commit;
    int r = said ? 0 : -ENOMEM;

    for (size_t i = 0; !r && i < ARRAY_LEN(names); i++)
        if (*json_str(m, names[i]))
            r = json_put_str(said, names[i], json_str(m, names[i]));
    if (!r && json_obj(m, "seen") && json_object_set(said, "seen", json_obj(m, "seen")))
        r = -ENOMEM;
    random_fill(salt, sizeof(salt));
    sodium_bin2hex(hex, sizeof(hex), salt, sizeof(salt));
    if (r || (r = ERR_FOLD(leaf_commit(salt, said, &commit, NULL))))
        return r;
    sodium_bin2hex(ret_commit, 2 * SHA256_SIZE + 1, commit.bytes, sizeof(commit.bytes));
    return json_object_update(head, said) ? -ENOMEM : json_put_str(head, "salt", hex);
}

static bool sha_ok(const json_t *m)
{
    const char *sha = json_str(m, "sha256");
    struct digest d;

    return !*sha || !hex_parse(str_of(sha), &d, sizeof(d));
}

static bool is_outcome(const char *state)
{
    for (size_t i = 0; file_states[i]; i++)
        if (!strcmp(state, file_states[i]))
            return true;
    return false;
}

static int not_so(json_t **ret_answer)
{
    return answer_refuse(ret_answer, "invalid", "検査の結果の形が正しくありません。", "No examination ends so.");
}

/* 1: what is said of its contents is not of their form. */
static int hold(struct operation_context *c, const struct attachment *a, const json_t *m)
{
    const json_t *members = json_object_get(m, "members");
    struct digest whole;
    int r = 0;

    if (*json_str(m, "sha256") && !hex_parse(str_of(json_str(m, "sha256")), &whole, sizeof(whole)))
        r = holding_add(c->store, "", a->id, HOLDING_TAKEN_IN, &whole, a->size);
    return r || !members ? r : holding_add_all(c->store, "", a->id, HOLDING_MEMBER, members);
}

int op_exam_end(struct operation_context *c, const json_t *m, json_t **ret_answer)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    char said[2 * SHA256_SIZE + 1] = "";
    JSON_AUTO *head = NULL;
    int r = attachment_get(c->store, json_str(m, "id"), &a);

    if (r < 0)
        return r;
    if (r || strcmp(a.state, "begun") != 0 || a.tries != json_int(m, "tries"))
        return over(ret_answer);
    if (!is_outcome(json_str(m, "state")) || !sha_ok(m) || !said_ok(m) || (json_object_get(m, "seen") && !seen_ok(json_obj(m, "seen"))))
        return not_so(ret_answer);
    if ((r = attachment_head(c->store, &a, &head)))
        return r > 0 ? -EBADMSG : r;
    if ((r = hold(c, &a, m)) || (r = put_said(head, m, said)))
        return r > 0 ? not_so(ret_answer) : r;
    snprintf(a.state, sizeof(a.state), "%s", json_str(m, "state"));
    if ((r = attachment_save(c->store, &a, head)) || (r = enter_end(c, &a, m, said)))
        return r;
    return answer_done(json_object(), ret_answer);
}
