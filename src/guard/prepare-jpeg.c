#include "guard/prepare-inside.h"

#include "guard/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <turbojpeg.h>

#define PIXELS_MAX ((uint64_t)200 << 20)
#define QUALITY 95

/* What brings each orientation of EXIF upright. */
static const int turns[9] = {TJXOP_NONE,   TJXOP_NONE,       TJXOP_HFLIP,
                             TJXOP_ROT180, TJXOP_VFLIP,      TJXOP_TRANSPOSE,
                             TJXOP_ROT90,  TJXOP_TRANSVERSE, TJXOP_ROT270};

struct picture {
    int width, height, sampling, colours;
    unsigned orientation;
};

static int look(tjhandle h, struct str bytes, struct picture *p)
{
    CLEANUP(survey_done) struct survey s;
    int r = survey_init(&s);

    if (!r)
        r = survey_bytes(&s, CONTENT_JPEG, STR(""), bytes);
    if (r)
        return r;
    p->orientation = s.orientation <= 8 ? s.orientation : 0;
    if (tjDecompressHeader3(h, (const unsigned char *)bytes.at, bytes.len, &p->width, &p->height,
                            &p->sampling, &p->colours))
        return PREPARE_E_DAMAGED;
    if (p->colours == TJCS_CMYK || p->colours == TJCS_YCCK || p->sampling < 0 ||
        (uint64_t)p->width * (uint64_t)p->height > PIXELS_MAX)
        return PREPARE_E_KIND;
    return 0;
}

/* Where the pixel at (x, y) of the upright picture lies in the other. */
static size_t source_of(const struct picture *p, int x, int y)
{
    int w = p->width, h = p->height, sx = x, sy = y;

    switch (p->orientation) {
    case 2:
        sx = w - 1 - x;
        break;
    case 3:
        sx = w - 1 - x;
        sy = h - 1 - y;
        break;
    case 4:
        sy = h - 1 - y;
        break;
    case 5:
        sx = y;
        sy = x;
        break;
    case 6:
        sx = y;
        sy = h - 1 - x;
        break;
    case 7:
        sx = w - 1 - y;
        sy = h - 1 - x;
        break;
    case 8:
        sx = w - 1 - y;
        sy = x;
        break;
    default:
        break;
    }
    return (size_t)sy * (size_t)w + (size_t)sx;
}

/* Pixel by pixel, for sizes whose last blocks are not whole. */
static int turn_pixels(tjhandle h, struct str bytes, const struct picture *p, unsigned char **ret,
                       unsigned long *ret_n)
{
    bool is_grey = p->colours == TJCS_GRAY, is_turned = p->orientation >= 5;
    int format = is_grey ? TJPF_GRAY : TJPF_RGB, width = is_turned ? p->height : p->width,
        height = is_turned ? p->width : p->height;
    size_t n = is_grey ? 1 : 3, size = (size_t)p->width * (size_t)p->height * n;
    unsigned char *lying = malloc(size), *upright = malloc(size);
    tjhandle compressor = tjInitCompress();
    int r = lying && upright && compressor ? 0 : -ENOMEM;

    if (!r && tjDecompress2(h, (const unsigned char *)bytes.at, bytes.len, lying, p->width, 0,
                            p->height, format, TJFLAG_ACCURATEDCT))
        r = PREPARE_E_DAMAGED;
    for (int y = 0; !r && y < height; y++)
        for (int x = 0; x < width; x++)
            memcpy(upright + ((size_t)y * (size_t)width + (size_t)x) * n,
                   lying + source_of(p, x, y) * n, n);
    if (!r && tjCompress2(compressor, upright, width, 0, height, format, ret, ret_n, p->sampling,
                          QUALITY, TJFLAG_ACCURATEDCT))
        r = -ENOMEM;
    if (compressor)
        tjDestroy(compressor);
    free(lying);
    free(upright);
    return r;
}

static int turn(tjhandle h, struct str bytes, const struct picture *p, unsigned char **ret,
                unsigned long *ret_n)
{
    tjtransform t = {.op = turns[p->orientation], .options = TJXOPT_PERFECT | TJXOPT_COPYNONE};

    if (tjTransform(h, (const unsigned char *)bytes.at, bytes.len, 1, ret, ret_n, &t, 0) == 0)
        return 0;
    if (tjGetErrorCode(h) == TJERR_WARNING || p->orientation <= 1)
        return PREPARE_E_DAMAGED;
    return turn_pixels(h, bytes, p, ret, ret_n);
}

int prepare_jpeg(struct str bytes, int out)
{
    tjhandle h = tjInitTransform();
    unsigned char *made = NULL;
    unsigned long n = 0;
    struct picture p;
    int r = h ? look(h, bytes, &p) : -ENOMEM;

    if (!r && !(r = turn(h, bytes, &p, &made, &n)))
        r = prepare_write(out, (struct str){(const char *)made, n});
    tjFree(made);
    if (h)
        tjDestroy(h);
    return r;
}
