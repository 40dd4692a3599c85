/* `tsujiban media collect`: what collectors on other terminals wrote is judged, shown and entered (G4 of doc/design/information.md, doc/man/collectors.md). */
#include "cmd/collect-pieces.h"
#include "cmd/commands.h"
#include "cmd/media-gate.h"
#include "cmd/progress.h"

#include "base/sheet.h"
#include "engine/collect.h"
#include "engine/takeover.h"
#include "regulation/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TABLE_ARENA_MAX ((size_t)128 << 20)
#define FILE_MAX SHEET_MAX_BYTES

enum { COLLECT_CHECK = GATE_WHO_N, COLLECT_N };

struct brought {
    struct arena *arena;
    struct csv_table read;
    json_t *table;
    unsigned before; /* lines of the file that are not in the piece */
};

static void brought_done(struct brought *b)
{
    json_decref(b->table);
    arena_free(b->arena);
}

static int bring(const char *path, const struct buf *bytes, bool is_first, struct brought *b)
{
    enum table_kind kind = TABLE_CSV;
    struct diag diag;
    int r;

    diag_init(&diag);
    b->arena = arena_new(TABLE_ARENA_MAX);
    r = !b->arena ? -ENOMEM : table_parse(path, buf_str(bytes), b->arena, &b->read, &kind, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (r || kind == TABLE_SHEET)
        return command_fail(r ? MSG_FAIL_NOTHING_IN : MSG_FAIL_COLLECT_KIND);
    if (kind == TABLE_CSV_CP932 && is_first)
        command_note(MSG_SAID_SHIFT_JIS, {"path", str_of(path)});
    b->table = takeover_table(&b->read);
    return b->table ? EXIT_DONE : command_fail(MSG_CONSOLE_MEMORY);
}

static const struct csv_cell *cell_at(const struct brought *b, int64_t row, int64_t col)
{
    const struct csv_cell *cells =
        row ? &b->read.cells[(size_t)(row - 1) * b->read.n_cols] : b->read.header;

    return &cells[col < 0 ? 0 : col];
}

static void print_faults(const struct brought *b, const char *path, const json_t *collected)
{
    const char *lang = message_lang_tag(home_language());
    const json_t *faults = json_arr(collected, "faults");

    for (size_t i = 0; i < json_array_size(faults); i++) {
        const json_t *one = json_array_get(faults, i);
        const struct csv_cell *cell = cell_at(b, json_int(one, "row"), json_int(one, "col"));

        fprintf(stderr, "%s:%u:%u: ", path, cell->line + (json_int(one, "row") ? b->before : 0),
                cell->col);
        if (json_int(one, "col") >= 0 && json_int(one, "row"))
            fprintf(stderr, "%.*s: ", STR_ARG(b->read.header[json_int(one, "col")].text));
        fprintf(stderr, "%s\n", json_str(json_obj(one, "say"), lang));
    }
}

static void print_refused(const char *path, const json_t *refused)
{
    const json_t *outcome = json_obj(refused, "outcome"), *one;
    const char *lang = message_lang_tag(home_language());
    size_t i, n;
    json_t *c;

    fprintf(stderr, "%s: %s\n", path, command_word(MSG_WORD_REFUSED));
    json_array_foreach (json_arr(outcome, "unmet"), i, one) {
        fprintf(stderr, "  ");
        json_array_foreach (json_arr(one, "clauses"), n, c)
            fprintf(stderr, "%s%s", n ? ", " : "", json_string_value(c));
        fprintf(stderr, "  %s\n", json_str(json_obj(one, "say"), lang));
    }
    json_array_foreach (json_arr(outcome, "fields"), i, one)
        fprintf(stderr, "  %s: %s\n", json_str(one, "field"), json_str(json_obj(one, "say"), lang));
}

static void say_note(enum message_key key, const json_t *collected, const char *member)
{
    if (!*json_str(collected, member))
        return;
    printf("  ");
    gate_say(stdout, key, MESSAGE_ARGS({"what", str_of(json_str(collected, member))}));
}

/* The clause by which the step sets this mark on a record; NULL: by none. */
static const struct clause *clause_of(const struct step *st, const struct field *f)
{
    for (size_t i = 0; st && i < st->n_effects; i++) {
        const struct effect *e = &st->effects[i];

        for (size_t n = 0; e->kind == EFFECT_SET && e->clauses.n && n < e->n_sets; n++)
            if (e->sets[n].field == f)
                return e->clauses.at[0];
    }
    return NULL;
}

/* What the line lacks, as the pack marked it when it was entered, each with the clause. */
static void print_marks(struct gate *g, const struct reg *reg, const char *record)
{
    const struct step *st = reg_part(reg, "enter");
    JSON_AUTO *view = NULL;

    if (engine_view(g->engine, g->person.at, record, engine_now(g->engine), &view))
        return; /* out of his sight */
    for (size_t i = 0; i < reg->n_fields; i++) {
        const struct field *f = &reg->fields[i];
        const struct clause *c = f->type == FIELD_FLAG ? clause_of(st, f) : NULL;

        if (c && json_flag(json_obj(view, "values"), f->id))
            printf("    %s  %s\n", c->id,
                   home_language() == MESSAGE_JA ? f->title.ja : f->title.en);
    }
}

/* What became of each line that needs somebody, with its place in the file. */
static void print_lines(struct gate *g, const struct brought *b, const char *path,
                        const json_t *collected, bool is_check)
{
    const struct reg *reg = engine_reg(g->engine, "*collected-lines");
    const json_t *one;
    size_t i;

    if (!reg || strcmp(json_str(collected, "kind"), "trails") != 0)
        return;
    json_array_foreach (json_arr(collected, "lines"), i, one) {
        struct text2 title = state_title(reg, json_str(one, "state"));
        int name = csv_col(&b->read, "file");
        const struct csv_cell *cell = cell_at(b, json_int(one, "row"), name);

        if (strcmp(json_str(one, "state"), "unpermitted") != 0)
            continue;
        printf("  %s:%u  %s  %.*s\n", path, cell->line + b->before,
               home_language() == MESSAGE_JA ? title.ja : title.en, STR_ARG(cell->text));
        if (!is_check) /* else there is no record of it */
            print_marks(g, reg, json_str(one, "record"));
    }
}

static int print_collected(struct gate *g, const struct brought *b, const char *path,
                           const json_t *collected, bool is_check)
{
    char lines[24], fresh[24], marks[24], first[24], last[24];

    snprintf(lines, sizeof(lines), "%" PRId64, json_int(collected, "n_lines"));
    snprintf(fresh, sizeof(fresh), "%" PRId64, json_int(collected, "n_new"));
    snprintf(marks, sizeof(marks), "%" PRId64, json_int(collected, "n_marks"));
    snprintf(first, sizeof(first), "%" PRId64, json_int(collected, "first"));
    snprintf(last, sizeof(last), "%" PRId64, json_int(collected, "last"));
    gate_say(stdout,
             json_int(collected, "n_new") ? (is_check ? MSG_COLLECT_WOULD : MSG_COLLECT_DONE)
                                          : MSG_COLLECT_NOTHING_NEW,
             MESSAGE_ARGS(
                 {"file", str_of(path)}, {"collector", str_of(json_str(collected, "collector"))},
                 {"lines", str_of(lines)}, {"new", str_of(fresh)}, {"marks", str_of(marks)},
                 {"first", str_of(first)}, {"last", str_of(last)}));
    say_note(MSG_COLLECT_GAPS, collected, "gaps");
    say_note(MSG_COLLECT_BREAKS, collected, "breaks");
    say_note(MSG_COLLECT_SILENT, collected, "silent");
    print_lines(g, b, path, collected, is_check);
    return EXIT_DONE;
}

/* What a piece is called where it is entered: the first as its file. */
static const char *piece_name(const char *path, unsigned n, char ret[256])
{
    const char *slash = strrchr(path, '/');

    if (n == 1)
        return slash ? slash + 1 : path;
    snprintf(ret, 256, "%.150s #%u", slash ? slash + 1 : path, n);
    return ret;
}

static int take_piece(struct gate *g, const char *kind, const char *path, const struct brought *b,
                      unsigned n, bool is_check, bool *ret_is_new)
{
    char name[256];
    JSON_AUTO *answer = NULL;
    JSON_AUTO *message = json_pack("{s:s, s:s, s:s, s:s, s:O, s:s}", "op", "collect", "token",
                                   g->cookie, "kind", kind, "file", piece_name(path, n, name),
                                   "table", b->table, "trial", is_check ? "yes" : "no");

    if (!message)
        return command_fail(MSG_CONSOLE_MEMORY);
    if (keeper_ask(g->link, message, &answer))
        return command_fail(MSG_FAIL_COLLECT_AGAIN);
    *ret_is_new = json_int(json_obj(answer, "collected"), "n_new") > 0;
    if (json_flag(answer, "ok"))
        return print_collected(g, b, path, json_obj(answer, "collected"), is_check);
    if (json_obj(answer, "refused")) {
        print_refused(path, json_obj(answer, "refused"));
        return EXIT_FORBIDDEN;
    }
    print_faults(b, path, json_obj(answer, "collected"));
    return command_fail(n > 1 ? MSG_FAIL_COLLECT_PART : MSG_FAIL_VALUE_BAD, {"given", str_of(path)},
                        {"why", str_of(json_str(json_obj(answer, "say"), message_lang_tag(home_language())))});
}

/* One after the other: each goes on from the one before. A trial ends with the first that has something new, for the next ones are judged by it. */
static int take_pieces(struct gate *g, const char *kind, const char *path, struct pieces *pieces,
                       bool is_check)
{
    CLEANUP(buf_done) struct buf bytes;
    struct progress progress;
    bool is_new = false;
    int r = 0;

    buf_init(&bytes, FILE_MAX);
    progress_begin(&progress, command_word(MSG_PROGRESS_TAKING_IN));
    while (!r && !(is_check && is_new)) {
        CLEANUP(brought_done) struct brought b = {0};

        if ((r = pieces_next(pieces, &bytes, &b.before)))
            break;
        progress_tell(&progress, pieces_done(pieces), pieces_size(pieces));
        r = bring(path, &bytes, pieces_n(pieces) == 1, &b);
        progress_end(&progress);
        if (!r)
            r = take_piece(g, kind, path, &b, pieces_n(pieces), is_check, &is_new);
        if (r)
            return r;
    }
    progress_end(&progress);
    if (!r && pieces_has_more(pieces))
        gate_say(stdout, MSG_COLLECT_REST, MESSAGE_ARGS({"file", str_of(path)}));
    return r > 1 ? EXIT_FAILED : 0;
}

static int take(struct gate *g, const char *kind, const char *path, bool is_check)
{
    struct pieces *pieces = NULL;
    int r = pieces_open(path, &pieces);

    if (!r)
        r = take_pieces(g, kind, path, pieces, is_check);
    pieces_close(pieces);
    return r;
}

/* Each file is a whole of its own; the one that cannot be taken ends the run, for the next ones go on from it. */
static int run_collect(const struct arguments *args)
{
    const char *kind = args->rest[0];
    struct gate g = {0};
    int r;

    if (collect_kind_of(kind) == COLLECT_KINDS) {
        return command_wrong(MSG_WRONG_COLLECT, {"given", str_of(kind)});
    }
    r = gate_enter(args, &g);
    for (size_t i = 1; !r && i < args->n_rest; i++)
        r = take(&g, kind, args->rest[i], args->values[COLLECT_CHECK] != NULL);
    gate_close(&g);
    return r;
}

static const struct option_row collect_options[] = {
    GATE_WHO_OPTIONS,
    {"--check", NULL, MSG_OPTION_MEDIA_COLLECT_CHECK},
};
const struct command cmd_media_collect = {"media collect",
                                          "trails|settings|scans FILE…",
                                          MSG_HELP_MEDIA_COLLECT,
                                          collect_options,
                                          ARRAY_LEN(collect_options),
                                          2,
                                          SIZE_MAX,
                                          run_collect,
                                          false};
