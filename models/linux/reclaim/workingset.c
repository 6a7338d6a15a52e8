/*
 * workingset.c - was it a mistake to evict this page?
 *
 * An evicted page leaves a shadow: the age of its list at that moment.  If it
 * comes back, the difference of ages says how far beyond memory it had been
 * pushed.  Had there been room for it beside the active pages, it is active
 * at once.
 */
#include "models/linux/reclaim/shrinker.h"
#include "models/linux/reclaim/vmscan.h"

/* Bits of a shadow from high to low: age 36, memory group 16 (0), node 10, workingset 1. */
#define EVICTION_BITS 36
#define MEMCG_BITS    16
#define NODE_BITS     10
#define EVICTION_MASK ((1ULL << EVICTION_BITS) - 1)

static xa_entry pack_shadow(const struct pglist_data *node, uint64_t eviction, bool workingset)
{
	uint64_t v = eviction & EVICTION_MASK;

	v <<= MEMCG_BITS;
	v = v << NODE_BITS | (uint64_t)node->node_id;
	return xa_value(v << 1 | workingset);
}

static struct pglist_data *unpack_shadow(struct linux_vm *vm, xa_entry shadow, uint64_t *eviction,
					 bool *workingset)
{
	uint64_t v = xa_to_value(shadow);
	int nid;

	*workingset = v & 1;
	v >>= 1;
	nid = (int)(v & ((1 << NODE_BITS) - 1));
	*eviction = v >> (NODE_BITS + MEMCG_BITS) & EVICTION_MASK;
	return &vm->nodes[nid];
}

void workingset_age_nonresident(struct lruvec *lruvec, uint64_t nr_pages)
{
	lruvec->nonresident_age += nr_pages;
}

xa_entry workingset_eviction(struct linux_vm *vm, struct page *page)
{
	struct pglist_data *node = page_zone(vm, page)->node;
	uint64_t eviction = node->lruvec.nonresident_age;

	workingset_age_nonresident(&node->lruvec, folio_nr_pages(page));
	return pack_shadow(node, eviction, page->flags & PG_workingset);
}

void workingset_activation(struct linux_vm *vm, struct page *page)
{
	workingset_age_nonresident(&page_zone(vm, page)->node->lruvec, folio_nr_pages(page));
}

void lru_note_cost(struct lruvec *lruvec, struct pglist_data *node, bool file, uint64_t nr)
{
	uint64_t size =
	    node_page_state(node, NR_INACTIVE_ANON) + node_page_state(node, NR_ACTIVE_ANON) +
	    node_page_state(node, NR_INACTIVE_FILE) + node_page_state(node, NR_ACTIVE_FILE);

	if (file)
		lruvec->file_cost += nr;
	else
		lruvec->anon_cost += nr;
	if (lruvec->file_cost + lruvec->anon_cost > size / 4) {
		lruvec->file_cost /= 2;
		lruvec->anon_cost /= 2;
	}
}

/* --- index leaves that hold nothing but shadows --- */

/* The node on which a leaf lies; the first one with memory, if it costs nothing. */
static struct pglist_data *leaf_node(struct linux_vm *vm, const struct xa_node *leaf)
{
	struct pglist_data *node = vm->nodes;

	if (leaf->place)
		return pfn_zone(vm, leaf->place)->node;
	while (!node->node_present_pages)
		node++;
	return node;
}

void workingset_update_node(struct xarray *xa, struct xa_node *leaf, bool only_shadows)
{
	struct address_space *m = CONTAINER_OF(xa, struct address_space, i_pages);
	struct pglist_data *node = leaf_node(m->vm, leaf);

	if (only_shadows) {
		list_add_tail(&leaf->link, &node->lruvec.shadow_nodes);
		node->lruvec.nr_shadow_nodes++;
		node->stat.workingset_nodes++;
	} else {
		list_del(&leaf->link);
		node->lruvec.nr_shadow_nodes--;
		node->stat.workingset_nodes--;
	}
}

/* Pages that shadows could be worth keeping for: with control groups those on the lists of the root
 * group, in which everything is; else all of the node. */
static uint64_t pages_for_shadows(const struct pglist_data *node)
{
	uint64_t pages = 0;

	if (node->vm->memcg_disabled)
		return node->node_present_pages;
	for (int z = 0; z < MAX_NR_ZONES; z++)
		for (int lru = 0; lru < NR_LRU_LISTS; lru++)
			pages += node->lruvec.lru_zone_size[z][lru];
	return pages;
}

/* Leaves above the limit of one for eight pages. */
static uint64_t count_shadow_nodes(struct task *t, struct shrinker *s, struct shrink_control *sc)
{
	uint64_t n = sc->node->lruvec.nr_shadow_nodes, max;

	(void)t;
	(void)s;
	if (!n)
		return SHRINK_EMPTY;
	max = pages_for_shadows(sc->node) >> (XA_CHUNK_SHIFT - 3);
	return n > max ? n - max : 0;
}

/* Drops the oldest leaves with all of their shadows. */
static uint64_t scan_shadow_nodes(struct task *t, struct shrinker *s, struct shrink_control *sc)
{
	struct lruvec *l = &sc->node->lruvec;
	uint64_t dropped = 0;

	(void)t;
	(void)s;
	for (; dropped < sc->nr_to_scan && !list_empty(&l->shadow_nodes); dropped++) {
		xa_drop_values(LIST_FIRST(&l->shadow_nodes, struct xa_node, link));
		sc->node->stat.workingset_nodereclaim++;
	}
	return dropped;
}

static void free_shrinker(struct shrinker *s)
{
	sim_free(s);
}

void workingset_init(struct linux_vm *vm)
{
	struct shrinker *s = sim_calloc(1, sizeof(*s));

	*s = (struct shrinker){ .name = "scan_shadow_nodes",
				.count_objects = count_shadow_nodes,
				.scan_objects = scan_shadow_nodes,
				.free = free_shrinker,
				.seeks = 0 }; /* what is counted can all go */
	register_shrinker(vm, s);
}

void workingset_refault(struct linux_vm *vm, struct page *page, xa_entry shadow)
{
	bool file = !(page->flags & PG_swapbacked);
	uint64_t eviction;
	bool workingset;
	struct pglist_data *node = unpack_shadow(vm, shadow, &eviction, &workingset);
	uint64_t distance = (node->lruvec.nonresident_age - eviction) & EVICTION_MASK;
	uint64_t size = node_page_state(node, NR_ACTIVE_FILE);
	int64_t nr = (int64_t)folio_nr_pages(page);

	page->flags |= PG_sim_refault;
	if (file)
		node->stat.workingset_refault_file += nr;
	else
		node->stat.workingset_refault_anon += nr;
	/* what could have made room: the active pages, and those of the other kind */
	if (!file)
		size += node_page_state(node, NR_INACTIVE_FILE);
	if (vm->nr_swap_pages > 0) {
		size += node_page_state(node, NR_ACTIVE_ANON);
		if (file)
			size += node_page_state(node, NR_INACTIVE_ANON);
	}
	if (distance > size)
		return;
	page->flags |= PG_active;
	workingset_age_nonresident(&node->lruvec, (uint64_t)nr);
	if (file)
		node->stat.workingset_activate_file += nr;
	else
		node->stat.workingset_activate_anon += nr;
	mod_node_page_seen(node, file ? WORKINGSET_ACTIVATE_FILE : WORKINGSET_ACTIVATE_ANON, nr);
	if (workingset) {
		struct pglist_data *own = page_zone(vm, page)->node;

		page->flags |= PG_workingset;
		lru_note_cost(&own->lruvec, own, file, (uint64_t)nr);
		if (file)
			node->stat.workingset_restore_file += nr;
		else
			node->stat.workingset_restore_anon += nr;
	}
}
