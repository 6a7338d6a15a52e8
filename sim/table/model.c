/*
 * model.c - the tables of a run, collected from its models
 */
#include <string.h>

#include "sim/base/bug.h"
#include "sim/base/mem.h"
#include "sim/table/model.h"

void tables_init(struct tables *t, const struct personality *p)
{
	size_t nt = 0, nm = 0;

	*t = (struct tables){ .personality = p };
	for (int m = 0; p->models[m]; m++) {
		const struct model *model = p->models[m];

		for (int i = 0; model->tunables && model->tunables[i]; i++) {
			SIM_ASSERT(nt + 1 < ARRAY_LEN(t->tunables));
			t->tunables[nt++] = model->tunables[i];
		}
		for (int i = 0; model->metrics && model->metrics[i]; i++) {
			SIM_ASSERT(nm + 1 < ARRAY_LEN(t->metrics));
			t->metrics[nm++] = model->metrics[i];
		}
	}
	t->trace.defs = p->traces;
	t->trace.nr = p->nr_traces;
	t->trace.on = sim_calloc((size_t)p->nr_traces, 1);
	t->trace.counts = sim_calloc((size_t)p->nr_traces, sizeof(uint64_t));
}

void tables_free(struct tables *t)
{
	sim_free(t->trace.on);
	sim_free(t->trace.counts);
}

const struct op *op_find(const struct personality *p, const char *name)
{
	for (int m = 0; p->models[m]; m++)
		for (int i = 0; i < p->models[m]->nr_ops; i++)
			if (strcmp(p->models[m]->ops[i].name, name) == 0)
				return &p->models[m]->ops[i];
	return NULL;
}

const struct metric *metric_find(const struct tables *t, const char *object, const char *name,
				 const struct metric_object **kind)
{
	/* without object: the machine's own first (a kind without keys), then in order */
	for (int pass = object ? 1 : 0; pass < 2; pass++) {
		for (int k = 0; t->metrics[k]; k++) {
			const struct metric_object *o = t->metrics[k];

			if (object ? strcmp(o->name, object) != 0 : pass == 0 && o->nr_keys)
				continue;
			for (int i = 0; i < o->nr_rows; i++) {
				if (strcmp(o->rows[i].name, name) == 0) {
					*kind = o;
					return &o->rows[i];
				}
			}
		}
	}
	return NULL;
}
