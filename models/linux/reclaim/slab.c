/*
 * slab.c - kernel objects of one size share pages
 *
 * A slab is its first frame: PG_slab, and what is known of it stands in index.
 * Whoever has an object remembers the frame.
 */
#include <errno.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/reclaim/internal.h"
#include "models/linux/reclaim/shrinker.h"
#include "models/linux/reclaim/slab.h"
#include "models/linux/reclaim/super.h"

#define SLAB_MAX_ORDER 3 /* PAGE_ALLOC_COSTLY_ORDER */
#define MIN_PARTIAL    5 /* empty slabs stay while the list has no more than these */
/* What an index node may ask for: nothing that says where memory shall be. */
#define GFP_RECLAIM_MASK                                                                           \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN | __GFP_RETRY_MAYFAIL |   \
	 __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC | __GFP_NOMEMALLOC | __GFP_ATOMIC)

struct slab_cache {
	const char *name;
	uint32_t bytes; /* of an object */
};

static const struct slab_cache caches[NR_SLAB_CACHES] = {
#define SLAB(name, word, bytes, meaning) [SLAB_##name] = { word, bytes },
#include "models/linux/reclaim/slab.def"
#undef SLAB
};

/* The slabs of a cache on a node. */
struct slab_node {
	uint32_t active;          /* frame; 0: none */
	struct page_list partial; /* some objects free, not active */
	uint64_t nr_partial;
	uint64_t nr_free; /* objects, of active and partial slabs */
	uint64_t nr_objects, nr_pages, nr_slabs;
};

struct slab_caches {
	struct slab_node *node[NR_SLAB_CACHES]; /* owned; by node id */
	int reserved_on;                        /* node of the last reservation */
	uint64_t pages_freed;
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

static uint64_t slab_index(enum slab_cache_id id, unsigned objects, unsigned inuse)
{
	return (uint64_t)id << 32 | objects << 16 | inuse;
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
	return (enum slab_cache_id)(slab->index >> 32);
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

/* A new slab, with the partial ones of its node.  That node's number; -1: no memory. */
static int new_slab(struct task *t, enum slab_cache_id id, gfp_t gfp)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = alloc_slab_pages(t, id, gfp);
	struct pglist_data *node;
	struct slab_node *n;
	unsigned objects;

	if (!page)
		return -1;
	node = page_zone(vm, page)->node;
	n = &vm->slab->node[id][node->node_id];
	objects = (unsigned)((PAGE_SIZE << folio_order(page)) / caches[id].bytes);
	page->flags |= PG_slab;
	page->index = slab_index(id, objects, 0);
	page_list_add_tail(vm->mem_map, &n->partial, page_to_pfn(vm, page));
	n->nr_partial++;
	n->nr_free += objects;
	n->nr_pages += folio_nr_pages(page);
	n->nr_slabs++;
	*slab_stat(node, id) += (int64_t)folio_nr_pages(page);
	return node->node_id;
}

static void discard_slab(struct linux_vm *vm, struct slab_node *n, struct page *slab)
{
	uint64_t pages = folio_nr_pages(slab);
	struct pglist_data *node = page_zone(vm, slab)->node;

	n->nr_free -= slab_objects(slab);
	n->nr_pages -= pages;
	n->nr_slabs--;
	*slab_stat(node, slab_cache_of(slab)) -= (int64_t)pages;
	vm->slab->pages_freed += pages;
	slab->flags &= ~(uint32_t)PG_slab;
	slab->index = 0;
	slab->refcount = 0;
	__free_pages(vm, cpu_for_node(vm, node->node_id), slab, folio_order(slab));
}

/* --- objects --- */

int slab_reserve(struct task *t, enum slab_cache_id id, uint64_t nr, gfp_t gfp)
{
	struct slab_caches *s = task_vm(t)->slab;

	if (!s)
		return 0;
	s->reserved_on = t->cpu->node;
	while (s->node[id][s->reserved_on].nr_free < nr) {
		int nid = new_slab(t, id, gfp);

		if (nid < 0)
			return -ENOMEM;
		s->reserved_on = nid;
	}
	return 0;
}

/* Makes a partly used slab of the node the active one. */
static void next_active(struct linux_vm *vm, struct slab_node *n)
{
	n->active = n->partial.head;
	page_list_del(vm->mem_map, &n->partial, n->active);
	n->nr_partial--;
}

uint32_t slab_take(struct linux_vm *vm, enum slab_cache_id id)
{
	struct slab_node *n;
	struct page *slab;

	if (!vm->slab)
		return 0;
	n = &vm->slab->node[id][vm->slab->reserved_on];
	if (!n->nr_free)
		return 0;
	if (!n->active)
		next_active(vm, n);

	uint32_t pfn = n->active;

	slab = pfn_to_page(vm, pfn);
	SIM_ASSERT(slab_inuse(slab) < slab_objects(slab));
	slab->index++;
	n->nr_free--;
	n->nr_objects++;
	if (slab_inuse(slab) == slab_objects(slab))
		n->active = 0; /* full slabs are on no list */
	return pfn;
}

void slab_free(struct linux_vm *vm, uint32_t pfn)
{
	struct page *slab;
	struct slab_node *n;

	if (!vm->slab || !pfn)
		return;
	slab = pfn_to_page(vm, pfn);
	SIM_ASSERT((slab->flags & PG_slab) && slab_inuse(slab));
	n = slab_node_of(vm, slab);
	slab->index--;
	n->nr_free++;
	n->nr_objects--;
	if (pfn == n->active)
		return;
	if (slab_inuse(slab) + 1 == slab_objects(slab)) { /* it was full */
		page_list_add_tail(vm->mem_map, &n->partial, pfn);
		n->nr_partial++;
	}
	if (slab_inuse(slab) || n->nr_partial <= MIN_PARTIAL)
		return;
	page_list_del(vm->mem_map, &n->partial, pfn);
	n->nr_partial--;
	discard_slab(vm, n, slab);
}

/* --- pieces of any size --- */

/* The smallest cache that has room for size bytes. */
static enum slab_cache_id kmalloc_cache(bytes_t size)
{
	enum slab_cache_id id = SLAB_KMALLOC_8;

	while (caches[id].bytes < size)
		id++;
	return id;
}

static int order_of(bytes_t size)
{
	int order = 0;

	while (PAGE_SIZE << order < size)
		order++;
	return order;
}

int kmalloc(struct task *t, bytes_t size, gfp_t gfp, struct kmalloc_piece *piece)
{
	struct linux_vm *vm = task_vm(t);
	enum slab_cache_id id;

	*piece = (struct kmalloc_piece){ 0, size };
	if (size > KMALLOC_MAX_CACHE_SIZE) {
		struct page *page = order_of(size) < MAX_ORDER
					? alloc_pages(t, gfp | __GFP_COMP, order_of(size))
					: NULL;

		if (!page)
			return -ENOMEM;
		piece->pfn = page_to_pfn(vm, page);
		return 0;
	}
	id = kmalloc_cache(size);
	if (slab_reserve(t, id, 1, gfp))
		return -ENOMEM;
	piece->pfn = slab_take(vm, id);
	return 0;
}

void kfree(struct task *t, struct kmalloc_piece piece)
{
	struct linux_vm *vm = task_vm(t);

	if (!piece.pfn)
		return;
	if (piece.size > KMALLOC_MAX_CACHE_SIZE)
		free_pages(vm, t->cpu, pfn_to_page(vm, piece.pfn), order_of(piece.size));
	else
		slab_free(vm, piece.pfn);
}

/* --- the index of the page cache --- */

int slab_reserve_index(struct task *t, const struct xarray *xa, uint64_t index, uint64_t nr,
		       gfp_t gfp)
{
	uint64_t nodes;

	if (!task_vm(t)->slab)
		return 0;
	nodes = xa_nodes_missing(xa, index, nr);
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

	slab_free(m->vm, slab);
}

/* --- boot, end, checks --- */

uint64_t slab_pages_freed(const struct linux_vm *vm)
{
	return vm->slab ? vm->slab->pages_freed : 0;
}

void slab_init(struct linux_vm *vm, struct task *t, uint64_t unused_files)
{
	vm->slab = sim_calloc(1, sizeof(*vm->slab));
	for (int id = 0; id < NR_SLAB_CACHES; id++)
		vm->slab->node[id] = sim_calloc((size_t)vm->nr_nodes, sizeof(struct slab_node));
	super_fill(vm, t, unused_files);
}

void slab_free_all(struct linux_vm *vm)
{
	if (!vm->slab)
		return;
	for (int id = 0; id < NR_SLAB_CACHES; id++)
		sim_free(vm->slab->node[id]);
	sim_free(vm->slab);
	vm->slab = NULL;
}

static void check_slab(struct check *c, struct linux_vm *vm, const struct slab_node *n, int nid,
		       uint32_t pfn, uint64_t *nr_free)
{
	const struct page *slab = pfn_to_page(vm, pfn);

	CHECK(c, slab->flags & PG_slab);
	CHECK(c, slab->refcount == 1);
	CHECK(c, slab_inuse(slab) < slab_objects(slab));
	CHECK(c, page_zone(vm, slab)->node->node_id == nid);
	CHECK(c, slab_node_of(vm, slab) == n);
	*nr_free += slab_objects(slab) - slab_inuse(slab);
}

/* Lists, objects and pages of every cache are what the counters say. */
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

		count->inuse += n->nr_objects;
		count->objects += n->nr_objects + n->nr_free;
		count->slabs += n->nr_slabs;
	}
}

void slab_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);

	if (!vm->slab)
		return;
	FOR_EACH_NODE (vm, node) {
		uint64_t pages[2] = { 0, 0 };

		for (int id = 0; id < NR_SLAB_CACHES; id++) {
			const struct slab_node *n = &vm->slab->node[id][node->node_id];
			uint64_t partial = 0, nr_free = 0;

			for (uint32_t pfn = n->partial.head; pfn;
			     pfn = pfn_to_page(vm, pfn)->next) {
				check_slab(c, vm, n, node->node_id, pfn, &nr_free);
				partial++;
			}
			if (n->active)
				check_slab(c, vm, n, node->node_id, n->active, &nr_free);
			CHECK(c, partial == n->nr_partial);
			CHECK(c, nr_free == n->nr_free);
			pages[is_kmalloc((enum slab_cache_id)id)] += n->nr_pages;
		}
		CHECK(c, (int64_t)pages[0] == node->stat.nr_slab_reclaimable);
		CHECK(c, (int64_t)pages[1] == node->stat.nr_slab_unreclaimable);
	}
}
