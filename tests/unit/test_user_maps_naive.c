/*
 * test_user_maps_naive.c - a driver that maps pages and frames into a program at random, and takes
 * them away again, while the program touches, unmaps and forks
 *
 * Beside it stands a flat array: for each page of a stretch of addresses which mapping has it and
 * what is mapped there.  Every result, and the entries around every call, must be equal; all
 * counts (resident pages, references, page tables, faults) are worked out of the array.  The first
 * argument is a seed; FUZZ_OPS in the environment prolongs it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/mappings/driver_map.h"
#include "models/linux/pagecache/filemap.h"
#include "models/linux/task.h"
#include "models/linux/vmalloc/vmalloc.h"
#include "tests/unit/fixture.h"

#define REGION     1024 /* pages; tables end at pages 400 and 912, the upper table at 400 */
#define BASE       ((33ULL << 30) - (400ULL << PAGE_SHIFT))
#define PROGRAM    0x400000ULL
#define MAX_AREAS  256
#define NR_POOL    32
#define NR_VMALLOC 16
#define SLAB_PAGE  (NR_POOL + NR_VMALLOC) /* may not be inserted */
#define FREE_PAGE  (SLAB_PAGE + 1)        /* nor may this */
#define NR_PAGES   (FREE_PAGE + 1)
#define DEVICE     0xfd000ULL /* frames that are no memory */
#define NR_TABLES  3

static const char machine[] = "machine: { nodes: [{ cpus: 1, memory: 64 MiB }] }\n";
static struct fixture f;

enum kind { NONE, PAGE, FRAME, COPY };

struct naive_page {
	int area; /* -1: nothing is mapped */
	enum kind kind;
	uint64_t n; /* PAGE: which; else a frame */
	bool write, dirty;
};

/* Pages start..end of the region, -: free. */
struct naive_area {
	int start, end; /* start == end: not used */
	unsigned flags; /* VM_* */
	uint64_t pgoff;
};

static struct naive_page pages[REGION];
static struct naive_area areas[MAX_AREAS];
static bool pte_table_is_there[NR_TABLES], pmd_table_is_there[2];
static struct page *page_of[NR_PAGES];
static uint64_t vmalloc_area;
static int64_t faults, base_tables;
static struct task *task;
static struct mm_struct *mm;
static uint64_t random_state;

static uint64_t below(uint64_t n)
{
	random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (random_state >> 33) % n;
}

static uint64_t addr_of(int page)
{
	return BASE + ((uint64_t)(int64_t)page << PAGE_SHIFT);
}

/* --- tables --- */

static int table_of(int page)
{
	return page < 400 ? 0 : page < 912 ? 1 : 2;
}

static void make_tables(int page)
{
	pte_table_is_there[table_of(page)] = true;
	pmd_table_is_there[page >= 400] = true;
}

/* Pages first..end were unmapped: tables that nobody beside them can use go. */
static void free_tables(int first, int end)
{
	static const int table_start[] = { -112, 400, 912 };
	int floor = first - 1, ceiling = end;

	while (floor >= 0 && pages[floor].area < 0)
		floor--;
	while (ceiling < REGION && pages[ceiling].area < 0)
		ceiling++;
	for (int k = 0; k < NR_TABLES; k++) {
		int start = table_start[k], stop = start + 512;

		if (stop <= first || start >= end)
			continue;
		if ((floor < 0 || start > floor) && (ceiling == REGION || stop <= ceiling))
			pte_table_is_there[k] = false;
	}
	/* 1 GiB below page 400, and 1 GiB above */
	if (first < 400 && floor < 0 && (ceiling == REGION || ceiling >= 400))
		pmd_table_is_there[0] = false;
	if (end > 400 && floor < 400 && ceiling == REGION)
		pmd_table_is_there[1] = false;
}

/* --- comparing --- */

static void compare_page(struct mm_struct *of, int i, bool child)
{
	const struct naive_page *p = &pages[i];
	const struct page_table *table = pte_table(of, addr_of(i));
	struct pte pte = table ? pte_get(table, pte_index(addr_of(i))) : (struct pte){ 0 };

	if (p->kind == NONE) {
		assert_int_equal(pte.bits, 0);
		return;
	}
	assert_true(pte.bits & PTE_PRESENT);
	assert_int_equal(!!(pte.bits & PTE_WRITE), p->write);
	assert_int_equal(!!(pte.bits & PTE_SPECIAL), p->kind == FRAME);
	assert_int_equal(pte.pfn, p->kind == PAGE ? page_to_pfn(f.vm, page_of[p->n]) : p->n);
	if (!child)
		assert_int_equal(!!(pte.bits & PTE_DIRTY), p->dirty);
}

static void compare_pages(int first, int end)
{
	for (int i = first < 0 ? 0 : first; i < end && i < REGION; i++)
		compare_page(mm, i, false);
}

static void compare_area(const struct naive_area *a)
{
	const struct vm_area_struct *vma = vma_lookup(mm, addr_of(a->start));

	assert_non_null(vma);
	assert_int_equal(vma->vm_start, addr_of(a->start));
	assert_int_equal(vma->vm_end, addr_of(a->end));
	assert_int_equal(vma->vm_pgoff, a->pgoff);
	assert_int_equal(vma->vm_flags & (VM_SPECIAL | VM_DONTDUMP | VM_PAT | VM_SHARED | VM_WRITE),
			 a->flags);
	compare_pages(a->start - 1, a->end + 1);
}

static void compare_counts(void)
{
	int64_t file = 0, copies = 0, tables = 0, mapped = 0;
	int32_t count[NR_PAGES] = { 0 };

	for (int i = 0; i < REGION; i++) {
		file += pages[i].kind == PAGE;
		copies += pages[i].kind == COPY;
		if (pages[i].kind == PAGE)
			count[pages[i].n]++;
	}
	for (int i = 0; i < SLAB_PAGE; i++) {
		assert_int_equal(page_of[i]->refcount, 1 + count[i]);
		assert_int_equal(page_mapcount(page_of[i]), count[i]);
		mapped += count[i] != 0;
	}
	for (int i = 0; i < NR_TABLES; i++)
		tables += pte_table_is_there[i];
	tables += pmd_table_is_there[0] + pmd_table_is_there[1];
	assert_int_equal(mm->stat.rss_file, file);
	assert_int_equal(mm->stat.rss_anon, copies + 1);
	assert_int_equal(f.vm->nodes[0].stat.nr_mapped, mapped);
	assert_int_equal(mm->stat.pgtables_bytes, base_tables + tables * (int64_t)PAGE_SIZE);
	assert_int_equal(mm->stat.min_flt, faults);
}

/* --- areas --- */

static struct naive_area *free_area(void)
{
	for (int i = 0; i < MAX_AREAS; i++)
		if (areas[i].start == areas[i].end)
			return &areas[i];
	return NULL;
}

static struct naive_area *some_area(void)
{
	int area = pages[below(REGION)].area;

	return area < 0 ? NULL : &areas[area];
}

static struct vm_area_struct *vma_of(const struct naive_area *a)
{
	return vma_lookup(mm, addr_of(a->start));
}

static bool is_cow(const struct naive_area *a)
{
	return !(a->flags & VM_SHARED);
}

static bool prot_of(const struct naive_area *a)
{
	return (a->flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE);
}

/* What a new mapping, entry or store finds. */
static void set_page(const struct naive_area *a, int i, enum kind kind, uint64_t n, bool write)
{
	pages[i] = (struct naive_page){ (int)(a - areas), kind, n, write, false };
}

static void clear_page(int i)
{
	pages[i] = (struct naive_page){ .area = pages[i].area };
}

static bool is_unused(int first, int end)
{
	for (int i = first; i < end; i++)
		if (pages[i].kind != NONE)
			return false;
	return true;
}

static void do_map(void)
{
	static const unsigned added[] = { 0, 0, VM_PFNMAP, VM_MIXEDMAP, VM_MIXEDMAP | VM_IO };
	int start = (int)below(REGION), end = start + 1 + (int)below(40);
	unsigned flags = added[below(5)] | (below(2) ? VM_SHARED : 0) | (below(4) ? VM_WRITE : 0);
	struct naive_area *a = free_area();
	uint64_t pgoff = below(20), out;

	end = end > REGION ? REGION : end;
	for (int i = start; i < end; i++)
		if (pages[i].area >= 0 || !a)
			return;
	assert_int_equal(do_mmap(task, NULL, addr_of(start), (bytes_t)(end - start) << PAGE_SHIFT,
				 flags | VM_sim_driver, pgoff << PAGE_SHIFT, &out),
			 0);
	*a = (struct naive_area){ start, end, flags, pgoff };
	for (int i = start; i < end; i++)
		pages[i].area = (int)(a - areas);
	compare_area(a);
}

/* An area that begins before page becomes two; false: no room for another one. */
static bool cut_at(int page)
{
	struct naive_area *a, *upper = free_area();

	if (page <= 0 || page >= REGION || pages[page].area < 0 ||
	    pages[page].area != pages[page - 1].area)
		return true;
	if (!upper)
		return false;
	a = &areas[pages[page].area];
	*upper = *a;
	upper->start = page;
	upper->pgoff += (uint64_t)(page - a->start);
	a->end = page;
	for (int i = page; i < upper->end; i++)
		pages[i].area = (int)(upper - areas);
	return true;
}

static void do_unmap(void)
{
	int start = (int)below(REGION), end = start + 1 + (int)below(30), first = -1, last = 0;

	end = end > REGION ? REGION : end;
	if (!cut_at(start) || !cut_at(end))
		return;
	assert_int_equal(do_munmap(task, mm, addr_of(start), (bytes_t)(end - start) << PAGE_SHIFT),
			 0);
	for (int i = start; i < end; i++) {
		if (pages[i].area < 0)
			continue;
		first = first < 0 ? i : first;
		last = i + 1;
		areas[pages[i].area].end = areas[pages[i].area].start = 0;
		pages[i] = (struct naive_page){ .area = -1 };
	}
	if (first >= 0)
		free_tables(first, last);
	compare_pages(start - 1, end + 1);
}

/* --- the driver --- */

/* Result of inserting page n; what it changes is done in the array. */
static int naive_insert(struct naive_area *a, int i, uint64_t n)
{
	if (i < a->start || i >= a->end)
		return -EFAULT;
	if (n == FREE_PAGE)
		return -EINVAL;
	a->flags |= VM_MIXEDMAP;
	if (n == SLAB_PAGE)
		return -EINVAL;
	make_tables(i);
	if (pages[i].kind != NONE)
		return -EBUSY;
	set_page(a, i, PAGE, n, prot_of(a));
	return 0;
}

static bool is_bug_to_insert(const struct naive_area *a)
{
	return (a->flags & (VM_PFNMAP | VM_MIXEDMAP)) == VM_PFNMAP;
}

static void do_insert_page(struct naive_area *a)
{
	int i = a->start - 1 + (int)below((uint64_t)(a->end - a->start) + 2);
	uint64_t n = below(NR_PAGES);

	if (is_bug_to_insert(a) && i >= a->start && i < a->end && n != FREE_PAGE)
		return;
	assert_int_equal(vm_insert_page(task, vma_of(a), addr_of(i) + below(PAGE_SIZE), page_of[n]),
			 naive_insert(a, i, n));
	compare_area(a);
}

static void do_insert_pfn(struct naive_area *a)
{
	int i = a->start - 1 + (int)below((uint64_t)(a->end - a->start) + 2), r = 0;
	unsigned kind = a->flags & (VM_PFNMAP | VM_MIXEDMAP);
	uint64_t pfn = below(2) ? DEVICE + below(100) : page_to_pfn(f.vm, page_of[below(NR_POOL)]);

	if ((kind != VM_PFNMAP && kind != VM_MIXEDMAP) || (kind == VM_PFNMAP && is_cow(a)) ||
	    (kind == VM_MIXEDMAP && pfn < DEVICE))
		return;
	if (i < a->start || i >= a->end)
		r = -EFAULT;
	else
		make_tables(i);
	if (!r && pages[i].kind != NONE)
		r = -EBUSY;
	if (!r)
		set_page(a, i, FRAME, pfn, prot_of(a));
	assert_int_equal(vm_insert_pfn(task, vma_of(a), addr_of(i), pfn), r);
	compare_area(a);
}

/* All pages first..end of an area are cleared; a reserved memory type may be forgotten. */
static void naive_zap(struct naive_area *a, int first, int end)
{
	if ((a->flags & VM_PFNMAP) && (is_cow(a) || pages[a->start].kind != NONE))
		a->flags &= ~(unsigned)VM_PAT;
	for (int i = first; i < end && i < a->end; i++)
		clear_page(i);
}

/* Frames at pages first..end, aligned or not; -1: a bug in the kernel. */
static int naive_remap(struct naive_area *a, int first, int end, uint64_t pfn, bool aligned)
{
	if (!aligned || (is_cow(a) && (first != a->start || end != a->end))) {
		naive_zap(a, first, end);
		a->flags &= ~(unsigned)VM_PAT;
		return -EINVAL;
	}
	if (!is_unused(first, end))
		return -1;
	if (is_cow(a))
		a->pgoff = pfn;
	if (first == a->start && end == a->end)
		a->flags |= VM_PAT;
	a->flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
	for (int i = first; i < end; i++) {
		make_tables(i);
		set_page(a, i, FRAME, pfn++, prot_of(a));
	}
	return 0;
}

static void do_remap(struct naive_area *a)
{
	bool whole = below(2), aligned = below(8) != 0;
	int first = whole ? a->start : a->start + (int)below((uint64_t)(a->end - a->start));
	int end = whole ? a->end : first + 1 + (int)below((uint64_t)(a->end - first)), r;
	uint64_t pfn = below(2) ? DEVICE : page_to_pfn(f.vm, page_of[0]);
	bytes_t size = ((bytes_t)(end - first) << PAGE_SHIFT) - below(2) * 17;

	r = naive_remap(a, first, end, pfn, aligned);
	if (r == -1)
		return;
	assert_int_equal(remap_pfn_range(task, vma_of(a), addr_of(first) + (aligned ? 0 : 5), pfn,
					 size, vm_page_prot(vma_of(a))),
			 r);
	compare_area(a);
}

static void do_iomap(struct naive_area *a)
{
	uint64_t start = (DEVICE << PAGE_SHIFT) + below(2) * below(PAGE_SIZE);
	uint64_t n = (uint64_t)(a->end - a->start), len = below((n + a->pgoff + 4) << PAGE_SHIFT);
	uint64_t have = ((start & 4095) + len + 4095) >> PAGE_SHIFT, pgoff = a->pgoff;
	int r = -EINVAL;

	if (pgoff <= have && n <= have - pgoff)
		r = naive_remap(a, a->start, a->end, DEVICE + pgoff, true);
	if (r == -1)
		return;
	assert_int_equal(vm_iomap_memory(task, vma_of(a), start, len), r);
	compare_area(a);
}

static void do_zap(struct naive_area *a)
{
	int first = a->start + (int)below((uint64_t)(a->end - a->start));
	int end = first + 1 + (int)below((uint64_t)(a->end - first) + 1);
	bool can = (a->flags & VM_PFNMAP) && end <= a->end;

	if (can)
		naive_zap(a, first, end);
	assert_int_equal(
	    zap_vma_ptes(task, vma_of(a), addr_of(first), (bytes_t)(end - first) << PAGE_SHIFT),
	    can ? 0 : -1);
	compare_area(a);
}

static void do_follow(struct naive_area *a)
{
	int i = a->start + (int)below((uint64_t)(a->end - a->start));
	bool can = (a->flags & (VM_IO | VM_PFNMAP)) && pages[i].kind != NONE;
	pfn_t pfn = 0;

	assert_int_equal(follow_pfn(vma_of(a), addr_of(i) + below(PAGE_SIZE), &pfn),
			 can ? 0 : -EINVAL);
	if (can)
		assert_int_equal(pfn, pages[i].kind == PAGE ? page_to_pfn(f.vm, page_of[pages[i].n])
							    : pages[i].n);
}

static void do_remap_vmalloc(struct naive_area *a)
{
	int i = a->start + (int)below((uint64_t)(a->end - a->start));
	uint64_t pgoff = below(NR_VMALLOC), n = 1 + below(NR_VMALLOC);
	int r = pgoff + n <= NR_VMALLOC ? 0 : -EINVAL;

	if (is_bug_to_insert(a))
		return;
	for (uint64_t k = 0; !r && k < n; k++)
		r = naive_insert(a, i + (int)k, NR_POOL + pgoff + k);
	if (!r)
		a->flags |= VM_DONTEXPAND | VM_DONTDUMP;
	assert_int_equal(remap_vmalloc_range_partial(task, vma_of(a), addr_of(i), vmalloc_area,
						     pgoff, (n << PAGE_SHIFT) - below(100)),
			 r);
	compare_area(a);
}

/* --- the program --- */

static int naive_touch(int i, bool write)
{
	struct naive_page *p = &pages[i];
	const struct naive_area *a = p->area < 0 ? NULL : &areas[p->area];

	if (!a || (write && !(a->flags & VM_WRITE)))
		return -EFAULT;
	if (p->kind == NONE) {
		pmd_table_is_there[i >= 400] = true;
		return -EFAULT;
	}
	if (!write)
		return 0;
	if (!p->write) {
		faults++;
		if (is_cow(a))
			p->kind = COPY;
		p->write = true;
	}
	p->dirty = true;
	return 0;
}

static void do_touch(void)
{
	int i = (int)below(REGION);
	bool write = below(2);
	enum kind before = pages[i].kind;

	assert_int_equal(user_access(task, mm, addr_of(i), write), naive_touch(i, write));
	if (pages[i].kind == COPY && before != COPY) {
		const struct page_table *table = pte_table(mm, addr_of(i));

		pages[i].n = table->pte.pfn[pte_index(addr_of(i))];
		for (int k = 0; k < NR_PAGES; k++)
			assert_ptr_not_equal(pfn_to_page(f.vm, pages[i].n), page_of[k]);
	}
	compare_pages(i, i + 1);
}

/* A child sees the same; it writes nothing and ends.  Both lose the right to write to copies. */
static void do_fork(void)
{
	struct mm_struct *child;
	int error;

	child = dup_mm(task, "child", &error);
	assert_non_null(child);
	for (int i = 0; i < REGION; i++) {
		if (pages[i].kind != NONE && is_cow(&areas[pages[i].area]))
			pages[i].write = false;
		compare_page(child, i, true);
	}
	assert_int_equal(child->stat.rss_file, mm->stat.rss_file);
	task_struct(task)->mm = child;
	fixture_check(&f);
	exit_mm(task);
	task_struct(task)->mm = mm;
	compare_pages(0, REGION);
}

/* --- all of it --- */

static void one_operation(void)
{
	static void (*const of_driver[])(struct naive_area * a) = {
		do_insert_page, do_insert_page, do_insert_pfn, do_remap,
		do_iomap,       do_zap,         do_follow,     do_remap_vmalloc,
	};
	uint64_t what = below(16);
	struct naive_area *a = some_area();

	if (what < 5)
		do_touch();
	else if (what == 5)
		do_map();
	else if (what == 6 && below(2))
		do_unmap();
	else if (a)
		of_driver[below(ARRAY_LEN(of_driver))](a);
	else
		do_map();
}

static void set_up(struct task *t)
{
	struct page *block = alloc_pages(t, GFP_KERNEL, 5), *pair = alloc_pages(t, GFP_KERNEL, 1);
	uint64_t out;

	task = t;
	mm = task_mm(t);
	split_page(f.vm, block, 5);
	vmalloc_area = vmalloc_user(t, NR_VMALLOC << PAGE_SHIFT);
	for (int i = 0; i < NR_POOL; i++)
		page_of[i] = block + i;
	for (int i = 0; i < NR_VMALLOC; i++)
		page_of[NR_POOL + i] =
		    vmalloc_to_page(f.vm, vmalloc_area + ((uint64_t)i << PAGE_SHIFT));
	page_of[SLAB_PAGE] = alloc_pages(t, GFP_KERNEL, 0);
	page_of[SLAB_PAGE]->flags |= PG_slab;
	page_of[FREE_PAGE] = pair + 1;
	assert_int_equal(do_mmap(t, NULL, PROGRAM, PAGE_SIZE, VM_WRITE, 0, &out), 0);
	assert_int_equal(user_access(t, mm, PROGRAM, true), 0);
	base_tables = mm->stat.pgtables_bytes;
	faults = mm->stat.min_flt;
	for (int i = 0; i < REGION; i++)
		pages[i] = (struct naive_page){ .area = -1 };
}

static uint64_t nr_ops;

static void drive(struct task *t, void *arg)
{
	(void)arg;
	set_up(t);
	for (uint64_t i = 0; i < nr_ops; i++) {
		one_operation();
		if (i % 64 == 0)
			compare_counts();
		if (i % 20000 == 0) {
			do_fork();
			compare_counts();
			fixture_check(&f);
		}
		cond_resched(t);
	}
	compare_pages(0, REGION);
	compare_counts();
	page_of[SLAB_PAGE]->flags &= ~(uint32_t)PG_slab;
	vfree(t, vmalloc_area); /* its pages are still mapped: they go with the program */
}

static uint64_t first_seed = 1;

static void all_entries_are_those_of_the_flat_array(void **state)
{
	const char *ops = getenv("FUZZ_OPS");

	(void)state;
	nr_ops = ops ? strtoull(ops, NULL, 10) : 300000;
	random_state = first_seed;
	fixture_boot(&f, machine);
	fixture_task(&f, drive, NULL);
	fixture_check(&f);
	assert_int_equal(f.vm->nodes[0].stat.nr_mapped, 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_anon_pages, 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_page_table_pages, 1); /* the kernel's, of vmalloc */
	for (int i = 0; i < NR_POOL; i++)
		assert_int_equal(page_of[i]->refcount, 1);
	fixture_end(&f);
	print_message("%llu operations, seed %llu\n", (unsigned long long)nr_ops,
		      (unsigned long long)first_seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_entries_are_those_of_the_flat_array),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
