/* An SMTP server that hangs up, or falls silent, where it is told to, and remembers what it was given. What a client believes of it is held
 * against that.
 * Owner    the caller of sink_start().
 * Threads  it serves one connection after the other in a thread of its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sink;

struct sink_orders {
    size_t say_max, hear_max; /* bytes of a connection, after which it hangs up; SIZE_MAX: none */
    unsigned silent_at;       /* the reply in whose place nothing is said, from 1; 0 none */
    unsigned pause_ms;        /* before each reply */
};
#define SINK_WELL ((struct sink_orders){SIZE_MAX, SIZE_MAX, 0, 0})

/* Of the connections since the last orders. */
struct sink_seen {
    unsigned n_connections;
    size_t said, heard;
    bool is_data;     /* it was ready for the message: 354 was said wholly */
    bool has_all;     /* the end of the data was heard: the message is ours */
    bool is_answered; /* … and that was said wholly */
    int64_t id;       /* the last such message's number in the outbox; 0 none */
};

struct sink *sink_start(void);
void sink_stop(struct sink *s);
unsigned sink_port(const struct sink *s);
void sink_order(struct sink *s, struct sink_orders orders);
/* Waits until nobody is connected. */
struct sink_seen sink_see(struct sink *s);
/* How often the message of that number in the outbox was taken. */
unsigned sink_times(struct sink *s, int64_t id);
