/*
 * trace.c - tracepoints
 */
#include <fnmatch.h>
#include <string.h>

#include "sim/engine/task.h"
#include "sim/table/model.h"

void trace_emit(struct sim *s, int id, const int64_t *v)
{
	struct trace_state *ts = &s->tables->trace;
	const struct trace_def *def = &ts->defs[id];
	uint8_t use = ts->on[id];
	struct trace_record *r = &ts->ring[ts->nr_ring++ % TRACE_RING_SIZE];

	r->t_ns = sim_now(s);
	r->id = id;
	r->cpu = s->current ? s->current->cpu->id : -1;
	r->task = s->current ? s->current->name : "";
	memcpy(r->v, v, (size_t)def->nr_fields * sizeof(*v));
	if (use & TRACE_COUNT)
		ts->counts[id]++;
	if ((use & TRACE_RECORD) && ts->sink)
		ts->sink(s, r);
}

int trace_enable(struct trace_state *ts, const char *glob, enum trace_use use)
{
	int n = 0;

	for (int i = 0; i < ts->nr; i++) {
		if (fnmatch(glob, ts->defs[i].name, 0) == 0) {
			ts->on[i] |= (uint8_t)use;
			n++;
		}
	}
	return n;
}
