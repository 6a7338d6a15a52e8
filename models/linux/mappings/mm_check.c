/*
 * mm_check.c - counts afresh what the counters of mappings claim
 */
#include <stdlib.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/storage/file.h"

/* The frames of all present entries of all programs, one by one. */
struct frames {
	uint32_t *pfn; /* owned */
	size_t n, cap;
};

static void add_frame(struct frames *f, uint32_t pfn)
{
	void *array = f->pfn;

	sim_grow(&array, &f->cap, f->n + 1, sizeof(*f->pfn));
	f->pfn = array;
	f->pfn[f->n++] = pfn;
}

/* What was found below one table. */
struct recount {
	const struct mm_struct *mm;
	struct frames *frames;
	int64_t present;
	int64_t tables;  /* PTE, PMD and PUD pages */
	int64_t counted; /* PTE and PMD pages */
};

static void check_entry(struct check *c, struct recount *r, uint64_t addr, struct pte pte)
{
	struct linux_vm *vm = r->mm->vm;
	const struct vm_area_struct *vma = vma_lookup(r->mm, addr);
	struct page *page = pfn_to_page(vm, pte.pfn), *folio = page_folio(page);

	CHECK(c, pte.bits & PTE_PRESENT);
	CHECK(c, vma != NULL);
	if (c->failures)
		return;
	CHECK(c, folio->mapping == vma->vm_file->inode->mapping.id);
	CHECK(c, page_index(page) == vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT));
	CHECK(c, !(pte.bits & PTE_WRITE) || (vma->vm_flags & VM_WRITE));
	CHECK(c, !(pte.bits & PTE_DIRTY) || (folio->flags & PG_dirty) ||
		     (folio->flags & PG_locked) || !(vma->vm_flags & VM_SHARED));
	r->present++;
	add_frame(r->frames, pte.pfn);
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
	int64_t pages = 0;

	for (int i = 0; i < mm->nr_vmas; i++) {
		const struct vm_area_struct *vma = mm->vma[i];
		bool found = false;

		CHECK(c, vma->vm_start < vma->vm_end && vma->vm_end <= TASK_SIZE);
		CHECK(c, i == 0 || mm->vma[i - 1]->vm_end <= vma->vm_start);
		CHECK(c, vma->vm_file->f_count > 0);
		LIST_FOR_EACH (pos, &vma->vm_file->inode->mapping.i_mmap)
			found |= pos == &vma->i_mmap;
		CHECK(c, found);
		pages += (int64_t)vma_pages(vma);
	}
	CHECK(c, pages == mm->stat.total_vm);
}

static int compare_pfns(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Each frame is mapped as often as it says, and by nobody else. */
static void check_frames(struct check *c, struct linux_vm *vm, struct frames *f)
{
	int64_t mapped = 0, claimed = 0;

	if (f->n)
		qsort(f->pfn, f->n, sizeof(*f->pfn), compare_pfns);
	for (size_t i = 0, next; i < f->n; i = next) {
		struct page *page = pfn_to_page(vm, f->pfn[i]);

		for (next = i; next < f->n && f->pfn[next] == f->pfn[i]; next++)
			;
		CHECK(c, page_mapcount(page) == (int32_t)(next - i));
		CHECK(c, page_folio(page)->refcount > folio_mapcount(page));
		mapped++;
	}
	FOR_EACH_NODE (vm, node)
		claimed += node->stat.nr_mapped;
	CHECK(c, mapped == claimed);
}

void mappings_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);
	struct frames frames = { 0 };
	int64_t tables = 0, claimed = 0;

	for (int i = 0; vm->mms && i < vm->mms->n && !c->failures; i++) {
		const struct mm_struct *mm = vm->mms->mm[i];
		struct recount r = { .mm = mm, .frames = &frames };

		if (mm->exited) {
			CHECK(c, mm->nr_vmas == 0 && mm->stat.rss_file == 0);
			CHECK(c, mm->stat.pgtables_bytes == 0);
			continue;
		}
		check_vmas(c, mm);
		check_table(c, &r, mm->pgd, 0);
		CHECK(c, r.present == mm->stat.rss_file);
		CHECK(c, r.tables * (int64_t)PAGE_SIZE == mm->stat.pgtables_bytes);
		tables += r.counted;
	}
	if (!c->failures)
		check_frames(c, vm, &frames);
	FOR_EACH_NODE (vm, node)
		claimed += node->stat.nr_page_table_pages;
	/* a PTE page made for a fault that still sleeps hangs nowhere yet */
	CHECK(c, tables <= claimed);
	sim_free(frames.pfn);
}
