#include "outward/code.h"

#include <errno.h>
#include <qrencode.h>
#include <stdlib.h>

int code_make(struct str text, struct code *ret)
{
    QRcode *qr;
    size_t n;

    *ret = (struct code){0};
    if (!text.len)
        return CODE_E_EMPTY;
    if (text.len > CODE_TEXT_MAX)
        return CODE_E_LARGE;
    qr = QRcode_encodeData((int)text.len, (const unsigned char *)text.at, 0, QR_ECLEVEL_M);
    if (!qr)
        return errno == ENOMEM ? -ENOMEM : -EIO;
    n = (size_t)qr->width * (size_t)qr->width;
    if ((ret->dark = malloc(n * sizeof(*ret->dark)))) {
        ret->width = (unsigned)qr->width;
        for (size_t i = 0; i < n; i++)
            ret->dark[i] = qr->data[i] & 1;
    }
    QRcode_free(qr);
    return ret->dark ? 0 : -ENOMEM;
}

void code_done(struct code *c)
{
    free(c->dark);
    *c = (struct code){0};
}
