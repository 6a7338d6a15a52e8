/*
 * errname.c - errors by name
 */
#include <errno.h>
#include <string.h>

#include "sim/base/errname.h"
#include "sim/base/types.h"

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "EPERM", EPERM },         { "ENOENT", ENOENT },
	{ "EINTR", EINTR },         { "EIO", EIO },
	{ "E2BIG", E2BIG },         { "EBADF", EBADF },
	{ "EAGAIN", EAGAIN },       { "ENOMEM", ENOMEM },
	{ "EACCES", EACCES },       { "EFAULT", EFAULT },
	{ "EBUSY", EBUSY },         { "EEXIST", EEXIST },
	{ "ENODEV", ENODEV },       { "ENOTDIR", ENOTDIR },
	{ "EISDIR", EISDIR },       { "EINVAL", EINVAL },
	{ "EFBIG", EFBIG },         { "ENOSPC", ENOSPC },
	{ "ESPIPE", ESPIPE },       { "EROFS", EROFS },
	{ "ERANGE", ERANGE },       { "EDEADLK", EDEADLK },
	{ "ENODATA", ENODATA },     { "ETIME", ETIME },
	{ "EOVERFLOW", EOVERFLOW }, { "EOPNOTSUPP", EOPNOTSUPP },
	{ "ETIMEDOUT", ETIMEDOUT }, { "ENXIO", ENXIO },
	{ "EREMOTEIO", EREMOTEIO }, { "ETXTBSY", ETXTBSY },
	{ "ENOSYS", ENOSYS },
};

int error_number(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (strlen(errors[i].name) == len && !strncmp(errors[i].name, name, len))
			return errors[i].number;
	return 0;
}

const char *error_name(int number)
{
	for (size_t i = 0; i < ARRAY_LEN(errors); i++)
		if (errors[i].number == number)
			return errors[i].name;
	return NULL;
}

const char *error_name_at(size_t i)
{
	return i < ARRAY_LEN(errors) ? errors[i].name : NULL;
}
