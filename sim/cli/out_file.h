/*
 * out_file.h - pictures and texts that are written whole or not at all
 *
 * A file is written under a temporary name beside its place and renamed.  One
 * that is there is replaced only if it carries our mark or with force.
 */
#ifndef MMSIM_CLI_OUT_FILE_H
#define MMSIM_CLI_OUT_FILE_H

#include "sim/base/types.h"

/* Stands in the first or last 64 bytes of what we write. */
#define OUT_FILE_MARK "made by mmsim"

/* Whether there is a file that carries the mark. */
bool out_file_is_ours(const char *path);
/* 0: may be written; else the exit code (said): 2 not ours or no file, 3 the host. */
int out_file_check(const char *path, bool force);
/* The same test, then writes.  Returns 0, 2 or 3. */
int out_file_write(const char *path, const char *bytes, size_t len, bool force);

/* A file that is written piece by piece, and appears when it is ended. */
struct out_file {
	const char *path; /* borrowed; "-": standard output, which appears at once */
	char *temporary;  /* owned; NULL: standard output */
	int fd;
	char *bytes; /* owned; not yet written */
	size_t len;
	bool failed; /* errno of the first failure in error */
	int error;
};

/* Tests and begins.  Returns 0, 2 or 3 (said); then there is nothing to end. */
int out_file_begin(struct out_file *f, const char *path, bool force);
/* After a failure this does nothing; out_file_end says it. */
void out_file_add(struct out_file *f, const void *bytes, size_t len);
/* Ends; keep: it gets its name, else nothing of it is left.  Returns 0 or 3. */
int out_file_end(struct out_file *f, bool keep);
#endif
