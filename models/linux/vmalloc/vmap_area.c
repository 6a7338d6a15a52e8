/*
 * vmap_area.c - which addresses are free, and which of them a request gets
 *
 *	free tree, by address; each entry knows the largest hole below it
 *
 *	                [40,60) 30
 *	               /          \
 *	        [8,10) 2        [100,130) 30
 *
 * A request goes left as long as something large enough is there, so it gets the lowest hole that
 * fits.  With an alignment above a page "large enough" means: whatever the alignment costs.  A hole
 * that fits by luck is then taken only if the walk passes it, so the answer depends on the shape of
 * the tree, and we keep the kernel's.
 *
 * What is freed is not free yet: TLBs may still have it.  It waits on the purge tree until enough
 * has come together for one flush of all.
 */
#include "models/linux/vmalloc/internal.h"

#define LAZY_STEP (32ULL << 20) /* bytes, per power of two of CPUs */

/* ---- trees ---- */

static struct vmap_area *area_of(struct rb_node *node)
{
	return CONTAINER_OF(node, struct vmap_area, rb_node);
}

static uint64_t va_size(const struct vmap_area *va)
{
	return va->va_end - va->va_start;
}

static uint64_t get_subtree_max_size(const struct rb_node *node)
{
	return node ? CONTAINER_OF((struct rb_node *)(uintptr_t)node, struct vmap_area, rb_node)
			  ->subtree_max_size
		    : 0;
}

static void update_max_size(struct rb_node *node)
{
	struct vmap_area *va = area_of(node);

	va->subtree_max_size =
	    max_u64(va_size(va), max_u64(get_subtree_max_size(node->child[RB_LEFT]),
					 get_subtree_max_size(node->child[RB_RIGHT])));
}

void vmap_tree_init(struct vmap_tree *tree, bool with_sizes)
{
	rb_init(&tree->root, with_sizes ? update_max_size : NULL);
	list_init(&tree->list);
}

struct vmap_area *vmap_area_new(uint64_t start, uint64_t end)
{
	struct vmap_area *va = sim_calloc(1, sizeof(*va));

	va->va_start = start;
	va->va_end = end;
	list_init(&va->list);
	return va;
}

/* Where an area belongs: below an entry (NULL: the tree is empty) at a side. */
struct tree_place {
	struct vmap_area *parent;
	enum rb_side side;
};

static struct tree_place find_place(const struct vmap_tree *tree, const struct vmap_area *va)
{
	struct tree_place place = { NULL, RB_LEFT };
	struct rb_node *node = tree->root.node;

	while (node) {
		place.parent = area_of(node);
		SIM_ASSERT(va->va_end <= place.parent->va_start ||
			   va->va_start >= place.parent->va_end);
		place.side = va->va_end <= place.parent->va_start ? RB_LEFT : RB_RIGHT;
		node = node->child[place.side];
	}
	return place;
}

static void link_at(struct vmap_tree *tree, struct tree_place place, struct vmap_area *va)
{
	struct list *prev = &tree->list;

	if (place.parent)
		prev = place.side == RB_RIGHT ? &place.parent->list : place.parent->list.prev;
	list_add(&va->list, prev);
	rb_insert(&tree->root, &va->rb_node, place.parent ? &place.parent->rb_node : NULL,
		  place.side);
}

void vmap_tree_insert(struct vmap_tree *tree, struct vmap_area *va)
{
	link_at(tree, find_place(tree, va), va);
}

void vmap_tree_remove(struct vmap_tree *tree, struct vmap_area *va)
{
	rb_erase(&tree->root, &va->rb_node);
	list_del(&va->list);
}

/* The area at a link of the list; NULL: the list ends there. */
static struct vmap_area *area_at(const struct vmap_tree *tree, struct list *at)
{
	return at == &tree->list ? NULL : LIST_ENTRY(at, struct vmap_area, list);
}

/*
 * The entry that stays is the next one, which begins earlier; between two neighbours it is the
 * previous one, and the next goes.
 */
struct vmap_area *merge_or_add_vmap_area(struct vmap_tree *tree, struct vmap_area *va)
{
	struct tree_place place = find_place(tree, va);
	struct vmap_area *next = NULL, *prev = NULL, *merged = NULL;

	if (place.parent && place.side == RB_LEFT)
		next = place.parent;
	else if (place.parent)
		next = area_at(tree, place.parent->list.next);
	prev = area_at(tree, next ? next->list.prev : tree->list.prev);
	if (next && next->va_start == va->va_end) {
		next->va_start = va->va_start;
		merged = next;
	}
	if (prev && prev->va_end == va->va_start) {
		if (merged)
			vmap_tree_remove(tree, next);
		prev->va_end = merged ? next->va_end : va->va_end;
		if (merged)
			sim_free(next);
		merged = prev;
	}
	if (!merged) {
		link_at(tree, place, va);
		return va;
	}
	sim_free(va);
	rb_update(&tree->root, &merged->rb_node);
	return merged;
}

struct vmap_area *find_vmap_area(const struct vmap_tree *tree, uint64_t addr)
{
	struct rb_node *node = tree->root.node;

	while (node) {
		struct vmap_area *va = area_of(node);

		if (addr >= va->va_start && addr < va->va_end)
			return va;
		node = node->child[addr < va->va_start ? RB_LEFT : RB_RIGHT];
	}
	return NULL;
}

/* ---- selection ---- */

static uint64_t align_up(uint64_t v, uint64_t align)
{
	return (v + align - 1) & ~(align - 1);
}

/* Where a request would begin in a hole, whether it fits or not. */
static uint64_t start_in(const struct vmap_area *va, uint64_t align, uint64_t vstart)
{
	return align_up(max_u64(va->va_start, vstart), align);
}

static bool is_within_this_va(const struct vmap_area *va, bytes_t size, uint64_t align,
			      uint64_t vstart)
{
	uint64_t start = start_in(va, align, vstart);

	if (start < vstart || start + size < start) /* beyond the end of all addresses */
		return false;
	return start + size <= va->va_end;
}

/*
 * Nothing on the way here fitted: up to the first entry that fits (the result) or has something
 * large enough on its right, where *down then leads; both NULL: there is nothing.  *vstart moves
 * behind what has been looked at.
 */
static struct vmap_area *climb(struct rb_node *node, bytes_t size, uint64_t align, bytes_t length,
			       uint64_t *vstart, struct rb_node **down)
{
	*down = NULL;
	while ((node = node->parent)) {
		struct vmap_area *va = area_of(node);
		struct rb_node *right = node->child[RB_RIGHT];

		if (is_within_this_va(va, size, align, *vstart))
			return va;
		if (get_subtree_max_size(right) >= length && *vstart <= va->va_start) {
			*vstart = va->va_start + 1;
			*down = right;
			return NULL;
		}
	}
	return NULL;
}

struct vmap_area *find_vmap_lowest_match(const struct vmap_tree *tree, bytes_t size, uint64_t align,
					 uint64_t vstart, bool adjust_search_size)
{
	bytes_t length = adjust_search_size ? size + align - 1 : size;
	struct rb_node *node = tree->root.node;

	while (node) {
		struct vmap_area *va = area_of(node);

		if (vstart < va->va_start && get_subtree_max_size(node->child[RB_LEFT]) >= length) {
			node = node->child[RB_LEFT];
		} else if (is_within_this_va(va, size, align, vstart)) {
			return va;
		} else if (get_subtree_max_size(node->child[RB_RIGHT]) >= length) {
			node = node->child[RB_RIGHT];
		} else {
			va = climb(node, size, align, length, &vstart, &node);
			if (va)
				return va;
		}
	}
	return NULL;
}

/* Cuts a piece out of a hole.  From the middle: the entry keeps the upper part. */
static void cut(struct vmap_tree *tree, struct vmap_area *va, uint64_t start, bytes_t size)
{
	uint64_t end = start + size, lower = va->va_start;

	if (va->va_start == start && va->va_end == end) {
		vmap_tree_remove(tree, va);
		sim_free(va);
		return;
	}
	if (va->va_end == end)
		va->va_end = start;
	else
		va->va_start = end;
	rb_update(&tree->root, &va->rb_node);
	if (va->va_start == end && lower < start)
		vmap_tree_insert(tree, vmap_area_new(lower, start));
}

uint64_t __alloc_vmap_area(struct vmap_tree *tree, bytes_t size, uint64_t align, uint64_t vstart,
			   uint64_t vend)
{
	/* a window of exactly this size cannot have room for more */
	bool adjust = align > PAGE_SIZE && vend - vstart != size;
	struct vmap_area *va = find_vmap_lowest_match(tree, size, align, vstart, adjust);
	uint64_t start;

	if (!va)
		return vend;
	start = start_in(va, align, vstart);
	if (start + size > vend)
		return vend;
	cut(tree, va, start, size);
	return start;
}

/* ---- ranges ---- */

static void trace_alloc(struct task *t, uint64_t start, bytes_t size, uint64_t align,
			bool whole_space, bool failed)
{
	trace_sim_vmap_alloc(t->sim, failed ? -1 : (int64_t)(start - VMALLOC_START), size, align,
			     whole_space, failed);
}

struct vmap_area *alloc_vmap_area(struct task *t, bytes_t size, uint64_t align, uint64_t vstart,
				  uint64_t vend)
{
	struct linux_vm *vm = task_vm(t);
	struct vmalloc_state *state = vmalloc_state(vm);
	bool whole_space = vstart == VMALLOC_START && vend == VMALLOC_END;
	struct vmap_area *va;
	uint64_t start;

	SIM_ASSERT(size && size % PAGE_SIZE == 0);
	SIM_ASSERT(align && !(align & (align - 1)));
	task_run(t, (sim_time)vm->machine->cost.vmap_area);
	start = __alloc_vmap_area(&state->free, size, align, vstart, vend);
	if (start == vend) {
		purge_fragmented_blocks_allcpus(t);
		__purge_vmap_area_lazy(t, UINT64_MAX, 0);
		start = __alloc_vmap_area(&state->free, size, align, vstart, vend);
	}
	trace_alloc(t, start, size, align, whole_space, start == vend);
	if (start == vend) {
		vm->stat.sim_vmap_failed++;
		return NULL;
	}
	SIM_ASSERT(start % align == 0 && start >= vstart && start + size <= vend);
	va = vmap_area_new(start, start + size);
	vmap_tree_insert(&state->busy, va);
	return va;
}

pages_t lazy_max_pages(const struct linux_vm *vm)
{
	return (unsigned)fls_u64((unsigned)vm->nr_online_cpus) * (LAZY_STEP / PAGE_SIZE);
}

void free_vmap_area_noflush(struct task *t, struct vmap_area *va)
{
	struct linux_vm *vm = task_vm(t);
	struct vmalloc_state *state = vmalloc_state(vm);

	vmap_tree_remove(&state->busy, va);
	vm->stat.vmap_lazy_nr += (int64_t)(va_size(va) >> PAGE_SHIFT);
	trace_sim_vmap_free(t->sim, (int64_t)(va->va_start - VMALLOC_START),
			    (int64_t)(va->va_end - VMALLOC_START), vm->stat.vmap_lazy_nr);
	merge_or_add_vmap_area(&state->purge, va);
	if (vm->stat.vmap_lazy_nr > (int64_t)lazy_max_pages(vm))
		schedule_drain_work(t);
}

void free_unmap_vmap_area(struct task *t, struct vmap_area *va)
{
	vunmap_range_noflush(t, va->va_start, va->va_end);
	free_vmap_area_noflush(t, va);
}

bool __purge_vmap_area_lazy(struct task *t, uint64_t start, uint64_t end)
{
	struct linux_vm *vm = task_vm(t);
	struct vmalloc_state *state = vmalloc_state(vm);
	struct list purge;
	int64_t before = vm->stat.vmap_lazy_nr;
	bool any = !list_empty(&state->purge.list);
	sim_time cost = 0;

	list_init(&purge);
	if (any) {
		start = min_u64(start,
				LIST_FIRST(&state->purge.list, struct vmap_area, list)->va_start);
		end = max_u64(end, LIST_LAST(&state->purge.list, struct vmap_area, list)->va_end);
		list_splice(&state->purge.list, &purge);
		state->purge.root.node = NULL;
		cost = flush_tlb_kernel_range(t, start, end);
		vm->stat.sim_vmap_purges++;
	}
	LIST_FOR_EACH_SAFE (pos, tmp, &purge) {
		struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		list_del(&va->list);
		vm->stat.vmap_lazy_nr -= (int64_t)(va_size(va) >> PAGE_SHIFT);
		vm->stat.sim_vmap_purged_areas++;
		vm->stat.sim_vmap_purged_pages += (int64_t)(va_size(va) >> PAGE_SHIFT);
		cost += (sim_time)vm->machine->cost.vmap_area;
		merge_or_add_vmap_area(&state->free, va);
	}
	trace_sim_vmap_purge(t->sim, !!(t->flags & TASK_KERNEL), before, vm->stat.vmap_lazy_nr);
	task_run(t, cost);
	return any;
}
