/* UTF-8 texts as people type them. Normal forms by utf8proc.
 * Names are stored NFC, never NFKC; comparison keys are folded further.
 * Threads  any. */
#pragma once

#include "base/buf.h"

enum { UTF8_E_INVALID = 1, UTF8_E_CONTROL, UTF8_E_FORM };

bool utf8_is_valid(struct str s);
/* Decode one character at *at, moving it; U+FFFD and one byte for a bad sequence. *at < s.len. */
uint32_t utf8_next(struct str s, size_t *at);
int utf8_put(uint32_t c, struct buf *out);
size_t utf8_count(struct str s); /* characters */
bool utf8_is_blank(struct str s); /* nothing but white space, full-width, too; or nothing */
/* NFC into `out`. UTF8_E_INVALID; UTF8_E_CONTROL for U+0000-001F (but TAB, LF when `multiline`), 007F-009F. */
MUST_CHECK int utf8_nfc(struct str s, bool multiline, struct buf *out);
/* 0: it is in NFC. UTF8_E_INVALID; UTF8_E_FORM: it is not; -ENOMEM. */
MUST_CHECK int utf8_check_nfc(struct str s);
/* Key for comparing and sorting: NFKC, case folded, spaces trimmed. */
MUST_CHECK int utf8_fold(struct str s, struct buf *out);
/* Bytes safe for a terminal or log: control and invalid bytes as \xNN. */
int utf8_print_safe(struct str s, struct buf *out);
