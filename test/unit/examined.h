/* Files before the examiner with a real clamd, and what is said of them. A test includes it once; its main() calls examiner_main() when it is begun with EXAMINER_WORD. */
#pragma once

#include "clamd-server.h"
#include "made-archives.h"

#include "guard/examiner.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct clamd_server *server;

static inline int set_up(void **state)
{
    server = clamd_server_start();
    return server ? 0 : -1;
}

static inline int tear_down(void **state)
{
    clamd_server_stop(server);
    return 0;
}

/* ---- making files ---- */

/* In two parts, so that this program is not itself found. */
static inline struct str eicar(void)
{
    static char text[80];

    snprintf(text, sizeof(text), "X5O!P%%@AP[4\\PZX54(P^)7CC)7}$%s",
             "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*");
    return str_of(text);
}

/* ---- asking ---- */

static inline json_t *examined_with(struct str bytes, const char *name, const char *password,
                             const struct examine_limits *limits)
{
    struct examine_input in = {.fd = file_of(bytes), .name = name, .password = password};
    json_t *report = NULL;

    assert_int_equal(examiner_run(clamd_server_socket(server), &in, limits, &report), 0);
    close(in.fd);
    return report;
}

static inline json_t *examined(struct str bytes, const char *name)
{
    return examined_with(bytes, name, NULL, &examine_limits_default);
}

static inline void expect(json_t *report, const char *verdict, const char *why_or_found, const char *place)
{
    assert_string_equal(json_str(report, "verdict"), verdict);
    assert_string_equal(json_str(report, !strcmp(verdict, "infected") ? "found" : "why"),
                        why_or_found);
    if (place)
        assert_string_equal(json_str(report, "place"), place);
    json_decref(report);
}

static inline const json_t *member_of(const json_t *report, const char *name)
{
    const json_t *m;
    size_t i;

    json_array_foreach (json_arr(report, "members"), i, m)
        if (!strcmp(json_str(m, "name"), name))
            return m;
    fail_msg("there is no member %s", name);
    return NULL;
}
