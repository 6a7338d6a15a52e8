/*
 * split_huge_page.c - a large anonymous page becomes 512 small ones
 *
 *	head 1 2 ... 511, one page on the list  ->  511 ... 2 1 head: the head is nearest the tail
 *
 * Reclaim does so where a large page cannot go as a whole, advice about a part of it, and, when
 * memory is short, the shrinker of those of which parts are unmapped already: these parts are freed
 * then.  Nobody but its entries and the swap cache may hold the page.
 */
#include <errno.h>

#include "models/linux/mappings/huge_mm.h"
#include "models/linux/pagecache/filemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"
#include "models/linux/task.h"

/* What the parts take over from the page. */
#define INHERITED_FLAGS                                                                            \
	(PG_referenced | PG_swapbacked | PG_swapcache | PG_mlocked | PG_uptodate | PG_active |     \
	 PG_workingset | PG_locked | PG_unevictable | PG_dirty | PG_lru | PG_isolated | PG_anon)

void prep_transhuge_page(struct page *head)
{
	head[2].next = head[2].prev = 0;
	head[3].next = 0;
	head[3].prev = SPLIT_NOT_QUEUED;
	/* whoever has an entry of a part sees that it is anonymous memory */
	for (int i = 1; i < HPAGE_PMD_NR; i++)
		head[i].flags |= PG_anon;
}

/* --- the queue --- */

static uint32_t queue_link(const struct linux_vm *vm, const struct page *head)
{
	return page_to_pfn(vm, head) + 2;
}

/* It is no large page any more, or freed. */
static void leave_split_queue(struct linux_vm *vm, struct page *head)
{
	if (head[3].prev == SPLIT_NOT_QUEUED)
		return;
	if (head[3].prev == SPLIT_QUEUED)
		page_list_del(vm->mem_map, &vm->thp->split_queue, queue_link(vm, head));
	head[3].prev = SPLIT_NOT_QUEUED;
	vm->thp->split_queue_len--;
}

void free_transhuge_page(struct linux_vm *vm, struct page *head)
{
	leave_split_queue(vm, head);
}

void deferred_split_huge_page(struct linux_vm *vm, struct page *head)
{
	/* reclaim is taking its entries away: it will go as a whole */
	if ((head->flags & PG_swapcache) || head[3].prev != SPLIT_NOT_QUEUED)
		return;
	vm->stat.thp_deferred_split_page++;
	page_list_add_tail(vm->mem_map, &vm->thp->split_queue, queue_link(vm, head));
	head[3].prev = SPLIT_QUEUED;
	vm->thp->split_queue_len++;
}

/* --- splitting --- */

static int swap_references(const struct page *head)
{
	return head->flags & PG_swapcache ? HPAGE_PMD_NR : 0;
}

bool can_split_folio(const struct page *head)
{
	return folio_mapcount(head) == head->refcount - swap_references(head) - 1;
}

/* Part i gets flags, place, entries and references of its own; the caller's part of them, too. */
static void split_tail(struct linux_vm *vm, struct page *head, uint32_t i, struct page_list *list)
{
	struct page *tail = head + i;
	bool cached = head->flags & PG_swapcache;
	uint32_t pfn = page_to_pfn(vm, tail);

	tail->flags = (tail->flags & PG_anon_exclusive) | (head->flags & INHERITED_FLAGS);
	tail->mapping = head->mapping;
	tail->index = anon_index(head) + i;
	if (cached)
		set_page_swap_entry(tail, page_swap_entry(head) + i);
	tail->refcount = tail->mapcount + 1 + cached;
	tail->next = tail->prev = 0;
	if (list) {
		tail->refcount++;
		page_list_add_tail(vm->mem_map, list, pfn);
	} else if (!(head->flags & PG_unevictable)) {
		struct lruvec *lruvec = &page_zone(vm, head)->node->lruvec;

		page_list_add_before(vm->mem_map, &lruvec->lists[page_lru(head)],
				     page_to_pfn(vm, head), pfn);
	}
	head->refcount -= tail->mapcount + cached;
}

/* The large page is mapped by small entries only. */
static void split_compound(struct linux_vm *vm, struct page *head, struct page_list *list)
{
	int32_t own = (int32_t)head[1].next;

	SIM_ASSERT(!compound_mapcount(head));
	SIM_ASSERT(head->flags & (list ? PG_isolated | PG_locked : PG_lru));
	for (uint32_t i = HPAGE_PMD_NR - 1; i; i--)
		split_tail(vm, head, i, list);
	head->flags &= ~(uint32_t)PG_head;
	head->mapcount = own;
}

static int split_anon_page(struct linux_vm *vm, const struct cpu *cpu, struct page *page,
			   struct page_list *list)
{
	struct page *head = page_folio(page);
	swp_entry_t entry = { head->flags & PG_swapcache ? page_swap_entry(head) : 0 };

	if (!page_mapped(head))
		return -EBUSY; /* its anon_vma may be gone */
	if (!can_split_folio(head))
		return -EAGAIN;
	rmap_split_huge_pmds(vm, head);
	/* while its entries are taken away, all parts become unmapped one by one */
	deferred_split_huge_page(vm, head);
	leave_split_queue(vm, head);
	split_compound(vm, head, list);
	for (int i = 0; i < HPAGE_PMD_NR; i++)
		rmap_mlock(vm, head + i);
	if (entry.val)
		split_swap_cluster(vm, entry);
	for (int i = 0; i < HPAGE_PMD_NR; i++) {
		if (head + i == page)
			continue;
		unlock_page(vm, head + i);
		free_swap_cache(vm, cpu, head + i);
		put_page(vm, cpu, head + i);
	}
	return 0;
}

int split_huge_page_to_list(struct linux_vm *vm, const struct cpu *cpu, struct page *page,
			    struct page_list *list)
{
	struct page *head = page_folio(page);
	int r;

	SIM_ASSERT((head->flags & PG_locked) && page_trans_huge_anon(head));
	if (head->flags & PG_writeback)
		return -EBUSY;
	r = split_anon_page(vm, cpu, page, list);
	if (r)
		vm->stat.thp_split_page_failed++;
	else
		vm->stat.thp_split_page++;
	return r;
}

bool split_huge_page_to_move(struct linux_vm *vm, const struct cpu *cpu, struct page *page)
{
	if (page_trans_huge_anon(page) && (page->flags & PG_lru) && trylock_page(page)) {
		get_page(page);
		split_huge_page_to_list(vm, cpu, page, NULL);
		unlock_page(vm, page);
		put_page(vm, cpu, page);
	}
	return !(page->flags & PG_head);
}

/* --- the shrinker --- */

static uint64_t deferred_split_count(struct task *t, struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	return task_vm(t)->thp->split_queue_len;
}

/* Takes up to nr pages off the head of the queue, with a reference each. */
static void take_queued(struct linux_vm *vm, uint64_t nr, struct page_list *taken)
{
	struct page_list *queue = &vm->thp->split_queue;

	while (nr-- && queue->head) {
		uint32_t pfn = queue->head;
		struct page *head = pfn_to_page(vm, pfn - 2);

		page_list_del(vm->mem_map, queue, pfn);
		page_list_add(vm->mem_map, taken, pfn);
		head[3].prev = SPLIT_IN_HAND;
		get_page(head);
	}
}

static uint64_t deferred_split_scan(struct task *t, struct shrinker *s, struct shrink_control *sc)
{
	struct linux_vm *vm = task_vm(t);
	struct page_list taken = { 0 };
	uint64_t split = 0;

	(void)s;
	take_queued(vm, sc->nr_to_scan, &taken);
	while (taken.head) {
		uint32_t pfn = taken.head;
		struct page *head = pfn_to_page(vm, pfn - 2);
		bool done = false;

		page_list_del(vm->mem_map, &taken, pfn);
		if (trylock_page(head)) {
			done = split_huge_page_to_list(vm, t->cpu, head, NULL) == 0;
			unlock_page(vm, head);
		}
		split += done;
		if (!done && head->refcount > 1) {
			page_list_add_tail(vm->mem_map, &vm->thp->split_queue, pfn);
			head[3].prev = SPLIT_QUEUED;
		}
		put_page(vm, t->cpu, head);
		if (done)
			task_run(t, (sim_time)vm->machine->cost.pte_map * HPAGE_PMD_NR);
	}
	return !split && !vm->thp->split_queue_len ? SHRINK_STOP : split;
}

void deferred_split_init(struct linux_vm *vm)
{
	struct shrinker *s = &vm->thp->deferred_split_shrinker;

	s->name = "deferred_split_scan";
	s->count_objects = deferred_split_count;
	s->scan_objects = deferred_split_scan;
	s->seeks = DEFAULT_SEEKS;
	register_shrinker(vm, s);
}

void huge_memory_check(struct check *c, struct linux_vm *vm)
{
	const struct huge_memory *thp = vm->thp;
	uint64_t n = 0;
	int users = 0;

	for (uint32_t pfn = thp->split_queue.head; pfn; pfn = pfn_to_page(vm, pfn)->next, n++) {
		const struct page *head = pfn_to_page(vm, pfn - 2);

		CHECK(c, page_trans_huge_anon(head) && (head->flags & PG_head));
		CHECK(c, head[3].prev == SPLIT_QUEUED && head->refcount > 0);
		if (c->failures)
			return;
	}
	CHECK(c, n <= thp->split_queue_len);
	for (int i = 0; vm->mms && i < vm->mms->n; i++)
		users += vm->mms->mm[i]->huge_zero_page;
	CHECK(c, users + (thp->huge_zero_pfn != 0) == thp->huge_zero_refcount);
}
