/*
 * test_tmpfs_random.c - programs that write, read, cut, punch, allocate and map files of a tmpfs at
 * random, beside one that reads all of them and a disk and so drives them into swap, and one that
 * switches swap off and on.
 *
 * Each program has a file of its own, of which a naive copy says how long it is, what was stored
 * last in each page (0: zeroes), and where a page of zeroes may be.  After every operation all
 * files are compared with it: what was stored is in a frame that cannot be dropped or in a place in
 * swap of its own, holes have no page, calls give back what they must.  All counts are taken afresh
 * again and again.  The first argument is a seed; FUZZ_OPS in the environment prolongs it.
 */
#include "models/linux/mappings/shmem_inode.h"
#include "models/linux/writeback/writeback.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/random_programs.h"

#define PROGRAMS 3
#define PAGES    1600 /* of a file at most */
#define OPS      400
#define SHARED   0x40100000ULL /* where a program has its file, shared and private */
#define PRIVATE  0x50000000ULL

#define MACHINE(memory, size, swap)                                                                \
	"machine: { nodes: [{ cpus: 2, memory: " memory " }, { cpus: 1, memory: 8 MiB }], "        \
	"disks: [{ name: sda, preset: nvme }, { name: sdb, preset: ssd }, "                        \
	"{ name: sdc, preset: ssd }] }\n"                                                          \
	"linux: { tmpfs: [{ name: tmp, size: " size " }], swap: " swap " }\n"                      \
	"files: [{ name: f0, disk: sda, size: 16 MiB }, { name: t0, fs: tmpfs }, "                 \
	"{ name: t1, fs: tmpfs, size: 1 MiB }, { name: t2, fs: tmpfs, mount: tmp }]\n"

static const char roomy[] =
    MACHINE("12 MiB", "64 MiB", "[{ disk: sdb, size: 64 MiB }, { disk: sdc, size: 64 MiB }]");
static const char full[] =
    MACHINE("12 MiB", "7 MiB", "[{ disk: sdb, size: 64 MiB }, { disk: sdc, size: 64 MiB }]");
static const char no_swap[] = MACHINE("24 MiB", "16 MiB", "[]");
static const char too_small[] =
    MACHINE("8 MiB", "0", "[{ disk: sdb, size: 1 MiB }, { disk: sdc, size: 1 MiB }]");

static struct fixture f;

struct program {
	struct random_program r;
	struct file *file;
	uint64_t size;
	int64_t version[PAGES];
	bool zeroes[PAGES]; /* a page that nobody stored to may be there */
};

static struct program *programs;
static int64_t last_store;
static int killed, refused, offs, moved, punched, allocated;

/* --- comparing --- */

static struct seen_keys seen;

/* A store through an entry is known to the page only when the entry goes. */
static bool dirty_entry(const struct program *p, uint64_t index)
{
	uint64_t addr = SHARED + (index << PAGE_SHIFT);
	const struct page_table *table = pte_table(p->r.mm, addr);

	return table && table->pte.bits[pte_index(addr)] & PTE_DIRTY;
}

static void verify_page(const struct program *p, uint64_t index)
{
	xa_entry e = xa_load(&p->file->inode->mapping.i_pages, index);
	const struct page *page;

	assert_true(e || !p->version[index]);
	if (!e)
		return;
	assert_true(p->version[index] || p->zeroes[index]);
	/* no two pages lie in one place */
	assert_null(seen_before(
	    &seen, xa_is_value(e) ? SWAP_KEY | radix_to_swp_entry(e).val : xa_to_object(e), 0));
	if (xa_is_value(e)) {
		assert_true(swap_swapcount(f.vm, radix_to_swp_entry(e)) == 1);
		return;
	}
	page = pfn_to_page(f.vm, xa_to_object(e));
	if (p->version[index] && !(page->flags & PG_locked)) {
		assert_true(page->flags & PG_uptodate);
		assert_true(page->flags & PG_dirty || dirty_entry(p, index));
	}
}

static void verify_all(void)
{
	seen_none(&seen);
	for (int k = 0; k < PROGRAMS; k++) {
		const struct program *p = &programs[k];

		if (!p->r.task || p->r.busy)
			continue;
		assert_int_equal(p->file->inode->i_size, p->size);
		for (uint64_t i = 0; i < PAGES; i++)
			verify_page(p, i);
	}
}

/* --- what programs do --- */

/* Whether there was room for all that everybody may have: then nothing may be refused. */
static bool room_for_all(void)
{
	uint64_t max = f.vm->tmpfs->v[0].max_blocks;

	return !max || max >= (uint64_t)PROGRAMS * PAGES;
}

static void check_refused(const struct task *t, int64_t r)
{
	refused++;
	if (r == -ENOSPC)
		assert_false(room_for_all());
	else
		assert_true(r == -ENOMEM || (r == -EINTR && t->killed));
}

static void do_write(struct task *t, struct program *p, uint64_t from, uint64_t len)
{
	int64_t pos = (int64_t)from, n;

	p->r.busy = true;
	n = generic_file_write_iter(t, p->file, &pos, len);
	p->r.busy = false;
	if (n < 0) {
		check_refused(t, n);
		return;
	}
	assert_true((uint64_t)n == len || !room_for_all() || t->killed);
	assert_true((uint64_t)n <= len && pos == (int64_t)from + n);
	for (uint64_t i = from >> PAGE_SHIFT; i << PAGE_SHIFT < from + (uint64_t)n; i++)
		p->version[i] = ++last_store;
	if (n)
		p->size = max_u64(p->size, from + (uint64_t)n);
}

static void do_read(struct task *t, struct program *p, uint64_t from, uint64_t len)
{
	uint64_t expected = from < p->size ? min_u64(len, p->size - from) : 0;
	int64_t pos = (int64_t)from, n = generic_file_read_iter(t, p->file, &pos, len);

	assert_true(n == (int64_t)expected || n == -ENOMEM || t->killed);
}

/* Bytes from..end are zeroes now: whole pages go, parts of pages are there as before. */
static void forget(struct program *p, uint64_t from, uint64_t end)
{
	for (uint64_t i = div_round_up(from, PAGE_SIZE); i < min_u64(PAGES, end >> PAGE_SHIFT);
	     i++) {
		p->version[i] = 0;
		p->zeroes[i] = false;
	}
}

static void cut(struct task *t, struct program *p, uint64_t size)
{
	p->r.busy = true;
	assert_int_equal(do_truncate(t, p->file->inode, (int64_t)size), 0);
	p->r.busy = false;
	if (size <= p->size)
		forget(p, size, UINT64_MAX);
	p->size = size;
}

static void punch(struct task *t, struct program *p, uint64_t from, uint64_t len)
{
	p->r.busy = true;
	assert_int_equal(vfs_punch_hole(t, p->file->inode, (int64_t)from, (int64_t)len), 0);
	p->r.busy = false;
	forget(p, from, from + len);
	punched++;
}

/* The same by madvise: of the mapping, in whole pages. */
static void remove_mapped(struct task *t, struct program *p, uint64_t first, uint64_t n)
{
	p->r.busy = true;
	assert_int_equal(
	    do_madvise(t, p->r.mm, SHARED + (first << PAGE_SHIFT), n << PAGE_SHIFT, MADV_REMOVE),
	    0);
	p->r.busy = false;
	forget(p, first << PAGE_SHIFT, (first + n) << PAGE_SHIFT);
}

static void allocate(struct task *t, struct program *p, uint64_t from, uint64_t len, bool keep_size)
{
	uint64_t first = from >> PAGE_SHIFT, end = div_round_up(from + len, PAGE_SIZE);
	int r;

	p->r.busy = true;
	r = vfs_fallocate(t, p->file->inode, keep_size, (int64_t)from, (int64_t)len);
	p->r.busy = false;
	for (uint64_t i = first; i < end; i++) {
		/* of what failed a page may be left that was in swap, or on its way */
		p->zeroes[i] = true;
		if (!r)
			assert_true(xa_load(&p->file->inode->mapping.i_pages, i) != 0);
	}
	if (r)
		check_refused(t, r);
	else if (!keep_size)
		p->size = max_u64(p->size, from + len);
	allocated += !r;
}

/* Stores, or looks, at addresses: behind the end there is nothing, in holes there are pages then.
 */
static void touch(struct task *t, struct program *p, uint64_t first, uint64_t n, bool write)
{
	for (uint64_t i = first; i < first + n && !t->killed; i++) {
		bool inside = i << PAGE_SHIFT < p->size;
		int r;

		p->r.busy = true;
		r = user_access(t, p->r.mm, SHARED + (i << PAGE_SHIFT), write);
		p->r.busy = false;
		p->zeroes[i] |= inside;
		if (!inside)
			assert_true(r == -EFAULT || r == -EINTR);
		else if (r == -EFAULT) /* -ENOSPC is a SIGBUS */
			assert_false(room_for_all());
		else
			assert_true(!r || r == -ENOMEM || r == -EINTR);
		if (!r && write)
			p->version[i] = ++last_store;
	}
}

/* Private copies are nobody's business. */
static void touch_private(struct task *t, struct program *p, uint64_t first, uint64_t n, bool write)
{
	for (uint64_t i = first; i < first + n && !t->killed; i++) {
		p->r.busy = true;
		(void)user_access(t, p->r.mm, PRIVATE + (i << PAGE_SHIFT), write);
		p->r.busy = false;
		p->zeroes[i] |= i << PAGE_SHIFT < p->size;
	}
}

static void advise(struct task *t, struct program *p, uint64_t first, uint64_t n)
{
	static const int advice[] = { MADV_DONTNEED, MADV_COLD, MADV_PAGEOUT, MADV_PAGEOUT,
				      MADV_WILLNEED };
	uint64_t base = below(&p->r, 3) ? SHARED : PRIVATE;

	assert_int_equal(do_madvise(t, p->r.mm, base + (first << PAGE_SHIFT), n << PAGE_SHIFT,
				    advice[below(&p->r, 5)]),
			 0);
}

/* A page goes to another frame. */
static void move(struct task *t, struct program *p, uint64_t index)
{
	xa_entry e = xa_load(&p->file->inode->mapping.i_pages, index);
	struct page_list list = { 0 };
	unsigned done = 0;
	struct page *page;

	if (!e || xa_is_value(e))
		return;
	page = pfn_to_page(f.vm, xa_to_object(e));
	if (!(page->flags & PG_lru))
		return;
	isolate_lru_page(f.vm, page);
	page_list_add(f.vm->mem_map, &list, page_to_pfn(f.vm, page));
	migrate_pages(t, &list, alloc_migration_target, NULL, NULL, MIGRATE_SYNC, MR_COMPACTION,
		      &done);
	moved += (int)done;
	putback_movable_pages(t, &list);
}

static void one_operation(struct task *t, struct program *p)
{
	uint64_t first = below(&p->r, PAGES), n = min_u64(1 + below(&p->r, 400), PAGES - first);
	uint64_t from = (first << PAGE_SHIFT) + (below(&p->r, 2) ? below(&p->r, PAGE_SIZE) : 0);
	uint64_t len = min_u64(1 + below(&p->r, n << PAGE_SHIFT), (PAGES << PAGE_SHIFT) - from);
	uint64_t kind = below(&p->r, 50);

	if (kind < 14)
		do_write(t, p, from, len);
	else if (kind < 20)
		do_read(t, p, from, len);
	else if (kind < 27)
		touch(t, p, first, n, true);
	else if (kind < 31)
		touch(t, p, first, n, false);
	else if (kind < 34)
		touch_private(t, p, first, n / 4 + 1, below(&p->r, 2));
	else if (kind < 36)
		cut(t, p, from);
	else if (kind < 39)
		punch(t, p, from, len);
	else if (kind < 40)
		remove_mapped(t, p, first, n / 4 + 1);
	else if (kind < 43)
		allocate(t, p, from, len, below(&p->r, 2));
	else if (kind < 47)
		advise(t, p, first, n);
	else if (kind < 49)
		move(t, p, first);
	else
		assert_int_equal(vfs_fsync(t, p->file, false), 0);
}

static void program(struct task *t, void *arg)
{
	struct program *p = arg;
	static const char *const names[] = { "t0", "t1", "t2" };
	uint64_t out;

	f.sc->personality->task_start(t);
	p->r.mm = task_mm(t);
	p->file = file_open(t, file_by_name(f.vm, names[p - programs]));
	p->size = p->file->inode->i_size;
	assert_int_equal(
	    do_mmap(t, p->file, SHARED, PAGES << PAGE_SHIFT, VM_SHARED | VM_WRITE, 0, &out), 0);
	assert_int_equal(do_mmap(t, p->file, PRIVATE, PAGES << PAGE_SHIFT, VM_WRITE, 0, &out), 0);
	p->r.busy = false;
	for (; p->r.ops > 0 && !t->killed; p->r.ops--) {
		one_operation(t, p);
		random_program_checked(&f, t, &p->r, verify_all);
	}
	killed += t->killed;
	p->r.busy = true;
	assert_int_equal(do_truncate(t, p->file->inode, 0), 0);
	assert_int_equal(SHMEM_I(p->file->inode)->acct, 0);
	p->r.task = NULL;
	f.sc->personality->task_exit(t);
	file_close(t, p->file);
}

/* Reads a file on a disk, and all on the tmpfs, again and again: memory is pressed upon. */
static void reader(struct task *t, void *arg)
{
	static const char *const names[] = { "f0", "f0", "f0", "t0", "t1", "t2" };
	struct file *file[6];
	int64_t pos[6] = { 0 };

	(void)arg;
	f.sc->personality->task_start(t);
	for (int i = 0; i < 6; i++)
		file[i] = file_open(t, file_by_name(f.vm, names[i]));
	for (int i = 0; i < 4000 && !t->killed; i++) {
		if (generic_file_read_iter(t, file[i % 6], &pos[i % 6], 64 << 10) <= 0)
			pos[i % 6] = 0;
		if (i % 500 == 499)
			drop_pagecache(t);
		task_sleep(t, NS_PER_MS / 20);
	}
	for (int i = 0; i < 6; i++)
		file_close(t, file[i]);
	f.sc->personality->task_exit(t);
}

static void admin(struct task *t, void *arg)
{
	(void)arg;
	switch_off_in_turn(&f, t, &offs, verify_all);
}

static void one_round(const char *machine, uint64_t seed)
{
	fixture_boot(&f, machine);
	programs = sim_calloc(PROGRAMS, sizeof(*programs));
	killed = refused = offs = moved = punched = allocated = 0;
	last_store = 0;
	for (int i = 0; i < PROGRAMS; i++)
		random_program_spawn(&f, &programs[i].r, seed, i, OPS, program);
	task_spawn(f.s, &f.s->cpus[2], "reader", 0, reader, NULL);
	task_spawn(f.s, &f.s->cpus[1], "admin", 0, admin, NULL);
	f.s->end_with_tasks = true;
	sim_run(f.s, FOREVER);
	fixture_check(&f);
	FOR_EACH_NODE (f.vm, node) {
		assert_int_equal(node->nr_shmem, 0);
		assert_int_equal(node->stat.nr_dirty, 0);
		assert_int_equal(node->stat.nr_dirtied, 0);
	}
	assert_int_equal(nr_shmem_swapped(f.vm), 0);
	assert_int_equal(f.vm->tmpfs->v[0].used_blocks, 0);
	assert_int_equal(f.vm->stat.committed_as, 0);
	print_message("seed %llu: %d killed, %d refused, %d punched, %d allocated, %d moved, "
		      "%d swapoffs, %lld stores, %lld out, %lld in\n",
		      (unsigned long long)seed, killed, refused, punched, allocated, moved, offs,
		      (long long)last_store, (long long)f.vm->stat.pswpout,
		      (long long)f.vm->stat.pswpin);
	assert_true(punched > 0 && allocated > 0 && moved > 0);
	assert_true(machine != roomy || (f.vm->stat.pswpout > 0 && f.vm->stat.pswpin > 0));
	assert_true(machine != full || refused > 0);
	assert_true(machine != too_small || seed != 1 || killed > 0); /* of others not always */
	sim_free(programs);
	fixture_end(&f);
}

static uint64_t first_seed = 1;

static void files_hold_what_was_stored(void **state)
{
	uint64_t rounds = random_rounds(2400, PROGRAMS * OPS);

	(void)state;
	for (uint64_t i = 0; i < rounds; i++)
		one_round(roomy, first_seed + i);
}

static void a_full_one_refuses_and_loses_nothing(void **state)
{
	(void)state;
	one_round(full, first_seed);
}

static void without_swap_all_stays_in_memory(void **state)
{
	(void)state;
	one_round(no_swap, first_seed);
}

static void those_who_are_left_lose_nothing(void **state)
{
	(void)state;
	one_round(too_small, first_seed);
}

/* --- a file that is cut while others make pages of it --- */

static int cutters;

static void cutter(struct task *t, void *arg)
{
	struct program p = { .r.random = first_seed };
	struct inode *inode = file_by_name(f.vm, "t0");

	(void)arg;
	f.sc->personality->task_start(t);
	for (int i = 0; i < 3000 && !t->killed; i++) {
		assert_int_equal(do_truncate(t, inode, (int64_t)below(&p.r, PAGES << PAGE_SHIFT)),
				 0);
		task_sleep(t, below(&p.r, NS_PER_MS));
		fixture_check(&f); /* what was made meanwhile lies inside */
	}
	assert_int_equal(do_truncate(t, inode, 0), 0);
	cutters--;
	f.sc->personality->task_exit(t);
}

static void toucher(struct task *t, void *arg)
{
	struct program p = { .r.random = first_seed + (uint64_t)(arg != NULL) };
	uint64_t out;

	f.sc->personality->task_start(t);
	p.file = file_open(t, file_by_name(f.vm, "t0"));
	assert_int_equal(
	    do_mmap(t, p.file, SHARED, PAGES << PAGE_SHIFT, VM_SHARED | VM_WRITE, 0, &out), 0);
	/* memory of its own presses upon memory, so that making a page takes its time */
	assert_int_equal(do_mmap(t, NULL, PRIVATE, PAGES << PAGE_SHIFT, VM_WRITE, 0, &out), 0);
	while (cutters && !t->killed) {
		uint64_t base = below(&p.r, 2) ? SHARED : PRIVATE;
		int r = user_access(t, task_mm(t), base + (below(&p.r, PAGES) << PAGE_SHIFT),
				    base == PRIVATE || below(&p.r, 2));

		assert_true(!r || r == -EFAULT || r == -ENOMEM || r == -EINTR);
		cond_resched(t);
	}
	file_close(t, p.file);
	f.sc->personality->task_exit(t);
}

static void nobody_gets_a_page_behind_the_end(void **state)
{
	(void)state;
	fixture_boot(&f, too_small);
	cutters = 1;
	task_spawn(f.s, &f.s->cpus[0], "cutter", 0, cutter, NULL);
	task_spawn(f.s, &f.s->cpus[1], "toucher", 0, toucher, NULL);
	task_spawn(f.s, &f.s->cpus[2], "toucher", 0, toucher, &f);
	task_spawn(f.s, &f.s->cpus[2], "reader", 0, reader, NULL);
	f.s->end_with_tasks = true;
	sim_run(f.s, FOREVER);
	fixture_check(&f);
	assert_int_equal(f.vm->tmpfs->v[0].used_blocks, 0);
	assert_true(f.vm->stat.pswpout > 0);
	fixture_end(&f);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_hold_what_was_stored),
		cmocka_unit_test(a_full_one_refuses_and_loses_nothing),
		cmocka_unit_test(without_swap_all_stays_in_memory),
		cmocka_unit_test(those_who_are_left_lose_nothing),
		cmocka_unit_test(nobody_gets_a_page_behind_the_end),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
