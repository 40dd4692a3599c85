/* Keeps a courier running as long as a mail server is set; one that ends is started again, after a wait that grows to a minute.
 * Threads  the one that serves; courier_watch_look() once a second. */
#pragma once

#include "cmd/home.h"

struct courier_watch;
MUST_CHECK int courier_watch_new(const struct home *home, struct courier_watch **ret);
void courier_watch_look(struct courier_watch *w);
void courier_watch_free(struct courier_watch *w); /* ends the courier; accepts NULL */
DEFINE_CLEANUP(struct courier_watch, courier_watch_free);
