/* Any bytes as a file of STIX: the events of MISP that come of it are JSON to jansson, and are read again. */
#include "base/json.h"
#include "intel/misp-stix.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int object(const struct stix_object *o, void *context)
{
    if (stix_misp_add(context, o))
        abort();
    return 0;
}

static int fault(const struct stix_finding *f, void *context)
{
    return 0;
}

static int left_out(uint64_t number, struct str id, enum message_key why, void *context)
{
    return 0;
}

static int keep(struct str text, void *context)
{
    return 0;
}

static int misp_fault(const struct misp_finding *f, void *context)
{
    return 0;
}

static int event(struct str uuid, struct str json, void *context)
{
    struct misp_stix *back = misp_stix_new(keep, misp_fault, NULL);
    json_error_t error;
    json_t *j = json_loadb(json.at, json.len, JSON_ALLOW_NUL, &error);

    if (!j && json_error_code(&error) != json_error_numeric_overflow)
        abort();
    json_decref(j);
    if (!back || misp_stix_add(back, json) || misp_stix_end(back) || misp_stix_events(back) != 1)
        abort();
    misp_stix_free(back);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct stix_reader_calls calls = {object, fault};
    struct stix_misp *m = stix_misp_new(left_out, NULL);
    struct stix_reader *r = stix_reader_new(&calls, m);

    if (!m || !r || stix_reader_add(r, (struct str){(const char *)data, size}) ||
        stix_reader_end(r) || stix_misp_end(m, event, NULL))
        abort();
    stix_reader_free(r);
    stix_misp_free(m);
    return 0;
}
