#include "cmd/media-cover.h"

#include "base/file.h"
#include "cmd/media-move.h"
#include "engine/cover.h"
#include "outward/cover.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define COVER_MAX ((size_t)16 << 20)

static int list_files(const struct seal_source *sources, size_t n, const char *digests, json_t *files)
{
    for (size_t i = 0; i < n; i++) {
        struct stat st;

        if (!outgoing_name_is_good(str_of(sources[i].name)))
            continue; /* for which the sealing refuses all of it */
        if (fstat(sources[i].fd, &st) ||
            json_array_append_new(files, json_pack("{s:s, s:I, s:s}", "name", sources[i].name, "size", (json_int_t)st.st_size, "sha256", digests + i * (2 * SHA256_SIZE + 1))))
            return -ENOMEM;
    }
    return 0;
}

static int into_memory(struct media_cover *c, const struct buf *pdf)
{
    const struct digest d = sha256(buf_str(pdf));
    int r;

    if ((c->fd = memfd_create("cover", MFD_CLOEXEC)) < 0)
        return -errno;
    if ((r = file_write_all(c->fd, buf_str(pdf))))
        return r;
    memcpy(c->digest, digest_text(&d).at, sizeof(c->digest));
    return lseek(c->fd, 0, SEEK_SET) ? -EIO : 0;
}

int media_cover_make(struct gate *g, const char *item, const struct seal_source *sources, size_t n, const char *digests, struct media_cover *ret)
{
    JSON_AUTO *cover = NULL, *files = json_array();
    CLEANUP(buf_done) struct buf pdf;
    int r = files ? engine_cover(g->engine, g->person.at, item, engine_now(g->engine), &cover) : -ENOMEM;

    *ret = (struct media_cover){.fd = -1};
    buf_init(&ret->name, 512);
    buf_init(&pdf, COVER_MAX);
    if (r == ENGINE_COVER_E_NONE)
        return 0;
    if (!r)
        r = list_files(sources, n, digests, files);
    if (!r)
        r = cover_name(cover, home_language(), &ret->name) ?: buf_add_char(&ret->name, '\0');
    if (!r)
        r = cover_pdf(&(struct cover_sheet){.cover = cover, .files = files, .lang = home_language()}, &pdf);
    if (!r)
        r = into_memory(ret, &pdf);
    return r ? command_fail(MSG_FAIL_COVER) : 0;
}

void media_cover_done(struct media_cover *c)
{
    if (c->fd >= 0)
        close(c->fd);
    buf_done(&c->name);
}
