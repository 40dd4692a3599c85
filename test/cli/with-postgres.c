/* `with-postgres COMMAND…`: run a command while a PostgreSQL of its own is up; PG1, PG2 and PG3 name empty databases. */
#include "pg-server.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char *const names[] = {"PG1", "PG2", "PG3"};
    struct pg_server *server = argc > 1 ? pg_server_start() : NULL;
    int status = 1 << 8;
    pid_t pid;

    if (!server)
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const char *url = pg_server_database(server);

        if (!url || setenv(names[i], url, 1)) {
            pg_server_stop(server);
            return 1;
        }
    }
    pid = fork();
    if (pid == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        fprintf(stderr, "%s could not be run\n", argv[1]);
    pg_server_stop(server);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
