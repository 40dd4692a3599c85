/* Where an output goes, so that it is known again after a crash, and what lies there then.
 *
 *   member      of the note
 *   dir, name   the folder and the file's name
 *   sha256      of the bytes that were allowed
 *   serial      what the device tells; "" it tells none
 *   partition   its number on the device; "" none
 *   device, fs  "major:minor" and the number of the file system (statvfs), by which a medium that tells no serial number is known: put in again it is
 *               another one then, unless it comes under the same number
 *
 * Where the register holds a tag of the medium (guard/medium.h), that decides, under whatever device number it comes. Without one, two media without a
 * serial number whose file system numbers nothing (FAT) are not told apart when they come under the same device number.
 * Threads  any. */
#pragma once

#include "base/json.h"

#include <sys/types.h>

/* Puts what is known of the folder's medium into the note. 0, -errno. */
MUST_CHECK int place_put(const char *dir, json_t *note);

enum place_found {
    PLACE_NONE,   /* the same medium, and nothing of it: what was left hidden is taken away, and the folder flushed */
    PLACE_WHOLE,  /* the bytes that were allowed, under their name */
    PLACE_AWAY,   /* the folder is not there, or another medium is */
    PLACE_OTHER,  /* something else has the name */
    PLACE_UNREAD, /* it cannot be told: *ret_errno says why */
};
/* `tag`: the digest that the register holds of the medium's tag; "" none. */
enum place_found place_look(const json_t *note, const char *tag, int *ret_errno);
