/*
 * rmap.c - from a page to the entries that map it
 *
 * A page knows its file (an anonymous one its anon_vma) and index; that knows the VMAs that show
 * it; a VMA gives the address and the tables the entry.  The walks here run to their end in one
 * instant: nothing sleeps in them, and what costs time is paid for afterwards.
 */
#include "models/linux/mappings/adopt.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/mm_counter.h"
#include "models/linux/storage/file.h"
#include "models/linux/swap/swap.h"
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

static int64_t *mapped_stat(struct linux_vm *vm, const struct page *page)
{
	struct node_stat *stat = &page_zone(vm, page)->node->stat;

	return page->flags & PG_anon ? &stat->nr_anon_pages : &stat->nr_mapped;
}

void page_add_new_anon_rmap(struct linux_vm *vm, struct page *page, struct vm_area_struct *vma,
			    uint64_t addr)
{
	SIM_ASSERT(vma->anon_vma && !(page->flags & PG_anon));
	page->flags |= PG_swapbacked | PG_anon | PG_anon_exclusive;
	page->mapping = vma->anon_vma->id;
	page->index = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	if (page->flags & PG_head) {
		page[3].next = 1;
		count_all(page, 1);
		*mapped_stat(vm, page) += HPAGE_PMD_NR;
		page_zone(vm, page)->node->stat.nr_anon_transparent_hugepages++;
		return;
	}
	SIM_ASSERT(!page->mapcount);
	page->mapcount = 1;
	++*mapped_stat(vm, page);
}

void page_add_anon_rmap(struct linux_vm *vm, struct page *page, struct vm_area_struct *vma,
			uint64_t addr, bool exclusive)
{
	SIM_ASSERT(vma->anon_vma);
	if (!(page->flags & PG_anon)) {
		/* read from swap; who else may map it is chained to the oldest anon_vma */
		page->flags |= PG_anon;
		page->mapping = exclusive ? vma->anon_vma->id : vma->anon_vma->root->id;
		page->index = (page->index & ~ANON_INDEX_MASK) |
			      (vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT));
	}
	if (exclusive)
		page->flags |= PG_anon_exclusive;
	if (page_mapcount(page) == 0)
		++*mapped_stat(vm, page);
	++*own_count(page);
	count_all(page, 1);
	mlock_vma_page(vm, page, vma);
}

void page_dup_anon_rmap(struct page *page)
{
	SIM_ASSERT(page->flags & PG_anon && page_mapcount(page) > 0);
	page->flags &= ~(uint32_t)PG_anon_exclusive;
	++*own_count(page);
	count_all(page, 1);
}

void page_dup_anon_compound_rmap(struct page *head)
{
	SIM_ASSERT(compound_mapcount(head) > 0);
	head->flags &= ~(uint32_t)PG_anon_exclusive;
	head[3].next++;
	count_all(head, 1);
}

void page_split_anon_rmap(struct page *page)
{
	++*own_count(page);
	count_all(page, 1);
}

void page_remove_anon_compound_rmap(struct linux_vm *vm, struct page *head)
{
	int unmapped = 0;

	SIM_ASSERT(compound_mapcount(head) > 0);
	count_all(head, -1);
	if (--head[3].next)
		return;
	page_zone(vm, head)->node->stat.nr_anon_transparent_hugepages--;
	for (int i = 0; i < HPAGE_PMD_NR; i++)
		unmapped += *own_count(head + i) == 0;
	*mapped_stat(vm, head) -= unmapped;
	if (unmapped && unmapped < HPAGE_PMD_NR)
		deferred_split_huge_page(vm, head);
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
	if (--*count || compound_mapcount(page))
		return;
	--*mapped_stat(vm, page);
	if (page_trans_huge_anon(page))
		deferred_split_huge_page(vm, page_folio(page));
}

void pte_adopt(struct vm_area_struct *vma, uint64_t addr, pfn_t pfn, uint8_t bits)
{
	struct linux_vm *vm = vma->vm_mm->vm;
	struct page *page = pfn_to_page(vm, pfn);
	struct page_table *table = pte_table(vma->vm_mm, addr);

	if (page->mapcount++ == 0)
		++*mapped_stat(vm, page);
	add_mm_counter(vma->vm_mm, mm_counter(page), 1);
	pte_set(table, pte_index(addr), (struct pte){ (uint32_t)pfn, bits });
}

/* --- the walk --- */

/* One entry that maps a page of a folio. */
struct rmap_pos {
	struct vm_area_struct *vma;
	struct page_table *table;
	unsigned i;
	uint64_t addr;
	struct page *page;
	bool huge; /* table.pmd maps all of the folio, which page is */
};

/* What to do with an entry; false: enough. */
typedef bool rmap_one(struct rmap_pos *pos, void *arg);

/* Which page of its file, or of the addresses it was made for. */
static uint64_t rmap_index(const struct page *folio)
{
	return folio->flags & PG_anon ? anon_index(folio) : folio->index;
}

/* Whether a PMD entry maps the folio as a whole. */
static bool maps_folio(const struct linux_vm *vm, const struct page_table *table,
		       const struct page *folio)
{
	return table->pmd.bits && !(table->pmd.bits & PTE_SPECIAL) &&
	       table->pmd.pfn == page_to_pfn(vm, folio);
}

/* The entries of one VMA, in the order of addresses; a huge one that is split meanwhile by its
 * parts. */
static bool walk_vma(struct linux_vm *vm, struct page *folio, struct vm_area_struct *vma,
		     rmap_one *one, void *arg)
{
	uint64_t index_of_folio = rmap_index(folio);
	uint64_t first = max_u64(index_of_folio, vma->vm_pgoff);
	uint64_t last = index_of_folio + folio_nr_pages(folio) - 1;
	uint64_t vma_last = vma->vm_pgoff + vma_pages(vma) - 1;

	last = min_u64(last, vma_last);
	for (uint64_t index = first; index <= last; index++) {
		struct rmap_pos pos = { .vma = vma, .page = folio + (index - index_of_folio) };

		pos.addr = vma->vm_start + ((index - vma->vm_pgoff) << PAGE_SHIFT);
		pos.table = pte_table(vma->vm_mm, pos.addr);
		pos.i = pte_index(pos.addr);
		if (pos.table && maps_folio(vm, pos.table, folio)) {
			struct rmap_pos all = pos;

			all.page = folio;
			all.huge = true;
			if (!one(&all, arg))
				return false;
			if (pos.table->pmd.bits)
				return true;
		}
		if (!pos.table ||
		    (pos.table->pte.bits[pos.i] & (PTE_PRESENT | PTE_SPECIAL)) != PTE_PRESENT ||
		    pos.table->pte.pfn[pos.i] != page_to_pfn(vm, pos.page))
			continue;
		if (!one(&pos, arg))
			return false;
	}
	return true;
}

/* What to do with a VMA that may map the folio; false: enough. */
typedef bool rmap_area(struct linux_vm *vm, struct page *folio, struct vm_area_struct *vma,
		       void *arg);

/* The next VMA of a list, which is in the order of what they map; false: enough. */
static bool walk_area(struct linux_vm *vm, struct page *folio, struct vm_area_struct *vma,
		      rmap_area *one, void *arg)
{
	uint64_t index = rmap_index(folio);

	if (vma->vm_pgoff >= index + folio_nr_pages(folio))
		return false;
	if (vma->dead || vma->vm_pgoff + vma_pages(vma) <= index)
		return true;
	return one(vm, folio, vma, arg);
}

/* All VMAs that may map a folio, of anonymous memory or in the cache. */
static void walk_areas(struct linux_vm *vm, struct page *folio, rmap_area *one, void *arg)
{
	struct address_space *m;

	if (folio->flags & PG_anon) {
		LIST_FOR_EACH (pos, &page_anon_vma(vm, folio)->chains)
			if (!walk_area(vm, folio,
				       LIST_ENTRY(pos, struct anon_vma_chain, same_anon_vma)->vma,
				       one, arg))
				return;
		return;
	}
	m = page_mapping(vm, folio);
	if (!m)
		return;
	LIST_FOR_EACH (pos, &m->i_mmap)
		if (!walk_area(vm, folio, LIST_ENTRY(pos, struct vm_area_struct, i_mmap), one, arg))
			return;
}

struct entries_arg {
	rmap_one *one;
	void *arg;
};

static bool walk_entries(struct linux_vm *vm, struct page *folio, struct vm_area_struct *vma,
			 void *arg)
{
	const struct entries_arg *entries = arg;

	return walk_vma(vm, folio, vma, entries->one, entries->arg) && page_mapped(folio);
}

/* All entries of a page's folio, VMA by VMA. */
static void rmap_walk(struct linux_vm *vm, struct page *page, rmap_one *one, void *arg)
{
	struct entries_arg entries = { one, arg };
	struct page *folio = page_folio(page);

	if (page_mapped(folio))
		walk_areas(vm, folio, walk_entries, &entries);
}

static bool count_area(struct linux_vm *vm, struct page *folio, struct vm_area_struct *vma,
		       void *arg)
{
	unsigned *n = arg;

	(void)vm;
	(void)folio;
	(void)vma;
	(*n)++;
	return true;
}

unsigned rmap_areas(struct linux_vm *vm, struct page *page)
{
	unsigned n = 0;

	walk_areas(vm, page_folio(page), count_area, &n);
	return n;
}

static bool count_one(struct rmap_pos *pos, void *arg)
{
	int *n = arg;

	(void)pos;
	(*n)++;
	return true;
}

bool rmap_is_complete(struct linux_vm *vm, struct page *page)
{
	int n = 0;

	rmap_walk(vm, page, count_one, &n);
	return n == folio_mapcount(page);
}

/* --- who used it --- */

struct referenced_arg {
	struct linux_vm *vm;
	int referenced;
	unsigned vm_flags;
	const struct vm_area_struct *counted; /* one VMA counts once */
};

static bool folio_referenced_one(struct rmap_pos *pos, void *arg)
{
	struct referenced_arg *ra = arg;
	uint8_t *bits = pos->huge ? &pos->table->pmd.bits : &pos->table->pte.bits[pos->i];

	if ((pos->vma->vm_flags & VM_LOCKED) &&
	    (pos->huge || !(page_folio(pos->page)->flags & PG_head))) {
		mlock_vma_folio(ra->vm, page_folio(pos->page), pos->vma); /* missed till now */
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
	struct referenced_arg arg = { .vm = vm };

	*vm_flags = 0;
	if (!page_mapped(page) || !page_folio(page)->mapping)
		return 0;
	if (!is_locked && (page_folio(page)->flags & (PG_locked | PG_anon)) == PG_locked)
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

/* What an entry of an anonymous page becomes.  False: it stays as it is. */
static bool unmap_anon_one(struct rmap_pos *pos, struct unmap_arg *ua, struct pte *left)
{
	struct page *page = pos->page, *folio = page_folio(page);
	struct mm_struct *mm = pos->vma->vm_mm;
	swp_entry_t entry = { page_swap_place(page) };

	if (pos->table->pte.bits[pos->i] & PTE_DIRTY)
		folio->flags |= PG_dirty;
	if (!(folio->flags & PG_swapbacked)) {
		/* MADV_FREE: nothing is lost, unless it was written since */
		if (folio->refcount == 1 + folio_mapcount(folio) && !(folio->flags & PG_dirty)) {
			add_mm_counter(mm, MM_ANONPAGES, -1);
			*left = (struct pte){ 0 };
			return true;
		}
		folio->flags |= PG_swapbacked;
		return false;
	}
	if (!(folio->flags & PG_swapcache))
		return false;
	swap_duplicate(ua->vm, entry);
	swap_mmlist_add(ua->vm, mm, NULL);
	add_mm_counter(mm, MM_ANONPAGES, -1);
	add_mm_counter(mm, MM_SWAPENTS, 1);
	*left = (struct pte){ entry.val, PTE_SWAP };
	if (page->flags & PG_anon_exclusive)
		left->bits |= PTE_SWP_EXCLUSIVE;
	page->flags &= ~(uint32_t)PG_anon_exclusive;
	return true;
}

static bool try_to_unmap_one(struct rmap_pos *pos, void *arg)
{
	struct unmap_arg *ua = arg;
	struct pte left = { 0 };

	if (pos->huge) { /* its parts go one by one */
		split_huge_pmd(pos->vma, pos->table, pos->addr & HPAGE_PMD_MASK);
		return true;
	}
	if (pos->vma->vm_flags & VM_LOCKED) {
		mlock_vma_page(ua->vm, page_folio(pos->page), pos->vma); /* missed till now */
		return false;
	}
	if (pos->page->flags & PG_anon) {
		if (!unmap_anon_one(pos, ua, &left))
			return false;
		pte_set(pos->table, pos->i, left);
		ua->unmapped++;
		page_remove_rmap(ua->vm, pos->page);
		SIM_ASSERT(page_folio(pos->page)->refcount > 1);
		page_folio(pos->page)->refcount--;
		return true;
	}
	ua->dirty += (pos->table->pte.bits[pos->i] & PTE_DIRTY) != 0;
	ua->unmapped++;
	pte_set(pos->table, pos->i, (struct pte){ 0 });
	add_mm_counter(pos->vma->vm_mm, mm_counter(page_folio(pos->page)), -1);
	page_remove_rmap(ua->vm, pos->page);
	SIM_ASSERT(page_folio(pos->page)->refcount > 1);
	page_folio(pos->page)->refcount--;
	return true;
}

int try_to_unmap(struct task *t, struct page *page)
{
	struct unmap_arg arg = { .vm = task_vm(t) };
	const struct cost_table *cost = &arg.vm->machine->cost;
	unsigned areas = cost->rmap_unmap ? rmap_areas(arg.vm, page) : 0;

	SIM_ASSERT(page_folio(page)->flags & PG_locked);
	might_sleep(t); /* the notifiers of who else looks at the mapping */
	rmap_walk(arg.vm, page, try_to_unmap_one, &arg);
	if (arg.dirty)
		set_page_dirty(t, page_folio(page));
	task_run(t, (sim_time)cost->rmap_unmap * areas +
			(sim_time)cost->pte_unmap * (unsigned)arg.unmapped);
	return arg.unmapped;
}

/* --- large pages that become small --- */

static bool split_one(struct rmap_pos *pos, void *arg)
{
	(void)arg;
	if (pos->huge)
		split_huge_pmd(pos->vma, pos->table, pos->addr & HPAGE_PMD_MASK);
	return true;
}

void rmap_split_huge_pmds(struct linux_vm *vm, struct page *head)
{
	if (compound_mapcount(head))
		rmap_walk(vm, head, split_one, NULL);
}

static bool mlock_one(struct rmap_pos *pos, void *arg)
{
	mlock_vma_page(arg, pos->page, pos->vma);
	return true;
}

void rmap_mlock(struct linux_vm *vm, struct page *page)
{
	rmap_walk(vm, page, mlock_one, vm);
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

	SIM_ASSERT(!pos->huge); /* it is split before */
	if (page->flags & PG_anon) {
		if (page->mapcount++ == 0)
			++*mapped_stat(ma->vm, page);
	} else {
		page_add_file_rmap(ma->vm, page);
	}
	mlock_vma_page(ma->vm, page_folio(page), pos->vma);
	ma->new->refcount++;
	pte.pfn = page_to_pfn(ma->vm, page);
	pte_set(pos->table, pos->i, pte);
	munlock_vma_page(ma->vm, page_folio(pos->page), pos->vma);
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
