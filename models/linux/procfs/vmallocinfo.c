/*
 * vmallocinfo.c - /proc/vmallocinfo: ranges of kernel addresses, and those that wait for a purge
 *
 *	0xffffc90000000000-0xffffc90000005000   20480 pages=4 vmalloc N0=4
 *
 * Who asked for an area is not known: that column is missing.
 */
#include <inttypes.h>

#include "models/linux/procfs/procfs.h"
#include "models/linux/vmalloc/internal.h"

/* Pages of an area by node. */
static void show_numa_info(struct linux_vm *vm, const struct vm_struct *area, struct str *out)
{
	unsigned *pages;

	if ((area->flags & VM_UNINITIALIZED) || !area->pages)
		return;
	pages = sim_calloc((size_t)vm->nr_nodes, sizeof(*pages));
	for (unsigned i = 0; i < area->nr_pages; i++)
		pages[page_zone(vm, area->pages[i])->node->node_id]++;
	for (int nid = 0; nid < vm->nr_nodes; nid++)
		if (pages[nid])
			str_addf(out, " N%d=%u", nid, pages[nid]);
	sim_free(pages);
}

static void show_range(const struct vmap_area *va, struct str *out)
{
	str_addf(out, "0x%" PRIx64 "-0x%" PRIx64 " %7" PRIu64, va->va_start, va->va_end,
		 va->va_end - va->va_start);
}

static void show_area(struct linux_vm *vm, const struct vm_struct *area, struct str *out)
{
	static const struct {
		unsigned flag;
		const char *word;
	} words[] = {
		{ VM_IOREMAP, " ioremap" },
		{ VM_ALLOC, " vmalloc" },
		{ VM_MAP, " vmap" },
		{ VM_USERMAP, " user" },
		{ VM_DMA_COHERENT, " dma-coherent" },
	};

	if (area->nr_pages)
		str_addf(out, " pages=%u", area->nr_pages);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (area->flags & words[i].flag)
			str_add(out, words[i].word);
	if (area->pages_at)
		str_add(out, " vpages");
	show_numa_info(vm, area, out);
}

void vmallocinfo_show(struct sim *s, struct str *out)
{
	struct linux_vm *vm = linux_vm(s);
	const struct vmalloc_state *state = vm->vmalloc;

	/* the ranges that wait stand behind the last one in use */
	if (!state || list_empty(&state->busy.list))
		return;
	LIST_FOR_EACH (pos, &state->busy.list) {
		const struct vmap_area *va = LIST_ENTRY(pos, struct vmap_area, list);

		show_range(va, out);
		if (va->vm)
			show_area(vm, va->vm, out);
		else
			str_add(out, " vm_map_ram");
		str_add(out, "\n");
	}
	LIST_FOR_EACH (pos, &state->purge.list) {
		show_range(LIST_ENTRY(pos, struct vmap_area, list), out);
		str_add(out, " unpurged vm_area\n");
	}
}
