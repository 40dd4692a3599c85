#include "cmd/media-held.h"

#include "cmd/media-refusal.h"
#include "cmd/scanner.h"

#include "guard/examiner.h"
#include "regulation/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAID_MAX 4096u

int held_init(struct held *ret)
{
    *ret = (struct held){.restrictions = json_object()};
    return ret->restrictions ? 0 : command_fail(MSG_CONSOLE_MEMORY);
}

void held_done(struct held *h)
{
    json_decref(h->restrictions);
    *h = (struct held){0};
}

/* ---- asking ---- */

static int join_label(const json_t *answer, struct held *h)
{
    const json_t *label = json_obj(answer, "label");
    const unsigned confidentiality = (unsigned)json_int(label, "confidentiality");
    json_t *word;
    size_t i;

    h->confidentiality = MAX_OF(h->confidentiality, confidentiality);
    h->is_outside |= !json_flag(answer, "admitted");
    json_array_foreach (json_arr(label, "restrictions"), i, word)
        if (json_put_flag(h->restrictions, json_string_value(word), true))
            return command_fail(MSG_CONSOLE_MEMORY);
    return 0;
}

static int ask(struct gate *g, const json_t *contents, struct held *h)
{
    JSON_AUTO *answer = NULL;
    int r = home_ask(g->link,
                     json_pack("{s:s, s:s, s:O, s:s}", "op", "holding-label", "token", g->cookie,
                               "contents", contents, "receiver", g->person.at),
                     &answer);

    return r || !json_flag(answer, "held") ? r : join_label(answer, h);
}

/* "ClamAV 1.4.6/27800/Sat Nov 28 09:26:31 2026": the day of the definitions. Without official ones there is none. */
static void take_day(struct str rest, char ret[11])
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct str word, words[5];
    const char *month;
    uint64_t day, year;
    size_t n = 0;

    while (n < ARRAY_LEN(words) && str_split(&rest, ' ', &word))
        if (word.len)
            words[n++] = word;
    if (n != ARRAY_LEN(words) || words[1].len != 3 || !(month = strstr(months, (char[]){words[1].at[0], words[1].at[1], words[1].at[2], 0})) ||
        str_to_u64(words[2], 1, 31, &day) || str_to_u64(words[4], 2000, 9999, &year))
        return;
    snprintf(ret, 11, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)(month - months) / 3 % 12 + 1, (unsigned)day % 100);
}

static void see(const json_t *report, struct held *h)
{
    const char *scanner = json_str(report, "scanner"), *first = strchr(scanner, '/'), *second = first ? strchr(first + 1, '/') : NULL;
    const json_t *m;
    size_t i;

    snprintf(h->scanner, sizeof(h->scanner), "%.*s", (int)MIN_OF(second ? (size_t)(second - scanner) : strlen(scanner), sizeof(h->scanner) - 1), scanner);
    if (second)
        take_day(str_of(second + 1), h->definitions_on);
    json_array_foreach (json_arr(report, "members"), i, m)
        h->runs = runs_first(h->runs, runs_of_word(json_str(m, RUNS_KEY)));
}

int held_of_report(struct gate *g, const json_t *report, struct held *h)
{
    JSON_AUTO *contents = json_object();
    const json_t *m;
    size_t i;

    see(report, h);
    if (!contents)
        return command_fail(MSG_CONSOLE_MEMORY);
    json_array_foreach (json_arr(report, "members"), i, m)
        if (*json_str(m, "sha256") &&
            json_put_int(contents, json_str(m, "sha256"), json_int(m, "size")))
            return command_fail(MSG_CONSOLE_MEMORY);
    return json_object_size(contents) ? ask(g, contents, h) : 0;
}

/* What was made to harm who opens it, or to hide what it holds, leaves for nobody. */
static bool is_hostile(const json_t *report)
{
    static const char *const whys[] = {"ratio", "layers", "path", "polyglot"};

    for (size_t i = 0; i < ARRAY_LEN(whys); i++)
        if (!strcmp(json_str(report, "why"), whys[i]))
            return true;
    return false;
}

/* The words, and what the command ends with. */
static int say_refused(struct gate *g, const char *name, const json_t *report, bool is_infected, bool is_read)
{
    const char *why = json_str(report, "why"), *place = json_str(report, "place");
    /* Not the words of an import: the password that an export is given is that of what it makes. */
    const struct str words = strcmp(why, "encrypted") != 0 ? scanner_reason(why) : message_text(home_language(), MSG_MEDIA_OUT_ENCRYPTED);

    gate_tell(g, json_pack("{s:s, s:s, s:s, s:s}", "event", "file", "name", name, "result", is_infected ? "infected" : "not-examinable", "why", is_infected ? json_str(report, "found") : why));
    if (is_infected)
        printf("%s  %s %s %s\n", command_word(MSG_WORD_INFECTED), json_str(report, "found"), command_word(MSG_WORD_IN), place);
    else if (is_read || *why)
        printf("%s  %s: %.*s\n", command_word(is_hostile(report) ? MSG_WORD_REFUSED : MSG_WORD_NOT_EXAMINABLE), *place ? place : name, STR_ARG(words));
    else
        return command_fail(MSG_FAIL_READ_END, {"name", str_of(name)});
    return is_infected || is_hostile(report) ? EXIT_FORBIDDEN : EXIT_NOT_YET;
}

static int refuse(struct gate *g, const char *name, const json_t *report)
{
    const json_t *whole = json_array_get(json_arr(report, "members"), 0);
    bool is_infected = !strcmp(json_str(report, "verdict"), "infected");
    CLEANUP(buf_done) struct buf found;
    struct held seen = {0};
    int r = say_refused(g, name, report, is_infected, *json_str(whole, "sha256") != '\0');

    buf_init(&found, SAID_MAX);
    see(report, &seen);
    IGNORE(buf_printf(&found, "%s%s%s", json_str(report, "found"), is_infected ? " " : "", json_str(report, "place")), "it is cut");
    gate_refuse(g, &(struct refusal){.way = REFUSAL_OUT, .why = is_infected ? "infected" : json_str(report, "why"), .name = name, .found = found.len ? found.at : "",
                                     .digest = json_str(whole, "sha256"), .size = (uint64_t)json_int(whole, "size"), .seen = &seen});
    return r;
}

int held_examine(struct gate *g, const char *scanner, const struct examine_limits *limits, int fd, const char *name, char ret_digest[2 * SHA256_SIZE + 1], struct held *h)
{
    CLEANUP(buf_done) struct buf shown;
    struct examine_input in = {.fd = fd};
    JSON_AUTO *report = NULL;
    int r;

    buf_init(&shown, 8192);
    if (examine_name(name, &shown))
        return command_fail(MSG_CONSOLE_MEMORY);
    in.name = shown.at;
    if ((r = examiner_run(scanner ? scanner : CLAMD_SOCKET, &in, limits, &report)))
        return command_fail_why(MSG_CONSOLE_EXAMINED, shown.at, -r);
    if (strcmp(json_str(report, "verdict"), "clean") != 0)
        return refuse(g, shown.at, report);
    snprintf(ret_digest, 2 * SHA256_SIZE + 1, "%s", json_str(json_array_get(json_arr(report, "members"), 0), "sha256"));
    return held_of_report(g, report, h);
}

/* ---- saying ---- */

static const struct field *trail_field(const struct gate *g, const char *id)
{
    const struct reg *reg = engine_reg(g->engine, GATE_TRAIL);

    return reg ? reg_field(reg, id) : NULL;
}

/* Choices of the field that are among the restrictions: their ids, or their titles. */
static int put_words(const struct field *f, const struct held *h, const char *between,
                     bool is_title, struct buf *out)
{
    for (size_t i = 0; f && i < f->n_choices; i++) {
        const struct named *c = &f->choices[i];
        const char *word = !is_title                       ? c->id
                           : home_language() == MESSAGE_JA ? c->title.ja
                                                           : c->title.en;

        if (json_flag(h->restrictions, c->id) &&
            buf_printf(out, "%s%s", out->len ? between : "", word))
            return -ENOMEM;
    }
    return 0;
}

int held_put_seen(const struct held *h, json_t *with)
{
    return (h->runs && json_put_str(with, RUNS_KEY, runs_word(h->runs))) || (*h->scanner && json_put_str(with, "scanner", h->scanner)) ||
                   (*h->definitions_on && json_put_str(with, "definitions_on", h->definitions_on))
               ? -ENOMEM
               : 0;
}

int held_put(const struct gate *g, const struct held *h, json_t *with)
{
    CLEANUP(buf_done) struct buf words;
    char class[16];

    buf_init(&words, SAID_MAX);
    snprintf(class, sizeof(class), "c%u", h->confidentiality);
    if (put_words(trail_field(g, "held_limits"), h, ",", false, &words) ||
        (h->confidentiality && json_put_str(with, "held_class", class)) ||
        (words.len && json_put_str(with, "held_limits", words.at)) ||
        (h->is_outside && json_put_str(with, "held_outside", "yes")) || held_put_seen(h, with))
        return command_fail(MSG_CONSOLE_MEMORY);
    return 0;
}

static const char *title_of(const struct field *f, const char *id)
{
    for (size_t i = 0; f && i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, id))
            return home_language() == MESSAGE_JA ? f->choices[i].title.ja : f->choices[i].title.en;
    return "";
}

/* Printed, and told. */
static void say(struct gate *g, const char *event, const char *name, enum message_key key, const struct message_arg *args, size_t n)
{
    CLEANUP(buf_done) struct buf text;

    buf_init(&text, 4096);
    gate_say(stdout, key, args, n);
    IGNORE(message_print_args(&text, home_language(), key, args, n), "what does not fit is left out");
    gate_tell(g, json_pack("{s:s, s:s, s:s%}", "event", event, "name", name, "say", text.len ? text.at : "", text.len));
}

void held_say(struct gate *g, const struct held *h, const char *name)
{
    CLEANUP(buf_done) struct buf label;
    char class[16];

    buf_init(&label, SAID_MAX);
    snprintf(class, sizeof(class), "c%u", h->confidentiality);
    if (!h->confidentiality || buf_printf(&label, "%s", title_of(trail_field(g, "held_class"), class)))
        return;
    IGNORE(put_words(trail_field(g, "held_limits"), h, ", ", true, &label),
           "what does not fit is left out");
    say(g, "held", name, h->is_outside ? MSG_MEDIA_HELD_OUTSIDE : MSG_MEDIA_HELD,
             MESSAGE_ARGS({"name", str_of(name)}, {"label", buf_str(&label)}));
}

void held_say_runs(struct gate *g, const struct held *h, const char *name)
{
    const char *title = title_of(trail_field(g, RUNS_KEY), runs_word(h->runs));

    if (h->runs)
        say(g, "runs", name, MSG_MEDIA_RUNS, MESSAGE_ARGS({"name", str_of(name)}, {"what", str_of(*title ? title : runs_word(h->runs))}));
}
