/* `stations` of a register (section 6): which of its fields hold the key by which a computer at a way out is known. */
#include "regulation/reader.h"

struct raw_stations {
    struct word key, until;
};

static const struct key stations_keys[] = {
    {"key", KEY_ID, offsetof(struct raw_stations, key), KEY_REQUIRED,
     "The field with its public key, which the media gate gives."},
    {"until", KEY_ID, offsetof(struct raw_stations, until), 0,
     "The last day on which that key counts."},
};
const struct shape stations_shape = SHAPE(LIST_OF_STATIONS, stations_keys);

static bool is_key_field(const struct field *f)
{
    return f->type == FIELD_TEXT && f->measured == MEASURED_MEDIA && f->unique != UNIQUE_NO &&
           !field_is_sealed(f);
}

void stations_read(struct reading *rd, const struct node *n, struct reg *reg)
{
    struct raw_stations raw = {0};
    const struct field *key, *until;

    if (!shape_read(&rd->src, n, &stations_shape, &raw))
        return;
    key = want_field(rd, reg, raw.key);
    until = raw.until.text != NULL ? want_field(rd, reg, raw.until) : NULL;
    if (key != NULL && !is_key_field(key)) {
        problem(&rd->src, raw.key.at, MSG_PACK_STATION_KEY, {"field", str_of(key->id)});
        return;
    }
    if (until != NULL && until->type != FIELD_DAY)
        problem(&rd->src, raw.until.at, MSG_PACK_STATION_DAY, {"field", str_of(until->id)}, {"type", str_of(field_type_name(until->type))});
    reg->stations = (struct stations_of){key, until};
}
