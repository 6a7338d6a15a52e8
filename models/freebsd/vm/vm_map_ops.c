/*
 * vm_map_ops.c - what programs do with their memory
 */
#include <errno.h>

#include "models/freebsd/arg.h"
#include "models/freebsd/model_list.h"
#include "models/freebsd/vm/vm_map.h"

static void enter(struct task *t)
{
	task_run(t, (sim_time)task_freebsd(t)->machine->cost.syscall);
}

/* A mapping that is the task's own; NULL: it is another's, or its program has ended. */
static struct vm_range *own(const struct task *t, struct vm_range *range)
{
	const struct thread *td = t->kernel;

	return range && td->vmspace && range->vmspace == td->vmspace ? range : NULL;
}

/* The mapping of a system call. */
static struct vm_range *own_range(struct task *t, const struct args *a)
{
	enter(t);
	return own(t, a->map.ptr);
}

/* Its bytes from offset on; len 0: to the end. */
static bytes_t bytes_from(const struct vm_range *range, const struct args *a)
{
	bytes_t size = range->npages * FREEBSD_PAGE_SIZE;

	if ((uint64_t)a->offset >= size)
		return 0;
	size -= (uint64_t)a->offset;
	return a->len ? min_u64((bytes_t)a->len, size) : size;
}

static uint64_t first_page(const struct args *a)
{
	return (uint64_t)a->offset / FREEBSD_PAGE_SIZE;
}

static uint64_t last_page(const struct vm_range *range, const struct args *a)
{
	return div_round_up((uint64_t)a->offset + bytes_from(range, a), FREEBSD_PAGE_SIZE);
}

static int64_t op_mmap(struct task *t, const struct args *a, struct result *r)
{
	struct freebsd_file *f = a->file.ptr;
	bytes_t len = (bytes_t)a->len;

	enter(t);
	if (!len && f && f->vp->size > (uint64_t)a->offset)
		len = f->vp->size - (uint64_t)a->offset;
	if (!len || a->offset % FREEBSD_PAGE_SIZE)
		return -EINVAL;
	if (div_round_up(len, FREEBSD_PAGE_SIZE) > vmspace_room(task_vmspace(t)))
		return -ENOMEM;
	return give(r, vm_mmap(t, f ? f->vp : NULL, (uint64_t)a->offset, len, a->write, a->shared,
			       a->populate));
}

static int64_t op_munmap(struct task *t, const struct args *a, struct result *r)
{
	struct vm_range *range = own_range(t, a);

	(void)r;
	if (!range)
		return -EINVAL;
	vm_range_free(t, range);
	return 0;
}

static int64_t op_munmap_range(struct task *t, const struct args *a, struct result *r)
{
	struct vm_range *range = own_range(t, a);

	(void)r;
	if (!range || !bytes_from(range, a))
		return -EINVAL;
	vm_map_delete(t, range, first_page(a), last_page(range, a));
	return 0;
}

static int64_t op_touch(struct task *t, const struct args *a, struct result *r)
{
	struct vm_range *range = own(t, a->map.ptr); /* no system call */
	bytes_t len;

	(void)r;
	if (!range)
		return -EFAULT;
	len = bytes_from(range, a);
	for (bytes_t at = 0; at < len; at += (bytes_t)a->step) {
		int error = vm_access(t, range, (uint64_t)a->offset + at, a->write);

		if (error)
			return error;
	}
	return (int64_t)len;
}

static int64_t op_madvise(struct task *t, const struct args *a, struct result *r)
{
	struct vm_range *range = own_range(t, a);

	(void)r;
	return range
		   ? vm_madvise(t, range, (uint64_t)a->offset, bytes_from(range, a), (int)a->advice)
		   : -EINVAL;
}

static int64_t op_msync(struct task *t, const struct args *a, struct result *r)
{
	struct vm_range *range = own_range(t, a);

	(void)r;
	return range ? vm_msync(t, range, (uint64_t)a->offset, bytes_from(range, a), a->async,
				a->invalidate)
		     : -EINVAL;
}

/* Calls of pages first..last of a mapping. */
#define PAGES_CALL(name, call)                                                                     \
	static int64_t op_##name(struct task *t, const struct args *a, struct result *r)           \
	{                                                                                          \
		struct vm_range *range = own_range(t, a);                                          \
                                                                                                   \
		(void)r;                                                                           \
		return range ? call : -ENOMEM;                                                     \
	}

PAGES_CALL(mlock, vm_mlock(t, range, first_page(a), last_page(range, a)))
PAGES_CALL(munlock, vm_munlock(t, range, first_page(a), last_page(range, a)))
PAGES_CALL(mprotect, vm_mprotect(t, range, first_page(a), last_page(range, a), a->write))
PAGES_CALL(mincore, vm_mincore(t, range, first_page(a), last_page(range, a)))

static int64_t op_mlockall(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	enter(t);
	return vm_mlockall(t, a->current, a->future);
}

static int64_t op_munlockall(struct task *t, const struct args *a, struct result *r)
{
	(void)a;
	(void)r;
	enter(t);
	return vm_munlockall(t);
}

/* Of what Linux has there is one value here: madvise(MADV_PROTECT). */
static int64_t op_set_oom_score_adj(struct task *t, const struct args *a, struct result *r)
{
	struct thread *td = t->kernel;

	(void)r;
	enter(t);
	td->protected = a->oom_score_adj == -1000;
	return 0;
}

static const struct op ops[] = {
	{ "mmap",
	  "file =, offset = 0, len = 0, shared = true, write =, exec =, populate =, noreserve =, "
	  "address = 0",
	  "map", op_mmap, OP_NO_IRQ,
	  "map a file: its pages appear at addresses of the program; len 0: to the end of the "
	  "file; without a file anonymous memory, private and writable" },
	{ "munmap", "map", NULL, op_munmap, OP_NO_IRQ | OP_RELEASES, "give all of them back" },
	{ "munmap_range", "map, offset, len = 0", NULL, op_munmap_range, OP_NO_IRQ,
	  "give back a part; len 0: to the end" },
	{ "touch", "map, offset =, len =, write =, step = 4 KiB", NULL, op_touch,
	  OP_STREAM | OP_NO_IRQ,
	  "read or write at addresses, block by block: a page that is not mapped is faulted in; "
	  "-EFAULT: SIGSEGV or SIGBUS" },
	{ "madvise", "map, advice, offset = 0, len = 0", NULL, op_madvise, OP_NO_IRQ,
	  "say how a mapping will be used; len 0: to the end" },
	{ "msync", "map, offset = 0, len = 0, async =, invalidate =", NULL, op_msync, OP_NO_IRQ,
	  "write what was stored to the file and wait for it, as MS_SYNC; len 0: to the end; "
	  "-EBUSY: a part that is to be invalidated is wired" },
	{ "mlock", "map, offset = 0, len = 0", NULL, op_mlock, OP_NO_IRQ,
	  "fault all pages in and wire them; len 0: to the end; -EAGAIN: more than a third of "
	  "memory would be wired" },
	{ "munlock", "map, offset = 0, len = 0", NULL, op_munlock, OP_NO_IRQ,
	  "let the page daemon have them again; len 0: to the end" },
	{ "mlockall", "current = true, future =", NULL, op_mlockall, OP_NO_IRQ,
	  "the same for all mappings there are (current), or will be" },
	{ "munlockall", "", NULL, op_munlockall, OP_NO_IRQ, "the reverse of mlockall" },
	{ "mprotect", "map, offset = 0, len = 0, write =", NULL, op_mprotect, OP_NO_IRQ,
	  "allow stores, or only reads; len 0: to the end" },
	{ "mincore", "map, offset = 0, len = 0", NULL, op_mincore, OP_NO_IRQ,
	  "how many pages are in memory; len 0: to the end" },
	{ "set_oom_score_adj", "oom_score_adj", NULL, op_set_oom_score_adj, OP_NO_IRQ,
	  "-1000: never killed because memory is used up, as by madvise(MADV_PROTECT); any other: "
	  "no longer so" },
};

static const struct check_def checks[] = {
	{ "vm_map", vm_map_check,
	  "entries of maps, chains of objects, references, wired and resident pages, swap, kernel "
	  "stacks" },
};

const struct model vm_map_model = {
	.name = "vm_map",
	.ops = ops,
	.nr_ops = ARRAY_LEN(ops),
	.checks = checks,
	.nr_checks = ARRAY_LEN(checks),
};
