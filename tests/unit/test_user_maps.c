/*
 * test_user_maps.c - what drivers map into programs, where scenarios cannot see it: memory that is
 * used up in the middle, results of 6.1, and who finds private copies
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "models/linux/alloc/migrate.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/mappings/driver_map.h"
#include "models/linux/pagecache/filemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "tests/unit/fixture.h"

#define DEVICE 0xfd000ULL                               /* frames that are no memory */
#define BASE   ((32ULL << 30) + (500ULL << PAGE_SHIFT)) /* a table ends 12 pages behind */
#define SMALL                                                                                      \
	"machine: { nodes: [{ cpus: 1, memory: 16 MiB }], "                                        \
	"disks: [{ name: sda, preset: nvme }] }\n"                                                 \
	"files: [{ name: data, disk: sda, size: 64 KiB }]\n"

static struct fixture f;

static void run(task_fn *body)
{
	fixture_boot(&f, SMALL);
	fixture_task(&f, body, NULL);
	fixture_check(&f);
	fixture_end(&f);
}

static struct vm_area_struct *map(struct task *t, uint64_t addr, uint64_t pages, unsigned flags)
{
	uint64_t out;

	assert_int_equal(
	    do_mmap(t, NULL, addr, pages << PAGE_SHIFT, flags | VM_sim_driver, 0, &out), 0);
	return vma_lookup(task_mm(t), out);
}

static struct pte entry(const struct vm_area_struct *vma, uint64_t page)
{
	uint64_t addr = vma->vm_start + (page << PAGE_SHIFT);
	const struct page_table *table = pte_table(vma->vm_mm, addr);

	return table ? pte_get(table, pte_index(addr)) : (struct pte){ 0 };
}

/* Everything that is free, reserves included. */
static void use_up_memory(struct task *t)
{
	while (alloc_pages(t, __GFP_MEMALLOC | __GFP_NOWARN, 0))
		;
}

static void body_no_memory(struct task *t, void *arg)
{
	struct page *page = alloc_pages(t, GFP_KERNEL, 0);
	struct vm_area_struct *vma = map(t, BASE, 100, VM_SHARED | VM_WRITE);
	struct vm_area_struct *far = map(t, BASE + (4ULL << 20), 1, VM_SHARED | VM_PFNMAP);

	(void)arg;
	assert_int_equal(vm_insert_page(t, vma, BASE, page), 0); /* the first table is there */
	use_up_memory(t);
	/* nobody has anything: this program is killed, and gets nothing any more */
	assert_int_equal(vm_insert_page(t, vma, BASE + (20 << PAGE_SHIFT), page), -ENOMEM);
	assert_int_equal(page->refcount, 2);
	assert_int_equal(vm_insert_pfn(t, far, far->vm_start, DEVICE), -ENOMEM);
	assert_int_equal(vmf_insert_pfn(t, far, far->vm_start, DEVICE), VM_FAULT_OOM);
	assert_int_equal(task_mm(t)->stat.rss_file, 1);
	zap_page_range(t, vma, vma->vm_start, vma->vm_end, true);
	/* 12 pages fit into the table that is there; they are taken back */
	assert_int_equal(remap_pfn_range(t, vma, BASE, DEVICE, 100 << PAGE_SHIFT, PTE_WRITE),
			 -ENOMEM);
	for (uint64_t i = 0; i < 100; i++)
		assert_int_equal(entry(vma, i).bits, 0);
	assert_int_equal(vma->vm_flags & (VM_IO | VM_PFNMAP | VM_PAT), VM_IO | VM_PFNMAP);
}

static void what_was_mapped_before_memory_ran_out_is_taken_back(void **state)
{
	(void)state;
	run(body_no_memory);
}

static void body_codes(struct task *t, void *arg)
{
	struct vm_area_struct *vma = map(t, BASE, 4, VM_SHARED | VM_PFNMAP);

	(void)arg;
	assert_int_equal(vmf_insert_pfn(t, vma, BASE, DEVICE), VM_FAULT_NOPAGE);
	assert_int_equal(vmf_insert_pfn(t, vma, BASE, DEVICE + 1), VM_FAULT_NOPAGE); /* in use */
	assert_int_equal(entry(vma, 0).pfn, DEVICE);
	assert_int_equal(vmf_insert_pfn(t, vma, vma->vm_end, DEVICE), VM_FAULT_SIGBUS);
}

static void vmf_insert_pfn_says_the_same_of_a_used_address(void **state)
{
	(void)state;
	run(body_codes);
}

/* A copy of the child's, after the parent's mapping began to show something else. */
static void body_rmap(struct task *t, void *arg)
{
	struct vm_area_struct *vma = map(t, BASE, 4, VM_WRITE);
	struct mm_struct *mm = task_mm(t), *child;
	struct page *page;
	unsigned flags;
	int error;

	(void)arg;
	assert_int_equal(remap_pfn_range(t, vma, BASE, DEVICE, 4 << PAGE_SHIFT, 0), 0);
	assert_int_equal(user_access(t, mm, BASE, true), 0);
	page = pfn_to_page(f.vm, entry(vma, 0).pfn);
	assert_true(page->flags & PG_anon);
	child = dup_mm(t, "child", &error);
	assert_non_null(child);
	assert_int_equal(page_mapcount(page), 2);
	assert_int_equal(zap_vma_ptes(t, vma, BASE, 4 << PAGE_SHIFT), 0);
	assert_int_equal(remap_pfn_range(t, vma, BASE, DEVICE + 100, 4 << PAGE_SHIFT, 0), 0);
	assert_int_equal(page_mapcount(page), 1);
	task_struct(t)->mm = child;
	assert_int_equal(user_access(t, child, BASE, false), 0); /* young */
	assert_int_equal(folio_referenced(f.vm, page, true, &flags), 1);
	exit_mm(t);
	task_struct(t)->mm = mm;
}

static void copies_are_found_after_a_mapping_shows_other_frames(void **state)
{
	(void)state;
	run(body_rmap);
}

static void body_nodes(struct task *t, void *arg)
{
	struct page *block = alloc_pages(t, GFP_KERNEL | __GFP_COMP, 2);
	struct vm_area_struct *vma = map(t, BASE, 4, VM_SHARED | VM_WRITE);
	struct mm_struct *mm = task_mm(t);

	(void)arg;
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    vm_insert_page(t, vma, BASE + ((uint64_t)i << PAGE_SHIFT), block + i), 0);
	assert_int_equal(block->refcount, 5);
	assert_int_equal(folio_mapcount(block), 4);
	assert_int_equal(page_mapcount(block + 3), 1);
	assert_int_equal(f.vm->nodes[0].stat.nr_mapped, 4);
	assert_int_equal(user_access(t, mm, BASE, true), 0);
	assert_false(block->flags & PG_dirty);
	assert_int_equal(do_munmap(t, mm, BASE, 1 << PAGE_SHIFT), 0);
	assert_true(block->flags & PG_dirty); /* the entry knew */
	assert_int_equal(block->refcount, 4);
	put_page(f.vm, t->cpu, block); /* the driver's; the program still has three */
	assert_int_equal(do_munmap(t, mm, BASE, 4 << PAGE_SHIFT), 0);
	assert_int_equal(block->refcount, 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_mapped, 0);
}

static void pages_of_a_compound_page_are_mapped_one_by_one(void **state)
{
	(void)state;
	run(body_nodes);
}

/* The driver's entry for a page of the cache is in no mapping of the file. */
static void body_migrate(struct task *t, void *arg)
{
	struct file *file = file_open(t, file_by_name(f.vm, "data"));
	struct vm_area_struct *vma = map(t, BASE, 4, VM_SHARED);
	struct page_list list = { 0 };
	int64_t pos = 0;
	struct page *page;

	(void)arg;
	assert_int_equal(generic_file_read_iter(t, file, &pos, PAGE_SIZE), PAGE_SIZE);
	page = find_get_page(&file->inode->mapping, 0);
	assert_int_equal(vm_insert_page(t, vma, BASE, page), 0);
	put_page(f.vm, t->cpu, page);
	lru_add_drain_all(f.vm);
	isolate_lru_page(f.vm, page);
	page_list_add(f.vm->mem_map, &list, page_to_pfn(f.vm, page));
	assert_int_equal(migrate_pages(t, &list, alloc_migration_target, NULL, NULL, MIGRATE_SYNC,
				       MR_COMPACTION, NULL),
			 1);
	putback_movable_pages(t, &list);
	assert_ptr_equal(find_get_page(&file->inode->mapping, 0), page);
	assert_int_equal(entry(vma, 0).pfn, page_to_pfn(f.vm, page));
	put_page(f.vm, t->cpu, page);
	assert_int_equal(do_munmap(t, task_mm(t), BASE, 4 << PAGE_SHIFT), 0);
	lru_add_drain_all(f.vm);
	isolate_lru_page(f.vm, page);
	page_list_add(f.vm->mem_map, &list, page_to_pfn(f.vm, page));
	assert_int_equal(migrate_pages(t, &list, alloc_migration_target, NULL, NULL, MIGRATE_SYNC,
				       MR_COMPACTION, NULL),
			 0);
	putback_movable_pages(t, &list);
	file_close(t, file);
}

static void a_page_that_a_driver_inserted_too_is_not_moved(void **state)
{
	(void)state;
	run(body_migrate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_mapped_before_memory_ran_out_is_taken_back),
		cmocka_unit_test(vmf_insert_pfn_says_the_same_of_a_used_address),
		cmocka_unit_test(copies_are_found_after_a_mapping_shows_other_frames),
		cmocka_unit_test(pages_of_a_compound_page_are_mapped_one_by_one),
		cmocka_unit_test(a_page_that_a_driver_inserted_too_is_not_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
