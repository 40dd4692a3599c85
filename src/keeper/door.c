#include "keeper/door.h"

#include "base/time.h"
#include "keeper/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOTE_AGAIN_US (3600 * US_PER_SECOND)

int door_role_of(const char *as)
{
    static const struct {
        const char *as;
        enum keeper_role role;
    } rows[] = {{"worker", ROLE_WEB},
                {"courier", ROLE_COURIER},
                {"examiner", ROLE_EXAMINER},
                {"fetcher", ROLE_FETCHER},
                {KEEPER_MEDIA_GATE, ROLE_MEDIA_GATE},
                {KEEPER_MAIL_GATE, ROLE_MAIL_GATE}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (!strcmp(as, rows[i].as))
            return (int)rows[i].role;
    return -1;
}

unsigned door_measures(enum keeper_role role)
{
    return role == ROLE_MEDIA_GATE ? MEASURED_MEDIA : role == ROLE_MAIL_GATE ? MEASURED_MAIL : 0;
}

/* ---- who is here ---- */

void door_in(struct door *d, enum keeper_role role, uid_t uid)
{
    d->here[role].uid = uid;
    d->here[role].n++;
}

void door_out(struct door *d, enum keeper_role role)
{
    assert(d->here[role].n);
    d->here[role].n--;
}

static int add_process(json_t *list, const char *role, uid_t uid, size_t n)
{
    json_t *one =
        json_pack("{s:s, s:I, s:I}", "role", role, "user", (json_int_t)uid, "n", (json_int_t)n);

    return json_array_append_new(list, one) ? -ENOMEM : 0;
}

json_t *door_processes(const struct door *d)
{
    JSON_AUTO *list = json_array();
    int r = list ? add_process(list, "keeper", geteuid(), 1) : -ENOMEM;

    for (size_t i = ROLE_WEB; !r && i < KEEPER_ROLES; i++) {
        uid_t uid = d->here[i].n ? d->here[i].uid : d->users.roles[i].at[0];

        if (d->here[i].n || (d->users.is_apart && d->users.roles[i].n))
            r = add_process(list, keeper_role_name((enum keeper_role)i), uid, d->here[i].n);
    }
    return r ? NULL : json_pack("{s:b, s:O}", "apart", d->users.is_apart, "processes", list);
}

/* ---- who was refused ---- */

static bool is_old(const struct door_note *n, uint64_t mono_us)
{
    return !n->entered_us || mono_us - n->entered_us >= NOTE_AGAIN_US;
}

/* Its own, or one that nobody needs any more; NULL: so many knock that only the first ones are told of. */
static struct door_note *note_of(struct door *d, uid_t uid, int role, uint64_t mono_us)
{
    struct door_note *free = NULL;

    for (size_t i = role == DOOR_CROWD ? DOOR_NOTED : 0; i < (role == DOOR_CROWD ? DOOR_NOTES : DOOR_NOTED); i++) {
        struct door_note *n = &d->notes[i];

        if (n->uid == uid && n->role == role && (n->times || n->entered_us))
            return n;
        if (!free && !n->times && is_old(n, mono_us))
            free = n;
    }
    if (free)
        *free = (struct door_note){.uid = uid, .role = role};
    return free;
}

static void note(struct door *d, uid_t uid, int role, uint64_t mono_us)
{
    struct door_note *n = note_of(d, uid, role, mono_us);

    if (!n)
        return;
    n->times++;
    d->has_notes = d->has_notes || is_old(n, mono_us);
}

bool door_has_room(const struct door *d, uid_t uid, size_t n_own, size_t n_all)
{
    if (!d->users.is_apart || keeper_users_may(&d->users, uid) & 1u << ROLE_OPERATOR)
        return n_all < KEEPER_CONNS_MAX;
    return n_own < KEEPER_CONNS_EACH && n_all < KEEPER_CONNS_MAX - KEEPER_CONNS_OPERATOR;
}

json_t *door_refuse_crowd(struct door *d, uid_t uid, uint64_t mono_us)
{
    note(d, uid, DOOR_CROWD, mono_us);
    return answer_error("busy", "この利用者の接続が多すぎます。", "This user has too many connections.");
}

json_t *door_refuse(struct door *d, uid_t uid, enum keeper_role role, uint64_t mono_us)
{
    char ja[256], en[256];

    note(d, uid, (int)role, mono_us);
    snprintf(ja, sizeof(ja),
             "利用者 %lu は「%s」として接続できません。" KEEPER_USERS_FILE
             " の指定を確認してください。",
             (unsigned long)uid, keeper_role_name(role));
    snprintf(en, sizeof(en),
             "User %lu may not connect as \"%s\": " KEEPER_USERS_FILE " names others for it.",
             (unsigned long)uid, keeper_role_name(role));
    return answer_error("role", ja, en);
}

static int enter(const struct door_note *n, struct operation_context *c)
{
    JSON_AUTO *in =
        json_pack("{s:I, s:s, s:I}", "user", (json_int_t)n->uid, "asked",
                  n->role == DOOR_CROWD ? "connections" : keeper_role_name((enum keeper_role)n->role), "times", (json_int_t)n->times);

    return in ? operation_enter(c, "connection", "refused", in, NULL) : -ENOMEM;
}

int door_enter(struct door *d, struct operation_context *c)
{
    uint64_t mono_us = clock_monotonic_us();
    int r = 0;

    for (size_t i = 0; d->has_notes && !r && i < DOOR_NOTES; i++)
        if (d->notes[i].times && is_old(&d->notes[i], mono_us))
            r = enter(&d->notes[i], c);
    return r;
}

void door_entered(struct door *d, uint64_t mono_us)
{
    for (size_t i = 0; d->has_notes && i < DOOR_NOTES; i++) {
        struct door_note *n = &d->notes[i];

        if (!n->times || !is_old(n, mono_us))
            continue;
        n->times = 0;
        n->entered_us = mono_us;
    }
    d->has_notes = false;
}
