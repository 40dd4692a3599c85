/* What the checks of one object share: the kinds and shapes of the tables, the object being checked, and how a finding is told.
 * stix-rules.c goes over an object by the tables; stix-rules-type.c has what only some types ask for. */
#pragma once

#include "intel/stix-rules.h"

#define NAME_MAX_LEN 250u
#define INDEX_SIZE 1024u /* a power of two, more than twice the rows */

enum kind {
    KIND_TEXT,
    KIND_INTEGER,
    KIND_FLOAT,
    KIND_BOOLEAN,
    KIND_TIME,
    KIND_HEX,
    KIND_BINARY,
    KIND_DICTIONARY,
    KIND_HASHES,
    KIND_LANGUAGE,
    KIND_ID,
    KIND_ANY,
    KIND_EXTENSIONS,
    KIND_WORD,
    KIND_REF,
    KIND_PART,
};

enum class { CLASS_PART, CLASS_SDO, CLASS_SRO, CLASS_SCO, CLASS_META, CLASS_EXTENSION };

#define P(shape, name, kind, flags)
#define N(shape, name, least, most, flags)
#define V(shape, name, vocabulary, flags)
#define R(shape, name, types, flags)
#define O(shape, name, part, flags)
enum shape {
    SHAPE_NONE,
#define SHAPE(id, name, class) SHAPE_##id,
#include "intel/stix-types.def"
#undef SHAPE
    N_SHAPES,
};
#undef P
#undef N
#undef V
#undef R
#undef O

#define WORD(vocabulary, word)
enum vocabulary {
#define VOCABULARY(id, name, is) VOCABULARY_##id,
#include "intel/stix-vocabularies.def"
#undef VOCABULARY
    N_VOCABULARIES,
};
#undef WORD

struct range {
    unsigned first, end;
};

struct stix_rules {
    uint16_t index[INDEX_SIZE]; /* row + 1 by (shape, name) */
    struct range of_shape[N_SHAPES], of_vocabulary[N_VOCABULARIES], constraints_of[N_SHAPES];
    /* The object being checked. */
    const struct stix_object *o;
    struct str id, type;
    enum shape shape;
    enum class class;
    bool is_extended; /* an extension brings properties of its own to the top */
    struct buf path, scratch;
    int (*fault)(const struct stix_finding *f, void *context);
    void *context;
    unsigned n_errors;
    unsigned n_found[2]; /* of each level */
    struct {
        size_t offset;
        struct scan_line at;
    } passed;   /* lines are counted up to here */
    int answer; /* the first that was not 0 */
};

/* The first value in it. */
static inline const struct scan_value *within(const struct scan_value *v)
{
    return v ? v + 1 : NULL;
}

enum shape stix_shape_of(struct str type); /* SHAPE_NONE: not the specification's own */

/* May a reference to that type stand where `types` are asked for? Of a type that is not the specification's own, its class cannot be told. */
bool stix_type_fits(const char *types, struct str type);

void stix_tell(struct stix_rules *c, enum stix_fault fault, const struct scan_value *v,
               struct str wanted);
/* The same, with a reason. */
void stix_tell_why(struct stix_rules *c, enum stix_fault fault, const struct scan_value *v,
                   struct str wanted, bool has_why, enum message_key why);

void stix_check_selectors(struct stix_rules *c); /* of granular markings (section 7.2.3.1) */
void stix_check_type(struct stix_rules *c);      /* what its type alone asks for */
