/* Operations of the keeper on mail: who may be written to, what the courier sends, what people decide about it; rows of
 * operation.c's table. doc/design/daily-use.md, M1 to M6.
 * Threads  the keeper's loop. */
#pragma once

#include "keeper/operation.h"

#define MAIL_TRIES_MAX 75              /* four in the first 81 minutes, then hourly: three days */
#define MAIL_KEPT_US (90 * US_PER_DAY) /* rows that were sent or dropped */

operation_fn op_contact_set; /* own, or anybody's for an administrator and the operator */
operation_fn op_mail_set;    /* the server; "" as server: no mail */
operation_fn op_mail_test;   /* {"id"} */
operation_fn op_mail_begin;  /* courier: the intent; "over" when somebody else has it */
operation_fn op_mail_end;    /* courier: the result; "over" when nobody waits for it */
operation_fn op_mail_again;  /* a person decides about one that is uncertain or failed */
operation_fn op_mail_drop;
operation_fn op_notices_read; /* all notices up to an instant */

/* What was begun and is not reported on becomes uncertain (M4). */
MUST_CHECK int mail_watch(struct operation_context *c);
