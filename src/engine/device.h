/* Devices from which pages are used, each known by the certificate that its browser shows in the TLS handshake (doc/design/information.md, DV1). A register says
 * which of its fields hold the SHA-256 of that certificate and its last day (`pages`); a record of it is such a device while it holds one and has not come to
 * an end. So a device is admitted, renewed and withdrawn by acts.
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

#define DEVICE_ID_SIZE 64u
#define DEVICE_CERTIFICATE_SIZE 65u /* a SHA-256 in hexadecimal, lower case, and its NUL */

#define META_DEVICES "devices.required" /* "1": pages answer registered devices alone */

struct device {
    char id[DEVICE_ID_SIZE]; /* of its record; "" none */
};
/* The register of such devices of a text in force; NULL: none has one. */
const struct reg *engine_reg_of_pages(const struct engine *e);
/* Are pages for registered devices alone? By the installation's setting; that no text in force has a register any more opens nothing. */
bool engine_devices_are_required(const struct engine *e);
enum {
    DEVICE_E_NONE = 1, /* no record holds this certificate */
    DEVICE_E_OVER      /* its last day is over, or its record has come to an end */
};
/* Whose certificate is it now? Reads. 0, the two above (*ret then names the record, if one has it), negative. */
MUST_CHECK int engine_device(struct engine *e, const char *certificate, uint64_t now_us, struct device *ret);
/* The device at which what is done from now on is asked for, named in the actor of each entry until it is told anew; "" none is known. Borrowed until then. */
void engine_ask_from(struct engine *e, const char *device);
