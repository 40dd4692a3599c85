/* What the files of MISP's exchange share: types of attributes, and how STIX writes them. */
#pragma once

#include "intel/json-scan.h"

enum misp_part {
#define PART(id, path, check, type, property) MISP_PART_##id,
#define TYPE(name, first, second)
#include "intel/misp-types.def"
#undef PART
#undef TYPE
    MISP_N_PARTS
};

struct misp_type {
    struct str name;
    enum misp_part first, second; /* MISP_PART_NONE: there is none */
};

/* NULL: STIX has no place for it. */
const struct misp_type *misp_type_of(struct str name);
/* The one or two values of an attribute. false: it is not of that type's form. */
bool misp_type_split(const struct misp_type *type, struct str value, struct str ret[2]);
/* "[file:name = 'a' AND file:hashes.MD5 = 'b']" */
void misp_pattern_put(const struct misp_type *type, const struct str parts[2], struct buf *out);
/* One comparison: "file:name = 'a'". */
void misp_comparison_put(enum misp_part part, struct str value, struct buf *out);
/* An observable holds it: of that type, as that property; MD5 and kin are members of its hashes. */
/* An observable may hold that value of the part: a URL is one with a scheme (RFC 3986), a registry's key begins with its hive in full (STIX 2.1, 6.7 and 6.17). */
bool misp_part_is_observable(enum misp_part part, struct str value);
const char *misp_part_type(enum misp_part part, struct str value);
const char *misp_part_property(enum misp_part part);
bool misp_part_is_hash(enum misp_part part);
/* As JSON writes it: a number, or a text in quotes. */
void misp_part_value_put(enum misp_part part, struct str value, struct buf *out);
/* The part whose path that is, as pattern_print() writes it; MISP_PART_NONE. Addresses come as MISP_PART_IP. */
enum misp_part misp_part_of_path(struct str path);
/* The type of an attribute with those parts; NULL: there is none. */
const struct misp_type *misp_type_of_parts(enum misp_part first, enum misp_part second);
/* A text or number of a member, as text; true is "1", false "0"; STR_NONE: neither, or there is none. */
struct str misp_scalar(const struct scan_value *object, const char *key);
