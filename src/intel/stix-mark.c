#include "intel/stix-mark.h"

static const struct {
    const char *id;
    enum tlp tlp;
} marks[] = {
    /* TLP 2.0, the extension definition of OASIS */
    {"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", TLP_CLEAR},
    {"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", TLP_GREEN},
    {"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", TLP_AMBER},
    {"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", TLP_AMBER_STRICT},
    {"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", TLP_RED},
    /* TLP 1.0, STIX 2.1 section 7.2.1.4 */
    {"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", TLP_CLEAR},
    {"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da", TLP_GREEN},
    {"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", TLP_AMBER},
    {"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", TLP_RED},
};

const char *stix_mark_id(enum tlp tlp)
{
    return marks[tlp].id; /* the first rows, in their order */
}

bool stix_mark_of(struct str marking, enum tlp *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(marks); i++)
        if (str_eq(marking, str_of(marks[i].id))) {
            *ret = marks[i].tlp;
            return true;
        }
    return false;
}

static enum tlp stricter(enum tlp a, struct str marking)
{
    enum tlp b;

    return stix_mark_of(marking, &b) ? MAX_OF(a, b) : a;
}

enum tlp stix_mark(const struct scan_value *object, enum tlp least)
{
    const struct scan_value *refs = scan_member(object, STR("object_marking_refs")), *granular = scan_member(object, STR("granular_markings"));

    if (refs && refs->kind == SCAN_ARRAY)
        for (uint32_t i = 0, at = 1; i < refs->len; i++, at += refs[at].skip)
            if (refs[at].kind == SCAN_STRING)
                least = stricter(least, scan_str(&refs[at]));
    if (granular && granular->kind == SCAN_ARRAY)
        for (uint32_t i = 0, at = 1; i < granular->len; i++, at += granular[at].skip)
            if (granular[at].kind == SCAN_OBJECT)
                least = stricter(least, scan_text(&granular[at], STR("marking_ref")));
    return least;
}
