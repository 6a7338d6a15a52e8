/*
 * vm_phys.c - free memory: a buddy system with pools
 *
 * Two lists of free blocks (memory above 16 MiB first, below it last), each with three pools and 13
 * orders.  A request takes the head of the smallest sufficient order of its pool; an empty pool
 * takes the largest block of any pool over.  Halves go to the head, freed blocks to the tail.  The
 * pool of a block is known at its first page.
 */
#include "models/freebsd/vm/pmap.h"

static const struct vm_phys_seg *seg_of(const struct freebsd_vm *vm, pfn_t pfn)
{
	int low = 0, high = vm->nr_segs;

	while (low < high) {
		int mid = (low + high) / 2;

		if (vm->segs[mid].end <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low < vm->nr_segs && vm->segs[low].start <= pfn ? &vm->segs[low] : NULL;
}

static void block_add(struct freebsd_vm *vm, struct vm_page *m, int list, int order, bool tail)
{
	struct vm_freelist *fl = &vm->free[list][m->pool][order];

	m->order1 = (uint8_t)(order + 1);
	if (tail)
		list_add_tail(&m->pageq, &fl->head);
	else
		list_add(&m->pageq, &fl->head);
	fl->count++;
}

static void block_remove(struct freebsd_vm *vm, struct vm_page *m, int list)
{
	struct vm_freelist *fl = &vm->free[list][m->pool][m->order1 - 1];

	list_del(&m->pageq);
	m->order1 = 0;
	fl->count--;
}

/* Gives the upper halves of a block back until it has the order wanted. */
static void split(struct freebsd_vm *vm, struct vm_page *m, int list, int from, int order)
{
	while (from > order) {
		struct vm_page *buddy = m + ((ptrdiff_t)1 << --from);

		buddy->pool = m->pool;
		block_add(vm, buddy, list, from, false);
	}
}

static struct vm_page *take_first(struct freebsd_vm *vm, int list, int pool, int order)
{
	struct vm_freelist *fl = &vm->free[list][pool][order];
	struct vm_page *m;

	if (!fl->count)
		return NULL;
	m = LIST_FIRST(&fl->head, struct vm_page, pageq);
	block_remove(vm, m, list);
	return m;
}

struct vm_page *vm_phys_alloc_pages(struct freebsd_vm *vm, enum vm_freepool pool, int order)
{
	struct vm_page *m;

	for (int list = 0; list < VM_NFREELIST; list++) {
		for (int o = order; o < VM_NFREEORDER; o++) {
			m = take_first(vm, list, pool, o);
			if (m) {
				split(vm, m, list, o, order);
				return m;
			}
		}
		/* the largest block of another pool becomes this one's */
		for (int o = VM_NFREEORDER - 1; o >= order; o--) {
			for (int p = 0; p < VM_NFREEPOOL; p++) {
				m = take_first(vm, list, p, o);
				if (!m)
					continue;
				m->pool = (uint8_t)pool;
				split(vm, m, list, o, order);
				return m;
			}
		}
	}
	return NULL;
}

void vm_phys_free_pages(struct freebsd_vm *vm, struct vm_page *m, int order)
{
	pfn_t pfn = vm_page_pfn(vm, m);
	const struct vm_phys_seg *seg = seg_of(vm, pfn);
	uint8_t pool = m->pool;

	SIM_ASSERT(seg && !m->order1);
	for (; order < VM_NFREEORDER - 1; order++) {
		pfn_t other = pfn ^ (1ULL << order);
		struct vm_page *buddy;

		if (other < seg->start || other + (1ULL << order) > seg->end)
			break;
		buddy = vm_page_of(vm, other);
		if (buddy->order1 != order + 1)
			break;
		block_remove(vm, buddy, seg->list);
		pfn &= ~(1ULL << order);
	}
	m = vm_page_of(vm, pfn);
	m->pool = pool;
	block_add(vm, m, seg->list, order, true);
}

bool vm_phys_unfree_page(struct freebsd_vm *vm, struct vm_page *m)
{
	pfn_t pfn = vm_page_pfn(vm, m);
	const struct vm_phys_seg *seg = seg_of(vm, pfn);
	struct vm_page *head = NULL;
	int order = 0;

	for (; order < VM_NFREEORDER; order++) {
		pfn_t base = pfn & ~((1ULL << order) - 1);

		if (base < seg->start)
			return false;
		head = vm_page_of(vm, base);
		if (head->order1)
			break;
	}
	if (order == VM_NFREEORDER || head->order1 - 1 < order)
		return false;
	order = head->order1 - 1;
	block_remove(vm, head, seg->list);
	while (order > 0) {
		struct vm_page *upper = head + ((ptrdiff_t)1 << --order), *back = upper;

		upper->pool = head->pool;
		if (m >= upper) {
			back = head;
			head = upper;
		}
		block_add(vm, back, seg->list, order, false);
	}
	SIM_ASSERT(head == m);
	return true;
}

/* --- boot --- */

static void add_seg(struct freebsd_vm *vm, pfn_t start, pfn_t end)
{
	int list = start < ISADMA_END ? VM_FREELIST_ISADMA : 0;

	if (start >= end)
		return;
	vm->segs = sim_realloc(vm->segs, (size_t)(vm->nr_segs + 1) * sizeof(*vm->segs));
	vm->segs[vm->nr_segs++] = (struct vm_phys_seg){ start, end, list };
}

/* Pages of a segment, as if they were freed one by one in the order of addresses. */
static void free_seg(struct freebsd_vm *vm, const struct vm_phys_seg *seg)
{
	for (pfn_t at = seg->start; at < seg->end;) {
		int order = 0;

		while (order < VM_NFREEORDER - 1 && !(at & ((2ULL << order) - 1)) &&
		       at + (2ULL << order) <= seg->end)
			order++;
		block_add(vm, vm_page_of(vm, at), seg->list, order, true);
		at += 1ULL << order;
	}
	vm->cnt.v_page_count += (int64_t)(seg->end - seg->start);
}

void vm_phys_init(struct freebsd_vm *vm)
{
	const struct machine *machine = vm->machine;

	for (int l = 0; l < VM_NFREELIST; l++)
		for (int p = 0; p < VM_NFREEPOOL; p++)
			for (int o = 0; o < VM_NFREEORDER; o++)
				list_init(&vm->free[l][p][o].head);
	for (int i = 0; i < machine->nr_ranges; i++) {
		const struct node_range *r = &machine->ranges[i];

		vm->max_pfn = max_u64(vm->max_pfn, r->end);
		add_seg(vm, r->start, min_u64(r->end, ISADMA_END));
		add_seg(vm, max_u64(r->start, ISADMA_END), r->end);
	}
	vm->vm_page_array = sim_reserve((size_t)(vm->max_pfn + 1) * sizeof(struct vm_page));
	for (int i = 0; i < vm->nr_segs; i++)
		free_seg(vm, &vm->segs[i]);
	vm->cnt.v_free_count = vm->cnt.v_page_count;
}
