#include "base/sheet-part.h"

#include "base/tell.h"

#include <errno.h>
#include <expat.h>
#include <stdlib.h>
#include <zip.h>
#include <zlib.h>

#define DEPTH_MAX 64u
#define PIECE 65536

struct sheet_parts {
    zip_t *zip;
    const char *name;
    struct diag *diag;
    size_t left; /* bytes that may still be unpacked */
};

struct reading {
    XML_Parser parser;
    const struct sheet_handler *handler;
    void *user;
    unsigned depth;
};

static int told(struct sheet_parts *p, int kind, enum message_key key)
{
    diag_tell(p->diag, DIAG_ERROR, (struct diag_place){.file = p->name}, key);
    return kind;
}

/* ---- the archive ---- */

static bool is_old(struct str bytes)
{
    return str_starts(bytes, STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"));
}

bool sheet_looks_like(struct str bytes)
{
    return str_starts(bytes, STR("PK\x03\x04")) || str_starts(bytes, STR("PK\x05\x06")) ||
           is_old(bytes);
}

/* An encrypted workbook is a file of the older kind that holds a stream of this name. */
static int refuse_old(struct sheet_parts *p, struct str bytes)
{
    static const char stream[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e";

    if (memmem(bytes.at, bytes.len, stream, sizeof(stream) - 1))
        return told(p, SHEET_E_ENCRYPTED, MSG_SHEET_ENCRYPTED);
    return told(p, SHEET_E_OLD, MSG_SHEET_OLD);
}

/* Not each of the library's errors says that memory ran out; errno does, when it was 0 before the call. */
static bool is_memory(zip_error_t *error)
{
    int code = zip_error_code_zip(error);

    return errno == ENOMEM || code == ZIP_ER_MEMORY || (code == ZIP_ER_ZLIB && zip_error_code_system(error) == Z_MEM_ERROR);
}

static int open_archive(struct sheet_parts *p, struct str bytes)
{
    zip_error_t error;
    zip_source_t *source;

    if (bytes.len > SHEET_MAX_BYTES)
        return told(p, SHEET_E_LIMIT, MSG_SHEET_LARGE);
    if (is_old(bytes))
        return refuse_old(p, bytes);
    zip_error_init(&error);
    errno = 0;
    source = zip_source_buffer_create(bytes.at, bytes.len, 0, &error);
    p->zip = source ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error) : NULL;
    if (!p->zip && source)
        zip_source_free(source);
    if (!p->zip) {
        bool is_short = is_memory(&error);

        zip_error_fini(&error);
        return is_short ? -ENOMEM : told(p, SHEET_E_SYNTAX, MSG_SHEET_DAMAGED);
    }
    zip_error_fini(&error);
    if (zip_get_num_entries(p->zip, 0) > (zip_int64_t)SHEET_PARTS_MAX)
        return told(p, SHEET_E_LIMIT, MSG_SHEET_LARGE);
    return 0;
}

int sheet_parts_open(const char *name, struct str bytes, struct sheet_parts **ret,
                     struct diag *diag)
{
    struct sheet_parts *p = calloc(1, sizeof(*p));
    int r;

    if (!p)
        return -ENOMEM;
    *p = (struct sheet_parts){.name = name, .diag = diag, .left = SHEET_UNPACKED_MAX};
    if ((r = open_archive(p, bytes))) {
        sheet_parts_close(p);
        return r;
    }
    *ret = p;
    return 0;
}

void sheet_parts_close(struct sheet_parts *p)
{
    if (!p)
        return;
    if (p->zip)
        zip_discard(p->zip);
    free(p);
}

/* ---- XML ---- */

static const char *local(const char *name)
{
    const char *bar = strrchr(name, '|');

    return bar ? bar + 1 : name;
}

const char *sheet_attribute(const char **attributes, const char *name)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (!strcmp(local(attributes[i]), name))
            return attributes[i + 1];
    return NULL;
}

static void refuse(struct reading *r)
{
    XML_StopParser(r->parser, XML_FALSE);
}

static void on_open(void *user, const char *name, const char **attributes)
{
    struct reading *r = user;

    if (++r->depth > DEPTH_MAX)
        refuse(r);
    else
        r->handler->open(r->user, local(name), attributes);
}

static void on_close(void *user, const char *name)
{
    struct reading *r = user;

    r->depth--;
    if (r->handler->close)
        r->handler->close(r->user, local(name));
}

static void on_text(void *user, const char *text, int len)
{
    struct reading *r = user;

    if (r->handler->text)
        r->handler->text(r->user, text, (size_t)len);
}

/* Without a document type there are no entities but the five of XML. */
static void on_doctype(void *user, const char *name, const char *system, const char *public,
                       int has_subset)
{
    refuse(user);
}

static int parse_pieces(struct sheet_parts *p, zip_file_t *file, struct reading *r)
{
    char piece[PIECE];
    zip_int64_t n;

    do {
        errno = 0;
        n = zip_fread(file, piece, sizeof(piece));
        if (n < 0 && is_memory(zip_file_get_error(file)))
            return -ENOMEM;
        if (n < 0)
            return told(p, SHEET_E_SYNTAX, MSG_SHEET_DAMAGED);
        if ((size_t)n > p->left)
            return told(p, SHEET_E_LIMIT, MSG_SHEET_LARGE);
        p->left -= (size_t)n;
        errno = 0; /* expat, too, calls some names unbound that it has no memory for */
        if (XML_Parse(r->parser, piece, (int)n, n == 0) != XML_STATUS_OK) {
            if (errno == ENOMEM || XML_GetErrorCode(r->parser) == XML_ERROR_NO_MEMORY)
                return -ENOMEM;
            return told(p, SHEET_E_SYNTAX, MSG_SHEET_DAMAGED);
        }
    } while (n > 0);
    return 0;
}

static int parse(struct sheet_parts *p, zip_file_t *file, const struct sheet_handler *handler,
                 void *user)
{
    struct reading r = {.parser = XML_ParserCreateNS(NULL, '|'), .handler = handler, .user = user};
    int e;

    if (!r.parser)
        return -ENOMEM;
    XML_SetUserData(r.parser, &r);
    XML_SetElementHandler(r.parser, on_open, on_close);
    XML_SetCharacterDataHandler(r.parser, on_text);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    e = parse_pieces(p, file, &r);
    XML_ParserFree(r.parser);
    return e;
}

static int check_stat(struct sheet_parts *p, const zip_stat_t *st)
{
    const zip_uint64_t wanted = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_ENCRYPTION_METHOD;

    if ((st->valid & wanted) != wanted)
        return told(p, SHEET_E_SYNTAX, MSG_SHEET_DAMAGED);
    if (st->encryption_method != ZIP_EM_NONE)
        return told(p, SHEET_E_ENCRYPTED, MSG_SHEET_ENCRYPTED);
    if (st->size > SHEET_PART_MAX ||
        (st->size > 1u << 20 && st->size / SHEET_RATIO_MAX > st->comp_size))
        return told(p, SHEET_E_LIMIT, MSG_SHEET_LARGE);
    return 0;
}

int sheet_part_read(struct sheet_parts *p, const char *path, const struct sheet_handler *handler,
                    void *user)
{
    zip_file_t *file;
    zip_stat_t st;
    int r;

    zip_stat_init(&st);
    errno = 0;
    if (zip_stat(p->zip, path, ZIP_FL_ENC_RAW, &st))
        return is_memory(zip_get_error(p->zip)) ? -ENOMEM : told(p, SHEET_E_SYNTAX, MSG_SHEET_KIND);
    if ((r = check_stat(p, &st)))
        return r;
    if (!(file = zip_fopen_index(p->zip, st.index, 0)))
        return is_memory(zip_get_error(p->zip)) ? -ENOMEM : told(p, SHEET_E_SYNTAX, MSG_SHEET_DAMAGED);
    r = parse(p, file, handler, user);
    zip_fclose(file);
    return r;
}
