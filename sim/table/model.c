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
	SIM_ASSERT(p->nr_traces <= TRACE_MAX_POINTS);
	t->trace.nr = p->nr_traces;
	t->trace.counts = sim_calloc((size_t)p->nr_traces, sizeof(uint64_t));
}

void tables_free(struct tables *t)
{
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

const struct key *op_word(const struct key_schema *args, const struct op *op, const char *name,
			  size_t len)
{
	const struct key *found = NULL;

	for (int i = 0; args && i < args->nr_keys; i++) {
		const struct key *k = &args->keys[i];

		if (strlen(k->name) != len || strncmp(k->name, name, len) != 0)
			continue;
		if (k->of && strcmp(k->of, op->name) == 0)
			return k;
		if (!k->of)
			found = k;
	}
	return found;
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

/* ---- samples of real machines ---- */

static bool same_keys(const struct real_series *s, const union metric_key_value *keys)
{
	for (int i = 0; i < s->kind->nr_keys; i++) {
		if (s->kind->keys[i].text ? strcmp(s->keys[i].text, keys[i].text) != 0
					  : s->keys[i].number != keys[i].number)
			return false;
	}
	return true;
}

static struct real_series *series_of(struct real_samples *s, const struct metric_object *kind,
				     const struct metric *row, const union metric_key_value *keys)
{
	struct real_series *new;

	for (int i = 0; i < s->n; i++)
		if (s->series[i].kind == kind && s->series[i].row == row &&
		    same_keys(&s->series[i], keys))
			return &s->series[i];
	s->series = sim_realloc(s->series, (size_t)(s->n + 1) * sizeof(*s->series));
	new = &s->series[s->n++];
	*new = (struct real_series){ .kind = kind, .row = row };
	for (int i = 0; i < kind->nr_keys; i++)
		new->keys[i] = keys[i];
	return new;
}

void real_samples_add(struct real_samples *s, const struct metric_object *kind,
		      const struct metric *row, const union metric_key_value *keys, sim_time t_ns,
		      int64_t value)
{
	struct real_series *series = series_of(s, kind, row, keys);
	size_t n = (size_t)series->n + 1;

	if ((n & (n - 1)) == 0) { /* room for twice as many */
		series->t_ns = sim_realloc(series->t_ns, 2 * n * sizeof(*series->t_ns));
		series->values = sim_realloc(series->values, 2 * n * sizeof(*series->values));
	}
	series->t_ns[series->n] = t_ns;
	series->values[series->n++] = value;
}

const char *real_samples_name(struct real_samples *s, const char *text)
{
	s->names = sim_realloc(s->names, (size_t)(s->nr_names + 1) * sizeof(*s->names));
	s->names[s->nr_names] = sim_strdup(text);
	return s->names[s->nr_names++];
}

void real_samples_free(struct real_samples *s)
{
	for (int i = 0; i < s->nr_names; i++)
		sim_free(s->names[i]);
	sim_free(s->names);
	for (int i = 0; i < s->n; i++) {
		sim_free(s->series[i].t_ns);
		sim_free(s->series[i].values);
	}
	sim_free(s->series);
	*s = (struct real_samples){ 0 };
}
