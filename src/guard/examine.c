#include "guard/examine.h"

#include "guard/compound.h"
#include "guard/draw.h"
#include "guard/examine-inside.h"

#include "base/time.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_BYTES 1024u
#define PIECE ((size_t)64 << 10)

const struct examine_limits examine_limits_default = {
    .unpacked_max = EXAMINE_UNPACKED_MAX,
    .members_max = EXAMINE_MEMBERS_MAX,
    .layers_max = EXAMINE_LAYERS_MAX,
    .time_s = EXAMINE_TIME_MAX_S,
    .ratio_max = EXAMINE_RATIO_MAX,
    .stream_max = (uint64_t)25 << 20, /* clamd's own default before 1.4 */
};

static bool within(uint64_t v, uint64_t max)
{
    return v > 0 && v <= max;
}

bool examine_limits_are_valid(const struct examine_limits *l)
{
    return within(l->unpacked_max, EXAMINE_UNPACKED_MAX) &&
           within(l->members_max, EXAMINE_MEMBERS_MAX) &&
           within(l->layers_max, EXAMINE_LAYERS_MAX) && within(l->time_s, EXAMINE_TIME_MAX_S) &&
           within(l->ratio_max, EXAMINE_RATIO_MAX) && within(l->stream_max, EXAMINE_UNPACKED_MAX);
}

static const char *why_name(enum why why)
{
    static const char *const names[] = {"",        "encrypted", "layers", "members",
                                        "size",    "ratio",     "time",   "stream",
                                        "damaged", "special",   "path",    "polyglot",
                                        "image",   "archive",   "scanner",   "encrypted"};

    return names[why];
}

bool examination_is_late(struct examination *x)
{
    return clock_monotonic_us() >= x->deadline_us;
}

int examination_note(struct examination *x, enum why why, const char *place)
{
    if (x->why || x->found)
        return 0;
    x->why = why;
    x->place = strdup(place);
    return x->place ? 0 : -ENOMEM;
}

static int note_infection(struct examination *x, const char *found, const char *place)
{
    if (x->found)
        return 0;
    free(x->place);
    x->place = strdup(place);
    x->found = strdup(found);
    x->is_over = true;
    return x->place && x->found ? 0 : -ENOMEM;
}

/* ---- one specimen ---- */

/* Behind the names of the archives that it lies in. */
static struct str own_name(const char *name)
{
    const char *at = name;

    for (const char *next; (next = strstr(at, " > "));)
        at = next + 3;
    return str_of(at);
}

int specimen_begin(struct examination *x, struct specimen *s, const char *name, unsigned layer,
                   struct str head)
{
    *s = (struct specimen){
        .name = name, .layer = layer, .type = content_type_of(head), .sha = sha256_new()};
    buf_init(&s->kept, SURVEY_BYTES_MAX + 1);
    s->runs = runs_by_head(s->type, head);
    s->is_image = s->runs == RUNS_DISK && s->type != CONTENT_ISO;
    s->runs = runs_first(runs_by_name(own_name(name)), s->runs);
    s->is_message = mail_is_message(s->type, own_name(name), head);
    s->is_no_message = !s->is_message && s->type != CONTENT_EMPTY && !content_type_holds(s->type) && mail_is_named(own_name(name));
    s->is_unknown = archive_is_unknown(s->type, head, s->is_message);
    s->is_surveyed = survey_wants(s->type, own_name(name));
    s->is_drawn = x->is_drawn && draw_wants(s->type);
    s->is_weighed = runs_wants(s->type, own_name(name), head);
    s->is_table = !content_type_holds(s->type) && s->type != CONTENT_OLE && runs_is_table(own_name(name));
    if (!s->sha)
        return -ENOMEM;
    return x->scanner ? clamd_begin(x->scanner) : 0;
}

void specimen_drop(struct specimen *s)
{
    if (s->sha)
        IGNORE(sha256_end(s->sha).bytes[0], "nobody wants it any more");
    s->sha = NULL;
    free(s->end);
    s->end = NULL;
    buf_done(&s->kept);
}

static void look_for_names(struct specimen *s, struct str bytes)
{
    s->has_macros = s->has_macros || compound_names(bytes, "_VBA_PROJECT");
    s->is_locked = s->is_locked || compound_names(bytes, "EncryptedPackage");
    if (runs_is_installer(bytes))
        s->runs = runs_first(s->runs, RUNS_PROGRAM);
}

static void look_into_ole(struct specimen *s, struct str bytes)
{
    uint8_t joint[2 * sizeof(s->tail)];
    size_t n = MIN_OF(bytes.len, sizeof(s->tail));

    if (s->type != CONTENT_OLE)
        return;
    memcpy(joint, s->tail, s->n_tail);
    memcpy(joint + s->n_tail, bytes.at, n);
    look_for_names(s, (struct str){(const char *)joint, s->n_tail + n});
    look_for_names(s, bytes);
    if (bytes.len >= sizeof(s->tail)) {
        s->n_tail = sizeof(s->tail);
        memcpy(s->tail, bytes.at + bytes.len - s->n_tail, s->n_tail);
    }
}

/* The last ones stay, and more of them than are asked for, so that few are moved. */
static int keep_end(struct specimen *s, struct str bytes)
{
    size_t n = MIN_OF(bytes.len, ZIP_END_MAX);

    if (s->type == CONTENT_ZIP)
        return 0;
    if (!s->end && !(s->end = malloc(2 * ZIP_END_MAX)))
        return -ENOMEM;
    if (s->n_end + n > 2 * ZIP_END_MAX) {
        size_t left = MIN_OF(s->n_end, ZIP_END_MAX - n);

        memmove(s->end, s->end + s->n_end - left, left);
        s->n_end = left;
    }
    memcpy(s->end + s->n_end, bytes.at + bytes.len - n, n);
    s->n_end += n;
    return 0;
}

/* Kinds that have no ZIP near their end by right, as an archive or a compound file may have one as its last member. */
static bool is_of_one_piece(enum content_type t)
{
    return t == CONTENT_TEXT || (t >= CONTENT_PDF && t <= CONTENT_ELF);
}

static bool has_zip_behind(const struct specimen *s)
{
    size_t n = MIN_OF(s->n_end, ZIP_END_MAX);

    return s->end && zip_ends(s->end + s->n_end - n, n, !is_of_one_piece(s->type));
}

/* A compound file has what is attached to a mail as it is. */
static void look_for_archives(struct specimen *s, struct str bytes)
{
    if (!content_type_holds(s->type) && s->type != CONTENT_OLE)
        marks_add(&s->marks, bytes);
}

static_assert(SURVEY_BYTES_MAX >= RUNS_BYTES_MAX && SURVEY_BYTES_MAX >= DRAW_BYTES_MAX, "what is kept is enough for each that looks at it");

/* One byte more than is looked at shows that there were more. */
static int keep(struct specimen *s, struct str bytes)
{
    size_t left = (s->is_surveyed || s->is_weighed || s->is_message ? SURVEY_BYTES_MAX : DRAW_BYTES_MAX) + 1 - s->kept.len;

    return buf_add(&s->kept, bytes.at, MIN_OF(bytes.len, left));
}

int specimen_add(struct examination *x, struct specimen *s, struct str bytes)
{
    int r = s->is_surveyed || s->is_drawn || s->is_weighed || s->is_message ? keep(s, bytes) : 0;

    if (!r)
        r = keep_end(s, bytes);
    s->size += bytes.len;
    sha256_add(s->sha, bytes);
    look_into_ole(s, bytes);
    look_for_archives(s, bytes);
    if (s->is_table)
        runs_cells_add(&s->cells, bytes);
    s->is_too_large = s->is_too_large || s->size > x->limits->stream_max;
    return r || s->is_too_large || !x->scanner ? r : clamd_add(x->scanner, bytes);
}

static int put_verdict(json_t *m, const struct clamd_said *said, enum why why)
{
    bool is_infected = said->answer == CLAMD_FOUND;
    int r = json_put_str(m, "verdict", is_infected ? "infected" : why ? "not-examinable" : "clean");

    if (!r && is_infected)
        r = json_put_str(m, "found", said->name);
    if (!r && why && !is_infected)
        r = json_put_str(m, "why", why_name(why));
    return r;
}

/* All its bytes went by. */
static bool is_whole(enum why why)
{
    return why == WHY_NONE || why == WHY_ENCRYPTED_WHOLE || why == WHY_LAYERS || why == WHY_STREAM || why == WHY_PATH || why == WHY_POLYGLOT || why == WHY_IMAGE || why == WHY_ARCHIVE ||
           why == WHY_SCANNER;
}

/* Type, size and digest of what was read in part would be taken for those of the file. */
static int put_content(json_t *m, const struct specimen *s, const struct digest *d)
{
    CLEANUP(buf_done) struct buf hex;
    int r;

    buf_init(&hex, 2 * SHA256_SIZE);
    if (!(r = hex_print(d->bytes, SHA256_SIZE, &hex)) &&
        !(r = json_put_str(m, "type", content_type_name(s->type))) &&
        !(r = json_put_int(m, "size", (int64_t)s->size)))
        r = json_put_strn(m, "sha256", buf_str(&hex));
    return r;
}

static int put_list(struct examination *x, json_t *m, const char *key, json_t *list)
{
    size_t n = json_array_size(list);

    if (n == 0)
        return 0;
    if (x->n_findings + n > EXAMINE_FINDINGS_MAX)
        return json_put_flag(m, "cut", true);
    x->n_findings += (unsigned)n;
    return json_put(m, key, json_incref(list));
}

static int put_number(json_t *m, const char *key, unsigned value)
{
    return value ? json_put_int(m, key, value) : 0;
}

static bool has_script(const json_t *hidden)
{
    const json_t *one;
    size_t i;

    json_array_foreach (hidden, i, one)
        if (!strcmp(json_str(one, "kind"), survey_kind_word(HIDDEN_SCRIPT)))
            return true;
    return false;
}

static int put_survey(struct examination *x, const struct specimen *s, json_t *m)
{
    CLEANUP(survey_done) struct survey found;
    int r = survey_init(&found);

    if (!r && !(r = survey_bytes(&found, s->type, own_name(s->name), buf_str(&s->kept))) &&
        !(r = put_list(x, m, "metadata", found.metadata)) &&
        !(r = put_list(x, m, "hidden", found.hidden)) &&
        !(r = put_number(m, "width", found.width)) &&
        !(r = put_number(m, "height", found.height)) &&
        !(r = put_number(m, "orientation", found.orientation)) &&
        !(r = runs_put(m, has_script(found.hidden) ? RUNS_MACROS : RUNS_NONE)) && found.is_cut)
        r = json_put_flag(m, "cut", true);
    return r;
}

/* As far as the texts of all members together may go. */
static int put_text(struct examination *x, const struct specimen *s, json_t *m)
{
    CLEANUP(buf_wipe) struct buf text;
    enum drawn how;
    int r;

    buf_init(&text, EXAMINE_TEXTS_MAX);
    if (!x->is_drawn || content_type_holds(s->type))
        return 0;
    r = draw(s->type, buf_str(&s->kept), EXAMINE_TEXTS_MAX - x->n_drawn, &text, &how);
    if (r || (r = json_put_str(m, "drawn", drawn_word(how))) || !text.len)
        return r;
    x->n_drawn += text.len;
    return json_put_strn(m, "text", buf_str(&text));
}

static int put_member(struct examination *x, const struct specimen *s, const struct digest *d,
                      const struct clamd_said *said, enum why why)
{
    JSON_AUTO *m = json_pack("{s:s, s:I}", "name", s->name, "layer", (json_int_t)s->layer);
    int r = !m ? -ENOMEM : x->scanner || why ? put_verdict(m, said, why) : 0;

    if (!r && is_whole(why) && !(r = put_content(m, s, d)) && s->is_surveyed)
        r = put_survey(x, s, m);
    if (!r && is_whole(why))
        r = put_text(x, s, m);
    if (!r && s->has_macros)
        r = json_put_flag(m, "macros", true);
    if (!r)
        r = runs_put(m, runs_first(s->runs, s->has_macros ? RUNS_MACROS : RUNS_NONE));
    if (!r && s->named_level)
        r = json_put_int(m, "named_level", s->named_level);
    return r ? r : json_array_append(x->members, m) ? -ENOMEM : 0;
}

/* The part of an office document that holds macros has this name. */
static bool is_macro_part(const char *name)
{
    return str_ends(str_of(name), STR("vbaProject.bin"));
}

static int weigh(struct specimen *s)
{
    struct runs_found found = {RUNS_NONE, false};
    int r = s->is_weighed ? runs_inside(s->type, own_name(s->name), buf_str(&s->kept), &found) : 0;

    s->runs = runs_first(runs_first(s->runs, found.runs), s->cells.acts ? RUNS_MACROS : RUNS_NONE);
    s->is_locked = s->is_locked || found.is_locked;
    return r;
}

/* With `AlertExceedsMax yes`, clamd says so of a stream that it did not look at to its end. */
static bool is_beyond_scanner(const struct clamd_said *said)
{
    return said->answer == CLAMD_FOUND && str_starts(str_of(said->name), STR("Heuristics.Limits.Exceeded"));
}

/* Of a name that is too long to be shown whole what is told may differ. */
static int look_whether_seen(struct specimen *s, const struct digest *d)
{
    const char told[] = {(char)('0' + s->named_level), (char)('0' + s->runs), '\0'};
    CLEANUP(buf_done) struct buf key, named;
    int r;

    buf_init(&key, SIZE_MAX);
    buf_init(&named, SIZE_MAX);
    if ((r = hex_print(d->bytes, SHA256_SIZE, &key)) || (r = buf_add(&key, told, sizeof(told))) || (r = buf_printf(&named, "%s%s", key.at, s->name)))
        return r;
    s->is_seen = json_object_get(s->seen, s->is_by_digest ? key.at : named.at) != NULL;
    return s->is_seen || (r = json_put_flag(s->seen, key.at, true)) ? r : json_put_flag(s->seen, named.at, true);
}

int specimen_end(struct examination *x, struct specimen *s, enum why why)
{
    struct clamd_said said = {CLAMD_UNABLE, ""};
    struct digest d = sha256_end(TAKE(s->sha));
    bool is_ended;
    int r = 0;

    if (x->scanner)
        r = clamd_end(x->scanner, &said);
    else
        said.answer = CLAMD_CLEAN;

    if (r || (r = weigh(s)))
        return r;
    if (s->is_shown)
        s->runs = RUNS_NONE;
    if (is_beyond_scanner(&said)) {
        s->is_too_large = true;
        said.answer = CLAMD_CLEAN;
    }
    s->has_macros = s->has_macros || is_macro_part(s->name);
    is_ended = s->end && s->n_end >= RUNS_END_BYTES && runs_by_end((struct str){(const char *)s->end + s->n_end - RUNS_END_BYTES, RUNS_END_BYTES}) == RUNS_DISK;
    s->runs = runs_first(s->runs, is_ended ? RUNS_DISK : RUNS_NONE);
    if (!why && s->is_locked)
        why = WHY_ENCRYPTED_WHOLE;
    if (!why && (s->is_image || (is_ended && s->type == CONTENT_OTHER)))
        why = WHY_IMAGE;
    if (!why && s->is_unknown)
        why = WHY_ARCHIVE;
    if (!why && (has_zip_behind(s) || s->marks.is_found || is_ended))
        why = WHY_POLYGLOT;
    if (!why && s->is_too_large && x->scanner)
        why = WHY_STREAM;
    if (!why && said.answer == CLAMD_UNABLE)
        why = WHY_SCANNER;
    x->is_over = x->is_over || said.answer == CLAMD_UNABLE; /* there is nobody left to ask */
    x->deepest = MAX_OF(x->deepest, s->layer);
    if (said.answer == CLAMD_FOUND)
        r = note_infection(x, said.name, s->name);
    else if (why || s->is_no_message)
        r = examination_note(x, why ? why : WHY_DAMAGED, s->name);
    if (!r && s->seen && is_whole(why))
        r = look_whether_seen(s, &d);
    return r || s->is_seen ? r : put_member(x, s, &d, &said, why);
}

/* ---- the file itself ---- */

/* 0, or 1: too late. */
static int add_file(struct examination *x, struct specimen *s, int fd, char *piece)
{
    off_t at = 0;

    for (;;) {
        ssize_t n = pread(fd, piece, PIECE, at);
        int r;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -EIO;
        if (n == 0)
            return 0;
        if ((r = specimen_add(x, s, (struct str){piece, (size_t)n})))
            return r;
        at += n;
        if (examination_is_late(x))
            return 1;
    }
}

static int examine_whole(struct examination *x, int fd, const char *name,
                         enum content_type *ret_type)
{
    char *piece = malloc(PIECE);
    struct specimen s = {0};
    ssize_t n = piece ? pread(fd, piece, PIECE, 0) : 0;
    int r = !piece ? -ENOMEM : n < 0 ? -EIO : 0;

    if (!r && !(r = specimen_begin(x, &s, name, 0, (struct str){piece, (size_t)n})))
        r = add_file(x, &s, fd, piece);
    *ret_type = s.type;
    if (r > 0)
        x->is_over = true;
    if (r >= 0)
        r = specimen_end(x, &s, r > 0 ? WHY_TIME : WHY_NONE);
    if (!r && !x->is_over)
        r = examine_inside(x, &s);
    specimen_drop(&s);
    free(piece);
    return r;
}

static int report(struct examination *x, json_t **ret)
{
    const char *verdict = x->found     ? "infected"
                          : x->why     ? "not-examinable"
                          : x->scanner ? "clean"
                                       : "not-scanned";
    JSON_AUTO *out =
        json_pack("{s:s, s:s, s:I, s:I, s:O}", "verdict", verdict, "scanner",
                  x->scanner ? clamd_version(x->scanner) : "", "unpacked", (json_int_t)x->unpacked,
                  "layers", (json_int_t)x->deepest, "members", x->members);
    int r = out ? 0 : -ENOMEM;

    if (!r && x->place)
        r = json_put_str(out, "place", x->place);
    if (!r && x->found)
        r = json_put_str(out, "found", x->found);
    else if (!r && x->why)
        r = json_put_str(out, "why", why_name(x->why));
    if (!r)
        *ret = TAKE(out);
    return r;
}

int examine_name(const char *name, struct buf *out)
{
    struct str s = {name, MIN_OF(strlen(name),
                                 (size_t)NAME_MAX_BYTES / 4)}; /* a byte becomes four at most */
    int r = utf8_print_safe(s, out);

    return r ? r : buf_add(out, "", 0);
}

int examine(const struct examine_input *in, const struct examine_limits *limits,
            struct clamd *scanner, uint64_t deadline_us, json_t **ret_report)
{
    struct examination x = {
        .limits = limits, .scanner = scanner, .password = in->password, .is_drawn = in->is_drawn,
        .has_cp932 = in->has_cp932 || in->is_drawn, .members = json_array()};
    enum content_type type;
    int r = x.members ? 0 : -ENOMEM;

    x.deadline_us =
        MIN_OF(deadline_us, clock_monotonic_us() + (uint64_t)limits->time_s * US_PER_SECOND);
    if (!r && !(r = examine_whole(&x, in->fd, in->name, &type)) && !x.is_over &&
        content_type_holds(type))
        r = examine_archive(&x, in->fd, type, in->name, 0);
    if (r ==
        -ETIMEDOUT) /* the scanner did not answer in time: nothing is known of what it was given */
        r = examination_note(&x, WHY_TIME, in->name);
    if (!r)
        r = report(&x, ret_report);
    json_decref(x.members);
    free(x.place);
    free(x.found);
    return r;
}
