/* Values in free text, Japanese or not, each with its place, so that a person confirms it, corrects it or drops it. The text is never
 * changed, nothing is decided (doc/design/intelligence.md, EX).
 *
 *   不審な通信先は１９２．０．２．１及びhxxp://例え[.]jp/login（旧: 192.0.2.2）です。
 *               ~~~~~~~~~~~    ~~~~~~~~~~~~~~~~~~~~           ~~~~~~~~~
 *
 * Hits come in the order of the text and do not overlap. At each place the kinds are tried in this order: URL, ssdeep, mail, telephone,
 * what has colons (certificates, IPv6), account, IPv4, name, file, CVE, hash, TLSH (with its T1), coin, AS number, technique.
 *
 * Where they end    kana, kanji and 、。「」 end everything, but for hosts behind a scheme (http://例え.jp/) and names of files, which take
 *                   kanji and katakana in front of them (請求書.exe). A value does not go over the end of a line.
 * What is asked     a name ends in a top-level domain; a file in one of the extensions of a list; what is both (a.zip) is a file when it has two
 *                   labels and was not defanged. A telephone number has its separators, or is a mobile one, or begins with +81. An account is @name
 *                   behind the name of its service. A certificate's serial number has 'serial' or シリアル before it. Versions (1.2.3.4) look like
 *                   addresses and are offered as such.
 * Time              linear. Longest value 4,096 characters (URL); a longer URL is passed over with all that it holds. Memory: one line.
 * Limits            a line of more than EXTRACT_LINE_MAX bytes is cut there, behind a blank or punctuation where there is one in its last
 *                   EXTRACT_CUT_MAX bytes; a value that lies across a cut without either is lost.
 * Owner             the caller of extractor_new(); extractor_free().
 * Threads           one extractor belongs to one at a time. */
#pragma once

#include "intel/clue.h"

#define EXTRACT_LINE_MAX ((size_t)1 << 20)
#define EXTRACT_CUT_MAX ((size_t)1 << 16)

struct extract_hit {
    uint64_t offset;          /* bytes of all the text before it */
    uint64_t line;            /* from 1 */
    struct str written;       /* as it stands there; borrowed for the call */
    const struct clue *value; /* borrowed for the call */
};
/* 0: go on; anything else ends the extraction and is answered. */
typedef int extract_fn(const struct extract_hit *hit, void *context);

struct extractor;

/* NULL: out of memory. */
struct extractor *extractor_new(extract_fn *tell, void *context);
void extractor_free(struct extractor *x); /* accepts NULL */
DEFINE_CLEANUP(struct extractor, extractor_free);
/* More of the text, in pieces of any size. 0, what `tell` answered, -ENOMEM. */
MUST_CHECK int extractor_add(struct extractor *x, struct str text);
/* The end of the text: what its last line holds. The extractor is as new then. */
MUST_CHECK int extractor_end(struct extractor *x);
