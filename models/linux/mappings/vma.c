/*
 * vma.c - which addresses show which part of which file
 *
 * The VMAs of an address space lie in an array by address.  Neighbours that show neighbouring parts
 * of a file in the same way (or are anonymous memory alike) are one VMA; unmapping, advising or
 * locking a part splits it.
 */
#include <errno.h>
#include <string.h>

#include "models/linux/mappings/adopt.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/mmu_gather.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/mappings/vma.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

#define MAX_MAP_COUNT 65530
#define PMD_SIZE      (1ULL << PMD_SHIFT)

/* --- finding --- */

int vma_index(const struct mm_struct *mm, uint64_t addr)
{
	int low = 0, high = mm->nr_vmas;

	while (low < high) {
		int mid = (low + high) / 2;

		if (mm->vma[mid]->vm_end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct vm_area_struct *find_vma(const struct mm_struct *mm, uint64_t addr)
{
	int i = vma_index(mm, addr);

	return i < mm->nr_vmas ? mm->vma[i] : NULL;
}

struct vm_area_struct *vma_lookup(const struct mm_struct *mm, uint64_t addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	return vma && vma->vm_start <= addr ? vma : NULL;
}

/* The highest place below the base that is free.  0: none. */
static uint64_t unmapped_area_topdown(const struct mm_struct *mm, uint64_t len)
{
	uint64_t end = mm->mmap_base;

	for (int i = mm->nr_vmas - 1; i >= 0; i--) {
		const struct vm_area_struct *vma = mm->vma[i];

		if (vma->vm_end <= end && end - vma->vm_end >= len)
			break;
		end = min_u64(end, vma->vm_start);
	}
	return end > len ? end - len : 0;
}

#define VM_UNMAPPED_AREA_TOPDOWN 1

/* So many free addresses that begin at a multiple of align_mask + 1, and align_offset.  0: none. */
static uint64_t vm_unmapped_area(const struct mm_struct *mm, uint64_t len, uint64_t align_mask,
				 uint64_t align_offset)
{
	uint64_t addr = unmapped_area_topdown(mm, len + align_mask);

	if (addr) {
		addr += align_mask; /* the highest place there; then down to the next good one */
		addr -= (addr - align_offset) & align_mask;
	}
	trace_vm_unmapped_area(mm->vm->sim, addr ? (int64_t)addr : -ENOMEM, mm->stat.total_vm,
			       VM_UNMAPPED_AREA_TOPDOWN, (int64_t)len, PAGE_SIZE,
			       (int64_t)mm->mmap_base, (int64_t)align_mask, (int64_t)align_offset);
	return addr;
}

/*
 * Files on disks lie so that huge entries could map them, if they are long enough.  huge: size of
 * the pages of a pool, VM_HUGETLB.
 */
static uint64_t get_unmapped_area(const struct mm_struct *mm, const struct file *f, uint64_t len,
				  unsigned flags, uint64_t offset, bytes_t huge)
{
	uint64_t aligned = (offset + PMD_SIZE - 1) & ~(PMD_SIZE - 1), addr;

	if (flags & VM_HUGETLB)
		return vm_unmapped_area(mm, len, huge - PAGE_SIZE, 0);
	if (f && !f->inode->is_blkdev && !shmem_mapping(&f->inode->mapping) &&
	    offset + len > aligned && offset + len - aligned >= PMD_SIZE) {
		addr = vm_unmapped_area(mm, len + PMD_SIZE, 0, offset);
		if (addr)
			return addr + ((offset - addr) & (PMD_SIZE - 1));
	}
	return vm_unmapped_area(mm, len, 0, offset);
}

/* --- inserting, splitting, merging --- */

void vma_insert_at(struct mm_struct *mm, int i, struct vm_area_struct *vma)
{
	void *array = mm->vma;

	sim_grow(&array, &mm->cap_vmas, (size_t)mm->nr_vmas + 1, sizeof(struct vm_area_struct *));
	mm->vma = array;
	memmove(&mm->vma[i + 1], &mm->vma[i], (size_t)(mm->nr_vmas - i) * sizeof(*mm->vma));
	mm->vma[i] = vma;
	mm->nr_vmas++;
	if (!vma->vm_file)
		return;
	vma->vm_file->f_count++;
	i_mmap_insert(vma);
}

/* It has no entries left, and is in no table. */
static void remove_vma(struct task *t, struct vm_area_struct *vma)
{
	struct file *f = vma->vm_file;

	if (is_vm_hugetlb_page(vma))
		hugetlb_vm_op_close(t, vma);
	unlink_anon_vmas(vma);
	if (!f) {
		sim_free(vma);
		return;
	}
	i_mmap_remove(vma);
	file_close(t, f);
}

/* VMAs i.. are found by address no more. */
static void take_out(struct mm_struct *mm, int i, int n)
{
	mm->nr_vmas -= n;
	memmove(&mm->vma[i], &mm->vma[i + n], (size_t)(mm->nr_vmas - i) * sizeof(*mm->vma));
}

void vma_remove_at(struct task *t, struct mm_struct *mm, int i)
{
	struct vm_area_struct *vma = mm->vma[i];

	take_out(mm, i, 1);
	remove_vma(t, vma);
}

/* VMA i becomes two at addr. */
static void split_vma(struct mm_struct *mm, int i, uint64_t addr)
{
	struct vm_area_struct *vma = mm->vma[i], *upper = sim_alloc(sizeof(*upper));

	if (is_vm_hugetlb_page(vma))
		hugetlb_vm_op_open(vma);
	else
		split_huge_pmd_if_needed(vma, addr);
	*upper = *vma;
	upper->vm_start = addr;
	upper->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
	list_init(&upper->i_mmap);
	list_init(&upper->anon_vma_chain);
	anon_vma_clone(upper, vma);
	vma->vm_end = addr;
	vma_insert_at(mm, i + 1, upper);
}

/* Whether VMAs i and i + 1 could be one; area is the one of them that was changed or is new. */
static bool can_merge(const struct mm_struct *mm, int i, int area)
{
	const struct vm_area_struct *a, *b;

	if (i < 0 || i + 1 >= mm->nr_vmas)
		return false;
	a = mm->vma[i];
	b = mm->vma[i + 1];
	return a->vm_end == b->vm_start && a->vm_file == b->vm_file && a->vm_flags == b->vm_flags &&
	       a->vm_pgoff + vma_pages(a) == b->vm_pgoff &&
	       !(a->vm_flags & (VM_SPECIAL | VM_sim_driver)) &&
	       (area == i ? is_mergeable_anon_vma(a, b) : is_mergeable_anon_vma(b, a));
}

/* VMAs i and i + 1 become one. */
static void merge_with_next(struct task *t, struct mm_struct *mm, int i)
{
	struct vm_area_struct *a = mm->vma[i], *b = mm->vma[i + 1];

	if (!a->anon_vma && b->anon_vma) {
		/* its pages keep their anon_vma */
		anon_vma_clone(a, b);
		a->anon_vma = b->anon_vma;
		a->anon_vma->num_active_vmas++;
	}
	a->vm_end = b->vm_end;
	vma_remove_at(t, mm, i + 1);
}

int vma_merge_around(struct task *t, struct mm_struct *mm, int i)
{
	bool with_prev = can_merge(mm, i - 1, i), with_next = can_merge(mm, i, i);

	/* all three only if the outer two may be one as well */
	if (with_prev && with_next && mm->vma[i - 1]->anon_vma && mm->vma[i + 1]->anon_vma &&
	    mm->vma[i - 1]->anon_vma != mm->vma[i + 1]->anon_vma)
		with_next = false;
	if (with_next)
		merge_with_next(t, mm, i);
	if (with_prev)
		merge_with_next(t, mm, --i);
	return i;
}

/* Whether a VMA cannot be cut at addr: huge pages of the pool are not split. */
static bool inside_huge_page(const struct vm_area_struct *vma, uint64_t addr)
{
	return is_vm_hugetlb_page(vma) && (addr & ~huge_page_mask(hstate_vma(vma)));
}

int vma_cut_out(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	int i = vma_index(mm, start), last;

	if (i < mm->nr_vmas && mm->vma[i]->vm_start < start) {
		if (inside_huge_page(mm->vma[i], start))
			return -EINVAL;
		if (mm->nr_vmas >= MAX_MAP_COUNT)
			return -ENOMEM;
		split_vma(mm, i++, start);
	}
	last = vma_index(mm, end - 1);
	if (last < mm->nr_vmas && mm->vma[last]->vm_start < end && mm->vma[last]->vm_end > end) {
		if (inside_huge_page(mm->vma[last], end))
			return -EINVAL;
		if (mm->nr_vmas >= MAX_MAP_COUNT)
			return -ENOMEM;
		split_vma(mm, last, end);
	}
	return i;
}

bool vma_covers(const struct mm_struct *mm, uint64_t start, uint64_t end)
{
	for (int i = vma_index(mm, start); start < end; start = mm->vma[i++]->vm_end)
		if (i >= mm->nr_vmas || mm->vma[i]->vm_start > start)
			return false;
	return true;
}

/* --- mmap and munmap --- */

/* A private mapping to be written may need memory of its own for every page. */
static bool accountable_mapping(unsigned flags)
{
	return (flags & (VM_NORESERVE | VM_SHARED | VM_HUGETLB | VM_WRITE)) == VM_WRITE;
}

/*
 * The file of a mapping that has one of its own, which is the caller's, and what is promised of it
 * or of huge pages.  *f stays as it is if there is none.  0, -ENOMEM: more than may be promised.
 */
static int own_file(struct task *t, const struct mm_struct *mm, bytes_t len, unsigned flags,
		    uint64_t offset, struct file **f, struct resv_map **resv)
{
	*resv = NULL;
	if (flags & VM_HUGETLB)
		return hugetlbfs_file_mmap(t, *f, offset, len, flags, resv);
	if (*f || (flags & VM_sim_driver) || !(flags & VM_SHARED))
		return 0;
	return shmem_file_setup(t, mm, len, flags, f);
}

/* The addresses are free: counts and makes the VMA.  0, -ENOMEM: more than may be promised. */
static int mmap_region(struct task *t, struct mm_struct *mm, struct file *f, uint64_t addr,
		       bytes_t len, unsigned flags, uint64_t offset)
{
	struct vm_area_struct *vma;
	struct file *own = f;
	struct resv_map *resv;
	int i = vma_index(mm, addr);

	if (mm->vm->sysctl.overcommit_memory == 2 && !(flags & VM_HUGETLB))
		flags &= ~(unsigned)VM_NORESERVE;
	if (own_file(t, mm, len, flags, offset, &own, &resv))
		return -ENOMEM;
	if (own != f)
		offset = 0;
	if (accountable_mapping(flags)) {
		if (vm_enough_memory(mm->vm, mm, (int64_t)(len >> PAGE_SHIFT)))
			return -ENOMEM;
		flags |= VM_ACCOUNT;
	}
	vma = sim_calloc(1, sizeof(*vma));
	vma->vm_mm = mm;
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_pgoff = (own || (flags & VM_sim_driver) ? offset : addr) >> PAGE_SHIFT;
	vma->vm_flags = flags | VM_READ | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_SOFTDIRTY;
	if (flags & VM_SHARED)
		vma->vm_flags |= VM_MAYSHARE;
	if (!(flags & VM_SPECIAL))
		vma->vm_flags |= mm->def_flags;
	vma->vm_file = own;
	vma->resv = resv;
	mm->has_hugetlb |= is_vm_hugetlb_page(vma);
	list_init(&vma->i_mmap);
	list_init(&vma->anon_vma_chain);
	vma_insert_at(mm, i, vma);
	if (own != f)
		file_close(t, own); /* the mapping alone uses it */
	mm->stat.total_vm += (int64_t)(len >> PAGE_SHIFT);
	if (vma->vm_flags & VM_LOCKED)
		mm->stat.locked_vm += (int64_t)(len >> PAGE_SHIFT);
	vma_merge_around(t, mm, i);
	return 0;
}

struct vm_area_struct *vma_adopt(struct mm_struct *mm, uint64_t start, uint64_t end, unsigned flags,
				 uint64_t pgoff, struct file *f)
{
	struct vm_area_struct *vma = sim_calloc(1, sizeof(*vma));
	int64_t pages = (int64_t)((end - start) >> PAGE_SHIFT);

	*vma = (struct vm_area_struct){ .vm_mm = mm,
					.vm_start = start,
					.vm_end = end,
					.vm_flags = flags,
					.vm_pgoff = pgoff,
					.vm_file = f };
	list_init(&vma->i_mmap);
	list_init(&vma->anon_vma_chain);
	vma_insert_at(mm, mm->nr_vmas, vma);
	mm->stat.total_vm += pages;
	if (flags & VM_LOCKED)
		mm->stat.locked_vm += pages;
	if (flags & VM_ACCOUNT)
		vm_unacct_memory(mm->vm, -pages);
	return vma;
}

/* 0; -ENOMEM: there are no such addresses (0: none was found); -EEXIST: something is mapped there.
 */
static int addr_is_free(const struct mm_struct *mm, uint64_t addr, bytes_t len)
{
	int i;

	if (!addr || addr + len > TASK_SIZE)
		return -ENOMEM;
	i = vma_index(mm, addr);
	return i < mm->nr_vmas && mm->vma[i]->vm_start < addr + len ? -EEXIST : 0;
}

int do_mmap(struct task *t, struct file *f, uint64_t addr, bytes_t len, unsigned flags,
	    uint64_t offset, uint64_t *out)
{
	const unsigned shared_write = VM_SHARED | VM_WRITE;
	const struct hstate *h = f ? hstate_file(f) : NULL;
	const bytes_t granule = h ? huge_page_size(h) : PAGE_SIZE;
	struct mm_struct *mm;
	int r;

	if (!len || offset & (PAGE_SIZE - 1) || addr & (granule - 1))
		return -EINVAL;
	if (len > TASK_SIZE)
		return -ENOMEM;
	/* nobody takes the right to write away again: mprotect is left out */
	if (f && (flags & shared_write) == shared_write &&
	    (f->inode->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)))
		return -EPERM;
	if (offset & (granule - 1)) /* hugetlbfs looks at seals first */
		return -EINVAL;
	if (h)
		flags |= VM_HUGETLB | VM_DONTEXPAND;
	len = (len + granule - 1) & ~(granule - 1);
	if (offset + len < offset)
		return -EOVERFLOW;
	mm = task_mm(t);
	if (!mm)
		return -ENOMEM;
	mmap_write_lock(t, mm);
	r = mm->nr_vmas >= MAX_MAP_COUNT ? -ENOMEM : 0;
	if (!r && !addr)
		addr = get_unmapped_area(mm, f, len, flags, offset, granule);
	if (!r)
		r = addr_is_free(mm, addr, len);
	if (!r)
		r = mlock_future_check(t, mm, len);
	if (!r)
		r = mmap_region(t, mm, f, addr, len, flags, offset);
	if (!r)
		khugepaged_enter_vma(vma_lookup(mm, addr)); /* joined to one that has pages */
	mmap_write_unlock(mm);
	if (r)
		return r;
	*out = addr;
	if (mm->def_flags & VM_LOCKED)
		(void)populate_vma_page_range(t, mm, addr, addr + len);
	return 0;
}

/* VMAs i.. belong to munmap from now on. */
static void detach_vmas(struct mm_struct *mm, int i, int n)
{
	void *array = mm->detached;

	SIM_ASSERT(!mm->nr_detached); /* only its own task unmaps */
	sim_grow(&array, &mm->cap_detached, (size_t)n, sizeof(struct vm_area_struct *));
	mm->detached = array;
	for (int k = 0; k < n; k++) {
		mm->detached[k] = mm->vma[i + k];
		if (mm->vma[i + k]->vm_flags & VM_LOCKED)
			mm->stat.locked_vm -= (int64_t)vma_pages(mm->vma[i + k]);
	}
	mm->nr_detached = n;
	take_out(mm, i, n);
}

/* The entries of what was detached go, and the tables that nobody else needs. */
static void unmap_region(struct task *t, struct mm_struct *mm, uint64_t floor, uint64_t ceiling)
{
	uint64_t start = mm->detached[0]->vm_start;
	uint64_t end = mm->detached[mm->nr_detached - 1]->vm_end;
	struct mmu_gather tlb;

	lru_add_drain(mm->vm, t->cpu);
	tlb_gather_mmu(&tlb, true);
	for (int k = 0; k < mm->nr_detached; k++)
		unmap_vma(t, &tlb, mm->detached[k], mm->detached[k]->vm_start,
			  mm->detached[k]->vm_end);
	free_pgtables(t, &tlb, mm, start, end, floor, ceiling);
	tlb_finish_mmu(t, &tlb);
}

static void remove_detached(struct task *t, struct mm_struct *mm)
{
	while (mm->nr_detached) {
		struct vm_area_struct *vma = mm->detached[0];

		mm->nr_detached--;
		memmove(mm->detached, mm->detached + 1,
			(size_t)mm->nr_detached * sizeof(struct vm_area_struct *));
		mm->stat.total_vm -= (int64_t)vma_pages(vma);
		if (vma->vm_flags & VM_ACCOUNT)
			vm_unacct_memory(mm->vm, (int64_t)vma_pages(vma));
		remove_vma(t, vma);
	}
}

/*
 * What begins and ends within start..end goes.  1: with mmap_lock for reading only, as faults and
 * others who read are not in the way of what nobody finds any more; 0: nothing was there; -ENOMEM,
 * -EINVAL.
 */
static int do_align_munmap(struct task *t, struct mm_struct *mm, uint64_t start, uint64_t end)
{
	uint64_t floor, ceiling;
	int i, n = 0;

	i = vma_cut_out(mm, start, end);
	if (i < 0)
		return i;
	while (i + n < mm->nr_vmas && mm->vma[i + n]->vm_start < end)
		n++;
	if (!n)
		return 0;
	detach_vmas(mm, i, n);
	floor = i ? mm->vma[i - 1]->vm_end : 0;
	ceiling = i < mm->nr_vmas ? mm->vma[i]->vm_start : 0;
	mmap_write_downgrade(mm);
	unmap_region(t, mm, floor, ceiling);
	remove_detached(t, mm);
	return 1;
}

int do_munmap(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len)
{
	int r;

	if ((start & (PAGE_SIZE - 1)) || !len || start > TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	mmap_write_lock(t, mm);
	r = do_align_munmap(t, mm, start, start + ((len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1)));
	if (r == 1)
		mmap_read_unlock(mm);
	else
		mmap_write_unlock(mm);
	delayed_fput(t);
	return r == 1 ? 0 : r;
}
