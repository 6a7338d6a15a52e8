/*
 * kernel_table.c - the kernel's page tables of the vmalloc range, and flushes of its TLB entries
 *
 *	PUD pages (512 GiB each)   all made at boot: not counted here
 *	  PMD page (1 GiB)         made when something in it is mapped first, counts as page table
 *	    PTE page (2 MiB)       the same, does not count; or an entry -> 512 frames
 *	      entry -> frame
 *
 * None of them is ever given back, but for a PTE page in whose place an entry of 2 MiB comes.
 */
#include <errno.h>

#include "models/linux/alloc/page_alloc.h"
#include "models/linux/vmalloc/internal.h"

#define GFP_PGTABLE_KERNEL (GFP_KERNEL | __GFP_ZERO)
#define PTE_SPAN           (512 * PAGE_SIZE)
#define PMD_SPAN           (512 * PTE_SPAN)
#define NR_PMD_PAGES       ((VMALLOC_END - VMALLOC_START + 1) / PMD_SPAN)

#define TLB_SINGLE_PAGE_FLUSH_CEILING 33 /* pages; x86 */

struct kernel_pte {
	uint32_t pfn;        /* frame that holds it */
	uint32_t entry[512]; /* frame number, 0: none */
};

struct kernel_pmd {
	uint32_t pfn;
	struct kernel_pte *pte[512]; /* owned */
	uint32_t huge[512];          /* first frame of an entry of 2 MiB; 0: none */
};

/* ---- the TLBs ---- */

sim_time flush_tlb_kernel_range(struct task *t, uint64_t start, uint64_t end)
{
	struct linux_vm *vm = task_vm(t);
	const struct cost_table *cost = &vm->machine->cost;
	pages_t pages = (end - start) >> PAGE_SHIFT;
	bool full = pages > TLB_SINGLE_PAGE_FLUSH_CEILING;
	sim_time each = full ? 0 : pages * (sim_time)cost->tlb_flush_page;
	sim_time all = (sim_time)cost->tlb_flush + each;

	vm->stat.sim_kernel_tlb_flushes++;
	vm->stat.sim_kernel_tlb_full_flushes += full;
	trace_sim_kernel_tlb_flush(t->sim, (int64_t)(start - VMALLOC_START),
				   (int64_t)(end - VMALLOC_START), full);
	for (int i = 0; i < t->sim->nr_cpus; i++) {
		struct cpu *cpu = &t->sim->cpus[i];

		if (!cpu->online || cpu == t->cpu)
			continue;
		cpu_interrupt(cpu, (sim_time)cost->interrupt + each);
		all += (sim_time)cost->interrupt + each;
	}
	vm->stat.sim_kernel_tlb_flush_ns += (int64_t)all;
	return (sim_time)cost->tlb_flush + each;
}

/* ---- tables ---- */

static uint32_t table_alloc(struct task *t)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = alloc_pages(t, GFP_PGTABLE_KERNEL, 0);

	if (!page)
		return 0;
	task_run(t, (sim_time)vm->machine->cost.page_zero);
	return page_to_pfn(vm, page);
}

/* Somebody else may have made the table meanwhile: then ours is not needed. */
static void table_free(struct task *t, uint32_t pfn)
{
	struct linux_vm *vm = task_vm(t);

	free_pages(vm, t->cpu, pfn_to_page(vm, pfn), 0);
}

static struct kernel_pmd **pmd_slot(struct linux_vm *vm, uint64_t addr)
{
	struct vmalloc_state *state = vmalloc_state(vm);

	SIM_ASSERT(addr >= VMALLOC_START && addr <= VMALLOC_END);
	if (!state->pmd)
		state->pmd = sim_calloc(NR_PMD_PAGES, sizeof(struct kernel_pmd *));
	return &state->pmd[(addr - VMALLOC_START) / PMD_SPAN];
}

static unsigned pmd_entry(uint64_t addr)
{
	return (unsigned)((addr - VMALLOC_START) / PTE_SPAN % 512);
}

static unsigned pte_entry(uint64_t addr)
{
	return (unsigned)(addr / PAGE_SIZE % 512);
}

static struct kernel_pte *pte_of(struct linux_vm *vm, uint64_t addr)
{
	const struct kernel_pmd *pmd = *pmd_slot(vm, addr);

	return pmd ? pmd->pte[pmd_entry(addr)] : NULL;
}

static struct kernel_pmd *pmd_alloc_kernel(struct task *t, uint64_t addr)
{
	struct linux_vm *vm = task_vm(t);
	struct kernel_pmd **slot = pmd_slot(vm, addr);
	uint32_t pfn = *slot ? 0 : table_alloc(t);

	if (*slot) {
		if (pfn)
			table_free(t, pfn);
	} else if (pfn) {
		*slot = sim_calloc(1, sizeof(**slot));
		(*slot)->pfn = pfn;
		pfn_zone(vm, pfn)->node->stat.nr_page_table_pages++;
	}
	return *slot;
}

/* The PTE page of addr, made if it is missing; NULL: no memory. */
static struct kernel_pte *pte_alloc_kernel(struct task *t, uint64_t addr)
{
	struct kernel_pmd *pmd = pmd_alloc_kernel(t, addr);
	struct kernel_pte **slot;
	uint32_t pfn;

	if (!pmd)
		return NULL;
	slot = &pmd->pte[pmd_entry(addr)];
	pfn = *slot ? 0 : table_alloc(t);
	if (*slot) {
		if (pfn)
			table_free(t, pfn);
	} else if (pfn) {
		*slot = sim_calloc(1, sizeof(**slot));
		(*slot)->pfn = pfn;
	}
	return *slot;
}

int vmap_make_tables(struct task *t, uint64_t addr, uint64_t end)
{
	for (; addr < end; addr = (addr | (PTE_SPAN - 1)) + 1)
		if (!pte_alloc_kernel(t, addr))
			return -ENOMEM;
	return 0;
}

/* ---- entries ---- */

/* Sets one entry, which must be none. */
static int set_entry(struct linux_vm *vm, struct kernel_pte *pte, uint64_t addr, struct page *page)
{
	uint32_t *entry = &pte->entry[pte_entry(addr)];

	if (*entry) {
		kernel_bug(vm->sim, "vmap: an address is mapped already");
		return -EBUSY;
	}
	if (!page) {
		kernel_bug(vm->sim, "vmap: no page");
		return -ENOMEM;
	}
	*entry = page_to_pfn(vm, page);
	return 0;
}

int vmap_pages_range(struct task *t, uint64_t addr, uint64_t end, struct page **pages)
{
	struct linux_vm *vm = task_vm(t);

	SIM_ASSERT(addr < end);
	while (addr < end) {
		uint64_t stop = min_u64(end, (addr | (PTE_SPAN - 1)) + 1);
		struct kernel_pte *pte = pte_alloc_kernel(t, addr);

		if (!pte)
			return -ENOMEM;
		task_run(t, (stop - addr) / PAGE_SIZE * (sim_time)vm->machine->cost.pte_map);
		for (; addr < stop; addr += PAGE_SIZE)
			if (set_entry(vm, pte, addr, *pages++))
				return -ENOMEM;
	}
	return 0;
}

int vmap_huge_range(struct task *t, uint64_t addr, uint64_t end, struct page **pages)
{
	struct linux_vm *vm = task_vm(t);

	SIM_ASSERT(addr % PTE_SPAN == 0 && end % PTE_SPAN == 0);
	for (; addr < end; addr += PTE_SPAN, pages += 512) {
		struct kernel_pmd *pmd = pmd_alloc_kernel(t, addr);
		struct kernel_pte *pte = pmd ? pmd->pte[pmd_entry(addr)] : NULL;

		if (!pmd)
			return -ENOMEM;
		if (pte) { /* its entries are none: the addresses were free */
			pmd->pte[pmd_entry(addr)] = NULL;
			table_free(t, pte->pfn);
			sim_free(pte);
			task_run(t, flush_tlb_kernel_range(t, addr, addr + PAGE_SIZE));
		}
		pmd->huge[pmd_entry(addr)] = page_to_pfn(vm, *pages);
		task_run(t, (sim_time)vm->machine->cost.pte_map);
	}
	return 0;
}

/* Takes an entry of 2 MiB away, as a whole.  False: there is none. */
static bool clear_huge(struct linux_vm *vm, uint64_t addr)
{
	struct kernel_pmd *pmd = *pmd_slot(vm, addr);

	if (!pmd || !pmd->huge[pmd_entry(addr)])
		return false;
	pmd->huge[pmd_entry(addr)] = 0;
	return true;
}

void vunmap_range_noflush(struct task *t, uint64_t start, uint64_t end)
{
	struct linux_vm *vm = task_vm(t);
	pages_t cleared = 0;

	SIM_ASSERT(start < end);
	while (start < end) {
		uint64_t stop = min_u64(end, (start | (PTE_SPAN - 1)) + 1);
		struct kernel_pte *pte = pte_of(vm, start);

		cleared += clear_huge(vm, start);
		for (; pte && start < stop; start += PAGE_SIZE) {
			cleared += pte->entry[pte_entry(start)] != 0;
			pte->entry[pte_entry(start)] = 0;
		}
		start = stop;
	}
	task_run(t, cleared * (sim_time)vm->machine->cost.pte_map);
}

void unmap_kernel_range_noflush(struct task *t, uint64_t addr, bytes_t size)
{
	vunmap_range_noflush(t, addr, addr + size);
}

void unmap_kernel_range(struct task *t, uint64_t addr, bytes_t size)
{
	vunmap_range_noflush(t, addr, addr + size);
	task_run(t, flush_tlb_kernel_range(t, addr, addr + size));
}

struct page *vmalloc_to_page(struct linux_vm *vm, uint64_t addr)
{
	const struct kernel_pmd *pmd = *pmd_slot(vm, addr);
	const struct kernel_pte *pte = pte_of(vm, addr);
	uint32_t pfn = pte ? pte->entry[pte_entry(addr)] : 0;

	if (pmd && pmd->huge[pmd_entry(addr)])
		pfn = pmd->huge[pmd_entry(addr)] + pte_entry(addr);
	return pfn ? pfn_to_page(vm, pfn) : NULL;
}

/* ---- all of them ---- */

bool kernel_tables_check(struct linux_vm *vm)
{
	const struct vmalloc_state *state = vm->vmalloc;

	for (uint64_t i = 0; state->pmd && i < NR_PMD_PAGES; i++) {
		const struct kernel_pmd *pmd = state->pmd[i];

		if (pmd && pfn_to_page(vm, pmd->pfn)->refcount != 1)
			return false;
		for (int k = 0; pmd && k < 512; k++)
			if (pmd->pte[k] && pfn_to_page(vm, pmd->pte[k]->pfn)->refcount != 1)
				return false;
	}
	return true;
}

void kernel_tables_free(struct linux_vm *vm)
{
	struct vmalloc_state *state = vm->vmalloc;

	for (uint64_t i = 0; state->pmd && i < NR_PMD_PAGES; i++) {
		struct kernel_pmd *pmd = state->pmd[i];

		for (int k = 0; pmd && k < 512; k++)
			sim_free(pmd->pte[k]);
		sim_free(pmd);
	}
	sim_free(state->pmd);
}
