/*
 * test_freebsd_memory.c - programs of FreeBSD that map, store, fork, lock, advise, unmap, write and
 * truncate at random, with so little memory that all of them are in swap half of the time.
 *
 * Each store of the simulated machine has a number, and a page holds that of the last one.  A naive
 * copy of each program's memory and of the file knows the numbers that may be there: what was
 * stored by whom between which two others.  Whatever a program reads is compared with it.  All
 * counts, references and chains of objects are taken afresh again and again.
 *
 * The first argument is a seed; FUZZ_OPS in the environment prolongs it.
 */
#include "tests/unit/freebsd_machine.h"

#define MAX_PROGRAMS 9
#define NR_RANGES    5
#define RANGE_PAGES  400
#define FILE_PAGES   700
#define OPS          260

static const char too_small[] =
    "personality: freebsd\n"
    "machine: { nodes: [{ cpus: 2, memory: 12 MiB }], disks: [{ name: sda, preset: nvme }] }\n"
    "freebsd: { swap: [{ disk: sda, size: 3 MiB }] }\n"
    "files: [{ name: f0, disk: sda, size: 1600 KiB }]\n";

static const char failing[] =
    "personality: freebsd\n"
    "machine: { nodes: [{ cpus: 2, memory: 14 MiB }], disks: [{ name: sda, preset: nvme, errors: "
    "[{ on: write, every: 3 }] }, { name: sdb, preset: ssd, errors: [{ on: write, every: 4 }] }] "
    "}\n"
    "freebsd: { kernel_memory: 64 KiB, swap: [{ disk: sdb, size: 80 MiB }] }\n"
    "files: [{ name: f0, disk: sda, size: 1600 KiB }]\n";

static bool writes_fail; /* of this machine */

/* What may be in a page: the number of a store between these, both included. */
struct expected {
	uint32_t least, most;
	int storing; /* stores under way */
};

enum kind { NOTHING, ANONYMOUS, PRIVATE, SHARED };

struct naive_page {
	struct expected e; /* of one's own page */
	bool mapped, own, locked, readonly;
	bool freed; /* what it holds is not known: MADV_FREE */
};

struct naive_range {
	enum kind kind;
	uint64_t file_page; /* where it begins in the file */
	struct vm_range *range;
	struct naive_page page[RANGE_PAGES];
};

struct program {
	uint64_t random;
	struct task *task; /* NULL: the place is free */
	struct naive_range r[NR_RANGES];
	int ops;
};

static struct program *programs;
static struct expected file[FILE_PAGES];
static uint64_t file_pages; /* that it has now */
static bool file_changes;   /* somebody writes to it or cuts it */
static unsigned cuts;       /* so far */
static int forks, killed, reads, cow_reads, switched;

static uint64_t below(struct program *p, uint64_t n)
{
	p->random = p->random * 6364136223846793005ULL + 1442695040888963407ULL;
	return (p->random >> 33) % n;
}

static struct expected any(void)
{
	return (struct expected){ 0, UINT32_MAX, 0 };
}

/* --- one access --- */

static struct expected *expected_of(struct naive_range *r, uint64_t i)
{
	struct naive_page *n = &r->page[i];

	return n->own ? &n->e : &file[r->file_page + i];
}

static bool beyond_end(const struct naive_range *r, uint64_t i)
{
	return r->kind != ANONYMOUS && !r->page[i].own && r->file_page + i >= file_pages;
}

/* What is there after time has passed; the page may have been taken away meanwhile. */
static bool contents_now(struct task *t, struct naive_range *r, uint64_t i, uint32_t *value)
{
	while (!t->killed) {
		const struct vm_page *m = r->range->pv[i].page;

		if (m) {
			*value = m->contents;
			return true;
		}
		if (vm_access(t, r->range, i * FREEBSD_PAGE_SIZE, false))
			return false;
	}
	return false;
}

static void load(struct task *t, struct naive_range *r, uint64_t i)
{
	struct naive_page *n = &r->page[i];
	bool beyond = beyond_end(r, i), changing = file_changes && !n->own;
	unsigned before = cuts;
	int error = vm_access(t, r->range, i * FREEBSD_PAGE_SIZE, false);
	struct expected *e = expected_of(r, i);
	uint32_t value;

	if (t->killed || changing || before != cuts || (file_changes && !n->own))
		return;
	if (!n->mapped || beyond) {
		assert_int_equal(error, -EFAULT);
		return;
	}
	if (error && n->freed && r->kind == PRIVATE)
		return; /* it was given up, and the file is shorter now */
	assert_int_equal(error, 0);
	if (!contents_now(t, r, i, &value) || before != cuts || (file_changes && !n->own))
		return;
	assert_int_not_equal(value, FREEBSD_GARBAGE);
	reads++;
	if (n->freed || e->storing)
		return;
	if (value >= FREEBSD_ON_DISK) { /* nobody has stored there */
		assert_true(e->least == 0 && !n->own);
		return;
	}
	assert_in_range(value, e->least, e->most);
	if (n->own || r->kind != PRIVATE)
		*e = (struct expected){ value, value, 0 };
	cow_reads += n->own && r->kind == PRIVATE;
}

static void store(struct task *t, struct naive_range *r, uint64_t i)
{
	struct naive_page *n = &r->page[i];
	bool beyond = beyond_end(r, i), changing = file_changes;
	struct expected *e = r->kind == SHARED ? &file[r->file_page + i] : &n->e;
	uint32_t first = vm->stores + 1;
	unsigned before = cuts;
	int error;

	e->storing++;
	error = vm_access(t, r->range, i * FREEBSD_PAGE_SIZE, true);
	e->storing--;
	if (t->killed)
		*e = any();
	else if (!changing && !file_changes && before == cuts && !(n->freed && r->kind == PRIVATE))
		assert_int_equal(error, n->mapped && !beyond && !n->readonly ? 0 : -EFAULT);
	if (t->killed || error)
		return;
	if (r->kind != SHARED) {
		n->own = true;
		n->freed = false;
		*e = (struct expected){ first, vm->stores, 0 };
	} else if (changing || file_changes || before != cuts) {
		*e = (struct expected){ 0, UINT32_MAX, e->storing };
	} else {
		/* of two at once either may be the last */
		e->least = e->least > first ? first : e->least > e->most ? 0 : first;
		e->most = vm->stores;
	}
}

/* --- what programs do --- */

static struct naive_range *some_range(struct program *p, bool used)
{
	for (int tries = 0; tries < 12; tries++) {
		struct naive_range *r = &p->r[below(p, NR_RANGES)];

		if ((r->range != NULL) == used)
			return r;
	}
	return NULL;
}

static void map(struct task *t, struct program *p)
{
	struct naive_range *r = some_range(p, false);
	const struct vnode *vp = vnode_by_name(vm, "f0");

	if (!r)
		return;
	memset(r, 0, sizeof(*r));
	r->kind = below(p, 5) < 3 ? ANONYMOUS : below(p, 2) ? PRIVATE : SHARED;
	r->file_page = below(p, FILE_PAGES - RANGE_PAGES);
	r->range = vm_mmap(t, r->kind == ANONYMOUS ? NULL : (struct vnode *)vp,
			   r->file_page * FREEBSD_PAGE_SIZE, RANGE_PAGES * FREEBSD_PAGE_SIZE, true,
			   r->kind == SHARED, below(p, 2));
	for (int i = 0; i < RANGE_PAGES; i++) {
		r->page[i].mapped = true;
		r->page[i].own = r->kind == ANONYMOUS;
	}
}

static void unmap(struct task *t, struct program *p, struct naive_range *r, uint64_t i, uint64_t n)
{
	if (below(p, 4) == 0) {
		vm_range_free(t, r->range);
		memset(r, 0, sizeof(*r));
		return;
	}
	vm_map_delete(t, r->range, i, i + n);
	memset(&r->page[i], 0, n * sizeof(r->page[0]));
}

static void advise(struct task *t, struct program *p, struct naive_range *r, uint64_t i, uint64_t n)
{
	int advice = (int)below(p, 6);

	assert_int_equal(
	    vm_madvise(t, r->range, i * FREEBSD_PAGE_SIZE, n * FREEBSD_PAGE_SIZE, advice), 0);
	for (uint64_t k = i; advice == FREEBSD_MADV_FREE && k < i + n; k++)
		r->page[k].freed |= r->page[k].own && !r->page[k].locked;
}

static void lock(struct task *t, struct program *p, struct naive_range *r, uint64_t i, uint64_t n)
{
	bool on = below(p, 2);
	int error =
	    on ? vm_mlock(t, r->range, i, i + n / 8 + 1) : vm_munlock(t, r->range, i, i + n);

	if (error && r->kind == PRIVATE) { /* how far it got nobody knows */
		vm_range_free(t, r->range);
		memset(r, 0, sizeof(*r));
		return;
	}
	for (uint64_t k = i; !error && k < i + (on ? n / 8 + 1 : n); k++) {
		struct naive_page *page = &r->page[k];

		if (on && r->kind == PRIVATE && !page->own && !page->readonly) {
			/* faulted in for stores: the copy has what the file had then */
			page->own = page->freed = true;
			page->e = any();
		}
		page->locked = on;
	}
}

static void protect(struct task *t, struct program *p, struct naive_range *r, uint64_t i,
		    uint64_t n)
{
	bool write = below(p, 3) != 0;

	if (vm_mprotect(t, r->range, i, i + n, write))
		return;
	for (uint64_t k = i; k < i + n; k++)
		r->page[k].readonly = !write;
}

static void sync_range(struct task *t, struct program *p, struct naive_range *r, uint64_t i,
		       uint64_t n)
{
	bool invalidate = below(p, 2);
	int error = vm_msync(t, r->range, i * FREEBSD_PAGE_SIZE, n * FREEBSD_PAGE_SIZE,
			     !invalidate && below(p, 2), invalidate);

	assert_true(!error || error == -EINVAL || error == -EBUSY);
}

static void cut(struct task *t, uint64_t pages)
{
	bool odd = pages % 3 == 0 && pages > 0;
	uint64_t size = pages * FREEBSD_PAGE_SIZE - (odd ? 1000 : 0);

	file_changes = true;
	cuts++;
	assert_int_equal(vn_truncate(t, vnode_by_name(vm, "f0"), (int64_t)size), 0);
	for (uint64_t i = pages; i < FILE_PAGES; i++)
		file[i] = (struct expected){ 0, 0, file[i].storing };
	file_pages = pages;
	cuts++;
	file_changes = false;
}

static void write_file(struct task *t, struct program *p)
{
	struct freebsd_file *fp = freebsd_file_open(vm, vnode_by_name(vm, "f0"));
	uint64_t first = below(p, FILE_PAGES - 20), n = 1 + below(p, 16);
	uint32_t before = vm->stores + 1;
	int64_t written;

	if (first > file_pages)
		first = file_pages;
	file_changes = true;
	cuts++;
	written =
	    vn_write(t, fp, (int64_t)(first * FREEBSD_PAGE_SIZE), (int64_t)(n * FREEBSD_PAGE_SIZE));
	assert_true(t->killed || written == (int64_t)(n * FREEBSD_PAGE_SIZE));
	n = (uint64_t)written / FREEBSD_PAGE_SIZE;
	for (uint64_t i = first; i < first + n; i++)
		file[i] =
		    (struct expected){ file[i].storing ? 0 : before, vm->stores, file[i].storing };
	file_pages = max_u64(file_pages, first + n);
	cuts++;
	file_changes = false;
	list_del(&fp->link);
	sim_free(fp);
}

static void file_operation(struct task *t, struct program *p)
{
	int error;

	if (file_changes)
		return;
	switch (below(p, 6)) {
	case 0:
		cut(t, below(p, FILE_PAGES));
		break;
	case 1:
		error = vn_fsync(t, vnode_by_name(vm, "f0"), true);
		assert_true(!error || (writes_fail && error == -EIO));
		break;
	default:
		write_file(t, p);
	}
}

static void program(struct task *t, void *arg);

static void fork_program(struct task *t, struct program *p)
{
	const struct personality *os = f.sc->personality;
	struct program *child = NULL;
	int error = 0;
	void *kernel;

	for (int k = 0; k < MAX_PROGRAMS && !child; k++)
		if (!programs[k].task)
			child = &programs[k];
	if (!child)
		return;
	child->task = t; /* taken */
	kernel = os->task_fork(t, "child", &error);
	assert_non_null(kernel);
	*child = *p;
	child->random += (uint64_t)++forks;
	child->ops = p->ops / 2;
	for (int i = 0; i < NR_RANGES; i++) {
		if (child->r[i].range)
			child->r[i].range = os->inherit(kernel, "map", p->r[i].range);
		for (int k = 0; k < RANGE_PAGES; k++) {
			struct naive_page *page = &child->r[i].page[k];

			/* what is wired is copied at once, whoever has it */
			if (page->locked && child->r[i].kind == PRIVATE && !page->own) {
				page->own = page->freed = true;
				page->e = any();
			}
			page->locked = false;
		}
	}
	child->task = task_spawn(f.s, &f.s->cpus[forks % 2], "child", 0, program, child);
	child->task->kernel = kernel;
	os->task_start(child->task);
}

/* A device of swap comes, or goes while others page to it. */
static void switch_swap(struct task *t, struct program *p)
{
	const struct swap_pager *sw = vm->swap;
	const struct swdevt *sp = &sw->dev[below(p, (uint64_t)sw->nr_devs)];
	bool on = sp->on;
	int error = on ? sys_swapoff(t, sp->name) : sys_swapon(t, sp->name);

	/* another may have been faster */
	assert_true(!error || error == (on ? -ENOMEM : -EBUSY) || (on && error == -EINVAL));
	assert_true(!on || error || !sp->used || sp->on);
	switched += on && !error;
}

/* Sleeps so long that it may be swapped out. */
static void sleep_long(struct task *t, struct program *p)
{
	sim_time ms = below(p, 6000);

	task_sleep(t, ms * NS_PER_MS);
	assert_true(((const struct thread *)t->kernel)->inmem);
}

static void touch(struct task *t, struct program *p, struct naive_range *r, uint64_t i, uint64_t n)
{
	bool write = below(p, 2);

	for (uint64_t k = i; k < i + n && !t->killed; k++) {
		if (write)
			store(t, r, k);
		else
			load(t, r, k);
	}
}

static void one_operation(struct task *t, struct program *p)
{
	uint64_t kind = below(p, 42), i = below(p, RANGE_PAGES), n = 1 + below(p, 250);
	struct naive_range *r = some_range(p, true);

	n = min_u64(n, RANGE_PAGES - i);
	if (!r || kind < 4)
		map(t, p);
	else if (kind < 24)
		touch(t, p, r, i, n);
	else if (kind < 27)
		advise(t, p, r, i, n);
	else if (kind < 30)
		lock(t, p, r, i, n);
	else if (kind < 31)
		unmap(t, p, r, i, n);
	else if (kind < 33)
		protect(t, p, r, i, n);
	else if (kind < 35)
		sync_range(t, p, r, i, n);
	else if (kind < 38)
		file_operation(t, p);
	else if (kind < 40)
		fork_program(t, p);
	else if (kind < 41)
		sleep_long(t, p);
	else if (vm->swap->nr_devs > 1)
		switch_swap(t, p);
}

static void read_all(struct task *t, struct program *p)
{
	for (int k = 0; k < NR_RANGES; k++)
		for (uint64_t i = 0; p->r[k].range && i < RANGE_PAGES && !t->killed; i++)
			load(t, &p->r[k], i);
}

static void program(struct task *t, void *arg)
{
	struct program *p = arg;

	if (!t->kernel)
		f.sc->personality->task_start(t);
	for (; p->ops > 0 && !t->killed; p->ops--) {
		one_operation(t, p);
		if (p->ops % 20 == 0)
			fixture_check(&f);
		cond_resched(t);
	}
	read_all(t, p);
	killed += t->killed;
	memset(p->r, 0, sizeof(p->r));
	f.sc->personality->task_exit(t);
	p->task = NULL;
}

/* --- a round --- */

/* Nothing of programs is left, in memory or in swap. */
static void all_is_given_back(void)
{
	int64_t wired = 0;

	vm_thread_stack_lowmem(f.s->cpus[0].irq);
	assert_int_equal(vm->kstacks, 0);
	for (int64_t i = 0; i < vm->bufs->limits.nbuf; i++)
		wired += vm->bufs->buf[i].vp ? vm->bufs->buf[i].npages : 0;
	assert_int_equal(vm->cnt.v_wire_count, wired + (int64_t)vm->kernel_wired);
	assert_int_equal(vm->swap->avail, (int64_t)vm->swap->npages + vm->swap->labels_left);
	LIST_FOR_EACH (pos, &vm->objects) {
		const struct vm_object *object = LIST_ENTRY(pos, struct vm_object, link);

		assert_int_equal(object->type, OBJT_VNODE);
		assert_int_equal(object->ref_count, 0);
		assert_int_equal(object->shadow_count, 0);
	}
}

static void one_round(const char *machine, uint64_t seed)
{
	fixture_boot(&f, machine);
	vm = freebsd_vm(f.s);
	writes_fail = machine == failing;
	programs = sim_calloc(MAX_PROGRAMS, sizeof(*programs));
	forks = killed = reads = cow_reads = switched = 0;
	file_changes = false;
	file_pages = 400;
	for (int i = 0; i < FILE_PAGES; i++)
		file[i] = (struct expected){ 0, 0, 0 };
	for (int i = 0; i < 4; i++) {
		struct program *p = &programs[i];

		p->random = seed * 1000 + (uint64_t)i;
		p->ops = OPS;
		p->task = task_spawn(f.s, &f.s->cpus[i % 2], "program", 0, program, p);
	}
	f.s->end_with_tasks = true;
	sim_run(f.s, FOREVER);
	fixture_check(&f);
	all_is_given_back();
	print_message(
	    "seed %llu: %d forks, %d killed, %d swapoffs, %d reads, %u stores, %lld out, %lld in, "
	    "%lld + %lld copied, %lld + %lld chains shortened, %lld swapped out\n",
	    (unsigned long long)seed, forks, killed, switched, reads, vm->stores,
	    (long long)vm->cnt.v_swappgsout, (long long)vm->cnt.v_swappgsin,
	    (long long)(vm->cnt.v_cow_faults - vm->cnt.v_cow_optim), (long long)vm->cnt.v_cow_optim,
	    (long long)vm->cnt.object_collapses, (long long)vm->cnt.object_bypasses,
	    (long long)vm->cnt.sim_swapouts);
	assert_true(forks > 0 && vm->cnt.v_swappgsout > 0 && vm->cnt.v_cow_faults > 0);
	assert_true(machine != too_small || killed > 0);
	assert_true(!writes_fail || (vm->cnt.sim_redirtied > 0 && killed == 0));
	sim_free(programs);
	fixture_end(&f);
}

static uint64_t first_seed = 1;

static void programs_find_what_they_stored(void **state)
{
	const char *ops = getenv("FUZZ_OPS");
	uint64_t rounds = div_round_up(ops ? strtoull(ops, NULL, 10) : 4000, 4 * OPS);

	(void)state;
	for (uint64_t i = 0; i < rounds; i++)
		one_round(with_swap, first_seed + i);
	print_message("%llu operations, seed %llu\n", (unsigned long long)(rounds * 4 * OPS),
		      (unsigned long long)first_seed);
}

static void those_who_are_left_find_what_they_stored(void **state)
{
	(void)state;
	one_round(too_small, first_seed);
}

static void what_could_not_be_written_is_not_lost(void **state)
{
	(void)state;
	one_round(failing, first_seed);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_find_what_they_stored),
		cmocka_unit_test(those_who_are_left_find_what_they_stored),
		cmocka_unit_test(what_could_not_be_written_is_not_lost),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
