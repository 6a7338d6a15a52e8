/*
 * mmu_gather.c - pages that were unmapped are freed many at a time
 */
#include "models/linux/alloc/page_alloc.h"
#include "models/linux/mappings/mmu_gather.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/swap/swap.h"

void tlb_gather_mmu(struct mmu_gather *tlb, bool resched)
{
	tlb->resched = resched;
	tlb->batch_count = 0;
	tlb->local = (struct mmu_gather_batch){ .pages = tlb->bundle, .max = MMU_GATHER_BUNDLE };
	tlb->active = &tlb->local;
}

/* The batch behind the full one, which may be a new one.  False: there is none. */
static bool tlb_next_batch(struct task *t, struct mmu_gather *tlb)
{
	struct mmu_gather_batch *batch = tlb->active->next;
	struct page *frame;

	if (batch) {
		tlb->active = batch;
		return true;
	}
	if (tlb->batch_count == MAX_GATHER_BATCH_COUNT)
		return false;
	frame = alloc_pages(t, GFP_NOWAIT | __GFP_NOWARN, 0);
	if (!frame)
		return false;
	tlb->batch_count++;
	batch = sim_alloc(sizeof(*batch) + MAX_GATHER_BATCH * sizeof(*batch->pages));
	*batch = (struct mmu_gather_batch){ .frame = frame,
					    .pages = (struct page **)(batch + 1),
					    .max = MAX_GATHER_BATCH };
	list_add_tail(&batch->link, &task_vm(t)->mms->gather_batches);
	tlb->active->next = batch;
	tlb->active = batch;
	return true;
}

static void free_pages_and_swap_cache(struct task *t, struct page *const *pages, int nr)
{
	struct linux_vm *vm = task_vm(t);

	lru_add_drain(vm, t->cpu);
	for (int i = 0; i < nr; i++)
		free_swap_cache(vm, t->cpu, page_folio(pages[i]));
	release_pages(vm, t->cpu, pages, nr);
}

void tlb_flush_mmu(struct task *t, struct mmu_gather *tlb)
{
	for (struct mmu_gather_batch *b = &tlb->local; b && b->nr; b = b->next) {
		task_run(t, (sim_time)b->cost);
		free_pages_and_swap_cache(t, b->pages, b->nr);
		b->nr = 0;
		b->cost = 0;
		if (tlb->resched)
			cond_resched(t);
	}
	tlb->active = &tlb->local;
}

void tlb_remove_page(struct task *t, struct mmu_gather *tlb, struct page *page)
{
	struct mmu_gather_batch *batch = tlb->active;

	batch->pages[batch->nr++] = page;
	if (batch->nr == batch->max && !tlb_next_batch(t, tlb))
		tlb_flush_mmu(t, tlb);
}

void tlb_finish_mmu(struct task *t, struct mmu_gather *tlb)
{
	struct linux_vm *vm = task_vm(t);

	tlb_flush_mmu(t, tlb);
	for (struct mmu_gather_batch *b = tlb->local.next, *next; b; b = next) {
		next = b->next;
		free_pages(vm, t->cpu, b->frame, 0);
		list_del(&b->link);
		sim_free(b);
	}
	tlb->local.next = NULL;
}

void mmu_gather_free_all(struct mm_table *mms)
{
	LIST_FOR_EACH_SAFE (pos, next, &mms->gather_batches)
		sim_free(LIST_ENTRY(pos, struct mmu_gather_batch, link));
}
