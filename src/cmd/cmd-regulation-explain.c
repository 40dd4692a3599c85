/* `tsujiban regulation explain`: may this person do this, and if not, which clauses stand in the way and what would satisfy them.
 * Over the pack's own force, at the start or after one of its scenarios; nothing of an installation is touched. */
#include "cmd/cmd-regulation.h"

#include "cmd/commands.h"
#include "cmd/home.h"
#include "engine/scenario.h"

#include <stdio.h>

#define PLACE_MAX 256
#define WITH_LIMITS ((struct json_limits){1u << 20, 16})

enum { EXPLAIN_AS, EXPLAIN_DO, EXPLAIN_ON, EXPLAIN_AT, EXPLAIN_SCENARIO, EXPLAIN_WITH };
static const struct option_row explain_options[] = {
    {"--as", "PERSON", MSG_OPTION_REGULATION_EXPLAIN_AS},
    {"--do", "REG/STEP", MSG_OPTION_REGULATION_EXPLAIN_DO},
    {"--on", "NAME", MSG_OPTION_REGULATION_EXPLAIN_ON},
    {"--at", "INSTANT", MSG_OPTION_REGULATION_EXPLAIN_AT},
    {"--scenario", "ID", MSG_OPTION_REGULATION_EXPLAIN_SCENARIO},
    {"--with", "JSON", MSG_OPTION_REGULATION_EXPLAIN_WITH},
};

struct question {
    struct regulation r;
    struct scenario_play *play;
    struct act act;
    char reg[PLACE_MAX];
    json_t *with;
};

static void question_done(struct question *q)
{
    scenario_play_close(q->play);
    json_decref(q->with);
    regulation_done(&q->r);
}

/* ---- setting up ---- */

static int open_play(struct question *q, const char *id)
{
    const struct scenario *s = id ? scenario_find(q->r.scenarios, id) : NULL;
    const struct force *force = s ? scenario_forces_of(q->r.forces, s) : q->r.force;
    struct diag diag;
    size_t failed = 0;
    int r;

    if (id && !s)
        return command_wrong(MSG_WRONG_EXPLAIN_SCENARIO, {"given", str_of(id)});
    if (!force)
        return command_fail(MSG_FAIL_NO_FORCE);
    diag_init(&diag);
    r = scenario_play_open_for(":memory:", q->r.pack, s, force, &q->play, &diag);
    if (!r && s)
        r = scenario_play(q->play, s, SIZE_MAX, NULL, NULL, &failed, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (!r && failed)
        command_note(MSG_SAID_EXPLAIN_FAILED, {"n", NUMBER(failed)}, {"scenario", str_of(id)});
    return r ? command_fail(MSG_FAIL_SCENARIO_PLAYED) : EXIT_DONE;
}

static int read_act(struct question *q, const struct arguments *a)
{
    const char *slash = strchr(a->values[EXPLAIN_DO], '/');
    uint64_t at_us;

    if (!slash || slash - a->values[EXPLAIN_DO] >= PLACE_MAX)
        return command_wrong(MSG_WRONG_EXPLAIN_DO_FORM, {"given", str_of(a->values[EXPLAIN_DO])});
    (void)snprintf(q->reg, sizeof(q->reg), "%.*s", (int)(slash - a->values[EXPLAIN_DO]), a->values[EXPLAIN_DO]);
    if (!pack_reg(q->r.pack, q->reg) || !procedure_step(pack_reg(q->r.pack, q->reg)->procedure, slash + 1, 0))
        return command_wrong(MSG_WRONG_EXPLAIN_DO_STEP, {"given", str_of(a->values[EXPLAIN_DO])});
    if (a->values[EXPLAIN_WITH] && json_parse(str_of(a->values[EXPLAIN_WITH]), WITH_LIMITS, &q->with, NULL))
        return command_wrong(MSG_WRONG_EXPLAIN_WITH, {"given", str_of(a->values[EXPLAIN_WITH])});
    if (q->with && !json_is_object(q->with))
        return command_wrong(MSG_WRONG_EXPLAIN_WITH, {"given", str_of(a->values[EXPLAIN_WITH])});
    if (a->values[EXPLAIN_AT]) {
        if (instant_parse(str_of(a->values[EXPLAIN_AT]), &at_us))
            return command_wrong(MSG_WRONG_EXPLAIN_AT_INSTANT, {"given", str_of(a->values[EXPLAIN_AT])});
        if (at_us < scenario_play_now(q->play))
            return command_wrong(MSG_WRONG_EXPLAIN_AT_BEFORE, {"given", str_of(a->values[EXPLAIN_AT])});
        if (scenario_play_clock(q->play, at_us))
            return command_fail(MSG_FAIL_TIMERS);
    }
    q->act = (struct act){.person = a->values[EXPLAIN_AS], .reg = q->reg, .step = slash + 1, .record = "", .with = q->with, .signs = "",
                          .now_us = scenario_play_now(q->play)};
    if (a->values[EXPLAIN_ON]) {
        q->act.record = scenario_play_record(q->play, a->values[EXPLAIN_ON]);
        if (!*q->act.record)
            return command_wrong(MSG_WRONG_EXPLAIN_ON, {"given", str_of(a->values[EXPLAIN_ON])});
    }
    if (!force_person(engine_force(scenario_play_engine(q->play)), q->act.person))
        return command_wrong(MSG_WRONG_EXPLAIN_AS, {"given", str_of(q->act.person)});
    return EXIT_DONE;
}

/* ---- asking ---- */

/* Without inputs the form is still empty: what it would ask is not held against the person. */
static int ask_open(struct question *q, json_t **ret)
{
    JSON_AUTO *list = NULL;
    int r = engine_steps(scenario_play_engine(q->play), q->act.person, q->act.reg, q->act.record, q->act.now_us, &list);

    for (size_t i = 0; !r && i < json_array_size(list); i++)
        if (!strcmp(json_str(json_array_get(list, i), "step"), q->act.step))
            *ret = json_incref(json_array_get(list, i));
    return r;
}

static int ask(struct question *q, json_t **ret)
{
    int r = q->with ? 0 : ask_open(q, ret);

    if (r || *ret)
        return r;
    if (!q->with && !(q->with = json_object()))
        return -1;
    q->act.with = q->with;
    return engine_explain(scenario_play_engine(q->play), &q->act, ret);
}

/* ---- telling ---- */

static void print_list(const char *before, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        (void)printf("%s%s", i ? ", " : before, json_string_value(json_array_get(list, i)));
}

/* The directive's own words are Japanese; whoever reads English gets both. */
static void print_english(const json_t *say)
{
    if (home_language() == MESSAGE_EN)
        (void)printf("      %s\n", json_str(say, "en"));
}

static void print_unmet(const json_t *answer)
{
    const json_t *unmet = json_arr(answer, "unmet"), *fields = json_arr(answer, "fields");

    for (size_t i = 0; i < json_array_size(unmet); i++) {
        const json_t *u = json_array_get(unmet, i);

        (void)printf("  %s: %s (%s", json_str(u, "kind"), json_str(json_obj(u, "say"), "ja"), json_str(u, "rule"));
        print_list("; ", json_arr(u, "clauses"));
        (void)puts(")");
        print_english(json_obj(u, "say"));
    }
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *f = json_array_get(fields, i);

        (void)printf("  %s: %s\n", json_str(f, "field"), json_str(json_obj(f, "say"), "ja"));
        print_english(json_obj(f, "say"));
    }
}

static int status_of(const char *result)
{
    if (!strcmp(result, "allowed") || !strcmp(result, "open"))
        return EXIT_DONE;
    return !strcmp(result, "forbidden") ? EXIT_FORBIDDEN : !strcmp(result, "not-yet") ? EXIT_NOT_YET : EXIT_FAILED;
}

static const char *result_word(const char *result)
{
    static const struct {
        const char *result;
        enum message_key word;
    } words[] = {{"allowed", MSG_EXPLAIN_ALLOWED}, {"open", MSG_EXPLAIN_OPEN},       {"forbidden", MSG_EXPLAIN_FORBIDDEN},
                 {"not-yet", MSG_EXPLAIN_NOT_YET}, {"unknown", MSG_EXPLAIN_UNKNOWN}, {"invalid", MSG_EXPLAIN_INVALID}};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!strcmp(result, words[i].result))
            return command_word(words[i].word);
    return result;
}

static void print_answer(const struct question *q, const json_t *answer)
{
    CLEANUP(buf_done) struct buf when;
    const char *result = json_str(answer, "result");

    buf_init(&when, 64);
    IGNORE(instant_print_local(q->act.now_us, &when), "an instant is short");
    (void)printf("%s %s %s/%s%s%s: %s", when.at ? when.at : "", q->act.person, q->act.reg, q->act.step, *q->act.record ? command_word(MSG_EXPLAIN_ON) : "", q->act.record,
                 result_word(result));
    print_list(command_word(MSG_EXPLAIN_BY), json_arr(answer, "clauses"));
    if (!strcmp(result, "open"))
        print_list(command_word(MSG_EXPLAIN_ASKS), json_arr(answer, "asks"));
    (void)putchar('\n');
    print_unmet(answer);
}

static int run_explain(const struct arguments *a)
{
    CLEANUP(question_done) struct question q = {0};
    JSON_AUTO *answer = NULL;
    int r;

    if (!a->values[EXPLAIN_AS] || !a->values[EXPLAIN_DO]) {
        return command_wrong(MSG_WRONG_EXPLAIN);
    }
    r = regulation_open(a->rest[0], &q.r);
    if (!r)
        r = open_play(&q, a->values[EXPLAIN_SCENARIO]);
    if (!r)
        r = read_act(&q, a);
    if (r)
        return r;
    if (ask(&q, &answer))
        return command_fail(MSG_FAIL_JUDGED);
    print_answer(&q, answer);
    return status_of(json_str(answer, "result"));
}

const struct command cmd_regulation_explain = {"regulation explain", "DIR", MSG_HELP_REGULATION_EXPLAIN,
                                               explain_options, ARRAY_LEN(explain_options), 1, 1, run_explain, false};
