/*
 * mmap_lock.c - who may change an address space, and who reads it meanwhile
 *
 *	waiters, first come first served:   W  R  R  W
 *	                                    ^ woken alone; readers at the head all at once
 *
 * A reader overtakes a writer who sleeps where the lock is just free (it was woken, and is not
 * there yet), but does not join other readers while somebody waits.  A writer that has waited for
 * more than a tick and found the lock taken again gets it next, whoever comes.
 *
 * Like:        Linux 6.1, kernel/locking/rwsem.c, include/linux/mmap_lock.h
 * Left out:    spinning while the owner runs
 */
#include "models/linux/mappings/mm.h"
#include "models/linux/stall.h"

struct mmap_waiter {
	struct wait_entry w;
	bool write;
	bool granted; /* a reader: the lock is its own */
	struct mm_struct *mm;
};

/* The first one wakes; readers get the lock, all of them if the first one is. */
static int wake_waiter(struct sim *s, struct wait_entry *w, void *key)
{
	struct mmap_waiter *waiter = CONTAINER_OF(w, struct mmap_waiter, w);
	bool *readers_go = key;

	(void)s;
	if (waiter->write && *readers_go)
		return 0;
	if (waiter->write) {
		task_wake(w->task);
		return -1; /* it keeps its place until it has the lock */
	}
	*readers_go = true;
	waiter->granted = true;
	waiter->mm->readers++;
	list_del(&w->link);
	task_wake(w->task);
	return 0;
}

/* The lock is free. */
static void rwsem_wake(struct mm_struct *mm)
{
	bool readers_go = false;

	wake_up_key(mm->vm->sim, &mm->mmap_lock_wait, 0, &readers_go);
}

static void begin_wait(struct task *t, struct mm_struct *mm, struct mmap_waiter *waiter, bool write)
{
	*waiter = (struct mmap_waiter){ .write = write, .mm = mm };
	wait_entry_init(&waiter->w, t);
	waiter->w.fn = wake_waiter;
	wait_prepare(&mm->mmap_lock_wait, &waiter->w, WAIT_EXCLUSIVE);
}

static void down_read(struct task *t, struct mm_struct *mm)
{
	struct mmap_waiter waiter;

	if (!mm->write_locked && !mm->handoff &&
	    (!mm->readers || !wait_queue_active(&mm->mmap_lock_wait))) {
		mm->readers++;
		return;
	}
	begin_wait(t, mm, &waiter, false);

	enum stall_cause outer = stall_enter(t, STALL_LOCK);

	t->waits_for = "mmap_lock";
	while (!waiter.granted) {
		task_block(t);
		if (!waiter.granted)
			task_will_block(t);
	}
	t->waits_for = NULL;
	stall_leave(t, outer);
}

void mmap_read_lock(struct task *t, struct mm_struct *mm)
{
	trace_mmap_lock_start_locking(t->sim, mm->pid, false);
	down_read(t, mm);
	trace_mmap_lock_acquire_returned(t->sim, mm->pid, false, true);
}

bool mmap_read_trylock(struct mm_struct *mm)
{
	bool ok = !mm->write_locked && !wait_queue_active(&mm->mmap_lock_wait);

	trace_mmap_lock_start_locking(mm->vm->sim, mm->pid, false);
	if (ok)
		mm->readers++;
	trace_mmap_lock_acquire_returned(mm->vm->sim, mm->pid, false, ok);
	return ok;
}

void mmap_read_unlock(struct mm_struct *mm)
{
	trace_mmap_lock_released(mm->vm->sim, mm->pid, false);
	SIM_ASSERT(mm->readers > 0);
	if (--mm->readers == 0)
		rwsem_wake(mm);
}

/* Whether a writer gets the lock now; if he has waited long enough it is kept for the first one. */
static bool rwsem_try_write_lock(struct mm_struct *mm, const struct mmap_waiter *waiter,
				 uint64_t timeout)
{
	if (mm->handoff && mm->mmap_lock_wait.head.next != &waiter->w.link)
		return false;
	if (!mm->readers && !mm->write_locked)
		return true;
	mm->handoff |= (int64_t)(jiffies(mm->vm->sim) - timeout) > 0;
	return false;
}

void mmap_write_lock(struct task *t, struct mm_struct *mm)
{
	uint64_t timeout = jiffies(t->sim) + 1;
	struct mmap_waiter waiter;

	trace_mmap_lock_start_locking(t->sim, mm->pid, true);
	if (mm->readers || mm->write_locked || wait_queue_active(&mm->mmap_lock_wait)) {
		begin_wait(t, mm, &waiter, true);

		enum stall_cause outer = stall_enter(t, STALL_LOCK);

		t->waits_for = "mmap_lock";
		while (!rwsem_try_write_lock(mm, &waiter, timeout)) {
			task_block(t);
			task_will_block(t);
		}
		t->waits_for = NULL;
		stall_leave(t, outer);
		wait_finish(&waiter.w);
		mm->handoff = false;
	}
	mm->write_locked = true;
	trace_mmap_lock_acquire_returned(t->sim, mm->pid, true, true);
}

void mmap_write_downgrade(struct mm_struct *mm)
{
	bool readers_go = false;
	const struct list *first = mm->mmap_lock_wait.head.next;

	trace_mmap_lock_acquire_returned(mm->vm->sim, mm->pid, false, true);
	mm->write_locked = false;
	mm->readers++;
	/* a writer at the head keeps readers behind him from it */
	if (wait_queue_active(&mm->mmap_lock_wait) &&
	    !LIST_ENTRY(first, struct mmap_waiter, w.link)->write)
		wake_up_key(mm->vm->sim, &mm->mmap_lock_wait, 0, &readers_go);
}

void mmap_write_unlock(struct mm_struct *mm)
{
	trace_mmap_lock_released(mm->vm->sim, mm->pid, true);
	mm->write_locked = false;
	rwsem_wake(mm);
}
