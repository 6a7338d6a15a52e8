/*
 * test_shmem_random.c - programs that share memory, store, advise, lock, cut, unmap and fork at
 * random, beside one that reads files and so drives all of them into swap, and one that switches
 * swap off and on.
 *
 * A naive copy of each region says what each of its pages holds: 0 zeroes, a positive number the
 * store that was the last.  After every operation every region is compared with it: what was stored
 * is in a frame that cannot be dropped, or in a place in swap of its own; every program that maps a
 * page sees the one frame of it; regions that nobody maps are gone.  All counts are taken afresh
 * again and again.  The first argument is a seed; FUZZ_OPS in the environment prolongs it.
 */
#include <errno.h>

#include "models/linux/conf.h"
#include "models/linux/mappings/shmem_inode.h"
#include "models/linux/swap/swap.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/random_programs.h"

#define MAX_PROGRAMS 8
#define MAX_REGIONS  200
#define PAGES        2048 /* that each program plays with */
#define OPS          300

#define SWAP(second, third)                                                                        \
	"linux: { swap: [{ disk: sdb, size: " second " }, { disk: sdc, size: " third " }] }\n"

static const char *const machines[] = {
	RANDOM_MACHINE("12 MiB", "8 MiB", "ssd", SWAP("96 MiB", "64 MiB")),
	RANDOM_MACHINE("12 MiB", "8 MiB", "hdd", SWAP("4 MiB", "96 MiB")),
};

static const char too_small[] = RANDOM_MACHINE("9 MiB", "6 MiB", "ssd", SWAP("1 MiB", "512 KiB"));

static struct fixture f;

struct region {
	struct inode *inode; /* NULL: the place is free */
	int pages, uses;     /* uses: pages of programs that show it */
	int64_t version[PAGES];
	int cutting[PAGES]; /* programs that are making a hole there */
};

/* What a page of a program shows. */
struct naive_page {
	struct region *region; /* NULL: nothing, or memory of its own */
	int index;
	bool mapped, locked;
};

struct program {
	struct random_program r;
	struct naive_page page[PAGES];
};

static struct program *programs; /* MAX_PROGRAMS of them */
static struct region *regions;   /* MAX_REGIONS of them */
static int64_t last_store;
static int forks, killed, cuts, offs, moved;

/* --- comparing --- */

static struct seen_keys seen;

/* Whether a program has stored through its entry: the page is dirty, and need not know yet. */
static bool dirty_entry(const struct region *r, uint64_t index)
{
	LIST_FOR_EACH (pos, &r->inode->mapping.i_mmap) {
		const struct vm_area_struct *vma = LIST_ENTRY(pos, struct vm_area_struct, i_mmap);
		uint64_t addr = vma->vm_start + ((index - vma->vm_pgoff) << PAGE_SHIFT);
		const struct page_table *table;

		if (vma->dead || index < vma->vm_pgoff || index >= vma->vm_pgoff + vma_pages(vma))
			continue;
		table = pte_table(vma->vm_mm, addr);
		if (table && table->pte.bits[pte_index(addr)] & PTE_DIRTY)
			return true;
	}
	return false;
}

static void verify_region_page(struct region *r, int index)
{
	xa_entry e = xa_load(&r->inode->mapping.i_pages, (uint64_t)index);

	if (!e) {
		if (r->cutting[index])
			r->version[index] =
			    0; /* what was stored since the cut began is gone, too */
		assert_int_equal(r->version[index], 0);
		return;
	}
	/* no two pages lie in one place */
	assert_null(seen_before(
	    &seen, xa_is_value(e) ? SWAP_KEY | radix_to_swp_entry(e).val : xa_to_object(e), 0));
	if (xa_is_value(e)) {
		assert_true(swap_swapcount(f.vm, radix_to_swp_entry(e)) == 1);
	} else {
		const struct page *page = pfn_to_page(f.vm, xa_to_object(e));

		assert_true(page->flags & PG_locked || page->flags & PG_uptodate);
		if (r->version[index] && !(page->flags & (PG_dirty | PG_locked)))
			assert_true(dirty_entry(r, (uint64_t)index));
	}
}

/* Each program shows the frames of its regions. */
static void verify_program(struct program *p)
{
	for (uint64_t i = 0; i < PAGES; i++) {
		const struct naive_page *n = &p->page[i];
		const struct page_table *table = pte_table(p->r.mm, addr_of(i));
		struct pte pte = table ? pte_get(table, pte_index(addr_of(i))) : (struct pte){ 0 };

		if (!n->mapped)
			assert_int_equal(pte.bits, 0);
		if (!n->region || !pte.bits)
			continue;
		assert_true(pte.bits & PTE_PRESENT);
		assert_true(xa_load(&n->region->inode->mapping.i_pages, (uint64_t)n->index) ==
			    xa_object(pte.pfn));
	}
}

static void verify_all(void)
{
	int live = 0, files = 0;
	bool quiet = true;

	seen_none(&seen);
	for (int k = 0; k < MAX_PROGRAMS; k++) {
		struct program *p = &programs[k];

		quiet &= !p->r.task || (!p->r.busy && !p->r.task->killed);
		if (p->r.task && !p->r.busy && !p->r.mm->exited && !p->r.task->killed)
			verify_program(p);
	}
	for (int k = 0; k < MAX_REGIONS; k++) {
		struct region *r = &regions[k];

		for (int i = 0; r->inode && i < r->pages; i++)
			verify_region_page(r, i);
		live += r->inode != NULL;
	}
	for (int i = 0; f.vm->shmem && i < f.vm->shmem->n; i++)
		files += f.vm->shmem->v[i] != NULL;
	if (quiet)
		assert_int_equal(files, live);
}

/* --- regions --- */

/* Before a page of a program stops to show one: with the last the file goes. */
static void forget(struct naive_page *n)
{
	if (n->region && !--n->region->uses)
		n->region->inode = NULL;
	memset(n, 0, sizeof(*n));
}

static struct region *new_region(struct inode *inode, uint64_t pages)
{
	for (int k = 0; k < MAX_REGIONS; k++) {
		if (regions[k].inode)
			continue;
		memset(&regions[k], 0, sizeof(regions[k]));
		regions[k].inode = inode;
		regions[k].pages = regions[k].uses = (int)pages;
		return &regions[k];
	}
	fail_msg("too many regions");
	return NULL;
}

/* --- what programs do --- */

static void touch(struct task *t, struct program *p, uint64_t first, uint64_t n, bool write)
{
	for (uint64_t i = first; i < first + n && !t->killed; i++) {
		struct naive_page *np = &p->page[i];
		int r = user_access(t, p->r.mm, addr_of(i), write);

		if (!np->mapped)
			assert_true(r == -EFAULT || r == -EINTR);
		else
			assert_true(!r || r == -ENOMEM || r == -EINTR);
		if (!r && write && np->region)
			np->region->version[np->index] = ++last_store;
	}
}

static void map(struct task *t, struct program *p, uint64_t first, uint64_t n, bool shared)
{
	struct region *r = NULL;
	unsigned flags = VM_WRITE | (shared ? VM_SHARED : 0);
	uint64_t out;

	for (uint64_t i = first; i < first + n; i++)
		if (p->page[i].mapped)
			return;
	if (below(&p->r, 3) == 0)
		flags |= VM_NORESERVE;
	p->r.busy = true;
	if (!do_mmap(t, NULL, addr_of(first), n << PAGE_SHIFT, flags, 0, &out)) {
		if (shared)
			r = new_region(vma_lookup(p->r.mm, out)->vm_file->inode, n);
		for (uint64_t i = 0; i < n; i++)
			p->page[first + i] =
			    (struct naive_page){ .mapped = true, .region = r, .index = (int)i };
	}
	p->r.busy = false;
}

/* A hole in a region: those who look find zeroes.  Others may store before the call comes back. */
static void cut(struct task *t, struct program *p, uint64_t first, uint64_t n)
{
	struct region *r = p->page[first].region;

	for (uint64_t i = first; i < first + n; i++)
		if (!r || p->page[i].region != r || p->page[i].locked)
			return;
	for (uint64_t i = first; i < first + n; i++) {
		r->version[p->page[i].index] = 0;
		r->cutting[p->page[i].index]++;
	}
	p->r.busy = true;
	assert_int_equal(do_madvise(t, p->r.mm, addr_of(first), n << PAGE_SHIFT, MADV_REMOVE), 0);
	cuts++;
	p->r.busy = false;
	for (uint64_t i = first; i < first + n; i++) {
		/* what others stored meanwhile may be there or not */
		int index = p->page[i].index;

		r->cutting[index]--;
		if (!xa_load(&r->inode->mapping.i_pages, (uint64_t)index))
			r->version[index] = 0;
	}
}

static void advise(struct task *t, struct program *p, uint64_t first, uint64_t n)
{
	static const int advice[] = { MADV_DONTNEED, MADV_FREE,     MADV_COLD,   MADV_PAGEOUT,
				      MADV_PAGEOUT,  MADV_WILLNEED, MADV_RANDOM, MADV_NORMAL };
	int a = advice[below(&p->r, 8)], r;
	bool all = true, any_shared = false, locked = false;

	for (uint64_t i = first; i < first + n; i++) {
		all &= p->page[i].mapped;
		any_shared |= p->page[i].region != NULL;
		locked |= p->page[i].locked;
	}
	r = do_madvise(t, p->r.mm, addr_of(first), n << PAGE_SHIFT, a);
	if (any_shared && a == MADV_FREE)
		assert_int_equal(r, -EINVAL);
	else if (all && !locked)
		assert_int_equal(r, 0);
}

static void lock(struct task *t, struct program *p, uint64_t first, uint64_t n, bool on)
{
	lock_pages(t, p->r.mm, first, n, on);
	for (uint64_t i = first; i < first + n && p->page[i].mapped; i++)
		p->page[i].locked = on;
}

static void unmap(struct task *t, struct program *p, uint64_t first, uint64_t n)
{
	p->r.busy = true;
	for (uint64_t i = first; i < first + n; i++)
		forget(&p->page[i]);
	assert_int_equal(do_munmap(t, p->r.mm, addr_of(first), n << PAGE_SHIFT), 0);
	p->r.busy = false;
}

static void program(struct task *t, void *arg);

static void fork_program(struct task *t, struct program *p)
{
	struct program *child = NULL;
	int error = 0;
	void *kernel;

	for (int k = 0; k < MAX_PROGRAMS && !child; k++)
		if (!programs[k].r.task)
			child = &programs[k];
	if (!child || p->r.ops < OPS / 8)
		return;
	memset(child->page, 0, sizeof(child->page));
	kernel = random_program_fork(&f, t, &p->r, &child->r, &error);
	if (!kernel) {
		assert_true(error == -ENOMEM || error == -EINTR);
		return;
	}
	*child = *p;
	forks++;
	for (int i = 0; i < PAGES; i++) {
		child->page[i].locked = false;
		if (child->page[i].region)
			child->page[i].region->uses++;
	}
	random_program_start(&f, &p->r, &child->r, forks, kernel, program);
}

static void one_operation(struct task *t, struct program *p)
{
	uint64_t first = below(&p->r, PAGES), n = min_u64(1 + below(&p->r, 500), PAGES - first);
	uint64_t kind = below(&p->r, 44);

	if (kind < 14)
		touch(t, p, first, n, true);
	else if (kind < 20)
		touch(t, p, first, n, false);
	else if (kind < 30)
		map(t, p, first, n, below(&p->r, 5) != 0);
	else if (kind < 34)
		advise(t, p, first, n);
	else if (kind < 35)
		lock(t, p, first, n / 16 + 1, true);
	else if (kind < 37)
		lock(t, p, first, n, false);
	else if (kind < 38)
		unmap(t, p, first, n);
	else if (kind < 39)
		cut(t, p, first, n / 8 + 1);
	else if (kind < 43)
		moved += move_page(f.vm, t, p->r.mm, first);
	else
		fork_program(t, p);
}

static void program(struct task *t, void *arg)
{
	struct program *p = arg;

	if (!t->kernel)
		f.sc->personality->task_start(t);
	p->r.mm = task_mm(t);
	p->r.busy = false;
	for (; p->r.ops > 0 && !t->killed; p->r.ops--) {
		one_operation(t, p);
		random_program_checked(&f, t, &p->r, verify_all);
	}
	killed += t->killed;
	p->r.busy = true;
	for (int i = 0; i < PAGES; i++)
		forget(&p->page[i]);
	f.sc->personality->task_exit(t);
	p->r.task = NULL;
}

static void reader(struct task *t, void *arg)
{
	(void)arg;
	read_again_and_again(&f, t, true);
}

static void admin(struct task *t, void *arg)
{
	(void)arg;
	switch_off_in_turn(&f, t, &offs, verify_all);
}

static void one_round(const char *machine, uint64_t seed)
{
	fixture_boot(&f, machine);
	programs = sim_calloc(MAX_PROGRAMS, sizeof(*programs));
	regions = sim_calloc(MAX_REGIONS, sizeof(*regions));
	forks = killed = cuts = offs = moved = 0;
	last_store = 0;
	for (int i = 0; i < 3; i++)
		random_program_spawn(&f, &programs[i].r, seed, i, OPS, program);
	task_spawn(f.s, &f.s->cpus[2], "reader", 0, reader, NULL);
	task_spawn(f.s, &f.s->cpus[1], "admin", 0, admin, NULL);
	f.s->end_with_tasks = true;
	sim_run(f.s, FOREVER);
	fixture_check(&f);
	FOR_EACH_NODE (f.vm, node) {
		assert_int_equal(node->nr_shmem, 0);
		assert_int_equal(node->stat.nr_anon_pages, 0);
		assert_int_equal(node->stat.nr_mapped, 0);
		assert_int_equal(node->stat.nr_unevictable, 0);
	}
	assert_int_equal(nr_shmem_swapped(f.vm), 0);
	assert_int_equal(f.vm->stat.committed_as, 0);
	print_message(
	    "seed %llu: %d forks, %d killed, %d cuts, %d moved, %d swapoffs, %lld stores, "
	    "%lld out, %lld in\n",
	    (unsigned long long)seed, forks, killed, cuts, moved, offs, (long long)last_store,
	    (long long)f.vm->stat.pswpout, (long long)f.vm->stat.pswpin);
	assert_true(forks > 0 && f.vm->stat.pswpout > 0 && f.vm->stat.pswpin > 0);
	assert_true(f.vm->stat.unevictable_pgs_mlocked > 0);
	assert_true(machine != too_small || killed > 0);
	sim_free(programs);
	sim_free(regions);
	fixture_end(&f);
}

static uint64_t first_seed = 1;

static void programs_that_share_memory_find_what_was_stored(void **state)
{
	uint64_t rounds = random_rounds(3000, 4 * OPS);

	(void)state;
	for (uint64_t i = 0; i < rounds; i++)
		one_round(machines[i % 2], first_seed + i);
}

static void those_who_are_left_find_what_was_stored(void **state)
{
	(void)state;
	one_round(too_small, first_seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_that_share_memory_find_what_was_stored),
		cmocka_unit_test(those_who_are_left_find_what_was_stored),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
