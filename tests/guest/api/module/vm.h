/* vm.h - what the vmalloc group uses of the kernel that is not exported */
#ifndef MMSIM_TESTS_GUEST_API_VM_H
#define MMSIM_TESTS_GUEST_API_VM_H

#include <linux/vmalloc.h>

struct vm_kernel {
	void *(*vmalloc_node_range)(unsigned long size, unsigned long align, unsigned long start,
				    unsigned long end, gfp_t gfp, pgprot_t prot,
				    unsigned long flags, int node, const void *who);
	struct vm_struct *(*get_vm_area)(unsigned long size, unsigned long flags);
	struct vm_struct *(*find_vm_area)(const void *addr);
	void (*vunmap_range)(unsigned long from, unsigned long to);
	void (*vunmap_range_noflush)(unsigned long from, unsigned long to);
	atomic_long_t *vmap_lazy_nr, *nr_vmalloc_pages;
};

/* The address space as before.txt shows it. */
int vm_state_start(const struct vm_kernel *kernel);
void vm_state(void);
#endif
