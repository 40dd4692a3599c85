#include "cmd/secret-file.h"

#include "base/file.h"
#include "cmd/command.h"

#include <unistd.h>

int secret_file_read(const char *path, enum message_key what, size_t max, struct buf *ret)
{
    struct diag diag;
    int r;

    diag_init(&diag);
    r = file_read(path, max, ret, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    if (!r && ret->len) {
        ret->at[strcspn(ret->at, "\r\n")] = '\0';
        ret->len = strlen(ret->at);
    }
    if (!r && ret->len)
        return 0;
    return command_fail(MSG_FAIL_SECRET_HOLDS, {"path", str_of(path)}, MESSAGE_WORD("what", what));
}

int secret_file_write(const char *path, struct str bytes)
{
    struct diag diag;
    int r;

    if (access(path, F_OK) == 0)
        return command_fail(MSG_FAIL_SECRET_THERE, {"path", str_of(path)});
    diag_init(&diag);
    r = file_write_atomic(path, bytes, 0600, &diag);
    command_print_diag(&diag);
    diag_done(&diag);
    return r ? EXIT_FAILED : 0;
}
