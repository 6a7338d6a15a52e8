/*
 * vmalloc.c - memory whose addresses are contiguous, and other areas of kernel addresses
 *
 *	addresses   | page | page | page | guard |     one range of the free tree
 *	              |      |      |
 *	frames       any    any    any                single pages, in index order
 *
 * What fails on the way is taken back in the order in which vfree does it; the addresses then wait
 * for the next purge.
 */
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/stall.h"
#include "models/linux/vmalloc/internal.h"

#define BULK_PAGES        100 /* at most, at once */
#define SLOT_BYTES        8   /* of the page array, a page */
#define IOREMAP_MAX_ORDER 30
#define HUGE_SHIFT        21 /* a PMD entry */
#define GFP_RECLAIM_MASK                                                                           \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN | __GFP_RETRY_MAYFAIL |   \
	 __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC | __GFP_NOMEMALLOC | __GFP_ATOMIC)

/* ---- the state ---- */

struct vmalloc_state *vmalloc_state(struct linux_vm *vm)
{
	struct vmalloc_state *state = vm->vmalloc;

	if (state)
		return state;
	state = vm->vmalloc = sim_calloc(1, sizeof(*state));
	vmap_tree_init(&state->free, true);
	vmap_tree_init(&state->busy, false);
	vmap_tree_init(&state->purge, false);
	vmap_tree_insert(&state->free, vmap_area_new(1, UINT64_MAX));
	wait_queue_init(&state->work_done);
	state->nr_cpus = vm->sim->nr_cpus;
	state->cpu = sim_calloc((size_t)state->nr_cpus, sizeof(*state->cpu));
	for (int i = 0; i < state->nr_cpus; i++) {
		list_init(&state->cpu[i].blocks);
		wait_queue_init(&state->cpu[i].worker.wait);
	}
	return state;
}

static void free_areas(struct vmap_tree *tree)
{
	LIST_FOR_EACH_SAFE (pos, tmp, &tree->list) {
		struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		if (va->vm)
			sim_free(va->vm->pages);
		sim_free(va->vm);
		sim_free(va->block);
		sim_free(va);
	}
}

void vmalloc_free(struct linux_vm *vm)
{
	struct vmalloc_state *state = vm->vmalloc;

	if (!state)
		return;
	free_areas(&state->free);
	free_areas(&state->busy);
	free_areas(&state->purge);
	kernel_tables_free(vm);
	for (int i = 0; i < state->nr_cpus; i++)
		sim_free(state->cpu[i].worker.deferred);
	sim_free(state->cpu);
	sim_free(state);
	vm->vmalloc = NULL;
}

/* ---- areas ---- */

bytes_t get_vm_area_size(const struct vm_struct *area)
{
	return area->flags & VM_NO_GUARD ? area->size : area->size - PAGE_SIZE;
}

/* shift: of the pieces that it is mapped in. */
static struct vm_struct *__get_vm_area_node(struct task *t, bytes_t size, uint64_t align,
					    unsigned shift, unsigned flags, uint64_t start,
					    uint64_t end)
{
	struct vmap_area *va;
	struct vm_struct *area;

	SIM_ASSERT(!task_in_irq(t));
	size = div_round_up(size, 1ULL << shift) << shift;
	if (!size)
		return NULL;
	if (flags & VM_IOREMAP)
		align =
		    1ULL << clamp_u64((unsigned)fls_u64(size - 1), PAGE_SHIFT, IOREMAP_MAX_ORDER);
	if (!(flags & VM_NO_GUARD))
		size += PAGE_SIZE;
	va = alloc_vmap_area(t, size, align, start, end);
	if (!va)
		return NULL;
	area = sim_calloc(1, sizeof(*area));
	area->addr = va->va_start;
	area->size = size;
	area->flags = flags;
	va->vm = area;
	return area;
}

struct vm_struct *get_vm_area(struct task *t, bytes_t size, unsigned flags)
{
	return __get_vm_area_node(t, size, 1, PAGE_SHIFT, flags, VMALLOC_START, VMALLOC_END);
}

struct vm_struct *find_vm_area(struct linux_vm *vm, uint64_t addr)
{
	const struct vmap_area *va = find_vmap_area(&vmalloc_state(vm)->busy, addr);

	return va ? va->vm : NULL;
}

/* Takes an area's addresses away; the area itself is the caller's then. */
static void remove_vm_area(struct task *t, const struct vm_struct *area)
{
	struct vmap_area *va = find_vmap_area(&vmalloc_state(task_vm(t))->busy, area->addr);

	SIM_ASSERT(va && va->vm == area);
	va->vm = NULL;
	free_unmap_vmap_area(t, va);
}

void free_vm_area(struct task *t, struct vm_struct *area)
{
	remove_vm_area(t, area);
	sim_free(area->pages);
	sim_free(area);
}

struct vm_struct *alloc_vm_area(struct task *t, bytes_t size)
{
	struct vm_struct *area = get_vm_area(t, size, VM_IOREMAP);

	if (area && vmap_make_tables(t, area->addr, area->addr + get_vm_area_size(area))) {
		free_vm_area(t, area);
		return NULL;
	}
	return area;
}

/* ---- giving back ---- */

/* Each page loses a reference, the first one first. */
static void free_pages_of(struct task *t, const struct vm_struct *area)
{
	struct linux_vm *vm = task_vm(t);

	for (unsigned i = 0; i < area->nr_pages; i++) {
		task_run(t, (sim_time)vm->machine->cost.page_free);
		free_pages(vm, t->cpu, area->pages[i], 0);
		cond_resched(t);
	}
}

static void __vunmap(struct task *t, uint64_t addr, bool deallocate_pages)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_struct *area;
	pages_t counted;

	if (!addr)
		return;
	if (addr % PAGE_SIZE) {
		kernel_bug(vm->sim, "vfree, vunmap: no page begins at this address");
		return;
	}
	area = find_vm_area(vm, addr);
	if (!area) {
		kernel_bug(vm->sim, "vfree, vunmap: no area has this address");
		return;
	}
	counted = area->flags & VM_MAP_PUT_PAGES ? 0 : area->nr_pages;
	vm->vmalloc->nr_leaving += counted;
	remove_vm_area(t, area);
	if (deallocate_pages) {
		free_pages_of(t, area);
		vm->vmalloc->nr_leaving -= counted;
		vm->stat.nr_vmalloc_pages -= (int64_t)counted;
		if (area->pages_at)
			vfree(t, area->pages_at); /* depth: the array of an array is small */
	}
	sim_free(area->pages);
	sim_free(area);
}

void vfree(struct task *t, uint64_t addr)
{
	if (addr && task_in_irq(t))
		vfree_deferred(t, addr);
	else
		__vunmap(t, addr, true);
}

void vunmap(struct task *t, uint64_t addr)
{
	SIM_ASSERT(!task_in_irq(t));
	__vunmap(t, addr, false);
}

/* ---- vmalloc ---- */

/*
 * Single pages at once while that works, then one by one; or blocks of 2^order pages, which are
 * made single ones.  Returns how many there are.
 */
static unsigned vm_area_alloc_pages(struct task *t, gfp_t gfp, int nid, int order,
				    unsigned nr_pages, struct page **pages)
{
	gfp_t bulk_gfp = gfp & ~__GFP_NOFAIL;
	bool nofail = gfp & __GFP_NOFAIL;
	unsigned got = 0;

	if (order)
		gfp &= ~__GFP_NOFAIL;
	while (!order && got < nr_pages) {
		int ask = (int)min_u64(BULK_PAGES, nr_pages - got), n;

		if (nid == NUMA_NO_NODE)
			n = alloc_pages_bulk_array_mempolicy(t, bulk_gfp, ask, pages + got);
		else
			n = __alloc_pages_bulk(t, bulk_gfp, nid, 0, ask, pages + got);
		got += (unsigned)n;
		cond_resched(t);
		if (n != ask)
			break;
	}
	while (got < nr_pages) {
		struct page *page;

		if (!nofail && t->killed)
			break;
		page = nid == NUMA_NO_NODE ? alloc_pages(t, gfp, order)
					   : __alloc_pages(t, gfp, order, nid, 0);
		if (!page)
			break;
		if (order)
			split_page(task_vm(t), page, order);
		for (unsigned i = 0; i < 1u << order; i++)
			pages[got++] = page + i;
		cond_resched(t);
	}
	return got;
}

/* Page tables do not know the caller's gfp: what it forbids becomes the task's. */
static int map_area(struct task *t, const struct vm_struct *area, gfp_t gfp)
{
	uint64_t end = area->addr + get_vm_area_size(area);
	unsigned old = task_struct(t)->flags, forbid = 0;
	int error;

	if (!(gfp & __GFP_FS))
		forbid = gfp & __GFP_IO ? PF_MEMALLOC_NOFS : PF_MEMALLOC_NOIO;
	task_struct(t)->flags |= forbid;
	for (;;) {
		error = area->page_order ? vmap_huge_range(t, area->addr, end, area->pages)
					 : vmap_pages_range(t, area->addr, end, area->pages);
		if (!error || !(gfp & __GFP_NOFAIL))
			break;
		stall_sleep_ticks(t, 1);
	}
	task_struct(t)->flags &= ~(forbid & ~old);
	return error;
}

/* An array of more than a page is vmalloc's itself.  False: no memory. */
static bool make_page_array(struct task *t, struct vm_struct *area, unsigned nr_pages, gfp_t gfp,
			    int node)
{
	bytes_t size = (bytes_t)nr_pages * SLOT_BYTES;

	if (size > PAGE_SIZE) {
		area->pages_at =
		    __vmalloc_node_range(t, size, 1, VMALLOC_START, VMALLOC_END,
					 (gfp & GFP_RECLAIM_MASK) | __GFP_ZERO, 0, node);
		if (!area->pages_at)
			return false;
	}
	area->pages = sim_calloc(nr_pages, sizeof(struct page *));
	return true;
}

static uint64_t __vmalloc_area_node(struct task *t, struct vm_struct *area, gfp_t gfp, int node)
{
	struct linux_vm *vm = task_vm(t);
	unsigned nr_pages = (unsigned)(get_vm_area_size(area) >> PAGE_SHIFT);
	bool nowarn = gfp & __GFP_NOWARN;

	if (!make_page_array(t, area, nr_pages, gfp, node)) {
		free_vm_area(t, area);
		return 0;
	}
	gfp |= __GFP_NOWARN;
	if (!(gfp & (__GFP_DMA | __GFP_DMA32)))
		gfp |= __GFP_HIGHMEM;
	area->nr_pages = vm_area_alloc_pages(t, gfp, node, area->page_order, nr_pages, area->pages);
	vm->stat.nr_vmalloc_pages += area->nr_pages;
	if (area->nr_pages != nr_pages || map_area(t, area, gfp)) {
		if (!nowarn) /* for vmalloc's own caller there is no other way */
			vm->stat.sim_alloc_failed++;
		vfree(t, area->addr);
		return 0;
	}
	/* all pages are cleared here, as the reference kernel does (init_on_alloc) */
	task_run(t, nr_pages * (sim_time)vm->machine->cost.page_zero);
	area->flags &= ~(unsigned)VM_UNINITIALIZED;
	return area->addr;
}

/* Pieces of 2 MiB are worth it from one for each node on. */
static bool wants_huge(const struct linux_vm *vm, bytes_t size, unsigned vm_flags, int node)
{
	if (node == NUMA_NO_NODE)
		size /= (unsigned)vm->nr_online_nodes;
	return (vm_flags & VM_ALLOW_HUGE_VMAP) && size >= 1ULL << HUGE_SHIFT;
}

/* One attempt, in pieces of 2^shift bytes. */
static uint64_t vmalloc_in_pieces(struct task *t, bytes_t size, uint64_t align, unsigned shift,
				  uint64_t start, uint64_t end, gfp_t gfp, unsigned flags, int node)
{
	struct vm_struct *area;

	for (;;) {
		area = __get_vm_area_node(t, size, align, shift,
					  VM_ALLOC | VM_UNINITIALIZED | flags, start, end);
		if (area || !(gfp & __GFP_NOFAIL))
			break;
		stall_sleep_ticks(t, 1);
	}
	if (!area)
		return 0;
	area->page_order = (int)shift - PAGE_SHIFT;
	return __vmalloc_area_node(t, area, gfp, node);
}

uint64_t __vmalloc_node_range(struct task *t, bytes_t size, uint64_t align, uint64_t start,
			      uint64_t end, gfp_t gfp, unsigned vm_flags, int node)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t addr = 0;

	if (!size) {
		kernel_bug(vm->sim, "vmalloc: no bytes");
		return 0;
	}
	if (size >> PAGE_SHIFT > vm->totalram_pages)
		return 0;
	if (wants_huge(vm, size, vm_flags, node))
		addr = vmalloc_in_pieces(t, size, max_u64(align, 1ULL << HUGE_SHIFT), HUGE_SHIFT,
					 start, end, gfp, vm_flags, node);
	if (!addr)
		addr =
		    vmalloc_in_pieces(t, size, align, PAGE_SHIFT, start, end, gfp, vm_flags, node);
	return addr;
}

static uint64_t __vmalloc_node(struct task *t, bytes_t size, gfp_t gfp, int node)
{
	return __vmalloc_node_range(t, size, 1, VMALLOC_START, VMALLOC_END, gfp, 0, node);
}

/* For programs to map: cleared, at an address as shared memory wants it (any page, on x86). */
static uint64_t vmalloc_for_user(struct task *t, bytes_t size, gfp_t gfp)
{
	return __vmalloc_node_range(t, size, PAGE_SIZE, VMALLOC_START, VMALLOC_END,
				    gfp | __GFP_ZERO, VM_USERMAP, NUMA_NO_NODE);
}

uint64_t vmalloc(struct task *t, bytes_t size)
{
	return __vmalloc_node(t, size, GFP_KERNEL, NUMA_NO_NODE);
}

uint64_t vzalloc(struct task *t, bytes_t size)
{
	return __vmalloc_node(t, size, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE);
}

uint64_t vmalloc_user(struct task *t, bytes_t size)
{
	return vmalloc_for_user(t, size, GFP_KERNEL);
}

uint64_t vmalloc_node(struct task *t, bytes_t size, int node)
{
	return __vmalloc_node(t, size, GFP_KERNEL, node);
}

uint64_t vzalloc_node(struct task *t, bytes_t size, int node)
{
	return __vmalloc_node(t, size, GFP_KERNEL | __GFP_ZERO, node);
}

uint64_t vmalloc_32(struct task *t, bytes_t size)
{
	return __vmalloc_node(t, size, GFP_DMA32 | GFP_KERNEL, NUMA_NO_NODE);
}

uint64_t vmalloc_32_user(struct task *t, bytes_t size)
{
	return vmalloc_for_user(t, size, GFP_DMA32 | GFP_KERNEL);
}

uint64_t vmalloc_huge(struct task *t, bytes_t size, gfp_t gfp)
{
	return __vmalloc_node_range(t, size, 1, VMALLOC_START, VMALLOC_END, gfp, VM_ALLOW_HUGE_VMAP,
				    NUMA_NO_NODE);
}

/* ---- vmap ---- */

uint64_t vmap(struct task *t, struct page **pages, unsigned count, unsigned flags)
{
	struct linux_vm *vm = task_vm(t);
	struct vm_struct *area;

	if (flags & VM_NO_GUARD) {
		kernel_bug(vm->sim,
			   "vmap: an area without a guard page would lack its neighbour's");
		flags &= ~(unsigned)VM_NO_GUARD;
	}
	if (count > vm->totalram_pages)
		return 0;
	area = get_vm_area(t, (bytes_t)count << PAGE_SHIFT, flags);
	if (!area)
		return 0;
	if (vmap_pages_range(t, area->addr, area->addr + ((uint64_t)count << PAGE_SHIFT), pages)) {
		vunmap(t, area->addr);
		return 0;
	}
	if (flags & VM_MAP_PUT_PAGES) {
		area->pages = pages;
		area->nr_pages = count;
	}
	return area->addr;
}
