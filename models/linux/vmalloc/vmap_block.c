/*
 * vmap_block.c - vm_map_ram: mappings for a short time, without a search each
 *
 *	block of 256 pages     | used, unmapped (dirty) | used | free ->
 *
 * A CPU takes small ranges from its blocks, upwards and never twice, so that no TLB has an entry of
 * what it hands out.  A block goes when all of it has been used and unmapped; one in which nothing
 * is mapped, but something never was, only when addresses or aliases are purged.
 */
#include "models/linux/vmalloc/internal.h"

/* Pages that a request uses up. */
static unsigned pages_of(unsigned count)
{
	return (unsigned)roundup_pow2(count);
}

static struct list *blocks_of(struct task *t)
{
	return &vmalloc_state(task_vm(t))->cpu[t->cpu->id].blocks;
}

/* Takes pages from the first block that has them; 0: none. */
static uint64_t take_from_block(struct task *t, unsigned pages)
{
	struct list *blocks = blocks_of(t);

	LIST_FOR_EACH (pos, blocks) {
		struct vmap_block *vb = LIST_ENTRY(pos, struct vmap_block, free_list);
		unsigned offset = VMAP_BBMAP_BITS - vb->free;

		if (vb->free < pages)
			continue;
		vb->free -= pages;
		if (!vb->free)
			list_del(&vb->free_list);
		return vb->va->va_start + ((uint64_t)offset << PAGE_SHIFT);
	}
	return 0;
}

static uint64_t new_vmap_block(struct task *t, unsigned pages)
{
	struct vmap_area *va =
	    alloc_vmap_area(t, VMAP_BLOCK_SIZE, VMAP_BLOCK_SIZE, VMALLOC_START, VMALLOC_END);
	struct vmap_block *vb;

	if (!va)
		return 0;
	vb = sim_calloc(1, sizeof(*vb));
	vb->va = va;
	vb->free = VMAP_BBMAP_BITS - pages;
	vb->dirty_min = VMAP_BBMAP_BITS;
	list_init(&vb->purge);
	list_add_tail(&vb->free_list, blocks_of(t));
	va->block = vb;
	return va->va_start;
}

static void free_vmap_block(struct task *t, struct vmap_block *vb)
{
	struct vmap_area *va = vb->va;

	list_del(&vb->free_list);
	va->block = NULL;
	sim_free(vb);
	free_vmap_area_noflush(t, va);
}

/* Nothing is mapped, and not all of it was used. */
static bool is_fragmented(const struct vmap_block *vb)
{
	return vb->free + vb->dirty == VMAP_BBMAP_BITS && vb->dirty != VMAP_BBMAP_BITS;
}

void purge_fragmented_blocks_allcpus(struct task *t)
{
	struct vmalloc_state *state = vmalloc_state(task_vm(t));

	for (int i = 0; i < state->nr_cpus; i++) {
		struct list *blocks = &state->cpu[i].blocks;

		LIST_FOR_EACH_SAFE (pos, tmp, blocks) {
			struct vmap_block *vb = LIST_ENTRY(pos, struct vmap_block, free_list);

			if (is_fragmented(vb))
				free_vmap_block(t, vb);
		}
	}
}

static void vb_free(struct task *t, uint64_t addr, unsigned count)
{
	const struct vmap_area *va = find_vmap_area(&vmalloc_state(task_vm(t))->busy, addr);
	struct vmap_block *vb = va ? va->block : NULL;
	unsigned offset, pages = pages_of(count);

	SIM_ASSERT(vb);
	offset = (unsigned)((addr - va->va_start) >> PAGE_SHIFT);
	vunmap_range_noflush(t, addr, addr + ((uint64_t)count << PAGE_SHIFT));
	vb->dirty_min = (unsigned)min_u64(vb->dirty_min, offset);
	vb->dirty_max = (unsigned)max_u64(vb->dirty_max, offset + pages);
	vb->dirty += pages;
	SIM_ASSERT(vb->dirty + vb->free <= VMAP_BBMAP_BITS);
	if (vb->dirty == VMAP_BBMAP_BITS)
		free_vmap_block(t, vb);
}

uint64_t vm_map_ram(struct task *t, struct page **pages, unsigned count, int node)
{
	bytes_t size = (uint64_t)count << PAGE_SHIFT;
	uint64_t addr = 0;

	(void)node; /* of the range's description, which is slab memory */
	SIM_ASSERT(count);
	if (count <= VMAP_MAX_ALLOC) {
		addr = take_from_block(t, pages_of(count));
		if (!addr)
			addr = new_vmap_block(t, pages_of(count));
	} else {
		const struct vmap_area *va =
		    alloc_vmap_area(t, size, PAGE_SIZE, VMALLOC_START, VMALLOC_END);

		addr = va ? va->va_start : 0;
	}
	if (addr && vmap_pages_range(t, addr, addr + size, pages)) {
		vm_unmap_ram(t, addr, count);
		return 0;
	}
	return addr;
}

void vm_unmap_ram(struct task *t, uint64_t addr, unsigned count)
{
	struct vmap_area *va;

	if (count <= VMAP_MAX_ALLOC) {
		vb_free(t, addr, count);
		return;
	}
	va = find_vmap_area(&vmalloc_state(task_vm(t))->busy, addr);
	SIM_ASSERT(va && !va->vm && !va->block);
	free_unmap_vmap_area(t, va);
}

void vm_unmap_aliases(struct task *t)
{
	struct vmalloc_state *state = vmalloc_state(task_vm(t));
	uint64_t start = UINT64_MAX, end = 0;

	for (int i = 0; i < state->nr_cpus; i++) {
		LIST_FOR_EACH (pos, &state->cpu[i].blocks) {
			const struct vmap_block *vb = LIST_ENTRY(pos, struct vmap_block, free_list);
			uint64_t at = vb->va->va_start;

			if (!vb->dirty || vb->dirty == VMAP_BBMAP_BITS)
				continue;
			start = min_u64(start, at + ((uint64_t)vb->dirty_min << PAGE_SHIFT));
			end = max_u64(end, at + ((uint64_t)vb->dirty_max << PAGE_SHIFT));
		}
	}
	purge_fragmented_blocks_allcpus(t);
	if (!__purge_vmap_area_lazy(t, start, end) && end)
		task_run(t, flush_tlb_kernel_range(t, start, end));
}
