/*
 * cma.c - memory kept for blocks in a row
 */
#include <errno.h>

#include "models/linux/alloc/buddy.h"
#include "models/linux/alloc/cma.h"
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/arg.h"
#include "models/linux/boot/boot.h"

#define FIRST_HIGH_PFN (1ULL << (32 - PAGE_SHIFT)) /* 4 GiB */

/* --- boot --- */

/* The lowest place from min on that is free, whole pageblocks of one zone; 0: none. */
static pfn_t find_low(struct linux_vm *vm, pages_t count, pfn_t min)
{
	struct mem_range r;
	pfn_t at = min;

	while (memblock_next_free(vm, &at, &r)) {
		pfn_t start = pageblock_end_pfn(max_u64(r.start, 1) - 1);

		if (start + count <= r.end)
			return start;
	}
	return 0;
}

bool cma_reserve(struct linux_vm *vm, const struct linux_conf *conf, struct diag *d)
{
	struct boot_size size = { 0 };
	pages_t count;
	pfn_t base = 0;

	if (!conf->cma || !boot_size_parse(conf->cma, &size, NULL))
		return true;
	count = pageblock_end_pfn(div_round_up(size.bytes, PAGE_SIZE) - 1);
	/* near the beginning of high memory, so that compaction moves pages out of it, not into it
	 */
	if (vm->max_pfn >= FIRST_HIGH_PFN + count)
		base = find_low(vm, count, FIRST_HIGH_PFN);
	if (!base)
		base = memblock_alloc(vm, count, PAGEBLOCK_NR_PAGES, 0, vm->max_pfn,
				      MEMBLOCK_ANY_NODE, false);
	else
		memblock_add(&vm->reserved, base, base + count, MEMBLOCK_ANY_NODE);
	if (!base || (base < FIRST_HIGH_PFN && base + count > FIRST_HIGH_PFN)) {
		diag_error(d, linux_conf_place(conf, "cma"),
			   "linux.cma: no stretch of free memory of one zone is that long; "
			   "accepted: a smaller size");
		return false;
	}
	vm->unusual_pageblocks = true;
	vm->cma = sim_calloc(1, sizeof(*vm->cma));
	vm->cma->base_pfn = base;
	vm->cma->count = count;
	vm->cma->bitmap = sim_calloc(div_round_up(count, 64), sizeof(uint64_t));
	return true;
}

void cma_init_reserved_areas(struct linux_vm *vm)
{
	const struct cma *cma = vm->cma;

	if (!cma)
		return;
	memblock_remove(&vm->reserved, cma->base_pfn, cma->base_pfn + cma->count);
	for (pfn_t pfn = cma->base_pfn; pfn < cma->base_pfn + cma->count;
	     pfn += PAGEBLOCK_NR_PAGES) {
		struct zone *zone = pfn_zone(vm, pfn);

		set_pageblock_migratetype(vm, pfn, MIGRATE_CMA);
		__free_pages(vm, &vm->sim->cpus[0], pfn_to_page(vm, pfn), PAGEBLOCK_ORDER);
		zone->managed_pages += PAGEBLOCK_NR_PAGES;
		zone->cma_pages += PAGEBLOCK_NR_PAGES;
		vm->totalram_pages += PAGEBLOCK_NR_PAGES;
	}
}

void cma_free(struct linux_vm *vm)
{
	if (!vm->cma)
		return;
	sim_free(vm->cma->bitmap);
	sim_free(vm->cma);
	vm->cma = NULL;
}

/* --- take and give back --- */

static bool bit_is_set(const struct cma *cma, pages_t i)
{
	return cma->bitmap[i / 64] >> i % 64 & 1;
}

static void set_bits(struct cma *cma, pages_t first, pages_t count, bool on)
{
	for (pages_t i = first; i < first + count; i++) {
		uint64_t bit = 1ULL << i % 64;

		if (on)
			cma->bitmap[i / 64] |= bit;
		else
			cma->bitmap[i / 64] &= ~bit;
	}
}

/* First fit from bit start on, the frame a multiple of 2^align; cma->count: none. */
static pages_t find_zero_area(const struct cma *cma, pages_t start, pages_t count, int align)
{
	uint64_t mask = (1ULL << align) - 1;

	for (pages_t first = start;; first++) {
		pages_t n = 0;

		first = ((cma->base_pfn + first + mask) & ~mask) - cma->base_pfn;
		if (first > cma->count || count > cma->count - first)
			return cma->count;
		while (n < count && !bit_is_set(cma, first + n))
			n++;
		if (n == count)
			return first;
		first += n;
	}
}

struct page *cma_alloc(struct task *t, pages_t count, int align)
{
	struct linux_vm *vm = task_vm(t);
	struct cma *cma = vm->cma;
	struct page *found = NULL;
	pages_t start = 0;
	int64_t tried = -1;

	if (!cma || !count)
		return NULL;
	trace_cma_alloc_start(vm->sim, (int64_t)count, align);
	cma->nr_taking++;
	while (!found) {
		pages_t first = find_zero_area(cma, start, count, align);
		pfn_t pfn = cma->base_pfn + first;
		int r;

		if (first == cma->count)
			break;
		tried = (int64_t)pfn;
		set_bits(cma, first, count, true);
		r = alloc_contig_range(t, pfn, pfn + count, MIGRATE_CMA, GFP_KERNEL);
		if (!r) {
			found = pfn_to_page(vm, pfn);
			break;
		}
		set_bits(cma, first, count, false);
		if (r != -EBUSY)
			break;
		trace_cma_alloc_busy_retry(vm->sim, tried, (int64_t)count, align);
		start = first + (1ULL << align); /* busy there: somewhere behind */
	}
	cma->nr_taking--;
	if (count <= cma->count) /* of more the kernel says nothing here */
		trace_cma_alloc_finish(vm->sim, tried, (int64_t)count, align, found != NULL);
	if (found)
		vm->stat.cma_alloc_success++;
	else
		vm->stat.cma_alloc_fail++;
	return found;
}

bool cma_release(struct linux_vm *vm, const struct cpu *cpu, const struct page *pages,
		 pages_t count)
{
	struct cma *cma = vm->cma;
	pfn_t pfn = page_to_pfn(vm, pages);

	if (!cma || count > cma->count || pfn < cma->base_pfn ||
	    pfn > cma->base_pfn + cma->count - count)
		return false;
	free_contig_range(vm, cpu, pfn, count);
	set_bits(cma, pfn - cma->base_pfn, count, false);
	trace_cma_release(vm->sim, (int64_t)pfn, (int64_t)count);
	return true;
}

bool cma_owned(const struct linux_vm *vm, pfn_t pfn, pages_t count)
{
	const struct cma *cma = vm->cma;

	for (pages_t i = 0; cma && i < count; i++)
		if (pfn + i >= cma->base_pfn && pfn + i < cma->base_pfn + cma->count &&
		    bit_is_set(cma, pfn + i - cma->base_pfn))
			return true;
	return false;
}

/* --- calls of scenarios, check --- */

static int64_t op_cma_alloc(struct task *t, const struct args *a, struct result *r)
{
	return give(r, cma_alloc(t, (pages_t)a->nr_pages, (int)a->align_order));
}

/* Whether the area gave all of these out: else the kernel would free what others use. */
static bool all_given_out(const struct linux_vm *vm, const struct page *pages, pages_t count)
{
	const struct cma *cma = vm->cma;
	pfn_t pfn = page_to_pfn(vm, pages);

	if (!cma || pfn < cma->base_pfn || pfn + count > cma->base_pfn + cma->count)
		return true; /* cma_release says no */
	for (pages_t i = 0; i < count; i++)
		if (!bit_is_set(cma, pfn - cma->base_pfn + i))
			return false;
	return true;
}

static int64_t op_cma_release(struct task *t, const struct args *a, struct result *r)
{
	struct linux_vm *vm = task_vm(t);
	const struct page *pages = a->page.ptr;
	pages_t count = (pages_t)a->nr_pages;

	(void)r;
	if (!pages)
		return 0;
	if (!all_given_out(vm, pages, count)) {
		kernel_bug(vm->sim, "cma_release: pages that are not allocated");
		return -EINVAL;
	}
	task_run(t, (sim_time)count * (sim_time)vm->machine->cost.page_free);
	return cma_release(vm, t->cpu, pages, count);
}

/* The pages of the CMA lists are those that are counted; nothing given out is free. */
void cma_check(struct check *c, struct sim *s)
{
	struct linux_vm *vm = linux_vm(s);

	FOR_EACH_ZONE (vm, zone) {
		int64_t pages = 0;

		for (int o = 0; o < MAX_ORDER; o++)
			pages += (int64_t)zone->free_area[o].nr_free_type[MIGRATE_CMA] << o;
		CHECK(c, pages == zone->nr_free_cma);
		CHECK(c, zone->cma_pages <= zone->managed_pages);
	}
	for (pages_t i = 0; vm->cma && !vm->cma->nr_taking && i < vm->cma->count; i++)
		if (bit_is_set(vm->cma, i))
			CHECK(c, free_block_order(vm, vm->cma->base_pfn + i) < 0);
}

static const struct op ops[] = {
	{ "cma_alloc", "nr_pages, align_order = 0", "page", op_cma_alloc, OP_NO_IRQ,
	  "take pages in a row out of the area of linux.cma; what is there is moved away" },
	{ "cma_release", "page, nr_pages", NULL, op_cma_release, OP_RELEASES,
	  "give pages of cma_alloc back; 1, or 0 if they are not of the area" },
};

static const struct check_def checks[] = {
	{ "cma", cma_check, "free pages of the area, and what was given out of it" },
};

const struct model cma_model = {
	.name = "cma",
	.ops = ops,
	.nr_ops = ARRAY_LEN(ops),
	.checks = checks,
	.nr_checks = ARRAY_LEN(checks),
};
