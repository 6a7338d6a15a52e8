/*
 * page_table.c - four levels of tables, each in a page frame of its own
 *
 *	pgd (512 GiB an entry) -> pud (1 GiB) -> pmd (2 MiB) -> pte (4 KiB)
 *
 * Tables are made when something below them is mapped first, and go with the last VMA that could
 * use them; taking entries away leaves them where they are.  A file of any size that is touched
 * here and there so costs what it costs a real machine.
 */
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/mappings/adopt.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/mmu_gather.h"
#include "models/linux/task.h"

#define GFP_PGTABLE_USER     (GFP_KERNEL_ACCOUNT | __GFP_ZERO)
#define PGD_ALLOCATION_ORDER 1 /* one for the kernel, one for the program: page-table isolation */

static int table_order(enum pt_level level)
{
	return level == PT_PGD ? PGD_ALLOCATION_ORDER : 0;
}

/* Bits of an address below an entry of the level. */
static unsigned level_shift(unsigned level)
{
	return PAGE_SHIFT + 9 * level;
}

static unsigned level_index(unsigned level, uint64_t addr)
{
	return (unsigned)(addr >> level_shift(level)) & (PTRS_PER_PTE - 1);
}

/* Of the user's tables, the two lower levels are counted. */
static void count_table(struct linux_vm *vm, const struct page_table *table, int n)
{
	if (table->level <= PT_PMD)
		pfn_zone(vm, table->pfn)->node->stat.nr_page_table_pages += n;
}

/* A table in a frame that was taken for it. */
static struct page_table *table_new(struct linux_vm *vm, enum pt_level level, pfn_t pfn)
{
	struct page_table *table;

	table =
	    sim_calloc(1, level == PT_PTE ? offsetof(struct page_table, pte) + sizeof(table->pte)
					  : sizeof(*table));
	table->pfn = (uint32_t)pfn;
	table->level = (uint8_t)level;
	count_table(vm, table, 1);
	return table;
}

static struct page_table *table_alloc(struct task *t, enum pt_level level)
{
	struct linux_vm *vm = task_vm(t);
	struct page *page = alloc_pages(t, GFP_PGTABLE_USER, table_order(level));
	struct page_table *table;

	if (!page)
		return NULL;
	table = host_hold(vm, table_new(vm, level, page_to_pfn(vm, page)));
	task_run(t, (sim_time)vm->machine->cost.page_zero << table_order(level));
	return table;
}

/* With the pages that it showed. */
static void table_gather(struct task *t, struct mmu_gather *tlb, struct page_table *table)
{
	struct linux_vm *vm = task_vm(t);

	SIM_ASSERT(!table_order((enum pt_level)table->level));
	count_table(vm, table, -1);
	tlb_remove_page(t, tlb, pfn_to_page(vm, table->pfn));
	sim_free(table);
}

static void table_free(struct linux_vm *vm, const struct cpu *cpu, struct page_table *table)
{
	count_table(vm, table, -1);
	free_pages(vm, cpu, pfn_to_page(vm, table->pfn), table_order((enum pt_level)table->level));
	sim_free(host_unhold(vm, table));
}

struct page_table *pgd_alloc(struct task *t)
{
	return host_unhold(task_vm(t), table_alloc(t, PT_PGD));
}

void pgd_free(struct linux_vm *vm, const struct cpu *cpu, struct page_table *pgd)
{
	table_free(vm, cpu, pgd);
}

struct page_table *pte_alloc_one(struct task *t)
{
	return table_alloc(t, PT_PTE);
}

void pte_free(struct linux_vm *vm, const struct cpu *cpu, struct page_table *table)
{
	table_free(vm, cpu, table);
}

static void install(struct mm_struct *mm, struct page_table *parent, uint64_t addr,
		    struct page_table *child)
{
	parent->child[level_index(parent->level, addr)] = host_unhold(mm->vm, child);
	parent->nr_used++;
	mm->stat.pgtables_bytes += (int64_t)PAGE_SIZE;
}

bool page_table_adopt(struct mm_struct *mm, enum pt_level level, uint64_t addr, pfn_t pfn)
{
	struct page_table **place = &mm->pgd, *parent = NULL, *table;

	for (int above = PT_PGD; above > (int)level; above--) {
		parent = *place;
		if (!parent)
			return false;
		place = &parent->child[level_index(parent->level, addr)];
	}
	if (*place)
		return false;
	pfn_to_page(mm->vm, pfn)->refcount = 1;
	table = table_new(mm->vm, level, pfn);
	if (parent)
		install(mm, parent, addr, table);
	else
		mm->pgd = table;
	return true;
}

bool huge_pte_alloc(struct task *t, struct mm_struct *mm, uint64_t addr, enum pt_level lowest,
		    struct page_table **out)
{
	struct page_table *table = mm->pgd;

	for (enum pt_level level = PT_PUD; level >= lowest; level--) {
		struct page_table *next = table->child[level_index(table->level, addr)];

		if (!next) {
			next = table_alloc(t, level);
			if (!next)
				return false;
			install(mm, table, addr, next);
		}
		table = next;
	}
	*out = table;
	return true;
}

bool pmd_alloc(struct task *t, struct mm_struct *mm, uint64_t addr, struct page_table **pmd)
{
	return huge_pte_alloc(t, mm, addr, PT_PMD, pmd);
}

void pmd_install(struct mm_struct *mm, uint64_t addr, struct page_table *pmd,
		 struct page_table **table)
{
	if (pmd->child[level_index(PT_PMD, addr)])
		return;
	install(mm, pmd, addr, *table);
	*table = NULL;
}

struct page_table *mm_find_pmd(const struct mm_struct *mm, uint64_t addr)
{
	struct page_table *table = mm->pgd;

	while (table && table->level > PT_PMD)
		table = table->child[level_index(table->level, addr)];
	return table;
}

struct page_table *pte_table_from(const struct mm_struct *mm, uint64_t *addr, uint64_t end)
{
	while (*addr < end) {
		struct page_table *table = mm->pgd;

		while (table && table->level > PT_PTE && !table->pmd.bits) {
			struct page_table *next = table->child[level_index(table->level, *addr)];

			if (!next) {
				/* nothing below this entry: go on behind it */
				*addr = ((*addr >> level_shift(table->level)) + 1)
					<< level_shift(table->level);
			}
			table = next;
		}
		if (table)
			return table;
	}
	return NULL;
}

struct page_table *pte_table(struct mm_struct *mm, uint64_t addr)
{
	uint64_t base = addr >> PMD_SHIFT << PMD_SHIFT;

	if (mm->last && mm->last_base == base)
		return mm->last;
	if (!mm->pgd)
		return NULL;

	uint64_t at = addr;
	struct page_table *table = pte_table_from(mm, &at, base + (1ULL << PMD_SHIFT));

	if (table) {
		mm->last = table;
		mm->last_base = base;
	}
	return table;
}

void pte_set(struct page_table *table, unsigned i, struct pte pte)
{
	table->nr_used = (uint16_t)(table->nr_used + !!pte.bits - !!table->pte.bits[i]);
	table->pte.pfn[i] = pte.pfn;
	table->pte.bits[i] = pte.bits;
}

void huge_entry_install(struct mm_struct *mm, uint64_t addr, struct page_table *parent,
			struct pte entry)
{
	struct page_table *table = sim_calloc(1, offsetof(struct page_table, pte));
	unsigned i = level_index(parent->level, addr);

	SIM_ASSERT(!parent->child[i] && entry.bits);
	table->level = (uint8_t)(parent->level - 1);
	table->pmd = entry;
	parent->child[i] = table;
	parent->nr_used++;
	mm->last = NULL;
}

void huge_entry_clear(struct mm_struct *mm, uint64_t addr)
{
	struct page_table *parent = mm->pgd, *table;

	while ((table = parent->child[level_index(parent->level, addr)]) && !table->pmd.bits)
		parent = table;
	SIM_ASSERT(table && !table->pfn);
	sim_free(table);
	parent->child[level_index(parent->level, addr)] = NULL;
	parent->nr_used--;
	mm->last = NULL;
}

void pmd_clear_huge(struct task *t, struct mm_struct *mm, uint64_t addr)
{
	struct page_table *parent = mm->pgd, *table;

	for (unsigned level = PT_PGD; level > PT_PMD; level--)
		parent = parent->child[level_index(level, addr)];
	table = parent->child[level_index(PT_PMD, addr)];
	SIM_ASSERT(table->pmd.bits && !table->nr_used);
	parent->child[level_index(PT_PMD, addr)] = NULL;
	parent->nr_used--;
	mm->stat.pgtables_bytes -= (int64_t)PAGE_SIZE;
	mm->last = NULL;
	table_free(mm->vm, t->cpu, table);
}

/* Depth: the levels. */
static void free_below(struct task *t, struct mmu_gather *tlb, struct mm_struct *mm,
		       struct page_table *table, uint64_t base, const uint64_t range[2],
		       const uint64_t limit[2])
{
	unsigned shift = level_shift(table->level);

	for (uint64_t i = 0; i < PTRS_PER_PTE; i++) {
		struct page_table *child = table->child[i];
		uint64_t start = base + (i << shift), end = start + (1ULL << shift);

		if (!child || end <= range[0] || start >= range[1])
			continue;
		if (child->level > PT_PTE)
			free_below(t, tlb, mm, child, start, range, limit);
		if (start < limit[0] || (limit[1] && end > limit[1]))
			continue; /* a neighbour may use it */
		SIM_ASSERT(child->nr_used == 0 && !child->pmd.bits);
		table->child[i] = NULL;
		table->nr_used--;
		mm->stat.pgtables_bytes -= (int64_t)PAGE_SIZE;
		mm->last = NULL; /* others may run, and look for pages that a child shares */
		table_gather(t, tlb, child);
	}
}

void free_pgtables(struct task *t, struct mmu_gather *tlb, struct mm_struct *mm, uint64_t start,
		   uint64_t end, uint64_t floor, uint64_t ceiling)
{
	const uint64_t range[2] = { start, end }, limit[2] = { floor, ceiling };

	mm->last = NULL;
	free_below(t, tlb, mm, mm->pgd, 0, range, limit);
}
