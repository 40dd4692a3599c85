/* JSON written piece by piece into a buf. Commas come by themselves: none behind an opening bracket or a colon. Errors are the buf's: see buf_error() at the end.
 * Threads  one a buf. */
#pragma once

#include "base/buf.h"

void json_put_open(struct buf *b, char bracket);  /* with a comma, where something stands before */
void json_put_close(struct buf *b, char bracket);
void json_put_key(struct buf *b, const char *key); /* of ASCII that needs no escape */
/* A value as it is written in JSON, and a text. Behind a key, or as an entry. */
void json_put_raw(struct buf *b, struct str json);
void json_put_text(struct buf *b, struct str text);
/* Both in one. */
void json_put_member(struct buf *b, const char *key, struct str text);
