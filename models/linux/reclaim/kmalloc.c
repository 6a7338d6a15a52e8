/*
 * kmalloc.c - pieces of memory of any size: objects of the smallest cache that has room, or blocks
 */
#include <errno.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/reclaim/slab.h"

static const uint32_t object_bytes[NR_SLAB_CACHES] = {
#define SLAB(name, word, bytes, ctor, meaning) [SLAB_##name] = bytes,
#include "models/linux/reclaim/slab.def"
#undef SLAB
};

/* The smallest cache that has room for size bytes. */
static enum slab_cache_id kmalloc_cache(bytes_t size)
{
	enum slab_cache_id id = SLAB_KMALLOC_8;

	while (object_bytes[id] < size)
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
		slab_free(vm, t->cpu, piece.pfn);
}
