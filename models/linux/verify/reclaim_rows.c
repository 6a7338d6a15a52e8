/*
 * reclaim_rows.c - every recorded decision of reclaim, computed from its inputs
 *
 *	shrink.tsv    sizes of lists, priority, costs -> modes, targets
 *	scans.tsv     what a turn gave                -> what the next turn asks for
 *	balanced.tsv  free pages, boosts              -> balanced or not: reclaim_sums.c
 *
 * The functions are those that a run calls.
 */
#include "models/linux/verify/reclaim_rows.h"

#include <inttypes.h>
#include <string.h>

#include "models/linux/reclaim/vmscan.h"
#include "models/linux/verify/guest_lru.h"

static const char *const quantity_names[NR_RECLAIM_QUANTITIES] = {
	[Q_MODES] = "scan modes",   [Q_GOALS] = "reclaim goals", [Q_TURNS] = "scan turns",
	[Q_TOTALS] = "scan totals", [Q_BALANCED] = "balanced",   [Q_WAKEUPS] = "wakeups",
	[Q_SUMS] = "sums",          [Q_STALLS] = "allocstall",   [Q_VICTIM] = "OOM victim",
};

void reclaim_row_value(struct reclaim_rows *r, enum reclaim_quantity q, const struct tsv *t,
		       size_t row, const char *what, int64_t computed, int64_t recorded)
{
	bool equal = computed == recorded;

	if (equal || r->q[q].first)
		verify_count(&r->q[q], equal, " ");
	else
		verify_count(&r->q[q], false, "%s row %zu %s: %" PRId64 ", recorded %" PRId64,
			     t->path, row + 1, what, computed, recorded);
}

uint64_t reclaim_row_u64(const struct tsv *t, size_t row, const char *column)
{
	int64_t v = tsv_int(t, row, column);

	return v == TSV_NONE ? 0 : (uint64_t)v;
}

/* A column of a list: size of "inactive_file", "req_inactive_file" ... */
static uint64_t list_value(const struct tsv *t, size_t row, const char *prefix, int lru)
{
	char *column = str_format("%s%s", prefix, guest_lru_names[lru]);
	uint64_t v = reclaim_row_u64(t, row, column);

	sim_free(column);
	return v;
}

/* ---- settings in force ---- */

/* Between which times a step of the workload was done, as its process' progress says. */
static void step_times(const struct reclaim_rows *r, const struct guest_step *step, int64_t *from,
		       int64_t *to)
{
	const struct tsv *t = &r->progress;
	int64_t at = 0;

	*from = INT64_MIN;
	*to = INT64_MAX;
	for (size_t i = 0; i < t->nr_rows; i++) {
		int64_t line = tsv_int(t, i, "line"), t_us = tsv_int(t, i, "t_us");

		if (strcmp(tsv_text(t, i, "process"), step->process) != 0)
			continue;
		if (line < step->line)
			*from = t_us;
		else if (line > step->line && *to == INT64_MAX)
			*to = t_us;
	}
	for (int i = 0; i < step->line; i++)
		if (strcmp(r->w->step[i].process, step->process) == 0 &&
		    strcmp(r->w->step[i].op, "at") == 0)
			verify_parse(r->w->step[i].args, &at);
	*from = max_s64(*from, at * 1000);
}

/* Applies the settings that programs have written by a time; false: it cannot be told. */
static bool apply_sets(struct reclaim_rows *r, int64_t t_us)
{
	for (; r->g->next_set < r->w->nr_steps; r->g->next_set++) {
		const struct guest_step *step = &r->w->step[r->g->next_set];
		char *path, *value;
		int64_t from, to;

		if (strcmp(step->op, "set") != 0)
			continue;
		step_times(r, step, &from, &to);
		if (t_us < from)
			return true;
		if (t_us < to)
			return false;
		path = guest_step_value(step, "path");
		value = guest_step_value(step, "value");
		if (path && value && !strstr(path, "drop_caches"))
			guest_set(r->g, NULL, path, value);
		sim_free(path);
		sim_free(value);
	}
	return true;
}

bool reclaim_row_state(struct reclaim_rows *r, const struct tsv *t, size_t row)
{
	static const char *const zones[] = { "dma", "dma32", "normal" };

	if (!apply_sets(r, tsv_int(t, row, "t_us")))
		return false;
	for (int z = 0; z < (int)ARRAY_LEN(zones); z++) {
		struct zone *zone = &r->node->zones[z];
		char *free = str_format("free_%s", zones[z]),
		     *boost = str_format("boost_%s", zones[z]);

		zone->nr_free_global = (int64_t)reclaim_row_u64(t, row, free);
		zone->watermark_boost = reclaim_row_u64(t, row, boost);
		sim_free(free);
		sim_free(boost);
	}
	return true;
}

/* ---- targets ---- */

/* The row's inputs; that pages of a kind were activated lately is one of them. */
static void row_inputs(const struct reclaim_rows *r, size_t i, struct scan_inputs *in)
{
	const struct tsv *t = &r->shrink;
	bool dma_only = tsv_int(t, i, "reclaim_idx") == ZONE_DMA;

	memset(in, 0, sizeof(*in));
	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
		in->size[lru] = list_value(t, i, "", lru);
		in->eligible[lru] = list_value(t, i, dma_only ? "dma_" : "", lru);
	}
	for (int z = 0; z < MAX_NR_ZONES; z++) {
		const struct zone *zone = &r->node->zones[z];

		if (!managed_zone(zone))
			continue;
		in->free += (uint64_t)zone->nr_free_global;
		in->high += wmark_pages(zone, WMARK_HIGH);
	}
	in->anon_cost = reclaim_row_u64(t, i, "sc_anon_cost");
	in->file_cost = reclaim_row_u64(t, i, "sc_file_cost");
	in->swappiness = (uint64_t)r->g->vm->sysctl.swappiness;
	in->force_deactivate = tsv_int(t, i, "force_deactivate") == 1;
	in->refaults_moved[ANON] =
	    !in->force_deactivate && tsv_int(t, i, "may_deactivate_anon") == 1;
	in->refaults_moved[FILE_] =
	    !in->force_deactivate && tsv_int(t, i, "may_deactivate_file") == 1;
	in->may_swap = tsv_int(t, i, "may_swap") == 1;
	in->has_swap = tsv_int(t, i, "free_swap") > 0;
	in->priority = (int)tsv_int(t, i, "priority");
}

static void check_modes(struct reclaim_rows *r, size_t i, const struct scan_inputs *in,
			const struct scan_modes *modes)
{
	static const char *const names[] = { "may_deactivate_anon", "may_deactivate_file" };
	const struct tsv *t = &r->shrink;

	for (int type = ANON; type <= FILE_; type++) {
		int inactive = type == FILE_ ? LRU_INACTIVE_FILE : LRU_INACTIVE_ANON;

		/* else refaults alone can tell */
		if (tsv_int(t, i, names[type]) == 0 ||
		    inactive_is_low(in->size[inactive], in->size[inactive + 1]))
			reclaim_row_value(r, Q_MODES, t, i, names[type],
					  modes->may_deactivate[type], tsv_int(t, i, names[type]));
	}
	reclaim_row_value(r, Q_MODES, t, i, "cache_trim", modes->cache_trim_mode,
			  tsv_int(t, i, "cache_trim"));
	reclaim_row_value(r, Q_MODES, t, i, "file_is_tiny", modes->file_is_tiny,
			  tsv_int(t, i, "file_is_tiny"));
}

/* ---- turns ---- */

/* A call of shrink_lruvec while it is repeated. */
struct pass {
	size_t row;
	const char *task;
	int64_t from, to; /* microseconds */
	size_t at;        /* row of scans to look at next */
	uint64_t asked[NR_LRU_LISTS], got[NR_LRU_LISTS];
};

/* The first scan at a time or later. */
static size_t first_scan(const struct tsv *t, int64_t t_us)
{
	size_t low = 0, high = t->nr_rows;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (tsv_int(t, mid, "t_us") < t_us)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The next scan of the pass; false: there is none. */
static bool next_scan(struct reclaim_rows *r, struct pass *p, size_t *row)
{
	const struct tsv *t = &r->scans;

	for (; p->at < t->nr_rows && tsv_int(t, p->at, "t_us") <= p->to; p->at++) {
		if (r->scan_used[p->at] || strcmp(tsv_text(t, p->at, "task"), p->task) != 0)
			continue;
		*row = p->at++;
		r->scan_used[*row] = true;
		return true;
	}
	return false;
}

/* One list is asked for n pages; returns what that gave. */
static uint64_t check_scan(struct reclaim_rows *r, struct pass *p, int lru, uint64_t n)
{
	size_t row;
	uint64_t reclaimed;

	p->asked[lru] += n;
	if (!next_scan(r, p, &row)) {
		reclaim_row_value(r, Q_TURNS, &r->shrink, p->row, "scan", (int64_t)n, 0);
		return 0;
	}
	reclaim_row_value(
	    r, Q_TURNS, &r->scans, row, guest_lru_names[lru],
	    strcmp(tsv_text(&r->scans, row, "list"), guest_lru_names[lru]) == 0 ? (int64_t)n : -1,
	    tsv_int(&r->scans, row, "requested"));
	reclaimed = reclaim_row_u64(&r->scans, row, "reclaimed");
	p->got[lru] += reclaimed;
	return reclaimed;
}

/* Whatever came after the turns: a few active pages, if there is swap and the others are few. */
static void check_rest(struct reclaim_rows *r, struct pass *p)
{
	size_t row;

	while (next_scan(r, p, &row)) {
		bool aging =
		    strcmp(tsv_text(&r->scans, row, "list"), "active_anon") == 0 && r->w->has_swap;

		p->asked[LRU_ACTIVE_ANON] += aging ? SWAP_CLUSTER_MAX : 0;
		reclaim_row_value(r, Q_TURNS, &r->scans, row, "after the turns",
				  aging ? SWAP_CLUSTER_MAX : 0,
				  tsv_int(&r->scans, row, "requested"));
	}
}

static void check_totals(struct reclaim_rows *r, const struct pass *p)
{
	for (int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
		reclaim_row_value(r, Q_TOTALS, &r->shrink, p->row, guest_lru_names[lru],
				  (int64_t)p->asked[lru],
				  (int64_t)list_value(&r->shrink, p->row, "req_", lru));
		reclaim_row_value(r, Q_TOTALS, &r->shrink, p->row, guest_lru_names[lru],
				  (int64_t)p->got[lru],
				  (int64_t)list_value(&r->shrink, p->row, "got_", lru));
	}
}

static bool is_kswapd(const char *task)
{
	return strncmp(task, "kswapd", strlen("kswapd")) == 0;
}

static void check_turns(struct reclaim_rows *r, size_t i, const struct scan_inputs *in,
			const struct scan_modes *modes)
{
	const struct tsv *t = &r->shrink;
	struct pass p = { .row = i,
			  .task = tsv_text(t, i, "task"),
			  .from = tsv_int(t, i, "t_us"),
			  .to = tsv_int(t, i, "end_us") };
	uint64_t targets[NR_LRU_LISTS];
	struct scan_deal deal;

	p.at = first_scan(&r->scans, p.from);
	get_scan_count(in, modes, targets);
	scan_deal_init(&deal, targets, reclaim_row_u64(t, i, "nr_to_reclaim"), is_kswapd(p.task),
		       in->priority);
	while (scan_deal_more(&deal)) {
		for (int lru = 0; lru < LRU_UNEVICTABLE; lru++) {
			uint64_t n = scan_deal_take(&deal, (enum lru_list)lru);

			if (n && (!is_active_lru((enum lru_list)lru) ||
				  modes->may_deactivate[is_file_lru((enum lru_list)lru)]))
				deal.nr_reclaimed += check_scan(r, &p, lru, n);
		}
		if (!scan_deal_end_turn(&deal))
			break;
	}
	check_rest(r, &p);
	check_totals(r, &p);
}

static void check_shrink(struct reclaim_rows *r)
{
	const struct tsv *t = &r->shrink;

	for (size_t i = 0; i < t->nr_rows; i++) {
		bool kswapd = is_kswapd(tsv_text(t, i, "task"));
		struct scan_inputs in;
		struct scan_modes modes;

		if (!reclaim_row_state(r, t, i))
			continue;
		row_inputs(r, i, &in);
		prepare_scan_count(&in, &modes);
		check_modes(r, i, &in, &modes);
		reclaim_row_value(r, Q_GOALS, t, i, "nr_to_reclaim",
				  kswapd ? (int64_t)kswapd_nr_to_reclaim(
					       r->node, (int)tsv_int(t, i, "reclaim_idx"))
					 : SWAP_CLUSTER_MAX,
				  tsv_int(t, i, "nr_to_reclaim"));
		check_turns(r, i, &in, &modes);
	}
}

/* ---- all of them ---- */

void reclaim_rows_compare(struct guest_case *w)
{
	struct reclaim_rows *r = sim_calloc(1, sizeof(*r));
	struct {
		const char *path;
		struct tsv *t;
	} const tables[] = {
		{ "shrink.tsv", &r->shrink },     { "scans.tsv", &r->scans },
		{ "balanced.tsv", &r->balanced }, { "kswapd.tsv", &r->kswapd },
		{ "direct.tsv", &r->direct },     { "samples.tsv", &r->samples },
		{ "progress.tsv", &r->progress },
	};

	r->w = w;
	for (int i = 0; i < NR_RECLAIM_QUANTITIES; i++)
		r->q[i].name = quantity_names[i];
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		tsv_read(w->c, tables[i].path, tables[i].t);
	r->scan_used = sim_calloc(r->scans.nr_rows + 1, sizeof(*r->scan_used));
	r->g = guest_new(w);
	if (guest_boot(r->g)) {
		r->node = &r->g->vm->nodes[0];
		check_shrink(r);
		reclaim_sums_compare(r);
		verify_report(w->c, r->q, NR_RECLAIM_QUANTITIES);
	}
	guest_free(r->g);
	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		tsv_free(tables[i].t);
	sim_free(r->scan_used);
	sim_free(r);
}
