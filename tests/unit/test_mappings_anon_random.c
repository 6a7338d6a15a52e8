/*
 * test_mappings_anon_random.c - programs that map, store, advise, lock, unmap and fork at random,
 * beside one that reads files, moves pages and so drives all of them into swap.
 *
 * A naive copy of each program's memory says what each of its pages holds: 0 zeroes, a negative
 * number a page of a file, a positive one the store that was the last.  After every operation all
 * entries of all programs are compared with it: what was stored is there (in a frame or in swap),
 * and whoever shares a frame or a place in swap holds the same.  All counts are taken afresh again
 * and again.  The first argument is a seed; FUZZ_OPS in the environment prolongs it.
 */
#include <errno.h>

#include "models/linux/conf.h"
#include "models/linux/mappings/huge_mm.h"
#include "models/linux/swap/swap.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/random_programs.h"

#define MAX_PROGRAMS 10
#define REGION       1536 /* pages that each of them plays with */
#define OPS          400

#define SWAP(disk, size) "linux: { swap: [{ disk: " disk ", size: " size " }] }\n"

static const char with_swap[] = RANDOM_MACHINE("24 MiB", "16 MiB", "hdd", SWAP("sdb", "96 MiB"));
static const char too_small[] = RANDOM_MACHINE("16 MiB", "8 MiB", "hdd", SWAP("sdb", "2 MiB"));

/* Swap on a disk that rotates has no 512 places in a row for a huge page. */
static const char *const huge[] = {
	RANDOM_MACHINE("36 MiB", "28 MiB", "hdd", SWAP("sdb", "160 MiB")),
	RANDOM_MACHINE("36 MiB", "28 MiB", "hdd", SWAP("sdc", "160 MiB")),
};

static struct fixture f;

/* What a page of a program holds. */
struct naive_page {
	bool mapped;
	bool locked;
	bool freed;       /* MADV_FREE: this, or zeroes */
	int64_t content;  /* now */
	int64_t original; /* what it is without stores */
};

struct program {
	struct random_program r;
	struct file *file;
	struct naive_page page[REGION];
	int busy_page; /* being touched: -1 none */
};

static struct program *programs; /* MAX_PROGRAMS of them */
static int64_t last_store;
static int64_t out_whole, out_in_parts;
static bool huge_pages; /* stretches are long enough for them */
static int forks, killed;

/* --- comparing --- */

static struct seen_keys seen; /* two programs that show one frame have the same there */

/* One entry against what the program thinks. */
static void verify_page(struct program *p, struct naive_page *n, uint64_t i)
{
	struct page_table *table = pte_table(p->r.mm, addr_of(i));
	struct pte pte = table ? pte_shown(table, pte_index(addr_of(i))) : (struct pte){ 0 };
	struct page *page = pfn_to_page(f.vm, pte.pfn);
	uint64_t key = pte.pfn;
	const int64_t *other;

	if (!n->mapped) {
		assert_int_equal(pte.bits, 0);
		return;
	}
	if (n->freed && (!pte.bits || (pte.bits & PTE_SPECIAL))) {
		n->freed = false;
		n->content = n->original;
	}
	if (!pte.bits || (pte.bits & PTE_SPECIAL)) {
		assert_int_equal(n->content, n->original);
		assert_true(!(pte.bits & PTE_SPECIAL) || n->original == 0);
		return;
	}
	if (pte.bits & PTE_SWAP) {
		key = SWAP_KEY | pte.pfn;
	} else if (!(page->flags & PG_anon)) {
		assert_int_equal(n->content, n->original);
		assert_int_equal(n->original, -1 - (int64_t)page_index(pfn_to_page(f.vm, pte.pfn)));
		return;
	} else if (page_folio(page)->flags & PG_swapcache) {
		key = SWAP_KEY | page_swap_place(page);
	}
	other = seen_before(&seen, key, n->content);
	if (other)
		assert_int_equal(n->content, *other);
}

static void verify_all(void)
{
	seen_none(&seen);
	for (int k = 0; k < MAX_PROGRAMS; k++) {
		struct program *p = &programs[k];

		if (!p->r.task || p->r.busy || p->r.mm->exited || p->r.task->killed)
			continue;
		if (p->r.mm->write_locked) /* khugepaged is copying: the entries are away so long */
			continue;
		for (uint64_t i = 0; i < REGION; i++)
			if ((int)i != p->busy_page)
				verify_page(p, &p->page[i], i);
	}
}

/* --- what programs do --- */

static void touch(struct task *t, struct program *p, uint64_t first, uint64_t n, bool write)
{
	for (uint64_t i = first; i < first + n && !t->killed; i++) {
		int r;

		p->busy_page = (int)i;
		r = user_access(t, p->r.mm, addr_of(i), write);
		if (!p->page[i].mapped)
			assert_true(r == -EFAULT || r == -EINTR);
		else
			assert_true(!r || r == -ENOMEM || r == -EINTR);
		if (!r && write) {
			p->page[i].content = ++last_store;
			p->page[i].freed = false;
		}
		p->busy_page = -1;
	}
}

static void map(struct task *t, struct program *p, uint64_t first, uint64_t n, bool anon)
{
	uint64_t index = below(&p->r, 2048), out;

	for (uint64_t i = first; i < first + n; i++)
		if (p->page[i].mapped)
			return;
	p->r.busy = true;
	if (!do_mmap(t, anon ? NULL : p->file, addr_of(first), n << PAGE_SHIFT, VM_WRITE,
		     anon ? 0 : index << PAGE_SHIFT, &out))
		for (uint64_t i = 0; i < n; i++) {
			int64_t original = anon ? 0 : -1 - (int64_t)(index + i);

			p->page[first + i] = (struct naive_page){ .mapped = true,
								  .content = original,
								  .original = original };
		}
	p->r.busy = false;
}

/* A stretch of pages is advised; what is told of its end comes from what the naive copy knows. */
static void advise(struct task *t, struct program *p, uint64_t first, uint64_t n)
{
	static const int advice[] = {
		MADV_DONTNEED, MADV_FREE,     MADV_COLD,     MADV_PAGEOUT,
		MADV_PAGEOUT,  MADV_WILLNEED, MADV_HUGEPAGE, MADV_NOHUGEPAGE
	};
	int a = advice[below(&p->r, 8)], r;
	bool plain = true;

	for (uint64_t i = first; i < first + n; i++)
		plain &= p->page[i].mapped && !p->page[i].locked &&
			 (a != MADV_FREE || p->page[i].original == 0);
	if (!plain && (a == MADV_DONTNEED || a == MADV_FREE))
		return;
	p->r.busy = true;
	r = do_madvise(t, p->r.mm, addr_of(first), n << PAGE_SHIFT, a);
	assert_true(!plain || r == 0);
	for (uint64_t i = first; plain && i < first + n; i++) {
		if (a == MADV_DONTNEED)
			p->page[i].content = p->page[i].original;
		if (a == MADV_FREE)
			p->page[i].freed = p->page[i].content > 0;
	}
	p->r.busy = false;
}

static void lock(struct task *t, struct program *p, uint64_t first, uint64_t n, bool on)
{
	p->r.busy = true;
	lock_pages(t, p->r.mm, first, n, on);
	/* up to the first gap */
	for (uint64_t i = first; i < first + n && p->page[i].mapped; i++)
		p->page[i].locked = on;
	p->r.busy = false;
}

static void unmap(struct task *t, struct program *p, uint64_t first, uint64_t n)
{
	p->r.busy = true;
	assert_int_equal(do_munmap(t, p->r.mm, addr_of(first), n << PAGE_SHIFT), 0);
	memset(&p->page[first], 0, n * sizeof(*p->page));
	p->r.busy = false;
}

/* 2 MiB without a page of tables below them: they may become huge again. */
static void renew(struct task *t, struct program *p)
{
	uint64_t first = 256 + 512 * below(&p->r, 2);

	unmap(t, p, first, 512);
	map(t, p, first, 512, true);
	touch(t, p, first + below(&p->r, 512), 1, below(&p->r, 4) != 0);
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
	kernel = random_program_fork(&f, t, &p->r, &child->r, &error);
	if (!kernel) {
		assert_int_equal(error, -ENOMEM);
		return;
	}
	*child = *p;
	forks++;
	for (int i = 0; i < REGION; i++)
		child->page[i].locked = false;
	child->file->f_count++;
	random_program_start(&f, &p->r, &child->r, forks, kernel, program);
}

static void one_operation(struct task *t, struct program *p)
{
	uint64_t first = below(&p->r, REGION), n = 1 + below(&p->r, 200);
	uint64_t kind = below(&p->r, 40);

	if (huge_pages && below(&p->r, 4) == 0)
		renew(t, p);
	if (huge_pages && kind >= 27 && below(&p->r, 2)) {
		first = below(&p->r, 3) * 256;
		n = 512 << below(&p->r, 2);
	}
	n = min_u64(n, REGION - first);

	if (kind < 12)
		touch(t, p, first, n, true);
	else if (kind < 19)
		touch(t, p, first, n, false);
	else if (kind < 27)
		map(t, p, first, n, below(&p->r, 4) != 0);
	else if (kind < 32)
		advise(t, p, first, n);
	else if (kind < 33)
		lock(t, p, first, n / 8 + 1, true);
	else if (kind < 35)
		lock(t, p, first, n, false);
	else if (kind < 36)
		unmap(t, p, first, n);
	else if (kind < 39)
		(void)move_page(f.vm, t, p->r.mm, first);
	else
		fork_program(t, p);
}

static void program(struct task *t, void *arg)
{
	struct program *p = arg;

	if (!t->kernel)
		f.sc->personality->task_start(t);
	p->r.mm = task_mm(t);
	if (!p->file)
		p->file = file_open(t, file_by_name(f.vm, "f0"));
	p->r.busy = false;
	for (; p->r.ops > 0 && !t->killed; p->r.ops--) {
		one_operation(t, p);
		random_program_checked(&f, t, &p->r, verify_all);
	}
	killed += t->killed;
	p->r.task = NULL;
	file_close(t, p->file);
	p->file = NULL;
	f.sc->personality->task_exit(t);
}

static void reader(struct task *t, void *arg)
{
	(void)arg;
	read_again_and_again(&f, t, false);
}

static void one_round(const char *machine, uint64_t seed)
{
	fixture_boot(&f, machine);
	huge_pages = machine == huge[0] || machine == huge[1];
	if (huge_pages) /* there is too little memory for them to be on by default */
		f.vm->thp->sysfs.enabled = THP_ALWAYS;
	f.vm->thp->sysfs.defrag = (int64_t)seed % 5;
	programs = sim_calloc(MAX_PROGRAMS, sizeof(*programs));
	forks = killed = 0;
	last_store = 0;
	for (int i = 0; i < MAX_PROGRAMS; i++)
		programs[i].busy_page = -1;
	for (int i = 0; i < 4; i++)
		random_program_spawn(&f, &programs[i].r, seed, i, OPS, program);
	task_spawn(f.s, &f.s->cpus[2], "reader", 0, reader, NULL);
	f.s->end_with_tasks = true;
	sim_run(f.s, FOREVER);
	fixture_check(&f);
	FOR_EACH_NODE (f.vm, node) {
		assert_int_equal(node->stat.nr_anon_pages, 0);
		assert_int_equal(node->stat.nr_mapped, 0);
		assert_int_equal(node->stat.nr_page_table_pages, 0);
		assert_int_equal(node->stat.nr_unevictable, 0);
	}
	FOR_EACH_ZONE (f.vm, zone)
		assert_int_equal(zone->stat.nr_mlock, 0);
	assert_int_equal(f.vm->stat.unevictable_pgs_cleared, 0);
	assert_int_equal(f.vm->stat.committed_as, 0);
	assert_true(forks > 0 && f.vm->stat.pswpout > 0 && f.vm->stat.pgreuse > 0);
	assert_true(machine != too_small || killed > 0);
	print_message("%lld huge, %lld not, %lld + %lld split (%lld not), %lld queued, %lld + %lld "
		      "out\n",
		      (long long)f.vm->stat.thp_fault_alloc,
		      (long long)f.vm->stat.thp_fault_fallback, (long long)f.vm->stat.thp_split_pmd,
		      (long long)f.vm->stat.thp_split_page,
		      (long long)f.vm->stat.thp_split_page_failed,
		      (long long)f.vm->stat.thp_deferred_split_page,
		      (long long)f.vm->stat.thp_swpout, (long long)f.vm->stat.thp_swpout_fallback);
	if (huge_pages) {
		assert_true(f.vm->stat.thp_fault_alloc > 0 && f.vm->stat.thp_split_pmd > 0);
		assert_true(f.vm->stat.thp_split_page > 0);
		assert_true(f.vm->stat.thp_deferred_split_page > 0);
		assert_true(machine == huge[0] || f.vm->stat.thp_swpout == 0);
		out_whole += f.vm->stat.thp_swpout;
		out_in_parts += f.vm->stat.thp_swpout_fallback;
	}
	print_message("seed %llu: %d forks, %d killed, %lld stores, %lld out, %lld in\n",
		      (unsigned long long)seed, forks, killed, (long long)last_store,
		      (long long)f.vm->stat.pswpout, (long long)f.vm->stat.pswpin);
	sim_free(programs);
	fixture_end(&f);
}

static uint64_t first_seed = 1;

static void programs_find_what_they_stored(void **state)
{
	uint64_t rounds = random_rounds(5000, 5 * OPS);

	(void)state;
	for (uint64_t i = 0; i < rounds; i++)
		one_round(with_swap, first_seed + i);
	print_message("%llu operations, seed %llu\n", (unsigned long long)(rounds * 5 * OPS),
		      (unsigned long long)first_seed);
}

static void programs_find_what_they_stored_in_huge_pages(void **state)
{
	uint64_t rounds = max_u64(random_rounds(5000, 5 * OPS), 2); /* each of both at least once */

	(void)state;
	for (uint64_t i = 0; i < rounds; i++)
		one_round(huge[i % 2], first_seed + i);
	/* others may have less luck */
	assert_true(first_seed > 1 || (out_whole > 0 && out_in_parts > 0));
}

static void those_who_are_left_find_what_they_stored(void **state)
{
	(void)state;
	one_round(too_small, first_seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_find_what_they_stored),
		cmocka_unit_test(programs_find_what_they_stored_in_huge_pages),
		cmocka_unit_test(those_who_are_left_find_what_they_stored),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
