/* `stations` and `pages` of a register (section 6): which of its fields hold the key by which a computer at a way out is known, and the certificate by which a device
 * is known that uses pages. */
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

static const struct key pages_keys[] = {
    {"certificate", KEY_ID, offsetof(struct raw_stations, key), KEY_REQUIRED,
     "The field with the SHA-256 of its certificate: 64 hexadecimal digits in lower case."},
    {"until", KEY_ID, offsetof(struct raw_stations, until), 0,
     "The last day on which that certificate counts."},
};
const struct shape pages_shape = SHAPE(LIST_OF_PAGES, pages_keys);

void pages_read(struct reading *rd, const struct node *n, struct reg *reg)
{
    struct raw_stations raw = {0};
    const struct field *certificate, *until;

    if (!shape_read(&rd->src, n, &pages_shape, &raw))
        return;
    certificate = want_field(rd, reg, raw.key);
    until = raw.until.text != NULL ? want_field(rd, reg, raw.until) : NULL;
    if (certificate != NULL && (certificate->type != FIELD_TEXT || certificate->unique == UNIQUE_NO || field_is_sealed(certificate))) {
        problem(&rd->src, raw.key.at, MSG_PACK_PAGES_CERTIFICATE, {"field", str_of(certificate->id)});
        return;
    }
    if (until != NULL && until->type != FIELD_DAY)
        problem(&rd->src, raw.until.at, MSG_PACK_STATION_DAY, {"field", str_of(until->id)}, {"type", str_of(field_type_name(until->type))});
    reg->pages = (struct stations_of){certificate, until};
}
