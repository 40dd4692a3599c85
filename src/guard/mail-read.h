/* What a message holds, as far as its bytes say so: who it is from and to, what it is called, and each part down to the last member
 * of an archive in a message within the message. Foreign bytes: called in the examiner's cage (guard/examiner.h, examiner_mail()).
 *
 * The report, as JSON:
 *   {"verdict": "read",
 *    "from": [ADDRESS, …], "to": […], "cc": […], "bcc": […],     as written, the part behind the last @ in small letters
 *    "subject": TEXT, "shared_with": TEXT, "release": TEXT,      the headers MAIL_READ_NEED and MAIL_READ_RELEASE; "" when there is none
 *    "words_cut": true,                                          more words than are tried as passwords
 *    "parts": [{"place": "1.2", "type": "application/zip", "name": TEXT, "other_name": TEXT, "size": n, "sha256": HEX,
 *               "sealed": "zip" | "box", "opened": true, "members": [as in examine.h, without the first, which is the part itself], "cut": true,
 *               "attributes": true, "runs": WORD, "looked": LOOKED, "texts": [HEX, …], "others": {HEX: size, …}, "no_text": true, "named_level": 1..3, "facts": [{"name": HEADER, "value": TEXT}, …]}, …]}
 *   {"verdict": "unreadable", "why": REASON, "place": "To", "1.2" or ""}
 * To and Cc are joined by those of a message that was sent again (Resent-To, Resent-Cc), whose addresses are read as openly.
 * Places count parts from 1, layers by '.'; a message within is a part, and what is in it lies one layer below; "1.0" is what stands before and
 * behind the parts of 1, where it is more than a line. Sizes and digests are of
 * the decoded content. `name` is that of Content-Disposition, `other_name` that of Content-Type where it says something else.
 * `sealed`: a ZIP each member of which is encrypted, or a box (box-seal.h) with a sound header. `opened`: a word of the message's own
 * texts or its subject opens that ZIP; it was tried. `cut`: not everything in it was looked at (ceilings of examine.h).
 * `attributes`: it tells anything beside what it shows, metadata or what is hidden (survey.h).
 * `runs`: a machine runs it, as runs.h, by its bytes and by each of its names as a whole.
 * `looked`, of parts with content: `infected`; `closed` encrypted, and the password in MAIL_READ_INSPECT, if there is one, does not open it;
 * `cut` not to its end, or a container that nothing here opens (winmail.dat by whatever name, S/MIME, PGP, a file in a text by uuencode); `unscanned` no scanner was asked, or it failed; else `clean`. Where
 * that password opens a sealed ZIP its members are those inside. `texts`, of texts and whatever is not in base64: digests with lines that end in LF, as they are, with
 * none and with one end behind the last. `others`: under which other digests that, a message within as a whole, and what is carried in it or in headers (a part of type "text/rfc822-headers", without `sha256`)
 * may be known (mail-forms.h). `no_text`: its bytes are none that a mail program can show as a text, whatever type it says. `named_level`: the label that a name bears of which only the beginning is shown. `facts`, of a message within: what its headers say.
 * Texts are UTF-8 without controls, which stand as \xNN. Bytes whose encoding is not said or not known are read as UTF-8 where they are, else as
 * Latin-1: such a name is shown, and no label is found in it.
 * Of structure nothing is guessed: what two readers may take apart differently is unreadable. Reasons:
 *   `size`       above MAIL_READ_MAX            `headers`   a header above MAIL_READ_HEADERS_MAX, or there is none
 *   `layers`     above MAIL_READ_LAYERS_MAX     `parts`     above MAIL_READ_PARTS_MAX
 *   `addresses`  above MAIL_READ_ADDRESSES_MAX  `address`   an address that is none, or more @ than addresses
 *   `repeated`   a header that may stand once stands twice
 *   `nul`        a zero byte
 *   `mime`       broken boundaries or types, a cut-off message; a line end that is half a one; an encoding that is none of RFC 2045's, or one around
 *                what holds parts; base64 that goes on behind its end, or holds what is none; quoted-printable with a broken escape
 *   `partial`    a piece of a message (message/partial), or one that lies elsewhere (message/external-body): nobody sees the whole here
 * Source   RFC 5322, 2045 to 2047, 2231, 2017. Threads  one. */
#pragma once

#include "guard/examine.h"

#define MAIL_READ_MAX ((size_t)64 << 20)
#define MAIL_READ_HEADERS_MAX ((size_t)256 << 10)
#define MAIL_READ_LAYERS_MAX 16u
#define MAIL_READ_PARTS_MAX 500u
#define MAIL_READ_ADDRESSES_MAX 2000u
#define MAIL_READ_OTHERS_MAX 8000u /* more is `parts`, too */
/* Whoever sends says in it which group shares its addresses. */
#define MAIL_READ_NEED "X-Tsujiban-Shared-Addresses"

/* The release that lets the gate seal; the password by which what is sealed is looked into. As the other they go no further than the gate. */
#define MAIL_READ_RELEASE "X-Tsujiban-Release"
#define MAIL_READ_INSPECT "X-Tsujiban-Inspect"

/* Loads what opens files: the library and the encodings. Once per process, before the cage. 0; -EIO: an encoding of Japanese mail is not
 * there. */
MUST_CHECK int mail_read_prepare(void);
/* 0 with the report, whatever the message is; -EIO: it could not be read; -ENOMEM. `deadline_us` is monotonic: the ceilings of time are
 * those of examine(). `scanner` NULL: none is asked. */
MUST_CHECK int mail_read(int fd, const struct examine_limits *limits, struct clamd *scanner,
                         uint64_t deadline_us, json_t **ret_report);
/* {"verdict": "unreadable", …}. 0, -ENOMEM. */
MUST_CHECK int mail_read_unreadable(const char *why, const char *place, json_t **ret_report);
