#include "web/intel-document.h"

#include "base/codec.h"
#include "base/file.h"
#include "engine/attachment.h"
#include "guard/document-door.h"
#include "store/blobs.h"
#include "web/keys.h"
#include "web/pages.h"
#include "web/site.h"
#include "web/words.h"

#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- bytes ---- */

struct bytes {
    struct page *page;
    struct keys_asker asker;
    char id[ATTACHMENT_ID_SIZE];
    uint64_t size;
    uint8_t key[VAULT_KEY_SIZE];
};

static int copy_piece(struct bytes *b, int64_t n, int to)
{
    struct worker *w = b->page->worker;
    CLEANUP(buf_done) struct buf sealed;
    CLEANUP(buf_wipe) struct buf plain;
    int r;

    buf_init(&sealed, BLOBS_PIECE_MAX);
    buf_init(&plain, ATTACHMENT_PIECE);
    r = w->is_apart ? keys_piece(w, &b->asker, b->id, n, &sealed) : blobs_pool_get(w->blobs_pool, b->id, n, &sealed);
    if (r)
        return r == STORE_E_NONE ? -EBADMSG : store_errno(r);
    r = attachment_open_piece(b->id, b->size, n, b->key, buf_str(&sealed), &plain);
    return r ? r : file_write_all(to, buf_str(&plain));
}

static int copy(struct bytes *b, int to)
{
    int r = keys_asker_of(b->page, &b->asker);

    for (int64_t n = 0; !r && n < attachment_pieces(b->size); n++)
        r = copy_piece(b, n, to);
    return r;
}

/* An upload of his, here as a whole. 1: there is none. */
static int find_own(struct page *p, const char *file, struct bytes *ret)
{
    CLEANUP(attachment_done) struct attachment a = {0};
    int r = attachment_id_ok(file) ? attachment_get(p->worker->store, file, &a) : 1;

    if (!r && (strcmp(a.owner, p->session.person) != 0 || *a.record || !strcmp(a.state, "coming")))
        r = 1;
    if (!r)
        r = attachment_key(p->worker->store, &a, ret->key);
    if (!r) {
        memcpy(ret->id, a.id, sizeof(ret->id));
        ret->size = a.size;
    }
    return r;
}

/* Of a record: the keeper enters that he opens it. 1: he may not, which is answered. */
static int open_file(struct page *p, const char *record, const char *file, struct bytes *ret)
{
    json_t *answer = page_ask(p, json_pack("{s:s, s:s, s:s}", "op", "file-open", "record", record, "file", file));
    int r;

    if (!answer)
        return -ENOMEM;
    if (!json_flag(answer, "ok")) {
        r = !strcmp(json_str(answer, "error"), "none") ? page_not_found(p) : page_not_open(p, record, answer, MSG_EXTRACT_NOT_OPEN);
        return r ? r : 1;
    }
    if (hex_parse(str_of(json_str(answer, "key")), ret->key, sizeof(ret->key)))
        return -EBADMSG;
    snprintf(ret->id, sizeof(ret->id), "%s", json_str(answer, "id"));
    ret->size = (uint64_t)json_int(answer, "size");
    return 0;
}

/* ---- its text ---- */

static struct str why_words(struct page *p, int r, const struct document_answer *a)
{
    static const enum message_key keys[] = {[DOCUMENT_E_NONE] = MSG_EXTRACT_PDF_NONE, [DOCUMENT_E_DAMAGED] = MSG_EXTRACT_DAMAGED,
                                            [DOCUMENT_E_ENCRYPTED] = MSG_EXTRACT_ENCRYPTED, [DOCUMENT_E_TIME] = MSG_EXTRACT_TIME,
                                            [DOCUMENT_E_LARGE] = MSG_EXTRACT_LARGE, [DOCUMENT_E_KIND] = MSG_EXTRACT_KIND,
                                            [DOCUMENT_E_DOCTYPE] = MSG_EXTRACT_DOCTYPE, [DOCUMENT_E_AWAY] = MSG_EXTRACT_AWAY};
    struct str words = T(p, keys[r]);

    return *a->where ? page_text(p, "%.*s（%s）", STR_ARG(words), a->where) : words;
}

static int text_of(struct page *p, int fd, struct document *ret, struct str *ret_why, unsigned *ret_inside)
{
    struct document_answer answer;
    int out = -1, r = document_ask(site_data(p->worker->site), fd, &out, &answer);

    if (!r)
        r = document_load(out, ret);
    if (out >= 0)
        close(out);
    *ret_inside = answer.n_inside;
    if (r > 0)
        *ret_why = why_words(p, r, &answer);
    return r > 0 ? 2 : r;
}

int intel_document_read(struct page *p, const char *record, const char *file, struct document *ret, struct str *ret_why, unsigned *ret_inside)
{
    struct bytes b = {.page = p};
    int fd = -1, r = *record ? open_file(p, record, file, &b) : find_own(p, file, &b);

    if (r == 1 && !*record) {
        *ret_why = T(p, MSG_EXTRACT_GONE);
        r = 2;
    }
    if (!r && b.size > DOCUMENT_FILE_MAX) {
        *ret_why = T(p, MSG_EXTRACT_LARGE);
        r = 2;
    }
    if (!r && (fd = memfd_create("document", MFD_CLOEXEC)) < 0)
        r = -errno;
    if (!r)
        r = copy(&b, fd);
    sodium_memzero(b.key, sizeof(b.key));
    if (!r)
        r = text_of(p, fd, ret, ret_why, ret_inside);
    if (fd >= 0)
        close(fd);
    return r;
}

int intel_document_of(struct page *p, struct str bytes, struct document *ret, struct str *ret_why, unsigned *ret_inside)
{
    int fd = memfd_create("document", MFD_CLOEXEC), r = fd < 0 ? -errno : file_write_all(fd, bytes);

    if (!r)
        r = text_of(p, fd, ret, ret_why, ret_inside);
    if (fd >= 0)
        close(fd);
    return r;
}

/* ---- places ---- */

static struct str paragraph_words(struct page *p, struct str part, struct str n)
{
    static const struct {
        const char *part;
        enum message_key key;
    } rows[] = {{"header", MSG_PLACE_HEADER}, {"footer", MSG_PLACE_FOOTER}, {"footnotes", MSG_PLACE_FOOTNOTES}, {"endnotes", MSG_PLACE_ENDNOTES},
                {"comments", MSG_PLACE_COMMENTS}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(part, str_of(rows[i].part)))
            return TF(p, rows[i].key, {"n", n});
    return TF(p, MSG_PLACE_PARAGRAPH, {"n", n});
}

static struct str cell_words(struct page *p, struct str sheet, const struct document_place *at)
{
    CLEANUP(buf_done) struct buf cell;

    buf_init(&cell, 64);
    if (document_print_cell(at, &cell))
        return STR("");
    return TF(p, MSG_PLACE_CELL, {"sheet", sheet}, {"cell", arena_str(p->arena, buf_str(&cell))});
}

struct str intel_place_words(struct page *p, const struct document *d, const struct document_place *at)
{
    struct str name = document_name(d, at), n = page_text(p, "%u", at->n);

    switch (at->kind) {
    case PLACE_PAGE:
        return TF(p, MSG_PLACE_PAGE, {"n", n});
    case PLACE_PARAGRAPH:
        return paragraph_words(p, name, n);
    case PLACE_CELL:
        return cell_words(p, name, at);
    case PLACE_SLIDE:
        return TF(p, !name.len ? MSG_PLACE_SLIDE : str_eq(name, STR("notes")) ? MSG_PLACE_SLIDE_NOTES : MSG_PLACE_SLIDE_COMMENTS, {"n", n});
    case PLACE_HEAD:
        return TF(p, MSG_PLACE_HEAD, {"name", name});
    case PLACE_PART:
        return TF(p, MSG_PLACE_PART, {"name", name});
    default:
        return TF(p, MSG_PLACE_FILE, {"name", name});
    }
}

int intel_places_print(const struct document *d, uint64_t from, uint64_t to, struct buf *out)
{
    const struct document_place *all = document_places(d), *first = document_place_at(d, from);
    int r = 0;

    for (size_t i = first ? (size_t)(first - all) : 0; !r && i < document_n_places(d) && all[i].offset < to; i++) {
        struct str name = document_name(d, &all[i]);

        r = buf_printf(out, "%" PRIu64 ",%c,%u,%u,%.*s\n", all[i].offset > from ? all[i].offset - from : 0, (char)all[i].kind, all[i].n, all[i].column,
                       STR_ARG(name));
    }
    return r;
}

/* 1: no place. */
static int take_line(struct str line, struct document *d)
{
    struct document_place place = {0};
    struct str offset, kind, n, column;
    uint64_t numbers[3];
    int r;

    if (!str_split(&line, ',', &offset) || !str_split(&line, ',', &kind) || !str_split(&line, ',', &n) || !str_split(&line, ',', &column) ||
        kind.len != 1 || !strchr("pgcshmf", kind.at[0]) || str_to_u64(offset, 0, DOCUMENT_TEXT_MAX, &numbers[0]) ||
        str_to_u64(n, 0, UINT32_MAX, &numbers[1]) || str_to_u64(column, 0, UINT32_MAX, &numbers[2]) || line.len > DOCUMENT_NAME_MAX + 2)
        return 1;
    if (document_n_places(d) && document_places(d)[document_n_places(d) - 1].offset > numbers[0])
        return 1;
    place = (struct document_place){.offset = numbers[0], .kind = (enum document_place_kind)kind.at[0], .n = (uint32_t)numbers[1],
                                    .column = (uint32_t)numbers[2], .name_at = (uint32_t)d->names.len, .name_len = (uint32_t)line.len};
    r = buf_add_str(&d->names, line);
    return r ? r : buf_add(&d->places, &place, sizeof(place));
}

int intel_places_take(struct str lines, struct document *d)
{
    struct str line;
    int r = 0;

    while (r >= 0 && str_split(&lines, '\n', &line))
        r = take_line(str_trim(line), d);
    return r == -ENOMEM ? r : 0;
}
