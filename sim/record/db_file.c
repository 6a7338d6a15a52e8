/*
 * db_file.c - where a results file may be made, and how it appears: whole, at once
 *
 * The file is made without a name (O_TMPFILE), filled, locked, and then linked
 * to its name.  Who looks sees no file or one that can be read.
 */
#include "sim/record/db_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/record/db.h"

#define NR_SIBLINGS           3
#define HEADER_BYTES          100
#define HEADER_APPLICATION_ID 68 /* place in the header, big-endian */

static const char *const siblings[NR_SIBLINGS] = { "-wal", "-shm", "-journal" };

void db_file_complain(const char *shown, const char *what)
{
	fprintf(stderr, "mmsim: %s: %s\n", shown, what);
}

char *db_file_resolve(const char *path, const char *shown, int *exit_code)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	char *folder = str_folder(path);
	char *real = realpath(folder, NULL);
	char *full = NULL;

	if (!*base || strcmp(base, ".") == 0 || strcmp(base, "..") == 0) {
		db_file_complain(shown, "is a folder; a file name is needed");
		*exit_code = EXIT_INPUT;
	} else if (!real) {
		fprintf(stderr, "mmsim: %s: the folder cannot be used: %s\n", shown,
			strerror(errno));
		*exit_code = EXIT_HOST;
	} else {
		full = str_format("%s/%s", strcmp(real, "/") == 0 ? "" : real, base);
	}
	sim_free(folder);
	free(real);
	return full;
}

const struct db_kind *db_file_kind(int fd)
{
	uint8_t header[HEADER_BYTES];
	uint32_t id = 0;

	if (pread(fd, header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
	    memcmp(header, "SQLite format 3", 16) != 0)
		return NULL;
	for (int i = 0; i < 4; i++)
		id = id << 8 | header[HEADER_APPLICATION_ID + i];
	return id == results_kind.application_id ? &results_kind
	       : id == sweep_kind.application_id ? &sweep_kind
						 : NULL;
}

bool db_file_is_protected(mode_t mode)
{
	return !(mode & (S_IWUSR | S_IWGRP | S_IWOTH));
}

/* Whether an existing file may be replaced; says why not. */
static bool may_replace(const char *full, const char *shown, bool force, int *exit_code)
{
	int fd = open(full, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	const char *no = NULL;

	if (fd < 0 && errno != ELOOP && errno != ENXIO) {
		db_file_complain(shown, strerror(errno));
		*exit_code = EXIT_HOST;
		return false;
	}
	if (fd < 0)
		no = errno == ELOOP ? "is a symbolic link; name the file itself"
				    : "is no regular file";
	else if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		no = "is no regular file";
	else if (flock(fd, LOCK_EX | LOCK_NB))
		no = "is being written by another run";
	else if (!force && !db_file_kind(fd))
		no = "was not made by mmsim; --force replaces it";
	else if (!force && db_file_is_protected(st.st_mode))
		no = "is write-protected; --force replaces it";
	if (fd >= 0)
		close(fd);
	if (no) {
		db_file_complain(shown, no);
		*exit_code = EXIT_INPUT;
	}
	return !no;
}

bool db_file_clear_way(const char *full, const char *shown, bool force, int *exit_code)
{
	struct stat st;
	bool there = lstat(full, &st) == 0;

	if (there && !may_replace(full, shown, force, exit_code))
		return false;
	for (int i = 0; i < NR_SIBLINGS; i++) {
		char *name = str_format("%s%s", full, siblings[i]);
		bool left = lstat(name, &st) == 0;
		bool ok = !left || ((there || force) && S_ISREG(st.st_mode) && unlink(name) == 0);

		sim_free(name);
		if (!ok) {
			fprintf(stderr, "mmsim: %s: %s%s is in the way\n", shown, shown,
				siblings[i]);
			*exit_code = EXIT_INPUT;
			return false;
		}
	}
	if (there && unlink(full)) {
		db_file_complain(shown, strerror(errno));
		*exit_code = EXIT_HOST;
		return false;
	}
	return true;
}

/* The system says no; the exit code is the host's. */
static bool refused(const char *shown)
{
	db_file_complain(shown, strerror(errno));
	return false;
}

bool db_file_begin(struct db_file *file, const char *full, const char *shown)
{
	const char *slash = strrchr(full, '/');
	char *folder = sim_strndup(full, slash == full ? 1 : (size_t)(slash - full));

	*file = (struct db_file){ .fd = -1 };
	if (access("/proc/self/fd", X_OK) == 0)
		file->fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	sim_free(folder);
	/* Not every file system can make nameless files; whatever else is wrong shows again. */
	if (file->fd < 0) {
		file->fd = open(full, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0666);
		file->is_named = file->fd >= 0;
	}
	if (file->fd < 0)
		return refused(shown);
	flock(file->fd, LOCK_EX | LOCK_NB);
	return true;
}

bool db_file_write(struct db_file *file, const char *shown, const void *bytes, size_t len)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(file->fd, (const char *)bytes + done, len - done);

		if (n < 0 && errno != EINTR)
			return refused(shown);
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

bool db_file_copy(struct db_file *file, const char *shown, int from)
{
	char bytes[1 << 16];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(from, bytes, sizeof(bytes), at)) > 0) {
		if (!db_file_write(file, shown, bytes, (size_t)n))
			return false;
		at += n;
	}
	return n == 0 || refused(shown);
}

bool db_file_publish(struct db_file *file, const char *full, const char *shown)
{
	char name[64];

	if (file->is_named)
		return true;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", file->fd);
	if (linkat(AT_FDCWD, name, AT_FDCWD, full, AT_SYMLINK_FOLLOW) == 0)
		return true;
	refused(shown);
	db_file_abandon(file, full);
	return false;
}

void db_file_abandon(struct db_file *file, const char *full)
{
	if (file->is_named)
		unlink(full);
	close(file->fd);
	file->fd = -1;
}
