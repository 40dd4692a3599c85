/* What the files of the way from STIX to MISP share. */
#pragma once

#include "intel/misp-stix-inside.h"

#define STIX_MISP_KEY_SIZE 16u

enum stix_misp_kind { MADE_ATTRIBUTE, MADE_OBJECT, MADE_TAG, MADE_NOTHING };

/* What an object has become; `text` lies at `at` in m->text. */
struct stix_misp_made {
    enum stix_misp_kind kind;
    uint8_t key[STIX_MISP_KEY_SIZE];     /* of the object's id */
    char event[MISP_UUID_LEN]; /* own ones: the event that they came from */
    size_t at, len;
    uint64_t seconds;         /* when it was changed last; 0: it does not say */
    uint64_t number;          /* of the object; MADE_NOTHING: `text` is its id */
    bool is_own;              /* it has the extension */
    char uuid[MISP_UUID_LEN]; /* of an attribute of others */
    bool is_for_ids;
    bool is_observable; /* it counts only where no observed-data of ours stands for it */
    bool is_used;
};

struct stix_misp_head {
    char uuid[MISP_UUID_LEN + 1];
    bool is_own;
    size_t at, len; /* own ones: the members, an object; others: members without brackets */
    size_t info_at, info_len; /* own ones: members that STIX carries, without brackets */
    size_t refs, n_refs;      /* in m->keys */
    uint8_t creator[STIX_MISP_KEY_SIZE]; /* others: of the identity, which may come later */
};

struct stix_misp_organisation {
    uint8_t key[STIX_MISP_KEY_SIZE];
    size_t at, len;
};

struct stix_misp {
    int (*left_out)(uint64_t number, struct str id, enum message_key why, void *context);
    void *context;
    struct buf text, scratch, out;
    struct stix_misp_made *made;
    size_t n_made, made_size;
    struct stix_misp_head *heads;
    size_t n_heads, heads_size;
    uint8_t (*keys)[STIX_MISP_KEY_SIZE]; /* of references */
    size_t n_keys, keys_size;
    uint8_t (*covered)[STIX_MISP_KEY_SIZE]; /* observables for which an observed-data of ours stands; parts of long events */
    size_t n_covered, covered_size;
    struct stix_misp_organisation *organisations;
    size_t n_organisations, organisations_size;
    const struct stix_misp_made **by_event, **by_key; /* at the end */
};

/* Members of an event that was none before, without its organisation and tags. */
void stix_misp_put_head(struct stix_misp *m, struct str uuid, struct str info, uint64_t seconds, bool is_published);
