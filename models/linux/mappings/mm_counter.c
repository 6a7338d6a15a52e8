/*
 * mm_counter.c - pages that a program has mapped, and what others see of their number
 *
 *	a fault -> cached by the task, up to 64 faults -> the program's counters, which others read
 *
 * Whoever takes many entries away, and who counts for somebody else, changes the counters at once.
 * The OOM killer reads them as they are: it does not see what a task keeps to itself.
 *
 * Like:        Linux 6.1, mm/memory.c (sync_mm_rss, add_mm_counter_fast), include/linux/mm.h
 */
#include "models/linux/mappings/mm_counter.h"
#include "models/linux/task.h"

#define TASK_RSS_EVENTS_THRESH 64

static int64_t *field(struct mm_stat *stat, enum mm_counter member)
{
	switch (member) {
	case MM_FILEPAGES:
		return &stat->rss_file;
	case MM_ANONPAGES:
		return &stat->rss_anon;
	case MM_SWAPENTS:
		return &stat->swapents;
	default:
		return &stat->rss_shmem;
	}
}

/* Whether the task that runs is the program's, and not about to end. */
static bool is_current(const struct mm_struct *mm)
{
	const struct task *t = mm->vm->sim->current;

	return t && t->kernel && task_struct(t)->mm == mm && !mm->khugepaged_exit;
}

struct mm_stat mm_stat_seen(const struct mm_struct *mm)
{
	struct mm_stat stat = { 0 };

	if (!mm)
		return stat;
	stat = mm->stat;
	for (int i = 0; i < NR_MM_COUNTERS; i++) {
		int64_t *n = field(&stat, (enum mm_counter)i);

		*n -= mm->rss_cached[i];
		if (*n < 0) /* others took away what the task has not told of yet */
			*n = 0;
	}
	return stat;
}

static void mm_trace_rss_stat(struct mm_struct *mm, enum mm_counter member)
{
	if (trace_is_on(mm->vm->sim, TRACE_ID(rss_stat)))
		trace_rss_stat(mm->vm->sim, mm->pid, is_current(mm), member,
			       (*field(&mm->stat, member) - mm->rss_cached[member]) << PAGE_SHIFT);
}

void add_mm_counter(struct mm_struct *mm, enum mm_counter member, int64_t n)
{
	*field(&mm->stat, member) += n;
	mm_trace_rss_stat(mm, member);
}

void add_mm_counter_fast(struct mm_struct *mm, enum mm_counter member, int n)
{
	*field(&mm->stat, member) += n;
	if (is_current(mm))
		mm->rss_cached[member] += n;
	else
		mm_trace_rss_stat(mm, member);
}

void sync_mm_rss(struct mm_struct *mm)
{
	for (int i = 0; i < NR_MM_COUNTERS; i++) {
		if (!mm->rss_cached[i])
			continue;
		mm->rss_cached[i] = 0;
		mm_trace_rss_stat(mm, (enum mm_counter)i);
	}
	mm->rss_events = 0;
}

void check_sync_rss_stat(struct mm_struct *mm)
{
	if (is_current(mm) && mm->rss_events++ > TASK_RSS_EVENTS_THRESH)
		sync_mm_rss(mm);
}

void add_mm_rss_vec(struct mm_struct *mm, const int *rss)
{
	if (is_current(mm))
		sync_mm_rss(mm);
	for (int i = 0; i < NR_MM_COUNTERS; i++)
		if (rss[i])
			add_mm_counter(mm, (enum mm_counter)i, rss[i]);
}
