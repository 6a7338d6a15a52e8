/*
 * fixture.c - a small machine for tests
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "models/registry.h"
#include "sim/scenario/scenario.h"
#include "tests/unit/fixture.h"

void fixture_boot(struct fixture *f, const char *scenario)
{
	char path[] = "/tmp/mmsim-fixture-XXXXXX.yaml";
	int fd = mkstemps(path, 5);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	*f = (struct fixture){ 0 };
	if (!file)
		abort();
	fprintf(file, "mmsim: 1\n%s", scenario);
	fclose(file);
	f->sc = scenario_load(&f->diag, path, personalities, NULL, 0);
	unlink(path);
	if (!f->sc) {
		diag_print(&f->diag, stderr);
		abort();
	}
	f->s = sim_new((uint64_t)f->sc->seed);
	tables_init(&f->tables, f->sc->personality);
	f->s->tables = &f->tables;
	f->s->scenario = f->sc;
	f->s->quantum = f->sc->quantum;
	if (!f->sc->personality->boot(f->s, &f->diag)) {
		diag_print(&f->diag, stderr);
		abort();
	}
	f->vm = linux_vm(f->s);
}

struct body {
	struct fixture *f;
	task_fn *fn;
	void *arg;
};

static void run_body(struct task *t, void *arg)
{
	struct body *b = arg;

	b->f->sc->personality->task_start(t);
	b->fn(t, b->arg);
	b->f->sc->personality->task_exit(t);
}

void fixture_task(struct fixture *f, task_fn *body, void *arg)
{
	struct body b = { f, body, arg };

	task_spawn(f->s, &f->s->cpus[0], "test", 0, run_body, &b);
	f->s->end_with_tasks = true;
	sim_run(f->s, FOREVER);
}

void fixture_check(struct fixture *f)
{
	if (!checks_run(f->s))
		abort();
}

uint64_t fixture_nr_dirty(const struct fixture *f)
{
	int64_t pages = 0;

	FOR_EACH_NODE (f->vm, node)
		pages += node->stat.nr_dirty;
	return (uint64_t)pages;
}

uint64_t fixture_nr_writeback(const struct fixture *f)
{
	int64_t pages = 0;

	FOR_EACH_NODE (f->vm, node)
		pages += node->stat.nr_writeback;
	return (uint64_t)pages;
}

void fixture_end(struct fixture *f)
{
	f->sc->personality->halt(f->s);
	tables_free(&f->tables);
	sim_free_run(f->s);
	scenario_free(f->sc);
	diag_free(&f->diag);
}

void fixture_run(const char *scenario, task_fn *body)
{
	struct fixture f;

	fixture_boot(&f, scenario);
	fixture_task(&f, body, &f);
	fixture_check(&f);
	fixture_end(&f);
}

void busy_until(struct task *t, sim_time at)
{
	while (task_now(t) < at)
		task_run(t, NS_PER_MS / 4);
}
