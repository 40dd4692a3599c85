/* Files that lie in a compound file as they are: what is attached to a message of Outlook (.msg), also in a message in it, and packages and objects of OLE. Each is a member, and what it holds is gone through as that of any other.
 * Sources: [MS-OXMSG], 2.2.2 (attachments); [MS-OLEDS], 2.3.6 (Ole10Native). */
#include "guard/compound.h"
#include "guard/examine-inside.h"

#include "base/little-endian.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#define PIECE ((size_t)64 << 10)
#define NAME_BYTES_MAX 1024u /* of what an attachment says that it is called */
#define READS_MAX 4u         /* times the bytes of the file */

/* ---- a member that is at hand ---- */

static int open_archive(struct examination *x, struct str bytes, enum content_type type, const char *name, unsigned layer)
{
    int fd = memfd_create("part", MFD_CLOEXEC), r = fd < 0 ? -ENOMEM : 0;

    for (size_t at = 0; !r && at < bytes.len;) {
        ssize_t n = write(fd, bytes.at + at, bytes.len - at);

        if (n < 0 && errno != EINTR)
            r = -ENOMEM;
        at += n > 0 ? (size_t)n : 0;
    }
    if (!r)
        r = examine_archive(x, fd, type, name, layer);
    if (fd >= 0)
        close(fd);
    return r;
}

static enum why count_member(struct examination *x, size_t size)
{
    x->unpacked += size;
    if (++x->n_members > x->limits->members_max)
        return WHY_MEMBERS;
    if (x->unpacked > x->limits->unpacked_max)
        return WHY_SIZE;
    return examination_is_late(x) ? WHY_TIME : WHY_NONE;
}

int examine_bytes(struct examination *x, const struct member_at_hand *m, struct str bytes)
{
    struct specimen s = {0};
    enum why why = count_member(x, bytes.len);
    int r;

    x->is_over = x->is_over || why;
    r = specimen_begin(x, &s, m->name, m->layer, bytes);
    s.named_level = m->named_level;
    s.is_shown = m->is_shown;
    s.runs = runs_first(s.runs, m->named_runs);
    if (!r && !why && (content_type_holds(s.type) || s.is_message) && m->layer >= x->limits->layers_max)
        why = WHY_LAYERS;
    for (size_t at = 0; !r && at < bytes.len; at += PIECE)
        r = specimen_add(x, &s, (struct str){bytes.at + at, MIN_OF(PIECE, bytes.len - at)});
    if (!r)
        r = specimen_end(x, &s, why);
    if (!r && !why && !x->is_over && content_type_holds(s.type))
        r = open_archive(x, bytes, s.type, m->name, m->layer);
    else if (!r && !why && !x->is_over)
        r = examine_inside(x, &s);
    specimen_drop(&s);
    return r;
}

int examine_inside(struct examination *x, const struct specimen *s)
{
    if (s->is_message)
        return examine_message(x, buf_str(&s->kept), s->name, s->layer);
    return s->type == CONTENT_OLE ? examine_compound(x, buf_str(&s->kept), s->name, s->layer) : 0;
}

/* ---- what is embedded ---- */

struct embedding {
    struct examination *x;
    struct compound c;
    uint32_t *owners;
    const char *name; /* of the compound file */
    unsigned layer;   /* of what is in it */
    uint64_t read, read_max;
    size_t n_members;
};

static bool begins(const struct compound_entry *e, const char *with)
{
    return !strncasecmp(e->name, with, strlen(with));
}

static const char attached[] = "__substg1.0_37010102", package[] = "\1Ole10Native";

/* An object as it is: of newer office programs, and of others. */
static bool is_whole(const struct compound_entry *e)
{
    return begins(e, attached) || !strcasecmp(e->name, "Package") || !strcasecmp(e->name, "CONTENTS") || !strcasecmp(e->name, "EmbeddedOdf");
}

static bool is_wanted(const struct compound_entry *e)
{
    return is_whole(e) || !strcasecmp(e->name, package);
}

static int read_entry(struct embedding *m, const struct compound_entry *e, uint64_t max, struct buf *out)
{
    const size_t from = out->len;
    int r = compound_read(&m->c, e, max, out);

    m->read += out->len - from + m->c.n_sectors / 8;
    return r == -ENOSPC ? COMPOUND_E_BROKEN : r;
}

static int add_wide(struct str s, struct buf *out)
{
    int r = 0;

    for (size_t i = 0; !r && i + 1 < s.len; i += 2) {
        uint32_t c = le16(s.at + i);

        if (c >= 0xd800 && c < 0xdc00 && i + 3 < s.len && (le16(s.at + i + 2) & 0xfc00) == 0xdc00) {
            c = 0x10000 + ((c & 0x3ff) << 10) + (le16(s.at + i + 2) & 0x3ff);
            i += 2;
        }
        if (c)
            r = utf8_put((c & 0xf800) == 0xd800 ? '?' : c, out);
    }
    return r;
}

/* By the longest name that stands beside it. */
static int name_attachment(struct embedding *m, size_t i, struct buf *out)
{
    static const char *const by[] = {"__substg1.0_3707", "__substg1.0_3704", "__substg1.0_3001"};
    int r = 0;

    for (size_t k = 0; !r && !out->len && k < ARRAY_LEN(by); k++)
        for (size_t at = 0; !r && !out->len && at < compound_count(&m->c); at++) {
            CLEANUP(buf_done) struct buf bytes;
            struct compound_entry e;

            buf_init(&bytes, NAME_BYTES_MAX);
            if (m->owners[at] != m->owners[i] || !compound_stream(&m->c, at, &e) || !begins(&e, by[k]))
                continue;
            r = read_entry(m, &e, NAME_BYTES_MAX, &bytes);
            if (r >= 0) /* a name that is cut is one */
                r = str_ends(str_of(e.name), STR("F")) || str_ends(str_of(e.name), STR("f")) ? add_wide(buf_str(&bytes), out)
                                                                                             : buf_add(out, bytes.at, strnlen(bytes.at ? bytes.at : "", bytes.len));
        }
    return r;
}

/* A package: its length, 2, how it is called, the path that it had, numbers, the path under which it is unpacked, and the file. false: it is none. */
static bool open_package(struct str s, struct str *ret_name, struct str *ret_bytes)
{
    size_t at = 6;

    for (int i = 0; i < 2; i++) {
        const size_t n = at < s.len ? strnlen(s.at + at, s.len - at) : 0;

        if (at >= s.len || n == s.len - at)
            return false;
        if (!i)
            *ret_name = (struct str){s.at + at, n};
        at += n + 1;
    }
    if (s.len - at < 8 || le32(s.at + at + 4) > s.len - at - 8)
        return false;
    at += 8 + le32(s.at + at + 4);
    if (s.len - at < 4 || le32(s.at + at) > s.len - at - 4)
        return false;
    *ret_bytes = (struct str){s.at + at + 4, le32(s.at + at)};
    return true;
}

static int look_at_member(struct embedding *m, struct str called, struct str bytes)
{
    CLEANUP(buf_done) struct buf name;
    struct member_at_hand member = {.layer = m->layer};
    int r;

    buf_init(&name, SIZE_MAX);
    m->n_members++;
    if ((r = buf_add_text(&name, m->name)) || (r = buf_add_text(&name, " > ")))
        return r;
    r = called.len ? examine_add_name(m->x, called, &name, &member.named_level, &member.named_runs) : buf_printf(&name, "%zu", m->n_members);
    if (r || (r = buf_add(&name, "", 1)))
        return r;
    member.name = name.at;
    return examine_bytes(m->x, &member, bytes);
}

/* 0, COMPOUND_E_BROKEN: not all of it was seen. */
static int look_into_entry(struct embedding *m, size_t i, const struct compound_entry *e)
{
    CLEANUP(buf_done) struct buf bytes, name;
    struct str called = STR_NONE, inner;
    int first, r;

    buf_init(&bytes, m->c.s.len);
    buf_init(&name, NAME_BYTES_MAX * 4);
    first = r = read_entry(m, e, UINT64_MAX, &bytes);
    if (r < 0)
        return r;
    inner = buf_str(&bytes);
    if (begins(e, attached)) {
        if ((r = name_attachment(m, i, &name)) < 0)
            return r;
        called = buf_str(&name);
    } else if (is_whole(e)) {
        called = str_of(e->name);
    } else if (!open_package(buf_str(&bytes), &called, &inner)) {
        first = COMPOUND_E_BROKEN; /* what nobody knows to take apart is looked at as it is */
        called = STR_NONE;
        inner = buf_str(&bytes);
    }
    r = look_at_member(m, called, inner);
    return r ? r : first;
}

static int walk(struct embedding *m)
{
    int first = 0, r = 0;

    for (size_t i = 0; r >= 0 && !m->x->is_over && i < compound_count(&m->c); i++) {
        struct compound_entry e;

        if (!compound_stream(&m->c, i, &e) || !is_wanted(&e) || !e.size)
            continue;
        if (m->layer > m->x->limits->layers_max)
            return examination_note(m->x, WHY_LAYERS, m->name);
        r = m->read > m->read_max ? COMPOUND_E_BROKEN : look_into_entry(m, i, &e);
        first = first ? first : r;
    }
    return r < 0 ? r : first;
}

/* Does it say that it has any? */
static bool names_any(struct str bytes)
{
    return compound_names(bytes, "__substg1.0_3701") || compound_names(bytes, package);
}

int examine_compound(struct examination *x, struct str bytes, const char *name, unsigned layer)
{
    const struct str seen = {bytes.at, MIN_OF(bytes.len, RUNS_BYTES_MAX)};
    struct embedding m = {.x = x, .name = name, .layer = layer + 1, .read_max = (uint64_t)seen.len * READS_MAX};
    int opened = compound_open(seen, &m.c), r = opened < 0 ? opened : 0;

    m.owners = r ? NULL : calloc(compound_count(&m.c) + 1, sizeof(*m.owners));
    if (!r && !m.owners)
        r = -ENOMEM;
    if (!r && !(r = compound_owners(&m.c, m.owners)))
        r = walk(&m);
    if (!r && opened && names_any(seen))
        r = COMPOUND_E_BROKEN;
    compound_close(&m.c);
    free(m.owners);
    return r <= 0 ? r : examination_note(x, bytes.len > seen.len ? WHY_SIZE : WHY_DAMAGED, name);
}
