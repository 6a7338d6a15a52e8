/*
 * api_cache.h - calls on files, for groups that have other calls as well
 */
#ifndef MMSIM_LINUX_API_CACHE_H
#define MMSIM_LINUX_API_CACHE_H

#include "models/linux/verify/api_case.h"

struct cache_run;
struct api_machine;
struct file;

/* Files that the case opens, by the highest number; too many: an error. */
int api_cache_files(struct api_case *a);
/* The machine in it is still to be started. */
struct cache_run *api_cache_new(struct api_case *a);
struct api_machine *api_cache_machine(struct cache_run *run);
bool api_cache_has(const char *name);
/* Answers a call on a file. */
void api_cache_call(struct cache_run *run, struct task *t, struct api_line *l);
/* NULL: not open. */
struct file *api_cache_file(const struct cache_run *run, uint64_t i);
/* Stops the machine, too. */
void api_cache_free(struct cache_run *run);
#endif
