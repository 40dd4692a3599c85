/* From which device somebody asks by a page or the API (doc/design/information.md, DV1 to DV6): the worker says which certificate the connection has shown, as
 * "certificate" beside "token" or "bearer" ("" none), and the keeper whether it counts. What comes by no page (gates, the console) has no such member and is not
 * asked. Refused is entered as "system/device", and ends the session.
 * Threads  the keeper's loop. */
#pragma once

#include "engine/device.h"
#include "keeper/operation.h"

/* Before an operation of somebody who is known by now (c->person, c->session, c->token). Fills c->device. 0; with *ret_answer it is refused
 * ("device"). Negative: as an operation. */
MUST_CHECK int device_authorize(struct operation_context *c, const json_t *message, json_t **ret_answer);
/* Before somebody signs in, or gives his password again for the session that was opened with the certificate `bound` (NULL: it is a new one). Fills c->device. 0, or
 * a word for why it is to be refused, as *ret_why; nothing is entered yet. */
MUST_CHECK int device_look(struct operation_context *c, const json_t *message, const char *bound, const char **ret_why);
/* Enters that refusal by whoever c->person is, and answers it. */
MUST_CHECK int device_refuse(struct operation_context *c, const json_t *message, const char *why, json_t **ret_answer);
/* The answer alone. */
MUST_CHECK int device_answer(const char *why, json_t **ret_answer);

operation_fn op_devices_require; /* {"on"}; from the console */
