/*
 * vm.c - calls of vmalloc, vmap, vm_map_ram and their like
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/workqueue.h>

#include "calls.h"
#include "vm.h"

/* What slots have. */
static struct {
	void *addr;
	unsigned int count; /* pages of vm_map_ram */
} * slots;

static struct page *page;   /* what vmap and vm_map_ram show, again and again */
static struct page **pages; /* of it, as many as may be asked for */
static unsigned long nr_pages;
static struct work_struct *drain_work;
static struct vm_kernel kernel;

/* --- the calls --- */

static void say_counters(void)
{
	say(" %ld %ld", atomic_long_read(kernel.vmap_lazy_nr),
	    atomic_long_read(kernel.nr_vmalloc_pages));
}

static u64 slot(const struct line *l)
{
	return number_below(l, 1, MAX_SLOTS);
}

static void say_address(const struct line *l, void *addr)
{
	slots[slot(l)].addr = addr;
	say(" %lx", (unsigned long)addr);
}

/* ADDR names the slot that is emptied. */
static void *take_address(const struct line *l)
{
	void *addr = slots[slot(l)].addr;

	slots[slot(l)].addr = NULL;
	return addr;
}

#define ADDRESS_CALL(name, call)                                                                   \
	static void do_##name(const struct line *l)                                                \
	{                                                                                          \
		say_address(l, call);                                                              \
		say_counters();                                                                    \
	}
#define SIZE number(l, 2)
ADDRESS_CALL(vmalloc, vmalloc(SIZE))
ADDRESS_CALL(vzalloc, vzalloc(SIZE))
ADDRESS_CALL(vmalloc_user, vmalloc_user(SIZE))
ADDRESS_CALL(vmalloc_32, vmalloc_32(SIZE))
ADDRESS_CALL(vmalloc_32_user, vmalloc_32_user(SIZE))
ADDRESS_CALL(vmalloc_node, vmalloc_node(SIZE, number(l, 3)))
ADDRESS_CALL(vzalloc_node, vzalloc_node(SIZE, number(l, 3)))
ADDRESS_CALL(vmalloc_align,
	     kernel.vmalloc_node_range(SIZE, number(l, 3), VMALLOC_START, VMALLOC_END, GFP_KERNEL,
				       PAGE_KERNEL, 0, NUMA_NO_NODE, __builtin_return_address(0)))
ADDRESS_CALL(vmalloc_window,
	     kernel.vmalloc_node_range(SIZE, 1, VMALLOC_START + number(l, 3),
				       VMALLOC_START + number(l, 4), GFP_KERNEL, PAGE_KERNEL, 0,
				       NUMA_NO_NODE, __builtin_return_address(0)))

static void say_done(void)
{
	say(" -");
	say_counters();
}

static void do_vfree(const struct line *l)
{
	void *addr = take_address(l);

	if (addr)
		vfree(addr + number(l, 2));
	say_done();
}

/* An area that keeps its pages gets an array of its own, and a reference to each. */
static void *vmap_put_pages(unsigned int n, unsigned long flags)
{
	struct page **own = n && n <= nr_pages ? kmalloc_array(n, sizeof(*own), GFP_KERNEL) : NULL;
	void *addr;

	if (own)
		memcpy(own, pages, n * sizeof(*own));
	page_ref_add(page, own ? n : 0);
	addr = vmap(own ? own : pages, n, flags, PAGE_KERNEL);
	if (!addr && own) {
		page_ref_sub(page, n);
		kfree(own);
	}
	return addr;
}

static void do_vmap(const struct line *l)
{
	unsigned int n = number(l, 2);
	unsigned long flags = number(l, 3), bad = number(l, 4);
	void *addr;

	if (bad && bad <= nr_pages)
		pages[bad - 1] = NULL;
	addr = flags & VM_MAP_PUT_PAGES ? vmap_put_pages(n, flags)
					: vmap(pages, n, flags, PAGE_KERNEL);
	if (bad && bad <= nr_pages)
		pages[bad - 1] = page;
	say_address(l, addr);
	say_counters();
}

static void do_vunmap(const struct line *l)
{
	vunmap(take_address(l));
	say_done();
}

static void do_get_vm_area(const struct line *l)
{
	struct vm_struct *area = kernel.get_vm_area(SIZE, number(l, 3));

	say_address(l, area ? area->addr : NULL);
	say(" %lx", area ? area->size : 0);
	say_counters();
}

static void do_free_vm_area(const struct line *l)
{
	struct vm_struct *area = kernel.find_vm_area(take_address(l));

	if (area)
		free_vm_area(area);
	say_done();
}

static void do_vm_map_ram(const struct line *l)
{
	unsigned int n = number_below(l, 2, nr_pages + 1);

	slots[slot(l)].count = n;
	say_address(l, n ? vm_map_ram(pages, n, NUMA_NO_NODE) : NULL);
	say_counters();
}

static void do_vm_unmap_ram(const struct line *l)
{
	void *addr = take_address(l);

	if (addr && slots[slot(l)].count)
		vm_unmap_ram(addr, slots[slot(l)].count);
	say_done();
}

static void do_vm_unmap_aliases(const struct line *l)
{
	vm_unmap_aliases();
	say_done();
}

/* Part of a slot's area. */
static void unmap(const struct line *l, void (*fn)(unsigned long from, unsigned long to))
{
	unsigned long from = (unsigned long)slots[slot(l)].addr;

	if (from)
		fn(from + SIZE, from + SIZE + number(l, 3));
	say_done();
}

static void do_unmap_kernel_range(const struct line *l)
{
	unmap(l, kernel.vunmap_range);
}

static void do_unmap_kernel_range_noflush(const struct line *l)
{
	unmap(l, kernel.vunmap_range_noflush);
}

static void do_mapped(const struct line *l)
{
	void *at = slots[slot(l)].addr + SIZE;

	say(" %d", is_vmalloc_addr(at) && vmalloc_to_page(at));
}

static const struct call vm_calls[] = {
	{ "vmalloc", 2, do_vmalloc },
	{ "vzalloc", 2, do_vzalloc },
	{ "vmalloc_user", 2, do_vmalloc_user },
	{ "vmalloc_node", 3, do_vmalloc_node },
	{ "vzalloc_node", 3, do_vzalloc_node },
	{ "vmalloc_32", 2, do_vmalloc_32 },
	{ "vmalloc_32_user", 2, do_vmalloc_32_user },
	{ "vmalloc_align", 3, do_vmalloc_align },
	{ "vmalloc_window", 4, do_vmalloc_window },
	{ "vfree", 2, do_vfree },
	{ "vmap", 4, do_vmap },
	{ "vunmap", 1, do_vunmap },
	{ "get_vm_area", 3, do_get_vm_area },
	{ "free_vm_area", 1, do_free_vm_area },
	{ "vm_map_ram", 2, do_vm_map_ram },
	{ "vm_unmap_ram", 1, do_vm_unmap_ram },
	{ "vm_unmap_aliases", 1, do_vm_unmap_aliases },
	{ "unmap_kernel_range", 3, do_unmap_kernel_range },
	{ "unmap_kernel_range_noflush", 3, do_unmap_kernel_range_noflush },
	{ "mapped", 2, do_mapped },
	{},
};

/* --- what happens in a call --- */

static struct task_struct *purging; /* who gives back what waits */
static long lazy_before;

struct asked {
	unsigned long size, align, start, end;
};

static int range_asked(struct kretprobe_instance *i, struct pt_regs *regs)
{
	struct asked *a = (void *)i->data;

	*a = (struct asked){ regs->di, regs->si, regs->dx, regs->cx };
	return 0;
}

static int range_taken(struct kretprobe_instance *i, struct pt_regs *regs)
{
	const struct asked *a = (void *)i->data;
	const struct vmap_area *va = (void *)regs_return_value(regs);

	if (IS_ERR(va)) {
		if (current == caller)
			say_event("v %lx %lx err %ld\n", a->size, a->align, PTR_ERR(va));
		return 0;
	}
	say_event("%c %lx %lx %lx %d\n", current == caller ? 'v' : 'a', va->va_start, va->va_end,
		  a->align, a->start == VMALLOC_START && a->end == VMALLOC_END);
	return 0;
}

static int range_freed(struct kprobe *p, struct pt_regs *regs)
{
	const struct vmap_area *va = (void *)regs->di;

	say_event("%c %lx %lx\n", current == caller ? 'u' : 'f', va->va_start, va->va_end);
	return 0;
}

static int purge_begins(struct kretprobe_instance *i, struct pt_regs *regs)
{
	purging = current;
	lazy_before = atomic_long_read(kernel.vmap_lazy_nr);
	return 0;
}

static int purge_ends(struct kretprobe_instance *i, struct pt_regs *regs)
{
	purging = NULL;
	say_event("p %s %ld %ld\n", current == caller ? "call" : "work", lazy_before,
		  atomic_long_read(kernel.vmap_lazy_nr));
	return 0;
}

static int tlb_flushed(struct kprobe *p, struct pt_regs *regs)
{
	if (current == caller || current == purging)
		say_event("t %lx %lx\n", regs->di, regs->si);
	return 0;
}

static struct kretprobe take_probe = {
	.kp.symbol_name = "alloc_vmap_area",
	.entry_handler = range_asked,
	.handler = range_taken,
	.data_size = sizeof(struct asked),
	.maxactive = 16,
};
static struct kretprobe purge_probe = {
	.kp.symbol_name = "__purge_vmap_area_lazy",
	.entry_handler = purge_begins,
	.handler = purge_ends,
	.maxactive = 16,
};
static struct kprobe free_probe = {
	.symbol_name = "free_vmap_area_noflush",
	.pre_handler = range_freed,
};
static struct kprobe flush_probe = {
	.symbol_name = "flush_tlb_kernel_range",
	.pre_handler = tlb_flushed,
};

/* --- all of them --- */

static void free_array(void)
{
	unsigned long i;

	for (i = 0; i < nr_pages; i++)
		pages[i] = page;
}

static int vm_start(void)
{
	kernel.vmalloc_node_range = kernel_symbol("__vmalloc_node_range");
	kernel.get_vm_area = kernel_symbol("get_vm_area");
	kernel.find_vm_area = kernel_symbol("find_vm_area");
	kernel.vunmap_range = kernel_symbol("vunmap_range");
	kernel.vunmap_range_noflush = kernel_symbol("vunmap_range_noflush");
	kernel.vmap_lazy_nr = kernel_symbol("vmap_lazy_nr");
	kernel.nr_vmalloc_pages = kernel_symbol("nr_vmalloc_pages");
	drain_work = kernel_symbol("drain_vmap_work");
	page = alloc_page(GFP_KERNEL);
	nr_pages = totalram_pages();
	slots = vcalloc(MAX_SLOTS, sizeof(*slots));
	pages = vmalloc_array(nr_pages, sizeof(*pages));
	if (!page || !slots || !pages || !drain_work)
		return -ENOMEM;
	free_array();
	if (vm_state_start(&kernel))
		return -ENOENT;
	return register_kretprobe(&take_probe) || register_kretprobe(&purge_probe) ||
		       register_kprobe(&free_probe) || register_kprobe(&flush_probe)
		   ? -ENOENT
		   : 0;
}

static void vm_after(const struct line *l)
{
	flush_work(drain_work);
}

static void vm_settle(void)
{
	unregister_kretprobe(&take_probe);
	unregister_kretprobe(&purge_probe);
	unregister_kprobe(&free_probe);
	unregister_kprobe(&flush_probe);
}

static const char *const columns[] = {
	"CALL slot arguments... = address vmap_lazy_nr nr_vmalloc_pages",
	"0 = NULL; \"-\" = no result; addresses hexadecimal, other numbers decimal.  get_vm_area: "
	"address and size",
	"Events, after the line of their call: v start end align 1 = the call took an address "
	"range (1: of the whole",
	"space); v size align err E: it got none; u start end = it gave a range back (lazily); a, "
	"f = the same by other",
	"code; p who lazy_before lazy_after = a purge, by the call or the worker; t start end = "
	"flush of this range.",
	NULL,
};

const struct group vm_group = {
	.name = "vm",
	.calls = vm_calls,
	.columns = columns,
	.start = vm_start,
	.after = vm_after,
	.state = vm_state,
	.settle = vm_settle,
};
