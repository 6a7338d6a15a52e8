/*
 * super.h - names and files that are kept though nobody uses them
 *
 * Like:        Linux 6.1, fs/super.c (super_cache_scan), fs/dcache.c, fs/inode.c
 * Simplified:  one superblock; every unused file has one name and was looked at once, so neither
 *              gets another round; the scenario's files are always in use
 */
#ifndef MMSIM_LINUX_SUPER_H
#define MMSIM_LINUX_SUPER_H

#include "models/linux/reclaim/shrinker.h"

/* Registers the shrinker of the superblock. */
void super_init(struct linux_vm *vm);
/* Dentries and inodes of the scenario's files, then those of unused_files others. */
void super_fill(struct linux_vm *vm, struct task *t, uint64_t unused_files);
#endif
