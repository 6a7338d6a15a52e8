/*
 * rmap.c - from a page to the entries that map it
 *
 * A page knows its file and index; the file knows the VMAs that show it; a VMA gives the address
 * and the tables the entry.  The walks here run to their end in one instant: nothing sleeps in
 * them, and what costs time is paid for afterwards.
 */
#include "models/linux/mappings/mm.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

/* --- VMAs of a file --- */

void i_mmap_insert(struct vm_area_struct *vma)
{
	struct list *head = &vma->vm_file->inode->mapping.i_mmap;

	LIST_FOR_EACH (pos, head) {
		if (LIST_ENTRY(pos, struct vm_area_struct, i_mmap)->vm_pgoff > vma->vm_pgoff) {
			list_add_tail(&vma->i_mmap, pos);
			return;
		}
	}
	list_add_tail(&vma->i_mmap, head);
}

void i_mmap_remove(struct vm_area_struct *vma)
{
	if (vma->vm_file->inode->mapping.i_mmap_walkers) {
		vma->dead = true;
		return;
	}
	list_del(&vma->i_mmap);
	sim_free(vma);
}

/* --- counts --- */

/* Where the count of one page is kept, and of the compound page it belongs to (NULL: none). */
static int32_t *own_count(struct page *page)
{
	return page->flags & PG_head ? (int32_t *)&page[1].next : &page->mapcount;
}

static void count_all(struct page *page, int n)
{
	struct page *folio = page_folio(page);

	if (folio->flags & PG_head)
		folio[1].prev += (uint32_t)n;
}

void page_add_file_rmap(struct linux_vm *vm, struct page *page)
{
	int32_t *count = own_count(page);

	count_all(page, 1);
	if ((*count)++ == 0)
		page_zone(vm, page)->node->stat.nr_mapped++;
}

void page_remove_rmap(struct linux_vm *vm, struct page *page)
{
	int32_t *count = own_count(page);

	SIM_ASSERT(*count > 0);
	count_all(page, -1);
	if (--*count == 0)
		page_zone(vm, page)->node->stat.nr_mapped--;
}

bool page_mapped(const struct page *page)
{
	return folio_mapcount(page) > 0;
}

/* --- the walk --- */

/* One entry that maps a page of a folio. */
struct rmap_pos {
	struct vm_area_struct *vma;
	struct page_table *table;
	unsigned i;
	uint64_t addr;
	struct page *page;
};

/* What to do with an entry; false: enough. */
typedef bool rmap_one(struct rmap_pos *pos, void *arg);

/* The entries of one VMA, in the order of addresses. */
static bool walk_vma(struct linux_vm *vm, struct page *folio, struct vm_area_struct *vma,
		     rmap_one *one, void *arg)
{
	uint64_t first = folio->index > vma->vm_pgoff ? folio->index : vma->vm_pgoff;
	uint64_t last = folio->index + folio_nr_pages(folio) - 1;
	uint64_t vma_last = vma->vm_pgoff + vma_pages(vma) - 1;

	last = min_u64(last, vma_last);
	for (uint64_t index = first; index <= last; index++) {
		struct rmap_pos pos = { .vma = vma, .page = folio + (index - folio->index) };

		pos.addr = vma->vm_start + ((index - vma->vm_pgoff) << PAGE_SHIFT);
		pos.table = pte_table(vma->vm_mm, pos.addr);
		pos.i = pte_index(pos.addr);
		if (!pos.table || !(pos.table->pte.bits[pos.i] & PTE_PRESENT) ||
		    pos.table->pte.pfn[pos.i] != page_to_pfn(vm, pos.page))
			continue;
		if (!one(&pos, arg))
			return false;
	}
	return true;
}

/* All entries of a folio that is in the cache, VMA by VMA; mapped: how many there are. */
static void rmap_walk(struct linux_vm *vm, struct page *page, rmap_one *one, void *arg)
{
	struct page *folio = page_folio(page);
	struct address_space *m = page_mapping(vm, folio);

	if (!m || !page_mapped(folio))
		return;
	LIST_FOR_EACH (pos, &m->i_mmap) {
		struct vm_area_struct *vma = LIST_ENTRY(pos, struct vm_area_struct, i_mmap);

		if (vma->vm_pgoff >= folio->index + folio_nr_pages(folio))
			return;
		if (vma->dead || vma->vm_pgoff + vma_pages(vma) <= folio->index)
			continue;
		if (!walk_vma(vm, folio, vma, one, arg))
			return;
	}
}

/* --- who used it --- */

struct referenced_arg {
	int referenced;
	unsigned vm_flags;
	const struct vm_area_struct *counted; /* one VMA counts once */
};

static bool folio_referenced_one(struct rmap_pos *pos, void *arg)
{
	struct referenced_arg *ra = arg;
	uint8_t *bits = &pos->table->pte.bits[pos->i];

	if (pos->vma->vm_flags & VM_LOCKED) {
		ra->vm_flags |= VM_LOCKED;
		return false;
	}
	if (!(*bits & PTE_YOUNG))
		return true;
	*bits &= (uint8_t)~PTE_YOUNG;
	if ((pos->vma->vm_flags & VM_SEQ_READ) || ra->counted == pos->vma)
		return true;
	ra->counted = pos->vma;
	ra->referenced++;
	ra->vm_flags |= pos->vma->vm_flags & ~(unsigned)VM_LOCKED;
	return true;
}

int folio_referenced(struct linux_vm *vm, struct page *page, bool is_locked, unsigned *vm_flags)
{
	struct referenced_arg arg = { 0 };

	*vm_flags = 0;
	if (!page_mapped(page) || !page_folio(page)->mapping)
		return 0;
	if (!is_locked && (page_folio(page)->flags & PG_locked))
		return 1;
	rmap_walk(vm, page, folio_referenced_one, &arg);
	*vm_flags = arg.vm_flags;
	return arg.referenced;
}

/* --- taking entries away --- */

struct unmap_arg {
	struct linux_vm *vm;
	int unmapped, dirty;
};

static bool try_to_unmap_one(struct rmap_pos *pos, void *arg)
{
	struct unmap_arg *ua = arg;

	if (pos->vma->vm_flags & VM_LOCKED)
		return false;
	ua->dirty += (pos->table->pte.bits[pos->i] & PTE_DIRTY) != 0;
	ua->unmapped++;
	pte_set(pos->table, pos->i, (struct pte){ 0 });
	pos->vma->vm_mm->stat.rss_file--;
	page_remove_rmap(ua->vm, pos->page);
	SIM_ASSERT(page_folio(pos->page)->refcount > 1);
	page_folio(pos->page)->refcount--;
	return true;
}

int try_to_unmap(struct task *t, struct page *page)
{
	struct unmap_arg arg = { .vm = task_vm(t) };

	SIM_ASSERT(page_folio(page)->flags & PG_locked);
	rmap_walk(arg.vm, page, try_to_unmap_one, &arg);
	if (arg.dirty)
		set_page_dirty(t, page_folio(page));
	task_run(t, (sim_time)arg.vm->machine->cost.pte_map * (unsigned)arg.unmapped);
	return arg.unmapped;
}

/* --- clean and read-only --- */

static bool page_mkclean_one(struct rmap_pos *pos, void *arg)
{
	int *cleaned = arg;
	uint8_t *bits = &pos->table->pte.bits[pos->i];

	if ((pos->vma->vm_flags & VM_SHARED) && (*bits & (PTE_DIRTY | PTE_WRITE))) {
		*bits &= (uint8_t) ~(PTE_DIRTY | PTE_WRITE);
		(*cleaned)++;
	}
	return true;
}

int folio_mkclean(struct task *t, struct page *page)
{
	int cleaned = 0;

	SIM_ASSERT(page_folio(page)->flags & PG_locked);
	rmap_walk(task_vm(t), page, page_mkclean_one, &cleaned);
	return cleaned;
}

/* --- to another frame --- */

struct move_arg {
	struct linux_vm *vm;
	struct page *old, *new;
	int moved;
};

static bool move_one(struct rmap_pos *pos, void *arg)
{
	struct move_arg *ma = arg;
	struct page *page = ma->new + (pos->page - ma->old);
	struct pte pte = pte_get(pos->table, pos->i);

	page_add_file_rmap(ma->vm, page);
	ma->new->refcount++;
	pte.pfn = page_to_pfn(ma->vm, page);
	pte_set(pos->table, pos->i, pte);
	page_remove_rmap(ma->vm, pos->page);
	ma->old->refcount--;
	ma->moved++;
	return true;
}

int rmap_move(struct linux_vm *vm, struct page *old, struct page *new)
{
	struct move_arg arg = { vm, old, new, 0 };

	rmap_walk(vm, old, move_one, &arg);
	return arg.moved;
}
