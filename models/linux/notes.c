/*
 * notes.c - settings that the kernel takes as they are, and that hardly anybody means
 */
#include <inttypes.h>
#include <string.h>

#include "models/linux/linux.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/shmem_inode.h"
#include "models/linux/mmzone.h"
#include "models/linux/notes.h"

/* A tmpfs may be given more than there is; who fills it ends in the OOM killer. */
static void note_tmpfs(const struct linux_vm *vm, struct str *out)
{
	uint64_t pool = (uint64_t)hugetlb_total_pages(vm);
	uint64_t all = (uint64_t)vm->totalram_pages - pool + (uint64_t)vm->total_swap_pages;

	for (int i = 0; vm->tmpfs && i < vm->tmpfs->n; i++) {
		const struct shmem_sb_info *sb = &vm->tmpfs->v[i];

		if (sb->max_blocks > all)
			str_addf(out,
				 "linux.tmpfs: \"%s\" may have %" PRIu64
				 " KiB, memory and swap together are %" PRIu64
				 " KiB%s: before it is full there is no memory left, and killing "
				 "programs frees nothing of it\n",
				 sb->name, sb->max_blocks << (PAGE_SHIFT - 10),
				 all << (PAGE_SHIFT - 10),
				 pool ? " without the pool of huge pages" : "");
	}
}

/* What the memory of the machine does not do for. */
static void note_hugepages(const struct hstate *h, struct str *out)
{
	const int64_t *nr = &h->sysfs.nr_hugepages;

	if (h->boot_missing)
		str_addf(out,
			 "linux.%s: %" PRId64 " huge pages were wanted, there was memory for "
			 "%" PRId64 "\n",
			 h->boot_name, h->boot.all, h->boot.all - h->boot_missing);
	if (h->missing)
		str_addf(out,
			 "%s.nr_hugepages: %" PRId64
			 " huge pages were wanted, there was memory for "
			 "%" PRId64 ": a mapping that needs more gets -ENOMEM\n",
			 h == h->vm->default_hstate ? "vm"
			 : hstate_is_gigantic(h)    ? "hugepages-1048576kB"
						    : "hugepages-2048kB",
			 *nr + h->missing, *nr);
}

void linux_notes(struct sim *s, struct str *out)
{
	struct linux_vm *vm = linux_vm(s);
	const struct sysctl_vm *v = &vm->sysctl;
	/* in KiB; what the zones give out is all that a reserve can be taken from */
	int64_t memory = (int64_t)vm->totalram_pages << (PAGE_SHIFT - 10);

	if (v->min_free_kbytes >= memory)
		str_addf(out,
			 "vm.min_free_kbytes: %" PRId64 " KiB are to be kept free, the zones have "
			 "%" PRId64 " KiB: there is nothing left for programs\n",
			 v->min_free_kbytes, memory);
	if (!v->dirty_bytes && !v->dirty_background_bytes &&
	    v->dirty_background_ratio >= v->dirty_ratio)
		str_addf(out,
			 "vm.dirty_background_ratio: %" PRId64
			 " is not below vm.dirty_ratio: %" PRId64
			 ": the kernel takes half of the dirty threshold instead\n",
			 v->dirty_background_ratio, v->dirty_ratio);
	if (vm->numa_fake_failed)
		str_add(out,
			"linux.numa_fake: there is not enough memory for so many nodes: they are "
			"those of the machine\n");
	for (int i = 0; i < HUGE_MAX_HSTATE; i++)
		note_hugepages(&vm->hugetlb[i], out);
	if (v->dirty_bytes && v->dirty_background_bytes >= v->dirty_bytes)
		str_addf(out,
			 "vm.dirty_background_bytes: %" PRId64
			 " is not below vm.dirty_bytes: %" PRId64
			 ": the kernel takes half of the dirty threshold instead\n",
			 v->dirty_background_bytes, v->dirty_bytes);
	note_tmpfs(vm, out);
}

uint64_t linux_least_ns(struct sim *s, const struct op *op, int64_t bytes)
{
	const struct cost_table *cost = &linux_vm(s)->machine->cost;
	uint64_t pages = ((uint64_t)bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;

	if (strcmp(op->name, "touch") == 0)
		return pages * (uint64_t)cost->user_access;
	if (strcmp(op->name, "read") == 0 || strcmp(op->name, "write") == 0)
		return (uint64_t)cost->syscall +
		       (uint64_t)bytes * (uint64_t)cost->page_copy / PAGE_SIZE;
	return 0;
}
