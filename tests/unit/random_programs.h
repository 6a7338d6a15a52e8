/*
 * random_programs.h - programs that use memory at random beside one that reads files: what tests
 * with naive copies of their pages share
 *
 * What a page holds is the test's own; its struct program begins with a random_program.
 */
#ifndef MMSIM_TESTS_RANDOM_PROGRAMS_H
#define MMSIM_TESTS_RANDOM_PROGRAMS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/alloc/migrate.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/swap/swap.h"
#include "models/linux/task.h"
#include "tests/unit/fixture.h"

/* Two nodes with three CPUs; disks sda (with the file f0), sdb and sdc. */
#define RANDOM_MACHINE(first, second, third, rest)                                                 \
	"machine: { nodes: [{ cpus: 2, memory: " first " }, { cpus: 1, memory: " second " }], "    \
	"disks: [{ name: sda, preset: nvme }, { name: sdb, preset: ssd }, "                        \
	"{ name: sdc, preset: " third " }] }\n"                                                    \
	"files: [{ name: f0, disk: sda, size: 16 MiB }]\n" rest

struct random_program {
	uint64_t random;
	struct task *task; /* NULL: the place is free */
	struct mm_struct *mm;
	bool busy; /* an operation on a range is under way: what it shows is not known */
	int ops;   /* still to do */
};

static inline uint64_t below(struct random_program *p, uint64_t n)
{
	p->random = p->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (p->random >> 33) % n;
}

/* Of the pages that programs play with. */
static inline uint64_t addr_of(uint64_t page)
{
	return 0x40100000ULL + (page << PAGE_SHIFT);
}

/* --- where contents lie: frames, and places in swap --- */

#define SWAP_KEY  (1ULL << 32) /* beside the number of a place in swap */
#define SEEN_SIZE (1U << 15)   /* a power of two, at least twice as many as there are pages */

struct seen {
	uint64_t key;
	int64_t content;
	unsigned round; /* in which it was seen: what is of an earlier one is nothing */
};

/* Sorting the keys instead would take most of the time of these tests. */
struct seen_keys {
	struct seen v[SEEN_SIZE];
	unsigned round; /* from 1 on */
};

static inline void seen_none(struct seen_keys *s)
{
	s->round++;
}

/* Notes what lies in a place.  NULL: nobody had named that place yet; else what was noted first. */
static inline const int64_t *seen_before(struct seen_keys *s, uint64_t key, int64_t content)
{
	size_t i = (size_t)((key * 0x9e3779b97f4a7c15ULL) >> 32);

	for (unsigned n = 0; n < SEEN_SIZE; n++, i++) {
		struct seen *e = &s->v[i % SEEN_SIZE];

		if (e->round != s->round) {
			*e = (struct seen){ key, content, s->round };
			return NULL;
		}
		if (e->key == key)
			return &e->content;
	}
	fail_msg("more than %u places", SEEN_SIZE);
	return NULL;
}

/* The program that is number i of those a round begins with. */
static inline void random_program_spawn(struct fixture *f, struct random_program *p, uint64_t seed,
					int i, int ops, task_fn *fn)
{
	p->random = seed * 1000 + (uint64_t)i;
	p->ops = ops;
	p->busy = true;
	p->task = task_spawn(f->s, &f->s->cpus[i % f->s->nr_cpus], "program", 0, fn, p);
}

/* After each operation: all that the naive model knows, now and then all checks; others run. */
static inline void random_program_checked(struct fixture *f, struct task *t,
					  const struct random_program *p, void (*verify)(void))
{
	verify();
	if (p->ops % 25 == 0)
		fixture_check(f);
	cond_resched(t);
}

/* Takes a place for a child, which is not known yet.  NULL: there is none, for *error. */
static inline void *random_program_fork(struct fixture *f, struct task *t, struct random_program *p,
					struct random_program *child, int *error)
{
	void *kernel;

	child->task = t;
	child->mm = p->mm;
	child->busy = true;
	p->busy = true;
	kernel = f->sc->personality->task_fork(t, "child", error);
	p->busy = false;
	if (!kernel)
		child->task = NULL;
	return kernel;
}

/* The child, a copy of its parent by now, is number nth of all and runs. */
static inline void random_program_start(struct fixture *f, struct random_program *p,
					struct random_program *child, int nth, void *kernel,
					task_fn *fn)
{
	child->random += (uint64_t)nth;
	child->ops = p->ops / 2;
	child->task =
	    task_spawn(f->s, &f->s->cpus[below(p, (uint64_t)f->s->nr_cpus)], "child", 0, fn, child);
	child->task->kernel = kernel;
	f->sc->personality->task_start(child->task);
	child->mm = task_struct(child->task)->mm;
}

/* Locks or unlocks pages, up to the first that is not mapped. */
static inline void lock_pages(struct task *t, struct mm_struct *mm, uint64_t first, uint64_t n,
			      bool on)
{
	if (on)
		(void)do_mlock(t, mm, addr_of(first), n << PAGE_SHIFT, VM_LOCKED);
	else
		(void)do_munlock(t, mm, addr_of(first), n << PAGE_SHIFT);
}

/* A page of a program goes to another frame, unless it is a part of a huge one. */
static inline bool move_page(struct linux_vm *vm, struct task *t, struct mm_struct *mm, uint64_t i)
{
	struct page_table *table = pte_table(mm, addr_of(i));
	struct pte pte = table ? pte_get(table, pte_index(addr_of(i))) : (struct pte){ 0 };
	struct page *page = pfn_to_page(vm, pte.pfn);
	struct page_list list = { 0 };
	unsigned done = 0;

	if ((pte.bits & (PTE_PRESENT | PTE_SPECIAL)) != PTE_PRESENT || !(page->flags & PG_lru) ||
	    (page->flags & (PG_head | PG_tail)))
		return false;
	isolate_lru_page(vm, page);
	page_list_add(vm->mem_map, &list, pte.pfn);
	migrate_pages(t, &list, alloc_migration_target, NULL, NULL, MIGRATE_SYNC, MR_COMPACTION,
		      &done);
	putback_movable_pages(t, &list);
	return done;
}

/* Reads f0 again and again: the memory of programs is pressed upon.  drop: the cache, at times. */
static inline void read_again_and_again(struct fixture *f, struct task *t, bool drop)
{
	struct file *file;
	int64_t pos = 0;

	f->sc->personality->task_start(t);
	file = file_open(t, file_by_name(f->vm, "f0"));
	for (int i = 0; i < 3000 && !t->killed; i++) {
		if (!generic_file_read_iter(t, file, &pos, 64 << 10))
			pos = 0;
		if (drop && i % 500 == 499)
			drop_pagecache(t);
		task_sleep(t, NS_PER_MS / 20);
	}
	file_close(t, file);
	f->sc->personality->task_exit(t);
}

/* Switches sdb and sdc off in turn: whatever is in one comes back, or goes to the other, and verify
 * finds it.  *offs grows each time. */
static inline void switch_off_in_turn(struct fixture *f, struct task *t, int *offs,
				      void (*verify)(void))
{
	static const char *const areas[] = { "sdb", "sdc" };

	f->sc->personality->task_start(t);
	for (int i = 0; i < 6 && !t->killed && f->vm->swap; i++) {
		int r;

		task_sleep(t, 20 * NS_PER_MS);
		r = swapoff(t, areas[i % 2]);
		assert_true(r == 0 || r == -ENOMEM || r == -EINTR);
		if (r == 0) {
			++*offs;
			verify();
			assert_int_equal(swapon(t, areas[i % 2]), 0);
		}
	}
	f->sc->personality->task_exit(t);
}

/* Rounds of so many operations: FUZZ_OPS in the environment, or by itself. */
static inline uint64_t random_rounds(uint64_t by_itself, uint64_t each)
{
	const char *ops = getenv("FUZZ_OPS");

	return div_round_up(ops ? strtoull(ops, NULL, 10) : by_itself, each);
}
#endif
