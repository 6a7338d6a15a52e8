/*
 * migrate.c - move pages of the cache and of programs to other frames
 *
 *	old: locked, nobody else holds it -> its slot of the index points to new -> new joins the
 *	CPU's batch for the LRU list -> both are unlocked -> old is freed
 *
 * A page that is locked, or that somebody holds, is tried again in later passes; one under
 * writeback is waited for only if the mode says so.
 */
#include <errno.h>

#include "models/linux/alloc/migrate.h"
#include "models/linux/alloc/node_stat.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/buffer_head.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"

#define NR_MAX_BATCHED_MIGRATION   512
#define NR_MAX_MIGRATE_PAGES_RETRY 10
#define NR_EASY_PASSES             3 /* passes before locks and writeback are waited for */

/* What a page takes along. */
#define MIGRATED_FLAGS                                                                             \
	(PG_referenced | PG_uptodate | PG_dirty | PG_active | PG_workingset | PG_error |           \
	 PG_mappedtodisk | PG_reclaim | PG_swapbacked | PG_unevictable | PG_anon)

static void count_isolated(struct linux_vm *vm, const struct page *page, int pages)
{
	struct node_stat *stat = &page_zone(vm, page)->node->stat;

	if (page->flags & PG_swapbacked)
		stat->nr_isolated_anon += pages;
	else
		stat->nr_isolated_file += pages;
}

void isolate_lru_page(struct linux_vm *vm, struct page *page)
{
	get_page(page);
	lruvec_del_page(vm, page);
	page->flags |= PG_isolated;
	count_isolated(vm, page, 1);
}

void putback_movable_pages(struct task *t, struct page_list *pages)
{
	struct linux_vm *vm = task_vm(t);

	while (pages->head) {
		uint32_t pfn = pages->head;
		struct page *page = pfn_to_page(vm, pfn);

		page_list_del(vm->mem_map, pages, pfn);
		page->flags &= ~(uint32_t)PG_isolated;
		count_isolated(vm, page, -1);
		lru_cache_add(vm, t->cpu, page);
		put_page(vm, t->cpu, page);
	}
}

struct page *alloc_migration_target(struct task *t, const struct page *old, void *arg)
{
	const uint64_t *nodes = arg;
	const struct zone *zone = page_zone(task_vm(t), old);
	gfp_t gfp = GFP_USER | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL | __GFP_COMP;

	if (zone->idx == ZONE_MOVABLE)
		gfp |= __GFP_HIGHMEM;
	return __alloc_pages(t, gfp, 0, zone->node->node_id, nodes ? *nodes : 0);
}

/* The last reference of the isolation: the frame goes to the CPU's list. */
static void migrate_page_done(struct task *t, struct page *old)
{
	struct linux_vm *vm = task_vm(t);

	old->flags &= ~(uint32_t)PG_isolated;
	count_isolated(vm, old, -1);
	put_page(vm, t->cpu, old);
}

/* Locks the page and waits for its writeback, as far as the mode goes.  0, -EAGAIN, -EBUSY. */
static int lock_for_move(struct task *t, struct page *old, bool force, enum migrate_mode mode)
{
	if (!trylock_page(old)) {
		/* who reclaims or compacts for a request of its own might hold the lock itself */
		if (!force || mode == MIGRATE_ASYNC || (task_struct(t)->flags & PF_MEMALLOC))
			return -EAGAIN;
		lock_page(t, old);
	}
	if (!(old->flags & PG_writeback))
		return 0;
	if (mode == MIGRATE_SYNC && force) {
		wait_on_page_writeback(t, old);
		return 0;
	}
	unlock_page(task_vm(t), old);
	return mode == MIGRATE_SYNC ? -EAGAIN : -EBUSY;
}

/* Counters kept by node and zone follow the page; those of the swap cache went with its place. */
static void move_accounting(struct linux_vm *vm, const struct page *old, const struct page *new)
{
	struct zone *from = page_zone(vm, old), *to = page_zone(vm, new);

	if (from == to)
		return;
	from->node->stat.nr_file_pages--;
	to->node->stat.nr_file_pages++;
	if (new->flags & PG_swapbacked) { /* shared memory: dirty or not, no limit knows of it */
		from->node->nr_shmem--;
		to->node->nr_shmem++;
		return;
	}
	if (!(new->flags &PG_dirty))
		return;
	mod_node_page_state(from->node, NR_FILE_DIRTY, -1);
	from->stat.nr_zone_write_pending--;
	mod_node_page_state(to->node, NR_FILE_DIRTY, 1);
	to->stat.nr_zone_write_pending++;
}

/* Puts the new page in the old one's place.  Both are locked.  0, or -EAGAIN: somebody holds it. */
static int move_to_new_page(struct task *t, struct page *new, struct page *old)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = page_mapping(vm, old);
	bool mapped = page_mapped(old);
	int moved;

	/* the cache's reference, ours, and those of programs that map it */
	if ((!m && !(old->flags & PG_anon)) ||
	    old->refcount != 1 + (m != NULL) + page_buffers_references(old) + page_mapcount(old))
		return -EAGAIN;
	if (mapped && !(old->flags & PG_head) && !rmap_is_complete(vm, old))
		return -EAGAIN;
	new->flags |= old->flags &MIGRATED_FLAGS;
	new->mapping = old->mapping;
	new->index = old->index;
	if (old->flags & PG_swapcache) {
		swap_cache_replace(vm, old, new);
	} else if (m) {
		xa_store(&m->i_pages, old->index, xa_object(page_to_pfn(vm, new)));
		get_page(new);
		old->refcount--;
		move_accounting(vm, old, new);
	}
	move_page_buffers(vm, old, new);
	/* on its list before it is mapped: the areas that lock it are counted there */
	lru_cache_add(vm, t->cpu, new);
	if (mapped)
		lru_add_drain(vm, t->cpu);
	moved = rmap_move(vm, old, new);
	old->mapping = 0;
	old->flags &=
	    ~(uint32_t)(PG_dirty | PG_active | PG_unevictable | PG_anon | PG_mappedtodisk);
	task_run(t, (sim_time)vm->machine->cost.migrate_page);
	/* taken away and set again, one by one */
	task_run(t, (sim_time)(vm->machine->cost.tlb_flush + 2 * vm->machine->cost.pte_map) *
			(unsigned)moved);
	return 0;
}

struct migration {
	new_page_fn *get;
	free_page_fn *put;
	void *arg;
	enum migrate_mode mode;
	unsigned nr_succeeded, nr_failed;
};

static void give_back_target(struct task *t, const struct migration *mg, struct page *new)
{
	if (mg->put)
		mg->put(t, new, mg->arg);
	else
		put_page(task_vm(t), t->cpu, new);
}

/* One page, off every list.  0: gone; -EAGAIN, -EBUSY: stays; -ENOMEM: no target. */
static int migrate_page(struct task *t, const struct migration *mg, struct page *old, bool force)
{
	struct linux_vm *vm = task_vm(t);
	struct page *new;
	int r;

	if (old->refcount == 1) { /* freed by its owner meanwhile */
		old->flags &= ~(uint32_t)(PG_active | PG_unevictable);
		migrate_page_done(t, old);
		return 0;
	}
	new = mg->get(t, old, mg->arg);
	if (!new)
		return -ENOMEM;
	r = lock_for_move(t, old, force, mg->mode);
	if (!r) {
		new->flags |= PG_locked;
		r = move_to_new_page(t, new, old);
		unlock_page(vm, new);
		unlock_page(vm, old);
	}
	if (r) {
		give_back_target(t, mg, new);
		return r;
	}
	put_page(vm, t->cpu, new);
	migrate_page_done(t, old);
	return 0;
}

/* Up to ten passes over the pages; those left go to failed.  Positive: so many; 0; -ENOMEM. */
static int migrate_pages_batch(struct task *t, struct page_list *pages, struct migration *mg,
			       struct page_list *failed)
{
	struct page *map = task_vm(t)->mem_map;
	struct page_list later = { 0 };
	unsigned retry = 1, nr_failed = 0;

	for (int pass = 0; pass < NR_MAX_MIGRATE_PAGES_RETRY && retry; pass++) {
		retry = 0;
		while (pages->head) {
			uint32_t pfn = pages->head;
			int r;

			cond_resched(t);
			page_list_del(map, pages, pfn);
			r = migrate_page(t, mg, &map[pfn], pass >= NR_EASY_PASSES);
			if (!r) {
				mg->nr_succeeded++;
			} else if (r == -EAGAIN) {
				page_list_add_tail(map, &later, pfn);
				retry++;
			} else if (r == -ENOMEM) {
				/* the rest is not even tried */
				page_list_add(map, pages, pfn);
				page_list_splice(map, &later, pages);
				page_list_splice_tail(map, pages, failed);
				mg->nr_failed += 1 + retry;
				return -ENOMEM;
			} else {
				page_list_add_tail(map, failed, pfn);
				mg->nr_failed++;
				nr_failed++;
			}
		}
		*pages = later;
		later = (struct page_list){ 0 };
	}
	page_list_splice_tail(map, pages, failed);
	mg->nr_failed += retry;
	return (int)(nr_failed + retry);
}

int migrate_pages(struct task *t, struct page_list *from, new_page_fn *get, free_page_fn *put,
		  void *arg, enum migrate_mode mode, enum migrate_reason reason,
		  unsigned *nr_succeeded)
{
	struct linux_vm *vm = task_vm(t);
	struct migration mg = { .get = get, .put = put, .arg = arg, .mode = mode };
	struct page_list failed = { 0 };
	int left = 0;

	trace_mm_migrate_pages_start(vm->sim, mode, reason);
	do {
		struct page_list batch = { 0 };

		for (int n = 0; n < NR_MAX_BATCHED_MIGRATION && from->head; n++) {
			uint32_t pfn = from->head;

			page_list_del(vm->mem_map, from, pfn);
			page_list_add_tail(vm->mem_map, &batch, pfn);
		}

		int r = migrate_pages_batch(t, &batch, &mg, &failed);

		if (r < 0) {
			left = r;
			break;
		}
		left += r;
	} while (from->head);
	page_list_splice(vm->mem_map, &failed, from);
	vm->stat.pgmigrate_success += mg.nr_succeeded;
	vm->stat.pgmigrate_fail += mg.nr_failed;
	trace_mm_migrate_pages(vm->sim, mg.nr_succeeded, mg.nr_failed, mode, reason);
	if (nr_succeeded)
		*nr_succeeded = mg.nr_succeeded;
	return left;
}
