/* The host of an address, as a browser would go there: behind the scheme and behind any user, before the port and the path, a backslash
 * like a slash, small ASCII letters, without dots at its end. Names in other scripts stay as they are written.
 *
 *     https://police.example@Short.example:8080/a   short.example
 *
 * Threads  any.
 * Source   RFC 3986, 3.2 (authority). */
#pragma once

#include "base/str.h"

#define URL_HOST_MAX 512u /* bytes with the end; what is longer is cut, which no name that can be asked for is (RFC 1035: 255) */

/* `ret` holds URL_HOST_MAX; "": there is no scheme, or nothing behind it. */
void url_host(struct str url, char *ret);
/* The same of a mail address, or of what begins with its @: what stands behind the last one, where that is a host; no scheme. */
void mail_host(struct str address, char *ret);
/* It is `of` or lies below it: a.example.jp lies in example.jp, badexample.jp does not. */
bool host_lies_in(const char *host, const char *of);
/* A name of small letters, digits and hyphens with a dot in it: example.jp. */
bool host_ok(struct str s);
