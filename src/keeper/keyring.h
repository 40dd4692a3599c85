/* Keys and sealed pieces for processes that cannot read the vault and the contents of files themselves (doc/design/information.md, D1): threads
 * beside the loop, each with handles and an engine of its own, so that whoever holds a read snapshot meanwhile waits for no batch.
 *
 *   {"op": "vault-key", "record": NAME}     ─> {"ok", "key": hex}, or "none"
 *   {"op": "file-bytes", "id", "n"}         ─> {"ok", "data": base64 of the sealed piece}, or "none"
 *   {"op": "exam-bytes", "id", "n"}         likewise for the examiner, of a file whose examination, or reading into an import, has begun
 *   {"op": "file-count", "id"}              ─> {"ok", "n"}: pieces that are there of an upload of his own
 *
 *   {"op": "vault-key", "record": "*digest/HEX"}  ─> what stands for that SHA-256 (engine/holding.h), to anybody who is signed in
 *
 * A record's key goes out on behalf of somebody who is signed in and sees the record on a page, or where its confidentiality is below 3
 * (judging a step looks at records out of sight, too); that of an upload to its sender; that of a proposed table to administrators; that of the
 * search to anybody who is signed in. What a file holds goes out for who sees its record, or sends it, and opens with the key of
 * `file-open`, `exam-begin` or `intake-begin` alone, which no other question answers.
 * Threads  its own. */
#pragma once

#include "keeper/aside.h"

extern const struct aside_work keyring_work;
