/* `tsujiban match --set SET FILE…`: what of a set stands in logs, plain or packed, by many threads; a line of JSON or of CSV a hit, in the order of
 * the files and of their bytes. */
#include "cmd/commands.h"
#include "cmd/open-set.h"
#include "cmd/progress.h"

#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/time.h"
#include "base/utf8.h"
#include "intel/extract.h"
#include "intel/log-file.h"
#include "intel/match-crew.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FORM_MAX 65536u
#define INDICATOR_SHOWN_MAX \
    (4u * UINT16_MAX + 1) /* as long as a file of a set can name one, each byte as \xNN */
#define WORDS_MAX ((size_t)16 << 20)
#define TEXT_PIECE ((size_t)256 << 10)

enum { OPT_SET, OPT_EXPIRED, OPT_TIME_FIELD, OPT_FORMAT, OPT_TEXT, OPT_THREADS, OPT_TRUST };

struct search {
    const struct set *set;
    struct match_options options;
    bool is_csv, is_text;
    unsigned n_threads;
};

/* ---- a hit in words ---- */

enum { COL_FILE, COL_LINE, COL_OFFSET, COL_LENGTH, COL_TYPE, COL_VALUE, COL_INDICATOR, N_COLS };
static const char *const columns[N_COLS] = {"file", "line",  "offset",   "length",
                                            "type", "value", "indicator"};

struct shown {
    struct buf file, value, indicator;
    char line[24], offset[24], length[24];
};

static void shown_init(struct shown *s)
{
    buf_init(&s->file, FORM_MAX);
    buf_init(&s->value, FORM_MAX);
    buf_init(&s->indicator, INDICATOR_SHOWN_MAX);
}

static void shown_done(struct shown *s)
{
    buf_done(&s->file);
    buf_done(&s->value);
    buf_done(&s->indicator);
}

static int show_value(const struct set_entry *entry, struct buf *out)
{
    struct clue v;
    int r;

    clue_init(&v);
    v.type = entry->type;
    r = buf_add_str(&v.bytes, entry->bytes);
    if (!r)
        r = clue_show(&v, out);
    clue_done(&v);
    return r;
}

static int show(const struct match_hit *hit, const char *path, struct shown *s)
{
    struct str indicator = hit->entry->indicator;
    int r = utf8_print_safe(str_of(path), &s->file);

    if (!r)
        r = show_value(hit->entry, &s->value);
    if (!r)
        r = utf8_is_valid(indicator) ? buf_add_str(&s->indicator, indicator)
                                     : utf8_print_safe(indicator, &s->indicator);
    snprintf(s->line, sizeof(s->line), "%" PRIu64, hit->line);
    snprintf(s->offset, sizeof(s->offset), "%" PRIu64, hit->offset);
    snprintf(s->length, sizeof(s->length), "%zu", hit->written.len);
    return r;
}

static int add_json(const char *bytes, size_t n, void *out)
{
    return buf_add(out, bytes, n) ? -1 : 0;
}

static int put_json(const struct match_hit *hit, const struct shown *s, struct buf *out)
{
    JSON_AUTO *line = json_object();
    int r = line ? json_put_strn(line, columns[COL_FILE], buf_str(&s->file)) : -ENOMEM;

    if (!r)
        r = json_put_int(line, columns[COL_LINE], (int64_t)hit->line);
    if (!r)
        r = json_put_int(line, columns[COL_OFFSET], (int64_t)hit->offset);
    if (!r)
        r = json_put_int(line, columns[COL_LENGTH], (int64_t)hit->written.len);
    if (!r)
        r = json_put_str(line, columns[COL_TYPE], clue_type_name(hit->entry->type));
    if (!r)
        r = json_put_strn(line, columns[COL_VALUE], buf_str(&s->value));
    if (!r)
        r = json_put_strn(line, columns[COL_INDICATOR], buf_str(&s->indicator));
    if (!r && json_dump_callback(line, add_json, out, JSON_COMPACT))
        r = -ENOMEM;
    return r ? r : buf_add_char(out, '\n');
}

static int put_csv(const struct match_hit *hit, const struct shown *s, struct buf *out)
{
    struct str cells[N_COLS] = {
        buf_str(&s->file),
        str_of(s->line),
        str_of(s->offset),
        str_of(s->length),
        str_of(clue_type_name(hit->entry->type)),
        buf_str(&s->value),
        buf_str(&s->indicator),
    };

    return csv_put_row(out, cells, N_COLS, true);
}

static int put(const struct match_hit *hit, const void *file, void *context, struct buf *out)
{
    const struct search *search = context;
    struct shown s;
    int r;

    shown_init(&s);
    r = show(hit, file, &s);
    if (!r)
        r = search->is_csv ? put_csv(hit, &s, out) : put_json(hit, &s, out);
    shown_done(&s);
    return r;
}

static int write_words(struct str words, void *context)
{
    return fwrite(words.at, 1, words.len, stdout) == words.len ? 0 : -errno;
}

static int write_columns(void)
{
    CLEANUP(buf_done) struct buf row;
    struct str cells[N_COLS];
    int r;

    buf_init(&row, FORM_MAX);
    for (size_t i = 0; i < N_COLS; i++)
        cells[i] = str_of(columns[i]);
    r = csv_put_row(&row, cells, N_COLS, false);
    return r ? r : write_words(buf_str(&row), NULL);
}

/* `error` ended the work, or is 0. */
static int end(int error, int status)
{
    if (error == -ENOMEM || error == -EAGAIN)
        return command_fail(MSG_FAIL_MATCHED, {"why", str_of(command_why(-error))});
    if (!error && fflush(stdout))
        error = -errno;
    return error ? command_fail(MSG_FAIL_HITS_WHY, {"why", str_of(command_why(-error))}) : status;
}

/* ---- a file ---- */

static const char *why_of(int r)
{
    switch (r) {
    case LOG_E_CUT:
        return command_word(MSG_FAIL_LOG_CUT);
    case LOG_E_BROKEN:
        return command_word(MSG_FAIL_LOG_BROKEN);
    case LOG_E_LIMIT:
        return command_word(MSG_FAIL_LOG_LIMIT);
    default:
        return command_why(-r);
    }
}

/* Hits before the place where a log breaks stand. */
static int tell_broken(const struct log_file *f, const char *path, int r)
{
    return r > 0 ? command_fail(MSG_FAIL_MATCHED_TO, {"path", str_of(path)}, {"byte", NUMBER(log_file_done(f))}, {"why", str_of(why_of(r))})
                 : command_fail(MSG_FAIL_MATCHED_NOT, {"path", str_of(path)}, {"why", str_of(why_of(r))});
}

/* All of a log, to whoever takes it. *ret_broken is what ended its reading. 0, or what `filled` answered. */
static int read_log(struct log_file *f, char *(*room)(void *to, size_t *size),
                    int (*filled)(void *to, size_t n), void *to, int *ret_broken)
{
    struct progress progress;
    size_t size, n = 1;
    int r = 0;

    *ret_broken = 0;
    progress_begin(&progress, command_word(MSG_PROGRESS_MATCHING));
    while (!r && !*ret_broken && n) {
        char *at = room(to, &size);

        *ret_broken = log_file_read(f, at, size, &n);
        r = filled(to, n);
        progress_tell(&progress, log_file_done(f), MAX_OF(log_file_size(f), log_file_done(f)));
    }
    progress_end(&progress);
    return r;
}

static char *crew_room(void *to, size_t *size)
{
    return match_crew_room(to, size);
}

static int crew_filled(void *to, size_t n)
{
    return match_crew_filled(to, n);
}

/* EXIT_DONE, EXIT_FAILED; *ret_error is what ends the whole work. */
static int match_log(struct match_crew *crew, const char *path, int *ret_error)
{
    CLEANUP(log_file_closep) struct log_file *f = NULL;
    int r = log_file_open(path, &f), broken;

    if (r)
        return command_fail_why(MSG_CONSOLE_READ, path, -r);
    match_crew_begin(crew, path);
    r = read_log(f, crew_room, crew_filled, crew, &broken);
    if (!r)
        r = match_crew_end(crew);
    *ret_error = r;
    return broken ? tell_broken(f, path, broken) : EXIT_DONE;
}

static int match_logs(struct search *s, const struct arguments *args)
{
    CLEANUP(match_crew_freep) struct match_crew *crew = NULL;
    struct match_crew_work work = {s->set, s->options, put, write_words, s};
    int worst = EXIT_DONE, error = match_crew_new(&work, s->n_threads, &crew);

    for (size_t i = 0; i < args->n_rest && !error; i++) {
        int status = match_log(crew, args->rest[i], &error);

        worst = MAX_OF(worst, status);
    }
    if (!error)
        error = match_crew_finish(crew);
    return end(error, worst);
}

/* ---- a text ---- */

struct text {
    struct search *search;
    struct matcher *matcher;
    struct extractor *extractor;
    const char *path;
    struct buf words;
    char piece[TEXT_PIECE];
};

static int tell_hit(const struct match_hit *hit, void *context)
{
    struct text *t = context;
    int r;

    buf_clear(&t->words);
    r = put(hit, t->path, t->search, &t->words);
    return r ? r : write_words(buf_str(&t->words), NULL);
}

static int ask_value(const struct extract_hit *found, void *context)
{
    struct text *t = context;
    struct match_hit where = {found->line, found->offset, found->written, NULL};

    return matcher_value(t->matcher, found->value, &where);
}

static char *text_room(void *to, size_t *size)
{
    struct text *t = to;

    *size = sizeof(t->piece);
    return t->piece;
}

static int text_filled(void *to, size_t n)
{
    struct text *t = to;

    return n ? extractor_add(t->extractor, (struct str){t->piece, n}) : 0;
}

static int match_text(struct text *t, const char *path, int *ret_error)
{
    CLEANUP(log_file_closep) struct log_file *f = NULL;
    int r = log_file_open(path, &f), broken;

    if (r)
        return command_fail_why(MSG_CONSOLE_READ, path, -r);
    t->path = path;
    r = read_log(f, text_room, text_filled, t, &broken);
    if (!r)
        r = extractor_end(t->extractor);
    *ret_error = r;
    return broken ? tell_broken(f, path, broken) : EXIT_DONE;
}

static int match_texts(struct search *s, const struct arguments *args)
{
    struct text *t = calloc(1, sizeof(*t));
    int worst = EXIT_DONE, error = t ? 0 : -ENOMEM;

    if (t) {
        t->search = s;
        buf_init(&t->words, WORDS_MAX);
        t->matcher = matcher_new(s->set, &s->options, tell_hit, t);
        t->extractor = extractor_new(ask_value, t);
        error = t->matcher && t->extractor ? 0 : -ENOMEM;
    }
    for (size_t i = 0; i < args->n_rest && !error; i++) {
        int status = match_text(t, args->rest[i], &error);

        worst = MAX_OF(worst, status);
    }
    if (t) {
        matcher_free(t->matcher);
        extractor_free(t->extractor);
        buf_done(&t->words);
    }
    free(t);
    return end(error, worst);
}

/* ---- the command ---- */

static int read_options(const struct arguments *args, struct search *s)
{
    const char *field = args->values[OPT_TIME_FIELD], *format = args->values[OPT_FORMAT],
               *threads = args->values[OPT_THREADS];
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t number;

    s->options.now_us = clock_real_us();
    s->n_threads = n > 0 ? (unsigned)MIN_OF(n, (long)CREW_THREADS_MAX) : 1;
    s->is_text = args->values[OPT_TEXT];
    if (!args->values[OPT_SET])
        return command_wrong(MSG_WRONG_MATCH_SET);
    if (field && str_to_u64(str_of(field), 1, 1000, &number))
        return command_wrong(MSG_WRONG_MATCH_FIELD, {"given", str_of(field)});
    if (field)
        s->options.time_field = (unsigned)number;
    if (field && s->is_text)
        return command_wrong(MSG_WRONG_MATCH_TEXT);
    if (format && strcmp(format, "csv") && strcmp(format, "json"))
        return command_wrong(MSG_WRONG_MATCH_FORMAT, {"given", str_of(format)});
    s->is_csv = format && !strcmp(format, "csv");
    if (threads && str_to_u64(str_of(threads), 1, CREW_THREADS_MAX, &number))
        return command_wrong(MSG_WRONG_MATCH_THREADS, {"given", str_of(threads)});
    if (threads)
        s->n_threads = (unsigned)number;
    return EXIT_DONE;
}

static int refuse(const char *path, uint64_t until_us)
{
    CLEANUP(buf_done) struct buf until;

    buf_init(&until, 64);
    if (instant_print_local(until_us, &until))
        return command_fail(MSG_FAIL_SET_OLD, {"path", str_of(path)});
    return command_fail(MSG_FAIL_SET_UNTIL, {"path", str_of(path)}, {"until", buf_str(&until)});
}

/* What was withdrawn must not alert for ever where nobody brings a new set. */
static int check_until(const struct search *s, const struct arguments *args)
{
    uint64_t until_us = set_mark(s->set)->until_us;

    if (!until_us || s->options.now_us < until_us || args->values[OPT_EXPIRED])
        return EXIT_DONE;
    return refuse(args->values[OPT_SET], until_us);
}

static int run_match(const struct arguments *args)
{
    CLEANUP(set_freep) struct set *set = NULL;
    struct search s = {0};
    int status = read_options(args, &s);

    if (!status)
        status = args->values[OPT_TRUST] ? open_set(args->values[OPT_SET], &set)
                                         : open_whole_set(args->values[OPT_SET], &set);
    s.set = set;
    if (!status)
        status = check_until(&s, args);
    if (status)
        return status;
    if (s.is_csv && write_columns())
        return command_fail(MSG_FAIL_HITS_WRITTEN, {"why", str_of(command_why(errno))});
    return s.is_text ? match_texts(&s, args) : match_logs(&s, args);
}

static const struct option_row match_options[] = {
    {"--set", "SET", MSG_OPTION_MATCH_SET},
    {"--expired", NULL, MSG_OPTION_MATCH_EXPIRED},
    {"--time-field", "N", MSG_OPTION_MATCH_TIME_FIELD},
    {"--format", "json|csv", MSG_OPTION_MATCH_FORMAT},
    {"--text", NULL, MSG_OPTION_MATCH_TEXT},
    {"--threads", "N", MSG_OPTION_MATCH_THREADS},
    {"--trust", NULL, MSG_OPTION_MATCH_TRUST},
};
const struct command cmd_match = {"match",
                                  "FILE…",
                                  MSG_HELP_MATCH,
                                  match_options,
                                  ARRAY_LEN(match_options),
                                  1,
                                  SIZE_MAX,
                                  run_match,
                                  false};
