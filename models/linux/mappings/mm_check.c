/*
 * mm_check.c - counts afresh what the counters of mappings claim
 */
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/swap/swap.h"
#include "models/linux/storage/file.h"

/* The frames of all present entries of all programs, or the places in swap of the others. */
struct frames {
	uint32_t *v; /* owned */
	size_t n, cap;
};

static void add_frame(struct frames *f, uint32_t v)
{
	void *array = f->v;

	sim_grow(&array, &f->cap, f->n + 1, sizeof(*f->v));
	f->v = array;
	f->v[f->n++] = v;
}

static void add_place(void *arg, swp_entry_t entry)
{
	add_frame(arg, entry.val);
}

/* What was found below one table. */
struct recount {
	const struct mm_struct *mm;
	struct frames *frames, *places;
	struct frames *huge; /* of entries that map 2 MiB as a whole: the first frames */
	int64_t file, anon, shmem, swap;
	int64_t tables;  /* PTE, PMD and PUD pages */
	int64_t counted; /* PTE and PMD pages */
};

/* A page of a program: who walks from it to its entries finds this one. */
static void check_anon(struct check *c, const struct linux_vm *vm, struct page *page,
		       const struct vm_area_struct *vma, uint64_t index, struct pte pte)
{
	const struct anon_vma *av = page_anon_vma(vm, page);
	bool found = false;

	CHECK(c, av != NULL && av->id == page_folio(page)->mapping);
	CHECK(c, page_anon_index(page) == index);
	if (c->failures)
		return;
	LIST_FOR_EACH (pos, &vma->anon_vma_chain)
		found |= LIST_ENTRY(pos, struct anon_vma_chain, same_vma)->anon_vma == av;
	CHECK(c, found);
	CHECK(c, !(vma->vm_flags & VM_SHARED));
	/* of one program alone, or read-only */
	CHECK(c, !(page->flags & PG_anon_exclusive) || page_mapcount(page) == 1);
	CHECK(c, !(pte.bits & PTE_WRITE) || (page->flags & PG_anon_exclusive));
}

/* Where an entry lies: munmap may be at it. */
static const struct vm_area_struct *vma_of_entry(const struct mm_struct *mm, uint64_t addr)
{
	const struct vm_area_struct *vma = vma_lookup(mm, addr);

	for (int i = 0; !vma && i < mm->nr_detached; i++)
		if (mm->detached[i]->vm_start <= addr && addr < mm->detached[i]->vm_end)
			vma = mm->detached[i];
	return vma;
}

static void check_entry(struct check *c, struct recount *r, uint64_t addr, struct pte pte)
{
	struct linux_vm *vm = r->mm->vm;
	const struct vm_area_struct *vma = vma_of_entry(r->mm, addr);
	struct page *page = pfn_to_page(vm, pte.pfn), *folio;
	uint64_t index;

	CHECK(c, vma != NULL);
	if (c->failures)
		return;
	index = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	if (pte.bits & PTE_SWAP) {
		CHECK(c, (pte.bits & ~(PTE_SWAP | PTE_SWP_EXCLUSIVE)) == 0 && vma->anon_vma);
		CHECK(c, !(pte.bits & PTE_SWP_EXCLUSIVE) ||
			     swap_swapcount(vm, (swp_entry_t){ pte.pfn }) == 1);
		add_frame(r->places, pte.pfn);
		r->swap++;
		return;
	}
	if (pte.bits & PTE_SWP_ERROR) {
		CHECK(c, pte.bits == PTE_SWP_ERROR && !pte.pfn && vma->anon_vma);
		return;
	}
	CHECK(c, pte.bits & PTE_PRESENT);
	CHECK(c, !(pte.bits & PTE_WRITE) || (vma->vm_flags & VM_WRITE));
	if (vma->vm_flags & VM_sim_driver) /* stores to private mappings go to copies */
		CHECK(c, !(pte.bits & PTE_WRITE) || (vma->vm_flags & VM_SHARED) ||
			     (!(pte.bits & PTE_SPECIAL) && (page->flags & PG_anon)));
	if (pte.bits & PTE_SPECIAL) {
		CHECK(c, (vma->vm_flags & VM_sim_driver)
			     ? (vma->vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) != 0
			     : !pte.pfn && !(pte.bits & PTE_WRITE) && !vma->vm_file);
		return;
	}
	folio = page_folio(page);
	add_frame(r->frames, pte.pfn);
	if (page->flags & PG_anon) {
		check_anon(c, vm, page, vma, index, pte);
		r->anon++;
		return;
	}
	if (page->flags & PG_swapbacked)
		r->shmem++;
	else
		r->file++;
	if (vma->vm_flags & VM_sim_driver) {
		CHECK(c, vma->vm_flags & VM_MIXEDMAP);
		return;
	}
	CHECK(c, vma->vm_file != NULL);
	if (c->failures)
		return;
	CHECK(c, folio->mapping == vma->vm_file->inode->mapping.id);
	CHECK(c, page_index(page) == index);
	CHECK(c, !(pte.bits & PTE_WRITE) || (vma->vm_flags & VM_SHARED));
	CHECK(c, !vma_is_shmem(vma) == !(page->flags & PG_swapbacked));
	/* a store is seen by a fault, but not one to shared memory */
	CHECK(c, vma_is_shmem(vma) || !(pte.bits & PTE_DIRTY) || (folio->flags & PG_dirty) ||
		     (folio->flags & PG_locked) || !(vma->vm_flags & VM_SHARED));
}

static void check_huge(struct check *c, struct recount *r, uint64_t addr, struct pte pmd)
{
	struct linux_vm *vm = r->mm->vm;
	const struct vm_area_struct *vma = vma_of_entry(r->mm, addr);
	struct page *head = pfn_to_page(vm, pmd.pfn);

	CHECK(c, vma && addr + HPAGE_PMD_SIZE <= vma->vm_end && !vma->vm_file);
	CHECK(c, pmd.bits & PTE_PRESENT);
	if (c->failures)
		return;
	if (pmd.bits & PTE_SPECIAL) {
		CHECK(c, !(pmd.bits & PTE_WRITE) && pmd.pfn == vm->thp->huge_zero_pfn);
		CHECK(c, r->mm->huge_zero_page);
		return;
	}
	CHECK(c, page_trans_huge_anon(head) && (head->flags & PG_head));
	CHECK(c, !(pmd.bits & PTE_WRITE) || (vma->vm_flags & VM_WRITE));
	check_anon(c, vm, head, vma, vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT), pmd);
	for (uint32_t i = 0; i < HPAGE_PMD_NR; i++)
		add_frame(r->frames, pmd.pfn + i);
	add_frame(r->huge, pmd.pfn);
	r->anon += HPAGE_PMD_NR;
}

/* Depth: the levels. */
static void check_table(struct check *c, struct recount *r, const struct page_table *table,
			uint64_t base)
{
	unsigned used = 0, shift = PAGE_SHIFT + 9u * table->level;

	CHECK(c, pfn_to_page(r->mm->vm, table->pfn)->refcount == 1);
	r->tables += table->level != PT_PGD;
	r->counted += table->level <= PT_PMD;
	for (uint64_t i = 0; i < PTRS_PER_PTE && !c->failures; i++) {
		if (table->level > PT_PTE) {
			const struct page_table *child = table->child[i];

			used += child != NULL;
			if (!child)
				continue;
			CHECK(c, child->level == table->level - 1);
			if (!child->pfn) /* hugetlb_check */
				continue;
			if (child->level == PT_PTE && child->pmd.bits) {
				CHECK(c, !child->nr_used);
				check_huge(c, r, base + (i << shift), child->pmd);
			}
			check_table(c, r, child, base + (i << shift));
		} else if (table->pte.bits[i]) {
			used++;
			check_entry(c, r, base + (i << shift), pte_get(table, (unsigned)i));
		}
	}
	CHECK(c, used == table->nr_used);
}

static void check_vmas(struct check *c, const struct mm_struct *mm)
{
	int64_t pages = 0, locked = 0;

	for (int i = 0; i < mm->nr_vmas + mm->nr_detached; i++) {
		const struct vm_area_struct *vma = mm_vma(mm, i);
		bool found = !vma->vm_file;

		CHECK(c, vma->vm_start < vma->vm_end && vma->vm_end <= TASK_SIZE);
		CHECK(c, i == 0 || i == mm->nr_vmas || mm_vma(mm, i - 1)->vm_end <= vma->vm_start);
		CHECK(c, !vma->vm_file || vma->vm_file->f_count > 0);
		if (vma->vm_file)
			LIST_FOR_EACH (pos, &vma->vm_file->inode->mapping.i_mmap)
				found |= pos == &vma->i_mmap;
		CHECK(c, found);
		CHECK(c, !vma->anon_vma || !list_empty(&vma->anon_vma_chain));
		pages += (int64_t)vma_pages(vma);
		CHECK(c, (vma->vm_flags & VM_LOCKS) != VM_LOCKONFAULT);
		if (i < mm->nr_vmas && (vma->vm_flags & VM_LOCKED))
			locked += (int64_t)vma_pages(vma);
	}
	CHECK(c, pages == mm->stat.total_vm);
	/* while flags change, the count is ahead of the areas */
	CHECK(c, locked == mm->stat.locked_vm || mm->write_locked);
}

/* How often the value at i stands in a sorted list. */
static size_t run_length(const struct frames *f, size_t i)
{
	size_t next = i;

	while (next < f->n && f->v[next] == f->v[i])
		next++;
	return next - i;
}

/* Each frame is mapped as often as it says, and by nobody else. */
static void check_frames(struct check *c, struct linux_vm *vm, struct frames *f)
{
	int64_t mapped = 0, anon = 0, claimed = 0, claimed_anon = 0;

	sort_u32(f->v, f->n);
	for (size_t i = 0, n; i < f->n; i += n) {
		struct page *page = pfn_to_page(vm, f->v[i]);

		n = run_length(f, i);
		CHECK(c, page_mapcount(page) == (int32_t)n);
		CHECK(c, page_folio(page)->refcount >=
			     folio_mapcount(page) +
				 (!(page->flags & PG_anon) && page_folio(page)->mapping != 0));
		if (page->flags & PG_anon)
			anon++;
		else
			mapped++;
	}
	FOR_EACH_NODE (vm, node) {
		claimed += node->stat.nr_mapped;
		claimed_anon += node->stat.nr_anon_pages;
	}
	CHECK(c, mapped == claimed);
	CHECK(c, anon == claimed_anon);
}

/* Each large page is mapped as a whole as often as it says. */
static void check_huge_pages(struct check *c, struct linux_vm *vm, struct frames *f)
{
	int64_t huge = 0, claimed = 0;

	sort_u32(f->v, f->n);
	for (size_t i = 0, n; i < f->n; i += n, huge++) {
		n = run_length(f, i);
		CHECK(c, compound_mapcount(pfn_to_page(vm, f->v[i])) == (int32_t)n);
	}
	FOR_EACH_NODE (vm, node)
		claimed += node->stat.nr_anon_transparent_hugepages;
	CHECK(c, huge == claimed);
}

/* Each place in swap is meant as often as it says. */
static void check_places(struct check *c, const struct linux_vm *vm, struct frames *f)
{
	sort_u32(f->v, f->n);
	for (size_t i = 0, n; i < f->n; i += n) {
		n = run_length(f, i);
		CHECK(c, swap_swapcount(vm, (swp_entry_t){ f->v[i] }) == (int)n);
	}
}

/* Pages that programs locked, by zone. */
static void check_mlocked(struct check *c, struct linux_vm *vm, const struct frames *f)
{
	int64_t mlocked = 0, claimed = 0;

	for (size_t i = 0; i < f->n; i += run_length(f, i)) {
		const struct page *page = pfn_to_page(vm, f->v[i]);

		if ((page->flags & PG_mlocked) && !(page->flags & PG_tail))
			mlocked += (int64_t)folio_nr_pages(page);
	}
	FOR_EACH_ZONE (vm, zone)
		claimed += zone->stat.nr_mlock;
	/* pages of files may stay locked after they were unmapped, until they are freed */
	CHECK(c, mlocked <= claimed);
}

/* What programs were promised. */
static int64_t accounted(const struct mm_struct *mm)
{
	int64_t pages = 0;

	for (int i = 0; i < mm->nr_vmas + mm->nr_detached; i++)
		if (mm_vma(mm, i)->vm_flags & VM_ACCOUNT)
			pages += (int64_t)vma_pages(mm_vma(mm, i));
	return pages;
}

static bool check_mm(struct check *c, const struct mm_struct *mm, struct recount *r)
{
	if (mm->exited) {
		CHECK(c, mm->nr_vmas + mm->nr_detached == 0 && mm->stat.rss_file == 0);
		CHECK(c, mm->stat.rss_anon == 0 && mm->stat.rss_shmem == 0);
		CHECK(c, mm->stat.swapents == 0);
		CHECK(c, mm->stat.pgtables_bytes == 0);
		return false;
	}
	check_vmas(c, mm);
	check_table(c, r, mm->pgd, 0);
	CHECK(c, r->file == mm->stat.rss_file);
	CHECK(c, r->anon == mm->stat.rss_anon);
	CHECK(c, r->shmem == mm->stat.rss_shmem);
	CHECK(c, r->swap == mm->stat.swapents);
	CHECK(c, r->tables * (int64_t)PAGE_SIZE == mm->stat.pgtables_bytes);
	return true;
}

void mappings_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);
	struct frames frames = { 0 }, places = { 0 }, huge = { 0 };
	int64_t tables = 0, claimed = 0, promised = 0;

	for (int i = 0; vm->mms && i < vm->mms->n && !c->failures; i++) {
		const struct mm_struct *mm = vm->mms->mm[i];
		struct recount r = {
			.mm = mm, .frames = &frames, .places = &places, .huge = &huge
		};

		if (!check_mm(c, mm, &r))
			continue;
		tables += r.counted;
		promised += accounted(mm);
	}
	if (!c->failures) {
		check_frames(c, vm, &frames);
		shmem_for_each_place(vm, add_place, &places);
		check_huge_pages(c, vm, &huge);
		huge_memory_check(c, vm);
		check_places(c, vm, &places);
		check_mlocked(c, vm, &frames);
	}
	FOR_EACH_NODE (vm, node)
		claimed += node->stat.nr_page_table_pages;
	/* a PTE page made for a fault that still sleeps hangs nowhere yet */
	CHECK(c, tables <= claimed);
	CHECK(c, promised + shmem_accounted(vm) == vm->stat.committed_as);
	sim_free(frames.v);
	sim_free(places.v);
	sim_free(huge.v);
}
