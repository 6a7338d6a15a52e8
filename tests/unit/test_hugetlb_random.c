/*
 * test_hugetlb_random.c - programs that map huge pages of the pool, private and shared, touch,
 * advise, cut, unmap and fork at random, while vm.nr_hugepages and vm.nr_overcommit_hugepages are
 * written.
 *
 * One at a time, on one node: a naive pool that knows nothing but sums says what each call must
 * give and how many pages there are, free, reserved and surplus after it.  All at once, on two
 * nodes and beside a reader that fills memory: what was stored is found, and all counts are taken
 * afresh. Both: each frame has what the program that shows it stored last.  The first argument is a
 * seed; FUZZ_OPS in the environment prolongs it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "models/linux/conf.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/fixture.h"
#include "tests/unit/naive_hugetlb.h"

#define MAX_PROGRAMS 6
#define MAX_FILES    400
#define PAGES        32 /* huge ones that each program plays with */
#define BASE         0x40000000ULL
#define OPS          250

static const char one_node[] = "machine: { nodes: [{ cpus: 2, memory: 512 MiB }] }\n"
			       "linux: { transparent_hugepage: never }\n"
			       "sysctl: { vm.nr_hugepages: 12 }\n";
static const char two_nodes[] =
    "machine: { nodes: [{ cpus: 2, memory: 96 MiB }, { cpus: 1, memory: 96 MiB }], "
    "disks: [{ name: sda, preset: nvme }] }\n"
    "files: [{ name: f0, disk: sda, size: 256 MiB }]\n"
    "linux: { transparent_hugepage: never }\n"
    "sysctl: { vm.nr_hugepages: 12 }\n";

static struct fixture f;
static bool exact; /* one at a time */

/* The file of a mapping: a bit for each place that has, or had, a reservation; its pages. */
struct naive_file {
	bool used, shared, noreserve;
	int uses; /* areas */
	int nr;
	bool bit[PAGES];
	int frame[PAGES]; /* of a shared one: 0 none */
	int64_t version[PAGES];
};

struct naive_page {
	int file; /* -1: nothing is mapped */
	int index, vma;
	bool owner; /* its reservation is this program's */
	int frame;  /* 0: no entry */
	int64_t version;
};

struct program {
	uint64_t random;
	struct task *task; /* NULL: the place is free */
	struct mm_struct *mm;
	struct naive_page page[PAGES];
	bool busy;
	int ops;
};

static struct naive_pool pool;
static struct program *programs;
static struct naive_file *files;
static int64_t content[1 << 17]; /* of real ones, by frame / 512 */
static bool poisoned[1 << 16];   /* areas from which a page was taken */
static int last_vma, forks, sigbus, refused, stolen, writes;
static int64_t last_store;
static bool baton;

static uint64_t below(struct program *p, uint64_t n)
{
	p->random = p->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (p->random >> 33) % n;
}

static uint64_t addr_of(int page)
{
	return BASE + ((uint64_t)page << PMD_SHIFT);
}

static struct pte entry(const struct program *p, int i)
{
	const struct page_table *table = pte_table(p->mm, addr_of(i));

	return table ? table->pmd : (struct pte){ 0 };
}

static void compare_pool(void)
{
	const struct hugetlb_stat *h = &f.vm->hugetlb->stat;

	if (!exact)
		return;
	assert_int_equal(h->nr_hugepages, pool.nr);
	assert_int_equal(h->free_hugepages, pool.free);
	assert_int_equal(h->resv_hugepages, pool.resv);
	assert_int_equal(h->surplus_hugepages, pool.surplus);
	assert_int_equal(f.vm->sysctl.nr_hugepages, pool.max);
}

/* --- what is in memory --- */

static int64_t *content_of(struct pte pte)
{
	return &content[pte.pfn / HPAGE_PMD_NR];
}

static void verify_program(const struct program *p)
{
	for (int i = 0; i < PAGES; i++) {
		const struct naive_page *n = &p->page[i];
		const struct naive_file *file = &files[n->file < 0 ? 0 : n->file];
		struct pte pte = entry(p, i);

		if (n->file < 0) {
			assert_int_equal(pte.bits, 0);
			continue;
		}
		if (exact)
			assert_int_equal(!pte.bits, !n->frame);
		if (pte.bits)
			assert_int_equal(*content_of(pte),
					 file->shared ? file->version[n->index] : n->version);
	}
}

static void verify_all(void)
{
	for (int k = 0; k < MAX_PROGRAMS; k++) {
		const struct program *p = &programs[k];

		if (p->task && !p->busy && p->mm && !p->mm->exited && !p->task->killed)
			verify_program(p);
	}
	compare_pool();
}

/* --- mapping --- */

static void map(struct task *t, struct program *p, int first, int n)
{
	bool shared = below(p, 3) == 0, noreserve = below(p, 4) == 0;
	unsigned flags =
	    VM_WRITE | VM_HUGETLB | (shared ? VM_SHARED : 0) | (noreserve ? VM_NORESERVE : 0);
	bool may;
	uint64_t out;
	int r, k = 0;

	for (int i = first; i < first + n; i++)
		if (p->page[i].file >= 0)
			return;
	may = noreserve || (exact && naive_huge_reserve(&pool, n));
	p->busy = true;
	r = mmap_hugetlb(t, f.vm->hugetlb, addr_of(first), (uint64_t)n << PMD_SHIFT, flags, &out);
	p->busy = false;
	if (exact)
		assert_int_equal(r, may ? 0 : -ENOMEM);
	else
		assert_true(!r || r == -ENOMEM);
	refused += r != 0;
	if (r)
		return;
	while (files[k].used)
		assert_true(++k < MAX_FILES);
	files[k] = (struct naive_file){
		.used = true, .shared = shared, .noreserve = noreserve, .uses = 1, .nr = n
	};
	for (int i = 0; i < n; i++)
		files[k].bit[i] = shared && !noreserve;
	last_vma++;
	for (int i = 0; i < n; i++)
		p->page[first + i] = (struct naive_page){
			.file = k, .index = i, .vma = last_vma, .owner = !shared && !noreserve
		};
}

/* An area of a file goes; with the last one the file, and what it has. */
static void drop_file(struct naive_file *file)
{
	int bits = 0, cached = 0;

	if (--file->uses)
		return;
	file->used = false;
	if (!file->shared)
		return;
	for (int i = 0; i < file->nr; i++) {
		bits += file->bit[i];
		cached += file->frame[i] != 0;
		if (file->frame[i])
			naive_huge_put_frame(&pool, file->frame[i]);
	}
	naive_huge_unreserve(&pool, bits - cached);
}

/* Areas of first.. below end go as a whole, of which nothing is shown any more. */
static void close_areas(struct program *p, int first, int end, bool last_first)
{
	int step = last_first ? -1 : 1;

	for (int i = last_first ? end - 1 : first; i >= first && i < end;) {
		int vma = p->page[i].vma, file = p->page[i].file, unused = 0;

		if (file < 0) {
			i += step;
			continue;
		}
		for (; i >= first && i < end && p->page[i].file == file && p->page[i].vma == vma;
		     i += step) {
			if (p->page[i].owner)
				unused += !files[file].bit[p->page[i].index];
			p->page[i] = (struct naive_page){ .file = -1 };
		}
		naive_huge_unreserve(&pool, unused);
		drop_file(&files[file]);
	}
}

static void forget_entries(struct program *p, int first, int end)
{
	for (int i = first; i < end; i++) {
		if (p->page[i].frame)
			naive_huge_put_frame(&pool, p->page[i].frame);
		p->page[i].frame = 0;
		p->page[i].version = 0;
	}
}

/* The area across the page is cut before it: what follows is one of its own, of the same file. */
static void naive_cut(struct program *p, int at)
{
	int vma;

	if (at <= 0 || at >= PAGES || p->page[at].file < 0 || p->page[at - 1].file < 0 ||
	    p->page[at].vma != p->page[at - 1].vma)
		return;
	vma = p->page[at].vma;
	poisoned[++last_vma] = poisoned[vma];
	files[p->page[at].file].uses++;
	for (int i = at; i < PAGES && p->page[i].file >= 0 && p->page[i].vma == vma; i++)
		p->page[i].vma = last_vma;
}

static void unmap(struct task *t, struct program *p, int first, int n)
{
	p->busy = true;
	naive_cut(p, first);
	naive_cut(p, first + n);
	forget_entries(p, first, first + n);
	close_areas(p, first, first + n, false);
	assert_int_equal(do_munmap(t, p->mm, addr_of(first), (uint64_t)n << PMD_SHIFT), 0);
	p->busy = false;
}

/* --- touching --- */

/* The mapping's maker takes the page from all who have it without a claim. */
static void steal(const struct naive_page *mine)
{
	for (int k = 0; k < MAX_PROGRAMS; k++) {
		struct program *p = &programs[k];

		for (int i = 0; p->task && i < PAGES; i++) {
			struct naive_page *n = &p->page[i];

			if (n == mine || n->file != mine->file || n->index != mine->index ||
			    n->frame != mine->frame || n->owner)
				continue;
			pool.uses[n->frame]--;
			n->frame = 0;
			poisoned[n->vma] = true;
			stolen++;
		}
	}
}

/* A page for an entry that has none.  False: SIGBUS. */
static bool naive_fault(struct naive_page *n)
{
	struct naive_file *file = &files[n->file];
	bool reserved = file->shared ? file->bit[n->index] : n->owner && !file->bit[n->index];

	if (poisoned[n->vma])
		return false;
	if (file->shared && file->frame[n->index]) {
		n->frame = file->frame[n->index];
		pool.uses[n->frame]++;
		return true;
	}
	if (!naive_huge_take(&pool, reserved))
		return false;
	if (file->shared || n->owner)
		file->bit[n->index] = true;
	n->frame = naive_huge_new_frame(&pool);
	if (file->shared) {
		file->frame[n->index] = n->frame;
		pool.uses[n->frame]++;
	}
	return true;
}

static bool naive_touch(struct naive_page *n, bool write)
{
	if (!n->frame && !naive_fault(n))
		return false;
	if (!write || files[n->file].shared || pool.uses[n->frame] == 1)
		return true;
	if (naive_huge_take(&pool, false)) {
		pool.uses[n->frame]--;
		n->frame = naive_huge_new_frame(&pool);
		return true;
	}
	if (!n->owner)
		return false;
	steal(n);
	assert_int_equal(pool.uses[n->frame], 1);
	return true;
}

/* The page is shown: what is in its frame, now and after a store. */
static void note_content(struct program *p, int i, bool was_there, bool write)
{
	struct naive_page *n = &p->page[i];
	struct naive_file *file = &files[n->file];
	int64_t *version = file->shared ? &file->version[n->index] : &n->version;
	struct pte pte = entry(p, i);

	assert_true(pte.bits & PTE_PRESENT);
	if (!was_there && !file->shared)
		assert_int_equal(*version, 0); /* else what was stored is lost */
	if (write)
		*version = ++last_store;
	if (write || !*version)
		*content_of(pte) = *version;
	assert_int_equal(*content_of(pte), *version);
}

static void touch(struct task *t, struct program *p, int first, int n, bool write)
{
	for (int i = first; i < first + n && !t->killed; i++) {
		bool mapped = p->page[i].file >= 0, good, was_there = entry(p, i).bits;
		int r;

		good = mapped && (!exact || naive_touch(&p->page[i], write));
		p->busy = true;
		r = user_access(t, p->mm, addr_of(i) + below(p, HPAGE_PMD_SIZE), write);
		p->busy = false;
		if (exact || !mapped)
			assert_int_equal(r, good ? 0 : -EFAULT);
		else
			assert_true(!r || r == -EFAULT || r == -EINTR || r == -ENOMEM);
		sigbus += mapped && r == -EFAULT;
		if (!r)
			note_content(p, i, was_there, write);
	}
}

/* --- advice, fork, sysctl --- */

static void dontneed(struct task *t, struct program *p, int first, int n)
{
	for (int i = first; i < first + n; i++)
		if (p->page[i].file < 0)
			return;
	forget_entries(p, first, first + n);
	p->busy = true;
	assert_int_equal(
	    do_madvise(t, p->mm, addr_of(first), (uint64_t)n << PMD_SHIFT, MADV_DONTNEED), 0);
	p->busy = false;
}

static void naive_hole(struct naive_file *file, int index)
{
	int frame = file->frame[index];

	if (!frame)
		return;
	for (int k = 0; k < MAX_PROGRAMS; k++) {
		for (int i = 0; programs[k].task && i < PAGES; i++) {
			struct naive_page *n = &programs[k].page[i];

			if (n->file < 0 || &files[n->file] != file || n->index != index ||
			    !n->frame)
				continue;
			n->frame = 0;
			naive_huge_put_frame(&pool, frame);
		}
	}
	file->frame[index] = 0;
	file->bit[index] = false;
	naive_huge_put_frame(&pool, frame);
}

static void hole(struct task *t, struct program *p, int i)
{
	struct naive_page *n = &p->page[i];

	/* all at once: nobody could say what others find while it is made */
	if (!exact || n->file < 0 || !files[n->file].shared)
		return;
	naive_hole(&files[n->file], n->index);
	files[n->file].version[n->index] = 0;
	p->busy = true;
	assert_int_equal(do_madvise(t, p->mm, addr_of(i), HPAGE_PMD_SIZE, MADV_REMOVE), 0);
	p->busy = false;
}

static void resize(struct task *t, struct program *p)
{
	int64_t count = (int64_t)below(p, 24);

	writes++;
	if (below(p, 3) == 0) {
		pool.overcommit = count / 2;
		f.vm->hugetlb->sysfs.nr_overcommit_hugepages = pool.overcommit;
		f.vm->sysctl.nr_overcommit_hugepages = pool.overcommit;
		return;
	}
	if (exact)
		naive_huge_set_max(&pool, count);
	set_max_huge_pages(t, f.vm->hugetlb, count);
	if (!exact)
		assert_true(f.vm->sysctl.nr_hugepages <= 24 + 2 * PAGES * MAX_PROGRAMS);
}

static void program(struct task *t, void *arg);

static void fork_program(struct task *t, struct program *p)
{
	struct program *child = NULL;
	int error = 0, vma = 0, old = -1;
	void *kernel;

	for (int k = 0; k < MAX_PROGRAMS && !child; k++)
		if (!programs[k].task)
			child = &programs[k];
	if (!child || p->ops < OPS / 8)
		return;
	child->task = t; /* taken */
	child->busy = true;
	for (int i = 0; i < PAGES; i++)
		child->page[i].file = -1;
	p->busy = true;
	kernel = f.sc->personality->task_fork(t, "child", &error);
	p->busy = false;
	if (!kernel) {
		assert_true(!exact && (error == -ENOMEM || error == -EINTR));
		child->task = NULL;
		return;
	}
	*child = *p;
	child->busy = true;
	child->random += (uint64_t)++forks;
	child->ops = p->ops / 2;
	for (int i = 0; i < PAGES; i++) {
		struct naive_page *n = &child->page[i];

		if (n->file < 0)
			continue;
		if (n->vma != old) {
			old = n->vma;
			vma = ++last_vma; /* what was taken from its parent is not taken from it */
			files[n->file].uses++;
		}
		n->vma = vma;
		n->owner = false;
		if (files[n->file].shared)
			n->frame = 0;
		else if (n->frame)
			pool.uses[n->frame]++;
		else if (exact)
			n->version = 0;
	}
	child->task = task_spawn(f.s, &f.s->cpus[below(p, (uint64_t)f.s->nr_cpus)], "child", 0,
				 program, child);
	child->task->kernel = kernel;
	f.sc->personality->task_start(child->task);
	child->mm = task_struct(child->task)->mm;
	/* the parent itself may have lost a page meanwhile */
	for (int i = 0; !exact && i < PAGES; i++)
		if (!entry(child, i).bits)
			child->page[i].version = 0;
	child->busy = false;
}

/* --- running --- */

static void one_operation(struct task *t, struct program *p)
{
	int first = (int)below(p, PAGES), n = 1 + (int)below(p, 6);
	uint64_t kind = below(p, 40);

	n = n < PAGES - first ? n : PAGES - first;
	if (kind < 10)
		map(t, p, first, n);
	else if (kind < 20)
		touch(t, p, first, n, true);
	else if (kind < 26)
		touch(t, p, first, n, false);
	else if (kind < 31)
		unmap(t, p, first, n);
	else if (kind < 33)
		dontneed(t, p, first, n);
	else if (kind < 34)
		hole(t, p, first);
	else if (kind < 38)
		resize(t, p);
	else
		fork_program(t, p);
}

static void take_baton(struct task *t)
{
	while (exact && baton)
		task_sleep(t, NS_PER_MS);
	baton = true;
}

static void program(struct task *t, void *arg)
{
	struct program *p = arg;

	if (!t->kernel)
		f.sc->personality->task_start(t);
	p->mm = task_mm(t);
	p->busy = false;
	for (; p->ops > 0 && !t->killed; p->ops--) {
		take_baton(t);
		one_operation(t, p);
		verify_all();
		if (p->ops % 5 == 0)
			fixture_check(&f);
		baton = false;
		cond_resched(t);
	}
	take_baton(t);
	p->busy = true;
	forget_entries(p, 0, PAGES);
	close_areas(p, 0, PAGES, true);
	f.sc->personality->task_exit(t);
	p->task = NULL;
	verify_all();
	baton = false;
}

static void reader(struct task *t, void *arg)
{
	struct file *file;
	int64_t pos = 0;

	(void)arg;
	f.sc->personality->task_start(t);
	file = file_open(t, file_by_name(f.vm, "f0"));
	for (int i = 0; i < 2000 && !t->killed; i++) {
		if (!generic_file_read_iter(t, file, &pos, 64 << 10))
			pos = 0;
		task_sleep(t, NS_PER_MS / 20);
	}
	file_close(t, file);
	f.sc->personality->task_exit(t);
}

static void one_round(const char *machine, uint64_t seed)
{
	fixture_boot(&f, machine);
	exact = machine == one_node;
	programs = sim_calloc(MAX_PROGRAMS, sizeof(*programs));
	files = sim_calloc(MAX_FILES, sizeof(*files));
	memset(&pool, 0, sizeof(pool));
	memset(poisoned, 0, sizeof(poisoned));
	last_vma = forks = sigbus = refused = stolen = writes = 0;
	last_store = 0;
	baton = false;
	pool.nr = pool.free = pool.max = 12;
	for (int k = 0; k < MAX_PROGRAMS; k++)
		for (int i = 0; i < PAGES; i++)
			programs[k].page[i].file = -1;
	for (int i = 0; i < 3; i++) {
		struct program *p = &programs[i];

		p->random = seed * 1000 + (uint64_t)i;
		p->ops = OPS;
		p->busy = true;
		p->task = task_spawn(f.s, &f.s->cpus[i % f.s->nr_cpus], "program", 0, program, p);
	}
	if (!exact)
		task_spawn(f.s, &f.s->cpus[2], "reader", 0, reader, NULL);
	f.s->end_with_tasks = true;
	sim_run(f.s, FOREVER);
	fixture_check(&f);
	assert_int_equal(f.vm->hugetlb->stat.resv_hugepages, 0);
	assert_int_equal(f.vm->hugetlb->stat.free_hugepages, f.vm->hugetlb->stat.nr_hugepages);
	assert_int_equal(f.vm->hugetlb->in_hand + f.vm->hugetlb->copying, 0);
	assert_true(list_empty(&f.vm->hugetlb->inodes));
	print_message("seed %llu: %d forks, %d refused, %d SIGBUS, %d taken from children, "
		      "%d writes of sysctls, %lld stores\n",
		      (unsigned long long)seed, forks, refused, sigbus, stolen, writes,
		      (long long)last_store);
	assert_true(forks > 0 && refused > 0 && writes > 0 && sigbus > 0);
	sim_free(programs);
	sim_free(files);
	fixture_end(&f);
}

static uint64_t first_seed = 1;

static uint64_t rounds(uint64_t normal)
{
	const char *ops = getenv("FUZZ_OPS");

	return ops ? div_round_up(strtoull(ops, NULL, 10), 6 * OPS) : normal;
}

static void the_pool_is_what_a_naive_one_is(void **state)
{
	int all_stolen = 0;

	(void)state;
	for (uint64_t i = 0, n = rounds(6); i < n; i++) {
		one_round(one_node, first_seed + i);
		all_stolen += stolen;
	}
	assert_true(all_stolen > 0);
}

static void what_was_stored_in_huge_pages_is_found(void **state)
{
	(void)state;
	for (uint64_t i = 0, n = rounds(3); i < n; i++)
		one_round(two_nodes, first_seed + i);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pool_is_what_a_naive_one_is),
		cmocka_unit_test(what_was_stored_in_huge_pages_is_found),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
