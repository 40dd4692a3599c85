#include "cmd/media-refusal.h"

#include "cmd/media-held.h"

#include "base/utf8.h"
#include "regulation/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define REFUSE "refuse"
#define OTHERWISE "unreadable"
#define SHOWN 395u /* bytes: the trail's texts take 400 characters */
#define CUT "…"

/* Visible, and cut between two characters. */
static int put_shown(json_t *with, const char *key, const char *bytes, size_t max)
{
    CLEANUP(buf_done) struct buf shown;
    struct str all;
    size_t n = 0;

    buf_init(&shown, SIZE_MAX);
    if (!*bytes)
        return 0;
    if (utf8_print_safe((struct str){bytes, strnlen(bytes, 2 * (size_t)max)}, &shown))
        return -ENOMEM;
    all = buf_str(&shown);
    for (size_t at = 0; all.len > max && at <= max - strlen(CUT);) {
        n = at;
        IGNORE(utf8_next(all, &at), "it is valid");
    }
    if (all.len > max) {
        shown.len = n;
        if (buf_add_text(&shown, CUT))
            return -ENOMEM;
    }
    return json_put_strn(with, key, buf_str(&shown));
}

static const char *word_of(const struct reg *trail, const char *why)
{
    const struct field *f = reg_field(trail, "refused");

    for (size_t i = 0; f && i < f->n_choices; i++)
        if (!strcmp(f->choices[i].id, why))
            return why;
    return OTHERWISE;
}

static int put_all(const struct gate *g, const struct reg *trail, const struct refusal *r, json_t *with)
{
    char size[24];

    snprintf(size, sizeof(size), "%" PRIu64, r->size);
    if (json_put_str(with, "direction", r->way) || json_put_str(with, "medium", g->medium) || json_put_str(with, "computer", g->computer) ||
        json_put_str(with, "refused", word_of(trail, r->why)))
        return -ENOMEM;
    if ((*g->item && json_put_str(with, "item", g->item)) || (*g->grant && json_put_str(with, "grant", g->grant)))
        return -ENOMEM;
    if (*r->digest && (json_put_str(with, "file_digest", r->digest) || json_put_str(with, "size", size)))
        return -ENOMEM;
    if (r->seen && held_put_seen(r->seen, with))
        return -ENOMEM;
    if (r->inside && *r->inside && json_put_str(with, "inside", r->inside))
        return -ENOMEM;
    return put_shown(with, "file_name", r->name, SHOWN) || put_shown(with, "refused_detail", r->found, SHOWN) ? -ENOMEM : 0;
}

void gate_refuse(struct gate *g, const struct refusal *r)
{
    const struct reg *trail = engine_reg(g->engine, GATE_TRAIL);
    JSON_AUTO *with = json_object();
    char line[GATE_ID_SIZE];

    if (!trail || !reg_part(trail, REFUSE))
        return;
    if (!with || put_all(g, trail, r, with)) {
        IGNORE(command_fail(MSG_CONSOLE_MEMORY), "what was refused stays refused");
        return;
    }
    if (gate_act(g, GATE_TRAIL, REFUSE, with, line)) {
        IGNORE(command_fail(MSG_FAIL_REFUSAL_LOST), "what was refused stays refused");
        return;
    }
    gate_tell(g, json_pack("{s:s, s:s, s:s, s:s}", "event", "refusal", "record", line, "name", json_str(with, "file_name"), "why", json_str(with, "refused")));
    gate_say(stdout, MSG_MEDIA_REFUSAL, MESSAGE_ARGS({"line", str_of(line)}));
}

void gate_refuse_unmet(struct gate *g, const struct refusal *r)
{
    CLEANUP(buf_done) struct buf lacks;
    struct refusal is = *r;

    buf_init(&lacks, SIZE_MAX);
    if (!g->unmet.len)
        return;
    IGNORE(buf_add_str(&lacks, buf_str(&g->unmet)) || buf_add(&lacks, "", 0), "the word alone says it");
    is.why = g->is_name_unmet ? "name" : "not-permitted";
    is.found = lacks.len ? lacks.at : "";
    gate_refuse(g, &is);
}

const char *refusal_of_outgoing(int r)
{
    return r == OUTGOING_E_NAME ? "name" : r == OUTGOING_E_DIFFERS ? "changed" : "not-writable";
}
