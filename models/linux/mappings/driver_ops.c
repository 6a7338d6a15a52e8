/*
 * driver_ops.c - what drivers map into programs, as calls of scenarios
 *
 * The task is the program and, while it calls one of these, the driver: its mmap or ioctl, with
 * mmap_lock for writing.
 */
#include "models/linux/mappings/driver_ops.h"

#include <errno.h>

#include "models/linux/arg.h"
#include "models/linux/mappings/driver_map.h"
#include "models/linux/model_list.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"

#define MAX_PGOFF (1ULL << 34) /* an anonymous page has 35 bits for its place */

const struct key_word vma_words[] = {
	{ "VM_PFNMAP", VM_PFNMAP, "frames, of which nothing else is known" },
	{ "VM_MIXEDMAP", VM_MIXEDMAP, "pages, and frames that have no page" },
	{ "VM_IO", VM_IO, "registers or memory of a device" },
	{ "VM_DONTEXPAND", VM_DONTEXPAND, "mremap cannot enlarge it" },
	{ "VM_DONTDUMP", VM_DONTDUMP, "left out of core dumps" },
	{ NULL, 0, NULL },
};

/* ---- which mapping, address, page ---- */

/* The VMA that a call works on, and the address; NULL: there is none, or (a bug) no driver's. */
static struct vm_area_struct *driver_vma(struct task *t, const struct args *a, uint64_t *addr)
{
	const struct user_map *map = a->map.ptr;
	struct vm_area_struct *vma = NULL;

	if (map && map->mm == task_struct(t)->mm) {
		*addr = map->start + (uint64_t)a->offset;
		if ((uint64_t)a->offset < map->len)
			vma = vma_lookup(map->mm, *addr);
		if (!vma)
			vma = vma_lookup(map->mm, map->start);
	}
	if (vma && (vma->vm_flags & VM_sim_driver))
		return vma;
	if (map)
		kernel_bug(t->sim, "not a mapping of a driver");
	return NULL;
}

/* The page of a call, or one behind it in its block; NULL: there is none, or (a bug) not so many.
 */
static struct page *page_of(const struct task *t, const struct args *a)
{
	struct page *page = a->page.ptr;
	uint64_t n = 1;

	if (page && (page->flags & PG_head))
		n = folio_nr_pages(page);
	else if (page && (page->flags & PG_sim_block))
		n = 1ULL << page->index;
	if (page && (uint64_t)a->nth < n)
		return page + a->nth;
	if (page)
		kernel_bug(t->sim, "the block has not so many pages");
	return NULL;
}

/* The frame of a call, by its page or its number; -1: a bug. */
static int64_t frame_of(const struct task *t, const struct args *a)
{
	if (a->page.ptr)
		return page_to_pfn(task_vm(t), a->page.ptr) + a->nth;
	if (a->pfn >= 0)
		return a->pfn;
	kernel_bug(t->sim, "neither page nor pfn");
	return -1;
}

/* ---- mapping ---- */

static int64_t op_mmap_device(struct task *t, const struct args *a, struct result *r)
{
	unsigned flags = VM_sim_driver | (unsigned)a->vma_flags;
	uint64_t addr;
	int error;

	if (a->shared)
		flags |= VM_SHARED;
	if (a->write)
		flags |= VM_WRITE;
	if (a->exec)
		flags |= VM_EXEC;
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
	if ((uint64_t)a->pgoff + ((uint64_t)a->len >> PAGE_SHIFT) >= MAX_PGOFF)
		return -EOVERFLOW;
	error = do_mmap(t, NULL, (uint64_t)a->address, (bytes_t)a->len, flags,
			(uint64_t)a->pgoff << PAGE_SHIFT, &addr);
	return error ? error : give(r, user_map_new(task_mm(t), addr, (bytes_t)a->len));
}

/* A call of the driver: what it does with vma at addr. */
#define DRIVER_OP(name, expression)                                                                \
	static int64_t op_##name(struct task *t, const struct args *a, struct result *r)           \
	{                                                                                          \
		uint64_t addr;                                                                     \
		struct vm_area_struct *vma = driver_vma(t, a, &addr);                              \
		int64_t ret;                                                                       \
                                                                                                   \
		(void)r;                                                                           \
		if (!vma)                                                                          \
			return -EINVAL;                                                            \
		mmap_write_lock(t, vma->vm_mm);                                                    \
		ret = expression;                                                                  \
		mmap_write_unlock(vma->vm_mm);                                                     \
		return ret;                                                                        \
	}

static int64_t insert_page(struct task *t, const struct args *a, struct vm_area_struct *vma,
			   uint64_t addr)
{
	struct page *page = page_of(t, a);

	return page ? vm_insert_page(t, vma, addr, page) : -EINVAL;
}

static int64_t insert_pfn(struct task *t, const struct args *a, struct vm_area_struct *vma,
			  uint64_t addr)
{
	int64_t pfn = frame_of(t, a);

	return pfn < 0 ? -EINVAL : vm_insert_pfn(t, vma, addr, (pfn_t)pfn);
}

static int64_t remap_range(struct task *t, const struct args *a, struct vm_area_struct *vma,
			   uint64_t addr)
{
	int64_t pfn = frame_of(t, a);
	uint8_t prot = a->readonly ? 0 : vm_page_prot(vma);

	return pfn < 0 ? -EINVAL
		       : remap_pfn_range(t, vma, addr, (pfn_t)pfn, (bytes_t)a->size, prot);
}

/* phys counts from the page, if there is one. */
static int64_t iomap(struct task *t, const struct args *a, struct vm_area_struct *vma)
{
	uint64_t start = (uint64_t)a->phys;

	if (a->page.ptr)
		start += (uint64_t)page_to_pfn(task_vm(t), a->page.ptr) << PAGE_SHIFT;
	return vm_iomap_memory(t, vma, start, (bytes_t)a->len);
}

static int64_t zap(struct task *t, const struct args *a, struct vm_area_struct *vma, uint64_t addr)
{
	if ((a->offset | a->size) % (int64_t)PAGE_SIZE) {
		kernel_bug(t->sim, "zap_vma_ptes: not whole pages");
		return -1;
	}
	return zap_vma_ptes(t, vma, addr, (bytes_t)a->size);
}

static uint64_t kernel_address(const struct args *a)
{
	return (uint64_t)(uintptr_t)a->vm_area.ptr + (uint64_t)a->area_offset;
}

static int64_t remap_vmalloc_part(struct task *t, const struct args *a, struct vm_area_struct *vma,
				  uint64_t addr)
{
	if (!a->size) {
		kernel_bug(t->sim, "remap_vmalloc_range_partial: no bytes");
		return -EINVAL;
	}
	return remap_vmalloc_range_partial(t, vma, addr, kernel_address(a), (uint64_t)a->pgoff,
					   (bytes_t)a->size);
}

DRIVER_OP(vm_insert_page, insert_page(t, a, vma, addr))
DRIVER_OP(vm_insert_pfn, insert_pfn(t, a, vma, addr))
DRIVER_OP(remap_pfn_range, remap_range(t, a, vma, addr))
DRIVER_OP(vm_iomap_memory, iomap(t, a, vma))
DRIVER_OP(zap_vma_ptes, zap(t, a, vma, addr))
DRIVER_OP(remap_vmalloc_range, remap_vmalloc_range(t, vma, kernel_address(a), (uint64_t)a->pgoff))
DRIVER_OP(remap_vmalloc_range_partial, remap_vmalloc_part(t, a, vma, addr))

/* Of any mapping. */
static int64_t op_follow_pfn(struct task *t, const struct args *a, struct result *r)
{
	const struct user_map *map = a->map.ptr;
	const struct vm_area_struct *vma = NULL;
	uint64_t addr = 0;
	pfn_t pfn = 0;
	int error;

	if (map && map->mm == task_struct(t)->mm) {
		addr = map->start + (uint64_t)a->offset;
		vma = vma_lookup(map->mm, addr);
	}
	if (!vma) {
		kernel_bug(t->sim, "follow_pfn: nothing is mapped there");
		return -EINVAL;
	}
	error = follow_pfn(vma, addr, &pfn);
	r->out[0] = error ? -1 : (int64_t)pfn;
	return error;
}

static int64_t op_unmap_mapping_range(struct task *t, const struct args *a, struct result *r)
{
	const struct file *f = a->file.ptr;

	(void)r;
	unmap_mapping_range(t, &f->inode->mapping, a->offset, a->len, a->even_cows);
	return 0;
}

static const struct op ops[] = {
	{ "mmap_device", "len, vma_flags =, shared = true, write =, exec =, pgoff = 0, address = 0",
	  "map", op_mmap_device, OP_NO_IRQ,
	  "mmap of a device whose driver has no fault handler: what it does not map with the calls "
	  "below cannot be touched (-EFAULT)" },
	{ "vm_insert_page", "map, page, nth =, offset =", NULL, op_vm_insert_page, OP_NO_IRQ,
	  "map a page of the driver's, with a reference" },
	{ "vm_insert_pfn", "map, page =, nth =, pfn =, offset =", NULL, op_vm_insert_pfn, OP_NO_IRQ,
	  "map a frame, of which nothing is counted" },
	{ "remap_pfn_range", "map, page =, nth =, pfn =, offset =, size, readonly =", NULL,
	  op_remap_pfn_range, OP_NO_IRQ, "map frames in a row" },
	{ "vm_iomap_memory", "map, page =, phys = 0, len", NULL, op_vm_iomap_memory, OP_NO_IRQ,
	  "map memory of a device by its physical address, all of the mapping, if there is "
	  "enough" },
	{ "zap_vma_ptes", "map, offset =, size", NULL, op_zap_vma_ptes, OP_NO_IRQ,
	  "unmap a part of a mapping of frames; -1: it is none" },
	{ "follow_pfn", "map, offset =", "frame", op_follow_pfn, OP_NO_IRQ,
	  "the frame that a mapping of frames shows" },
	{ "remap_vmalloc_range", "map, vm_area, area_offset =, pgoff = 0", NULL,
	  op_remap_vmalloc_range, OP_NO_IRQ,
	  "map an area of vmalloc_user, from page pgoff of it on, all of the mapping" },
	{ "remap_vmalloc_range_partial", "map, offset =, vm_area, area_offset =, pgoff = 0, size",
	  NULL, op_remap_vmalloc_range_partial, OP_NO_IRQ, "the same for a part of the mapping" },
	{ "unmap_mapping_range", "file, offset =, len =, even_cows =", NULL, op_unmap_mapping_range,
	  OP_NO_IRQ, "unmap a part of a file wherever it is mapped; len 0: to the end" },
};

const struct model driver_maps_model = {
	.name = "driver_maps",
	.ops = ops,
	.nr_ops = ARRAY_LEN(ops),
};

/* ---- what can be read ---- */

static const struct vm_area_struct *vma_now(const struct result *r)
{
	const struct user_map *map = r->ptr;

	return map->mm->exited ? NULL : vma_lookup(map->mm, map->start);
}

#define VMA_FLAG(name, flag)                                                                       \
	int64_t result_map_##name(const struct sim *s, const struct result *r)                     \
	{                                                                                          \
		const struct vm_area_struct *vma = vma_now(r);                                     \
                                                                                                   \
		(void)s;                                                                           \
		return vma && (vma->vm_flags & (flag));                                            \
	}
VMA_FLAG(pfnmap, VM_PFNMAP)
VMA_FLAG(mixedmap, VM_MIXEDMAP)
VMA_FLAG(io, VM_IO)
VMA_FLAG(dontexpand, VM_DONTEXPAND)
VMA_FLAG(dontdump, VM_DONTDUMP)
VMA_FLAG(pat, VM_PAT)

int64_t result_map_pgoff(const struct sim *s, const struct result *r)
{
	const struct vm_area_struct *vma = vma_now(r);

	(void)s;
	return vma ? (int64_t)vma->vm_pgoff : -1;
}
