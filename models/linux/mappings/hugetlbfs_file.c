/*
 * hugetlbfs_file.c - what programs do with files of huge pages beside mapping them
 *
 * Sizes are whole huge pages.  Files are read like others, a hole is zeroes; there is no write.
 *
 * Like:        Linux 6.1, fs/hugetlbfs/inode.c (hugetlbfs_setattr, hugetlbfs_punch_hole,
 *              hugetlbfs_fallocate, hugetlbfs_read_iter)
 */
#include <errno.h>

#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"

/* --- cutting --- */

/* Entries of places first.. below end go, those of private copies, too.  Returns how many. */
static uint64_t hugetlb_vmdelete_list(struct task *t, struct inode *inode, uint64_t first,
				      uint64_t end)
{
	const struct hstate *h = HUGETLBFS_I(inode)->h;
	uint64_t unmapped = 0;

	LIST_FOR_EACH (pos, &inode->mapping.i_mmap) {
		struct vm_area_struct *vma = LIST_ENTRY(pos, struct vm_area_struct, i_mmap);
		uint64_t vma_first = vma->vm_pgoff >> h->order;
		uint64_t vma_end = vma_first + (vma_pages(vma) >> h->order);

		for (uint64_t i = max_u64(first, vma_first); i < min_u64(end, vma_end); i++)
			unmapped +=
			    !vma->dead &&
			    zap_huge_entry(t, vma,
					   vma->vm_start + ((i - vma_first) << huge_page_shift(h)));
	}
	return unmapped;
}

/* At one instant: entries, pages, reservations; and the time that took. */
static void cut_range(struct task *t, struct inode *inode, uint64_t first, uint64_t end,
		      bool truncate)
{
	struct linux_vm *vm = task_vm(t);
	struct hugetlbfs_inode_info *info = HUGETLBFS_I(inode);
	uint64_t unmapped = hugetlb_vmdelete_list(t, inode, first, end), removed = 0;

	end = min_u64(end, info->nr);
	if (truncate && first < end) {
		removed = remove_inode_hugepages(vm, t->cpu, info, first, end);
		hugetlb_unreserve_pages(t, info, first, end, removed);
	}
	/* in a hole, what had no page yet stays reserved */
	for (uint64_t i = first; i < end && !truncate; i++) {
		if (!remove_inode_hugepages(vm, t->cpu, info, i, i + 1))
			continue;
		hugetlb_unreserve_pages(t, info, i, i + 1, 1);
		removed++;
	}
	task_run(t, (sim_time)(vm->machine->cost.pte_zap * (int64_t)unmapped +
			       vm->machine->cost.page_cache_delete * (int64_t)removed +
			       vm->machine->cost.tlb_flush));
}

int hugetlbfs_setattr(struct task *t, struct inode *inode, uint64_t size)
{
	const struct hstate *h = HUGETLBFS_I(inode)->h;
	int error;

	if (size & ~huge_page_mask(h))
		return -EINVAL;
	inode_lock(t, inode);
	error = seals_forbid_size(inode, size);
	if (!error) {
		inode->i_size = size;
		/* a page that is on its way in has used its reservation already */
		hugetlb_wait_faults(t, HUGETLBFS_I(inode), size >> huge_page_shift(h));
		cut_range(t, inode, size >> huge_page_shift(h), UINT64_MAX, true);
	}
	inode_unlock(t, inode);
	return error;
}

int hugetlbfs_punch_hole(struct task *t, struct inode *inode, uint64_t start, uint64_t end)
{
	const struct hstate *h = HUGETLBFS_I(inode)->h;
	uint64_t first = div_round_up(start, huge_page_size(h)), last = end >> huge_page_shift(h);
	int error;

	inode_lock(t, inode);
	error = inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) ? -EPERM : 0;
	if (!error && first < last)
		cut_range(t, inode, first, last, false);
	inode_unlock(t, inode);
	return error;
}

/* --- pages without a mapping --- */

/* The page of a place is made, if it is not there.  0, -ENOSPC. */
static int allocate_page(struct task *t, struct inode *inode, uint64_t index)
{
	struct hugetlbfs_inode_info *info = HUGETLBFS_I(inode);
	struct file f = { .inode = inode };
	struct vm_area_struct pseudo = { .vm_flags = VM_HUGETLB | VM_SHARED, .vm_file = &f };
	struct page *page = NULL;
	bool made;

	hugetlb_fault_mutex(t, info, index, true);
	made = !info->pages[index];
	if (made)
		page = new_huge_page(t, &pseudo, index << huge_page_shift(info->h));
	hugetlb_fault_mutex(t, info, index, false);
	if (made && !page)
		return -ENOSPC;
	if (page)
		put_page(task_vm(t), t->cpu, page); /* the file has one of its own */
	return 0;
}

int hugetlbfs_fallocate(struct task *t, struct inode *inode, bool keep_size, uint64_t offset,
			uint64_t len)
{
	struct hugetlbfs_inode_info *info = HUGETLBFS_I(inode);
	uint64_t index = offset >> huge_page_shift(info->h);
	uint64_t end = div_round_up(offset + len, huge_page_size(info->h));
	int error;

	if (offset + len > HUGETLBFS_MAX_BYTES)
		return -EFBIG;
	inode_lock(t, inode);
	error = (inode->seals & F_SEAL_GROW) && offset + len > inode->i_size ? -EPERM : 0;
	if (!error)
		hugetlbfs_grow(info, end);
	for (; !error && index < end; index++) {
		cond_resched(t);
		error = t->killed ? -EINTR : allocate_page(t, inode, index);
	}
	if (!error && !keep_size && offset + len > inode->i_size)
		inode->i_size = offset + len;
	inode_unlock(t, inode);
	return error;
}

/* --- reading --- */

int64_t hugetlbfs_read_iter(struct task *t, const struct file *f, int64_t *pos, bytes_t count)
{
	struct linux_vm *vm = task_vm(t);
	const struct hugetlbfs_inode_info *info = HUGETLBFS_I(f->inode);
	int64_t done = 0;

	while (count && (uint64_t)*pos < f->inode->i_size) {
		uint64_t index = (uint64_t)*pos >> huge_page_shift(info->h);
		bytes_t n = PAGE_SIZE - ((uint64_t)*pos & (PAGE_SIZE - 1));
		const struct page *page = index < info->nr && info->pages[index]
					      ? pfn_to_page(vm, info->pages[index])
					      : NULL;
		sim_time cost = (sim_time)vm->machine->cost.page_copy;

		n = min_u64(min_u64(n, count), f->inode->i_size - (uint64_t)*pos);
		task_run(t, (page ? memory_cost(vm, t->cpu, page, cost) : cost) * n / PAGE_SIZE);
		*pos += (int64_t)n;
		done += (int64_t)n;
		count -= n;
		cond_resched(t);
	}
	vm->stat.sim_read_bytes += done;
	return done;
}
