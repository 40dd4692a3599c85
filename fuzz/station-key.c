/* Any bytes as the file of a station's key, or as what a gate shows for one: a key that is taken prints as it was read, and its proof holds for the nonce that it
 * was made for, and for no other one. */
#include "base/codec.h"
#include "keeper/station-key.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char nonce[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char other[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e20";

static void try_key(struct str text)
{
    struct station_key key, again;
    char proof[STATION_PROOF_HEX];
    struct buf out;

    if (station_key_parse(text, &key))
        return;
    buf_init(&out, STATION_KEY_BYTES);
    if (station_key_print(&key, &out) || station_key_parse(buf_str(&out), &again) ||
        strcmp(key.public_hex, again.public_hex) != 0 || station_key_prove(&key, nonce, proof) ||
        !station_proof_holds(key.public_hex, nonce, proof) ||
        station_proof_holds(key.public_hex, other, proof))
        abort();
    station_key_done(&key);
    station_key_done(&again);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf text;

    if (crypto_start())
        abort();
    buf_init(&text, size + 1);
    if (size < 4096 && !buf_add(&text, data, size)) {
        try_key(buf_str(&text));
        if (size && !memchr(text.at, '\0', size) && station_proof_holds(text.at, nonce, text.at))
            abort(); /* nothing is its own signature */
    }
    buf_done(&text);
    return 0;
}
