/*
 * errname.h - errors by name: ENOMEM, EIO
 */
#ifndef MMSIM_BASE_ERRNAME_H
#define MMSIM_BASE_ERRNAME_H

#include <stddef.h>

/* The positive errno value of a name such as "EIO"; 0: there is no such error. */
int error_number(const char *name, size_t len);
/* The name of a positive errno value; NULL: it has none here. */
const char *error_name(int number);
/* All names, one after the other; NULL behind the last one. */
const char *error_name_at(size_t i);
#endif
