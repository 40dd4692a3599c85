/* Secrets that come with an act (engine/secret.h) are judged, compared and hashed beside the keeper's loop, by one thread of their own: sign-ins never wait for
 * them. doc/design/information.md, Y3 to Y6.
 *
 *   {"op": "act-secret", … as "act" …, "secret": text}
 *
 * The message comes back without the text, and with
 *   "judged": {…}   what engine_secret_judge() answers, for who asks
 *   "mark": text    the same for the same text while this keeper runs, and for nobody else: whether a form that is sent again says the same
 * Threads  as keeper/aside.h; each with a STORE_READ handle and an engine. */
#pragma once

#include "keeper/aside.h"

extern const struct aside_work secret_judging_work;
