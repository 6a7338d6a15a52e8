/*
 * check.c - runs the invariants of all models
 */
#include <inttypes.h>
#include <stdio.h>

#include "sim/table/model.h"

#define MAX_PRINTED 10

void check_failed(struct check *c, const char *file, int line, const char *what)
{
	if (c->failures++ < MAX_PRINTED)
		fprintf(
		    stderr, "mmsim: check %s failed at %" PRIu64 ".%09" PRIu64 " s: %s (%s:%d)\n",
		    c->name, c->sim->now / NS_PER_SEC, c->sim->now % NS_PER_SEC, what, file, line);
}

bool checks_run(struct sim *s)
{
	const struct personality *p = s->tables->personality;
	struct check c = { .sim = s };

	for (int m = 0; p->models[m]; m++) {
		for (int i = 0; i < p->models[m]->nr_checks; i++) {
			c.name = p->models[m]->checks[i].name;
			p->models[m]->checks[i].run(&c, s);
		}
	}
	c.name = "event_queue";
	CHECK(&c, event_queue_check(&s->queue));
	return c.failures == 0;
}
