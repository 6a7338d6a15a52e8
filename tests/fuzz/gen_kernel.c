/*
 * gen_kernel.c - steps of a random scenario as drivers make them: their mappings, kernel addresses,
 * pools; pages of FreeBSD
 */
#include <inttypes.h>
#include <stdio.h>

#include "tests/fuzz/gen.h"

/* What a driver does with the last mapping, if it is one of a device; else it is a bug. */
void write_driver(struct gen *g, const char *indent)
{
	uint64_t offset = below(g, 2) * 4096 * below(g, 600), n = below(g, 1000000);

	switch (below(g, 7)) {
	case 0:
		printf("vm_iomap_memory: { map: %s, phys: 4244635648, len: 128 MiB }", g->map);
		break;
	case 1:
		printf("remap_pfn_range: { map: %s, pfn: %" PRIu64 ", offset: %" PRIu64
		       ", size: %" PRIu64 " }",
		       g->map, scaled(g, 1, 1 << 20), offset, scaled(g, 1, 1 << 21));
		break;
	case 2:
		printf("vm_insert_pfn: { map: %s, pfn: %" PRIu64 ", offset: %" PRIu64 " }", g->map,
		       scaled(g, 1, 1 << 20), offset);
		break;
	case 3:
		printf("zap_vma_ptes: { map: %s, offset: %" PRIu64 ", size: %" PRIu64 " }", g->map,
		       offset, 4096 * scaled(g, 1, 200));
		break;
	case 4:
		printf("follow_pfn: { map: %s, offset: %" PRIu64 " }", g->map, offset);
		break;
	case 5:
		printf("vmalloc_user: %" PRIu64 " KiB\n%s  as: u%" PRIu64 "\n", scaled(g, 4, 4096),
		       indent, n);
		printf("%s- remap_vmalloc_range_partial: { map: %s, vm_area: u%" PRIu64
		       ", offset: %" PRIu64 ", size: %" PRIu64 " }\n%s- vfree: u%" PRIu64,
		       indent, g->map, n, offset, scaled(g, 1, 1 << 20), indent, n);
		break;
	default:
		printf("alloc_pages: { gfp: GFP_KERNEL%s, order: %" PRIu64 " }\n%s  as: u%" PRIu64
		       "\n",
		       chance(g, 70) ? "|__GFP_COMP" : "", below(g, 3), indent, n);
		printf("%s- vm_insert_page: { map: %s, page: u%" PRIu64 ", nth: %" PRIu64
		       ", offset: %" PRIu64 " }\n%s- free_pages: u%" PRIu64,
		       indent, g->map, n, below(g, 4), offset, indent, n);
	}
}

/* A mapping of a device. */
void write_device(struct gen *g, const char *indent)
{
	static const char *const flags[] = { "VM_PFNMAP", "VM_MIXEDMAP", "VM_IO", "VM_DONTDUMP" };

	new_name(g, g->map, 'm');
	printf("mmap_device: { len: %" PRIu64 ", write: %s, shared: %s, vma_flags: %s, pgoff: "
	       "%" PRIu64 " }\n%s  as: %s\n",
	       scaled(g, 1, g->small ? 4 << 20 : 64 << 20), chance(g, 70) ? "true" : "false",
	       chance(g, 60) ? "true" : "false", one_of(g, flags, LEN(flags)), below(g, 20), indent,
	       g->map);
	for (uint64_t n = between(g, 1, 4); n; n--) {
		printf("%s- ", indent);
		write_driver(g, indent);
		putchar(n > 1 ? '\n' : ' ');
	}
}

/* Kernel addresses: outside of loops, where an area would be given back twice. */
void write_vmalloc(struct gen *g, const char *indent, int depth)
{
	static const char *const how[] = { "vmalloc", "vzalloc", "vmalloc_user", "vmalloc_32",
					   "vmalloc_huge" };
	uint64_t n = below(g, 1000000), pages = between(g, 1, 8);

	if (depth || chance(g, 20)) {
		printf("vm_unmap_aliases: {}");
	} else if (chance(g, 25)) {
		/* a block shown elsewhere for a while */
		printf("alloc_pages: { order: 3 }\n%s  as: b%" PRIu64 "\n", indent, n);
		if (chance(g, 50))
			printf("%s- vmap: { page: b%" PRIu64 ", nr_pages: %" PRIu64
			       " }\n%s  as: w%" PRIu64 "\n%s- vunmap: w%" PRIu64 "\n",
			       indent, n, pages, indent, n, indent, n);
		else
			printf("%s- vm_map_ram: { page: b%" PRIu64 ", nr_pages: %" PRIu64
			       " }\n%s  as: w%" PRIu64 "\n%s- vm_unmap_ram: { vm_area: w%" PRIu64
			       ", nr_pages: %" PRIu64 " }\n",
			       indent, n, pages, indent, n, indent, n, pages);
		printf("%s- free_pages: b%" PRIu64, indent, n);
	} else if (chance(g, 15)) {
		printf("alloc_vm_area: { size: %" PRIu64 " KiB }\n%s  as: w%" PRIu64
		       "\n%s- free_vm_area: w%" PRIu64,
		       scaled(g, 4, 8192), indent, n, indent, n);
	} else if (*g->area) {
		printf("vfree: %s", g->area);
		*g->area = 0;
	} else {
		new_name(g, g->area, 'v');
		printf("%s: { size: %" PRIu64 " KiB, count: %" PRIu64 " }\n%s  as: %s",
		       how[below(g, LEN(how))], scaled(g, 1, g->memory_mib << 4), scaled(g, 1, 20),
		       indent, g->area);
	}
}

/* Elements are taken and given back; some stay out, and their pool is not destroyed then. */
static void use_mempool(struct gen *g, const char *indent)
{
	static const char *const masks[] = { "GFP_KERNEL", "GFP_NOIO", "GFP_ATOMIC", "GFP_NOWAIT" };
	uint64_t n = below(g, 1000000), count = between(g, 1, 4);

	switch (below(g, 6)) {
	case 0:
		printf("mempool_resize: { pool: %s, new_min_nr: %" PRIu64 " }", g->pool,
		       scaled(g, 1, 64));
		return;
	case 1:
		printf("mempool_backend: { pool: %s, succeeds: %" PRIu64 " }", g->pool,
		       scaled(g, 1, 100));
		return;
	default:
		/* those who wait get an element in any case: one comes back in time */
		printf("mempool_alloc: { pool: %s, gfp: %s, count: %" PRIu64 " }\n%s  as: e%" PRIu64
		       "\n%s- mempool_free: { element: e%" PRIu64 ", pool: %s, after: %" PRIu64
		       " us }",
		       g->pool, one_of(g, masks, LEN(masks)), count, indent, n, indent, n, g->pool,
		       scaled(g, 1, 20000));
		return;
	}
}

void write_pool(struct gen *g, const char *indent, int depth)
{
	uint64_t n = below(g, 1000000);

	if (depth) {
		printf("sleep: 10 us");
	} else if (chance(g, 30)) {
		printf("dma_pool_create: { size: %" PRIu64 ", align: %" PRIu64
		       " }\n%s  as: d%" PRIu64 "\n%s- dma_pool_alloc: { dma_pool: d%" PRIu64
		       ", count: %" PRIu64 " }\n%s  as: q%" PRIu64
		       "\n%s- dma_pool_free: { dma_block: q%" PRIu64 ", dma_pool: d%" PRIu64
		       " }\n%s- dma_pool_destroy: d%" PRIu64,
		       scaled(g, 8, 4096), (uint64_t)1 << below(g, 7), indent, n, indent, n,
		       scaled(g, 1, 500), indent, n, indent, n, n, indent, n);
	} else if (*g->pool && chance(g, 80)) {
		use_mempool(g, indent);
	} else {
		new_name(g, g->pool, 'l');
		printf("mempool_create: { min_nr: %" PRIu64 ", order: %" PRIu64 " }\n%s  as: %s",
		       scaled(g, 1, 64), below(g, 3), indent, g->pool);
	}
}

/* FreeBSD: what is done with a page g<n> that is in use and not busy; as it was afterwards, or
 * freed. */
static void use_vm_page(struct gen *g, const char *indent, uint64_t n)
{
	static const char *const queues[] = { "vm_page_activate", "vm_page_deactivate",
					      "vm_page_dontneed", "vm_page_test_dirty",
					      "vm_page_undirty" };
	static const char *const ranges[] = { "vm_page_set_valid", "vm_page_set_validclean",
					      "vm_page_clear_dirty", "vm_page_set_invalid",
					      "vm_page_is_valid" };

	switch (below(g, 6)) {
	case 0:
		printf("vm_page_wire: g%" PRIu64 "\n%s- sleep: %" PRIu64
		       " us\n%s- vm_page_unwire: { page: g%" PRIu64 ", activate: %s }",
		       n, indent, scaled(g, 1, 5000), indent, n, chance(g, 50) ? "true" : "false");
		break;
	case 1:
		printf("vm_page_hold: g%" PRIu64 "\n%s- sleep: %" PRIu64
		       " us\n%s- vm_page_unhold: g%" PRIu64,
		       n, indent, scaled(g, 1, 5000), indent, n);
		break;
	case 2:
		printf("pmap_enter: { page: g%" PRIu64 ", write: true }\n%s  as: e%" PRIu64
		       "\n%s- pmap_access: { mapping: e%" PRIu64 ", write: true }\n%s- "
		       "pmap_remove: e%" PRIu64,
		       n, indent, n, indent, n, indent, n);
		break;
	case 3:
		printf("vm_page_zero_invalid: { page: g%" PRIu64 ", setvalid: true }\n%s- "
		       "vm_page_dirty: g%" PRIu64,
		       n, indent, n);
		break;
	case 4:
		printf("%s: { page: g%" PRIu64 ", base: %" PRIu64 ", size: %" PRIu64 " }",
		       one_of(g, ranges, LEN(ranges)), n, 512 * below(g, 4), scaled(g, 1, 2048));
		break;
	default:
		printf("%s: g%" PRIu64, one_of(g, queues, LEN(queues)), n);
	}
}

/* FreeBSD: pages for no object, or a place of one. */
void write_vm_page(struct gen *g, const char *indent, int depth)
{
	static const char *const classes[] = { "VM_ALLOC_NORMAL", "VM_ALLOC_SYSTEM",
					       "VM_ALLOC_INTERRUPT",
					       "VM_ALLOC_NORMAL|VM_ALLOC_ZERO" };
	uint64_t n = below(g, 1000000);

	if (depth || chance(g, 20)) {
		printf("vm_wait: {}");
	} else if (*g->object && chance(g, 30)) {
		printf("vm_object_deallocate: %s", g->object);
		*g->object = 0;
	} else if (*g->object && chance(g, 20)) {
		printf("vm_page_grab: { object: %s, pindex: %" PRIu64
		       ", req: VM_ALLOC_NORMAL|VM_ALLOC_RETRY }\n%s  as: g%" PRIu64
		       "\n%s- vm_page_wakeup: g%" PRIu64 "\n%s- vm_page_try_to_%s: g%" PRIu64,
		       g->object, below(g, 64), indent, n, indent, n, indent,
		       chance(g, 50) ? "cache" : "free", n);
	} else if (*g->object && chance(g, 60)) {
		printf("vm_page_alloc: { object: %s, pindex: %" PRIu64
		       ", req: %s }\n%s  as: g%" PRIu64 "\n%s- vm_page_wakeup: g%" PRIu64
		       "\n%s- vm_page_activate: g%" PRIu64,
		       g->object, below(g, 64), one_of(g, classes, LEN(classes)), indent, n, indent,
		       n, indent, n);
	} else if (chance(g, 40)) {
		new_name(g, g->object, 'x');
		printf("vm_object_allocate: { size: 64 }\n%s  as: %s", indent, g->object);
	} else {
		printf("vm_page_alloc: { req: %s|VM_ALLOC_NOOBJ, count: %" PRIu64
		       " }\n%s  as: g%" PRIu64 "\n%s- sleep: %" PRIu64
		       " us\n%s- vm_page_free: g%" PRIu64,
		       one_of(g, classes, LEN(classes)),
		       scaled(g, 1, (g->memory_mib << 8) / (chance(g, 10) ? 1 : 8)), indent, n,
		       indent, scaled(g, 1, 20000), indent, n);
		if (chance(g, 60)) {
			/* in a name of its own: the page of a refused call would be missed */
			printf("\n%s- vm_object_allocate: { size: 1 }\n%s  as: y%" PRIu64
			       "\n%s- vm_page_grab: { object: y%" PRIu64
			       ", req: VM_ALLOC_NORMAL|VM_ALLOC_RETRY|VM_ALLOC_NOBUSY }\n%s  as: "
			       "g%" PRIu64 "\n%s- ",
			       indent, indent, n, indent, n, indent, n, indent);
			use_vm_page(g, indent, n);
			printf("\n%s- vm_object_deallocate: y%" PRIu64, indent, n);
		}
	}
}
