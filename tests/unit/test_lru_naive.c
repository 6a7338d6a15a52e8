/*
 * test_lru_naive.c - random operations on the lists, against a model of plain arrays
 *
 * The model knows of each page what the specification says and nothing more; it moves pages by
 * copying arrays.  Pages are clean pages of one file, some locked, some held by somebody, some
 * mlocked.  The CPU keeps small changes of some counters to itself; reclaim decides by what is seen
 * of them.  After each operation both have the same lists in the same order, the same flags,
 * batches and counters; a failure names its seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "tests/unit/fixture.h"

#define PAGES     200 /* of the file; few enough to come back, many enough for several batches */
#define BATCH     15
#define BATCHES   6
#define OPS       20000
#define OPS_WORLD 2000 /* operations on one machine */

enum { ADD, ROTATE, DEACTIVATE_FILE, DEACTIVATE, LAZYFREE, ACTIVATE };
enum { INACTIVE, ACTIVE, LISTS };

struct npage {
	bool cached, listed, referenced, active, workingset, mlocked, unevictable, locked;
	int refs; /* cache, batches, holders */
	bool shadow, shadow_workingset;
	uint64_t shadow_age;
};

/* A counter: what everybody sees of it, and what the CPU keeps to itself. */
struct part {
	int64_t seen, kept;
};

struct lists {
	struct npage p[PAGES];
	struct part size[LISTS], activated;
	int list[LISTS][PAGES], len[LISTS]; /* head first */
	int batch[BATCHES][BATCH], nr[BATCHES];
	uint64_t age, refaults;
	int64_t pgactivate, pgdeactivate, pgrotated, pgrefill, pgscan, pgsteal, culled, rescued;
	int64_t refault, wactivate, restore, unevictable;
	uint64_t file_cost;
};

static struct fixture f;
static struct lists m, total; /* total: counters of all worlds */
static struct rng rng;
static uint64_t seed = 1;
static struct address_space *mapping;
static struct page *held[PAGES][3]; /* references of the test */
static int nr_held[PAGES];

/* --- the model --- */

static void count(struct part *part, int64_t change)
{
	int64_t x = part->kept + change, most = f.vm->nodes[0].stat_threshold;
	bool keeps = x <= most && x >= -most;

	part->seen += keeps ? 0 : x;
	part->kept = keeps ? x : 0;
}

static uint64_t seen(const struct part *part)
{
	return part->seen > 0 ? (uint64_t)part->seen : 0;
}

/* Its list is counted by the caller. */
static void take_off(int i)
{
	int l = m.p[i].active ? ACTIVE : INACTIVE, at = 0;

	m.p[i].listed = false;
	if (m.p[i].unevictable) {
		m.unevictable--;
		return;
	}
	while (m.list[l][at] != i)
		at++;
	m.len[l]--;
	memmove(&m.list[l][at], &m.list[l][at + 1], (size_t)(m.len[l] - at) * sizeof(int));
}

static void unlink_page(int i)
{
	take_off(i);
	if (!m.p[i].unevictable)
		count(&m.size[m.p[i].active ? ACTIVE : INACTIVE], -1);
}

static void link_page(int i, bool tail)
{
	int l = m.p[i].active ? ACTIVE : INACTIVE;

	m.p[i].listed = true;
	if (m.p[i].unevictable) {
		m.unevictable++;
		return;
	}
	count(&m.size[l], 1);
	if (tail) {
		m.list[l][m.len[l]++] = i;
		return;
	}
	memmove(&m.list[l][1], &m.list[l][0], (size_t)m.len[l] * sizeof(int));
	m.list[l][0] = i;
	m.len[l]++;
}

static void drop_ref(int i)
{
	if (--m.p[i].refs == 0) {
		struct npage *p = &m.p[i];

		if (p->listed)
			unlink_page(i);
		*p = (struct npage){ .shadow = p->shadow,
				     .shadow_workingset = p->shadow_workingset,
				     .shadow_age = p->shadow_age };
	}
}

static void add_to_list(int i)
{
	struct npage *p = &m.p[i];
	bool was = p->unevictable;

	p->unevictable = p->mlocked;
	if (p->unevictable)
		p->active = false;
	m.culled += !was && p->unevictable;
	m.rescued += was && !p->unevictable;
	link_page(i, false);
}

static void drain_one(int kind, int i)
{
	struct npage *p = &m.p[i];

	if (kind == ADD) {
		add_to_list(i);
		return;
	}
	if (!p->listed || p->unevictable)
		return;
	if ((kind == ACTIVATE && p->active) || (kind == DEACTIVATE && !p->active) ||
	    kind == LAZYFREE)
		return;
	unlink_page(i);
	m.pgdeactivate += kind != ROTATE && kind != ACTIVATE && p->active;
	m.pgactivate += kind == ACTIVATE;
	m.pgrotated += kind == ROTATE || kind == DEACTIVATE_FILE;
	p->active = kind == ACTIVATE;
	if (kind == DEACTIVATE || kind == DEACTIVATE_FILE)
		p->referenced = false;
	link_page(i, kind == ROTATE || kind == DEACTIVATE_FILE);
}

static void drain(int kind)
{
	int n = m.nr[kind], pages[BATCH];

	memcpy(pages, m.batch[kind], sizeof(pages));
	m.nr[kind] = 0;
	for (int i = 0; i < n; i++)
		drain_one(kind, pages[i]);
	for (int i = 0; i < n; i++)
		drop_ref(pages[i]);
}

static void drain_all(void)
{
	for (int kind = 0; kind < BATCHES; kind++)
		drain(kind);
}

static void queue(int kind, int i)
{
	m.p[i].refs++;
	m.batch[kind][m.nr[kind]++] = i;
	if (m.nr[kind] == BATCH)
		drain(kind);
}

static void forget_cost(void)
{
	if (m.file_cost > (seen(&m.size[ACTIVE]) + seen(&m.size[INACTIVE])) / 4)
		m.file_cost /= 2;
}

static void model_add(int i)
{
	struct npage *p = &m.p[i];

	p->cached = true;
	p->refs = 1;
	if (p->shadow) {
		m.refault++;
		if (m.age - p->shadow_age <= seen(&m.size[ACTIVE])) {
			p->active = true;
			m.age++;
			m.wactivate++;
			count(&m.activated, 1);
			if (p->shadow_workingset) {
				p->workingset = true;
				m.restore++;
				m.file_cost++;
				forget_cost();
			}
		}
	}
	p->shadow = false;
	queue(ADD, i);
}

static void model_accessed(int i)
{
	struct npage *p = &m.p[i];

	if (!p->referenced) {
		p->referenced = true;
		return;
	}
	if (p->unevictable || p->active)
		return;
	if (p->listed) {
		queue(ACTIVATE, i);
	} else {
		for (int k = 0; k < m.nr[ADD]; k++)
			if (m.batch[ADD][k] == i)
				p->active = true;
	}
	p->referenced = false;
	m.age++;
}

static int isolate(int l, uint64_t n, int *taken)
{
	int nr = 0;

	while (n-- && m.len[l]) {
		int i = m.list[l][m.len[l] - 1];

		take_off(i);
		m.p[i].refs++;
		taken[nr++] = i;
	}
	count(&m.size[l], -nr);
	return nr;
}

static void put_back(int i)
{
	if (m.p[i].mlocked) {
		queue(ADD, i);
		drop_ref(i);
		return;
	}
	m.p[i].refs--;
	link_page(i, false);
}

static uint64_t model_inactive(uint64_t n, uint64_t *scanned)
{
	int taken[PAGES], keep[PAGES], nr, nr_keep = 0;
	uint64_t freed = 0;

	drain_all();
	nr = isolate(INACTIVE, n, taken);
	m.pgscan += nr;
	if (!nr)
		return 0;
	for (int k = 0; k < nr; k++) {
		struct npage *p = &m.p[taken[k]];

		keep[nr_keep] = taken[k];
		if (p->locked) {
			nr_keep++;
			continue;
		}
		++*scanned;
		if (p->mlocked) {
			nr_keep++;
			continue;
		}
		p->referenced = false;
		if (p->refs != 2) {
			nr_keep++;
			continue;
		}
		freed++;
		*p = (struct npage){ .shadow = true,
				     .shadow_workingset = p->workingset,
				     .shadow_age = m.age++ };
	}
	for (int k = 0; k < nr_keep; k++)
		put_back(keep[k]);
	m.pgsteal += (int64_t)freed;
	forget_cost();
	return freed;
}

static void model_active(uint64_t n)
{
	int taken[PAGES], nr;

	drain_all();
	nr = isolate(ACTIVE, n, taken);
	m.pgrefill += nr;
	/* those that are mlocked go to the batch before the others go back */
	for (int k = 0; k < nr; k++)
		if (m.p[taken[k]].mlocked)
			put_back(taken[k]);
	for (int k = 0; k < nr; k++) {
		struct npage *p = &m.p[taken[k]];

		if (p->mlocked)
			continue;
		p->active = false;
		p->workingset = true;
		m.pgdeactivate++;
		put_back(taken[k]);
	}
}

static uint64_t model_shrink(int priority, bool kswapd, bool force, uint64_t *scanned)
{
	uint64_t left[LISTS] = { (uint64_t)m.len[INACTIVE] >> priority,
				 (uint64_t)m.len[ACTIVE] >> priority };
	bool deactivate = force || seen(&m.activated) != m.refaults ||
			  seen(&m.size[INACTIVE]) < seen(&m.size[ACTIVE]);
	uint64_t freed = 0;

	while (left[INACTIVE] || left[ACTIVE]) {
		uint64_t n = left[INACTIVE] < 32 ? left[INACTIVE] : 32;

		left[INACTIVE] -= n;
		if (n)
			freed += model_inactive(n, scanned);
		n = left[ACTIVE] < 32 ? left[ACTIVE] : 32;
		left[ACTIVE] -= n;
		if (n && deactivate)
			model_active(n);
		/* one kind alone: enough is enough, but for a task at the first priority */
		if (freed >= 32 && (kswapd || priority != 12))
			break;
	}
	return freed;
}

/* --- the same on the machine --- */

static struct page *page_of(int i)
{
	xa_entry e = xa_load(&mapping->i_pages, (uint64_t)i);

	return e && !xa_is_value(e) ? mapping_page(mapping, e) : NULL;
}

static void add(struct task *t, int i)
{
	struct page *page = alloc_pages(t, GFP_KERNEL, 0);

	assert_int_equal(add_to_page_cache_lru(t, page, mapping, (uint64_t)i, GFP_KERNEL), 0);
	page->flags |= PG_uptodate;
	unlock_page(f.vm, page);
	put_page(f.vm, t->cpu, page);
	model_add(i);
}

static void shrink(struct task *t)
{
	int priority = rng_below(&rng, 8) ? (int)rng_below(&rng, 4) : 12;
	struct scan_control sc = { .nr_to_reclaim = 32,
				   .gfp = GFP_KERNEL,
				   .may_unmap = true,
				   .reclaim_idx = MAX_NR_ZONES - 1,
				   .priority = priority,
				   .kswapd = rng_below(&rng, 2),
				   .force_deactivate = rng_below(&rng, 2) };
	uint64_t scanned = 0;
	uint64_t freed = model_shrink(priority, sc.kswapd, sc.force_deactivate, &scanned);

	shrink_node(t, &f.vm->nodes[0], &sc);
	assert_int_equal(sc.nr_reclaimed, freed);
	assert_int_equal(sc.nr_scanned, scanned);
}

static void hold_or_drop(struct task *t, int i)
{
	if (nr_held[i] && rng_below(&rng, 2)) {
		put_page(f.vm, t->cpu, held[i][--nr_held[i]]);
		drop_ref(i);
	} else if (nr_held[i] < 3) {
		held[i][nr_held[i]] = page_of(i);
		get_page(held[i][nr_held[i]++]);
		m.p[i].refs++;
	}
}

/* As migration does that cannot move the page. */
static void take_off_and_put_back(struct task *t, int i)
{
	struct page *page = page_of(i);

	get_page(page);
	lruvec_del_page(f.vm, page);
	page->flags |= PG_isolated;
	putback_lru_page(f.vm, t->cpu, page);
	m.p[i].refs++;
	unlink_page(i);
	queue(ADD, i);
	drop_ref(i);
}

static void change_cached(struct task *t, int i)
{
	struct page *page = page_of(i);
	struct npage *p = &m.p[i];

	switch (rng_below(&rng, 14)) {
	case 0:
		if (p->locked)
			unlock_page(f.vm, page);
		else
			assert_true(trylock_page(page));
		p->locked = !p->locked;
		break;
	case 1:
		if (p->locked) {
			folio_rotate_reclaimable(f.vm, t->cpu, page);
		} else if (p->listed && !p->unevictable) {
			folio_rotate_reclaimable(f.vm, t->cpu, page);
			queue(ROTATE, i);
		}
		break;
	case 2:
		deactivate_file_folio(f.vm, t->cpu, page);
		if (!p->unevictable)
			queue(DEACTIVATE_FILE, i);
		break;
	case 3:
		deactivate_page(f.vm, t->cpu, page);
		if (p->listed && p->active && !p->unevictable)
			queue(DEACTIVATE, i);
		break;
	case 4:
		mark_page_lazyfree(f.vm, t->cpu, page); /* not anonymous: nothing */
		break;
	case 5:
		page->flags ^= PG_mlocked;
		p->mlocked = !p->mlocked;
		break;
	case 6:
		hold_or_drop(t, i);
		break;
	case 7:
		if (p->listed)
			take_off_and_put_back(t, i);
		break;
	default:
		mark_page_accessed(f.vm, t->cpu, page);
		model_accessed(i);
	}
}

/* --- comparison --- */

static void compare_page(int i)
{
	const struct npage *p = &m.p[i];
	const struct page *page = page_of(i);

	assert_int_equal(page != NULL, p->cached);
	if (!page)
		return;
	assert_int_equal(page->refcount, p->refs);
	assert_int_equal(!!(page->flags & PG_lru), p->listed);
	assert_int_equal(!!(page->flags & PG_referenced), p->referenced);
	assert_int_equal(!!(page->flags & PG_active), p->active);
	assert_int_equal(!!(page->flags & PG_workingset), p->workingset);
	assert_int_equal(!!(page->flags & PG_unevictable), p->unevictable);
}

static void compare(void)
{
	const struct pglist_data *node = &f.vm->nodes[0];
	const struct vm_stat *stat = &f.vm->stat;
	static const enum lru_list lru[] = { LRU_INACTIVE_FILE, LRU_ACTIVE_FILE };
	struct check c = { .sim = f.s };

	for (int l = 0; l < LISTS; l++) {
		uint32_t pfn = node->lruvec.lists[lru[l]].head;

		for (int k = 0; k < m.len[l]; k++) {
			assert_int_equal(pfn, page_to_pfn(f.vm, page_of(m.list[l][k])));
			pfn = pfn_to_page(f.vm, pfn)->next;
		}
		assert_int_equal(pfn, 0);
	}
	for (int i = 0; i < PAGES; i++)
		compare_page(i);
	assert_int_equal(node->stat.nr_unevictable, m.unevictable);
	assert_int_equal(node->lruvec.nonresident_age, m.age);
	assert_int_equal(node->lruvec.file_cost, m.file_cost);
	assert_int_equal(node->stat.workingset_refault_file, m.refault);
	assert_int_equal(node->stat.workingset_activate_file, m.wactivate);
	assert_int_equal(node->stat.workingset_restore_file, m.restore);
	assert_int_equal(stat->pgactivate, m.pgactivate);
	assert_int_equal(stat->pgdeactivate, m.pgdeactivate);
	assert_int_equal(stat->pgrotated, m.pgrotated);
	assert_int_equal(stat->pgrefill, m.pgrefill);
	assert_int_equal(stat->pgscan_file, m.pgscan);
	assert_int_equal(stat->pgsteal_file, m.pgsteal);
	assert_int_equal(stat->unevictable_pgs_culled, m.culled);
	assert_int_equal(stat->unevictable_pgs_rescued, m.rescued);
	lru_check(&c, f.s);
	assert_int_equal(c.failures, 0);
}

/* Memory of a program that reclaim leaves alone: shadows may stay as long as there are so many
 * pages. */
static void touch_memory(struct task *t)
{
	uint64_t addr = 0;

	assert_int_equal(do_mmap(t, NULL, 0, 256 * PAGE_SIZE, VM_READ | VM_WRITE, 0, &addr), 0);
	for (int i = 0; i < 256; i++)
		assert_int_equal(user_access(t, task_mm(t), addr + (uint64_t)i * PAGE_SIZE, true),
				 0);
	lru_add_drain_all(f.vm);
}

static void one_world(struct task *t, void *arg)
{
	(void)arg;
	touch_memory(t);
	mapping = &file_by_name(f.vm, "data")->mapping;
	memset(&m, 0, sizeof(m));
	memset(nr_held, 0, sizeof(nr_held));
	for (int op = 0; op < OPS_WORLD; op++) {
		int i = (int)rng_below(&rng, PAGES);

		if (rng_below(&rng, 60) == 0) {
			shrink(t);
		} else if (rng_below(&rng, 200) == 0) {
			lru_add_drain(f.vm, t->cpu);
			drain_all();
		} else if (rng_below(&rng, 100) == 0) {
			snapshot_refaults(&f.vm->nodes[0]);
			m.refaults = seen(&m.activated);
		} else if (m.p[i].cached) {
			change_cached(t, i);
		} else {
			add(t, i);
		}
		compare();
	}
	total.pgactivate += m.pgactivate;
	total.pgdeactivate += m.pgdeactivate;
	total.pgrotated += m.pgrotated;
	total.pgrefill += m.pgrefill;
	total.pgsteal += m.pgsteal;
	total.culled += m.culled;
	total.rescued += m.rescued;
	total.refault += m.refault;
	total.wactivate += m.wactivate;
	total.restore += m.restore;
	/* leave as found: checks of other chapters know nothing of our marks */
	for (int i = 0; i < PAGES; i++) {
		struct page *page = page_of(i);

		while (nr_held[i])
			put_page(f.vm, t->cpu, held[i][--nr_held[i]]);
		if (page && m.p[i].locked)
			unlock_page(f.vm, page);
		if (page)
			page->flags &= ~(uint32_t)PG_mlocked;
	}
}

static void both_models_do_the_same(void **state)
{
	(void)state;
	for (int done = 0; done < OPS; done += OPS_WORLD) {
		rng_init(&rng, seed, "lru");
		fprintf(stderr, "seed %llu\n", (unsigned long long)seed++);
		fixture_boot(&f, "machine: { nodes: [{ cpus: 1, memory: 64 MiB }], "
				 "disks: [{ name: sda, preset: ssd }] }\n"
				 "files: [{ name: data, disk: sda, size: 1 MiB }]\n");
		fixture_task(&f, one_world, NULL);
		fixture_end(&f);
	}
	/* all of it happened */
	assert_true(total.pgactivate && total.pgdeactivate && total.pgrotated && total.pgrefill);
	assert_true(total.pgsteal && total.culled && total.rescued);
	assert_true(total.refault && total.wactivate && total.restore);
	fprintf(stderr, "%lld stolen, %lld refaults, %lld restored, %lld rescued\n",
		(long long)total.pgsteal, (long long)total.refault, (long long)total.restore,
		(long long)total.rescued);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(both_models_do_the_same) };

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
