/* What a file tells beside what it shows: metadata, and what is hidden in it (N7, Q4 of doc/design/information.md). Pure functions over
 * bytes, for pictures (JPEG, PNG, GIF, TIFF, WebP), PDF, and the parts of office documents (OOXML, OpenDocument). Foreign bytes: called in the
 * examiner's cage only.
 *
 * Findings are JSON objects {"kind": KIND, "value": TEXT}; texts are made visible and cut at SURVEY_VALUE_MAX bytes. The kinds are in
 * survey-kinds.def, each with its words in the catalogue (metadata.KIND, hidden.KIND).
 *   metadata   could name somebody, a place, a time or a machine; cleaning removes it
 *   hidden     content that a reader does not see: it stops a release
 * `unreadable` among metadata says that the bytes were not understood to their end: nobody knows what else is there.
 * Threads  any. */
#pragma once

#include "guard/content-type.h"

#include "base/json.h"
#include "base/message.h"

#define SURVEY_VALUE_MAX 200u
#define SURVEY_FINDINGS_MAX \
    100u /* of one list; what comes after is left out, and `is_cut` says so */
#define SURVEY_BYTES_MAX ((size_t)64 << 20) /* larger pieces are `unreadable` */

enum survey_kind {
#define METADATA(id, word, MSG) METADATA_##id,
#define HIDDEN(id, word, MSG)
#include "guard/survey-kinds.def"
#undef METADATA
#undef HIDDEN
    METADATA_KINDS,
#define METADATA(id, word, MSG)
#define HIDDEN(id, word, MSG) HIDDEN_##id,
#include "guard/survey-kinds.def"
#undef METADATA
#undef HIDDEN
    SURVEY_KINDS
};

struct survey {
    json_t *metadata, *hidden; /* arrays; survey_init() makes them */
    bool is_cut;
    int error;              /* -ENOMEM once there was no memory; survey_bytes() answers it */
    unsigned orientation;   /* 1 to 8 as EXIF says; 0: nothing is said */
    unsigned width, height; /* of a picture; 0: none */
};
MUST_CHECK int survey_init(struct survey *s);
void survey_done(struct survey *s);

/* Whether survey_bytes() wants the bytes of what has this type and this name (the last one of "a.docx > word/document.xml"). */
bool survey_wants(enum content_type type, struct str name);
/* All bytes of a file or member. 0, -ENOMEM. */
MUST_CHECK int survey_bytes(struct survey *s, enum content_type type, struct str name,
                            struct str bytes);

const char *survey_kind_word(enum survey_kind k); /* "gps" */
/* The kind of a word of one list. false: there is none. */
bool survey_kind_of(const char *word, bool is_hidden, enum survey_kind *ret);
/* Its words for people. */
enum message_key survey_kind_message(enum survey_kind k);
