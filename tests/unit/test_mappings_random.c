/*
 * test_mappings_random.c - programs that map, use, advise and unmap the same files at random, while
 * others read, write, unmap ranges, move pages and press on memory; all counts are taken afresh
 * again and again.  The first argument is a seed; FUZZ_OPS in the environment prolongs it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "models/linux/alloc/migrate.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/pagecache/truncate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/fixture.h"

#define NR_PROGRAMS 5
#define NR_FILES    3
#define NR_MAPS     4
#define FILE_PAGES  4096
#define OPS         2000

static const char machine[] =
    "machine: { nodes: [{ cpus: 2, memory: 24 MiB }, { cpus: 1, memory: 16 MiB }], "
    "disks: [{ name: sda, preset: nvme }] }\n"
    "files: [{ name: f0, disk: sda, size: 16 MiB }, { name: f1, disk: sda, size: 16 MiB }, "
    "{ name: f2, disk: sda, size: 16 MiB, fs: xfs }]\n"
    "queue: { sda: { read_ahead_kb: 64 } }\n";

static struct fixture f;

struct program {
	uint64_t random;
	struct file *file[NR_FILES];
	struct {
		uint64_t addr, len; /* len 0: not mapped */
		bool write;
	} map[NR_MAPS];
};

static uint64_t below(struct program *p, uint64_t n)
{
	p->random = p->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (p->random >> 33) % n;
}

static void use_map(struct task *t, struct program *p, int m)
{
	struct mm_struct *mm = task_mm(t);
	uint64_t addr = p->map[m].addr, pages = p->map[m].len >> PAGE_SHIFT;
	uint64_t at = below(p, pages), n = min_u64(1 + below(p, 300), pages - at);
	static const int advice[] = { MADV_NORMAL,   MADV_RANDOM,   MADV_SEQUENTIAL,
				      MADV_WILLNEED, MADV_DONTNEED, MADV_HUGEPAGE };
	bool write = p->map[m].write && below(p, 2);
	uint64_t kind = below(p, 20);

	if (kind < 14) {
		/* parts may have been given back: an error is fine */
		for (uint64_t i = 0; i < n; i++)
			(void)user_access(t, mm, addr + ((at + i) << PAGE_SHIFT), write);
	} else if (kind < 16) {
		(void)do_madvise(t, mm, addr + (at << PAGE_SHIFT), n << PAGE_SHIFT,
				 advice[below(p, 6)]);
	} else if (kind < 17) {
		(void)do_msync(t, mm, addr, p->map[m].len);
	} else if (kind < 18) {
		assert_int_equal(do_munmap(t, mm, addr + (at << PAGE_SHIFT), n << PAGE_SHIFT), 0);
	} else {
		assert_int_equal(do_munmap(t, mm, addr, p->map[m].len), 0);
		p->map[m].len = 0;
	}
}

static void make_map(struct task *t, struct program *p, int m)
{
	uint64_t offset = below(p, FILE_PAGES), pages = 1 + below(p, FILE_PAGES);
	unsigned flags = below(p, 4) ? VM_SHARED : VM_EXEC;

	p->map[m].write = (flags & VM_SHARED) && below(p, 2);
	if (p->map[m].write)
		flags |= VM_WRITE;
	/* some pages may lie behind the end of the file */
	if (!do_mmap(t, p->file[below(p, NR_FILES)], 0, pages << PAGE_SHIFT, flags,
		     offset << PAGE_SHIFT, &p->map[m].addr))
		p->map[m].len = pages << PAGE_SHIFT;
}

/* A page of the cache goes to another frame. */
static void move_page(struct task *t, struct address_space *m, uint64_t index)
{
	xa_entry e = xa_load(&m->i_pages, index);
	struct page_list list = { 0 };
	struct page *page;

	if (!e || xa_is_value(e))
		return;
	page = page_folio(mapping_page(m, e));
	if (!(page->flags & PG_lru) || (page->flags & PG_head))
		return;
	isolate_lru_page(f.vm, page);
	page_list_add(f.vm->mem_map, &list, page_to_pfn(f.vm, page));
	migrate_pages(t, &list, alloc_migration_target, NULL, NULL, MIGRATE_SYNC, MR_COMPACTION,
		      NULL);
	putback_movable_pages(t, &list);
}

static void use_file(struct task *t, struct program *p)
{
	struct file *file = p->file[below(p, NR_FILES)];
	struct address_space *m = &file->inode->mapping;
	uint64_t page = below(p, FILE_PAGES), n = 1 + below(p, 300);
	int64_t pos = (int64_t)(page << PAGE_SHIFT);

	switch (below(p, 11)) {
	case 0:
	case 1:
		(void)generic_file_read_iter(t, file, &pos, n << PAGE_SHIFT);
		break;
	case 2:
		(void)generic_file_write_iter(t, file, &pos, (n << PAGE_SHIFT) / 4);
		break;
	case 3:
		unmap_mapping_pages(t, m, page, n, below(p, 2));
		break;
	case 4:
		unmap_mapping_range(t, m, pos + 100, (int64_t)(n << PAGE_SHIFT), true);
		break;
	case 5:
		move_page(t, m, page);
		break;
	case 6:
		inode_lock(t, file->inode);
		truncate_pagecache_range(t, file->inode, pos + 7,
					 pos + (int64_t)(n << PAGE_SHIFT) - 1);
		inode_unlock(t, file->inode);
		break;
	case 7:
		(void)invalidate_inode_pages2_range(t, m, page, page + n);
		break;
	case 8:
		inode_lock(t, file->inode);
		truncate_setsize(t, file->inode, pos + (int64_t)below(p, PAGE_SIZE));
		inode_unlock(t, file->inode);
		break;
	case 9:
		inode_lock(t, file->inode);
		truncate_setsize(t, file->inode, FILE_PAGES << PAGE_SHIFT);
		inode_unlock(t, file->inode);
		break;
	default:
		invalidate_mapping_pages(t, m, page, page + n);
		break;
	}
}

static void program(struct task *t, void *arg)
{
	struct program *p = arg;

	f.sc->personality->task_start(t);
	for (int i = 0; i < NR_FILES; i++) {
		char name[] = { 'f', (char)('0' + i), 0 };

		p->file[i] = file_open(t, file_by_name(f.vm, name));
	}
	for (int op = 0; op < OPS; op++) {
		int m = (int)below(p, NR_MAPS);

		if (below(p, 4) == 0)
			use_file(t, p);
		else if (p->map[m].len)
			use_map(t, p, m);
		else
			make_map(t, p, m);
		if (op % 25 == 0)
			fixture_check(&f);
		cond_resched(t);
	}
	/* half of them leave their mappings to exit */
	for (int m = 0; m < NR_MAPS && below(p, 2); m++)
		if (p->map[m].len)
			assert_int_equal(do_munmap(t, task_mm(t), p->map[m].addr, p->map[m].len),
					 0);
	f.sc->personality->task_exit(t);
}

static void one_round(uint64_t seed)
{
	struct program programs[NR_PROGRAMS] = { 0 };

	fixture_boot(&f, machine);
	for (int i = 0; i < NR_PROGRAMS; i++) {
		programs[i].random = seed * 1000 + (uint64_t)i;
		task_spawn(f.s, &f.s->cpus[i % f.s->nr_cpus], "program", 0, program, &programs[i]);
	}
	f.s->end_with_tasks = true;
	sim_run(f.s, FOREVER);
	fixture_check(&f);
	assert_int_equal(f.vm->nodes[0].stat.nr_mapped + f.vm->nodes[1].stat.nr_mapped, 0);
	assert_int_equal(f.vm->nodes[0].stat.nr_page_table_pages, 0);
	assert_int_equal(f.vm->nodes[1].stat.nr_page_table_pages, 0);
	assert_true(f.vm->stat.pgsteal_kswapd + f.vm->stat.pgsteal_direct > 0);
	fixture_end(&f);
}

static uint64_t first_seed = 1;

static void all_counts_hold_whatever_programs_do(void **state)
{
	const char *ops = getenv("FUZZ_OPS");
	uint64_t rounds = div_round_up(ops ? strtoull(ops, NULL, 10) : 30000, NR_PROGRAMS * OPS);

	(void)state;
	for (uint64_t i = 0; i < rounds; i++)
		one_round(first_seed + i);
	print_message("%llu operations, seed %llu\n",
		      (unsigned long long)(rounds * NR_PROGRAMS * OPS),
		      (unsigned long long)first_seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_counts_hold_whatever_programs_do),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
