/*
 * reclaim_recorded.c - what a run of the real kernel left behind in the tables of its case
 */
#include <string.h>

#include "models/linux/verify/reclaim_case.h"

static void read_samples(struct verify_case *c, struct reclaim_result *r)
{
	struct tsv t;

	if (!tsv_read(c, "samples.tsv", &t))
		return;
	for (size_t i = 0; i < t.nr_rows; i++) {
		struct reclaim_sample *p;

		sim_grow((void **)&r->sample, &r->cap_samples, i + 1, sizeof(*r->sample));
		p = &r->sample[r->nr_samples++];
		p->t_us = guest_sample(c, &t, i, "t_us");
		for (int k = 0; k < NR_RECLAIM_COUNTERS; k++)
			p->v[k] = guest_sample(c, &t, i, reclaim_counters[k]);
	}
	tsv_free(&t);
}

static void read_events(struct verify_case *c, struct reclaim_result *r)
{
	struct tsv t;

	r->wakeups = r->direct = -1;
	if (tsv_read(c, "kswapd.tsv", &t)) {
		r->wakeups = 0;
		for (size_t i = 0; i < t.nr_rows; i++)
			r->wakeups += strcmp(tsv_text(&t, i, "event"), "wakeup") == 0;
		tsv_free(&t);
	}
	if (tsv_read(c, "direct.tsv", &t)) {
		r->direct = (int64_t)t.nr_rows;
		tsv_free(&t);
	}
}

/* The names of "Killed process 274 (hog)"; no report beside a table of the run: nobody was killed.
 */
static void read_victims(struct verify_case *c, struct reclaim_result *r)
{
	struct str names = { 0 };
	struct verify_text t;
	char *line, *p;

	if (verify_read(c, "oom-report.txt", &t)) {
		while ((line = verify_line(&t)))
			if ((p = strstr(line, "Killed process ")) && (p = strchr(p, '(')))
				str_addf(&names, "%.*s ", (int)strcspn(p + 1, ")"), p + 1);
		verify_text_free(&t);
	} else if (!verify_exists(c, "oom.tsv") && !verify_exists(c, "samples.tsv")) {
		return;
	}
	r->victims = sim_strdup(str_get(&names));
	str_free(&names);
}

void reclaim_result_read(struct verify_case *c, struct reclaim_result *r)
{
	*r = (struct reclaim_result){ 0 };
	read_samples(c, r);
	read_events(c, r);
	read_victims(c, r);
}
