/*
 * vmalloc_check.c - counts afresh what trees and counters of kernel addresses claim
 */
#include "models/linux/vmalloc/internal.h"

static struct vmap_area *area_of(struct rb_node *node)
{
	return CONTAINER_OF(node, struct vmap_area, rb_node);
}

static uint64_t size_of(const struct vmap_area *va)
{
	return va->va_end - va->va_start;
}

/* The next entry in order; NULL: none. */
static struct rb_node *next_in_order(struct rb_node *node)
{
	if (node->child[RB_RIGHT]) {
		node = node->child[RB_RIGHT];
		while (node->child[RB_LEFT])
			node = node->child[RB_LEFT];
		return node;
	}
	while (node->parent && node->parent->child[RB_RIGHT] == node)
		node = node->parent;
	return node->parent;
}

/* What the value of a subtree must be. */
static uint64_t largest_hole(struct rb_node *node)
{
	uint64_t largest = size_of(area_of(node));

	for (int i = 0; i < 2; i++)
		if (node->child[i])
			largest = max_u64(largest, area_of(node->child[i])->subtree_max_size);
	return largest;
}

void vmap_tree_check(struct check *c, const struct vmap_tree *tree, bool merged)
{
	struct rb_node *node = tree->root.node;
	const struct vmap_area *before = NULL;

	CHECK(c, rb_check(&tree->root));
	if (c->failures)
		return;
	while (node && node->child[RB_LEFT])
		node = node->child[RB_LEFT];
	LIST_FOR_EACH (pos, &tree->list) {
		const struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		CHECK(c, node == &va->rb_node);
		if (c->failures)
			return;
		CHECK(c, va->va_start < va->va_end);
		CHECK(c, !before || (merged ? before->va_end < va->va_start
					    : before->va_end <= va->va_start));
		if (tree->root.update)
			CHECK(c, va->subtree_max_size == largest_hole(node));
		before = va;
		node = next_in_order(node);
	}
	CHECK(c, !node);
}

/* Ranges of all trees lie one behind the other and leave nothing out. */
static void check_cover(struct check *c, const struct vmalloc_state *state)
{
	const struct vmap_tree *tree[] = { &state->free, &state->busy, &state->purge };
	struct list *at[ARRAY_LEN(tree)];
	uint64_t end = 1;
	bool found = true;

	for (size_t i = 0; i < ARRAY_LEN(tree); i++)
		at[i] = tree[i]->list.next;
	while (found) {
		found = false;
		for (size_t i = 0; i < ARRAY_LEN(tree); i++) {
			const struct vmap_area *va = LIST_ENTRY(at[i], struct vmap_area, list);

			if (at[i] == &tree[i]->list || va->va_start != end)
				continue;
			end = va->va_end;
			at[i] = at[i]->next;
			found = true;
		}
	}
	CHECK(c, end == UINT64_MAX);
	for (size_t i = 0; i < ARRAY_LEN(tree); i++)
		CHECK(c, at[i] == &tree[i]->list);
}

/* Pages of areas, and of what waits for a purge. */
static void check_pages(struct check *c, const struct linux_vm *vm)
{
	const struct vmalloc_state *state = vm->vmalloc;
	uint64_t lazy = 0, pages = state->nr_leaving;

	LIST_FOR_EACH (pos, &state->purge.list)
		lazy += size_of(LIST_ENTRY(pos, struct vmap_area, list)) >> PAGE_SHIFT;
	CHECK(c, vm->stat.vmap_lazy_nr == (int64_t)lazy);
	LIST_FOR_EACH (pos, &state->busy.list) {
		const struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		if (!va->vm)
			continue;
		CHECK(c, va->vm->addr == va->va_start && va->vm->size == size_of(va));
		CHECK(c, (va->vm->flags & (VM_ALLOC | VM_MAP_PUT_PAGES)) || !va->vm->nr_pages);
		CHECK(c, (uint64_t)va->vm->nr_pages << PAGE_SHIFT <= get_vm_area_size(va->vm));
		if (!(va->vm->flags & VM_MAP_PUT_PAGES))
			pages += va->vm->nr_pages;
		for (unsigned i = 0; va->vm->pages && i < va->vm->nr_pages; i++)
			CHECK(c, va->vm->pages[i]->refcount > 0);
	}
	CHECK(c, vm->stat.nr_vmalloc_pages == (int64_t)pages);
}

static void check_block(struct check *c, const struct vmap_block *vb)
{
	CHECK(c, vb->va->block == vb && !vb->va->vm);
	CHECK(c, size_of(vb->va) == VMAP_BLOCK_SIZE && vb->va->va_start % VMAP_BLOCK_SIZE == 0);
	CHECK(c, vb->free + vb->dirty <= VMAP_BBMAP_BITS && vb->dirty < VMAP_BBMAP_BITS);
	CHECK(c, !vb->dirty || vb->dirty_max - vb->dirty_min >= vb->dirty);
	CHECK(c, list_linked(&vb->free_list) == (vb->free != 0));
}

static void check_blocks(struct check *c, const struct vmalloc_state *state)
{
	int listed = 0;

	LIST_FOR_EACH (pos, &state->busy.list) {
		const struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		if (!va->block)
			continue;
		CHECK(c, va->block->va == va);
		check_block(c, va->block);
		listed += va->block->free != 0;
	}
	for (int i = 0; i < state->nr_cpus; i++) {
		LIST_FOR_EACH (pos, &state->cpu[i].blocks)
			listed--;
	}
	CHECK(c, listed == 0);
}

void vmalloc_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);
	const struct vmalloc_state *state = vm->vmalloc;

	if (!state)
		return;
	vmap_tree_check(c, &state->free, true);
	vmap_tree_check(c, &state->busy, false);
	vmap_tree_check(c, &state->purge, true);
	if (c->failures)
		return;
	check_cover(c, state);
	check_pages(c, vm);
	check_blocks(c, state);
	CHECK(c, kernel_tables_check(vm));
}

void vmalloc_update_stats(struct linux_vm *vm)
{
	const struct vmalloc_state *state = vm->vmalloc;
	struct vm_stat *v = &vm->stat;
	uint64_t end = VMALLOC_START;

	v->sim_vmap_areas = v->sim_vmap_span = v->sim_vmap_holes = v->sim_vmap_hole_pages = 0;
	if (!state)
		return;
	LIST_FOR_EACH (pos, &state->busy.list)
		v->sim_vmap_areas++;
	if (!list_empty(&state->busy.list))
		end = LIST_LAST(&state->busy.list, struct vmap_area, list)->va_end;
	if (!list_empty(&state->purge.list))
		end = max_u64(end, LIST_LAST(&state->purge.list, struct vmap_area, list)->va_end);
	v->sim_vmap_span = (int64_t)((end - VMALLOC_START) >> PAGE_SHIFT);
	LIST_FOR_EACH (pos, &state->free.list) {
		const struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);
		uint64_t start = max_u64(va->va_start, VMALLOC_START);

		if (va->va_end > end || start >= va->va_end)
			continue;
		v->sim_vmap_holes++;
		v->sim_vmap_hole_pages += (int64_t)((va->va_end - start) >> PAGE_SHIFT);
	}
}
