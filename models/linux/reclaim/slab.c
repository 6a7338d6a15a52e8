/*
 * slab.c - kernel objects of one size share pages
 *
 * A slab is its first frame: PG_slab, and what is known of it stands in index.
 * Whoever has an object remembers the frame.
 *
 *	new, or from the node's list -> a CPU's list -> its active one -> full, on no list
 *	                                     ^                              |
 *	node's list <- all, if there are     +------- an object given back -+
 *	               too many of them
 */
#include <errno.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/reclaim/internal.h"
#include "models/linux/reclaim/shrinker.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/super.h"
#include "models/linux/task.h"

#define SLAB_MAX_ORDER 3 /* PAGE_ALLOC_COSTLY_ORDER */
/* Empty slabs stay while the list of their node has fewer than so many, or half the bits of the
 * size of an object, but not more than ten. */
#define MIN_PARTIAL 5
#define MAX_PARTIAL 10
/* What an index node may ask for: nothing that says where memory shall be. */
#define GFP_RECLAIM_MASK                                                                           \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN | __GFP_RETRY_MAYFAIL |   \
	 __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC | __GFP_NOMEMALLOC | __GFP_ATOMIC)

struct slab_cache {
	const char *name;
	uint32_t bytes; /* of an object */
	bool
	    has_ctor; /* an object of a new slab is cleared and set up before anybody asks for it */
};

static const struct slab_cache caches[NR_SLAB_CACHES] = {
#define SLAB(name, word, bytes, ctor, meaning) [SLAB_##name] = { word, bytes, ctor },
#include "models/linux/reclaim/slab.def"
#undef SLAB
};

/* The slabs of a cache on a node. */
struct slab_node {
	struct page_list partial; /* some objects free, and no CPU has them */
	uint64_t nr_partial;
	uint64_t nr_free;    /* objects of these slabs */
	uint64_t nr_objects; /* with those that are free, of all slabs */
	uint64_t nr_pages, nr_slabs;
};

/* Those that a CPU has for itself ("frozen"), of any node.  Others only give objects back to them.
 */
struct slab_cpu {
	uint32_t active;          /* frame: objects are taken here; 0: none */
	struct page_list partial; /* next ones, from the head on; some of their objects are free */
	unsigned nr_partial;
	uint64_t nr_free; /* objects of all of these slabs */
};

struct slab_caches {
	struct slab_node *node[NR_SLAB_CACHES]; /* owned; by node id */
	struct slab_cpu *cpu[NR_SLAB_CACHES];   /* owned; by CPU */
	int reserved_on;                        /* CPU of the last reservation */
	struct slab_rcu *rcu;                   /* owned; by CPU */
};

/* Objects of the kmalloc caches: nobody could give them up. */
static bool is_kmalloc(enum slab_cache_id id)
{
	return id >= SLAB_KMALLOC_8;
}

/* The counter of slab pages on a node that the cache belongs to. */
static int64_t *slab_stat(struct pglist_data *node, enum slab_cache_id id)
{
	return is_kmalloc(id) ? &node->stat.nr_slab_unreclaimable : &node->stat.nr_slab_reclaimable;
}

/* --- what a slab's first frame says --- */

#define OWNER_SHIFT 40 /* above: the CPU that has it, plus 1; 0: none */

static uint64_t slab_index(enum slab_cache_id id, unsigned objects)
{
	return (uint64_t)id << 32 | objects << 16;
}

static unsigned slab_inuse(const struct page *slab)
{
	return slab->index & 0xffff;
}

static unsigned slab_objects(const struct page *slab)
{
	return slab->index >> 16 & 0xffff;
}

static enum slab_cache_id slab_cache_of(const struct page *slab)
{
	return (enum slab_cache_id)(slab->index >> 32 & 0xff);
}

static unsigned slab_nr_free(const struct page *slab)
{
	return slab_objects(slab) - slab_inuse(slab);
}

/* The CPU that has it; -1: none. */
static int slab_owner(const struct page *slab)
{
	return (int)(slab->index >> OWNER_SHIFT) - 1;
}

static void set_slab_owner(struct page *slab, int cpu)
{
	slab->index = (slab->index & ((1ULL << OWNER_SHIFT) - 1)) | (uint64_t)(cpu + 1)
									<< OWNER_SHIFT;
}

static struct slab_node *slab_node_of(struct linux_vm *vm, const struct page *slab)
{
	return &vm->slab->node[slab_cache_of(slab)][page_zone(vm, slab)->node->node_id];
}

/* --- slabs --- */

/* The lowest order from that of min_objects on that wastes at most one part in so many. */
static int order_wasting(uint64_t bytes, uint64_t min_objects, uint64_t part)
{
	int order = 0;

	while (PAGE_SIZE << order < min_objects * bytes)
		order++;
	while (order <= SLAB_MAX_ORDER &&
	       (PAGE_SIZE << order) % bytes > (PAGE_SIZE << order) / part)
		order++;
	return order;
}

/*
 * calculate_order: room for a few objects, more of them the more CPUs there are, so that not every
 * object needs the node's lock; rather less room than much waste.
 */
static int slab_order(const struct linux_vm *vm, uint64_t bytes)
{
	uint64_t objects = 4 * ((uint64_t)fls_u64((uint64_t)vm->nr_cpu_ids) + 1);

	for (objects = min_u64(objects, (PAGE_SIZE << SLAB_MAX_ORDER) / bytes); objects > 1;
	     objects--)
		for (uint64_t part = 16; part >= 4; part /= 2)
			if (order_wasting(bytes, objects, part) <= SLAB_MAX_ORDER)
				return order_wasting(bytes, objects, part);
	return SLAB_MAX_ORDER;
}

/* A block of the cache's order if there is one at hand, else what one object needs. */
static struct page *alloc_slab_pages(struct task *t, enum slab_cache_id id, gfp_t gfp)
{
	int order = slab_order(task_vm(t), caches[id].bytes);
	int least = caches[id].bytes > PAGE_SIZE ? 1 : 0;
	gfp_t first;

	if (!is_kmalloc(id))
		gfp |= __GFP_RECLAIMABLE;
	if (order)
		gfp |= __GFP_COMP;
	first = (gfp | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL;
	if ((first & __GFP_DIRECT_RECLAIM) && order)
		first = (first | __GFP_NOMEMALLOC) & ~__GFP_RECLAIM;

	struct page *page = alloc_pages(t, first, order);

	return page ? page : alloc_pages(t, gfp, least);
}

/*
 * What somebody who reclaims gives back counts as reclaimed by him, whatever he was at: what an
 * interrupt gives back, too, if it is him whom it interrupted.
 */
static void count_reclaimed(const struct linux_vm *vm, const struct cpu *cpu, uint64_t pages)
{
	const struct task *t = vm->sim->current ? vm->sim->current : cpu->running;

	if (t && !task_in_irq(t) && (task_struct(t)->flags & PF_MEMALLOC))
		task_struct(t)->reclaimed_slab += pages;
}

static void discard_slab(struct linux_vm *vm, const struct cpu *cpu, struct page *slab)
{
	uint64_t pages = folio_nr_pages(slab);
	struct pglist_data *node = page_zone(vm, slab)->node;
	struct slab_node *n = slab_node_of(vm, slab);

	n->nr_objects -= slab_objects(slab);
	n->nr_pages -= pages;
	n->nr_slabs--;
	*slab_stat(node, slab_cache_of(slab)) -= (int64_t)pages;
	count_reclaimed(vm, cpu, pages);
	slab->flags &= ~(uint32_t)PG_slab;
	slab->index = 0;
	slab->refcount = 0;
	__free_pages(vm, cpu, slab, folio_order(slab));
}

/* --- lists of nodes and CPUs --- */

static uint64_t min_partial(enum slab_cache_id id)
{
	uint64_t half_bits = (uint64_t)(fls_u64(caches[id].bytes) - 1) / 2;

	return max_u64(MIN_PARTIAL, min_u64(MAX_PARTIAL, half_bits));
}

/* Slabs that a CPU keeps at most beside the active one: room for so many objects, if each of them
 * is used by half. */
static unsigned cpu_partial_slabs(const struct linux_vm *vm, enum slab_cache_id id)
{
	uint64_t bytes = caches[id].bytes;
	uint64_t objects = bytes >= PAGE_SIZE ? 6 : bytes >= 1024 ? 24 : bytes >= 256 ? 52 : 120;

	return (unsigned)div_round_up(objects * 2, (PAGE_SIZE << slab_order(vm, bytes)) / bytes);
}

static void remove_partial(struct linux_vm *vm, struct slab_node *n, struct page *slab)
{
	page_list_del(vm->mem_map, &n->partial, page_to_pfn(vm, slab));
	n->nr_partial--;
	n->nr_free -= slab_nr_free(slab);
}

/* A CPU gives up a slab that is on none of its lists any more. */
static void unfreeze(struct linux_vm *vm, const struct cpu *cpu, struct slab_cpu *c,
		     struct page *slab, bool head)
{
	struct slab_node *n = slab_node_of(vm, slab);
	uint32_t pfn = page_to_pfn(vm, slab);

	set_slab_owner(slab, -1);
	c->nr_free -= slab_nr_free(slab);
	if (!slab_nr_free(slab))
		return; /* full slabs are on no list */
	if (!slab_inuse(slab) && n->nr_partial >= min_partial(slab_cache_of(slab))) {
		discard_slab(vm, cpu, slab);
		return;
	}
	if (head)
		page_list_add(vm->mem_map, &n->partial, pfn);
	else
		page_list_add_tail(vm->mem_map, &n->partial, pfn);
	n->nr_partial++;
	n->nr_free += slab_nr_free(slab);
}

static struct page *pop_cpu_partial(struct linux_vm *vm, struct slab_cpu *c)
{
	uint32_t pfn = c->partial.head;

	page_list_del(vm->mem_map, &c->partial, pfn);
	c->nr_partial--;
	return pfn_to_page(vm, pfn);
}

static void unfreeze_partials(struct linux_vm *vm, const struct cpu *cpu, struct slab_cpu *c)
{
	while (c->nr_partial)
		unfreeze(vm, cpu, c, pop_cpu_partial(vm, c), false);
}

/* A slab was full until now: the CPU that gave an object back has it from now on. */
static void put_cpu_partial(struct linux_vm *vm, const struct cpu *cpu, struct page *slab)
{
	enum slab_cache_id id = slab_cache_of(slab);
	struct slab_cpu *c = &vm->slab->cpu[id][cpu->id];

	if (c->nr_partial >= cpu_partial_slabs(vm, id))
		unfreeze_partials(vm, cpu, c);
	set_slab_owner(slab, cpu->id);
	page_list_add(vm->mem_map, &c->partial, page_to_pfn(vm, slab));
	c->nr_partial++;
	c->nr_free += slab_nr_free(slab);
}

/* One more slab for the CPU, to be used when it has used up what it has. */
static void freeze_tail(struct linux_vm *vm, int cpu, struct page *slab)
{
	struct slab_cpu *c = &vm->slab->cpu[slab_cache_of(slab)][cpu];

	set_slab_owner(slab, cpu);
	page_list_add_tail(vm->mem_map, &c->partial, page_to_pfn(vm, slab));
	c->nr_partial++;
	c->nr_free += slab_nr_free(slab);
}

/*
 * Slabs of a node go to a CPU, some more than one so that it need not come back soon: the first is
 * used first, then those that were taken last.  False: there are none.
 */
static bool get_partial_node(struct linux_vm *vm, enum slab_cache_id id, int nid, int cpu)
{
	struct slab_node *n = &vm->slab->node[id][nid];
	unsigned want = 2 + cpu_partial_slabs(vm, id) / 2, got = 0;
	struct page *slab[2 + (2 * 120) / 2];

	SIM_ASSERT(want <= ARRAY_LEN(slab));
	for (; got < want && n->nr_partial; got++) {
		slab[got] = pfn_to_page(vm, n->partial.head);
		remove_partial(vm, n, slab[got]);
	}
	if (!got)
		return false;
	freeze_tail(vm, cpu, slab[0]);
	while (--got)
		freeze_tail(vm, cpu, slab[got]);
	return true;
}

/* Of the own node, else of the nearest one that has more than it keeps empty. */
static bool get_partial(struct linux_vm *vm, enum slab_cache_id id, const struct cpu *cpu)
{
	const struct zonelist *zl = &vm->nodes[cpu->node].zonelists[ZONELIST_FALLBACK];

	if (get_partial_node(vm, id, cpu->node, cpu->id))
		return true;
	for (int i = 0; i < zl->n; i++) {
		int nid = zl->ref[i].zone->node->node_id;

		if (vm->slab->node[id][nid].nr_partial > min_partial(id))
			return get_partial_node(vm, id, nid, cpu->id);
	}
	return false;
}

/* A new slab for the task's CPU.  False: no memory. */
static bool new_slab(struct task *t, enum slab_cache_id id, gfp_t gfp)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = alloc_slab_pages(t, id, gfp);
	struct pglist_data *node;
	const struct cost_table *cost = &vm->machine->cost;
	struct slab_node *n;
	unsigned objects;

	if (!page)
		return false;
	node = page_zone(vm, page)->node;
	n = &vm->slab->node[id][node->node_id];
	objects = (unsigned)((PAGE_SIZE << folio_order(page)) / caches[id].bytes);
	page->flags |= PG_slab;
	page->index = slab_index(id, objects);
	n->nr_objects += objects;
	n->nr_pages += folio_nr_pages(page);
	n->nr_slabs++;
	*slab_stat(node, id) += (int64_t)folio_nr_pages(page);
	freeze_tail(vm, t->cpu->id, page);
	task_run(t, (sim_time)(cost->slab_object + (caches[id].has_ctor ? cost->slab_ctor : 0)) *
			(sim_time)objects);
	return true;
}

/* --- objects --- */

int slab_reserve(struct task *t, enum slab_cache_id id, uint64_t nr, gfp_t gfp)
{
	struct linux_vm *vm = task_vm(t);

	if (!vm->slab)
		return 0;
	while (vm->slab->cpu[id][t->cpu->id].nr_free < nr)
		if (!get_partial(vm, id, t->cpu) && !new_slab(t, id, gfp))
			return -ENOMEM;
	vm->slab->reserved_on = t->cpu->id;
	return 0;
}

uint32_t slab_take(struct linux_vm *vm, enum slab_cache_id id)
{
	struct slab_cpu *c;
	struct page *slab;

	if (!vm->slab)
		return 0;
	c = &vm->slab->cpu[id][vm->slab->reserved_on];
	if (!c->nr_free)
		return 0;
	slab = pfn_to_page(vm, c->active);
	if (!c->active || !slab_nr_free(slab)) {
		if (c->active)
			set_slab_owner(slab, -1);
		slab = pop_cpu_partial(vm, c);
		c->active = page_to_pfn(vm, slab);
	}
	SIM_ASSERT(slab_nr_free(slab));
	slab->index++;
	c->nr_free--;
	return c->active;
}

void slab_free(struct linux_vm *vm, const struct cpu *cpu, uint32_t pfn)
{
	struct page *slab;
	struct slab_node *n;
	enum slab_cache_id id;

	if (!vm->slab || !pfn)
		return;
	slab = pfn_to_page(vm, pfn);
	SIM_ASSERT((slab->flags & PG_slab) && slab_inuse(slab));
	n = slab_node_of(vm, slab);
	id = slab_cache_of(slab);
	slab->index--;
	if (slab_owner(slab) >= 0) {
		vm->slab->cpu[id][slab_owner(slab)].nr_free++;
	} else if (slab_nr_free(slab) == 1) { /* it was full */
		put_cpu_partial(vm, cpu, slab);
	} else {
		n->nr_free++;
		if (slab_inuse(slab) || n->nr_partial < min_partial(id))
			return;
		remove_partial(vm, n, slab);
		discard_slab(vm, cpu, slab);
	}
}

void slab_cpu_dead(struct linux_vm *vm, int cpu)
{
	const struct cpu *here = this_cpu(vm);

	/* the task may be on it still: then the lowest one that is left does the work */
	for (int i = 0; !here->online; i++)
		here = &vm->sim->cpus[i];
	if (vm->slab)
		slab_rcu_cpu_dead(vm, cpu, here);
	for (int id = 0; vm->slab && id < NR_SLAB_CACHES; id++) {
		struct slab_cpu *c = &vm->slab->cpu[id][cpu];
		uint32_t active = c->active;

		c->active = 0;
		if (active)
			unfreeze(vm, here, c, pfn_to_page(vm, active), true);
		unfreeze_partials(vm, here, c);
	}
}

struct slab_rcu *slab_rcu_lists(const struct linux_vm *vm)
{
	return vm->slab->rcu;
}

/* --- the index of the page cache --- */

int __slab_reserve_index(struct task *t, const struct xarray *xa, uint64_t index, uint64_t nr,
			 gfp_t gfp)
{
	uint64_t nodes = xa_nodes_missing(xa, index, nr);

	if (!nodes)
		return 0;
	if (slab_reserve(t, SLAB_RADIX_TREE_NODE, nodes, GFP_NOWAIT | __GFP_NOWARN) == 0)
		return 0;
	return slab_reserve(t, SLAB_RADIX_TREE_NODE, nodes, gfp & GFP_RECLAIM_MASK);
}

uint32_t slab_index_node(struct xarray *xa)
{
	const struct address_space *m = CONTAINER_OF(xa, struct address_space, i_pages);

	return slab_take(m->vm, SLAB_RADIX_TREE_NODE);
}

void slab_index_node_gone(struct xarray *xa, uint32_t slab)
{
	const struct address_space *m = CONTAINER_OF(xa, struct address_space, i_pages);

	slab_free_rcu(m->vm, slab);
}

/* --- boot, end, checks --- */

void slab_init(struct linux_vm *vm, struct task *t, uint64_t unused_files)
{
	vm->slab = sim_calloc(1, sizeof(*vm->slab));
	for (int id = 0; id < NR_SLAB_CACHES; id++) {
		vm->slab->node[id] = sim_calloc((size_t)vm->nr_nodes, sizeof(struct slab_node));
		vm->slab->cpu[id] = sim_calloc((size_t)vm->nr_cpu_ids, sizeof(struct slab_cpu));
	}
	vm->slab->rcu = slab_rcu_new(vm);
	super_fill(vm, t, unused_files);
}

void slab_free_all(struct linux_vm *vm)
{
	if (!vm->slab)
		return;
	slab_rcu_delete(vm, vm->slab->rcu);
	for (int id = 0; id < NR_SLAB_CACHES; id++) {
		sim_free(vm->slab->node[id]);
		sim_free(vm->slab->cpu[id]);
	}
	sim_free(vm->slab);
	vm->slab = NULL;
}

void slab_count(const struct linux_vm *vm, enum slab_cache_id id, struct slab_count *count)
{
	int order = slab_order(vm, caches[id].bytes);

	*count = (struct slab_count){
		.name = caches[id].name,
		.bytes = caches[id].bytes,
		.pages_per_slab = 1U << order,
		.objects_per_slab = (unsigned)((PAGE_SIZE << order) / caches[id].bytes),
	};
	if (!vm->slab)
		return;
	FOR_EACH_NODE (vm, node) {
		const struct slab_node *n = &vm->slab->node[id][node->node_id];

		/* the kernel counts free ones in the lists of nodes alone */
		count->inuse += n->nr_objects - n->nr_free;
		count->objects += n->nr_objects;
		count->slabs += n->nr_slabs;
	}
}

/* One of a list: of a node (cpu -1), or of a CPU. */
static uint64_t check_slab(struct check *c, const struct linux_vm *vm, enum slab_cache_id id,
			   int cpu, uint32_t pfn)
{
	const struct page *slab = pfn_to_page(vm, pfn);

	CHECK(c, slab->flags & PG_slab);
	CHECK(c, slab->refcount == 1);
	CHECK(c, slab_cache_of(slab) == id && slab_owner(slab) == cpu);
	CHECK(c, slab_inuse(slab) <= slab_objects(slab));
	return slab_nr_free(slab);
}

/* What is free in a list, whose length is nr. */
static uint64_t check_list(struct check *c, const struct linux_vm *vm, enum slab_cache_id id,
			   int cpu, const struct page_list *l, uint64_t nr)
{
	uint64_t n = 0, nr_free = 0, all = 0;

	for (uint32_t pfn = l->head; pfn; pfn = pfn_to_page(vm, pfn)->next) {
		nr_free = check_slab(c, vm, id, cpu, pfn);
		CHECK(c, nr_free);
		all += nr_free;
		n++;
	}
	CHECK(c, n == nr);
	return all;
}

static void check_cpus(struct check *c, const struct linux_vm *vm, enum slab_cache_id id)
{
	for (int cpu = 0; cpu < vm->nr_cpu_ids; cpu++) {
		const struct slab_cpu *sc = &vm->slab->cpu[id][cpu];
		uint64_t nr_free = check_list(c, vm, id, cpu, &sc->partial, sc->nr_partial);

		if (sc->active)
			nr_free += check_slab(c, vm, id, cpu, sc->active);
		CHECK(c, nr_free == sc->nr_free);
	}
}

/* Lists, objects and pages of every cache are what the counters say. */
void slab_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);

	if (!vm->slab)
		return;
	for (enum slab_cache_id id = 0; id < NR_SLAB_CACHES; id++)
		check_cpus(c, vm, id);
	FOR_EACH_NODE (vm, node) {
		uint64_t pages[2] = { 0, 0 };

		for (enum slab_cache_id id = 0; id < NR_SLAB_CACHES; id++) {
			const struct slab_node *n = &vm->slab->node[id][node->node_id];

			CHECK(c,
			      n->nr_free == check_list(c, vm, id, -1, &n->partial, n->nr_partial));
			pages[is_kmalloc(id)] += n->nr_pages;
		}
		CHECK(c, (int64_t)pages[0] == node->stat.nr_slab_reclaimable);
		CHECK(c, (int64_t)pages[1] == node->stat.nr_slab_unreclaimable);
	}
}
