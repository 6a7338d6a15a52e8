/*
 * drop_caches.c - a write of 1 to /proc/sys/vm/drop_caches
 */
#include "models/linux/pagecache/truncate.h"
#include "models/linux/storage/file.h"

/* The list of a file system's inodes begins with the newest. */
void drop_pagecache(struct task *t)
{
	struct linux_vm *vm = linux_vm(t->sim);

	for (int i = vm->files->n - 1; i >= 0; i--)
		invalidate_mapping_pages(t, &vm->files->inodes[i]->mapping, 0, UINT64_MAX);
	vm->stat.drop_pagecache++;
}
