/*
 * vmalloc_ops.c - vmalloc, vmap and vm_map_ram, as calls of scenarios
 *
 * A name given by as: stands for an address of the kernel; what can be read of it is looked up when
 * it is read.
 */
#include <errno.h>

#include "models/linux/arg.h"
#include "models/linux/model_list.h"
#include "models/linux/vmalloc/internal.h"
#include "models/linux/vmalloc/vmalloc_ops.h"

const struct key_word vm_area_words[] = {
	{ "VM_IOREMAP", VM_IOREMAP, "aligned to its size" },
	{ "VM_MAP", VM_MAP, "of vmap" },
	{ "VM_USERMAP", VM_USERMAP, "programs may map it" },
	{ "VM_DMA_COHERENT", VM_DMA_COHERENT, "memory for devices" },
	{ "VM_NO_GUARD", VM_NO_GUARD, "no guard page behind it" },
	{ "VM_MAP_PUT_PAGES", VM_MAP_PUT_PAGES, "vfree drops a reference to each page" },
	{ NULL, 0, NULL },
};

/* An address as the pointer that it is in the kernel. */
static int64_t give_address(struct result *r, uint64_t addr)
{
	return give(r, (void *)(uintptr_t)addr);
}

static uint64_t address_of(const struct args *a)
{
	return (uint64_t)(uintptr_t)a->vm_area.ptr;
}

/* ---- vmalloc ---- */

#define OP_VMALLOC(name)                                                                           \
	static int64_t op_##name(struct task *t, const struct args *a, struct result *r)           \
	{                                                                                          \
		return give_address(r, name(t, (bytes_t)a->size));                                 \
	}
OP_VMALLOC(vmalloc)
OP_VMALLOC(vzalloc)
OP_VMALLOC(vmalloc_user)
OP_VMALLOC(vmalloc_32)
OP_VMALLOC(vmalloc_32_user)

static int64_t op_vmalloc_huge(struct task *t, const struct args *a, struct result *r)
{
	return give_address(r, vmalloc_huge(t, (bytes_t)a->size, GFP_KERNEL));
}

static bool bug_in_node(const struct task *t, int64_t node)
{
	if (node < task_vm(t)->nr_nodes)
		return false;
	kernel_bug(t->sim, "no such node");
	return true;
}

#define OP_VMALLOC_NODE(name)                                                                      \
	static int64_t op_##name(struct task *t, const struct args *a, struct result *r)           \
	{                                                                                          \
		if (bug_in_node(t, a->node))                                                       \
			return give(r, NULL);                                                      \
		return give_address(r, name(t, (bytes_t)a->size, (int)a->node));                   \
	}
OP_VMALLOC_NODE(vmalloc_node)
OP_VMALLOC_NODE(vzalloc_node)

static int64_t op_vfree(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (a->vm_area.ptr)
		vfree(t, address_of(a) + (uint64_t)a->offset);
	return 0;
}

/* ---- vmap ---- */

/* Pages in a row, from one that a call gave; NULL: more than there are. */
static struct page **page_array(const struct task *t, const struct args *a)
{
	struct linux_vm *vm = task_vm(t);
	struct page *first = a->page.ptr, **pages;
	pages_t n = (pages_t)a->nr_pages;
	pfn_t pfn = first ? page_to_pfn(vm, first) : 0;

	if (!first || n > vm->max_pfn - pfn) {
		kernel_bug(t->sim, "not so many pages in a row");
		return NULL;
	}
	pages = sim_calloc((size_t)n + 1, sizeof(struct page *));
	for (pages_t i = 0; i < n; i++)
		pages[i] = first + i;
	return pages;
}

/* vfree will drop a reference of each: nothing that is free, or that has its count elsewhere. */
static bool have_references(struct page *const *pages, pages_t n)
{
	for (pages_t i = 0; i < n; i++)
		if (pages[i]->refcount <= 0 || (pages[i]->flags & (PG_head | PG_tail | PG_buddy)))
			return false;
	return true;
}

static int64_t op_vmap(struct task *t, const struct args *a, struct result *r)
{
	pages_t n = (pages_t)a->nr_pages;
	struct page **pages;
	uint64_t addr = 0;

	if (n > task_vm(t)->totalram_pages)
		return give(r, NULL);
	pages = page_array(t, a);
	if (!pages)
		return give(r, NULL);
	if ((a->vm_flags & VM_MAP_PUT_PAGES) && !have_references(pages, n)) {
		kernel_bug(t->sim, "vmap: VM_MAP_PUT_PAGES without a reference to each page");
	} else {
		if (a->missing > 0 && (pages_t)a->missing <= n)
			pages[a->missing - 1] = NULL;
		addr = vmap(t, pages, (unsigned)n, (unsigned)a->vm_flags);
	}
	if (!addr || !(a->vm_flags & VM_MAP_PUT_PAGES))
		sim_free(pages); /* else the area has it */
	return give_address(r, addr);
}

static int64_t op_vunmap(struct task *t, const struct args *a, struct result *r)
{
	struct linux_vm *vm = task_vm(t);
	const struct vm_struct *area = a->vm_area.ptr ? find_vm_area(vm, address_of(a)) : NULL;

	(void)r;
	if (area && (area->flags & VM_ALLOC)) {
		kernel_bug(vm->sim, "vunmap: the pages of a vmalloc area would be lost");
		return -EINVAL;
	}
	if (a->vm_area.ptr)
		vunmap(t, address_of(a) + (uint64_t)a->offset);
	return 0;
}

/* ---- vm_map_ram ---- */

static int64_t op_vm_map_ram(struct task *t, const struct args *a, struct result *r)
{
	struct page **pages;
	uint64_t addr;

	if (!a->nr_pages || (pages_t)a->nr_pages > task_vm(t)->totalram_pages) {
		kernel_bug(t->sim, "vm_map_ram: no pages, or more than there are");
		return give(r, NULL);
	}
	pages = bug_in_node(t, a->node) ? NULL : page_array(t, a);
	if (!pages)
		return give(r, NULL);
	addr = vm_map_ram(t, pages, (unsigned)a->nr_pages, (int)a->node);
	sim_free(pages);
	return give_address(r, addr);
}

/* Whether all of it is mapped where vm_map_ram maps. */
static bool is_of_vm_map_ram(struct task *t, uint64_t addr, pages_t n)
{
	struct linux_vm *vm = task_vm(t);
	const struct vmap_area *va = find_vmap_area(&vmalloc_state(vm)->busy, addr);

	if (!va || va->vm || !n || (va->block != NULL) != (n <= VMAP_MAX_ALLOC))
		return false;
	if (!va->block && (addr != va->va_start || va->va_end - addr != n << PAGE_SHIFT))
		return false;
	for (pages_t i = 0; i < n; i++, addr += PAGE_SIZE)
		if (addr >= va->va_end || !vmalloc_to_page(vm, addr))
			return false;
	return true;
}

static int64_t op_vm_unmap_ram(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	if (!is_of_vm_map_ram(t, address_of(a), (pages_t)a->nr_pages)) {
		kernel_bug(t->sim, "vm_unmap_ram: vm_map_ram did not map so many pages there");
		return -EINVAL;
	}
	vm_unmap_ram(t, address_of(a), (unsigned)a->nr_pages);
	return 0;
}

static int64_t op_vm_unmap_aliases(struct task *t, const struct args *a, struct result *r)
{
	(void)a;
	(void)r;
	vm_unmap_aliases(t);
	return 0;
}

/* ---- ranges ---- */

static int64_t op_alloc_vm_area(struct task *t, const struct args *a, struct result *r)
{
	const struct vm_struct *area;

	if ((bytes_t)a->size > VMALLOC_END - VMALLOC_START)
		return give(r, NULL);
	area = alloc_vm_area(t, (bytes_t)a->size);
	return give_address(r, area ? area->addr : 0);
}

static int64_t op_free_vm_area(struct task *t, const struct args *a, struct result *r)
{
	struct vm_struct *area = a->vm_area.ptr ? find_vm_area(task_vm(t), address_of(a)) : NULL;

	(void)r;
	if (!area || area->addr != address_of(a) || area->nr_pages) {
		kernel_bug(t->sim, "free_vm_area: no area without pages begins there");
		return -EINVAL;
	}
	free_vm_area(t, area);
	return 0;
}

/* The bytes of a call: within one busy range; len 0: up to its end. */
static bool range_of(struct task *t, const struct args *a, uint64_t *addr, bytes_t *size)
{
	const struct vmap_area *va =
	    a->vm_area.ptr ? find_vmap_area(&vmalloc_state(task_vm(t))->busy, address_of(a)) : NULL;

	*addr = address_of(a) + (uint64_t)a->offset;
	if (!va || *addr >= va->va_end || (a->offset | a->len) % (int64_t)PAGE_SIZE)
		va = NULL;
	else
		*size = a->len ? (bytes_t)a->len : va->va_end - *addr;
	if (va && *size <= va->va_end - *addr)
		return true;
	kernel_bug(t->sim, "unmap_kernel_range: not pages of one area");
	return false;
}

static int64_t op_unmap_kernel_range(struct task *t, const struct args *a, struct result *r)
{
	uint64_t addr;
	bytes_t size;

	(void)r;
	if (!range_of(t, a, &addr, &size))
		return -EINVAL;
	unmap_kernel_range(t, addr, size);
	return 0;
}

static int64_t op_unmap_kernel_range_noflush(struct task *t, const struct args *a, struct result *r)
{
	uint64_t addr;
	bytes_t size;

	(void)r;
	if (!range_of(t, a, &addr, &size))
		return -EINVAL;
	unmap_kernel_range_noflush(t, addr, size);
	return 0;
}

/* ---- what can be read ---- */

static const struct vmap_area *area_now(const struct sim *s, const struct result *r)
{
	uint64_t addr = (uint64_t)(uintptr_t)r->ptr;

	return addr ? find_vmap_area(&vmalloc_state(linux_vm(s))->busy, addr) : NULL;
}

int64_t result_area_address(const struct sim *s, const struct result *r)
{
	(void)s;
	return r->ptr ? (int64_t)((uint64_t)(uintptr_t)r->ptr - VMALLOC_START) : -1;
}

int64_t result_area_size(const struct sim *s, const struct result *r)
{
	const struct vmap_area *va = area_now(s, r);

	return va ? (int64_t)(va->va_end - va->va_start) : 0;
}

int64_t result_area_flags(const struct sim *s, const struct result *r)
{
	const struct vmap_area *va = area_now(s, r);

	return va && va->vm ? va->vm->flags : 0;
}

int64_t result_area_nr_pages(const struct sim *s, const struct result *r)
{
	const struct vmap_area *va = area_now(s, r);

	return va && va->vm ? va->vm->nr_pages : 0;
}

int64_t result_area_mapped(const struct sim *s, const struct result *r)
{
	const struct vmap_area *va = area_now(s, r);
	int64_t n = 0;

	for (uint64_t at = va ? va->va_start : 0; va && at < va->va_end; at += PAGE_SIZE)
		n += vmalloc_to_page(linux_vm(s), at) != NULL;
	return n;
}

int64_t result_area_max_pfn(const struct sim *s, const struct result *r)
{
	struct linux_vm *vm = linux_vm(s);
	const struct vmap_area *va = area_now(s, r);
	int64_t max = 0;

	for (uint64_t at = va ? va->va_start : 0; va && at < va->va_end; at += PAGE_SIZE) {
		const struct page *page = vmalloc_to_page(vm, at);

		if (page)
			max = max_s64(max, page_to_pfn(vm, page));
	}
	return max;
}

static const struct op ops[] = {
	{ "vmalloc", "size", "vm_area", op_vmalloc, OP_NO_IRQ,
	  "memory at addresses in a row, in single pages" },
	{ "vzalloc", "size", "vm_area", op_vzalloc, OP_NO_IRQ, "the same, cleared" },
	{ "vmalloc_user", "size", "vm_area", op_vmalloc_user, OP_NO_IRQ,
	  "the same, cleared, for programs to map" },
	{ "vmalloc_node", "size, node =", "vm_area", op_vmalloc_node, OP_NO_IRQ,
	  "vmalloc, near a node as long as it has pages" },
	{ "vzalloc_node", "size, node =", "vm_area", op_vzalloc_node, OP_NO_IRQ,
	  "the same, cleared" },
	{ "vmalloc_32", "size", "vm_area", op_vmalloc_32, OP_NO_IRQ,
	  "vmalloc, from pages below 4 GiB" },
	{ "vmalloc_32_user", "size", "vm_area", op_vmalloc_32_user, OP_NO_IRQ,
	  "the same, cleared, for programs to map" },
	{ "vmalloc_huge", "size", "vm_area", op_vmalloc_huge, OP_NO_IRQ,
	  "vmalloc, in blocks of 2 MiB if they can be had" },
	{ "vfree", "vm_area, offset =", NULL, op_vfree, OP_RELEASES,
	  "give an area of vmalloc back, by any address in it; from an interrupt a kernel thread "
	  "does it" },
	{ "vmap", "page, nr_pages, vm_flags = VM_MAP, missing =", "vm_area", op_vmap, OP_NO_IRQ,
	  "show pages in a row of frames at new addresses" },
	{ "vunmap", "vm_area, offset =", NULL, op_vunmap, OP_NO_IRQ | OP_RELEASES,
	  "end what vmap began; the pages stay" },
	{ "vm_map_ram", "page, nr_pages, node =", "vm_area", op_vm_map_ram, OP_NO_IRQ,
	  "show pages for a short time; up to 64 come from a block of the CPU" },
	{ "vm_unmap_ram", "vm_area, nr_pages", NULL, op_vm_unmap_ram, OP_NO_IRQ | OP_RELEASES,
	  "end what vm_map_ram began, with the same number of pages" },
	{ "vm_unmap_aliases", "", NULL, op_vm_unmap_aliases, OP_NO_IRQ,
	  "no CPU can see freed addresses any more: one flush, and they can be used again" },
	{ "alloc_vm_area", "size", "vm_area", op_alloc_vm_area, OP_NO_IRQ,
	  "addresses and page tables without pages" },
	{ "free_vm_area", "vm_area", NULL, op_free_vm_area, OP_NO_IRQ | OP_RELEASES,
	  "give an area of alloc_vm_area back" },
	{ "unmap_kernel_range", "vm_area, offset =, len =", NULL, op_unmap_kernel_range, 0,
	  "take page-table entries away and flush; the addresses stay taken" },
	{ "unmap_kernel_range_noflush", "vm_area, offset =, len =", NULL,
	  op_unmap_kernel_range_noflush, 0, "the same without the flush" },
};

static const struct check_def checks[] = {
	{ "vmalloc", vmalloc_check,
	  "kernel addresses: order, colours and sizes of the trees, nothing taken twice or lost, "
	  "pages and blocks counted" },
};

const struct model vmalloc_model = {
	.name = "vmalloc",
	.ops = ops,
	.nr_ops = ARRAY_LEN(ops),
	.checks = checks,
	.nr_checks = ARRAY_LEN(checks),
};
