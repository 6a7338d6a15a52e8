/*
 * reclaim_sums.c - balanced or not, who wakes kswapd, counters as sums of scans, the OOM victim
 */
#include "models/linux/verify/reclaim_rows.h"

#include <stdlib.h>
#include <string.h>

#include "models/linux/mappings/mm.h"
#include "models/linux/reclaim/oom_kill.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/task.h"

/* ---- kswapd ---- */

/* For a block of pages the lists decide, too: they are not recorded. */
static bool only_pages(const struct tsv *t, size_t i, bool recorded)
{
	return tsv_int(t, i, "order") == 0 || recorded;
}

static void check_balanced(struct reclaim_rows *r)
{
	const struct tsv *t = &r->balanced;

	for (size_t i = 0; i < t->nr_rows; i++) {
		bool recorded = tsv_int(t, i, "result") == 1;

		if (reclaim_row_state(r, t, i) && only_pages(t, i, recorded))
			reclaim_row_value(r, Q_BALANCED, t, i, "result",
					  pgdat_balanced(r->g->vm, r->node, 0,
							 (int)tsv_int(t, i, "highest_zone")),
					  recorded);
	}
}

/* It is not woken where the node is balanced and no zone boosted. */
static void check_wakeups(struct reclaim_rows *r)
{
	const struct tsv *t = &r->kswapd;

	for (size_t i = 0; i < t->nr_rows; i++) {
		int zone = (int)tsv_int(t, i, "zone");

		if (strcmp(tsv_text(t, i, "event"), "wakeup") != 0 || tsv_int(t, i, "order") != 0 ||
		    !reclaim_row_state(r, t, i))
			continue;
		reclaim_row_value(r, Q_WAKEUPS, t, i, "wakeup",
				  !pgdat_balanced(r->g->vm, r->node, 0, zone) ||
				      pgdat_watermark_boosted(r->node, zone),
				  true);
	}
}

/* ---- sums ---- */

enum { SCAN_KSWAPD_SUM, SCAN_DIRECT_SUM, STEAL_KSWAPD_SUM, STEAL_DIRECT_SUM, REFILL_SUM, NR_SUMS };

static const char *const sum_names[NR_SUMS] = { "pgscan_kswapd", "pgscan_direct", "pgsteal_kswapd",
						"pgsteal_direct", "pgrefill" };

static void add_scan(const struct tsv *t, size_t i, int64_t sum[NR_SUMS])
{
	bool direct = strncmp(tsv_text(t, i, "task"), "kswapd", strlen("kswapd")) != 0;

	if (strncmp(tsv_text(t, i, "list"), "active", strlen("active")) == 0) {
		sum[REFILL_SUM] += tsv_int(t, i, "scanned");
	} else {
		sum[SCAN_KSWAPD_SUM + direct] += tsv_int(t, i, "scanned");
		sum[STEAL_KSWAPD_SUM + direct] += tsv_int(t, i, "reclaimed");
	}
}

/* Whether a row of a table that is sorted by the ends of its rows is under way at a time. */
static bool under_way(const struct tsv *t, size_t *at, int64_t t_us)
{
	for (; *at < t->nr_rows && tsv_int(t, *at, "end_us") < t_us; (*at)++)
		;
	/* several tasks at once, each of them perhaps preempted for long */
	for (size_t i = *at; i < t->nr_rows && i - *at < 64; i++)
		if (tsv_int(t, i, "t_us") <= t_us)
			return true;
	return false;
}

static int64_t stalls(const struct reclaim_rows *r, size_t i)
{
	static const char *const names[] = { "allocstall_dma", "allocstall_dma32",
					     "allocstall_normal", "allocstall_movable" };
	int64_t n = 0;

	for (size_t k = 0; k < ARRAY_LEN(names); k++)
		n += guest_sample(r->w->c, &r->samples, i, names[k]);
	return n;
}

/* Whether row i is the first pass of a direct reclaim that is tried again, active lists and all. */
static bool tried_again(const struct tsv *t, size_t i)
{
	const char *task = tsv_text(t, i, "task");
	size_t k = i;

	if (strncmp(task, "kswapd", strlen("kswapd")) == 0 ||
	    tsv_int(t, i, "force_deactivate") != 1 || tsv_int(t, i, "priority") != DEF_PRIORITY)
		return false;
	while (k-- > 0 && i - k < 64)
		if (strcmp(tsv_text(t, k, "task"), task) == 0)
			return tsv_int(t, k, "force_deactivate") != 1;
	return true;
}

/*
 * A direct reclaim counts as one stall, and as another one where it is tried again: that the calls
 * of shrink_lruvec tell.  Where these were not recorded each may have been.
 */
static void check_stalls(struct reclaim_rows *r, size_t i, size_t direct, size_t again)
{
	int64_t computed = (int64_t)(direct + again);
	int64_t recorded = stalls(r, i) - stalls(r, 0);

	if (!r->shrink.nr_columns)
		computed = max_s64(computed, min_s64(recorded, 2 * computed));
	reclaim_row_value(r, Q_STALLS, &r->samples, i, "direct reclaims", computed, recorded);
}

/*
 * What the counters say at each sample that met no reclaim at work.  Where scans or direct reclaims
 * were not recorded there is nothing to add up.
 */
static void check_sums(struct reclaim_rows *r)
{
	const struct tsv *t = &r->samples;
	int64_t sum[NR_SUMS] = { 0 };
	size_t scan = 0, shrink = 0, direct = 0, again = 0;

	for (size_t i = 0; i < t->nr_rows; i++) {
		int64_t t_us = tsv_int(t, i, "t_us");

		for (; scan < r->scans.nr_rows && tsv_int(&r->scans, scan, "t_us") < t_us; scan++)
			add_scan(&r->scans, scan, sum);

		size_t seen = shrink;
		bool busy = under_way(&r->shrink, &shrink, t_us);

		for (; seen < shrink; seen++)
			again += tried_again(&r->shrink, seen);
		if (under_way(&r->direct, &direct, t_us) || busy)
			continue;
		for (int k = 0; k < NR_SUMS && r->scans.nr_columns; k++)
			reclaim_row_value(r, Q_SUMS, t, i, sum_names[k], sum[k],
					  guest_sample(r->w->c, t, i, sum_names[k]) -
					      guest_sample(r->w->c, t, 0, sum_names[k]));
		/* none is under way: all rows so far are of the past */
		if (r->direct.nr_columns)
			check_stalls(r, i, direct, again);
	}
}

/* ---- the OOM victim ---- */

/* A line of the table of tasks: [pid] uid tgid total_vm rss pgtables_bytes swapents adj name. */
struct oom_line {
	int64_t pid, rss, pgtables, swapents, adj;
};

static bool parse_task(char *line, struct oom_line *task)
{
	int64_t v[8];
	char *p = strchr(line, '['), *name;

	/* behind the time of the message stands the pid, both in brackets */
	p = p ? strchr(p + 1, '[') : NULL;
	if (!p)
		return false;
	for (char *q = p; *q; q++)
		if (*q == '[' || *q == ']')
			*q = ' ';
	for (int i = 0; i < 8; i++)
		if (!verify_parse(verify_word(&p), &v[i]))
			return false;
	name = verify_word(&p);
	*task = (struct oom_line){
		.pid = v[0], .rss = v[4], .pgtables = v[5], .swapents = v[6], .adj = v[7]
	};
	return *name != '\0';
}

static int64_t badness(const struct reclaim_rows *r, const struct oom_line *line, uint64_t total)
{
	struct mm_struct mm = { .vm = r->g->vm,
				.stat = { .rss_anon = line->rss,
					  .swapents = line->swapents,
					  .pgtables_bytes = line->pgtables } };
	struct task_struct ts = { .mm = &mm, .oom = { .score_adj = (int)line->adj } };
	struct task t = { .sim = r->g->sim, .pid = (int)line->pid, .kernel = &ts };

	return oom_badness(&t, total);
}

static void check_victim(struct reclaim_rows *r)
{
	const struct tsv none = { .path = "oom-report.txt" };
	struct verify_text t;
	struct oom_line task;
	int64_t most = INT64_MIN, chosen = 0, swap_kb = 0;
	char *line, *p;

	if (!verify_read(r->w->c, none.path, &t))
		return;
	while ((line = verify_line(&t))) {
		uint64_t total;

		if ((p = strstr(line, "Total swap = ")))
			swap_kb = strtoll(p + strlen("Total swap = "), NULL, 10);
		if ((p = strstr(line, "Killed process "))) {
			reclaim_row_value(r, Q_VICTIM, &none, 0, "victim", chosen,
					  strtoll(p + strlen("Killed process "), NULL, 10));
			most = INT64_MIN;
		}
		if (!parse_task(line, &task))
			continue;
		total =
		    (uint64_t)r->g->vm->totalram_pages + ((uint64_t)swap_kb >> (PAGE_SHIFT - 10));
		if (badness(r, &task, total) < most)
			continue;
		/* of equal ones the later */
		most = badness(r, &task, total);
		chosen = task.pid;
	}
	verify_text_free(&t);
}

void reclaim_sums_compare(struct reclaim_rows *r)
{
	r->g->next_set = 0;
	check_balanced(r);
	check_wakeups(r);
	check_sums(r);
	check_victim(r);
}
