/*
 * mm_ops.c - what programs do with mappings, and what is sampled of them
 */
#include <errno.h>

#include "models/linux/arg.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/model_list.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"

/* The addresses of a call, if they are the task's own; *len 0: to the end of the mapping. */
static struct user_map *own_map(struct task *t, const struct args *a, uint64_t *start, bytes_t *len)
{
	struct user_map *map = a->map.ptr;

	if (!map || !task_struct(t)->mm || map->mm != task_struct(t)->mm)
		return NULL;
	*start = map->start + (uint64_t)a->offset;
	*len = (bytes_t)a->len;
	if (!*len)
		*len = (uint64_t)a->offset < map->len ? map->len - (uint64_t)a->offset : 0;
	return map;
}

struct user_map *user_map_new(struct mm_struct *mm, uint64_t start, bytes_t len)
{
	struct user_map *map = sim_calloc(1, sizeof(*map));

	map->mm = mm;
	map->start = start;
	map->len = len;
	list_add_tail(&map->link, &mm->maps);
	return map;
}

static int64_t op_mmap(struct task *t, const struct args *a, struct result *r)
{
	struct file *f = a->file.ptr;
	bytes_t len = (bytes_t)a->len;
	unsigned flags = 0;
	struct user_map *map;
	struct hstate *h;
	uint64_t addr;
	int error;

	if (!len && f && f->inode->i_size > (uint64_t)a->offset)
		len = f->inode->i_size - (uint64_t)a->offset;
	if (a->shared)
		flags |= VM_SHARED;
	if (a->write || !f)
		flags |= VM_WRITE;
	if (a->noreserve)
		flags |= VM_NORESERVE;
	if (a->exec)
		flags |= VM_EXEC;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	if (a->hugetlb && !f) {
		h = size_to_hstate(task_vm(t), (bytes_t)a->hugepagesz);
		error = h && len ? mmap_hugetlb(t, h, (uint64_t)a->address, len, flags, &addr)
				 : -EINVAL;
	} else {
		h = f ? hstate_file(f) : NULL;
		if (a->hugetlb && !h)
			return -EINVAL;
		error = do_mmap(t, f, (uint64_t)a->address, len, flags, (uint64_t)a->offset, &addr);
	}
	if (error)
		return error;
	if (h)
		len = (len + huge_page_size(h) - 1) & huge_page_mask(h);
	map = user_map_new(task_mm(t), addr, len);
	/* what cannot be mapped is found out by who touches it */
	if (a->populate)
		(void)populate_vma_page_range(t, map->mm, addr, addr + len);
	return give(r, map);
}

static int64_t op_munmap(struct task *t, const struct args *a, struct result *r)
{
	struct user_map *map = a->map.ptr;
	int error;

	(void)r;
	if (!map || map->mm != task_struct(t)->mm)
		return -EINVAL;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	error = do_munmap(t, map->mm, map->start, map->len);
	list_del(&map->link);
	sim_free(map);
	return error;
}

static int64_t op_munmap_range(struct task *t, const struct args *a, struct result *r)
{
	uint64_t start;
	bytes_t len;
	const struct user_map *map = own_map(t, a, &start, &len);

	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return map ? do_munmap(t, map->mm, start, len) : -EINVAL;
}

static int64_t op_madvise(struct task *t, const struct args *a, struct result *r)
{
	uint64_t start;
	bytes_t len;
	const struct user_map *map = own_map(t, a, &start, &len);

	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return map ? do_madvise(t, map->mm, start, len, (int)a->advice) : -ENOMEM;
}

static int64_t op_mlock(struct task *t, const struct args *a, struct result *r)
{
	uint64_t start;
	bytes_t len;
	const struct user_map *map = own_map(t, a, &start, &len);

	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return map ? do_mlock(t, map->mm, start, len, VM_LOCKED | (a->onfault ? VM_LOCKONFAULT : 0))
		   : -ENOMEM;
}

static int64_t op_munlock(struct task *t, const struct args *a, struct result *r)
{
	uint64_t start;
	bytes_t len;
	const struct user_map *map = own_map(t, a, &start, &len);

	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return map ? do_munlock(t, map->mm, start, len) : -ENOMEM;
}

static int64_t op_mlockall(struct task *t, const struct args *a, struct result *r)
{
	struct mm_struct *mm = task_mm(t);

	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return mm ? do_mlockall(t, mm,
				(a->current ? MCL_CURRENT : 0) | (a->future ? MCL_FUTURE : 0) |
				    (a->onfault ? MCL_ONFAULT : 0))
		  : -ENOMEM;
}

static int64_t op_munlockall(struct task *t, const struct args *a, struct result *r)
{
	(void)a;
	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	if (task_struct(t)->mm)
		do_munlockall(t, task_struct(t)->mm);
	return 0;
}

static int64_t op_msync(struct task *t, const struct args *a, struct result *r)
{
	uint64_t start;
	bytes_t len;
	const struct user_map *map = own_map(t, a, &start, &len);

	(void)r;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	return map ? do_msync(t, map->mm, start, len) : -ENOMEM;
}

static int64_t op_touch(struct task *t, const struct args *a, struct result *r)
{
	uint64_t start;
	bytes_t len;
	const struct user_map *map = own_map(t, a, &start, &len);

	(void)r;
	if (!map)
		return -EFAULT;
	if ((uint64_t)a->offset >= map->len)
		return 0;
	len = min_u64(len, map->len - (uint64_t)a->offset);
	for (bytes_t at = 0; at < len; at += (bytes_t)a->step) {
		int error = user_access(t, map->mm, start + at, a->write);

		if (error)
			return error;
	}
	return (int64_t)len;
}

/* What the fault handler calls; a page comes back locked, and is mapped nowhere. */
static int64_t op_filemap_fault(struct task *t, const struct args *a, struct result *r)
{
	uint64_t addr = 0;
	bytes_t len = 0;
	const struct user_map *map = own_map(t, a, &addr, &len);
	struct vm_area_struct *vma = map ? vma_lookup(map->mm, addr) : NULL;
	struct vm_fault vmf = { .vma = vma, .address = addr & ~(PAGE_SIZE - 1) };
	vm_fault_t bits;

	if (!vma || !vma->vm_file || vma_is_shmem(vma) || is_vm_hugetlb_page(vma)) {
		kernel_bug(t->sim, "filemap_fault: no file of a disk is mapped there");
		return VM_FAULT_SIGBUS;
	}
	vmf.pgoff = vma->vm_pgoff + ((vmf.address - vma->vm_start) >> PAGE_SHIFT);
	vmf.flags = FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE | FAULT_FLAG_USER;
	if (a->write)
		vmf.flags |= FAULT_FLAG_WRITE;
	if (a->tried)
		vmf.flags |= FAULT_FLAG_TRIED;
	mmap_read_lock(t, map->mm);
	bits = filemap_fault(t, &vmf);
	if (!(bits & VM_FAULT_RETRY))
		mmap_read_unlock(map->mm);
	r->ptr = bits & VM_FAULT_LOCKED ? vmf.page : NULL;
	return bits;
}

const struct key_word madvise_words[] = {
	{ "normal", MADV_NORMAL, "no particular order" },
	{ "random", MADV_RANDOM, "readahead off: only the pages touched" },
	{ "sequential", MADV_SEQUENTIAL, "windows twice as large" },
	{ "willneed", MADV_WILLNEED, "read the range now" },
	{ "dontneed", MADV_DONTNEED, "drop the pages now" },
	{ "free", MADV_FREE, "anonymous pages may be dropped until they are written again" },
	{ "remove", MADV_REMOVE, "a hole in the file, or in shared memory" },
	{ "hugepage", MADV_HUGEPAGE,
	  "huge pages for anonymous memory, readahead in folios of 2 MiB" },
	{ "nohugepage", MADV_NOHUGEPAGE, "and no longer" },
	{ "cold", MADV_COLD, "reclaim may take the pages before others" },
	{ "pageout", MADV_PAGEOUT, "reclaim the pages now" },
	{ "populate_read", MADV_POPULATE_READ, "fault the pages in, for reading" },
	{ "populate_write", MADV_POPULATE_WRITE, "fault the pages in, for writing" },
	{ "collapse", MADV_COLLAPSE, "make huge pages of small ones now" },
	{ NULL, 0, NULL },
};

static const struct op mapping_ops[] = {
	{ "mmap",
	  "file =, offset = 0, len = 0, shared = file, write =, exec =, populate =, noreserve =, "
	  "hugetlb =, hugepagesz = 0, address = 0",
	  "map", op_mmap, OP_NO_IRQ,
	  "map a file: its pages appear at addresses of the program; len 0: to the end of the "
	  "file; without a file anonymous memory, writable, and private unless shared is given" },
	{ "munmap", "map", NULL, op_munmap, OP_NO_IRQ | OP_RELEASES, "give all of them back" },
	{ "munmap_range", "map, offset, len = 0", NULL, op_munmap_range, OP_NO_IRQ,
	  "give back a part; len 0: to the end" },
	{ "touch", "map, offset =, len =, write =, step = 4 KiB", NULL, op_touch,
	  OP_STREAM | OP_NO_IRQ,
	  "read or write at addresses, block by block: a page that is not mapped is faulted in; "
	  "-EFAULT: SIGSEGV or SIGBUS" },
	{ "madvise", "map, advice, offset = 0, len = 0", NULL, op_madvise, OP_NO_IRQ,
	  "say how a mapping will be used; len 0: to the end" },
	{ "mlock", "map, offset = 0, len = 0, onfault =", NULL, op_mlock, OP_NO_IRQ,
	  "fault all pages in and keep them from being reclaimed; len 0: to the end; "
	  "-EPERM, -ENOMEM: rlimit_memlock of the task; with onfault mlock2(2)" },
	{ "munlock", "map, offset = 0, len = 0", NULL, op_munlock, OP_NO_IRQ,
	  "let reclaim have them again; len 0: to the end" },
	{ "mlockall", "current = true, future =, onfault =", NULL, op_mlockall, OP_NO_IRQ,
	  "the same for all mappings there are (current), or will be (then mmap may "
	  "give -EAGAIN)" },
	{ "munlockall", "", NULL, op_munlockall, OP_NO_IRQ, "the reverse of mlockall" },
	{ "filemap_fault", "map, offset = 0, len = 0, write =, tried =", "page", op_filemap_fault,
	  OP_NO_IRQ,
	  "find or read the page of a fault, as the fault handler does: bits, 512 a locked page, 4 "
	  "it was missing, 1024 once more (tried), 2 SIGBUS, 1 no memory" },
	{ "msync", "map, offset = 0, len = 0", NULL, op_msync, OP_NO_IRQ,
	  "write what was stored to the file and wait for it, as MS_SYNC; len 0: to the end" },
};

/* --- samples --- */

#define MM_ROW(n, kind, unit, m)                                                                   \
	{                                                                                          \
#n, METRIC_##kind, UNIT_##unit, offsetof(struct mm_stat, n), m                     \
	}

static const struct metric mm_rows[] = {
	MM_ROW(rss_file, GAUGE, PAGES, "pages of files mapped"),
	MM_ROW(rss_anon, GAUGE, PAGES, "anonymous pages mapped, the zero page not counted"),
	MM_ROW(swapents, GAUGE, PAGES, "anonymous pages in swap"),
	MM_ROW(locked_vm, GAUGE, PAGES, "addresses whose pages are locked in memory"),
	MM_ROW(total_vm, GAUGE, PAGES, "addresses in use"),
	MM_ROW(pgtables_bytes, GAUGE, BYTES, "page tables: PTE, PMD and PUD pages"),
	MM_ROW(maj_flt, COUNTER, COUNT, "faults that had to wait or to be repeated"),
	MM_ROW(min_flt, COUNTER, COUNT, "the other faults"),
};

static int mm_count(struct sim *s)
{
	return linux_vm(s)->mms ? linux_vm(s)->mms->n : 0;
}

static const void *mm_stat(struct sim *s, int i)
{
	const struct mm_struct *mm = linux_vm(s)->mms->mm[i];

	return mm->exited ? NULL : &mm->stat;
}

static void mm_key(struct sim *s, int i, union metric_key_value *keys)
{
	const struct mm_struct *mm = linux_vm(s)->mms->mm[i];

	keys[0].text = mm->name;
	keys[1].number = mm->pid;
}

static const struct metric_object mm_metrics = {
	.name = "mm",
	.table = "mm_sample",
	.meaning = "the address space of a task that maps something, at a sample, as in "
		   "/proc/<pid>/status",
	.keys = { { "task", true, "name of the task" }, { "pid", false, "its number" } },
	.nr_keys = 2,
	.rows = mm_rows,
	.nr_rows = ARRAY_LEN(mm_rows),
	.count = mm_count,
	.stat = mm_stat,
	.key = mm_key,
	.of_tasks = true,
};

static const struct metric_object *const metrics[] = {
	&mm_metrics,           &shmem_metrics,  &tmpfs_metrics,      &hugetlb_metrics,
	&hugetlb_node_metrics, &hstate_metrics, &mm_hugetlb_metrics, NULL,
};

static const struct check_def mapping_checks[] = {
	{ "mappings", mappings_check,
	  "entries, page tables and resident pages of programs, and how often each page is "
	  "mapped" },
	{ "hugetlb", hugetlb_check,
	  "the pool of huge pages: free lists, counts by node, who uses each page, what is "
	  "reserved" },
};

const struct model mappings_model = {
	.name = "mappings",
	.ops = mapping_ops,
	.nr_ops = ARRAY_LEN(mapping_ops),
	.checks = mapping_checks,
	.nr_checks = ARRAY_LEN(mapping_checks),
	.metrics = metrics,
};
