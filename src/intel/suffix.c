#include "intel/suffix.h"

#include <libpsl.h>

#define NAME_MAX_LEN 253u

static bool copy(struct str s, char text[NAME_MAX_LEN + 1])
{
    if (!s.len || s.len > NAME_MAX_LEN || memchr(s.at, 0, s.len))
        return false;
    memcpy(text, s.at, s.len);
    text[s.len] = 0;
    return true;
}

bool suffix_is_top(struct str label)
{
    char text[NAME_MAX_LEN + 1];

    /* NO_STAR_RULE: the list's own default, that any last label is a suffix, is what is not wanted here. */
    return copy(label, text) && !memchr(text, '.', label.len) &&
           psl_is_public_suffix2(psl_builtin(), text, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE);
}

struct str suffix_registered(struct str name)
{
    char text[NAME_MAX_LEN + 1];
    const char *dot = name.len ? memrchr(name.at, '.', name.len) : NULL, *found;

    if (!dot || !copy(name, text) ||
        !suffix_is_top((struct str){dot + 1, name.len - (size_t)(dot + 1 - name.at)}))
        return STR_NONE;
    found = psl_registrable_domain(psl_builtin(), text);
    return found ? (struct str){name.at + (found - text), strlen(found)} : STR_NONE;
}
