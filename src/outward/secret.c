#include "outward/secret.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE 4096u

int secret_path(const char *data, const char *folder, const char *name, struct buf *path)
{
    int r = buf_printf(path, "%s/%s/%s", data, folder, name);

    if (r || !access(path->at, F_OK))
        return r == -ENOMEM ? r : r ? -ENAMETOOLONG : 0;
    buf_clear(path);
    r = buf_printf(path, "%s/keys/%s", data, name);
    return r == -ENOMEM ? r : r ? -ENAMETOOLONG : 0;
}

int secret_read(const char *data, const char *folder, const char *name, char *ret, size_t size)
{
    CLEANUP(buf_wipe) struct buf text, path;
    struct str line;
    struct stat st;
    int r;

    ret[0] = '\0';
    buf_init_secret(&text, size);
    buf_init(&path, PATH_SIZE);
    if ((r = secret_path(data, folder, name, &path)))
        return r;
    if (stat(path.at, &st))
        return errno == ENOENT ? SECRET_E_NONE : SECRET_E_BAD;
    if (st.st_mode & 077)
        return SECRET_E_BAD;
    if ((r = file_read(path.at, size - 1, &text, NULL)))
        return r == -ENOMEM ? r : SECRET_E_BAD;
    line = buf_str(&text);
    line.len = line.len ? strcspn(line.at, "\n") : 0;
    line = str_trim(line);
    snprintf(ret, size, "%.*s", STR_ARG(line));
    return line.len ? 0 : SECRET_E_BAD;
}
