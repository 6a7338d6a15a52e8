/*
 * bench_cache.c - the page cache: hits, reads of which 22 % miss, a stream through a full cache,
 * and reclaim that looks at pages in random order
 *
 * Yardsticks: a bare LRU of pages (a radix tree and a list, nothing else) for the first two, and a
 * chain of dependent reads of 64 bytes over 1 GiB for the others.
 */
#include <string.h>

#include "models/linux/conf.h"
#include "models/linux/pagecache/pagemap.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "tests/bench/bench.h"

#define PAGES   (1u << 20)  /* of the file: 4 GiB */
#define READS   2000000     /* of one measurement */
#define STREAM  (64u << 10) /* pages of one measurement */
#define CHAIN   (1ULL << 30 >> 6)
#define CHAINED 2000000

/* ---- which pages: zipf 1.0, ranks scattered over the file ---- */

static uint32_t *zipf_pages(size_t n)
{
	double *sum = sim_alloc(PAGES * sizeof(*sum));
	uint32_t *pages = sim_alloc(n * sizeof(*pages));
	double total = 0;
	struct rng r;

	rng_init(&r, 1, "zipf");
	for (uint32_t k = 0; k < PAGES; k++)
		sum[k] = total += 1.0 / (k + 1);
	for (size_t i = 0; i < n; i++) {
		double at = (double)rng_below(&r, 1ULL << 52) / (double)(1ULL << 52) * total;
		uint32_t low = 0, high = PAGES - 1;

		while (low < high) {
			uint32_t mid = (low + high) / 2;

			if (sum[mid] <= at)
				low = mid + 1;
			else
				high = mid;
		}
		pages[i] = (uint32_t)((uint64_t)low * 2654435761u % PAGES);
	}
	sim_free(sum);
	return pages;
}

/* ---- the bare LRU ---- */

#define LRU_SLOTS  64
#define LRU_LEVELS 4 /* 64^4 pages and more */

struct lru_node {
	void *slot[LRU_SLOTS];
};

struct lru_page {
	struct lru_page *prev, *next;
	uint32_t index;
};

struct lru {
	struct lru_node root;
	struct lru_page head;  /* most recent first */
	struct lru_page *page; /* owned */
	uint32_t n, capacity;
	const uint32_t *reads;
	uint64_t misses;
};

static struct lru_page **lru_slot(struct lru *l, uint32_t index)
{
	struct lru_node *n = &l->root;

	for (int level = LRU_LEVELS - 1; level > 0; level--) {
		void **slot = &n->slot[index >> 6 * level & 63];

		if (!*slot)
			*slot = sim_calloc(1, sizeof(*n));
		n = *slot;
	}
	return (struct lru_page **)&n->slot[index & 63];
}

static void lru_unlink(struct lru_page *p)
{
	p->prev->next = p->next;
	p->next->prev = p->prev;
}

static void lru_first(struct lru *l, struct lru_page *p)
{
	p->next = l->head.next;
	p->prev = &l->head;
	p->next->prev = p;
	l->head.next = p;
}

static void lru_read(struct lru *l, uint32_t index)
{
	struct lru_page **slot = lru_slot(l, index), *p = *slot;

	if (p) {
		lru_unlink(p);
	} else {
		l->misses++;
		if (l->n < l->capacity) {
			p = &l->page[l->n++];
		} else {
			p = l->head.prev;
			lru_unlink(p);
			*lru_slot(l, p->index) = NULL;
		}
		p->index = index;
		*slot = p;
	}
	lru_first(l, p);
}

static double lru_reads(void *arg)
{
	struct lru *l = arg;

	for (int i = 0; i < READS; i++)
		lru_read(l, l->reads[i]);
	return READS;
}

static struct lru *bare_lru_new(uint32_t capacity, const uint32_t *reads)
{
	struct lru *l = sim_calloc(1, sizeof(*l));

	l->head.next = l->head.prev = &l->head;
	l->page = sim_alloc(capacity * sizeof(*l->page));
	l->capacity = capacity;
	l->reads = reads;
	return l;
}

static void bare_lru_free(struct lru *l)
{
	/* its nodes live as long as the program */
	sim_free(l->page);
	sim_free(l);
}

/* ---- dependent reads ---- */

struct chain {
	struct {
		uint32_t next;
		char rest[60];
	} * at;
	uint32_t pos;
};

static struct chain chain_new(void)
{
	struct chain c = { .at = sim_alloc(CHAIN * 64) };

	/* a full cycle: an odd step, a multiplier of the form 4k + 1 */
	for (uint64_t i = 0; i < CHAIN; i++)
		c.at[i].next = (uint32_t)((i * 1664525 + 1013904223) % CHAIN);
	return c;
}

static volatile uint32_t kept;

static double chain_reads(void *arg)
{
	struct chain *c = arg;

	for (int i = 0; i < CHAINED; i++)
		c->pos = c->at[c->pos].next;
	kept = c->pos;
	return CHAINED;
}

/* ---- ours ---- */

struct machine_under_test {
	struct machine_conf machine;
	struct linux_conf kernel;
	struct node_conf node;
	struct disk_conf disk;
	struct key_list files;
	struct file_conf file;
	struct tables tables;
	struct sim *s;
	const uint32_t *reads;
	struct file *f;
	int64_t pos; /* of the stream */
	task_fn *fn;
};

static bool boot(struct machine_under_test *m, int64_t memory, struct diag *d)
{
	*m = (struct machine_under_test){
		.node = { .cpus = 1, .memory = memory },
		.file = { .name = "data", .disk = "disk", .size = (int64_t)PAGES * PAGE_SIZE },
		.disk = {
			.name = "disk",
			.preset = -1,
#define DISK_PARAM(name, unit, def, min, max, meaning) .name = def,
#define DISK_WORDS(name, words, meaning)               .name = -1,
#include "models/hw/disk.def"
#undef DISK_PARAM
#undef DISK_WORDS
		},
	};
	memset(m->disk.seen.written, 0xff, sizeof(m->disk.seen.written)); /* all of it counts */
	m->disk.request_time = 100 * 1000;
	m->disk.slots = m->disk.queue_depth = 64;
	m->machine.nodes = (struct key_list){ &m->node, 1 };
	m->machine.disks = (struct key_list){ &m->disk, 1 };
	m->files = (struct key_list){ &m->file, 1 };
	m->s = sim_new(1);
	tables_init(&m->tables, &linux_personality);
	m->s->tables = &m->tables;
	m->s->quantum = 10000;
	return linux_boot_on(m->s, &m->machine, &m->kernel, &m->files, d);
}

static void halt(struct machine_under_test *m)
{
	linux_personality.halt(m->s);
	tables_free(&m->tables);
	sim_free_run(m->s);
}

static void body(struct task *t, void *arg)
{
	struct machine_under_test *m = arg;

	linux_personality.task_start(t);
	if (!m->f)
		m->f = file_open(t, linux_vm(m->s)->files->inodes[0]);
	m->fn(t, m);
	linux_personality.task_exit(t);
}

static void run_task(struct machine_under_test *m, task_fn *fn)
{
	m->fn = fn;
	task_spawn(m->s, &m->s->cpus[0], "reader", 0, body, m);
	m->s->end_with_tasks = true;
	sim_run(m->s, FOREVER);
}

static void read_all(struct task *t, void *arg)
{
	struct machine_under_test *m = arg;
	int64_t pos = 0;

	while (generic_file_read_iter(t, m->f, &pos, 128 << 10) > 0)
		;
}

static void read_pages_at_random(struct task *t, void *arg)
{
	struct machine_under_test *m = arg;

	for (int i = 0; i < READS; i++) {
		int64_t pos = (int64_t)m->reads[i] << PAGE_SHIFT;

		generic_file_read_iter(t, m->f, &pos, PAGE_SIZE);
		cond_resched(t);
	}
}

static void read_stream(struct task *t, void *arg)
{
	struct machine_under_test *m = arg;

	for (uint32_t i = 0; i < STREAM / 32; i++)
		if (!generic_file_read_iter(t, m->f, &m->pos, 128 << 10))
			m->pos = 0;
}

/* All pages are held by somebody and change places on their list, at random. */
static void shuffle_list(struct task *t, void *arg)
{
	struct linux_vm *vm = task_vm(t);
	struct address_space *m = &vm->files->inodes[0]->mapping;
	struct rng r;

	(void)arg;
	rng_init(&r, 1, "shuffle");
	lru_add_drain_all(vm);
	for (uint64_t i = 0; i < 2 * PAGES; i++) {
		struct page *page = find_get_page(m, i < PAGES ? i : rng_below(&r, PAGES));

		lruvec_del_page(vm, page);
		lruvec_add_page(vm, page);
		if (i >= PAGES)
			put_page(vm, t->cpu, page);
	}
}

/* One pass at the last priority: looks at every page, and all of them stay. */
static void scan_list(struct task *t, void *arg)
{
	struct scan_control sc = { .nr_to_reclaim = UINT64_MAX,
				   .gfp = GFP_KERNEL,
				   .may_unmap = true,
				   .reclaim_idx = MAX_NR_ZONES - 1,
				   .kswapd = true };

	(void)arg;
	shrink_node(t, &task_vm(t)->nodes[0], &sc);
	SIM_ASSERT(sc.nr_scanned == PAGES && !sc.nr_reclaimed);
}

static double our_scan(void *arg)
{
	run_task(arg, scan_list);
	return PAGES;
}

static double our_reads(void *arg)
{
	run_task(arg, read_pages_at_random);
	return READS;
}

static double our_stream(void *arg)
{
	run_task(arg, read_stream);
	return STREAM;
}

/* ---- the goals ---- */

static bool bench_hits(const uint32_t *reads, struct diag *d)
{
	struct machine_under_test m;
	struct lru *l = bare_lru_new(PAGES, reads);
	bool ok = boot(&m, 6LL << 30, d);

	if (ok) {
		m.reads = reads;
		run_task(&m, read_all);
		for (uint32_t i = 0; i < PAGES; i++)
			lru_read(l, i);
		ok = bench_pair("1 page-cache hits, zipf 1.0", "read", our_reads, &m, lru_reads, l,
				0.13, 0.26);
	}
	halt(&m);
	bare_lru_free(l);
	return ok;
}

static bool bench_misses(const uint32_t *reads, struct diag *d)
{
	struct machine_under_test m;
	bool ok = boot(&m, 440LL << 20, d);
	struct lru *l;
	const struct vm_stat *st;
	int64_t misses;

	if (!ok) {
		halt(&m);
		return false;
	}
	m.reads = reads;
	st = &linux_vm(m.s)->stat;
	run_task(&m, read_all);
	m.f->mode |= FMODE_RANDOM;
	/* as many pages as ours has */
	l = bare_lru_new((uint32_t)linux_vm(m.s)->files->inodes[0]->mapping.nrpages, reads);
	our_reads(&m);
	misses = st->sim_read_miss_pages;
	our_reads(&m);
	misses = st->sim_read_miss_pages - misses;
	lru_reads(l);
	l->misses = 0;
	lru_reads(l);
	printf("%-34s ours %.1f %%, yardstick %.1f %%\n", "2 share of misses",
	       100.0 * (double)misses / READS, 100.0 * (double)l->misses / READS);
	ok = bench_pair("2 reads of which 22 % miss", "read", our_reads, &m, lru_reads, l, 0.04,
			0.08);
	halt(&m);
	bare_lru_free(l);
	return ok;
}

static bool bench_stream(struct diag *d)
{
	struct machine_under_test m;
	struct chain c = chain_new();
	bool ok = boot(&m, 1LL << 30, d);

	if (ok) {
		run_task(&m, read_all); /* four times its memory: the cache is full */
		ok = bench_pair("9 stream through a full cache", "page", our_stream, &m,
				chain_reads, &c, 1 / 0.7, 1 / 0.33);
	}
	halt(&m);
	sim_free(c.at);
	return ok;
}

static bool bench_scan(struct diag *d)
{
	struct machine_under_test m;
	struct chain c = chain_new();
	bool ok = boot(&m, 6LL << 30, d);

	if (ok) {
		run_task(&m, read_all);
		run_task(&m, shuffle_list);
		ok = bench_pair("11 reclaim scan in random order", "page", our_scan, &m,
				chain_reads, &c, 1 / 0.45, 1 / 0.14);
	}
	halt(&m);
	sim_free(c.at);
	return ok;
}

int main(void)
{
	uint32_t *reads = zipf_pages(READS);
	struct diag d = { 0 };
	bool ok = bench_hits(reads, &d);

	ok &= bench_misses(reads, &d);
	ok &= bench_stream(&d);
	ok &= bench_scan(&d);
	diag_print(&d, stderr);
	diag_free(&d);
	sim_free(reads);
	return !ok;
}
