/* The first byte: 'n' and the name of a file as its sender writes it, which becomes one that can be shown and is the same when it is cleaned again;
 * else, with seven more as its size, a piece as it lies in the third place, which opens for nobody who has not sealed it. */
#include "base/codec.h"
#include "base/seal.h"
#include "base/utf8.h"
#include "engine/attachment.h"

#include <errno.h>
#include <stdlib.h>

#define ID "0123456789abcdef0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void clean(struct str typed)
{
    CLEANUP(buf_done) struct buf once, again;
    int r;

    buf_init(&once, ATTACHMENT_NAME_MAX);
    buf_init(&again, ATTACHMENT_NAME_MAX);
    r = attachment_clean_name(typed, &once);
    assert(r == 0 || r == 1 || r == -ENOMEM);
    if (r)
        return;
    assert(once.len > 0 && once.len <= ATTACHMENT_NAME_MAX && utf8_is_valid(buf_str(&once)));
    for (size_t i = 0; i < once.len; i++)
        assert((unsigned char)once.at[i] >= ' ' && once.at[i] != '/' && once.at[i] != '\\' && once.at[i] != 127);
    if (attachment_clean_name(buf_str(&once), &again) == 0)
        assert(str_eq(buf_str(&once), buf_str(&again)));
}

/* What nobody sealed does not open; what was sealed opens as itself alone. */
static void open_piece(uint64_t all, struct str bytes)
{
    static const uint8_t key[VAULT_KEY_SIZE] = {7};
    CLEANUP(buf_done) struct buf sealed, plain;

    buf_init(&sealed, 2 * ATTACHMENT_PIECE);
    buf_init(&plain, 2 * ATTACHMENT_PIECE);
    assert(attachment_open_piece(ID, all, 0, key, bytes, &plain) == -EBADMSG && !plain.len);
    if (attachment_seal_piece(ID, bytes.len, 0, key, bytes, &sealed))
        return;
    assert(attachment_open_piece(ID, bytes.len, 0, key, buf_str(&sealed), &plain) == 0 && str_eq(buf_str(&plain), bytes));
    assert(attachment_open_piece(ID, bytes.len + 1, 0, key, buf_str(&sealed), &plain) == -EBADMSG);
    assert(attachment_open_piece(ID, bytes.len, 1, key, buf_str(&sealed), &plain) == -EBADMSG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t all = 0;

    if (crypto_start())
        abort();
    if (!size)
        return 0;
    if (data[0] == 'n') {
        clean((struct str){(const char *)data + 1, size - 1});
        return 0;
    }
    if (size < 8)
        return 0;
    for (size_t i = 1; i < 8; i++)
        all = all << 8 | data[i];
    open_piece(all, (struct str){(const char *)data + 8, size - 8});
    return 0;
}
