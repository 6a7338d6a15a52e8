/*
 * workingset.c - was it a mistake to evict this page?
 *
 * An evicted page leaves a shadow: the age of its list at that moment.  If it
 * comes back, the difference of ages says how far beyond memory it had been
 * pushed.  Had there been room for it beside the active pages, it is active
 * at once.
 */
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

xa_entry workingset_eviction(struct linux_vm *vm, struct page *page)
{
	struct pglist_data *node = page_zone(vm, page)->node;
	uint64_t eviction = node->lruvec.nonresident_age;

	node->lruvec.nonresident_age += folio_nr_pages(page);
	return pack_shadow(node, eviction, page->flags & PG_workingset);
}

void workingset_activation(struct linux_vm *vm, struct page *page)
{
	page_zone(vm, page)->node->lruvec.nonresident_age += folio_nr_pages(page);
}

void lru_note_cost(struct lruvec *lruvec, struct pglist_data *node, bool file, uint64_t nr)
{
	uint64_t size = (uint64_t)(node->stat.nr_inactive_anon + node->stat.nr_active_anon +
				   node->stat.nr_inactive_file + node->stat.nr_active_file);

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

/* Where the index lives: all of it on the first node that has memory. */
static struct pglist_data *index_node(struct linux_vm *vm)
{
	struct pglist_data *node = vm->nodes;

	while (!node->node_present_pages)
		node++;
	return node;
}

void workingset_update_node(struct xarray *xa, struct xa_node *leaf, bool only_shadows)
{
	struct address_space *m = CONTAINER_OF(xa, struct address_space, i_pages);
	struct pglist_data *node = index_node(m->vm);

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

/* Leaves above the limit of one for eight pages; the shrinker may take that many. */
static uint64_t count_shadow_nodes(const struct pglist_data *node)
{
	uint64_t max = node->node_present_pages >> (XA_CHUNK_SHIFT - 3);
	uint64_t n = node->lruvec.nr_shadow_nodes;

	return n > max ? n - max : 0;
}

#define SHRINK_BATCH 128

uint64_t shrink_shadow_nodes(struct linux_vm *vm, struct pglist_data *node, int priority)
{
	struct lruvec *l = &node->lruvec;
	uint64_t freeable = count_shadow_nodes(node);
	uint64_t delta, total, scanned = 0;

	if (!freeable)
		return 0;
	/* shadows cost nothing to make again: half of them at any priority */
	delta = freeable / 2;
	total = min_u64((l->shadow_deferred >> priority) + delta, 2 * freeable);
	while (total >= SHRINK_BATCH || total >= freeable) {
		uint64_t n = min_u64(SHRINK_BATCH, total);

		if (!n || list_empty(&l->shadow_nodes))
			break;
		for (uint64_t i = 0; i < n && !list_empty(&l->shadow_nodes); i++) {
			xa_drop_values(LIST_FIRST(&l->shadow_nodes, struct xa_node, link));
			node->stat.workingset_nodereclaim++;
		}
		vm->stat.slabs_scanned += (int64_t)n;
		scanned += n;
		total -= n;
	}
	l->shadow_deferred = l->shadow_deferred + delta > scanned
				 ? min_u64(l->shadow_deferred + delta - scanned, 2 * freeable)
				 : 0;
	return scanned;
}

void workingset_refault(struct linux_vm *vm, struct page *page, xa_entry shadow)
{
	bool file = !(page->flags & PG_swapbacked);
	uint64_t eviction;
	bool workingset;
	struct pglist_data *node = unpack_shadow(vm, shadow, &eviction, &workingset);
	uint64_t distance = (node->lruvec.nonresident_age - eviction) & EVICTION_MASK;
	uint64_t size = (uint64_t)node->stat.nr_active_file;
	int64_t nr = (int64_t)folio_nr_pages(page);

	if (file)
		node->stat.workingset_refault_file += nr;
	else
		node->stat.workingset_refault_anon += nr;
	if (!file)
		size += (uint64_t)node->stat.nr_inactive_file;
	if (distance > size)
		return;
	page->flags |= PG_active;
	workingset_activation(vm, page);
	if (file)
		node->stat.workingset_activate_file += nr;
	else
		node->stat.workingset_activate_anon += nr;
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
