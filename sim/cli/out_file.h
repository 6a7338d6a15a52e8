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
#endif
