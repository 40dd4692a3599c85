/* Stations: computers at which a gate measures, each known by a key of its own (doc/design/information.md, G2). A register says which of its fields hold the
 * key and its last day (`stations`); a record of it is a station while it holds one and has not come to an end. So a station is made, renewed and
 * withdrawn by acts, and the entry of that act is its certificate.
 *
 *   devices/enrol, measured by the gate ─> the record holds the key ─> acts of that gate are entered with "station" and "station_key" in their actor
 *   devices/withdraw, or its end, or the day after its last one ─> the gate is refused
 *
 * Threads  as the engine. */
#pragma once

#include "engine/engine.h"

#define STATION_ID_SIZE 64u
#define STATION_KEY_HEX 65u /* an Ed25519 public key in hexadecimal, lower case, and its NUL */

struct station {
    char id[STATION_ID_SIZE]; /* of its record; "" none */
    char key[STATION_KEY_HEX];
};
/* The register of stations of a text in force; NULL: none has one, and `--at` is only said. */
const struct reg *engine_reg_of_stations(const struct engine *e);
enum {
    STATION_E_NONE = 1, /* no record holds this key */
    STATION_E_OVER      /* its last day is over, or its record has come to an end */
};
/* Whose key is it now? Reads. 0, the two above, negative. */
MUST_CHECK int engine_station(struct engine *e, const char *key, uint64_t now_us,
                              struct station *ret);
/* Does `with` name, in a field that the step asks, a record of that register other than `s`? 1, with the first one as *ret_other (borrowed); 0. */
bool engine_station_names(const struct engine *e, const struct station *s, const char *reg,
                          const char *step, const json_t *with, const char **ret_other);
