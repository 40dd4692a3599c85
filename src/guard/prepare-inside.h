/* Shared by prepare.c and what it does to each kind. */
#pragma once

#include "guard/prepare.h"

int prepare_write(int out, struct str bytes); /* 0, -EIO */
int prepare_jpeg(struct str bytes, int out);
int prepare_office(int in, int out);
