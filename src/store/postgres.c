/* The driver for PostgreSQL. */
#include "store/driver.h"
#include <errno.h>

int postgres_open(const char *url, enum store_role role, bool create, struct store **ret, struct diag *diag)
{
    diag_error(diag, "this build cannot speak to PostgreSQL yet; name a directory");
    return -ENOSYS;
}
