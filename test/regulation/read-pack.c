/* read-pack WANT PACK [OVERLAY]: the pack reads and prints as the file WANT says, or is refused with exactly the messages in it. A pack
 * that reads also comes back from its canonical form with the same hash and the same print.
 * PACK is a folder; with OVERLAY both are files of sections (pack-sections.h), and those of OVERLAY take the place of PACK's.
 * Whatever is told is told in Japanese, too, which is not the English.
 * With REGULATION_WRITE=1 in the environment the file WANT is written instead; look at the difference before you keep it. */
#include "pack-sections.h"

#include "base/file.h"
#include "regulation/pack-print.h"
#include "regulation/scenario-file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define OUT_MAX (8u << 20)

static int come_back(const struct pack *p, struct str printed)
{
    struct pack *again = NULL;
    struct diag diag;
    struct buf out;
    int r, bad = 1;

    diag_init(&diag);
    buf_init(&out, OUT_MAX);
    r = pack_load_canonical(p->canonical, &again, &diag);
    if (r != 0) {
        (void)diag_print(&diag, &out);
        (void)fprintf(stderr, "the canonical form is refused (%d):\n%.*s", r, STR_ARG(buf_str(&out)));
    } else if (!digest_eq(&again->hash, &p->hash)) {
        (void)fprintf(stderr, "the canonical form has another hash when it comes back:\n%.*s\n%.*s\n", STR_ARG(p->canonical), STR_ARG(again->canonical));
    } else if (pack_print(again, &out) != 0 || !str_eq(buf_str(&out), printed)) {
        (void)fprintf(stderr, "what comes back prints otherwise:\n%.*s", STR_ARG(buf_str(&out)));
    } else {
        bad = 0;
    }
    pack_unref(again);
    buf_done(&out);
    diag_done(&diag);
    return bad;
}

static void print_words(const char *before, const struct scene_words *w, struct buf *out)
{
    for (size_t i = 0; i < w->n; i++)
        (void)buf_printf(out, "%s%s", i == 0 ? before : ",", w->at[i]);
}

static void print_scene(const struct scene *s, struct buf *out)
{
    static const char *const kinds[] = {"clock", "do", "read", "transfer", "record", "notice", "no-notice", "records", "locked", "unlocked", "draws"};
    static const char *const answers[] = {"", " forbidden", " not-yet", " invalid"};
    const char *words[] = {s->as,    s->reg,  s->act,    s->on,   s->reason,
                           s->paper, s->name, s->person, s->post, s->unit,
                           s->state, s->to,   s->about,  s->lock, s->of, s->label};
    const json_t *values[] = {s->with, s->fields, s->where};

    (void)buf_printf(out, "  %s", kinds[s->kind]);
    if (s->kind == SCENE_DRAWS)
        (void)buf_add_text(out, s->draws_fall ? " all" : " none");
    if (s->has_at) {
        (void)buf_add_char(out, ' ');
        (void)instant_print_local(s->at_us, out);
    }
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        (void)buf_printf(out, "%s%s", words[i][0] != '\0' ? " " : "", words[i]);
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        (void)buf_add_char(out, ' ');
        IGNORE(json_canonical(values[i], out, NULL), "the print tells");
    }
    (void)buf_add_text(out, answers[s->answer]);
    print_words(" ", &s->expected, out);
    print_words(" shows ", &s->clauses, out);
    print_words(" in ", &s->in, out);
    (void)buf_printf(out, " step %" PRId64 " count %" PRId64 " days %d %d %d\n", s->step, s->count, (int)s->from_day, (int)s->on_day,
                     (int)s->keep_until_day);
}

/* 1: something is told in one language. */
static int is_in_one_language(const struct diag *diag)
{
    for (size_t i = 0; i < diag->n; i++) {
        const struct diag_entry *e = &diag->entries[i];

        if (e->ja == NULL || strcmp(e->ja, e->message) == 0) {
            printf("told in one language: %s\n", e->message);
            return 1;
        }
    }
    return 0;
}

/* Behind the pack's own print: its scenarios, or what is wrong with them. */
static int print_scenarios(const char *dir, const struct pack *p, struct buf *out)
{
    struct scenario_set *set = NULL;
    struct diag diag;
    int r, bad;

    diag_init(&diag);
    r = scenario_set_load(dir, p, &set, &diag);
    (void)diag_print(&diag, out);
    bad = r < 0 || is_in_one_language(&diag);
    for (size_t i = 0; r == 0 && i < set->n_scenarios; i++) {
        const struct scenario *s = &set->scenarios[i];

        (void)buf_printf(out, "scenario %s \"%s\" after %s force %s\n", s->id, s->title.en, s->after != NULL ? s->after->id : "-", s->force);
        for (size_t k = 0; k < s->n_scenes; k++)
            print_scene(&s->scenes[k], out);
    }
    scenario_set_free(set);
    diag_done(&diag);
    return bad;
}

static int compare(const char *want_path, struct str got)
{
    struct buf want;
    int bad;

    if (getenv("REGULATION_WRITE") != NULL)
        return file_write_atomic(want_path, got, 0644, NULL) != 0;
    buf_init(&want, OUT_MAX);
    bad = file_read(want_path, OUT_MAX, &want, NULL) != 0 || !str_eq(buf_str(&want), got);
    if (bad)
        (void)fprintf(stderr, "%s wants:\n%.*sbut there is:\n%.*s", want_path, STR_ARG(buf_str(&want)), STR_ARG(got));
    buf_done(&want);
    return bad;
}

static int load_sections(const char *base, const char *overlay, struct pack **ret, struct diag *diag)
{
    struct sections *s = calloc(1, sizeof(*s));
    struct buf under, over;
    int r = -1;

    buf_init(&under, OUT_MAX);
    buf_init(&over, OUT_MAX);
    if (s != NULL && file_read(base, OUT_MAX, &under, diag) == 0 && file_read(overlay, OUT_MAX, &over, diag) == 0) {
        sections_add(s, buf_str(&under));
        sections_add(s, buf_str(&over));
        r = pack_load_texts(s->texts, s->n, ret, diag);
    }
    buf_done(&under);
    buf_done(&over);
    free(s);
    return r;
}

int main(int argc, char **argv)
{
    struct pack *p = NULL;
    struct diag diag;
    struct buf out;
    int r, bad = 0;

    if (argc < 3 || argc > 4 || crypto_start() != 0)
        return 2;
    diag_init(&diag);
    buf_init(&out, OUT_MAX);
    r = argc == 4 ? load_sections(argv[2], argv[3], &p, &diag) : pack_load_dir(argv[2], &p, &diag);
    if (r == 0) {
        (void)pack_print(p, &out);
        bad = come_back(p, buf_str(&out)) | print_scenarios(argv[2], p, &out);
    } else if (r == PACK_E_INVALID)
        (void)diag_print(&diag, &out);
    bad |= r < 0 || is_in_one_language(&diag) || (r == PACK_E_INVALID && diag.n_errors == 0) || compare(argv[1], buf_str(&out));
    pack_unref(p);
    buf_done(&out);
    diag_done(&diag);
    return bad;
}
