/*
 * vma.c - which addresses show which part of which file
 *
 * The VMAs of an address space lie in an array by address.  Neighbours that show neighbouring parts
 * of a file in the same way are one VMA; unmapping or advising a part splits it.
 */
#include <errno.h>
#include <string.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

#define MAX_MAP_COUNT 65530
#define PMD_SIZE      (1ULL << PMD_SHIFT)

/* --- address spaces --- */

struct mm_struct *task_mm(struct task *t)
{
	struct linux_vm *vm = task_vm(t);
	struct task_struct *ts = task_struct(t);
	struct page_table *pgd;
	struct mm_struct *mm;
	void *array;

	if (ts->mm)
		return ts->mm;
	pgd = pgd_alloc(t);
	if (!pgd)
		return NULL;
	if (!vm->mms)
		vm->mms = sim_calloc(1, sizeof(*vm->mms));
	mm = sim_calloc(1, sizeof(*mm));
	mm->vm = vm;
	mm->id = vm->mms->n;
	mm->pid = t->pid;
	mm->name = sim_strdup(t->name);
	mm->pgd = pgd;
	list_init(&mm->maps);
	array = vm->mms->mm;
	sim_grow(&array, &vm->mms->cap, (size_t)vm->mms->n + 1, sizeof(struct mm_struct *));
	vm->mms->mm = array;
	vm->mms->mm[vm->mms->n++] = mm;
	ts->mm = mm;
	return mm;
}

static void host_free_table(struct page_table *table)
{
	/* depth: the levels */
	for (int i = 0; table->level > PT_PTE && i < PTRS_PER_PTE; i++)
		if (table->child[i])
			host_free_table(table->child[i]);
	sim_free(table);
}

void mm_free_all(struct linux_vm *vm)
{
	if (!vm->mms)
		return;
	for (int i = 0; i < vm->mms->n; i++) {
		struct mm_struct *mm = vm->mms->mm[i];

		for (int v = 0; v < mm->nr_vmas; v++)
			sim_free(mm->vma[v]);
		LIST_FOR_EACH_SAFE (pos, next, &mm->maps)
			sim_free(LIST_ENTRY(pos, struct user_map, link));
		if (mm->pgd)
			host_free_table(mm->pgd);
		sim_free(mm->vma);
		sim_free(mm->name);
		sim_free(mm);
	}
	sim_free(vm->mms->mm);
	sim_free(vm->mms);
	vm->mms = NULL;
}

/* --- finding --- */

/* The first VMA that ends above addr. */
static int vma_index(const struct mm_struct *mm, uint64_t addr)
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
	uint64_t end = MMAP_BASE;

	for (int i = mm->nr_vmas - 1; i >= 0; i--) {
		const struct vm_area_struct *vma = mm->vma[i];

		if (vma->vm_end <= end && end - vma->vm_end >= len)
			break;
		end = min_u64(end, vma->vm_start);
	}
	return end > len ? end - len : 0;
}

/* Files of file systems lie so that huge entries could map them, if they are long enough. */
static uint64_t get_unmapped_area(const struct mm_struct *mm, const struct file *f, uint64_t len,
				  uint64_t offset)
{
	uint64_t aligned = (offset + PMD_SIZE - 1) & ~(PMD_SIZE - 1), addr;

	if (!f->inode->is_blkdev && offset + len > aligned && offset + len - aligned >= PMD_SIZE) {
		addr = unmapped_area_topdown(mm, len + PMD_SIZE);
		if (addr)
			return addr + ((offset - addr) & (PMD_SIZE - 1));
	}
	return unmapped_area_topdown(mm, len);
}

/* --- inserting, splitting, merging --- */

static void insert_at(struct mm_struct *mm, int i, struct vm_area_struct *vma)
{
	void *array = mm->vma;

	sim_grow(&array, &mm->cap_vmas, (size_t)mm->nr_vmas + 1, sizeof(struct vm_area_struct *));
	mm->vma = array;
	memmove(&mm->vma[i + 1], &mm->vma[i], (size_t)(mm->nr_vmas - i) * sizeof(*mm->vma));
	mm->vma[i] = vma;
	mm->nr_vmas++;
	vma->vm_file->f_count++;
	i_mmap_insert(vma);
}

/* Forgets a VMA that has no entries left, and its use of the file. */
static void remove_at(struct task *t, struct mm_struct *mm, int i)
{
	struct vm_area_struct *vma = mm->vma[i];
	struct file *f = vma->vm_file;

	mm->nr_vmas--;
	memmove(&mm->vma[i], &mm->vma[i + 1], (size_t)(mm->nr_vmas - i) * sizeof(*mm->vma));
	i_mmap_remove(vma);
	file_close(t, f);
}

/* VMA i becomes two at addr. */
static void split_vma(struct mm_struct *mm, int i, uint64_t addr)
{
	struct vm_area_struct *vma = mm->vma[i], *upper = sim_alloc(sizeof(*upper));

	*upper = *vma;
	upper->vm_start = addr;
	upper->vm_pgoff += (addr - vma->vm_start) >> PAGE_SHIFT;
	list_init(&upper->i_mmap);
	vma->vm_end = addr;
	insert_at(mm, i + 1, upper);
}

/* VMAs i and i + 1 become one, if they are alike. */
static bool merge_with_next(struct task *t, struct mm_struct *mm, int i)
{
	struct vm_area_struct *a, *b;

	if (i < 0 || i + 1 >= mm->nr_vmas)
		return false;
	a = mm->vma[i];
	b = mm->vma[i + 1];
	if (a->vm_end != b->vm_start || a->vm_file != b->vm_file || a->vm_flags != b->vm_flags ||
	    a->vm_pgoff + vma_pages(a) != b->vm_pgoff)
		return false;
	a->vm_end = b->vm_end;
	remove_at(t, mm, i + 1);
	return true;
}

/* Where VMAs begin at start and end at end.  The first of them; -ENOMEM: too many. */
static int cut_out(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	int i = vma_index(mm, start), last;

	if (i < mm->nr_vmas && mm->vma[i]->vm_start < start) {
		if (mm->nr_vmas >= MAX_MAP_COUNT)
			return -ENOMEM;
		split_vma(mm, i++, start);
	}
	last = vma_index(mm, end - 1);
	if (last < mm->nr_vmas && mm->vma[last]->vm_start < end && mm->vma[last]->vm_end > end) {
		if (mm->nr_vmas >= MAX_MAP_COUNT)
			return -ENOMEM;
		split_vma(mm, last, end);
	}
	return i;
}

/* --- mmap and munmap --- */

int do_mmap(struct task *t, struct file *f, uint64_t addr, bytes_t len, unsigned flags,
	    uint64_t offset, uint64_t *out)
{
	struct mm_struct *mm;
	struct vm_area_struct *vma;
	int i;

	if (!len || (offset & (PAGE_SIZE - 1)) || (addr & (PAGE_SIZE - 1)))
		return -EINVAL;
	if (len > TASK_SIZE)
		return -ENOMEM;
	len = (len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
	if (offset + len < offset)
		return -EOVERFLOW;
	if ((flags & VM_WRITE) && !(flags & VM_SHARED))
		return -EOPNOTSUPP;
	mm = task_mm(t);
	if (!mm || mm->nr_vmas >= MAX_MAP_COUNT)
		return -ENOMEM;
	if (!addr)
		addr = get_unmapped_area(mm, f, len, offset);
	if (!addr || addr + len > TASK_SIZE)
		return -ENOMEM;
	i = vma_index(mm, addr);
	if (i < mm->nr_vmas && mm->vma[i]->vm_start < addr + len)
		return -EEXIST;
	vma = sim_calloc(1, sizeof(*vma));
	vma->vm_mm = mm;
	vma->vm_start = addr;
	vma->vm_end = addr + len;
	vma->vm_pgoff = offset >> PAGE_SHIFT;
	vma->vm_flags = flags | VM_READ | VM_MAYWRITE;
	vma->vm_file = f;
	list_init(&vma->i_mmap);
	insert_at(mm, i, vma);
	mm->stat.total_vm += (int64_t)(len >> PAGE_SHIFT);
	*out = addr;
	merge_with_next(t, mm, i);
	merge_with_next(t, mm, i - 1);
	return 0;
}

int do_munmap(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len)
{
	uint64_t end, floor, ceiling;
	int i, n = 0;

	if ((start & (PAGE_SIZE - 1)) || !len || start > TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	end = start + ((len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
	i = cut_out(mm, start, end);
	if (i < 0)
		return i;
	while (i + n < mm->nr_vmas && mm->vma[i + n]->vm_start < end)
		n++;
	if (!n)
		return 0;
	start = mm->vma[i]->vm_start;
	end = mm->vma[i + n - 1]->vm_end;
	floor = i ? mm->vma[i - 1]->vm_end : 0;
	ceiling = i + n < mm->nr_vmas ? mm->vma[i + n]->vm_start : 0;
	for (int k = 0; k < n; k++) {
		struct vm_area_struct *vma = mm->vma[i + k];

		zap_page_range(t, vma, vma->vm_start, vma->vm_end, true);
	}
	while (n--) {
		mm->stat.total_vm -= (int64_t)vma_pages(mm->vma[i]);
		remove_at(t, mm, i);
	}
	free_pgtables(t, mm, start, end, floor, ceiling);
	return 0;
}

void exit_mm(struct task *t)
{
	struct mm_struct *mm = task_struct(t)->mm;

	if (!mm)
		return;
	for (int i = 0; i < mm->nr_vmas; i++)
		zap_page_range(t, mm->vma[i], mm->vma[i]->vm_start, mm->vma[i]->vm_end, true);
	while (mm->nr_vmas)
		remove_at(t, mm, mm->nr_vmas - 1);
	free_pgtables(t, mm, 0, TASK_SIZE, 0, 0);
	mm->stat.total_vm = 0;
	mm->exited = true;
	pgd_free(mm->vm, t->cpu, mm->pgd);
	mm->pgd = NULL;
	task_struct(t)->mm = NULL;
}

/* --- madvise and msync --- */

static bool madvise_behavior_valid(int advice)
{
	return (advice >= MADV_NORMAL && advice <= MADV_DONTNEED) || advice == MADV_HUGEPAGE ||
	       advice == MADV_NOHUGEPAGE;
}

static unsigned advised_flags(unsigned flags, int advice)
{
	switch (advice) {
	case MADV_NORMAL:
		return flags & ~(unsigned)(VM_RAND_READ | VM_SEQ_READ);
	case MADV_SEQUENTIAL:
		return (flags & ~(unsigned)VM_RAND_READ) | VM_SEQ_READ;
	case MADV_RANDOM:
		return (flags & ~(unsigned)VM_SEQ_READ) | VM_RAND_READ;
	case MADV_HUGEPAGE:
		return (flags & ~(unsigned)VM_NOHUGEPAGE) | VM_HUGEPAGE;
	case MADV_NOHUGEPAGE:
		return (flags & ~(unsigned)VM_HUGEPAGE) | VM_NOHUGEPAGE;
	}
	return flags;
}

/* New flags for all VMAs from i that begin below end; those that have become alike merge. */
static void advise_flags(struct task *t, struct mm_struct *mm, int i, uint64_t end, int advice)
{
	int first = i;

	for (; i < mm->nr_vmas && mm->vma[i]->vm_start < end; i++)
		mm->vma[i]->vm_flags = advised_flags(mm->vma[i]->vm_flags, advice);
	for (; i >= first; i--)
		merge_with_next(t, mm, i - 1);
}

/* The part of a VMA in start..end is read now, or forgotten. */
static void advise_vma(struct task *t, struct vm_area_struct *vma, uint64_t start, uint64_t end,
		       int advice)
{
	struct file *f = vma->vm_file;

	if (advice == MADV_DONTNEED)
		zap_page_range(t, vma, start, end, true);
	else
		force_page_cache_readahead(t, &f->inode->mapping, &f->ra,
					   vma->vm_pgoff + ((start - vma->vm_start) >> PAGE_SHIFT),
					   (end - start) >> PAGE_SHIFT);
}

/* Whether VMAs cover start..end without a gap. */
static bool is_covered(const struct mm_struct *mm, uint64_t start, uint64_t end)
{
	for (int i = vma_index(mm, start); start < end; start = mm->vma[i++]->vm_end)
		if (i >= mm->nr_vmas || mm->vma[i]->vm_start > start)
			return false;
	return true;
}

int do_madvise(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len, int advice)
{
	uint64_t end = start + ((len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));
	int i, r;

	if (!madvise_behavior_valid(advice) || (start & (PAGE_SIZE - 1)) || len > TASK_SIZE ||
	    end > TASK_SIZE)
		return -EINVAL;
	if (start == end)
		return 0;
	r = is_covered(mm, start, end) ? 0 : -ENOMEM;
	if (advice != MADV_WILLNEED && advice != MADV_DONTNEED) {
		i = cut_out(mm, start, end);
		if (i < 0)
			return i;
		advise_flags(t, mm, i, end, advice);
		return r;
	}
	blk_start_plug(t); /* one for all that is read */
	for (i = vma_index(mm, start); i < mm->nr_vmas && mm->vma[i]->vm_start < end; i++)
		advise_vma(t, mm->vma[i], max_u64(start, mm->vma[i]->vm_start),
			   min_u64(end, mm->vma[i]->vm_end), advice);
	blk_finish_plug(t);
	return r;
}

int do_msync(struct task *t, struct mm_struct *mm, uint64_t start, bytes_t len)
{
	uint64_t end = start + ((len + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1));

	if ((start & (PAGE_SIZE - 1)) || len > TASK_SIZE || end > TASK_SIZE)
		return -EINVAL;
	for (int i = vma_index(mm, start); i < mm->nr_vmas && mm->vma[i]->vm_start < end; i++) {
		const struct vm_area_struct *vma = mm->vma[i];
		uint64_t from = max_u64(start, vma->vm_start), to = min_u64(end, vma->vm_end);
		uint64_t pos = (vma->vm_pgoff << PAGE_SHIFT) + from - vma->vm_start;
		int r = 0;

		if (vma->vm_flags & VM_SHARED)
			r = vfs_fsync_range(t, vma->vm_file, (int64_t)pos,
					    (int64_t)(pos + to - from) - 1, true);
		if (r)
			return r;
	}
	return is_covered(mm, start, end) ? 0 : -ENOMEM;
}
