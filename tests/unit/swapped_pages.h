/*
 * swapped_pages.h - a machine with swap, and pages on their way to it
 */
#ifndef MMSIM_TESTS_SWAPPED_PAGES_H
#define MMSIM_TESTS_SWAPPED_PAGES_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/pagecache/pagemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/internal.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"
#include "tests/unit/fixture.h"

#define MACHINE(disk, swap)                                                                        \
	"machine: { nodes: [{ cpus: 2, memory: 256 MiB }], disks: [{ name: sda, " disk " }] }\n"   \
	"linux: { swap: [" swap "] }\n"
#define SSD MACHINE("preset: ssd", "{ disk: sda, size: 64 MiB }")
#define HDD MACHINE("preset: hdd", "{ disk: sda, size: 64 MiB }")

#define PAGES(n) ((uint64_t)(n) << PAGE_SHIFT)
#define BASE     0x40000000ULL

static struct fixture f;

static inline void run_on(const char *machine, task_fn *body)
{
	fixture_boot(&f, machine);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	/* nobody means a place any more; a page unmapped while it was written is still cached */
	assert_int_equal(f.vm->nr_swap_pages + f.vm->swap->slots[0].nr +
			     f.vm->swap->slots[0].n_ret + f.vm->nodes[0].stat.nr_swapcached,
			 f.vm->total_swap_pages);
	fixture_end(&f);
}

static inline uint64_t map_anon(struct task *t, unsigned pages)
{
	uint64_t out = 0;

	assert_int_equal(do_mmap(t, NULL, BASE, PAGES(pages), VM_READ | VM_WRITE, 0, &out), 0);
	return out;
}

static inline void touch(struct task *t, uint64_t addr, bool write)
{
	assert_int_equal(user_access(t, task_mm(t), addr, write), 0);
}

static inline struct pte entry(struct task *t, uint64_t addr)
{
	struct page_table *table = pte_table(task_mm(t), addr);

	return table ? pte_get(table, pte_index(addr)) : (struct pte){ 0 };
}

static inline struct page *mapped(struct task *t, uint64_t addr)
{
	struct pte pte = entry(t, addr);

	assert_true(pte.bits & PTE_PRESENT);
	return pfn_to_page(f.vm, pte.pfn);
}

/* As reclaim does with a page of the inactive list; free_it: once it is written. */
static inline void swap_out(struct task *t, uint64_t addr, bool free_it)
{
	struct page *page = mapped(t, addr);
	swp_entry_t e;

	lru_add_drain_all(f.vm);
	get_page(page);
	assert_true(trylock_page(page));
	if (!(page->flags & PG_swapcache))
		assert_true(add_to_swap(t, page));
	assert_int_equal(try_to_unmap(t, page), 1);
	e.val = page_swap_entry(page);
	if (page->flags & PG_dirty) {
		assert_true(clear_page_dirty_for_io(t, page, swap_address_space(f.vm, e)));
		page->flags |= PG_reclaim;
		assert_int_equal(swap_writepage(t, page), 0);
		if (free_it)
			wait_on_page_writeback(t, page);
	} else {
		unlock_page(f.vm, page);
	}
	if (free_it) {
		lru_add_drain_all(f.vm);
		assert_true(trylock_page(page));
		assert_false(page->flags & PG_dirty);
		assert_int_equal(page->refcount, 2);
		__delete_from_swap_cache(f.vm, page, e, workingset_eviction(f.vm, page));
		put_swap_folio(f.vm, t->cpu, page, e);
		page->refcount--;
		unlock_page(f.vm, page);
	}
	put_page(f.vm, t->cpu, page);
}

static inline int64_t cached(void)
{
	return f.vm->nodes[0].stat.nr_swapcached;
}
#endif
