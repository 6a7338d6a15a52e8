/*
 * filemap_wait.c - the page lock and the writeback bit, and who waits for them
 *
 * Waiters stand in 256 queues by page, first come first served.  Clearing a
 * bit wakes all shared waiters up to the first exclusive one and that one; it
 * must then win the bit itself, and goes to the end when it loses, until it
 * has lost so often that the bit is handed to it.
 */
#include <errno.h>

#include "models/linux/pagecache/pagemap.h"
#include "models/linux/task.h"
#include "models/linux/writeback/writeback.h"

#define PAGE_WAIT_TABLE_SIZE 256

struct page_wait_table {
	struct wait_queue queue[PAGE_WAIT_TABLE_SIZE];
};

struct page_wake_key {
	struct page *page;
	unsigned bit;
	bool match; /* another waiter of this page was seen */
};

static struct wait_queue *page_waitqueue(struct linux_vm *vm, const struct page *page)
{
	uint64_t h = page_to_pfn(vm, page) * 0x61c8864680b583ebULL;

	return &vm->page_waits->queue[h >> 56];
}

void page_waits_init(struct linux_vm *vm)
{
	vm->page_waits = sim_calloc(1, sizeof(*vm->page_waits));
	for (int i = 0; i < PAGE_WAIT_TABLE_SIZE; i++)
		wait_queue_init(&vm->page_waits->queue[i]);
}

void page_waits_free(struct linux_vm *vm)
{
	sim_free(vm->page_waits);
}

static int wake_page_function(struct sim *s, struct wait_entry *w, void *arg)
{
	struct page_waiter *pw = CONTAINER_OF(w, struct page_waiter, w);
	struct page_wake_key *key = arg;

	if (pw->page != key->page)
		return 0;
	key->match = true;
	if (pw->wake) {
		if (pw->wake(linux_vm(s), pw, key->bit))
			list_del(&w->link);
		return 0;
	}
	if (pw->bit != key->bit)
		return 0;
	if (w->kind == WAIT_EXCLUSIVE) {
		if (key->page->flags & key->bit)
			return -1; /* somebody was faster */
		if (pw->handoff) {
			key->page->flags |= key->bit;
			pw->taken = true;
		}
	}
	return wake_and_remove(s, w, NULL);
}

void wake_up_page_bit(struct linux_vm *vm, struct page *page, unsigned bit)
{
	struct wait_queue *q = page_waitqueue(vm, page);
	struct page_wake_key key = { .page = page, .bit = bit };

	wake_up_key(vm->sim, q, 1, &key);
	/* does anybody still wait for this page? */
	LIST_FOR_EACH (pos, &q->head) {
		struct wait_entry *w = LIST_ENTRY(pos, struct wait_entry, link);

		if (CONTAINER_OF(w, struct page_waiter, w)->page == page)
			return;
	}
	page->flags &= ~(uint32_t)PG_waiters;
}

void unlock_page(struct linux_vm *vm, struct page *page)
{
	page = page_folio(page);
	if (!(page->flags & PG_locked)) {
		kernel_bug(vm->sim, "unlock_page: the page is not locked");
		return;
	}
	page->flags &= ~(uint32_t)PG_locked;
	if (page->flags & PG_waiters)
		wake_up_page_bit(vm, page, PG_locked);
}

/* Queues at the tail: page waiters of all kinds are served in order. */
static void page_wait_prepare(struct linux_vm *vm, struct page_waiter *pw)
{
	task_will_block(pw->w.task);
	if (!list_linked(&pw->w.link))
		list_add_tail(&pw->w.link, &page_waitqueue(vm, pw->page)->head);
	pw->page->flags |= PG_waiters;
}

static void page_waiter_init(struct page_waiter *pw, struct task *t, struct page *page,
			     unsigned bit, enum wait_kind kind)
{
	*pw = (struct page_waiter){ .page = page, .bit = bit };
	wait_entry_init(&pw->w, t);
	pw->w.kind = kind;
	pw->w.fn = wake_page_function;
}

void add_page_wait_queue(struct linux_vm *vm, struct page *page, struct page_waiter *pw)
{
	page = page_folio(page);
	pw->page = page;
	wait_entry_init(&pw->w, NULL);
	pw->w.fn = wake_page_function;
	list_add_tail(&pw->w.link, &page_waitqueue(vm, page)->head);
	page->flags |= PG_waiters;
}

/* Why a task that waits for a bit of a page loses time. */
static enum stall_cause page_stall(const struct task *t, const struct page *page, unsigned bit)
{
	if (bit != PG_locked || (page->flags & PG_uptodate))
		return STALL_PAGE;
	if (page->flags & PG_swapcache) {
		enum stall_cause cause = task_struct(t)->stall.cause;

		return cause == STALL_NONE ? STALL_SWAPIN : cause; /* a fault knows */
	}
	return page->flags & PG_sim_refault ? STALL_REFAULT : STALL_READ;
}

/* Sleeps until it is taken off the queue.  0; -EINTR: it can be killed, and was. */
static int sleep_in_queue(struct task *t, const struct page_waiter *pw, bool killable)
{
	while (list_linked(&pw->w.link)) {
		if (killable && t->killed)
			return -EINTR;
		io_schedule(t);
		if (list_linked(&pw->w.link))
			task_will_block(t);
	}
	return 0;
}

/* 0; -EINTR: it can be killed, and was, and does not have the lock. */
static int lock_page_common(struct task *t, struct page *page, bool killable)
{
	struct linux_vm *vm = task_vm(t);
	struct page_waiter pw;
	int64_t unfairness = vm->sysctl.page_lock_unfairness;
	enum stall_cause outer;
	int r = 0;

	page = page_folio(page);
	outer = stall_enter(t, page_stall(t, page, PG_locked));
	page_waiter_init(&pw, t, page, PG_locked, WAIT_EXCLUSIVE);
	t->waits_for = "page lock";
	t->killable = killable;
	while (!r && !pw.taken && !trylock_page(page)) {
		pw.handoff = unfairness-- <= 0;
		page_wait_prepare(vm, &pw);
		r = sleep_in_queue(t, &pw, killable);
	}
	t->killable = false;
	t->waits_for = NULL;
	stall_leave(t, outer);
	wait_finish(&pw.w);
	return r;
}

void __lock_page(struct task *t, struct page *page)
{
	lock_page_common(t, page, false);
}

int lock_page_killable(struct task *t, struct page *page)
{
	cond_resched(t);
	return trylock_page(page) ? 0 : lock_page_common(t, page, true);
}

void lock_page(struct task *t, struct page *page)
{
	cond_resched(t);
	if (!trylock_page(page))
		__lock_page(t, page);
}

/* Waits for a bit to clear, without taking it; reference is dropped first when asked. */
static int wait_on_page_bit(struct task *t, struct page *page, unsigned bit, bool drop,
			    bool killable, const char *what)
{
	struct linux_vm *vm = task_vm(t);
	struct page_waiter pw;
	enum stall_cause outer;
	int r;

	page_waiter_init(&pw, t, page, bit, WAIT_SHARED);
	page_wait_prepare(vm, &pw);
	outer = stall_enter(t, page_stall(t, page, bit));
	if (drop)
		put_page(vm, t->cpu, page);
	t->waits_for = what;
	t->killable = killable;
	/* woken waiters have left the queue: the page itself may be gone by then */
	r = sleep_in_queue(t, &pw, killable);
	t->killable = false;
	t->waits_for = NULL;
	stall_leave(t, outer);
	wait_finish(&pw.w);
	return r;
}

int wait_on_page_locked(struct task *t, struct page *page)
{
	page = page_folio(page);
	while (page->flags & PG_locked) {
		int r = wait_on_page_bit(t, page, PG_locked, false, true, "page lock");

		if (r)
			return r;
	}
	return 0;
}

int folio_put_wait_locked(struct task *t, struct page *page, bool killable)
{
	page = page_folio(page);
	if (!(page->flags & PG_locked)) {
		put_page(task_vm(t), t->cpu, page);
		return 0;
	}
	return wait_on_page_bit(t, page, PG_locked, true, killable, "page being read");
}

int put_and_wait_on_page_locked(struct task *t, struct page *page)
{
	return folio_put_wait_locked(t, page, true);
}

static void trace_wait_writeback(struct linux_vm *vm, const struct page *page)
{
	const struct address_space *m = page_mapping(vm, page);

	if (m && m->host && m->host->bdi)
		trace_folio_wait_writeback(vm->sim, m->host->bdi->id, m->host->id,
					   (int64_t)page->index);
}

void wait_on_page_writeback(struct task *t, struct page *page)
{
	page = page_folio(page);
	if ((page->flags & PG_writeback) && trace_is_on(t->sim, TP_folio_wait_writeback))
		trace_wait_writeback(task_vm(t), page);
	while (page->flags & PG_writeback)
		wait_on_page_bit(t, page, PG_writeback, false, false, "page under writeback");
}

void wait_for_stable_page(struct task *t, struct page *page)
{
	page = page_folio(page);

	const struct address_space *m = page_mapping(task_vm(t), page);

	if (m && (m->flags & AS_STABLE_WRITES))
		wait_on_page_writeback(t, page);
}
