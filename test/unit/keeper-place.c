#include "keeper-place.h"
#include "base/file.h"
#include "keeper/install.h"
#include "keeper/socket.h"
#include "regulation/model.h"
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char persons[PLACE_PERSONS + 1] = "YMABC";

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

int ground_start(struct ground *g, bool is_postgres)
{
    *g = (struct ground){.is_postgres = is_postgres};
    snprintf(g->dir, sizeof(g->dir), "/tmp/tsujiban-keeper-XXXXXX");
    if (!mkdtemp(g->dir))
        return -1;
    if (is_postgres && !(g->server = pg_server_start())) {
        ground_stop(g);
        return -1;
    }
    return 0;
}

void ground_stop(struct ground *g)
{
    pg_server_stop(g->server);
    nftw(g->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct ground sqlite_ground, postgres_ground;

int grounds_start(void **state)
{
    return ground_start(&sqlite_ground, false) || ground_start(&postgres_ground, true) ? -1 : 0;
}

int grounds_stop(void **state)
{
    ground_stop(&sqlite_ground);
    ground_stop(&postgres_ground);
    return 0;
}

const char *ground_folder(struct ground *g)
{
    static _Thread_local char paths[2][96];
    char *path = paths[g->n % 2];

    snprintf(path, sizeof(paths[0]), "%s/d%d", g->dir, g->n++);
    return path;
}

int ground_install(struct ground *g, struct keeper_place *ret)
{
    const char *db = g->is_postgres ? pg_server_database(g->server) : NULL;

    return g->is_postgres && !db ? -1 : keeper_place_make(ret, ground_folder(g), db);
}

static int be_keeper(int argc, char **argv)
{
    struct keeper_config config = {
        .data = argv[3], .db = argv[5], .starter_fd = argc > 6 ? 3 : -1, .publish = true};
    struct diag diag;
    int r;

    diag_init(&diag);
    r = keeper_run(&config, &diag);
    if (r && r != KEEPER_E_HELD)
        fprintf(stderr, "keeper: %d %s\n", r, diag_first(&diag));
    diag_done(&diag);
    return r == KEEPER_E_HELD ? KEEPER_EXIT_HELD : r ? 1 : 0;
}

int keeper_place_main(int argc, char **argv)
{
    if (crypto_start())
        return 1;
    if (argc >= 6 && !strcmp(argv[1], "keeper"))
        return be_keeper(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    return -1;
}

static int add_pack(struct store *s, const char *dir, struct diag *diag)
{
    CLEANUP(pack_unrefp) struct pack *pack = NULL;
    CLEANUP(buf_done) struct buf hash;
    int r = pack_load_dir(dir, &pack, diag);

    buf_init(&hash, 2 * SHA256_SIZE);
    if (r || (r = hex_print(pack->hash.bytes, SHA256_SIZE, &hash)))
        return r;
    return STORE_RUN(s, STMT_PACK_ADD, V_STR(buf_str(&hash)), V_TEXT(pack->id), V_INT(pack->from_day), V_INT(pack->to_day),
                     V_STR(pack->canonical), V_INT(0), V_TEXT("S"), V_INT(0), V_TEXT("T"));
}

static int add_force(struct store *s, const char *dir, struct diag *diag)
{
    CLEANUP(force_unrefp) struct force *force = NULL;
    char path[512];
    int r;

    snprintf(path, sizeof(path), "%s/force", dir);
    r = force_load_dir(path, &force, diag);
    return r ? r : force_save_store(force, s, diag);
}

static int add_person(struct store *s, char person, const char *hash)
{
    char login[] = {'p', '-', (char)(person | 0x20), 0}, id[] = {person, 0};
    uint64_t now_us = clock_real_us();
    int r = account_add(s, ACCOUNT_OPERATOR, login, id, person == 'C' ? RIGHT_ADMINISTRATOR : 0, now_us);

    return r ? r : account_set_password(s, login, hash, now_us);
}

int keeper_place_sign_in(struct keeper_place *p, struct store *s)
{
    int r = 0;

    for (int i = 0; i < PLACE_PERSONS && !r; i++) {
        char login[] = {'p', '-', (char)(persons[i] | 0x20), 0};
        struct sign_in begun;

        r = sign_in_begin(s, str_of(login), &begun);
        if (!r)
            r = sign_in_end(s, &begun, true, clock_real_us(), &p->keys[i]);
    }
    return r;
}

static int fill(struct keeper_place *p, struct store *s, struct diag *diag)
{
    const char *dir = getenv("ENGINE_PACK");
    char hash[PASSWORD_HASH_SIZE];
    int r = dir ? password_hash(STR(PLACE_PASSWORD), hash) : -ENOENT;

    if (!r)
        r = store_begin(s);
    if (!r)
        r = add_pack(s, dir, diag);
    if (!r)
        r = add_force(s, dir, diag);
    for (int i = 0; i < PLACE_PERSONS && !r; i++)
        r = add_person(s, persons[i], hash);
    if (!r)
        r = keeper_place_sign_in(p, s);
    if (!r)
        r = STORE_RUN(s, STMT_META_SET, V_TEXT("generation"), V_TEXT("2"));
    return r ? r : store_commit(s);
}

int keeper_place_make(struct keeper_place *p, const char *data, const char *db)
{
    STORE_AUTO *s = NULL;
    struct install_config c = {.data = data, .db = db, .name_ja = "試験県警察", .name_en = "Shiken",
                               .origin = "shiken.example/test",
                               .clock = {CLOCK_DEMONSTRATION, 0, clock_real_us()}};
    struct diag diag;
    int r;

    diag_init(&diag);
    snprintf(p->data, sizeof(p->data), "%s", data);
    snprintf(p->db, sizeof(p->db), "%s", db ? db : data);
    r = instant_parse(STR("2026-04-10T09:00"), &c.clock.set_us);
    if (!r)
        r = install_create(&c, &diag);
    if (!r)
        r = store_open(p->db, STORE_WRITE, &s, &diag);
    if (!r)
        r = fill(p, s, &diag);
    if (r)
        fprintf(stderr, "the installation could not be made: %d %s %s\n", r, diag_first(&diag), s ? store_message(s) : "");
    diag_done(&diag);
    return r ? -1 : 0;
}

int keeper_place_node(const struct keeper_place *first, const char *data, struct keeper_place *ret)
{
    CLEANUP(buf_done) struct buf key;
    char path[256];
    int r;

    *ret = *first;
    snprintf(ret->data, sizeof(ret->data), "%s", data);
    buf_init(&key, 4096);
    snprintf(path, sizeof(path), "%s/keys/ledger.key", first->data);
    r = file_read(path, 4096, &key, NULL);
    snprintf(path, sizeof(path), "%s/keys", data);
    if (!r)
        r = dir_make(path, 0700, NULL);
    snprintf(path, sizeof(path), "%s/keys/ledger.key", data);
    return r ? r : file_write_atomic(path, buf_str(&key), 0600, NULL);
}

const char *keeper_place_cookie(const struct keeper_place *p, char person)
{
    const char *at = strchr(persons, person);

    assert(at);
    return p->keys[at - persons].cookie;
}

pid_t keeper_place_pid(const char *data)
{
    struct sockaddr_un address;
    struct ucred peer = {0};
    socklen_t len = sizeof(peer);
    int dir, fd;

    if (keeper_socket_address(data, KEEPER_SOCKET, &address, &dir))
        return 0;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
        peer.pid = 0;
    close(fd);
    close(dir);
    return peer.pid;
}

json_t *keeper_place_act(const struct keeper_place *p, char person, const char *reg, const char *step, const char *record,
                         json_t *with)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "op", "act", "token", keeper_place_cookie(p, person), "reg", reg, "step",
                     step, "record", record, "with", with ? with : json_object());
}
