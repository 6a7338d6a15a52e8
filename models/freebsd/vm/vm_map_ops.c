/*
 * vm_map_ops.c - what programs do with their memory
 */
#include <errno.h>

#include "models/freebsd/arg.h"
#include "models/freebsd/model_list.h"
#include "models/freebsd/vm/vm_map.h"

/* The mapping of a call, if it is the task's own, and its range; *len 0: to the end. */
static struct vm_map_entry *own_map(struct task *t, const struct args *a, bytes_t *len)
{
	const struct thread *td = t->kernel;
	struct vm_map_entry *entry = a->map.ptr;
	bytes_t size;

	task_run(t, (sim_time)task_freebsd(t)->machine->cost.syscall);
	if (!entry || !td->vmspace || entry->vmspace != td->vmspace)
		return NULL;
	size = entry->npages * FREEBSD_PAGE_SIZE;
	*len = (bytes_t)a->len;
	if (!*len)
		*len = (uint64_t)a->offset < size ? size - (uint64_t)a->offset : 0;
	return entry;
}

static int64_t op_mmap(struct task *t, const struct args *a, struct result *r)
{
	struct freebsd_file *f = a->file.ptr;
	bytes_t len = (bytes_t)a->len;
	struct vm_map_entry *entry;

	task_run(t, (sim_time)task_freebsd(t)->machine->cost.syscall);
	if (!len && f && f->vp->size > (uint64_t)a->offset)
		len = f->vp->size - (uint64_t)a->offset;
	if (!len || a->offset % FREEBSD_PAGE_SIZE)
		return -EINVAL;
	entry = vm_mmap(t, f ? f->vp : NULL, (uint64_t)a->offset, len, a->write, a->shared);
	for (pages_t i = 0; a->populate && i < entry->npages; i++)
		if (vm_access(t, entry, i * FREEBSD_PAGE_SIZE, false))
			break;
	return give(r, entry);
}

static int64_t op_munmap(struct task *t, const struct args *a, struct result *r)
{
	bytes_t len;
	struct vm_map_entry *entry = own_map(t, a, &len);

	(void)r;
	if (!entry)
		return -EINVAL;
	vm_munmap(t, entry);
	return 0;
}

static int64_t op_touch(struct task *t, const struct args *a, struct result *r)
{
	const struct thread *td = t->kernel;
	struct vm_map_entry *entry = a->map.ptr;
	bytes_t len = (bytes_t)a->len, size;

	(void)r;
	if (!entry || entry->vmspace != td->vmspace)
		return -EFAULT;
	size = entry->npages * FREEBSD_PAGE_SIZE;
	if ((uint64_t)a->offset >= size)
		return 0;
	if (!len || len > size - (uint64_t)a->offset)
		len = size - (uint64_t)a->offset;
	for (bytes_t at = 0; at < len; at += (bytes_t)a->step) {
		int error = vm_access(t, entry, (uint64_t)a->offset + at, a->write);

		if (error)
			return error;
	}
	return (int64_t)len;
}

static int64_t op_madvise(struct task *t, const struct args *a, struct result *r)
{
	bytes_t len;
	struct vm_map_entry *entry = own_map(t, a, &len);

	(void)r;
	return entry ? vm_madvise(t, entry, (uint64_t)a->offset, len, (int)a->advice) : -ENOMEM;
}

static int64_t op_msync(struct task *t, const struct args *a, struct result *r)
{
	bytes_t len;
	struct vm_map_entry *entry = own_map(t, a, &len);

	(void)r;
	return entry ? vm_msync(t, entry, (uint64_t)a->offset, len) : -ENOMEM;
}

static const struct op ops[] = {
	{ "mmap",
	  "file =, offset = 0, len = 0, shared = true, write =, exec =, populate =, noreserve =, "
	  "address = 0",
	  "map", op_mmap, OP_NO_IRQ,
	  "map a file: its pages appear at addresses of the program; len 0: to the end of the "
	  "file; without a file anonymous memory, private and writable" },
	{ "munmap", "map", NULL, op_munmap, OP_NO_IRQ | OP_RELEASES, "give all of them back" },
	{ "touch", "map, offset =, len =, write =, step = 4 KiB", NULL, op_touch,
	  OP_STREAM | OP_NO_IRQ,
	  "read or write at addresses, block by block: a page that is not mapped is faulted in; "
	  "-EFAULT: SIGSEGV or SIGBUS" },
	{ "madvise", "map, advice, offset = 0, len = 0", NULL, op_madvise, OP_NO_IRQ,
	  "say how a mapping will be used; len 0: to the end" },
	{ "msync", "map, offset = 0, len = 0", NULL, op_msync, OP_NO_IRQ,
	  "write what was stored to the file and wait for it, as MS_SYNC; len 0: to the end" },
};

const struct model vm_map_model = {
	.name = "vm_map",
	.ops = ops,
	.nr_ops = ARRAY_LEN(ops),
};
