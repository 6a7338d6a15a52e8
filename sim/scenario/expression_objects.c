/*
 * expression_objects.c - looks for what expressions name, before the run
 *
 * disk[sdb].reads where there is no sdb would be undefined at every sample, and be told when the
 * run is over.  What the machine has is known once it has booted, what tasks there will be when
 * their programs were read.
 */
#include <inttypes.h>
#include <string.h>

#include "sim/base/mem.h"
#include "sim/base/str.h"
#include "sim/scenario/expression_tree.h"

#define MAX_LISTED 16

/* "0 DMA32": the keys of an object as they are written; the caller frees it. */
static char *keys_text(const struct metric_object *o, const union metric_key_value *keys)
{
	struct str text = { 0 };

	for (int k = 0; k < o->nr_keys; k++) {
		str_add(&text, k ? " " : "");
		if (o->keys[k].text)
			str_add(&text, keys[k].text);
		else
			str_addf(&text, "%" PRId64, keys[k].number);
	}
	return str_take(&text);
}

void expression_unknown(struct diag *d, struct place at, const char *what, const char *written,
			char *const *there, size_t n)
{
	char *shown = diag_escape(written, strlen(written), 60);
	const char *near = diag_nearest(written, (const char *const *)there, n);
	struct str list = { 0 };

	for (size_t i = 0; i < n && i < MAX_LISTED; i++)
		str_addf(&list, "%s%s", i ? ", " : "", there[i]);
	if (n > MAX_LISTED)
		str_addf(&list, " and %zu more", n - MAX_LISTED);
	if (near)
		diag_error(d, at, "there is no %s \"%s\"; did you mean \"%s\"? accepted: %s", what,
			   shown, near, list.s);
	else
		diag_error(d, at, "there is no %s \"%s\"; accepted: %s", what, shown,
			   n ? list.s : "none: the scenario has none");
	str_free(&list);
	sim_free(shown);
}

static bool is_named(const struct expression *e, struct sim *s, int i)
{
	const struct metric_object *o = e->object;
	union metric_key_value keys[METRIC_MAX_KEYS];

	if (o->nr_keys)
		o->key(s, i, keys);
	for (int k = 0; k < o->nr_keys; k++)
		if (o->keys[k].text ? strcmp(keys[k].text, e->keys[k].text) != 0
				    : keys[k].number != e->keys[k].number)
			return false;
	return true;
}

/* What there is now; what may come besides is not told. */
static void unknown_object(const struct expression *e, struct diag *d, struct sim *s)
{
	const struct metric_object *o = e->object;
	char *written = keys_text(o, e->keys);
	int end = o->count(s);
	char **there = sim_calloc((size_t)end + 1, sizeof(*there));
	union metric_key_value keys[METRIC_MAX_KEYS];
	size_t n = 0;

	for (int i = 0; i < end; i++) {
		if (!o->stat(s, i))
			continue;
		if (o->nr_keys)
			o->key(s, i, keys);
		there[n++] = keys_text(o, keys);
	}
	expression_unknown(d, e->at, o->name, written, there, n);
	for (size_t i = 0; i < n; i++)
		sim_free(there[i]);
	sim_free(there);
	sim_free(written);
}

static void find_object(const struct expression *e, struct diag *d, struct sim *s, bool more_come)
{
	const struct metric_object *o = e->object;

	for (int i = 0, end = o->count(s); i < end; i++)
		if (is_named(e, s, i) && (more_come || !o->never || !o->never(s, i)))
			return;
	unknown_object(e, d, s);
}

static void find(const struct expression *e, struct diag *d, struct sim *s,
		 const struct task_finder *tasks)
{
	if (e->kind == LATENCY)
		tasks->find(tasks->arg, d, e->at, e->task, e->op);
	else if (e->kind == METRIC && e->is_one && e->object->of_tasks)
		tasks->find(tasks->arg, d, e->at, e->keys[0].text, NULL);
	else if (e->kind == METRIC && e->is_one)
		find_object(e, d, s, tasks->more_come);
	if (e->a)
		find(e->a, d, s, tasks);
	if (e->b)
		find(e->b, d, s, tasks);
}

void comparison_find(const struct comparison *c, struct diag *d, struct sim *s,
		     const struct task_finder *tasks)
{
	if (c->left)
		find(c->left, d, s, tasks);
	if (c->right)
		find(c->right, d, s, tasks);
}
