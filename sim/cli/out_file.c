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
#include "sim/record/db_file.h"

#define LOOK_BYTES   64
#define BUFFER_BYTES ((size_t)64 << 10)

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
	if (!out_file_is_ours(path)) {
		cli_error("%s: was not made by mmsim; --force replaces it", cli_escape(path));
		return EXIT_INPUT;
	}
	if (db_file_is_protected(st.st_mode)) {
		cli_error("%s: is write-protected; --force replaces it", cli_escape(path));
		return EXIT_INPUT;
	}
	return 0;
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

/* Makes the file of a temporary name beside its place. */
static void make_temporary(struct out_file *f)
{
	const char *slash = strrchr(f->path, '/');
	int folder_len = slash ? (int)(slash - f->path) + 1 : 0;
	mode_t mask = umask(0);

	umask(mask);
	f->temporary = str_format("%.*s.mmsim.XXXXXX", folder_len, f->path);
	f->fd = mkostemp(f->temporary, O_CLOEXEC);
	f->failed = f->fd < 0 || fchmod(f->fd, 0666 & ~mask) != 0;
	f->error = errno;
}

/* A file, whatever its name is. */
static int begin_file(struct out_file *f, const char *path, bool force)
{
	int exit_code = out_file_check(path, force);

	*f = (struct out_file){ .path = path };
	if (exit_code)
		return exit_code;
	make_temporary(f);
	if (f->failed)
		return out_file_end(f, true);
	f->bytes = sim_alloc(BUFFER_BYTES);
	return 0;
}

int out_file_begin(struct out_file *f, const char *path, bool force)
{
	if (strcmp(path, "-") != 0)
		return begin_file(f, path, force);
	*f = (struct out_file){ .path = path, .fd = STDOUT_FILENO };
	f->bytes = sim_alloc(BUFFER_BYTES);
	return 0;
}

static void flush(struct out_file *f)
{
	if (!f->failed && !write_all(f->fd, f->bytes, f->len)) {
		f->failed = true;
		f->error = errno;
	}
	f->len = 0;
}

void out_file_add(struct out_file *f, const void *bytes, size_t len)
{
	const char *from = bytes;

	for (size_t n; len; from += n, len -= n) {
		if (f->len == BUFFER_BYTES)
			flush(f);
		n = len < BUFFER_BYTES - f->len ? len : BUFFER_BYTES - f->len;
		memcpy(f->bytes + f->len, from, n);
		f->len += n;
	}
}

int out_file_end(struct out_file *f, bool keep)
{
	if (f->len && (keep || !f->temporary))
		flush(f);
	if (f->temporary && f->fd >= 0 && close(f->fd) && !f->failed) {
		f->failed = true;
		f->error = errno;
	}
	if (f->temporary && keep && !f->failed && rename(f->temporary, f->path)) {
		f->failed = true;
		f->error = errno;
	}
	if (f->temporary && f->fd >= 0 && (f->failed || !keep))
		unlink(f->temporary);
	if (f->failed)
		cli_error("%s: cannot be written: %s",
			  f->temporary ? cli_escape(f->path) : "standard output",
			  strerror(f->error));
	sim_free(f->temporary);
	sim_free(f->bytes);
	return f->failed ? EXIT_HOST : 0;
}

int out_file_write(const char *path, const char *bytes, size_t len, bool force)
{
	struct out_file f;
	int exit_code = begin_file(&f, path, force);

	if (exit_code)
		return exit_code;
	out_file_add(&f, bytes, len);
	return out_file_end(&f, true);
}
