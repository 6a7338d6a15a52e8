/*
 * out_file.c - pictures and texts that are written whole or not at all
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/mem.h"
#include "sim/cli/cli.h"
#include "sim/cli/out_file.h"

#define LOOK_BYTES 64

static bool has_mark(int fd, off_t at)
{
	char bytes[LOOK_BYTES];
	ssize_t n = pread(fd, bytes, sizeof(bytes), at);

	return n > 0 && memmem(bytes, (size_t)n, OUT_FILE_MARK, strlen(OUT_FILE_MARK));
}

bool out_file_is_ours(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	bool ours = false;

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		ours = has_mark(fd, 0) ||
		       has_mark(fd, st.st_size > LOOK_BYTES ? st.st_size - LOOK_BYTES : 0);
	close(fd);
	return ours;
}

int out_file_check(const char *path, bool force)
{
	struct stat st;
	int fd;

	if (lstat(path, &st)) {
		if (errno == ENOENT)
			return 0;
		cli_error("%s: %s", cli_escape(path), strerror(errno));
		return EXIT_HOST;
	}
	if (!S_ISREG(st.st_mode)) {
		cli_error("%s: is %s", cli_escape(path),
			  S_ISLNK(st.st_mode) ? "a symbolic link; name the file itself"
					      : "no regular file");
		return EXIT_INPUT;
	}
	if (force)
		return 0;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0) {
		cli_error("%s: %s", cli_escape(path), strerror(errno));
		return EXIT_HOST;
	}
	close(fd);
	if (out_file_is_ours(path))
		return 0;
	cli_error("%s: was not made by mmsim; --force replaces it", cli_escape(path));
	return EXIT_INPUT;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

int out_file_write(const char *path, const char *bytes, size_t len, bool force)
{
	const char *slash = strrchr(path, '/');
	int folder_len = slash ? (int)(slash - path) + 1 : 0;
	int exit_code = out_file_check(path, force);
	mode_t mask = umask(0);
	char *temporary;
	bool ok;
	int fd;

	umask(mask);
	if (exit_code)
		return exit_code;
	temporary = str_format("%.*s.mmsim.XXXXXX", folder_len, path);
	fd = mkostemp(temporary, O_CLOEXEC);
	ok = fd >= 0 && write_all(fd, bytes, len) && fchmod(fd, 0666 & ~mask) == 0;
	if (fd >= 0)
		ok = (close(fd) == 0) && ok;
	ok = ok && rename(temporary, path) == 0;
	if (!ok) {
		cli_error("%s: cannot be written: %s", cli_escape(path), strerror(errno));
		if (fd >= 0)
			unlink(temporary);
	}
	sim_free(temporary);
	return ok ? 0 : EXIT_HOST;
}
